//! What time alone does to an account: releases, expiries, maturities, repayments.
//!
//! Reads settle a copy, jobs settle and save: both see the same figures at every
//! instant. Settling twice is settling once, and settling on the way to an
//! instant changes nothing about what is found there.

use super::{
    Account, Cause, Debt, Draw, Entry, EntryKind, Hold, HoldState, Lot, LotChange, LotId, Points,
};
use crate::ids::{MemberId, NewIds};
use crate::time::Timestamp;

/// Applies everything due at or before `now`, in the order of the instants.
///
/// At one instant releases come first, then expiries, then maturities and
/// repayments. Every entry is dated at the instant it was due, however late it
/// is written; points of a hold whose lot expired meanwhile expire at the
/// moment of release.
pub fn settle(account: &mut Account, now: Timestamp, ids: &mut impl NewIds) -> Vec<Entry> {
    let mut entries = Vec::new();
    settle_into(account, now, ids, &mut entries);
    entries
}

/// Does what [`settle`] does and adds the entries to those there are.
pub fn settle_into(
    account: &mut Account,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    while let Some(at) = next_due(account).filter(|at| *at <= now) {
        settle_instant(account, at, ids, entries);
    }
}

/// The earliest instant at which [`settle`] has something to do.
pub fn next_due(account: &Account) -> Option<Timestamp> {
    let releases = account.holds.iter().filter(|hold| hold.state == HoldState::Live);
    let lots = account.lots.iter().filter(|lot| lot.remaining.is_positive());
    let ends = lots.clone().filter_map(|lot| lot.expires_at);
    let maturities = lots.filter(|lot| lot.pending).filter_map(|lot| lot.available_at);
    releases.map(|hold| hold.until).chain(ends).chain(maturities).min()
}

fn settle_instant(
    account: &mut Account,
    at: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    let mut released: Vec<Draw> = Vec::new();
    for hold in &mut account.holds {
        if hold.state == HoldState::Live && hold.until <= at {
            hold.state = HoldState::Released;
            entries.push(put_back(account.member, &mut account.lots, hold, at, ids));
            released.extend(&hold.draws);
        }
    }
    expire(account, at, ids, entries);
    for draw in released {
        repay(account, draw, at, ids, entries);
    }
    for place in 0..account.lots.len() {
        let due = account
            .lots
            .get_mut(place)
            .filter(|lot| lot.pending && lot.remaining.is_positive() && lot.is_available(at));
        if let Some(lot) = due {
            let draw = Draw { lot: lot.id, points: lot.remaining };
            mature(account, draw.lot, at, ids, entries);
            repay(account, draw, at, ids, entries);
        }
    }
}

/// Puts what a hold drew back into its lots.
pub(crate) fn put_back(
    member: MemberId,
    lots: &mut [Lot],
    hold: &Hold,
    at: Timestamp,
    ids: &mut impl NewIds,
) -> Entry {
    let mut entry = Entry::blank(EntryKind::Release, member, member, at, ids);
    for draw in &hold.draws {
        if let Some(lot) = lots.iter_mut().find(|lot| lot.id == draw.lot) {
            lot.held = lot.held.minus(draw.points);
            lot.remaining = lot.remaining.plus(draw.points);
        }
        entry.changes.push(LotChange::set_aside(draw.lot, draw.points).reversed());
    }
    entry.moved = Some(hold.points);
    entry.cause = Cause { hold: Some(hold.id), ..Cause::default() };
    entry
}

/// Ends what remains of every lot that has expired by `at`, dated `at`.
pub(crate) fn expire(
    account: &mut Account,
    at: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    for lot in &mut account.lots {
        if !lot.remaining.is_positive() || !lot.is_expired(at) {
            continue;
        }
        let points = lot.remaining;
        lot.remaining = Points::ZERO;
        lot.expired = lot.expired.plus(points);
        lot.pending = false;
        entries.push(Entry {
            points: points.0.saturating_neg(),
            lot: Some(lot.id),
            changes: vec![LotChange::take(lot.id, points)],
            cause: cause_of(lot),
            ..Entry::blank(EntryKind::Expire, account.member, lot.home, at, ids)
        });
    }
}

/// Makes a pending lot available, dated `at`.
pub(crate) fn mature(
    account: &mut Account,
    lot: LotId,
    at: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    let member = account.member;
    if let Some(lot) = account.lot_mut(lot) {
        lot.pending = false;
        entries.push(Entry {
            moved: Some(lot.remaining),
            lot: Some(lot.id),
            cause: cause_of(lot),
            ..Entry::blank(EntryKind::Mature, member, lot.home, at, ids)
        });
    }
}

/// Pays debt out of points that have just become available; what was paid.
///
/// Only these points pay, not others of the member: after a merge lots and debt
/// stand side by side until new points come.
pub(crate) fn repay(
    account: &mut Account,
    fresh: Draw,
    at: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Points {
    if account.debts.is_empty() {
        return Points::ZERO;
    }
    let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == fresh.lot && lot.is_open(at))
    else {
        return Points::ZERO;
    };
    let points = pay_off(&mut account.debts, lot.home, fresh.points.min(lot.remaining));
    if !points.is_positive() {
        return Points::ZERO;
    }
    lot.remaining = lot.remaining.minus(points);
    entries.push(Entry {
        moved: Some(points),
        debt: points.0.saturating_neg(),
        lot: Some(lot.id),
        changes: vec![LotChange::take(lot.id, points)],
        cause: cause_of(lot),
        ..Entry::blank(EntryKind::Repay, account.member, lot.home, at, ids)
    });
    points
}

/// Lowers debts by up to `points`; the lot's own home first, so that an un-merge
/// finds as little as possible paid for the other side, then the older member.
fn pay_off(debts: &mut Vec<Debt>, home: MemberId, points: Points) -> Points {
    debts.sort_by_key(|debt| (debt.home != home, debt.home));
    let mut left = points;
    for debt in debts.iter_mut() {
        let paid = debt.points.min(left);
        debt.points = debt.points.minus(paid);
        left = left.minus(paid);
    }
    debts.retain(|debt| debt.points.is_positive());
    points.minus(left)
}

fn cause_of(lot: &Lot) -> Cause {
    Cause { order: lot.source.order, ..Cause::default() }
}
