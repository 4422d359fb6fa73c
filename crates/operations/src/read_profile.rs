//! What is known of one member's purchases: how much, how often, of what, where.

use std::collections::BTreeMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::MemberId;
use hui_loyalty::members::habits::{Habits, Purchase, habits};
use hui_loyalty::time::Timestamp;
use hui_store::members::Link;
use hui_store::orders::PurchaseRow;
use hui_store::{Error, members, orders};

use crate::actor::Actor;
use crate::context::Operations;
use crate::read_members::find;

/// From how many of the latest orders habits are told.
pub const ORDERS_MAX: i64 = 2_000;

/// A member's purchases.
#[derive(Debug, Clone)]
pub struct ProfileView {
    /// The member; where the one asked for was merged away its survivor.
    pub member: MemberId,
    /// The instant of all of it.
    pub as_of: Timestamp,
    /// What the purchases tell.
    pub habits: Habits,
    /// Whether there are more orders than habits are told from.
    pub is_cut_off: bool,
    /// Where the member is known, since earliest first.
    pub channels: Vec<ChannelView>,
    /// The channel the member was first met on.
    pub join_channel: Option<String>,
    /// The shop of the order that the member was first met by.
    pub join_shop: Option<String>,
}

/// A member on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelView {
    /// The channel.
    pub channel: String,
    /// Since when the member is known there.
    pub since: Timestamp,
    /// Orders that count.
    pub orders: i64,
    /// What was paid for them, refunds taken off.
    pub spent: Money,
    /// When the latest was paid.
    pub last_order_at: Option<Timestamp>,
}

/// What is known of a member's purchases; `None` when the actor sees no such member.
///
/// Of a member with more than [`ORDERS_MAX`] counted orders the latest are told of.
pub async fn read_profile(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<ProfileView>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rules = operations.rules.load(&mut tx, actor.program).await?;
    let (_, rules) = rules.at(now)?;
    let links = members::links_of(&mut tx, actor.program, row.id).await?;
    let mut rows = orders::purchases(&mut tx, actor.program, row.id, ORDERS_MAX + 1).await?;
    tx.rollback().await?;
    let most = usize::try_from(ORDERS_MAX).unwrap_or(usize::MAX);
    let is_cut_off = rows.len() > most;
    rows.truncate(most);
    let join_channel = links.first().map(|link| link.channel.clone());
    // The order that a member was first met by is dated by that very instant.
    let first = rows.iter().filter(|order| Some(&order.channel) == join_channel.as_ref());
    let mut first = first.filter(|order| order.paid_at == row.created_at);
    let join_shop = first.next_back().and_then(|order| order.shop.clone());
    let channels = by_channel(&links, &rows);
    let purchases: Vec<Purchase> = rows.into_iter().map(purchase).collect();
    Ok(Some(ProfileView {
        member: row.id,
        as_of: now,
        habits: habits(&purchases, &rules.zone, now),
        is_cut_off,
        channels,
        join_channel,
        join_shop,
    }))
}

fn purchase(row: PurchaseRow) -> Purchase {
    let lines = row.lines.into_iter().map(|line| (line.category, line.paid.minus(line.refunded)));
    Purchase {
        paid_at: row.paid_at,
        paid: row.paid,
        refunded: row.refunded,
        lines: lines.collect(),
    }
}

fn by_channel(links: &[Link], rows: &[PurchaseRow]) -> Vec<ChannelView> {
    let mut by_name: BTreeMap<&str, (i64, Money, Option<Timestamp>)> = BTreeMap::new();
    for row in rows {
        let (orders, spent, last) = by_name.entry(&row.channel).or_default();
        *orders += 1;
        *spent = spent.plus(row.paid.minus(row.refunded));
        *last = (*last).max(Some(row.paid_at));
    }
    links
        .iter()
        .map(|link| {
            let (orders, spent, last_order_at) =
                by_name.get(link.channel.as_str()).copied().unwrap_or_default();
            let Link { channel, since, .. } = link.clone();
            ChannelView { channel, since, orders, spent, last_order_at }
        })
        .collect()
}
