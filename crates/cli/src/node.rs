//! The node number in a process's identifiers: leased, renewed, given back.

use anyhow::Context as _;
use hui_loyalty::time::Timestamp;
use hui_operations::clock::Clock;
use hui_operations::ids::NODES;
use hui_store::{Store, upkeep};

/// How long a lease lasts without being renewed, in seconds.
const LEASE_S: i64 = 60;

/// A leased node number.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    number: i64,
    holder: String,
}

impl Node {
    /// Leases the lowest free number.
    pub(crate) async fn lease(store: &Store, now: Timestamp) -> anyhow::Result<Self> {
        let holder = crate::opening::holder()?;
        let mut tx = store.begin().await?;
        let number = upkeep::lease_node(&mut tx, NODES, &holder, now, now.plus_seconds(LEASE_S))
            .await?
            .with_context(|| format!("all {NODES} node numbers are leased"))?;
        tx.commit().await?;
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
    pub(crate) async fn renew(&self, store: &Store, clock: &Clock) -> anyhow::Result<bool> {
        let mut tx = store.begin().await?;
        let until = clock.now().plus_seconds(LEASE_S);
        let kept = upkeep::renew_node(&mut tx, self.number, &self.holder, until).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Gives the number back; when that fails the lease simply runs out.
    pub(crate) async fn give_back(&self, store: &Store) {
        let given = async {
            let mut tx = store.begin().await?;
            upkeep::give_back_node(&mut tx, self.number, &self.holder).await?;
            tx.commit().await
        };
        if let Err(error) = given.await {
            tracing::warn!(%error, "the node number was not given back");
        }
    }
}
