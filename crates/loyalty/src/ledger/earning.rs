//! New points: lots that orders, awards, adjustments and migrations bring.

use super::policies::{Expiry, Terms, expires_at};
use super::settling::{mature, repay, settle_into};
use super::{
    Account, Cause, Draw, Entry, EntryId, EntryKind, Lot, LotChange, LotId, OrderId, Points, Source,
};
use crate::ids::{MemberId, NewIds};
use crate::time::{Timestamp, Zone};

/// Points to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    /// What the entry calls it: earn, adjust or migrate.
    pub kind: EntryKind,
    /// How many; nothing happens when not positive.
    pub points: Points,
    /// The member whose identity brought them.
    pub home: MemberId,
    /// The effective time of the event.
    pub at: Timestamp,
    /// From when they can be spent; `None` while they wait for the order's completion.
    pub available_at: Option<Timestamp>,
    /// The first instant at which they cannot be spent; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// What brought them.
    pub source: Source,
    /// What the entry refers to.
    pub cause: Cause,
}

/// What became of points given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Earned {
    /// The new lot; none when there were no points.
    pub lot: Option<LotId>,
    /// The entry that says so.
    pub entry: Option<EntryId>,
    /// What of them paid debt at once.
    pub debt_repaid: Points,
    /// What of them is not yet available.
    pub pending: Points,
}

/// Settles the account and adds a lot; points that are available pay debt first.
///
/// A lot that a late event brings after its own end expires at once, dated at
/// that end. With the policy `activity` an earning slides the other open lots.
pub fn earn(
    account: &mut Account,
    earning: Earning,
    terms: Terms<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Earned {
    settle_into(account, now, ids, entries);
    if !earning.points.is_positive() {
        return Earned::default();
    }
    // Grants by hand and migrations are no activity of the member.
    if earning.kind == EntryKind::Earn {
        slide_by(account, earning.at, terms, now);
    }
    let id = LotId(ids.next_id());
    let fresh = Draw { lot: id, points: earning.points };
    let cause = earning.cause.clone();
    let (kind, home, at, points) = (earning.kind, earning.home, earning.at, earning.points);
    let lot = lot_of(earning, id, now);
    let entry = Entry {
        points: points.0,
        lot: Some(id),
        changes: vec![LotChange::add(id, points)],
        cause,
        ..Entry::blank(kind, account.member, home, at, ids)
    };
    let mut earned = Earned { lot: Some(id), entry: Some(entry.id), ..Earned::default() };
    if lot.pending && !lot.is_expired(now) {
        earned.pending = points;
    }
    entries.push(entry);
    account.lots.push(lot);
    settle_into(account, now, ids, entries);
    // Dated now and not at a late event's own time, when the debt may not yet have been made.
    earned.debt_repaid = repay(account, fresh, now, ids, entries);
    earned
}

/// The lot that points given form, nothing used of it yet.
pub(crate) fn lot_of(earning: Earning, id: LotId, now: Timestamp) -> Lot {
    Lot {
        id,
        home: earning.home,
        points: earning.points,
        remaining: earning.points,
        held: Points::ZERO,
        expired: Points::ZERO,
        lapsed: Points::ZERO,
        clawed_back: Points::ZERO,
        earned_at: earning.at,
        available_at: earning.available_at,
        pending: earning.available_at.is_none_or(|available_at| available_at > now),
        expires_at: earning.expires_at,
        source: earning.source,
    }
}

/// Starts the clock of an order's lot that waits for the completion.
///
/// The lot becomes available `days` calendar days after `completed_at`; a
/// second completion changes nothing. What is already due by `now` is settled.
pub fn complete(
    account: &mut Account,
    order: OrderId,
    completion: Completion<'_>,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    settle_into(account, now, ids, entries);
    let available_at = completion.zone.plus_days(completion.at, completion.days);
    let waiting = account
        .lots
        .iter_mut()
        .find(|lot| lot.source.order == Some(order) && lot.available_at.is_none());
    let Some(lot) = waiting else { return };
    lot.available_at = Some(available_at);
    let fresh = Draw { lot: lot.id, points: lot.remaining };
    // A completion that arrives late must not pay a debt before it was made.
    if lot.pending && fresh.points.is_positive() && lot.is_open(now) {
        mature(account, fresh.lot, available_at, ids, entries);
        repay(account, fresh, now, ids, entries);
    }
}

/// That an order was completed, and how long its points wait from then on.
#[derive(Debug, Clone, Copy)]
pub struct Completion<'a> {
    /// When it was completed.
    pub at: Timestamp,
    /// Calendar days from then to the points' availability.
    pub days: i64,
    /// The program's time zone.
    pub zone: &'a Zone,
}

/// Moves the end of every lot that is open at `now` to the end of the day
/// `days` after `at`; never backwards, and pending lots stay.
pub fn slide(account: &mut Account, at: Timestamp, days: i64, zone: &Zone, now: Timestamp) {
    let Some(end) = expires_at(Expiry::Activity { days }, at, zone) else { return };
    for lot in &mut account.lots {
        let has_points = lot.remaining.plus(lot.held).is_positive();
        if has_points && lot.is_open(now) {
            lot.expires_at = lot.expires_at.map(|current| current.max(end));
        }
    }
}

/// Slides the open lots where the policy says that activity keeps points alive.
pub(crate) fn slide_by(account: &mut Account, at: Timestamp, terms: Terms<'_>, now: Timestamp) {
    if let Expiry::Activity { days } = terms.policy.expiry {
        slide(account, at, days, terms.zone, now);
    }
}
