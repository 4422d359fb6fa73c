//! Processor time of processes, as the system counts it.

use std::time::Duration;

use hui_store::Store;
use hui_store::upkeep::server_process;

/// The system counts in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of one answer, by whose it was.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Cost {
    /// Of the process that records the orders.
    pub(super) hui: Duration,
    /// Of every process of the PostgreSQL server.
    pub(super) postgres: Duration,
    /// Of the load generator, where it is a process of its own.
    pub(super) generator: Duration,
}

impl Cost {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            hui: self.hui.saturating_sub(before.hui),
            postgres: self.postgres.saturating_sub(before.postgres),
            generator: self.generator.saturating_sub(before.generator),
        }
    }
}

/// What the system says of a process.
struct Process {
    parent: u32,
    used: Duration,
    /// Used by children that have ended.
    by_children: Duration,
}

fn process(pid: u32) -> Option<Process> {
    read(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name before the figures may hold anything, in parentheses.
fn read(text: &str) -> Option<Process> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| Some(TICK * fields.get(place)?.parse::<u32>().ok()?);
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        used: ticks(11)? + ticks(12)?,
        by_children: ticks(13)? + ticks(14)?,
    })
}

/// Processor time a process has used.
pub(super) fn of_process(pid: u32) -> Duration {
    process(pid).map_or(Duration::ZERO, |process| process.used)
}

/// Processor time of programs this process has run to their end.
pub(super) fn of_ended_children() -> Duration {
    process(std::process::id()).map_or(Duration::ZERO, |process| process.by_children)
}

/// The processes of one PostgreSQL server on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cluster {
    postmaster: u32,
}

impl Cluster {
    /// The server of a store; none where it runs on another machine.
    pub(super) async fn of(store: &Store) -> anyhow::Result<Option<Self>> {
        let mut tx = store.begin().await?;
        let backend = server_process(&mut tx).await?;
        let is_here = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name.trim() == "postgres")
        };
        let backend = backend.filter(is_here);
        let postmaster = backend.and_then(process).map(|process| process.parent);
        tx.rollback().await?;
        Ok(postmaster.map(|postmaster| Self { postmaster }))
    }

    /// Processor time of all its processes, those that have ended included.
    pub(super) fn used(self) -> Duration {
        let own = process(self.postmaster).map(|process| process.used + process.by_children);
        let running = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let children = running
            .filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?))
            .filter(|process| process.parent == self.postmaster)
            .map(|process| process.used + process.by_children);
        own.unwrap_or_default() + children.sum::<Duration>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_times() {
        let text = "7 (a ) b) S 3 7 7 0 -1 4194560 10 0 0 0 250 50 40 2 20 0 1 0 100";

        let process = read(text).unwrap();

        assert_eq!(process.parent, 3);
        assert_eq!(process.used, Duration::from_secs(3));
        assert_eq!(process.by_children, Duration::from_millis(420));
    }
}
