//! The node number in a process's identifiers: leased, renewed, given back.

use hui_operations::clock::Clock;
use hui_operations::leases::{LeaseError, lease_node};
use hui_store::{Store, nodes};

/// A leased node number.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    number: i64,
    holder: String,
}

impl Node {
    /// Leases the lowest free number. Leases run by the machine's clock, never a sandbox's.
    pub(crate) async fn lease(store: &Store) -> anyhow::Result<Self> {
        let holder = crate::opening::holder()?;
        let number = lease_node(store, &holder, Clock::system().now()).await?;
        Ok(Self { number, holder })
    }

    /// The number.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// Who leased it: a name no other process has.
    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    /// Keeps the number for another while; false when another process has it now.
    pub(crate) async fn renew(&self, store: &Store) -> Result<bool, LeaseError> {
        let number = lease_node(store, &self.holder, Clock::system().now()).await?;
        Ok(number == self.number)
    }

    /// Gives the number back; when that fails the lease simply runs out.
    pub(crate) async fn give_back(&self, store: &Store) {
        let given = async {
            let mut tx = store.begin().await?;
            nodes::release_node(&mut tx, &self.holder, Clock::system().now()).await?;
            tx.commit().await
        };
        if let Err(error) = given.await {
            tracing::warn!(%error, "the node number was not given back");
        }
    }
}
