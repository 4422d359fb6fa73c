//! Records refunds: each once; one that comes before its order waits for it.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{LotId, NewIds, OrderId, RefundId};
use hui_loyalty::ledger::EntryKind;
use hui_loyalty::orders::checks::Refusal;
use hui_loyalty::orders::refunds::{RefundRefusal, refundable};
use hui_loyalty::orders::{OrderKey, Refund, RefundLine};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::orders::OrderRow;
use hui_store::refunds::{RefundRow, RefundState};
use hui_store::vault::fingerprint;
use hui_store::{Error, Tx, members, orders, refunds};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::coupons::using::{lock_used_by, restore_of_orders};
use crate::refunding::{apply, is_wholly_refunded, load_lots_of};
use crate::slices::{
    Answer, Answers, KeyReused, Keys, StoreFailed, claim_answers, is_first_key, receipt_text, run,
};

pub use crate::refunding::{RefundReceipt, RefundedPoints, RefundedTenders};

/// Days a refund waits for its order before it is a dead letter.
pub const WAITING_DAYS: i64 = 7;

/// Why a refund is a dead letter whose time ran out.
pub(crate) const TOO_LATE: &str = "its order did not come within 7 days";

/// A refund to be recorded.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// The refund as its caller gave it.
    pub refund: Refund,
    /// The caller's key for this request, if it has one.
    pub key: Option<RequestKey>,
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RefundAnswer {
    /// It was applied.
    Done(RefundReceipt),
    /// Its order has not been seen yet.
    Waiting {
        /// Its number.
        refund_id: RefundId,
    },
}

/// Why a refund could not be recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordRefundError {
    /// The refund contradicts itself or the limits.
    #[error("the refund is not valid")]
    Invalid(Vec<Refusal>),
    /// There is no such order, of which to say what a refund would do.
    #[error("there is no order {0}")]
    NoOrder(String),
    /// It was recorded with other content.
    #[error("refund {0} was already recorded with other content")]
    Changed(String),
    /// It does not fit its order.
    #[error("the refund does not fit the order")]
    Refused(#[from] RefundRefusal),
    /// The shop is not one the caller may speak for.
    #[error("the order's shop is not among those this caller may write for")]
    OtherShop,
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

#[derive(Clone)]
struct Checked {
    row: RefundRow,
    key: Option<RequestKey>,
}

/// Records refunds of one program; answers each, in order.
pub async fn record_refunds(
    operations: &Operations,
    actor: &Actor,
    requests: Vec<RefundRequest>,
) -> Vec<Result<Answer<RefundAnswer>, RecordRefundError>> {
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
    for (place, request) in requests.into_iter().enumerate() {
        match check(operations, &channels, request, now) {
            Ok(checked) => waiting.push((place, checked)),
            Err(error) => answers.set(place, Err(error)),
        }
    }
    run(operations, &mut answers, waiting, async |tx, refunds, answers| {
        Box::pin(slice(operations, actor, tx, refunds, answers, now)).await
    })
    .await;
    answers.into_results()
}

fn check(
    operations: &Operations,
    channels: &HashSet<String>,
    request: RefundRequest,
    now: Timestamp,
) -> Result<Checked, RecordRefundError> {
    let RefundRequest { mut refund, key } = request;
    let canonical = refund.canonical();
    let mut refusals = refund.check();
    refusals.extend(refund.clamp_time(now));
    if !refusals.is_empty() {
        return Err(RecordRefundError::Invalid(refusals));
    }
    if !channels.contains(&refund.order.channel) {
        return Err(RecordRefundError::UnknownChannel(refund.order.channel));
    }
    let row = RefundRow {
        id: RefundId(operations.ids.clone().next_id()),
        fingerprint: fingerprint(&canonical),
        amount: refund.lines.iter().map(|line| line.amount).sum::<Money>(),
        order_key: refund.order,
        refund_no: refund.refund_no,
        order: None,
        member: None,
        state: RefundState::Waiting,
        refunded_at: refund.refunded_at,
        lines: refund.lines,
        receipt: String::new(),
        problem: None,
        recorded_at: now,
        waits_until: Some(now.plus_seconds(WAITING_DAYS * 86_400)),
    };
    Ok(Checked { row, key })
}

type Waiting = Vec<(usize, Checked)>;

async fn slice(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    waiting: Waiting,
    answers: &mut Answers<RefundAnswer, RecordRefundError>,
    now: Timestamp,
) -> Result<Waiting, Error> {
    let program = actor.program;
    let (mut taken, later) = each_key_once(waiting);
    claim_answers(tx, program, &mut taken, |checked| checked.key.as_ref(), answers, now).await?;
    let rows: Vec<RefundRow> = taken.iter().map(|(_, checked)| checked.row.clone()).collect();
    let fresh = refunds::claim(tx, program, &rows).await?;
    let known = load_known(tx, actor, &rows, &fresh).await?;
    let (mut books, mut orders) = open(operations, tx, actor, &rows, now).await?;

    let mut changed_orders: HashSet<OrderKey> = HashSet::new();
    let mut done: Vec<RefundRow> = Vec::new();
    let mut given_up: Vec<RefundId> = Vec::new();
    let mut keys = Keys::default();
    for (place, checked) in &taken {
        let key = (checked.row.order_key.channel.clone(), checked.row.refund_no.clone());
        let mut row = checked.row.clone();
        let mut replayed = false;
        let decided = match known.get(&key) {
            Some(known) if known.fingerprint != row.fingerprint => {
                Err(RecordRefundError::Changed(row.refund_no.clone()))
            }
            Some(known) if known.state == RefundState::Done => {
                replayed = true;
                answer_of(known).map(Ok)?
            }
            earlier => {
                if let Some(earlier) = earlier {
                    row.id = earlier.id;
                }
                let order = orders.get_mut(&row.order_key);
                let mut answer = settle(&mut books, actor, order, &mut row)?;
                if let Ok(RefundAnswer::Done(receipt)) = &mut answer {
                    give_coupons_back(tx, &books, orders.get(&row.order_key), receipt).await?;
                    row.receipt = receipt_text(receipt)?;
                }
                if answer.is_ok() {
                    changed_orders.insert(row.order_key.clone());
                    done.push(row);
                }
                answer
            }
        };
        match decided {
            Ok(answer) => {
                keys.keep(checked.key.as_ref(), &answer)?;
                answers.set(*place, Ok(Answer { receipt: answer, replayed }));
            }
            Err(error) => {
                answers.set(*place, Err(error));
                keys.give_up(checked.key.as_ref());
                if fresh.contains(&checked.row.id) {
                    given_up.push(checked.row.id);
                }
            }
        }
    }
    keys.save(tx, program, now).await?;
    refunds::update(tx, program, &done).await?;
    refunds::give_up(tx, program, given_up).await?;
    let mut changed: Vec<&OrderRow> =
        changed_orders.iter().filter_map(|key| orders.get(key)).collect();
    changed.sort_by_key(|order| order.id);
    orders::update(tx, program, changed).await?;
    books.save(tx).await?;
    Ok(later)
}

fn each_key_once(waiting: Waiting) -> (Waiting, Waiting) {
    let mut refunds: HashSet<(String, String)> = HashSet::new();
    let mut keys: HashSet<RequestKey> = HashSet::new();
    waiting.into_iter().partition(|(_, checked)| {
        let row = &checked.row;
        let first_key = is_first_key(&mut keys, checked.key.as_ref());
        let first_refund = refunds.insert((row.order_key.channel.clone(), row.refund_no.clone()));
        first_key && first_refund
    })
}

async fn load_known(
    tx: &mut Tx,
    actor: &Actor,
    rows: &[RefundRow],
    fresh: &HashSet<RefundId>,
) -> Result<HashMap<(String, String), RefundRow>, Error> {
    let known = rows
        .iter()
        .filter(|row| !fresh.contains(&row.id))
        .map(|row| (row.order_key.channel.as_str(), row.refund_no.as_str()));
    let rows = refunds::find(tx, actor.program, known).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.order_key.channel.clone(), row.refund_no.clone()), row))
        .collect())
}

/// Points that would come back into a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsBack {
    /// The lot they came from; `None` where they would form a new one, theirs having ended.
    pub lot: Option<LotId>,
    /// How many.
    pub points: Points,
    /// When they would end.
    pub expires_at: Option<Timestamp>,
}

/// What a refund would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundQuoteView {
    /// What goes back in money, before what the answer's points withhold.
    pub money: Money,
    /// The points that come back.
    pub points: Vec<PointsBack>,
    /// All of its answer.
    pub receipt: RefundReceipt,
}

/// What a refund would do if it were recorded now: it is recorded, and undone.
pub async fn quote_refund(
    operations: &Operations,
    actor: &Actor,
    order: OrderKey,
    lines: Vec<RefundLine>,
) -> Result<RefundQuoteView, RecordRefundError> {
    let now = operations.clock.now();
    let channels = operations.known_channels(actor.program).await.map_err(StoreFailed::from)?;
    let refund =
        Refund { order: order.clone(), refund_no: "quote".to_owned(), refunded_at: now, lines };
    let checked = check(operations, &channels, RefundRequest { refund, key: None }, now)?;
    let mut tx = operations.store.begin().await.map_err(StoreFailed::from)?;
    let quoted = quote(operations, actor, &mut tx, checked.row, now).await;
    tx.rollback().await.map_err(StoreFailed::from)?;
    quoted.map_err(StoreFailed::from)?
}

async fn quote(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    mut row: RefundRow,
    now: Timestamp,
) -> Result<Result<RefundQuoteView, RecordRefundError>, Error> {
    let rows = std::slice::from_ref(&row);
    let (mut books, mut orders) = open(operations, tx, actor, rows, now).await?;
    let key = row.order_key.clone();
    let Some(order) = orders.get_mut(&key) else {
        return Ok(Err(RecordRefundError::NoOrder(key.order_no)));
    };
    let known: HashSet<LotId> =
        books.accounts.values().flat_map(|account| account.lots.iter().map(|lot| lot.id)).collect();
    let mut receipt = match settle(&mut books, actor, Some(order), &mut row)? {
        Ok(RefundAnswer::Done(receipt)) => receipt,
        Ok(RefundAnswer::Waiting { .. }) => {
            return Ok(Err(RecordRefundError::NoOrder(key.order_no)));
        }
        Err(error) => return Ok(Err(error)),
    };
    give_coupons_back(tx, &books, orders.get(&key), &mut receipt).await?;
    let back = books
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Restore && entry.cause.refund == Some(row.id));
    let lots = books.accounts.values().flat_map(|account| &account.lots);
    let ends: HashMap<LotId, Option<Timestamp>> =
        lots.map(|lot| (lot.id, lot.expires_at)).collect();
    let points = back
        .flat_map(|entry| &entry.changes)
        .filter(|change| change.remaining > 0)
        .map(|change| PointsBack {
            lot: known.contains(&change.lot).then_some(change.lot),
            points: Points(change.remaining),
            expires_at: ends.get(&change.lot).copied().flatten(),
        })
        .collect();
    let money = receipt.tenders.map_or(row.amount, |tenders| tenders.money);
    Ok(Ok(RefundQuoteView { money, points, receipt }))
}

/// Locks the orders and their members and opens the books.
async fn open(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    rows: &[RefundRow],
    now: Timestamp,
) -> Result<(Books, HashMap<OrderKey, OrderRow>), Error> {
    let program = actor.program;
    let numbers = orders::lock_keys(tx, program, rows.iter().map(|row| &row.order_key)).await?;
    let ids: Vec<OrderId> = numbers.into_values().collect();
    let first = orders::load(tx, program, ids.iter().copied()).await?;
    let concerned = first.values().filter_map(|order| order.member);
    let locked = members::lock_with_survivors(tx, program, concerned).await?;
    // Under the members' locks the orders cannot move to another member any more.
    let orders = orders::load(tx, program, ids).await?;
    let rules = operations.rules.load(tx, program).await?;
    let mut books =
        Books::open(tx, program, rules, operations.ids.clone(), locked, Need::Everything, now)
            .await?;
    load_lots_of(tx, &mut books, orders.values()).await?;
    let keys: Vec<OrderKey> = orders.values().map(|order| order.key.clone()).collect();
    lock_used_by(tx, program, &keys).await?;
    Ok((books, orders.into_values().map(|order| (order.key.clone(), order)).collect()))
}

fn settle(
    books: &mut Books,
    actor: &Actor,
    order: Option<&mut OrderRow>,
    row: &mut RefundRow,
) -> Result<Result<RefundAnswer, RecordRefundError>, Error> {
    let Some(order) = order else {
        row.state = RefundState::Waiting;
        return Ok(Ok(RefundAnswer::Waiting { refund_id: row.id }));
    };
    if !actor.shops.sees(&order.key.channel, order.shop.as_deref()) {
        return Ok(Err(RecordRefundError::OtherShop));
    }
    if let Err(refusal) = refundable(order.status, order.paid_at) {
        return Ok(Err(refusal.into()));
    }
    let receipt = match apply(books, order, row.id, &row.lines, row.refunded_at)? {
        Ok(receipt) => receipt,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    row.state = RefundState::Done;
    row.order = Some(order.id);
    row.member = order.member;
    row.problem = None;
    row.waits_until = None;
    Ok(Ok(RefundAnswer::Done(receipt)))
}

/// Gives back the coupons of which nothing is left to refund, where their templates say so.
async fn give_coupons_back(
    tx: &mut Tx,
    books: &Books,
    order: Option<&OrderRow>,
    receipt: &mut RefundReceipt,
) -> Result<(), Error> {
    let Some(order) = order else { return Ok(()) };
    let keys = std::slice::from_ref(&order.key);
    let codes = std::mem::take(&mut receipt.coupons);
    if books.tenders.get(order.id).is_none() {
        if is_wholly_refunded(order) {
            receipt.coupons = restore_of_orders(tx, books, keys, None).await?;
        }
    } else if !codes.is_empty() {
        receipt.coupons = restore_of_orders(tx, books, keys, Some(&codes)).await?;
    }
    Ok(())
}

/// The answer a refund got when it was recorded.
fn answer_of(row: &RefundRow) -> Result<RefundAnswer, Error> {
    receipt_of(row).map(RefundAnswer::Done)
}

/// What an applied refund did, as its caller was told.
pub(crate) fn receipt_of(row: &RefundRow) -> Result<RefundReceipt, Error> {
    serde_json::from_str(&row.receipt).map_err(|error| Error::unreadable("refund receipt", error))
}
