//! Why an order or a refund was not recorded.

use hui_operations::record_orders::RecordOrderError;
use hui_operations::record_refunds::RecordRefundError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<RecordOrderError> for Problem {
    fn from(error: RecordOrderError) -> Self {
        match error {
            RecordOrderError::Invalid(refusals) => Self::refused(&refusals)
                .unwrap_or_else(|| Self::new(&codes::INPUT_REFUSED, "the order is not valid")),
            RecordOrderError::UnknownChannel(channel) => unknown_channel(&channel),
            RecordOrderError::Changed(order, change) => Self::new(
                &codes::ORDER_CHANGED,
                format!("order {order}: {change}"),
            )
            .with(change.pointer(), change.code(), change.to_string()),
            RecordOrderError::KeyReused(_) => super::key_reused(),
            RecordOrderError::OtherShop => {
                Self::at(&codes::SHOP_HIDDEN, "/shop", "not a shop this caller may write for")
            }
            RecordOrderError::Lock(refusal) => refusal.into(),
            RecordOrderError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<RecordRefundError> for Problem {
    fn from(error: RecordRefundError) -> Self {
        match error {
            RecordRefundError::Invalid(refusals) => Self::refused(&refusals)
                .unwrap_or_else(|| Self::new(&codes::INPUT_REFUSED, "the refund is not valid")),
            RecordRefundError::NoOrder(_) => Self::new(&codes::ORDER_UNKNOWN, error.to_string()),
            RecordRefundError::Changed(refund) => {
                let detail = format!("refund {refund} was recorded with other content");
                Self::new(&codes::REFUND_CHANGED, detail)
            }
            RecordRefundError::Refused(refusal) => {
                let code = codes::named(refusal.code()).unwrap_or(&codes::INPUT_REFUSED);
                Self::at(code, refusal.pointer(), refusal.to_string())
            }
            RecordRefundError::OtherShop => Self::new(
                &codes::SHOP_HIDDEN,
                "the order's shop is not one this caller may write for",
            ),
            RecordRefundError::UnknownChannel(channel) => unknown_channel(&channel),
            RecordRefundError::KeyReused(_) => super::key_reused(),
            RecordRefundError::Store(failed) => store::failed(failed.error()),
        }
    }
}

pub(super) fn unknown_channel(channel: &str) -> Problem {
    let message = format!("there is no channel {channel}; register it first");
    Problem::at(&codes::CHANNEL_UNKNOWN, "/channel", message)
}
