//! What is counted against abuse, who is blocked, and which reviews it led to.

use std::collections::{HashMap, HashSet};

use hui_loyalty::abuse::Counts;
use hui_loyalty::ids::{MemberId, OrderId, ProgramId, ReviewId};
use hui_loyalty::time::{Span, Timestamp};

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// The name of what is counted, in SQL.
const fn name(counts: Counts) -> &'static str {
    match counts {
        Counts::Redemptions => "redemptions",
        _ => "claims",
    }
}

/// Locks the rows of subjects, in their order, and says up to when a person let each pass.
pub async fn lock_subjects(
    tx: &mut Tx,
    program: ProgramId,
    subjects: &[&str],
) -> Result<HashMap<String, Timestamp>, Error> {
    let mut sorted = subjects.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut passed = HashMap::new();
    for subject in sorted {
        let sql = "insert into abuse_subjects (program_id, subject, passed_at, seen)
             values ($1, $2, 0, 1)
             on conflict (program_id, subject) do update set seen = abuse_subjects.seen + 1
             returning passed_at";
        let row = tx.fetch_one(sql, &[program.0.into(), subject.into()]).await?;
        let at = row.map_or(Ok(0), |row| row.int(0))?;
        passed.insert(subject.to_owned(), Timestamp(at));
    }
    Ok(passed)
}

/// Lets a subject pass: what was counted up to now counts no more.
pub async fn pass(
    tx: &mut Tx,
    program: ProgramId,
    subject: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into abuse_subjects (program_id, subject, passed_at, seen)
         values ($1, $2, $3, 0)
         on conflict (program_id, subject) do update set passed_at = excluded.passed_at";
    tx.execute(sql, &[program.0.into(), subject.into(), now.0.into()]).await?;
    Ok(())
}

/// How often something was counted for subjects, each within a time of its own; in their order.
pub async fn count(
    tx: &mut Tx,
    program: ProgramId,
    counts: Counts,
    asked: &[(&str, Span)],
) -> Result<Vec<i64>, Error> {
    const ASKED: &[Column] = &[
        Column::Int("place"),
        Column::Text("subject"),
        Column::Int("since"),
        Column::Int("before"),
    ];
    let mut set = Set::with_capacity(ASKED, asked.len());
    for (place, (subject, span)) in asked.iter().enumerate() {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        set.push(&[place.into(), (*subject).into(), span.from.0.into(), span.until.0.into()]);
    }
    let sql = "select s.place, count(*) from {set} cross join abuse_events e
         where e.program_id = $1 and e.subject = s.subject and e.counts = $2
           and e.at >= s.since and e.at < s.before
         group by s.place";
    let rows = tx.fetch_set(sql, &[program.0.into(), name(counts).into()], set).await?;
    by_place(&rows, asked.len())
}

fn by_place(rows: &[Row], count: usize) -> Result<Vec<i64>, Error> {
    let mut counted = vec![0; count];
    for row in rows {
        let place = usize::try_from(row.int(0)?).unwrap_or(usize::MAX);
        if let Some(counted) = counted.get_mut(place) {
            *counted = row.int(1)?;
        }
    }
    Ok(counted)
}

/// Counts something once for each of some subjects.
pub async fn note(
    tx: &mut Tx,
    program: ProgramId,
    counts: Counts,
    events: &[(i64, &str)],
    now: Timestamp,
) -> Result<(), Error> {
    const EVENTS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("event_id"),
        Column::Text("counts"),
        Column::Text("subject"),
        Column::Int("at"),
    ];
    let mut set = Set::with_capacity(EVENTS, events.len());
    for (id, subject) in events {
        let counts = name(counts);
        set.push(&[program.0.into(), (*id).into(), counts.into(), (*subject).into(), now.0.into()]);
    }
    tx.insert("abuse_events", set).await?;
    Ok(())
}

/// Forgets what no rule can count any more.
pub async fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("delete from abuse_events where at < $1", &[before.0.into()]).await
}

/// Orders to be counted: of a member, within a time, at one till where it is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrdersAsked {
    /// Whose.
    pub member: MemberId,
    /// By the time of payment.
    pub span: Span,
    /// The channel, shop and cashier of the till.
    pub till: Option<(String, String, String)>,
}

/// How many orders earned points, in the order asked for.
pub async fn count_orders(
    tx: &mut Tx,
    program: ProgramId,
    asked: &[OrdersAsked],
) -> Result<Vec<i64>, Error> {
    const ASKED: &[Column] = &[
        Column::Int("place"),
        Column::Int("member_id"),
        Column::Int("since"),
        Column::Int("before"),
        Column::Text("channel"),
        Column::Text("shop"),
        Column::Text("staff"),
    ];
    let mut set = Set::with_capacity(ASKED, asked.len());
    for (place, one) in asked.iter().enumerate() {
        let till = one.till.as_ref();
        set.push(&[
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            one.member.0.into(),
            one.span.from.0.into(),
            one.span.until.0.into(),
            till.map(|(channel, ..)| channel.as_str()).into(),
            till.map(|(_, shop, _)| shop.as_str()).into(),
            till.map(|(.., staff)| staff.as_str()).into(),
        ]);
    }
    let sql = "select s.place, count(*) from {set} cross join orders o
         where o.program_id = $1 and o.member_id = s.member_id
           and o.paid_at >= s.since and o.paid_at < s.before and o.points > 0
           and (s.channel is null or (o.channel = s.channel
             and coalesce(o.shop, '') = s.shop and coalesce(o.staff, '') = s.staff))
         group by s.place";
    let rows = tx.fetch_set(sql, &[program.0.into()], set).await?;
    by_place(&rows, asked.len())
}

/// How many orders of members came back whole within a time, in the order asked for; a closed
/// order came back when it was closed.
pub async fn count_returns(
    tx: &mut Tx,
    program: ProgramId,
    asked: &[(MemberId, Span)],
) -> Result<Vec<i64>, Error> {
    const ASKED: &[Column] = &[
        Column::Int("place"),
        Column::Int("member_id"),
        Column::Int("since"),
        Column::Int("before"),
    ];
    let mut set = Set::with_capacity(ASKED, asked.len());
    for (place, (member, span)) in asked.iter().enumerate() {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        set.push(&[place.into(), member.0.into(), span.from.0.into(), span.until.0.into()]);
    }
    let sql = "select s.place, count(*) from {set} cross join orders o
         where o.program_id = $1 and o.member_id = s.member_id
           and o.refunded > 0 and o.refunded >= o.paid - o.shipping
           and ((o.closed_at >= s.since and o.closed_at < s.before)
             or exists (select 1 from refunds r where r.program_id = $1
               and r.order_id = o.order_id and r.status = 'done'
               and r.refunded_at >= s.since and r.refunded_at < s.before))
         group by s.place";
    let rows = tx.fetch_set(sql, &[program.0.into()], set).await?;
    by_place(&rows, asked.len())
}

/// The latest orders of a member that were paid within a time, at most so many.
pub async fn latest_orders(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    span: Span,
    limit: i64,
) -> Result<Vec<OrderId>, Error> {
    let sql = "select order_id from orders
         where program_id = $1 and member_id = $2 and paid_at >= $3 and paid_at < $4
         order by paid_at desc limit $5";
    let cells =
        [program.0.into(), member.0.into(), span.from.0.into(), span.until.0.into(), limit.into()];
    let rows = tx.fetch(sql, &cells).await?;
    rows.iter().map(|row| Ok(OrderId(row.int(0)?))).collect()
}

/// Somebody who is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRow {
    /// Who: `member:` and the number, or `device:` and its blind index.
    pub subject: String,
    /// The member, where it is one.
    pub member: Option<MemberId>,
    /// Why.
    pub reason: String,
    /// Until when; for good where there is none. Over at this instant.
    pub until: Option<Timestamp>,
    /// Since when.
    pub blocked_at: Timestamp,
    /// By whom.
    pub blocked_by: String,
}

const BLOCK: &str = "subject, member_id, reason, until_at, blocked_at, blocked_by";

fn read_block(row: &Row) -> Result<BlockRow, Error> {
    Ok(BlockRow {
        subject: row.text(0)?,
        member: row.opt_int(1)?.map(MemberId),
        reason: row.text(2)?,
        until: at(row.opt_int(3)?),
        blocked_at: Timestamp(row.int(4)?),
        blocked_by: row.text(5)?,
    })
}

/// Blocks somebody; a block that is there takes the new reason and end.
pub async fn block(tx: &mut Tx, program: ProgramId, row: &BlockRow) -> Result<(), Error> {
    let sql = "insert into abuse_blocks
             (program_id, subject, member_id, reason, until_at, blocked_at, blocked_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (program_id, subject) do update set reason = excluded.reason,
             until_at = excluded.until_at, blocked_at = excluded.blocked_at,
             blocked_by = excluded.blocked_by";
    let cells = [
        program.0.into(),
        (&row.subject).into(),
        row.member.map(|id| id.0).into(),
        (&row.reason).into(),
        row.until.map(|at| at.0).into(),
        row.blocked_at.0.into(),
        (&row.blocked_by).into(),
    ];
    tx.execute(sql, &cells).await?;
    Ok(())
}

/// Lifts a block; false where there is none.
pub async fn unblock(tx: &mut Tx, program: ProgramId, subject: &str) -> Result<bool, Error> {
    let sql = "delete from abuse_blocks where program_id = $1 and subject = $2";
    Ok(tx.execute(sql, &[program.0.into(), subject.into()]).await? > 0)
}

/// Everybody who is blocked, the latest first, at most so many; those that ended are left out.
pub async fn blocks(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<BlockRow>, Error> {
    let sql = format!(
        "select {BLOCK} from abuse_blocks
         where program_id = $1 and (until_at is null or until_at > $2)
         order by blocked_at desc, subject limit $3"
    );
    let rows = tx.fetch(&sql, &[program.0.into(), now.0.into(), limit.into()]).await?;
    rows.iter().map(read_block).collect()
}

/// Which of some members are blocked, by a block of theirs or of one that was merged into them.
pub async fn blocked_members(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    now: Timestamp,
) -> Result<HashSet<MemberId>, Error> {
    const MEMBERS: &[Column] = &[Column::Int("member_id")];
    let mut set = Set::new(MEMBERS);
    for member in members {
        set.push(&[member.0.into()]);
    }
    let sql = "select s.member_id from {set} where exists (
             select 1 from abuse_blocks b where b.program_id = $1
               and (b.until_at is null or b.until_at > $2)
               and (b.member_id = s.member_id or b.member_id in (
                 select m.absorbed_id from merges m
                 where m.program_id = $1 and m.survivor_id = s.member_id and m.undone_at is null)))";
    let rows = tx.fetch_set(sql, &[program.0.into(), now.0.into()], set).await?;
    rows.iter().map(|row| Ok(MemberId(row.int(0)?))).collect()
}

/// Whether a subject is blocked.
pub async fn is_blocked(
    tx: &mut Tx,
    program: ProgramId,
    subject: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "select 1 from abuse_blocks where program_id = $1 and subject = $2
         and (until_at is null or until_at > $3)";
    let cells = [program.0.into(), subject.into(), now.0.into()];
    Ok(tx.fetch_one(sql, &cells).await?.is_some())
}

/// Opens a case for a review; false where one of the same thing is open already.
pub async fn open_case(
    tx: &mut Tx,
    program: ProgramId,
    review: ReviewId,
    case_key: &str,
    order: Option<OrderId>,
) -> Result<bool, Error> {
    let sql = "insert into abuse_cases (program_id, review_id, case_key, order_id, state)
         values ($1, $2, $3, $4, 'open')
         on conflict (program_id, case_key) where state = 'open' do nothing";
    let cells =
        [program.0.into(), review.0.into(), case_key.into(), order.map(|order| order.0).into()];
    Ok(tx.execute(sql, &cells).await? > 0)
}

/// Closes the case of a review.
pub async fn close_case(tx: &mut Tx, program: ProgramId, review: ReviewId) -> Result<(), Error> {
    let sql = "update abuse_cases set state = 'decided' where program_id = $1 and review_id = $2";
    tx.execute(sql, &[program.0.into(), review.0.into()]).await?;
    Ok(())
}

/// Which of some orders have points that wait for a review.
pub async fn held_orders(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashSet<OrderId>, Error> {
    const ORDERS: &[Column] = &[Column::Int("order_id")];
    let mut set = Set::new(ORDERS);
    for order in orders {
        set.push(&[order.0.into()]);
    }
    let sql = "select s.order_id from {set} cross join abuse_cases c
         where c.program_id = $1 and c.order_id = s.order_id and c.state = 'open'";
    let rows = tx.fetch_set(sql, &[program.0.into()], set).await?;
    rows.iter().map(|row| Ok(OrderId(row.int(0)?))).collect()
}
