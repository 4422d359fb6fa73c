//! A place with a database, the binary on it, and the few words of HTTP that tests speak.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The secret of the key that the first start makes.
pub(crate) const SECRET: &str = "cli-test-0000-0000-0000-0000-0000";

static PLACES: AtomicU64 = AtomicU64::new(0);

/// A folder and a database of a test's own.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    schema: Option<String>,
}

impl Place {
    /// On a SQLite file.
    pub(crate) fn sqlite() -> Self {
        let name = unique();
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("hui.db").display());
        Self { folder, url, schema: None }
    }

    /// In a schema of the PostgreSQL that tests are given.
    pub(crate) fn postgres() -> Self {
        let url = std::env::var("HUI_TEST_POSTGRES_URL")
            .expect("HUI_TEST_POSTGRES_URL names the PostgreSQL for tests: scripts/postgres start");
        Self::behind(&url)
    }

    /// In a schema of a PostgreSQL at some address.
    pub(crate) fn behind(url: &str) -> Self {
        let name = unique();
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, url: url.to_owned(), schema: Some(name) }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hui"));
        command
            .args(arguments)
            .args(["--config", "/dev/null"])
            .env("HUI_DATABASE_URL", &self.url)
            .arg("--data-dir")
            .arg(&self.folder)
            .env("HUI_BOOTSTRAP_API_KEY", SECRET)
            .env("HUI_RATE", "1000000")
            .env("HUI_LOG", "warn,sqlx=error")
            .stdin(Stdio::null());
        if let Some(schema) = &self.schema {
            command.env("HUI_DATABASE_SCHEMA", schema);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; answers what it printed.
    pub(crate) fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let erred = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{erred}");
        said
    }

    /// Starts a server that reaches the same database by another address.
    pub(crate) fn start_by(&self, url: &str) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("HUI_DATABASE_URL", url);
        Server::of(command)
    }

    /// Starts a server and waits until it listens.
    pub(crate) fn start(&self) -> Server {
        Server::of(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    /// A number that a query answers.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let options = hui_store::StoreOptions {
            url: self.url.clone(),
            connections: 2,
            schema: self.schema.clone(),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = hui_store::Store::connect(&options).await.unwrap();
            let mut tx = store.snapshot().await.unwrap();
            let row = tx.fetch_one(sql, &[]).await.unwrap().unwrap();
            tx.rollback().await.unwrap();
            store.close().await;
            row.int(0).unwrap()
        })
    }
}

fn unique() -> String {
    let count = PLACES.fetch_add(1, Ordering::Relaxed);
    format!("hui_cli_test_{}_{count}", std::process::id())
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays behind in the temporary directory harms no test.
        let _ = std::fs::remove_dir_all(&self.folder);
        let Some(schema) = self.schema.take() else { return };
        let Ok(runtime) = tokio::runtime::Runtime::new() else { return };
        runtime.block_on(async {
            let options = hui_store::StoreOptions::new(self.url.clone());
            if let Ok(store) = hui_store::Store::connect(&options).await
                && let Ok(mut tx) = store.begin().await
            {
                let _ = hui_store::upkeep::drop_schema(&mut tx, &schema).await;
                let _ = tx.commit().await;
            }
        });
    }
}

/// A server process; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| line.ok()?.rsplit_once("http://")?.1.parse().ok())
            .expect("the server prints its address");
        Self { child, address }
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits; it must end well.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Waits until it says that it can work.
    pub(crate) fn is_ready_within(&self, time: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < time {
            let reply =
                Connection::to(self.address).and_then(|mut it| it.send("GET", "/readyz", ""));
            if reply.is_ok_and(|reply| reply.status == 200) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A connection that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { stream })
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<Reply> {
        self.write(method, path, "", body)?;
        self.read()
    }

    /// As [`Self::send`], with a key under which the request may be repeated.
    pub(crate) fn send_keyed(
        &mut self,
        key: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<Reply> {
        self.write("POST", path, &format!("idempotency-key: {key}\r\n"), body)?;
        self.read()
    }

    /// Sends a request and does not wait for its answer.
    pub(crate) fn write(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> std::io::Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: hui\r\nauthorization: Bearer {SECRET}\r\n{headers}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())
    }

    fn read(&mut self) -> std::io::Result<Reply> {
        let mut buffer = Vec::new();
        let head = loop {
            self.more(&mut buffer)?;
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let length: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        while buffer.len() < head + 4 + length {
            self.more(&mut buffer)?;
        }
        Ok(Reply { status, head: text, body: buffer.split_off(head + 4) })
    }

    fn more(&mut self, buffer: &mut Vec<u8>) -> std::io::Result<()> {
        let mut part = [0; 8192];
        let read = self.stream.read(&mut part)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(&part[..read]);
        Ok(())
    }
}

/// An order by the shopper with a number.
pub(crate) fn order(number: &str, shopper: u64) -> String {
    json!({
        "channel": "pos", "shop": "S0001", "order_no": number, "status": "completed",
        "paid_at": "2026-05-01T10:00:00+08:00", "completed_at": "2026-05-01T10:00:00+08:00",
        "buyer": {"identities": [
            {"kind": "phone", "value": format!("138{shopper:08}"), "verified": true}
        ]},
        "lines": [
            {"line_no": "1", "sku": "A1", "quantity": 1, "unit_price": 19900, "paid": 19900},
            {"line_no": "2", "sku": "A2", "quantity": 1, "unit_price": 10100, "paid": 10100}
        ],
        "shipping": 0, "paid": 30000
    })
    .to_string()
}
