//! The growth ledger and the history of tiers.

use std::collections::HashMap;

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{GrowthId, MemberId, OrderId, ProgramId, RefundId};
use hui_loyalty::time::Timestamp;

use crate::members::{at, member_set};
use crate::{Column, Error, Set, Tx};

/// A line of the growth ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrowthRow {
    /// Its number.
    pub id: GrowthId,
    /// Whose growth it is.
    pub member: MemberId,
    /// The member whose identity brought it.
    pub home: MemberId,
    /// The effective time it counts from.
    pub at: Timestamp,
    /// How much; negative where it is reversed.
    pub points: Points,
    /// The order.
    pub order: Option<OrderId>,
    /// The refund.
    pub refund: Option<RefundId>,
    /// Why, where it is neither.
    pub reason: Option<String>,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("growth_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Int("at"),
    Column::Int("points"),
    Column::Int("order_id"),
    Column::Int("refund_id"),
    Column::Text("reason"),
    Column::Int("recorded_at"),
];

/// Adds lines.
pub async fn insert(
    tx: &mut Tx,
    program: ProgramId,
    rows: &[GrowthRow],
    now: Timestamp,
) -> Result<(), Error> {
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            row.member.0.into(),
            row.home.0.into(),
            row.at.0.into(),
            row.points.0.into(),
            row.order.map(|id| id.0).into(),
            row.refund.map(|id| id.0).into(),
            (&row.reason).into(),
            now.0.into(),
        ]);
    }
    tx.insert("growth_entries", set).await?;
    Ok(())
}

/// The sums of members' growth with `after < at ≤ until`; members without any are absent.
pub async fn sums(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    after: Timestamp,
    until: Timestamp,
) -> Result<HashMap<MemberId, Points>, Error> {
    let rows = tx
        .fetch_set(
            "select g.member_id, cast(sum(g.points) as bigint) from {set}
             cross join growth_entries g where g.program_id = $1 and g.member_id = s.member_id
               and g.at > $2 and g.at <= $3
             group by g.member_id",
            &[program.0.into(), after.0.into(), until.0.into()],
            member_set(members),
        )
        .await?;
    rows.iter().map(|row| Ok((MemberId(row.int(0)?), Points(row.int(1)?)))).collect()
}

/// Every line of members' growth as (effective time, points), earliest first.
pub async fn histories(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, Vec<(Timestamp, Points)>>, Error> {
    let rows = tx
        .fetch_set(
            "select g.member_id, g.at, g.points from {set}
             cross join growth_entries g where g.program_id = $1 and g.member_id = s.member_id
             order by g.member_id, g.at",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    let mut histories: HashMap<MemberId, Vec<(Timestamp, Points)>> = HashMap::new();
    for row in &rows {
        let line = (Timestamp(row.int(1)?), Points(row.int(2)?));
        histories.entry(MemberId(row.int(0)?)).or_default().push(line);
    }
    Ok(histories)
}

/// A change of tier as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierChangeRow {
    /// Its number.
    pub id: i64,
    /// Whose tier.
    pub member: MemberId,
    /// The effective time.
    pub at: Timestamp,
    /// The tier before.
    pub from: String,
    /// The tier after; the same where a review kept it.
    pub to: String,
    /// Why: `upgrade`, `keep`, `downgrade`, `merge`, `unmerge`, `granted`.
    pub reason: String,
    /// The end of the new period.
    pub until: Option<Timestamp>,
    /// When it was written.
    pub recorded_at: Timestamp,
}

/// Adds changes of tier.
pub async fn insert_tier_changes(
    tx: &mut Tx,
    program: ProgramId,
    rows: &[TierChangeRow],
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("change_id"),
        Column::Int("member_id"),
        Column::Int("at"),
        Column::Text("from_tier"),
        Column::Text("to_tier"),
        Column::Text("reason"),
        Column::Int("until_at"),
        Column::Int("recorded_at"),
    ];
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.into(),
            row.member.0.into(),
            row.at.0.into(),
            (&row.from).into(),
            (&row.to).into(),
            (&row.reason).into(),
            row.until.map(|at| at.0).into(),
            row.recorded_at.0.into(),
        ]);
    }
    tx.insert("tier_changes", set).await?;
    Ok(())
}

/// A member's changes of tier, latest first.
pub async fn tier_changes(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    limit: i64,
) -> Result<Vec<TierChangeRow>, Error> {
    let rows = tx
        .fetch(
            "select change_id, member_id, at, from_tier, to_tier, reason, until_at, recorded_at
             from tier_changes where program_id = $1 and member_id = $2
             order by at desc, change_id desc limit $3",
            &[program.0.into(), member.0.into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(TierChangeRow {
                id: row.int(0)?,
                member: MemberId(row.int(1)?),
                at: Timestamp(row.int(2)?),
                from: row.text(3)?,
                to: row.text(4)?,
                reason: row.text(5)?,
                until: at(row.opt_int(6)?),
                recorded_at: Timestamp(row.int(7)?),
            })
        })
        .collect()
}
