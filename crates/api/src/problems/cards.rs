//! Why nothing was done with a card.

use hui_loyalty::cards::Refusal;
use hui_operations::benefits::BenefitsError;
use hui_operations::cards::CardError;

use super::store;
use crate::codes;
use crate::problem::Problem;

/// The problem of a refusal by the rules of cards.
pub(super) fn refused(refusal: Refusal) -> Problem {
    let code = match refusal {
        Refusal::TooEarly(_) | Refusal::TooLate | Refusal::Paused => &codes::CARD_NOT_ON_SALE,
        Refusal::NoSuchPrice => &codes::CARD_PRICE,
        Refusal::PerMember(_) => &codes::CARD_LIMIT,
        Refusal::NothingToExtend => &codes::CARD_NOT_EXTENDABLE,
        Refusal::NotInForce(_) => &codes::CARD_NOT_IN_FORCE,
        Refusal::NoVisits => &codes::CARD_NO_VISITS,
        Refusal::VisitsLeft(_) => &codes::CARD_VISITS_LEFT,
        Refusal::PerDay(_) => &codes::CARD_VISITS_PER_DAY,
        Refusal::Shared(_) => &codes::CARD_NOT_SHARED,
        Refusal::Undone => &codes::CARD_VISIT_UNDONE,
        Refusal::Used => &codes::CARD_USED,
        Refusal::OfExchange => &codes::CARD_OF_EXCHANGE,
    };
    Problem::new(code, refusal.to_string())
}

impl From<CardError> for Problem {
    fn from(error: CardError) -> Self {
        let detail = error.to_string();
        match error {
            CardError::Invalid { field, problem } => {
                Self::at(&codes::INPUT_REFUSED, format!("/{field}"), problem)
            }
            CardError::NoMember(id) => super::no_member(id),
            CardError::NotInProgram(_) => Self::at(&codes::CARD_NAME_UNKNOWN, "/card", detail),
            CardError::NoCard(_) => Self::new(&codes::CARD_UNKNOWN, detail),
            CardError::NoVisit(_) => Self::new(&codes::CARD_VISIT_UNKNOWN, detail),
            CardError::Refused(refusal) => refused(refusal),
            CardError::Insufficient(_) => Self::new(&codes::POINTS_INSUFFICIENT, detail),
            CardError::UnknownChannel(_) => Self::at(&codes::CHANNEL_UNKNOWN, "/channel", detail),
            CardError::OtherShop => Self::new(&codes::SHOP_HIDDEN, detail),
            CardError::KeyReused(_) => super::key_reused(),
            CardError::Store(failed) => store::failed(failed.error()),
        }
    }
}

impl From<BenefitsError> for Problem {
    fn from(error: BenefitsError) -> Self {
        match error {
            BenefitsError::NoMember(id) => super::no_member(id),
            BenefitsError::Store(failed) => store::failed(failed.error()),
        }
    }
}
