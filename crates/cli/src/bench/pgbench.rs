//! pgbench's own TPC-B on the same server: what PostgreSQL does with five statements of its own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::cost;
use super::report::{Figures, Line};

/// pgbench's scale: five million accounts.
const SCALE: &str = "50";

/// Runs TPC-B, prepared.
pub(super) fn tpc_b(url: &str, clients: usize, time: Duration) -> anyhow::Result<Line> {
    ensure!(url.starts_with("postgres"), "name the PostgreSQL for pgbench with --database");
    let run = |arguments: &[&str]| -> anyhow::Result<String> {
        let output = Command::new(program()).args(arguments).arg(url).output();
        let output = output.context("pgbench cannot be run; it comes with PostgreSQL")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench failed: {}", said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run(&["--initialize", "--quiet", "--scale", SCALE])?;
    let before = cost::of_postgres();
    let seconds = time.as_secs().to_string();
    let measured = run(&[
        "--protocol",
        "prepared",
        "--jobs",
        "2",
        "--no-vacuum",
        "--client",
        &clients.to_string(),
        "--time",
        &seconds,
    ]);
    let used = cost::of_postgres().saturating_sub(before);
    run(&["--initialize", "--init-steps", "d"])?;
    let figures = figures(&measured?, time, used).context("pgbench's answer is unreadable")?;
    Ok(Line {
        what: "pgbench TPC-B, prepared".to_owned(),
        members: None,
        in_flight: clients,
        figures,
    })
}

fn program() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|entry| entry.path().join("bin/pgbench")).find(|it| it.exists());
    installed.unwrap_or_else(|| "pgbench".into())
}

/// What pgbench prints; it tells an average, no percentiles.
fn figures(text: &str, time: Duration, used: Duration) -> Option<Figures> {
    let number = |begins: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(begins))?;
        line.split_whitespace().find_map(|word| word.parse::<f64>().ok())
    };
    let per_second = number("tps =")?;
    let average_ms = number("latency average =")?;
    let cost_us = used.as_secs_f64() * 1e6 / (per_second * time.as_secs_f64()).max(1.0);
    Some(Figures { per_second, p50_ms: average_ms, p99_ms: None, cost_us })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_pgbench_is_read() {
        let text = "number of clients: 32\nlatency average = 8.250 ms\n\
                    tps = 3878.5 (without initial connection time)\n";

        let read = figures(text, Duration::from_secs(10), Duration::from_secs(10)).unwrap();

        assert!((read.per_second - 3878.5).abs() < 1e-9);
        assert!((read.p50_ms - 8.25).abs() < 1e-9);
    }
}
