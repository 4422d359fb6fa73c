//! Signing in to the console: the session, its password and its authenticator.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{COOKIE, InSession, Unsaid, check_origin, cookie};
use crate::body::Input;
use crate::problem::Problem;

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

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// The password so far.
    pub(crate) current: String,
    /// The new one.
    pub(crate) new: String,
}

/// The six digits an authenticator shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct TotpCodeBody {
    /// The digits.
    pub(crate) code: String,
}

/// What an authenticator has to know; shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSetupBody {
    /// An `otpauth:` address, to be shown as a QR code.
    pub(crate) uri: String,
    /// The secret in base 32, to be typed.
    pub(crate) secret: String,
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
