//! Reviews: questions a person has to decide, with the evidence.

use hui_loyalty::ids::{IdentityId, MemberId, OrderId, ProgramId, ReviewId};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// A review as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its number.
    pub id: ReviewId,
    /// What it asks: `second_phone`, `different_phones`, `birthdays_differ`, …
    pub kind: String,
    /// Whether it still waits for a decision.
    pub is_open: bool,
    /// When it was filed.
    pub opened_at: Timestamp,
    /// The member the event counted for.
    pub member: Option<MemberId>,
    /// The other member it points at.
    pub other: Option<MemberId>,
    /// The order that raised it.
    pub order: Option<OrderId>,
    /// The identity it is about.
    pub identity: Option<IdentityId>,
    /// What speaks for and against, as JSON without personal data in clear.
    pub evidence: String,
    /// What was decided.
    pub decision: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

const SELECT: &str =
    "review_id, kind, state, opened_at, member_id, other_id, order_id, identity_id,
    evidence, decision, decided_at, decided_by, reason";

fn read(row: &Row) -> Result<ReviewRow, Error> {
    Ok(ReviewRow {
        id: ReviewId(row.int(0)?),
        kind: row.text(1)?,
        is_open: row.str(2)? == "open",
        opened_at: Timestamp(row.int(3)?),
        member: row.opt_int(4)?.map(MemberId),
        other: row.opt_int(5)?.map(MemberId),
        order: row.opt_int(6)?.map(OrderId),
        identity: row.opt_int(7)?.map(IdentityId),
        evidence: row.text(8)?,
        decision: row.opt_text(9)?,
        decided_at: at(row.opt_int(10)?),
        decided_by: row.opt_text(11)?,
        reason: row.opt_text(12)?,
    })
}

/// Files reviews.
pub async fn insert(tx: &mut Tx, program: ProgramId, rows: &[ReviewRow]) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("review_id"),
        Column::Text("kind"),
        Column::Text("state"),
        Column::Int("opened_at"),
        Column::Int("member_id"),
        Column::Int("other_id"),
        Column::Int("order_id"),
        Column::Int("identity_id"),
        Column::Text("evidence"),
    ];
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            (&row.kind).into(),
            if row.is_open { "open" } else { "decided" }.into(),
            row.opened_at.0.into(),
            row.member.map(|id| id.0).into(),
            row.other.map(|id| id.0).into(),
            row.order.map(|id| id.0).into(),
            row.identity.map(|id| id.0).into(),
            (&row.evidence).into(),
        ]);
    }
    tx.insert("reviews", set).await?;
    Ok(())
}

/// One review, locked.
pub async fn lock(
    tx: &mut Tx,
    program: ProgramId,
    id: ReviewId,
) -> Result<Option<ReviewRow>, Error> {
    let sql =
        format!("select {SELECT} from reviews where program_id = $1 and review_id = $2 {{lock}}");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// Open or decided reviews, latest first, after a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    open: Option<bool>,
    before: Option<ReviewId>,
    limit: i64,
) -> Result<Vec<ReviewRow>, Error> {
    let sql = format!(
        "select {SELECT} from reviews
         where program_id = $1 and ($2 is null or state = $2) and review_id < $3
         order by review_id desc limit $4"
    );
    let state = open.map(|open| if open { "open" } else { "decided" });
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows =
        tx.fetch(&sql, &[program.0.into(), state.into(), before.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

/// Open reviews about any of these members, on either side.
pub async fn open_about(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<Vec<ReviewRow>, Error> {
    let sql = format!(
        "select {SELECT} from reviews
         where program_id = $1 and state = 'open' and (member_id = $2 or other_id = $2)
         order by review_id limit 500"
    );
    tx.fetch(&sql, &[program.0.into(), member.0.into()]).await?.iter().map(read).collect()
}

/// Writes what was decided.
pub async fn decide(tx: &mut Tx, program: ProgramId, row: &ReviewRow) -> Result<(), Error> {
    tx.execute(
        "update reviews set state = 'decided', decision = $3, decided_at = $4, decided_by = $5, reason = $6
         where program_id = $1 and review_id = $2",
        &[
            program.0.into(),
            row.id.0.into(),
            (&row.decision).into(),
            row.decided_at.map(|at| at.0).into(),
            (&row.decided_by).into(),
            (&row.reason).into(),
        ],
    )
    .await?;
    Ok(())
}
