//! Rules that are looked at before they are published, the calendar, and what they hold back.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{Reply, Server, on_both};

async fn send(server: &Server, method: &str, path: &str, body: Value) -> Reply {
    server.call(method, path, &[("idempotency-key", path)], Some(&body)).await
}

async fn read(server: &Server, path: &str) -> Reply {
    server.call("GET", path, &[], None).await
}

fn percent(id: &str, more: &Value) -> Value {
    let mut promotion = json!({"id": id, "group": "g", "needs": {"pieces": 2},
        "benefits": [{"kind": "percent", "off": {"percent": 10}}]});
    for (field, value) in more.as_object().into_iter().flatten() {
        promotion[field] = value.clone();
    }
    promotion
}

async fn draft(server: &Server, document: Value) {
    let reply = send(server, "PUT", "/api/v1/program/draft", document).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

on_both!(
    a_check_warns_in_both_languages_and_refuses_what_the_floor_does,
    Settings::default(),
    async |server: &Server| {
        let list = json!([percent("a", &json!({})), percent("b", &json!({}))]);
        draft(server, json!({"promotions": {"list": list}})).await;
        let warned = send(server, "POST", "/api/v1/program/draft/check", json!({})).await.json();

        let floor = json!({"percent": 95, "below": "refuse"});
        draft(server, json!({"promotions": {"floor": floor, "list": list}})).await;
        let refused = send(server, "POST", "/api/v1/program/draft/publish", json!({})).await;

        assert_eq!(warned["ok"], true);
        assert_eq!(warned["warnings"][0]["code"], "promotion.overlap");
        assert_eq!(warned["warnings"][0]["pointer"], "/promotions/list/1");
        assert!(warned["warnings"][0]["message_zh"].is_string());
        assert_eq!(refused.problem(), "422 program.refused");
    }
);

on_both!(
    the_calendar_tells_the_draft_from_what_is_published,
    Settings::default(),
    async |server: &Server| {
        let days =
            json!({"schedule": {"month_days": [17]}, "scope": {"include": {"stores": ["S1"]}}});
        draft(
            server,
            json!({"promotions": {"list": [percent("day", &days), percent("b", &json!({}))]}}),
        )
        .await;
        let days = "/api/v1/program/calendar?from=2099-11-01&to=2099-11-30";

        let published = read(server, days).await.json();
        let drafted = read(server, &format!("{days}&version=draft")).await.json();
        let elsewhere = read(server, &format!("{days}&version=draft&shop=S2")).await.json();
        let too_long = read(server, "/api/v1/program/calendar?from=2099-01-01&to=2099-12-31").await;
        let backwards =
            read(server, "/api/v1/program/calendar?from=2099-01-02&to=2099-01-01").await;

        assert_eq!(published["items"], json!([]));
        assert_eq!(published["versions"][0]["version"], 1);
        let items = drafted["items"].as_array().expect("lines");
        assert_eq!(items.iter().map(|line| &line["id"]).collect::<Vec<_>>(), ["b", "day"]);
        let seventeenth =
            json!([{"from": "2099-11-16T16:00:00Z", "until": "2099-11-17T16:00:00Z"}]);
        assert_eq!(items[1]["occurrences"], seventeenth);
        let overlap = json!([{"promotion": "day", "why": "group", "yields": true}]);
        assert_eq!(items[0]["overlaps"], overlap);
        assert_eq!(elsewhere["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(too_long.problem(), "400 query.invalid");
        assert_eq!(backwards.problem(), "400 query.invalid");
    }
);

on_both!(
    a_claim_too_many_is_told_and_decided_over_the_api,
    Settings::default(),
    async |server: &Server| {
        let rule = json!({"id": "fast", "counts": "claims", "within": {"hours": 1}, "most": 1, "score": 60});
        draft(server, json!({"abuse": {"rules": [rule]}})).await;
        send(server, "POST", "/api/v1/program/draft/publish", json!({})).await;
        let template = json!({"name": {"zh": "券", "en": ""}, "kind": "amount", "amount": 100,
        "validity": {"kind": "days", "delay": 0, "days": 30}, "claim": {}});
        let template = send(server, "POST", "/api/v1/coupon-templates", template).await.json();
        let joined =
            json!({"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]});
        let member =
            send(server, "POST", "/api/v1/members", joined).await.json()["member_id"].clone();
        let claim = format!(
            "/api/v1/coupon-templates/{}/claim",
            template["template_id"].as_str().unwrap_or_default()
        );
        let claim_as = async |key: &str| {
            let body = json!({"member_id": member});
            server.call("POST", &claim, &[("idempotency-key", key)], Some(&body)).await
        };

        let first = claim_as("one").await;
        let second = claim_as("two").await;
        let review = read(server, "/api/v1/reviews?state=open").await.json()["items"][0].clone();
        let decide =
            format!("/api/v1/reviews/{}/decide", review["review_id"].as_str().unwrap_or_default());
        let wrong = server.call("POST", &decide, &[], Some(&json!({"decision": "merge"}))).await;
        let released =
            server.call("POST", &decide, &[], Some(&json!({"decision": "release"}))).await;
        // The key of what was refused is free again.
        let again = claim_as("two").await;

        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(second.problem(), "422 abuse.review");
        assert_eq!(review["kind"], "abuse");
        assert_eq!(review["evidence"]["abuse"]["reasons"][0]["rule"], "fast");
        assert_eq!(wrong.problem(), "422 review.decision");
        assert_eq!(released.status, 200, "{}", released.text);
        assert_eq!(again.status, 200, "{}", again.text);
    }
);

on_both!(a_block_is_listed_and_lifted, Settings::default(), async |server: &Server| {
    let device = json!({"device": "phone-1", "reason": "bot"});
    let off = send(server, "POST", "/api/v1/abuse/blocks", device.clone()).await;
    draft(server, json!({"abuse": {"blocks": true}})).await;
    send(server, "POST", "/api/v1/program/draft/publish", json!({})).await;
    let nobody = send(server, "POST", "/api/v1/abuse/blocks", json!({"reason": "bot"})).await;

    let blocked = server.call("POST", "/api/v1/abuse/blocks", &[], Some(&device)).await;
    let listed = read(server, "/api/v1/abuse/blocks").await.json();
    let subject = json!({"subject": listed["items"][0]["subject"]});
    let lifted = server.call("POST", "/api/v1/abuse/blocks/lift", &[], Some(&subject)).await;
    let again = server.call("POST", "/api/v1/abuse/blocks/lift", &[], Some(&subject)).await;

    assert_eq!(off.problem(), "409 abuse.off");
    assert_eq!(nobody.problem(), "422 input.refused");
    assert_eq!(blocked.status, 200, "{}", blocked.text);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert!(!blocked.text.contains("phone-1"));
    assert_eq!(lifted.status, 200, "{}", lifted.text);
    assert_eq!(again.problem(), "404 abuse.block_unknown");
});
