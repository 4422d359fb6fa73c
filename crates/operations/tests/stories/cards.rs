//! Benefit cards and service cards, from the sale to the last visit or the way back.

use hui_loyalty::cards::{PaidBy, Refusal, State};
use hui_loyalty::checkout::Asked;
use hui_loyalty::ids::{CardId, MemberId};
use hui_loyalty::mall::Good;
use hui_loyalty::orders::OrderKey;
use hui_operations::Operations;
use hui_operations::cards::ending::{refund_card, revoke_card};
use hui_operations::cards::selling::{CardReceipt, CardRequest, sell_card};
use hui_operations::cards::visiting::{VisitReceipt, VisitRequest, take_visits, undo_visit};
use hui_operations::cards::{CardError, Place, list_cards, list_visits};
use hui_operations::checkout::quotes::quote_checkout;
use hui_operations::mall::{MallError, Taking, exchange, make_good, return_exchange};
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_store::{benefits, cards};
use hui_testkit::{TestWorld, at, on_both, order};
use serde_json::{Value, json};

use crate::checkout::asking;
use crate::coupons::{template, together};

/// A program with a benefit card and a service card, and what the story is about.
async fn program(world: &TestWorld, more: Value) {
    let mut list = vec![
        json!({
            "id": "year", "name": {"zh": "年卡"}, "kind": "benefit",
            "price": {"money": 9_900, "points": 50},
            "validity": {"kind": "months", "months": 12},
        }),
        json!({
            "id": "ten", "name": {"zh": "十次卡"}, "kind": "service", "visits": 10,
            "price": {"money": 88_000}, "validity": {"kind": "days", "days": 90},
        }),
    ];
    for card in &mut list {
        if let Some(fields) = more.get(card["id"].as_str().unwrap()).and_then(Value::as_object) {
            for (name, value) in fields {
                card[name] = value.clone();
            }
        }
    }
    world.publish_from(world.now(), json!({ "cards": list })).await;
}

/// A member with 110 points.
async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.record(order(phone).phone(phone)).await.unwrap().member_id.unwrap()
}

fn till() -> Place {
    Place { channel: "pos".to_owned(), shop: Some("S1".to_owned()), staff: None }
}

async fn buy(
    world: &TestWorld,
    member: MemberId,
    card: &str,
    paid_by: PaidBy,
) -> Result<CardReceipt, CardError> {
    let request =
        CardRequest { member, card: card.to_owned(), paid_by, order: None, place: till() };
    Ok(sell_card(&world.operations, &world.actor, &request, None).await?.receipt)
}

async fn visit(
    operations: &Operations,
    world: &TestWorld,
    card: CardId,
    by: Option<MemberId>,
    visits: i64,
) -> Result<VisitReceipt, CardError> {
    let request = VisitRequest { card, by, visits, place: till() };
    Ok(take_visits(operations, &world.actor, &request, None).await?.receipt)
}

/// What a cart of ¥100.00 costs a member now.
async fn to_pay(world: &TestWorld, member: MemberId) -> i64 {
    let request = asking(world, member, &[10_000], Asked::default());
    let quoted = quote_checkout(&world.operations, &world.actor, request, None).await.unwrap();
    quoted.quote.to_pay.0
}

async fn states(world: &TestWorld, member: MemberId) -> Vec<State> {
    let (now, rows) = list_cards(&world.operations, &world.actor, member, None, 50).await.unwrap();
    rows.iter().map(|row| row.card.state(now)).collect()
}

/// The books of cards and gifts agree; every story ends with it.
async fn check(world: &TestWorld) {
    let mut tx = world.operations.store.snapshot().await.unwrap();
    assert_eq!(cards::discrepancies(&mut tx, world.program).await.unwrap(), Vec::<String>::new());
    assert_eq!(
        benefits::discrepancies(&mut tx, world.program).await.unwrap(),
        Vec::<String>::new()
    );
    tx.rollback().await.unwrap();
}

on_both!(points_pay_for_a_card_and_come_back_while_it_is_unused, async |world: TestWorld| {
    program(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    world.advance_seconds(1);
    let (operations, actor) = (&world.operations, &world.actor);

    let card = buy(&world, member, "year", PaidBy::Points).await.unwrap();
    let after = world.available(member).await;
    let more = buy(&world, member, "year", PaidBy::Points).await.unwrap();
    let short = buy(&world, member, "year", PaidBy::Points).await;
    let back = refund_card(operations, actor, card.card_id, "not wanted", None).await.unwrap();
    let twice = refund_card(operations, actor, card.card_id, "not wanted", None).await;

    assert_eq!((card.points.0, card.money.0, after), (50, 0, 60));
    assert_eq!(more.valid_from, card.valid_until);
    assert!(matches!(short, Err(CardError::Insufficient(_))), "{short:?}");
    assert_eq!((back.receipt.points_back.0, world.available(member).await), (50, 60));
    let refunded = Refusal::NotInForce(State::Refunded);
    assert!(matches!(twice, Err(CardError::Refused(r)) if r == refunded), "{twice:?}");
    assert_eq!(states(&world, member).await, [State::Upcoming, State::Refunded]);
    check(&world).await;
});

on_both!(
    a_card_makes_promotions_and_multipliers_apply_while_it_is_in_force,
    async |world: TestWorld| {
        program(&world, json!({})).await;
        world
        .publish_from(
            world.now(),
            json!({
                "points": {"earn": {"multipliers": [
                    {"id": "card", "when": "'year' in member.cards", "factor": {"num": 2, "den": 1}},
                ]}},
                "promotions": {"list": [{
                    "id": "card-price", "audience": "'year' in member.cards",
                    "benefits": [{"kind": "amount", "amount": 1_000}],
                }]},
            }),
        )
        .await;
        let member = member(&world, "13800138000").await;
        let phone = || order("1").phone("13800138000");
        let sold = world.now().plus_seconds(60);
        let before = world.record(phone()).await.unwrap();
        world.move_to(sold);
        let card = buy(&world, member, "year", PaidBy::Money).await.unwrap();

        // Paid before the sale, recorded after it: the card was not in force then.
        let late = order("2").phone("13800138000").paid_on(sold.plus_seconds(-1));
        let late = world.record(late).await.unwrap();
        let with = world.record(order("3").phone("13800138000").paid_on(sold)).await.unwrap();
        let priced = to_pay(&world, member).await;
        revoke_card(&world.operations, &world.actor, card.card_id, "a mistake", None)
            .await
            .unwrap();
        world.advance_seconds(1);
        let gone =
            world.record(order("4").phone("13800138000").paid_on(world.now())).await.unwrap();
        let plain = to_pay(&world, member).await;

        assert_eq!(before.points.earned.0, late.points.earned.0);
        assert_eq!(with.points.earned.0, 2 * before.points.earned.0);
        assert_eq!(gone.points.earned.0, before.points.earned.0);
        assert_eq!((priced, plain), (9_000, 10_000));
        check(&world).await;
    }
);

on_both!(two_buyers_at_once_never_pass_the_limit, async |world: TestWorld| {
    program(&world, json!({"year": {"per_member": 2}})).await;
    let member = member(&world, "13800138000").await;
    let other = world.second_process().await;

    let callers = (0..40).map(|n| {
        let operations = if n % 2 == 0 { &world.operations } else { &other };
        let world = &world;
        async move {
            let request = CardRequest {
                member,
                card: "year".to_owned(),
                paid_by: PaidBy::Money,
                order: None,
                place: till(),
            };
            sell_card(operations, &world.actor, &request, None).await
        }
    });
    let answers = together(callers.collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    let full =
        |answer: &&Result<_, _>| matches!(answer, Err(CardError::Refused(Refusal::PerMember(2))));
    assert_eq!(answers.iter().filter(full).count(), 38);
    other.store.close().await;
    check(&world).await;
});

on_both!(of_a_thousand_callers_ten_get_a_visit, async |world: TestWorld| {
    program(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let card = buy(&world, member, "ten", PaidBy::Money).await.unwrap().card_id;
    let other = world.second_process().await;

    let callers = (0..1_000).map(|n| {
        let operations = if n % 2 == 0 { &world.operations } else { &other };
        visit(operations, &world, card, None, 1)
    });
    let answers = together(callers.collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    let used_up = Refusal::NotInForce(State::UsedUp);
    let late = |answer: &&Result<_, CardError>| matches!(answer, Err(CardError::Refused(refusal)) if *refusal == used_up);
    assert_eq!(answers.iter().filter(late).count(), 990);
    assert_eq!(states(&world, member).await, [State::UsedUp]);
    other.store.close().await;
    check(&world).await;
});

on_both!(a_visit_is_taken_back_once_and_the_card_lives_again, async |world: TestWorld| {
    program(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let card = buy(&world, member, "ten", PaidBy::Money).await.unwrap().card_id;

    let all = visit(operations, &world, card, None, 10).await.unwrap();
    let used_up = states(&world, member).await;
    let undone = undo_visit(operations, actor, all.visit_id, "wrong card", None).await.unwrap();
    let twice = undo_visit(operations, actor, all.visit_id, "wrong card", None).await;
    let listed = list_visits(operations, actor, card, None, 50).await.unwrap();

    assert_eq!((all.visits_left, used_up), (0, vec![State::UsedUp]));
    assert_eq!(undone.receipt.visits_left, 10);
    assert!(matches!(twice, Err(CardError::Refused(Refusal::Undone))), "{twice:?}");
    assert_eq!(listed[0].undone_reason.as_deref(), Some("wrong card"));
    assert_eq!(states(&world, member).await, [State::InForce]);
    check(&world).await;
});

on_both!(a_shared_card_knows_its_users_and_a_day_its_visits, async |world: TestWorld| {
    program(&world, json!({"ten": {"share_with_max": 1, "visits_per_day": 3}})).await;
    let owner = member(&world, "13800138000").await;
    let friend = member(&world, "13800138001").await;
    let stranger = member(&world, "13800138002").await;
    let operations = &world.operations;
    let card = buy(&world, owner, "ten", PaidBy::Money).await.unwrap().card_id;

    visit(operations, &world, card, Some(friend), 1).await.unwrap();
    let refused = visit(operations, &world, card, Some(stranger), 1).await;
    visit(operations, &world, card, Some(friend), 2).await.unwrap();
    let too_many = visit(operations, &world, card, None, 1).await;
    world.move_to(at("2026-05-02T00:00:00+08:00"));
    let next_day = visit(operations, &world, card, None, 1).await;

    assert!(matches!(refused, Err(CardError::Refused(Refusal::Shared(1)))), "{refused:?}");
    assert!(matches!(too_many, Err(CardError::Refused(Refusal::PerDay(3)))), "{too_many:?}");
    assert_eq!(next_day.unwrap().visits_left, 6);
    check(&world).await;
});

on_both!(visits_end_with_the_last_day_of_the_card, async |world: TestWorld| {
    program(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let operations = &world.operations;
    let card = buy(&world, member, "ten", PaidBy::Money).await.unwrap();

    world.move_to(at("2026-07-30T23:59:59.999999+08:00"));
    let last = visit(operations, &world, card.card_id, None, 1).await;
    world.move_to(at("2026-07-31T00:00:00+08:00"));
    let over = visit(operations, &world, card.card_id, None, 1).await;

    assert_eq!(card.valid_until, at("2026-07-31T00:00:00+08:00"));
    assert!(last.is_ok(), "{last:?}");
    let expired = Refusal::NotInForce(State::Expired);
    assert!(matches!(over, Err(CardError::Refused(refusal)) if refusal == expired), "{over:?}");
    check(&world).await;
});

on_both!(what_a_card_gave_goes_back_with_it, async |world: TestWorld| {
    let coupon = template(&world, json!({})).await;
    let gift = json!({"points": 30, "coupons": [coupon]});
    program(&world, json!({"year": {"gifts": {"at_sale": gift, "monthly": {"points": 5}}}})).await;
    let member = member(&world, "13800138000").await;
    world.advance_seconds(1);
    let (operations, actor) = (&world.operations, &world.actor);

    let card = buy(&world, member, "year", PaidBy::Money).await.unwrap();
    let with = (world.available(member).await, world.member(member).await.coupons_usable);
    let back = refund_card(operations, actor, card.card_id, "not wanted", None).await.unwrap();
    world.advance_days(60);
    world.run_due().await;

    assert_eq!((card.gift_points.0, card.coupons.len()), (35, 1));
    assert_eq!(with, (145, 1));
    assert_eq!((back.receipt.money_back.0, back.receipt.clawed_back.0), (9_900, 35));
    assert_eq!(back.receipt.coupons, [card.coupons[0].coupon_id]);
    assert_eq!(world.available(member).await, 110);
    assert_eq!(world.member(member).await.coupons_usable, 0);
    check(&world).await;
});

on_both!(a_used_card_goes_back_by_its_terms, async |world: TestWorld| {
    program(&world, json!({"ten": {"refund": "pro_rata"}})).await;
    let member = member(&world, "13800138000").await;
    world.advance_seconds(1);
    let (operations, actor) = (&world.operations, &world.actor);
    let year = buy(&world, member, "year", PaidBy::Money).await.unwrap().card_id;
    let ten = buy(&world, member, "ten", PaidBy::Money).await.unwrap().card_id;
    world.record(order("later").phone("13800138000").paid_on(world.now())).await.unwrap();
    visit(operations, &world, ten, None, 3).await.unwrap();

    let refused = refund_card(operations, actor, year, "not wanted", None).await;
    let share = refund_card(operations, actor, ten, "not wanted", None).await.unwrap();

    assert!(matches!(refused, Err(CardError::Refused(Refusal::Used))), "{refused:?}");
    assert_eq!(share.receipt.money_back.0, 61_600);
    check(&world).await;
});

on_both!(the_mall_gives_a_card_and_takes_it_back_unused, async |world: TestWorld| {
    program(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let good: Good = serde_json::from_value(json!({
        "name": {"zh": "十次卡", "en": ""}, "offer": {"kind": "card", "card": "ten"}, "points": 40,
    }))
    .unwrap();
    let unknown: Good = serde_json::from_value(json!({
        "name": {"zh": "无", "en": ""}, "offer": {"kind": "card", "card": "none"}, "points": 40,
    }))
    .unwrap();
    let id = make_good(operations, actor, &good, None).await.unwrap().receipt;
    let taking = Taking { member, good: id, quantity: 1, delivery: None };

    let none = make_good(operations, actor, &unknown, None).await;
    let first = exchange(operations, actor, taking, None).await.unwrap().receipt;
    let card = first.card.clone().unwrap().card_id;
    let direct = refund_card(operations, actor, card, "not wanted", None).await;
    return_exchange(operations, actor, first.exchange_id, "not wanted", None).await.unwrap();
    let second = exchange(operations, actor, taking, None).await.unwrap().receipt;
    let used = second.card.clone().unwrap().card_id;
    visit(operations, &world, used, None, 1).await.unwrap();
    let kept = return_exchange(operations, actor, second.exchange_id, "not wanted", None).await;

    assert!(matches!(none, Err(MallError::CardNotGiven(_))), "{none:?}");
    assert!(matches!(direct, Err(CardError::Refused(Refusal::OfExchange))), "{direct:?}");
    assert!(matches!(kept, Err(MallError::Card(Refusal::Used))), "{kept:?}");
    assert_eq!(states(&world, member).await, [State::InForce, State::Refunded]);
    assert_eq!(world.available(member).await, 70);
    check(&world).await;
});

on_both!(cards_follow_a_merge_and_go_home_when_it_is_undone, async |world: TestWorld| {
    let gifts = json!({"monthly": {"points": 5}});
    program(&world, json!({"year": {"gifts": gifts}})).await;
    let a = member(&world, "13800138000").await;
    let b = world.record(order("b").openid("b").line(100_000)).await.unwrap().member_id.unwrap();
    let (operations, actor) = (&world.operations, &world.actor);
    buy(&world, b, "year", PaidBy::Points).await.unwrap();
    let ten = buy(&world, b, "ten", PaidBy::Money).await.unwrap().card_id;
    visit(operations, &world, ten, None, 1).await.unwrap();

    let merge = merge_members(operations, actor, b, a, "the same", None).await.unwrap();
    let merged = states(&world, a).await;
    let own = buy(&world, a, "ten", PaidBy::Money).await.unwrap().card_id;
    visit(operations, &world, ten, None, 2).await.unwrap();
    check(&world).await;
    world.advance_days(31);
    world.run_due().await;
    undo_merge(operations, actor, merge.receipt.merge_id, "a mistake", None).await.unwrap();
    let home = visit(operations, &world, ten, Some(b), 1).await.unwrap();
    let stranger = visit(operations, &world, own, Some(b), 1).await;

    assert_eq!(merged, [State::InForce, State::InForce]);
    assert_eq!((states(&world, a).await.len(), states(&world, b).await.len()), (1, 2));
    assert_eq!(home.visits_left, 6);
    assert!(matches!(stranger, Err(CardError::Refused(Refusal::Shared(0)))), "{stranger:?}");
    // 100 points, 50 of them paid for the card, two months of five: they are b's again.
    assert_eq!((world.available(a).await, world.available(b).await), (110, 60));
    check(&world).await;
});

on_both!(what_is_wrong_with_a_sale_is_told, async |world: TestWorld| {
    program(&world, json!({"year": {"paused": true}})).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let sell = async |change: &dyn Fn(&mut CardRequest)| {
        let mut request = CardRequest {
            member,
            card: "ten".to_owned(),
            paid_by: PaidBy::Money,
            order: Some(OrderKey { channel: "pos".to_owned(), order_no: "1".to_owned() }),
            place: till(),
        };
        change(&mut request);
        sell_card(operations, actor, &request, None).await.map(|answer| answer.receipt)
    };

    let unknown = sell(&|request| request.card = "none".to_owned()).await;
    let paused = sell(&|request| request.card = "year".to_owned()).await;
    let priceless = sell(&|request| request.paid_by = PaidBy::Points).await;
    let nobody = sell(&|request| request.member = MemberId(7)).await;
    let nowhere = sell(&|request| request.place.channel = "moon".to_owned()).await;
    let gift = sell(&|request| request.paid_by = PaidBy::Gift).await.unwrap();

    assert!(matches!(unknown, Err(CardError::NotInProgram(_))), "{unknown:?}");
    assert!(matches!(paused, Err(CardError::Refused(Refusal::Paused))), "{paused:?}");
    assert!(matches!(priceless, Err(CardError::Refused(Refusal::NoSuchPrice))), "{priceless:?}");
    assert!(matches!(nobody, Err(CardError::NoMember(_))), "{nobody:?}");
    assert!(matches!(nowhere, Err(CardError::UnknownChannel(_))), "{nowhere:?}");
    assert_eq!((gift.money.0, gift.points.0), (0, 0));
    check(&world).await;
});
