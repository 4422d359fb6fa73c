//! The audit log: each line carries the hash of the one before, so that nothing can be taken out unseen.

use hui_loyalty::ids::{MemberId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::vault::fingerprint;
use crate::{Column, Error, Row, Set, Tx};

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the program's log, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done, such as `points.adjust`.
    pub action: String,
    /// To what.
    pub object: String,
    /// The member it concerns.
    pub member: Option<MemberId>,
    /// The particulars, as JSON without personal data.
    pub detail: String,
    /// The hash of the line before; empty for the first.
    pub previous_hash: String,
    /// Its own hash.
    pub hash: String,
}

const SELECT: &str = "seq, at, actor, action, object, member_id, detail, previous_hash, hash";

fn read(row: &Row) -> Result<AuditRow, Error> {
    Ok(AuditRow {
        seq: row.int(0)?,
        at: Timestamp(row.int(1)?),
        actor: row.text(2)?,
        action: row.text(3)?,
        object: row.text(4)?,
        member: row.opt_int(5)?.map(MemberId),
        detail: row.text(6)?,
        previous_hash: row.text(7)?,
        hash: row.text(8)?,
    })
}

fn hash_of(row: &AuditRow) -> String {
    let content = serde_json::json!([
        row.previous_hash,
        row.seq,
        row.at.0,
        row.actor,
        row.action,
        row.object,
        row.member.map(|id| id.0),
        row.detail,
    ]);
    fingerprint(content.to_string().as_bytes())
}

/// Adds lines at the end; their places and hashes are filled in. Comes last in a transaction:
/// it locks the end of the program's log.
pub async fn append(tx: &mut Tx, program: ProgramId, rows: &mut [AuditRow]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute(
        "insert into audit_heads (program_id, seq, hash) values ($1, 0, '')
         on conflict (program_id) do nothing",
        &[program.0.into()],
    )
    .await?;
    let head = tx
        .fetch_one(
            "select seq, hash from audit_heads where program_id = $1 {lock}",
            &[program.0.into()],
        )
        .await?
        .ok_or_else(|| Error::unreadable("audit log", "without an end"))?;
    let (mut seq, mut hash) = (head.int(0)?, head.text(1)?);
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("seq"),
        Column::Int("at"),
        Column::Text("actor"),
        Column::Text("action"),
        Column::Text("object"),
        Column::Int("member_id"),
        Column::Text("detail"),
        Column::Text("previous_hash"),
        Column::Text("hash"),
    ];
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        seq += 1;
        row.seq = seq;
        row.previous_hash = hash;
        row.hash = hash_of(row);
        hash = row.hash.clone();
        set.push(&[
            program.0.into(),
            row.seq.into(),
            row.at.0.into(),
            (&row.actor).into(),
            (&row.action).into(),
            (&row.object).into(),
            row.member.map(|id| id.0).into(),
            (&row.detail).into(),
            (&row.previous_hash).into(),
            (&row.hash).into(),
        ]);
    }
    tx.insert("audit_log", set).await?;
    tx.execute(
        "update audit_heads set seq = $2, hash = $3 where program_id = $1",
        &[program.0.into(), seq.into(), (&hash).into()],
    )
    .await?;
    Ok(())
}

/// Which lines a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this member.
    pub member: Option<MemberId>,
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only of this action.
    pub action: Option<String>,
}

/// Lines, latest first, before a place.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    let sql = format!(
        "select {SELECT} from audit_log
         where program_id = $1 and seq < $2 and ($3 is null or member_id = $3)
           and ($4 is null or actor = $4) and ($5 is null or action = $5)
         order by seq desc limit $6"
    );
    let rows = tx
        .fetch(
            &sql,
            &[
                program.0.into(),
                before.unwrap_or(i64::MAX).into(),
                filter.member.map(|id| id.0).into(),
                (&filter.actor).into(),
                (&filter.action).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// What checking the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many lines stand.
    pub lines: i64,
    /// The first place that does not fit, if any.
    pub broken_at: Option<i64>,
}

/// A place in the log up to which it was found to hold: its line's number and hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The line's number; 0 before the first.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: String,
}

/// Recomputes every hash, in pages; the end must be the one the head names.
pub async fn verify(tx: &mut Tx, program: ProgramId) -> Result<Chain, Error> {
    verify_from(tx, program, Place::default()).await.map(|(chain, _)| chain)
}

/// Recomputes the hashes of the lines after a place that was verified before; also how far it holds.
pub async fn verify_from(
    tx: &mut Tx,
    program: ProgramId,
    verified: Place,
) -> Result<(Chain, Place), Error> {
    let sql = format!(
        "select {SELECT} from audit_log where program_id = $1 and seq > $2 order by seq limit 2000"
    );
    let Place { mut seq, mut hash } = verified;
    loop {
        let rows = tx.fetch(&sql, &[program.0.into(), seq.into()]).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let row = read(row)?;
            let fits = row.seq == seq + 1 && row.previous_hash == hash && hash_of(&row) == row.hash;
            if !fits {
                let broken_at = Some(seq + 1);
                return Ok((Chain { lines: seq, broken_at }, Place { seq, hash }));
            }
            seq = row.seq;
            hash = row.hash;
        }
    }
    let head = tx
        .fetch_one("select seq, hash from audit_heads where program_id = $1", &[program.0.into()])
        .await?;
    let ends = match head {
        Some(head) => head.int(0)? == seq && head.text(1)? == hash,
        None => seq == 0,
    };
    let chain = Chain { lines: seq, broken_at: (!ends).then_some(seq + 1) };
    Ok((chain, Place { seq, hash }))
}
