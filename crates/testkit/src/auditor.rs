//! An independent reckoning: every figure of every member from the events alone.
//!
//! Written from the exact semantics and not from the ledger: it shares no code
//! with the rules it checks, and has an arithmetic and a calendar of its own.
//! Where both agree on a year of events, a mistake would have to be made twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

pub mod till;

use till::{Back, GivenBack, Tenders, Till, TillScheme};

/// Microseconds since the epoch.
pub type Instant = i64;
/// A person of the auditor, counted from zero.
pub type Person = usize;

/// When points can be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// At the payment.
    Immediate,
    /// Days after the payment.
    Days(i64),
    /// Days after the order was completed.
    AfterCompletion(i64),
}

/// When points end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// So many days after the payment, at some end.
    Days(i64, End),
    /// So many months after the payment, at some end.
    Months(i64, End),
    /// With 31 December so many years after the payment's, and so many days of grace.
    YearEnd(i64, i64),
    /// With the day so many days after the member last earned or spent.
    Activity(i64),
}

/// Where in its last day or month a lot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the very instant.
    Instant,
    /// With the day.
    Day,
    /// With the month.
    Month,
}

/// Over which time growth counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The twelve months before.
    Rolling,
    /// Since 1 January.
    NaturalYear,
    /// All time.
    Lifetime,
}

/// What becomes of a claw-back that finds too few points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortfall {
    /// It is owed.
    Debt,
    /// It is written off.
    Zero,
    /// It is withheld in money: what points pay at a till.
    Cash,
}

/// How multipliers combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stacking {
    /// Their product.
    Multiply,
    /// One and the sum of what each adds.
    Add,
    /// The largest.
    Highest,
}

/// To which whole number points are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Down.
    Floor,
    /// To the nearest, halves up.
    HalfUp,
    /// Up.
    Ceil,
}

/// The rules of a simulated program.
///
/// Of ¥100.00 the first line earns 10 points and 100 growth, every other 15
/// points. In the order of the document, gold members earn 3/2, the 17th of a
/// month 2, the first line in the mini program 5/2, and JD 1/2. Silver begins at
/// 1000 (kept with 800), gold at 5000 (4000), and a period is twelve months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// When points can be spent.
    pub maturity: Maturity,
    /// When they end.
    pub expiry: Expiry,
    /// What becomes of a claw-back that finds too few.
    pub shortfall: Shortfall,
    /// How gold and the 17th combine.
    pub stacking: Stacking,
    /// To which whole number points are rounded.
    pub rounding: Rounding,
    /// Points for joining.
    pub join: i64,
    /// The most an order earns.
    pub order_cap: Option<i64>,
    /// The most a member earns in a day.
    pub day_cap: Option<i64>,
    /// The most a member earns in a month.
    pub month_cap: Option<i64>,
    /// The most that gold, the 17th and the mini program add over all members.
    pub budgets: [Option<i64>; 3],
    /// Whether the mini program's multiplier stands alone.
    pub is_exclusive: bool,
    /// Over which time growth counts.
    pub window: Window,
    /// Days from the end of a tier's period to its review.
    pub grace_days: i64,
    /// Whether a review that is missed leads to the tier qualified for, not one down.
    pub falls_to_qualified: bool,
}

/// The factors in the order of the document.
const FACTORS: [(i128, i128); 4] = [(3, 2), (2, 1), (5, 2), (1, 2)];

const TIERS: [(i64, i64); 3] = [(0, 0), (1_000, 800), (5_000, 4_000)];
const PERIOD_MONTHS: i64 = 12;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Paid.
    Paid,
    /// Received.
    Completed,
    /// Given up.
    Closed,
}

/// An identity; the variants ascend in strength.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// An app's id.
    Openid(String),
    /// The open platform's id.
    Unionid(String),
    /// A verified phone.
    Phone(String),
}

/// An order event.
#[derive(Debug, Clone)]
pub struct OrderEvent {
    /// The channel.
    pub channel: &'static str,
    /// The channel's number of it.
    pub order_no: String,
    /// How far it has come.
    pub status: Status,
    /// When it was paid.
    pub paid_at: Instant,
    /// When it was completed.
    pub completed_at: Option<Instant>,
    /// Who bought.
    pub buyer: Vec<Identity>,
    /// What was paid for each line.
    pub lines: Vec<i64>,
    /// The pieces of each line.
    pub pieces: Vec<i64>,
    /// What was paid for the delivery.
    pub shipping: i64,
}

/// What an order did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderOutcome {
    /// Whose it is.
    pub member: Option<Person>,
    /// Whether it made the member.
    pub created: bool,
    /// The points it earned when it was first seen paid.
    pub earned: i64,
    /// The growth.
    pub growth: i64,
}

/// What a refund did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefundOutcome {
    /// Taken from lots.
    pub clawed_back: i64,
    /// Spent on the order and given back.
    pub restored: i64,
    /// Of the order's lot, expired unused.
    pub lapsed: i64,
    /// Owed.
    pub debt: i64,
    /// Written off.
    pub written_off: i64,
    /// Withheld, in fen.
    pub withhold: i64,
    /// Growth taken back.
    pub growth: i64,
    /// What went back to whom, of an order that came by a lock.
    pub given: Option<GivenBack>,
    /// The coupon that came back.
    pub coupon: Option<usize>,
}

/// What a member has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// What can be spent.
    pub available: i64,
    /// What is not yet available.
    pub pending: i64,
    /// What live holds set aside.
    pub held: i64,
    /// What is owed.
    pub debt: i64,
    /// The growth of twelve months.
    pub growth: i64,
    /// The place on the ladder.
    pub tier: usize,
    /// When the tier's period ends.
    pub tier_until: Option<Instant>,
    /// What ends when.
    pub expiring: Vec<(Instant, i64)>,
}

/// Why the auditor expects a request to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too few points.
    Insufficient,
    /// The hold timed out and its points are gone.
    HoldLost,
    /// A hold is live that draws on both sides.
    LiveHold,
    /// The survivor was merged since.
    SurvivorMerged,
    /// The refund is for more than was paid.
    Exceeds,
    /// What was asked for by name or number cannot be had so.
    Unavailable,
    /// The order has a lock for another basket.
    LockDiffers,
    /// The lock has ended.
    LockOver,
    /// The coupon is not one that can be used.
    NotUsable,
}

#[derive(Debug, Clone)]
struct Lot {
    number: u64,
    home: Person,
    order: Option<(String, String)>,
    remaining: i64,
    held: i64,
    expired: i64,
    lapsed: i64,
    available_at: Option<Instant>,
    matured: bool,
    expires_at: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Hold {
    id: usize,
    until: Instant,
    is_live: bool,
    draws: Vec<(u64, i64)>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    merged_into: Option<Person>,
    created_at: Instant,
    /// The homes to which the join award was given.
    awarded: BTreeSet<Person>,
    lots: Vec<Lot>,
    debts: BTreeMap<Person, i64>,
    holds: Vec<Hold>,
    growth: Vec<(Instant, i64, Person)>,
    tier: usize,
    tier_until: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Order {
    member: Option<Person>,
    home: Option<Person>,
    status: Status,
    paid_at: Instant,
    lines: Vec<Line>,
    points: i64,
    earned: OrderOutcome,
    shipping: i64,
    shipping_back: i64,
    tenders: Option<Tenders>,
}

#[derive(Debug, Clone)]
struct Line {
    paid: i64,
    pieces: i64,
    returned: i64,
    points: i64,
    growth: i64,
    refunded: i64,
    points_taken: i64,
    growth_taken: i64,
}

impl Line {
    /// One piece for so much, nothing earned.
    const fn of(paid: i64) -> Self {
        Self {
            paid,
            pieces: 1,
            returned: 0,
            points: 0,
            growth: 0,
            refunded: 0,
            points_taken: 0,
            growth_taken: 0,
        }
    }
}

#[derive(Debug, Clone)]
struct Merge {
    survivor: Person,
    absorbed: Person,
    is_standing: bool,
    survivor_tier: (usize, Option<Instant>),
    absorbed_tier: (usize, Option<Instant>),
}

#[derive(Debug, Clone, Copy)]
struct Owned {
    owner: Person,
    home: Person,
}

type OrderKey = (String, String);
/// When it came, so much of which lines, and of the shipping.
type WaitingRefund = (Instant, Vec<Back>, i64);

/// The reckoning so far.
#[derive(Debug, Clone)]
pub struct Auditor {
    scheme: Scheme,
    calendar: Calendar,
    accounts: Vec<Account>,
    identities: HashMap<Identity, Owned>,
    orders: HashMap<OrderKey, Order>,
    waiting: HashMap<OrderKey, Vec<WaitingRefund>>,
    budgets_used: [i64; 3],
    merges: Vec<Merge>,
    lots: u64,
    holds: usize,
    till: Till,
    /// What each kind of entry adds up to over the whole program.
    pub totals: Totals,
}

/// What each kind of entry adds up to over the whole program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Points of orders and awards.
    pub earned: i64,
    /// Points spent.
    pub spent: i64,
    /// Points that ended unused.
    pub expired: i64,
    /// Points taken back, with what became debt.
    pub clawed_back: i64,
    /// Points granted less points deducted.
    pub adjusted: i64,
    /// Points spent on orders that came back.
    pub restored: i64,
}

#[derive(Debug, Clone)]
struct Calendar(TimeZone);

impl Calendar {
    fn zoned(&self, at: Instant) -> ZonedDateTime {
        Timestamp::from_microsecond(at).expect("an instant").to_zoned_datetime(self.0.clone())
    }

    fn start(&self, date: Date) -> Instant {
        date.to_zoned_datetime(self.0.clone()).expect("a day").timestamp().as_microsecond()
    }

    fn date(&self, at: Instant) -> Date {
        self.zoned(at).date()
    }

    fn end_of_day(&self, at: Instant) -> Instant {
        self.start(self.date(at).tomorrow().expect("a day"))
    }

    fn plus_days(&self, at: Instant, days: i64) -> Instant {
        (self.zoned(at) + days.days()).timestamp().as_microsecond()
    }

    fn plus_months(&self, at: Instant, months: i64) -> Instant {
        (self.zoned(at) + months.months()).timestamp().as_microsecond()
    }
}

impl Auditor {
    /// Before the first event.
    ///
    /// # Panics
    ///
    /// When the time zone of the programs is unknown.
    pub fn new(scheme: Scheme, till: TillScheme) -> Self {
        Self {
            scheme,
            calendar: Calendar(TimeZone::get("Asia/Shanghai").expect("a time zone")),
            accounts: Vec::new(),
            identities: HashMap::new(),
            orders: HashMap::new(),
            waiting: HashMap::new(),
            budgets_used: [0; 3],
            merges: Vec::new(),
            lots: 0,
            holds: 0,
            till: Till::new(till),
            totals: Totals::default(),
        }
    }

    /// The members in use.
    pub fn members(&self) -> Vec<Person> {
        (0..self.accounts.len()).filter(|&one| self.accounts[one].merged_into.is_none()).collect()
    }

    /// The member that a member has become.
    pub fn survivor(&self, mut member: Person) -> Person {
        while let Some(next) = self.accounts[member].merged_into {
            member = next;
        }
        member
    }

    /// Whose an identity is.
    pub fn owner(&self, identity: &Identity) -> Option<Person> {
        self.identities.get(identity).map(|owned| owned.owner)
    }

    /// The strongest identity by which a member is found.
    pub fn identity_of(&self, member: Person) -> Option<Identity> {
        let own = self.identities.iter().filter(|(_, owned)| owned.owner == member);
        own.map(|(identity, _)| identity.clone()).max()
    }

    /// Whose an order is.
    pub fn member_of(&self, channel: &str, order_no: &str) -> Option<Person> {
        self.orders.get(&(channel.to_owned(), order_no.to_owned()))?.member
    }

    /// Whose a hold is.
    pub fn holder(&self, hold: usize) -> Person {
        self.find_hold(hold).0
    }

    /// Takes in an order.
    pub fn order(&mut self, event: &OrderEvent, now: Instant) -> OrderOutcome {
        let key = (event.channel.to_owned(), event.order_no.clone());
        let known = self.orders.get(&key).and_then(|order| order.member);
        let met = self.meet(&event.buyer, event.paid_at, known, now);
        if self.orders.contains_key(&key) {
            return self.later(event, &key, now);
        }
        let (member, home, created) = met;
        let mut order = Order {
            member,
            home,
            status: event.status,
            paid_at: event.paid_at,
            lines: lines_of(event),
            points: 0,
            earned: OrderOutcome { member, created, earned: 0, growth: 0 },
            shipping: event.shipping,
            shipping_back: 0,
            tenders: None,
        };
        if event.status == Status::Closed {
            self.orders.insert(key, order.clone());
            return order.earned;
        }
        if let (Some(member), Some(home)) = (member, home) {
            self.earn(event, &key, &mut order, member, home, now);
        }
        self.orders.insert(key.clone(), order.clone());
        self.apply_waiting(&key, now);
        order.earned
    }

    fn apply_waiting(&mut self, key: &OrderKey, now: Instant) {
        for (since, lines, shipping) in self.waiting.remove(key).unwrap_or_default() {
            if self.calendar.plus_days(since, 7) <= now {
                continue;
            }
            // One that does not fit its order is a dead letter.
            let _ = self.apply_refund(key, &lines, shipping, now);
        }
    }

    fn later(&mut self, event: &OrderEvent, key: &OrderKey, now: Instant) -> OrderOutcome {
        let order = self.orders[key].clone();
        let before = order.status;
        let outcome =
            OrderOutcome { member: order.member.map(|one| self.survivor(one)), ..order.earned };
        if before == Status::Closed || event.status <= before {
            return outcome;
        }
        if let Some(order) = self.orders.get_mut(key) {
            order.status = event.status;
        }
        let Some(member) = outcome.member else { return outcome };
        match event.status {
            Status::Completed => {
                if let Maturity::AfterCompletion(days) = self.scheme.maturity {
                    let completed = event.completed_at.unwrap_or(now).min(now);
                    self.complete(member, key, self.calendar.plus_days(completed, days), now);
                }
            }
            Status::Closed => {
                if order.lines.iter().all(|line| line.refunded == 0 && line.returned == 0) {
                    let whole = |(place, line): (usize, &Line)| Back {
                        place,
                        pieces: line.pieces,
                        money: line.paid,
                    };
                    let all: Vec<Back> = order.lines.iter().enumerate().map(whole).collect();
                    let shipping = self.shipping_left(event.channel, &event.order_no);
                    let _ = self.apply_refund(key, &all, shipping, now);
                }
            }
            Status::Paid => {}
        }
        outcome
    }

    fn complete(&mut self, member: Person, key: &OrderKey, available_at: Instant, now: Instant) {
        self.settle(member, now);
        let account = &mut self.accounts[member];
        let waiting = account
            .lots
            .iter_mut()
            .find(|lot| lot.order.as_ref() == Some(key) && lot.available_at.is_none());
        let Some(lot) = waiting else { return };
        lot.available_at = Some(available_at);
        let number = lot.number;
        self.settle(member, now);
        self.repay(member, number, now);
    }

    /// Finds or makes the member of an event, and what brought it: member, home, whether it is new.
    fn meet(
        &mut self,
        buyer: &[Identity],
        at: Instant,
        recorded: Option<Person>,
        now: Instant,
    ) -> (Option<Person>, Option<Person>, bool) {
        let mut claims = buyer.to_vec();
        claims.sort();
        claims.reverse();
        if claims.is_empty() {
            return (recorded, None, false);
        }
        let mut kept: Option<Person> = None;
        for claim in &claims {
            let Some(owned) = self.identities.get(claim) else { continue };
            let owner = owned.owner;
            match kept {
                None => kept = Some(owner),
                Some(one) if one == owner => {}
                Some(one) if self.has_phone(one) && self.has_phone(owner) => {}
                Some(one) => kept = Some(self.merge_by_itself(one, owner, now)),
            }
        }
        let created = kept.is_none();
        let member = kept.unwrap_or_else(|| {
            self.accounts.push(Account { created_at: at, ..Account::default() });
            self.accounts.len() - 1
        });
        if recorded.is_some_and(|recorded| self.survivor(recorded) != member) {
            return (recorded, None, false);
        }
        self.settle(member, now);
        let brought = claims.iter().find_map(|claim| {
            self.identities.get(claim).filter(|owned| owned.owner == member).map(|owned| owned.home)
        });
        let home = brought.unwrap_or(member);
        for claim in claims {
            let is_second = matches!(claim, Identity::Phone(_)) && self.has_phone(member);
            if !self.identities.contains_key(&claim) && !is_second {
                self.identities.insert(claim, Owned { owner: member, home });
            }
        }
        if self.has_phone(member) && self.accounts[member].awarded.is_empty() {
            self.accounts[member].awarded.insert(home);
            self.add_lot(member, home, None, self.scheme.join, at, Some(at), now);
        }
        (Some(member), Some(home), created)
    }

    fn has_phone(&self, member: Person) -> bool {
        self.identities
            .iter()
            .any(|(one, owned)| matches!(one, Identity::Phone(_)) && owned.owner == member)
    }

    fn merge_by_itself(&mut self, one: Person, other: Person, now: Instant) -> Person {
        let age = |member: Person| (self.accounts[member].created_at, member);
        let into = match (self.has_phone(one), self.has_phone(other)) {
            (true, false) => one,
            (false, true) => other,
            _ if age(one) <= age(other) => one,
            _ => other,
        };
        let absorbed = if into == one { other } else { one };
        self.merge(absorbed, into, now);
        into
    }

    /// Takes in a merge.
    pub fn merge(&mut self, absorbed: Person, into: Person, now: Instant) -> usize {
        self.settle(absorbed, now);
        self.settle(into, now);
        let from = std::mem::take(&mut self.accounts[absorbed]);
        let to = &mut self.accounts[into];
        self.merges.push(Merge {
            survivor: into,
            absorbed,
            is_standing: true,
            survivor_tier: (to.tier, to.tier_until),
            absorbed_tier: (from.tier, from.tier_until),
        });
        to.lots.extend(from.lots);
        to.holds.extend(from.holds);
        for (home, points) in from.debts {
            *to.debts.entry(home).or_default() += points;
        }
        to.growth.extend(from.growth);
        to.awarded.extend(from.awarded);
        let end = |until: Option<Instant>| until.unwrap_or(Instant::MAX);
        if (from.tier, end(from.tier_until)) > (to.tier, end(to.tier_until)) {
            (to.tier, to.tier_until) = (from.tier, from.tier_until);
        }
        self.accounts[absorbed] =
            Account { merged_into: Some(into), created_at: from.created_at, ..Account::default() };
        for owned in self.identities.values_mut().filter(|owned| owned.owner == absorbed) {
            owned.owner = into;
        }
        for order in self.orders.values_mut().filter(|order| order.member == Some(absorbed)) {
            order.member = Some(into);
        }
        self.till.merge(absorbed, into);
        self.reassess(into, now);
        self.merges.len() - 1
    }

    /// The standing merges: place, survivor, absorbed.
    pub fn standing_merges(&self) -> Vec<(usize, Person, Person)> {
        let standing = self.merges.iter().enumerate().filter(|(_, merge)| merge.is_standing);
        standing.map(|(place, merge)| (place, merge.survivor, merge.absorbed)).collect()
    }

    fn homes(&self, member: Person) -> BTreeSet<Person> {
        let mut homes = BTreeSet::from([member]);
        let mut open = vec![member];
        while let Some(next) = open.pop() {
            for merge in &self.merges {
                if merge.is_standing && merge.survivor == next && homes.insert(merge.absorbed) {
                    open.push(merge.absorbed);
                }
            }
        }
        homes
    }

    /// Takes in the undoing of a merge.
    ///
    /// # Errors
    ///
    /// [`Refused`] when it must be refused.
    pub fn unmerge(&mut self, merge: usize, now: Instant) -> Result<(), Refused> {
        let Merge { survivor, absorbed, survivor_tier, absorbed_tier, .. } =
            self.merges[merge].clone();
        if self.accounts[survivor].merged_into.is_some() {
            return Err(Refused::SurvivorMerged);
        }
        let homes = self.homes(absorbed);
        self.settle(survivor, now);
        let account = &self.accounts[survivor];
        let goes = |lot: &u64| {
            account.lots.iter().any(|one| one.number == *lot && homes.contains(&one.home))
        };
        let draws_on_both = |hold: &&Hold| {
            let going = hold.draws.iter().filter(|(lot, _)| goes(lot)).count();
            going > 0 && going < hold.draws.len()
        };
        if account.holds.iter().filter(|hold| hold.is_live).any(|hold| draws_on_both(&hold)) {
            return Err(Refused::LiveHold);
        }
        let going_holds: BTreeSet<usize> = account
            .holds
            .iter()
            .filter(|hold| !hold.draws.is_empty() && hold.draws.iter().all(|(lot, _)| goes(lot)))
            .map(|hold| hold.id)
            .collect();

        let mut back = std::mem::take(&mut self.accounts[absorbed]);
        back.merged_into = None;
        let account = &mut self.accounts[survivor];
        back.lots = account.lots.extract_if(.., |lot| homes.contains(&lot.home)).collect();
        back.holds = account.holds.extract_if(.., |hold| going_holds.contains(&hold.id)).collect();
        back.growth = account.growth.extract_if(.., |line| homes.contains(&line.2)).collect();
        back.awarded = account.awarded.intersection(&homes).copied().collect();
        account.awarded.retain(|home| !homes.contains(home));
        let debts = std::mem::take(&mut account.debts);
        (back.debts, account.debts) = debts.into_iter().partition(|(home, _)| homes.contains(home));
        (account.tier, account.tier_until) = survivor_tier;
        (back.tier, back.tier_until) = absorbed_tier;
        self.accounts[absorbed] = back;
        for owned in self.identities.values_mut() {
            if owned.owner == survivor && homes.contains(&owned.home) {
                owned.owner = absorbed;
            }
        }
        for order in self.orders.values_mut() {
            if order.member == Some(survivor)
                && order.home.is_some_and(|home| homes.contains(&home))
            {
                order.member = Some(absorbed);
            }
        }
        self.till.unmerge(survivor, absorbed, |home| homes.contains(&home));
        for side in [survivor, absorbed] {
            self.reassess(side, now);
        }
        self.merges[merge].is_standing = false;
        Ok(())
    }

    fn reassess(&mut self, member: Person, now: Instant) {
        self.review_tier(member, now);
        self.upgrade(member, now, now);
    }

    fn upgrade(&mut self, member: Person, effective: Instant, now: Instant) {
        let measured = self.window(member, now);
        let qualified = TIERS.iter().rposition(|(from, _)| measured >= *from).unwrap_or(0);
        let until = self.period_end(effective);
        let account = &mut self.accounts[member];
        if qualified > account.tier {
            account.tier = qualified;
            account.tier_until = Some(until);
        }
    }

    fn period_end(&self, since: Instant) -> Instant {
        self.calendar.end_of_day(self.calendar.plus_months(since, PERIOD_MONTHS))
    }

    fn review_tier(&mut self, member: Person, now: Instant) {
        let due = |auditor: &Self| {
            let until = auditor.accounts[member].tier_until?;
            let due = auditor.calendar.plus_days(until, auditor.scheme.grace_days);
            (due <= now).then_some(due)
        };
        while let Some(due) = due(self) {
            let measured = self.window(member, due);
            let until = self.period_end(due);
            let account = &mut self.accounts[member];
            if measured < TIERS[account.tier].1 {
                let qualified = TIERS.iter().rposition(|(from, _)| measured >= *from).unwrap_or(0);
                let below = account.tier - 1;
                account.tier =
                    if self.scheme.falls_to_qualified { qualified.min(below) } else { below };
            }
            account.tier_until = (account.tier > 0).then_some(until);
        }
    }

    fn window(&self, member: Person, at: Instant) -> i64 {
        let lines = self.accounts[member].growth.iter();
        let counts = |dated: Instant| match self.scheme.window {
            Window::Rolling => self.calendar.plus_months(at, -12) < dated,
            Window::NaturalYear => {
                self.calendar.date(dated).year() >= self.calendar.date(at).year()
            }
            Window::Lifetime => true,
        };
        let sum: i64 = lines.filter(|line| line.0 <= at && counts(line.0)).map(|line| line.1).sum();
        sum.max(0)
    }

    fn earn(
        &mut self,
        event: &OrderEvent,
        key: &OrderKey,
        order: &mut Order,
        member: Person,
        home: Person,
        now: Instant,
    ) {
        let at = event.paid_at;
        let date = self.calendar.date(at);
        let holds = [
            self.accounts[member].tier == 2,
            date.day() == 17,
            event.channel == "mini_program",
            event.channel == "jd",
        ];
        let with_first = |count: usize| self.exact_shares(event, holds, count);
        let total = |count: usize| {
            let (shares, denominator) = with_first(count);
            let points = round(shares.iter().sum(), denominator, self.scheme.rounding);
            self.capped(points, member, date)
        };
        let mut points = total(FACTORS.len());
        let mut used = self.budgets_used;
        for (place, budget) in self.scheme.budgets.iter().enumerate() {
            let Some(budget) = budget else { continue };
            let added = (total(place + 1) - total(place)).max(0);
            let given = added.min(budget - used[place]);
            used[place] += given;
            points = (points - (added - given)).max(0);
        }
        let (shares, _) = with_first(FACTORS.len());
        self.budgets_used = used;
        let paid: Vec<i128> = event.lines.iter().copied().map(i128::from).collect();
        let growth = round(paid.iter().sum(), 100, Rounding::Floor);
        let point_parts = split(points, &shares);
        let growth_parts = split(growth, &paid);
        for (line, (points, growth)) in
            order.lines.iter_mut().zip(point_parts.into_iter().zip(growth_parts))
        {
            line.points = points;
            line.growth = growth;
        }
        order.points = points;
        order.earned.earned = points;
        order.earned.growth = growth;
        let available_at = match self.scheme.maturity {
            Maturity::Immediate => Some(at),
            Maturity::Days(days) => Some(self.calendar.plus_days(at, days)),
            Maturity::AfterCompletion(days) => (event.status == Status::Completed).then(|| {
                let completed = event.completed_at.unwrap_or(now).min(now);
                self.calendar.plus_days(completed, days)
            }),
        };
        self.add_lot(member, home, Some(key.clone()), points, at, available_at, now);
        if growth > 0 {
            self.accounts[member].growth.push((at, growth, home));
            self.upgrade(member, at, now);
        }
    }

    /// The exact shares of the lines over one denominator, with those multipliers in force
    /// that are among the first `count` of the document.
    fn exact_shares(
        &self,
        event: &OrderEvent,
        holds: [bool; 4],
        count: usize,
    ) -> (Vec<i128>, i128) {
        let line_share = |(place, paid): (usize, &i64)| {
            let mut in_force: Vec<usize> = (0..FACTORS.len()).filter(|one| holds[*one]).collect();
            in_force.retain(|one| *one != 2 || place == 0);
            if self.scheme.is_exclusive && in_force.contains(&2) {
                in_force = vec![2];
            }
            let factors: Vec<_> =
                in_force.into_iter().filter(|one| *one < count).map(|one| FACTORS[one]).collect();
            let (numerator, denominator) = combine(self.scheme.stacking, &factors);
            i128::from(*paid) * if place == 0 { 10 } else { 15 } * numerator * (8 / denominator)
        };
        (event.lines.iter().enumerate().map(line_share).collect(), 80_000)
    }

    fn capped(&self, points: i64, member: Person, date: Date) -> i64 {
        let mut points = points.min(self.scheme.order_cap.unwrap_or(i64::MAX));
        if let Some(cap) = self.scheme.day_cap {
            let earned = self.earned(member, |day| day == date);
            points = points.min((cap - earned).max(0));
        }
        if let Some(cap) = self.scheme.month_cap {
            let earned = self.earned(member, |day| day.first_of_month() == date.first_of_month());
            points = points.min((cap - earned).max(0));
        }
        points
    }

    fn earned(&self, member: Person, counts: impl Fn(Date) -> bool) -> i64 {
        self.orders
            .values()
            .filter(|order| order.member == Some(member))
            .filter(|order| counts(self.calendar.date(order.paid_at)))
            .map(|order| order.points)
            .sum()
    }

    fn expiry(&self, at: Instant) -> Option<Instant> {
        let calendar = &self.calendar;
        let ends = |last: Instant, end: End| match end {
            End::Instant => last,
            End::Day => calendar.end_of_day(last),
            End::Month => {
                let last_day = calendar.date(last).last_of_month();
                calendar.start(last_day.tomorrow().expect("a day"))
            }
        };
        match self.scheme.expiry {
            Expiry::Never => None,
            Expiry::Days(days, end) => Some(ends(calendar.plus_days(at, days), end)),
            Expiry::Activity(days) => Some(ends(calendar.plus_days(at, days), End::Day)),
            Expiry::Months(months, end) => Some(ends(calendar.plus_months(at, months), end)),
            Expiry::YearEnd(years, grace) => {
                let year = i64::from(calendar.date(at).year()) + years + 1;
                let year = i16::try_from(year).expect("a year");
                Some(calendar.plus_days(calendar.start(jiff::civil::date(year, 1, 1)), grace))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a lot is that many facts")]
    fn add_lot(
        &mut self,
        member: Person,
        home: Person,
        order: Option<OrderKey>,
        points: i64,
        at: Instant,
        available_at: Option<Instant>,
        now: Instant,
    ) {
        self.settle(member, now);
        if points <= 0 {
            return;
        }
        self.totals.earned += points;
        self.slide(member, at, now);
        let expires_at = self.expiry(at);
        let number = self.put_lot(member, home, order, points, available_at, expires_at, now);
        self.settle(member, now);
        self.repay(member, number, now);
    }

    #[expect(clippy::too_many_arguments, reason = "a lot is that many facts")]
    fn put_lot(
        &mut self,
        member: Person,
        home: Person,
        order: Option<OrderKey>,
        points: i64,
        available_at: Option<Instant>,
        expires_at: Option<Instant>,
        now: Instant,
    ) -> u64 {
        self.lots += 1;
        self.accounts[member].lots.push(Lot {
            number: self.lots,
            home,
            order,
            remaining: points,
            held: 0,
            expired: 0,
            lapsed: 0,
            available_at,
            matured: available_at.is_some_and(|available_at| available_at <= now),
            expires_at,
        });
        self.lots
    }

    fn slide(&mut self, member: Person, at: Instant, now: Instant) {
        let Expiry::Activity(_) = self.scheme.expiry else { return };
        let end = self.expiry(at);
        // A lot of which nothing is left is not open.
        let has_points = |lot: &&mut Lot| lot.remaining + lot.held > 0 && is_open(lot, now);
        for lot in self.accounts[member].lots.iter_mut().filter(has_points) {
            lot.expires_at = lot.expires_at.max(end);
        }
    }

    /// Does what time alone does up to `now`.
    fn settle(&mut self, member: Person, now: Instant) {
        loop {
            let account = &self.accounts[member];
            let releases = account.holds.iter().filter(|hold| hold.is_live).map(|hold| hold.until);
            let live = || account.lots.iter().filter(|lot| lot.remaining > 0);
            let ends = live().filter_map(|lot| lot.expires_at);
            let maturities = live().filter(|lot| !lot.matured).filter_map(|lot| lot.available_at);
            let due = releases.chain(ends).chain(maturities).min();
            let Some(at) = due.filter(|at| *at <= now) else { break };
            self.settle_instant(member, at);
        }
        self.review_tier(member, now);
    }

    fn settle_instant(&mut self, member: Person, at: Instant) {
        let account = &mut self.accounts[member];
        let mut freed = Vec::new();
        for hold in account.holds.iter_mut().filter(|hold| hold.is_live && hold.until <= at) {
            hold.is_live = false;
            for (number, points) in &hold.draws {
                put_back(&mut account.lots, *number, *points);
                freed.push(*number);
            }
        }
        self.expire(member, at);
        for number in freed {
            self.repay(member, number, at);
        }
        let account = &mut self.accounts[member];
        let mut matured = Vec::new();
        for lot in account.lots.iter_mut().filter(|lot| !lot.matured && lot.remaining > 0) {
            if lot.available_at.is_some_and(|available_at| available_at <= at) {
                lot.matured = true;
                matured.push(lot.number);
            }
        }
        for number in matured {
            self.repay(member, number, at);
        }
    }

    fn expire(&mut self, member: Person, at: Instant) {
        for lot in &mut self.accounts[member].lots {
            if lot.remaining > 0 && lot.expires_at.is_some_and(|end| end <= at) {
                lot.expired += lot.remaining;
                self.totals.expired += lot.remaining;
                lot.remaining = 0;
            }
        }
    }

    /// What has become available pays debt: that of the lot's own home first, then by age.
    fn repay(&mut self, member: Person, number: u64, at: Instant) {
        let Account { lots, debts, .. } = &mut self.accounts[member];
        let Some(lot) = lots.iter_mut().find(|lot| lot.number == number && is_open(lot, at)) else {
            return;
        };
        let mut homes: Vec<Person> = debts.keys().copied().collect();
        homes.sort_by_key(|home| (*home != lot.home, *home));
        for home in homes {
            let owed = debts.entry(home).or_default();
            let paid = lot.remaining.min(*owed);
            lot.remaining -= paid;
            *owed -= paid;
        }
        debts.retain(|_, owed| *owed > 0);
    }

    /// Takes in a refund of so much money of some lines; `None` while its order is not there.
    ///
    /// # Errors
    ///
    /// [`Refused::Exceeds`] when it is for more than was paid.
    pub fn refund(
        &mut self,
        channel: &str,
        order_no: &str,
        lines: &[Back],
        shipping: i64,
        now: Instant,
    ) -> Result<Option<RefundOutcome>, Refused> {
        let key = (channel.to_owned(), order_no.to_owned());
        if self.orders.contains_key(&key) {
            return self.apply_refund(&key, lines, shipping, now).map(Some);
        }
        self.waiting.entry(key).or_default().push((now, lines.to_vec(), shipping));
        Ok(None)
    }

    fn apply_refund(
        &mut self,
        key: &OrderKey,
        lines: &[Back],
        shipping: i64,
        now: Instant,
    ) -> Result<RefundOutcome, Refused> {
        let mut order = self.orders[key].clone();
        let (mut points, mut growth) = (0, 0);
        for back in lines {
            let line = &mut order.lines[back.place];
            line.refunded += back.money;
            line.returned += back.pieces;
            if line.refunded > line.paid || line.returned > line.pieces {
                return Err(Refused::Exceeds);
            }
            // What nothing was paid for has earned nothing.
            let so_far = |whole: i64| {
                let paid = i128::from(line.paid.max(1));
                let part = i128::from(whole) * i128::from(line.refunded) / paid;
                i64::try_from(part).expect("a part of points")
            };
            let (points_so_far, growth_so_far) = (so_far(line.points), so_far(line.growth));
            points += points_so_far - line.points_taken;
            growth += growth_so_far - line.growth_taken;
            line.points_taken = points_so_far;
            line.growth_taken = growth_so_far;
        }
        let (member, home, paid_at) = (order.member, order.home, order.paid_at);
        let (given, coupon) = self.give_back(&mut order, shipping, now)?;
        let mut outcome = RefundOutcome { growth, given, coupon, ..RefundOutcome::default() };
        if let (Some(member), Some(home)) = (member, home) {
            self.settle(member, now);
            outcome.restored = self.restore_points(&mut order, member, home, now);
        }
        self.orders.insert(key.clone(), order);
        let (Some(member), Some(home)) = (member, home) else { return Ok(outcome) };
        let own = self.accounts[member].lots.iter_mut().find(|lot| lot.order.as_ref() == Some(key));
        let mut left = points;
        let mut own_number = None;
        if let Some(lot) = own {
            outcome.clawed_back = lot.remaining.min(left);
            lot.remaining -= outcome.clawed_back;
            left -= outcome.clawed_back;
            outcome.lapsed = (lot.expired - lot.lapsed).min(left);
            lot.lapsed += outcome.lapsed;
            left -= outcome.lapsed;
            own_number = Some(lot.number);
        }
        let others = self.take(member, left, own_number, now);
        let from_others: i64 = others.iter().map(|(_, points)| points).sum();
        outcome.clawed_back += from_others;
        left -= from_others;
        match self.scheme.shortfall {
            Shortfall::Debt => outcome.debt = left,
            Shortfall::Zero => outcome.written_off = left,
            Shortfall::Cash => outcome.withhold = self.till.worth_of(left),
        }
        if outcome.debt > 0 {
            *self.accounts[member].debts.entry(home).or_default() += outcome.debt;
        }
        self.totals.clawed_back += outcome.clawed_back + outcome.debt;
        if growth > 0 {
            self.accounts[member].growth.push((paid_at, -growth, home));
        }
        Ok(outcome)
    }

    fn take(
        &mut self,
        member: Person,
        points: i64,
        spared: Option<u64>,
        now: Instant,
    ) -> Vec<(u64, i64)> {
        let usable = |lot: &&mut Lot| is_open(lot, now) && Some(lot.number) != spared;
        let mut open: Vec<&mut Lot> =
            self.accounts[member].lots.iter_mut().filter(usable).collect();
        open.sort_by_key(|lot| {
            (lot.expires_at.unwrap_or(Instant::MAX), lot.available_at, lot.number)
        });
        let mut left = points;
        let mut draws = Vec::new();
        for lot in open {
            let part = lot.remaining.min(left);
            if part > 0 {
                lot.remaining -= part;
                left -= part;
                draws.push((lot.number, part));
            }
        }
        draws
    }

    fn available(&self, member: Person, now: Instant) -> i64 {
        let account = &self.accounts[member];
        let open: i64 =
            account.lots.iter().filter(|lot| is_open(lot, now)).map(|lot| lot.remaining).sum();
        (open - account.debts.values().sum::<i64>()).max(0)
    }

    /// Takes in an adjustment.
    ///
    /// # Errors
    ///
    /// [`Refused::Insufficient`] when a deduction finds too few points.
    pub fn adjust(
        &mut self,
        member: Person,
        points: i64,
        may_owe: bool,
        now: Instant,
    ) -> Result<(), Refused> {
        self.settle(member, now);
        if points > 0 {
            self.totals.adjusted += points;
            let end = self.expiry(now);
            let number = self.put_lot(member, member, None, points, Some(now), end, now);
            self.repay(member, number, now);
            return Ok(());
        }
        let available = self.available(member, now);
        let owed = (-points - available).max(0);
        if owed > 0 && !may_owe {
            return Err(Refused::Insufficient);
        }
        self.take(member, (-points).min(available), None, now);
        if owed > 0 {
            *self.accounts[member].debts.entry(member).or_default() += owed;
        }
        self.totals.adjusted += points;
        Ok(())
    }

    /// Takes in a hold; answers its number.
    ///
    /// # Errors
    ///
    /// [`Refused::Insufficient`] when fewer points are available.
    pub fn hold(
        &mut self,
        member: Person,
        points: i64,
        until: Instant,
        now: Instant,
    ) -> Result<usize, Refused> {
        self.settle(member, now);
        if points > self.available(member, now) {
            return Err(Refused::Insufficient);
        }
        let draws = self.take(member, points, None, now);
        let account = &mut self.accounts[member];
        for (number, points) in &draws {
            for lot in account.lots.iter_mut().filter(|lot| lot.number == *number) {
                lot.held += points;
            }
        }
        self.holds += 1;
        account.holds.push(Hold { id: self.holds, until, is_live: true, draws });
        Ok(self.holds)
    }

    /// Takes in the confirmation of a hold that was neither confirmed nor cancelled before.
    ///
    /// # Errors
    ///
    /// [`Refused::HoldLost`] when it timed out and its points are gone.
    pub fn confirm(&mut self, hold: usize, now: Instant) -> Result<(), Refused> {
        let (member, place) = self.find_hold(hold);
        self.settle(member, now);
        let available = self.available(member, now);
        let account = &mut self.accounts[member];
        let Hold { is_live, draws, .. } = account.holds[place].clone();
        let points: i64 = draws.iter().map(|(_, points)| points).sum();
        let has = |(number, points): &(u64, i64)| {
            account
                .lots
                .iter()
                .any(|lot| lot.number == *number && is_open(lot, now) && lot.remaining >= *points)
        };
        if !is_live && (available < points || !draws.iter().all(has)) {
            return Err(Refused::HoldLost);
        }
        for (number, points) in draws {
            for lot in account.lots.iter_mut().filter(|lot| lot.number == number) {
                if is_live {
                    lot.held -= points;
                } else {
                    lot.remaining -= points;
                }
            }
        }
        account.holds.remove(place);
        self.totals.spent += points;
        self.slide(member, now, now);
        Ok(())
    }

    /// Takes in the cancelling of a hold that was neither confirmed nor cancelled before.
    pub fn cancel(&mut self, hold: usize, now: Instant) {
        let (member, place) = self.find_hold(hold);
        self.settle(member, now);
        let hold = self.accounts[member].holds.remove(place);
        if !hold.is_live {
            return;
        }
        for (number, points) in &hold.draws {
            put_back(&mut self.accounts[member].lots, *number, *points);
        }
        self.expire(member, now);
        for (number, _) in hold.draws {
            self.repay(member, number, now);
        }
    }

    fn find_hold(&self, hold: usize) -> (Person, usize) {
        self.accounts
            .iter()
            .enumerate()
            .find_map(|(member, account)| {
                let place = account.holds.iter().position(|one| one.id == hold)?;
                Some((member, place))
            })
            .expect("a hold of the auditor's")
    }

    /// What a member has at `now`.
    pub fn figures(&mut self, member: Person, now: Instant) -> Figures {
        self.settle(member, now);
        let account = &self.accounts[member];
        let mut expiring: BTreeMap<Instant, i64> = BTreeMap::new();
        for lot in account.lots.iter().filter(|lot| lot.remaining > 0) {
            if let Some(end) = lot.expires_at {
                *expiring.entry(end).or_default() += lot.remaining;
            }
        }
        let pending = account.lots.iter().filter(|lot| !is_open(lot, now));
        Figures {
            available: self.available(member, now),
            pending: pending.map(|lot| lot.remaining).sum(),
            held: account.lots.iter().map(|lot| lot.held).sum(),
            debt: account.debts.values().sum(),
            growth: self.window(member, now),
            tier: account.tier,
            tier_until: account.tier_until,
            expiring: expiring.into_iter().collect(),
        }
    }
}

/// The lines of an order of which nothing has been earned yet.
fn lines_of(event: &OrderEvent) -> Vec<Line> {
    let lines = event.lines.iter().zip(&event.pieces);
    lines.map(|(paid, pieces)| Line { pieces: *pieces, ..Line::of(*paid) }).collect()
}

fn is_open(lot: &Lot, at: Instant) -> bool {
    lot.available_at.is_some_and(|available_at| available_at <= at)
        && lot.expires_at.is_none_or(|end| at < end)
}

fn put_back(lots: &mut [Lot], number: u64, points: i64) {
    for lot in lots.iter_mut().filter(|lot| lot.number == number) {
        lot.held -= points;
        lot.remaining += points;
    }
}

fn combine(stacking: Stacking, factors: &[(i128, i128)]) -> (i128, i128) {
    match stacking {
        Stacking::Multiply => {
            factors.iter().fold((1, 1), |(num, den), factor| (num * factor.0, den * factor.1))
        }
        Stacking::Add => {
            let (num, den) = factors.iter().fold((1, 1), |(num, den), factor| {
                (num * factor.1 + (factor.0 - factor.1) * den, den * factor.1)
            });
            (num.max(0), den)
        }
        Stacking::Highest => factors
            .iter()
            .copied()
            .max_by(|one, other| (one.0 * other.1).cmp(&(other.0 * one.1)))
            .unwrap_or((1, 1)),
    }
}

fn round(numerator: i128, denominator: i128, rounding: Rounding) -> i64 {
    let rounded = match rounding {
        Rounding::Floor => numerator.div_euclid(denominator),
        Rounding::HalfUp => (2 * numerator + denominator).div_euclid(2 * denominator),
        Rounding::Ceil => -(-numerator).div_euclid(denominator),
    };
    i64::try_from(rounded).expect("points within their range")
}

fn split(total: i64, shares: &[i128]) -> Vec<i64> {
    let sum: i128 = shares.iter().sum();
    if sum == 0 {
        return vec![0; shares.len()];
    }
    let whole = |share: &i128| i128::from(total) * share / sum;
    let mut parts: Vec<i128> = shares.iter().map(whole).collect();
    let mut places: Vec<usize> = (0..shares.len()).collect();
    places
        .sort_by_key(|place| (-(i128::from(total) * shares[*place] - parts[*place] * sum), *place));
    let mut left = i128::from(total) - parts.iter().sum::<i128>();
    for place in places {
        if left > 0 {
            parts[place] += 1;
            left -= 1;
        }
    }
    parts.into_iter().map(|part| i64::try_from(part).expect("a part of points")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_splitting_hold() {
        assert_eq!(split(45, &[2_985, 1_515]), [30, 15]);
        assert_eq!(split(2, &[51, 152]), [1, 1]);
    }

    #[test]
    fn what_multipliers_add_adds_up() {
        assert_eq!(combine(Stacking::Add, &[(3, 2), (2, 1)]), (5, 2));
        assert_eq!(combine(Stacking::Multiply, &[(3, 2), (2, 1)]), (6, 2));
        assert_eq!(combine(Stacking::Highest, &[(3, 2), (2, 1)]), (2, 1));
    }
}
