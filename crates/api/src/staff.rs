//! Accounts of the staff.

use axum::Json;
use hui_loyalty::ids::StaffId;
use hui_loyalty::time::Timestamp;
use hui_operations::actor::{Role, ShopScope};
use hui_operations::staff::{NewStaff, Staff, StaffChange, change_staff, create_staff, list_staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::Page;
use crate::params::At;
use crate::problem::Problem;

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
    /// Until when it is locked out after too many wrong passwords.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub(crate) locked_until: Option<Timestamp>,
}

impl From<Staff> for StaffBody {
    fn from(staff: Staff) -> Self {
        Self {
            id: staff.id,
            name: staff.name,
            display_name: staff.display_name,
            role: staff.role,
            shops: staff.shops,
            active: staff.active,
            totp: staff.totp,
            created_at: staff.created_at,
            locked_until: staff.locked_until,
        }
    }
}

/// An account to be made.
#[derive(Serialize, Deserialize, ToSchema)]
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
    /// `false` takes the authenticator off, for somebody who lost it.
    #[serde(default)]
    pub(crate) totp: Option<bool>,
}

fn scope(shops: Vec<String>) -> ShopScope {
    if shops.is_empty() { ShopScope::All } else { ShopScope::Only(shops) }
}

/// The accounts of the program
#[utoipa::path(
    get,
    path = "/api/v1/staff",
    tag = "administration",
    responses((status = OK, body = Page<StaffBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::StaffWrite>,
) -> Result<Json<Page<StaffBody>>, Problem> {
    let staff = allowed.run(async move |hui, actor| list_staff(hui, actor).await).await?;
    Ok(Json(Page::whole(staff.into_iter().map(StaffBody::from).collect())))
}

/// Make an account
///
/// It may do no more than whoever makes it.
#[utoipa::path(
    post,
    path = "/api/v1/staff",
    tag = "administration",
    params(OptionalKeyHeader), request_body = NewStaffBody,
    responses((status = OK, body = StaffBody)),
    extensions(("x-problem-codes" = json!([codes::STAFF_NAME_TAKEN.name, codes::STAFF_NAME_INVALID.name, codes::STAFF_SHOPS_MISSING.name, codes::PASSWORD_WEAK.name, codes::INPUT_REFUSED.name])))
)]
pub(crate) async fn create(
    allowed: Allowed<needs::StaffWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewStaffBody>,
) -> Result<Answer<StaffBody>, Problem> {
    let key = key.map(|key| request_key("staff", key, &"", &body));
    let new = NewStaff {
        name: body.name,
        display_name: body.display_name,
        role: body.role,
        shops: scope(body.shops),
        password: body.password,
    };
    let answer = allowed
        .run(async move |hui, actor| create_staff(hui, actor, new, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Change an account
///
/// One that is disabled, or whose password is reset, loses its sessions at once.
#[utoipa::path(
    patch,
    path = "/api/v1/staff/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "The account")),
    request_body = StaffPatch,
    responses((status = OK, body = StaffBody)),
    extensions(("x-problem-codes" = json!([codes::STAFF_UNKNOWN.name, codes::STAFF_LAST_ADMIN.name, codes::STAFF_SHOPS_MISSING.name, codes::PASSWORD_WEAK.name, codes::INPUT_REFUSED.name])))
)]
pub(crate) async fn change(
    allowed: Allowed<needs::StaffWrite>,
    At(id): At<StaffId>,
    Input(body): Input<StaffPatch>,
) -> Result<Json<StaffBody>, Problem> {
    if body.totp == Some(true) {
        let message = "only the account itself can set up its authenticator";
        return Err(Problem::at(&codes::INPUT_REFUSED, "/totp", message));
    }
    let change = StaffChange {
        display_name: body.display_name,
        role: body.role,
        shops: body.shops.map(scope),
        active: body.active,
        password: body.password,
        remove_totp: body.totp == Some(false),
    };
    let changed =
        allowed.run(async move |hui, actor| change_staff(hui, actor, id, change).await).await?;
    Ok(Json(changed.into()))
}
