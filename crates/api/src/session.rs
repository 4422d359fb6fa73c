//! Signing in to the console: the session, its password and its authenticator.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use hui_operations::actor::{Actor, ActorKind, Right, ShopScope};
use hui_operations::programs::program;
use hui_operations::sessions::{sign_in, sign_out};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{COOKIE, InSession, Unsaid, check_origin, cookie};
use crate::body::Input;
use crate::codes;
use crate::problem::Problem;
use crate::threads::aside;

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "admin", "password": "…"}))]
pub(crate) struct SignInBody {
    /// The account's name.
    pub(crate) name: String,
    /// Its password.
    pub(crate) password: String,
    /// The authenticator's six digits, where the account has one.
    #[serde(default)]
    pub(crate) totp: Option<String>,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
    pub(crate) staff: StaffRefBody,
    /// What requests that change something send as X-CSRF-Token.
    pub(crate) csrf: String,
    /// What the account may do.
    pub(crate) rights: Vec<&'static str>,
    pub(crate) program: ProgramRefBody,
}

/// An account of the staff, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffRefBody {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) role: &'static str,
    /// The shops it sees; empty where it sees all.
    pub(crate) shops: Vec<String>,
}

/// A program, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramRefBody {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) time_zone: String,
}

/// Where a request comes from, for counting attempts.
pub(crate) struct Address(pub(crate) String);

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let forwarded = || {
            let list = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
            list.rsplit(',').next().map(|last| last.trim().to_owned())
        };
        let peer = || {
            let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
            Some(peer.ip().to_string())
        };
        let address = if app.settings.behind_proxy { forwarded().or_else(peer) } else { peer() };
        Ok(Self(address.unwrap_or_default()))
    }
}

/// The header that gives a browser the session's token, or takes it back.
fn set_cookie(app: &App, token: &str, max_age_s: i64) -> (HeaderName, String) {
    let secure = if app.settings.secure_cookies { "; Secure" } else { "" };
    let value =
        format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    (header::SET_COOKIE, value)
}

fn rights(actor: &Actor) -> Vec<&'static str> {
    actor.rights.iter().map(Right::name).collect()
}

async fn session_body(
    app: &App,
    actor: &Actor,
    csrf: String,
    display_name: String,
) -> Result<SessionBody, Problem> {
    let row = program(&app.operations, actor.program).await?;
    let (id, role) = match &actor.kind {
        ActorKind::Staff(id, role) => (id.to_string(), role.name()),
        ActorKind::Key(_) | ActorKind::System => (String::new(), "admin"),
    };
    let shops = match &actor.shops {
        ShopScope::All => Vec::new(),
        ShopScope::Only(shops) => shops.clone(),
    };
    Ok(SessionBody {
        staff: StaffRefBody { id, name: actor.name.clone(), display_name, role, shops },
        csrf,
        rights: rights(actor),
        program: ProgramRefBody {
            id: actor.program.to_string(),
            name: row.name,
            currency: row.currency,
            time_zone: row.time_zone,
        },
    })
}

/// How long the browser keeps the cookie, in seconds: a week.
const COOKIE_S: i64 = 7 * 86_400;

/// Sign in
#[utoipa::path(post, path = "/api/v1/session", tag = "session",
    request_body = SignInBody, responses((status = OK, body = SessionBody)),
    extensions(("x-problem-codes" = json!([codes::SIGN_IN_REFUSED.name, codes::SIGN_IN_CODE_NEEDED.name]))))]
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Input(body): Input<SignInBody>,
) -> Result<impl IntoResponse, Problem> {
    check_origin(&headers, Unsaid::Accepted)?;
    app.limits.count_sign_in(&address, &body.name)?;
    let worker = Arc::clone(&app);
    let (token, answer) = aside(move || async move {
        let signed =
            sign_in(&worker.operations, &body.name, &body.password, body.totp.as_deref()).await?;
        let answer = session_body(&worker, &signed.actor, signed.csrf, signed.display_name).await?;
        Ok::<_, Problem>((signed.token, answer))
    })
    .await??;
    Ok((AppendHeaders([set_cookie(&app, &token, COOKIE_S)]), Json(answer)))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = OK, body = SessionBody)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    InSession(session): InSession,
) -> Result<Json<SessionBody>, Problem> {
    let answer = aside(move || async move {
        session_body(&app, &session.actor, session.csrf, session.display_name).await
    })
    .await??;
    Ok(Json(answer))
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = NO_CONTENT)))]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    _session: InSession,
) -> Result<impl IntoResponse, Problem> {
    let token = cookie(&headers).unwrap_or_default().to_owned();
    let worker = Arc::clone(&app);
    aside(move || async move { sign_out(&worker.operations, &token).await }).await??;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([set_cookie(&app, "", 0)])))
}
