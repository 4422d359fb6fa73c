//! Refunds: recorded once each; one that comes before its order waits for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hui_loyalty::amounts::Money;
use hui_loyalty::ids::RefundId;
use hui_loyalty::orders::{OrderKey, Refund, RefundLine};
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::list_refunds;
use hui_operations::record_refunds::{RefundAnswer, RefundReceipt, RefundRequest, RefundedTenders};
use hui_store::refunds::{RefundRow, RefundState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::checkout::WalletPartsBody;
use crate::checkout::refunds::ThresholdWord;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::{Page, asked};
use crate::params::Asked;
use crate::problem::Problem;
use crate::wire::{Amount, Refusals};

/// A refund to be recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "douyin", "order_no": "6921000000000000001", "refund_no": "R1",
    "refunded_at": "2026-05-03T09:00:00+08:00",
    "lines": [{"line_no": "1", "quantity": 1, "amount": 9950}]
}))]
pub(crate) struct NewRefundBody {
    /// The channel's name.
    channel: String,
    /// The order's number there.
    order_no: String,
    /// The number the channel gave the refund; with the channel its natural key.
    refund_no: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    refunded_at: Timestamp,
    /// What of which line; may be empty where shipping goes back.
    lines: Vec<NewRefundLineBody>,
    /// What of the shipping, in the measure of what was paid for it, in fen.
    #[serde(default)]
    #[schema(value_type = i64)]
    shipping: Amount,
}

/// What a refund gives back of one line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefundLineBody {
    /// The line of the order.
    line_no: String,
    /// Pieces returned; zero when only money goes back.
    #[serde(default)]
    #[schema(value_type = i64)]
    quantity: Amount,
    /// Money in the measure of the line's `paid`, in fen.
    #[serde(default)]
    #[schema(value_type = i64)]
    amount: Amount,
}

impl NewRefundLineBody {
    pub(crate) fn line(self) -> RefundLine {
        RefundLine {
            line_no: self.line_no,
            quantity: self.quantity.0,
            amount: Money(self.amount.0),
        }
    }
}

impl NewRefundBody {
    fn refund(self) -> Result<Refund, Problem> {
        let refund = Refund {
            order: OrderKey { channel: self.channel, order_no: self.order_no },
            refund_no: self.refund_no,
            refunded_at: self.refunded_at,
            lines: self.lines.into_iter().map(NewRefundLineBody::line).collect(),
            shipping: Money(self.shipping.0),
        };
        let mut refusals = Refusals::default();
        refusals.extend(refund.check());
        refusals.into_result()?;
        Ok(refund)
    }
}

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    /// Its order has not been seen yet.
    Waiting,
    /// Applied.
    Done,
    /// Its order never came, or it did not fit the order.
    Dead,
}

impl From<RefundState> for RefundStatus {
    fn from(state: RefundState) -> Self {
        match state {
            RefundState::Waiting => Self::Waiting,
            RefundState::Done => Self::Done,
            RefundState::Dead => Self::Dead,
        }
    }
}

impl From<RefundStatus> for RefundState {
    fn from(status: RefundStatus) -> Self {
        match status {
            RefundStatus::Waiting => Self::Waiting,
            RefundStatus::Done => Self::Done,
            RefundStatus::Dead => Self::Dead,
        }
    }
}

/// What a refund did, or that it waits for its order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundReceiptBody {
    #[schema(value_type = String)]
    refund_id: RefundId,
    /// `done`, or `waiting` for its order.
    status: RefundStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<RefundedPointsBody>,
    /// Growth taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<i64>,
    /// Coupons that came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupons: Option<Vec<String>>,
    /// What goes back to whom, of an order that came by a checkout lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenders: Option<RefundedTendersBody>,
}

/// What goes back to those who paid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundedTendersBody {
    /// In money, in fen.
    money_back: i64,
    wallet_back: WalletPartsBody,
    /// Money withheld altogether for discounts that lost their threshold, in fen.
    withheld: i64,
    threshold: ThresholdWord,
}

impl From<RefundedTenders> for RefundedTendersBody {
    fn from(tenders: RefundedTenders) -> Self {
        Self {
            money_back: tenders.money.0,
            wallet_back: WalletPartsBody { principal: tenders.principal.0, bonus: tenders.bonus.0 },
            withheld: tenders.withheld.0,
            threshold: ThresholdWord::of(tenders.lost_threshold),
        }
    }
}

/// What a refund did to points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundedPointsBody {
    /// Points spent on the order that came back.
    restored: i64,
    /// Points taken from lots.
    clawed_back: i64,
    /// Points of the order that had expired unused: nothing is charged for them.
    lapsed: i64,
    /// Points owed now.
    debt: i64,
    /// Points nobody owes, by policy.
    written_off: i64,
    /// Money to be withheld, in fen, by policy.
    withhold: i64,
}

impl From<RefundReceipt> for RefundReceiptBody {
    fn from(receipt: RefundReceipt) -> Self {
        let points = receipt.points;
        Self {
            refund_id: receipt.refund_id,
            status: RefundStatus::Done,
            points: Some(RefundedPointsBody {
                restored: points.restored.0,
                clawed_back: points.clawed_back.0,
                lapsed: points.lapsed.0,
                debt: points.debt.0,
                written_off: points.written_off.0,
                withhold: points.withhold.0,
            }),
            growth: Some(receipt.growth.0),
            coupons: Some(receipt.coupons),
            tenders: receipt.tenders.map(Into::into),
        }
    }
}

impl RefundReceiptBody {
    const fn waiting(refund_id: RefundId) -> Self {
        let status = RefundStatus::Waiting;
        Self { refund_id, status, points: None, growth: None, coupons: None, tenders: None }
    }
}

/// Record a refund
///
/// The channel and the refund's number are its key: sent again it is answered the
/// same. Before its order is known it waits, answered with 202.
#[utoipa::path(
    post,
    path = "/api/v1/refunds",
    tag = "orders",
    params(OptionalKeyHeader),
    request_body = NewRefundBody,
    responses(
        (status = OK, description = "Applied", body = RefundReceiptBody),
        (status = ACCEPTED, description = "It waits for its order", body = RefundReceiptBody)
    ),
    extensions(("x-problem-codes" = json!([
        codes::REFUND_CHANGED.name, codes::REFUND_EXCEEDS.name, codes::REFUND_EMPTY.name,
        codes::REFUND_LINE_UNKNOWN.name, codes::REFUND_ORDER_NOT_PAID.name,
        codes::CHANNEL_UNKNOWN.name, codes::CHANNEL_INVALID.name, codes::SHOP_HIDDEN.name,
        codes::LINES_MISSING.name, codes::LINES_TOO_MANY.name, codes::LINES_REPEATED.name,
        codes::AMOUNT_OUT_OF_RANGE.name, codes::QUANTITY_OUT_OF_RANGE.name,
        codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name,
        codes::TIME_FUTURE.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn record(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(refund): Input<NewRefundBody>,
) -> Result<Answer<RefundReceiptBody>, Problem> {
    let key = key.map(|key| request_key("refunds", key, &"", &refund));
    let request = RefundRequest { refund: refund.refund()?, key };
    let answer = app.committer.record_refund(&Arc::new(allowed.actor), request).await??;
    let (status, body) = match answer.receipt {
        RefundAnswer::Done(receipt) => (StatusCode::OK, receipt.into()),
        RefundAnswer::Waiting { refund_id } => {
            (StatusCode::ACCEPTED, RefundReceiptBody::waiting(refund_id))
        }
    };
    Ok(Answer { status, body, replayed: answer.replayed })
}

/// A refund as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundBody {
    #[schema(value_type = String)]
    refund_id: RefundId,
    channel: String,
    /// The order's number there.
    order_no: String,
    /// The channel's number of the refund.
    refund_no: String,
    status: RefundStatus,
    #[schema(value_type = String, format = DateTime)]
    refunded_at: Timestamp,
    /// The money of all its lines and of the shipping, in fen.
    #[schema(value_type = i64)]
    amount: Money,
    /// What of it is of the shipping.
    #[schema(value_type = i64)]
    shipping: Money,
    /// Why it is dead.
    #[schema(required)]
    problem: Option<String>,
    /// Until when it waits for its order; from that instant on it is dead.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    waits_until: Option<Timestamp>,
}

impl From<RefundRow> for RefundBody {
    fn from(row: RefundRow) -> Self {
        Self {
            refund_id: row.id,
            channel: row.order_key.channel,
            order_no: row.order_key.order_no,
            refund_no: row.refund_no,
            status: row.state.into(),
            refunded_at: row.refunded_at,
            amount: row.amount,
            shipping: row.shipping,
            problem: row.problem,
            waits_until: row.waits_until,
        }
    }
}

/// Which refunds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefundsQuery {
    /// Of this status; those that wait where left out.
    status: Option<RefundStatus>,
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Refunds that wait for their order, were applied or were given up, latest first
#[utoipa::path(
    get,
    path = "/api/v1/refunds",
    tag = "orders",
    params(RefundsQuery),
    responses((status = OK, body = Page<RefundBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::OrdersRead>,
    Asked(RefundsQuery { status, limit, cursor }): Asked<RefundsQuery>,
) -> Result<Json<Page<RefundBody>>, Problem> {
    let (size, before) = asked(limit.as_deref(), cursor.as_deref())?;
    let before = before.map(|[id]| RefundId(id));
    let state = status.unwrap_or(RefundStatus::Waiting).into();
    let (rows, next) = allowed
        .run(async move |hui, actor| list_refunds(hui, actor, state, before, size).await)
        .await?;
    Ok(Json(Page::of(rows, next.map(|id| [id.0]))))
}
