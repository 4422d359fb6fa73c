//! The rules: in force, as a draft, as versions; their schema and the facts they see.

use axum::Json;
use axum::extract::Request;
use hui_loyalty::expr::{Kind, core_schema};
use hui_loyalty::ids::ProgramId;
use hui_loyalty::program::json_schema;
use hui_loyalty::program::problems::{Problem as Found, Severity};
use hui_loyalty::program::reading::read;
use hui_loyalty::time::Timestamp;
use hui_operations::programs::{
    Draft, Phase, ProgramError, Version, VersionedRules, check_draft, create_program, get_draft,
    in_force, list_versions, parse_yaml, publish, put_draft, version,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::{self, Input, OptionalInput};
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::Page;
use crate::params::At;
use crate::problem::Problem;
use crate::wire::schemas::RuleProblemSchema;

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
    responses((status = OK, description = "A JSON Schema", body = BTreeMap<String, Value>))
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

/// Rules that are being written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftBody {
    /// The rules as they were written; `GET /api/v1/program/schema` tells their shape.
    #[schema(value_type = BTreeMap<String, Value>)]
    document: Value,
    /// How often the draft was written.
    revision: i64,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Who wrote it last.
    updated_by: String,
}

impl From<Draft> for DraftBody {
    fn from(draft: Draft) -> Self {
        let Draft { document, revision, updated_at, updated_by } = draft;
        Self { document, revision, updated_at, updated_by }
    }
}

/// The rules in force, and the draft of the next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramBody {
    /// The version's number, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// From this instant on it decides.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// The rules; `GET /api/v1/program/schema` tells their shape.
    #[schema(value_type = BTreeMap<String, Value>)]
    document: Value,
    /// Null where nothing is being written.
    #[schema(required)]
    draft: Option<DraftBody>,
}

/// Whether a version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VersionState {
    /// Its time is still to come.
    Scheduled,
    /// It decides now.
    Active,
    /// A later one decides.
    Retired,
}

/// A version of the rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionBody {
    /// Its number, from 1.
    #[schema(minimum = 1)]
    version: i64,
    state: VersionState,
    /// From this instant on it decides, until a later one does.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
    /// Who published it.
    published_by: String,
    /// What the publisher noted.
    #[schema(required)]
    note: Option<String>,
}

impl From<Version> for VersionBody {
    fn from(version: Version) -> Self {
        Self {
            version: version.version,
            state: match version.phase {
                Phase::Scheduled => VersionState::Scheduled,
                Phase::InForce => VersionState::Active,
                Phase::Over => VersionState::Retired,
            },
            effective_at: version.effective_at,
            published_at: version.published_at,
            published_by: version.published_by,
            note: version.note,
        }
    }
}

/// What is wrong with the draft.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedBody {
    /// Whether it can be published: there are no errors.
    ok: bool,
    /// What stands in the way of publishing.
    #[schema(value_type = Vec<RuleProblemSchema>)]
    errors: Vec<Found>,
    /// What is worth a second look: overlaps, conflicts.
    #[schema(value_type = Vec<RuleProblemSchema>)]
    warnings: Vec<Found>,
}

impl From<Vec<Found>> for CheckedBody {
    fn from(problems: Vec<Found>) -> Self {
        let is_error = |problem: &Found| problem.severity == Severity::Error;
        let (errors, warnings) = problems.into_iter().partition::<Vec<Found>, _>(is_error);
        Self { ok: errors.is_empty(), errors, warnings }
    }
}

/// The rules in force now
#[utoipa::path(get, path = "/api/v1/program", tag = "program",
    responses((status = OK, body = ProgramBody)),
    extensions(("x-problem-codes" = json!([codes::PROGRAM_VERSION_UNKNOWN.name]))))]
pub(crate) async fn current(
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<ProgramBody>, Problem> {
    let (rules, draft) = allowed
        .run(async move |hui, actor| {
            let rules = in_force(hui, actor).await?;
            let draft = match get_draft(hui, actor).await {
                Err(ProgramError::NoDraft) => None,
                draft => Some(draft?),
            };
            Ok::<_, ProgramError>((rules, draft))
        })
        .await?;
    Ok(Json(ProgramBody {
        version: rules.version,
        effective_at: rules.effective_at,
        document: rules.document,
        draft: draft.map(DraftBody::from),
    }))
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
    request_body(
        description = "The rules; `GET /api/v1/program/schema` tells their shape",
        content((BTreeMap<String, Value> = "application/json"), (String = "application/yaml"))
    ),
    responses((status = OK, body = DraftBody)),
    extensions(("x-problem-codes" = json!([
        codes::PROGRAM_REFUSED.name, codes::INPUT_REFUSED.name
    ]))))]
pub(crate) async fn put(
    allowed: Allowed<needs::ProgramWrite>,
    request: Request,
) -> Result<Json<DraftBody>, Problem> {
    let document = document_of(request).await?;
    // What is no program at all is refused here; what a program may not say, `check` tells.
    if let Err(problems) = read(document.clone()) {
        return Err(ProgramError::Problems(problems).into());
    }
    let draft = allowed.run(async move |hui, actor| put_draft(hui, actor, document).await).await?;
    Ok(Json(draft.into()))
}

/// The draft
#[utoipa::path(get, path = "/api/v1/program/draft", tag = "program",
    responses((status = OK, body = DraftBody)),
    extensions(("x-problem-codes" = json!([codes::PROGRAM_DRAFT_UNKNOWN.name]))))]
pub(crate) async fn draft(
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<DraftBody>, Problem> {
    let draft = allowed.run(async move |hui, actor| get_draft(hui, actor).await).await?;
    Ok(Json(draft.into()))
}

/// Check the draft: errors and warnings, each with its place
#[utoipa::path(post, path = "/api/v1/program/draft/check", tag = "program",
    responses((status = OK, body = CheckedBody)),
    extensions(("x-problem-codes" = json!([codes::PROGRAM_DRAFT_UNKNOWN.name]))))]
pub(crate) async fn check(
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<CheckedBody>, Problem> {
    let problems = allowed.run(async move |hui, actor| check_draft(hui, actor).await).await?;
    Ok(Json(problems.into()))
}

/// Publish the draft, now or at a time to come
#[utoipa::path(post, path = "/api/v1/program/draft/publish", tag = "program",
    params(OptionalKeyHeader), request_body = PublishBody, responses((status = OK, body = VersionBody)),
    extensions(("x-problem-codes" = json!([
        codes::PROGRAM_DRAFT_UNKNOWN.name, codes::PROGRAM_REFUSED.name,
        codes::PROGRAM_EFFECTIVE_PAST.name, codes::INPUT_REFUSED.name
    ]))))]
pub(crate) async fn publish_draft(
    allowed: Allowed<needs::ProgramWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    OptionalInput(body): OptionalInput<PublishBody>,
) -> Result<Answer<VersionBody>, Problem> {
    let key = key.map(|key| request_key("program/draft/publish", key, &"", &body));
    let PublishBody { effective_at, note } = body;
    let answer = allowed
        .run(async move |hui, actor| publish(hui, actor, effective_at, note, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Every version, newest first
#[utoipa::path(get, path = "/api/v1/program/versions", tag = "program",
    responses((status = OK, body = Page<VersionBody>)))]
pub(crate) async fn versions(
    allowed: Allowed<needs::ProgramRead>,
) -> Result<Json<Page<VersionBody>>, Problem> {
    let versions = allowed.run(async move |hui, actor| list_versions(hui, actor).await).await?;
    Ok(Json(Page::whole(versions.into_iter().map(VersionBody::from).collect())))
}

/// The rules of one version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionRulesBody {
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// The whole document.
    #[schema(value_type = BTreeMap<String, Value>)]
    document: Value,
}

/// The rules of one version
#[utoipa::path(get, path = "/api/v1/program/versions/{v}", tag = "program",
    params(("v" = i64, Path, description = "The version's number, from 1")),
    responses((status = OK, body = VersionRulesBody)),
    extensions(("x-problem-codes" = json!([codes::PROGRAM_VERSION_UNKNOWN.name]))))]
pub(crate) async fn version_of(
    allowed: Allowed<needs::ProgramRead>,
    At(number): At<i64>,
) -> Result<Json<VersionRulesBody>, Problem> {
    let rules = allowed.run(async move |hui, actor| version(hui, actor, number).await).await?;
    let VersionedRules { version, effective_at, document } = rules;
    Ok(Json(VersionRulesBody { version, effective_at, document }))
}

/// A program to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProgramBody {
    name: String,
    /// Three capital letters.
    #[serde(default = "cny")]
    #[schema(default = "CNY")]
    currency: String,
    /// A name of the IANA time zone database; days and months of the rules are counted in it.
    #[serde(default = "shanghai")]
    #[schema(default = "Asia/Shanghai")]
    time_zone: String,
}

fn cny() -> String {
    "CNY".to_owned()
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

/// A program that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewProgramAnswerBody {
    #[schema(value_type = String)]
    program_id: ProgramId,
    /// The secret of a key that may do everything in it, shown this once.
    api_key: String,
}

/// Make a program with the default rules and a key that may do everything in it
#[utoipa::path(post, path = "/api/v1/programs", tag = "administration",
    params(OptionalKeyHeader), request_body = NewProgramBody, responses((status = OK, body = NewProgramAnswerBody)),
    extensions(("x-problem-codes" = json!([codes::INPUT_REFUSED.name]))))]
pub(crate) async fn create(
    allowed: Allowed<needs::ProgramsCreate>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewProgramBody>,
) -> Result<Answer<NewProgramAnswerBody>, Problem> {
    let key = key.map(|key| request_key("programs", key, &"", &body));
    let answer = allowed
        .run(async move |hui, actor| {
            let NewProgramBody { name, currency, time_zone } = body;
            create_program(hui, actor, &name, &currency, &time_zone, key.as_ref()).await
        })
        .await?;
    let made = answer.receipt;
    let body = NewProgramAnswerBody { program_id: made.program_id, api_key: made.api_key };
    Ok(Answer::ok(body, answer.replayed))
}
