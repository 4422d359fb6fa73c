//! Programs, drafts, versions and settings.

use hui_loyalty::ids::ProgramId;
use hui_store::programs::{
    ProgramRow, VersionRow, delete_draft, insert, insert_version, list, list_versions, load,
    load_draft, load_version, save_draft,
};
use hui_store::{Store, settings, versions};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn program(id: ProgramId) -> ProgramRow {
    ProgramRow {
        id,
        name: format!("program {}", id.0),
        currency: "CNY".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        created_at: at(1),
    }
}

fn version(number: i64, effective_seconds: i64) -> VersionRow {
    VersionRow {
        version: number,
        document: format!("{{\"version\":{number}}}"),
        effective_at: at(effective_seconds),
        published_at: at(1),
        published_by: "staff".to_owned(),
        note: (number == 2).then(|| "双倍".to_owned()),
    }
}

on_both!(programs_are_listed_oldest_first, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    insert(&mut tx, &program(OTHER)).await.unwrap();
    insert(&mut tx, &program(PROGRAM)).await.unwrap();

    assert_eq!(list(&mut tx).await.unwrap(), [program(PROGRAM), program(OTHER)]);
    assert_eq!(load(&mut tx, OTHER).await.unwrap(), Some(program(OTHER)));
    assert_eq!(load(&mut tx, ProgramId(99)).await.unwrap(), None);
    assert_eq!(versions::programs(&mut tx).await.unwrap(), [PROGRAM, OTHER]);
});

on_both!(a_draft_counts_how_often_it_was_written, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(save_draft(&mut tx, PROGRAM, "{}", "li", at(1)).await.unwrap(), 1);
    assert_eq!(save_draft(&mut tx, OTHER, "{}", "li", at(1)).await.unwrap(), 1);

    assert_eq!(save_draft(&mut tx, PROGRAM, "{\"a\":1}", "wang", at(2)).await.unwrap(), 2);

    let draft = load_draft(&mut tx, PROGRAM).await.unwrap().unwrap();
    assert_eq!((draft.document.as_str(), draft.revision), ("{\"a\":1}", 2));
    assert_eq!((draft.updated_by.as_str(), draft.updated_at), ("wang", at(2)));
    delete_draft(&mut tx, PROGRAM).await.unwrap();
    assert_eq!(load_draft(&mut tx, PROGRAM).await.unwrap(), None);
    assert!(load_draft(&mut tx, OTHER).await.unwrap().is_some());
});

on_both!(versions_are_listed_newest_first_and_looked_up_by_number, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(versions::newest(&mut tx, PROGRAM).await.unwrap(), 0);
    for row in [version(1, 10), version(2, 5), version(3, 20)] {
        insert_version(&mut tx, PROGRAM, &row).await.unwrap();
    }
    insert_version(&mut tx, OTHER, &version(9, 1)).await.unwrap();

    let latest = list_versions(&mut tx, PROGRAM, 2).await.unwrap();

    assert_eq!(latest, [version(3, 20), version(2, 5)]);
    assert_eq!(load_version(&mut tx, PROGRAM, 1).await.unwrap(), Some(version(1, 10)));
    assert_eq!(load_version(&mut tx, PROGRAM, 9).await.unwrap(), None);
    assert_eq!(versions::newest(&mut tx, PROGRAM).await.unwrap(), 3);
    assert_eq!(
        versions::list(&mut tx, PROGRAM).await.unwrap(),
        [(1, at(10)), (2, at(5)), (3, at(20))]
    );
});

on_both!(a_version_is_published_once, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    insert_version(&mut tx, PROGRAM, &version(1, 1)).await.unwrap();

    let refused = insert_version(&mut tx, PROGRAM, &version(1, 2)).await.unwrap_err();

    assert!(refused.is_refused());
});

on_both!(a_setting_is_replaced_and_belongs_to_its_program, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    settings::save(&mut tx, PROGRAM, "b", "1").await.unwrap();
    settings::save(&mut tx, PROGRAM, "b", "2").await.unwrap();
    settings::save(&mut tx, PROGRAM, "a", "3").await.unwrap();
    settings::save(&mut tx, settings::SERVER, "b", "server").await.unwrap();

    let pairs = settings::list(&mut tx, PROGRAM).await.unwrap();

    let expected = [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())];
    assert_eq!(pairs, expected);
    let server = settings::load(&mut tx, settings::SERVER, "b").await.unwrap();
    assert_eq!(server.as_deref(), Some("server"));
});
