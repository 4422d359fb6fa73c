//! Checkout locks: everything a checkout needs, held for its order.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hui_loyalty::ids::{LockId, LotId, MemberId, OrderId, QuoteId};
use hui_loyalty::time::Timestamp;
use hui_operations::checkout::confirming::order_of_lock;
use hui_operations::checkout::locks::{
    LockPart, LockReceipt, LockRequest, LockStep, LotPart, Wanted, read_lock,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CartLineBody, MemberRefBody, OffersBody, QuoteBody};
use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::orders::OrderReceiptBody;
use crate::params::At;
use crate::problem::Problem;
use crate::threads::aside;
use crate::wire::{Amount, Refusals, quarter_of_an_hour};

/// A cart to be locked for an order: the body of a quote, or the number of one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order_no": "T0001-20260501-0042", "ttl_s": 900, "member": {"id": "M0000000000001A"},
    "channel": "pos", "shop": "S0001",
    "lines": [{"line_no": "1", "sku": "A1", "quantity": 2, "unit_price": 9950}],
    "offers": {"coupons": "best", "points": {"use": "max"}}
}))]
pub(crate) struct NewLockBody {
    /// The number the order will have on its channel; with the channel the lock's natural key.
    order_no: String,
    /// For how many seconds: 1 to 604,800; 900 where left out.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(value_type = i64, default = 900)]
    ttl_s: Amount,
    /// The quote; then nothing of a cart is given. Still priced the same, or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    quote_id: Option<QuoteId>,
    /// Who buys; nobody known where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<MemberRefBody>,
    /// The channel's name; needed without a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// The shop of the channel; for `pos` the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The cashier or guide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
    /// The code or place that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    touchpoint: Option<String>,
    /// What the caller's clock says; at most five minutes from the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// The products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<CartLineBody>>,
    /// What delivery costs, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    shipping: Option<Amount>,
    /// What is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offers: Option<OffersBody>,
}

impl NewLockBody {
    fn step(self) -> Result<LockStep, Problem> {
        let mut refusals = Refusals::default();
        let order_no = refusals.text("/order_no", &self.order_no, 128);
        let ttl_s = self.ttl_s.0;
        check_ttl(ttl_s, &mut refusals);
        let has_cart = self.channel.is_some() || self.lines.is_some() || self.offers.is_some();
        if self.quote_id.is_some() == has_cart {
            refusals.add("/quote_id", &codes::INPUT_REFUSED, "give a cart or name a quote");
        }
        refusals.into_result()?;
        let what = if let Some(quote) = self.quote_id {
            Wanted::Quote(quote)
        } else {
            let cart = QuoteBody {
                member: self.member,
                channel: self.channel.unwrap_or_default(),
                shop: self.shop,
                staff: self.staff,
                touchpoint: self.touchpoint,
                at: self.at,
                lines: self.lines.unwrap_or_default(),
                shipping: self.shipping.unwrap_or_default(),
                offers: self.offers.unwrap_or_default(),
            };
            let (request, at) = cart.request()?;
            Wanted::Cart(Box::new(request), at)
        };
        Ok(LockStep::Hold { what, order_no, ttl_s })
    }
}

fn check_ttl(ttl_s: i64, refusals: &mut Refusals) {
    if !(1..=hui_operations::move_points::HOLD_SECONDS_MAX).contains(&ttl_s) {
        refusals.add("/ttl_s", &codes::TTL_OUT_OF_RANGE, "from 1 to 604800 seconds");
    }
}

/// What a lot gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LotPartBody {
    #[schema(value_type = String)]
    lot_id: LotId,
    points: i64,
}

impl From<LotPart> for LotPartBody {
    fn from(part: LotPart) -> Self {
        Self { lot_id: part.lot_id, points: part.points.0 }
    }
}

/// What a lock holds of one asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LockPartBody {
    /// `points`, `wallet`, `coupon`, `quota` or `stock`.
    asset: String,
    /// Which: the coupon's code, the promotion's name, the gift's product, the lock itself for
    /// points and wallet.
    r#ref: String,
    /// How many points, or pieces of stock; of the others fen that are paid or taken off.
    amount: i64,
    /// The lots of points, in the order in which they are spent.
    lots: Vec<LotPartBody>,
}

impl From<LockPart> for LockPartBody {
    fn from(part: LockPart) -> Self {
        Self {
            asset: part.asset,
            r#ref: part.reference,
            amount: part.amount,
            lots: part.lots.into_iter().map(Into::into).collect(),
        }
    }
}

/// How a lock stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LockBody {
    #[schema(value_type = String)]
    lock_id: LockId,
    /// `held`, `confirmed`, `cancelled`, or `released` once it timed out.
    state: String,
    /// Free again from this instant on.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    channel: String,
    order_no: String,
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The order that confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order_id: Option<OrderId>,
    /// What is left to pay in money, in fen.
    to_pay: i64,
    parts: Vec<LockPartBody>,
    /// Who pays which part of which line: line, part, fen. A part is `money`, `points`,
    /// `wallet_principal`, `wallet_bonus` or `coupon:` with the code.
    #[schema(value_type = Vec<Vec<Object>>)]
    allocation: Vec<(String, String, i64)>,
}

impl From<LockReceipt> for LockBody {
    fn from(receipt: LockReceipt) -> Self {
        let cell = |(line, part, amount): (String, String, hui_loyalty::amounts::Money)| {
            (line, part, amount.0)
        };
        Self {
            lock_id: receipt.lock_id,
            state: receipt.state,
            until: receipt.until,
            channel: receipt.channel,
            order_no: receipt.order_no,
            member_id: receipt.member_id,
            order_id: receipt.order_id,
            to_pay: receipt.to_pay.0,
            parts: receipt.parts.into_iter().map(Into::into).collect(),
            allocation: receipt.allocation.into_iter().map(cell).collect(),
        }
    }
}

async fn take(
    app: Arc<App>,
    allowed: Allowed<needs::Checkout>,
    request: LockRequest,
) -> Result<Answer<LockBody>, Problem> {
    let answer = app.committer.step_lock(&Arc::new(allowed.actor), request).await??;
    Ok(Answer::of(answer))
}

/// Hold everything a checkout needs, for its order
///
/// All or nothing: points, coupons, promotions' quotas, gifts. What is named and cannot be had as asked
/// is refused; `best` and `max` take what is there. The same body again is answered the same.
#[utoipa::path(
    post,
    path = "/api/v1/checkout/locks",
    tag = "checkout",
    params(OptionalKeyHeader),
    request_body = NewLockBody,
    responses((status = OK, body = LockBody)),
    extensions(("x-problem-codes" = json!([
        codes::CHECKOUT_UNAVAILABLE.name, codes::CHECKOUT_LOCK_DIFFERS.name,
        codes::CHECKOUT_LOCK_CONFIRMED.name, codes::CHECKOUT_QUOTE_UNKNOWN.name,
        codes::CHECKOUT_QUOTE_CHANGED.name, codes::MEMBER_UNKNOWN.name,
        codes::CHANNEL_UNKNOWN.name, codes::SHOP_HIDDEN.name, codes::LINES_MISSING.name,
        codes::LINES_REPEATED.name, codes::LINES_TOO_MANY.name, codes::AMOUNT_OUT_OF_RANGE.name,
        codes::QUANTITY_OUT_OF_RANGE.name, codes::TTL_OUT_OF_RANGE.name, codes::TIME_FUTURE.name,
        codes::TIME_PAST.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name,
        codes::CART_TOO_LARGE.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn hold(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Checkout>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewLockBody>,
) -> Result<Answer<LockBody>, Problem> {
    let key = key.map(|key| request_key("checkout/locks", key, &"", &body));
    take(app, allowed, LockRequest { step: body.step()?, key }).await
}

/// How a lock stands
///
/// Also after it was confirmed, cancelled or timed out: what it held then, and its order.
#[utoipa::path(
    get,
    path = "/api/v1/checkout/locks/{id}",
    tag = "checkout",
    params(("id" = String, Path, description = "The lock")),
    responses((status = OK, body = LockBody)),
    extensions(("x-problem-codes" = json!([
        codes::CHECKOUT_LOCK_UNKNOWN.name, codes::SHOP_HIDDEN.name
    ])))
)]
pub(crate) async fn read(
    allowed: Allowed<needs::Checkout>,
    At(lock): At<LockId>,
) -> Result<Json<LockBody>, Problem> {
    let receipt = allowed.run(async move |hui, actor| read_lock(hui, actor, lock).await).await?;
    Ok(Json(receipt.into()))
}

/// For how much longer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendBody {
    /// For how many seconds from now: 1 to 604,800; 900 where left out.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(value_type = i64, default = 900)]
    ttl_s: Amount,
}

/// Keep a lock for longer
///
/// Never for less than it had. After its time-out: `checkout.lock_lost`.
#[utoipa::path(
    post,
    path = "/api/v1/checkout/locks/{id}/extend",
    tag = "checkout",
    params(("id" = String, Path, description = "The lock"), OptionalKeyHeader),
    request_body = ExtendBody,
    responses((status = OK, body = LockBody)),
    extensions(("x-problem-codes" = json!([
        codes::CHECKOUT_LOCK_UNKNOWN.name, codes::CHECKOUT_LOCK_LOST.name,
        codes::CHECKOUT_LOCK_CONFIRMED.name, codes::CHECKOUT_LOCK_CANCELLED.name,
        codes::TTL_OUT_OF_RANGE.name, codes::SHOP_HIDDEN.name
    ])))
)]
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Checkout>,
    At(lock): At<LockId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<ExtendBody>,
) -> Result<Answer<LockBody>, Problem> {
    let key = key.map(|key| request_key("checkout/locks/extend", key, &lock, &body));
    let mut refusals = Refusals::default();
    check_ttl(body.ttl_s.0, &mut refusals);
    refusals.into_result()?;
    let step = LockStep::Extend { lock, ttl_s: body.ttl_s.0 };
    take(app, allowed, LockRequest { step, key }).await
}

/// Give back what a lock holds
///
/// Also after its time-out: then it cannot be confirmed any more.
#[utoipa::path(
    post,
    path = "/api/v1/checkout/locks/{id}/cancel",
    tag = "checkout",
    params(("id" = String, Path, description = "The lock"), OptionalKeyHeader),
    responses((status = OK, body = LockBody)),
    extensions(("x-problem-codes" = json!([
        codes::CHECKOUT_LOCK_UNKNOWN.name, codes::CHECKOUT_LOCK_CONFIRMED.name,
        codes::SHOP_HIDDEN.name
    ])))
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Checkout>,
    At(lock): At<LockId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<LockBody>, Problem> {
    let key = key.map(|key| request_key("checkout/locks/cancel", key, &lock, &()));
    take(app, allowed, LockRequest { step: LockStep::Cancel(lock), key }).await
}

/// The order of a lock is paid.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    /// The order's number; the one the lock was taken for.
    order_no: String,
    /// When it was paid; now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
}

/// Record the order of a lock, paid
///
/// What the lock holds is spent with it. After the time-out the very same parts are taken again;
/// where they are gone: `checkout.lock_lost`. The order may be recorded by another path as well.
#[utoipa::path(
    post,
    path = "/api/v1/checkout/locks/{id}/confirm",
    tag = "checkout",
    params(("id" = String, Path, description = "The lock"), OptionalKeyHeader),
    request_body = ConfirmBody,
    responses((status = OK, body = OrderReceiptBody)),
    extensions(("x-problem-codes" = json!([
        codes::CHECKOUT_LOCK_UNKNOWN.name, codes::CHECKOUT_LOCK_LOST.name,
        codes::CHECKOUT_LOCK_DIFFERS.name, codes::CHECKOUT_LOCK_CANCELLED.name,
        codes::CHECKOUT_OTHER_MEMBER.name, codes::CHECKOUT_ORDER_OVER.name, codes::ORDER_CHANGED.name, codes::SHOP_HIDDEN.name,
        codes::TIME_FUTURE.name
    ])))
)]
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Checkout>,
    At(lock): At<LockId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<ConfirmBody>,
) -> Result<Answer<OrderReceiptBody>, Problem> {
    let key = key.map(|key| request_key("checkout/locks/confirm", key, &lock, &body));
    let (actor, asker) = (allowed.actor.clone(), Arc::clone(&app));
    let found = aside(move || async move {
        let ConfirmBody { order_no, paid_at } = &body;
        order_of_lock(&asker.operations, &actor, lock, order_no, *paid_at).await
    })
    .await?;
    let mut request = found.map_err(|error| crate::problems::store_failed(&error))??;
    request.key = key;
    let answer = app.record_order(allowed.actor, request).await?;
    Ok(Answer::of(answer))
}
