//! Wallets over the wire: top-ups, holds, spends, refunds, the settlement between stores.

use axum::Json;
use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{EntryId, HoldId, MemberId, StoredLotId, TopUpId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::Balance;
use hui_operations::wallet::reading::{
    list_top_ups, list_wallet_entries, read_settlement, read_wallet,
};
use hui_operations::wallet::spending::{
    HoldReceipt, Spending, SpentAt, cancel_hold, confirm_hold, hold_money, refund_spend,
    spend_money,
};
use hui_operations::wallet::topping_up::{
    TopUpReceipt, TopUpRefunded, TopUpRequest, refund_top_up, top_up as pay_in,
};
use hui_store::wallet::{EntryRow, SettlementRow, SoldRow, TopUpRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::{Input, OptionalInput};
use crate::codes;
use crate::coupons::{OrderRefBody, ReceivedBody};
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::{Amount, quarter_of_an_hour, said, store_channel};

/// Money to be paid in: by a plan, or as it says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"principal": 20000, "bonus": 2000, "shop": "S0001", "staff": "G0007"}))]
pub(crate) struct TopUpBody {
    /// What the member pays, in fen; by the plan where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    principal: Option<Amount>,
    /// What comes on top, in fen; by the plan where left out, else nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    bonus: Option<Amount>,
    /// A plan of the program's `wallet` section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
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

/// What a wallet has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletBalanceBody {
    /// Of what was paid in, in fen.
    pub(crate) principal: i64,
    /// Of what came on top, in fen.
    pub(crate) bonus: i64,
    /// What live holds have set aside, in fen.
    pub(crate) held: i64,
}

impl From<Balance> for WalletBalanceBody {
    fn from(balance: Balance) -> Self {
        Self { principal: balance.principal.0, bonus: balance.bonus.0, held: balance.held.0 }
    }
}

/// A top-up that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToppedUpBody {
    #[schema(value_type = String)]
    top_up_id: TopUpId,
    /// Whose; the survivor where the named member was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    principal: i64,
    bonus: i64,
    /// When the bonus ends; over at this instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    bonus_expires_at: Option<Timestamp>,
    /// What the wallet has now.
    wallet: WalletBalanceBody,
    /// The coupon that came with the plan.
    coupons: Vec<ReceivedBody>,
}

impl From<TopUpReceipt> for ToppedUpBody {
    fn from(receipt: TopUpReceipt) -> Self {
        Self {
            top_up_id: receipt.top_up_id,
            member_id: receipt.member_id,
            principal: receipt.principal.0,
            bonus: receipt.bonus.0,
            bonus_expires_at: receipt.bonus_expires_at,
            wallet: receipt.balance.into(),
            coupons: receipt.coupons.into_iter().map(ReceivedBody::from).collect(),
        }
    }
}

/// Pay money into a wallet
///
/// What was paid in is bounded by the program's `wallet.limits`, as the rules for prepaid cards have it.
#[utoipa::path(post, path = "/api/v1/members/{id}/wallet/top-ups", tag = "wallet",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = TopUpBody, responses((status = OK, body = ToppedUpBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::WALLET_PLAN_UNKNOWN.name, codes::WALLET_LIMIT.name, codes::SHOP_HIDDEN.name, codes::CHANNEL_UNKNOWN.name, codes::COUPON_OUT_OF_STOCK.name, codes::COUPON_TEMPLATE_UNKNOWN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn top_up(
    allowed: Allowed<needs::WalletSell>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<TopUpBody>,
) -> Result<Answer<ToppedUpBody>, Problem> {
    let key = request_key("wallet/top-ups", key, &member, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let request = TopUpRequest {
                member,
                principal: body.principal.map(|money| Money(money.0)),
                bonus: body.bonus.map(|money| Money(money.0)),
                plan: body.plan,
                channel: body.channel,
                shop: body.shop,
                staff: body.staff,
            };
            pay_in(hui, actor, &request, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// A top-up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopUpShownBody {
    #[schema(value_type = String)]
    top_up_id: TopUpId,
    #[schema(value_type = String)]
    member_id: MemberId,
    principal: i64,
    bonus: i64,
    /// What of the principal was paid back.
    refunded: i64,
    /// What of the bonus was taken back with it.
    bonus_taken: i64,
    plan: Option<String>,
    channel: String,
    shop: Option<String>,
    staff: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<TopUpRow> for TopUpShownBody {
    fn from(row: TopUpRow) -> Self {
        Self {
            top_up_id: row.id,
            member_id: row.member,
            principal: row.principal.0,
            bonus: row.bonus.0,
            refunded: row.refunded.0,
            bonus_taken: row.bonus_taken.0,
            plan: row.plan,
            channel: row.channel,
            shop: row.shop,
            staff: row.staff,
            at: row.at,
        }
    }
}

/// A member's top-ups, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/wallet/top-ups", tag = "wallet",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<TopUpShownBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn top_ups(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<TopUpShownBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| TopUpId(id));
    let rows = allowed
        .run(async move |hui, actor| list_top_ups(hui, actor, id, before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// What of a top-up is paid back, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopUpRefundBody {
    /// How much of the principal, in fen; all that is unspent where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    amount: Option<Amount>,
    /// 1 to 500 bytes; stands in the audit log.
    reason: String,
}

/// What was paid back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopUpRefundedBody {
    #[schema(value_type = String)]
    top_up_id: TopUpId,
    /// What the member gets back in money, in fen.
    money_back: i64,
    /// What of the unspent bonus was taken back, in fen.
    bonus_taken: i64,
    wallet: WalletBalanceBody,
}

impl From<TopUpRefunded> for TopUpRefundedBody {
    fn from(receipt: TopUpRefunded) -> Self {
        Self {
            top_up_id: receipt.top_up_id,
            money_back: receipt.taken_out.principal.0,
            bonus_taken: receipt.taken_out.bonus.0,
            wallet: receipt.balance.into(),
        }
    }
}

/// Pay a top-up back
///
/// The unspent bonus it gave is taken back: all of it with all of the unspent principal, else its share.
#[utoipa::path(post, path = "/api/v1/wallet/top-ups/{id}/refunds", tag = "wallet",
    params(("id" = String, Path, description = "The top-up"), KeyHeader),
    request_body = TopUpRefundBody, responses((status = OK, body = TopUpRefundedBody)),
    extensions(("x-problem-codes" = json!([codes::WALLET_TOP_UP_UNKNOWN.name, codes::WALLET_REFUND_EXCEEDS.name, codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn refund(
    allowed: Allowed<needs::WalletSell>,
    At(id): At<TopUpId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<TopUpRefundBody>,
) -> Result<Answer<TopUpRefundedBody>, Problem> {
    let key = request_key("wallet/top-ups/refunds", key, &id, &body);
    let reason = said("/reason", &body.reason)?;
    let amount = body.amount.map(|money| Money(money.0));
    let answer = allowed
        .run(async move |hui, actor| {
            refund_top_up(hui, actor, id, amount, &reason, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// An instant to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtQuery {
    /// The instant; now where left out.
    #[param(value_type = Option<String>)]
    at: Option<Timestamp>,
}

/// What a member's wallet has, now or at an instant
#[utoipa::path(get, path = "/api/v1/members/{id}/wallet", tag = "wallet",
    params(("id" = String, Path, description = "The member"), AtQuery),
    responses((status = OK, body = WalletBalanceBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn show(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<AtQuery>,
) -> Result<Json<WalletBalanceBody>, Problem> {
    let (_, balance) =
        allowed.run(async move |hui, actor| read_wallet(hui, actor, id, query.at).await).await?;
    Ok(Json(balance.into()))
}

/// A line of the wallet ledger, about one lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletEntryBody {
    #[schema(value_type = String)]
    entry_id: EntryId,
    /// `top_up`, `hold`, `release`, `spend`, `restore`, `expire` or `refund`.
    kind: &'static str,
    /// `principal` or `bonus`.
    part: &'static str,
    /// Its effect on what the lot has, held or not, in fen.
    amount: i64,
    /// Its effect on what of the lot is held, in fen.
    moved: i64,
    #[schema(value_type = String)]
    lot_id: StoredLotId,
    /// The top-up the money came with.
    #[schema(value_type = String)]
    top_up_id: TopUpId,
    #[schema(value_type = Option<String>)]
    hold_id: Option<HoldId>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    order: Option<OrderRefBody>,
    channel: Option<String>,
    shop: Option<String>,
    staff: Option<String>,
    reason: Option<String>,
}

impl From<EntryRow> for WalletEntryBody {
    fn from((entry, recorded_at): EntryRow) -> Self {
        Self {
            entry_id: entry.id,
            kind: entry.kind.name(),
            part: entry.part.name(),
            amount: entry.amount.0,
            moved: entry.moved.0,
            lot_id: entry.lot,
            top_up_id: entry.top_up,
            hold_id: entry.hold,
            at: entry.at,
            recorded_at,
            order: entry.cause.order.map(OrderRefBody::from),
            channel: entry.cause.channel,
            shop: entry.cause.shop,
            staff: entry.cause.staff,
            reason: entry.cause.reason,
        }
    }
}

/// A member's wallet entries, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/wallet/entries", tag = "wallet",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = Page<WalletEntryBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn entries(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<WalletEntryBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| EntryId(id));
    let rows = allowed
        .run(async move |hui, actor| list_wallet_entries(hui, actor, id, before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |(entry, _)| [entry.id.0])))
}

/// Money to set aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalletHoldBody {
    /// How much, in fen.
    #[schema(value_type = i64)]
    amount: Amount,
    #[serde(default = "store_channel")]
    channel: String,
    #[serde(default)]
    shop: Option<String>,
    /// What for; up to 200 bytes.
    #[serde(default)]
    purpose: String,
    /// For how many seconds: 1 to 604,800; 900 where left out.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(value_type = i64, default = 900)]
    ttl_s: Amount,
}

/// Money that is set aside or spent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletHeldBody {
    #[schema(value_type = String)]
    hold_id: HoldId,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// `live`, `confirmed`, `cancelled` or `released`.
    state: &'static str,
    /// What of it is principal, in fen.
    principal: i64,
    /// What of it is bonus, in fen.
    bonus: i64,
    /// Until when it holds while it is live.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// What the wallet has left.
    wallet: WalletBalanceBody,
}

impl From<HoldReceipt> for WalletHeldBody {
    fn from(receipt: HoldReceipt) -> Self {
        Self {
            hold_id: receipt.hold_id,
            member_id: receipt.member_id,
            state: receipt.state.name(),
            principal: receipt.principal.0,
            bonus: receipt.bonus.0,
            until: receipt.until,
            wallet: receipt.balance.into(),
        }
    }
}

/// Set wallet money aside for a purchase
#[utoipa::path(post, path = "/api/v1/members/{id}/wallet/holds", tag = "wallet",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = WalletHoldBody, responses((status = OK, body = WalletHeldBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::WALLET_INSUFFICIENT.name, codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn hold(
    allowed: Allowed<needs::WalletSpend>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<WalletHoldBody>,
) -> Result<Answer<WalletHeldBody>, Problem> {
    let key = request_key("wallet/holds", key, &member, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let (amount, ttl_s) = (Money(body.amount.0), body.ttl_s.0);
            let asked = Spending { member, amount, channel: body.channel, shop: body.shop };
            hold_money(hui, actor, &asked, &body.purpose, ttl_s, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Money to spend at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalletSpendBody {
    /// How much, in fen.
    #[schema(value_type = i64)]
    amount: Amount,
    #[serde(default = "store_channel")]
    channel: String,
    #[serde(default)]
    shop: Option<String>,
    /// The order's number on the channel.
    order_no: String,
}

/// Spend wallet money on an order at once
#[utoipa::path(post, path = "/api/v1/members/{id}/wallet/spends", tag = "wallet",
    params(("id" = String, Path, description = "The member"), KeyHeader),
    request_body = WalletSpendBody, responses((status = OK, body = WalletHeldBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::WALLET_INSUFFICIENT.name, codes::SHOP_HIDDEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn spend(
    allowed: Allowed<needs::WalletSpend>,
    At(member): At<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<WalletSpendBody>,
) -> Result<Answer<WalletHeldBody>, Problem> {
    let key = request_key("wallet/spends", key, &member, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let amount = Money(body.amount.0);
            let asked = Spending { member, amount, channel: body.channel, shop: body.shop };
            spend_money(hui, actor, &asked, &body.order_no, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// What held money is spent on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WalletConfirmBody {
    channel: Option<String>,
    shop: Option<String>,
    /// The order's number on the channel.
    order_no: Option<String>,
}

/// Spend what a wallet hold set aside
///
/// After its time-out the very same money is taken again; if it is gone: `wallet.hold_lost`.
#[utoipa::path(post, path = "/api/v1/wallet/holds/{id}/confirm", tag = "wallet",
    params(("id" = String, Path, description = "The hold"), OptionalKeyHeader),
    request_body = WalletConfirmBody, responses((status = OK, body = WalletHeldBody)),
    extensions(("x-problem-codes" = json!([codes::WALLET_HOLD_UNKNOWN.name, codes::WALLET_HOLD_LOST.name, codes::WALLET_HOLD_CANCELLED.name]))))]
pub(crate) async fn confirm(
    allowed: Allowed<needs::WalletSpend>,
    At(id): At<HoldId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    OptionalInput(body): OptionalInput<WalletConfirmBody>,
) -> Result<Answer<WalletHeldBody>, Problem> {
    let key = key.map(|key| request_key("wallet/holds/confirm", key, &id, &body));
    let order = body.channel.clone().zip(body.order_no);
    let spent_at = SpentAt {
        order: order.map(|(channel, order_no)| OrderKey { channel, order_no }),
        channel: body.channel,
        shop: body.shop,
    };
    let answer = allowed
        .run(async move |hui, actor| confirm_hold(hui, actor, id, &spent_at, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Give back what a wallet hold set aside
#[utoipa::path(post, path = "/api/v1/wallet/holds/{id}/cancel", tag = "wallet",
    params(("id" = String, Path, description = "The hold"), OptionalKeyHeader),
    responses((status = OK, body = WalletHeldBody)),
    extensions(("x-problem-codes" = json!([codes::WALLET_HOLD_UNKNOWN.name, codes::WALLET_HOLD_CONFIRMED.name]))))]
pub(crate) async fn cancel(
    allowed: Allowed<needs::WalletSpend>,
    At(id): At<HoldId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
) -> Result<Answer<WalletHeldBody>, Problem> {
    let key = key.map(|key| request_key("wallet/holds/cancel", key, &id, &()));
    let answer = allowed
        .run(async move |hui, actor| cancel_hold(hui, actor, id, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// How much of a spend comes back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpendRefundBody {
    /// In fen.
    #[schema(value_type = i64)]
    amount: Amount,
}

/// What came back to each part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpendRefundedBody {
    #[schema(value_type = String)]
    hold_id: HoldId,
    /// In fen.
    principal: i64,
    /// In fen.
    bonus: i64,
}

/// Give back part of what was spent from a wallet, to each part what it gave
#[utoipa::path(post, path = "/api/v1/wallet/spends/{id}/refunds", tag = "wallet",
    params(("id" = String, Path, description = "The hold that was confirmed"), KeyHeader),
    request_body = SpendRefundBody, responses((status = OK, body = SpendRefundedBody)),
    extensions(("x-problem-codes" = json!([codes::WALLET_HOLD_UNKNOWN.name, codes::WALLET_REFUND_EXCEEDS.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn give_back(
    allowed: Allowed<needs::WalletSpend>,
    At(id): At<HoldId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<SpendRefundBody>,
) -> Result<Answer<SpendRefundedBody>, Problem> {
    let key = request_key("wallet/spends/refunds", key, &id, &body);
    let amount = Money(body.amount.0);
    let answer = allowed
        .run(async move |hui, actor| refund_spend(hui, actor, id, amount, Some(&key)).await)
        .await?;
    let restored = answer.receipt.restored;
    let body =
        SpendRefundedBody { hold_id: id, principal: restored.principal.0, bonus: restored.bonus.0 };
    Ok(Answer::ok(body, answer.replayed))
}

/// A period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// From this instant on.
    #[param(value_type = String)]
    from: Timestamp,
    /// Before this instant.
    #[param(value_type = String)]
    until: Timestamp,
}

/// What a shop sold in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoldBody {
    channel: String,
    shop: Option<String>,
    /// What was paid in, in fen.
    principal: i64,
    /// What came on top, in fen.
    bonus: i64,
    /// What was paid back, in fen.
    refunded: i64,
    /// What of the bonus was taken back, in fen.
    bonus_taken: i64,
}

impl From<SoldRow> for SoldBody {
    fn from(row: SoldRow) -> Self {
        Self {
            channel: row.channel,
            shop: row.shop,
            principal: row.principal.0,
            bonus: row.bonus.0,
            refunded: row.refunded.0,
            bonus_taken: row.bonus_taken.0,
        }
    }
}

/// What was sold in one place and spent in another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpentBody {
    sold_channel: String,
    sold_shop: Option<String>,
    spent_channel: Option<String>,
    spent_shop: Option<String>,
    /// What the seller owes the place where it was spent, in fen; refunds are taken off.
    principal: i64,
    /// What came on top and was spent there, in fen.
    bonus: i64,
}

impl From<SettlementRow> for SpentBody {
    fn from(row: SettlementRow) -> Self {
        Self {
            sold_channel: row.sold_channel,
            sold_shop: row.sold_shop,
            spent_channel: row.spent_channel,
            spent_shop: row.spent_shop,
            principal: row.principal.0,
            bonus: row.bonus.0,
        }
    }
}

/// The settlement between stores.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettlementBody {
    /// What each shop sold.
    sold: Vec<SoldBody>,
    /// What was spent, by where it was sold and where it was spent.
    spent: Vec<SpentBody>,
}

/// The settlement between stores of a period
///
/// A caller tied to shops sees what these sold and what was spent in them.
#[utoipa::path(get, path = "/api/v1/wallet/settlement", tag = "wallet", params(PeriodQuery),
    responses((status = OK, body = SettlementBody)))]
pub(crate) async fn settlement(
    allowed: Allowed<needs::WalletRead>,
    Asked(query): Asked<PeriodQuery>,
) -> Result<Json<SettlementBody>, Problem> {
    if query.until <= query.from {
        return Err(Problem::at(&codes::QUERY_INVALID, "?until", "lies after the beginning"));
    }
    let found = allowed
        .run(async move |hui, actor| read_settlement(hui, actor, query.from, query.until).await)
        .await?;
    Ok(Json(SettlementBody {
        sold: found.sold.into_iter().map(SoldBody::from).collect(),
        spent: found.spent.into_iter().map(SpentBody::from).collect(),
    }))
}
