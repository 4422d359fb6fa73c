//! The figures of the first page are those that members see one by one.

use hui_loyalty::ids::{MemberId, StaffId};
use hui_loyalty::time::Day;
use hui_operations::actor::{Actor, ActorKind, Role, ShopScope};
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_operations::move_points::Movement;
use hui_operations::overview::{
    ChannelFlow, Overview, OverviewError, OverviewRequest, read_overview,
};
use hui_operations::read_profile::read_profile;
use hui_testkit::{TestWorld, at, on_both, order, refund};
use serde_json::json;

fn day(date: &str) -> Day {
    date.parse::<hui_loyalty::time::CalendarDate>().unwrap().day()
}

async fn told(world: &TestWorld, from: &str, to: &str) -> Overview {
    let request = OverviewRequest {
        from: Some(day(from)),
        to: Some(day(to)),
        compares: true,
        ..OverviewRequest::default()
    };
    read_overview(&world.operations, &world.actor, &request).await.unwrap()
}

fn channel<'a>(overview: &'a Overview, name: &str) -> &'a ChannelFlow {
    overview.period.channels.iter().find(|flow| flow.channel == name).unwrap()
}

async fn adjust(world: &TestWorld, member: MemberId, points: i64, expires_at: Option<&str>) {
    let movement = Movement::Adjust {
        member,
        points,
        reason: "test".to_owned(),
        expires_at: expires_at.map(at),
        allow_debt: true,
    };
    world.move_points(movement).await.unwrap();
}

on_both!(a_day_begins_at_midnight_of_the_programs_zone, async |world: TestWorld| {
    world.move_to(at("2026-05-03T10:00:00+08:00"));
    for (order_no, paid_at) in
        [("1", "2026-05-01T23:59:59.999999+08:00"), ("2", "2026-05-02T00:00:00+08:00")]
    {
        world.record(order(order_no).phone("13800138000").paid_at(paid_at)).await.unwrap();
    }
    world.record(order("3").line(5_000)).await.unwrap();

    let overview = told(&world, "2026-05-02", "2026-05-02").await;

    let before = overview.previous.unwrap();
    assert_eq!((before.from, before.to), (day("2026-05-01"), day("2026-05-01")));
    assert_eq!((overview.period.total.orders, before.total.orders), (1, 1));
    assert_eq!((overview.period.total.members_new, before.total.members_new), (0, 1));
    assert_eq!((overview.period.total.members, before.total.members), (1, 1));
    assert_eq!((overview.period.total.points.issued.0, before.total.points.issued.0), (10, 110));
});

on_both!(a_refund_lowers_the_day_its_order_was_paid_on, async |world: TestWorld| {
    world.record(order("1").phone("13800138000").line(10_000)).await.unwrap();
    world.record(order("2").phone("13800138001").line(4_001)).await.unwrap();
    world.advance_days(3);
    world.refund(refund("1", "R1").line("1", 1, 10_000)).await.unwrap();

    let first = told(&world, "2026-05-01", "2026-05-01").await.period;
    let fourth = told(&world, "2026-05-04", "2026-05-04").await.period;

    assert_eq!((first.total.orders, first.total.buyers, first.total.sales.0), (2, 2, 4_001));
    assert_eq!((first.total.average_order.0, first.total.average_buyer.0), (2_000, 2_000));
    assert_eq!(first.total.points.clawed_back.0, 0);
    assert_eq!((fourth.total.orders, fourth.total.points.clawed_back.0), (0, 10));
});

on_both!(what_there_is_of_points_is_what_members_have, async |world: TestWorld| {
    let member = async |order_no: &str, phone: &str| {
        world.record(order(order_no).phone(phone)).await.unwrap().member_id.unwrap()
    };
    let (rich, owing, holding) = (
        member("1", "13800138000").await,
        member("2", "13800138001").await,
        member("3", "13800138002").await,
    );
    adjust(&world, rich, 70, Some("2026-05-31T00:00:00+08:00")).await;
    adjust(&world, owing, -200, None).await;
    adjust(&world, holding, 60, Some("2026-05-02T12:00:00+08:00")).await;
    for (points, ttl_s) in [(80, 86_400 * 2), (25, 86_400 * 6)] {
        let purpose = "till".to_owned();
        let hold = Movement::Hold { member: holding, points, purpose, ttl_s };
        world.move_points(hold).await.unwrap();
    }
    // Past the time-out of one hold, and past the end of a lot that it drew on; nothing has settled.
    world.advance_days(3);

    let standing = told(&world, "2026-05-01", "2026-05-01").await.standing.unwrap();

    let mut sums = (0, 0, 0, 0);
    for id in [rich, owing, holding] {
        let balance = world.member(id).await.balance;
        sums.0 += balance.available.0;
        sums.1 += balance.held.0;
        sums.2 += balance.debt.0;
        sums.3 += balance
            .expiring
            .iter()
            .filter(|(end, _)| *end <= at("2026-06-01T00:00:00+08:00"))
            .map(|(_, left)| left.0)
            .sum::<i64>();
    }
    let stock = standing.stock;
    assert_eq!((stock.available.0, stock.held.0, stock.debt.0), (sums.0, sums.1, sums.2));
    assert_eq!(
        standing.ending.first().map(|(month, left)| (*month, left.0)),
        Some(((2026, 5), sums.3))
    );
    assert_eq!(standing.ending_soon.0, sums.3);
    assert_eq!(stock.debt.0, 90);
});

on_both!(points_that_wait_are_pending, async |world: TestWorld| {
    let maturity = json!({ "kind": "days", "days": 7 });
    world.publish(json!({ "points": { "maturity": maturity, "awards": { "join": 0 } } })).await;
    world.record(order("1").phone("13800138000")).await.unwrap();
    let stock = async || told(&world, "2026-05-01", "2026-05-01").await.standing.unwrap().stock;

    world.move_to(at("2026-05-08T09:59:59.999999+08:00"));
    let before = stock().await;
    world.move_to(at("2026-05-08T10:00:00+08:00"));
    let after = stock().await;

    assert_eq!((before.available.0, before.pending.0), (0, 10));
    assert_eq!((after.available.0, after.pending.0), (10, 0));
});

on_both!(a_channel_tells_new_members_from_those_known_elsewhere, async |world: TestWorld| {
    world.record(order("1").channel("tmall").phone("13800138000")).await.unwrap();
    world.advance_days(10);
    world.record(order("2").phone("13800138000")).await.unwrap();
    world.record(order("3").phone("13800138001")).await.unwrap();
    world.record(order("4").phone("13800138001")).await.unwrap();

    let overview = told(&world, "2026-05-11", "2026-05-11").await;

    let douyin = channel(&overview, "douyin");
    assert_eq!(
        (douyin.linked, douyin.linked_new, douyin.linked_existing),
        (Some(2), Some(1), Some(1))
    );
    assert_eq!((douyin.orders, douyin.buyers, douyin.buyers_new), (3, 2, 1));
    let tmall = channel(&overview, "tmall");
    assert_eq!((tmall.linked, tmall.linked_new, tmall.orders), (Some(1), Some(0), 0));
    assert_eq!(overview.period.total.links, Some(3));
    assert_eq!(overview.previous.unwrap().total.links, Some(1));
});

on_both!(a_merge_counts_one_person_once_and_its_undoing_two, async |world: TestWorld| {
    let one = world.record(order("1").channel("tmall").phone("13800138000")).await.unwrap();
    world.advance_days(1);
    let other = world.record(order("2").openid("a")).await.unwrap();
    let (one, other) = (one.member_id.unwrap(), other.member_id.unwrap());
    let counts = async || {
        let overview = told(&world, "2026-05-02", "2026-05-02").await;
        let douyin = channel(&overview, "douyin").linked;
        (overview.period.total.members, overview.period.total.links, douyin)
    };

    let before = counts().await;
    let merge = merge_members(&world.operations, &world.actor, other, one, "one person", None);
    let merge = merge.await.unwrap().receipt;
    let merged = counts().await;
    let profile = read_profile(&world.operations, &world.actor, one).await.unwrap().unwrap();
    undo_merge(&world.operations, &world.actor, merge.merge_id, "a mistake", None).await.unwrap();
    let parted = counts().await;

    assert_eq!(before, (2, Some(2), Some(1)));
    assert_eq!(merged, (1, Some(2), Some(1)));
    assert_eq!(parted, before);
    let known: Vec<_> =
        profile.channels.iter().map(|on| (on.channel.as_str(), on.orders)).collect();
    assert_eq!(known, [("tmall", 1), ("douyin", 1)]);
    assert_eq!(profile.join_channel.as_deref(), Some("tmall"));
});

on_both!(a_store_is_told_of_its_own_shop_alone, async |world: TestWorld| {
    world.record(order("1").phone("13800138000").shop("S1")).await.unwrap();
    world.record(order("2").phone("13800138001").shop("S2")).await.unwrap();
    let manager = Actor {
        kind: ActorKind::Staff(StaffId(1), Role::StoreManager),
        rights: Role::StoreManager.rights(),
        shops: ShopScope::Only(vec!["douyin/S1".to_owned()]),
        ..world.actor.clone()
    };
    let asked = |shop: Option<&str>| OverviewRequest {
        shop: shop.map(str::to_owned),
        ..OverviewRequest::default()
    };

    let own = read_overview(&world.operations, &manager, &asked(None)).await.unwrap();
    let other = read_overview(&world.operations, &manager, &asked(Some("S2"))).await;

    let total = own.period.total;
    assert_eq!((total.members, total.members_new, total.orders, total.links), (1, 1, 1, None));
    assert_eq!(total.points.issued.0, 10);
    assert!(own.standing.is_none() && own.tiers.is_empty());
    assert!(matches!(other, Err(OverviewError::Shop)), "{other:?}");
});

on_both!(days_come_in_order_and_a_year_at_most, async |world: TestWorld| {
    let asked = async |from: &str, to: &str| {
        let (from, to) = (Some(day(from)), Some(day(to)));
        let request = OverviewRequest { from, to, ..OverviewRequest::default() };
        read_overview(&world.operations, &world.actor, &request).await
    };

    let leap_year = asked("2024-01-01", "2024-12-31").await;
    let too_long = asked("2024-01-01", "2025-01-01").await;
    let backwards = asked("2024-01-02", "2024-01-01").await;

    assert_eq!(leap_year.map(|overview| overview.period.daily.len()).ok(), Some(366));
    assert!(matches!(too_long, Err(OverviewError::TooLong)), "{too_long:?}");
    assert!(matches!(backwards, Err(OverviewError::Order)), "{backwards:?}");
});
