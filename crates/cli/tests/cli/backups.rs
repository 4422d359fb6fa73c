//! `hui backup` and `hui restore`: whole, online, and never over what is there.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use hui_store::Engine;

use crate::imports::{ORDERS_MAP, orders_csv};
use crate::places::{Place, Server, on_both, text};

fn filled(place: &Place) {
    let map = place.write("map.toml", ORDERS_MAP);
    let file = place.write("orders.csv", &orders_csv(0..40));
    place.hui(&["import", "orders", text(&file), "--mapping", text(&map)]).good();
}

/// Drops the schema's tables, so that its backup finds the place empty.
fn clear(place: &Place) {
    if place.engine == Engine::Postgres {
        place.with_store(async |store| {
            let mut tx = store.begin().await.unwrap();
            let row = tx.fetch_one("select current_schema()", &[]).await.unwrap().unwrap();
            hui_store::upkeep::drop_schema(&mut tx, row.str(0).unwrap()).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
}

const FIGURES: [&str; 4] = [
    "select count(*) from orders",
    "select count(*) from members",
    "select cast(sum(points) as bigint) from entries",
    "select count(*) from audit_log",
];

on_both!(a_backup_of_a_working_server_restores_to_right_books, |place| {
    let server = Server::start(place);
    let (stop, taken) = (AtomicBool::new(false), AtomicU32::new(0));
    let file = place.path("hui.backup");
    let mut before = 0;
    std::thread::scope(|threads| {
        for writer in 0..2 {
            let (server, stop, taken) = (&server, &stop, &taken);
            threads.spawn(move || {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    let body = serde_json::json!({
                        "channel": "pos", "order_no": format!("{writer}-{number}"),
                        "status": "paid", "paid_at": "2026-05-01T10:00:00+08:00",
                        "buyer": {"identities": [{
                            "kind": "phone", "verified": true,
                            "value": format!("138001380{:02}", number % 20),
                        }]},
                        "lines": [{"line_no": "1", "sku": "A", "quantity": 1,
                                   "unit_price": 19900, "paid": 19900}],
                    });
                    let status = server.call("POST /api/v1/orders", &body.to_string()).unwrap();
                    assert!(matches!(status, 200 | 201), "{status}");
                    taken.fetch_add(1, Ordering::Relaxed);
                    number += 1;
                }
            });
        }
        while taken.load(Ordering::Relaxed) < 30 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        before = taken.load(Ordering::Relaxed);
        let said = place.hui(&["backup", text(&file)]);
        stop.store(true, Ordering::Relaxed);
        said.good();
    });
    let after = taken.load(Ordering::Relaxed);
    drop(server);
    place.verify();
    assert!(!place.path("hui.backup.partial").exists());

    let twice = place.hui(&["backup", text(&file)]).bad();
    assert!(twice.contains("exists already"), "{twice}");

    let other = Place::like(place);
    clear(place);
    other.hui(&["restore", text(&file)]).good();

    other.verify();
    let orders = other.number("select count(*) from orders");
    assert!((i64::from(before)..=i64::from(after)).contains(&orders), "{before} {orders} {after}");
    let again = other.hui(&["restore", text(&file)]).bad();
    assert!(again.contains("already") || again.contains("not empty"), "{again}");
    let known = other.hui(&["doctor"]);
    assert!(known.out.contains("the key opens what the database holds"), "{}", known.out);
});

on_both!(an_old_backup_is_brought_up_to_date, |place| {
    filled(place);
    let figures = FIGURES.map(|sql| place.number(sql));
    place.execute("drop table migrated_members");
    place.execute("delete from migrations where name = '0003_migrated_members'");
    let file = place.path("old.backup");
    place.hui(&["backup", text(&file)]).good();

    let other = Place::like(place);
    clear(place);
    other.hui(&["restore", text(&file)]).good();

    assert_eq!(FIGURES.map(|sql| other.number(sql)), figures);
    other.verify();
});

on_both!(a_backup_of_a_newer_program_is_refused, |place| {
    filled(place);
    place.execute("insert into migrations (name, applied_at) values ('9999_later', 1)");
    let file = place.path("new.backup");
    place.hui(&["backup", text(&file)]).good();

    let other = Place::like(place);
    clear(place);
    let said = other.hui(&["restore", text(&file)]).bad();

    assert!(said.contains("it is older than the database"), "{said}");
});

on_both!(what_is_no_backup_is_refused_and_changes_nothing, |place| {
    filled(place);
    let file = place.path("good.backup");
    place.hui(&["backup", text(&file)]).good();
    let bytes = std::fs::read(&file).unwrap();
    let other = Place::like(place);
    clear(place);
    let refused = |name: &str, content: &[u8]| {
        std::fs::write(other.path(name), content).unwrap();
        let said = other.hui(&["restore", text(&other.path(name))]).bad();
        assert!(!other.path("hui.db").exists() && !other.path("hui.db.partial").exists());
        said
    };

    assert!(refused("text", b"not a backup").contains("is no backup of Hui"));
    assert!(refused("nothing", b"").contains("is no backup of Hui"));
    let other_kind: &[u8] = match place.engine {
        Engine::Sqlite => b"PGDMP and more",
        Engine::Postgres => b"SQLite format 3\0 and more",
    };
    assert!(refused("kind", other_kind).contains("and the settings name"));
    let cut = refused("cut", &bytes[..bytes.len() / 2]);
    assert!(cut.contains("was not restored") || cut.contains("damaged"), "{cut}");
    let mut noise = bytes.clone();
    let middle = noise.len() / 3;
    let end = (middle + 40_000).min(noise.len() - 1);
    noise[middle..end].fill(0xa5);
    let noise = refused("noise", &noise);
    assert!(noise.contains("was not restored") || noise.contains("damaged"), "{noise}");
    let absent = other.hui(&["restore", "nowhere"]).bad();
    assert!(absent.contains("there is no file nowhere"), "{absent}");

    other.hui(&["restore", text(&file)]).good();
    other.verify();
});

on_both!(a_wrong_key_is_noticed, |place| {
    filled(place);
    let file = place.path("hui.backup");
    place.hui(&["backup", text(&file)]).good();
    let other = Place::like(place);
    let stranger = Place::make(Engine::Sqlite);
    std::fs::copy(stranger.path("master.key"), other.path("master.key")).unwrap();
    clear(place);

    let said = other.hui(&["restore", text(&file)]).good();

    assert!(said.contains("does not open it"), "{said}");
    let started = other.hui(&["migrate"]).bad();
    assert!(started.contains("is not the one this database was written with"), "{started}");
    let looked = other.hui(&["doctor"]).bad();
    assert!(looked.contains("is not the one this database was written with"), "{looked}");
    std::fs::copy(place.path("master.key"), other.path("master.key")).unwrap();
    other.hui(&["migrate"]).good();
});

#[test]
fn nothing_is_copied_where_there_is_no_database() {
    let place = Place::empty(Engine::Sqlite);

    let said = place.hui(&["backup", "copy"]).bad();

    assert!(said.contains("there is no database"), "{said}");
    assert!(!place.path("hui.db").exists());
}
