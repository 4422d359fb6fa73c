//! The life of a coupon: locked, redeemed, given back, ended.
//!
//! Every function first brings the coupon up to `now`; what time did to it is
//! written down before what the caller does.

use super::templates::RESTORE_DAYS;
use super::{Cause, Coupon, Event, EventKind, Lock, Source, State};
use crate::amounts::Money;
use crate::ids::{CouponId, MemberId};
use crate::orders::OrderKey;
use crate::time::{Timestamp, Zone};

/// Why a coupon cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be used yet.
    #[error("the coupon can be used from {0} on")]
    NotYet(Timestamp),
    /// Its time is over.
    #[error("the coupon has expired")]
    Expired,
    /// Another checkout has it.
    #[error("another checkout has the coupon")]
    Locked,
    /// It was used.
    #[error("the coupon was used")]
    Redeemed,
    /// It was taken back.
    #[error("the coupon was revoked")]
    Revoked,
    /// It went to another member.
    #[error("the coupon was given away")]
    Transferred,
    /// It is another member's.
    #[error("the coupon belongs to another member")]
    OtherMember,
    /// The lock timed out and the coupon is gone.
    #[error("the lock timed out and the coupon is no longer there")]
    LockLost,
    /// It is not one to be given away.
    #[error("the coupon cannot be given away")]
    NotTransferable,
    /// It has an owner already.
    #[error("the coupon has an owner")]
    Owned,
    /// A times card has fewer uses left, or no use was asked for.
    #[error("the coupon can be used {0} times")]
    Uses(i64),
}

/// Whether something was done now, or had been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was done now.
    Now,
    /// It had been done by the same checkout or order.
    Before,
}

fn note(
    coupon: &Coupon,
    kind: EventKind,
    from: State,
    at: Timestamp,
    cause: &Cause,
    events: &mut Vec<Event>,
) {
    events.push(Event {
        coupon: coupon.id,
        member: coupon.member,
        home: coupon.home,
        kind,
        from: Some(from),
        to: coupon.state,
        at,
        order: coupon.order.clone(),
        discount: coupon.discount,
        uses: 1,
        cause: cause.clone(),
    });
}

/// The event of a coupon that was just made.
pub fn made(coupon: &Coupon, cause: &Cause) -> Event {
    Event {
        coupon: coupon.id,
        member: coupon.member,
        home: coupon.home,
        kind: EventKind::Issued,
        from: None,
        to: coupon.state,
        at: coupon.received_at,
        order: None,
        discount: Money::ZERO,
        uses: coupon.uses_left,
        cause: cause.clone(),
    }
}

/// Writes down what time did to a coupon: a lock that timed out, then its end.
pub fn settle(coupon: &mut Coupon, now: Timestamp, events: &mut Vec<Event>) {
    let mut at = coupon.valid_until;
    if let Some(lock) = coupon.lock.take_if(|lock| lock.until <= now) {
        at = at.max(lock.until);
        free(coupon, lock.until, &Cause::default(), events);
    }
    if coupon.state == State::Issued && coupon.valid_until <= now {
        coupon.state = State::Expired;
        note(coupon, EventKind::Expired, State::Issued, at, &Cause::default(), events);
    }
}

fn free(coupon: &mut Coupon, at: Timestamp, cause: &Cause, events: &mut Vec<Event>) {
    coupon.lock = None;
    coupon.state = State::Issued;
    coupon.discount = Money::ZERO;
    note(coupon, EventKind::Released, State::Locked, at, cause, events);
}

fn usable(coupon: &Coupon, member: Option<MemberId>, now: Timestamp) -> Result<(), Refusal> {
    match coupon.state {
        State::Issued if coupon.valid_from > now => return Err(Refusal::NotYet(coupon.valid_from)),
        State::Issued => {}
        State::Locked => return Err(Refusal::Locked),
        State::Redeemed => return Err(Refusal::Redeemed),
        State::Expired => return Err(Refusal::Expired),
        State::Revoked => return Err(Refusal::Revoked),
        State::Transferred => return Err(Refusal::Transferred),
    }
    match (coupon.member, member) {
        (Some(owner), Some(member)) if owner != member => Err(Refusal::OtherMember),
        _ => Ok(()),
    }
}

/// A checkout that wants a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRequest {
    /// Whose checkout; a coupon of somebody else is refused. `None` asks for the code alone.
    pub member: Option<MemberId>,
    /// Which checkout.
    pub session: String,
    /// Until when.
    pub until: Timestamp,
    /// What the coupon takes off there.
    pub discount: Money,
    /// How often it is used there: one, except for times cards.
    pub uses: i64,
}

/// Sets a coupon aside for a checkout. The same checkout may ask again: its time-out moves.
///
/// # Errors
///
/// [`Refusal`] when it cannot be used; what time did to it is still written down.
pub fn hold(
    coupon: &mut Coupon,
    request: HoldRequest,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Done, Refusal> {
    settle(coupon, now, events);
    if let Some(lock) = coupon.lock.as_mut().filter(|lock| lock.session == request.session) {
        lock.until = request.until;
        coupon.discount = request.discount;
        return Ok(Done::Before);
    }
    usable(coupon, request.member, now)?;
    if !(1..=coupon.uses_left).contains(&request.uses) {
        return Err(Refusal::Uses(coupon.uses_left));
    }
    coupon.state = State::Locked;
    coupon.lock = Some(Lock { session: request.session, until: request.until });
    coupon.discount = request.discount;
    note(coupon, EventKind::Locked, State::Issued, now, cause, events);
    Ok(Done::Now)
}

/// Gives a coupon back that a checkout had; of another's or nobody's nothing changes.
pub fn release(
    coupon: &mut Coupon,
    session: &str,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Done {
    settle(coupon, now, events);
    if coupon.lock.as_ref().is_none_or(|lock| lock.session != session) {
        return Done::Before;
    }
    free(coupon, now, cause, events);
    settle(coupon, now, events);
    Done::Now
}

/// Redeems a coupon for the order of the checkout that had it.
///
/// After the time-out it is taken again, if it is still there.
///
/// # Errors
///
/// [`Refusal::LockLost`] when it is not.
pub fn confirm(
    coupon: &mut Coupon,
    request: HoldRequest,
    order: &OrderKey,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Done, Refusal> {
    if coupon.lock.is_none() && coupon.order.as_ref() == Some(order) {
        return Ok(Done::Before);
    }
    // Taken again, or still had: from here on the checkout has it.
    let until = Timestamp(now.0.saturating_add(1));
    let uses = request.uses;
    hold(coupon, HoldRequest { until, ..request }, cause, now, events)
        .map_err(|_| Refusal::LockLost)?;
    use_up(coupon, order, uses, cause, now, events);
    Ok(Done::Now)
}

fn use_up(
    coupon: &mut Coupon,
    order: &OrderKey,
    uses: i64,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) {
    coupon.lock = None;
    coupon.order = Some(order.clone());
    coupon.uses_left = coupon.uses_left.saturating_sub(uses).max(0);
    let is_over = coupon.uses_left == 0;
    let kind = if is_over { EventKind::Redeemed } else { EventKind::Used };
    coupon.state = if is_over { State::Redeemed } else { State::Issued };
    note(coupon, kind, State::Locked, now, cause, events);
    if let Some(event) = events.last_mut() {
        event.uses = uses;
    }
    if !is_over {
        coupon.discount = Money::ZERO;
        settle(coupon, now, events);
    }
}

/// Redeems a coupon at a till, without a checkout before: locked and redeemed in one.
///
/// # Errors
///
/// [`Refusal`] when it cannot be used.
pub fn redeem(
    coupon: &mut Coupon,
    redemption: Redemption,
    order: &OrderKey,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Done, Refusal> {
    if coupon.lock.is_none() && coupon.order.as_ref() == Some(order) {
        return Ok(Done::Before);
    }
    let Redemption { member, discount, uses } = redemption;
    settle(coupon, now, events);
    usable(coupon, member, now)?;
    let session = format!("{}/{}", order.channel, order.order_no);
    let until = Timestamp(now.0.saturating_add(1));
    hold(coupon, HoldRequest { member, session, until, discount, uses }, cause, now, events)?;
    use_up(coupon, order, uses, cause, now, events);
    Ok(Done::Now)
}

/// What a till does with a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redemption {
    /// Whose order; a coupon of somebody else is refused. `None` asks for the code alone.
    pub member: Option<MemberId>,
    /// What the coupon takes off.
    pub discount: Money,
    /// How often it is used: one, except for times cards.
    pub uses: i64,
}

/// What an order did with a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The order.
    pub order: OrderKey,
    /// How often it used the coupon.
    pub uses: i64,
    /// What the coupon took off.
    pub discount: Money,
}

/// Gives a coupon back after the order that used it was refunded. One that has ended
/// meanwhile lives to the end of the day, [`RESTORE_DAYS`] on.
pub fn restore(
    coupon: &mut Coupon,
    usage: &Usage,
    zone: &Zone,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Done {
    if !matches!(coupon.state, State::Redeemed | State::Issued | State::Locked) {
        return Done::Before;
    }
    let from = coupon.state;
    if coupon.valid_until <= now {
        coupon.valid_until = zone.end_of_day(zone.plus_days(now, RESTORE_DAYS));
    }
    coupon.uses_left = coupon.uses_left.saturating_add(usage.uses);
    if from == State::Redeemed {
        coupon.state = State::Issued;
        coupon.discount = Money::ZERO;
    }
    // The order it was for may use it again.
    coupon.order.take_if(|last| *last == usage.order);
    note(coupon, EventKind::Restored, from, now, cause, events);
    if let Some(event) = events.last_mut() {
        event.order = Some(usage.order.clone());
        event.discount = usage.discount;
        event.uses = usage.uses;
    }
    Done::Now
}

/// Takes a coupon back that nobody uses.
///
/// # Errors
///
/// [`Refusal`] when a checkout has it or it has ended already.
pub fn revoke(
    coupon: &mut Coupon,
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Done, Refusal> {
    settle(coupon, now, events);
    match coupon.state {
        State::Issued => {}
        State::Revoked => return Ok(Done::Before),
        State::Locked => return Err(Refusal::Locked),
        State::Redeemed => return Err(Refusal::Redeemed),
        State::Expired => return Err(Refusal::Expired),
        State::Transferred => return Err(Refusal::Transferred),
    }
    coupon.state = State::Revoked;
    note(coupon, EventKind::Revoked, State::Issued, now, cause, events);
    Ok(Done::Now)
}

/// Makes a code on paper a member's, who can use it in a window that begins with the receipt.
///
/// # Errors
///
/// [`Refusal`] when it cannot be used or has an owner.
pub fn claim(
    coupon: &mut Coupon,
    member: MemberId,
    window: (Timestamp, Timestamp),
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Done, Refusal> {
    settle(coupon, now, events);
    if coupon.member == Some(member) {
        return Ok(Done::Before);
    }
    if coupon.member.is_some() {
        return Err(Refusal::Owned);
    }
    match usable(coupon, None, now) {
        Ok(()) | Err(Refusal::NotYet(_)) => {}
        Err(refusal) => return Err(refusal),
    }
    coupon.member = Some(member);
    coupon.home = Some(member);
    coupon.received_at = now;
    (coupon.valid_from, coupon.valid_until) = window;
    note(coupon, EventKind::Claimed, State::Issued, now, cause, events);
    Ok(Done::Now)
}

/// Gives a coupon to another member: this one ends, and a new one with a code of its own begins.
///
/// # Errors
///
/// [`Refusal`] when it is not one to be given away or cannot be used.
pub fn transfer(
    coupon: &mut Coupon,
    to: MemberId,
    new: (CouponId, String),
    cause: &Cause,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Coupon, Refusal> {
    settle(coupon, now, events);
    match usable(coupon, None, now) {
        Ok(()) | Err(Refusal::NotYet(_)) => {}
        Err(refusal) => return Err(refusal),
    }
    if coupon.member.is_none_or(|owner| owner == to) {
        return Err(Refusal::NotTransferable);
    }
    coupon.state = State::Transferred;
    note(coupon, EventKind::Transferred, State::Issued, now, cause, events);
    let (id, code) = new;
    let given = Coupon {
        id,
        code,
        member: Some(to),
        home: Some(to),
        state: State::Issued,
        received_at: now,
        source: Source::Transfer,
        source_key: None,
        batch: None,
        order: None,
        ..coupon.clone()
    };
    events.push(Event { at: now, ..made(&given, cause) });
    Ok(given)
}

#[cfg(test)]
mod tests;
