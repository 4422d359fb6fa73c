//! Why nothing was taken from the mall.

use hui_operations::mall::MallError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<MallError> for Problem {
    fn from(error: MallError) -> Self {
        let detail = error.to_string();
        match error {
            MallError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            MallError::NoMember(id) => super::no_member(id),
            MallError::NoGood(_) => Self::new(&codes::MALL_GOOD_UNKNOWN, detail),
            MallError::NoExchange => Self::new(&codes::MALL_EXCHANGE_UNKNOWN, detail),
            MallError::OutOfStock => Self::new(&codes::MALL_OUT_OF_STOCK, detail),
            MallError::StockBelowTaken => Self::at(&codes::MALL_STOCK, "/good/stock", detail),
            MallError::Refused(_) => Self::new(&codes::MALL_REFUSED, detail),
            MallError::Insufficient(_) => Self::new(&codes::POINTS_INSUFFICIENT, detail),
            MallError::Ended => Self::new(&codes::MALL_EXCHANGE_ENDED, detail),
            MallError::Coupon(_) => Self::new(&codes::MALL_COUPON_USED, detail),
            MallError::Card(refusal) => super::cards::refused(refusal),
            MallError::Gift(error) => error.into(),
            MallError::CardNotGiven(error) => error.into(),
            MallError::OtherShop => Self::new(&codes::SHOP_HIDDEN, detail),
            MallError::KeyReused(_) => super::key_reused(),
            MallError::Store(failed) => store::failed(failed.error()),
        }
    }
}
