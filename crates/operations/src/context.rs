//! What every operation stands on: the store, the clock, the numbers.

use hui_store::Store;

use crate::clock::Clock;
use crate::ids::Ids;

/// The store, the clock and the numbers; cheap to clone.
#[derive(Debug, Clone)]
pub struct Operations {
    /// The database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where new identifiers come from.
    pub ids: Ids,
}
