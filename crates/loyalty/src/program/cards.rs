//! The section `cards`: what benefit cards and service cards are sold, and what they give.

use serde::{Deserialize, Serialize};

use super::benefits::Gift;
use super::lifetimes::AtSection;
use super::problems::Problems;
use super::texts::LocalText;
use crate::amounts::{AMOUNT_MAX, Money, Points};
use crate::time::{CalendarDate, Timestamp};

/// The most cards a program sells.
pub const CARDS_MAX: usize = 200;
/// The longest a card is valid, in months; its monthly gifts are all known when it is sold.
pub const MONTHS_MAX: i64 = 120;
/// The longest a card is valid, in days.
pub const DAYS_MAX: i64 = 3_660;
/// The most visits of one card.
pub const VISITS_MAX: i64 = 10_000;
/// The most members that one card is shared with.
pub const SHARERS_MAX: i64 = 20;

/// What a card is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// Something applies to its holder while it is valid: conditions ask for it by `member.cards`.
    Benefit,
    /// Visits that were paid for, used up one by one.
    Service,
}

impl CardKind {
    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Benefit => "benefit",
            Self::Service => "service",
        }
    }
}

/// What a card costs; it is sold for one of the two.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct CardPrice {
    /// In minor units; left out, it is not sold for money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1, max = 1_000_000_000_000_i64))]
    pub money: Option<Money>,
    /// In points; left out, it is not sold for points.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1, max = 1_000_000_000_000_i64))]
    pub points: Option<Points>,
}

/// For how long a card is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Validity {
    /// Calendar days from the sale.
    Days {
        /// How many.
        #[schemars(range(min = 1, max = 3_660))]
        days: i64,
        /// Where in the last day or month it ends.
        #[serde(default)]
        at: AtSection,
    },
    /// Months from the sale, clamped to the month's last day.
    Months {
        /// How many.
        #[schemars(range(min = 1, max = 120))]
        months: i64,
        /// Where in the last day or month it ends.
        #[serde(default)]
        at: AtSection,
    },
    /// To the end of a day.
    Until {
        /// The last day, as `2026-12-31`.
        #[schemars(with = "String", extend("format" = "date"))]
        date: CalendarDate,
    },
}

/// What becomes of the price when a card is given back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CardRefund {
    /// All of it while the card is unused, else it is not taken back.
    #[default]
    Unused,
    /// All of it while the card is unused, else the share of the visits or whole days left.
    ProRata,
}

/// What a benefit card gives besides what conditions make of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CardGifts {
    /// With the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_sale: Option<Gift>,
    /// When it begins and every month after, while it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Gift>,
}

/// One card on sale. Whoever bought one keeps the terms it was sold by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardSection {
    /// Its name for machines; conditions ask `'…' in member.cards`.
    pub id: String,
    /// Its name for people.
    pub name: LocalText,
    /// What it is for.
    pub kind: CardKind,
    /// What it costs; without a price it is only given as a gift or by the points mall.
    #[serde(default)]
    pub price: CardPrice,
    /// For how long it is valid.
    pub validity: Validity,
    /// How many of it that have not ended one member may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000))]
    pub per_member: Option<i64>,
    /// From when it is on sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub from: Option<Timestamp>,
    /// When the sale is over: at this instant it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// Whether it is not sold for now; what was sold stays valid.
    #[serde(default)]
    pub paused: bool,
    /// What becomes of the price when it is given back.
    #[serde(default)]
    pub refund: CardRefund,
    /// Of a benefit card: what it gives.
    #[serde(default)]
    pub gifts: CardGifts,
    /// Of a service card: how many visits it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub visits: Option<i64>,
    /// Of a service card: how many visits a day are taken at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub visits_per_day: Option<i64>,
    /// Of a service card: how many other members may use it over its life.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    pub share_with_max: i64,
}

/// Checks the cards of a program.
pub(super) fn check(cards: &[CardSection], problems: &mut Problems) {
    if cards.len() > CARDS_MAX {
        let message = format!("at most {CARDS_MAX} are allowed");
        problems.error("/cards", "program.range", message);
    }
    problems.ids("/cards", cards.iter().map(|card| card.id.as_str()));
    for (place, card) in cards.iter().enumerate() {
        card.check(&format!("/cards/{place}"), problems);
    }
}

impl CardSection {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        if self.name.is_empty() {
            let message = "a card has a name in Chinese or English";
            problems.error(format!("{pointer}/name"), "program.card", message);
        }
        self.check_validity(&format!("{pointer}/validity"), problems);
        if let Some(money) = self.price.money {
            problems.range(format!("{pointer}/price/money"), money.0, 1..=AMOUNT_MAX);
        }
        if let Some(points) = self.price.points {
            problems.range(format!("{pointer}/price/points"), points.0, 1..=AMOUNT_MAX);
        }
        if let Some(most) = self.per_member {
            problems.range(format!("{pointer}/per_member"), most, 1..=1_000);
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| until <= from) {
            let message = "must be later than the beginning";
            problems.error(format!("{pointer}/until"), "program.time_range", message);
        }
        match self.kind {
            CardKind::Benefit => self.check_benefit(pointer, problems),
            CardKind::Service => self.check_service(pointer, problems),
        }
    }

    fn check_validity(&self, pointer: &str, problems: &mut Problems) {
        match self.validity {
            Validity::Days { days, .. } => {
                problems.range(format!("{pointer}/days"), days, 1..=DAYS_MAX);
            }
            Validity::Months { months, .. } => {
                problems.range(format!("{pointer}/months"), months, 1..=MONTHS_MAX);
            }
            Validity::Until { .. } => {}
        }
    }

    fn check_benefit(&self, pointer: &str, problems: &mut Problems) {
        let service = [
            ("visits", self.visits.is_some()),
            ("visits_per_day", self.visits_per_day.is_some()),
            ("share_with_max", self.share_with_max != 0),
        ];
        for (field, is_there) in service {
            if is_there {
                let message = "only a service card has this";
                problems.error(format!("{pointer}/{field}"), "program.card", message);
            }
        }
        for (field, gift) in [("at_sale", &self.gifts.at_sale), ("monthly", &self.gifts.monthly)] {
            if let Some(gift) = gift {
                gift.check(&format!("{pointer}/gifts/{field}"), problems);
            }
        }
    }

    fn check_service(&self, pointer: &str, problems: &mut Problems) {
        if self.gifts != CardGifts::default() {
            let message = "only a benefit card has gifts";
            problems.error(format!("{pointer}/gifts"), "program.card", message);
        }
        if let Some(visits) = self.visits {
            problems.range(format!("{pointer}/visits"), visits, 1..=VISITS_MAX);
        } else {
            let message = "a service card says how many visits it has";
            problems.error(format!("{pointer}/visits"), "program.card", message);
        }
        if let Some(most) = self.visits_per_day {
            problems.range(format!("{pointer}/visits_per_day"), most, 1..=VISITS_MAX);
        }
        let sharers = format!("{pointer}/share_with_max");
        problems.range(sharers, self.share_with_max, 0..=SHARERS_MAX);
    }
}
