//! What tiers give by themselves: birthdays, upgrades, every month; each once.

use hui_loyalty::benefits::Benefit;
use hui_loyalty::ids::MemberId;
use hui_operations::benefits::{give_due, read_benefits, walk_calendar};
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_store::benefits;
use hui_testkit::{TestWorld, at, on_both, order, refund};
use serde_json::{Value, json};

use crate::coupons::template;

/// The tiers of the default program with benefits of the lowest and of gold.
async fn program(world: &TestWorld, basic: Value, gold: Value) {
    let ladder = json!([
        {"id": "basic", "name": {"zh": "普通", "en": ""}, "from": 0, "benefits": basic},
        {"id": "gold", "name": {"zh": "金卡", "en": ""}, "from": 5_000, "benefits": gold},
    ]);
    let rates = json!({"ladder": ladder});
    world.publish_from(world.now(), json!({ "tiers": rates })).await;
}

/// A member of the lowest tier with 110 points.
async fn member(world: &TestWorld, phone: &str, birthday: &str) -> MemberId {
    let first = order(phone).phone(phone).born(birthday);
    world.record(first).await.unwrap().member_id.unwrap()
}

async fn given(world: &TestWorld, member: MemberId) -> Vec<(Benefit, String)> {
    let view = read_benefits(&world.operations, &world.actor, member, None, 50).await.unwrap();
    view.given.into_iter().map(|(row, _)| (row.benefit, row.period)).collect()
}

async fn check(world: &TestWorld) {
    let mut tx = world.operations.store.snapshot().await.unwrap();
    assert_eq!(
        benefits::discrepancies(&mut tx, world.program).await.unwrap(),
        Vec::<String>::new()
    );
    tx.rollback().await.unwrap();
}

fn birthday(year: &str) -> (Benefit, String) {
    (Benefit::Birthday, year.to_owned())
}

fn monthly(month: &str) -> (Benefit, String) {
    (Benefit::Monthly, month.to_owned())
}

on_both!(a_birthday_gift_comes_once_a_year_on_its_day, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    let gift = json!({"points": 20, "coupons": [coupon], "days_before": 3});
    program(&world, json!({ "birthday": gift }), json!({})).await;
    let member = member(&world, "13800138000", "1990-06-15").await;

    world.move_to(at("2026-06-11T23:59:59.999999+08:00"));
    world.run_due().await;
    let before = given(&world, member).await;
    world.move_to(at("2026-06-12T00:00:00+08:00"));
    world.run_due().await;
    world.run_due().await;
    let first = (given(&world, member).await, world.available(member).await);
    let coupons = world.member(member).await.coupons_usable;
    world.move_to(at("2026-06-15T00:00:00+08:00"));
    world.run_due().await;
    let same = given(&world, member).await;
    world.move_to(at("2027-06-15T12:00:00+08:00"));
    world.run_due().await;

    assert_eq!(before, []);
    assert_eq!(first, (vec![birthday("2026")], 130));
    assert_eq!((coupons, same.len()), (1, 1));
    assert_eq!(given(&world, member).await, [birthday("2027"), birthday("2026")]);
    check(&world).await;
});

on_both!(who_was_born_on_29_february_is_given_on_the_28th, async |world: TestWorld| {
    program(&world, json!({"birthday": {"points": 20}}), json!({})).await;
    let member = member(&world, "13800138000", "2000-02-29").await;

    world.move_to(at("2027-02-27T23:59:59+08:00"));
    world.run_due().await;
    let before = given(&world, member).await;
    world.move_to(at("2027-02-28T00:00:00+08:00"));
    world.run_due().await;
    let plain = given(&world, member).await;
    world.move_to(at("2028-02-28T12:00:00+08:00"));
    world.run_due().await;
    let not_yet = given(&world, member).await.len();
    world.move_to(at("2028-02-29T00:00:00+08:00"));
    world.run_due().await;

    assert_eq!((before, plain), (vec![], vec![birthday("2027")]));
    assert_eq!((not_yet, given(&world, member).await.len()), (1, 2));
    check(&world).await;
});

on_both!(months_missed_by_an_outage_are_given_afterwards, async |world: TestWorld| {
    program(&world, json!({"monthly": {"points": 10, "day": 5}}), json!({})).await;
    let member = member(&world, "13800138000", "1990-12-15").await;

    world.move_to(at("2026-08-04T23:59:59+08:00"));
    world.run_due().await;
    let late = self::member(&world, "13800138001", "1990-12-15").await;
    world.move_to(at("2026-08-05T00:00:00+08:00"));
    world.run_due().await;

    let all = [monthly("2026-08"), monthly("2026-07"), monthly("2026-06"), monthly("2026-05")];
    assert_eq!(given(&world, member).await, all);
    assert_eq!(given(&world, late).await, [monthly("2026-08")]);
    assert_eq!(world.available(member).await, 150);
    check(&world).await;
});

on_both!(what_is_published_today_gives_nothing_for_the_past, async |world: TestWorld| {
    let member = member(&world, "13800138000", "1990-04-15").await;
    world.move_to(at("2026-07-05T12:00:00+08:00"));
    world.run_due().await;
    let gifts = json!({"monthly": {"points": 10, "day": 5}, "birthday": {"points": 20}});
    program(&world, gifts, json!({})).await;

    world.run_due().await;
    let today = given(&world, member).await;
    world.move_to(at("2026-08-05T00:00:00+08:00"));
    world.run_due().await;

    assert_eq!(today, []);
    assert_eq!(given(&world, member).await, [monthly("2026-08")]);
});

on_both!(an_upgrade_is_given_once_for_its_period, async |world: TestWorld| {
    program(&world, json!({}), json!({"upgrade": {"points": 50}})).await;
    let member = member(&world, "13800138000", "1990-12-15").await;
    let big = |number: &str| order(number).phone("13800138000").line(500_000);

    world.record(big("big").paid_on(world.now())).await.unwrap();
    let promised = read_benefits(&world.operations, &world.actor, member, None, 50).await.unwrap();
    world.run_due().await;
    world.record(big("more").paid_on(world.now())).await.unwrap();
    world.refund(refund("big", "r1").line("1", 1, 500_000)).await.unwrap();
    world.record(big("again").paid_on(world.now())).await.unwrap();
    world.run_due().await;

    assert_eq!(promised.coming.len(), 1);
    let once = [(Benefit::Upgrade, "gold:2026-05-01T02:00:00Z".to_owned())];
    assert_eq!(given(&world, member).await, once);
    check(&world).await;
});

on_both!(two_workers_give_each_gift_once, async |world: TestWorld| {
    let gifts = json!({"monthly": {"points": 10}, "birthday": {"points": 20}});
    program(&world, gifts, json!({})).await;
    let mut members = Vec::new();
    for n in 0..30 {
        members.push(member(&world, &format!("138001380{n:02}"), "1990-06-01").await);
    }
    world.move_to(at("2026-06-01T00:00:00+08:00"));
    let other = world.second_process().await;
    let work = async |operations: &hui_operations::Operations| {
        for _ in 0..40 {
            // The loser of a deadlock comes again, as the worker does.
            let _ = walk_calendar(operations, world.program, world.now()).await;
            let _ = give_due(operations, world.program, world.now()).await;
        }
    };

    tokio::join!(work(&world.operations), work(&other));
    world.run_due().await;

    for member in members {
        assert_eq!(given(&world, member).await.len(), 2);
        assert_eq!(world.available(member).await, 140);
    }
    other.store.close().await;
    check(&world).await;
});

on_both!(a_step_that_is_cut_off_leaves_nothing_half_done, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    let gift = json!({"points": 10, "coupons": [coupon]});
    program(&world, json!({ "monthly": gift }), json!({})).await;
    let member = member(&world, "13800138000", "1990-12-15").await;
    world.move_to(at("2026-06-01T00:00:00+08:00"));

    // The process dies somewhere in the step, or right after it: each number of turns is one place.
    for turns in 0..60 {
        let mut step = Box::pin(walk_calendar(&world.operations, world.program, world.now()));
        let mut left = turns;
        std::future::poll_fn(|context| {
            if left == 0 {
                return std::task::Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            step.as_mut().poll(context).map(|_| ())
        })
        .await;
        drop(step);
    }
    world.run_due().await;

    assert_eq!(given(&world, member).await, [monthly("2026-06")]);
    assert_eq!(world.available(member).await, 120);
    assert_eq!(world.member(member).await.coupons_usable, 1);
    check(&world).await;
});

on_both!(a_coupon_that_is_out_holds_nothing_else_up, async |world: TestWorld| {
    let coupon = template(&world, json!({"stock": 1})).await;
    let gift = json!({"points": 10, "coupons": [coupon]});
    program(&world, json!({ "monthly": gift }), json!({})).await;
    let first = member(&world, "13800138000", "1990-12-15").await;
    let second = member(&world, "13800138001", "1990-12-15").await;
    world.move_to(at("2026-06-01T00:00:00+08:00"));

    world.run_due().await;

    let problems = async |member| {
        let view = read_benefits(&world.operations, &world.actor, member, None, 50).await.unwrap();
        let (row, coupons) = view.given.into_iter().next().unwrap();
        (row.points.0, coupons.len(), row.problem.is_some())
    };
    assert_eq!(problems(first).await, (10, 1, false));
    assert_eq!(problems(second).await, (10, 0, true));
    check(&world).await;
});

on_both!(two_who_become_one_are_given_once, async |world: TestWorld| {
    program(&world, json!({"monthly": {"points": 10}}), json!({})).await;
    let a = member(&world, "13800138000", "1990-12-15").await;
    let b = world.record(order("b").openid("b")).await.unwrap().member_id.unwrap();
    let (operations, actor) = (&world.operations, &world.actor);

    let merge = merge_members(operations, actor, b, a, "the same", None).await.unwrap();
    world.move_to(at("2026-06-01T00:00:00+08:00"));
    world.run_due().await;
    let one = given(&world, a).await;
    undo_merge(operations, actor, merge.receipt.merge_id, "a mistake", None).await.unwrap();
    world.move_to(at("2026-07-01T00:00:00+08:00"));
    world.run_due().await;

    assert_eq!(one, [monthly("2026-06")]);
    assert_eq!(given(&world, a).await, [monthly("2026-07"), monthly("2026-06")]);
    assert_eq!(given(&world, b).await, [monthly("2026-07")]);
    check(&world).await;
});
