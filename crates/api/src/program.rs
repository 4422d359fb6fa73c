//! The rules: in force, as a draft, as versions; their schema and the facts they see.

use axum::Json;
use hui_loyalty::expr::{Kind, core_schema};
use hui_loyalty::program::json_schema;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};

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
