//! The points mall: what it offers, who may have it, and what became of what was taken.

use serde::{Deserialize, Serialize};

use crate::amounts::{AMOUNT_MAX, Money, Points};
use crate::ids::TemplateId;
use crate::program::texts::LocalText;
use crate::time::Timestamp;

/// The most pieces one exchange takes.
pub const QUANTITY_MAX: i64 = 100;

/// What is offered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// Something that is shipped or picked up.
    Goods,
    /// A sample, picked up in a store.
    Sample,
    /// A coupon of a template, given at once.
    Coupon {
        /// The template.
        template: TemplateId,
    },
    /// A card of the program, given at once.
    Card {
        /// Its name in the program.
        card: String,
    },
}

/// Something the mall offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good {
    /// What it is called.
    pub name: LocalText,
    /// What it is.
    pub offer: Kind,
    /// Points for one.
    pub points: Points,
    /// Money for one, on top of the points.
    #[serde(default)]
    pub cash: Money,
    /// How many there are.
    #[serde(default)]
    pub stock: Option<i64>,
    /// How many one member may take.
    #[serde(default)]
    pub per_member: Option<i64>,
    /// The tiers that may take it; all where empty.
    #[serde(default)]
    pub tiers: Vec<String>,
    /// From when it can be taken.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// When that ends; over at this instant.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What is wrong with a good: the field and what is wrong with it.
pub type Problem = (&'static str, &'static str);

/// Why a member does not get something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not on offer yet.
    #[error("it can be taken from {0} on")]
    TooEarly(Timestamp),
    /// It is not on offer any more.
    #[error("the time to take it is over")]
    TooLate,
    /// It is for other tiers.
    #[error("it is for members of other tiers")]
    OtherTier,
    /// The member has taken as many as one may.
    #[error("a member may take {0} of it")]
    PerMember(i64),
}

impl Good {
    /// The first thing that is wrong with it; none where it can be offered.
    pub fn problem(&self) -> Option<Problem> {
        let is_count = |count: i64| (1..=AMOUNT_MAX).contains(&count);
        let checks = [
            (self.name.is_empty(), ("name", "is needed in Chinese or English")),
            (self.name.zh.len() > 200 || self.name.en.len() > 200, ("name", "is too long")),
            (!is_count(self.points.0), ("points", "must be 1 to 10^12")),
            (!(0..=AMOUNT_MAX).contains(&self.cash.0), ("cash", "must be 0 to 10^12")),
            (self.stock.is_some_and(|stock| !is_count(stock)), ("stock", "must be at least 1")),
            (
                self.per_member.is_some_and(|most| !is_count(most)),
                ("per_member", "must be at least 1"),
            ),
            (
                self.from.zip(self.until).is_some_and(|(from, until)| until <= from),
                ("until", "must be later than the beginning"),
            ),
        ];
        checks.into_iter().find(|(is_wrong, _)| *is_wrong).map(|(_, problem)| problem)
    }

    /// Whether a member of a tier who has taken `taken` of it may take `quantity` more.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when not.
    pub fn takeable(
        &self,
        tier: &str,
        taken: i64,
        quantity: i64,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(from) = self.from.filter(|from| *from > now) {
            return Err(Refusal::TooEarly(from));
        }
        if self.until.is_some_and(|until| until <= now) {
            return Err(Refusal::TooLate);
        }
        if !self.tiers.is_empty() && !self.tiers.iter().any(|one| one == tier) {
            return Err(Refusal::OtherTier);
        }
        match self.per_member.filter(|most| taken.saturating_add(quantity) > *most) {
            Some(most) => Err(Refusal::PerMember(most)),
            None => Ok(()),
        }
    }
}

/// How what was taken reaches the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Sent to an address that the caller keeps.
    Ship,
    /// Handed over in a store against a code.
    PickUp,
    /// Given at once.
    None,
}

/// Where an exchange stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits to be handed over or sent.
    Open,
    /// The member has it.
    Done,
    /// It was given back, points and stock with it.
    Returned,
}

impl State {
    const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Returned];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Returned => "returned",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    fn good() -> Good {
        Good {
            name: LocalText::new("杯子", "Mug"),
            offer: Kind::Goods,
            points: Points(500),
            cash: Money::ZERO,
            stock: Some(3),
            per_member: Some(2),
            tiers: vec!["gold".to_owned()],
            from: Some(at(100)),
            until: Some(at(200)),
        }
    }

    #[test]
    fn a_good_is_on_offer_from_its_first_instant_and_not_at_its_end() {
        let take = |now: Timestamp| good().takeable("gold", 0, 1, now);

        assert_eq!(take(Timestamp(at(100).0 - 1)), Err(Refusal::TooEarly(at(100))));
        assert_eq!(take(at(100)), Ok(()));
        assert_eq!(take(Timestamp(at(200).0 - 1)), Ok(()));
        assert_eq!(take(at(200)), Err(Refusal::TooLate));
    }

    #[test]
    fn tiers_and_limits_hold() {
        assert_eq!(good().takeable("basic", 0, 1, at(150)), Err(Refusal::OtherTier));
        assert_eq!(good().takeable("gold", 0, 2, at(150)), Ok(()));
        assert_eq!(good().takeable("gold", 1, 2, at(150)), Err(Refusal::PerMember(2)));
    }

    #[test]
    fn a_good_costs_points() {
        assert_eq!(good().problem(), None);
        let free = Good { points: Points(0), ..good() };
        assert_eq!(free.problem().map(|(field, _)| field), Some("points"));
    }
}
