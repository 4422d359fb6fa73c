//! The ways to recognise a member.

use axum::Json;
use hui_loyalty::ids::{IdentityId, MemberId};
use hui_loyalty::members::{Claim, IdentityKind};
use hui_loyalty::time::Timestamp;
use hui_operations::join_member::{BoundReceipt, bind_identity, change_phone, unbind_identity};
use hui_operations::read_members::{IdentityView, read_identities};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::paging::Page;
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::problems::no_member;
use crate::wire::schemas::IdentityKindSchema;
use crate::wire::{self, ClaimBody, Refusals};

/// An identity a member has or had.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentityBody {
    #[schema(value_type = String)]
    identity_id: IdentityId,
    #[schema(value_type = IdentityKindSchema)]
    kind: IdentityKind,
    /// The app, platform, seller or issuer; empty where the kind has none.
    scope: String,
    /// Masked; null where it cannot be shown.
    #[schema(required)]
    value: Option<String>,
    /// Whether somebody vouched for it.
    verified: bool,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Until when; null while it is the member's.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The channel of the event that brought it.
    #[schema(required)]
    source: Option<String>,
}

impl From<IdentityView> for IdentityBody {
    fn from(view: IdentityView) -> Self {
        let row = view.row;
        Self {
            identity_id: row.id,
            kind: row.kind,
            scope: row.scope,
            value: view.masked,
            verified: row.verified,
            since: row.valid_from,
            until: row.valid_until,
            source: row.channel,
        }
    }
}

/// Every identity a member has or had, live ones first
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/identities",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = Page<IdentityBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Page<IdentityBody>>, Problem> {
    let found = allowed.run(async move |hui, actor| read_identities(hui, actor, id).await).await?;
    let views = found.ok_or_else(|| no_member(id))?;
    Ok(Json(Page::whole(views.into_iter().map(IdentityBody::from).collect())))
}

/// A member and an identity that was linked to it, or taken off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoundBody {
    /// The member; the survivor where the named one was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    #[schema(value_type = String)]
    identity_id: IdentityId,
}

impl From<BoundReceipt> for BoundBody {
    fn from(receipt: BoundReceipt) -> Self {
        let BoundReceipt { member_id, identity_id } = receipt;
        Self { member_id, identity_id }
    }
}

fn claim_of(body: &ClaimBody) -> Result<Claim, Problem> {
    let mut refusals = Refusals::default();
    let claim = body.claim("", &mut refusals);
    refusals.into_result()?;
    claim.ok_or_else(|| Problem::new(&codes::IDENTITY_MISSING, "no usable identity"))
}

/// Bind an identity
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/identities",
    tag = "members",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = ClaimBody,
    responses((status = OK, body = BoundBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::IDENTITY_TAKEN.name, codes::PHONE_SECOND.name,
        codes::IDENTITY_MISSING.name, codes::IDENTITY_KIND_UNKNOWN.name,
        codes::IDENTITY_PHONE_INVALID.name, codes::IDENTITY_PHONE_LANDLINE.name,
        codes::IDENTITY_EMAIL_INVALID.name, codes::IDENTITY_SCOPE_MISSING.name,
        codes::IDENTITY_SCOPE_UNEXPECTED.name, codes::IDENTITY_SCOPE_INVALID.name,
        codes::IDENTITY_VALUE_INVALID.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn bind(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimBody>,
) -> Result<Answer<BoundBody>, Problem> {
    let key = request_key("members/identities", key, &id, &body);
    let claim = claim_of(&body)?;
    let answer = allowed
        .run(async move |hui, actor| bind_identity(hui, actor, id, &claim, None, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Why an identity is unbound.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReasonQuery {
    /// Why; up to 500 bytes. It stands in the audit log.
    #[serde(default)]
    #[param(required = false)]
    reason: String,
}

/// Unbind an identity
#[utoipa::path(
    delete,
    path = "/api/v1/members/{id}/identities/{identity_id}",
    tag = "members",
    params(
        ("id" = String, Path, description = "The member"),
        ("identity_id" = String, Path, description = "The identity"),
        ReasonQuery, OptionalKeyHeader
    ),
    responses((status = OK, body = BoundBody)),
    extensions(("x-problem-codes" = json!([
        codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name,
        codes::MEMBER_UNKNOWN.name, codes::IDENTITY_UNKNOWN.name, codes::IDENTITY_LAST.name
    ])))
)]
pub(crate) async fn unbind(
    allowed: Allowed<needs::MembersWrite>,
    At((id, identity)): At<(MemberId, IdentityId)>,
    Asked(query): Asked<ReasonQuery>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<BoundBody>, Problem> {
    let reason = wire::reason("?reason", &query.reason)?;
    let key = key.map(|key| request_key("members/identities/unbind", key, &identity, &reason));
    let answer = allowed
        .run(async move |hui, actor| {
            unbind_identity(hui, actor, id, identity, &reason, key.as_ref()).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Change the verified phone; a number of another member moves over
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/phone",
    tag = "members",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = ClaimBody,
    responses((status = OK, body = BoundBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::IDENTITY_TAKEN.name, codes::IDENTITY_MISSING.name,
        codes::IDENTITY_KIND_UNKNOWN.name, codes::IDENTITY_PHONE_INVALID.name,
        codes::IDENTITY_PHONE_LANDLINE.name, codes::IDENTITY_EMAIL_INVALID.name,
        codes::IDENTITY_SCOPE_MISSING.name, codes::IDENTITY_SCOPE_UNEXPECTED.name,
        codes::IDENTITY_SCOPE_INVALID.name, codes::IDENTITY_VALUE_INVALID.name,
        codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn change_verified_phone(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimBody>,
) -> Result<Answer<BoundBody>, Problem> {
    let key = request_key("members/phone", key, &id, &body);
    let claim = claim_of(&body)?;
    let answer = allowed
        .run(async move |hui, actor| change_phone(hui, actor, id, &claim, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}
