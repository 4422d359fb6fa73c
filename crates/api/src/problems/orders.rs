//! Why an order or a refund was not recorded.

use hui_operations::record_orders::RecordOrderError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<RecordOrderError> for Problem {
    fn from(error: RecordOrderError) -> Self {
        match error {
            RecordOrderError::Invalid(refusals) => Self::refused(&refusals)
                .unwrap_or_else(|| Self::new(&codes::INPUT_REFUSED, "the order is not valid")),
            RecordOrderError::UnknownChannel(channel) => {
                let message = format!("there is no channel {channel}; register it first");
                Self::at(&codes::CHANNEL_UNKNOWN, "/channel", message)
            }
            RecordOrderError::Changed(order, change) => {
                Self::new(&codes::ORDER_CHANGED, format!("order {order}: {change}")).with(
                    change.pointer(),
                    change.code(),
                    change.to_string(),
                )
            }
            RecordOrderError::KeyReused => super::key_reused(),
            RecordOrderError::OtherShop => {
                Self::at(&codes::SHOP_HIDDEN, "/shop", "not a shop this caller may write for")
            }
            RecordOrderError::Store(failed) => store::failed(failed.error()),
        }
    }
}
