//! Exact sums of base × rate × factor.
//!
//! Numbers of 128 bits hold nearly every order; what they do not hold is
//! computed again with numbers of any size, by the same code.

use std::fmt::Display;

use num_bigint::BigInt;

use crate::amounts::{AMOUNT_MAX, Points, Rounding, divide, split};
use crate::program::points::Stacking;
use crate::program::rules::{Fraction, Rate};

/// Which line earns by what.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) lines: Vec<Share>,
    /// Distinct pairs of a rule and multipliers in force.
    pub(super) groups: Vec<Group>,
}

/// What counts of a line, and the place of its group; `None`: it earns nothing.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) base: i64,
    pub(super) group: Option<usize>,
}

/// Lines with one rate and one set of multipliers.
#[derive(Debug)]
pub(super) struct Group {
    /// The rule's place in the document.
    pub(super) rule: usize,
    pub(super) rate: Rate,
    /// The multipliers in force: places in the document, ascending.
    pub(super) multipliers: Vec<usize>,
}

impl Plan {
    pub(super) fn group_of(&self, line: usize) -> Option<&Group> {
        self.groups.get(self.lines.get(line)?.group?)
    }
}

/// The exact shares of the lines and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exact {
    Small(Sum<i128>),
    Large(Sum<BigInt>),
}

/// Shares as numerators over one denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum<N> {
    shares: Vec<N>,
    total: N,
    denominator: N,
}

impl Exact {
    /// The shares by the plan, with those multipliers in force that are among
    /// the first `count` of the document. Factors are by place in the document.
    pub(super) fn of(plan: &Plan, factors: &[Fraction], stacking: Stacking, count: usize) -> Self {
        let small = Sum::<i128>::of(plan, factors, stacking, count);
        small.map_or_else(|| Self::large(plan, factors, stacking, count), Self::Small)
    }

    pub(super) fn large(
        plan: &Plan,
        factors: &[Fraction],
        stacking: Stacking,
        count: usize,
    ) -> Self {
        // Numbers of any size always have room, so nothing is ever missing here.
        let none = || Sum { shares: Vec::new(), total: BigInt::ZERO, denominator: BigInt::from(1) };
        Self::Large(Sum::of(plan, factors, stacking, count).unwrap_or_else(none))
    }

    /// The sum as a whole number, held at [`AMOUNT_MAX`].
    pub(super) fn rounded(&self, rounding: Rounding) -> Points {
        match self {
            Self::Small(sum) => sum.rounded(rounding),
            Self::Large(sum) => sum.rounded(rounding),
        }
    }

    /// The parts of `total` by the shares; they add up to it.
    pub(super) fn split(&self, total: Points) -> Vec<Points> {
        let parts = match self {
            Self::Small(sum) => split(total.0, &sum.shares).unwrap_or_else(|| {
                let shares: Vec<BigInt> = sum.shares.iter().copied().map(BigInt::from).collect();
                split_large(total.0, &shares)
            }),
            Self::Large(sum) => split_large(total.0, &sum.shares),
        };
        parts.into_iter().map(Points).collect()
    }

    /// The share of a line as a reduced fraction, such as `597/20` or `30`.
    pub(super) fn share_text(&self, line: usize) -> String {
        match self {
            Self::Small(sum) => sum.share_text(line),
            Self::Large(sum) => sum.share_text(line),
        }
    }

    /// The sum as a reduced fraction.
    pub(super) fn total_text(&self) -> String {
        match self {
            Self::Small(sum) => fraction_text(&sum.total, &sum.denominator),
            Self::Large(sum) => fraction_text(&sum.total, &sum.denominator),
        }
    }
}

impl<N: Whole> Sum<N> {
    fn of(plan: &Plan, factors: &[Fraction], stacking: Stacking, count: usize) -> Option<Self> {
        let mut ratios = Vec::with_capacity(plan.groups.len());
        let mut denominator = N::of(1);
        for group in &plan.groups {
            let places = group.multipliers.iter().filter(|place| **place < count);
            let in_force = places.filter_map(|place| factors.get(*place));
            let factor = Ratio::<N>::combined(in_force.copied(), stacking)?;
            let rate = Ratio::<N>::new(group.rate.points, group.rate.per)?;
            let ratio = rate.times(&factor)?;
            denominator = least_common_multiple(&denominator, &ratio.den)?;
            ratios.push(ratio);
        }
        let weigh = |ratio: &Ratio<N>| ratio.num.times(&denominator.over(&ratio.den)?);
        let weights: Vec<N> = ratios.iter().map(weigh).collect::<Option<_>>()?;

        let mut shares = Vec::with_capacity(plan.lines.len());
        let mut total = N::of(0);
        for line in &plan.lines {
            let weight = line.group.and_then(|group| weights.get(group));
            let share = match weight {
                Some(weight) => weight.times(&N::of(line.base))?,
                None => N::of(0),
            };
            total = total.plus(&share)?;
            shares.push(share);
        }
        Some(Self { shares, total, denominator })
    }

    fn rounded(&self, rounding: Rounding) -> Points {
        let whole = self.total.divided(&self.denominator, rounding);
        Points(whole.and_then(|whole| whole.small()).unwrap_or(AMOUNT_MAX).min(AMOUNT_MAX))
    }

    fn share_text(&self, line: usize) -> String {
        let share = self.shares.get(line);
        share.map_or_else(|| "0".to_owned(), |share| fraction_text(share, &self.denominator))
    }
}

/// A fraction in lowest terms, never negative, its denominator positive.
#[derive(Clone)]
struct Ratio<N> {
    num: N,
    den: N,
}

impl<N: Whole> Ratio<N> {
    fn new(num: i64, den: i64) -> Option<Self> {
        Self::reduced(&N::of(num), &N::of(den))
    }

    fn reduced(num: &N, den: &N) -> Option<Self> {
        let common = greatest_common_divisor(num, den)?;
        Some(Self { num: num.over(&common)?, den: den.over(&common)? })
    }

    fn times(&self, other: &Self) -> Option<Self> {
        Self::reduced(&self.num.times(&other.num)?, &self.den.times(&other.den)?)
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let num = self.num.times(&other.den)?.plus(&other.num.times(&self.den)?)?;
        Self::reduced(&num, &self.den.times(&other.den)?)
    }

    /// The difference, or zero where it would be negative.
    fn minus_to_zero(&self, whole: i64) -> Option<Self> {
        let less = self.den.times(&N::of(whole))?;
        let num = if self.num > less { self.num.minus(&less)? } else { N::of(0) };
        Self::reduced(&num, &self.den)
    }

    fn max(self, other: Self) -> Option<Self> {
        let is_less = self.num.times(&other.den)? < other.num.times(&self.den)?;
        Some(if is_less { other } else { self })
    }

    /// One factor of all factors in force; 1 where there is none.
    fn combined(factors: impl Iterator<Item = Fraction>, stacking: Stacking) -> Option<Self> {
        let mut combined: Option<Self> = None;
        let mut count: i64 = 0;
        for factor in factors {
            let one = Self::new(factor.num, factor.den)?;
            combined = Some(match (combined, stacking) {
                (None, _) => one,
                (Some(before), Stacking::Multiply) => before.times(&one)?,
                (Some(before), Stacking::Add) => before.plus(&one)?,
                (Some(before), Stacking::Highest) => before.max(one)?,
            });
            count = count.checked_add(1)?;
        }
        match (combined, stacking) {
            (None, _) => Self::new(1, 1),
            // 1 + Σ(m − 1) is Σm less one for each but the first.
            (Some(sum), Stacking::Add) => sum.minus_to_zero(count.checked_sub(1)?),
            (Some(combined), _) => Some(combined),
        }
    }
}

/// Whole numbers that say so when a result has no room. None is ever negative here.
pub(super) trait Whole: Clone + Ord + Display {
    fn of(value: i64) -> Self;
    fn times(&self, other: &Self) -> Option<Self>;
    fn plus(&self, other: &Self) -> Option<Self>;
    fn minus(&self, other: &Self) -> Option<Self>;
    fn over(&self, other: &Self) -> Option<Self>;
    fn rest(&self, other: &Self) -> Option<Self>;
    fn divided(&self, denominator: &Self, rounding: Rounding) -> Option<Self>;
    fn small(&self) -> Option<i64>;
}

impl Whole for i128 {
    fn of(value: i64) -> Self {
        Self::from(value)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        self.checked_mul(*other)
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        self.checked_add(*other)
    }

    fn minus(&self, other: &Self) -> Option<Self> {
        self.checked_sub(*other)
    }

    fn over(&self, other: &Self) -> Option<Self> {
        self.checked_div(*other)
    }

    fn rest(&self, other: &Self) -> Option<Self> {
        self.checked_rem(*other)
    }

    fn divided(&self, denominator: &Self, rounding: Rounding) -> Option<Self> {
        divide(*self, *denominator, rounding)
    }

    fn small(&self) -> Option<i64> {
        i64::try_from(*self).ok()
    }
}

impl Whole for BigInt {
    fn of(value: i64) -> Self {
        Self::from(value)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        self.checked_mul(other)
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn minus(&self, other: &Self) -> Option<Self> {
        self.checked_sub(other)
    }

    fn over(&self, other: &Self) -> Option<Self> {
        self.checked_div(other)
    }

    fn rest(&self, other: &Self) -> Option<Self> {
        self.minus(&self.over(other)?.times(other)?)
    }

    fn divided(&self, denominator: &Self, rounding: Rounding) -> Option<Self> {
        let rest = self.rest(denominator)?;
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::HalfUp => rest.times(&Self::of(2))? >= *denominator,
            Rounding::Ceil => rest > Self::ZERO,
        };
        self.over(denominator)?.plus(&Self::from(i64::from(up)))
    }

    fn small(&self) -> Option<i64> {
        i64::try_from(self).ok()
    }
}

fn greatest_common_divisor<N: Whole>(a: &N, b: &N) -> Option<N> {
    let (mut larger, mut smaller) = (a.clone(), b.clone());
    while smaller != N::of(0) {
        let rest = larger.rest(&smaller)?;
        larger = smaller;
        smaller = rest;
    }
    Some(larger)
}

fn least_common_multiple<N: Whole>(a: &N, b: &N) -> Option<N> {
    a.over(&greatest_common_divisor(a, b)?)?.times(b)
}

fn fraction_text<N: Whole>(num: &N, den: &N) -> String {
    match Ratio::reduced(num, den) {
        Some(ratio) if ratio.den == N::of(1) => ratio.num.to_string(),
        Some(ratio) => format!("{}/{}", ratio.num, ratio.den),
        None => format!("{num}/{den}"),
    }
}

/// [`split`] for shares of any size.
fn split_large(total: i64, shares: &[BigInt]) -> Vec<i64> {
    let sum: BigInt = shares.iter().sum();
    let mut parts = vec![0_i64; shares.len()];
    if sum == BigInt::ZERO {
        // As of `split`: they count as equal.
        return split(total, &vec![0; parts.len()]).unwrap_or(parts);
    }
    let whole = BigInt::from(total);
    let mut remainders = Vec::with_capacity(shares.len());
    let mut left = total;
    for (place, (part, share)) in parts.iter_mut().zip(shares).enumerate() {
        let scaled = share.times(&whole);
        let floor = scaled.as_ref().and_then(|scaled| scaled.over(&sum)?.small());
        *part = floor.unwrap_or_default();
        left = left.saturating_sub(*part);
        remainders.push((scaled.and_then(|scaled| scaled.rest(&sum)), place));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let units = usize::try_from(left).unwrap_or_default();
    for (_, place) in remainders.into_iter().take(units) {
        if let Some(part) = parts.get_mut(place) {
            *part = part.saturating_add(1);
        }
    }
    parts
}
