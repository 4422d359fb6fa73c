//! The points ledger as it is stored: lots, holds and debts as they stand, entries as they were added.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{EntryId, HoldId, LotId, MemberId, OrderId, ProgramId, RefundId};
use hui_loyalty::ledger::{Account, Cause, Debt, Entry, EntryKind, Hold, Lot, Source, SourceKind};
use hui_loyalty::time::Timestamp;
use serde::de::DeserializeOwned;

use crate::members::{at, member_set};
use crate::{Cell, Column, Error, Row, Set, Tx};

/// The name an enum of the ledger is stored under: the same as in JSON.
fn name_of(value: impl serde::Serialize) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(Error::unreadable("name", "not a text")),
    }
}

fn named<T: DeserializeOwned>(what: &'static str, name: &str) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|error| Error::unreadable(what, error))
}

/// The kind of an entry that is stored under this name.
pub(crate) fn entry_kind(name: &str) -> Result<EntryKind, Error> {
    named("entry kind", name)
}

const LOT_COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("lot_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Int("points"),
    Column::Int("remaining"),
    Column::Int("held"),
    Column::Int("expired"),
    Column::Int("lapsed"),
    Column::Int("clawed_back"),
    Column::Int("earned_at"),
    Column::Int("available_at"),
    Column::Int("pending"),
    Column::Int("expires_at"),
    Column::Text("source_kind"),
    Column::Int("order_id"),
    Column::Text("channel"),
    Column::Text("shop"),
    Column::Text("rule"),
];

const LOT: &str =
    "l.lot_id, l.member_id, l.home_id, l.points, l.remaining, l.held, l.expired, l.lapsed,
    l.clawed_back, l.earned_at, l.available_at, l.pending, l.expires_at, l.source_kind, l.order_id,
    l.channel, l.shop, l.rule";

fn read_lot(row: &Row) -> Result<(MemberId, Lot), Error> {
    let lot = Lot {
        id: LotId(row.int(0)?),
        home: MemberId(row.int(2)?),
        points: Points(row.int(3)?),
        remaining: Points(row.int(4)?),
        held: Points(row.int(5)?),
        expired: Points(row.int(6)?),
        lapsed: Points(row.int(7)?),
        clawed_back: Points(row.int(8)?),
        earned_at: Timestamp(row.int(9)?),
        available_at: at(row.opt_int(10)?),
        pending: row.flag(11)?,
        expires_at: at(row.opt_int(12)?),
        source: Source {
            kind: named("lot source", row.str(13)?)?,
            order: row.opt_int(14)?.map(OrderId),
            channel: row.opt_text(15)?,
            shop: row.opt_text(16)?,
            rule: row.opt_text(17)?,
        },
    };
    Ok((MemberId(row.int(1)?), lot))
}

const fn source_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Order => "order",
        SourceKind::Award => "award",
        SourceKind::Adjust => "adjust",
        SourceKind::Restore => "restore",
        SourceKind::Migrate => "migrate",
    }
}

fn lot_set<'a>(program: ProgramId, lots: impl IntoIterator<Item = (MemberId, &'a Lot)>) -> Set {
    let mut set = Set::new(LOT_COLUMNS);
    for (member, lot) in lots {
        set.push(&[
            program.0.into(),
            lot.id.0.into(),
            member.0.into(),
            lot.home.0.into(),
            lot.points.0.into(),
            lot.remaining.0.into(),
            lot.held.0.into(),
            lot.expired.0.into(),
            lot.lapsed.0.into(),
            lot.clawed_back.0.into(),
            lot.earned_at.0.into(),
            lot.available_at.map(|at| at.0).into(),
            lot.pending.into(),
            lot.expires_at.map(|at| at.0).into(),
            source_name(lot.source.kind).into(),
            lot.source.order.map(|id| id.0).into(),
            (&lot.source.channel).into(),
            (&lot.source.shop).into(),
            (&lot.source.rule).into(),
        ]);
    }
    set
}

/// Which lots of a member an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lots {
    /// Those with something remaining or held.
    Open,
    /// Every lot there ever was.
    All,
    /// Those that mature or expire at or before an instant.
    Due(Timestamp),
}

/// Loads accounts: lots, live holds and debts. Members without any get an empty one.
pub async fn load_accounts(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    lots: Lots,
) -> Result<HashMap<MemberId, Account>, Error> {
    let mut accounts: HashMap<MemberId, Account> =
        members.into_iter().map(|member| (member, Account::new(member))).collect();
    if accounts.is_empty() {
        return Ok(accounts);
    }
    let mut cells = vec![program.0.into()];
    let which = match lots {
        Lots::Open => "and (l.remaining > 0 or l.held > 0)",
        Lots::All => "",
        Lots::Due(now) => {
            cells.push(now.0.into());
            "and l.remaining > 0 and (l.expires_at <= $2 or (l.pending = 1 and l.available_at <= $2))"
        }
    };
    let sql = format!(
        "select {LOT} from {{set}} cross join lots l where l.program_id = $1 and l.member_id = s.member_id {which}
         order by l.lot_id"
    );
    let rows = tx.fetch_set(&sql, &cells, member_set(accounts.keys().copied())).await?;
    for row in &rows {
        let (member, lot) = read_lot(row)?;
        if let Some(account) = accounts.get_mut(&member) {
            account.lots.push(lot);
        }
    }
    let sql = format!(
        "select {HOLD} from {{set}} cross join holds h
         where h.program_id = $1 and h.member_id = s.member_id and h.state = 'live' order by h.hold_id"
    );
    let rows =
        tx.fetch_set(&sql, &[program.0.into()], member_set(accounts.keys().copied())).await?;
    for row in &rows {
        let (member, hold) = read_hold(row)?;
        if let Some(account) = accounts.get_mut(&member) {
            account.holds.push(hold);
        }
    }
    let rows = tx
        .fetch_set(
            "select d.member_id, d.home_id, d.points from {set}
             cross join debts d where d.program_id = $1 and d.member_id = s.member_id and d.points > 0
             order by d.member_id, d.home_id",
            &[program.0.into()],
            member_set(accounts.keys().copied()),
        )
        .await?;
    for row in &rows {
        if let Some(account) = accounts.get_mut(&MemberId(row.int(0)?)) {
            account.debts.push(Debt { home: MemberId(row.int(1)?), points: Points(row.int(2)?) });
        }
    }
    Ok(accounts)
}

/// When the first lot that is not due by `now` matures or expires, of members that have such.
pub async fn next_due(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    now: Timestamp,
) -> Result<HashMap<MemberId, Timestamp>, Error> {
    let rows = tx
        .fetch_set(
            "select l.member_id,
                min(case when l.expires_at > $2 then l.expires_at end),
                min(case when l.pending = 1 and l.available_at > $2 then l.available_at end)
             from {set} cross join lots l
             where l.program_id = $1 and l.member_id = s.member_id and l.remaining > 0
             group by l.member_id",
            &[program.0.into(), now.0.into()],
            member_set(members),
        )
        .await?;
    let mut next = HashMap::new();
    for row in &rows {
        let first = [at(row.opt_int(1)?), at(row.opt_int(2)?)].into_iter().flatten().min();
        if let Some(first) = first {
            next.insert(MemberId(row.int(0)?), first);
        }
    }
    Ok(next)
}

/// Whether a member owns a lot that an award of this name gave.
pub async fn has_award(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    award: &str,
) -> Result<bool, Error> {
    let row = tx
        .fetch_one(
            "select l.lot_id from lots l where l.program_id = $1 and l.member_id = $2
               and l.source_kind = 'award' and l.rule = $3 limit 1",
            &[program.0.into(), member.0.into(), award.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// Loads lots by number, with their owners.
pub async fn load_lots(
    tx: &mut Tx,
    program: ProgramId,
    lots: impl IntoIterator<Item = LotId>,
) -> Result<Vec<(MemberId, Lot)>, Error> {
    const ID: &[Column] = &[Column::Int("lot_id")];
    let sql = format!(
        "select {LOT} from {{set}} cross join lots l where l.program_id = $1 and l.lot_id = s.lot_id"
    );
    let set = Set::of_ints(ID, lots.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read_lot).collect()
}

/// A member's lots, latest first, after a number.
pub async fn list_lots(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<LotId>,
    limit: i64,
) -> Result<Vec<Lot>, Error> {
    let sql = format!(
        "select {LOT} from lots l where l.program_id = $1 and l.member_id = $2 and l.lot_id < $3
         order by l.lot_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows =
        tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()]).await?;
    rows.iter().map(|row| read_lot(row).map(|(_, lot)| lot)).collect()
}

const HOLD_COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("hold_id"),
    Column::Int("member_id"),
    Column::Int("points"),
    Column::Text("purpose"),
    Column::Int("until_at"),
    Column::Text("state"),
    Column::Text("draws"),
    Column::Int("created_at"),
];

const HOLD: &str =
    "h.hold_id, h.member_id, h.points, h.purpose, h.until_at, h.state, h.draws, h.created_at";

fn read_hold(row: &Row) -> Result<(MemberId, Hold), Error> {
    let hold = Hold {
        id: HoldId(row.int(0)?),
        points: Points(row.int(2)?),
        purpose: row.text(3)?,
        until: Timestamp(row.int(4)?),
        state: named("hold state", row.str(5)?)?,
        draws: serde_json::from_str(row.str(6)?)
            .map_err(|error| Error::unreadable("hold draws", error))?,
        created_at: Timestamp(row.int(7)?),
    };
    Ok((MemberId(row.int(1)?), hold))
}

fn hold_set<'a>(
    program: ProgramId,
    holds: impl IntoIterator<Item = (MemberId, &'a Hold)>,
) -> Result<Set, Error> {
    let mut set = Set::new(HOLD_COLUMNS);
    for (member, hold) in holds {
        let draws = serde_json::to_string(&hold.draws)
            .map_err(|error| Error::unreadable("hold draws", error))?;
        set.push(&[
            program.0.into(),
            hold.id.0.into(),
            member.0.into(),
            hold.points.0.into(),
            (&hold.purpose).into(),
            hold.until.0.into(),
            (&name_of(hold.state)?).into(),
            (&draws).into(),
            hold.created_at.0.into(),
        ]);
    }
    Ok(set)
}

/// Holds by number, whatever their state, with their owners.
pub async fn load_holds(
    tx: &mut Tx,
    program: ProgramId,
    holds: impl IntoIterator<Item = HoldId>,
) -> Result<HashMap<HoldId, (MemberId, Hold)>, Error> {
    const ID: &[Column] = &[Column::Int("hold_id")];
    let sql = format!(
        "select {HOLD} from {{set}} cross join holds h where h.program_id = $1 and h.hold_id = s.hold_id"
    );
    let set = Set::of_ints(ID, holds.into_iter().map(|id| id.0));
    let rows = tx.fetch_set(&sql, &[program.0.into()], set).await?;
    rows.iter().map(|row| read_hold(row).map(|(member, hold)| (hold.id, (member, hold)))).collect()
}

/// The answers kept with ended holds.
pub async fn load_hold_receipts(
    tx: &mut Tx,
    program: ProgramId,
    holds: impl IntoIterator<Item = HoldId>,
) -> Result<HashMap<HoldId, String>, Error> {
    const ID: &[Column] = &[Column::Int("hold_id")];
    let set = Set::of_ints(ID, holds.into_iter().map(|id| id.0));
    let rows = tx
        .fetch_set(
            "select h.hold_id, h.receipt from {set}
             cross join holds h where h.program_id = $1 and h.hold_id = s.hold_id and h.receipt is not null",
            &[program.0.into()],
            set,
        )
        .await?;
    rows.iter().map(|row| Ok((HoldId(row.int(0)?), row.text(1)?))).collect()
}

/// Keeps the answers of holds that ended, and when they did.
pub async fn save_hold_receipts(
    tx: &mut Tx,
    program: ProgramId,
    receipts: &[(HoldId, String)],
    now: Timestamp,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[Column::Int("hold_id"), Column::Text("receipt")];
    let mut set = Set::with_capacity(COLUMNS, receipts.len());
    for (hold, receipt) in receipts {
        set.push(&[hold.0.into(), receipt.into()]);
    }
    tx.execute_set(
        "update holds set receipt = s.receipt, ended_at = $2 from {set}
         where holds.program_id = $1 and holds.hold_id = s.hold_id",
        &[program.0.into(), now.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Writes what changed between accounts as they were loaded and as they are now.
pub async fn save_accounts(
    tx: &mut Tx,
    program: ProgramId,
    before: &HashMap<MemberId, Account>,
    after: &HashMap<MemberId, Account>,
) -> Result<(), Error> {
    let mut known: HashMap<LotId, (MemberId, &Lot)> = HashMap::new();
    let mut known_holds: HashMap<HoldId, (MemberId, &Hold)> = HashMap::new();
    for (member, account) in before {
        known.extend(account.lots.iter().map(|lot| (lot.id, (*member, lot))));
        known_holds.extend(account.holds.iter().map(|hold| (hold.id, (*member, hold))));
    }
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let (mut new_holds, mut changed_holds) = (Vec::new(), Vec::new());
    for (member, account) in after {
        for lot in &account.lots {
            match known.get(&lot.id) {
                None => new.push((*member, lot)),
                Some((owner, old)) if owner != member || *old != lot => {
                    changed.push((*member, lot));
                }
                Some(_) => {}
            }
        }
        for hold in &account.holds {
            match known_holds.get(&hold.id) {
                None => new_holds.push((*member, hold)),
                Some((owner, old)) if owner != member || *old != hold => {
                    changed_holds.push((*member, hold));
                }
                Some(_) => {}
            }
        }
    }
    tx.insert("lots", lot_set(program, new)).await?;
    changed.sort_by_key(|(_, lot)| lot.id);
    tx.execute_set(
        "update lots set member_id = s.member_id, remaining = s.remaining, held = s.held,
            expired = s.expired, lapsed = s.lapsed, clawed_back = s.clawed_back,
            available_at = s.available_at, pending = s.pending, expires_at = s.expires_at
         from {set} where lots.program_id = s.program_id and lots.lot_id = s.lot_id",
        &[],
        lot_set(program, changed),
    )
    .await?;
    tx.insert("holds", hold_set(program, new_holds)?).await?;
    tx.execute_set(
        "update holds set member_id = s.member_id, state = s.state, until_at = s.until_at
         from {set} where holds.program_id = s.program_id and holds.hold_id = s.hold_id",
        &[],
        hold_set(program, changed_holds)?,
    )
    .await?;
    save_debts(tx, program, before, after).await
}

async fn save_debts(
    tx: &mut Tx,
    program: ProgramId,
    before: &HashMap<MemberId, Account>,
    after: &HashMap<MemberId, Account>,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("member_id"),
        Column::Int("home_id"),
        Column::Int("points"),
    ];
    let mut set = Set::new(COLUMNS);
    for (member, account) in after {
        let old = before.get(member).map_or(&[][..], |account| &account.debts);
        if old == account.debts.as_slice() {
            continue;
        }
        let gone = old
            .iter()
            .filter(|debt| account.debts.iter().all(|kept| kept.home != debt.home))
            .map(|debt| Debt { home: debt.home, points: Points::ZERO });
        for debt in account.debts.iter().copied().chain(gone) {
            set.push(&[
                program.0.into(),
                member.0.into(),
                debt.home.0.into(),
                debt.points.0.into(),
            ]);
        }
    }
    tx.upsert("debts", "program_id, member_id, home_id", &["points"], set).await?;
    Ok(())
}

const ENTRY_COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("entry_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("kind"),
    Column::Int("points"),
    Column::Int("moved"),
    Column::Int("debt"),
    Column::Int("lot_id"),
    Column::Text("changes"),
    Column::Int("at"),
    Column::Int("recorded_at"),
    Column::Int("order_id"),
    Column::Int("refund_id"),
    Column::Int("hold_id"),
    Column::Text("channel"),
    Column::Text("shop"),
    Column::Text("staff"),
    Column::Int("rule_version"),
    Column::Text("key"),
];

const ENTRY: &str =
    "e.entry_id, e.member_id, e.home_id, e.kind, e.points, e.moved, e.debt, e.lot_id,
    e.changes, e.at, e.recorded_at, e.order_id, e.refund_id, e.hold_id, e.channel, e.shop, e.staff,
    e.rule_version, e.key";

/// An entry with the instant it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// The entry.
    pub entry: Entry,
    /// When it was written.
    pub recorded_at: Timestamp,
}

fn read_entry(row: &Row) -> Result<EntryRow, Error> {
    let entry = Entry {
        id: EntryId(row.int(0)?),
        member: MemberId(row.int(1)?),
        home: MemberId(row.int(2)?),
        kind: entry_kind(row.str(3)?)?,
        points: row.int(4)?,
        moved: row.opt_int(5)?.map(Points),
        debt: row.int(6)?,
        lot: row.opt_int(7)?.map(LotId),
        changes: serde_json::from_str(row.str(8)?)
            .map_err(|error| Error::unreadable("entry changes", error))?,
        at: Timestamp(row.int(9)?),
        cause: Cause {
            order: row.opt_int(11)?.map(OrderId),
            refund: row.opt_int(12)?.map(RefundId),
            hold: row.opt_int(13)?.map(HoldId),
            channel: row.opt_text(14)?,
            shop: row.opt_text(15)?,
            staff: row.opt_text(16)?,
            rule_version: row.opt_int(17)?,
            key: row.opt_text(18)?,
        },
    };
    Ok(EntryRow { entry, recorded_at: Timestamp(row.int(10)?) })
}

/// The name an entry's kind is stored under.
pub const fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Earn => "earn",
        EntryKind::Mature => "mature",
        EntryKind::Spend => "spend",
        EntryKind::Hold => "hold",
        EntryKind::Release => "release",
        EntryKind::Restore => "restore",
        EntryKind::Clawback => "clawback",
        EntryKind::Repay => "repay",
        EntryKind::Expire => "expire",
        EntryKind::Adjust => "adjust",
        EntryKind::Migrate => "migrate",
        EntryKind::Transfer => "transfer",
    }
}

/// Adds entries.
pub async fn insert_entries(
    tx: &mut Tx,
    program: ProgramId,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Error> {
    let mut set = Set::with_capacity(ENTRY_COLUMNS, entries.len());
    for entry in entries {
        let changes = serde_json::to_string(&entry.changes)
            .map_err(|error| Error::unreadable("entry changes", error))?;
        set.push(&[
            program.0.into(),
            entry.id.0.into(),
            entry.member.0.into(),
            entry.home.0.into(),
            kind_name(entry.kind).into(),
            entry.points.into(),
            entry.moved.map(|points| points.0).into(),
            entry.debt.into(),
            entry.lot.map(|id| id.0).into(),
            (&changes).into(),
            entry.at.0.into(),
            now.0.into(),
            entry.cause.order.map(|id| id.0).into(),
            entry.cause.refund.map(|id| id.0).into(),
            entry.cause.hold.map(|id| id.0).into(),
            (&entry.cause.channel).into(),
            (&entry.cause.shop).into(),
            (&entry.cause.staff).into(),
            entry.cause.rule_version.into(),
            (&entry.cause.key).into(),
        ]);
    }
    tx.insert("entries", set).await?;
    Ok(())
}

/// A member's entries, latest first, after a position of the page before; of one kind where named.
pub async fn list_entries(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    kind: Option<EntryKind>,
    before: Option<(Timestamp, EntryId)>,
    limit: i64,
) -> Result<Vec<EntryRow>, Error> {
    let sql = format!(
        "select {ENTRY} from entries e
         where e.program_id = $1 and e.member_id = $2 and (e.at, e.entry_id) < ($3, $4)
           and ($5 is null or e.kind = $5)
         order by e.at desc, e.entry_id desc limit $6"
    );
    let (at, id) = before.unwrap_or((Timestamp(i64::MAX), EntryId(i64::MAX)));
    let kind = Cell::Text(kind.map(kind_name));
    let rows = tx
        .fetch(
            &sql,
            &[program.0.into(), member.0.into(), at.0.into(), id.0.into(), kind, limit.into()],
        )
        .await?;
    rows.iter().map(read_entry).collect()
}

/// All entries of members in the order of writing; with `since`, those with at least that number.
pub async fn entries_of(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    since: Option<EntryId>,
) -> Result<Vec<EntryRow>, Error> {
    let sql = format!(
        "select {ENTRY} from {{set}} cross join entries e
         where e.program_id = $1 and e.member_id = s.member_id and e.entry_id >= $2
         order by e.entry_id"
    );
    let since = since.map_or(0, |id| id.0);
    let rows = tx.fetch_set(&sql, &[program.0.into(), since.into()], member_set(members)).await?;
    rows.iter().map(read_entry).collect()
}

/// One entry.
pub async fn load_entry(
    tx: &mut Tx,
    program: ProgramId,
    entry: EntryId,
) -> Result<Option<EntryRow>, Error> {
    let sql = format!("select {ENTRY} from entries e where e.program_id = $1 and e.entry_id = $2");
    let row = tx.fetch_one(&sql, &[program.0.into(), entry.0.into()]).await?;
    row.as_ref().map(read_entry).transpose()
}

/// Gives entries another member: attribution after an un-merge. Amounts never change.
pub async fn attribute_entries(
    tx: &mut Tx,
    program: ProgramId,
    entries: &[(EntryId, MemberId)],
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[Column::Int("entry_id"), Column::Int("member_id")];
    let mut set = Set::with_capacity(COLUMNS, entries.len());
    for (entry, member) in entries {
        set.push(&[entry.0.into(), member.0.into()]);
    }
    tx.execute_set(
        "update entries set member_id = s.member_id from {set}
         where entries.program_id = $1 and entries.entry_id = s.entry_id",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Members of a program after a number, in pages; for checks over everything.
pub async fn members_after(
    tx: &mut Tx,
    program: ProgramId,
    after: Option<MemberId>,
    limit: i64,
) -> Result<Vec<MemberId>, Error> {
    let after = after.map_or(0, |id| id.0);
    let rows = tx
        .fetch(
            "select member_id from members where program_id = $1 and member_id > $2
             order by member_id limit $3",
            &[program.0.into(), after.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(MemberId(row.int(0)?))).collect()
}

/// Members named by lots, entries, holds, debts or orders that do not exist: there should be none.
pub async fn orphans(tx: &mut Tx, program: ProgramId) -> Result<HashSet<MemberId>, Error> {
    let mut found = HashSet::new();
    for table in ["lots", "entries", "holds", "debts", "growth_entries", "orders"] {
        let sql = format!(
            "select distinct t.member_id from {table} t
             left join members m on m.program_id = t.program_id and m.member_id = t.member_id
             where t.program_id = $1 and t.member_id is not null and m.member_id is null limit 100"
        );
        for row in tx.fetch(&sql, &[program.0.into()]).await? {
            found.insert(MemberId(row.int(0)?));
        }
    }
    Ok(found)
}
