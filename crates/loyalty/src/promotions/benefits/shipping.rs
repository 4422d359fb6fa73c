//! Free or cheaper shipping.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome};
use crate::amounts::split;
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::off::{Off, RoundTo};
use crate::scopes::Scope;

/// Free or cheaper shipping, if anything in scope is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// How much cheaper; free when left out.
    #[serde(default = "free")]
    pub off: Off,
    /// Only deliveries of these methods; left out, all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<String>,
    /// Whether it is taken off each delivery, or once off all together.
    #[serde(default)]
    pub each: Each,
    /// How a percentage is rounded.
    #[serde(default)]
    pub to: RoundTo,
    /// Whether it also counts for a cart with nothing in scope.
    #[serde(default)]
    pub without_products: bool,
}

/// What shipping is taken off.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// All deliveries together, split by what they cost.
    #[default]
    Order,
    /// Each delivery.
    Delivery,
}

const fn free() -> Off {
    Off::ALL
}

impl Calculator for Shipping {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        self.off.check(&format!("{pointer}/off"), problems);
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Order
    }

    fn needs_products(&self) -> bool {
        !self.without_products
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        if hand.lines.is_empty() && !self.without_products {
            return Outcome::default();
        }
        let is_meant = |method: Option<&str>| {
            self.methods.is_empty() || method.is_some_and(|method| self.methods.contains(method))
        };
        let meant: Vec<(usize, i64)> = hand
            .prices
            .deliveries
            .iter()
            .enumerate()
            .filter(|(_, delivery)| is_meant(delivery.method))
            .map(|(place, delivery)| (place, delivery.price))
            .collect();
        let offs: Vec<i64> = match self.each {
            Each::Delivery => meant.iter().map(|(_, price)| self.off.of(*price, self.to)).collect(),
            Each::Order => {
                let total = meant.iter().map(|(_, price)| *price).fold(0, i64::saturating_add);
                let shares: Vec<i128> = meant.iter().map(|(_, price)| i128::from(*price)).collect();
                split(self.off.of(total, self.to), &shares).unwrap_or_default()
            }
        };
        let deliveries: Vec<(usize, i64)> = meant
            .iter()
            .zip(offs)
            .map(|((place, _), off)| (*place, off))
            .filter(|(_, off)| *off > 0)
            .collect();
        Outcome { times: i64::from(!deliveries.is_empty()), deliveries, ..Outcome::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cart, outcome, read};
    use super::*;
    use crate::promotions::prices::{Delivery, Prices};
    use serde_json::json;

    fn with_deliveries(prices: &[i64]) -> Prices<'static> {
        let methods = [Some("post"), Some("express")];
        let deliveries = prices.iter().zip(methods);
        Prices {
            deliveries: deliveries
                .map(|(price, method)| Delivery { method, price: *price })
                .collect(),
            ..cart(&[(1, 100)])
        }
    }

    #[test]
    fn shipping_is_free_for_the_methods_named() {
        let kind: Shipping = read(json!({"methods": ["express"]}));

        assert_eq!(outcome(&kind, &with_deliveries(&[800, 1_200])).deliveries, [(1, 1_200)]);
    }

    #[test]
    fn an_amount_is_split_over_deliveries() {
        let once: Shipping = read(json!({"off": {"amount": 500}}));
        let each: Shipping = read(json!({"off": {"amount": 500}, "each": "delivery"}));

        let prices = with_deliveries(&[800, 1_200]);

        assert_eq!(outcome(&once, &prices).deliveries, [(0, 200), (1, 300)]);
        assert_eq!(outcome(&each, &prices).deliveries, [(0, 500), (1, 500)]);
    }
}
