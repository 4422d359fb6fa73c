//! Programs and the versions of their rules, as they are made.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Error, Tx};

/// A program as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramRow {
    /// Its number.
    pub id: ProgramId,
    /// Its name.
    pub name: String,
    /// The currency of its money.
    pub currency: String,
    /// The zone of its days.
    pub time_zone: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a program; false when there is one with that number.
pub async fn create(tx: &mut Tx, row: &ProgramRow) -> Result<bool, Error> {
    let made = tx
        .execute(
            "insert into programs (program_id, name, currency, time_zone, created_at)
             values ($1, $2, $3, $4, $5) on conflict (program_id) do nothing",
            &[
                row.id.0.into(),
                (&row.name).into(),
                (&row.currency).into(),
                (&row.time_zone).into(),
                row.created_at.0.into(),
            ],
        )
        .await?;
    Ok(made > 0)
}

/// A version of a program's rules, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Its number, one more than the newest.
    pub version: i64,
    /// The document, as JSON.
    pub document: String,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// Who published it.
    pub published_by: String,
}

/// Adds a version; false when there is one with that number.
pub async fn add_version(
    tx: &mut Tx,
    program: ProgramId,
    row: &NewVersion,
    now: Timestamp,
) -> Result<bool, Error> {
    let made = tx
        .execute(
            "insert into program_versions
                (program_id, version, document, effective_at, published_at, published_by, note)
             values ($1, $2, $3, $4, $5, $6, null)
             on conflict (program_id, version) do nothing",
            &[
                program.0.into(),
                row.version.into(),
                (&row.document).into(),
                row.effective_at.0.into(),
                now.0.into(),
                (&row.published_by).into(),
            ],
        )
        .await?;
    Ok(made > 0)
}
