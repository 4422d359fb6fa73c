//! Points granted and deducted by hand, above the limit with somebody else's word.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{Server, on_both};

async fn member(server: &Server, phone: &str) -> String {
    let body = json!({"identities": [{"kind": "phone", "value": phone, "verified": true}]});
    let key = [("idempotency-key", phone)];
    let reply = server.call("POST", "/api/v1/members", &key, Some(&body)).await;
    reply.json()["member_id"].as_str().expect("a member").to_owned()
}

async fn another_key(server: &Server) -> String {
    let body = json!({"name": "chief", "scopes": ["points:approve", "points:read"]});
    let reply = server.call("POST", "/api/v1/keys", &[], Some(&body)).await;
    format!("Bearer {}", reply.json()["secret"].as_str().expect("a secret"))
}

async fn adjust(server: &Server, member: &str, key: &str, points: i64) -> crate::server::Reply {
    let path = format!("/api/v1/members/{member}/points/adjust");
    let body = json!({"points": points, "reason": "客诉补偿"});
    server.call("POST", &path, &[("idempotency-key", key)], Some(&body)).await
}

async fn available(server: &Server, member: &str) -> i64 {
    let path = format!("/api/v1/members/{member}/points");
    server.call("GET", &path, &[], None).await.json()["available"].as_i64().expect("a figure")
}

on_both!(above_the_limit_somebody_else_decides, Settings::default(), async |server: &Server| {
    let member = member(server, "13800138000").await;
    let before = available(server, &member).await;
    let limits = json!({"limit": 1000, "roles": {"admin": null}});
    let path = "/api/v1/points/adjustments/limits";
    assert_eq!(server.call("PUT", path, &[], Some(&limits)).await.json(), limits);

    let waiting = adjust(server, &member, "big", 1001).await;
    let again = adjust(server, &member, "big", 1001).await;
    let id = waiting.json()["adjustment_id"].as_str().expect("a number").to_owned();
    let path = format!("/api/v1/points/adjustments/{id}/decide");
    let approve = json!({"decision": "approve", "reason": "已核实"});
    let own = server.call("POST", &path, &[], Some(&approve)).await;
    let chief = another_key(server).await;
    let by_chief = [("authorization", chief.as_str()), ("idempotency-key", "d1")];
    let decided = server.call("POST", &path, &by_chief, Some(&approve)).await;
    let decided_again = server.call("POST", &path, &by_chief, Some(&approve)).await;
    let late = server.call("POST", &path, &[("authorization", &chief)], Some(&approve)).await;

    assert_eq!((waiting.status.as_u16(), again.status.as_u16()), (202, 202), "{}", waiting.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(own.problem(), "403 adjustment.own");
    assert_eq!(decided.status, 200, "{}", decided.text);
    assert_eq!(decided_again.text, decided.text);
    assert_eq!(late.problem(), "409 adjustment.decided");
    assert_eq!(available(server, &member).await - before, 1001);
    let list = async |state: &str| {
        let path = format!("/api/v1/points/adjustments?state={state}");
        let page = server.call("GET", &path, &[], None).await.json();
        page["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((list("pending").await, list("approved").await), (0, 1));
    let wrong = server.call("GET", "/api/v1/points/adjustments?state=lost", &[], None).await;
    assert_eq!(wrong.problem(), "400 query.invalid");
});

on_both!(a_batch_of_adjustments_is_safe_to_repeat, Settings::default(), async |server: &Server| {
    let member = member(server, "13800138000").await;
    let before = available(server, &member).await;
    let item = |key: &str, points: i64| json!({"key": key, "member_id": member, "points": points, "reason": "活动补发"});
    let mut unknown = item("c", 5);
    unknown["colour"] = json!(1);
    let batch = json!([
        item("a", 100),
        item("b", -1_000_000),
        unknown,
        item("a", 100),
        item("a", 200),
        item("sp ace", 1),
        item("d", 7)
    ]);
    let path = "/api/v1/points/adjustments/batch";

    let first = server.call("POST", path, &[], Some(&batch)).await;
    let again = server.call("POST", path, &[], Some(&batch)).await;
    let alone = adjust_as(server, &member, &item("d", 7)).await;
    let many: Vec<Value> = (0..1001).map(|_| json!({})).collect();
    let too_many = server.call("POST", path, &[], Some(&Value::Array(many))).await;

    let told = |reply: &crate::server::Reply| -> Vec<String> {
        let all = reply.json();
        let one = |one: &Value| {
            format!("{} {}", one["status"], one["problem"]["code"].as_str().unwrap_or("-"))
        };
        all.as_array().expect("results").iter().map(one).collect()
    };
    let expected = [
        "200 -",
        "422 points.insufficient",
        "400 body.invalid",
        "200 -",
        "409 idempotency.reused",
        "400 idempotency.invalid",
        "200 -",
    ];
    assert_eq!(told(&first), expected);
    assert_eq!(told(&again), expected);
    assert_eq!(first.json()[0]["body"]["entry_id"], again.json()[3]["body"]["entry_id"]);
    assert_eq!(alone.header("idempotency-replayed"), "true");
    assert_eq!(available(server, &member).await - before, 107);
    assert_eq!(too_many.problem(), "413 batch.too_large");
});

async fn adjust_as(server: &Server, member: &str, item: &Value) -> crate::server::Reply {
    let path = format!("/api/v1/members/{member}/points/adjust");
    let key = item["key"].as_str().expect("a key");
    let body = json!({"points": item["points"], "reason": item["reason"]});
    server.call("POST", &path, &[("idempotency-key", key)], Some(&body)).await
}

on_both!(an_adjustment_is_undone_once, Settings::default(), async |server: &Server| {
    let member = member(server, "13800138000").await;
    let before = available(server, &member).await;
    let granted = adjust(server, &member, "1", 300).await.json();
    let entry = granted["entry_id"].as_str().expect("an entry").to_owned();
    let path = format!("/api/v1/points/entries/{entry}/undo");
    let body = json!({"reason": "记错会员"});
    let key = [("idempotency-key", "u1")];

    let without = server.call("POST", &path, &[], Some(&json!({"reason": " "}))).await;
    let undone = server.call("POST", &path, &key, Some(&body)).await;
    let again = server.call("POST", &path, &key, Some(&body)).await;
    let second = server.call("POST", &path, &[], Some(&body)).await;

    assert_eq!(without.problem(), "422 text.empty");
    assert_eq!(undone.status, 200, "{}", undone.text);
    assert_eq!(again.text, undone.text);
    assert_eq!(second.problem(), "409 entry.undone");
    assert_eq!(available(server, &member).await, before);
    let opposite = undone.json()["entry_id"].as_str().expect("an entry").to_owned();
    let path = format!("/api/v1/points/entries/{opposite}/explain");
    assert_eq!(server.call("GET", &path, &[], None).await.json()["undoes"], json!(entry));
});

on_both!(a_version_is_told_by_its_number, Settings::default(), async |server: &Server| {
    let first = server.call("GET", "/api/v1/program/versions/1", &[], None).await;
    let unknown = server.call("GET", "/api/v1/program/versions/2", &[], None).await;

    assert_eq!(first.json()["version"], 1, "{}", first.text);
    assert_eq!(first.json()["document"]["currency"], "CNY");
    assert_eq!(unknown.problem(), "404 program.version_unknown");
});
