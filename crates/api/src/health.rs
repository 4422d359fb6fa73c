//! `GET /healthz` says that the process lives, `GET /readyz` that it can work.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;

/// How long the database may take to answer.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

pub(crate) async fn alive() -> &'static str {
    "ok"
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let mut checks = vec![database(&app).await];
    checks.extend((app.hooks.lags)().into_iter().map(|lag| Check {
        name: lag.name,
        ok: lag.seconds < lag.seconds_max,
        lag_s: Some(lag.seconds),
        problem: None,
    }));
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks })).into_response()
}

async fn database(app: &App) -> Check {
    let problem =
        match tokio::time::timeout(DATABASE_WAIT, app.operations.store.is_migrated()).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some("migrations are missing"),
            Ok(Err(_)) => Some("not reachable"),
            Err(_) => Some("no answer within 2 s"),
        };
    Check { name: "database", ok: problem.is_none(), lag_s: None, problem }
}
