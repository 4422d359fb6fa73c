//! Quotes: what a cart costs and earns. Nothing is held; the quote is kept for a while, so that a
//! lock may name it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hui_loyalty::amounts::Points;
use hui_loyalty::checkout::allocation::Allocation;
use hui_loyalty::checkout::quote::Quote;
use hui_loyalty::earning::{Inputs, earn};
use hui_loyalty::ids::{MemberId, NewIds as _, ProgramId, QuoteId};
use hui_loyalty::ledger::policies::available_at;
use hui_loyalty::time::Timestamp;
use hui_store::{Engine, Error, Tx, checkouts, members, orders, versions};
use serde::{Deserialize, Serialize};

use super::parts::{Access, Concerned, Parts, counted, given, wanted, with_stored_codes};
use super::pricing::{NotPriced, Priced, buyer, price};
use super::{CheckoutError, CheckoutRequest, order_of};
use crate::actor::Actor;
use crate::books::{Books, Need};
use crate::context::Operations;

/// For how many seconds a lock may name a quote.
pub const QUOTE_SECONDS: i64 = 1_800;

/// A quote with what the order would earn.
#[derive(Debug, Clone)]
pub struct QuoteView {
    /// Its number.
    pub id: QuoteId,
    /// Until when a lock may name it.
    pub until: Timestamp,
    /// Who buys; the survivor where the named one was merged away.
    pub member: Option<MemberId>,
    /// The version of the rules that priced it.
    pub rules_version: i64,
    /// The quote.
    pub quote: Quote,
    /// What the order would earn if it were paid at once.
    pub earns: Earns,
}

/// What an order would earn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earns {
    /// Its points.
    pub points: Points,
    /// When they can be spent; `None` at once, or from a time after the order's completion.
    pub pending_until: Option<Timestamp>,
    /// Its growth.
    pub growth: Points,
    /// The part of each line.
    pub by_line: Vec<LineEarns>,
}

/// What a line would earn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineEarns {
    /// The line.
    pub line_no: String,
    /// Its points.
    pub points: Points,
    /// Its growth.
    pub growth: Points,
}

/// A quote as it is kept: what was asked, and what it came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptQuote {
    pub(crate) request: CheckoutRequest,
    /// Whether the request named no time: a lock then prices it as of its own.
    pub(crate) is_now: bool,
    pub(crate) allocation: Allocation,
}

/// A quote as it is kept, until a lock names it or its time is over.
#[derive(Debug, Clone)]
struct ShelvedQuote {
    document: String,
    created_at: Timestamp,
    until: Timestamp,
}

type Named = (ProgramId, QuoteId);

/// Quotes that this process keeps itself; clones share them.
///
/// A kill forgets them: a lock that names one is then told that there is no such quote any more,
/// which a quote never ruled out. An orderly end writes them down.
#[derive(Debug, Clone, Default)]
pub struct QuoteShelf(Arc<Mutex<HashMap<Named, ShelvedQuote>>>);

/// The most quotes a process keeps itself; further ones are written at once.
const SHELVED_MAX: usize = 20_000;

impl QuoteShelf {
    fn quotes(&self) -> MutexGuard<'_, HashMap<Named, ShelvedQuote>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a quote, or gives it back where too many are kept.
    fn keep(&self, name: Named, quote: ShelvedQuote) -> Option<ShelvedQuote> {
        let mut quotes = self.quotes();
        if quotes.len() >= SHELVED_MAX {
            quotes.retain(|_, kept| kept.until > quote.created_at);
        }
        if quotes.len() >= SHELVED_MAX {
            return Some(quote);
        }
        quotes.insert(name, quote);
        None
    }

    fn find(&self, name: Named, now: Timestamp) -> Option<String> {
        let quotes = self.quotes();
        quotes.get(&name).filter(|kept| kept.until > now).map(|kept| kept.document.clone())
    }
}

async fn write(
    operations: &Operations,
    quotes: impl IntoIterator<Item = (Named, ShelvedQuote)>,
) -> Result<(), Error> {
    let mut tx = operations.store.begin().await?;
    for ((program, id), kept) in quotes {
        let ShelvedQuote { document, created_at, until } = kept;
        checkouts::keep_quote(&mut tx, program, id, &document, created_at, until).await?;
    }
    tx.commit().await
}

/// Writes down the quotes that this process keeps itself: it ends.
pub async fn write_quotes(operations: &Operations) -> Result<(), Error> {
    let now = operations.clock.now();
    let mut quotes = std::mem::take(&mut *operations.quotes.quotes());
    quotes.retain(|_, kept| kept.until > now);
    if quotes.is_empty() { Ok(()) } else { write(operations, quotes).await }
}

/// The documents of quotes that are kept at an instant, here or in the database.
pub(super) async fn kept(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    named: Vec<QuoteId>,
    now: Timestamp,
) -> Result<HashMap<QuoteId, String>, Error> {
    let shelved = named.iter().filter_map(|id| {
        operations.quotes.find((program, *id), now).map(|document| (*id, document))
    });
    let mut found: HashMap<QuoteId, String> = shelved.collect();
    let mut missing = named;
    missing.retain(|id| !found.contains_key(id));
    if !missing.is_empty() {
        found.extend(checkouts::load_quotes(tx, program, missing, now).await?);
    }
    Ok(found)
}

/// Prices a cart for a member at an instant, now where none is named. Nothing is held.
pub async fn quote_checkout(
    operations: &Operations,
    actor: &Actor,
    request: CheckoutRequest,
    at: Option<Timestamp>,
) -> Result<QuoteView, CheckoutError> {
    let now = operations.clock.now();
    let mut request = with_stored_codes(request);
    request.cart.at = at.unwrap_or(now);
    check_place(operations, actor, &request).await?;
    let mut tx = operations.store.snapshot().await?;
    let quoted = read_and_price(operations, actor, &mut tx, &request, now).await;
    tx.rollback().await?;
    let (priced, earns) = quoted?;
    let kept =
        KeptQuote { is_now: at.is_none(), allocation: priced.quote.allocation.clone(), request };
    let document =
        serde_json::to_string(&kept).map_err(|error| Error::unreadable("quote", error))?;
    let id = QuoteId(operations.ids.clone().next_id());
    let until = now.plus_seconds(QUOTE_SECONDS);
    let kept = ShelvedQuote { document, created_at: now, until };
    // SQLite has one writer and one process: a quote need not stand in its way, and is as good in
    // memory. On a server another process may be asked for the lock.
    let is_alone = operations.store.engine() == Engine::Sqlite;
    let unkept =
        if is_alone { operations.quotes.keep((actor.program, id), kept) } else { Some(kept) };
    if let Some(kept) = unkept {
        write(operations, [((actor.program, id), kept)]).await?;
    }
    Ok(QuoteView {
        id,
        until,
        member: priced.member,
        rules_version: priced.rules.0,
        quote: priced.quote,
        earns,
    })
}

/// Whether the channel exists and the caller may sell there.
pub(crate) async fn check_place(
    operations: &Operations,
    actor: &Actor,
    request: &CheckoutRequest,
) -> Result<(), CheckoutError> {
    let channels = operations.known_channels(actor.program).await?;
    if !channels.contains(&request.cart.channel) {
        return Err(CheckoutError::UnknownChannel(request.cart.channel.clone()));
    }
    if !actor.shops.sees(&request.cart.channel, request.cart.shop.as_deref()) {
        return Err(CheckoutError::OtherShop);
    }
    Ok(())
}

async fn read_and_price(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    request: &CheckoutRequest,
    now: Timestamp,
) -> Result<(Priced, Earns), CheckoutError> {
    let program = actor.program;
    let rules = operations.rules.load(tx, program).await?;
    let rows = match request.member {
        Some(named) => members::load_with_survivors(tx, program, named).await?,
        None => HashMap::new(),
    };
    let ids = operations.ids.clone();
    let mut books = Books::open(tx, program, rules, ids, rows, Need::Everything, now).await?;
    books.load_cards(tx).await?;
    let member = buyer(&books, request).map_err(CheckoutError::NoMember)?;
    if request.asked.wallet.is_some() {
        books.wallets.load(tx, program, member, [], &operations.ids).await?;
    }
    let (_, in_force) = books.rules.at(request.cart.at)?;
    let coupons = wanted(tx, program, request, member, request.cart.at).await?;
    let members: Vec<MemberId> = member.into_iter().collect();
    let concerned = Concerned { coupons, promotions: counted(&in_force), gifts: given(&in_force) };
    let parts = Parts::load(tx, program, concerned, &members, Access::Read, now).await?;
    let priced = match price(&mut books, &parts, request)? {
        Ok(priced) => priced,
        Err(NotPriced::Cart(error)) => return Err(error.into()),
        Err(NotPriced::NoMember(id)) => return Err(CheckoutError::NoMember(id)),
    };
    let earns = earns(tx, actor, &priced, request).await?;
    Ok((priced, earns))
}

/// What the order would earn, by the rules that record orders.
async fn earns(
    tx: &mut Tx,
    actor: &Actor,
    priced: &Priced,
    request: &CheckoutRequest,
) -> Result<Earns, Error> {
    let (Some(member), Some(facts)) = (priced.member, &priced.facts) else {
        return Ok(Earns::default());
    };
    let at = request.cart.at;
    let rules = &priced.rules.1;
    let zone = &rules.zone;
    let caps = &rules.earning.caps;
    let spans = [
        (member, zone.start_of_day(at), zone.end_of_day(at)),
        (member, zone.start_of_month(at), zone.end_of_month(at)),
    ];
    let sums = if caps.member_day.is_some() || caps.member_month.is_some() {
        orders::earned_in(tx, actor.program, &spans).await?
    } else {
        Vec::new()
    };
    let used = if rules.earning.multipliers.iter().any(|one| one.budget.is_some()) {
        versions::budgets(tx, actor.program).await?
    } else {
        HashMap::new()
    };
    let budgets: Vec<Points> = rules
        .earning
        .multipliers
        .iter()
        .map(|multiplier| Points(used.get(&multiplier.id).copied().unwrap_or(0)))
        .collect();
    let order = order_of(&request.cart, &priced.quote, "quote", at);
    let earned = earn(
        rules,
        &Inputs {
            member: facts,
            order: &order,
            effective_at: at,
            first: priced.first,
            earned_in_day: sums.first().copied().unwrap_or_default(),
            earned_in_month: sums.get(1).copied().unwrap_or_default(),
            budgets_used: &budgets,
        },
    );
    let by_line = order.lines.iter().zip(earned.line_points.iter().zip(&earned.line_growth)).map(
        |(line, (points, growth))| LineEarns {
            line_no: line.line_no.clone(),
            points: *points,
            growth: *growth,
        },
    );
    Ok(Earns {
        points: earned.points,
        pending_until: available_at(rules.policy.maturity, at, zone)
            .filter(|available| *available > at && earned.points.is_positive()),
        growth: earned.growth,
        by_line: by_line.collect(),
    })
}
