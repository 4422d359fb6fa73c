use serde_json::{Value, json};

use super::{InForce, Kind, Overlap, Planned, Wanted, of_good, of_rules, of_template};
use crate::coupons::templates::Template;
use crate::ids::{GoodId, TemplateId};
use crate::mall::Good;
use crate::program::reading::read;
use crate::program::{Document, Program, check};
use crate::publishing::Conflict;
use crate::time::{Span, Timestamp, Zone};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn november() -> Span {
    Span { from: at("2026-11-01T00:00:00+08:00"), until: at("2026-12-01T00:00:00+08:00") }
}

fn rules(list: &Value) -> (Document, Program) {
    let document = read(json!({"promotions": {"list": list}})).unwrap();
    let program = check(&document).unwrap();
    (document, program)
}

fn percent(id: &str, more: &Value) -> Value {
    let mut promotion = json!({"id": id,
        "benefits": [{"kind": "percent", "off": {"percent": 10}}]});
    for (field, value) in more.as_object().unwrap() {
        promotion[field] = value.clone();
    }
    promotion
}

fn lines(list: &Value, wanted: Wanted<'_>) -> Vec<Planned> {
    let (document, program) = rules(list);
    let version = InForce { version: 1, document: &document, program: &program, span: november() };
    of_rules(&[version], wanted)
}

fn ids(lines: &[Planned]) -> Vec<&str> {
    lines.iter().map(|line| line.id.as_str()).collect()
}

#[test]
fn a_member_day_is_expanded_in_the_programs_zone() {
    let found = lines(
        &json!([percent("day", &json!({"schedule": {"month_days": [17, -1]}}))]),
        Wanted::default(),
    );

    let span = |from, until| Span { from: at(from), until: at(until) };
    assert_eq!(
        found[0].occurrences,
        [
            span("2026-11-17T00:00:00+08:00", "2026-11-18T00:00:00+08:00"),
            span("2026-11-30T00:00:00+08:00", "2026-12-01T00:00:00+08:00"),
        ]
    );
    assert!(found[0].recurs);
}

#[test]
fn what_ends_as_the_days_begin_is_not_in_them() {
    let ends =
        |until: &str| lines(&json!([percent("p", &json!({"until": until}))]), Wanted::default());

    assert_eq!(ids(&ends("2026-11-01T00:00:00+08:00")), Vec::<&str>::new());
    assert_eq!(ids(&ends("2026-11-01T00:00:00.000001+08:00")), ["p"]);
}

#[test]
fn a_line_of_two_versions_is_one_with_the_times_of_both() {
    let (old, old_program) = rules(&json!([percent("p", &json!({})), percent("gone", &json!({}))]));
    let (new, new_program) = rules(&json!([percent("p", &json!({})), percent("new", &json!({}))]));
    let change = at("2026-11-11T00:00:00+08:00");
    let before = Span { until: change, ..november() };
    let after = Span { from: change, ..november() };

    let found = of_rules(
        &[
            InForce { version: 1, document: &old, program: &old_program, span: before },
            InForce { version: 2, document: &new, program: &new_program, span: after },
        ],
        Wanted::default(),
    );

    let told: Vec<(&str, &[Span], &[i64])> = found
        .iter()
        .map(|line| (line.id.as_str(), line.occurrences.as_slice(), line.versions.as_slice()))
        .collect();
    let expected: [(&str, &[Span], &[i64]); 3] =
        [("gone", &[before], &[1]), ("new", &[after], &[2]), ("p", &[november()], &[1, 2])];
    assert_eq!(told, expected);
}

#[test]
fn overlaps_are_marked_on_both_sides_where_occurrences_meet() {
    let group = |id: &str, days: [i8; 2]| {
        percent(id, &json!({"group": "g", "schedule": {"month_days": days}}))
    };
    let found = lines(
        &json!([group("a", [1, 2]), group("b", [2, 3]), group("c", [3, 4])]),
        Wanted::default(),
    );

    let overlap =
        |other: &str, yields| Overlap { promotion: other.to_owned(), why: Conflict::Group, yields };
    assert_eq!(found[0].overlaps, [overlap("b", false)]);
    assert_eq!(found[1].overlaps, [overlap("a", true), overlap("c", false)]);
    assert_eq!(found[2].overlaps, [overlap("b", true)]);
}

#[test]
fn a_shop_or_product_sees_what_may_count_for_it() {
    let list = json!([
        percent("all", &json!({})),
        percent("s1", &json!({"scope": {"include": {"stores": ["S1"]}}})),
        percent("not-s1", &json!({"scope": {"exclude": {"shops": ["S1"]}}})),
        percent("tea", &json!({"scope": {"include": {"categories": ["tea"]}}})),
        percent("A", &json!({"scope": {"include": {"skus": ["A"]}}})),
    ]);

    let in_shop = Wanted { shop: Some("S1"), ..Wanted::default() };
    assert_eq!(ids(&lines(&list, in_shop)), ["A", "all", "s1", "tea"]);
    let product = Wanted { sku: Some("A"), category: Some("coffee"), ..Wanted::default() };
    assert_eq!(ids(&lines(&list, product)), ["A", "all", "not-s1", "s1"]);
    // Without its category the product may be tea.
    let unknown = Wanted { sku: Some("B"), ..Wanted::default() };
    assert_eq!(ids(&lines(&list, unknown)), ["all", "not-s1", "s1", "tea"]);
}

#[test]
fn coupons_and_goods_have_their_own_times() {
    let template: Template = serde_json::from_value(json!({
        "name": {"en": "c"},
        "terms": {"effect": {"kind": "amount", "amount": 100}, "usable": {"weekdays": [7]}},
        "validity": {"kind": "window", "from": "2026-11-20T00:00:00+08:00",
            "until": "2026-12-20T00:00:00+08:00"},
        "claim": {"until": "2026-11-21T00:00:00+08:00"},
    }))
    .unwrap();
    let good: Good = serde_json::from_value(json!({"name": {"en": "mug"},
        "offer": {"kind": "goods"}, "points": 500, "until": "2026-11-05T00:00:00+08:00"}))
    .unwrap();
    let zone = Zone::named("Asia/Shanghai").unwrap();

    let coupon = of_template(TemplateId(7), &template, &zone, november(), Wanted::default());
    let mall = of_good(GoodId(8), &good, november(), Wanted::default());

    let kinds: Vec<(Kind, usize)> =
        coupon.iter().map(|line| (line.kind, line.occurrences.len())).collect();
    // Sundays from the 20th on: the 22nd and the 29th.
    assert_eq!(kinds, [(Kind::Coupon, 2), (Kind::CouponClaim, 1)]);
    assert_eq!(coupon[1].occurrences[0].until, at("2026-11-21T00:00:00+08:00"));
    assert_eq!(mall.map(|line| line.occurrences[0].until), good.until);
}
