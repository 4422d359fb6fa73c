//! Merging and un-merging (semantics 9).

use super::*;

fn at_home(desk: &Desk, lot: LotId) -> i64 {
    desk.account.lots.iter().filter(|known| known.id == lot).map(|lot| lot.remaining.0).sum()
}

#[test]
fn an_un_merge_sends_each_side_what_remains_of_its_lots() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let day = at("2026-05-01 10:00");
    let of_anna = anna.lot(100, day, Some(at("2026-06-01 00:00")));
    let of_bela = bela.lot(50, day, Some(at("2026-07-01 00:00")));
    let mut entries = anna.entries.clone();
    entries.append(&mut bela.entries);
    let cause = Cause::default();
    entries.extend(merge(&mut bela.account, &mut anna.account, &cause, day, &mut anna.ids));
    assert_eq!(anna.available(day), 150);
    anna.entries = Vec::new();
    anna.give(earning(BELA, 30, day), day);
    assert!(anna.spend(120, day).is_ok());

    let undone = unmerge(
        &mut anna.account,
        &mut bela.account,
        &|home| home == BELA,
        &mut anna.entries,
        &cause,
        day,
        &mut anna.ids,
    );

    assert_eq!((anna.available(day), bela.available(day)), (0, 60));
    assert_eq!((at_home(&anna, of_anna), at_home(&bela, of_bela)), (0, 30));
    entries.append(&mut anna.entries);
    entries.extend(undone.unwrap_or_default());
    assert_eq!(check(&anna.account, &entries), []);
    assert_eq!(check(&bela.account, &entries), []);
    let transfers = entries.iter().filter(|entry| entry.kind == EntryKind::Transfer);
    assert_eq!(transfers.map(|entry| entry.points).sum::<i64>(), 0);
}

#[test]
fn a_merged_debt_lowers_what_is_available_until_new_points_come() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let day = at("2026-05-01 10:00");
    anna.lot(50, day, None);
    bela.claw_back(ORDER, 30, day);

    merge(&mut bela.account, &mut anna.account, &Cause::default(), day, &mut anna.ids);

    assert_eq!((anna.available(day), anna.balance(day).debt), (20, Points(30)));
    let earned = anna.order(NEXT_ORDER, 45, day);
    assert_eq!(earned.debt_repaid, Points(30));
    assert_eq!(anna.available(day), 65);
}

#[test]
fn a_hold_goes_with_its_lots_and_one_on_both_sides_must_end_first() {
    let (mut anna, mut bela) = (Desk::new(), Desk::of(BELA));
    let (day, until) = (at("2026-05-01 10:00"), at("2026-05-01 10:15"));
    bela.lot(50, day, Some(at("2026-06-01 00:00")));
    anna.lot(50, day, Some(at("2026-07-01 00:00")));
    let cause = Cause::default();
    merge(&mut bela.account, &mut anna.account, &cause, day, &mut anna.ids);
    let of_bela = anna.hold(40, day, until);
    let of_both = anna.hold(40, day, at("2026-05-01 10:10"));
    let mut undo = |anna: &mut Desk, now| {
        let mut written = std::mem::take(&mut anna.entries);
        unmerge(
            &mut anna.account,
            &mut bela.account,
            &|home| home == BELA,
            &mut written,
            &cause,
            now,
            &mut anna.ids,
        )
        .map(|_| bela.account.clone())
    };

    assert_eq!(
        undo(&mut anna, at("2026-05-01 10:09:59.999999")),
        Err(LiveHoldOnBothSides { hold: of_both })
    );
    let bela = undo(&mut anna, at("2026-05-01 10:10"));

    let holds = bela.map(|account| account.holds.iter().map(|hold| hold.id).collect());
    assert_eq!(holds, Ok(vec![of_bela]));
    assert_eq!(anna.balance(at("2026-05-01 10:10")).held, Points(0));
}

#[test]
fn settling_writes_nothing_twice() {
    let mut desk = Desk::new();
    desk.lot(100, at("2026-05-01 10:00"), Some(at("2026-06-01 00:00")));

    let first = settle(&mut desk.account, at("2026-06-01 00:00"), &mut desk.ids);
    let second = settle(&mut desk.account, at("2026-06-01 00:00"), &mut desk.ids);

    assert_eq!((first.len(), second.len()), (1, 0));
}
