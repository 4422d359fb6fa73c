//! Money, points, exact fractions, rounding and splitting.
//!
//! Nothing is ever a floating-point number. Amounts beyond ten to the twelfth
//! are refused at the edge, so sums over a member's life fit an `i64`.

use std::fmt;
use std::iter::Sum;
use std::ops::Neg;

use serde::{Deserialize, Serialize};

/// The largest magnitude of one amount of money or points.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// The sum, held at the ends of the range.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, held at the ends of the range.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// The difference, or zero where it would be negative.
            #[must_use]
            pub fn minus_to_zero(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0).max(0))
            }

            /// Whether there is more than nothing.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Whether it is exactly nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl Neg for $name {
            type Output = Self;

            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::ZERO, Self::plus)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

amount! {
    /// Money in the currency's minor unit (fen for CNY).
    Money
}
amount! {
    /// Points of a program; also used for growth values.
    Points
}

/// Which way an exact result becomes a whole number.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Towards negative infinity.
    #[default]
    Floor,
    /// To the nearest; exactly half goes away from zero.
    HalfUp,
    /// Towards positive infinity.
    Ceil,
}

/// `value × numerator ÷ denominator`, rounded; `None` when it does not fit.
///
/// The denominator must be positive.
pub fn scale(value: i64, numerator: i64, denominator: i64, rounding: Rounding) -> Option<i64> {
    let product = i128::from(value).checked_mul(i128::from(numerator))?;
    divide(product, i128::from(denominator), rounding).and_then(|whole| i64::try_from(whole).ok())
}

/// `numerator ÷ denominator` rounded; the denominator must be positive.
pub fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> Option<i128> {
    if denominator <= 0 {
        return None;
    }
    let (floor, rest) = floored(numerator, denominator)?;
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::Ceil => rest > 0,
        Rounding::HalfUp => {
            let twice = rest.checked_mul(2)?;
            if numerator < 0 { twice > denominator } else { twice >= denominator }
        }
    };
    floor.checked_add(i128::from(up))
}

/// The floored quotient and the rest; the divisor must be positive.
fn floored(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    // Nearly all amounts are small, and dividing 128 bits is slow.
    if let (Ok(small), Ok(by)) = (i64::try_from(numerator), i64::try_from(denominator)) {
        let (floor, rest) = (small.checked_div_euclid(by)?, small.checked_rem_euclid(by)?);
        return Some((i128::from(floor), i128::from(rest)));
    }
    Some((numerator.checked_div_euclid(denominator)?, numerator.checked_rem_euclid(denominator)?))
}

/// Splits `total` over exact shares: the parts always add up to it.
///
/// The shares are scaled to the total, each is floored, and the units left over
/// go one by one to the largest remainders, ties to the earlier share
/// (semantics, section 1). When every share is zero they count as equal; with no
/// shares there is nothing to split.
///
/// Returns `None` when a share is negative or a product does not fit 128 bits.
pub fn split(total: i64, shares: &[i128]) -> Option<Vec<i64>> {
    let mut sum: i128 = 0;
    for &share in shares {
        if share < 0 {
            return None;
        }
        sum = sum.checked_add(share)?;
    }
    if sum == 0 {
        return if shares.is_empty() {
            Some(Vec::new())
        } else {
            split(total, &vec![1; shares.len()])
        };
    }
    if let (Ok(small), Ok(by)) = (u64::try_from(total), u64::try_from(sum))
        && small.checked_mul(by).is_some()
    {
        return split_small(small, by, shares);
    }
    let mut parts = vec![0_i64; shares.len()];
    let mut remainders = Vec::with_capacity(shares.len());
    let mut left = total;
    for (place, (part, &share)) in parts.iter_mut().zip(shares).enumerate() {
        let (floor, rest) = floored(share.checked_mul(i128::from(total))?, sum)?;
        *part = i64::try_from(floor).ok()?;
        left = left.checked_sub(*part)?;
        remainders.push((rest, place));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, place) in remainders {
        if left <= 0 {
            break;
        }
        if let Some(part) = parts.get_mut(place) {
            *part = part.checked_add(1)?;
            left = left.checked_sub(1)?;
        }
    }
    Some(parts)
}

/// [`split`] where every product fits 64 bits: nearly always, and several times as fast.
fn split_small(total: u64, sum: u64, shares: &[i128]) -> Option<Vec<i64>> {
    let mut parts = Vec::with_capacity(shares.len());
    let mut remainders = Vec::with_capacity(shares.len());
    let mut left = total;
    for (place, &share) in shares.iter().enumerate() {
        let product = u64::try_from(share).ok()?.checked_mul(total)?;
        let floor = product.checked_div(sum)?;
        left = left.checked_sub(floor)?;
        parts.push(i64::try_from(floor).ok()?);
        remainders.push((std::cmp::Reverse(product.checked_sub(floor.checked_mul(sum)?)?), place));
    }
    let raised = usize::try_from(left).ok()?;
    // Only which remainders are the largest counts, not their order.
    if raised > 0 && raised < remainders.len() {
        remainders.select_nth_unstable(raised);
    }
    for (_, place) in remainders.iter().take(raised) {
        let part = parts.get_mut(*place)?;
        *part = part.checked_add(1)?;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_left_over_unit_goes_to_the_largest_remainder() {
        assert_eq!(split(45, &[2985, 1515]), Some(vec![30, 15]));
        assert_eq!(split(2, &[51, 152]), Some(vec![1, 1]));
    }

    #[test]
    fn ties_go_to_the_earlier_line() {
        assert_eq!(split(1, &[5, 5]), Some(vec![1, 0]));
    }

    #[test]
    fn shares_of_nothing_are_equal() {
        assert_eq!(split(11, &[0, 0]), Some(vec![6, 5]));
        assert_eq!(split(11, &[]), Some(vec![]));
    }

    #[test]
    fn half_goes_away_from_zero() {
        assert_eq!(divide(5, 2, Rounding::HalfUp), Some(3));
        assert_eq!(divide(-5, 2, Rounding::HalfUp), Some(-3));
        assert_eq!(divide(-5, 2, Rounding::Floor), Some(-3));
        assert_eq!(divide(5, 2, Rounding::Ceil), Some(3));
    }

    proptest! {
        #[test]
        fn parts_add_up(total in 0..AMOUNT_MAX, shares in prop::collection::vec(0..AMOUNT_MAX, 1..40)) {
            let shares: Vec<i128> = shares.into_iter().map(i128::from).collect();

            let parts = split(total, &shares);

            prop_assert_eq!(parts.map(|parts| parts.iter().sum::<i64>()), Some(total));
        }
    }
}
