//! Every n-th piece cheaper: the second at half price.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Next, Outcome, check_count};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::ladder::Missing;
use crate::promotions::off::{Off, RoundTo};
use crate::promotions::prices::{count, sorted, take_cheapest, take_dearest};
use crate::scopes::Scope;

/// Of every n pieces one is cheaper: the cheapest ones in scope.
///
/// All n pieces of a group count for it, and for no other set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NthPiece {
    /// Pieces of a group; 2 makes every second piece cheaper.
    #[schemars(range(min = 1, max = 1000))]
    pub n: i64,
    /// How much cheaper one of them becomes.
    pub off: Off,
    /// Which pieces form a group.
    #[serde(default)]
    pub among: Among,
    /// The most groups; left out, as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times_max: Option<i64>,
}

/// Which pieces are counted together.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// All in scope.
    #[default]
    Scope,
    /// Those of the same product.
    Sku,
}

impl Calculator for NthPiece {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/n"), self.n, 1..=1_000);
        self.off.check(&format!("{pointer}/off"), problems);
        check_count(format!("{pointer}/times_max"), self.times_max, problems);
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Line
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left = self.times_max.unwrap_or(i64::MAX);
        for pool in pools(hand, self.among) {
            let mut free = hand.prices.free(&pool);
            let pieces = count(&free);
            let times = pieces.checked_div_euclid(self.n).unwrap_or(0).min(left);
            left = left.saturating_sub(times);
            let rest = pieces.checked_rem_euclid(self.n).unwrap_or(0);
            if outcome.next.is_none() && left > 0 && pieces > 0 {
                let cheapest = free.last().map_or(0, |held| held.unit);
                let missing = Missing::Pieces(self.n.saturating_sub(rest));
                outcome.next = Some(Next { missing, saves: self.off.of(cheapest, RoundTo::Floor) });
            }
            let others = times.saturating_mul(self.n.saturating_sub(1));
            for held in take_cheapest(&mut free, times) {
                let off = self.off.of(held.unit, RoundTo::Floor).saturating_mul(held.pieces);
                outcome.take(held, off);
            }
            for held in take_dearest(&mut free, others) {
                outcome.take(held, 0);
            }
            outcome.times = outcome.times.saturating_add(times);
            outcome.pieces = outcome.pieces.saturating_add(times);
        }
        outcome.cuts = sorted(outcome.cuts);
        outcome
    }
}

/// The lines in scope whose pieces are counted together.
pub(super) fn pools(hand: &Hand<'_>, among: Among) -> Vec<Vec<usize>> {
    if among == Among::Scope {
        return vec![hand.lines.to_vec()];
    }
    let sku = |line: &usize| hand.prices.lines.get(*line).map(|line| line.sku);
    let mut pools: Vec<Vec<usize>> = Vec::new();
    for line in hand.lines {
        let same = pools.iter_mut().find(|pool| pool.first().and_then(sku) == sku(line));
        match same {
            Some(pool) => pool.push(*line),
            None => pools.push(vec![*line]),
        }
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, outcome, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_second_piece_costs_half() {
        let kind: NthPiece = read(json!({"n": 2, "off": {"percent": 50}}));

        assert_eq!(after(&kind, &cart(&[(1, 1_000)])), [1_000]);
        assert_eq!(after(&kind, &cart(&[(2, 1_000)])), [1_500]);
        assert_eq!(after(&kind, &cart(&[(5, 1_000)])), [4_000]);
    }

    #[test]
    fn the_cheapest_pieces_are_the_cheaper_ones() {
        let kind: NthPiece = read(json!({"n": 2, "off": {"percent": 50}}));

        assert_eq!(after(&kind, &cart(&[(1, 500), (2, 1_000), (1, 300)])), [250, 2_000, 150]);
    }

    #[test]
    fn pieces_of_other_products_do_not_count_unless_said() {
        let kind: NthPiece = read(json!({"n": 2, "off": {"price": 100}, "among": "sku"}));

        assert_eq!(after(&kind, &cart(&[(1, 500), (2, 1_000)])), [500, 1_100]);
    }

    #[test]
    fn one_more_piece_is_what_is_missing() {
        let kind: NthPiece = read(json!({"n": 2, "off": {"percent": 50}, "times_max": 2}));
        let next = |pieces| outcome(&kind, &cart(&[(pieces, 1_000)])).next;

        assert_eq!(next(1), Some(Next { missing: Missing::Pieces(1), saves: 500 }));
        assert_eq!(next(4), None);
    }
}
