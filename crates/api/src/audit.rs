//! The audit log, read.

use axum::Json;
use hui_loyalty::ids::MemberId;
use hui_loyalty::time::Timestamp;
use hui_operations::audit::{Filter, list_audit, verify_new_audit};
use hui_store::audit::AuditRow;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::paging::{asked, cursor};
use crate::params::Asked;
use crate::problem::Problem;

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
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// One line of the log; each carries the hash of the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLineBody {
    /// Its place in the program's log, from 1.
    #[schema(minimum = 1)]
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    actor: String,
    /// What was done, such as `points.adjust`.
    action: String,
    /// To what.
    object: String,
    /// The member it concerns.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The particulars, without personal data; they differ from action to action.
    #[schema(value_type = BTreeMap<String, Value>)]
    detail: Box<RawValue>,
    /// Its own hash.
    hash: String,
}

impl TryFrom<AuditRow> for AuditLineBody {
    type Error = Problem;

    fn try_from(row: AuditRow) -> Result<Self, Problem> {
        Ok(Self {
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            action: row.action,
            object: row.object,
            member_id: row.member,
            detail: RawValue::from_string(row.detail).map_err(|error| Problem::internal(&error))?,
            hash: row.hash,
        })
    }
}

/// Whether every line still carries the hash of the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditChainBody {
    ok: bool,
    /// How many lines were looked at: all of the program's.
    entries: i64,
    /// The first line that does not fit; null where all do.
    #[schema(required)]
    broken_at: Option<i64>,
}

/// One page of the log, and whether its chain of hashes holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// Latest first.
    items: Vec<AuditLineBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    next: Option<String>,
    chain: AuditChainBody,
}

/// The audit log, latest first, and whether its chain of hashes holds
#[utoipa::path(get, path = "/api/v1/audit", tag = "administration", params(AuditQuery),
    responses((status = OK, body = AuditBody)))]
pub(crate) async fn list(
    allowed: Allowed<needs::AuditRead>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<AuditBody>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[seq]| seq);
    let filter = Filter { member: query.member, actor: query.actor, action: query.action };
    let (mut rows, chain) = allowed
        .run(async move |hui, actor| {
            let rows = list_audit(hui, actor, &filter, before, size + 1).await?;
            let chain = verify_new_audit(hui, actor).await?;
            Ok::<_, Problem>((rows, chain))
        })
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|row| cursor([row.seq]));
    let items = rows.into_iter().map(AuditLineBody::try_from).collect::<Result<_, _>>()?;
    let (entries, broken_at) = (chain.lines, chain.broken_at);
    let chain = AuditChainBody { ok: broken_at.is_none(), entries, broken_at };
    Ok(Json(AuditBody { items, next, chain }))
}
