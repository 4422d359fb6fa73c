//! API keys: digests of secrets, never the secrets.

use hui_loyalty::ids::{KeyId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Error, Row, Tx};

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The program it opens.
    pub program: ProgramId,
    /// Its number.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// What it may do, as names in a JSON list.
    pub scopes: String,
    /// The shops it is tied to, as a JSON list; empty where it sees all.
    pub shops: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When it was shown last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

const SELECT: &str =
    "program_id, key_id, name, scopes, shops, created_at, revoked_at, last_used_at";

fn read(row: &Row) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        program: ProgramId(row.int(0)?),
        id: KeyId(row.int(1)?),
        name: row.text(2)?,
        scopes: row.text(3)?,
        shops: row.text(4)?,
        created_at: Timestamp(row.int(5)?),
        revoked_at: at(row.opt_int(6)?),
        last_used_at: at(row.opt_int(7)?),
    })
}

/// Adds a key with the digest of its secret.
pub async fn insert(tx: &mut Tx, row: &KeyRow, secret_hash: &str) -> Result<(), Error> {
    tx.execute(
        "insert into api_keys (program_id, key_id, name, secret_hash, scopes, shops, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            row.program.0.into(),
            row.id.0.into(),
            (&row.name).into(),
            secret_hash.into(),
            (&row.scopes).into(),
            (&row.shops).into(),
            row.created_at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// The key whose secret has this digest, of whichever program, revoked or not.
pub async fn by_secret(tx: &mut Tx, secret_hash: &str) -> Result<Option<KeyRow>, Error> {
    let sql = format!("select {SELECT} from api_keys where secret_hash = $1");
    tx.fetch_one(&sql, &[secret_hash.into()]).await?.as_ref().map(read).transpose()
}

/// The keys of a program, latest first.
pub async fn list(tx: &mut Tx, program: ProgramId) -> Result<Vec<KeyRow>, Error> {
    let sql = format!(
        "select {SELECT} from api_keys where program_id = $1 order by key_id desc limit 1000"
    );
    tx.fetch(&sql, &[program.0.into()]).await?.iter().map(read).collect()
}

/// One key, locked.
pub async fn lock(tx: &mut Tx, program: ProgramId, id: KeyId) -> Result<Option<KeyRow>, Error> {
    let sql =
        format!("select {SELECT} from api_keys where program_id = $1 and key_id = $2 {{lock}}");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// Takes a key back.
pub async fn revoke(
    tx: &mut Tx,
    program: ProgramId,
    id: KeyId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "update api_keys set revoked_at = $3
         where program_id = $1 and key_id = $2 and revoked_at is null",
        &[program.0.into(), id.0.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// Notes that a key was shown.
pub async fn touch(
    tx: &mut Tx,
    program: ProgramId,
    id: KeyId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "update api_keys set last_used_at = $3 where program_id = $1 and key_id = $2",
        &[program.0.into(), id.0.into(), now.0.into()],
    )
    .await?;
    Ok(())
}
