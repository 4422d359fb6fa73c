use serde_json::{Value, json};

use crate::program::reading::read;
use crate::program::{check, json_schema};

/// The places and codes of what is wrong with one promotion.
fn problems(promotion: &Value) -> Vec<(String, String)> {
    let document = read(json!({"promotions": {"list": [promotion]}}));
    let problems = match document.map(|document| check(&document)) {
        Ok(Ok(program)) => program.warnings,
        Ok(Err(problems)) | Err(problems) => problems,
    };
    let told = problems.into_iter().map(|problem| {
        let place = problem.pointer.strip_prefix("/promotions/list/0").map(str::to_owned);
        (place.unwrap_or(problem.pointer), problem.code)
    });
    told.collect()
}

fn with(field: &str, value: Value) -> Value {
    let mut promotion = json!({"id": "p", "benefits": [{"kind": "amount", "amount": 100}]});
    promotion[field] = value;
    promotion
}

fn told(place: &str, code: &str) -> Vec<(String, String)> {
    vec![(place.to_owned(), code.to_owned())]
}

#[test]
fn a_plain_promotion_has_no_problems() {
    assert_eq!(problems(&with("priority", json!(5))), []);
}

#[test]
fn a_problem_points_at_its_place() {
    let cases = [
        (with("audience", json!("member.tier == 1")), told("/audience", "program.expression")),
        (with("audience", json!("line.sku == 'A'")), told("/audience", "promotion.audience")),
        (with("schedule", json!({"weekdays": [8]})), told("/schedule/weekdays/0", "program.range")),
        (with("needs", json!({"spend": 0})), told("/needs/spend", "program.range")),
        (with("budget", json!({"money": -1})), told("/budget/money", "program.range")),
        (with("benefits", json!([])), told("/benefits", "program.range")),
        (
            with("benefits", json!([{"kind": "percent", "off": {"amount": 5}}])),
            told("/benefits/0/off", "promotion.off"),
        ),
        (
            with(
                "benefits",
                json!([{"kind": "spend_save", "steps": [
                {"spend": 200, "off": {"amount": 5}}, {"spend": 100, "off": {"amount": 9}}]}]),
            ),
            told("/benefits/0/steps/1", "promotion.steps"),
        ),
        (with("surprise", json!(1)), told("/surprise", "program.unknown_field")),
    ];
    for (promotion, expected) in cases {
        assert_eq!(problems(&promotion), expected);
    }
}

#[test]
fn an_end_is_later_than_its_beginning() {
    let mut promotion = with("from", json!("2026-11-02T00:00:00Z"));
    promotion["until"] = json!("2026-11-02T00:00:00Z");

    assert_eq!(problems(&promotion), told("/until", "program.time_range"));
}

#[test]
fn an_audience_of_an_unknown_tier_is_warned_of() {
    let told_of = problems(&with("audience", json!("member.tier == 'diamond'")));

    assert_eq!(told_of, told("/audience", "program.unknown_tier"));
}

#[test]
fn the_schema_describes_every_kind_of_benefit() {
    let schema = json_schema().to_string();

    for kind in [
        "percent",
        "amount",
        "fixed_price",
        "member_price",
        "flash_price",
        "nth_piece",
        "buy_get",
        "bundle",
        "spend_save",
        "gift",
        "shipping",
    ] {
        assert!(schema.contains(&format!("\"const\":\"{kind}\"")), "{kind}");
    }
}
