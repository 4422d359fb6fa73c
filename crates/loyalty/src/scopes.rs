//! Where an offer counts: channels, shops, categories and products, included and excluded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The channel whose shops are offline stores.
pub const STORE_CHANNEL: &str = "pos";

/// Where an offer counts. Left out, it counts everywhere and for everything.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Only here. A list that is empty does not restrict; a product must be among
    /// `skus` or lie in one of `categories`, where either is given.
    #[serde(skip_serializing_if = "Area::is_empty")]
    pub include: Area,
    /// Never here; stronger than `include`.
    #[serde(skip_serializing_if = "Area::is_empty")]
    pub exclude: Area,
}

/// Places and products.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Area {
    /// Channels, such as `pos`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<String>,
    /// Shops of any channel.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub shops: BTreeSet<String>,
    /// Offline stores: shops of the channel `pos`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub stores: BTreeSet<String>,
    /// Category paths, each with all below it: `skincare` holds `skincare/serum`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<String>,
    /// Products.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skus: BTreeSet<String>,
}

/// Where a cart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The shop of the channel, if it is known.
    pub shop: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn store(self) -> Option<&'a str> {
        self.shop.filter(|_| self.channel == STORE_CHANNEL)
    }
}

/// The path itself and each path above it, from the deepest up.
pub fn category_paths(category: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(category), |path| path.rsplit_once('/').map(|(above, _)| above))
}

impl Area {
    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
            && self.shops.is_empty()
            && self.stores.is_empty()
            && !self.names_products()
    }

    /// Whether it lists categories or products.
    pub fn names_products(&self) -> bool {
        !self.categories.is_empty() || !self.skus.is_empty()
    }

    fn lists_product(&self, sku: &str, category: Option<&str>) -> bool {
        self.skus.contains(sku)
            || (!self.categories.is_empty()
                && category.is_some_and(|path| {
                    category_paths(path).any(|path| self.categories.contains(path))
                }))
    }
}

impl Scope {
    /// Whether the cart's place is within.
    pub fn holds_place(&self, place: Place<'_>) -> bool {
        let lists = |list: &BTreeSet<String>, name: Option<&str>| {
            name.is_some_and(|name| list.contains(name))
        };
        let admits = |list: &BTreeSet<String>, name| list.is_empty() || lists(list, name);
        let channel = Some(place.channel);
        admits(&self.include.channels, channel)
            && admits(&self.include.shops, place.shop)
            && admits(&self.include.stores, place.store())
            && !lists(&self.exclude.channels, channel)
            && !lists(&self.exclude.shops, place.shop)
            && !lists(&self.exclude.stores, place.store())
    }

    /// Whether a product is within, wherever the cart is.
    pub fn holds_product(&self, sku: &str, category: Option<&str>) -> bool {
        (!self.include.names_products() || self.include.lists_product(sku, category))
            && !self.exclude.lists_product(sku, category)
    }

    /// Whether it tells products apart at all; if not it is about whole orders.
    pub fn names_products(&self) -> bool {
        self.include.names_products() || self.exclude.names_products()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_category_holds_what_is_below_it_and_no_namesake() {
        let scope = Scope {
            include: Area { categories: set(&["skincare"]), ..Area::default() },
            exclude: Area {
                categories: set(&["skincare/sun"]),
                skus: set(&["X"]),
                ..Area::default()
            },
        };

        assert!(scope.holds_product("A", Some("skincare")));
        assert!(scope.holds_product("A", Some("skincare/serum/eye")));
        assert!(!scope.holds_product("A", Some("skincare-men")));
        assert!(!scope.holds_product("A", Some("skincare/sun/face")));
        assert!(!scope.holds_product("X", Some("skincare")));
        assert!(!scope.holds_product("A", None));
    }

    #[test]
    fn a_product_counts_by_name_or_by_category() {
        let include = Area { categories: set(&["tea"]), skus: set(&["A"]), ..Area::default() };
        let scope = Scope { include, exclude: Area::default() };

        assert!(scope.holds_product("A", None));
        assert!(scope.holds_product("B", Some("tea/green")));
        assert!(!scope.holds_product("B", Some("coffee")));
    }

    #[test]
    fn a_store_is_a_shop_of_the_pos_channel() {
        let stores = Area { stores: set(&["S1"]), ..Area::default() };
        let only = Scope { include: stores.clone(), exclude: Area::default() };
        let but = Scope { include: Area::default(), exclude: stores };

        let store = Place { channel: "pos", shop: Some("S1") };
        let shop = Place { channel: "web", shop: Some("S1") };
        assert!(only.holds_place(store) && !only.holds_place(shop));
        assert!(!but.holds_place(store) && but.holds_place(shop));
        assert!(!only.holds_place(Place { channel: "pos", shop: None }));
    }
}
