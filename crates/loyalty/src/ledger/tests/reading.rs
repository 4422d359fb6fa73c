//! The balance by the time alone (semantics 3).

use super::*;

#[test]
fn a_lot_is_gone_at_its_expiry_instant() {
    let mut desk = Desk::new();
    desk.lot(100, at("2026-05-01 10:00"), Some(at("2026-06-01 00:00")));

    assert_eq!(desk.available(at("2026-05-31 23:59:59.999999")), 100);
    assert_eq!(desk.available(at("2026-06-01 00:00")), 0);
    let before = desk.balance(at("2026-06-01 00:00"));
    desk.settle(at("2026-06-01 00:03"));
    assert_eq!(
        desk.balance(at("2026-06-01 00:03")),
        Balance { at: at("2026-06-01 00:03"), ..before }
    );
    assert_eq!(desk.entries.last().map(|entry| entry.at), Some(at("2026-06-01 00:00")));
    desk.assert_balanced();
}

#[test]
fn a_hold_counts_as_released_at_its_time_out() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(100, day, None);
    desk.hold(80, day, at("2026-05-01 10:15"));

    let before = desk.balance(at("2026-05-01 10:14:59.999999"));
    let after = desk.balance(at("2026-05-01 10:15"));

    assert_eq!((before.available, before.held), (Points(20), Points(80)));
    assert_eq!((after.available, after.held), (Points(100), Points(0)));
}

#[test]
fn what_expires_is_listed_by_instant() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(10, day, Some(at("2026-07-01 00:00")));
    desk.lot(20, day, Some(at("2026-06-01 00:00")));
    desk.lot(5, day, None);
    let end = Some(at("2026-07-01 00:00"));
    desk.give(Earning { available_at: None, expires_at: end, ..earning(ANNA, 7, day) }, day);

    let expiring = desk.balance(day).expiring;

    assert_eq!(
        expiring,
        [(at("2026-06-01 00:00"), Points(20)), (at("2026-07-01 00:00"), Points(17))]
    );
}

#[test]
fn the_next_thing_due_is_the_earliest() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    assert_eq!(next_due(&desk.account), None);

    desk.lot(10, day, Some(at("2026-07-01 00:00")));
    assert_eq!(next_due(&desk.account), Some(at("2026-07-01 00:00")));
    let available_at = Some(at("2026-06-01 00:00"));
    desk.give(Earning { available_at, ..earning(ANNA, 7, day) }, day);
    assert_eq!(next_due(&desk.account), available_at);
    desk.hold(10, day, at("2026-05-02 00:00"));
    assert_eq!(next_due(&desk.account), Some(at("2026-05-02 00:00")));
    desk.settle(at("2026-07-01 00:00"));
    assert_eq!(next_due(&desk.account), None);
}

#[test]
fn at_one_instant_releases_come_before_expiries_before_maturities() {
    let mut desk = Desk::new();
    let (day, midnight) = (at("2026-05-01 10:00"), at("2026-06-01 00:00"));
    desk.lot(10, day, Some(midnight));
    desk.hold(4, day, midnight);
    assert!(desk.adjust(-9, true, day).is_ok());
    desk.give(Earning { available_at: Some(midnight), ..earning(ANNA, 7, day) }, day);
    let written = desk.entries.len();

    desk.settle(midnight);

    let kinds = desk.kinds().split_off(written);
    // The four points that come back end at once and pay nothing of the debt of three.
    assert_eq!(kinds, [EntryKind::Release, EntryKind::Expire, EntryKind::Mature, EntryKind::Repay]);
    assert_eq!(desk.available(midnight), 4);
    desk.assert_balanced();
}

#[test]
fn a_lot_shows_where_it_is_in_its_life() {
    let mut desk = Desk::new();
    let (day, end) = (at("2026-05-01 10:00"), at("2026-06-01 00:00"));
    let lot = desk.lot(10, day, Some(end));
    let next = at("2026-05-02 10:00");
    let waiting = Earning { available_at: Some(next), ..earning(ANNA, 10, day) };
    let pending = desk.give(waiting, day).lot.unwrap_or(LotId(0));

    assert_eq!(lot_state(&desk.found(pending), day), LotState::Pending);
    assert_eq!(lot_state(&desk.found(pending), next), LotState::Open);
    assert_eq!(lot_state(&desk.found(lot), day), LotState::Open);
    assert_eq!(lot_state(&desk.found(lot), end), LotState::Expired);
    assert!(desk.spend(10, day).is_ok());
    assert_eq!(lot_state(&desk.found(lot), end), LotState::Used);
    assert_eq!(desk.claw_back(ORDER, 10, next).clawed_back, Points(10));
    assert_eq!(lot_state(&desk.found(pending), next), LotState::ClawedBack);
}
