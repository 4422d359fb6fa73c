//! A till: it recognises the member, quotes, locks, tries again, confirms, and takes a piece back.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{Server, on_both};

async fn ask(server: &Server, path: &str, body: &Value) -> Value {
    let reply = server.call("POST", path, &[], Some(body)).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

async fn keyed(server: &Server, path: &str, body: &Value) -> Value {
    let key = format!("key-{path}");
    let headers = [("idempotency-key", key.as_str())];
    let reply = server.call("POST", path, &headers, Some(body)).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

/// A member with 1,000 points and a coupon of ¥20.00 off ¥100.00.
async fn member(server: &Server) -> (String, String) {
    let join = json!({"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]});
    keyed(server, "/api/v1/members", &join).await;
    let found = ask(server, "/api/v1/members/lookup", &join).await;
    let member = found["member_id"].as_str().expect("a member").to_owned();
    let grant = json!({"points": 900, "reason": "opening"});
    keyed(server, &format!("/api/v1/members/{member}/points/adjust"), &grant).await;
    let template = json!({
        "name": {"zh": "满100减20", "en": "20 off 100"}, "kind": "amount", "amount": 2_000,
        "min_spend": 10_000, "validity": {"kind": "days", "delay": 0, "days": 30},
        "restore_on_refund": true
    });
    let template = keyed(server, "/api/v1/coupon-templates", &template).await;
    let template = template["template_id"].as_str().expect("a template").to_owned();
    let issue = json!({"member_id": member, "count": 1});
    let path = format!("/api/v1/coupon-templates/{template}/issue");
    let issued = keyed(server, &path, &issue).await;
    (member, issued["coupons"][0]["code"].as_str().expect("a code").to_owned())
}

fn cart(member: &str) -> Value {
    json!({
        "member": {"id": member}, "channel": "pos", "shop": "S0001", "staff": "G0007", "at": null,
        "lines": [
            {"line_no": "1", "sku": "A1", "category": "skincare/serum", "quantity": 2, "unit_price": 9_950},
            {"line_no": "2", "sku": "B2", "quantity": 1, "unit_price": 5_100}
        ],
        "shipping": 0,
        "offers": {"coupons": "best", "points": {"use": "max"}, "benefits": "auto"}
    })
}

on_both!(a_till_sells_and_takes_back, Settings::default(), async |server: &Server| {
    let (member, code) = member(server).await;

    let quote = ask(server, "/api/v1/checkout/quotes", &cart(&member)).await;
    let mut asked = cart(&member);
    asked["order_no"] = json!("T1");
    asked["ttl_s"] = json!(900);
    let lock = ask(server, "/api/v1/checkout/locks", &asked).await;
    let again = ask(server, "/api/v1/checkout/locks", &asked).await;
    asked["lines"][0]["quantity"] = json!(1);
    let other = server.call("POST", "/api/v1/checkout/locks", &[], Some(&asked)).await;
    let path = |step: &str| {
        format!("/api/v1/checkout/locks/{}/{step}", lock["lock_id"].as_str().expect("a lock"))
    };
    ask(server, &path("extend"), &json!({"ttl_s": 1_800})).await;
    let paid = json!({"order_no": "T1"});
    let order = ask(server, &path("confirm"), &paid).await;
    let repeated = ask(server, &path("confirm"), &paid).await;
    let cancelled = server.call("POST", &path("cancel"), &[], Some(&json!({}))).await;

    assert_eq!(quote["tenders"]["coupons"], json!([{"code": code, "amount": 2_000, "times": 1}]));
    assert_eq!(quote["tenders"]["points"], json!({"used": 1_000, "money": 1_000}));
    assert_eq!(quote["to_pay"], 22_000);
    assert_eq!(quote["earns"]["points"], 22);
    assert_eq!((&lock["state"], &lock["to_pay"]), (&json!("held"), &json!(22_000)));
    assert_eq!(lock, again);
    assert_eq!(other.problem(), "409 checkout.lock_differs");
    assert_eq!(order["points"]["earned"], 22);
    assert_eq!(order, repeated);
    assert_eq!(cancelled.problem(), "409 checkout.lock_confirmed");

    let line = json!({"line_no": "2", "quantity": 1, "amount": 4_488});
    let lines = json!({"lines": [line]});
    let quoted = ask(server, "/api/v1/orders/pos/T1/refunds/quote", &lines).await;
    let refund = json!({
        "channel": "pos", "order_no": "T1", "refund_no": "R1",
        "refunded_at": chrono_now(server).await, "lines": [line]
    });
    let refunded = ask(server, "/api/v1/refunds", &refund).await;

    assert_eq!(quoted["money_back"], refunded["tenders"]["money_back"]);
    assert_eq!(quoted["coupons_back"], json!([]));
    assert_eq!(quoted["points_back"][0]["points"], refunded["points"]["restored"]);
    assert_eq!(quoted["threshold"], refunded["tenders"]["threshold"]);
    assert_eq!(quoted["claw_back"]["points"], refunded["points"]["clawed_back"]);
});

/// The server's own time: what the order's member was last seen.
async fn chrono_now(server: &Server) -> String {
    let order = server.call("GET", "/api/v1/orders/pos/T1", &[], None).await;
    order.json()["paid_at"].as_str().expect("a time").to_owned()
}

on_both!(what_cannot_be_had_is_told_by_name, Settings::default(), async |server: &Server| {
    let (member, _) = member(server).await;
    let mut asked = cart(&member);
    asked["order_no"] = json!("T1");
    asked["offers"] = json!({"coupons": ["NOSUCHCODE"], "points": {"use": 5_000_000}});

    let reply = server.call("POST", "/api/v1/checkout/locks", &[], Some(&asked)).await;
    let nobody =
        server.call("POST", "/api/v1/checkout/quotes", &[], Some(&cart("M00000000000000"))).await;
    let unknown = json!({"order_no": "T1", "quote_id": "Q00000000000015"});
    let unknown = server.call("POST", "/api/v1/checkout/locks", &[], Some(&unknown)).await;
    let both = json!({"order_no": "T1", "quote_id": "Q00000000000015", "channel": "pos"});
    let both = server.call("POST", "/api/v1/checkout/locks", &[], Some(&both)).await;

    assert_eq!(reply.problem(), "409 checkout.unavailable");
    let errors = reply.json()["errors"].clone();
    let told: Vec<&str> = errors
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["code"].as_str())
        .collect();
    assert!(told.contains(&"coupon.unknown"), "{told:?}");
    assert!(told.contains(&"points.balance") || told.contains(&"points.share"), "{told:?}");
    assert!(nobody.status.is_client_error(), "{}", nobody.text);
    assert!(unknown.status.is_client_error(), "{}", unknown.text);
    assert_eq!(both.status, 422, "{}", both.text);
});
