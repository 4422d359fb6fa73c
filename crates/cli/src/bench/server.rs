//! A server process for the load over HTTP.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use super::world::World;

/// The server, stopped when it is dropped.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts this same program on the world's database and waits until it listens.
    pub(super) async fn start(world: &World) -> anyhow::Result<Self> {
        let config = &world.config;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--database", &config.database_url])
            .arg("--data-dir")
            .arg(&config.data_dir)
            .env("HUI_MASTER_KEY_FILE", &config.master_key_file)
            .env("HUI_RATE", "10000000")
            .env("HUI_LANES", config.lanes.to_string())
            .env("HUI_SLICE", config.slice.to_string())
            .env("HUI_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(schema) = &config.database_schema {
            command.env("HUI_DATABASE_SCHEMA", schema);
        }
        let mut child = command.spawn()?;
        let output = child.stdout.take().context("the server has no output")?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        })
        .await??;
        let address = line.trim().rsplit_once("http://").map(|(_, address)| address);
        let address = address.context("the server did not start")?.parse()?;
        Ok(Self { child, address })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
