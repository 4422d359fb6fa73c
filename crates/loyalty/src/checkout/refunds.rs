//! What a refund gives back, by the matrix that was stored with the order.
//!
//! Every figure is a function of all that has been refunded up to and with this
//! refund, less what was given back before. So any sequence of partial refunds
//! gives back exactly what one full refund does.
//!
//! Of a line with `paid` A of which R is refunded, the wallet gets back
//! ⌊principal·R/A⌋ and ⌊bonus·R/A⌋ and the customer the rest of R in money; points
//! come back by the order as a whole, ⌊spent·ΣR/ΣA⌋ (by pieces where nothing was
//! paid), as semantics 5 has it. Where a discount loses its threshold and is
//! clawed back, what the lines that are kept should not have had is withheld
//! from the money, then from the principal; once they are refunded too it is
//! given back.

use serde::{Deserialize, Serialize};

use super::allocation::{Allocation, Row, Threshold};
use super::reasons::Offer;
use crate::amounts::{Money, Points, Rounding, scale};
use crate::orders::RefundLine;
use crate::promotions::LostThreshold;
use crate::promotions::ladder::{Measure, reached};
use crate::promotions::off::RoundTo;

/// What has been refunded of an order so far; stored beside the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refunded {
    /// Of each line: how much of what was paid and how many pieces.
    pub lines: Vec<RefundLine>,
    /// Of shipping, in money and wallet principal.
    #[serde(default)]
    pub shipping: Money,
    /// What was given back for it.
    pub given: Given,
    /// Coupons that have come back.
    #[serde(default)]
    pub coupons: Vec<String>,
}

/// What is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Given {
    /// Money.
    pub money: Money,
    /// Points.
    pub points: Points,
    /// Stored value that was paid in.
    pub principal: Money,
    /// Stored value that was given.
    pub bonus: Money,
}

/// What a refund gives back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundQuote {
    /// By this refund.
    pub back: Given,
    /// Coupons of whose discount everything is given back now. Whether one can be
    /// used again its template says.
    pub coupons_back: Vec<String>,
    /// What is withheld altogether, after this refund, for discounts that lost their threshold.
    pub withheld: Money,
    /// Whether discounts still have what they needed.
    pub threshold: ThresholdState,
    /// What is to be stored instead of what was refunded before.
    pub refunded: Refunded,
}

/// Whether the discounts of what is kept still have what they needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdState {
    /// All of them.
    Kept,
    /// These do not.
    Lost(Vec<Offer>),
}

/// Why a refund does not fit the matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundQuoteError {
    /// The order has no such line.
    #[error("the order has no line {0}")]
    LineUnknown(String),
    /// More than is left of the line.
    #[error("more than is left of line {0}")]
    Exceeds(String),
}

impl RefundQuoteError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LineUnknown(_) => "refund.line_unknown",
            Self::Exceeds(_) => "refund.exceeds",
        }
    }
}

/// What refunding `lines` and so much of the `shipping` gives back.
///
/// Amounts are in the measure of a line's [`Row::paid`].
///
/// # Errors
///
/// [`RefundQuoteError`] when a line does not exist, or less is left of it.
pub fn refund_quote(
    allocation: &Allocation,
    before: &Refunded,
    lines: &[RefundLine],
    shipping: Money,
) -> Result<RefundQuote, RefundQuoteError> {
    let mut refunded = before.clone();
    for line in lines {
        add(allocation, &mut refunded, line)?;
    }
    let shipping_paid = allocation.shipping.as_ref().map_or(Money::ZERO, Row::paid);
    refunded.shipping = refunded.shipping.plus(shipping);
    if shipping < Money::ZERO || refunded.shipping > shipping_paid {
        return Err(RefundQuoteError::Exceeds("shipping".to_owned()));
    }
    let states: Vec<State<'_>> =
        allocation.lines.iter().map(|row| State::of(row, &refunded)).collect();
    let shipped = allocation.shipping.as_ref().map(|row| State {
        row,
        amount: refunded.shipping,
        returned: i64::from(refunded.shipping == shipping_paid),
    });

    let (lost, owed) = lost(allocation, &states);
    let withheld = if allocation.lost_threshold == LostThreshold::ClawBack { owed } else { 0 };
    let full: Given = states.iter().chain(&shipped).map(State::given).fold(
        Given { points: points(allocation, &states), ..Given::default() },
        |sum, one| Given {
            money: sum.money.plus(one.money),
            principal: sum.principal.plus(one.principal),
            bonus: sum.bonus.plus(one.bonus),
            points: sum.points,
        },
    );
    let from_money = full.money.min(Money(withheld));
    let from_principal = full.principal.min(Money(withheld).minus(from_money));
    // What was given back once is not taken again.
    let given = Given {
        money: before.given.money.max(full.money.minus(from_money)),
        principal: before.given.principal.max(full.principal.minus(from_principal)),
        bonus: before.given.bonus.max(full.bonus),
        points: before.given.points.max(full.points),
    };
    let coupons_back = coupons_back(allocation, &states, shipped.as_ref(), before);
    refunded.given = given;
    refunded.coupons.extend(coupons_back.iter().cloned());
    Ok(RefundQuote {
        back: Given {
            money: given.money.minus(before.given.money),
            points: given.points.minus(before.given.points),
            principal: given.principal.minus(before.given.principal),
            bonus: given.bonus.minus(before.given.bonus),
        },
        coupons_back,
        withheld: from_money.plus(from_principal),
        threshold: if lost.is_empty() { ThresholdState::Kept } else { ThresholdState::Lost(lost) },
        refunded,
    })
}

fn add(
    allocation: &Allocation,
    refunded: &mut Refunded,
    line: &RefundLine,
) -> Result<(), RefundQuoteError> {
    let row = allocation.lines.iter().find(|row| row.line_no == line.line_no);
    let row = row.ok_or_else(|| RefundQuoteError::LineUnknown(line.line_no.clone()))?;
    let known = refunded.lines.iter().position(|known| known.line_no == line.line_no);
    let place = known.unwrap_or_else(|| {
        refunded.lines.push(RefundLine { quantity: 0, amount: Money::ZERO, ..line.clone() });
        refunded.lines.len().saturating_sub(1)
    });
    if let Some(known) = refunded.lines.get_mut(place) {
        known.amount = known.amount.plus(line.amount);
        known.quantity = known.quantity.saturating_add(line.quantity);
        let is_backwards = line.amount < Money::ZERO || line.quantity < 0;
        if is_backwards || known.amount > row.paid() || known.quantity > row.quantity {
            return Err(RefundQuoteError::Exceeds(line.line_no.clone()));
        }
    }
    Ok(())
}

/// A row and how far it is refunded.
struct State<'a> {
    row: &'a Row,
    amount: Money,
    returned: i64,
}

impl<'a> State<'a> {
    fn of(row: &'a Row, refunded: &Refunded) -> Self {
        let known = refunded.lines.iter().find(|line| line.line_no == row.line_no);
        Self {
            row,
            amount: known.map_or(Money::ZERO, |line| line.amount),
            returned: known.map_or(0, |line| line.quantity),
        }
    }

    /// How far, as a fraction: by money, by pieces where none was paid.
    fn part(&self) -> (i64, i64) {
        let paid = self.row.paid();
        if paid.is_positive() {
            (self.amount.0, paid.0)
        } else {
            (self.returned, self.row.quantity)
        }
    }

    fn is_whole(&self) -> bool {
        let (part, whole) = self.part();
        part >= whole
    }

    /// Pieces the customer keeps.
    fn kept(&self) -> i64 {
        if self.is_whole() { 0 } else { self.row.quantity.saturating_sub(self.returned) }
    }

    fn given(&self) -> Given {
        let (part, whole) = self.part();
        let share =
            |amount: Money| Money(scale(amount.0, part, whole, Rounding::Floor).unwrap_or(0));
        let principal = share(self.row.principal);
        Given {
            money: self.amount.minus(principal),
            principal,
            bonus: share(self.row.bonus),
            points: Points::ZERO,
        }
    }
}

/// The points that have come back by now (semantics 5).
fn points(allocation: &Allocation, states: &[State<'_>]) -> Points {
    let paid: Money = states.iter().map(|state| state.row.paid()).sum();
    let refunded: Money = states.iter().map(|state| state.amount).sum();
    let pieces = states.iter().map(|state| state.row.quantity).fold(0, i64::saturating_add);
    let returned = states.iter().map(|state| state.returned).fold(0, i64::saturating_add);
    let (part, whole) = if paid.is_positive() { (refunded.0, paid.0) } else { (returned, pieces) };
    if part >= whole {
        return allocation.points_spent;
    }
    Points(scale(allocation.points_spent.0, part, whole, Rounding::Floor).unwrap_or(0))
}

/// The discounts whose threshold what is kept does not reach, and what of them
/// what is kept should not have had.
fn lost(allocation: &Allocation, states: &[State<'_>]) -> (Vec<Offer>, i64) {
    let mut lost = Vec::new();
    let mut owed = 0_i64;
    for threshold in &allocation.thresholds {
        let too_much = too_much(threshold, states);
        if too_much > 0 {
            lost.push(threshold.offer.clone());
            owed = owed.saturating_add(too_much);
        }
    }
    (lost, owed)
}

fn too_much(threshold: &Threshold, states: &[State<'_>]) -> i64 {
    let (mut measure, mut discount) = (Measure { spend: 0, pieces: 0 }, 0_i64);
    for line in &threshold.lines {
        let Some(state) = states.get(line.row) else { continue };
        let kept = state.kept();
        let share =
            |amount: Money| scale(amount.0, kept, state.row.quantity, Rounding::Floor).unwrap_or(0);
        measure.spend = measure.spend.saturating_add(share(line.price));
        measure.pieces = measure.pieces.saturating_add(kept);
        discount = discount.saturating_add(share(line.discount));
    }
    let Threshold { steps, every, times_max, .. } = threshold;
    let entitled = reached(steps, *every, *times_max, measure, measure.spend, RoundTo::Ceil);
    discount.saturating_sub(entitled.map_or(0, |reached| reached.off)).max(0)
}

fn coupons_back(
    allocation: &Allocation,
    states: &[State<'_>],
    shipped: Option<&State<'_>>,
    before: &Refunded,
) -> Vec<String> {
    let is_back = |code: &String| {
        let on = |state: &&State<'_>| state.row.coupons.iter().any(|part| part.code == *code);
        let of_coupon: Vec<&State<'_>> = states.iter().chain(shipped).filter(on).collect();
        // One that took nothing off any row gave something for the order as a whole.
        if of_coupon.is_empty() {
            states.iter().all(State::is_whole)
        } else {
            of_coupon.into_iter().all(State::is_whole)
        }
    };
    let open = allocation.coupons.iter().filter(|code| !before.coupons.contains(code));
    open.filter(|code| is_back(code)).cloned().collect()
}

#[cfg(test)]
mod tests;
