//! Wallets as they are stored: top-ups, lots and holds as they stand, entries as they were added.

use std::collections::HashMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{EntryId, HoldId, MemberId, ProgramId, StoredLotId, TopUpId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{
    Cause, Entry, EntryKind, HoldState, Part, StoredLot, Wallet, WalletHold,
};

use crate::members::{at, member_set};
use crate::{Column, Error, Row, Set, Tx};

/// A top-up as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpRow {
    /// Its number.
    pub id: TopUpId,
    /// Whose.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// What was paid.
    pub principal: Money,
    /// What came on top.
    pub bonus: Money,
    /// What of the principal was paid back.
    pub refunded: Money,
    /// What of the bonus was taken back with it.
    pub bonus_taken: Money,
    /// The plan it was bought by.
    pub plan: Option<String>,
    /// The channel that sold it.
    pub channel: String,
    /// The shop that sold it.
    pub shop: Option<String>,
    /// Who sold it.
    pub staff: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Adds a top-up.
pub async fn insert_top_up(tx: &mut Tx, program: ProgramId, row: &TopUpRow) -> Result<(), Error> {
    tx.execute(
        "insert into wallet_top_ups (program_id, top_up_id, member_id, home_id, principal, bonus,
            refunded, bonus_taken, plan, channel, shop, staff, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.member.0.into(),
            row.home.0.into(),
            row.principal.0.into(),
            row.bonus.0.into(),
            row.refunded.0.into(),
            row.bonus_taken.0.into(),
            (&row.plan).into(),
            (&row.channel).into(),
            (&row.shop).into(),
            (&row.staff).into(),
            row.at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

const TOP_UP: &str =
    "select top_up_id, member_id, home_id, principal, bonus, refunded, bonus_taken,
    plan, channel, shop, staff, at from wallet_top_ups";

fn read_top_up(row: &Row) -> Result<TopUpRow, Error> {
    Ok(TopUpRow {
        id: TopUpId(row.int(0)?),
        member: MemberId(row.int(1)?),
        home: MemberId(row.int(2)?),
        principal: Money(row.int(3)?),
        bonus: Money(row.int(4)?),
        refunded: Money(row.int(5)?),
        bonus_taken: Money(row.int(6)?),
        plan: row.opt_text(7)?,
        channel: row.text(8)?,
        shop: row.opt_text(9)?,
        staff: row.opt_text(10)?,
        at: Timestamp(row.int(11)?),
    })
}

/// One top-up.
pub async fn load_top_up(
    tx: &mut Tx,
    program: ProgramId,
    id: TopUpId,
) -> Result<Option<TopUpRow>, Error> {
    let sql = format!("{TOP_UP} where program_id = $1 and top_up_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()])
        .await?
        .as_ref()
        .map(read_top_up)
        .transpose()
}

/// A member's top-ups, latest first, before a number.
pub async fn list_top_ups(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<TopUpId>,
    limit: i64,
) -> Result<Vec<TopUpRow>, Error> {
    let sql = format!(
        "{TOP_UP} where program_id = $1 and member_id = $2 and top_up_id < $3
         order by top_up_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_top_up)
        .collect()
}

/// Notes what of a top-up was paid back and taken back.
pub async fn add_refunded(
    tx: &mut Tx,
    program: ProgramId,
    id: TopUpId,
    principal: Money,
    bonus: Money,
) -> Result<(), Error> {
    tx.execute(
        "update wallet_top_ups set refunded = refunded + $3, bonus_taken = bonus_taken + $4
         where program_id = $1 and top_up_id = $2",
        &[program.0.into(), id.0.into(), principal.0.into(), bonus.0.into()],
    )
    .await?;
    Ok(())
}

const LOT_COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("lot_id"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Text("part"),
    Column::Int("amount"),
    Column::Int("remaining"),
    Column::Int("held"),
    Column::Int("received_at"),
    Column::Int("expires_at"),
    Column::Int("top_up_id"),
];

const LOT: &str = "l.lot_id, l.member_id, l.home_id, l.part, l.amount, l.remaining, l.held,
    l.received_at, l.expires_at, l.top_up_id";

fn part(name: &str) -> Result<Part, Error> {
    Part::named(name).ok_or_else(|| Error::unreadable("wallet part", name))
}

fn read_lot(row: &Row) -> Result<StoredLot, Error> {
    Ok(StoredLot {
        id: StoredLotId(row.int(0)?),
        member: MemberId(row.int(1)?),
        home: MemberId(row.int(2)?),
        part: part(row.str(3)?)?,
        amount: Money(row.int(4)?),
        remaining: Money(row.int(5)?),
        held: Money(row.int(6)?),
        received_at: Timestamp(row.int(7)?),
        expires_at: at(row.opt_int(8)?),
        top_up: TopUpId(row.int(9)?),
    })
}

fn lot_set<'a>(program: ProgramId, lots: impl IntoIterator<Item = &'a StoredLot>) -> Set {
    let mut set = Set::new(LOT_COLUMNS);
    for lot in lots {
        set.push(&[
            program.0.into(),
            lot.id.0.into(),
            lot.member.0.into(),
            lot.home.0.into(),
            lot.part.name().into(),
            lot.amount.0.into(),
            lot.remaining.0.into(),
            lot.held.0.into(),
            lot.received_at.0.into(),
            lot.expires_at.map(|at| at.0).into(),
            lot.top_up.0.into(),
        ]);
    }
    set
}

const HOLD: &str = "h.hold_id, h.member_id, h.amount, h.purpose, h.until_at, h.state, h.draws,
    h.order_channel, h.order_no, h.created_at";

fn read_hold(row: &Row) -> Result<WalletHold, Error> {
    let state = row.str(5)?;
    let order = row.opt_text(7)?.zip(row.opt_text(8)?);
    Ok(WalletHold {
        id: HoldId(row.int(0)?),
        member: MemberId(row.int(1)?),
        amount: Money(row.int(2)?),
        purpose: row.text(3)?,
        until: Timestamp(row.int(4)?),
        state: HoldState::named(state).ok_or_else(|| Error::unreadable("hold state", state))?,
        draws: serde_json::from_str(row.str(6)?)
            .map_err(|error| Error::unreadable("wallet draws", error))?,
        order: order.map(|(channel, order_no)| OrderKey { channel, order_no }),
        created_at: Timestamp(row.int(9)?),
    })
}

/// The wallets of members whose rows are locked: open lots and live holds.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, Wallet>, Error> {
    let mut wallets: HashMap<MemberId, Wallet> =
        members.into_iter().map(|member| (member, Wallet::default())).collect();
    let sql = format!(
        "select {LOT} from {{set}} cross join wallet_lots l
         where l.program_id = $1 and l.member_id = s.member_id and (l.remaining > 0 or l.held > 0)
         order by l.lot_id"
    );
    let set = member_set(wallets.keys().copied());
    for row in &tx.fetch_set(&sql, &[program.0.into()], set).await? {
        let lot = read_lot(row)?;
        if let Some(wallet) = wallets.get_mut(&lot.member) {
            wallet.lots.push(lot);
        }
    }
    let sql = format!(
        "select {HOLD} from {{set}} cross join wallet_holds h
         where h.program_id = $1 and h.member_id = s.member_id and h.state = 'live' order by h.hold_id"
    );
    let set = member_set(wallets.keys().copied());
    for row in &tx.fetch_set(&sql, &[program.0.into()], set).await? {
        let hold = read_hold(row)?;
        if let Some(wallet) = wallets.get_mut(&hold.member) {
            wallet.holds.push(hold);
        }
    }
    Ok(wallets)
}

/// Lots by number, whoever owns them.
pub async fn load_lots(
    tx: &mut Tx,
    program: ProgramId,
    lots: impl IntoIterator<Item = StoredLotId>,
) -> Result<Vec<StoredLot>, Error> {
    const ID: &[Column] = &[Column::Int("lot_id")];
    let sql = format!(
        "select {LOT} from {{set}} cross join wallet_lots l
         where l.program_id = $1 and l.lot_id = s.lot_id order by l.lot_id"
    );
    let set = Set::of_ints(ID, lots.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read_lot).collect()
}

/// Holds and spends by number.
pub async fn load_holds(
    tx: &mut Tx,
    program: ProgramId,
    holds: impl IntoIterator<Item = HoldId>,
) -> Result<Vec<WalletHold>, Error> {
    const ID: &[Column] = &[Column::Int("hold_id")];
    let sql = format!(
        "select {HOLD} from {{set}} cross join wallet_holds h
         where h.program_id = $1 and h.hold_id = s.hold_id order by h.hold_id"
    );
    let set = Set::of_ints(ID, holds.into_iter().map(|id| id.0));
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read_hold).collect()
}

/// A hold or spend by number.
pub async fn load_hold(
    tx: &mut Tx,
    program: ProgramId,
    id: HoldId,
) -> Result<Option<WalletHold>, Error> {
    let sql =
        format!("select {HOLD} from wallet_holds h where h.program_id = $1 and h.hold_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read_hold).transpose()
}

/// Writes what changed between a wallet as it was loaded and as it is now.
pub async fn save(
    tx: &mut Tx,
    program: ProgramId,
    before: &Wallet,
    after: &Wallet,
) -> Result<(), Error> {
    let known: HashMap<StoredLotId, &StoredLot> =
        before.lots.iter().map(|lot| (lot.id, lot)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for lot in &after.lots {
        match known.get(&lot.id) {
            None => new.push(lot),
            Some(old) if *old != lot => changed.push(lot),
            Some(_) => {}
        }
    }
    tx.insert("wallet_lots", lot_set(program, new)).await?;
    changed.sort_by_key(|lot| lot.id);
    tx.execute_set(
        "update wallet_lots set amount = s.amount, remaining = s.remaining, held = s.held
         from {set} where wallet_lots.program_id = s.program_id and wallet_lots.lot_id = s.lot_id",
        &[],
        lot_set(program, changed),
    )
    .await?;
    let known: HashMap<HoldId, &WalletHold> =
        before.holds.iter().map(|hold| (hold.id, hold)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for hold in &after.holds {
        match known.get(&hold.id) {
            None => new.push(hold),
            Some(old) if *old != hold => changed.push(hold),
            Some(_) => {}
        }
    }
    tx.insert("wallet_holds", hold_set(program, new)?).await?;
    changed.sort_by_key(|hold| hold.id);
    tx.execute_set(
        "update wallet_holds set state = s.state, until_at = s.until_at, draws = s.draws,
            order_channel = s.order_channel, order_no = s.order_no
         from {set} where wallet_holds.program_id = s.program_id and wallet_holds.hold_id = s.hold_id",
        &[],
        hold_set(program, changed)?,
    )
    .await?;
    Ok(())
}

fn hold_set(program: ProgramId, holds: Vec<&WalletHold>) -> Result<Set, Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("hold_id"),
        Column::Int("member_id"),
        Column::Int("amount"),
        Column::Text("purpose"),
        Column::Int("until_at"),
        Column::Text("state"),
        Column::Text("draws"),
        Column::Text("order_channel"),
        Column::Text("order_no"),
        Column::Int("created_at"),
    ];
    let mut set = Set::with_capacity(COLUMNS, holds.len());
    for hold in holds {
        let draws = serde_json::to_string(&hold.draws)
            .map_err(|error| Error::unreadable("wallet draws", error))?;
        set.push(&[
            program.0.into(),
            hold.id.0.into(),
            hold.member.0.into(),
            hold.amount.0.into(),
            (&hold.purpose).into(),
            hold.until.0.into(),
            hold.state.name().into(),
            (&draws).into(),
            hold.order.as_ref().map(|key| key.channel.as_str()).into(),
            hold.order.as_ref().map(|key| key.order_no.as_str()).into(),
            hold.created_at.0.into(),
        ]);
    }
    Ok(set)
}

/// Adds entries.
pub async fn insert_entries(
    tx: &mut Tx,
    program: ProgramId,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Int("entry_id"),
        Column::Int("member_id"),
        Column::Int("home_id"),
        Column::Text("kind"),
        Column::Text("part"),
        Column::Int("lot_id"),
        Column::Int("amount"),
        Column::Int("moved"),
        Column::Int("at"),
        Column::Int("recorded_at"),
        Column::Int("hold_id"),
        Column::Int("top_up_id"),
        Column::Text("channel"),
        Column::Text("shop"),
        Column::Text("staff"),
        Column::Text("order_channel"),
        Column::Text("order_no"),
        Column::Text("reason"),
    ];
    let mut set = Set::with_capacity(COLUMNS, entries.len());
    for entry in entries {
        let order = entry.cause.order.as_ref();
        set.push(&[
            program.0.into(),
            entry.id.0.into(),
            entry.member.0.into(),
            entry.home.0.into(),
            entry.kind.name().into(),
            entry.part.name().into(),
            entry.lot.0.into(),
            entry.amount.0.into(),
            entry.moved.0.into(),
            entry.at.0.into(),
            now.0.into(),
            entry.hold.map(|id| id.0).into(),
            entry.top_up.0.into(),
            (&entry.cause.channel).into(),
            (&entry.cause.shop).into(),
            (&entry.cause.staff).into(),
            order.map(|key| key.channel.as_str()).into(),
            order.map(|key| key.order_no.as_str()).into(),
            (&entry.cause.reason).into(),
        ]);
    }
    tx.insert("wallet_entries", set).await?;
    Ok(())
}

const ENTRY: &str = "entry_id, member_id, home_id, kind, part, lot_id, amount, moved, at, hold_id,
    top_up_id, channel, shop, staff, order_channel, order_no, reason, recorded_at";

/// An entry and when it was written.
pub type EntryRow = (Entry, Timestamp);

fn read_entry(row: &Row) -> Result<EntryRow, Error> {
    let kind = row.text(3)?;
    let kind: EntryKind = serde_json::from_value(serde_json::Value::String(kind))
        .map_err(|error| Error::unreadable("wallet entry", error))?;
    let order = row.opt_text(14)?.zip(row.opt_text(15)?);
    let entry = Entry {
        id: EntryId(row.int(0)?),
        member: MemberId(row.int(1)?),
        home: MemberId(row.int(2)?),
        kind,
        part: part(row.str(4)?)?,
        lot: StoredLotId(row.int(5)?),
        amount: Money(row.int(6)?),
        moved: Money(row.int(7)?),
        at: Timestamp(row.int(8)?),
        hold: row.opt_int(9)?.map(HoldId),
        top_up: TopUpId(row.int(10)?),
        cause: Cause {
            channel: row.opt_text(11)?,
            shop: row.opt_text(12)?,
            staff: row.opt_text(13)?,
            order: order.map(|(channel, order_no)| OrderKey { channel, order_no }),
            reason: row.opt_text(16)?,
        },
    };
    Ok((entry, Timestamp(row.int(17)?)))
}

/// A member's entries, latest first, before a number.
pub async fn list_entries(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<EntryRow>, Error> {
    let sql = format!(
        "select {ENTRY} from wallet_entries where program_id = $1 and member_id = $2 and entry_id < $3
         order by entry_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_entry)
        .collect()
}

/// Members with a hold that timed out or bonus that ended by an instant.
pub async fn due(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MemberId>, Error> {
    let rows = tx
        .fetch(
            "select d.member_id from (
                 select member_id from wallet_holds
                 where program_id = $1 and state = 'live' and until_at <= $2
                 union
                 select member_id from wallet_lots
                 where program_id = $1 and expires_at <= $2 and expires_at is not null and remaining > 0
             ) d order by d.member_id limit $3",
            &[program.0.into(), now.0.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(MemberId)).collect()
}

/// Gives holds of one member to another.
pub async fn move_holds(
    tx: &mut Tx,
    program: ProgramId,
    holds: &[HoldId],
    to: MemberId,
) -> Result<(), Error> {
    const ID: &[Column] = &[Column::Int("hold_id")];
    tx.execute_set(
        "update wallet_holds set member_id = $2 from {set}
         where wallet_holds.program_id = $1 and wallet_holds.hold_id = s.hold_id",
        &[program.0.into(), to.0.into()],
        Set::of_ints(ID, holds.iter().map(|id| id.0)),
    )
    .await?;
    Ok(())
}

/// Every hold of a member, whatever its state.
pub async fn holds_of(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<Vec<WalletHold>, Error> {
    let sql = format!(
        "select {HOLD} from wallet_holds h where h.program_id = $1 and h.member_id = $2
         order by h.hold_id"
    );
    tx.fetch(&sql, &[program.0.into(), member.0.into()]).await?.iter().map(read_hold).collect()
}

/// What one shop owes or is owed for a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementRow {
    /// The channel that sold the money.
    pub sold_channel: String,
    /// The shop that sold it.
    pub sold_shop: Option<String>,
    /// The channel it was spent on.
    pub spent_channel: Option<String>,
    /// The shop it was spent in.
    pub spent_shop: Option<String>,
    /// What was paid in and spent there, refunds taken off.
    pub principal: Money,
    /// What came on top and was spent there, refunds taken off.
    pub bonus: Money,
}

/// What was spent between two instants, by where it was sold and where it was spent.
pub async fn settlement(
    tx: &mut Tx,
    program: ProgramId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<SettlementRow>, Error> {
    let rows = tx
        .fetch(
            "select t.channel, t.shop, e.channel, e.shop,
                cast(coalesce(sum(case when e.part = 'principal' then -e.amount end), 0) as bigint),
                cast(coalesce(sum(case when e.part = 'bonus' then -e.amount end), 0) as bigint)
             from wallet_entries e join wallet_top_ups t
                on t.program_id = e.program_id and t.top_up_id = e.top_up_id
             where e.program_id = $1 and e.at >= $2 and e.at < $3 and e.kind in ('spend', 'restore')
             group by t.channel, t.shop, e.channel, e.shop
             order by t.channel, t.shop, e.channel, e.shop limit 10000",
            &[program.0.into(), from.0.into(), until.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SettlementRow {
                sold_channel: row.text(0)?,
                sold_shop: row.opt_text(1)?,
                spent_channel: row.opt_text(2)?,
                spent_shop: row.opt_text(3)?,
                principal: Money(row.int(4)?),
                bonus: Money(row.int(5)?),
            })
        })
        .collect()
}

/// What a shop sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldRow {
    /// The channel.
    pub channel: String,
    /// The shop.
    pub shop: Option<String>,
    /// What was paid in.
    pub principal: Money,
    /// What came on top.
    pub bonus: Money,
    /// What was paid back.
    pub refunded: Money,
    /// What was taken back with it.
    pub bonus_taken: Money,
}

/// What was paid in and paid back between two instants, by the shop that sold it.
pub async fn sold(
    tx: &mut Tx,
    program: ProgramId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<SoldRow>, Error> {
    let rows = tx
        .fetch(
            "select t.channel, t.shop,
                cast(coalesce(sum(case when e.kind = 'top_up' and e.part = 'principal' then e.amount end), 0) as bigint),
                cast(coalesce(sum(case when e.kind = 'top_up' and e.part = 'bonus' then e.amount end), 0) as bigint),
                cast(coalesce(sum(case when e.kind = 'refund' and e.part = 'principal' then -e.amount end), 0) as bigint),
                cast(coalesce(sum(case when e.kind = 'refund' and e.part = 'bonus' then -e.amount end), 0) as bigint)
             from wallet_entries e join wallet_top_ups t
                on t.program_id = e.program_id and t.top_up_id = e.top_up_id
             where e.program_id = $1 and e.at >= $2 and e.at < $3 and e.kind in ('top_up', 'refund')
             group by t.channel, t.shop order by t.channel, t.shop limit 10000",
            &[program.0.into(), from.0.into(), until.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SoldRow {
                channel: row.text(0)?,
                shop: row.opt_text(1)?,
                principal: Money(row.int(2)?),
                bonus: Money(row.int(3)?),
                refunded: Money(row.int(4)?),
                bonus_taken: Money(row.int(5)?),
            })
        })
        .collect()
}

/// Lots that are not what their entries tell, belong to another than those, or are held by no live
/// hold; as sentences, at most 100. There should be none.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let rows = tx
        .fetch(
            "select l.lot_id, l.remaining + l.held, l.held, e.amount, e.moved, e.strangers
             from wallet_lots l left join (
                 select x.lot_id, cast(sum(x.amount) as bigint) as amount,
                     cast(sum(x.moved) as bigint) as moved,
                     count(case when x.member_id <> w.member_id or x.home_id <> w.home_id
                         or x.part <> w.part then 1 end) as strangers
                 from wallet_entries x join wallet_lots w
                     on w.program_id = x.program_id and w.lot_id = x.lot_id
                 where x.program_id = $1 group by x.lot_id
             ) e on e.lot_id = l.lot_id
             where l.program_id = $1 and (e.amount is null or e.amount <> l.remaining + l.held
                 or e.moved <> l.held or e.strangers > 0)
             order by l.lot_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = StoredLotId(row.int(0)?);
        let (amount, moved) = (row.opt_int(3)?.unwrap_or(0), row.opt_int(4)?.unwrap_or(0));
        let strangers = row.opt_int(5)?.unwrap_or(0);
        found.push(format!(
            "the wallet lot {id} has {} ({} held), its entries tell {amount} ({moved} held), {strangers} of them another owner",
            row.int(1)?,
            row.int(2)?,
        ));
    }
    let row = tx
        .fetch_one(
            "select (select cast(coalesce(sum(held), 0) as bigint) from wallet_lots where program_id = $1),
                (select cast(coalesce(sum(amount), 0) as bigint) from wallet_holds
                    where program_id = $1 and state = 'live')",
            &[program.0.into()],
        )
        .await?;
    if let Some(row) = row {
        let (held, live) = (row.int(0)?, row.int(1)?);
        if held != live {
            found.push(format!("wallet lots have {held} held, live holds {live}"));
        }
    }
    Ok(found)
}

/// The channel and shop a spend was made in.
pub async fn spent_where(
    tx: &mut Tx,
    program: ProgramId,
    id: HoldId,
) -> Result<(Option<String>, Option<String>), Error> {
    let row = tx
        .fetch_one(
            "select channel, shop from wallet_entries
             where program_id = $1 and hold_id = $2 and hold_id is not null and kind = 'spend' limit 1",
            &[program.0.into(), id.0.into()],
        )
        .await?;
    row.map_or(Ok((None, None)), |row| Ok((row.opt_text(0)?, row.opt_text(1)?)))
}
