//! What the overview adds up. Every statement walks ranges of one index that holds all it needs, so
//! what it costs depends on what happened in the spans asked for, not on what the program has seen.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{MemberId, ProgramId};
use hui_loyalty::ledger::EntryKind;
use hui_loyalty::time::Timestamp;

use crate::{Cell, Column, Error, Row, Set, Tx};

/// A stretch of time with a number of its own: from an instant to just before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its number in the answers.
    pub number: i64,
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// The shops whose figures are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Shops<'a> {
    /// Every shop.
    All,
    /// These, as `channel/shop` or `shop`.
    Only(&'a [String]),
}

impl Shops<'_> {
    /// The shops as one text, so that one statement serves both databases.
    fn text(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Only(shops) => Some(serde_json::json!(shops).to_string()),
        }
    }
}

const WORDS: &[Column] =
    &[Column::Int("span"), Column::Text("word"), Column::Int("start_at"), Column::Int("end_at")];

/// Every span with every word: a channel, or the kind of an entry.
fn word_set(spans: &[Span], words: &[&str]) -> Set {
    let mut set = Set::with_capacity(WORDS, spans.len() * words.len());
    for span in spans {
        for word in words {
            set.push(&[span.number.into(), (*word).into(), span.start.0.into(), span.end.0.into()]);
        }
    }
    set
}

const SPANS: &[Column] = &[Column::Int("span"), Column::Int("start_at"), Column::Int("end_at")];

fn span_set(spans: &[Span]) -> Set {
    let mut set = Set::with_capacity(SPANS, spans.len());
    for span in spans {
        set.push(&[span.number.into(), span.start.0.into(), span.end.0.into()]);
    }
    set
}

/// The condition that a row of `table` belongs to the shops, which are parameter `$2` where asked for.
fn in_shops(table: &str, shops: Shops<'_>) -> String {
    match shops {
        Shops::All => "1 = 1".to_owned(),
        Shops::Only(_) => format!(
            "(replace($2, '\"' || {table}.shop || '\"', '') <> $2
            or replace($2, '\"' || {table}.channel || '/' || {table}.shop || '\"', '') <> $2)"
        ),
    }
}

/// The condition that an order counts, and was paid within the span.
const COUNTS: &str = "o.program_id = $1 and o.paid_at >= s.start_at and o.paid_at < s.end_at
    and o.channel = s.word and o.member_id is not null and o.rule_version is not null";

/// Orders of a channel in a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrdersIn {
    /// The span.
    pub span: i64,
    /// The channel.
    pub channel: String,
    /// How many orders of members that count for them were paid.
    pub orders: i64,
    /// What was paid for them without shipping, refunds taken off.
    pub sales: Money,
}

/// Members' orders by span and channel, of the channels named; without orders there is no row.
pub async fn orders(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    channels: &[&str],
    shops: Shops<'_>,
) -> Result<Vec<OrdersIn>, Error> {
    // Sums of ranges, each on its own: grouping would sort every order of the spans.
    let range = format!("from orders o where {COUNTS} and {}", in_shops("o", shops));
    let sql = format!(
        "select t.span, t.word, t.orders, t.sales from (
            select s.span, s.word, (select count(*) {range}) as orders, (select cast(coalesce(sum(
                o.paid - o.shipping - o.refunded), 0) as bigint) {range}) as sales
            from {{set}}
         ) as t where t.orders > 0"
    );
    let rows = scoped(tx, &sql, program, word_set(spans, channels), shops).await?;
    let read = |row: &Row| {
        Ok(OrdersIn {
            span: row.int(0)?,
            channel: row.text(1)?,
            orders: row.int(2)?,
            sales: Money(row.int(3)?),
        })
    };
    rows.iter().map(read).collect()
}

async fn scoped(
    tx: &mut Tx,
    sql: &str,
    program: ProgramId,
    set: Set,
    shops: Shops<'_>,
) -> Result<Vec<Row>, Error> {
    let shops = shops.text();
    let mut cells: Vec<Cell<'_>> = vec![program.0.into()];
    cells.extend(shops.as_ref().map(Cell::from));
    tx.fetch_set(sql, &cells, set).await
}

/// How many different members bought, by span, on the channels named.
pub async fn buyers(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    channels: &[&str],
    shops: Shops<'_>,
) -> Result<HashMap<i64, i64>, Error> {
    let sql = format!(
        "select s.span, count(distinct o.member_id)
         from {{set}} cross join orders o where {COUNTS} and {} group by s.span",
        in_shops("o", shops)
    );
    counts(&scoped(tx, &sql, program, word_set(spans, channels), shops).await?)
}

/// How many different members bought on each channel, by span.
pub async fn channel_buyers(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    channels: &[&str],
    shops: Shops<'_>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    let sql = format!(
        "select s.span, s.word, (select count(distinct o.member_id) from orders o
            where {COUNTS} and {}) from {{set}}",
        in_shops("o", shops)
    );
    channel_counts(&scoped(tx, &sql, program, word_set(spans, channels), shops).await?)
}

/// How many members bought for the first time ever, by span and the channel of that first order.
pub async fn new_buyers(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    shops: Shops<'_>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    // The plus keeps SQLite from looking for orders of the whole span instead of the very instant.
    let sql = format!(
        "select s.span, o.channel, count(distinct m.member_id)
         from {{set}} cross join members m cross join orders o
         where m.program_id = $1 and m.state = 'active' and m.first_order_at >= s.start_at
           and m.first_order_at < s.end_at and o.program_id = $1
           and o.member_id = m.member_id and o.paid_at = +m.first_order_at and {}
         group by s.span, o.channel",
        in_shops("o", shops)
    );
    channel_counts(&scoped(tx, &sql, program, span_set(spans), shops).await?)
}

fn counts(rows: &[Row]) -> Result<HashMap<i64, i64>, Error> {
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

fn channel_counts(rows: &[Row]) -> Result<HashMap<(i64, String), i64>, Error> {
    rows.iter().map(|row| Ok(((row.int(0)?, row.text(1)?), row.int(2)?))).collect()
}

/// How many members that are in use today were first recorded in each span.
pub async fn new_members(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
) -> Result<HashMap<i64, i64>, Error> {
    let sql = "select s.span, count(*) from {set} cross join members m
         where m.program_id = $1 and m.state = 'active'
           and m.created_at >= s.start_at and m.created_at < s.end_at
         group by s.span";
    counts(&tx.fetch_set(sql, &[program.0.into()], span_set(spans)).await?)
}

/// How many members were first recorded in each span and bought in these shops within it.
pub async fn new_members_of_shops(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    channels: &[&str],
    shops: Shops<'_>,
) -> Result<HashMap<i64, i64>, Error> {
    let sql = format!(
        "select s.span, count(distinct m.member_id)
         from {{set}} cross join orders o cross join members m
         where {COUNTS} and {} and m.program_id = o.program_id and m.member_id = o.member_id
           and m.state = 'active' and m.created_at >= s.start_at and m.created_at < s.end_at
         group by s.span",
        in_shops("o", shops)
    );
    counts(&scoped(tx, &sql, program, word_set(spans, channels), shops).await?)
}

/// Members on a channel at the end of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinksIn {
    /// The span.
    pub span: i64,
    /// The channel.
    pub channel: String,
    /// Members known on it by the end of the span.
    pub linked: i64,
    /// Of these, members first met on it, in the span.
    pub linked_new: i64,
    /// Of these, members known before that were met on it for the first time in the span.
    pub linked_existing: i64,
}

/// Members by channel and span, for the channels named.
pub async fn links(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    channels: &[&str],
) -> Result<Vec<LinksIn>, Error> {
    // Counts of ranges, each on its own: grouping would sort every link there is.
    let rows = tx
        .fetch_set(
            "select s.span, s.word,
                (select count(*) from member_channels c where c.program_id = $1
                    and c.channel = s.word and c.since < s.end_at),
                (select cast(coalesce(sum(c.is_first), 0) as bigint) from member_channels c
                    where c.program_id = $1 and c.channel = s.word
                    and c.since >= s.start_at and c.since < s.end_at),
                (select count(*) from member_channels c where c.program_id = $1
                    and c.channel = s.word and c.since >= s.start_at and c.since < s.end_at)
             from {set}",
            &[program.0.into()],
            word_set(spans, channels),
        )
        .await?;
    let read = |row: &Row| {
        let linked_new = row.int(3)?;
        Ok(LinksIn {
            span: row.int(0)?,
            channel: row.text(1)?,
            linked: row.int(2)?,
            linked_new,
            linked_existing: row.int(4)? - linked_new,
        })
    };
    rows.iter().map(read).collect()
}

/// The sums of entries' points by span, of the kinds named, signed as they stand in the ledger.
pub async fn entries(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
    kinds: &[EntryKind],
    shops: Shops<'_>,
) -> Result<Vec<(i64, EntryKind, i64)>, Error> {
    let sql = format!(
        "select t.span, t.word, t.points from (
            select s.span, s.word, (select cast(sum(e.points) as bigint) from entries e
                where e.program_id = $1 and e.kind = s.word
                  and e.at >= s.start_at and e.at < s.end_at and {}) as points
            from {{set}}
         ) as t where t.points is not null",
        in_shops("e", shops)
    );
    let kinds: Vec<&str> = kinds.iter().map(|kind| crate::ledger::kind_name(*kind)).collect();
    let rows = scoped(tx, &sql, program, word_set(spans, &kinds), shops).await?;
    rows.iter()
        .map(|row| Ok((row.int(0)?, crate::ledger::entry_kind(row.str(1)?)?, row.int(2)?)))
        .collect()
}

/// How many members in use hold each tier, as the last review of each left it.
pub async fn tiers(tx: &mut Tx, program: ProgramId) -> Result<HashMap<String, i64>, Error> {
    let sql = "select tier, count(*) from members
         where program_id = $1 and state = 'active' group by tier";
    let rows = tx.fetch(sql, &[program.0.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// What all members have at an instant, but for holds that ran out and were not released yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    /// What can be spent: of every member what is open beyond its debt.
    pub available: Points,
    /// What is not yet available.
    pub pending: Points,
    /// What live holds set aside.
    pub held: Points,
    /// What is owed.
    pub debt: Points,
}

/// What all members have at `now`. It reads every lot that something remains of, from an index.
pub async fn stock(tx: &mut Tx, program: ProgramId, now: Timestamp) -> Result<Stock, Error> {
    let open = tx
        .fetch_one(
            "select cast(coalesce(sum(case when available_at <= $2 then remaining else 0 end), 0)
                as bigint), cast(coalesce(sum(case when available_at <= $2 then 0 else remaining
                end), 0) as bigint)
             from lots
             where program_id = $1 and remaining > 0 and (expires_at is null or expires_at > $2)",
            &[program.0.into(), now.0.into()],
        )
        .await?;
    // A member owes only while nothing is open, except between an instant and its settling.
    let owed = tx
        .fetch_one(
            "select cast(coalesce(sum(o.owed), 0) as bigint), cast(coalesce(sum(
                case when o.open < o.owed then o.open else o.owed end), 0) as bigint)
             from (
                select sum(d.points) as owed, (
                    select coalesce(sum(l.remaining), 0) from lots l
                    where l.program_id = $1 and l.member_id = d.member_id and l.remaining > 0
                      and l.available_at <= $2 and (l.expires_at is null or l.expires_at > $2)
                ) as open
                from debts d where d.program_id = $1 and d.points > 0 group by d.member_id
             ) as o",
            &[program.0.into(), now.0.into()],
        )
        .await?;
    let held = tx
        .fetch_one(
            "select cast(coalesce(sum(points), 0) as bigint) from holds
             where program_id = $1 and state = 'live' and until_at > $2",
            &[program.0.into(), now.0.into()],
        )
        .await?;
    let figure = |row: &Option<Row>, column| row.as_ref().map_or(Ok(0), |row| row.int(column));
    Ok(Stock {
        available: Points(figure(&open, 0)? - figure(&owed, 1)?),
        pending: Points(figure(&open, 1)?),
        held: Points(figure(&held, 0)?),
        debt: Points(figure(&owed, 0)?),
    })
}

/// What remains of lots that end within each span.
pub async fn ending(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[Span],
) -> Result<HashMap<i64, i64>, Error> {
    let sql = "select s.span, cast(sum(l.remaining) as bigint) from {set} cross join lots l
         where l.program_id = $1 and l.remaining > 0
           and l.expires_at >= s.start_at and l.expires_at < s.end_at
         group by s.span";
    counts(&tx.fetch_set(sql, &[program.0.into()], span_set(spans)).await?)
}

/// Members with a hold that has run out and was not released yet.
pub async fn with_overdue_holds(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
) -> Result<Vec<MemberId>, Error> {
    let sql = "select distinct member_id from holds
         where program_id = $1 and state = 'live' and until_at <= $2";
    let rows = tx.fetch(sql, &[program.0.into(), now.0.into()]).await?;
    rows.iter().map(|row| Ok(MemberId(row.int(0)?))).collect()
}
