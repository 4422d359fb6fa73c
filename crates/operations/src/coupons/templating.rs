//! Coupon templates made, changed and read.

use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::templates::Template;
use hui_loyalty::ids::{NewIds as _, TemplateId};
use hui_store::answers::RequestKey;
use hui_store::coupons::templates::{self, TemplateRow};
use serde::{Deserialize, Serialize};

use super::CouponError;
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::slices::{Answer, single};

/// The answer to a new template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateReceipt {
    /// The template.
    pub template_id: TemplateId,
    /// Its version.
    pub version: i64,
}

fn check(template: &Template) -> Result<(), CouponError> {
    let problems = template.problems();
    if problems.is_empty() { Ok(()) } else { Err(CouponError::Template(problems)) }
}

/// Makes a template.
pub async fn make_template(
    operations: &Operations,
    actor: &Actor,
    template: &Template,
    key: Option<&RequestKey>,
) -> Result<Answer<TemplateReceipt>, CouponError> {
    check(template)?;
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let row = TemplateRow {
            id: TemplateId(operations.ids.clone().next_id()),
            version: 1,
            template: template.clone(),
            issued: 0,
            discounted: Money::ZERO,
            paused: false,
            created_at: now,
            updated_at: now,
        };
        templates::insert(tx, actor.program, &row, &actor.label()).await?;
        let line = AuditLine::new("coupon_template.make", row.id, serde_json::json!({}));
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(TemplateReceipt { template_id: row.id, version: 1 }))
    })
    .await
}

/// Gives a template a new version, or pauses it and lets it go on.
///
/// Coupons given before keep the version they were made of; stock and budget count at once.
pub async fn change_template(
    operations: &Operations,
    actor: &Actor,
    id: TemplateId,
    template: Option<&Template>,
    paused: Option<bool>,
) -> Result<TemplateReceipt, CouponError> {
    if let Some(template) = template {
        check(template)?;
    }
    let now = operations.clock.now();
    let answer = single(operations, actor.program, None, now, async |tx| {
        // Nobody gives coupons of it meanwhile: the row is locked.
        templates::lock_budgets(tx, actor.program, [id], now).await?;
        let Some(mut row) = templates::load(tx, actor.program, id).await? else {
            return Ok(Err(CouponError::NoTemplate(id)));
        };
        row.version += 1;
        row.updated_at = now;
        row.paused = paused.unwrap_or(row.paused);
        row.template = template.cloned().unwrap_or(row.template);
        if !templates::change(tx, actor.program, &row, &actor.label()).await? {
            return Ok(Err(CouponError::StockBelowIssued));
        }
        let detail = serde_json::json!({ "version": row.version, "paused": row.paused });
        let line = AuditLine::new("coupon_template.change", id, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(TemplateReceipt { template_id: id, version: row.version }))
    });
    Ok(answer.await?.receipt)
}

/// One template.
pub async fn read_template(
    operations: &Operations,
    actor: &Actor,
    id: TemplateId,
) -> Result<TemplateRow, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    let row = templates::load(&mut tx, actor.program, id).await?;
    tx.rollback().await?;
    row.ok_or(CouponError::NoTemplate(id))
}

/// Templates, latest first.
pub async fn list_templates(
    operations: &Operations,
    actor: &Actor,
    before: Option<TemplateId>,
    limit: i64,
) -> Result<Vec<TemplateRow>, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = templates::list(&mut tx, actor.program, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}
