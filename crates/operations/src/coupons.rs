//! Coupons: templates, issue and claims, batches of codes, use, and what is shown of them.

use hui_loyalty::coupons::{Cause, codes, life, templates};
use hui_loyalty::ids::{BatchId, MemberId, TemplateId};
use hui_loyalty::time::Timestamp;
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::{Error, Tx, vault};

use crate::abuse::{Suspicion, file};
use crate::actor::Actor;
use crate::context::Operations;
use crate::slices::{KeyReused, StoreFailed};

pub mod batches;
pub(crate) mod books;
pub mod issuing;
pub mod reading;
pub mod templating;
pub mod using;

/// Why something could not be done with coupons.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CouponError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The template has mistakes.
    #[error("the template cannot be used as it is")]
    Template(Vec<templates::Problem>),
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// There is no such template.
    #[error("there is no coupon template {0}")]
    NoTemplate(TemplateId),
    /// There is no such batch.
    #[error("there is no batch {0}")]
    NoBatch(BatchId),
    /// There is no coupon of this code or number.
    #[error("there is no such coupon")]
    NoCoupon,
    /// The stock is given out, or the template gives none for now.
    #[error("no more of these coupons can be had")]
    OutOfStock,
    /// More were given than the new stock allows.
    #[error("more of these coupons were given already")]
    StockBelowIssued,
    /// The member gets none.
    #[error(transparent)]
    NotReceived(#[from] templates::Refusal),
    /// The coupon cannot be used.
    #[error(transparent)]
    Refused(#[from] life::Refusal),
    /// The coupon is not for this channel or shop.
    #[error("the coupon is not for this channel or shop")]
    OtherPlace,
    /// What the template may take off is used up.
    #[error("the budget of these coupons is used up")]
    BudgetUsed,
    /// A code was imported already, or stands twice in the import.
    #[error("the code at place {0} is there already")]
    CodeTaken(usize),
    /// It happens too often, or the member or device is blocked.
    #[error(transparent)]
    Suspicious(Box<Suspicion>),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for CouponError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Files what is suspicious before it is answered: with the refused request's own transaction
/// it would be gone.
pub(crate) async fn filed<T>(
    operations: &Operations,
    actor: &Actor,
    done: Result<T, CouponError>,
    now: Timestamp,
) -> Result<T, CouponError> {
    if let Err(CouponError::Suspicious(suspicion)) = &done {
        file(operations, actor, suspicion, now).await?;
    }
    done
}

/// Who does it, and where if that is one shop.
pub(crate) fn cause_of(actor: &Actor) -> Cause {
    let shop = actor.shops.only().cloned();
    Cause { shop, staff: Some(actor.name.clone()), ..Cause::default() }
}

/// A code that nobody can guess.
pub(crate) fn new_code() -> Result<String, Error> {
    vault::random::<10>().map(codes::code)
}

/// A code as it is stored: ours in its written form, another's as it is.
pub(crate) fn stored_code(typed: &str) -> String {
    codes::read(typed).unwrap_or_else(|| typed.trim().to_owned())
}

/// A member's row, locked; of one that was merged away the survivor's.
pub(crate) async fn lock_member(
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<MemberRow>, Error> {
    let mut rows = members::lock_with_survivors(tx, actor.program, [member]).await?;
    let owner = members::survivor(&rows, member);
    Ok(owner.and_then(|owner| rows.remove(&owner)).filter(|row| row.state == MemberState::Active))
}
