//! What holds for every cart and every offer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{cart, coupon, gold, program};
use crate::amounts::{Money, Points};
use crate::checkout::allocation::{Part, Row};
use crate::checkout::best::best;
use crate::checkout::couponing::{Case, Ground};
use crate::checkout::quote::Quote;
use crate::checkout::refunds::{Given, Refunded, refund_quote};
use crate::checkout::{
    Asked, Assets, Benefits, Buyer, Cart, CartLine, CouponsAsked, UsableCoupon, Use, Wallet, quote,
};
use crate::coupons::terms::{Effect, Terms};
use crate::orders::RefundLine;
use crate::program::Program;
use crate::promotions::prices::{PricedLine, Prices};
use crate::scopes::{Area, Place, Scope};
use crate::time::{LocalMoment, Timestamp};
use crate::wallet::spending::SpendOrder;

const SKUS: [&str; 5] = ["A", "B", "T", "T2", "C"];

fn benefits() -> impl Strategy<Value = Value> {
    let off = prop_oneof![
        (1_i64..=100).prop_map(|percent| json!({"percent": percent})),
        (1_i64..5_000).prop_map(|amount| json!({"amount": amount})),
        (0_i64..5_000).prop_map(|price| json!({"price": price})),
    ];
    prop_oneof![
        (
            1_i64..=100,
            prop::option::of(1_i64..3_000),
            prop_oneof![Just("once"), Just("line"), Just("piece")]
        )
            .prop_map(
                |(percent, cap, each)| json!({"kind": "percent", "off": {"percent": percent},
                "cap": cap, "rounding": {"each": each, "to": "half_up"}})
            ),
        (1_i64..5_000, prop_oneof![Just("order"), Just("line"), Just("piece")])
            .prop_map(|(amount, each)| json!({"kind": "amount", "amount": amount, "each": each})),
        (2_i64..4, off.clone())
            .prop_map(|(n, off)| json!({"kind": "nth_piece", "n": n, "off": off})),
        (1_i64..4, 1_i64..3, off.clone()).prop_map(
            |(buy, get, off)| json!({"kind": "buy_get", "buy": buy, "get": get, "off": off,
                "get_scope": {"include": {"categories": ["tea"]}}})
        ),
        (1_i64..4, off)
            .prop_map(|(pieces, off)| json!({"kind": "bundle", "parts": [{"pieces": pieces}],
            "off": off})),
        (100_i64..20_000, 1_i64..3_000, any::<bool>()).prop_map(|(spend, save, every)| json!({
            "kind": "spend_save", "every": every,
            "steps": [{"spend": spend, "off": {"amount": save}}]})),
        Just(json!({"kind": "shipping", "off": {"percent": 50}})),
        (0_i64..3_000).prop_map(|price| json!({"kind": "member_price",
            "prices": {"A": {"tiers": {"gold": price}}}})),
    ]
}

fn promotions() -> impl Strategy<Value = Value> {
    let scope = prop_oneof![
        Just(json!({})),
        Just(json!({"include": {"categories": ["tea"]}})),
        Just(json!({"include": {"skus": ["A", "C"]}})),
        Just(json!({"exclude": {"skus": ["A"]}})),
    ];
    let one = (
        scope,
        benefits(),
        prop::option::of(prop_oneof![Just("g"), Just("best"), Just("lines")]),
        any::<bool>(),
        prop::option::of(1_i64..20_000),
    );
    prop::collection::vec(one, 0..7).prop_map(|list| {
        let list =
            list.into_iter().enumerate().map(|(place, (scope, benefit, group, alone, spend))| {
                json!({"id": format!("p{place}"), "scope": scope, "group": group,
                "exclusive": alone && place % 4 == 3, "needs": {"spend": spend},
                "benefits": [benefit]})
            });
        Value::Array(list.collect())
    })
}

fn rules() -> impl Strategy<Value = Program> {
    (promotions(), any::<bool>()).prop_map(|(list, claws_back)| {
        let document = json!({"promotions": {
            "groups": [{"id": "best", "choose": "best"},
                       {"id": "lines", "choose": "best", "applies": "one_per_line"}],
            "lost_threshold": if claws_back { "claw_back" } else { "keep" },
            "list": list,
        }});
        crate::program::check(&crate::program::reading::read(document).unwrap()).unwrap()
    })
}

fn carts() -> impl Strategy<Value = Cart> {
    let lines = prop::collection::vec((0_usize..SKUS.len(), 1_i64..5, 0_i64..9_000), 1..6);
    (lines, 0_i64..2_000).prop_map(|(lines, shipping)| {
        let lines: Vec<(&str, i64, i64)> =
            lines.iter().map(|(sku, pieces, price)| (SKUS[*sku], *pieces, *price)).collect();
        Cart { shipping: Cart::one_delivery(Money(shipping)), ..cart(&lines) }
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    let effect = prop_oneof![
        3 => (1_i64..4_000).prop_map(|amount| Effect::Amount { amount: Money(amount) }),
        3 => (1_i64..=100).prop_map(|percent| Effect::Percent { percent }),
        1 => (0_i64..4_000).prop_map(|amount| Effect::FixedPrice { amount: Money(amount) }),
        1 => (1_i64..4).prop_map(|times| Effect::Times { times }),
        1 => prop::option::of(1_i64..900)
            .prop_map(|amount| Effect::Shipping { amount: amount.map(Money) }),
    ];
    let scope = prop_oneof![
        2 => Just(Scope::default()),
        1 => Just(Area { categories: ["tea".to_owned()].into(), ..Area::default() })
            .prop_map(|include| Scope { include, exclude: Area::default() }),
        1 => Just(Area { skus: ["A".to_owned(), "T".to_owned()].into(), ..Area::default() })
            .prop_map(|include| Scope { include, exclude: Area::default() }),
    ];
    (effect, scope, 0_usize..4, prop::option::of(1_i64..2_000), 0_i64..9_000).prop_map(
        |(effect, scope, group, cap, min_spend)| Terms {
            scope,
            stacking_group: (group > 0).then(|| format!("g{group}")),
            cap: cap.map(Money),
            min_spend: Money(if min_spend % 3 == 0 { min_spend } else { 0 }),
            ..Terms::of(effect)
        },
    )
}

fn coupons(most: usize) -> impl Strategy<Value = Vec<UsableCoupon>> {
    let one = (terms(), prop::option::of(1_i64..4));
    prop::collection::vec(one, 0..most).prop_map(|list| {
        let named = list.into_iter().enumerate();
        named
            .map(|(place, (terms, ends))| UsableCoupon {
                expires_at: ends.map(|ends| Timestamp(ends * 1_000_000_000_000)),
                ..coupon(&format!("c{place}"), terms)
            })
            .collect()
    })
}

fn uses() -> impl Strategy<Value = Option<Use>> {
    prop_oneof![
        Just(None),
        Just(Some(Use::Max)),
        (0_i64..30_000).prop_map(|n| Some(Use::Exactly(n)))
    ]
}

fn quotes() -> impl Strategy<Value = (Cart, Quote)> {
    let assets = (0_i64..30_000, 0_i64..20_000, 0_i64..5_000, 0_usize..3, coupons(5));
    (rules(), carts(), assets, uses(), uses()).prop_map(|(rules, cart, assets, points, wallet)| {
        let (available, principal, bonus, order, coupons) = assets;
        let orders = [SpendOrder::ProRata, SpendOrder::PrincipalFirst, SpendOrder::BonusFirst];
        let assets = Assets {
            points: Points(available),
            wallet: Wallet {
                principal: Money(principal),
                bonus: Money(bonus),
                order: orders[order],
            },
            coupons,
            budgets: Vec::new(),
            gifts: Vec::new(),
        };
        let asked = Asked { coupons: CouponsAsked::Best, points, wallet, benefits: Benefits::Auto };
        let member = gold();
        let buyer = Buyer { member: Some(&member), first: false };
        let quote = quote(&rules, &cart, buyer, &assets, &asked).unwrap();
        (cart, quote)
    })
}

/// Every subset that the groups allow, by its definition.
fn brute_force(cases: &[Case<'_>], prices: &Prices<'_>) -> (i64, usize, Vec<i64>) {
    let mut least = (prices.sum(), 0, Vec::new());
    for subset in 0_u32..1 << cases.len() {
        let chosen: Vec<&Case<'_>> = cases
            .iter()
            .enumerate()
            .filter(|(place, _)| subset >> place & 1 == 1)
            .map(|(_, case)| case)
            .collect();
        let mut groups: Vec<&str> = chosen.iter().map(|case| case.group()).collect();
        groups.sort_unstable();
        if groups.windows(2).any(|pair| pair[0] == pair[1]) {
            continue;
        }
        let mut after = prices.clone();
        for case in &chosen {
            case.effect(&after).carry_out(&mut after);
        }
        let mut expiries: Vec<i64> = chosen.iter().map(|case| case.expiry()).collect();
        expiries.sort_unstable();
        least = least.min((after.sum(), chosen.len(), expiries));
    }
    least
}

fn all_in_turn<'a>(coupons: &'a [UsableCoupon], prices: &Prices<'_>) -> Vec<Case<'a>> {
    let ground = Ground {
        prices,
        place: Place { channel: "pos", shop: None },
        moment: LocalMoment { weekday: 1, month_day: 1, last_of_month: false, minute: 0 },
        closed: &[],
    };
    let mut cases: Vec<Case<'_>> =
        coupons.iter().filter_map(|coupon| ground.admit(coupon).ok()).collect();
    cases.sort_by(|one, other| one.turn().cmp(&other.turn()));
    cases
}

fn prices(cart: &Cart) -> Prices<'_> {
    Prices {
        lines: cart
            .lines
            .iter()
            .map(|line| {
                let category = line.category.as_deref();
                PricedLine::new(&line.sku, category, line.quantity, line.unit_price.0, true)
            })
            .collect(),
        deliveries: Vec::new(),
    }
}

proptest! {
    #[test]
    fn the_best_combination_is_the_best_of_all(cart in carts(), coupons in coupons(10)) {
        let prices = prices(&cart);
        let cases = all_in_turn(&coupons, &prices);

        let found = best(&cases, &prices);
        let mut after = prices.clone();
        let mut expiries = Vec::new();
        for place in &found.chosen {
            cases[*place].effect(&after).carry_out(&mut after);
            expiries.push(cases[*place].expiry());
        }
        expiries.sort_unstable();

        prop_assert!(found.proven);
        prop_assert_eq!((after.sum(), found.chosen.len(), expiries), brute_force(&cases, &prices));
    }

    #[test]
    fn a_quote_adds_up_in_every_row_and_column((cart, quote) in quotes()) {
        let gross: Money = cart.lines.iter().map(CartLine::gross).sum();
        let cells = |part: Part<'_>| -> Money {
            let cells = quote.allocation.cells();
            cells.filter(|(_, of, _)| *of == part).map(|(_, _, amount)| amount).sum()
        };

        for (line, row) in quote.lines.iter().zip(&quote.allocation.lines) {
            let off: Money = line.adjustments.iter().map(|one| one.amount).sum();
            prop_assert_eq!(line.gross.minus(off), line.net);
            prop_assert!(line.net >= Money::ZERO);
            let coupons: Money = row.coupons.iter().map(|part| part.amount).sum();
            prop_assert_eq!(row.price().minus(coupons), line.net);
        }
        for row in quote.allocation.rows() {
            let parts: Money = row.parts().map(|(_, amount)| amount).sum();
            prop_assert_eq!(parts, row.price());
            prop_assert!(row.parts().all(|(_, amount)| amount.is_positive()));
        }
        for used in &quote.tenders.coupons {
            prop_assert_eq!(cells(Part::Coupon(&used.code)), used.amount);
        }
        prop_assert_eq!(cells(Part::Points), quote.tenders.points.money);
        prop_assert_eq!(cells(Part::WalletPrincipal), quote.tenders.wallet.principal);
        prop_assert_eq!(cells(Part::WalletBonus), quote.tenders.wallet.bonus);
        prop_assert_eq!(cells(Part::Money), quote.to_pay);
        let all: Money = quote.allocation.lines.iter().map(|row| row.gross).sum();
        prop_assert_eq!(all, gross);
        for applied in &quote.applied {
            let offer = super::promotion(&applied.promotion);
            let lines = quote.lines.iter().flat_map(|line| &line.adjustments);
            let shipping = quote.shipping.iter().flat_map(|one| &one.adjustments);
            let told: Money =
                lines.chain(shipping).filter(|one| one.offer == offer).map(|one| one.amount).sum();
            prop_assert_eq!(told, applied.amount);
        }
    }

    #[test]
    fn partial_refunds_add_up_to_the_full_refund(
        (_, quote) in quotes(),
        steps in prop::collection::vec((0_usize..6, 0_i64..4, 0_i64..12_000), 0..8),
    ) {
        let allocation = &quote.allocation;
        let mut refunded = Refunded::default();
        let mut sum = Given::default();
        let mut coupons = Vec::new();
        let mut refund = |refunded: &mut Refunded, lines: &[RefundLine], shipping: Money| {
            let told = refund_quote(allocation, refunded, lines, shipping).unwrap();
            assert!(told.back.money >= Money::ZERO && told.back.principal >= Money::ZERO);
            assert!(told.back.bonus >= Money::ZERO && told.back.points >= Points::ZERO);
            sum.money = sum.money.plus(told.back.money);
            sum.principal = sum.principal.plus(told.back.principal);
            sum.bonus = sum.bonus.plus(told.back.bonus);
            sum.points = sum.points.plus(told.back.points);
            coupons.extend(told.coupons_back);
            *refunded = told.refunded;
        };
        let left = |refunded: &Refunded, place: usize| {
            let row = &allocation.lines[place];
            let known = refunded.lines.iter().find(|line| line.line_no == row.line_no);
            let (quantity, amount) = known.map_or((0, 0), |line| (line.quantity, line.amount.0));
            (row, row.quantity - quantity, row.paid().0 - amount)
        };
        for (place, quantity, amount) in steps {
            let (row, pieces, money) = left(&refunded, place % allocation.lines.len());
            let line = RefundLine {
                line_no: row.line_no.clone(),
                quantity: quantity.min(pieces),
                amount: Money(amount.min(money)),
            };
            refund(&mut refunded, &[line], Money::ZERO);
        }
        let rest: Vec<RefundLine> = (0..allocation.lines.len())
            .map(|place| {
                let (row, quantity, amount) = left(&refunded, place);
                RefundLine { line_no: row.line_no.clone(), quantity, amount: Money(amount) }
            })
            .collect();
        let shipping = allocation.shipping.as_ref().map_or(Money::ZERO, Row::paid);
        refund(&mut refunded, &rest, shipping);

        let tenders = &quote.tenders;
        prop_assert_eq!(sum.money, quote.to_pay);
        prop_assert_eq!(sum.points, tenders.points.used);
        prop_assert_eq!(sum.principal, tenders.wallet.principal);
        prop_assert_eq!(sum.bonus, tenders.wallet.bonus);
        let mut used: Vec<String> = tenders.coupons.iter().map(|one| one.code.clone()).collect();
        used.sort();
        coupons.sort();
        prop_assert_eq!(coupons, used);
    }
}

#[test]
fn thirty_coupons_in_as_many_groups_are_searched_to_the_end() {
    let effects = (0..30_i64).map(|place| {
        let effect = if place % 2 == 0 {
            Effect::Percent { percent: 2 + place / 4 }
        } else {
            Effect::Amount { amount: Money(100 * place) }
        };
        let mut terms = Terms { stacking_group: Some(format!("g{place:02}")), ..Terms::of(effect) };
        if place % 3 == 0 {
            terms.scope.include.categories.insert("tea".to_owned());
        }
        coupon(&format!("c{place:02}"), terms)
    });
    let coupons: Vec<UsableCoupon> = effects.collect();
    let cart = cart(&[("T", 2, 99_900), ("A", 3, 45_000), ("T2", 1, 120_000), ("B", 5, 9_900)]);
    let prices = prices(&cart);

    let found = best(&all_in_turn(&coupons, &prices), &prices);

    assert!(found.proven);
    assert_eq!(found.chosen.len(), 30);
    assert_eq!(program(json!([])).promotions.iter().len(), 0);
}

#[test]
fn thirty_coupons_in_five_groups_are_searched_to_the_end() {
    let coupons: Vec<UsableCoupon> = (0..30_i64)
        .map(|place| {
            let effect = match place % 3 {
                0 => Effect::Percent { percent: 3 + place },
                1 => Effect::Amount { amount: Money(700 * place) },
                _ => Effect::FixedPrice { amount: Money(100 * place) },
            };
            let group = Some(format!("g{}", place % 5));
            let mut terms = Terms { stacking_group: group, ..Terms::of(effect) };
            if place % 4 == 1 {
                terms.scope.include.skus.insert("A".to_owned());
            }
            coupon(&format!("c{place:02}"), terms)
        })
        .collect();
    let cart = cart(&[("T", 2, 99_900), ("A", 3, 45_000), ("T2", 1, 120_000), ("B", 5, 9_900)]);
    let prices = prices(&cart);

    assert!(best(&all_in_turn(&coupons, &prices), &prices).proven);
}
