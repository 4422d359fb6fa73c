//! Coupons over the wire: issued, claimed, looked up, locked, redeemed. A code never stands in an address.

use axum::Json;
use hui_loyalty::amounts::Money;
use hui_loyalty::coupons;
use hui_loyalty::ids::{CouponId, MemberId, TemplateId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_operations::coupons::issuing::{
    IssueReceipt, Received, claim_code as claim_by_code, claim_coupon, issue_coupons,
};
use hui_operations::coupons::reading::{CouponView, list_coupons, look_up_coupon, read_history};
use hui_operations::coupons::using::{
    Use, UseReceipt, lock_coupon, redeem_coupon, release_coupon, revoke_coupon, transfer_coupon,
};
use hui_store::coupons::EventRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{
    Answer, IdempotencyKey, KeyHeader, OptionalIdempotencyKey, OptionalKeyHeader, request_key,
};
use crate::paging::{Page, ShortQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::{Amount, said};

pub(crate) mod batches;
pub(crate) mod templates;

use templates::TemplateBody;

/// How many coupons for whom.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_id": "M0000000000001A", "count": 1}))]
pub(crate) struct IssueBody {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// 1 to 100; one where left out.
    #[serde(default = "one")]
    #[schema(value_type = i64, default = 1)]
    count: Amount,
}

const fn one() -> Amount {
    Amount(1)
}

/// A coupon that was received.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedBody {
    #[schema(value_type = String)]
    coupon_id: CouponId,
    /// What is typed or scanned; nobody can guess it.
    code: String,
    #[schema(value_type = String)]
    template_id: TemplateId,
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    valid_from: Timestamp,
    /// Over at this instant.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
}

impl From<Received> for ReceivedBody {
    fn from(received: Received) -> Self {
        Self {
            coupon_id: received.coupon_id,
            code: received.code,
            template_id: received.template_id,
            state: coupons::State::Issued.name(),
            valid_from: received.valid_from,
            valid_until: received.valid_until,
        }
    }
}

/// Coupons that were received.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedBody {
    /// Whose they are; the survivor where the named member was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    coupons: Vec<ReceivedBody>,
}

impl From<IssueReceipt> for IssuedBody {
    fn from(receipt: IssueReceipt) -> Self {
        let coupons = receipt.coupons.into_iter().map(ReceivedBody::from).collect();
        Self { member_id: receipt.member_id, coupons }
    }
}

/// Give a member coupons
#[utoipa::path(post, path = "/api/v1/coupon-templates/{id}/issue", tag = "coupons",
    params(("id" = String, Path, description = "The template"), KeyHeader),
    request_body = IssueBody, responses((status = OK, body = IssuedBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::COUPON_TEMPLATE_UNKNOWN.name, codes::COUPON_OUT_OF_STOCK.name, codes::COUPON_CLAIM_CLOSED.name, codes::COUPON_LIMIT.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn issue(
    allowed: Allowed<needs::CouponsIssue>,
    At(id): At<TemplateId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<IssueBody>,
) -> Result<Answer<IssuedBody>, Problem> {
    let key = request_key("coupons/issue", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let member = body.member_id;
            issue_coupons(hui, actor, id, member, body.count.0, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Who claims, and on which channel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimCouponBody {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// Where the member is.
    #[serde(default)]
    channel: Option<String>,
    /// The member's device, by any name that stays: rules against abuse count by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

/// Give a member the coupon it claims
///
/// Within the claim window, the limits and the stock.
#[utoipa::path(post, path = "/api/v1/coupon-templates/{id}/claim", tag = "coupons",
    params(("id" = String, Path, description = "The template"), KeyHeader),
    request_body = ClaimCouponBody, responses((status = OK, body = IssuedBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::COUPON_TEMPLATE_UNKNOWN.name, codes::COUPON_OUT_OF_STOCK.name, codes::COUPON_CLAIM_CLOSED.name, codes::COUPON_LIMIT.name, codes::COUPON_NOT_CLAIMABLE.name, codes::ABUSE_REVIEW.name, codes::ABUSE_REFUSED.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn claim(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<TemplateId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimCouponBody>,
) -> Result<Answer<IssuedBody>, Problem> {
    let key = request_key("coupons/claim", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let (channel, device) = (body.channel.as_deref(), body.device.as_deref());
            claim_coupon(hui, actor, id, body.member_id, channel, device, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// A code on paper and who has it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimCodeBody {
    code: String,
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The member's device, by any name that stays: rules against abuse count by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

/// Make a code on paper a member's
#[utoipa::path(post, path = "/api/v1/coupons/claim", tag = "coupons", params(KeyHeader),
    request_body = ClaimCodeBody, responses((status = OK, body = IssuedBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::COUPON_UNKNOWN.name, codes::COUPON_OWNED.name, codes::COUPON_LIMIT.name, codes::COUPON_CLAIM_CLOSED.name, codes::COUPON_EXPIRED.name, codes::COUPON_LOCKED.name, codes::COUPON_REDEEMED.name, codes::COUPON_REVOKED.name, codes::ABUSE_REVIEW.name, codes::ABUSE_REFUSED.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn claim_code(
    allowed: Allowed<needs::MembersWrite>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ClaimCodeBody>,
) -> Result<Answer<IssuedBody>, Problem> {
    let key = request_key("coupons/claim-code", key, &"", &body);
    let answer = allowed
        .run(async move |hui, actor| {
            let (member, device) = (body.member_id, body.device.as_deref());
            claim_by_code(hui, actor, &body.code, member, device, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Which coupons.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CouponsQuery {
    /// Only those that stand so now: `issued`, `locked`, `redeemed`, `expired`, `revoked`, `transferred`.
    state: Option<String>,
    /// 1 to 500; 50 where left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A coupon.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CouponBody {
    #[schema(value_type = String)]
    coupon_id: CouponId,
    code: String,
    #[schema(value_type = String)]
    template_id: TemplateId,
    version: i64,
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// Where it stands now: `issued`, `locked`, `redeemed`, `expired`, `revoked`, `transferred`.
    state: &'static str,
    /// Whether it can be used now.
    usable: bool,
    /// What it does, as it was promised when it was received.
    template: TemplateBody,
    #[schema(value_type = String, format = DateTime)]
    valid_from: Timestamp,
    /// Over at this instant.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    uses_left: i64,
    /// The checkout that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// Until when the checkout has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The order that used it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderRefBody>,
    /// How it came: `issue`, `claim`, `batch`, `import`, `transfer`, `gift`.
    source: &'static str,
}

/// An order by its number on its channel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderRefBody {
    pub(crate) channel: String,
    pub(crate) order_no: String,
}

impl From<OrderKey> for OrderRefBody {
    fn from(key: OrderKey) -> Self {
        Self { channel: key.channel, order_no: key.order_no }
    }
}

impl From<CouponView> for CouponBody {
    fn from(view: CouponView) -> Self {
        let coupon = view.coupon;
        let lock = coupon.lock.filter(|_| view.state == coupons::State::Locked);
        Self {
            coupon_id: coupon.id,
            code: coupon.code,
            template_id: coupon.template,
            version: coupon.version,
            member_id: coupon.member,
            state: view.state.name(),
            usable: view.usable,
            template: TemplateBody::of(view.template),
            valid_from: coupon.valid_from,
            valid_until: coupon.valid_until,
            received_at: coupon.received_at,
            uses_left: coupon.uses_left,
            until: lock.as_ref().map(|lock| lock.until),
            session: lock.map(|lock| lock.session),
            order: coupon.order.map(OrderRefBody::from),
            source: coupon.source.name(),
        }
    }
}

/// A member's coupons, latest first
#[utoipa::path(get, path = "/api/v1/members/{id}/coupons", tag = "coupons",
    params(("id" = String, Path, description = "The member"), CouponsQuery),
    responses((status = OK, body = Page<CouponBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn list(
    allowed: Allowed<needs::CouponsRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<CouponsQuery>,
) -> Result<Json<Page<CouponBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| CouponId(id));
    let state = query
        .state
        .map(|name| {
            coupons::State::named(&name).ok_or_else(|| {
                Problem::at(&codes::QUERY_INVALID, "?state", "coupons know no such state")
            })
        })
        .transpose()?;
    let rows = allowed
        .run(async move |hui, actor| list_coupons(hui, actor, id, state, before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |view| [view.coupon.id.0])))
}

/// A code, as it was typed or scanned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    code: String,
}

/// The coupon of a code
#[utoipa::path(post, path = "/api/v1/coupons/lookup", tag = "coupons", request_body = CodeBody,
    responses((status = OK, body = CouponBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name]))))]
pub(crate) async fn look_up(
    allowed: Allowed<needs::CouponsRead>,
    Input(body): Input<CodeBody>,
) -> Result<Json<CouponBody>, Problem> {
    let view =
        allowed.run(async move |hui, actor| look_up_coupon(hui, actor, &body.code).await).await?;
    Ok(Json(view.into()))
}

/// What a checkout wants to set aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockCouponBody {
    code: String,
    /// Which checkout; only it may redeem or release.
    session: String,
    channel: String,
    #[serde(default)]
    shop: Option<String>,
    /// Whose checkout; a coupon of somebody else is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// What the coupon takes off, in fen; counts towards the template's budget.
    #[serde(default)]
    #[schema(value_type = i64, default = 0)]
    discount: Amount,
    /// How often a times card is used.
    #[serde(default = "one")]
    #[schema(value_type = i64, default = 1)]
    uses: Amount,
    /// For how many seconds: 1 to 604,800; 900 where left out.
    #[serde(default = "quarter_of_an_hour")]
    #[schema(value_type = i64, default = 900)]
    ttl_s: Amount,
}

const fn quarter_of_an_hour() -> Amount {
    Amount(900)
}

/// How a coupon stands after something was done with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsedBody {
    #[schema(value_type = String)]
    coupon_id: CouponId,
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// `issued`, `locked`, `redeemed`, `expired`, `revoked` or `transferred`.
    state: &'static str,
    uses_left: i64,
    /// Until when the checkout has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
}

impl From<UseReceipt> for UsedBody {
    fn from(receipt: UseReceipt) -> Self {
        Self {
            coupon_id: receipt.coupon_id,
            member_id: receipt.member_id,
            state: receipt.state.name(),
            uses_left: receipt.uses_left,
            until: receipt.until,
            valid_until: receipt.valid_until,
        }
    }
}

/// Set a coupon aside for a checkout
///
/// The same `session` may ask again: its time-out moves.
#[utoipa::path(post, path = "/api/v1/coupons/lock", tag = "coupons", params(OptionalKeyHeader),
    request_body = LockCouponBody, responses((status = OK, body = UsedBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name, codes::COUPON_NOT_YET.name, codes::COUPON_EXPIRED.name, codes::COUPON_LOCKED.name, codes::COUPON_REDEEMED.name, codes::COUPON_REVOKED.name, codes::COUPON_TRANSFERRED.name, codes::COUPON_OTHER_MEMBER.name, codes::COUPON_USES.name, codes::COUPON_SCOPE.name, codes::COUPON_BUDGET.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn lock(
    allowed: Allowed<needs::CouponsUse>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<LockCouponBody>,
) -> Result<Answer<UsedBody>, Problem> {
    let key = key.map(|key| request_key("coupons/lock", key, &"", &body));
    let answer = allowed
        .run(async move |hui, actor| {
            let asked = Use {
                code: body.code,
                member: body.member_id,
                channel: body.channel,
                shop: body.shop,
                discount: Money(body.discount.0),
                uses: body.uses.0,
                device: None,
            };
            let ttl_s = body.ttl_s.0;
            lock_coupon(hui, actor, &asked, &body.session, ttl_s, key.as_ref()).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// What a checkout gives back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseCouponBody {
    code: String,
    session: String,
}

/// Give a coupon back that a checkout had
#[utoipa::path(post, path = "/api/v1/coupons/release", tag = "coupons",
    request_body = ReleaseCouponBody, responses((status = OK, body = UsedBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name]))))]
pub(crate) async fn release(
    allowed: Allowed<needs::CouponsUse>,
    Input(body): Input<ReleaseCouponBody>,
) -> Result<Json<UsedBody>, Problem> {
    let receipt = allowed
        .run(async move |hui, actor| release_coupon(hui, actor, &body.code, &body.session).await)
        .await?;
    Ok(Json(receipt.into()))
}

/// Which coupon for which order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemCouponBody {
    code: String,
    channel: String,
    order_no: String,
    #[serde(default)]
    shop: Option<String>,
    /// The checkout that locked it; left out at a till that did not.
    #[serde(default)]
    session: Option<String>,
    /// Whose order; a coupon of somebody else is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// What the coupon takes off, in fen.
    #[serde(default)]
    #[schema(value_type = i64, default = 0)]
    discount: Amount,
    /// How often a times card is used.
    #[serde(default = "one")]
    #[schema(value_type = i64, default = 1)]
    uses: Amount,
    /// The device it is used on, by any name that stays: rules against abuse count by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

/// Redeem a coupon for an order
///
/// The same order asking again is answered the same. With `session`, after the lock's time-out,
/// the coupon is taken again if it is still there, else `coupon.lock_lost`.
#[utoipa::path(post, path = "/api/v1/coupons/redeem", tag = "coupons", params(OptionalKeyHeader),
    request_body = RedeemCouponBody, responses((status = OK, body = UsedBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name, codes::COUPON_NOT_YET.name, codes::COUPON_EXPIRED.name, codes::COUPON_LOCKED.name, codes::COUPON_REDEEMED.name, codes::COUPON_REVOKED.name, codes::COUPON_TRANSFERRED.name, codes::COUPON_OTHER_MEMBER.name, codes::COUPON_USES.name, codes::COUPON_SCOPE.name, codes::COUPON_BUDGET.name, codes::COUPON_LOCK_LOST.name, codes::ABUSE_REVIEW.name, codes::ABUSE_REFUSED.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn redeem(
    allowed: Allowed<needs::CouponsUse>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<RedeemCouponBody>,
) -> Result<Answer<UsedBody>, Problem> {
    let key = key.map(|key| request_key("coupons/redeem", key, &"", &body));
    let answer = allowed
        .run(async move |hui, actor| {
            let asked = Use {
                code: body.code,
                member: body.member_id,
                channel: body.channel,
                shop: body.shop,
                discount: Money(body.discount.0),
                uses: body.uses.0,
                device: body.device,
            };
            let session = body.session.as_deref();
            redeem_coupon(hui, actor, &asked, session, &body.order_no, key.as_ref()).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// Why a coupon is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeBody {
    /// 1 to 500 bytes; stands in the audit log.
    reason: String,
}

/// Take a coupon back that nobody uses
#[utoipa::path(post, path = "/api/v1/coupons/{id}/revoke", tag = "coupons",
    params(("id" = String, Path, description = "The coupon")),
    request_body = RevokeBody, responses((status = OK, body = UsedBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name, codes::COUPON_LOCKED.name, codes::COUPON_REDEEMED.name, codes::COUPON_EXPIRED.name, codes::COUPON_TRANSFERRED.name]))))]
pub(crate) async fn revoke(
    allowed: Allowed<needs::CouponsIssue>,
    At(id): At<CouponId>,
    Input(body): Input<RevokeBody>,
) -> Result<Json<UsedBody>, Problem> {
    let reason = said("/reason", &body.reason)?;
    let receipt =
        allowed.run(async move |hui, actor| revoke_coupon(hui, actor, id, &reason).await).await?;
    Ok(Json(receipt.into()))
}

/// Who gets the coupon.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    #[schema(value_type = String)]
    to: MemberId,
}

/// Give a member's coupon to another member
///
/// It ends as `transferred`; the other member gets one with a new code and the same end.
#[utoipa::path(post, path = "/api/v1/coupons/{id}/transfer", tag = "coupons",
    params(("id" = String, Path, description = "The coupon"), KeyHeader),
    request_body = TransferBody, responses((status = OK, body = IssuedBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name, codes::MEMBER_UNKNOWN.name, codes::COUPON_NOT_TRANSFERABLE.name, codes::COUPON_LOCKED.name, codes::COUPON_REDEEMED.name, codes::COUPON_EXPIRED.name, codes::COUPON_REVOKED.name, codes::COUPON_TRANSFERRED.name]))))]
pub(crate) async fn transfer(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<CouponId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<TransferBody>,
) -> Result<Answer<IssuedBody>, Problem> {
    let key = request_key("coupons/transfer", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| transfer_coupon(hui, actor, id, body.to, Some(&key)).await)
        .await?;
    Ok(Answer::of(answer))
}

/// A line of a coupon's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CouponEventBody {
    /// `issued`, `claimed`, `locked`, `released`, `used`, `redeemed`, `restored`, `expired`, `revoked`, `transferred`.
    kind: String,
    from: Option<String>,
    to: String,
    /// When it counts from.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    order: Option<OrderRefBody>,
    /// What the coupon took off, in fen.
    discount: i64,
    uses: i64,
    channel: Option<String>,
    shop: Option<String>,
    staff: Option<String>,
    reason: Option<String>,
}

impl From<EventRow> for CouponEventBody {
    fn from(row: EventRow) -> Self {
        Self {
            kind: row.kind,
            from: row.from,
            to: row.to,
            at: row.at,
            recorded_at: row.recorded_at,
            member_id: row.member,
            order: row.order.map(OrderRefBody::from),
            discount: row.discount.0,
            uses: row.uses,
            channel: row.channel,
            shop: row.shop,
            staff: row.staff,
            reason: row.reason,
        }
    }
}

/// The history of a coupon, earliest first
#[utoipa::path(get, path = "/api/v1/coupons/{id}/history", tag = "coupons",
    params(("id" = String, Path, description = "The coupon"), ShortQuery),
    responses((status = OK, body = Page<CouponEventBody>)),
    extensions(("x-problem-codes" = json!([codes::COUPON_UNKNOWN.name]))))]
pub(crate) async fn history(
    allowed: Allowed<needs::CouponsRead>,
    At(id): At<CouponId>,
    Asked(page): Asked<ShortQuery>,
) -> Result<Json<Page<CouponEventBody>>, Problem> {
    let rows = allowed.run(async move |hui, actor| read_history(hui, actor, id).await).await?;
    Ok(Json(Page::cut(rows, &page)?))
}
