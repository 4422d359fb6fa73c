use serde_json::{Value, json};

use super::quote::Quote;
use super::reasons::{Fix, Nearly, Offer, Why};
use super::*;
use crate::coupons::terms::Effect;
use crate::program::reading::read;
use crate::program::texts::LocalText;
use crate::program::{Program, check};
use crate::promotions::BudgetLeft;

mod properties;

/// A program with these promotions.
pub(super) fn program(list: Value) -> Program {
    with_groups(json!([]), list)
}

fn with_groups(groups: Value, list: Value) -> Program {
    let section = Value::from_iter([("groups", groups), ("list", list)]);
    check(&read(Value::from_iter([("promotions", section)])).unwrap()).unwrap()
}

/// A cart in a shop, one line for each `(sku, pieces, unit price)`, on a Tuesday at ten.
pub(super) fn cart(lines: &[(&str, i64, i64)]) -> Cart {
    let lines = lines.iter().enumerate().map(|(place, (sku, quantity, price))| CartLine {
        line_no: (place + 1).to_string(),
        sku: (*sku).to_owned(),
        category: Some(if sku.starts_with('T') { "tea/green" } else { "cups" }.to_owned()),
        quantity: *quantity,
        unit_price: Money(*price),
        discountable: true,
    });
    Cart {
        at: "2026-11-17T10:00:00+08:00".parse().unwrap(),
        channel: "pos".to_owned(),
        shop: Some("S1".to_owned()),
        staff: None,
        touchpoint: None,
        lines: lines.collect(),
        shipping: Vec::new(),
    }
}

pub(super) fn coupon(code: &str, terms: Terms) -> UsableCoupon {
    UsableCoupon { code: code.to_owned(), terms, expires_at: None, times_left: None }
}

fn amount(fen: i64) -> Terms {
    Terms::of(Effect::Amount { amount: Money(fen) })
}

fn percent(percent: i64) -> Terms {
    Terms::of(Effect::Percent { percent })
}

fn grouped(terms: Terms, group: &str) -> Terms {
    Terms { stacking_group: Some(group.to_owned()), ..terms }
}

fn gold() -> MemberFacts {
    MemberFacts { tier: "gold".to_owned(), ..MemberFacts::default() }
}

fn priced(program: &Program, cart: &Cart, assets: &Assets, asked: &Asked) -> Quote {
    let member = gold();
    let buyer = Buyer { member: Some(&member), first: false };
    quote(program, cart, buyer, assets, asked).unwrap()
}

fn listed(program: &Program, cart: &Cart) -> Quote {
    priced(program, cart, &Assets::default(), &Asked::default())
}

fn nets(quote: &Quote) -> Vec<i64> {
    quote.lines.iter().map(|line| line.net.0).collect()
}

fn why(quote: &Quote, offer: &Offer) -> Option<Why> {
    quote.unavailable.iter().find(|one| one.offer == *offer).map(|one| one.why)
}

fn promotion(id: &str) -> Offer {
    Offer::Promotion(id.into())
}

fn the_coupon(code: &str) -> Offer {
    Offer::Coupon(code.to_owned())
}

fn best() -> Asked {
    Asked { coupons: CouponsAsked::Best, ..Asked::default() }
}

#[test]
fn a_cart_without_offers_costs_its_list_prices() {
    let quote = listed(&program(json!([])), &cart(&[("A", 2, 9_950)]));

    assert_eq!((nets(&quote), quote.to_pay), (vec![19_900], Money(19_900)));
    assert_eq!(quote.unavailable, []);
}

#[test]
fn promotions_of_lines_come_before_those_of_orders() {
    let rules = program(json!([
        {"id": "save", "benefits": [{"kind": "spend_save",
            "steps": [{"spend": 20_000, "off": {"amount": 3_000}}]}]},
        {"id": "tea", "scope": {"include": {"categories": ["tea"]}},
            "benefits": [{"kind": "percent", "off": {"percent": 10}}]},
    ]));

    let over = listed(&rules, &cart(&[("T", 1, 11_000), ("A", 1, 11_000)]));
    let under = listed(&rules, &cart(&[("T", 1, 11_000), ("A", 1, 10_000)]));

    assert_eq!(over.to_pay, Money(20_900 - 3_000));
    assert_eq!(under.to_pay, Money(19_900));
    assert_eq!(why(&under, &promotion("save")), Some(Why::PromotionSpend));
    assert_eq!(
        under.nearly,
        [Nearly {
            offer: promotion("save"),
            name: LocalText::default(),
            add: Fix::AddSpend { amount: Money(100) },
            saves: Money(3_000),
        }]
    );
}

#[test]
fn of_a_stacking_group_the_first_applies() {
    let rules = program(json!([
        {"id": "low", "group": "g", "benefits": [{"kind": "amount", "amount": 500}]},
        {"id": "high", "group": "g", "priority": 1, "benefits": [{"kind": "amount", "amount": 100}]},
        {"id": "free", "benefits": [{"kind": "amount", "amount": 10}]},
    ]));

    let quote = listed(&rules, &cart(&[("A", 1, 1_000)]));

    assert_eq!(quote.to_pay, Money(890));
    assert_eq!(why(&quote, &promotion("low")), Some(Why::PromotionGroup));
}

#[test]
fn of_a_group_that_chooses_the_best_the_best_applies() {
    let rules = with_groups(
        json!([{"id": "g", "choose": "best"}]),
        json!([
            {"id": "one", "group": "g", "benefits": [{"kind": "amount", "amount": 100}]},
            {"id": "two", "group": "g", "benefits": [{"kind": "amount", "amount": 500}]},
        ]),
    );

    let quote = listed(&rules, &cart(&[("A", 1, 1_000)]));

    assert_eq!(quote.to_pay, Money(500));
    assert_eq!(why(&quote, &promotion("one")), Some(Why::PromotionGroup));
}

#[test]
fn of_a_group_per_line_each_line_has_its_best() {
    let rules = with_groups(
        json!([{"id": "g", "choose": "best", "applies": "one_per_line"}]),
        json!([
            {"id": "percent", "group": "g", "benefits": [{"kind": "percent", "off": {"percent": 10},
                "rounding": {"each": "line"}}], "lane": "line"},
            {"id": "amount", "group": "g", "benefits": [
                {"kind": "amount", "amount": 300, "each": "line"}]},
        ]),
    );

    let quote = listed(&rules, &cart(&[("A", 1, 1_000), ("B", 1, 9_000)]));

    assert_eq!(nets(&quote), [700, 8_100]);
}

#[test]
fn an_exclusive_promotion_stands_alone_in_its_lane() {
    let rules = program(json!([
        {"id": "alone", "exclusive": true, "priority": 1, "benefits": [{"kind": "amount", "amount": 100}]},
        {"id": "other", "benefits": [{"kind": "amount", "amount": 500}]},
        {"id": "tea", "scope": {"include": {"skus": ["T"]}},
            "benefits": [{"kind": "percent", "off": {"percent": 50}}]},
    ]));

    let quote = listed(&rules, &cart(&[("T", 1, 1_000)]));

    assert_eq!(quote.to_pay, Money(400));
    assert_eq!(why(&quote, &promotion("other")), Some(Why::PromotionExclusive));
}

#[test]
fn a_promotion_counts_from_its_first_instant_up_to_its_last() {
    let rules = program(json!([{"id": "day", "from": "2026-11-17T00:00:00+08:00",
        "until": "2026-11-18T00:00:00+08:00",
        "benefits": [{"kind": "amount", "amount": 100}]}]));
    let to_pay = |at: &str| {
        let cart = Cart { at: at.parse().unwrap(), ..cart(&[("A", 1, 1_000)]) };
        listed(&rules, &cart).to_pay.0
    };

    assert_eq!(to_pay("2026-11-16T23:59:59.999999+08:00"), 1_000);
    assert_eq!(to_pay("2026-11-17T00:00:00+08:00"), 900);
    assert_eq!(to_pay("2026-11-17T23:59:59.999999+08:00"), 900);
    assert_eq!(to_pay("2026-11-18T00:00:00+08:00"), 1_000);
}

#[test]
fn a_member_day_is_local_to_the_program() {
    let rules = program(json!([{"id": "day", "schedule": {"month_days": [17]},
        "benefits": [{"kind": "percent", "off": {"percent": 12}}]}]));
    let to_pay = |at: &str| {
        let cart = Cart { at: at.parse().unwrap(), ..cart(&[("A", 1, 1_000)]) };
        listed(&rules, &cart).to_pay.0
    };

    assert_eq!(to_pay("2026-11-16T16:00:00Z"), 880);
    assert_eq!(to_pay("2026-11-17T16:00:00Z"), 1_000);
}

#[test]
fn an_audience_is_asked_about_member_and_order() {
    let rules = program(json!([
        {"id": "gold", "audience": "member.tier == 'gold' && order.channel == 'pos'",
            "benefits": [{"kind": "amount", "amount": 100}]},
        {"id": "silver", "audience": "member.tier == 'silver'",
            "benefits": [{"kind": "amount", "amount": 100}]},
        {"id": "no tier".replace(' ', "-"), "audience": "member.tier != 'black'",
            "benefits": [{"kind": "amount", "amount": 10}]},
    ]));
    let cart = cart(&[("A", 1, 1_000)]);

    let member = listed(&rules, &cart);
    let passer_by = Buyer { member: None, first: false };
    let nobody = quote(&rules, &cart, passer_by, &Assets::default(), &Asked::default()).unwrap();

    assert_eq!(member.to_pay, Money(890));
    assert_eq!(why(&member, &promotion("silver")), Some(Why::PromotionAudience));
    assert_eq!(nobody.to_pay, Money(1_000));
}

#[test]
fn a_budget_stops_hard() {
    let rules = program(json!([{"id": "b", "budget": {"money": 10_000, "uses": 5},
        "benefits": [{"kind": "amount", "amount": 300}]}]));
    let to_pay = |money, uses| {
        let left = BudgetLeft {
            promotion: "b".to_owned(),
            money: Some(Money(money)),
            uses: Some(uses),
            ..BudgetLeft::default()
        };
        let assets = Assets { budgets: vec![left], ..Assets::default() };
        let quote = priced(&rules, &cart(&[("A", 1, 1_000)]), &assets, &Asked::default());
        (quote.to_pay.0, why(&quote, &promotion("b")))
    };

    assert_eq!(to_pay(300, 1), (700, None));
    assert_eq!(to_pay(299, 1), (1_000, Some(Why::PromotionBudget)));
    assert_eq!(to_pay(300, 0), (1_000, Some(Why::PromotionBudget)));
}

#[test]
fn a_flash_price_is_for_so_many_pieces_of_a_member() {
    let rules = program(json!([{"id": "f", "quota": {"member_pieces": 2},
        "benefits": [{"kind": "flash_price", "prices": {"A": 100}}]}]));

    let quote = listed(&rules, &cart(&[("A", 3, 1_000)]));

    assert_eq!(quote.to_pay, Money(1_200));
    assert_eq!(quote.applied.first().map(|one| (one.pieces, one.amount.0)), Some((2, 1_800)));
}

#[test]
fn shipping_is_priced_apart() {
    let rules = program(json!([{"id": "free", "needs": {"spend": 9_900},
        "benefits": [{"kind": "shipping"}]}]));
    let with =
        |price| Cart { shipping: Cart::one_delivery(Money(800)), ..cart(&[("A", 1, price)]) };

    let free = listed(&rules, &with(9_900));
    let paid = listed(&rules, &with(9_800));

    assert_eq!((free.to_pay, paid.to_pay), (Money(9_900), Money(10_600)));
    assert_eq!(paid.nearly.first().map(|one| one.saves), Some(Money(800)));
}

#[test]
fn gifts_are_told_and_cost_nothing() {
    let rules = program(json!([{"id": "g", "needs": {"pieces": 2},
        "benefits": [{"kind": "gift", "sku": "CUP"}]}]));

    let quote = listed(&rules, &cart(&[("A", 2, 1_000)]));

    assert_eq!(quote.to_pay, Money(2_000));
    assert_eq!(quote.gifts.first().map(|gift| gift.sku.as_str()), Some("CUP"));
}

#[test]
fn coupons_for_products_come_before_those_for_orders() {
    let mut tea = percent(50);
    tea.scope.include.categories.insert("tea".to_owned());
    let coupons = vec![coupon("ORDER", grouped(percent(10), "a")), coupon("TEA", tea)];
    let assets = Assets { coupons, ..Assets::default() };

    let quote =
        priced(&program(json!([])), &cart(&[("T", 1, 1_000), ("A", 1, 500)]), &assets, &best());

    assert_eq!(nets(&quote), [450, 450]);
    let codes: Vec<&str> = quote.tenders.coupons.iter().map(|used| used.code.as_str()).collect();
    assert_eq!(codes, ["TEA", "ORDER"]);
}

#[test]
fn coupons_without_a_group_exclude_one_another() {
    let coupons = vec![coupon("A", amount(100)), coupon("B", amount(300))];
    let assets = Assets { coupons, ..Assets::default() };
    let cart = cart(&[("A", 1, 1_000)]);
    let rules = program(json!([]));

    let best = priced(&rules, &cart, &assets, &best());
    let codes = CouponsAsked::Listed(vec!["A".into(), "B".into(), "A".into(), "C".into()]);
    let named = priced(&rules, &cart, &assets, &Asked { coupons: codes, ..Asked::default() });

    assert_eq!((best.to_pay, why(&best, &the_coupon("A"))), (Money(700), Some(Why::CouponGroup)));
    assert_eq!((named.to_pay, why(&named, &the_coupon("B"))), (Money(900), Some(Why::CouponGroup)));
    assert_eq!(why(&named, &the_coupon("A")), Some(Why::CouponRepeated));
    assert_eq!(why(&named, &the_coupon("C")), Some(Why::CouponUnknown));
}

#[test]
fn of_equal_coupons_the_one_that_expires_first_is_used() {
    let ends = |at: &str| Some(at.parse().unwrap());
    let coupons = vec![
        UsableCoupon { expires_at: ends("2026-12-31T00:00:00Z"), ..coupon("A", amount(100)) },
        UsableCoupon { expires_at: ends("2026-12-01T00:00:00Z"), ..coupon("B", amount(100)) },
        coupon("C", amount(100)),
    ];
    let assets = Assets { coupons, ..Assets::default() };

    let quote = priced(&program(json!([])), &cart(&[("A", 1, 1_000)]), &assets, &best());

    assert_eq!(quote.tenders.coupons.first().map(|used| used.code.as_str()), Some("B"));
}

#[test]
fn a_coupon_says_why_it_cannot_be_used() {
    let places = |terms: Terms, channel: &str| {
        let mut terms = terms;
        terms.scope.include.channels.insert(channel.to_owned());
        terms
    };
    let products = |terms: Terms, sku: &str| {
        let mut terms = terms;
        terms.scope.include.skus.insert(sku.to_owned());
        terms
    };
    let closed = |hours: &str| {
        serde_json::from_value(json!({"hours": [{"from": hours, "until": "24:00"}]})).unwrap()
    };
    let coupons = vec![
        coupon("place", places(amount(100), "web")),
        coupon("scope", products(amount(100), "Z")),
        coupon("spend", Terms { min_spend: Money(1_001), ..amount(100) }),
        coupon("hours", Terms { usable: closed("10:01"), ..amount(100) }),
    ];
    let assets = Assets { coupons, ..Assets::default() };

    let quote = priced(&program(json!([])), &cart(&[("A", 1, 1_000)]), &assets, &best());

    let told = ["place", "scope", "spend", "hours"].map(|code| why(&quote, &the_coupon(code)));
    let expected =
        [Why::CouponPlace, Why::CouponScope, Why::CouponSpend, Why::CouponNotNow].map(Some);
    assert_eq!(told, expected);
    assert_eq!(quote.nearly.first().map(|one| one.saves), Some(Money(100)));
}

#[test]
fn a_promotion_may_close_its_lines_to_coupons() {
    let rules = program(json!([{"id": "tea", "with_coupons": false,
        "scope": {"include": {"skus": ["T"]}},
        "benefits": [{"kind": "amount", "amount": 100}]}]));
    let assets = Assets { coupons: vec![coupon("C", percent(50))], ..Assets::default() };

    let both = priced(&rules, &cart(&[("T", 1, 1_000), ("A", 1, 1_000)]), &assets, &best());
    let tea = priced(&rules, &cart(&[("T", 1, 1_000)]), &assets, &best());

    assert_eq!(nets(&both), [900, 500]);
    assert_eq!(why(&tea, &the_coupon("C")), Some(Why::CouponPromotion));
}

#[test]
fn a_times_card_makes_as_many_pieces_free_as_it_has_uses() {
    let card = UsableCoupon {
        times_left: Some(2),
        ..coupon("CARD", Terms::of(Effect::Times { times: 10 }))
    };
    let assets = Assets { coupons: vec![card], ..Assets::default() };
    let rules = program(json!([]));

    let three = priced(&rules, &cart(&[("A", 3, 1_000)]), &assets, &best());
    let one = priced(&rules, &cart(&[("A", 1, 1_000)]), &assets, &best());

    let used = |quote: &Quote| quote.tenders.coupons.first().map(|used| used.times);
    assert_eq!((three.to_pay, used(&three)), (Money(1_000), Some(2)));
    assert_eq!((one.to_pay, used(&one)), (Money(0), Some(1)));
}

#[test]
fn points_then_wallet_then_money_pay() {
    let wallet = Wallet { principal: Money(200), bonus: Money(100), order: SpendOrder::ProRata };
    let assets = Assets { points: crate::amounts::Points(1_000), wallet, ..Assets::default() };
    let asked = Asked { points: Some(Use::Max), wallet: Some(Use::Max), ..Asked::default() };
    let cart = Cart { shipping: Cart::one_delivery(Money(80)), ..cart(&[("A", 1, 1_001)]) };

    let quote = priced(&program(json!([])), &cart, &assets, &asked);

    assert_eq!(quote.tenders.points.money, Money(500));
    assert_eq!(
        (quote.tenders.wallet.principal, quote.tenders.wallet.bonus),
        (Money(200), Money(100))
    );
    assert_eq!(quote.to_pay, Money(1_001 + 80 - 500 - 300));
    assert_eq!(quote.allocation.rows().map(|row| row.money).sum::<Money>(), quote.to_pay);
    assert_eq!(quote.options.wallet_max, Money(300));
}

#[test]
fn a_line_that_is_not_discountable_stays_as_it_is() {
    let rules =
        program(json!([{"id": "p", "benefits": [{"kind": "percent", "off": {"percent": 50}}]}]));
    let mut cart = cart(&[("A", 1, 1_000), ("B", 1, 1_000)]);
    cart.lines[1].discountable = false;

    assert_eq!(nets(&listed(&rules, &cart)), [500, 1_000]);
}

#[test]
fn no_promotions_are_used_when_none_are_asked_for() {
    let rules = program(json!([{"id": "p", "benefits": [{"kind": "amount", "amount": 500}]}]));
    let asked = Asked { benefits: Benefits::None, ..Asked::default() };

    let quote = priced(&rules, &cart(&[("A", 1, 1_000)]), &Assets::default(), &asked);

    assert_eq!(quote.to_pay, Money(1_000));
}

#[test]
fn a_cart_that_is_none_is_refused_with_its_place() {
    let code = |lines: &[(&str, i64, i64)]| {
        let buyer = Buyer { member: None, first: false };
        let refused =
            quote(&program(json!([])), &cart(lines), buyer, &Assets::default(), &Asked::default());
        refused.err().map(|error| (error.code(), error.pointer()))
    };

    assert_eq!(code(&[("A", 0, 100)]), Some(("lines.quantity", "/lines/0/quantity".to_owned())));
    assert_eq!(code(&[("A", 1, -1)]), Some(("lines.price", "/lines/0/unit_price".to_owned())));
    assert_eq!(code(&[("A", 1_000_000, 1_000_001)]), Some(("cart.too_large", "/lines".to_owned())));
    assert_eq!(code(&[("A", 1_000_000, 1_000_000)]), None);
    assert_eq!(code(&[]), None);
}

#[test]
fn a_quote_reads_back() {
    let rules = program(json!([{"id": "save", "benefits": [{"kind": "spend_save",
        "steps": [{"spend": 100, "off": {"amount": 30}}]}]}]));
    let assets = Assets { coupons: vec![coupon("C", amount(10))], ..Assets::default() };
    let quote = priced(&rules, &cart(&[("A", 1, 1_000)]), &assets, &best());

    let again: Quote = serde_json::from_value(serde_json::to_value(&quote).unwrap()).unwrap();

    assert_eq!(again, quote);
}
