//! Which promotions a cart can meet at all, found by its products and channel.

use std::collections::BTreeMap;

use super::Promotion;
use super::prices::Prices;
use crate::scopes::{Area, category_paths};

/// Promotions by what must be in the cart for them.
///
/// A promotion is under each product and category it is for; one for all
/// products is under its channels, or under `everywhere`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    by_sku: BTreeMap<String, Vec<Entry>>,
    by_category: BTreeMap<String, Vec<Entry>>,
    by_channel: BTreeMap<String, Vec<usize>>,
    everywhere: Vec<usize>,
}

/// A promotion that is for a product or category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    promotion: usize,
    /// Whether that puts the line in its scope; otherwise its lines must be looked for.
    in_scope: bool,
}

/// A promotion that the cart may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    pub(super) promotion: usize,
    /// The lines in its scope, in the cart's order.
    pub(super) lines: &'a [usize],
}

/// The promotions that a cart may meet, in the order in which they apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Candidates {
    /// Each with where its lines lie in `lines`.
    found: Vec<(usize, std::ops::Range<usize>)>,
    lines: Vec<usize>,
}

impl Candidates {
    pub(super) fn iter(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.found.iter().filter_map(|(promotion, range)| {
            let lines = self.lines.get(range.clone())?;
            Some(Candidate { promotion: *promotion, lines })
        })
    }

    pub(super) fn push(&mut self, promotion: usize, lines: impl Iterator<Item = usize>) {
        let from = self.lines.len();
        self.lines.extend(lines);
        self.found.push((promotion, from..self.lines.len()));
    }
}

/// In a key: that all lines must be looked through.
const LOOK: usize = usize::MAX;

impl Index {
    pub(super) fn of(list: &[Promotion]) -> Self {
        let mut index = Self::default();
        for (place, promotion) in list.iter().enumerate() {
            let include = &promotion.scope.include;
            let needs_products =
                promotion.benefits.iter().all(|benefit| benefit.calculator().needs_products());
            if needs_products && include.names_products() {
                index.put(include, Entry { promotion: place, in_scope: true });
                continue;
            }
            let anchors: Vec<Option<Area>> =
                promotion.benefits.iter().map(|benefit| benefit.calculator().anchor()).collect();
            if let Some(anchors) = anchors.into_iter().collect::<Option<Vec<Area>>>() {
                for anchor in &anchors {
                    index.put(anchor, Entry { promotion: place, in_scope: false });
                }
            } else if include.channels.is_empty() {
                index.everywhere.push(place);
            } else {
                for channel in &include.channels {
                    index.by_channel.entry(channel.clone()).or_default().push(place);
                }
            }
        }
        index
    }

    fn put(&mut self, area: &Area, entry: Entry) {
        for sku in &area.skus {
            self.by_sku.entry(sku.clone()).or_default().push(entry);
        }
        for category in &area.categories {
            self.by_category.entry(category.clone()).or_default().push(entry);
        }
    }

    /// The promotions whose products and place fit the cart, in the order in which they apply.
    pub(super) fn candidates(
        &self,
        list: &[Promotion],
        prices: &Prices<'_>,
        all: &[usize],
        place: crate::scopes::Place<'_>,
    ) -> Candidates {
        let mut keys: Vec<(usize, usize)> = Vec::new();
        for &line in all {
            let Some(of) = prices.lines.get(line) else { continue };
            let by_sku = self.by_sku.get(of.sku).into_iter().flatten();
            let paths = of.category.into_iter().flat_map(category_paths);
            let by_category = paths.filter_map(|path| self.by_category.get(path)).flatten();
            for entry in by_sku.chain(by_category) {
                keys.push((entry.promotion, if entry.in_scope { line } else { LOOK }));
            }
        }
        let here = self.by_channel.get(place.channel).into_iter().flatten();
        keys.extend(self.everywhere.iter().chain(here).map(|promotion| (*promotion, LOOK)));
        keys.sort_unstable();
        keys.dedup();

        // All lines once: most promotions of orders are for all of them.
        let mut candidates = Candidates { found: Vec::new(), lines: all.to_vec() };
        for of_one in keys.chunk_by(|one, other| one.0 == other.0) {
            let Some((place_in_list, _)) = of_one.first().copied() else { continue };
            let Some(promotion) = list.get(place_in_list) else { continue };
            if !promotion.scope.holds_place(place) {
                continue;
            }
            let holds = |line: &usize| {
                let of = prices.lines.get(*line);
                of.is_some_and(|of| promotion.scope.holds_product(of.sku, of.category))
            };
            let looks = of_one.last().is_some_and(|(_, line)| *line == LOOK);
            if looks && !promotion.scope.names_products() {
                candidates.found.push((place_in_list, 0..all.len()));
            } else if looks {
                candidates.push(place_in_list, all.iter().copied().filter(holds));
            } else {
                let excludes = promotion.scope.exclude.names_products();
                let lines = of_one.iter().map(|(_, line)| *line);
                let lines = lines.filter(|line| !excludes || holds(line));
                candidates.push(place_in_list, lines);
            }
        }
        candidates
    }
}
