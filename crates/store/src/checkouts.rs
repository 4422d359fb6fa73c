//! Checkouts as they are stored: quotes kept for a while, and locks with their latest for each order.

use std::collections::HashMap;

use hui_loyalty::ids::{HoldId, LockId, MemberId, OrderId, ProgramId, QuoteId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Row, Set, Tx};

/// How a lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// It has its parts, until its time-out.
    Held,
    /// Its parts were spent on its order.
    Confirmed,
    /// They were given back on request.
    Cancelled,
    /// It took too long, and a job has written that down.
    Released,
}

impl LockState {
    const ALL: [Self; 4] = [Self::Held, Self::Confirmed, Self::Cancelled, Self::Released];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }

    fn named(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::unreadable("lock state", name))
    }
}

/// A lock as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockRow {
    /// Its number.
    pub id: LockId,
    /// The order it is for.
    pub key: OrderKey,
    /// Who buys.
    pub member: Option<MemberId>,
    /// The member it goes back to at an un-merge.
    pub home: Option<MemberId>,
    /// How it stands, as far as it is written down.
    pub state: LockState,
    /// Free again from this instant on.
    pub until: Timestamp,
    /// Digest of what was asked for.
    pub fingerprint: String,
    /// Cart, quote and rules, as JSON.
    pub document: String,
    /// The points set aside.
    pub hold: Option<HoldId>,
    /// The wallet money set aside.
    pub wallet: Option<HoldId>,
    /// The order that confirmed it.
    pub order: Option<OrderId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was confirmed, cancelled or released.
    pub ended_at: Option<Timestamp>,
}

impl LockRow {
    /// Whether it has its parts at an instant.
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.state == LockState::Held && self.until > at
    }
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("lock_id"),
    Column::Text("channel"),
    Column::Text("order_no"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("state"),
    Column::Int("until_at"),
    Column::Text("fingerprint"),
    Column::Text("document"),
    Column::Int("hold_id"),
    Column::Int("wallet_hold_id"),
    Column::Int("order_id"),
    Column::Int("created_at"),
    Column::Int("ended_at"),
];

const LOCK: &str = "l.lock_id, l.channel, l.order_no, l.member_id, l.home_id, l.state, l.until_at,
    l.fingerprint, l.document, l.hold_id, l.wallet_hold_id, l.order_id, l.created_at,
    l.ended_at";

fn read(row: &Row) -> Result<LockRow, Error> {
    Ok(LockRow {
        id: LockId(row.int(0)?),
        key: OrderKey { channel: row.text(1)?, order_no: row.text(2)? },
        member: row.opt_int(3)?.map(MemberId),
        home: row.opt_int(4)?.map(MemberId),
        state: LockState::named(row.str(5)?)?,
        until: Timestamp(row.int(6)?),
        fingerprint: row.text(7)?,
        document: row.text(8)?,
        hold: row.opt_int(9)?.map(HoldId),
        wallet: row.opt_int(10)?.map(HoldId),
        order: row.opt_int(11)?.map(OrderId),
        created_at: Timestamp(row.int(12)?),
        ended_at: row.opt_int(13)?.map(Timestamp),
    })
}

/// Adds locks and replaces those that are there.
pub async fn save<'a>(
    tx: &mut Tx,
    program: ProgramId,
    locks: impl IntoIterator<Item = &'a LockRow>,
) -> Result<(), Error> {
    let mut set = Set::new(COLUMNS);
    for lock in locks {
        set.push(&[
            program.0.into(),
            lock.id.0.into(),
            (&lock.key.channel).into(),
            (&lock.key.order_no).into(),
            lock.member.map(|id| id.0).into(),
            lock.home.map(|id| id.0).into(),
            lock.state.name().into(),
            lock.until.0.into(),
            (&lock.fingerprint).into(),
            (&lock.document).into(),
            lock.hold.map(|id| id.0).into(),
            lock.wallet.map(|id| id.0).into(),
            lock.order.map(|id| id.0).into(),
            lock.created_at.0.into(),
            lock.ended_at.map(|at| at.0).into(),
        ]);
    }
    let changing = ["state", "until_at", "order_id", "ended_at"];
    tx.upsert("checkout_locks", "program_id, lock_id", &changing, set).await?;
    Ok(())
}

/// Locks by number.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    locks: impl IntoIterator<Item = LockId>,
) -> Result<HashMap<LockId, LockRow>, Error> {
    const ID: &[Column] = &[Column::Int("lock_id")];
    let sql = format!(
        "select {LOCK} from {{set}} cross join checkout_locks l
         where l.program_id = $1 and l.lock_id = s.lock_id"
    );
    let set = Set::of_ints(ID, locks.into_iter().map(|id| id.0));
    let rows = tx.fetch_set(&sql, &[program.0.into()], set).await?;
    rows.iter().map(|row| read(row).map(|lock| (lock.id, lock))).collect()
}

const KEYS: &[Column] =
    &[Column::Text("channel"), Column::Text("order_no"), Column::Int("lock_id")];

fn key_set<'a>(keys: impl IntoIterator<Item = (&'a OrderKey, LockId)>) -> Set {
    let mut sorted: Vec<(&OrderKey, LockId)> = keys.into_iter().collect();
    sorted.sort();
    let mut set = Set::with_capacity(KEYS, sorted.len());
    for (key, id) in sorted {
        set.push(&[(&key.channel).into(), (&key.order_no).into(), id.0.into()]);
    }
    set
}

/// Makes sure that orders have a key to be locked by; each names a lock that may not exist yet.
pub async fn claim_keys(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(&OrderKey, LockId)],
) -> Result<(), Error> {
    tx.execute_set(
        "insert into checkout_keys (program_id, channel, order_no, lock_id)
         select $1, s.channel, s.order_no, s.lock_id from {set} where true
         on conflict (program_id, channel, order_no) do nothing",
        &[program.0.into()],
        key_set(keys.iter().copied()),
    )
    .await?;
    Ok(())
}

/// The latest lock of each order; their keys are locked, in order.
pub async fn lock_keys<'a>(
    tx: &mut Tx,
    program: ProgramId,
    keys: impl IntoIterator<Item = &'a OrderKey>,
) -> Result<HashMap<OrderKey, LockId>, Error> {
    let rows = tx
        .fetch_set(
            "select k.channel, k.order_no, k.lock_id from checkout_keys k
             where k.program_id = $1 and (k.channel, k.order_no) in (select s.channel, s.order_no from {set})
             order by k.channel, k.order_no {lock}",
            &[program.0.into()],
            key_set(keys.into_iter().map(|key| (key, LockId(0)))),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let key = OrderKey { channel: row.text(0)?, order_no: row.text(1)? };
            Ok((key, LockId(row.int(2)?)))
        })
        .collect()
}

/// Names the latest lock of orders whose keys are locked.
pub async fn point_keys(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(&OrderKey, LockId)],
) -> Result<(), Error> {
    tx.execute_set(
        "update checkout_keys set lock_id = s.lock_id from {set}
         where checkout_keys.program_id = $1 and checkout_keys.channel = s.channel
           and checkout_keys.order_no = s.order_no",
        &[program.0.into()],
        key_set(keys.iter().copied()),
    )
    .await?;
    Ok(())
}

/// Takes keys back of which no lock was made.
pub async fn give_up_keys(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(&OrderKey, LockId)],
) -> Result<(), Error> {
    tx.execute_set(
        "delete from checkout_keys where program_id = $1 and (channel, order_no, lock_id) in
         (select s.channel, s.order_no, s.lock_id from {set})",
        &[program.0.into()],
        key_set(keys.iter().copied()),
    )
    .await?;
    Ok(())
}

/// Writes down that locks took too long; says how many.
pub async fn release_due(tx: &mut Tx, program: ProgramId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "update checkout_locks set state = 'released', ended_at = until_at
         where program_id = $1 and state = 'held' and until_at <= $2",
        &[program.0.into(), now.0.into()],
    )
    .await
}

/// Keeps a quote.
pub async fn keep_quote(
    tx: &mut Tx,
    program: ProgramId,
    id: QuoteId,
    document: &str,
    created_at: Timestamp,
    until: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "insert into checkout_quotes (program_id, quote_id, document, created_at, until_at)
         values ($1, $2, $3, $4, $5)",
        &[program.0.into(), id.0.into(), document.into(), created_at.0.into(), until.0.into()],
    )
    .await?;
    Ok(())
}

/// The documents of quotes that are kept at an instant.
pub async fn load_quotes(
    tx: &mut Tx,
    program: ProgramId,
    quotes: impl IntoIterator<Item = QuoteId>,
    now: Timestamp,
) -> Result<HashMap<QuoteId, String>, Error> {
    const ID: &[Column] = &[Column::Int("quote_id")];
    let rows = tx
        .fetch_set(
            "select q.quote_id, q.document from {set} cross join checkout_quotes q
             where q.program_id = $1 and q.quote_id = s.quote_id and q.until_at > $2",
            &[program.0.into(), now.0.into()],
            Set::of_ints(ID, quotes.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter().map(|row| Ok((QuoteId(row.int(0)?), row.text(1)?))).collect()
}

/// Forgets quotes whose time is over; says how many.
pub async fn forget_quotes(tx: &mut Tx, program: ProgramId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "delete from checkout_quotes where program_id = $1 and until_at <= $2",
        &[program.0.into(), now.0.into()],
    )
    .await
}

/// What does not fit together in the books of locks and promotions; nothing when all is well.
///
/// A promotion's counters are the sums of what locks used of it; a confirmed lock is its
/// order's, which says who paid which part of it.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let rows = tx
        .fetch(
            "select q.promotion, q.money, q.uses, q.pieces,
                (select coalesce(cast(sum(u.money) as bigint), 0) from offer_uses u
                    where u.program_id = q.program_id and u.promotion = q.promotion and u.state = 'used'),
                (select count(*) from offer_uses u
                    where u.program_id = q.program_id and u.promotion = q.promotion and u.state = 'used'),
                (select coalesce(cast(sum(u.pieces) as bigint), 0) from offer_uses u
                    where u.program_id = q.program_id and u.promotion = q.promotion and u.state = 'used')
             from offer_quotas q where q.program_id = $1 order by q.promotion",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let counted = (row.int(1)?, row.int(2)?, row.int(3)?);
        let used = (row.int(4)?, row.int(5)?, row.int(6)?);
        if counted != used {
            let promotion = row.text(0)?;
            found.push(format!(
                "the promotion {promotion} counts {counted:?} (money, orders, pieces), its locks used {used:?}"
            ));
        }
    }
    let rows = tx
        .fetch(
            "select l.lock_id from checkout_locks l
             left join order_tenders t on t.program_id = l.program_id and t.order_id = l.order_id
             where l.program_id = $1 and l.state = 'confirmed'
               and (t.lock_id is null or t.lock_id <> l.lock_id)
             order by l.lock_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = LockId(row.int(0)?);
        found.push(format!("the lock {id} was confirmed and its order does not know it"));
    }
    let rows = tx
        .fetch(
            "select l.lock_id from checkout_locks l
             join offer_uses u on u.program_id = l.program_id and u.lock_id = l.lock_id
             where l.program_id = $1 and (u.state = 'used') <> (l.state = 'confirmed')
             order by l.lock_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = LockId(row.int(0)?);
        found.push(format!("the lock {id} and what it used of promotions do not agree"));
    }
    found.extend(crate::gifts::discrepancies(tx, program).await?);
    Ok(found)
}
