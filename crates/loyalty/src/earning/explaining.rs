//! Why an order earned what it earned.

use serde::{Deserialize, Serialize};

use crate::amounts::{Points, Rounding};
use crate::program::points::Stacking;
use crate::program::rules::{Fraction, Rate};

/// The whole way from lines to points; with the version of the rules it can be redone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Explanation {
    /// Each line, in the order's own order.
    pub lines: Vec<LineExplained>,
    /// The rules in use.
    pub rules: Vec<RuleExplained>,
    /// The multipliers in force on some line, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<MultiplierExplained>,
    /// How they combine.
    pub stacking: Stacking,
    /// The sum of the exact shares, such as `45` or `203/100`.
    pub exact: String,
    /// How it became a whole number.
    pub rounding: Rounding,
    /// The whole number.
    #[schemars(with = "i64")]
    pub rounded: Points,
    /// The caps that cut something off, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<CapExplained>,
    /// The budgets of the multipliers in force, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetExplained>,
    /// The points of the order, after all.
    #[schemars(with = "i64")]
    pub points: Points,
    /// The same of growth.
    pub growth: GrowthExplained,
}

/// What a line earned, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LineExplained {
    /// The line's number.
    pub line_no: String,
    /// What counts of it, in minor units: what was paid, at least 0.
    pub base: i64,
    /// Its rule: a place in `rules`, from 0; `None` where none held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Its multipliers: places in `multipliers`, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<usize>,
    /// Its exact share: base × rate × factor, such as `597/20`.
    pub share: String,
    /// Its part of the points.
    #[schemars(with = "i64")]
    pub points: Points,
    /// Its growth rule: a place in the rules of `growth`, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_rule: Option<usize>,
    /// Its part of the growth.
    #[schemars(with = "i64")]
    pub growth: Points,
}

/// A rule in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RuleExplained {
    /// Its place in the document, from 0.
    pub place: usize,
    /// Its id.
    pub id: String,
    /// What it gives.
    pub rate: Rate,
}

/// A multiplier in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MultiplierExplained {
    /// Its place in the document, from 0.
    pub place: usize,
    /// Its id.
    pub id: String,
    /// By how much.
    pub factor: Fraction,
}

/// Which cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapName {
    /// Of one order.
    Order,
    /// Of a member's orders of one day.
    MemberDay,
    /// Of a member's orders of one month.
    MemberMonth,
}

/// A cap that cut something off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CapExplained {
    /// Which.
    pub cap: CapName,
    /// The most it allows.
    #[schemars(with = "i64")]
    pub limit: Points,
    /// What other orders have used of it.
    #[schemars(with = "i64")]
    pub earned: Points,
    /// The points before it.
    #[schemars(with = "i64")]
    pub before: Points,
    /// What it left.
    #[schemars(with = "i64")]
    pub after: Points,
}

/// A budget that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BudgetExplained {
    /// The id of its multiplier.
    pub multiplier: String,
    /// What was left of it before the order.
    #[schemars(with = "i64")]
    pub left: Points,
    /// What the multiplier adds to what those before it leave, after caps.
    #[schemars(with = "i64")]
    pub added: Points,
    /// What of that was cut off.
    #[schemars(with = "i64")]
    pub cut: Points,
}

/// How the growth of an order came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GrowthExplained {
    /// The rules in use.
    pub rules: Vec<RuleExplained>,
    /// The exact sum.
    pub exact: String,
    /// How it became a whole number.
    pub rounding: Rounding,
    /// The whole number.
    #[schemars(with = "i64")]
    pub points: Points,
}
