//! A database of its own for each test: a file of SQLite, or a schema of PostgreSQL.

use std::path::PathBuf;

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;
use hui_store::{Store, StoreOptions, vault};

pub(crate) const PROGRAM: ProgramId = ProgramId(7);
pub(crate) const OTHER: ProgramId = ProgramId(8);

/// Makes `name::sqlite` and `name::postgres` of one story.
macro_rules! on_both {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let database = crate::databases::Database::sqlite().await;
                let story = $story;
                story(database.store.clone()).await;
                database.remove().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let database = crate::databases::Database::postgres().await;
                let story = $story;
                story(database.store.clone()).await;
                database.remove().await;
            }
        }
    };
}
pub(crate) use on_both;

/// A migrated database that nobody else uses.
pub(crate) struct Database {
    pub(crate) store: Store,
    kept: Kept,
}

enum Kept {
    File(PathBuf),
    Schema(String),
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let file = std::env::temp_dir().join(format!("{}.db", unique()));
        let options = StoreOptions::new(format!("sqlite://{}", file.display()));
        Self { store: migrated(&options).await, kept: Kept::File(file) }
    }

    /// A test that cannot reach PostgreSQL fails: skipping it would say that it holds.
    pub(crate) async fn postgres() -> Self {
        let url = std::env::var("HUI_TEST_POSTGRES_URL").expect(
            "HUI_TEST_POSTGRES_URL must name a PostgreSQL for tests: see `scripts/postgres start`",
        );
        let schema = unique();
        let mut options = StoreOptions::new(url);
        options.connections = 4;
        options.schema = Some(schema.clone());
        Self { store: migrated(&options).await, kept: Kept::Schema(schema) }
    }

    pub(crate) async fn remove(self) {
        if let Kept::Schema(schema) = &self.kept {
            let mut tx = self.store.begin().await.unwrap();
            tx.execute(&format!("drop schema {schema} cascade"), &[]).await.unwrap();
            tx.commit().await.unwrap();
        }
        self.store.close().await;
        if let Kept::File(file) = &self.kept {
            for ending in ["", "-wal", "-shm"] {
                let mut path = file.clone().into_os_string();
                path.push(ending);
                // The write-ahead files are gone where the last connection removed them.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

async fn migrated(options: &StoreOptions) -> Store {
    let store = Store::connect(options).await.unwrap();
    store.migrate(at(0)).await.unwrap();
    store
}

fn unique() -> String {
    let number = u64::from_le_bytes(vault::random().unwrap());
    format!("store_test_{number:016x}")
}

/// An instant, in seconds since the epoch.
pub(crate) const fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}
