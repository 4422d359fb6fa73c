//! What time does to a wallet: holds time out, bonus ends.

use super::{Cause, Change, Entry, EntryKind, HoldState, Wallet, entry};
use crate::amounts::Money;
use crate::ids::NewIds;
use crate::time::Timestamp;

/// Writes down what time did up to `now`: at one instant releases first, then expiries.
pub fn settle(
    wallet: &mut Wallet,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    let mut due: Vec<(Timestamp, usize)> = wallet
        .holds
        .iter()
        .enumerate()
        .filter(|(_, hold)| hold.state == HoldState::Live && hold.until <= now)
        .map(|(place, hold)| (hold.until, place))
        .collect();
    due.sort_unstable();
    for (until, place) in due {
        expire(wallet, Timestamp(until.0.saturating_sub(1)), None, ids, entries);
        give_back(wallet, place, HoldState::Released, &Cause::default(), until, ids, entries);
        expire(wallet, until, Some(until), ids, entries);
    }
    expire(wallet, now, None, ids, entries);
}

/// Ends lots whose end has come by `upto`; what a hold kept until `released_at` ends then.
fn expire(
    wallet: &mut Wallet,
    upto: Timestamp,
    released_at: Option<Timestamp>,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    for lot in wallet.lots.iter_mut().filter(|lot| lot.remaining.is_positive()) {
        let Some(end) = lot.expires_at.filter(|end| *end <= upto) else { continue };
        let change = Change {
            kind: EntryKind::Expire,
            amount: Money::ZERO.minus(lot.remaining),
            moved: Money::ZERO,
            at: released_at.unwrap_or(end),
            hold: None,
            cause: &Cause::default(),
        };
        entries.push(entry(lot, change, ids.next_id()));
        lot.remaining = Money::ZERO;
    }
}

/// Puts what a hold set aside back into its lots.
pub(super) fn give_back(
    wallet: &mut Wallet,
    place: usize,
    state: HoldState,
    cause: &Cause,
    at: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    let Some(hold) = wallet.holds.get_mut(place) else { return };
    hold.state = state;
    for draw in &hold.draws {
        let Some(lot) = wallet.lots.iter_mut().find(|lot| lot.id == draw.lot) else { continue };
        lot.held = lot.held.minus(draw.amount);
        lot.remaining = lot.remaining.plus(draw.amount);
        let change = Change {
            kind: EntryKind::Release,
            amount: Money::ZERO,
            moved: Money::ZERO.minus(draw.amount),
            at,
            hold: Some(hold.id),
            cause,
        };
        entries.push(entry(lot, change, ids.next_id()));
    }
}

/// When time alone next changes a wallet.
pub fn next_due(wallet: &Wallet) -> Option<Timestamp> {
    let holds = wallet.holds.iter().filter(|hold| hold.state == HoldState::Live);
    let lots = wallet.lots.iter().filter(|lot| lot.remaining.is_positive());
    holds.map(|hold| hold.until).chain(lots.filter_map(|lot| lot.expires_at)).min()
}
