//! API keys: what programs of the brand and of partners show.

use axum::Json;
use axum::http::StatusCode;
use hui_loyalty::ids::KeyId;
use hui_loyalty::time::Timestamp;
use hui_operations::actor::{Right, ShopScope};
use hui_operations::keys::{Key, NewKey, create_key, list_keys, revoke_key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::Page;
use crate::params::At;
use crate::problem::Problem;

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
#[utoipa::path(post, path = "/api/v1/keys", tag = "administration",
    params(OptionalKeyHeader), request_body = NewKeyBody, responses((status = OK, body = NewKeyAnswerBody)),
    extensions(("x-problem-codes" = json!([codes::KEY_SCOPE_UNKNOWN.name, codes::KEY_SCOPE_BEYOND.name, codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn create(
    allowed: Allowed<needs::KeysWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewKeyBody>,
) -> Result<Answer<NewKeyAnswerBody>, Problem> {
    let key = key.map(|key| request_key("keys", key, &"", &body));
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
    let answer = allowed
        .run(async move |hui, actor| create_key(hui, actor, new, key.as_ref()).await)
        .await?;
    let made = answer.receipt;
    let body = NewKeyAnswerBody { key_id: made.key_id, secret: made.secret };
    Ok(Answer::ok(body, answer.replayed))
}

/// A key; its secret is kept nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    #[schema(value_type = String)]
    key_id: KeyId,
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// The shops it is tied to; empty where it sees all.
    shops: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was shown last, to the minute; null before the first time.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// When it was taken back.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        Self {
            key_id: key.key_id,
            name: key.name,
            scopes: key.scopes,
            shops: key.shops,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// The keys of the program
#[utoipa::path(get, path = "/api/v1/keys", tag = "administration",
    responses((status = OK, body = Page<KeyBody>)))]
pub(crate) async fn list(
    allowed: Allowed<needs::KeysWrite>,
) -> Result<Json<Page<KeyBody>>, Problem> {
    let keys = allowed.run(async move |hui, actor| list_keys(hui, actor).await).await?;
    Ok(Json(Page::whole(keys.into_iter().map(KeyBody::from).collect())))
}

/// Take a key back
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "administration",
    params(("id" = String, Path, description = "The key")),
    responses((status = NO_CONTENT)),
    extensions(("x-problem-codes" = json!([codes::KEY_UNKNOWN.name]))))]
pub(crate) async fn revoke(
    allowed: Allowed<needs::KeysWrite>,
    At(id): At<KeyId>,
) -> Result<StatusCode, Problem> {
    allowed.run(async move |hui, actor| revoke_key(hui, actor, id).await).await?;
    Ok(StatusCode::NO_CONTENT)
}
