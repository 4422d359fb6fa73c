//! The points mall over the wire.

use axum::Json;
use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{ExchangeId, GoodId, MemberId, TemplateId};
use hui_loyalty::mall::{Delivery, Good, Kind};
use hui_loyalty::time::Timestamp;
use hui_operations::mall::{
    ExchangeReceipt, HandedAt, Taking, change_good, exchange as take, list_exchanges, list_goods,
    make_good, pick_up, return_exchange, send_out,
};
use hui_store::mall::{ExchangeRow, GoodRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::cards::CardSoldBody;
use crate::codes;
use crate::coupons::ReceivedBody;
use crate::coupons::templates::NameBody;
use crate::idempotency::{Answer, IdempotencyKey, KeyHeader, request_key};
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::{Amount, said, store_channel};

/// What kind of good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GoodKindBody {
    /// Shipped or picked up.
    Goods,
    /// Picked up in a store.
    Sample,
    /// A coupon of `coupon_template`, given at once.
    Coupon,
    /// A card of the program, `card`, given at once.
    Card,
}

/// How it reaches the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryBody {
    /// Sent.
    Ship,
    /// Handed over in a store against a code.
    PickUp,
    /// Given at once.
    None,
}

impl From<DeliveryBody> for Delivery {
    fn from(body: DeliveryBody) -> Self {
        match body {
            DeliveryBody::Ship => Self::Ship,
            DeliveryBody::PickUp => Self::PickUp,
            DeliveryBody::None => Self::None,
        }
    }
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Ship => Self::Ship,
            Delivery::PickUp => Self::PickUp,
            Delivery::None => Self::None,
        }
    }
}

/// Something the mall offers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": {"zh": "马克杯", "en": "Mug"}, "kind": "goods", "points": 500,
    "cash": 990, "stock": 100, "per_member": 1}))]
pub(crate) struct GoodBody {
    name: NameBody,
    kind: GoodKindBody,
    /// The template of a coupon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    coupon_template: Option<TemplateId>,
    /// The card of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    /// Points for one.
    #[schema(value_type = i64)]
    points: Amount,
    /// Money for one on top, in fen.
    #[serde(default)]
    #[schema(value_type = i64, default = 0)]
    cash: Amount,
    /// How many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    stock: Option<Amount>,
    /// How many one member may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    per_member: Option<Amount>,
    /// The tiers that may take it; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<String>,
    /// From when it can be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Over at this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

impl GoodBody {
    fn good(self) -> Result<Good, Problem> {
        let offer = match (self.kind, self.coupon_template, self.card) {
            (GoodKindBody::Goods, None, None) => Kind::Goods,
            (GoodKindBody::Sample, None, None) => Kind::Sample,
            (GoodKindBody::Coupon, Some(template), None) => Kind::Coupon { template },
            (GoodKindBody::Card, None, Some(card)) => Kind::Card { card },
            (GoodKindBody::Card, ..) => {
                let detail = "a card needs its name in the program, and has no template";
                return Err(Problem::at(&codes::INPUT_REFUSED, "/card", detail));
            }
            _ => {
                let detail = "a coupon needs its template, and nothing else has one";
                return Err(Problem::at(&codes::INPUT_REFUSED, "/coupon_template", detail));
            }
        };
        Ok(Good {
            name: self.name.into(),
            offer,
            points: Points(self.points.0),
            cash: Money(self.cash.0),
            stock: self.stock.map(|stock| stock.0),
            per_member: self.per_member.map(|most| most.0),
            tiers: self.tiers,
            from: self.from,
            until: self.until,
        })
    }

    fn of(good: Good) -> Self {
        let (kind, coupon_template, card) = match good.offer {
            Kind::Goods => (GoodKindBody::Goods, None, None),
            Kind::Sample => (GoodKindBody::Sample, None, None),
            Kind::Coupon { template } => (GoodKindBody::Coupon, Some(template), None),
            Kind::Card { card } => (GoodKindBody::Card, None, Some(card)),
        };
        Self {
            name: good.name.into(),
            kind,
            coupon_template,
            card,
            points: Amount(good.points.0),
            cash: Amount(good.cash.0),
            stock: good.stock.map(Amount),
            per_member: good.per_member.map(Amount),
            tiers: good.tiers,
            from: good.from,
            until: good.until,
        }
    }
}

/// A good that was made or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoodMadeBody {
    #[schema(value_type = String)]
    good_id: GoodId,
}

impl From<GoodId> for GoodMadeBody {
    fn from(good_id: GoodId) -> Self {
        Self { good_id }
    }
}

/// A good as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoodShownBody {
    #[schema(value_type = String)]
    good_id: GoodId,
    good: GoodBody,
    /// How many were taken and not returned.
    taken: i64,
    /// Whether the mall shows it.
    listed: bool,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<GoodRow> for GoodShownBody {
    fn from(row: GoodRow) -> Self {
        Self {
            good_id: row.id,
            good: GoodBody::of(row.good),
            taken: row.taken,
            listed: row.listed,
            updated_at: row.updated_at,
        }
    }
}

/// Add something to the points mall
#[utoipa::path(post, path = "/api/v1/mall/goods", tag = "mall", params(KeyHeader),
    request_body = GoodBody, responses((status = OK, body = GoodMadeBody)),
    extensions(("x-problem-codes" = json!([codes::INPUT_REFUSED.name]))))]
pub(crate) async fn make(
    allowed: Allowed<needs::ProgramWrite>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<GoodBody>,
) -> Result<Answer<GoodMadeBody>, Problem> {
    let key = request_key("mall/goods", key, &"", &body);
    let good = body.good()?;
    let answer =
        allowed.run(async move |hui, actor| make_good(hui, actor, &good, Some(&key)).await).await?;
    Ok(Answer::of(answer))
}

/// Which goods.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GoodsQuery {
    /// Only those the mall shows, or only those it does not.
    listed: Option<bool>,
    /// 1 to 500; 50 where left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What the points mall offers, latest first
#[utoipa::path(get, path = "/api/v1/mall/goods", tag = "mall", params(GoodsQuery),
    responses((status = OK, body = Page<GoodShownBody>)))]
pub(crate) async fn list(
    allowed: Allowed<needs::PointsRead>,
    Asked(query): Asked<GoodsQuery>,
) -> Result<Json<Page<GoodShownBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| GoodId(id));
    let (listed, count) = (query.listed, size + 1);
    let rows = allowed
        .run(async move |hui, actor| list_goods(hui, actor, listed, before, count).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// What changes of a good.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoodChangeBody {
    /// The good as it is to be, whole; left out, it stays.
    #[serde(default)]
    good: Option<GoodBody>,
    /// Whether the mall shows it.
    #[serde(default)]
    listed: Option<bool>,
}

/// Change what the points mall offers
#[utoipa::path(patch, path = "/api/v1/mall/goods/{id}", tag = "mall",
    params(("id" = String, Path, description = "The good")),
    request_body = GoodChangeBody, responses((status = OK, body = GoodMadeBody)),
    extensions(("x-problem-codes" = json!([codes::MALL_GOOD_UNKNOWN.name, codes::MALL_STOCK.name,
        codes::INPUT_REFUSED.name]))))]
pub(crate) async fn change(
    allowed: Allowed<needs::ProgramWrite>,
    At(id): At<GoodId>,
    Input(body): Input<GoodChangeBody>,
) -> Result<Json<GoodMadeBody>, Problem> {
    let good = body.good.map(GoodBody::good).transpose()?;
    allowed
        .run(async move |hui, actor| change_good(hui, actor, id, good.as_ref(), body.listed).await)
        .await?;
    Ok(Json(GoodMadeBody { good_id: id }))
}

/// What a member takes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeBody {
    #[schema(value_type = String)]
    good_id: GoodId,
    /// 1 to 100; one where left out.
    #[serde(default = "one")]
    #[schema(value_type = i64, default = 1)]
    quantity: Amount,
    /// What the good needs where left out: goods are shipped, samples picked up.
    #[serde(default)]
    delivery: Option<DeliveryBody>,
}

const fn one() -> Amount {
    Amount(1)
}

/// What was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExchangedBody {
    #[schema(value_type = String)]
    exchange_id: ExchangeId,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The points it took.
    points: i64,
    /// The money to be paid on top, in fen.
    cash: i64,
    delivery: DeliveryBody,
    /// `open`, `done` or `returned`.
    state: &'static str,
    /// What a store asks for; nobody can guess it.
    pickup_code: Option<String>,
    /// The coupons it gave, those that came with a card among them.
    coupons: Vec<ReceivedBody>,
    /// The card it gave.
    #[schema(required)]
    card: Option<CardSoldBody>,
}

impl From<ExchangeReceipt> for ExchangedBody {
    fn from(receipt: ExchangeReceipt) -> Self {
        Self {
            exchange_id: receipt.exchange_id,
            member_id: receipt.member_id,
            points: receipt.points.0,
            cash: receipt.cash.0,
            delivery: receipt.delivery.into(),
            state: receipt.state.name(),
            pickup_code: receipt.pickup_code,
            coupons: receipt.coupons.into_iter().map(ReceivedBody::from).collect(),
            card: receipt.card.map(CardSoldBody::from),
        }
    }
}

/// Exchange a member's points for something of the mall
#[utoipa::path(post, path = "/api/v1/members/{id}/exchanges", tag = "mall",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = TakeBody, responses((status = OK, body = ExchangedBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::MALL_GOOD_UNKNOWN.name,
        codes::MALL_OUT_OF_STOCK.name, codes::MALL_REFUSED.name, codes::POINTS_INSUFFICIENT.name,
        codes::COUPON_OUT_OF_STOCK.name, codes::CARD_NAME_UNKNOWN.name, codes::CARD_LIMIT.name,
        codes::CARD_NOT_EXTENDABLE.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn exchange(
    allowed: Allowed<needs::WalletSpend>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<TakeBody>,
) -> Result<Answer<ExchangedBody>, Problem> {
    let key = request_key("mall/exchanges", key, &member, &body);
    let delivery = body.delivery.map(Delivery::from);
    let taking = Taking { member, good: body.good_id, quantity: body.quantity.0, delivery };
    let answer =
        allowed.run(async move |hui, actor| take(hui, actor, taking, Some(&key)).await).await?;
    Ok(Answer::of(answer))
}

/// An exchange.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExchangeBody {
    #[schema(value_type = String)]
    exchange_id: ExchangeId,
    #[schema(value_type = String)]
    good_id: GoodId,
    quantity: i64,
    points: i64,
    cash: i64,
    delivery: DeliveryBody,
    /// `open`, `done` or `returned`.
    state: &'static str,
    pickup_code: Option<String>,
    channel: Option<String>,
    shop: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    taken_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<ExchangeRow> for ExchangeBody {
    fn from(row: ExchangeRow) -> Self {
        Self {
            exchange_id: row.id,
            good_id: row.good,
            quantity: row.quantity,
            points: row.points.0,
            cash: row.cash.0,
            delivery: row.delivery.into(),
            state: row.state.name(),
            pickup_code: row.pickup_code,
            channel: row.channel,
            shop: row.shop,
            taken_at: row.taken_at,
            ended_at: row.ended_at,
        }
    }
}

/// A member's exchanges, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/exchanges", tag = "mall",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<ExchangeBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn exchanges(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<ExchangeBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| ExchangeId(id));
    let count = size + 1;
    let rows = allowed
        .run(async move |hui, actor| list_exchanges(hui, actor, id, before, count).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// A pick-up code and where it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PickUpBody {
    code: String,
    #[serde(default = "store_channel")]
    channel: String,
    #[serde(default)]
    shop: Option<String>,
}

/// An exchange that was handed over or sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HandedBody {
    #[schema(value_type = String)]
    exchange_id: ExchangeId,
}

impl From<ExchangeId> for HandedBody {
    fn from(exchange_id: ExchangeId) -> Self {
        Self { exchange_id }
    }
}

/// Hand over what a pick-up code stands for
///
/// Once: a second time it is `mall.exchange_ended`.
#[utoipa::path(post, path = "/api/v1/mall/pick-ups", tag = "mall", params(KeyHeader),
    request_body = PickUpBody, responses((status = OK, body = HandedBody)),
    extensions(("x-problem-codes" = json!([codes::MALL_EXCHANGE_UNKNOWN.name,
        codes::MALL_EXCHANGE_ENDED.name, codes::SHOP_HIDDEN.name]))))]
pub(crate) async fn hand_over(
    allowed: Allowed<needs::WalletSpend>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<PickUpBody>,
) -> Result<Answer<HandedBody>, Problem> {
    let key = request_key("mall/pick-ups", key, &"", &body);
    let place = HandedAt { channel: body.channel, shop: body.shop };
    let code = body.code;
    let answer = allowed
        .run(async move |hui, actor| pick_up(hui, actor, &code, &place, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Note that something of the mall was sent
#[utoipa::path(post, path = "/api/v1/mall/exchanges/{id}/sent", tag = "mall",
    params(("id" = String, Path, description = "The exchange")),
    responses((status = OK, body = HandedBody)),
    extensions(("x-problem-codes" = json!([codes::MALL_EXCHANGE_UNKNOWN.name,
        codes::MALL_EXCHANGE_ENDED.name]))))]
pub(crate) async fn sent(
    allowed: Allowed<needs::WalletSell>,
    At(id): At<ExchangeId>,
) -> Result<Json<HandedBody>, Problem> {
    let id = allowed.run(async move |hui, actor| send_out(hui, actor, id).await).await?;
    Ok(Json(id.into()))
}

/// Why an exchange is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnBody {
    /// 1 to 500 bytes; stands in the audit log.
    reason: String,
}

/// What came back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnedBody {
    /// The points, in the lots they came from.
    points: i64,
}

impl From<Points> for ReturnedBody {
    fn from(points: Points) -> Self {
        Self { points: points.0 }
    }
}

/// Take an exchange back
///
/// The points go into the lots they came from, the good into the stock; an unused coupon is revoked,
/// an unused card taken back.
#[utoipa::path(post, path = "/api/v1/mall/exchanges/{id}/return", tag = "mall",
    params(("id" = String, Path, description = "The exchange"), KeyHeader),
    request_body = ReturnBody, responses((status = OK, body = ReturnedBody)),
    extensions(("x-problem-codes" = json!([codes::MALL_EXCHANGE_UNKNOWN.name,
        codes::MALL_EXCHANGE_ENDED.name, codes::MALL_COUPON_USED.name,
        codes::CARD_USED.name, codes::CARD_NOT_IN_FORCE.name]))))]
pub(crate) async fn take_back(
    allowed: Allowed<needs::WalletSell>,
    At(id): At<ExchangeId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ReturnBody>,
) -> Result<Answer<ReturnedBody>, Problem> {
    let key = request_key("mall/exchanges/return", key, &id, &body);
    let reason = said("/reason", &body.reason)?;
    let answer = allowed
        .run(async move |hui, actor| return_exchange(hui, actor, id, &reason, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}
