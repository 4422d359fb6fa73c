//! A set of products for one price: A with B for ¥99, any three for ¥99.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Next, Outcome, check_count};
use crate::amounts::split;
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::ladder::Missing;
use crate::promotions::off::{Off, RoundTo};
use crate::promotions::prices::{Held, count, sorted, take_dearest, worth};
use crate::scopes::{Area, Scope};

/// The most sets of one bundle in a cart.
pub const SETS_MAX: i64 = 1_000;

/// A set of products for one price.
///
/// Sets are formed of the dearest pieces, as long as a set becomes cheaper by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// What a set consists of. A single part of three pieces is "any three".
    #[schemars(length(min = 1, max = 20))]
    pub parts: Vec<Part>,
    /// How much cheaper a set becomes: `{price: 9900}` is what it costs.
    pub off: Off,
    /// The most sets; left out, as many as there are, up to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times_max: Option<i64>,
}

/// A part of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Of which products, within the promotion's scope.
    #[serde(default)]
    pub scope: Scope,
    /// How many pieces.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub pieces: i64,
}

const fn one() -> i64 {
    1
}

impl Calculator for Bundle {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        if self.parts.is_empty() || self.parts.len() > 20 {
            problems.error(format!("{pointer}/parts"), "program.range", "from 1 to 20 parts");
        }
        for (place, part) in self.parts.iter().enumerate() {
            problems.range(format!("{pointer}/parts/{place}/pieces"), part.pieces, 1..=1_000);
        }
        self.off.check(&format!("{pointer}/off"), problems);
        check_count(format!("{pointer}/times_max"), self.times_max, problems);
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Line
    }

    fn anchor(&self) -> Option<Area> {
        let first = self.parts.first()?;
        first.scope.include.names_products().then(|| first.scope.include.clone())
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        let mut free = hand.prices.free(hand.lines);
        let most = self.times_max.unwrap_or(SETS_MAX).min(SETS_MAX);
        while outcome.times < most {
            let before = free.clone();
            match self.form(hand, &mut free) {
                Ok(set) => {
                    let worth = worth(&set);
                    let off = self.off.of(worth, RoundTo::Floor);
                    if off <= 0 {
                        break;
                    }
                    outcome.times = outcome.times.saturating_add(1);
                    outcome.pieces = outcome.pieces.saturating_add(count(&set));
                    take_set(&set, off, &mut outcome);
                }
                Err(missing) => {
                    let started = count(&before) > 0;
                    outcome.next = started.then(|| self.next(missing, &before));
                    break;
                }
            }
        }
        outcome.cuts = sorted(outcome.cuts);
        outcome
    }
}

/// Takes a set for `off` less, split over its pieces by what they cost.
fn take_set(set: &[Held], off: i64, outcome: &mut Outcome) {
    let shares: Vec<i128> = set
        .iter()
        .map(|held| i128::from(held.unit).saturating_mul(i128::from(held.pieces)))
        .collect();
    for (held, off) in set.iter().zip(split(off, &shares).unwrap_or_default()) {
        outcome.take(*held, off);
    }
}

impl Bundle {
    /// Takes the pieces of one set, or tells how many are missing.
    fn form(&self, hand: &Hand<'_>, free: &mut Vec<Held>) -> Result<Vec<Held>, i64> {
        let mut set = Vec::new();
        let mut missing = 0_i64;
        for part in &self.parts {
            let is_part = |held: &Held| {
                let line = hand.prices.lines.get(held.line);
                line.is_some_and(|line| part.scope.holds_product(line.sku, line.category))
            };
            let (mut fitting, others): (Vec<Held>, Vec<Held>) =
                free.iter().partition(|held| is_part(held));
            let taken = take_dearest(&mut fitting, part.pieces);
            missing = missing.saturating_add(part.pieces.saturating_sub(count(&taken)));
            set.extend(taken);
            *free = fitting;
            free.extend(others);
            free.sort_by_key(|held| (std::cmp::Reverse(held.unit), held.line, held.pile));
        }
        if missing > 0 { Err(missing) } else { Ok(set) }
    }

    /// What more pieces would save; known only for "any n", by the cheapest at hand.
    fn next(&self, missing: i64, free: &[Held]) -> Next {
        let saves = match (self.parts.as_slice(), free.last()) {
            ([_], Some(cheapest)) => {
                let worth = worth(free).saturating_add(cheapest.unit.saturating_mul(missing));
                self.off.of(worth, RoundTo::Floor)
            }
            _ => 0,
        };
        Next { missing: Missing::Pieces(missing), saves }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, outcome, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_with_b_costs_the_price_of_the_set() {
        let kind: Bundle = read(json!({"parts": [
            {"scope": {"include": {"skus": ["A"]}}}, {"scope": {"include": {"skus": ["B"]}}},
        ], "off": {"price": 900}}));

        assert_eq!(after(&kind, &cart(&[(1, 1_000), (1, 500)])), [600, 300]);
        assert_eq!(after(&kind, &cart(&[(2, 1_000), (1, 500)])), [1_600, 300]);
        assert_eq!(after(&kind, &cart(&[(1, 1_000)])), [1_000]);
    }

    #[test]
    fn any_three_are_the_dearest() {
        let kind: Bundle = read(json!({"parts": [{"pieces": 3}], "off": {"price": 900}}));

        let prices = cart(&[(2, 500), (2, 400)]);

        assert_eq!(after(&kind, &prices), [643, 657]);
        let next = outcome(&kind, &prices).next;
        assert_eq!(next.map(|next| next.missing), Some(Missing::Pieces(2)));
    }

    #[test]
    fn a_set_that_would_be_dearer_is_not_formed() {
        let kind: Bundle = read(json!({"parts": [{"pieces": 3}], "off": {"price": 900}}));

        assert_eq!(after(&kind, &cart(&[(3, 500), (3, 200)])), [900, 600]);
    }
}
