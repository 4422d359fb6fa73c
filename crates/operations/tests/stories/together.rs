//! Requests that come together: in one slice, or at the same moment in two processes.

use hui_operations::Operations;
use hui_operations::move_points::{MoveError, MoveRequest, Movement, move_points};
use hui_operations::record_orders::{OrderReceipt, RecordOrderError, record_orders};
use hui_operations::record_refunds::{RecordRefundError, record_refunds};
use hui_testkit::{OrderBuilder, TestWorld, at, on_both, order, refund};
use serde_json::json;

const PHONE: &str = "13800138000";

/// Records orders in one slice.
async fn slice(
    world: &TestWorld,
    orders: impl IntoIterator<Item = OrderBuilder>,
) -> Vec<Result<OrderReceipt, RecordOrderError>> {
    record_all(world, &world.operations, orders).await
}

async fn record_all(
    world: &TestWorld,
    operations: &Operations,
    orders: impl IntoIterator<Item = OrderBuilder>,
) -> Vec<Result<OrderReceipt, RecordOrderError>> {
    let requests = orders.into_iter().map(|order| order.request(world.now())).collect();
    record_orders(operations, &world.actor, requests)
        .await
        .into_iter()
        .map(|answer| answer.map(|answer| answer.receipt))
        .collect()
}

fn earned(answers: Vec<Result<OrderReceipt, RecordOrderError>>) -> Vec<i64> {
    answers.into_iter().map(|answer| answer.unwrap().points.earned.0).collect()
}

on_both!(two_first_orders_at_once_make_one_member, async |world: TestWorld| {
    let other = world.second_process().await;

    let (here, there) = tokio::join!(
        slice(&world, [order("1").phone(PHONE)]),
        record_all(&world, &other, [order("2").phone(PHONE)]),
    );

    let (here, there) = (here[0].clone().unwrap(), there[0].clone().unwrap());
    assert_eq!(here.member_id, there.member_id);
    assert!(here.created_member != there.created_member, "{here:?} {there:?}");
    // Twice ten points, and the award for joining once.
    assert_eq!(world.available(here.member_id.unwrap()).await, 120);
    other.store.close().await;
});

on_both!(one_order_through_two_processes_is_recorded_once, async |world: TestWorld| {
    let other = world.second_process().await;

    let (here, there) = tokio::join!(
        slice(&world, [order("1").phone(PHONE)]),
        record_all(&world, &other, [order("1").phone(PHONE)]),
    );

    let (here, there) = (here[0].clone().unwrap(), there[0].clone().unwrap());
    assert_eq!(here, there);
    assert_eq!(world.available(here.member_id.unwrap()).await, 110);
    other.store.close().await;
});

on_both!(two_refunds_at_once_never_give_back_more_than_was_paid, async |world: TestWorld| {
    let other = world.second_process().await;
    let receipt = world.record(order("1").phone(PHONE).line(10_000)).await.unwrap();
    let first = vec![refund("1", "a").money("1", 6_000).request(world.now())];
    let second = vec![refund("1", "b").money("1", 6_000).request(world.now())];

    let (here, there) = tokio::join!(
        record_refunds(&world.operations, &world.actor, first),
        record_refunds(&other, &world.actor, second),
    );

    let refused = |answer: &Result<_, _>| matches!(answer, Err(RecordRefundError::Refused(_)));
    assert_eq!(here.iter().chain(&there).filter(|answer| refused(answer)).count(), 1);
    assert_eq!(here.iter().chain(&there).filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.available(receipt.member_id.unwrap()).await, 104);
    other.store.close().await;
});

on_both!(two_holds_at_once_never_share_points, async |world: TestWorld| {
    let other = world.second_process().await;
    let member = world.record(order("1").phone(PHONE)).await.unwrap().member_id.unwrap();
    let hold = || {
        let purpose = "till".to_owned();
        let movement = Movement::Hold { member, points: 80, purpose, ttl_s: 60 };
        vec![MoveRequest { movement, key: None }]
    };

    let (here, there) = tokio::join!(
        move_points(&world.operations, &world.actor, hold()),
        move_points(&other, &world.actor, hold()),
    );

    let short = |answer: &Result<_, _>| matches!(answer, Err(MoveError::Insufficient(_)));
    assert_eq!(here.iter().chain(&there).filter(|answer| short(answer)).count(), 1);
    assert_eq!(world.available(member).await, 30);
    other.store.close().await;
});

on_both!(orders_of_one_slice_see_each_other, async |world: TestWorld| {
    let answers = slice(&world, ["1", "2", "3"].map(|number| order(number).phone(PHONE))).await;

    let receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let member = receipts[0].member_id;
    assert!(receipts.iter().all(|receipt| receipt.member_id == member));
    let created: Vec<_> = receipts.iter().map(|receipt| receipt.created_member).collect();
    assert_eq!(created, [true, false, false]);
    assert_eq!(world.available(member.unwrap()).await, 130);
});

on_both!(an_order_twice_in_one_slice_is_recorded_once, async |world: TestWorld| {
    let answers = slice(&world, [order("1").phone(PHONE), order("1").phone(PHONE)]).await;

    let receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!(world.available(receipts[0].member_id.unwrap()).await, 110);
});

on_both!(a_cap_holds_within_one_slice, async |world: TestWorld| {
    world.publish(json!({ "points": { "earn": { "caps": { "member_day": 25 } } } })).await;

    let orders = ["1", "2", "3"].map(|number| order(number).phone(PHONE).line(20_000));
    let answers = slice(&world, orders).await;

    assert_eq!(earned(answers), [20, 5, 0]);
});

on_both!(a_budget_holds_within_one_slice, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "earn": { "multipliers": [
        { "id": "double", "when": "true", "factor": { "num": 2, "den": 1 }, "budget": 15 },
    ] } } }))
        .await;

    // Three members, since a budget belongs to the program.
    let orders = ["13800138001", "13800138002", "13800138003"]
        .map(|phone| order(phone).phone(phone).line(10_000));
    let answers = slice(&world, orders).await;

    assert_eq!(earned(answers), [20, 15, 10]);
});

on_both!(an_order_the_database_refuses_leaves_its_neighbours_alone, async |world: TestWorld| {
    // The rules refuse all that the tables would: a stricter table stands in for a fault.
    let mut tx = world.operations.store.begin().await.unwrap();
    tx.execute("create unique index one_order_each on orders (staff)", &[]).await.unwrap();
    tx.commit().await.unwrap();
    let by = |number: &str, phone: &str, staff: Option<&str>| {
        let mut request = order(number).phone(phone).request(world.now());
        request.order.staff = staff.map(str::to_owned);
        request
    };
    let taken = vec![by("0", "13800138000", Some("li"))];
    assert!(record_orders(&world.operations, &world.actor, taken).await[0].is_ok());

    let requests = vec![
        by("1", "13800138001", None),
        by("2", "13800138002", Some("li")),
        by("3", "13800138003", None),
    ];
    let answers = record_orders(&world.operations, &world.actor, requests).await;

    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(RecordOrderError::Store(_))), "{answers:?}");
});

on_both!(a_late_event_earns_by_the_rules_of_its_time, async |world: TestWorld| {
    let change = at("2026-04-15T00:00:00+08:00");
    world
        .publish_from(
            change,
            json!({ "points": { "earn": { "rules": [
                { "id": "twenty", "when": "true", "rate": { "points": 20, "per": 10_000 } },
            ] } } }),
        )
        .await;

    let before = hui_loyalty::time::Timestamp(change.0 - 1);
    let late = world.record(order("1").phone(PHONE).paid_on(before)).await.unwrap();
    let after = world.record(order("2").phone(PHONE).paid_on(change)).await.unwrap();

    assert_eq!((late.points.earned.0, after.points.earned.0), (10, 20));
});
