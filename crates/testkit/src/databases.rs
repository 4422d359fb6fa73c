//! A migrated database of its own for each test.

use std::path::PathBuf;

use hui_loyalty::time::Timestamp;
use hui_store::{Engine, Store, StoreOptions, vault};

/// A migrated database that nobody else uses: a file of SQLite or a schema of PostgreSQL.
#[derive(Debug)]
pub struct Database {
    /// The connections to it.
    pub store: Store,
    options: StoreOptions,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Folder(PathBuf),
    Schema(String),
}

impl Database {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// When the database cannot be reached: skipping a test would say that it holds.
    pub async fn make(engine: Engine) -> Self {
        let name = format!("hui_test_{:016x}", unique());
        let (options, kept) = match engine {
            Engine::Sqlite => sqlite(name),
            Engine::Postgres => postgres(name),
        };
        let store = Store::connect(&options).await.expect("the test database can be reached");
        store.migrate(Timestamp(0)).await.expect("the test database can be migrated");
        Self { store, options, kept }
    }

    /// Connects a second time, as another process would.
    pub async fn connect_again(&self) -> Store {
        Store::connect(&self.options).await.expect("the test database can be reached again")
    }

    /// Closes it and removes what it left.
    pub async fn remove(self) {
        if let Kept::Schema(schema) = &self.kept {
            let mut tx = self.store.begin().await.expect("a transaction to remove the schema");
            let sql = format!("drop schema {schema} cascade");
            tx.execute(&sql, &[]).await.expect("the schema can be dropped");
            tx.commit().await.expect("the schema can be dropped");
        }
        self.store.close().await;
        if let Kept::Folder(folder) = &self.kept {
            std::fs::remove_dir_all(folder).expect("the test folder can be removed");
        }
    }
}

fn sqlite(name: String) -> (StoreOptions, Kept) {
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder for the test database");
    let mut options = StoreOptions::new(format!("sqlite://{}/hui.db", folder.display()));
    options.connections = 2;
    (options, Kept::Folder(folder))
}

fn postgres(schema: String) -> (StoreOptions, Kept) {
    let url = std::env::var("HUI_TEST_POSTGRES_URL").expect(
        "HUI_TEST_POSTGRES_URL must hold the address of a PostgreSQL for tests: \
         `scripts/postgres start` starts one and prints it",
    );
    let mut options = StoreOptions::new(url);
    options.connections = 4;
    options.schema = Some(schema.clone());
    (options, Kept::Schema(schema))
}

pub(crate) fn unique() -> u64 {
    u64::from_le_bytes(vault::random().expect("the machine gives random bytes"))
}
