//! Why a cart was not priced or locked, or a lock not used.

use hui_loyalty::checkout::QuoteError;
use hui_loyalty::checkout::reasons::Offer;
use hui_operations::checkout::{CheckoutError, LockRefusal};

use super::{orders, store};
use crate::codes;
use crate::problem::Problem;

impl From<LockRefusal> for Problem {
    fn from(refusal: LockRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            LockRefusal::NoLock(_) => Self::new(&codes::CHECKOUT_LOCK_UNKNOWN, detail),
            LockRefusal::Differs => Self::at(&codes::CHECKOUT_LOCK_DIFFERS, "/order_no", detail),
            LockRefusal::Cancelled => Self::new(&codes::CHECKOUT_LOCK_CANCELLED, detail),
            LockRefusal::Confirmed => Self::new(&codes::CHECKOUT_LOCK_CONFIRMED, detail),
            LockRefusal::OrderOver => Self::new(&codes::CHECKOUT_ORDER_OVER, detail),
            LockRefusal::OtherMember => Self::new(&codes::CHECKOUT_OTHER_MEMBER, detail),
            LockRefusal::Lost(missing) => {
                let problem = Self::new(&codes::CHECKOUT_LOCK_LOST, detail);
                missing.into_iter().fold(problem, |problem, one| {
                    let message = format!("{} {} is gone", one.asset, one.reference);
                    problem.with(format!("/parts/{}", one.asset), "checkout.lock_lost", message)
                })
            }
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        let detail = error.to_string();
        match error {
            CheckoutError::Invalid(refusals) => {
                Self::refused(&refusals).unwrap_or_else(|| Self::new(&codes::INPUT_REFUSED, detail))
            }
            CheckoutError::Cart(error) => {
                let code = match &error {
                    QuoteError::TooManyLines => &codes::LINES_TOO_MANY,
                    QuoteError::Quantity { .. } => &codes::QUANTITY_OUT_OF_RANGE,
                    QuoteError::Price { .. } | QuoteError::ShippingPrice { .. } => {
                        &codes::AMOUNT_OUT_OF_RANGE
                    }
                    QuoteError::LineRepeated { .. } => &codes::LINES_REPEATED,
                    QuoteError::TooLarge => &codes::CART_TOO_LARGE,
                };
                Self::at(code, error.pointer(), detail)
            }
            CheckoutError::UnknownChannel(channel) => orders::unknown_channel(&channel),
            CheckoutError::OtherShop => Self::at(&codes::SHOP_HIDDEN, "/shop", detail),
            CheckoutError::NoMember(id) => super::no_member(id),
            CheckoutError::NoQuote => Self::at(&codes::CHECKOUT_QUOTE_UNKNOWN, "/quote_id", detail),
            CheckoutError::QuoteChanged => {
                Self::at(&codes::CHECKOUT_QUOTE_CHANGED, "/quote_id", detail)
            }
            CheckoutError::Unavailable(reasons) => {
                let problem = Self::new(&codes::CHECKOUT_UNAVAILABLE, detail);
                reasons.into_iter().fold(problem, |problem, reason| {
                    let (pointer, what) = match &reason.offer {
                        Offer::Coupon(code) => ("/offers/coupons", format!("coupon {code}")),
                        Offer::Promotion(id) => ("/offers/benefits", format!("promotion {id}")),
                        Offer::Points => ("/offers/points", "points".to_owned()),
                        Offer::Wallet => ("/offers/wallet", "wallet".to_owned()),
                    };
                    problem.with(pointer, reason.why.code(), format!("{what}: not as asked"))
                })
            }
            CheckoutError::LockDiffers => {
                Self::at(&codes::CHECKOUT_LOCK_DIFFERS, "/order_no", detail)
            }
            CheckoutError::Lock(refusal) => refusal.into(),
            CheckoutError::KeyReused(_) => super::key_reused(),
            CheckoutError::Store(failed) => store::failed(failed.error()),
        }
    }
}
