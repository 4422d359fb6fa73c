//! Opens what a command works on: the data folder, the key, the database, the operations.

use std::path::Path;

use anyhow::{Context as _, ensure};
use hui_loyalty::ids::ProgramId;
use hui_operations::Operations;
use hui_operations::clock::Clock;
use hui_operations::ids::Ids;
use hui_store::vault::{Vault, random};
use hui_store::{Store, StoreOptions, proofs};

use crate::config::{Config, shown_url};

/// Connects to the database; makes the data folder where SQLite needs it.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<Store> {
    let options = StoreOptions {
        url: config.database_url.clone(),
        connections: config.connections,
        schema: config.database_schema.clone(),
    };
    if config.database_url.starts_with("sqlite:") {
        let path = sqlite_path(&config.database_url);
        if let Some(folder) = Path::new(path).parent().filter(|it| !it.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        make_file(Path::new(path))?;
    }
    Store::connect(&options).await.with_context(|| {
        format!("the database {} cannot be opened", shown_url(&config.database_url))
    })
}

/// Connects without making a database that is not there.
pub(crate) async fn connect_existing(config: &Config) -> anyhow::Result<Store> {
    if config.database_url.starts_with("sqlite:") {
        let path = sqlite_path(&config.database_url);
        ensure!(
            Path::new(path).exists(),
            "there is no database {path}; `hui serve` or `hui migrate` makes it"
        );
    }
    connect(config).await
}

/// The file of a SQLite address.
pub(crate) fn sqlite_path(url: &str) -> &str {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    path.split('?').next().unwrap_or(path)
}

/// Makes an empty file that only its owner can read; SQLite gives its other files the same mode.
fn make_file(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("the database {} cannot be made", path.display()))
        }
    }
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
}

/// The master key; made where there is none yet and the database is new.
///
/// # Errors
///
/// When the key is missing although members were encrypted with one.
pub(crate) async fn vault(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    let path = &config.master_key_file;
    if !path.exists() {
        ensure!(
            !has_members(store).await?,
            "the key {} is missing, and the database holds members encrypted with it; \
             copy the key back",
            path.display()
        );
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        Vault::generate_file(path)
            .with_context(|| format!("the key {} cannot be made", path.display()))?;
        tracing::warn!(file = %path.display(), "made a new master key; keep a copy of it elsewhere");
    }
    Vault::from_file(path).with_context(|| format!("the key {} cannot be used", path.display()))
}

/// Checks that a key opens what the database holds: another key would recognise nobody.
pub(crate) async fn check_key(store: &Store, vault: &Vault) -> anyhow::Result<()> {
    let mut tx = store.snapshot().await?;
    for (program, _) in proofs::programs(&mut tx).await? {
        let first = hui_store::ledger::members_after(&mut tx, program, None, 100).await?;
        let keys = hui_store::members::load_keys(&mut tx, program, first).await?;
        if let Some((member, wrapped)) = keys.iter().next() {
            vault.open_member_key(program, *member, wrapped).context(
                "the master key is not the one this database was written with; copy that one back",
            )?;
        }
    }
    Ok(tx.rollback().await?)
}

async fn has_members(store: &Store) -> anyhow::Result<bool> {
    let mut tx = store.snapshot().await?;
    for (program, _) in proofs::programs(&mut tx).await? {
        if !hui_store::ledger::members_after(&mut tx, program, None, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    tx.rollback().await?;
    Ok(false)
}

/// A database that is open, migrated and ready for operations.
pub(crate) struct Opened {
    /// The operations.
    pub(crate) operations: Operations,
    /// The lease of this process's node number.
    pub(crate) node: crate::node::Node,
}

impl Opened {
    /// Gives the node number back and closes the database.
    pub(crate) async fn close(self) {
        self.node.give_back(&self.operations.store).await;
        self.operations.store.close().await;
    }
}

/// Opens the database, migrates it, leases a node number.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Opened> {
    let store = connect(config).await?;
    let clock = Clock::system();
    let done = store.migrate(clock.now()).await.context("the database cannot be migrated")?;
    if done > 0 {
        tracing::info!(migrations = done, "migrated the database");
    }
    let vault = vault(config, &store).await?;
    check_key(&store, &vault).await?;
    let node = crate::node::Node::lease(&store).await?;
    let operations = Operations::new(store, clock, Ids::for_node(node.number()), vault);
    Ok(Opened { operations, node })
}

/// The program a command is about: the one named, or the only one.
pub(crate) async fn program(store: &Store, named: Option<&str>) -> anyhow::Result<ProgramId> {
    let mut tx = store.snapshot().await?;
    let programs = proofs::programs(&mut tx).await?;
    tx.rollback().await?;
    if let Some(named) = named {
        let found = programs.iter().find(|(id, name)| name == named || id.to_string() == named);
        return Ok(found.with_context(|| format!("there is no program {named}"))?.0);
    }
    ensure!(programs.len() <= 1, "there are several programs: choose one with --program");
    let first = programs
        .first()
        .context("there is no program yet: `hui migrate` or `hui serve` makes it")?;
    Ok(first.0)
}

/// A name no other process has.
pub(crate) fn holder() -> anyhow::Result<String> {
    let [a, b, c, d] = random::<4>()?;
    Ok(format!("{}-{a:02x}{b:02x}{c:02x}{d:02x}", std::process::id()))
}
