use serde_json::{Value, json};

use super::ladder::Window;
use super::problems::Severity;
use super::reading::read;
use super::rules::Fraction;
use super::versions::in_force;
use super::*;
use crate::amounts::{Money, Points, Rounding};
use crate::ledger::policies::{At, Expiry, Maturity, Shortfall};
use crate::time::Timestamp;

/// The document of the contract, with both of its multipliers.
fn contract() -> Value {
    json!({
        "currency": "CNY",
        "time_zone": "Asia/Shanghai",
        "points": {
            "earn": {
                "rules": [{"id": "base", "when": "true", "rate": {"points": 10, "per": 10000}}],
                "multipliers": [
                    {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 2}},
                    {"id": "member-day", "when": "order.paid_at.getDate('Asia/Shanghai') == 17",
                     "factor": {"num": 2, "den": 1}, "from": null, "until": null,
                     "exclusive": false, "budget": null},
                ],
                "stacking": "multiply",
                "rounding": "floor",
                "caps": {"order": null, "member_day": null, "member_month": null},
            },
            "maturity": {"kind": "immediate"},
            "expiry": {"kind": "months", "months": 12, "at": "end_of_day"},
            "spend": {"points": 100, "amount": 100, "step": 100, "min": 100,
                      "max_share": {"num": 1, "den": 2}},
            "claw_back": {"shortfall": "debt"},
            "restore_grace_days": 30,
            "awards": {"join": 100, "profile_complete": 0},
        },
        "growth": {
            "rules": [{"id": "base", "when": "true", "rate": {"points": 1, "per": 100}}],
            "rounding": "floor",
        },
        "tiers": {
            "window": {"kind": "rolling_months", "months": 12},
            "period_months": 12,
            "grace_days": 0,
            "downgrade": "one_step",
            "ladder": [
                {"id": "basic", "name": {"zh": "普通会员", "en": "Basic"}, "from": 0},
                {"id": "silver", "name": {"zh": "银卡", "en": "Silver"}, "from": 1000, "keep": 800},
                {"id": "gold", "name": {"zh": "金卡", "en": "Gold"}, "from": 5000, "keep": 4000},
            ],
        },
    })
}

/// The contract's document with the value at `pointer` replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = contract();
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

fn checked(document: Value) -> Result<Program, Vec<Problem>> {
    check(&read(document)?)
}

/// Pointer and code of each problem.
fn problems(document: Value) -> Vec<(String, String)> {
    let found = match checked(document) {
        Ok(program) => program.warnings,
        Err(problems) => problems,
    };
    found.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_documented_program_is_right() {
    let program = checked(contract()).unwrap();

    assert_eq!(program.warnings, []);
    assert_eq!(program.earning.multipliers.len(), 2);
    assert_eq!(program.earning.rounding, Rounding::Floor);
    assert_eq!(program.policy.expiry, Expiry::Months { months: 12, at: At::EndOfDay });
    assert_eq!(program.policy.maturity, Maturity::Immediate);
    assert_eq!(program.policy.shortfall, Shortfall::Debt);
    assert_eq!(program.policy.restore_grace_days, 30);
    assert_eq!(program.policy.value.of(Points(150)), Money(150));
    assert_eq!(program.awards.join, Points(100));
    assert_eq!(program.ladder.window, Window::RollingMonths { months: 12 });
    assert_eq!(program.ladder.tier("basic").unwrap().keep, Points::ZERO);
    assert_eq!(program.ladder.tier("gold").unwrap().keep, Points(4_000));
    assert_eq!(program.conditions().count(), 4);
}

#[test]
fn the_default_program_is_the_documented_one_without_multipliers() {
    let documented = read(with("/points/earn/multipliers", json!([]))).unwrap();

    assert_eq!(default_document(), documented);
    assert!(check(&default_document()).is_ok());
}

#[test]
fn what_is_left_out_has_the_value_of_the_default_program() {
    assert_eq!(read(json!({})), Ok(default_document()));
    assert_eq!(
        read(json!({"points": {"spend": {"step": 50}}})).unwrap().points.spend,
        SpendTerms { step: Points(50), ..SpendTerms::default() }
    );
}

#[test]
fn a_document_reads_back_as_it_was_written() {
    let document = read(contract()).unwrap();

    let written = serde_json::to_value(&document).unwrap();

    assert_eq!(read(written), Ok(document));
}

#[test]
fn an_unknown_field_is_an_error_at_its_place() {
    let unknown = "program.unknown_field";
    let mut misspelt = contract();
    misspelt["points"]["earn"]["multiplyers"] = json!([]);
    let mut extra_in_rule = contract();
    extra_in_rule["points"]["earn"]["rules"][0]["rate"]["par"] = json!(1);
    let mut extra_in_kind = contract();
    extra_in_kind["points"]["maturity"]["days"] = json!(3);

    assert_eq!(problems(misspelt), one("/points/earn/multiplyers", unknown));
    assert_eq!(problems(extra_in_rule), one("/points/earn/rules/0/rate/par", unknown));
    assert_eq!(problems(extra_in_kind), one("/points/maturity/days", unknown));
    assert_eq!(problems(json!({"coupon": {}})), one("/coupon", unknown));
}

#[test]
fn a_missing_field_or_a_wrong_shape_is_an_error_at_its_place() {
    let missing = with("/points/earn/rules/0", json!({"id": "base", "when": "true"}));
    let fraction = with("/points/earn/multipliers/0/factor", json!(1.5));
    let number = with("/points/earn/rules/0/rate/points", json!(10.5));
    let kind = with("/points/expiry", json!({"kind": "sometime"}));

    assert_eq!(problems(missing), one("/points/earn/rules/0", "program.missing_field"));
    assert_eq!(problems(fraction), one("/points/earn/multipliers/0/factor", "program.shape"));
    assert_eq!(problems(number), one("/points/earn/rules/0/rate/points", "program.shape"));
    assert_eq!(problems(kind), one("/points/expiry/kind", "program.shape"));
}

#[test]
fn a_mistake_in_an_expression_has_its_line_and_column() {
    let condition = "order.paid > 0 &&\n  member.teir == 'gold'";

    let found = checked(with("/points/earn/multipliers/1/when", json!(condition))).unwrap_err();

    let [problem] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(problem.pointer, "/points/earn/multipliers/1/when");
    assert_eq!(problem.code, "program.expression");
    assert_eq!((problem.line, problem.column), (Some(2), Some(3)));
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mut document = with("/currency", json!("cny"));
    document["time_zone"] = json!("Asia/Atlantis");
    document["growth"]["rules"][0]["when"] = json!("member.");
    document["tiers"]["period_months"] = json!(0);

    let found: Vec<_> = problems(document).into_iter().map(|(pointer, _)| pointer).collect();

    assert_eq!(found, ["/currency", "/time_zone", "/growth/rules/0/when", "/tiers/period_months"]);
}

#[test]
fn ids_are_unique_and_well_formed() {
    let rate = json!({"points": 1, "per": 1});
    let twice = json!([
        {"id": "a", "when": "order.paid > 1", "rate": rate},
        {"id": "a", "when": "true", "rate": rate},
    ]);

    assert_eq!(
        problems(with("/points/earn/rules", twice)),
        one("/points/earn/rules/1/id", "program.duplicate_id")
    );
    for malformed in ["", "a b", "-a", "ä", &"x".repeat(65)] {
        assert_eq!(
            problems(with("/points/earn/rules/0/id", json!(malformed))),
            one("/points/earn/rules/0/id", "program.id"),
            "{malformed}"
        );
    }
    assert_eq!(problems(with("/points/earn/rules/0/id", json!("x".repeat(64)))), []);
}

#[test]
fn fractions_are_bounded() {
    let code = "program.fraction";
    for (pointer, good, bad) in [
        ("/points/earn/multipliers/0/factor/num", vec![0, 1_000_000], vec![-1, 1_000_001]),
        ("/points/earn/multipliers/0/factor/den", vec![1, 1_000_000], vec![0, 1_000_001]),
        ("/points/earn/rules/0/rate/points", vec![0, 1_000_000], vec![-1, 1_000_001]),
        ("/points/earn/rules/0/rate/per", vec![1, 1_000_000_000], vec![0, 1_000_000_001]),
        ("/growth/rules/0/rate/per", vec![1], vec![0]),
    ] {
        for value in good {
            assert_eq!(problems(with(pointer, json!(value))), [], "{pointer} {value}");
        }
        for value in bad {
            assert_eq!(problems(with(pointer, json!(value))), one(pointer, code), "{value}");
        }
    }
}

#[test]
fn amounts_are_bounded() {
    for (pointer, bad) in [
        ("/points/earn/caps/order", -1),
        ("/points/earn/caps/member_day", -1),
        ("/points/earn/caps/member_month", -1),
        ("/points/earn/multipliers/0/budget", -1),
        ("/points/restore_grace_days", -1),
        ("/points/awards/join", -1),
        ("/points/spend/points", 0),
        ("/points/spend/step", 0),
        ("/points/spend/min", -1),
        ("/points/expiry/months", 0),
        ("/tiers/grace_days", -1),
        ("/tiers/window/months", 0),
    ] {
        let mut document = with("/points/earn/multipliers/1/budget", json!(0));
        document["points"]["earn"]["multipliers"][0]["budget"] = json!(0);
        *document.pointer_mut(pointer).unwrap() = json!(bad);

        assert_eq!(problems(document), one(pointer, "program.range"));
    }
}

#[test]
fn points_pay_at_most_the_whole() {
    let share = |num: i64| with("/points/spend/max_share", json!({"num": num, "den": 2}));

    assert_eq!(problems(share(2)), []);
    assert_eq!(problems(share(3)), one("/points/spend/max_share", "program.fraction"));
    assert_eq!(checked(share(1)).unwrap().spend.max_share, Fraction { num: 1, den: 2 });
}

#[test]
fn the_ladder_ascends_from_zero() {
    let code = "program.tier_order";

    assert_eq!(
        problems(with("/tiers/ladder", json!([]))),
        one("/tiers/ladder", code)
            .into_iter()
            .chain(one("/points/earn/multipliers/0/when", "program.unknown_tier"))
            .collect::<Vec<_>>()
    );
    assert_eq!(problems(with("/tiers/ladder/0/from", json!(1))), one("/tiers/ladder/0/from", code));
    assert_eq!(
        problems(with("/tiers/ladder/2/from", json!(1000)))[0],
        one("/tiers/ladder/2/from", code)[0]
    );
}

#[test]
fn a_keep_target_is_at_most_where_the_tier_begins() {
    assert_eq!(problems(with("/tiers/ladder/1/keep", json!(1000))), []);
    assert_eq!(
        problems(with("/tiers/ladder/1/keep", json!(1001))),
        one("/tiers/ladder/1/keep", "program.tier_keep")
    );
}

#[test]
fn a_tier_has_a_name() {
    assert_eq!(problems(with("/tiers/ladder/1/name", json!({"zh": "银卡"}))), []);
    assert_eq!(
        problems(with("/tiers/ladder/1/name", json!({}))),
        one("/tiers/ladder/1/name", "program.tier_name")
    );
}

#[test]
fn a_multiplier_ends_after_it_begins() {
    let mut document = contract();
    document["points"]["earn"]["multipliers"][0]["from"] = json!("2026-11-11T00:00:00+08:00");
    document["points"]["earn"]["multipliers"][0]["until"] = json!("2026-11-10T16:00:00Z");

    assert_eq!(problems(document), one("/points/earn/multipliers/0/until", "program.time_range"));
}

#[test]
fn a_rule_after_one_that_always_holds_is_warned_of() {
    let rate = json!({"points": 1, "per": 1});
    let rules = json!([
        {"id": "all", "when": " true ", "rate": rate},
        {"id": "never", "when": "order.first", "rate": rate},
    ]);

    let program = checked(with("/points/earn/rules", rules)).unwrap();

    let [warning] = program.warnings.as_slice() else { panic!("{:?}", program.warnings) };
    assert_eq!(warning.pointer, "/points/earn/rules/1");
    assert_eq!(
        (warning.code.as_str(), warning.severity),
        ("program.unreachable", Severity::Warning)
    );
}

#[test]
fn exclusive_multipliers_at_the_same_time_are_warned_of() {
    let exclusive = |id: &str, from: &str, until: &str| {
        json!({"id": id, "when": "true", "factor": {"num": 2, "den": 1}, "exclusive": true,
               "from": from, "until": until})
    };
    let may = exclusive("may", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    let june = exclusive("june", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let late_may = exclusive("late-may", "2026-05-31T00:00:00Z", "2026-06-01T00:00:00Z");

    let apart = with("/points/earn/multipliers", json!([may, june]));
    let overlapping = with("/points/earn/multipliers", json!([may, june, late_may]));

    assert_eq!(problems(apart), []);
    assert_eq!(
        problems(overlapping),
        one("/points/earn/multipliers/2", "program.overlapping_exclusive")
    );
}

#[test]
fn a_tier_that_is_not_in_the_ladder_is_warned_of() {
    let code = "program.unknown_tier";
    let pointer = "/points/earn/multipliers/0/when";
    for unknown in [
        "member.tier == 'golden'",
        "member.tier != \"golden\"",
        "order.first && member.tier in ['gold', 'golden']",
    ] {
        assert_eq!(problems(with(pointer, json!(unknown))), one(pointer, code), "{unknown}");
    }
    assert_eq!(problems(with(pointer, json!("member.tier in ['gold', 'silver']"))), []);
}

fn with_card(card: &serde_json::Value) -> serde_json::Value {
    let mut section = json!({
        "id": "year", "name": {"zh": "年卡"}, "kind": "benefit",
        "validity": {"kind": "months", "months": 12},
    });
    for (name, value) in card.as_object().unwrap() {
        section[name] = value.clone();
    }
    let mut document = contract();
    document["cards"] = json!([section]);
    document
}

#[test]
fn a_card_of_either_kind_has_what_belongs_to_it() {
    let service = |more: &serde_json::Value| {
        let mut card = json!({"kind": "service", "visits": 10});
        for (name, value) in more.as_object().unwrap() {
            card[name] = value.clone();
        }
        problems(with_card(&card))
    };
    let gifts = json!({"at_sale": {"points": 1}});

    assert_eq!(problems(with_card(&json!({"gifts": gifts}))), []);
    assert_eq!(service(&json!({"share_with_max": 20, "visits_per_day": 1})), []);
    assert_eq!(
        service(&json!({"share_with_max": 21})),
        one("/cards/0/share_with_max", "program.range")
    );
    assert_eq!(service(&json!({"visits": 0})), one("/cards/0/visits", "program.range"));
    assert_eq!(service(&json!({"visits": null})), one("/cards/0/visits", "program.card"));
    assert_eq!(service(&json!({"gifts": gifts})), one("/cards/0/gifts", "program.card"));
    assert_eq!(problems(with_card(&json!({"visits": 1}))), one("/cards/0/visits", "program.card"));
    assert_eq!(
        problems(with_card(&json!({"gifts": {"monthly": {}}}))),
        one("/cards/0/gifts/monthly", "program.gift_empty")
    );
    assert_eq!(
        problems(with_card(&json!({"price": {"money": 0}}))),
        one("/cards/0/price/money", "program.range")
    );
    assert_eq!(
        problems(with_card(&json!({"validity": {"kind": "months", "months": 121}}))),
        one("/cards/0/validity/months", "program.range")
    );
    assert_eq!(
        problems(with_card(&json!({"validity": {"kind": "until", "date": "2026-02-30"}}))),
        one("/cards/0/validity", "program.shape")
    );
}

#[test]
fn a_tier_gives_what_its_benefits_say() {
    let benefits = |benefits: serde_json::Value| {
        let mut document = contract();
        document["tiers"]["ladder"][1]["benefits"] = benefits;
        problems(document)
    };
    let place = |field: &str| format!("/tiers/ladder/1/benefits/{field}");

    assert_eq!(benefits(json!({"birthday": {"points": 1, "days_before": 31}})), []);
    assert_eq!(
        benefits(json!({"birthday": {"points": 1, "days_before": 32}})),
        one(&place("birthday/days_before"), "program.range")
    );
    assert_eq!(
        benefits(json!({"monthly": {"points": 1, "day": 29}})),
        one(&place("monthly/day"), "program.range")
    );
    assert_eq!(
        benefits(json!({"upgrade": {"coupons": []}})),
        one(&place("upgrade"), "program.gift_empty")
    );
    assert_eq!(
        benefits(json!({"upgrade": {"coupons": ["none"]}})),
        one(&place("upgrade/coupons/0"), "program.shape")
    );
}

#[test]
fn cards_are_loaded_only_where_a_condition_asks_for_them() {
    let asks = |pointer: &str, when: &str| {
        let mut document = with_card(&json!({}));
        *document.pointer_mut(pointer).unwrap() = json!(when);
        checked(document).unwrap()
    };
    let mut promotion = with_card(&json!({}));
    promotion["promotions"]["list"] = json!([{
        "id": "card", "audience": "'year' in member.cards",
        "benefits": [{"kind": "amount", "amount": 100}],
    }]);

    let multiplier = "/points/earn/multipliers/0/when";
    assert!(!checked(with_card(&json!({}))).unwrap().asks_for_cards);
    assert!(asks(multiplier, "'year' in member.cards").asks_for_cards);
    assert!(checked(promotion).unwrap().asks_for_cards);
    let unknown = asks(multiplier, "'yaer' in member.cards").warnings;
    assert_eq!(unknown[0].code, "program.unknown_card");
}

#[test]
fn every_kind_of_expiry_and_maturity_reads() {
    for (written, compiled) in [
        (json!({"kind": "never"}), Expiry::Never),
        (json!({"kind": "days", "days": 30}), Expiry::Days { days: 30, at: At::EndOfDay }),
        (
            json!({"kind": "months", "months": 3, "at": "end_of_month"}),
            Expiry::Months { months: 3, at: At::EndOfMonth },
        ),
        (
            json!({"kind": "year_end", "years": 1, "grace_days": 90}),
            Expiry::YearEnd { years: 1, grace_days: 90 },
        ),
        (json!({"kind": "activity", "days": 365}), Expiry::Activity { days: 365 }),
    ] {
        assert_eq!(checked(with("/points/expiry", written)).unwrap().policy.expiry, compiled);
    }
    for (written, compiled) in [
        (json!({"kind": "immediate"}), Maturity::Immediate),
        (json!({"kind": "days", "days": 7}), Maturity::Days(7)),
        (json!({"kind": "after_completion", "days": 7}), Maturity::AfterCompletion(7)),
    ] {
        assert_eq!(checked(with("/points/maturity", written)).unwrap().policy.maturity, compiled);
    }
}

#[test]
fn the_schema_describes_every_field() {
    let schema = json_schema();

    let multiplier = schema.pointer("/$defs/MultiplierSection").unwrap();
    assert_eq!(multiplier["additionalProperties"], json!(false));
    for field in ["id", "when", "factor", "from", "until", "exclusive", "budget"] {
        assert!(multiplier["properties"][field]["description"].is_string(), "{field}");
    }
    assert_eq!(schema["properties"]["time_zone"]["default"], json!("Asia/Shanghai"));
}

#[test]
fn a_version_counts_from_its_very_instant() {
    let june = at("2026-06-01T00:00:00+08:00");
    let versions = [(2, june), (1, at("2026-01-01T00:00:00+08:00")), (3, june)];

    assert_eq!(in_force(&versions, Timestamp(june.0 - 1)), Some(1));
    assert_eq!(in_force(&versions, june), Some(3));
    assert_eq!(in_force(&versions, at("2025-12-31T23:59:59.999999+08:00")), None);
    assert_eq!(in_force(&[], june), None);
}
