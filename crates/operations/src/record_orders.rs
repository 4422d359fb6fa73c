//! Records orders: each once, for one member, with the points and growth it earns.
//!
//! A slice of orders of one program is one transaction: claim the keys, lock
//! whom they concern, decide each in turn by the rules, save everything at once.
//! A refused order leaves its neighbours alone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{EntryId, LockId, MemberId, NewIds, OrderId, ReviewId};
use hui_loyalty::orders::advancing::OrderChanged;
use hui_loyalty::orders::checks::Refusal;
use hui_loyalty::orders::{Order, OrderKey};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::orders::OrderRow;
use hui_store::refunds::RefundState;
use hui_store::vault::fingerprint;
use hui_store::{Error, Tx, orders, shops};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::checkout::LockRefusal;
use crate::checkout::confirming::{Confirming, undo};
use crate::context::Operations;
use crate::coupons::using::restore_of_orders;
use crate::persons::{Indexed, indexed};
use crate::refunding::{RefundReceipt, catch_up, is_wholly_refunded, stored_draws};
use crate::slices::{
    Answer, Answers, KeyReused, Keys, StoreFailed, claim_answers, is_first_key, kept_key,
    receipt_text,
};

mod deciding;
mod loading;
mod watching;

use deciding::{Decided, decide};
use loading::Loaded;

/// An order to be recorded.
#[derive(Debug, Clone)]
pub struct OrderRequest {
    /// The order as its caller gave it.
    pub order: Order,
    /// The caller's key for this request, if it has one.
    pub key: Option<RequestKey>,
    /// The checkout lock that is spent on it, if it came by one.
    pub lock: Option<LockId>,
}

/// Points of an order's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrderPoints {
    /// The whole lot.
    pub earned: Points,
    /// What of it is not yet available.
    pub pending: Points,
    /// What of it paid debt at once.
    pub debt_repaid: Points,
}

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReceipt {
    /// Its number.
    pub order_id: OrderId,
    /// The member it counts for; nobody without a usable identity.
    pub member_id: Option<MemberId>,
    /// Whether it made the member.
    pub created_member: bool,
    /// What it earned.
    pub points: OrderPoints,
    /// The growth it earned.
    pub growth: Points,
    /// The member's tier after it.
    pub tier: Option<String>,
    /// The entries it wrote.
    pub entries: Vec<EntryId>,
    /// The review it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_id: Option<ReviewId>,
}

/// Why an order could not be recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordOrderError {
    /// The order contradicts itself or the limits.
    #[error("the order is not valid")]
    Invalid(Vec<Refusal>),
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// It was recorded with other content.
    #[error("order {0} was already recorded")]
    Changed(String, #[source] OrderChanged),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The shop is not one the caller may speak for.
    #[error("the shop is not among those this caller may write for")]
    OtherShop,
    /// Its checkout lock cannot be spent on it.
    #[error(transparent)]
    Lock(#[from] LockRefusal),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

/// A valid order with what is needed to look it up.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) order: Order,
    pub(crate) key: Option<RequestKey>,
    pub(crate) fingerprint: String,
    pub(crate) identities: Vec<Indexed>,
    /// The number it gets if it is new.
    pub(crate) id: OrderId,
    pub(crate) lock: Option<LockId>,
    /// Who buys, where its checkout lock says so.
    pub(crate) buyer: Option<MemberId>,
}

/// Records orders of one program; answers each, in order.
pub async fn record_orders(
    operations: &Operations,
    actor: &Actor,
    requests: Vec<OrderRequest>,
) -> Vec<Result<Answer<OrderReceipt>, RecordOrderError>> {
    let now = operations.clock.now();
    let channels = match operations.known_channels(actor.program).await {
        Ok(channels) => channels,
        Err(error) => {
            let failed = StoreFailed::from(error);
            return requests.iter().map(|_| Err(failed.clone().into())).collect();
        }
    };
    let mut answers = Answers::new(requests.len());
    let mut waiting: Vec<(usize, Checked)> = Vec::with_capacity(requests.len());
    for (place, request) in requests.into_iter().enumerate() {
        match check(operations, actor, &channels, request, now) {
            Ok(checked) => waiting.push((place, checked)),
            Err(error) => answers.set(place, Err(error)),
        }
    }
    // Orders that must see what others of the slice did come again in the next round.
    crate::slices::run(operations, &mut answers, waiting, async |tx, orders, answers| {
        // Kept off the stack of its callers: what a slice loads is much.
        Box::pin(slice(operations, actor, tx, orders, answers, now)).await
    })
    .await;
    answers.into_results()
}

fn check(
    operations: &Operations,
    actor: &Actor,
    channels: &HashSet<String>,
    request: OrderRequest,
    now: Timestamp,
) -> Result<Checked, RecordOrderError> {
    let OrderRequest { mut order, key, lock } = request;
    let mut refusals = order.check();
    refusals.extend(order.clamp_times(now));
    if !refusals.is_empty() {
        return Err(RecordOrderError::Invalid(refusals));
    }
    if !channels.contains(&order.key.channel) {
        return Err(RecordOrderError::UnknownChannel(order.key.channel));
    }
    if !actor.shops.sees(&order.key.channel, order.shop.as_deref()) {
        return Err(RecordOrderError::OtherShop);
    }
    Ok(Checked {
        fingerprint: fingerprint(&order.canonical()),
        identities: indexed(&operations.vault, actor.program, &order.claims),
        id: OrderId(operations.ids.clone().next_id()),
        order,
        key: key.map(|key| kept_key(operations, actor.program, key)),
        lock,
        buyer: None,
    })
}

type Results<'a> = &'a mut Answers<OrderReceipt, RecordOrderError>;

/// One round: answers what it can and gives back the orders that wait for the next.
async fn slice(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    waiting: Vec<(usize, Checked)>,
    answers: Results<'_>,
    now: Timestamp,
) -> Result<Vec<(usize, Checked)>, Error> {
    let program = actor.program;
    let (mut taken, mut later) = each_key_once(waiting);
    claim_answers(tx, program, &mut taken, |checked| checked.key.as_ref(), answers, now).await?;
    let numbers: Vec<(&OrderKey, OrderId)> =
        taken.iter().map(|(_, checked)| (&checked.order.key, checked.id)).collect();
    let fresh = orders::claim(tx, program, &numbers).await?;
    let named = taken.iter().filter_map(|(_, checked)| Some((checked.lock?, &checked.order.key)));
    let mut confirming = Confirming::open(tx, program, &named.collect::<Vec<_>>()).await?;
    for (_, checked) in &mut taken {
        checked.buyer = checked.lock.and_then(|lock| confirming.buyer(lock));
    }
    let mut loaded = Loaded::load(operations, tx, actor, &taken, &fresh, now).await?;
    confirming.load(tx, &mut loaded.books).await?;

    let mut keys = Keys::default();
    let mut given_up: Vec<(&OrderKey, OrderId)> = Vec::new();
    let mut deferred: Vec<usize> = Vec::new();
    for (position, (place, checked)) in taken.iter().enumerate() {
        let is_new = fresh.contains(&checked.id);
        let decided = spend_and_decide(&mut confirming, &mut loaded, actor, checked, is_new, now)?;
        let replayed = matches!(decided, Decided::Known(_));
        match decided {
            Decided::Recorded(receipt) | Decided::Known(receipt) => {
                keys.keep(checked.key.as_ref(), &receipt)?;
                answers.set(*place, Ok(Answer { receipt, replayed }));
            }
            Decided::Refused(error) => {
                answers.set(*place, Err(error));
                keys.give_up(checked.key.as_ref());
                if is_new {
                    given_up.push((&checked.order.key, checked.id));
                }
            }
            Decided::Deferred => {
                deferred.push(position);
                keys.give_up(checked.key.as_ref());
                if is_new {
                    given_up.push((&checked.order.key, checked.id));
                }
            }
        }
    }
    keys.save(tx, program, now).await?;
    orders::give_up(tx, program, &given_up).await?;
    confirming.save(tx, program, &operations.ids, now).await?;
    give_coupons_back(tx, &mut loaded).await?;
    loaded.save(tx).await?;
    register_shops(operations, tx, actor, &taken, now).await?;
    for position in deferred.into_iter().rev() {
        later.push(taken.swap_remove(position));
    }
    later.sort_by_key(|(place, _)| *place);
    Ok(later)
}

/// Spends the checkout lock an order came by, then decides the order; both or neither.
fn spend_and_decide(
    confirming: &mut Confirming,
    loaded: &mut Loaded,
    actor: &Actor,
    checked: &Checked,
    is_new: bool,
    now: Timestamp,
) -> Result<Decided, Error> {
    let Some(lock) = checked.lock else { return decide(loaded, checked, is_new, now) };
    let key = &checked.order.key;
    let before = loaded.orders.known.get(key).cloned();
    let id = before.as_ref().map_or(checked.id, |row| row.id);
    let order = (id, before.as_ref());
    let spending = match confirming.spend(&mut loaded.books, actor, lock, key, order)? {
        Ok(Some(spending)) => spending,
        Ok(None) => return decide(loaded, checked, is_new, now),
        Err(refusal) => return Ok(Decided::Refused(refusal.into())),
    };
    let spent = confirming.spent_points(&spending);
    if before.is_none() {
        // Refunds that waited for the order give back what was spent on it.
        loaded.books.tenders.set(confirming.tenders(&spending, None)?);
    }
    match loaded.orders.known.get_mut(key) {
        Some(row) => {
            row.spent_points = spent.points;
            row.spent_draws = Some(stored_draws(&spent.draws)?);
        }
        None => loaded.spent = Some(spent),
    }
    let decided = decide(loaded, checked, is_new, now)?;
    loaded.spent = None;
    let (Decided::Recorded(mut receipt) | Decided::Known(mut receipt)) = decided else {
        undo(&mut loaded.books, spending);
        loaded.orders.known.extend(before.map(|row| (key.clone(), row)));
        return Ok(decided);
    };
    if before.is_some()
        && let Some(mut row) = loaded.orders.known.remove(key)
    {
        loaded.books.tenders.set(confirming.tenders(&spending, Some(&row))?);
        let coupons = catch_up(&mut loaded.books, &mut row)?;
        loaded.coupons_back.push((key.clone(), coupons));
        loaded.orders.known.insert(key.clone(), row);
    }
    let entry = confirming.done(spending, now);
    receipt.entries.splice(0..0, entry);
    if let Some(row) = loaded.orders.written(key) {
        row.receipt = receipt_text(&receipt)?;
    }
    Ok(Decided::Recorded(receipt))
}

/// Gives back the coupons of what came back whole: of an order that came by a lock as its matrix
/// says, of another when all of it has come back.
async fn give_coupons_back(tx: &mut Tx, loaded: &mut Loaded) -> Result<(), Error> {
    let mut whole = loaded.orders.wholly_refunded();
    whole.retain(|(_, id)| loaded.books.tenders.get(*id).is_none());
    let whole: Vec<OrderKey> = whole.into_iter().map(|(key, _)| key).collect();
    restore_of_orders(tx, &loaded.books, &whole, None).await?;
    for (key, codes) in std::mem::take(&mut loaded.coupons_back) {
        if codes.is_empty() {
            continue;
        }
        let keys = std::slice::from_ref(&key);
        let restored = restore_of_orders(tx, &loaded.books, keys, Some(&codes)).await?;
        let waited = loaded.refunds_done.iter_mut().filter(|refund| refund.order_key == key);
        for refund in waited.filter(|refund| refund.state == RefundState::Done) {
            let mut receipt: RefundReceipt = serde_json::from_str(&refund.receipt)
                .map_err(|error| Error::unreadable("refund receipt", error))?;
            receipt.coupons.retain(|code| restored.contains(code));
            refund.receipt = receipt_text(&receipt)?;
        }
    }
    Ok(())
}

type Waiting = Vec<(usize, Checked)>;

/// Of several requests with one order number or one request key only the first goes now.
fn each_key_once(waiting: Waiting) -> (Waiting, Waiting) {
    let mut orders: HashSet<OrderKey> = HashSet::new();
    let mut keys: HashSet<RequestKey> = HashSet::new();
    waiting.into_iter().partition(|(_, checked)| {
        let first_key = is_first_key(&mut keys, checked.key.as_ref());
        let first_order = orders.insert(checked.order.key.clone());
        first_key && first_order
    })
}

/// A shop that no order named before begins in its channel's default mode.
async fn register_shops(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    taken: &[(usize, Checked)],
    now: Timestamp,
) -> Result<(), Error> {
    let unknown: Vec<(&str, &str)> = taken
        .iter()
        .filter_map(|(_, checked)| {
            let (channel, shop) =
                (checked.order.key.channel.as_str(), checked.order.shop.as_deref()?);
            (!operations.places.knows_shop(actor.program, channel, shop)).then_some((channel, shop))
        })
        .collect();
    shops::register_shops(tx, actor.program, &unknown, now).await?;
    for (channel, shop) in unknown {
        operations.places.note_shop(actor.program, channel, shop);
    }
    Ok(())
}

/// The member facts that earning rules see, as of before the order.
pub(crate) fn member_facts(
    row: &hui_store::members::MemberRow,
    growth: Points,
    cards: Vec<String>,
) -> hui_loyalty::earning::facts::MemberFacts {
    hui_loyalty::earning::facts::MemberFacts {
        tier: row.tier.clone(),
        growth,
        gender: row.gender.as_deref().and_then(crate::persons::gender_of),
        birthday: row.birthday.as_deref().and_then(|text| text.parse().ok()),
        joined_at: row.joined_at.unwrap_or(row.created_at),
        tags: row.tags.clone(),
        channels: row.channels.clone(),
        orders_count: row.orders_count,
        spent: row.spent,
        last_order_at: row.last_order_at,
        bound: row.bound,
        cards,
    }
}

/// Orders by number, with whether they changed.
#[derive(Debug, Default)]
pub(crate) struct OrderBook {
    pub(crate) new: Vec<OrderRow>,
    pub(crate) known: HashMap<OrderKey, OrderRow>,
    pub(crate) changed: HashSet<OrderKey>,
}

impl OrderBook {
    /// The row of an order that this slice writes.
    fn written(&mut self, key: &OrderKey) -> Option<&mut OrderRow> {
        if self.known.contains_key(key) {
            self.changed.insert(key.clone());
        }
        let new = self.new.iter_mut().find(|row| row.key == *key);
        new.or_else(|| self.known.get_mut(key))
    }

    /// Orders this slice wrote of which everything has come back.
    fn wholly_refunded(&self) -> Vec<(OrderKey, OrderId)> {
        let changed = self.changed.iter().filter_map(|key| self.known.get(key));
        let refunded = self.new.iter().chain(changed).filter(|order| is_wholly_refunded(order));
        refunded.map(|order| (order.key.clone(), order.id)).collect()
    }
}

/// Rules looked up at an instant, kept alive while books change.
pub(crate) type RulesAt = (i64, Arc<hui_loyalty::program::Program>);
