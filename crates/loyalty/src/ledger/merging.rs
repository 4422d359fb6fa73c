//! Two accounts made one, and made two again.
//!
//! A merge moves lots, holds and debts unchanged; where each came from stays
//! written on it. An un-merge sends everything home and balances both books
//! with one entry each; the two always add up to zero.

use std::collections::BTreeMap;

use super::settling::{settle, settle_into};
use super::{Account, Cause, Entry, EntryKind, Hold, HoldId, HoldState, Lot, LotChange, LotId};
use crate::ids::{MemberId, NewIds};
use crate::time::Timestamp;

/// A live hold draws on lots of both sides: an un-merge must wait until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the live hold {hold} draws on points of both sides")]
pub struct LiveHoldOnBothSides {
    /// The hold.
    pub hold: HoldId,
}

/// Moves all points of `from` into `into`, both settled up to `at` first.
///
/// Debt stays debt: it lowers what is available until new points pay it.
/// `cause` is what the two transfers refer to.
pub fn merge(
    from: &mut Account,
    into: &mut Account,
    cause: &Cause,
    at: Timestamp,
    ids: &mut impl NewIds,
) -> Vec<Entry> {
    let mut entries = settle(from, at, ids);
    settle_into(into, at, ids, &mut entries);
    let moved: Vec<LotChange> = from
        .lots
        .iter()
        .map(holdings)
        .filter(|change| change.remaining != 0 || change.held != 0)
        .collect();
    let (points, debt) = (from.total(), from.debt().0);
    into.lots.append(&mut from.lots);
    into.holds.append(&mut from.holds);
    for owed in from.debts.drain(..) {
        into.owe(owed.home, owed.points);
    }
    let books = Books { points, debt, changes: moved };
    entries.extend(books.transfer(from.member, into.member, cause, at, ids));
    entries
}

/// Sends back what a merge brought: the lots and debts of every home that
/// `goes_back`, with what remains of them.
///
/// `entries` are all those of the survivor since the merge, also those about
/// lots used up long ago. Those whose home goes back change their `member`,
/// never their amounts. Points spent since are not re-created: for each side
/// and each lot the entries add up to what that side holds of it.
///
/// # Errors
///
/// [`LiveHoldOnBothSides`]; nothing has changed then.
pub fn unmerge(
    survivor: &mut Account,
    absorbed: &mut Account,
    goes_back: &dyn Fn(MemberId) -> bool,
    entries: &mut [Entry],
    cause: &Cause,
    at: Timestamp,
    ids: &mut impl NewIds,
) -> Result<Vec<Entry>, LiveHoldOnBothSides> {
    let live = |hold: &&Hold| hold.state == HoldState::Live && hold.until > at;
    for hold in survivor.holds.iter().filter(live) {
        if side_of(hold, survivor, goes_back) == Side::Both {
            return Err(LiveHoldOnBothSides { hold: hold.id });
        }
    }
    let mut written = settle(survivor, at, ids);
    settle_into(absorbed, at, ids, &mut written);

    let mut books = Books::default();
    let mut changes: BTreeMap<LotId, (i64, i64)> = BTreeMap::new();
    for entry in entries.iter_mut().chain(&mut written) {
        if entry.member == survivor.member && goes_back(entry.home) {
            entry.member = absorbed.member;
            books.points = books.points.saturating_sub(entry.points);
            books.debt = books.debt.saturating_sub(entry.debt);
            for change in &entry.changes {
                add(&mut changes, change.reversed());
            }
        }
    }
    let mut back = Account::new(absorbed.member);
    let holds = std::mem::take(&mut survivor.holds);
    let (moving, staying) =
        holds.into_iter().partition(|hold| side_of(hold, survivor, goes_back) == Side::Absorbed);
    back.holds = moving;
    survivor.holds = staying;
    back.lots = survivor.lots.extract_if(.., |lot| goes_back(lot.home)).collect();
    back.debts = survivor.debts.extract_if(.., |debt| goes_back(debt.home)).collect();
    for lot in &back.lots {
        add(&mut changes, holdings(lot));
    }
    books.points = books.points.saturating_add(back.total());
    books.debt = books.debt.saturating_add(back.debt().0);
    books.changes = changes
        .into_iter()
        .filter(|(_, (remaining, held))| *remaining != 0 || *held != 0)
        .map(|(lot, (remaining, held))| LotChange { lot, remaining, held })
        .collect();

    absorbed.lots.append(&mut back.lots);
    absorbed.holds.append(&mut back.holds);
    for owed in back.debts {
        absorbed.owe(owed.home, owed.points);
    }
    written.extend(books.transfer(survivor.member, absorbed.member, cause, at, ids));
    Ok(written)
}

fn add(changes: &mut BTreeMap<LotId, (i64, i64)>, change: LotChange) {
    let sums = changes.entry(change.lot).or_default();
    sums.0 = sums.0.saturating_add(change.remaining);
    sums.1 = sums.1.saturating_add(change.held);
}

/// What a lot brings to whoever it moves to.
fn holdings(lot: &Lot) -> LotChange {
    LotChange { lot: lot.id, remaining: lot.remaining.0, held: lot.held.0 }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Survivor,
    Absorbed,
    Both,
}

fn side_of(hold: &Hold, survivor: &Account, goes_back: &dyn Fn(MemberId) -> bool) -> Side {
    let moves =
        |lot: LotId| survivor.lots.iter().any(|known| known.id == lot && goes_back(known.home));
    let moving = hold.draws.iter().filter(|draw| moves(draw.lot)).count();
    match moving {
        0 => Side::Survivor,
        all if all == hold.draws.len() => Side::Absorbed,
        _ => Side::Both,
    }
}

/// What goes from one member's books to another's.
#[derive(Debug, Default)]
struct Books {
    points: i64,
    debt: i64,
    changes: Vec<LotChange>,
}

impl Books {
    /// The two entries, or none when nothing moves.
    fn transfer(
        self,
        from: MemberId,
        to: MemberId,
        cause: &Cause,
        at: Timestamp,
        ids: &mut impl NewIds,
    ) -> Vec<Entry> {
        if self.points == 0 && self.debt == 0 && self.changes.is_empty() {
            return Vec::new();
        }
        vec![
            Entry {
                points: self.points.saturating_neg(),
                debt: self.debt.saturating_neg(),
                changes: self.changes.iter().copied().map(LotChange::reversed).collect(),
                cause: cause.clone(),
                ..Entry::blank(EntryKind::Transfer, from, from, at, ids)
            },
            Entry {
                points: self.points,
                debt: self.debt,
                changes: self.changes,
                cause: cause.clone(),
                ..Entry::blank(EntryKind::Transfer, to, to, at, ids)
            },
        ]
    }
}
