//! When in the week, the month and the day an offer counts.

use serde::{Deserialize, Serialize};

use crate::program::problems::Problems;
use crate::time::{Day, LocalMoment, Span, Zone};

/// Recurring times, in the program's zone. Every list that is given must hold; left out, always.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Days of the week: 1 is Monday, 7 is Sunday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<i8>,
    /// Days of the month, 1 to 31; -1 is the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub month_days: Vec<i8>,
    /// Times of the day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
}

/// A stretch of the day; one that ends before it starts runs over midnight.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute: `18:00`.
    pub from: TimeOfDay,
    /// The minute it is over: `20:00`; `24:00` is the end of the day.
    pub until: TimeOfDay,
}

/// A time of day to the minute, written `HH:MM`, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(i16);

impl TimeOfDay {
    fn read(text: &str) -> Option<Self> {
        let two_digits = |part: &str| {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<i16>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let total = hours.saturating_mul(60).saturating_add(minutes);
        (minutes < 60 && total <= 1_440).then_some(Self(total))
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hours, minutes) = (self.0.div_euclid(60), self.0.rem_euclid(60));
        write!(out, "{hours:02}:{minutes:02}")
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::read(&text)
            .ok_or_else(|| serde::de::Error::custom("a time of day is written HH:MM, up to 24:00"))
    }
}

impl schemars::JsonSchema for TimeOfDay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"})
    }
}

impl Schedule {
    /// Whether it is always open.
    pub fn is_always(&self) -> bool {
        self.weekdays.is_empty() && self.month_days.is_empty() && self.hours.is_empty()
    }

    /// Whether a moment is within: the minute an hour begins is, the minute it ends is not.
    ///
    /// A stretch over midnight belongs to both days it touches.
    pub fn is_open(&self, at: LocalMoment) -> bool {
        let on_day = |day: &i8| *day == at.month_day || (*day == -1 && at.last_of_month);
        (self.weekdays.is_empty() || self.weekdays.contains(&at.weekday))
            && (self.month_days.is_empty() || self.month_days.iter().any(on_day))
            && (self.hours.is_empty() || self.hours.iter().any(|hours| hours.hold(at.minute)))
    }

    /// The stretches of `within` in which it is open, one after another, at most `most` of them.
    ///
    /// Those that touch are one: a member day from 00:00 to 24:00 and the night after it.
    pub fn occurrences(&self, zone: &Zone, within: Span, most: usize) -> Vec<Span> {
        if self.is_always() {
            return Vec::from_iter((!within.is_empty()).then_some(within));
        }
        let mut found: Vec<Span> = Vec::new();
        let mut day = zone.day(within.from);
        while zone.day_start(day) < within.until {
            for span in self.on_day(zone, day).iter().filter_map(|span| span.common(within)) {
                let count = found.len();
                match found.last_mut() {
                    Some(last) if last.until >= span.from => {
                        last.until = last.until.max(span.until);
                    }
                    _ if count >= most => return found,
                    _ => found.push(span),
                }
            }
            day = day.plus(1);
        }
        found
    }

    /// When it is open on a day, the earliest first.
    fn on_day(&self, zone: &Zone, day: Day) -> Vec<Span> {
        let start = zone.day_start(day);
        let is_day = {
            let days = Self { hours: Vec::new(), ..self.clone() };
            days.is_open(zone.moment(start))
        };
        let span = |from, until| Span {
            from: zone.minute_of(day, from),
            until: zone.minute_of(day, until),
        };
        let mut spans: Vec<Span> = match (is_day, self.hours.as_slice()) {
            (false, _) => Vec::new(),
            (true, []) => vec![span(0, 1_440)],
            (true, hours) => hours
                .iter()
                .flat_map(Hours::minutes)
                .map(|(from, until)| span(from, until))
                .collect(),
        };
        spans.sort_unstable();
        spans
    }

    /// Whether some moment may be open in both: no list of one rules out that of the other.
    pub fn may_meet(&self, other: &Self) -> bool {
        let days_meet = |one: &[i8], other: &[i8]| {
            let is_last = |day: i8| day == -1 || day >= 28;
            let same = |a: i8, b: i8| a == b || (is_last(a) && is_last(b) && (a == -1 || b == -1));
            one.is_empty()
                || other.is_empty()
                || one.iter().any(|a| other.iter().any(|b| same(*a, *b)))
        };
        let minutes = |of: &Self| of.hours.iter().flat_map(Hours::minutes).collect::<Vec<_>>();
        let (one, two) = (minutes(self), minutes(other));
        let hours_meet = one.is_empty()
            || two.is_empty()
            || one.iter().any(|a| two.iter().any(|b| a.0 < b.1 && b.0 < a.1));
        let weekdays_meet = self.weekdays.is_empty()
            || other.weekdays.is_empty()
            || self.weekdays.iter().any(|day| other.weekdays.contains(day));
        weekdays_meet && days_meet(&self.month_days, &other.month_days) && hours_meet
    }

    pub(crate) fn check(&self, pointer: &str, problems: &mut Problems) {
        for (place, day) in self.weekdays.iter().enumerate() {
            problems.range(format!("{pointer}/weekdays/{place}"), i64::from(*day), 1..=7);
        }
        for (place, day) in self.month_days.iter().enumerate() {
            if *day != -1 {
                problems.range(format!("{pointer}/month_days/{place}"), i64::from(*day), 1..=31);
            }
        }
        for (place, hours) in self.hours.iter().enumerate() {
            if hours.from == hours.until {
                let message = "must differ from `from`";
                problems.error(
                    format!("{pointer}/hours/{place}/until"),
                    "program.time_range",
                    message,
                );
            }
        }
    }
}

impl Hours {
    /// Its minutes within a day: one stretch, or two where it runs over midnight.
    fn minutes(&self) -> Vec<(i16, i16)> {
        let (from, until) = (self.from.0, self.until.0);
        if from < until {
            return vec![(from, until)];
        }
        [(0, until), (from, 1_440)].into_iter().filter(|(from, until)| from < until).collect()
    }

    fn hold(&self, minute: i16) -> bool {
        let (from, until) = (self.from.0, self.until.0);
        if from < until {
            (from..until).contains(&minute)
        } else {
            minute >= from || minute < until
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(weekday: i8, month_day: i8, minute: i16) -> LocalMoment {
        LocalMoment { weekday, month_day, last_of_month: month_day == 30, minute }
    }

    fn read(text: &str) -> Schedule {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn hours_hold_from_their_first_minute_up_to_their_last() {
        let evening = read(r#"{"hours": [{"from": "18:00", "until": "20:00"}]}"#);

        assert!(!evening.is_open(moment(1, 1, 1_079)));
        assert!(evening.is_open(moment(1, 1, 1_080)));
        assert!(evening.is_open(moment(1, 1, 1_199)));
        assert!(!evening.is_open(moment(1, 1, 1_200)));
    }

    #[test]
    fn hours_may_run_over_midnight() {
        let night = read(r#"{"hours": [{"from": "22:00", "until": "02:00"}]}"#);

        assert!(night.is_open(moment(1, 1, 1_439)) && night.is_open(moment(1, 1, 0)));
        assert!(!night.is_open(moment(1, 1, 120)));
    }

    #[test]
    fn a_member_day_is_a_day_of_the_month() {
        let days = read(r#"{"month_days": [17, -1], "weekdays": [1, 2]}"#);

        assert!(days.is_open(moment(1, 17, 0)) && days.is_open(moment(2, 30, 0)));
        assert!(!days.is_open(moment(1, 18, 0)) && !days.is_open(moment(3, 17, 0)));
    }

    fn span(from: &str, until: &str) -> Span {
        Span { from: from.parse().unwrap(), until: until.parse().unwrap() }
    }

    #[test]
    fn occurrences_are_cut_at_both_ends_and_those_that_touch_are_one() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let nights = read(r#"{"hours": [{"from": "22:00", "until": "02:00"}]}"#);
        let within = span("2026-11-10T23:00:00+08:00", "2026-11-12T01:00:00+08:00");

        let found = nights.occurrences(&zone, within, 10);

        let expected = [
            span("2026-11-10T23:00:00+08:00", "2026-11-11T02:00:00+08:00"),
            span("2026-11-11T22:00:00+08:00", "2026-11-12T01:00:00+08:00"),
        ];
        assert_eq!(found, expected);
        assert_eq!(nights.occurrences(&zone, within, 1), expected[..1]);
    }

    #[test]
    fn schedules_meet_unless_a_list_rules_it_out() {
        let meet = |one: &str, other: &str| read(one).may_meet(&read(other));

        assert!(meet("{}", r#"{"weekdays": [1]}"#));
        assert!(!meet(r#"{"weekdays": [1, 2]}"#, r#"{"weekdays": [3]}"#));
        assert!(meet(r#"{"month_days": [-1]}"#, r#"{"month_days": [28]}"#));
        assert!(!meet(r#"{"month_days": [-1]}"#, r#"{"month_days": [27]}"#));
        let hours = |from: &str, until: &str| {
            format!(r#"{{"hours": [{{"from": "{from}", "until": "{until}"}}]}}"#)
        };
        assert!(!meet(&hours("08:00", "10:00"), &hours("10:00", "12:00")));
        assert!(meet(&hours("08:00", "10:01"), &hours("10:00", "12:00")));
        assert!(meet(&hours("22:00", "02:00"), &hours("01:00", "03:00")));
    }

    proptest::proptest! {
        #[test]
        fn an_instant_is_in_an_occurrence_when_the_schedule_is_open(
            weekdays in proptest::collection::vec(1_i8..=7, 0..3),
            month_days in proptest::collection::vec(proptest::sample::select(vec![-1_i8, 1, 8, 15, 31]), 0..3),
            hours in proptest::collection::vec((0_i16..1_440, 1_i16..=1_440), 0..3),
            minute in 0_i64..100_000,
        ) {
            let zone = Zone::named("America/New_York").unwrap();
            let hours = hours.into_iter().filter(|(from, until)| from != until);
            let hours = hours.map(|(from, until)| Hours {
                from: TimeOfDay(from),
                until: TimeOfDay(until),
            });
            let schedule = Schedule { weekdays, month_days, hours: hours.collect() };
            let within = span("2026-02-20T00:00:00-05:00", "2026-05-20T00:00:00-04:00");
            let at = within.from.plus_seconds(minute * 60);

            let found = schedule.occurrences(&zone, within, usize::MAX);

            proptest::prop_assert_eq!(
                found.iter().any(|span| span.holds(at)),
                schedule.is_open(zone.moment(at))
            );
        }
    }

    #[test]
    fn a_time_of_day_reads_back() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(TimeOfDay::read(text).map(|time| time.to_string()).as_deref(), Some(text));
        }
        for text in ["24:01", "9:05", "12:60", "1205", "+1:05"] {
            assert_eq!(TimeOfDay::read(text), None, "{text}");
        }
    }
}
