//! What tiers and cards give by themselves: gifts that are planned, and gifts that were given.

use std::collections::HashSet;

use hui_loyalty::amounts::Points;
use hui_loyalty::benefits::Benefit;
use hui_loyalty::ids::{CardId, CouponId, EntryId, MemberId, ProgramId};
use hui_loyalty::program::benefits::Gift;
use hui_loyalty::time::Timestamp;

use crate::members::{at, member_set};
use crate::{Column, Error, Row, Set, Tx};

/// A gift as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenefitRow {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// What for.
    pub benefit: Benefit,
    /// For which period: with the benefit, what a member gets once.
    pub period: String,
    /// The tier that gives it.
    pub tier: Option<String>,
    /// The card that gives it.
    pub card: Option<CardId>,
    /// What was promised.
    pub gift: Gift,
    /// When it is due.
    pub due_at: Timestamp,
    /// When it was given; none while it is planned.
    pub given_at: Option<Timestamp>,
    /// The points that were given.
    pub points: Points,
    /// The entry that gave them.
    pub entry: Option<EntryId>,
    /// How many coupons were given.
    pub coupons: i64,
    /// Why not all of it was given.
    pub problem: Option<String>,
}

const BENEFIT: &str = "select b.delivery_id, b.member_id, b.home_id, b.benefit, b.period, b.tier,
    b.card_id, b.gift, b.due_at, b.given_at, b.points, b.entry_id, b.coupons, b.problem
    from benefits b";

fn read(row: &Row) -> Result<BenefitRow, Error> {
    let benefit = row.str(3)?;
    Ok(BenefitRow {
        id: row.int(0)?,
        member: MemberId(row.int(1)?),
        home: MemberId(row.int(2)?),
        benefit: Benefit::named(benefit).ok_or_else(|| Error::unreadable("benefit", benefit))?,
        period: row.text(4)?,
        tier: row.opt_text(5)?,
        card: row.opt_int(6)?.map(CardId),
        gift: serde_json::from_str(row.str(7)?)
            .map_err(|error| Error::unreadable("gift", error))?,
        due_at: Timestamp(row.int(8)?),
        given_at: at(row.opt_int(9)?),
        points: Points(row.int(10)?),
        entry: row.opt_int(11)?.map(EntryId),
        coupons: row.int(12)?,
        problem: row.opt_text(13)?,
    })
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("delivery_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("benefit"),
    Column::Text("period"),
    Column::Text("tier"),
    Column::Int("card_id"),
    Column::Text("gift"),
    Column::Int("due_at"),
    Column::Int("points"),
    Column::Int("coupons"),
];

/// Plans gifts; what is planned or given already for the same home, benefit and period stays.
pub async fn plan(tx: &mut Tx, program: ProgramId, rows: &[BenefitRow]) -> Result<(), Error> {
    let mut set = Set::with_capacity(COLUMNS, rows.len());
    for row in rows {
        let gift =
            serde_json::to_string(&row.gift).map_err(|error| Error::unreadable("gift", error))?;
        set.push(&[
            program.0.into(),
            row.id.into(),
            row.member.0.into(),
            row.home.0.into(),
            row.benefit.name().into(),
            (&row.period).into(),
            (&row.tier).into(),
            row.card.map(|id| id.0).into(),
            (&gift).into(),
            row.due_at.0.into(),
            0_i64.into(),
            0_i64.into(),
        ]);
    }
    tx.execute_set(
        "insert into benefits (program_id, delivery_id, member_id, home_id, benefit, period, tier,
            card_id, gift, due_at, points, coupons)
         select s.program_id, s.delivery_id, s.member_id, s.home_id, s.benefit, s.period, s.tier,
            s.card_id, s.gift, s.due_at, s.points, s.coupons from {set} where true
         on conflict do nothing",
        &[],
        set,
    )
    .await?;
    Ok(())
}

/// Gifts by number that are still planned; their members are locked.
pub async fn planned(
    tx: &mut Tx,
    program: ProgramId,
    ids: &[i64],
) -> Result<Vec<BenefitRow>, Error> {
    const ID: &[Column] = &[Column::Int("delivery_id")];
    let sql = format!(
        "{BENEFIT} where b.program_id = $1 and b.given_at is null
             and b.delivery_id in (select s.delivery_id from {{set}}) order by b.delivery_id"
    );
    let set = Set::of_ints(ID, ids.iter().copied());
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read).collect()
}

/// Planned gifts that are due, earliest first.
pub async fn due(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<BenefitRow>, Error> {
    let sql = format!(
        "{BENEFIT} where b.program_id = $1 and b.given_at is null and b.due_at <= $2
         order by b.due_at, b.delivery_id limit $3"
    );
    let cells = [program.0.into(), now.0.into(), limit.into()];
    tx.fetch(&sql, &cells).await?.iter().map(read).collect()
}

/// Which of some benefits and periods members have planned or given.
pub async fn known(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    benefits: &[Benefit],
) -> Result<HashSet<(MemberId, Benefit, String)>, Error> {
    let rows = tx
        .fetch_set(
            "select b.member_id, b.benefit, b.period from {set}
             cross join benefits b where b.program_id = $1 and b.member_id = s.member_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    let mut found = HashSet::new();
    for row in &rows {
        if let Some(benefit) = Benefit::named(row.str(1)?).filter(|one| benefits.contains(one)) {
            found.insert((MemberId(row.int(0)?), benefit, row.text(2)?));
        }
    }
    Ok(found)
}

/// Notes that a planned gift was given, and its coupons.
pub async fn give(
    tx: &mut Tx,
    program: ProgramId,
    row: &BenefitRow,
    coupons: &[CouponId],
) -> Result<(), Error> {
    const COUPON: &[Column] =
        &[Column::Int("program_id"), Column::Int("delivery_id"), Column::Int("coupon_id")];
    tx.execute(
        "update benefits set given_at = $3, points = $4, entry_id = $5, coupons = $6, problem = $7
         where program_id = $1 and delivery_id = $2",
        &[
            program.0.into(),
            row.id.into(),
            row.given_at.map(|at| at.0).into(),
            row.points.0.into(),
            row.entry.map(|id| id.0).into(),
            row.coupons.into(),
            (&row.problem).into(),
        ],
    )
    .await?;
    let mut set = Set::with_capacity(COUPON, coupons.len());
    for coupon in coupons {
        set.push(&[program.0.into(), row.id.into(), coupon.0.into()]);
    }
    tx.insert("benefit_coupons", set).await?;
    Ok(())
}

/// Takes planned gifts of a card off: it ended before they were due.
pub async fn forget_of_card(tx: &mut Tx, program: ProgramId, card: CardId) -> Result<(), Error> {
    tx.execute(
        "delete from benefits where program_id = $1 and card_id = $2 and given_at is null",
        &[program.0.into(), card.0.into()],
    )
    .await?;
    Ok(())
}

/// Takes a planned gift off: its member is not in use any more.
pub async fn forget(tx: &mut Tx, program: ProgramId, id: i64) -> Result<(), Error> {
    tx.execute(
        "delete from benefits where program_id = $1 and delivery_id = $2 and given_at is null",
        &[program.0.into(), id.into()],
    )
    .await?;
    Ok(())
}

/// What a card has given.
pub async fn of_card(
    tx: &mut Tx,
    program: ProgramId,
    card: CardId,
) -> Result<Vec<BenefitRow>, Error> {
    let sql = format!(
        "{BENEFIT} where b.program_id = $1 and b.card_id = $2 and b.given_at is not null
         order by b.delivery_id"
    );
    tx.fetch(&sql, &[program.0.into(), card.0.into()]).await?.iter().map(read).collect()
}

/// The coupons of gifts.
pub async fn coupons_of(
    tx: &mut Tx,
    program: ProgramId,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<(i64, CouponId)>, Error> {
    const ID: &[Column] = &[Column::Int("delivery_id")];
    let rows = tx
        .fetch_set(
            "select c.delivery_id, c.coupon_id from {set} cross join benefit_coupons c
             where c.program_id = $1 and c.delivery_id = s.delivery_id
             order by c.delivery_id, c.coupon_id",
            &[program.0.into()],
            Set::of_ints(ID, ids),
        )
        .await?;
    rows.iter().map(|row| Ok((row.int(0)?, CouponId(row.int(1)?)))).collect()
}

/// What a member was given, latest first, before a number.
pub async fn list_given(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<BenefitRow>, Error> {
    let sql = format!(
        "{BENEFIT} where b.program_id = $1 and b.member_id = $2 and b.given_at is not null
             and b.delivery_id < $3 order by b.delivery_id desc limit $4"
    );
    let before = before.unwrap_or(i64::MAX);
    tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// What is planned for a member, earliest first, at most so many.
pub async fn list_planned(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    limit: i64,
) -> Result<Vec<BenefitRow>, Error> {
    let sql = format!(
        "{BENEFIT} where b.program_id = $1 and b.member_id = $2 and b.given_at is null
         order by b.due_at, b.delivery_id limit $3"
    );
    let cells = [program.0.into(), member.0.into(), limit.into()];
    tx.fetch(&sql, &cells).await?.iter().map(read).collect()
}

/// How far the gifts of the calendar are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// The beginning of the last day that is done.
    pub done_until: Timestamp,
    /// Of the day that is under way: the last member looked at.
    pub after: MemberId,
}

/// How far the gifts of the calendar are given; none where it was never looked at.
pub async fn calendar(tx: &mut Tx, program: ProgramId) -> Result<Option<Calendar>, Error> {
    read_calendar(tx, program, "").await
}

/// The same, kept from other workers; made to begin at `start` where it was never looked at.
pub async fn lock_calendar(
    tx: &mut Tx,
    program: ProgramId,
    start: Timestamp,
) -> Result<Calendar, Error> {
    tx.execute(
        "insert into benefit_calendar (program_id, done_until, after_member) values ($1, $2, 0)
         on conflict do nothing",
        &[program.0.into(), start.0.into()],
    )
    .await?;
    let found = read_calendar(tx, program, " {lock}").await?;
    found.ok_or_else(|| Error::unreadable("benefit calendar", "absent"))
}

async fn read_calendar(
    tx: &mut Tx,
    program: ProgramId,
    lock: &str,
) -> Result<Option<Calendar>, Error> {
    let sql = format!(
        "select done_until, after_member from benefit_calendar where program_id = $1{lock}"
    );
    let row = tx.fetch_one(&sql, &[program.0.into()]).await?;
    row.map(|row| Ok(Calendar { done_until: Timestamp(row.int(0)?), after: MemberId(row.int(1)?) }))
        .transpose()
}

/// Writes how far it is.
pub async fn save_calendar(
    tx: &mut Tx,
    program: ProgramId,
    calendar: Calendar,
) -> Result<(), Error> {
    tx.execute(
        "update benefit_calendar set done_until = $2, after_member = $3 where program_id = $1",
        &[program.0.into(), calendar.done_until.0.into(), calendar.after.0.into()],
    )
    .await?;
    Ok(())
}

/// What the calendar looks at of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The member.
    pub member: MemberId,
    /// Whether it is in use.
    pub is_active: bool,
    /// When it first appeared.
    pub created_at: Timestamp,
    /// The tier held.
    pub tier: String,
    /// The date of birth.
    pub birthday: Option<String>,
}

/// The next members after one, in the order of their numbers.
pub async fn candidates(
    tx: &mut Tx,
    program: ProgramId,
    after: MemberId,
    limit: i64,
) -> Result<Vec<Candidate>, Error> {
    let rows = tx
        .fetch(
            "select member_id, state, created_at, tier, birthday from members
             where program_id = $1 and member_id > $2 order by member_id limit $3",
            &[program.0.into(), after.0.into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Candidate {
                member: MemberId(row.int(0)?),
                is_active: row.str(1)? == "active",
                created_at: Timestamp(row.int(2)?),
                tier: row.text(3)?,
                birthday: row.opt_text(4)?,
            })
        })
        .collect()
}

/// Gifts whose entry or coupons are not there; as sentences, at most 100 of each kind. There
/// should be none.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let rows = tx
        .fetch(
            "select b.delivery_id, b.benefit, b.period, b.points, e.points from benefits b
             left join entries e on e.program_id = b.program_id and e.entry_id = b.entry_id
             where b.program_id = $1 and b.points > 0
                 and (e.points is null or e.points <> b.points)
             order by b.delivery_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let told = row.opt_int(4)?.unwrap_or(0);
        found.push(format!(
            "the gift {}:{} ({}) gave {} points, its entry tells {told}",
            row.str(1)?,
            row.str(2)?,
            row.int(0)?,
            row.int(3)?
        ));
    }
    let rows = tx
        .fetch(
            "select b.delivery_id, b.benefit, b.period, b.coupons, coalesce(c.there, 0)
             from benefits b left join (
                 select x.delivery_id, count(*) as there from benefit_coupons x join coupons k
                     on k.program_id = x.program_id and k.coupon_id = x.coupon_id
                 where x.program_id = $1 group by x.delivery_id
             ) c on c.delivery_id = b.delivery_id
             where b.program_id = $1 and b.coupons <> coalesce(c.there, 0)
             order by b.delivery_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        found.push(format!(
            "the gift {}:{} ({}) gave {} coupons, {} of them exist",
            row.str(1)?,
            row.str(2)?,
            row.int(0)?,
            row.int(3)?,
            row.int(4)?
        ));
    }
    Ok(found)
}
