//! Accounts of the staff.

use hui_loyalty::ids::StaffId;
use hui_loyalty::time::Timestamp;
use hui_operations::actor::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffBody {
    #[schema(value_type = String)]
    pub(crate) id: StaffId,
    /// The name to sign in with.
    pub(crate) name: String,
    pub(crate) display_name: String,
    /// `admin`, `operator`, `analyst`, `finance`, `auditor`, `store_manager`, `cashier` or `guide`.
    #[schema(value_type = String)]
    pub(crate) role: Role,
    /// The shops it sees, as `channel/shop` or `shop`; empty where it sees all.
    pub(crate) shops: Vec<String>,
    /// Whether it can sign in.
    pub(crate) active: bool,
    /// Whether signing in needs an authenticator.
    pub(crate) totp: bool,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_sign_in_at: Option<Timestamp>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "li.na", "display_name": "李娜", "role": "store_manager",
    "shops": ["pos/S0001"], "password": "…"
}))]
pub(crate) struct NewStaffBody {
    /// The name to sign in with.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    /// `admin`, `operator`, `analyst`, `finance`, `auditor`, `store_manager`, `cashier` or `guide`.
    #[schema(value_type = String)]
    pub(crate) role: Role,
    /// The shops it sees, as `channel/shop` or `shop`; the roles of a store need one at least.
    #[serde(default)]
    pub(crate) shops: Vec<String>,
    /// The first password.
    pub(crate) password: String,
}

/// What to change of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffPatch {
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    /// `admin`, `operator`, `analyst`, `finance`, `auditor`, `store_manager`, `cashier` or `guide`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) role: Option<Role>,
    #[serde(default)]
    pub(crate) shops: Option<Vec<String>>,
    /// Whether it can sign in; sessions of a disabled account end at once.
    #[serde(default)]
    pub(crate) active: Option<bool>,
    /// A new password.
    #[serde(default)]
    pub(crate) password: Option<String>,
}
