//! Wallet money set aside, spent, and given back by refunds of purchases.

use hui_loyalty::amounts::{AMOUNT_MAX, Money};
use hui_loyalty::ids::{HoldId, MemberId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::spending::{self, GiveBack, HoldRequest, Restored};
use hui_loyalty::wallet::{Balance, Cause, HoldState, Part, Wallet, WalletHold, balance, settling};
use hui_store::answers::RequestKey;
use hui_store::{Error, Tx, members, wallet};
use serde::{Deserialize, Serialize};

use super::{WalletBooks, WalletError, cause_of};
use crate::actor::Actor;
use crate::context::Operations;
use crate::coupons::lock_member;
use crate::move_points::HOLD_SECONDS_MAX;
use crate::slices::{Answer, single};

/// How a hold or spend stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReceipt {
    /// The hold.
    pub hold_id: HoldId,
    /// Whose.
    pub member_id: MemberId,
    /// How it stands.
    pub state: HoldState,
    /// What of it is principal.
    pub principal: Money,
    /// What of it is bonus.
    pub bonus: Money,
    /// Until when it holds while it is live.
    pub until: Timestamp,
    /// What the wallet has left.
    pub balance: Balance,
}

impl HoldReceipt {
    fn of(wallet: &Wallet, hold: &WalletHold, now: Timestamp) -> Self {
        let of = |part: Part| -> Money {
            let draws = hold.draws.iter().filter(|draw| draw.part == part);
            draws.map(|draw| draw.amount).sum()
        };
        Self {
            hold_id: hold.id,
            member_id: hold.member,
            state: hold.state,
            principal: of(Part::Principal),
            bonus: of(Part::Bonus),
            until: hold.until,
            balance: balance(wallet, now),
        }
    }
}

/// What is asked of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// Whose wallet.
    pub member: MemberId,
    /// How much.
    pub amount: Money,
    /// On which channel.
    pub channel: String,
    /// In which shop.
    pub shop: Option<String>,
}

fn check(asked: &Spending, actor: &Actor) -> Result<(), WalletError> {
    if !(1..=AMOUNT_MAX).contains(&asked.amount.0) {
        return Err(WalletError::Invalid { field: "amount", problem: "must be 1 to 10^12" });
    }
    if !actor.shops.sees(&asked.channel, asked.shop.as_deref()) {
        return Err(WalletError::OtherShop);
    }
    Ok(())
}

fn cause(asked: &Spending, actor: &Actor) -> Cause {
    Cause { channel: Some(asked.channel.clone()), shop: asked.shop.clone(), ..cause_of(actor) }
}

/// Sets money aside in an open wallet.
async fn set_aside(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    asked: &Spending,
    purpose: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<Result<(WalletBooks, HoldId), WalletError>, Error> {
    let Some(row) = lock_member(tx, actor, asked.member).await? else {
        return Ok(Err(WalletError::NoMember(asked.member)));
    };
    let rules = operations.rules.load(tx, actor.program).await?;
    let (_, rules) = rules.at(now)?;
    let mut books = WalletBooks::open(tx, actor.program, row.id, &operations.ids).await?;
    let request =
        HoldRequest { member: row.id, amount: asked.amount, purpose: purpose.to_owned(), until };
    let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
    let (order, cause) = (rules.wallet.spend_order, cause(asked, actor));
    let held = spending::hold(&mut books.wallet, request, order, &cause, now, &mut ids, entries);
    Ok(held.map(|id| (books, id)).map_err(WalletError::from))
}

fn receipt(books: &WalletBooks, id: HoldId, now: Timestamp) -> Result<HoldReceipt, Error> {
    let hold = books.wallet.holds.iter().find(|hold| hold.id == id);
    hold.map(|hold| HoldReceipt::of(&books.wallet, hold, now))
        .ok_or_else(|| Error::unreadable("wallet hold", "absent"))
}

/// Sets money aside for a purchase.
pub async fn hold_money(
    operations: &Operations,
    actor: &Actor,
    asked: &Spending,
    purpose: &str,
    ttl_s: i64,
    key: Option<&RequestKey>,
) -> Result<Answer<HoldReceipt>, WalletError> {
    check(asked, actor)?;
    if !(1..=HOLD_SECONDS_MAX).contains(&ttl_s) {
        return Err(WalletError::Invalid { field: "ttl_s", problem: "must be 1 to 604800" });
    }
    if purpose.len() > 200 {
        return Err(WalletError::Invalid { field: "purpose", problem: "has at most 200 bytes" });
    }
    let now = operations.clock.now();
    let until = now.plus_seconds(ttl_s);
    single(operations, actor.program, key, now, async |tx| {
        let held = set_aside(operations, tx, actor, asked, purpose, until, now).await?;
        let (books, id) = match held {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        let receipt = receipt(&books, id, now)?;
        books.save(tx, actor.program, now).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// Spends money on an order at once.
pub async fn spend_money(
    operations: &Operations,
    actor: &Actor,
    asked: &Spending,
    order_no: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<HoldReceipt>, WalletError> {
    check(asked, actor)?;
    if order_no.is_empty() || order_no.len() > 100 {
        let problem = "must have 1 to 100 bytes";
        return Err(WalletError::Invalid { field: "order_no", problem });
    }
    let order = OrderKey { channel: asked.channel.clone(), order_no: order_no.to_owned() };
    let now = operations.clock.now();
    let until = now.plus_seconds(1);
    single(operations, actor.program, key, now, async |tx| {
        let held = set_aside(operations, tx, actor, asked, "order", until, now).await?;
        let (mut books, id) = match held {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        let cause = Cause { order: Some(order.clone()), ..cause(asked, actor) };
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let wallet = &mut books.wallet;
        let spent = spending::confirm(wallet, id, Some(&order), &cause, now, &mut ids, entries);
        if let Err(error) = spent {
            return Ok(Err(error.into()));
        }
        let receipt = receipt(&books, id, now)?;
        books.save(tx, actor.program, now).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// Locks the owner of a hold and opens the wallet, the hold in it whatever its state.
async fn open_hold(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    id: HoldId,
) -> Result<Option<(WalletBooks, WalletHold)>, Error> {
    let program = actor.program;
    let Some(found) = wallet::load_hold(tx, program, id).await? else { return Ok(None) };
    members::lock_with_survivors(tx, program, [found.member]).await?;
    // It may have ended, or moved with a merge, before its owner was locked.
    let Some(found) = wallet::load_hold(tx, program, id).await? else { return Ok(None) };
    members::lock_with_survivors(tx, program, [found.member]).await?;
    let mut books = WalletBooks::open(tx, program, found.member, &operations.ids).await?;
    let lots = wallet::load_lots(tx, program, found.draws.iter().map(|draw| draw.lot)).await?;
    books.add(found.clone(), &lots);
    Ok(Some((books, found)))
}

/// Where the money of a hold is spent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpentAt {
    /// The order, where it is known.
    pub order: Option<OrderKey>,
    /// The channel.
    pub channel: Option<String>,
    /// The shop.
    pub shop: Option<String>,
}

/// Spends what a hold set aside; after its time-out the very same money is taken again.
pub async fn confirm_hold(
    operations: &Operations,
    actor: &Actor,
    id: HoldId,
    spent_at: &SpentAt,
    key: Option<&RequestKey>,
) -> Result<Answer<HoldReceipt>, WalletError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some((mut books, _)) = open_hold(operations, tx, actor, id).await? else {
            return Ok(Err(WalletError::NoHold(id)));
        };
        let cause = Cause {
            channel: spent_at.channel.clone(),
            shop: spent_at.shop.clone().or_else(|| cause_of(actor).shop),
            order: spent_at.order.clone(),
            ..cause_of(actor)
        };
        let order = spent_at.order.as_ref();
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let done = spending::confirm(&mut books.wallet, id, order, &cause, now, &mut ids, entries);
        if let Err(error) = done {
            return Ok(Err(error.into()));
        }
        let receipt = receipt(&books, id, now)?;
        books.save(tx, actor.program, now).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// Gives back what a hold set aside.
pub async fn cancel_hold(
    operations: &Operations,
    actor: &Actor,
    id: HoldId,
    key: Option<&RequestKey>,
) -> Result<Answer<HoldReceipt>, WalletError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some((mut books, _)) = open_hold(operations, tx, actor, id).await? else {
            return Ok(Err(WalletError::NoHold(id)));
        };
        let cause = cause_of(actor);
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let done = spending::cancel(&mut books.wallet, id, &cause, now, &mut ids, entries);
        if let Err(error) = done {
            return Ok(Err(error.into()));
        }
        let receipt = receipt(&books, id, now)?;
        books.save(tx, actor.program, now).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// The answer to a refund of a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreReceipt {
    /// The spend.
    pub hold_id: HoldId,
    /// What came back to each part.
    pub restored: Restored,
}

/// Gives back part of what was spent, to each part what it gave.
pub async fn refund_spend(
    operations: &Operations,
    actor: &Actor,
    id: HoldId,
    amount: Money,
    key: Option<&RequestKey>,
) -> Result<Answer<RestoreReceipt>, WalletError> {
    if !(1..=AMOUNT_MAX).contains(&amount.0) {
        return Err(WalletError::Invalid { field: "amount", problem: "must be 1 to 10^12" });
    }
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(found) = wallet::load_hold(tx, program, id).await? else {
            return Ok(Err(WalletError::NoHold(id)));
        };
        // The lots may have gone home by an un-merge: whoever owns them now is locked.
        let drawn = |hold: &WalletHold| hold.draws.iter().map(|draw| draw.lot).collect::<Vec<_>>();
        let lots = wallet::load_lots(tx, program, drawn(&found)).await?;
        let owners = lots.iter().map(|lot| lot.member).chain([found.member]);
        members::lock_with_survivors(tx, program, owners).await?;
        let found = wallet::load_hold(tx, program, id).await?.unwrap_or(found);
        let lots = wallet::load_lots(tx, program, drawn(&found)).await?;
        let rules = operations.rules.load(tx, program).await?;
        let (_, rules) = rules.at(now)?;
        let mut books = WalletBooks::of(Wallet { lots, holds: vec![found] }, &operations.ids);
        settling::settle(&mut books.wallet, now, &mut books.ids, &mut books.entries);
        let back =
            GiveBack { amount, zone: &rules.zone, grace_days: rules.wallet.restore_grace_days };
        let Wallet { lots, holds } = &mut books.wallet;
        let Some(spend) = holds.first_mut() else { return Ok(Err(WalletError::NoHold(id))) };
        // Where it was spent is where it comes off again.
        let cause = Cause { order: spend.order.clone(), ..spent_where(tx, program, id).await? };
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let done = spending::restore(lots, spend, back, &cause, now, &mut ids, entries);
        let restored = match done {
            Ok(restored) => restored,
            Err(error) => return Ok(Err(error.into())),
        };
        books.save(tx, program, now).await?;
        Ok(Ok(RestoreReceipt { hold_id: id, restored }))
    })
    .await
}

async fn spent_where(
    tx: &mut Tx,
    program: hui_loyalty::ids::ProgramId,
    id: HoldId,
) -> Result<Cause, Error> {
    let (channel, shop) = wallet::spent_where(tx, program, id).await?;
    Ok(Cause { channel, shop, ..Cause::default() })
}
