//! A cart priced by the rules in force, with what the member has.

use hui_loyalty::checkout::quote::Quote;
use hui_loyalty::checkout::{Assets, Buyer, QuoteError, Wallet, quote};
use hui_loyalty::earning::facts::MemberFacts;
use hui_loyalty::ids::MemberId;
use hui_loyalty::ledger::balances::balance;
use hui_store::Error;
use hui_store::members;

use super::CheckoutRequest;
use super::parts::Parts;
use crate::books::Books;
use crate::record_orders::{RulesAt, member_facts};

/// A cart that was priced.
pub(crate) struct Priced {
    /// Who buys; the survivor where the named one was merged away.
    pub(crate) member: Option<MemberId>,
    /// What is known of the member.
    pub(crate) facts: Option<MemberFacts>,
    /// Whether it would be the member's first order.
    pub(crate) first: bool,
    /// The rules that priced it.
    pub(crate) rules: RulesAt,
    /// The quote.
    pub(crate) quote: Quote,
}

/// Why a cart could not be priced.
pub(crate) enum NotPriced {
    /// It is not a cart.
    Cart(QuoteError),
    /// There is no such member.
    NoMember(MemberId),
}

/// The member a request names, where it is in the books.
pub(crate) fn buyer(
    books: &Books,
    request: &CheckoutRequest,
) -> Result<Option<MemberId>, MemberId> {
    let Some(named) = request.member else { return Ok(None) };
    let found = members::survivor(&books.members, named);
    let active = found.filter(|id| {
        books.members.get(id).is_some_and(|row| row.state == members::MemberState::Active)
    });
    active.map(Some).ok_or(named)
}

/// Prices a cart. The member's account is whole, and the parts hold what the request may use.
pub(crate) fn price(
    books: &mut Books,
    parts: &Parts,
    request: &CheckoutRequest,
) -> Result<Result<Priced, NotPriced>, Error> {
    let member = match buyer(books, request) {
        Ok(member) => member,
        Err(unknown) => return Ok(Err(NotPriced::NoMember(unknown))),
    };
    let at = request.cart.at;
    let rules = books.rules.at(at)?;
    let now = books.now;
    let row = member.and_then(|member| books.members.get(&member));
    let first = row.is_some_and(|row| row.orders_count == 0);
    let facts = match (member, row) {
        (Some(member), Some(row)) => {
            Some(member_facts(row, books.window(member), books.cards_at(member, at)))
        }
        _ => None,
    };
    let points = member.map(|member| balance(books.account(member), now).available);
    let stored = member.map(|member| books.wallets.balance(member, now)).unwrap_or_default();
    let mut assets = Assets {
        points: points.unwrap_or_default(),
        wallet: Wallet {
            principal: stored.principal,
            bonus: stored.bonus,
            order: rules.1.wallet.spend_order,
        },
        coupons: parts.usable(request, member, at),
        budgets: parts.left(&rules.1, member),
        gifts: parts.gifts_left(),
    };
    let priced = loop {
        let buyer = Buyer { member: facts.as_ref(), first };
        let quote = match quote(&rules.1, &request.cart, buyer, &assets, &request.asked) {
            Ok(quote) => quote,
            Err(error) => return Ok(Err(NotPriced::Cart(error))),
        };
        // What a coupon takes off is known only now; one whose template has too little left is out.
        let Some(code) = parts.over_budget(&quote) else { break quote };
        assets.coupons.retain(|coupon| coupon.code != code);
    };
    Ok(Ok(Priced { member, facts, first, rules, quote: priced }))
}
