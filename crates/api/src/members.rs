//! Members: joining, looking up, profiles, changes.

use std::collections::BTreeMap;

use axum::Json;
use hui_loyalty::ids::MemberId;
use hui_loyalty::members::{Claim, Gender, IdentityKind, Profile};
use hui_loyalty::time::CalendarDate;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::join_member::{JoinRequest, ProfileChange, change_profile, join_member};
use hui_operations::read_members::{
    MemberView, list_members, look_up_code, look_up_member, read_member, read_member_code_now,
    read_served_member,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, IdempotencyKey, KeyHeader, request_key};
use crate::paging::{Page, asked};
use crate::params::At;
use crate::problem::Problem;
use crate::problems::no_member;
use crate::wire::schemas::GenderSchema;
use crate::wire::{ClaimBody, ProfileBody, Refusals, claims};

mod bodies;
pub(crate) mod identities;
pub(crate) mod merges;
pub(crate) mod tiers;

use bodies::{JoinedBody, MemberBody, MemberCodeBody, MemberLineBody};

/// A person who joins.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "identities": [{"kind": "phone", "value": "13800138000", "verified": true}],
    "profile": {"name": "王小明", "birthday": "1990-02-28"},
    "channel": "mini_program", "touchpoint": "after-payment"
}))]
pub(crate) struct JoinBody {
    /// The ways to recognise the person; at least one.
    pub(crate) identities: Vec<ClaimBody>,
    /// What is known of the person; fills empty fields only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<ProfileBody>,
    /// The channel of the join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<String>,
    /// The shop of the join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shop: Option<String>,
    /// The guide or cashier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) staff: Option<String>,
    /// The code or place that invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) touchpoint: Option<String>,
    /// What the person agreed to: the text's name and its version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) consents: BTreeMap<String, String>,
}

/// Whom to look up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"identities": [{"kind": "phone", "value": "13800138000"}]}))]
pub(crate) struct LookupBody {
    /// Ways to recognise the member; the strongest that is known wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) identities: Vec<ClaimBody>,
    /// A scanned member code, instead of identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// What to search for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "13800138000", "limit": 20}))]
pub(crate) struct MemberSearchBody {
    /// A whole phone, member number or e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Only members of this tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tier: Option<String>,
    /// How many at most: 1 to 500; 50 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500, default = 50)]
    pub(crate) limit: Option<i64>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// What to change of a profile; what is left out stays, null empties.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "王小明", "birthday": null}))]
#[expect(clippy::option_option, reason = "null empties a field, one left out stays")]
pub(crate) struct MemberPatch {
    /// The name.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Option<String>>,
    /// The gender.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<GenderSchema>)]
    pub(crate) gender: Option<Option<Gender>>,
    /// The date of birth.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) birthday: Option<Option<CalendarDate>>,
    /// The tags, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
}

/// Tells a field that is null from one that is left out.
#[expect(clippy::option_option, reason = "null empties a field, one left out stays")]
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A member: profile and summary; of one that was merged away the survivor
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = MemberBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<MemberBody>, Problem> {
    let view = allowed.run(async move |hui, actor| read_member(hui, actor, id).await).await?;
    view.map(|view| Json(view.into())).ok_or_else(|| no_member(id))
}

/// Find a member by identities or by a scanned member code
#[utoipa::path(
    post,
    path = "/api/v1/members/lookup",
    tag = "members",
    request_body = LookupBody,
    responses((status = OK, body = MemberBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::IDENTITY_MISSING.name,
        codes::IDENTITY_KIND_UNKNOWN.name, codes::IDENTITY_PHONE_INVALID.name,
        codes::IDENTITY_PHONE_LANDLINE.name, codes::IDENTITY_EMAIL_INVALID.name,
        codes::IDENTITY_SCOPE_MISSING.name, codes::IDENTITY_SCOPE_UNEXPECTED.name,
        codes::IDENTITY_SCOPE_INVALID.name, codes::IDENTITY_VALUE_INVALID.name
    ])))
)]
pub(crate) async fn look_up(
    allowed: Allowed<needs::MembersRead>,
    Input(body): Input<LookupBody>,
) -> Result<Json<MemberBody>, Problem> {
    let mut refusals = Refusals::default();
    let given = claims(&body.identities, "/identities", &mut refusals);
    refusals.into_result()?;
    if given.is_empty() && body.code.is_none() {
        let detail = "send identities or a member code";
        return Err(Problem::at(&codes::IDENTITY_MISSING, "/identities", detail));
    }
    let view = allowed
        .run(async move |hui, actor| match &body.code {
            Some(code) => look_up_code(hui, actor, code).await,
            None => look_up_member(hui, actor, &given).await,
        })
        .await?;
    view.map(|view| Json(view.into()))
        .ok_or_else(|| Problem::new(&codes::MEMBER_UNKNOWN, "nobody has any of these"))
}

/// Search members by a whole phone, number or e-mail; without a text the latest
#[utoipa::path(
    post,
    path = "/api/v1/members/search",
    tag = "members",
    request_body = MemberSearchBody,
    responses((status = OK, body = Page<MemberLineBody>)),
    extensions(("x-problem-codes" = json!([codes::LIMIT_INVALID.name, codes::CURSOR_INVALID.name])))
)]
pub(crate) async fn search(
    allowed: Allowed<needs::MembersRead>,
    Input(body): Input<MemberSearchBody>,
) -> Result<Json<Page<MemberLineBody>>, Problem> {
    let limit = body.limit.map(|limit| limit.to_string());
    let (size, before) = asked(limit.as_deref(), body.cursor.as_deref())?;
    let before = before.map(|[id]| MemberId(id));
    let text = body.text.filter(|text| !text.trim().is_empty());
    let (views, next) = allowed
        .run(async move |hui, actor| match text {
            Some(text) => Ok((find_by_text(hui, actor, text.trim()).await?, None)),
            None => list_members(hui, actor, body.tier, before, size).await,
        })
        .await?;
    Ok(Json(Page::of(views, next.map(|id| [id.0]))))
}

async fn find_by_text(
    operations: &Operations,
    actor: &Actor,
    text: &str,
) -> Result<Vec<MemberView>, hui_store::Error> {
    let found = if let Ok(id) = text.parse::<MemberId>() {
        read_member(operations, actor, id).await?
    } else {
        let given = [IdentityKind::Phone, IdentityKind::Email]
            .into_iter()
            .filter_map(|kind| Claim::parse(kind, None, text, true).ok());
        look_up_member(operations, actor, &given.collect::<Vec<Claim>>()).await?
    };
    Ok(found.into_iter().collect())
}

/// The rotating code the member shows at the till
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/code",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = MemberCodeBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn code(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<MemberCodeBody>, Problem> {
    let code =
        allowed.run(async move |hui, actor| read_member_code_now(hui, actor, id).await).await?;
    code.map(|code| Json(MemberCodeBody { code, rotates_every_s: 60 })).ok_or_else(|| no_member(id))
}

/// Join a member, or meet one who is known
#[utoipa::path(
    post,
    path = "/api/v1/members",
    tag = "members",
    params(KeyHeader),
    request_body = JoinBody,
    responses((status = OK, body = JoinedBody)),
    extensions(("x-problem-codes" = json!([
        codes::IDENTITY_MISSING.name, codes::IDENTITY_KIND_UNKNOWN.name,
        codes::IDENTITY_PHONE_INVALID.name, codes::IDENTITY_PHONE_LANDLINE.name,
        codes::IDENTITY_EMAIL_INVALID.name, codes::IDENTITY_SCOPE_MISSING.name,
        codes::IDENTITY_SCOPE_UNEXPECTED.name, codes::IDENTITY_SCOPE_INVALID.name,
        codes::IDENTITY_VALUE_INVALID.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn join(
    allowed: Allowed<needs::MembersWrite>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<JoinBody>,
) -> Result<Answer<JoinedBody>, Problem> {
    let key = request_key("members", key, &"", &body);
    let mut refusals = Refusals::default();
    let given = claims(&body.identities, "/identities", &mut refusals);
    refusals.into_result()?;
    let profile = body.profile.as_ref().map_or_else(Profile::default, ProfileBody::profile);
    let consents = body.consents.into_iter().collect();
    let request = JoinRequest { claims: given, profile, channel: body.channel, consents };
    let (answer, view) = allowed
        .run(async move |hui, actor| {
            let answer = join_member(hui, actor, &request, Some(&key)).await?;
            let view = read_served_member(hui, actor, answer.receipt.member_id).await?;
            Ok::<_, Problem>((answer, view))
        })
        .await?;
    let joined = answer.receipt;
    let view = view.ok_or_else(|| no_member(joined.member_id))?;
    let body =
        JoinedBody { member: view.into(), created: joined.created, review_id: joined.review_id };
    Ok(Answer::ok(body, answer.replayed))
}

/// Change a profile
#[utoipa::path(
    patch,
    path = "/api/v1/members/{id}",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    request_body = MemberPatch,
    responses((status = OK, body = MemberBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn change(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    Input(body): Input<MemberPatch>,
) -> Result<Json<MemberBody>, Problem> {
    let MemberPatch { name, gender, birthday, tags } = body;
    let change = ProfileChange { name, gender, birthday, tags };
    let view = allowed
        .run(async move |hui, actor| {
            let member = change_profile(hui, actor, id, &change).await?;
            Ok::<_, Problem>(read_member(hui, actor, member).await?)
        })
        .await?;
    view.map(|view| Json(view.into())).ok_or_else(|| no_member(id))
}
