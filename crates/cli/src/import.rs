//! `hui import`: orders and refunds from files, through the same operations as everything else.
//!
//! The file is read in one thread and recorded in slices by another, so memory is
//! that of a few slices whatever the file's size. Where an import stands is noted
//! after each slice; an order that is sent again is the same order, so a stop at
//! any point loses and doubles nothing.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hui_loyalty::ids::{NewIds as _, ProgramId};
use hui_loyalty::orders::checks::Refusal;
use hui_loyalty::orders::{Order, Refund};
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::record_orders::{OrderRequest, RecordOrderError, record_orders};
use hui_operations::record_refunds::{RecordRefundError, RefundRequest, record_refunds};
use hui_store::upkeep::{self, ImportRow};
use hui_store::vault::fingerprint;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

mod building;
mod mapping;
mod reading;

use building::Reject;
use mapping::{Layout, Mapping};
use reading::{Format, Record};

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Orders.
    Orders,
    /// Refunds.
    Refunds,
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
    #[arg(long)]
    mapping: PathBuf,
    /// The program, where there are several
    #[arg(long)]
    program: Option<String>,
    /// Records of one transaction
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
    /// Where refused records go, as NDJSON; without it beside the file
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// Read and check everything, record nothing
    #[arg(long)]
    dry_run: bool,
}

/// What one import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Recorded, now or before: an order that is sent again is the same order.
    pub(crate) recorded: i64,
    /// Refused.
    pub(crate) rejected: i64,
}

/// A piece of the file that becomes one request.
enum Content {
    Order(Box<Order>),
    Refund(Refund),
    Refused(Reject),
}

struct Piece {
    line: u64,
    number: String,
    content: Content,
}

struct Batch {
    pieces: Vec<Piece>,
    read: u64,
}

/// Imports a file and says what became of it.
pub(crate) async fn import(
    operations: &Operations,
    arguments: &Arguments,
) -> anyhow::Result<Outcome> {
    let program = crate::opening::program(&operations.store, arguments.program.as_deref()).await?;
    let text = std::fs::read_to_string(&arguments.mapping)
        .with_context(|| format!("{} cannot be read", arguments.mapping.display()))?;
    let words = match arguments.kind {
        Kind::Orders => building::ORDERS,
        Kind::Refunds => building::REFUNDS,
    };
    let mapping = Mapping::parse(&text, &words)
        .with_context(|| format!("{} cannot be used", arguments.mapping.display()))?;
    let format = arguments
        .format
        .or_else(|| Format::of_name(&arguments.file))
        .context("say with --format what form the file has: csv, ndjson or parquet")?;
    let (records, size) = reading::open(&arguments.file, format)?;
    let mut state = begin(operations, program, arguments, &text).await?;
    let skip = u64::try_from(state.position)?;
    if skip > 0 && !state.finished {
        eprintln!("going on after {skip} records");
    }
    let mut rejects = Rejects::open(arguments, skip > 0)?;
    let (send, mut batches) = mpsc::channel(2);
    let (kind, batch) = (arguments.kind, usize::from(arguments.batch));
    let reading = std::thread::spawn(move || cut(records, &mapping, kind, batch, skip, &send));

    let bar = progress(size);
    let (began, mut outcome) = (Instant::now(), Outcome::default());
    let actor = Actor::system(program, "import");
    while let Some(batch) = batches.recv().await {
        let pieces = i64::try_from(batch.pieces.len())?;
        let done =
            record(operations, &actor, batch.pieces, &mut rejects, arguments.dry_run).await?;
        outcome.recorded += done.recorded;
        outcome.rejected += done.rejected;
        state.position += pieces;
        state.done += done.recorded;
        state.rejected += done.rejected;
        if !arguments.dry_run {
            rejects.flush()?;
            save(operations, program, &state).await?;
        }
        bar.set_position(batch.read);
        bar.set_message(speed(&outcome, began.elapsed()));
    }
    reading.join().map_err(|_| anyhow::anyhow!("the reading thread failed"))??;
    bar.finish_and_clear();
    rejects.flush()?;
    if !arguments.dry_run {
        state.finished = true;
        save(operations, program, &state).await?;
    }
    say(arguments, &outcome, began.elapsed(), &rejects);
    Ok(outcome)
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

fn say(arguments: &Arguments, outcome: &Outcome, took: Duration, rejects: &Rejects) {
    let Outcome { recorded, rejected } = outcome;
    let verb = if arguments.dry_run { "would be tried" } else { "recorded" };
    println!(
        "{recorded} {verb}, {rejected} refused, in {:.1} s ({:.0}/s)",
        took.as_secs_f64(),
        per_second(recorded + rejected, took)
    );
    if *rejected > 0 {
        println!("refused records with their reasons: {}", rejects.path.display());
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
    let file = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(match known {
        Some(row) if !arguments.dry_run && !row.finished => row,
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

/// Cuts the records into pieces and those into batches; ends early when nobody listens any more.
fn cut(
    records: impl Iterator<Item = anyhow::Result<reading::Placed>>,
    mapping: &Mapping,
    kind: Kind,
    batch: usize,
    skip: u64,
    send: &mpsc::Sender<Batch>,
) -> anyhow::Result<()> {
    let number = match kind {
        Kind::Orders => "order_no",
        Kind::Refunds => "refund_no",
    };
    let mut pieces = Pieces { mapping, kind, batch, skip, send, full: Vec::new(), read: 0 };
    let mut open: Option<((String, String), u64, Vec<Record>)> = None;
    for placed in records {
        let reading::Placed { line, record, read } = placed?;
        let record = match record {
            Ok(record) => record,
            Err(reason) => {
                pieces.close(open.take())?;
                pieces.add(Piece {
                    line,
                    number: String::new(),
                    content: Content::Refused(Reject::new("request.malformed", reason)),
                })?;
                continue;
            }
        };
        let key = building::group_key(mapping, number, &record).unwrap_or_default();
        match &mut open {
            Some((known, _, rows))
                if mapping.layout == Layout::Rows && *known == key && !key.1.is_empty() =>
            {
                rows.push(record);
            }
            _ => {
                pieces.close(open.replace((key, line, vec![record])))?;
            }
        }
        pieces.read = read;
    }
    pieces.close(open.take())?;
    pieces.send()
}

struct Pieces<'a> {
    mapping: &'a Mapping,
    kind: Kind,
    batch: usize,
    skip: u64,
    send: &'a mpsc::Sender<Batch>,
    full: Vec<Piece>,
    read: u64,
}

impl Pieces<'_> {
    fn close(&mut self, open: Option<((String, String), u64, Vec<Record>)>) -> anyhow::Result<()> {
        let Some(((_, number), line, rows)) = open else { return Ok(()) };
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let content = match self.kind {
            Kind::Orders => {
                building::order(self.mapping, &rows).map(|order| Content::Order(Box::new(order)))
            }
            Kind::Refunds => building::refund(self.mapping, &rows).map(Content::Refund),
        };
        self.push(Piece { line, number, content: content.unwrap_or_else(Content::Refused) })
    }

    fn add(&mut self, piece: Piece) -> anyhow::Result<()> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        self.push(piece)
    }

    fn push(&mut self, piece: Piece) -> anyhow::Result<()> {
        self.full.push(piece);
        if self.full.len() >= self.batch { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> anyhow::Result<()> {
        let pieces = std::mem::take(&mut self.full);
        if pieces.is_empty() {
            return Ok(());
        }
        let sent = self.send.blocking_send(Batch { pieces, read: self.read });
        sent.map_err(|_| anyhow::anyhow!("the import was stopped"))
    }
}

/// Records a batch; a refusal goes to the rejects, a failure of the database ends the import.
async fn record(
    operations: &Operations,
    actor: &Actor,
    pieces: Vec<Piece>,
    rejects: &mut Rejects,
    dry_run: bool,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let (mut orders, mut order_places) = (Vec::new(), Vec::new());
    let (mut refunds, mut refund_places) = (Vec::new(), Vec::new());
    for piece in pieces {
        let place = (piece.line, piece.number);
        match piece.content {
            Content::Refused(reject) => rejects.write(&place, &reject, &mut outcome)?,
            Content::Order(order) if dry_run => match order.check().first() {
                Some(refusal) => rejects.write(&place, &of_refusal(refusal), &mut outcome)?,
                None => outcome.recorded += 1,
            },
            Content::Refund(refund) if dry_run => match refund.check().first() {
                Some(refusal) => rejects.write(&place, &of_refusal(refusal), &mut outcome)?,
                None => outcome.recorded += 1,
            },
            Content::Order(order) => {
                order_places.push(place);
                orders.push(OrderRequest { order: *order, key: None, lock: None });
            }
            Content::Refund(refund) => {
                refund_places.push(place);
                refunds.push(RefundRequest { refund, key: None });
            }
        }
    }
    if !orders.is_empty() {
        let answers = record_orders(operations, actor, orders).await;
        for (place, answer) in order_places.iter().zip(answers) {
            let answer = answer.map(|_| ());
            outcome_of(place, answer.map_err(of_order_error), rejects, &mut outcome)?;
        }
    }
    if !refunds.is_empty() {
        let answers = record_refunds(operations, actor, refunds).await;
        for (place, answer) in refund_places.iter().zip(answers) {
            let answer = answer.map(|_| ());
            outcome_of(place, answer.map_err(of_refund_error), rejects, &mut outcome)?;
        }
    }
    Ok(outcome)
}

fn outcome_of(
    place: &(u64, String),
    answer: Result<(), anyhow::Result<Reject>>,
    rejects: &mut Rejects,
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    match answer {
        Ok(()) => outcome.recorded += 1,
        Err(refused) => rejects.write(place, &refused?, outcome)?,
    }
    Ok(())
}

fn of_refusal(refusal: &Refusal) -> Reject {
    Reject::new(refusal.code, format!("{} {}", refusal.pointer, refusal.detail).trim())
}

fn of_refusals(refusals: &[Refusal]) -> Reject {
    refusals.first().map_or_else(|| Reject::new("request.invalid", "not valid"), of_refusal)
}

fn of_order_error(error: RecordOrderError) -> anyhow::Result<Reject> {
    let reason = error.to_string();
    Ok(match error {
        RecordOrderError::Invalid(refusals) => of_refusals(&refusals),
        RecordOrderError::UnknownChannel(_) => Reject::new("channel.unknown", reason),
        RecordOrderError::Changed(_, change) => {
            Reject::new("order.changed", format!("{reason}: {change}"))
        }
        RecordOrderError::KeyReused(_) => Reject::new("idempotency.reused", reason),
        RecordOrderError::OtherShop => Reject::new("shop.forbidden", reason),
        RecordOrderError::Store(failed) => return stopped(failed),
    })
}

fn of_refund_error(error: RecordRefundError) -> anyhow::Result<Reject> {
    let reason = error.to_string();
    Ok(match error {
        RecordRefundError::Invalid(refusals) => of_refusals(&refusals),
        RecordRefundError::UnknownChannel(_) => Reject::new("channel.unknown", reason),
        RecordRefundError::Changed(_) => Reject::new("refund.changed", reason),
        RecordRefundError::Refused(refusal) => Reject::new("refund.refused", refusal.to_string()),
        RecordRefundError::KeyReused(_) => Reject::new("idempotency.reused", reason),
        RecordRefundError::OtherShop => Reject::new("shop.forbidden", reason),
        RecordRefundError::Store(failed) => return stopped(failed),
    })
}

fn stopped(failed: impl std::error::Error + Send + Sync + 'static) -> anyhow::Result<Reject> {
    Err(anyhow::Error::new(failed)
        .context("the database failed; start the same import again and it goes on from here"))
}

/// The file of refused records; made when the first one comes.
struct Rejects {
    path: PathBuf,
    goes_on: bool,
    file: Option<BufWriter<File>>,
}

impl Rejects {
    fn open(arguments: &Arguments, goes_on: bool) -> anyhow::Result<Self> {
        let path = arguments.rejects.clone().unwrap_or_else(|| {
            let mut name = arguments.file.clone().into_os_string();
            name.push(".rejects.ndjson");
            name.into()
        });
        if path == arguments.file {
            bail!("the rejects cannot go into the file itself");
        }
        Ok(Self { path, goes_on, file: None })
    }

    fn write(
        &mut self,
        (line, number): &(u64, String),
        reject: &Reject,
        outcome: &mut Outcome,
    ) -> anyhow::Result<()> {
        outcome.rejected += 1;
        if self.file.is_none() {
            let file = OpenOptions::new()
                .create(true)
                .write(true)
                .append(self.goes_on)
                .truncate(!self.goes_on)
                .open(&self.path)
                .with_context(|| format!("{} cannot be written", self.path.display()))?;
            self.file = Some(BufWriter::new(file));
        }
        if let Some(file) = &mut self.file {
            let row = serde_json::json!({
                "line": line, "number": number, "code": reject.code, "reason": reject.reason,
            });
            writeln!(file, "{row}")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(())
    }
}
