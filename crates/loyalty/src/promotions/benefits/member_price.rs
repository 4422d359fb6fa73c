//! Prices per product for members, by tier.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::scopes::{Area, Scope};

/// Prices per product for members, by tier; nobody else has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPrice {
    /// For each product.
    pub prices: BTreeMap<String, Prices>,
}

/// The member prices of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// A piece for members of each tier, in minor units.
    #[schemars(with = "BTreeMap<String, i64>")]
    pub tiers: BTreeMap<String, Money>,
    /// A piece for members of the other tiers; left out, they have no member price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub member: Option<Money>,
}

impl Calculator for MemberPrice {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        for (sku, prices) in &self.prices {
            let all = prices.tiers.values().chain(&prices.member);
            for price in all {
                problems.range(format!("{pointer}/prices/{sku}"), price.0, 0..=AMOUNT_MAX);
            }
        }
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Line
    }

    fn anchor(&self) -> Option<Area> {
        Some(Area { skus: self.prices.keys().cloned().collect(), ..Area::default() })
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let Some(tier) = hand.tier else { return Outcome::default() };
        hand.bring_to(|sku| {
            let prices = self.prices.get(sku)?;
            prices.tiers.get(tier).or(prices.member.as_ref()).map(|price| price.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, outcome, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tier_has_its_own_price() {
        let kind: MemberPrice = read(json!({"prices": {
            "A": {"tiers": {"gold": 800}, "member": 900},
            "B": {"tiers": {"black": 100}, "member": 900},
            "C": {"tiers": {"black": 100}},
        }}));

        assert_eq!(after(&kind, &cart(&[(2, 1_000), (1, 1_000), (1, 1_000)])), [1_600, 900, 1_000]);
    }

    #[test]
    fn a_passer_by_has_none() {
        let kind: MemberPrice = read(json!({"prices": {"A": {"member": 900}}}));
        let prices = cart(&[(1, 1_000)]);
        let hand = Hand { prices: &prices, lines: &[0], all: &[0], tier: None, pieces_left: None };

        assert!(!kind.calculate(&hand).gives());
        assert!(outcome(&kind, &prices).gives());
    }
}
