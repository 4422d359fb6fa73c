use serde_json::json;

use super::*;
use crate::program::reading::read;
use crate::program::{check, default_document};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn midnight(day: &str) -> Timestamp {
    at(&format!("{day}T00:00:00+08:00"))
}

fn program() -> Program {
    let mut document = serde_json::to_value(default_document()).unwrap();
    document["tiers"]["ladder"][1]["benefits"] = json!({
        "birthday": {"points": 100, "days_before": 7},
        "monthly": {"points": 10, "day": 5},
        "upgrade": {"points": 50},
    });
    document["tiers"]["ladder"][2]["benefits"] = json!({"birthday": {"points": 200}});
    check(&read(document).unwrap()).unwrap()
}

fn due(tier: &str, birthday: &str, day: &str) -> Vec<(Benefit, String, i64)> {
    let program = program();
    let birthday = Some(birthday.parse().unwrap());
    due_on(&program.ladder, &program.zone, tier, birthday, midnight(day))
        .into_iter()
        .map(|due| (due.benefit, due.period, due.gift.points.0))
        .collect()
}

#[test]
fn a_birthday_gift_is_due_from_its_days_before_to_the_day_itself() {
    let gift = |year: &str| vec![(Benefit::Birthday, year.to_owned(), 100)];

    assert_eq!(due("silver", "1990-06-15", "2026-06-07"), []);
    assert_eq!(due("silver", "1990-06-15", "2026-06-08"), gift("2026"));
    assert_eq!(due("silver", "1990-06-15", "2026-06-15"), gift("2026"));
    assert_eq!(due("silver", "1990-06-15", "2026-06-16"), []);
}

#[test]
fn a_birthday_in_january_is_prepared_in_december_for_its_own_year() {
    assert_eq!(
        due("silver", "1990-01-03", "2026-12-27"),
        [(Benefit::Birthday, "2027".to_owned(), 100)]
    );
}

#[test]
fn who_was_born_on_29_february_has_a_birthday_every_year() {
    let gift = |year: &str| vec![(Benefit::Birthday, year.to_owned(), 200)];

    assert_eq!(due("gold", "2000-02-29", "2027-02-28"), gift("2027"));
    assert_eq!(due("gold", "2000-02-29", "2027-03-01"), []);
    assert_eq!(due("gold", "2000-02-29", "2028-02-28"), []);
    assert_eq!(due("gold", "2000-02-29", "2028-02-29"), gift("2028"));
}

#[test]
fn the_day_of_birth_itself_is_no_birthday() {
    assert_eq!(due("gold", "2026-06-15", "2026-06-15"), []);
    assert_eq!(due("gold", "2026-06-15", "2027-06-15").len(), 1);
}

#[test]
fn a_monthly_gift_is_due_on_its_day() {
    let gift = vec![(Benefit::Monthly, "2026-11".to_owned(), 10)];

    assert_eq!(due("silver", "1990-06-15", "2026-11-04"), []);
    assert_eq!(due("silver", "1990-06-15", "2026-11-05"), gift);
    assert_eq!(due("gold", "1990-06-15", "2026-11-05"), []);
    assert_eq!(due("basic", "1990-06-15", "2026-11-05"), []);
}

#[test]
fn an_upgrade_is_known_by_its_tier_and_the_beginning_of_its_period() {
    let program = program();
    let (since, now) = (midnight("2026-05-01"), midnight("2026-05-02"));

    let silver = upgrade_due(&program.ladder, "silver", since, now).unwrap();

    assert_eq!(silver.period, "silver:2026-04-30T16:00:00Z");
    assert_eq!((silver.at, silver.gift.points.0), (now, 50));
    assert_eq!(upgrade_due(&program.ladder, "gold", since, now), None);
}

#[test]
fn what_comes_next_leaves_out_what_was_given() {
    let program = program();
    let birthday = Some("1990-06-15".parse().unwrap());
    let next = |given: &str, now: &str| {
        let is_given = |due: &Due| due.period == given;
        coming(&program, "silver", birthday, is_given, midnight(now))
            .into_iter()
            .map(|due| (due.period, due.at))
            .collect::<Vec<_>>()
    };

    let before = next("", "2026-06-01");
    let within = next("2026", "2026-06-10");

    assert_eq!(
        before,
        [
            ("2026".to_owned(), midnight("2026-06-08")),
            ("2026-06".to_owned(), midnight("2026-06-05"))
        ]
    );
    assert_eq!(
        within,
        [
            ("2027".to_owned(), midnight("2027-06-08")),
            ("2026-07".to_owned(), midnight("2026-07-05"))
        ]
    );
}

#[test]
fn a_day_without_anything_to_give_is_passed_over() {
    let program = program();
    let mut document = default_document();
    document.tiers.ladder.truncate(2);
    let plain = check(&document).unwrap();

    assert!(is_due_on(&program.ladder, &program.zone, midnight("2026-11-06")));
    assert!(has_calendar(&program.ladder));
    assert!(!has_calendar(&plain.ladder));
    assert!(!is_due_on(&plain.ladder, &plain.zone, midnight("2026-11-05")));
}
