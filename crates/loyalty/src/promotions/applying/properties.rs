//! The index leaves out only what could not apply.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Applied, Candidates, Occasion, Promotions, apply, apply_each, open_lines};
use crate::expr::{Facts, Slot, Value as Fact};
use crate::program::check;
use crate::program::reading::read;
use crate::promotions::prices::{Delivery, PricedLine, Prices};
use crate::scopes::Place;
use crate::time::{LocalMoment, Timestamp};

const PRODUCTS: [(&str, Option<&str>); 5] = [
    ("A", Some("goods")),
    ("B", Some("goods/small")),
    ("T", Some("tea")),
    ("T2", Some("tea/green")),
    ("C", None),
];

/// Nothing is known: conditions about anything do not hold.
struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _: Slot) -> Fact<'_> {
        Fact::Null
    }
}

fn areas() -> impl Strategy<Value = Value> {
    let some = |names: &'static [&'static str]| prop::sample::subsequence(names, 0..=2);
    let maybe = |names| prop_oneof![3 => Just(Vec::new()), 2 => some(names)];
    (
        maybe(&["A", "B", "T", "T2", "C"]),
        maybe(&["goods", "goods/small", "tea", "tea/green"]),
        maybe(&["pos", "web"]),
        prop_oneof![5 => Just(Vec::new()), 1 => some(&["s1", "s2"])],
    )
        .prop_map(|(skus, categories, channels, shops)| {
            json!({"skus": skus, "categories": categories, "channels": channels, "shops": shops})
        })
}

fn scopes() -> impl Strategy<Value = Value> {
    let exclude = prop_oneof![2 => Just(json!({})), 1 => areas()];
    (areas(), exclude)
        .prop_map(|(include, exclude)| json!({"include": include, "exclude": exclude}))
}

fn benefits() -> impl Strategy<Value = Value> {
    prop_oneof![
        (1_i64..=100, prop::option::of(1_i64..3))
            .prop_map(|(percent, most)| json!({"kind": "percent", "off": {"percent": percent},
            "pieces_max": most})),
        (1_i64..5_000, prop_oneof![Just("order"), Just("line"), Just("piece")])
            .prop_map(|(amount, each)| json!({"kind": "amount", "amount": amount, "each": each})),
        (1_i64..4, 1_i64..3, prop::option::of(scopes())).prop_map(|(buy, get, scope)| {
            json!({"kind": "buy_get", "buy": buy, "get": get, "get_scope": scope})
        }),
        (scopes(), scopes(), 1_i64..3).prop_map(|(one, other, pieces)| {
            json!({"kind": "bundle", "off": {"percent": 30},
            "parts": [{"scope": one, "pieces": pieces}, {"scope": other}]})
        }),
        (1_i64..9_000)
            .prop_map(|price| json!({"kind": "flash_price", "prices": {"A": price, "T": price}})),
        (1_i64..9_000)
            .prop_map(|price| json!({"kind": "member_price", "prices": {"C": {"member": price}}})),
        any::<bool>().prop_map(|without| json!({"kind": "shipping", "without_products": without})),
        Just(json!({"kind": "gift", "sku": "G"})),
        (100_i64..20_000, 1_i64..3_000).prop_map(|(spend, save)| {
            json!({"kind": "spend_save", "steps": [{"spend": spend, "off": {"amount": save}}]})
        }),
    ]
}

fn rules() -> impl Strategy<Value = Promotions> {
    let one = (
        scopes(),
        prop::collection::vec(benefits(), 1..3),
        (prop::option::of(1_i64..20_000), any::<bool>(), prop::option::weighted(0.2, scopes())),
        prop::option::of(prop_oneof![Just("first"), Just("best"), Just("lines")]),
        (prop::bool::weighted(0.1), any::<bool>(), -2_i64..2),
        prop_oneof![4 => Just("true"), 1 => Just("member.bound"), 1 => Just("1 == 1")],
    );
    prop::collection::vec(one, 0..12).prop_map(|list| {
        let list = list.into_iter().enumerate().map(
            |(place, (scope, benefits, (spend, whole_cart, holding), group, rank, audience))| {
                let (exclusive, with_coupons, priority) = rank;
                json!({"id": format!("p{place}"), "scope": scope, "benefits": benefits,
                    "needs": {"spend": spend, "whole_cart": whole_cart, "holding": holding},
                    "group": group, "exclusive": exclusive, "with_coupons": with_coupons,
                    "priority": priority, "audience": audience})
            },
        );
        let document = json!({"promotions": {
            "groups": [{"id": "best", "choose": "best"},
                       {"id": "lines", "choose": "best", "applies": "one_per_line"}],
            "list": list.collect::<Vec<_>>(),
        }});
        check(&read(document).unwrap()).unwrap().promotions
    })
}

type Lines = Vec<(usize, i64, i64, bool)>;

fn carts() -> impl Strategy<Value = Lines> {
    let line = (0..PRODUCTS.len(), 1_i64..5, 0_i64..9_000, prop::bool::weighted(0.9));
    prop::collection::vec(line, 0..6)
}

fn prices(lines: &Lines) -> Prices<'static> {
    let lines = lines.iter().map(|(product, pieces, unit, discountable)| {
        let (sku, category) = PRODUCTS[*product];
        PricedLine::new(sku, category, *pieces, *unit, *discountable)
    });
    Prices {
        lines: lines.collect(),
        deliveries: vec![Delivery { method: Some("post"), price: 1_200 }],
    }
}

/// Every promotion of the place, with the lines in its scope: no index.
fn naive(promotions: &Promotions, prices: &mut Prices<'_>, occasion: &Occasion<'_>) -> Applied {
    let all = open_lines(prices);
    let mut every = Candidates::default();
    for (place, promotion) in promotions.list.iter().enumerate() {
        if promotion.scope.holds_place(occasion.place) {
            let holds = |line: &usize| {
                let line = &prices.lines[*line];
                promotion.scope.holds_product(line.sku, line.category)
            };
            every.push(place, all.iter().copied().filter(holds));
        }
    }
    apply_each(promotions, prices, occasion, all, &every)
}

fn after(prices: &Prices<'_>) -> (Vec<i64>, Vec<i64>) {
    let lines = prices.lines.iter().map(|line| line.price);
    (lines.collect(), prices.deliveries.iter().map(|delivery| delivery.price).collect())
}

proptest! {
    #[test]
    fn the_index_gives_what_a_pass_over_all_promotions_gives(
        promotions in rules(),
        cart in carts(),
        place in prop_oneof![Just(("pos", Some("s1"))), Just(("web", None)), Just(("web", Some("s2")))],
        is_member in any::<bool>(),
    ) {
        let occasion = || Occasion {
            place: Place { channel: place.0, shop: place.1 },
            at: Timestamp(0),
            moment: LocalMoment { weekday: 1, month_day: 1, last_of_month: false, minute: 0 },
            tier: is_member.then_some("gold"),
            facts: &Nothing,
            budgets: BTreeMap::new(),
            asked: RefCell::default(),
        };
        let (mut one, mut other) = (prices(&cart), prices(&cart));

        let indexed = apply(&promotions, &mut one, &occasion());
        let every = naive(&promotions, &mut other, &occasion());

        prop_assert_eq!(after(&one), after(&other));
        prop_assert_eq!(indexed.uses, every.uses);
        prop_assert_eq!(indexed.closed, every.closed);
        // What the cart is told of it is true as well: a refusal is the same refusal.
        for refused in indexed.refused {
            prop_assert!(every.refused.contains(&refused), "{:?}", refused);
        }
    }
}
