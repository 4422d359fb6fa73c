//! Refunds: done, waiting for their order, or given up.

use std::collections::HashMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{MemberId, OrderId, ProgramId, RefundId};
use hui_loyalty::orders::{OrderKey, RefundLine};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// Its order has not been seen yet.
    Waiting,
    /// Applied.
    Done,
    /// Its order never came, or it did not fit the order.
    Dead,
}

impl RefundState {
    /// The name used in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    fn read(name: &str) -> Result<Self, Error> {
        match name {
            "waiting" => Ok(Self::Waiting),
            "done" => Ok(Self::Done),
            "dead" => Ok(Self::Dead),
            other => Err(Error::unreadable("refund status", other)),
        }
    }
}

/// A refund as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// Its number.
    pub id: RefundId,
    /// The order's natural key.
    pub order_key: OrderKey,
    /// The channel's number of the refund; with the channel its natural key.
    pub refund_no: String,
    /// The order, once it is known.
    pub order: Option<OrderId>,
    /// The member it counted for.
    pub member: Option<MemberId>,
    /// How far it has come.
    pub state: RefundState,
    /// Digest of its content.
    pub fingerprint: String,
    /// Its effective time.
    pub refunded_at: Timestamp,
    /// The money of all lines.
    pub amount: Money,
    /// What of which line.
    pub lines: Vec<RefundLine>,
    /// The answer its caller got, as JSON.
    pub receipt: String,
    /// Why it is dead.
    pub problem: Option<String>,
    /// When it was first recorded.
    pub recorded_at: Timestamp,
    /// Until when it waits for its order.
    pub waits_until: Option<Timestamp>,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("refund_id"),
    Column::Text("channel"),
    Column::Text("refund_no"),
    Column::Text("order_no"),
    Column::Int("order_id"),
    Column::Int("member_id"),
    Column::Text("status"),
    Column::Text("fingerprint"),
    Column::Int("refunded_at"),
    Column::Int("amount"),
    Column::Text("lines"),
    Column::Text("receipt"),
    Column::Text("problem"),
    Column::Int("recorded_at"),
    Column::Int("waits_until"),
];

const SELECT: &str = "r.refund_id, r.channel, r.refund_no, r.order_no, r.order_id, r.member_id, r.status,
    r.fingerprint, r.refunded_at, r.amount, r.lines, r.receipt, r.problem, r.recorded_at, r.waits_until";

fn read(row: &Row) -> Result<RefundRow, Error> {
    Ok(RefundRow {
        id: RefundId(row.int(0)?),
        order_key: OrderKey { channel: row.text(1)?, order_no: row.text(3)? },
        refund_no: row.text(2)?,
        order: row.opt_int(4)?.map(OrderId),
        member: row.opt_int(5)?.map(MemberId),
        state: RefundState::read(row.str(6)?)?,
        fingerprint: row.text(7)?,
        refunded_at: Timestamp(row.int(8)?),
        amount: Money(row.int(9)?),
        lines: serde_json::from_str(row.str(10)?)
            .map_err(|error| Error::unreadable("refund lines", error))?,
        receipt: row.text(11)?,
        problem: row.opt_text(12)?,
        recorded_at: Timestamp(row.int(13)?),
        waits_until: at(row.opt_int(14)?),
    })
}

fn set_of<'a>(
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a RefundRow>,
) -> Result<Set, Error> {
    let mut set = Set::new(COLUMNS);
    for row in rows {
        let lines = serde_json::to_string(&row.lines)
            .map_err(|error| Error::unreadable("refund lines", error))?;
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            (&row.order_key.channel).into(),
            (&row.refund_no).into(),
            (&row.order_key.order_no).into(),
            row.order.map(|id| id.0).into(),
            row.member.map(|id| id.0).into(),
            row.state.name().into(),
            (&row.fingerprint).into(),
            row.refunded_at.0.into(),
            row.amount.0.into(),
            (&lines).into(),
            (&row.receipt).into(),
            (&row.problem).into(),
            row.recorded_at.0.into(),
            row.waits_until.map(|at| at.0).into(),
        ]);
    }
    Ok(set)
}

/// Claims refunds by natural key, sorted; answers the numbers of those that were new.
///
/// A claimed refund is stored as waiting; [`update`] writes what became of it.
pub async fn claim(
    tx: &mut Tx,
    program: ProgramId,
    rows: &[RefundRow],
) -> Result<std::collections::HashSet<RefundId>, Error> {
    let mut sorted: Vec<&RefundRow> = rows.iter().collect();
    sorted.sort_by(|a, b| {
        (&a.order_key.channel, &a.refund_no).cmp(&(&b.order_key.channel, &b.refund_no))
    });
    let set = set_of(program, sorted)?;
    let answered = tx
        .fetch_set(
            "insert into refunds (program_id, refund_id, channel, refund_no, order_no, order_id, member_id,
                status, fingerprint, refunded_at, amount, lines, receipt, problem, recorded_at, waits_until)
             select s.program_id, s.refund_id, s.channel, s.refund_no, s.order_no, s.order_id, s.member_id,
                s.status, s.fingerprint, s.refunded_at, s.amount, s.lines, s.receipt, s.problem,
                s.recorded_at, s.waits_until
             from {set} where true on conflict (program_id, channel, refund_no) do nothing
             returning refund_id",
            &[],
            set,
        )
        .await?;
    answered.iter().map(|row| Ok(RefundId(row.int(0)?))).collect()
}

const KEY: &[Column] = &[Column::Text("channel"), Column::Text("no")];

fn keys<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Set {
    let mut set = Set::new(KEY);
    for (channel, no) in pairs {
        set.push(&[channel.into(), no.into()]);
    }
    set
}

/// Refunds by natural key (channel and refund number), locked.
pub async fn find<'a>(
    tx: &mut Tx,
    program: ProgramId,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<RefundRow>, Error> {
    let sql = format!(
        "select {SELECT} from {{set}} cross join refunds r
         where r.program_id = $1 and r.channel = s.channel and r.refund_no = s.no
         order by r.channel, r.refund_no {{lock}}"
    );
    tx.fetch_set(&sql, &[program.0.into()], keys(pairs)).await?.iter().map(read).collect()
}

/// Refunds that wait for these orders, in the order of their effective time.
pub async fn waiting_for<'a>(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = &'a OrderKey>,
) -> Result<Vec<RefundRow>, Error> {
    let sql = format!(
        "select {SELECT} from {{set}} cross join refunds r
         where r.program_id = $1 and r.status = 'waiting' and r.channel = s.channel and r.order_no = s.no
         order by r.refunded_at, r.refund_id"
    );
    let pairs = orders.into_iter().map(|key| (key.channel.as_str(), key.order_no.as_str()));
    tx.fetch_set(&sql, &[program.0.into()], keys(pairs)).await?.iter().map(read).collect()
}

/// Refunds still waiting at `now` although their time is over.
pub async fn overdue(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<RefundRow>, Error> {
    let sql = format!(
        "select {SELECT} from refunds r
         where r.program_id = $1 and r.status = 'waiting' and r.waits_until <= $2
         order by r.refund_id limit $3 {{lock}}"
    );
    let rows = tx.fetch(&sql, &[program.0.into(), now.0.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

/// The queue: refunds of a state, latest first, after a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    state: RefundState,
    before: Option<RefundId>,
    limit: i64,
) -> Result<Vec<RefundRow>, Error> {
    let sql = format!(
        "select {SELECT} from refunds r
         where r.program_id = $1 and r.status = $2 and r.refund_id < $3
         order by r.refund_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows = tx
        .fetch(&sql, &[program.0.into(), state.name().into(), before.into(), limit.into()])
        .await?;
    rows.iter().map(read).collect()
}

/// The refunds of an order, earliest first.
pub async fn of_orders(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<RefundRow>, Error> {
    const ORDER: &[Column] = &[Column::Int("order_id")];
    let sql = format!(
        "select {SELECT} from {{set}} cross join refunds r where r.program_id = $1 and r.order_id = s.order_id
         order by r.refunded_at, r.refund_id"
    );
    let set = Set::of_ints(ORDER, orders.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read).collect()
}

/// The channels' numbers of refunds.
pub async fn numbers(
    tx: &mut Tx,
    program: ProgramId,
    refunds: impl IntoIterator<Item = RefundId>,
) -> Result<HashMap<RefundId, String>, Error> {
    const REFUND: &[Column] = &[Column::Int("refund_id")];
    let rows = tx
        .fetch_set(
            "select r.refund_id, r.refund_no from {set} cross join refunds r
             where r.program_id = $1 and r.refund_id = s.refund_id",
            &[program.0.into()],
            Set::of_ints(REFUND, refunds.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter().map(|row| Ok((RefundId(row.int(0)?), row.text(1)?))).collect()
}

/// Writes what became of refunds.
pub async fn update<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a RefundRow>,
) -> Result<(), Error> {
    let set = set_of(program, rows)?;
    tx.execute_set(
        "update refunds set order_id = s.order_id, member_id = s.member_id, status = s.status,
            receipt = s.receipt, problem = s.problem, waits_until = s.waits_until
         from {set} where refunds.program_id = s.program_id and refunds.refund_id = s.refund_id",
        &[],
        set,
    )
    .await?;
    Ok(())
}

/// Gives up refunds claimed in this transaction that were refused.
pub async fn give_up(
    tx: &mut Tx,
    program: ProgramId,
    refunds: impl IntoIterator<Item = RefundId>,
) -> Result<(), Error> {
    const ID: &[Column] = &[Column::Int("refund_id")];
    let set = Set::of_ints(ID, refunds.into_iter().map(|id| id.0));
    tx.execute_set(
        "delete from refunds where program_id = $1 and refund_id in (select s.refund_id from {set})",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}
