//! Every stable code a problem can carry: its status, whether to try again, its title.
//!
//! Callers branch on these. A code is never renamed and never changes its status;
//! the list is published in `docs/api/errors.md`, and a test holds the two equal.

use serde::Serialize;

/// Whether and how the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Not as it is: something in the request or in the world must change first.
    Never,
    /// At once or later, with the same `Idempotency-Key` or natural key: nothing happens twice.
    SameKey,
    /// After the time in `Retry-After`.
    Later,
}

impl Retry {
    /// The word in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::SameKey => "same_key",
            Self::Later => "later",
        }
    }
}

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable word, such as `points.insufficient`.
    pub name: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// Whether to try again.
    pub retry: Retry,
    /// What it is called in English.
    pub title: &'static str,
    /// What it is called in Chinese.
    pub title_zh: &'static str,
}

/// The code of that name, if it is in the list.
pub fn named(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

/// The list as it is published.
pub fn table() -> String {
    let mut text = String::from(
        "# Codes of problems\n\n\
         Every refusal and every failure is an `application/problem+json` document (RFC 9457) with a\n\
         `code` from this table. Branch on the code, not on the title or the detail. A code is never\n\
         renamed and never changes its status. `errors[]` has the same codes for the parts of the input.\n\n\
         `retry` says what to do next:\n\n\
         - `never`: not as it is; something in the request or in the world must change first.\n\
         - `same_key`: send it again with the same `Idempotency-Key` or natural key; nothing happens twice.\n\
         - `later`: wait as long as `Retry-After` says.\n\n\
         This file is written by `cargo xtask openapi`.\n\n\
         | code | status | retry | title | 中文 |\n|---|---|---|---|---|\n",
    );
    for code in ALL {
        let (name, retry) = (code.name, code.retry.name());
        let line = format!(
            "| `{name}` | {} | `{retry}` | {} | {} |\n",
            code.status, code.title, code.title_zh
        );
        text.push_str(&line);
    }
    text
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:literal, $retry:ident, $title:literal, $title_zh:literal;)*) => {
        $(
            #[doc = $title]
            pub static $constant: Code = Code {
                name: $name,
                status: $status,
                retry: Retry::$retry,
                title: $title,
                title_zh: $title_zh,
            };
        )*

        /// The whole list, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    REQUEST_MALFORMED = "request.malformed", 400, Never, "The request cannot be read", "请求无法解析";
    JSON_MALFORMED = "json.malformed", 400, Never, "The body is not valid JSON", "请求体不是合法的 JSON";
    JSON_TOO_DEEP = "json.too_deep", 400, Never, "The body is nested too deeply", "JSON 嵌套过深";
    BODY_INVALID = "body.invalid", 400, Never, "The body has not the shape of this request", "请求体的结构不符";
    FIELD_UNKNOWN = "field.unknown", 400, Never, "There is no such field", "未知字段";
    FIELD_MISSING = "field.missing", 400, Never, "A field is missing", "缺少字段";
    FIELD_REPEATED = "field.repeated", 400, Never, "A field is given twice", "字段重复";
    FIELD_TYPE = "field.type", 400, Never, "A field is of another type", "字段类型不符";
    FIELD_INVALID = "field.invalid", 422, Never, "A field cannot be read", "字段值无法识别";
    QUERY_INVALID = "query.invalid", 400, Never, "A query parameter is unknown or unreadable", "查询参数未知或无法识别";
    CURSOR_INVALID = "cursor.invalid", 400, Never, "The cursor is not one of this list", "游标无效";
    LIMIT_INVALID = "limit.invalid", 400, Never, "The limit is out of range", "分页大小超出范围";
    IDEMPOTENCY_MISSING = "idempotency.missing", 400, Never, "An Idempotency-Key is needed", "缺少 Idempotency-Key";
    IDEMPOTENCY_INVALID = "idempotency.invalid", 400, Never, "The Idempotency-Key cannot be used", "Idempotency-Key 无效";
    IDEMPOTENCY_REUSED = "idempotency.reused", 409, Never, "The Idempotency-Key was used for another request", "Idempotency-Key 已用于其他请求";

    AUTH_MISSING = "auth.missing", 401, Never, "Sign in or send an API key", "请登录或提供 API 密钥";
    AUTH_INVALID = "auth.invalid", 401, Never, "The API key or session is not valid", "API 密钥或会话无效";
    SIGN_IN_REFUSED = "sign_in.refused", 401, Never, "Name, password or code are wrong", "用户名、密码或验证码错误";
    SIGN_IN_CODE_NEEDED = "sign_in.code_needed", 401, Never, "A one-time code is needed", "需要动态验证码";
    SIGN_IN_LOCKED = "sign_in.locked", 429, Later, "Too many failed attempts", "尝试次数过多，账号暂时锁定";
    CSRF_INVALID = "csrf.invalid", 403, Never, "The X-CSRF-Token is not the session's", "CSRF 令牌无效";
    ORIGIN_FOREIGN = "origin.foreign", 403, Never, "The request comes from another site", "请求来自其他站点";
    RIGHT_MISSING = "right.missing", 403, Never, "The right to do this is missing", "没有此操作的权限";
    SHOP_HIDDEN = "shop.hidden", 403, Never, "The shop is outside what the caller sees", "无权访问该门店";
    RATE_LIMITED = "rate.limited", 429, Later, "Too many requests", "请求过于频繁";

    ROUTE_UNKNOWN = "route.unknown", 404, Never, "There is nothing here", "没有这个地址";
    METHOD_NOT_ALLOWED = "method.not_allowed", 405, Never, "The method does not exist here", "不支持该方法";
    ID_INVALID = "id.invalid", 404, Never, "The number in the address is not valid", "地址中的编号无效";
    BODY_TIMEOUT = "body.timeout", 408, SameKey, "The body did not arrive in time", "请求体接收超时";
    BODY_TOO_LARGE = "body.too_large", 413, Never, "The body is too large", "请求体过大";
    BATCH_TOO_LARGE = "batch.too_large", 413, Never, "The batch has too many items", "批量条数过多";
    CONTENT_TYPE_UNSUPPORTED = "content_type.unsupported", 415, Never, "The content type is not supported", "不支持的内容类型";
    INPUT_REFUSED = "input.refused", 422, Never, "A value is refused", "内容不被接受";
    AMOUNT_OUT_OF_RANGE = "amount.out_of_range", 422, Never, "An amount is out of range", "金额或积分超出范围";
    QUANTITY_OUT_OF_RANGE = "quantity.out_of_range", 422, Never, "A quantity is out of range", "数量超出范围";
    TEXT_EMPTY = "text.empty", 422, Never, "A text is empty", "文本为空";
    TEXT_TOO_LONG = "text.too_long", 422, Never, "A text is too long", "文本过长";
    TEXT_CONTROL_CHARACTER = "text.control_character", 422, Never, "A text has control characters", "文本含有控制字符";
    TIME_FUTURE = "time.future", 422, Never, "A time lies in the future", "时间在未来";
    TIME_PAST = "time.past", 422, Never, "A time lies in the past", "时间已过";
    TIME_ORDER = "time.order", 422, Never, "The end lies before the start", "结束早于开始";
    REASON_MISSING = "reason.missing", 422, Never, "A reason is needed", "请填写原因";

    SERVER_ERROR = "server.error", 500, SameKey, "Something went wrong on our side", "服务器内部错误";
    DATABASE_UNAVAILABLE = "database.unavailable", 503, SameKey, "Nothing was recorded: the database is not available", "数据库暂不可用，未记录任何内容";
    SERVER_BUSY = "server.busy", 503, SameKey, "Nothing was recorded: the server is busy or stopping", "服务繁忙，未记录任何内容";

    CHANNEL_UNKNOWN = "channel.unknown", 422, Never, "There is no such channel", "未知渠道";
    CHANNEL_INVALID = "channel.invalid", 422, Never, "The channel's name cannot be used", "渠道名称无效";
    CHANNEL_TAKEN = "channel.taken", 409, Never, "The channel exists already", "渠道已存在";
    SHOP_INVALID = "shop.invalid", 422, Never, "The shop cannot be taken", "门店无效";

    LINES_MISSING = "lines.missing", 422, Never, "At least one line is needed", "至少需要一行明细";
    LINES_TOO_MANY = "lines.too_many", 422, Never, "Too many lines", "明细行过多";
    LINES_REPEATED = "lines.repeated", 422, Never, "A line is given twice", "明细行重复";
    ORDER_UNKNOWN = "order.unknown", 404, Never, "There is no such order", "订单不存在";
    ORDER_CHANGED = "order.changed", 409, Never, "The order was recorded with other content", "订单内容与已记录的不一致";
    ORDER_TOTAL_MISMATCH = "order.total_mismatch", 422, Never, "Lines and shipping do not add up to the payment", "明细与运费之和不等于实付";
    ORDER_PAID_AT_MISSING = "order.paid_at_missing", 422, Never, "A paid order needs its time of payment", "已支付订单缺少支付时间";
    REFUND_UNKNOWN = "refund.unknown", 404, Never, "There is no such refund", "退款不存在";
    REFUND_CHANGED = "refund.changed", 409, Never, "The refund was recorded with other content", "退款内容与已记录的不一致";
    REFUND_EXCEEDS = "refund.exceeds", 422, Never, "More is refunded than is left", "退款超过可退部分";
    REFUND_EMPTY = "refund.empty", 422, Never, "The refund gives nothing back", "退款内容为空";
    REFUND_LINE_UNKNOWN = "refund.line_unknown", 422, Never, "The order has no such line", "订单没有这一行";
    REFUND_ORDER_NOT_PAID = "refund.order_not_paid", 422, Never, "The order was never paid", "订单未支付";

    MEMBER_UNKNOWN = "member.unknown", 404, Never, "There is no such member", "会员不存在";
    MEMBER_EXISTS = "member.exists", 409, Never, "The identities belong to a member already", "该身份已属于会员";
    MEMBER_ERASED = "member.erased", 409, Never, "The member was erased", "会员已注销并清除";
    MEMBER_CODE_INVALID = "member.code_invalid", 422, Never, "The member code cannot be read", "会员码无法识别";
    IDENTITY_UNKNOWN = "identity.unknown", 404, Never, "There is no such identity", "身份不存在";
    IDENTITY_TAKEN = "identity.taken", 409, Never, "The identity belongs to another member", "该身份已属于其他会员";
    IDENTITY_LAST = "identity.last", 409, Never, "The last identity of a member stays", "不能解绑最后一个身份";
    IDENTITY_MISSING = "identity.missing", 422, Never, "At least one identity is needed", "至少需要一个身份";
    IDENTITY_TOO_MANY = "identity.too_many", 422, Never, "Too many identities", "身份过多";
    IDENTITY_KIND_UNKNOWN = "identity.kind_unknown", 422, Never, "There is no such kind of identity", "未知身份类型";
    IDENTITY_PHONE_INVALID = "identity.phone_invalid", 422, Never, "Not a phone number", "手机号无效";
    IDENTITY_PHONE_LANDLINE = "identity.phone_landline", 422, Never, "A fixed line identifies nobody", "固定电话不能识别会员";
    IDENTITY_EMAIL_INVALID = "identity.email_invalid", 422, Never, "Not an e-mail address", "邮箱无效";
    IDENTITY_SCOPE_MISSING = "identity.scope_missing", 422, Never, "The identity needs a scope", "身份缺少 scope";
    IDENTITY_SCOPE_UNEXPECTED = "identity.scope_unexpected", 422, Never, "The identity has no scope", "该类身份没有 scope";
    IDENTITY_SCOPE_INVALID = "identity.scope_invalid", 422, Never, "The scope cannot be used", "scope 无效";
    IDENTITY_VALUE_INVALID = "identity.value_invalid", 422, Never, "The value cannot be used", "身份值无效";
    PHONE_SECOND = "phone.second", 409, Never, "The member has another verified phone", "会员已有其他已验证手机号";
    MERGE_UNKNOWN = "merge.unknown", 404, Never, "There is no such merge", "合并记录不存在";
    MERGE_SAME_MEMBER = "merge.same_member", 422, Never, "A member cannot be merged into itself", "不能与自己合并";
    MERGE_REASON_MISSING = "merge.reason_missing", 422, Never, "Merging needs a reason", "合并需要填写原因";
    MERGE_RIGHT_MISSING = "merge.right_missing", 403, Never, "Merging two verified phones needs a right of its own", "合并两个已验证手机号需要专门权限";
    MERGE_UNDONE = "merge.undone", 409, Never, "The merge was undone already", "该合并已撤销";
    MERGE_NOT_LAST = "merge.not_last", 409, Never, "A later merge must be undone first", "请先撤销之后的合并";
    MERGE_HOLD = "merge.hold", 409, Later, "A live hold draws on both sides", "有冻结积分跨两侧，结束后再撤销";
    REVIEW_UNKNOWN = "review.unknown", 404, Never, "There is no such review", "待审项不存在";
    REVIEW_DECIDED = "review.decided", 409, Never, "The review was decided already", "该审核已处理";
    ABUSE_REVIEW = "abuse.review", 422, Never, "This happens too often; somebody will look at it", "操作过于频繁，已提交人工审核";
    ABUSE_REFUSED = "abuse.refused", 422, Never, "This happens too often, or is blocked", "操作过于频繁或已被限制";
    ABUSE_OFF = "abuse.off", 409, Never, "The rules in force look at no abuse", "当前规则未启用防刷";
    ABUSE_BLOCK_UNKNOWN = "abuse.block_unknown", 404, Never, "There is no such block", "没有这条限制";
    REVIEW_DECISION = "review.decision", 422, Never, "The decision does not fit the review", "处理方式与该审核不符";

    POINTS_INSUFFICIENT = "points.insufficient", 422, Never, "Not enough points", "积分不足";
    POINTS_ZERO = "points.zero", 422, Never, "Points of nothing", "积分为零";
    ADJUSTMENT_UNKNOWN = "adjustment.unknown", 404, Never, "There is no such adjustment", "调整申请不存在";
    ADJUSTMENT_DECIDED = "adjustment.decided", 409, Never, "The adjustment was decided already", "该调整申请已处理";
    ADJUSTMENT_OWN = "adjustment.own", 403, Never, "Somebody else must decide the adjustment", "不能审批自己提交的调整";
    ENTRY_NOT_UNDOABLE = "entry.not_undoable", 422, Never, "The entry cannot be taken back", "该流水不可撤销";
    ENTRY_UNDONE = "entry.undone", 409, Never, "The entry was taken back already", "该流水已撤销";
    POINTS_HOLD_UNKNOWN = "points.hold_unknown", 404, Never, "There is no such hold", "冻结不存在";
    POINTS_HOLD_LOST = "points.hold_lost", 409, Never, "The points of the hold are gone", "冻结的积分已不可用";
    POINTS_HOLD_CONFIRMED = "points.hold_confirmed", 409, Never, "The hold was confirmed", "冻结已确认";
    POINTS_HOLD_CANCELLED = "points.hold_cancelled", 409, Never, "The hold was cancelled", "冻结已取消";
    ENTRY_UNKNOWN = "entry.unknown", 404, Never, "There is no such entry", "积分流水不存在";
    TTL_OUT_OF_RANGE = "ttl.out_of_range", 422, Never, "The time to live is out of range", "有效时长超出范围";

    CHECKOUT_LOCK_UNKNOWN = "checkout.lock_unknown", 404, Never, "There is no such checkout lock", "结算锁不存在";
    CHECKOUT_LOCK_DIFFERS = "checkout.lock_differs", 409, Never, "The order has a lock for another cart", "该订单已有其他内容的结算锁";
    CHECKOUT_LOCK_LOST = "checkout.lock_lost", 409, Never, "The lock timed out and its parts are gone", "结算锁已超时，资产不可用";
    CHECKOUT_LOCK_CONFIRMED = "checkout.lock_confirmed", 409, Never, "The lock was confirmed", "结算锁已确认";
    CHECKOUT_LOCK_CANCELLED = "checkout.lock_cancelled", 409, Never, "The lock was cancelled", "结算锁已取消";
    CHECKOUT_ORDER_OVER = "checkout.order_over", 409, Never, "The order was closed or wholly refunded", "订单已关闭或已全额退款";
    CHECKOUT_OTHER_MEMBER = "checkout.other_member", 409, Never, "The order was recorded for another member", "订单已归属其他会员";
    CHECKOUT_QUOTE_UNKNOWN = "checkout.quote_unknown", 404, Never, "There is no such quote any more", "报价不存在或已过期";
    CHECKOUT_QUOTE_CHANGED = "checkout.quote_changed", 409, Never, "The cart is priced in another way by now", "价格已变化，请重新报价";
    CHECKOUT_UNAVAILABLE = "checkout.unavailable", 409, Never, "Not everything asked for can be had", "所选优惠或资产不可用";
    CART_TOO_LARGE = "cart.too_large", 422, Never, "The cart is too large", "购物车金额过大";

    COUPON_UNKNOWN = "coupon.unknown", 404, Never, "There is no such coupon", "优惠券不存在";
    COUPON_TEMPLATE_UNKNOWN = "coupon.template_unknown", 404, Never, "There is no such coupon template", "券模板不存在";
    COUPON_BATCH_UNKNOWN = "coupon.batch_unknown", 404, Never, "There is no such batch of codes", "券码批次不存在";
    COUPON_OUT_OF_STOCK = "coupon.out_of_stock", 409, Never, "No more of these coupons can be had", "优惠券已领完";
    COUPON_STOCK = "coupon.stock", 409, Never, "More of these coupons were given already", "新库存低于已发数量";
    COUPON_NOT_CLAIMABLE = "coupon.not_claimable", 422, Never, "This coupon is not one to be claimed", "该券不可自行领取";
    COUPON_CLAIM_CLOSED = "coupon.claim_closed", 422, Never, "It is not the time to get this coupon", "不在领取时间内";
    COUPON_LIMIT = "coupon.limit", 422, Never, "The member has as many as one may have", "已达领取上限";
    COUPON_NOT_YET = "coupon.not_yet", 422, Never, "The coupon cannot be used yet", "优惠券尚未生效";
    COUPON_EXPIRED = "coupon.expired", 422, Never, "The coupon has expired", "优惠券已过期";
    COUPON_LOCKED = "coupon.locked", 409, Later, "Another checkout has the coupon", "优惠券正被其他订单占用";
    COUPON_REDEEMED = "coupon.redeemed", 409, Never, "The coupon was used", "优惠券已使用";
    COUPON_REVOKED = "coupon.revoked", 409, Never, "The coupon was revoked", "优惠券已作废";
    COUPON_TRANSFERRED = "coupon.transferred", 409, Never, "The coupon was given away", "优惠券已转赠";
    COUPON_OTHER_MEMBER = "coupon.other_member", 422, Never, "The coupon belongs to another member", "优惠券属于其他会员";
    COUPON_LOCK_LOST = "coupon.lock_lost", 409, Never, "The lock timed out and the coupon is gone", "占用已超时，优惠券不可用";
    COUPON_NOT_TRANSFERABLE = "coupon.not_transferable", 422, Never, "The coupon cannot be given away", "该券不可转赠";
    COUPON_OWNED = "coupon.owned", 409, Never, "The coupon has an owner", "该券已有归属";
    COUPON_USES = "coupon.uses", 422, Never, "The coupon has fewer uses left", "剩余次数不足";
    COUPON_SCOPE = "coupon.scope", 422, Never, "The coupon is not for this channel or shop", "该券不适用于此渠道或门店";
    COUPON_BUDGET = "coupon.budget", 409, Never, "The budget of these coupons is used up", "该券预算已用完";
    COUPON_CODE_TAKEN = "coupon.code_taken", 409, Never, "A code is there already", "券码已存在";

    WALLET_INSUFFICIENT = "wallet.insufficient", 422, Never, "Not enough money in the wallet", "储值余额不足";
    WALLET_LIMIT = "wallet.limit", 422, Never, "The wallet would hold more than it may", "超过储值卡限额";
    WALLET_PLAN_UNKNOWN = "wallet.plan_unknown", 422, Never, "There is no such top-up plan", "储值方案不存在";
    WALLET_TOP_UP_UNKNOWN = "wallet.top_up_unknown", 404, Never, "There is no such top-up", "储值记录不存在";
    WALLET_HOLD_UNKNOWN = "wallet.hold_unknown", 404, Never, "There is no such wallet hold", "储值冻结不存在";
    WALLET_HOLD_LOST = "wallet.hold_lost", 409, Never, "The money of the hold is gone", "冻结的储值已不可用";
    WALLET_HOLD_CONFIRMED = "wallet.hold_confirmed", 409, Never, "The hold was confirmed", "储值冻结已确认";
    WALLET_HOLD_CANCELLED = "wallet.hold_cancelled", 409, Never, "The hold was cancelled", "储值冻结已取消";
    WALLET_REFUND_EXCEEDS = "wallet.refund_exceeds", 422, Never, "More would come back than is left", "退款超过可退部分";

    MALL_GOOD_UNKNOWN = "mall.good_unknown", 404, Never, "The mall has no such good", "积分商品不存在";
    MALL_EXCHANGE_UNKNOWN = "mall.exchange_unknown", 404, Never, "There is no such exchange", "兑换记录不存在";
    MALL_EXCHANGE_ENDED = "mall.exchange_ended", 409, Never, "The exchange has ended", "该兑换已完成或已退回";
    MALL_OUT_OF_STOCK = "mall.out_of_stock", 409, Never, "No more of it can be had", "积分商品已兑完";
    MALL_STOCK = "mall.stock", 409, Never, "More of it were taken already", "新库存低于已兑数量";
    MALL_REFUSED = "mall.refused", 422, Never, "The member may not have it", "不符合兑换条件";
    MALL_COUPON_USED = "mall.coupon_used", 409, Never, "The coupon it gave cannot be taken back", "兑换所得的券无法收回";

    CARD_UNKNOWN = "card.unknown", 404, Never, "There is no such card", "卡不存在";
    CARD_NAME_UNKNOWN = "card.name_unknown", 422, Never, "The program has no such card", "计划中没有这种卡";
    CARD_NOT_ON_SALE = "card.not_on_sale", 422, Never, "The card is not on sale", "该卡不在售卖期";
    CARD_PRICE = "card.price", 422, Never, "The card has no such price", "该卡不支持此支付方式";
    CARD_LIMIT = "card.limit", 422, Never, "The member has as many of the card as one may", "已达持卡上限";
    CARD_NOT_EXTENDABLE = "card.not_extendable", 422, Never, "The running card lasts as long as a new one would", "该卡到期日固定，无法续期";
    CARD_NOT_IN_FORCE = "card.not_in_force", 409, Never, "The card is not in force", "卡不在有效状态";
    CARD_NO_VISITS = "card.no_visits", 422, Never, "Only a service card has visits", "只有次卡可以核销次数";
    CARD_VISITS_LEFT = "card.visits_left", 422, Never, "The card has fewer visits left", "剩余次数不足";
    CARD_VISITS_PER_DAY = "card.visits_per_day", 422, Never, "So many visits a day are too many", "超过每日使用次数";
    CARD_NOT_SHARED = "card.not_shared", 422, Never, "The card is not shared with this member", "该卡不能由此会员使用";
    CARD_VISIT_UNKNOWN = "card.visit_unknown", 404, Never, "There is no such visit", "核销记录不存在";
    CARD_VISIT_UNDONE = "card.visit_undone", 409, Never, "The visit was taken back already", "该核销已撤销";
    CARD_USED = "card.used", 409, Never, "A used card is not taken back", "卡已使用，无法退卡";
    CARD_OF_EXCHANGE = "card.of_exchange", 409, Never, "The card came with an exchange: return that", "该卡来自积分兑换，请退回兑换单";

    PROGRAM_REFUSED = "program.refused", 422, Never, "The rules have errors", "规则有错误";
    PROGRAM_DRAFT_UNKNOWN = "program.draft_unknown", 404, Never, "There is no draft", "没有草稿";
    PROGRAM_VERSION_UNKNOWN = "program.version_unknown", 404, Never, "There is no such version", "版本不存在";
    PROGRAM_EFFECTIVE_PAST = "program.effective_past", 422, Never, "Rules cannot take effect in the past", "生效时间不能早于现在";
    PROGRAM_NAME_INVALID = "program.name_invalid", 422, Never, "The program's name cannot be used", "计划名称无效";
    PROGRAM_CURRENCY = "program.currency", 422, Never, "A currency is three capital letters", "币种应为三个大写字母";
    PROGRAM_TIME_ZONE = "program.time_zone", 422, Never, "There is no such time zone", "未知时区";

    STAFF_UNKNOWN = "staff.unknown", 404, Never, "There is no such account", "员工账号不存在";
    STAFF_NAME_TAKEN = "staff.name_taken", 409, Never, "The name is taken", "用户名已被使用";
    STAFF_NAME_INVALID = "staff.name_invalid", 422, Never, "The name cannot be used", "用户名无效";
    STAFF_SHOPS_MISSING = "staff.shops_missing", 422, Never, "The role needs shops", "该角色需要指定门店";
    STAFF_LAST_ADMIN = "staff.last_admin", 409, Never, "The last administrator stays", "必须保留至少一名管理员";
    PASSWORD_WRONG = "password.wrong", 422, Never, "The current password is wrong", "当前密码不正确";
    PASSWORD_WEAK = "password.weak", 422, Never, "The password is too easy to guess", "密码强度不足";
    TOTP_PRESENT = "totp.present", 409, Never, "An authenticator is in use: take it off first", "已启用动态验证码，请先停用";
    TOTP_NOT_SET_UP = "totp.not_set_up", 409, Never, "Set up the authenticator first", "请先设置动态验证码";
    TOTP_WRONG = "totp.wrong", 422, Never, "The code is wrong", "动态验证码错误";
    KEY_UNKNOWN = "key.unknown", 404, Never, "There is no such API key", "API 密钥不存在";
    KEY_SCOPE_UNKNOWN = "key.scope_unknown", 422, Never, "There is no such scope", "未知权限范围";
    KEY_SCOPE_BEYOND = "key.scope_beyond", 403, Never, "A key cannot do more than its maker", "密钥权限不能超过创建者";
    NOTE_UNKNOWN = "note.unknown", 404, Never, "There is no such note", "备注不存在";
    SANDBOX_CLOCK_BACKWARDS = "sandbox.clock_backwards", 409, Never, "The sandbox clock only moves forward", "沙箱时钟只能前进";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_stands_in_the_list_once() {
        let names: HashSet<&str> = ALL.iter().map(|code| code.name).collect();

        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn what_may_be_sent_again_later_says_so() {
        for code in ALL {
            let waits = matches!(code.status, 429);

            assert!(!waits || code.retry == Retry::Later, "{}", code.name);
        }
    }
}
