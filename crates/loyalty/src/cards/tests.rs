use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const OWNER: MemberId = MemberId(1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn terms(more: &Value) -> CardSection {
    let mut section = json!({
        "id": "card", "name": {"zh": "卡", "en": "Card"}, "kind": "benefit",
        "price": {"money": 9_900}, "validity": {"kind": "months", "months": 12},
    });
    for (name, value) in more.as_object().unwrap() {
        section[name] = value.clone();
    }
    serde_json::from_value(section).unwrap()
}

fn service(more: &Value) -> CardSection {
    let mut section = json!({"kind": "service", "visits": 10});
    for (name, value) in more.as_object().unwrap() {
        section[name] = value.clone();
    }
    terms(&section)
}

fn card(terms: CardSection, sold: Timestamp) -> Card {
    let (valid_from, valid_until) = span(&terms, None, &zone(), sold).unwrap();
    Card {
        id: CardId(1),
        member: OWNER,
        home: OWNER,
        visits_left: terms.visits,
        terms,
        sale: Sale {
            paid_by: PaidBy::Money,
            money: Money(9_900),
            points: Points::ZERO,
            draws: Vec::new(),
            entry: None,
            order: None,
            channel: None,
            shop: None,
            staff: None,
            exchange: None,
            at: sold,
        },
        valid_from,
        valid_until,
        used_up_at: None,
        ended: None,
    }
}

fn by(member: i64, visits: i64, sharers: &[MemberId], today: i64) -> Use<'_> {
    Use { by: MemberId(member), visits, sharers, today }
}

#[test]
fn a_card_is_valid_to_the_end_of_its_last_day() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let card = card(terms(&json!({})), sold);
    let end = at("2027-11-25T00:00:00+08:00");

    assert_eq!(card.state(Timestamp(sold.0 - 1)), State::Upcoming);
    assert_eq!(card.state(sold), State::InForce);
    assert_eq!(card.state(Timestamp(end.0 - 1)), State::InForce);
    assert_eq!(card.state(end), State::Expired);
}

#[test]
fn a_renewal_begins_where_the_running_one_ends_and_loses_no_day() {
    let now = at("2027-11-01T10:00:00+08:00");
    let running = at("2027-11-25T00:00:00+08:00");

    let renewed = span(&terms(&json!({})), Some(running), &zone(), now);
    let over = span(&terms(&json!({})), Some(now), &zone(), now);
    let visits = span(&service(&json!({})), Some(running), &zone(), now);

    assert_eq!(renewed, Ok((running, at("2028-11-25T00:00:00+08:00"))));
    assert_eq!(over.unwrap().0, now);
    assert_eq!(visits.unwrap().0, now);
}

#[test]
fn a_card_to_the_end_of_a_date_cannot_be_extended() {
    let fixed = terms(&json!({"validity": {"kind": "until", "date": "2026-12-31"}}));
    let end = at("2027-01-01T00:00:00+08:00");

    let sold = span(&fixed, None, &zone(), Timestamp(end.0 - 1));

    assert_eq!(sold.unwrap().1, end);
    assert_eq!(span(&fixed, None, &zone(), end), Err(Refusal::TooLate));
    let now = at("2026-12-01T00:00:00+08:00");
    assert_eq!(span(&fixed, Some(end), &zone(), now), Err(Refusal::NothingToExtend));
}

#[test]
fn a_card_is_sold_in_its_time_at_its_price_and_within_its_limit() {
    let (from, until) = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
    let on_sale = terms(&json!({"from": from, "until": until, "per_member": 2}));
    let paused = terms(&json!({"paused": true}));
    let sell =
        |terms: &CardSection, held: i64, now: Timestamp| sellable(terms, PaidBy::Money, held, now);

    assert_eq!(sell(&on_sale, 0, Timestamp(from.0 - 1)), Err(Refusal::TooEarly(from)));
    assert_eq!(sell(&on_sale, 1, from), Ok(()));
    assert_eq!(sell(&on_sale, 2, from), Err(Refusal::PerMember(2)));
    assert_eq!(sell(&on_sale, 0, Timestamp(until.0 - 1)), Ok(()));
    assert_eq!(sell(&on_sale, 0, until), Err(Refusal::TooLate));
    assert_eq!(sell(&paused, 0, from), Err(Refusal::Paused));
    assert_eq!(sellable(&on_sale, PaidBy::Points, 0, from), Err(Refusal::NoSuchPrice));
    assert_eq!(sellable(&paused, PaidBy::Gift, 0, from), Ok(()));
}

#[test]
fn visits_are_taken_one_by_one_until_none_is_left() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let mut card = card(service(&json!({"visits": 3, "visits_per_day": 2})), sold);

    assert_eq!(visit(&mut card, by(1, 2, &[], 0), sold), Ok(()));
    assert_eq!(visit(&mut card, by(1, 1, &[], 2), sold), Err(Refusal::PerDay(2)));
    assert_eq!(visit(&mut card, by(1, 2, &[], 0), sold), Err(Refusal::VisitsLeft(1)));
    assert_eq!(visit(&mut card, by(1, 1, &[], 1), sold), Ok(()));
    assert_eq!(card.state(sold), State::UsedUp);
    assert_eq!(visit(&mut card, by(1, 1, &[], 0), sold), Err(Refusal::NotInForce(State::UsedUp)));
    assert_eq!(undo_visit(&mut card, 1, sold), Ok(()));
    assert_eq!((card.state(sold), card.visits_left), (State::InForce, Some(1)));
}

#[test]
fn as_many_others_may_use_a_card_as_it_is_shared_with() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let mut shared = card(service(&json!({"share_with_max": 1})), sold);
    let mut alone = card(service(&json!({})), sold);
    let friend = [MemberId(2)];

    assert_eq!(visit(&mut alone, by(2, 1, &[], 0), sold), Err(Refusal::Shared(0)));
    assert_eq!(visit(&mut shared, by(2, 1, &[], 0), sold), Ok(()));
    assert_eq!(visit(&mut shared, by(2, 1, &friend, 0), sold), Ok(()));
    assert_eq!(visit(&mut shared, by(3, 1, &friend, 0), sold), Err(Refusal::Shared(1)));
    assert_eq!(visit(&mut shared, by(1, 1, &friend, 0), sold), Ok(()));
}

#[test]
fn an_unused_card_goes_back_whole_and_a_used_one_by_its_terms() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let pro_rata = json!({"refund": "pro_rata", "validity": {"kind": "days", "days": 9}});
    let later = at("2026-11-27T09:00:00+08:00");
    let give_back =
        |terms: CardSection, is_used, now| refund(&mut card(terms, sold), is_used, &zone(), now);

    assert_eq!(give_back(terms(&json!({})), false, later), Ok(Share::ALL));
    assert_eq!(give_back(terms(&json!({})), true, later), Err(Refusal::Used));
    // 24 November to 3 December are ten days; the 24th to the 27th are used.
    assert_eq!(give_back(terms(&pro_rata), true, later), Ok(Share { left: 6, whole: 10 }));
    assert_eq!(
        give_back(terms(&pro_rata), true, at("2026-12-04T00:00:00+08:00")),
        Err(Refusal::NotInForce(State::Expired))
    );
}

#[test]
fn visits_left_are_what_goes_back_of_a_service_card() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let mut card = card(service(&json!({"visits": 3, "refund": "pro_rata"})), sold);
    visit(&mut card, by(1, 1, &[], 0), sold).unwrap();

    let share = refund(&mut card, false, &zone(), sold).unwrap();

    assert_eq!((share.of(9_900), share.of(100)), (6_600, 66));
    assert_eq!(card.state(sold), State::Refunded);
    assert_eq!(undo_visit(&mut card, 1, sold), Err(Refusal::NotInForce(State::Refunded)));
}

#[test]
fn a_card_of_an_exchange_goes_back_with_it_and_only_unused() {
    let sold = at("2026-11-24T10:00:00+08:00");
    let mut card = card(service(&json!({"refund": "pro_rata"})), sold);
    card.sale.exchange = Some(ExchangeId(7));

    assert_eq!(refund(&mut card, false, &zone(), sold), Err(Refusal::OfExchange));
    visit(&mut card, by(1, 1, &[], 0), sold).unwrap();
    assert_eq!(return_unused(&mut card, false, sold), Err(Refusal::Used));
    undo_visit(&mut card, 1, sold).unwrap();
    assert_eq!(return_unused(&mut card, false, sold), Ok(()));
}

#[test]
fn a_card_of_twelve_months_gives_twelve_monthly_gifts() {
    let sold = at("2026-01-31T10:00:00+08:00");
    let card = card(terms(&json!({})), sold);

    let times: Vec<Timestamp> = gift_times(card.valid_from, card.valid_until, &zone()).collect();

    assert_eq!(times.len(), 12);
    assert_eq!(times[0], sold);
    assert_eq!(times[1], at("2026-02-28T10:00:00+08:00"));
    assert_eq!(times[11], at("2026-12-31T10:00:00+08:00"));
}

proptest! {
    #[test]
    fn visits_left_and_taken_always_add_up(
        acts in proptest::collection::vec((1_i64..4, any::<bool>()), 0..40),
    ) {
        let sold = at("2026-11-24T10:00:00+08:00");
        let mut card = card(service(&json!({"visits": 12})), sold);
        let mut taken: Vec<i64> = Vec::new();

        for (visits, is_undo) in acts {
            match (is_undo, taken.last().copied()) {
                (true, Some(last)) => {
                    undo_visit(&mut card, last, sold).unwrap();
                    taken.pop();
                }
                _ => {
                    if visit(&mut card, by(1, visits, &[], 0), sold).is_ok() {
                        taken.push(visits);
                    }
                }
            }
            let left = card.visits_left.unwrap();
            prop_assert!(left >= 0);
            prop_assert_eq!(left + taken.iter().sum::<i64>(), 12);
            prop_assert_eq!(card.state(sold) == State::UsedUp, left == 0);
        }
    }
}
