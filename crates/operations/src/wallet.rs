//! Stored value: top-ups and their refunds, holds and spends, what is shown of wallets.

use hui_loyalty::ids::{HoldId, MemberId, ProgramId, TopUpId};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::spending::{EndError, Exceeds, Insufficient};
use hui_loyalty::wallet::topping_up::{NotThere, OverLimit};
use hui_loyalty::wallet::{Cause, Entry, StoredLot, Wallet, WalletHold, settling};
use hui_store::{Error, Tx, members, wallet};

use crate::actor::Actor;
use crate::context::Operations;
use crate::coupons::CouponError;
use crate::ids::Ids;
use crate::slices::{KeyReused, StoreFailed};

pub mod reading;
pub mod spending;
pub mod topping_up;

/// Why something could not be done with a wallet.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WalletError {
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
    /// There is no such plan.
    #[error("there is no top-up plan {0}")]
    NoPlan(String),
    /// There is no such top-up.
    #[error("there is no top-up {0}")]
    NoTopUp(TopUpId),
    /// There is no such hold or spend.
    #[error("there is no wallet hold {0}")]
    NoHold(HoldId),
    /// The shop is not one the caller may speak for.
    #[error("the shop is not among those this caller may write for")]
    OtherShop,
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// The wallet does not have so much.
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    /// The wallet would hold more than it may.
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// The hold cannot end so.
    #[error(transparent)]
    End(#[from] EndError),
    /// More would be given back than was spent.
    #[error(transparent)]
    Exceeds(#[from] Exceeds),
    /// So much of the top-up is not unspent.
    #[error(transparent)]
    NotThere(#[from] NotThere),
    /// The coupon that comes with the plan could not be given.
    #[error("the coupon of the plan could not be given")]
    Gift(#[source] CouponError),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for WalletError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Who does it, and where if that is one shop.
pub(crate) fn cause_of(actor: &Actor) -> Cause {
    let shop = actor.shops.only().cloned();
    Cause { shop, staff: Some(actor.name.clone()), ..Cause::default() }
}

/// A wallet of a locked member, open in a transaction.
pub(crate) struct WalletBooks {
    pub(crate) wallet: Wallet,
    pub(crate) entries: Vec<Entry>,
    pub(crate) ids: Ids,
    before: Wallet,
}

impl WalletBooks {
    /// The wallet of a member whose row is locked, as it was last written.
    pub(crate) async fn open(
        tx: &mut Tx,
        program: ProgramId,
        member: MemberId,
        ids: &Ids,
    ) -> Result<Self, Error> {
        let wallet = wallet::load(tx, program, [member]).await?.remove(&member).unwrap_or_default();
        Ok(Self::of(wallet, ids))
    }

    /// Parts of wallets that were loaded elsewhere, their owners locked.
    pub(crate) fn of(wallet: Wallet, ids: &Ids) -> Self {
        Self { before: wallet.clone(), wallet, entries: Vec::new(), ids: ids.clone() }
    }

    /// Adds a hold that has ended and those of `lots` it drew on.
    pub(crate) fn add(&mut self, hold: WalletHold, lots: &[StoredLot]) {
        if self.wallet.holds.iter().any(|known| known.id == hold.id) {
            return;
        }
        for lot in lots.iter().filter(|lot| hold.draws.iter().any(|draw| draw.lot == lot.id)) {
            if self.wallet.lots.iter().all(|known| known.id != lot.id) {
                self.before.lots.push(lot.clone());
                self.wallet.lots.push(lot.clone());
            }
        }
        self.before.holds.push(hold.clone());
        self.wallet.holds.push(hold);
    }

    /// Writes what changed.
    pub(crate) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        now: Timestamp,
    ) -> Result<(), Error> {
        wallet::save(tx, program, &self.before, &self.wallet).await?;
        wallet::insert_entries(tx, program, &self.entries, now).await
    }
}

/// How many members one transaction settles.
const MEMBERS_AT_ONCE: i64 = 200;

/// Writes down what time did to wallets: holds that timed out, bonus that ended. Says to how many.
pub async fn settle_wallets(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let due = wallet::due(&mut tx, program, now, MEMBERS_AT_ONCE).await?;
    if due.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    members::lock(&mut tx, program, due.iter().copied()).await?;
    let wallets = wallet::load(&mut tx, program, due.iter().copied()).await?;
    let mut wallets: Vec<(MemberId, Wallet)> = wallets.into_iter().collect();
    wallets.sort_by_key(|(member, _)| *member);
    for (_, wallet) in wallets {
        let mut books = WalletBooks::of(wallet, &operations.ids);
        settling::settle(&mut books.wallet, now, &mut books.ids, &mut books.entries);
        books.save(&mut tx, program, now).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}
