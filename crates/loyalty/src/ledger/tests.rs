//! The examples of the semantics, and both sides of every boundary.

use super::auditing::{check, replay};
use super::balances::{Balance, LotState, balance, lot_state};
use super::earning::{Completion, Earned, Earning, complete, earn};
use super::merging::{LiveHoldOnBothSides, merge, unmerge};
use super::policies::{
    At, Expiry, Maturity, Policy, Shortfall, Terms, Value, available_at, expires_at,
};
use super::refunding::{RefundPoints, RefundedPoints, SpentDraw, refund, taken_so_far};
use super::settling::{next_due, settle, settle_into};
use super::spending::{
    Adjusted, Adjustment, CancelError, Cancelled, ConfirmError, Confirmed, HoldRequest,
    Insufficient, Spent, adjust, cancel, confirm, hold, spend,
};
use super::{
    Account, Cause, Draw, Entry, EntryKind, HoldId, Lot, LotId, OrderId, Origin, Points, Source,
    SourceKind,
};
use crate::amounts::Money;
use crate::ids::{Counter, MemberId};
use crate::time::{Timestamp, Zone};

pub(super) const ANNA: MemberId = MemberId(1);
pub(super) const BELA: MemberId = MemberId(2);

pub(super) fn shanghai() -> Zone {
    Zone::named("Asia/Shanghai").unwrap_or_else(|unknown| unreachable!("{unknown}"))
}

/// An instant of the program's local time, such as `2026-06-01 00:00`.
pub(super) fn at(local: &str) -> Timestamp {
    let seconds = if local.len() > 16 { "" } else { ":00" };
    let text = format!("{}{seconds}+08:00", local.replace(' ', "T"));
    text.parse().unwrap_or_else(|invalid| unreachable!("{text}: {invalid}"))
}

pub(super) fn policy() -> Policy {
    Policy {
        expiry: Expiry::Never,
        maturity: Maturity::Immediate,
        shortfall: Shortfall::Debt,
        restore_grace_days: 30,
        value: Value { money: Money(100), points: Points(100) },
    }
}

/// A member with the books, the policy and the numbers that belong to them.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) account: Account,
    pub(super) entries: Vec<Entry>,
    pub(super) ids: Counter,
    pub(super) policy: Policy,
    pub(super) zone: Zone,
}

impl Desk {
    fn of(member: MemberId) -> Self {
        Self {
            account: Account::new(member),
            entries: Vec::new(),
            ids: Counter(member.0.saturating_mul(1_000)),
            policy: policy(),
            zone: shanghai(),
        }
    }

    fn new() -> Self {
        Self::of(ANNA)
    }

    fn with(shortfall: Shortfall) -> Self {
        Self { policy: Policy { shortfall, ..policy() }, ..Self::new() }
    }

    fn origin(&self) -> Origin {
        Origin { home: self.account.member, cause: Cause::default() }
    }

    fn give(&mut self, earning: Earning, now: Timestamp) -> Earned {
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        earn(&mut self.account, earning, terms, now, &mut self.ids, &mut self.entries)
    }

    /// A lot that is open from `now` to `end`.
    fn lot(&mut self, points: i64, now: Timestamp, end: Option<Timestamp>) -> LotId {
        let earning = earning(self.account.member, points, now);
        self.give(Earning { expires_at: end, ..earning }, now).lot.unwrap_or(LotId(0))
    }

    fn order(&mut self, order: OrderId, points: i64, now: Timestamp) -> Earned {
        let earning = earning(self.account.member, points, now);
        let source = Source { order: Some(order), ..earning.source };
        self.give(Earning { source, ..earning }, now)
    }

    fn hold(&mut self, points: i64, now: Timestamp, until: Timestamp) -> HoldId {
        let origin = self.origin();
        let request = HoldRequest { points: Points(points), purpose: "cart".into(), until };
        hold(&mut self.account, request, origin, now, &mut self.ids, &mut self.entries)
            .unwrap_or(HoldId(0))
    }

    fn confirm(&mut self, hold: HoldId, now: Timestamp) -> Result<Confirmed, ConfirmError> {
        let origin = self.origin();
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        confirm(&mut self.account, hold, origin, terms, now, &mut self.ids, &mut self.entries)
    }

    fn cancel(&mut self, hold: HoldId, now: Timestamp) -> Result<Cancelled, CancelError> {
        let origin = self.origin();
        cancel(&mut self.account, hold, origin, now, &mut self.ids, &mut self.entries)
    }

    fn spend(&mut self, points: i64, now: Timestamp) -> Result<Spent, Insufficient> {
        let origin = self.origin();
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        let points = Points(points);
        spend(&mut self.account, points, origin, terms, now, &mut self.ids, &mut self.entries)
    }

    fn adjust(
        &mut self,
        points: i64,
        debt: bool,
        now: Timestamp,
    ) -> Result<Adjusted, Insufficient> {
        let adjustment = Adjustment {
            points: Points(points),
            expires_at: None,
            allow_debt: debt,
            source: source(SourceKind::Adjust),
            origin: self.origin(),
        };
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        adjust(&mut self.account, adjustment, terms, now, &mut self.ids, &mut self.entries)
    }

    fn claw_back(&mut self, order: OrderId, points: i64, now: Timestamp) -> RefundedPoints {
        self.refund(order, now, 0, &[], points, now)
    }

    fn refund(
        &mut self,
        order: OrderId,
        refunded_at: Timestamp,
        back: i64,
        draws: &[SpentDraw],
        claw_back: i64,
        now: Timestamp,
    ) -> RefundedPoints {
        let asked = RefundPoints {
            order,
            at: refunded_at,
            restore: Points(back),
            draws,
            claw_back: Points(claw_back),
            origin: self.origin(),
        };
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        refund(&mut self.account, &asked, terms, now, &mut self.ids, &mut self.entries)
    }

    fn settle(&mut self, now: Timestamp) {
        settle_into(&mut self.account, now, &mut self.ids, &mut self.entries);
    }

    fn balance(&self, at: Timestamp) -> Balance {
        balance(&self.account, at)
    }

    fn available(&self, at: Timestamp) -> i64 {
        self.balance(at).available.0
    }

    fn kinds(&self) -> Vec<EntryKind> {
        self.entries.iter().map(|entry| entry.kind).collect()
    }

    fn found(&self, lot: LotId) -> Lot {
        let mut lots = self.account.lots.iter();
        lots.find(|known| known.id == lot).cloned().unwrap_or_else(|| unreachable!("{lot}"))
    }

    fn assert_balanced(&self) {
        assert_eq!(check(&self.account, &self.entries), []);
    }
}

pub(super) fn source(kind: SourceKind) -> Source {
    Source { kind, order: None, channel: None, shop: None, rule: None }
}

pub(super) fn earning(home: MemberId, points: i64, at: Timestamp) -> Earning {
    Earning {
        kind: EntryKind::Earn,
        points: Points(points),
        home,
        at,
        available_at: Some(at),
        expires_at: None,
        source: source(SourceKind::Order),
        cause: Cause::default(),
    }
}

fn spent_draws(spent: &Spent) -> Vec<SpentDraw> {
    let unrestored =
        |draw: &Draw| SpentDraw { lot: draw.lot, points: draw.points, restored: Points::ZERO };
    spent.draws.iter().map(unrestored).collect()
}

const ORDER: OrderId = OrderId(71);
const NEXT_ORDER: OrderId = OrderId(72);

// Lots and their ends (semantics 2).

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

// The balance (semantics 3).

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

// Spending and holds (semantics 4).

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

// Refunds (semantics 5).

#[test]
fn partial_refunds_take_the_difference_to_what_was_taken() {
    let so_far = |refunded| taken_so_far(Points(30), Money(19900), Money(refunded), 1, 0);

    assert_eq!(so_far(0), Points(0));
    assert_eq!(so_far(6633), Points(9));
    assert_eq!(so_far(19899), Points(29));
    assert_eq!(so_far(19900).minus(so_far(6633)), Points(21));
}

#[test]
fn a_free_line_is_taken_back_by_pieces() {
    let so_far = |returned| taken_so_far(Points(10), Money(0), Money(0), 3, returned);

    assert_eq!([so_far(0), so_far(1), so_far(2), so_far(3)].map(|points| points.0), [0, 3, 6, 10]);
}

#[test]
fn what_is_not_there_any_more_becomes_debt_and_the_next_order_pays_it() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.order(ORDER, 30, day);
    assert!(desk.spend(30, day).is_ok());

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!((refunded.clawed_back, refunded.debt), (Points(0), Points(30)));
    assert_eq!(desk.entries.last().map(|entry| (entry.points, entry.debt)), Some((-30, 30)));
    let next = desk.order(NEXT_ORDER, 45, at("2026-05-02 10:00"));
    assert_eq!(next.debt_repaid, Points(30));
    assert_eq!(desk.available(at("2026-05-02 10:00")), 15);
    desk.assert_balanced();
}

#[test]
fn a_shortfall_may_be_written_off() {
    let mut desk = Desk::with(Shortfall::Zero);
    let day = at("2026-05-01 10:00");

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!(refunded, RefundedPoints { written_off: Points(30), ..RefundedPoints::default() });
    let written = desk.entries.last().map(|entry| (entry.kind, entry.points, entry.moved));
    assert_eq!(written, Some((EntryKind::Clawback, 0, Some(Points(30)))));
    desk.assert_balanced();
}

#[test]
fn a_shortfall_may_be_withheld_in_money() {
    let mut desk = Desk::with(Shortfall::Cash);
    desk.policy.value = Value { money: Money(1), points: Points(2) };
    let day = at("2026-05-01 10:00");

    let refunded = desk.claw_back(ORDER, 31, day);

    assert_eq!(refunded, RefundedPoints { withhold: Money(16), ..RefundedPoints::default() });
    assert!(desk.entries.is_empty());
}

#[test]
fn the_own_lot_pays_first_then_the_soonest_to_expire() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let own = desk.order(ORDER, 30, day).lot.unwrap_or(LotId(0));
    let soon = desk.lot(10, day, Some(at("2026-06-01 00:00")));
    assert!(desk.spend(20, day).is_ok());
    let later = desk.lot(10, day, Some(at("2026-07-01 00:00")));
    let waiting = Earning { available_at: None, ..earning(ANNA, 99, day) };
    let pending = desk.give(waiting, day).lot.unwrap_or(LotId(0));

    let refunded = desk.claw_back(ORDER, 35, day);

    assert_eq!((refunded.clawed_back, refunded.debt), (Points(30), Points(5)));
    assert_eq!(desk.found(own).clawed_back, Points(20));
    assert_eq!(desk.found(soon).clawed_back, Points(0));
    assert_eq!(desk.found(later).clawed_back, Points(10));
    assert_eq!(desk.found(pending).remaining, Points(99));
    desk.assert_balanced();
}

#[test]
fn a_pending_own_lot_pays_although_it_cannot_be_spent() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let waiting = earning(ANNA, 30, day);
    let source = Source { order: Some(ORDER), ..waiting.source.clone() };
    desk.give(Earning { available_at: None, source, ..waiting }, day);

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!(refunded.clawed_back, Points(30));
    assert_eq!(desk.balance(day).pending, Points(0));
    desk.assert_balanced();
}

#[test]
fn what_expired_of_the_own_lot_is_charged_to_nobody_and_only_once() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let own = earning(ANNA, 30, day);
    let source = Source { order: Some(ORDER), ..own.source.clone() };
    desk.give(Earning { expires_at: Some(at("2026-06-01 00:00")), source, ..own }, day);
    assert!(desk.spend(10, day).is_ok());
    let june = at("2026-06-02 10:00");
    let other = desk.lot(100, june, None);

    let first = desk.claw_back(ORDER, 12, june);
    let second = desk.claw_back(ORDER, 18, june);

    assert_eq!((first.lapsed, first.clawed_back), (Points(12), Points(0)));
    assert_eq!((second.lapsed, second.clawed_back), (Points(8), Points(10)));
    assert_eq!(desk.found(other).remaining, Points(90));
    desk.assert_balanced();
}

#[test]
fn restored_points_go_back_last_consumed_first() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let june = desk.lot(60, day, Some(at("2026-06-01 00:00")));
    let july = desk.lot(100, day, Some(at("2026-07-01 00:00")));
    let draws = spent_draws(&desk.spend(80, day)?);

    let refunded = desk.refund(ORDER, day, 30, &draws, 0, day);

    assert_eq!(refunded.restored, Points(30));
    assert_eq!(desk.found(july).remaining, Points(100));
    assert_eq!(desk.found(june).remaining, Points(10));
    let restored: Vec<i64> = refunded.restored_draws.iter().map(|draw| draw.points.0).collect();
    assert_eq!(restored, [20, 10]);
    desk.assert_balanced();
    Ok(())
}

#[test]
fn a_second_refund_restores_what_the_first_left() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, Some(at("2026-06-01 00:00")));
    desk.lot(100, day, Some(at("2026-07-01 00:00")));
    let mut draws = spent_draws(&desk.spend(80, day)?);
    for restored in desk.refund(ORDER, day, 30, &draws, 0, day).restored_draws {
        for draw in draws.iter_mut().filter(|draw| draw.lot == restored.lot) {
            draw.restored = draw.restored.plus(restored.points);
        }
    }

    let rest = desk.refund(ORDER, day, 50, &draws, 0, day);

    assert_eq!(rest.restored, Points(50));
    assert_eq!(desk.available(day), 160);
    assert_eq!(desk.refund(ORDER, day, 0, &draws, 0, day), RefundedPoints::default());
    desk.assert_balanced();
    Ok(())
}

#[test]
fn what_comes_back_of_an_expired_lot_lives_for_the_days_of_grace() -> Result<(), Insufficient> {
    let end = at("2026-06-01 00:00");
    for (refunded_at, lots) in [(at("2026-05-31 23:59:59.999999"), 1), (end, 2)] {
        let mut desk = Desk::new();
        let day = at("2026-05-01 10:00");
        desk.lot(60, day, Some(end));
        let draws = spent_draws(&desk.spend(60, day)?);

        desk.refund(ORDER, refunded_at, 60, &draws, 0, refunded_at);

        assert_eq!(desk.account.lots.len(), lots);
        assert_eq!(desk.available(refunded_at), 60);
        desk.assert_balanced();
        if lots == 2 {
            assert_eq!(desk.available(at("2026-07-01 23:59:59.999999")), 60);
            assert_eq!(desk.available(at("2026-07-02 00:00")), 0);
            let restored = desk.account.lots.last().map(|lot| (lot.source.kind, lot.expires_at));
            assert_eq!(restored, Some((SourceKind::Restore, Some(at("2026-07-02 00:00")))));
        }
    }
    Ok(())
}

#[test]
fn restored_points_pay_debt_before_the_claw_back() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, None);
    let draws = spent_draws(&desk.spend(60, day)?);
    desk.claw_back(NEXT_ORDER, 25, day);

    let refunded = desk.refund(ORDER, day, 60, &draws, 40, day);

    assert_eq!(
        (refunded.restored, refunded.clawed_back, refunded.debt),
        (Points(60), Points(35), Points(5))
    );
    assert_eq!(desk.balance(day).debt, Points(5));
    desk.assert_balanced();
    Ok(())
}

// Books (semantics 6).

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

// Merging (semantics 9).

fn at_home(desk: &Desk, lot: LotId) -> i64 {
    desk.account.lots.iter().filter(|known| known.id == lot).map(|lot| lot.remaining.0).sum()
}

#[test]
fn an_un_merge_sends_each_side_what_remains_of_its_lots() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let day = at("2026-05-01 10:00");
    let of_anna = anna.lot(100, day, Some(at("2026-06-01 00:00")));
    let of_bela = bela.lot(50, day, Some(at("2026-07-01 00:00")));
    let mut entries = anna.entries.clone();
    entries.append(&mut bela.entries);
    let cause = Cause::default();
    entries.extend(merge(&mut bela.account, &mut anna.account, &cause, day, &mut anna.ids));
    assert_eq!(anna.available(day), 150);
    anna.entries = Vec::new();
    anna.give(earning(BELA, 30, day), day);
    assert!(anna.spend(120, day).is_ok());

    let undone = unmerge(
        &mut anna.account,
        &mut bela.account,
        &|home| home == BELA,
        &mut anna.entries,
        &cause,
        day,
        &mut anna.ids,
    );

    assert_eq!((anna.available(day), bela.available(day)), (0, 60));
    assert_eq!((at_home(&anna, of_anna), at_home(&bela, of_bela)), (0, 30));
    entries.append(&mut anna.entries);
    entries.extend(undone.unwrap_or_default());
    assert_eq!(check(&anna.account, &entries), []);
    assert_eq!(check(&bela.account, &entries), []);
    let transfers = entries.iter().filter(|entry| entry.kind == EntryKind::Transfer);
    assert_eq!(transfers.map(|entry| entry.points).sum::<i64>(), 0);
}

#[test]
fn a_merged_debt_lowers_what_is_available_until_new_points_come() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let day = at("2026-05-01 10:00");
    anna.lot(50, day, None);
    bela.claw_back(ORDER, 30, day);

    merge(&mut bela.account, &mut anna.account, &Cause::default(), day, &mut anna.ids);

    assert_eq!((anna.available(day), anna.balance(day).debt), (20, Points(30)));
    let earned = anna.order(NEXT_ORDER, 45, day);
    assert_eq!(earned.debt_repaid, Points(30));
    assert_eq!(anna.available(day), 65);
}

#[test]
fn a_hold_goes_with_its_lots_and_one_on_both_sides_must_end_first() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let (day, until) = (at("2026-05-01 10:00"), at("2026-05-01 10:15"));
    bela.lot(50, day, Some(at("2026-06-01 00:00")));
    anna.lot(50, day, Some(at("2026-07-01 00:00")));
    let cause = Cause::default();
    merge(&mut bela.account, &mut anna.account, &cause, day, &mut anna.ids);
    let of_bela = anna.hold(40, day, until);
    let of_both = anna.hold(40, day, at("2026-05-01 10:10"));
    let mut undo = |anna: &mut Desk, now| {
        let mut written = std::mem::take(&mut anna.entries);
        unmerge(
            &mut anna.account,
            &mut bela.account,
            &|home| home == BELA,
            &mut written,
            &cause,
            now,
            &mut anna.ids,
        )
        .map(|_| bela.account.clone())
    };

    assert_eq!(
        undo(&mut anna, at("2026-05-01 10:09:59.999999")),
        Err(LiveHoldOnBothSides { hold: of_both })
    );
    let bela = undo(&mut anna, at("2026-05-01 10:10"));

    let holds = bela.map(|account| account.holds.iter().map(|hold| hold.id).collect());
    assert_eq!(holds, Ok(vec![of_bela]));
    assert_eq!(anna.balance(at("2026-05-01 10:10")).held, Points(0));
}

#[test]
fn settling_writes_nothing_twice() {
    let mut desk = Desk::new();
    desk.lot(100, at("2026-05-01 10:00"), Some(at("2026-06-01 00:00")));

    let first = settle(&mut desk.account, at("2026-06-01 00:00"), &mut desk.ids);
    let second = settle(&mut desk.account, at("2026-06-01 00:00"), &mut desk.ids);

    assert_eq!((first.len(), second.len()), (1, 0));
}
