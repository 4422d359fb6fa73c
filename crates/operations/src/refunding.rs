//! What a refund does to an order whose books are open; shared by refunds, closed orders and waiting refunds.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::checkout::allocation::Allocation;
use hui_loyalty::checkout::refunds::{Given, Refunded, ThresholdState, refund_quote};
use hui_loyalty::ids::{HoldId, MemberId, NewIds as _, RefundId};
use hui_loyalty::ledger::refunding::{RefundPoints, SpentDraw, refund};
use hui_loyalty::ledger::{Cause, Draw, Origin};
use hui_loyalty::orders::RefundLine;
use hui_loyalty::orders::refunds::{
    RefundRefusal, apply_lines, apply_refund, apply_shipping, restored_so_far,
};
use hui_loyalty::promotions::ReturnedGifts;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::spending::{Life, Restored, restore_parts};
use hui_loyalty::wallet::{self, Wallet, settling};
use hui_store::orders::OrderRow;
use hui_store::{Error, Tx, ledger};
use serde::{Deserialize, Serialize};

use crate::books::{Books, Growth};

/// What a refund did to points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefundedPoints {
    /// Points spent on the order that came back.
    pub restored: Points,
    /// Points taken from lots.
    pub clawed_back: Points,
    /// What of these was not yet available.
    #[serde(default)]
    pub from_pending: Points,
    /// Points of the order that had expired unused.
    pub lapsed: Points,
    /// Points owed now.
    pub debt: Points,
    /// Points nobody owes, by policy.
    pub written_off: Points,
    /// Money to be withheld, by policy.
    pub withhold: Money,
}

/// The answer to a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReceipt {
    /// Its number.
    pub refund_id: RefundId,
    /// What it did to points.
    pub points: RefundedPoints,
    /// Growth taken back.
    pub growth: Points,
    /// Coupons that came back.
    pub coupons: Vec<String>,
    /// What goes back to whom, of an order that came by a checkout lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenders: Option<RefundedTenders>,
}

/// What a refund gives back to those who paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedTenders {
    /// In money.
    pub money: Money,
    /// To the wallet, of what was paid in.
    pub principal: Money,
    /// To the wallet, of what was given.
    pub bonus: Money,
    /// What is withheld altogether for discounts that lost their threshold.
    pub withheld: Money,
    /// Whether a discount lost what it needed.
    pub lost_threshold: bool,
}

/// Whether everything of an order has come back.
pub(crate) fn is_wholly_refunded(order: &OrderRow) -> bool {
    order.lines.iter().all(|line| {
        line.refunded >= line.paid && (line.paid.is_positive() || line.returned >= line.quantity)
    })
}

/// What of the draws of an order's spending came back; stored with the order.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredDraw {
    #[serde(rename = "l")]
    lot: hui_loyalty::ids::LotId,
    #[serde(rename = "p")]
    points: Points,
    #[serde(rename = "r", default)]
    restored: Points,
}

fn spent_draws(order: &OrderRow) -> Result<Vec<StoredDraw>, Error> {
    order.spent_draws.as_deref().map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| Error::unreadable("spent draws", error))
    })
}

/// Loads the lots that refunds of these orders can touch, used up or not.
pub(crate) async fn load_lots_of(
    tx: &mut Tx,
    books: &mut Books,
    orders: impl IntoIterator<Item = &OrderRow>,
) -> Result<(), Error> {
    let (mut wanted, mut paid_by_lock) = (Vec::new(), Vec::new());
    for order in orders {
        // Only an order that came by a lock says what was spent on it, be it nothing.
        paid_by_lock.extend(order.spent_draws.as_ref().map(|_| order.id));
        wanted.extend(order.lot);
        wanted.extend(spent_draws(order)?.iter().map(|draw| draw.lot));
    }
    let lots = ledger::load_lots(tx, books.program, wanted).await?;
    books.add_lots(lots);
    books.tenders.load(tx, books.program, paid_by_lock).await?;
    let (spent, ids) = (books.tenders.wallets(), books.ids.clone());
    books.wallets.load(tx, books.program, [], spent, &ids).await
}

/// What a refund gives back of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned<'a> {
    pub(crate) lines: &'a [RefundLine],
    pub(crate) shipping: Money,
}

/// Applies a refund to an order: lines, shipping, points, growth, the member's totals.
///
/// The member's account is whole and holds the order's lots.
pub(crate) fn apply(
    books: &mut Books,
    order: &mut OrderRow,
    id: RefundId,
    returned: Returned<'_>,
    at: Timestamp,
) -> Result<Result<RefundReceipt, RefundRefusal>, Error> {
    let Returned { lines, shipping } = returned;
    let mut recorded = order.lines.clone();
    let taken = if shipping.is_zero() {
        apply_refund(&mut recorded, lines)
    } else {
        apply_lines(&mut recorded, lines)
    };
    let shipped = apply_shipping(order.shipping, order.refunded_shipping, shipping);
    let (effect, refunded_shipping) = match (taken, shipped) {
        (Ok(effect), Ok(shipped)) => (effect, shipped),
        (Err(refusal), _) | (_, Err(refusal)) => return Ok(Err(refusal)),
    };
    let amount = effect.amount.plus(shipping);
    order.lines = recorded;
    order.refunded_shipping = refunded_shipping;
    order.refunded = order.refunded.plus(amount);
    order.updated_at = books.now;
    let mut receipt = RefundReceipt {
        refund_id: id,
        points: RefundedPoints::default(),
        growth: effect.growth_to_take,
        coupons: Vec::new(),
        tenders: None,
    };
    give_back(books, order, returned, &mut receipt)?;
    let Some(member) = order.member else { return Ok(Ok(receipt)) };
    let home = order.home.unwrap_or(member);
    receipt.points = move_points(books, order, id, member, home, effect.points_to_take, at)?;
    books.grow(Growth {
        member,
        home,
        at: order.paid_at.unwrap_or(at),
        points: -effect.growth_to_take,
        order: Some(order.id),
        refund: Some(id),
    })?;
    if order.rule_version.is_some()
        && let Some(row) = books.members.get_mut(&member)
    {
        row.spent = row.spent.minus(amount);
    }
    Ok(Ok(receipt))
}

/// Divides what a refund gives back among those who paid, by the matrix stored with the order.
fn give_back(
    books: &mut Books,
    order: &OrderRow,
    returned: Returned<'_>,
    receipt: &mut RefundReceipt,
) -> Result<(), Error> {
    let Some(mut tenders) = books.tenders.get(order.id).cloned() else { return Ok(()) };
    // The refund fits the order, so it fits its matrix.
    let Returned { lines, shipping } = returned;
    let quote = refund_quote(&tenders.allocation, &tenders.refunded, lines, shipping)
        .map_err(|error| Error::unreadable("allocation", error))?;
    receipt.tenders = Some(RefundedTenders {
        money: quote.back.money,
        principal: quote.back.principal,
        bonus: quote.back.bonus,
        withheld: quote.withheld,
        lost_threshold: quote.threshold != ThresholdState::Kept,
    });
    receipt.coupons = quote.coupons_back;
    tenders.refunded = quote.refunded;
    if is_wholly_refunded(order) && tenders.allocation.returned_gifts == ReturnedGifts::Restock {
        books.tenders.restock(tenders.lock);
    }
    let back = Restored { principal: quote.back.principal, bonus: quote.back.bonus };
    if let Some(hold) = tenders.wallet.filter(|_| back != Restored::default()) {
        give_money_back(books, order, hold, back)?;
    }
    books.tenders.set(tenders);
    Ok(())
}

/// What was refunded of an order before its lock was confirmed: it went back in money, the part
/// of the wallet's principal too. Nothing else has come back of what is spent on it now.
pub(crate) fn refunded_before(
    order: &OrderRow,
    allocation: &Allocation,
) -> Result<Refunded, Error> {
    let lines: Vec<RefundLine> = order
        .lines
        .iter()
        .filter(|line| line.refunded.is_positive() || line.returned > 0)
        .map(|line| RefundLine {
            line_no: line.line_no.clone(),
            quantity: line.returned,
            amount: line.refunded,
        })
        .collect();
    let shipping = order.refunded_shipping;
    let quote = refund_quote(allocation, &Refunded::default(), &lines, shipping)
        .map_err(|error| Error::unreadable("allocation", error))?;
    let principal = quote.back.principal;
    let given = Given { money: order.refunded.minus(principal), principal, ..Given::default() };
    Ok(Refunded { given, coupons: Vec::new(), ..quote.refunded })
}

/// Gives back what refunds of before would have given back of what a lock has just spent: points,
/// bonus, coupons. Answers the codes of these.
pub(crate) fn catch_up(books: &mut Books, order: &mut OrderRow) -> Result<Vec<String>, Error> {
    if !order.refunded.is_positive() && order.lines.iter().all(|line| line.returned == 0) {
        return Ok(Vec::new());
    }
    let (id, now) = (RefundId(books.ids.next_id()), books.now);
    let mut receipt = RefundReceipt {
        refund_id: id,
        points: RefundedPoints::default(),
        growth: Points::ZERO,
        coupons: Vec::new(),
        tenders: None,
    };
    give_back(books, order, Returned { lines: &[], shipping: Money::ZERO }, &mut receipt)?;
    if let Some(member) = order.member {
        let home = order.home.unwrap_or(member);
        move_points(books, order, id, member, home, Points::ZERO, now)?;
    }
    Ok(receipt.coupons)
}

/// Gives back to the wallet what it paid, to each part what it gave.
fn give_money_back(
    books: &mut Books,
    order: &OrderRow,
    hold: HoldId,
    back: Restored,
) -> Result<(), Error> {
    let (now, rules) = (books.now, books.current()?);
    let Some(opened) = books.wallets.with_hold(hold) else {
        return Err(Error::unreadable("wallet of an order", "it is not loaded"));
    };
    let cause = wallet::Cause {
        channel: Some(order.key.channel.clone()),
        shop: order.shop.clone(),
        order: Some(order.key.clone()),
        ..wallet::Cause::default()
    };
    let life = Life { zone: &rules.zone, grace_days: rules.wallet.restore_grace_days };
    let (mut ids, entries) = (opened.ids.clone(), &mut opened.entries);
    settling::settle(&mut opened.wallet, now, &mut ids, entries);
    let Wallet { lots, holds } = &mut opened.wallet;
    let Some(spend) = holds.iter_mut().find(|known| known.id == hold) else {
        return Err(Error::unreadable("wallet of an order", "its hold is not loaded"));
    };
    restore_parts(lots, spend, back, life, &cause, now, &mut ids, entries)
        .map_err(|error| Error::unreadable("wallet of an order", error))
}

/// What was spent on an order, as its row keeps it.
pub(crate) fn stored_draws(draws: &[Draw]) -> Result<String, Error> {
    let stored: Vec<StoredDraw> = draws
        .iter()
        .map(|draw| StoredDraw { lot: draw.lot, points: draw.points, restored: Points::ZERO })
        .collect();
    serde_json::to_string(&stored).map_err(|error| Error::unreadable("spent draws", error))
}

fn move_points(
    books: &mut Books,
    order: &mut OrderRow,
    id: RefundId,
    member: MemberId,
    home: MemberId,
    claw_back: Points,
    at: Timestamp,
) -> Result<RefundedPoints, Error> {
    let mut draws = spent_draws(order)?;
    let restore =
        restored_so_far(order.spent_points, &order.lines).minus_to_zero(order.restored_points);
    let (version, rules) = books.rules.at(order.paid_at.unwrap_or(at))?;
    let spent: Vec<SpentDraw> = draws
        .iter()
        .map(|draw| SpentDraw { lot: draw.lot, points: draw.points, restored: draw.restored })
        .collect();
    let request = RefundPoints {
        order: order.id,
        at,
        restore,
        draws: &spent,
        claw_back,
        origin: Origin {
            home,
            cause: Cause {
                order: Some(order.id),
                refund: Some(id),
                channel: Some(order.key.channel.clone()),
                shop: order.shop.clone(),
                staff: order.staff.clone(),
                rule_version: Some(version),
                ..Cause::default()
            },
        },
    };
    let (now, mut ids) = (books.now, books.ids.clone());
    let mut entries = std::mem::take(&mut books.entries);
    let outcome =
        refund(books.account(member), &request, rules.terms(), now, &mut ids, &mut entries);
    books.entries = entries;
    order.restored_points = order.restored_points.plus(outcome.restored);
    for Draw { lot, points } in &outcome.restored_draws {
        if let Some(draw) = draws.iter_mut().find(|draw| draw.lot == *lot) {
            draw.restored = draw.restored.plus(*points);
        }
    }
    if !draws.is_empty() {
        let text = serde_json::to_string(&draws);
        order.spent_draws = Some(text.map_err(|error| Error::unreadable("spent draws", error))?);
    }
    Ok(RefundedPoints {
        restored: outcome.restored,
        clawed_back: outcome.clawed_back,
        from_pending: outcome.from_pending,
        lapsed: outcome.lapsed,
        debt: outcome.debt,
        written_off: outcome.written_off,
        withhold: outcome.withhold,
    })
}
