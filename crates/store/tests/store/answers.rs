//! A key is answered once: first answers, repeats, races and keys that were given up.

use hui_store::answers::{Claimed, RequestKey, claim, forget_before, give_up, keep};
use hui_store::{Store, Tx};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn key(name: &str, fingerprint: &str) -> RequestKey {
    RequestKey {
        route: "points/adjust".to_owned(),
        key: name.to_owned(),
        fingerprint: fingerprint.to_owned(),
    }
}

async fn claim_one(tx: &mut Tx, key: &RequestKey) -> Claimed {
    claim(tx, PROGRAM, &[key], at(1)).await.unwrap().remove(0)
}

on_both!(the_same_request_finds_its_first_answer, async |store: Store| {
    let first = key("k", "body");
    let mut tx = store.begin().await.unwrap();
    assert_eq!(claim_one(&mut tx, &first).await, Claimed::New);
    keep(&mut tx, PROGRAM, &[(&first, "{\"a\":\"\u{4f1a}'\"}".to_owned())], at(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        claim_one(&mut tx, &first).await,
        Claimed::Answered("{\"a\":\"\u{4f1a}'\"}".to_owned())
    );
    assert_eq!(claim_one(&mut tx, &key("k", "other body")).await, Claimed::Reused);
    assert_eq!(claim(&mut tx, OTHER, &[&first], at(1)).await.unwrap(), [Claimed::New]);
});

on_both!(claims_are_answered_in_the_order_given, async |store: Store| {
    let (a, b, c) = (key("a", "1"), key("b", "1"), key("c", "1"));
    let mut tx = store.begin().await.unwrap();
    claim(&mut tx, PROGRAM, &[&b], at(1)).await.unwrap();
    keep(&mut tx, PROGRAM, &[(&b, "answer".to_owned())], at(1)).await.unwrap();

    let claimed = claim(&mut tx, PROGRAM, &[&c, &b, &a], at(1)).await.unwrap();

    assert_eq!(claimed, [Claimed::New, Claimed::Answered("answer".to_owned()), Claimed::New]);
});

on_both!(a_key_that_was_given_up_is_new_again, async |store: Store| {
    let (a, b) = (key("a", "1"), key("b", "1"));
    let mut tx = store.begin().await.unwrap();
    claim(&mut tx, PROGRAM, &[&a, &b], at(1)).await.unwrap();

    give_up(&mut tx, PROGRAM, &[&a], at(1)).await.unwrap();

    assert_eq!(claim_one(&mut tx, &key("a", "2")).await, Claimed::New);
    assert_eq!(claim_one(&mut tx, &key("b", "2")).await, Claimed::Reused);
});

on_both!(two_at_once_wait_for_the_first_answer, async |store: Store| {
    let shared = key("k", "body");
    let mut first = store.begin().await.unwrap();
    assert_eq!(claim_one(&mut first, &shared).await, Claimed::New);
    let second = async {
        let mut tx = store.begin().await.unwrap();
        claim_one(&mut tx, &shared).await
    };
    let answering = async {
        keep(&mut first, PROGRAM, &[(&shared, "done".to_owned())], at(1)).await.unwrap();
        first.commit().await.unwrap();
    };

    let (found, ()) = tokio::join!(second, answering);

    assert_eq!(found, Claimed::Answered("done".to_owned()));
});

on_both!(answers_are_forgotten_once_they_are_older, async |store: Store| {
    let (old, young) = (key("old", "1"), key("young", "1"));
    let mut tx = store.begin().await.unwrap();
    claim(&mut tx, PROGRAM, &[&old], at(9)).await.unwrap();
    claim(&mut tx, PROGRAM, &[&young], at(10)).await.unwrap();

    assert_eq!(forget_before(&mut tx, at(10)).await.unwrap(), 1);

    assert_eq!(claim_one(&mut tx, &key("old", "2")).await, Claimed::New);
    assert_eq!(claim_one(&mut tx, &key("young", "2")).await, Claimed::Reused);
});
