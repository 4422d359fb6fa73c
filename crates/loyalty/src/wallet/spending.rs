//! Money set aside, spent, and given back by refunds.

use serde::{Deserialize, Serialize};

use super::settling::{give_back, settle};
use super::{
    Balance, Cause, Change, Draw, Entry, EntryKind, HoldState, Part, StoredLot, Wallet, WalletHold,
    balance, entry,
};
use crate::amounts::{Money, Rounding, scale};
use crate::ids::{HoldId, MemberId, NewIds, StoredLotId};
use crate::orders::OrderKey;
use crate::time::{Timestamp, Zone};

/// Which part a purchase takes first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SpendOrder {
    /// Both in the proportion they stand in; the bonus share is floored.
    #[default]
    ProRata,
    /// What was paid in.
    PrincipalFirst,
    /// What came on top.
    BonusFirst,
}

/// The wallet does not have so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the wallet has {available}, {required} are asked for")]
pub struct Insufficient {
    /// What it has.
    pub available: Money,
    /// What was asked for.
    pub required: Money,
}

/// How a purchase divides over the parts; `amount` is within the balance.
pub fn shares(balance: Balance, amount: Money, order: SpendOrder) -> (Money, Money) {
    let bonus = match order {
        SpendOrder::PrincipalFirst => amount.minus_to_zero(balance.principal),
        SpendOrder::BonusFirst => amount.min(balance.bonus),
        SpendOrder::ProRata => {
            let total = balance.total().0.max(1);
            Money(scale(amount.0, balance.bonus.0, total, Rounding::Floor).unwrap_or(0))
                .min(balance.bonus)
        }
    };
    (amount.minus(bonus), bonus)
}

/// Which lots pay: of each part the soonest to end first.
fn draws(
    wallet: &Wallet,
    amount: Money,
    order: SpendOrder,
    now: Timestamp,
) -> Result<Vec<Draw>, Insufficient> {
    let balance = balance(wallet, now);
    if balance.total() < amount {
        return Err(Insufficient { available: balance.total(), required: amount });
    }
    let (principal, bonus) = shares(balance, amount, order);
    let mut drawn = Vec::new();
    for (part, mut owed) in [(Part::Principal, principal), (Part::Bonus, bonus)] {
        let mut lots: Vec<&StoredLot> =
            wallet.lots.iter().filter(|lot| lot.part == part && lot.is_live(now)).collect();
        lots.sort_by_key(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.received_at, lot.id));
        for lot in lots {
            let amount = lot.remaining.min(owed);
            if amount.is_positive() {
                drawn.push(Draw { lot: lot.id, part, amount, restored: Money::ZERO });
                owed = owed.minus(amount);
            }
        }
    }
    Ok(drawn)
}

/// What is asked of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRequest {
    /// Whose wallet.
    pub member: MemberId,
    /// How much.
    pub amount: Money,
    /// What for.
    pub purpose: String,
    /// Until when.
    pub until: Timestamp,
}

/// Sets money aside. What time did to the wallet is written down first.
///
/// # Errors
///
/// [`Insufficient`] when there is not so much; nothing is set aside then.
pub fn hold(
    wallet: &mut Wallet,
    request: HoldRequest,
    order: SpendOrder,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<HoldId, Insufficient> {
    settle(wallet, now, ids, entries);
    let draws = draws(wallet, request.amount, order, now)?;
    let id = HoldId(ids.next_id());
    set_aside(wallet, &draws, id, cause, now, ids, entries);
    wallet.holds.push(WalletHold {
        id,
        member: request.member,
        amount: request.amount,
        purpose: request.purpose,
        until: request.until,
        state: HoldState::Live,
        draws,
        order: None,
        created_at: now,
    });
    Ok(id)
}

fn set_aside(
    wallet: &mut Wallet,
    draws: &[Draw],
    hold: HoldId,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) {
    for draw in draws {
        let Some(lot) = wallet.lots.iter_mut().find(|lot| lot.id == draw.lot) else { continue };
        lot.remaining = lot.remaining.minus(draw.amount);
        lot.held = lot.held.plus(draw.amount);
        let change = Change {
            kind: EntryKind::Hold,
            amount: Money::ZERO,
            moved: draw.amount,
            at: now,
            hold: Some(hold),
            cause,
        };
        entries.push(entry(lot, change, ids.next_id()));
    }
}

/// Why a hold cannot be confirmed or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndError {
    /// There is no such hold in the wallet.
    #[error("there is no such hold")]
    Unknown,
    /// It timed out and its money is gone.
    #[error("the hold timed out and its money is no longer there")]
    Lost,
    /// It was confirmed.
    #[error("the hold was confirmed already")]
    Confirmed,
    /// It was cancelled.
    #[error("the hold was cancelled already")]
    Cancelled,
}

/// Spends what a hold set aside; after its time-out the very same money is taken again.
///
/// Confirming a confirmed hold changes nothing.
///
/// # Errors
///
/// [`EndError`].
pub fn confirm(
    wallet: &mut Wallet,
    id: HoldId,
    order: Option<&OrderKey>,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<(), EndError> {
    settle(wallet, now, ids, entries);
    let place = wallet.holds.iter().position(|hold| hold.id == id).ok_or(EndError::Unknown)?;
    let Some(found) = wallet.holds.get(place).cloned() else { return Err(EndError::Unknown) };
    match found.state {
        HoldState::Confirmed => return Ok(()),
        HoldState::Cancelled => return Err(EndError::Cancelled),
        HoldState::Live => {}
        HoldState::Released => {
            let is_there = found.draws.iter().all(|draw| {
                wallet.lots.iter().any(|lot| {
                    lot.id == draw.lot && lot.is_live(now) && lot.remaining >= draw.amount
                })
            });
            if !is_there {
                return Err(EndError::Lost);
            }
            set_aside(wallet, &found.draws, id, cause, now, ids, entries);
        }
    }
    for draw in &found.draws {
        let Some(lot) = wallet.lots.iter_mut().find(|lot| lot.id == draw.lot) else { continue };
        lot.held = lot.held.minus(draw.amount);
        let change = Change {
            kind: EntryKind::Spend,
            amount: Money::ZERO.minus(draw.amount),
            moved: Money::ZERO.minus(draw.amount),
            at: now,
            hold: Some(id),
            cause,
        };
        entries.push(entry(lot, change, ids.next_id()));
    }
    if let Some(hold) = wallet.holds.get_mut(place) {
        hold.state = HoldState::Confirmed;
        hold.order = order.cloned();
    }
    Ok(())
}

/// Gives back what a hold set aside. Cancelling one that ended without being spent changes nothing.
///
/// # Errors
///
/// [`EndError::Confirmed`] when it was spent, [`EndError::Unknown`].
pub fn cancel(
    wallet: &mut Wallet,
    id: HoldId,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<(), EndError> {
    settle(wallet, now, ids, entries);
    let place = wallet.holds.iter().position(|hold| hold.id == id).ok_or(EndError::Unknown)?;
    match wallet.holds.get(place).map(|hold| hold.state) {
        Some(HoldState::Live) => {
            give_back(wallet, place, HoldState::Cancelled, cause, now, ids, entries);
            settle(wallet, now, ids, entries);
            Ok(())
        }
        Some(HoldState::Confirmed) => Err(EndError::Confirmed),
        _ => Ok(()),
    }
}

/// More is refunded than was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("of this spend {left} can still be given back")]
pub struct Exceeds {
    /// What can still be given back.
    pub left: Money,
}

/// What a refund of a purchase gave back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Of what was paid in.
    pub principal: Money,
    /// Of what came on top.
    pub bonus: Money,
}

/// What a refund of a purchase gives back to the wallet.
#[derive(Debug, Clone, Copy)]
pub struct GiveBack<'a> {
    /// How much.
    pub amount: Money,
    /// Where the days are that bonus lives on.
    pub zone: &'a Zone,
    /// How many of them, for bonus whose lot has ended.
    pub grace_days: i64,
}

/// Gives back part of a spend, to each part what it gave: the bonus share of all that has come
/// back so far is floored. The lots last drawn on get it first. Bonus whose lot has ended lives
/// to the end of the day `grace_days` on, in a lot of its own.
///
/// `lots` are all that the spend drew on, whoever owns them now.
///
/// # Errors
///
/// [`Exceeds`] when that is more than was spent and not given back yet.
pub fn restore(
    lots: &mut Vec<StoredLot>,
    spend: &mut WalletHold,
    back: GiveBack<'_>,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<Restored, Exceeds> {
    let GiveBack { amount, zone, grace_days } = back;
    let (given, principal_back) = (given(spend, Part::Bonus), given(spend, Part::Principal).1);
    let back_so_far = given.1.plus(principal_back);
    let left = spend.amount.minus(back_so_far);
    if amount > left || spend.state != HoldState::Confirmed {
        return Err(Exceeds { left });
    }
    let upto = back_so_far.plus(amount);
    let bonus_upto = scale(given.0.0, upto.0, spend.amount.0.max(1), Rounding::Floor).unwrap_or(0);
    let bonus = Money(bonus_upto).minus_to_zero(given.1).min(amount);
    let restored = Restored { principal: amount.minus(bonus), bonus };
    let life = Life { zone, grace_days };
    restore_parts(lots, spend, restored, life, cause, now, ids, entries)?;
    Ok(restored)
}

/// What of a part a spend took, and what of that has come back.
fn given(spend: &WalletHold, part: Part) -> (Money, Money) {
    let draws = spend.draws.iter().filter(|draw| draw.part == part);
    draws.fold((Money::ZERO, Money::ZERO), |(given, back), draw| {
        (given.plus(draw.amount), back.plus(draw.restored))
    })
}

/// How long bonus lives on that comes back after its end.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    /// Where its days are.
    pub zone: &'a Zone,
    /// How many of them.
    pub grace_days: i64,
}

/// Gives back so much of each part of a spend, as [`restore`] does.
///
/// # Errors
///
/// [`Exceeds`] when that is more of a part than was spent and not given back yet.
#[expect(clippy::too_many_arguments, reason = "the spend, what of it, and where it goes")]
pub fn restore_parts(
    lots: &mut Vec<StoredLot>,
    spend: &mut WalletHold,
    parts: Restored,
    life: Life<'_>,
    cause: &Cause,
    now: Timestamp,
    ids: &mut impl NewIds,
    entries: &mut Vec<Entry>,
) -> Result<(), Exceeds> {
    let Life { zone, grace_days } = life;
    for (part, owed) in [(Part::Principal, parts.principal), (Part::Bonus, parts.bonus)] {
        let (given, back) = given(spend, part);
        let left = given.minus(back);
        if owed > left || spend.state != HoldState::Confirmed {
            return Err(Exceeds { left });
        }
    }
    for (part, mut owed) in [(Part::Principal, parts.principal), (Part::Bonus, parts.bonus)] {
        for draw in spend.draws.iter_mut().rev().filter(|draw| draw.part == part) {
            let amount = draw.amount.minus(draw.restored).min(owed);
            if !amount.is_positive() {
                continue;
            }
            let Some(place) = lots.iter().position(|lot| lot.id == draw.lot) else { continue };
            draw.restored = draw.restored.plus(amount);
            owed = owed.minus(amount);
            let place = if lots.get(place).is_some_and(|lot| lot.is_live(now)) {
                place
            } else {
                revive(lots, place, zone.end_of_day(zone.plus_days(now, grace_days)), now, ids)
            };
            let Some(lot) = lots.get_mut(place) else { continue };
            lot.remaining = lot.remaining.plus(amount);
            lot.amount = lot.amount.max(lot.remaining);
            let change = Change {
                kind: EntryKind::Restore,
                amount,
                moved: Money::ZERO,
                at: now,
                hold: Some(spend.id),
                cause,
            };
            entries.push(entry(lot, change, ids.next_id()));
        }
    }
    Ok(())
}

/// A new, empty lot in the place of one that has ended.
fn revive(
    lots: &mut Vec<StoredLot>,
    place: usize,
    expires_at: Timestamp,
    now: Timestamp,
    ids: &mut impl NewIds,
) -> usize {
    let Some(ended) = lots.get(place).cloned() else { return place };
    lots.push(StoredLot {
        id: StoredLotId(ids.next_id()),
        amount: Money::ZERO,
        remaining: Money::ZERO,
        held: Money::ZERO,
        received_at: now,
        expires_at: Some(expires_at),
        ..ended
    });
    lots.len().saturating_sub(1)
}
