//! Adjustments taken back.

use proptest::prelude::*;

use super::*;
use crate::ledger::undoing::{Undo, Undone, undo};

impl Desk {
    fn grant(&mut self, points: i64, end: Option<Timestamp>, now: Timestamp) -> Entry {
        let earning = earning(self.account.member, points, now);
        let source = source(SourceKind::Adjust);
        self.give(Earning { kind: EntryKind::Adjust, expires_at: end, source, ..earning }, now);
        self.last_adjustment()
    }

    fn deduct(&mut self, points: i64, now: Timestamp) -> Entry {
        let done = self.adjust(points.saturating_neg(), true, now);
        assert!(done.is_ok(), "{done:?}");
        self.last_adjustment()
    }

    fn last_adjustment(&self) -> Entry {
        let mut latest = self.entries.iter().rev();
        let found = latest.find(|entry| entry.kind == EntryKind::Adjust).cloned();
        found.unwrap_or_else(|| unreachable!("no adjustment"))
    }

    fn undo(&mut self, entry: &Entry, debt: bool, now: Timestamp) -> Result<Undone, Insufficient> {
        let asked = Undo { entry, allow_debt: debt, cause: Cause::default() };
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        undo(&mut self.account, asked, terms, now, &mut self.ids, &mut self.entries)
    }
}

#[test]
fn a_grant_is_taken_from_its_own_lot_first() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let older = desk.lot(50, day, Some(at("2026-06-01 00:00")));
    let granted = desk.grant(100, Some(at("2026-07-01 00:00")), day);

    let undone = desk.undo(&granted, false, day);

    assert_eq!(undone.map(|undone| undone.points), Ok(-100));
    assert_eq!(desk.found(older).remaining, Points(50));
    assert_eq!(desk.available(day), 50);
    desk.assert_balanced();
}

#[test]
fn what_was_spent_of_a_grant_comes_from_other_lots_or_is_owed() {
    let day = at("2026-05-01 10:00");
    let spent_down = || {
        let mut desk = Desk::new();
        let granted = desk.grant(100, Some(at("2026-06-01 00:00")), day);
        desk.lot(30, day, None);
        assert!(desk.spend(80, day).is_ok());
        (desk, granted)
    };

    let (mut desk, granted) = spent_down();
    let refused = desk.undo(&granted, false, day);
    assert_eq!(refused, Err(Insufficient { available: Points(50), required: Points(100) }));
    assert_eq!(desk.available(day), 50);

    let owed = desk.undo(&granted, true, day);
    assert_eq!(owed.map(|undone| undone.debt), Ok(Points(50)));
    assert_eq!((desk.available(day), desk.account.debt().0), (0, 50));
    desk.assert_balanced();
}

#[test]
fn nobody_is_charged_for_a_grant_that_expired_unused() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let end = at("2026-06-01 00:00");
    let granted = desk.grant(100, Some(end), day);
    desk.lot(100, day, None);
    assert!(desk.spend(40, day).is_ok());

    let undone = desk.undo(&granted, false, end);

    assert_eq!(undone.map(|undone| (undone.points, undone.lapsed.0)), Ok((-40, 60)));
    assert_eq!(desk.available(end), 60);
    desk.assert_balanced();
}

#[test]
fn a_deduction_goes_back_into_the_lots_that_paid_it_until_they_end() {
    let day = at("2026-05-01 10:00");
    let end = at("2026-06-01 00:00");
    let deducted = || {
        let mut desk = Desk::new();
        let lot = desk.lot(100, day, Some(end));
        let entry = desk.deduct(70, day);
        (desk, lot, entry)
    };

    let (mut desk, lot, entry) = deducted();
    let before = desk.undo(&entry, false, at("2026-05-31 23:59:59.999999"));
    assert_eq!(before.map(|undone| undone.lot), Ok(None));
    assert_eq!(desk.found(lot).remaining, Points(100));
    desk.assert_balanced();

    let (mut desk, lot, entry) = deducted();
    let at_end = desk.undo(&entry, false, end);
    assert!(at_end.is_ok_and(|undone| undone.lot.is_some()));
    assert_eq!(desk.found(lot).expired, Points(30));
    assert_eq!(desk.available(end), 70);
    desk.assert_balanced();
}

#[test]
fn what_a_deduction_left_owed_is_owed_no_more() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(100, day, None);
    let entry = desk.deduct(130, day);

    let undone = desk.undo(&entry, false, day);

    assert_eq!(undone.map(|undone| (undone.points, undone.debt_repaid.0)), Ok((130, 30)));
    assert_eq!((desk.available(day), desk.account.debt().0), (100, 0));
    desk.assert_balanced();
}

proptest! {
    #[test]
    fn adjusting_and_taking_it_back_leaves_the_total_as_before(
        lots in prop::collection::vec((1_i64..200, prop::option::of(1_i64..20)), 0..4),
        points in prop_oneof![-300_i64..0, 1_i64..300],
        spent in 0_i64..100,
    ) {
        let mut desk = Desk::new();
        let day = at("2026-05-01 10:00");
        for (points, days) in lots {
            let end = days.map(|days| desk.zone.plus_days(day, days));
            desk.lot(points, day, end);
        }
        prop_assert!(desk.adjust(points, true, day).is_ok());
        let entry = desk.last_adjustment();
        let spent = Points(spent.min(desk.available(day)));
        prop_assert!(desk.spend(spent.0, day).is_ok());
        let before = desk.account.total();

        let undone = desk.undo(&entry, true, day);

        prop_assert_eq!(undone.map(|undone| undone.points), Ok(points.saturating_neg()));
        prop_assert_eq!(desk.account.total(), before.saturating_sub(points));
        desk.assert_balanced();
    }
}
