//! How much a piece, a line or an order becomes cheaper.

use serde::{Deserialize, Serialize};

use crate::amounts::{AMOUNT_MAX, Money, Rounding, scale};
use crate::program::problems::Problems;
use crate::program::rules::Fraction;

/// How much cheaper something becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// So many percent off: 20 is 20 % off (八折), 100 is free.
    Percent(#[schemars(range(min = 1, max = 100))] i64),
    /// An exact share off, where whole percents do not do: at most 1.
    Share(Fraction),
    /// So much off, in minor units.
    Amount(#[schemars(with = "i64", range(min = 1))] Money),
    /// It costs so much, in minor units, unless it is cheaper already.
    Price(#[schemars(with = "i64", range(min = 0))] Money),
}

/// How a part of a price becomes a whole number, and how often that happens.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct RoundOff {
    /// What is rounded.
    pub each: RoundEach,
    /// Which way the discount is rounded.
    pub to: RoundTo,
}

/// What is rounded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RoundEach {
    /// The discount as a whole, once.
    #[default]
    Once,
    /// That of each line.
    Line,
    /// That of each piece.
    Piece,
}

/// Which way a discount is rounded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RoundTo {
    /// Down: never more than promised.
    #[default]
    Floor,
    /// To the nearest, half up.
    HalfUp,
    /// To the nearest, half down: so that the price that is left is rounded half up.
    HalfDown,
    /// Up.
    Ceil,
}

impl RoundTo {
    /// `num ÷ den` of `price`, which is at most all of it.
    fn share(self, price: i64, num: i64, den: i64) -> i64 {
        let of = |num, rounding| scale(price, num, den, rounding);
        let share = match self {
            Self::Floor => of(num, Rounding::Floor),
            Self::HalfUp => of(num, Rounding::HalfUp),
            Self::Ceil => of(num, Rounding::Ceil),
            Self::HalfDown => {
                let left = of(den.saturating_sub(num), Rounding::HalfUp);
                left.map(|left| price.saturating_sub(left))
            }
        };
        share.unwrap_or(price)
    }
}

impl Off {
    /// Everything.
    pub(crate) const ALL: Self = Self::Percent(100);

    /// What is taken off `price`; from zero up to it.
    pub(crate) fn of(self, price: i64, to: RoundTo) -> i64 {
        let off = match self {
            Self::Percent(percent) => to.share(price, percent, 100),
            Self::Share(fraction) => to.share(price, fraction.num, fraction.den),
            Self::Amount(amount) => amount.0,
            Self::Price(fixed) => price.saturating_sub(fixed.0),
        };
        off.clamp(0, price.max(0))
    }

    pub(crate) fn check(self, pointer: &str, problems: &mut Problems) {
        match self {
            Self::Percent(percent) => {
                problems.range(format!("{pointer}/percent"), percent, 1..=100);
            }
            Self::Share(fraction) => {
                fraction.check(&format!("{pointer}/share"), problems);
                if fraction.num > fraction.den {
                    let message = "no more than the whole can be taken off: at most 1";
                    problems.error(format!("{pointer}/share"), "program.fraction", message);
                }
            }
            Self::Amount(amount) => {
                problems.range(format!("{pointer}/amount"), amount.0, 1..=AMOUNT_MAX);
            }
            Self::Price(price) => {
                problems.range(format!("{pointer}/price"), price.0, 0..=AMOUNT_MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_off_beyond_the_price() {
        assert_eq!(Off::Amount(Money(500)).of(300, RoundTo::Floor), 300);
        assert_eq!(Off::Price(Money(500)).of(300, RoundTo::Floor), 0);
        assert_eq!(Off::Price(Money(100)).of(300, RoundTo::Floor), 200);
        assert_eq!(Off::ALL.of(300, RoundTo::Floor), 300);
    }

    #[test]
    fn the_direction_of_rounding_is_the_one_named() {
        let off = Off::Percent(15);

        assert_eq!(off.of(9_990, RoundTo::Floor), 1_498);
        assert_eq!(off.of(9_990, RoundTo::HalfUp), 1_499);
        assert_eq!(off.of(9_990, RoundTo::Ceil), 1_499);
        assert_eq!(off.of(9_990, RoundTo::HalfDown), 1_498);
        assert_eq!(off.of(9_994, RoundTo::HalfDown), 1_499);
        assert_eq!(Off::Share(Fraction { num: 1, den: 3 }).of(100, RoundTo::Floor), 33);
    }
}
