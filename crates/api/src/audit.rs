//! The audit log: who did what, each line carrying the hash of the one before.

use hui_loyalty::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to read of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// 1 to 500; 50 where left out.
    #[param(value_type = Option<u32>)]
    pub(crate) limit: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Only lines about this member.
    pub(crate) member: Option<String>,
    /// Only lines of this actor.
    pub(crate) actor: Option<String>,
    /// Only lines of this action.
    pub(crate) action: Option<String>,
    /// Only lines about this object.
    pub(crate) object: Option<String>,
    /// From this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) to: Option<Timestamp>,
}

/// Whether the log is whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditChainBody {
    /// Whether every line fits the one before.
    pub(crate) ok: bool,
    /// How many lines there are.
    pub(crate) entries: i64,
    /// The first line that does not fit.
    pub(crate) broken_at: Option<i64>,
}
