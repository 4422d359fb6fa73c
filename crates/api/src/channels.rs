//! Channels and the shops on them.

use axum::Json;
use hui_loyalty::time::Timestamp;
use hui_operations::channels::{Channel, list_channels, list_shops, register_channel};
use hui_store::shops::{ChannelRow, ShopRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::Page;
use crate::params::Asked;
use crate::problem::Problem;

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelBody {
    /// Its name in orders.
    channel: String,
    label_zh: String,
    label_en: String,
    /// The mode its new shops begin in: `off`, `shadow`, `earn_only` or `full`.
    default_mode: String,
    /// Whether every program has it.
    built_in: bool,
}

impl From<Channel> for ChannelBody {
    fn from(channel: Channel) -> Self {
        Self {
            channel: channel.channel,
            label_zh: channel.label_zh,
            label_en: channel.label_en,
            default_mode: channel.default_mode,
            built_in: channel.built_in,
        }
    }
}

/// A channel to be registered, or new labels of one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "lazada", "label_zh": "来赞达", "label_en": "Lazada"}))]
pub(crate) struct NewChannelBody {
    /// Its name in orders: 1 to 32 of a-z, 0-9 and _, a letter first.
    channel: String,
    label_zh: String,
    label_en: String,
    /// The mode its new shops begin in: `off`, `shadow`, `earn_only` or `full`.
    #[serde(default = "NewChannelBody::mode_default")]
    #[schema(default = "full")]
    default_mode: String,
}

impl NewChannelBody {
    fn mode_default() -> String {
        "full".to_owned()
    }
}

/// A shop that orders named.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShopBody {
    channel: String,
    shop: String,
    name: String,
    /// `off`, `shadow`, `earn_only` or `full`.
    mode: String,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Timestamp,
}

impl From<ShopRow> for ShopBody {
    fn from(row: ShopRow) -> Self {
        Self {
            channel: row.channel,
            shop: row.shop,
            name: row.name,
            mode: row.mode,
            first_seen_at: row.first_seen_at,
        }
    }
}

/// Which shops.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShopsQuery {
    /// Only those of this channel.
    channel: Option<String>,
}

/// The built-in and the registered channels
#[utoipa::path(
    get,
    path = "/api/v1/channels",
    tag = "administration",
    responses((status = OK, body = Page<ChannelBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::Nothing>,
) -> Result<Json<Page<ChannelBody>>, Problem> {
    let channels = allowed.run(async move |hui, actor| list_channels(hui, actor).await).await?;
    Ok(Json(Page::whole(channels.into_iter().map(ChannelBody::from).collect())))
}

/// Register a channel, or change the labels and the mode of one
#[utoipa::path(
    post,
    path = "/api/v1/channels",
    tag = "administration",
    params(OptionalKeyHeader), request_body = NewChannelBody,
    responses((status = OK, body = ChannelBody)),
    extensions(("x-problem-codes" = json!([codes::CHANNEL_INVALID.name])))
)]
pub(crate) async fn register(
    allowed: Allowed<needs::ProgramWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewChannelBody>,
) -> Result<Answer<ChannelBody>, Problem> {
    let key = key.map(|key| request_key("channels", key, &"", &body));
    let row = ChannelRow {
        channel: body.channel,
        label_zh: body.label_zh,
        label_en: body.label_en,
        default_mode: body.default_mode,
    };
    let answer = allowed
        .run(async move |hui, actor| register_channel(hui, actor, row, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// The shops that orders named
#[utoipa::path(
    get,
    path = "/api/v1/shops",
    tag = "administration",
    params(ShopsQuery),
    responses((status = OK, body = Page<ShopBody>))
)]
pub(crate) async fn shops(
    allowed: Allowed<needs::Nothing>,
    Asked(query): Asked<ShopsQuery>,
) -> Result<Json<Page<ShopBody>>, Problem> {
    let rows = allowed
        .run(async move |hui, actor| list_shops(hui, actor, query.channel.as_deref()).await)
        .await?;
    Ok(Json(Page::whole(rows.into_iter().map(ShopBody::from).collect())))
}
