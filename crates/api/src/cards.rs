//! Benefit cards and service cards over the wire.

use axum::Json;
use hui_loyalty::cards::{Card, PaidBy};
use hui_loyalty::ids::{CardId, EntryId, ExchangeId, MemberId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_operations::cards::ending::{CardRefunded, refund_card, revoke_card};
use hui_operations::cards::selling::{CardReceipt, CardRequest, sell_card};
use hui_operations::cards::visiting::{VisitReceipt, VisitRequest, take_visits, undo_visit};
use hui_operations::cards::{Place, list_cards, list_visits};
use hui_store::cards::{CardRow, VisitRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::coupons::templates::NameBody;
use crate::coupons::{OrderRefBody, ReceivedBody};
use crate::idempotency::{Answer, IdempotencyKey, KeyHeader, request_key};
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::{Amount, said, store_channel};

/// What a card is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaidByBody {
    /// The card's price in money.
    Money,
    /// The card's price in points, taken from the member in the same step.
    Points,
    /// Nothing.
    Gift,
}

impl From<PaidByBody> for PaidBy {
    fn from(body: PaidByBody) -> Self {
        match body {
            PaidByBody::Money => Self::Money,
            PaidByBody::Points => Self::Points,
            PaidByBody::Gift => Self::Gift,
        }
    }
}

/// A card to be sold or given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"card": "year_free_shipping", "paid_by": "money", "shop": "S001"}))]
pub(crate) struct SellBody {
    /// A card of the program's `cards` section.
    card: String,
    paid_by: PaidByBody,
    /// The order it is sold with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<OrderRefBody>,
    /// The channel that sells it; `pos` where left out.
    #[serde(default = "store_channel")]
    channel: String,
    /// The shop that sells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// Who sells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
}

/// A card that was sold or given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardSoldBody {
    #[schema(value_type = String)]
    card_id: CardId,
    /// Whose; the survivor where the named member was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// Which card of the program.
    card: String,
    /// `money`, `points`, `gift` or `exchange`.
    paid_by: &'static str,
    /// The money to be paid, in fen.
    money: i64,
    /// The points it took.
    points: i64,
    /// A benefit card that follows a running one begins at its end.
    #[schema(value_type = String, format = DateTime)]
    valid_from: Timestamp,
    /// Over at this instant.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
    /// The visits of a service card.
    visits: Option<i64>,
    /// The points that came with it.
    gift_points: i64,
    /// The coupons that came with it.
    coupons: Vec<ReceivedBody>,
}

impl From<CardReceipt> for CardSoldBody {
    fn from(receipt: CardReceipt) -> Self {
        Self {
            card_id: receipt.card_id,
            member_id: receipt.member_id,
            card: receipt.card,
            paid_by: receipt.paid_by.name(),
            money: receipt.money.0,
            points: receipt.points.0,
            valid_from: receipt.valid_from,
            valid_until: receipt.valid_until,
            visits: receipt.visits,
            gift_points: receipt.gift_points.0,
            coupons: receipt.coupons.into_iter().map(ReceivedBody::from).collect(),
        }
    }
}

/// Sell a card to a member, or give it
///
/// A benefit card bought while one of the same runs begins when that ends. Points are taken, and
/// what comes with the card is given, in the same step.
#[utoipa::path(post, path = "/api/v1/members/{id}/cards", tag = "cards",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = SellBody, responses((status = OK, body = CardSoldBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::CARD_NAME_UNKNOWN.name,
        codes::CARD_NOT_ON_SALE.name, codes::CARD_PRICE.name, codes::CARD_LIMIT.name,
        codes::CARD_NOT_EXTENDABLE.name, codes::POINTS_INSUFFICIENT.name,
        codes::CHANNEL_UNKNOWN.name, codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn sell(
    allowed: Allowed<needs::WalletSell>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<SellBody>,
) -> Result<Answer<CardSoldBody>, Problem> {
    let key = request_key("members/cards", key, &member, &body);
    let order =
        body.order.map(|order| OrderKey { channel: order.channel, order_no: order.order_no });
    let request = CardRequest {
        member,
        card: body.card,
        paid_by: body.paid_by.into(),
        order,
        place: Place { channel: body.channel, shop: body.shop, staff: body.staff },
    };
    let answer = allowed
        .run(async move |hui, actor| sell_card(hui, actor, &request, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// A card of a member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardBody {
    #[schema(value_type = String)]
    card_id: CardId,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// Which card of the program; conditions ask for it in `member.cards`.
    card: String,
    name: NameBody,
    /// `benefit` or `service`.
    kind: &'static str,
    /// `upcoming`, `in_force`, `used_up`, `expired`, `refunded` or `revoked`, as of now.
    state: &'static str,
    /// `money`, `points`, `gift` or `exchange`.
    paid_by: &'static str,
    /// In fen.
    money: i64,
    points: i64,
    /// The visits of a service card.
    visits: Option<i64>,
    visits_left: Option<i64>,
    order: Option<OrderRefBody>,
    channel: Option<String>,
    shop: Option<String>,
    staff: Option<String>,
    /// The exchange of the points mall it came by.
    #[schema(value_type = Option<String>)]
    exchange_id: Option<ExchangeId>,
    #[schema(value_type = String, format = DateTime)]
    sold_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    valid_from: Timestamp,
    /// Over at this instant.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
    /// When it was given back or revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Why.
    ended_reason: Option<String>,
    /// The money that went back, in fen.
    money_back: i64,
    /// The points that went back.
    points_back: i64,
}

impl From<(CardRow, Timestamp)> for CardBody {
    fn from((row, now): (CardRow, Timestamp)) -> Self {
        let state = row.card.state(now).name();
        let Card { id, member, terms, sale, valid_from, valid_until, visits_left, ended, .. } =
            row.card;
        Self {
            card_id: id,
            member_id: member,
            kind: terms.kind.name(),
            card: terms.id,
            name: terms.name.into(),
            state,
            paid_by: sale.paid_by.name(),
            money: sale.money.0,
            points: sale.points.0,
            visits: terms.visits,
            visits_left,
            order: sale.order.map(OrderRefBody::from),
            channel: sale.channel,
            shop: sale.shop,
            staff: sale.staff,
            exchange_id: sale.exchange,
            sold_at: sale.at,
            valid_from,
            valid_until,
            ended_at: ended.map(|(_, at)| at),
            ended_reason: row.ended_reason,
            money_back: row.money_back.0,
            points_back: row.points_back.0,
        }
    }
}

/// A member's cards, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/cards", tag = "cards",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<CardBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn list(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<CardBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| CardId(id));
    let (now, rows) = allowed
        .run(async move |hui, actor| list_cards(hui, actor, id, before, size + 1).await)
        .await?;
    let rows: Vec<(CardRow, Timestamp)> = rows.into_iter().map(|row| (row, now)).collect();
    Ok(Json(Page::of_one_more(rows, size, |(row, _)| [row.card.id.0])))
}

/// Why something is done with a card.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardReasonBody {
    /// 1 to 500 bytes; stands in the audit log.
    reason: String,
}

/// A card that was given back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardRefundedBody {
    #[schema(value_type = String)]
    card_id: CardId,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The money to be given back, in fen; `withhold` is yet to be taken off.
    money_back: i64,
    /// The points that came back, in the lots they came from.
    points_back: i64,
    /// What was taken back of the points it gave.
    clawed_back: i64,
    /// What is owed of them.
    debt: i64,
    /// What to withhold from the money for those that are gone, in fen.
    withhold: i64,
    /// The coupons it gave that were taken back.
    coupons: Vec<String>,
}

impl From<CardRefunded> for CardRefundedBody {
    fn from(receipt: CardRefunded) -> Self {
        Self {
            card_id: receipt.card_id,
            member_id: receipt.member_id,
            money_back: receipt.money_back.0,
            points_back: receipt.points_back.0,
            clawed_back: receipt.clawed_back.0,
            debt: receipt.debt.0,
            withhold: receipt.withhold.0,
            coupons: receipt.coupons.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Take a card back for its price
///
/// All of the price while the card is unused; a used one by the `refund` of its terms. What it gave
/// is taken back in the same share, unused coupons with it.
#[utoipa::path(post, path = "/api/v1/cards/{id}/refunds", tag = "cards",
    params(("id" = String, Path, description = "The card"), KeyHeader),
    request_body = CardReasonBody, responses((status = OK, body = CardRefundedBody)),
    extensions(("x-problem-codes" = json!([codes::CARD_UNKNOWN.name, codes::CARD_USED.name,
        codes::CARD_NOT_IN_FORCE.name, codes::CARD_OF_EXCHANGE.name, codes::SHOP_HIDDEN.name]))))]
pub(crate) async fn refund(
    allowed: Allowed<needs::WalletSell>,
    At(id): At<CardId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<CardReasonBody>,
) -> Result<Answer<CardRefundedBody>, Problem> {
    let key = request_key("cards/refunds", key, &id, &body);
    let reason = said("/reason", &body.reason)?;
    let answer = allowed
        .run(async move |hui, actor| refund_card(hui, actor, id, &reason, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// A card that was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardRevokedBody {
    #[schema(value_type = String)]
    card_id: CardId,
}

impl From<CardId> for CardRevokedBody {
    fn from(card_id: CardId) -> Self {
        Self { card_id }
    }
}

/// Take a card away
///
/// Nothing of its price goes back, and what it gave stays.
#[utoipa::path(post, path = "/api/v1/cards/{id}/revoke", tag = "cards",
    params(("id" = String, Path, description = "The card"), KeyHeader),
    request_body = CardReasonBody, responses((status = OK, body = CardRevokedBody)),
    extensions(("x-problem-codes" = json!([codes::CARD_UNKNOWN.name,
        codes::CARD_NOT_IN_FORCE.name, codes::SHOP_HIDDEN.name]))))]
pub(crate) async fn revoke(
    allowed: Allowed<needs::WalletSell>,
    At(id): At<CardId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<CardReasonBody>,
) -> Result<Answer<CardRevokedBody>, Problem> {
    let key = request_key("cards/revoke", key, &id, &body);
    let reason = said("/reason", &body.reason)?;
    let answer = allowed
        .run(async move |hui, actor| revoke_card(hui, actor, id, &reason, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Visits to be taken from a card.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"visits": 1, "shop": "S001"}))]
pub(crate) struct VisitBody {
    /// 1 to 100; one where left out.
    #[serde(default = "one")]
    #[schema(value_type = i64, default = 1)]
    visits: Amount,
    /// Who uses it; the owner where left out. Others may as far as the card is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The channel; `pos` where left out.
    #[serde(default = "store_channel")]
    channel: String,
    /// The shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// Who serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
}

const fn one() -> Amount {
    Amount(1)
}

/// Visits that were taken, or taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitedBody {
    #[schema(value_type = String)]
    visit_id: EntryId,
    #[schema(value_type = String)]
    card_id: CardId,
    /// Who used it.
    #[schema(value_type = String)]
    used_by: MemberId,
    /// How many visits.
    visits: i64,
    /// How many are left now.
    visits_left: i64,
}

impl From<VisitReceipt> for VisitedBody {
    fn from(receipt: VisitReceipt) -> Self {
        Self {
            visit_id: receipt.visit_id,
            card_id: receipt.card_id,
            used_by: receipt.used_by,
            visits: receipt.visits,
            visits_left: receipt.visits_left,
        }
    }
}

/// Take visits from a service card
///
/// All that are asked for, or none.
#[utoipa::path(post, path = "/api/v1/cards/{id}/visits", tag = "cards",
    params(("id" = String, Path, description = "The card"), KeyHeader),
    request_body = VisitBody, responses((status = OK, body = VisitedBody)),
    extensions(("x-problem-codes" = json!([codes::CARD_UNKNOWN.name, codes::MEMBER_UNKNOWN.name,
        codes::CARD_NOT_IN_FORCE.name, codes::CARD_NO_VISITS.name, codes::CARD_VISITS_LEFT.name,
        codes::CARD_VISITS_PER_DAY.name, codes::CARD_NOT_SHARED.name, codes::CHANNEL_UNKNOWN.name,
        codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn visit(
    allowed: Allowed<needs::WalletSpend>,
    At(card): At<CardId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<VisitBody>,
) -> Result<Answer<VisitedBody>, Problem> {
    let key = request_key("cards/visits", key, &card, &body);
    let request = VisitRequest {
        card,
        by: body.member_id,
        visits: body.visits.0,
        place: Place { channel: body.channel, shop: body.shop, staff: body.staff },
    };
    let answer = allowed
        .run(async move |hui, actor| take_visits(hui, actor, &request, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// A use of a service card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitShownBody {
    #[schema(value_type = String)]
    visit_id: EntryId,
    /// Who used it.
    #[schema(value_type = String)]
    used_by: MemberId,
    visits: i64,
    channel: String,
    shop: Option<String>,
    staff: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    undone_at: Option<Timestamp>,
    /// Why.
    undone_reason: Option<String>,
}

impl From<VisitRow> for VisitShownBody {
    fn from(row: VisitRow) -> Self {
        Self {
            visit_id: row.id,
            used_by: row.used_by,
            visits: row.visits,
            channel: row.channel,
            shop: row.shop,
            staff: row.staff,
            at: row.at,
            undone_at: row.undone_at,
            undone_reason: row.undone_reason,
        }
    }
}

/// The visits of a card, latest first, those taken back too
#[utoipa::path(get, path = "/api/v1/cards/{id}/visits", tag = "cards",
    params(("id" = String, Path, description = "The card"), PageQuery),
    responses((status = OK, body = Page<VisitShownBody>)),
    extensions(("x-problem-codes" = json!([codes::CARD_UNKNOWN.name]))))]
pub(crate) async fn visits(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<CardId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<VisitShownBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| EntryId(id));
    let rows = allowed
        .run(async move |hui, actor| list_visits(hui, actor, id, before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// Take a visit back
///
/// Whole: the card has as many visits more.
#[utoipa::path(post, path = "/api/v1/visits/{id}/undo", tag = "cards",
    params(("id" = String, Path, description = "The visit"), KeyHeader),
    request_body = CardReasonBody, responses((status = OK, body = VisitedBody)),
    extensions(("x-problem-codes" = json!([codes::CARD_VISIT_UNKNOWN.name,
        codes::CARD_VISIT_UNDONE.name, codes::CARD_NOT_IN_FORCE.name, codes::SHOP_HIDDEN.name]))))]
pub(crate) async fn undo(
    allowed: Allowed<needs::WalletSpend>,
    At(id): At<EntryId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<CardReasonBody>,
) -> Result<Answer<VisitedBody>, Problem> {
    let key = request_key("visits/undo", key, &id, &body);
    let reason = said("/reason", &body.reason)?;
    let answer = allowed
        .run(async move |hui, actor| undo_visit(hui, actor, id, &reason, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}
