//! The OpenAPI document, gathered from the routes, and the page that shows it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi as Document, Ref, RefOr, Required, Response as Told,
    ResponseBuilder, Schema,
};

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
    servers((url = "/", description = "This server")),
    components(schemas(ProblemBody, FieldProblem)),
    security(("key" = []), ("session" = [])),
    tags(
        (name = "orders", description = "Orders and refunds: facts, each recorded once"),
        (name = "members", description = "Who a person is on every channel"),
        (name = "points", description = "Balances, lots, entries, adjustments and holds"),
        (name = "checkout", description = "Carts: quoted, locked, confirmed"),
        (name = "coupons", description = "Templates, issue, claims, codes, use"),
        (name = "wallet", description = "Stored value: top-ups, holds, spends, settlement between stores"),
        (name = "cards", description = "Benefit cards, service cards with their visits, benefits of tiers"),
        (name = "mall", description = "The points mall: goods, exchanges, pick-ups"),
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
    name_what_pages_hold(components);
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
                add_problems(operation, method, path);
            }
        }
    }
}

/// A page refers to what it holds by name.
fn name_what_pages_hold(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let Some(held) = name.strip_prefix("Page_") else { continue };
        if let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items =
                ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(held))));
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

/// The codes a route lists for itself, as it says them in its description.
const OWN_CODES: &str = "x-problem-codes";

/// Every status an operation refuses or fails with, and the codes of each.
///
/// What a route lists for itself is gathered with what follows from its parameters and body.
/// `default` stays: a caller must expect codes that come later.
fn add_problems(operation: &mut Operation, method: &str, path: &str) {
    let mut by_status: BTreeMap<u16, Vec<&'static Code>> = BTreeMap::new();
    let own = own_codes(operation);
    for code in codes::ALL.iter().copied() {
        if own.contains(&code.name) || is_common(code, operation, method, path) {
            by_status.entry(code.status).or_default().push(code);
        }
    }
    let responses = &mut operation.responses.responses;
    for told in responses.values_mut() {
        if let RefOr::T(told) = told
            && told.description.is_empty()
        {
            "Done".clone_into(&mut told.description);
        }
    }
    for (status, codes) in by_status {
        let lines: Vec<String> =
            codes.iter().map(|code| format!("- `{}`: {}", code.name, code.title)).collect();
        let names: Vec<&str> = codes.iter().map(|code| code.name).collect();
        let mut told = problem(&lines.join("\n"));
        told.extensions = Some(ExtensionsBuilder::new().add(OWN_CODES, names).build());
        responses.insert(status.to_string(), RefOr::T(told));
    }
    responses.insert("default".to_owned(), RefOr::T(problem("Refused or failed: see `code`")));
}

fn problem(description: &str) -> Told {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build()
}

/// Takes the codes that a route lists for itself out of its description.
fn own_codes(operation: &mut Operation) -> Vec<&'static str> {
    let listed = operation.extensions.take().and_then(|own| own.get(OWN_CODES).cloned());
    let listed: Vec<String> =
        listed.and_then(|own| serde_json::from_value(own).ok()).unwrap_or_default();
    listed.iter().filter_map(|name| codes::named(name)).map(|code| code.name).collect()
}

/// Whether a code follows from what the request consists of.
fn is_common(code: &Code, operation: &Operation, method: &str, path: &str) -> bool {
    let signs_in = method == "post" && path == "/api/v1/session";
    let of_session = path.starts_with("/api/v1/session");
    let parameter = |place: ParameterIn, name: &str| {
        operation.parameters.iter().flatten().find_map(|one| match one {
            RefOr::T(one) if one.parameter_in == place && one.name == name => Some(&one.required),
            _ => None,
        })
    };
    let key = parameter(ParameterIn::Header, "Idempotency-Key");
    let asks = |name| parameter(ParameterIn::Query, name).is_some();
    let is_query = |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if one.parameter_in == ParameterIn::Query);
    match code.name {
        "auth.missing" | "auth.invalid" => !signs_in,
        "right.missing" => !of_session,
        "csrf.invalid" => method != "get" && !signs_in,
        "origin.foreign" => method != "get",
        "rate.limited" | "server.error" | "server.busy" | "database.unavailable" => true,
        "id.invalid" => path.contains('{'),
        "request.malformed" => path.contains('{') || operation.request_body.is_some(),
        "query.invalid" => operation.parameters.iter().flatten().any(is_query),
        "limit.invalid" => asks("limit"),
        "cursor.invalid" => asks("cursor"),
        "idempotency.missing" => key == Some(&Required::True),
        "idempotency.invalid" | "idempotency.reused" => key.is_some(),
        "json.malformed"
        | "json.too_deep"
        | "body.invalid"
        | "field.invalid"
        | "body.timeout"
        | "body.too_large"
        | "content_type.unsupported" => operation.request_body.is_some(),
        _ => false,
    }
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

pub(crate) async fn codes() -> Json<Vec<ProblemCodeBody>> {
    let told = |code: &&'static Code| ProblemCodeBody {
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
pub(crate) struct ProblemCodeBody {
    code: &'static str,
    status: u16,
    retry: Retry,
    title: &'static str,
    title_zh: &'static str,
}
