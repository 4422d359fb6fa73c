//! Templates: what the coupons of one kind have in common.
//!
//! A template changes by a new version; a coupon keeps the version it was made
//! of. Stock and budget belong to the template as a whole.

use serde::{Deserialize, Serialize};

use super::terms::{Effect, Terms};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::texts::LocalText;
use crate::time::{Timestamp, Zone};

/// Days of extra life for a coupon that comes back after its end.
pub const RESTORE_DAYS: i64 = 7;
/// The longest relative validity, in days.
const DAYS_MAX: i64 = 3_660;

/// When a coupon can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Validity {
    /// Counted from receipt.
    Days {
        /// From so many days after receipt.
        #[serde(default)]
        delay: i64,
        /// For so many days, to the end of the last.
        days: i64,
    },
    /// Between two instants.
    Window {
        /// From here on.
        from: Timestamp,
        /// Over at this instant.
        until: Timestamp,
    },
}

impl Validity {
    /// From when until when a coupon received at an instant can be used.
    pub fn window(self, received_at: Timestamp, zone: &Zone) -> (Timestamp, Timestamp) {
        match self {
            Self::Days { delay, days } => {
                let from = zone.plus_days(received_at, delay);
                (from, zone.end_of_day(zone.plus_days(from, days)))
            }
            Self::Window { from, until } => (from, until),
        }
    }

    /// As [`Validity::window`], of a code on paper that nobody has received yet: what is counted
    /// from receipt has no end so far.
    pub const fn unreceived(self, made_at: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Days { .. } => (made_at, Timestamp::MAX),
            Self::Window { from, until } => (from, until),
        }
    }
}

/// From when until when members may claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimWindow {
    /// From here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Over at this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where the codes of a template's coupons come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// They are made here.
    #[default]
    Generated,
    /// Somebody else made them and they were imported.
    Imported,
}

/// A template as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What it is called.
    pub name: LocalText,
    /// What it does, and for which carts.
    pub terms: Terms,
    /// When it can be used.
    pub validity: Validity,
    /// How many there are at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// How many one member gets at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
    /// How many one member gets at most on one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<i64>,
    /// Whether a refund of the whole order gives it back.
    #[serde(default)]
    pub restore_on_refund: bool,
    /// Whether members may give it away.
    #[serde(default)]
    pub transferable: bool,
    /// How much money all of them may take off together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// Whether, and when, members may claim it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimWindow>,
    /// Where its codes come from.
    #[serde(default)]
    pub code_source: CodeSource,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl Template {
    /// How often a coupon of it can be used.
    pub const fn uses(&self) -> i64 {
        match self.terms.effect {
            Effect::Times { times } => times,
            _ => 1,
        }
    }

    /// Everything that is wrong with it; nothing where it can be used.
    pub fn problems(&self) -> Vec<Problem> {
        let of_terms = self.terms.problems().into_iter();
        let mut found: Vec<Problem> = of_terms
            .map(|problem| {
                let pointer = format!("/terms{}", problem.pointer);
                Problem { pointer, message: problem.message }
            })
            .collect();
        let mut refuse = |is_wrong: bool, pointer: &str, message: &str| {
            if is_wrong {
                found.push(Problem { pointer: pointer.to_owned(), message: message.to_owned() });
            }
        };
        let is_count = |count: i64| (1..=AMOUNT_MAX).contains(&count);
        refuse(self.name.is_empty(), "/name", "a name in Chinese or English is needed");
        let long = self.name.zh.len() > 200 || self.name.en.len() > 200;
        refuse(long, "/name", "a name has at most 200 bytes in each language");
        match self.validity {
            Validity::Days { delay, days } => {
                refuse(!(0..=DAYS_MAX).contains(&delay), "/validity/delay", "0 to 3660 days");
                refuse(!(1..=DAYS_MAX).contains(&days), "/validity/days", "1 to 3660 days");
            }
            Validity::Window { from, until } => {
                refuse(until <= from, "/validity/until", "the end lies after the beginning");
            }
        }
        let is_wrong = |limit: Option<i64>| limit.is_some_and(|limit| !is_count(limit));
        refuse(is_wrong(self.stock), "/stock", "at least 1");
        refuse(is_wrong(self.per_member), "/per_member", "at least 1");
        refuse(is_wrong(self.per_day), "/per_day", "at least 1");
        let budget = self.budget.map(|budget| budget.0);
        refuse(is_wrong(budget), "/budget", "1 to 10^12 fen");
        if let Some(ClaimWindow { from: Some(from), until: Some(until) }) = self.claim {
            refuse(until <= from, "/claim/until", "the end lies after the beginning");
        }
        found
    }
}

/// What a member already has of a template, and what there still is of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Received ever, gifts of other members apart.
    pub member: i64,
    /// Received today.
    pub today: i64,
}

/// Why a member gets no coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Members do not claim this one themselves.
    #[error("this coupon is not one to be claimed")]
    NotClaimable,
    /// The claim window has not begun.
    #[error("it can be claimed from {0} on")]
    TooEarly(Timestamp),
    /// The claim window is over, or the coupon would have ended already.
    #[error("the time to get it is over")]
    TooLate,
    /// The member has as many as one may have.
    #[error("the member has had {0} of them, which is the most")]
    PerMember(i64),
    /// The member has had as many today as one may have.
    #[error("the member has had {0} of them today, which is the most")]
    PerDay(i64),
}

impl Template {
    /// Whether a member may claim one at an instant.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when not.
    pub fn claimable(&self, now: Timestamp) -> Result<(), Refusal> {
        let window = self.claim.ok_or(Refusal::NotClaimable)?;
        if let Some(from) = window.from.filter(|from| *from > now) {
            return Err(Refusal::TooEarly(from));
        }
        if window.until.is_some_and(|until| until <= now) { Err(Refusal::TooLate) } else { Ok(()) }
    }

    /// Whether a member who has had `counts` may get `count` more at an instant.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when a limit stands against it, or it would be over at once.
    pub fn receivable(&self, counts: Counts, count: i64, now: Timestamp) -> Result<(), Refusal> {
        if matches!(self.validity, Validity::Window { until, .. } if until <= now) {
            return Err(Refusal::TooLate);
        }
        if let Some(most) =
            self.per_member.filter(|most| counts.member.saturating_add(count) > *most)
        {
            return Err(Refusal::PerMember(most));
        }
        match self.per_day.filter(|most| counts.today.saturating_add(count) > *most) {
            Some(most) => Err(Refusal::PerDay(most)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn template() -> Template {
        serde_json::from_value(serde_json::json!({
            "name": {"zh": "满100减20", "en": "20 off 100"},
            "terms": {"effect": {"kind": "amount", "amount": 2000}, "min_spend": 10_000},
            "validity": {"kind": "days", "delay": 0, "days": 7},
            "per_member": 2, "per_day": 1, "claim": {"until": "2026-06-01T00:00:00+08:00"},
        }))
        .unwrap()
    }

    #[test]
    fn relative_validity_counts_from_receipt_to_the_end_of_the_last_day() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let received = at("2026-05-01T10:00:00+08:00");

        let at_once = Validity::Days { delay: 0, days: 7 }.window(received, &zone);
        let later = Validity::Days { delay: 2, days: 1 }.window(received, &zone);

        assert_eq!(at_once, (received, at("2026-05-09T00:00:00+08:00")));
        assert_eq!(later, (at("2026-05-03T10:00:00+08:00"), at("2026-05-05T00:00:00+08:00")));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        assert_eq!(template().problems(), []);
        let terms = Terms::of(Effect::Percent { percent: 0 });
        let wrong = Template { terms, stock: Some(0), ..template() };
        let pointers: Vec<_> = wrong.problems().into_iter().map(|one| one.pointer).collect();
        assert_eq!(pointers, ["/terms/effect/percent", "/stock"]);
    }

    #[test]
    fn a_claim_window_is_over_at_its_very_end() {
        let end = at("2026-06-01T00:00:00+08:00");

        assert_eq!(template().claimable(Timestamp(end.0 - 1)), Ok(()));
        assert_eq!(template().claimable(end), Err(Refusal::TooLate));
        let closed = Template { claim: None, ..template() };
        assert_eq!(closed.claimable(end), Err(Refusal::NotClaimable));
    }

    #[test]
    fn limits_count_up_to_and_with_the_last_one() {
        let now = at("2026-05-01T10:00:00+08:00");
        let counts = |member, today| Counts { member, today };

        assert_eq!(template().receivable(counts(1, 0), 1, now), Ok(()));
        assert_eq!(template().receivable(counts(2, 0), 1, now), Err(Refusal::PerMember(2)));
        assert_eq!(template().receivable(counts(1, 1), 1, now), Err(Refusal::PerDay(1)));
        assert_eq!(template().receivable(counts(0, 0), 2, now), Err(Refusal::PerDay(1)));
    }
}
