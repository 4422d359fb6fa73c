//! Thresholds in steps: the more is bought, the more is given.

use serde::{Deserialize, Serialize};

use super::off::{Off, RoundTo};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;

/// The most steps of a ladder.
pub const STEPS_MAX: usize = 20;

/// A step: what must be bought, and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the lines in scope must come to, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1))]
    pub spend: Option<Money>,
    /// How many pieces must be in scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub pieces: Option<i64>,
    /// What is taken off the lines in scope.
    pub off: Off,
}

/// What was bought, measured for thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) spend: i64,
    pub(crate) pieces: i64,
}

/// What is missing to a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Spend(i64),
    Pieces(i64),
}

impl Step {
    /// What is missing to it; `None` when it is reached.
    pub(crate) fn missing(&self, measure: Measure) -> Option<Missing> {
        missing(self.spend, self.pieces, measure)
    }

    /// How often it is reached over and over.
    pub(crate) fn times(&self, measure: Measure) -> i64 {
        let by_spend = self.spend.and_then(|spend| measure.spend.checked_div_euclid(spend.0));
        let by_pieces = self.pieces.and_then(|pieces| measure.pieces.checked_div_euclid(pieces));
        match (by_spend, by_pieces) {
            (Some(spend), Some(pieces)) => spend.min(pieces),
            (one, other) => one.or(other).unwrap_or(0),
        }
    }
}

/// What is missing of both, money first; `None` when both are reached.
pub(crate) fn missing(
    spend: Option<Money>,
    pieces: Option<i64>,
    measure: Measure,
) -> Option<Missing> {
    let money = spend.map_or(0, |spend| spend.0.saturating_sub(measure.spend));
    let count = pieces.map_or(0, |pieces| pieces.saturating_sub(measure.pieces));
    if money > 0 {
        Some(Missing::Spend(money))
    } else {
        (count > 0).then_some(Missing::Pieces(count))
    }
}

/// The discount of a ladder for what was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) off: i64,
    pub(crate) times: i64,
    /// The place of the step.
    pub(crate) step: usize,
}

/// The highest step that is reached, and what it takes off `price`.
///
/// With `every`, a step that takes an amount off does so as often as it is
/// reached, up to `times_max`.
pub(crate) fn reached(
    steps: &[Step],
    every: bool,
    times_max: Option<i64>,
    measure: Measure,
    price: i64,
    to: RoundTo,
) -> Option<Reached> {
    let (place, step) =
        steps.iter().enumerate().rev().find(|(_, step)| step.missing(measure).is_none())?;
    let times = if every { step.times(measure).clamp(1, times_max.unwrap_or(i64::MAX)) } else { 1 };
    let off = match step.off {
        Off::Amount(amount) => amount.0.saturating_mul(times).min(price.max(0)),
        off => off.of(price, to),
    };
    Some(Reached { off, times, step: place })
}

pub(crate) fn check(pointer: &str, steps: &[Step], every: bool, problems: &mut Problems) {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        problems.error(pointer, "program.range", format!("from 1 to {STEPS_MAX} steps"));
    }
    for (place, step) in steps.iter().enumerate() {
        let at = format!("{pointer}/{place}");
        check_threshold(&at, step.spend, step.pieces, problems);
        if step.spend.is_none() && step.pieces.is_none() {
            problems.error(at.clone(), "promotion.threshold", "a step needs `spend` or `pieces`");
        }
        step.off.check(&format!("{at}/off"), problems);
        if every && !matches!(step.off, Off::Amount(_)) {
            let message = "with `every` a step takes an amount off";
            problems.error(format!("{at}/off"), "promotion.every", message);
        }
    }
    for (place, pair) in steps.windows(2).enumerate() {
        let [lower, higher] = pair else { continue };
        let ascends = higher.spend >= lower.spend
            && higher.pieces >= lower.pieces
            && (higher.spend, higher.pieces) != (lower.spend, lower.pieces);
        if !ascends {
            let message = "steps ascend: each needs more than the one before";
            let at = format!("{pointer}/{}", place.saturating_add(1));
            problems.error(at, "promotion.steps", message);
        }
    }
}

pub(crate) fn check_threshold(
    pointer: &str,
    spend: Option<Money>,
    pieces: Option<i64>,
    problems: &mut Problems,
) {
    if let Some(spend) = spend {
        problems.range(format!("{pointer}/spend"), spend.0, 1..=AMOUNT_MAX);
    }
    if let Some(pieces) = pieces {
        problems.range(format!("{pointer}/pieces"), pieces, 1..=1_000_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(spend: i64, off: i64) -> Step {
        Step { spend: Some(Money(spend)), pieces: None, off: Off::Amount(Money(off)) }
    }

    fn measure(spend: i64) -> Measure {
        Measure { spend, pieces: 1 }
    }

    #[test]
    fn the_highest_step_reached_counts() {
        let steps = [step(10_000, 1_000), step(20_000, 3_000)];
        let off = |spend| {
            reached(&steps, false, None, measure(spend), spend, RoundTo::Floor)
                .map(|reached| reached.off)
        };

        assert_eq!(off(9_999), None);
        assert_eq!(off(10_000), Some(1_000));
        assert_eq!(off(19_999), Some(1_000));
        assert_eq!(off(20_000), Some(3_000));
    }

    #[test]
    fn every_step_counts_as_often_as_it_is_reached() {
        let steps = [step(10_000, 1_000)];
        let off = |spend, max| {
            reached(&steps, true, max, measure(spend), spend, RoundTo::Floor)
                .map(|reached| reached.off)
        };

        assert_eq!(off(29_999, None), Some(2_000));
        assert_eq!(off(30_000, None), Some(3_000));
        assert_eq!(off(90_000, Some(5)), Some(5_000));
    }
}
