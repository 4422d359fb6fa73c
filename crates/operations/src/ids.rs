//! New identifiers: milliseconds since 2020, ten bits of node, twelve of sequence.
//!
//! The machine's clock is used even in a sandbox, and a clock that steps back
//! only makes the numbers run ahead of it: they never repeat and always grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hui_loyalty::ids::NewIds;

use crate::clock::machine_now;

/// 2020-01-01T00:00:00Z in milliseconds.
const EPOCH_MS: i64 = 1_577_836_800_000;
const SEQUENCE_BITS: u32 = 12;
const NODE_BITS: u32 = 10;
/// How many nodes can run at once.
pub const NODES: i64 = 1 << NODE_BITS;

/// Makes identifiers for one node; clones share the sequence.
#[derive(Debug, Clone)]
pub struct Ids {
    node: i64,
    last: Arc<AtomicI64>,
}

impl Ids {
    /// For the node number this process has leased, below [`NODES`].
    pub fn for_node(node: i64) -> Self {
        Self { node: node % NODES, last: Arc::new(AtomicI64::new(0)) }
    }
}

impl NewIds for Ids {
    fn next_id(&mut self) -> i64 {
        let clock = (machine_now().0 / 1000 - EPOCH_MS).max(1) << SEQUENCE_BITS;
        let bump = |last: i64| Some(clock.max(last + 1));
        let before = self
            .last
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, bump)
            .unwrap_or_else(|last| last);
        let ticket = clock.max(before + 1);
        let milliseconds = ticket >> SEQUENCE_BITS;
        let sequence = ticket & ((1 << SEQUENCE_BITS) - 1);
        (milliseconds << (NODE_BITS + SEQUENCE_BITS)) | (self.node << SEQUENCE_BITS) | sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_and_never_repeat() {
        let mut ids = Ids::for_node(7);
        let mut last = 0;
        for _ in 0..20_000 {
            let next = ids.next_id();
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn two_nodes_never_meet() {
        let mut one = Ids::for_node(1);
        let mut two = Ids::for_node(2);
        let first: std::collections::HashSet<i64> = (0..5_000).map(|_| one.next_id()).collect();

        assert!((0..5_000).all(|_| !first.contains(&two.next_id())));
    }
}
