//! A day at the till, over HTTP and against the real binary: what a cashier does from the first
//! shopper to the last, with a network that fails in between.

use serde_json::{Value, json};

use crate::server::{Connection, Place, Server};

/// A till: a connection that is made anew whenever it broke.
struct Till<'a> {
    server: &'a Server,
    connection: Connection,
    keys: u32,
}

impl<'a> Till<'a> {
    fn of(server: &'a Server) -> Self {
        Self { server, connection: Connection::to(server.address).unwrap(), keys: 0 }
    }

    fn send(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.connection.send(method, path, &body.to_string()).unwrap();
        (reply.status, reply.json())
    }

    fn ask(&mut self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send("POST", path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Asks with a key of its own, as what has no number of its own needs.
    fn keyed(&mut self, path: &str, body: &Value) -> Value {
        self.keys += 1;
        let key = format!("till-{}", self.keys);
        let reply = self.connection.send_keyed(&key, path, &body.to_string()).unwrap();
        let answer = reply.json();
        assert_eq!(reply.status, 200, "{path}: {answer}");
        answer
    }

    /// Sends a request and loses the network before the answer comes.
    fn cut_off(&mut self, path: &str, body: &Value) {
        self.cut_off_with("", path, body);
    }

    fn cut_off_with(&mut self, headers: &str, path: &str, body: &Value) {
        self.connection.write("POST", path, headers, &body.to_string()).unwrap();
        self.connection = Connection::to(self.server.address).unwrap();
    }

    fn put(&mut self, path: &str, body: &Value) {
        let (status, answer) = self.send("PUT", path, body);
        assert_eq!(status, 200, "{path}: {answer}");
    }
}

fn phone() -> Value {
    json!({"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]})
}

fn cart(member: &str) -> Value {
    json!({
        "member": {"id": member}, "channel": "pos", "shop": "S0001", "staff": "G0007",
        "lines": [
            {"line_no": "1", "sku": "A1", "category": "skincare/serum", "quantity": 2, "unit_price": 9_950},
            {"line_no": "2", "sku": "B2", "quantity": 1, "unit_price": 5_100}
        ],
        "shipping": 1_000,
        "offers": {"coupons": "best", "points": {"use": 500}, "wallet": {"use": 5_500}}
    })
}

/// A member who joins at the till, with points to spend.
fn joins(till: &mut Till<'_>) -> String {
    let (status, _) = till.send("POST", "/api/v1/members/lookup", &phone());
    assert_eq!(status, 404);
    till.keyed("/api/v1/members", &phone());
    let found = till.ask("/api/v1/members/lookup", &phone());
    let member = found["member_id"].as_str().unwrap().to_owned();
    let grant = json!({"points": 2_000, "reason": "moved from the old card"});
    till.keyed(&format!("/api/v1/members/{member}/points/adjust"), &grant);
    member
}

/// What the member has: points available, points held, principal, bonus.
fn has(till: &mut Till<'_>) -> [i64; 4] {
    let summary = till.ask("/api/v1/members/lookup", &phone());
    let (points, wallet) = (&summary["points"], &summary["wallet"]);
    [&points["available"], &points["held"], &wallet["principal"], &wallet["bonus"]]
        .map(|figure| figure.as_i64().unwrap_or_else(|| panic!("{summary}")))
}

fn tops_up(till: &mut Till<'_>, member: &str) {
    let paid = json!({
        "principal": 20_000, "bonus": 2_000, "channel": "pos", "shop": "S0001", "staff": "G0007"
    });
    till.keyed(&format!("/api/v1/members/{member}/wallet/top-ups"), &paid);
}

/// Quotes and locks; the network fails while the lock is asked for.
fn locks_through_a_cut(till: &mut Till<'_>, member: &str) -> Value {
    let quote = till.ask("/api/v1/checkout/quotes", &cart(member));
    let mut asked = cart(member);
    asked["order_no"] = json!("T0001-1");

    till.cut_off("/api/v1/checkout/locks", &asked);
    let lock = till.ask("/api/v1/checkout/locks", &asked);
    let again = till.ask("/api/v1/checkout/locks", &asked);
    let id = lock["lock_id"].as_str().unwrap();
    let read = till.get(&format!("/api/v1/checkout/locks/{id}"));

    assert_eq!(quote["to_pay"], lock["to_pay"]);
    assert_eq!((&lock, &lock), (&again, &read));
    assert_eq!(lock["state"], "held");
    lock
}

/// Confirms; the network fails while the confirmation is sent.
fn confirms_through_a_cut(till: &mut Till<'_>, lock: &Value) -> Value {
    let path = format!("/api/v1/checkout/locks/{}/confirm", lock["lock_id"].as_str().unwrap());
    let body = json!({"order_no": "T0001-1"});

    till.cut_off(&path, &body);
    let order = till.ask(&path, &body);
    let again = till.ask(&path, &body);

    assert_eq!(order, again);
    order
}

/// What of a line of the lock is paid in money and principal.
fn paid_of(lock: &Value, line_no: &str) -> i64 {
    let cells = lock["allocation"].as_array().unwrap().iter();
    let own = cells.filter(|cell| cell[0] == line_no);
    own.filter(|cell| cell[1] == "money" || cell[1] == "wallet_principal")
        .map(|cell| cell[2].as_i64().unwrap())
        .sum()
}

/// One piece of the first line comes back, then everything, each as quoted.
fn takes_back(till: &mut Till<'_>, lock: &Value) {
    let order = till.get("/api/v1/orders/pos/T0001-1");
    let (whole, other) = (paid_of(lock, "1"), paid_of(lock, "2"));
    let shipping = paid_of(lock, "shipping");
    let first = json!([{"line_no": "1", "quantity": 1, "amount": whole / 2}]);
    let rest = json!([
        {"line_no": "1", "quantity": 1, "amount": whole - whole / 2},
        {"line_no": "2", "quantity": 1, "amount": other}
    ]);
    for (number, lines, shipping) in [("R1", first, 0), ("R2", rest, shipping)] {
        let asked = json!({"lines": lines, "shipping": shipping});
        let quoted = till.ask("/api/v1/orders/pos/T0001-1/refunds/quote", &asked);
        let refund = json!({
            "channel": "pos", "order_no": "T0001-1", "refund_no": number,
            "refunded_at": order["paid_at"], "lines": lines, "shipping": shipping
        });
        till.cut_off("/api/v1/refunds", &refund);
        let done = till.ask("/api/v1/refunds", &refund);
        assert_eq!(quoted["money_back"], done["tenders"]["money_back"]);
        assert_eq!(quoted["wallet_back"], done["tenders"]["wallet_back"]);
        assert_eq!(quoted["claw_back"]["points"], done["points"]["clawed_back"]);
    }
    let more = json!({"lines": [], "shipping": 1});
    let (status, told) = till.send("POST", "/api/v1/orders/pos/T0001-1/refunds/quote", &more);
    assert_eq!((status, &told["code"]), (422, &json!("refund.exceeds")));
}

/// A sample of the mall is exchanged at home and picked up here, once.
fn hands_over(till: &mut Till<'_>, member: &str) {
    let good = json!({
        "name": {"zh": "精华小样", "en": "Serum sample"}, "kind": "sample", "points": 300,
        "stock": 1
    });
    let good = till.keyed("/api/v1/mall/goods", &good);
    let taken = json!({"good_id": good["good_id"]});
    let exchange = till.keyed(&format!("/api/v1/members/{member}/exchanges"), &taken);
    let code = json!({"code": exchange["pickup_code"], "channel": "pos", "shop": "S0001"});

    let handed = till.keyed("/api/v1/mall/pick-ups", &code);
    let reply = till.connection.send_keyed("twice", "/api/v1/mall/pick-ups", &code.to_string());

    assert_eq!(handed["exchange_id"], exchange["exchange_id"]);
    assert_eq!(reply.unwrap().json()["code"], "mall.exchange_ended");
}

/// Ten treatments are sold as a card; one is had, though the network fails, and the till is told
/// the same when it asks again.
fn visits(till: &mut Till<'_>, member: &str) {
    let mut rules = till.get("/api/v1/program")["document"].clone();
    rules["cards"] = json!([{
        "id": "ten", "name": {"zh": "十次卡", "en": "Ten treatments"}, "kind": "service",
        "visits": 10, "price": {"money": 98_000}, "validity": {"kind": "days", "days": 365}
    }]);
    till.put("/api/v1/program/draft", &rules);
    till.keyed("/api/v1/program/draft/publish", &json!({}));
    let sale = json!({"card": "ten", "paid_by": "money", "channel": "pos", "shop": "S0001"});
    let card = till.keyed(&format!("/api/v1/members/{member}/cards"), &sale);
    let path = format!("/api/v1/cards/{}/visits", card["card_id"].as_str().unwrap());
    let visit = json!({"channel": "pos", "shop": "S0001"});

    till.cut_off_with("idempotency-key: visit-1\r\n", &path, &visit);
    let had = till.connection.send_keyed("visit-1", &path, &visit.to_string()).unwrap().json();
    let again = till.connection.send_keyed("visit-1", &path, &visit.to_string()).unwrap().json();

    assert_eq!((&had["visits_left"], &had), (&json!(9), &again));
}

fn a_day(place: &Place) {
    let server = place.start();
    let mut till = Till::of(&server);

    let member = joins(&mut till);
    tops_up(&mut till, &member);
    let opening = has(&mut till);
    let lock = locks_through_a_cut(&mut till, &member);
    let during = has(&mut till);
    let order = confirms_through_a_cut(&mut till, &lock);
    let sold = has(&mut till);
    takes_back(&mut till, &lock);
    let returned = has(&mut till);
    hands_over(&mut till, &member);
    visits(&mut till, &member);
    let evening = has(&mut till);

    // 100 for joining, 2,000 of the old card; ¥55.00 are ¥50.00 and ¥5.00 of bonus.
    assert_eq!(opening, [2_100, 0, 20_000, 2_000]);
    assert_eq!(during, [1_600, 500, 15_000, 1_500]);
    let earned = order["points"]["earned"].as_i64().unwrap();
    assert_eq!(sold, [1_600 + earned, 0, 15_000, 1_500]);
    assert_eq!(returned, opening);
    assert_eq!(evening, [1_800, 0, 20_000, 2_000]);
    drop(till);
    server.stop();
    let said = place.run_well(&["verify"]);
    assert!(said.contains("the books are right"), "{said}");
}

mod a_day_at_the_till_ends_with_books_that_are_right {
    use super::*;

    #[test]
    fn sqlite() {
        a_day(&Place::sqlite());
    }

    #[test]
    fn postgres() {
        a_day(&Place::postgres());
    }
}
