//! Adjustments that wait or waited for somebody else's word, listed.

use hui_loyalty::ids::AdjustmentId;
use hui_store::Error;
use hui_store::adjustments::{self, AdjustmentRow, AdjustmentState};

use crate::actor::Actor;
use crate::context::Operations;
use crate::read_members::{Page, page};

/// Requests of one state, or all, latest first.
pub async fn list_adjustments(
    operations: &Operations,
    actor: &Actor,
    state: Option<AdjustmentState>,
    before: Option<AdjustmentId>,
    limit: i64,
) -> Result<Page<AdjustmentRow, AdjustmentId>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let rows = adjustments::list(&mut tx, actor.program, state, before, limit + 1).await?;
    tx.rollback().await?;
    Ok(page(rows, limit, |row| row.id))
}
