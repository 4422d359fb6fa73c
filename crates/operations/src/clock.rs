//! The clock: the machine's, or in a sandbox one that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hui_loyalty::time::Timestamp;

/// Where `now` comes from.
#[derive(Debug, Clone)]
pub struct Clock(Arc<AtomicI64>);

/// The machine's clock is used while nothing is frozen.
const RUNNING: i64 = i64::MIN;

/// A sandbox clock only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox clock stands at {0} and only moves forward")]
pub struct ClockMovesForward(pub Timestamp);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(AtomicI64::new(RUNNING)))
    }

    /// A clock that stands still.
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// The instant it is.
    pub fn now(&self) -> Timestamp {
        match self.0.load(Ordering::Acquire) {
            RUNNING => machine_now(),
            frozen => Timestamp(frozen),
        }
    }

    /// Where it stands, if it stands still.
    pub fn frozen_at(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Acquire)).filter(|at| *at != RUNNING).map(Timestamp)
    }

    /// Freezes it, or moves a frozen clock forward.
    ///
    /// # Errors
    ///
    /// [`ClockMovesForward`] when it already stands later than `to`.
    pub fn set(&self, to: Timestamp) -> Result<(), ClockMovesForward> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |stands| {
                (stands == RUNNING || stands <= to.0).then_some(to.0)
            })
            .map(|_| ())
            .map_err(|stands| ClockMovesForward(Timestamp(stands)))
    }
}

/// The machine's time, cut to microseconds.
#[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
pub(crate) fn machine_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}
