//! Orders and the ledger come back as they were written.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{
    EntryId, HoldId, IdentityId, LotId, MemberId, OrderId, ProgramId, RefundId,
};
use hui_loyalty::ledger::{
    Account, Cause, Debt, Draw, Entry, EntryKind, Hold, HoldState, Lot, LotChange, Source,
    SourceKind,
};
use hui_loyalty::orders::{OrderKey, RecordedLine, Status};
use hui_store::ledger::{self, Lots};
use hui_store::orders::{self, OrderRow};
use hui_store::{Store, Tx};

use crate::databases::{OTHER, PROGRAM, at, on_both};

const ODD: &str = "it's \"odd\" \\ 会·惠·汇 👪 {set} $1\nand on";
const MEMBER: MemberId = MemberId(i64::MAX);

fn key(order_no: &str) -> OrderKey {
    OrderKey { channel: "douyin".to_owned(), order_no: order_no.to_owned() }
}

fn line() -> RecordedLine {
    RecordedLine {
        line_no: "1".to_owned(),
        sku: ODD.to_owned(),
        category: None,
        quantity: 2,
        unit_price: Money(9_950),
        paid: Money(19_900),
        points: Points(30),
        growth: Points(199),
        refunded: Money(6_633),
        returned: 1,
        points_taken: Points(9),
        growth_taken: Points(66),
    }
}

fn bare(id: i64, order_no: &str) -> OrderRow {
    OrderRow {
        id: OrderId(id),
        key: key(order_no),
        fingerprint: "f".to_owned(),
        shop: None,
        staff: None,
        touchpoint: None,
        status: Status::Placed,
        placed_at: None,
        paid_at: None,
        completed_at: None,
        closed_at: None,
        member: None,
        home: None,
        identity: None,
        paid: Money(0),
        shipping: Money(0),
        refunded: Money(0),
        refunded_shipping: Money(0),
        lines: vec![line()],
        points: Points(0),
        growth: Points(0),
        lot: None,
        rule_version: None,
        explanation: None,
        spent_points: Points(0),
        spent_draws: None,
        restored_points: Points(0),
        receipt: "{}".to_owned(),
        recorded_at: at(1),
        updated_at: at(1),
    }
}

fn full(id: i64, order_no: &str) -> OrderRow {
    OrderRow {
        shop: Some(ODD.to_owned()),
        staff: Some(ODD.to_owned()),
        touchpoint: Some(ODD.to_owned()),
        placed_at: Some(at(1)),
        paid_at: Some(at(2)),
        completed_at: Some(at(3)),
        closed_at: Some(at(4)),
        status: Status::Closed,
        member: Some(MEMBER),
        home: Some(MemberId(8)),
        identity: Some(IdentityId(9)),
        paid: Money(20_900),
        shipping: Money(1_000),
        refunded: Money(6_633),
        points: Points(30),
        growth: Points(199),
        lot: Some(LotId(10)),
        rule_version: Some(2),
        explanation: Some("{}".to_owned()),
        spent_points: Points(5),
        spent_draws: Some("[]".to_owned()),
        restored_points: Points(1),
        updated_at: at(5),
        ..bare(id, order_no)
    }
}

async fn insert(tx: &mut Tx, program: ProgramId, row: &OrderRow) {
    let fresh = orders::claim(tx, program, &[(&row.key, row.id)]).await.unwrap();
    assert!(fresh.contains(&row.id));
    orders::insert(tx, program, [row]).await.unwrap();
}

on_both!(an_order_comes_back_as_it_was, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let (empty, complete) = (bare(1, ODD), full(2, "2"));
    insert(&mut tx, PROGRAM, &empty).await;
    insert(&mut tx, PROGRAM, &complete).await;

    assert_eq!(orders::find(&mut tx, PROGRAM, &empty.key).await.unwrap(), Some(empty.clone()));
    assert_eq!(orders::find(&mut tx, OTHER, &empty.key).await.unwrap(), None);
    let loaded = orders::load(&mut tx, PROGRAM, [empty.id, complete.id]).await.unwrap();
    assert_eq!(loaded, HashMap::from([(empty.id, empty), (complete.id, complete)]));
});

on_both!(a_changed_order_comes_back_changed, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    insert(&mut tx, PROGRAM, &bare(1, "1")).await;
    let fixed = bare(1, "1");
    let changed = OrderRow {
        shop: fixed.shop,
        staff: fixed.staff,
        touchpoint: fixed.touchpoint,
        paid: fixed.paid,
        shipping: fixed.shipping,
        ..full(1, "1")
    };

    orders::update(&mut tx, PROGRAM, [&changed]).await.unwrap();

    assert_eq!(orders::find(&mut tx, PROGRAM, &key("1")).await.unwrap(), Some(changed));
});

on_both!(an_order_number_is_claimed_once_and_free_when_given_up, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let number = key("1");

    let first = orders::claim(&mut tx, PROGRAM, &[(&number, OrderId(1))]).await.unwrap();
    let second = orders::claim(&mut tx, PROGRAM, &[(&number, OrderId(2))]).await.unwrap();
    orders::give_up(&mut tx, PROGRAM, &[(&number, OrderId(1))]).await.unwrap();
    let third = orders::claim(&mut tx, PROGRAM, &[(&number, OrderId(3))]).await.unwrap();

    assert_eq!((first.len(), second.len(), third.len()), (1, 0, 1));
});

fn lot(id: i64, remaining: i64) -> Lot {
    Lot {
        id: LotId(id),
        home: MEMBER,
        points: Points(100),
        remaining: Points(remaining),
        held: Points(20),
        expired: Points(10),
        lapsed: Points(5),
        clawed_back: Points(3),
        earned_at: at(1),
        available_at: None,
        pending: true,
        expires_at: None,
        source: Source {
            kind: SourceKind::Order,
            order: Some(OrderId(1)),
            channel: Some("douyin".to_owned()),
            shop: Some(ODD.to_owned()),
            rule: None,
        },
    }
}

fn account(lots: Vec<Lot>) -> Account {
    let hold = Hold {
        id: HoldId(1),
        points: Points(20),
        purpose: ODD.to_owned(),
        until: at(60),
        state: HoldState::Live,
        draws: vec![Draw { lot: LotId(1), points: Points(20) }],
        created_at: at(1),
    };
    Account {
        member: MEMBER,
        lots,
        holds: vec![hold],
        debts: vec![Debt { home: MemberId(8), points: Points(7) }],
    }
}

fn of_member(account: Account) -> HashMap<MemberId, Account> {
    HashMap::from([(MEMBER, account)])
}

on_both!(an_account_comes_back_as_it_was_saved, async |store: Store| {
    let mut tx = store.begin().await.unwrap();
    let nothing = of_member(Account::new(MEMBER));
    let first = of_member(account(vec![lot(1, 50), lot(2, 60)]));
    ledger::save_accounts(&mut tx, PROGRAM, &nothing, &first).await.unwrap();
    let loaded = ledger::load_accounts(&mut tx, PROGRAM, [MEMBER], Lots::All).await.unwrap();
    assert_eq!(loaded, first);

    let ended = Lot {
        remaining: Points(0),
        held: Points(0),
        available_at: Some(at(5)),
        pending: false,
        expires_at: Some(at(9)),
        ..lot(2, 0)
    };
    let mut later = account(vec![lot(1, 40), ended]);
    later.debts.clear();
    let second = of_member(later.clone());
    ledger::save_accounts(&mut tx, PROGRAM, &first, &second).await.unwrap();

    let loaded = ledger::load_accounts(&mut tx, PROGRAM, [MEMBER], Lots::All).await.unwrap();
    assert_eq!(loaded, second);
    later.lots.truncate(1);
    let open = ledger::load_accounts(&mut tx, PROGRAM, [MEMBER], Lots::Open).await.unwrap();
    assert_eq!(open, of_member(later));
    let others = ledger::load_accounts(&mut tx, OTHER, [MEMBER], Lots::All).await.unwrap();
    assert_eq!(others, nothing);
});

fn entry(id: i64, cause: Cause) -> Entry {
    Entry {
        id: EntryId(id),
        member: MEMBER,
        home: MemberId(8),
        kind: EntryKind::Clawback,
        points: -30,
        moved: None,
        debt: 10,
        lot: None,
        changes: vec![LotChange { lot: LotId(1), remaining: -20, held: 0 }],
        at: at(-1),
        cause,
    }
}

on_both!(entries_come_back_as_they_were, async |store: Store| {
    let cause = Cause {
        order: Some(OrderId(1)),
        refund: Some(RefundId(2)),
        hold: Some(HoldId(3)),
        channel: Some("douyin".to_owned()),
        shop: Some(ODD.to_owned()),
        staff: Some(ODD.to_owned()),
        rule_version: Some(4),
        key: Some(ODD.to_owned()),
    };
    let full = Entry { moved: Some(Points(3)), lot: Some(LotId(1)), ..entry(1, cause) };
    let entries = [full, entry(2, Cause::default())];
    let mut tx = store.begin().await.unwrap();
    ledger::insert_entries(&mut tx, PROGRAM, &entries, at(5)).await.unwrap();

    let all = ledger::entries_of(&mut tx, PROGRAM, [MEMBER], None).await.unwrap();
    assert!(all.iter().all(|row| row.recorded_at == at(5)));
    let all: Vec<Entry> = all.into_iter().map(|row| row.entry).collect();
    assert_eq!(all, entries);
    let since = ledger::entries_of(&mut tx, PROGRAM, [MEMBER], Some(EntryId(2))).await.unwrap();
    assert_eq!(since.len(), 1);
});
