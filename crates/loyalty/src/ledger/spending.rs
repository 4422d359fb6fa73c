//! Points used: holds, spending at once, and adjustments by hand.
//!
//! Consumption goes by `expires_at` ascending (never last), then
//! `available_at`, then lot number. Every function settles the account first.

use super::balances::available;
use super::earning::{Earning, earn, slide_by};
use super::policies::Terms;
use super::settling::{expire, put_back, repay, settle_into};
use super::{
    Account, Cause, Draw, Entry, EntryId, EntryKind, Hold, HoldId, HoldState, LotChange, LotId,
    Origin, Points, Source,
};
use crate::ids::NewIds;
use crate::time::Timestamp;

/// The points available do not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{required} points are required and {available} are available")]
pub struct Insufficient {
    /// What can be spent.
    pub available: Points,
    /// What was asked for.
    pub required: Points,
}

/// Why a hold could not be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// The account has no such hold.
    #[error("there is no hold {0}")]
    NoHold(HoldId),
    /// It timed out and its points are gone.
    #[error("the hold {0} timed out and its points are no longer there")]
    HoldLost(HoldId),
    /// It was cancelled.
    #[error("the hold {0} was cancelled")]
    HoldCancelled(HoldId),
}

/// Why a hold could not be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The account has no such hold.
    #[error("there is no hold {0}")]
    NoHold(HoldId),
    /// It was confirmed.
    #[error("the hold {0} was confirmed")]
    HoldConfirmed(HoldId),
}

/// Points to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRequest {
    /// How many; a negative number counts as none.
    pub points: Points,
    /// What for.
    pub purpose: String,
    /// The instant from which they count as released; later than now.
    pub until: Timestamp,
}

/// What confirming did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The points are spent now; the entry that says so.
    Spent(EntryId),
    /// They were spent by an earlier confirmation.
    AlreadyConfirmed,
}

/// What cancelling did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// The points are back now; the entry that says so.
    Released(EntryId),
    /// The time-out had already put them back.
    TimedOut,
    /// They came back by an earlier cancellation.
    AlreadyCancelled,
}

/// Points spent at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The entry.
    pub entry: EntryId,
    /// The lots that paid, in the order of consumption.
    pub draws: Vec<Draw>,
}

/// Sets points aside for a purchase: all or nothing.
///
/// # Errors
///
/// [`Insufficient`] when fewer are available; nothing but settling has happened.
pub fn hold(
    account: &mut Account,
    request: HoldRequest,
    origin: Origin,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<HoldId, Insufficient> {
    settle_into(account, now, ids, entries);
    let points = request.points.max(Points::ZERO);
    let draws = draw(account, points, now)?;
    let id = HoldId(ids.next_id());
    for draw in &draws {
        if let Some(lot) = account.lot_mut(draw.lot) {
            lot.held = lot.held.plus(draw.points);
        }
    }
    let set_aside = |draw: &Draw| LotChange::set_aside(draw.lot, draw.points);
    entries.push(Entry {
        moved: Some(points),
        changes: draws.iter().map(set_aside).collect(),
        cause: Cause { hold: Some(id), ..origin.cause },
        ..Entry::blank(EntryKind::Hold, account.member, origin.home, now, ids)
    });
    account.holds.push(Hold {
        id,
        points,
        purpose: request.purpose,
        until: request.until,
        state: HoldState::Live,
        draws,
        created_at: now,
    });
    Ok(id)
}

/// Makes a hold a spend.
///
/// After its time-out the very same points are taken from the same lots again,
/// if all of them are still there and not owed.
///
/// # Errors
///
/// [`ConfirmError`]; nothing but settling has happened.
pub fn confirm(
    account: &mut Account,
    hold: HoldId,
    origin: Origin,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Confirmed, ConfirmError> {
    settle_into(account, now, ids, entries);
    let found = account.holds.iter_mut().find(|known| known.id == hold);
    let confirmed = found.ok_or(ConfirmError::NoHold(hold))?;
    let was_live = match confirmed.state {
        HoldState::Confirmed => return Ok(Confirmed::AlreadyConfirmed),
        HoldState::Cancelled => return Err(ConfirmError::HoldCancelled(hold)),
        HoldState::Live => true,
        HoldState::Released => false,
    };
    let (points, draws) = (confirmed.points, confirmed.draws.clone());
    if !was_live && !has_again(account, points, &draws, now) {
        return Err(ConfirmError::HoldLost(hold));
    }
    let mut changes = Vec::with_capacity(draws.len());
    for draw in draws {
        let Some(lot) = account.lot_mut(draw.lot) else { continue };
        if was_live {
            lot.held = lot.held.minus(draw.points);
            changes.push(LotChange::take_held(draw.lot, draw.points));
        } else {
            lot.remaining = lot.remaining.minus(draw.points);
            changes.push(LotChange::take(draw.lot, draw.points));
        }
    }
    for known in &mut account.holds {
        if known.id == hold {
            known.state = HoldState::Confirmed;
        }
    }
    let entry = Entry {
        points: points.0.saturating_neg(),
        changes,
        cause: Cause { hold: Some(hold), ..origin.cause },
        ..Entry::blank(EntryKind::Spend, account.member, origin.home, now, ids)
    };
    let spent = Confirmed::Spent(entry.id);
    entries.push(entry);
    if points.is_positive() {
        slide_by(account, now, terms, now);
    }
    Ok(spent)
}

/// Whether the points of a hold that timed out can be taken from the same lots again.
fn has_again(account: &Account, points: Points, draws: &[Draw], now: Timestamp) -> bool {
    // After a merge a debt stands beside open lots: what is owed is not there to be spent.
    available(account, now) >= points
        && draws.iter().all(|draw| {
            account
                .lots
                .iter()
                .any(|lot| lot.id == draw.lot && lot.is_open(now) && lot.remaining >= draw.points)
        })
}

/// Puts held points back into the lots they came from.
///
/// What came from a lot that has expired meanwhile expires now; what came back
/// pays debt first. Cancelling after the time-out also rules out a late
/// confirmation.
///
/// # Errors
///
/// [`CancelError`]; nothing but settling has happened.
pub fn cancel(
    account: &mut Account,
    hold: HoldId,
    origin: Origin,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Cancelled, CancelError> {
    settle_into(account, now, ids, entries);
    let found = account.holds.iter_mut().find(|known| known.id == hold);
    let cancelled = found.ok_or(CancelError::NoHold(hold))?;
    match cancelled.state {
        HoldState::Confirmed => return Err(CancelError::HoldConfirmed(hold)),
        HoldState::Cancelled => return Ok(Cancelled::AlreadyCancelled),
        HoldState::Released => {
            cancelled.state = HoldState::Cancelled;
            return Ok(Cancelled::TimedOut);
        }
        HoldState::Live => cancelled.state = HoldState::Cancelled,
    }
    let draws = cancelled.draws.clone();
    let entry = Entry {
        home: origin.home,
        cause: Cause { hold: Some(hold), ..origin.cause },
        ..put_back(account.member, &mut account.lots, cancelled, now, ids)
    };
    let released = Cancelled::Released(entry.id);
    entries.push(entry);
    expire(account, now, ids, entries);
    for draw in draws {
        repay(account, draw, now, ids, entries);
    }
    Ok(released)
}

/// Spends points at once: all or nothing.
///
/// # Errors
///
/// [`Insufficient`] when fewer are available; nothing but settling has happened.
pub fn spend(
    account: &mut Account,
    points: Points,
    origin: Origin,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Spent, Insufficient> {
    settle_into(account, now, ids, entries);
    let points = points.max(Points::ZERO);
    let draws = draw(account, points, now)?;
    let entry = Entry {
        points: points.0.saturating_neg(),
        changes: taken(&draws),
        cause: origin.cause,
        ..Entry::blank(EntryKind::Spend, account.member, origin.home, now, ids)
    };
    let spent = Spent { entry: entry.id, draws };
    entries.push(entry);
    if points.is_positive() {
        slide_by(account, now, terms, now);
    }
    Ok(spent)
}

/// Points granted or deducted by a person or a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// How many: granted where positive, deducted where negative.
    pub points: Points,
    /// The end of granted points; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Whether what a deduction does not find becomes debt.
    pub allow_debt: bool,
    /// What brought granted points.
    pub source: Source,
    /// Whose event it is and what the entry refers to.
    pub origin: Origin,
}

/// What an adjustment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Adjusted {
    /// The entry; none when there were no points.
    pub entry: Option<EntryId>,
    /// The lot of granted points.
    pub lot: Option<LotId>,
    /// What of granted points paid debt.
    pub debt_repaid: Points,
    /// What of a deduction became debt.
    pub debt: Points,
}

/// Grants points as a lot of their own or deducts them in consumption order.
///
/// # Errors
///
/// [`Insufficient`] when a deduction goes beyond what is available and does
/// not allow debt; nothing but settling has happened.
pub fn adjust(
    account: &mut Account,
    adjustment: Adjustment,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Adjusted, Insufficient> {
    if adjustment.points.0 < 0 {
        let points = Points(adjustment.points.0.saturating_neg());
        return deduct(account, points, adjustment, now, ids, entries);
    }
    let earning = Earning {
        kind: EntryKind::Adjust,
        points: adjustment.points,
        home: adjustment.origin.home,
        at: now,
        available_at: Some(now),
        expires_at: adjustment.expires_at,
        source: adjustment.source,
        cause: adjustment.origin.cause,
    };
    let earned = earn(account, earning, terms, now, ids, entries);
    Ok(Adjusted {
        entry: earned.entry,
        lot: earned.lot,
        debt_repaid: earned.debt_repaid,
        debt: Points::ZERO,
    })
}

fn deduct(
    account: &mut Account,
    points: Points,
    adjustment: Adjustment,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Adjusted, Insufficient> {
    settle_into(account, now, ids, entries);
    let available = available(account, now);
    let debt = points.minus_to_zero(available);
    if debt.is_positive() && !adjustment.allow_debt {
        return Err(Insufficient { available, required: points });
    }
    // Where a merge left debt beside open lots, that debt keeps its claim on them.
    let draws = take(account, points.min(available), now, None);
    account.owe(adjustment.origin.home, debt);
    let entry = Entry {
        points: points.0.saturating_neg(),
        debt: debt.0,
        changes: taken(&draws),
        cause: adjustment.origin.cause,
        ..Entry::blank(EntryKind::Adjust, account.member, adjustment.origin.home, now, ids)
    };
    let entry_id = entry.id;
    entries.push(entry);
    Ok(Adjusted { entry: Some(entry_id), debt, ..Adjusted::default() })
}

/// Takes exactly `points` out of the open lots, or nothing.
fn draw(account: &mut Account, points: Points, now: Timestamp) -> Result<Vec<Draw>, Insufficient> {
    let available = available(account, now);
    if points > available {
        return Err(Insufficient { available, required: points });
    }
    Ok(take(account, points, now, None))
}

/// Takes up to `points` out of the open lots but `spared`, in consumption order.
pub(crate) fn take(
    account: &mut Account,
    points: Points,
    now: Timestamp,
    spared: Option<LotId>,
) -> Vec<Draw> {
    let mut draws = Vec::new();
    if !points.is_positive() {
        return draws;
    }
    let is_usable = |lot: &&mut super::Lot| {
        lot.remaining.is_positive() && lot.is_open(now) && Some(lot.id) != spared
    };
    let mut open: Vec<_> = account.lots.iter_mut().filter(is_usable).collect();
    open.sort_by_key(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.available_at, lot.id));
    let mut left = points;
    for lot in open {
        let part = lot.remaining.min(left);
        if !part.is_positive() {
            break;
        }
        lot.remaining = lot.remaining.minus(part);
        left = left.minus(part);
        draws.push(Draw { lot: lot.id, points: part });
    }
    draws
}

/// What draws do to what remains of their lots.
pub(crate) fn taken(draws: &[Draw]) -> Vec<LotChange> {
    draws.iter().map(|draw| LotChange::take(draw.lot, draw.points)).collect()
}
