//! `hui import`: orders, refunds and members from files, through the same operations as all else.
//!
//! The file is read in one thread and recorded in slices by another, so memory is
//! that of a few slices whatever the file's size. Where an import stands is noted
//! after each slice. A stop between a slice and its note loses and doubles
//! nothing: what is sent again has the same natural key and is the same order,
//! refund or member, and refusals beyond the note are cut off before they come again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hui_loyalty::ids::{NewIds as _, ProgramId};
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_store::upkeep::{self, ImportRow};
use hui_store::vault::fingerprint;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

mod building;
mod cutting;
mod mapping;
mod reading;
mod recording;
mod rejects;

use mapping::Mapping;
use reading::Format;
use rejects::Rejects;

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Orders, in the order they were paid.
    Orders,
    /// Refunds of orders that were imported before.
    Refunds,
    /// Members of another system with identities, points, growth and tier.
    Members,
}

/// What `hui import` is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// What the file holds
    kind: Kind,
    /// The file
    file: PathBuf,
    /// Its form; without it the file's name says it
    #[arg(long)]
    format: Option<Format>,
    /// The mapping file: which column is which field
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// The program, where there are several
    #[arg(long, value_name = "NAME")]
    program: Option<String>,
    /// Records of one transaction
    #[arg(long, value_name = "COUNT", default_value_t = 1000,
          value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
    /// Where refused records go, as NDJSON; without it beside the file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Read and check everything, record nothing
    #[arg(long)]
    dry_run: bool,
    /// Only go on with an import that was stopped; without it one goes on where there is one
    #[arg(long, conflicts_with_all = ["dry_run", "from_start"])]
    resume: bool,
    /// Begin at the first record, also where an import was stopped
    #[arg(long)]
    from_start: bool,
}

/// What one import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Recorded, now or before: an order that is sent again is the same order.
    pub(crate) recorded: i64,
    /// How many of those are members that had been brought before.
    pub(crate) known: i64,
    /// Refused.
    pub(crate) rejected: i64,
}

/// Imports a file and says what became of it.
pub(crate) async fn import(
    operations: &Operations,
    arguments: &Arguments,
) -> anyhow::Result<Outcome> {
    let program = crate::opening::program(&operations.store, arguments.program.as_deref()).await?;
    let text = std::fs::read_to_string(&arguments.mapping)
        .with_context(|| format!("{} cannot be read", arguments.mapping.display()))?;
    let words = arguments.kind.words();
    let cannot = || format!("{} cannot be used", arguments.mapping.display());
    let mapping = Mapping::parse(&text, &words).with_context(cannot)?;
    let format = arguments
        .format
        .or_else(|| Format::of_name(&arguments.file))
        .context("say with --format what form the file has: csv, ndjson or parquet")?;
    let opened = reading::open(&arguments.file, format)?;
    mapping.check_columns(&opened.columns, &words).with_context(cannot)?;
    let mut state = begin(operations, program, arguments, &text).await?;
    let skip = u64::try_from(state.position)?;
    if skip > 0 {
        eprintln!("going on after {skip} records");
    }
    let path = rejects_path(arguments);
    let mut rejects = Rejects::open(path, &arguments.file, state.rejected)?;
    let (send, mut batches) = mpsc::channel(2);
    let (kind, batch) = (arguments.kind, usize::from(arguments.batch));
    let records = opened.records;
    let reading =
        std::thread::spawn(move || cutting::cut(records, &mapping, kind, batch, skip, &send));

    let bar = progress(opened.size);
    let (began, mut outcome) = (Instant::now(), Outcome::default());
    let actor = Actor::system(program, "import");
    while let Some(batch) = batches.recv().await {
        let pieces = i64::try_from(batch.pieces.len())?;
        let done = if arguments.dry_run {
            recording::check(operations, batch.pieces, &mut rejects)?
        } else {
            recording::record(operations, &actor, batch.pieces, &mut rejects).await?
        };
        outcome.recorded += done.recorded;
        outcome.known += done.known;
        outcome.rejected += done.rejected;
        state.position += pieces;
        state.done += done.recorded;
        state.rejected += done.rejected;
        rejects.flush()?;
        if !arguments.dry_run {
            save(operations, program, &state).await?;
        }
        bar.set_position(batch.read);
        bar.set_message(speed(&outcome, began.elapsed()));
    }
    reading.join().map_err(|_| anyhow::anyhow!("the reading thread failed"))??;
    bar.finish_and_clear();
    if !arguments.dry_run {
        state.finished = true;
        save(operations, program, &state).await?;
    }
    say(arguments, &outcome, &state, began.elapsed(), &rejects);
    Ok(outcome)
}

fn rejects_path(arguments: &Arguments) -> PathBuf {
    arguments.rejects.clone().unwrap_or_else(|| {
        let mut name = arguments.file.clone().into_os_string();
        // A trial must not write over the refusals of an import that will go on.
        name.push(if arguments.dry_run { ".dry-run.ndjson" } else { ".rejects.ndjson" });
        name.into()
    })
}

fn progress(size: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent}% {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(size).with_style(style)
}

fn speed(outcome: &Outcome, took: Duration) -> String {
    let done = outcome.recorded + outcome.rejected;
    format!("{done} records, {:.0}/s", per_second(done, took))
}

/// A rate for people.
#[expect(clippy::cast_precision_loss, reason = "a speed is shown, not counted with")]
pub(crate) fn per_second(count: i64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-6)
}

fn say(
    arguments: &Arguments,
    outcome: &Outcome,
    state: &ImportRow,
    took: Duration,
    rejects: &Rejects,
) {
    let Outcome { recorded, known, rejected } = outcome;
    let verb = if arguments.dry_run { "would be tried" } else { "recorded" };
    let before = if *known > 0 { format!(" ({known} of them before)") } else { String::new() };
    println!(
        "{recorded} {verb}{before}, {rejected} refused, in {:.1} s ({:.0}/s)",
        took.as_secs_f64(),
        per_second(recorded + rejected, took)
    );
    if state.position > recorded + rejected {
        println!("the whole file: {} recorded, {} refused", state.done, state.rejected);
    }
    if state.position == 0 {
        println!("the file holds no records");
    }
    if state.rejected > 0 {
        println!("refused records with their reasons: {}", rejects.path().display());
    }
}

/// The import of this file with this mapping: a new one, or one that was begun.
async fn begin(
    operations: &Operations,
    program: ProgramId,
    arguments: &Arguments,
    mapping: &str,
) -> anyhow::Result<ImportRow> {
    let digest = digest(&arguments.file, mapping, arguments)?;
    let mut tx = operations.store.snapshot().await?;
    let known = upkeep::find_import(&mut tx, program, &digest).await?;
    tx.rollback().await?;
    let stopped = known.filter(|row| !row.finished);
    ensure!(
        !arguments.resume || stopped.is_some(),
        "no import of this file with this mapping was stopped: leave out --resume"
    );
    let file = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(match stopped {
        Some(row) if !arguments.dry_run && !arguments.from_start => row,
        _ => ImportRow {
            id: operations.ids.clone().next_id(),
            file: format!("{:?} {file}", arguments.kind).to_lowercase(),
            fingerprint: digest,
            position: 0,
            done: 0,
            rejected: 0,
            finished: false,
        },
    })
}

async fn save(
    operations: &Operations,
    program: ProgramId,
    state: &ImportRow,
) -> anyhow::Result<()> {
    let mut tx = operations.store.begin().await?;
    upkeep::save_import(&mut tx, program, state, operations.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// What tells this import from others: the file's size, its first and last megabyte, the mapping.
fn digest(file: &Path, mapping: &str, arguments: &Arguments) -> anyhow::Result<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    const PART: u64 = 1 << 20;
    let mut open =
        File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let size = open.metadata()?.len();
    let mut bytes = format!("{:?} {size}\n{mapping}\n", arguments.kind).into_bytes();
    std::io::Read::by_ref(&mut open).take(PART).read_to_end(&mut bytes)?;
    open.seek(SeekFrom::Start(size.saturating_sub(PART)))?;
    open.take(PART).read_to_end(&mut bytes)?;
    Ok(fingerprint(&bytes))
}
