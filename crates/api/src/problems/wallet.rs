//! Why nothing was done with a wallet.

use hui_loyalty::wallet::spending::EndError;
use hui_operations::wallet::WalletError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        let detail = error.to_string();
        match error {
            WalletError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            WalletError::NoMember(id) => super::no_member(id),
            WalletError::NoPlan(_) => Self::at(&codes::WALLET_PLAN_UNKNOWN, "/plan", detail),
            WalletError::NoTopUp(_) => Self::new(&codes::WALLET_TOP_UP_UNKNOWN, detail),
            WalletError::NoHold(_) | WalletError::End(EndError::Unknown) => {
                Self::new(&codes::WALLET_HOLD_UNKNOWN, detail)
            }
            WalletError::OtherShop => Self::new(&codes::SHOP_HIDDEN, detail),
            WalletError::UnknownChannel(_) => Self::at(&codes::CHANNEL_UNKNOWN, "/channel", detail),
            WalletError::Insufficient(_) => Self::new(&codes::WALLET_INSUFFICIENT, detail),
            WalletError::OverLimit(_) => Self::at(&codes::WALLET_LIMIT, "/principal", detail),
            WalletError::End(EndError::Lost) => Self::new(&codes::WALLET_HOLD_LOST, detail),
            WalletError::End(EndError::Confirmed) => {
                Self::new(&codes::WALLET_HOLD_CONFIRMED, detail)
            }
            WalletError::End(EndError::Cancelled) => {
                Self::new(&codes::WALLET_HOLD_CANCELLED, detail)
            }
            WalletError::Exceeds(_) | WalletError::NotThere(_) => {
                Self::at(&codes::WALLET_REFUND_EXCEEDS, "/amount", detail)
            }
            WalletError::Gift(error) => error.into(),
            WalletError::KeyReused(_) => super::key_reused(),
            WalletError::Store(failed) => store::failed(failed.error()),
        }
    }
}
