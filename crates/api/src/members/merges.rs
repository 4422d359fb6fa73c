//! Members made one, and taken apart again.

use axum::Json;
use hui_loyalty::ids::{MemberId, MergeId};
use hui_loyalty::time::Timestamp;
use hui_operations::merge_members::{MergeReceipt, merge_members, undo_merge};
use hui_operations::read_members::read_merges;
use hui_store::merges::MergeRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::{Input, OptionalInput};
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::paging::Page;
use crate::params::At;
use crate::problem::Problem;
use crate::problems::no_member;
use crate::wire::{self, ReasonBody};

/// A merge, and whether it was undone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MergeRecordBody {
    #[schema(value_type = String)]
    merge_id: MergeId,
    /// The member that stayed.
    #[schema(value_type = String)]
    survivor: MemberId,
    /// The member that went into it.
    #[schema(value_type = String)]
    absorbed: MemberId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who did it.
    by: String,
    /// Why.
    reason: String,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    undone_at: Option<Timestamp>,
    /// Who undid it.
    #[schema(required)]
    undone_by: Option<String>,
}

impl From<MergeRow> for MergeRecordBody {
    fn from(row: MergeRow) -> Self {
        Self {
            merge_id: row.id,
            survivor: row.survivor,
            absorbed: row.absorbed,
            at: row.at,
            by: row.by,
            reason: row.reason,
            undone_at: row.undone_at,
            undone_by: row.undone_by,
        }
    }
}

/// The merges a member took part in
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/merges",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = Page<MergeRecordBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Page<MergeRecordBody>>, Problem> {
    let rows = allowed.run(async move |hui, actor| read_merges(hui, actor, id).await).await?;
    let rows = rows.ok_or_else(|| no_member(id))?;
    Ok(Json(Page::whole(rows.into_iter().map(MergeRecordBody::from).collect())))
}

/// Into whom, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeBody {
    /// The member that stays.
    #[schema(value_type = String)]
    into: MemberId,
    /// Why; merging two verified phones needs it.
    #[serde(default)]
    reason: String,
}

/// A merge that was done or undone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MergedBody {
    #[schema(value_type = String)]
    merge_id: MergeId,
    /// The member that stayed.
    #[schema(value_type = String)]
    survivor: MemberId,
    /// The member that went into it.
    #[schema(value_type = String)]
    absorbed: MemberId,
}

impl From<MergeReceipt> for MergedBody {
    fn from(receipt: MergeReceipt) -> Self {
        let MergeReceipt { merge_id, survivor, absorbed } = receipt;
        Self { merge_id, survivor, absorbed }
    }
}

/// Make a member part of another
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/merge",
    tag = "members",
    params(("id" = String, Path, description = "The member that is absorbed"), KeyHeader),
    request_body = MergeBody,
    responses((status = OK, body = MergedBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::MERGE_SAME_MEMBER.name,
        codes::MERGE_RIGHT_MISSING.name, codes::MERGE_REASON_MISSING.name
    ])))
)]
pub(crate) async fn merge(
    allowed: Allowed<needs::MembersMerge>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<MergeBody>,
) -> Result<Answer<MergedBody>, Problem> {
    let key = request_key("members/merge", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            merge_members(hui, actor, id, body.into, &body.reason, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Take a merge back
#[utoipa::path(
    post,
    path = "/api/v1/merges/{id}/undo",
    tag = "members",
    params(("id" = String, Path, description = "The merge"), OptionalKeyHeader),
    request_body = ReasonBody,
    responses((status = OK, body = MergedBody)),
    extensions(("x-problem-codes" = json!([
        codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name,
        codes::MERGE_UNKNOWN.name, codes::MERGE_UNDONE.name, codes::MERGE_NOT_LAST.name,
        codes::MERGE_HOLD.name
    ])))
)]
pub(crate) async fn undo(
    allowed: Allowed<needs::MembersMerge>,
    At(id): At<MergeId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    OptionalInput(body): OptionalInput<ReasonBody>,
) -> Result<Answer<MergedBody>, Problem> {
    let reason = wire::reason("/reason", &body.reason)?;
    let key = key.map(|key| request_key("merges/undo", key, &id, &reason));
    let answer = allowed
        .run(async move |hui, actor| undo_merge(hui, actor, id, &reason, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}
