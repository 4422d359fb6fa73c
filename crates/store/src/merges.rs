//! Merges: which member went into which, and what it takes to undo it.

use hui_loyalty::ids::{MemberId, MergeId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Column, Error, Row, Set, Tx};

/// A merge as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRow {
    /// Its number.
    pub id: MergeId,
    /// The member that stayed.
    pub survivor: MemberId,
    /// The member that went into it.
    pub absorbed: MemberId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Both sides before the merge, as JSON.
    pub before: String,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// Who undid it.
    pub undone_by: Option<String>,
}

const SELECT: &str =
    "merge_id, survivor_id, absorbed_id, at, by_whom, reason, before, undone_at, undone_by";

fn read(row: &Row) -> Result<MergeRow, Error> {
    Ok(MergeRow {
        id: MergeId(row.int(0)?),
        survivor: MemberId(row.int(1)?),
        absorbed: MemberId(row.int(2)?),
        at: Timestamp(row.int(3)?),
        by: row.text(4)?,
        reason: row.text(5)?,
        before: row.text(6)?,
        undone_at: at(row.opt_int(7)?),
        undone_by: row.opt_text(8)?,
    })
}

/// Adds a merge.
pub async fn insert(tx: &mut Tx, program: ProgramId, row: &MergeRow) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("merge_id"),
        Column::Int("survivor_id"),
        Column::Int("absorbed_id"),
        Column::Int("at"),
        Column::Text("by_whom"),
        Column::Text("reason"),
        Column::Text("before"),
    ];
    let mut set = Set::new(COLUMNS);
    set.push(&[
        program.0.into(),
        row.id.0.into(),
        row.survivor.0.into(),
        row.absorbed.0.into(),
        row.at.0.into(),
        (&row.by).into(),
        (&row.reason).into(),
        (&row.before).into(),
    ]);
    tx.insert("merges", set).await?;
    Ok(())
}

/// One merge.
pub async fn load(tx: &mut Tx, program: ProgramId, id: MergeId) -> Result<Option<MergeRow>, Error> {
    let sql = format!("select {SELECT} from merges where program_id = $1 and merge_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// The merges on either side of which a member stood, or one merged into it at any depth; latest
/// first, at most 200.
pub async fn of_member(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<Vec<MergeRow>, Error> {
    let sql = format!(
        "with recursive parts (member_id) as (
             select cast($2 as bigint)
             union
             select m.absorbed_id from parts p cross join merges m
             where m.program_id = $1 and m.survivor_id = p.member_id and m.undone_at is null
         )
         select {SELECT} from merges
         where program_id = $1
           and (survivor_id in (select member_id from parts)
                or absorbed_id in (select member_id from parts))
         order by merge_id desc limit 200"
    );
    tx.fetch(&sql, &[program.0.into(), member.0.into()]).await?.iter().map(read).collect()
}

/// The merges into a member that stand, earliest first.
pub async fn standing_into(
    tx: &mut Tx,
    program: ProgramId,
    survivor: MemberId,
) -> Result<Vec<MergeRow>, Error> {
    let sql = format!(
        "select {SELECT} from merges where program_id = $1 and survivor_id = $2 and undone_at is null
         order by merge_id"
    );
    tx.fetch(&sql, &[program.0.into(), survivor.0.into()]).await?.iter().map(read).collect()
}

/// Marks a merge as undone.
pub async fn mark_undone(
    tx: &mut Tx,
    program: ProgramId,
    id: MergeId,
    now: Timestamp,
    by: &str,
) -> Result<(), Error> {
    tx.execute(
        "update merges set undone_at = $3, undone_by = $4 where program_id = $1 and merge_id = $2",
        &[program.0.into(), id.0.into(), now.0.into(), by.into()],
    )
    .await?;
    Ok(())
}

/// Tables whose rows follow their member; each row knows its home.
const FOLLOWING: [&str; 15] = [
    "orders",
    "growth_entries",
    "identities",
    "lots",
    "coupons",
    "coupon_events",
    "checkout_locks",
    "offer_uses",
    "wallet_top_ups",
    "wallet_lots",
    "wallet_entries",
    "mall_exchanges",
    "cards",
    "card_visits",
    "benefits",
];

/// Gives everything of a member to another.
pub async fn move_all(
    tx: &mut Tx,
    program: ProgramId,
    from: MemberId,
    to: MemberId,
) -> Result<(), Error> {
    // Wallet holds have no home of their own: an un-merge looks at the lots they draw on.
    for table in FOLLOWING.into_iter().chain(["wallet_holds"]) {
        let sql =
            format!("update {table} set member_id = $3 where program_id = $1 and member_id = $2");
        tx.execute(&sql, &[program.0.into(), from.0.into(), to.0.into()]).await?;
    }
    Ok(())
}

/// Gives rows of a member whose home is among `homes` to another.
pub async fn move_homes(
    tx: &mut Tx,
    program: ProgramId,
    from: MemberId,
    to: MemberId,
    homes: &[MemberId],
) -> Result<(), Error> {
    for table in FOLLOWING {
        crate::members::move_rows(tx, table, program, from, to, homes).await?;
    }
    Ok(())
}
