//! The points ledger of a member: lots, holds, debt and the entries that change them.
//!
//! Entries are only ever added. At every instant, for every member,
//! Σ entries = Σ remaining + Σ held − debt (semantics, section 6). What a read
//! shows and what a job writes come from the same function, `settle`.

use serde::{Deserialize, Serialize};

use crate::amounts::Points;
use crate::ids::{EntryId, HoldId, LotId, MemberId, NewIds, OrderId, RefundId};
use crate::time::Timestamp;

pub mod auditing;
pub mod balances;
pub mod earning;
pub mod merging;
pub mod policies;
pub mod refunding;
pub mod settling;
pub mod spending;
pub mod undoing;

/// The verbs that move points.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A lot came into being by an order or an award.
    Earn,
    /// A pending lot became available.
    Mature,
    /// Points were used.
    Spend,
    /// Points were set aside.
    Hold,
    /// Points set aside came back.
    Release,
    /// Points spent on an order came back with its refund.
    Restore,
    /// Points of a returned order were taken back.
    Clawback,
    /// Points that became available paid a debt.
    Repay,
    /// Points reached the end of their life.
    Expire,
    /// A person or a rule granted or deducted points.
    Adjust,
    /// Points brought from another system.
    Migrate,
    /// Points moved with a merge or an un-merge.
    Transfer,
}

/// Where the points of a lot came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An order's earning.
    Order,
    /// A fixed award (`join`, `profile_complete`).
    Award,
    /// An adjustment.
    Adjust,
    /// Points restored by a refund whose own lot had expired.
    Restore,
    /// Points brought from another system.
    Migrate,
}

/// Points that were earned together and expire together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its number; breaks ties in the order of consumption.
    pub id: LotId,
    /// The member whose identity brought it; differs from the owner after a merge.
    pub home: MemberId,
    /// The points it began with.
    pub points: Points,
    /// What is neither used, held, expired nor clawed back.
    pub remaining: Points,
    /// What live holds set aside of it.
    pub held: Points,
    /// What expired of it unused.
    pub expired: Points,
    /// What of `expired` a claw-back has already counted (`lapsed`).
    pub lapsed: Points,
    /// What claw-backs took from it.
    pub clawed_back: Points,
    /// When it was earned: the effective time of its event.
    pub earned_at: Timestamp,
    /// From when it can be spent; `None` while it waits for the order's completion.
    pub available_at: Option<Timestamp>,
    /// Whether the entry `mature` is still to be written.
    pub pending: bool,
    /// The first instant at which it cannot be spent any more; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// What brought it.
    pub source: Source,
}

impl Lot {
    /// Whether its points cannot be spent any more at `at`.
    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= at)
    }

    /// Whether its points have become available by `at`, even if they expired since.
    pub fn is_available(&self, at: Timestamp) -> bool {
        self.available_at.is_some_and(|available_at| available_at <= at)
    }

    /// Whether what remains of it can be spent at `at`.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.is_available(at) && !self.is_expired(at)
    }
}

/// What brought a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Kind of event.
    pub kind: SourceKind,
    /// The order that earned it.
    pub order: Option<OrderId>,
    /// The channel of the event.
    pub channel: Option<String>,
    /// The shop of the event.
    pub shop: Option<String>,
    /// The rule, award or reason that gave it.
    pub rule: Option<String>,
}

/// The part of a hold or spend that one lot pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The lot drawn on.
    pub lot: LotId,
    /// How much of it; positive.
    pub points: Points,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Set aside; counts as released from `until` on.
    Live,
    /// Spent.
    Confirmed,
    /// Given up by the caller.
    Cancelled,
    /// Released by its time-out.
    Released,
}

/// Points set aside for a pending purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its number.
    pub id: HoldId,
    /// How many points.
    pub points: Points,
    /// What for, as the caller said.
    pub purpose: String,
    /// The instant from which it counts as released.
    pub until: Timestamp,
    /// What became of it.
    pub state: HoldState,
    /// The lots it draws on, in the order of consumption.
    pub draws: Vec<Draw>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Points owed, told apart by whose events made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// The member whose event made it; differs from the owner after a merge.
    pub home: MemberId,
    /// How much is owed; positive.
    pub points: Points,
}

/// All that counts of a member's points: open lots, live holds, debt.
///
/// Lots with nothing remaining, held or still relevant may be absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The owner.
    pub member: MemberId,
    /// Lots, in any order.
    pub lots: Vec<Lot>,
    /// Live holds (and the hold an operation is about, whatever its state).
    pub holds: Vec<Hold>,
    /// Debts, at most one per home.
    pub debts: Vec<Debt>,
}

impl Account {
    /// An account without points.
    pub const fn new(member: MemberId) -> Self {
        Self { member, lots: Vec::new(), holds: Vec::new(), debts: Vec::new() }
    }

    /// What is owed in all.
    pub fn debt(&self) -> Points {
        self.debts.iter().map(|debt| debt.points).sum()
    }

    /// What counts of it: Σ remaining + Σ held − debt.
    pub fn total(&self) -> i64 {
        let lots: Points = self.lots.iter().map(|lot| lot.remaining.plus(lot.held)).sum();
        lots.minus(self.debt()).0
    }

    pub(crate) fn lot_mut(&mut self, id: LotId) -> Option<&mut Lot> {
        self.lots.iter_mut().find(|lot| lot.id == id)
    }

    /// Adds to the debt of `home`.
    pub(crate) fn owe(&mut self, home: MemberId, points: Points) {
        if !points.is_positive() {
            return;
        }
        match self.debts.iter_mut().find(|debt| debt.home == home) {
            Some(debt) => debt.points = debt.points.plus(points),
            None => self.debts.push(Debt { home, points }),
        }
    }
}

/// What an entry did to one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotChange {
    /// The lot.
    #[serde(rename = "l")]
    pub lot: LotId,
    /// The change of what remains.
    #[serde(rename = "r", default, skip_serializing_if = "is_zero")]
    pub remaining: i64,
    /// The change of what is held.
    #[serde(rename = "h", default, skip_serializing_if = "is_zero")]
    pub held: i64,
}

impl LotChange {
    /// Adds to what remains.
    pub(crate) const fn add(lot: LotId, points: Points) -> Self {
        Self { lot, remaining: points.0, held: 0 }
    }

    /// Takes from what remains.
    pub(crate) const fn take(lot: LotId, points: Points) -> Self {
        Self::add(lot, points).reversed()
    }

    /// Takes from what is held.
    pub(crate) const fn take_held(lot: LotId, points: Points) -> Self {
        Self { lot, remaining: 0, held: points.0.saturating_neg() }
    }

    /// Makes what remains held.
    pub(crate) const fn set_aside(lot: LotId, points: Points) -> Self {
        Self { lot, remaining: points.0.saturating_neg(), held: points.0 }
    }

    /// The opposite.
    pub(crate) const fn reversed(self) -> Self {
        Self {
            lot: self.lot,
            remaining: self.remaining.saturating_neg(),
            held: self.held.saturating_neg(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// Whose ledger it stands in.
    pub member: MemberId,
    /// The member whose identity brought the event; the owner where none did.
    pub home: MemberId,
    /// What moved the points.
    pub kind: EntryKind,
    /// The effect on the member's total: Σ remaining + Σ held − debt.
    pub points: i64,
    /// For kinds without effect on the total: how many points moved.
    pub moved: Option<Points>,
    /// The change of the debt.
    pub debt: i64,
    /// The lot it is about, where it is about one.
    pub lot: Option<LotId>,
    /// What it did to each lot.
    pub changes: Vec<LotChange>,
    /// The effective time.
    pub at: Timestamp,
    /// Why: the order, refund or hold, and for an adjustment the reason.
    pub cause: Cause,
}

impl Entry {
    /// An entry that so far changes nothing.
    pub(crate) fn blank(
        kind: EntryKind,
        member: MemberId,
        home: MemberId,
        at: Timestamp,
        ids: &mut impl NewIds,
    ) -> Self {
        Self {
            id: EntryId(ids.next_id()),
            member,
            home,
            kind,
            points: 0,
            moved: None,
            debt: 0,
            lot: None,
            changes: Vec::new(),
            at,
            cause: Cause::default(),
        }
    }
}

/// Who and what brought a movement of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The member whose identity brought it; the owner where none did.
    pub home: MemberId,
    /// What the entries refer to.
    pub cause: Cause,
}

/// What an entry refers to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// The order.
    pub order: Option<OrderId>,
    /// The refund.
    pub refund: Option<RefundId>,
    /// The hold.
    pub hold: Option<HoldId>,
    /// The channel of the event.
    pub channel: Option<String>,
    /// The shop of the event.
    pub shop: Option<String>,
    /// The cashier, guide or operator.
    pub staff: Option<String>,
    /// The version of the program's rules that counted.
    pub rule_version: Option<i64>,
    /// The caller's key, the award or the reason.
    pub key: Option<String>,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
