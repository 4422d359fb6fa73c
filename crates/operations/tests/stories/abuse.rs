//! Against abuse: too many claims, redemptions, orders and returns; blocks; what a person decides.

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{MemberId, ReviewId, TemplateId};
use hui_loyalty::orders::Status;
use hui_operations::abuse::{BlockError, Blocked, block, list_blocks, unblock};
use hui_operations::coupons::CouponError;
use hui_operations::coupons::issuing::{IssueReceipt, claim_coupon, issue_coupons};
use hui_operations::coupons::using::{Use, UseReceipt, redeem_coupon};
use hui_operations::merge_members::{Decision, MergeError, decide_review};
use hui_operations::read_members::list_reviews;
use hui_store::reviews::ReviewRow;
use hui_testkit::{TestWorld, on_both, order, refund};
use serde_json::{Value, json};

use crate::coupons::template;

/// Publishes rules, each with a score of its own.
async fn watch(world: &TestWorld, rules: Value) {
    world
        .publish(json!({ "points": { "awards": { "join": 0 } }, "abuse": { "rules": rules } }))
        .await;
}

fn rule(id: &str, counts: &str, by: &str, within: &Value, most: i64, score: i64) -> Value {
    json!({"id": id, "counts": counts, "by": by, "within": within, "most": most, "score": score})
}

async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.record(order(phone).phone(phone).line(10_000)).await.unwrap().member_id.unwrap()
}

async fn claim(
    world: &TestWorld,
    template: TemplateId,
    member: MemberId,
    device: Option<&str>,
) -> Result<IssueReceipt, CouponError> {
    let (operations, actor) = (&world.operations, &world.actor);
    let claimed = claim_coupon(operations, actor, template, member, Some("app"), device, None);
    claimed.await.map(|answer| answer.receipt)
}

fn is_suspicious<T>(done: &Result<T, CouponError>) -> bool {
    matches!(done, Err(CouponError::Suspicious(_)))
}

async fn open_reviews(world: &TestWorld) -> Vec<ReviewRow> {
    let listed = list_reviews(&world.operations, &world.actor, Some(true), None, 50).await;
    listed.unwrap().0
}

async fn decide(world: &TestWorld, id: ReviewId, decision: Decision) -> Result<(), MergeError> {
    let decided = decide_review(&world.operations, &world.actor, id, decision, "seen", None).await;
    decided.map(|_| ())
}

on_both!(one_claim_too_many_is_held_once_and_released, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    watch(&world, json!([rule("fast", "claims", "member", &json!({"hours": 1}), 2, 60)])).await;
    let member = member(&world, "13800138000").await;
    claim(&world, coupon, member, None).await.unwrap();
    claim(&world, coupon, member, None).await.unwrap();

    let third = claim(&world, coupon, member, None).await;
    let fourth = claim(&world, coupon, member, None).await;

    assert!(is_suspicious(&third) && is_suspicious(&fourth));
    let reviews = open_reviews(&world).await;
    assert_eq!(reviews.len(), 1);
    assert_eq!((reviews[0].kind.as_str(), reviews[0].member), ("abuse", Some(member)));
    let evidence: Value = serde_json::from_str(&reviews[0].evidence).unwrap();
    assert_eq!(evidence["abuse"]["reasons"][0]["count"], 3);
    assert_eq!(evidence["abuse"]["reasons"][0]["rule"], "fast");

    decide(&world, reviews[0].id, Decision::Release).await.unwrap();

    claim(&world, coupon, member, None).await.unwrap();
    assert_eq!(open_reviews(&world).await, []);
});

on_both!(claims_count_again_once_the_time_is_over, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    watch(&world, json!([rule("fast", "claims", "member", &json!({"hours": 1}), 1, 60)])).await;
    let member = member(&world, "13800138000").await;
    claim(&world, coupon, member, None).await.unwrap();

    world.advance_seconds(3_599);
    assert!(is_suspicious(&claim(&world, coupon, member, None).await));
    world.advance_seconds(1);
    claim(&world, coupon, member, None).await.unwrap();
});

on_both!(
    a_device_is_counted_over_members_and_refused_from_its_score_on,
    async |world: TestWorld| {
        let coupon = template(&world, json!({})).await;
        watch(&world, json!([rule("device", "claims", "device", &json!({"days": 1}), 2, 100)]))
            .await;
        let one = member(&world, "13800138001").await;
        let two = member(&world, "13800138002").await;
        claim(&world, coupon, one, Some("phone-1")).await.unwrap();
        claim(&world, coupon, two, Some("phone-1")).await.unwrap();

        let third = claim(&world, coupon, one, Some("phone-1")).await;

        assert!(is_suspicious(&third));
        // What is refused outright leaves nothing to decide.
        assert_eq!(open_reviews(&world).await, []);
        claim(&world, coupon, one, Some("phone-2")).await.unwrap();
        claim(&world, coupon, one, None).await.unwrap();
    }
);

on_both!(two_at_once_do_not_both_pass_the_last_place, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    watch(&world, json!([rule("device", "claims", "device", &json!({"days": 1}), 1, 60)])).await;
    let one = member(&world, "13800138001").await;
    let two = member(&world, "13800138002").await;

    let (first, second) = tokio::join!(
        claim(&world, coupon, one, Some("phone-1")),
        claim(&world, coupon, two, Some("phone-1")),
    );

    assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|is_ok| *is_ok).count(), 1);
    assert_eq!(open_reviews(&world).await.len(), 1);
});

async fn redeem(world: &TestWorld, code: &str, order_no: &str) -> Result<UseReceipt, CouponError> {
    let asked = Use {
        code: code.to_owned(),
        member: None,
        channel: "pos".to_owned(),
        shop: Some("S1".to_owned()),
        discount: Money(2_000),
        uses: 1,
        device: None,
    };
    let redeemed = redeem_coupon(&world.operations, &world.actor, &asked, None, order_no, None);
    redeemed.await.map(|answer| answer.receipt)
}

on_both!(redemptions_of_a_shop_are_counted_and_a_repeat_is_none, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    watch(&world, json!([rule("till", "redemptions", "shop", &json!({"days": 1}), 1, 100)])).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let issued = issue_coupons(operations, actor, coupon, member, 2, None).await.unwrap();
    let codes: Vec<&str> =
        issued.receipt.coupons.iter().map(|coupon| coupon.code.as_str()).collect();

    redeem(&world, codes[0], "A").await.unwrap();
    redeem(&world, codes[0], "A").await.unwrap();
    let second = redeem(&world, codes[1], "B").await;

    assert!(is_suspicious(&second));
});

on_both!(
    points_beyond_the_orders_of_a_day_wait_until_they_are_released,
    async |world: TestWorld| {
        watch(&world, json!([rule("day", "orders", "member", &json!({"days": 1}), 2, 60)])).await;
        let member = member(&world, "13800138000").await;
        world.record(order("2").phone("13800138000").line(10_000)).await.unwrap();

        let third = world.record(order("3").phone("13800138000").line(10_000)).await.unwrap();

        assert_eq!((third.points.earned.0, third.points.pending.0), (10, 10));
        assert_eq!(world.available(member).await, 20);
        let review = open_reviews(&world).await.remove(0);
        assert_eq!((Some(review.id), review.order), (third.review_id, Some(third.order_id)));

        decide(&world, review.id, Decision::Release).await.unwrap();

        assert_eq!(world.available(member).await, 30);
        let again = decide(&world, review.id, Decision::Void).await;
        assert!(matches!(again, Err(MergeError::AlreadyDecided)));
        assert_eq!(world.available(member).await, 30);
    }
);

on_both!(void_points_are_gone_and_a_later_refund_takes_nothing_more, async |world: TestWorld| {
    watch(&world, json!([rule("day", "orders", "member", &json!({"days": 1}), 1, 60)])).await;
    let member = member(&world, "13800138000").await;
    world.record(order("2").phone("13800138000").line(10_000)).await.unwrap();
    let review = open_reviews(&world).await.remove(0);

    decide(&world, review.id, Decision::Void).await.unwrap();
    world.refund(refund("2", "r1").line("1", 1, 10_000)).await.unwrap();

    assert_eq!(world.available(member).await, 10);
    let view = world.member(member).await;
    assert_eq!((view.balance.debt.0, view.balance.pending.0), (0, 0));
    assert_eq!(view.row.growth_lifetime.0, 100);
});

on_both!(a_completed_order_does_not_let_held_points_go, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "maturity": { "kind": "after_completion", "days": 1 } } }))
        .await;
    watch(&world, json!([rule("day", "orders", "member", &json!({"days": 1}), 0, 60)])).await;
    let first = world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();
    let member = first.member_id.unwrap();
    let completed = order("1").phone("13800138000").line(10_000).status(Status::Completed);
    world.record(completed.completed_on(world.now())).await.unwrap();
    world.advance_days(3);
    world.run_due().await;
    assert_eq!(world.available(member).await, 0);

    let review = open_reviews(&world).await.remove(0);
    decide(&world, review.id, Decision::Release).await.unwrap();

    assert_eq!(world.available(member).await, 10);
});

on_both!(one_member_at_one_till_is_told_from_others, async |world: TestWorld| {
    watch(&world, json!([rule("till", "till_orders", "member", &json!({"days": 1}), 1, 60)])).await;
    let at = |no: &str, shop: &str| order(no).shop(shop).phone("13800138000").line(10_000);
    world.record(at("1", "S1")).await.unwrap();

    let elsewhere = world.record(at("2", "S2")).await.unwrap();
    let again = world.record(at("3", "S1")).await.unwrap();

    assert_eq!(elsewhere.review_id, None);
    assert!(again.review_id.is_some());
});

on_both!(orders_that_come_back_again_and_again_make_the_next_one_wait, async |world: TestWorld| {
    watch(&world, json!([rule("cycle", "returns", "member", &json!({"days": 30}), 1, 60)])).await;
    for no in ["1", "2"] {
        world.record(order(no).phone("13800138000").line(10_000)).await.unwrap();
        world.refund(refund(no, no).line("1", 1, 10_000)).await.unwrap();
        let next = world.record(order(&format!("next{no}")).phone("13800138000").line(10_000));
        // One return may be; two are one too many.
        assert_eq!(next.await.unwrap().review_id.is_some(), no == "2", "{no}");
    }
});

on_both!(orders_of_one_slice_count_for_one_another, async |world: TestWorld| {
    watch(&world, json!([rule("day", "orders", "member", &json!({"days": 1}), 1, 60)])).await;
    let now = world.now();
    let requests =
        ["1", "2", "3"].map(|no| order(no).phone("13800138000").line(10_000).request(now));

    let operations = &world.operations;
    let answers = hui_operations::record_orders::record_orders(
        operations,
        &world.actor,
        requests.into_iter().collect(),
    )
    .await;

    let held = answers
        .iter()
        .filter(|answer| answer.as_ref().is_ok_and(|answer| answer.receipt.review_id.is_some()));
    assert_eq!(held.count(), 2);
    assert_eq!(open_reviews(&world).await.len(), 2);
});

on_both!(who_is_blocked_claims_nothing_and_earns_nothing_at_once, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let member = member(&world, "13800138000").await;
    let whom = Blocked::Member(member);
    let off = block(operations, actor, &whom, "bot", None, None).await;
    assert!(matches!(off, Err(BlockError::Off)));
    world.publish(json!({ "abuse": { "blocks": true } })).await;
    let until = world.now().plus_seconds(60);

    let blocked = block(operations, actor, &whom, "bot", Some(until), None).await.unwrap().receipt;

    assert!(is_suspicious(&claim(&world, coupon, member, None).await));
    let held = world.record(order("2").phone("13800138000").line(10_000)).await.unwrap();
    assert!(held.review_id.is_some());
    assert_eq!(list_blocks(operations, actor).await.unwrap(), [blocked]);
    world.advance_seconds(60);
    claim(&world, coupon, member, None).await.unwrap();
    assert_eq!(list_blocks(operations, actor).await.unwrap(), []);
});

on_both!(a_blocked_device_is_stopped_until_the_block_is_lifted, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    let (operations, actor) = (&world.operations, &world.actor);
    world.publish(json!({ "abuse": { "blocks": true } })).await;
    let member = member(&world, "13800138000").await;
    let whom = Blocked::Device("phone-1".to_owned());
    let blocked = block(operations, actor, &whom, "bot", None, None).await.unwrap().receipt;
    assert!(is_suspicious(&claim(&world, coupon, member, Some("phone-1")).await));
    assert!(!blocked.subject.contains("phone-1"));

    unblock(operations, actor, &blocked.subject).await.unwrap();

    claim(&world, coupon, member, Some("phone-1")).await.unwrap();
    let again = unblock(operations, actor, &blocked.subject).await;
    assert!(matches!(again, Err(BlockError::NoBlock)));
});

on_both!(a_review_is_decided_by_its_own_words, async |world: TestWorld| {
    watch(&world, json!([rule("day", "orders", "member", &json!({"days": 1}), 0, 60)])).await;
    world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();
    let review = open_reviews(&world).await.remove(0);

    let other = decide(&world, review.id, Decision::KeepApart).await;

    assert!(matches!(other, Err(MergeError::Undecidable("keep_apart"))));
    decide(&world, review.id, Decision::Release).await.unwrap();
});
