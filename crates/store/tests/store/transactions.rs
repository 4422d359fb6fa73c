//! Migrations, transactions and what errors mean.

use hui_store::{Error, Store, settings};

use crate::databases::{PROGRAM, at, on_both};

on_both!(migrating_again_does_nothing, async |store: Store| {
    assert_eq!(store.migrate(at(9)).await.unwrap(), 0);
    assert!(store.is_migrated().await.unwrap());
});

on_both!(a_database_of_a_newer_program_is_refused, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let add = "insert into migrations (name, applied_at) values ('9999_later', 1)";
    tx.execute(add, &[]).await.unwrap();
    tx.commit().await.unwrap();

    let refused = store.migrate(at(9)).await.unwrap_err();

    assert!(matches!(refused, Error::Migration { name, .. } if name == "9999_later"));
});

on_both!(a_dropped_transaction_leaves_nothing, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    settings::save(&mut tx, PROGRAM, "a", "1").await.unwrap();
    drop(tx);

    let mut tx = store.begin().await.unwrap();

    assert_eq!(settings::load(&mut tx, PROGRAM, "a").await.unwrap(), None);
});

on_both!(a_snapshot_sees_one_state, async |store: Store| {
    let mut snapshot = store.snapshot().await.unwrap();
    assert_eq!(settings::load(&mut snapshot, PROGRAM, "a").await.unwrap(), None);

    let mut tx = store.begin().await.unwrap();
    settings::save(&mut tx, PROGRAM, "a", "1").await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(settings::load(&mut snapshot, PROGRAM, "a").await.unwrap(), None);
    snapshot.rollback().await.unwrap();
    let mut later = store.snapshot().await.unwrap();
    assert_eq!(settings::load(&mut later, PROGRAM, "a").await.unwrap().as_deref(), Some("1"));
});

on_both!(a_snapshot_writes_nothing, async |store: Store| {
    let mut snapshot = store.snapshot().await.unwrap();

    assert!(settings::save(&mut snapshot, PROGRAM, "a", "1").await.is_err());
});

on_both!(a_broken_constraint_is_refused_and_not_tried_again, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let sql = "insert into audit_heads (program_id, seq, hash) values (1, 0, ''), (1, 0, '')";

    let refused = tx.execute(sql, &[]).await.unwrap_err();

    assert!(refused.is_refused(), "{refused:?}");
    assert!(!refused.is_try_again());
});

on_both!(a_null_where_a_value_must_be_is_unreadable, async |store: Store| {
    let mut tx = store.snapshot().await.unwrap();
    let row = tx.fetch_one("select cast(null as bigint)", &[]).await.unwrap().unwrap();

    assert_eq!(row.opt_int(0).unwrap(), None);
    assert!(matches!(row.int(0), Err(Error::Unreadable { .. })));
});

#[tokio::test]
async fn an_address_of_another_form_is_refused() {
    let refused = Store::connect(&hui_store::StoreOptions::new("mysql://somewhere")).await;

    assert!(matches!(refused, Err(Error::Address)));
}
