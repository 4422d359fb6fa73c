//! What members own besides points, as callers see it: coupons, wallets, exchanges.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{Reply, Server, on_both};

async fn post(server: &Server, key: &str, path: &str, body: Value) -> Reply {
    server.call("POST", path, &[("idempotency-key", key)], Some(&body)).await
}

async fn member(server: &Server) -> String {
    let body = json!({
        "identities": [{"kind": "phone", "value": "13800138000", "verified": true}],
    });
    let reply = post(server, "join", "/api/v1/members", body).await;
    reply.json()["member_id"].as_str().expect("a member").to_owned()
}

async fn template(server: &Server) -> String {
    let body = json!({
        "name": {"zh": "满100减20", "en": "20 off 100"}, "kind": "amount", "amount": 2000,
        "min_spend": 10000, "validity": {"kind": "days", "delay": 0, "days": 30},
        "stock": 10, "per_member": 2, "scope": {"include": {"channels": ["pos"]}},
        "stacking_group": "store", "restore_on_refund": true
    });
    let reply = post(server, "template", "/api/v1/coupon-templates", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["template_id"].as_str().expect("a template").to_owned()
}

on_both!(a_coupon_is_issued_listed_and_redeemed, Settings::default(), async |server: &Server| {
    let (member, template) = (member(server).await, template(server).await);
    let issue = format!("/api/v1/coupon-templates/{template}/issue");
    let wanted = json!({"member_id": member, "count": 1});

    let first = post(server, "issue", &issue, wanted.clone()).await;
    let again = post(server, "issue", &issue, wanted).await;
    let code = first.json()["coupons"][0]["code"].clone();
    let redeem = json!({"code": code, "channel": "pos", "order_no": "1", "discount": 2000});
    let online = json!({"code": code, "channel": "douyin", "order_no": "1"});
    let elsewhere = post(server, "elsewhere", "/api/v1/coupons/redeem", online).await;
    let usable = server.call("GET", &format!("/api/v1/members/{member}"), &[], None).await;
    let redeemed = post(server, "redeem", "/api/v1/coupons/redeem", redeem).await;
    let list = format!("/api/v1/members/{member}/coupons?state=redeemed");
    let listed = server.call("GET", &list, &[], None).await;

    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(elsewhere.problem(), "422 coupon.scope");
    assert_eq!(usable.json()["coupons"], json!({"usable": 1}));
    assert_eq!(redeemed.json()["state"], "redeemed", "{}", redeemed.text);
    assert_eq!(listed.json()["items"][0]["order"], json!({"channel": "pos", "order_no": "1"}));
    assert_eq!(listed.json()["items"][0]["template"]["amount"], 2000);
});

on_both!(a_top_up_is_spent_and_given_back, Settings::default(), async |server: &Server| {
    let member = member(server).await;
    let wallet = format!("/api/v1/members/{member}/wallet");
    let paid = json!({"principal": 20000, "bonus": 2000, "shop": "S0001", "staff": "G0007"});

    let top_up = post(server, "top-up", &format!("{wallet}/top-ups"), paid).await;
    let shown = server.call("GET", &format!("/api/v1/members/{member}"), &[], None).await;
    let spend = json!({"amount": 5500, "shop": "S0002", "order_no": "1"});
    let spent = post(server, "spend", &format!("{wallet}/spends"), spend).await;
    let hold = spent.json()["hold_id"].as_str().expect("a hold").to_owned();
    let refunds = format!("/api/v1/wallet/spends/{hold}/refunds");
    let back = post(server, "back", &refunds, json!({"amount": 5500})).await;
    let more = post(server, "more", &refunds, json!({"amount": 1})).await;
    let keyless = json!({"principal": 1, "bonus": 0, "shop": "S0001", "staff": "G0007"});
    let keyless = server.call("POST", &format!("{wallet}/top-ups"), &[], Some(&keyless)).await;

    assert_eq!(top_up.status, 200, "{}", top_up.text);
    assert_eq!(shown.json()["wallet"], json!({"principal": 20000, "bonus": 2000}));
    assert_eq!((&spent.json()["principal"], &spent.json()["bonus"]), (&json!(5000), &json!(500)));
    assert_eq!((&back.json()["principal"], &back.json()["bonus"]), (&json!(5000), &json!(500)));
    assert_eq!(more.problem(), "422 wallet.refund_exceeds");
    assert_eq!(keyless.problem(), "400 idempotency.missing");
});

on_both!(a_pick_up_code_is_taken_once, Settings::default(), async |server: &Server| {
    let member = member(server).await;
    let mug = json!({"name": {"zh": "杯子"}, "kind": "goods", "points": 40, "stock": 1});
    let good = post(server, "good", "/api/v1/mall/goods", mug).await.json()["good_id"].clone();
    let exchanges = format!("/api/v1/members/{member}/exchanges");
    let wanted = json!({"good_id": good, "delivery": "pick_up"});

    let taken = post(server, "take", &exchanges, wanted.clone()).await;
    let gone = post(server, "take more", &exchanges, wanted.clone()).await;
    let gone_too = post(server, "more", &exchanges, wanted).await;
    let code = json!({"code": taken.json()["pickup_code"], "shop": "S0001"});
    let first = post(server, "pick", "/api/v1/mall/pick-ups", code.clone()).await;
    let second = post(server, "pick-again", "/api/v1/mall/pick-ups", code).await;

    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!(gone.problem(), "400 idempotency.invalid");
    assert_eq!(gone_too.problem(), "409 mall.out_of_stock");
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(second.problem(), "409 mall.exchange_ended");
});
