//! Batches of codes: asked for at once, made in slices, imported, exported.

use std::collections::HashSet;

use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::codes::is_foreign_code;
use hui_loyalty::coupons::templates::CodeSource;
use hui_loyalty::coupons::{Coupon, Source, State};
use hui_loyalty::ids::{BatchId, CouponId, NewIds as _, ProgramId, TemplateId};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::coupons::batches::{self, BatchRow, CodeRow};
use hui_store::coupons::templates::{self, TemplateRow};
use hui_store::{Error, coupons};
use serde::{Deserialize, Serialize};

use super::{CouponError, new_code};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::slices::{Answer, single};

/// The most codes of one batch.
pub const CODES_MAX: i64 = 1_000_000;
/// The most codes of one import.
pub const IMPORT_MAX: usize = 10_000;
/// How many codes one transaction makes.
const CODES_AT_ONCE: i64 = 5_000;

/// The answer to a batch or an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReceipt {
    /// The batch.
    pub batch_id: BatchId,
    /// How many codes it is to have.
    pub codes: i64,
    /// How many it has already.
    pub made: i64,
}

fn check_name(name: &str) -> Result<(), CouponError> {
    if name.trim().is_empty() || name.len() > 100 {
        return Err(CouponError::Invalid { field: "name", problem: "must have 1 to 100 bytes" });
    }
    Ok(())
}

/// Asks for a batch of codes on paper. They are counted out of the stock at once and made in
/// slices by the background work.
pub async fn make_batch(
    operations: &Operations,
    actor: &Actor,
    template: TemplateId,
    name: &str,
    count: i64,
    key: Option<&RequestKey>,
) -> Result<Answer<BatchReceipt>, CouponError> {
    check_name(name)?;
    if !(1..=CODES_MAX).contains(&count) {
        return Err(CouponError::Invalid { field: "count", problem: "must be 1 to 1000000" });
    }
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some(row) = templates::load(tx, actor.program, template).await? else {
            return Ok(Err(CouponError::NoTemplate(template)));
        };
        if row.template.code_source == CodeSource::Imported {
            let problem = "the template's codes are imported";
            return Ok(Err(CouponError::Invalid { field: "count", problem }));
        }
        if !templates::take_stock(tx, actor.program, template, count).await? {
            return Ok(Err(CouponError::OutOfStock));
        }
        let batch = batch_of(operations, actor, &row, name, count, now);
        batches::insert(tx, actor.program, &batch).await?;
        let detail = serde_json::json!({ "template": template, "codes": count });
        let line = AuditLine::new("coupon_batch.make", batch.id, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(BatchReceipt { batch_id: batch.id, codes: count, made: 0 }))
    })
    .await
}

fn batch_of(
    operations: &Operations,
    actor: &Actor,
    row: &TemplateRow,
    name: &str,
    codes: i64,
    now: Timestamp,
) -> BatchRow {
    BatchRow {
        id: BatchId(operations.ids.clone().next_id()),
        template: row.id,
        version: row.version,
        name: name.trim().to_owned(),
        codes,
        made: 0,
        created_at: now,
        created_by: actor.label(),
    }
}

/// Makes the next slice of codes of the first batch that lacks some; says how many.
///
/// Safe beside another process that does it too: the batch is locked.
pub async fn continue_batches(operations: &Operations, program: ProgramId) -> Result<usize, Error> {
    let mut tx = operations.store.begin().await?;
    let Some(batch) = batches::lock_unfinished(&mut tx, program).await? else {
        tx.rollback().await?;
        return Ok(0);
    };
    let made_of = (batch.template, batch.version);
    let versions = templates::versions(&mut tx, program, [made_of]).await?;
    let template = versions
        .get(&made_of)
        .ok_or_else(|| Error::unreadable("coupon template", "its version is missing"))?;
    let (valid_from, valid_until) = template.validity.unreceived(batch.created_at);
    let count = (batch.codes - batch.made).min(CODES_AT_ONCE);
    let mut ids = operations.ids.clone();
    let made = (0..count)
        .map(|_| {
            Ok(Coupon {
                id: CouponId(ids.next_id()),
                template: batch.template,
                version: batch.version,
                code: new_code()?,
                member: None,
                home: None,
                state: State::Issued,
                valid_from,
                valid_until,
                received_at: batch.created_at,
                uses_left: template.uses(),
                lock: None,
                order: None,
                discount: Money::ZERO,
                source: Source::Batch,
                source_key: None,
                batch: Some(batch.id),
            })
        })
        .collect::<Result<Vec<Coupon>, Error>>()?;
    coupons::insert(&mut tx, program, &made).await?;
    batches::add_made(&mut tx, program, batch.id, count).await?;
    tx.commit().await?;
    Ok(made.len())
}

/// Takes codes that somebody else made into the pool of a template; all or none.
pub async fn import_codes(
    operations: &Operations,
    actor: &Actor,
    template: TemplateId,
    name: &str,
    codes: &[String],
    key: Option<&RequestKey>,
) -> Result<Answer<BatchReceipt>, CouponError> {
    check_name(name)?;
    if codes.is_empty() || codes.len() > IMPORT_MAX {
        return Err(CouponError::Invalid { field: "codes", problem: "must be 1 to 10000" });
    }
    let mut seen = HashSet::new();
    for (place, code) in codes.iter().enumerate() {
        if !is_foreign_code(code) {
            let problem = "must have 4 to 64 visible ASCII characters, no comma or quote, each";
            return Err(CouponError::Invalid { field: "codes", problem });
        }
        if !seen.insert(code) {
            return Err(CouponError::CodeTaken(place));
        }
    }
    let now = operations.clock.now();
    let count = i64::try_from(codes.len()).unwrap_or(i64::MAX);
    single(operations, actor.program, key, now, async |tx| {
        let program = actor.program;
        let Some(row) = templates::load(tx, program, template).await? else {
            return Ok(Err(CouponError::NoTemplate(template)));
        };
        if row.template.code_source != CodeSource::Imported {
            let problem = "the template makes its own codes";
            return Ok(Err(CouponError::Invalid { field: "codes", problem }));
        }
        if !templates::take_stock(tx, program, template, count).await? {
            return Ok(Err(CouponError::OutOfStock));
        }
        let known = coupons::lock_codes(tx, program, codes.iter().map(String::as_str)).await?;
        let known: HashSet<&str> = known.iter().map(|coupon| coupon.code.as_str()).collect();
        if let Some(place) = codes.iter().position(|code| known.contains(code.as_str())) {
            return Ok(Err(CouponError::CodeTaken(place)));
        }
        let batch = BatchRow { made: count, ..batch_of(operations, actor, &row, name, count, now) };
        batches::insert(tx, program, &batch).await?;
        let (valid_from, valid_until) = row.template.validity.unreceived(now);
        let mut ids = operations.ids.clone();
        let imported: Vec<Coupon> = codes
            .iter()
            .map(|code| Coupon {
                id: CouponId(ids.next_id()),
                template,
                version: row.version,
                code: code.clone(),
                member: None,
                home: None,
                state: State::Issued,
                valid_from,
                valid_until,
                received_at: now,
                uses_left: row.template.uses(),
                lock: None,
                order: None,
                discount: Money::ZERO,
                source: Source::Import,
                source_key: None,
                batch: Some(batch.id),
            })
            .collect();
        coupons::insert(tx, program, &imported).await?;
        let detail = serde_json::json!({ "template": template, "codes": count });
        let line = AuditLine::new("coupon_batch.import", batch.id, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(BatchReceipt { batch_id: batch.id, codes: count, made: count }))
    })
    .await
}

/// One batch.
pub async fn read_batch(
    operations: &Operations,
    actor: &Actor,
    id: BatchId,
) -> Result<BatchRow, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    let row = batches::load(&mut tx, actor.program, id).await?;
    tx.rollback().await?;
    row.ok_or(CouponError::NoBatch(id))
}

/// Batches of a template, or of all, latest first.
pub async fn list_batches(
    operations: &Operations,
    actor: &Actor,
    template: Option<TemplateId>,
    before: Option<BatchId>,
    limit: i64,
) -> Result<Vec<BatchRow>, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = batches::list(&mut tx, actor.program, template, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Notes in the audit log that a batch's codes are exported; comes before the first of them.
pub async fn begin_export(
    operations: &Operations,
    actor: &Actor,
    id: BatchId,
) -> Result<BatchRow, CouponError> {
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    let Some(batch) = batches::load(&mut tx, actor.program, id).await? else {
        tx.rollback().await?;
        return Err(CouponError::NoBatch(id));
    };
    let detail = serde_json::json!({ "codes": batch.made });
    let line = AuditLine::new("coupon_batch.export", id, detail);
    audit::append(&mut tx, actor, now, &[line]).await?;
    tx.commit().await?;
    Ok(batch)
}

/// A page of a batch's codes in the order they were made.
pub async fn export_page(
    operations: &Operations,
    actor: &Actor,
    id: BatchId,
    after: Option<CouponId>,
    limit: i64,
) -> Result<Vec<CodeRow>, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = batches::codes_after(&mut tx, actor.program, id, after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}
