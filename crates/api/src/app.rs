//! What every request can reach: the operations, the settings, and hooks to the rest of the program.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;

use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::commit::{CommitSettings, Committer};
use hui_operations::record_orders::{OrderReceipt, OrderRequest};
use hui_operations::slices::Answer;

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::problem::Problem;

/// A future that owns what it needs.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs everything that is due up to an instant.
pub type RunDueJobs = Arc<dyn Fn(Timestamp) -> Pending<Result<(), JobsFailed>> + Send + Sync>;

/// The due work could not be finished.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the due work failed: {0}")]
pub struct JobsFailed(pub String);

/// How far background work is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Which work, such as `jobs`.
    pub name: &'static str,
    /// The age of the oldest due piece that waits, in seconds.
    pub seconds: i64,
    /// From how many seconds on the process counts as not ready.
    pub seconds_max: i64,
}

/// A figure that another part of the program counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// The metric's name, such as `hui_slice_size`.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// Its value now.
    pub value: f64,
}

/// How much may be asked in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests that come back each second.
    pub per_second: NonZeroU32,
    /// Requests that may come at once.
    pub burst: NonZeroU32,
}

/// What an operator can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the clock can be set by a request.
    pub sandbox: bool,
    /// Whether cookies are sent over TLS only; on wherever browsers arrive by https.
    pub secure_cookies: bool,
    /// Whether the caller's address is the last one of `X-Forwarded-For`; on behind a proxy of one's own only.
    pub behind_proxy: bool,
    /// How much one API key or session may ask.
    pub rate: Rate,
    /// Sign-in attempts a minute for one name from one address.
    pub sign_ins_per_minute: NonZeroU32,
    /// How requests are gathered into slices.
    pub commit: CommitSettings,
}

const fn nonzero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sandbox: false,
            secure_cookies: false,
            behind_proxy: false,
            rate: Rate { per_second: nonzero(10_000), burst: nonzero(20_000) },
            sign_ins_per_minute: nonzero(10),
            commit: CommitSettings::default(),
        }
    }
}

/// Ways to the parts of the program that this crate does not know.
#[derive(Clone)]
pub struct Hooks {
    /// Runs what is due, for the sandbox clock.
    pub run_due_jobs: RunDueJobs,
    /// How far background work is behind, for `/readyz`.
    pub lags: Arc<dyn Fn() -> Vec<Lag> + Send + Sync>,
    /// Figures of other parts, for `/metrics`.
    pub gauges: Arc<dyn Fn() -> Vec<Gauge> + Send + Sync>,
}

impl Default for Hooks {
    /// No background work at all: nothing is ever due, behind or counted.
    fn default() -> Self {
        Self {
            run_due_jobs: Arc::new(|_| Box::pin(async { Ok(()) })),
            lags: Arc::new(Vec::new),
            gauges: Arc::new(Vec::new),
        }
    }
}

/// The state behind every route.
pub struct App {
    pub(crate) operations: Operations,
    pub(crate) committer: Committer,
    pub(crate) settings: Settings,
    pub(crate) hooks: Hooks,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
}

impl App {
    /// The state of one server.
    pub fn new(operations: Operations, settings: Settings, hooks: Hooks) -> Arc<Self> {
        let limits = Limits::new(&settings);
        let committer = Committer::start(&operations, settings.commit);
        Arc::new(Self {
            operations,
            committer,
            settings,
            hooks,
            limits,
            metrics: Metrics::default(),
        })
    }

    /// Records one order in the next slice; answers when it is durable.
    pub(crate) async fn record_order(
        &self,
        actor: Actor,
        request: OrderRequest,
    ) -> Result<Answer<OrderReceipt>, Problem> {
        Ok(self.committer.record_order(&Arc::new(actor), request).await??)
    }

    /// What the committer has done.
    pub fn committer(&self) -> &Committer {
        &self.committer
    }
}
