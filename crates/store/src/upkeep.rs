//! What an operator does to a database: judge its durability, copy it, resume imports.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Engine, Error, Store, Tx};

/// How the database keeps what it was told, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Durability {
    /// SQLite's journal mode and how it synchronises.
    Sqlite {
        /// `wal` when all is well.
        journal_mode: String,
        /// `2` is full.
        synchronous: i64,
    },
    /// PostgreSQL's settings.
    Postgres {
        /// `on` when all is well; `off` loses answered writes in a crash.
        synchronous_commit: String,
        /// `on` when all is well.
        fsync: String,
        /// `on` when all is well.
        full_page_writes: String,
        /// The server's version.
        version: String,
    },
}

/// Asks the database how it keeps what it was told.
pub async fn durability(tx: &mut Tx) -> Result<Durability, Error> {
    // Two texts: each database names its own settings.
    match tx.engine() {
        Engine::Sqlite => Ok(Durability::Sqlite {
            journal_mode: text(tx, "pragma journal_mode").await?,
            synchronous: tx
                .fetch_one("pragma synchronous", &[])
                .await?
                .map_or(Ok(0), |row| row.int(0))?,
        }),
        Engine::Postgres => Ok(Durability::Postgres {
            synchronous_commit: text(tx, "select current_setting('synchronous_commit')").await?,
            fsync: text(tx, "select current_setting('fsync')").await?,
            full_page_writes: text(tx, "select current_setting('full_page_writes')").await?,
            version: text(tx, "select current_setting('server_version')").await?,
        }),
    }
}

async fn text(tx: &mut Tx, sql: &str) -> Result<String, Error> {
    tx.fetch_one(sql, &[]).await?.map_or(Ok(String::new()), |row| row.text(0))
}

/// What time the database has; SQLite has none of its own.
pub async fn database_now(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    if tx.engine() == Engine::Sqlite {
        return Ok(None);
    }
    let sql = "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)";
    tx.fetch_one(sql, &[]).await?.map(|row| row.int(0).map(Timestamp)).transpose()
}

/// The number of the server's process that serves this connection; SQLite has none.
pub async fn server_process(tx: &mut Tx) -> Result<Option<u32>, Error> {
    if tx.engine() == Engine::Sqlite {
        return Ok(None);
    }
    let row = tx.fetch_one("select cast(pg_backend_pid() as bigint)", &[]).await?;
    let number = row.map(|row| row.int(0)).transpose()?;
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

/// Writes a consistent copy of a SQLite database to a file that does not exist yet.
///
/// Writers go on meanwhile. On PostgreSQL it does nothing and answers false.
pub async fn copy_file(store: &Store, path: &str) -> Result<bool, Error> {
    store.vacuum_into(path).await
}

/// Where the import of a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub id: i64,
    /// What it imports and the file's name.
    pub file: String,
    /// The digest of the file and its mapping.
    pub fingerprint: String,
    /// Records of the file that are done with.
    pub position: i64,
    /// Records that were recorded.
    pub done: i64,
    /// Records that were refused.
    pub rejected: i64,
    /// Whether it came to the file's end.
    pub finished: bool,
}

/// The import of a file with this digest, if it was begun before.
pub async fn find_import(
    tx: &mut Tx,
    program: ProgramId,
    fingerprint: &str,
) -> Result<Option<ImportRow>, Error> {
    let row = tx
        .fetch_one(
            "select import_id, file, fingerprint, position, done, rejected, state from imports
             where program_id = $1 and fingerprint = $2 order by import_id desc limit 1",
            &[program.0.into(), fingerprint.into()],
        )
        .await?;
    row.map(|row| {
        Ok(ImportRow {
            id: row.int(0)?,
            file: row.text(1)?,
            fingerprint: row.text(2)?,
            position: row.int(3)?,
            done: row.int(4)?,
            rejected: row.int(5)?,
            finished: row.str(6)? == "finished",
        })
    })
    .transpose()
}

/// Notes where an import stands, its beginning included.
pub async fn save_import(
    tx: &mut Tx,
    program: ProgramId,
    row: &ImportRow,
    now: Timestamp,
) -> Result<(), Error> {
    let state = if row.finished { "finished" } else { "running" };
    tx.execute(
        "insert into imports (program_id, import_id, file, fingerprint, position, done, rejected,
            state, started_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         on conflict (program_id, import_id) do update set position = excluded.position,
            done = excluded.done, rejected = excluded.rejected, state = excluded.state,
            updated_at = excluded.updated_at",
        &[
            program.0.into(),
            row.id.into(),
            (&row.file).into(),
            (&row.fingerprint).into(),
            row.position.into(),
            row.done.into(),
            row.rejected.into(),
            state.into(),
            now.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Lets the planner look at the tables anew, after very many rows were written at once.
pub async fn refresh_estimates(tx: &mut Tx) -> Result<(), Error> {
    // SQLite's estimates come with its migrations; the real ones of a database that holds one
    // program mislead it.
    if tx.engine() == Engine::Postgres {
        let sql =
            "select cast(tablename as text) from pg_tables where schemaname = current_schema()";
        for row in tx.fetch(sql, &[]).await? {
            tx.execute(&format!("analyze {}", row.str(0)?), &[]).await?;
        }
    }
    Ok(())
}

/// Drops a schema with everything in it; PostgreSQL alone has them.
pub async fn drop_schema(tx: &mut Tx, schema: &str) -> Result<(), Error> {
    assert!(
        schema.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        "a schema's name is made of letters, digits and underscores"
    );
    tx.execute(&format!("drop schema if exists {schema} cascade"), &[]).await?;
    Ok(())
}

/// Whether the database has tables of Hui, of whatever version.
pub async fn is_ours(store: &Store) -> Result<bool, Error> {
    for sql in ["select count(*) from migrations", "select count(*) from programs"] {
        let mut tx = store.snapshot().await?;
        let counted = tx.fetch_one(sql, &[]).await;
        tx.rollback().await?;
        match counted {
            Ok(_) => {}
            // It says no to a table it does not have.
            Err(error) if error.is_refused() => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Whether there is no table at all in the schema that is used; PostgreSQL alone has schemas.
pub async fn is_schema_empty(store: &Store) -> Result<bool, Error> {
    let mut tx = store.snapshot().await?;
    let sql = "select count(*) from pg_tables where schemaname = current_schema()";
    let count = tx.fetch_one(sql, &[]).await?.map_or(Ok(0), |row| row.int(0))?;
    tx.rollback().await?;
    Ok(count == 0)
}

/// What SQLite says of its own file: `ok`, or the first thing that is wrong.
pub async fn integrity(store: &Store) -> Result<String, Error> {
    let mut tx = store.snapshot().await?;
    let said = text(&mut tx, "pragma quick_check(1)").await?;
    tx.rollback().await?;
    Ok(said)
}
