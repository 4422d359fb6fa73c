//! What happens at tills of the simulated year: top-ups, coupons, locks, and what becomes of them.

use hui_loyalty::amounts::Money;
use hui_loyalty::checkout::{Asked, Benefits, Cart, CartLine, CouponsAsked, Use};
use hui_loyalty::coupons::{State, templates};
use hui_loyalty::ids::{CouponId, LockId, MemberId, QuoteId, TemplateId, TopUpId};
use hui_loyalty::orders::{OrderKey, Status as OrderStatus};
use hui_loyalty::time::Timestamp;
use hui_operations::checkout::confirming::order_of_lock;
use hui_operations::checkout::locks::{LockReceipt, LockRequest, LockStep, Wanted, step_locks};
use hui_operations::checkout::quotes::quote_checkout;
use hui_operations::checkout::{CheckoutError, CheckoutRequest, LockRefusal};
use hui_operations::coupons::issuing::{claim_coupon, issue_coupons};
use hui_operations::coupons::reading::look_up_coupon;
use hui_operations::coupons::templating::make_template;
use hui_operations::coupons::using::{revoke_coupon, transfer_coupon};
use hui_operations::record_orders::{OrderReceipt, OrderRequest, RecordOrderError, record_orders};
use hui_operations::record_refunds::{
    RecordRefundError, RefundAnswer, RefundReceipt, quote_refund,
};
use hui_operations::wallet::WalletError;
use hui_operations::wallet::topping_up::{TopUpRequest, refund_top_up, top_up};
use serde_json::{Value, json};

use super::{CHANNELS, DAY, HOUR, Year, claim};
use crate::auditor::till::{
    Ask, AskCoupon, Back, Basket, COUPON_AMOUNTS, COUPON_DAYS, COUPON_SPEND, CouponState, Payers,
    Priced, SpendOrder, TillScheme,
};
use crate::auditor::{Identity, Person, RefundOutcome, Refused, Status};
use crate::builders::refund;
use crate::chance::Chance;
use crate::worlds::TestWorld;

/// The product's numbers of what the auditor counts, and what is still to come.
#[derive(Default)]
pub(super) struct Counter {
    templates: Vec<TemplateId>,
    coupons: Vec<(CouponId, String)>,
    top_ups: Vec<TopUpId>,
    locks: Vec<Taken>,
    /// Orders of locks that are known, by whatever path.
    sold: Vec<Sold>,
    orders: usize,
}

struct Taken {
    id: LockId,
    order_no: String,
    basket: Basket,
    /// Whether anybody may still do something with it.
    is_open: bool,
}

#[derive(Clone)]
struct Sold {
    lock: usize,
    channel: &'static str,
    order_no: String,
    status: Status,
}

pub(super) fn draw_till(chance: &mut Chance) -> TillScheme {
    let limit = |chance: &mut Chance, low, high| chance.is(50).then(|| chance.between(low, high));
    let (points, worth, step) = *chance.one_of(&[(100, 100, 100), (100, 100, 100), (3, 2, 1)]);
    TillScheme {
        spend_order: *chance.one_of(&[
            SpendOrder::ProRata,
            SpendOrder::ProRata,
            SpendOrder::PrincipalFirst,
            SpendOrder::BonusFirst,
        ]),
        bonus_days: *chance.one_of(&[None, Some(10), Some(60)]),
        points,
        worth,
        step,
        promotion: 700,
        promotion_money: limit(chance, 0, 20_000),
        promotion_uses: limit(chance, 0, 30),
        promotion_member_uses: limit(chance, 1, 4),
        coupon_budgets: [limit(chance, 500, 9_000), limit(chance, 2_000, 40_000)],
        coupons_return: [chance.is(50), chance.is(70)],
    }
}

/// The till's rules as the product's program wants them.
pub(super) fn sections(scheme: TillScheme) -> (Value, Value, Value) {
    let order = match scheme.spend_order {
        SpendOrder::ProRata => "pro_rata",
        SpendOrder::PrincipalFirst => "principal_first",
        SpendOrder::BonusFirst => "bonus_first",
    };
    let wallet = json!({
        "spend_order": order, "bonus_days": scheme.bonus_days, "restore_grace_days": 30,
        "limits": {"named": 1_000_000_000, "unnamed": 1_000_000_000},
    });
    let spend = json!({
        "points": scheme.points, "amount": scheme.worth, "step": scheme.step, "min": scheme.step,
        "max_share": {"num": 1, "den": 2},
    });
    let promotions = json!({"list": [{
        "id": "launch", "benefits": [{"kind": "amount", "amount": scheme.promotion}],
        "budget": {"money": scheme.promotion_money, "uses": scheme.promotion_uses},
        "quota": {"member_uses": scheme.promotion_member_uses},
    }]});
    (wallet, spend, promotions)
}

impl Counter {
    pub(super) async fn open(world: &TestWorld, scheme: TillScheme) -> Self {
        let mut counter = Self::default();
        for place in 0..2 {
            let document = json!({
                "name": {"zh": format!("减{}", COUPON_AMOUNTS[place]), "en": ""},
                "terms": {
                    "effect": {"kind": "amount", "amount": COUPON_AMOUNTS[place]},
                    "min_spend": COUPON_SPEND[place],
                },
                "validity": {"kind": "days", "delay": 0, "days": COUPON_DAYS[place]},
                "claim": {}, "transferable": true,
                "budget": scheme.coupon_budgets[place],
                "restore_on_refund": scheme.coupons_return[place],
            });
            let template: templates::Template =
                serde_json::from_value(document).expect("a template");
            let made = make_template(&world.operations, &world.actor, &template, None).await;
            counter.templates.push(made.expect("the template can be made").receipt.template_id);
        }
        counter
    }
}

impl Year<'_> {
    pub(super) async fn at_the_till(&mut self) {
        match self.chance.between(1, 100) {
            1..=13 => self.pay_in().await,
            14..=16 => self.pay_back().await,
            17..=28 => self.receive_coupon().await,
            29..=31 => self.give_coupon_away().await,
            32..=33 => self.take_coupon_back().await,
            34..=58 => self.take_lock().await,
            59..=61 => self.ask_for_another_lock().await,
            62..=65 => self.keep_lock().await,
            66..=69 => self.cancel_lock().await,
            70..=79 => self.confirm_some_lock().await,
            80..=83 => self.push_order_of_lock().await,
            84..=96 => self.refund_sale().await,
            _ => self.move_sale_on().await,
        }
    }

    async fn pay_in(&mut self) {
        let Some((person, member)) = self.somebody() else { return };
        let principal = self.chance.between(1, 30_000);
        let bonus = if self.chance.is(60) { self.chance.between(0, 5_000) } else { 0 };
        self.note(&format!("person {person} pays in {principal} and gets {bonus}"));
        let request = TopUpRequest {
            member,
            principal: Some(Money(principal)),
            bonus: Some(Money(bonus)),
            plan: None,
            channel: "pos".to_owned(),
            shop: Some("S1".to_owned()),
            staff: None,
        };
        match top_up(&self.world.operations, &self.world.actor, &request, None).await {
            Ok(paid) => self.till.top_ups.push(paid.receipt.top_up_id),
            Err(error) => self.fail(&format!("the top-up was refused: {error:?}")),
        }
        self.auditor.top_up(person, principal, bonus, self.now());
        self.check(Some(person)).await;
    }

    async fn pay_back(&mut self) {
        if self.till.top_ups.is_empty() {
            return;
        }
        let last = i64::try_from(self.till.top_ups.len()).unwrap_or(i64::MAX) - 1;
        let place = usize::try_from(self.chance.between(0, last)).unwrap_or(0);
        self.note(&format!("top-up {place} is paid back"));
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let id = self.till.top_ups[place];
        let paid = refund_top_up(operations, actor, id, None, "moving away", None).await;
        match (paid, self.auditor.refund_top_up(place, self.now())) {
            (Ok(paid), Ok(expected)) => {
                let taken = paid.receipt.taken_out;
                let taken = (taken.principal.0, taken.bonus.0);
                self.same("paid back of a top-up", &taken, &expected);
                let balance = paid.receipt.balance;
                if balance.principal.0 < 0 || balance.bonus.0 < 0 {
                    self.fail(&format!("the wallet has less than nothing: {balance:?}"));
                }
            }
            (Err(WalletError::NotThere(_)), Err(Refused::Insufficient)) => {}
            (paid, expected) => {
                self.fail(&format!("paying back: product {paid:?}, auditor {expected:?}"));
            }
        }
    }

    async fn receive_coupon(&mut self) {
        let Some((person, member)) = self.somebody() else { return };
        let kind = usize::from(self.chance.is(60));
        let template = self.till.templates[kind];
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let received = if self.chance.is(50) {
            issue_coupons(operations, actor, template, member, 1, None).await
        } else {
            claim_coupon(operations, actor, template, member, None, None, None).await
        };
        self.note(&format!(
            "person {person} receives coupon {} of {kind}",
            self.till.coupons.len()
        ));
        match received {
            Ok(answer) => {
                let one = &answer.receipt.coupons[0];
                self.till.coupons.push((one.coupon_id, one.code.clone()));
            }
            Err(error) => self.fail(&format!("the coupon was refused: {error:?}")),
        }
        self.auditor.coupon(person, kind, self.now());
        self.check(Some(person)).await;
    }

    fn some_coupon(&mut self) -> Option<usize> {
        let last = i64::try_from(self.till.coupons.len()).unwrap_or(i64::MAX) - 1;
        (last >= 0).then(|| usize::try_from(self.chance.between(0, last)).unwrap_or(0))
    }

    async fn give_coupon_away(&mut self) {
        let (Some(coupon), Some((person, member))) = (self.some_coupon(), self.somebody()) else {
            return;
        };
        // A coupon that is given to its own member stays where it is.
        let owner = self.auditor.coupons(self.now())[coupon].2;
        if owner == self.auditor.survivor(person) {
            return;
        }
        self.note(&format!("coupon {coupon} is given to person {person}"));
        let id = self.till.coupons[coupon].0;
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let given = transfer_coupon(operations, actor, id, member, None).await;
        match (given, self.auditor.give_coupon(coupon, person, self.now())) {
            (Ok(answer), Ok(_)) => {
                let one = &answer.receipt.coupons[0];
                self.till.coupons.push((one.coupon_id, one.code.clone()));
            }
            (Err(_), Err(Refused::NotUsable)) => {}
            (given, expected) => {
                self.fail(&format!("giving: product {given:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    async fn take_coupon_back(&mut self) {
        let Some(coupon) = self.some_coupon() else { return };
        self.note(&format!("coupon {coupon} is revoked"));
        let id = self.till.coupons[coupon].0;
        let revoked = revoke_coupon(&self.world.operations, &self.world.actor, id, "fraud").await;
        match (revoked, self.auditor.revoke_coupon(coupon, self.now())) {
            (Ok(_), Ok(())) | (Err(_), Err(Refused::NotUsable)) => {}
            (revoked, expected) => {
                self.fail(&format!("revoking: product {revoked:?}, auditor {expected:?}"));
            }
        }
    }

    fn basket(&mut self, person: Person) -> Basket {
        let lines = (0..self.chance.between(1, 3))
            .map(|_| (self.chance.between(1, 3), self.price()))
            .collect();
        let usable = self.auditor.usable_coupons(person, self.now());
        let coupon = match self.chance.between(1, 10) {
            1..=3 => AskCoupon::Nothing,
            4..=6 if !usable.is_empty() => AskCoupon::One(*self.chance.one_of(&usable)),
            7 => self.some_coupon().map_or(AskCoupon::Best, AskCoupon::One),
            _ => AskCoupon::Best,
        };
        let points = match self.chance.between(1, 10) {
            1..=4 => Ask::Nothing,
            5 => Ask::Exactly(self.chance.between(1, 400)),
            6 => Ask::Exactly(100 * self.chance.between(1, 4)),
            _ => Ask::Max,
        };
        let wallet = match self.chance.between(1, 10) {
            1..=4 => Ask::Nothing,
            5 | 6 => Ask::Exactly(self.chance.between(1, 6_000)),
            _ => Ask::Max,
        };
        let channel = *self.chance.one_of(&CHANNELS);
        Basket {
            channel,
            person,
            lines,
            shipping: if self.chance.is(40) { self.chance.between(1, 2_000) } else { 0 },
            coupon,
            points,
            wallet,
        }
    }

    fn request(&self, basket: &Basket) -> CheckoutRequest {
        let lines = basket.lines.iter().enumerate().map(|(place, (pieces, price))| CartLine {
            line_no: (place + 1).to_string(),
            sku: format!("sku-{}", place + 1),
            category: None,
            quantity: *pieces,
            unit_price: Money(*price),
            discountable: true,
        });
        let asked = |ask: Ask| match ask {
            Ask::Nothing => None,
            Ask::Max => Some(Use::Max),
            Ask::Exactly(amount) => Some(Use::Exactly(amount)),
        };
        let coupons = match basket.coupon {
            AskCoupon::Nothing => CouponsAsked::Listed(Vec::new()),
            AskCoupon::Best => CouponsAsked::Best,
            AskCoupon::One(coupon) => {
                CouponsAsked::Listed(vec![self.till.coupons[coupon].1.clone()])
            }
        };
        let member: MemberId = self.members[&basket.person];
        CheckoutRequest {
            member: Some(member),
            cart: Cart {
                at: self.world.now(),
                channel: basket.channel.to_owned(),
                shop: None,
                staff: None,
                touchpoint: None,
                lines: lines.collect(),
                shipping: Cart::one_delivery(Money(basket.shipping)),
            },
            asked: Asked {
                coupons,
                points: asked(basket.points),
                wallet: asked(basket.wallet),
                benefits: Benefits::Auto,
            },
        }
    }

    async fn step(&self, step: LockStep) -> Result<LockReceipt, CheckoutError> {
        let request = LockRequest { step, key: None };
        let answers = step_locks(&self.world.operations, &self.world.actor, vec![request]).await;
        answers.into_iter().next().expect("one answer").map(|answer| answer.receipt)
    }

    /// Quotes the basket; the auditor's price must be the same.
    async fn quote(&mut self, basket: &Basket) -> Option<QuoteId> {
        let request = self.request(basket);
        let quoted = quote_checkout(&self.world.operations, &self.world.actor, request, None).await;
        let quoted = match quoted {
            Ok(quoted) => quoted,
            Err(error) => self.fail(&format!("the quote was refused: {error:?}")),
        };
        let expected = self.auditor.price(basket, self.now());
        if let Ok(priced) = expected {
            let cells = quoted.quote.allocation.cells();
            let cells = cells.map(|(line, part, amount)| {
                (line.to_owned(), hui_operations::checkout::locks::part_name(part), amount)
            });
            self.check_matrix("quoted", &cells.collect::<Vec<_>>(), &priced);
            self.same("left to pay", &quoted.quote.to_pay.0, &priced.to_pay());
        }
        Some(quoted.id)
    }

    fn check_matrix(&self, what: &str, cells: &[(String, String, Money)], priced: &Priced) {
        let row = |line_no: &str, pieces: i64| {
            let mut row = Payers { pieces, ..Payers::default() };
            for (_, part, amount) in cells.iter().filter(|(line, ..)| line == line_no) {
                match part.as_str() {
                    "money" => row.money = amount.0,
                    "points" => row.points = amount.0,
                    "wallet_principal" => row.principal = amount.0,
                    "wallet_bonus" => row.bonus = amount.0,
                    _ => row.coupon += amount.0,
                }
            }
            row
        };
        let lines: Vec<Payers> = priced
            .lines
            .iter()
            .enumerate()
            .map(|(place, line)| row(&(place + 1).to_string(), line.pieces))
            .collect();
        let found = (lines, row("shipping", 1));
        self.same(
            &format!("the matrix as {what}"),
            &found,
            &(priced.lines.clone(), priced.shipping),
        );
    }

    async fn take_lock(&mut self) {
        let Some((person, _)) = self.somebody() else { return };
        // Now and then for an order whose last lock has ended.
        let again = self.till.locks.iter().enumerate().rev().take(5).find(|(place, taken)| {
            let is_known = self.till.sold.iter().any(|sold| sold.order_no == taken.order_no);
            let later = self.till.locks.get(place + 1..).unwrap_or_default();
            let was_taken_again = later.iter().any(|one| one.order_no == taken.order_no);
            !is_known && !was_taken_again && self.auditor.is_over(*place, self.world.now().0)
        });
        let again = again.map(|(_, taken)| (taken.basket.channel, taken.order_no.clone()));
        let mut basket = self.basket(person);
        let order_no = if let Some((channel, order_no)) = again.filter(|_| self.chance.is(20)) {
            basket.channel = channel;
            order_no
        } else {
            self.till.orders += 1;
            format!("t{}", self.till.orders)
        };
        let ttl_s = *self.chance.one_of(&[60, 900, HOUR, DAY, 7 * DAY]);
        self.note(&format!("lock {order_no} for {ttl_s} s: {basket:?}"));
        let quoted = if self.chance.is(50) { self.quote(&basket).await } else { None };
        let what = match quoted.filter(|_| self.chance.is(50)) {
            Some(quote) => Wanted::Quote(quote),
            None => Wanted::Cart(Box::new(self.request(&basket)), None),
        };
        let step = LockStep::Hold { what, order_no: order_no.clone(), ttl_s };
        let held = self.step(step).await;
        let now = self.now();
        let expected = self.auditor.price(&basket, now);
        match (held, expected) {
            (Ok(receipt), Ok(priced)) => {
                self.check_lock(&receipt, &priced);
                let coupon = self.coupon_of(&receipt);
                let is_fitting = match (coupon, priced.coupon) {
                    (Some(chosen), Some(wanted)) => self.auditor.is_like(chosen, wanted),
                    (None, None) => true,
                    _ => false,
                };
                if !is_fitting {
                    self.fail(&format!("coupon {coupon:?} was taken, not {:?}", priced.coupon));
                }
                let lock = self.auditor.lock(&order_no, &basket, coupon, ttl_s, now);
                let lock = lock.expect("what is priced can be locked").lock;
                self.same("the number of locks", &lock, &self.till.locks.len());
                self.till.locks.push(Taken {
                    id: receipt.lock_id,
                    order_no,
                    basket,
                    is_open: true,
                });
                self.check(Some(person)).await;
                match self.chance.between(1, 10) {
                    1..=4 => self.confirm_lock(lock, 1).await,
                    5 => self.confirm_lock(lock, 2).await,
                    6 => self.push(lock).await,
                    _ => {}
                }
            }
            (
                Err(CheckoutError::Unavailable(_) | CheckoutError::QuoteChanged),
                Err(Refused::Unavailable),
            ) => {}
            (held, expected) => {
                self.fail(&format!("lock: product {held:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    fn check_lock(&self, receipt: &LockReceipt, priced: &Priced) {
        self.check_matrix("locked", &receipt.allocation, priced);
        self.same("left to pay", &receipt.to_pay.0, &priced.to_pay());
        let part = |asset: &str| -> i64 {
            let parts = receipt.parts.iter().filter(|part| part.asset == asset);
            parts.map(|part| part.amount).sum()
        };
        let (principal, bonus) = priced.wallet();
        let found = [part("points"), part("wallet"), part("coupon"), part("quota")];
        let expected = [priced.points, principal + bonus, priced.discount(), priced.promotion];
        // A promotion without a limit is not counted.
        let is_counted = self.till_scheme.promotion_money.is_some()
            || self.till_scheme.promotion_uses.is_some()
            || self.till_scheme.promotion_member_uses.is_some();
        let expected =
            if is_counted { expected } else { [expected[0], expected[1], expected[2], 0] };
        self.same("points, wallet, coupon, quota of a lock", &found, &expected);
        let lots: i64 =
            receipt.parts.iter().flat_map(|part| &part.lots).map(|lot| lot.points.0).sum();
        self.same("the lots of a lock", &lots, &priced.points);
    }

    fn coupon_of(&self, receipt: &LockReceipt) -> Option<usize> {
        let part = receipt.parts.iter().find(|part| part.asset == "coupon")?;
        self.till.coupons.iter().position(|(_, code)| *code == part.reference)
    }

    /// The same basket is answered the same, another one is refused.
    async fn ask_for_another_lock(&mut self) {
        let now = self.now();
        let Some(lock) = self.some_lock(|_, _| true) else { return };
        let taken = &self.till.locks[lock];
        let (order_no, id, mut basket) = (taken.order_no.clone(), taken.id, taken.basket.clone());
        if self.auditor.is_over(lock, now) {
            return;
        }
        let is_same = self.chance.is(50);
        if !is_same {
            basket.lines[0].1 += 1;
        }
        self.note(&format!("lock {order_no} again, the same: {is_same}"));
        let what = Wanted::Cart(Box::new(self.request(&basket)), None);
        let step = LockStep::Hold { what, order_no: order_no.clone(), ttl_s: 60 };
        let held = self.step(step).await;
        match (held, self.auditor.lock(&order_no, &basket, None, 60, now)) {
            (Ok(receipt), Ok(held)) => {
                self.same("the lock asked for again", &(receipt.lock_id, held.lock), &(id, lock));
            }
            (
                Err(CheckoutError::LockDiffers | CheckoutError::Lock(LockRefusal::Confirmed)),
                Err(Refused::LockDiffers),
            ) => {}
            (held, expected) => {
                self.fail(&format!("lock again: product {held:?}, auditor {expected:?}"));
            }
        }
    }

    /// One of the locks taken last that is still open.
    fn some_lock(&mut self, suits: impl Fn(usize, &Taken) -> bool) -> Option<usize> {
        let open = self.till.locks.iter().enumerate().rev();
        let open: Vec<usize> = open
            .filter(|(place, taken)| taken.is_open && suits(*place, taken))
            .map(|(place, _)| place)
            .take(8)
            .collect();
        (!open.is_empty()).then(|| *self.chance.one_of(&open))
    }

    async fn keep_lock(&mut self) {
        let Some(lock) = self.some_lock(|_, _| true) else { return };
        let (id, person) = (self.till.locks[lock].id, self.till.locks[lock].basket.person);
        let ttl_s = *self.chance.one_of(&[60, 900, DAY, 7 * DAY]);
        self.note(&format!("keep lock {lock} for {ttl_s} s"));
        let kept = self.step(LockStep::Extend { lock: id, ttl_s }).await;
        match (kept, self.auditor.extend_lock(lock, ttl_s, self.now())) {
            (Ok(receipt), Ok(until)) => self.same("until", &receipt.until.0, &until),
            (Err(CheckoutError::Lock(_)), Err(Refused::LockOver)) => {}
            (kept, expected) => {
                self.fail(&format!("keep: product {kept:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    async fn cancel_lock(&mut self) {
        let Some(lock) = self.some_lock(|_, _| true) else { return };
        let (id, person) = (self.till.locks[lock].id, self.till.locks[lock].basket.person);
        self.note(&format!("cancel lock {lock}"));
        let cancelled = self.step(LockStep::Cancel(id)).await;
        match (cancelled, self.auditor.cancel_lock(lock, self.now())) {
            (Ok(receipt), Ok(())) => self.same("the state", &receipt.state.as_str(), &"cancelled"),
            (Err(CheckoutError::Lock(LockRefusal::Confirmed)), Err(Refused::LockOver)) => {}
            (cancelled, expected) => {
                self.fail(&format!("cancel: product {cancelled:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    async fn confirm_some_lock(&mut self) {
        let Some(lock) = self.some_lock(|_, _| true) else { return };
        let times = *self.chance.one_of(&[1, 1, 2]);
        self.confirm_lock(lock, times).await;
    }

    /// The product's order of a lock, as a till confirms it.
    async fn order_of(&self, lock: usize) -> Result<OrderRequest, LockRefusal> {
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let Taken { id, order_no, .. } = &self.till.locks[lock];
        order_of_lock(operations, actor, *id, order_no, None).await.expect("a read")
    }

    async fn confirm(&self, lock: usize) -> Result<OrderReceipt, RecordOrderError> {
        let request = self.order_of(lock).await?;
        let answers = record_orders(&self.world.operations, &self.world.actor, vec![request]).await;
        answers.into_iter().next().expect("one answer").map(|answer| answer.receipt)
    }

    async fn confirm_lock(&mut self, lock: usize, times: i64) {
        let now = self.now();
        let person = self.till.locks[lock].basket.person;
        for _ in 0..times {
            self.note(&format!("confirm lock {lock}"));
            let was_confirmed = self.auditor.is_confirmed(lock);
            let confirmed = self.confirm(lock).await;
            match (confirmed, self.auditor.confirm_lock(lock, now, now)) {
                (Ok(receipt), Ok(outcome)) => {
                    let found = (receipt.points.earned.0, receipt.growth.0);
                    self.same("earned, growth", &found, &(outcome.earned, outcome.growth));
                    if !was_confirmed {
                        self.note_sold(lock);
                        self.check_sums(lock, &receipt).await;
                    }
                }
                (Err(RecordOrderError::Lock(LockRefusal::Lost(lost))), Err(missing))
                    if !missing.is_empty() =>
                {
                    let lost: Vec<&str> = lost.iter().map(|one| one.asset).collect();
                    self.same("what is missing of a lock", &lost, &missing);
                }
                (Err(RecordOrderError::Lock(_)), Err(missing)) if missing.is_empty() => {}
                (confirmed, expected) => {
                    self.fail(&format!("confirm: product {confirmed:?}, auditor {expected:?}"));
                }
            }
            self.check(Some(person)).await;
        }
    }

    fn note_sold(&mut self, lock: usize) {
        let Taken { order_no, basket, .. } = &self.till.locks[lock];
        if self.till.sold.iter().all(|sold| sold.order_no != *order_no) {
            let (channel, order_no) = (basket.channel, order_no.clone());
            self.till.sold.push(Sold { lock, channel, order_no, status: Status::Paid });
        }
    }

    /// What the lines, the order and the tenders say was paid is the same.
    async fn check_sums(&mut self, lock: usize, receipt: &OrderReceipt) {
        let mut tx = self.world.operations.store.snapshot().await.expect("a snapshot");
        let row = tx
            .fetch_one(
                "select paid, shipping, spent_points from orders where order_id = $1",
                &[receipt.order_id.0.into()],
            )
            .await
            .expect("the order")
            .expect("the order is there");
        tx.rollback().await.expect("the snapshot ends");
        let found = [0, 1, 2].map(|at| row.int(at).expect("a figure"));
        let priced = self.auditor.priced(lock);
        let shipping = priced.shipping.money + priced.shipping.principal;
        let expected = [priced.to_pay() + priced.wallet().0, shipping, priced.points];
        self.same("paid, shipping, points spent of an order", &found, &expected);
    }

    async fn push_order_of_lock(&mut self) {
        let Some(lock) = self.some_lock(|_, _| true) else { return };
        self.push(lock).await;
    }

    /// The order of a lock comes by another path first.
    async fn push(&mut self, lock: usize) {
        let Taken { order_no, basket, is_open, .. } = &self.till.locks[lock];
        let (order_no, person) = (order_no.clone(), basket.person);
        if !is_open || self.till.sold.iter().any(|sold| sold.order_no == order_no) {
            return;
        }
        let Ok(mut request) = self.order_of(lock).await else { return };
        request.lock = None;
        let mut event = self.auditor.order_of(lock, self.now());
        let known = self.auditor.identity_of(self.auditor.survivor(person));
        // An open id is known on its own channel only.
        let known = known.filter(|identity| !matches!(identity, Identity::Openid(_)));
        if let Some(identity) = known.filter(|_| self.chance.is(70)) {
            request.order.claims.push(claim(&identity, event.channel));
            event.buyer.push(identity);
        }
        self.note(&format!("the order of lock {lock} comes first: {event:?}"));
        let answers = record_orders(&self.world.operations, &self.world.actor, vec![request]).await;
        let answer = answers.into_iter().next().expect("one answer");
        let outcome = self.auditor.order(&event, self.now());
        match answer {
            Ok(answer) => self.check_order(&answer.receipt, &outcome),
            Err(error) => self.fail(&format!("the pushed order was refused: {error:?}")),
        }
        self.note_sold(lock);
        self.check(outcome.member).await;
        if self.chance.is(40) {
            self.confirm_lock(lock, 1).await;
        }
    }

    async fn refund_sale(&mut self) {
        if self.till.sold.is_empty() {
            return;
        }
        let sold = self.chance.one_of(&self.till.sold).clone();
        let (channel, order_no) = (sold.channel, sold.order_no.clone());
        if sold.status == Status::Closed || !self.auditor.lies_together(channel, &order_no) {
            return;
        }
        let all = self.chance.is(30);
        let mut lines = Vec::new();
        for (place, (pieces, left)) in
            self.auditor.left_of(channel, &order_no).into_iter().enumerate()
        {
            let back = if all {
                Back { place, pieces, money: left }
            } else {
                let share = *self.chance.one_of(&[4, 2, 1, 1]);
                let over = i64::from(self.chance.is(3));
                let pieces = self.chance.between(0, pieces);
                Back { place, pieces, money: left / share + over }
            };
            if (all || self.chance.is(60)) && (back.pieces > 0 || back.money > 0) {
                lines.push(back);
            }
        }
        let left = self.auditor.shipping_left(channel, &order_no);
        let shipping = match self.chance.between(1, 10) {
            1..=3 => left,
            4 => left / 2,
            5 => left + 1,
            _ if all => left,
            _ => 0,
        };
        if lines.is_empty() && shipping == 0 {
            return;
        }
        self.note(&format!("refund of {channel} {order_no}: {lines:?} and {shipping} of shipping"));
        self.refund_as_quoted(&sold, &lines, shipping).await;
    }

    async fn refund_as_quoted(&mut self, sold: &Sold, lines: &[Back], shipping: i64) {
        let now = self.now();
        let built = lines.iter().fold(
            refund(&sold.order_no, &format!("till-{}", self.log.len())).channel(sold.channel),
            |built, back| built.line(&(back.place + 1).to_string(), back.pieces, back.money),
        );
        let built = built.shipping(shipping);
        let asked = built.clone().request(self.world.now()).refund;
        let key = OrderKey { channel: sold.channel.to_owned(), order_no: sold.order_no.clone() };
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let quoted = quote_refund(operations, actor, key, asked.lines, asked.shipping).await;
        let answer = self.world.refund(built).await;
        let (channel, order_no) = (sold.channel, sold.order_no.as_str());
        let expected = self.auditor.refund(channel, order_no, lines, shipping, now);
        match (answer, expected) {
            (Err(RecordRefundError::Refused(_)), Err(Refused::Exceeds)) => {}
            (Ok(RefundAnswer::Done(receipt)), Ok(Some(outcome))) => {
                match quoted {
                    Ok(quoted) => {
                        let expected =
                            RefundReceipt { refund_id: receipt.refund_id, ..quoted.receipt };
                        self.same("a refund and its quote", &receipt, &expected);
                    }
                    Err(error) => self.fail(&format!("the quote was refused: {error:?}")),
                }
                self.check_refund(&receipt, &outcome);
            }
            (answer, expected) => {
                self.fail(&format!("refund: product {answer:?}, auditor {expected:?}"));
            }
        }
        let member = self.auditor.member_of(channel, order_no);
        self.check(member).await;
    }

    pub(super) fn check_refund(&self, receipt: &RefundReceipt, outcome: &RefundOutcome) {
        let points = receipt.points;
        let found = [
            points.restored.0,
            points.clawed_back.0,
            points.lapsed.0,
            points.debt.0,
            points.written_off.0,
            points.withhold.0,
            receipt.growth.0,
        ];
        let expected = [
            outcome.restored,
            outcome.clawed_back,
            outcome.lapsed,
            outcome.debt,
            outcome.written_off,
            outcome.withhold,
            outcome.growth,
        ];
        let what = "restored, clawed back, lapsed, debt, written off, withheld, growth";
        self.same(what, &found, &expected);
        let given = receipt.tenders.map(|back| (back.money.0, back.principal.0, back.bonus.0));
        let expected = outcome.given.map(|back| (back.money, back.principal, back.bonus));
        self.same("given back: money, principal, bonus", &given, &expected);
        let codes: Vec<&String> =
            outcome.coupon.iter().map(|coupon| &self.till.coupons[*coupon].1).collect();
        self.same("coupons given back", &receipt.coupons.iter().collect(), &codes);
    }

    /// The order of a lock is completed or closed.
    async fn move_sale_on(&mut self) {
        let going = self.till.sold.iter().enumerate().rev();
        let going: Vec<usize> = going
            .filter(|(_, sold)| sold.status == Status::Paid)
            .filter(|(_, sold)| self.auditor.lies_together(sold.channel, &sold.order_no))
            .map(|(place, _)| place)
            .take(10)
            .collect();
        if going.is_empty() {
            return;
        }
        let place = *self.chance.one_of(&going);
        let sold = self.till.sold[place].clone();
        let status = if self.chance.is(60) { Status::Completed } else { Status::Closed };
        let Ok(mut request) = self.order_of(sold.lock).await else { return };
        let now = self.now();
        let mut event = self.auditor.order_of(sold.lock, now);
        event.status = status;
        event.completed_at = (status == Status::Completed).then_some(now);
        request.lock = None;
        request.order.status = match status {
            Status::Completed => OrderStatus::Completed,
            _ => OrderStatus::Closed,
        };
        request.order.completed_at = event.completed_at.map(Timestamp);
        self.till.sold[place].status = status;
        self.note(&format!("the order of lock {} becomes {status:?}", sold.lock));
        let answers = record_orders(&self.world.operations, &self.world.actor, vec![request]).await;
        let outcome = self.auditor.order(&event, now);
        match answers.into_iter().next().expect("one answer") {
            Ok(answer) => self.check_order(&answer.receipt, &outcome),
            Err(error) => self.fail(&format!("the later event was refused: {error:?}")),
        }
        self.check(outcome.member).await;
    }

    /// After an un-merge nobody promises where what a lock had lies.
    pub(super) fn leave_locks(&mut self, both: [Person; 2]) {
        let auditor = &self.auditor;
        for taken in &mut self.till.locks {
            taken.is_open &= !both.contains(&auditor.survivor(taken.basket.person));
        }
    }

    /// Whether every coupon stands where the auditor says, and the promotion gave no more.
    pub(super) async fn check_till(&mut self) {
        let expected = self.auditor.coupons(self.now());
        for (place, (state, ends, owner)) in expected.into_iter().enumerate() {
            let code = self.till.coupons[place].1.clone();
            let (operations, actor) = (&self.world.operations, &self.world.actor);
            let view = match look_up_coupon(operations, actor, &code).await {
                Ok(view) => view,
                Err(error) => self.fail(&format!("coupon {place} is not there: {error:?}")),
            };
            let state = match state {
                CouponState::Issued => State::Issued,
                CouponState::Locked => State::Locked,
                CouponState::Redeemed => State::Redeemed,
                CouponState::Expired => State::Expired,
                CouponState::Revoked => State::Revoked,
                CouponState::Transferred => State::Transferred,
            };
            let found = (view.state, view.coupon.valid_until.0, view.coupon.member);
            let owner = self.members.get(&owner).copied();
            self.same(&format!("coupon {place}"), &found, &(state, ends, owner));
        }
        let (money, uses) = self.auditor.promotion_used();
        let mut tx = self.world.operations.store.snapshot().await.expect("a snapshot");
        let row = tx
            .fetch_one("select money, uses from offer_quotas where promotion = 'launch'", &[])
            .await
            .expect("the counters");
        tx.rollback().await.expect("the snapshot ends");
        let Some(row) = row else { return };
        let counted = (row.int(0).expect("money"), row.int(1).expect("uses"));
        self.same("the promotion's counters", &counted, &(money, uses));
        let scheme = self.till_scheme;
        if scheme.promotion_money.is_some_and(|most| counted.0 > most)
            || scheme.promotion_uses.is_some_and(|most| counted.1 > most)
        {
            self.fail(&format!("the promotion gave more than it has: {counted:?}"));
        }
    }
}
