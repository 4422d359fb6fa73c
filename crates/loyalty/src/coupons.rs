//! Coupons: promises of a discount to one member, or to whoever bears the code.
//!
//! A coupon is `issued`, then `locked` by a checkout, then `redeemed` by an
//! order; or it ends `expired`, `revoked` or `transferred`. No other way exists
//! (semantics, section 7). What a coupon is at an instant depends on that
//! instant alone: a lock past its time-out is gone, a coupon is expired from
//! `valid_until` on, whether or not a job has written it down.

use serde::{Deserialize, Serialize};

use crate::amounts::Money;
use crate::ids::{BatchId, CouponId, MemberId, TemplateId};
use crate::orders::OrderKey;
use crate::time::Timestamp;

pub mod codes;
pub mod life;
pub mod templates;
pub mod terms;

/// Where a coupon stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be used while it is valid.
    Issued,
    /// A checkout has it.
    Locked,
    /// An order used it up.
    Redeemed,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// It went to another member, as another coupon.
    Transferred,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Issued,
        Self::Locked,
        Self::Redeemed,
        Self::Expired,
        Self::Revoked,
        Self::Transferred,
    ];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Locked => "locked",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Transferred => "transferred",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How a coupon came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Staff or a program gave it to a member.
    Issue,
    /// A member claimed it.
    Claim,
    /// It was printed or handed out as a code of a batch.
    Batch,
    /// Its code is of somebody else's making.
    Import,
    /// Another member gave it away.
    Transfer,
    /// It came with something else: a top-up, a card, a tier, an exchange.
    Gift,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 6] =
        [Self::Issue, Self::Claim, Self::Batch, Self::Import, Self::Transfer, Self::Gift];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Claim => "claim",
            Self::Batch => "batch",
            Self::Import => "import",
            Self::Transfer => "transfer",
            Self::Gift => "gift",
        }
    }

    /// The source of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// A checkout that has a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Which checkout; only it may redeem or release.
    pub session: String,
    /// Until when; free again from this instant on.
    pub until: Timestamp,
}

/// A coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// Its number.
    pub id: CouponId,
    /// What it is one of.
    pub template: TemplateId,
    /// Of which version of that.
    pub version: i64,
    /// What is typed or scanned.
    pub code: String,
    /// Whose; nobody's while it is a code on paper.
    pub member: Option<MemberId>,
    /// The member it goes back to at an un-merge.
    pub home: Option<MemberId>,
    /// Where it stands, as it was last written.
    pub state: State,
    /// From when it can be used.
    pub valid_from: Timestamp,
    /// When it ends; over at this instant.
    pub valid_until: Timestamp,
    /// When it came to its member, or was made.
    pub received_at: Timestamp,
    /// How often it can still be used: one, except for times cards.
    pub uses_left: i64,
    /// The checkout that has it.
    pub lock: Option<Lock>,
    /// The order that used it last.
    pub order: Option<OrderKey>,
    /// What it took off for the checkout or the order that has it.
    pub discount: Money,
    /// How it came to be.
    pub source: Source,
    /// What it was given for, where that may give it once only.
    pub source_key: Option<String>,
    /// The batch its code was made in.
    pub batch: Option<BatchId>,
}

impl Coupon {
    /// Where it stands at an instant.
    pub fn state_at(&self, now: Timestamp) -> State {
        match (self.state, &self.lock) {
            (State::Locked, Some(lock)) if lock.until > now => State::Locked,
            (State::Issued | State::Locked, _) if self.valid_until <= now => State::Expired,
            (State::Locked, _) => State::Issued,
            (state, _) => state,
        }
    }

    /// Whether it can be used at an instant.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.state_at(now) == State::Issued && self.valid_from <= now
    }

    /// When time alone next changes it.
    pub fn due_at(&self) -> Option<Timestamp> {
        match (self.state, &self.lock) {
            (State::Locked, Some(lock)) => Some(lock.until),
            (State::Issued, _) => Some(self.valid_until),
            _ => None,
        }
    }
}

/// What happened to a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It was made.
    Issued,
    /// A code on paper became a member's.
    Claimed,
    /// A checkout took it.
    Locked,
    /// The checkout gave it back, or took too long.
    Released,
    /// An order used a times card that can be used again.
    Used,
    /// An order used it up.
    Redeemed,
    /// A refund gave it back.
    Restored,
    /// Its time was over.
    Expired,
    /// It was taken back.
    Revoked,
    /// It went to another member.
    Transferred,
}

impl EventKind {
    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Claimed => "claimed",
            Self::Locked => "locked",
            Self::Released => "released",
            Self::Used => "used",
            Self::Redeemed => "redeemed",
            Self::Restored => "restored",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Transferred => "transferred",
        }
    }
}

/// Who did something to a coupon, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// The channel.
    pub channel: Option<String>,
    /// The shop.
    pub shop: Option<String>,
    /// Who, of the staff or of the programs.
    pub staff: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// A line of a coupon's history; only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The coupon.
    pub coupon: CouponId,
    /// Whose it was.
    pub member: Option<MemberId>,
    /// The member it goes back to at an un-merge.
    pub home: Option<MemberId>,
    /// What happened.
    pub kind: EventKind,
    /// Where it stood before; nowhere when it was made.
    pub from: Option<State>,
    /// Where it stands since.
    pub to: State,
    /// When it counts from.
    pub at: Timestamp,
    /// The order it is about.
    pub order: Option<OrderKey>,
    /// What the coupon took off.
    pub discount: Money,
    /// How many uses it is about.
    pub uses: i64,
    /// Who and where.
    pub cause: Cause,
}
