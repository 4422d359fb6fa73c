//! Quotes: what a cart costs and earns. Nothing is held; the quote is kept for a while, so that a
//! lock may name it.

use std::collections::HashMap;

use hui_loyalty::amounts::Points;
use hui_loyalty::checkout::allocation::Allocation;
use hui_loyalty::checkout::quote::Quote;
use hui_loyalty::earning::{Inputs, earn};
use hui_loyalty::ids::{MemberId, NewIds as _, QuoteId};
use hui_loyalty::ledger::policies::available_at;
use hui_loyalty::time::Timestamp;
use hui_store::{Error, Tx, checkouts, members, orders, versions};
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
    let mut tx = operations.store.begin().await?;
    checkouts::keep_quote(&mut tx, actor.program, id, &document, now, until).await?;
    tx.commit().await?;
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
