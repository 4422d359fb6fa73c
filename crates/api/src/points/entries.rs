//! The ledger's entries, and why each is as it is.

use axum::Json;
use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::earning::explaining::Explanation;
use hui_loyalty::ids::{EntryId, HoldId, LotId, MemberId, OrderId, RefundId};
use hui_loyalty::ledger::{Entry, EntryKind, Lot, LotChange, SourceKind};
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{Explained, NumberedEntry, explain_entry, read_entries};
use hui_store::ledger::EntryRow;
use hui_store::orders::OrderRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::paging::{Page, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::problems::no_member;
use crate::wire::schemas::{EntryKindSchema, ExplanationSchema, SourceKindSchema};

/// One line of a member's ledger; written once, never changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryBody {
    #[schema(value_type = String)]
    entry_id: EntryId,
    /// What moved the points.
    #[schema(value_type = EntryKindSchema)]
    kind: EntryKind,
    /// The effect on the member's total (available, pending and held, less debt); 0 where
    /// points only change their state.
    points: i64,
    /// For kinds without effect on the total: how many points moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    moved: Option<Points>,
    /// The lot it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    lot_id: Option<LotId>,
    /// The effective time: from this instant on it counts.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order_id: Option<OrderId>,
    /// The channel's number of that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    refund_id: Option<RefundId>,
    /// The channel's number of that refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    hold_id: Option<HoldId>,
    /// The channel of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// The shop of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The cashier, guide or operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
    /// The version of the rules that counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_version: Option<i64>,
    /// What caused it, in short: the award, the reason or the merge where there is one, else
    /// the refund, the order, the hold or the lot it is about.
    key: String,
}

/// What caused an entry, in short.
fn key_of(entry: &Entry) -> String {
    let cause = &entry.cause;
    cause
        .key
        .clone()
        .or_else(|| cause.refund.map(|refund| format!("refund:{refund}")))
        .or_else(|| cause.order.map(|order| format!("order:{order}")))
        .or_else(|| cause.hold.map(|hold| format!("hold:{hold}")))
        .or_else(|| entry.lot.map(|lot| format!("lot:{lot}")))
        .unwrap_or_else(|| format!("entry:{}", entry.id))
}

impl From<NumberedEntry> for EntryBody {
    fn from(numbered: NumberedEntry) -> Self {
        let NumberedEntry { row, order_no, refund_no } = numbered;
        let EntryRow { entry, recorded_at } = row;
        let key = key_of(&entry);
        Self {
            entry_id: entry.id,
            kind: entry.kind,
            points: entry.points,
            moved: entry.moved,
            lot_id: entry.lot,
            at: entry.at,
            recorded_at,
            order_id: entry.cause.order,
            order_no,
            refund_id: entry.cause.refund,
            refund_no,
            hold_id: entry.cause.hold,
            channel: entry.cause.channel,
            shop: entry.cause.shop,
            staff: entry.cause.staff,
            rule_version: entry.cause.rule_version,
            key,
        }
    }
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// Of this kind only.
    #[param(value_type = Option<EntryKindSchema>)]
    kind: Option<EntryKind>,
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A member's entries, latest first
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/points/entries",
    tag = "points",
    params(("id" = String, Path, description = "The member"), EntriesQuery),
    responses((status = OK, body = Page<EntryBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(EntriesQuery { kind, limit, cursor }): Asked<EntriesQuery>,
) -> Result<Json<Page<EntryBody>>, Problem> {
    let (size, before) = asked(limit.as_deref(), cursor.as_deref())?;
    let before = before.map(|[at, entry]| (Timestamp(at), EntryId(entry)));
    let found = allowed
        .run(async move |hui, actor| read_entries(hui, actor, id, kind, before, size).await)
        .await?;
    let (rows, next) = found.ok_or_else(|| no_member(id))?;
    Ok(Json(Page::of(rows, next.map(|(at, entry)| [at.0, entry.0]))))
}

/// Why an entry is as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedBody {
    entry: EntryBody,
    /// The version of the rules that counted; null where no rule did.
    #[schema(required)]
    rule_version: Option<i64>,
    /// What the entry did to each lot.
    changes: Vec<LotChangeBody>,
    /// The change of the member's debt.
    debt: i64,
    /// The lot it is about.
    #[schema(required)]
    lot: Option<ExplainedLotBody>,
    /// The order it is about.
    #[schema(required)]
    order: Option<ExplainedOrderBody>,
    /// The way from the order's lines to its points; with the version of the rules it can be redone.
    #[schema(required, value_type = Option<ExplanationSchema>)]
    explanation: Option<Explanation>,
    /// The adjustment it takes back.
    #[schema(required, value_type = Option<String>)]
    undoes: Option<EntryId>,
    /// The entry that took it back.
    #[schema(required, value_type = Option<String>)]
    undone_by: Option<EntryId>,
}

/// What an entry did to one lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LotChangeBody {
    #[schema(value_type = String)]
    lot_id: LotId,
    /// The change of what remains.
    remaining: i64,
    /// The change of what is held.
    held: i64,
}

/// The lot of an entry, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedLotBody {
    #[schema(value_type = String)]
    lot_id: LotId,
    /// The points it began with.
    #[schema(value_type = i64)]
    points: Points,
    /// When it was earned.
    #[schema(value_type = String, format = DateTime)]
    earned_at: Timestamp,
    /// From when it can be spent; null while it waits for the order's completion.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    available_at: Option<Timestamp>,
    /// The first instant at which it cannot be spent any more; null: never.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What brought it.
    #[schema(value_type = SourceKindSchema)]
    source: SourceKind,
    /// The rule, award or reason that gave it.
    #[schema(required)]
    rule: Option<String>,
}

/// The order of an entry, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedOrderBody {
    #[schema(value_type = String)]
    order_id: OrderId,
    channel: String,
    /// The channel's number.
    order_no: String,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    /// The whole payment, in fen.
    #[schema(value_type = i64)]
    paid: Money,
}

impl From<LotChange> for LotChangeBody {
    fn from(change: LotChange) -> Self {
        Self { lot_id: change.lot, remaining: change.remaining, held: change.held }
    }
}

impl From<Lot> for ExplainedLotBody {
    fn from(lot: Lot) -> Self {
        Self {
            lot_id: lot.id,
            points: lot.points,
            earned_at: lot.earned_at,
            available_at: lot.available_at,
            expires_at: lot.expires_at,
            source: lot.source.kind,
            rule: lot.source.rule,
        }
    }
}

impl From<OrderRow> for ExplainedOrderBody {
    fn from(row: OrderRow) -> Self {
        Self {
            order_id: row.id,
            channel: row.key.channel,
            order_no: row.key.order_no,
            paid_at: row.paid_at,
            paid: row.paid,
        }
    }
}

impl From<Explained> for ExplainedBody {
    fn from(found: Explained) -> Self {
        let of_order = found.order.as_ref().and_then(|order| order.rule_version);
        let entry = &found.entry.row.entry;
        Self {
            rule_version: entry.cause.rule_version.or(of_order),
            changes: entry.changes.iter().copied().map(LotChangeBody::from).collect(),
            debt: entry.debt,
            entry: found.entry.into(),
            lot: found.lot.map(ExplainedLotBody::from),
            order: found.order.map(ExplainedOrderBody::from),
            explanation: found.explanation,
            undoes: found.undoes,
            undone_by: found.undone_by,
        }
    }
}

/// Why an entry is as it is: rule version, inputs, multipliers, caps, rounding
#[utoipa::path(
    get,
    path = "/api/v1/points/entries/{id}/explain",
    tag = "points",
    params(("id" = String, Path, description = "The entry")),
    responses((status = OK, body = ExplainedBody)),
    extensions(("x-problem-codes" = json!([codes::ENTRY_UNKNOWN.name])))
)]
pub(crate) async fn explain(
    allowed: Allowed<needs::PointsRead>,
    At(id): At<EntryId>,
) -> Result<Json<ExplainedBody>, Problem> {
    let found = allowed.run(async move |hui, actor| explain_entry(hui, actor, id).await).await?;
    found
        .map(|found| Json(found.into()))
        .ok_or_else(|| Problem::new(&codes::ENTRY_UNKNOWN, format!("there is no entry {id}")))
}
