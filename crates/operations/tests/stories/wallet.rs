//! Stored value from top-up to settlement.

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{HoldId, MemberId};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::spending::EndError;
use hui_operations::Operations;
use hui_operations::merge_members::{MergeError, merge_members, undo_merge};
use hui_operations::wallet::WalletError;
use hui_operations::wallet::reading::{list_wallet_entries, read_settlement, read_wallet};
use hui_operations::wallet::spending::{
    HoldReceipt, Spending, SpentAt, cancel_hold, confirm_hold, hold_money, refund_spend,
    spend_money,
};
use hui_operations::wallet::topping_up::{TopUpReceipt, TopUpRequest, refund_top_up, top_up};
use hui_testkit::{TestWorld, on_both, order};
use serde_json::json;

use crate::coupons::{template, together};

async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.record(order(phone).phone(phone).line(1)).await.unwrap().member_id.unwrap()
}

fn paying(member: MemberId, principal: i64, bonus: i64, shop: &str) -> TopUpRequest {
    TopUpRequest {
        member,
        principal: Some(Money(principal)),
        bonus: Some(Money(bonus)),
        plan: None,
        channel: "pos".to_owned(),
        shop: Some(shop.to_owned()),
        staff: Some("G0007".to_owned()),
    }
}

async fn pay_in(
    world: &TestWorld,
    member: MemberId,
    principal: i64,
    bonus: i64,
) -> Result<TopUpReceipt, WalletError> {
    let request = paying(member, principal, bonus, "S1");
    Ok(top_up(&world.operations, &world.actor, &request, None).await?.receipt)
}

fn spending(member: MemberId, amount: i64, shop: &str) -> Spending {
    let (channel, shop) = ("pos".to_owned(), Some(shop.to_owned()));
    Spending { member, amount: Money(amount), channel, shop }
}

async fn spend(world: &TestWorld, member: MemberId, amount: i64) -> Result<HoldId, WalletError> {
    let asked = spending(member, amount, "S2");
    let spent = spend_money(&world.operations, &world.actor, &asked, "A", None).await?;
    Ok(spent.receipt.hold_id)
}

async fn hold(
    world: &TestWorld,
    operations: &Operations,
    member: MemberId,
    amount: i64,
) -> Result<HoldReceipt, WalletError> {
    let asked = spending(member, amount, "S2");
    Ok(hold_money(operations, &world.actor, &asked, "till", 60, None).await?.receipt)
}

async fn has(world: &TestWorld, member: MemberId) -> (i64, i64) {
    let wallet = world.member(member).await.wallet;
    (wallet.principal.0, wallet.bonus.0)
}

on_both!(a_purchase_takes_and_a_refund_returns_to_each_part_its_share, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    pay_in(&world, member, 20_000, 2_000).await.unwrap();

    let spent = spend(&world, member, 5_500).await.unwrap();
    let after = has(&world, member).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let some = refund_spend(operations, actor, spent, Money(1_000), None).await.unwrap();
    let rest = refund_spend(operations, actor, spent, Money(4_500), None).await.unwrap();
    let more = refund_spend(operations, actor, spent, Money(1), None).await;

    assert_eq!(after, (15_000, 1_500));
    let (some, rest) = (some.receipt.restored, rest.receipt.restored);
    assert_eq!((some.principal.0, some.bonus.0), (910, 90));
    assert_eq!((rest.principal.0, rest.bonus.0), (4_090, 410));
    assert!(matches!(more, Err(WalletError::Exceeds(_))), "{more:?}");
    assert_eq!(has(&world, member).await, (20_000, 2_000));
});

on_both!(a_refunded_top_up_takes_its_unspent_bonus_along, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let paid = pay_in(&world, member, 20_000, 2_000).await.unwrap();
    spend(&world, member, 5_500).await.unwrap();
    let (operations, actor, id) = (&world.operations, &world.actor, paid.top_up_id);

    let back = refund_top_up(operations, actor, id, None, "moving away", None).await.unwrap();
    let again = refund_top_up(operations, actor, id, None, "moving away", None).await;

    let taken = back.receipt.taken_out;
    assert_eq!((taken.principal.0, taken.bonus.0), (15_000, 1_500));
    assert!(matches!(again, Err(WalletError::NotThere(_))), "{again:?}");
    assert_eq!(has(&world, member).await, (0, 0));
});

on_both!(a_plan_gives_its_bonus_until_its_end_and_a_coupon, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    world
        .publish(json!({ "wallet": { "bonus_days": 10, "plans": [
            { "id": "200", "principal": 20_000, "bonus": 2_000, "coupon_template": template },
        ] } }))
        .await;
    let member = member(&world, "13800138000").await;
    let plan = |id: &str| TopUpRequest {
        principal: None,
        bonus: None,
        plan: Some(id.to_owned()),
        ..paying(member, 1, 0, "S1")
    };

    let paid = top_up(&world.operations, &world.actor, &plan("200"), None).await.unwrap().receipt;
    let unknown = top_up(&world.operations, &world.actor, &plan("300"), None).await;
    let end = paid.bonus_expires_at.unwrap();
    world.move_to(Timestamp(end.0 - 1));
    let before = has(&world, member).await;
    world.move_to(end);
    let after = has(&world, member).await;
    world.run_due().await;

    assert_eq!(paid.coupons.len(), 1);
    assert!(matches!(unknown, Err(WalletError::NoPlan(_))), "{unknown:?}");
    assert_eq!((before, after), ((20_000, 2_000), (20_000, 0)));
    let entries = list_wallet_entries(&world.operations, &world.actor, member, None, 10).await;
    assert_eq!(entries.unwrap()[0].0.kind.name(), "expire");
    let then = Some(Timestamp(end.0 - 1));
    let (_, then) = read_wallet(&world.operations, &world.actor, member, then).await.unwrap();
    assert_eq!(then.bonus.0, 2_000);
});

on_both!(a_wallet_holds_no_more_than_prepaid_cards_may, async |world: TestWorld| {
    let named = member(&world, "13800138000").await;
    let unnamed = world.record(order("1").openid("a")).await.unwrap().member_id.unwrap();

    assert!(pay_in(&world, named, 500_000, 50_000).await.is_ok());
    let over = pay_in(&world, named, 1, 0).await;
    assert!(pay_in(&world, unnamed, 100_000, 0).await.is_ok());
    let over_too = pay_in(&world, unnamed, 1, 0).await;

    assert!(matches!(over, Err(WalletError::OverLimit(_))), "{over:?}");
    assert!(matches!(over_too, Err(WalletError::OverLimit(_))), "{over_too:?}");
});

on_both!(a_wallet_hold_ends_like_one_of_points, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    pay_in(&world, member, 10_000, 0).await.unwrap();
    let (operations, actor) = (&world.operations, &world.actor);
    let first = hold(&world, operations, member, 7_000).await.unwrap().hold_id;
    let second = hold(&world, operations, member, 3_000).await.unwrap().hold_id;

    world.advance_seconds(59);
    let before = has(&world, member).await;
    world.advance_seconds(1);
    let after = has(&world, member).await;
    let nowhere = SpentAt::default();
    let late = confirm_hold(operations, actor, first, &nowhere, None).await.unwrap();
    let again = confirm_hold(operations, actor, first, &nowhere, None).await.unwrap();
    hold(&world, operations, member, 1_000).await.unwrap();
    let lost = confirm_hold(operations, actor, second, &nowhere, None).await;
    let crossed = cancel_hold(operations, actor, first, None).await;

    assert_eq!((before, after), ((0, 0), (10_000, 0)));
    assert_eq!(late.receipt.hold_id, again.receipt.hold_id);
    assert!(matches!(lost, Err(WalletError::End(EndError::Lost))), "{lost:?}");
    assert!(matches!(crossed, Err(WalletError::End(EndError::Confirmed))), "{crossed:?}");
});

on_both!(many_tills_never_spend_more_than_there_is, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    pay_in(&world, member, 10_000, 1_000).await.unwrap();
    let other = world.second_process().await;

    let callers = (0..60)
        .map(|n| hold(&world, if n % 2 == 0 { &world.operations } else { &other }, member, 3_000));
    let answers = together(callers.collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    let short = |answer: &&Result<_, _>| matches!(answer, Err(WalletError::Insufficient(_)));
    assert_eq!(answers.iter().filter(short).count(), 57);
    other.store.close().await;
});

on_both!(wallets_follow_a_merge_and_go_home_when_it_is_undone, async |world: TestWorld| {
    let a = member(&world, "13800138000").await;
    let b = world.record(order("b").openid("b")).await.unwrap().member_id.unwrap();
    pay_in(&world, a, 10_000, 1_000).await.unwrap();
    world.advance_days(1);
    pay_in(&world, b, 5_000, 0).await.unwrap();
    let (operations, actor) = (&world.operations, &world.actor);

    let merge = merge_members(operations, actor, b, a, "the same", None).await.unwrap();
    let merge = merge.receipt.merge_id;
    let together = has(&world, a).await;
    let held = hold(&world, operations, a, 15_000).await.unwrap();
    let put_off = undo_merge(operations, actor, merge, "a mistake", None).await;
    cancel_hold(operations, actor, held.hold_id, None).await.unwrap();
    let spent = spend(&world, a, 16_000).await.unwrap();
    undo_merge(operations, actor, merge, "a mistake", None).await.unwrap();
    refund_spend(operations, actor, spent, Money(16_000), None).await.unwrap();

    assert_eq!(together, (15_000, 1_000));
    assert!(matches!(put_off, Err(MergeError::LiveHold(_))), "{put_off:?}");
    assert_eq!((has(&world, a).await, has(&world, b).await), ((10_000, 1_000), (5_000, 0)));
});

on_both!(stores_settle_what_one_sold_and_another_took, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let from = world.now();
    pay_in(&world, member, 20_000, 2_000).await.unwrap();
    let spent = spend(&world, member, 5_500).await.unwrap();
    refund_spend(&world.operations, &world.actor, spent, Money(1_100), None).await.unwrap();

    let until = world.now().plus_seconds(1);
    let found = read_settlement(&world.operations, &world.actor, from, until).await.unwrap();
    let later = until.plus_seconds(60);
    let none = read_settlement(&world.operations, &world.actor, until, later).await.unwrap();

    assert_eq!(found.sold.len(), 1);
    assert_eq!((found.sold[0].principal.0, found.sold[0].bonus.0), (20_000, 2_000));
    let line = &found.spent[0];
    assert_eq!((line.sold_shop.as_deref(), line.spent_shop.as_deref()), (Some("S1"), Some("S2")));
    assert_eq!((line.principal.0, line.bonus.0), (4_000, 400));
    assert!(none.sold.is_empty() && none.spent.is_empty());
});
