//! The facts of an earning rule, their slots and their descriptions.

use std::sync::OnceLock;

use Presence::{Known, Nullable};

use super::{Fact, Kind, Schema, Slot};

/// `member.tier`: the tier held before the order.
pub const MEMBER_TIER: Slot = Slot(0);
/// `member.growth`: growth value.
pub const MEMBER_GROWTH: Slot = Slot(1);
/// `member.age`: age in completed years.
pub const MEMBER_AGE: Slot = Slot(2);
/// `member.gender`: gender.
pub const MEMBER_GENDER: Slot = Slot(3);
/// `member.birthday`: birthday, YYYY-MM-DD.
pub const MEMBER_BIRTHDAY: Slot = Slot(4);
/// `member.birth_month`: month of the birthday, 1 to 12.
pub const MEMBER_BIRTH_MONTH: Slot = Slot(5);
/// `member.birth_day`: day of the birthday, 1 to 31.
pub const MEMBER_BIRTH_DAY: Slot = Slot(6);
/// `member.joined_at`: when the member joined.
pub const MEMBER_JOINED_AT: Slot = Slot(7);
/// `member.tags`: tags.
pub const MEMBER_TAGS: Slot = Slot(8);
/// `member.channels`: channels the member is known on.
pub const MEMBER_CHANNELS: Slot = Slot(9);
/// `member.orders_count`: orders so far.
pub const MEMBER_ORDERS_COUNT: Slot = Slot(10);
/// `member.spent`: spent so far, in minor units.
pub const MEMBER_SPENT: Slot = Slot(11);
/// `member.last_order_at`: when the member last ordered.
pub const MEMBER_LAST_ORDER_AT: Slot = Slot(12);
/// `member.bound`: whether the member is bound.
pub const MEMBER_BOUND: Slot = Slot(13);
/// `order.channel`: channel of the order.
pub const ORDER_CHANNEL: Slot = Slot(14);
/// `order.shop`: shop of the order.
pub const ORDER_SHOP: Slot = Slot(15);
/// `order.store`: store: the shop of a POS order.
pub const ORDER_STORE: Slot = Slot(16);
/// `order.paid`: paid for the order, in minor units.
pub const ORDER_PAID: Slot = Slot(17);
/// `order.paid_at`: when the order was paid.
pub const ORDER_PAID_AT: Slot = Slot(18);
/// `order.first`: whether it is the member's first order.
pub const ORDER_FIRST: Slot = Slot(19);
/// `order.touchpoint`: touchpoint the order came through.
pub const ORDER_TOUCHPOINT: Slot = Slot(20);
/// `order.staff`: staff who served the order.
pub const ORDER_STAFF: Slot = Slot(21);
/// `order.lines_count`: lines of the order.
pub const ORDER_LINES_COUNT: Slot = Slot(22);
/// `order.quantity`: pieces in the order.
pub const ORDER_QUANTITY: Slot = Slot(23);
/// `order.shipping`: shipping, in minor units.
pub const ORDER_SHIPPING: Slot = Slot(24);
/// `line.sku`: SKU.
pub const LINE_SKU: Slot = Slot(25);
/// `line.category`: category, such as skincare/serum.
pub const LINE_CATEGORY: Slot = Slot(26);
/// `line.quantity`: pieces of the line.
pub const LINE_QUANTITY: Slot = Slot(27);
/// `line.paid`: paid for the line, in minor units.
pub const LINE_PAID: Slot = Slot(28);
/// `line.unit_price`: unit price, in minor units.
pub const LINE_UNIT_PRICE: Slot = Slot(29);
/// `member.cards`: the cards in force.
pub const MEMBER_CARDS: Slot = Slot(30);

/// See [`super::core_schema`].
pub(super) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        CORE.into_iter().fold(Schema::new(), |schema, (name, kind, presence, zh, en)| {
            let fact = Fact::new(name, kind).described(zh, en);
            schema.with(match presence {
                Presence::Known => fact,
                Presence::Nullable => fact.nullable(),
            })
        })
    })
}

#[derive(Clone, Copy)]
enum Presence {
    Known,
    Nullable,
}

/// In the order of the constants.
const CORE: [(&str, Kind, Presence, &str, &str); 31] = [
    ("member.tier", Kind::Text, Known, "下单前所在等级", "The tier held before the order"),
    ("member.growth", Kind::Int, Known, "成长值", "Growth value"),
    ("member.age", Kind::Int, Nullable, "年龄（周岁）", "Age in completed years"),
    ("member.gender", Kind::Text, Nullable, "性别", "Gender"),
    ("member.birthday", Kind::Text, Nullable, "生日，YYYY-MM-DD", "Birthday, YYYY-MM-DD"),
    (
        "member.birth_month",
        Kind::Int,
        Nullable,
        "生日月份，1 至 12",
        "Month of the birthday, 1 to 12",
    ),
    ("member.birth_day", Kind::Int, Nullable, "生日日期，1 至 31", "Day of the birthday, 1 to 31"),
    ("member.joined_at", Kind::Timestamp, Known, "入会时间", "When the member joined"),
    ("member.tags", Kind::TextList, Known, "标签", "Tags"),
    ("member.channels", Kind::TextList, Known, "有往来的渠道", "Channels the member is known on"),
    ("member.orders_count", Kind::Int, Known, "累计订单数", "Orders so far"),
    ("member.spent", Kind::Int, Known, "累计消费（分）", "Spent so far, in minor units"),
    (
        "member.last_order_at",
        Kind::Timestamp,
        Nullable,
        "上次下单时间",
        "When the member last ordered",
    ),
    ("member.bound", Kind::Bool, Known, "是否已绑定", "Whether the member is bound"),
    ("order.channel", Kind::Text, Known, "订单渠道", "Channel of the order"),
    ("order.shop", Kind::Text, Nullable, "店铺", "Shop of the order"),
    (
        "order.store",
        Kind::Text,
        Nullable,
        "门店（POS 订单的店铺）",
        "Store: the shop of a POS order",
    ),
    ("order.paid", Kind::Int, Known, "订单实付（分）", "Paid for the order, in minor units"),
    ("order.paid_at", Kind::Timestamp, Known, "付款时间", "When the order was paid"),
    ("order.first", Kind::Bool, Known, "是否首单", "Whether it is the member's first order"),
    ("order.touchpoint", Kind::Text, Nullable, "触点", "Touchpoint the order came through"),
    ("order.staff", Kind::Text, Nullable, "导购", "Staff who served the order"),
    ("order.lines_count", Kind::Int, Known, "订单行数", "Lines of the order"),
    ("order.quantity", Kind::Int, Known, "商品总件数", "Pieces in the order"),
    ("order.shipping", Kind::Int, Known, "运费（分）", "Shipping, in minor units"),
    ("line.sku", Kind::Text, Known, "商品编码", "SKU"),
    (
        "line.category",
        Kind::Text,
        Nullable,
        "商品类目，如 skincare/serum",
        "Category, such as skincare/serum",
    ),
    ("line.quantity", Kind::Int, Known, "本行件数", "Pieces of the line"),
    ("line.paid", Kind::Int, Known, "本行实付（分）", "Paid for the line, in minor units"),
    ("line.unit_price", Kind::Int, Known, "单价（分）", "Unit price, in minor units"),
    (
        "member.cards",
        Kind::TextList,
        Known,
        "下单时有效的权益卡和次卡",
        "Ids of the cards in force at the time of the order",
    ),
];
