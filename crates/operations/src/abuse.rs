//! Against abuse: claims and redemptions that are looked at before they happen, orders whose
//! points wait, and what a person decides about them.

use std::collections::BTreeMap;

use hui_loyalty::abuse::{AbuseRule, By, Counts, Judgement, Reason, Verdict};
use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{MemberId, NewIds as _, OrderId, ProgramId, ReviewId};
use hui_loyalty::ledger::earning::{Completion, complete};
use hui_loyalty::ledger::policies::{Maturity, available_at};
use hui_loyalty::ledger::refunding::{RefundPoints, refund};
use hui_loyalty::ledger::{Cause, Origin};
use hui_loyalty::program::Program;
use hui_loyalty::time::{Span, Timestamp};
use hui_store::abuse::{self, BlockRow};
use hui_store::answers::RequestKey;
use hui_store::orders::{self, OrderRow};
use hui_store::reviews::{self, ReviewRow};
use hui_store::{Error, Tx, members};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Growth, Need};
use crate::context::Operations;
use crate::refunding::load_lots_of;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// The kind of the reviews that suspicion leads to.
pub(crate) const KIND: &str = "abuse";
/// The most blocks that are listed: the latest.
pub const BLOCKS_MAX: i64 = 500;
/// The most orders that a review names.
const ORDERS_TOLD: i64 = 20;
/// The longest name of a device, in bytes.
pub const DEVICE_BYTES_MAX: usize = 200;

/// What speaks for abuse: stored with the review, without personal data in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The channel it happened on.
    #[serde(default)]
    pub channel: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The score, the verdict and the broken rules.
    pub abuse: Suspected,
}

/// How suspicious it is and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspected {
    /// The sum of the scores.
    pub score: i64,
    /// Each broken rule with its figures.
    pub reasons: Vec<Reason>,
    /// Whom the broken rules count; a device stands by its blind index.
    pub subjects: Vec<String>,
    /// The member's latest orders within the time that was counted.
    pub orders: Vec<OrderId>,
    /// The points that wait.
    pub points: Points,
}

impl Suspected {
    /// What a judgement tells, with the member's latest orders within the time that it counted.
    pub(crate) async fn of(
        tx: &mut Tx,
        program: ProgramId,
        judgement: Judgement,
        member: Option<MemberId>,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let orders = match member {
            Some(member) => {
                let since = judgement.reasons.iter().map(|reason| reason.since).min();
                let span = Span { from: since.unwrap_or(at), until: at.plus_seconds(1) };
                abuse::latest_orders(tx, program, member, span, ORDERS_TOLD).await?
            }
            None => Vec::new(),
        };
        Ok(Self {
            score: judgement.score,
            reasons: judgement.reasons,
            subjects: Vec::new(),
            orders,
            points: Points::ZERO,
        })
    }
}

/// A claim or a redemption that does not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this happens too often")]
pub struct Suspicion {
    /// What is counted.
    pub counts: Counts,
    /// Whose it is.
    pub member: Option<MemberId>,
    /// Where it happened.
    pub channel: Option<String>,
    /// Whom the broken rules count.
    pub subjects: Vec<String>,
    /// What speaks for it.
    pub judgement: Judgement,
}

/// Something that may happen too often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act<'a> {
    pub(crate) counts: Counts,
    pub(crate) member: Option<MemberId>,
    pub(crate) device: Option<&'a str>,
    pub(crate) channel: Option<&'a str>,
    pub(crate) shop: Option<&'a str>,
}

fn member_subject(member: MemberId) -> String {
    format!("member:{member}")
}

fn device_subject(operations: &Operations, program: ProgramId, device: &str) -> String {
    format!("device:{}", operations.vault.blind_index(program, "device", "", device))
}

impl Act<'_> {
    /// Whom it counts for, by the kind of whom.
    fn subjects(&self, operations: &Operations, program: ProgramId) -> BTreeMap<By, String> {
        let member = self.member.map(|member| (By::Member, member_subject(member)));
        let device =
            self.device.map(|device| (By::Device, device_subject(operations, program, device)));
        let shop = self
            .shop
            .map(|shop| (By::Shop, format!("shop:{}/{shop}", self.channel.unwrap_or_default())));
        member.into_iter().chain(device).chain(shop).collect()
    }
}

/// Counts something that is about to happen, unless it is suspicious.
///
/// Without rules and blocks in the program this asks the store nothing. The rows of whom it
/// counts for are held to the end of the transaction: two at once are counted one after another.
pub(crate) async fn admit(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    rules: &Program,
    act: Act<'_>,
    now: Timestamp,
) -> Result<Result<(), Suspicion>, Error> {
    if !rules.abuse.is_on() {
        return Ok(Ok(()));
    }
    let subjects = act.subjects(operations, program);
    let blocked = blocked(tx, program, &act, &subjects, now).await?;
    let applying: Vec<(&AbuseRule, &str)> = rules
        .abuse
        .counting(&[act.counts])
        .filter_map(|rule| Some((rule, subjects.get(&rule.by)?.as_str())))
        .collect();
    let names: Vec<&str> = applying.iter().map(|(_, subject)| *subject).collect();
    let passed = abuse::lock_subjects(tx, program, &names).await?;
    let spans: Vec<(&str, Span)> = applying
        .iter()
        .map(|(rule, subject)| {
            let span = rule.within.span(now, &rules.zone);
            let passed = passed.get(*subject).copied().unwrap_or_default();
            let from = span.from.max(Timestamp(passed.0.saturating_add(1)));
            (*subject, Span { from, ..span })
        })
        .collect();
    let counted = abuse::count(tx, program, act.counts, &spans).await?;
    let figures = applying.iter().zip(&spans).zip(counted);
    let judgement = rules
        .abuse
        .judge(figures.map(|(((rule, _), (_, span)), count)| (*rule, *span, count)), blocked);
    if judgement.verdict != Verdict::Allow {
        let about = judgement.about();
        let subjects = subjects.into_iter().filter(|(by, _)| about.contains(by));
        return Ok(Err(Suspicion {
            counts: act.counts,
            member: act.member,
            channel: act.channel.map(str::to_owned),
            subjects: subjects.map(|(_, subject)| subject).collect(),
            judgement,
        }));
    }
    let mut ids = operations.ids.clone();
    let mut named: Vec<&str> = names;
    named.sort_unstable();
    named.dedup();
    let events: Vec<(i64, &str)> =
        named.into_iter().map(|subject| (ids.next_id(), subject)).collect();
    abuse::note(tx, program, act.counts, &events, now).await?;
    Ok(Ok(()))
}

/// Who of those an act is about is blocked.
async fn blocked(
    tx: &mut Tx,
    program: ProgramId,
    act: &Act<'_>,
    subjects: &BTreeMap<By, String>,
    now: Timestamp,
) -> Result<Option<By>, Error> {
    if let Some(member) = act.member
        && abuse::blocked_members(tx, program, [member], now).await?.contains(&member)
    {
        return Ok(Some(By::Member));
    }
    match subjects.get(&By::Device) {
        Some(device) if abuse::is_blocked(tx, program, device, now).await? => Ok(Some(By::Device)),
        _ => Ok(None),
    }
}

/// Files what was held back for a person to look at; of one thing one review is open at a time.
///
/// A transaction of its own: that of the claim was rolled back with it.
pub(crate) async fn file(
    operations: &Operations,
    actor: &Actor,
    suspicion: &Suspicion,
    now: Timestamp,
) -> Result<(), Error> {
    if suspicion.judgement.verdict != Verdict::Review {
        return Ok(());
    }
    let program = actor.program;
    let whom = suspicion.member.map(member_subject);
    let whom = whom.or_else(|| suspicion.subjects.first().cloned()).unwrap_or_default();
    let what = match suspicion.counts {
        Counts::Redemptions => "redemptions",
        _ => "claims",
    };
    let mut tx = operations.store.begin().await?;
    let id = ReviewId(operations.ids.clone().next_id());
    if !abuse::open_case(&mut tx, program, id, &format!("{what}|{whom}"), None).await? {
        return tx.rollback().await;
    }
    let judgement = suspicion.judgement.clone();
    let suspected = Suspected::of(&mut tx, program, judgement, suspicion.member, now).await?;
    let evidence = Evidence {
        channel: suspicion.channel.clone(),
        at: now,
        abuse: Suspected { subjects: suspicion.subjects.clone(), ..suspected },
    };
    let row = review(id, suspicion.member, None, &evidence, now)?;
    reviews::insert(&mut tx, program, &[row]).await?;
    let detail = serde_json::json!({
        "kind": KIND, "score": suspicion.judgement.score,
        "rules": suspicion.judgement.reasons.iter().map(|one| &one.rule).collect::<Vec<_>>(),
    });
    let mut line = AuditLine::new("review.file", id, detail);
    line.member = suspicion.member;
    audit::append(&mut tx, actor, now, &[line]).await?;
    tx.commit().await
}

/// The row of a review that waits for a person.
pub(crate) fn review(
    id: ReviewId,
    member: Option<MemberId>,
    order: Option<OrderId>,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<ReviewRow, Error> {
    let evidence =
        serde_json::to_string(evidence).map_err(|error| Error::unreadable("evidence", error))?;
    Ok(ReviewRow {
        id,
        kind: KIND.to_owned(),
        is_open: true,
        opened_at: now,
        member,
        other: None,
        order,
        identity: None,
        evidence,
        decision: None,
        decided_at: None,
        decided_by: None,
        reason: None,
    })
}

/// What a person decides about something suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It was all right: points become available, claims count anew from now.
    Release,
    /// It was abuse: points are taken back, what was refused stays refused.
    Void,
}

/// Carries out what was decided about a review of the kind `abuse`, whose row is locked.
pub(crate) async fn rule(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    row: &ReviewRow,
    ruling: Ruling,
    now: Timestamp,
) -> Result<(), Error> {
    let program = actor.program;
    if let Some(order) = row.order {
        settle_order(operations, tx, actor, order, ruling, now).await?;
    } else if ruling == Ruling::Release {
        let evidence: Evidence = serde_json::from_str(&row.evidence)
            .map_err(|error| Error::unreadable("review", error))?;
        for subject in &evidence.abuse.subjects {
            abuse::pass(tx, program, subject, now).await?;
        }
    }
    abuse::close_case(tx, program, row.id).await
}

/// Makes the points of an order available that waited, or takes them back.
async fn settle_order(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    id: OrderId,
    ruling: Ruling,
    now: Timestamp,
) -> Result<(), Error> {
    let program = actor.program;
    let missing = || Error::unreadable("order of a review", id);
    let rules = operations.rules.load(tx, program).await?;
    let known = orders::load(tx, program, [id]).await?.remove(&id).ok_or_else(missing)?;
    orders::lock_keys(tx, program, [&known.key]).await?;
    // Between reading and locking the order may have changed.
    let mut row = orders::load(tx, program, [id]).await?.remove(&id).ok_or_else(missing)?;
    let (Some(member), Some(paid_at)) = (row.member, row.paid_at) else { return Ok(()) };
    let rows = members::lock_with_survivors(tx, program, [member]).await?;
    let owner = members::survivor(&rows, member).unwrap_or(member);
    let ids = operations.ids.clone();
    let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
    load_lots_of(tx, &mut books, [&row]).await?;
    match ruling {
        Ruling::Release => release(&mut books, owner, &row, paid_at, now)?,
        Ruling::Void => {
            void(&mut books, actor, owner, &mut row, paid_at, now)?;
            orders::update(tx, program, [&row]).await?;
        }
    }
    books.save(tx).await
}

/// Starts the life of the points as the rules of the order have it, not before now.
fn release(
    books: &mut Books,
    owner: MemberId,
    row: &OrderRow,
    paid_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (_, rules) = books.rules.at(paid_at)?;
    let zone = &rules.zone;
    let at = match rules.policy.maturity {
        // Without the completion the points wait on, as those of every order do.
        Maturity::AfterCompletion(days) => {
            row.completed_at.map(|completed| zone.plus_days(completed, days))
        }
        maturity => available_at(maturity, paid_at, zone),
    };
    let Some(at) = at else { return Ok(()) };
    let mut ids = books.ids.clone();
    let mut entries = std::mem::take(&mut books.entries);
    let completion = Completion { at: at.max(now), days: 0, zone };
    complete(books.account(owner), row.id, completion, now, &mut ids, &mut entries);
    books.entries = entries;
    Ok(())
}

/// Takes back what is left of the order's points and growth.
fn void(
    books: &mut Books,
    actor: &Actor,
    owner: MemberId,
    row: &mut OrderRow,
    paid_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (version, rules) = books.rules.at(paid_at)?;
    let (mut points, mut growth) = (Points::ZERO, Points::ZERO);
    for line in &mut row.lines {
        points = points.plus(line.points.minus(line.points_taken));
        growth = growth.plus(line.growth.minus(line.growth_taken));
        line.points_taken = line.points;
        line.growth_taken = line.growth;
    }
    row.updated_at = now;
    let home = row.home.unwrap_or(owner);
    let request = RefundPoints {
        order: row.id,
        at: now,
        restore: Points::ZERO,
        draws: &[],
        claw_back: points,
        origin: Origin {
            home,
            cause: Cause {
                order: Some(row.id),
                channel: Some(row.key.channel.clone()),
                shop: row.shop.clone(),
                staff: Some(actor.name.clone()),
                rule_version: Some(version),
                key: Some("review:abuse".to_owned()),
                ..Cause::default()
            },
        },
    };
    let mut ids = books.ids.clone();
    let mut entries = std::mem::take(&mut books.entries);
    refund(books.account(owner), &request, rules.terms(), now, &mut ids, &mut entries);
    books.entries = entries;
    books.grow(Growth {
        member: owner,
        home,
        at: paid_at,
        points: -growth,
        order: Some(row.id),
        refund: None,
    })
}

/// Why nobody was blocked, and no block lifted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlockError {
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
    /// The rules in force look at nothing, so a block would do nothing.
    #[error("the rules in force have neither `abuse.blocks` nor a rule against abuse")]
    Off,
    /// Nobody is blocked so.
    #[error("there is no such block")]
    NoBlock,
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for BlockError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Who is to be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// A member.
    Member(MemberId),
    /// A device, by the name the callers give it.
    Device(String),
}

/// A block, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What lifts it.
    pub subject: String,
    /// The member, where it is one.
    pub member_id: Option<MemberId>,
    /// Why.
    pub reason: String,
    /// Over at this instant; for good where there is none.
    pub until: Option<Timestamp>,
    /// Since when.
    pub blocked_at: Timestamp,
    /// By whom.
    pub blocked_by: String,
}

impl From<BlockRow> for Block {
    fn from(row: BlockRow) -> Self {
        let BlockRow { subject, member, reason, until, blocked_at, blocked_by } = row;
        Self { subject, member_id: member, reason, until, blocked_at, blocked_by }
    }
}

/// Stops a member or a device: its claims and redemptions are refused, its points wait.
pub async fn block(
    operations: &Operations,
    actor: &Actor,
    whom: &Blocked,
    reason: &str,
    until: Option<Timestamp>,
    key: Option<&RequestKey>,
) -> Result<Answer<Block>, BlockError> {
    if !audit::is_reason(reason) {
        return Err(BlockError::Invalid { field: "reason", problem: audit::REASON });
    }
    let now = operations.clock.now();
    if until.is_some_and(|until| until <= now) {
        return Err(BlockError::Invalid { field: "until", problem: "must lie ahead" });
    }
    if let Blocked::Device(device) = whom
        && (device.is_empty() || device.len() > DEVICE_BYTES_MAX)
    {
        return Err(BlockError::Invalid { field: "device", problem: "must have 1 to 200 bytes" });
    }
    let program = actor.program;
    single(operations, program, key, now, async |tx| {
        let (_, rules) = operations.rules.load(tx, program).await?.at(now)?;
        if !rules.abuse.is_on() {
            return Ok(Err(BlockError::Off));
        }
        let (subject, member) = match whom {
            Blocked::Device(device) => (device_subject(operations, program, device), None),
            Blocked::Member(id) => {
                let rows = members::lock_with_survivors(tx, program, [*id]).await?;
                let Some(owner) = members::survivor(&rows, *id) else {
                    return Ok(Err(BlockError::NoMember(*id)));
                };
                (member_subject(owner), Some(owner))
            }
        };
        let row = BlockRow {
            subject: subject.clone(),
            member,
            reason: reason.trim().to_owned(),
            until,
            blocked_at: now,
            blocked_by: actor.label(),
        };
        abuse::block(tx, program, &row).await?;
        let detail = serde_json::json!({ "reason": row.reason, "until": until });
        let mut line = AuditLine::new("abuse.block", &subject, detail);
        line.member = member;
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(Block::from(row)))
    })
    .await
}

/// Lifts a block.
pub async fn unblock(
    operations: &Operations,
    actor: &Actor,
    subject: &str,
) -> Result<(), BlockError> {
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    if !abuse::unblock(&mut tx, actor.program, subject).await? {
        tx.rollback().await?;
        return Err(BlockError::NoBlock);
    }
    let line = AuditLine::new("abuse.unblock", subject, serde_json::json!({}));
    audit::append(&mut tx, actor, now, &[line]).await?;
    Ok(tx.commit().await?)
}

/// Who is blocked now, the latest first.
pub async fn list_blocks(operations: &Operations, actor: &Actor) -> Result<Vec<Block>, BlockError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let rows = abuse::blocks(&mut tx, actor.program, now, BLOCKS_MAX).await?;
    tx.rollback().await?;
    Ok(rows.into_iter().map(Block::from).collect())
}
