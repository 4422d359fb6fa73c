//! The review queue: what a person has to decide about who is who, and about what looks like abuse.

use axum::Json;
use hui_loyalty::abuse::{By, Counts};
use hui_loyalty::ids::{MemberId, MergeId, OrderId, ReviewId};
use hui_loyalty::time::Timestamp;
use hui_operations::merge_members::{Decision, DecisionReceipt, decide_review};
use hui_operations::read_members::list_reviews;
use hui_store::reviews::ReviewRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::{Page, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;

/// Whether a review waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewState {
    /// It waits for a decision.
    Open,
    /// It was decided.
    Decided,
}

/// One question, and its answer once there is one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewBody {
    #[schema(value_type = String)]
    review_id: ReviewId,
    /// What it asks: `second_phone`, `different_phones`, `birthdays_differ`, `abuse` …
    kind: String,
    state: ReviewState,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// The member the event counted for.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The other member it points at.
    #[schema(required, value_type = Option<String>)]
    other_id: Option<MemberId>,
    /// The order that raised it.
    #[schema(required, value_type = Option<String>)]
    order_id: Option<OrderId>,
    evidence: EvidenceBody,
    #[schema(required, value_type = Option<DecisionWord>)]
    decision: Option<String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// Who decided.
    #[schema(required)]
    decided_by: Option<String>,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
}

/// What speaks for and against, without personal data in clear.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct EvidenceBody {
    /// What the event said of who the person is.
    #[serde(default)]
    identities: Vec<EvidenceIdentityBody>,
    /// The channel of the event.
    #[serde(default)]
    #[schema(required)]
    channel: Option<String>,
    /// The effective time of the event.
    #[serde(default)]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// The phone it is about, masked.
    #[serde(default)]
    #[schema(required)]
    phone: Option<String>,
    /// What speaks for abuse; only with the kind `abuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abuse: Option<SuspectedBody>,
}

/// How suspicious something is, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SuspectedBody {
    /// The sum of the scores of the broken rules.
    score: i64,
    /// Each broken rule with its figures.
    reasons: Vec<SuspicionReasonBody>,
    /// Whom the rules counted, such as `member:M…`; a device stands by a hash of its name.
    subjects: Vec<String>,
    /// The member's latest orders within the time that was counted, at most 20.
    #[schema(value_type = Vec<String>)]
    orders: Vec<OrderId>,
    /// The points that wait; 0 where a claim or a redemption was refused.
    points: i64,
}

/// A rule that was broken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SuspicionReasonBody {
    /// The rule's id; `blocked` where the member or device is blocked.
    rule: String,
    /// What it counts; left out where somebody is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::wire::schemas::AbuseCountsSchema>)]
    counts: Option<Counts>,
    /// Of whom.
    #[schema(value_type = crate::wire::schemas::AbuseBySchema)]
    by: By,
    /// How often it has happened, this time included.
    count: i64,
    /// How often it may.
    most: i64,
    /// Since when it was counted.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// What it adds to the score.
    score: i64,
}

/// An identity of the event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct EvidenceIdentityBody {
    #[schema(value_type = crate::wire::schemas::IdentityKindSchema)]
    kind: String,
    /// Empty where the kind has none.
    #[serde(default)]
    scope: String,
    /// Masked.
    value: String,
    /// Whether the channel vouched for it.
    #[serde(default)]
    verified: bool,
}

impl From<ReviewRow> for ReviewBody {
    fn from(row: ReviewRow) -> Self {
        Self {
            review_id: row.id,
            kind: row.kind,
            state: if row.is_open { ReviewState::Open } else { ReviewState::Decided },
            opened_at: row.opened_at,
            member_id: row.member,
            other_id: row.other,
            order_id: row.order,
            evidence: serde_json::from_str(&row.evidence).unwrap_or_default(),
            decision: row.decision,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            reason: row.reason,
        }
    }
}

/// Which reviews.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewsQuery {
    /// Of this state only.
    state: Option<ReviewState>,
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The review queue, latest first
#[utoipa::path(
    get,
    path = "/api/v1/reviews",
    tag = "reviews",
    params(ReviewsQuery),
    responses((status = OK, body = Page<ReviewBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::ReviewsRead>,
    Asked(ReviewsQuery { state, limit, cursor }): Asked<ReviewsQuery>,
) -> Result<Json<Page<ReviewBody>>, Problem> {
    let (size, before) = asked(limit.as_deref(), cursor.as_deref())?;
    let before = before.map(|[id]| ReviewId(id));
    let open = state.map(|state| state == ReviewState::Open);
    let (rows, next) = allowed
        .run(async move |hui, actor| list_reviews(hui, actor, open, before, size).await)
        .await?;
    Ok(Json(Page::of(rows, next.map(|id| [id.0]))))
}

/// What a person decides about a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Decision)]
pub(crate) enum DecisionWord {
    /// Both members are one person.
    Merge,
    /// They are two; nothing changes.
    KeepApart,
    /// The phone of the event belongs to this member now.
    MovePhone,
    /// It was no abuse: points that wait become available, claims are counted anew.
    Release,
    /// It was abuse: points that wait are taken back, what was refused stays refused.
    Void,
}

impl From<DecisionWord> for Decision {
    fn from(word: DecisionWord) -> Self {
        match word {
            DecisionWord::Merge => Self::Merge,
            DecisionWord::KeepApart => Self::KeepApart,
            DecisionWord::MovePhone => Self::MovePhone,
            DecisionWord::Release => Self::Release,
            DecisionWord::Void => Self::Void,
        }
    }
}

/// What is decided, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "keep_apart", "reason": "母女共用手机号"}))]
pub(crate) struct DecisionBody {
    decision: DecisionWord,
    /// Why, in words; a merge needs it.
    #[serde(default)]
    reason: String,
}

/// A decision that was carried out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedBody {
    #[schema(value_type = String)]
    review_id: ReviewId,
    #[schema(value_type = DecisionWord)]
    decision: Decision,
    /// The merge it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    merge_id: Option<MergeId>,
}

impl From<DecisionReceipt> for DecidedBody {
    fn from(receipt: DecisionReceipt) -> Self {
        let DecisionReceipt { review_id, decision, merge_id } = receipt;
        Self { review_id, decision, merge_id }
    }
}

/// Decide a review
#[utoipa::path(
    post,
    path = "/api/v1/reviews/{id}/decide",
    tag = "reviews",
    params(("id" = String, Path, description = "The review"), OptionalKeyHeader),
    request_body = DecisionBody,
    responses((status = OK, body = DecidedBody)),
    extensions(("x-problem-codes" = json!([
        codes::REVIEW_UNKNOWN.name, codes::REVIEW_DECIDED.name, codes::REVIEW_DECISION.name,
        codes::MEMBER_UNKNOWN.name, codes::MERGE_SAME_MEMBER.name, codes::MERGE_RIGHT_MISSING.name,
        codes::MERGE_REASON_MISSING.name, codes::IDENTITY_TAKEN.name, codes::PHONE_SECOND.name
    ])))
)]
pub(crate) async fn decide(
    allowed: Allowed<needs::ReviewsDecide>,
    At(id): At<ReviewId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<DecisionBody>,
) -> Result<Answer<DecidedBody>, Problem> {
    let key = key.map(|key| request_key("reviews/decide", key, &id, &body));
    let answer = allowed
        .run(async move |hui, actor| {
            let DecisionBody { decision, reason } = body;
            decide_review(hui, actor, id, decision.into(), &reason, key.as_ref()).await
        })
        .await?;
    Ok(Answer::of(answer))
}
