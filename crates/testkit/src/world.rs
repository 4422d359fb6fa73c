//! A simulated year: shoppers on every channel, and all that goes wrong between them and us.
//!
//! Everything follows from one seed. Each event goes through the public
//! operations and into the [auditor](crate::auditor); what an operation answers
//! and what its member then has must be what the auditor says.

use std::collections::HashMap;

use hui_loyalty::ids::{HoldId, MemberId, MergeId};
use hui_loyalty::members::{Claim, IdentityKind};
use hui_loyalty::orders::Status as OrderStatus;
use hui_loyalty::time::Timestamp;
use hui_operations::merge_members::{MergeError, merge_members, undo_merge};
use hui_operations::move_points::{MoveError, Moved, Movement};
use hui_operations::read_members::{read_member, read_merges};
use hui_operations::record_orders::{OrderReceipt, record_orders};
use hui_operations::record_refunds::{RecordRefundError, RefundAnswer};
use serde_json::{Value, json};

use crate::auditor::till::{Back, TillScheme};
use crate::auditor::{
    Auditor, End, Expiry, Figures, Identity, Instant, Maturity, OrderEvent, OrderOutcome, Person,
    Refused, Rounding, Scheme, Shortfall, Stacking, Status, Window,
};
use crate::builders::{OrderBuilder, order, refund};
use crate::chance::Chance;
use crate::databases::unique;
use crate::worlds::TestWorld;

mod till;

use till::{Counter, draw_till, sections};

const CHANNELS: [&str; 5] = ["douyin", "tmall", "jd", "pos", "mini_program"];
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const TIERS: [&str; 3] = ["basic", "silver", "gold"];

/// The seed of a run without a fixed one: `HUI_SEED`, or a new one.
///
/// # Panics
///
/// When `HUI_SEED` is no number.
pub fn any_seed() -> u64 {
    match std::env::var("HUI_SEED") {
        Ok(text) => text.parse().expect("HUI_SEED is a number"),
        Err(_) => unique() % 1_000_000,
    }
}

/// How many times the usual number of events is played: `HUI_WORLD_SCALE`, or one.
///
/// # Panics
///
/// When `HUI_WORLD_SCALE` is no number.
pub fn scale() -> usize {
    std::env::var("HUI_WORLD_SCALE")
        .map_or(1, |text| text.parse().expect("HUI_WORLD_SCALE is a number"))
}

/// Plays a year of `events` events.
///
/// # Panics
///
/// When the product and the auditor disagree; the message has the seed and the last events.
#[expect(clippy::print_stderr, reason = "a test that hangs must have said how to repeat it")]
pub async fn play(world: &TestWorld, seed: u64, events: usize) {
    eprintln!("the world of seed {seed} (HUI_SEED={seed} plays it again)");
    let mut chance = Chance::new(seed);
    let scheme = draw_scheme(&mut chance);
    let till_scheme = draw_till(&mut chance);
    world.publish(document(scheme, till_scheme)).await;
    let mut year = Year {
        world,
        auditor: Auditor::new(scheme, till_scheme),
        till: Counter::open(world, till_scheme).await,
        till_scheme,
        chance,
        seed,
        shoppers: i64::try_from(events / 20).unwrap_or(i64::MAX).max(6),
        orders: Vec::new(),
        members: HashMap::new(),
        holds: Vec::new(),
        merges: HashMap::new(),
        log: Vec::new(),
        step_seconds: 2 * 365 * DAY / i64::try_from(events).unwrap_or(i64::MAX).max(1),
    };
    year.note(&format!("{scheme:?} {till_scheme:?}"));
    for event in 0..events {
        year.pass_time().await;
        year.happen().await;
        if event % 100 == 99 {
            year.check_all().await;
        }
    }
    // Whatever is still to end ends in the two years after.
    for _ in 0..8 {
        world.advance_days(91);
        year.note("a quarter passes");
        year.check_all().await;
    }
}

fn draw_scheme(chance: &mut Chance) -> Scheme {
    let cap = |chance: &mut Chance, low, high| chance.is(30).then(|| chance.between(low, high));
    Scheme {
        maturity: *chance.one_of(&[
            Maturity::Immediate,
            Maturity::Days(7),
            Maturity::AfterCompletion(7),
        ]),
        expiry: *chance.one_of(&[
            Expiry::Never,
            Expiry::Days(90, End::Day),
            Expiry::Days(45, End::Instant),
            Expiry::Months(6, End::Day),
            Expiry::Months(2, End::Month),
            Expiry::YearEnd(1, 0),
            Expiry::YearEnd(0, 31),
            Expiry::Activity(60),
        ]),
        shortfall: *chance.one_of(&[
            Shortfall::Debt,
            Shortfall::Debt,
            Shortfall::Zero,
            Shortfall::Cash,
        ]),
        stacking: *chance.one_of(&[Stacking::Multiply, Stacking::Add, Stacking::Highest]),
        rounding: *chance.one_of(&[Rounding::Floor, Rounding::HalfUp, Rounding::Ceil]),
        join: 100,
        order_cap: cap(chance, 50, 300),
        day_cap: cap(chance, 100, 400),
        month_cap: cap(chance, 200, 900),
        budgets: [cap(chance, 0, 400), cap(chance, 0, 400), cap(chance, 0, 400)],
        is_exclusive: chance.is(40),
        window: *chance.one_of(&[Window::Rolling, Window::NaturalYear, Window::Lifetime]),
        grace_days: *chance.one_of(&[0, 0, 30]),
        falls_to_qualified: chance.is(30),
    }
}

fn end(end: End) -> &'static str {
    match end {
        End::Instant => "instant",
        End::Day => "end_of_day",
        End::Month => "end_of_month",
    }
}

/// The scheme as the product's program wants it.
fn document(scheme: Scheme, till: TillScheme) -> Value {
    let (wallet, spend, promotions) = sections(till);
    let maturity = match scheme.maturity {
        Maturity::Immediate => json!({ "kind": "immediate" }),
        Maturity::Days(days) => json!({ "kind": "days", "days": days }),
        Maturity::AfterCompletion(days) => json!({ "kind": "after_completion", "days": days }),
    };
    let expiry = match scheme.expiry {
        Expiry::Never => json!({ "kind": "never" }),
        Expiry::Days(days, at) => json!({ "kind": "days", "days": days, "at": end(at) }),
        Expiry::Months(months, at) => {
            json!({ "kind": "months", "months": months, "at": end(at) })
        }
        Expiry::YearEnd(years, grace) => {
            json!({ "kind": "year_end", "years": years, "grace_days": grace })
        }
        Expiry::Activity(days) => json!({ "kind": "activity", "days": days }),
    };
    let shortfall = match scheme.shortfall {
        Shortfall::Debt => "debt",
        Shortfall::Zero => "zero",
        Shortfall::Cash => "cash",
    };
    let stacking = match scheme.stacking {
        Stacking::Multiply => "multiply",
        Stacking::Add => "add",
        Stacking::Highest => "highest",
    };
    let rounding = match scheme.rounding {
        Rounding::Floor => "floor",
        Rounding::HalfUp => "half_up",
        Rounding::Ceil => "ceil",
    };
    let window = match scheme.window {
        Window::Rolling => json!({ "kind": "rolling_months", "months": 12 }),
        Window::NaturalYear => json!({ "kind": "natural_year" }),
        Window::Lifetime => json!({ "kind": "lifetime" }),
    };
    let downgrade = if scheme.falls_to_qualified { "to_qualified" } else { "one_step" };
    let tiers =
        json!({ "window": window, "grace_days": scheme.grace_days, "downgrade": downgrade });
    json!({ "tiers": tiers, "wallet": wallet, "promotions": promotions, "points": {
        "spend": spend,
        "earn": {
            "rules": [
                {"id": "first", "when": "line.sku == 'sku-1'", "rate": {"points": 10, "per": 10_000}},
                {"id": "other", "when": "true", "rate": {"points": 15, "per": 10_000}},
            ],
            "multipliers": [
                {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 2},
                 "budget": scheme.budgets[0]},
                {"id": "member-day", "when": "order.paid_at.getDate('Asia/Shanghai') == 17",
                 "factor": {"num": 2, "den": 1}, "budget": scheme.budgets[1]},
                {"id": "first-line",
                 "when": "order.channel == 'mini_program' && line.sku == 'sku-1'",
                 "factor": {"num": 5, "den": 2}, "budget": scheme.budgets[2],
                 "exclusive": scheme.is_exclusive},
                {"id": "jd", "when": "order.channel == 'jd'", "factor": {"num": 1, "den": 2}},
            ],
            "stacking": stacking,
            "rounding": rounding,
            "caps": {"order": scheme.order_cap, "member_day": scheme.day_cap,
                     "member_month": scheme.month_cap},
        },
        "maturity": maturity,
        "expiry": expiry,
        "claw_back": {"shortfall": shortfall},
        "awards": {"join": scheme.join, "profile_complete": 0},
    }})
}

/// An order with the time of payment as the channel sends it.
#[derive(Debug, Clone)]
struct Sent {
    event: OrderEvent,
    paid_at: Instant,
    furthest: Status,
}

struct Year<'a> {
    world: &'a TestWorld,
    auditor: Auditor,
    till: Counter,
    till_scheme: TillScheme,
    chance: Chance,
    seed: u64,
    shoppers: i64,
    orders: Vec<Sent>,
    members: HashMap<Person, MemberId>,
    holds: Vec<(usize, HoldId)>,
    merges: HashMap<usize, MergeId>,
    log: Vec<String>,
    step_seconds: i64,
}

impl Year<'_> {
    fn now(&self) -> Instant {
        self.world.now().0
    }

    fn note(&mut self, line: &str) {
        self.log.push(format!("{}  {line}", self.world.now()));
    }

    fn engine(&self) -> String {
        format!("{:?}", self.world.operations.store.engine())
    }

    /// Fails with all that is needed to find out why.
    fn fail(&self, what: &str) -> ! {
        let last = self.log.len().saturating_sub(60);
        panic!(
            "seed {} ({}), event {}: {what}\n{}",
            self.seed,
            self.engine(),
            self.log.len(),
            self.log[last..].join("\n")
        );
    }

    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, product: &T, auditor: &T) {
        if product != auditor {
            self.fail(&format!("{what}:\n  product {product:?}\n  auditor {auditor:?}"));
        }
    }

    async fn pass_time(&mut self) {
        let micros = self.chance.between(1, self.step_seconds * 1_000_000);
        let mut to = self.now() + micros;
        if self.chance.is(2) {
            to += self.chance.between(10, 40) * DAY * 1_000_000;
        }
        self.world.move_to(Timestamp(to));
        if self.chance.is(30) {
            self.world.run_due().await;
        }
    }

    async fn happen(&mut self) {
        if self.chance.is(40) {
            return self.at_the_till().await;
        }
        match self.chance.between(1, 100) {
            1..=38 => {
                let sent = self.new_order();
                self.send(sent).await;
            }
            39..=43 => self.send_again().await,
            44..=53 => self.move_on().await,
            54..=65 => self.give_back().await,
            66..=68 => self.give_back_early().await,
            69..=75 => self.hold().await,
            76..=82 => self.end_hold().await,
            83..=87 => self.adjust().await,
            88..=91 => self.merge().await,
            92..=96 => self.unmerge().await,
            _ => self.all_at_once().await,
        }
    }

    fn new_order(&mut self) -> Sent {
        let channel = *self.chance.one_of(&CHANNELS);
        let shopper = self.chance.between(1, self.shoppers);
        let buyer = self.buyer(shopper, channel);
        let lines: Vec<i64> = (0..self.chance.between(1, 3)).map(|_| self.price()).collect();
        let now = self.now();
        let (paid_at, counts_from) = match self.chance.between(1, 10) {
            1 | 2 => {
                let late = now - self.chance.between(1, 20 * DAY * 1_000_000);
                (late, late)
            }
            // A channel whose clock is ahead: it counts as now.
            3 => (now + self.chance.between(1, 299_000_000), now),
            _ => (now, now),
        };
        let status = match self.chance.between(1, 20) {
            1 | 2 => Status::Completed,
            3 => Status::Closed,
            _ => Status::Paid,
        };
        let completed_at = (status == Status::Completed).then_some(now);
        let event = OrderEvent {
            channel,
            order_no: format!("{}", self.orders.len() + 1),
            status,
            paid_at: counts_from,
            completed_at,
            buyer,
            pieces: vec![1; lines.len()],
            shipping: 0,
            lines,
        };
        Sent { event, paid_at, furthest: status }
    }

    fn price(&mut self) -> i64 {
        let most = *self.chance.one_of(&[3_000, 30_000, 300_000]);
        self.chance.between(1, most)
    }

    fn buyer(&mut self, shopper: i64, channel: &str) -> Vec<Identity> {
        let phone = |shopper: i64| Identity::Phone(format!("138{shopper:08}"));
        let openid = Identity::Openid(format!("{channel}-{shopper}"));
        let unionid = Identity::Unionid(format!("{shopper}"));
        match self.chance.between(1, 20) {
            1 => Vec::new(),
            2..=6 => vec![openid],
            7..=9 => vec![openid, unionid],
            10..=12 => vec![unionid, phone(shopper)],
            13..=15 => vec![openid, phone(shopper)],
            // Somebody else's phone: of the family.
            16 => vec![openid, phone(shopper % self.shoppers + 1)],
            _ => vec![phone(shopper)],
        }
    }

    fn build(sent: &Sent) -> OrderBuilder {
        let event = &sent.event;
        let mut built = order(&event.order_no).channel(event.channel);
        built = event.buyer.iter().fold(built, |built, one| built.by(claim(one, event.channel)));
        built = event.lines.iter().fold(built, |built, paid| built.line(*paid));
        built = match event.status {
            Status::Paid => built,
            Status::Completed => {
                built.completed_on(Timestamp(event.completed_at.unwrap_or(event.paid_at)))
            }
            Status::Closed => built.status(OrderStatus::Closed),
        };
        built.paid_on(Timestamp(sent.paid_at))
    }

    async fn send(&mut self, mut sent: Sent) {
        // A clock that was ahead when the order was made may not be any more.
        sent.event.paid_at = sent.paid_at.min(self.now());
        self.note(&format!("{:?}", sent.event));
        let receipt = match self.world.record(Self::build(&sent)).await {
            Ok(receipt) => receipt,
            Err(error) => self.fail(&format!("the order was refused: {error:?}")),
        };
        let outcome = self.auditor.order(&sent.event, self.now());
        self.check_order(&receipt, &outcome);
        self.orders.push(sent);
        self.check(outcome.member).await;
    }

    fn check_order(&mut self, receipt: &OrderReceipt, outcome: &OrderOutcome) {
        self.same("earned", &receipt.points.earned.0, &outcome.earned);
        self.same("growth of the order", &receipt.growth.0, &outcome.growth);
        let known = outcome.member.and_then(|member| self.members.get(&member).copied());
        match (outcome.member, known, receipt.member_id) {
            (Some(person), None, Some(id)) => {
                if let Some((other, _)) = self.members.iter().find(|(_, known)| **known == id) {
                    self.fail(&format!("{id} is person {other}, the auditor says {person}"));
                }
                self.members.insert(person, id);
            }
            (_, known, id) => self.same("the order's member", &id, &known),
        }
    }

    /// An event is delivered again, as it was, once or twice at once.
    async fn send_again(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let sent = self.chance.one_of(&self.orders).clone();
        self.note(&format!("again {:?}", sent.event));
        let requests =
            (0..2).map(|_| Self::build(&sent).request(self.world.now())).collect::<Vec<_>>();
        let answers = record_orders(&self.world.operations, &self.world.actor, requests).await;
        let outcome = self.auditor.order(&sent.event, self.now());
        for answer in answers {
            match answer {
                // The first answer again: its member may have been merged or parted since.
                Ok(answer) => self.same(
                    "earned at first",
                    &(answer.receipt.points.earned.0, answer.receipt.growth.0),
                    &(outcome.earned, outcome.growth),
                ),
                Err(error) => self.fail(&format!("a repeated order was refused: {error:?}")),
            }
        }
        self.check(outcome.member).await;
    }

    /// An order is completed or closed.
    async fn move_on(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let last = i64::try_from(self.orders.len()).unwrap_or(i64::MAX) - 1;
        let place = self.chance.between((last - 40).max(0), last);
        let place = usize::try_from(place).unwrap_or(0);
        let mut sent = self.orders[place].clone();
        if sent.furthest != Status::Paid {
            return;
        }
        sent.event.status = if self.chance.is(75) { Status::Completed } else { Status::Closed };
        sent.event.completed_at = (sent.event.status == Status::Completed).then_some(self.now());
        self.orders[place].furthest = sent.event.status;
        self.note(&format!("later {:?}", sent.event));
        let receipt = match self.world.record(Self::build(&sent)).await {
            Ok(receipt) => receipt,
            Err(error) => self.fail(&format!("the later event was refused: {error:?}")),
        };
        let outcome = self.auditor.order(&sent.event, self.now());
        self.check_order(&receipt, &outcome);
        self.check(outcome.member).await;
    }

    async fn give_back(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let sent = self.chance.one_of(&self.orders).clone();
        if sent.furthest == Status::Closed {
            return;
        }
        self.send_refund(&sent).await;
    }

    /// A refund comes before its order.
    async fn give_back_early(&mut self) {
        let mut sent = self.new_order();
        if sent.event.status == Status::Closed {
            sent.event.status = Status::Paid;
            sent.furthest = Status::Paid;
        }
        self.send_refund(&sent).await;
        let last = if self.chance.is(80) { 6 * DAY } else { 9 * DAY };
        self.world.advance_seconds(self.chance.between(1, last));
        self.send(sent).await;
    }

    async fn send_refund(&mut self, sent: &Sent) {
        let now = self.now();
        let mut lines = Vec::new();
        for (place, paid) in sent.event.lines.iter().enumerate() {
            if self.chance.is(60) || place == 0 {
                let share = *self.chance.one_of(&[3, 2, 1, 1]);
                lines.push(Back { place, pieces: 0, money: (paid / share).max(1) });
            }
        }
        let refund_no = format!("r{}", self.log.len());
        self.note(&format!("refund of {} {} {lines:?}", sent.event.channel, sent.event.order_no));
        let built = lines.iter().fold(
            refund(&sent.event.order_no, &refund_no).channel(sent.event.channel),
            |built, back| built.money(&(back.place + 1).to_string(), back.money),
        );
        let answer = self.world.refund(built).await;
        let channel = sent.event.channel;
        let expected = self.auditor.refund(channel, &sent.event.order_no, &lines, 0, now);
        match (answer, expected) {
            (Ok(RefundAnswer::Waiting { .. }), Ok(None))
            | (Err(RecordRefundError::Refused(_)), Err(Refused::Exceeds)) => {}
            (Ok(RefundAnswer::Done(receipt)), Ok(Some(outcome))) => {
                self.check_refund(&receipt, &outcome);
            }
            (answer, expected) => {
                self.fail(&format!("refund: product {answer:?}, auditor {expected:?}"));
            }
        }
        let member = self.auditor.member_of(channel, &sent.event.order_no);
        self.check(member).await;
    }

    fn somebody(&mut self) -> Option<(Person, MemberId)> {
        let members = self.auditor.members();
        if members.is_empty() {
            return None;
        }
        let person = *self.chance.one_of(&members);
        self.members.get(&person).map(|id| (person, *id))
    }

    async fn hold(&mut self) {
        let Some((person, member)) = self.somebody() else { return };
        let now = self.now();
        let available = self.auditor.figures(person, now).available;
        let points = match self.chance.between(1, 10) {
            1 => available + 1,
            2 => available.max(1),
            _ => self.chance.between(1, available.max(1)),
        };
        let ttl_s = self.chance.between(1, 7 * DAY);
        self.note(&format!("hold {points} of person {person} for {ttl_s} s"));
        let purpose = "till".to_owned();
        let held = self.world.move_points(Movement::Hold { member, points, purpose, ttl_s }).await;
        match (held, self.auditor.hold(person, points, now + ttl_s * 1_000_000, now)) {
            (Ok(Moved::Held { hold_id, .. }), Ok(hold)) => self.holds.push((hold, hold_id)),
            (Err(MoveError::Insufficient(_)), Err(Refused::Insufficient)) => {}
            (held, expected) => {
                self.fail(&format!("hold: product {held:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    async fn end_hold(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let (hold, hold_id) = *self.chance.one_of(&self.holds);
        let person = self.auditor.holder(hold);
        let now = self.now();
        if self.chance.is(70) {
            self.note(&format!("confirm hold {hold} of person {person}"));
            let confirmed = self.world.move_points(Movement::Confirm(hold_id)).await;
            match (confirmed, self.auditor.confirm(hold, now)) {
                (Ok(Moved::Confirmed { .. }), Ok(())) => {
                    self.holds.retain(|(known, _)| *known != hold);
                }
                (Err(MoveError::HoldLost), Err(Refused::HoldLost)) => {}
                (confirmed, expected) => {
                    self.fail(&format!("confirm: product {confirmed:?}, auditor {expected:?}"));
                }
            }
        } else {
            self.note(&format!("cancel hold {hold} of person {person}"));
            let cancelled = self.world.move_points(Movement::Cancel(hold_id)).await;
            if let Err(error) = cancelled {
                self.fail(&format!("cancelling was refused: {error:?}"));
            }
            self.auditor.cancel(hold, now);
            self.holds.retain(|(known, _)| *known != hold);
        }
        self.check(Some(person)).await;
    }

    async fn adjust(&mut self) {
        let Some((person, member)) = self.somebody() else { return };
        let points = *self.chance.one_of(&[500, 20, 1, -1, -30, -400]);
        let allow_debt = self.chance.is(30);
        let now = self.now();
        self.note(&format!("adjust person {person} by {points}, debt allowed: {allow_debt}"));
        let adjusted = self
            .world
            .move_points(Movement::Adjust {
                member,
                points,
                reason: "goodwill".to_owned(),
                expires_at: None,
                allow_debt,
            })
            .await;
        match (adjusted, self.auditor.adjust(person, points, allow_debt, now)) {
            (Ok(Moved::Adjusted { .. }), Ok(()))
            | (Err(MoveError::Insufficient(_)), Err(Refused::Insufficient)) => {}
            (adjusted, expected) => {
                self.fail(&format!("adjust: product {adjusted:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(person)).await;
    }

    async fn merge(&mut self) {
        let (Some((from, absorbed)), Some((to, into))) = (self.somebody(), self.somebody()) else {
            return;
        };
        if from == to {
            return;
        }
        self.note(&format!("staff merge person {from} into {to}"));
        let (operations, actor) = (&self.world.operations, &self.world.actor);
        let merged =
            merge_members(operations, actor, absorbed, into, "the same person", None).await;
        let receipt = match merged {
            Ok(answer) => answer.receipt,
            Err(error) => self.fail(&format!("the merge was refused: {error:?}")),
        };
        let merge = self.auditor.merge(from, to, self.now());
        self.merges.insert(merge, receipt.merge_id);
        self.check(Some(to)).await;
    }

    async fn unmerge(&mut self) {
        let standing = self.auditor.standing_merges();
        if standing.is_empty() {
            return;
        }
        let (merge, survivor, absorbed) = *self.chance.one_of(&standing);
        if self.auditor.has_live_lock(survivor, self.now()) {
            return;
        }
        self.note(&format!("undo the merge of person {absorbed} into {survivor}"));
        let id = self.merges[&merge];
        let undone =
            undo_merge(&self.world.operations, &self.world.actor, id, "a mistake", None).await;
        match (undone, self.auditor.unmerge(merge, self.now())) {
            (Ok(_), Ok(())) => {
                // Where the points of an ended hold lie now is nobody's promise.
                let both = [survivor, absorbed];
                let auditor = &self.auditor;
                self.holds.retain(|(hold, _)| !both.contains(&auditor.holder(*hold)));
                self.leave_locks(both);
            }
            (Err(MergeError::LiveHold(_)), Err(Refused::LiveHold))
            | (Err(MergeError::SurvivorMerged), Err(Refused::SurvivorMerged)) => return,
            (undone, expected) => {
                self.fail(&format!("undo: product {undone:?}, auditor {expected:?}"));
            }
        }
        self.check(Some(survivor)).await;
        self.check(Some(absorbed)).await;
    }

    /// Looks up the product's numbers of the merges that have just come of themselves.
    async fn note_merges(&mut self) {
        for (merge, survivor, absorbed) in self.auditor.standing_merges() {
            if self.merges.contains_key(&merge) {
                continue;
            }
            let (survivor, absorbed) = (self.members[&survivor], self.members[&absorbed]);
            let (operations, actor) = (&self.world.operations, &self.world.actor);
            let rows =
                read_merges(operations, actor, survivor).await.expect("the merges can be read");
            let found = rows.unwrap_or_default().into_iter().find(|row| {
                row.survivor == survivor && row.absorbed == absorbed && row.undone_at.is_none()
            });
            match found {
                Some(row) => self.merges.insert(merge, row.id),
                None => self.fail(&format!("there is no merge of {absorbed} into {survivor}")),
            };
        }
    }

    /// Several shoppers buy at the same moment, each delivered twice, through two processes.
    async fn all_at_once(&mut self) {
        let mut batch: Vec<Sent> = Vec::new();
        let mut owners: Vec<Person> = Vec::new();
        for step in 0..4 {
            let mut sent = self.new_order();
            let shopper = self.chance.between(1, self.shoppers);
            let phone = Identity::Phone(format!("138{shopper:08}"));
            let owner = self.auditor.owner(&phone);
            let is_taken = batch.iter().any(|other| other.event.buyer.contains(&phone))
                || owner.is_some_and(|owner| owners.contains(&owner));
            if is_taken {
                continue;
            }
            owners.extend(owner);
            sent.event.buyer = vec![phone];
            sent.event.order_no = format!("{}", self.orders.len() + batch.len() + 1);
            sent.event.paid_at -= step;
            sent.paid_at = sent.event.paid_at;
            batch.push(sent);
        }
        self.note(&format!("all at once {batch:?}"));
        let now = self.world.now();
        let requests =
            || batch.iter().map(|sent| Self::build(sent).request(now)).collect::<Vec<_>>();
        let second = self.world.second_process().await;
        let backwards: Vec<_> = requests().into_iter().rev().collect();
        let (one, other) = tokio::join!(
            record_orders(&self.world.operations, &self.world.actor, requests()),
            record_orders(&second, &self.world.actor, backwards),
        );
        second.store.close().await;
        let earned: Vec<Option<i64>> = one
            .iter()
            .map(|answer| answer.as_ref().ok().map(|answer| answer.receipt.points.earned.0))
            .collect();
        let outcomes = self.reckon_in_some_order(&batch, &earned, now.0);
        let answers = one.into_iter().zip(other.into_iter().rev());
        for ((one, other), outcome) in answers.zip(&outcomes) {
            for answer in [one, other] {
                match answer {
                    Ok(answer) => self.check_order(&answer.receipt, outcome),
                    Err(error) => self.fail(&format!("an order was refused: {error:?}")),
                }
            }
        }
        self.orders.extend(batch);
        for outcome in outcomes {
            self.check(outcome.member).await;
        }
    }

    /// What the auditor says of orders of one moment: in the order of the batch, or where
    /// they share a budget in whichever order gives what was earned.
    fn reckon_in_some_order(
        &mut self,
        batch: &[Sent],
        earned: &[Option<i64>],
        now: Instant,
    ) -> Vec<OrderOutcome> {
        let mut first = None;
        for order in permutations(batch.len()) {
            let mut auditor = self.auditor.clone();
            let mut outcomes: Vec<(usize, OrderOutcome)> =
                order.into_iter().map(|at| (at, auditor.order(&batch[at].event, now))).collect();
            outcomes.sort_by_key(|(at, _)| *at);
            let outcomes: Vec<OrderOutcome> = outcomes.into_iter().map(|(_, one)| one).collect();
            let fits = outcomes.iter().zip(earned).all(|(one, earned)| Some(one.earned) == *earned);
            if fits {
                self.auditor = auditor;
                return outcomes;
            }
            first.get_or_insert((auditor, outcomes));
        }
        let (auditor, outcomes) = first.expect("a batch has an order");
        self.auditor = auditor;
        outcomes
    }

    /// Whether a member has what the auditor says.
    async fn check(&mut self, member: Option<Person>) {
        self.note_merges().await;
        let Some(member) = member else { return };
        let member = self.auditor.survivor(member);
        let expected = self.auditor.figures(member, self.now());
        let Some(id) = self.members.get(&member).copied() else { return };
        let view = self.world.member(id).await;
        if view.redirected_from.is_some() {
            self.fail(&format!("person {member} was merged away in the product alone"));
        }
        let balance = view.balance;
        let figures = Figures {
            available: balance.available.0,
            pending: balance.pending.0,
            held: balance.held.0,
            debt: balance.debt.0,
            growth: view.growth.0,
            tier: TIERS.iter().position(|tier| *tier == view.row.tier).unwrap_or(usize::MAX),
            tier_until: view.row.tier_until.map(|until| until.0),
            expiring: balance.expiring.iter().map(|(end, points)| (end.0, points.0)).collect(),
        };
        self.same(&format!("person {member}, {id}"), &figures, &expected);
        let wallet = (view.wallet.principal.0, view.wallet.bonus.0, view.wallet.held.0);
        let expected = self.auditor.wallet(member, self.now());
        self.same(&format!("the wallet of person {member}, {id}"), &wallet, &expected);
        let usable = self.auditor.usable_coupons(member, self.now()).len();
        let usable = i64::try_from(usable).unwrap_or(i64::MAX);
        self.same(&format!("the coupons of person {member}, {id}"), &view.coupons_usable, &usable);
    }

    /// Whether every member has what the auditor says, and the books of all add up.
    async fn check_all(&mut self) {
        self.world.run_due().await;
        for member in self.auditor.members() {
            self.check(Some(member)).await;
        }
        let gone: Vec<(Person, MemberId)> =
            self.members.iter().map(|(person, id)| (*person, *id)).collect();
        for (person, id) in gone {
            let survivor = self.members[&self.auditor.survivor(person)];
            let (operations, actor) = (&self.world.operations, &self.world.actor);
            let view = read_member(operations, actor, id).await.expect("a read");
            let seen = view.map(|view| (view.row.id, view.redirected_from));
            let expected = Some((survivor, (survivor != id).then_some(id)));
            self.same("where a merged member went", &seen, &expected);
        }
        self.check_books().await;
        self.check_till().await;
    }

    async fn check_books(&mut self) {
        let mut tx = self.world.operations.store.snapshot().await.expect("a snapshot");
        let mut pairs = async |sql: &str| -> HashMap<i64, i64> {
            let rows = tx.fetch(sql, &[]).await.expect("the books");
            rows.iter()
                .map(|row| (row.int(0).expect("a key"), row.int(1).expect("a sum")))
                .collect()
        };
        let entries =
            pairs("select member_id, cast(sum(points) as bigint) from entries group by member_id")
                .await;
        let lots = pairs(
            "select member_id, cast(sum(remaining + held) as bigint) from lots group by member_id",
        )
        .await;
        let debts =
            pairs("select member_id, cast(sum(points) as bigint) from debts group by member_id")
                .await;
        let rows = tx
            .fetch("select kind, cast(sum(points) as bigint) from entries group by kind", &[])
            .await
            .expect("the books");
        let kinds: HashMap<String, i64> = rows
            .iter()
            .map(|row| (row.text(0).expect("a kind"), row.int(1).expect("a sum")))
            .collect();
        tx.rollback().await.expect("the snapshot ends");
        let of = |books: &HashMap<i64, i64>, id: &MemberId| books.get(&id.0).copied().unwrap_or(0);
        for id in self.members.values() {
            self.same(
                &format!("the books of {id}"),
                &of(&entries, id),
                &(of(&lots, id) - of(&debts, id)),
            );
        }
        let totals = self.auditor.totals;
        let expected = [
            ("earn", totals.earned),
            ("spend", -totals.spent),
            ("expire", -totals.expired),
            ("clawback", -totals.clawed_back),
            ("adjust", totals.adjusted),
            ("restore", totals.restored),
            ("transfer", 0),
            ("mature", 0),
            ("hold", 0),
            ("release", 0),
            ("repay", 0),
        ];
        for (kind, points) in expected {
            let sum = kinds.get(kind).copied().unwrap_or(0);
            self.same(&format!("all entries of the kind {kind}"), &sum, &points);
        }
    }
}

/// All orders in which `count` things can come, that of their numbers first.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = permutations(last);
    let places = (0..count).rev();
    places
        .flat_map(|place| {
            shorter.iter().map(move |order| {
                let mut longer = order.clone();
                longer.insert(place, last);
                longer
            })
        })
        .collect()
}

fn claim(identity: &Identity, channel: &str) -> Claim {
    let parsed = match identity {
        Identity::Phone(number) => Claim::parse(IdentityKind::Phone, None, number, true),
        Identity::Unionid(value) => Claim::parse(IdentityKind::Unionid, Some("wx"), value, true),
        Identity::Openid(value) => Claim::parse(IdentityKind::Openid, Some(channel), value, true),
    };
    parsed.expect("an identity")
}
