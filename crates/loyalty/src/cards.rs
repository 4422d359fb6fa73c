//! Benefit cards and service cards of members: from the sale to the last visit or the way back.
//!
//! A card keeps the terms it was sold by. What state it is in is never stored: it follows from the
//! times, from the visits left and from whether it was given back or revoked.

use serde::{Deserialize, Serialize};

use crate::amounts::{Money, Points, Rounding, scale};
use crate::ids::{CardId, EntryId, ExchangeId, MemberId};
use crate::ledger::Draw;
use crate::ledger::policies::{Expiry, expires_at};
use crate::orders::OrderKey;
use crate::program::cards::{CardKind, CardRefund, CardSection, MONTHS_MAX, Validity};
use crate::program::lifetimes::AtSection;
use crate::time::{Timestamp, Zone};

/// The most visits that one request takes.
pub const VISITS_AT_ONCE_MAX: i64 = 100;

/// What a card was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidBy {
    /// Money.
    Money,
    /// Points.
    Points,
    /// Nothing: it is a gift.
    Gift,
    /// Points, and money perhaps, of an exchange of the points mall.
    Exchange,
}

impl PaidBy {
    const ALL: [Self; 4] = [Self::Money, Self::Points, Self::Gift, Self::Exchange];

    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Points => "points",
            Self::Gift => "gift",
            Self::Exchange => "exchange",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|paid| paid.name() == name)
    }
}

/// How a card came to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// What it was given for.
    pub paid_by: PaidBy,
    /// The money, in minor units.
    pub money: Money,
    /// The points.
    pub points: Points,
    /// From which lots the points came.
    pub draws: Vec<Draw>,
    /// The entry that spent them.
    pub entry: Option<EntryId>,
    /// The order it was sold with.
    pub order: Option<OrderKey>,
    /// The channel that sold it.
    pub channel: Option<String>,
    /// The shop that sold it.
    pub shop: Option<String>,
    /// Who sold it.
    pub staff: Option<String>,
    /// The exchange of the points mall it came by.
    pub exchange: Option<ExchangeId>,
    /// When.
    pub at: Timestamp,
}

/// How a card ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was given back.
    Refunded,
    /// It was taken away.
    Revoked,
}

impl Ended {
    /// The name in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refunded => "refunded",
            Self::Revoked => "revoked",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Refunded, Self::Revoked].into_iter().find(|ended| ended.name() == name)
    }
}

/// A card of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its number.
    pub id: CardId,
    /// Whose it is.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// The terms it was sold by.
    pub terms: CardSection,
    /// How it came to the member.
    pub sale: Sale,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// The first instant at which it is not.
    pub valid_until: Timestamp,
    /// Of a service card: the visits left.
    pub visits_left: Option<i64>,
    /// When the last of them was taken.
    pub used_up_at: Option<Timestamp>,
    /// How it ended before its time, and when.
    pub ended: Option<(Ended, Timestamp)>,
}

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It begins when the one before it ends.
    Upcoming,
    /// It is valid.
    InForce,
    /// All its visits are taken.
    UsedUp,
    /// Its time is over.
    Expired,
    /// It was given back.
    Refunded,
    /// It was taken away.
    Revoked,
}

impl State {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::InForce => "in_force",
            Self::UsedUp => "used_up",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::Revoked => "revoked",
        }
    }
}

/// Why something cannot be done with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not on sale yet.
    #[error("it is on sale from {0} on")]
    TooEarly(Timestamp),
    /// It is not on sale any more, or its only validity is over.
    #[error("the sale of it is over")]
    TooLate,
    /// It is not sold for now.
    #[error("it is not sold for now")]
    Paused,
    /// It has no such price.
    #[error("it has no such price")]
    NoSuchPrice,
    /// The member has as many as one may.
    #[error("a member may have {0} of it at a time")]
    PerMember(i64),
    /// Its validity ends with a day that the running one lasts to.
    #[error("the running one lasts as long as a new one would")]
    NothingToExtend,
    /// It is not valid.
    #[error("the card is {}", .0.name())]
    NotInForce(State),
    /// A benefit card has no visits.
    #[error("only a service card has visits")]
    NoVisits,
    /// It has fewer visits left.
    #[error("{0} visits are left")]
    VisitsLeft(i64),
    /// So many visits a day are too many.
    #[error("at most {0} visits a day")]
    PerDay(i64),
    /// It is not shared, or with as many members as it may be.
    #[error("at most {0} other members may use it")]
    Shared(i64),
    /// The visit was taken back already.
    #[error("the visit was taken back already")]
    Undone,
    /// It was used and its terms take no used card back.
    #[error("the card was used")]
    Used,
    /// It came with an exchange: that is to be returned.
    #[error("the card came with an exchange of the points mall: return that")]
    OfExchange,
}

impl Card {
    /// Where it stands at an instant.
    pub fn state(&self, at: Timestamp) -> State {
        match self.ended {
            Some((Ended::Refunded, since)) if since <= at => State::Refunded,
            Some((Ended::Revoked, since)) if since <= at => State::Revoked,
            _ if self.used_up_at.is_some_and(|since| since <= at) => State::UsedUp,
            _ if self.valid_until <= at => State::Expired,
            _ if at < self.valid_from => State::Upcoming,
            _ => State::InForce,
        }
    }

    /// Whether it counts among the cards a member may have so many of.
    pub fn is_held(&self, at: Timestamp) -> bool {
        matches!(self.state(at), State::Upcoming | State::InForce)
    }

    /// What it is for.
    pub const fn kind(&self) -> CardKind {
        self.terms.kind
    }
}

/// Whether a member who has `held` cards of these terms may get one more.
///
/// # Errors
///
/// [`Refusal`] when not.
pub fn sellable(
    terms: &CardSection,
    paid_by: PaidBy,
    held: i64,
    now: Timestamp,
) -> Result<(), Refusal> {
    // What the mall offers has its own times; a gift is the staff's own decision.
    let is_sale = matches!(paid_by, PaidBy::Money | PaidBy::Points);
    if is_sale && terms.paused {
        return Err(Refusal::Paused);
    }
    if let Some(from) = terms.from.filter(|from| is_sale && *from > now) {
        return Err(Refusal::TooEarly(from));
    }
    if is_sale && terms.until.is_some_and(|until| until <= now) {
        return Err(Refusal::TooLate);
    }
    let has_price = match paid_by {
        PaidBy::Money => terms.price.money.is_some(),
        PaidBy::Points => terms.price.points.is_some(),
        PaidBy::Gift | PaidBy::Exchange => true,
    };
    if !has_price {
        return Err(Refusal::NoSuchPrice);
    }
    match terms.per_member.filter(|most| held >= *most) {
        Some(most) => Err(Refusal::PerMember(most)),
        None => Ok(()),
    }
}

/// From when to when a card sold at `now` is valid.
///
/// A benefit card begins where the last of the member's running ones ends, so that a renewal loses
/// no day; a service card begins at once: its visits add up.
///
/// # Errors
///
/// [`Refusal`] when nothing of its time is left.
pub fn span(
    terms: &CardSection,
    running_until: Option<Timestamp>,
    zone: &Zone,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Refusal> {
    let after = running_until.filter(|until| terms.kind == CardKind::Benefit && *until > now);
    let from = after.unwrap_or(now);
    // A card that ended with a day is followed by whole days: they count from its last one.
    let last_before = |at: AtSection| {
        let is_whole = after.is_some() && at != AtSection::Instant;
        if is_whole { Timestamp(from.0.saturating_sub(1)) } else { from }
    };
    let (base, expiry) = match terms.validity {
        Validity::Days { days, at } => (last_before(at), Expiry::Days { days, at: at.into() }),
        Validity::Months { months, at } => {
            (last_before(at), Expiry::Months { months, at: at.into() })
        }
        Validity::Until { date } => {
            let until = zone.day_start(date.day().plus(1));
            return match (until > from, after) {
                (true, _) => Ok((from, until)),
                (false, Some(_)) => Err(Refusal::NothingToExtend),
                (false, None) => Err(Refusal::TooLate),
            };
        }
    };
    Ok((from, expires_at(expiry, base, zone).unwrap_or(Timestamp::MAX)))
}

/// When the monthly gifts of a card are due: at its beginning and every month after.
pub fn gift_times(
    valid_from: Timestamp,
    valid_until: Timestamp,
    zone: &Zone,
) -> impl Iterator<Item = Timestamp> {
    // The last day belongs to the month before: twelve months give twelve gifts.
    let later = (1..=MONTHS_MAX)
        .map(move |month| zone.plus_months(valid_from, month))
        .take_while(move |at| zone.end_of_day(*at) < valid_until);
    std::iter::once(valid_from).chain(later)
}

/// Who uses a card, and what was used of it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'a> {
    /// Who.
    pub by: MemberId,
    /// How many visits.
    pub visits: i64,
    /// The other members who used it so far.
    pub sharers: &'a [MemberId],
    /// Visits that were taken today.
    pub today: i64,
}

/// Takes visits.
///
/// # Errors
///
/// [`Refusal`] when the card does not allow it; then nothing changed.
pub fn visit(card: &mut Card, using: Use<'_>, now: Timestamp) -> Result<(), Refusal> {
    let Some(left) = card.visits_left else { return Err(Refusal::NoVisits) };
    let state = card.state(now);
    if state != State::InForce {
        return Err(Refusal::NotInForce(state));
    }
    if using.by != card.member && !using.sharers.contains(&using.by) {
        let most = card.terms.share_with_max;
        let sharers = i64::try_from(using.sharers.len()).unwrap_or(i64::MAX);
        if sharers >= most {
            return Err(Refusal::Shared(most));
        }
    }
    if let Some(most) = card.terms.visits_per_day
        && using.today.saturating_add(using.visits) > most
    {
        return Err(Refusal::PerDay(most));
    }
    if using.visits > left {
        return Err(Refusal::VisitsLeft(left));
    }
    let left = left.saturating_sub(using.visits);
    card.visits_left = Some(left);
    card.used_up_at = (left == 0).then_some(now);
    Ok(())
}

/// Takes visits back; a card whose time is over gets them too, for what that is worth.
///
/// # Errors
///
/// [`Refusal`] when the card was given back or revoked.
pub fn undo_visit(card: &mut Card, visits: i64, now: Timestamp) -> Result<(), Refusal> {
    let Some(left) = card.visits_left else { return Err(Refusal::NoVisits) };
    let state = card.state(now);
    if matches!(state, State::Refunded | State::Revoked) {
        return Err(Refusal::NotInForce(state));
    }
    card.visits_left = Some(left.saturating_add(visits));
    card.used_up_at = None;
    Ok(())
}

/// What of a card's price goes back: a share `left` of `whole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// What is left.
    pub left: i64,
    /// Of how much; positive.
    pub whole: i64,
}

impl Share {
    /// All of it.
    pub const ALL: Self = Self { left: 1, whole: 1 };

    /// The share of an amount, floored.
    pub fn of(self, amount: i64) -> i64 {
        scale(amount, self.left, self.whole, Rounding::Floor).unwrap_or(0)
    }
}

/// Gives a card back: all of its price while it is unused, else by its terms.
///
/// `is_used` tells of a benefit card whether the member bought something since it began or used
/// what it gave; of a service card the visits tell.
///
/// # Errors
///
/// [`Refusal`] when it cannot be given back; then nothing changed.
pub fn refund(
    card: &mut Card,
    is_used: bool,
    zone: &Zone,
    now: Timestamp,
) -> Result<Share, Refusal> {
    if card.sale.exchange.is_some() {
        return Err(Refusal::OfExchange);
    }
    give_back(card, is_used, zone, now)
}

/// As [`refund`], of a card that came with an exchange that is returned: only unused.
///
/// # Errors
///
/// [`Refusal`] when it cannot be given back; then nothing changed.
pub fn return_unused(card: &mut Card, is_used: bool, now: Timestamp) -> Result<(), Refusal> {
    let state = card.state(now);
    if !matches!(state, State::InForce | State::Upcoming) {
        return Err(Refusal::NotInForce(state));
    }
    if is_used || visits_taken(card) > 0 {
        return Err(Refusal::Used);
    }
    card.ended = Some((Ended::Refunded, now));
    Ok(())
}

fn give_back(
    card: &mut Card,
    is_used: bool,
    zone: &Zone,
    now: Timestamp,
) -> Result<Share, Refusal> {
    let state = card.state(now);
    if !matches!(state, State::InForce | State::Upcoming) {
        return Err(Refusal::NotInForce(state));
    }
    let share = if !is_used && visits_taken(card) == 0 {
        Share::ALL
    } else if card.terms.refund == CardRefund::Unused {
        return Err(Refusal::Used);
    } else {
        share_left(card, zone, now)
    };
    card.ended = Some((Ended::Refunded, now));
    Ok(share)
}

fn visits_taken(card: &Card) -> i64 {
    let visits = card.terms.visits.unwrap_or(0);
    visits.saturating_sub(card.visits_left.unwrap_or(visits))
}

/// The visits left of all, or the whole days left of all: the day of `now` counts as used.
fn share_left(card: &Card, zone: &Zone, now: Timestamp) -> Share {
    if let (Some(left), Some(visits)) = (card.visits_left, card.terms.visits) {
        return Share { left, whole: visits.max(1) };
    }
    let last = zone.day(Timestamp(card.valid_until.0.saturating_sub(1)));
    let whole = last.days_since(zone.day(card.valid_from)).saturating_add(1).max(1);
    let left = last.days_since(zone.day(now)).clamp(0, whole);
    Share { left: i64::from(left), whole: i64::from(whole) }
}

/// Takes a card away.
///
/// # Errors
///
/// [`Refusal`] when it ended already.
pub fn revoke(card: &mut Card, now: Timestamp) -> Result<(), Refusal> {
    let state = card.state(now);
    if !matches!(state, State::InForce | State::Upcoming) {
        return Err(Refusal::NotInForce(state));
    }
    card.ended = Some((Ended::Revoked, now));
    Ok(())
}

#[cfg(test)]
mod tests;
