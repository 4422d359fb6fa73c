//! What a coupon does, and for which carts: the part of a template that a quote needs.
//!
//! Whose a coupon is, how long it is valid and what state it is in stands
//! elsewhere. These terms are stored with the coupon, so that a later change of
//! its template does not change what was promised.

use serde::{Deserialize, Serialize};

use crate::amounts::Money;
use crate::program::problems::Problems;
use crate::schedules::Schedule;
use crate::scopes::Scope;

/// The largest amount of a coupon, in minor units.
pub const AMOUNT_MAX: i64 = 1_000_000_000;
/// The most pieces or uses of a coupon.
pub const PIECES_MAX: i64 = 10_000;

/// What a coupon does and for which carts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What it gives.
    pub effect: Effect,
    /// What the lines in its scope must come to, after promotions and before other coupons.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000))]
    pub min_spend: Money,
    /// The most it takes off, whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1, max = 1_000_000_000))]
    pub cap: Option<Money>,
    /// Where and for which products it counts. One that names products is used
    /// before those that are for whole orders.
    #[serde(default)]
    pub scope: Scope,
    /// Of one stacking group only one is used on an order; those without a group form one together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacking_group: Option<String>,
    /// When it may be used, in the program's zone, within its validity.
    #[serde(default, skip_serializing_if = "Schedule::is_always")]
    pub usable: Schedule,
    /// Whether lines that a promotion has made cheaper are out of its scope.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full_price_only: bool,
}

/// What a coupon gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// So much off the lines in scope.
    Amount {
        /// In minor units.
        #[schemars(with = "i64", range(min = 1, max = 1_000_000_000))]
        amount: Money,
    },
    /// So many percent off the lines in scope, floored: 20 is 20 % off (八折).
    Percent {
        /// 1 to 100.
        #[schemars(range(min = 1, max = 100))]
        percent: i64,
    },
    /// The dearest piece in scope costs so much; 0 exchanges the coupon for it.
    FixedPrice {
        /// In minor units.
        #[schemars(with = "i64", range(min = 0, max = 1_000_000_000))]
        amount: Money,
    },
    /// A product is added free of charge.
    Gift {
        /// The product.
        sku: String,
        /// Pieces.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 10_000))]
        quantity: i64,
    },
    /// Shipping is free, or so much cheaper.
    Shipping {
        /// In minor units; left out, all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<i64>", range(min = 1, max = 1_000_000_000))]
        amount: Option<Money>,
    },
    /// A times card: each use makes one piece in scope free, the dearest first;
    /// on one order as many as it has uses left.
    Times {
        /// Uses when it is new.
        #[schemars(range(min = 1, max = 10_000))]
        times: i64,
    },
}

const fn one() -> i64 {
    1
}

impl Terms {
    /// Terms without any condition.
    pub fn of(effect: Effect) -> Self {
        Self {
            effect,
            min_spend: Money::ZERO,
            cap: None,
            scope: Scope::default(),
            stacking_group: None,
            usable: Schedule::default(),
            full_price_only: false,
        }
    }

    /// Notes what is wrong with them, with places below `pointer`.
    pub(crate) fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/min_spend"), self.min_spend.0, 0..=AMOUNT_MAX);
        if let Some(cap) = self.cap {
            problems.range(format!("{pointer}/cap"), cap.0, 1..=AMOUNT_MAX);
        }
        self.usable.check(&format!("{pointer}/usable"), problems);
        self.effect.check(&format!("{pointer}/effect"), problems);
    }

    /// What is wrong with them, with places such as `/effect/percent`; empty when nothing is.
    pub fn problems(&self) -> Vec<crate::program::problems::Problem> {
        let mut problems = Problems::default();
        self.check("", &mut problems);
        problems.into_all()
    }
}

impl Effect {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        let mut field = |name: &str, value: i64, least: i64, most: i64| {
            problems.range(format!("{pointer}/{name}"), value, least..=most);
        };
        match self {
            Self::Amount { amount } => field("amount", amount.0, 1, AMOUNT_MAX),
            Self::Percent { percent } => field("percent", *percent, 1, 100),
            Self::FixedPrice { amount } => field("amount", amount.0, 0, AMOUNT_MAX),
            Self::Gift { quantity, .. } => field("quantity", *quantity, 1, PIECES_MAX),
            Self::Shipping { amount } => {
                if let Some(amount) = amount {
                    field("amount", amount.0, 1, AMOUNT_MAX);
                }
            }
            Self::Times { times } => field("times", *times, 1, PIECES_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_back() {
        let text = r#"{"effect":{"kind":"percent","percent":20},"min_spend":10000,"cap":5000,
            "scope":{"include":{"categories":["tea"]}},"stacking_group":"store"}"#;
        let terms: Terms = serde_json::from_str(text).unwrap();

        let again: Terms = serde_json::from_value(serde_json::to_value(&terms).unwrap()).unwrap();
        assert_eq!(again, terms);
        assert!(terms.problems().is_empty());
        assert!(
            serde_json::from_str::<Terms>(r#"{"effect":{"kind":"percent","percent":20,"x":1}}"#)
                .is_err()
        );
    }

    #[test]
    fn a_problem_points_at_the_field() {
        for (percent, wrong) in [(0, true), (1, false), (100, false), (101, true)] {
            let problems = Terms::of(Effect::Percent { percent }).problems();

            assert_eq!(
                problems.first().map(|one| one.pointer.as_str()),
                wrong.then_some("/effect/percent")
            );
        }
    }
}
