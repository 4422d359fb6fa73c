//! Batches of codes: made in slices, exported page by page.

use hui_loyalty::coupons::State;
use hui_loyalty::ids::{BatchId, CouponId, ProgramId, TemplateId};
use hui_loyalty::time::Timestamp;

use crate::{Error, Row, Tx};

/// A batch as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its number.
    pub id: BatchId,
    /// The template of its coupons.
    pub template: TemplateId,
    /// The version of that.
    pub version: i64,
    /// What it is called.
    pub name: String,
    /// How many codes it is to have.
    pub codes: i64,
    /// How many it has.
    pub made: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

const SELECT: &str =
    "select batch_id, template_id, version, name, codes, made, created_at, created_by
     from coupon_batches";

fn read(row: &Row) -> Result<BatchRow, Error> {
    Ok(BatchRow {
        id: BatchId(row.int(0)?),
        template: TemplateId(row.int(1)?),
        version: row.int(2)?,
        name: row.text(3)?,
        codes: row.int(4)?,
        made: row.int(5)?,
        created_at: Timestamp(row.int(6)?),
        created_by: row.text(7)?,
    })
}

/// Adds a batch.
pub async fn insert(tx: &mut Tx, program: ProgramId, row: &BatchRow) -> Result<(), Error> {
    tx.execute(
        "insert into coupon_batches
            (program_id, batch_id, template_id, version, name, codes, made, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.template.0.into(),
            row.version.into(),
            (&row.name).into(),
            row.codes.into(),
            row.made.into(),
            row.created_at.0.into(),
            (&row.created_by).into(),
        ],
    )
    .await?;
    Ok(())
}

/// One batch.
pub async fn load(tx: &mut Tx, program: ProgramId, id: BatchId) -> Result<Option<BatchRow>, Error> {
    let sql = format!("{SELECT} where program_id = $1 and batch_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// The first batch that still lacks codes, locked.
pub async fn lock_unfinished(tx: &mut Tx, program: ProgramId) -> Result<Option<BatchRow>, Error> {
    let sql = format!(
        "{SELECT} where program_id = $1 and made < codes order by batch_id limit 1 {{lock}}"
    );
    tx.fetch_one(&sql, &[program.0.into()]).await?.as_ref().map(read).transpose()
}

/// Batches of a template or of all, latest first, before a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    template: Option<TemplateId>,
    before: Option<BatchId>,
    limit: i64,
) -> Result<Vec<BatchRow>, Error> {
    let sql = format!(
        "{SELECT} where program_id = $1 and ($2 is null or template_id = $2) and batch_id < $3
         order by batch_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    let template = template.map(|id| id.0);
    tx.fetch(&sql, &[program.0.into(), template.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Notes that a batch has more codes.
pub async fn add_made(
    tx: &mut Tx,
    program: ProgramId,
    id: BatchId,
    count: i64,
) -> Result<(), Error> {
    tx.execute(
        "update coupon_batches set made = made + $3 where program_id = $1 and batch_id = $2",
        &[program.0.into(), id.0.into(), count.into()],
    )
    .await?;
    Ok(())
}

/// A code of a batch, for its export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The coupon.
    pub coupon: CouponId,
    /// Its code.
    pub code: String,
    /// Where it stands, as it was last written.
    pub state: State,
    /// From when it can be used.
    pub valid_from: Timestamp,
    /// When it ends.
    pub valid_until: Timestamp,
}

/// Codes of a batch in the order they were made, after a number.
pub async fn codes_after(
    tx: &mut Tx,
    program: ProgramId,
    batch: BatchId,
    after: Option<CouponId>,
    limit: i64,
) -> Result<Vec<CodeRow>, Error> {
    let rows = tx
        .fetch(
            "select coupon_id, code, state, valid_from, valid_until from coupons
             where program_id = $1 and batch_id = $2 and coupon_id > $3 order by coupon_id limit $4",
            &[
                program.0.into(),
                batch.0.into(),
                after.map_or(0, |id| id.0).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let state = row.str(2)?;
            Ok(CodeRow {
                coupon: CouponId(row.int(0)?),
                code: row.text(1)?,
                state: State::named(state)
                    .ok_or_else(|| Error::unreadable("coupon state", state))?,
                valid_from: Timestamp(row.int(3)?),
                valid_until: Timestamp(row.int(4)?),
            })
        })
        .collect()
}
