//! What the sample sends: the bodies of `POST /api/v1/orders` and `POST /api/v1/refunds`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// One event of the sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum SampleEvent {
    Order(OrderEvent),
    Refund(RefundEvent),
}

impl SampleEvent {
    /// When the event reaches us: after it happened, now and then much later.
    pub(crate) fn arrives_at(&self) -> Timestamp {
        match self {
            Self::Order(order) => order.arrives_at,
            Self::Refund(refund) => refund.arrives_at,
        }
    }
}

/// The state of an order, whole each time, as a shop reports it. Money in fen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderEvent {
    #[serde(skip)]
    pub(crate) arrives_at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) shop: String,
    pub(crate) order_no: String,
    pub(crate) status: Status,
    pub(crate) placed_at: Timestamp,
    pub(crate) paid_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completed_at: Option<Timestamp>,
    /// `None` when nobody said who they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buyer: Option<Buyer>,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) shipping: i64,
    pub(crate) paid: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) staff: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) touchpoint: Option<String>,
}

/// A selling channel of the sample's brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Pos,
    MiniProgram,
    Tmall,
    Jd,
    Douyin,
    Xiaohongshu,
    WechatShop,
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Paid,
    Shipped,
    Completed,
    Closed,
}

/// What an order says about its buyer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Buyer {
    pub(crate) identities: Vec<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gender: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) birthday: Option<Date>,
}

/// A way to recognise a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Identity {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<&'static str>,
    pub(crate) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<bool>,
}

/// A line of an order. `unit_price` before, `paid` after every discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OrderLine {
    pub(crate) line_no: String,
    pub(crate) sku: String,
    pub(crate) category: String,
    pub(crate) quantity: i64,
    pub(crate) unit_price: i64,
    pub(crate) paid: i64,
}

/// Lines, or parts of them, that come back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RefundEvent {
    #[serde(skip)]
    pub(crate) arrives_at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) order_no: String,
    pub(crate) refund_no: String,
    pub(crate) refunded_at: Timestamp,
    pub(crate) lines: Vec<RefundLine>,
}

/// What comes back of a line: so many pieces and so much of its `paid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RefundLine {
    pub(crate) line_no: String,
    pub(crate) quantity: i64,
    pub(crate) amount: i64,
}
