//! Visits taken from service cards, and taken back.

use hui_loyalty::cards::{self as rules, Refusal, State, Use, VISITS_AT_ONCE_MAX};
use hui_loyalty::ids::{CardId, EntryId, MemberId, NewIds as _};
use hui_store::answers::RequestKey;
use hui_store::cards::{self, VisitRow};
use hui_store::members::{self, MemberState};
use hui_store::{Error, Tx};
use serde::{Deserialize, Serialize};

use super::{CardError, Place, check_reason, lock_card};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::slices::{Answer, single};

/// Visits to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRequest {
    /// From which card.
    pub card: CardId,
    /// By whom; the owner where left out.
    pub by: Option<MemberId>,
    /// How many.
    pub visits: i64,
    /// Where.
    pub place: Place,
}

/// The answer to a visit, or to one taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitReceipt {
    /// The visit.
    pub visit_id: EntryId,
    /// The card.
    pub card_id: CardId,
    /// Who used it.
    pub used_by: MemberId,
    /// How many visits.
    pub visits: i64,
    /// How many are left now.
    pub visits_left: i64,
}

/// Takes visits from a card: all that are asked for, or none.
///
/// # Errors
///
/// [`CardError`] when the card does not allow it; then nothing changed.
pub async fn take_visits(
    operations: &Operations,
    actor: &Actor,
    request: &VisitRequest,
    key: Option<&RequestKey>,
) -> Result<Answer<VisitReceipt>, CardError> {
    if !(1..=VISITS_AT_ONCE_MAX).contains(&request.visits) {
        return Err(CardError::Invalid { field: "visits", problem: "must be 1 to 100" });
    }
    request.place.check(operations, actor).await?;
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        // After a rush most callers come too late: they are told without locking anything.
        let Some(found) = cards::load(tx, program, request.card).await? else {
            return Ok(Err(CardError::NoCard(request.card)));
        };
        if found.card.state(now) == State::UsedUp {
            return Ok(Err(Refusal::NotInForce(State::UsedUp).into()));
        }
        let Some((mut row, owner)) = lock_card(tx, actor, request.card).await? else {
            return Ok(Err(CardError::NoCard(request.card)));
        };
        let by = match request.by {
            None => owner.id,
            Some(named) => match members::load_survivor(tx, program, named).await? {
                Some(user) if user.state == MemberState::Active => user.id,
                _ => return Ok(Err(CardError::NoMember(named))),
            },
        };
        let sharers = sharers(tx, actor, request.card, owner.id).await?;
        let (_, in_force) = operations.rules.load(tx, program).await?.at(now)?;
        let today = in_force.zone.start_of_day(now);
        let today = cards::visits_since(tx, program, request.card, today).await?;
        let using = Use { by, visits: request.visits, sharers: &sharers, today };
        if let Err(refusal) = rules::visit(&mut row.card, using, now) {
            return Ok(Err(refusal.into()));
        }
        let visit = VisitRow {
            id: EntryId(operations.ids.clone().next_id()),
            card: row.card.id,
            member: row.card.member,
            home: row.card.home,
            used_by: by,
            visits: request.visits,
            channel: request.place.channel.clone(),
            shop: request.place.shop.clone(),
            staff: request.place.staff_or(actor),
            at: now,
            undone_at: None,
            undone_by: None,
            undone_reason: None,
        };
        cards::insert_visit(tx, program, &visit).await?;
        cards::update(tx, program, &row).await?;
        Ok(Ok(VisitReceipt {
            visit_id: visit.id,
            card_id: visit.card,
            used_by: by,
            visits: visit.visits,
            visits_left: row.card.visits_left.unwrap_or_default(),
        }))
    })
    .await
}

/// The other members who used a card; those made one since count once, and the owner never.
async fn sharers(
    tx: &mut Tx,
    actor: &Actor,
    card: CardId,
    owner: MemberId,
) -> Result<Vec<MemberId>, Error> {
    let mut sharers = Vec::new();
    for user in cards::users_of(tx, actor.program, card).await? {
        let user =
            members::load_survivor(tx, actor.program, user).await?.map_or(user, |row| row.id);
        if user != owner && !sharers.contains(&user) {
            sharers.push(user);
        }
    }
    Ok(sharers)
}

/// Takes a visit back, whole: the card has as many visits more.
///
/// # Errors
///
/// [`CardError`] when it was taken back already or the card was given back or revoked.
pub async fn undo_visit(
    operations: &Operations,
    actor: &Actor,
    visit: EntryId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<VisitReceipt>, CardError> {
    check_reason(reason)?;
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(found) = cards::load_visit(tx, program, visit).await? else {
            return Ok(Err(CardError::NoVisit(visit)));
        };
        if !actor.shops.sees(&found.channel, found.shop.as_deref()) {
            return Ok(Err(CardError::OtherShop));
        }
        let Some((mut row, owner)) = lock_card(tx, actor, found.card).await? else {
            return Ok(Err(CardError::NoCard(found.card)));
        };
        let undone = VisitRow {
            undone_at: Some(now),
            undone_by: Some(actor.label()),
            undone_reason: Some(reason.to_owned()),
            ..found
        };
        if !cards::undo_visit(tx, program, &undone).await? {
            return Ok(Err(Refusal::Undone.into()));
        }
        if let Err(refusal) = rules::undo_visit(&mut row.card, undone.visits, now) {
            return Ok(Err(refusal.into()));
        }
        cards::update(tx, program, &row).await?;
        let detail = serde_json::json!({
            "card": undone.card, "visits": undone.visits, "reason": reason,
        });
        let line = AuditLine::new("card.undo_visit", visit, detail).about(owner.id);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(VisitReceipt {
            visit_id: visit,
            card_id: undone.card,
            used_by: undone.used_by,
            visits: undone.visits,
            visits_left: row.card.visits_left.unwrap_or_default(),
        }))
    })
    .await
}
