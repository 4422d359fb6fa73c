//! Adjustments taken back: the opposite entry, written once.

use super::balances::available;
use super::earning::{Earning, lot_of};
use super::policies::{Terms, expires_at};
use super::settling::{repay, settle_into};
use super::spending::{Insufficient, take, taken};
use super::{
    Account, Cause, Draw, Entry, EntryId, EntryKind, LotChange, LotId, Points, Source, SourceKind,
};
use crate::ids::NewIds;
use crate::time::Timestamp;

/// An adjustment to be taken back.
///
/// The account must hold the lots that the entry names, used up or not, as far
/// as the member still owns them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo<'a> {
    /// The entry of the adjustment.
    pub entry: &'a Entry,
    /// Whether what is no longer there becomes debt.
    pub allow_debt: bool,
    /// Who takes it back, where, and why.
    pub cause: Cause,
}

/// What taking an adjustment back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// The opposite entry.
    pub entry: EntryId,
    /// Its effect on the member's total.
    pub points: i64,
    /// The lot of returned points that could not go back where they came from.
    pub lot: Option<LotId>,
    /// What of a grant had expired unused: nobody is charged for it.
    pub lapsed: Points,
    /// What of returned points paid debt.
    pub debt_repaid: Points,
    /// What of a grant is owed now.
    pub debt: Points,
}

/// Writes the opposite of an adjustment.
///
/// A grant is taken from its own lot first, then from the others in consumption
/// order; what of its lot expired unused is not charged. A deduction goes back
/// into the lots that paid it; what they can no longer take, and what had become
/// debt, forms a lot that lives as the policy gives it now. Returned points pay
/// debt first. Taking back is no activity of the member.
///
/// # Errors
///
/// [`Insufficient`] when a grant's points are no longer available and debt is
/// not allowed; nothing but settling has happened.
pub fn undo(
    account: &mut Account,
    undo: Undo<'_>,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Undone, Insufficient> {
    settle_into(account, now, ids, entries);
    if undo.entry.points < 0 {
        Ok(give_back(account, undo, terms, now, ids, entries))
    } else {
        take_back(account, undo, now, ids, entries)
    }
}

fn take_back(
    account: &mut Account,
    undo: Undo<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Undone, Insufficient> {
    let granted = Points(undo.entry.points);
    let own = account.lots.iter().find(|lot| Some(lot.id) == undo.entry.lot);
    let lapsed = own.map_or(Points::ZERO, |lot| lot.expired.minus_to_zero(lot.lapsed)).min(granted);
    let required = granted.minus(lapsed);
    let available = available(account, now);
    let debt = required.minus_to_zero(available);
    if debt.is_positive() && !undo.allow_debt {
        return Err(Insufficient { available, required });
    }
    // Where a merge left debt beside open lots, that debt keeps its claim on them.
    let mut left = required.min(available);
    let mut changes = Vec::new();
    let own_lot = undo.entry.lot;
    if let Some(lot) = own_lot.and_then(|id| account.lot_mut(id)) {
        let points = if lot.is_open(now) { lot.remaining.min(left) } else { Points::ZERO };
        lot.remaining = lot.remaining.minus(points);
        lot.lapsed = lot.lapsed.plus(lapsed);
        left = left.minus(points);
        if points.is_positive() {
            changes.push(LotChange::take(lot.id, points));
        }
    }
    changes.extend(taken(&take(account, left, now, own_lot)));
    account.owe(undo.entry.home, debt);
    let entry = Entry {
        points: required.0.saturating_neg(),
        // What has no effect on the total is recorded all the same.
        moved: Some(lapsed).filter(|lapsed| lapsed.is_positive()),
        debt: debt.0,
        lot: own_lot,
        changes,
        cause: undo.cause,
        ..Entry::blank(EntryKind::Adjust, account.member, undo.entry.home, now, ids)
    };
    let undone = Undone {
        entry: entry.id,
        points: entry.points,
        lot: None,
        lapsed,
        debt_repaid: Points::ZERO,
        debt,
    };
    entries.push(entry);
    Ok(undone)
}

fn give_back(
    account: &mut Account,
    undo: Undo<'_>,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Undone {
    let points = Points(undo.entry.points.saturating_neg());
    let mut back: Vec<Draw> = Vec::new();
    for change in &undo.entry.changes {
        let paid = Points(change.remaining.saturating_neg());
        if let Some(lot) = account.lot_mut(change.lot).filter(|lot| !lot.is_expired(now)) {
            lot.remaining = lot.remaining.plus(paid);
            back.push(Draw { lot: lot.id, points: paid });
        }
    }
    let rest = points.minus(back.iter().map(|draw| draw.points).sum());
    let mut fresh = None;
    if rest.is_positive() {
        let id = LotId(ids.next_id());
        account.lots.push(lot_of(
            Earning {
                kind: EntryKind::Adjust,
                points: rest,
                home: undo.entry.home,
                at: now,
                available_at: Some(now),
                expires_at: expires_at(terms.policy.expiry, now, terms.zone),
                source: Source {
                    kind: SourceKind::Adjust,
                    order: None,
                    channel: None,
                    shop: None,
                    rule: undo.cause.key.clone(),
                },
                cause: Cause::default(),
            },
            id,
            now,
        ));
        back.push(Draw { lot: id, points: rest });
        fresh = Some(id);
    }
    let entry = Entry {
        points: points.0,
        lot: fresh,
        changes: back.iter().map(|draw| LotChange::add(draw.lot, draw.points)).collect(),
        cause: undo.cause,
        ..Entry::blank(EntryKind::Adjust, account.member, undo.entry.home, now, ids)
    };
    let id = entry.id;
    entries.push(entry);
    let debt_repaid = back.into_iter().map(|draw| repay(account, draw, now, ids, entries)).sum();
    Undone {
        entry: id,
        points: points.0,
        lot: fresh,
        lapsed: Points::ZERO,
        debt_repaid,
        debt: Points::ZERO,
    }
}
