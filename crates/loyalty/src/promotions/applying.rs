//! Applies promotions to a cart: lane by lane, one after another.

use std::collections::BTreeMap;

use super::benefits::{MeasuredBy, Next, Steps};
use super::evaluating::{Evaluation, evaluate};
use super::index::{Candidate, Candidates};
use super::ladder::Step;
use super::off::Off;
use super::prices::Prices;
use super::{Applies, Choose, Lane, Promotion, Promotions};

pub(crate) use super::evaluating::{Occasion, Refusal, Refused};

/// What promotions did to a cart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Applied {
    /// In the order in which they applied.
    pub(crate) uses: Vec<Use>,
    pub(crate) refused: Vec<(usize, Refused)>,
    /// Which lines may not be made cheaper by coupons.
    pub(crate) closed: Vec<usize>,
}

/// A promotion that applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// Its place in the list.
    pub(crate) promotion: usize,
    /// What it took off lines.
    pub(crate) lines: Vec<(usize, i64)>,
    pub(crate) deliveries: Vec<(usize, i64)>,
    pub(crate) gifts: Vec<(String, i64)>,
    pub(crate) times: i64,
    pub(crate) pieces: i64,
    pub(crate) next: Option<Next>,
    pub(crate) threshold: Option<Threshold>,
}

/// What a discount depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Threshold {
    pub(crate) steps: Steps,
    /// The lines it was measured on, with their prices in that measure.
    pub(crate) measured: Vec<(usize, i64)>,
}

/// What stands in the way of the promotions to come.
#[derive(Default)]
struct Taken {
    /// Of each group the one that applies, and the lines it applies to.
    groups: BTreeMap<usize, Vec<(usize, Vec<usize>)>>,
    /// In this lane: the first that applied, and the exclusive one.
    any: Option<usize>,
    alone: Option<usize>,
}

struct Run<'p, 'a, 'o> {
    promotions: &'p Promotions,
    all: Vec<usize>,
    prices: &'o mut Prices<'a>,
    occasion: &'o Occasion<'o>,
    taken: Taken,
    applied: Applied,
}

/// Applies all promotions that hold to the prices.
pub(crate) fn apply(
    promotions: &Promotions,
    prices: &mut Prices<'_>,
    occasion: &Occasion<'_>,
) -> Applied {
    let all = open_lines(prices);
    let candidates = promotions.index.candidates(&promotions.list, prices, &all, occasion.place);
    apply_each(promotions, prices, occasion, all, &candidates)
}

/// The lines that promotions may touch.
fn open_lines(prices: &Prices<'_>) -> Vec<usize> {
    let lines = prices.lines.iter().enumerate();
    lines.filter(|(_, line)| line.discountable).map(|(place, _)| place).collect()
}

fn apply_each(
    promotions: &Promotions,
    prices: &mut Prices<'_>,
    occasion: &Occasion<'_>,
    all: Vec<usize>,
    candidates: &Candidates,
) -> Applied {
    let mut run = Run {
        promotions,
        all,
        prices,
        occasion,
        taken: Taken::default(),
        applied: Applied::default(),
    };
    for lane in [Lane::Line, Lane::Order] {
        run.taken.any = None;
        run.taken.alone = None;
        run.lane(lane, candidates);
    }
    run.applied
}

impl Run<'_, '_, '_> {
    fn lane(&mut self, lane: Lane, candidates: &Candidates) {
        let list = &self.promotions.list;
        let of_lane: Vec<(Candidate<'_>, &Promotion)> = candidates
            .iter()
            .filter_map(|candidate| Some((candidate, list.get(candidate.promotion)?)))
            .filter(|(_, promotion)| promotion.lane == lane)
            .collect();
        let mut compared = Vec::new();
        for (turn, &(candidate, promotion)) in of_lane.iter().enumerate() {
            if let Some(in_the_way) = self.in_the_way(candidate.promotion, promotion) {
                self.refuse(candidate.promotion, Refusal::Exclusive(in_the_way).into());
                continue;
            }
            let group = promotion.group.and_then(|group| self.promotions.groups.get(group));
            match (promotion.group, group) {
                (Some(place), Some(group)) if group.choose == Choose::Best => {
                    if compared.contains(&place) {
                        continue;
                    }
                    // It is its turn once one of it holds: others that do not change nothing.
                    if let Err(refused) = self.evaluate(promotion, candidate.lines)
                        && !self.taken.groups.contains_key(&place)
                    {
                        self.refuse(candidate.promotion, refused);
                        continue;
                    }
                    compared.push(place);
                    let rest = of_lane.get(turn..).unwrap_or_default().iter();
                    let members = rest.filter(|(_, one)| one.group == Some(place));
                    self.compare(place, group.applies, members.copied());
                }
                _ => self.try_one(candidate, promotion),
            }
        }
    }

    /// The promotion that keeps this one from applying, if it or that one is exclusive.
    fn in_the_way(&self, place: usize, promotion: &Promotion) -> Option<usize> {
        let other = if promotion.exclusive { self.taken.any } else { None };
        self.taken.alone.or(other).filter(|other| *other != place)
    }

    fn refuse(&mut self, promotion: usize, refused: Refused) {
        self.applied.refused.push((promotion, refused));
    }

    fn try_one(&mut self, candidate: Candidate<'_>, promotion: &Promotion) {
        let place = candidate.promotion;
        let lines = match self.open_lines(candidate, promotion) {
            Ok(lines) => lines,
            Err(taken_by) => {
                self.refuse(place, Refusal::Group(taken_by).into());
                return;
            }
        };
        let lines = lines.as_deref().unwrap_or(candidate.lines);
        match self.evaluate(promotion, lines) {
            Ok(evaluation) => self.carry_out(place, promotion, lines, evaluation),
            Err(refused) => self.refuse(place, refused),
        }
    }

    fn evaluate(&self, promotion: &Promotion, lines: &[usize]) -> Result<Evaluation, Refused> {
        evaluate(self.promotions, promotion, lines, &self.all, self.prices, self.occasion)
    }

    /// The lines that its group leaves it, `None` being all; or the one that took them.
    fn open_lines(
        &self,
        candidate: Candidate<'_>,
        promotion: &Promotion,
    ) -> Result<Option<Vec<usize>>, usize> {
        let Some(group) = promotion.group else { return Ok(None) };
        let Some(taken) = self.taken.groups.get(&group) else { return Ok(None) };
        let applies = self.promotions.groups.get(group).map_or(Applies::One, |one| one.applies);
        let Some((first, _)) = taken.first() else { return Ok(None) };
        if applies == Applies::One {
            return Err(*first);
        }
        let is_open = |line: &&usize| !taken.iter().any(|(_, lines)| lines.contains(line));
        let lines: Vec<usize> = candidate.lines.iter().filter(is_open).copied().collect();
        if lines.is_empty() && !candidate.lines.is_empty() { Err(*first) } else { Ok(Some(lines)) }
    }

    /// Applies the best of a group, or on each line the best.
    fn compare<'c>(
        &mut self,
        group: usize,
        applies: Applies,
        members: impl Iterator<Item = (Candidate<'c>, &'c Promotion)>,
    ) {
        if let Some((first, _)) = self.taken.groups.get(&group).and_then(|taken| taken.first()) {
            let first = *first;
            for (candidate, _) in members {
                self.refuse(candidate.promotion, Refusal::Group(first).into());
            }
            return;
        }
        let mut rivals = Vec::new();
        for (candidate, promotion) in members {
            match self.evaluate(promotion, candidate.lines) {
                Ok(evaluation) => rivals.push((candidate, promotion, evaluation)),
                Err(refused) => self.refuse(candidate.promotion, refused),
            }
        }
        let amount = |evaluation: &Evaluation, line: usize| {
            let cuts = evaluation.outcomes.iter().flat_map(|outcome| &outcome.cuts);
            cuts.filter(|cut| cut.line == line).map(|cut| cut.off).fold(0, i64::saturating_add)
        };
        // Of equals the first: `max_by_key` would take the last.
        let best_by = |amount: &dyn Fn(&Evaluation) -> i64| {
            let rivals = rivals.iter().enumerate().rev();
            rivals.max_by_key(|(_, (_, _, one))| amount(one)).map(|(place, _)| place)
        };
        let whole = best_by(&Evaluation::amount);
        let of_lines: BTreeMap<usize, Option<usize>> = match applies {
            Applies::One => BTreeMap::new(),
            Applies::OnePerLine => {
                self.all.iter().map(|line| (*line, best_by(&|one| amount(one, *line)))).collect()
            }
        };
        for (place, (candidate, promotion, mut evaluation)) in rivals.into_iter().enumerate() {
            let is_whole = whole == Some(place);
            for outcome in &mut evaluation.outcomes {
                if applies == Applies::OnePerLine {
                    outcome.cuts.retain(|cut| of_lines.get(&cut.line) == Some(&Some(place)));
                }
                if !is_whole {
                    outcome.deliveries.clear();
                    outcome.gifts.clear();
                    if applies == Applies::One {
                        outcome.cuts.clear();
                    }
                }
            }
            if evaluation.outcomes.iter().any(super::benefits::Outcome::gives) {
                self.carry_out(candidate.promotion, promotion, candidate.lines, evaluation);
            } else {
                let winner = self.taken.groups.get(&group).and_then(|taken| taken.first());
                let winner = winner.map_or(candidate.promotion, |(winner, _)| *winner);
                self.refuse(candidate.promotion, Refusal::Group(winner).into());
            }
        }
    }

    fn carry_out(
        &mut self,
        place: usize,
        promotion: &Promotion,
        lines: &[usize],
        evaluation: Evaluation,
    ) {
        let threshold = self.threshold(promotion, lines, &evaluation);
        let mut used = Use {
            promotion: place,
            lines: Vec::new(),
            deliveries: Vec::new(),
            gifts: Vec::new(),
            times: evaluation.times(),
            pieces: evaluation.pieces(),
            next: evaluation.next,
            threshold,
        };
        for outcome in evaluation.outcomes {
            self.prices.apply(&outcome.cuts);
            self.prices.apply_deliveries(&outcome.deliveries);
            used.lines.reserve(outcome.cuts.len());
            for cut in outcome.cuts.iter().filter(|cut| cut.off > 0) {
                add(&mut used.lines, cut.line, cut.off);
            }
            for (delivery, off) in outcome.deliveries {
                add(&mut used.deliveries, delivery, off);
            }
            used.gifts.extend(outcome.gifts);
        }
        let touched = used.lines.iter().map(|(line, _)| *line);
        if !promotion.with_coupons {
            self.applied.closed.extend(touched.clone());
        }
        if let Some(group) = promotion.group {
            self.taken.groups.entry(group).or_default().push((place, touched.collect()));
        }
        self.taken.any.get_or_insert(place);
        if promotion.exclusive {
            self.taken.alone = Some(place);
        }
        self.applied.uses.push(used);
    }

    fn threshold(
        &self,
        promotion: &Promotion,
        lines: &[usize],
        evaluation: &Evaluation,
    ) -> Option<Threshold> {
        let needs = &promotion.needs;
        let of_benefit = evaluation.outcomes.iter().find_map(|outcome| outcome.steps.clone());
        let (steps, lines) = if let Some(steps) = of_benefit {
            (steps, lines)
        } else if needs.is_threshold() {
            let step = Step { spend: needs.spend, pieces: needs.pieces, off: Off::ALL };
            let lines = if needs.whole_cart { self.all.as_slice() } else { lines };
            let of = needs.of;
            (Steps { steps: vec![step], every: false, times_max: None, of }, lines)
        } else {
            return None;
        };
        let price = |line: &usize| {
            let of = self.prices.lines.get(*line)?;
            Some((*line, if steps.of == MeasuredBy::List { of.list } else { of.price }))
        };
        let measured = lines.iter().filter_map(price).collect();
        Some(Threshold { steps, measured })
    }
}

/// Adds to the sum of a place; the list is by place.
fn add(list: &mut Vec<(usize, i64)>, place: usize, off: i64) {
    if list.last().is_none_or(|(last, _)| *last < place) {
        list.push((place, off));
        return;
    }
    match list.binary_search_by_key(&place, |(known, _)| *known) {
        Ok(at) => {
            if let Some((_, sum)) = list.get_mut(at) {
                *sum = sum.saturating_add(off);
            }
        }
        Err(at) => list.insert(at, (place, off)),
    }
}

#[cfg(test)]
mod properties;
