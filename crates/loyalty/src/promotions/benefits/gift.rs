//! Products added free of charge.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, MeasuredBy, Next, Outcome, check_count};
use crate::amounts::Money;
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::ladder::{Missing, Step, check_threshold};
use crate::promotions::off::Off;
use crate::scopes::Scope;

/// Products added free of charge: once, or for every so much spent or so many pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gift {
    /// The product.
    pub sku: String,
    /// Pieces, each time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub quantity: i64,
    /// For every so much in scope, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1))]
    pub per_spend: Option<Money>,
    /// For every so many pieces in scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub per_pieces: Option<i64>,
    /// The most times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times_max: Option<i64>,
}

const fn one() -> i64 {
    1
}

impl Calculator for Gift {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/quantity"), self.quantity, 1..=1_000);
        check_threshold(pointer, self.per_spend, self.per_pieces, problems);
        check_count(format!("{pointer}/times_max"), self.times_max, problems);
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Order
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        if hand.lines.is_empty() {
            return Outcome::default();
        }
        let measure = hand.measure(MeasuredBy::Now);
        let step = Step { spend: self.per_spend, pieces: self.per_pieces, off: Off::ALL };
        let repeats = step.spend.is_some() || step.pieces.is_some();
        let times = if repeats { step.times(measure) } else { 1 };
        let times = times.min(self.times_max.unwrap_or(i64::MAX));
        if times == 0 {
            let next = step.missing(measure).map(|missing| Next { missing, saves: 0 });
            return Outcome { next, ..Outcome::default() };
        }
        let quantity = times.saturating_mul(self.quantity);
        let again = times.saturating_add(1);
        let next = match (self.per_spend, self.times_max.is_none_or(|max| times < max)) {
            (Some(spend), true) => {
                let missing = spend.0.saturating_mul(again).saturating_sub(measure.spend);
                Some(Next { missing: Missing::Spend(missing), saves: 0 })
            }
            _ => None,
        };
        Outcome { gifts: vec![(self.sku.clone(), quantity)], times, next, ..Outcome::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cart, outcome, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_gift_comes_for_every_so_much() {
        let kind: Gift = read(json!({"sku": "G", "per_spend": 10_000, "times_max": 2}));
        let gifts = |spent| outcome(&kind, &cart(&[(1, spent)])).gifts;

        assert_eq!(gifts(9_999), []);
        assert_eq!(gifts(10_000), [("G".to_owned(), 1)]);
        assert_eq!(gifts(90_000), [("G".to_owned(), 2)]);
    }

    #[test]
    fn a_gift_without_measure_comes_once() {
        let kind: Gift = read(json!({"sku": "G", "quantity": 3}));

        assert_eq!(outcome(&kind, &cart(&[(5, 1)])).gifts, [("G".to_owned(), 3)]);
        assert_eq!(outcome(&kind, &cart(&[])).gifts, []);
    }
}
