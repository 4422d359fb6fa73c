//! An amount off the order, each line or each piece.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome, check_count, lane_of};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::prices::{Cut, take_dearest};
use crate::scopes::Scope;

/// An amount off the order, each line or each piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// How much, in minor units.
    #[schemars(with = "i64", range(min = 1))]
    pub amount: Money,
    /// Off what.
    #[serde(default)]
    pub each: Each,
    /// With `each: piece` the most pieces of each line that become cheaper, the dearest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub pieces_max: Option<i64>,
}

/// What an amount is taken off.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// All lines in scope together, split by what they cost.
    #[default]
    Order,
    /// Each line in scope.
    Line,
    /// Each piece in scope.
    Piece,
}

impl Calculator for Amount {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/amount"), self.amount.0, 1..=AMOUNT_MAX);
        check_count(format!("{pointer}/pieces_max"), self.pieces_max, problems);
        if self.pieces_max.is_some() && self.each != Each::Piece {
            let message = "counts only with `each: piece`";
            problems.error(format!("{pointer}/pieces_max"), "promotion.pieces_max", message);
        }
    }

    fn lane(&self, scope: &Scope) -> Lane {
        if self.each == Each::Order { lane_of(scope) } else { Lane::Line }
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let cuts: Vec<Cut> = match self.each {
            Each::Order => hand.prices.spread(hand.lines, self.amount.0),
            Each::Line => {
                let off = |line: &usize| Cut {
                    line: *line,
                    from: None,
                    off: self.amount.0.min(hand.prices.price(*line)),
                    set: false,
                };
                hand.lines.iter().map(off).filter(|cut| cut.off > 0).collect()
            }
            Each::Piece => {
                hand.lines.iter().flat_map(|line| self.cut_pieces(hand, *line)).collect()
            }
        };
        // A cut that is not from a pile is from all pieces of its line, which has no other.
        let pieces = cuts.iter().map(|cut| match cut.from {
            Some((_, pieces)) => pieces,
            None => hand.prices.pieces(&[cut.line]),
        });
        Outcome {
            times: i64::from(!cuts.is_empty()),
            pieces: pieces.fold(0, i64::saturating_add),
            cuts,
            ..Outcome::default()
        }
    }
}

impl Amount {
    fn cut_pieces(&self, hand: &Hand<'_>, line: usize) -> Vec<Cut> {
        let mut all = hand.prices.every_piece(&[line]);
        let dearest = take_dearest(&mut all, self.pieces_max.unwrap_or(i64::MAX));
        let cut = dearest.into_iter().map(|held| Cut {
            line,
            from: Some((held.pile, held.pieces)),
            off: self.amount.0.min(held.unit).saturating_mul(held.pieces),
            set: false,
        });
        cut.filter(|cut| cut.off > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn an_amount_is_split_over_the_order() {
        let kind: Amount = read(json!({"amount": 1_500}));

        assert_eq!(
            after(&kind, &cart(&[(1, 2_000), (1, 3_000), (1, 10_000)])),
            [1_800, 2_700, 9_000]
        );
    }

    #[test]
    fn an_amount_off_each_line_or_piece_stops_at_zero() {
        let line: Amount = read(json!({"amount": 500, "each": "line"}));
        let piece: Amount = read(json!({"amount": 500, "each": "piece", "pieces_max": 2}));

        assert_eq!(after(&line, &cart(&[(3, 1_000), (1, 300)])), [2_500, 0]);
        assert_eq!(after(&piece, &cart(&[(3, 1_000), (1, 300)])), [2_000, 0]);
    }
}
