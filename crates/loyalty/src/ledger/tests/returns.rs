//! Refunds (semantics 5).

use super::*;

#[test]
fn partial_refunds_take_the_difference_to_what_was_taken() {
    let so_far = |refunded| taken_so_far(Points(30), Money(19900), Money(refunded), 1, 0);

    assert_eq!(so_far(0), Points(0));
    assert_eq!(so_far(6633), Points(9));
    assert_eq!(so_far(19899), Points(29));
    assert_eq!(so_far(19900).minus(so_far(6633)), Points(21));
}

#[test]
fn a_free_line_is_taken_back_by_pieces() {
    let so_far = |returned| taken_so_far(Points(10), Money(0), Money(0), 3, returned);

    assert_eq!([so_far(0), so_far(1), so_far(2), so_far(3)].map(|points| points.0), [0, 3, 6, 10]);
}

#[test]
fn what_is_not_there_any_more_becomes_debt_and_the_next_order_pays_it() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.order(ORDER, 30, day);
    assert!(desk.spend(30, day).is_ok());

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!((refunded.clawed_back, refunded.debt), (Points(0), Points(30)));
    assert_eq!(desk.entries.last().map(|entry| (entry.points, entry.debt)), Some((-30, 30)));
    let next = desk.order(NEXT_ORDER, 45, at("2026-05-02 10:00"));
    assert_eq!(next.debt_repaid, Points(30));
    assert_eq!(desk.available(at("2026-05-02 10:00")), 15);
    desk.assert_balanced();
}

#[test]
fn a_shortfall_may_be_written_off() {
    let mut desk = Desk::with(Shortfall::Zero);
    let day = at("2026-05-01 10:00");

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!(refunded, RefundedPoints { written_off: Points(30), ..RefundedPoints::default() });
    let written = desk.entries.last().map(|entry| (entry.kind, entry.points, entry.moved));
    assert_eq!(written, Some((EntryKind::Clawback, 0, Some(Points(30)))));
    desk.assert_balanced();
}

#[test]
fn a_shortfall_may_be_withheld_in_money() {
    let mut desk = Desk::with(Shortfall::Cash);
    desk.policy.value = Value { money: Money(1), points: Points(2) };
    let day = at("2026-05-01 10:00");

    let refunded = desk.claw_back(ORDER, 31, day);

    assert_eq!(refunded, RefundedPoints { withhold: Money(16), ..RefundedPoints::default() });
    assert!(desk.entries.is_empty());
}

#[test]
fn the_own_lot_pays_first_then_the_soonest_to_expire() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let own = desk.order(ORDER, 30, day).lot.unwrap_or(LotId(0));
    let soon = desk.lot(10, day, Some(at("2026-06-01 00:00")));
    assert!(desk.spend(20, day).is_ok());
    let later = desk.lot(10, day, Some(at("2026-07-01 00:00")));
    let waiting = Earning { available_at: None, ..earning(ANNA, 99, day) };
    let pending = desk.give(waiting, day).lot.unwrap_or(LotId(0));

    let refunded = desk.claw_back(ORDER, 35, day);

    assert_eq!((refunded.clawed_back, refunded.debt), (Points(30), Points(5)));
    assert_eq!(desk.found(own).clawed_back, Points(20));
    assert_eq!(desk.found(soon).clawed_back, Points(0));
    assert_eq!(desk.found(later).clawed_back, Points(10));
    assert_eq!(desk.found(pending).remaining, Points(99));
    desk.assert_balanced();
}

#[test]
fn a_pending_own_lot_pays_although_it_cannot_be_spent() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let waiting = earning(ANNA, 30, day);
    let source = Source { order: Some(ORDER), ..waiting.source.clone() };
    desk.give(Earning { available_at: None, source, ..waiting }, day);

    let refunded = desk.claw_back(ORDER, 30, day);

    assert_eq!((refunded.clawed_back, refunded.from_pending), (Points(30), Points(30)));
    assert_eq!(desk.balance(day).pending, Points(0));
    desk.assert_balanced();
}

#[test]
fn what_expired_of_the_own_lot_is_charged_to_nobody_and_only_once() {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let own = earning(ANNA, 30, day);
    let source = Source { order: Some(ORDER), ..own.source.clone() };
    desk.give(Earning { expires_at: Some(at("2026-06-01 00:00")), source, ..own }, day);
    assert!(desk.spend(10, day).is_ok());
    let june = at("2026-06-02 10:00");
    let other = desk.lot(100, june, None);

    let first = desk.claw_back(ORDER, 12, june);
    let second = desk.claw_back(ORDER, 18, june);

    assert_eq!((first.lapsed, first.clawed_back), (Points(12), Points(0)));
    assert_eq!((second.lapsed, second.clawed_back), (Points(8), Points(10)));
    assert_eq!(desk.found(other).remaining, Points(90));
    desk.assert_balanced();
}

#[test]
fn restored_points_go_back_last_consumed_first() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    let june = desk.lot(60, day, Some(at("2026-06-01 00:00")));
    let july = desk.lot(100, day, Some(at("2026-07-01 00:00")));
    let draws = spent_draws(&desk.spend(80, day)?);

    let refunded = desk.refund(ORDER, day, 30, &draws, 0, day);

    assert_eq!(refunded.restored, Points(30));
    assert_eq!(desk.found(july).remaining, Points(100));
    assert_eq!(desk.found(june).remaining, Points(10));
    let restored: Vec<i64> = refunded.restored_draws.iter().map(|draw| draw.points.0).collect();
    assert_eq!(restored, [20, 10]);
    desk.assert_balanced();
    Ok(())
}

#[test]
fn a_second_refund_restores_what_the_first_left() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, Some(at("2026-06-01 00:00")));
    desk.lot(100, day, Some(at("2026-07-01 00:00")));
    let mut draws = spent_draws(&desk.spend(80, day)?);
    for restored in desk.refund(ORDER, day, 30, &draws, 0, day).restored_draws {
        for draw in draws.iter_mut().filter(|draw| draw.lot == restored.lot) {
            draw.restored = draw.restored.plus(restored.points);
        }
    }

    let rest = desk.refund(ORDER, day, 50, &draws, 0, day);

    assert_eq!(rest.restored, Points(50));
    assert_eq!(desk.available(day), 160);
    assert_eq!(desk.refund(ORDER, day, 0, &draws, 0, day), RefundedPoints::default());
    desk.assert_balanced();
    Ok(())
}

#[test]
fn what_comes_back_of_an_expired_lot_lives_for_the_days_of_grace() -> Result<(), Insufficient> {
    let end = at("2026-06-01 00:00");
    for (refunded_at, lots) in [(at("2026-05-31 23:59:59.999999"), 1), (end, 2)] {
        let mut desk = Desk::new();
        let day = at("2026-05-01 10:00");
        desk.lot(60, day, Some(end));
        let draws = spent_draws(&desk.spend(60, day)?);

        desk.refund(ORDER, refunded_at, 60, &draws, 0, refunded_at);

        assert_eq!(desk.account.lots.len(), lots);
        assert_eq!(desk.available(refunded_at), 60);
        desk.assert_balanced();
        if lots == 2 {
            assert_eq!(desk.available(at("2026-07-01 23:59:59.999999")), 60);
            assert_eq!(desk.available(at("2026-07-02 00:00")), 0);
            let restored = desk.account.lots.last().map(|lot| (lot.source.kind, lot.expires_at));
            assert_eq!(restored, Some((SourceKind::Restore, Some(at("2026-07-02 00:00")))));
        }
    }
    Ok(())
}

#[test]
fn restored_points_pay_debt_before_the_claw_back() -> Result<(), Insufficient> {
    let mut desk = Desk::new();
    let day = at("2026-05-01 10:00");
    desk.lot(60, day, None);
    let draws = spent_draws(&desk.spend(60, day)?);
    desk.claw_back(NEXT_ORDER, 25, day);

    let refunded = desk.refund(ORDER, day, 60, &draws, 40, day);

    assert_eq!(
        (refunded.restored, refunded.clawed_back, refunded.debt),
        (Points(60), Points(35), Points(5))
    );
    assert_eq!(desk.balance(day).debt, Points(5));
    desk.assert_balanced();
    Ok(())
}
