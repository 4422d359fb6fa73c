//! Locks: everything one checkout needs, set aside for its order; all of it or nothing.
//!
//! A slice of requests locks what they concern in the order that all operations keep: the keys
//! of the orders, members, coupons, templates, promotions. Then each is decided in turn, the
//! parts that those before it took already gone.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::checkout::allocation::Part;
use hui_loyalty::checkout::quote::{Gift, Quote, WalletUsed};
use hui_loyalty::checkout::reasons::{Offer, Unavailable};
use hui_loyalty::checkout::{Cart, CouponsAsked, Use};
use hui_loyalty::coupons::life;
use hui_loyalty::ids::{HoldId, LockId, LotId, MemberId, NewIds as _, OrderId, ProgramId, QuoteId};
use hui_loyalty::ledger::spending::{HoldRequest, cancel, hold};
use hui_loyalty::ledger::{Cause, Draw, HoldState, Origin};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::orders::checks::clamp_future;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{self, spending};
use hui_store::answers::RequestKey;
use hui_store::checkouts::{self, LockRow, LockState};
use hui_store::gifts::{self, GiftUse};
use hui_store::offers::{self, Amounts, OfferUse, UseState};
use hui_store::vault::fingerprint;
use hui_store::{Error, Tx, coupons, ledger, members};
use serde::{Deserialize, Serialize};

use super::parts::{Access, Concerned, Parts, counted, given, wanted, with_stored_codes};
use super::pricing::{NotPriced, price};
use super::quotes::{KeptQuote, kept};
use super::{CheckoutError, CheckoutRequest, LockDocument, LockRefusal, invalid, order_of};
use crate::actor::Actor;
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::coupons::cause_of;
use crate::move_points::HOLD_SECONDS_MAX;
use crate::slices::{
    Answer, Answers, Keys, StoreFailed, claim_answers, is_first_key, kept_key, run,
};

/// What the points of a checkout are set aside for, as their hold says.
const PURPOSE: &str = "checkout";

/// What is to be done with a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockStep {
    /// Set everything aside for an order.
    Hold {
        /// What for.
        what: Wanted,
        /// The order's number on the cart's channel.
        order_no: String,
        /// For how many seconds.
        ttl_s: i64,
    },
    /// Keep it for so many seconds from now; never for less than it had.
    Extend {
        /// The lock.
        lock: LockId,
        /// For how many seconds.
        ttl_s: i64,
    },
    /// Give it back.
    Cancel(LockId),
}

/// The cart to be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This one, priced now; the time is what the caller's clock says, if it says anything.
    Cart(Box<CheckoutRequest>, Option<Timestamp>),
    /// The one of a quote, if it is still priced the same.
    Quote(QuoteId),
}

/// A step with the key of its request.
#[derive(Debug, Clone)]
pub struct LockRequest {
    /// What is to be done.
    pub step: LockStep,
    /// The caller's key for this request, if it has one.
    pub key: Option<RequestKey>,
}

/// What a lock has set aside of one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockPart {
    /// `points`, `wallet`, `coupon`, `quota` or `stock`.
    pub asset: String,
    /// Which: the coupon's code, the promotion's name, the gift's product, the lock itself for
    /// points and wallet.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How many points, or pieces of stock; of the others money: what is paid or taken off.
    pub amount: i64,
    /// The lots of points, in the order of consumption.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotPart>,
}

/// What a lot gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotPart {
    /// The lot.
    pub lot_id: LotId,
    /// How many points.
    pub points: Points,
}

/// How a lock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockReceipt {
    /// Its number.
    pub lock_id: LockId,
    /// `held`, `confirmed`, `cancelled`, or `released` once it timed out.
    pub state: String,
    /// Free again from this instant on.
    pub until: Timestamp,
    /// The order's channel.
    pub channel: String,
    /// The order's number.
    pub order_no: String,
    /// Who buys.
    pub member_id: Option<MemberId>,
    /// The order that confirmed it.
    pub order_id: Option<OrderId>,
    /// What is left to pay in money.
    pub to_pay: Money,
    /// What it has set aside.
    pub parts: Vec<LockPart>,
    /// Who pays which part of which line.
    pub allocation: Vec<(String, String, Money)>,
}

type Waiting = Vec<(usize, LockRequest)>;

/// Takes steps with the locks of one program; answers each, in order.
pub async fn step_locks(
    operations: &Operations,
    actor: &Actor,
    requests: Vec<LockRequest>,
) -> Vec<Result<Answer<LockReceipt>, CheckoutError>> {
    let now = operations.clock.now();
    let mut answers = Answers::new(requests.len());
    let channels = match operations.known_channels(actor.program).await {
        Ok(channels) => channels,
        Err(error) => {
            let failed = StoreFailed::from(error);
            return requests.iter().map(|_| Err(failed.clone().into())).collect();
        }
    };
    let mut waiting = Vec::with_capacity(requests.len());
    for (place, mut request) in requests.into_iter().enumerate() {
        request.key = request.key.map(|key| kept_key(operations, actor.program, key));
        match check(actor, &channels, &mut request.step, now) {
            Ok(()) => waiting.push((place, request)),
            Err(error) => answers.set(place, Err(error)),
        }
    }
    run(operations, &mut answers, waiting, async |tx, requests, answers| {
        Box::pin(slice(operations, actor, tx, requests, answers, now)).await
    })
    .await;
    answers.into_results()
}

fn check(
    actor: &Actor,
    channels: &HashSet<String>,
    step: &mut LockStep,
    now: Timestamp,
) -> Result<(), CheckoutError> {
    if let LockStep::Hold { ttl_s, .. } | LockStep::Extend { ttl_s, .. } = step
        && !(1..=HOLD_SECONDS_MAX).contains(ttl_s)
    {
        let detail = "from 1 to 604800 seconds".to_owned();
        return Err(invalid("ttl.out_of_range", "/ttl_s", detail));
    }
    let LockStep::Hold { what: Wanted::Cart(request, at), order_no, .. } = step else {
        return Ok(());
    };
    if !channels.contains(&request.cart.channel) {
        return Err(CheckoutError::UnknownChannel(request.cart.channel.clone()));
    }
    if !actor.shops.sees(&request.cart.channel, request.cart.shop.as_deref()) {
        return Err(CheckoutError::OtherShop);
    }
    check_time(*at, now)?;
    **request = with_stored_codes((**request).clone());
    request.cart.at = now;
    if order_no.is_empty() {
        return Err(invalid("text.empty", "/order_no", "say which order".to_owned()));
    }
    Ok(())
}

/// A lock is priced when it is taken: a clock may differ by five minutes, not more.
fn check_time(at: Option<Timestamp>, now: Timestamp) -> Result<(), CheckoutError> {
    let Some(at) = at else { return Ok(()) };
    if let Err(ahead) = clamp_future(at, now) {
        return Err(invalid(ahead.code(), "/at", ahead.to_string()));
    }
    if at < now.plus_seconds(-300) {
        return Err(invalid("time.past", "/at", "a lock is priced now".to_owned()));
    }
    Ok(())
}

async fn slice(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    waiting: Waiting,
    answers: &mut Answers<LockReceipt, CheckoutError>,
    now: Timestamp,
) -> Result<Waiting, Error> {
    let program = actor.program;
    let mut keys = HashSet::new();
    let (mut taken, later): (Waiting, Waiting) =
        waiting.into_iter().partition(|(_, one)| is_first_key(&mut keys, one.key.as_ref()));
    claim_answers(tx, program, &mut taken, |request| request.key.as_ref(), answers, now).await?;
    let mut open = Open::load(operations, tx, actor, &taken, now).await?;
    let mut keys = Keys::default();
    for (place, request) in &taken {
        match open.apply(actor, *place, &request.step)? {
            Ok(answer) => {
                keys.keep(request.key.as_ref(), &answer.receipt)?;
                answers.set(*place, Ok(answer));
            }
            Err(error) => {
                answers.set(*place, Err(error));
                keys.give_up(request.key.as_ref());
            }
        }
    }
    keys.save(tx, program, now).await?;
    open.save(tx).await?;
    Ok(later)
}

/// A hold that is to be made: the cart, and what the quote it names had come to.
struct Holding {
    id: LockId,
    request: CheckoutRequest,
    quoted: Option<KeptQuote>,
    fingerprint: String,
    order_no: String,
    ttl_s: i64,
}

impl Holding {
    fn key(&self) -> OrderKey {
        OrderKey { channel: self.request.cart.channel.clone(), order_no: self.order_no.clone() }
    }
}

/// Everything a slice of steps stands on, and what it changes.
struct Open {
    books: Books,
    parts: Parts,
    holdings: HashMap<usize, Holding>,
    refused: HashMap<usize, CheckoutError>,
    locks: HashMap<LockId, LockRow>,
    latest: HashMap<OrderKey, LockId>,
    latest_before: HashMap<OrderKey, LockId>,
    uses: Vec<OfferUse>,
    gifts: Vec<GiftUse>,
    draws: HashMap<HoldId, Vec<Draw>>,
    changed: HashSet<LockId>,
}

impl Open {
    async fn load(
        operations: &Operations,
        tx: &mut Tx,
        actor: &Actor,
        taken: &[(usize, LockRequest)],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let program = actor.program;
        let (holdings, refused) = holdings(operations, tx, actor, taken, now).await?;
        let named: HashSet<LockId> = taken
            .iter()
            .filter_map(|(_, request)| match request.step {
                LockStep::Extend { lock, .. } | LockStep::Cancel(lock) => Some(lock),
                LockStep::Hold { .. } => None,
            })
            .collect();
        let first = checkouts::load(tx, program, named.iter().copied()).await?;
        let new: Vec<(OrderKey, LockId)> =
            holdings.values().map(|holding| (holding.key(), holding.id)).collect();
        let claims: Vec<(&OrderKey, LockId)> = new.iter().map(|(key, id)| (key, *id)).collect();
        checkouts::claim_keys(tx, program, &claims).await?;
        let concerned: HashSet<&OrderKey> =
            new.iter().map(|(key, _)| key).chain(first.values().map(|lock| &lock.key)).collect();
        let latest = checkouts::lock_keys(tx, program, concerned).await?;
        // Under the keys' locks nobody else changes these any more.
        let all: HashSet<LockId> = latest.values().copied().chain(named).collect();
        let locks = checkouts::load(tx, program, all).await?;

        let buyers = holdings.values().filter_map(|holding| holding.request.member);
        let members: HashSet<MemberId> =
            buyers.chain(locks.values().filter_map(|lock| lock.member)).collect();
        let rows = members::lock_with_survivors(tx, program, members).await?;
        let rules = operations.rules.load(tx, program).await?;
        let ids = operations.ids.clone();
        let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
        books.load_cards(tx).await?;
        let draws = load_holds(tx, &mut books, locks.values()).await?;
        let with_wallet: Vec<MemberId> = holdings
            .values()
            .filter(|holding| holding.request.asked.wallet.is_some())
            .filter_map(|holding| members::survivor(&books.members, holding.request.member?))
            .collect();
        let held = locks.values().filter_map(|lock| lock.wallet);
        books.wallets.load(tx, program, with_wallet, held, &operations.ids).await?;

        let mut coupons = HashSet::new();
        for holding in holdings.values() {
            let member =
                holding.request.member.and_then(|named| members::survivor(&books.members, named));
            coupons.extend(wanted(tx, program, &holding.request, member, now).await?);
        }
        let mut codes = Vec::new();
        for lock in locks.values() {
            let used = LockDocument::read(&lock.document)?.quote.tenders.coupons;
            codes.extend(used.into_iter().map(|used| used.code));
        }
        coupons.extend(coupons::numbers(tx, program, codes.iter().map(String::as_str)).await?);
        let uses = offers::of_locks(tx, program, locks.keys().copied()).await?;
        let gifts = gifts::of_locks(tx, program, locks.keys().copied()).await?;
        let mut concerned = Concerned { coupons, ..Concerned::default() };
        if !holdings.is_empty() {
            let rules = books.current()?;
            concerned.promotions = counted(&rules);
            concerned.gifts = given(&rules);
        }
        concerned.promotions.extend(uses.iter().map(|one| one.promotion.clone()));
        concerned.gifts.extend(gifts.iter().map(|one| one.sku.clone()));
        let members: Vec<MemberId> = books.members.keys().copied().collect();
        let parts = Parts::load(tx, program, concerned, &members, Access::Lock, now).await?;
        Ok(Self {
            books,
            parts,
            holdings,
            refused,
            locks,
            latest_before: latest.clone(),
            latest,
            uses,
            gifts,
            draws,
            changed: HashSet::new(),
        })
    }

    fn apply(
        &mut self,
        actor: &Actor,
        place: usize,
        step: &LockStep,
    ) -> Result<Result<Answer<LockReceipt>, CheckoutError>, Error> {
        match step {
            LockStep::Hold { .. } => match self.holdings.remove(&place) {
                Some(holding) => self.hold(actor, &holding),
                None => Ok(Err(self.refused.remove(&place).unwrap_or(CheckoutError::NoQuote))),
            },
            LockStep::Extend { lock, ttl_s } => self.extend(actor, *lock, *ttl_s),
            LockStep::Cancel(lock) => self.cancel(actor, *lock),
        }
    }

    fn hold(
        &mut self,
        actor: &Actor,
        holding: &Holding,
    ) -> Result<Result<Answer<LockReceipt>, CheckoutError>, Error> {
        let now = self.books.now;
        let key = holding.key();
        if let Some(known) = self.latest.get(&key).and_then(|id| self.locks.get(id)) {
            let is_same = known.fingerprint == holding.fingerprint;
            match known.state {
                LockState::Confirmed if !is_same => return Ok(Err(LockRefusal::Confirmed.into())),
                _ if known.is_live(now) && !is_same => return Ok(Err(CheckoutError::LockDiffers)),
                LockState::Confirmed => {
                    return self.receipt(known.id).map(|known| Ok(Answer::again(known)));
                }
                _ if known.is_live(now) => {
                    return self.receipt(known.id).map(|known| Ok(Answer::again(known)));
                }
                _ => {}
            }
        }
        let priced = match price(&mut self.books, &self.parts, &holding.request)? {
            Ok(priced) => priced,
            Err(NotPriced::Cart(error)) => return Ok(Err(error.into())),
            Err(NotPriced::NoMember(id)) => return Ok(Err(CheckoutError::NoMember(id))),
        };
        if holding.quoted.as_ref().is_some_and(|kept| kept.allocation != priced.quote.allocation) {
            return Ok(Err(CheckoutError::QuoteChanged));
        }
        let short = not_as_asked(&holding.request, &priced.quote);
        if !short.is_empty() {
            return Ok(Err(CheckoutError::Unavailable(short)));
        }
        let order = order_of(&holding.request.cart, &priced.quote, &holding.order_no, now);
        let refusals = order.check();
        if !refusals.is_empty() {
            return Ok(Err(CheckoutError::Invalid(refusals)));
        }
        let document = LockDocument {
            cart: holding.request.cart.clone(),
            quote: priced.quote,
            rules_version: priced.rules.0,
        };
        let lock = self.take(actor, holding, priced.member, &document)?;
        self.latest.insert(key, lock);
        self.receipt(lock).map(|receipt| Ok(Answer::first(receipt)))
    }

    /// Sets aside what the quote of a lock uses; the quote was made of what is there.
    fn take(
        &mut self,
        actor: &Actor,
        holding: &Holding,
        member: Option<MemberId>,
        document: &LockDocument,
    ) -> Result<LockId, Error> {
        let now = self.books.now;
        let until = now.plus_seconds(holding.ttl_s);
        let tenders = &document.quote.tenders;
        let cart = &holding.request.cart;
        let hold = match (member, tenders.points.used) {
            (Some(member), points) if points.is_positive() => {
                let cause = Cause {
                    staff: Some(actor.name.clone()),
                    channel: Some(cart.channel.clone()),
                    shop: cart.shop.clone(),
                    ..Cause::default()
                };
                let request = HoldRequest { points, purpose: PURPOSE.to_owned(), until };
                let origin = Origin { home: member, cause };
                let (mut ids, mut entries) =
                    (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
                let account = self.books.account(member);
                let made = self::hold(account, request, origin, now, &mut ids, &mut entries);
                let draws = account.holds.last().map(|hold| hold.draws.clone());
                self.books.entries = entries;
                let id = made.map_err(|error| Error::unreadable("priced points", error))?;
                self.draws.insert(id, draws.unwrap_or_default());
                Some(id)
            }
            _ => None,
        };
        let wallet = match member {
            Some(member) => self.hold_money(actor, cart, member, tenders.wallet, until)?,
            None => None,
        };
        for used in &tenders.coupons {
            let found = self.parts.coupon(&used.code).map(|coupon| (coupon.id, coupon.template));
            let Some((id, template)) = found else {
                return Err(Error::unreadable("priced coupon", "it is not loaded"));
            };
            let cause = hui_loyalty::coupons::Cause {
                channel: Some(cart.channel.clone()),
                shop: cart.shop.clone(),
                ..cause_of(actor)
            };
            let request = life::HoldRequest {
                member,
                session: holding.id.to_string(),
                until,
                discount: used.amount,
                uses: used.times,
            };
            if let Some((coupon, events)) = self.parts.coupons.of(id) {
                life::hold(coupon, request, &cause, now, events)
                    .map_err(|error| Error::unreadable("priced coupon", error))?;
            }
            self.parts.take_budget(template, used.amount);
        }
        let rules = self.books.current()?;
        let counted = counted(&rules);
        for applied in document.quote.applied.iter().filter(|one| counted.contains(&one.promotion))
        {
            let amounts = Amounts { money: applied.amount, uses: 1, pieces: applied.pieces };
            self.parts.take_offer(member, &applied.promotion, amounts);
            self.uses.push(OfferUse {
                lock: holding.id,
                promotion: applied.promotion.clone(),
                member,
                home: member,
                money: applied.amount,
                pieces: applied.pieces,
                state: UseState::Held,
                until,
            });
        }
        self.take_gifts(holding.id, &document.quote.gifts, until);
        let document =
            serde_json::to_string(document).map_err(|error| Error::unreadable("lock", error))?;
        let lock = LockRow {
            id: holding.id,
            key: holding.key(),
            member,
            home: member,
            state: LockState::Held,
            until,
            fingerprint: holding.fingerprint.clone(),
            document,
            hold,
            wallet,
            order: None,
            created_at: now,
            ended_at: None,
        };
        self.changed.insert(lock.id);
        self.locks.insert(lock.id, lock);
        Ok(holding.id)
    }

    /// Sets gifts aside, those of them that are counted.
    fn take_gifts(&mut self, lock: LockId, gifts: &[Gift], until: Timestamp) {
        for gift in gifts.iter().filter(|gift| self.parts.gift_left(&gift.sku).is_some()) {
            let known = self.gifts.iter().position(|one| one.lock == lock && one.sku == gift.sku);
            match known.and_then(|place| self.gifts.get_mut(place)) {
                Some(one) => one.pieces = one.pieces.saturating_add(gift.quantity),
                None => self.gifts.push(GiftUse {
                    lock,
                    sku: gift.sku.clone(),
                    pieces: gift.quantity,
                    returned: 0,
                    state: UseState::Held,
                    until,
                }),
            }
        }
        for gift in gifts {
            self.parts.take_gift(&gift.sku, gift.quantity);
        }
    }

    /// Sets wallet money aside in the parts it was priced in.
    fn hold_money(
        &mut self,
        actor: &Actor,
        cart: &Cart,
        member: MemberId,
        priced: WalletUsed,
        until: Timestamp,
    ) -> Result<Option<HoldId>, Error> {
        let amount = priced.principal.plus(priced.bonus);
        if !amount.is_positive() {
            return Ok(None);
        }
        let (now, order) = (self.books.now, self.books.current()?.wallet.spend_order);
        let Some(opened) = self.books.wallets.of(member) else {
            return Err(Error::unreadable("priced wallet", "it is not loaded"));
        };
        let cause = wallet::Cause {
            channel: Some(cart.channel.clone()),
            shop: cart.shop.clone(),
            staff: Some(actor.name.clone()),
            ..wallet::Cause::default()
        };
        let request = spending::HoldRequest { member, amount, purpose: PURPOSE.to_owned(), until };
        let (mut ids, entries) = (opened.ids.clone(), &mut opened.entries);
        let held =
            spending::hold(&mut opened.wallet, request, order, &cause, now, &mut ids, entries)
                .map_err(|error| Error::unreadable("priced wallet", error))?;
        let hold = opened.wallet.holds.iter().find(|hold| hold.id == held);
        let draws = hold.map(|hold| hold.draws.as_slice()).unwrap_or_default();
        let bonus: Money = draws
            .iter()
            .filter(|draw| draw.part == wallet::Part::Bonus)
            .map(|draw| draw.amount)
            .sum();
        if bonus == priced.bonus {
            Ok(Some(held))
        } else {
            Err(Error::unreadable("priced wallet", "it divides in another way"))
        }
    }

    /// A lock the caller may see, with what it is made of.
    fn find(
        &self,
        actor: &Actor,
        id: LockId,
    ) -> Result<Result<(LockRow, LockDocument), CheckoutError>, Error> {
        let Some(lock) = self.locks.get(&id) else {
            return Ok(Err(LockRefusal::NoLock(id).into()));
        };
        let document = LockDocument::read(&lock.document)?;
        let cart = &document.cart;
        if actor.shops.sees(&cart.channel, cart.shop.as_deref()) {
            Ok(Ok((lock.clone(), document)))
        } else {
            Ok(Err(CheckoutError::OtherShop))
        }
    }

    fn extend(
        &mut self,
        actor: &Actor,
        id: LockId,
        ttl_s: i64,
    ) -> Result<Result<Answer<LockReceipt>, CheckoutError>, Error> {
        let (mut lock, document) = match self.find(actor, id)? {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        let now = self.books.now;
        match lock.state {
            LockState::Confirmed => return Ok(Err(LockRefusal::Confirmed.into())),
            LockState::Cancelled => return Ok(Err(LockRefusal::Cancelled.into())),
            _ if !lock.is_live(now) => return Ok(Err(LockRefusal::Lost(Vec::new()).into())),
            _ => {}
        }
        let until = lock.until.max(now.plus_seconds(ttl_s));
        lock.until = until;
        if let (Some(hold), Some(member)) = (lock.hold, self.owner(&lock))
            && let Some(hold) =
                self.books.account(member).holds.iter_mut().find(|known| known.id == hold)
        {
            hold.until = until;
        }
        if let Some(id) = lock.wallet
            && let Some(opened) = self.books.wallets.with_hold(id)
            && let Some(hold) = opened.wallet.holds.iter_mut().find(|known| known.id == id)
        {
            hold.until = until;
        }
        let session = id.to_string();
        for used in &document.quote.tenders.coupons {
            let Some(coupon) = self.parts.coupon(&used.code).map(|coupon| coupon.id) else {
                continue;
            };
            if let Some((coupon, _)) = self.parts.coupons.of(coupon)
                && let Some(lock) = coupon.lock.as_mut().filter(|lock| lock.session == session)
            {
                lock.until = until;
            }
        }
        for one in self.uses.iter_mut().filter(|one| one.lock == id) {
            one.until = until;
        }
        for one in self.gifts.iter_mut().filter(|one| one.lock == id) {
            one.until = until;
        }
        self.changed.insert(id);
        self.locks.insert(id, lock);
        self.receipt(id).map(|receipt| Ok(Answer::first(receipt)))
    }

    fn cancel(
        &mut self,
        actor: &Actor,
        id: LockId,
    ) -> Result<Result<Answer<LockReceipt>, CheckoutError>, Error> {
        let (mut lock, document) = match self.find(actor, id)? {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        let now = self.books.now;
        match lock.state {
            LockState::Confirmed => return Ok(Err(LockRefusal::Confirmed.into())),
            LockState::Cancelled => {
                return self.receipt(id).map(|receipt| Ok(Answer::again(receipt)));
            }
            LockState::Held | LockState::Released => {}
        }
        if let (Some(hold), Some(member)) = (lock.hold, self.owner(&lock)) {
            let cause = Cause { staff: Some(actor.name.clone()), ..Cause::default() };
            let origin = Origin { home: lock.home.unwrap_or(member), cause };
            let (mut ids, mut entries) =
                (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
            let account = self.books.account(member);
            let cancelled = self::cancel(account, hold, origin, now, &mut ids, &mut entries);
            self.books.entries = entries;
            cancelled.map_err(|error| Error::unreadable("the hold of a lock", error))?;
        }
        if let Some(id) = lock.wallet
            && let Some(opened) = self.books.wallets.with_hold(id)
        {
            let cause = crate::wallet::cause_of(actor);
            let (mut ids, entries) = (opened.ids.clone(), &mut opened.entries);
            spending::cancel(&mut opened.wallet, id, &cause, now, &mut ids, entries)
                .map_err(|error| Error::unreadable("the wallet hold of a lock", error))?;
        }
        let session = id.to_string();
        for used in &document.quote.tenders.coupons {
            let found = self.parts.coupon(&used.code).map(|coupon| (coupon.id, coupon.template));
            let Some((coupon, template)) = found else { continue };
            if let Some((coupon, events)) = self.parts.coupons.of(coupon)
                && coupon.lock.as_ref().is_some_and(|known| known.session == session)
            {
                life::release(coupon, &session, &cause_of(actor), now, events);
                if lock.is_live(now) {
                    self.parts.take_budget(template, -used.amount);
                }
            }
        }
        for one in self.uses.iter_mut().filter(|one| one.lock == id) {
            if one.counts(now) {
                let freed =
                    Amounts { money: -one.money, uses: -1, pieces: one.pieces.saturating_neg() };
                self.parts.take_offer(one.member, &one.promotion, freed);
            }
            one.state = UseState::Freed;
        }
        for one in self.gifts.iter_mut().filter(|one| one.lock == id) {
            if one.counts(now) {
                self.parts.take_gift(&one.sku, one.pieces.saturating_neg());
            }
            one.state = UseState::Freed;
        }
        lock.state = LockState::Cancelled;
        lock.ended_at = Some(now);
        self.changed.insert(id);
        self.locks.insert(id, lock);
        self.receipt(id).map(|receipt| Ok(Answer::first(receipt)))
    }

    fn owner(&self, lock: &LockRow) -> Option<MemberId> {
        lock.member.and_then(|member| members::survivor(&self.books.members, member))
    }

    fn receipt(&self, id: LockId) -> Result<LockReceipt, Error> {
        let Some(lock) = self.locks.get(&id) else {
            return Err(Error::unreadable("checkout lock", "it is not loaded"));
        };
        let document = LockDocument::read(&lock.document)?;
        let draws = lock.hold.and_then(|hold| self.draws.get(&hold));
        let mut parts = parts_of(lock, &document.quote, draws.map_or(&[], Vec::as_slice));
        parts.extend(self.uses.iter().filter(|one| one.lock == id).map(of_offer));
        parts.extend(self.gifts.iter().filter(|one| one.lock == id).map(of_gift));
        Ok(receipt(lock, &document.quote, parts, self.books.now))
    }

    async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        let (program, now, ids) = (self.books.program, self.books.now, self.books.ids.clone());
        let mut changed: Vec<&LockRow> =
            self.locks.values().filter(|lock| self.changed.contains(&lock.id)).collect();
        changed.sort_by_key(|lock| lock.id);
        checkouts::save(tx, program, changed).await?;
        let moved: Vec<(&OrderKey, LockId)> = self
            .latest
            .iter()
            .filter(|(key, id)| self.latest_before.get(*key) != Some(*id))
            .map(|(key, id)| (key, *id))
            .collect();
        checkouts::point_keys(tx, program, &moved).await?;
        // A key that was claimed for a lock that was refused names nothing.
        let empty: Vec<(&OrderKey, LockId)> = self
            .latest
            .iter()
            .filter(|(_, id)| !self.locks.contains_key(id))
            .map(|(key, id)| (key, *id))
            .collect();
        checkouts::give_up_keys(tx, program, &empty).await?;
        let mut uses: Vec<&OfferUse> =
            self.uses.iter().filter(|one| self.changed.contains(&one.lock)).collect();
        uses.sort_by(|one, other| (one.lock, &one.promotion).cmp(&(other.lock, &other.promotion)));
        offers::save(tx, program, uses).await?;
        let mut given: Vec<&GiftUse> =
            self.gifts.iter().filter(|one| self.changed.contains(&one.lock)).collect();
        given.sort_by(|one, other| (one.lock, &one.sku).cmp(&(other.lock, &other.sku)));
        gifts::save(tx, program, given).await?;
        self.parts.coupons.save(tx, program, &ids, now).await?;
        self.books.save(tx).await
    }
}

/// How a lock stands now.
///
/// # Errors
///
/// [`CheckoutError::Lock`] when there is no such lock, [`CheckoutError::OtherShop`] when it is for
/// a place the caller may not see.
pub async fn read_lock(
    operations: &Operations,
    actor: &Actor,
    id: LockId,
) -> Result<LockReceipt, CheckoutError> {
    let (program, now) = (actor.program, operations.clock.now());
    let mut tx = operations.store.snapshot().await?;
    let found = checkouts::load(&mut tx, program, [id]).await?.remove(&id);
    let (mut draws, mut more) = (Vec::new(), Vec::new());
    if let Some(lock) = &found {
        let held = ledger::load_holds(&mut tx, program, lock.hold).await?;
        draws.extend(held.into_values().flat_map(|(_, hold)| hold.draws));
        more.extend(offers::of_locks(&mut tx, program, [id]).await?.iter().map(of_offer));
        more.extend(gifts::of_locks(&mut tx, program, [id]).await?.iter().map(of_gift));
    }
    tx.rollback().await?;
    let lock = found.ok_or(LockRefusal::NoLock(id))?;
    let LockDocument { cart, quote, .. } = LockDocument::read(&lock.document)?;
    if !actor.shops.sees(&cart.channel, cart.shop.as_deref()) {
        return Err(CheckoutError::OtherShop);
    }
    let mut parts = parts_of(&lock, &quote, &draws);
    parts.extend(more);
    Ok(receipt(&lock, &quote, parts, now))
}

/// Writes down which locks took too long, and forgets old quotes; says how many.
///
/// Nothing depends on it: their parts are free from the time-out on.
pub(crate) async fn release_locks(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let released = checkouts::release_due(&mut tx, program, now).await?;
    let forgotten = checkouts::forget_quotes(&mut tx, program, now).await?;
    if released + forgotten == 0 {
        tx.rollback().await?;
        return Ok(0);
    }
    tx.commit().await?;
    Ok(usize::try_from(released + forgotten).unwrap_or(usize::MAX))
}

/// Reads what each hold of the slice is about; those that cannot be are told why.
async fn holdings(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    taken: &[(usize, LockRequest)],
    now: Timestamp,
) -> Result<(HashMap<usize, Holding>, HashMap<usize, CheckoutError>), Error> {
    let named: Vec<QuoteId> = taken
        .iter()
        .filter_map(|(_, request)| match &request.step {
            LockStep::Hold { what: Wanted::Quote(quote), .. } => Some(*quote),
            _ => None,
        })
        .collect();
    let kept = kept(operations, tx, actor.program, named, now).await?;
    let (mut holdings, mut refused) = (HashMap::new(), HashMap::new());
    for (place, request) in taken {
        let LockStep::Hold { what, order_no, ttl_s } = &request.step else { continue };
        let (request, quoted) = match what {
            Wanted::Cart(request, _) => ((**request).clone(), None),
            Wanted::Quote(id) => {
                let Some(text) = kept.get(id) else {
                    refused.insert(*place, CheckoutError::NoQuote);
                    continue;
                };
                let quote: KeptQuote = serde_json::from_str(text)
                    .map_err(|error| Error::unreadable("quote", error))?;
                let mut request = quote.request.clone();
                if !actor.shops.sees(&request.cart.channel, request.cart.shop.as_deref()) {
                    refused.insert(*place, CheckoutError::OtherShop);
                    continue;
                }
                let at = (!quote.is_now).then_some(request.cart.at);
                if let Err(error) = check_time(at, now) {
                    refused.insert(*place, error);
                    continue;
                }
                request.cart.at = now;
                (request, Some(quote))
            }
        };
        let fingerprint = fingerprint_of(&request)?;
        let id = LockId(operations.ids.clone().next_id());
        let (order_no, ttl_s) = (order_no.clone(), *ttl_s);
        holdings.insert(*place, Holding { id, request, quoted, fingerprint, order_no, ttl_s });
    }
    Ok((holdings, refused))
}

/// A digest of what is asked for, whenever it is asked.
fn fingerprint_of(request: &CheckoutRequest) -> Result<String, Error> {
    let mut timeless = request.clone();
    timeless.cart.at = Timestamp(0);
    let text =
        serde_json::to_vec(&timeless).map_err(|error| Error::unreadable("checkout", error))?;
    Ok(fingerprint(&text))
}

/// Adds the holds of locks, whatever became of them, and their lots to the books.
pub(crate) async fn load_holds(
    tx: &mut Tx,
    books: &mut Books,
    locks: impl IntoIterator<Item = &LockRow>,
) -> Result<HashMap<HoldId, Vec<Draw>>, Error> {
    let buyers: HashMap<HoldId, Option<MemberId>> =
        locks.into_iter().filter_map(|lock| Some((lock.hold?, lock.member))).collect();
    let found = ledger::load_holds(tx, books.program, buyers.keys().copied()).await?;
    let lots = found.values().flat_map(|(_, hold)| hold.draws.iter().map(|draw| draw.lot));
    let lots = ledger::load_lots(tx, books.program, lots).await?;
    books.add_lots(lots);
    let mut draws = HashMap::new();
    for (id, (member, hold)) in found {
        draws.insert(id, hold.draws.clone());
        // A merge moves live holds; one that has ended still names the member of before.
        let buyer = buyers.get(&id).copied().flatten();
        let mut named = [Some(member), buyer].into_iter().flatten();
        let owner = named.find_map(|member| members::survivor(&books.members, member));
        let Some(owner) = owner else { continue };
        if hold.state != HoldState::Live {
            books.add_hold(owner, hold);
        }
    }
    Ok(draws)
}

/// What was asked for by name or number and is not used as far as asked.
fn not_as_asked(request: &CheckoutRequest, quote: &Quote) -> Vec<Unavailable> {
    let asked = &request.asked;
    let is_short = |one: &&Unavailable| match &one.offer {
        Offer::Coupon(code) => {
            let is_used = quote.tenders.coupons.iter().any(|used| used.code == *code);
            matches!(&asked.coupons, CouponsAsked::Listed(codes) if codes.contains(code))
                && !is_used
        }
        Offer::Points => {
            matches!(asked.points, Some(Use::Exactly(points)) if points != quote.tenders.points.used.0)
        }
        Offer::Wallet => {
            let used = quote.tenders.wallet.principal.plus(quote.tenders.wallet.bonus);
            matches!(asked.wallet, Some(Use::Exactly(amount)) if amount != used.0)
        }
        Offer::Promotion(_) => false,
    };
    quote.unavailable.iter().filter(is_short).cloned().collect()
}

fn part(asset: &str, reference: &str, amount: i64) -> LockPart {
    let (asset, reference) = (asset.to_owned(), reference.to_owned());
    LockPart { asset, reference, amount, lots: Vec::new() }
}

fn of_offer(one: &OfferUse) -> LockPart {
    part("quota", &one.promotion, one.money.0)
}

fn of_gift(one: &GiftUse) -> LockPart {
    part("stock", &one.sku, one.pieces)
}

/// What a lock holds of a member: points, wallet, coupons.
fn parts_of(lock: &LockRow, quote: &Quote, draws: &[Draw]) -> Vec<LockPart> {
    let mut parts = Vec::new();
    if lock.hold.is_some() {
        parts.push(LockPart {
            asset: "points".to_owned(),
            reference: lock.id.to_string(),
            amount: quote.tenders.points.used.0,
            lots: draws
                .iter()
                .map(|draw| LotPart { lot_id: draw.lot, points: draw.points })
                .collect(),
        });
    }
    if lock.wallet.is_some() {
        let used = quote.tenders.wallet;
        parts.push(part("wallet", &lock.id.to_string(), used.principal.plus(used.bonus).0));
    }
    let coupons = quote.tenders.coupons.iter();
    parts.extend(coupons.map(|used| part("coupon", &used.code, used.amount.0)));
    parts
}

fn receipt(lock: &LockRow, quote: &Quote, parts: Vec<LockPart>, now: Timestamp) -> LockReceipt {
    let is_over = lock.state == LockState::Held && lock.until <= now;
    let state = if is_over { LockState::Released } else { lock.state };
    LockReceipt {
        lock_id: lock.id,
        state: state.name().to_owned(),
        until: lock.until,
        channel: lock.key.channel.clone(),
        order_no: lock.key.order_no.clone(),
        member_id: lock.member,
        order_id: lock.order,
        to_pay: quote.to_pay,
        parts,
        allocation: quote
            .allocation
            .cells()
            .map(|(line, part, amount)| (line.to_owned(), part_name(part), amount))
            .collect(),
    }
}

/// The name of a column of the matrix in answers.
pub fn part_name(part: Part<'_>) -> String {
    match part {
        Part::Coupon(code) => format!("coupon:{code}"),
        Part::Points => "points".to_owned(),
        Part::WalletPrincipal => "wallet_principal".to_owned(),
        Part::WalletBonus => "wallet_bonus".to_owned(),
        Part::Money => "money".to_owned(),
    }
}
