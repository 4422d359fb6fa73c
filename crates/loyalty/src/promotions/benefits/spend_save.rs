//! Spend so much, save so much, in steps (满减, 满折).

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, MeasuredBy, Next, Outcome, Steps, check_count};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::ladder::{Missing, Reached, Step, check, reached};
use crate::promotions::off::{Off, RoundEach, RoundOff};
use crate::promotions::prices::Cut;
use crate::scopes::Scope;

/// Spend so much, save so much: the highest step that is reached counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendSave {
    /// From the lowest to the highest.
    #[schemars(length(min = 1, max = 20))]
    pub steps: Vec<Step>,
    /// Whether a step gives its amount as often as it is reached: "every ¥100, ¥10 off".
    #[serde(default)]
    pub every: bool,
    /// With `every` the most times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times_max: Option<i64>,
    /// By which price it is measured.
    #[serde(default)]
    pub of: MeasuredBy,
    /// How a percentage is rounded; `piece` as `line`.
    #[serde(default)]
    pub rounding: RoundOff,
}

impl Calculator for SpendSave {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        check(&format!("{pointer}/steps"), &self.steps, self.every, problems);
        check_count(format!("{pointer}/times_max"), self.times_max, problems);
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Order
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let measure = hand.measure(self.of);
        let price = hand.prices.total(hand.lines);
        let to = self.rounding.to;
        let found = reached(&self.steps, self.every, self.times_max, measure, price, to);
        let off = found.map_or(0, |found| found.off);
        let mut outcome = Outcome {
            cuts: found.map(|found| self.cuts(hand, found)).unwrap_or_default(),
            times: found.map_or(0, |found| found.times),
            ..Outcome::default()
        };
        if !outcome.cuts.is_empty() {
            outcome.pieces = measure.pieces;
            outcome.steps = Some(Steps {
                steps: self.steps.clone(),
                every: self.every,
                times_max: self.times_max,
                of: self.of,
            });
        }
        outcome.next = self.next(hand, found, off);
        outcome
    }
}

impl SpendSave {
    fn cuts(&self, hand: &Hand<'_>, found: Reached) -> Vec<Cut> {
        let step = self.steps.get(found.step).map(|step| step.off);
        match (step, self.rounding.each) {
            (Some(off @ (Off::Percent(_) | Off::Share(_))), RoundEach::Line | RoundEach::Piece) => {
                let cut = |line: &usize| Cut {
                    line: *line,
                    from: None,
                    off: off.of(hand.prices.price(*line), self.rounding.to),
                    set: false,
                };
                hand.lines.iter().map(cut).filter(|cut| cut.off > 0).collect()
            }
            _ => hand.prices.spread(hand.lines, found.off),
        }
    }

    /// The next step, or the next time of the highest one.
    fn next(&self, hand: &Hand<'_>, found: Option<Reached>, off: i64) -> Option<Next> {
        let measure = hand.measure(self.of);
        let place = found.map_or(0, |found| found.step.saturating_add(1));
        let missing = match (self.steps.get(place), found) {
            (Some(step), _) => step.missing(measure)?,
            (None, Some(found))
                if self.every && self.times_max.is_none_or(|max| found.times < max) =>
            {
                let last = self.steps.last()?;
                let times = found.times.saturating_add(1);
                match (last.spend, last.pieces) {
                    (Some(spend), None) => {
                        Missing::Spend(spend.0.saturating_mul(times).saturating_sub(measure.spend))
                    }
                    (None, Some(pieces)) => {
                        Missing::Pieces(pieces.saturating_mul(times).saturating_sub(measure.pieces))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        let mut then = measure;
        let price = hand.prices.total(hand.lines);
        let price = match missing {
            Missing::Spend(more) => {
                then.spend = then.spend.saturating_add(more);
                price.saturating_add(more)
            }
            Missing::Pieces(more) => {
                then.pieces = then.pieces.saturating_add(more);
                price
            }
        };
        let to = self.rounding.to;
        let later = reached(&self.steps, self.every, self.times_max, then, price, to)?;
        Some(Next { missing, saves: later.off.saturating_sub(off) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, outcome, read};
    use super::*;
    use serde_json::json;

    fn steps() -> SpendSave {
        read(json!({"steps": [
            {"spend": 10_000, "off": {"amount": 1_000}},
            {"spend": 30_000, "off": {"amount": 5_000}},
        ]}))
    }

    #[test]
    fn a_step_counts_from_its_very_fen() {
        assert_eq!(after(&steps(), &cart(&[(1, 9_999)])), [9_999]);
        assert_eq!(after(&steps(), &cart(&[(1, 10_000)])), [9_000]);
        assert_eq!(after(&steps(), &cart(&[(1, 20_000), (1, 10_000)])), [16_667, 8_333]);
    }

    #[test]
    fn the_next_step_is_told_with_what_it_saves() {
        let next = outcome(&steps(), &cart(&[(1, 28_800)])).next;

        assert_eq!(next, Some(Next { missing: Missing::Spend(1_200), saves: 4_000 }));
        assert_eq!(outcome(&steps(), &cart(&[(1, 30_000)])).next, None);
    }

    #[test]
    fn every_hundred_saves_ten() {
        let kind: SpendSave = read(json!({"steps": [{"spend": 10_000, "off": {"amount": 1_000}}],
            "every": true, "times_max": 3}));

        assert_eq!(after(&kind, &cart(&[(1, 25_000)])), [23_000]);
        assert_eq!(after(&kind, &cart(&[(1, 50_000)])), [47_000]);
        let next = outcome(&kind, &cart(&[(1, 25_000)])).next;
        assert_eq!(next, Some(Next { missing: Missing::Spend(5_000), saves: 1_000 }));
    }

    #[test]
    fn steps_may_count_pieces_and_take_percents() {
        let kind: SpendSave = read(json!({"steps": [
            {"pieces": 2, "off": {"percent": 10}}, {"pieces": 3, "off": {"percent": 20}},
        ]}));

        assert_eq!(after(&kind, &cart(&[(2, 1_000)])), [1_800]);
        assert_eq!(after(&kind, &cart(&[(2, 1_000), (1, 500)])), [1_600, 400]);
    }
}
