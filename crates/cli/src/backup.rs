//! `hui backup` and `hui restore`: a whole database in one file.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use hui_store::upkeep;

use crate::config::Config;
use crate::opening;

/// Copies the database into a new file while the server may go on.
pub(crate) async fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(!file.exists(), "{} exists already; choose another name", file.display());
    if config.database_url.starts_with("sqlite:") {
        let path = opening::sqlite_path(&config.database_url);
        ensure!(Path::new(path).exists(), "there is no database {path}");
        let store = opening::connect(config).await?;
        let name = file.to_str().context("the file's name is not UTF-8")?;
        upkeep::copy_file(&store, name).await.context("the copy was not made")?;
        store.close().await;
        only_for_owner(file)?;
    } else {
        let mut dump = Command::new("pg_dump");
        dump.arg("--format=custom").arg("--no-owner").arg("--file").arg(file);
        if let Some(schema) = &config.database_schema {
            dump.arg("--schema").arg(schema);
        }
        run("pg_dump", dump, &config.database_url)?;
        only_for_owner(file)?;
    }
    println!("wrote {}", file.display());
    println!(
        "Personal data in it opens only with the key {}: keep a copy of that file, elsewhere.",
        config.master_key_file.display()
    );
    Ok(())
}

/// Brings a database back from a file; never over one that is there.
pub(crate) async fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(file.exists(), "there is no file {}", file.display());
    if config.database_url.starts_with("sqlite:") {
        let path = Path::new(opening::sqlite_path(&config.database_url));
        ensure!(
            !path.exists(),
            "there is a database {} already; move it away first",
            path.display()
        );
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let partial = path.with_extension("partial");
        std::fs::copy(file, &partial)
            .with_context(|| format!("{} cannot be written", partial.display()))?;
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, path)?;
        only_for_owner(path)?;
    } else {
        let store = opening::connect(config).await?;
        let filled = store.is_migrated().await.unwrap_or(false);
        store.close().await;
        ensure!(!filled, "there is a database of Hui at that address already");
        let mut restore = Command::new("pg_restore");
        restore.args(["--no-owner", "--exit-on-error", "--single-transaction", "--dbname"]);
        restore.arg(without_password(&config.database_url)).arg(file);
        run("pg_restore", restore, &config.database_url)?;
    }
    // Opening it migrates a copy made by an older program and checks the key.
    let opened = opening::open(config).await?;
    opened.close().await;
    println!("restored; `hui verify` proves its books");
    if !config.master_key_file.exists() {
        println!("Copy the key back to {} as well.", config.master_key_file.display());
    }
    Ok(())
}

fn only_for_owner(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?)
}

/// The address without the password, which must not show among the machine's processes.
fn without_password(url: &str) -> String {
    crate::config::shown_url(url)
}

fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (login, _) = rest.rsplit_once('@')?;
    Some(login.split_once(':')?.1)
}

fn run(program: &str, mut command: Command, url: &str) -> anyhow::Result<()> {
    if let Some(password) = password(url) {
        command.env("PGPASSWORD", password);
    }
    if program == "pg_dump" {
        command.arg("--dbname").arg(without_password(url));
    }
    let output = command.stdin(Stdio::null()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{program} is not installed; on Debian: apt-get install postgresql-client")
        }
        Err(error) => return Err(error).with_context(|| format!("{program} cannot be run")),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed: {}", said.trim());
    Ok(())
}
