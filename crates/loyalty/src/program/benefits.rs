//! What tiers and cards give: points and coupons, at a birthday, an upgrade, every month, a sale.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::amounts::{AMOUNT_MAX, Points};
use crate::ids::TemplateId;

/// The most coupons one gift has.
pub const COUPONS_MAX: usize = 20;
/// The most days before a birthday at which its gift is given.
pub const DAYS_BEFORE_MAX: i64 = 31;
/// The last day of the month on which a monthly gift may be given: every month has it.
pub const DAY_MAX: i64 = 28;

/// Points and coupons that are given together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gift {
    /// How many points; an award, available at once.
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub points: Points,
    /// The coupon templates of each of which one coupon is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub coupons: Vec<TemplateId>,
}

impl Gift {
    /// Whether it gives nothing.
    pub fn is_nothing(&self) -> bool {
        self.points.is_zero() && self.coupons.is_empty()
    }

    pub(crate) fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/points"), self.points.0, 0..=AMOUNT_MAX);
        if self.coupons.len() > COUPONS_MAX {
            let message = format!("at most {COUPONS_MAX} coupons are given at once");
            problems.error(format!("{pointer}/coupons"), "program.range", message);
        }
        if self.is_nothing() {
            let message = "a gift has points or coupons";
            problems.error(pointer, "program.gift_empty", message);
        }
    }
}

/// A gift for a birthday, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BirthdayGift {
    /// How many points; an award, available at once.
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub points: Points,
    /// The coupon templates of each of which one coupon is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub coupons: Vec<TemplateId>,
    /// How many days before the birthday it is given, at 00:00.
    #[schemars(range(min = 0, max = 31))]
    pub days_before: i64,
}

impl BirthdayGift {
    /// What is given.
    pub fn gift(&self) -> Gift {
        Gift { points: self.points, coupons: self.coupons.clone() }
    }
}

/// A gift for every month, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthlyGift {
    /// How many points; an award, available at once.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub points: Points,
    /// The coupon templates of each of which one coupon is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub coupons: Vec<TemplateId>,
    /// The day of the month on which it is given, at 00:00.
    #[serde(default = "first_day")]
    #[schemars(range(min = 1, max = 28))]
    pub day: i64,
}

const fn first_day() -> i64 {
    1
}

impl MonthlyGift {
    /// What is given.
    pub fn gift(&self) -> Gift {
        Gift { points: self.points, coupons: self.coupons.clone() }
    }
}

/// What a tier gives besides its prices and multipliers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TierBenefits {
    /// Once a year, for the birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<BirthdayGift>,
    /// Once for every period of the tier that growth began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Gift>,
    /// Once a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<MonthlyGift>,
}

impl TierBenefits {
    /// Whether there are none.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self, pointer: &str, problems: &mut Problems) {
        if let Some(birthday) = &self.birthday {
            let pointer = format!("{pointer}/birthday");
            birthday.gift().check(&pointer, problems);
            let days = format!("{pointer}/days_before");
            problems.range(days, birthday.days_before, 0..=DAYS_BEFORE_MAX);
        }
        if let Some(upgrade) = &self.upgrade {
            upgrade.check(&format!("{pointer}/upgrade"), problems);
        }
        if let Some(monthly) = &self.monthly {
            let pointer = format!("{pointer}/monthly");
            monthly.gift().check(&pointer, problems);
            problems.range(format!("{pointer}/day"), monthly.day, 1..=DAY_MAX);
        }
    }
}
