//! The best combination of coupons: the least left to pay, then the fewest
//! coupons, then those that expire first.
//!
//! Branch and bound over the coupons in their turn: each is used or not. A
//! branch is left when even the most that its remaining coupons could take off
//! does not beat the best found. That most is the better of two bounds:
//!
//! - each stacking group takes off at most what its best coupon would alone: no
//!   coupon takes off more when others came before it;
//! - percentages and amounts computed exactly, one after another, without
//!   rounding: using one never makes the end dearer in exact arithmetic. Where
//!   rounding may shift a fen between lines before a coupon for some of them,
//!   the bound gives that way.

use std::collections::BTreeMap;

use super::couponing::Case;
use crate::coupons::terms::Effect;
use crate::promotions::prices::Prices;

/// After so many branches the best found so far is taken, unproven.
const BRANCHES_MAX: u32 = 100_000;

/// Parts of a fen that bounds are computed in.
const SCALE: i64 = 1_024;

/// The best combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Best {
    /// Places among the cases, in their turn.
    pub(super) chosen: Vec<usize>,
    /// Whether nothing better exists; false only when the search was cut short.
    pub(super) proven: bool,
}

/// How good a combination is; the least is the best.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    left: i64,
    count: usize,
    /// When they expire, the first first.
    expiries: Vec<i64>,
}

struct Search<'s, 'a> {
    cases: &'s [Case<'a>],
    best: Rank,
    chosen: Vec<usize>,
    branches: u32,
}

/// Finds the best of `cases`, which are in their turn.
pub(super) fn best(cases: &[Case<'_>], prices: &Prices<'_>) -> Best {
    let useful: Vec<usize> = (0..cases.len())
        .filter(|place| {
            cases
                .get(*place)
                .is_some_and(|case| case.effect(prices).amount() > 0 && !is_repeated(cases, *place))
        })
        .collect();
    let mut search = Search {
        cases,
        best: Rank { left: prices.sum(), count: 0, expiries: Vec::new() },
        chosen: Vec::new(),
        branches: 0,
    };
    search.start(&useful, prices);
    search.branch(&useful, prices, &mut Vec::new());
    Best { chosen: search.chosen, proven: search.branches < BRANCHES_MAX }
}

/// Whether an earlier coupon of the group does the very same: that one expires first.
fn is_repeated(cases: &[Case<'_>], place: usize) -> bool {
    let Some(case) = cases.get(place) else { return false };
    cases.iter().take(place).any(|earlier| {
        earlier.group() == case.group()
            && earlier.lines == case.lines
            && earlier.coupon.terms.effect == case.coupon.terms.effect
            && earlier.coupon.terms.cap == case.coupon.terms.cap
            && earlier.coupon.terms.scope.names_products()
                == case.coupon.terms.scope.names_products()
            && earlier.coupon.times_left == case.coupon.times_left
    })
}

impl Search<'_, '_> {
    /// A first combination to beat: of each group the coupon that alone takes off the most.
    fn start(&mut self, useful: &[usize], prices: &Prices<'_>) {
        let mut of_groups: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
        for place in useful {
            let Some(case) = self.cases.get(*place) else { continue };
            let amount = case.effect(prices).amount();
            let best = of_groups.entry(case.group()).or_insert((0, *place));
            if amount > best.0 {
                *best = (amount, *place);
            }
        }
        let mut chosen: Vec<usize> = of_groups.into_values().map(|(_, place)| place).collect();
        chosen.sort_unstable();
        let mut after = prices.clone();
        let mut used = Vec::new();
        for place in chosen {
            let Some(case) = self.cases.get(place) else { continue };
            let effect = case.effect(&after);
            if effect.amount() > 0 {
                effect.carry_out(&mut after);
                used.push(place);
            }
        }
        self.offer(&used, after.sum());
    }

    fn offer(&mut self, chosen: &[usize], left: i64) {
        let rank = self.rank(chosen, left);
        if rank < self.best {
            self.best = rank;
            self.chosen = chosen.to_vec();
        }
    }

    fn rank(&self, chosen: &[usize], left: i64) -> Rank {
        let mut expiries: Vec<i64> = chosen.iter().map(|place| self.expiry(*place)).collect();
        expiries.sort_unstable();
        Rank { left, count: chosen.len(), expiries }
    }

    fn expiry(&self, place: usize) -> i64 {
        self.cases.get(place).map_or(i64::MAX, Case::expiry)
    }

    fn branch(&mut self, rest: &[usize], prices: &Prices<'_>, chosen: &mut Vec<usize>) {
        self.branches = self.branches.saturating_add(1);
        if self.branches >= BRANCHES_MAX {
            return;
        }
        self.offer(chosen, prices.sum());
        let savings: Vec<(usize, i64)> = rest
            .iter()
            .filter_map(|place| Some((*place, self.cases.get(*place)?.effect(prices).amount())))
            .filter(|(_, amount)| *amount > 0)
            .collect();
        if savings.is_empty() || self.is_hopeless(&savings, prices, chosen) {
            return;
        }
        let Some((first, _)) = savings.first().copied() else { return };
        let Some(case) = self.cases.get(first) else { return };
        let group = case.group();
        let others: Vec<usize> = savings.iter().skip(1).map(|(place, _)| *place).collect();

        let mut after = prices.clone();
        case.effect(prices).carry_out(&mut after);
        let is_other =
            |place: &usize| self.cases.get(*place).is_some_and(|one| one.group() != group);
        let compatible: Vec<usize> = others.iter().copied().filter(is_other).collect();
        chosen.push(first);
        self.branch(&compatible, &after, chosen);
        chosen.pop();
        self.branch(&others, prices, chosen);
    }

    /// Whether nothing below can be better than the best found.
    fn is_hopeless(&self, savings: &[(usize, i64)], prices: &Prices<'_>, chosen: &[usize]) -> bool {
        let mut of_groups: BTreeMap<&str, i64> = BTreeMap::new();
        for (place, amount) in savings {
            if let Some(case) = self.cases.get(*place) {
                let most = of_groups.entry(case.group()).or_insert(0);
                *most = (*most).max(*amount);
            }
        }
        let sum = prices.sum();
        let mut most: Vec<i64> = of_groups.into_values().collect();
        most.sort_unstable_by(|one, other| other.cmp(one));
        let alone = sum.saturating_sub(most.iter().copied().fold(0, i64::saturating_add)).max(0);
        if alone > self.best.left {
            return true;
        }
        let together = self.together(savings, prices);
        let least = alone.max(together);
        if least != self.best.left {
            return least > self.best.left;
        }
        // Only as good at best: with fewer coupons, or with those that expire earlier.
        let missing = sum.saturating_sub(self.best.left);
        let mut covered = 0_i64;
        let needed = most.iter().take_while(|amount| {
            let before = covered;
            covered = covered.saturating_add(**amount);
            before < missing
        });
        let needed = needed.count();
        let count = chosen.len().saturating_add(needed);
        if count != self.best.count {
            return count > self.best.count;
        }
        let mut soonest: Vec<i64> = savings.iter().map(|(place, _)| self.expiry(*place)).collect();
        soonest.sort_unstable();
        let mut expiries: Vec<i64> = chosen.iter().map(|place| self.expiry(*place)).collect();
        expiries.extend(soonest.into_iter().take(needed));
        expiries.sort_unstable();
        expiries >= self.best.expiries
    }

    /// The least that can be left when what can be is computed exactly, in turn.
    fn together(&self, savings: &[(usize, i64)], prices: &Prices<'_>) -> i64 {
        let mut groups: BTreeMap<&str, Vec<(usize, i64)>> = BTreeMap::new();
        for (place, amount) in savings {
            if let Some(case) = self.cases.get(*place) {
                groups.entry(case.group()).or_default().push((*place, *amount));
            }
        }
        let mut constant = 0_i64;
        let mut steps: Vec<(usize, Relaxed<'_>)> = Vec::new();
        for members in groups.values() {
            if let Some(relaxed) = self.relax(members) {
                steps.extend(members.first().map(|(place, _)| (*place, relaxed)));
            } else {
                let most = members.iter().map(|(_, amount)| *amount).max().unwrap_or(0);
                constant = constant.saturating_add(most);
            }
        }
        steps.sort_by_key(|(place, _)| *place);

        let mut exact: Vec<i64> =
            prices.lines.iter().map(|line| line.price.saturating_mul(SCALE)).collect();
        let whole = prices.lines.iter().filter(|line| line.price > 0).count();
        let mut shift = 0_i64;
        let is_partial = |relaxed: &Relaxed<'_>| {
            let touched = relaxed.lines.iter().filter(|line| prices.price(**line) > 0);
            touched.count() < whole
        };
        for (place, (_, relaxed)) in steps.iter().enumerate() {
            relaxed.apply(&mut exact);
            let after = steps.iter().skip(place.saturating_add(1));
            if after.map(|(_, later)| later).any(is_partial) {
                let lines = i64::try_from(relaxed.lines.len()).unwrap_or(i64::MAX);
                shift = shift.saturating_add(lines);
            }
        }
        let deliveries = prices.deliveries.iter().map(|delivery| delivery.price);
        let left = exact.into_iter().fold(0, i64::saturating_add);
        let left = left.saturating_add(SCALE.saturating_sub(1)).div_euclid(SCALE);
        left.saturating_add(deliveries.fold(0, i64::saturating_add))
            .saturating_sub(constant)
            .saturating_sub(shift)
            .max(0)
    }

    /// Coupons of one group as one that takes off the most of them, if they are of one
    /// kind and for the same lines.
    fn relax(&self, members: &[(usize, i64)]) -> Option<Relaxed<'_>> {
        let mut found: Option<Relaxed<'_>> = None;
        for (place, _) in members {
            let case = self.cases.get(*place)?;
            let cap = case.coupon.terms.cap.map(|cap| cap.0);
            let one = match case.coupon.terms.effect {
                Effect::Percent { percent } => Relaxed {
                    lines: &case.lines,
                    percent: Some(percent),
                    most: cap.unwrap_or(i64::MAX),
                },
                Effect::Amount { amount } => Relaxed {
                    lines: &case.lines,
                    percent: None,
                    most: amount.0.min(cap.unwrap_or(i64::MAX)),
                },
                _ => return None,
            };
            found = Some(match found {
                None => one,
                Some(other) => other.joined(&one)?,
            });
        }
        found
    }
}

/// A percentage or an amount off, in exact arithmetic.
#[derive(Debug, Clone, Copy)]
struct Relaxed<'a> {
    lines: &'a [usize],
    percent: Option<i64>,
    most: i64,
}

impl<'a> Relaxed<'a> {
    fn joined(self, other: &Relaxed<'a>) -> Option<Self> {
        let same = self.lines == other.lines && self.percent.is_some() == other.percent.is_some();
        same.then(|| Self {
            lines: self.lines,
            percent: self.percent.max(other.percent),
            most: self.most.max(other.most),
        })
    }

    /// Rounds what is left down, so that it stays a bound.
    fn apply(&self, exact: &mut [i64]) {
        let price = |exact: &[i64], line: &usize| exact.get(*line).copied().unwrap_or(0);
        let total: i64 =
            self.lines.iter().map(|line| price(exact, line)).fold(0, i64::saturating_add);
        if total <= 0 {
            return;
        }
        let share = i128::from(self.percent.unwrap_or(100));
        let by_percent = i128::from(total).saturating_mul(share);
        let by_most = i128::from(self.most).saturating_mul(i128::from(SCALE)).saturating_mul(100);
        // In hundredths of the scale.
        let off = by_percent.min(by_most);
        let whole = i128::from(total).saturating_mul(100);
        let left = whole.saturating_sub(off).max(0);
        for line in self.lines {
            if let Some(one) = exact.get_mut(*line) {
                let scaled = i128::from(*one).saturating_mul(left).checked_div_euclid(whole);
                *one = scaled.and_then(|scaled| i64::try_from(scaled).ok()).unwrap_or(0);
            }
        }
    }
}
