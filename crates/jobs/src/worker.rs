//! The worker: does what is due every second while it holds the lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::clock::Clock;
use hui_operations::leases::try_acquire;
use hui_operations::settle_due::{lag_seconds, run_due};
use hui_store::{Error, abuse, answers};
use tokio::sync::watch;

/// How often the worker looks.
const EVERY: Duration = Duration::from_secs(1);
/// The lease of the work, and how long it lasts without being renewed, in seconds.
const LEASE: &str = "jobs";
const LEASE_S: i64 = 15;
/// How long first answers are kept, in seconds: thirty days are promised.
const ANSWERS_S: i64 = 35 * 24 * 3600;
/// How long is kept what rules against abuse count, in seconds: none counts over more than 92 days.
const COUNTED_S: i64 = 93 * 24 * 3600;
/// How often old answers are looked for, in seconds.
const FORGET_EVERY_S: i64 = 600;

/// Why the background work did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] Error),
}

/// A figure for the metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The metric's name.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// Its value.
    pub value: f64,
}

#[derive(Debug, Default)]
struct Counters {
    lag_s: AtomicI64,
    rounds: AtomicU64,
    failed: AtomicU64,
    forgotten: AtomicU64,
    done: AtomicU64,
    leads: AtomicU64,
}

/// Does the background work; clones share the figures.
#[derive(Debug, Clone)]
pub struct Worker {
    operations: Operations,
    holder: Arc<str>,
    counters: Arc<Counters>,
}

impl Worker {
    /// For a process whose name no other process has.
    pub fn new(operations: Operations, holder: &str) -> Self {
        Self { operations, holder: holder.into(), counters: Arc::default() }
    }

    /// Works every second until it is told to stop; then gives the lease back.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut forget_at = Timestamp(0);
        loop {
            match self.round(&mut forget_at).await {
                Ok(leads) => self.counters.leads.store(u64::from(leads), Ordering::Relaxed),
                Err(error) => {
                    self.counters.failed.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(error = %chain(&error), "a round of background work failed");
                }
            }
            self.counters.rounds.fetch_add(1, Ordering::Relaxed);
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if let Err(error) = self.give_back().await {
            tracing::warn!(error = %chain(&error), "the lease of the background work was not given back");
        }
    }

    /// One round; false while another process leads.
    async fn round(&self, forget_at: &mut Timestamp) -> Result<bool, WorkerError> {
        let now = self.operations.clock.now();
        // The lease runs by the machine's clock: a sandbox's stands still.
        let machine = Clock::system().now();
        let until = machine.plus_seconds(LEASE_S);
        let store = &self.operations.store;
        if !try_acquire(store, LEASE, &self.holder, until, machine).await? {
            return Ok(false);
        }
        self.run_due(now).await?;
        if now >= *forget_at {
            self.forget(now).await?;
            *forget_at = now.plus_seconds(FORGET_EVERY_S);
        }
        Ok(true)
    }

    /// Does everything that is due by an instant; safe beside another process that does it too.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] when the database failed; what was done until then stays.
    pub async fn run_due(&self, until: Timestamp) -> Result<(), WorkerError> {
        let lag_s = lag_seconds(&self.operations, until).await?;
        self.counters.lag_s.store(lag_s, Ordering::Relaxed);
        let done = run_due(&self.operations, until).await?;
        self.counters.done.fetch_add(done as u64, Ordering::Relaxed);
        // What was due is done now; a round that fails leaves the lag standing.
        self.counters.lag_s.store(0, Ordering::Relaxed);
        Ok(())
    }

    async fn forget(&self, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.operations.store.begin().await?;
        let forgotten = answers::forget_before(&mut tx, now.plus_seconds(-ANSWERS_S)).await?;
        abuse::forget_before(&mut tx, now.plus_seconds(-COUNTED_S)).await?;
        tx.commit().await?;
        self.counters.forgotten.fetch_add(forgotten, Ordering::Relaxed);
        Ok(())
    }

    async fn give_back(&self) -> Result<(), Error> {
        let now = Clock::system().now();
        let store = &self.operations.store;
        // Only the holder's own lease ends: another's is left alone.
        try_acquire(store, LEASE, &self.holder, now, now).await.map(|_| ())
    }

    /// The age of the oldest due piece of work when it was last looked at, in seconds.
    pub fn lag_s(&self) -> i64 {
        self.counters.lag_s.load(Ordering::Relaxed)
    }

    /// Figures for the metrics.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is read, not counted with")]
    pub fn figures(&self) -> Vec<Figure> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        vec![
            Figure {
                name: "hui_jobs_lag_seconds",
                help: "Age of the oldest due piece of background work",
                value: self.lag_s() as f64,
            },
            Figure {
                name: "hui_jobs_leads",
                help: "Whether this process does the background work",
                value: count(&self.counters.leads),
            },
            Figure {
                name: "hui_jobs_done",
                help: "Members settled and refunds given up since the start",
                value: count(&self.counters.done),
            },
            Figure {
                name: "hui_jobs_rounds",
                help: "Rounds of background work since the start",
                value: count(&self.counters.rounds),
            },
            Figure {
                name: "hui_jobs_failed_rounds",
                help: "Rounds of background work that failed since the start",
                value: count(&self.counters.failed),
            },
            Figure {
                name: "hui_jobs_forgotten_answers",
                help: "First answers that were old enough to be forgotten",
                value: count(&self.counters.forgotten),
            },
        ]
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
