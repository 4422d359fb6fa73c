//! Promotions: what makes a cart cheaper without a coupon.
//!
//! A promotion has conditions (where, when, for whom, how much) and benefits;
//! a benefit's calculator says what it comes to for a cart. Promotions run in
//! two lanes, first those of lines, then those of orders, in each by priority
//! and then by their place in the document. Each sees the prices that those
//! before it have left. Stacking groups, exclusivity, budgets and quotas decide
//! which of those that hold are applied.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::amounts::{AMOUNT_MAX, Money};
use crate::expr::Expr;
use crate::program::problems::Problems;
use crate::program::rules::condition;
use crate::program::texts::LocalText;
use crate::schedules::Schedule;
use crate::scopes::Scope;
use crate::time::Timestamp;

pub(crate) mod applying;
pub mod benefits;
mod evaluating;
pub mod floor;
mod index;
pub mod ladder;
pub mod needs;
pub mod off;
pub(crate) mod prices;

use benefits::Benefit;
use floor::FloorSection;
use index::Index;
use needs::Needs;

/// The most promotions of a program.
pub const PROMOTIONS_MAX: usize = 5_000;
/// The most benefits of a promotion.
pub const BENEFITS_MAX: usize = 10;

/// Promotions as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PromotionsSection {
    /// Stacking groups that are not as usual; a group that is only named by
    /// promotions applies one of them, the first that holds.
    pub groups: Vec<GroupSection>,
    /// What becomes of a discount whose threshold a refund undoes.
    pub lost_threshold: LostThreshold,
    /// What prices must not drop below when the rules are published.
    pub floor: FloorSection,
    /// What becomes of gifts when all of their order has come back.
    pub returned_gifts: ReturnedGifts,
    /// The promotions.
    pub list: Vec<PromotionSection>,
}

/// What becomes of gifts when all of their order has come back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedGifts {
    /// The customer keeps them.
    #[default]
    Keep,
    /// They go back on the shelf, to be given again.
    Restock,
}

/// What becomes of a discount whose threshold a refund undoes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LostThreshold {
    /// The customer keeps it.
    #[default]
    Keep,
    /// What the lines that are kept have lost is taken off the money that goes back.
    ClawBack,
}

/// How the promotions of a stacking group exclude one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSection {
    /// Its name, as promotions give it.
    pub id: String,
    /// Whether one of it applies to an order, or one to each line.
    #[serde(default)]
    pub applies: Applies,
    /// Which one.
    #[serde(default)]
    pub choose: Choose,
}

/// How many of a stacking group apply.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// One.
    #[default]
    One,
    /// One on each line.
    OnePerLine,
}

/// Which of a stacking group applies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Choose {
    /// The first that holds, by priority and document.
    #[default]
    First,
    /// The one that takes off the most; of equal ones the first.
    Best,
}

/// When a promotion is applied.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// With those that price lines.
    Line,
    /// With those that are for the order, after those of lines.
    Order,
}

/// A promotion as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionSection {
    /// Its name in answers, unique.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub name: LocalText,
    /// The higher is applied first within its lane.
    #[serde(default)]
    #[schemars(range(min = -1_000_000, max = 1_000_000))]
    pub priority: i64,
    /// The lane, if not that of its first benefit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// The stacking group: of one group one applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether it stands alone in its lane: nothing applies before it or after it.
    #[serde(default)]
    pub exclusive: bool,
    /// Whether coupons may be used on the lines that it makes cheaper.
    #[serde(default = "yes")]
    pub with_coupons: bool,
    /// The first instant it counts.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub from: Option<Timestamp>,
    /// The instant from which on it counts no more.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// Weekdays, hours and days of the month (member days) it counts on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Where it counts, and for which products.
    #[serde(default)]
    pub scope: Scope,
    /// For whom: an expression over member and order. `order.paid` is the list
    /// price of the cart, `order.paid_at` the time of the quote.
    #[serde(default = "everyone")]
    pub audience: String,
    /// What must be bought.
    #[serde(default)]
    pub needs: Needs,
    /// What it gives.
    #[schemars(length(min = 1, max = 10))]
    pub benefits: Vec<Benefit>,
    /// What it may cost over all members.
    #[serde(default)]
    pub budget: Budget,
    /// How much of it one member, and all together, may have.
    #[serde(default)]
    pub quota: Quota,
}

const fn yes() -> bool {
    true
}

fn everyone() -> String {
    "true".to_owned()
}

/// What a promotion may cost over all members; a cart it does not cover is refused whole.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Money taken off, in minor units.
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub money: Option<Money>,
    /// Orders.
    #[schemars(range(min = 0))]
    pub uses: Option<i64>,
}

/// How many pieces and orders a promotion is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Pieces over all members.
    #[schemars(range(min = 0))]
    pub pieces: Option<i64>,
    /// Pieces of one member.
    #[schemars(range(min = 0))]
    pub member_pieces: Option<i64>,
    /// Orders of one member.
    #[schemars(range(min = 0))]
    pub member_uses: Option<i64>,
}

/// What is left of one promotion's budget and quota.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BudgetLeft {
    /// The promotion.
    pub promotion: String,
    /// Money over all members; `None` is all that the document gives, as below.
    pub money: Option<Money>,
    /// Orders over all members.
    pub uses: Option<i64>,
    /// Pieces over all members.
    pub pieces: Option<i64>,
    /// Orders of this member.
    pub member_uses: Option<i64>,
    /// Pieces of this member.
    pub member_pieces: Option<i64>,
}

/// Promotions compiled: checked, in the order in which they apply, and indexed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Promotions {
    /// What becomes of a discount whose threshold a refund undoes.
    pub lost_threshold: LostThreshold,
    /// What becomes of gifts when all of their order has come back.
    pub returned_gifts: ReturnedGifts,
    /// In the order in which they apply.
    pub(crate) list: Vec<Promotion>,
    pub(crate) groups: Vec<Group>,
    /// Each audience once: many promotions are for the same.
    pub(crate) audiences: Vec<Expr>,
    index: Index,
}

/// A promotion's name in answers; cheap to clone, as a quote tells it line by line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromotionId(Arc<str>);

impl std::ops::Deref for PromotionId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PromotionId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl std::fmt::Display for PromotionId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self)
    }
}

impl Serialize for PromotionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for PromotionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self::from(&*id))
    }
}

/// A promotion.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// Its name in answers.
    pub id: PromotionId,
    /// What people call it.
    pub name: LocalText,
    /// What it may cost.
    pub budget: Budget,
    /// How much of it there is.
    pub quota: Quota,
    pub(crate) lane: Lane,
    priority: i64,
    pub(crate) group: Option<usize>,
    pub(crate) exclusive: bool,
    with_coupons: bool,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    schedule: Schedule,
    scope: Scope,
    /// `None` is everyone.
    pub(crate) audience: Option<usize>,
    needs: Needs,
    benefits: Vec<Benefit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) applies: Applies,
    pub(crate) choose: Choose,
}

impl Promotions {
    /// The promotions in the order in which they apply.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Promotion> {
        self.list.iter()
    }

    /// Every audience that is not everyone.
    pub(crate) fn audience_conditions(&self) -> impl Iterator<Item = &Expr> {
        self.audiences.iter()
    }

    /// The one at a place of that order.
    pub(crate) fn get(&self, place: usize) -> Option<&Promotion> {
        self.list.get(place)
    }
}

impl Promotion {
    /// The products it gives free of charge.
    pub fn gifts(&self) -> impl Iterator<Item = &str> {
        self.benefits.iter().filter_map(|benefit| match benefit {
            Benefit::Gift(gift) => Some(gift.sku.as_str()),
            _ => None,
        })
    }

    /// Whether its use must be counted: it has a budget or a quota.
    pub fn is_counted(&self) -> bool {
        self.budget != Budget::default() || self.quota != Quota::default()
    }
}

impl PromotionsSection {
    pub(crate) fn compile(&self, problems: &mut Problems) -> Option<Promotions> {
        let at = "/promotions/list";
        if self.list.len() > PROMOTIONS_MAX {
            let message = format!("at most {PROMOTIONS_MAX} are allowed");
            problems.error(at, "program.range", message);
        }
        self.floor.check(problems);
        problems.ids(at, self.list.iter().map(|promotion| promotion.id.as_str()));
        problems.ids("/promotions/groups", self.groups.iter().map(|group| group.id.as_str()));
        let mut promotions = Promotions {
            lost_threshold: self.lost_threshold,
            returned_gifts: self.returned_gifts,
            ..Promotions::default()
        };
        promotions.groups.extend(self.groups.iter().map(|group| Group {
            id: group.id.clone(),
            applies: group.applies,
            choose: group.choose,
        }));
        for (place, section) in self.list.iter().enumerate() {
            let pointer = format!("{at}/{place}");
            section.check(&pointer, problems);
            let compiled = section.compile(&pointer, &mut promotions, problems);
            promotions.list.extend(compiled);
        }
        // Stable, so that promotions of one lane and priority stay in the document's order.
        promotions.list.sort_by_key(|one| (one.lane, std::cmp::Reverse(one.priority)));
        promotions.index = Index::of(&promotions.list);
        (promotions.list.len() == self.list.len()).then_some(promotions)
    }
}

impl PromotionSection {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/priority"), self.priority, -1_000_000..=1_000_000);
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            let message = "must be later than `from`";
            problems.error(format!("{pointer}/until"), "program.time_range", message);
        }
        self.schedule.check(&format!("{pointer}/schedule"), problems);
        self.needs.check(&format!("{pointer}/needs"), problems);
        if self.benefits.is_empty() || self.benefits.len() > BENEFITS_MAX {
            let message = format!("from 1 to {BENEFITS_MAX} benefits");
            problems.error(format!("{pointer}/benefits"), "program.range", message);
        }
        for (place, benefit) in self.benefits.iter().enumerate() {
            benefit.calculator().check(&format!("{pointer}/benefits/{place}"), problems);
        }
        let limits = [
            ("budget/money", self.budget.money.map(|money| money.0)),
            ("budget/uses", self.budget.uses),
            ("quota/pieces", self.quota.pieces),
            ("quota/member_pieces", self.quota.member_pieces),
            ("quota/member_uses", self.quota.member_uses),
        ];
        for (name, limit) in limits {
            if let Some(limit) = limit {
                problems.range(format!("{pointer}/{name}"), limit, 0..=AMOUNT_MAX);
            }
        }
    }

    fn compile(
        &self,
        pointer: &str,
        promotions: &mut Promotions,
        problems: &mut Problems,
    ) -> Option<Promotion> {
        let audience = if self.audience.trim() == "true" {
            None
        } else {
            let pointer = format!("{pointer}/audience");
            let expr = condition(&pointer, &self.audience, problems)?;
            if expr.uses_line() {
                let message = "an audience is about member and order; name products in `scope`";
                problems.error(pointer, "promotion.audience", message);
            }
            Some(place_of(&mut promotions.audiences, expr, |one, other| one.text() == other.text()))
        };
        let group = self.group.as_ref().map(|id| {
            let group = Group { id: id.clone(), applies: Applies::One, choose: Choose::First };
            place_of(&mut promotions.groups, group, |one, other| one.id == other.id)
        });
        let first = self.benefits.first()?;
        Some(Promotion {
            id: self.id.as_str().into(),
            name: self.name.clone(),
            budget: self.budget,
            quota: self.quota,
            lane: self.lane.unwrap_or_else(|| first.calculator().lane(&self.scope)),
            priority: self.priority,
            group,
            exclusive: self.exclusive,
            with_coupons: self.with_coupons,
            from: self.from,
            until: self.until,
            schedule: self.schedule.clone(),
            scope: self.scope.clone(),
            audience,
            needs: self.needs.clone(),
            benefits: self.benefits.clone(),
        })
    }
}

/// The place and text of each promotion's audience.
pub(crate) fn audiences(section: &PromotionsSection) -> impl Iterator<Item = (String, &str)> {
    let places = section.list.iter().enumerate();
    places.map(|(place, one)| (format!("/promotions/list/{place}/audience"), one.audience.as_str()))
}

/// The place of the one that is the same, a new one where there is none.
fn place_of<T>(list: &mut Vec<T>, one: T, is_same: impl Fn(&T, &T) -> bool) -> usize {
    list.iter().position(|other| is_same(other, &one)).unwrap_or_else(|| {
        list.push(one);
        list.len().saturating_sub(1)
    })
}

#[cfg(test)]
mod tests;
