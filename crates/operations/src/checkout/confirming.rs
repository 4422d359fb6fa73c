//! Locks confirmed by their orders: what was set aside is spent in the order's own transaction.
//!
//! A slice of orders opens the locks its orders name before it locks any member, and loads what
//! they hold after. Each lock is spent just before its order is decided, so that refunds that
//! waited for the order already see what was spent on it; where the order is refused it is undone.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::coupons::{Coupon, Event, life};
use hui_loyalty::ids::{CouponId, EntryId, HoldId, LockId, MemberId, OrderId, ProgramId};
use hui_loyalty::ledger::spending::{Confirmed, confirm};
use hui_loyalty::ledger::{Account, Cause, Draw, Origin};
use hui_loyalty::orders::{OrderKey, Status};
use hui_loyalty::program::Program;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{self, Wallet, spending};
use hui_store::checkouts::{self, LockRow, LockState};
use hui_store::gifts::{self, GiftUse};
use hui_store::offers::{self, Amounts, OfferUse, UseState};
use hui_store::orders::OrderRow;
use hui_store::tenders::OrderTenders;
use hui_store::{Error, Tx, coupons, members};

use super::locks::load_holds;
use super::parts::{Access, Concerned, Parts};
use super::{LockDocument, LockRefusal, Missing};
use crate::actor::Actor;
use crate::books::Books;
use crate::context::Operations;
use crate::coupons::cause_of;
use crate::ids::Ids;
use crate::record_orders::OrderRequest;
use crate::refunding::{is_wholly_refunded, refunded_before};

/// The request that records the order of a lock: paid, with what money and principal pay.
///
/// # Errors
///
/// [`LockRefusal`] when there is no such lock, or it is for another order.
pub async fn order_of_lock(
    operations: &Operations,
    actor: &Actor,
    lock: LockId,
    order_no: &str,
    paid_at: Option<Timestamp>,
) -> Result<Result<OrderRequest, LockRefusal>, Error> {
    let program = actor.program;
    let mut tx = operations.store.snapshot().await?;
    let found = checkouts::load(&mut tx, program, [lock]).await?.remove(&lock);
    let recorded = match &found {
        Some(found) => hui_store::orders::find(&mut tx, program, &found.key).await?,
        None => None,
    };
    tx.rollback().await?;
    let Some(found) = found else { return Ok(Err(LockRefusal::NoLock(lock))) };
    if found.key.order_no != order_no {
        return Ok(Err(LockRefusal::Differs));
    }
    let document = LockDocument::read(&found.document)?;
    // Asked again without a time, the time it had the first time counts.
    let known = recorded.and_then(|order| order.paid_at);
    let paid_at = paid_at.or(known).unwrap_or_else(|| operations.clock.now());
    let order = super::order_of(&document.cart, &document.quote, order_no, paid_at);
    Ok(Ok(OrderRequest { order, key: None, lock: Some(lock) }))
}

/// What is spent on an order when its lock is confirmed.
#[derive(Debug, Clone)]
pub(crate) struct SpentPoints {
    pub(crate) points: Points,
    pub(crate) draws: Vec<Draw>,
}

/// The locks that a slice of orders confirms.
pub(crate) struct Confirming {
    locks: HashMap<LockId, LockRow>,
    latest: HashMap<OrderKey, LockId>,
    documents: HashMap<LockId, LockDocument>,
    draws: HashMap<HoldId, Vec<Draw>>,
    uses: Vec<OfferUse>,
    used: HashMap<String, Amounts>,
    gifts: Vec<GiftUse>,
    gifts_taken: HashMap<String, i64>,
    parts: Option<Parts>,
    changed: HashSet<LockId>,
}

/// A lock that was spent, as long as its order can still be refused.
pub(crate) struct Spending {
    lock: LockId,
    order: OrderId,
    entry: Option<EntryId>,
    account: Option<(MemberId, Account)>,
    entries: usize,
    wallet: Option<(HoldId, Wallet, usize)>,
    coupons: Vec<(CouponId, Coupon, Vec<Event>)>,
}

impl Confirming {
    /// Locks the orders' keys and reads the locks they name; members are not locked yet.
    pub(crate) async fn open(
        tx: &mut Tx,
        program: ProgramId,
        named: &[(LockId, &OrderKey)],
    ) -> Result<Self, Error> {
        let latest = checkouts::lock_keys(tx, program, named.iter().map(|(_, key)| *key)).await?;
        let locks = checkouts::load(tx, program, named.iter().map(|(id, _)| *id)).await?;
        let documents = locks
            .values()
            .map(|lock| LockDocument::read(&lock.document).map(|document| (lock.id, document)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            locks,
            latest,
            documents,
            draws: HashMap::new(),
            uses: Vec::new(),
            used: HashMap::new(),
            gifts: Vec::new(),
            gifts_taken: HashMap::new(),
            parts: None,
            changed: HashSet::new(),
        })
    }

    /// Who buys by a lock.
    pub(crate) fn buyer(&self, lock: LockId) -> Option<MemberId> {
        self.locks.get(&lock)?.member
    }

    /// Loads what the locks hold, now that the members are locked.
    pub(crate) async fn load(&mut self, tx: &mut Tx, books: &mut Books) -> Result<(), Error> {
        if self.locks.is_empty() {
            return Ok(());
        }
        let (program, now) = (books.program, books.now);
        self.draws = load_holds(tx, books, self.locks.values()).await?;
        let held = self.locks.values().filter_map(|lock| lock.wallet);
        let ids = books.ids.clone();
        books.wallets.load(tx, program, [], held, &ids).await?;
        let used = self.documents.values().flat_map(|document| &document.quote.tenders.coupons);
        let codes = used.map(|used| used.code.as_str());
        let wanted = coupons::numbers(tx, program, codes).await?.into_iter().collect();
        self.uses = offers::of_locks(tx, program, self.locks.keys().copied()).await?;
        self.gifts = gifts::of_locks(tx, program, self.locks.keys().copied()).await?;
        let concerned = Concerned {
            coupons: wanted,
            promotions: self.uses.iter().map(|one| one.promotion.clone()).collect(),
            gifts: self.gifts.iter().map(|one| one.sku.clone()).collect(),
        };
        let members: Vec<MemberId> = books.members.keys().copied().collect();
        let parts = Parts::load(tx, program, concerned, &members, Access::Lock, now).await?;
        self.parts = Some(parts);
        Ok(())
    }

    /// Spends a lock on its order. `None` when that was done before.
    pub(crate) fn spend(
        &mut self,
        books: &mut Books,
        actor: &Actor,
        id: LockId,
        key: &OrderKey,
        order: (OrderId, Option<&OrderRow>),
    ) -> Result<Result<Option<Spending>, LockRefusal>, Error> {
        let Some(lock) = self.locks.get(&id).cloned() else {
            return Ok(Err(LockRefusal::NoLock(id)));
        };
        if lock.state == LockState::Confirmed {
            return Ok(Ok(None));
        }
        if lock.key != *key || self.latest.get(key) != Some(&id) {
            return Ok(Err(LockRefusal::Differs));
        }
        if lock.state == LockState::Cancelled {
            return Ok(Err(LockRefusal::Cancelled));
        }
        let member = lock.member.and_then(|member| members::survivor(&books.members, member));
        let (order_id, recorded) = order;
        if recorded.is_some_and(|row| row.status == Status::Closed || is_wholly_refunded(row)) {
            return Ok(Err(LockRefusal::OrderOver));
        }
        let recorded = recorded.and_then(|row| row.member);
        if recorded.is_some() && recorded != member {
            return Ok(Err(LockRefusal::OtherMember));
        }
        let mut missing = Vec::new();
        let mut spending = Spending {
            lock: id,
            order: order_id,
            entry: None,
            account: None,
            entries: books.entries.len(),
            wallet: None,
            coupons: Vec::new(),
        };
        if let (Some(hold), Some(member)) = (lock.hold, member) {
            spending.account = Some((member, books.account(member).clone()));
            spending.entry = self.spend_points(books, actor, &lock, (hold, member), order_id)?;
            if spending.entry.is_none() {
                let reference = id.to_string();
                missing.push(Missing { asset: "points", reference });
            }
        }
        if let Some(hold) = lock.wallet {
            spending.wallet = self.spend_money(books, actor, &lock, hold, &mut missing);
        }
        let spent = self.spend_coupons(actor, &lock, member, books.now, &mut missing)?;
        spending.coupons = spent;
        missing.extend(self.lost_offers(&lock, member, &*books.current()?, books.now));
        missing.extend(self.lost_gifts(&lock, books.now));
        if missing.is_empty() {
            return Ok(Ok(Some(spending)));
        }
        undo(books, spending);
        Ok(Err(LockRefusal::Lost(missing)))
    }

    /// The entry that spends what the lock's hold set aside; `None` when it is gone.
    fn spend_points(
        &self,
        books: &mut Books,
        actor: &Actor,
        lock: &LockRow,
        (hold, member): (HoldId, MemberId),
        order: OrderId,
    ) -> Result<Option<EntryId>, Error> {
        let cart = self.documents.get(&lock.id).map(|document| &document.cart);
        let now = books.now;
        let (version, rules) = books.rules.at(now)?;
        let cause = Cause {
            order: Some(order),
            channel: Some(lock.key.channel.clone()),
            shop: cart.and_then(|cart| cart.shop.clone()),
            staff: Some(actor.name.clone()),
            rule_version: Some(version),
            ..Cause::default()
        };
        let origin = Origin { home: lock.home.unwrap_or(member), cause };
        let (mut ids, mut entries) = (books.ids.clone(), std::mem::take(&mut books.entries));
        let account = books.account(member);
        let done = confirm(account, hold, origin, rules.terms(), now, &mut ids, &mut entries);
        books.entries = entries;
        match done {
            Ok(Confirmed::Spent(entry)) => Ok(Some(entry)),
            Ok(Confirmed::AlreadyConfirmed) | Err(_) => Ok(None),
        }
    }

    /// Spends the wallet money a lock set aside; answers the wallet as it was before.
    fn spend_money(
        &self,
        books: &mut Books,
        actor: &Actor,
        lock: &LockRow,
        hold: HoldId,
        missing: &mut Vec<Missing>,
    ) -> Option<(HoldId, Wallet, usize)> {
        let gone = Missing { asset: "wallet", reference: lock.id.to_string() };
        let now = books.now;
        let Some(opened) = books.wallets.with_hold(hold) else {
            missing.push(gone);
            return None;
        };
        let before = (hold, opened.wallet.clone(), opened.entries.len());
        let cart = self.documents.get(&lock.id).map(|document| &document.cart);
        let cause = wallet::Cause {
            channel: Some(lock.key.channel.clone()),
            shop: cart.and_then(|cart| cart.shop.clone()),
            staff: Some(actor.name.clone()),
            order: Some(lock.key.clone()),
            ..wallet::Cause::default()
        };
        let (mut ids, entries) = (opened.ids.clone(), &mut opened.entries);
        let order = Some(&lock.key);
        let done =
            spending::confirm(&mut opened.wallet, hold, order, &cause, now, &mut ids, entries);
        if done.is_err() {
            missing.push(gone);
        }
        Some(before)
    }

    /// The lock's coupons as the order leaves them; those that are gone are missing.
    fn spend_coupons(
        &self,
        actor: &Actor,
        lock: &LockRow,
        member: Option<MemberId>,
        now: Timestamp,
        missing: &mut Vec<Missing>,
    ) -> Result<Vec<(CouponId, Coupon, Vec<Event>)>, Error> {
        let (Some(document), Some(parts)) = (self.documents.get(&lock.id), &self.parts) else {
            return Err(Error::unreadable("checkout lock", "it is not loaded"));
        };
        let mut spent: Vec<(CouponId, Coupon, Vec<Event>)> = Vec::new();
        for used in &document.quote.tenders.coupons {
            let gone = || Missing { asset: "coupon", reference: used.code.clone() };
            let Some(mut coupon) = parts.coupon(&used.code).cloned() else {
                missing.push(gone());
                continue;
            };
            let own = spent.iter().filter(|(_, one, _)| one.template == coupon.template);
            let taken: Money = own.map(|(_, one, _)| one.discount).sum();
            let budget = parts.budget(coupon.template);
            if !lock.is_live(now) && budget.is_some_and(|left| taken.plus(used.amount) > left) {
                missing.push(gone());
                continue;
            }
            let cause = hui_loyalty::coupons::Cause {
                channel: Some(lock.key.channel.clone()),
                shop: document.cart.shop.clone(),
                ..cause_of(actor)
            };
            let request = life::HoldRequest {
                member,
                session: lock.id.to_string(),
                until: now,
                discount: used.amount,
                uses: used.times,
            };
            let mut events = Vec::new();
            match life::confirm(&mut coupon, request, &lock.key, &cause, now, &mut events) {
                Ok(_) => spent.push((coupon.id, coupon, events)),
                Err(_) => missing.push(gone()),
            }
        }
        Ok(spent)
    }

    /// Promotions of a lock that timed out which have too little left to be used again.
    fn lost_offers(
        &self,
        lock: &LockRow,
        member: Option<MemberId>,
        rules: &Program,
        now: Timestamp,
    ) -> Vec<Missing> {
        let Some(parts) = self.parts.as_ref().filter(|_| !lock.is_live(now)) else {
            return Vec::new();
        };
        let left = parts.left(rules, member);
        let own = self.uses.iter().filter(|one| one.lock == lock.id);
        own.filter(|one| {
            let Some(left) = left.iter().find(|left| left.promotion == one.promotion) else {
                return false;
            };
            let too_few = |left: Option<i64>, needed: i64| left.is_some_and(|left| left < needed);
            left.money.is_some_and(|left| left < one.money)
                || too_few(left.uses, 1)
                || too_few(left.pieces, one.pieces)
                || too_few(left.member_uses, 1)
                || too_few(left.member_pieces, one.pieces)
        })
        .map(|one| Missing { asset: "quota", reference: one.promotion.clone() })
        .collect()
    }

    /// Gifts of a lock that timed out of which too few are left.
    fn lost_gifts(&self, lock: &LockRow, now: Timestamp) -> Vec<Missing> {
        let Some(parts) = self.parts.as_ref().filter(|_| !lock.is_live(now)) else {
            return Vec::new();
        };
        let own = self.gifts.iter().filter(|one| one.lock == lock.id);
        own.filter(|one| parts.gift_left(&one.sku).is_some_and(|left| left < one.pieces))
            .map(|one| Missing { asset: "stock", reference: one.sku.clone() })
            .collect()
    }

    /// What is spent on the order, as its row tells it.
    pub(crate) fn spent_points(&self, spending: &Spending) -> SpentPoints {
        let lock = self.locks.get(&spending.lock);
        let draws = lock.and_then(|lock| self.draws.get(&lock.hold?)).cloned().unwrap_or_default();
        SpentPoints { points: draws.iter().map(|draw| draw.points).sum(), draws }
    }

    /// The order's tenders, before any refund that is still to come.
    pub(crate) fn tenders(
        &self,
        spending: &Spending,
        recorded: Option<&OrderRow>,
    ) -> Result<OrderTenders, Error> {
        let allocation = self
            .documents
            .get(&spending.lock)
            .map(|document| document.quote.allocation.clone())
            .unwrap_or_default();
        let refunded = recorded.map(|row| refunded_before(row, &allocation)).transpose()?;
        Ok(OrderTenders {
            order: spending.order,
            lock: spending.lock,
            wallet: self.locks.get(&spending.lock).and_then(|lock| lock.wallet),
            allocation,
            refunded: refunded.unwrap_or_default(),
        })
    }

    /// The order was recorded: the lock is its.
    pub(crate) fn done(&mut self, spending: Spending, now: Timestamp) -> Option<EntryId> {
        // What a live lock had set aside is counted already.
        let was_live = self.locks.get(&spending.lock).is_some_and(|lock| lock.is_live(now));
        if let Some(parts) = &mut self.parts {
            for (id, coupon, events) in spending.coupons {
                if !was_live {
                    parts.take_budget(coupon.template, coupon.discount);
                }
                parts.coupons.coupons.insert(id, coupon);
                parts.coupons.events.extend(events);
            }
        }
        for one in self.uses.iter_mut().filter(|one| one.lock == spending.lock) {
            let amounts = Amounts { money: one.money, uses: 1, pieces: one.pieces };
            if !one.counts(now)
                && let Some(parts) = &mut self.parts
            {
                parts.take_offer(one.member, &one.promotion, amounts);
            }
            one.state = UseState::Used;
            let sum = self.used.entry(one.promotion.clone()).or_default();
            *sum = sum.plus(amounts);
        }
        for one in self.gifts.iter_mut().filter(|one| one.lock == spending.lock) {
            if !one.counts(now)
                && let Some(parts) = &mut self.parts
            {
                parts.take_gift(&one.sku, one.pieces);
            }
            one.state = UseState::Used;
            let taken = self.gifts_taken.entry(one.sku.clone()).or_default();
            *taken = taken.saturating_add(one.pieces);
        }
        if let Some(lock) = self.locks.get_mut(&spending.lock) {
            lock.state = LockState::Confirmed;
            lock.order = Some(spending.order);
            lock.ended_at = Some(now);
        }
        self.changed.insert(spending.lock);
        spending.entry
    }

    /// Writes what became of the locks; their points are in the books.
    pub(crate) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut changed: Vec<&LockRow> =
            self.locks.values().filter(|lock| self.changed.contains(&lock.id)).collect();
        changed.sort_by_key(|lock| lock.id);
        checkouts::save(tx, program, changed).await?;
        let uses = self.uses.iter().filter(|one| self.changed.contains(&one.lock));
        offers::save(tx, program, uses).await?;
        offers::count(tx, program, &self.used).await?;
        let given = self.gifts.iter().filter(|one| self.changed.contains(&one.lock));
        gifts::save(tx, program, given).await?;
        gifts::count(tx, program, &self.gifts_taken, now).await?;
        match self.parts {
            Some(parts) => parts.coupons.save(tx, program, ids, now).await,
            None => Ok(()),
        }
    }
}

/// The order was refused: nothing of the lock was spent.
pub(crate) fn undo(books: &mut Books, spending: Spending) {
    books.tenders.forget(spending.order);
    if let Some((member, account)) = spending.account {
        books.accounts.insert(member, account);
    }
    books.entries.truncate(spending.entries);
    if let Some((hold, wallet, entries)) = spending.wallet
        && let Some(opened) = books.wallets.with_hold(hold)
    {
        opened.wallet = wallet;
        opened.entries.truncate(entries);
    }
}
