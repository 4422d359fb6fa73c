//! What an operator's work leaves in the database: node numbers, leases, imports and copies.

use hui_store::upkeep::{
    ImportRow, copy_file, find_import, give_back_lease, give_back_node, lease_node, renew_node,
    save_import, take_lease,
};
use hui_store::{Engine, Store, StoreOptions, Tx, settings};

use crate::databases::{OTHER, PROGRAM, at, on_both};

async fn lease(tx: &mut Tx, holder: &str, now: i64, until: i64) -> Option<i64> {
    lease_node(tx, 2, holder, at(now), at(until)).await.unwrap()
}

on_both!(each_process_leases_the_lowest_free_number, async |store: Store| {
    let mut tx = store.begin().await.unwrap();

    assert_eq!(lease(&mut tx, "a", 0, 10).await, Some(0));
    assert_eq!(lease(&mut tx, "b", 0, 10).await, Some(1));
    assert_eq!(lease(&mut tx, "c", 9, 20).await, None);
    assert_eq!(lease(&mut tx, "c", 10, 20).await, Some(0));
});

on_both!(a_number_that_another_took_is_not_renewed, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    lease(&mut tx, "a", 0, 10).await;
    assert!(renew_node(&mut tx, 0, "a", at(20)).await.unwrap());
    assert_eq!(lease(&mut tx, "b", 19, 30).await, Some(1));

    assert_eq!(lease(&mut tx, "c", 20, 30).await, Some(0));

    assert!(!renew_node(&mut tx, 0, "a", at(40)).await.unwrap());
    give_back_node(&mut tx, 0, "a").await.unwrap();
    assert_eq!(lease(&mut tx, "d", 21, 30).await, None);
    give_back_node(&mut tx, 0, "c").await.unwrap();
    assert_eq!(lease(&mut tx, "d", 21, 30).await, Some(0));
});

on_both!(two_processes_at_once_never_share_a_number, async |store: Store| {
    let start = async |holder: &str| {
        let mut tx = store.begin().await.unwrap();
        let node = lease(&mut tx, holder, 0, 10).await;
        tx.commit().await.unwrap();
        node
    };

    let (a, b) = tokio::join!(start("a"), start("b"));

    assert!(a.is_some() && b.is_some());
    assert_ne!(a, b);
});

on_both!(a_lease_is_held_until_its_instant_or_given_back, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let take = async |tx: &mut Tx, holder: &str, now: i64| {
        take_lease(tx, "jobs", holder, at(now), at(now + 10)).await.unwrap()
    };

    assert!(take(&mut tx, "a", 0).await);
    assert!(take(&mut tx, "a", 5).await);
    assert!(!take(&mut tx, "b", 14).await);
    assert!(take(&mut tx, "b", 15).await);

    give_back_lease(&mut tx, "jobs", "a").await.unwrap();
    assert!(!take(&mut tx, "a", 16).await);
    give_back_lease(&mut tx, "jobs", "b").await.unwrap();
    assert!(take(&mut tx, "a", 16).await);
});

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
