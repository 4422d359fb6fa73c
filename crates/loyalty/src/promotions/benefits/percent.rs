//! So many percent off what is in scope.

use serde::{Deserialize, Serialize};

use super::{Calculator, Hand, Outcome, check_count, lane_of};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::off::{Off, RoundEach, RoundOff};
use crate::promotions::prices::{Cut, Held, count, take_dearest, worth};
use crate::scopes::Scope;

/// So many percent off what is in scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percent {
    /// `{percent: 20}` or `{share: {num: 1, den: 3}}`.
    pub off: Off,
    /// The most it takes off in all, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1))]
    pub cap: Option<Money>,
    /// The most pieces of each line that become cheaper, the dearest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub pieces_max: Option<i64>,
    /// How it is rounded.
    #[serde(default)]
    pub rounding: RoundOff,
}

impl Calculator for Percent {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        if !matches!(self.off, Off::Percent(_) | Off::Share(_)) {
            let message = "must be `percent` or `share`";
            problems.error(format!("{pointer}/off"), "promotion.off", message);
        }
        self.off.check(&format!("{pointer}/off"), problems);
        if let Some(cap) = self.cap {
            problems.range(format!("{pointer}/cap"), cap.0, 1..=AMOUNT_MAX);
        }
        check_count(format!("{pointer}/pieces_max"), self.pieces_max, problems);
    }

    fn lane(&self, scope: &Scope) -> Lane {
        lane_of(scope)
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let parts: Vec<Part> = hand.lines.iter().map(|line| Part::of(hand, *line, self)).collect();
        let total = parts.iter().map(|part| part.price).fold(0, i64::saturating_add);
        let offs: Vec<i64> = match self.rounding.each {
            RoundEach::Once => share_out(self.off.of(total, self.rounding.to), &parts),
            RoundEach::Line => {
                parts.iter().map(|part| self.off.of(part.price, self.rounding.to)).collect()
            }
            RoundEach::Piece => parts.iter().map(|part| part.by_piece(self)).collect(),
        };
        let sum = offs.iter().copied().fold(0, i64::saturating_add);
        let offs = match self.cap {
            Some(cap) if sum > cap.0 => share_out(cap.0, &parts),
            _ => offs,
        };
        let mut outcome = Outcome { cuts: Vec::with_capacity(parts.len()), ..Outcome::default() };
        for (part, off) in parts.iter().zip(&offs).filter(|(_, off)| **off > 0) {
            part.cut(*off, &mut outcome.cuts);
            outcome.pieces = outcome.pieces.saturating_add(part.pieces);
            outcome.times = 1;
        }
        outcome
    }
}

/// What of a line becomes cheaper.
struct Part {
    line: usize,
    price: i64,
    pieces: i64,
    /// Its dearest pieces, when it is not the whole line.
    held: Option<Vec<Held>>,
    /// What its pieces cost, when each is rounded.
    piles: Vec<(i64, i64)>,
}

impl Part {
    fn of(hand: &Hand<'_>, line: usize, kind: &Percent) -> Self {
        let quantity = hand.prices.pieces(&[line]);
        let by_piece = kind.rounding.each == RoundEach::Piece;
        let whole = hand.prices.lines.get(line).filter(|_| by_piece);
        let piles = |held: &[Held]| held.iter().map(|held| (held.unit, held.pieces)).collect();
        match kind.pieces_max.filter(|max| *max < quantity) {
            Some(max) => {
                let mut all = hand.prices.every_piece(&[line]);
                let held = take_dearest(&mut all, max);
                let price = worth(&held);
                let pieces = count(&held);
                Self { line, price, pieces, piles: piles(&held), held: Some(held) }
            }
            None => Self {
                line,
                price: hand.prices.price(line),
                pieces: quantity,
                held: None,
                piles: whole
                    .map(|line| line.piles.iter().map(|pile| (pile.unit, pile.pieces)).collect())
                    .unwrap_or_default(),
            },
        }
    }

    fn by_piece(&self, kind: &Percent) -> i64 {
        let offs = self
            .piles
            .iter()
            .map(|(unit, pieces)| kind.off.of(*unit, kind.rounding.to).saturating_mul(*pieces));
        offs.fold(0, i64::saturating_add)
    }

    fn cut(&self, off: i64, cuts: &mut Vec<Cut>) {
        let Some(held) = &self.held else {
            cuts.push(Cut { line: self.line, from: None, off, set: false });
            return;
        };
        let shares: Vec<i128> = held
            .iter()
            .map(|held| i128::from(held.unit).saturating_mul(i128::from(held.pieces)))
            .collect();
        let offs = crate::amounts::split(off, &shares).unwrap_or_default();
        cuts.extend(held.iter().zip(offs).map(|(held, off)| {
            let from = Some((held.pile, held.pieces));
            Cut { line: held.line, from, off, set: false }
        }));
    }
}

/// Splits `off` over parts by what they cost.
fn share_out(off: i64, parts: &[Part]) -> Vec<i64> {
    let shares: Vec<i128> = parts.iter().map(|part| i128::from(part.price)).collect();
    crate::amounts::split(off, &shares).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_discount_is_rounded_once_and_split_exactly() {
        let kind: Percent = read(json!({"off": {"percent": 15}}));

        assert_eq!(after(&kind, &cart(&[(1, 999), (1, 999)])), [849, 850]);
    }

    #[test]
    fn rounding_each_piece_gives_another_sum() {
        let once: Percent = read(json!({"off": {"percent": 10}, "rounding": {"to": "half_up"}}));
        let piece: Percent =
            read(json!({"off": {"percent": 10}, "rounding": {"each": "piece", "to": "half_up"}}));

        assert_eq!(after(&once, &cart(&[(3, 105)])), [283]);
        assert_eq!(after(&piece, &cart(&[(3, 105)])), [282]);
    }

    #[test]
    fn a_cap_holds_to_the_fen() {
        let kind: Percent = read(json!({"off": {"percent": 50}, "cap": 1_000}));

        assert_eq!(after(&kind, &cart(&[(1, 1_000), (1, 1_000)])), [500, 500]);
        assert_eq!(after(&kind, &cart(&[(1, 1_000), (1, 2_000)])), [667, 1_333]);
    }

    #[test]
    fn only_so_many_pieces_become_cheaper() {
        let kind: Percent = read(json!({"off": {"percent": 50}, "pieces_max": 2}));

        assert_eq!(after(&kind, &cart(&[(3, 1_000), (1, 1_000)])), [2_000, 500]);
    }
}
