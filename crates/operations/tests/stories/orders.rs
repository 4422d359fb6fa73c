//! Orders: recorded once, by whoever bought, with what they earn.

use hui_loyalty::orders::Status;
use hui_operations::record_orders::{RecordOrderError, record_orders};
use hui_testkit::{TestWorld, at, on_both, order};
use serde_json::json;

on_both!(one_person_on_five_channels_is_one_member, async |world: TestWorld| {
    let mut members = std::collections::HashSet::new();
    for channel in ["douyin", "tmall", "jd", "pos", "mini_program"] {
        let order = order("1").channel(channel).phone("13800138000").line(20_000);
        members.insert(world.record(order).await.unwrap().member_id);
    }

    assert_eq!(members.len(), 1);
    let member = world.member(members.into_iter().next().flatten().unwrap()).await;
    assert_eq!(member.row.orders_count, 5);
    // Five times 20 points, and the award for joining once.
    assert_eq!(member.balance.available.0, 200);
});

on_both!(points_are_split_by_the_exact_shares_of_the_lines, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "awards": { "join": 0 }, "earn": { "multipliers": [
        { "id": "gold", "when": "true", "factor": { "num": 3, "den": 2 } },
    ] } } }))
        .await;

    let receipt =
        world.record(order("1").phone("13800138000").line(19_900).line(10_100)).await.unwrap();

    assert_eq!(receipt.points.earned.0, 45);
});

on_both!(an_order_delivered_again_is_answered_as_the_first_time, async |world: TestWorld| {
    let first = world.record(order("1").phone("13800138000")).await.unwrap();

    let again = world.record(order("1").phone("13800138000")).await.unwrap();

    assert_eq!(again, first);
    assert_eq!(world.member(first.member_id.unwrap()).await.row.orders_count, 1);
});

on_both!(an_order_with_other_lines_is_refused, async |world: TestWorld| {
    world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();

    let changed = world.record(order("1").phone("13800138000").line(20_000)).await;

    assert!(matches!(changed, Err(RecordOrderError::Changed(..))), "{changed:?}");
});

on_both!(a_key_answers_only_the_request_it_came_with, async |world: TestWorld| {
    let first = world.answer(order("1").phone("13800138000").key("k", "a")).await.unwrap();
    let same = world.answer(order("1").phone("13800138000").key("k", "a")).await.unwrap();
    let other = world.answer(order("2").phone("13800138000").key("k", "b")).await;

    assert!(!first.replayed && same.replayed);
    assert_eq!(first.receipt, same.receipt);
    assert!(matches!(other, Err(RecordOrderError::KeyReused(_))), "{other:?}");
});

on_both!(a_refused_request_gives_its_key_back, async |world: TestWorld| {
    let refused = world.answer(order("1").channel("unheard-of").key("k", "a")).await;
    let accepted = world.answer(order("1").phone("13800138000").key("k", "a")).await;

    assert!(matches!(refused, Err(RecordOrderError::UnknownChannel(_))), "{refused:?}");
    assert!(accepted.is_ok(), "{accepted:?}");
});

on_both!(a_bad_order_leaves_its_neighbours_alone, async |world: TestWorld| {
    let now = world.now();
    let mut bad = order("2").phone("13800138002").request(now);
    bad.order.paid.0 += 1;
    let requests = vec![
        order("1").phone("13800138001").request(now),
        bad,
        order("3").phone("13800138003").request(now),
    ];

    let answers = record_orders(&world.operations, &world.actor, requests).await;

    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(RecordOrderError::Invalid(_))), "{answers:?}");
});

on_both!(
    a_payment_five_minutes_ahead_counts_as_now_and_one_later_is_refused,
    async |world: TestWorld| {
        let ahead = world.now().plus_seconds(300);

        let counts = world.record(order("1").phone("13800138000").paid_on(ahead)).await;
        let later = hui_loyalty::time::Timestamp(ahead.0 + 1);
        let refused = world.record(order("2").phone("13800138000").paid_on(later)).await;

        assert!(counts.is_ok(), "{counts:?}");
        assert!(matches!(refused, Err(RecordOrderError::Invalid(_))), "{refused:?}");
    }
);

on_both!(a_late_event_counts_from_its_payment, async |world: TestWorld| {
    let late = order("1").phone("13800138000").paid_at("2026-03-31T12:00:00+08:00").line(100_000);

    let receipt = world.record(late).await.unwrap();

    let member = world.member(receipt.member_id.unwrap()).await;
    let ends: Vec<_> = member.balance.expiring.iter().map(|(end, _)| *end).collect();
    assert_eq!(ends, [at("2027-04-01T00:00:00+08:00")]);
});

on_both!(a_late_paid_after_completed_changes_nothing, async |world: TestWorld| {
    let now = world.now();
    let first = order("1").phone("13800138000").paid_on(now).completed_on(now);
    let receipt = world.record(first).await.unwrap();

    world.advance_days(1);
    let late = world.record(order("1").phone("13800138000").paid_on(now)).await.unwrap();

    assert_eq!(late, receipt);
});

on_both!(an_order_first_seen_closed_earns_nothing, async |world: TestWorld| {
    let receipt =
        world.record(order("1").phone("13800138000").status(Status::Closed)).await.unwrap();

    assert_eq!(receipt.points.earned.0, 0);
    assert_eq!(receipt.growth.0, 0);
});

on_both!(closing_a_paid_order_takes_back_all_of_it, async |world: TestWorld| {
    let paid_at = world.now();
    let receipt = world.record(order("1").phone("13800138000").line(50_000)).await.unwrap();
    let member = receipt.member_id.unwrap();

    world.advance_days(1);
    let closed =
        order("1").phone("13800138000").line(50_000).paid_on(paid_at).status(Status::Closed);
    world.record(closed).await.unwrap();

    let after = world.member(member).await;
    assert_eq!(after.balance.available.0, 100, "the join award stays");
    assert_eq!(after.growth.0, 0);
});

on_both!(caps_cut_the_order_then_the_day_then_the_month, async |world: TestWorld| {
    let caps = json!({ "order": 40, "member_day": 60, "member_month": 90 });
    world.publish(json!({ "points": { "earn": { "caps": caps } } })).await;
    let mut earned = Vec::new();

    for number in 1..=6 {
        if number % 2 == 1 && number > 1 {
            world.advance_days(1);
        }
        let order = order(&number.to_string()).phone("13800138000").line(100_000);
        earned.push(world.record(order).await.unwrap().points.earned.0);
    }

    assert_eq!(earned, [40, 20, 30, 0, 0, 0]);
});

on_both!(a_budget_ends_what_its_multiplier_adds, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "earn": { "multipliers": [
        { "id": "double", "when": "true", "factor": { "num": 2, "den": 1 }, "budget": 15 },
    ] } } }))
        .await;
    let mut earned = Vec::new();

    for number in 1..=3 {
        let order = order(&number.to_string()).phone("13800138000").line(10_000);
        earned.push(world.record(order).await.unwrap().points.earned.0);
    }

    assert_eq!(earned, [20, 15, 10]);
});

on_both!(points_wait_for_the_completion, async |world: TestWorld| {
    world
        .publish(json!({ "points": {
        "maturity": { "kind": "after_completion", "days": 7 }, "awards": { "join": 0 },
    } }))
        .await;
    let paid_at = world.now();
    let receipt = world.record(order("1").phone("13800138000")).await.unwrap();
    let member = receipt.member_id.unwrap();
    world.advance_days(30);
    assert_eq!(world.available(member).await, 0);

    let completed = order("1").phone("13800138000").paid_on(paid_at).completed_on(world.now());
    world.record(completed).await.unwrap();

    world.advance_days(6);
    assert_eq!(world.member(member).await.balance.pending.0, 10);
    world.advance_days(1);
    assert_eq!(world.available(member).await, 10);
});

on_both!(activity_slides_the_end_of_open_points, async |world: TestWorld| {
    let expiry = json!({ "kind": "activity", "days": 10 });
    world.publish(json!({ "points": { "expiry": expiry, "awards": { "join": 0 } } })).await;
    let receipt = world.record(order("1").phone("13800138000")).await.unwrap();
    let member = receipt.member_id.unwrap();
    world.advance_days(8);
    world.record(order("2").phone("13800138000")).await.unwrap();

    world.move_to(at("2026-05-19T23:59:59.999999+08:00"));
    let before = world.available(member).await;
    world.move_to(at("2026-05-20T00:00:00+08:00"));
    let after = world.available(member).await;

    assert_eq!((before, after), (20, 0));
});
