//! Tiers: up at once, down at the review.

use hui_testkit::{TestWorld, at, on_both, order, refund};

on_both!(the_tier_that_counts_is_the_one_before_the_order, async |world: TestWorld| {
    let first = world.record(order("1").phone("13800138000").line(500_000)).await.unwrap();

    assert_eq!(first.tier.as_deref(), Some("gold"));
    let member = world.member(first.member_id.unwrap()).await;
    assert_eq!(member.row.tier_until, Some(at("2027-05-02T00:00:00+08:00")));
});

on_both!(a_refund_lowers_the_tier_only_at_the_end_of_its_period, async |world: TestWorld| {
    let receipt = world.record(order("1").phone("13800138000").line(500_000)).await.unwrap();
    let member = receipt.member_id.unwrap();
    world.refund(refund("1", "r1").line("1", 1, 500_000)).await.unwrap();

    world.move_to(at("2027-05-01T23:59:59.999999+08:00"));
    let before = world.member(member).await;
    world.move_to(at("2027-05-02T00:00:00+08:00"));
    let after = world.member(member).await;

    assert_eq!(before.growth.0, 0);
    assert_eq!((before.row.tier.as_str(), after.row.tier.as_str()), ("gold", "silver"));
});
