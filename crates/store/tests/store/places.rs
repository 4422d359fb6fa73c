//! Channels, shops and reviews.

use hui_loyalty::ids::{MemberId, ProgramId, ReviewId};
use hui_store::reviews::{self, ReviewRow};
use hui_store::shops::{ChannelRow, list_channels, list_shops, register_channel, register_shops};
use hui_store::{Store, Tx};

use crate::databases::{OTHER, PROGRAM, at, on_both};

fn channel(mode: &str) -> ChannelRow {
    ChannelRow {
        channel: "pop_up".to_owned(),
        label_zh: "快闪店".to_owned(),
        label_en: "Pop-up".to_owned(),
        default_mode: mode.to_owned(),
    }
}

async fn shops_of(tx: &mut Tx, program: ProgramId, channel: Option<&str>) -> Vec<(String, String)> {
    let rows = list_shops(tx, program, channel).await.unwrap();
    rows.into_iter().map(|row| (row.shop, row.mode)).collect()
}

fn pair(shop: &str, mode: &str) -> (String, String) {
    (shop.to_owned(), mode.to_owned())
}

on_both!(a_channel_registered_again_is_changed, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    register_channel(&mut tx, PROGRAM, &channel("shadow")).await.unwrap();

    register_channel(&mut tx, PROGRAM, &channel("full")).await.unwrap();

    assert_eq!(list_channels(&mut tx, PROGRAM).await.unwrap(), [channel("full")]);
    assert_eq!(list_channels(&mut tx, OTHER).await.unwrap(), []);
});

on_both!(a_new_shop_starts_in_its_channels_mode, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    register_channel(&mut tx, PROGRAM, &channel("earn_only")).await.unwrap();
    let shops = [("pop_up", "p1"), ("pos", "s2"), ("pos", "s1"), ("pos", "s1")];

    register_shops(&mut tx, PROGRAM, &shops, at(1)).await.unwrap();

    assert_eq!(
        shops_of(&mut tx, PROGRAM, None).await,
        [pair("p1", "earn_only"), pair("s1", "full"), pair("s2", "full")]
    );
    assert_eq!(shops_of(&mut tx, PROGRAM, Some("pop_up")).await, [pair("p1", "earn_only")]);
    assert!(shops_of(&mut tx, OTHER, None).await.is_empty());
});

on_both!(a_known_shop_stays_as_it_was, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    register_shops(&mut tx, PROGRAM, &[("pop_up", "p1")], at(1)).await.unwrap();
    register_channel(&mut tx, PROGRAM, &channel("off")).await.unwrap();

    register_shops(&mut tx, PROGRAM, &[("pop_up", "p1")], at(2)).await.unwrap();

    let rows = list_shops(&mut tx, PROGRAM, None).await.unwrap();
    assert_eq!((rows[0].mode.as_str(), rows[0].first_seen_at), ("full", at(1)));
});

fn review(id: i64, member: i64, other: i64) -> ReviewRow {
    ReviewRow {
        id: ReviewId(id),
        kind: "merge".to_owned(),
        is_open: true,
        opened_at: at(1),
        member: Some(MemberId(member)),
        other: Some(MemberId(other)),
        order: None,
        identity: None,
        evidence: "{}".to_owned(),
        decision: None,
        decided_at: None,
        decided_by: None,
        reason: None,
    }
}

on_both!(a_decided_review_leaves_the_queue, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let rows = [review(1, 10, 11), review(2, 12, 10), review(3, 20, 21)];
    reviews::insert(&mut tx, PROGRAM, &rows).await.unwrap();
    reviews::insert(&mut tx, OTHER, &[review(4, 10, 11)]).await.unwrap();
    let decided = ReviewRow {
        is_open: false,
        decision: Some("merge".to_owned()),
        decided_at: Some(at(9)),
        decided_by: Some("staff".to_owned()),
        reason: Some("same card".to_owned()),
        ..review(1, 10, 11)
    };

    reviews::decide(&mut tx, PROGRAM, &decided).await.unwrap();

    let open = reviews::list(&mut tx, PROGRAM, Some(true), None, 10).await.unwrap();
    assert_eq!(open, [review(3, 20, 21), review(2, 12, 10)]);
    let closed = reviews::list(&mut tx, PROGRAM, Some(false), None, 10).await.unwrap();
    assert_eq!(closed, [decided]);
    let about = reviews::open_about(&mut tx, PROGRAM, MemberId(10)).await.unwrap();
    assert_eq!(about, [review(2, 12, 10)]);
    let before = reviews::list(&mut tx, PROGRAM, None, Some(ReviewId(3)), 1).await.unwrap();
    assert_eq!(before, [review(2, 12, 10)]);
});
