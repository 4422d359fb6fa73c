//! How the errors of operations become problems: one file per domain.

use hui_loyalty::ids::MemberId;

use crate::codes;
use crate::problem::Problem;

mod cards;
mod checkout;
mod coupons;
mod insight;
mod mall;
mod members;
mod orders;
mod points;
mod staff;
mod store;
mod trust;
mod wallet;

/// The store failed where an operation answers with its error as it is.
pub(crate) fn store_failed(error: &hui_store::Error) -> Problem {
    store::failed(error)
}

/// The key of a request was used for another one.
fn key_reused() -> Problem {
    let detail = "the same Idempotency-Key came with another body; use a new key for a new request";
    Problem::new(&codes::IDEMPOTENCY_REUSED, detail)
}

/// There is no such member, or none whom the caller may see.
pub(crate) fn no_member(id: MemberId) -> Problem {
    Problem::new(&codes::MEMBER_UNKNOWN, format!("there is no member {id}"))
}
