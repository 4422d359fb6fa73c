//! API keys: what programs of the brand and of partners show.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hui_loyalty::ids::KeyId;
use hui_operations::actor::{Right, ShopScope};
use hui_operations::keys::{NewKey, create_key, list_keys, revoke_key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::params::At;
use crate::problem::Problem;
use crate::threads::aside;

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

/// Make an API key; its secret is shown this once
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys",
    request_body = NewKeyBody, responses((status = OK, body = NewKeyAnswerBody)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::KeysWrite>,
    Input(body): Input<NewKeyBody>,
) -> Result<Json<NewKeyAnswerBody>, Problem> {
    let mut scopes = Vec::with_capacity(body.scopes.len());
    for (place, name) in body.scopes.iter().enumerate() {
        let pointer = format!("/scopes/{place}");
        let right = Right::named(name).ok_or_else(|| {
            Problem::at(&codes::KEY_SCOPE_UNKNOWN, pointer, format!("there is no scope {name}"))
        })?;
        scopes.push(right);
    }
    let shops = body.shops.map_or_else(|| allowed.actor.shops.clone(), ShopScope::of_list);
    let new = NewKey { name: body.name, rights: scopes.into_iter().collect(), shops };
    let made = aside(move || async move { create_key(&app.operations, &allowed.actor, new).await })
        .await??;
    Ok(Json(NewKeyAnswerBody { key_id: made.key_id, secret: made.secret }))
}

/// The keys of the program
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys",
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::KeysWrite>,
) -> Result<Json<serde_json::Value>, Problem> {
    let keys =
        aside(move || async move { list_keys(&app.operations, &allowed.actor).await }).await??;
    Ok(Json(serde_json::json!({ "items": keys, "next": null })))
}

/// Take a key back
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "The key")),
    responses((status = NO_CONTENT)))]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::KeysWrite>,
    At(id): At<KeyId>,
) -> Result<StatusCode, Problem> {
    aside(move || async move { revoke_key(&app.operations, &allowed.actor, id).await }).await??;
    Ok(StatusCode::NO_CONTENT)
}
