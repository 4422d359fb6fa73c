//! What a refund takes back of an order, line by line: semantics, section 5.

use super::checks::Refusal;
use super::{RecordedLine, RefundLine, Status};
use crate::amounts::{Money, Points};
use crate::time::Timestamp;

/// Why a refund does not fit its order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// Nothing was paid that could be given back.
    #[error("the order was never paid")]
    OrderNotPaid,
    /// Neither pieces nor money.
    #[error("a refund gives back something of at least one line")]
    Empty,
    /// The order has no such line.
    #[error("the order has no line {line_no}")]
    LineUnknown {
        /// The place among the refund's lines.
        place: usize,
        /// The number given.
        line_no: String,
    },
    /// The line was given twice.
    #[error("line {line_no} was given twice")]
    LineRepeated {
        /// The place among the refund's lines.
        place: usize,
        /// The number given.
        line_no: String,
    },
    /// More money than is left of the line.
    #[error("of line {line_no} {left} is left to refund")]
    AmountExceeds {
        /// The place among the refund's lines.
        place: usize,
        /// The number given.
        line_no: String,
        /// What can still be refunded.
        left: Money,
    },
    /// More pieces than are left of the line.
    #[error("of line {line_no} {left} pieces are left to return")]
    QuantityExceeds {
        /// The place among the refund's lines.
        place: usize,
        /// The number given.
        line_no: String,
        /// The pieces that can still be returned.
        left: i64,
    },
}

impl RefundRefusal {
    /// The stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OrderNotPaid => "refund.order_not_paid",
            Self::Empty => "refund.empty",
            Self::LineUnknown { .. } => "refund.line_unknown",
            Self::LineRepeated { .. } => "lines.repeated",
            Self::AmountExceeds { .. } | Self::QuantityExceeds { .. } => "refund.exceeds",
        }
    }

    /// Where in the body: a JSON pointer.
    pub fn pointer(&self) -> String {
        match self {
            Self::OrderNotPaid => "/order_no".to_owned(),
            Self::Empty => "/lines".to_owned(),
            Self::LineUnknown { place, .. } | Self::LineRepeated { place, .. } => {
                format!("/lines/{place}/line_no")
            }
            Self::AmountExceeds { place, .. } => format!("/lines/{place}/amount"),
            Self::QuantityExceeds { place, .. } => format!("/lines/{place}/quantity"),
        }
    }
}

impl From<&RefundRefusal> for Refusal {
    fn from(refusal: &RefundRefusal) -> Self {
        Self::new(refusal.code(), &refusal.pointer(), refusal.to_string())
    }
}

/// What a refund takes of one line beyond what was taken before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineEffect {
    /// The line of the order.
    pub line_no: String,
    /// Points to take back.
    pub points: Points,
    /// Growth to take back.
    pub growth: Points,
}

/// What a refund takes beyond what was taken before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundEffect {
    /// Money given back by this refund.
    pub amount: Money,
    /// Points to take back.
    pub points_to_take: Points,
    /// Growth to take back.
    pub growth_to_take: Points,
    /// The same for each of the refund's lines, in its order.
    pub lines: Vec<LineEffect>,
}

/// Whether an order in this state can be refunded.
///
/// A closed one that was paid can: a channel may close it before it tells of its
/// last refund. If the closing itself acted as a full refund nothing is left and
/// the lines say so (`refund.exceeds`).
///
/// # Errors
///
/// [`RefundRefusal::OrderNotPaid`] when it is only placed, or was closed unpaid.
pub fn refundable(status: Status, paid_at: Option<Timestamp>) -> Result<(), RefundRefusal> {
    let was_paid = match status {
        Status::Placed => false,
        Status::Closed => paid_at.is_some(),
        Status::Paid | Status::Shipped | Status::Completed => true,
    };
    if was_paid { Ok(()) } else { Err(RefundRefusal::OrderNotPaid) }
}

/// Applies a refund to an order's lines: all of it, or nothing where it does not fit.
///
/// # Errors
///
/// [`RefundRefusal`] when a line does not exist, is given twice or has less left.
pub fn apply_refund(
    lines: &mut [RecordedLine],
    refund: &[RefundLine],
) -> Result<RefundEffect, RefundRefusal> {
    if refund.iter().all(|back| back.quantity == 0 && back.amount.is_zero()) {
        return Err(RefundRefusal::Empty);
    }
    for (place, back) in refund.iter().enumerate() {
        if refund.iter().take(place).any(|earlier| earlier.line_no == back.line_no) {
            return Err(RefundRefusal::LineRepeated { place, line_no: back.line_no.clone() });
        }
        fits(lines, place, back)?;
    }
    let effects = refund
        .iter()
        .filter_map(|back| {
            let line = lines.iter_mut().find(|line| line.line_no == back.line_no)?;
            Some(take_back(line, back))
        })
        .collect::<Vec<_>>();
    Ok(RefundEffect {
        amount: refund.iter().map(|back| back.amount).sum(),
        points_to_take: effects.iter().map(|effect| effect.points).sum(),
        growth_to_take: effects.iter().map(|effect| effect.growth).sum(),
        lines: effects,
    })
}

/// All that is left of an order, as a refund: what `closed` gives back.
///
/// Lines of which nothing is left are not in it; empty when nothing is left at all.
pub fn full_refund(lines: &[RecordedLine]) -> Vec<RefundLine> {
    lines
        .iter()
        .map(|line| RefundLine {
            line_no: line.line_no.clone(),
            quantity: line.quantity.saturating_sub(line.returned),
            amount: line.paid.minus(line.refunded),
        })
        .filter(|back| back.quantity > 0 || back.amount.is_positive())
        .collect()
}

/// What of `total` is taken after a line (or order) worth `paid` was refunded up
/// to `refunded`: ⌊total·refunded/paid⌋, and all of it at the end. Where nothing
/// was paid the pieces count instead.
pub fn taken_so_far(
    total: Points,
    paid: Money,
    refunded: Money,
    quantity: i64,
    returned: i64,
) -> Points {
    let (part, whole) = if paid.is_zero() { (returned, quantity) } else { (refunded.0, paid.0) };
    if part >= whole {
        return total;
    }
    let product = i128::from(total.0).saturating_mul(i128::from(part));
    let share = product.checked_div_euclid(i128::from(whole)).unwrap_or(0);
    Points(i64::try_from(share).unwrap_or(0))
}

/// What of the points `spent` on an order has come back to the member, once
/// `lines` are refunded as far as they say.
pub fn restored_so_far(spent: Points, lines: &[RecordedLine]) -> Points {
    let paid = lines.iter().map(|line| line.paid).sum();
    let refunded = lines.iter().map(|line| line.refunded).sum();
    let pieces = |of: fn(&RecordedLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    taken_so_far(spent, paid, refunded, pieces(|line| line.quantity), pieces(|line| line.returned))
}

fn fits(lines: &[RecordedLine], place: usize, back: &RefundLine) -> Result<(), RefundRefusal> {
    let line_no = back.line_no.clone();
    let Some(line) = lines.iter().find(|line| line.line_no == line_no) else {
        return Err(RefundRefusal::LineUnknown { place, line_no });
    };
    let left = line.paid.minus(line.refunded);
    if back.amount < Money::ZERO || back.amount > left {
        return Err(RefundRefusal::AmountExceeds { place, line_no, left });
    }
    let left = line.quantity.saturating_sub(line.returned);
    if back.quantity < 0 || back.quantity > left {
        return Err(RefundRefusal::QuantityExceeds { place, line_no, left });
    }
    Ok(())
}

fn take_back(line: &mut RecordedLine, back: &RefundLine) -> LineEffect {
    line.refunded = line.refunded.plus(back.amount);
    line.returned = line.returned.saturating_add(back.quantity);
    let so_far =
        |total| taken_so_far(total, line.paid, line.refunded, line.quantity, line.returned);
    let (points_now, growth_now) = (so_far(line.points), so_far(line.growth));
    let points = points_now.minus_to_zero(line.points_taken);
    let growth = growth_now.minus_to_zero(line.growth_taken);
    line.points_taken = line.points_taken.plus(points);
    line.growth_taken = line.growth_taken.plus(growth);
    LineEffect { line_no: back.line_no.clone(), points, growth }
}
