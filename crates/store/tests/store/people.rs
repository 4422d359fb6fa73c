//! Keys, accounts of the staff, sessions, notes and leases.

use hui_loyalty::ids::{KeyId, MemberId, MergeId, NoteId, ProgramId, StaffId};
use hui_store::keys::KeyRow;
use hui_store::merges::MergeRow;
use hui_store::notes::NoteRow;
use hui_store::staff::{SessionRow, StaffRow};
use hui_store::{Store, Tx, keys, merges, nodes, notes, staff};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn api_key(program: ProgramId, id: i64) -> KeyRow {
    KeyRow {
        program,
        id: KeyId(id),
        name: "till".to_owned(),
        scopes: "[\"orders:write\"]".to_owned(),
        shops: "[]".to_owned(),
        created_at: at(1),
        revoked_at: None,
        last_used_at: None,
    }
}

fn account(program: ProgramId, id: i64, name: &str) -> StaffRow {
    StaffRow {
        program,
        id: StaffId(id),
        name: name.to_owned(),
        display_name: "李雷".to_owned(),
        password_hash: "$argon2id$".to_owned(),
        totp_cipher: None,
        role: "cashier".to_owned(),
        shops: "[\"pos/S1\"]".to_owned(),
        is_active: true,
        created_at: at(1),
        failed_count: 0,
        locked_until: None,
    }
}

fn session(id: i64, expires: i64, seen: i64) -> SessionRow {
    SessionRow {
        program: PROGRAM,
        staff: StaffId(id),
        csrf: "token".to_owned(),
        created_at: at(1),
        expires_at: at(expires),
        last_seen_at: at(seen),
    }
}

on_both!(a_key_is_found_by_its_digest_whatever_its_program, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    keys::insert(&mut tx, &api_key(PROGRAM, 1), "digest 1").await.unwrap();
    keys::insert(&mut tx, &api_key(OTHER, 2), "digest 2").await.unwrap();

    assert_eq!(keys::by_secret(&mut tx, "digest 2").await.unwrap(), Some(api_key(OTHER, 2)));
    assert_eq!(keys::by_secret(&mut tx, "digest 3").await.unwrap(), None);
    assert_eq!(keys::list(&mut tx, PROGRAM).await.unwrap(), [api_key(PROGRAM, 1)]);
    assert_eq!(keys::lock(&mut tx, PROGRAM, KeyId(2)).await.unwrap(), None);
});

on_both!(a_key_is_taken_back_once_and_by_its_own_program, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    keys::insert(&mut tx, &api_key(PROGRAM, 1), "digest").await.unwrap();
    keys::touch(&mut tx, PROGRAM, KeyId(1), at(3)).await.unwrap();
    keys::revoke(&mut tx, OTHER, KeyId(1), at(4)).await.unwrap();
    keys::revoke(&mut tx, PROGRAM, KeyId(1), at(5)).await.unwrap();
    keys::revoke(&mut tx, PROGRAM, KeyId(1), at(6)).await.unwrap();

    let row = keys::by_secret(&mut tx, "digest").await.unwrap().unwrap();

    assert_eq!((row.revoked_at, row.last_used_at), (Some(at(5)), Some(at(3))));
});

on_both!(two_keys_never_share_a_secret, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    keys::insert(&mut tx, &api_key(PROGRAM, 1), "digest").await.unwrap();

    let refused = keys::insert(&mut tx, &api_key(OTHER, 2), "digest").await.unwrap_err();

    assert!(refused.is_refused());
});

on_both!(a_sign_in_name_is_given_once_on_the_whole_server, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    assert!(staff::insert(&mut tx, &account(PROGRAM, 1, "li")).await.unwrap());
    assert!(!staff::insert(&mut tx, &account(OTHER, 2, "li")).await.unwrap());

    assert_eq!(staff::by_name(&mut tx, "li").await.unwrap(), Some(account(PROGRAM, 1, "li")));
    assert_eq!(staff::list(&mut tx, OTHER).await.unwrap(), []);
});

on_both!(a_changed_account_reads_back_and_keeps_its_name, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    staff::insert(&mut tx, &account(PROGRAM, 1, "li")).await.unwrap();
    let changed = StaffRow {
        display_name: "Li".to_owned(),
        password_hash: "new".to_owned(),
        totp_cipher: Some("1.sealed".to_owned()),
        role: "auditor".to_owned(),
        shops: "[]".to_owned(),
        is_active: false,
        failed_count: 10,
        locked_until: Some(at(900)),
        ..account(PROGRAM, 1, "li")
    };

    staff::update(&mut tx, &StaffRow { name: "wang".to_owned(), ..changed.clone() }).await.unwrap();

    assert_eq!(staff::lock(&mut tx, PROGRAM, StaffId(1)).await.unwrap(), Some(changed.clone()));
    assert_eq!(staff::lock_all(&mut tx, PROGRAM).await.unwrap(), [changed]);
    assert_eq!(staff::lock(&mut tx, OTHER, StaffId(1)).await.unwrap(), None);
});

async fn with_sessions(tx: &mut Tx, sessions: &[(&str, SessionRow)]) {
    staff::insert(tx, &account(PROGRAM, 1, "li")).await.unwrap();
    staff::insert(tx, &account(PROGRAM, 2, "wang")).await.unwrap();
    for (hash, row) in sessions {
        staff::insert_session(tx, hash, row).await.unwrap();
    }
}

async fn is_open(tx: &mut Tx, hash: &str) -> bool {
    staff::session(tx, hash).await.unwrap().is_some()
}

on_both!(a_session_brings_its_account, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    with_sessions(&mut tx, &[("a", session(1, 100, 1))]).await;
    staff::touch_session(&mut tx, "a", at(9)).await.unwrap();

    let (found, owner) = staff::session(&mut tx, "a").await.unwrap().unwrap();

    assert_eq!(found, session(1, 100, 9));
    assert_eq!(owner, account(PROGRAM, 1, "li"));
    assert!(!is_open(&mut tx, "b").await);
});

on_both!(every_session_of_somebody_ends_but_the_one_kept, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let rows = [("a", session(1, 9, 1)), ("b", session(1, 9, 1)), ("c", session(2, 9, 1))];
    with_sessions(&mut tx, &rows).await;

    staff::delete_sessions(&mut tx, PROGRAM, StaffId(1), Some("a")).await.unwrap();
    assert!(is_open(&mut tx, "a").await);
    assert!(!is_open(&mut tx, "b").await);
    assert!(is_open(&mut tx, "c").await);

    staff::delete_sessions(&mut tx, PROGRAM, StaffId(1), None).await.unwrap();
    assert!(!is_open(&mut tx, "a").await);

    staff::delete_session(&mut tx, "c").await.unwrap();
    assert!(!is_open(&mut tx, "c").await);
});

on_both!(a_session_is_gone_at_its_expiry_instant, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let rows = [
        ("expired", session(1, 100, 90)),
        ("live", session(1, 101, 90)),
        ("unseen", session(1, 200, 50)),
        ("seen", session(1, 200, 51)),
    ];
    with_sessions(&mut tx, &rows).await;

    assert_eq!(staff::forget_sessions(&mut tx, at(100), at(50)).await.unwrap(), 2);

    assert!(is_open(&mut tx, "live").await);
    assert!(is_open(&mut tx, "seen").await);
});

fn note(id: i64, member: i64) -> NoteRow {
    NoteRow {
        id: NoteId(id),
        member: MemberId(member),
        at: at(1),
        author: "staff".to_owned(),
        text_cipher: "1.cipher".to_owned(),
    }
}

on_both!(the_notes_of_an_absorbed_member_are_read_while_the_merge_stands, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    for row in [note(1, 10), note(2, 20), note(3, 30), note(4, 40)] {
        notes::insert(&mut tx, PROGRAM, &row).await.unwrap();
    }
    // 30 went into 20, then 20 into 10.
    for (id, survivor, absorbed) in [(1, 20, 30), (2, 10, 20)] {
        let row = MergeRow {
            id: MergeId(id),
            survivor: MemberId(survivor),
            absorbed: MemberId(absorbed),
            at: at(2),
            by: "staff".to_owned(),
            reason: "same person".to_owned(),
            before: "{}".to_owned(),
            undone_at: None,
            undone_by: None,
        };
        merges::insert(&mut tx, PROGRAM, &row).await.unwrap();
    }
    let read = async |tx: &mut Tx, member: i64| -> Vec<i64> {
        let rows = notes::list(tx, PROGRAM, MemberId(member), 10).await.unwrap();
        rows.iter().map(|row| row.id.0).collect()
    };

    assert_eq!(read(&mut tx, 10).await, [3, 2, 1]);
    assert_eq!(read(&mut tx, 20).await, [3, 2]);

    merges::mark_undone(&mut tx, PROGRAM, MergeId(2), at(3), "staff").await.unwrap();
    assert_eq!(read(&mut tx, 10).await, [1]);
    assert_eq!(read(&mut tx, 20).await, [3, 2]);
});

async fn lease(tx: &mut Tx, holder: &str, now: i64, until: i64) -> Option<i64> {
    nodes::lease_node(tx, holder, 3, at(now), at(until)).await.unwrap()
}

on_both!(a_process_gets_the_lowest_free_number_and_keeps_it, async |store: Store| {
    let mut tx = store.begin().await.unwrap();

    assert_eq!(lease(&mut tx, "a", 0, 10).await, Some(0));
    assert_eq!(lease(&mut tx, "b", 0, 20).await, Some(1));
    assert_eq!(lease(&mut tx, "c", 0, 20).await, Some(2));
    assert_eq!(lease(&mut tx, "d", 0, 20).await, None);
    assert_eq!(lease(&mut tx, "b", 5, 30).await, Some(1));
});

on_both!(a_number_is_free_at_the_instant_its_lease_ends, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    lease(&mut tx, "a", 0, 10).await;
    lease(&mut tx, "b", 0, 20).await;
    lease(&mut tx, "c", 0, 20).await;

    assert_eq!(lease(&mut tx, "d", 9, 30).await, None);
    assert_eq!(lease(&mut tx, "d", 10, 30).await, Some(0));
    assert_eq!(lease(&mut tx, "a", 11, 30).await, None);

    nodes::release_node(&mut tx, "b", at(12)).await.unwrap();
    assert_eq!(lease(&mut tx, "a", 12, 30).await, Some(1));
});

on_both!(one_process_at_a_time_holds_a_named_lease, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let take = async |tx: &mut Tx, holder: &str, now: i64| {
        nodes::try_acquire(tx, "jobs", holder, at(now), at(now + 10)).await.unwrap()
    };

    assert!(take(&mut tx, "a", 0).await);
    assert!(!take(&mut tx, "b", 9).await);
    assert!(take(&mut tx, "a", 9).await);
    assert!(!take(&mut tx, "b", 18).await);
    assert!(take(&mut tx, "b", 19).await);
    assert!(!take(&mut tx, "a", 19).await);
});
