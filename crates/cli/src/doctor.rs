//! `hui doctor`: looks at an installation and says what to change.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hui_operations::clock::Clock;
use hui_store::upkeep::{self, Durability};
use hui_store::vault::Vault;
use hui_store::{Store, Tx};

use crate::config::{Config, shown_url};
use crate::opening;

/// Free space below which SQLite and logs may soon not be written, in mebibytes.
const FREE_MIB_MIN: u64 = 1024;
/// A clock further from the database's than this makes leases and order times doubtful, in seconds.
const SKEW_S_MAX: i64 = 2;

/// How serious something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Good,
    Advice,
    Wrong,
}

#[derive(Default)]
struct Report {
    wrong: usize,
    advice: usize,
}

impl Report {
    fn line(&mut self, grade: Grade, sentence: impl AsRef<str>) {
        let mark = match grade {
            Grade::Good => "ok     ",
            Grade::Advice => {
                self.advice += 1;
                "advice "
            }
            Grade::Wrong => {
                self.wrong += 1;
                "wrong  "
            }
        };
        println!("{mark}{}", sentence.as_ref());
    }

    fn check(&mut self, is_good: bool, good: &str, otherwise: Grade, advice: &str) {
        if is_good {
            self.line(Grade::Good, good);
        } else {
            self.line(otherwise, advice);
        }
    }
}

/// Looks at everything; true when nothing is wrong.
pub(crate) async fn doctor(config: &Config) -> anyhow::Result<bool> {
    let mut report = Report::default();
    key(&mut report, config);
    secrets(&mut report, config);
    folder(&mut report, config);
    match opening::connect_existing(config).await {
        Ok(store) => {
            let place = shown_url(&config.database_url);
            report.line(Grade::Good, format!("the database {place} answers"));
            database(&mut report, &store).await?;
            opens(&mut report, config, &store).await;
            store.close().await;
        }
        Err(error) => report.line(Grade::Wrong, format!("{error:#}")),
    }
    println!("{} wrong, {} pieces of advice", report.wrong, report.advice);
    Ok(report.wrong == 0)
}

fn key(report: &mut Report, config: &Config) {
    let path = &config.master_key_file;
    let name = path.display();
    if !path.exists() {
        report.line(Grade::Advice, format!("there is no key {name} yet; the first start makes it"));
        return;
    }
    match Vault::from_file(path) {
        Ok(vault) if vault.is_development() => report.line(
            Grade::Wrong,
            format!("{name} is the well-known development key: it protects nothing"),
        ),
        Ok(_) => report.line(Grade::Good, format!("the key {name} can be read")),
        Err(error) => report.line(Grade::Wrong, format!("the key {name}: {error}")),
    }
    modes(report, path);
}

fn modes(report: &mut Report, path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    let others = mode & 0o077;
    let name = path.display();
    report.check(
        others == 0,
        &format!("only its owner can read {name}"),
        Grade::Wrong,
        &format!("others can read {name} (mode {mode:o}): chmod 600 {name}"),
    );
}

fn secrets(report: &mut Report, config: &Config) {
    if let Some(secret) = &config.bootstrap_api_key {
        report.check(
            secret.0.len() >= 24,
            "the bootstrap API key is long enough",
            Grade::Wrong,
            "HUI_BOOTSTRAP_API_KEY is shorter than 24 characters: anybody may guess it",
        );
        report.line(
            Grade::Advice,
            "HUI_BOOTSTRAP_API_KEY is needed at the first start only: take it out of the environment",
        );
    }
    if let Some(secret) = &config.bootstrap_admin {
        let password = secret.0.split_once(':').map_or("", |(_, password)| password);
        report.check(
            password.len() >= 12,
            "the bootstrap password is long enough",
            Grade::Wrong,
            "the password in HUI_BOOTSTRAP_ADMIN is shorter than 12 characters",
        );
        report.line(
            Grade::Advice,
            "HUI_BOOTSTRAP_ADMIN is needed at the first start only: take it out of the environment",
        );
    }
    if !config.listen.ip().is_loopback() && !config.secure_cookies {
        report.line(
            Grade::Advice,
            "the server listens beyond this machine and secure_cookies is off: \
             put TLS in front of it and turn it on",
        );
    }
}

fn folder(report: &mut Report, config: &Config) {
    if !config.database_url.starts_with("sqlite:") {
        return;
    }
    let path = Path::new(opening::sqlite_path(&config.database_url));
    if path.exists() {
        modes(report, path);
    }
    let folder = path.parent().filter(|folder| folder.exists()).unwrap_or(Path::new("."));
    let Some(free) = free_mib(folder) else { return };
    report.check(
        free >= FREE_MIB_MIN,
        &format!("{free} MiB are free in {}", folder.display()),
        Grade::Advice,
        &format!("only {free} MiB are free in {}", folder.display()),
    );
}

/// Free space as `df` tells it: the standard library does not.
fn free_mib(folder: &Path) -> Option<u64> {
    let output = std::process::Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}

/// Whether the key is the one the database was written with.
async fn opens(report: &mut Report, config: &Config, store: &Store) {
    if !store.is_migrated().await.unwrap_or(false) {
        return;
    }
    let Ok(vault) = Vault::from_file(&config.master_key_file) else { return };
    match opening::check_key(store, &vault).await {
        Ok(()) => report.line(Grade::Good, "the key opens what the database holds"),
        Err(error) => report.line(Grade::Wrong, format!("{error}")),
    }
}

async fn database(report: &mut Report, store: &Store) -> anyhow::Result<()> {
    report.check(
        store.is_migrated().await.unwrap_or(false),
        "every migration has been applied",
        Grade::Wrong,
        "migrations are missing: `hui migrate`, or the next `hui serve`, applies them",
    );
    let mut tx = store.begin().await?;
    durability(report, &upkeep::durability(&mut tx).await?);
    skew(report, &mut tx).await?;
    tx.rollback().await?;
    Ok(())
}

fn durability(report: &mut Report, found: &Durability) {
    match found {
        Durability::Sqlite { journal_mode, synchronous } => {
            report.check(
                journal_mode == "wal" && *synchronous >= 2,
                "SQLite writes a log and synchronises it at every commit",
                Grade::Wrong,
                &format!(
                    "SQLite may lose answered writes: journal_mode {journal_mode}, synchronous {synchronous}"
                ),
            );
        }
        Durability::Postgres { synchronous_commit, fsync, full_page_writes, version } => {
            report.line(Grade::Good, format!("PostgreSQL {version}"));
            for (name, value) in [("fsync", fsync), ("full_page_writes", full_page_writes)] {
                report.check(
                    value == "on",
                    &format!("{name} is on"),
                    Grade::Wrong,
                    &format!("{name} is {value}: a crash can lose or corrupt what was answered"),
                );
            }
            report.check(
                synchronous_commit != "off",
                &format!("synchronous_commit is {synchronous_commit}"),
                Grade::Wrong,
                "synchronous_commit is off: a crash loses answered writes",
            );
        }
    }
}

async fn skew(report: &mut Report, tx: &mut Tx) -> anyhow::Result<()> {
    let before = Clock::system().now();
    let Some(theirs) = upkeep::database_now(tx).await? else { return Ok(()) };
    let skew = (theirs.0 - before.0) / 1_000_000;
    report.check(
        skew.abs() <= SKEW_S_MAX,
        "this machine's clock agrees with the database's",
        Grade::Wrong,
        &format!("this machine's clock is {skew} s from the database's: run a time service"),
    );
    Ok(())
}
