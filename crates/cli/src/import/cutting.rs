//! Cuts the records of a file into pieces, one a request, and those into batches.

use anyhow::ensure;
use hui_loyalty::orders::checks::LINES_MAX;
use hui_loyalty::orders::{Order, Refund};
use hui_operations::migrate_members::MigrateRequest;
use tokio::sync::mpsc;

use super::Kind;
use super::building::{self, Reject};
use super::mapping::{Layout, Mapping, Vocabulary};
use super::reading::{Placed, Record};

/// More rows of one number than this are a wrong mapping, not a long order.
const ROWS_MAX: usize = 20 * LINES_MAX;

/// What becomes one request.
pub(super) enum Content {
    /// An order.
    Order(Box<Order>),
    /// A refund.
    Refund(Refund),
    /// A member.
    Member(Box<MigrateRequest>),
    /// Nothing: it cannot be read.
    Refused(Reject),
}

/// A piece of the file.
pub(super) struct Piece {
    /// The line it begins at.
    pub(super) line: u64,
    /// The records it was made of.
    pub(super) rows: Vec<Record>,
    /// The request.
    pub(super) content: Content,
}

/// Pieces that are recorded together.
pub(super) struct Batch {
    /// The pieces, in the order of the file.
    pub(super) pieces: Vec<Piece>,
    /// How far the file was read.
    pub(super) read: u64,
}

struct Open {
    key: (String, String),
    line: u64,
    rows: Vec<Record>,
}

/// Cuts the records; ends early when nobody listens any more.
///
/// The first `skip` pieces are left out: they were recorded before.
pub(super) fn cut(
    records: impl Iterator<Item = anyhow::Result<Placed>>,
    mapping: &Mapping,
    kind: Kind,
    batch: usize,
    skip: u64,
    send: &mpsc::Sender<Batch>,
) -> anyhow::Result<()> {
    let words = kind.words();
    let mut pieces = Pieces { mapping, kind, batch, skip, send, full: Vec::new(), read: 0 };
    let mut open: Option<Open> = None;
    for placed in records {
        let Placed { line, record, read } = placed?;
        let record = match record {
            Ok(record) => record,
            Err(reason) => {
                pieces.close(open.take())?;
                let content = Content::Refused(Reject::new("request.malformed", reason));
                pieces.add(Piece { line, rows: Vec::new(), content })?;
                continue;
            }
        };
        let key = building::group_key(mapping, &words, &record).unwrap_or_default();
        match &mut open {
            Some(open)
                if mapping.layout == Layout::Rows && open.key == key && !key.1.is_empty() =>
            {
                ensure!(
                    open.rows.len() < ROWS_MAX,
                    "more than {ROWS_MAX} rows from line {} on have the {} {}: \
                     [fields] {} names a wrong column",
                    open.line,
                    words.number,
                    open.key.1,
                    words.number
                );
                open.rows.push(record);
            }
            _ => pieces.close(open.replace(Open { key, line, rows: vec![record] }))?,
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
    fn close(&mut self, open: Option<Open>) -> anyhow::Result<()> {
        let Some(Open { line, rows, .. }) = open else { return Ok(()) };
        if self.is_skipped() {
            return Ok(());
        }
        let content = match self.kind {
            Kind::Orders => {
                building::order(self.mapping, &rows).map(|order| Content::Order(Box::new(order)))
            }
            Kind::Refunds => building::refund(self.mapping, &rows).map(Content::Refund),
            Kind::Members => building::member(self.mapping, &rows)
                .map(|member| Content::Member(Box::new(member))),
        };
        self.push(Piece { line, rows, content: content.unwrap_or_else(Content::Refused) })
    }

    fn add(&mut self, piece: Piece) -> anyhow::Result<()> {
        if self.is_skipped() { Ok(()) } else { self.push(piece) }
    }

    fn is_skipped(&mut self) -> bool {
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        skipped
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

impl Kind {
    /// What a mapping for it can name.
    pub(super) fn words(self) -> Vocabulary {
        match self {
            Self::Orders => building::ORDERS,
            Self::Refunds => building::REFUNDS,
            Self::Members => building::MEMBERS,
        }
    }
}
