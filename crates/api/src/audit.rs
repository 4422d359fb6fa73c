//! The audit log, read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::ids::MemberId;
use hui_operations::audit::{Filter, list_audit, verify_audit};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::paging::{after, cursor, limit};
use crate::params::Asked;
use crate::problem::Problem;
use crate::threads::aside;

/// Which lines to show.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Of this member only.
    #[param(value_type = Option<String>)]
    member: Option<MemberId>,
    /// By this actor only.
    actor: Option<String>,
    /// Of this action only.
    action: Option<String>,
    /// 1 to 500; 50 where left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The audit log, latest first, and whether its chain of hashes holds
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::AuditRead>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<Value>, Problem> {
    let size = limit(query.limit.as_deref())?;
    let before = after::<1>(query.cursor.as_deref())?.map(|[seq]| seq);
    let filter = Filter { member: query.member, actor: query.actor, action: query.action };
    let (mut rows, chain) = aside(move || async move {
        let rows =
            list_audit(&app.operations, &allowed.actor, &filter, before, i64::from(size) + 1)
                .await?;
        let chain = verify_audit(&app.operations, &allowed.actor).await?;
        Ok::<_, Problem>((rows, chain))
    })
    .await??;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|row| cursor([row.seq]));
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
            json!({ "seq": row.seq, "at": row.at, "actor": row.actor, "action": row.action,
                "object": row.object, "member_id": row.member, "detail": detail, "hash": row.hash })
        })
        .collect();
    Ok(Json(json!({
        "items": items,
        "next": next,
        "chain": { "ok": chain.broken_at.is_none(), "entries": chain.lines, "broken_at": chain.broken_at },
    })))
}
