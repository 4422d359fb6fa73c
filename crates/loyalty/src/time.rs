//! Instants and the calendar of a program.
//!
//! An instant is a whole number of microseconds since 1970 in UTC. Days, months
//! and years belong to a program's time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span as CalendarSpan, ZonedDateTime};
use serde::{Deserialize, Serialize};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600_000_000;

/// An instant: microseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Later than every instant a program meets.
    pub const MAX: Self = Self(253_402_207_200_000_000);

    /// `seconds` later (or earlier where negative), held at the ends of the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// A stretch of time: from its first instant up to the one at which it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// It is over at this instant.
    pub until: Timestamp,
}

impl Span {
    /// From `from` on, or from ever; up to `until`, or for ever.
    pub fn between(from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { from: from.unwrap_or_default(), until: until.unwrap_or(Timestamp::MAX) }
    }

    /// Whether there is no instant in it.
    pub fn is_empty(self) -> bool {
        self.until <= self.from
    }

    /// Whether an instant is in it.
    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What it has in common with another.
    pub fn common(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), until: self.until.min(other.until) };
        (!both.is_empty()).then_some(both)
    }
}

/// Why a text is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads RFC 3339; anything finer than a microsecond is cut off. The years 1970 to 9998 are accepted.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let read: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        let micros = read.as_microsecond();
        if (0..=Self::MAX.0).contains(&micros) { Ok(Self(micros)) } else { Err(InvalidTimestamp) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.jiff().fmt(out)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A calendar day of a program, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day `days` later (or earlier where negative), held at the ends of the range.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days from `earlier` to this one; negative where this one is earlier.
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day as a date.
    pub fn date(self) -> CalendarDate {
        let date = CalendarSpan::new()
            .try_days(i64::from(self.0))
            .and_then(|span| Date::constant(1970, 1, 1).checked_add(span));
        CalendarDate(date.unwrap_or(Date::MAX))
    }
}

/// A program's time zone: turns instants into days, months and years and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

/// The named zone is not in the time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {0}")]
pub struct UnknownZone(pub String);

impl Zone {
    /// The zone with an IANA name such as `Asia/Shanghai`.
    ///
    /// # Errors
    ///
    /// [`UnknownZone`] when there is none of that name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.to_owned()))
    }

    fn local(&self, at: Timestamp) -> ZonedDateTime {
        at.jiff().to_zoned_datetime(self.0.clone())
    }

    fn instant(moment: &ZonedDateTime) -> Timestamp {
        Timestamp(moment.timestamp().as_microsecond())
    }

    fn start(&self, date: Date) -> Timestamp {
        date.to_zoned_datetime(self.0.clone())
            .map_or(Timestamp::MAX, |moment| Self::instant(&moment))
    }

    fn shifted(&self, at: Timestamp, span: CalendarSpan) -> Timestamp {
        self.local(at).checked_add(span).map_or(Timestamp::MAX, |moment| Self::instant(&moment))
    }

    fn next_date(date: Date) -> Date {
        date.tomorrow().unwrap_or(Date::MAX)
    }

    /// The same local time `days` calendar days later.
    pub fn plus_days(&self, at: Timestamp, days: i64) -> Timestamp {
        CalendarSpan::new().try_days(days).map_or(Timestamp::MAX, |span| self.shifted(at, span))
    }

    /// The same local time `months` months later, clamped to the month's last day.
    pub fn plus_months(&self, at: Timestamp, months: i64) -> Timestamp {
        CalendarSpan::new().try_months(months).map_or(Timestamp::MAX, |span| self.shifted(at, span))
    }

    /// The next 00:00 local, exclusive: at that instant the day of `at` is over.
    pub fn end_of_day(&self, at: Timestamp) -> Timestamp {
        self.start(Self::next_date(self.local(at).date()))
    }

    /// The first instant of the day of `at`.
    pub fn start_of_day(&self, at: Timestamp) -> Timestamp {
        self.start(self.local(at).date())
    }

    /// The first instant of the month of `at`.
    pub fn start_of_month(&self, at: Timestamp) -> Timestamp {
        self.start(self.local(at).date().first_of_month())
    }

    /// 00:00 local of the first day of the next month.
    pub fn end_of_month(&self, at: Timestamp) -> Timestamp {
        self.start(Self::next_date(self.local(at).date().last_of_month()))
    }

    /// The first instant of the natural year of `at`.
    pub fn start_of_year(&self, at: Timestamp) -> Timestamp {
        self.start(self.local(at).date().first_of_year())
    }

    /// The instant the year of `at`, `years` on, is over (31 December, end of day).
    pub fn end_of_year(&self, at: Timestamp, years: i16) -> Timestamp {
        let year = self.local(at).date().year().saturating_add(years);
        Date::new(year, 12, 31).map_or(Timestamp::MAX, |date| self.start(Self::next_date(date)))
    }

    /// The calendar day of `at`.
    pub fn day(&self, at: Timestamp) -> Day {
        CalendarDate(self.local(at).date()).day()
    }

    /// The first instant of a day.
    pub fn day_start(&self, day: Day) -> Timestamp {
        self.start(day.date().0)
    }

    /// So many minutes into a day by the clock; 1440 is its end. On a day without that
    /// minute the first that follows.
    pub fn minute_of(&self, day: Day, minute: i16) -> Timestamp {
        let (hour, rest) = (minute.div_euclid(60), minute.rem_euclid(60));
        let clock = i8::try_from(hour).ok().zip(i8::try_from(rest).ok());
        match clock.filter(|(hour, _)| (0..24).contains(hour)) {
            Some((hour, rest)) => {
                let moment = self.0.to_ambiguous_timestamp(day.date().0.at(hour, rest, 0, 0));
                let is_skipped = matches!(moment.offset(), AmbiguousOffset::Gap { .. });
                let Ok(first) = moment.earlier() else { return Timestamp::MAX };
                let after = is_skipped.then(|| self.0.following(first).next()).flatten();
                Timestamp(after.map_or(first, |change| change.timestamp()).as_microsecond())
            }
            None => self.day_start(day.plus(1)),
        }
    }

    /// The first instants of the next `count` months, the one of `at` excluded.
    pub fn month_starts(&self, at: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(Some(self.end_of_month(at)), |start| Some(self.end_of_month(*start)))
            .take(count)
            .collect()
    }

    /// The weekday, the day of the month and the time of day of `at`.
    pub fn moment(&self, at: Timestamp) -> LocalMoment {
        let local = self.local(at);
        let hour = i16::from(local.hour());
        LocalMoment {
            weekday: local.weekday().to_monday_one_offset(),
            month_day: local.day(),
            last_of_month: local.day() == local.days_in_month(),
            minute: hour.saturating_mul(60).saturating_add(i16::from(local.minute())),
        }
    }

    /// Year, month (1 to 12) and day of the month (1 to 31) of `at`.
    pub fn date(&self, at: Timestamp) -> (i16, i8, i8) {
        let date = self.local(at).date();
        (date.year(), date.month(), date.day())
    }
}

/// Where an instant stands in the day, the week and the month of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalMoment {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i8,
    /// 1 to 31.
    pub month_day: i8,
    /// Whether it is the last day of its month.
    pub last_of_month: bool,
    /// Minutes since 00:00 on the clock, 0 to 1439.
    pub minute: i16,
}

/// A date of birth or another date without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarDate(Date);

impl CalendarDate {
    /// The date as a day.
    pub fn day(self) -> Day {
        Day(Date::constant(1970, 1, 1).until(self.0).map_or(0, |span| span.get_days()))
    }

    /// The date of a year, month (1 to 12) and day (1 to 31); `None` where the calendar has none.
    pub fn of(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The calendar's parts: year, month (1 to 12), day (1 to 31).
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// Whole years from this date to the day of `at` in `zone`; `None` before it.
    pub fn years_until(self, at: Timestamp, zone: &Zone) -> Option<i64> {
        let (year, month, day) = zone.date(at);
        let years = i64::from(year).saturating_sub(i64::from(self.0.year()));
        let not_yet = (month, day) < (self.0.month(), self.0.day());
        Some(years.saturating_sub(i64::from(not_yet))).filter(|years| *years >= 0)
    }
}

impl FromStr for CalendarDate {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        if text.len() != 10 {
            return Err(InvalidTimestamp);
        }
        text.parse().map(Self).map_err(|_| InvalidTimestamp)
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Serialize for CalendarDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CalendarDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> Zone {
        Zone::named("Asia/Shanghai").unwrap_or_else(|_| Zone(TimeZone::UTC))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn months_clamp_to_the_last_day() {
        let zone = shanghai();

        assert_eq!(
            zone.plus_months(at("2026-01-31T10:00:00+08:00"), 1),
            at("2026-02-28T10:00:00+08:00")
        );
        assert_eq!(
            zone.plus_months(at("2028-01-31T10:00:00+08:00"), 1),
            at("2028-02-29T10:00:00+08:00")
        );
    }

    #[test]
    fn a_day_ends_at_the_next_midnight_local() {
        let zone = shanghai();

        assert_eq!(
            zone.end_of_day(at("2026-05-31T23:59:59.999999+08:00")),
            at("2026-06-01T00:00:00+08:00")
        );
        assert_eq!(
            zone.end_of_day(at("2026-06-01T00:00:00+08:00")),
            at("2026-06-02T00:00:00+08:00")
        );
    }

    #[test]
    fn a_year_ends_after_its_last_day() {
        let zone = shanghai();

        assert_eq!(
            zone.end_of_year(at("2026-05-31T00:00:00+08:00"), 1),
            at("2028-01-01T00:00:00+08:00")
        );
    }

    #[test]
    fn days_count_from_the_epoch() {
        let zone = shanghai();
        let day = zone.day(at("2026-05-31T23:30:00+08:00"));

        assert_eq!(zone.day_start(day), at("2026-05-31T00:00:00+08:00"));
    }

    #[test]
    fn microseconds_survive_the_text() {
        let shown = at("2026-05-31T23:59:59.999999+08:00").to_string();

        assert_eq!(shown, "2026-05-31T15:59:59.999999Z");
        assert_eq!(at(&shown).to_string(), shown);
    }
}
