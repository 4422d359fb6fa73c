//! What every operation stands on: the store, the clock, the numbers.

use hui_store::Store;
use hui_store::vault::Vault;

use crate::clock::Clock;
use crate::ids::Ids;
use crate::rules::RulesCache;

/// The store, the clock, the numbers, the keys and the rules; cheap to clone.
#[derive(Debug, Clone)]
pub struct Operations {
    /// The database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where new identifiers come from.
    pub ids: Ids,
    /// Encrypts personal data and indexes identities.
    pub vault: Vault,
    /// The compiled rules of each program.
    pub rules: RulesCache,
}
