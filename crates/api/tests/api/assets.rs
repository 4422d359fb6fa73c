//! What members own besides points, as callers see it: coupons, wallets, exchanges, cards.

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

/// Publishes rules by which the program sells a benefit card and a service card.
async fn sell_cards(server: &Server) {
    let rules = json!({"cards": [
        {"id": "year", "name": {"zh": "年卡", "en": "Year"}, "kind": "benefit",
         "price": {"money": 9900, "points": 50}, "validity": {"kind": "months", "months": 12},
         "gifts": {"at_sale": {"points": 30}}},
        {"id": "ten", "name": {"zh": "十次卡"}, "kind": "service", "visits": 10,
         "price": {"money": 88000}, "validity": {"kind": "days", "days": 90}},
    ]});
    let reply = server.call("PUT", "/api/v1/program/draft", &[], Some(&rules)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = post(server, "publish", "/api/v1/program/draft/publish", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

on_both!(a_card_is_sold_used_and_given_back, Settings::default(), async |server: &Server| {
    sell_cards(server).await;
    let member = member(server).await;
    let cards = format!("/api/v1/members/{member}/cards");
    let wanted = json!({"card": "year", "paid_by": "points", "shop": "S0001"});

    let sold = post(server, "sell", &cards, wanted.clone()).await;
    let again = post(server, "sell", &cards, wanted).await;
    let short = json!({"card": "ten", "paid_by": "points"});
    let short = post(server, "short", &cards, short).await;
    let unknown = json!({"card": "none", "paid_by": "money"});
    let unknown = post(server, "unknown", &cards, unknown).await;
    let keyless = json!({"card": "ten", "paid_by": "money"});
    let keyless = server.call("POST", &cards, &[], Some(&keyless)).await;
    let benefits = format!("/api/v1/members/{member}/benefits");
    let benefits = server.call("GET", &benefits, &[], None).await.json();
    let card = sold.json()["card_id"].as_str().expect("a card").to_owned();
    let reason = json!({"reason": "not wanted"});
    let refunds = format!("/api/v1/cards/{card}/refunds");
    let back = post(server, "back", &refunds, reason.clone()).await;
    let listed = server.call("GET", &cards, &[], None).await.json();

    assert_eq!(sold.status, 200, "{}", sold.text);
    assert_eq!((&sold.json()["points"], &sold.json()["gift_points"]), (&json!(50), &json!(30)));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(short.problem(), "422 card.price");
    assert_eq!(unknown.problem(), "422 card.name_unknown");
    assert_eq!(keyless.problem(), "400 idempotency.missing");
    assert_eq!(benefits["items"][0]["benefit"], "card_sale", "{benefits}");
    assert_eq!(
        (&back.json()["points_back"], &back.json()["clawed_back"]),
        (&json!(50), &json!(30))
    );
    assert_eq!(listed["items"][0]["state"], "refunded", "{listed}");

    let ten = json!({"card": "ten", "paid_by": "money", "channel": "pos", "shop": "S0001"});
    let ten = post(server, "ten", &cards, ten).await.json()["card_id"].clone();
    let visits = format!("/api/v1/cards/{}/visits", ten.as_str().expect("a card"));
    let visit = post(server, "visit", &visits, json!({"visits": 2, "shop": "S0001"})).await;
    let more = post(server, "more", &visits, json!({"visits": 9})).await;
    let undo = format!("/api/v1/visits/{}/undo", visit.json()["visit_id"].as_str().expect("one"));
    let undone = post(server, "undo", &undo, reason.clone()).await;
    let twice = post(server, "twice", &undo, reason.clone()).await;
    let shown = server.call("GET", &visits, &[], None).await.json();
    let revoke = format!("/api/v1/cards/{}/revoke", ten.as_str().expect("a card"));
    let revoked = post(server, "revoke", &revoke, reason).await;
    let gone = post(server, "gone", &visits, json!({})).await;

    assert_eq!(visit.json()["visits_left"], 8, "{}", visit.text);
    assert_eq!(more.problem(), "422 card.visits_left");
    assert_eq!(undone.json()["visits_left"], 10, "{}", undone.text);
    assert_eq!(twice.problem(), "409 card.visit_undone");
    assert_eq!(shown["items"][0]["undone_reason"], "not wanted");
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(gone.problem(), "409 card.not_in_force");
});

on_both!(
    a_card_of_the_mall_goes_back_with_its_exchange,
    Settings::default(),
    async |server: &Server| {
        sell_cards(server).await;
        let member = member(server).await;
        let wrong = json!({"name": {"zh": "卡"}, "kind": "card", "points": 40});
        let wrong = post(server, "wrong", "/api/v1/mall/goods", wrong).await;
        let good = json!({"name": {"zh": "卡"}, "kind": "card", "card": "ten", "points": 40});
        let good = post(server, "good", "/api/v1/mall/goods", good).await.json()["good_id"].clone();
        let exchanges = format!("/api/v1/members/{member}/exchanges");

        let taken = post(server, "take", &exchanges, json!({"good_id": good})).await;
        let card = taken.json()["card"]["card_id"].as_str().expect("a card").to_owned();
        let reason = json!({"reason": "not wanted"});
        let refunds = format!("/api/v1/cards/{card}/refunds");
        let direct = post(server, "direct", &refunds, reason.clone()).await;
        let id = taken.json()["exchange_id"].as_str().expect("an exchange").to_owned();
        let back =
            post(server, "back", &format!("/api/v1/mall/exchanges/{id}/return"), reason).await;

        assert_eq!(wrong.problem(), "422 input.refused");
        assert_eq!(direct.problem(), "409 card.of_exchange");
        assert_eq!(back.json()["points"], 40, "{}", back.text);
    }
);
