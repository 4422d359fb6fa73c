//! `Idempotency-Key`: the same request sent again is answered the same.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hui_operations::slices;
use hui_store::answers::RequestKey;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use crate::codes;
use crate::problem::Problem;

const HEADER: &str = "idempotency-key";
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The header where it must be sent.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct KeyHeader {
    /// 1 to 255 visible ASCII characters, new for every new request. The same key and body
    /// are answered as the first time, for 30 days at least.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    #[expect(dead_code, reason = "documents a header that an extractor reads")]
    key: String,
}

/// The header where it may be left out.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct OptionalKeyHeader {
    /// 1 to 255 visible ASCII characters; may be left out where the request has a number of its own.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    #[expect(dead_code, reason = "documents a header that an extractor reads")]
    key: Option<String>,
}

/// The key of a request that must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts)?.map(Self).ok_or_else(|| {
            let detail = "send an Idempotency-Key header with a value of its own for each request";
            Problem::new(&codes::IDEMPOTENCY_MISSING, detail)
        })
    }
}

/// The key of a request that may have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptionalIdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for OptionalIdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts).map(Self)
    }
}

fn read(parts: &Parts) -> Result<Option<String>, Problem> {
    let mut values = parts.headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let usable = value.to_str().ok().filter(|text| is_key(text));
    match (usable, values.next()) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        _ => Err(Problem::new(
            &codes::IDEMPOTENCY_INVALID,
            "one Idempotency-Key of 1 to 255 visible ASCII characters is taken",
        )),
    }
}

/// Whether a text can be a key: 1 to 255 visible ASCII characters.
pub(crate) fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A digest of what a request asks for: its place in the address and its body.
fn fingerprint(place: &str, body: &impl Serialize) -> String {
    let mut digest = Sha256::new();
    digest.update(place.as_bytes());
    digest.update([0]);
    digest.update(serde_json::to_vec(body).unwrap_or_default());
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// The key of a request to a route, with the digest of its place in the address and its body.
pub(crate) fn request_key(
    route: &str,
    key: String,
    place: &impl ToString,
    body: &impl Serialize,
) -> RequestKey {
    let fingerprint = fingerprint(&place.to_string(), body);
    RequestKey { route: route.to_owned(), key, fingerprint }
}

/// An answer that may be the one given before.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: T,
    /// Whether it was given before.
    pub replayed: bool,
}

impl<T> Answer<T> {
    /// A first or repeated answer with status 200.
    pub(crate) const fn ok(body: T, replayed: bool) -> Self {
        Self { status: StatusCode::OK, body, replayed }
    }

    /// The answer of an operation as it is told.
    pub(crate) fn of<R: Into<T>>(answer: slices::Answer<R>) -> Self {
        Self::ok(answer.receipt.into(), answer.replayed)
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if self.replayed {
            response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
        }
        response
    }
}
