//! What somebody signed in changes of the own account: the password and the authenticator.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hui_operations::sessions::{begin_totp, change_own_password, confirm_totp, remove_totp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{InSession, cookie};
use crate::body::Input;
use crate::codes;
use crate::problem::Problem;
use crate::threads::aside;

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// The password so far.
    current: String,
    /// The new one.
    new: String,
}

/// The six digits an authenticator shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct TotpCodeBody {
    /// The digits.
    code: String,
}

/// What an authenticator has to know; shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSetupBody {
    /// An `otpauth:` address, to be shown as a QR code.
    uri: String,
    /// The secret in base 32, to be typed.
    secret: String,
}

/// Change one's own password
///
/// Every other session of the account ends.
#[utoipa::path(
    post,
    path = "/api/v1/session/password",
    tag = "session",
    request_body = PasswordBody,
    responses((status = NO_CONTENT)),
    extensions(("x-problem-codes" = json!([codes::PASSWORD_WRONG.name, codes::PASSWORD_WEAK.name])))
)]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    InSession(session): InSession,
    headers: HeaderMap,
    Input(body): Input<PasswordBody>,
) -> Result<StatusCode, Problem> {
    app.limits.count_sign_in("password", &session.actor.name)?;
    let token = cookie(&headers).unwrap_or_default().to_owned();
    aside(move || async move {
        let PasswordBody { current, new } = body;
        change_own_password(&app.operations, &session.actor, &token, &current, &new).await
    })
    .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Set up one's own authenticator
///
/// It is asked for once a code it shows was confirmed.
#[utoipa::path(
    post,
    path = "/api/v1/session/totp",
    tag = "session",
    responses((status = OK, body = TotpSetupBody)),
    extensions(("x-problem-codes" = json!([codes::TOTP_PRESENT.name])))
)]
pub(crate) async fn set_up_totp(
    State(app): State<Arc<App>>,
    InSession(session): InSession,
) -> Result<Json<TotpSetupBody>, Problem> {
    let setup =
        aside(move || async move { begin_totp(&app.operations, &session.actor).await }).await??;
    Ok(Json(TotpSetupBody { uri: setup.uri, secret: setup.secret }))
}

/// Confirm one's own authenticator with a code it shows
#[utoipa::path(
    post,
    path = "/api/v1/session/totp/confirm",
    tag = "session",
    request_body = TotpCodeBody,
    responses((status = NO_CONTENT)),
    extensions(("x-problem-codes" = json!([codes::TOTP_NOT_SET_UP.name, codes::TOTP_PRESENT.name, codes::TOTP_WRONG.name])))
)]
pub(crate) async fn confirm_totp_code(
    State(app): State<Arc<App>>,
    InSession(session): InSession,
    Input(body): Input<TotpCodeBody>,
) -> Result<StatusCode, Problem> {
    app.limits.count_sign_in("totp", &session.actor.name)?;
    aside(move || async move { confirm_totp(&app.operations, &session.actor, &body.code).await })
        .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Take one's own authenticator off, with a code it shows
#[utoipa::path(
    delete,
    path = "/api/v1/session/totp",
    tag = "session",
    request_body = TotpCodeBody,
    responses((status = NO_CONTENT)),
    extensions(("x-problem-codes" = json!([codes::TOTP_NOT_SET_UP.name, codes::TOTP_WRONG.name])))
)]
pub(crate) async fn take_off_totp(
    State(app): State<Arc<App>>,
    InSession(session): InSession,
    Input(body): Input<TotpCodeBody>,
) -> Result<StatusCode, Problem> {
    app.limits.count_sign_in("totp", &session.actor.name)?;
    aside(move || async move { remove_totp(&app.operations, &session.actor, &body.code).await })
        .await??;
    Ok(StatusCode::NO_CONTENT)
}
