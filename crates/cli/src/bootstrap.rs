//! The first start: a program with the default rules, and the demo's own rules.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::program::Document;
use hui_loyalty::time::Timestamp;
use hui_operations::{Operations, programs};
use hui_store::programs::{VersionRow, insert_version};
use hui_store::versions;

use crate::config::Config;

/// Makes what a new installation needs to be used; answers the default program.
pub(crate) async fn bootstrap(
    operations: &Operations,
    config: &Config,
) -> anyhow::Result<ProgramId> {
    let key = config.bootstrap_api_key.as_ref().map(|secret| secret.0.as_str());
    let admin = config.bootstrap_admin.as_ref().and_then(|secret| secret.0.split_once(':'));
    Ok(programs::bootstrap(operations, key, admin).await?)
}

/// Puts the demo's rules in force from the beginning of time, once.
pub(crate) async fn demo_rules(
    operations: &Operations,
    program: ProgramId,
    document: &Document,
) -> anyhow::Result<()> {
    let mut tx = operations.store.begin().await?;
    if versions::newest(&mut tx, program).await? > 1 {
        tx.rollback().await?;
        return Ok(());
    }
    let row = VersionRow {
        version: 2,
        document: serde_json::to_string(document)?,
        effective_at: Timestamp(0),
        published_at: operations.clock.now(),
        published_by: "system:demo".to_owned(),
        note: Some("the demo's rules".to_owned()),
    };
    insert_version(&mut tx, program, &row).await?;
    tx.commit().await?;
    Ok(())
}
