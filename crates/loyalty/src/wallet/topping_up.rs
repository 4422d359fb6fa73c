//! Money paid into a wallet, and taken out again by refunding the top-up.

use serde::{Deserialize, Serialize};

use super::{Cause, Change, Entry, EntryKind, Part, StoredLot, Wallet, entry};
use crate::amounts::{Money, Rounding, scale};
use crate::ids::{MemberId, NewIds, StoredLotId, TopUpId};
use crate::time::Timestamp;

/// Money to be paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUp {
    /// Its number.
    pub id: TopUpId,
    /// Whose wallet.
    pub member: MemberId,
    /// What the member pays.
    pub principal: Money,
    /// What comes on top.
    pub bonus: Money,
    /// When the bonus ends, if it does.
    pub bonus_expires_at: Option<Timestamp>,
}

/// A wallet would hold more than prepaid cards may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the wallet may hold {limit} of what is paid in, it would hold {would}")]
pub struct OverLimit {
    /// The most it may hold.
    pub limit: Money,
    /// What it would hold.
    pub would: Money,
}

/// Pays money in; the wallet is settled. The limit counts what was paid in, held money included.
///
/// # Errors
///
/// [`OverLimit`].
pub fn top_up(
    wallet: &mut Wallet,
    top_up: TopUp,
    limit: Money,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<(), OverLimit> {
    let there: Money = wallet
        .lots
        .iter()
        .filter(|lot| lot.part == Part::Principal)
        .map(|lot| lot.remaining.plus(lot.held))
        .sum();
    let would = there.plus(top_up.principal);
    if would > limit {
        return Err(OverLimit { limit, would });
    }
    let parts = [
        (Part::Principal, top_up.principal, None),
        (Part::Bonus, top_up.bonus, top_up.bonus_expires_at),
    ];
    for (part, amount, expires_at) in
        parts.into_iter().filter(|(_, amount, _)| amount.is_positive())
    {
        let lot = StoredLot {
            id: StoredLotId(ids.next_id()),
            member: top_up.member,
            home: top_up.member,
            part,
            amount,
            remaining: amount,
            held: Money::ZERO,
            received_at: now,
            expires_at,
            top_up: top_up.id,
        };
        let change = Change {
            kind: EntryKind::TopUp,
            amount,
            moved: Money::ZERO,
            at: now,
            hold: None,
            cause,
        };
        entries.push(entry(&lot, change, ids.next_id()));
        wallet.lots.push(lot);
    }
    Ok(())
}

/// What a refund of a top-up took out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOut {
    /// What the member gets back in money.
    pub principal: Money,
    /// What of the bonus is taken back.
    pub bonus: Money,
}

/// So much of the top-up is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("of this top-up {left} can be paid back")]
pub struct NotThere {
    /// What of its principal is unspent and not held.
    pub left: Money,
}

/// Pays a top-up back, all that is unspent of it or an amount, and takes the unspent bonus it
/// gave: all of it with all of the principal, else its share, floored. The wallet is settled.
///
/// # Errors
///
/// [`NotThere`] when less of it is unspent, or nothing.
pub fn refund(
    wallet: &mut Wallet,
    top_up: TopUpId,
    amount: Option<Money>,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<TakenOut, NotThere> {
    let unspent = |part: Part| -> Money {
        let lots = wallet.lots.iter().filter(|lot| lot.top_up == top_up && lot.part == part);
        lots.map(|lot| lot.remaining).sum()
    };
    let (left, bonus_left) = (unspent(Part::Principal), unspent(Part::Bonus));
    let principal = amount.unwrap_or(left);
    if principal > left || !principal.is_positive() {
        return Err(NotThere { left });
    }
    let share = scale(bonus_left.0, principal.0, left.0.max(1), Rounding::Floor).unwrap_or(0);
    let taken = TakenOut { principal, bonus: Money(share) };
    for (part, mut owed) in [(Part::Principal, taken.principal), (Part::Bonus, taken.bonus)] {
        let lots = wallet.lots.iter_mut();
        for lot in lots.filter(|lot| lot.top_up == top_up && lot.part == part) {
            let amount = lot.remaining.min(owed);
            if !amount.is_positive() {
                continue;
            }
            lot.remaining = lot.remaining.minus(amount);
            owed = owed.minus(amount);
            let change = Change {
                kind: EntryKind::Refund,
                amount: Money::ZERO.minus(amount),
                moved: Money::ZERO,
                at: now,
                hold: None,
                cause,
            };
            entries.push(entry(lot, change, ids.next_id()));
        }
    }
    Ok(taken)
}
