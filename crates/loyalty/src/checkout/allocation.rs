//! Who pays which part of which line: the matrix that is stored with an order.
//!
//! Every row adds up to the price after promotions, every column to what the
//! tender gives, exactly. Refunds go by this matrix alone.

use serde::{Deserialize, Serialize};

use super::reasons::Offer;
use crate::amounts::{Money, Points};
use crate::promotions::ladder::Step;
use crate::promotions::{LostThreshold, ReturnedGifts};

/// The matrix of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Allocation {
    /// A row for each line, in the order of the cart.
    pub lines: Vec<Row>,
    /// The row of all deliveries together, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Row>,
    /// The points behind the column of points.
    #[serde(default)]
    pub points_spent: Points,
    /// The codes of all coupons used, also of those that took nothing off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
    /// What discounts depended on: a refund may undo it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    /// What then becomes of them, by the program when the cart was priced.
    #[serde(default)]
    pub lost_threshold: LostThreshold,
    /// What becomes of gifts when all of the order has come back, by the same program.
    #[serde(default)]
    pub returned_gifts: ReturnedGifts,
}

/// A discount that depended on how much was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// The promotion or coupon.
    pub offer: Offer,
    /// What it needed, step by step, and what each step gives.
    pub steps: Vec<Step>,
    /// Whether a step counts as often as it is reached.
    #[serde(default)]
    pub every: bool,
    /// With `every` the most times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_max: Option<i64>,
    /// The lines it was measured on.
    pub lines: Vec<ThresholdLine>,
}

/// A line's part of a threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdLine {
    /// The place of its row.
    pub row: usize,
    /// What it counted for.
    pub price: Money,
    /// What the discount took off it.
    pub discount: Money,
}

/// A row: a line and who pays for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Row {
    /// The line of the order; `shipping` for the row of deliveries.
    pub line_no: String,
    /// Pieces.
    pub quantity: i64,
    /// The list price.
    pub gross: Money,
    /// What promotions took off.
    pub promotions: Money,
    /// What coupons took off, each by its code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<CouponPart>,
    /// What points pay.
    #[serde(default)]
    pub points: Money,
    /// What stored value that was paid in pays.
    #[serde(default)]
    pub principal: Money,
    /// What stored value that was given pays.
    #[serde(default)]
    pub bonus: Money,
    /// What is paid in money.
    #[serde(default)]
    pub money: Money,
}

/// A coupon's part of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponPart {
    /// The coupon.
    pub code: String,
    /// What it takes off.
    pub amount: Money,
}

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part<'a> {
    /// A coupon, by its code.
    Coupon(&'a str),
    /// Points.
    Points,
    /// Stored value that was paid in.
    WalletPrincipal,
    /// Stored value that was given.
    WalletBonus,
    /// Money.
    Money,
}

impl Row {
    /// What the customer paid in money and wallet principal: the `paid` of the
    /// order's line, base of earning and measure of refunds.
    pub const fn paid(&self) -> Money {
        self.money.plus(self.principal)
    }

    /// The price after promotions: what all parts add up to.
    pub const fn price(&self) -> Money {
        self.gross.minus(self.promotions)
    }

    /// The parts that are not zero.
    pub fn parts(&self) -> impl Iterator<Item = (Part<'_>, Money)> {
        let coupons = self.coupons.iter().map(|part| (Part::Coupon(&part.code), part.amount));
        let rest = [
            (Part::Points, self.points),
            (Part::WalletPrincipal, self.principal),
            (Part::WalletBonus, self.bonus),
            (Part::Money, self.money),
        ];
        coupons.chain(rest).filter(|(_, amount)| !amount.is_zero())
    }
}

impl Allocation {
    /// All rows, the lines first.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.lines.iter().chain(&self.shipping)
    }

    /// Every cell that is not zero: line, part, amount.
    pub fn cells(&self) -> impl Iterator<Item = (&str, Part<'_>, Money)> {
        self.rows()
            .flat_map(|row| row.parts().map(|(part, amount)| (row.line_no.as_str(), part, amount)))
    }

    /// What an offer took off by way of coupons.
    pub fn of_coupon(&self, code: &str) -> Money {
        self.cells()
            .filter(|(_, part, _)| *part == Part::Coupon(code))
            .map(|(_, _, amount)| amount)
            .sum()
    }
}
