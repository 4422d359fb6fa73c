//! What is read of members: summaries, balances, ledgers, orders, tiers, merges, reviews.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::ids::{EntryId, LotId, MemberId, OrderId, RefundId, ReviewId};
use hui_loyalty::ledger::balances::{Balance, LotState};
use hui_loyalty::ledger::{EntryKind, Lot};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{
    MemberView, OrderView, average_order, explain_entry, list_members, list_refunds, list_reviews,
    look_up_code, look_up_member, read_balance, read_entries, read_identities, read_lots,
    read_member, read_member_code_now, read_merges, read_order, read_orders, read_tier,
};
use hui_store::ledger::EntryRow;
use hui_store::orders::status_name;
use hui_store::refunds::RefundState;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::members::{LookupBody, MemberSearchBody};
use crate::paging::{after, cursor, limit};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::threads::aside;
use crate::wire::{Refusals, claims};

/// A page and an instant to look at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// 1 to 500; 50 where left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Entries of this kind only.
    #[param(value_type = Option<String>)]
    kind: Option<EntryKind>,
    /// Of this state only.
    state: Option<String>,
    /// Of this status only.
    status: Option<String>,
}

/// An instant to look at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtQuery {
    /// The instant; now where left out.
    #[param(value_type = Option<String>)]
    at: Option<Timestamp>,
}

fn unknown(member: MemberId) -> Problem {
    Problem::new(&codes::MEMBER_UNKNOWN, format!("there is no member {member}"))
}

pub(crate) fn balance_body(balance: &Balance) -> Value {
    let expiring: Vec<Value> =
        balance.expiring.iter().map(|(on, points)| json!({ "on": on, "points": points })).collect();
    json!({
        "at": balance.at,
        "available": balance.available,
        "pending": balance.pending,
        "held": balance.held,
        "debt": balance.debt,
        "expiring": expiring,
    })
}

pub(crate) fn member_body(view: &MemberView) -> Value {
    let row = &view.row;
    let mut body = json!({
        "member_id": row.id,
        "name": view.name,
        "phone": view.phone,
        "status": "active",
        "bound": row.bound,
        "tier": row.tier,
        "tier_since": row.tier_since,
        "tier_until": row.tier_until,
        "growth": view.growth,
        "growth_lifetime": row.growth_lifetime,
        "points": balance_body(&view.balance),
        "wallet": { "principal": 0, "bonus": 0 },
        "coupons": { "usable": view.coupons_usable },
        "tags": row.tags,
        "channels": row.channels,
        "gender": row.gender,
        "birthday": row.birthday,
        "joined_at": row.joined_at,
        "created_at": row.created_at,
        "last_order_at": row.last_order_at,
        "figures": {
            "orders": row.orders_count,
            "spent": row.spent,
            "average_order": average_order(row),
            "first_order_at": row.first_order_at,
            "last_order_at": row.last_order_at,
        },
    });
    if let (Some(from), Some(fields)) = (view.redirected_from, body.as_object_mut()) {
        fields.insert("redirected_from".to_owned(), json!(from));
    }
    body
}

/// A member: profile and summary; of one that was merged away the survivor
#[utoipa::path(get, path = "/api/v1/members/{id}", tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn member(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Value>, Problem> {
    let view = aside(move || async move { read_member(&app.operations, &allowed.actor, id).await })
        .await??;
    view.map(|view| Json(member_body(&view))).ok_or_else(|| unknown(id))
}

/// Find a member by identities or by a scanned member code
#[utoipa::path(post, path = "/api/v1/members/lookup", tag = "members", request_body = LookupBody,
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn lookup(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    Input(body): Input<LookupBody>,
) -> Result<Json<Value>, Problem> {
    let mut refusals = Refusals::default();
    let given = claims(&body.identities, "/identities", &mut refusals);
    refusals.into_result()?;
    if given.is_empty() && body.code.is_none() {
        let detail = "send identities or a member code";
        return Err(Problem::at(&codes::IDENTITY_MISSING, "/identities", detail));
    }
    let view = aside(move || async move {
        match &body.code {
            Some(code) => look_up_code(&app.operations, &allowed.actor, code).await,
            None => look_up_member(&app.operations, &allowed.actor, &given).await,
        }
    })
    .await??;
    let nobody = || Problem::new(&codes::MEMBER_UNKNOWN, "nobody has any of these");
    view.map(|view| Json(member_body(&view))).ok_or_else(nobody)
}

/// Search members by a whole phone, number, card or e-mail; without a text the latest
#[utoipa::path(post, path = "/api/v1/members/search", tag = "members",
    request_body = MemberSearchBody, responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    Input(body): Input<MemberSearchBody>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(body.limit.map(|limit| limit.to_string()).as_deref())?);
    let before = after::<1>(body.cursor.as_deref())?.map(|[id]| MemberId(id));
    let text = body.text.filter(|text| !text.trim().is_empty());
    let (views, next) = aside(move || async move {
        match text {
            Some(text) => {
                find_by_text(&app, &allowed.actor, text.trim()).await.map(|found| (found, None))
            }
            None => list_members(&app.operations, &allowed.actor, body.tier, before, size).await,
        }
    })
    .await??;
    let items: Vec<Value> = views.iter().map(list_item).collect();
    Ok(Json(json!({ "items": items, "next": next.map(|id| cursor([id.0])) })))
}

fn list_item(view: &MemberView) -> Value {
    let row = &view.row;
    json!({
        "member_id": row.id,
        "name": view.name,
        "phone": view.phone,
        "tier": row.tier,
        "status": "active",
        "growth": view.growth,
        "points_available": view.balance.available,
        "channels": row.channels,
        "orders": row.orders_count,
        "spent": row.spent,
        "joined_at": row.joined_at,
        "last_order_at": row.last_order_at,
    })
}

async fn find_by_text(
    app: &App,
    actor: &hui_operations::actor::Actor,
    text: &str,
) -> Result<Vec<MemberView>, hui_store::Error> {
    use hui_loyalty::members::{Claim, IdentityKind};
    if let Ok(id) = text.parse::<MemberId>() {
        return Ok(read_member(&app.operations, actor, id).await?.into_iter().collect());
    }
    let mut given = Vec::new();
    for kind in [IdentityKind::Phone, IdentityKind::Email] {
        given.extend(Claim::parse(kind, None, text, true));
    }
    Ok(look_up_member(&app.operations, actor, &given).await?.into_iter().collect())
}

/// The rotating code the member shows at the till
#[utoipa::path(get, path = "/api/v1/members/{id}/code", tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Value>, Problem> {
    let code =
        aside(
            move || async move { read_member_code_now(&app.operations, &allowed.actor, id).await },
        )
        .await??;
    code.map(|code| Json(json!({ "code": code, "rotates_every_s": 60 }))).ok_or_else(|| unknown(id))
}

/// Every identity a member has or had
#[utoipa::path(get, path = "/api/v1/members/{id}/identities", tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn identities(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Value>, Problem> {
    let found =
        aside(move || async move { read_identities(&app.operations, &allowed.actor, id).await })
            .await??
            .ok_or_else(|| unknown(id))?;
    let items: Vec<Value> = found
        .iter()
        .map(|view| {
            json!({
                "identity_id": view.row.id,
                "kind": view.row.kind,
                "scope": view.row.scope,
                "value": view.masked,
                "verified": view.row.verified,
                "since": view.row.valid_from,
                "until": view.row.valid_until,
                "source": view.row.channel,
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// A member's balance now or at an instant
#[utoipa::path(get, path = "/api/v1/members/{id}/points", tag = "points",
    params(("id" = String, Path, description = "The member"), AtQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn balance(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<AtQuery>,
) -> Result<Json<Value>, Problem> {
    let found = aside(move || async move {
        read_balance(&app.operations, &allowed.actor, id, query.at).await
    })
    .await??;
    found.map(|balance| Json(balance_body(&balance))).ok_or_else(|| unknown(id))
}

pub(crate) fn entry_body(row: &EntryRow) -> Value {
    let entry = &row.entry;
    let mut body = json!({
        "entry_id": entry.id,
        "kind": entry.kind,
        "points": entry.points,
        "at": entry.at,
        "recorded_at": row.recorded_at,
        "key": entry.cause.key,
    });
    if let Some(fields) = body.as_object_mut() {
        let optional = [
            ("moved", entry.moved.map(|points| json!(points))),
            ("lot_id", entry.lot.map(|id| json!(id))),
            ("order_id", entry.cause.order.map(|id| json!(id))),
            ("refund_id", entry.cause.refund.map(|id| json!(id))),
            ("hold_id", entry.cause.hold.map(|id| json!(id))),
            ("channel", entry.cause.channel.as_ref().map(|text| json!(text))),
            ("shop", entry.cause.shop.as_ref().map(|text| json!(text))),
            ("staff", entry.cause.staff.as_ref().map(|text| json!(text))),
            ("rule_version", entry.cause.rule_version.map(|version| json!(version))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        }
    }
    body
}

/// A member's entries, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/points/entries", tag = "points",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn entries(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(query.limit.as_deref())?);
    let before =
        after::<2>(query.cursor.as_deref())?.map(|[at, entry]| (Timestamp(at), EntryId(entry)));
    let (rows, next) = aside(move || async move {
        read_entries(&app.operations, &allowed.actor, id, query.kind, before, size).await
    })
    .await??
    .ok_or_else(|| unknown(id))?;
    let items: Vec<Value> = rows.iter().map(entry_body).collect();
    Ok(Json(json!({ "items": items, "next": next.map(|(at, id)| cursor([at.0, id.0])) })))
}

fn lot_body(lot: &Lot, state: LotState) -> Value {
    json!({
        "lot_id": lot.id,
        "points": lot.points,
        "remaining": lot.remaining,
        "held": lot.held,
        "state": state,
        "earned_at": lot.earned_at,
        "available_at": lot.available_at,
        "expires_at": lot.expires_at,
        "source": {
            "kind": lot.source.kind,
            "order_id": lot.source.order,
            "channel": lot.source.channel,
            "shop": lot.source.shop,
            "rule": lot.source.rule,
        },
    })
}

/// A member's lots, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/points/lots", tag = "points",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn lots(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(query.limit.as_deref())?);
    let before = after::<1>(query.cursor.as_deref())?.map(|[lot]| LotId(lot));
    let (rows, next) = aside(move || async move {
        read_lots(&app.operations, &allowed.actor, id, before, size).await
    })
    .await??
    .ok_or_else(|| unknown(id))?;
    let items: Vec<Value> = rows.iter().map(|(lot, state)| lot_body(lot, *state)).collect();
    Ok(Json(json!({ "items": items, "next": next.map(|id| cursor([id.0])) })))
}

/// Why an entry is as it is: rule version, inputs, multipliers, caps, rounding
#[utoipa::path(get, path = "/api/v1/points/entries/{id}/explain", tag = "points",
    params(("id" = String, Path, description = "The entry")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn explain(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::PointsRead>,
    At(id): At<EntryId>,
) -> Result<Json<Value>, Problem> {
    let found =
        aside(move || async move { explain_entry(&app.operations, &allowed.actor, id).await })
            .await??;
    let Some(found) = found else {
        return Err(Problem::new(&codes::ENTRY_UNKNOWN, format!("there is no entry {id}")));
    };
    let order = found.order.as_ref();
    Ok(Json(json!({
        "entry": entry_body(&found.entry),
        "rule_version": found
            .entry
            .entry
            .cause
            .rule_version
            .or_else(|| order.and_then(|order| order.rule_version)),
        "changes": found.entry.entry.changes.iter().map(|change| json!({
            "lot_id": change.lot, "remaining": change.remaining, "held": change.held,
        })).collect::<Vec<_>>(),
        "debt": found.entry.entry.debt,
        "lot": found.lot.as_ref().map(|lot| json!({
            "lot_id": lot.id, "points": lot.points, "earned_at": lot.earned_at,
            "available_at": lot.available_at, "expires_at": lot.expires_at, "source": lot.source.kind,
            "rule": lot.source.rule,
        })),
        "order": order.map(|order| json!({
            "order_id": order.id, "channel": order.key.channel, "order_no": order.key.order_no,
            "paid_at": order.paid_at, "paid": order.paid,
        })),
        "explanation": found.explanation,
    })))
}

pub(crate) fn order_body(view: &OrderView) -> Value {
    let row = &view.row;
    let lines: Vec<Value> = row
        .lines
        .iter()
        .map(|line| {
            json!({
                "line_no": line.line_no, "sku": line.sku, "category": line.category,
                "quantity": line.quantity, "unit_price": line.unit_price, "paid": line.paid,
                "points": line.points, "growth": line.growth, "refunded": line.refunded,
                "returned": line.returned, "points_taken": line.points_taken,
                "growth_taken": line.growth_taken,
            })
        })
        .collect();
    let refunds: Vec<Value> = view
        .refunds
        .iter()
        .map(|refund| {
            json!({
                "refund_id": refund.id, "refund_no": refund.refund_no,
                "status": refund.state.name(), "refunded_at": refund.refunded_at,
                "amount": refund.amount,
            })
        })
        .collect();
    json!({
        "order_id": row.id, "channel": row.key.channel, "order_no": row.key.order_no,
        "shop": row.shop, "staff": row.staff, "touchpoint": row.touchpoint,
        "status": status_name(row.status), "placed_at": row.placed_at, "paid_at": row.paid_at,
        "completed_at": row.completed_at, "closed_at": row.closed_at, "member_id": row.member,
        "paid": row.paid, "shipping": row.shipping, "refunded": row.refunded, "lines": lines,
        "points": row.points, "growth": row.growth, "rule_version": row.rule_version,
        "refunds": refunds,
    })
}

/// A member's orders, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/orders", tag = "orders",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn orders(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(query.limit.as_deref())?);
    let before = after::<2>(query.cursor.as_deref())?.map(|[at, order]| (at, OrderId(order)));
    let (views, next) = aside(move || async move {
        read_orders(&app.operations, &allowed.actor, id, before, size).await
    })
    .await??
    .ok_or_else(|| unknown(id))?;
    let items: Vec<Value> = views.iter().map(order_body).collect();
    Ok(Json(json!({ "items": items, "next": next.map(|(at, id)| cursor([at, id.0])) })))
}

/// One order by its channel and number
#[utoipa::path(get, path = "/api/v1/orders/{channel}/{order_no}", tag = "orders",
    params(("channel" = String, Path, description = "The channel"),
        ("order_no" = String, Path, description = "The channel's number")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn order(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersRead>,
    At((channel, order_no)): At<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let key = OrderKey { channel, order_no };
    let view =
        aside(move || async move { read_order(&app.operations, &allowed.actor, &key).await })
            .await??;
    let nothing = || Problem::new(&codes::ORDER_UNKNOWN, "there is no such order");
    view.map(|view| Json(order_body(&view))).ok_or_else(nothing)
}

/// A member's tier, what is missing, and the history
#[utoipa::path(get, path = "/api/v1/members/{id}/tier", tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn tier(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Value>, Problem> {
    let view = aside(move || async move { read_tier(&app.operations, &allowed.actor, id).await })
        .await??
        .ok_or_else(|| unknown(id))?;
    let history: Vec<Value> = view
        .history
        .iter()
        .map(|change| {
            json!({ "at": change.at, "from": change.from, "to": change.to,
                "reason": change.reason, "until": change.until, "recorded_at": change.recorded_at })
        })
        .collect();
    Ok(Json(json!({
        "tier": view.standing.tier,
        "since": view.standing.since,
        "until": view.standing.until,
        "granted": view.standing.granted,
        "growth": view.progress.growth,
        "growth_lifetime": view.growth_lifetime,
        "next": view.progress.next.as_ref().map(|next| next.tier.clone()),
        "next_from": view.progress.next.as_ref().map(|next| next.from),
        "next_missing": view.progress.next.as_ref().map(|next| next.missing),
        "keep_target": view.progress.keep,
        "keep_missing": view.progress.keep_missing,
        "history": history,
    })))
}

/// The merges a member took part in
#[utoipa::path(get, path = "/api/v1/members/{id}/merges", tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn merges(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Value>, Problem> {
    let rows = aside(move || async move { read_merges(&app.operations, &allowed.actor, id).await })
        .await??
        .ok_or_else(|| unknown(id))?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({ "merge_id": row.id, "survivor": row.survivor, "absorbed": row.absorbed,
                "at": row.at, "by": row.by, "reason": row.reason, "undone_at": row.undone_at,
                "undone_by": row.undone_by })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// The review queue
#[utoipa::path(get, path = "/api/v1/reviews", tag = "members", params(PageQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn reviews(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::ReviewsRead>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(query.limit.as_deref())?);
    let before = after::<1>(query.cursor.as_deref())?.map(|[id]| ReviewId(id));
    let open = query.state.or(query.status).map(|state| state == "open");
    let (rows, next) = aside(move || async move {
        list_reviews(&app.operations, &allowed.actor, open, before, size).await
    })
    .await??;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut evidence: Value = serde_json::from_str(&row.evidence).unwrap_or_default();
            if let Some(fields) = evidence.as_object_mut() {
                fields.remove("sealed");
            }
            json!({ "review_id": row.id, "kind": row.kind,
                "state": if row.is_open { "open" } else { "decided" }, "opened_at": row.opened_at,
                "member_id": row.member, "other_id": row.other, "order_id": row.order,
                "evidence": evidence, "decision": row.decision, "decided_at": row.decided_at,
                "decided_by": row.decided_by, "reason": row.reason })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": next.map(|id| cursor([id.0])) })))
}

/// Refunds that wait for their order, or were given up
#[utoipa::path(get, path = "/api/v1/refunds", tag = "orders", params(PageQuery),
    responses((status = OK, body = serde_json::Value)))]
pub(crate) async fn refunds(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersRead>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Value>, Problem> {
    let size = i64::from(limit(query.limit.as_deref())?);
    let before = after::<1>(query.cursor.as_deref())?.map(|[id]| RefundId(id));
    let state = match query.status.as_deref() {
        None | Some("waiting") => RefundState::Waiting,
        Some("done") => RefundState::Done,
        Some("dead") => RefundState::Dead,
        Some(_) => {
            let detail = "one of waiting, done, dead";
            return Err(Problem::at(&codes::QUERY_INVALID, "?status", detail));
        }
    };
    let (rows, next) = aside(move || async move {
        list_refunds(&app.operations, &allowed.actor, state, before, size).await
    })
    .await??;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({ "refund_id": row.id, "channel": row.order_key.channel,
                "order_no": row.order_key.order_no, "refund_no": row.refund_no,
                "status": row.state.name(), "refunded_at": row.refunded_at, "amount": row.amount,
                "problem": row.problem, "waits_until": row.waits_until })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": next.map(|id| cursor([id.0])) })))
}
