//! Programs, their drafts and the versions that were published.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Error, Row, Tx};

/// A program as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramRow {
    /// Its number.
    pub id: ProgramId,
    /// Its name.
    pub name: String,
    /// The currency it was made with.
    pub currency: String,
    /// The time zone it was made with.
    pub time_zone: String,
    /// When it was made.
    pub created_at: Timestamp,
}

const SELECT: &str = "program_id, name, currency, time_zone, created_at";

fn read(row: &Row) -> Result<ProgramRow, Error> {
    Ok(ProgramRow {
        id: ProgramId(row.int(0)?),
        name: row.text(1)?,
        currency: row.text(2)?,
        time_zone: row.text(3)?,
        created_at: Timestamp(row.int(4)?),
    })
}

/// Makes a program.
pub async fn insert(tx: &mut Tx, row: &ProgramRow) -> Result<(), Error> {
    tx.execute(
        "insert into programs (program_id, name, currency, time_zone, created_at)
         values ($1, $2, $3, $4, $5)",
        &[
            row.id.0.into(),
            (&row.name).into(),
            (&row.currency).into(),
            (&row.time_zone).into(),
            row.created_at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// One program.
pub async fn load(tx: &mut Tx, program: ProgramId) -> Result<Option<ProgramRow>, Error> {
    let sql = format!("select {SELECT} from programs where program_id = $1");
    tx.fetch_one(&sql, &[program.0.into()]).await?.as_ref().map(read).transpose()
}

/// One program, locked: whoever publishes waits here for another who does.
pub async fn lock(tx: &mut Tx, program: ProgramId) -> Result<Option<ProgramRow>, Error> {
    let sql = format!("select {SELECT} from programs where program_id = $1 {{lock}}");
    tx.fetch_one(&sql, &[program.0.into()]).await?.as_ref().map(read).transpose()
}

/// Every program, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<ProgramRow>, Error> {
    let sql = format!("select {SELECT} from programs order by program_id limit 10000");
    tx.fetch(&sql, &[]).await?.iter().map(read).collect()
}

/// A published version of a program's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number, from 1.
    pub version: i64,
    /// The rules, as JSON.
    pub document: String,
    /// From when on it decides.
    pub effective_at: Timestamp,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// What its publisher noted.
    pub note: Option<String>,
}

const VERSION: &str = "version, document, effective_at, published_at, published_by, note";

fn read_version(row: &Row) -> Result<VersionRow, Error> {
    Ok(VersionRow {
        version: row.int(0)?,
        document: row.text(1)?,
        effective_at: Timestamp(row.int(2)?),
        published_at: Timestamp(row.int(3)?),
        published_by: row.text(4)?,
        note: row.opt_text(5)?,
    })
}

/// Adds a version.
pub async fn insert_version(
    tx: &mut Tx,
    program: ProgramId,
    row: &VersionRow,
) -> Result<(), Error> {
    tx.execute(
        "insert into program_versions
             (program_id, version, document, effective_at, published_at, published_by, note)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            program.0.into(),
            row.version.into(),
            (&row.document).into(),
            row.effective_at.0.into(),
            row.published_at.0.into(),
            (&row.published_by).into(),
            (&row.note).into(),
        ],
    )
    .await?;
    Ok(())
}

/// The latest versions, newest first.
pub async fn list_versions(
    tx: &mut Tx,
    program: ProgramId,
    limit: i64,
) -> Result<Vec<VersionRow>, Error> {
    let sql = format!(
        "select {VERSION} from program_versions where program_id = $1
         order by version desc limit $2"
    );
    tx.fetch(&sql, &[program.0.into(), limit.into()]).await?.iter().map(read_version).collect()
}

/// One version.
pub async fn load_version(
    tx: &mut Tx,
    program: ProgramId,
    version: i64,
) -> Result<Option<VersionRow>, Error> {
    let sql =
        format!("select {VERSION} from program_versions where program_id = $1 and version = $2");
    let cells = [program.0.into(), version.into()];
    tx.fetch_one(&sql, &cells).await?.as_ref().map(read_version).transpose()
}

/// Rules that are being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// The rules as they were written, as JSON.
    pub document: String,
    /// How often the draft was written.
    pub revision: i64,
    /// When it was written last.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

/// The draft, if there is one.
pub async fn load_draft(tx: &mut Tx, program: ProgramId) -> Result<Option<DraftRow>, Error> {
    let row = tx
        .fetch_one(
            "select document, revision, updated_at, updated_by from program_drafts
             where program_id = $1",
            &[program.0.into()],
        )
        .await?;
    let read = |row: Row| {
        Ok(DraftRow {
            document: row.text(0)?,
            revision: row.int(1)?,
            updated_at: Timestamp(row.int(2)?),
            updated_by: row.text(3)?,
        })
    };
    row.map(read).transpose()
}

/// Writes the draft over the one there is; answers its revision.
pub async fn save_draft(
    tx: &mut Tx,
    program: ProgramId,
    document: &str,
    by: &str,
    now: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .fetch_one(
            "insert into program_drafts (program_id, document, revision, updated_at, updated_by)
             values ($1, $2, 1, $3, $4)
             on conflict (program_id) do update set document = excluded.document,
                 revision = program_drafts.revision + 1, updated_at = excluded.updated_at,
                 updated_by = excluded.updated_by
             returning revision",
            &[program.0.into(), document.into(), now.0.into(), by.into()],
        )
        .await?;
    row.ok_or_else(|| Error::unreadable("draft", "not written"))?.int(0)
}

/// Drops the draft, after it was published.
pub async fn delete_draft(tx: &mut Tx, program: ProgramId) -> Result<(), Error> {
    tx.execute("delete from program_drafts where program_id = $1", &[program.0.into()]).await?;
    Ok(())
}
