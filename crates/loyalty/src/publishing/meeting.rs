//! Whether two promotions may meet: at one time, in one place, on one product, for one buyer.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::Audience;
use crate::promotions::PromotionSection;
use crate::schedules::Schedule;
use crate::scopes::{STORE_CHANNEL, Scope, category_paths};
use crate::time::Span;

/// Where, when and for whom something counts, ready to be compared with many others.
pub(crate) struct Meeting<'a> {
    pub(crate) span: Span,
    schedule: &'a Schedule,
    scope: &'a Scope,
    audience: &'a Audience,
    /// Of products and top categories: two without a common bit have no common product.
    mask: u128,
    /// The categories of its products, where they are known.
    categories: BTreeSet<&'a str>,
}

impl<'a> Meeting<'a> {
    pub(crate) fn of(
        section: &'a PromotionSection,
        audience: &'a Audience,
        known: &BTreeMap<&'a str, &'a str>,
    ) -> Self {
        let span = Span::between(section.from, section.until);
        Self::new(span, &section.schedule, &section.scope, audience, known)
    }

    pub(crate) fn new(
        span: Span,
        schedule: &'a Schedule,
        scope: &'a Scope,
        audience: &'a Audience,
        known: &BTreeMap<&'a str, &'a str>,
    ) -> Self {
        let include = &scope.include;
        let skus = || include.skus.iter().map(String::as_str);
        let categories: BTreeSet<&str> = skus().filter_map(|sku| known.get(sku).copied()).collect();
        let mask = if include.names_products() {
            let listed = include.categories.iter().map(String::as_str);
            let tops = listed.chain(categories.iter().copied()).map(top).map(|top| bit(top, 64));
            skus().map(|sku| bit(sku, 0)).chain(tops).fold(0, |mask, bit| mask | bit)
        } else {
            u128::MAX
        };
        Self { span, schedule, scope, audience, mask, categories }
    }

    /// Whether both may count for one cart. A product's category is known only where the
    /// document tells it; one that is named and a category that is named are else two things.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        self.mask & other.mask != 0
            && self.span.common(other.span).is_some()
            && self.audience.may_meet(other.audience)
            && self.schedule.may_meet(other.schedule)
            && places_meet(self.scope, other.scope)
            && self.products_meet(other)
    }

    fn products_meet(&self, other: &Self) -> bool {
        let (one, two) = (&self.scope.include, &other.scope.include);
        match (one.names_products(), two.names_products()) {
            (false, false) => true,
            (true, false) => self.has_product_left(other.scope),
            (false, true) => other.has_product_left(self.scope),
            (true, true) => {
                let is_left = |sku: &str| {
                    !self.scope.exclude.skus.contains(sku)
                        && !other.scope.exclude.skus.contains(sku)
                };
                let both = one.skus.intersection(&two.skus).any(|sku| is_left(sku));
                both || categories_meet(self, other)
                    || self.is_within(other)
                    || other.is_within(self)
            }
        }
    }

    /// Whether one of its products is of a category that the other names.
    fn is_within(&self, other: &Self) -> bool {
        let named = &other.scope.include.categories;
        self.categories.iter().any(|path| category_paths(path).any(|path| named.contains(path)))
    }

    /// Whether the other, which is for all products, does not leave out all of its own.
    fn has_product_left(&self, other: &Scope) -> bool {
        let include = &self.scope.include;
        let excludes = |path: &str| {
            category_paths(path).any(|path| {
                other.exclude.categories.contains(path)
                    || self.scope.exclude.categories.contains(path)
            })
        };
        include.skus.iter().any(|sku| !other.exclude.skus.contains(sku))
            || include.categories.iter().any(|path| !excludes(path))
    }
}

/// Whether a category of one lies in a category of the other and in none that either leaves out.
fn categories_meet(one: &Meeting<'_>, other: &Meeting<'_>) -> bool {
    let (a, b) = (&one.scope.include.categories, &other.scope.include.categories);
    let is_left_out = |path: &str| {
        category_paths(path).any(|path| {
            one.scope.exclude.categories.contains(path)
                || other.scope.exclude.categories.contains(path)
        })
    };
    let within = |deep: &BTreeSet<String>, wide: &BTreeSet<String>| {
        deep.iter()
            .any(|path| !is_left_out(path) && category_paths(path).any(|path| wide.contains(path)))
    };
    within(a, b) || within(b, a)
}

/// Whether a cart may be in both places.
fn places_meet(one: &Scope, other: &Scope) -> bool {
    let open = |include: &BTreeSet<String>, exclude: [&BTreeSet<String>; 2], name: &String| {
        (include.is_empty() || include.contains(name))
            && !exclude.iter().any(|list| list.contains(name))
    };
    let meet = |list: fn(&crate::scopes::Area) -> &BTreeSet<String>| {
        let exclude = [list(&one.exclude), list(&other.exclude)];
        let (a, b) = (list(&one.include), list(&other.include));
        if a.is_empty() && b.is_empty() {
            return true;
        }
        let (named, rest) = if a.is_empty() { (b, a) } else { (a, b) };
        named.iter().any(|name| open(rest, exclude, name))
    };
    let stores_need = |one: &Scope, other: &Scope| {
        let channels = &other.include.channels;
        one.include.stores.is_empty() || channels.is_empty() || channels.contains(STORE_CHANNEL)
    };
    meet(|area| &area.channels)
        && meet(|area| &area.shops)
        && meet(|area| &area.stores)
        && stores_need(one, other)
        && stores_need(other, one)
}

fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// One of 64 bits, from bit `base` on.
fn bit(name: &str, base: u32) -> u128 {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(name);
    let place = u32::try_from(hash.rem_euclid(64)).unwrap_or(0);
    1_u128.checked_shl(place.saturating_add(base)).unwrap_or(0)
}
