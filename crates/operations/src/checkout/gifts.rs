//! How many there are of goods that are given with a purchase.

use hui_loyalty::amounts::AMOUNT_MAX;
use hui_store::gifts::{self, GiftGood};

use super::{CheckoutError, invalid};
use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::slices::single;

/// The most goods that are counted in a program.
pub const GOODS_MAX: i64 = 5_000;

/// Says how many of a product are on the shelf now, those that live locks hold included.
///
/// A product nobody counted before is counted from now on; locks of before go on without it.
///
/// # Errors
///
/// [`CheckoutError::Invalid`] when the name or the number is none.
pub async fn put_gift(
    operations: &Operations,
    actor: &Actor,
    sku: &str,
    stock: i64,
) -> Result<(), CheckoutError> {
    if sku.is_empty() || sku.len() > 128 {
        return Err(invalid("text.too_long", "/sku", "must have 1 to 128 bytes".to_owned()));
    }
    if !(0..=AMOUNT_MAX).contains(&stock) {
        return Err(invalid("amount.out_of_range", "/stock", "from 0 to 10^12".to_owned()));
    }
    let now = operations.clock.now();
    single(operations, actor.program, None, now, async |tx| {
        gifts::put(tx, actor.program, sku, stock, now).await?;
        let line = AuditLine::new("gift.stock", sku, serde_json::json!({ "stock": stock }));
        audit::append(tx, actor, now, &[line]).await?;
        Ok::<Result<(), CheckoutError>, hui_store::Error>(Ok(()))
    })
    .await
    .map(|_| ())
}

/// The goods that are counted, by name.
pub async fn list_gifts(
    operations: &Operations,
    actor: &Actor,
) -> Result<Vec<GiftGood>, CheckoutError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let goods = gifts::list(&mut tx, actor.program, GOODS_MAX, now).await?;
    tx.rollback().await?;
    Ok(goods)
}
