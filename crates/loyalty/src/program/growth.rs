//! The section `growth`: how orders earn the measure of tiers.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::rules::{Rate, Rule, RuleSection, compile_rules};
use crate::amounts::Rounding;

/// How growth is earned, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GrowthSection {
    /// The first rule whose `when` holds gives the rate of a line.
    pub rules: Vec<RuleSection>,
    /// How an order's exact growth becomes a whole number.
    pub rounding: Rounding,
}

impl Default for GrowthSection {
    fn default() -> Self {
        let rate = Rate { points: 1, per: 100 };
        let base = RuleSection { id: "base".to_owned(), when: "true".to_owned(), rate };
        Self { rules: vec![base], rounding: Rounding::Floor }
    }
}

/// How growth is earned.
#[derive(Debug, Clone, PartialEq)]
pub struct GrowthRules {
    /// The first that holds gives the rate of a line.
    pub rules: Vec<Rule>,
    /// How an order's exact growth becomes a whole number.
    pub rounding: Rounding,
}

impl GrowthSection {
    pub(crate) fn compile(&self, problems: &mut Problems) -> Option<GrowthRules> {
        let rules = compile_rules("/growth/rules", &self.rules, problems)?;
        Some(GrowthRules { rules, rounding: self.rounding })
    }
}
