//! Prices per product for a short time and a limited number of pieces: flash and group entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::scopes::{Area, Scope};

/// Prices per product for as many pieces as the promotion's quota allows; those beyond
/// it cost what they cost otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlashPrice {
    /// A piece of each product, in minor units.
    #[schemars(with = "BTreeMap<String, i64>")]
    pub prices: BTreeMap<String, Money>,
}

impl Calculator for FlashPrice {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        for (sku, price) in &self.prices {
            problems.range(format!("{pointer}/prices/{sku}"), price.0, 0..=AMOUNT_MAX);
        }
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Line
    }

    fn anchor(&self) -> Option<Area> {
        Some(Area { skus: self.prices.keys().cloned().collect(), ..Area::default() })
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        hand.bring_to(|sku| self.prices.get(sku).map(|price| price.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cart, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn pieces_beyond_the_quota_cost_what_they_cost() {
        let kind: FlashPrice = read(json!({"prices": {"A": 100}}));
        let mut prices = cart(&[(5, 1_000)]);
        let hand =
            Hand { prices: &prices, lines: &[0], all: &[0], tier: None, pieces_left: Some(2) };

        let outcome = kind.calculate(&hand);
        prices.apply(&outcome.cuts);

        assert_eq!((prices.price(0), outcome.pieces), (3_200, 2));
    }
}
