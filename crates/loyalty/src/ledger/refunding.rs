//! Refunds: points spent on an order come back, points it earned are taken back.

use super::earning::{Earning, earn};
use super::policies::{Shortfall, Terms};
use super::settling::{repay, settle_into};
use super::spending::{take, taken};
use super::{
    Account, Draw, Entry, EntryKind, Lot, LotChange, LotId, OrderId, Origin, Points, Source,
    SourceKind,
};
use crate::amounts::Money;
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
    /// What of `clawed_back` was not yet available.
    pub from_pending: Points,
    /// What of the order's own lot had expired unused: nobody is charged for it.
    pub lapsed: Points,
    /// What is owed now.
    pub debt: Points,
    /// What the member owes nothing for, by the policy `zero`.
    pub written_off: Points,
    /// What is to be withheld from the money given back, by the policy `cash`.
    pub withhold: Money,
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
    outcome.restored_draws = unspend(refund);
    outcome.restored = outcome.restored_draws.iter().map(|draw| draw.points).sum();
    let mut into_lots: Vec<Draw> = Vec::new();
    let mut into_new: Vec<(MemberId, Points)> = Vec::new();
    for draw in &outcome.restored_draws {
        let home = match account.lot_mut(draw.lot) {
            Some(lot) if !lot.is_expired(refund.at) => {
                lot.remaining = lot.remaining.plus(draw.points);
                into_lots.push(*draw);
                continue;
            }
            Some(lot) => lot.home,
            // An un-merge may have left the lot with another member than the order:
            // the points come back to whom the refund is for.
            None => refund.origin.home,
        };
        match into_new.iter_mut().find(|(known, _)| *known == home) {
            Some((_, sum)) => *sum = sum.plus(draw.points),
            None => into_new.push((home, draw.points)),
        }
    }
    if !into_lots.is_empty() {
        let back = |draw: &Draw| LotChange::add(draw.lot, draw.points);
        entries.push(Entry {
            points: into_lots.iter().map(|draw| draw.points).sum::<Points>().0,
            changes: into_lots.iter().map(back).collect(),
            cause: refund.origin.cause.clone(),
            ..Entry::blank(EntryKind::Restore, account.member, refund.origin.home, refund.at, ids)
        });
        for draw in into_lots {
            repay(account, draw, now, ids, entries);
        }
    }
    for (home, points) in into_new {
        earn(account, fresh_lot(refund, home, points, terms), terms, now, ids, entries);
    }
}

/// What comes back of each draw, last consumed first.
fn unspend(refund: &RefundPoints<'_>) -> Vec<Draw> {
    let mut left = refund.restore;
    let mut back = Vec::new();
    for spent in refund.draws.iter().rev() {
        let points = spent.points.minus_to_zero(spent.restored).min(left);
        if points.is_positive() {
            left = left.minus(points);
            back.push(Draw { lot: spent.lot, points });
        }
    }
    back
}

/// The lot that takes what comes back of lots that have expired.
fn fresh_lot(
    refund: &RefundPoints<'_>,
    home: MemberId,
    points: Points,
    terms: Terms<'_>,
) -> Earning {
    let last = terms.zone.plus_days(refund.at, terms.policy.restore_grace_days);
    let cause = refund.origin.cause.clone();
    Earning {
        kind: EntryKind::Restore,
        points,
        home,
        at: refund.at,
        available_at: Some(refund.at),
        expires_at: Some(terms.zone.end_of_day(last)),
        source: Source {
            kind: SourceKind::Restore,
            order: Some(refund.order),
            channel: cause.channel.clone(),
            shop: cause.shop.clone(),
            rule: None,
        },
        cause,
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
        take_own(lot, left, outcome);
        if outcome.clawed_back.is_positive() {
            changes.push(LotChange::take(lot.id, outcome.clawed_back));
        }
        left = left.minus(outcome.clawed_back).minus(outcome.lapsed);
    }
    // The order's points are taken wherever points lie, even beside an older debt: the
    // total is the same and `clawed_back` says what lots really gave.
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

/// Takes from the order's own lot, pending or open, and counts what of it expired unused.
fn take_own(lot: &mut Lot, points: Points, outcome: &mut RefundedPoints) {
    let points = points.max(Points::ZERO);
    outcome.clawed_back = lot.remaining.min(points);
    if lot.pending {
        outcome.from_pending = outcome.clawed_back;
    }
    lot.remaining = lot.remaining.minus(outcome.clawed_back);
    lot.clawed_back = lot.clawed_back.plus(outcome.clawed_back);
    // Nothing is left of it to mature.
    lot.pending = lot.pending && lot.remaining.is_positive();
    let rest = points.minus(outcome.clawed_back);
    outcome.lapsed = lot.expired.minus_to_zero(lot.lapsed).min(rest);
    lot.lapsed = lot.lapsed.plus(outcome.lapsed);
}
