//! Coupons used: locked by a checkout, redeemed by an order, given back, revoked, given away.

use hui_loyalty::abuse::Counts;
use hui_loyalty::amounts::{AMOUNT_MAX, Money};
use hui_loyalty::coupons::life::{self, HoldRequest, Redemption};
use hui_loyalty::coupons::{Cause, Coupon, State};
use hui_loyalty::ids::{CouponId, MemberId, NewIds as _, ProgramId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::scopes::Place;
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::coupons::templates;
use hui_store::{Error, Tx, coupons};
use serde::{Deserialize, Serialize};

use super::books::CouponBooks;
use super::issuing::{IssueReceipt, Received, check_device, is_handed_out};
use super::{CouponError, cause_of, filed, lock_member, new_code, stored_code};
use crate::abuse::{Act, Suspicion, admit};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::Books;
use crate::context::Operations;
use crate::move_points::HOLD_SECONDS_MAX;
use crate::slices::{Answer, single};

/// What a checkout or a till does with a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The code, as it was typed or scanned.
    pub code: String,
    /// Whose order it is; a coupon of somebody else is refused. Without one the code alone counts.
    pub member: Option<MemberId>,
    /// On which channel.
    pub channel: String,
    /// In which shop.
    pub shop: Option<String>,
    /// What it takes off.
    pub discount: Money,
    /// How often it is used: one, except for times cards.
    pub uses: i64,
    /// The device it is used on, where the caller tells it.
    pub device: Option<String>,
}

/// How a coupon stands after something was done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseReceipt {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Whose it is.
    pub member_id: Option<MemberId>,
    /// Where it stands.
    pub state: State,
    /// How often it can still be used.
    pub uses_left: i64,
    /// Until when a lock holds.
    pub until: Option<Timestamp>,
    /// The end of its life.
    pub valid_until: Timestamp,
}

impl UseReceipt {
    fn of(coupon: &Coupon) -> Self {
        Self {
            coupon_id: coupon.id,
            member_id: coupon.member,
            state: coupon.state,
            uses_left: coupon.uses_left,
            until: coupon.lock.as_ref().map(|lock| lock.until),
            valid_until: coupon.valid_until,
        }
    }
}

fn check(asked: &Use) -> Result<(), CouponError> {
    if !(0..=AMOUNT_MAX).contains(&asked.discount.0) {
        return Err(CouponError::Invalid { field: "discount", problem: "must be 0 to 10^12" });
    }
    if asked.uses < 1 {
        return Err(CouponError::Invalid { field: "uses", problem: "must be at least 1" });
    }
    Ok(())
}

/// Finds and locks the coupon of a use, and says whether its template lets it be used there.
async fn open(
    tx: &mut Tx,
    program: ProgramId,
    asked: &Use,
    session: Option<&str>,
    now: Timestamp,
) -> Result<Result<(CouponBooks, CouponId), CouponError>, Error> {
    let code = stored_code(&asked.code);
    let Some(found) = coupons::find_code(tx, program, &code).await?.filter(is_handed_out) else {
        return Ok(Err(CouponError::NoCoupon));
    };
    let books = CouponBooks::open(coupons::lock(tx, program, [found.id]).await?);
    let Some(coupon) = books.coupons.get(&found.id) else {
        return Ok(Err(CouponError::NoCoupon));
    };
    let made_of = (coupon.template, coupon.version);
    let versions = templates::versions(tx, program, [made_of]).await?;
    let Some(template) = versions.get(&made_of) else { return Ok(Err(CouponError::NoCoupon)) };
    let place = Place { channel: &asked.channel, shop: asked.shop.as_deref() };
    if !template.terms.scope.holds_place(place) {
        return Ok(Err(CouponError::OtherPlace));
    }
    let budgets = templates::lock_budgets(tx, program, [coupon.template], now).await?;
    if let Some(Some(left)) = budgets.get(&coupon.template) {
        // What this very checkout has set aside is not gone for it.
        let own = coupon
            .lock
            .as_ref()
            .filter(|lock| lock.until > now && Some(lock.session.as_str()) == session);
        let own = own.map_or(Money::ZERO, |_| coupon.discount);
        let is_used_up = asked.discount > left.plus(own);
        if is_used_up && !matches!(coupon.state, State::Redeemed) {
            return Ok(Err(CouponError::BudgetUsed));
        }
    }
    Ok(Ok((books, found.id)))
}

fn cause(actor: &Actor, asked: &Use) -> Cause {
    Cause { channel: Some(asked.channel.clone()), shop: asked.shop.clone(), ..cause_of(actor) }
}

/// Sets a coupon aside for a checkout. The same checkout may ask again: its time-out moves.
pub async fn lock_coupon(
    operations: &Operations,
    actor: &Actor,
    asked: &Use,
    session: &str,
    ttl_s: i64,
    key: Option<&RequestKey>,
) -> Result<Answer<UseReceipt>, CouponError> {
    check(asked)?;
    if session.is_empty() || session.len() > 200 {
        return Err(CouponError::Invalid { field: "session", problem: "must have 1 to 200 bytes" });
    }
    if !(1..=HOLD_SECONDS_MAX).contains(&ttl_s) {
        return Err(CouponError::Invalid { field: "ttl_s", problem: "must be 1 to 604800" });
    }
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let opened = open(tx, actor.program, asked, Some(session), now).await?;
        let (mut books, id) = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error)),
        };
        let Some((coupon, events)) = books.of(id) else { return Ok(Err(CouponError::NoCoupon)) };
        let request = HoldRequest {
            member: asked.member,
            session: session.to_owned(),
            until: now.plus_seconds(ttl_s),
            discount: asked.discount,
            uses: asked.uses,
        };
        if let Err(refusal) = life::hold(coupon, request, &cause(actor, asked), now, events) {
            return Ok(Err(refusal.into()));
        }
        let receipt = UseReceipt::of(coupon);
        books.save(tx, actor.program, &operations.ids, now).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// Gives a coupon back that a checkout had. What another has, or nobody, stays as it is.
pub async fn release_coupon(
    operations: &Operations,
    actor: &Actor,
    code: &str,
    session: &str,
) -> Result<UseReceipt, CouponError> {
    let now = operations.clock.now();
    let code = stored_code(code);
    let answer = single(operations, actor.program, None, now, async |tx| {
        let program = actor.program;
        let Some(found) = coupons::find_code(tx, program, &code).await? else {
            return Ok(Err(CouponError::NoCoupon));
        };
        let mut books = CouponBooks::open(coupons::lock(tx, program, [found.id]).await?);
        let Some((coupon, events)) = books.of(found.id) else {
            return Ok(Err(CouponError::NoCoupon));
        };
        life::release(coupon, session, &cause_of(actor), now, events);
        let receipt = UseReceipt::of(coupon);
        books.save(tx, program, &operations.ids, now).await?;
        Ok(Ok(receipt))
    });
    Ok(answer.await?.receipt)
}

/// Redeems a coupon for an order: the one its checkout locked where `session` names it, else at
/// a till at once. The same order asking again gets the same answer.
pub async fn redeem_coupon(
    operations: &Operations,
    actor: &Actor,
    asked: &Use,
    session: Option<&str>,
    order_no: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<UseReceipt>, CouponError> {
    check(asked)?;
    check_device(asked.device.as_deref())?;
    if order_no.is_empty() || order_no.len() > 100 {
        let problem = "must have 1 to 100 bytes";
        return Err(CouponError::Invalid { field: "order_no", problem });
    }
    let order = OrderKey { channel: asked.channel.clone(), order_no: order_no.to_owned() };
    let now = operations.clock.now();
    let done = single(operations, actor.program, key, now, async |tx| {
        if let Err(suspicion) = look(operations, tx, actor, asked, now).await? {
            return Ok(Err(CouponError::Suspicious(Box::new(suspicion))));
        }
        let opened = open(tx, actor.program, asked, session, now).await?;
        let (mut books, id) = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error)),
        };
        let Some((coupon, events)) = books.of(id) else { return Ok(Err(CouponError::NoCoupon)) };
        let cause = cause(actor, asked);
        let Use { member, discount, uses, .. } = *asked;
        let done = if let Some(session) = session {
            let session = session.to_owned();
            let request = HoldRequest { member, session, until: now, discount, uses };
            life::confirm(coupon, request, &order, &cause, now, events)
        } else {
            let redemption = Redemption { member, discount, uses };
            life::redeem(coupon, redemption, &order, &cause, now, events)
        };
        if let Err(refusal) = done {
            return Ok(Err(refusal.into()));
        }
        let receipt = UseReceipt::of(coupon);
        books.save(tx, actor.program, &operations.ids, now).await?;
        Ok(Ok(receipt))
    })
    .await;
    filed(operations, actor, done, now).await
}

/// Counts a redemption before anything is locked for it; one that was redeemed already is none.
async fn look(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    asked: &Use,
    now: Timestamp,
) -> Result<Result<(), Suspicion>, Error> {
    let program = actor.program;
    let rules = operations.rules.load(tx, program).await?;
    let (_, rules) = rules.at(now)?;
    if !rules.abuse.is_on() {
        return Ok(Ok(()));
    }
    let found = coupons::find_code(tx, program, &stored_code(&asked.code)).await?;
    let Some(found) = found.filter(|coupon| coupon.state != State::Redeemed) else {
        return Ok(Ok(()));
    };
    let act = Act {
        counts: Counts::Redemptions,
        member: found.member.or(asked.member),
        device: asked.device.as_deref(),
        channel: Some(&asked.channel),
        shop: asked.shop.as_deref(),
    };
    admit(operations, tx, program, &rules, act, now).await
}

/// Locks the coupons that orders used, in the order of their numbers: a refund may give them back.
pub(crate) async fn lock_used_by(
    tx: &mut Tx,
    program: ProgramId,
    orders: &[OrderKey],
) -> Result<Vec<Coupon>, Error> {
    let used = coupons::used_by(tx, program, orders).await?;
    coupons::lock(tx, program, used.iter().map(|(id, _)| *id)).await
}

/// Gives back the coupons that wholly refunded orders used, where their templates say so; answers
/// their codes. Where codes are given, only of these.
pub(crate) async fn restore_of_orders(
    tx: &mut Tx,
    books: &Books,
    orders: &[OrderKey],
    only: Option<&[String]>,
) -> Result<Vec<String>, Error> {
    let (program, now) = (books.program, books.now);
    let locked = lock_used_by(tx, program, orders).await?;
    // Read under the locks: another refund may have given some back meanwhile.
    let used = coupons::used_by(tx, program, orders).await?;
    if used.is_empty() {
        return Ok(Vec::new());
    }
    let made_of = locked.iter().map(|coupon| (coupon.template, coupon.version));
    let versions = templates::versions(tx, program, made_of).await?;
    let rules = books.current()?;
    let mut opened = CouponBooks::open(locked);
    let mut restored = Vec::new();
    for (id, usage) in used {
        let Some((coupon, events)) = opened.of(id) else { continue };
        if only.is_some_and(|codes| !codes.contains(&coupon.code)) {
            continue;
        }
        let made_of = (coupon.template, coupon.version);
        if versions.get(&made_of).is_some_and(|template| template.restore_on_refund) {
            life::restore(coupon, &usage, &rules.zone, &Cause::default(), now, events);
            restored.push(coupon.code.clone());
        }
    }
    opened.save(tx, program, &books.ids, now).await?;
    Ok(restored)
}

/// Takes a coupon back that nobody uses.
pub async fn revoke_coupon(
    operations: &Operations,
    actor: &Actor,
    id: CouponId,
    reason: &str,
) -> Result<UseReceipt, CouponError> {
    if !audit::is_reason(reason) {
        return Err(CouponError::Invalid { field: "reason", problem: audit::REASON });
    }
    let now = operations.clock.now();
    let answer = single(operations, actor.program, None, now, async |tx| {
        let program = actor.program;
        let mut books = CouponBooks::open(coupons::lock(tx, program, [id]).await?);
        let Some((coupon, events)) = books.of(id) else { return Ok(Err(CouponError::NoCoupon)) };
        let cause = Cause { reason: Some(reason.to_owned()), ..cause_of(actor) };
        let done = match life::revoke(coupon, &cause, now, events) {
            Ok(done) => done,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let receipt = UseReceipt::of(coupon);
        books.save(tx, program, &operations.ids, now).await?;
        if done == life::Done::Now {
            let detail = serde_json::json!({ "reason": reason });
            let mut line = AuditLine::new("coupon.revoke", id, detail);
            line.member = receipt.member_id;
            audit::append(tx, actor, now, &[line]).await?;
        }
        Ok(Ok(receipt))
    });
    Ok(answer.await?.receipt)
}

/// Gives a member's coupon to another member: it ends, and the other gets a new code.
pub async fn transfer_coupon(
    operations: &Operations,
    actor: &Actor,
    id: CouponId,
    to: MemberId,
    key: Option<&RequestKey>,
) -> Result<Answer<IssueReceipt>, CouponError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let program = actor.program;
        let Some(row) = lock_member(tx, actor, to).await? else {
            return Ok(Err(CouponError::NoMember(to)));
        };
        let mut books = CouponBooks::open(coupons::lock(tx, program, [id]).await?);
        let Some((coupon, events)) = books.of(id) else { return Ok(Err(CouponError::NoCoupon)) };
        let made_of = (coupon.template, coupon.version);
        let versions = templates::versions(tx, program, [made_of]).await?;
        if !versions.get(&made_of).is_some_and(|template| template.transferable) {
            return Ok(Err(life::Refusal::NotTransferable.into()));
        }
        let new = (CouponId(operations.ids.clone().next_id()), new_code()?);
        let given = match life::transfer(coupon, row.id, new, &cause_of(actor), now, events) {
            Ok(given) => given,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let received = Received::of(&given);
        books.add(given);
        books.save(tx, program, &operations.ids, now).await?;
        Ok(Ok(IssueReceipt { member_id: row.id, coupons: vec![received] }))
    })
    .await
}

/// Writes down what time did to coupons: locks that timed out, coupons that ended. Says how many.
pub async fn settle_coupons(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let due = coupons::due(&mut tx, program, now, 1_000).await?;
    let count = due.len();
    if count == 0 {
        tx.rollback().await?;
        return Ok(0);
    }
    let mut books = CouponBooks::open(due);
    for coupon in books.coupons.values_mut() {
        life::settle(coupon, now, &mut books.events);
    }
    books.save(&mut tx, program, &operations.ids, now).await?;
    tx.commit().await?;
    Ok(count)
}
