//! A fixed price for each piece in scope, or for all of them together.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome, lane_of};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::scopes::Scope;

/// A fixed price for each piece in scope, or for all of them together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedPrice {
    /// In minor units; what is cheaper already stays.
    #[schemars(with = "i64", range(min = 0))]
    pub price: Money,
    /// Of what.
    #[serde(default)]
    pub each: Each,
}

/// What costs a fixed price.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each piece in scope.
    #[default]
    Piece,
    /// All pieces in scope together.
    Order,
}

impl Calculator for FixedPrice {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/price"), self.price.0, 0..=AMOUNT_MAX);
    }

    fn lane(&self, scope: &Scope) -> Lane {
        if self.each == Each::Piece { Lane::Line } else { lane_of(scope) }
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        if self.each == Each::Piece {
            return hand.bring_to(|_| Some(self.price.0));
        }
        let off = hand.prices.total(hand.lines).saturating_sub(self.price.0);
        let cuts = hand.prices.spread(hand.lines, off);
        let gives = !cuts.is_empty();
        Outcome {
            cuts,
            times: i64::from(gives),
            pieces: if gives { hand.prices.pieces(hand.lines) } else { 0 },
            ..Outcome::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_piece_that_is_cheaper_already_stays() {
        let kind: FixedPrice = read(json!({"price": 990}));

        assert_eq!(after(&kind, &cart(&[(2, 1_500), (1, 500)])), [1_980, 500]);
    }

    #[test]
    fn an_order_costs_a_fixed_price() {
        let kind: FixedPrice = read(json!({"price": 420, "each": "order"}));

        assert_eq!(after(&kind, &cart(&[(1, 500), (1, 500)])), [210, 210]);
        assert_eq!(after(&kind, &cart(&[(1, 400)])), [400]);
    }
}
