//! Orders and refunds: facts that happened on a channel, recorded once.

use serde::{Deserialize, Serialize};

use crate::amounts::{Money, Points};
use crate::members::{Claim, Profile};
use crate::time::Timestamp;

pub mod advancing;
pub mod checks;
pub mod refunds;

/// The natural key of an order: the channel and the channel's own number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// The channel's name, such as `douyin`.
    pub channel: String,
    /// The number the channel gave it.
    pub order_no: String,
}

/// How far an order has come; it never goes back.
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
pub enum Status {
    /// Ordered, not paid: earns nothing.
    Placed,
    /// Paid: earns.
    Paid,
    /// On its way.
    Shipped,
    /// Received and accepted; starts the clock of `after_completion` maturity.
    Completed,
    /// Given up; of a paid order without refunds it acts as a full refund.
    Closed,
}

/// One line of an order as the caller gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line's number within the order.
    pub line_no: String,
    /// The product sold.
    pub sku: String,
    /// The category path, such as `skincare/serum`.
    pub category: Option<String>,
    /// Pieces, at least one.
    pub quantity: i64,
    /// List price of a piece.
    pub unit_price: Money,
    /// What the customer paid for the line in money and wallet principal.
    pub paid: Money,
}

/// An order as a caller gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its natural key.
    pub key: OrderKey,
    /// The shop of the channel (for `pos`: the store).
    pub shop: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
    /// When it was paid: its effective time.
    pub paid_at: Option<Timestamp>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// Who bought: the identities given.
    pub claims: Vec<Claim>,
    /// What the event says about the buyer.
    pub profile: Profile,
    /// The lines; at least one.
    pub lines: Vec<Line>,
    /// What was paid for shipping.
    pub shipping: Money,
    /// The whole payment: the lines and the shipping.
    pub paid: Money,
    /// The cashier or guide.
    pub staff: Option<String>,
    /// The code or place that led to the order.
    pub touchpoint: Option<String>,
}

/// One line of a recorded order with what it earned and what was taken back since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedLine {
    /// The line's number within the order.
    #[serde(rename = "n")]
    pub line_no: String,
    /// The product sold.
    #[serde(rename = "s")]
    pub sku: String,
    /// The category path.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Pieces sold.
    #[serde(rename = "q")]
    pub quantity: i64,
    /// List price of a piece.
    #[serde(rename = "u")]
    pub unit_price: Money,
    /// What was paid for the line (the base of earning).
    #[serde(rename = "a")]
    pub paid: Money,
    /// The points of the order that this line earned.
    #[serde(rename = "p", default)]
    pub points: Points,
    /// The growth of the order that this line earned.
    #[serde(rename = "g", default)]
    pub growth: Points,
    /// Money refunded so far.
    #[serde(rename = "ra", default)]
    pub refunded: Money,
    /// Pieces returned so far.
    #[serde(rename = "rq", default)]
    pub returned: i64,
    /// Points taken back so far.
    #[serde(rename = "rp", default)]
    pub points_taken: Points,
    /// Growth taken back so far.
    #[serde(rename = "rg", default)]
    pub growth_taken: Points,
}

/// A refund as a caller gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The order it belongs to.
    pub order: OrderKey,
    /// The number the channel gave the refund: with the channel its natural key.
    pub refund_no: String,
    /// When it happened: its effective time.
    pub refunded_at: Timestamp,
    /// What of which line.
    pub lines: Vec<RefundLine>,
    /// What of the shipping, in the measure of what was paid for it.
    pub shipping: Money,
}

/// What a refund gives back of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line of the order.
    pub line_no: String,
    /// Pieces returned; may be zero when only money goes back.
    pub quantity: i64,
    /// Money in the measure of the line's `paid`.
    pub amount: Money,
}

impl Status {
    /// Whether the order was paid and not given up: it earns.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Shipped | Self::Completed)
    }
}

impl Order {
    /// The instant its rates, windows, caps, expiry and growth count from: `paid_at`.
    ///
    /// `None` for an order that was never paid.
    pub const fn effective_at(&self) -> Option<Timestamp> {
        self.paid_at
    }
}
