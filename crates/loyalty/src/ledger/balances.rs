//! What a member can spend, by the time alone: no figure here waits for a job.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::settling::{next_due, settle};
use super::{Account, Lot, Points};
use crate::ids::Counter;
use crate::time::Timestamp;

/// A member's points at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The instant.
    pub at: Timestamp,
    /// What can be spent.
    pub available: Points,
    /// What is not yet available.
    pub pending: Points,
    /// What live holds set aside.
    pub held: Points,
    /// What is owed.
    pub debt: Points,
    /// What ends when, of the open and the pending lots, soonest first, one line an instant.
    pub expiring: Vec<(Timestamp, Points)>,
}

/// Where a lot is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LotState {
    /// Not yet available.
    Pending,
    /// Some of it remains or is held.
    Open,
    /// Nothing is left and none of it expired.
    Used,
    /// It ended with something unused.
    Expired,
    /// Claw-backs took all of it.
    ClawedBack,
}

/// The balance at `at`, whether or not a job has written what was due by then.
///
/// `at` must not be before the last entry of the account: for the past,
/// [`replay`](super::auditing::replay) the entries first.
pub fn balance(account: &Account, at: Timestamp) -> Balance {
    let settled = if next_due(account).is_some_and(|due| due <= at) {
        let mut copy = account.clone();
        settle(&mut copy, at, &mut Counter(0));
        Cow::Owned(copy)
    } else {
        Cow::Borrowed(account)
    };
    let alive = || settled.lots.iter().filter(|lot| !lot.is_expired(at));
    let pending = alive().filter(|lot| !lot.is_available(at)).map(|lot| lot.remaining).sum();
    let mut ends: Vec<(Timestamp, Points)> = alive()
        .filter(|lot| lot.remaining.is_positive())
        .filter_map(|lot| lot.expires_at.map(|expires_at| (expires_at, lot.remaining)))
        .collect();
    ends.sort_by_key(|(expires_at, _)| *expires_at);
    let mut expiring: Vec<(Timestamp, Points)> = Vec::with_capacity(ends.len());
    for (expires_at, points) in ends {
        match expiring.last_mut().filter(|last| last.0 == expires_at) {
            Some(last) => last.1 = last.1.plus(points),
            None => expiring.push((expires_at, points)),
        }
    }
    Balance {
        at,
        available: available(&settled, at),
        pending,
        held: settled.lots.iter().map(|lot| lot.held).sum(),
        debt: settled.debt(),
        expiring,
    }
}

/// What can be spent of an account that is settled up to `at`.
pub(crate) fn available(account: &Account, at: Timestamp) -> Points {
    let open = account.lots.iter().filter(|lot| lot.is_open(at));
    open.map(|lot| lot.remaining).sum::<Points>().minus_to_zero(account.debt())
}

/// Where a lot is in its life at `at`.
pub fn lot_state(lot: &Lot, at: Timestamp) -> LotState {
    if !lot.remaining.plus(lot.held).is_positive() {
        if lot.expired.is_positive() {
            LotState::Expired
        } else if lot.clawed_back.is_positive() && lot.clawed_back >= lot.points {
            LotState::ClawedBack
        } else {
            LotState::Used
        }
    } else if lot.is_expired(at) {
        LotState::Expired
    } else if lot.is_available(at) {
        LotState::Open
    } else {
        LotState::Pending
    }
}
