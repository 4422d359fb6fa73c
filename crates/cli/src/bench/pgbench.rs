//! pgbench's own TPC-B on the same server: what PostgreSQL does with five statements of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::cost::{self, Cluster, Cost};
use super::report::{Answers, Figures};

/// pgbench's scale: five million accounts.
const SCALE: &str = "50";
/// Of so many transactions pgbench tells the time of one; telling all would cost it speed.
const TELLS: &str = "0.1";

/// pgbench's tables on a server.
pub(super) struct Pgbench {
    url: String,
    cluster: Option<Cluster>,
}

impl Pgbench {
    /// Makes the tables.
    pub(super) fn prepare(url: &str, cluster: Option<Cluster>) -> anyhow::Result<Self> {
        ensure!(url.starts_with("postgres"), "name the PostgreSQL for pgbench with --database");
        let pgbench = Self { url: url.to_owned(), cluster };
        eprintln!("making pgbench's tables");
        pgbench.run(&["--initialize", "--quiet", "--scale", SCALE])?;
        Ok(pgbench)
    }

    /// Drops the tables.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        self.run(&["--initialize", "--init-steps", "d"]).map(|_| ())
    }

    /// Runs TPC-B, prepared.
    pub(super) fn tpc_b(
        &self,
        clients: usize,
        time: Duration,
        results: &Path,
    ) -> anyhow::Result<Figures> {
        let folder = super::folder_below(results, "pgbench")?;
        let used = || self.cluster.map_or(Duration::ZERO, Cluster::used);
        let (before, own_before) = (used(), cost::of_ended_children());
        let seconds = time.as_secs().to_string();
        let prefix = folder.join("log");
        let output = self.run(&[
            "--protocol=prepared",
            "--jobs=2",
            "--no-vacuum",
            "--log",
            &format!("--log-prefix={}", prefix.display()),
            &format!("--sampling-rate={TELLS}"),
            &format!("--client={clients}"),
            &format!("--time={seconds}"),
        ])?;
        let cost = Cost {
            hui: Duration::ZERO,
            postgres: used().saturating_sub(before),
            generator: cost::of_ended_children().saturating_sub(own_before),
        };
        let mut times = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            times.extend(latencies(&std::fs::read_to_string(entry?.path())?));
        }
        std::fs::remove_dir_all(&folder)?;
        let speed = per_second(&output).context("pgbench's answer is unreadable")?;
        ensure!(!times.is_empty(), "pgbench told no times");
        Ok(Figures::of(Answers::of(times, time).at_speed(speed, time), cost))
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(program()).args(arguments).arg(&self.url).output();
        let output = output.context("pgbench cannot be run; it comes with PostgreSQL")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench failed: {}", said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn program() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|entry| entry.path().join("bin/pgbench")).find(|it| it.exists());
    installed.unwrap_or_else(|| "pgbench".into())
}

/// The speed pgbench prints, without the time it took to connect.
fn per_second(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("tps ="))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The third field of each line of pgbench's log is a transaction's time in microseconds.
fn latencies(log: &str) -> Vec<Duration> {
    let third = |line: &str| line.split_whitespace().nth(2)?.parse().ok();
    log.lines().filter_map(third).map(Duration::from_micros).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_pgbench_is_read() {
        let text = "number of clients: 32\nlatency average = 8.250 ms\n\
                    tps = 3878.5 (without initial connection time)\n";

        assert_eq!(per_second(text), Some(3878.5));
    }

    #[test]
    fn the_log_of_pgbench_is_read() {
        let log = "0 199 2241 0 1175850568 995598\n1 10 180 0 1175850569 479\n";

        assert_eq!(latencies(log), [Duration::from_micros(2241), Duration::from_micros(180)]);
    }
}
