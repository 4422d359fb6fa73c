//! What was measured, as a table.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hui_operations::clock::Clock;

/// The figures of one measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    /// Answers a second.
    pub(super) per_second: f64,
    /// The time in which half of them came, in milliseconds; of pgbench the average.
    pub(super) p50_ms: f64,
    /// The time in which 99 of 100 came, in milliseconds.
    pub(super) p99_ms: Option<f64>,
    /// Processor time of one, in microseconds.
    pub(super) cost_us: f64,
}

impl Figures {
    /// Of the times of all answers.
    #[expect(clippy::cast_precision_loss, reason = "a speed is shown, not counted with")]
    pub(super) fn of(mut times: Vec<Duration>, took: Duration, cost: Duration) -> Self {
        times.sort_unstable();
        let count = times.len();
        let at = |per_cent: usize| {
            let place = (count * per_cent / 100).min(count.saturating_sub(1));
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self {
            per_second: count as f64 / took.as_secs_f64(),
            p50_ms: at(50),
            p99_ms: Some(at(99)),
            cost_us: cost.as_secs_f64() * 1e6 / count.max(1) as f64,
        }
    }
}

/// One measurement.
pub(super) struct Line {
    /// What was measured.
    pub(super) what: String,
    /// Members in the database before.
    pub(super) members: Option<u64>,
    /// Orders in flight.
    pub(super) in_flight: usize,
    /// The figures.
    pub(super) figures: Figures,
}

/// All measurements of one run.
pub(super) struct Report {
    heading: String,
    day: String,
    lines: Vec<Line>,
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).map(str::to_owned);
        line.and_then(|line| line.split_once(':').map(|(_, value)| value.trim().to_owned()))
            .unwrap_or_default()
    };
    format!(
        "{processors} processors, {}; memory {}; Linux {}",
        read("/proc/cpuinfo", "model name"),
        read("/proc/meminfo", "MemTotal"),
        said_by("uname", &["-r"])
    )
}

impl Report {
    pub(super) fn begin() -> Self {
        let now = Clock::system().now().to_string();
        let commit = said_by("git", &["rev-parse", "--short", "HEAD"]);
        let build = if cfg!(debug_assertions) { "an unoptimised build" } else { "a release build" };
        let heading = format!("Measured {now} with {build} of {commit} on {}.", machine());
        let day = now.get(..10).unwrap_or("undated").to_owned();
        Self { heading, day, lines: Vec::new() }
    }

    pub(super) fn add(&mut self, line: Line) {
        let Figures { per_second, p50_ms, cost_us, .. } = line.figures;
        eprintln!(
            "{} with {} in flight: {per_second:.0}/s, p50 {p50_ms:.2} ms, {cost_us:.0} µs each",
            line.what, line.in_flight
        );
        self.lines.push(line);
    }

    /// The table; each measurement is compared with the first of as many in flight.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{}\n\n| what | members | in flight | per second | p50 ms | p99 ms | CPU µs each | ratio |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|\n",
            self.heading
        );
        for line in &self.lines {
            let base = self.lines.iter().find(|other| other.in_flight == line.in_flight);
            let ratio = base.map_or(1.0, |base| line.figures.per_second / base.figures.per_second);
            let members = line.members.map_or_else(|| "–".to_owned(), |count| count.to_string());
            let p99 =
                line.figures.p99_ms.map_or_else(|| "–".to_owned(), |time| format!("{time:.2}"));
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {} | {members} | {} | {:.0} | {:.2} | {p99} | {:.0} | {ratio:.2} |",
                line.what,
                line.in_flight,
                line.figures.per_second,
                line.figures.p50_ms,
                line.figures.cost_us,
            );
        }
        text
    }

    /// Writes the table to a file of its day, after what the day has brought so far.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let path = folder.join(format!("{}.md", self.day));
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let between = if before.is_empty() { "" } else { "\n" };
        std::fs::write(&path, format!("{before}{between}{}", self.text()))?;
        Ok(path)
    }
}
