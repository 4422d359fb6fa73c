//! Members of another system: brought once, with what they had there.

use hui_loyalty::amounts::Points;
use hui_loyalty::members::{Claim, IdentityKind, Profile};
use hui_loyalty::time::Timestamp;
use hui_operations::merge_members::undo_merge;
use hui_operations::migrate_members::{
    BroughtLot, BroughtTier, Ends, MigrateMemberError, MigrateReceipt, MigrateRequest,
    migrate_members,
};
use hui_operations::slices::Answer;
use hui_store::migrated::OldNumber;
use hui_testkit::{TestWorld, at, on_both, openid, order, phone};

fn old(number: &str, claims: Vec<Claim>) -> MigrateRequest {
    MigrateRequest {
        number: OldNumber { source: "old-crm".to_owned(), number: number.to_owned() },
        claims,
        profile: Profile::default(),
        channel: Some("pos".to_owned()),
        shop: Some("S0001".to_owned()),
        joined_at: Some(at("2024-03-01T12:00:00+08:00")),
        consents: vec![("privacy".to_owned(), "1.0".to_owned())],
        lots: Vec::new(),
        growth: Points::ZERO,
        growth_at: None,
        tier: None,
    }
}

fn lot(points: i64, ends: Ends) -> BroughtLot {
    BroughtLot { points: Points(points), earned_at: None, available_at: None, ends }
}

fn tier(name: &str, until: Timestamp) -> BroughtTier {
    BroughtTier {
        tier: name.to_owned(),
        since: Some(at("2025-07-01T00:00:00+08:00")),
        until: Some(until),
    }
}

async fn answer(
    world: &TestWorld,
    request: MigrateRequest,
) -> Result<Answer<MigrateReceipt>, MigrateMemberError> {
    let answers = migrate_members(&world.operations, &world.actor, vec![request]).await;
    answers.into_iter().next().unwrap()
}

async fn bring(world: &TestWorld, request: MigrateRequest) -> MigrateReceipt {
    answer(world, request).await.unwrap().receipt
}

on_both!(a_member_brings_points_that_end_as_they_did_before, async |world: TestWorld| {
    let end = world.now().plus_seconds(60);
    let mut request = old("1", vec![phone("13800138000")]);
    request.lots = vec![lot(30, Ends::At(end)), lot(5, Ends::Never), lot(9, Ends::At(world.now()))];

    let receipt = bring(&world, request).await;

    // No award: the member joined in the old system.
    let member = receipt.member_id;
    assert_eq!((receipt.points.0, receipt.lapsed.0), (35, 9));
    let view = world.member(member).await;
    assert_eq!(view.balance.available.0, 35);
    assert_eq!(view.row.joined_at, Some(at("2024-03-01T12:00:00+08:00")));
    world.move_to(Timestamp(end.0 - 1));
    assert_eq!(world.available(member).await, 35);
    world.move_to(end);
    assert_eq!(world.available(member).await, 5);
});

on_both!(the_same_number_again_changes_nothing, async |world: TestWorld| {
    let mut request = old("1", vec![phone("13800138000")]);
    request.lots = vec![lot(30, Ends::Never)];
    request.growth = Points(700);

    let first = answer(&world, request.clone()).await.unwrap();
    let again = answer(&world, request.clone()).await.unwrap();
    request.lots = vec![lot(31, Ends::Never)];
    let other = answer(&world, request).await;

    assert!(again.replayed && !first.replayed);
    assert_eq!(first.receipt, again.receipt);
    assert!(matches!(other, Err(MigrateMemberError::Changed(_))));
    let view = world.member(first.receipt.member_id).await;
    assert_eq!(view.balance.available.0, 30);
    assert_eq!(view.row.growth_lifetime.0, 700);
});

on_both!(the_same_number_twice_in_a_slice_is_one_member, async |world: TestWorld| {
    let mut request = old("1", vec![phone("13800138000")]);
    request.lots = vec![lot(30, Ends::Never)];
    let requests = vec![request.clone(), request];

    let answers = migrate_members(&world.operations, &world.actor, requests).await;

    let members: Vec<_> =
        answers.into_iter().map(|answer| answer.unwrap().receipt.member_id).collect();
    assert_eq!(members[0], members[1]);
    assert_eq!(world.available(members[0]).await, 30);
});

on_both!(a_brought_tier_lasts_to_its_old_end, async |world: TestWorld| {
    let until = at("2026-07-01T00:00:00+08:00");
    let mut request = old("1", vec![phone("13800138000")]);
    request.tier = Some(tier("gold", until));

    let receipt = bring(&world, request).await;

    assert_eq!(receipt.tier, "gold");
    let view = world.member(receipt.member_id).await;
    assert_eq!(view.row.tier_until, Some(until));
    world.move_to(Timestamp(until.0 - 1));
    world.run_due().await;
    assert_eq!(world.member(receipt.member_id).await.row.tier, "gold");
    world.move_to(until);
    world.run_due().await;
    assert_ne!(world.member(receipt.member_id).await.row.tier, "gold");
});

on_both!(a_lower_brought_tier_takes_nothing_from_a_member, async |world: TestWorld| {
    let mut first = old("1", vec![phone("13800138000")]);
    first.tier = Some(tier("gold", at("2026-07-01T00:00:00+08:00")));
    let member = bring(&world, first).await.member_id;

    let mut second = old("2", vec![phone("13800138000")]);
    second.tier = Some(tier("silver", at("2027-07-01T00:00:00+08:00")));
    let same = bring(&world, second).await;

    assert_eq!(same.member_id, member);
    assert_eq!(same.tier, "gold");
});

on_both!(growth_alone_decides_the_tier_by_the_ladder, async |world: TestWorld| {
    let mut in_window = old("1", vec![phone("13800138000")]);
    in_window.growth = Points(1_000_000);
    let mut too_old = old("2", vec![phone("13900139000")]);
    too_old.growth = Points(1_000_000);
    too_old.growth_at = Some(at("2025-05-01T10:00:00+08:00"));

    let high = bring(&world, in_window).await;
    let low = bring(&world, too_old).await;

    assert_ne!(high.tier, low.tier);
    assert_eq!(low.tier, world.member(low.member_id).await.row.tier);
});

on_both!(a_buyer_known_by_orders_keeps_them_and_gets_the_points, async |world: TestWorld| {
    let bought = world.record(order("1").openid("a").line(20_000)).await.unwrap();
    let mut request = old("1", vec![openid("a"), phone("13800138000")]);
    request.lots = vec![lot(30, Ends::Never)];

    let receipt = bring(&world, request).await;

    assert_eq!(Some(receipt.member_id), bought.member_id);
    assert!(!receipt.created);
    let view = world.member(receipt.member_id).await;
    assert!(view.row.bound);
    assert_eq!(view.balance.available.0, 20 + 30);
});

on_both!(brought_points_repay_debt_first, async |world: TestWorld| {
    use hui_operations::move_points::Movement;
    let bought = world.record(order("1").phone("13800138000")).await.unwrap();
    let member = bought.member_id.unwrap();
    let points = world.available(member).await;
    let deduct = Movement::Adjust {
        member,
        points: -(points + 20),
        reason: "test".to_owned(),
        allow_debt: true,
        expires_at: None,
    };
    world.move_points(deduct).await.unwrap();

    let mut request = old("1", vec![phone("13800138000")]);
    request.lots = vec![lot(30, Ends::Never)];
    bring(&world, request).await;

    assert_eq!(world.available(member).await, 10);
});

on_both!(an_old_member_joins_two_profiles_and_they_part_again, async |world: TestWorld| {
    let one = world.record(order("1").openid("a").line(20_000)).await.unwrap().member_id.unwrap();
    let two = world.record(order("2").phone("13800138000")).await.unwrap().member_id.unwrap();
    let mut request = old("1", vec![openid("a"), phone("13800138000")]);
    request.lots = vec![lot(30, Ends::Never)];

    let receipt = bring(&world, request).await;

    assert_eq!(receipt.member_id, two);
    let merges = world.member(one).await;
    assert_eq!(merges.row.id, two);
    let merge = merge_of(&world, two).await;
    undo_merge(&world.operations, &world.actor, merge, "a mistake", None).await.unwrap();
    assert_eq!(world.available(one).await, 20);
});

async fn merge_of(
    world: &TestWorld,
    survivor: hui_loyalty::ids::MemberId,
) -> hui_loyalty::ids::MergeId {
    let mut tx = world.operations.store.snapshot().await.unwrap();
    let row = tx
        .fetch_one("select merge_id from merges where survivor_id = $1", &[survivor.0.into()])
        .await
        .unwrap();
    let merge = hui_loyalty::ids::MergeId(row.unwrap().int(0).unwrap());
    tx.rollback().await.unwrap();
    merge
}

on_both!(a_refused_member_leaves_its_neighbours_alone, async |world: TestWorld| {
    let mut unknown = old("2", vec![phone("13900139000")]);
    unknown.tier = Some(tier("diamond", at("2027-07-01T00:00:00+08:00")));
    let mut elsewhere = old("3", vec![phone("13700137000")]);
    elsewhere.channel = Some("nowhere".to_owned());
    let masked = Claim::parse(IdentityKind::PhoneMasked, Some("tmall"), "138****8000", false);
    let nobody = old("4", vec![masked.unwrap()]);
    let mut ahead = old("5", vec![phone("13600136000")]);
    ahead.joined_at = Some(world.now().plus_seconds(301));
    let requests =
        vec![old("1", vec![phone("13800138000")]), unknown.clone(), elsewhere, nobody, ahead];

    let answers = migrate_members(&world.operations, &world.actor, requests).await;

    assert!(answers[0].is_ok());
    assert!(matches!(answers[1], Err(MigrateMemberError::UnknownTier(_))));
    assert!(matches!(answers[2], Err(MigrateMemberError::UnknownChannel(_))));
    assert!(matches!(answers[3], Err(MigrateMemberError::NoIdentity)));
    assert!(matches!(answers[4], Err(MigrateMemberError::Future("joined_at"))));
    // A refused number is free: mended, it comes again.
    unknown.tier = None;
    assert!(answer(&world, unknown).await.is_ok());
});
