//! Cards sold for money or points, given as gifts, and handed out by the points mall.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::benefits::Benefit;
use hui_loyalty::cards::{Card, PaidBy, Sale, gift_times, sellable, span};
use hui_loyalty::ids::{CardId, ExchangeId, MemberId, NewIds as _};
use hui_loyalty::ledger::spending::spend;
use hui_loyalty::ledger::{Cause, Origin};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::program::Program;
use hui_loyalty::program::benefits::Gift;
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::benefits::{self, BenefitRow};
use hui_store::{Error, Tx, cards};
use serde::{Deserialize, Serialize};

use super::{CardError, Place};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::benefits::give;
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::coupons::issuing::Received;
use crate::coupons::lock_member;
use crate::slices::{Answer, single};

/// A card to be sold or given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRequest {
    /// To whom.
    pub member: MemberId,
    /// Which card of the program.
    pub card: String,
    /// For what: money, points or as a gift.
    pub paid_by: PaidBy,
    /// The order it is sold with.
    pub order: Option<OrderKey>,
    /// Where it is sold.
    pub place: Place,
}

/// The answer to a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardReceipt {
    /// The card.
    pub card_id: CardId,
    /// Whose; the survivor where the named member was merged away.
    pub member_id: MemberId,
    /// Which card of the program.
    pub card: String,
    /// What it was given for.
    pub paid_by: PaidBy,
    /// The money to be paid, in minor units.
    pub money: Money,
    /// The points it took.
    pub points: Points,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// When it ends.
    pub valid_until: Timestamp,
    /// The visits of a service card.
    pub visits: Option<i64>,
    /// The points that came with it.
    pub gift_points: Points,
    /// The coupons that came with it.
    pub coupons: Vec<Received>,
}

/// Sells a card to a member, or gives it as a gift: all or nothing.
///
/// # Errors
///
/// [`CardError`] when it is not sold; then nothing changed.
pub async fn sell_card(
    operations: &Operations,
    actor: &Actor,
    request: &CardRequest,
    key: Option<&RequestKey>,
) -> Result<Answer<CardReceipt>, CardError> {
    if request.paid_by == PaidBy::Exchange {
        let problem = "is money, points or gift";
        return Err(CardError::Invalid { field: "paid_by", problem });
    }
    if let Some(order) = &request.order
        && (order.channel.is_empty() || order.order_no.is_empty() || order.order_no.len() > 100)
    {
        return Err(CardError::Invalid { field: "order", problem: "needs a channel and a number" });
    }
    request.place.check(operations, actor).await?;
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(row) = lock_member(tx, actor, request.member).await? else {
            return Ok(Err(CardError::NoMember(request.member)));
        };
        let member = row.id;
        let rules = operations.rules.load(tx, program).await?;
        let rows = std::iter::once((member, row)).collect();
        let ids = operations.ids.clone();
        let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
        let giving = Giving {
            member,
            card: &request.card,
            paid_by: request.paid_by,
            order: request.order.as_ref(),
            place: Some(&request.place),
            exchange: None,
        };
        let receipt = match hand_over(operations, tx, actor, &mut books, giving, now).await? {
            Ok(receipt) => receipt,
            Err(error) => return Ok(Err(error)),
        };
        books.save(tx).await?;
        let detail = serde_json::json!({
            "card": request.card, "paid_by": request.paid_by, "money": receipt.money,
            "points": receipt.points,
        });
        let line = AuditLine::new("card.sell", receipt.card_id, detail).about(member);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(receipt))
    })
    .await
}

/// A card on its way to a member whose books are open.
pub(crate) struct Giving<'a> {
    pub(crate) member: MemberId,
    pub(crate) card: &'a str,
    pub(crate) paid_by: PaidBy,
    pub(crate) order: Option<&'a OrderKey>,
    pub(crate) place: Option<&'a Place>,
    pub(crate) exchange: Option<ExchangeId>,
}

/// Hands a card over, with the gifts of its sale, and plans its monthly ones.
pub(crate) async fn hand_over(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    books: &mut Books,
    giving: Giving<'_>,
    now: Timestamp,
) -> Result<Result<CardReceipt, CardError>, Error> {
    let (program, member) = (actor.program, giving.member);
    let rules = books.current()?;
    let Some(terms) = rules.card(giving.card) else {
        return Ok(Err(CardError::NotInProgram(giving.card.to_owned())));
    };
    let held: Vec<Card> = cards::of_name(tx, program, member, giving.card, now)
        .await?
        .into_iter()
        .map(|row| row.card)
        .filter(|card| card.is_held(now))
        .collect();
    let count = i64::try_from(held.len()).unwrap_or(i64::MAX);
    if let Err(refusal) = sellable(terms, giving.paid_by, count, now) {
        return Ok(Err(refusal.into()));
    }
    let running_until = held.iter().map(|card| card.valid_until).max();
    let (valid_from, valid_until) = match span(terms, running_until, &rules.zone, now) {
        Ok(span) => span,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let id = CardId(operations.ids.clone().next_id());
    let mut sale = sale_of(&giving, actor, now);
    match giving.paid_by {
        PaidBy::Money => sale.money = terms.price.money.unwrap_or_default(),
        PaidBy::Points => {
            sale.points = terms.price.points.unwrap_or_default();
            if let Err(error) = pay_with_points(books, &rules, id, member, &mut sale, now) {
                return Ok(Err(error));
            }
        }
        PaidBy::Gift | PaidBy::Exchange => {}
    }
    let card = Card {
        id,
        member,
        home: member,
        visits_left: terms.visits,
        terms: terms.clone(),
        sale,
        valid_from,
        valid_until,
        used_up_at: None,
        ended: None,
    };
    cards::insert(tx, program, &card).await?;
    let (gift_points, coupons) = give_gifts(operations, tx, actor, books, &card, now).await?;
    Ok(Ok(CardReceipt {
        card_id: id,
        member_id: member,
        card: card.terms.id.clone(),
        paid_by: card.sale.paid_by,
        money: card.sale.money,
        points: card.sale.points,
        valid_from,
        valid_until,
        visits: card.visits_left,
        gift_points,
        coupons,
    }))
}

fn sale_of(giving: &Giving<'_>, actor: &Actor, now: Timestamp) -> Sale {
    Sale {
        paid_by: giving.paid_by,
        money: Money::ZERO,
        points: Points::ZERO,
        draws: Vec::new(),
        entry: None,
        order: giving.order.cloned(),
        channel: giving.place.map(|place| place.channel.clone()),
        shop: giving.place.and_then(|place| place.shop.clone()),
        staff: giving.place.and_then(|place| place.staff_or(actor)),
        exchange: giving.exchange,
        at: now,
    }
}

fn pay_with_points(
    books: &mut Books,
    rules: &Program,
    id: CardId,
    member: MemberId,
    sale: &mut Sale,
    now: Timestamp,
) -> Result<(), CardError> {
    let cause = Cause {
        key: Some(format!("card:{id}")),
        channel: sale.channel.clone(),
        shop: sale.shop.clone(),
        staff: sale.staff.clone(),
        ..Cause::default()
    };
    let (mut ids, mut entries) = (books.ids.clone(), std::mem::take(&mut books.entries));
    let origin = Origin { home: member, cause };
    let account = books.account(member);
    let spent = spend(account, sale.points, origin, rules.terms(), now, &mut ids, &mut entries);
    books.entries = entries;
    let spent = spent?;
    sale.entry = Some(spent.entry);
    sale.draws = spent.draws;
    Ok(())
}

/// Gives what comes with the sale, and plans what comes every month.
async fn give_gifts(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    books: &mut Books,
    card: &Card,
    now: Timestamp,
) -> Result<(Points, Vec<Received>), Error> {
    let rules = books.current()?;
    let mut ids = operations.ids.clone();
    let mut row = |benefit: Benefit, period: String, gift: &Gift, due_at: Timestamp| BenefitRow {
        id: ids.next_id(),
        member: card.member,
        home: card.home,
        benefit,
        period,
        tier: None,
        card: Some(card.id),
        gift: gift.clone(),
        due_at,
        given_at: None,
        points: Points::ZERO,
        entry: None,
        coupons: 0,
        problem: None,
    };
    let gifts = &card.terms.gifts;
    let mut rows = Vec::new();
    if let Some(gift) = &gifts.at_sale {
        rows.push(row(Benefit::CardSale, card.id.to_string(), gift, now));
    }
    if let Some(gift) = &gifts.monthly {
        let times = gift_times(card.valid_from, card.valid_until, &rules.zone).enumerate();
        rows.extend(times.map(|(month, due_at)| {
            row(Benefit::CardMonthly, format!("{}:{}", card.id, month + 1), gift, due_at)
        }));
    }
    benefits::plan(tx, actor.program, &rows).await?;
    // What is due with the sale is in the buyer's hands when the sale is answered.
    rows.retain(|row| row.due_at <= now);
    let given = give(operations, tx, actor, books, rows, now).await?;
    let points = given.iter().map(|(row, _)| row.points).sum();
    Ok((points, given.into_iter().flat_map(|(_, coupons)| coupons).collect()))
}
