//! What staff and shops see of members: masked, scoped to their shops, as of now.
//!
//! Every figure comes from the same settling that the jobs write down, done on a copy.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::earning::explaining::Explanation;
use hui_loyalty::ids::{Counter, EntryId, LotId, MemberId, OrderId, ProgramId};
use hui_loyalty::ledger::auditing::replay;
use hui_loyalty::ledger::balances::{Balance, LotState, balance, lot_state};
use hui_loyalty::ledger::settling::settle;
use hui_loyalty::ledger::{Account, EntryKind, Lot};
use hui_loyalty::members::claims::strength;
use hui_loyalty::members::codes::{member_code, read_member_code};
use hui_loyalty::members::masks::{mask, mask_name};
use hui_loyalty::members::{Claim, IdentityKind};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::program::Program;
use hui_loyalty::tiers::{self, Progress, Standing};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet;
use hui_store::growth::TierChangeRow;
use hui_store::identities::IdentityRow;
use hui_store::ledger::{EntryRow, Lots};
use hui_store::members::{Filter, MemberRow, MemberState};
use hui_store::merges::MergeRow;
use hui_store::orders::OrderRow;
use hui_store::refunds::{RefundRow, RefundState};
use hui_store::reviews::ReviewRow;
use hui_store::wallet as stored;
use hui_store::{
    Error, Tx, adjustments, coupons, growth, identities, ledger, members, merges, orders, refunds,
    reviews,
};

use crate::actor::{Actor, ShopScope};
use crate::books::standing;
use crate::context::Operations;
use crate::persons::indexed;
use crate::record_refunds::{RefundReceipt, receipt_of};

/// A member as it is shown.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The row, brought up to now: its tier is the one held at this instant.
    pub row: MemberRow,
    /// The name, masked.
    pub name: Option<String>,
    /// The phone, masked.
    pub phone: Option<String>,
    /// Growth in the window that counts for the tier.
    pub growth: Points,
    /// The balance now.
    pub balance: Balance,
    /// How many coupons can be used now.
    pub coupons_usable: i64,
    /// What the wallet has now.
    pub wallet: wallet::Balance,
    /// The way to the next tier.
    pub progress: Progress,
    /// The number that was asked for, where that member was merged into this one.
    pub redirected_from: Option<MemberId>,
}

/// An identity as it is shown.
#[derive(Debug, Clone)]
pub struct IdentityView {
    /// As stored.
    pub row: IdentityRow,
    /// The value, masked.
    pub masked: Option<String>,
}

/// An entry with the numbers that people know its events by.
#[derive(Debug, Clone)]
pub struct NumberedEntry {
    /// As stored.
    pub row: EntryRow,
    /// The channel's number of the order it is about.
    pub order_no: Option<String>,
    /// The channel's number of the refund it is about.
    pub refund_no: Option<String>,
}

/// A lot as it is shown.
#[derive(Debug, Clone)]
pub struct LotView {
    /// The lot, settled.
    pub lot: Lot,
    /// Its state now.
    pub state: LotState,
    /// The channel's number of the order that earned it.
    pub order_no: Option<String>,
}

/// An entry with what led to it.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The entry.
    pub entry: NumberedEntry,
    /// The lot it is about.
    pub lot: Option<Lot>,
    /// The order it is about.
    pub order: Option<OrderRow>,
    /// The way from the order's lines to its points.
    pub explanation: Option<Explanation>,
    /// The adjustment it takes back.
    pub undoes: Option<EntryId>,
    /// The entry that took it back.
    pub undone_by: Option<EntryId>,
}

/// A page and where the next begins.
pub type Page<T, C> = (Vec<T>, Option<C>);

pub(crate) fn page<T, C>(mut rows: Vec<T>, limit: i64, cursor: impl Fn(&T) -> C) -> Page<T, C> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    (rows, next)
}

/// Finds a member by number, following merges; one outside the actor's shops is not found.
pub(crate) async fn find(
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<MemberRow>, Error> {
    let Some(row) = members::load_survivor(tx, actor.program, member).await? else {
        return Ok(None);
    };
    if row.state == MemberState::Erased {
        return Ok(None);
    }
    if let ShopScope::Only(shops) = &actor.shops
        && is_listing_scoped(actor)
        && !members::bought_in(tx, actor.program, row.id, shops).await?
    {
        return Ok(None);
    }
    Ok(Some(row))
}

/// A till serves whoever comes; the console of a store shows its own members only.
fn is_listing_scoped(actor: &Actor) -> bool {
    matches!(actor.kind, crate::actor::ActorKind::Staff(_, crate::actor::Role::StoreManager))
}

/// The growth and standing of a member as a review at this instant would leave them.
async fn standing_now(
    tx: &mut Tx,
    actor: &Actor,
    rules: &Program,
    row: &MemberRow,
    now: Timestamp,
) -> Result<(Standing, Points), Error> {
    let mut histories = growth::histories(tx, actor.program, [row.id]).await?;
    let history = histories.remove(&row.id).unwrap_or_default();
    let window = tiers::measure(&history, rules.ladder.window, now, &rules.zone);
    let (settled, _) = tiers::settle(rules, standing(row), &history, now);
    Ok((settled, window))
}

pub(crate) async fn view(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    asked: MemberId,
    row: MemberRow,
    now: Timestamp,
) -> Result<MemberView, Error> {
    let view = views(operations, tx, actor, vec![row], now).await?.into_iter().next();
    let view = view.ok_or_else(|| Error::unreadable("member", "without a view"))?;
    Ok(MemberView { redirected_from: Some(asked).filter(|asked| *asked != view.row.id), ..view })
}

/// Members as they are shown, in the order of their rows; asks the same few questions for one as for a page.
async fn views(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    rows: Vec<MemberRow>,
    now: Timestamp,
) -> Result<Vec<MemberView>, Error> {
    let program = actor.program;
    let rules = operations.rules.load(tx, program).await?;
    let (_, rules) = rules.at(now)?;
    let ids = || rows.iter().map(|row| row.id);
    let mut accounts = ledger::load_accounts(tx, program, ids(), Lots::Open).await?;
    let mut histories = growth::histories(tx, program, ids()).await?;
    let keys = members::load_keys(tx, program, ids()).await?;
    let mut wallets = stored::load(tx, program, ids()).await?;
    let usable = coupons::count_usable(tx, program, ids(), now).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for mut row in rows {
        let account = accounts.remove(&row.id).unwrap_or_else(|| Account::new(row.id));
        let history = histories.remove(&row.id).unwrap_or_default();
        let window = tiers::measure(&history, rules.ladder.window, now, &rules.zone);
        let (settled, _) = tiers::settle(&rules, standing(&row), &history, now);
        let progress = tiers::progress(&rules, &settled, window);
        row.tier = settled.tier;
        row.tier_since = settled.since;
        row.tier_until = settled.until;
        row.tier_granted = settled.granted;
        let key = keys
            .get(&row.id)
            .map(|wrapped| operations.vault.open_member_key(program, row.id, wrapped))
            .transpose()?;
        let clear = |field: &str, cipher: &Option<String>| {
            let (key, cipher) = (key.as_ref()?, cipher.as_ref()?);
            operations.vault.decrypt(key, field, cipher).ok()
        };
        shown.push(MemberView {
            name: clear("name", &row.name_cipher).map(|name| mask_name(&name)),
            phone: clear("phone", &row.phone_cipher).map(|phone| mask(IdentityKind::Phone, &phone)),
            growth: window,
            balance: balance(&account, now),
            coupons_usable: usable.get(&row.id).copied().unwrap_or(0),
            wallet: wallet::balance(&wallets.remove(&row.id).unwrap_or_default(), now),
            progress,
            redirected_from: None,
            row,
        });
    }
    Ok(shown)
}

/// A member by number; of one that was merged away the survivor.
pub async fn read_member(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<MemberView>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let found = match find(&mut tx, actor, member).await? {
        Some(row) => Some(view(operations, &mut tx, actor, member, row, now).await?),
        None => None,
    };
    tx.rollback().await?;
    Ok(found)
}

/// The member that somebody has just served, shown whatever their shops.
pub async fn read_served_member(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<MemberView>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let found = match members::load_survivor(&mut tx, actor.program, member).await? {
        Some(row) if row.state != MemberState::Erased => {
            Some(view(operations, &mut tx, actor, row.id, row, now).await?)
        }
        _ => None,
    };
    tx.rollback().await?;
    Ok(found)
}

/// The member that the strongest known of these identities belongs to.
pub async fn look_up_member(
    operations: &Operations,
    actor: &Actor,
    claims: &[Claim],
) -> Result<Option<MemberView>, Error> {
    let now = operations.clock.now();
    let mut given = indexed(&operations.vault, actor.program, claims);
    given.retain(|one| one.claim.kind != IdentityKind::PhoneMasked);
    given.sort_by_key(|one| std::cmp::Reverse(strength(one.claim.kind, true)));
    let mut tx = operations.store.snapshot().await?;
    let indexes: Vec<&str> = given.iter().map(|one| one.index.as_str()).collect();
    let rows = identities::find(&mut tx, actor.program, &indexes).await?;
    let owner = given
        .iter()
        .find_map(|one| rows.iter().find(|row| row.index == one.index).and_then(|row| row.member));
    let mut found = None;
    if let Some(owner) = owner
        && let Some(row) = members::load_survivor(&mut tx, actor.program, owner).await?
    {
        let asked = row.id;
        found = Some(view(operations, &mut tx, actor, asked, row, now).await?);
    }
    tx.rollback().await?;
    Ok(found)
}

/// A list of members, latest first.
pub async fn list_members(
    operations: &Operations,
    actor: &Actor,
    tier: Option<String>,
    before: Option<MemberId>,
    limit: i64,
) -> Result<Page<MemberView, MemberId>, Error> {
    let now = operations.clock.now();
    let shops = match &actor.shops {
        ShopScope::All => None,
        ShopScope::Only(shops) => Some(
            shops.iter().map(|shop| shop.rsplit('/').next().unwrap_or(shop).to_owned()).collect(),
        ),
    };
    let filter = Filter { tier, shops };
    let mut tx = operations.store.snapshot().await?;
    let rows = members::list(&mut tx, actor.program, &filter, before, limit + 1).await?;
    let (rows, next) = page(rows, limit, |row| row.id);
    let views = views(operations, &mut tx, actor, rows, now).await?;
    tx.rollback().await?;
    Ok((views, next))
}

/// The rotating code a member shows at the till.
pub async fn read_member_code_now(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<String>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?;
    tx.rollback().await?;
    let purpose = format!("member code|{}", actor.program);
    Ok(row.map(|row| {
        member_code(row.id, now, |bytes| operations.vault.keyed_number(&purpose, bytes))
    }))
}

/// The member of a scanned code; none when it has expired or was made up.
pub async fn look_up_code(
    operations: &Operations,
    actor: &Actor,
    code: &str,
) -> Result<Option<MemberView>, Error> {
    let now = operations.clock.now();
    let purpose = format!("member code|{}", actor.program);
    let mac = |bytes: &[u8]| operations.vault.keyed_number(&purpose, bytes);
    let Ok(possible) = read_member_code(code, now, mac) else { return Ok(None) };
    for member in possible {
        if let Some(view) = read_member(operations, actor, member).await? {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// Every identity a member has or had, live ones first.
pub async fn read_identities(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<Vec<IdentityView>>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rows = identities::of_members(&mut tx, actor.program, [row.id]).await?;
    let homes: Vec<MemberId> = rows.iter().filter_map(|row| row.home).chain([row.id]).collect();
    let keys = members::load_keys(&mut tx, actor.program, homes).await?;
    tx.rollback().await?;
    let views = rows
        .into_iter()
        .map(|identity| {
            let home = identity.home.unwrap_or(row.id);
            let masked = keys.get(&home).and_then(|wrapped| {
                let key = operations.vault.open_member_key(actor.program, home, wrapped).ok()?;
                let cipher = identity.value_cipher.as_ref()?;
                let clear = operations.vault.decrypt(&key, identity.kind.name(), cipher).ok()?;
                Some(mask(identity.kind, &clear))
            });
            IdentityView { row: identity, masked }
        })
        .collect();
    Ok(Some(views))
}

/// A member's balance now, at an instant to come, or as it was at one that has passed.
pub async fn read_balance(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    at: Option<Timestamp>,
) -> Result<Option<Balance>, Error> {
    let now = operations.clock.now();
    let at = at.unwrap_or(now);
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let lots = if at < now { Lots::All } else { Lots::Open };
    let mut accounts = ledger::load_accounts(&mut tx, actor.program, [row.id], lots).await?;
    let mut account = accounts.remove(&row.id).unwrap_or_else(|| Account::new(row.id));
    if at >= now {
        tx.rollback().await?;
        return Ok(Some(balance(&account, at)));
    }
    let mut entries: Vec<_> = ledger::entries_of(&mut tx, actor.program, [row.id], None)
        .await?
        .into_iter()
        .map(|row| row.entry)
        .collect();
    tx.rollback().await?;
    entries.extend(settle(&mut account, now, &mut Counter(0)));
    let then = replay(row.id, &entries, &account.lots, at);
    Ok(Some(balance(&then, at)))
}

/// Entries with the channels' numbers of their orders and refunds.
async fn numbered(
    tx: &mut Tx,
    program: ProgramId,
    rows: Vec<EntryRow>,
) -> Result<Vec<NumberedEntry>, Error> {
    let of_orders = rows.iter().filter_map(|row| row.entry.cause.order);
    let orders = orders::keys(tx, program, of_orders).await?;
    let of_refunds = rows.iter().filter_map(|row| row.entry.cause.refund);
    let refunds = refunds::numbers(tx, program, of_refunds).await?;
    let numbered = rows.into_iter().map(|row| {
        let cause = &row.entry.cause;
        let order_no = cause.order.and_then(|id| orders.get(&id)).map(|key| key.order_no.clone());
        let refund_no = cause.refund.and_then(|id| refunds.get(&id).cloned());
        NumberedEntry { row, order_no, refund_no }
    });
    Ok(numbered.collect())
}

/// A member's entries, latest first.
pub async fn read_entries(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    kind: Option<EntryKind>,
    before: Option<(Timestamp, EntryId)>,
    limit: i64,
) -> Result<Option<Page<NumberedEntry, (Timestamp, EntryId)>>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rows =
        ledger::list_entries(&mut tx, actor.program, row.id, kind, before, limit + 1).await?;
    let (rows, next) = page(rows, limit, |row| (row.entry.at, row.entry.id));
    let rows = numbered(&mut tx, actor.program, rows).await?;
    tx.rollback().await?;
    Ok(Some((rows, next)))
}

/// A member's lots with their state now, latest first.
pub async fn read_lots(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<LotId>,
    limit: i64,
) -> Result<Option<Page<LotView, LotId>>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rows = ledger::list_lots(&mut tx, actor.program, row.id, before, limit + 1).await?;
    let mut accounts = ledger::load_accounts(&mut tx, actor.program, [row.id], Lots::Open).await?;
    let of_orders = rows.iter().filter_map(|lot| lot.source.order);
    let numbers = orders::keys(&mut tx, actor.program, of_orders).await?;
    tx.rollback().await?;
    let mut account = accounts.remove(&row.id).unwrap_or_else(|| Account::new(row.id));
    settle(&mut account, now, &mut Counter(0));
    let (rows, next) = page(rows, limit, |lot| lot.id);
    let shown = rows.into_iter().map(|lot| {
        let settled = account.lots.iter().find(|known| known.id == lot.id).cloned().unwrap_or(lot);
        let state = lot_state(&settled, now);
        let order = settled.source.order.and_then(|id| numbers.get(&id));
        LotView { state, order_no: order.map(|key| key.order_no.clone()), lot: settled }
    });
    Ok(Some((shown.collect(), next)))
}

/// Why an entry is as it is.
pub async fn explain_entry(
    operations: &Operations,
    actor: &Actor,
    entry: EntryId,
) -> Result<Option<Explained>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = ledger::load_entry(&mut tx, actor.program, entry).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    if find(&mut tx, actor, row.entry.member).await?.is_none() {
        tx.rollback().await?;
        return Ok(None);
    }
    let lot = match row.entry.lot {
        Some(lot) => ledger::load_lots(&mut tx, actor.program, [lot]).await?.into_iter().next(),
        None => None,
    };
    let lot = lot.map(|(_, lot)| lot);
    let order = row.entry.cause.order.or_else(|| lot.as_ref().and_then(|lot| lot.source.order));
    let order: Option<OrderRow> = match order {
        Some(order) => orders::load(&mut tx, actor.program, [order]).await?.remove(&order),
        None => None,
    };
    let undone = adjustments::undone(&mut tx, actor.program, [entry]).await?;
    let shown = numbered(&mut tx, actor.program, vec![row]).await?.into_iter().next();
    tx.rollback().await?;
    let shown = shown.ok_or_else(|| Error::unreadable("entry", "without its numbers"))?;
    let explanation = order
        .as_ref()
        .and_then(|order| order.explanation.as_deref())
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| Error::unreadable("explanation", error))?;
    let undoes = undone.iter().find(|one| one.by == entry).map(|one| one.entry);
    let undone_by = undone.iter().find(|one| one.entry == entry).map(|one| one.by);
    Ok(Some(Explained { entry: shown, lot, order, explanation, undoes, undone_by }))
}

/// An order with its refunds.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// The order.
    pub row: OrderRow,
    /// Its refunds, earliest first, each with what it did if that is known by now.
    pub refunds: Vec<(RefundRow, Option<RefundReceipt>)>,
}

async fn with_refunds(
    tx: &mut Tx,
    actor: &Actor,
    rows: Vec<OrderRow>,
) -> Result<Vec<OrderView>, Error> {
    let ids = rows.iter().map(|row| row.id);
    let mut of_order: HashMap<OrderId, Vec<_>> = HashMap::new();
    for refund in refunds::of_orders(tx, actor.program, ids).await? {
        let done = refund.state == RefundState::Done;
        let receipt = done.then(|| receipt_of(&refund)).transpose()?;
        if let Some(order) = refund.order {
            of_order.entry(order).or_default().push((refund, receipt));
        }
    }
    let views = rows.into_iter().map(|row| {
        let refunds = of_order.remove(&row.id).unwrap_or_default();
        OrderView { row, refunds }
    });
    Ok(views.collect())
}

/// A member's orders, latest first.
pub async fn read_orders(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    before: Option<(i64, OrderId)>,
    limit: i64,
) -> Result<Option<Page<OrderView, (i64, OrderId)>>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rows = orders::of_member(&mut tx, actor.program, row.id, before, limit + 1).await?;
    let (rows, next) = page(rows, limit, |row| (row.paid_at.unwrap_or(row.recorded_at).0, row.id));
    let views = with_refunds(&mut tx, actor, rows).await?;
    tx.rollback().await?;
    Ok(Some((views, next)))
}

/// One order by its natural key.
pub async fn read_order(
    operations: &Operations,
    actor: &Actor,
    key: &OrderKey,
) -> Result<Option<OrderView>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let row = orders::find(&mut tx, actor.program, key).await?;
    let seen = row.filter(|row| actor.shops.sees(&row.key.channel, row.shop.as_deref()));
    let view = with_refunds(&mut tx, actor, seen.into_iter().collect()).await?;
    tx.rollback().await?;
    Ok(view.into_iter().next())
}

/// A member's way through the tiers.
#[derive(Debug, Clone)]
pub struct TierView {
    /// The standing now.
    pub standing: Standing,
    /// Growth ever.
    pub growth_lifetime: Points,
    /// What is missing.
    pub progress: Progress,
    /// Changes, latest first.
    pub history: Vec<TierChangeRow>,
}

/// A member's tier, what is missing to the next, and the history.
pub async fn read_tier(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<TierView>, Error> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rules = operations.rules.load(&mut tx, actor.program).await?;
    let (_, rules) = rules.at(now)?;
    let (standing, window) = standing_now(&mut tx, actor, &rules, &row, now).await?;
    let history = growth::tier_changes(&mut tx, actor.program, row.id, 500).await?;
    tx.rollback().await?;
    Ok(Some(TierView {
        progress: tiers::progress(&rules, &standing, window),
        standing,
        growth_lifetime: row.growth_lifetime,
        history,
    }))
}

/// The merges that made a member what it is, and those that were undone, latest first.
///
/// Also those of everybody merged into it: asked by the number of a survivor that
/// was merged away later, it lists that survivor's merges too.
pub async fn read_merges(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Option<Vec<MergeRow>>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let Some(row) = find(&mut tx, actor, member).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let rows = merges::of_member(&mut tx, actor.program, row.id).await?;
    tx.rollback().await?;
    Ok(Some(rows))
}

/// The review queue, latest first.
pub async fn list_reviews(
    operations: &Operations,
    actor: &Actor,
    open: Option<bool>,
    before: Option<hui_loyalty::ids::ReviewId>,
    limit: i64,
) -> Result<Page<ReviewRow, hui_loyalty::ids::ReviewId>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let rows = reviews::list(&mut tx, actor.program, open, before, limit + 1).await?;
    tx.rollback().await?;
    Ok(page(rows, limit, |row| row.id))
}

/// Refunds that wait for their order or were given up, latest first.
pub async fn list_refunds(
    operations: &Operations,
    actor: &Actor,
    state: RefundState,
    before: Option<hui_loyalty::ids::RefundId>,
    limit: i64,
) -> Result<Page<RefundRow, hui_loyalty::ids::RefundId>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let rows = refunds::list(&mut tx, actor.program, state, before, limit + 1).await?;
    tx.rollback().await?;
    Ok(page(rows, limit, |row| row.id))
}

/// Average order value of a member in minor units, refunds taken off.
pub fn average_order(row: &MemberRow) -> Money {
    if row.orders_count > 0 { Money(row.spent.0 / row.orders_count) } else { Money::ZERO }
}
