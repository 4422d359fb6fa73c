//! What an operator's work leaves in the database: imports and copies.

use hui_store::upkeep::{ImportRow, copy_file, find_import, save_import};
use hui_store::{Engine, Store, StoreOptions, settings};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn import(id: i64, fingerprint: &str, position: i64) -> ImportRow {
    ImportRow {
        id,
        file: "orders orders.csv".to_owned(),
        fingerprint: fingerprint.to_owned(),
        position,
        done: position,
        rejected: 0,
        finished: false,
    }
}

on_both!(an_import_is_found_where_it_stopped, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    save_import(&mut tx, PROGRAM, &import(1, "digest", 0), at(1)).await.unwrap();
    save_import(&mut tx, PROGRAM, &import(1, "digest", 2_000), at(2)).await.unwrap();

    let found = find_import(&mut tx, PROGRAM, "digest").await.unwrap();

    assert_eq!(found, Some(import(1, "digest", 2_000)));
    assert_eq!(find_import(&mut tx, PROGRAM, "other").await.unwrap(), None);
    assert_eq!(find_import(&mut tx, OTHER, "digest").await.unwrap(), None);

    let finished = ImportRow { finished: true, rejected: 3, ..import(1, "digest", 2_003) };
    save_import(&mut tx, PROGRAM, &finished, at(3)).await.unwrap();
    assert_eq!(find_import(&mut tx, PROGRAM, "digest").await.unwrap(), Some(finished));
});

on_both!(a_copied_file_holds_what_was_committed, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    settings::save(&mut tx, PROGRAM, "a", "1").await.unwrap();
    tx.commit().await.unwrap();
    let path = std::env::temp_dir().join(format!("store_copy_{}.db", std::process::id()));
    let name = path.display().to_string();

    let was_copied = copy_file(&store, &name).await.unwrap();

    assert_eq!(was_copied, store.engine() == Engine::Sqlite);
    if was_copied {
        assert!(copy_file(&store, &name).await.is_err(), "a copy never replaces a file");
        let copy = Store::connect(&StoreOptions::new(format!("sqlite://{name}"))).await.unwrap();
        let mut tx = copy.begin().await.unwrap();
        let value = settings::load(&mut tx, PROGRAM, "a").await.unwrap();
        assert_eq!(value.as_deref(), Some("1"));
        tx.rollback().await.unwrap();
        copy.close().await;
        std::fs::remove_file(path).unwrap();
    }
});
