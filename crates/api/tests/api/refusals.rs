//! Every address that is read, asked wrongly: a stable code each, and one the document lists.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{KEY, Server, document, on_both};

/// What a route answers to a key without its right, and to an id that is of another program.
struct Route {
    path: &'static str,
    without_right: &'static str,
    of_another_program: &'static str,
}

const fn route(
    path: &'static str,
    without_right: &'static str,
    of_another_program: &'static str,
) -> Route {
    Route { path, without_right, of_another_program }
}

const NO_RIGHT: &str = "403 right.missing";
const NO_MEMBER: &str = "404 member.unknown";

/// Every GET route; one that names nothing has no id of another program.
const ROUTES: &[Route] = &[
    route("/api/v1/orders/{channel}/{order_no}", NO_RIGHT, "404 order.unknown"),
    route("/api/v1/refunds", NO_RIGHT, ""),
    route("/api/v1/members/{id}", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/code", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/identities", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/merges", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/tier", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/orders", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/notes", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/profile360", NO_RIGHT, NO_MEMBER),
    route("/api/v1/overview", NO_RIGHT, ""),
    route("/api/v1/members/{id}/points", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/points/entries", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/points/lots", NO_RIGHT, NO_MEMBER),
    route("/api/v1/points/entries/{id}/explain", NO_RIGHT, "404 entry.unknown"),
    route("/api/v1/points/adjustments", NO_RIGHT, ""),
    route("/api/v1/points/adjustments/limits", NO_RIGHT, ""),
    route("/api/v1/reviews", NO_RIGHT, ""),
    route("/api/v1/abuse/blocks", NO_RIGHT, ""),
    route("/api/v1/session", "401 auth.missing", ""),
    route("/api/v1/keys", NO_RIGHT, ""),
    route("/api/v1/audit", NO_RIGHT, ""),
    route("/api/v1/program", NO_RIGHT, ""),
    route("/api/v1/program/draft", NO_RIGHT, ""),
    route("/api/v1/program/versions", NO_RIGHT, ""),
    // A version is a number of each program of its own.
    route("/api/v1/program/versions/{v}", NO_RIGHT, "200"),
    route("/api/v1/program/calendar", NO_RIGHT, ""),
    route("/api/v1/program/schema", NO_RIGHT, ""),
    route("/api/v1/program/facts", NO_RIGHT, ""),
    route("/api/v1/staff", NO_RIGHT, ""),
    route("/api/v1/coupon-templates", NO_RIGHT, ""),
    route("/api/v1/coupon-templates/{id}", NO_RIGHT, "404 coupon.template_unknown"),
    route("/api/v1/coupon-templates/{id}/batches", NO_RIGHT, "200"),
    route("/api/v1/coupon-batches/{id}", NO_RIGHT, "404 coupon.batch_unknown"),
    route("/api/v1/coupon-batches/{id}/codes.csv", NO_RIGHT, "404 coupon.batch_unknown"),
    route("/api/v1/coupons/{id}/history", NO_RIGHT, "404 coupon.unknown"),
    route("/api/v1/members/{id}/coupons", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/exchanges", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/cards", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/benefits", NO_RIGHT, NO_MEMBER),
    route("/api/v1/cards/{id}/visits", NO_RIGHT, "404 card.unknown"),
    route("/api/v1/members/{id}/wallet", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/wallet/entries", NO_RIGHT, NO_MEMBER),
    route("/api/v1/members/{id}/wallet/top-ups", NO_RIGHT, NO_MEMBER),
    route("/api/v1/wallet/settlement", NO_RIGHT, ""),
    route("/api/v1/mall/goods", NO_RIGHT, ""),
    route("/api/v1/checkout/gifts", NO_RIGHT, ""),
    route("/api/v1/checkout/locks/{id}", NO_RIGHT, "404 checkout.lock_unknown"),
    // Whoever may ask anything may know the channels and shops.
    route("/api/v1/channels", "200", ""),
    route("/api/v1/shops", "200", ""),
];

#[test]
fn every_route_that_reads_is_in_the_table() {
    let paths = document()["paths"].as_object().expect("paths");
    let documented = paths.iter().filter(|(_, item)| item["get"].is_object());

    let missing: Vec<&String> = documented
        .map(|(path, _)| path)
        .filter(|path| !ROUTES.iter().any(|route| route.path == *path))
        .collect();

    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

fn parameters(path: &str) -> Vec<&'static str> {
    let listed = document()["paths"][path]["get"]["parameters"].as_array();
    let of_query = listed.into_iter().flatten().filter(|one| one["in"] == "query");
    of_query.filter_map(|one| one["name"].as_str()).collect()
}

async fn as_key(server: &Server, secret: &str, path: &str) -> String {
    let authorization = format!("Bearer {secret}");
    let reply = server.call("GET", path, &[("authorization", &authorization)], None).await;
    // A member's code is called `code` too.
    if reply.status == 200 { "200".to_owned() } else { reply.problem() }
}

async fn post(server: &Server, secret: &str, path: &str, body: &Value) -> Value {
    let authorization = format!("Bearer {secret}");
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", path)];
    let reply = server.call("POST", path, &headers, Some(body)).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

fn order() -> Value {
    json!({
        "channel": "pos", "shop": "S0001", "order_no": "1", "status": "paid",
        "paid_at": "2026-05-01T10:01:00+08:00",
        "buyer": {"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]},
        "lines": [{"line_no": "1", "sku": "A1", "quantity": 2, "unit_price": 9950, "paid": 19900}]
    })
}

/// What there is to be asked for.
struct Ids {
    member: String,
    entry: String,
    template: String,
    batch: String,
    coupon: String,
    card: String,
    lock: String,
}

impl Ids {
    /// One word in every place.
    fn all(id: &str) -> Self {
        let id = || id.to_owned();
        Self {
            member: id(),
            entry: id(),
            template: id(),
            batch: id(),
            coupon: id(),
            card: id(),
            lock: id(),
        }
    }
}

/// Publishes rules by which the program of a key sells a card.
async fn sell_cards(server: &Server, secret: &str) {
    let authorization = format!("Bearer {secret}");
    let headers = [("authorization", authorization.as_str())];
    let rules = json!({"cards": [{
        "id": "ten", "name": {"zh": "十次卡"}, "kind": "service", "visits": 10,
        "validity": {"kind": "days", "days": 365},
    }]});
    let draft = "/api/v1/program/draft";
    let reply = server.call("PUT", draft, &headers, Some(&rules)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    post(server, secret, &format!("{draft}/publish"), &json!({})).await;
}

/// Records one of everything in the program of a key.
async fn record(server: &Server, secret: &str) -> Ids {
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let recorded = post(server, secret, "/api/v1/orders", &order()).await;
    let member = text(&recorded["member_id"]);
    let template = json!({
        "name": {"zh": "券"}, "kind": "amount", "amount": 100,
        "validity": {"kind": "days", "days": 7},
    });
    let template =
        text(&post(server, secret, "/api/v1/coupon-templates", &template).await["template_id"]);
    let path = format!("/api/v1/coupon-templates/{template}");
    let batch = json!({"name": "May", "count": 1});
    let batch = post(server, secret, &format!("{path}/batches"), &batch).await;
    let issue = json!({"member_id": member, "count": 1});
    let issued = post(server, secret, &format!("{path}/issue"), &issue).await;
    sell_cards(server, secret).await;
    let gift = json!({"card": "ten", "paid_by": "gift"});
    let sold = post(server, secret, &format!("/api/v1/members/{member}/cards"), &gift).await;
    let cart = json!({
        "order_no": "2", "channel": "pos", "member": {"id": member},
        "lines": [{"line_no": "1", "sku": "A1", "quantity": 1, "unit_price": 100}]
    });
    let lock = post(server, secret, "/api/v1/checkout/locks", &cart).await;
    Ids {
        card: text(&sold["card_id"]),
        lock: text(&lock["lock_id"]),
        entry: text(&recorded["entries"][0]),
        batch: text(&batch["batch_id"]),
        coupon: text(&issued["coupons"][0]["coupon_id"]),
        template,
        member,
    }
}

/// A path with its places filled.
fn filled(path: &str, ids: &Ids) -> String {
    let id = match path {
        path if path.contains("/entries/{id}") => &ids.entry,
        path if path.contains("/coupon-templates/{id}") => &ids.template,
        path if path.contains("/coupon-batches/{id}") => &ids.batch,
        path if path.contains("/coupons/{id}") => &ids.coupon,
        path if path.contains("/cards/{id}") => &ids.card,
        path if path.contains("/locks/{id}") => &ids.lock,
        _ => &ids.member,
    };
    path.replace("{id}", id)
        .replace("{channel}", "pos")
        .replace("{order_no}", "1")
        .replace("{v}", "1")
}

on_both!(a_key_without_the_right_is_refused, Settings::default(), async |server: &Server| {
    let scopes = json!({"name": "till", "scopes": ["points:hold"]});
    let made = post(server, KEY, "/api/v1/keys", &scopes).await;
    let secret = made["secret"].as_str().expect("a secret");
    let ids = record(server, KEY).await;

    for route in ROUTES {
        let path = filled(route.path, &ids);
        let told = as_key(server, secret, &path).await;

        assert_eq!(told, route.without_right, "{path}");
        assert_eq!(as_key(server, "hui_sk_nobody", &path).await, unknown_key(route), "{path}");
    }
});

/// The session's own route looks at the cookie alone.
fn unknown_key(route: &Route) -> &'static str {
    if route.path == "/api/v1/session" { "401 auth.missing" } else { "401 auth.invalid" }
}

on_both!(an_id_of_another_program_is_unknown, Settings::default(), async |server: &Server| {
    let other = json!({"name": "another"});
    let other = post(server, KEY, "/api/v1/programs", &other).await;
    let other = other["api_key"].as_str().expect("a secret");
    let ids = record(server, other).await;

    for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
        let path = filled(route.path, &ids);

        assert_eq!(as_key(server, other, &path).await, "200", "{path}");
        assert_eq!(as_key(server, KEY, &path).await, route.of_another_program, "{path}");
    }
});

on_both!(an_id_that_is_none_is_invalid, Settings::default(), async |server: &Server| {
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        // A word, another kind's prefix, a wrong check digit, a number.
        for id in ["nobody", "X0000000000000", "M0000000000001X", "1", "%FF"] {
            let path = filled(route.path, &Ids::all(id));

            assert_eq!(as_key(server, KEY, &path).await, "404 id.invalid", "{path}");
        }
    }
});

on_both!(a_query_that_cannot_be_is_refused, Settings::default(), async |server: &Server| {
    let ids = record(server, KEY).await;
    let wrong = [
        ("limit", "limit=0", "400 limit.invalid"),
        ("limit", "limit=501", "400 limit.invalid"),
        ("limit", "limit=-1", "400 limit.invalid"),
        ("limit", "limit=abc", "400 limit.invalid"),
        ("limit", "limit=1", "200"),
        ("limit", "limit=500", "200"),
        ("cursor", "cursor=broken", "400 cursor.invalid"),
        ("cursor", "cursor=", "400 cursor.invalid"),
        ("cursor", "cursor=AAAAAAAAAAAA", "400 cursor.invalid"),
        ("kind", "kind=lost", "400 query.invalid"),
        ("state", "state=lost", "400 query.invalid"),
        ("status", "status=lost", "400 query.invalid"),
        ("at", "at=yesterday", "400 query.invalid"),
        ("member", "member=nobody", "400 query.invalid"),
        ("", "colour=red", "400 query.invalid"),
    ];

    for route in ROUTES {
        let known = parameters(route.path);
        let fits = |name: &str| known.contains(&name) || (name.is_empty() && !known.is_empty());
        for (_, query, expected) in wrong.iter().filter(|(name, ..)| fits(name)) {
            let path = format!("{}?{query}", filled(route.path, &ids));

            assert_eq!(as_key(server, KEY, &path).await, *expected, "{path}");
        }
    }
});
