//! The answer to "what does it cost": prices, payers and reasons.

use serde::{Deserialize, Serialize};

use super::allocation::Allocation;
use super::reasons::{Adjustment, Nearly, Offer, Unavailable};
use crate::amounts::{Money, Points};
use crate::program::texts::LocalText;

/// A priced cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Each line, in the order of the cart.
    pub lines: Vec<QuotedLine>,
    /// Each delivery, in the order of the cart.
    pub shipping: Vec<QuotedShipping>,
    /// What pays for it besides money.
    pub tenders: Tenders,
    /// What is left to pay in money.
    pub to_pay: Money,
    /// The promotions that apply, in the order in which they were applied.
    pub applied: Vec<Applied>,
    /// Offers that do not apply, or not as far as asked, with the reason.
    pub unavailable: Vec<Unavailable>,
    /// Offers that are nearly reached, the nearest first; at most five.
    pub nearly: Vec<Nearly>,
    /// What could be asked for.
    pub options: Options,
    /// Products to add free of charge.
    pub gifts: Vec<Gift>,
    /// Who pays which part of which line; stored when the order is confirmed.
    pub allocation: Allocation,
    /// Whether the best combination of coupons was searched for to the end. False
    /// only for very many coupons in very many stacking groups.
    pub proven: bool,
}

/// A priced line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedLine {
    /// The line of the cart.
    pub line_no: String,
    /// The list price of its pieces.
    pub gross: Money,
    /// What promotions and coupons take off, in the order in which they applied.
    pub adjustments: Vec<Adjustment>,
    /// What is left for points, wallet and money to pay.
    pub net: Money,
}

/// A priced delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedShipping {
    /// The delivery of the cart.
    pub id: String,
    /// Its list price.
    pub gross: Money,
    /// What promotions and coupons take off.
    pub adjustments: Vec<Adjustment>,
    /// What is left to pay.
    pub net: Money,
}

/// What pays besides money.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tenders {
    /// Points.
    pub points: PointsUsed,
    /// Coupons in the order in which they apply.
    pub coupons: Vec<CouponUsed>,
    /// Stored value.
    pub wallet: WalletUsed,
}

/// Points used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PointsUsed {
    /// How many.
    pub used: Points,
    /// What they pay.
    pub money: Money,
}

/// A coupon used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponUsed {
    /// Its code.
    pub code: String,
    /// What it takes off lines and shipping; zero for a gift.
    pub amount: Money,
    /// Uses taken: 1, or more of a times card.
    pub times: i64,
}

/// Stored value used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WalletUsed {
    /// Of what was paid in.
    pub principal: Money,
    /// Of what was given on top.
    pub bonus: Money,
}

/// A promotion that applies, and what it uses of its budget and quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The promotion.
    pub promotion: String,
    /// What it is called.
    pub name: LocalText,
    /// What it takes off lines and shipping: what it uses of a money budget.
    pub amount: Money,
    /// How often it applied within the cart: sets, steps, groups. The order is one use.
    pub times: i64,
    /// Pieces it made cheaper: what it uses of a quota.
    pub pieces: i64,
}

/// What could be asked for on this cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    /// The most points that can be used, a multiple of `points_step`; 0 when none can.
    pub points_max: Points,
    /// The steps points are used in.
    pub points_step: Points,
    /// The fewest points that can be used.
    pub points_min: Points,
    /// The most of the wallet that can be used, beside the points used.
    pub wallet_max: Money,
}

/// A product to add free of charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// What gives it.
    pub offer: Offer,
    /// The product.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
}
