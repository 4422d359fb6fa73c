//! `hui backup` and `hui restore`: a whole database in one file.
//!
//! A file appears under its name when it is whole and on disk. A restore looks
//! at everything that can be wrong with a file before anything is put in place.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use hui_operations::clock::Clock;
use hui_store::upkeep;
use hui_store::vault::Vault;
use hui_store::{Store, StoreOptions};

use crate::config::{Config, shown_url};
use crate::opening;

/// How a SQLite database begins.
const SQLITE: &[u8] = b"SQLite format 3\0";
/// How an archive of `pg_dump` begins.
const POSTGRES: &[u8] = b"PGDMP";

/// Copies the database into a new file while the server may go on.
pub(crate) async fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(!file.exists(), "{} exists already; choose another name", file.display());
    let store = opening::connect_existing(config).await?;
    let ours = upkeep::is_ours(&store).await.unwrap_or(false);
    let place = shown_url(&config.database_url);
    if !ours {
        store.close().await;
        bail!("the database {place} has no tables of Hui");
    }
    let partial = beside(file, "partial");
    remove(&partial)?;
    let copied = copy(config, &store, &partial).await;
    store.close().await;
    if let Err(error) = copied {
        remove(&partial)?;
        return Err(error.context("the copy was not made"));
    }
    settle(&partial, file)?;
    println!("wrote {}", file.display());
    println!(
        "Personal data in it opens only with the key {}: keep a copy of that file, elsewhere.",
        config.master_key_file.display()
    );
    Ok(())
}

async fn copy(config: &Config, store: &Store, partial: &Path) -> anyhow::Result<()> {
    if config.database_url.starts_with("sqlite:") {
        let name = partial.to_str().context("the file's name is not UTF-8")?;
        upkeep::copy_file(store, name).await?;
        return Ok(());
    }
    let mut dump = Command::new("pg_dump");
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(partial);
    if let Some(schema) = &config.database_schema {
        dump.arg("--schema").arg(schema);
    }
    dump.arg("--dbname").arg(shown_url(&config.database_url));
    run(dump, &config.database_url).map(|_| ())
}

/// Brings a database back from a file; never over one that is there.
pub(crate) async fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(file.exists(), "there is no file {}", file.display());
    let is_sqlite = config.database_url.starts_with("sqlite:");
    let begins = beginning(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let (of_sqlite, of_postgres) = (begins.starts_with(SQLITE), begins.starts_with(POSTGRES));
    ensure!(of_sqlite || of_postgres, "{} is no backup of Hui", file.display());
    ensure!(
        is_sqlite == of_sqlite,
        "{} is a backup of {}, and the settings name {}",
        file.display(),
        if of_sqlite { "SQLite" } else { "PostgreSQL" },
        shown_url(&config.database_url)
    );
    if is_sqlite {
        restore_sqlite(config, file).await?;
    } else {
        restore_postgres(config, file).await?;
    }
    println!("restored; `hui verify` proves its books");
    advise_on_key(config).await
}

fn beginning(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut begins = Vec::new();
    std::fs::File::open(file)?.take(SQLITE.len() as u64).read_to_end(&mut begins)?;
    Ok(begins)
}

async fn restore_sqlite(config: &Config, file: &Path) -> anyhow::Result<()> {
    let path = Path::new(opening::sqlite_path(&config.database_url));
    ensure!(!path.exists(), "there is a database {} already; move it away first", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        opening::make_folder(folder)?;
    }
    let partial = beside(path, "partial");
    remove_database(&partial)?;
    std::fs::copy(file, &partial)
        .with_context(|| format!("{} cannot be written", partial.display()))?;
    only_for_owner(&partial)?;
    let options = StoreOptions::new(format!("sqlite://{}", partial.display()));
    if let Err(error) = admit(&options).await {
        remove_database(&partial)?;
        return Err(error.context(format!("{} was not restored", file.display())));
    }
    ensure!(!beside(&partial, "-wal").exists(), "the restored copy is still in use");
    settle(&partial, path)
}

/// Looks whether a copy is whole and ours, and brings it up to date.
async fn admit(options: &StoreOptions) -> anyhow::Result<()> {
    const DAMAGED: &str = "it is damaged: take another backup";
    let store = Store::connect(options).await.context(DAMAGED)?;
    let admitted = async {
        let said = upkeep::integrity(&store).await.context(DAMAGED)?;
        ensure!(said == "ok", "{DAMAGED} ({said})");
        ensure!(upkeep::is_ours(&store).await.context(DAMAGED)?, "it has no tables of Hui");
        store.migrate(Clock::system().now()).await?;
        Ok(())
    }
    .await;
    store.close().await;
    admitted
}

async fn restore_postgres(config: &Config, file: &Path) -> anyhow::Result<()> {
    let damaged = || format!("{} is damaged or no backup of Hui", file.display());
    let mut list = Command::new("pg_restore");
    list.arg("--list").arg(file);
    let listed = run(list, &config.database_url).with_context(damaged)?;
    let schema = schema_of(&listed).with_context(damaged)?;
    let wanted = config.database_schema.as_deref().unwrap_or("public");
    ensure!(
        schema == wanted,
        "{} holds the schema {schema}, and the settings name {wanted}: set database_schema",
        file.display()
    );
    let store = opening::connect(config).await?;
    let empty = upkeep::is_schema_empty(&store).await;
    if matches!(empty, Ok(true))
        && let Some(schema) = &config.database_schema
    {
        // The backup brings the schema itself.
        let mut tx = store.begin().await?;
        upkeep::drop_schema(&mut tx, schema).await?;
        tx.commit().await?;
    }
    store.close().await;
    let place = shown_url(&config.database_url);
    ensure!(empty?, "the database {place} is not empty: restore into an empty one");
    let mut restore = Command::new("pg_restore");
    restore.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]);
    restore.arg("--dbname").arg(shown_url(&config.database_url)).arg(file);
    run(restore, &config.database_url)
        .with_context(|| format!("{} was not restored, nothing was changed", file.display()))?;
    let store = opening::connect(config).await?;
    let migrated = store.migrate(Clock::system().now()).await;
    store.close().await;
    migrated.context("what was restored cannot be brought up to date")?;
    Ok(())
}

/// The schema of an archive's table `migrations`, as `pg_restore --list` shows it.
fn schema_of(listed: &str) -> anyhow::Result<String> {
    let of_table = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let place = words.iter().position(|word| *word == "TABLE")?;
        let (schema, table) = (words.get(place + 1)?, words.get(place + 2)?);
        (*table == "migrations").then(|| (*schema).to_owned())
    };
    listed.lines().find_map(of_table).context("it has no tables of Hui")
}

/// Says what to do about a key that is missing or another's.
async fn advise_on_key(config: &Config) -> anyhow::Result<()> {
    let path = &config.master_key_file;
    if !path.exists() {
        println!("Copy the key back to {} as well.", path.display());
        return Ok(());
    }
    let store = opening::connect(config).await?;
    let vault = Vault::from_file(path);
    let opens = match &vault {
        Ok(vault) => opening::check_key(&store, vault).await.is_ok(),
        Err(_) => false,
    };
    store.close().await;
    if !opens {
        println!(
            "The key {} does not open it: copy back the one the backup was made with.",
            path.display()
        );
    }
    Ok(())
}

/// Puts a whole file under its name, on disk.
fn settle(partial: &Path, file: &Path) -> anyhow::Result<()> {
    only_for_owner(partial)?;
    std::fs::File::open(partial)?.sync_all()?;
    std::fs::rename(partial, file)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The same name with an end added to it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    if !end.starts_with('-') {
        name.push(".");
    }
    name.push(end);
    name.into()
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a SQLite database with the files beside it.
fn remove_database(path: &Path) -> anyhow::Result<()> {
    remove(path)?;
    remove(&beside(path, "-wal"))?;
    remove(&beside(path, "-shm"))
}

fn only_for_owner(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?)
}

/// The password of an address; it must not show among the machine's processes.
fn password(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (login, _) = rest.rsplit_once('@')?;
    let written = login.split_once(':')?.1.as_bytes();
    let mut read = Vec::with_capacity(written.len());
    let mut place = 0;
    while let Some(byte) = written.get(place) {
        let coded =
            written.get(place + 1..place + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match coded.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(coded) if *byte == b'%' => {
                read.push(coded);
                place += 3;
            }
            _ => {
                read.push(*byte);
                place += 1;
            }
        }
    }
    String::from_utf8(read).ok()
}

/// Runs a program of PostgreSQL and answers what it printed.
fn run(mut command: Command, url: &str) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    if let Some(password) = password(url) {
        command.env("PGPASSWORD", password);
    }
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{program} is not installed; on Debian: apt-get install postgresql-client")
        }
        Err(error) => return Err(error).with_context(|| format!("{program} cannot be run")),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_as_its_address_means_it() {
        assert_eq!(password("postgres://hui:a%2Fb%40c@host/hui").as_deref(), Some("a/b@c"));
        assert_eq!(password("postgres://hui:50%@host/hui").as_deref(), Some("50%"));
        assert_eq!(password("postgres://hui@host/hui"), None);
    }

    #[test]
    fn an_archive_tells_its_schema() {
        let listed = ";\n; Archive created\n220; 1259 17000 TABLE shop migrations hui\n";
        assert_eq!(schema_of(listed).unwrap(), "shop");
        assert!(schema_of("220; 1259 17000 TABLE public orders hui").is_err());
    }
}
