//! Buy some, get others cheaper or free.

use serde::{Deserialize, Serialize};

use super::nth_piece::{Among, pools};
use super::{Calculator, Hand, Next, Outcome, check_count};
use crate::program::problems::Problems;
use crate::promotions::Lane;
use crate::promotions::ladder::Missing;
use crate::promotions::off::{Off, RoundTo};
use crate::promotions::prices::{Held, count, sorted, take_cheapest, take_dearest};
use crate::scopes::Scope;

/// Buy `buy` pieces in the promotion's scope, get `get` pieces cheaper or free.
///
/// What is got must be in the cart. A piece is bought or got, once. The dearest
/// pieces are bought first, and before those that could be got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyGet {
    /// Pieces to buy.
    #[schemars(range(min = 1, max = 1000))]
    pub buy: i64,
    /// Pieces to get.
    #[schemars(range(min = 1, max = 1000))]
    pub get: i64,
    /// What can be got; left out, more of what is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_scope: Option<Scope>,
    /// How much cheaper what is got becomes; free when left out.
    #[serde(default = "free")]
    pub off: Off,
    /// Which of several pieces are got.
    #[serde(default)]
    pub picks: Picks,
    /// Whether pieces of different products count together. Not with `get_scope`.
    #[serde(default)]
    pub among: Among,
    /// The most repetitions; left out, as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times_max: Option<i64>,
    /// The most pieces got; left out, as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub get_max: Option<i64>,
    /// Whether a repetition that is not complete gives what there is of it.
    #[serde(default = "yes")]
    pub partly: bool,
}

/// Which of several pieces are got.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Picks {
    /// The cheapest.
    #[default]
    Cheapest,
    /// The dearest of those that need not be bought.
    Dearest,
}

const fn free() -> Off {
    Off::ALL
}

const fn yes() -> bool {
    true
}

impl Calculator for BuyGet {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        problems.range(format!("{pointer}/buy"), self.buy, 1..=1_000);
        problems.range(format!("{pointer}/get"), self.get, 1..=1_000);
        self.off.check(&format!("{pointer}/off"), problems);
        check_count(format!("{pointer}/times_max"), self.times_max, problems);
        check_count(format!("{pointer}/get_max"), self.get_max, problems);
        if self.get_scope.is_some() && self.among != Among::Scope {
            let message = "what is got from elsewhere cannot be of the same product";
            problems.error(format!("{pointer}/among"), "promotion.among", message);
        }
    }

    fn lane(&self, _: &Scope) -> Lane {
        Lane::Line
    }

    fn calculate(&self, hand: &Hand<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        let mut allowed = self.times_max.unwrap_or(i64::MAX);
        let mut got = self.get_max.unwrap_or(i64::MAX);
        for bought in pools(hand, self.among) {
            let gettable = match &self.get_scope {
                Some(scope) => hand.within(scope),
                None => bought.clone(),
            };
            let sides = Sides::of(hand, &bought, &gettable);
            let times = self.times(&sides, allowed.min(got));
            allowed = allowed.saturating_sub(times);
            if times == 0 {
                let next = self.next(&sides);
                outcome.next = outcome.next.or(next);
                continue;
            }
            let gets = self.carry_out(sides, times, got, &mut outcome);
            got = got.saturating_sub(gets);
            outcome.times = outcome.times.saturating_add(times);
            outcome.pieces = outcome.pieces.saturating_add(gets);
        }
        outcome.cuts = sorted(outcome.cuts);
        outcome
    }
}

/// The pieces that can only be bought, that can be both, and that can only be got.
struct Sides {
    buy: Vec<Held>,
    both: Vec<Held>,
    get: Vec<Held>,
}

impl Sides {
    fn of(hand: &Hand<'_>, bought: &[usize], gettable: &[usize]) -> Self {
        let of = |lines: &[usize], others: &[usize], shared: bool| {
            let lines = lines.iter().filter(|line| others.contains(line) == shared).copied();
            hand.prices.free(&lines.collect::<Vec<_>>())
        };
        Self {
            buy: of(bought, gettable, false),
            both: of(bought, gettable, true),
            get: of(gettable, bought, false),
        }
    }
}

impl BuyGet {
    /// Pieces left to get once `times` repetitions are bought; `None` when so many cannot be.
    fn gettable(&self, sides: &Sides, times: i64) -> Option<i64> {
        let wanted = times.saturating_mul(self.buy);
        let of_both = wanted.saturating_sub(count(&sides.buy)).max(0);
        let both = count(&sides.both);
        let rest = count(&sides.get).saturating_add(both).saturating_sub(of_both);
        (of_both <= both).then_some(rest)
    }

    fn is_possible(&self, sides: &Sides, times: i64) -> bool {
        let before = self.get.saturating_mul(times.saturating_sub(1));
        let whole = if self.partly { 1 } else { self.get };
        let least = before.saturating_add(whole);
        self.gettable(sides, times).is_some_and(|left| left >= least)
    }

    /// The most repetitions that are possible, by halving: fewer are possible too.
    fn times(&self, sides: &Sides, allowed: i64) -> i64 {
        let pieces = count(&sides.buy).saturating_add(count(&sides.both));
        let (mut low, mut high) = (0, pieces.min(allowed));
        while low < high {
            let middle = high.saturating_sub(high.saturating_sub(low).div_euclid(2));
            if self.is_possible(sides, middle) {
                low = middle;
            } else {
                high = middle.saturating_sub(1);
            }
        }
        low
    }

    /// Takes what is bought and what is got; answers how many are got.
    fn carry_out(&self, sides: Sides, times: i64, got: i64, outcome: &mut Outcome) -> i64 {
        let Sides { mut buy, mut both, get } = sides;
        let wanted = times.saturating_mul(self.buy);
        let only = take_dearest(&mut buy, wanted);
        let of_both = take_dearest(&mut both, wanted.saturating_sub(count(&only)));
        for held in only.into_iter().chain(of_both) {
            outcome.take(held, 0);
        }
        let mut rest: Vec<Held> = both.into_iter().chain(get).collect();
        rest.sort_by_key(|held| (std::cmp::Reverse(held.unit), held.line, held.pile));
        let most = times.saturating_mul(self.get).min(got);
        let picked = match self.picks {
            Picks::Cheapest => take_cheapest(&mut rest, most),
            Picks::Dearest => take_dearest(&mut rest, most),
        };
        let gets = count(&picked);
        for held in picked {
            let off = self.off.of(held.unit, RoundTo::Floor).saturating_mul(held.pieces);
            outcome.take(held, off);
        }
        gets
    }

    /// What is missing to the first repetition, where it is more of the same.
    fn next(&self, sides: &Sides) -> Option<Next> {
        let cheapest = sides.both.last()?;
        let whole = self.buy.saturating_add(if self.partly { 1 } else { self.get });
        let missing = whole.saturating_sub(count(&sides.both)).saturating_sub(count(&sides.buy));
        (missing > 0 && self.get_scope.is_none()).then(|| Next {
            missing: Missing::Pieces(missing),
            saves: self.off.of(cheapest.unit, RoundTo::Floor),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, cart, outcome, read};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_cheapest_is_free() {
        let kind: BuyGet = read(json!({"buy": 2, "get": 1}));

        assert_eq!(after(&kind, &cart(&[(1, 1_000), (1, 700), (1, 300)])), [1_000, 700, 0]);
        assert_eq!(after(&kind, &cart(&[(2, 1_000)])), [2_000]);
    }

    #[test]
    fn it_repeats_up_to_its_maximum() {
        let kind: BuyGet = read(json!({"buy": 2, "get": 1, "times_max": 2}));

        assert_eq!(after(&kind, &cart(&[(5, 1_000)])), [4_000]);
        assert_eq!(after(&kind, &cart(&[(6, 1_000)])), [4_000]);
        assert_eq!(after(&kind, &cart(&[(9, 1_000)])), [7_000]);
    }

    #[test]
    fn what_is_got_may_be_another_product() {
        let kind: BuyGet = read(json!({"buy": 2, "get": 1,
            "get_scope": {"include": {"skus": ["B"]}}, "off": {"percent": 50}}));
        let prices = cart(&[(4, 1_000), (1, 400)]);
        let hand =
            Hand { prices: &prices, lines: &[0], all: &[0, 1], tier: None, pieces_left: None };

        let outcome = kind.calculate(&hand);

        assert_eq!((outcome.amount(), outcome.times), (200, 1));
    }

    #[test]
    fn what_can_be_both_is_bought_only_where_it_must_be() {
        let kind: BuyGet = read(json!({"buy": 2, "get": 1,
            "get_scope": {"include": {"skus": ["B"]}}}));

        assert_eq!(after(&kind, &cart(&[(1, 1_000), (2, 400)])), [1_000, 400]);
    }

    #[test]
    fn a_piece_more_is_what_is_missing() {
        let kind: BuyGet = read(json!({"buy": 2, "get": 1}));

        let next = outcome(&kind, &cart(&[(2, 1_000)])).next;

        assert_eq!(next, Some(Next { missing: Missing::Pieces(1), saves: 1_000 }));
    }
}
