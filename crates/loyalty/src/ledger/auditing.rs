//! The books read back: the past from the entries, and whether all adds up.

use std::collections::BTreeMap;

use super::{Account, Debt, Entry, EntryKind, HoldState, Lot, LotId, Points};
use crate::ids::{EntryId, MemberId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    remaining: i64,
    held: i64,
    expired: i64,
    clawed_back: i64,
}

fn sums_by_lot<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<LotId, Sums> {
    let mut lots: BTreeMap<LotId, Sums> = BTreeMap::new();
    for entry in entries {
        for change in &entry.changes {
            let sums = lots.entry(change.lot).or_default();
            sums.remaining = sums.remaining.saturating_add(change.remaining);
            sums.held = sums.held.saturating_add(change.held);
            match entry.kind {
                EntryKind::Expire => sums.expired = sums.expired.saturating_sub(change.remaining),
                EntryKind::Clawback => {
                    sums.clawed_back = sums.clawed_back.saturating_sub(change.remaining);
                }
                _ => {}
            }
        }
    }
    lots
}

/// The account as its entries up to and with `at` tell it, ready for
/// [`balance`](super::balances::balance) at `at`.
///
/// `entries` are the member's, with those that [`settle`](super::settling::settle)
/// adds by the present; `lots` are those they name, whoever owns them now. What
/// the member held of a lot counts as held without naming the hold; the end of a
/// lot that activity has moved since is the present one; debt is told as the
/// member's own.
pub fn replay(member: MemberId, entries: &[Entry], lots: &[Lot], at: Timestamp) -> Account {
    let past = || entries.iter().filter(|entry| entry.member == member && entry.at <= at);
    let sums = sums_by_lot(past());
    let then = |lot: &Lot| {
        sums.get(&lot.id).map(|sums| Lot {
            remaining: Points(sums.remaining),
            held: Points(sums.held),
            expired: Points(sums.expired),
            clawed_back: Points(sums.clawed_back),
            lapsed: Points::ZERO,
            pending: !lot.is_available(at),
            ..lot.clone()
        })
    };
    let debt = past().map(|entry| Points(entry.debt)).sum::<Points>();
    Account {
        member,
        lots: lots.iter().filter_map(then).collect(),
        holds: Vec::new(),
        debts: Some(Debt { home: member, points: debt })
            .filter(|debt| debt.points.is_positive())
            .into_iter()
            .collect(),
    }
}

/// Where the books of a member do not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// Σ entries differs from Σ remaining + Σ held − debt.
    #[error("the entries of {member} add up to {entries}, the account to {account}")]
    Total {
        /// The member.
        member: MemberId,
        /// Σ of the entries.
        entries: i64,
        /// What the account comes to.
        account: i64,
    },
    /// The changes of the debt differ from the debt.
    #[error("the entries of {member} make a debt of {entries}, the account owes {account}")]
    Debt {
        /// The member.
        member: MemberId,
        /// Σ of the changes.
        entries: i64,
        /// The debt.
        account: i64,
    },
    /// What entries did to a lot differs from what is left of it.
    #[error(
        "the entries of {member} leave {remaining} and {held} held of lot {lot}, \
         the account has {account_remaining} and {account_held}"
    )]
    Lot {
        /// The member.
        member: MemberId,
        /// The lot.
        lot: LotId,
        /// Σ of the changes of what remains.
        remaining: i64,
        /// Σ of the changes of what is held.
        held: i64,
        /// What remains.
        account_remaining: i64,
        /// What is held.
        account_held: i64,
    },
    /// What is held of a lot differs from what live holds draw on it.
    #[error("live holds draw {draws} on lot {lot}, which has {held} held")]
    Held {
        /// The lot.
        lot: LotId,
        /// Σ of the draws.
        draws: i64,
        /// What is held of it.
        held: i64,
    },
    /// A figure of a lot is below zero, or its parts exceed what it began with.
    #[error("the figures of lot {0} are impossible")]
    ImpossibleLot(LotId),
    /// An entry's effect differs from what it did to lots and debt.
    #[error("the entry {0} does not do what its points say")]
    UnevenEntry(EntryId),
}

/// Compares a member's account with all of its entries; empty when the books are right.
///
/// Neither side need be settled, but both must be of the same moment. A lot
/// that is absent counts as empty.
pub fn check(account: &Account, entries: &[Entry]) -> Vec<Discrepancy> {
    let member = account.member;
    let own = || entries.iter().filter(|entry| entry.member == member);
    let mut found: Vec<Discrepancy> =
        own().filter(|entry| !is_even(entry)).map(|e| Discrepancy::UnevenEntry(e.id)).collect();

    let points = own().map(|entry| entry.points).fold(0, i64::saturating_add);
    if points != account.total() {
        found.push(Discrepancy::Total { member, entries: points, account: account.total() });
    }
    let debt = own().map(|entry| entry.debt).fold(0, i64::saturating_add);
    if debt != account.debt().0 || account.debts.iter().any(|debt| !debt.points.is_positive()) {
        found.push(Discrepancy::Debt { member, entries: debt, account: account.debt().0 });
    }
    let mut sums = sums_by_lot(own());
    for lot in &account.lots {
        let of_entries = sums.remove(&lot.id).unwrap_or_default();
        found.extend(check_lot(member, of_entries, lot.id, lot.remaining, lot.held));
        found.extend(check_figures(account, lot));
    }
    for (lot, of_entries) in sums {
        found.extend(check_lot(member, of_entries, lot, Points::ZERO, Points::ZERO));
    }
    found
}

fn is_even(entry: &Entry) -> bool {
    let of_lots = entry
        .changes
        .iter()
        .map(|change| change.remaining.saturating_add(change.held))
        .fold(0, i64::saturating_add);
    entry.points == of_lots.saturating_sub(entry.debt)
}

fn check_lot(
    member: MemberId,
    sums: Sums,
    lot: LotId,
    remaining: Points,
    held: Points,
) -> Option<Discrepancy> {
    (sums.remaining != remaining.0 || sums.held != held.0).then_some(Discrepancy::Lot {
        member,
        lot,
        remaining: sums.remaining,
        held: sums.held,
        account_remaining: remaining.0,
        account_held: held.0,
    })
}

fn check_figures(account: &Account, lot: &Lot) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    let figures = [lot.remaining, lot.held, lot.expired, lot.clawed_back];
    let exceeds = figures.into_iter().sum::<Points>() > lot.points || lot.lapsed > lot.expired;
    if exceeds || lot.lapsed.0 < 0 || figures.iter().any(|figure| figure.0 < 0) {
        found.push(Discrepancy::ImpossibleLot(lot.id));
    }
    let draws = account
        .holds
        .iter()
        .filter(|hold| hold.state == HoldState::Live)
        .flat_map(|hold| &hold.draws)
        .filter(|draw| draw.lot == lot.id)
        .map(|draw| draw.points)
        .sum::<Points>();
    if draws != lot.held {
        found.push(Discrepancy::Held { lot: lot.id, draws: draws.0, held: lot.held.0 });
    }
    found
}
