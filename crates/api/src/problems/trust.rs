//! Why programs, keys, accounts and sessions were not made or changed.

use hui_loyalty::program::problems::Severity;
use hui_operations::abuse::BlockError;
use hui_operations::keys::KeyError;
use hui_operations::notes::NoteError;
use hui_operations::programs::ProgramError;
use hui_operations::sessions::SignInError;

use super::store;
use crate::codes;
use crate::problem::Problem;

impl From<ProgramError> for Problem {
    fn from(error: ProgramError) -> Self {
        let detail = error.to_string();
        match error {
            ProgramError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            ProgramError::NoProgram | ProgramError::NoVersion(_) => {
                Self::new(&codes::PROGRAM_VERSION_UNKNOWN, detail)
            }
            ProgramError::NoDraft => Self::new(&codes::PROGRAM_DRAFT_UNKNOWN, detail),
            ProgramError::EffectiveInPast(_) => {
                Self::at(&codes::PROGRAM_EFFECTIVE_PAST, "/effective_at", detail)
            }
            ProgramError::Problems(problems) => problems
                .into_iter()
                .filter(|problem| problem.severity == Severity::Error)
                .fold(Self::new(&codes::PROGRAM_REFUSED, detail), |all, problem| {
                    let place = match (problem.line, problem.column) {
                        (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
                        _ => String::new(),
                    };
                    all.with(problem.pointer, problem.code, format!("{}{place}", problem.message))
                }),
            ProgramError::KeyReused(_) => super::key_reused(),
            ProgramError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<BlockError> for Problem {
    fn from(error: BlockError) -> Self {
        let detail = error.to_string();
        match error {
            BlockError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            BlockError::NoMember(id) => super::no_member(id),
            BlockError::Off => Self::new(&codes::ABUSE_OFF, detail),
            BlockError::NoBlock => Self::new(&codes::ABUSE_BLOCK_UNKNOWN, detail),
            BlockError::KeyReused(_) => super::key_reused(),
            BlockError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let detail = error.to_string();
        match error {
            KeyError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            KeyError::NotYours(_) => Self::new(&codes::KEY_SCOPE_BEYOND, detail),
            KeyError::NotYourShops => Self::new(&codes::SHOP_HIDDEN, detail),
            KeyError::NoKey(_) => Self::new(&codes::KEY_UNKNOWN, detail),
            KeyError::KeyReused(_) => super::key_reused(),
            KeyError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let detail = error.to_string();
        match error {
            SignInError::Refused | SignInError::TotpWrong => {
                Self::new(&codes::SIGN_IN_REFUSED, detail)
            }
            SignInError::TotpNeeded => Self::new(&codes::SIGN_IN_CODE_NEEDED, detail),
            SignInError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        let detail = error.to_string();
        match error {
            NoteError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            NoteError::NoMember(id) => super::no_member(id),
            NoteError::Forbidden(_) => Self::new(&codes::RIGHT_MISSING, detail),
            NoteError::KeyReused(_) => super::key_reused(),
            NoteError::Store(failed) => store::failed(failed.error()),
        }
    }
}
