//! The audit log: nothing can be changed, taken out or cut off unseen.

use hui_loyalty::ids::{MemberId, ProgramId};
use hui_store::audit::{AuditRow, Filter, append, list, verify};
use hui_store::{Store, Tx};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn line(action: &str, member: Option<i64>) -> AuditRow {
    AuditRow {
        seq: 0,
        at: at(5),
        actor: "staff:U1:li".to_owned(),
        action: action.to_owned(),
        object: "a thing".to_owned(),
        member: member.map(MemberId),
        detail: "{\"why\":\"顾客要求\"}".to_owned(),
        previous_hash: String::new(),
        hash: String::new(),
    }
}

async fn note(tx: &mut Tx, program: ProgramId, actions: &[&str]) {
    let mut rows: Vec<AuditRow> = actions.iter().map(|action| line(action, None)).collect();
    append(tx, program, &mut rows).await.unwrap();
}

async fn broken_at(tx: &mut Tx) -> Option<i64> {
    verify(tx, PROGRAM).await.unwrap().broken_at
}

on_both!(an_empty_log_holds, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    append(&mut tx, PROGRAM, &mut []).await.unwrap();

    let chain = verify(&mut tx, PROGRAM).await.unwrap();

    assert_eq!((chain.lines, chain.broken_at), (0, None));
});

on_both!(lines_follow_each_other_in_every_program, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    note(&mut tx, PROGRAM, &["a", "b"]).await;
    note(&mut tx, OTHER, &["x"]).await;
    note(&mut tx, PROGRAM, &["c"]).await;

    let rows = list(&mut tx, PROGRAM, &Filter::default(), None, 10).await.unwrap();

    let seen: Vec<(i64, &str)> = rows.iter().map(|row| (row.seq, row.action.as_str())).collect();
    assert_eq!(seen, [(3, "c"), (2, "b"), (1, "a")]);
    assert_eq!(rows[0].previous_hash, rows[1].hash);
    assert_eq!(rows[2].previous_hash, "");
    let chain = verify(&mut tx, PROGRAM).await.unwrap();
    assert_eq!((chain.lines, chain.broken_at), (3, None));
});

on_both!(a_changed_line_shows, async |store: Store| {
    for change in [
        "update audit_log set detail = '{}' where program_id = 7 and seq = 2",
        "update audit_log set actor = 'somebody else' where program_id = 7 and seq = 2",
        "update audit_log set at = at + 1 where program_id = 7 and seq = 2",
        "update audit_log set member_id = 3 where program_id = 7 and seq = 2",
        "delete from audit_log where program_id = 7 and seq = 2",
    ] {
        let mut tx = store.begin().await.unwrap();
        note(&mut tx, PROGRAM, &["a", "b", "c"]).await;
        tx.execute(change, &[]).await.unwrap();

        assert_eq!(broken_at(&mut tx).await, Some(2), "{change}");
        tx.rollback().await.unwrap();
    }
});

on_both!(a_log_whose_end_was_cut_off_shows, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    note(&mut tx, PROGRAM, &["a", "b", "c"]).await;
    tx.execute("delete from audit_log where program_id = 7 and seq = 3", &[]).await.unwrap();

    assert_eq!(broken_at(&mut tx).await, Some(3));
});

on_both!(a_log_longer_than_a_page_is_checked_to_its_end, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    note(&mut tx, PROGRAM, &vec!["a"; 2_001]).await;
    assert_eq!(verify(&mut tx, PROGRAM).await.unwrap().lines, 2_001);

    let change = "update audit_log set action = 'b' where program_id = 7 and seq = 2001";
    tx.execute(change, &[]).await.unwrap();

    assert_eq!(broken_at(&mut tx).await, Some(2_001));
});

on_both!(a_list_is_filtered_and_goes_on_where_it_stopped, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let mut rows = [line("a", Some(1)), line("a", Some(2)), line("b", Some(1)), line("a", Some(1))];
    append(&mut tx, PROGRAM, &mut rows).await.unwrap();
    let filter =
        Filter { member: Some(MemberId(1)), action: Some("a".to_owned()), ..Filter::default() };

    let first = list(&mut tx, PROGRAM, &filter, None, 1).await.unwrap();
    let rest = list(&mut tx, PROGRAM, &filter, Some(first[0].seq), 10).await.unwrap();

    assert_eq!(first[0].seq, 4);
    assert_eq!(rest.iter().map(|row| row.seq).collect::<Vec<_>>(), [1]);
    let nobody = Filter { actor: Some("nobody".to_owned()), ..Filter::default() };
    assert!(list(&mut tx, PROGRAM, &nobody, None, 10).await.unwrap().is_empty());
});

on_both!(two_writers_at_once_make_one_chain, async |store: Store| {
    let writer = async |action: &str| {
        let mut tx = store.begin().await.unwrap();
        note(&mut tx, PROGRAM, &[action, action]).await;
        tx.commit().await.unwrap();
    };

    tokio::join!(writer("a"), writer("b"), writer("c"));

    let mut tx = store.begin().await.unwrap();
    let chain = verify(&mut tx, PROGRAM).await.unwrap();
    assert_eq!((chain.lines, chain.broken_at), (6, None));
});
