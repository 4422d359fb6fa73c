//! How much one key, session or address may ask (GCRA).

use std::hash::Hash;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::Settings;
use crate::codes::{self, Code};
use crate::problem::Problem;

/// From how many callers on those that are idle are forgotten.
const CALLERS_MAX: usize = 10_000;

/// The limiters of a server.
pub(crate) struct Limits {
    callers: DefaultKeyedRateLimiter<i64>,
    sign_ins: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Limits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let callers = Quota::per_second(settings.rate.per_second).allow_burst(settings.rate.burst);
        Self {
            callers: RateLimiter::keyed(callers),
            sign_ins: RateLimiter::keyed(Quota::per_minute(settings.sign_ins_per_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one request of a key or of somebody of the staff.
    pub(crate) fn count_request(&self, caller: i64) -> Result<(), Problem> {
        self.count(&self.callers, &caller, &codes::RATE_LIMITED)
    }

    /// Counts one attempt to sign in as `name` from an address.
    pub(crate) fn count_sign_in(&self, address: &str, name: &str) -> Result<(), Problem> {
        let attempt = format!("{address} {}", name.to_lowercase());
        self.count(&self.sign_ins, &attempt, &codes::RATE_LIMITED)
    }

    fn count<K: Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        caller: &K,
        code: &'static Code,
    ) -> Result<(), Problem> {
        if limiter.len() > CALLERS_MAX {
            limiter.retain_recent();
        }
        limiter.check_key(caller).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.clock.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Problem::new(code, format!("try again in {seconds} s")).after(seconds.max(1))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_in_a_minute_waits() {
        let limits = Limits::new(&Settings::default());
        let attempt = || limits.count_sign_in("127.0.0.1", "Admin");

        assert!((0..10).all(|_| attempt().is_ok()));
        assert_eq!(attempt().map_err(|problem| problem.code().name), Err("rate.limited"));
        assert!(limits.count_sign_in("127.0.0.2", "Admin").is_ok());
        assert!(limits.count_sign_in("127.0.0.1", "admin").is_err());
    }
}
