//! Who asks: an API key in `Authorization`, or a staff session in a cookie.
//!
//! A session's cookie is sent by browsers whether or not the page that asks is
//! ours. So a request that changes something must also carry the session's own
//! token and come from our own pages.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use hui_operations::Operations;
use hui_operations::actor::{Actor, ActorKind, Right};

use crate::app::App;
use crate::codes;
use crate::doors;
use crate::problem::Problem;
use crate::threads::aside;

/// The session's cookie.
pub(crate) const COOKIE: &str = "hui_session";
/// The header that repeats the session's token.
const CSRF_HEADER: &str = "x-csrf-token";

/// A right as a type, so that a route's signature says what it needs.
pub(crate) trait Needs: Send {
    /// The right; none for routes that only need to know who asks.
    const RIGHT: Option<Right>;
}

/// The rights that routes ask for.
pub(crate) mod needs {
    use super::{Needs, Right};

    macro_rules! needs {
        ($($name:ident $right:expr;)*) => {$(
            #[doc = concat!("See [`Right`]: ", stringify!($right), ".")]
            #[derive(Debug)]
            pub(crate) struct $name;

            impl Needs for $name {
                const RIGHT: Option<Right> = $right;
            }
        )*};
    }

    needs! {
        Nothing None;
        OrdersWrite Some(Right::OrdersWrite);
        OrdersRead Some(Right::OrdersRead);
        MembersWrite Some(Right::MembersWrite);
        MembersRead Some(Right::MembersRead);
        MembersReveal Some(Right::MembersReveal);
        MembersMerge Some(Right::MembersMerge);
        PointsRead Some(Right::PointsRead);
        PointsHold Some(Right::PointsHold);
        PointsAdjust Some(Right::PointsAdjust);
        PointsApprove Some(Right::PointsApprove);
        Checkout Some(Right::Checkout);
        ProgramRead Some(Right::ProgramRead);
        ProgramWrite Some(Right::ProgramWrite);
        ReviewsRead Some(Right::ReviewsRead);
        InsightRead Some(Right::InsightRead);
        ReviewsDecide Some(Right::ReviewsDecide);
        AuditRead Some(Right::AuditRead);
        KeysWrite Some(Right::KeysWrite);
        StaffWrite Some(Right::StaffWrite);
        ProgramsCreate Some(Right::ProgramsCreate);
        Export Some(Right::Export);
        CouponsRead Some(Right::CouponsRead);
        CouponsIssue Some(Right::CouponsIssue);
        CouponsUse Some(Right::CouponsUse);
        WalletRead Some(Right::WalletRead);
        WalletSell Some(Right::WalletSell);
        WalletSpend Some(Right::WalletSpend);
    }
}

/// Somebody who may do what the route does.
pub(crate) struct Allowed<N: Needs> {
    /// Who asks.
    pub actor: Actor,
    app: Arc<App>,
    needs: PhantomData<N>,
}

impl<N: Needs> Allowed<N> {
    /// Runs an operation for whoever asks, to its end even if the caller hangs up.
    pub(crate) async fn run<T, E>(
        self,
        operation: impl AsyncFnOnce(&Operations, &Actor) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        Problem: From<E>,
    {
        let Self { actor, app, .. } = self;
        aside(
            move || async move { operation(&app.operations, &actor).await.map_err(Problem::from) },
        )
        .await?
    }
}

impl<N: Needs> FromRequestParts<Arc<App>> for Allowed<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let actor = identify(parts, app).await?;
        app.limits.count_request(caller(&actor))?;
        if let Some(right) = N::RIGHT {
            require(&actor, right)?;
        }
        Ok(Self { actor, app: Arc::clone(app), needs: PhantomData })
    }
}

/// The refusal of an actor without a right.
pub(crate) fn require(actor: &Actor, right: Right) -> Result<(), Problem> {
    if actor.may(right) {
        return Ok(());
    }
    Err(Problem::new(&codes::RIGHT_MISSING, format!("this needs the right {}", right.name())))
}

/// A staff session, for the routes that are about the session itself.
#[derive(Debug)]
pub(crate) struct InSession(pub doors::Session);

impl FromRequestParts<Arc<App>> for InSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let session = session(parts, app).await?.ok_or_else(missing)?;
        app.limits.count_request(caller(&session.actor))?;
        Ok(Self(session))
    }
}

async fn identify(parts: &Parts, app: &Arc<App>) -> Result<Actor, Problem> {
    if let Some(secret) = bearer(&parts.headers)? {
        return doors::key(app, secret).await?.ok_or_else(|| {
            Problem::new(&codes::AUTH_INVALID, "the API key is unknown or was revoked")
        });
    }
    session(parts, app).await?.map(|session| session.actor).ok_or_else(missing)
}

async fn session(parts: &Parts, app: &Arc<App>) -> Result<Option<doors::Session>, Problem> {
    let Some(token) = cookie(&parts.headers) else { return Ok(None) };
    let session = doors::session(app, token)
        .await?
        .ok_or_else(|| Problem::new(&codes::AUTH_INVALID, "the session is over: sign in again"))?;
    if changes_something(&parts.method) {
        check_token(&parts.headers, &session.csrf)?;
        check_origin(&parts.headers, Unsaid::Refused)?;
    }
    Ok(Some(session))
}

fn missing() -> Problem {
    Problem::new(&codes::AUTH_MISSING, "send `Authorization: Bearer <api key>` or sign in")
}

fn caller(actor: &Actor) -> i64 {
    match &actor.kind {
        ActorKind::Key(id) => id.0,
        ActorKind::Staff(id, _) => id.0,
        ActorKind::System => 0,
    }
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, secret)| scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty())
        .map(|(_, secret)| Some(secret.trim()))
        .ok_or_else(|| {
            Problem::new(&codes::AUTH_INVALID, "Authorization must be `Bearer <api key>`")
        })
}

/// The value of the session's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

fn check_token(headers: &HeaderMap, csrf: &str) -> Result<(), Problem> {
    let sent = headers.get(CSRF_HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
    if is_same(sent.as_bytes(), csrf.as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(&codes::CSRF_INVALID, "send the session's `csrf` as X-CSRF-Token"))
}

/// Compares in a time that does not tell how far the two agree.
fn is_same(sent: &[u8], expected: &[u8]) -> bool {
    sent.len() == expected.len()
        && sent.iter().zip(expected).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// What it means when a request does not say where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// It is no browser: there is no session yet that a foreign page could use.
    Accepted,
    /// A browser always says it.
    Refused,
}

/// Whether the request comes from our own pages.
pub(crate) fn check_origin(headers: &HeaderMap, unsaid: Unsaid) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = text(header::HOST.as_str());
            host.is_some() && origin.split_once("://").map(|(_, host)| host) == host
        }
        (None, None) => unsaid == Unsaid::Accepted,
    };
    if ours {
        return Ok(());
    }
    Err(Problem::new(&codes::ORIGIN_FOREIGN, "the request must come from this server's own pages"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (name.parse().unwrap_or(header::VIA), HeaderValue::from_static(value))
            })
            .collect()
    }

    fn is_ours(pairs: &[(&'static str, &'static str)]) -> bool {
        check_origin(&headers(pairs), Unsaid::Refused).is_ok()
    }

    #[test]
    fn only_our_own_pages_change_something_in_a_session() {
        assert!(is_ours(&[("sec-fetch-site", "same-origin")]));
        assert!(is_ours(&[("origin", "https://hui.example"), ("host", "hui.example")]));
        assert!(!is_ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!is_ours(&[("sec-fetch-site", "same-site")]));
        assert!(!is_ours(&[("origin", "https://evil.example"), ("host", "hui.example")]));
        assert!(!is_ours(&[("origin", "null"), ("host", "hui.example")]));
        assert!(!is_ours(&[("host", "hui.example")]));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(cookie(&headers(&[("cookie", "a=1; hui_session=xyz; b=2")])), Some("xyz"));
        assert_eq!(cookie(&headers(&[("cookie", "a=1; not_hui_session=xyz")])), None);
    }

    #[test]
    fn a_bearer_key_is_read_whatever_its_case() {
        let read = |value| {
            bearer(&headers(&[("authorization", value)])).map(|secret| secret.map(str::to_owned))
        };

        assert_eq!(read("Bearer abc").ok(), Some(Some("abc".to_owned())));
        assert_eq!(read("bearer abc").ok(), Some(Some("abc".to_owned())));
        assert!(read("Basic abc").is_err());
        assert!(read("Bearer").is_err());
        assert!(read("Bearer ").is_err());
    }
}
