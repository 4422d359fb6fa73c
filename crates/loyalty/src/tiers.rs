//! Where members stand on the ladder: upgrades at once, reviews at the end of a period.
//!
//! Growth lies in a ledger of entries dated at effective times; a refund's
//! entry carries the time of its order, so what was returned leaves every
//! window it was in. Only growth that arrives moves a member up, only a review
//! moves a member down: a refund lowers the tier no sooner than the end of
//! the period.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::amounts::Points;
use crate::program::Program;
use crate::program::ladder::{Downgrade, Ladder, Tier, Window};
use crate::time::{Timestamp, Zone};

/// The tier a member holds, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Standing {
    /// The id of the tier.
    pub tier: String,
    /// When the period began.
    pub since: Timestamp,
    /// When the period is over: at that instant it is. `None` for the lowest
    /// tier, which has no period, and for a tier granted without an end.
    pub until: Option<Timestamp>,
    /// Whether it was given by staff, not earned by growth.
    #[serde(default)]
    pub granted: bool,
}

/// Why a standing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// Growth that arrived qualified for a higher tier.
    Upgrade,
    /// The review found the keep target met.
    Keep,
    /// The review found it missed.
    Downgrade,
    /// The higher tier of two members made one.
    Merge,
    /// The tier of before a merge that was taken back.
    Unmerge,
    /// Staff gave it.
    Granted,
    /// The tier held in the system a member came from.
    Migrate,
    /// The tier held is not in the ladder any more.
    Ladder,
}

impl ChangeReason {
    /// The name used in JSON, SQL and the console.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Keep => "keep",
            Self::Downgrade => "downgrade",
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
            Self::Granted => "granted",
            Self::Migrate => "migrate",
            Self::Ladder => "ladder",
        }
    }
}

/// One line of a member's tier history.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TierChange {
    /// When it was decided: the arrival of the event, or the review.
    pub at: Timestamp,
    /// The tier before.
    pub from: String,
    /// The tier after; the same for `keep`.
    pub to: String,
    /// Why.
    pub reason: ChangeReason,
    /// When the period begins; tier and beginning name the period, for gifts.
    pub since: Timestamp,
    /// When the period is over.
    pub until: Option<Timestamp>,
}

/// How far a member is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The growth of the window.
    pub growth: Points,
    /// The next higher tier; `None` on the highest.
    pub next: Option<NextTier>,
    /// The growth that keeps the tier at the review; `None` where there is none.
    pub keep: Option<Points>,
    /// What of it is missing now.
    pub keep_missing: Points,
    /// When the period is over.
    pub until: Option<Timestamp>,
}

/// A tier within reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextTier {
    /// Its id.
    pub tier: String,
    /// The growth it begins at.
    pub from: Points,
    /// How much growth is missing; zero when it is reached already.
    pub missing: Points,
}

impl Standing {
    /// The standing of a member who has just joined: the lowest tier.
    pub fn base(ladder: &Ladder, joined_at: Timestamp) -> Self {
        Self { tier: ladder.base().to_owned(), since: joined_at, until: None, granted: false }
    }

    fn change(&self, from: &Self, reason: ChangeReason, at: Timestamp) -> TierChange {
        TierChange {
            at,
            from: from.tier.clone(),
            to: self.tier.clone(),
            reason,
            since: self.since,
            until: self.until,
        }
    }
}

/// The first instant whose growth counts at `at`; growth counts from it up to and with `at`.
///
/// Rolling months leave out the instant so many months before, so the window
/// begins one microsecond later; a natural year begins with its first instant.
pub fn window_start(window: Window, at: Timestamp, zone: &Zone) -> Timestamp {
    match window {
        Window::RollingMonths { months } => {
            let before = zone.plus_months(at, months.saturating_neg());
            Timestamp(before.0.saturating_add(1))
        }
        Window::NaturalYear {} => zone.start_of_year(at),
        Window::Lifetime {} => Timestamp(i64::MIN),
    }
}

/// The growth of the window at `at`; never below zero.
pub fn measure(
    growth: &[(Timestamp, Points)],
    window: Window,
    at: Timestamp,
    zone: &Zone,
) -> Points {
    let start = window_start(window, at, zone);
    let within = growth.iter().filter(|(dated, _)| start <= *dated && *dated <= at);
    let sum: Points = within.map(|(_, points)| *points).sum();
    sum.max(Points::ZERO)
}

/// The higher standing that growth which has just arrived qualifies for, if it does.
///
/// `measured` is the growth of the window at `now`, the arrival. The new period
/// begins at the event's `effective_at` and ends with the day `period_months`
/// later; an event that arrives late may bring a period that is over already,
/// which [`settle`] then reviews.
pub fn upgrade(
    program: &Program,
    standing: &Standing,
    measured: Points,
    effective_at: Timestamp,
    now: Timestamp,
) -> Option<(Standing, TierChange)> {
    let ladder = &program.ladder;
    let qualified = ladder.qualified(measured);
    if ladder.place(&standing.tier).is_some_and(|held| qualified <= held) {
        return None;
    }
    let upgraded = standing_on(program, qualified, effective_at);
    let change = upgraded.change(standing, ChangeReason::Upgrade, now);
    Some((upgraded, change))
}

/// The standing that staff give: a period from `now`, or as long as `until` says.
///
/// `None` when the ladder has no such tier.
pub fn grant(
    program: &Program,
    standing: &Standing,
    tier: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Option<(Standing, TierChange)> {
    let place = program.ladder.place(tier)?;
    let mut given = standing_on(program, place, now);
    given.granted = true;
    if given.until.is_some() && until.is_some() {
        given.until = until;
    }
    let change = given.change(standing, ChangeReason::Granted, now);
    Some((given, change))
}

/// A standing brought from another system: its period is the one it had there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought<'a> {
    /// The id of the tier.
    pub tier: &'a str,
    /// When its period began; without it at the arrival.
    pub since: Option<Timestamp>,
    /// When its period is over; without it the program's own period counts from the beginning.
    pub until: Option<Timestamp>,
}

/// The standing after one was brought: the higher of the two, of equal ones the later end.
///
/// `None` when the ladder has no such tier; without a change when the member
/// stands as high already.
pub fn bring(
    program: &Program,
    standing: &Standing,
    brought: &Brought<'_>,
    now: Timestamp,
) -> Option<(Standing, Option<TierChange>)> {
    let place = program.ladder.place(brought.tier)?;
    let mut given = standing_on(program, place, brought.since.unwrap_or(now));
    if given.until.is_some() && brought.until.is_some() {
        given.until = brought.until;
    }
    // A tier without an end outlasts any other.
    let end = |one: &Standing| one.until.unwrap_or(Timestamp::MAX);
    let is_better = match program.ladder.place(&standing.tier) {
        Some(held) if held == place => place > 0 && end(&given) > end(standing),
        Some(held) => place > held,
        None => true,
    };
    if !is_better {
        return Some((standing.clone(), None));
    }
    let change = given.change(standing, ChangeReason::Migrate, now);
    Some((given, Some(change)))
}

/// When the standing is reviewed: the days of grace after its period; `None`: never.
pub fn review_due(program: &Program, standing: &Standing) -> Option<Timestamp> {
    let until = standing.until?;
    Some(program.zone.plus_days(until, program.ladder.grace_days))
}

/// Runs every review that is due by `now`, in order, each measured at its own instant.
///
/// A member who meets the keep target keeps the tier; any other goes down by
/// the program's rule. Either way a new period begins at the review, except on
/// the lowest tier. `growth` is all that is known now: an entry that arrived
/// after a review was due counts in it when its date lies in the window.
///
/// A tier that the ladder does not have counts as [`adopt`] says.
pub fn settle(
    program: &Program,
    standing: Standing,
    growth: &[(Timestamp, Points)],
    now: Timestamp,
) -> (Standing, Vec<TierChange>) {
    let mut changes = Vec::new();
    let mut current = standing;
    if let Some((adopted, change)) = adopt(program, &current, None, growth, now) {
        current = adopted;
        changes.push(change);
    }
    while let Some(at) = review_due(program, &current).filter(|due| *due <= now) {
        let measured = measure(growth, program.ladder.window, at, &program.zone);
        let (next, change) = review(program, &current, measured, at);
        current = next;
        changes.push(change);
    }
    (current, changes)
}

/// The outcome of one review at `at`.
fn review(
    program: &Program,
    standing: &Standing,
    measured: Points,
    at: Timestamp,
) -> (Standing, TierChange) {
    let ladder = &program.ladder;
    let held = ladder.place(&standing.tier).unwrap_or(0);
    let keeps = ladder.tiers.get(held).is_none_or(|tier| measured >= tier.keep);
    let (place, reason) = if keeps {
        (held, ChangeReason::Keep)
    } else {
        let below = held.saturating_sub(1);
        let place = match ladder.downgrade {
            Downgrade::OneStep => below,
            Downgrade::ToQualified => ladder.qualified(measured).min(below),
        };
        (place, ChangeReason::Downgrade)
    };
    let mut next = standing_on(program, place, at);
    next.granted = keeps && standing.granted;
    let change = next.change(standing, reason, at);
    (next, change)
}

/// The standing of a member whose tier is not in the ladder any more; `None` when it is.
///
/// Where the ladder of before is known, the member gets the highest tier that
/// begins no higher than the lost one, so nobody loses what they qualified for;
/// else the tier that the growth qualifies for. The period stays as it was,
/// save that the lowest tier has none and a tier that had none gets one.
pub fn adopt(
    program: &Program,
    standing: &Standing,
    former: Option<&Ladder>,
    growth: &[(Timestamp, Points)],
    now: Timestamp,
) -> Option<(Standing, TierChange)> {
    let ladder = &program.ladder;
    if ladder.place(&standing.tier).is_some() {
        return None;
    }
    let lost_from = former.and_then(|former| former.tier(&standing.tier)).map(|tier| tier.from);
    let worth = lost_from.unwrap_or_else(|| measure(growth, ladder.window, now, &program.zone));
    let mut adopted = standing_on(program, ladder.qualified(worth), now);
    if adopted.until.is_some() && standing.until.is_some() {
        adopted.since = standing.since;
        adopted.until = standing.until;
    }
    adopted.granted = standing.granted;
    let change = adopted.change(standing, ChangeReason::Ladder, now);
    Some((adopted, change))
}

/// A standing brought up to `now` after growth moved to or from the member, as
/// a merge and an un-merge do: reviews that are due, then an upgrade that is earned.
pub fn reassess(
    program: &Program,
    standing: Standing,
    growth: &[(Timestamp, Points)],
    now: Timestamp,
) -> (Standing, Vec<TierChange>) {
    let (settled, mut changes) = settle(program, standing, growth, now);
    let measured = measure(growth, program.ladder.window, now, &program.zone);
    match upgrade(program, &settled, measured, now, now) {
        Some((upgraded, change)) => {
            changes.push(change);
            (upgraded, changes)
        }
        None => (settled, changes),
    }
}

/// What is missing to the next tier, and to keep the tier held.
pub fn progress(program: &Program, standing: &Standing, growth: Points) -> Progress {
    let ladder = &program.ladder;
    let held = ladder.place(&standing.tier);
    let above = held.map_or(0, |place| place.saturating_add(1));
    let next = ladder.tiers.get(above).map(|tier| NextTier {
        tier: tier.id.clone(),
        from: tier.from,
        missing: tier.from.minus_to_zero(growth),
    });
    let tier = held.and_then(|place| ladder.tiers.get(place));
    let keep = tier.filter(|_| standing.until.is_some()).map(|tier: &Tier| tier.keep);
    Progress {
        growth,
        next,
        keep,
        keep_missing: keep.map_or(Points::ZERO, |keep| keep.minus_to_zero(growth)),
        until: standing.until,
    }
}

/// The standing of two members made one: the higher tier with its period; of
/// equal tiers the one whose period ends later.
///
/// A tier that the ladder does not have is lower than any it has. Without an
/// end is later than any end.
pub fn higher<'a>(ladder: &Ladder, a: &'a Standing, b: &'a Standing) -> &'a Standing {
    let by_tier = ladder.place(&a.tier).cmp(&ladder.place(&b.tier));
    let end = |standing: &Standing| standing.until.unwrap_or(Timestamp::MAX);
    match by_tier.then_with(|| end(a).cmp(&end(b))) {
        Ordering::Less => b,
        Ordering::Equal | Ordering::Greater => a,
    }
}

/// A new period of the tier at `place` from `since`; the lowest tier has none.
fn standing_on(program: &Program, place: usize, since: Timestamp) -> Standing {
    let ladder = &program.ladder;
    let tier = ladder.tiers.get(place).map_or_else(|| ladder.base(), |tier| &tier.id);
    let last = program.zone.plus_months(since, ladder.period_months);
    let until = (place > 0).then(|| program.zone.end_of_day(last));
    Standing { tier: tier.to_owned(), since, until, granted: false }
}

#[cfg(test)]
mod tests;
