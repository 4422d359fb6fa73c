//! Coupons as they are stored: where each stands, and the history that led there.

use std::collections::HashMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::life::Usage;
use hui_loyalty::coupons::templates::Counts;
use hui_loyalty::coupons::{Coupon, Event, Lock, Source, State};
use hui_loyalty::ids::{BatchId, CouponId, MemberId, ProgramId, TemplateId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;

use crate::members::member_set;
use crate::{Column, Error, Row, Set, Tx};

pub mod batches;
pub mod templates;

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("coupon_id"),
    Column::Int("template_id"),
    Column::Int("version"),
    Column::Text("code"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("state"),
    Column::Int("valid_from"),
    Column::Int("valid_until"),
    Column::Int("received_at"),
    Column::Int("uses_left"),
    Column::Text("locked_by"),
    Column::Int("locked_until"),
    Column::Text("order_channel"),
    Column::Text("order_no"),
    Column::Int("discount"),
    Column::Text("source"),
    Column::Text("source_key"),
    Column::Int("batch_id"),
    Column::Int("due_at"),
];

const CHANGED: &[Column] = &[
    Column::Int("coupon_id"),
    Column::Text("was"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("state"),
    Column::Int("valid_from"),
    Column::Int("valid_until"),
    Column::Int("received_at"),
    Column::Int("uses_left"),
    Column::Text("locked_by"),
    Column::Int("locked_until"),
    Column::Text("order_channel"),
    Column::Text("order_no"),
    Column::Int("discount"),
    Column::Int("due_at"),
];

const COUPON: &str =
    "c.coupon_id, c.template_id, c.version, c.code, c.member_id, c.home_id, c.state, c.valid_from,
    c.valid_until, c.received_at, c.uses_left, c.locked_by, c.locked_until, c.order_channel,
    c.order_no, c.discount, c.source, c.source_key, c.batch_id";

/// Where a coupon stands at the instant `$2`.
const STATE_AT: &str = "case when c.state = 'locked' and c.locked_until > $2 then 'locked'
    when c.state in ('issued', 'locked') and c.valid_until <= $2 then 'expired'
    when c.state = 'locked' then 'issued' else c.state end";

fn order_key(channel: Option<String>, order_no: Option<String>) -> Option<OrderKey> {
    Some(OrderKey { channel: channel?, order_no: order_no? })
}

fn state(name: &str) -> Result<State, Error> {
    State::named(name).ok_or_else(|| Error::unreadable("coupon state", name))
}

fn read(row: &Row) -> Result<Coupon, Error> {
    let source = row.str(16)?;
    let lock = match (row.opt_text(11)?, row.opt_int(12)?) {
        (Some(session), Some(until)) => Some(Lock { session, until: Timestamp(until) }),
        _ => None,
    };
    Ok(Coupon {
        id: CouponId(row.int(0)?),
        template: TemplateId(row.int(1)?),
        version: row.int(2)?,
        code: row.text(3)?,
        member: row.opt_int(4)?.map(MemberId),
        home: row.opt_int(5)?.map(MemberId),
        state: state(row.str(6)?)?,
        valid_from: Timestamp(row.int(7)?),
        valid_until: Timestamp(row.int(8)?),
        received_at: Timestamp(row.int(9)?),
        uses_left: row.int(10)?,
        lock,
        order: order_key(row.opt_text(13)?, row.opt_text(14)?),
        discount: Money(row.int(15)?),
        source: Source::named(source).ok_or_else(|| Error::unreadable("coupon source", source))?,
        source_key: row.opt_text(17)?,
        batch: row.opt_int(18)?.map(BatchId),
    })
}

fn session(coupon: &Coupon) -> Option<&str> {
    coupon.lock.as_ref().map(|lock| lock.session.as_str())
}

fn locked_until(coupon: &Coupon) -> Option<i64> {
    coupon.lock.as_ref().map(|lock| lock.until.0)
}

fn order_parts(order: Option<&OrderKey>) -> (Option<&str>, Option<&str>) {
    (order.map(|key| key.channel.as_str()), order.map(|key| key.order_no.as_str()))
}

/// Adds coupons.
pub async fn insert(tx: &mut Tx, program: ProgramId, coupons: &[Coupon]) -> Result<(), Error> {
    let mut set = Set::with_capacity(COLUMNS, coupons.len());
    for coupon in coupons {
        let (order_channel, order_no) = order_parts(coupon.order.as_ref());
        set.push(&[
            program.0.into(),
            coupon.id.0.into(),
            coupon.template.0.into(),
            coupon.version.into(),
            (&coupon.code).into(),
            coupon.member.map(|id| id.0).into(),
            coupon.home.map(|id| id.0).into(),
            coupon.state.name().into(),
            coupon.valid_from.0.into(),
            coupon.valid_until.0.into(),
            coupon.received_at.0.into(),
            coupon.uses_left.into(),
            session(coupon).into(),
            locked_until(coupon).into(),
            order_channel.into(),
            order_no.into(),
            coupon.discount.0.into(),
            coupon.source.name().into(),
            (&coupon.source_key).into(),
            coupon.batch.map(|id| id.0).into(),
            coupon.due_at().map(|at| at.0).into(),
        ]);
    }
    tx.insert("coupons", set).await?;
    Ok(())
}

/// Writes coupons that changed, each with the state it was loaded in.
///
/// # Errors
///
/// [`Error::Unreadable`] when one is no longer in that state: it was not locked before.
pub async fn update(
    tx: &mut Tx,
    program: ProgramId,
    changed: &[(State, Coupon)],
) -> Result<(), Error> {
    let mut changed: Vec<&(State, Coupon)> = changed.iter().collect();
    changed.sort_by_key(|(_, coupon)| coupon.id);
    let mut set = Set::with_capacity(CHANGED, changed.len());
    for (was, coupon) in &changed {
        let (order_channel, order_no) = order_parts(coupon.order.as_ref());
        set.push(&[
            coupon.id.0.into(),
            was.name().into(),
            coupon.member.map(|id| id.0).into(),
            coupon.home.map(|id| id.0).into(),
            coupon.state.name().into(),
            coupon.valid_from.0.into(),
            coupon.valid_until.0.into(),
            coupon.received_at.0.into(),
            coupon.uses_left.into(),
            session(coupon).into(),
            locked_until(coupon).into(),
            order_channel.into(),
            order_no.into(),
            coupon.discount.0.into(),
            coupon.due_at().map(|at| at.0).into(),
        ]);
    }
    let written = tx
        .execute_set(
            "update coupons set member_id = s.member_id, home_id = s.home_id, state = s.state,
                valid_from = s.valid_from, valid_until = s.valid_until, received_at = s.received_at,
                uses_left = s.uses_left, locked_by = s.locked_by, locked_until = s.locked_until,
                order_channel = s.order_channel, order_no = s.order_no, discount = s.discount,
                due_at = s.due_at
             from {set} where coupons.program_id = $1 and coupons.coupon_id = s.coupon_id
                and coupons.state = s.was",
            &[program.0.into()],
            set,
        )
        .await?;
    if written == changed.len() as u64 {
        Ok(())
    } else {
        Err(Error::unreadable("coupon", "changed by another since it was read"))
    }
}

/// Coupons by number, locked in the order of their numbers.
pub async fn lock(
    tx: &mut Tx,
    program: ProgramId,
    coupons: impl IntoIterator<Item = CouponId>,
) -> Result<Vec<Coupon>, Error> {
    const ID: &[Column] = &[Column::Int("coupon_id")];
    let sql = format!(
        "select {COUPON} from coupons c
         where c.program_id = $1 and c.coupon_id in (select s.coupon_id from {{set}})
         order by c.coupon_id {{lock}}"
    );
    let set = Set::of_ints(ID, coupons.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read).collect()
}

/// Coupons by number.
pub async fn load_all(
    tx: &mut Tx,
    program: ProgramId,
    coupons: impl IntoIterator<Item = CouponId>,
) -> Result<Vec<Coupon>, Error> {
    const ID: &[Column] = &[Column::Int("coupon_id")];
    let sql = format!(
        "select {COUPON} from {{set}} cross join coupons c
         where c.program_id = $1 and c.coupon_id = s.coupon_id"
    );
    let set = Set::of_ints(ID, coupons.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read).collect()
}

fn code_set<'a>(codes: impl IntoIterator<Item = &'a str>) -> Set {
    const CODE: &[Column] = &[Column::Text("code")];
    let mut set = Set::new(CODE);
    for code in codes {
        set.push(&[code.into()]);
    }
    set
}

/// Coupons by code, locked in the order of their numbers.
pub async fn lock_codes(
    tx: &mut Tx,
    program: ProgramId,
    codes: impl IntoIterator<Item = &str>,
) -> Result<Vec<Coupon>, Error> {
    let sql = format!(
        "select {COUPON} from coupons c
         where c.program_id = $1 and c.code in (select s.code from {{set}})
         order by c.coupon_id {{lock}}"
    );
    tx.fetch_set(&sql, &[program.0.into()], code_set(codes)).await?.iter().map(read).collect()
}

/// The numbers of the coupons of codes; a code nobody has is left out.
pub async fn numbers(
    tx: &mut Tx,
    program: ProgramId,
    codes: impl IntoIterator<Item = &str>,
) -> Result<Vec<CouponId>, Error> {
    let rows = tx
        .fetch_set(
            "select c.coupon_id from {set} cross join coupons c
             where c.program_id = $1 and c.code = s.code",
            &[program.0.into()],
            code_set(codes),
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(CouponId)).collect()
}

/// The coupon of a code.
pub async fn find_code(
    tx: &mut Tx,
    program: ProgramId,
    code: &str,
) -> Result<Option<Coupon>, Error> {
    let sql = format!("select {COUPON} from coupons c where c.program_id = $1 and c.code = $2");
    tx.fetch_one(&sql, &[program.0.into(), code.into()]).await?.as_ref().map(read).transpose()
}

/// The coupon of a number.
pub async fn load(tx: &mut Tx, program: ProgramId, id: CouponId) -> Result<Option<Coupon>, Error> {
    let sql =
        format!("select {COUPON} from coupons c where c.program_id = $1 and c.coupon_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// A member's coupons that stand in a state at an instant, latest first, before a number.
pub async fn of_member(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    now: Timestamp,
    state: Option<State>,
    before: Option<CouponId>,
    limit: i64,
) -> Result<Vec<Coupon>, Error> {
    let sql = format!(
        "select {COUPON} from coupons c
         where c.program_id = $1 and c.member_id = $3 and c.coupon_id < $4
           and ($5 is null or {STATE_AT} = $5)
         order by c.coupon_id desc limit $6"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows = tx
        .fetch(
            &sql,
            &[
                program.0.into(),
                now.0.into(),
                member.0.into(),
                before.into(),
                state.map(State::name).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The coupons a member can use at an instant, those that end first in front; at most 500.
pub async fn usable(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    now: Timestamp,
) -> Result<Vec<Coupon>, Error> {
    let sql = format!(
        "select {COUPON} from coupons c
         where c.program_id = $1 and c.member_id = $3 and c.valid_from <= $2 and {STATE_AT} = 'issued'
         order by c.valid_until, c.coupon_id limit 500"
    );
    let rows = tx.fetch(&sql, &[program.0.into(), now.0.into(), member.0.into()]).await?;
    rows.iter().map(read).collect()
}

/// How many coupons members can use at an instant; who has none is not named.
pub async fn count_usable(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    now: Timestamp,
) -> Result<HashMap<MemberId, i64>, Error> {
    let sql = format!(
        "select c.member_id, count(*) from {{set}} cross join coupons c
         where c.program_id = $1 and c.member_id = s.member_id and c.member_id is not null
           and c.valid_from <= $2 and {STATE_AT} = 'issued'
         group by c.member_id"
    );
    let rows = tx.fetch_set(&sql, &[program.0.into(), now.0.into()], member_set(members)).await?;
    rows.iter().map(|row| Ok((MemberId(row.int(0)?), row.int(1)?))).collect()
}

/// How many coupons of a template a member has received, ever and since an instant.
///
/// What other members gave does not count, nor what was revoked.
pub async fn counts(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    template: TemplateId,
    day_start: Timestamp,
) -> Result<Counts, Error> {
    let row = tx
        .fetch_one(
            "select count(*), count(case when c.received_at >= $4 then 1 end) from coupons c
             where c.program_id = $1 and c.member_id = $2 and c.template_id = $3
               and c.source <> 'transfer' and c.state <> 'revoked'",
            &[program.0.into(), member.0.into(), template.0.into(), day_start.0.into()],
        )
        .await?;
    row.map_or(Ok(Counts::default()), |row| Ok(Counts { member: row.int(0)?, today: row.int(1)? }))
}

/// The next codes of somebody else's making that nobody has, locked.
pub async fn lock_pool(
    tx: &mut Tx,
    program: ProgramId,
    template: TemplateId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Coupon>, Error> {
    let sql = format!(
        "select {COUPON} from coupons c
         where c.program_id = $1 and c.template_id = $2 and c.member_id is null
           and c.source = 'import' and c.state = 'issued' and c.valid_until > $3
         order by c.coupon_id limit $4 {{lock}}"
    );
    let rows =
        tx.fetch(&sql, &[program.0.into(), template.0.into(), now.0.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

/// Coupons that time has changed by an instant, locked; those another has locked are left out.
pub async fn due(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Coupon>, Error> {
    let rows = tx
        .fetch(
            "select c.coupon_id from coupons c where c.program_id = $1 and c.due_at <= $2
             order by c.due_at limit $3",
            &[program.0.into(), now.0.into(), limit.into()],
        )
        .await?;
    let ids = rows.iter().map(|row| row.int(0).map(CouponId)).collect::<Result<Vec<_>, _>>()?;
    lock(tx, program, ids).await
}

const EVENT_COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("event_id"),
    Column::Int("coupon_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("kind"),
    Column::Text("from_state"),
    Column::Text("to_state"),
    Column::Int("at"),
    Column::Int("recorded_at"),
    Column::Text("order_channel"),
    Column::Text("order_no"),
    Column::Int("discount"),
    Column::Int("uses"),
    Column::Text("channel"),
    Column::Text("shop"),
    Column::Text("staff"),
    Column::Text("reason"),
];

/// Adds lines of history, numbered in their order.
pub async fn insert_events(
    tx: &mut Tx,
    program: ProgramId,
    events: &[(i64, Event)],
    now: Timestamp,
) -> Result<(), Error> {
    let mut set = Set::with_capacity(EVENT_COLUMNS, events.len());
    for (id, event) in events {
        let (order_channel, order_no) = order_parts(event.order.as_ref());
        set.push(&[
            program.0.into(),
            (*id).into(),
            event.coupon.0.into(),
            event.member.map(|id| id.0).into(),
            event.home.map(|id| id.0).into(),
            event.kind.name().into(),
            event.from.map(State::name).into(),
            event.to.name().into(),
            event.at.0.into(),
            now.0.into(),
            order_channel.into(),
            order_no.into(),
            event.discount.0.into(),
            event.uses.into(),
            (&event.cause.channel).into(),
            (&event.cause.shop).into(),
            (&event.cause.staff).into(),
            (&event.cause.reason).into(),
        ]);
    }
    tx.insert("coupon_events", set).await?;
    Ok(())
}

/// A line of a coupon's history as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The member it happened for.
    pub member: Option<MemberId>,
    /// What happened.
    pub kind: String,
    /// Where it stood before.
    pub from: Option<String>,
    /// Where it stands since.
    pub to: String,
    /// When it counts from.
    pub at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// The order it is about.
    pub order: Option<OrderKey>,
    /// What the coupon took off.
    pub discount: Money,
    /// How many uses it is about.
    pub uses: i64,
    /// The channel.
    pub channel: Option<String>,
    /// The shop.
    pub shop: Option<String>,
    /// Who.
    pub staff: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The first 500 lines of a coupon's history, earliest first.
pub async fn events_of(
    tx: &mut Tx,
    program: ProgramId,
    coupon: CouponId,
) -> Result<Vec<EventRow>, Error> {
    let rows = tx
        .fetch(
            "select member_id, kind, from_state, to_state, at, recorded_at, order_channel, order_no,
                discount, uses, channel, shop, staff, reason
             from coupon_events where program_id = $1 and coupon_id = $2 order by event_id limit 500",
            &[program.0.into(), coupon.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(EventRow {
                member: row.opt_int(0)?.map(MemberId),
                kind: row.text(1)?,
                from: row.opt_text(2)?,
                to: row.text(3)?,
                at: Timestamp(row.int(4)?),
                recorded_at: Timestamp(row.int(5)?),
                order: order_key(row.opt_text(6)?, row.opt_text(7)?),
                discount: Money(row.int(8)?),
                uses: row.int(9)?,
                channel: row.opt_text(10)?,
                shop: row.opt_text(11)?,
                staff: row.opt_text(12)?,
                reason: row.opt_text(13)?,
            })
        })
        .collect()
}

/// What orders still have used: what was restored is taken off.
pub async fn used_by(
    tx: &mut Tx,
    program: ProgramId,
    orders: &[OrderKey],
) -> Result<Vec<(CouponId, Usage)>, Error> {
    const KEY: &[Column] = &[Column::Text("order_channel"), Column::Text("order_no")];
    let mut set = Set::with_capacity(KEY, orders.len());
    for key in orders {
        set.push(&[(&key.channel).into(), (&key.order_no).into()]);
    }
    let rows = tx
        .fetch_set(
            "select e.coupon_id, e.order_channel, e.order_no,
                cast(sum(case when e.kind = 'restored' then -e.uses else e.uses end) as bigint),
                cast(sum(case when e.kind = 'restored' then -e.discount else e.discount end) as bigint)
             from {set} cross join coupon_events e
             where e.program_id = $1 and e.order_channel = s.order_channel and e.order_no = s.order_no
               and e.order_no is not null and e.kind in ('redeemed', 'used', 'restored')
             group by e.coupon_id, e.order_channel, e.order_no
             having sum(case when e.kind = 'restored' then -e.uses else e.uses end) > 0
             order by e.coupon_id",
            &[program.0.into()],
            set,
        )
        .await?;
    rows.iter()
        .map(|row| {
            let order = OrderKey { channel: row.text(1)?, order_no: row.text(2)? };
            let usage = Usage { order, uses: row.int(3)?, discount: Money(row.int(4)?) };
            Ok((CouponId(row.int(0)?), usage))
        })
        .collect()
}

/// How many of a member's coupon events of a kind there were since an instant.
pub async fn count_events(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    kinds: [&str; 2],
    since: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .fetch_one(
            "select count(*) from coupon_events
             where program_id = $1 and member_id = $2 and at >= $3 and kind in ($4, $5)",
            &[program.0.into(), member.0.into(), since.0.into(), kinds[0].into(), kinds[1].into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Coupons whose history does not lead to where they stand, breaks off on the way, or whose
/// template counts another number of them; as sentences, at most 100. There should be none.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let rows = tx
        .fetch(
            "select c.coupon_id, c.state, h.to_state from coupons c
             left join (
                 select e.coupon_id, e.to_state, row_number() over (
                     partition by e.coupon_id order by e.event_id desc) as place
                 from coupon_events e where e.program_id = $1
             ) h on h.coupon_id = c.coupon_id and h.place = 1
             where c.program_id = $1
               and c.state <> coalesce(h.to_state, case when c.batch_id is null then '' else 'issued' end)
             order by c.coupon_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let (id, state) = (CouponId(row.int(0)?), row.text(1)?);
        let told = row.opt_text(2)?.unwrap_or_else(|| "nothing".to_owned());
        found.push(format!("the coupon {id} is {state}, its history tells {told}"));
    }
    let rows = tx
        .fetch(
            "select h.coupon_id from (
                 select e.coupon_id, e.from_state, lag(e.to_state) over (
                     partition by e.coupon_id order by e.event_id) as before_state
                 from coupon_events e where e.program_id = $1
             ) h where h.before_state is not null and (h.from_state is null or h.from_state <> h.before_state)
             order by h.coupon_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        found.push(format!("the history of the coupon {} has a gap", CouponId(row.int(0)?)));
    }
    let rows = tx
        .fetch(
            "select t.template_id, t.issued,
                (select count(*) from coupons c where c.program_id = t.program_id
                    and c.template_id = t.template_id and c.source <> 'transfer')
                + (select coalesce(cast(sum(b.codes - b.made) as bigint), 0) from coupon_batches b
                    where b.program_id = t.program_id and b.template_id = t.template_id),
                t.discounted,
                (select coalesce(cast(sum(case when e.kind = 'restored' then -e.discount else e.discount end) as bigint), 0)
                    from coupons c join coupon_events e on e.program_id = c.program_id
                        and e.coupon_id = c.coupon_id and e.kind in ('redeemed', 'used', 'restored')
                    where c.program_id = t.program_id and c.template_id = t.template_id)
             from coupon_templates t where t.program_id = $1 order by t.template_id",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = TemplateId(row.int(0)?);
        let (issued, there) = (row.int(1)?, row.int(2)?);
        if issued != there {
            found.push(format!("the template {id} counts {issued} coupons, there are {there}"));
        }
        let (discounted, told) = (row.int(3)?, row.int(4)?);
        if discounted != told {
            found.push(format!(
                "the template {id} counts {discounted} taken off, its coupons' histories {told}"
            ));
        }
    }
    found.truncate(100);
    Ok(found)
}
