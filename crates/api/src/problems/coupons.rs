//! Why nothing was done with coupons.

use hui_loyalty::abuse::Verdict;
use hui_loyalty::coupons::{life, templates};
use hui_operations::coupons::CouponError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<CouponError> for Problem {
    fn from(error: CouponError) -> Self {
        let detail = error.to_string();
        match error {
            CouponError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            CouponError::Template(problems) => {
                problems.into_iter().fold(Self::new(&codes::INPUT_REFUSED, detail), |all, one| {
                    let pointer = flat(&one.pointer);
                    all.with(pointer, codes::INPUT_REFUSED.name.to_owned(), one.message)
                })
            }
            CouponError::NoMember(id) => super::no_member(id),
            CouponError::NoTemplate(_) => Self::new(&codes::COUPON_TEMPLATE_UNKNOWN, detail),
            CouponError::NoBatch(_) => Self::new(&codes::COUPON_BATCH_UNKNOWN, detail),
            CouponError::NoCoupon => Self::new(&codes::COUPON_UNKNOWN, detail),
            CouponError::OutOfStock => Self::new(&codes::COUPON_OUT_OF_STOCK, detail),
            CouponError::StockBelowIssued => {
                Self::at(&codes::COUPON_STOCK, "/template/stock", detail)
            }
            CouponError::NotReceived(refusal) => Self::new(received(refusal), detail),
            CouponError::Refused(refusal) => Self::new(used(&refusal), detail),
            CouponError::OtherPlace => Self::new(&codes::COUPON_SCOPE, detail),
            CouponError::BudgetUsed => Self::new(&codes::COUPON_BUDGET, detail),
            CouponError::CodeTaken(place) => {
                Self::at(&codes::COUPON_CODE_TAKEN, format!("/codes/{place}"), detail)
            }
            CouponError::Suspicious(suspicion) => match suspicion.judgement.verdict {
                Verdict::Refuse => Self::new(&codes::ABUSE_REFUSED, detail),
                _ => Self::new(&codes::ABUSE_REVIEW, detail),
            },
            CouponError::KeyReused(_) => super::key_reused(),
            CouponError::Store(failed) => store::failed(failed.error()),
        }
    }
}

/// The place in the body, whose terms lie flat.
fn flat(pointer: &str) -> String {
    let inner = pointer.strip_prefix("/terms").unwrap_or(pointer);
    inner.strip_prefix("/effect").unwrap_or(inner).to_owned()
}

fn received(refusal: templates::Refusal) -> &'static codes::Code {
    use templates::Refusal as R;
    match refusal {
        R::NotClaimable => &codes::COUPON_NOT_CLAIMABLE,
        R::TooEarly(_) | R::TooLate => &codes::COUPON_CLAIM_CLOSED,
        R::PerMember(_) | R::PerDay(_) => &codes::COUPON_LIMIT,
    }
}

fn used(refusal: &life::Refusal) -> &'static codes::Code {
    use life::Refusal as R;
    match refusal {
        R::NotYet(_) => &codes::COUPON_NOT_YET,
        R::Expired => &codes::COUPON_EXPIRED,
        R::Locked => &codes::COUPON_LOCKED,
        R::Redeemed => &codes::COUPON_REDEEMED,
        R::Revoked => &codes::COUPON_REVOKED,
        R::Transferred => &codes::COUPON_TRANSFERRED,
        R::OtherMember => &codes::COUPON_OTHER_MEMBER,
        R::LockLost => &codes::COUPON_LOCK_LOST,
        R::NotTransferable => &codes::COUPON_NOT_TRANSFERABLE,
        R::Owned => &codes::COUPON_OWNED,
        R::Uses(_) => &codes::COUPON_USES,
    }
}
