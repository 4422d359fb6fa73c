//! Verifying finds what was changed behind the program's back.

use crate::server::{Connection, Place, order};

fn with_orders() -> Place {
    let place = Place::sqlite();
    let server = place.start();
    let mut connection = Connection::to(server.address).unwrap();
    for number in 0..5 {
        let reply = connection
            .send("POST", "/api/v1/orders", &order(&format!("v{number}"), number))
            .unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }
    server.stop();
    place
}

fn findings(place: &Place) -> String {
    let output = place.run(&["verify"]);
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn honest_books_are_right() {
    let place = with_orders();

    let said = place.run_well(&["verify"]);

    assert!(said.contains("5 members, 5 orders"), "{said}");
    assert!(said.contains("the books are right"), "{said}");
}

#[test]
fn a_point_taken_from_a_lot_is_found_with_its_member() {
    let place = with_orders();
    place.meddle(
        "update lots set remaining = remaining - 1 where lot_id = (select min(lot_id) from lots)",
    );

    let said = findings(&place);

    assert!(said.contains("the whole program"), "{said}");
    assert!(said.contains("the entries of M"), "{said}");
}

#[test]
fn an_order_worth_more_than_its_lines_is_found() {
    let place = with_orders();
    place.meddle(
        "update orders set points = points + 1
         where order_id = (select min(order_id) from orders)",
    );

    assert!(findings(&place).contains("points"));
}

#[test]
fn a_changed_counter_and_a_lost_order_number_are_found() {
    let place = with_orders();
    place.meddle(
        "update members set orders_count = 9
         where member_id = (select min(member_id) from members)",
    );
    place.meddle("delete from order_keys where order_no = 'v3'");

    let said = findings(&place);

    assert!(said.contains("the books say 9, the facts 1"), "{said}");
    assert!(said.contains("claimed order numbers"), "{said}");
}

#[test]
fn a_changed_line_of_the_audit_log_is_found() {
    let place = with_orders();
    place.meddle("update audit_log set detail = '{}' where seq = 1");

    assert!(findings(&place).contains("audit log"));
}
