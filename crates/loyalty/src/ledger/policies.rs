//! When points become available and when they end: the rules fixed at earning.

use crate::amounts::{Money, Points, Rounding, scale};
use crate::time::{Timestamp, Zone};

/// What a program says about the life of its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// When points end.
    pub expiry: Expiry,
    /// When points become available.
    pub maturity: Maturity,
    /// What becomes of a claw-back beyond what the member has.
    pub shortfall: Shortfall,
    /// How many days points live that come back from a lot that has expired.
    pub restore_grace_days: i64,
    /// What points are worth.
    pub value: Value,
}

/// A policy with the calendar that its days belong to.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The program's policy.
    pub policy: &'a Policy,
    /// The program's time zone.
    pub zone: &'a Zone,
}

/// When points end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// They do not.
    Never,
    /// Calendar days after the effective time.
    Days {
        /// How many.
        days: i64,
        /// Where in the day or month they end.
        at: At,
    },
    /// Months after the effective time, clamped to the month's last day.
    Months {
        /// How many.
        months: i64,
        /// Where in the day or month they end.
        at: At,
    },
    /// With 31 December of the year of earning plus `years`, plus days of grace.
    YearEnd {
        /// Whole years after the year of earning.
        years: i16,
        /// Days after the end of that year.
        grace_days: i64,
    },
    /// Days after the member last earned or spent, at the end of the day.
    Activity {
        /// How many.
        days: i64,
    },
}

/// Where in the day or month of their last instant points end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At the very instant.
    Instant,
    /// At the next 00:00 local.
    EndOfDay,
    /// At 00:00 local of the first day of the next month.
    EndOfMonth,
}

/// When points become available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// At the effective time.
    Immediate,
    /// Calendar days after the effective time.
    Days(i64),
    /// Calendar days after the order was completed.
    AfterCompletion(i64),
}

/// What becomes of a claw-back beyond what the member has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortfall {
    /// It is owed and paid by the next points.
    Debt,
    /// It is written off.
    Zero,
    /// It is withheld from the money given back.
    Cash,
}

/// What points are worth: `money` for `points`; `points` is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// The money.
    pub money: Money,
    /// For how many points.
    pub points: Points,
}

impl Value {
    /// What `points` are worth, half-up; held at the end of the range.
    pub fn of(self, points: Points) -> Money {
        let worth = scale(points.0, self.money.0, self.points.0, Rounding::HalfUp);
        Money(worth.unwrap_or(if self.points.is_positive() { i64::MAX } else { 0 }))
    }
}

/// The first instant at which points earned at `effective` cannot be spent; `None`: never.
pub fn expires_at(expiry: Expiry, effective: Timestamp, zone: &Zone) -> Option<Timestamp> {
    match expiry {
        Expiry::Never => None,
        Expiry::Days { days, at } => Some(ending(zone.plus_days(effective, days), at, zone)),
        Expiry::Months { months, at } => {
            Some(ending(zone.plus_months(effective, months), at, zone))
        }
        Expiry::YearEnd { years, grace_days } => {
            Some(zone.plus_days(zone.end_of_year(effective, years), grace_days))
        }
        Expiry::Activity { days } => Some(zone.end_of_day(zone.plus_days(effective, days))),
    }
}

fn ending(last: Timestamp, at: At, zone: &Zone) -> Timestamp {
    match at {
        At::Instant => last,
        At::EndOfDay => zone.end_of_day(last),
        At::EndOfMonth => zone.end_of_month(last),
    }
}

/// From when points earned at `effective` can be spent; `None` until the order is completed.
pub fn available_at(maturity: Maturity, effective: Timestamp, zone: &Zone) -> Option<Timestamp> {
    match maturity {
        Maturity::Immediate => Some(effective),
        Maturity::Days(days) => Some(zone.plus_days(effective, days)),
        Maturity::AfterCompletion(_) => None,
    }
}
