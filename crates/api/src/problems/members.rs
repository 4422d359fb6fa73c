//! Why members were not joined, changed, merged or parted.

use hui_loyalty::members::resolving::MergeRefusal;
use hui_operations::commit::TurnedAway;
use hui_operations::join_member::MemberError;
use hui_operations::merge_members::MergeError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<TurnedAway> for Problem {
    fn from(error: TurnedAway) -> Self {
        Self::unavailable(&codes::SERVER_BUSY, &error).after(1)
    }
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::NoIdentity => Self::new(&codes::IDENTITY_MISSING, error.to_string()),
            MemberError::UnknownChannel(channel) => super::orders::unknown_channel(&channel),
            MemberError::NoMember(id) => super::no_member(id),
            MemberError::NoIdentityOf(_) => Self::new(&codes::IDENTITY_UNKNOWN, error.to_string()),
            MemberError::IdentityTaken(_) => Self::new(&codes::IDENTITY_TAKEN, error.to_string()),
            MemberError::SecondPhone => Self::new(&codes::PHONE_SECOND, error.to_string()),
            MemberError::LastIdentity => Self::new(&codes::IDENTITY_LAST, error.to_string()),
            MemberError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            MemberError::KeyReused(_) => super::key_reused(),
            MemberError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<MergeError> for Problem {
    fn from(error: MergeError) -> Self {
        let detail = error.to_string();
        match error {
            MergeError::NoMember(id) => super::no_member(id),
            MergeError::NoMerge(_) => Self::new(&codes::MERGE_UNKNOWN, detail),
            MergeError::NoReview(_) => Self::new(&codes::REVIEW_UNKNOWN, detail),
            MergeError::AlreadyUndone => Self::new(&codes::MERGE_UNDONE, detail),
            MergeError::SurvivorMerged => Self::new(&codes::MERGE_NOT_LAST, detail),
            MergeError::Refused(MergeRefusal::SameMember) => {
                Self::new(&codes::MERGE_SAME_MEMBER, detail)
            }
            MergeError::Refused(MergeRefusal::RightMissing) => {
                Self::new(&codes::MERGE_RIGHT_MISSING, detail)
            }
            MergeError::Refused(MergeRefusal::ReasonMissing) => {
                Self::new(&codes::MERGE_REASON_MISSING, detail)
            }
            MergeError::LiveHold(_) => Self::new(&codes::MERGE_HOLD, detail),
            MergeError::AlreadyDecided => Self::new(&codes::REVIEW_DECIDED, detail),
            MergeError::Undecidable(_) => Self::new(&codes::REVIEW_DECISION, detail),
            MergeError::Change(change) => change.into(),
            MergeError::KeyReused(_) => super::key_reused(),
            MergeError::Store(failed) => store::failed(failed.error()),
        }
    }
}
