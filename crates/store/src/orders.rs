//! Orders: claimed by their natural key, stored once, one row each.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{IdentityId, LotId, MemberId, OrderId, ProgramId};
use hui_loyalty::orders::{OrderKey, RecordedLine, Status};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// An order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number.
    pub id: OrderId,
    /// Its natural key.
    pub key: OrderKey,
    /// Digest of what may never change.
    pub fingerprint: String,
    /// The shop of the channel.
    pub shop: Option<String>,
    /// The cashier or guide.
    pub staff: Option<String>,
    /// The code or place that led to it.
    pub touchpoint: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
    /// When it was paid: its effective time.
    pub paid_at: Option<Timestamp>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The member it counts for.
    pub member: Option<MemberId>,
    /// The member whose identity brought it.
    pub home: Option<MemberId>,
    /// The identity that brought it.
    pub identity: Option<IdentityId>,
    /// The whole payment.
    pub paid: Money,
    /// What was paid for shipping.
    pub shipping: Money,
    /// What was refunded of the lines so far.
    pub refunded: Money,
    /// The lines.
    pub lines: Vec<RecordedLine>,
    /// Points earned.
    pub points: Points,
    /// Growth earned.
    pub growth: Points,
    /// The lot earned.
    pub lot: Option<LotId>,
    /// The version of the rules that counted.
    pub rule_version: Option<i64>,
    /// Why so many points, as JSON.
    pub explanation: Option<String>,
    /// Points spent on it.
    pub spent_points: Points,
    /// The lots that paid for them and what came back, as JSON.
    pub spent_draws: Option<String>,
    /// Points spent that refunds gave back.
    pub restored_points: Points,
    /// The answer its caller got, as JSON.
    pub receipt: String,
    /// When it was first recorded.
    pub recorded_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("order_id"),
    Column::Text("channel"),
    Column::Text("order_no"),
    Column::Text("fingerprint"),
    Column::Text("shop"),
    Column::Text("staff"),
    Column::Text("touchpoint"),
    Column::Text("status"),
    Column::Int("placed_at"),
    Column::Int("paid_at"),
    Column::Int("completed_at"),
    Column::Int("closed_at"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Int("identity_id"),
    Column::Int("paid"),
    Column::Int("shipping"),
    Column::Int("refunded"),
    Column::Text("lines"),
    Column::Int("points"),
    Column::Int("growth"),
    Column::Int("lot_id"),
    Column::Int("rule_version"),
    Column::Text("explanation"),
    Column::Int("spent_points"),
    Column::Text("spent_draws"),
    Column::Int("restored_points"),
    Column::Text("receipt"),
    Column::Int("recorded_at"),
    Column::Int("updated_at"),
];

const SELECT: &str =
    "o.order_id, o.channel, o.order_no, o.fingerprint, o.shop, o.staff, o.touchpoint,
    o.status, o.placed_at, o.paid_at, o.completed_at, o.closed_at, o.member_id, o.home_id,
    o.identity_id, o.paid, o.shipping, o.refunded, o.lines, o.points, o.growth, o.lot_id,
    o.rule_version, o.explanation, o.spent_points, o.spent_draws, o.restored_points, o.receipt,
    o.recorded_at, o.updated_at";

/// The name a status is stored under.
pub const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Placed => "placed",
        Status::Paid => "paid",
        Status::Shipped => "shipped",
        Status::Completed => "completed",
        Status::Closed => "closed",
    }
}

fn read_status(name: &str) -> Result<Status, Error> {
    Ok(match name {
        "placed" => Status::Placed,
        "paid" => Status::Paid,
        "shipped" => Status::Shipped,
        "completed" => Status::Completed,
        "closed" => Status::Closed,
        other => return Err(Error::unreadable("order status", other)),
    })
}

fn read(row: &Row) -> Result<OrderRow, Error> {
    Ok(OrderRow {
        id: OrderId(row.int(0)?),
        key: OrderKey { channel: row.text(1)?, order_no: row.text(2)? },
        fingerprint: row.text(3)?,
        shop: row.opt_text(4)?,
        staff: row.opt_text(5)?,
        touchpoint: row.opt_text(6)?,
        status: read_status(row.str(7)?)?,
        placed_at: at(row.opt_int(8)?),
        paid_at: at(row.opt_int(9)?),
        completed_at: at(row.opt_int(10)?),
        closed_at: at(row.opt_int(11)?),
        member: row.opt_int(12)?.map(MemberId),
        home: row.opt_int(13)?.map(MemberId),
        identity: row.opt_int(14)?.map(IdentityId),
        paid: Money(row.int(15)?),
        shipping: Money(row.int(16)?),
        refunded: Money(row.int(17)?),
        lines: serde_json::from_str(row.str(18)?)
            .map_err(|error| Error::unreadable("order lines", error))?,
        points: Points(row.int(19)?),
        growth: Points(row.int(20)?),
        lot: row.opt_int(21)?.map(LotId),
        rule_version: row.opt_int(22)?,
        explanation: row.opt_text(23)?,
        spent_points: Points(row.int(24)?),
        spent_draws: row.opt_text(25)?,
        restored_points: Points(row.int(26)?),
        receipt: row.text(27)?,
        recorded_at: Timestamp(row.int(28)?),
        updated_at: Timestamp(row.int(29)?),
    })
}

fn set_of<'a>(
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a OrderRow>,
) -> Result<Set, Error> {
    let mut set = Set::new(COLUMNS);
    for row in rows {
        let lines = serde_json::to_string(&row.lines)
            .map_err(|error| Error::unreadable("order lines", error))?;
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            (&row.key.channel).into(),
            (&row.key.order_no).into(),
            (&row.fingerprint).into(),
            (&row.shop).into(),
            (&row.staff).into(),
            (&row.touchpoint).into(),
            status_name(row.status).into(),
            row.placed_at.map(|at| at.0).into(),
            row.paid_at.map(|at| at.0).into(),
            row.completed_at.map(|at| at.0).into(),
            row.closed_at.map(|at| at.0).into(),
            row.member.map(|id| id.0).into(),
            row.home.map(|id| id.0).into(),
            row.identity.map(|id| id.0).into(),
            row.paid.0.into(),
            row.shipping.0.into(),
            row.refunded.0.into(),
            (&lines).into(),
            row.points.0.into(),
            row.growth.0.into(),
            row.lot.map(|id| id.0).into(),
            row.rule_version.into(),
            (&row.explanation).into(),
            row.spent_points.0.into(),
            (&row.spent_draws).into(),
            row.restored_points.0.into(),
            (&row.receipt).into(),
            row.recorded_at.0.into(),
            row.updated_at.0.into(),
        ]);
    }
    Ok(set)
}

const KEYS: &[Column] =
    &[Column::Text("channel"), Column::Text("order_no"), Column::Int("order_id")];

fn key_set<'a>(keys: impl IntoIterator<Item = (&'a OrderKey, OrderId)>) -> Set {
    let mut set = Set::new(KEYS);
    for (key, id) in keys {
        set.push(&[(&key.channel).into(), (&key.order_no).into(), id.0.into()]);
    }
    set
}

/// Claims order keys, each once and sorted by the caller's order of keys; answers those that were new.
///
/// Waits for another transaction that is recording the same order.
pub async fn claim(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(&OrderKey, OrderId)],
) -> Result<std::collections::HashSet<OrderId>, Error> {
    let mut sorted = keys.to_vec();
    sorted.sort();
    let rows = tx
        .fetch_set(
            "insert into order_keys (program_id, channel, order_no, order_id)
             select $1, s.channel, s.order_no, s.order_id from {set} where true
             on conflict (program_id, channel, order_no) do nothing returning order_id",
            &[program.0.into()],
            key_set(sorted),
        )
        .await?;
    rows.iter().map(|row| Ok(OrderId(row.int(0)?))).collect()
}

/// Gives up keys of orders that were refused.
pub async fn give_up(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(&OrderKey, OrderId)],
) -> Result<(), Error> {
    tx.execute_set(
        "delete from order_keys where program_id = $1 and (channel, order_no, order_id) in
         (select s.channel, s.order_no, s.order_id from {set})",
        &[program.0.into()],
        key_set(keys.iter().copied()),
    )
    .await?;
    Ok(())
}

/// The numbers of recorded orders by key; their keys are locked, in order.
pub async fn lock_keys(
    tx: &mut Tx,
    program: ProgramId,
    keys: impl IntoIterator<Item = &OrderKey>,
) -> Result<HashMap<OrderKey, OrderId>, Error> {
    let mut sorted: Vec<&OrderKey> = keys.into_iter().collect();
    sorted.sort();
    sorted.dedup();
    let rows = tx
        .fetch_set(
            "select k.channel, k.order_no, k.order_id from order_keys k
             where k.program_id = $1 and (k.channel, k.order_no) in (select s.channel, s.order_no from {set})
             order by k.channel, k.order_no {lock}",
            &[program.0.into()],
            key_set(sorted.into_iter().map(|key| (key, OrderId(0)))),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((OrderKey { channel: row.text(0)?, order_no: row.text(1)? }, OrderId(row.int(2)?)))
        })
        .collect()
}

/// Loads orders by number.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, OrderRow>, Error> {
    const ORDER: &[Column] = &[Column::Int("order_id")];
    let sql = format!(
        "select {SELECT} from {{set}} cross join orders o where o.program_id = $1 and o.order_id = s.order_id"
    );
    let set = Set::of_ints(ORDER, orders.into_iter().map(|id| id.0));
    let rows = tx.fetch_set(&sql, &[program.0.into()], set).await?;
    rows.iter().map(|row| read(row).map(|row| (row.id, row))).collect()
}

/// Loads one order by its natural key.
pub async fn find(
    tx: &mut Tx,
    program: ProgramId,
    key: &OrderKey,
) -> Result<Option<OrderRow>, Error> {
    let sql = format!(
        "select {SELECT} from order_keys k
         join orders o on o.program_id = k.program_id and o.order_id = k.order_id
         where k.program_id = $1 and k.channel = $2 and k.order_no = $3"
    );
    tx.fetch_one(&sql, &[program.0.into(), (&key.channel).into(), (&key.order_no).into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The natural keys of orders by number.
pub async fn keys(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, OrderKey>, Error> {
    const ORDER: &[Column] = &[Column::Int("order_id")];
    let rows = tx
        .fetch_set(
            "select o.order_id, o.channel, o.order_no from {set} cross join orders o
             where o.program_id = $1 and o.order_id = s.order_id",
            &[program.0.into()],
            Set::of_ints(ORDER, orders.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let key = OrderKey { channel: row.text(1)?, order_no: row.text(2)? };
            Ok((OrderId(row.int(0)?), key))
        })
        .collect()
}

/// Adds new orders, whose keys are claimed.
pub async fn insert<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a OrderRow>,
) -> Result<(), Error> {
    let set = set_of(program, rows)?;
    tx.insert("orders", set).await?;
    Ok(())
}

/// Writes what may change of recorded orders.
pub async fn update<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a OrderRow>,
) -> Result<(), Error> {
    let sql = "update orders set status = s.status, placed_at = s.placed_at, paid_at = s.paid_at,
            completed_at = s.completed_at, closed_at = s.closed_at, member_id = s.member_id,
            home_id = s.home_id, identity_id = s.identity_id, refunded = s.refunded, lines = s.lines,
            points = s.points, growth = s.growth, lot_id = s.lot_id, rule_version = s.rule_version,
            explanation = s.explanation, spent_points = s.spent_points, spent_draws = s.spent_draws,
            restored_points = s.restored_points, receipt = s.receipt, updated_at = s.updated_at
        from {set} where orders.program_id = s.program_id and orders.order_id = s.order_id";
    let set = set_of(program, rows)?;
    tx.execute_set(sql, &[], set).await?;
    Ok(())
}

/// A member's orders, latest paid first, after a position of the page before.
pub async fn of_member(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<(i64, OrderId)>,
    limit: i64,
) -> Result<Vec<OrderRow>, Error> {
    let sql = format!(
        "select {SELECT} from orders o
         where o.program_id = $1 and o.member_id = $2
           and (coalesce(o.paid_at, o.recorded_at), o.order_id) < ($3, $4)
         order by coalesce(o.paid_at, o.recorded_at) desc, o.order_id desc limit $5"
    );
    let (at, id) = before.unwrap_or((i64::MAX, OrderId(i64::MAX)));
    let rows = tx
        .fetch(&sql, &[program.0.into(), member.0.into(), at.into(), id.0.into(), limit.into()])
        .await?;
    rows.iter().map(read).collect()
}

/// Points the members' orders have earned by rules in spans of their effective time.
///
/// Answers one sum per span asked for, in the same order; sums are of what was
/// granted at the time: a claw-back does not free room under a cap.
pub async fn earned_in(
    tx: &mut Tx,
    program: ProgramId,
    spans: &[(MemberId, Timestamp, Timestamp)],
) -> Result<Vec<Points>, Error> {
    const SPANS: &[Column] = &[
        Column::Int("place"),
        Column::Int("member_id"),
        Column::Int("since"),
        Column::Int("before"),
    ];
    let mut set = Set::with_capacity(SPANS, spans.len());
    for (place, (member, since, before)) in spans.iter().enumerate() {
        set.push(&[
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            member.0.into(),
            since.0.into(),
            before.0.into(),
        ]);
    }
    let rows = tx
        .fetch_set(
            "select s.place, cast(sum(o.points) as bigint) from {set}
             cross join orders o where o.program_id = $1 and o.member_id = s.member_id
               and o.paid_at >= s.since and o.paid_at < s.before
             group by s.place",
            &[program.0.into()],
            set,
        )
        .await?;
    let mut sums = vec![Points::ZERO; spans.len()];
    for row in &rows {
        let place = usize::try_from(row.int(0)?).unwrap_or(usize::MAX);
        if let Some(sum) = sums.get_mut(place) {
            *sum = Points(row.opt_int(1)?.unwrap_or(0));
        }
    }
    Ok(sums)
}

/// Money and orders of a member, as its row should have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Orders paid.
    pub orders_count: i64,
    /// Money paid, refunds taken off.
    pub spent: Money,
    /// The effective time of the first.
    pub first_order_at: Option<Timestamp>,
    /// The effective time of the latest.
    pub last_order_at: Option<Timestamp>,
}

/// Adds up a member's orders; used after an un-merge and by the auditor.
pub async fn totals(tx: &mut Tx, program: ProgramId, member: MemberId) -> Result<Totals, Error> {
    let row = tx
        .fetch_one(
            "select count(*), cast(coalesce(sum(paid - refunded), 0) as bigint), min(paid_at), max(paid_at)
             from orders where program_id = $1 and member_id = $2 and paid_at is not null
               and rule_version is not null",
            &[program.0.into(), member.0.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(Totals::default()) };
    Ok(Totals {
        orders_count: row.int(0)?,
        spent: Money(row.int(1)?),
        first_order_at: at(row.opt_int(2)?),
        last_order_at: at(row.opt_int(3)?),
    })
}

/// Whether the program has an order, of whatever status.
pub async fn are_recorded(tx: &mut Tx, program: ProgramId) -> Result<bool, Error> {
    let row = tx
        .fetch_one("select 1 from orders where program_id = $1 limit 1", &[program.0.into()])
        .await?;
    Ok(row.is_some())
}

/// A counted order, as far as what a member buys goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseRow {
    /// The channel.
    pub channel: String,
    /// The shop.
    pub shop: Option<String>,
    /// The effective time.
    pub paid_at: Timestamp,
    /// The whole payment.
    pub paid: Money,
    /// What was refunded of the lines.
    pub refunded: Money,
    /// The lines.
    pub lines: Vec<RecordedLine>,
}

/// A member's latest counted orders, latest first.
pub async fn purchases(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    limit: i64,
) -> Result<Vec<PurchaseRow>, Error> {
    let rows = tx
        .fetch(
            "select channel, shop, paid_at, paid, refunded, lines from orders
             where program_id = $1 and member_id = $2 and paid_at is not null
               and rule_version is not null
             order by paid_at desc limit $3",
            &[program.0.into(), member.0.into(), limit.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(PurchaseRow {
            channel: row.text(0)?,
            shop: row.opt_text(1)?,
            paid_at: Timestamp(row.int(2)?),
            paid: Money(row.int(3)?),
            refunded: Money(row.int(4)?),
            lines: serde_json::from_str(row.str(5)?)
                .map_err(|error| Error::unreadable("order lines", error))?,
        })
    };
    rows.iter().map(read).collect()
}
