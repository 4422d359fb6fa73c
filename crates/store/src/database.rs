//! The two databases: connections, transactions, statements and rows.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite};

use crate::error::Error;
use crate::sets::{Cell, Set, Values};

/// Which database a store stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer.
    Sqlite,
    /// A server, many writers.
    Postgres,
}

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite://path`, or `postgres://…`.
    pub url: String,
    /// Connections for reading (and on PostgreSQL for writing).
    pub connections: u32,
    /// A schema of its own on PostgreSQL, made when it is missing; for tests and shared servers.
    pub schema: Option<String>,
}

impl StoreOptions {
    /// The usual number of connections to `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 16, schema: None }
    }
}

/// A database with the tables of Hui.
#[derive(Debug, Clone)]
pub struct Store(Pools);

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// How long to wait for a connection, or on SQLite for the one writer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

impl Store {
    /// Connects; does not migrate.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] for an address of another form, [`Error::Unreachable`] when the database is not there.
    pub async fn connect(options: &StoreOptions) -> Result<Self, Error> {
        if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            Self::connect_postgres(options).await
        } else if options.url.starts_with("sqlite:") {
            Self::connect_sqlite(options).await
        } else {
            Err(Error::Address)
        }
    }

    async fn connect_sqlite(options: &StoreOptions) -> Result<Self, Error> {
        let connect = SqliteConnectOptions::from_str(&options.url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .foreign_keys(false)
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            .pragma("temp_store", "memory")
            // 32 MB: a slice of orders changes a thousand pages, and with the usual limit of as
            // many every commit would copy them into the file at once.
            .pragma("wal_autocheckpoint", "8192")
            // A slice's rows come without the two threads waking each other row by row.
            .row_buffer_size(1024)
            .statement_cache_capacity(512);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.connections.clamp(1, 8))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(connect.pragma("query_only", "on"))
            .await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    async fn connect_postgres(options: &StoreOptions) -> Result<Self, Error> {
        let mut connect = PgConnectOptions::from_str(&options.url)?
            .application_name("hui")
            .statement_cache_capacity(256)
            .options([
                ("synchronous_commit", "on"),
                ("lock_timeout", "8s"),
                ("statement_timeout", "60s"),
                ("idle_in_transaction_session_timeout", "120s"),
            ]);
        if let Some(schema) = &options.schema {
            assert!(
                schema.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                "a schema's name is made of letters, digits and underscores"
            );
            let pool =
                PgPoolOptions::new().max_connections(1).connect_with(connect.clone()).await?;
            let create = format!("create schema if not exists {schema}");
            sqlx::query(AssertSqlSafe(create)).execute(&pool).await?;
            pool.close().await;
            connect = connect.options([("search_path", schema.as_str())]);
        }
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(2))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(connect)
            .await?;
        Ok(Self(Pools::Postgres(pool)))
    }

    /// Which database it stands on.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Begins a transaction that writes; on SQLite it waits for the one writer.
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { writer, .. } => {
                Tx(Open::Sqlite(writer.begin_with("begin immediate").await?))
            }
            Pools::Postgres(pool) => Tx(Open::Postgres(pool.begin().await?)),
        })
    }

    /// Begins a snapshot: every read of it sees the same state.
    pub async fn snapshot(&self) -> Result<Tx, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => Tx(Open::Sqlite(readers.begin().await?)),
            Pools::Postgres(pool) => Tx(Open::Postgres(
                pool.begin_with("begin isolation level repeatable read read only").await?,
            )),
        })
    }

    /// Begins a snapshot for a long proof: none of its statements is cut off.
    ///
    /// On SQLite the log grows for as long as it is open.
    pub async fn long_snapshot(&self) -> Result<Tx, Error> {
        let mut tx = self.snapshot().await?;
        // Two texts: SQLite has no limit on a statement's time.
        if tx.engine() == Engine::Postgres {
            tx.execute("set local statement_timeout = 0", &[]).await?;
        }
        Ok(tx)
    }

    /// Copies a SQLite database into a new file; see [`crate::upkeep::copy_file`].
    pub(crate) async fn vacuum_into(&self, path: &str) -> Result<bool, Error> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => {
                sqlx::query("vacuum into $1").bind(path.to_owned()).execute(writer).await?;
                Ok(true)
            }
            Pools::Postgres(_) => Ok(false),
        }
    }

    /// Closes every connection after what runs on it has ended.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// An open transaction; dropping it without [`Tx::commit`] undoes it.
#[derive(Debug)]
pub struct Tx(Open);

#[derive(Debug)]
enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A row of an answer; columns are counted from zero.
#[derive(Debug)]
pub struct Row(Answer);

#[derive(Debug)]
enum Answer {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! either {
    ($answer:expr, $row:ident => $body:expr) => {
        match $answer {
            Answer::Sqlite($row) => $body,
            Answer::Postgres($row) => $body,
        }
    };
}

impl Row {
    /// A whole number that may be null.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, Error> {
        Ok(either!(&self.0, row => row.try_get::<Option<i64>, _>(column))?)
    }

    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        self.opt_int(column)?.ok_or_else(|| Error::unreadable("number", "null"))
    }

    /// A flag stored as zero or one.
    pub fn flag(&self, column: usize) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    /// A text that may be null.
    pub fn opt_text(&self, column: usize) -> Result<Option<String>, Error> {
        Ok(either!(&self.0, row => row.try_get::<Option<String>, _>(column))?)
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<String, Error> {
        self.opt_text(column)?.ok_or_else(|| Error::unreadable("text", "null"))
    }

    /// A text, borrowed from the row.
    pub fn str(&self, column: usize) -> Result<&str, Error> {
        Ok(either!(&self.0, row => row.try_get::<&str, _>(column))?)
    }
}

/// The values of a column that are still to be bound.
enum Cells {
    Int(std::vec::IntoIter<Option<i64>>),
    Text(std::vec::IntoIter<Option<String>>),
}

impl Cells {
    fn of(values: Values) -> Self {
        match values {
            Values::Int(values) => Self::Int(values.into_iter()),
            Values::Text(values) => Self::Text(values.into_iter()),
        }
    }
}

macro_rules! bound {
    ($kind:ty, $text:expr, $cells:expr, $set:expr) => {{
        let mut query = sqlx::query::<$kind>(AssertSqlSafe($text));
        for cell in $cells {
            query = match cell {
                Cell::Int(value) => query.bind(*value),
                Cell::Text(value) => query.bind(value.map(str::to_owned)),
            };
        }
        query
    }};
}

impl Tx {
    /// Which database it is on.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Open::Sqlite(_) => Engine::Sqlite,
            Open::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0 {
            Open::Sqlite(tx) => tx.commit().await?,
            Open::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes it and waits until the connection is free again.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.0 {
            Open::Sqlite(tx) => tx.rollback().await?,
            Open::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// The rows a statement answers; `{lock}` in it becomes a row lock where rows can be locked.
    pub async fn fetch(&mut self, sql: &str, cells: &[Cell<'_>]) -> Result<Vec<Row>, Error> {
        let sql = self.lock_text(sql);
        Ok(match &mut self.0 {
            Open::Sqlite(tx) => {
                wrap(bound!(Sqlite, sql, cells, set).fetch_all(&mut **tx).await?, Answer::Sqlite)
            }
            Open::Postgres(tx) => wrap(
                bound!(Postgres, sql, cells, set).fetch_all(&mut **tx).await?,
                Answer::Postgres,
            ),
        })
    }

    /// The first row, if there is one.
    pub async fn fetch_one(&mut self, sql: &str, cells: &[Cell<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.fetch(sql, cells).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &str, cells: &[Cell<'_>]) -> Result<u64, Error> {
        Ok(match &mut self.0 {
            Open::Sqlite(tx) => {
                bound!(Sqlite, sql.to_owned(), cells, set).execute(&mut **tx).await?.rows_affected()
            }
            Open::Postgres(tx) => bound!(Postgres, sql.to_owned(), cells, set)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    /// The rows a statement over a set answers; the scalars are `$1` onwards, the set is `{set}`.
    ///
    /// An empty set answers nothing without asking.
    pub async fn fetch_set(
        &mut self,
        sql: &str,
        cells: &[Cell<'_>],
        set: Set,
    ) -> Result<Vec<Row>, Error> {
        if set.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.set_text(sql, cells.len() + 1, &set);
        Ok(match &mut self.0 {
            Open::Sqlite(tx) => {
                let query = bound!(Sqlite, sql, cells, set).bind(set.sqlite_json());
                wrap(query.fetch_all(&mut **tx).await?, Answer::Sqlite)
            }
            Open::Postgres(tx) => {
                let mut query = bound!(Postgres, sql, cells, set);
                for values in set.into_values() {
                    query = match values {
                        Values::Int(values) => query.bind(values),
                        Values::Text(values) => query.bind(values),
                    };
                }
                wrap(query.fetch_all(&mut **tx).await?, Answer::Postgres)
            }
        })
    }

    /// Runs a statement over a set and says how many rows it touched.
    pub async fn execute_set(
        &mut self,
        sql: &str,
        cells: &[Cell<'_>],
        set: Set,
    ) -> Result<u64, Error> {
        if set.is_empty() {
            return Ok(0);
        }
        if self.engine() == Engine::Sqlite && cells.is_empty() {
            return self.execute_pieces(sql, set).await;
        }
        let sql = self.set_text(sql, cells.len() + 1, &set);
        Ok(match &mut self.0 {
            Open::Sqlite(tx) => {
                let query = bound!(Sqlite, sql, cells, set).bind(set.sqlite_json());
                query.execute(&mut **tx).await?.rows_affected()
            }
            Open::Postgres(tx) => {
                let mut query = bound!(Postgres, sql, cells, set);
                for values in set.into_values() {
                    query = match values {
                        Values::Int(values) => query.bind(values),
                        Values::Text(values) => query.bind(values),
                    };
                }
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Runs a statement without scalars over a set on SQLite, piece by piece.
    async fn execute_pieces(&mut self, sql: &str, set: Set) -> Result<u64, Error> {
        let Open::Sqlite(tx) = &mut self.0 else { return Ok(0) };
        let texts: Vec<(usize, String)> = set
            .sqlite_pieces()
            .into_iter()
            .map(|rows| (rows, sql.replace("{set}", &set.sqlite_values_text(rows))))
            .collect();
        let mut columns: Vec<Cells> = set.into_values().into_iter().map(Cells::of).collect();
        let mut touched = 0;
        for (rows, text) in texts {
            let mut query = sqlx::query::<Sqlite>(AssertSqlSafe(text));
            for _ in 0..rows {
                for column in &mut columns {
                    query = match column {
                        Cells::Int(values) => query.bind(values.next().flatten()),
                        Cells::Text(values) => query.bind(values.next().flatten()),
                    };
                }
            }
            touched += query.execute(&mut **tx).await?.rows_affected();
        }
        Ok(touched)
    }

    /// Inserts every row of a set into a table whose columns have the set's names.
    pub async fn insert(&mut self, table: &str, set: Set) -> Result<u64, Error> {
        let sql = format!(
            "insert into {table} ({}) select {} from {{set}} where true",
            set.names(""),
            set.names("s.")
        );
        self.execute_set(&sql, &[], set).await
    }

    /// As [`Tx::insert`], and a row whose key is taken replaces these columns of the one there.
    pub async fn upsert(
        &mut self,
        table: &str,
        key: &str,
        replace: &[&str],
        set: Set,
    ) -> Result<u64, Error> {
        let assignments: Vec<String> =
            replace.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let sql = format!(
            "insert into {table} ({}) select {} from {{set}} where true on conflict ({key}) do update set {}",
            set.names(""),
            set.names("s."),
            assignments.join(", ")
        );
        self.execute_set(&sql, &[], set).await
    }

    /// Runs a script of several statements without parameters; for migrations.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), Error> {
        match &mut self.0 {
            Open::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ())?,
            Open::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ())?,
        }
        Ok(())
    }

    fn set_text(&self, sql: &str, first: usize, set: &Set) -> String {
        // Two texts: only `unnest` takes arrays, only `json_each` makes rows in SQLite.
        let text = match self.engine() {
            Engine::Sqlite => set.sqlite_text(first),
            Engine::Postgres => set.postgres_text(first),
        };
        self.lock_text(&sql.replace("{set}", &text))
    }

    fn lock_text(&self, sql: &str) -> String {
        // Two texts: SQLite has one writer and no row locks.
        match self.engine() {
            Engine::Sqlite => sql.replace(" {lock}", ""),
            Engine::Postgres => sql.replace("{lock}", "for update"),
        }
    }
}

fn wrap<R>(rows: Vec<R>, kind: impl Fn(R) -> Answer) -> Vec<Row> {
    rows.into_iter().map(|row| Row(kind(row))).collect()
}
