//! A place of its own for each test: a folder, and a SQLite file or a PostgreSQL schema.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hui_loyalty::ids::ProgramId;
use hui_operations::Operations;
use hui_operations::clock::Clock;
use hui_operations::ids::Ids;
use hui_store::vault::{Vault, random};
use hui_store::{Engine, Store, StoreOptions, upkeep};

/// Makes the tests `name::sqlite` and `name::postgres` of one function of a [`Place`].
macro_rules! on_both {
    ($name:ident, $test:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn sqlite() {
                let test: fn(&Place) = $test;
                test(&Place::make(hui_store::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                let test: fn(&Place) = $test;
                test(&Place::make(hui_store::Engine::Postgres));
            }
        }
    };
}
pub(crate) use on_both;

/// The secret of the key that every place begins with.
pub(crate) const KEY: &str = "hui_test_key_of_no_use_elsewhere";

/// Where a test runs the program.
pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) folder: PathBuf,
    options: StoreOptions,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) is_success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, when it went well.
    pub(crate) fn good(self) -> String {
        assert!(self.is_success, "{}{}", self.out, self.err);
        self.out
    }

    /// What it complained of, when it did not.
    pub(crate) fn bad(self) -> String {
        assert!(!self.is_success, "{}", self.out);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        format!("{}{}", self.out, self.err)
    }
}

impl Place {
    /// A folder and no database yet.
    pub(crate) fn empty(engine: Engine) -> Self {
        let name = format!("hui_cli_{:016x}", u64::from_le_bytes(random().unwrap()));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut options = match engine {
            Engine::Sqlite => StoreOptions::new(format!("sqlite://{}/hui.db", folder.display())),
            Engine::Postgres => StoreOptions::new(
                std::env::var("HUI_TEST_POSTGRES_URL")
                    .expect("`scripts/postgres start` prints what HUI_TEST_POSTGRES_URL must hold"),
            ),
        };
        options.connections = 4;
        options.schema = (engine == Engine::Postgres).then_some(name);
        Self { engine, folder, options }
    }

    /// A database with a program and nobody in it.
    pub(crate) fn make(engine: Engine) -> Self {
        let place = Self::empty(engine);
        place.hui(&["migrate"]).good();
        place
    }

    /// An empty place that restores what `other` backed up: with its schema's name and its key.
    pub(crate) fn like(other: &Self) -> Self {
        let mut place = Self::empty(other.engine);
        place.options.schema.clone_from(&other.options.schema);
        std::fs::copy(other.path("master.key"), place.path("master.key")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hui"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HUI_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("HUI_DATA_DIR", &self.folder)
            .env("HUI_DATABASE_URL", &self.options.url)
            .env("HUI_CONNECTIONS", "4")
            .env("HUI_LOG", "warn")
            .env("HUI_BOOTSTRAP_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(schema) = &self.options.schema {
            command.env("HUI_DATABASE_SCHEMA", schema);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn hui(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        Said {
            is_success: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the program with a line of input.
    pub(crate) fn hui_told(&self, arguments: &[&str], line: &str) -> Said {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        let output = child.wait_with_output().unwrap();
        Said {
            is_success: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Works on the database itself.
    pub(crate) fn with_store<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = Store::connect(&self.options).await.unwrap();
            let done = work(&store).await;
            store.close().await;
            done
        })
    }

    /// Works on the operations in this process.
    pub(crate) fn with_operations<T>(&self, work: impl AsyncFnOnce(&Operations) -> T) -> T {
        let vault = Vault::from_file(&self.path("master.key")).unwrap();
        self.with_store(async |store| {
            let ids = Ids::for_node(900);
            work(&Operations::new(store.clone(), Clock::system(), ids, vault)).await
        })
    }

    /// Runs a statement.
    pub(crate) fn execute(&self, sql: &str) {
        self.with_store(async |store| {
            let mut tx = store.begin().await.unwrap();
            tx.execute(sql, &[]).await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    /// The number a statement answers.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.with_store(async |store| {
            let mut tx = store.snapshot().await.unwrap();
            let row = tx.fetch_one(sql, &[]).await.unwrap().unwrap();
            tx.rollback().await.unwrap();
            row.opt_int(0).unwrap().unwrap_or(0)
        })
    }

    pub(crate) fn program(&self) -> ProgramId {
        ProgramId(self.number("select program_id from programs"))
    }

    /// Proves the books.
    pub(crate) fn verify(&self) {
        let said = self.hui(&["verify"]).good();
        assert!(said.contains("the books are right"), "{said}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(schema) = &self.options.schema {
            self.with_store(async |store| {
                let mut tx = store.begin().await.unwrap();
                upkeep::drop_schema(&mut tx, schema).await.unwrap();
                tx.commit().await.unwrap();
            });
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start(place: &Place) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let child = place
            .command(&["serve", "--listen", &listen])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        let until = Instant::now() + Duration::from_mins(1);
        while !server.call("GET /readyz", "").is_ok_and(|status| status == 200) {
            assert!(Instant::now() < until, "the server is ready within a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Sends a request such as `POST /api/v1/orders` and answers the status.
    pub(crate) fn call(&self, request: &str, body: &str) -> std::io::Result<u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| std::io::Error::other("no status"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
