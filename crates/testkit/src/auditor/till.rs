//! The till, reckoned again: wallets, coupons, a promotion's budget, and the locks over them.
//!
//! Prices, shares and matrices are worked out here from the exact semantics, with the same
//! arithmetic as points and none of the product's.

use super::{
    Auditor, Instant, Line, Order, OrderEvent, OrderKey, OrderOutcome, Person, Refused, Rounding,
    Status, is_open, lines_of, round, split,
};

/// Which part of a wallet a purchase takes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendOrder {
    /// Both in proportion.
    ProRata,
    /// What was paid in.
    PrincipalFirst,
    /// What came on top.
    BonusFirst,
}

/// The rules of the till beside those of points.
///
/// One promotion takes `promotion` off an order. Coupons of the first template take ¥5.00 off,
/// those of the second ¥20.00 of ¥100.00 and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TillScheme {
    /// Which part of a wallet pays first.
    pub spend_order: SpendOrder,
    /// For how many days bonus lives.
    pub bonus_days: Option<i64>,
    /// So many points ...
    pub points: i64,
    /// ... pay so many fen.
    pub worth: i64,
    /// Points are used in steps of so many, and at least one step.
    pub step: i64,
    /// What the promotion takes off.
    pub promotion: i64,
    /// What it may take off altogether.
    pub promotion_money: Option<i64>,
    /// On how many orders.
    pub promotion_uses: Option<i64>,
    /// On how many orders of one member.
    pub promotion_member_uses: Option<i64>,
    /// What all coupons of each template may take off.
    pub coupon_budgets: [Option<i64>; 2],
    /// Whether coupons of each template come back with a refund.
    pub coupons_return: [bool; 2],
}

/// For how many days coupons of each template can be used, and what they do.
pub const COUPON_DAYS: [i64; 2] = [20, 90];
/// What a coupon of each template takes off.
pub const COUPON_AMOUNTS: [i64; 2] = [500, 2_000];
/// What the goods must cost for it, after promotions.
pub const COUPON_SPEND: [i64; 2] = [0, 10_000];
const RESTORE_DAYS: i64 = 7;
const GRACE_DAYS: i64 = 30;

/// How much of an asset is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// None of it.
    Nothing,
    /// As much as can be had.
    Max,
    /// So much, or the lock is refused.
    Exactly(i64),
}

/// Which coupons are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskCoupon {
    /// None.
    Nothing,
    /// The best.
    Best,
    /// This one, or the lock is refused.
    One(usize),
}

/// A cart, and what is to pay for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Where.
    pub channel: &'static str,
    /// Who buys, as the caller names the member.
    pub person: Person,
    /// Pieces and the price of one, line by line.
    pub lines: Vec<(i64, i64)>,
    /// Of a delivery.
    pub shipping: i64,
    /// Which coupons.
    pub coupon: AskCoupon,
    /// How many points.
    pub points: Ask,
    /// How much of the wallet.
    pub wallet: Ask,
}

/// What pays for one line, or for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Payers {
    /// Pieces.
    pub pieces: i64,
    /// The coupon.
    pub coupon: i64,
    /// Points, in fen.
    pub points: i64,
    /// Wallet money that was paid in.
    pub principal: i64,
    /// Wallet money that came on top.
    pub bonus: i64,
    /// Money.
    pub money: i64,
}

impl Payers {
    const fn paid(&self) -> i64 {
        self.money + self.principal
    }
}

/// A priced basket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Priced {
    /// Line by line.
    pub lines: Vec<Payers>,
    /// Of the delivery.
    pub shipping: Payers,
    /// How many points.
    pub points: i64,
    /// What the promotion takes off.
    pub promotion: i64,
    /// The template and end of the coupon used; of several alike any may be.
    pub coupon: Option<(usize, Instant)>,
}

impl Priced {
    fn sum(&self, part: impl Fn(&Payers) -> i64) -> i64 {
        self.lines.iter().map(&part).sum::<i64>() + part(&self.shipping)
    }

    /// What is left in money.
    pub fn to_pay(&self) -> i64 {
        self.sum(|one| one.money)
    }

    /// What the wallet pays: principal, bonus.
    pub fn wallet(&self) -> (i64, i64) {
        (self.sum(|one| one.principal), self.sum(|one| one.bonus))
    }

    /// What the coupon takes off.
    pub fn discount(&self) -> i64 {
        self.sum(|one| one.coupon)
    }
}

/// Where a coupon stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponState {
    /// It can be used.
    Issued,
    /// A lock has it.
    Locked,
    /// It was used.
    Redeemed,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// It was given away.
    Transferred,
}

#[derive(Debug, Clone)]
struct Coupon {
    template: usize,
    owner: Person,
    home: Person,
    state: CouponState,
    ends: Instant,
    lock: Option<(usize, Instant)>,
    discount: i64,
}

#[derive(Debug, Clone)]
struct Stored {
    owner: Person,
    home: Person,
    top_up: usize,
    is_bonus: bool,
    remaining: i64,
    held: i64,
    ends: Option<Instant>,
}

#[derive(Debug, Clone)]
struct MoneyHold {
    until: Instant,
    is_live: bool,
    /// The lot, what it pays, what of that came back.
    draws: Vec<(usize, i64, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockState {
    Held,
    Confirmed,
    Cancelled,
}

#[derive(Debug, Clone)]
struct Lock {
    key: OrderKey,
    basket: Basket,
    owner: Person,
    home: Person,
    state: LockState,
    until: Instant,
    priced: Priced,
    hold: Option<usize>,
    money: Option<usize>,
    coupon: Option<usize>,
}

/// What is told of a new lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The lock, counted from zero.
    pub lock: usize,
    /// The coupon that was taken.
    pub coupon: Option<usize>,
}

/// Who paid an order, and what of it went back.
#[derive(Debug, Clone)]
pub(super) struct Tenders {
    lock: usize,
    /// The lots that gave points, what each gave, what of that came back.
    draws: Vec<(u64, i64, i64)>,
    given: GivenBack,
    coupon_back: bool,
}

/// What a refund gave back to those who had paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenBack {
    /// In money.
    pub money: i64,
    /// To the wallet, of what was paid in.
    pub principal: i64,
    /// To the wallet, of what came on top.
    pub bonus: i64,
}

/// So much of a line goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    /// The line's place.
    pub place: usize,
    /// Pieces.
    pub pieces: i64,
    /// Money, in the measure of what was paid.
    pub money: i64,
}

/// The till's books.
#[derive(Debug, Clone)]
pub(super) struct Till {
    scheme: TillScheme,
    stored: Vec<Stored>,
    money_holds: Vec<MoneyHold>,
    top_ups: usize,
    coupons: Vec<Coupon>,
    locks: Vec<Lock>,
}

impl Till {
    pub(super) const fn new(scheme: TillScheme) -> Self {
        Self {
            scheme,
            stored: Vec::new(),
            money_holds: Vec::new(),
            top_ups: 0,
            coupons: Vec::new(),
            locks: Vec::new(),
        }
    }

    /// What points would pay, to the nearest fen, halves up.
    pub(super) fn worth_of(&self, points: i64) -> i64 {
        let numerator = i128::from(points) * i128::from(self.scheme.worth);
        round(numerator, i128::from(self.scheme.points), Rounding::HalfUp)
    }

    /// Everything of one member becomes another's.
    pub(super) fn merge(&mut self, absorbed: Person, into: Person) {
        self.move_where(|owner, _| owner == absorbed, into);
    }

    /// Everything that came from some homes goes back.
    pub(super) fn unmerge(
        &mut self,
        survivor: Person,
        absorbed: Person,
        goes: impl Fn(Person) -> bool,
    ) {
        self.move_where(|owner, home| owner == survivor && goes(home), absorbed);
    }

    fn move_where(&mut self, moves: impl Fn(Person, Person) -> bool, to: Person) {
        for one in self.stored.iter_mut().filter(|one| moves(one.owner, one.home)) {
            one.owner = to;
        }
        for one in self.coupons.iter_mut().filter(|one| moves(one.owner, one.home)) {
            one.owner = to;
        }
        for one in self.locks.iter_mut().filter(|one| moves(one.owner, one.home)) {
            one.owner = to;
        }
    }

    /// What time alone does up to `now`.
    fn settle(&mut self, now: Instant) {
        for hold in self.money_holds.iter_mut().filter(|one| one.is_live && one.until <= now) {
            hold.is_live = false;
            for (lot, amount, _) in &hold.draws {
                self.stored[*lot].held -= amount;
                self.stored[*lot].remaining += amount;
            }
        }
        for lot in &mut self.stored {
            if lot.ends.is_some_and(|end| end <= now) {
                lot.remaining = 0;
            }
        }
        for coupon in &mut self.coupons {
            if coupon.lock.take_if(|(_, until)| *until <= now).is_some() {
                coupon.state = CouponState::Issued;
                coupon.discount = 0;
            }
            if coupon.state == CouponState::Issued && coupon.ends <= now {
                coupon.state = CouponState::Expired;
            }
        }
    }

    fn has(&self, owner: Person, is_bonus: bool) -> i64 {
        let own = self.stored.iter().filter(|lot| lot.owner == owner && lot.is_bonus == is_bonus);
        own.map(|lot| lot.remaining).sum()
    }

    /// How `amount` divides into principal and bonus.
    fn shares(&self, owner: Person, amount: i64) -> (i64, i64) {
        let (principal, bonus) = (self.has(owner, false), self.has(owner, true));
        let from_bonus = match self.scheme.spend_order {
            SpendOrder::PrincipalFirst => (amount - principal).max(0),
            SpendOrder::BonusFirst => amount.min(bonus),
            SpendOrder::ProRata => part(amount, bonus, (principal + bonus).max(1)).min(bonus),
        };
        (amount - from_bonus, from_bonus)
    }

    fn hold_money(&mut self, owner: Person, shares: (i64, i64), until: Instant) -> usize {
        let mut draws = Vec::new();
        for (is_bonus, mut owed) in [(false, shares.0), (true, shares.1)] {
            let mut lots: Vec<usize> = (0..self.stored.len()).collect();
            lots.retain(|at| {
                let lot = &self.stored[*at];
                lot.owner == owner && lot.is_bonus == is_bonus && lot.remaining > 0
            });
            lots.sort_by_key(|at| (self.stored[*at].ends.unwrap_or(Instant::MAX), *at));
            for at in lots {
                let lot = &mut self.stored[at];
                let amount = lot.remaining.min(owed);
                if amount > 0 {
                    lot.remaining -= amount;
                    lot.held += amount;
                    owed -= amount;
                    draws.push((at, amount, 0));
                }
            }
        }
        self.money_holds.push(MoneyHold { until, is_live: true, draws });
        self.money_holds.len() - 1
    }

    fn end_money_hold(&mut self, hold: usize) {
        let hold = &mut self.money_holds[hold];
        if hold.is_live {
            hold.is_live = false;
            for (lot, amount, _) in &hold.draws {
                self.stored[*lot].held -= amount;
                self.stored[*lot].remaining += amount;
            }
        }
    }

    fn has_money_of(&self, hold: usize) -> bool {
        let hold = &self.money_holds[hold];
        hold.is_live
            || hold.draws.iter().all(|(lot, amount, _)| self.stored[*lot].remaining >= *amount)
    }

    fn spend_money(&mut self, hold: usize) {
        let hold = &mut self.money_holds[hold];
        for (lot, amount, _) in &hold.draws {
            if hold.is_live {
                self.stored[*lot].held -= amount;
            } else {
                self.stored[*lot].remaining -= amount;
            }
        }
        hold.is_live = false;
    }

    /// Money goes back into the lots it came from, the last drawn on first.
    fn give_money_back(
        &mut self,
        hold: usize,
        back: (i64, i64),
        revived_until: Instant,
        now: Instant,
    ) {
        for (is_bonus, mut owed) in [(false, back.0), (true, back.1)] {
            for place in (0..self.money_holds[hold].draws.len()).rev() {
                let (lot, amount, restored) = self.money_holds[hold].draws[place];
                let amount = (amount - restored).min(owed);
                if self.stored[lot].is_bonus != is_bonus || amount <= 0 {
                    continue;
                }
                owed -= amount;
                self.money_holds[hold].draws[place].2 += amount;
                if self.stored[lot].ends.is_some_and(|end| end <= now) {
                    let revived = Stored {
                        remaining: amount,
                        held: 0,
                        ends: Some(revived_until),
                        ..self.stored[lot].clone()
                    };
                    self.stored.push(revived);
                } else {
                    self.stored[lot].remaining += amount;
                }
            }
        }
    }

    /// What the promotion has given, and what of that to one member: money, orders.
    fn promoted(&self, member: Option<Person>, now: Instant) -> (i64, i64) {
        let counting = self.locks.iter().filter(|lock| lock.priced.promotion > 0).filter(|lock| {
            let is_live = lock.state == LockState::Held && lock.until > now;
            is_live || lock.state == LockState::Confirmed
        });
        let of = counting.filter(|lock| member.is_none_or(|member| lock.owner == member));
        of.fold((0, 0), |(money, uses), lock| (money + lock.priced.promotion, uses + 1))
    }

    /// Whether the promotion still has so much for a member.
    fn promotes(&self, member: Person, money: i64, now: Instant) -> bool {
        let scheme = &self.scheme;
        let (all, own) = (self.promoted(None, now), self.promoted(Some(member), now));
        scheme.promotion_money.is_none_or(|most| all.0 + money <= most)
            && scheme.promotion_uses.is_none_or(|most| all.1 < most)
            && scheme.promotion_member_uses.is_none_or(|most| own.1 < most)
    }

    /// What a template's coupons may still take off.
    fn coupon_budget(&self, template: usize) -> i64 {
        let budget = self.scheme.coupon_budgets[template];
        let taken = self.coupons.iter().filter(|coupon| {
            coupon.template == template
                && matches!(coupon.state, CouponState::Locked | CouponState::Redeemed)
        });
        budget.map_or(i64::MAX, |budget| budget - taken.map(|one| one.discount).sum::<i64>())
    }

    /// What a coupon takes off goods of so much.
    fn discount(&self, coupon: usize, owner: Person, goods: i64) -> Option<i64> {
        let one = &self.coupons[coupon];
        let is_usable = one.owner == owner && one.state == CouponState::Issued;
        let off = COUPON_AMOUNTS[one.template].min(goods);
        let is_worth = goods >= COUPON_SPEND[one.template] && off > 0;
        (is_usable && is_worth && off <= self.coupon_budget(one.template)).then_some(off)
    }
}

/// ⌊whole · share / of⌋.
fn part(whole: i64, share: i64, of: i64) -> i64 {
    i64::try_from(i128::from(whole) * i128::from(share) / i128::from(of)).expect("an amount")
}

fn spread(total: i64, over: impl Iterator<Item = i64>) -> Vec<i64> {
    split(total, &over.map(i128::from).collect::<Vec<_>>())
}

impl Auditor {
    /// Prices a basket; nothing is taken.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] when what is asked for by name or number cannot be had so.
    pub fn price(&mut self, basket: &Basket, now: Instant) -> Result<Priced, Refused> {
        let owner = self.survivor(basket.person);
        self.settle(owner, now);
        self.till.settle(now);
        let scheme = self.till.scheme;
        let listed: Vec<i64> = basket.lines.iter().map(|(pieces, price)| pieces * price).collect();
        let mut priced = Priced::default();
        let mut prices = listed.clone();

        let off = scheme.promotion.min(prices.iter().sum());
        if off > 0 && self.till.promotes(owner, off, now) {
            priced.promotion = off;
            for (price, off) in prices.iter_mut().zip(spread(off, listed.iter().copied())) {
                *price -= off;
            }
        }
        let goods: i64 = prices.iter().sum();
        let usable = |coupon: usize| self.till.discount(coupon, owner, goods);
        let chosen = match basket.coupon {
            AskCoupon::Nothing => None,
            AskCoupon::One(coupon) => Some((coupon, usable(coupon).ok_or(Refused::Unavailable)?)),
            AskCoupon::Best => (0..self.till.coupons.len())
                .filter_map(|coupon| Some((coupon, usable(coupon)?)))
                .min_by_key(|(coupon, off)| (-off, self.till.coupons[*coupon].ends)),
        };
        let discount = chosen.map_or(0, |(_, off)| off);
        priced.coupon = chosen.map(|(coupon, _)| {
            let coupon = &self.till.coupons[coupon];
            (coupon.template, coupon.ends)
        });
        let by_coupon = spread(discount, prices.iter().copied());
        for (price, off) in prices.iter_mut().zip(&by_coupon) {
            *price -= off;
        }

        priced.points = self.points_used(basket.points, owner, prices.iter().sum(), now)?;
        let by_points =
            spread(part(priced.points, scheme.worth, scheme.points), prices.iter().copied());
        for (price, off) in prices.iter_mut().zip(&by_points) {
            *price -= off;
        }
        prices.push(basket.shipping);
        let stored = self.till.has(owner, false) + self.till.has(owner, true);
        let most = stored.min(prices.iter().sum());
        let from_wallet = match basket.wallet {
            Ask::Nothing => 0,
            Ask::Max => most,
            Ask::Exactly(amount) if amount > most => return Err(Refused::Unavailable),
            Ask::Exactly(amount) => amount,
        };
        let (_, bonus) = self.till.shares(owner, from_wallet);
        let by_wallet = spread(from_wallet, prices.iter().copied());
        let by_bonus = spread(bonus, by_wallet.iter().copied());
        let row = |place: usize| Payers {
            pieces: basket.lines.get(place).map_or(1, |(pieces, _)| *pieces),
            coupon: by_coupon.get(place).copied().unwrap_or(0),
            points: by_points.get(place).copied().unwrap_or(0),
            principal: by_wallet[place] - by_bonus[place],
            bonus: by_bonus[place],
            money: prices[place] - by_wallet[place],
        };
        priced.lines = (0..basket.lines.len()).map(row).collect();
        priced.shipping = row(basket.lines.len());
        Ok(priced)
    }

    /// The points a basket takes: half of the goods at most, in steps.
    fn points_used(
        &self,
        asked: Ask,
        owner: Person,
        goods: i64,
        now: Instant,
    ) -> Result<i64, Refused> {
        let scheme = &self.till.scheme;
        let worth = |points: i64| part(points, scheme.worth, scheme.points);
        let to_step = |points: i64| {
            let points = points - points % scheme.step;
            if worth(points) > 0 { points } else { 0 }
        };
        // The most points that are worth no more than half of the goods.
        let within = part(goods / 2 + 1, scheme.points, scheme.worth);
        let within = (within - 2..=within + 2).filter(|one| worth(*one) <= goods / 2).max();
        let most = to_step(within.unwrap_or(0).max(0).min(self.available(owner, now)));
        match asked {
            Ask::Nothing => Ok(0),
            Ask::Max => Ok(most),
            Ask::Exactly(points) if points == to_step(points.min(most)) => Ok(points),
            Ask::Exactly(_) => Err(Refused::Unavailable),
        }
    }

    /// Takes in a top-up; answers its number.
    pub fn top_up(&mut self, person: Person, principal: i64, bonus: i64, now: Instant) -> usize {
        let owner = self.survivor(person);
        self.till.settle(now);
        let ends = self
            .till
            .scheme
            .bonus_days
            .map(|days| self.calendar.end_of_day(self.calendar.plus_days(now, days)));
        let top_up = self.till.top_ups;
        self.till.top_ups += 1;
        for (is_bonus, remaining, ends) in [(false, principal, None), (true, bonus, ends)] {
            if remaining > 0 {
                let home = owner;
                self.till.stored.push(Stored {
                    owner,
                    home,
                    top_up,
                    is_bonus,
                    remaining,
                    held: 0,
                    ends,
                });
            }
        }
        top_up
    }

    /// Takes in that a top-up is paid back, all that is unspent; answers principal and bonus.
    ///
    /// # Errors
    ///
    /// [`Refused::Insufficient`] when nothing of it is unspent.
    pub fn refund_top_up(&mut self, top_up: usize, now: Instant) -> Result<(i64, i64), Refused> {
        self.till.settle(now);
        let mut taken = (0, 0);
        let of = |lot: &&mut Stored| lot.top_up == top_up;
        let unspent: i64 = self
            .till
            .stored
            .iter()
            .filter(|lot| lot.top_up == top_up && !lot.is_bonus)
            .map(|lot| lot.remaining)
            .sum();
        if unspent == 0 {
            return Err(Refused::Insufficient);
        }
        for lot in self.till.stored.iter_mut().filter(of) {
            let sum = if lot.is_bonus { &mut taken.1 } else { &mut taken.0 };
            *sum += std::mem::take(&mut lot.remaining);
        }
        Ok(taken)
    }

    /// What a wallet has: principal, bonus, held.
    pub fn wallet(&mut self, person: Person, now: Instant) -> (i64, i64, i64) {
        let owner = self.survivor(person);
        self.till.settle(now);
        let held = self.till.stored.iter().filter(|lot| lot.owner == owner).map(|lot| lot.held);
        (self.till.has(owner, false), self.till.has(owner, true), held.sum())
    }

    /// Takes in a coupon that a member received; answers its number.
    pub fn coupon(&mut self, person: Person, template: usize, now: Instant) -> usize {
        let owner = self.survivor(person);
        let last = self.calendar.plus_days(now, COUPON_DAYS[template]);
        self.till.coupons.push(Coupon {
            template,
            owner,
            home: owner,
            state: CouponState::Issued,
            ends: self.calendar.end_of_day(last),
            lock: None,
            discount: 0,
        });
        self.till.coupons.len() - 1
    }

    /// Where every coupon stands, and until when it can be used.
    pub fn coupons(&mut self, now: Instant) -> Vec<(CouponState, Instant, Person)> {
        self.till.settle(now);
        self.till.coupons.iter().map(|one| (one.state, one.ends, one.owner)).collect()
    }

    /// Takes in that a coupon was given to another member; answers the new one.
    ///
    /// # Errors
    ///
    /// [`Refused::NotUsable`] when it is not one that can be used.
    pub fn give_coupon(
        &mut self,
        coupon: usize,
        to: Person,
        now: Instant,
    ) -> Result<usize, Refused> {
        let to = self.survivor(to);
        self.till.settle(now);
        let one = &mut self.till.coupons[coupon];
        if one.state != CouponState::Issued {
            return Err(Refused::NotUsable);
        }
        one.state = CouponState::Transferred;
        let given = Coupon { owner: to, home: to, state: CouponState::Issued, ..one.clone() };
        self.till.coupons.push(given);
        Ok(self.till.coupons.len() - 1)
    }

    /// Takes in that a coupon was taken back.
    ///
    /// # Errors
    ///
    /// [`Refused::NotUsable`] when it is not one that can be used.
    pub fn revoke_coupon(&mut self, coupon: usize, now: Instant) -> Result<(), Refused> {
        self.till.settle(now);
        let one = &mut self.till.coupons[coupon];
        match one.state {
            CouponState::Issued => one.state = CouponState::Revoked,
            CouponState::Revoked => {}
            _ => return Err(Refused::NotUsable),
        }
        Ok(())
    }

    /// The coupons of a member that can be used now.
    pub fn usable_coupons(&mut self, person: Person, now: Instant) -> Vec<usize> {
        let owner = self.survivor(person);
        self.till.settle(now);
        let all = self.till.coupons.iter().enumerate();
        let usable = all.filter(|(_, one)| one.owner == owner && one.state == CouponState::Issued);
        usable.map(|(place, _)| place).collect()
    }

    /// Whether the coupon `chosen` is like one that must be used.
    pub fn is_like(&self, chosen: usize, wanted: (usize, Instant)) -> bool {
        let coupon = &self.till.coupons[chosen];
        coupon.state == CouponState::Issued && (coupon.template, coupon.ends) == wanted
    }

    /// Takes in a lock, of which the product chose this coupon.
    ///
    /// # Errors
    ///
    /// [`Refused`] when something that was asked for cannot be had, or the order has another lock.
    pub fn lock(
        &mut self,
        order_no: &str,
        basket: &Basket,
        coupon: Option<usize>,
        ttl_s: i64,
        now: Instant,
    ) -> Result<Held, Refused> {
        let key = (basket.channel.to_owned(), order_no.to_owned());
        if let Some(place) = self.till.locks.iter().rposition(|lock| lock.key == key) {
            let lock = &self.till.locks[place];
            let is_live = lock.state == LockState::Held && lock.until > now;
            if is_live || lock.state == LockState::Confirmed {
                let is_same = lock.basket == *basket;
                let held = Held { lock: place, coupon: lock.coupon };
                return if is_same { Ok(held) } else { Err(Refused::LockDiffers) };
            }
        }
        let owner = self.survivor(basket.person);
        let priced = self.price(basket, now)?;
        let until = now + ttl_s * 1_000_000;
        let hold = (priced.points > 0)
            .then(|| self.hold(owner, priced.points, until, now))
            .transpose()
            .expect("priced points are there");
        let shares = priced.wallet();
        let money = (shares.0 + shares.1 > 0).then(|| self.till.hold_money(owner, shares, until));
        let lock = self.till.locks.len();
        if let Some(coupon) = coupon {
            let one = &mut self.till.coupons[coupon];
            one.state = CouponState::Locked;
            one.lock = Some((lock, until));
            one.discount = priced.discount();
        }
        self.till.locks.push(Lock {
            key,
            basket: basket.clone(),
            owner,
            home: owner,
            state: LockState::Held,
            until,
            priced,
            hold,
            money,
            coupon,
        });
        Ok(Held { lock, coupon })
    }

    /// The event that an order of a lock is.
    pub fn order_of(&self, lock: usize, paid_at: Instant) -> OrderEvent {
        Self::event_of(&self.till.locks[lock], paid_at)
    }

    /// Whether a lock has ended without its order.
    pub fn is_over(&self, lock: usize, now: Instant) -> bool {
        let lock = &self.till.locks[lock];
        lock.state == LockState::Cancelled || lock.state == LockState::Held && lock.until <= now
    }

    /// Whether a lock was confirmed.
    pub fn is_confirmed(&self, lock: usize) -> bool {
        self.till.locks[lock].state == LockState::Confirmed
    }

    /// A lock's price.
    pub fn priced(&self, lock: usize) -> &Priced {
        &self.till.locks[lock].priced
    }

    /// Whether a member has a lock that is live.
    pub fn has_live_lock(&self, person: Person, now: Instant) -> bool {
        let owner = self.survivor(person);
        let live = |lock: &&Lock| lock.state == LockState::Held && lock.until > now;
        self.till.locks.iter().filter(live).any(|lock| lock.owner == owner)
    }

    /// Takes in that a lock is kept for longer; answers until when.
    ///
    /// # Errors
    ///
    /// [`Refused::LockOver`] when it is not live any more.
    pub fn extend_lock(
        &mut self,
        lock: usize,
        ttl_s: i64,
        now: Instant,
    ) -> Result<Instant, Refused> {
        self.till.settle(now);
        let one = &mut self.till.locks[lock];
        if one.state != LockState::Held || one.until <= now {
            return Err(Refused::LockOver);
        }
        one.until = one.until.max(now + ttl_s * 1_000_000);
        let until = one.until;
        let (hold, money, coupon) = (one.hold, one.money, one.coupon);
        if let Some(hold) = hold {
            let (member, place) = self.find_hold(hold);
            self.accounts[member].holds[place].until = until;
        }
        if let Some(money) = money {
            self.till.money_holds[money].until = until;
        }
        if let Some(coupon) = coupon {
            self.till.coupons[coupon].lock = Some((lock, until));
        }
        Ok(until)
    }

    /// Takes in that a lock is given back.
    ///
    /// # Errors
    ///
    /// [`Refused::LockOver`] when it was confirmed.
    pub fn cancel_lock(&mut self, lock: usize, now: Instant) -> Result<(), Refused> {
        self.till.settle(now);
        let one = &mut self.till.locks[lock];
        match one.state {
            LockState::Confirmed => return Err(Refused::LockOver),
            LockState::Cancelled => return Ok(()),
            LockState::Held => one.state = LockState::Cancelled,
        }
        let (hold, money, coupon) = (one.hold, one.money, one.coupon);
        if let Some(hold) = hold {
            self.cancel(hold, now);
        }
        if let Some(money) = money {
            self.till.end_money_hold(money);
        }
        if let Some(coupon) = coupon {
            let one = &mut self.till.coupons[coupon];
            if one.lock.take_if(|(known, _)| *known == lock).is_some() {
                one.state = CouponState::Issued;
                one.discount = 0;
            }
        }
        self.till.settle(now);
        Ok(())
    }

    /// What of a lock that timed out is gone.
    fn missing(&mut self, lock: usize, now: Instant) -> Vec<&'static str> {
        let one = self.till.locks[lock].clone();
        let mut missing = Vec::new();
        if let Some(hold) = one.hold {
            let (member, place) = self.find_hold(hold);
            self.settle(member, now);
            let available = self.available(member, now);
            let account = &self.accounts[member];
            let hold = &account.holds[place];
            let points: i64 = hold.draws.iter().map(|(_, points)| points).sum();
            let has = |(number, points): &(u64, i64)| {
                account.lots.iter().any(|lot| {
                    lot.number == *number && is_open(lot, now) && lot.remaining >= *points
                })
            };
            if !hold.is_live && (available < points || !hold.draws.iter().all(has)) {
                missing.push("points");
            }
        }
        if one.money.is_some_and(|money| !self.till.has_money_of(money)) {
            missing.push("wallet");
        }
        let is_live = one.until > now;
        if let Some(coupon) = one.coupon {
            let own = &self.till.coupons[coupon];
            let is_own = own.lock.is_some_and(|(known, _)| known == lock);
            let is_free = own.state == CouponState::Issued && own.owner == one.owner;
            let fits = one.priced.discount() <= self.till.coupon_budget(own.template);
            if !(is_own || is_free && fits) {
                missing.push("coupon");
            }
        }
        let promotion = one.priced.promotion;
        if promotion > 0 && !is_live && !self.till.promotes(one.owner, promotion, now) {
            missing.push("quota");
        }
        missing
    }

    /// Takes in the confirmation of a lock.
    ///
    /// # Errors
    ///
    /// What is missing of a lock that timed out; nothing is named where the lock was cancelled
    /// or replaced, or the order is over.
    pub fn confirm_lock(
        &mut self,
        lock: usize,
        paid_at: Instant,
        now: Instant,
    ) -> Result<OrderOutcome, Vec<&'static str>> {
        self.till.settle(now);
        let one = self.till.locks[lock].clone();
        let known = self.orders.get(&one.key).cloned();
        if one.state == LockState::Confirmed {
            return Ok(known.expect("a confirmed lock has an order").earned);
        }
        let latest = self.till.locks.iter().rposition(|other| other.key == one.key);
        let is_over = known.as_ref().is_some_and(|order| {
            let whole = |line: &Line| progress(line).0 >= progress(line).1;
            order.status == Status::Closed || order.lines.iter().all(whole)
        });
        let is_others = known.as_ref().is_some_and(|order| {
            order.member.is_some_and(|member| self.survivor(member) != one.owner)
        });
        if one.state == LockState::Cancelled || latest != Some(lock) || is_over || is_others {
            return Err(Vec::new());
        }
        let missing = self.missing(lock, now);
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut draws = Vec::new();
        if let Some(hold) = one.hold {
            let (member, place) = self.find_hold(hold);
            draws.extend(
                self.accounts[member].holds[place]
                    .draws
                    .iter()
                    .map(|(lot, points)| (*lot, *points, 0)),
            );
            self.confirm(hold, now).expect("nothing is missing");
        }
        if let Some(money) = one.money {
            self.till.spend_money(money);
        }
        if let Some(coupon) = one.coupon {
            let own = &mut self.till.coupons[coupon];
            own.lock = None;
            own.state = CouponState::Redeemed;
            own.discount = one.priced.discount();
        }
        self.till.locks[lock].state = LockState::Confirmed;
        let tenders = Tenders { lock, draws, given: GivenBack::default(), coupon_back: false };
        let member = one.owner;
        Ok(match known {
            None => self.first_by_lock(&one, tenders, paid_at, now),
            Some(order) => self.attach(&one.key, order, tenders, member, now),
        })
    }

    fn event_of(lock: &Lock, paid_at: Instant) -> OrderEvent {
        OrderEvent {
            channel: lock.basket.channel,
            order_no: lock.key.1.clone(),
            status: Status::Paid,
            paid_at,
            completed_at: None,
            buyer: Vec::new(),
            lines: lock.priced.lines.iter().map(Payers::paid).collect(),
            pieces: lock.priced.lines.iter().map(|row| row.pieces).collect(),
            shipping: lock.priced.shipping.paid(),
        }
    }

    fn first_by_lock(
        &mut self,
        lock: &Lock,
        tenders: Tenders,
        paid_at: Instant,
        now: Instant,
    ) -> OrderOutcome {
        let event = Self::event_of(lock, paid_at);
        let member = lock.owner;
        let mut order = Order {
            member: Some(member),
            home: Some(member),
            status: event.status,
            paid_at,
            lines: lines_of(&event),
            points: 0,
            earned: OrderOutcome { member: Some(member), created: false, earned: 0, growth: 0 },
            shipping: event.shipping,
            shipping_back: 0,
            tenders: Some(tenders),
        };
        self.earn(&event, &lock.key, &mut order, member, member, now);
        self.orders.insert(lock.key.clone(), order.clone());
        self.apply_waiting(&lock.key, now);
        order.earned
    }

    /// The order came first by another path: what the lock holds is spent on it now.
    fn attach(
        &mut self,
        key: &OrderKey,
        mut order: Order,
        mut tenders: Tenders,
        member: Person,
        now: Instant,
    ) -> OrderOutcome {
        let lock = self.till.locks[tenders.lock].clone();
        if order.member.is_none() {
            order.member = Some(member);
            order.home = Some(member);
            order.earned.member = Some(member);
            let event = Self::event_of(&lock, order.paid_at);
            self.earn(&event, key, &mut order, member, member, now);
        }
        // What was refunded before went back in money, the principal's part too.
        let so_far = given_back(&lock.priced, &order.lines, order.shipping_back);
        tenders.given = GivenBack { bonus: 0, ..so_far };
        order.tenders = Some(tenders);
        let earned = order.earned.clone();
        let has_refunds = order.shipping_back > 0
            || order.lines.iter().any(|line| line.refunded > 0 || line.returned > 0);
        let lines = 0..order.lines.len();
        self.orders.insert(key.clone(), order);
        if has_refunds {
            // Nothing more comes back; what an order nobody owned earns only now is taken for it.
            let nothing: Vec<Back> =
                lines.map(|place| Back { place, pieces: 0, money: 0 }).collect();
            let _ = self.apply_refund(key, &nothing, 0, now);
        }
        earned
    }

    /// The points spent on an order come back: into their lots, the last consumed first.
    pub(super) fn restore_points(
        &mut self,
        order: &mut Order,
        member: Person,
        home: Person,
        now: Instant,
    ) -> i64 {
        let Some(tenders) = &mut order.tenders else { return 0 };
        let spent = self.till.locks[tenders.lock].priced.points;
        let paid: i64 = order.lines.iter().map(|line| line.paid).sum();
        let (done, whole): (i64, i64) = if paid > 0 {
            (order.lines.iter().map(|line| line.refunded).sum(), paid)
        } else {
            let pieces = order.lines.iter().map(|line| line.pieces).sum();
            (order.lines.iter().map(|line| line.returned).sum(), pieces)
        };
        let so_far = if done >= whole { spent } else { part(spent, done, whole) };
        let before: i64 = tenders.draws.iter().map(|(_, _, back)| back).sum();
        let mut left = (so_far - before).max(0);
        let restored = left;
        let (mut into_lots, mut into_new): (Vec<u64>, Vec<(Person, i64)>) = Default::default();
        let lots = &mut self.accounts[member].lots;
        for (number, points, back) in tenders.draws.iter_mut().rev() {
            let points = (*points - *back).min(left);
            if points <= 0 {
                continue;
            }
            left -= points;
            *back += points;
            let own = lots.iter_mut().find(|lot| lot.number == *number);
            let lot_home = match own {
                Some(lot) if lot.expires_at.is_none_or(|end| now < end) => {
                    lot.remaining += points;
                    into_lots.push(*number);
                    continue;
                }
                Some(lot) => lot.home,
                None => home,
            };
            match into_new.iter_mut().find(|(known, _)| *known == lot_home) {
                Some((_, sum)) => *sum += points,
                None => into_new.push((lot_home, points)),
            }
        }
        for number in into_lots {
            self.repay(member, number, now);
        }
        let end = self.calendar.end_of_day(self.calendar.plus_days(now, GRACE_DAYS));
        for (home, points) in into_new {
            let number = self.put_lot(member, home, None, points, Some(now), Some(end), now);
            self.repay(member, number, now);
        }
        self.totals.restored += restored;
        self.settle(member, now);
        restored
    }

    /// What a refund gives back besides points; the order's lines are refunded already.
    pub(super) fn give_back(
        &mut self,
        order: &mut Order,
        shipping: i64,
        now: Instant,
    ) -> Result<(Option<GivenBack>, Option<usize>), Refused> {
        self.till.settle(now);
        order.shipping_back += shipping;
        if order.shipping_back > order.shipping {
            return Err(Refused::Exceeds);
        }
        let Some(tenders) = &mut order.tenders else { return Ok((None, None)) };
        let lock = self.till.locks[tenders.lock].clone();
        let full = given_back(&lock.priced, &order.lines, order.shipping_back);
        let back = GivenBack {
            money: full.money - tenders.given.money,
            principal: full.principal - tenders.given.principal,
            bonus: full.bonus - tenders.given.bonus,
        };
        tenders.given = full;
        let mut coupon_back = None;
        if let Some(coupon) = lock.coupon
            && !tenders.coupon_back
            && is_coupon_back(&lock.priced, &order.lines)
        {
            tenders.coupon_back = true;
            coupon_back = Some(coupon);
        }
        if let Some(money) = lock.money {
            let until = self.calendar.end_of_day(self.calendar.plus_days(now, GRACE_DAYS));
            self.till.give_money_back(money, (back.principal, back.bonus), until, now);
        }
        let coupon_back = coupon_back
            .filter(|coupon| self.till.scheme.coupons_return[self.till.coupons[*coupon].template]);
        if let Some(coupon) = coupon_back {
            let ended = self.calendar.end_of_day(self.calendar.plus_days(now, RESTORE_DAYS));
            let one = &mut self.till.coupons[coupon];
            one.state = CouponState::Issued;
            one.discount = 0;
            if one.ends <= now {
                one.ends = ended;
            }
        }
        Ok((Some(back), coupon_back))
    }

    /// Whether all that is spent on an order lies with its member.
    pub fn lies_together(&self, channel: &str, order_no: &str) -> bool {
        let Some(order) = self.orders.get(&(channel.to_owned(), order_no.to_owned())) else {
            return true;
        };
        let (Some(member), Some(tenders)) = (order.member, &order.tenders) else { return true };
        let lots = &self.accounts[member].lots;
        tenders.draws.iter().all(|(number, ..)| lots.iter().any(|lot| lot.number == *number))
    }

    /// Of the promotion: money and orders that confirmed locks used.
    pub fn promotion_used(&self) -> (i64, i64) {
        let used = self
            .till
            .locks
            .iter()
            .filter(|lock| lock.state == LockState::Confirmed && lock.priced.promotion > 0);
        used.fold((0, 0), |(money, uses), lock| (money + lock.priced.promotion, uses + 1))
    }

    /// Shipping of an order, less what went back of it.
    pub fn shipping_left(&self, channel: &str, order_no: &str) -> i64 {
        let order = self.orders.get(&(channel.to_owned(), order_no.to_owned()));
        order.map_or(0, |order| order.shipping - order.shipping_back)
    }

    /// What of each line of an order can still be refunded: pieces, money.
    pub fn left_of(&self, channel: &str, order_no: &str) -> Vec<(i64, i64)> {
        let order = self.orders.get(&(channel.to_owned(), order_no.to_owned()));
        let lines = order.map(|order| order.lines.as_slice()).unwrap_or_default();
        lines.iter().map(|line| (line.pieces - line.returned, line.paid - line.refunded)).collect()
    }
}

/// What refunds have given back by now, by the matrix: of each line its part, floored.
fn given_back(priced: &Priced, lines: &[Line], shipping_back: i64) -> GivenBack {
    let mut given = GivenBack::default();
    let shipped = Line {
        refunded: shipping_back,
        returned: i64::from(shipping_back == priced.shipping.paid()),
        ..Line::of(priced.shipping.paid())
    };
    let rows = priced.lines.iter().zip(lines).chain([(&priced.shipping, &shipped)]);
    for (row, line) in rows {
        let (done, whole) = progress(line);
        let principal = part(row.principal, done, whole);
        given.principal += principal;
        given.bonus += part(row.bonus, done, whole);
        given.money += line.refunded - principal;
    }
    given
}

/// How far a line is refunded: by money, by pieces where none was paid.
fn progress(line: &Line) -> (i64, i64) {
    if line.paid > 0 { (line.refunded, line.paid) } else { (line.returned, line.pieces) }
}

fn is_coupon_back(priced: &Priced, lines: &[Line]) -> bool {
    let cheaper = priced.lines.iter().zip(lines).filter(|(row, _)| row.coupon > 0);
    cheaper.map(|(_, line)| progress(line)).all(|(done, whole)| done >= whole)
}
