//! What earning and growth have in common: conditions, rates, fractions.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::expr::{Expr, compile, core_schema};

/// The largest numerator and denominator of a fraction, and the most points of a rate.
pub const FRACTION_MAX: i64 = 1_000_000;
/// The largest amount of money a rate counts by.
pub const PER_MAX: i64 = 1_000_000_000;
/// The most rules or multipliers in one list.
pub const RULES_MAX: usize = 200;

/// An exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fraction {
    /// The numerator.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub num: i64,
    /// The denominator.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub den: i64,
}

impl Fraction {
    pub(crate) fn check(self, pointer: &str, problems: &mut Problems) {
        if !(0..=FRACTION_MAX).contains(&self.num) {
            let message = format!("a numerator is from 0 to {FRACTION_MAX}");
            problems.error(format!("{pointer}/num"), "program.fraction", message);
        }
        if !(1..=FRACTION_MAX).contains(&self.den) {
            let message = format!("a denominator is from 1 to {FRACTION_MAX}");
            problems.error(format!("{pointer}/den"), "program.fraction", message);
        }
    }
}

/// So many points per amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many points.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub points: i64,
    /// For how much money, in minor units: 10000 is ¥100.00.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub per: i64,
}

impl Rate {
    fn check(self, pointer: &str, problems: &mut Problems) {
        if !(0..=FRACTION_MAX).contains(&self.points) {
            let message = format!("the points of a rate are from 0 to {FRACTION_MAX}");
            problems.error(format!("{pointer}/points"), "program.fraction", message);
        }
        if !(1..=PER_MAX).contains(&self.per) {
            let message = format!("a rate counts by an amount from 1 to {PER_MAX}");
            problems.error(format!("{pointer}/per"), "program.fraction", message);
        }
    }
}

/// A rule that gives the rate of a line, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSection {
    /// Its name, unique among the rules; shown in explanations.
    pub id: String,
    /// When it counts: an expression over member, order and line.
    pub when: String,
    /// What a line it holds for earns.
    pub rate: Rate,
}

/// A rule that gives the rate of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// When it counts.
    pub when: Expr,
    /// What a line it holds for earns; `per` is positive.
    pub rate: Rate,
}

/// Checks a list of rules and compiles it; `None` when a condition does not compile.
pub(crate) fn compile_rules(
    pointer: &str,
    sections: &[RuleSection],
    problems: &mut Problems,
) -> Option<Vec<Rule>> {
    check_count(pointer, sections.len(), problems);
    problems.ids(pointer, sections.iter().map(|rule| rule.id.as_str()));
    let mut rules = Vec::with_capacity(sections.len());
    let mut last_reached = None;
    for (place, section) in sections.iter().enumerate() {
        let rule = format!("{pointer}/{place}");
        section.rate.check(&format!("{rule}/rate"), problems);
        if let Some(earlier) = last_reached {
            let message = format!("rule {earlier} holds always, so this one never counts");
            problems.warning(rule.clone(), "program.unreachable", message);
        } else if section.when.trim() == "true" {
            last_reached = Some(&section.id);
        }
        let when = condition(&format!("{rule}/when"), &section.when, problems);
        rules.extend(when.map(|when| Rule { id: section.id.clone(), when, rate: section.rate }));
    }
    (rules.len() == sections.len()).then_some(rules)
}

/// Notes an error when a list is longer than [`RULES_MAX`].
pub(crate) fn check_count(pointer: &str, count: usize, problems: &mut Problems) {
    if count > RULES_MAX {
        problems.error(pointer, "program.range", format!("at most {RULES_MAX} are allowed"));
    }
}

/// Compiles a condition over the facts of earning, or notes each mistake with its place.
pub(crate) fn condition(pointer: &str, text: &str, problems: &mut Problems) -> Option<Expr> {
    match compile(text, core_schema()) {
        Ok(expr) => Some(expr),
        Err(errors) => {
            for error in errors {
                problems.expression(pointer.to_owned(), error);
            }
            None
        }
    }
}

/// The place and text of each rule's condition.
pub(crate) fn conditions<'a>(
    pointer: &'a str,
    rules: &'a [RuleSection],
) -> impl Iterator<Item = (String, &'a str)> {
    let places = rules.iter().enumerate();
    places.map(move |(place, rule)| (format!("{pointer}/{place}/when"), rule.when.as_str()))
}
