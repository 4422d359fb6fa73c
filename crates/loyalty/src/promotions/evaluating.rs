//! What one promotion comes to for a cart, or why it does not apply.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::benefits::{Benefit, Hand, Next, Outcome};
use super::ladder::Missing;
use super::prices::Prices;
use super::{BudgetLeft, Promotion, Promotions};
use crate::expr::Facts;
use crate::scopes::Place;
use crate::time::{LocalMoment, Timestamp};

/// All besides prices that decides about promotions.
pub(crate) struct Occasion<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) at: Timestamp,
    pub(crate) moment: LocalMoment,
    /// The tier of the member, if one buys.
    pub(crate) tier: Option<&'a str>,
    pub(crate) facts: &'a dyn Facts,
    /// What is left of budgets and quotas, by the promotion's id.
    pub(crate) budgets: BTreeMap<&'a str, &'a BudgetLeft>,
    /// What is known already of audiences.
    pub(crate) asked: RefCell<Vec<Option<bool>>>,
}

/// Why a promotion does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotNow,
    Audience,
    Spend,
    Pieces,
    /// Another product or delivery it asks for is not chosen.
    Companion,
    NothingLeft,
    /// The one of its group that applies, by its place in the list.
    Group(usize),
    /// The one in the way.
    Exclusive(usize),
    Budget,
    MemberQuota,
}

/// What a promotion comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluation {
    /// Of each benefit, on the prices that those before it leave.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) next: Option<Next>,
}

/// Why it does not apply, and what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) why: Refusal,
    pub(crate) next: Option<Next>,
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self { why, next: None }
    }
}

impl Evaluation {
    pub(crate) fn amount(&self) -> i64 {
        self.outcomes.iter().map(Outcome::amount).fold(0, i64::saturating_add)
    }

    pub(crate) fn pieces(&self) -> i64 {
        self.outcomes.iter().map(|outcome| outcome.pieces).max().unwrap_or(0)
    }

    pub(crate) fn times(&self) -> i64 {
        self.outcomes.iter().map(|outcome| outcome.times).max().unwrap_or(0)
    }

    fn gives(&self) -> bool {
        self.outcomes.iter().any(Outcome::gives)
    }
}

impl Occasion<'_> {
    fn is_meant(&self, promotions: &Promotions, audience: Option<usize>) -> bool {
        let Some(place) = audience else { return true };
        let mut asked = self.asked.borrow_mut();
        if asked.len() < promotions.audiences.len() {
            asked.resize(promotions.audiences.len(), None);
        }
        let Some(known) = asked.get_mut(place) else { return false };
        *known.get_or_insert_with(|| {
            let audience = promotions.audiences.get(place);
            audience.is_some_and(|audience| {
                (self.tier.is_some() || !audience.uses("member")) && audience.holds(self.facts)
            })
        })
    }

    fn left(&self, promotion: &Promotion) -> BudgetLeft {
        let known = self.budgets.get(&*promotion.id);
        let (budget, quota) = (promotion.budget, promotion.quota);
        BudgetLeft {
            promotion: String::new(),
            money: known.and_then(|left| left.money).or(budget.money),
            uses: known.and_then(|left| left.uses).or(budget.uses),
            pieces: known.and_then(|left| left.pieces).or(quota.pieces),
            member_uses: known.and_then(|left| left.member_uses).or(quota.member_uses),
            member_pieces: known.and_then(|left| left.member_pieces).or(quota.member_pieces),
        }
    }
}

/// Evaluates a promotion on the prices as they are; changes nothing.
pub(crate) fn evaluate(
    promotions: &Promotions,
    promotion: &Promotion,
    lines: &[usize],
    all: &[usize],
    prices: &Prices<'_>,
    occasion: &Occasion<'_>,
) -> Result<Evaluation, Refused> {
    let is_open = promotion.from.is_none_or(|from| from <= occasion.at)
        && promotion.until.is_none_or(|until| occasion.at < until)
        && promotion.schedule.is_open(occasion.moment);
    if !is_open {
        return Err(Refusal::NotNow.into());
    }
    if !occasion.is_meant(promotions, promotion.audience) {
        return Err(Refusal::Audience.into());
    }
    let counted = promotion.is_counted().then(|| occasion.left(promotion));
    let pieces_left = counted.as_ref().map_or(Ok(None), still_open)?;
    let hand = Hand { prices, lines, all, tier: occasion.tier, pieces_left };
    if !promotion.needs.is_accompanied(&hand) {
        return Err(Refusal::Companion.into());
    }
    if let Some(missing) = promotion.needs.missing(&hand) {
        let saves = calculate(&promotion.benefits, &hand).amount();
        return Err(Refused { why: why(missing), next: Some(Next { missing, saves }) });
    }
    let evaluation = calculate(&promotion.benefits, &hand);
    if !evaluation.gives() {
        let next = evaluation.next.filter(|_| prices.total(lines) > 0);
        let why = next.map_or(Refusal::NothingLeft, |next| why(next.missing));
        return Err(Refused { why, next });
    }
    if let Some(left) = counted {
        covers(&left, &evaluation)?;
    }
    Ok(evaluation)
}

fn why(missing: Missing) -> Refusal {
    match missing {
        Missing::Spend(_) => Refusal::Spend,
        Missing::Pieces(_) => Refusal::Pieces,
    }
}

/// The pieces that quotas leave, unless nothing is left.
fn still_open(left: &BudgetLeft) -> Result<Option<i64>, Refusal> {
    let is_gone = |limit: Option<i64>| limit.is_some_and(|limit| limit <= 0);
    if is_gone(left.member_uses) || is_gone(left.member_pieces) {
        return Err(Refusal::MemberQuota);
    }
    if is_gone(left.uses) || is_gone(left.pieces) || is_gone(left.money.map(|money| money.0)) {
        return Err(Refusal::Budget);
    }
    Ok(match (left.pieces, left.member_pieces) {
        (Some(all), Some(member)) => Some(all.min(member)),
        (one, other) => one.or(other),
    })
}

/// Whether budget and quota cover what the promotion comes to.
fn covers(left: &BudgetLeft, evaluation: &Evaluation) -> Result<(), Refusal> {
    let pieces = evaluation.pieces();
    if left.money.is_some_and(|money| evaluation.amount() > money.0)
        || left.pieces.is_some_and(|left| pieces > left)
    {
        return Err(Refusal::Budget);
    }
    if left.member_pieces.is_some_and(|left| pieces > left) {
        return Err(Refusal::MemberQuota);
    }
    Ok(())
}

fn calculate(benefits: &[Benefit], hand: &Hand<'_>) -> Evaluation {
    if let [only] = benefits {
        let outcome = only.calculator().calculate(hand);
        return Evaluation { next: outcome.next, outcomes: vec![outcome] };
    }
    let mut prices = hand.prices.clone();
    let mut outcomes = Vec::with_capacity(benefits.len());
    for benefit in benefits {
        let outcome = benefit.calculator().calculate(&Hand { prices: &prices, ..*hand });
        prices.apply(&outcome.cuts);
        prices.apply_deliveries(&outcome.deliveries);
        outcomes.push(outcome);
    }
    Evaluation { next: outcomes.iter().find_map(|outcome| outcome.next), outcomes }
}
