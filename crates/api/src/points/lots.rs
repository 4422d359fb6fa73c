//! The lots of a member: points that were earned together and expire together.

use axum::Json;
use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{LotId, MemberId, OrderId};
use hui_loyalty::ledger::balances::LotState;
use hui_loyalty::ledger::{Source, SourceKind};
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{LotView, read_lots};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::problems::no_member;
use crate::wire::schemas::{LotStateSchema, SourceKindSchema};

/// A lot as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LotBody {
    #[schema(value_type = String)]
    lot_id: LotId,
    /// The points it began with.
    #[schema(value_type = i64, minimum = 0)]
    points: Points,
    /// What is neither used, held, expired nor clawed back.
    #[schema(value_type = i64, minimum = 0)]
    remaining: Points,
    /// What live holds set aside of it.
    #[schema(value_type = i64, minimum = 0)]
    held: Points,
    /// Where it is in its life, now.
    #[schema(value_type = LotStateSchema)]
    state: LotState,
    /// When it was earned: the effective time of its event.
    #[schema(value_type = String, format = DateTime)]
    earned_at: Timestamp,
    /// From when it can be spent; null while it waits for the order's completion.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    available_at: Option<Timestamp>,
    /// The first instant at which it cannot be spent any more; null: never.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    source: LotSourceBody,
}

/// What brought a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LotSourceBody {
    /// What kind of event.
    #[schema(value_type = SourceKindSchema)]
    kind: SourceKind,
    /// The order that earned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order_id: Option<OrderId>,
    /// The channel's number of that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The rule, award or reason that gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

impl LotSourceBody {
    fn of(source: Source, order_no: Option<String>) -> Self {
        Self {
            kind: source.kind,
            order_id: source.order,
            order_no,
            channel: source.channel,
            shop: source.shop,
            rule: source.rule,
        }
    }
}

impl From<LotView> for LotBody {
    fn from(LotView { lot, state, order_no }: LotView) -> Self {
        Self {
            lot_id: lot.id,
            points: lot.points,
            remaining: lot.remaining,
            held: lot.held,
            state,
            earned_at: lot.earned_at,
            available_at: lot.available_at,
            expires_at: lot.expires_at,
            source: LotSourceBody::of(lot.source, order_no),
        }
    }
}

/// A member's lots, latest first
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/points/lots",
    tag = "points",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<LotBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(PageQuery { limit, cursor }): Asked<PageQuery>,
) -> Result<Json<Page<LotBody>>, Problem> {
    let (size, before) = asked(limit.as_deref(), cursor.as_deref())?;
    let before = before.map(|[lot]| LotId(lot));
    let found =
        allowed.run(async move |hui, actor| read_lots(hui, actor, id, before, size).await).await?;
    let (rows, next) = found.ok_or_else(|| no_member(id))?;
    Ok(Json(Page::of(rows, next.map(|lot| [lot.0]))))
}
