//! Points set aside: holds and what became of them.

use std::sync::Arc;

use axum::extract::State;
use hui_loyalty::ids::{EntryId, HoldId, MemberId};
use hui_loyalty::time::Timestamp;
use hui_operations::actor::Actor;
use hui_operations::move_points::{MoveRequest, Moved, Movement};
use hui_operations::slices;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::params::At;
use crate::problem::Problem;
use crate::wire::{Amount, Refusals, quarter_of_an_hour};

pub(crate) mod balances;
pub(crate) mod entries;
pub(crate) mod lots;

/// Points to set aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"points": 80, "purpose": "order 6921", "ttl_s": 900}))]
pub(crate) struct NewHoldBody {
    /// How many.
    #[schema(value_type = i64)]
    points: Amount,
    /// What for; up to 200 bytes.
    #[serde(default)]
    purpose: String,
    /// For how many seconds: 1 to 604,800; 900 where left out.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(value_type = i64, default = 900)]
    ttl_s: Amount,
}

/// Points that are set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldBody {
    #[schema(value_type = String)]
    hold_id: HoldId,
    /// Until when; then they are free again.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    #[schema(value_type = String)]
    member_id: MemberId,
    points: i64,
}

/// How a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldOutcome {
    /// Its points were spent.
    Confirmed,
    /// Its points are free again.
    Cancelled,
}

/// What became of a hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldEndedBody {
    #[schema(value_type = String)]
    hold_id: HoldId,
    state: HoldOutcome,
    #[schema(value_type = String)]
    member_id: MemberId,
    points: i64,
    /// The entry that spent them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    entry_id: Option<EntryId>,
}

pub(crate) async fn move_one(
    app: Arc<App>,
    actor: Actor,
    request: MoveRequest,
) -> Result<slices::Answer<Moved>, Problem> {
    Ok(app.committer.move_points(&Arc::new(actor), request).await??)
}

pub(crate) fn unanswered() -> Problem {
    Problem::new(&codes::SERVER_ERROR, "the log has the details")
}

/// Set points aside for a pending purchase
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/points/holds",
    tag = "points",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = NewHoldBody,
    responses((status = OK, body = HeldBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::POINTS_INSUFFICIENT.name,
        codes::AMOUNT_OUT_OF_RANGE.name, codes::TTL_OUT_OF_RANGE.name, codes::TEXT_TOO_LONG.name,
        codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn hold(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsHold>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<NewHoldBody>,
) -> Result<Answer<HeldBody>, Problem> {
    let key = request_key("points/holds", key, &member, &body);
    let mut refusals = Refusals::default();
    let points = refusals.amount("/points", body.points);
    if points <= 0 {
        refusals.add("/points", &codes::AMOUNT_OUT_OF_RANGE, "hold at least one point");
    }
    if !(1..=hui_operations::move_points::HOLD_SECONDS_MAX).contains(&body.ttl_s.0) {
        refusals.add("/ttl_s", &codes::TTL_OUT_OF_RANGE, "from 1 to 604800 seconds");
    }
    if body.purpose.len() > 200 {
        refusals.add("/purpose", &codes::TEXT_TOO_LONG, "at most 200 bytes");
    }
    refusals.into_result()?;
    let movement = Movement::Hold { member, points, purpose: body.purpose, ttl_s: body.ttl_s.0 };
    let request = MoveRequest { movement, key: Some(key) };
    let answer = move_one(app, allowed.actor, request).await?;
    match answer.receipt {
        Moved::Held { hold_id, member_id, points, until } => {
            let body = HeldBody { hold_id, until, member_id, points: points.0 };
            Ok(Answer::ok(body, answer.replayed))
        }
        _ => Err(unanswered()),
    }
}

/// Spend what a hold set aside
///
/// After its time-out the very same points are taken again; if they are gone: `points.hold_lost`.
#[utoipa::path(
    post,
    path = "/api/v1/points/holds/{id}/confirm",
    tag = "points",
    params(("id" = String, Path, description = "The hold"), OptionalKeyHeader),
    responses((status = OK, body = HoldEndedBody)),
    extensions(("x-problem-codes" = json!([
        codes::POINTS_HOLD_UNKNOWN.name, codes::POINTS_HOLD_LOST.name, codes::POINTS_HOLD_CANCELLED.name
    ])))
)]
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsHold>,
    At(hold): At<HoldId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<HoldEndedBody>, Problem> {
    end(app, allowed.actor, Movement::Confirm(hold), "points/holds/confirm", key).await
}

/// Give back what a hold set aside
#[utoipa::path(
    post,
    path = "/api/v1/points/holds/{id}/cancel",
    tag = "points",
    params(("id" = String, Path, description = "The hold"), OptionalKeyHeader),
    responses((status = OK, body = HoldEndedBody)),
    extensions(("x-problem-codes" = json!([
        codes::POINTS_HOLD_UNKNOWN.name, codes::POINTS_HOLD_CONFIRMED.name
    ])))
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsHold>,
    At(hold): At<HoldId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<HoldEndedBody>, Problem> {
    end(app, allowed.actor, Movement::Cancel(hold), "points/holds/cancel", key).await
}

async fn end(
    app: Arc<App>,
    actor: Actor,
    movement: Movement,
    route: &str,
    key: Option<String>,
) -> Result<Answer<HoldEndedBody>, Problem> {
    let place = format!("{movement:?}");
    let key = key.map(|key| request_key(route, key, &place, &()));
    let answer = move_one(app, actor, MoveRequest { movement, key }).await?;
    let body = match answer.receipt {
        Moved::Confirmed { hold_id, member_id, points, entry_id } => HoldEndedBody {
            hold_id,
            state: HoldOutcome::Confirmed,
            member_id,
            points: points.0,
            entry_id: Some(entry_id),
        },
        Moved::Cancelled { hold_id, member_id, points } => HoldEndedBody {
            hold_id,
            state: HoldOutcome::Cancelled,
            member_id,
            points: points.0,
            entry_id: None,
        },
        _ => return Err(unanswered()),
    };
    Ok(Answer::ok(body, answer.replayed))
}
