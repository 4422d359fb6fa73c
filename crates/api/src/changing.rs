//! Members joined and changed: joins, profiles, identities, phones, merges, reviews.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::ids::{IdentityId, MemberId, MergeId, ReviewId};
use hui_loyalty::members::{Claim, Profile};
use hui_operations::join_member::{
    JoinRequest, ProfileChange, bind_identity, change_phone, change_profile, join_member,
    unbind_identity,
};
use hui_operations::merge_members::{Decision, decide_review, merge_members, undo_merge};
use hui_operations::read_members::read_member;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::members::{JoinBody, MemberPatch};
use crate::params::At;
use crate::problem::Problem;
use crate::reading::member_body;
use crate::threads::aside;
use crate::wire::{ClaimBody, Refusals, claims};

/// Join a member, or meet one who is known
#[utoipa::path(post, path = "/api/v1/members", tag = "members", params(KeyHeader),
    request_body = JoinBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersWrite>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<JoinBody>,
) -> Result<Answer<Value>, Problem> {
    let key = request_key("members", key, &"", &body);
    let mut refusals = Refusals::default();
    let given = claims(&body.identities, "/identities", &mut refusals);
    refusals.into_result()?;
    let request = JoinRequest {
        claims: given,
        profile: body
            .profile
            .as_ref()
            .map_or_else(Profile::default, crate::wire::ProfileBody::profile),
        channel: body.channel.clone(),
        consents: body.consents.clone().into_iter().collect(),
    };
    let (answer, view) = aside(move || async move {
        let answer = join_member(&app.operations, &allowed.actor, &request, Some(&key)).await?;
        let member = answer.receipt.member_id;
        let view = read_member(&app.operations, &allowed.actor, member).await?;
        Ok::<_, Problem>((answer, view))
    })
    .await??;
    let mut summary = view.as_ref().map_or_else(|| json!({}), member_body);
    if let Some(fields) = summary.as_object_mut() {
        fields.insert("member_id".to_owned(), json!(answer.receipt.member_id));
        fields.insert("created".to_owned(), json!(answer.receipt.created));
        if let Some(review) = answer.receipt.review_id {
            fields.insert("review_id".to_owned(), json!(review));
        }
    }
    Ok(Answer::ok(summary, answer.replayed))
}

/// Change a profile
#[utoipa::path(patch, path = "/api/v1/members/{id}", tag = "members",
    params(("id" = String, Path, description = "The member")), request_body = MemberPatch,
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    Input(body): Input<MemberPatch>,
) -> Result<Json<Value>, Problem> {
    let change = ProfileChange {
        name: body.name,
        gender: body.gender,
        birthday: body.birthday,
        tags: body.tags,
    };
    let view = aside(move || async move {
        let member = change_profile(&app.operations, &allowed.actor, id, &change).await?;
        Ok::<_, Problem>(read_member(&app.operations, &allowed.actor, member).await?)
    })
    .await??;
    let unknown = || Problem::new(&codes::MEMBER_UNKNOWN, format!("there is no member {id}"));
    view.map(|view| Json(member_body(&view))).ok_or_else(unknown)
}

fn claim_of(body: &ClaimBody) -> Result<Claim, Problem> {
    let mut refusals = Refusals::default();
    let claim = body.claim("", &mut refusals);
    refusals.into_result()?;
    claim.ok_or_else(|| Problem::new(&codes::IDENTITY_MISSING, "no usable identity"))
}

/// Bind an identity
#[utoipa::path(post, path = "/api/v1/members/{id}/identities", tag = "members",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = ClaimBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn bind(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimBody>,
) -> Result<Answer<Value>, Problem> {
    let key = request_key("members/identities", key, &id, &body);
    let claim = claim_of(&body)?;
    let answer = aside(move || async move {
        bind_identity(&app.operations, &allowed.actor, id, &claim, None, Some(&key)).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}

/// Unbind an identity
#[utoipa::path(delete, path = "/api/v1/members/{id}/identities/{identity_id}", tag = "members",
    params(("id" = String, Path, description = "The member"),
        ("identity_id" = String, Path, description = "The identity"), OptionalKeyHeader),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn unbind(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersWrite>,
    At((id, identity)): At<(MemberId, IdentityId)>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<Value>, Problem> {
    let key = key.map(|key| request_key("members/identities/unbind", key, &identity, &()));
    let answer = aside(move || async move {
        unbind_identity(&app.operations, &allowed.actor, id, identity, key.as_ref()).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}

/// Change the verified phone; a number of another member moves over
#[utoipa::path(post, path = "/api/v1/members/{id}/phone", tag = "members",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = ClaimBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn phone(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimBody>,
) -> Result<Answer<Value>, Problem> {
    let key = request_key("members/phone", key, &id, &body);
    let claim = claim_of(&body)?;
    let answer = aside(move || async move {
        change_phone(&app.operations, &allowed.actor, id, &claim, Some(&key)).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}

/// Into whom, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeBody {
    /// The member that stays.
    #[schema(value_type = String)]
    into: MemberId,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Make a member part of another
#[utoipa::path(post, path = "/api/v1/members/{id}/merge", tag = "members",
    params(("id" = String, Path, description = "The member that is absorbed"), KeyHeader),
    request_body = MergeBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn merge(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersMerge>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<MergeBody>,
) -> Result<Answer<Value>, Problem> {
    let key = request_key("members/merge", key, &id, &body);
    let answer = aside(move || async move {
        let MergeBody { into, reason } = body;
        merge_members(&app.operations, &allowed.actor, id, into, &reason, Some(&key)).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}

/// Take a merge back
#[utoipa::path(post, path = "/api/v1/merges/{id}/undo", tag = "members",
    params(("id" = String, Path, description = "The merge"), OptionalKeyHeader),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersMerge>,
    At(id): At<MergeId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<Value>, Problem> {
    let key = key.map(|key| request_key("merges/undo", key, &id, &()));
    let answer = aside(move || async move {
        undo_merge(&app.operations, &allowed.actor, id, key.as_ref()).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}

/// What is decided.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    /// `merge`, `keep_apart` or `move_phone`.
    #[schema(value_type = String)]
    decision: Decision,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Decide a review
#[utoipa::path(post, path = "/api/v1/reviews/{id}/decide", tag = "members",
    params(("id" = String, Path, description = "The review"), OptionalKeyHeader),
    request_body = DecisionBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ReviewsDecide>,
    At(id): At<ReviewId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<DecisionBody>,
) -> Result<Answer<Value>, Problem> {
    let key = key.map(|key| request_key("reviews/decide", key, &id, &body));
    let answer = aside(move || async move {
        let DecisionBody { decision, reason } = body;
        decide_review(&app.operations, &allowed.actor, id, decision, &reason, key.as_ref()).await
    })
    .await??;
    Ok(Answer::ok(json!(answer.receipt), answer.replayed))
}
