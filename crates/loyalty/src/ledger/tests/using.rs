//! Spending and holds (semantics 4).

use super::*;

#[test]
fn the_soonest_to_expire_pays_first() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let never = desk.lot(10, day, None);
    let july = desk.lot(10, day, Some(at("2026-07-01 00:00")));
    let june_later = desk.lot(10, at("2026-05-01 11:00"), Some(at("2026-06-01 00:00")));
    let early = Earning { expires_at: Some(at("2026-06-01 00:00")), ..earning(ANNA, 10, day) };
    let june = desk.give(early, at("2026-05-01 11:00")).lot.unwrap_or(LotId(0));

    let spent = desk.spend(35, at("2026-05-02 10:00"));

    let draw = |lot, points| Draw { lot, points: Points(points) };
    assert_eq!(
        spent.map(|spent| spent.draws),
        Ok(vec![draw(june, 10), draw(june_later, 10), draw(july, 10), draw(never, 5)])
    );
    desk.assert_balanced();
}

#[test]
fn a_cancelled_hold_gives_back_what_has_not_expired() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, Some(at("2026-06-01 00:00")));
    desk.lot(100, day, Some(at("2026-07-01 00:00")));
    let hold = desk.hold(80, day, at("2026-06-10 00:00"));
    let drawn: Vec<i64> =
        desk.account.holds.iter().flat_map(|hold| &hold.draws).map(|draw| draw.points.0).collect();
    assert_eq!(drawn, [60, 20]);

    let second_of_june = at("2026-06-02 10:00");
    assert!(matches!(desk.cancel(hold, second_of_june), Ok(Cancelled::Released(_))));

    let expiry = desk.entries.last();
    assert_eq!(
        expiry.map(|entry| (entry.kind, entry.points, entry.at)),
        Some((EntryKind::Expire, -60, second_of_june))
    );
    assert_eq!(desk.available(second_of_june), 100);
    assert_eq!(desk.cancel(hold, second_of_june), Ok(Cancelled::AlreadyCancelled));
    assert_eq!(desk.confirm(hold, second_of_june), Err(ConfirmError::HoldCancelled(hold)));
    desk.assert_balanced();
}

#[test]
fn held_points_do_not_expire_while_held() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, Some(at("2026-06-01 00:00")));
    let hold = desk.hold(60, day, at("2026-06-10 00:00"));

    assert!(matches!(
        desk.confirm(hold, at("2026-06-09 23:59:59.999999")),
        Ok(Confirmed::Spent(_))
    ));

    assert_eq!(desk.kinds(), [EntryKind::Earn, EntryKind::Hold, EntryKind::Spend]);
    assert_eq!(desk.confirm(hold, at("2026-06-20 10:00")), Ok(Confirmed::AlreadyConfirmed));
    assert_eq!(desk.cancel(hold, at("2026-06-20 10:00")), Err(CancelError::HoldConfirmed(hold)));
    desk.assert_balanced();
}

#[test]
fn a_late_confirmation_takes_the_same_points_again() {
    let mut desk = Desk::new();
    let (day, until) = (at("2026-05-01 10:00"), at("2026-05-01 10:15"));
    let lot = desk.lot(60, day, None);
    let hold = desk.hold(50, day, until);

    assert!(matches!(desk.confirm(hold, until), Ok(Confirmed::Spent(_))));

    assert_eq!(desk.kinds().split_off(2), [EntryKind::Release, EntryKind::Spend]);
    assert_eq!(desk.found(lot).remaining, Points(10));
    desk.assert_balanced();
}

#[test]
fn a_late_confirmation_fails_when_the_points_are_gone() {
    let mut desk = Desk::new();
    let (day, until) = (at("2026-05-01 10:00"), at("2026-05-01 10:15"));
    desk.lot(60, day, Some(at("2026-06-01 00:00")));
    desk.lot(60, day, None);
    let spent = desk.hold(50, day, until);
    let expired = desk.hold(10, day, at("2026-05-20 00:00"));
    assert!(desk.spend(60, until).is_ok());

    // As many points remain, but not those of the same lot.
    assert_eq!(desk.confirm(spent, until), Err(ConfirmError::HoldLost(spent)));
    assert_eq!(desk.confirm(expired, at("2026-06-01 00:00")), Err(ConfirmError::HoldLost(expired)));
    assert_eq!(desk.cancel(expired, at("2026-06-01 00:00")), Ok(Cancelled::TimedOut));
    assert_eq!(desk.confirm(HoldId(9), until), Err(ConfirmError::NoHold(HoldId(9))));
    assert_eq!(desk.cancel(HoldId(9), until), Err(CancelError::NoHold(HoldId(9))));
    desk.assert_balanced();
}

#[test]
fn nothing_is_taken_when_points_do_not_suffice() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, None);
    let refusal = Insufficient { available: Points(60), required: Points(61) };

    assert_eq!(desk.spend(61, day).map(|spent| spent.draws), Err(refusal));
    assert_eq!(desk.adjust(-61, false, day), Err(refusal));
    assert_eq!(desk.hold(61, day, at("2026-05-02 10:00")), HoldId(0));

    assert_eq!(desk.available(day), 60);
    assert_eq!(desk.kinds(), [EntryKind::Earn]);
}

#[test]
fn an_adjustment_that_allows_it_makes_debt() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, None);

    let adjusted = desk.adjust(-100, true, day);

    assert_eq!(adjusted.map(|adjusted| adjusted.debt), Ok(Points(40)));
    assert_eq!(desk.entries.last().map(|entry| (entry.points, entry.debt)), Some((-100, 40)));
    let granted = desk.adjust(50, false, day);
    assert_eq!(granted.map(|granted| granted.debt_repaid), Ok(Points(40)));
    assert_eq!(desk.available(day), 10);
    desk.assert_balanced();
}

#[test]
fn released_points_pay_debt_first() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, None);
    let hold = desk.hold(60, day, at("2026-05-02 10:00"));
    assert!(desk.adjust(-25, true, day).is_ok());

    assert!(desk.cancel(hold, day).is_ok());

    assert_eq!(desk.balance(day).debt, Points(0));
    assert_eq!(desk.available(day), 35);
    assert_eq!(desk.confirm(hold, day), Err(ConfirmError::HoldCancelled(hold)));
    desk.assert_balanced();
}
