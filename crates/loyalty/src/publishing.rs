//! How promotions work together: what publishing warns of beyond each one's own mistakes.
//!
//! [`check`](crate::program::check) tells what is wrong with each promotion by itself.
//! Here they are looked at side by side, and beside what else takes money off:
//!
//! - [`overlaps`]: two that stand in each other's way at the same time and place;
//! - [`never`]: what can never apply, by itself or because of another;
//! - [`floors`]: what all of it together leaves of a price;
//! - [`loops`]: gifts that lead back to themselves.
//!
//! Everything found is a warning, but for prices below a floor that the document
//! says must not be published.

use std::collections::BTreeSet;

use crate::coupons::templates::Template;
use crate::expr::{Expr, Facts, Slot, Value, facts};
use crate::ids::TemplateId;
use crate::program::problems::{Problem, Problems};
use crate::program::texts::LocalText;
use crate::program::{Document, Program};
use crate::promotions::{Lane, Promotion, PromotionSection};
use crate::time::{Span, Timestamp};

pub mod floors;
mod loops;
mod meeting;
mod never;
pub(crate) mod overlaps;

pub(crate) use meeting::Meeting;

/// What a program's rules meet that does not stand in its document.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outside<'a> {
    /// The coupon templates that give coupons.
    pub templates: &'a [(TemplateId, Template)],
}

/// What is likely not meant in how the rules of a checked document work together.
///
/// `program` is what the document compiles to. Looked at as of `now`: what is over
/// then can never apply any more.
pub fn look(
    document: &Document,
    program: &Program,
    outside: Outside<'_>,
    now: Timestamp,
) -> Vec<Problem> {
    let mut problems = Problems::default();
    let known = each(document, program);
    let categories = floors::categories(&document.promotions.floor);
    let meetings: Vec<Meeting> =
        known.iter().map(|one| Meeting::of(one.section, &one.audience, &categories)).collect();
    let is_dead = never::check(document, program, &known, now, &mut problems);
    overlaps::check(&program.promotions, &known, &meetings, &is_dead, &mut problems);
    floors::check(document, program, &known, outside, now, &mut problems);
    loops::check(&known, outside, &mut problems);
    problems.into_all()
}

/// A promotion as written and as it applies.
pub(crate) struct Each<'a> {
    /// Its place in the document.
    pub(crate) place: usize,
    pub(crate) section: &'a PromotionSection,
    /// Its place in the order in which promotions apply.
    pub(crate) turn: usize,
    pub(crate) compiled: &'a Promotion,
    pub(crate) audience: Audience,
}

impl Each<'_> {
    fn pointer(&self) -> String {
        format!("/promotions/list/{}", self.place)
    }

    fn span(&self) -> Span {
        Span::between(self.section.from, self.section.until)
    }

    fn lane(&self) -> Lane {
        self.compiled.lane
    }
}

/// Whom an audience is for, as far as that is known without asking a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    Everyone,
    Nobody,
    /// Members of these tiers, whoever they are.
    Tiers(BTreeSet<String>),
    /// It asks for what only a member or an order tells.
    Some,
}

/// A member of a tier of whom nothing else is known.
struct OfTier<'a>(&'a str);

impl Facts for OfTier<'_> {
    fn fact(&self, slot: Slot) -> Value<'_> {
        if slot == facts::MEMBER_TIER { Value::Text(self.0) } else { Value::Null }
    }
}

impl Audience {
    fn of(condition: &Expr, document: &Document) -> Self {
        match condition.slots_used() {
            [] if condition.holds(&OfTier("")) => Self::Everyone,
            [] => Self::Nobody,
            [facts::MEMBER_TIER] => {
                let tiers = document.tiers.ladder.iter().map(|tier| tier.id.clone());
                let meant: BTreeSet<String> =
                    tiers.filter(|tier| condition.holds(&OfTier(tier))).collect();
                if meant.is_empty() { Self::Nobody } else { Self::Tiers(meant) }
            }
            _ => Self::Some,
        }
    }

    /// Whether somebody may be meant by both.
    fn may_meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nobody, _) | (_, Self::Nobody) => false,
            (Self::Tiers(one), Self::Tiers(other)) => !one.is_disjoint(other),
            _ => true,
        }
    }

    /// Whether all that the other means are meant.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everyone, _) => true,
            (Self::Tiers(one), Self::Tiers(other)) => other.is_subset(one),
            _ => false,
        }
    }
}

/// Every promotion of the document, in its order.
pub(crate) fn each<'a>(document: &'a Document, program: &'a Program) -> Vec<Each<'a>> {
    let audiences: Vec<Audience> = program
        .promotions
        .audiences
        .iter()
        .map(|condition| Audience::of(condition, document))
        .collect();
    let turns: std::collections::BTreeMap<&str, usize> =
        program.promotions.iter().enumerate().map(|(turn, one)| (&*one.id, turn)).collect();
    let sections = document.promotions.list.iter().enumerate();
    sections
        .filter_map(|(place, section)| {
            let turn = *turns.get(section.id.as_str())?;
            let compiled = program.promotions.get(turn)?;
            let audience = compiled.audience.and_then(|place| audiences.get(place));
            let audience = audience.cloned().unwrap_or(Audience::Everyone);
            Some(Each { place, section, turn, compiled, audience })
        })
        .collect()
}

/// What people call it, with its id where that says more.
fn called(section: &PromotionSection) -> LocalText {
    let or_id = |name: &str| {
        if name.is_empty() { section.id.clone() } else { format!("{name} ({})", section.id) }
    };
    LocalText { zh: or_id(&section.name.zh), en: or_id(&section.name.en) }
}

/// Why of two promotions that meet only one applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    /// They are of one stacking group.
    Group,
    /// One of them stands alone in its lane.
    Exclusive,
}

/// Why only one of two applies where both hold, if so.
fn conflict(one: &Promotion, other: &Promotion) -> Option<Conflict> {
    if one.group.is_some() && one.group == other.group {
        return Some(Conflict::Group);
    }
    let stands_alone = one.exclusive || other.exclusive;
    (stands_alone && one.lane == other.lane).then_some(Conflict::Exclusive)
}

#[cfg(test)]
mod tests;
