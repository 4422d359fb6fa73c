//! Refunds: what they take back, from where, and those that come before their order.

use hui_loyalty::ids::MemberId;
use hui_operations::move_points::{Moved, Movement};
use hui_operations::record_refunds::{RecordRefundError, RefundAnswer, RefundedPoints};
use hui_testkit::{TestWorld, on_both, order, refund};
use serde_json::json;

async fn no_award(world: &TestWorld) {
    world.publish(json!({ "points": { "awards": { "join": 0 } } })).await;
}

async fn spend(world: &TestWorld, member: MemberId, points: i64) {
    let hold = Movement::Hold { member, points, purpose: "till".to_owned(), ttl_s: 60 };
    let Ok(Moved::Held { hold_id, .. }) = world.move_points(hold).await else {
        panic!("{points} points can be held")
    };
    world.move_points(Movement::Confirm(hold_id)).await.unwrap();
}

fn done(answer: RefundAnswer) -> RefundedPoints {
    match answer {
        RefundAnswer::Done(receipt) => receipt.points,
        RefundAnswer::Waiting { .. } => panic!("the order is there"),
    }
}

on_both!(partial_refunds_take_back_exactly_the_whole, async |world: TestWorld| {
    no_award(&world).await;
    world
        .publish(json!({ "points": { "earn": { "multipliers": [
        { "id": "all", "when": "true", "factor": { "num": 3, "den": 2 } },
    ] } } }))
        .await;
    world.record(order("1").phone("13800138000").line(19_900).line(10_100)).await.unwrap();

    let part = done(world.refund(refund("1", "r1").money("1", 6_633)).await.unwrap());
    let rest = done(world.refund(refund("1", "r2").line("1", 1, 13_267)).await.unwrap());

    assert_eq!((part.clawed_back.0, rest.clawed_back.0), (9, 21));
});

on_both!(points_already_spent_become_debt_that_new_points_repay, async |world: TestWorld| {
    no_award(&world).await;
    let receipt = world.record(order("1").phone("13800138000").line(30_000)).await.unwrap();
    let member = receipt.member_id.unwrap();
    spend(&world, member, 30).await;

    let points = done(world.refund(refund("1", "r1").line("1", 1, 30_000)).await.unwrap());
    let next = world.record(order("2").phone("13800138000").line(45_000)).await.unwrap();

    assert_eq!((points.clawed_back.0, points.debt.0), (0, 30));
    assert_eq!(next.points.debt_repaid.0, 30);
    assert_eq!(world.available(member).await, 15);
});

on_both!(points_that_expired_unused_are_not_charged_again, async |world: TestWorld| {
    no_award(&world).await;
    let expiry = json!({ "kind": "days", "days": 10, "at": "end_of_day" });
    world.publish(json!({ "points": { "expiry": expiry } })).await;
    let receipt = world.record(order("1").phone("13800138000").line(30_000)).await.unwrap();
    world.advance_days(20);

    let points = done(world.refund(refund("1", "r1").line("1", 1, 30_000)).await.unwrap());

    assert_eq!((points.lapsed.0, points.clawed_back.0, points.debt.0), (30, 0, 0));
    assert_eq!(world.member(receipt.member_id.unwrap()).await.balance.debt.0, 0);
});

on_both!(the_policy_says_what_becomes_of_a_shortfall, async |world: TestWorld| {
    no_award(&world).await;
    let mut outcomes = Vec::new();

    for (number, policy) in [("1", "zero"), ("2", "cash")] {
        world.publish(json!({ "points": { "claw_back": { "shortfall": policy } } })).await;
        let receipt = world.record(order(number).phone("13800138000").line(30_000)).await.unwrap();
        spend(&world, receipt.member_id.unwrap(), 30).await;
        let refund = refund(number, number).line("1", 1, 30_000);
        let points = done(world.refund(refund).await.unwrap());
        outcomes.push((points.written_off.0, points.withhold.0, points.debt.0));
    }

    assert_eq!(outcomes, [(30, 0, 0), (0, 30, 0)]);
});

on_both!(a_refund_of_more_than_was_paid_is_refused, async |world: TestWorld| {
    world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();
    world.refund(refund("1", "r1").money("1", 6_000)).await.unwrap();

    let more = world.refund(refund("1", "r2").money("1", 4_001)).await;
    let rest = world.refund(refund("1", "r3").money("1", 4_000)).await;

    assert!(matches!(more, Err(RecordRefundError::Refused(_))), "{more:?}");
    assert!(rest.is_ok(), "{rest:?}");
});

on_both!(a_refund_before_its_order_waits_for_it, async |world: TestWorld| {
    no_award(&world).await;
    let waits = world.refund(refund("1", "r1").money("1", 5_000)).await.unwrap();
    world.advance_days(6);

    let paid = order("1").phone("13800138000").line(10_000);
    let receipt = world.record(paid).await.unwrap();

    assert!(matches!(waits, RefundAnswer::Waiting { .. }), "{waits:?}");
    assert_eq!(world.available(receipt.member_id.unwrap()).await, 5);
});

on_both!(
    a_refund_whose_order_does_not_come_within_a_week_is_a_dead_letter,
    async |world: TestWorld| {
        no_award(&world).await;
        world.refund(refund("1", "r1").money("1", 5_000)).await.unwrap();
        world.advance_days(8);
        world.run_due().await;

        let receipt = world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();

        assert_eq!(world.available(receipt.member_id.unwrap()).await, 10);
    }
);

on_both!(
    a_refund_that_waited_a_week_is_dead_whether_the_job_has_run_or_not,
    async |world: TestWorld| {
        no_award(&world).await;
        world.refund(refund("1", "r1").money("1", 5_000)).await.unwrap();
        world.refund(refund("2", "r2").money("1", 5_000)).await.unwrap();
        world.advance_seconds(7 * 86_400 - 1);
        let in_time = world.record(order("1").phone("13800138001").line(10_000)).await.unwrap();
        world.advance_seconds(1);

        let late = world.record(order("2").phone("13800138002").line(10_000)).await.unwrap();

        assert_eq!(world.available(in_time.member_id.unwrap()).await, 5);
        assert_eq!(world.available(late.member_id.unwrap()).await, 10);
    }
);

on_both!(a_refund_delivered_again_takes_nothing_more, async |world: TestWorld| {
    no_award(&world).await;
    let receipt = world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();
    let now = world.now();
    let first = world.refund(refund("1", "r1").money("1", 5_000).made_on(now)).await.unwrap();

    let again = world.refund(refund("1", "r1").money("1", 5_000).made_on(now)).await.unwrap();

    assert_eq!(again, first);
    assert_eq!(world.available(receipt.member_id.unwrap()).await, 5);
});
