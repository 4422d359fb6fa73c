//! What a refund takes back of an order, line by line: semantics, section 5.

use super::checks::Refusal;
use super::{RecordedLine, RefundLine, Status};
use crate::amounts::{Money, Points, Rounding, scale};
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
    /// More money than is left of the shipping.
    #[error("of the shipping {left} is left to refund")]
    ShippingExceeds {
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
            Self::AmountExceeds { .. }
            | Self::QuantityExceeds { .. }
            | Self::ShippingExceeds { .. } => "refund.exceeds",
        }
    }

    /// Where in the body: a JSON pointer.
    pub fn pointer(&self) -> String {
        match self {
            Self::OrderNotPaid => "/order_no".to_owned(),
            Self::Empty => "/lines".to_owned(),
            Self::ShippingExceeds { .. } => "/shipping".to_owned(),
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
    apply_lines(lines, refund)
}

/// What can be refunded of a shipping of which some was refunded before.
///
/// # Errors
///
/// [`RefundRefusal::ShippingExceeds`] when `back` is below zero or more than is left.
pub fn apply_shipping(paid: Money, refunded: Money, back: Money) -> Result<Money, RefundRefusal> {
    let left = paid.minus_to_zero(refunded);
    if back < Money::ZERO || back > left {
        return Err(RefundRefusal::ShippingExceeds { left });
    }
    Ok(refunded.plus(back))
}

/// As [`apply_refund`], for a refund that may be of the shipping alone.
///
/// # Errors
///
/// As [`apply_refund`], except that it may give back nothing of any line.
pub fn apply_lines(
    lines: &mut [RecordedLine],
    refund: &[RefundLine],
) -> Result<RefundEffect, RefundRefusal> {
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

/// Points of `points` that are to be taken back once `refunded` of `paid` was refunded.
///
/// ⌊points·refunded/paid⌋, and all of them for the whole; by pieces where
/// nothing was paid. Each refund takes the difference to what was taken
/// before, so many partial refunds take exactly the whole. Never below zero,
/// never above `points`.
pub fn taken_so_far(
    points: Points,
    paid: Money,
    refunded: Money,
    quantity: i64,
    returned: i64,
) -> Points {
    let (part, whole) =
        if paid.is_positive() { (refunded.0, paid.0) } else { (returned, quantity) };
    if part >= whole {
        return points;
    }
    scale(points.0, part.max(0), whole, Rounding::Floor).map_or(Points::ZERO, Points)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amounts::AMOUNT_MAX;
    use proptest::prelude::*;

    fn line(number: &str, paid: i64, points: i64) -> RecordedLine {
        RecordedLine {
            line_no: number.to_owned(),
            sku: "A1".to_owned(),
            category: None,
            quantity: 2,
            unit_price: Money(paid),
            paid: Money(paid),
            points: Points(points),
            growth: Points(points),
            refunded: Money::ZERO,
            returned: 0,
            points_taken: Points::ZERO,
            growth_taken: Points::ZERO,
        }
    }

    fn back(number: &str, quantity: i64, amount: i64) -> RefundLine {
        RefundLine { line_no: number.to_owned(), quantity, amount: Money(amount) }
    }

    fn taken(lines: &mut [RecordedLine], refund: RefundLine) -> Result<Points, RefundRefusal> {
        apply_refund(lines, &[refund]).map(|effect| effect.points_to_take)
    }

    #[test]
    fn a_third_takes_its_floor_and_the_rest_takes_the_rest() {
        let mut lines = [line("1", 19900, 30), line("2", 10100, 15)];

        assert_eq!(taken(&mut lines, back("1", 0, 6633)), Ok(Points(9)));
        assert_eq!(taken(&mut lines, back("1", 2, 13267)), Ok(Points(21)));
    }

    #[test]
    fn a_line_that_cost_nothing_counts_by_pieces() {
        let mut lines = [line("1", 0, 5)];

        assert_eq!(taken(&mut lines, back("1", 1, 0)), Ok(Points(2)));
        assert_eq!(taken(&mut lines, back("1", 1, 0)), Ok(Points(3)));
    }

    #[test]
    fn pieces_alone_take_nothing_of_a_line_that_cost_money() {
        let mut lines = [line("1", 100, 5)];

        assert_eq!(taken(&mut lines, back("1", 2, 0)), Ok(Points::ZERO));
    }

    #[test]
    fn no_more_goes_back_than_is_left() {
        let mut lines = [line("1", 100, 5)];
        let _ = taken(&mut lines, back("1", 1, 60));

        let code = |lines: &mut [RecordedLine], refund| {
            taken(lines, refund).map_err(|refusal| (refusal.code(), refusal.pointer()))
        };
        let exceeds = |field: &str| Err(("refund.exceeds", format!("/lines/0/{field}")));

        assert_eq!(code(&mut lines.clone(), back("1", 0, 41)), exceeds("amount"));
        assert_eq!(code(&mut lines.clone(), back("1", 2, 40)), exceeds("quantity"));
        assert_eq!(code(&mut lines.clone(), back("1", 0, -1)), exceeds("amount"));
        assert_eq!(code(&mut lines, back("1", 1, 40)), Ok(Points(2)));
    }

    #[test]
    fn a_refund_that_does_not_fit_changes_nothing() {
        let before = [line("1", 100, 5), line("2", 100, 5)];
        for (refund, code) in [
            (vec![back("1", 1, 50), back("2", 1, 101)], "refund.exceeds"),
            (vec![back("1", 1, 50), back("3", 1, 1)], "refund.line_unknown"),
            (vec![back("1", 1, 50), back("1", 1, 50)], "lines.repeated"),
            (vec![back("1", 0, 0)], "refund.empty"),
            (vec![], "refund.empty"),
        ] {
            let mut lines = before.clone();

            let refused = apply_refund(&mut lines, &refund).map_err(|refusal| refusal.code());

            assert_eq!(refused, Err(code));
            assert_eq!(lines, before);
        }
    }

    #[test]
    fn only_what_was_paid_can_be_refunded() {
        let paid_at = Some(Timestamp(7));

        assert_eq!(refundable(Status::Placed, paid_at), Err(RefundRefusal::OrderNotPaid));
        assert_eq!(refundable(Status::Closed, None), Err(RefundRefusal::OrderNotPaid));
        assert_eq!(refundable(Status::Closed, paid_at), Ok(()));
        assert_eq!(refundable(Status::Paid, paid_at), Ok(()));
        assert_eq!(refundable(Status::Completed, paid_at), Ok(()));
    }

    #[test]
    fn a_full_refund_is_what_is_left() {
        let mut lines = [line("1", 100, 5), line("2", 0, 0), line("3", 50, 1)];
        let _ = apply_refund(&mut lines, &[back("1", 2, 30), back("2", 1, 0), back("3", 2, 50)]);

        assert_eq!(full_refund(&lines), [back("1", 0, 70), back("2", 1, 0)]);
    }

    #[test]
    fn points_spent_on_the_order_come_back_with_the_money() {
        let mut lines = [line("1", 200, 0), line("2", 100, 0)];

        assert_eq!(restored_so_far(Points(100), &lines), Points::ZERO);
        let _ = taken(&mut lines, back("2", 2, 100));
        assert_eq!(restored_so_far(Points(100), &lines), Points(33));
        let _ = taken(&mut lines, back("1", 2, 200));
        assert_eq!(restored_so_far(Points(100), &lines), Points(100));
    }

    #[test]
    fn points_that_paid_for_everything_come_back_by_pieces() {
        let mut lines = [line("1", 0, 0), line("2", 0, 0)];
        let _ = taken(&mut lines, back("2", 1, 0));

        assert_eq!(restored_so_far(Points(10), &lines), Points(2));
    }

    prop_compose! {
        fn orders()(
            lines in prop::collection::vec((0..=AMOUNT_MAX, 0..=AMOUNT_MAX, 1..=9_i64, any::<bool>()), 1..6),
        ) -> Vec<RecordedLine> {
            let numbered = lines.into_iter().zip(1_i64..);
            numbered.map(|((paid, points, quantity, free), number)| RecordedLine {
                quantity,
                growth: Points(AMOUNT_MAX.saturating_sub(points)),
                ..line(&number.to_string(), if free { 0 } else { paid }, points)
            }).collect()
        }
    }

    /// A part of what is left of a line: of a hundred, `percent`.
    fn part(left: i64, percent: i64) -> i64 {
        left.saturating_mul(percent).checked_div(100).unwrap_or(0)
    }

    proptest! {
        #[test]
        fn partial_refunds_add_up_to_the_whole(
            mut lines in orders(),
            parts in prop::collection::vec((0_usize..6, 0_i64..=100), 0..12),
        ) {
            let whole: Points = lines.iter().map(|line| line.points).sum();
            let growth: Points = lines.iter().map(|line| line.growth).sum();
            let (mut points_back, mut growth_back) = (Points::ZERO, Points::ZERO);
            let steps = parts.into_iter().map(Some).chain([None]);
            for step in steps {
                let mut refund = full_refund(&lines);
                if let Some((place, percent)) = step {
                    refund = refund.into_iter().skip(place).take(1).map(|all| RefundLine {
                        quantity: part(all.quantity, percent),
                        amount: Money(part(all.amount.0, percent)),
                        ..all
                    }).collect();
                }
                match apply_refund(&mut lines, &refund) {
                    Ok(effect) => {
                        prop_assert!(effect.points_to_take >= Points::ZERO);
                        points_back = points_back.plus(effect.points_to_take);
                        growth_back = growth_back.plus(effect.growth_to_take);
                    }
                    Err(refusal) => prop_assert_eq!(refusal, RefundRefusal::Empty),
                }
            }

            prop_assert_eq!((points_back, growth_back), (whole, growth));
            prop_assert_eq!(full_refund(&lines), []);
        }
    }
}
