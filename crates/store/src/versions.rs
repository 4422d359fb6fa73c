//! The versions of a program's rules, as operations look them up.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Error, Tx};

/// Every version with the instant it takes effect, oldest first.
pub async fn list(tx: &mut Tx, program: ProgramId) -> Result<Vec<(i64, Timestamp)>, Error> {
    let rows = tx
        .fetch(
            "select version, effective_at from program_versions where program_id = $1 order by version",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.int(0)?, Timestamp(row.int(1)?)))).collect()
}

/// When each version was published, oldest first.
pub async fn published(tx: &mut Tx, program: ProgramId) -> Result<Vec<(i64, Timestamp)>, Error> {
    let rows = tx
        .fetch(
            "select version, published_at from program_versions where program_id = $1 order by version",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.int(0)?, Timestamp(row.int(1)?)))).collect()
}

/// The newest version's number; zero when there is none.
pub async fn newest(tx: &mut Tx, program: ProgramId) -> Result<i64, Error> {
    let row = tx
        .fetch_one(
            "select coalesce(max(version), 0) from program_versions where program_id = $1",
            &[program.0.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The document of a version, as JSON.
pub async fn document(
    tx: &mut Tx,
    program: ProgramId,
    version: i64,
) -> Result<Option<String>, Error> {
    let row = tx
        .fetch_one(
            "select document from program_versions where program_id = $1 and version = $2",
            &[program.0.into(), version.into()],
        )
        .await?;
    row.map(|row| row.text(0)).transpose()
}

/// How much each multiplier's budget has been used; locked.
pub async fn lock_budgets(
    tx: &mut Tx,
    program: ProgramId,
) -> Result<std::collections::HashMap<String, i64>, Error> {
    let rows = tx
        .fetch(
            "select multiplier, used from budgets where program_id = $1 order by multiplier {lock}",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// How much each multiplier's budget has been used.
pub async fn budgets(
    tx: &mut Tx,
    program: ProgramId,
) -> Result<std::collections::HashMap<String, i64>, Error> {
    let rows = tx
        .fetch("select multiplier, used from budgets where program_id = $1", &[program.0.into()])
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Makes sure a row stands for each budget, so that it can be locked.
pub async fn ensure_budgets(
    tx: &mut Tx,
    program: ProgramId,
    multipliers: &[&str],
) -> Result<(), Error> {
    let mut sorted = multipliers.to_vec();
    sorted.sort_unstable();
    for multiplier in sorted {
        tx.execute(
            "insert into budgets (program_id, multiplier, used) values ($1, $2, 0)
             on conflict (program_id, multiplier) do nothing",
            &[program.0.into(), multiplier.into()],
        )
        .await?;
    }
    Ok(())
}

/// Writes how much of the locked budgets has been used.
pub async fn save_budgets<'a>(
    tx: &mut Tx,
    program: ProgramId,
    used: impl IntoIterator<Item = (&'a str, i64)>,
) -> Result<(), Error> {
    for (multiplier, used) in used {
        tx.execute(
            "update budgets set used = $3 where program_id = $1 and multiplier = $2",
            &[program.0.into(), multiplier.into(), used.into()],
        )
        .await?;
    }
    Ok(())
}

/// Every program, oldest first.
pub async fn programs(tx: &mut Tx) -> Result<Vec<ProgramId>, Error> {
    let rows = tx.fetch("select program_id from programs order by program_id", &[]).await?;
    rows.iter().map(|row| Ok(ProgramId(row.int(0)?))).collect()
}
