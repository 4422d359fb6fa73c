//! Why points were not moved.

use hui_operations::move_points::MoveError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<MoveError> for Problem {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            MoveError::NoMember(id) => super::no_member(id),
            MoveError::NoHold(id) => {
                Self::new(&codes::POINTS_HOLD_UNKNOWN, format!("there is no hold {id}"))
            }
            MoveError::Insufficient(insufficient) => {
                Self::new(&codes::POINTS_INSUFFICIENT, insufficient.to_string())
            }
            MoveError::HoldLost => Self::new(&codes::POINTS_HOLD_LOST, error.to_string()),
            MoveError::HoldConfirmed => Self::new(&codes::POINTS_HOLD_CONFIRMED, error.to_string()),
            MoveError::HoldCancelled => Self::new(&codes::POINTS_HOLD_CANCELLED, error.to_string()),
            MoveError::KeyReused(_) => super::key_reused(),
            MoveError::Store(failed) => store::failed(failed.error()),
        }
    }
}
