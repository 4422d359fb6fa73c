//! Coupons given to members: issued by staff and programs, claimed by members themselves.

use hui_loyalty::abuse::Counts;
use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::templates::CodeSource;
use hui_loyalty::coupons::{Cause, Coupon, Source, State, life};
use hui_loyalty::ids::{CouponId, MemberId, NewIds as _, TemplateId};
use hui_loyalty::time::{Timestamp, Zone};
use hui_store::answers::RequestKey;
use hui_store::coupons::templates::{self, TemplateRow};
use hui_store::{Error, Tx, coupons};
use serde::{Deserialize, Serialize};

use super::books::CouponBooks;
use super::{CouponError, cause_of, filed, lock_member, new_code, stored_code};
use crate::abuse::{Act, DEVICE_BYTES_MAX, admit};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::slices::{Answer, single};

/// The most coupons one request gives.
pub const ISSUE_MAX: i64 = 100;

/// A coupon that a member received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its code.
    pub code: String,
    /// The template.
    pub template_id: TemplateId,
    /// From when it can be used.
    pub valid_from: Timestamp,
    /// When it ends.
    pub valid_until: Timestamp,
}

impl Received {
    pub(crate) fn of(coupon: &Coupon) -> Self {
        Self {
            coupon_id: coupon.id,
            code: coupon.code.clone(),
            template_id: coupon.template,
            valid_from: coupon.valid_from,
            valid_until: coupon.valid_until,
        }
    }
}

/// The answer to an issue or a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueReceipt {
    /// Whose they are; the survivor where the named one was merged away.
    pub member_id: MemberId,
    /// The coupons.
    pub coupons: Vec<Received>,
}

/// Coupons to be given to one member.
pub(crate) struct Giving<'a> {
    pub(crate) template: TemplateId,
    pub(crate) member: MemberId,
    pub(crate) count: i64,
    pub(crate) source: Source,
    pub(crate) source_key: Option<&'a str>,
    pub(crate) cause: &'a Cause,
}

/// Gives coupons to a member whose row is locked. Limits count unless it is a gift: what was
/// promised with something else is kept.
pub(crate) async fn give(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    giving: Giving<'_>,
    now: Timestamp,
) -> Result<Result<Vec<Received>, CouponError>, Error> {
    let Giving { template: id, member, count, source, source_key, cause } = giving;
    let program = actor.program;
    let Some(row) = templates::load(tx, program, id).await? else {
        return Ok(Err(CouponError::NoTemplate(id)));
    };
    let rules = operations.rules.load(tx, program).await?;
    let (_, rules) = rules.at(now)?;
    if source == Source::Claim
        && let Err(refusal) = row.template.claimable(now)
    {
        return Ok(Err(refusal.into()));
    }
    if source != Source::Gift {
        let day = rules.zone.start_of_day(now);
        let counts = coupons::counts(tx, program, member, id, day).await?;
        if let Err(refusal) = row.template.receivable(counts, count, now) {
            return Ok(Err(refusal.into()));
        }
    }
    let made_now = if row.template.code_source == CodeSource::Generated { count } else { 0 };
    if !templates::take_stock(tx, program, id, made_now).await? {
        return Ok(Err(CouponError::OutOfStock));
    }
    let mut books = CouponBooks::open(Vec::new());
    if row.template.code_source == CodeSource::Imported {
        let locked = coupons::lock_pool(tx, program, id, now, count).await?;
        if i64::try_from(locked.len()) != Ok(count) {
            return Ok(Err(CouponError::OutOfStock));
        }
        books = CouponBooks::open(locked);
        let window = row.template.validity.window(now, &rules.zone);
        for coupon in books.coupons.values_mut() {
            let claimed = life::claim(coupon, member, window, cause, now, &mut books.events);
            if let Err(refusal) = claimed {
                return Ok(Err(refusal.into()));
            }
        }
    } else {
        for _ in 0..count {
            let coupon = fresh(operations, &row, member, source, source_key, &rules.zone, now)?;
            books.events.push(life::made(&coupon, cause));
            books.add(coupon);
        }
    }
    let mut received: Vec<Received> = books.coupons.values().map(Received::of).collect();
    received.sort_by_key(|coupon| coupon.coupon_id);
    books.save(tx, program, &operations.ids, now).await?;
    Ok(Ok(received))
}

fn fresh(
    operations: &Operations,
    row: &TemplateRow,
    member: MemberId,
    source: Source,
    source_key: Option<&str>,
    zone: &Zone,
    now: Timestamp,
) -> Result<Coupon, Error> {
    let (valid_from, valid_until) = row.template.validity.window(now, zone);
    Ok(Coupon {
        id: CouponId(operations.ids.clone().next_id()),
        template: row.id,
        version: row.version,
        code: new_code()?,
        member: Some(member),
        home: Some(member),
        state: State::Issued,
        valid_from,
        valid_until,
        received_at: now,
        uses_left: row.template.uses(),
        lock: None,
        order: None,
        discount: Money::ZERO,
        source,
        source_key: source_key.map(str::to_owned),
        batch: None,
    })
}

/// Gives coupons of a template to a member.
pub async fn issue_coupons(
    operations: &Operations,
    actor: &Actor,
    template: TemplateId,
    member: MemberId,
    count: i64,
    key: Option<&RequestKey>,
) -> Result<Answer<IssueReceipt>, CouponError> {
    if !(1..=ISSUE_MAX).contains(&count) {
        return Err(CouponError::Invalid { field: "count", problem: "must be 1 to 100" });
    }
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some(row) = lock_member(tx, actor, member).await? else {
            return Ok(Err(CouponError::NoMember(member)));
        };
        let cause = cause_of(actor);
        let giving = Giving {
            template,
            member: row.id,
            count,
            source: Source::Issue,
            source_key: None,
            cause: &cause,
        };
        let coupons = match give(operations, tx, actor, giving, now).await? {
            Ok(coupons) => coupons,
            Err(error) => return Ok(Err(error)),
        };
        let detail = serde_json::json!({ "count": count });
        let line = AuditLine::new("coupon.issue", template, detail).about(row.id);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(IssueReceipt { member_id: row.id, coupons }))
    })
    .await
}

/// Gives a member the coupon it claims; within the claim window, the limits and the stock.
pub async fn claim_coupon(
    operations: &Operations,
    actor: &Actor,
    template: TemplateId,
    member: MemberId,
    channel: Option<&str>,
    device: Option<&str>,
    key: Option<&RequestKey>,
) -> Result<Answer<IssueReceipt>, CouponError> {
    check_device(device)?;
    let now = operations.clock.now();
    let done = single(operations, actor.program, key, now, async |tx| {
        // After a rush most callers come too late: they are told without locking anything.
        if let Some(row) = templates::load(tx, actor.program, template).await?
            && row.template.code_source == CodeSource::Generated
            && row.template.stock.is_some_and(|stock| row.issued >= stock)
        {
            return Ok(Err(CouponError::OutOfStock));
        }
        let Some(row) = lock_member(tx, actor, member).await? else {
            return Ok(Err(CouponError::NoMember(member)));
        };
        let cause = Cause { channel: channel.map(str::to_owned), ..cause_of(actor) };
        let rules = operations.rules.load(tx, actor.program).await?;
        let (_, rules) = rules.at(now)?;
        let act = Act {
            counts: Counts::Claims,
            member: Some(row.id),
            device,
            channel,
            shop: cause.shop.as_deref(),
        };
        if let Err(suspicion) = admit(operations, tx, actor.program, &rules, act, now).await? {
            return Ok(Err(CouponError::Suspicious(Box::new(suspicion))));
        }
        let giving = Giving {
            template,
            member: row.id,
            count: 1,
            source: Source::Claim,
            source_key: None,
            cause: &cause,
        };
        let given = give(operations, tx, actor, giving, now).await?;
        Ok(given.map(|coupons| IssueReceipt { member_id: row.id, coupons }))
    })
    .await;
    filed(operations, actor, done, now).await
}

/// Makes a code on paper a member's; its validity counts from now where it counts from receipt.
pub async fn claim_code(
    operations: &Operations,
    actor: &Actor,
    code: &str,
    member: MemberId,
    device: Option<&str>,
    key: Option<&RequestKey>,
) -> Result<Answer<IssueReceipt>, CouponError> {
    check_device(device)?;
    let now = operations.clock.now();
    let code = stored_code(code);
    let done = single(operations, actor.program, key, now, async |tx| {
        let program = actor.program;
        let Some(row) = lock_member(tx, actor, member).await? else {
            return Ok(Err(CouponError::NoMember(member)));
        };
        let Some(found) = coupons::find_code(tx, program, &code).await?.filter(is_handed_out)
        else {
            return Ok(Err(CouponError::NoCoupon));
        };
        let rules = operations.rules.load(tx, program).await?;
        let (_, rules) = rules.at(now)?;
        let cause = cause_of(actor);
        let act = Act {
            counts: Counts::Claims,
            member: Some(row.id),
            device,
            channel: None,
            shop: cause.shop.as_deref(),
        };
        // Whoever has it already claims nothing more.
        if found.member != Some(row.id)
            && let Err(suspicion) = admit(operations, tx, program, &rules, act, now).await?
        {
            return Ok(Err(CouponError::Suspicious(Box::new(suspicion))));
        }
        let made_of = (found.template, found.version);
        let versions = templates::versions(tx, program, [made_of]).await?;
        let Some(template) = versions.get(&made_of) else { return Ok(Err(CouponError::NoCoupon)) };
        let day = rules.zone.start_of_day(now);
        let counts = coupons::counts(tx, program, row.id, found.template, day).await?;
        let mut books = CouponBooks::open(coupons::lock(tx, program, [found.id]).await?);
        let Some((coupon, events)) = books.of(found.id) else {
            return Ok(Err(CouponError::NoCoupon));
        };
        if coupon.member != Some(row.id)
            && let Err(refusal) = template.receivable(counts, 1, now)
        {
            return Ok(Err(refusal.into()));
        }
        let window = template.validity.window(now, &rules.zone);
        if let Err(refusal) = life::claim(coupon, row.id, window, &cause, now, events) {
            return Ok(Err(refusal.into()));
        }
        let received = Received::of(coupon);
        books.save(tx, program, &operations.ids, now).await?;
        Ok(Ok(IssueReceipt { member_id: row.id, coupons: vec![received] }))
    })
    .await;
    filed(operations, actor, done, now).await
}

pub(crate) fn check_device(device: Option<&str>) -> Result<(), CouponError> {
    if device.is_some_and(|device| device.is_empty() || device.len() > DEVICE_BYTES_MAX) {
        return Err(CouponError::Invalid { field: "device", problem: "must have 1 to 200 bytes" });
    }
    Ok(())
}

/// A code of somebody else's making waits in its pool until a member gets it.
pub(crate) fn is_handed_out(coupon: &Coupon) -> bool {
    coupon.member.is_some() || coupon.source != Source::Import
}
