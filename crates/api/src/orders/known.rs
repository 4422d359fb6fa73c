//! Orders that are known, as they are shown.

use axum::Json;
use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{MemberId, OrderId, RefundId};
use hui_loyalty::orders::{OrderKey, RecordedLine, Status};
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{OrderView, read_order, read_orders};
use hui_operations::record_refunds::RefundReceipt;
use hui_store::refunds::RefundRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::problems::no_member;
use crate::refunds::{RefundReceiptBody, RefundStatus};
use crate::wire::schemas::OrderStatusSchema;

/// An order with its lines and refunds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderBody {
    #[schema(value_type = String)]
    order_id: OrderId,
    channel: String,
    /// The channel's number; with the channel its natural key.
    order_no: String,
    /// The shop of the channel.
    #[schema(required)]
    shop: Option<String>,
    /// The cashier or guide.
    #[schema(required)]
    staff: Option<String>,
    /// The code or place that led to it.
    #[schema(required)]
    touchpoint: Option<String>,
    /// How far it has come; it never goes back.
    #[schema(value_type = OrderStatusSchema)]
    status: Status,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    placed_at: Option<Timestamp>,
    /// When it was paid: its effective time.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// The member it counts for; null where nobody was recognised.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The whole payment, in fen.
    #[schema(value_type = i64)]
    paid: Money,
    /// What of it was for shipping, in fen; earns nothing.
    #[schema(value_type = i64)]
    shipping: Money,
    /// What was refunded of the lines so far, in fen.
    #[schema(value_type = i64)]
    refunded: Money,
    lines: Vec<OrderLineBody>,
    /// The points it earned, refunds not taken off.
    #[schema(value_type = i64)]
    points: Points,
    /// The growth it earned, refunds not taken off.
    #[schema(value_type = i64)]
    growth: Points,
    /// The version of the rules that counted; null where it earned nothing.
    #[schema(required)]
    rule_version: Option<i64>,
    /// Earliest first.
    refunds: Vec<OrderRefundBody>,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLineBody {
    /// The line's number within the order.
    line_no: String,
    /// The product.
    sku: String,
    /// The category path, such as `skincare/serum`.
    #[schema(required)]
    category: Option<String>,
    /// Pieces sold.
    #[schema(minimum = 1)]
    quantity: i64,
    /// List price of a piece, in fen.
    #[schema(value_type = i64)]
    unit_price: Money,
    /// What was paid for the line, in fen: the base of earning.
    #[schema(value_type = i64)]
    paid: Money,
    /// The points it earned.
    #[schema(value_type = i64)]
    points: Points,
    /// The growth it earned.
    #[schema(value_type = i64)]
    growth: Points,
    /// Money refunded of it so far, in fen.
    #[schema(value_type = i64)]
    refunded: Money,
    /// Pieces returned so far.
    returned: i64,
    /// Points that refunds took back so far.
    #[schema(value_type = i64)]
    points_taken: Points,
    /// Growth that refunds took back so far.
    #[schema(value_type = i64)]
    growth_taken: Points,
}

/// A refund of an order, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderRefundBody {
    #[schema(value_type = String)]
    refund_id: RefundId,
    /// The channel's number of the refund.
    refund_no: String,
    status: RefundStatus,
    #[schema(value_type = String, format = DateTime)]
    refunded_at: Timestamp,
    /// The money of all its lines, in fen.
    #[schema(value_type = i64)]
    amount: Money,
    /// What it did, as its caller was told; null while it waits or when it was given up.
    #[schema(required)]
    receipt: Option<RefundReceiptBody>,
}

impl From<RecordedLine> for OrderLineBody {
    fn from(line: RecordedLine) -> Self {
        Self {
            line_no: line.line_no,
            sku: line.sku,
            category: line.category,
            quantity: line.quantity,
            unit_price: line.unit_price,
            paid: line.paid,
            points: line.points,
            growth: line.growth,
            refunded: line.refunded,
            returned: line.returned,
            points_taken: line.points_taken,
            growth_taken: line.growth_taken,
        }
    }
}

impl From<(RefundRow, Option<RefundReceipt>)> for OrderRefundBody {
    fn from((row, receipt): (RefundRow, Option<RefundReceipt>)) -> Self {
        Self {
            refund_id: row.id,
            refund_no: row.refund_no,
            status: row.state.into(),
            refunded_at: row.refunded_at,
            amount: row.amount,
            receipt: receipt.map(Into::into),
        }
    }
}

impl From<OrderView> for OrderBody {
    fn from(view: OrderView) -> Self {
        let row = view.row;
        Self {
            order_id: row.id,
            channel: row.key.channel,
            order_no: row.key.order_no,
            shop: row.shop,
            staff: row.staff,
            touchpoint: row.touchpoint,
            status: row.status,
            placed_at: row.placed_at,
            paid_at: row.paid_at,
            completed_at: row.completed_at,
            closed_at: row.closed_at,
            member_id: row.member,
            paid: row.paid,
            shipping: row.shipping,
            refunded: row.refunded,
            lines: row.lines.into_iter().map(OrderLineBody::from).collect(),
            points: row.points,
            growth: row.growth,
            rule_version: row.rule_version,
            refunds: view.refunds.into_iter().map(OrderRefundBody::from).collect(),
        }
    }
}

/// A member's orders, latest first
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/orders",
    tag = "orders",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<OrderBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::OrdersRead>,
    At(id): At<MemberId>,
    Asked(PageQuery { limit, cursor }): Asked<PageQuery>,
) -> Result<Json<Page<OrderBody>>, Problem> {
    let (size, before) = asked(limit.as_deref(), cursor.as_deref())?;
    let before = before.map(|[at, order]| (at, OrderId(order)));
    let found = allowed
        .run(async move |hui, actor| read_orders(hui, actor, id, before, size).await)
        .await?;
    let (views, next) = found.ok_or_else(|| no_member(id))?;
    Ok(Json(Page::of(views, next.map(|(at, order)| [at, order.0]))))
}

/// One order by its channel and number
#[utoipa::path(
    get,
    path = "/api/v1/orders/{channel}/{order_no}",
    tag = "orders",
    params(
        ("channel" = String, Path, description = "The channel"),
        ("order_no" = String, Path, description = "The channel's number")
    ),
    responses((status = OK, body = OrderBody)),
    extensions(("x-problem-codes" = json!([codes::ORDER_UNKNOWN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::OrdersRead>,
    At((channel, order_no)): At<(String, String)>,
) -> Result<Json<OrderBody>, Problem> {
    let key = OrderKey { channel, order_no };
    let view = allowed.run(async move |hui, actor| read_order(hui, actor, &key).await).await?;
    view.map(|view| Json(view.into()))
        .ok_or_else(|| Problem::new(&codes::ORDER_UNKNOWN, "there is no such order"))
}
