//! One person, one member: meeting, binding, merging, parting.

use hui_loyalty::ids::MemberId;
use hui_loyalty::members::Claim;
use hui_operations::actor::Right;
use hui_operations::merge_members::{MergeError, merge_members, undo_merge};
use hui_operations::move_points::{Moved, Movement};
use hui_operations::read_members::read_identities;
use hui_testkit::{TestWorld, on_both, order, phone};
use serde_json::json;

async fn spend(world: &TestWorld, member: MemberId, points: i64) {
    let hold = Movement::Hold { member, points, purpose: "till".to_owned(), ttl_s: 60 };
    let Ok(Moved::Held { hold_id, .. }) = world.move_points(hold).await else {
        panic!("{points} points can be held")
    };
    world.move_points(Movement::Confirm(hold_id)).await.unwrap();
}

on_both!(an_unbound_buyer_joins_when_a_phone_comes, async |world: TestWorld| {
    let unbound = world.record(order("1").openid("a")).await.unwrap();
    let member = unbound.member_id.unwrap();
    assert!(!world.member(member).await.row.bound);

    let bound = world.record(order("2").openid("a").phone("13800138000")).await.unwrap();

    assert_eq!(bound.member_id, Some(member));
    let view = world.member(member).await;
    assert!(view.row.bound);
    assert_eq!(view.balance.available.0, 120);
});

on_both!(an_order_by_nobody_is_claimed_by_a_later_event, async |world: TestWorld| {
    let paid_at = world.now();
    let nobody = world.record(order("1").line(20_000)).await.unwrap();

    world.advance_days(1);
    let claimed = order("1").line(20_000).paid_on(paid_at).phone("13800138000");
    let receipt = world.record(claimed).await.unwrap();

    assert_eq!(nobody.member_id, None);
    assert_eq!(receipt.points.earned.0, 20);
    assert_eq!(world.available(receipt.member_id.unwrap()).await, 120);
});

on_both!(two_profiles_are_merged_by_an_order_that_names_both, async |world: TestWorld| {
    let with_phone = world.record(order("1").phone("13800138000")).await.unwrap();
    let with_openid = world.record(order("2").openid("a")).await.unwrap();

    let both = world.record(order("3").openid("a").phone("13800138000")).await.unwrap();

    assert_eq!(both.member_id, with_phone.member_id);
    let gone = world.member(with_openid.member_id.unwrap()).await;
    assert_eq!(gone.redirected_from, with_openid.member_id);
    assert_eq!(gone.balance.available.0, 130);
    assert_eq!(gone.row.orders_count, 3);
});

on_both!(a_family_phone_does_not_merge_but_asks, async |world: TestWorld| {
    let mother = world.record(order("1").openid("m").phone("13800138001")).await.unwrap();
    let son = world.record(order("2").openid("s").phone("13800138002")).await.unwrap();

    let shared = world.record(order("3").openid("s").phone("13800138001")).await.unwrap();

    assert_ne!(mother.member_id, son.member_id);
    assert_eq!(shared.member_id, mother.member_id);
    assert!(shared.review_id.is_some());
    let identities =
        read_identities(&world.operations, &world.actor, son.member_id.unwrap()).await.unwrap();
    assert_eq!(identities.map(|all| all.len()), Some(2));
});

on_both!(birthdays_that_contradict_keep_two_members_apart, async |world: TestWorld| {
    let one = world.record(order("1").phone("13800138000").born("1990-02-28")).await.unwrap();
    let other = world.record(order("2").openid("a").born("1991-02-28")).await.unwrap();

    let both = world.record(order("3").openid("a").phone("13800138000")).await.unwrap();

    assert_ne!(one.member_id, other.member_id);
    assert_eq!(both.member_id, one.member_id);
    assert!(both.review_id.is_some());
});

on_both!(a_second_phone_is_not_linked, async |world: TestWorld| {
    let first = world.record(order("1").openid("a").phone("13800138001")).await.unwrap();

    let second = world.record(order("2").openid("a").phone("13800138002")).await.unwrap();
    let elsewhere = world.record(order("3").phone("13800138002")).await.unwrap();

    assert_eq!(second.member_id, first.member_id);
    assert!(second.review_id.is_some());
    assert_ne!(elsewhere.member_id, first.member_id);
});

on_both!(a_verified_phone_goes_to_who_verified_it, async |world: TestWorld| {
    let unsure = |number: &str| Claim { verified: false, ..phone(number) };
    let giver = world
        .record(order("1").openid("g").phone("13800138001").by(unsure("13800138002")))
        .await
        .unwrap();
    let gift = world.record(order("2").by(unsure("13800138002"))).await.unwrap();
    assert_eq!(gift.member_id, giver.member_id);

    let receiver = world.record(order("3").openid("r").phone("13800138002")).await.unwrap();
    let again = world.record(order("4").phone("13800138002")).await.unwrap();

    assert_ne!(receiver.member_id, giver.member_id);
    assert!(receiver.review_id.is_some());
    assert_eq!(again.member_id, receiver.member_id);
    let giver = giver.member_id.unwrap();
    let receiver = receiver.member_id.unwrap();
    assert_eq!(world.available(giver).await, 120);
    assert_eq!(world.available(receiver).await, 120);
    let held = read_identities(&world.operations, &world.actor, giver).await.unwrap().unwrap();
    let ended: Vec<_> = held.iter().filter(|one| one.row.valid_until.is_some()).collect();
    assert_eq!(ended.len(), 1, "{held:?}");
    assert_eq!(ended[0].masked.as_deref(), Some("138****8002"));
});

on_both!(a_phone_nobody_else_verified_keeps_its_member, async |world: TestWorld| {
    let unsure = Claim { verified: false, ..phone("13800138001") };
    let bought = world.record(order("1").openid("a").by(unsure)).await.unwrap();

    let joined = world.record(order("2").phone("13800138001")).await.unwrap();

    assert_eq!(joined.member_id, bought.member_id);
    assert_eq!(joined.review_id, None);
});

on_both!(an_un_merge_gives_each_side_what_remains_of_its_own, async |world: TestWorld| {
    world.publish(json!({ "points": { "awards": { "join": 0 } } })).await;
    let a = world.record(order("1").phone("13800138000").line(100_000)).await.unwrap();
    world.advance_days(1);
    let b = world.record(order("2").openid("b").line(50_000)).await.unwrap();
    let (a, b) = (a.member_id.unwrap(), b.member_id.unwrap());
    let merge = merge_members(&world.operations, &world.actor, b, a, "the same", None).await;
    world.advance_days(1);
    world.record(order("3").openid("b").line(30_000)).await.unwrap();
    spend(&world, a, 120).await;

    let merge_id = merge.unwrap().receipt.merge_id;
    undo_merge(&world.operations, &world.actor, merge_id, "a mistake", None).await.unwrap();

    assert_eq!((world.available(a).await, world.available(b).await), (0, 60));
});

on_both!(a_live_hold_on_both_sides_puts_the_un_merge_off, async |world: TestWorld| {
    let a = world.record(order("1").phone("13800138000")).await.unwrap().member_id.unwrap();
    let b = world.record(order("2").openid("b")).await.unwrap().member_id.unwrap();
    let merge = merge_members(&world.operations, &world.actor, b, a, "the same", None).await;
    let merge_id = merge.unwrap().receipt.merge_id;
    let hold = Movement::Hold { member: a, points: 120, purpose: "till".to_owned(), ttl_s: 60 };
    world.move_points(hold).await.unwrap();

    let put_off = undo_merge(&world.operations, &world.actor, merge_id, "a mistake", None).await;
    world.advance_seconds(60);
    let undone = undo_merge(&world.operations, &world.actor, merge_id, "a mistake", None).await;

    assert!(matches!(put_off, Err(MergeError::LiveHold(_))), "{put_off:?}");
    assert!(undone.is_ok(), "{undone:?}");
});

on_both!(two_verified_phones_are_merged_only_with_the_right_to, async |world: TestWorld| {
    let one = world.record(order("1").phone("13800138001")).await.unwrap().member_id.unwrap();
    let other = world.record(order("2").phone("13800138002")).await.unwrap().member_id.unwrap();
    let mut clerk = world.actor.clone();
    clerk.rights = clerk.rights.iter().filter(|one| *one != Right::MembersMergeVerified).collect();

    let refused = merge_members(&world.operations, &clerk, other, one, "the same", None).await;
    let merged = merge_members(&world.operations, &world.actor, other, one, "the same", None).await;

    assert!(matches!(refused, Err(MergeError::Refused(_))), "{refused:?}");
    assert!(merged.is_ok(), "{merged:?}");
});

on_both!(the_join_award_is_given_once_also_after_an_un_merge, async |world: TestWorld| {
    let one = world.record(order("1").openid("a")).await.unwrap().member_id.unwrap();
    let other = world.record(order("2").openid("b")).await.unwrap().member_id.unwrap();
    let merge = merge_members(&world.operations, &world.actor, other, one, "the same", None).await;
    world.record(order("3").openid("a").phone("13800138000")).await.unwrap();
    let merge_id = merge.unwrap().receipt.merge_id;
    undo_merge(&world.operations, &world.actor, merge_id, "a mistake", None).await.unwrap();

    world.record(order("4").openid("a")).await.unwrap();

    // Three orders of ten points and one award of a hundred.
    assert_eq!(world.available(one).await, 130);
});
