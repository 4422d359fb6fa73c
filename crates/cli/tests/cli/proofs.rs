//! `hui verify` finds what was corrupted, and names it.

use hui_loyalty::ids::MemberId;
use hui_operations::actor::Actor;
use hui_operations::move_points::{MoveRequest, Movement, move_points};

use crate::imports::{ORDERS_MAP, orders_csv};
use crate::places::{Place, on_both, text};

/// Two members with orders, one of them with a live hold and a debtless past.
fn fill(place: &Place) -> MemberId {
    let map = place.write("map.toml", ORDERS_MAP);
    let file = place.write("orders.csv", &orders_csv(0..20));
    place.hui(&["import", "orders", text(&file), "--mapping", text(&map)]).good();
    let member = MemberId(place.number("select min(member_id) from members"));
    let actor = Actor::system(place.program(), "test");
    place.with_operations(async |operations| {
        let hold = Movement::Hold { member, points: 5, purpose: "till".to_owned(), ttl_s: 3600 };
        let request = MoveRequest { movement: hold, key: None };
        for answer in move_points(operations, &actor, vec![request]).await {
            answer.unwrap();
        }
    });
    place.hui(&["key", "create", "till"]).good();
    member
}

/// A corruption, what undoes it, and what the proof must say.
struct Corruption {
    what: &'static str,
    corrupt: &'static str,
    undo: &'static str,
    said: &'static str,
    names_member: bool,
}

const LOT: &str = "(select min(lot_id) from lots where member_id = {m} and held > 0)";
const ENTRY: &str = "(select min(entry_id) from entries where member_id = {m} and kind = 'earn')";

const CORRUPTIONS: &[Corruption] = &[
    Corruption {
        what: "what remains of a lot",
        corrupt: "update lots set remaining = remaining - 1 where lot_id = {lot}",
        undo: "update lots set remaining = remaining + 1 where lot_id = {lot}",
        said: "Σ changes of a lot = the lot fails",
        names_member: true,
    },
    Corruption {
        what: "what remains of a lot, seen from the whole account",
        corrupt: "update lots set remaining = remaining - 1 where lot_id = {lot}",
        undo: "update lots set remaining = remaining + 1 where lot_id = {lot}",
        said: "Σ entries = Σ remaining + Σ held − debt fails",
        names_member: true,
    },
    Corruption {
        what: "what is held of a lot",
        corrupt: "update lots set held = held - 1, remaining = remaining + 1 where lot_id = {lot}",
        undo: "update lots set held = held + 1, remaining = remaining - 1 where lot_id = {lot}",
        said: "Σ draws of live holds = held fails",
        names_member: true,
    },
    Corruption {
        what: "an entry's points",
        corrupt: "update entries set points = points + 1 where entry_id = {entry}",
        undo: "update entries set points = points - 1 where entry_id = {entry}",
        said: "an entry's points = its changes of lots − its debt fails",
        names_member: true,
    },
    Corruption {
        what: "the balance's debt on the member",
        corrupt: "update members set debt = debt + 1 where member_id = {m}",
        undo: "update members set debt = debt - 1 where member_id = {m}",
        said: "debt: the books say 1, the facts 0",
        names_member: true,
    },
    Corruption {
        what: "a debt nobody made",
        corrupt: "insert into debts (program_id, member_id, home_id, points)
                  select program_id, member_id, member_id, 3 from members where member_id = {m}",
        undo: "delete from debts where member_id = {m}",
        said: "Σ changes of the debt = debt fails",
        names_member: true,
    },
    Corruption {
        what: "the growth of a member",
        corrupt: "update members set growth_lifetime = growth_lifetime + 1 where member_id = {m}",
        undo: "update members set growth_lifetime = growth_lifetime - 1 where member_id = {m}",
        said: "growth: the books say",
        names_member: true,
    },
    Corruption {
        what: "a line of growth",
        corrupt: "update growth_entries set points = points + 1 where growth_id =
                  (select min(growth_id) from growth_entries where member_id = {m})",
        undo: "update growth_entries set points = points - 1 where growth_id =
               (select min(growth_id) from growth_entries where member_id = {m})",
        said: "growth: the books say",
        names_member: true,
    },
    Corruption {
        what: "a hold's points",
        corrupt: "update holds set points = points + 1 where member_id = {m}",
        undo: "update holds set points = points - 1 where member_id = {m}",
        said: "hold",
        names_member: true,
    },
    Corruption {
        what: "a hold that ended without a trace",
        corrupt: "update holds set state = 'released' where member_id = {m}",
        undo: "update holds set state = 'live' where member_id = {m}",
        said: "Σ draws of live holds = held fails",
        names_member: true,
    },
    Corruption {
        what: "the money a member spent",
        corrupt: "update members set spent = spent + 1 where member_id = {m}",
        undo: "update members set spent = spent - 1 where member_id = {m}",
        said: "spent: the books say",
        names_member: true,
    },
    Corruption {
        what: "the points of an order",
        corrupt: "update orders set points = points + 1 where member_id = {m}",
        undo: "update orders set points = points - 1 where member_id = {m}",
        said: "points: the books say",
        names_member: false,
    },
    Corruption {
        what: "an identity that belongs to nobody in use",
        corrupt: "update identities set member_id = 7 where member_id = {m}",
        undo: "update identities set member_id = {m} where member_id = 7",
        said: "which is not in use",
        names_member: false,
    },
    Corruption {
        what: "a line of the audit log",
        corrupt: "update audit_log set detail = '{}' || detail where seq = 2",
        undo: "update audit_log set detail = substr(detail, 3) where seq = 2",
        said: "the audit log's chain breaks at its line 2",
        names_member: false,
    },
    Corruption {
        what: "the last lines of the audit log",
        corrupt: "update audit_heads set seq = seq + 1",
        undo: "update audit_heads set seq = seq - 1",
        said: "the audit log's chain breaks",
        names_member: false,
    },
];

on_both!(every_corrupted_row_is_found_and_its_member_named, |place| {
    let member = fill(place);
    place.verify();
    let number = member.0.to_string();
    let filled =
        |sql: &str| sql.replace("{lot}", LOT).replace("{entry}", ENTRY).replace("{m}", &number);

    for corruption in CORRUPTIONS {
        place.execute(&filled(corruption.corrupt));
        let said = place.hui(&["verify"]).bad();
        assert!(said.contains(corruption.said), "{}: {said}", corruption.what);
        let name = member.to_string();
        assert!(!corruption.names_member || said.contains(&name), "{}: {said}", corruption.what);
        place.execute(&filled(corruption.undo));
    }

    place.verify();
});

on_both!(a_lost_entry_is_found, |place| {
    let member = fill(place);

    place.execute(&format!("delete from entries where member_id = {} and kind = 'hold'", member.0));

    let said = place.hui(&["verify"]).bad();
    assert!(said.contains(&member.to_string()), "{said}");
});

on_both!(a_lost_order_number_is_found, |place| {
    fill(place);

    place.execute("delete from order_keys where order_no = 'N1'");

    let said = place.hui(&["verify"]).bad();
    assert!(said.contains("claimed order numbers: the books say 19, the facts 20"), "{said}");
});

on_both!(a_program_that_is_not_there_is_said_so, |place| {
    let said = place.hui(&["verify", "--program", "elsewhere"]).bad();

    assert!(said.contains("there is no program elsewhere"), "{said}");
});
