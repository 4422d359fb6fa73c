//! The points mall from exchange to return.

use hui_loyalty::ids::{GoodId, MemberId};
use hui_loyalty::mall::{Delivery, Good, Refusal, State};
use hui_operations::Operations;
use hui_operations::mall::{
    ExchangeReceipt, HandedAt, MallError, Taking, change_good, exchange, make_good, pick_up,
    return_exchange, send_out,
};
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_testkit::{TestWorld, on_both, order};
use serde_json::{Value, json};

use crate::coupons::{template, together};

async fn good(world: &TestWorld, more: Value) -> GoodId {
    let mut document = json!({
        "name": {"zh": "杯子", "en": ""}, "offer": {"kind": "goods"}, "points": 40,
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let good: Good = serde_json::from_value(document).unwrap();
    make_good(&world.operations, &world.actor, &good, None).await.unwrap().receipt
}

/// A member with 110 points.
async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.record(order(phone).phone(phone)).await.unwrap().member_id.unwrap()
}

async fn take(
    world: &TestWorld,
    operations: &Operations,
    member: MemberId,
    good: GoodId,
    delivery: Option<Delivery>,
) -> Result<ExchangeReceipt, MallError> {
    let taking = Taking { member, good, quantity: 1, delivery };
    Ok(exchange(operations, &world.actor, taking, None).await?.receipt)
}

fn store(shop: &str) -> HandedAt {
    HandedAt { channel: "pos".to_owned(), shop: Some(shop.to_owned()) }
}

on_both!(
    an_exchange_takes_points_and_stock_and_a_return_gives_both_back,
    async |world: TestWorld| {
        let member = member(&world, "13800138000").await;
        let mug = good(&world, json!({ "stock": 1, "cash": 990 })).await;
        let (operations, actor) = (&world.operations, &world.actor);

        let taken = take(&world, operations, member, mug, None).await.unwrap();
        let after = world.available(member).await;
        let gone = take(&world, operations, member, mug, None).await;
        let id = taken.exchange_id;
        return_exchange(operations, actor, id, "broken", None).await.unwrap();
        let twice = return_exchange(operations, actor, id, "broken", None).await;

        assert_eq!((taken.points.0, taken.cash.0, taken.state), (40, 990, State::Open));
        assert_eq!((after, world.available(member).await), (70, 110));
        assert!(matches!(gone, Err(MallError::OutOfStock)), "{gone:?}");
        assert!(matches!(twice, Err(MallError::Ended)), "{twice:?}");
        assert!(take(&world, operations, member, mug, None).await.is_ok());
    }
);

on_both!(a_pick_up_code_opens_once, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let mug = good(&world, json!({})).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let picked = Some(Delivery::PickUp);
    let code = take(&world, operations, member, mug, picked).await.unwrap().pickup_code.unwrap();

    let unknown = pick_up(operations, actor, "0000-0000", &store("S1"), None).await;
    let first = pick_up(operations, actor, &code.to_lowercase(), &store("S1"), None).await;
    let second = pick_up(operations, actor, &code, &store("S2"), None).await;

    assert!(matches!(unknown, Err(MallError::NoExchange)), "{unknown:?}");
    assert!(first.is_ok(), "{first:?}");
    assert!(matches!(second, Err(MallError::Ended)), "{second:?}");
});

on_both!(what_is_sent_is_done_once, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let mug = good(&world, json!({})).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let id = take(&world, operations, member, mug, None).await.unwrap().exchange_id;

    assert!(send_out(operations, actor, id).await.is_ok());
    let again = send_out(operations, actor, id).await;

    assert!(matches!(again, Err(MallError::Ended)), "{again:?}");
});

on_both!(of_a_thousand_callers_one_gets_the_last_good, async |world: TestWorld| {
    let mug = good(&world, json!({ "stock": 1, "points": 1 })).await;
    let mut members = Vec::new();
    for n in 0..20 {
        members.push(member(&world, &format!("138001380{n:02}")).await);
    }
    let other = world.second_process().await;

    let callers = (0..1_000).map(|n| {
        let operations = if n % 2 == 0 { &world.operations } else { &other };
        take(&world, operations, members[n % 20], mug, None)
    });
    let answers = together(callers.collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let too_late = |answer: &&Result<_, _>| matches!(answer, Err(MallError::OutOfStock));
    assert_eq!(answers.iter().filter(too_late).count(), 999);
    other.store.close().await;
});

on_both!(tiers_limits_and_points_decide_who_may_have_it, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let for_gold = good(&world, json!({ "tiers": ["gold"] })).await;
    let one_each = good(&world, json!({ "per_member": 1 })).await;
    let dear = good(&world, json!({ "points": 1_000 })).await;
    let hidden = good(&world, json!({})).await;
    change_good(operations, actor, hidden, None, Some(false)).await.unwrap();

    let tier = take(&world, operations, member, for_gold, None).await;
    take(&world, operations, member, one_each, None).await.unwrap();
    let limit = take(&world, operations, member, one_each, None).await;
    let short = take(&world, operations, member, dear, None).await;
    let unseen = take(&world, operations, member, hidden, None).await;

    assert!(matches!(tier, Err(MallError::Refused(Refusal::OtherTier))), "{tier:?}");
    assert!(matches!(limit, Err(MallError::Refused(Refusal::PerMember(1)))), "{limit:?}");
    assert!(matches!(short, Err(MallError::Insufficient(_))), "{short:?}");
    assert!(matches!(unseen, Err(MallError::OutOfStock)), "{unseen:?}");
    assert_eq!(world.available(member).await, 70);
});

on_both!(a_coupon_of_the_mall_is_given_at_once_and_taken_back_unused, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let template = template(&world, json!({})).await;
    let offer = json!({ "kind": "coupon", "template": template });
    let voucher = good(&world, json!({ "offer": offer })).await;
    let (operations, actor) = (&world.operations, &world.actor);

    let taken = take(&world, operations, member, voucher, None).await.unwrap();
    let given = world.member(member).await.coupons_usable;
    return_exchange(operations, actor, taken.exchange_id, "not wanted", None).await.unwrap();

    assert_eq!((taken.state, taken.coupons.len(), given), (State::Done, 1, 1));
    assert_eq!(world.member(member).await.coupons_usable, 0);
    assert_eq!(world.available(member).await, 110);
});

on_both!(exchanges_follow_a_merge_and_go_home_when_it_is_undone, async |world: TestWorld| {
    let a = member(&world, "13800138000").await;
    let b = world.record(order("b").openid("b").line(100_000)).await.unwrap().member_id.unwrap();
    let mug = good(&world, json!({})).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let taken = take(&world, operations, b, mug, None).await.unwrap().exchange_id;

    let merge = merge_members(operations, actor, b, a, "the same", None).await.unwrap();
    undo_merge(operations, actor, merge.receipt.merge_id, "a mistake", None).await.unwrap();
    return_exchange(operations, actor, taken, "not wanted", None).await.unwrap();

    assert_eq!((world.available(a).await, world.available(b).await), (110, 100));
});
