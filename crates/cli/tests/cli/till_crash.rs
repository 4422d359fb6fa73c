//! Locks, confirmations and refunds that were answered survive a kill under load; none is doubled.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Connection, Place, Server, order};

/// Tills at one time.
const TILLS: usize = 24;
/// Members they share, so that several locks of one member meet.
const MEMBERS: usize = 12;
/// Points and fen of the wallet that pay for each order, and what is left in money.
const POINTS: i64 = 100;
const WALLET: i64 = 550;
const PRICE: i64 = 10_000;
/// Of the ¥94.50 and ¥5.00 paid in money and principal.
const REFUNDED: i64 = 4_000;

type Answered = Mutex<HashMap<(String, &'static str), Value>>;

/// Members with points and stored value enough for every order.
fn members(server: &Server) -> Vec<String> {
    let mut till = Connection::to(server.address).unwrap();
    (0..MEMBERS)
        .map(|place| {
            let shopper = u64::try_from(place).unwrap();
            let first = order(&format!("first-{place}"), shopper);
            let reply = till.send("POST", "/api/v1/orders", &first).unwrap();
            let member = reply.json()["member_id"].as_str().unwrap().to_owned();
            let path = format!("/api/v1/members/{member}/points/adjust");
            let grant = json!({"points": 10_000_000, "reason": "opening"}).to_string();
            let reply = till.send_keyed(&format!("points-{place}"), &path, &grant).unwrap();
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            let path = format!("/api/v1/members/{member}/wallet/top-ups");
            let paid = json!({"principal": 500_000, "bonus": 50_000, "channel": "pos"}).to_string();
            let reply = till.send_keyed(&format!("wallet-{place}"), &path, &paid).unwrap();
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            member
        })
        .collect()
}

fn lock_body(member: &str, number: &str) -> String {
    json!({
        "order_no": number, "ttl_s": 900, "member": {"id": member}, "channel": "pos",
        "shop": "S0001",
        "lines": [{"line_no": "1", "sku": "A1", "quantity": 1, "unit_price": PRICE}],
        "offers": {"points": {"use": POINTS}, "wallet": {"use": WALLET}}
    })
    .to_string()
}

fn refund_body(number: &str, paid_at: &str) -> String {
    json!({
        "channel": "pos", "order_no": number, "refund_no": format!("r-{number}"),
        "refunded_at": paid_at,
        "lines": [{"line_no": "1", "quantity": 0, "amount": REFUNDED}]
    })
    .to_string()
}

const PAID_AT: &str = "2026-05-01T10:00:00+08:00";

/// What a till does with an order, in turn.
const STEPS: [&str; 3] = ["lock", "confirm", "refund"];

/// A step's path and body; `lock` is what the first step was answered.
fn request(step: &str, member: &str, number: &str, lock: &Value) -> (String, String) {
    match step {
        "lock" => ("/api/v1/checkout/locks".to_owned(), lock_body(member, number)),
        "confirm" => {
            let id = lock["lock_id"].as_str().unwrap_or_default();
            let body = json!({"order_no": number, "paid_at": PAID_AT}).to_string();
            (format!("/api/v1/checkout/locks/{id}/confirm"), body)
        }
        _ => ("/api/v1/refunds".to_owned(), refund_body(number, PAID_AT)),
    }
}

/// Sells and takes back until it is told to stop or the server is gone.
fn till(
    place: usize,
    address: SocketAddr,
    members: &[String],
    over: &AtomicBool,
    answered: &Answered,
) -> Vec<String> {
    let mut refused = Vec::new();
    let Ok(mut connection) = Connection::to(address) else { return refused };
    for round in 0_usize.. {
        let number = format!("k{place}-{round}");
        let member = &members[(place * 5 + round) % MEMBERS];
        let mut lock = Value::Null;
        for step in STEPS {
            if over.load(Ordering::Relaxed) {
                return refused;
            }
            // Every third order is kept.
            if step == "refund" && round % 3 == 2 {
                continue;
            }
            let (path, body) = request(step, member, &number, &lock);
            let Ok(reply) = connection.send("POST", &path, &body) else { return refused };
            let answer = reply.json();
            if reply.status != 200 {
                refused.push(format!("{step} of {number}: {} {answer}", reply.status));
                continue;
            }
            if step == "lock" {
                lock = answer.clone();
            }
            answered.lock().unwrap().insert((number.clone(), step), answer);
        }
    }
    refused
}

/// Every answered step is answered the same once more.
fn all_is_there(
    server: &Server,
    answered: &HashMap<(String, &'static str), Value>,
    members: &[String],
) {
    let mut connection = Connection::to(server.address).unwrap();
    for ((number, step), before) in answered {
        let (place, round) = number[1..].split_once('-').unwrap();
        let (place, round): (usize, usize) = (place.parse().unwrap(), round.parse().unwrap());
        let member = &members[(place * 5 + round) % MEMBERS];
        let lock = answered.get(&(number.clone(), "lock")).cloned().unwrap_or_default();
        let (path, body) = request(step, member, number, &lock);
        let reply = connection.send("POST", &path, &body).unwrap();
        let said = String::from_utf8_lossy(&reply.body);
        assert_eq!(reply.status, 200, "{step} of {number}: {said}");
        let (mut again, mut before) = (reply.json(), before.clone());
        if *step == "lock" {
            // It may have been confirmed since.
            for answer in [&mut again, &mut before] {
                for field in ["state", "order_id"] {
                    answer.as_object_mut().unwrap().remove(field);
                }
            }
        }
        assert_eq!(again, before, "{step} of {number}");
    }
}

/// Nothing was spent, stored or given back twice.
fn nothing_is_doubled(place: &Place) {
    let confirmed = place.number("select count(*) from checkout_locks where state = 'confirmed'");
    let orders = place.number("select count(*) from orders where order_no like 'k%'");
    let spends = place.number("select count(*) from entries where kind = 'spend'");
    let spent =
        place.number("select -cast(sum(points) as bigint) from entries where kind = 'spend'");
    let paid = place
        .number("select -cast(sum(amount) as bigint) from wallet_entries where kind = 'spend'");
    let refunds = place.number("select count(*) from refunds where status = 'done'");
    let restored = place.number("select count(*) from entries where kind = 'restore'");

    assert_eq!((orders, spends), (confirmed, confirmed));
    assert_eq!((spent, paid), (confirmed * POINTS, confirmed * WALLET));
    assert_eq!(restored, refunds);
}

fn survives_a_kill(place: &Place) {
    let mut running = Some(place.start());
    let server = running.as_ref().unwrap();
    let (address, members) = (server.address, Arc::new(members(server)));
    let answered: Arc<Answered> = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    let tills: Vec<_> = (0..TILLS)
        .map(|place| {
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            let members = Arc::clone(&members);
            std::thread::spawn(move || till(place, address, &members, &over, &answered))
        })
        .collect();
    std::thread::sleep(Duration::from_secs(3));
    running.take().unwrap().kill();
    over.store(true, Ordering::Relaxed);
    let refused: Vec<String> = tills.into_iter().flat_map(|till| till.join().unwrap()).collect();
    let answered = answered.lock().unwrap().clone();
    assert!(refused.is_empty(), "{refused:?}");
    for step in STEPS {
        let count = answered.keys().filter(|(_, known)| *known == step).count();
        assert!(count > 10, "only {count} times: {step}");
    }

    let server = place.start();
    all_is_there(&server, &answered, &members);
    nothing_is_doubled(place);
    server.stop();

    let said = place.run_well(&["verify"]);
    assert!(said.contains("the books are right"), "{said}");
}

mod what_tills_were_answered_survives_a_kill {
    use super::*;

    #[test]
    fn sqlite() {
        survives_a_kill(&Place::sqlite());
    }

    #[test]
    fn postgres() {
        survives_a_kill(&Place::postgres());
    }
}
