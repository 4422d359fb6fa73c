//! What a promotion gives. Each kind is a file below: its written form, its
//! check, its calculator and its tests. A new kind is one more file and a line
//! in each list here.

use serde::{Deserialize, Serialize};

use super::Lane;
use super::ladder::{Measure, Missing, Step};
use super::prices::{Cut, Held, Prices};
use crate::program::problems::Problems;
use crate::scopes::{Area, Scope};

pub mod amount;
pub mod bundle;
pub mod buy_get;
pub mod fixed_price;
pub mod flash_price;
pub mod gift;
pub mod member_price;
pub mod nth_piece;
pub mod percent;
pub mod shipping;
pub mod spend_save;

/// What a promotion gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Benefit {
    /// So many percent off, up to a cap.
    Percent(percent::Percent),
    /// An amount off the order, each line or each piece.
    Amount(amount::Amount),
    /// Each piece, or all of them together, at a fixed price.
    FixedPrice(fixed_price::FixedPrice),
    /// Prices per product for members of a tier.
    MemberPrice(member_price::MemberPrice),
    /// Prices per product for as many pieces as the quota allows.
    FlashPrice(flash_price::FlashPrice),
    /// Every n-th piece cheaper.
    NthPiece(nth_piece::NthPiece),
    /// Buy some, get others cheaper or free.
    BuyGet(Box<buy_get::BuyGet>),
    /// A set of products for one price.
    Bundle(bundle::Bundle),
    /// Spend so much, save so much, in steps.
    SpendSave(spend_save::SpendSave),
    /// Products added free of charge.
    Gift(gift::Gift),
    /// Free or cheaper shipping.
    Shipping(shipping::Shipping),
}

/// A kind of benefit: how it is checked and what it comes to for a cart.
pub(crate) trait Calculator {
    /// Notes what is wrong with it.
    fn check(&self, pointer: &str, problems: &mut Problems);

    /// When it is applied if the promotion does not say so.
    fn lane(&self, scope: &Scope) -> Lane;

    /// Products of which at least one must be in the cart, if it tells products
    /// apart by itself.
    fn anchor(&self) -> Option<Area> {
        None
    }

    /// Whether it comes to nothing where nothing is in the promotion's scope.
    fn needs_products(&self) -> bool {
        true
    }

    /// What it comes to.
    fn calculate(&self, hand: &Hand<'_>) -> Outcome;
}

/// What a benefit sees of a cart.
pub(crate) struct Hand<'a> {
    pub(crate) prices: &'a Prices<'a>,
    /// The lines in the promotion's scope, in the cart's order.
    pub(crate) lines: &'a [usize],
    /// All lines that promotions may touch, in the cart's order.
    pub(crate) all: &'a [usize],
    /// The tier of the member, if one buys.
    pub(crate) tier: Option<&'a str>,
    /// How many pieces the quota still allows.
    pub(crate) pieces_left: Option<i64>,
}

/// What a benefit comes to for a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    pub(crate) cuts: Vec<Cut>,
    /// What is taken off deliveries.
    pub(crate) deliveries: Vec<(usize, i64)>,
    /// Products and pieces to add.
    pub(crate) gifts: Vec<(String, i64)>,
    /// How often it applies.
    pub(crate) times: i64,
    /// Pieces it makes cheaper.
    pub(crate) pieces: i64,
    /// What is missing to it, or to more of it, and what that takes off then.
    pub(crate) next: Option<Next>,
    /// The steps it depends on, for refunds.
    pub(crate) steps: Option<Steps>,
}

/// The next step that could be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) missing: Missing,
    /// What it takes off beyond what is taken off now.
    pub(crate) saves: i64,
}

/// The ladder behind a discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    pub(crate) every: bool,
    pub(crate) times_max: Option<i64>,
    pub(crate) of: MeasuredBy,
}

/// By which price thresholds are measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredBy {
    /// What the lines cost after the promotions that come before.
    #[default]
    Now,
    /// Their list prices.
    List,
}

impl Hand<'_> {
    /// What is in scope, measured.
    pub(crate) fn measure(&self, by: MeasuredBy) -> Measure {
        Measure {
            spend: match by {
                MeasuredBy::Now => self.prices.total(self.lines),
                MeasuredBy::List => self.prices.list_total(self.lines),
            },
            pieces: self.prices.pieces(self.lines),
        }
    }

    /// The lines of the whole cart that are in another scope.
    pub(crate) fn within(&self, scope: &Scope) -> Vec<usize> {
        let holds = |line: &&usize| {
            let line = self.prices.lines.get(**line);
            line.is_some_and(|line| scope.holds_product(line.sku, line.category))
        };
        self.all.iter().filter(holds).copied().collect()
    }

    /// The price cuts that bring pieces to prices of their products.
    ///
    /// Takes from the lines in their order, of each the dearest pieces, as many as
    /// the quota allows.
    pub(crate) fn bring_to(&self, price_of: impl Fn(&str) -> Option<i64>) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left = self.pieces_left.unwrap_or(i64::MAX);
        for &place in self.lines {
            let Some(line) = self.prices.lines.get(place) else { continue };
            let Some(price) = price_of(line.sku) else { continue };
            for held in self.prices.every_piece(&[place]) {
                let off = held.unit.saturating_sub(price);
                let pieces = held.pieces.min(left);
                if off > 0 && pieces > 0 {
                    left = left.saturating_sub(pieces);
                    let from = Some((held.pile, pieces));
                    let off = off.saturating_mul(pieces);
                    outcome.cuts.push(Cut { line: place, from, off, set: false });
                    outcome.pieces = outcome.pieces.saturating_add(pieces);
                }
            }
        }
        outcome.times = i64::from(outcome.pieces > 0);
        outcome
    }
}

impl Outcome {
    /// What it takes off, lines and deliveries together.
    pub(crate) fn amount(&self) -> i64 {
        let lines = self.cuts.iter().map(|cut| cut.off);
        let deliveries = self.deliveries.iter().map(|(_, off)| *off);
        lines.chain(deliveries).fold(0, i64::saturating_add)
    }

    /// Whether it gives anything.
    pub(crate) fn gives(&self) -> bool {
        self.amount() > 0 || !self.gifts.is_empty()
    }

    /// Takes pieces for a set, for `off` less.
    pub(crate) fn take(&mut self, held: Held, off: i64) {
        let from = Some((held.pile, held.pieces));
        self.cuts.push(Cut { line: held.line, from, off, set: true });
    }
}

impl Benefit {
    pub(crate) fn calculator(&self) -> &dyn Calculator {
        match self {
            Self::Percent(kind) => kind,
            Self::Amount(kind) => kind,
            Self::FixedPrice(kind) => kind,
            Self::MemberPrice(kind) => kind,
            Self::FlashPrice(kind) => kind,
            Self::NthPiece(kind) => kind,
            Self::BuyGet(kind) => &**kind,
            Self::Bundle(kind) => kind,
            Self::SpendSave(kind) => kind,
            Self::Gift(kind) => kind,
            Self::Shipping(kind) => kind,
        }
    }
}

/// The lane of a discount on whatever is in scope: that of its products, or of the order.
pub(crate) fn lane_of(scope: &Scope) -> Lane {
    if scope.names_products() { Lane::Line } else { Lane::Order }
}

/// Notes an error unless a count of pieces or repetitions is sensible.
pub(crate) fn check_count(pointer: String, count: Option<i64>, problems: &mut Problems) {
    if let Some(count) = count {
        problems.range(pointer, count, 1..=1_000_000);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::promotions::prices::PricedLine;

    /// A cart of products `A`, `B` … with `(pieces, unit price)`.
    pub(crate) fn cart(lines: &[(i64, i64)]) -> Prices<'static> {
        const SKUS: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
        let lines = SKUS.iter().zip(lines);
        Prices {
            lines: lines
                .map(|(sku, (quantity, unit))| {
                    PricedLine::new(sku, Some("goods"), *quantity, *unit, true)
                })
                .collect(),
            deliveries: Vec::new(),
        }
    }

    /// What a benefit that is for the whole cart comes to.
    pub(crate) fn outcome(benefit: &impl Calculator, prices: &Prices<'_>) -> Outcome {
        let lines: Vec<usize> = (0..prices.lines.len()).collect();
        let hand =
            Hand { prices, lines: &lines, all: &lines, tier: Some("gold"), pieces_left: None };
        benefit.calculate(&hand)
    }

    /// The prices of the lines after it.
    pub(crate) fn after(benefit: &impl Calculator, prices: &Prices<'_>) -> Vec<i64> {
        let mut prices = prices.clone();
        let cuts = outcome(benefit, &prices).cuts;
        prices.apply(&cuts);
        prices.lines.iter().map(|line| line.price).collect()
    }

    /// A benefit from its written form.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
        serde_json::from_value(value).unwrap()
    }
}
