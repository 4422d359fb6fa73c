//! What tiers and cards give by themselves: planned by upgrades, sales and the calendar, given once.
//!
//! A gift is a row that is first planned and then given; the two may be one transaction. Whoever
//! gives it holds the member's row, so two workers give it once, and what was written with it, its
//! entry and its coupons, stands or falls with it.

use std::collections::HashMap;
use std::sync::Arc;

use hui_loyalty::amounts::Points;
use hui_loyalty::benefits::{Benefit, Due, coming, due_on, has_calendar, is_due_on};
use hui_loyalty::ids::{CouponId, MemberId, NewIds as _, ProgramId};
use hui_loyalty::program::Program;
use hui_loyalty::time::Timestamp;
use hui_store::benefits::{self, BenefitRow, Calendar};
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::{Error, Tx, versions};

use crate::actor::Actor;
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::coupons::issuing::Received;
use crate::read_members::find;
use crate::rules::Rules;
use crate::slices::StoreFailed;
use crate::wallet::topping_up::gift_of;

/// How many gifts one transaction gives.
const GIFTS_AT_ONCE: i64 = 200;
/// How many members one look at the calendar reads at a time.
const PAGE: i64 = 2_000;
/// How many such pages one transaction reads at most.
const PAGES_AT_ONCE: usize = 20;
/// How many gifts that are planned the benefits of a member show.
const COMING_MAX: i64 = 200;

/// The name under which the gifts of a program are given.
fn giver(program: ProgramId) -> Actor {
    Actor::system(program, "benefits")
}

/// The row of a gift of a tier that is planned.
pub(crate) fn planned(id: i64, member: MemberId, due: Due) -> BenefitRow {
    BenefitRow {
        id,
        member,
        home: member,
        benefit: due.benefit,
        period: due.period,
        tier: Some(due.tier),
        card: None,
        gift: due.gift,
        due_at: due.at,
        given_at: None,
        points: Points::ZERO,
        entry: None,
        coupons: 0,
        problem: None,
    }
}

/// Gives planned gifts to members whose books are open; answers the rows with their coupons.
///
/// A coupon that cannot be had, because its stock is out or its template is gone, holds nothing
/// else up: the rest is given and the row says what is missing.
pub(crate) async fn give(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    books: &mut Books,
    rows: Vec<BenefitRow>,
    now: Timestamp,
) -> Result<Vec<(BenefitRow, Vec<Received>)>, Error> {
    let mut given = Vec::with_capacity(rows.len());
    for mut row in rows {
        let name = row.benefit.name();
        let earned = books.award(row.member, row.home, name, row.gift.points, now, None)?;
        row.points = if earned.entry.is_some() { row.gift.points } else { Points::ZERO };
        row.entry = earned.entry;
        let key = format!("{name}:{}", row.period);
        let mut received = Vec::new();
        for template in &row.gift.coupons {
            match gift_of(operations, tx, actor, *template, row.member, &key, now).await? {
                Ok(coupons) => received.extend(coupons),
                Err(refusal) => row.problem = Some(format!("{template}: {refusal}")),
            }
        }
        let coupons: Vec<CouponId> = received.iter().map(|one| one.coupon_id).collect();
        row.coupons = i64::try_from(coupons.len()).unwrap_or(i64::MAX);
        row.given_at = Some(now);
        benefits::give(tx, actor.program, &row, &coupons).await?;
        given.push((row, received));
    }
    Ok(given)
}

/// Gives what is planned and due; answers how much of it was looked at.
///
/// # Errors
///
/// [`Error`] when the store failed; then nothing was given.
pub async fn give_due(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let due = benefits::due(&mut tx, program, now, GIFTS_AT_ONCE).await?;
    if due.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    let ids: Vec<i64> = due.iter().map(|row| row.id).collect();
    let rows = members::lock(&mut tx, program, due.iter().map(|row| row.member)).await?;
    // Another worker may have given them, or a merge moved them, before the members were locked.
    let still = benefits::planned(&mut tx, program, &ids).await?;
    let mut mine = Vec::new();
    for row in still {
        match rows.get(&row.member) {
            Some(member) if member.state == MemberState::Active => mine.push(row),
            Some(_) => benefits::forget(&mut tx, program, row.id).await?,
            None => {}
        }
    }
    give_to(operations, &mut tx, program, rows, mine, now).await?;
    tx.commit().await?;
    Ok(due.len())
}

async fn give_to(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    rows: HashMap<MemberId, MemberRow>,
    gifts: Vec<BenefitRow>,
    now: Timestamp,
) -> Result<(), Error> {
    let rules = operations.rules.load(tx, program).await?;
    let ids = operations.ids.clone();
    let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
    give(operations, tx, &giver(program), &mut books, gifts, now).await?;
    books.save(tx).await
}

/// The beginning of the first day after `done` of which gifts may be due, and the rules in force
/// at it; else the beginning of the last day until `now`.
fn next_day(rules: &Rules, done: Timestamp, now: Timestamp) -> (Timestamp, Option<Arc<Program>>) {
    let mut day = done;
    loop {
        // Before the first version no rules are in force, but its zone tells where days begin.
        let Ok((_, zoned)) = rules.at(day) else { return (day, None) };
        let next = zoned.zone.end_of_day(day);
        if next > now {
            return (day, None);
        }
        let in_force = rules.in_force(next);
        day = next;
        if let Some(program) = in_force
            && is_due_on(&program.ladder, &program.zone, day)
        {
            return (day, Some(program));
        }
    }
}

/// Whether any version of the rules gives something by the calendar.
fn have_calendar(rules: &Rules) -> bool {
    rules.all().any(|(_, _, program)| has_calendar(&program.ladder))
}

/// Where the calendar begins: just before the first rules with gifts took effect and were published.
async fn beginning(
    tx: &mut Tx,
    program: ProgramId,
    rules: &Rules,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let published = versions::published(tx, program).await?;
    let told = |version: i64| published.iter().find(|(known, _)| *known == version);
    let begun = rules.all().filter(|(_, _, program)| has_calendar(&program.ladder)).filter_map(
        |(version, effective_at, _)| {
            // The first rules of a program count from the beginning of time: nobody is given gifts
            // for days on which nobody had promised them.
            told(version).map(|(_, published_at)| effective_at.max(*published_at))
        },
    );
    Ok(Timestamp(begun.min().unwrap_or(now).0.saturating_sub(1)))
}

/// One step through the calendar of gifts: some members of the earliest day that is not done.
///
/// Every day has its turn, also after an outage, by the rules in force at its beginning: what is
/// published today gives nothing for the past. False when nothing is due.
///
/// # Errors
///
/// [`Error`] when the store failed; then the step changed nothing.
pub async fn walk_calendar(
    operations: &Operations,
    program: ProgramId,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut tx = operations.store.snapshot().await?;
    let rules = operations.rules.load(&mut tx, program).await?;
    if !have_calendar(&rules) {
        tx.rollback().await?;
        return Ok(false);
    }
    let done = match benefits::calendar(&mut tx, program).await? {
        Some(calendar) => calendar.done_until,
        None => beginning(&mut tx, program, &rules, now).await?,
    };
    tx.rollback().await?;
    if next_day(&rules, done, now).0 == done {
        return Ok(false);
    }
    let mut tx = operations.store.begin().await?;
    let calendar = benefits::lock_calendar(&mut tx, program, done).await?;
    // Another worker may have gone on before the calendar was locked.
    let (day, in_force) = next_day(&rules, calendar.done_until, now);
    let after = match in_force {
        Some(in_force) => {
            one_step(operations, &mut tx, program, calendar, &in_force, day, now).await?
        }
        None => None,
    };
    let next = match after {
        Some(after) => Calendar { after, ..calendar },
        None => Calendar { done_until: day, after: MemberId(0) },
    };
    benefits::save_calendar(&mut tx, program, next).await?;
    tx.commit().await?;
    Ok(true)
}

/// Plans and gives what is due on a day for the next members; the last of them, none when it was
/// the day's last.
async fn one_step(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    calendar: Calendar,
    rules: &Program,
    day: Timestamp,
    now: Timestamp,
) -> Result<Option<MemberId>, Error> {
    let gifts_max = usize::try_from(GIFTS_AT_ONCE).unwrap_or(usize::MAX);
    let mut after = Some(calendar.after);
    let mut due: Vec<(MemberId, Due)> = Vec::new();
    for _ in 0..PAGES_AT_ONCE {
        let Some(from) = after.filter(|_| due.len() < gifts_max) else { break };
        let page = benefits::candidates(tx, program, from, PAGE).await?;
        let is_last = i64::try_from(page.len()).unwrap_or(i64::MAX) < PAGE;
        after = page.last().map(|last| last.member).filter(|_| !is_last);
        for one in page {
            if !one.is_active || one.created_at > day {
                continue;
            }
            if due.len() >= gifts_max {
                break;
            }
            let birthday = one.birthday.as_deref().and_then(|text| text.parse().ok());
            let dues = due_on(&rules.ladder, &rules.zone, &one.tier, birthday, day);
            due.extend(dues.into_iter().map(|due| (one.member, due)));
            if due.len() >= gifts_max {
                after = Some(one.member);
            }
        }
    }
    if due.is_empty() {
        return Ok(after);
    }
    let rows = members::lock(tx, program, due.iter().map(|(member, _)| *member)).await?;
    let concerned = due.iter().map(|(member, _)| *member);
    let both = [Benefit::Birthday, Benefit::Monthly];
    let known = benefits::known(tx, program, concerned, &both).await?;
    let mut ids = operations.ids.clone();
    let plans: Vec<BenefitRow> = due
        .into_iter()
        .filter(|(member, due)| {
            let is_active = rows.get(member).is_some_and(|row| row.state == MemberState::Active);
            is_active && !known.contains(&(*member, due.benefit, due.period.clone()))
        })
        .map(|(member, due)| planned(ids.next_id(), member, due))
        .collect();
    if plans.is_empty() {
        return Ok(after);
    }
    benefits::plan(tx, program, &plans).await?;
    let numbers: Vec<i64> = plans.iter().map(|row| row.id).collect();
    let gifts = benefits::planned(tx, program, &numbers).await?;
    give_to(operations, tx, program, rows, gifts, now).await?;
    Ok(after)
}

/// Why a member's benefits could not be shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BenefitsError {
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for BenefitsError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a member was given, and what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenefitsView {
    /// Whose; the survivor where the named one was merged away.
    pub member: MemberId,
    /// What was given with its coupons, latest first, one more than was asked for where there is.
    pub given: Vec<(BenefitRow, Vec<CouponId>)>,
    /// What comes, earliest first, were the tier and the rules to stay; on the first page only.
    pub coming: Vec<BenefitRow>,
}

/// What a member was given before a place, and what comes.
///
/// # Errors
///
/// [`BenefitsError::NoMember`] when there is none.
pub async fn read_benefits(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<i64>,
    limit: i64,
) -> Result<BenefitsView, BenefitsError> {
    let now = operations.clock.now();
    let program = actor.program;
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(BenefitsError::NoMember(member))?;
    let rows = benefits::list_given(&mut tx, program, row.id, before, limit).await?;
    let mut coupons: HashMap<i64, Vec<CouponId>> = HashMap::new();
    for (id, coupon) in
        benefits::coupons_of(&mut tx, program, rows.iter().map(|row| row.id)).await?
    {
        coupons.entry(id).or_default().push(coupon);
    }
    let given = rows.into_iter().map(|row| (coupons.remove(&row.id).unwrap_or_default(), row));
    let given = given.map(|(coupons, row)| (row, coupons)).collect();
    let coming = match before {
        Some(_) => Vec::new(),
        None => what_comes(operations, &mut tx, program, &row, now).await?,
    };
    tx.rollback().await?;
    Ok(BenefitsView { member: row.id, given, coming })
}

async fn what_comes(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    row: &MemberRow,
    now: Timestamp,
) -> Result<Vec<BenefitRow>, Error> {
    let (_, rules) = operations.rules.load(tx, program).await?.at(now)?;
    let mut rows = benefits::list_planned(tx, program, row.id, COMING_MAX).await?;
    let both = [Benefit::Birthday, Benefit::Monthly];
    let known = benefits::known(tx, program, [row.id], &both).await?;
    let is_given = |due: &Due| known.contains(&(row.id, due.benefit, due.period.clone()));
    let birthday = row.birthday.as_deref().and_then(|text| text.parse().ok());
    let calendar = coming(&rules, &row.tier, birthday, is_given, now);
    rows.extend(calendar.into_iter().map(|due| planned(0, row.id, due)));
    rows.sort_by_key(|row| row.due_at);
    Ok(rows)
}
