//! Which version of a program's rules counts at an instant.

use crate::time::Timestamp;

/// The version in force at `at`: the latest that took effect at or before it.
///
/// Of two that take effect at the same instant the higher version counts. An
/// order uses the version in force at its effective time, whenever it arrives.
pub fn in_force(versions: &[(i64, Timestamp)], at: Timestamp) -> Option<i64> {
    let begun = versions.iter().filter(|(_, effective_at)| *effective_at <= at);
    begun
        .max_by_key(|(version, effective_at)| (*effective_at, *version))
        .map(|(version, _)| *version)
}
