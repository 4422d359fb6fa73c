//! Settings of a program, and the sandbox clock that is kept over a restart.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;
use hui_store::{Error, settings};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::clock::ClockMovesForward;
use crate::context::Operations;
use crate::slices::StoreFailed;

const SANDBOX_CLOCK: &str = "sandbox.clock";

/// Why a setting could not be written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The sandbox clock stands later.
    #[error(transparent)]
    Clock(#[from] ClockMovesForward),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for SettingError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// A setting's value, if it was ever written.
pub async fn get_setting(
    operations: &Operations,
    program: ProgramId,
    name: &str,
) -> Result<Option<String>, SettingError> {
    let mut tx = operations.store.snapshot().await?;
    let value = settings::load(&mut tx, program, name).await?;
    tx.rollback().await?;
    Ok(value)
}

/// Every setting of the actor's program, by name.
pub async fn list_settings(
    operations: &Operations,
    actor: &Actor,
) -> Result<Vec<(String, String)>, SettingError> {
    let mut tx = operations.store.snapshot().await?;
    let all = settings::list(&mut tx, actor.program).await?;
    tx.rollback().await?;
    Ok(all)
}

/// Writes a setting of the actor's program; its value does not appear in the audit log.
pub async fn put_setting(
    operations: &Operations,
    actor: &Actor,
    name: &str,
    value: &str,
) -> Result<(), SettingError> {
    if name.is_empty() || name.len() > 100 {
        return Err(SettingError::Invalid { field: "name", problem: "must have 1 to 100 bytes" });
    }
    if value.len() > 65_536 {
        return Err(SettingError::Invalid { field: "value", problem: "must have at most 64 KiB" });
    }
    let mut tx = operations.store.begin().await?;
    settings::save(&mut tx, actor.program, name, value).await?;
    let line = AuditLine::new("setting.put", name, serde_json::json!({}));
    audit::append(&mut tx, actor, operations.clock.now(), &[line]).await?;
    tx.commit().await?;
    Ok(())
}

/// Freezes the sandbox clock at an instant, or moves it there, and keeps it over a restart.
pub async fn set_sandbox_clock(
    operations: &Operations,
    actor: &Actor,
    to: Timestamp,
) -> Result<(), SettingError> {
    let mut tx = operations.store.begin().await?;
    // Two who set it at once wait here, so that what is kept is what is shown.
    settings::lock(&mut tx, settings::SERVER, SANDBOX_CLOCK).await?;
    operations.clock.set(to)?;
    settings::save(&mut tx, settings::SERVER, SANDBOX_CLOCK, &to.0.to_string()).await?;
    let line = AuditLine::new("sandbox.clock", "clock", serde_json::json!({ "now": to }));
    audit::append(&mut tx, actor, to, &[line]).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts the clock of a sandbox where it stood before the restart; for the start of a sandbox only.
pub async fn restore(operations: &Operations) -> Result<Option<Timestamp>, SettingError> {
    let kept = get_setting(operations, settings::SERVER, SANDBOX_CLOCK).await?;
    let Some(text) = kept.filter(|text| !text.is_empty()) else { return Ok(None) };
    let at = text.parse().map_err(|_| Error::unreadable("sandbox clock", &text))?;
    operations.clock.set(Timestamp(at))?;
    Ok(Some(Timestamp(at)))
}
