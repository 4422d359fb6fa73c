//! Lots and their ends (semantics 2).

use super::*;

#[test]
fn points_end_where_the_policy_says() {
    let zone = shanghai();
    let earned = at("2026-01-31 10:00");
    let end = |expiry| expires_at(expiry, earned, &zone);

    assert_eq!(end(Expiry::Never), None);
    assert_eq!(end(Expiry::Days { days: 1, at: At::Instant }), Some(at("2026-02-01 10:00")));
    assert_eq!(end(Expiry::Days { days: 1, at: At::EndOfDay }), Some(at("2026-02-02 00:00")));
    assert_eq!(end(Expiry::Days { days: 1, at: At::EndOfMonth }), Some(at("2026-03-01 00:00")));
    assert_eq!(end(Expiry::Months { months: 1, at: At::Instant }), Some(at("2026-02-28 10:00")));
    assert_eq!(end(Expiry::Months { months: 1, at: At::EndOfDay }), Some(at("2026-03-01 00:00")));
    assert_eq!(
        end(Expiry::Months { months: 12, at: At::EndOfMonth }),
        Some(at("2027-02-01 00:00"))
    );
    assert_eq!(end(Expiry::YearEnd { years: 1, grace_days: 0 }), Some(at("2028-01-01 00:00")));
    assert_eq!(end(Expiry::YearEnd { years: 0, grace_days: 31 }), Some(at("2027-02-01 00:00")));
    assert_eq!(end(Expiry::Activity { days: 10 }), Some(at("2026-02-11 00:00")));
}

#[test]
fn the_year_of_earning_is_the_local_one() {
    let zone = shanghai();
    let expiry = Expiry::YearEnd { years: 0, grace_days: 0 };

    assert_eq!(
        expires_at(expiry, at("2026-12-31 23:59:59.999999"), &zone),
        Some(at("2027-01-01 00:00"))
    );
    assert_eq!(expires_at(expiry, at("2027-01-01 00:00"), &zone), Some(at("2028-01-01 00:00")));
}

#[test]
fn points_mature_where_the_policy_says() {
    let zone = shanghai();
    let earned = at("2026-05-01 10:00");

    assert_eq!(available_at(Maturity::Immediate, earned, &zone), Some(earned));
    assert_eq!(available_at(Maturity::Days(7), earned, &zone), Some(at("2026-05-08 10:00")));
    assert_eq!(available_at(Maturity::AfterCompletion(7), earned, &zone), None);
}

#[test]
fn nothing_earned_makes_no_lot_and_no_entry() {
    let mut desk = Desk::new();

    let earned = desk.order(ORDER, 0, at("2026-05-01 10:00"));

    assert_eq!(earned, Earned::default());
    assert!(desk.entries.is_empty() && desk.account.lots.is_empty());
}

#[test]
fn a_lot_is_pending_until_its_maturity_instant() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let earning = Earning { available_at: Some(at("2026-05-08 10:00")), ..earning(ANNA, 45, day) };

    let earned = desk.give(earning, day);

    assert_eq!(earned.pending, Points(45));
    let before = desk.balance(at("2026-05-08 09:59:59.999999"));
    assert_eq!((before.available, before.pending), (Points(0), Points(45)));
    let after = desk.balance(at("2026-05-08 10:00"));
    assert_eq!((after.available, after.pending), (Points(45), Points(0)));
    desk.settle(at("2026-05-09 00:00"));
    assert_eq!(desk.kinds(), [EntryKind::Earn, EntryKind::Mature]);
    assert_eq!(desk.entries.last().map(|entry| entry.at), Some(at("2026-05-08 10:00")));
    desk.assert_balanced();
}

#[test]
fn a_completion_starts_the_clock_once() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let waiting = Earning { available_at: None, ..earning(ANNA, 45, day) };
    let source = Source { order: Some(ORDER), ..waiting.source };
    desk.give(Earning { source, ..waiting }, day);
    let completion = |completed: &str| Completion { at: at(completed), days: 7, zone: &desk.zone };
    let (first, second) = (completion("2026-05-03 12:00"), completion("2026-05-04 12:00"));

    assert_eq!(balance(&desk.account, at("2030-01-01 00:00")).pending, Points(45));
    complete(&mut desk.account, ORDER, first, first.at, &mut desk.ids, &mut desk.entries);
    complete(&mut desk.account, ORDER, second, second.at, &mut desk.ids, &mut desk.entries);

    assert_eq!(balance(&desk.account, at("2026-05-10 11:59:59.999999")).available, Points(0));
    assert_eq!(balance(&desk.account, at("2026-05-10 12:00")).available, Points(45));
}

#[test]
fn a_late_completion_matures_at_once_and_is_dated_when_it_was_due() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let waiting = Earning { available_at: None, ..earning(ANNA, 45, day) };
    let source = Source { order: Some(ORDER), ..waiting.source };
    desk.give(Earning { source, ..waiting }, day);
    let now = at("2026-06-01 00:00");
    assert!(desk.adjust(-10, true, now).is_ok());
    let zone = shanghai();
    let completion = Completion { at: at("2026-05-02 10:00"), days: 1, zone: &zone };

    complete(&mut desk.account, ORDER, completion, now, &mut desk.ids, &mut desk.entries);

    let dated: Vec<_> = desk.entries.iter().skip(2).map(|entry| (entry.kind, entry.at)).collect();
    assert_eq!(dated, [(EntryKind::Mature, at("2026-05-03 10:00")), (EntryKind::Repay, now)]);
    assert_eq!(desk.available(now), 35);
    desk.assert_balanced();
}

#[test]
fn a_lot_that_comes_after_its_end_expires_at_its_end() {
    let mut desk = Desk::new();
    let late = earning(ANNA, 30, at("2025-01-01 10:00"));
    let end = at("2026-01-02 00:00");

    desk.give(Earning { expires_at: Some(end), ..late }, at("2026-05-01 10:00"));

    assert_eq!(desk.kinds(), [EntryKind::Earn, EntryKind::Expire]);
    assert_eq!(desk.entries.last().map(|entry| entry.at), Some(end));
    assert_eq!(desk.available(at("2026-05-01 10:00")), 0);
    desk.assert_balanced();
}

#[test]
fn activity_slides_the_open_lots_and_never_backwards() {
    let mut desk = Desk::new();
    desk.policy.expiry = Expiry::Activity { days: 30 };
    let first = at("2026-05-01 10:00");
    let end = |earned| expires_at(Expiry::Activity { days: 30 }, earned, &shanghai());
    let short = desk.lot(10, first, end(first));
    let long = desk.lot(10, first, Some(at("2027-01-01 00:00")));
    let never = desk.lot(10, first, None);
    let waiting = Earning { available_at: None, expires_at: end(first), ..earning(ANNA, 5, first) };
    let pending = desk.give(waiting, first).lot.unwrap_or(LotId(0));

    let second = at("2026-05-20 10:00");
    desk.lot(1, second, end(second));

    assert_eq!(desk.found(short).expires_at, Some(at("2026-06-20 00:00")));
    assert_eq!(desk.found(long).expires_at, Some(at("2027-01-01 00:00")));
    assert_eq!(desk.found(never).expires_at, None);
    assert_eq!(desk.found(pending).expires_at, Some(at("2026-06-01 00:00")));
    // A late event of long ago moves nothing back.
    desk.give(earning(ANNA, 1, at("2026-05-02 10:00")), second);
    assert_eq!(desk.found(short).expires_at, Some(at("2026-06-20 00:00")));
    assert!(desk.spend(1, at("2026-06-01 10:00")).is_ok());
    assert_eq!(desk.found(short).expires_at, Some(at("2026-07-02 00:00")));
}

#[test]
fn activity_does_not_wake_what_has_expired() {
    let mut desk = Desk::new();
    desk.policy.expiry = Expiry::Activity { days: 1 };
    let lot = desk.lot(10, at("2026-05-01 10:00"), Some(at("2026-05-03 00:00")));

    desk.lot(1, at("2026-05-03 00:00"), None);

    assert_eq!(desk.found(lot).expires_at, Some(at("2026-05-03 00:00")));
    assert_eq!(desk.available(at("2026-05-03 00:00")), 1);
}
