//! The OpenAPI document, gathered from the routes, and the page that shows it.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};

use crate::codes::{self, Code, Retry};
use crate::problem::{FieldProblem, MEDIA_TYPE, ProblemBody};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hui",
        description = "Omnichannel membership and loyalty. Money is in minor units (fen), times are \
                       RFC 3339, ids are opaque strings. Problems are `application/problem+json` with \
                       a stable `code` and say in `retry` whether to send the request again.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, FieldProblem)),
    security(("key" = []), ("session" = [])),
    tags(
        (name = "orders", description = "Orders and refunds: facts, each recorded once"),
        (name = "members", description = "Who a person is on every channel"),
        (name = "points", description = "Balances, lots, entries, adjustments and holds"),
        (name = "coupons", description = "Templates, issue, claims, codes, use"),
        (name = "reviews", description = "What a person has to decide"),
        (name = "program", description = "The rules and their versions"),
        (name = "insight", description = "Figures"),
        (name = "session", description = "Signing in to the console"),
        (name = "administration", description = "Programs, staff, API keys, channels, the audit log"),
        (name = "sandbox", description = "Only on a server started with `--sandbox`")
    )
)]
pub(crate) struct Described;

/// What every operation has in common is said here once, not at each of them.
pub(crate) fn finish(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    let key =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    let session = ApiKeyValue::with_description(
        crate::auth::COOKIE,
        "A staff session; requests that change something also send its `csrf` as X-CSRF-Token",
    );
    components.add_security_scheme("key", SecurityScheme::Http(key));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                add_problem(operation);
            }
        }
    }
}

/// The method and the words of the path: two operations never share one.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/api/v1").split('/').filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| match word.strip_prefix('{') {
        Some(name) => format!("{id}_by_{}", name.trim_end_matches('}')),
        None => format!("{id}_{word}"),
    })
}

fn add_problem(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new()
        .description("Refused or failed: see `code`")
        .content(MEDIA_TYPE, content)
        .build();
    operation.responses.responses.entry("default".to_owned()).or_insert_with(|| RefOr::T(problem));
}

/// The OpenAPI document of every route, the sandbox's included.
pub fn openapi_json() -> String {
    let mut text = crate::router::document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// What is published about the API: paths in the repository and their texts.
pub fn documents() -> [(&'static str, String); 2] {
    [("web/openapi.json", openapi_json()), ("docs/api/errors.md", codes::table())]
}

pub(crate) fn json(text: &str) -> Response {
    let media = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, media)], text.to_owned()).into_response()
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("openapi/page.html"))
}

pub(crate) async fn script() -> Response {
    let media = HeaderValue::from_static("text/javascript; charset=utf-8");
    ([(header::CONTENT_TYPE, media)], include_str!("openapi/page.js")).into_response()
}

pub(crate) async fn codes() -> Json<Vec<CodeBody>> {
    let told = |code: &&'static Code| CodeBody {
        code: code.name,
        status: code.status,
        retry: code.retry,
        title: code.title,
        title_zh: code.title_zh,
    };
    Json(codes::ALL.iter().map(told).collect())
}

/// One line of the list of codes.
#[derive(Debug, Serialize)]
pub(crate) struct CodeBody {
    code: &'static str,
    status: u16,
    retry: Retry,
    title: &'static str,
    title_zh: &'static str,
}
