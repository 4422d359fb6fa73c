//! Coupon templates: versions, stock and budget.

use std::collections::HashMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::templates::Template;
use hui_loyalty::ids::{ProgramId, TemplateId};
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Row, Set, Tx};

/// A template as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Its number.
    pub id: TemplateId,
    /// The version new coupons are made of.
    pub version: i64,
    /// That version.
    pub template: Template,
    /// How many coupons it has given.
    pub issued: i64,
    /// How much money they have taken off.
    pub discounted: Money,
    /// Whether it gives none for now.
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest version was.
    pub updated_at: Timestamp,
}

const SELECT: &str =
    "select t.template_id, t.version, v.document, t.issued, t.discounted, t.paused,
    t.created_at, t.updated_at
    from coupon_templates t join coupon_template_versions v on v.program_id = t.program_id
        and v.template_id = t.template_id and v.version = t.version";

fn document(text: &str) -> Result<Template, Error> {
    serde_json::from_str(text).map_err(|error| Error::unreadable("coupon template", error))
}

fn read(row: &Row) -> Result<TemplateRow, Error> {
    Ok(TemplateRow {
        id: TemplateId(row.int(0)?),
        version: row.int(1)?,
        template: document(row.str(2)?)?,
        issued: row.int(3)?,
        discounted: Money(row.int(4)?),
        paused: row.flag(5)?,
        created_at: Timestamp(row.int(6)?),
        updated_at: Timestamp(row.int(7)?),
    })
}

/// Adds a template with its first version.
pub async fn insert(
    tx: &mut Tx,
    program: ProgramId,
    row: &TemplateRow,
    by: &str,
) -> Result<(), Error> {
    tx.execute(
        "insert into coupon_templates (program_id, template_id, version, stock, budget, issued,
            discounted, paused, created_at, updated_at) values ($1, $2, $3, $4, $5, 0, 0, $6, $7, $7)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.version.into(),
            row.template.stock.into(),
            row.template.budget.map(|budget| budget.0).into(),
            row.paused.into(),
            row.created_at.0.into(),
        ],
    )
    .await?;
    insert_version(tx, program, row, by).await
}

async fn insert_version(
    tx: &mut Tx,
    program: ProgramId,
    row: &TemplateRow,
    by: &str,
) -> Result<(), Error> {
    let text = serde_json::to_string(&row.template)
        .map_err(|error| Error::unreadable("coupon template", error))?;
    tx.execute(
        "insert into coupon_template_versions
            (program_id, template_id, version, document, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.version.into(),
            (&text).into(),
            row.updated_at.0.into(),
            by.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Adds a version and makes it the one that counts, and writes whether the template is paused.
/// False when more coupons were given already than its stock would allow.
pub async fn change(
    tx: &mut Tx,
    program: ProgramId,
    row: &TemplateRow,
    by: &str,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "update coupon_templates set version = $3, stock = $4, budget = $5, paused = $6, updated_at = $7
             where program_id = $1 and template_id = $2 and issued <= coalesce($4, issued)",
            &[
                program.0.into(),
                row.id.0.into(),
                row.version.into(),
                row.template.stock.into(),
                row.template.budget.map(|budget| budget.0).into(),
                row.paused.into(),
                row.updated_at.0.into(),
            ],
        )
        .await?;
    if written == 1 {
        insert_version(tx, program, row, by).await?;
    }
    Ok(written == 1)
}

/// One template.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    id: TemplateId,
) -> Result<Option<TemplateRow>, Error> {
    let sql = format!("{SELECT} where t.program_id = $1 and t.template_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// Templates, latest first, before a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    before: Option<TemplateId>,
    limit: i64,
) -> Result<Vec<TemplateRow>, Error> {
    let sql = format!(
        "{SELECT} where t.program_id = $1 and t.template_id < $2 order by t.template_id desc limit $3"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The versions that coupons were made of.
pub async fn versions(
    tx: &mut Tx,
    program: ProgramId,
    wanted: impl IntoIterator<Item = (TemplateId, i64)>,
) -> Result<HashMap<(TemplateId, i64), Template>, Error> {
    const COLUMNS: &[Column] = &[Column::Int("template_id"), Column::Int("version")];
    let mut wanted: Vec<(TemplateId, i64)> = wanted.into_iter().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut set = Set::with_capacity(COLUMNS, wanted.len());
    for (template, version) in &wanted {
        set.push(&[template.0.into(), (*version).into()]);
    }
    let rows = tx
        .fetch_set(
            "select v.template_id, v.version, v.document from {set} cross join coupon_template_versions v
             where v.program_id = $1 and v.template_id = s.template_id and v.version = s.version",
            &[program.0.into()],
            set,
        )
        .await?;
    rows.iter()
        .map(|row| Ok(((TemplateId(row.int(0)?), row.int(1)?), document(row.str(2)?)?)))
        .collect()
}

/// Takes coupons out of a template's stock and locks the template; false when it is paused or has
/// too few.
pub async fn take_stock(
    tx: &mut Tx,
    program: ProgramId,
    id: TemplateId,
    count: i64,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "update coupon_templates set issued = issued + $3
             where program_id = $1 and template_id = $2 and paused = 0
               and (stock is null or issued + $3 <= stock)",
            &[program.0.into(), id.0.into(), count.into()],
        )
        .await?;
    Ok(written == 1)
}

/// Locks templates in the order of their numbers and says what is left of each one's budget at an
/// instant: what coupons took off and what live locks may yet take off is gone. None where there
/// is no budget.
pub async fn lock_budgets(
    tx: &mut Tx,
    program: ProgramId,
    ids: impl IntoIterator<Item = TemplateId>,
    now: Timestamp,
) -> Result<HashMap<TemplateId, Option<Money>>, Error> {
    const ID: &[Column] = &[Column::Int("template_id")];
    let mut ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = tx
        .fetch_set(
            "select t.template_id from coupon_templates t
             where t.program_id = $1 and t.template_id in (select s.template_id from {set})
             order by t.template_id {lock}",
            &[program.0.into()],
            Set::of_ints(ID, ids.iter().copied()),
        )
        .await?;
    let locked =
        rows.iter().map(|row| row.int(0).map(TemplateId)).collect::<Result<Vec<_>, _>>()?;
    budgets(tx, program, locked, now).await
}

/// What templates may still take off at an instant; what live locks have set aside is gone. `None`
/// is without an end.
pub async fn budgets(
    tx: &mut Tx,
    program: ProgramId,
    ids: impl IntoIterator<Item = TemplateId>,
    now: Timestamp,
) -> Result<HashMap<TemplateId, Option<Money>>, Error> {
    const ID: &[Column] = &[Column::Int("template_id")];
    let rows = tx
        .fetch_set(
            "select t.template_id, t.budget, t.discounted + (
                 select coalesce(cast(sum(c.discount) as bigint), 0) from coupons c
                 where c.program_id = t.program_id and c.template_id = t.template_id
                   and c.state = 'locked' and c.locked_until > $2)
             from {set} cross join coupon_templates t
             where t.program_id = $1 and t.template_id = s.template_id",
            &[program.0.into(), now.0.into()],
            Set::of_ints(ID, ids.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let used = row.int(2)?;
            let left = row.opt_int(1)?.map(|budget| Money(budget.saturating_sub(used)));
            Ok((TemplateId(row.int(0)?), left))
        })
        .collect()
}

/// Adds to what a template's coupons took off; negative where a refund gives it back.
pub async fn add_discounted(
    tx: &mut Tx,
    program: ProgramId,
    sums: &HashMap<TemplateId, i64>,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[Column::Int("template_id"), Column::Int("discount")];
    let mut sums: Vec<(i64, i64)> = sums.iter().map(|(id, sum)| (id.0, *sum)).collect();
    sums.sort_unstable();
    let mut set = Set::with_capacity(COLUMNS, sums.len());
    for (template, discount) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        set.push(&[template.into(), discount.into()]);
    }
    tx.execute_set(
        "update coupon_templates set discounted = discounted + s.discount from {set}
         where coupon_templates.program_id = $1 and coupon_templates.template_id = s.template_id",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}
