//! The rules: in force, as a draft, as versions; their schema and the facts they see.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hui_loyalty::expr::{Kind, core_schema};
use hui_loyalty::program::json_schema;
use hui_loyalty::program::problems::{Problem as Found, Severity};
use hui_loyalty::program::reading::read;
use hui_loyalty::time::Timestamp;
use hui_operations::programs::{
    ProgramError, VersionedRules, check_draft, create_program, get_draft, in_force, list_versions,
    parse_yaml, publish, put_draft, version,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::{self, Input, OptionalInput};
use crate::codes;
use crate::params::At;
use crate::problem::Problem;
use crate::threads::aside;

/// A fact that an expression can ask for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactBody {
    /// How an expression names it.
    #[schema(example = "member.tier")]
    name: String,
    /// Its type: `bool`, `int`, `text`, `timestamp`, `duration` or `text_list`.
    #[schema(value_type = String, example = "text")]
    kind: Kind,
    /// Whether it can be unknown.
    nullable: bool,
    /// What it is, in Chinese.
    zh: String,
    /// What it is, in English.
    en: String,
}

/// Every fact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactsBody {
    items: Vec<FactBody>,
}

/// The JSON Schema of a program's document
#[utoipa::path(
    get,
    path = "/api/v1/program/schema",
    tag = "program",
    responses((status = OK, description = "A JSON Schema", body = serde_json::Value))
)]
pub(crate) async fn schema(_: Allowed<needs::ProgramRead>) -> Json<serde_json::Value> {
    Json(json_schema())
}

/// The facts that expressions see
#[utoipa::path(
    get,
    path = "/api/v1/program/facts",
    tag = "program",
    responses((status = OK, body = FactsBody))
)]
pub(crate) async fn facts(_: Allowed<needs::ProgramRead>) -> Json<FactsBody> {
    let items = core_schema().facts().map(|fact| FactBody {
        name: fact.name.clone().into_owned(),
        kind: fact.kind,
        nullable: fact.nullable,
        zh: fact.zh.clone().into_owned(),
        en: fact.en.clone().into_owned(),
    });
    Json(FactsBody { items: items.collect() })
}

/// When the draft takes effect.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishBody {
    /// At once where left out; never in the past.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Timestamp>,
    /// What the publisher notes.
    #[serde(default)]
    note: Option<String>,
}

fn found(problems: &[Found]) -> Value {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let warnings = problems.iter().filter(|problem| problem.severity == Severity::Warning);
    let errors: Vec<&Found> = errors.collect();
    json!({
        "ok": errors.is_empty(),
        "errors": errors,
        "warnings": warnings.collect::<Vec<&Found>>(),
    })
}

/// The rules in force now
#[utoipa::path(get, path = "/api/v1/program", tag = "program",
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn current(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<Value>, Problem> {
    let (rules, draft) = aside(move || async move {
        let rules = in_force(&app.operations, &allowed.actor).await?;
        let draft = get_draft(&app.operations, &allowed.actor).await.ok();
        Ok::<_, Problem>((rules, draft))
    })
    .await??;
    Ok(Json(json!({
        "version": rules.version,
        "effective_at": rules.effective_at,
        "document": rules.document,
        "draft": draft,
    })))
}

/// A document as JSON or YAML, by its content type.
async fn document_of(request: Request) -> Result<Value, Problem> {
    let media = body::media_type(request.headers());
    let (parts, stream) = request.into_parts();
    let bytes = body::collect(&parts.headers, stream, body::BYTES_MAX).await?;
    match media.as_deref() {
        Some("application/yaml" | "text/yaml" | "application/x-yaml") => {
            let text = String::from_utf8(bytes.to_vec())
                .map_err(|_| Problem::new(&codes::REQUEST_MALFORMED, "the YAML is not UTF-8"))?;
            parse_yaml(&text).map_err(|problem| {
                Problem::new(&codes::REQUEST_MALFORMED, problem.message.clone()).with(
                    problem.pointer,
                    problem.code,
                    problem.message,
                )
            })
        }
        _ => body::parse(&bytes),
    }
}

/// Write the draft: the document as JSON or YAML
#[utoipa::path(put, path = "/api/v1/program/draft", tag = "program",
    request_body = serde_json::Value, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramWrite>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let document = document_of(request).await?;
    // What is no program at all is refused here; what a program may not say, `check` tells.
    if let Err(problems) = read(document.clone()) {
        return Err(ProgramError::Problems(problems).into());
    }
    let draft =
        aside(move || async move { put_draft(&app.operations, &allowed.actor, document).await })
            .await??;
    Ok(Json(json!(draft)))
}

/// The draft
#[utoipa::path(get, path = "/api/v1/program/draft", tag = "program",
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn draft(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<Value>, Problem> {
    let draft =
        aside(move || async move { get_draft(&app.operations, &allowed.actor).await }).await??;
    Ok(Json(json!(draft)))
}

/// Check the draft: errors and warnings, each with its place
#[utoipa::path(post, path = "/api/v1/program/draft/check", tag = "program",
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<Value>, Problem> {
    let problems =
        aside(move || async move { check_draft(&app.operations, &allowed.actor).await }).await??;
    Ok(Json(found(&problems)))
}

/// Publish the draft, now or at a time to come
#[utoipa::path(post, path = "/api/v1/program/draft/publish", tag = "program",
    request_body = PublishBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn publish_draft(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramWrite>,
    OptionalInput(body): OptionalInput<PublishBody>,
) -> Result<Json<Value>, Problem> {
    let PublishBody { effective_at, note } = body;
    let version = aside(move || async move {
        publish(&app.operations, &allowed.actor, effective_at, note).await
    })
    .await??;
    Ok(Json(json!(version)))
}

/// Every version, newest first
#[utoipa::path(get, path = "/api/v1/program/versions", tag = "program",
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn versions(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<Value>, Problem> {
    let versions =
        aside(move || async move { list_versions(&app.operations, &allowed.actor).await })
            .await??;
    Ok(Json(json!({ "items": versions, "next": null })))
}

/// The rules of one version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionRulesBody {
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// The whole document.
    #[schema(value_type = serde_json::Value)]
    document: Value,
}

/// The rules of one version
#[utoipa::path(get, path = "/api/v1/program/versions/{v}", tag = "program",
    params(("v" = i64, Path, description = "The version's number, from 1")),
    responses((status = OK, body = VersionRulesBody)))]
pub(crate) async fn version_of(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramRead>,
    At(number): At<i64>,
) -> Result<Json<VersionRulesBody>, Problem> {
    let rules =
        aside(move || async move { version(&app.operations, &allowed.actor, number).await })
            .await??;
    let VersionedRules { version, effective_at, document } = rules;
    Ok(Json(VersionRulesBody { version, effective_at, document }))
}

/// A program to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProgramBody {
    name: String,
    #[serde(default = "cny")]
    currency: String,
    #[serde(default = "shanghai")]
    time_zone: String,
}

fn cny() -> String {
    "CNY".to_owned()
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

/// Make a program with the default rules and a key that may do everything in it
#[utoipa::path(post, path = "/api/v1/programs", tag = "program",
    request_body = NewProgramBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ProgramsCreate>,
    Input(body): Input<NewProgramBody>,
) -> Result<Json<Value>, Problem> {
    let made = aside(move || async move {
        let NewProgramBody { name, currency, time_zone } = body;
        create_program(&app.operations, &allowed.actor, &name, &currency, &time_zone).await
    })
    .await??;
    Ok(Json(json!(made)))
}
