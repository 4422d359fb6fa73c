//! What tiers and cards give by the calendar: when each gift is due, and for which period.
//!
//! A gift is known by the benefit and the period it is for, such as `birthday` and `2026`; a member
//! gets it once. Somebody born on 29 February has a birthday on 28 February in other years.

use serde::{Deserialize, Serialize};

use crate::program::Program;
use crate::program::benefits::Gift;
use crate::program::ladder::Ladder;
use crate::time::{CalendarDate, Day, Timestamp, Zone};

/// What is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Benefit {
    /// For the birthday, by the tier.
    Birthday,
    /// For reaching a tier.
    Upgrade,
    /// Every month, by the tier.
    Monthly,
    /// With the sale of a card.
    CardSale,
    /// Every month, by a card.
    CardMonthly,
}

impl Benefit {
    const ALL: [Self; 5] =
        [Self::Birthday, Self::Upgrade, Self::Monthly, Self::CardSale, Self::CardMonthly];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Birthday => "birthday",
            Self::Upgrade => "upgrade",
            Self::Monthly => "monthly",
            Self::CardSale => "card_sale",
            Self::CardMonthly => "card_monthly",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|benefit| benefit.name() == name)
    }
}

/// A gift that a tier gives, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What for.
    pub benefit: Benefit,
    /// For which period; with the benefit, what a member gets once.
    pub period: String,
    /// The tier that gives it.
    pub tier: String,
    /// When it is due.
    pub at: Timestamp,
    /// What is given.
    pub gift: Gift,
}

/// The day of a birthday in a year.
pub fn birthday_in(birthday: CalendarDate, year: i16) -> Option<Day> {
    let (_, month, day) = birthday.parts();
    CalendarDate::of(year, month, day)
        .or_else(|| CalendarDate::of(year, month, day.saturating_sub(1)))
        .map(CalendarDate::day)
}

/// The birthday on or after a day, and the year it is of.
fn next_birthday(birthday: CalendarDate, today: Day) -> Option<(i16, Day)> {
    let (year, _, _) = today.date().parts();
    let candidates = [year, year.saturating_add(1)];
    candidates
        .into_iter()
        .filter_map(|year| Some((year, birthday_in(birthday, year)?)))
        .find(|(_, day)| *day >= today && birthday.day() < *day)
}

/// The gift for the birthday of a member of `tier` that is due on the day of `at`: within
/// `days_before` days of the birthday, or on it.
pub fn birthday_due(
    ladder: &Ladder,
    zone: &Zone,
    tier: &str,
    birthday: CalendarDate,
    at: Timestamp,
) -> Option<Due> {
    let today = zone.day(at);
    let due = birthday_coming(ladder, zone, tier, birthday, today)?;
    (zone.day(due.at) <= today).then_some(due)
}

fn birthday_coming(
    ladder: &Ladder,
    zone: &Zone,
    tier: &str,
    birthday: CalendarDate,
    today: Day,
) -> Option<Due> {
    let given = ladder.tier(tier)?.benefits.birthday.as_ref()?;
    let (year, day) = next_birthday(birthday, today)?;
    let before = i32::try_from(given.days_before).unwrap_or(0);
    Some(Due {
        benefit: Benefit::Birthday,
        period: format!("{year:04}"),
        tier: tier.to_owned(),
        at: zone.day_start(day.plus(before.saturating_neg())),
        gift: given.gift(),
    })
}

/// The monthly gift of a tier that is due at the very instant `at`.
pub fn monthly_due(ladder: &Ladder, zone: &Zone, tier: &str, at: Timestamp) -> Option<Due> {
    let given = ladder.tier(tier)?.benefits.monthly.as_ref()?;
    let (year, month, day) = zone.date(at);
    let is_due = i64::from(day) == given.day && zone.start_of_day(at) == at;
    is_due.then(|| Due {
        benefit: Benefit::Monthly,
        period: format!("{year:04}-{month:02}"),
        tier: tier.to_owned(),
        at,
        gift: given.gift(),
    })
}

/// Whether anything of the calendar can be due by these tiers.
pub fn has_calendar(ladder: &Ladder) -> bool {
    let benefits = || ladder.tiers.iter().map(|tier| &tier.benefits);
    benefits().any(|of| of.birthday.is_some() || of.monthly.is_some())
}

/// Whether anything of the calendar may be due at the beginning of a day.
pub fn is_due_on(ladder: &Ladder, zone: &Zone, day_start: Timestamp) -> bool {
    let (_, _, day) = zone.date(day_start);
    let mut benefits = ladder.tiers.iter().map(|tier| &tier.benefits);
    benefits.any(|of| {
        let monthly = of.monthly.as_ref().is_some_and(|monthly| monthly.day == i64::from(day));
        monthly || of.birthday.is_some()
    })
}

/// The gifts of the calendar that are due for a member at the beginning of a day.
pub fn due_on(
    ladder: &Ladder,
    zone: &Zone,
    tier: &str,
    birthday: Option<CalendarDate>,
    day_start: Timestamp,
) -> Vec<Due> {
    let birthday =
        birthday.and_then(|birthday| birthday_due(ladder, zone, tier, birthday, day_start));
    birthday.into_iter().chain(monthly_due(ladder, zone, tier, day_start)).collect()
}

/// The gift for reaching a tier in the period that began at `since`; due at once.
pub fn upgrade_due(ladder: &Ladder, tier: &str, since: Timestamp, now: Timestamp) -> Option<Due> {
    let gift = ladder.tier(tier)?.benefits.upgrade.clone()?;
    Some(Due {
        benefit: Benefit::Upgrade,
        period: format!("{tier}:{since}"),
        tier: tier.to_owned(),
        at: now,
        gift,
    })
}

/// The next gift of the calendar of each kind that was not given yet, were the tier and the rules
/// to stay.
pub fn coming(
    program: &Program,
    tier: &str,
    birthday: Option<CalendarDate>,
    is_given: impl Fn(&Due) -> bool,
    now: Timestamp,
) -> Vec<Due> {
    let (ladder, zone) = (&program.ladder, &program.zone);
    // Today's beginning is past: what was due at it was given, or is not given any more.
    let tomorrow = zone.day(now).plus(1);
    let birthday = birthday.and_then(|birthday| {
        let (_, this) = next_birthday(birthday, tomorrow)?;
        [tomorrow, this.plus(1)]
            .into_iter()
            .filter_map(|from| birthday_coming(ladder, zone, tier, birthday, from))
            .map(|due| Due { at: due.at.max(zone.day_start(tomorrow)), ..due })
            .find(|due| !is_given(due))
    });
    // Every month has every day up to the 28th, so two of them are among the next 62.
    let monthly = (0..62)
        .map(|days| zone.day_start(tomorrow.plus(days)))
        .filter_map(|at| monthly_due(ladder, zone, tier, at))
        .find(|due| !is_given(due));
    birthday.into_iter().chain(monthly).collect()
}

#[cfg(test)]
mod tests;
