//! Migrations: two folders with the same file names, applied in order, each once.

use crate::database::{Engine, Store};
use crate::error::Error;
use hui_loyalty::time::Timestamp;

/// A migration's name and its text on each database.
struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// Every migration, oldest first. One that was released is never changed.
const MIGRATIONS: &[Migration] = migrations![
    "0001_core",
    "0002_estimates",
    "0003_migrated_members",
    "0004_adjustments",
    "0005_overview",
    "0010_coupons",
    "0011_wallet",
    "0012_mall",
    "0015_checkout",
    "0018_till",
    "0019_abuse",
    "0020_cards",
];

impl Store {
    /// Brings the tables up to date; several processes may start at once.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] when the database was migrated by a newer program or a text was changed.
    pub async fn migrate(&self, now: Timestamp) -> Result<usize, Error> {
        let mut tx = self.begin().await?;
        // Two texts: on SQLite the one writer is lock enough.
        if self.engine() == Engine::Postgres {
            tx.execute("select pg_advisory_xact_lock(4785937)", &[]).await?;
        }
        tx.execute(
            "create table if not exists migrations (
                name text not null primary key,
                applied_at bigint not null
            )",
            &[],
        )
        .await?;
        let rows = tx.fetch("select name from migrations order by name", &[]).await?;
        let applied = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        if let Some(unknown) =
            applied.iter().find(|name| MIGRATIONS.iter().all(|known| known.name != **name))
        {
            return Err(Error::Migration {
                name: unknown.clone(),
                problem: "this program does not know it; it is older than the database".to_owned(),
            });
        }
        let mut done = 0;
        for migration in
            MIGRATIONS.iter().filter(|known| !applied.iter().any(|name| name == known.name))
        {
            let text = match self.engine() {
                Engine::Sqlite => migration.sqlite,
                Engine::Postgres => migration.postgres,
            };
            tx.script(text).await.map_err(|error| Error::Migration {
                name: migration.name.to_owned(),
                problem: match &error {
                    Error::Refused(source)
                    | Error::Unreachable(source)
                    | Error::TryAgain(source) => source.to_string(),
                    other => other.to_string(),
                },
            })?;
            tx.execute(
                "insert into migrations (name, applied_at) values ($1, $2)",
                &[migration.name.into(), now.0.into()],
            )
            .await?;
            done += 1;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Whether every migration this program knows has been applied.
    pub async fn is_migrated(&self) -> Result<bool, Error> {
        let mut tx = self.snapshot().await?;
        let row = tx.fetch_one("select count(*) from migrations", &[]).await?;
        let applied = row.map(|row| row.int(0)).transpose()?.unwrap_or(0);
        tx.rollback().await?;
        Ok(usize::try_from(applied).is_ok_and(|applied| applied >= MIGRATIONS.len()))
    }
}
