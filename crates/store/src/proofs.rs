//! Reads for the proof of the books: sums over everything, and rows in pages.
//!
//! They are checks, so they ask the tables directly and trust no running figure.

use std::collections::HashMap;

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{MemberId, OrderId, ProgramId};

use crate::orders::Totals;
use crate::{Column, Error, Set, Tx};

const MEMBER: &[Column] = &[Column::Int("member_id")];

fn member_set(members: impl IntoIterator<Item = MemberId>) -> Set {
    Set::of_ints(MEMBER, members.into_iter().map(|id| id.0))
}

/// The programs of the database, oldest first.
pub async fn programs(tx: &mut Tx) -> Result<Vec<(ProgramId, String)>, Error> {
    let rows = tx
        .fetch("select program_id, name from programs order by program_id limit 10000", &[])
        .await?;
    rows.iter().map(|row| Ok((ProgramId(row.int(0)?), row.text(1)?))).collect()
}

/// Orders after a number, in pages.
pub async fn orders_after(
    tx: &mut Tx,
    program: ProgramId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderId>, Error> {
    let after = after.map_or(0, |id| id.0);
    let rows = tx
        .fetch(
            "select order_id from orders where program_id = $1 and order_id > $2
             order by order_id limit $3",
            &[program.0.into(), after.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(OrderId(row.int(0)?))).collect()
}

/// Money and orders of members, added up from their orders; members without any are absent.
pub async fn totals(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, Totals>, Error> {
    let rows = tx
        .fetch_set(
            "select o.member_id, count(*), cast(sum(o.paid - o.refunded) as bigint),
                min(o.paid_at), max(o.paid_at)
             from {set} join orders o on o.program_id = $1 and o.member_id = s.member_id
             where o.paid_at is not null and o.rule_version is not null
             group by o.member_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    let at = |found: Option<i64>| found.map(hui_loyalty::time::Timestamp);
    rows.iter()
        .map(|row| {
            let totals = Totals {
                orders_count: row.int(1)?,
                spent: hui_loyalty::amounts::Money(row.int(2)?),
                first_order_at: at(row.opt_int(3)?),
                last_order_at: at(row.opt_int(4)?),
            };
            Ok((MemberId(row.int(0)?), totals))
        })
        .collect()
}

/// All growth of members, added up; members without any are absent.
pub async fn growth(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, Points>, Error> {
    let rows = tx
        .fetch_set(
            "select g.member_id, cast(sum(g.points) as bigint) from {set}
             join growth_entries g on g.program_id = $1 and g.member_id = s.member_id
             group by g.member_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    rows.iter().map(|row| Ok((MemberId(row.int(0)?), Points(row.int(1)?)))).collect()
}

/// How many orders these members have; of merged ones there should be none.
pub async fn owned(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, i64>, Error> {
    let rows = tx
        .fetch_set(
            "select o.member_id, count(*) from {set}
             join orders o on o.program_id = $1 and o.member_id = s.member_id
             group by o.member_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    rows.iter().map(|row| Ok((MemberId(row.int(0)?), row.int(1)?))).collect()
}

/// What the tables of a program add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Σ of the entries' points, by kind.
    pub entries: Vec<(String, i64)>,
    /// Σ of what remains of the lots.
    pub remaining: i64,
    /// Σ of what is held of the lots.
    pub held: i64,
    /// Σ of the debts.
    pub debt: i64,
    /// Σ of the live holds.
    pub live_holds: i64,
    /// How many members there are.
    pub members: i64,
    /// How many orders there are.
    pub orders: i64,
    /// How many claimed order numbers there are.
    pub order_keys: i64,
    /// How many live identities nobody owns.
    pub unowned_identities: i64,
}

/// Adds up the tables of a program; reads all of them once.
pub async fn sums(tx: &mut Tx, program: ProgramId) -> Result<Sums, Error> {
    let rows = tx
        .fetch(
            "select kind, cast(sum(points) as bigint) from entries where program_id = $1
             group by kind order by kind",
            &[program.0.into()],
        )
        .await?;
    let entries =
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect::<Result<_, Error>>()?;
    let mut one = async |sql: &str| -> Result<i64, Error> {
        let row = tx.fetch_one(sql, &[program.0.into()]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    };
    Ok(Sums {
        entries,
        remaining: one("select cast(coalesce(sum(remaining), 0) as bigint) from lots where program_id = $1").await?,
        held: one("select cast(coalesce(sum(held), 0) as bigint) from lots where program_id = $1").await?,
        debt: one("select cast(coalesce(sum(points), 0) as bigint) from debts where program_id = $1").await?,
        live_holds: one(
            "select cast(coalesce(sum(points), 0) as bigint) from holds where program_id = $1 and state = 'live'",
        )
        .await?,
        members: one("select count(*) from members where program_id = $1").await?,
        orders: one("select count(*) from orders where program_id = $1").await?,
        order_keys: one("select count(*) from order_keys where program_id = $1").await?,
        unowned_identities: one(
            "select count(*) from identities where program_id = $1 and valid_until is null and member_id is null",
        )
        .await?,
    })
}

/// Live identities whose owner is not in use, as (identity, owner); there should be none.
pub async fn stray_identities(
    tx: &mut Tx,
    program: ProgramId,
) -> Result<Vec<(i64, MemberId)>, Error> {
    let rows = tx
        .fetch(
            "select i.identity_id, i.member_id from identities i
             left join members m on m.program_id = i.program_id and m.member_id = i.member_id
             where i.program_id = $1 and i.valid_until is null and i.member_id is not null
               and (m.member_id is null or m.state <> 'active') order by i.identity_id limit 100",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.int(0)?, MemberId(row.int(1)?)))).collect()
}

/// Values with more than one live owner, as their blind index; there should be none.
pub async fn shared_identities(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let rows = tx
        .fetch(
            "select value_index from identities where program_id = $1 and valid_until is null
             group by value_index having count(*) > 1 limit 100",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| row.text(0)).collect()
}
