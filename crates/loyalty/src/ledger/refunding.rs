//! Refunds: points spent on an order come back, points it earned are taken back.

use super::earning::{Earning, earn};
use super::policies::{Shortfall, Terms};
use super::settling::{repay, settle_into};
use super::spending::{take, taken};
use super::{
    Account, Draw, Entry, EntryKind, LotChange, LotId, OrderId, Origin, Points, Source, SourceKind,
};
use crate::amounts::{Money, Rounding, scale};
use crate::ids::{MemberId, NewIds};
use crate::time::Timestamp;

/// The part of an order's spending that one lot paid, and what of it came back before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentDraw {
    /// The lot.
    pub lot: LotId,
    /// What it paid.
    pub points: Points,
    /// What earlier refunds restored of it.
    pub restored: Points,
}

/// What a refund does to points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPoints<'a> {
    /// The order that is refunded.
    pub order: OrderId,
    /// When it was refunded, at most now: the effective time.
    pub at: Timestamp,
    /// How many of the points spent on the order come back.
    pub restore: Points,
    /// What was spent on the order, in the order of consumption.
    ///
    /// The account must hold the lots named here, used up or not, as far as
    /// the member still owns them.
    pub draws: &'a [SpentDraw],
    /// How many of the points the order earned are taken back.
    pub claw_back: Points,
    /// Whose event it is and what the entries refer to.
    pub origin: Origin,
}

/// What a refund did to points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefundedPoints {
    /// What came back of the points spent.
    pub restored: Points,
    /// The same by the lot that had paid, last consumed first.
    pub restored_draws: Vec<Draw>,
    /// What was taken from lots.
    pub clawed_back: Points,
    /// What of the order's own lot had expired unused: nobody is charged for it.
    pub lapsed: Points,
    /// What is owed now.
    pub debt: Points,
    /// What the member owes nothing for, by the policy `zero`.
    pub written_off: Points,
    /// What is to be withheld from the money given back, by the policy `cash`.
    pub withhold: Money,
}

/// Points of `points` that are to be taken back once `refunded` of `paid` was refunded.
///
/// ⌊points·refunded/paid⌋, and all of them for the whole; by pieces where
/// nothing was paid. Each refund takes the difference to what was taken
/// before, so many partial refunds take exactly the whole. Never below zero,
/// never above `points`.
pub fn taken_so_far(
    points: Points,
    paid: Money,
    refunded: Money,
    quantity: i64,
    returned: i64,
) -> Points {
    let (part, whole) =
        if paid.is_positive() { (refunded.0, paid.0) } else { (returned, quantity) };
    if part >= whole {
        return points;
    }
    scale(points.0, part.max(0), whole, Rounding::Floor).map_or(Points::ZERO, Points)
}

/// Restores and takes back, in this order; restored points pay debt first.
///
/// The account must hold the order's own lot, whatever is left of it, as far
/// as the member still owns it.
pub fn refund(
    account: &mut Account,
    refund: &RefundPoints<'_>,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> RefundedPoints {
    settle_into(account, now, ids, entries);
    let mut outcome = RefundedPoints::default();
    restore(account, refund, terms, now, ids, entries, &mut outcome);
    settle_into(account, now, ids, entries);
    claw_back(account, refund, terms, now, ids, entries, &mut outcome);
    outcome
}

fn restore(
    account: &mut Account,
    refund: &RefundPoints<'_>,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
    outcome: &mut RefundedPoints,
) {
    let mut left = refund.restore;
    let mut into_lots: Vec<Draw> = Vec::new();
    let mut into_new: Vec<(MemberId, Points)> = Vec::new();
    for spent in refund.draws.iter().rev() {
        let points = spent.points.minus_to_zero(spent.restored).min(left);
        if !points.is_positive() {
            continue;
        }
        left = left.minus(points);
        let back = Draw { lot: spent.lot, points };
        outcome.restored_draws.push(back);
        let home = match account.lot_mut(spent.lot) {
            Some(lot) if !lot.is_expired(refund.at) => {
                lot.remaining = lot.remaining.plus(points);
                into_lots.push(back);
                continue;
            }
            Some(lot) => lot.home,
            // An un-merge may have left the lot with another member than the order:
            // the points come back to whom the refund is for.
            None => refund.origin.home,
        };
        match into_new.iter_mut().find(|(known, _)| *known == home) {
            Some((_, sum)) => *sum = sum.plus(points),
            None => into_new.push((home, points)),
        }
    }
    outcome.restored = refund.restore.max(Points::ZERO).minus(left.max(Points::ZERO));
    if !into_lots.is_empty() {
        let back = |draw: &Draw| LotChange::add(draw.lot, draw.points);
        entries.push(Entry {
            points: into_lots.iter().map(|draw| draw.points.0).fold(0, i64::saturating_add),
            changes: into_lots.iter().map(back).collect(),
            cause: refund.origin.cause.clone(),
            ..Entry::blank(EntryKind::Restore, account.member, refund.origin.home, refund.at, ids)
        });
        for draw in into_lots {
            repay(account, draw, now, ids, entries);
        }
    }
    let grace_days = terms.policy.restore_grace_days;
    let end = terms.zone.end_of_day(terms.zone.plus_days(refund.at, grace_days));
    for (home, points) in into_new {
        let earning = Earning {
            kind: EntryKind::Restore,
            points,
            home,
            at: refund.at,
            available_at: Some(refund.at),
            expires_at: Some(end),
            source: Source {
                kind: SourceKind::Restore,
                order: Some(refund.order),
                channel: refund.origin.cause.channel.clone(),
                shop: refund.origin.cause.shop.clone(),
                rule: None,
            },
            cause: refund.origin.cause.clone(),
        };
        earn(account, earning, terms, now, ids, entries);
    }
}

fn claw_back(
    account: &mut Account,
    refund: &RefundPoints<'_>,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
    outcome: &mut RefundedPoints,
) {
    let mut left = refund.claw_back;
    let mut changes = Vec::new();
    let own = account
        .lots
        .iter_mut()
        .find(|lot| lot.source.kind == SourceKind::Order && lot.source.order == Some(refund.order));
    let own_lot = own.as_ref().map(|lot| lot.id);
    if let Some(lot) = own {
        let points = lot.remaining.min(left);
        if points.is_positive() {
            lot.remaining = lot.remaining.minus(points);
            lot.clawed_back = lot.clawed_back.plus(points);
            lot.pending = lot.pending && lot.remaining.is_positive();
            changes.push(LotChange::take(lot.id, points));
            outcome.clawed_back = points;
            left = left.minus(points);
        }
        let lapsed = lot.expired.minus_to_zero(lot.lapsed).min(left);
        if lapsed.is_positive() {
            lot.lapsed = lot.lapsed.plus(lapsed);
            outcome.lapsed = lapsed;
            left = left.minus(lapsed);
        }
    }
    let others = take(account, left, now, own_lot);
    for draw in &others {
        if let Some(lot) = account.lot_mut(draw.lot) {
            lot.clawed_back = lot.clawed_back.plus(draw.points);
        }
        outcome.clawed_back = outcome.clawed_back.plus(draw.points);
        left = left.minus(draw.points);
    }
    changes.extend(taken(&others));
    if left.is_positive() {
        match terms.policy.shortfall {
            Shortfall::Debt => outcome.debt = left,
            Shortfall::Zero => outcome.written_off = left,
            Shortfall::Cash => outcome.withhold = terms.policy.value.of(left),
        }
    }
    account.owe(refund.origin.home, outcome.debt);
    let moved = outcome.lapsed.plus(outcome.written_off);
    let effect = outcome.clawed_back.plus(outcome.debt);
    if effect.is_zero() && moved.is_zero() {
        return;
    }
    entries.push(Entry {
        points: effect.0.saturating_neg(),
        // What has no effect on the total is recorded all the same.
        moved: Some(moved).filter(|moved| moved.is_positive()),
        debt: outcome.debt.0,
        lot: own_lot,
        changes,
        cause: refund.origin.cause.clone(),
        ..Entry::blank(EntryKind::Clawback, account.member, refund.origin.home, refund.at, ids)
    });
}
