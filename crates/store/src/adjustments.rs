//! Adjustments that wait for somebody else's word, and those that were taken back.

use hui_loyalty::ids::{AdjustmentId, EntryId, MemberId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustmentState {
    /// It waits.
    Pending,
    /// It was done.
    Approved,
    /// It was turned down.
    Rejected,
}

impl AdjustmentState {
    /// The name used in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentRow {
    /// Its number.
    pub id: AdjustmentId,
    /// Whose points; the member that was named, whatever merges came since.
    pub member: MemberId,
    /// How many; negative deducts.
    pub points: i64,
    /// Why, in words.
    pub reason: String,
    /// The end of granted points; by the program's policy where absent.
    pub expires_at: Option<Timestamp>,
    /// Whether what a deduction does not find becomes debt.
    pub allow_debt: bool,
    /// The adjustment it takes back, where it is about one.
    pub undoes: Option<EntryId>,
    /// What became of it.
    pub state: AdjustmentState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Who asked, as the audit log names them.
    pub asked_by: String,
    /// Who asked, without the name, which may change: they may not decide.
    pub asker: String,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided, as the audit log names them.
    pub decided_by: Option<String>,
    /// Why it was decided so.
    pub decision_reason: Option<String>,
    /// The entry it became.
    pub entry: Option<EntryId>,
}

const SELECT: &str =
    "a.adjustment_id, a.member_id, a.points, a.reason, a.expires_at, a.allow_debt, a.undoes, a.state,
    a.asked_at, a.asked_by, a.asker, a.decided_at, a.decided_by, a.decision_reason, a.entry_id";

fn read(row: &Row) -> Result<AdjustmentRow, Error> {
    let state = row.str(7)?;
    Ok(AdjustmentRow {
        id: AdjustmentId(row.int(0)?),
        member: MemberId(row.int(1)?),
        points: row.int(2)?,
        reason: row.text(3)?,
        expires_at: at(row.opt_int(4)?),
        allow_debt: row.flag(5)?,
        undoes: row.opt_int(6)?.map(EntryId),
        state: AdjustmentState::named(state)
            .ok_or_else(|| Error::unreadable("adjustment state", state))?,
        asked_at: Timestamp(row.int(8)?),
        asked_by: row.text(9)?,
        asker: row.text(10)?,
        decided_at: at(row.opt_int(11)?),
        decided_by: row.opt_text(12)?,
        decision_reason: row.opt_text(13)?,
        entry: row.opt_int(14)?.map(EntryId),
    })
}

/// Files requests.
pub async fn insert(tx: &mut Tx, program: ProgramId, rows: &[AdjustmentRow]) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("adjustment_id"),
        Column::Int("member_id"),
        Column::Int("points"),
        Column::Text("reason"),
        Column::Int("expires_at"),
        Column::Int("allow_debt"),
        Column::Int("undoes"),
        Column::Text("state"),
        Column::Int("asked_at"),
        Column::Text("asked_by"),
        Column::Text("asker"),
    ];
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            row.member.0.into(),
            row.points.into(),
            (&row.reason).into(),
            row.expires_at.map(|at| at.0).into(),
            row.allow_debt.into(),
            row.undoes.map(|id| id.0).into(),
            row.state.name().into(),
            row.asked_at.0.into(),
            (&row.asked_by).into(),
            (&row.asker).into(),
        ]);
    }
    tx.insert("adjustments", set).await?;
    Ok(())
}

/// One request.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    id: AdjustmentId,
) -> Result<Option<AdjustmentRow>, Error> {
    let sql = format!(
        "select {SELECT} from adjustments a where a.program_id = $1 and a.adjustment_id = $2"
    );
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// One request, locked.
pub async fn lock(
    tx: &mut Tx,
    program: ProgramId,
    id: AdjustmentId,
) -> Result<Option<AdjustmentRow>, Error> {
    let sql = format!(
        "select {SELECT} from adjustments a where a.program_id = $1 and a.adjustment_id = $2 {{lock}}"
    );
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// Requests of one state, or all, latest first, after a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    state: Option<AdjustmentState>,
    before: Option<AdjustmentId>,
    limit: i64,
) -> Result<Vec<AdjustmentRow>, Error> {
    let sql = format!(
        "select {SELECT} from adjustments a
         where a.program_id = $1 and ($2 is null or a.state = $2) and a.adjustment_id < $3
         order by a.adjustment_id desc limit $4"
    );
    let state = state.map(AdjustmentState::name);
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows =
        tx.fetch(&sql, &[program.0.into(), state.into(), before.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

/// Writes what was decided.
pub async fn decide(tx: &mut Tx, program: ProgramId, row: &AdjustmentRow) -> Result<(), Error> {
    tx.execute(
        "update adjustments set state = $3, decided_at = $4, decided_by = $5, decision_reason = $6,
         entry_id = $7 where program_id = $1 and adjustment_id = $2",
        &[
            program.0.into(),
            row.id.0.into(),
            row.state.name().into(),
            row.decided_at.map(|at| at.0).into(),
            (&row.decided_by).into(),
            (&row.decision_reason).into(),
            row.entry.map(|id| id.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Adjustments taken back and what took them back, as far as either is among `entries`.
pub async fn undone(
    tx: &mut Tx,
    program: ProgramId,
    entries: impl IntoIterator<Item = EntryId>,
) -> Result<Vec<UndoneEntry>, Error> {
    let entries: Vec<i64> = entries.into_iter().map(|id| id.0).collect();
    let mut found = Vec::new();
    for side in ["entry_id", "undone_by"] {
        let sql = format!(
            "select u.entry_id, u.undone_by from {{set}} cross join undone_entries u
             where u.program_id = $1 and u.{side} = s.entry_id"
        );
        let set = Set::of_ints(&[Column::Int("entry_id")], entries.iter().copied());
        for row in &tx.fetch_set(&sql, &[program.0.into()], set).await? {
            found.push(UndoneEntry { entry: EntryId(row.int(0)?), by: EntryId(row.int(1)?) });
        }
    }
    Ok(found)
}

/// An adjustment and the entry that took it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoneEntry {
    /// The adjustment.
    pub entry: EntryId,
    /// The opposite entry.
    pub by: EntryId,
}

/// Notes that entries were taken back; a second time for one of them is refused by its key.
pub async fn insert_undone(
    tx: &mut Tx,
    program: ProgramId,
    undone: &[UndoneEntry],
) -> Result<(), Error> {
    const COLUMNS: &[Column] =
        &[Column::Int("program_id"), Column::Int("entry_id"), Column::Int("undone_by")];
    let mut set = Set::with_capacity(COLUMNS, undone.len());
    for one in undone {
        set.push(&[program.0.into(), one.entry.0.into(), one.by.0.into()]);
    }
    tx.insert("undone_entries", set).await?;
    Ok(())
}
