//! What was measured, as a table.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hui_operations::clock::Clock;
use serde::{Deserialize, Serialize};

use super::cost::Cost;

/// The answers of one measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Answers {
    /// How many.
    pub(super) count: f64,
    /// How many a second.
    pub(super) per_second: f64,
    /// The time in which half of them came, in milliseconds.
    pub(super) p50_ms: f64,
    /// The time in which 99 of 100 came, in milliseconds.
    pub(super) p99_ms: f64,
}

impl Answers {
    /// Of the times of all answers.
    #[expect(clippy::cast_precision_loss, reason = "a speed is shown, not counted with")]
    pub(super) fn of(mut times: Vec<Duration>, took: Duration) -> Self {
        times.sort_unstable();
        let count = times.len();
        let at = |per_cent: usize| {
            let place = (count * per_cent / 100).min(count.saturating_sub(1));
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self {
            count: count as f64,
            per_second: count as f64 / took.as_secs_f64(),
            p50_ms: at(50),
            p99_ms: at(99),
        }
    }

    /// The same times at another speed: they were those of a sample.
    pub(super) fn at_speed(self, per_second: f64, took: Duration) -> Self {
        Self { count: per_second * took.as_secs_f64(), per_second, ..self }
    }
}

/// The figures of one measurement, or the medians of several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Figures {
    /// The answers.
    #[serde(flatten)]
    pub(super) answers: Answers,
    /// Processor time of one answer in the process that records orders, in microseconds.
    pub(super) hui_us: f64,
    /// The same in all processes of PostgreSQL.
    pub(super) postgres_us: f64,
    /// The same in the load generator, where it is a process of its own.
    pub(super) generator_us: f64,
}

impl Figures {
    pub(super) fn of(answers: Answers, cost: Cost) -> Self {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / answers.count.max(1.0);
        Self {
            answers,
            hui_us: each(cost.hui),
            postgres_us: each(cost.postgres),
            generator_us: each(cost.generator),
        }
    }

    /// What an order costs: all but the load generator.
    fn cost_us(&self) -> f64 {
        self.hui_us + self.postgres_us
    }

    fn medians(all: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| median(all.iter().map(of).collect());
        Self {
            answers: Answers {
                count: median(|one| one.answers.count),
                per_second: median(|one| one.answers.per_second),
                p50_ms: median(|one| one.answers.p50_ms),
                p99_ms: median(|one| one.answers.p99_ms),
            },
            hui_us: median(|one| one.hui_us),
            postgres_us: median(|one| one.postgres_us),
            generator_us: median(|one| one.generator_us),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = middle.checked_sub(1).and_then(|place| values.get(place)).copied();
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

/// How orders were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// Calls of the committer.
    InProcess,
    /// The same with slices of one order.
    OneByOne,
    /// Requests to a server process.
    Http,
    /// Checkouts, each a lock and its confirmation, requested of a server process.
    Checkout,
    /// Not orders: TPC-B's transactions.
    Pgbench,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::OneByOne => "in process, slices of one",
            Self::Http => "over HTTP",
            Self::Checkout => "checkouts over HTTP (lock + confirm)",
            Self::Pgbench => "pgbench TPC-B, prepared",
        }
    }
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// On what.
    pub(super) database: &'static str,
    /// How.
    pub(super) way: Way,
    /// Members in the database before.
    pub(super) members: Option<u64>,
    /// Orders in flight.
    pub(super) in_flight: usize,
    /// The figures.
    pub(super) figures: Figures,
}

impl Line {
    fn is_like(&self, other: &Self) -> bool {
        (self.database, self.way, self.members, self.in_flight)
            == (other.database, other.way, other.members, other.in_flight)
    }

    /// The same with slices of one order.
    fn is_one_by_one_of(&self, other: &Self) -> bool {
        self.way == Way::OneByOne && self.is_like(&Self { way: Way::OneByOne, ..*other })
    }
}

/// A row of the table: medians over the rounds.
#[derive(Debug, Serialize)]
struct Row {
    database: &'static str,
    way: Way,
    members: Option<u64>,
    in_flight: usize,
    #[serde(flatten)]
    figures: Figures,
    /// Processor time of one answer without the load generator, in microseconds.
    cost_us: f64,
    /// Its speed beside pgbench's best of the same round.
    to_pgbench: Option<f64>,
    /// Its speed beside slices of one order in the same round.
    to_one_by_one: Option<f64>,
}

/// All measurements of one run.
pub(super) struct Report {
    heading: String,
    day: String,
    rounds: Vec<Vec<Line>>,
    notes: Vec<String>,
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
        Self { heading, day, rounds: Vec::new(), notes: Vec::new() }
    }

    /// What is added from now on was measured together.
    pub(super) fn next_round(&mut self) {
        self.rounds.push(Vec::new());
    }

    pub(super) fn add(&mut self, line: Line) {
        let Figures { answers: Answers { per_second, p50_ms, p99_ms, .. }, .. } = line.figures;
        eprintln!(
            "{}, {} with {} in flight: {per_second:.0}/s, p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, \
             {:.0} µs each",
            line.database,
            line.way.name(),
            line.in_flight,
            line.figures.cost_us()
        );
        if let Some(round) = self.rounds.last_mut() {
            round.push(line);
        }
    }

    /// Adds a list of other figures below the table.
    pub(super) fn note(&mut self, notes: Vec<String>) {
        self.notes.extend(notes);
    }

    fn rows(&self) -> Vec<Row> {
        let mut kinds: Vec<Line> = Vec::new();
        for line in self.rounds.iter().flatten() {
            if kinds.iter().all(|known| !known.is_like(line)) {
                kinds.push(*line);
            }
        }
        kinds.iter().map(|kind| self.row(kind)).collect()
    }

    fn row(&self, kind: &Line) -> Row {
        let (mut figures, mut to_pgbench, mut to_one) = (Vec::new(), Vec::new(), Vec::new());
        for round in &self.rounds {
            let Some(line) = round.iter().find(|line| line.is_like(kind)) else { continue };
            let speed = line.figures.answers.per_second;
            let best = |of: &dyn Fn(&Line) -> bool| {
                let speeds = round.iter().filter(|line| of(line));
                speeds.map(|line| line.figures.answers.per_second).reduce(f64::max)
            };
            to_pgbench.extend(best(&|line| line.way == Way::Pgbench).map(|base| speed / base));
            to_one.extend(best(&|line| line.is_one_by_one_of(kind)).map(|base| speed / base));
            figures.push(line.figures);
        }
        let figures = Figures::medians(&figures);
        let ratio = |ratios: Vec<f64>| (!ratios.is_empty()).then(|| median(ratios));
        Row {
            database: kind.database,
            way: kind.way,
            members: kind.members,
            in_flight: kind.in_flight,
            cost_us: figures.cost_us(),
            figures,
            to_pgbench: ratio(to_pgbench),
            to_one_by_one: ratio(to_one),
        }
    }

    /// Everything as JSON.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        let all = serde_json::json!({
            "measured": self.heading, "rounds": self.rounds.len(), "rows": self.rows(),
            "notes": self.notes,
        });
        Ok(serde_json::to_string_pretty(&all)?)
    }

    /// The table.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{}\n\n| what | members | in flight | per second | p50 ms | p99 ms | CPU µs each | \
             of it Hui | PostgreSQL | generator besides | × pgbench | × one by one |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
            self.heading
        );
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        let time = |value: f64| or_dash((value > 0.0).then(|| format!("{value:.0}")));
        let ratio = |value: Option<f64>| or_dash(value.map(|value| format!("{value:.2}")));
        for row in self.rows() {
            let answers = row.figures.answers;
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {}, {} | {} | {} | {:.0} | {:.1} | {:.1} | {} | {} | {} | {} | {} | {} |",
                row.database,
                row.way.name(),
                or_dash(row.members.map(|count| count.to_string())),
                row.in_flight,
                answers.per_second,
                answers.p50_ms,
                answers.p99_ms,
                time(row.cost_us),
                time(row.figures.hui_us),
                time(row.figures.postgres_us),
                time(row.figures.generator_us),
                ratio(row.to_pgbench),
                ratio(row.to_one_by_one),
            );
        }
        for note in &self.notes {
            let _ = writeln!(text, "{}- {note}", if note == &self.notes[0] { "\n" } else { "" });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(way: Way, in_flight: usize, per_second: f64) -> Line {
        let answers = Answers { count: 10.0, per_second, p50_ms: 1.0, p99_ms: 2.0 };
        let cost = Cost { hui: Duration::from_micros(600), ..Cost::default() };
        let figures = Figures::of(answers, cost);
        Line { database: "PostgreSQL", way, members: Some(1), in_flight, figures }
    }

    #[test]
    fn ratios_are_medians_of_the_ratios_of_each_round() {
        let mut report = Report::begin();
        for (ours, ones, theirs) in [(100.0, 10.0, 50.0), (40.0, 20.0, 10.0), (90.0, 10.0, 30.0)] {
            report.next_round();
            report.add(line(Way::InProcess, 256, ours));
            report.add(line(Way::OneByOne, 256, ones));
            report.add(line(Way::OneByOne, 32, 1.0));
            report.add(line(Way::Pgbench, 32, theirs));
            report.add(line(Way::Pgbench, 256, theirs / 2.0));
        }

        let rows = report.rows();

        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0].to_pgbench, Some(3.0));
        assert_eq!(rows[0].to_one_by_one, Some(9.0));
        assert!((rows[0].figures.answers.per_second - 90.0).abs() < 1e-9);
        assert!((rows[0].cost_us - 60.0).abs() < 1e-9);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert!((median(vec![4.0, 1.0, 2.0, 8.0]) - 3.0).abs() < 1e-9);
        assert!((median(vec![5.0]) - 5.0).abs() < 1e-9);
    }
}
