//! The books and the past read from them (semantics 6).

use super::*;

#[test]
fn the_past_is_read_from_the_entries() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(100, day, Some(at("2026-06-01 00:00")));
    desk.hold(30, at("2026-05-02 10:00"), at("2026-05-02 10:15"));
    assert!(desk.spend(50, at("2026-05-03 10:00")).is_ok());
    desk.settle(at("2026-06-02 00:00"));
    let then = |instant| {
        let past = replay(ANNA, &desk.entries, &desk.account.lots, instant);
        let balance = balance(&past, instant);
        (balance.available.0, balance.held.0)
    };

    assert_eq!(then(at("2026-05-01 09:59:59.999999")), (0, 0));
    assert_eq!(then(day), (100, 0));
    assert_eq!(then(at("2026-05-02 10:00")), (70, 30));
    assert_eq!(then(at("2026-05-02 10:14:59.999999")), (70, 30));
    assert_eq!(then(at("2026-05-02 10:15")), (100, 0));
    assert_eq!(then(at("2026-05-03 10:00")), (50, 0));
    assert_eq!(then(at("2026-05-31 23:59:59.999999")), (50, 0));
    assert_eq!(then(at("2026-06-01 00:00")), (0, 0));
}

#[test]
fn a_wrong_figure_is_found() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(100, day, None);
    desk.assert_balanced();

    let mut account = desk.account.clone();
    for lot in &mut account.lots {
        lot.remaining = Points(101);
    }

    // The total, the lot, and more than it began with.
    assert_eq!(check(&account, &desk.entries).len(), 3);
    assert_eq!(check(&Account::new(ANNA), &desk.entries).len(), 2);
}
