//! The sandbox clock: integrators move it to see expiry, tiers and journeys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::problem::Problem;

/// Where the clock is to stand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"now": "2026-06-01T00:00:00+08:00"}))]
pub(crate) struct ClockBody {
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
}

/// Set the sandbox clock
///
/// The first call freezes it at any time, later ones only move it forward; what is
/// due by then is done before the answer.
#[utoipa::path(
    put,
    path = "/api/v1/sandbox/clock",
    tag = "sandbox",
    request_body = ClockBody,
    responses((status = OK, body = ClockBody))
)]
pub(crate) async fn set_clock(
    State(app): State<Arc<App>>,
    _: Allowed<needs::Nothing>,
    Input(body): Input<ClockBody>,
) -> Result<Json<ClockBody>, Problem> {
    app.operations
        .clock
        .set(body.now)
        .map_err(|error| Problem::at(&codes::SANDBOX_CLOCK_BACKWARDS, "/now", error.to_string()))?;
    (app.hooks.run_due_jobs)(body.now).await.map_err(|error| Problem::internal(&error))?;
    Ok(Json(body))
}
