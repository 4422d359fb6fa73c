//! Benefit cards and service cards: sold, used, given back, taken away, and what is shown of them.

use hui_loyalty::cards::Refusal;
use hui_loyalty::ids::{CardId, EntryId, MemberId};
use hui_loyalty::ledger::spending::Insufficient;
use hui_loyalty::time::Timestamp;
use hui_store::cards::{self, CardRow, VisitRow};
use hui_store::members;
use hui_store::{Error, Tx};

use crate::actor::Actor;
use crate::audit;
use crate::context::Operations;
use crate::read_members::find;
use crate::slices::{KeyReused, StoreFailed};

pub mod ending;
pub mod selling;
pub mod visiting;

/// Why something could not be done with a card.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CardError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// The program has no card of this name.
    #[error("the program has no card {0}")]
    NotInProgram(String),
    /// Nobody has a card of this number.
    #[error("there is no card {0}")]
    NoCard(CardId),
    /// There is no such visit.
    #[error("there is no visit {0}")]
    NoVisit(EntryId),
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The points available do not suffice.
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// The shop is not one the caller may speak for.
    #[error("the shop is not among those this caller may write for")]
    OtherShop,
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for CardError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Where something is done with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The channel.
    pub channel: String,
    /// The shop.
    pub shop: Option<String>,
    /// Who serves; the caller where left out.
    pub staff: Option<String>,
}

impl Place {
    /// Whether the channel exists, the caller may speak for the shop, and the texts fit.
    async fn check(&self, operations: &Operations, actor: &Actor) -> Result<(), CardError> {
        for (field, text) in [("shop", &self.shop), ("staff", &self.staff)] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > 100) {
                return Err(CardError::Invalid { field, problem: "must have 1 to 100 bytes" });
            }
        }
        if !operations.known_channels(actor.program).await?.contains(&self.channel) {
            return Err(CardError::UnknownChannel(self.channel.clone()));
        }
        if !actor.shops.sees(&self.channel, self.shop.as_deref()) {
            return Err(CardError::OtherShop);
        }
        Ok(())
    }

    fn staff_or(&self, actor: &Actor) -> Option<String> {
        self.staff.clone().or_else(|| Some(actor.name.clone()))
    }
}

fn check_reason(reason: &str) -> Result<(), CardError> {
    if !audit::is_reason(reason) {
        return Err(CardError::Invalid { field: "reason", problem: audit::REASON });
    }
    Ok(())
}

/// A card as it is now, its owner's row locked with everybody's on the way to it.
async fn lock_card(
    tx: &mut Tx,
    actor: &Actor,
    id: CardId,
) -> Result<Option<(CardRow, members::MemberRow)>, Error> {
    let Some(found) = cards::load(tx, actor.program, id).await? else { return Ok(None) };
    let Some(owner) = crate::coupons::lock_member(tx, actor, found.card.member).await? else {
        return Ok(None);
    };
    // It may have changed, or moved with a merge, before its owner was locked.
    let found = cards::load(tx, actor.program, id).await?;
    Ok(found.filter(|found| found.card.member == owner.id).map(|found| (found, owner)))
}

/// A member's cards, latest first, and the instant they are shown as of.
///
/// # Errors
///
/// [`CardError::NoMember`] when there is none.
pub async fn list_cards(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<CardId>,
    limit: i64,
) -> Result<(Timestamp, Vec<CardRow>), CardError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(CardError::NoMember(member))?;
    let rows = cards::list(&mut tx, actor.program, row.id, before, limit).await?;
    tx.rollback().await?;
    Ok((now, rows))
}

/// The visits of a card, latest first.
///
/// # Errors
///
/// [`CardError::NoCard`] when there is none.
pub async fn list_visits(
    operations: &Operations,
    actor: &Actor,
    card: CardId,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<VisitRow>, CardError> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = cards::load(&mut tx, actor.program, card).await? else {
        return Err(CardError::NoCard(card));
    };
    find(&mut tx, actor, row.card.member).await?.ok_or(CardError::NoCard(card))?;
    let rows = cards::list_visits(&mut tx, actor.program, card, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}
