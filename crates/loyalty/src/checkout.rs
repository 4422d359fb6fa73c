//! Pricing a cart: what it costs, why, and who pays which part of which line.
//!
//! The parts, in reading order: the [`Cart`] and what the member has
//! ([`Assets`]), what is [`Asked`] for, and the [`quote::Quote`] that comes of
//! them with its [`allocation::Allocation`], which is stored when the order is
//! confirmed and decides every later refund.
//!
//! A quote promises nothing and holds nothing: it is a function of the rules,
//! the cart, the assets and the instant.

use serde::{Deserialize, Serialize};

use crate::amounts::{Money, Points};
use crate::coupons::terms::Terms;
use crate::earning::facts::MemberFacts;
use crate::program::Program;
use crate::promotions::BudgetLeft;
use crate::time::Timestamp;
use crate::wallet::spending::SpendOrder;

pub mod allocation;
mod best;
mod couponing;
mod gifting;
mod pricing;
pub mod quote;
pub mod reasons;
pub mod refunds;
mod tendering;

/// The most lines of a cart.
pub const LINES_MAX: usize = 1_000;
/// The most pieces of a line.
pub const QUANTITY_MAX: i64 = 1_000_000;

/// What a shopper wants to buy, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// When it is priced: windows, schedules and ages count at this instant.
    pub at: Timestamp,
    /// The channel, such as `pos`.
    pub channel: String,
    /// The shop of the channel (for `pos`: the store).
    pub shop: Option<String>,
    /// The cashier or guide.
    pub staff: Option<String>,
    /// The code or place that led here.
    pub touchpoint: Option<String>,
    /// The products; may be none.
    pub lines: Vec<CartLine>,
    /// What is to be delivered, and for how much.
    pub shipping: Vec<Shipping>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The line's number within the cart, unique.
    pub line_no: String,
    /// The product.
    pub sku: String,
    /// The category path, such as `skincare/serum`.
    pub category: Option<String>,
    /// Pieces, at least one.
    pub quantity: i64,
    /// The list price of a piece.
    pub unit_price: Money,
    /// Whether promotions, coupons and points may make it cheaper.
    pub discountable: bool,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipping {
    /// Its name within the cart, unique.
    pub id: String,
    /// How it is delivered, such as `express`.
    pub method: Option<String>,
    /// What it costs.
    pub amount: Money,
}

impl Cart {
    /// One delivery for `amount`, or none when it is zero.
    pub fn one_delivery(amount: Money) -> Vec<Shipping> {
        let one = Shipping { id: "shipping".to_owned(), method: None, amount };
        if amount.is_zero() { Vec::new() } else { vec![one] }
    }
}

impl CartLine {
    /// The list price of all pieces.
    pub const fn gross(&self) -> Money {
        Money(self.unit_price.0.saturating_mul(self.quantity))
    }
}

/// Who buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buyer<'a> {
    /// What is known of the member; `None` for a passer-by, of whom no condition
    /// about a member holds.
    pub member: Option<&'a MemberFacts>,
    /// Whether it would be the member's first order.
    pub first: bool,
}

/// What may be used for a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assets {
    /// Points that can be spent now.
    pub points: Points,
    /// Stored value that can be spent now.
    pub wallet: Wallet,
    /// Coupons that are issued to the member, valid at [`Cart::at`] and neither locked nor used.
    pub coupons: Vec<UsableCoupon>,
    /// What is left of promotions' budgets and quotas; one that is missing has all of it left.
    pub budgets: Vec<BudgetLeft>,
    /// What is left of goods that are given; of one that is missing there is no end.
    pub gifts: Vec<GiftLeft>,
}

/// What is left of a product that is given with a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftLeft {
    /// The product.
    pub sku: String,
    /// Pieces.
    pub pieces: i64,
}

/// Stored value, and in which order its two balances are spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wallet {
    /// What was paid in.
    pub principal: Money,
    /// What was given on top.
    pub bonus: Money,
    /// Which of them pays first.
    pub order: SpendOrder,
}

/// A coupon that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableCoupon {
    /// Its code.
    pub code: String,
    /// What it does.
    pub terms: Terms,
    /// When its validity ends; of equally good combinations the one that ends first is used.
    pub expires_at: Option<Timestamp>,
    /// Of a times card: the uses left.
    pub times_left: Option<i64>,
}

/// What the shopper asks to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which coupons.
    pub coupons: CouponsAsked,
    /// How many points; `None` is none.
    pub points: Option<Use>,
    /// How much of the wallet, in minor units; `None` is nothing.
    pub wallet: Option<Use>,
    /// Whether promotions apply.
    pub benefits: Benefits,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            coupons: CouponsAsked::Listed(Vec::new()),
            points: None,
            wallet: None,
            benefits: Benefits::Auto,
        }
    }
}

/// Which coupons are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponsAsked {
    /// The combination that leaves the least to pay, then has the fewest coupons,
    /// then those that expire first.
    Best,
    /// These codes; of one stacking group the first named counts.
    Listed(Vec<String>),
}

/// How much of an asset is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// As much as the rules and the balance allow.
    Max,
    /// So much, or what of it is allowed.
    Exactly(i64),
}

/// Whether promotions apply by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Benefits {
    /// All that hold.
    #[default]
    Auto,
    /// None: list prices.
    None,
}

/// Why a cart cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// More than [`LINES_MAX`].
    #[error("a cart has at most {LINES_MAX} lines and as many deliveries")]
    TooManyLines,
    /// Not from 1 to [`QUANTITY_MAX`].
    #[error("a line has from 1 to {QUANTITY_MAX} pieces")]
    Quantity {
        /// The place of the line.
        place: usize,
    },
    /// Below zero or beyond what an amount may be.
    #[error("a price is not below zero and not beyond a million million")]
    Price {
        /// The place of the line.
        place: usize,
    },
    /// Below zero or beyond what an amount may be.
    #[error("shipping is not below zero and not beyond a million million")]
    ShippingPrice {
        /// The place of the delivery.
        place: usize,
    },
    /// Two lines have one number.
    #[error("line {line_no} was given twice")]
    LineRepeated {
        /// The number.
        line_no: String,
    },
    /// The cart comes to more than an amount may be.
    #[error("the cart comes to more than a million million")]
    TooLarge,
}

impl QuoteError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyLines => "lines.too_many",
            Self::Quantity { .. } => "lines.quantity",
            Self::Price { .. } => "lines.price",
            Self::ShippingPrice { .. } => "shipping.price",
            Self::LineRepeated { .. } => "lines.repeated",
            Self::TooLarge => "cart.too_large",
        }
    }

    /// Where in the body: a JSON pointer.
    pub fn pointer(&self) -> String {
        match self {
            Self::Quantity { place } => format!("/lines/{place}/quantity"),
            Self::Price { place } => format!("/lines/{place}/unit_price"),
            Self::ShippingPrice { .. } => "/shipping".to_owned(),
            Self::TooManyLines | Self::LineRepeated { .. } | Self::TooLarge => "/lines".to_owned(),
        }
    }
}

/// Prices a cart by the rules of `program`: promotions of lines, promotions of
/// the order, coupons, points, wallet, and what is left in money.
///
/// Pure: the same arguments give the same quote, and nothing is held. The lines
/// always add up to what is paid, to the fen, and none drops below zero.
///
/// # Errors
///
/// [`QuoteError`] when the cart is not one: a count or an amount out of range.
/// An offer that does not apply is no error but is told with its reason.
pub fn quote(
    program: &Program,
    cart: &Cart,
    buyer: Buyer<'_>,
    assets: &Assets,
    asked: &Asked,
) -> Result<quote::Quote, QuoteError> {
    pricing::quote(program, cart, buyer, assets, asked)
}

#[cfg(test)]
mod tests;
