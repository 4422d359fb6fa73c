//! Leases: a process's node number, and work that only one process may do at a time.
//!
//! Instants are the machine's, never a sandbox's: its clock stands still.

use hui_loyalty::time::Timestamp;
use hui_store::{Error, Store, nodes};

use crate::ids::NODES;

/// For how many seconds a node number is leased; renewed well before.
pub const NODE_LEASE_S: i64 = 60;
/// How often a number that another process took first is tried again.
const TRIES: usize = 20;

/// Why there is no node number.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// As many processes run as there are numbers.
    #[error("all {NODES} node numbers are taken")]
    AllTaken,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] Error),
}

/// Leases a node number below [`NODES`], or renews the one the holder has.
pub async fn lease_node(store: &Store, holder: &str, now: Timestamp) -> Result<i64, LeaseError> {
    for _ in 0..TRIES {
        let mut tx = store.begin().await?;
        let until = now.plus_seconds(NODE_LEASE_S);
        match nodes::lease_node(&mut tx, holder, NODES, now, until).await {
            Ok(Some(node)) => {
                tx.commit().await?;
                return Ok(node);
            }
            Ok(None) => tx.rollback().await?,
            Err(error) if error.is_try_again() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(LeaseError::AllTaken)
}

/// Takes or renews a named lease until an instant; free again at that instant.
pub async fn try_acquire(
    store: &Store,
    name: &str,
    holder: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut tx = store.begin().await?;
    let taken = nodes::try_acquire(&mut tx, name, holder, now, until).await?;
    tx.commit().await?;
    Ok(taken)
}
