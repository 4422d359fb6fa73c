//! What is shown of wallets, as of now or another instant.

use hui_loyalty::ids::{Counter, EntryId, MemberId, TopUpId};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{Balance, balance, balance_then, settling};
use hui_store::wallet::{self, EntryRow, SettlementRow, SoldRow, TopUpRow};

use super::WalletError;
use crate::actor::Actor;
use crate::context::Operations;
use crate::read_members::find;

/// What a member's wallet has now, at an instant to come, or had at one that has passed.
pub async fn read_wallet(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    at: Option<Timestamp>,
) -> Result<(MemberId, Balance), WalletError> {
    let now = operations.clock.now();
    let at = at.unwrap_or(now);
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(WalletError::NoMember(member))?;
    let mut wallets = wallet::load(&mut tx, actor.program, [row.id]).await?;
    let mut open = wallets.remove(&row.id).unwrap_or_default();
    let found = if at >= now {
        balance(&open, at)
    } else {
        let mut entries = Vec::new();
        settling::settle(&mut open, now, &mut Counter(0), &mut entries);
        let mut before = None;
        loop {
            let page = wallet::list_entries(&mut tx, actor.program, row.id, before, 1_000).await?;
            let Some((last, _)) = page.last() else { break };
            before = Some(last.id);
            entries.extend(page.into_iter().map(|(entry, _)| entry));
        }
        balance_then(&entries, at)
    };
    tx.rollback().await?;
    Ok((row.id, found))
}

/// A member's wallet entries, latest first.
pub async fn list_wallet_entries(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<EntryRow>, WalletError> {
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(WalletError::NoMember(member))?;
    let rows = wallet::list_entries(&mut tx, actor.program, row.id, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// A member's top-ups, latest first.
pub async fn list_top_ups(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<TopUpId>,
    limit: i64,
) -> Result<Vec<TopUpRow>, WalletError> {
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(WalletError::NoMember(member))?;
    let rows = wallet::list_top_ups(&mut tx, actor.program, row.id, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Who sold what, and where it was spent, between two instants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// What each shop sold and paid back.
    pub sold: Vec<SoldRow>,
    /// What was spent, by where it was sold and where it was spent.
    pub spent: Vec<SettlementRow>,
}

/// The settlement between stores of a period; a store sees only what it sold or what was spent in it.
pub async fn read_settlement(
    operations: &Operations,
    actor: &Actor,
    from: Timestamp,
    until: Timestamp,
) -> Result<Settlement, WalletError> {
    if until <= from {
        return Err(WalletError::Invalid { field: "until", problem: "lies after the beginning" });
    }
    let mut tx = operations.store.snapshot().await?;
    let mut sold = wallet::sold(&mut tx, actor.program, from, until).await?;
    let mut spent = wallet::settlement(&mut tx, actor.program, from, until).await?;
    tx.rollback().await?;
    let sees = |channel: &str, shop: Option<&str>| actor.shops.sees(channel, shop);
    sold.retain(|row| sees(&row.channel, row.shop.as_deref()));
    spent.retain(|row| {
        let spent_channel = row.spent_channel.as_deref().unwrap_or_default();
        sees(&row.sold_channel, row.sold_shop.as_deref())
            || sees(spent_channel, row.spent_shop.as_deref())
    });
    Ok(Settlement { sold, spent })
}
