//! Cards that end before their time: given back for their price, or taken away.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::cards::{self as rules, Card, Share};
use hui_loyalty::coupons::{State as CouponState, life};
use hui_loyalty::ids::{CardId, CouponId, MemberId, OrderId};
use hui_loyalty::ledger::refunding::{RefundPoints, RefundedPoints, SpentDraw, refund};
use hui_loyalty::ledger::{Cause, Origin};
use hui_loyalty::program::cards::CardKind;
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::members::MemberRow;
use hui_store::{Error, Tx, benefits, cards, coupons, ledger};
use serde::{Deserialize, Serialize};

use super::{CardError, check_reason, lock_card};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::coupons::books::CouponBooks;
use crate::coupons::cause_of;
use crate::slices::{Answer, single};

/// The answer to a card given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRefunded {
    /// The card.
    pub card_id: CardId,
    /// Whose it was.
    pub member_id: MemberId,
    /// The money to be given back, in minor units; `withhold` is yet to be taken off.
    pub money_back: Money,
    /// The points that came back.
    pub points_back: Points,
    /// What was taken back of the points it gave.
    pub clawed_back: Points,
    /// What is owed of them.
    pub debt: Points,
    /// What is to be withheld from the money for those that are gone.
    pub withhold: Money,
    /// The coupons that were taken back.
    pub coupons: Vec<CouponId>,
}

/// What a card gave, on its way back.
pub(crate) struct Given {
    points: Points,
    coupons: CouponBooks,
}

impl Given {
    /// What a card gave, its coupons locked.
    pub(crate) async fn load(tx: &mut Tx, actor: &Actor, card: CardId) -> Result<Self, Error> {
        let rows = benefits::of_card(tx, actor.program, card).await?;
        let points = rows.iter().map(|row| row.points).sum();
        let ids = benefits::coupons_of(tx, actor.program, rows.iter().map(|row| row.id)).await?;
        let locked = coupons::lock(tx, actor.program, ids.into_iter().map(|(_, id)| id)).await?;
        Ok(Self { points, coupons: CouponBooks::open(locked) })
    }

    /// Whether something of it was used: nobody brings that back.
    fn is_used(&self) -> bool {
        let unused = [CouponState::Issued, CouponState::Expired, CouponState::Revoked];
        self.coupons
            .coupons
            .values()
            .any(|coupon| !unused.contains(&coupon.state) || coupon.discount.is_positive())
    }

    /// Takes the coupons back that are still unused, and the share of the points; no more of the
    /// card's gifts come.
    async fn take_back(
        mut self,
        operations: &Operations,
        tx: &mut Tx,
        actor: &Actor,
        card: CardId,
        now: Timestamp,
    ) -> Result<Vec<CouponId>, Error> {
        let mut ids: Vec<CouponId> = self.coupons.coupons.keys().copied().collect();
        ids.sort_unstable();
        let mut taken = Vec::new();
        for id in ids {
            let Some((coupon, events)) = self.coupons.of(id) else { continue };
            if life::revoke(coupon, &cause_of(actor), now, events).is_ok() {
                taken.push(id);
            }
        }
        self.coupons.save(tx, actor.program, &operations.ids, now).await?;
        benefits::forget_of_card(tx, actor.program, card).await?;
        Ok(taken)
    }
}

/// Whether a card or what it gave was used.
///
/// Of a benefit card any order paid since it began counts as a use: its benefits apply by
/// themselves. Of a service card the rules look at the visits.
pub(crate) async fn is_used(
    tx: &mut Tx,
    actor: &Actor,
    card: &Card,
    given: &Given,
) -> Result<bool, Error> {
    if given.is_used() {
        return Ok(true);
    }
    if card.kind() == CardKind::Service {
        return Ok(false);
    }
    cards::has_bought_since(tx, actor.program, card.member, card.valid_from).await
}

/// Brings points back that a card cost, and takes back of those it gave.
async fn move_points(
    tx: &mut Tx,
    actor: &Actor,
    books: &mut Books,
    card: &Card,
    restore: Points,
    claw_back: Points,
) -> Result<RefundedPoints, Error> {
    let lots = card.sale.draws.iter().map(|draw| draw.lot);
    let lots = ledger::load_lots(tx, actor.program, lots).await?;
    books.add_lots(lots);
    let spent = |draw: &hui_loyalty::ledger::Draw| SpentDraw {
        lot: draw.lot,
        points: draw.points,
        restored: Points::ZERO,
    };
    let draws: Vec<SpentDraw> = card.sale.draws.iter().map(spent).collect();
    let cause = Cause {
        key: Some(format!("card:{}:refund", card.id)),
        staff: Some(actor.name.clone()),
        ..Cause::default()
    };
    let back = RefundPoints {
        // No order has a card's number: what it gave is taken from the member's open lots.
        order: OrderId(card.id.0),
        at: books.now,
        restore,
        draws: &draws,
        claw_back,
        origin: Origin { home: card.home, cause },
    };
    let rules = books.current()?;
    let (now, mut ids) = (books.now, books.ids.clone());
    let mut entries = std::mem::take(&mut books.entries);
    let account = books.account(card.member);
    let done = refund(account, &back, rules.terms(), now, &mut ids, &mut entries);
    books.entries = entries;
    Ok(done)
}

/// Gives a card back: all of its price while it is unused, else by the terms it was sold by.
///
/// # Errors
///
/// [`CardError`] when it cannot be given back; then nothing changed.
pub async fn refund_card(
    operations: &Operations,
    actor: &Actor,
    id: CardId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<CardRefunded>, CardError> {
    check_reason(reason)?;
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let (mut row, owner) = match lock_sold(tx, actor, id).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let member = owner.id;
        let in_force = operations.rules.load(tx, program).await?;
        let rows = std::iter::once((member, owner)).collect();
        let ids = operations.ids.clone();
        let mut books =
            Books::open(tx, program, in_force, ids, rows, Need::Everything, now).await?;
        let given = Given::load(tx, actor, id).await?;
        let used = is_used(tx, actor, &row.card, &given).await?;
        let zone = &books.current()?.zone;
        let share = match rules::refund(&mut row.card, used, zone, now) {
            Ok(share) => share,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        row.money_back = Money(share.of(row.card.sale.money.0));
        row.points_back = Points(share.of(row.card.sale.points.0));
        row.ended_reason = Some(reason.to_owned());
        let claw_back = Points(share.of(given.points.0));
        let done =
            move_points(tx, actor, &mut books, &row.card, row.points_back, claw_back).await?;
        let coupons = given.take_back(operations, tx, actor, id, now).await?;
        cards::update(tx, program, &row).await?;
        books.save(tx).await?;
        let detail = serde_json::json!({
            "money_back": row.money_back, "points_back": row.points_back, "reason": reason,
        });
        let line = AuditLine::new("card.refund", id, detail).about(member);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(CardRefunded {
            card_id: id,
            member_id: member,
            money_back: row.money_back,
            points_back: done.restored,
            clawed_back: done.clawed_back,
            debt: done.debt,
            withhold: done.withhold,
            coupons,
        }))
    })
    .await
}

/// Takes the card of an exchange back that is returned, if it is unused; its owner's books are open.
pub(crate) async fn return_card(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    books: &mut Books,
    mut row: cards::CardRow,
    reason: &str,
) -> Result<Result<(), rules::Refusal>, Error> {
    let now = books.now;
    let given = Given::load(tx, actor, row.card.id).await?;
    let used = is_used(tx, actor, &row.card, &given).await?;
    if let Err(refusal) = rules::return_unused(&mut row.card, used, now) {
        return Ok(Err(refusal));
    }
    row.ended_reason = Some(reason.to_owned());
    let claw_back = Share::ALL.of(given.points.0);
    move_points(tx, actor, books, &row.card, Points::ZERO, Points(claw_back)).await?;
    given.take_back(operations, tx, actor, row.card.id, now).await?;
    cards::update(tx, actor.program, &row).await?;
    Ok(Ok(()))
}

/// Takes a card away; nothing of its price goes back, and what it gave stays.
///
/// # Errors
///
/// [`CardError`] when it ended already.
pub async fn revoke_card(
    operations: &Operations,
    actor: &Actor,
    id: CardId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<CardId>, CardError> {
    check_reason(reason)?;
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let (mut row, owner) = match lock_sold(tx, actor, id).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = rules::revoke(&mut row.card, now) {
            return Ok(Err(refusal.into()));
        }
        row.ended_reason = Some(reason.to_owned());
        benefits::forget_of_card(tx, program, id).await?;
        cards::update(tx, program, &row).await?;
        let detail = serde_json::json!({ "card": row.card.terms.id, "reason": reason });
        let line = AuditLine::new("card.revoke", id, detail).about(owner.id);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(id))
    })
    .await
}

/// A card as it is now, its owner locked, if it was sold where the caller sees.
///
/// A card of the points mall was sold nowhere: whoever sees all shops sees it.
async fn lock_sold(
    tx: &mut Tx,
    actor: &Actor,
    id: CardId,
) -> Result<Result<(cards::CardRow, MemberRow), CardError>, Error> {
    let Some((row, owner)) = lock_card(tx, actor, id).await? else {
        return Ok(Err(CardError::NoCard(id)));
    };
    let sale = &row.card.sale;
    let channel = sale.channel.as_deref().unwrap_or_default();
    if !actor.shops.sees(channel, sale.shop.as_deref()) {
        return Ok(Err(CardError::OtherShop));
    }
    Ok(Ok((row, owner)))
}
