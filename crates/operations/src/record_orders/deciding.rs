//! One order in its slice: whose it is, what it earns, what a later event changes.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::earning::{Inputs, earn};
use hui_loyalty::ids::{EntryId, MemberId, NewIds, RefundId};
use hui_loyalty::ledger::earning::{Completion, Earning, complete};
use hui_loyalty::ledger::policies::{Maturity, available_at, expires_at};
use hui_loyalty::ledger::{Cause, EntryKind, Source, SourceKind};
use hui_loyalty::orders::advancing::{Advance, RecordedState, advance, first_seen};
use hui_loyalty::orders::refunds::full_refund;
use hui_loyalty::orders::{RecordedLine, Status};
use hui_loyalty::time::Timestamp;
use hui_store::orders::OrderRow;
use hui_store::refunds::RefundState;
use hui_store::{Error, members};

use super::loading::Loaded;
use super::{Checked, OrderPoints, OrderReceipt, RecordOrderError, member_facts};
use crate::books::Growth;
use crate::persons::{Event, Met, Welcome};
use crate::record_refunds::TOO_LATE;
use crate::refunding::{RefundReceipt, Returned, apply, stored_draws};

/// What became of an order.
pub(super) enum Decided {
    Recorded(OrderReceipt),
    /// It says nothing that was not known: the answer it got before.
    Known(OrderReceipt),
    Refused(RecordOrderError),
    Deferred,
}

/// Decides one order and notes everything it changes.
pub(super) fn decide(
    loaded: &mut Loaded,
    checked: &Checked,
    is_new: bool,
    now: Timestamp,
) -> Result<Decided, Error> {
    let known = loaded.orders.known.get(&checked.order.key).cloned();
    match known {
        None if is_new => first(loaded, checked, now),
        None => Err(Error::unreadable("order", "its key is claimed and it is absent")),
        Some(order) => later(loaded, checked, order, now),
    }
}

fn first(loaded: &mut Loaded, checked: &Checked, now: Timestamp) -> Result<Decided, Error> {
    let order = &checked.order;
    let entries_before = loaded.books.entries.len();
    let buyer = buyer(loaded, checked);
    let Some(met) = meet(loaded, checked, buyer, now)? else { return Ok(Decided::Deferred) };
    let spent = loaded.spent.take();
    let mut row = OrderRow {
        id: checked.id,
        key: order.key.clone(),
        fingerprint: checked.fingerprint.clone(),
        shop: order.shop.clone(),
        staff: order.staff.clone(),
        touchpoint: order.touchpoint.clone(),
        status: order.status,
        placed_at: order.placed_at,
        paid_at: order.paid_at,
        completed_at: order.completed_at,
        closed_at: (order.status == Status::Closed).then_some(now),
        member: met.member,
        home: met.home,
        identity: met.identity,
        paid: order.paid,
        shipping: order.shipping,
        refunded: Money::ZERO,
        refunded_shipping: Money::ZERO,
        lines: order.lines.iter().map(recorded).collect(),
        points: Points::ZERO,
        growth: Points::ZERO,
        lot: None,
        rule_version: None,
        explanation: None,
        spent_points: spent.as_ref().map(|spent| spent.points).unwrap_or_default(),
        spent_draws: spent.map(|spent| stored_draws(&spent.draws)).transpose()?,
        restored_points: Points::ZERO,
        receipt: String::new(),
        recorded_at: now,
        updated_at: now,
    };
    let mut receipt = blank_receipt(&row, &met);
    if first_seen(order).now_earns {
        earn_order(loaded, checked, &mut row, &mut receipt)?;
    }
    apply_waiting(loaded, &mut row)?;
    finish(loaded, &mut row, &mut receipt, entries_before)?;
    loaded.orders.new.push(row);
    Ok(Decided::Recorded(receipt))
}

fn later(
    loaded: &mut Loaded,
    checked: &Checked,
    mut row: OrderRow,
    now: Timestamp,
) -> Result<Decided, Error> {
    let order = &checked.order;
    let change = match advance(&recorded_state(&row), order, &checked.fingerprint) {
        Ok(change) => change,
        Err(changed) => {
            return Ok(Decided::Refused(RecordOrderError::Changed(
                order.key.order_no.clone(),
                changed,
            )));
        }
    };
    let mut receipt: OrderReceipt = serde_json::from_str(&row.receipt)
        .map_err(|error| Error::unreadable("order receipt", error))?;
    let entries_before = loaded.books.entries.len();
    let was_without_member = row.member.is_none();
    let current = row.member.map(|member| (member, row.home.unwrap_or(member)));
    let current = current.or_else(|| buyer(loaded, checked));
    let Some(met) = meet(loaded, checked, current, now)? else { return Ok(Decided::Deferred) };
    let nothing_new = change.is_nothing()
        && met.member == row.member
        && met.linked.is_empty()
        && met.reviews.is_empty()
        && loaded.books.entries.len() == entries_before;
    if nothing_new {
        return Ok(Decided::Known(receipt));
    }
    if was_without_member && met.member.is_some() {
        row.member = met.member;
        row.home = met.home;
        row.identity = met.identity;
    } else if met.member.is_some() {
        row.member = met.member;
    }
    receipt.member_id = row.member;
    receipt.created_member |= met.created;
    receipt.review_id = met.reviews.first().copied().or(receipt.review_id);
    set_times(&mut row, &change, now);
    // An order that was stored without a member is claimed now: it earns by the
    // rules of its effective time, unless it was closed meanwhile.
    let claimed = was_without_member
        && row.member.is_some()
        && row.status.is_paid()
        && row.rule_version.is_none();
    if (change.now_earns || claimed) && row.rule_version.is_none() {
        earn_order(loaded, checked, &mut row, &mut receipt)?;
        catch_up_refunds(loaded, &mut row)?;
        apply_waiting(loaded, &mut row)?;
    }
    if change.completes() {
        complete_order(loaded, checked, &mut row, now)?;
    }
    if change.returns_all {
        let id = RefundId(loaded.books.ids.next_id());
        let lines = full_refund(&row.lines);
        let shipping = row.shipping.minus(row.refunded_shipping);
        let returned = Returned { lines: &lines, shipping };
        // A full refund of what is recorded always fits it.
        if let Ok(done) = apply(&mut loaded.books, &mut row, id, returned, now)? {
            loaded.coupons_back.push((row.key.clone(), coupons_of(&done)));
        }
    }
    finish(loaded, &mut row, &mut receipt, entries_before)?;
    loaded.orders.changed.insert(row.key.clone());
    loaded.orders.known.insert(row.key.clone(), row);
    Ok(Decided::Recorded(receipt))
}

/// Who buys by the order's checkout lock, and the side of a merge that is on.
fn buyer(loaded: &Loaded, checked: &Checked) -> Option<(MemberId, MemberId)> {
    let member = members::survivor(&loaded.books.members, checked.buyer?)?;
    Some((member, member))
}

/// What is recorded of an order and bears on later events.
pub(super) fn recorded_state(row: &OrderRow) -> RecordedState {
    RecordedState {
        status: row.status,
        placed_at: row.placed_at,
        paid_at: row.paid_at,
        completed_at: row.completed_at,
        fingerprint: row.fingerprint.clone(),
        refunded: row.refunded.is_positive() || row.lines.iter().any(|line| line.returned > 0),
        recorded_at: row.recorded_at,
        updated_at: row.updated_at,
    }
}

fn meet(
    loaded: &mut Loaded,
    checked: &Checked,
    current: Option<(MemberId, MemberId)>,
    now: Timestamp,
) -> Result<Option<Met>, Error> {
    let order = &checked.order;
    let event = Event {
        claims: &checked.identities,
        profile: &order.profile,
        at: order.paid_at.or(order.placed_at).unwrap_or(now),
        channel: Some(&order.key.channel),
        current,
        order: Some(checked.id),
        welcome: Welcome::Award,
    };
    Ok(loaded.persons.meet(&mut loaded.books, event)?.ok())
}

fn recorded(line: &hui_loyalty::orders::Line) -> RecordedLine {
    RecordedLine {
        line_no: line.line_no.clone(),
        sku: line.sku.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        paid: line.paid,
        points: Points::ZERO,
        growth: Points::ZERO,
        refunded: Money::ZERO,
        returned: 0,
        points_taken: Points::ZERO,
        growth_taken: Points::ZERO,
    }
}

fn blank_receipt(row: &OrderRow, met: &Met) -> OrderReceipt {
    OrderReceipt {
        order_id: row.id,
        member_id: row.member,
        created_member: met.created,
        points: OrderPoints::default(),
        growth: Points::ZERO,
        tier: None,
        entries: Vec::new(),
        review_id: met.reviews.first().copied(),
    }
}

fn set_times(row: &mut OrderRow, change: &Advance, now: Timestamp) {
    row.placed_at = row.placed_at.or(change.sets_placed_at);
    row.paid_at = row.paid_at.or(change.sets_paid_at);
    row.completed_at = row.completed_at.or(change.sets_completed_at);
    if let Some(status) = change.becomes {
        row.status = status;
    }
    if change.closes() {
        row.closed_at = Some(now);
    }
    row.updated_at = now;
}

/// Points, growth, tier and totals of an order that counts from now on.
fn earn_order(
    loaded: &mut Loaded,
    checked: &Checked,
    row: &mut OrderRow,
    receipt: &mut OrderReceipt,
) -> Result<(), Error> {
    let (Some(member), Some(at)) = (row.member, row.paid_at) else { return Ok(()) };
    let home = row.home.unwrap_or(member);
    let (version, rules) = loaded.books.rules.at(at)?;
    let window = loaded.books.window(member);
    let Some(member_row) = loaded.books.members.get(&member) else {
        return Err(Error::unreadable("member", "not loaded"));
    };
    let facts = member_facts(member_row, window, loaded.books.cards_at(member, at));
    let budgets = loaded.budgets_used(&rules);
    let zone = &rules.zone;
    let earned = earn(
        &rules,
        &Inputs {
            member: &facts,
            order: &checked.order,
            effective_at: at,
            first: member_row.orders_count == 0,
            earned_in_day: loaded.earned_in(member, zone.start_of_day(at), zone.end_of_day(at)),
            earned_in_month: loaded.earned_in(
                member,
                zone.start_of_month(at),
                zone.end_of_month(at),
            ),
            budgets_used: &budgets,
        },
    );
    loaded.use_budgets(&rules, &earned.budget_use);
    loaded.note_earned(member, at, earned.points);
    for (line, (points, growth)) in
        row.lines.iter_mut().zip(earned.line_points.iter().zip(&earned.line_growth))
    {
        line.points = *points;
        line.growth = *growth;
    }
    row.points = earned.points;
    row.growth = earned.growth;
    row.rule_version = Some(version);
    let explanation = serde_json::to_string(&earned.explanation);
    row.explanation = Some(explanation.map_err(|error| Error::unreadable("explanation", error))?);

    let completed_at = checked.order.completed_or(loaded.books.now).or(row.completed_at);
    let available = match (rules.policy.maturity, completed_at) {
        (Maturity::AfterCompletion(days), Some(completed)) => Some(zone.plus_days(completed, days)),
        (maturity, _) => available_at(maturity, at, zone),
    };
    let mut ids = loaded.books.ids.clone();
    let review = loaded.watch.judge(&rules, row, member, at, earned.points, &mut ids);
    receipt.review_id = review.or(receipt.review_id);
    // Points that somebody must look at wait without an end; growth counts meanwhile.
    let available = available.filter(|_| review.is_none());
    let lot = loaded.books.earn(
        member,
        Earning {
            kind: EntryKind::Earn,
            points: earned.points,
            home,
            at,
            available_at: available,
            expires_at: expires_at(rules.policy.expiry, at, zone),
            source: Source {
                kind: SourceKind::Order,
                order: Some(row.id),
                channel: Some(row.key.channel.clone()),
                shop: row.shop.clone(),
                rule: None,
            },
            cause: Cause {
                order: Some(row.id),
                channel: Some(row.key.channel.clone()),
                shop: row.shop.clone(),
                staff: row.staff.clone(),
                rule_version: Some(version),
                ..Cause::default()
            },
        },
        &rules,
    );
    row.lot = lot.lot;
    receipt.points =
        OrderPoints { earned: earned.points, pending: lot.pending, debt_repaid: lot.debt_repaid };
    receipt.growth = earned.growth;
    loaded.books.grow(Growth {
        member,
        home,
        at,
        points: earned.growth,
        order: Some(row.id),
        refund: None,
    })?;
    if let Some(member_row) = loaded.books.members.get_mut(&member) {
        member_row.orders_count += 1;
        member_row.spent = member_row.spent.plus(row.paid);
        member_row.first_order_at =
            Some(member_row.first_order_at.map_or(at, |first| first.min(at)));
        member_row.last_order_at = Some(member_row.last_order_at.map_or(at, |last| last.max(at)));
    }
    Ok(())
}

fn complete_order(
    loaded: &mut Loaded,
    checked: &Checked,
    row: &mut OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let (Some(member), Some(paid_at)) = (row.member, row.paid_at) else { return Ok(()) };
    let Some(completed) = checked.order.completed_or(now) else { return Ok(()) };
    if loaded.watch.is_held(row.id) {
        return Ok(());
    }
    let (_, rules) = loaded.books.rules.at(paid_at)?;
    let Maturity::AfterCompletion(days) = rules.policy.maturity else { return Ok(()) };
    let mut ids = loaded.books.ids.clone();
    let mut entries = std::mem::take(&mut loaded.books.entries);
    let completion = Completion { at: completed, days, zone: &rules.zone };
    let account = loaded.books.account(member);
    complete(account, row.id, completion, now, &mut ids, &mut entries);
    loaded.books.entries = entries;
    Ok(())
}

/// Refunds that were applied to an order nobody owned: its points and growth are taken back now.
fn catch_up_refunds(loaded: &mut Loaded, row: &mut OrderRow) -> Result<(), Error> {
    let returned: Vec<hui_loyalty::orders::RefundLine> = row
        .lines
        .iter()
        .filter(|line| line.refunded.is_positive() || line.returned > 0)
        .map(|line| hui_loyalty::orders::RefundLine {
            line_no: line.line_no.clone(),
            quantity: line.returned,
            amount: line.refunded,
        })
        .collect();
    let shipping = row.refunded_shipping;
    if returned.is_empty() && shipping.is_zero() {
        return Ok(());
    }
    for line in &mut row.lines {
        line.refunded = Money::ZERO;
        line.returned = 0;
    }
    row.refunded = Money::ZERO;
    row.refunded_shipping = Money::ZERO;
    let id = RefundId(loaded.books.ids.next_id());
    let now = loaded.books.now;
    let returned = Returned { lines: &returned, shipping };
    let _ = apply(&mut loaded.books, row, id, returned, now)?;
    Ok(())
}

/// The coupons a refund gives back by the matrix of its order; of an order without one it is
/// known only when all of it has come back.
fn coupons_of(receipt: &RefundReceipt) -> Vec<String> {
    if receipt.tenders.is_some() { receipt.coupons.clone() } else { Vec::new() }
}

/// Applies the refunds that came before the order; one that does not fit it is dead, and so is
/// one that waited its whole time.
fn apply_waiting(loaded: &mut Loaded, row: &mut OrderRow) -> Result<(), Error> {
    if !row.status.is_paid() {
        return Ok(());
    }
    for mut refund in loaded.waiting.remove(&row.key).unwrap_or_default() {
        refund.order = Some(row.id);
        refund.member = row.member;
        if refund.waits_until.take().is_some_and(|until| until <= loaded.books.now) {
            // The job that buries it has only not come by yet.
            refund.state = RefundState::Dead;
            refund.problem = Some(TOO_LATE.to_owned());
            loaded.refunds_done.push(refund);
            continue;
        }
        let lines = refund.lines.clone();
        let returned = Returned { lines: &lines, shipping: refund.shipping };
        match apply(&mut loaded.books, row, refund.id, returned, refund.refunded_at)? {
            Ok(done) => {
                loaded.coupons_back.push((row.key.clone(), coupons_of(&done)));
                refund.state = RefundState::Done;
                refund.receipt = serde_json::to_string(&done)
                    .map_err(|error| Error::unreadable("refund receipt", error))?;
            }
            Err(refusal) => {
                refund.state = RefundState::Dead;
                refund.problem = Some(refusal.to_string());
            }
        }
        loaded.refunds_done.push(refund);
    }
    Ok(())
}

/// Completes the receipt: the tier after it, the entries written for it, what is still pending.
fn finish(
    loaded: &mut Loaded,
    row: &mut OrderRow,
    receipt: &mut OrderReceipt,
    entries_before: usize,
) -> Result<(), Error> {
    let written: Vec<EntryId> = loaded
        .books
        .entries
        .get(entries_before..)
        .unwrap_or_default()
        .iter()
        .filter(|entry| Some(entry.member) == row.member)
        .map(|entry| entry.id)
        .collect();
    receipt.entries.extend(written);
    if let Some(member) = row.member {
        receipt.tier = loaded.books.members.get(&member).map(|member| member.tier.clone());
        if let Some(lot) = row.lot {
            let account = loaded.books.account(member);
            let pending = account
                .lots
                .iter()
                .find(|known| known.id == lot)
                .map(|known| if known.pending { known.remaining } else { Points::ZERO });
            receipt.points.pending = pending.unwrap_or(receipt.points.pending);
        }
    }
    row.receipt = serde_json::to_string(receipt)
        .map_err(|error| Error::unreadable("order receipt", error))?;
    Ok(())
}
