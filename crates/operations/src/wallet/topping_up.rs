//! Money paid into a wallet, and a top-up paid back.

use hui_loyalty::amounts::{AMOUNT_MAX, Money};
use hui_loyalty::coupons;
use hui_loyalty::coupons::Source;
use hui_loyalty::ids::{MemberId, NewIds as _, TemplateId, TopUpId};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::topping_up::{self, TakenOut, TopUp};
use hui_loyalty::wallet::{Balance, Cause, balance, settling};
use hui_store::answers::RequestKey;
use hui_store::wallet::{self, TopUpRow};
use serde::{Deserialize, Serialize};

use super::{WalletBooks, WalletError, cause_of};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::coupons::issuing::{Giving, Received, give};
use crate::coupons::lock_member;
use crate::slices::{Answer, single};

/// Money to be paid in: by a plan, or as the caller says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpRequest {
    /// Whose wallet.
    pub member: MemberId,
    /// What the member pays; by the plan where left out.
    pub principal: Option<Money>,
    /// What comes on top; by the plan where left out.
    pub bonus: Option<Money>,
    /// The plan.
    pub plan: Option<String>,
    /// The channel that sells it.
    pub channel: String,
    /// The shop that sells it.
    pub shop: Option<String>,
    /// Who sells it.
    pub staff: Option<String>,
}

/// The answer to a top-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpReceipt {
    /// The top-up.
    pub top_up_id: TopUpId,
    /// Whose; the survivor where the named member was merged away.
    pub member_id: MemberId,
    /// What was paid.
    pub principal: Money,
    /// What came on top.
    pub bonus: Money,
    /// When the bonus ends.
    pub bonus_expires_at: Option<Timestamp>,
    /// What the wallet has now.
    pub balance: Balance,
    /// The coupon that came with it.
    pub coupons: Vec<Received>,
}

fn check(request: &TopUpRequest) -> Result<(), WalletError> {
    let invalid = |field, problem| Err(WalletError::Invalid { field, problem });
    if request.principal.is_some_and(|money| !(1..=AMOUNT_MAX).contains(&money.0)) {
        return invalid("principal", "must be 1 to 10^12");
    }
    if request.bonus.is_some_and(|money| !(0..=AMOUNT_MAX).contains(&money.0)) {
        return invalid("bonus", "must be 0 to 10^12");
    }
    if request.plan.is_none() && request.principal.is_none() {
        return invalid("principal", "is needed where no plan is named");
    }
    for (field, text) in [("shop", &request.shop), ("staff", &request.staff)] {
        if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > 100) {
            return invalid(field, "must have 1 to 100 bytes");
        }
    }
    Ok(())
}

/// Pays money into a member's wallet.
pub async fn top_up(
    operations: &Operations,
    actor: &Actor,
    request: &TopUpRequest,
    key: Option<&RequestKey>,
) -> Result<Answer<TopUpReceipt>, WalletError> {
    check(request)?;
    if !operations.known_channels(actor.program).await?.contains(&request.channel) {
        return Err(WalletError::UnknownChannel(request.channel.clone()));
    }
    if !actor.shops.sees(&request.channel, request.shop.as_deref()) {
        return Err(WalletError::OtherShop);
    }
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(row) = lock_member(tx, actor, request.member).await? else {
            return Ok(Err(WalletError::NoMember(request.member)));
        };
        let rules = operations.rules.load(tx, program).await?;
        let (_, rules) = rules.at(now)?;
        let plan = match &request.plan {
            None => None,
            Some(id) => match rules.wallet.plans.iter().find(|plan| plan.id == *id) {
                Some(plan) => Some(plan),
                None => return Ok(Err(WalletError::NoPlan(id.clone()))),
            },
        };
        let differs = |asked: Option<Money>, planned: Money| asked.is_some_and(|it| it != planned);
        if plan.is_some_and(|plan| {
            differs(request.principal, plan.principal) || differs(request.bonus, plan.bonus)
        }) {
            let problem = "is another than the plan's";
            return Ok(Err(WalletError::Invalid { field: "principal", problem }));
        }
        let principal = plan.map_or(request.principal.unwrap_or_default(), |plan| plan.principal);
        let bonus = plan.map_or(request.bonus.unwrap_or_default(), |plan| plan.bonus);
        let bonus_expires_at = rules
            .wallet
            .bonus_days
            .filter(|_| bonus.is_positive())
            .map(|days| rules.zone.end_of_day(rules.zone.plus_days(now, days)));
        let limits = rules.wallet.limits;
        let limit = if row.bound { limits.named } else { limits.unnamed };
        let cause = Cause {
            channel: Some(request.channel.clone()),
            shop: request.shop.clone(),
            staff: request.staff.clone().or_else(|| cause_of(actor).staff),
            ..Cause::default()
        };
        let id = TopUpId(operations.ids.clone().next_id());
        let mut books = WalletBooks::open(tx, program, row.id, &operations.ids).await?;
        settling::settle(&mut books.wallet, now, &mut books.ids, &mut books.entries);
        let paid = TopUp { id, member: row.id, principal, bonus, bonus_expires_at };
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let done =
            topping_up::top_up(&mut books.wallet, paid, limit, &cause, now, &mut ids, entries);
        if let Err(over) = done {
            return Ok(Err(over.into()));
        }
        let balance = balance(&books.wallet, now);
        let top_up = TopUpRow {
            id,
            member: row.id,
            home: row.id,
            principal,
            bonus,
            refunded: Money::ZERO,
            bonus_taken: Money::ZERO,
            plan: request.plan.clone(),
            channel: request.channel.clone(),
            shop: request.shop.clone(),
            staff: cause.staff.clone(),
            at: now,
        };
        wallet::insert_top_up(tx, program, &top_up).await?;
        books.save(tx, program, now).await?;
        let gift = plan.and_then(|plan| plan.coupon_template.as_deref()?.parse().ok());
        let coupons = match gift {
            None => Vec::new(),
            Some(template) => {
                let key = format!("top_up:{id}");
                let given = gift_of(operations, tx, actor, template, row.id, &key, now).await?;
                match given {
                    Ok(coupons) => coupons,
                    Err(error) => return Ok(Err(WalletError::Gift(error))),
                }
            }
        };
        let detail = serde_json::json!({ "principal": principal, "bonus": bonus });
        let line = AuditLine::new("wallet.top_up", id, detail).about(row.id);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(TopUpReceipt {
            top_up_id: id,
            member_id: row.id,
            principal,
            bonus,
            bonus_expires_at,
            balance,
            coupons,
        }))
    })
    .await
}

/// Gives a coupon that comes with something else.
pub(crate) async fn gift_of(
    operations: &Operations,
    tx: &mut hui_store::Tx,
    actor: &Actor,
    template: TemplateId,
    member: MemberId,
    key: &str,
    now: Timestamp,
) -> Result<Result<Vec<Received>, crate::coupons::CouponError>, hui_store::Error> {
    let cause = coupons::Cause { reason: Some(key.to_owned()), ..coupons::Cause::default() };
    let giving = Giving {
        template,
        member,
        count: 1,
        source: Source::Gift,
        source_key: Some(key),
        cause: &cause,
    };
    give(operations, tx, actor, giving, now).await
}

/// The answer to a refund of a top-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpRefunded {
    /// The top-up.
    pub top_up_id: TopUpId,
    /// What the member gets back in money, and what of the bonus was taken back.
    pub taken_out: TakenOut,
    /// What the wallet has now.
    pub balance: Balance,
}

/// Pays a top-up back, all that is unspent of it or an amount, and takes back the unspent bonus.
pub async fn refund_top_up(
    operations: &Operations,
    actor: &Actor,
    id: TopUpId,
    amount: Option<Money>,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<TopUpRefunded>, WalletError> {
    if !audit::is_reason(reason) {
        return Err(WalletError::Invalid { field: "reason", problem: audit::REASON });
    }
    let now = operations.clock.now();
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let Some(found) = wallet::load_top_up(tx, program, id).await? else {
            return Ok(Err(WalletError::NoTopUp(id)));
        };
        if !actor.shops.sees(&found.channel, found.shop.as_deref()) {
            return Ok(Err(WalletError::OtherShop));
        }
        hui_store::members::lock_with_survivors(tx, program, [found.member]).await?;
        // Its owner may have been merged or parted before the lock.
        let found = wallet::load_top_up(tx, program, id).await?.unwrap_or(found);
        let Some(row) = lock_member(tx, actor, found.member).await? else {
            return Ok(Err(WalletError::NoMember(found.member)));
        };
        let mut books = WalletBooks::open(tx, program, row.id, &operations.ids).await?;
        settling::settle(&mut books.wallet, now, &mut books.ids, &mut books.entries);
        let cause = Cause {
            channel: Some(found.channel),
            shop: found.shop,
            reason: Some(reason.to_owned()),
            ..cause_of(actor)
        };
        let (mut ids, entries) = (books.ids.clone(), &mut books.entries);
        let done =
            topping_up::refund(&mut books.wallet, id, amount, &cause, now, &mut ids, entries);
        let taken_out = match done {
            Ok(taken_out) => taken_out,
            Err(error) => return Ok(Err(error.into())),
        };
        let balance = balance(&books.wallet, now);
        wallet::add_refunded(tx, program, id, taken_out.principal, taken_out.bonus).await?;
        books.save(tx, program, now).await?;
        let detail = serde_json::json!({ "taken_out": taken_out, "reason": reason });
        let line = AuditLine::new("wallet.refund_top_up", id, detail).about(row.id);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(TopUpRefunded { top_up_id: id, taken_out, balance }))
    })
    .await
}
