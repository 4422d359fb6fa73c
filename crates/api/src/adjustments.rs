//! Points granted and deducted by hand: at once, above a limit with somebody else's word, taken back.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use hui_loyalty::ids::{AdjustmentId, EntryId, LotId, MemberId};
use hui_loyalty::time::Timestamp;
use hui_operations::actor::Actor;
use hui_operations::adjustments::list_adjustments;
use hui_operations::move_points::limits::{self, AdjustmentLimits};
use hui_operations::move_points::{MoveRequest, Moved, Movement, Verdict, move_points};
use hui_store::adjustments::{AdjustmentRow, AdjustmentState};
use hui_store::answers::RequestKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::{self, BATCH_BYTES_MAX, Input};
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, is_key,
    request_key,
};
use crate::paging::{Page, asked};
use crate::params::{Asked, At};
use crate::points::{move_one, unanswered};
use crate::problem::{Language, Problem, ProblemBody};
use crate::threads::aside;
use crate::wire::{Amount, Refusals, said};

/// The most adjustments of one batch.
const BATCH_MAX: usize = 1_000;
/// The route of the keys of adjustments, one by one or in a batch.
const ROUTE: &str = "points/adjust";

/// Points to grant or deduct.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"points": 100, "reason": "客诉补偿"}))]
pub(crate) struct AdjustBody {
    /// How many; negative deducts. At most 10¹² either way.
    #[schema(value_type = i64)]
    points: Amount,
    /// Why, in words; up to 500 bytes.
    reason: String,
    /// The end of granted points; by the program's policy where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether what a deduction does not find becomes debt.
    #[serde(default)]
    allow_debt: bool,
}

impl AdjustBody {
    fn movement(self, member: MemberId) -> Result<Movement, Problem> {
        let mut refusals = Refusals::default();
        let points = refusals.amount("/points", self.points);
        if points == 0 {
            refusals.add("/points", &codes::POINTS_ZERO, "say how many points");
        }
        let reason = refusals.text("/reason", &self.reason, 500);
        refusals.into_result()?;
        let Self { expires_at, allow_debt, .. } = self;
        Ok(Movement::Adjust { member, points, reason, expires_at, allow_debt })
    }
}

/// What an adjustment did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustedBody {
    #[schema(value_type = String)]
    entry_id: EntryId,
    /// The member; the survivor where the named one was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The lot of granted points; null for a deduction.
    #[schema(required, value_type = Option<String>)]
    lot_id: Option<LotId>,
    points: i64,
    /// What of granted points paid debt.
    debt_repaid: i64,
    /// What of a deduction became debt.
    debt: i64,
}

/// An adjustment that waits for somebody else's word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PendingBody {
    #[schema(value_type = String)]
    adjustment_id: AdjustmentId,
    /// `pending`.
    state: &'static str,
    #[schema(value_type = String)]
    member_id: MemberId,
    points: i64,
}

/// What taking an adjustment back did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UndoneBody {
    #[schema(value_type = String)]
    entry_id: EntryId,
    /// The adjustment's entry.
    #[schema(value_type = String)]
    undoes: EntryId,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The effect of the opposite entry.
    points: i64,
    /// The lot of points that could not go back where they came from.
    #[schema(value_type = Option<String>)]
    lot_id: Option<LotId>,
    /// What of a grant had expired unused: nobody is charged for it.
    lapsed: i64,
    /// What of returned points paid debt.
    debt_repaid: i64,
    /// What of a grant is owed now.
    debt: i64,
}

/// An answer: done at once, or waiting.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AdjustAnswerBody {
    /// It was done.
    Done(AdjustedBody),
    /// An adjustment was taken back.
    Undone(UndoneBody),
    /// It waits.
    Pending(PendingBody),
}

impl AdjustAnswerBody {
    fn of(moved: &Moved) -> Result<Self, Problem> {
        Ok(match *moved {
            Moved::Adjusted { member_id, entry_id, lot_id, points, debt_repaid, debt } => {
                Self::Done(AdjustedBody {
                    entry_id,
                    member_id,
                    lot_id,
                    points,
                    debt_repaid: debt_repaid.0,
                    debt: debt.0,
                })
            }
            Moved::Undone {
                member_id,
                entry_id,
                undoes,
                points,
                lot_id,
                lapsed,
                debt_repaid,
                debt,
            } => Self::Undone(UndoneBody {
                entry_id,
                undoes,
                member_id,
                points,
                lot_id,
                lapsed: lapsed.0,
                debt_repaid: debt_repaid.0,
                debt: debt.0,
            }),
            Moved::Pending { adjustment_id, member_id, points } => {
                Self::Pending(PendingBody { adjustment_id, state: "pending", member_id, points })
            }
            _ => return Err(unanswered()),
        })
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Done(_) | Self::Undone(_) => StatusCode::OK,
            Self::Pending(_) => StatusCode::ACCEPTED,
        }
    }
}

/// Grant or deduct points
///
/// A deduction beyond what is available is refused unless it says `allow_debt`. More
/// points than the caller's limit are not moved: the request waits for somebody else's
/// word and is answered with 202 and its number.
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/points/adjust",
    tag = "points",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = AdjustBody,
    responses(
        (status = OK, body = AdjustedBody),
        (status = ACCEPTED, description = "It waits for a decision", body = PendingBody)
    ),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::POINTS_INSUFFICIENT.name, codes::POINTS_ZERO.name, codes::AMOUNT_OUT_OF_RANGE.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn adjust(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsAdjust>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<AdjustBody>,
) -> Result<Answer<AdjustAnswerBody>, Problem> {
    let key = request_key(ROUTE, key, &member, &body);
    let movement = body.movement(member)?;
    moved(app, allowed.actor, movement, Some(key)).await
}

async fn moved(
    app: Arc<App>,
    actor: Actor,
    movement: Movement,
    key: Option<RequestKey>,
) -> Result<Answer<AdjustAnswerBody>, Problem> {
    let answer = move_one(app, actor, MoveRequest { movement, key }).await?;
    let body = AdjustAnswerBody::of(&answer.receipt)?;
    Ok(Answer { status: body.status(), body, replayed: answer.replayed })
}

/// One adjustment of a batch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "2026-06-goodwill-0001", "member_id": "M…", "points": 100, "reason": "客诉补偿"}))]
pub(crate) struct BatchAdjustBody {
    /// What an Idempotency-Key is to one request: 1 to 255 visible ASCII characters.
    key: String,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// How many; negative deducts. At most 10¹² either way.
    #[schema(value_type = i64)]
    points: Amount,
    /// Why, in words; up to 500 bytes.
    reason: String,
    /// The end of granted points; by the program's policy where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether what a deduction does not find becomes debt.
    #[serde(default)]
    allow_debt: bool,
}

impl BatchAdjustBody {
    fn request(self) -> Result<MoveRequest, Problem> {
        if !is_key(&self.key) {
            let message = "a key has 1 to 255 visible ASCII characters";
            return Err(Problem::at(&codes::IDEMPOTENCY_INVALID, "/key", message));
        }
        let Self { key, member_id, points, reason, expires_at, allow_debt } = self;
        let body = AdjustBody { points, reason, expires_at, allow_debt };
        // The same key as for the adjustment alone: repeated either way, it is done once.
        let key = request_key(ROUTE, key, &member_id, &body);
        Ok(MoveRequest { movement: body.movement(member_id)?, key: Some(key) })
    }
}

/// The result of one adjustment of a batch: its answer or its problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustResultBody {
    /// The status it would have been answered with alone.
    status: u16,
    /// Whether it was answered before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    replayed: bool,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<AdjustAnswerBody>,
    /// The problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemBody>)]
    problem: Option<ProblemBody>,
}

impl AdjustResultBody {
    fn of(answer: Result<Answer<AdjustAnswerBody>, Problem>) -> Self {
        match answer {
            Ok(Answer { status, body, replayed }) => {
                Self { status: status.as_u16(), replayed, body: Some(body), problem: None }
            }
            Err(problem) => Self {
                status: problem.status().as_u16(),
                replayed: false,
                body: None,
                problem: Some(problem.body(Language::English, None)),
            },
        }
    }
}

/// Grant or deduct points of up to 1,000 members
///
/// A JSON array. Each adjustment has a key of its own, is done, refused or made to wait
/// by itself, and can be sent again; the results come in the order of the adjustments.
#[utoipa::path(
    post,
    path = "/api/v1/points/adjustments/batch",
    tag = "points",
    request_body = Vec<BatchAdjustBody>,
    responses((status = OK, body = Vec<AdjustResultBody>)),
    extensions(("x-problem-codes" = json!([
        codes::BATCH_TOO_LARGE.name
    ])))
)]
pub(crate) async fn adjust_batch(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsAdjust>,
    request: Request<Body>,
) -> Result<Json<Vec<AdjustResultBody>>, Problem> {
    let (parts, stream) = request.into_parts();
    if !body::is_json(&parts.headers) {
        return Err(body::unsupported("application/json"));
    }
    let bytes = body::collect(&parts.headers, stream, BATCH_BYTES_MAX).await?;
    let items: Vec<&RawValue> = body::parse_raw(&bytes)?;
    if items.len() > BATCH_MAX {
        let detail = format!("{} adjustments; a batch has at most {BATCH_MAX}", items.len());
        return Err(Problem::new(&codes::BATCH_TOO_LARGE, detail));
    }
    let read = |item: &RawValue| {
        body::parse::<BatchAdjustBody>(item.get().as_bytes()).and_then(BatchAdjustBody::request)
    };
    let parsed: Vec<Result<MoveRequest, Problem>> = items.into_iter().map(read).collect();
    let results = aside(move || async move { adjust_each(&app, &allowed.actor, parsed).await });
    Ok(Json(results.await?))
}

async fn adjust_each(
    app: &App,
    actor: &Actor,
    parsed: Vec<Result<MoveRequest, Problem>>,
) -> Vec<AdjustResultBody> {
    let requests = parsed.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let mut answers = move_points(&app.operations, actor, requests).await.into_iter();
    let mut next = || {
        let answer = answers.next().ok_or_else(unanswered)??;
        let body = AdjustAnswerBody::of(&answer.receipt)?;
        Ok(Answer { status: body.status(), body, replayed: answer.replayed })
    };
    parsed.into_iter().map(|one| AdjustResultBody::of(one.and_then(|_| next()))).collect()
}

/// Why an adjustment is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "记错会员"}))]
pub(crate) struct UndoBody {
    /// Why, in words; up to 500 bytes.
    reason: String,
    /// Whether what is no longer there of a grant becomes debt.
    #[serde(default)]
    allow_debt: bool,
}

/// Take an adjustment back
///
/// The opposite entry is written, once. A grant is taken from its own lot first, and what
/// of it expired unused is not charged; a deduction goes back into the lots that paid it.
/// More points than the caller's limit wait for somebody else's word (202).
#[utoipa::path(
    post,
    path = "/api/v1/points/entries/{id}/undo",
    tag = "points",
    params(("id" = String, Path, description = "The adjustment's entry"), OptionalKeyHeader),
    request_body = UndoBody,
    responses(
        (status = OK, body = UndoneBody),
        (status = ACCEPTED, description = "It waits for a decision", body = PendingBody)
    ),
    extensions(("x-problem-codes" = json!([
        codes::ENTRY_UNKNOWN.name, codes::ENTRY_NOT_UNDOABLE.name, codes::ENTRY_UNDONE.name, codes::MEMBER_UNKNOWN.name, codes::POINTS_INSUFFICIENT.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsAdjust>,
    At(entry): At<EntryId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<UndoBody>,
) -> Result<Answer<AdjustAnswerBody>, Problem> {
    let key = key.map(|key| request_key("points/entries/undo", key, &entry, &body));
    let reason = said("/reason", &body.reason)?;
    let movement = Movement::Undo { entry, reason, allow_debt: body.allow_debt };
    moved(app, allowed.actor, movement, key).await
}

/// What is decided about an adjustment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "approve", "reason": "已核实"}))]
pub(crate) struct AdjustmentDecisionBody {
    /// `approve` or `reject`.
    #[schema(value_type = String)]
    decision: Verdict,
    /// Why, in words; up to 500 bytes.
    reason: String,
}

/// What became of an adjustment that waited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentDecidedBody {
    #[schema(value_type = String)]
    adjustment_id: AdjustmentId,
    /// `approved` or `rejected`.
    state: &'static str,
    /// What it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<AdjustAnswerBody>,
}

/// Approve or reject an adjustment that waits
///
/// Never by who asked for it. Where the books refuse what it asks for, it goes on waiting.
#[utoipa::path(
    post,
    path = "/api/v1/points/adjustments/{id}/decide",
    tag = "points",
    params(("id" = String, Path, description = "The adjustment"), OptionalKeyHeader),
    request_body = AdjustmentDecisionBody,
    responses((status = OK, body = AdjustmentDecidedBody)),
    extensions(("x-problem-codes" = json!([
        codes::ADJUSTMENT_UNKNOWN.name, codes::ADJUSTMENT_DECIDED.name, codes::ADJUSTMENT_OWN.name, codes::TIME_PAST.name, codes::ENTRY_UNKNOWN.name, codes::ENTRY_NOT_UNDOABLE.name, codes::ENTRY_UNDONE.name, codes::MEMBER_UNKNOWN.name, codes::POINTS_INSUFFICIENT.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsApprove>,
    At(adjustment): At<AdjustmentId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<AdjustmentDecisionBody>,
) -> Result<Answer<AdjustmentDecidedBody>, Problem> {
    let key = key.map(|key| request_key("points/adjustments/decide", key, &adjustment, &body));
    let reason = said("/reason", &body.reason)?;
    let movement = Movement::Decide { adjustment, verdict: body.decision, reason };
    let answer = move_one(app, allowed.actor, MoveRequest { movement, key }).await?;
    let Moved::Decided { adjustment_id, verdict, done } = answer.receipt else {
        return Err(unanswered());
    };
    let state = match verdict {
        Verdict::Approve => AdjustmentState::Approved,
        Verdict::Reject => AdjustmentState::Rejected,
    };
    let done = done.map(|done| AdjustAnswerBody::of(&done)).transpose()?;
    let body = AdjustmentDecidedBody { adjustment_id, state: state.name(), done };
    Ok(Answer::ok(body, answer.replayed))
}

/// An adjustment that waits or waited for somebody else's word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointsAdjustmentBody {
    #[schema(value_type = String)]
    adjustment_id: AdjustmentId,
    #[schema(value_type = String)]
    member_id: MemberId,
    points: i64,
    reason: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    allow_debt: bool,
    /// The entry it takes back.
    #[schema(value_type = Option<String>)]
    undoes: Option<EntryId>,
    /// `pending`, `approved` or `rejected`.
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    asked_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
    decision_reason: Option<String>,
    /// The entry it became.
    #[schema(value_type = Option<String>)]
    entry_id: Option<EntryId>,
}

impl From<AdjustmentRow> for PointsAdjustmentBody {
    fn from(row: AdjustmentRow) -> Self {
        Self {
            adjustment_id: row.id,
            member_id: row.member,
            points: row.points,
            reason: row.reason,
            expires_at: row.expires_at,
            allow_debt: row.allow_debt,
            undoes: row.undoes,
            state: row.state.name(),
            asked_at: row.asked_at,
            asked_by: row.asked_by,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            decision_reason: row.decision_reason,
            entry_id: row.entry,
        }
    }
}

/// Which adjustments to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdjustmentsQuery {
    /// `pending`, `approved` or `rejected`; all where left out.
    state: Option<String>,
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Adjustments that wait or waited for somebody else's word, latest first
#[utoipa::path(
    get,
    path = "/api/v1/points/adjustments",
    tag = "points",
    params(AdjustmentsQuery),
    responses((status = OK, body = Page<PointsAdjustmentBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::PointsRead>,
    Asked(query): Asked<AdjustmentsQuery>,
) -> Result<Json<Page<PointsAdjustmentBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| AdjustmentId(id));
    let unknown = || Problem::at(&codes::QUERY_INVALID, "?state", "pending, approved or rejected");
    let state =
        query.state.map(|name| AdjustmentState::named(&name).ok_or_else(unknown)).transpose()?;
    let (rows, next) = allowed
        .run(async move |hui, actor| list_adjustments(hui, actor, state, before, size).await)
        .await?;
    Ok(Json(Page::of(rows, next.map(|id| [id.0]))))
}

/// Up to how many points somebody adjusts alone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"limit": 10000, "roles": {"finance": 100_000, "admin": null}}))]
pub(crate) struct AdjustmentLimitsBody {
    /// For API keys and the roles that are not named; null: no adjustment waits.
    #[serde(default)]
    limit: Option<i64>,
    /// For a role's accounts instead; null: none of them waits.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Option<i64>>)]
    roles: std::collections::BTreeMap<hui_operations::actor::Role, Option<i64>>,
}

/// Up to how many points somebody adjusts alone
#[utoipa::path(
    get,
    path = "/api/v1/points/adjustments/limits",
    tag = "points",
    responses((status = OK, body = AdjustmentLimitsBody))
)]
pub(crate) async fn limits(
    allowed: Allowed<needs::PointsRead>,
) -> Result<Json<AdjustmentLimitsBody>, Problem> {
    let AdjustmentLimits { limit, roles } =
        allowed.run(async move |hui, actor| limits::read_limits(hui, actor).await).await?;
    Ok(Json(AdjustmentLimitsBody { limit, roles }))
}

/// Set up to how many points somebody adjusts alone
///
/// What waits already goes on waiting.
#[utoipa::path(
    put,
    path = "/api/v1/points/adjustments/limits",
    tag = "points",
    request_body = AdjustmentLimitsBody,
    responses((status = OK, body = AdjustmentLimitsBody)),
    extensions(("x-problem-codes" = json!([
        codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn put_limits(
    allowed: Allowed<needs::ProgramWrite>,
    Input(body): Input<AdjustmentLimitsBody>,
) -> Result<Json<AdjustmentLimitsBody>, Problem> {
    let wanted = AdjustmentLimits { limit: body.limit, roles: body.roles.clone() };
    allowed.run(async move |hui, actor| limits::put_limits(hui, actor, &wanted).await).await?;
    Ok(Json(body))
}
