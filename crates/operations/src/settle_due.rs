//! The work that time alone makes due: it writes what every read already knows.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;
use hui_store::refunds::{self, RefundState};
use hui_store::{Error, members};

use crate::benefits::{give_due, walk_calendar};
use crate::books::{Books, Need};
use crate::checkout::locks::release_locks;
use crate::context::Operations;
use crate::coupons::batches::continue_batches;
use crate::coupons::using::settle_coupons;
use crate::record_refunds::TOO_LATE;
use crate::wallet::settle_wallets;

/// How many slices of codes one round makes, so that nothing else waits long for a large batch.
const SLICES_AT_ONCE: usize = 20;
/// How many steps through the calendar one round makes, for the same reason.
const WALKS_AT_ONCE: usize = 1_000;
/// How many members one transaction settles.
const MEMBERS_AT_ONCE: i64 = 200;

/// Settles members with something due: releases, expiries, maturities, repayments, tier reviews.
///
/// Answers how many were settled; call again until it is zero. Two processes
/// may run it at once: a member is locked, and settling twice is settling once.
pub async fn settle_due(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let due = members::due(&mut tx, program, now, MEMBERS_AT_ONCE).await?;
    if due.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    let rows = members::lock(&mut tx, program, due.iter().copied()).await?;
    let rules = operations.rules.load(&mut tx, program).await?;
    let ids = operations.ids.clone();
    let books = Books::open(&mut tx, program, rules, ids, rows, Need::Everything, now).await?;
    books.save(&mut tx).await?;
    tx.commit().await?;
    Ok(due.len())
}

/// Gives up refunds whose order did not come in time: dead letters, visible in the queue.
pub async fn bury_waiting_refunds(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let mut overdue = refunds::overdue(&mut tx, program, now, 500).await?;
    for refund in &mut overdue {
        refund.state = RefundState::Dead;
        refund.problem = Some(TOO_LATE.to_owned());
    }
    refunds::update(&mut tx, program, &overdue).await?;
    tx.commit().await?;
    Ok(overdue.len())
}

/// Runs everything due up to `now` for every program.
pub async fn run_due(operations: &Operations, now: Timestamp) -> Result<usize, Error> {
    let mut done = 0;
    for program in programs(operations).await? {
        loop {
            let settled = settle_due(operations, program, now).await?;
            if settled == 0 {
                break;
            }
            done += settled;
        }
        done += bury_waiting_refunds(operations, program, now).await?;
        loop {
            let settled = settle_coupons(operations, program, now).await?;
            if settled == 0 {
                break;
            }
            done += settled;
        }
        done += release_locks(operations, program, now).await?;
        loop {
            let settled = settle_wallets(operations, program, now).await?;
            if settled == 0 {
                break;
            }
            done += settled;
        }
        done += give_benefits(operations, program, now).await?;
        for _ in 0..SLICES_AT_ONCE {
            let made = continue_batches(operations, program).await?;
            if made == 0 {
                break;
            }
            done += made;
        }
    }
    Ok(done)
}

/// Gives what tiers and cards give by themselves.
async fn give_benefits(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut done = 0;
    for _ in 0..WALKS_AT_ONCE {
        if !walk_calendar(operations, program, now).await? {
            break;
        }
    }
    loop {
        let given = give_due(operations, program, now).await?;
        if given == 0 {
            return Ok(done);
        }
        done += given;
    }
}

/// The age in seconds of the oldest due work at `now`; zero when nothing is due.
pub async fn lag_seconds(operations: &Operations, now: Timestamp) -> Result<i64, Error> {
    let mut tx = operations.store.snapshot().await?;
    let oldest = members::oldest_due(&mut tx, now).await?;
    tx.rollback().await?;
    Ok(oldest.map_or(0, |due| (now.0 - due.0) / 1_000_000))
}

/// Every program.
pub async fn programs(operations: &Operations) -> Result<Vec<ProgramId>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let programs = hui_store::versions::programs(&mut tx).await?;
    tx.rollback().await?;
    Ok(programs)
}
