//! Random lives of two members, merged and parted, with the books checked at every step.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::auditing::{check, replay};
use super::balances::{Balance, balance};
use super::earning::{Completion, Earning, complete, earn};
use super::merging::{merge, unmerge};
use super::policies::{Expiry, Maturity, Policy, Shortfall, Terms, available_at};
use super::refunding::{RefundPoints, SpentDraw, refund};
use super::settling::{settle, settle_into};
use super::spending::{Adjustment, HoldRequest, adjust, cancel, confirm, hold, spend};
use super::tests::{ANNA, BELA, at, earning, policy, shanghai, source};
use super::{
    Account, Cause, Draw, Entry, EntryId, HoldId, OrderId, Origin, Points, Source, SourceKind,
};
use crate::amounts::Money;
use crate::ids::{Counter, MemberId, NewIds};
use crate::orders::refunds::taken_so_far;
use crate::time::{Timestamp, Zone};

/// So many hours after an instant, or before where negative.
fn hours_from(at: Timestamp, hours: i64) -> Timestamp {
    at.plus_seconds(hours.saturating_mul(3_600))
}

/// One thing that happens to one of the two; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Event {
    Wait { hours: i64 },
    Earn { points: i64, late_hours: i64, maturity: Maturity, life_hours: Option<i64> },
    Complete { which: usize },
    Hold { points: i64, hours: i64 },
    Confirm { which: usize },
    Cancel { which: usize },
    Spend { points: i64, order: usize },
    Adjust { points: i64, allow_debt: bool },
    Refund { which: usize, percent: i64, late_hours: i64 },
    Merge,
    Part,
}

fn maturities() -> impl Strategy<Value = Maturity> {
    prop_oneof![
        3 => Just(Maturity::Immediate),
        1 => (1_i64..4).prop_map(Maturity::Days),
        1 => Just(Maturity::AfterCompletion(1)),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let late = || prop_oneof![4 => Just(0_i64), 1 => 0_i64..60];
    prop_oneof![
        3 => (0_i64..40).prop_map(|hours| Event::Wait { hours }),
        5 => (0_i64..120, late(), maturities(), prop::option::of(0_i64..120)).prop_map(
            |(points, late_hours, maturity, life_hours)| {
                Event::Earn { points, late_hours, maturity, life_hours }
            }
        ),
        1 => any::<usize>().prop_map(|which| Event::Complete { which }),
        3 => (1_i64..150, 0_i64..50).prop_map(|(points, hours)| Event::Hold { points, hours }),
        2 => any::<usize>().prop_map(|which| Event::Confirm { which }),
        2 => any::<usize>().prop_map(|which| Event::Cancel { which }),
        3 => (0_i64..150, any::<usize>()).prop_map(|(points, order)| Event::Spend { points, order }),
        2 => (-150_i64..80, any::<bool>())
            .prop_map(|(points, allow_debt)| Event::Adjust { points, allow_debt }),
        3 => (any::<usize>(), 0_i64..150, late()).prop_map(|(which, percent, late_hours)| {
            Event::Refund { which, percent, late_hours }
        }),
    ]
}

fn policies() -> impl Strategy<Value = Policy> {
    let shortfalls = prop_oneof![3 => Just(Shortfall::Debt), 1 => Just(Shortfall::Zero), 1 => Just(Shortfall::Cash)];
    let expiries = prop_oneof![Just(Expiry::Never), Just(Expiry::Activity { days: 1 })];
    (shortfalls, expiries).prop_map(|(shortfall, expiry)| Policy {
        shortfall,
        expiry,
        restore_grace_days: 1,
        ..policy()
    })
}

/// What the caller remembers of an order.
#[derive(Debug, Clone)]
struct Order {
    id: OrderId,
    home: MemberId,
    points: Points,
    refunded: Money,
    taken: Points,
    /// What claw-backs did with `taken`, in all the ways there are.
    accounted: Points,
    spent: Points,
    restored: Points,
    draws: Vec<SpentDraw>,
}

const PAID: Money = Money(100);

/// Anna and Béla, with all that was ever written about them.
#[derive(Debug, Clone)]
struct World {
    policy: Policy,
    zone: Zone,
    now: Timestamp,
    ids: Counter,
    anna: Account,
    bela: Account,
    entries: Vec<Entry>,
    orders: Vec<Order>,
    /// How many entries there were at the merge, while it lasts.
    merged: Option<usize>,
    seen: BTreeMap<Timestamp, Balance>,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            zone: shanghai(),
            now: at("2026-05-01 10:00"),
            ids: Counter(0),
            anna: Account::new(ANNA),
            bela: Account::new(BELA),
            entries: Vec::new(),
            orders: Vec::new(),
            merged: None,
            seen: BTreeMap::new(),
        }
    }

    fn origin(home: MemberId) -> Origin {
        Origin { home, cause: Cause::default() }
    }

    fn happen(&mut self, event: &Event, home: MemberId) {
        match *event {
            Event::Wait { hours } => self.now = hours_from(self.now, hours),
            Event::Merge => self.merge(),
            Event::Part => {
                self.part();
            }
            Event::Refund { which, percent, late_hours } => {
                self.refund(which, percent, late_hours);
            }
            _ => self.move_points(event, home),
        }
        let owner = if self.merged.is_some() { ANNA } else { home };
        let account = if owner == ANNA { &self.anna } else { &self.bela };
        if owner == ANNA {
            self.seen.insert(self.now, balance(account, self.now));
        }
    }

    fn move_points(&mut self, event: &Event, home: MemberId) {
        let now = self.now;
        let account =
            if home == ANNA || self.merged.is_some() { &mut self.anna } else { &mut self.bela };
        let (ids, entries) = (&mut self.ids, &mut self.entries);
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        let origin = Self::origin(home);
        let some_hold = |account: &Account, which: usize| {
            let hold = which.checked_rem(account.holds.len()).and_then(|n| account.holds.get(n));
            hold.map_or(HoldId(0), |hold| hold.id)
        };
        match *event {
            Event::Earn { points, late_hours, maturity, life_hours } => {
                let effective = hours_from(now, late_hours.saturating_neg());
                let id = OrderId(ids.next_id());
                let earning = Earning {
                    available_at: available_at(maturity, effective, terms.zone),
                    expires_at: life_hours.map(|hours| hours_from(effective, hours)),
                    source: Source { order: Some(id), ..source(SourceKind::Order) },
                    ..earning(home, points, effective)
                };
                earn(account, earning, terms, now, ids, entries);
                self.orders.push(Order {
                    id,
                    home,
                    points: Points(points),
                    refunded: Money(0),
                    taken: Points(0),
                    accounted: Points(0),
                    spent: Points(0),
                    restored: Points(0),
                    draws: Vec::new(),
                });
            }
            Event::Complete { which } => {
                let order = which.checked_rem(self.orders.len()).and_then(|n| self.orders.get(n));
                let completion = Completion { at: now, days: 1, zone: terms.zone };
                if let Some(order) = order {
                    complete(account, order.id, completion, now, ids, entries);
                }
            }
            Event::Hold { points, hours } => {
                let until = hours_from(now, hours);
                let request = HoldRequest { points: Points(points), purpose: String::new(), until };
                let _refused = hold(account, request, origin, now, ids, entries);
            }
            Event::Confirm { which } => {
                let hold = some_hold(account, which);
                let _refused = confirm(account, hold, origin, terms, now, ids, entries);
            }
            Event::Cancel { which } => {
                let hold = some_hold(account, which);
                let _refused = cancel(account, hold, origin, now, ids, entries);
            }
            Event::Spend { points, order } => {
                let spent = spend(account, Points(points), origin, terms, now, ids, entries);
                let place = order.checked_rem(self.orders.len());
                let order = place.and_then(|n| self.orders.get_mut(n));
                if let (Ok(spent), Some(order)) = (spent, order)
                    && order.draws.is_empty()
                    && order.refunded.is_zero()
                {
                    let unrestored = |draw: &Draw| SpentDraw {
                        lot: draw.lot,
                        points: draw.points,
                        restored: Points(0),
                    };
                    order.draws = spent.draws.iter().map(unrestored).collect();
                    order.spent = Points(points);
                }
            }
            Event::Adjust { points, allow_debt } => {
                let adjustment = Adjustment {
                    points: Points(points),
                    expires_at: None,
                    allow_debt,
                    source: source(SourceKind::Adjust),
                    origin,
                };
                let _refused = adjust(account, adjustment, terms, now, ids, entries);
            }
            Event::Wait { .. } | Event::Refund { .. } | Event::Merge | Event::Part => {}
        }
    }

    fn refund(&mut self, which: usize, percent: i64, late_hours: i64) {
        let place = which.checked_rem(self.orders.len());
        let Some(order) = place.and_then(|n| self.orders.get_mut(n)) else { return };
        let refunded = Money(order.refunded.0.saturating_add(percent).min(PAID.0));
        let so_far = |points| taken_so_far(points, PAID, refunded, 1, 0);
        let asked = RefundPoints {
            order: order.id,
            at: hours_from(self.now, late_hours.saturating_neg()),
            restore: so_far(order.spent).minus(order.restored),
            draws: &order.draws,
            claw_back: so_far(order.points).minus(order.taken),
            origin: Self::origin(order.home),
        };
        let account = if order.home == ANNA || self.merged.is_some() {
            &mut self.anna
        } else {
            &mut self.bela
        };
        let terms = Terms { policy: &self.policy, zone: &self.zone };
        let done = refund(account, &asked, terms, self.now, &mut self.ids, &mut self.entries);

        assert_eq!(done.restored, asked.restore);
        order.refunded = refunded;
        order.taken = order.taken.plus(asked.claw_back);
        order.restored = order.restored.plus(done.restored);
        let parts = [done.clawed_back, done.lapsed, done.debt, done.written_off];
        let withheld = Points(done.withhold.0);
        order.accounted = order.accounted.plus(parts.into_iter().sum()).plus(withheld);
        for restored in done.restored_draws {
            for draw in order.draws.iter_mut().filter(|draw| draw.lot == restored.lot) {
                draw.restored = draw.restored.plus(restored.points);
            }
        }
    }

    fn merge(&mut self) {
        if self.merged.is_none() {
            self.merged = Some(self.entries.len());
            let cause = Cause::default();
            let (from, into) = (&mut self.bela, &mut self.anna);
            self.entries.extend(merge(from, into, &cause, self.now, &mut self.ids));
        }
    }

    /// Whether the merge has ended.
    fn part(&mut self) -> bool {
        let Some(since) = self.merged.and_then(|since| self.entries.get_mut(since..)) else {
            return false;
        };
        let (survivor, absorbed) = (&mut self.anna, &mut self.bela);
        let (cause, ids) = (Cause::default(), &mut self.ids);
        let goes_back = |home| home == BELA;
        let Ok(written) = unmerge(survivor, absorbed, &goes_back, since, &cause, self.now, ids)
        else {
            return false;
        };
        self.entries.extend(written);
        self.merged = None;
        true
    }

    /// What both have in all once everything due by now is written.
    fn sum(&self) -> i64 {
        [&self.anna, &self.bela].map(|account| settled(account, self.now).0.total()).iter().sum()
    }

    fn assert_right(&self) {
        for account in [&self.anna, &self.bela] {
            assert_eq!(check(account, &self.entries), []);
        }
        for order in &self.orders {
            assert!(order.taken <= order.points && order.restored <= order.spent);
            assert_eq!(order.accounted, order.taken);
            if order.refunded == PAID {
                assert_eq!((order.taken, order.restored), (order.points, order.spent));
            }
        }
    }
}

/// A settled copy and the entries it took, their numbers aside.
fn settled(account: &Account, now: Timestamp) -> (Account, Vec<Entry>) {
    let mut copy = account.clone();
    let entries = settle(&mut copy, now, &mut Counter(0));
    (copy, entries.into_iter().map(|entry| Entry { id: EntryId(0), ..entry }).collect())
}

fn sorted(mut account: Account) -> Account {
    account.lots.sort_by_key(|lot| lot.id);
    account.holds.sort_by_key(|hold| hold.id);
    account.debts.sort_by_key(|debt| debt.home);
    account
}

fn people() -> impl Strategy<Value = MemberId> {
    prop_oneof![Just(ANNA), Just(BELA)]
}

fn lives(events: impl Strategy<Value = Event>) -> impl Strategy<Value = Vec<(Event, MemberId)>> {
    prop::collection::vec((events, people()), 1..60)
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![20 => events(), 1 => Just(Event::Merge), 2 => Just(Event::Part)]
}

/// A world in which these things happened.
fn lived(policy: Policy, life: &[(Event, MemberId)]) -> World {
    let mut world = World::new(policy);
    for (event, home) in life {
        world.happen(event, *home);
    }
    world
}

proptest! {
    #[test]
    fn the_books_are_right_at_every_step(policy in policies(), life in lives(any_event())) {
        let mut world = World::new(policy);
        for (event, home) in &life {
            world.happen(event, *home);
            world.assert_right();
        }
    }

    #[test]
    fn settling_on_the_way_changes_nothing(
        policy in policies(),
        life in lives(any_event()),
        first in 0_i64..100,
        second in 0_i64..100,
    ) {
        let world = lived(policy, &life);
        let middle = hours_from(world.now, first);
        let end = hours_from(middle, second);

        let (half, mut entries) = settled(&world.anna, middle);
        let (stepwise, later) = settled(&half, end);
        let (direct, all) = settled(&world.anna, end);

        entries.extend(later);
        prop_assert_eq!(&stepwise, &direct);
        prop_assert_eq!(entries, all);
        prop_assert_eq!(settled(&direct, end), (direct.clone(), Vec::new()));
    }

    #[test]
    fn the_balance_does_not_wait_for_the_job(
        policy in policies(),
        life in lives(any_event()),
        hours in 0_i64..200,
    ) {
        let world = lived(policy, &life);
        let then = hours_from(world.now, hours);

        let before = balance(&world.anna, then);

        prop_assert_eq!(&before, &balance(&settled(&world.anna, then).0, then));
        prop_assert!(before.available.0 >= 0 && before.pending.0 >= 0);
        prop_assert!(before.held.0 >= 0 && before.debt.0 >= 0);
    }

    #[test]
    fn the_past_reads_as_it_was(life in lives(events())) {
        let punctual: Vec<_> = life
            .into_iter()
            .map(|(event, _)| match event {
                Event::Earn { points, maturity, life_hours, .. } => {
                    Event::Earn { points, maturity, life_hours, late_hours: 0 }
                }
                Event::Refund { which, percent, .. } => {
                    Event::Refund { which, percent, late_hours: 0 }
                }
                other => other,
            })
            .map(|event| (event, ANNA))
            .collect();
        let mut world = lived(policy(), &punctual);
        settle_into(&mut world.anna, world.now, &mut world.ids, &mut world.entries);

        for (then, seen) in &world.seen {
            let past = replay(ANNA, &world.entries, &world.anna.lots, *then);
            prop_assert_eq!(&balance(&past, *then), seen);
        }
    }

    #[test]
    fn merging_and_parting_at_once_changes_nothing(policy in policies(), life in lives(events())) {
        let mut world = lived(policy, &life);
        let before = world.clone();

        world.merge();
        prop_assert!(world.part());

        for (after, before) in [(world.anna, before.anna), (world.bela, before.bela)] {
            prop_assert_eq!(sorted(after), sorted(settled(&before, world.now).0));
        }
    }

    #[test]
    fn parting_keeps_the_sum_of_both(
        policy in policies(),
        apart in lives(events()),
        together in lives(events()),
    ) {
        let mut world = lived(policy, &apart);
        world.merge();
        for (event, home) in &together {
            world.happen(event, *home);
        }
        // Whatever is held on both sides has ended by then.
        world.now = hours_from(world.now, 100);
        let before = world.sum();

        prop_assert!(world.part());

        prop_assert_eq!(world.sum(), before);
        world.assert_right();
        prop_assert!(world.bela.lots.iter().all(|lot| lot.home == BELA));
        prop_assert!(world.anna.lots.iter().all(|lot| lot.home == ANNA));
    }

    #[test]
    fn partial_refunds_take_exactly_the_whole(
        points in 0_i64..1_000_000_000_000,
        parts in prop::collection::vec(0_i64..1_000_000_000, 1..20),
    ) {
        let paid = Money(parts.iter().sum());
        let pieces = i64::try_from(parts.len()).unwrap_or(0);
        let (mut refunded, mut taken) = (Money(0), Points(0));
        for (returned, part) in (1..).zip(&parts) {
            refunded = refunded.plus(Money(*part));
            let so_far = taken_so_far(Points(points), paid, refunded, pieces, returned);
            prop_assert!(taken <= so_far && so_far <= Points(points));
            taken = so_far;
        }

        prop_assert_eq!(taken, Points(points));
    }

    #[test]
    fn an_order_returned_in_full_leaves_the_total_as_before(
        life in lives(events()),
        points in 0_i64..200,
        used in 0_i64..200,
    ) {
        let mut world = lived(Policy { shortfall: Shortfall::Debt, ..policy() }, &life);
        let before = settled(&world.anna, world.now).0.total();
        let maturity = Maturity::Immediate;
        let place = world.orders.len();
        world.happen(&Event::Earn { points, late_hours: 0, maturity, life_hours: None }, ANNA);
        world.happen(&Event::Spend { points: used, order: place }, ANNA);

        world.happen(&Event::Refund { which: place, percent: 100, late_hours: 0 }, ANNA);

        prop_assert_eq!(world.anna.total(), before);
        world.assert_right();
    }
}
