//! What happens to every request on its way in and out: ids, limits of form, the log, headers.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::codes;
use crate::problem::{Language, Problem};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Styles are inline because the component library writes style tags; scripts never are.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// Gives the request an id, counts and logs it, and finishes the answer.
pub(crate) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let language = language(request.headers());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let is_api = request.uri().path().starts_with("/api/");

    let mut response = match check_address(request.uri()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };

    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        log(&problem, &method, &route, &id);
        let told = problem.answer(language, Some(&id));
        response = keep_headers(&response, told);
    }
    app.metrics.count(method.as_str(), &route, response.status().as_u16(), began.elapsed());
    tracing::debug!(
        %method, route, request_id = id, status = response.status().as_u16(),
        took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX), "answered"
    );
    finish(response.headers_mut(), &id, is_api);
    response
}

/// What an answer looks like when a handler panics.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of unknown cause");
    tracing::error!(panic = words, "a handler panicked");
    Problem::new(&codes::SERVER_ERROR, "the log has the details").into_response()
}

pub(crate) async fn unknown_route() -> Problem {
    Problem::new(&codes::ROUTE_UNKNOWN, "see /api/docs for what there is")
}

pub(crate) async fn unknown_method() -> Problem {
    Problem::new(&codes::METHOD_NOT_ALLOWED, "see /api/docs for the methods of this address")
}

/// Everything the first answer said in headers of its own, such as `Allow`.
fn keep_headers(first: &Response, mut told: Response) -> Response {
    for (name, value) in first.headers() {
        let about_body = name == header::CONTENT_LENGTH || name == header::CONTENT_TYPE;
        if !about_body && !told.headers().contains_key(name) {
            told.headers_mut().insert(name.clone(), value.clone());
        }
    }
    told
}

fn log(problem: &Problem, method: &axum::http::Method, route: &str, id: &str) {
    let code = problem.code();
    if code.status >= 500 {
        let cause = problem.cause().unwrap_or_default();
        tracing::error!(%method, route, request_id = id, code = code.name, cause, "a request failed");
    }
}

/// No text in the database can hold this character: the address is refused before it is read.
fn check_address(uri: &Uri) -> Result<(), Problem> {
    let address = uri.path_and_query().map_or("", |address| address.as_str());
    if address.contains("%00") {
        return Err(Problem::new(&codes::REQUEST_MALFORMED, "the address contains U+0000"));
    }
    Ok(())
}

/// The caller's own id where it is short and plain, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.bytes().all(plain)
    });
    given.map_or_else(random_id, str::to_owned)
}

fn random_id() -> String {
    let number = getrandom::u64().unwrap_or_default();
    format!("{number:016x}")
}

fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    match wanted {
        Some(wanted) if wanted.trim_start().to_ascii_lowercase().starts_with("zh") => {
            Language::Chinese
        }
        _ => Language::English,
    }
}

fn finish(headers: &mut HeaderMap, id: &str, is_api: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    if is_api {
        set(header::CACHE_CONTROL, "no-store");
    }
}
