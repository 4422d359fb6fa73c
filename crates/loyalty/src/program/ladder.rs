//! The section `tiers`: the ladder, what it is measured by, how long a tier is held.

use serde::{Deserialize, Serialize};

use super::benefits::TierBenefits;
use super::problems::Problems;
use super::texts::LocalText;
use crate::amounts::{AMOUNT_MAX, Points};

const MONTHS_MAX: i64 = 1_200;
const GRACE_DAYS_MAX: i64 = 3_660;

/// Over which time growth counts towards a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// The months before an instant, without the instant so many months ago.
    RollingMonths {
        /// How many.
        #[schemars(range(min = 1, max = 1_200))]
        months: i64,
    },
    /// From 1 January, 00:00 local, of the year of an instant.
    NaturalYear {},
    /// All time.
    Lifetime {},
}

/// Where a member goes who does not meet the keep target at the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Downgrade {
    /// One tier down, whatever the growth.
    OneStep,
    /// To the tier that the growth qualifies for.
    ToQualified,
}

/// The tiers, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TiersSection {
    /// Over which time growth counts.
    pub window: Window,
    /// For how many months a tier is held, to the end of the last day.
    #[schemars(range(min = 1, max = 1_200))]
    pub period_months: i64,
    /// Days from the end of a period to its review.
    #[schemars(range(min = 0, max = 3_660))]
    pub grace_days: i64,
    /// Where a member goes who does not meet the keep target.
    pub downgrade: Downgrade,
    /// The tiers from the lowest, which begins at 0, to the highest.
    pub ladder: Vec<TierSection>,
}

/// One tier, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierSection {
    /// Its name for machines; conditions compare `member.tier` with it.
    pub id: String,
    /// Its name for people.
    pub name: LocalText,
    /// The growth from which a member qualifies.
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub from: Points,
    /// The growth that keeps the tier at a review; `from` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 0, max = 1_000_000_000_000_i64))]
    pub keep: Option<Points>,
    /// What it gives at birthdays, upgrades and every month.
    #[serde(default, skip_serializing_if = "TierBenefits::is_nothing")]
    pub benefits: TierBenefits,
}

impl Default for TiersSection {
    fn default() -> Self {
        let tier = |id: &str, name, from, keep: Option<i64>| TierSection {
            id: id.to_owned(),
            name,
            from: Points(from),
            keep: keep.map(Points),
            benefits: TierBenefits::default(),
        };
        Self {
            window: Window::RollingMonths { months: 12 },
            period_months: 12,
            grace_days: 0,
            downgrade: Downgrade::OneStep,
            ladder: vec![
                tier("basic", LocalText::new("普通会员", "Basic"), 0, None),
                tier("silver", LocalText::new("银卡", "Silver"), 1_000, Some(800)),
                tier("gold", LocalText::new("金卡", "Gold"), 5_000, Some(4_000)),
            ],
        }
    }
}

/// The tiers of a program; at least one, ascending, the first from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Over which time growth counts.
    pub window: Window,
    /// For how many months a tier is held; at least one.
    pub period_months: i64,
    /// Days from the end of a period to its review.
    pub grace_days: i64,
    /// Where a member goes who does not meet the keep target.
    pub downgrade: Downgrade,
    /// From the lowest to the highest.
    pub tiers: Vec<Tier>,
}

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its name for machines.
    pub id: String,
    /// Its name for people.
    pub name: LocalText,
    /// The growth from which a member qualifies.
    pub from: Points,
    /// The growth that keeps the tier at a review; at most `from`.
    pub keep: Points,
    /// What it gives at birthdays, upgrades and every month.
    pub benefits: TierBenefits,
}

impl Ladder {
    /// Where a tier stands, from 0 for the lowest; `None` when the ladder has none of that id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.id == id)
    }

    /// The tier of that id.
    pub fn tier(&self, id: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.id == id)
    }

    /// Where the highest tier stands that `growth` qualifies for.
    pub fn qualified(&self, growth: Points) -> usize {
        self.tiers.iter().rposition(|tier| tier.from <= growth).unwrap_or(0)
    }

    /// The id of the lowest tier, which everybody has who has no other.
    pub fn base(&self) -> &str {
        self.tiers.first().map_or("", |tier| &tier.id)
    }
}

impl TiersSection {
    pub(crate) fn compile(&self, problems: &mut Problems) -> Ladder {
        if let Window::RollingMonths { months } = self.window {
            problems.range("/tiers/window/months", months, 1..=MONTHS_MAX);
        }
        problems.range("/tiers/period_months", self.period_months, 1..=MONTHS_MAX);
        problems.range("/tiers/grace_days", self.grace_days, 0..=GRACE_DAYS_MAX);
        problems.ids("/tiers/ladder", self.ladder.iter().map(|tier| tier.id.as_str()));
        self.check_order(problems);
        for (place, tier) in self.ladder.iter().enumerate() {
            tier.check(&format!("/tiers/ladder/{place}"), problems);
        }
        Ladder {
            window: self.window,
            period_months: self.period_months,
            grace_days: self.grace_days,
            downgrade: self.downgrade,
            tiers: self.ladder.iter().map(TierSection::compiled).collect(),
        }
    }

    fn check_order(&self, problems: &mut Problems) {
        match self.ladder.first() {
            None => problems.error("/tiers/ladder", "program.tier_order", "there must be a tier"),
            Some(first) if first.from != Points::ZERO => {
                let message = "the first tier begins at 0";
                problems.error("/tiers/ladder/0/from", "program.tier_order", message);
            }
            Some(_) => {}
        }
        for (place, (lower, tier)) in self.ladder.iter().zip(self.ladder.iter().skip(1)).enumerate()
        {
            if tier.from <= lower.from {
                let pointer = format!("/tiers/ladder/{}/from", place.saturating_add(1));
                let message = format!("must be more than {} of the tier before", lower.from);
                problems.error(pointer, "program.tier_order", message);
            }
        }
    }
}

impl TierSection {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/from"), self.from.0, 0..=AMOUNT_MAX);
        if self.name.is_empty() {
            let message = "a tier has a name in at least one language";
            problems.error(format!("{pointer}/name"), "program.tier_name", message);
        }
        self.benefits.check(&format!("{pointer}/benefits"), problems);
        if let Some(keep) = self.keep {
            problems.range(format!("{pointer}/keep"), keep.0, 0..=AMOUNT_MAX);
            if keep > self.from {
                let message = format!("must not be more than `from`, {}", self.from);
                problems.error(format!("{pointer}/keep"), "program.tier_keep", message);
            }
        }
    }

    fn compiled(&self) -> Tier {
        Tier {
            id: self.id.clone(),
            name: self.name.clone(),
            from: self.from,
            keep: self.keep.unwrap_or(self.from),
            benefits: self.benefits.clone(),
        }
    }
}
