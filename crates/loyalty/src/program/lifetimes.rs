//! The life of points: when they mature, when they end, what a claw-back does.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::ledger::policies;

/// The most days anything of points takes.
pub(super) const DAYS_MAX: i64 = 36_600;
const MONTHS_MAX: i64 = 1_200;

/// When points can first be spent, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MaturitySection {
    /// At the payment.
    Immediate {},
    /// Calendar days after the payment.
    Days {
        /// How many.
        #[schemars(range(min = 0, max = 36_600))]
        days: i64,
    },
    /// Calendar days after the order was completed.
    AfterCompletion {
        /// How many.
        #[schemars(range(min = 0, max = 36_600))]
        days: i64,
    },
}

/// When points end, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExpirySection {
    /// They do not.
    Never {},
    /// Calendar days after the payment.
    Days {
        /// How many.
        #[schemars(range(min = 1, max = 36_600))]
        days: i64,
        /// Where in the last day or month.
        #[serde(default)]
        at: AtSection,
    },
    /// Months after the payment, clamped to the month's last day.
    Months {
        /// How many.
        #[schemars(range(min = 1, max = 1_200))]
        months: i64,
        /// Where in the last day or month.
        #[serde(default)]
        at: AtSection,
    },
    /// With 31 December of the year of the payment plus `years`, plus `grace_days`.
    YearEnd {
        /// Whole years after the year of the payment.
        #[serde(default = "one_year")]
        #[schemars(range(min = 0, max = 100))]
        years: i16,
        /// Days after the end of that year.
        #[serde(default)]
        #[schemars(range(min = 0, max = 36_600))]
        grace_days: i64,
    },
    /// Days after the member last earned or spent, at the end of the day.
    Activity {
        /// How many.
        #[schemars(range(min = 1, max = 36_600))]
        days: i64,
    },
}

const fn one_year() -> i16 {
    1
}

/// Where in their last day or month points end.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AtSection {
    /// At the very instant.
    Instant,
    /// At the next 00:00 local.
    #[default]
    EndOfDay,
    /// At 00:00 local of the first day of the next month.
    EndOfMonth,
}

/// What becomes of a claw-back, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClawBackSection {
    /// What becomes of what the member does not have any more.
    pub shortfall: ShortfallSection,
}

/// What becomes of a claw-back beyond what the member has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShortfallSection {
    /// It is owed and paid by the next points.
    Debt,
    /// It is written off.
    Zero,
    /// It is withheld from the money given back.
    Cash,
}

impl MaturitySection {
    pub(super) fn check(self, problems: &mut Problems) {
        match self {
            Self::Immediate {} => {}
            Self::Days { days } | Self::AfterCompletion { days } => {
                problems.range("/points/maturity/days", days, 0..=DAYS_MAX);
            }
        }
    }
}

impl From<MaturitySection> for policies::Maturity {
    fn from(section: MaturitySection) -> Self {
        match section {
            MaturitySection::Immediate {} => Self::Immediate,
            MaturitySection::Days { days } => Self::Days(days),
            MaturitySection::AfterCompletion { days } => Self::AfterCompletion(days),
        }
    }
}

impl ExpirySection {
    pub(super) fn check(self, problems: &mut Problems) {
        match self {
            Self::Never {} => {}
            Self::Days { days, .. } | Self::Activity { days } => {
                problems.range("/points/expiry/days", days, 1..=DAYS_MAX);
            }
            Self::Months { months, .. } => {
                problems.range("/points/expiry/months", months, 1..=MONTHS_MAX);
            }
            Self::YearEnd { years, grace_days } => {
                problems.range("/points/expiry/years", i64::from(years), 0..=100);
                problems.range("/points/expiry/grace_days", grace_days, 0..=DAYS_MAX);
            }
        }
    }
}

impl From<ExpirySection> for policies::Expiry {
    fn from(section: ExpirySection) -> Self {
        match section {
            ExpirySection::Never {} => Self::Never,
            ExpirySection::Days { days, at } => Self::Days { days, at: at.into() },
            ExpirySection::Months { months, at } => Self::Months { months, at: at.into() },
            ExpirySection::YearEnd { years, grace_days } => Self::YearEnd { years, grace_days },
            ExpirySection::Activity { days } => Self::Activity { days },
        }
    }
}

impl From<AtSection> for policies::At {
    fn from(section: AtSection) -> Self {
        match section {
            AtSection::Instant => Self::Instant,
            AtSection::EndOfDay => Self::EndOfDay,
            AtSection::EndOfMonth => Self::EndOfMonth,
        }
    }
}

impl From<ShortfallSection> for policies::Shortfall {
    fn from(section: ShortfallSection) -> Self {
        match section {
            ShortfallSection::Debt => Self::Debt,
            ShortfallSection::Zero => Self::Zero,
            ShortfallSection::Cash => Self::Cash,
        }
    }
}
