//! The sandbox clock: integrators move it to see expiry, tiers and journeys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::time::Timestamp;
use hui_operations::settings::{SettingError, set_sandbox_clock};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::problem::Problem;
use crate::threads::aside;

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
    responses((status = OK, body = ClockBody)),
    extensions(("x-problem-codes" = json!([codes::SANDBOX_CLOCK_BACKWARDS.name, codes::ROUTE_UNKNOWN.name])))
)]
pub(crate) async fn set_clock(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Nothing>,
    Input(body): Input<ClockBody>,
) -> Result<Json<ClockBody>, Problem> {
    let worker = Arc::clone(&app);
    aside(move || async move {
        set_sandbox_clock(&worker.operations, &allowed.actor, body.now).await
    })
    .await?
    .map_err(|error| match error {
        SettingError::Store(failed) => Problem::internal(&failed),
        other => Problem::at(&codes::SANDBOX_CLOCK_BACKWARDS, "/now", other.to_string()),
    })?;
    (app.hooks.run_due_jobs)(body.now).await.map_err(|error| Problem::internal(&error))?;
    Ok(Json(body))
}
