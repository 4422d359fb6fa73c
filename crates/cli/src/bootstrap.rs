//! The first start: a program with the default rules.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::program::{Document, default_document};
use hui_operations::Operations;
use hui_store::programs::{NewVersion, ProgramRow};
use hui_store::{programs, proofs};

/// The number of the program that the first start makes.
pub(crate) const FIRST: ProgramId = ProgramId(1);

/// Makes the first program where there is none; answers the first one's number.
pub(crate) async fn first_program(
    operations: &Operations,
    name: &str,
    document: &Document,
) -> anyhow::Result<ProgramId> {
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    if let Some((id, _)) = proofs::programs(&mut tx).await?.first() {
        tx.rollback().await?;
        return Ok(*id);
    }
    let row = ProgramRow {
        id: FIRST,
        name: name.to_owned(),
        currency: "CNY".to_owned(),
        time_zone: document.time_zone.clone(),
        created_at: now,
    };
    let version = NewVersion {
        version: 1,
        document: serde_json::to_string(document)?,
        effective_at: now,
        published_by: "system:first start".to_owned(),
    };
    // Of two processes that start at once one makes it, the other finds it made.
    if programs::create(&mut tx, &row).await? {
        programs::add_version(&mut tx, FIRST, &version, now).await?;
        tracing::info!(program = %FIRST, "made the first program with the default rules");
    }
    tx.commit().await?;
    Ok(FIRST)
}

/// Makes what a new installation needs to be used.
pub(crate) async fn bootstrap(operations: &Operations) -> anyhow::Result<ProgramId> {
    first_program(operations, "Hui", &default_document()).await
}
