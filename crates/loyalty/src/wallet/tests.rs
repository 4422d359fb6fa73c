use proptest::prelude::*;

use super::settling::settle;
use super::spending::{
    self, GiveBack, HoldRequest, SpendOrder, cancel, confirm, hold, restore, shares,
};
use super::topping_up::{TopUp, refund, top_up};
use super::*;
use crate::ids::Counter;
use crate::time::Zone;

const MEMBER: MemberId = MemberId(1);

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_770_000_000_000_000 + seconds * 1_000_000)
}

struct Purse {
    wallet: Wallet,
    entries: Vec<Entry>,
    ids: Counter,
}

impl Purse {
    fn new() -> Self {
        Self { wallet: Wallet::default(), entries: Vec::new(), ids: Counter(100) }
    }

    fn pay_in(&mut self, id: i64, principal: i64, bonus: i64, ends: Option<Timestamp>, now: i64) {
        let paid = TopUp {
            id: TopUpId(id),
            member: MEMBER,
            principal: Money(principal),
            bonus: Money(bonus),
            bonus_expires_at: ends,
        };
        let limit = Money(1_000_000_000);
        let (ids, entries) = (&mut self.ids, &mut self.entries);
        settle(&mut self.wallet, at(now), ids, entries);
        top_up(&mut self.wallet, paid, limit, &Cause::default(), at(now), ids, entries).unwrap();
    }

    fn hold(&mut self, amount: i64, order: SpendOrder, now: i64, ttl: i64) -> Option<HoldId> {
        let request = HoldRequest {
            member: MEMBER,
            amount: Money(amount),
            purpose: String::new(),
            until: at(now + ttl),
        };
        let (ids, entries) = (&mut self.ids, &mut self.entries);
        hold(&mut self.wallet, request, order, &Cause::default(), at(now), ids, entries).ok()
    }

    fn confirm(&mut self, id: HoldId, now: i64) -> Result<(), spending::EndError> {
        let (ids, entries) = (&mut self.ids, &mut self.entries);
        confirm(&mut self.wallet, id, None, &Cause::default(), at(now), ids, entries)
    }

    fn spend(&mut self, amount: i64, now: i64) -> HoldId {
        let id = self.hold(amount, SpendOrder::ProRata, now, 10).unwrap();
        self.confirm(id, now).unwrap();
        id
    }

    fn restore(&mut self, id: HoldId, amount: i64, now: i64) -> Option<spending::Restored> {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let place = self.wallet.holds.iter().position(|hold| hold.id == id)?;
        let (lots, spend) = (&mut self.wallet.lots, &mut self.wallet.holds[place]);
        let (ids, entries) = (&mut self.ids, &mut self.entries);
        let back = GiveBack { amount: Money(amount), zone: &zone, grace_days: 30 };
        restore(lots, spend, back, &Cause::default(), at(now), ids, entries).ok()
    }

    fn has(&self, now: i64) -> (i64, i64) {
        let balance = balance(&self.wallet, at(now));
        (balance.principal.0, balance.bonus.0)
    }
}

#[test]
fn the_example_of_the_rules_comes_out() {
    let has = Balance { principal: Money(20_000), bonus: Money(2_000), held: Money::ZERO };

    assert_eq!(shares(has, Money(5_500), SpendOrder::ProRata), (Money(5_000), Money(500)));
    assert_eq!(shares(has, Money(5_500), SpendOrder::BonusFirst), (Money(3_500), Money(2_000)));
    assert_eq!(
        shares(has, Money(21_000), SpendOrder::PrincipalFirst),
        (Money(20_000), Money(1_000))
    );
}

#[test]
fn a_refund_returns_to_each_part_what_it_gave() {
    let mut purse = Purse::new();
    purse.pay_in(1, 20_000, 2_000, None, 0);
    let spend = purse.spend(5_500, 1);
    assert_eq!(purse.has(1), (15_000, 1_500));

    let some = purse.restore(spend, 1_000, 2).unwrap();
    let rest = purse.restore(spend, 4_500, 3).unwrap();

    assert_eq!((some.principal.0, some.bonus.0), (910, 90));
    assert_eq!((rest.principal.0, rest.bonus.0), (4_090, 410));
    assert_eq!(purse.has(3), (20_000, 2_000));
    assert!(purse.restore(spend, 1, 4).is_none());
}

#[test]
fn a_refund_of_a_top_up_takes_the_unspent_bonus() {
    let mut purse = Purse::new();
    purse.pay_in(1, 20_000, 2_000, None, 0);
    purse.spend(5_500, 1);

    let (ids, entries) = (&mut purse.ids, &mut purse.entries);
    let cause = Cause::default();
    let taken = refund(&mut purse.wallet, TopUpId(1), None, &cause, at(2), ids, entries).unwrap();

    assert_eq!((taken.principal.0, taken.bonus.0), (15_000, 1_500));
    assert_eq!(purse.has(2), (0, 0));
}

#[test]
fn bonus_is_gone_at_its_very_end_and_the_soonest_pays_first() {
    let mut purse = Purse::new();
    purse.pay_in(1, 100, 50, Some(at(200)), 0);
    purse.pay_in(2, 100, 50, Some(at(100)), 0);

    let id = purse.hold(60, SpendOrder::BonusFirst, 50, 1_000).unwrap();

    let taken: Vec<i64> = purse.wallet.holds[0].draws.iter().map(|draw| draw.amount.0).collect();
    assert_eq!(taken, [50, 10]);
    assert_eq!(balance(&purse.wallet, Timestamp(at(200).0 - 1)).bonus, Money(40));
    assert_eq!(purse.has(200), (200, 0));
    // Held bonus does not end while it is held, and ends when it comes back too late.
    let (ids, entries) = (&mut purse.ids, &mut purse.entries);
    cancel(&mut purse.wallet, id, &Cause::default(), at(300), ids, entries).unwrap();
    assert_eq!(purse.has(300), (200, 0));
}

#[test]
fn a_late_confirmation_takes_the_same_money_or_nothing() {
    let mut purse = Purse::new();
    purse.pay_in(1, 100, 0, None, 0);
    let first = purse.hold(70, SpendOrder::ProRata, 0, 60).unwrap();
    let second = purse.hold(30, SpendOrder::ProRata, 0, 60).unwrap();

    assert_eq!(purse.has(59), (0, 0));
    assert_eq!(purse.has(60), (100, 0));
    assert_eq!(purse.confirm(first, 60), Ok(()));
    purse.hold(10, SpendOrder::ProRata, 60, 60).unwrap();
    assert_eq!(purse.confirm(second, 61), Err(spending::EndError::Lost));
}

#[test]
fn restored_bonus_whose_lot_has_ended_lives_on_in_a_lot_of_its_own() {
    let mut purse = Purse::new();
    purse.pay_in(1, 100, 100, Some(at(100)), 0);
    let spend = purse.spend(100, 1);

    purse.restore(spend, 100, 200).unwrap();

    assert_eq!(purse.has(200), (100, 50));
    assert_eq!(purse.has(200 + 32 * 86_400), (100, 0));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    PayIn(i64, i64, i64),
    Hold(i64, i64),
    Confirm(usize),
    Cancel(usize),
    Restore(usize, i64),
    Refund(i64),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_i64..1_000, 0_i64..300, 1_i64..300).prop_map(|(a, b, c)| Step::PayIn(a, b, c)),
        (1_i64..800, 1_i64..200).prop_map(|(a, b)| Step::Hold(a, b)),
        (0_usize..6).prop_map(Step::Confirm),
        (0_usize..6).prop_map(Step::Cancel),
        (0_usize..6, 1_i64..500).prop_map(|(a, b)| Step::Restore(a, b)),
        (0_i64..4).prop_map(Step::Refund),
        (0_i64..150).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn every_lot_is_what_its_entries_tell(steps in prop::collection::vec(step(), 0..40)) {
        let (mut purse, mut now, mut top_ups) = (Purse::new(), 0, 0);
        let mut holds = Vec::new();
        for step in steps {
            match step {
                Step::Wait(seconds) => now += seconds,
                Step::PayIn(principal, bonus, life) => {
                    top_ups += 1;
                    purse.pay_in(top_ups, principal, bonus, Some(at(now + life)), now);
                }
                Step::Hold(amount, ttl) => {
                    holds.extend(purse.hold(amount, SpendOrder::ProRata, now, ttl));
                }
                Step::Confirm(n) => {
                    if let Some(id) = holds.get(n) {
                        let _ = purse.confirm(*id, now);
                    }
                }
                Step::Cancel(n) => {
                    if let Some(id) = holds.get(n) {
                        let (ids, entries) = (&mut purse.ids, &mut purse.entries);
                        let none = Cause::default();
                        let _ = cancel(&mut purse.wallet, *id, &none, at(now), ids, entries);
                    }
                }
                Step::Restore(n, amount) => {
                    if let Some(id) = holds.get(n) {
                        purse.restore(*id, amount, now);
                    }
                }
                Step::Refund(n) => {
                    let (ids, entries) = (&mut purse.ids, &mut purse.entries);
                    settle(&mut purse.wallet, at(now), ids, entries);
                    let (id, none) = (TopUpId(n), Cause::default());
                    let _ = refund(&mut purse.wallet, id, None, &none, at(now), ids, entries);
                }
            }
            let live: Money = purse
                .wallet
                .holds
                .iter()
                .filter(|hold| hold.state == HoldState::Live)
                .map(|hold| hold.amount)
                .sum();
            let held: Money = purse.wallet.lots.iter().map(|lot| lot.held).sum();
            prop_assert_eq!(live, held);
            for lot in &purse.wallet.lots {
                let own = purse.entries.iter().filter(|entry| entry.lot == lot.id);
                let (amount, moved) = own.fold((0, 0), |(amount, moved), entry| {
                    (amount + entry.amount.0, moved + entry.moved.0)
                });
                prop_assert!(lot.remaining.0 >= 0 && lot.held.0 >= 0);
                prop_assert_eq!(amount, lot.remaining.0 + lot.held.0);
                prop_assert_eq!(moved, lot.held.0);
            }
            let mut settled = purse.wallet.clone();
            let mut all = purse.entries.clone();
            settle(&mut settled, at(now), &mut Counter(9_000), &mut all);
            prop_assert_eq!(balance_then(&all, at(now)), balance(&purse.wallet, at(now)));
        }
    }
}
