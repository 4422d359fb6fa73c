use proptest::prelude::*;

use super::*;
use crate::ids::TemplateId;

const SECOND: i64 = 1_000_000;

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * SECOND)
}

/// Valid from second 100 until second 1000.
fn coupon() -> Coupon {
    Coupon {
        id: CouponId(1),
        template: TemplateId(1),
        version: 1,
        code: "A".to_owned(),
        member: Some(MemberId(1)),
        home: Some(MemberId(1)),
        state: State::Issued,
        valid_from: at(100),
        valid_until: at(1000),
        received_at: at(50),
        uses_left: 1,
        lock: None,
        order: None,
        discount: Money::ZERO,
        source: Source::Issue,
        source_key: None,
        batch: None,
    }
}

fn request(session: &str, until: i64) -> HoldRequest {
    HoldRequest {
        member: Some(MemberId(1)),
        session: session.to_owned(),
        until: at(until),
        discount: Money(2000),
        uses: 1,
    }
}

fn order(number: &str) -> OrderKey {
    OrderKey { channel: "pos".to_owned(), order_no: number.to_owned() }
}

fn off(discount: i64) -> Redemption {
    Redemption { member: None, discount: Money(discount), uses: 1 }
}

fn usage(number: &str) -> Usage {
    Usage { order: order(number), uses: 1, discount: Money(1) }
}

fn nobody() -> Cause {
    Cause::default()
}

#[test]
fn a_coupon_is_usable_from_its_first_instant_and_not_at_its_end() {
    let coupon = coupon();

    assert!(!coupon.is_usable(Timestamp(at(100).0 - 1)));
    assert!(coupon.is_usable(at(100)));
    assert!(coupon.is_usable(Timestamp(at(1000).0 - 1)));
    assert!(!coupon.is_usable(at(1000)));
    assert_eq!(coupon.state_at(at(1000)), State::Expired);
}

#[test]
fn a_lock_counts_as_free_from_its_time_out() {
    let mut coupon = coupon();
    hold(&mut coupon, request("a", 300), &nobody(), at(200), &mut Vec::new()).unwrap();

    assert_eq!(coupon.state_at(Timestamp(at(300).0 - 1)), State::Locked);
    assert_eq!(coupon.state_at(at(300)), State::Issued);
    let other = hold(&mut coupon, request("b", 400), &nobody(), at(299), &mut Vec::new());
    assert_eq!(other, Err(Refusal::Locked));
    let other = hold(&mut coupon, request("b", 400), &nobody(), at(300), &mut Vec::new());
    assert_eq!(other, Ok(Done::Now));
}

#[test]
fn a_locked_coupon_does_not_expire_and_ends_when_it_is_released() {
    let mut coupon = coupon();
    let mut events = Vec::new();
    hold(&mut coupon, request("a", 1200), &nobody(), at(900), &mut events).unwrap();

    assert_eq!(coupon.state_at(at(1100)), State::Locked);
    release(&mut coupon, "a", &nobody(), at(1100), &mut events);

    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Locked, EventKind::Released, EventKind::Expired]);
    assert_eq!(coupon.state, State::Expired);
}

#[test]
fn a_late_confirmation_takes_the_coupon_again_or_loses_it() {
    let mut mine = coupon();
    hold(&mut mine, request("a", 300), &nobody(), at(200), &mut Vec::new()).unwrap();
    let mut lost = mine.clone();
    hold(&mut lost, request("b", 600), &nobody(), at(300), &mut Vec::new()).unwrap();

    let again =
        confirm(&mut mine, request("a", 300), &order("1"), &nobody(), at(500), &mut Vec::new());
    let gone =
        confirm(&mut lost, request("a", 300), &order("1"), &nobody(), at(500), &mut Vec::new());

    assert_eq!((again, mine.state), (Ok(Done::Now), State::Redeemed));
    assert_eq!(gone, Err(Refusal::LockLost));
}

#[test]
fn redeeming_for_the_same_order_again_changes_nothing() {
    let mut coupon = coupon();
    let mut events = Vec::new();
    let mut redeem =
        |number: &str| redeem(&mut coupon, off(5), &order(number), &nobody(), at(200), &mut events);

    assert_eq!(redeem("1"), Ok(Done::Now));
    assert_eq!(redeem("1"), Ok(Done::Before));
    assert_eq!(redeem("2"), Err(Refusal::Redeemed));
    assert_eq!(events.len(), 2);
}

#[test]
fn a_coupon_that_comes_back_after_its_end_lives_seven_days_to_the_end_of_the_day() {
    let zone = zone();
    let used = "2026-05-01T10:00:00+08:00".parse().unwrap();
    let refunded: Timestamp = "2026-06-01T10:00:00+08:00".parse().unwrap();
    let mut coupon = Coupon {
        valid_from: used,
        valid_until: "2026-05-02T00:00:00+08:00".parse().unwrap(),
        ..coupon()
    };
    redeem(&mut coupon, off(1), &order("1"), &nobody(), used, &mut Vec::new()).unwrap();

    restore(&mut coupon, &usage("1"), &zone, &nobody(), refunded, &mut Vec::new());

    assert_eq!(coupon.state, State::Issued);
    assert_eq!(coupon.valid_until.to_string(), "2026-06-08T16:00:00Z");
}

#[test]
fn a_times_card_is_used_up_by_its_last_use() {
    let mut card = Coupon { uses_left: 2, ..coupon() };
    let mut redeem = |number: &str| {
        redeem(&mut card, off(1), &order(number), &nobody(), at(200), &mut Vec::new())
            .map(|_| (card.state, card.uses_left))
    };

    assert_eq!(redeem("1"), Ok((State::Issued, 1)));
    assert_eq!(redeem("2"), Ok((State::Redeemed, 0)));
    assert_eq!(redeem("3"), Err(Refusal::Redeemed));
}

#[test]
fn a_coupon_given_away_ends_and_begins_with_another_code() {
    let mut coupon = coupon();
    let mut events = Vec::new();

    let new = (CouponId(2), "B".to_owned());
    let given = transfer(&mut coupon, MemberId(2), new, &nobody(), at(200), &mut events).unwrap();

    assert_eq!(coupon.state, State::Transferred);
    assert_eq!(
        (given.state, given.member, given.valid_until),
        (State::Issued, Some(MemberId(2)), at(1000))
    );
    assert_eq!(events.len(), 2);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Hold(u8),
    Release(u8),
    Confirm(u8),
    Redeem(u8),
    Restore(u8),
    Revoke,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..3).prop_map(Step::Hold),
        (0_u8..3).prop_map(Step::Release),
        (0_u8..3).prop_map(Step::Confirm),
        (0_u8..3).prop_map(Step::Redeem),
        (0_u8..3).prop_map(Step::Restore),
        Just(Step::Revoke),
        (0_i64..400).prop_map(Step::Wait),
    ]
}

fn is_legal(from: State, to: State) -> bool {
    use State as S;
    matches!(
        (from, to),
        (S::Issued, S::Locked | S::Expired | S::Revoked | S::Transferred | S::Issued)
            | (S::Locked, S::Redeemed | S::Issued | S::Locked)
            | (S::Redeemed, S::Issued)
    )
}

proptest! {
    #[test]
    fn only_legal_ways_are_ever_gone_and_the_history_leads_to_the_state(
        steps in prop::collection::vec(step(), 0..40),
        uses in 1_i64..3,
    ) {
        let mut coupon = Coupon { uses_left: uses, ..coupon() };
        let (zone, cause, mut now) = (zone(), nobody(), at(100));
        let mut events = Vec::new();
        for step in steps {
            let name = |n: u8| format!("s{n}");
            match step {
                Step::Wait(seconds) => now = now.plus_seconds(seconds),
                Step::Hold(n) => {
                    let asked = HoldRequest { until: now.plus_seconds(100), ..request(&name(n), 0) };
                    let _ = hold(&mut coupon, asked, &cause, now, &mut events);
                }
                Step::Release(n) => {
                    release(&mut coupon, &name(n), &cause, now, &mut events);
                }
                Step::Confirm(n) => {
                    let asked = request(&name(n), 0);
                    let _ = confirm(&mut coupon, asked, &order(&name(n)), &cause, now, &mut events);
                }
                Step::Redeem(n) => {
                    let by = order(&name(n));
                    let _ = redeem(&mut coupon, off(1), &by, &cause, now, &mut events);
                }
                Step::Restore(n) => {
                    if coupon.order.as_ref() == Some(&order(&name(n))) {
                        restore(&mut coupon, &usage(&name(n)), &zone, &cause, now, &mut events);
                    }
                }
                Step::Revoke => {
                    let _ = revoke(&mut coupon, &cause, now, &mut events);
                }
            }
        }
        let mut state = State::Issued;
        for event in &events {
            prop_assert_eq!(event.from, Some(state));
            prop_assert!(is_legal(state, event.to), "{state:?} to {:?}", event.to);
            state = event.to;
        }
        prop_assert_eq!(coupon.state, state);
        prop_assert_eq!(coupon.lock.is_some(), state == State::Locked);
        prop_assert!((0..=uses).contains(&coupon.uses_left));
    }
}
