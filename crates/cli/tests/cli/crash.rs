//! What was answered survives: a kill under load, two processes, a slow and a vanished database.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::proxy::Proxy;
use crate::server::{Connection, Place, Server, order};

/// Clients at one time.
const CLIENTS: u64 = 64;
/// Shoppers they share, so that several orders of one member meet.
const SHOPPERS: u64 = 40;

type Acknowledged = Arc<Mutex<HashMap<String, Value>>>;

/// Sends orders until it is told to stop or the server is gone; sends some old ones again.
fn client(
    place: u64,
    address: SocketAddr,
    over: &AtomicBool,
    acknowledged: &Mutex<HashMap<String, Value>>,
) -> Vec<u16> {
    let mut refused = Vec::new();
    let Ok(mut connection) = Connection::to(address) else { return refused };
    for round in 0_u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        // Every fourth is one that was sent before.
        let round = if round % 4 == 3 { round - 2 } else { round };
        let number = format!("c{place}-{round}");
        let shopper = (place * 7 + round) % SHOPPERS;
        match connection.send("POST", "/api/v1/orders", &order(&number, shopper)) {
            Ok(reply) if reply.status == 200 => {
                let answer = reply.json();
                let mut known = acknowledged.lock().unwrap();
                if let Some(before) = known.insert(number, answer.clone()) {
                    assert_eq!(before["order_id"], answer["order_id"]);
                }
            }
            Ok(reply) => refused.push(reply.status),
            Err(_) => break,
        }
    }
    refused
}

/// Lets clients work on servers for a time, then does something to end it.
fn under_load(
    addresses: &[SocketAddr],
    time: Duration,
    end: impl FnOnce(),
) -> (HashMap<String, Value>, Vec<u16>) {
    let acknowledged: Acknowledged = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| {
            let address = addresses[usize::try_from(place).unwrap() % addresses.len()];
            let (over, acknowledged) = (Arc::clone(&over), Arc::clone(&acknowledged));
            std::thread::spawn(move || client(place, address, &over, &acknowledged))
        })
        .collect();
    std::thread::sleep(time);
    end();
    over.store(true, Ordering::Relaxed);
    let refused = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let acknowledged = acknowledged.lock().unwrap().clone();
    (acknowledged, refused)
}

/// Every acknowledged order is there once, and is answered as the first time.
fn all_is_there(place: &Place, server: &Server, acknowledged: &HashMap<String, Value>) {
    let mut connection = Connection::to(server.address).unwrap();
    for (number, before) in acknowledged {
        let (client, round) = number[1..].split_once('-').unwrap();
        let (client, round): (u64, u64) = (client.parse().unwrap(), round.parse().unwrap());
        let shopper = (client * 7 + round) % SHOPPERS;
        let reply = connection.send("POST", "/api/v1/orders", &order(number, shopper)).unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        assert_eq!(&reply.json(), before, "{number}");
    }
    let orders = place.number("select count(*) from orders");
    let numbers = place.number("select count(distinct order_no) from orders");
    assert_eq!(orders, numbers);
    assert!(orders >= i64::try_from(acknowledged.len()).unwrap());
}

fn survives_a_kill(place: &Place) {
    let server = place.start();
    let mut running = Some(server);
    let address = running.as_ref().unwrap().address;
    let (acknowledged, refused) = under_load(&[address], Duration::from_secs(3), || {
        running.take().unwrap().kill();
    });
    assert!(refused.is_empty(), "{refused:?}");
    assert!(acknowledged.len() > 50, "only {} orders were answered", acknowledged.len());

    let server = place.start();
    all_is_there(place, &server, &acknowledged);
    server.stop();

    let said = place.run_well(&["verify"]);
    assert!(said.contains("the books are right"), "{said}");
}

mod what_was_answered_survives_a_kill_under_load {
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

mod two_servers_on_one_database_keep_the_same_books {
    use super::*;

    #[test]
    fn postgres() {
        let place = Place::postgres();
        let (one, two) = (place.start(), place.start());

        let (acknowledged, refused) =
            under_load(&[one.address, two.address], Duration::from_secs(3), || {});

        assert!(refused.is_empty(), "{refused:?}");
        all_is_there(&place, &one, &acknowledged);
        one.stop();
        two.stop();
        let said = place.run_well(&["verify"]);
        assert!(said.contains("the books are right"), "{said}");
    }
}

mod a_slow_database_is_waited_for {
    use super::*;

    #[test]
    fn postgres() {
        let direct = Place::postgres();
        let proxy = Proxy::before(&direct.url);
        let server = direct.start_by(&proxy.url(&direct.url));
        let mut connection = Connection::to(server.address).unwrap();
        proxy.delay(Duration::from_millis(30));

        let reply = connection.send("POST", "/api/v1/orders", &order("slow", 1)).unwrap();

        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        proxy.delay(Duration::ZERO);
        server.stop();
    }
}

mod a_database_that_vanishes_is_told_and_comes_back {
    use super::*;

    #[test]
    fn postgres() {
        let direct = Place::postgres();
        let proxy = Proxy::before(&direct.url);
        let server = direct.start_by(&proxy.url(&direct.url));
        let mut connection = Connection::to(server.address).unwrap();
        let first = connection.send("POST", "/api/v1/orders", &order("before", 1)).unwrap();
        assert_eq!(first.status, 200);

        proxy.close();
        let reply = connection.send("POST", "/api/v1/orders", &order("during", 1)).unwrap();
        assert_eq!(reply.status, 503, "{}", String::from_utf8_lossy(&reply.body));
        assert!(reply.head.contains("retry-after:"), "{}", reply.head);

        proxy.open();
        assert!(server.is_ready_within(Duration::from_secs(15)));
        let mut connection = Connection::to(server.address).unwrap();
        for number in ["during", "before"] {
            let reply = connection.send("POST", "/api/v1/orders", &order(number, 1)).unwrap();
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        }
        assert_eq!(direct.number("select count(*) from orders"), 2);
        server.stop();
    }
}

/// Sets the sandbox clock of a new server process; answers the status.
fn clock_set_to(place: &Place, now: &str) -> u16 {
    let arguments = ["serve", "--sandbox", "--listen", "127.0.0.1:0"];
    let server = Server::of(place.command(&arguments));
    let body = serde_json::json!({ "now": now }).to_string();
    let mut connection = Connection::to(server.address).unwrap();
    let reply = connection.send("PUT", "/api/v1/sandbox/clock", &body).unwrap();
    drop(connection);
    server.stop();
    reply.status
}

#[test]
fn the_sandbox_clock_stands_after_a_restart_where_it_stood_before() {
    let place = Place::sqlite();

    assert_eq!(clock_set_to(&place, "2026-06-01T00:00:00+08:00"), 200);
    assert_eq!(clock_set_to(&place, "2026-05-31T23:59:59.999999+08:00"), 409);
    assert_eq!(clock_set_to(&place, "2026-06-01T00:00:00+08:00"), 200);
}
