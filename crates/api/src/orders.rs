//! Orders: recorded once each, alone or in batches.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{EntryId, MemberId, OrderId, ReviewId};
use hui_loyalty::members::Profile;
use hui_loyalty::orders::{Line, Order, OrderKey, Status};
use hui_loyalty::time::Timestamp;
use hui_operations::actor::Actor;
use hui_operations::record_orders::{OrderReceipt, OrderRequest, record_orders};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::{self, BATCH_BYTES_MAX, Input};
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::problem::{Language, Problem, ProblemBody};
use crate::threads::aside;
use crate::wire::schemas::{GenderSchema, OrderStatusSchema};
use crate::wire::{Amount, ClaimBody, Refusals, claims};

pub(crate) mod known;

/// The most orders of one batch.
const BATCH_MAX: usize = 1_000;

/// An order to be recorded, or a later word about one that was.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "douyin", "shop": "dy-flagship", "order_no": "6921000000000000001", "status": "paid",
    "placed_at": "2026-05-01T10:00:00+08:00", "paid_at": "2026-05-01T10:01:00+08:00",
    "buyer": {"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]},
    "lines": [{"line_no": "1", "sku": "A1", "category": "skincare/serum", "quantity": 2, "unit_price": 9950, "paid": 19900}],
    "shipping": 0, "paid": 19900
}))]
pub(crate) struct NewOrderBody {
    /// The channel's name.
    channel: String,
    /// The shop of the channel; for `pos` the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The number the channel gave it; with the channel its natural key.
    order_no: String,
    /// How far it has come; it never goes back.
    #[schema(value_type = OrderStatusSchema)]
    status: Status,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    placed_at: Option<Timestamp>,
    /// When it was paid; needed from status `paid` on. Points count from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    /// When it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// Who bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    buyer: Option<BuyerBody>,
    /// At least one line.
    lines: Vec<NewLineBody>,
    /// What was paid for shipping, in fen.
    #[serde(default)]
    #[schema(value_type = i64)]
    shipping: Amount,
    /// The whole payment: the lines and the shipping. Left out, it is their sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    paid: Option<Amount>,
    /// The cashier or guide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
    /// The code or place that led to the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    touchpoint: Option<String>,
}

/// Who bought.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuyerBody {
    /// The ways to recognise the buyer.
    #[serde(default)]
    identities: Vec<ClaimBody>,
    /// The name; fills an empty one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The gender; fills an empty one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<GenderSchema>)]
    gender: Option<hui_loyalty::members::Gender>,
    /// The date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    birthday: Option<hui_loyalty::time::CalendarDate>,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLineBody {
    /// The line's number within the order.
    line_no: String,
    /// The product.
    sku: String,
    /// The category path, such as `skincare/serum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Pieces, at least one.
    #[schema(value_type = i64)]
    quantity: Amount,
    /// List price of a piece, in fen; left out, it is zero.
    #[serde(default)]
    #[schema(value_type = i64)]
    unit_price: Amount,
    /// What the customer paid for the line, in fen.
    #[schema(value_type = i64)]
    paid: Amount,
}

impl NewOrderBody {
    /// The order as the rules know it; what is wrong with its identities is a problem.
    fn order(self) -> Result<Order, Problem> {
        let mut refusals = Refusals::default();
        let (identities, profile) = match self.buyer {
            Some(buyer) => {
                let profile =
                    Profile { name: buyer.name, gender: buyer.gender, birthday: buyer.birthday };
                (claims(&buyer.identities, "/buyer/identities", &mut refusals), profile)
            }
            None => (Vec::new(), Profile::default()),
        };
        let lines: Vec<Line> = self
            .lines
            .into_iter()
            .map(|line| Line {
                line_no: line.line_no,
                sku: line.sku,
                category: line.category,
                quantity: line.quantity.0,
                unit_price: Money(line.unit_price.0),
                paid: Money(line.paid.0),
            })
            .collect();
        let shipping = Money(self.shipping.0);
        let sum = lines.iter().map(|line| line.paid).sum::<Money>().plus(shipping);
        let order = Order {
            key: OrderKey { channel: self.channel, order_no: self.order_no },
            shop: self.shop,
            status: self.status,
            placed_at: self.placed_at,
            paid_at: self.paid_at,
            completed_at: self.completed_at,
            claims: identities,
            profile,
            lines,
            shipping,
            paid: self.paid.map_or(sum, |paid| Money(paid.0)),
            staff: self.staff,
            touchpoint: self.touchpoint,
        };
        refusals.extend(order.check());
        refusals.into_result()?;
        Ok(order)
    }
}

/// What recording an order did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderReceiptBody {
    #[schema(value_type = String)]
    order_id: OrderId,
    /// The member it counts for; null where nobody was recognised.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// Whether it made the member.
    created_member: bool,
    points: EarnedBody,
    /// The growth of this order.
    growth: i64,
    /// The member's tier after it; null where nobody was recognised.
    #[schema(required)]
    tier: Option<String>,
    /// The ledger entries it wrote.
    #[schema(value_type = Vec<String>)]
    entries: Vec<EntryId>,
    /// The review it raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    review_id: Option<ReviewId>,
}

/// Points of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarnedBody {
    /// The whole lot.
    earned: i64,
    /// What of it is not yet available.
    pending: i64,
    /// What of it paid debt at once.
    debt_repaid: i64,
}

impl From<OrderReceipt> for OrderReceiptBody {
    fn from(receipt: OrderReceipt) -> Self {
        Self {
            order_id: receipt.order_id,
            member_id: receipt.member_id,
            created_member: receipt.created_member,
            points: EarnedBody {
                earned: receipt.points.earned.0,
                pending: receipt.points.pending.0,
                debt_repaid: receipt.points.debt_repaid.0,
            },
            growth: receipt.growth.0,
            tier: receipt.tier,
            entries: receipt.entries,
            review_id: receipt.review_id,
        }
    }
}

/// Why an order is not recorded.
const RECORDING: [&str; 27] = [
    codes::ORDER_CHANGED.name,
    codes::ORDER_TOTAL_MISMATCH.name,
    codes::ORDER_PAID_AT_MISSING.name,
    codes::CHANNEL_UNKNOWN.name,
    codes::CHANNEL_INVALID.name,
    codes::SHOP_INVALID.name,
    codes::SHOP_HIDDEN.name,
    codes::LINES_MISSING.name,
    codes::LINES_TOO_MANY.name,
    codes::LINES_REPEATED.name,
    codes::AMOUNT_OUT_OF_RANGE.name,
    codes::QUANTITY_OUT_OF_RANGE.name,
    codes::TEXT_EMPTY.name,
    codes::TEXT_TOO_LONG.name,
    codes::TEXT_CONTROL_CHARACTER.name,
    codes::TIME_FUTURE.name,
    codes::TIME_ORDER.name,
    codes::IDENTITY_KIND_UNKNOWN.name,
    codes::IDENTITY_PHONE_INVALID.name,
    codes::IDENTITY_PHONE_LANDLINE.name,
    codes::IDENTITY_EMAIL_INVALID.name,
    codes::IDENTITY_SCOPE_MISSING.name,
    codes::IDENTITY_SCOPE_UNEXPECTED.name,
    codes::IDENTITY_SCOPE_INVALID.name,
    codes::IDENTITY_VALUE_INVALID.name,
    codes::IDENTITY_TOO_MANY.name,
    codes::INPUT_REFUSED.name,
];

/// Record an order, or advance one
///
/// The channel and the number are its key: sent again it is answered the same.
/// A later event may change status, times and identities, never lines or amounts.
#[utoipa::path(
    post,
    path = "/api/v1/orders",
    tag = "orders",
    params(OptionalKeyHeader),
    request_body = NewOrderBody,
    responses((status = OK, body = OrderReceiptBody)),
    extensions(("x-problem-codes" = json!(RECORDING)))
)]
pub(crate) async fn record(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersWrite>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(order): Input<NewOrderBody>,
) -> Result<Answer<OrderReceiptBody>, Problem> {
    let key = key.map(|key| request_key("orders", key, &"", &order));
    let request = OrderRequest { order: order.order()?, key, lock: None };
    let answer = app.record_order(allowed.actor, request).await?;
    Ok(Answer::of(answer))
}

/// The result of one order of a batch: its answer or its problem, told apart by `status`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum BatchResultBody {
    /// It was recorded.
    Done(RecordedBody),
    /// It was refused.
    Refused(Box<ProblemBody>),
}

/// The answer to one order of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordedBody {
    /// The status it would have been answered with alone.
    status: u16,
    #[serde(flatten)]
    receipt: OrderReceiptBody,
}

impl BatchResultBody {
    fn done(receipt: OrderReceipt) -> Self {
        Self::Done(RecordedBody { status: StatusCode::OK.as_u16(), receipt: receipt.into() })
    }

    fn refused(problem: &Problem) -> Self {
        Self::Refused(Box::new(problem.body(Language::English, None)))
    }
}

/// Record up to 1,000 orders
///
/// A JSON array, or one order a line (NDJSON). Each is recorded or refused by
/// itself; the results come in the order of the orders.
#[utoipa::path(
    post,
    path = "/api/v1/orders/batch",
    tag = "orders",
    request_body(content(
        (Vec<NewOrderBody> = "application/json"),
        (String = "application/x-ndjson")
    )),
    responses((status = OK, body = Vec<BatchResultBody>)),
    extensions(("x-problem-codes" = json!([codes::BATCH_TOO_LARGE.name])))
)]
pub(crate) async fn record_batch(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::OrdersWrite>,
    request: Request<Body>,
) -> Result<Json<Vec<BatchResultBody>>, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = body::collect(&parts.headers, body, BATCH_BYTES_MAX).await?;
    let parsed = parse_batch(&parts.headers, &bytes)?;
    aside(move || async move { Json(record_each(&app, &allowed.actor, parsed).await) }).await
}

type Parsed = Result<Order, Problem>;

/// Every order of a batch, each read by itself.
fn parse_batch(headers: &HeaderMap, bytes: &[u8]) -> Result<Vec<Parsed>, Problem> {
    let read = |text: &[u8]| body::parse::<NewOrderBody>(text).and_then(NewOrderBody::order);
    let media = body::media_type(headers).unwrap_or_default();
    match media.as_str() {
        "application/json" => {
            let items: Vec<&RawValue> = body::parse_raw(bytes)?;
            check_size(items.len())?;
            Ok(items.into_iter().map(|item| read(item.get().as_bytes())).collect())
        }
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            let is_blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
            let lines = || bytes.split(|byte| *byte == b'\n').filter(|line| !is_blank(line));
            check_size(lines().count())?;
            Ok(lines().map(read).collect())
        }
        _ => Err(body::unsupported("application/json or application/x-ndjson")),
    }
}

fn check_size(items: usize) -> Result<(), Problem> {
    if items > BATCH_MAX {
        let detail = format!("{items} orders; a batch has at most {BATCH_MAX}");
        return Err(Problem::new(&codes::BATCH_TOO_LARGE, detail));
    }
    Ok(())
}

async fn record_each(app: &App, actor: &Actor, parsed: Vec<Parsed>) -> Vec<BatchResultBody> {
    let mut results: Vec<Option<BatchResultBody>> = Vec::with_capacity(parsed.len());
    let mut requests = Vec::new();
    for order in parsed {
        match order {
            Ok(order) => {
                requests.push(OrderRequest { order, key: None, lock: None });
                results.push(None);
            }
            Err(problem) => results.push(Some(BatchResultBody::refused(&problem))),
        }
    }
    let mut recorded = record_orders(&app.operations, actor, requests).await.into_iter();
    let mut next = || match recorded.next() {
        Some(Ok(answer)) => BatchResultBody::done(answer.receipt),
        Some(Err(error)) => BatchResultBody::refused(&Problem::from(error)),
        None => BatchResultBody::refused(&Problem::new(&codes::SERVER_ERROR, "no answer")),
    };
    results.into_iter().map(|result| result.unwrap_or_else(&mut next)).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};
    use serde_json::{Value, json};

    use super::*;

    fn order() -> Value {
        json!({
            "channel": "douyin", "order_no": "1", "status": "paid",
            "paid_at": "2026-05-01T10:01:00+08:00",
            "buyer": {"identities": [{"kind": "phone", "value": "138 0013 8000"}]},
            "lines": [{"line_no": "1", "sku": "A1", "quantity": 2, "unit_price": 9950, "paid": 19900}],
            "shipping": 100
        })
    }

    fn with(change: &Value) -> Value {
        let mut order = order();
        for (field, value) in change.as_object().into_iter().flatten() {
            order[field] = value.clone();
        }
        order
    }

    fn read(order: &Value) -> Result<Order, Problem> {
        body::parse::<NewOrderBody>(order.to_string().as_bytes()).and_then(NewOrderBody::order)
    }

    fn refused(order: &Value) -> (u16, String, String) {
        let Err(problem) = read(order) else { return (200, String::new(), String::new()) };
        let body = problem.body(Language::English, None);
        let pointer = body.errors.first().map_or(String::new(), |error| error.pointer.clone());
        (body.status, body.code, pointer)
    }

    fn headers(media: &'static str) -> HeaderMap {
        [(header::CONTENT_TYPE, HeaderValue::from_static(media))].into_iter().collect()
    }

    #[test]
    fn a_payment_left_out_is_the_sum() {
        let order = read(&order());

        assert_eq!(order.map(|order| order.paid.0).ok(), Some(20_000));
    }

    #[test]
    fn a_payment_that_is_not_the_sum_is_refused() {
        let refusal = refused(&with(&json!({"paid": 19_900})));

        assert_eq!(refusal, (422, "order.total_mismatch".to_owned(), "/paid".to_owned()));
    }

    #[test]
    fn identities_are_pointed_at() {
        let buyer = |identity: Value| with(&json!({"buyer": {"identities": [identity]}}));
        let of = |identity| {
            let (status, code, pointer) = refused(&buyer(identity));
            format!("{status} {code} {pointer}")
        };

        assert_eq!(
            of(json!({"kind": "phone", "value": "12"})),
            "422 identity.phone_invalid /buyer/identities/0/value"
        );
        assert_eq!(
            of(json!({"kind": "openid", "value": "x"})),
            "422 identity.scope_missing /buyer/identities/0/scope"
        );
        assert_eq!(
            of(json!({"kind": "fax", "value": "x"})),
            "422 identity.kind_unknown /buyer/identities/0/kind"
        );
    }

    #[test]
    fn amounts_are_refused_one_beyond_the_largest() {
        let paid = |paid: i64| json!([{"line_no": "1", "sku": "A", "quantity": 1, "unit_price": 1, "paid": paid}]);
        let of = |amount| refused(&with(&json!({"shipping": 0, "lines": paid(amount)}))).1;

        assert_eq!(of(1_000_000_000_000), "");
        assert_eq!(of(1_000_000_000_001), "amount.out_of_range");
    }

    #[test]
    fn shape_is_four_hundred_and_meaning_four_hundred_and_twenty_two() {
        let of = |change| {
            let (status, code, pointer) = refused(&with(&change));
            format!("{status} {code} {pointer}")
        };

        assert_eq!(of(json!({"colour": 1})), "400 body.invalid /colour");
        assert_eq!(of(json!({"lines": 1})), "400 body.invalid /lines");
        assert_eq!(of(json!({"status": "lost"})), "422 field.invalid /status");
        assert_eq!(of(json!({"paid_at": "yesterday"})), "422 field.invalid /paid_at");
        assert_eq!(of(json!({"paid_at": null})), "422 order.paid_at_missing /paid_at");
        assert_eq!(of(json!({"lines": []})), "422 lines.missing /lines");
    }

    #[test]
    fn each_line_of_a_batch_stands_for_itself() {
        let text = format!("{}\n\n{{\"channel\"\n{}\n", order(), order());

        let parsed = parse_batch(&headers("application/x-ndjson"), text.as_bytes());

        let is_read = |parsed: Vec<Parsed>| parsed.iter().map(Result::is_ok).collect::<Vec<_>>();
        assert_eq!(parsed.map(is_read).ok(), Some(vec![true, false, true]));
    }

    #[test]
    fn a_batch_has_a_thousand_orders_at_most() {
        let array = |orders: usize| format!("[{}]", vec!["{}"; orders].join(","));
        let of = |orders| parse_batch(&headers("application/json"), array(orders).as_bytes());

        assert_eq!(of(1_000).map(|parsed| parsed.len()).ok(), Some(1_000));
        assert_eq!(of(1_001).map_err(|problem| problem.code().name).err(), Some("batch.too_large"));
    }
}
