use serde_json::{Value, json};

use super::{Outside, look};
use crate::coupons::templates::Template;
use crate::ids::TemplateId;
use crate::program::check;
use crate::program::problems::{Problem, Severity};
use crate::program::reading::read;
use crate::time::Timestamp;

const NOW: &str = "2026-11-01T00:00:00+08:00";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn looked(promotions: &Value, templates: &[(TemplateId, Template)]) -> Vec<Problem> {
    let document = read(json!({"promotions": promotions})).unwrap();
    let program = check(&document).unwrap();
    look(&document, &program, Outside { templates }, now())
}

/// A promotion with so many percent off, and more fields.
fn percent(id: &str, off: i64, more: &Value) -> Value {
    let mut promotion = json!({"id": id,
        "benefits": [{"kind": "percent", "off": {"percent": off}}]});
    for (field, value) in more.as_object().unwrap() {
        promotion[field] = value.clone();
    }
    promotion
}

/// The places and codes of what is found.
fn found(list: &[Value]) -> Vec<(String, String)> {
    let problems = looked(&json!({"list": list}), &[]);
    let told = problems.into_iter().map(|problem| {
        assert!(problem.message_zh.is_some(), "{problem:?}");
        let place = problem.pointer.strip_prefix("/promotions/list/").map(str::to_owned);
        (place.unwrap_or(problem.pointer), problem.code)
    });
    told.collect()
}

fn told(place: &str, code: &str) -> Vec<(String, String)> {
    vec![(place.to_owned(), code.to_owned())]
}

fn in_group(id: &str, more: &Value) -> Value {
    let mut promotion = percent(id, 10, more);
    promotion["group"] = json!("g");
    // With a threshold it does not always hold, so it shadows nothing.
    promotion["needs"] = json!({"pieces": 2});
    promotion
}

#[test]
fn two_of_a_group_overlap_only_while_both_count() {
    let first = in_group("a", &json!({"until": "2026-11-11T00:00:00+08:00"}));
    let touching = in_group("b", &json!({"from": "2026-11-11T00:00:00+08:00"}));
    let earlier = in_group("b", &json!({"from": "2026-11-10T23:59:59.999999+08:00"}));

    assert_eq!(found(&[first.clone(), touching]), []);
    assert_eq!(found(&[first, earlier]), told("1", "promotion.overlap"));
}

#[test]
fn an_overlap_needs_a_common_product_place_time_and_buyer() {
    let pairs = [
        (
            json!({"scope": {"include": {"skus": ["A"]}}}),
            json!({"scope": {"include": {"skus": ["B"]}}}),
            false,
        ),
        (
            json!({"scope": {"include": {"skus": ["A", "B"]}}}),
            json!({"scope": {"include": {"skus": ["B"]}}}),
            true,
        ),
        (
            json!({"scope": {"include": {"categories": ["tea"]}}}),
            json!({"scope": {"include": {"categories": ["tea/green"]}}}),
            true,
        ),
        (
            json!({"scope": {"include": {"categories": ["tea"]}, "exclude": {"categories": ["tea/green"]}}}),
            json!({"scope": {"include": {"categories": ["tea/green"]}}}),
            false,
        ),
        (
            json!({"scope": {"include": {"channels": ["pos"]}}}),
            json!({"scope": {"include": {"channels": ["web"]}}}),
            false,
        ),
        (
            json!({"scope": {"include": {"channels": ["pos"]}}}),
            json!({"scope": {"exclude": {"channels": ["pos"]}}}),
            false,
        ),
        (
            json!({"scope": {"include": {"stores": ["s1"]}}}),
            json!({"scope": {"include": {"channels": ["web"]}}}),
            false,
        ),
        (
            json!({"scope": {"include": {"stores": ["s1"]}}}),
            json!({"scope": {"include": {"channels": ["pos"]}}}),
            true,
        ),
        (json!({"schedule": {"weekdays": [1]}}), json!({"schedule": {"weekdays": [2]}}), false),
        (json!({"schedule": {"weekdays": [1]}}), json!({"schedule": {"month_days": [17]}}), true),
        (
            json!({"audience": "member.tier == 'gold'"}),
            json!({"audience": "member.tier == 'silver'"}),
            false,
        ),
        (
            json!({"audience": "member.tier == 'gold'"}),
            json!({"audience": "member.tier != 'basic'"}),
            true,
        ),
        (json!({"audience": "member.bound"}), json!({"audience": "!member.bound"}), true),
    ];
    for (one, other, meets) in pairs {
        let expected = if meets { told("1", "promotion.overlap") } else { Vec::new() };
        assert_eq!(found(&[in_group("a", &one), in_group("b", &other)]), expected, "{one} {other}");
    }
}

#[test]
fn an_exclusive_one_overlaps_with_its_lane_alone() {
    let alone =
        percent("a", 10, &json!({"exclusive": true, "lane": "line", "needs": {"pieces": 2}}));
    let of_lane = percent("b", 10, &json!({"lane": "line"}));
    let of_order = percent("b", 10, &json!({"lane": "order"}));

    assert_eq!(found(&[alone.clone(), of_lane]), told("1", "promotion.overlap"));
    assert_eq!(found(&[alone, of_order]), []);
}

#[test]
fn the_one_that_applies_first_is_named_whatever_the_document_says_first() {
    let problems = looked(
        &json!({"list": [in_group("late", &json!({})), in_group("early", &json!({"priority": 1}))]}),
        &[],
    );

    assert_eq!(problems[0].pointer, "/promotions/list/0");
    assert!(problems[0].message.contains("early first"), "{}", problems[0].message);
}

#[test]
fn what_is_over_can_never_apply() {
    let until = |until: &str| found(&[percent("a", 10, &json!({"until": until}))]);

    assert_eq!(until(NOW), told("0/until", "promotion.over"));
    assert_eq!(until("2026-11-01T00:00:00.000001+08:00"), []);
}

#[test]
fn a_schedule_that_is_never_open_within_its_time_is_told() {
    let days = |until: &str| {
        found(&[percent("a", 10, &json!({"until": until, "schedule": {"month_days": [17]}}))])
    };

    assert_eq!(days("2026-11-17T00:00:00+08:00"), told("0/schedule", "promotion.never_open"));
    assert_eq!(days("2026-11-17T00:00:01+08:00"), []);
}

#[test]
fn an_empty_scope_quota_or_audience_is_told() {
    let cases = [
        (
            json!({"scope": {"include": {"skus": ["A"]}, "exclude": {"skus": ["A"]}}}),
            "/scope",
            "promotion.no_product",
        ),
        (
            json!({"scope": {"include": {"categories": ["tea/green"]}, "exclude": {"categories": ["tea"]}}}),
            "/scope",
            "promotion.no_product",
        ),
        (
            json!({"scope": {"include": {"channels": ["web"], "stores": ["s1"]}}}),
            "/scope",
            "promotion.no_place",
        ),
        (
            json!({"scope": {"include": {"channels": ["web"]}, "exclude": {"channels": ["web"]}}}),
            "/scope",
            "promotion.no_place",
        ),
        (
            json!({"quota": {"member_pieces": 0}}),
            "/quota/member_pieces",
            "promotion.nothing_to_give",
        ),
        (json!({"budget": {"money": 0}}), "/budget/money", "promotion.nothing_to_give"),
        (json!({"audience": "1 == 2"}), "/audience", "promotion.nobody"),
    ];
    for (more, place, code) in cases {
        assert_eq!(found(&[percent("a", 10, &more)]), told(&format!("0{place}"), code), "{more}");
    }
    let fine = [
        json!({"scope": {"include": {"skus": ["A", "B"]}, "exclude": {"skus": ["A"]}}}),
        json!({"scope": {"include": {"categories": ["tea"]}, "exclude": {"categories": ["tea/green"]}}}),
        json!({"scope": {"include": {"channels": ["pos"], "stores": ["s1"]}}}),
        json!({"quota": {"member_pieces": 1}}),
        json!({"audience": "member.tier == 'gold'"}),
    ];
    for more in fine {
        assert_eq!(found(&[percent("a", 10, &more)]), [], "{more}");
    }
}

#[test]
fn what_an_earlier_one_always_excludes_is_shadowed() {
    let first = percent("a", 10, &json!({"exclusive": true, "priority": 1, "lane": "line"}));
    let second = percent("b", 10, &json!({"lane": "line", "scope": {"include": {"skus": ["A"]}}}));
    let unsure = percent(
        "a",
        10,
        &json!({"exclusive": true, "priority": 1, "lane": "line",
        "audience": "member.bound"}),
    );
    let shorter = percent(
        "a",
        10,
        &json!({"exclusive": true, "priority": 1, "lane": "line",
        "until": "2027-01-01T00:00:00+08:00"}),
    );

    assert_eq!(found(&[first, second.clone()]), told("1", "promotion.shadowed"));
    assert_eq!(found(&[unsure, second.clone()]), told("1", "promotion.overlap"));
    assert_eq!(found(&[shorter, second]), told("1", "promotion.overlap"));
}

#[test]
fn a_condition_of_earning_that_never_holds_is_told() {
    let multiplier = |when: &str| {
        let document = read(json!({"points": {"earn": {"multipliers": [
            {"id": "m", "when": when, "factor": {"num": 2, "den": 1}}]}}}))
        .unwrap();
        let program = check(&document).unwrap();
        look(&document, &program, Outside::default(), now())
    };

    let never = multiplier("member.tier == 'gold' && member.tier == 'silver'");

    assert_eq!(never[0].pointer, "/points/earn/multipliers/0/when");
    assert_eq!(never[0].code, "program.never");
    assert_eq!(multiplier("member.tier == 'gold'"), []);
}

fn floored(
    floor: &Value,
    list: &[Value],
    templates: &[(TemplateId, Template)],
) -> Vec<(String, Severity)> {
    let problems = looked(&json!({"floor": floor, "list": list}), templates);
    problems.into_iter().map(|problem| (problem.code, problem.severity)).collect()
}

fn coupon(id: i64, effect: &Value) -> (TemplateId, Template) {
    let template = json!({"name": {"en": "c"}, "terms": {"effect": effect},
        "validity": {"kind": "days", "days": 7}});
    (TemplateId(id), serde_json::from_value(template).unwrap())
}

#[test]
fn a_floor_holds_against_all_that_stacks() {
    let list = [
        percent("line", 20, &json!({"scope": {"include": {"skus": ["A"]}}})),
        percent("order", 10, &json!({})),
    ];
    let low = |floor: i64| floored(&json!({"percent": floor}), &list, &[]);
    let below = [("promotion.below_floor".to_owned(), Severity::Warning)];

    // 100 - 20 % - 10 % of the rest is exactly 72.
    assert_eq!(low(72), []);
    assert_eq!(low(73), below);
    // A coupon of 10 % on top leaves 64.8.
    let coupons = [coupon(7, &json!({"kind": "percent", "percent": 10}))];
    assert_eq!(floored(&json!({"percent": 64}), &list, &coupons), []);
    assert_eq!(floored(&json!({"percent": 65}), &list, &coupons), below);
}

#[test]
fn a_cost_is_a_floor_that_may_refuse_the_rules() {
    let list = [percent("p", 30, &json!({}))];
    let with_cost = |cost: i64, below: &str| {
        let products = json!([{"sku": "A", "price": 10_000, "cost": cost}]);
        floored(&json!({"products": products, "below": below}), &list, &[])
    };

    assert_eq!(with_cost(7_000, "refuse"), []);
    assert_eq!(with_cost(7_001, "refuse"), [("promotion.below_cost".to_owned(), Severity::Error)]);
    assert_eq!(with_cost(7_001, "warn"), [("promotion.below_cost".to_owned(), Severity::Warning)]);
}

#[test]
fn promotions_that_never_meet_are_not_added_up() {
    let list = [
        percent("a", 30, &json!({"schedule": {"weekdays": [1]}})),
        percent("b", 30, &json!({"schedule": {"weekdays": [2]}})),
        percent("c", 30, &json!({"audience": "member.tier == 'gold'"})),
    ];

    let low = |floor: i64| floored(&json!({"percent": floor}), &list, &[]);

    assert_eq!(low(49), []);
    assert_eq!(low(50).len(), 1);
}

#[test]
fn a_threshold_is_reached_before_it_is_judged() {
    let save = json!({"id": "s", "benefits": [{"kind": "spend_save",
        "steps": [{"spend": 30_000, "off": {"amount": 15_000}}]}]});
    let floor =
        |percent: i64| json!({"percent": percent, "products": [{"sku": "A", "price": 10_000}]});

    assert_eq!(floored(&floor(50), std::slice::from_ref(&save), &[]), []);
    assert_eq!(floored(&floor(51), &[save], &[]).len(), 1);
}

#[test]
fn gifts_that_lead_back_to_themselves_are_a_loop() {
    let gives = |id: &str, wants: &str, gift: &str| {
        json!({"id": id, "scope": {"include": {"skus": [wants]}},
            "benefits": [{"kind": "gift", "sku": gift}]})
    };

    let circle = found(&[gives("a", "A", "B"), gives("b", "B", "C"), gives("c", "C", "A")]);
    assert_eq!(circle, told("0", "promotion.loop"));
    assert_eq!(found(&[gives("a", "A", "B"), gives("b", "B", "C")]), []);
    // Buy one, get one of the same is what it says.
    assert_eq!(found(&[gives("a", "A", "A")]), []);
}

#[test]
fn a_coupon_may_close_a_loop() {
    let promotion = json!({"id": "p", "scope": {"include": {"skus": ["A"]}},
        "benefits": [{"kind": "gift", "sku": "B"}]});
    let (id, mut template) = coupon(7, &json!({"kind": "gift", "sku": "A"}));
    template.terms.scope.include.skus.insert("B".to_owned());

    let problems = looked(&json!({"list": [promotion]}), &[(id, template)]);

    assert_eq!(
        problems.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
        ["promotion.loop"]
    );
}

#[test]
fn a_thousand_promotions_are_looked_through_in_a_moment() {
    let list = (0..1_000).map(|place| {
        let id = format!("p{place}");
        percent(
            &id,
            1 + place % 5,
            &json!({
            "group": format!("g{}", place % 3), "exclusive": place % 97 == 0,
            "scope": {"include": {"categories": [format!("c{}", place % 50)]}},
            "needs": {"spend": 100 + place}}),
        )
    });
    let list: Vec<Value> = list.collect();

    let problems = looked(&json!({"floor": {"percent": 10}, "list": list}), &[]);

    assert!(problems.iter().any(|problem| problem.code == "promotion.overlap"));
    assert!(problems.len() <= 2_100, "{}", problems.len());
}
