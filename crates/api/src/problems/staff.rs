//! Why accounts and channels were not made or changed.

use hui_operations::channels::ChannelError;
use hui_operations::settings::SettingError;
use hui_operations::staff::StaffError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<StaffError> for Problem {
    fn from(error: StaffError) -> Self {
        let detail = error.to_string();
        match error {
            StaffError::Invalid { field, problem } => {
                let code = match field {
                    "name" => &codes::STAFF_NAME_INVALID,
                    "password" | "new" => &codes::PASSWORD_WEAK,
                    "shops" => &codes::STAFF_SHOPS_MISSING,
                    _ => &codes::INPUT_REFUSED,
                };
                Self::at(code, format!("/{field}"), problem)
            }
            StaffError::NameTaken => Self::at(&codes::STAFF_NAME_TAKEN, "/name", detail),
            StaffError::NoStaff(_) => Self::new(&codes::STAFF_UNKNOWN, detail),
            StaffError::NotYours | StaffError::NotStaff => Self::new(&codes::RIGHT_MISSING, detail),
            StaffError::LastAdmin => Self::new(&codes::STAFF_LAST_ADMIN, detail),
            StaffError::WrongPassword => Self::at(&codes::PASSWORD_WRONG, "/current", detail),
            StaffError::WrongCode => Self::at(&codes::TOTP_WRONG, "/code", detail),
            StaffError::TotpThere => Self::new(&codes::TOTP_PRESENT, detail),
            StaffError::NoTotp => Self::new(&codes::TOTP_NOT_SET_UP, detail),
            StaffError::KeyReused(_) => super::key_reused(),
            StaffError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<ChannelError> for Problem {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Invalid { field, problem } => {
                Self::at(&codes::CHANNEL_INVALID, format!("/{field}"), problem)
            }
            ChannelError::KeyReused(_) => super::key_reused(),
            ChannelError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<SettingError> for Problem {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            SettingError::Clock(error) => {
                Self::at(&codes::SANDBOX_CLOCK_BACKWARDS, "/now", error.to_string())
            }
            SettingError::Store(failed) => store::failed(failed.error()),
        }
    }
}
