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
            MoveError::NoEntry(_) => Self::new(&codes::ENTRY_UNKNOWN, error.to_string()),
            MoveError::NotUndoable(_) => Self::new(&codes::ENTRY_NOT_UNDOABLE, error.to_string()),
            MoveError::AlreadyUndone(_) => Self::new(&codes::ENTRY_UNDONE, error.to_string()),
            MoveError::NoAdjustment(_) => Self::new(&codes::ADJUSTMENT_UNKNOWN, error.to_string()),
            MoveError::AlreadyDecided => Self::new(&codes::ADJUSTMENT_DECIDED, error.to_string()),
            MoveError::OwnAdjustment => Self::new(&codes::ADJUSTMENT_OWN, error.to_string()),
            MoveError::EndPassed => Self::new(&codes::TIME_PAST, error.to_string()),
            MoveError::KeyReused(_) => super::key_reused(),
            MoveError::Store(failed) => store::failed(failed.error()),
        }
    }
}
