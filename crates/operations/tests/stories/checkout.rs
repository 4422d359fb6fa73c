//! A checkout from quote to refund, and many of them at once for the last of something.

use hui_loyalty::amounts::Money;
use hui_loyalty::checkout::{Asked, Benefits, Cart, CartLine, CouponsAsked, Use};
use hui_loyalty::ids::{LockId, MemberId};
use hui_loyalty::orders::{OrderKey, RefundLine, Status};
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::checkout::confirming::order_of_lock;
use hui_operations::checkout::gifts::{list_gifts, put_gift};
use hui_operations::checkout::locks::{LockReceipt, LockRequest, LockStep, Wanted, step_locks};
use hui_operations::checkout::quotes::{quote_checkout, write_quotes};
use hui_operations::checkout::{CheckoutError, CheckoutRequest, LockRefusal};
use hui_operations::commit::{CommitSettings, Committer};
use hui_operations::coupons::issuing::issue_coupons;
use hui_operations::coupons::reading::look_up_coupon;
use hui_operations::move_points::Movement;
use hui_operations::record_orders::{OrderReceipt, RecordOrderError, record_orders};
use hui_operations::record_refunds::{
    RecordRefundError, RefundAnswer, RefundReceipt, quote_refund,
};
use hui_operations::wallet::topping_up::{self, TopUpRequest};
use hui_testkit::{TestWorld, on_both, order, refund};
use serde_json::json;

use crate::coupons::template;

/// A member with so many points and nothing else.
async fn member(world: &TestWorld, phone: &str, points: i64) -> MemberId {
    world.publish(json!({ "points": { "awards": { "join": 0 } } })).await;
    let first = order(&format!("first {phone}")).phone(phone).line(1);
    let member = world.record(first).await.unwrap().member_id.unwrap();
    if points > 0 {
        let granted = Movement::Adjust {
            member,
            points,
            reason: "opening".to_owned(),
            expires_at: None,
            allow_debt: false,
        };
        world.move_points(granted).await.unwrap();
    }
    member
}

/// A cart at a till: each line one piece of so much.
pub(crate) fn cart(world: &TestWorld, prices: &[i64]) -> Cart {
    let lines = prices.iter().enumerate().map(|(place, price)| CartLine {
        line_no: (place + 1).to_string(),
        sku: format!("A{}", place + 1),
        category: None,
        quantity: 1,
        unit_price: Money(*price),
        discountable: true,
    });
    Cart {
        at: world.now(),
        channel: "pos".to_owned(),
        shop: Some("S1".to_owned()),
        staff: None,
        touchpoint: None,
        lines: lines.collect(),
        shipping: Vec::new(),
    }
}

pub(crate) fn asking(
    world: &TestWorld,
    member: MemberId,
    prices: &[i64],
    asked: Asked,
) -> CheckoutRequest {
    CheckoutRequest { member: Some(member), cart: cart(world, prices), asked }
}

fn with_points(points: i64) -> Asked {
    Asked { points: Some(Use::Exactly(points)), ..Asked::default() }
}

fn with_coupon(code: &str) -> Asked {
    Asked { coupons: CouponsAsked::Listed(vec![code.to_owned()]), ..Asked::default() }
}

async fn one(
    world: &TestWorld,
    operations: &Operations,
    step: LockStep,
) -> Result<LockReceipt, CheckoutError> {
    let request = LockRequest { step, key: None };
    let answers = step_locks(operations, &world.actor, vec![request]).await;
    answers.into_iter().next().unwrap().map(|answer| answer.receipt)
}

async fn one_step(world: &TestWorld, step: LockStep) -> Result<LockReceipt, CheckoutError> {
    one(world, &world.operations, step).await
}

fn holding(request: CheckoutRequest, order_no: &str, ttl_s: i64) -> LockStep {
    let what = Wanted::Cart(Box::new(request), None);
    LockStep::Hold { what, order_no: order_no.to_owned(), ttl_s }
}

async fn lock(
    world: &TestWorld,
    request: CheckoutRequest,
    order_no: &str,
) -> Result<LockReceipt, CheckoutError> {
    one(world, &world.operations, holding(request, order_no, 900)).await
}

async fn confirm(
    world: &TestWorld,
    lock: LockId,
    order_no: &str,
) -> Result<OrderReceipt, RecordOrderError> {
    confirm_on(world, &world.operations, lock, order_no).await
}

async fn confirm_on(
    world: &TestWorld,
    operations: &Operations,
    lock: LockId,
    order_no: &str,
) -> Result<OrderReceipt, RecordOrderError> {
    let request = order_of_lock(operations, &world.actor, lock, order_no, None).await.unwrap()?;
    let answers = record_orders(operations, &world.actor, vec![request]).await;
    answers.into_iter().next().unwrap().map(|answer| answer.receipt)
}

/// Records a refund after asking what it will do; both must agree.
async fn refund_as_quoted(
    world: &TestWorld,
    order_no: &str,
    refund_no: &str,
    lines: &[(&str, i64, i64)],
) -> RefundReceipt {
    let key = OrderKey { channel: "pos".to_owned(), order_no: order_no.to_owned() };
    let asked = lines.iter().map(|(line_no, quantity, amount)| RefundLine {
        line_no: (*line_no).to_owned(),
        quantity: *quantity,
        amount: Money(*amount),
    });
    let quoted = quote_refund(&world.operations, &world.actor, key, asked.collect(), Money::ZERO)
        .await
        .unwrap();
    let mut made = refund(order_no, refund_no).channel("pos");
    for (line_no, quantity, amount) in lines {
        made = made.line(line_no, *quantity, *amount);
    }
    let RefundAnswer::Done(done) = world.refund(made).await.unwrap() else { panic!("it waits") };
    let restored: i64 = quoted.points.iter().map(|back| back.points.0).sum();
    assert_eq!(restored, done.points.restored.0);
    assert_eq!(RefundReceipt { refund_id: done.refund_id, ..quoted.receipt }, done);
    done
}

on_both!(a_checkout_goes_from_quote_to_partial_return, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let request = asking(&world, member, &[10_000, 5_000], with_points(500));

    let quoted =
        quote_checkout(&world.operations, &world.actor, request.clone(), None).await.unwrap();
    let before = world.member(member).await.balance;
    let step =
        LockStep::Hold { what: Wanted::Quote(quoted.id), order_no: "T1".to_owned(), ttl_s: 60 };
    let held = one(&world, &world.operations, step).await.unwrap();
    let during = world.member(member).await.balance;
    let paid = confirm(&world, held.lock_id, "T1").await.unwrap();
    let again = confirm(&world, held.lock_id, "T1").await.unwrap();
    let after = world.member(member).await.balance;
    let first = refund_as_quoted(&world, "T1", "R1", &[("1", 1, 9_667)]).await;
    let rest = refund_as_quoted(&world, "T1", "R2", &[("2", 1, 4_833)]).await;

    // 500 points pay ¥5.00 over lines of ¥100.00 and ¥50.00: 3.33 and 1.67.
    assert_eq!((quoted.quote.to_pay, held.to_pay), (Money(14_500), Money(14_500)));
    assert_eq!((before.available.0, before.held.0), (1_000, 0));
    assert_eq!((during.available.0, during.held.0), (500, 500));
    // Ten points per ¥100.00 of ¥145.00.
    assert_eq!((quoted.earns.points.0, paid.points.earned.0), (14, 14));
    assert_eq!(paid, again);
    assert_eq!((after.available.0, after.held.0), (514, 0));
    assert_eq!((first.points.restored.0, rest.points.restored.0), (333, 167));
    assert_eq!(first.points.clawed_back.0 + rest.points.clawed_back.0, 14);
    assert_eq!(first.tenders.map(|back| back.money), Some(Money(9_667)));
    assert_eq!(world.available(member).await, 1_000);
});

on_both!(the_same_lock_asked_again_is_the_same_and_another_is_refused, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let request = asking(&world, member, &[10_000], with_points(500));

    let first = lock(&world, request.clone(), "T1").await.unwrap();
    let again = lock(&world, request, "T1").await.unwrap();
    let other = lock(&world, asking(&world, member, &[10_000], with_points(100)), "T1").await;

    assert_eq!(first, again);
    assert!(matches!(other, Err(CheckoutError::LockDiffers)), "{other:?}");
    assert_eq!(world.member(member).await.balance.held.0, 500);
});

on_both!(a_cancelled_lock_gives_everything_back, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000", 1_000).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();
    let asked = Asked { points: Some(Use::Exactly(500)), ..with_coupon(&code.to_lowercase()) };
    let request = asking(&world, member, &[20_000], asked);

    let held = lock(&world, request.clone(), "T1").await.unwrap();
    let during = world.member(member).await;
    let cancel = LockStep::Cancel(held.lock_id);
    let cancelled = one(&world, &world.operations, cancel.clone()).await.unwrap();
    let again = one(&world, &world.operations, cancel).await.unwrap();
    let late = confirm(&world, held.lock_id, "T1").await;
    let after = world.member(member).await;
    let anew = lock(&world, request, "T1").await.unwrap();

    assert_eq!(held.to_pay, Money(20_000 - 2_000 - 500));
    assert_eq!((during.balance.available.0, during.coupons_usable), (500, 0));
    assert_eq!(cancelled, again);
    assert_eq!(cancelled.state, "cancelled");
    assert!(matches!(late, Err(RecordOrderError::Lock(LockRefusal::Cancelled))), "{late:?}");
    assert_eq!((after.balance.available.0, after.coupons_usable), (1_000, 1));
    assert_ne!(anew.lock_id, held.lock_id);
});

on_both!(a_lock_is_free_at_its_time_out_without_any_job, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000", 1_000).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();
    let asked = Asked { points: Some(Use::Exactly(1_000)), ..with_coupon(&code) };
    let held = lock(&world, asking(&world, member, &[20_000], asked.clone()), "T1").await.unwrap();
    let longer = LockStep::Extend { lock: held.lock_id, ttl_s: 1_000 };
    let longer = one(&world, &world.operations, longer).await.unwrap();

    world.move_to(Timestamp(longer.until.0 - 1));
    let before = lock(&world, asking(&world, member, &[20_000], asked.clone()), "T2").await;
    world.move_to(longer.until);
    let after = lock(&world, asking(&world, member, &[20_000], asked), "T2").await.unwrap();
    let late = confirm(&world, held.lock_id, "T1").await;
    let kept =
        one(&world, &world.operations, LockStep::Extend { lock: held.lock_id, ttl_s: 9 }).await;

    assert!(matches!(before, Err(CheckoutError::Unavailable(_))), "{before:?}");
    assert_eq!(after.state, "held");
    let Err(RecordOrderError::Lock(LockRefusal::Lost(missing))) = late else { panic!("{late:?}") };
    let assets: Vec<&str> = missing.iter().map(|one| one.asset).collect();
    assert_eq!(assets, ["points", "coupon"]);
    assert!(matches!(kept, Err(CheckoutError::Lock(LockRefusal::Lost(_)))), "{kept:?}");
});

on_both!(a_late_confirmation_takes_the_same_parts_again, async |world: TestWorld| {
    let template = template(&world, json!({ "restore_on_refund": true })).await;
    let member = member(&world, "13800138000", 1_000).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();
    let asked = Asked { points: Some(Use::Exactly(500)), ..with_coupon(&code) };
    let held = lock(&world, asking(&world, member, &[20_000], asked), "T1").await.unwrap();
    world.advance_seconds(2_000);
    world.run_due().await;
    let released = world.available(member).await;

    confirm(&world, held.lock_id, "T1").await.unwrap();
    let spent = world.member(member).await;
    let done = refund_as_quoted(&world, "T1", "R1", &[("1", 1, 17_500)]).await;

    assert_eq!(released, 1_000);
    // 500 spent, 17 earned of ¥175.00.
    assert_eq!((spent.balance.available.0, spent.coupons_usable), (517, 0));
    assert_eq!(done.coupons, [code]);
    assert_eq!(world.available(member).await, 1_000);
    assert_eq!(world.member(member).await.coupons_usable, 1);
});

on_both!(an_order_that_came_first_gets_its_tenders_by_the_lock, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let held =
        lock(&world, asking(&world, member, &[10_000], with_points(500)), "T1").await.unwrap();
    let pushed = order_of_lock(&world.operations, &world.actor, held.lock_id, "T1", None).await;
    let mut pushed = pushed.unwrap().unwrap();
    pushed.lock = None;
    pushed.order.claims.push(hui_testkit::phone("13800138000"));
    let pushed = record_orders(&world.operations, &world.actor, vec![pushed]).await;
    let pushed = pushed.into_iter().next().unwrap().unwrap().receipt;

    let confirmed = confirm(&world, held.lock_id, "T1").await.unwrap();

    assert_eq!(pushed.order_id, confirmed.order_id);
    assert_eq!(world.available(member).await, 509);
    let done = refund_as_quoted(&world, "T1", "R1", &[("1", 1, 9_500)]).await;
    assert_eq!(done.points.restored.0, 500);
});

on_both!(a_changed_price_is_told_to_whom_names_an_old_quote, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let request =
        asking(&world, member, &[10_000], Asked { points: Some(Use::Max), ..Asked::default() });
    let quoted = quote_checkout(&world.operations, &world.actor, request, None).await.unwrap();
    let spent = Movement::Hold { member, points: 800, purpose: "till".to_owned(), ttl_s: 9_000 };
    world.move_points(spent).await.unwrap();
    let by_quote =
        |id| LockStep::Hold { what: Wanted::Quote(id), order_no: "T1".to_owned(), ttl_s: 60 };

    let changed = one(&world, &world.operations, by_quote(quoted.id)).await;
    world.advance_seconds(1_800);
    let old = one(&world, &world.operations, by_quote(quoted.id)).await;

    assert!(matches!(changed, Err(CheckoutError::QuoteChanged)), "{changed:?}");
    assert!(matches!(old, Err(CheckoutError::NoQuote)), "{old:?}");
});

on_both!(a_quote_is_there_after_an_orderly_restart, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let request = asking(&world, member, &[10_000], with_points(300));
    let quoted = quote_checkout(&world.operations, &world.actor, request, None).await.unwrap();
    let step =
        LockStep::Hold { what: Wanted::Quote(quoted.id), order_no: "T1".to_owned(), ttl_s: 60 };

    write_quotes(&world.operations).await.unwrap();
    let other = world.second_process().await;
    let held = one(&world, &other, step).await.unwrap();

    assert_eq!(held.to_pay, Money(9_700));
    other.store.close().await;
});

/// A promotion of ¥10.00 off for so many orders.
async fn promote(world: &TestWorld, more: serde_json::Value) {
    let mut promotion = json!({"id": "launch", "benefits": [{"kind": "amount", "amount": 1_000}]});
    for (name, value) in more.as_object().unwrap() {
        promotion[name] = value.clone();
    }
    world.publish(json!({ "promotions": { "list": [promotion] } })).await;
}

on_both!(a_promotion_ends_with_its_budget, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    promote(&world, json!({"budget": {"uses": 2}})).await;
    let request = || asking(&world, member, &[5_000], Asked::default());

    let first = lock(&world, request(), "T1").await.unwrap();
    let second = lock(&world, request(), "T2").await.unwrap();
    let third = lock(&world, request(), "T3").await.unwrap();
    confirm(&world, first.lock_id, "T1").await.unwrap();
    one(&world, &world.operations, LockStep::Cancel(second.lock_id)).await.unwrap();
    let fourth = lock(&world, request(), "T4").await.unwrap();
    world.advance_seconds(900);
    let fifth = lock(&world, request(), "T5").await.unwrap();
    let late = confirm(&world, fourth.lock_id, "T4").await;

    let to_pay = [&first, &second, &third, &fourth, &fifth].map(|lock| lock.to_pay.0);
    assert_eq!(to_pay, [4_000, 4_000, 5_000, 4_000, 4_000]);
    let Err(RecordOrderError::Lock(LockRefusal::Lost(missing))) = late else { panic!("{late:?}") };
    assert_eq!(missing.iter().map(|one| one.asset).collect::<Vec<_>>(), ["quota"]);
});

on_both!(a_member_has_no_more_of_a_promotion_than_one_may, async |world: TestWorld| {
    let (one, other) =
        (member(&world, "13800138000", 0).await, member(&world, "13800138001", 0).await);
    promote(&world, json!({"quota": {"member_uses": 1}})).await;

    let first = lock(&world, asking(&world, one, &[5_000], Asked::default()), "T1").await.unwrap();
    confirm(&world, first.lock_id, "T1").await.unwrap();
    let second = lock(&world, asking(&world, one, &[5_000], Asked::default()), "T2").await.unwrap();
    let third =
        lock(&world, asking(&world, other, &[5_000], Asked::default()), "T3").await.unwrap();

    assert_eq!([first, second, third].map(|lock| lock.to_pay.0), [4_000, 5_000, 4_000]);
});

on_both!(no_promotion_applies_where_none_is_asked_for, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    promote(&world, json!({})).await;
    let asked = Asked { benefits: Benefits::None, ..Asked::default() };

    let held = lock(&world, asking(&world, member, &[5_000], asked), "T1").await.unwrap();

    assert_eq!(held.to_pay, Money(5_000));
});

/// Sends every request at once through the committers of two processes.
async fn all_at_once(
    world: &TestWorld,
    requests: Vec<CheckoutRequest>,
) -> Vec<Result<LockReceipt, CheckoutError>> {
    let other = world.second_process().await;
    let settings = CommitSettings { lanes: 4, ..CommitSettings::default() };
    let committers =
        [Committer::start(&world.operations, settings), Committer::start(&other, settings)];
    let actor = std::sync::Arc::new(world.actor.clone());
    let mut callers = tokio::task::JoinSet::new();
    for (place, request) in requests.into_iter().enumerate() {
        let (committer, actor) = (committers[place % 2].clone(), std::sync::Arc::clone(&actor));
        let step = holding(request, &format!("T{place}"), 900);
        callers.spawn(async move {
            let request = LockRequest { step, key: None };
            let answer = committer.step_lock(&actor, request).await.expect("the queue has room");
            answer.map(|answer| answer.receipt)
        });
    }
    let answers = callers.join_all().await;
    for committer in committers {
        committer.drain().await;
    }
    other.store.close().await;
    answers
}

const CALLERS: usize = 1_000;

on_both!(of_a_thousand_one_gets_the_last_coupon, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000", 0).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();

    let requests = (0..CALLERS).map(|_| asking(&world, member, &[20_000], with_coupon(&code)));
    let answers = all_at_once(&world, requests.collect()).await;

    let unavailable = |answer: &&Result<_, _>| matches!(answer, Err(CheckoutError::Unavailable(_)));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(unavailable).count(), CALLERS - 1);
    let view = look_up_coupon(&world.operations, &world.actor, &code).await.unwrap();
    assert_eq!(view.state.name(), "locked");
});

on_both!(of_a_thousand_ten_get_the_last_points, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_050).await;

    let requests = (0..CALLERS).map(|_| asking(&world, member, &[20_000], with_points(100)));
    let answers = all_at_once(&world, requests.collect()).await;

    let unavailable = |answer: &&Result<_, _>| matches!(answer, Err(CheckoutError::Unavailable(_)));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    assert_eq!(answers.iter().filter(unavailable).count(), CALLERS - 10);
    let balance = world.member(member).await.balance;
    assert_eq!((balance.available.0, balance.held.0), (50, 1_000));
});

on_both!(of_a_thousand_members_seven_get_the_last_of_a_budget, async |world: TestWorld| {
    let mut members = Vec::new();
    for place in 0..10 {
        members.push(member(&world, &format!("1380013800{place}"), 0).await);
    }
    promote(&world, json!({"budget": {"money": 7_999}})).await;

    let requests = (0..CALLERS)
        .map(|place| asking(&world, members[place % members.len()], &[5_000], Asked::default()));
    let answers = all_at_once(&world, requests.collect()).await;

    let to_pay: Vec<i64> = answers.into_iter().map(|answer| answer.unwrap().to_pay.0).collect();
    assert_eq!(to_pay.iter().filter(|paid| **paid == 4_000).count(), 7);
    assert_eq!(to_pay.iter().filter(|paid| **paid == 5_000).count(), CALLERS - 7);
});

on_both!(one_lock_confirmed_twice_at_once_spends_once, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let held =
        lock(&world, asking(&world, member, &[10_000], with_points(500)), "T1").await.unwrap();
    let other = world.second_process().await;

    let (here, there) = tokio::join!(
        confirm(&world, held.lock_id, "T1"),
        confirm_on(&world, &other, held.lock_id, "T1"),
    );

    assert_eq!(here.unwrap(), there.unwrap());
    assert_eq!(world.available(member).await, 509);
    other.store.close().await;
});

on_both!(a_confirmation_and_a_cancellation_at_once_leave_one_of_them, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let held =
        lock(&world, asking(&world, member, &[10_000], with_points(500)), "T1").await.unwrap();
    let other = world.second_process().await;

    let (confirmed, cancelled) = tokio::join!(
        confirm(&world, held.lock_id, "T1"),
        one(&world, &other, LockStep::Cancel(held.lock_id)),
    );

    assert!(confirmed.is_ok() != cancelled.is_ok(), "{confirmed:?} {cancelled:?}");
    let available = world.available(member).await;
    assert_eq!(available, if confirmed.is_ok() { 509 } else { 1_000 });
    other.store.close().await;
});

on_both!(a_lock_follows_its_member_through_a_merge, async |world: TestWorld| {
    let (one, other) =
        (member(&world, "13800138000", 1_000).await, member(&world, "13800138001", 0).await);
    let held = lock(&world, asking(&world, one, &[10_000], with_points(500)), "T1").await.unwrap();
    let merged = hui_operations::merge_members::merge_members(
        &world.operations,
        &world.actor,
        one,
        other,
        "the same person",
        None,
    )
    .await;
    merged.unwrap();

    let paid = confirm(&world, held.lock_id, "T1").await.unwrap();

    assert_eq!(paid.member_id, Some(other));
    assert_eq!(world.available(other).await, 509);
});

on_both!(a_lock_that_timed_out_follows_its_member_through_a_merge, async |world: TestWorld| {
    let (one, other) =
        (member(&world, "13800138000", 1_000).await, member(&world, "13800138001", 0).await);
    let request = || asking(&world, one, &[10_000], with_points(500));
    let confirmed = lock(&world, request(), "T1").await.unwrap();
    let cancelled = lock(&world, request(), "T2").await.unwrap();
    world.advance_seconds(900);
    world.run_due().await;
    let (operations, actor) = (&world.operations, &world.actor);
    let merged = hui_operations::merge_members::merge_members;
    merged(operations, actor, one, other, "the same person", None).await.unwrap();

    let paid = confirm(&world, confirmed.lock_id, "T1").await.unwrap();
    let given_up = LockStep::Cancel(cancelled.lock_id);
    let given_up = one_step(&world, given_up).await.unwrap();

    assert_eq!((paid.member_id, given_up.state.as_str()), (Some(other), "cancelled"));
    assert_eq!(world.available(other).await, 509);
});

/// Pays so much into a wallet, with so much on top.
async fn top_up(world: &TestWorld, member: MemberId, principal: i64, bonus: i64) {
    let request = TopUpRequest {
        member,
        principal: Some(Money(principal)),
        bonus: Some(Money(bonus)),
        plan: None,
        channel: "pos".to_owned(),
        shop: None,
        staff: None,
    };
    topping_up::top_up(&world.operations, &world.actor, &request, None).await.unwrap();
}

fn with_wallet(amount: i64) -> Asked {
    Asked { wallet: Some(Use::Exactly(amount)), ..Asked::default() }
}

async fn wallet(world: &TestWorld, member: MemberId) -> (i64, i64, i64) {
    let balance = world.member(member).await.wallet;
    (balance.principal.0, balance.bonus.0, balance.held.0)
}

on_both!(stored_value_pays_and_comes_back_part_by_part, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    top_up(&world, member, 20_000, 2_000).await;
    let request = asking(&world, member, &[3_000, 4_000], with_wallet(5_500));

    let held = lock(&world, request, "T1").await.unwrap();
    let during = wallet(&world, member).await;
    let paid = confirm(&world, held.lock_id, "T1").await.unwrap();
    let after = wallet(&world, member).await;
    let paid_of = |line_no: &str| {
        let cells = held.allocation.iter().filter(|(line, ..)| line == line_no);
        let paid = cells.filter(|(_, part, _)| part == "money" || part == "wallet_principal");
        paid.map(|(.., amount)| amount.0).sum::<i64>()
    };
    let first = refund_as_quoted(&world, "T1", "R1", &[("1", 1, paid_of("1"))]).await;
    let rest = refund_as_quoted(&world, "T1", "R2", &[("2", 1, paid_of("2"))]).await;

    // 200 and 20 of bonus: 55.00 take 50.00 and 5.00.
    assert_eq!((held.to_pay, during), (Money(1_500), (15_000, 1_500, 5_500)));
    assert_eq!(after, (15_000, 1_500, 0));
    // Bonus earns nothing: ten points per ¥100.00 of ¥65.00.
    assert_eq!(paid.points.earned.0, 6);
    let back = |receipt: &RefundReceipt| receipt.tenders.unwrap();
    let (one, two) = (back(&first), back(&rest));
    assert_eq!(one.principal.plus(two.principal), Money(5_000));
    assert_eq!(one.bonus.plus(two.bonus), Money(500));
    assert_eq!(one.money.plus(two.money), Money(1_500));
    assert_eq!(wallet(&world, member).await, (20_000, 2_000, 0));
});

on_both!(a_wallet_gives_no_more_than_it_has_to_two_locks, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    top_up(&world, member, 10_000, 0).await;
    let request = || asking(&world, member, &[10_000], with_wallet(6_000));

    let first = lock(&world, request(), "T1").await.unwrap();
    let second = lock(&world, request(), "T2").await;
    world.advance_seconds(900);
    let third = lock(&world, request(), "T3").await.unwrap();
    let late = confirm(&world, first.lock_id, "T1").await;
    one(&world, &world.operations, LockStep::Cancel(third.lock_id)).await.unwrap();

    assert!(matches!(second, Err(CheckoutError::Unavailable(_))), "{second:?}");
    let Err(RecordOrderError::Lock(LockRefusal::Lost(missing))) = late else { panic!("{late:?}") };
    assert_eq!(missing.iter().map(|one| one.asset).collect::<Vec<_>>(), ["wallet"]);
    assert_eq!(wallet(&world, member).await, (10_000, 0, 0));
    confirm(&world, first.lock_id, "T1").await.unwrap();
    assert_eq!(wallet(&world, member).await, (4_000, 0, 0));
});

on_both!(an_extended_lock_keeps_stored_value_to_its_new_end, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    top_up(&world, member, 10_000, 0).await;
    let request = || asking(&world, member, &[10_000], with_wallet(6_000));
    let held = lock(&world, request(), "T1").await.unwrap();
    let longer = LockStep::Extend { lock: held.lock_id, ttl_s: 1_800 };
    let longer = one(&world, &world.operations, longer).await.unwrap();

    world.move_to(Timestamp(longer.until.0 - 1));
    let before = (wallet(&world, member).await, lock(&world, request(), "T2").await);
    world.move_to(longer.until);
    let after = (wallet(&world, member).await, lock(&world, request(), "T2").await);

    assert_eq!(before.0, (4_000, 0, 6_000));
    assert!(matches!(before.1, Err(CheckoutError::Unavailable(_))), "{:?}", before.1);
    assert_eq!(after.0, (10_000, 0, 0));
    assert_eq!(after.1.unwrap().state, "held");
});

on_both!(two_late_confirmations_share_what_is_left_of_a_budget, async |world: TestWorld| {
    let template = template(&world, json!({ "budget": 2_000 })).await;
    let member = member(&world, "13800138000", 0).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 2, None).await;
    let coupons = issued.unwrap().receipt.coupons;
    let mut requests = Vec::new();
    for (order_no, coupon) in ["T1", "T2"].into_iter().zip(&coupons) {
        let request = asking(&world, member, &[20_000], with_coupon(&coupon.code));
        let held = lock(&world, request, order_no).await.unwrap();
        world.advance_seconds(900);
        let (hui, actor) = (&world.operations, &world.actor);
        let paid = order_of_lock(hui, actor, held.lock_id, order_no, None).await.unwrap();
        requests.push(paid.unwrap());
    }

    let answers = record_orders(&world.operations, &world.actor, requests).await;

    assert!(answers[0].is_ok(), "{:?}", answers[0]);
    let Err(RecordOrderError::Lock(LockRefusal::Lost(missing))) = &answers[1] else {
        panic!("{:?}", answers[1])
    };
    assert_eq!(missing.iter().map(|one| one.asset).collect::<Vec<_>>(), ["coupon"]);
});

/// A promotion that gives a gift with every order.
async fn give_gifts(world: &TestWorld, more: serde_json::Value) {
    let mut section = json!({
        "list": [{"id": "mask", "benefits": [{"kind": "gift", "sku": "G1"}]}],
    });
    for (name, value) in more.as_object().unwrap() {
        section[name] = value.clone();
    }
    world.publish(json!({ "promotions": section })).await;
}

/// What is on the shelf of the gift: stock, held, taken.
async fn shelf(world: &TestWorld) -> [i64; 3] {
    let goods = list_gifts(&world.operations, &world.actor).await.unwrap();
    [goods[0].stock, goods[0].held, goods[0].taken]
}

fn gifts_of(held: &LockReceipt) -> i64 {
    let parts = held.parts.iter().filter(|part| part.asset == "stock");
    parts.map(|part| part.amount).sum()
}

on_both!(a_gift_is_held_by_its_lock_and_taken_by_its_order, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    give_gifts(&world, json!({})).await;
    put_gift(&world.operations, &world.actor, "G1", 2).await.unwrap();
    let request = || asking(&world, member, &[5_000], Asked::default());

    let first = lock(&world, request(), "T1").await.unwrap();
    let second = lock(&world, request(), "T2").await.unwrap();
    let third = lock(&world, request(), "T3").await.unwrap();
    let all_held = shelf(&world).await;
    confirm(&world, first.lock_id, "T1").await.unwrap();
    one_step(&world, LockStep::Cancel(second.lock_id)).await.unwrap();
    let one_left = shelf(&world).await;
    let fourth = lock(&world, request(), "T4").await.unwrap();
    world.advance_seconds(900);
    let freed = shelf(&world).await;
    let fifth = lock(&world, request(), "T5").await.unwrap();
    let late = confirm(&world, fourth.lock_id, "T4").await;

    let given = [&first, &second, &third, &fourth, &fifth].map(gifts_of);
    assert_eq!(given, [1, 1, 0, 1, 1]);
    assert_eq!([all_held, one_left, freed], [[2, 2, 0], [1, 0, 1], [1, 0, 1]]);
    let Err(RecordOrderError::Lock(LockRefusal::Lost(missing))) = late else { panic!("{late:?}") };
    assert_eq!(missing.iter().map(|one| one.asset).collect::<Vec<_>>(), ["stock"]);
});

on_both!(a_gift_comes_back_on_the_shelf_with_its_whole_order, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    give_gifts(&world, json!({ "returned_gifts": "restock" })).await;
    put_gift(&world.operations, &world.actor, "G1", 2).await.unwrap();
    let request = asking(&world, member, &[5_000, 3_000], Asked::default());
    let held = lock(&world, request, "T1").await.unwrap();
    confirm(&world, held.lock_id, "T1").await.unwrap();

    refund_as_quoted(&world, "T1", "R1", &[("1", 1, 5_000)]).await;
    let half = shelf(&world).await;
    refund_as_quoted(&world, "T1", "R2", &[("2", 1, 3_000)]).await;

    assert_eq!((half, shelf(&world).await), ([1, 0, 1], [2, 0, 0]));
});

on_both!(
    a_gift_stays_with_whom_returns_his_order_where_nothing_else_is_said,
    async |world: TestWorld| {
        let member = member(&world, "13800138000", 0).await;
        give_gifts(&world, json!({})).await;
        put_gift(&world.operations, &world.actor, "G1", 2).await.unwrap();
        let held =
            lock(&world, asking(&world, member, &[5_000], Asked::default()), "T1").await.unwrap();
        confirm(&world, held.lock_id, "T1").await.unwrap();

        refund_as_quoted(&world, "T1", "R1", &[("1", 1, 5_000)]).await;

        assert_eq!(shelf(&world).await, [1, 0, 1]);
    }
);

on_both!(of_a_thousand_one_gets_the_last_gift, async |world: TestWorld| {
    let mut members = Vec::new();
    for place in 0..10 {
        members.push(member(&world, &format!("1380013800{place}"), 0).await);
    }
    give_gifts(&world, json!({})).await;
    put_gift(&world.operations, &world.actor, "G1", 1).await.unwrap();

    let requests = (0..CALLERS)
        .map(|place| asking(&world, members[place % members.len()], &[5_000], Asked::default()));
    let answers = all_at_once(&world, requests.collect()).await;

    let given: Vec<i64> = answers.iter().map(|held| gifts_of(held.as_ref().unwrap())).collect();
    assert_eq!((given.iter().sum::<i64>(), given.len()), (1, CALLERS));
    assert_eq!(shelf(&world).await, [1, 1, 0]);
});

/// The order of a lock as its channel pushes it, by a phone or by nobody.
async fn push(
    world: &TestWorld,
    lock: LockId,
    order_no: &str,
    phone: Option<&str>,
    status: Status,
) -> OrderReceipt {
    let (hui, actor) = (&world.operations, &world.actor);
    let mut request = order_of_lock(hui, actor, lock, order_no, None).await.unwrap().unwrap();
    request.lock = None;
    request.order.status = status;
    request.order.claims.extend(phone.map(hui_testkit::phone));
    let answers = record_orders(hui, actor, vec![request]).await;
    answers.into_iter().next().unwrap().unwrap().receipt
}

on_both!(a_lock_is_not_spent_on_an_order_that_is_over, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    let request = || asking(&world, member, &[10_000], with_points(300));
    let closed = lock(&world, request(), "T1").await.unwrap();
    let returned = lock(&world, request(), "T2").await.unwrap();
    push(&world, closed.lock_id, "T1", Some("13800138000"), Status::Closed).await;
    push(&world, returned.lock_id, "T2", Some("13800138000"), Status::Paid).await;
    world.refund(refund("T2", "R1").channel("pos").line("1", 1, 9_700)).await.unwrap();

    let answers = [
        confirm(&world, closed.lock_id, "T1").await,
        confirm(&world, returned.lock_id, "T2").await,
    ];

    for answer in answers {
        assert!(
            matches!(answer, Err(RecordOrderError::Lock(LockRefusal::OrderOver))),
            "{answer:?}"
        );
    }
    assert_eq!(world.member(member).await.balance.held.0, 600);
});

on_both!(what_was_refunded_before_the_lock_is_not_given_back_twice, async |world: TestWorld| {
    let member = member(&world, "13800138000", 1_000).await;
    top_up(&world, member, 20_000, 0).await;
    let asked = Asked { wallet: Some(Use::Exactly(5_000)), ..with_points(500) };
    for (order_no, phone) in [("T1", Some("13800138000")), ("T2", None)] {
        let request = asking(&world, member, &[10_000], asked.clone());
        let held = lock(&world, request, order_no).await.unwrap();
        push(&world, held.lock_id, order_no, phone, Status::Paid).await;
        // Of ¥95.00, ¥50.00 of which the wallet pays, ¥47.50 have gone back in money.
        let first = refund(order_no, &format!("1 {order_no}")).channel("pos");
        world.refund(first.line("1", 0, 4_750)).await.unwrap();

        let before = (world.available(member).await, wallet(&world, member).await.0);
        let paid = confirm(&world, held.lock_id, order_no).await.unwrap();
        let after = (world.available(member).await, wallet(&world, member).await.0);
        let rest =
            refund_as_quoted(&world, order_no, &format!("2 {order_no}"), &[("1", 1, 4_750)]).await;

        // Half of the points come back at once; of the principal what was not given in money.
        let earned_now = i64::from(phone.is_none()) * (paid.points.earned.0 - 4);
        assert_eq!((after.0 - before.0, after.1 - before.1), (250 + earned_now, 0));
        let back = rest.tenders.unwrap();
        assert_eq!((back.money.0, back.principal.0), (2_250, 2_500));
        assert_eq!(rest.points.restored.0, 250);
    }
    // ¥25.00 of each order's ¥50.00 went back in money.
    assert_eq!(wallet(&world, member).await, (15_000, 0, 0));
});

on_both!(a_refund_that_waited_gives_the_coupon_of_its_lines_back, async |world: TestWorld| {
    let template = template(&world, json!({ "restore_on_refund": true })).await;
    let member = member(&world, "13800138000", 0).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();
    let mut request = asking(&world, member, &[12_000], with_coupon(&code));
    request.cart.shipping = Cart::one_delivery(Money(800));
    let held = lock(&world, request, "T1").await.unwrap();
    world.refund(refund("T1", "R1").channel("pos").line("1", 1, 10_000)).await.unwrap();

    confirm(&world, held.lock_id, "T1").await.unwrap();

    let view = look_up_coupon(&world.operations, &world.actor, &code).await.unwrap();
    assert_eq!(view.state.name(), "issued");
});

on_both!(a_closed_order_gives_all_back_that_paid_for_it, async |world: TestWorld| {
    let template = template(&world, json!({ "restore_on_refund": true })).await;
    let member = member(&world, "13800138000", 0).await;
    world.publish(json!({ "wallet": { "spend_order": "bonus_first" } })).await;
    top_up(&world, member, 1, 20_000).await;
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    let code = issued.unwrap().receipt.coupons[0].code.clone();
    let asked = Asked { wallet: Some(Use::Max), ..with_coupon(&code) };
    let mut request = asking(&world, member, &[12_000], asked);
    request.cart.shipping = Cart::one_delivery(Money(800));
    let held = lock(&world, request, "T1").await.unwrap();
    confirm(&world, held.lock_id, "T1").await.unwrap();
    let paid = wallet(&world, member).await;

    push(&world, held.lock_id, "T1", None, Status::Closed).await;

    let view = look_up_coupon(&world.operations, &world.actor, &code).await.unwrap();
    assert_eq!((paid, held.to_pay), ((1, 9_200, 0), Money::ZERO));
    assert_eq!(wallet(&world, member).await, (1, 20_000, 0));
    assert_eq!(view.state.name(), "issued");
});

on_both!(shipping_goes_back_to_who_paid_it_and_no_more_than_that, async |world: TestWorld| {
    let member = member(&world, "13800138000", 0).await;
    top_up(&world, member, 5_000, 0).await;
    let mut request = asking(&world, member, &[8_000], with_wallet(4_500));
    request.cart.shipping = Cart::one_delivery(Money(1_000));
    let held = lock(&world, request, "T1").await.unwrap();
    confirm(&world, held.lock_id, "T1").await.unwrap();
    let back = |number: &str, amount| refund("T1", number).channel("pos").shipping(amount);

    let half = world.refund(back("R1", 400)).await.unwrap();
    let over = world.refund(back("R2", 601)).await;
    let rest = world.refund(back("R3", 600)).await.unwrap();

    // Half of the order is paid by the wallet, of the shipping ¥5.00.
    let given = |answer: RefundAnswer| match answer {
        RefundAnswer::Done(done) => done.tenders.map(|back| (back.money.0, back.principal.0)),
        RefundAnswer::Waiting { .. } => None,
    };
    assert_eq!((given(half), given(rest)), (Some((200, 200)), Some((300, 300))));
    assert!(matches!(over, Err(RecordRefundError::Refused(_))), "{over:?}");
    assert_eq!(wallet(&world, member).await, (1_000, 0, 0));
});
