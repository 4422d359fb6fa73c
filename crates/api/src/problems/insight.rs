//! Why there are no figures, and no calendar.

use hui_operations::calendar::CalendarError;
use hui_operations::overview::OverviewError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<OverviewError> for Problem {
    fn from(error: OverviewError) -> Self {
        let detail = error.to_string();
        match error {
            OverviewError::Order | OverviewError::TooLong => {
                Self::at(&codes::QUERY_INVALID, "?to", detail)
            }
            OverviewError::Shop => Self::new(&codes::SHOP_HIDDEN, detail),
            OverviewError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<CalendarError> for Problem {
    fn from(error: CalendarError) -> Self {
        let detail = error.to_string();
        match error {
            CalendarError::Order | CalendarError::TooLong => {
                Self::at(&codes::QUERY_INVALID, "?to", detail)
            }
            CalendarError::Program(error) => error.into(),
        }
    }
}
