//! What the database did not do.

use hui_store::Error;

use crate::codes;
use crate::problem::Problem;

/// The problem of a store's failure: nothing was recorded where it may be tried again.
pub(crate) fn failed(error: &Error) -> Problem {
    match error {
        Error::TryAgain(_) | Error::Unreachable(_) => {
            Problem::unavailable(&codes::DATABASE_UNAVAILABLE, error).after(1)
        }
        other => Problem::internal(other),
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        failed(&error)
    }
}
