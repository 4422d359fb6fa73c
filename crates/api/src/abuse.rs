//! Who is stopped: members and devices that were blocked.

use axum::Json;
use hui_loyalty::ids::MemberId;
use hui_loyalty::time::Timestamp;
use hui_operations::abuse::{Block, Blocked, block as block_whom, list_blocks, unblock};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::problem::Problem;

/// Who is to be stopped, why and until when.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBlockBody {
    /// A member; either this or `device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// A device, by the name that claims give it; only a hash of it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// Why: 1 to 500 bytes.
    reason: String,
    /// Over at this instant; for good where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Somebody who is stopped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockBody {
    /// What lifts the block: `member:` and the number, or `device:` and the hash of its name.
    subject: String,
    /// Null where it is a device.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    reason: String,
    /// Null is for good.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    blocked_at: Timestamp,
    /// Who blocked it.
    blocked_by: String,
}

impl From<Block> for BlockBody {
    fn from(block: Block) -> Self {
        let Block { subject, member_id, reason, until, blocked_at, blocked_by } = block;
        Self { subject, member_id, reason, until, blocked_at, blocked_by }
    }
}

/// Everybody who is stopped now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlocksBody {
    /// The latest first, at most 500.
    items: Vec<BlockBody>,
}

/// Stop a member or a device
///
/// Its claims and redemptions are refused, the points of its orders wait for a review. Blocking
/// again gives the block a new reason and end.
#[utoipa::path(post, path = "/api/v1/abuse/blocks", tag = "reviews", params(OptionalKeyHeader),
    request_body = NewBlockBody, responses((status = OK, body = BlockBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::ABUSE_OFF.name, codes::INPUT_REFUSED.name
    ]))))]
pub(crate) async fn block(
    allowed: Allowed<needs::ReviewsDecide>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewBlockBody>,
) -> Result<Answer<BlockBody>, Problem> {
    let key = key.map(|key| request_key("abuse/blocks", key, &"", &body));
    let NewBlockBody { member_id, device, reason, until } = body;
    let whom = match (member_id, device) {
        (Some(member), None) => Blocked::Member(member),
        (None, Some(device)) => Blocked::Device(device),
        _ => {
            let message = "name either a member or a device";
            return Err(Problem::at(&codes::INPUT_REFUSED, "/member_id", message));
        }
    };
    let answer = allowed
        .run(async move |hui, actor| {
            block_whom(hui, actor, &whom, &reason, until, key.as_ref()).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Who is stopped now
#[utoipa::path(get, path = "/api/v1/abuse/blocks", tag = "reviews",
    responses((status = OK, body = BlocksBody)))]
pub(crate) async fn list(
    allowed: Allowed<needs::ReviewsRead>,
) -> Result<Json<BlocksBody>, Problem> {
    let blocks = allowed.run(async move |hui, actor| list_blocks(hui, actor).await).await?;
    Ok(Json(BlocksBody { items: blocks.into_iter().map(BlockBody::from).collect() }))
}

/// Which block is lifted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnblockBody {
    /// As the list of blocks tells it.
    subject: String,
}

/// That a block was lifted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnblockedBody {
    subject: String,
}

/// Lift a block
#[utoipa::path(post, path = "/api/v1/abuse/blocks/lift", tag = "reviews",
    request_body = UnblockBody, responses((status = OK, body = UnblockedBody)),
    extensions(("x-problem-codes" = json!([codes::ABUSE_BLOCK_UNKNOWN.name]))))]
pub(crate) async fn lift(
    allowed: Allowed<needs::ReviewsDecide>,
    Input(UnblockBody { subject }): Input<UnblockBody>,
) -> Result<Json<UnblockedBody>, Problem> {
    let lifted = subject.clone();
    allowed.run(async move |hui, actor| unblock(hui, actor, &lifted).await).await?;
    Ok(Json(UnblockedBody { subject }))
}
