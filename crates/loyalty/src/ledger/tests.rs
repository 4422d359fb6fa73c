//! The examples of the semantics, and both sides of every boundary.

use super::auditing::{check, replay};
use super::balances::{Balance, LotState, balance, lot_state};
use super::earning::{Completion, Earned, Earning, complete, earn};
use super::merging::{LiveHoldOnBothSides, merge, unmerge};
use super::policies::{
    At, Expiry, Maturity, Policy, Shortfall, Terms, Value, available_at, expires_at,
};
use super::refunding::{RefundPoints, RefundedPoints, SpentDraw, refund};
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
use crate::orders::refunds::taken_so_far;
use crate::time::{Timestamp, Zone};

mod books;
mod lots;
mod one_member;
mod reading;
mod returns;
mod undoing;
mod using;

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
