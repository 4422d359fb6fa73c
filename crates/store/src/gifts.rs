//! Goods that are given with a purchase: how many there are, what locks hold and have taken.

use std::collections::HashMap;

use hui_loyalty::ids::{LockId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::offers::UseState;
use crate::{Column, Error, Row, Set, Tx};

/// What one lock has of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftUse {
    /// The lock.
    pub lock: LockId,
    /// The product.
    pub sku: String,
    /// How many pieces.
    pub pieces: i64,
    /// How many of them came back on the shelf.
    pub returned: i64,
    /// How it stands, as far as it is written down.
    pub state: UseState,
    /// Free again from this instant on, while held.
    pub until: Timestamp,
}

impl GiftUse {
    /// Whether it counts at an instant.
    pub fn counts(&self, at: Timestamp) -> bool {
        match self.state {
            UseState::Used => true,
            UseState::Held => self.until > at,
            UseState::Freed => false,
        }
    }
}

/// How many there are of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftGood {
    /// The product.
    pub sku: String,
    /// How many are on the shelf, those that locks hold included.
    pub stock: i64,
    /// How many of these live locks hold.
    pub held: i64,
    /// How many were taken and did not come back.
    pub taken: i64,
    /// When it was last counted or taken.
    pub updated_at: Timestamp,
}

const SKU: &[Column] = &[Column::Text("sku")];

fn named<'a>(skus: impl IntoIterator<Item = &'a str>) -> Set {
    let mut sorted: Vec<&str> = skus.into_iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut set = Set::with_capacity(SKU, sorted.len());
    for sku in sorted {
        set.push(&[sku.into()]);
    }
    set
}

/// Locks those of some products that are counted, in the order of their names.
pub async fn lock<'a>(
    tx: &mut Tx,
    program: ProgramId,
    skus: impl IntoIterator<Item = &'a str>,
) -> Result<(), Error> {
    tx.fetch_set(
        "select g.sku from gift_goods g
         where g.program_id = $1 and g.sku in (select s.sku from {set}) order by g.sku {lock}",
        &[program.0.into()],
        named(skus),
    )
    .await?;
    Ok(())
}

/// What is left at an instant of those of some products that are counted.
pub async fn left<'a>(
    tx: &mut Tx,
    program: ProgramId,
    skus: impl IntoIterator<Item = &'a str>,
    now: Timestamp,
) -> Result<HashMap<String, i64>, Error> {
    let rows = tx
        .fetch_set(
            "select g.sku, g.stock - g.taken - (
                 select coalesce(cast(sum(u.pieces) as bigint), 0) from gift_uses u
                 where u.program_id = g.program_id and u.sku = g.sku and u.state = 'held'
                   and u.until_at > $2)
             from {set} cross join gift_goods g
             where g.program_id = $1 and g.sku = s.sku",
            &[program.0.into(), now.0.into()],
            named(skus),
        )
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// What locks have of such products.
pub async fn of_locks(
    tx: &mut Tx,
    program: ProgramId,
    locks: impl IntoIterator<Item = LockId>,
) -> Result<Vec<GiftUse>, Error> {
    const LOCK: &[Column] = &[Column::Int("lock_id")];
    let rows = tx
        .fetch_set(
            "select u.lock_id, u.sku, u.pieces, u.returned, u.state, u.until_at
             from {set} cross join gift_uses u
             where u.program_id = $1 and u.lock_id = s.lock_id
             order by u.lock_id, u.sku",
            &[program.0.into()],
            Set::of_ints(LOCK, locks.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(GiftUse {
                lock: LockId(row.int(0)?),
                sku: row.text(1)?,
                pieces: row.int(2)?,
                returned: row.int(3)?,
                state: UseState::named(row.str(4)?)?,
                until: Timestamp(row.int(5)?),
            })
        })
        .collect()
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("lock_id"),
    Column::Text("sku"),
    Column::Int("pieces"),
    Column::Int("returned"),
    Column::Text("state"),
    Column::Int("until_at"),
];

/// Adds uses and replaces those that are there.
pub async fn save<'a>(
    tx: &mut Tx,
    program: ProgramId,
    uses: impl IntoIterator<Item = &'a GiftUse>,
) -> Result<(), Error> {
    let mut set = Set::new(COLUMNS);
    for one in uses {
        set.push(&[
            program.0.into(),
            one.lock.0.into(),
            (&one.sku).into(),
            one.pieces.into(),
            one.returned.into(),
            one.state.name().into(),
            one.until.0.into(),
        ]);
    }
    let changing = ["returned", "state", "until_at"];
    tx.upsert("gift_uses", "program_id, lock_id, sku", &changing, set).await?;
    Ok(())
}

/// Adds to what was taken of products, which are locked; negative where it comes back.
pub async fn count(
    tx: &mut Tx,
    program: ProgramId,
    taken: &HashMap<String, i64>,
    now: Timestamp,
) -> Result<(), Error> {
    const TAKEN: &[Column] = &[Column::Text("sku"), Column::Int("pieces")];
    let mut sorted: Vec<(&String, i64)> =
        taken.iter().map(|(sku, pieces)| (sku, *pieces)).filter(|one| one.1 != 0).collect();
    sorted.sort_unstable();
    let mut set = Set::with_capacity(TAKEN, sorted.len());
    for (sku, pieces) in sorted {
        set.push(&[sku.into(), pieces.into()]);
    }
    tx.execute_set(
        "update gift_goods set taken = gift_goods.taken + s.pieces, updated_at = $2
         from {set} where gift_goods.program_id = $1 and gift_goods.sku = s.sku",
        &[program.0.into(), now.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Puts back on the shelf what confirmed locks have taken; what came back before stays as it is.
pub async fn restock(
    tx: &mut Tx,
    program: ProgramId,
    locks: impl IntoIterator<Item = LockId>,
    now: Timestamp,
) -> Result<(), Error> {
    let locks: Vec<LockId> = locks.into_iter().collect();
    if locks.is_empty() {
        return Ok(());
    }
    let uses = of_locks(tx, program, locks.iter().copied()).await?;
    lock(tx, program, uses.iter().map(|one| one.sku.as_str())).await?;
    // Read again under the products' locks: another refund may have been quicker.
    let mut uses = of_locks(tx, program, locks).await?;
    uses.retain(|one| one.state == UseState::Used && one.returned < one.pieces);
    let mut back: HashMap<String, i64> = HashMap::new();
    for one in &mut uses {
        *back.entry(one.sku.clone()).or_default() -= one.pieces - one.returned;
        one.returned = one.pieces;
    }
    save(tx, program, &uses).await?;
    count(tx, program, &back, now).await
}

/// Says how many of a product are on the shelf now, those that locks hold included.
pub async fn put(
    tx: &mut Tx,
    program: ProgramId,
    sku: &str,
    stock: i64,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "insert into gift_goods (program_id, sku, stock, taken, updated_at)
         values ($1, $2, $3, 0, $4)
         on conflict (program_id, sku) do update
         set stock = gift_goods.taken + excluded.stock, updated_at = excluded.updated_at",
        &[program.0.into(), sku.into(), stock.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<GiftGood, Error> {
    Ok(GiftGood {
        sku: row.text(0)?,
        stock: row.int(1)?,
        held: row.int(2)?,
        taken: row.int(3)?,
        updated_at: Timestamp(row.int(4)?),
    })
}

/// Products that are counted, by name.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<GiftGood>, Error> {
    let rows = tx
        .fetch(
            "select g.sku, g.stock - g.taken, (
                 select coalesce(cast(sum(u.pieces) as bigint), 0) from gift_uses u
                 where u.program_id = g.program_id and u.sku = g.sku and u.state = 'held'
                   and u.until_at > $2), g.taken, g.updated_at
             from gift_goods g where g.program_id = $1 order by g.sku limit $3",
            &[program.0.into(), now.0.into(), limit.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// What does not fit together in the books of gifts; nothing when all is well.
///
/// What was taken of a product is what confirmed locks took and did not give back.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let rows = tx
        .fetch(
            "select g.sku, g.taken, (
                 select coalesce(cast(sum(u.pieces - u.returned) as bigint), 0) from gift_uses u
                 where u.program_id = g.program_id and u.sku = g.sku and u.state = 'used')
             from gift_goods g where g.program_id = $1 order by g.sku",
            &[program.0.into()],
        )
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let (counted, taken) = (row.int(1)?, row.int(2)?);
        if counted != taken {
            let sku = row.text(0)?;
            found.push(format!("of the gift {sku} {counted} count as taken, locks took {taken}"));
        }
    }
    let rows = tx
        .fetch(
            "select l.lock_id from checkout_locks l
             join gift_uses u on u.program_id = l.program_id and u.lock_id = l.lock_id
             where l.program_id = $1 and (u.state = 'used') <> (l.state = 'confirmed')
             order by l.lock_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = LockId(row.int(0)?);
        found.push(format!("the lock {id} and the gifts it took do not agree"));
    }
    Ok(found)
}
