//! Stored value: what members paid in (principal) and what came on top (bonus).
//!
//! Money lies in lots, one for each part of a top-up. A lot's `remaining` and
//! `held` are the only running figures; every change of them is an entry, so
//! for each lot Σ amounts = remaining + held and Σ moved = held (semantics,
//! section 12). As with points, a hold past its time-out counts as released and
//! a lot is gone at its very end, whether or not a job has written it down.

use serde::{Deserialize, Serialize};

use crate::amounts::Money;
use crate::ids::{EntryId, HoldId, MemberId, StoredLotId, TopUpId};
use crate::orders::OrderKey;
use crate::time::Timestamp;

pub mod settling;
pub mod spending;
pub mod topping_up;

#[cfg(test)]
mod tests;

/// Whose money it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the member paid.
    Principal,
    /// What came on top.
    Bonus,
}

impl Part {
    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Bonus => "bonus",
        }
    }

    /// The part of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Principal, Self::Bonus].into_iter().find(|part| part.name() == name)
    }
}

/// Money that came together and ends together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLot {
    /// Its number.
    pub id: StoredLotId,
    /// Whose.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// Principal or bonus.
    pub part: Part,
    /// How much it was.
    pub amount: Money,
    /// What is neither spent, held, expired nor taken back.
    pub remaining: Money,
    /// What live holds have set aside.
    pub held: Money,
    /// When it came.
    pub received_at: Timestamp,
    /// When it ends; principal never does.
    pub expires_at: Option<Timestamp>,
    /// The top-up that brought it.
    pub top_up: TopUpId,
}

impl StoredLot {
    /// Whether it has not ended at an instant.
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > at)
    }
}

/// What of a lot a hold or a spend takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The lot.
    #[serde(rename = "l")]
    pub lot: StoredLotId,
    /// Its part.
    #[serde(rename = "k")]
    pub part: Part,
    /// How much.
    #[serde(rename = "a")]
    pub amount: Money,
    /// What of it a refund has given back.
    #[serde(rename = "r", default)]
    pub restored: Money,
}

/// How a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It has money set aside.
    Live,
    /// The money was spent.
    Confirmed,
    /// It was given back on request.
    Cancelled,
    /// It took too long.
    Released,
}

impl HoldState {
    const ALL: [Self; 4] = [Self::Live, Self::Confirmed, Self::Cancelled, Self::Released];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Money set aside for a purchase, or spent on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletHold {
    /// Its number.
    pub id: HoldId,
    /// Whose.
    pub member: MemberId,
    /// How much.
    pub amount: Money,
    /// What for.
    pub purpose: String,
    /// Until when it holds while it is live; free again from this instant on.
    pub until: Timestamp,
    /// How it stands.
    pub state: HoldState,
    /// From which lots.
    pub draws: Vec<Draw>,
    /// The order it was spent on.
    pub order: Option<OrderKey>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A member's wallet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wallet {
    /// Lots with something remaining or held, and others that were asked for.
    pub lots: Vec<StoredLot>,
    /// Live holds, and others that were asked for.
    pub holds: Vec<WalletHold>,
}

/// What happened to money in a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// It was paid in or came on top.
    TopUp,
    /// It was set aside.
    Hold,
    /// It came back from a hold.
    Release,
    /// It was spent.
    Spend,
    /// A refund of a purchase gave it back.
    Restore,
    /// Its time was over.
    Expire,
    /// The top-up was refunded.
    Refund,
}

impl EntryKind {
    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Spend => "spend",
            Self::Restore => "restore",
            Self::Expire => "expire",
            Self::Refund => "refund",
        }
    }
}

/// Where and by whom money was moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// The channel.
    pub channel: Option<String>,
    /// The shop.
    pub shop: Option<String>,
    /// Who.
    pub staff: Option<String>,
    /// The order it was for.
    pub order: Option<OrderKey>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// A line of the wallet ledger, about one lot; only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// Whose.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// What happened.
    pub kind: EntryKind,
    /// The part of the lot.
    pub part: Part,
    /// The lot.
    pub lot: StoredLotId,
    /// Its effect on what the lot has, held or not.
    pub amount: Money,
    /// Its effect on what of the lot is held.
    pub moved: Money,
    /// When it counts from.
    pub at: Timestamp,
    /// The hold or spend it belongs to.
    pub hold: Option<HoldId>,
    /// The top-up it belongs to.
    pub top_up: TopUpId,
    /// Where and by whom.
    pub cause: Cause,
}

/// What a wallet can spend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Of what was paid in.
    pub principal: Money,
    /// Of what came on top.
    pub bonus: Money,
    /// What live holds have set aside.
    pub held: Money,
}

impl Balance {
    /// Principal and bonus together.
    pub fn total(self) -> Money {
        self.principal.plus(self.bonus)
    }
}

/// What a wallet can spend at an instant, now or to come.
pub fn balance(wallet: &Wallet, at: Timestamp) -> Balance {
    let mut settled = wallet.clone();
    settling::settle(&mut settled, at, &mut crate::ids::Counter(0), &mut Vec::new());
    let mut balance = Balance::default();
    for lot in &settled.lots {
        let sum = match lot.part {
            Part::Principal => &mut balance.principal,
            Part::Bonus => &mut balance.bonus,
        };
        *sum = sum.plus(lot.remaining);
        balance.held = balance.held.plus(lot.held);
    }
    balance
}

/// What a wallet could spend at an instant that has passed, from all of its entries.
pub fn balance_then(entries: &[Entry], at: Timestamp) -> Balance {
    let mut balance = Balance::default();
    for entry in entries.iter().filter(|entry| entry.at <= at) {
        let sum = match entry.part {
            Part::Principal => &mut balance.principal,
            Part::Bonus => &mut balance.bonus,
        };
        *sum = sum.plus(entry.amount).minus(entry.moved);
        balance.held = balance.held.plus(entry.moved);
    }
    balance
}

/// The entry of a change of a lot that has just been made.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) amount: Money,
    pub(crate) moved: Money,
    pub(crate) at: Timestamp,
    pub(crate) hold: Option<HoldId>,
    pub(crate) cause: &'a Cause,
}

pub(crate) fn entry(lot: &StoredLot, change: Change<'_>, id: i64) -> Entry {
    Entry {
        id: EntryId(id),
        member: lot.member,
        home: lot.home,
        kind: change.kind,
        part: lot.part,
        lot: lot.id,
        amount: change.amount,
        moved: change.moved,
        at: change.at,
        hold: change.hold,
        top_up: lot.top_up,
        cause: change.cause.clone(),
    }
}
