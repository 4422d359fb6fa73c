//! The points mall: goods kept, exchanges taken, handed over, returned.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::cards::PaidBy;
use hui_loyalty::coupons::life;
use hui_loyalty::ids::{ExchangeId, GoodId, MemberId, NewIds as _, OrderId};
use hui_loyalty::ledger::refunding::{RefundPoints, SpentDraw, refund};
use hui_loyalty::ledger::spending::{Insufficient, spend};
use hui_loyalty::ledger::{Cause, Origin};
use hui_loyalty::mall::{Delivery, Good, Kind, QUANTITY_MAX, Refusal, State};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::mall::{self, ExchangeRow, GoodRow};
use hui_store::{Error, cards, coupons, ledger, members};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Need};
use crate::cards::CardError;
use crate::cards::ending::return_card;
use crate::cards::selling::{CardReceipt, Giving, hand_over};
use crate::context::Operations;
use crate::coupons::books::CouponBooks;
use crate::coupons::issuing::Received;
use crate::coupons::{CouponError, cause_of, lock_member, new_code, stored_code};
use crate::read_members::find;
use crate::slices::{Answer, KeyReused, StoreFailed, single};
use crate::wallet::topping_up::gift_of;

/// Why something could not be done in the mall.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MallError {
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
    /// There is no such good.
    #[error("there is no good {0}")]
    NoGood(GoodId),
    /// There is no exchange of this number or code.
    #[error("there is no such exchange")]
    NoExchange,
    /// The stock is gone, or the mall does not show it.
    #[error("no more of it can be had")]
    OutOfStock,
    /// More were taken than the new stock allows.
    #[error("more of it were taken already")]
    StockBelowTaken,
    /// The member may not have it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The points available do not suffice.
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    /// It was handed over, sent or returned already.
    #[error("the exchange has ended")]
    Ended,
    /// The coupon it gave was used or is in a checkout.
    #[error("the coupon it gave cannot be taken back")]
    Coupon(#[source] life::Refusal),
    /// The card it gave was used or has ended.
    #[error("the card it gave cannot be taken back")]
    Card(#[source] hui_loyalty::cards::Refusal),
    /// The card could not be given.
    #[error("the card could not be given")]
    CardNotGiven(#[source] CardError),
    /// The coupon could not be given.
    #[error("the coupon could not be given")]
    Gift(#[source] CouponError),
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

impl From<Error> for MallError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

fn check(good: &Good) -> Result<(), MallError> {
    match good.problem() {
        None => Ok(()),
        Some((field, problem)) => Err(MallError::Invalid { field, problem }),
    }
}

/// Whether the program has the card that a good gives.
async fn check_card(
    operations: &Operations,
    tx: &mut hui_store::Tx,
    actor: &Actor,
    good: &Good,
    now: Timestamp,
) -> Result<Result<(), MallError>, Error> {
    let Kind::Card { card } = &good.offer else { return Ok(Ok(())) };
    let (_, rules) = operations.rules.load(tx, actor.program).await?.at(now)?;
    if rules.card(card).is_none() {
        return Ok(Err(MallError::CardNotGiven(CardError::NotInProgram(card.clone()))));
    }
    Ok(Ok(()))
}

/// Adds something to the mall.
pub async fn make_good(
    operations: &Operations,
    actor: &Actor,
    good: &Good,
    key: Option<&RequestKey>,
) -> Result<Answer<GoodId>, MallError> {
    check(good)?;
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        if let Err(error) = check_card(operations, tx, actor, good, now).await? {
            return Ok(Err(error));
        }
        let row = GoodRow {
            id: GoodId(operations.ids.clone().next_id()),
            good: good.clone(),
            taken: 0,
            listed: true,
            created_at: now,
            updated_at: now,
        };
        mall::insert_good(tx, actor.program, &row).await?;
        let line = AuditLine::new("mall.make_good", row.id, serde_json::json!({}));
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(row.id))
    })
    .await
}

/// Changes what the mall offers, or whether it shows it.
pub async fn change_good(
    operations: &Operations,
    actor: &Actor,
    id: GoodId,
    good: Option<&Good>,
    listed: Option<bool>,
) -> Result<(), MallError> {
    if let Some(good) = good {
        check(good)?;
    }
    let now = operations.clock.now();
    single(operations, actor.program, None, now, async |tx| {
        let Some(mut row) = mall::load_good(tx, actor.program, id).await? else {
            return Ok(Err(MallError::NoGood(id)));
        };
        if let Some(good) = good
            && let Err(error) = check_card(operations, tx, actor, good, now).await?
        {
            return Ok(Err(error));
        }
        row.good = good.cloned().unwrap_or(row.good);
        row.listed = listed.unwrap_or(row.listed);
        row.updated_at = now;
        if !mall::change_good(tx, actor.program, &row).await? {
            return Ok(Err(MallError::StockBelowTaken));
        }
        let detail = serde_json::json!({ "listed": row.listed });
        let line = AuditLine::new("mall.change_good", id, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(()))
    })
    .await
    .map(|_| ())
}

/// What the mall offers, latest first.
pub async fn list_goods(
    operations: &Operations,
    actor: &Actor,
    listed: Option<bool>,
    before: Option<GoodId>,
    limit: i64,
) -> Result<Vec<GoodRow>, MallError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = mall::list_goods(&mut tx, actor.program, listed, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// What a member takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// Who.
    pub member: MemberId,
    /// What.
    pub good: GoodId,
    /// How many.
    pub quantity: i64,
    /// How it is to reach the member; what the good needs where left out.
    pub delivery: Option<Delivery>,
}

/// The answer to an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeReceipt {
    /// The exchange.
    pub exchange_id: ExchangeId,
    /// Whose; the survivor where the named member was merged away.
    pub member_id: MemberId,
    /// The points it took.
    pub points: Points,
    /// The money to be paid on top.
    pub cash: Money,
    /// How it reaches the member.
    pub delivery: Delivery,
    /// Where it stands.
    pub state: State,
    /// What a store asks for.
    pub pickup_code: Option<String>,
    /// The coupons it gave, those that came with a card among them.
    pub coupons: Vec<Received>,
    /// The card it gave.
    #[serde(default)]
    pub card: Option<CardReceipt>,
}

/// How a good reaches the member, or why not so.
fn delivery_of(offer: &Kind, asked: Option<Delivery>) -> Result<Delivery, MallError> {
    let (usual, allowed): (_, &[Delivery]) = match offer {
        Kind::Goods => (Delivery::Ship, &[Delivery::Ship, Delivery::PickUp]),
        Kind::Sample => (Delivery::PickUp, &[Delivery::PickUp]),
        Kind::Coupon { .. } | Kind::Card { .. } => (Delivery::None, &[Delivery::None]),
    };
    let delivery = asked.unwrap_or(usual);
    if allowed.contains(&delivery) {
        return Ok(delivery);
    }
    Err(MallError::Invalid { field: "delivery", problem: "is not possible for this good" })
}

/// Exchanges points, and money where the good asks for it, for a good: all or nothing.
pub async fn exchange(
    operations: &Operations,
    actor: &Actor,
    taking: Taking,
    key: Option<&RequestKey>,
) -> Result<Answer<ExchangeReceipt>, MallError> {
    if !(1..=QUANTITY_MAX).contains(&taking.quantity) {
        return Err(MallError::Invalid { field: "quantity", problem: "must be 1 to 100" });
    }
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        // After a rush most callers come too late: they are told without locking anything.
        let Some(row) = mall::load_good(tx, program, taking.good).await? else {
            return Ok(Err(MallError::NoGood(taking.good)));
        };
        if row.good.stock.is_some_and(|stock| row.taken + taking.quantity > stock) {
            return Ok(Err(MallError::OutOfStock));
        }
        let delivery = match delivery_of(&row.good.offer, taking.delivery) {
            Ok(delivery) => delivery,
            Err(error) => return Ok(Err(error)),
        };
        if taking.quantity > 1 && delivery == Delivery::None {
            let problem = "is one for a coupon or a card";
            return Ok(Err(MallError::Invalid { field: "quantity", problem }));
        }
        let Some(member) = lock_member(tx, actor, taking.member).await? else {
            return Ok(Err(MallError::NoMember(taking.member)));
        };
        let id = member.id;
        let rules = operations.rules.load(tx, program).await?;
        let rows = std::iter::once((id, member)).collect();
        let ids = operations.ids.clone();
        let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
        let tier = books.members.get(&id).map(|row| row.tier.clone()).unwrap_or_default();
        let taken = mall::taken_by(tx, program, id, taking.good).await?;
        if let Err(refusal) = row.good.takeable(&tier, taken, taking.quantity, now) {
            return Ok(Err(refusal.into()));
        }
        if !mall::take(tx, program, taking.good, taking.quantity).await? {
            return Ok(Err(MallError::OutOfStock));
        }
        let exchange_id = ExchangeId(operations.ids.clone().next_id());
        let points = Points(row.good.points.0.saturating_mul(taking.quantity));
        let cause = Cause {
            key: Some(format!("exchange:{exchange_id}")),
            staff: Some(actor.name.clone()),
            ..Cause::default()
        };
        let rules = books.current()?;
        let (mut ids, mut entries) = (books.ids.clone(), std::mem::take(&mut books.entries));
        let origin = Origin { home: id, cause };
        let account = books.account(id);
        let spent = spend(account, points, origin, rules.terms(), now, &mut ids, &mut entries);
        books.entries = entries;
        let spent = match spent {
            Ok(spent) => spent,
            Err(insufficient) => return Ok(Err(insufficient.into())),
        };
        let coupons = match &row.good.offer {
            Kind::Coupon { template } => {
                let key = format!("exchange:{exchange_id}");
                match gift_of(operations, tx, actor, *template, id, &key, now).await? {
                    Ok(coupons) => coupons,
                    Err(error) => return Ok(Err(MallError::Gift(error))),
                }
            }
            Kind::Goods | Kind::Sample | Kind::Card { .. } => Vec::new(),
        };
        let coupon = coupons.first().map(|coupon| coupon.coupon_id);
        let card = match &row.good.offer {
            Kind::Card { card } => {
                let giving = Giving {
                    member: id,
                    card,
                    paid_by: PaidBy::Exchange,
                    order: None,
                    place: None,
                    exchange: Some(exchange_id),
                };
                match hand_over(operations, tx, actor, &mut books, giving, now).await? {
                    Ok(card) => Some(card),
                    Err(error) => return Ok(Err(MallError::CardNotGiven(error))),
                }
            }
            _ => None,
        };
        let is_given = delivery == Delivery::None;
        let pickup_code = if delivery == Delivery::PickUp { Some(new_code()?) } else { None };
        let exchange = ExchangeRow {
            id: exchange_id,
            good: taking.good,
            member: id,
            home: id,
            quantity: taking.quantity,
            points,
            cash: Money(row.good.cash.0.saturating_mul(taking.quantity)),
            draws: spent.draws,
            delivery,
            state: if is_given { State::Done } else { State::Open },
            pickup_code,
            channel: None,
            shop: None,
            handed_by: None,
            coupon,
            taken_at: now,
            ended_at: Some(now).filter(|_| is_given),
        };
        mall::insert_exchange(tx, program, &exchange).await?;
        books.save(tx).await?;
        Ok(Ok(ExchangeReceipt {
            exchange_id,
            member_id: id,
            points,
            cash: exchange.cash,
            delivery,
            state: exchange.state,
            pickup_code: exchange.pickup_code,
            coupons: match &card {
                Some(card) => card.coupons.clone(),
                None => coupons,
            },
            card,
        }))
    })
    .await
}

/// Where something is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedAt {
    /// The channel.
    pub channel: String,
    /// The shop.
    pub shop: Option<String>,
}

/// Hands over what a pick-up code stands for; once.
pub async fn pick_up(
    operations: &Operations,
    actor: &Actor,
    code: &str,
    place: &HandedAt,
    key: Option<&RequestKey>,
) -> Result<Answer<ExchangeId>, MallError> {
    if !actor.shops.sees(&place.channel, place.shop.as_deref()) {
        return Err(MallError::OtherShop);
    }
    let code = stored_code(code);
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        match mall::find_pickup(tx, actor.program, &code).await? {
            None => Ok(Err(MallError::NoExchange)),
            Some(row) => finish(tx, actor, row, Some(place), now).await,
        }
    })
    .await
}

/// Notes that something was sent to the member; once.
pub async fn send_out(
    operations: &Operations,
    actor: &Actor,
    id: ExchangeId,
) -> Result<ExchangeId, MallError> {
    let now = operations.clock.now();
    let answer =
        single(operations, actor.program, None, now, async |tx| {
            match mall::load_exchange(tx, actor.program, id).await? {
                Some(row) if row.delivery == Delivery::Ship => {
                    finish(tx, actor, row, None, now).await
                }
                _ => Ok(Err(MallError::NoExchange)),
            }
        });
    Ok(answer.await?.receipt)
}

async fn finish(
    tx: &mut hui_store::Tx,
    actor: &Actor,
    mut row: ExchangeRow,
    place: Option<&HandedAt>,
    now: Timestamp,
) -> Result<Result<ExchangeId, MallError>, Error> {
    if row.state != State::Open {
        return Ok(Err(MallError::Ended));
    }
    row.state = State::Done;
    row.channel = place.map(|place| place.channel.clone());
    row.shop = place.and_then(|place| place.shop.clone());
    row.handed_by = Some(actor.label());
    row.ended_at = Some(now);
    if !mall::end_exchange(tx, actor.program, State::Open, &row).await? {
        return Ok(Err(MallError::Ended));
    }
    Ok(Ok(row.id))
}

/// Takes an exchange back: points into the lots they came from, the good into the stock, an unused
/// coupon out of the member's hands.
pub async fn return_exchange(
    operations: &Operations,
    actor: &Actor,
    id: ExchangeId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<Points>, MallError> {
    if !audit::is_reason(reason) {
        return Err(MallError::Invalid { field: "reason", problem: audit::REASON });
    }
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(found) = mall::load_exchange(tx, program, id).await? else {
            return Ok(Err(MallError::NoExchange));
        };
        let rows = members::lock_with_survivors(tx, program, [found.member]).await?;
        // It may have ended, or moved with a merge, before its member was locked.
        let Some(mut row) = mall::load_exchange(tx, program, id).await? else {
            return Ok(Err(MallError::NoExchange));
        };
        let Some(owner) = members::survivor(&rows, row.member) else {
            return Ok(Err(MallError::NoMember(row.member)));
        };
        if row.state == State::Returned {
            return Ok(Err(MallError::Ended));
        }
        let rules = operations.rules.load(tx, program).await?;
        let ids = operations.ids.clone();
        let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
        let lots = ledger::load_lots(tx, program, row.draws.iter().map(|draw| draw.lot)).await?;
        books.add_lots(lots);
        let draws: Vec<SpentDraw> = row
            .draws
            .iter()
            .map(|draw| SpentDraw { lot: draw.lot, points: draw.points, restored: Points::ZERO })
            .collect();
        let cause = Cause {
            key: Some(format!("exchange:{id}:return")),
            staff: Some(actor.name.clone()),
            ..Cause::default()
        };
        let back = RefundPoints {
            // No order has an exchange's number: nothing is earned by it, nothing taken back.
            order: OrderId(id.0),
            at: now,
            restore: row.points,
            draws: &draws,
            claw_back: Points::ZERO,
            origin: Origin { home: row.home, cause },
        };
        let rules = books.current()?;
        let (mut ids, mut entries) = (books.ids.clone(), std::mem::take(&mut books.entries));
        let account = books.account(owner);
        let done = refund(account, &back, rules.terms(), now, &mut ids, &mut entries);
        books.entries = entries;
        mall::put_back(tx, program, row.good, row.quantity).await?;
        if let Some(coupon) = row.coupon {
            let mut opened = CouponBooks::open(coupons::lock(tx, program, [coupon]).await?);
            if let Some((coupon, events)) = opened.of(coupon)
                && let Err(refusal) = life::revoke(coupon, &cause_of(actor), now, events)
            {
                return Ok(Err(MallError::Coupon(refusal)));
            }
            opened.save(tx, program, &operations.ids, now).await?;
        }
        if let Some(card) = cards::of_exchange(tx, program, id).await? {
            let back = return_card(operations, tx, actor, &mut books, card, reason).await?;
            if let Err(refusal) = back {
                return Ok(Err(MallError::Card(refusal)));
            }
        }
        let was = std::mem::replace(&mut row.state, State::Returned);
        row.ended_at = Some(now);
        if !mall::end_exchange(tx, program, was, &row).await? {
            return Ok(Err(MallError::Ended));
        }
        books.save(tx).await?;
        let detail = serde_json::json!({ "reason": reason, "points": done.restored });
        let line = AuditLine::new("mall.return", id, detail).about(owner);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(done.restored))
    })
    .await
}

/// A member's exchanges, latest first.
pub async fn list_exchanges(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<ExchangeId>,
    limit: i64,
) -> Result<Vec<ExchangeRow>, MallError> {
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(MallError::NoMember(member))?;
    let rows = mall::list_exchanges(&mut tx, actor.program, row.id, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}
