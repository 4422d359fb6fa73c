//! Checkouts: what a cart costs, what is set aside for it, and the order that comes of it.
//!
//! A quote holds nothing. A lock takes points, coupons and promotions' quotas of one checkout
//! together or not at all; from its time-out on its parts are free at every read, whether or not
//! a job has run. A lock is confirmed by recording its order (`record_orders`), in the same
//! transaction.

use hui_loyalty::checkout::allocation::Row;
use hui_loyalty::checkout::reasons::Unavailable;
use hui_loyalty::checkout::{Asked, Cart, QuoteError, quote};
use hui_loyalty::ids::{LockId, MemberId};
use hui_loyalty::orders::checks::Refusal;
use hui_loyalty::orders::{Line, Order, OrderKey, Status};
use hui_loyalty::time::Timestamp;
use hui_store::Error;
use serde::{Deserialize, Serialize};

use crate::slices::{KeyReused, StoreFailed};

pub mod confirming;
pub mod gifts;
pub mod locks;
pub(crate) mod parts;
pub mod pricing;
pub mod quotes;

/// A cart to be priced, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRequest {
    /// Who buys; nobody known where absent.
    pub member: Option<MemberId>,
    /// What, where and when.
    pub cart: Cart,
    /// What is to be used.
    pub asked: Asked,
}

/// What a lock was made of; stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LockDocument {
    pub(crate) cart: Cart,
    pub(crate) quote: quote::Quote,
    pub(crate) rules_version: i64,
}

impl LockDocument {
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::unreadable("checkout lock", error))
    }
}

/// Part of a lock that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `points`, `wallet`, `coupon`, `quota` or `stock`.
    pub asset: &'static str,
    /// Which: the coupon's code, the promotion's name, the gift's product.
    pub reference: String,
}

/// Why a lock could not be used for an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockRefusal {
    /// There is no such lock.
    #[error("there is no checkout lock {0}")]
    NoLock(LockId),
    /// It is for another order, or the order has another lock by now.
    #[error("the order is not the one of this lock, or has another lock by now")]
    Differs,
    /// It was cancelled.
    #[error("the lock was cancelled already")]
    Cancelled,
    /// It was confirmed.
    #[error("the lock was confirmed already")]
    Confirmed,
    /// It timed out and its parts are gone.
    #[error("the lock timed out and its parts are no longer there")]
    Lost(Vec<Missing>),
    /// Its order was closed, or everything of it has come back.
    #[error("the order was closed, or everything of it was refunded")]
    OrderOver,
    /// The order was recorded for another member.
    #[error("the order was recorded for another member")]
    OtherMember,
}

/// Why a cart could not be priced or locked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckoutError {
    /// A part of the request contradicts the limits.
    #[error("the checkout is not valid")]
    Invalid(Vec<Refusal>),
    /// The cart is not one.
    #[error(transparent)]
    Cart(#[from] QuoteError),
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// The shop is not one the caller may speak for.
    #[error("the shop is not among those this caller may write for")]
    OtherShop,
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// There is no such quote, or it is too old.
    #[error("there is no such quote any more")]
    NoQuote,
    /// The cart would be priced in another way now.
    #[error("the cart is priced in another way by now")]
    QuoteChanged,
    /// Something that was asked for by name cannot be had.
    #[error("not everything that was asked for can be had")]
    Unavailable(Vec<Unavailable>),
    /// The order has a live lock for another cart.
    #[error("the order has a lock for another cart")]
    LockDiffers,
    /// The lock is not in a state for this.
    #[error(transparent)]
    Lock(#[from] LockRefusal),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for CheckoutError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

fn invalid(code: &'static str, pointer: &str, detail: String) -> CheckoutError {
    CheckoutError::Invalid(vec![Refusal { code, pointer: pointer.to_owned(), detail }])
}

/// The order that a priced cart becomes when it is paid.
///
/// A line's `paid` is what money and wallet principal pay of it.
pub(crate) fn order_of(
    cart: &Cart,
    quote: &quote::Quote,
    order_no: &str,
    paid_at: Timestamp,
) -> Order {
    let allocation = &quote.allocation;
    let lines: Vec<Line> = cart
        .lines
        .iter()
        .zip(&allocation.lines)
        .map(|(line, row)| Line {
            line_no: line.line_no.clone(),
            sku: line.sku.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            paid: row.paid(),
        })
        .collect();
    Order {
        key: OrderKey { channel: cart.channel.clone(), order_no: order_no.to_owned() },
        shop: cart.shop.clone(),
        status: Status::Paid,
        placed_at: None,
        paid_at: Some(paid_at),
        completed_at: None,
        claims: Vec::new(),
        profile: hui_loyalty::members::Profile::default(),
        lines,
        shipping: allocation.shipping.as_ref().map(Row::paid).unwrap_or_default(),
        paid: allocation.rows().map(Row::paid).sum(),
        staff: cart.staff.clone(),
        touchpoint: cart.touchpoint.clone(),
    }
}
