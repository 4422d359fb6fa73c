//! The section `promotions.floor`: what prices must not drop below.

use serde::{Deserialize, Serialize};

use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;

/// The most products a floor is checked for.
pub const PRODUCTS_MAX: usize = 500;
/// The most a product may cost here, so that many pieces of it still are an amount.
const PRICE_MAX: i64 = AMOUNT_MAX / 10_000;

/// What prices must not drop below when the rules are published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FloorSection {
    /// The least share of the list price, in percent, that all promotions and coupons together
    /// may leave; left out, only costs count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: Option<i64>,
    /// What becomes of rules that leave less.
    pub below: Below,
    /// The products that are checked; left out, one of each product and category that
    /// promotions name, at a price in which amounts off do not show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub products: Vec<FloorProduct>,
}

/// What becomes of rules that leave less than a floor.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Below {
    /// They can be published, with a warning.
    #[default]
    Warn,
    /// They cannot be published.
    Refuse,
}

/// A product with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorProduct {
    /// The product.
    pub sku: String,
    /// Its category path, such as `skincare/serum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The list price of a piece, in minor units.
    #[schemars(with = "i64", range(min = 1))]
    pub price: Money,
    /// What a piece costs the brand, in minor units: it is not sold for less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub cost: Option<Money>,
}

impl FloorSection {
    pub(crate) fn check(&self, problems: &mut Problems) {
        let at = "/promotions/floor";
        if let Some(percent) = self.percent {
            problems.range(format!("{at}/percent"), percent, 1..=100);
        }
        if self.products.len() > PRODUCTS_MAX {
            let message = format!("at most {PRODUCTS_MAX} are allowed");
            problems.error(format!("{at}/products"), "program.range", message);
        }
        for (place, product) in self.products.iter().enumerate() {
            let at = format!("{at}/products/{place}");
            problems.range(format!("{at}/price"), product.price.0, 1..=PRICE_MAX);
            if let Some(cost) = product.cost {
                problems.range(format!("{at}/cost"), cost.0, 0..=PRICE_MAX);
            }
        }
    }
}
