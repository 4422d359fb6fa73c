//! What a refund would do, before it is recorded.

use axum::Json;
use hui_loyalty::amounts::Money;
use hui_loyalty::ids::LotId;
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_operations::record_refunds::{PointsBack, RefundQuoteView, quote_refund};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WalletPartsBody;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::params::At;
use crate::problem::Problem;
use crate::refunds::NewRefundLineBody;
use crate::wire::Amount;

/// What is to be refunded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lines": [{"line_no": "1", "quantity": 1, "amount": 9950}]}))]
pub(crate) struct RefundAskedBody {
    /// What of which line; may be empty where shipping goes back.
    lines: Vec<NewRefundLineBody>,
    /// What of the shipping, in the measure of what was paid for it, in fen.
    #[serde(default)]
    #[schema(value_type = i64)]
    shipping: Amount,
}

/// Whether the discounts of what is kept still have what they needed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThresholdWord {
    /// All of them.
    Kept,
    /// Not all.
    Lost,
}

impl ThresholdWord {
    pub(crate) const fn of(is_lost: bool) -> Self {
        if is_lost { Self::Lost } else { Self::Kept }
    }
}

/// Points that come back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointsBackBody {
    /// The lot they came from; null where that has ended and they form a new one.
    #[schema(required, value_type = Option<String>)]
    lot: Option<LotId>,
    points: i64,
    /// When they end.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<PointsBack> for PointsBackBody {
    fn from(back: PointsBack) -> Self {
        Self { lot: back.lot, points: back.points.0, expires_at: back.expires_at }
    }
}

/// Points that are taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClawBackBody {
    /// All that the refunded lines had earned and that is taken, owed or withheld for.
    points: i64,
    /// From the order's lot, not yet available.
    from_pending: i64,
    /// From what can be spent.
    from_available: i64,
    /// What is owed then.
    debt: i64,
    /// Money to be withheld instead, in fen, by policy.
    withhold: i64,
}

/// What a refund would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundQuoteBody {
    /// In money, in fen, before `claw_back.withhold`.
    money_back: i64,
    points_back: Vec<PointsBackBody>,
    wallet_back: WalletPartsBody,
    /// Codes of coupons that can be used again.
    coupons_back: Vec<String>,
    claw_back: ClawBackBody,
    threshold: ThresholdWord,
    /// Growth taken back.
    growth: i64,
}

impl From<RefundQuoteView> for RefundQuoteBody {
    fn from(view: RefundQuoteView) -> Self {
        let points = view.receipt.points;
        let tenders = view.receipt.tenders;
        Self {
            money_back: view.money.0,
            points_back: view.points.into_iter().map(Into::into).collect(),
            wallet_back: tenders.map_or(WalletPartsBody::default(), |tenders| WalletPartsBody {
                principal: tenders.principal.0,
                bonus: tenders.bonus.0,
            }),
            coupons_back: view.receipt.coupons,
            claw_back: ClawBackBody {
                points: points.clawed_back.plus(points.debt).plus(points.written_off).0,
                from_pending: points.from_pending.0,
                from_available: points.clawed_back.minus(points.from_pending).0,
                debt: points.debt.0,
                withhold: points.withhold.0,
            },
            threshold: ThresholdWord::of(tenders.is_some_and(|tenders| tenders.lost_threshold)),
            growth: view.receipt.growth.0,
        }
    }
}

/// What a refund would do
///
/// Nothing changes; a refund of the same lines that is recorded next does exactly that.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{channel}/{order_no}/refunds/quote",
    tag = "checkout",
    params(
        ("channel" = String, Path, description = "The order's channel"),
        ("order_no" = String, Path, description = "The order's number there")
    ),
    request_body = RefundAskedBody,
    responses((status = OK, body = RefundQuoteBody)),
    extensions(("x-problem-codes" = json!([
        codes::ORDER_UNKNOWN.name, codes::REFUND_EXCEEDS.name, codes::REFUND_EMPTY.name,
        codes::REFUND_LINE_UNKNOWN.name, codes::REFUND_ORDER_NOT_PAID.name,
        codes::CHANNEL_UNKNOWN.name, codes::CHANNEL_INVALID.name, codes::SHOP_HIDDEN.name,
        codes::LINES_MISSING.name, codes::LINES_TOO_MANY.name, codes::LINES_REPEATED.name,
        codes::AMOUNT_OUT_OF_RANGE.name, codes::QUANTITY_OUT_OF_RANGE.name,
        codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name,
        codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn quote(
    allowed: Allowed<needs::OrdersRead>,
    At((channel, order_no)): At<(String, String)>,
    Input(asked): Input<RefundAskedBody>,
) -> Result<Json<RefundQuoteBody>, Problem> {
    let lines = asked.lines.into_iter().map(NewRefundLineBody::line).collect();
    let key = OrderKey { channel, order_no };
    let shipping = Money(asked.shipping.0);
    let view = allowed
        .run(async move |hui, actor| quote_refund(hui, actor, key, lines, shipping).await)
        .await?;
    Ok(Json(view.into()))
}
