//! Up to how many points somebody adjusts alone.

use std::collections::BTreeMap;

use hui_loyalty::amounts::AMOUNT_MAX;
use hui_loyalty::ids::ProgramId;
use hui_store::{Error, Tx, settings};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Role};
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::settings::SettingError;

/// The setting that holds the limits, as JSON.
const SETTING: &str = "points.adjustments";

/// The limits of a program: an adjustment of more points waits for somebody else's word.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentLimits {
    /// For API keys, and for roles that are not named; none: no adjustment waits.
    #[serde(default)]
    pub limit: Option<i64>,
    /// For accounts of a role, instead of `limit`; null: none of them waits.
    #[serde(default)]
    pub roles: BTreeMap<Role, Option<i64>>,
}

impl AdjustmentLimits {
    /// The most points an actor adjusts alone; none: as many as they like.
    ///
    /// Hui itself (the command line, imports) never waits.
    pub fn of(&self, actor: &Actor) -> Option<i64> {
        match &actor.kind {
            ActorKind::System => None,
            ActorKind::Key(_) => self.limit,
            ActorKind::Staff(_, role) => self.roles.get(role).copied().unwrap_or(self.limit),
        }
    }
}

pub(crate) async fn load(tx: &mut Tx, program: ProgramId) -> Result<AdjustmentLimits, Error> {
    match settings::load(tx, program, SETTING).await? {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| Error::unreadable("adjustment limits", error)),
        None => Ok(AdjustmentLimits::default()),
    }
}

/// The limits of the actor's program.
pub async fn read_limits(
    operations: &Operations,
    actor: &Actor,
) -> Result<AdjustmentLimits, SettingError> {
    let mut tx = operations.store.snapshot().await?;
    let limits = load(&mut tx, actor.program).await?;
    tx.rollback().await?;
    Ok(limits)
}

/// Writes the limits of the actor's program; what waits already goes on waiting.
pub async fn put_limits(
    operations: &Operations,
    actor: &Actor,
    limits: &AdjustmentLimits,
) -> Result<(), SettingError> {
    let is_out = |limit: &i64| !(0..=AMOUNT_MAX).contains(limit);
    if limits.limit.iter().any(is_out) || limits.roles.values().flatten().any(is_out) {
        return Err(SettingError::Invalid { field: "limit", problem: "must be 0 to 10^12" });
    }
    let text = serde_json::to_string(limits)
        .map_err(|error| Error::unreadable("adjustment limits", error))?;
    let mut tx = operations.store.begin().await?;
    settings::save(&mut tx, actor.program, SETTING, &text).await?;
    let line = AuditLine::new("setting.put", SETTING, serde_json::json!(limits));
    audit::append(&mut tx, actor, operations.clock.now(), &[line]).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hui_loyalty::ids::{KeyId, StaffId};

    use super::*;

    #[test]
    fn a_role_has_its_own_limit_or_the_common_one() {
        let text = r#"{"limit": 100, "roles": {"finance": 5000, "admin": null}}"#;
        let limits: AdjustmentLimits = serde_json::from_str(text).unwrap();
        let system = Actor::system(ProgramId(1), "test");
        let of = |kind| limits.of(&Actor { kind, ..system.clone() });

        assert_eq!(of(ActorKind::Key(KeyId(1))), Some(100));
        assert_eq!(of(ActorKind::Staff(StaffId(1), Role::Operator)), Some(100));
        assert_eq!(of(ActorKind::Staff(StaffId(1), Role::Finance)), Some(5000));
        assert_eq!(of(ActorKind::Staff(StaffId(1), Role::Admin)), None);
        assert_eq!(of(ActorKind::System), None);
    }
}
