//! API keys: what programs of the brand and of partners show.

use hui_loyalty::ids::KeyId;
use hui_loyalty::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key; its secret is known to its holder alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    #[schema(value_type = String)]
    pub(crate) key_id: KeyId,
    pub(crate) name: String,
    /// What it may do.
    pub(crate) scopes: Vec<String>,
    /// The shops it is tied to; empty where it sees all.
    pub(crate) shops: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A key to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "pos", "scopes": ["orders:write", "members:read"], "shops": ["pos/S0001"]}))]
pub(crate) struct NewKeyBody {
    pub(crate) name: String,
    /// What it may do; no more than its maker may.
    pub(crate) scopes: Vec<String>,
    /// The shops it is tied to; left out, it sees all that its maker sees.
    #[serde(default)]
    pub(crate) shops: Option<Vec<String>>,
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewKeyAnswerBody {
    #[schema(value_type = String)]
    pub(crate) key_id: KeyId,
    /// The secret, shown this once.
    pub(crate) secret: String,
}
