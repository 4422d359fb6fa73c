//! Points in time: available, held, expired to the microsecond.

use hui_loyalty::ids::{HoldId, MemberId};
use hui_operations::move_points::{MoveError, Moved, Movement};
use hui_testkit::{TestWorld, at, on_both, order};
use serde_json::json;

async fn member_without_award(world: &TestWorld) -> MemberId {
    world.publish(json!({ "points": { "awards": { "join": 0 } } })).await;
    let nothing = order("0").phone("13800138000").line(1);
    world.record(nothing).await.unwrap().member_id.unwrap()
}

async fn grant(world: &TestWorld, member: MemberId, points: i64, expires_at: &str) {
    let granted = Movement::Adjust {
        member,
        points,
        reason: "goodwill".to_owned(),
        expires_at: Some(at(expires_at)),
        allow_debt: false,
    };
    world.move_points(granted).await.unwrap();
}

async fn hold(world: &TestWorld, member: MemberId, points: i64, ttl_s: i64) -> HoldId {
    let hold = Movement::Hold { member, points, purpose: "till".to_owned(), ttl_s };
    match world.move_points(hold).await {
        Ok(Moved::Held { hold_id, .. }) => hold_id,
        other => panic!("{other:?}"),
    }
}

on_both!(a_lot_is_gone_at_its_very_end_without_any_job, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    grant(&world, member, 100, "2026-06-01T00:00:00+08:00").await;

    world.move_to(at("2026-05-31T23:59:59.999999+08:00"));
    let before = world.available(member).await;
    world.move_to(at("2026-06-01T00:00:00+08:00"));
    let after = world.available(member).await;

    assert_eq!((before, after), (100, 0));
});

on_both!(held_points_expire_when_they_come_back_too_late, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    world.move_to(at("2026-05-28T10:00:00+08:00"));
    grant(&world, member, 60, "2026-06-01T00:00:00+08:00").await;
    grant(&world, member, 100, "2026-07-01T00:00:00+08:00").await;
    let hold = hold(&world, member, 80, 604_800).await;

    world.move_to(at("2026-06-02T10:00:00+08:00"));
    let held = world.member(member).await.balance;
    world.move_points(Movement::Cancel(hold)).await.unwrap();

    assert_eq!((held.available.0, held.held.0), (80, 80));
    let after = world.member(member).await.balance;
    assert_eq!((after.available.0, after.held.0), (100, 0));
});

on_both!(a_hold_counts_as_released_from_its_time_out, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    grant(&world, member, 100, "2026-07-01T00:00:00+08:00").await;
    hold(&world, member, 70, 60).await;

    world.advance_seconds(59);
    let before = world.available(member).await;
    world.advance_seconds(1);
    let after = world.available(member).await;

    assert_eq!((before, after), (30, 100));
});

on_both!(a_late_confirmation_takes_the_very_same_points_or_nothing, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    grant(&world, member, 100, "2026-07-01T00:00:00+08:00").await;
    let first = hold(&world, member, 70, 60).await;
    let second = hold(&world, member, 30, 60).await;
    world.advance_seconds(60);

    let confirmed = world.move_points(Movement::Confirm(first)).await;
    hold(&world, member, 10, 60).await;
    let lost = world.move_points(Movement::Confirm(second)).await;

    assert!(confirmed.is_ok(), "{confirmed:?}");
    assert!(matches!(lost, Err(MoveError::HoldLost)), "{lost:?}");
});

on_both!(ending_a_hold_twice_the_same_way_answers_the_same, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    grant(&world, member, 100, "2026-07-01T00:00:00+08:00").await;
    let (spent, given_up) =
        (hold(&world, member, 10, 60).await, hold(&world, member, 10, 60).await);
    let confirmed = world.move_points(Movement::Confirm(spent)).await.unwrap();
    let cancelled = world.move_points(Movement::Cancel(given_up)).await.unwrap();

    let confirmed_again = world.move_points(Movement::Confirm(spent)).await.unwrap();
    let cancelled_again = world.move_points(Movement::Cancel(given_up)).await.unwrap();
    let crossed = world.move_points(Movement::Cancel(spent)).await;
    let crossed_too = world.move_points(Movement::Confirm(given_up)).await;

    assert_eq!(confirmed_again, confirmed);
    assert_eq!(cancelled_again, cancelled);
    assert!(matches!(crossed, Err(MoveError::HoldConfirmed)), "{crossed:?}");
    assert!(matches!(crossed_too, Err(MoveError::HoldCancelled)), "{crossed_too:?}");
});

on_both!(a_deduction_beyond_what_is_there_needs_leave_to_owe, async |world: TestWorld| {
    let member = member_without_award(&world).await;
    grant(&world, member, 100, "2026-07-01T00:00:00+08:00").await;
    let deduct = |allow_debt| Movement::Adjust {
        member,
        points: -130,
        reason: "mistake".to_owned(),
        expires_at: None,
        allow_debt,
    };

    let refused = world.move_points(deduct(false)).await;
    let owed = world.move_points(deduct(true)).await;

    assert!(matches!(refused, Err(MoveError::Insufficient(_))), "{refused:?}");
    assert!(owed.is_ok(), "{owed:?}");
    let balance = world.member(member).await.balance;
    assert_eq!((balance.available.0, balance.debt.0), (0, 30));
});
