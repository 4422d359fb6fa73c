//! Orders and refunds with everything filled in that a story is not about.

use hui_loyalty::amounts::Money;
use hui_loyalty::members::{Claim, IdentityKind, Profile};
use hui_loyalty::orders::{Line, Order, OrderKey, Refund, RefundLine, Status};
use hui_loyalty::time::Timestamp;
use hui_operations::record_orders::OrderRequest;
use hui_operations::record_refunds::RefundRequest;
use hui_store::answers::RequestKey;

use crate::worlds::at;

/// A verified phone.
///
/// # Panics
///
/// When it is none.
pub fn phone(number: &str) -> Claim {
    Claim::parse(IdentityKind::Phone, None, number, true).expect("a phone number")
}

/// An open id of the app `shop`.
///
/// # Panics
///
/// When it is none.
pub fn openid(value: &str) -> Claim {
    Claim::parse(IdentityKind::Openid, Some("shop"), value, true).expect("an open id")
}

/// An order that is being written; see [`order`].
#[derive(Debug, Clone)]
pub struct OrderBuilder {
    order: Order,
    key: Option<RequestKey>,
    is_paid_now: bool,
}

/// A paid order of Douyin, paid at the instant it is recorded, by nobody, for one line of ¥100.00.
pub fn order(order_no: &str) -> OrderBuilder {
    let order = Order {
        key: OrderKey { channel: "douyin".to_owned(), order_no: order_no.to_owned() },
        shop: None,
        status: Status::Paid,
        placed_at: None,
        paid_at: None,
        completed_at: None,
        claims: Vec::new(),
        profile: Profile::default(),
        lines: Vec::new(),
        shipping: Money::ZERO,
        paid: Money::ZERO,
        staff: None,
        touchpoint: None,
    };
    OrderBuilder { order, key: None, is_paid_now: true }
}

impl OrderBuilder {
    /// On another channel.
    #[must_use]
    pub fn channel(mut self, channel: &str) -> Self {
        channel.clone_into(&mut self.order.key.channel);
        self
    }

    /// In a shop of the channel.
    #[must_use]
    pub fn shop(mut self, shop: &str) -> Self {
        self.order.shop = Some(shop.to_owned());
        self
    }

    /// With an identity of the buyer.
    #[must_use]
    pub fn by(mut self, claim: Claim) -> Self {
        self.order.claims.push(claim);
        self
    }

    /// With the buyer's verified phone.
    #[must_use]
    pub fn phone(self, number: &str) -> Self {
        self.by(phone(number))
    }

    /// With the buyer's open id.
    #[must_use]
    pub fn openid(self, value: &str) -> Self {
        self.by(openid(value))
    }

    /// With a buyer born on a day, `YYYY-MM-DD`.
    ///
    /// # Panics
    ///
    /// When there is no such day.
    #[must_use]
    pub fn born(mut self, birthday: &str) -> Self {
        self.order.profile.birthday = Some(birthday.parse().expect("a date"));
        self
    }

    /// With one line more, for so much money.
    #[must_use]
    pub fn line(mut self, paid: i64) -> Self {
        let line_no = (self.order.lines.len() + 1).to_string();
        let sku = format!("sku-{line_no}");
        self.order.lines.push(Line {
            line_no,
            sku,
            category: None,
            quantity: 1,
            unit_price: Money(paid),
            paid: Money(paid),
        });
        self
    }

    /// Paid at an instant, as RFC 3339.
    #[must_use]
    pub fn paid_at(self, text: &str) -> Self {
        self.paid_on(at(text))
    }

    /// Paid at an instant.
    #[must_use]
    pub fn paid_on(mut self, instant: Timestamp) -> Self {
        self.order.paid_at = Some(instant);
        self
    }

    /// Of another status; one that is not paid yet has no time of payment.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.order.status = status;
        self.is_paid_now = status.is_paid();
        self
    }

    /// Completed at an instant.
    #[must_use]
    pub fn completed_on(mut self, instant: Timestamp) -> Self {
        self.order.completed_at = Some(instant);
        self.status(Status::Completed)
    }

    /// With an idempotency key, over a content.
    #[must_use]
    pub fn key(mut self, key: &str, fingerprint: &str) -> Self {
        self.key = Some(RequestKey {
            route: "orders".to_owned(),
            key: key.to_owned(),
            fingerprint: fingerprint.to_owned(),
        });
        self
    }

    /// The request, made at `now`.
    pub fn request(self, now: Timestamp) -> OrderRequest {
        let Self { mut order, key, is_paid_now } =
            if self.order.lines.is_empty() { self.line(10_000) } else { self };
        if is_paid_now {
            order.paid_at = order.paid_at.or(Some(now));
        }
        order.paid = order.lines.iter().map(|line| line.paid).sum::<Money>().plus(order.shipping);
        OrderRequest { order, key, lock: None }
    }
}

/// A refund that is being written; see [`refund`].
#[derive(Debug, Clone)]
pub struct RefundBuilder {
    refund: Refund,
    is_made_now: bool,
}

/// A refund of an order of Douyin, made at the instant it is recorded, of nothing yet.
pub fn refund(order_no: &str, refund_no: &str) -> RefundBuilder {
    let refund = Refund {
        order: OrderKey { channel: "douyin".to_owned(), order_no: order_no.to_owned() },
        refund_no: refund_no.to_owned(),
        refunded_at: Timestamp(0),
        lines: Vec::new(),
        shipping: Money::ZERO,
    };
    RefundBuilder { refund, is_made_now: true }
}

impl RefundBuilder {
    /// On another channel.
    #[must_use]
    pub fn channel(mut self, channel: &str) -> Self {
        channel.clone_into(&mut self.refund.order.channel);
        self
    }

    /// So much money of a line, and no piece.
    #[must_use]
    pub fn money(self, line_no: &str, amount: i64) -> Self {
        self.line(line_no, 0, amount)
    }

    /// So many pieces and so much money of a line.
    #[must_use]
    pub fn line(mut self, line_no: &str, quantity: i64, amount: i64) -> Self {
        self.refund.lines.push(RefundLine {
            line_no: line_no.to_owned(),
            quantity,
            amount: Money(amount),
        });
        self
    }

    /// So much of the shipping.
    #[must_use]
    pub fn shipping(mut self, amount: i64) -> Self {
        self.refund.shipping = Money(amount);
        self
    }

    /// Made at an instant.
    #[must_use]
    pub fn made_on(mut self, instant: Timestamp) -> Self {
        self.refund.refunded_at = instant;
        self.is_made_now = false;
        self
    }

    /// The request, made at `now`.
    pub fn request(self, now: Timestamp) -> RefundRequest {
        let Self { mut refund, is_made_now } = self;
        if is_made_now {
            refund.refunded_at = now;
        }
        RefundRequest { refund, key: None }
    }
}
