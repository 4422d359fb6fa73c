//! What callers do, each answer as they see it.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{KEY, PASSWORD, Server, on_both};

fn order(order_no: &str) -> Value {
    json!({
        "channel": "pos", "shop": "S0001", "order_no": order_no, "status": "paid",
        "paid_at": "2026-05-01T10:01:00+08:00",
        "buyer": {"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]},
        "lines": [{"line_no": "1", "sku": "A1", "quantity": 2, "unit_price": 9950, "paid": 19900}],
        "shipping": 0, "paid": 19900
    })
}

async fn member(server: &Server) -> String {
    let reply = server.call("POST", "/api/v1/orders", &[], Some(&order("first"))).await;
    reply.json()["member_id"].as_str().expect("a member").to_owned()
}

/// Numbers differ from run to run: their kind stays.
fn without_ids(value: Value) -> Value {
    match value {
        Value::String(text) if is_id(&text) => json!(format!("[{}]", &text[..1])),
        Value::Array(parts) => parts.into_iter().map(without_ids).collect(),
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "request_id");
            Value::Object(kept.map(|(name, value)| (name, without_ids(value))).collect())
        }
        other => other,
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

on_both!(an_order_earns_once, Settings::default(), async |server: &Server| {
    let first = server.call("POST", "/api/v1/orders", &[], Some(&order("1"))).await;
    let again = server.call("POST", "/api/v1/orders", &[], Some(&order("1"))).await;
    let mut changed = order("1");
    changed["lines"][0]["paid"] = json!(19_800);
    changed["paid"] = json!(19_800);
    let other = server.call("POST", "/api/v1/orders", &[], Some(&changed)).await;

    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(again.json()["order_id"], first.json()["order_id"]);
    insta::assert_json_snapshot!("order", without_ids(first.json()));
    insta::assert_json_snapshot!("order_changed", without_ids(other.json()));
});

on_both!(a_batch_answers_each, Settings::default(), async |server: &Server| {
    let mut broken = order("2");
    broken["paid"] = json!(1);
    let batch = json!([order("1"), broken, {"colour": 1}, order("3")]);

    let reply = server.call("POST", "/api/v1/orders/batch", &[], Some(&batch)).await;

    let told: Vec<String> = reply
        .json()
        .as_array()
        .expect("results")
        .iter()
        .map(|one| format!("{} {}", one["status"], one["code"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(told, ["200 -", "422 order.total_mismatch", "400 body.invalid", "200 -"]);
});

on_both!(a_refund_before_its_order_waits, Settings::default(), async |server: &Server| {
    let refund = json!({
        "channel": "pos", "order_no": "9", "refund_no": "R9",
        "refunded_at": "2026-05-02T10:00:00+08:00",
        "lines": [{"line_no": "1", "quantity": 1, "amount": 9950}]
    });

    let reply = server.call("POST", "/api/v1/refunds", &[], Some(&refund)).await;

    assert_eq!(reply.status, 202, "{}", reply.text);
    insta::assert_json_snapshot!("refund_waiting", without_ids(reply.json()));
});

on_both!(an_adjustment_is_answered_the_same_twice, Settings::default(), async |server: &Server| {
    let path = format!("/api/v1/members/{}/points/adjust", member(server).await);
    let key = [("idempotency-key", "k1")];
    let body = json!({"points": 100, "reason": "客诉补偿"});

    let without = server.call("POST", &path, &[], Some(&body)).await;
    let first = server.call("POST", &path, &key, Some(&body)).await;
    let again = server.call("POST", &path, &key, Some(&body)).await;
    let other = json!({"points": 200, "reason": "客诉补偿"});
    let reused = server.call("POST", &path, &key, Some(&other)).await;
    let spaced = server.call("POST", &path, &[("idempotency-key", "a b")], Some(&body)).await;

    assert_eq!(without.problem(), "400 idempotency.missing");
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text);
    assert_eq!(reused.problem(), "409 idempotency.reused");
    assert_eq!(spaced.problem(), "400 idempotency.invalid");
});

on_both!(more_than_there_is_is_not_deducted, Settings::default(), async |server: &Server| {
    let path = format!("/api/v1/members/{}/points/adjust", member(server).await);
    let adjust = async |key: &str, points: i64| {
        let body = json!({"points": points, "reason": "test"});
        server.call("POST", &path, &[("idempotency-key", key)], Some(&body)).await
    };

    assert_eq!(adjust("1", -1_000_000).await.problem(), "422 points.insufficient");
    assert_eq!(adjust("2", 1_000_000_000_001).await.problem(), "422 amount.out_of_range");
    assert_eq!(adjust("3", 0).await.problem(), "422 points.zero");
});

on_both!(a_hold_is_confirmed_once, Settings::default(), async |server: &Server| {
    let id = member(server).await;
    let hold = json!({"points": 10, "purpose": "order 7", "ttl_s": 60});
    let path = format!("/api/v1/members/{id}/points/holds");
    let held = server.call("POST", &path, &[("idempotency-key", "h")], Some(&hold)).await;
    let hold_id = held.json()["hold_id"].as_str().unwrap_or_default().to_owned();
    let end = async |verb: &str| {
        server.call("POST", &format!("/api/v1/points/holds/{hold_id}/{verb}"), &[], None).await
    };

    assert_eq!(held.status, 200, "{}", held.text);
    let confirmed = end("confirm").await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(end("confirm").await.text, confirmed.text);
    assert_eq!(end("cancel").await.problem(), "409 points.hold_confirmed");
});

on_both!(
    a_key_does_what_it_may_and_nothing_after_it_was_taken_back,
    Settings::default(),
    async |server: &Server| {
        let new = json!({"name": "board", "scopes": ["members:read"]});
        let made = server.call("POST", "/api/v1/keys", &[], Some(&new)).await.json();
        let bearer = format!("Bearer {}", made["secret"].as_str().unwrap_or_default());
        let mine = [("authorization", bearer.as_str())];
        let nobody = [("authorization", "Bearer wrong")];

        let refused = server.call("POST", "/api/v1/orders", &mine, Some(&order("1"))).await;
        let unknown = server.call("GET", "/api/v1/channels", &nobody, None).await;
        let path = format!("/api/v1/keys/{}", made["key_id"].as_str().unwrap_or_default());
        let gone = server.call("DELETE", &path, &[], None).await;
        let after = server.call("GET", "/api/v1/channels", &mine, None).await;

        assert_eq!(refused.problem(), "403 right.missing");
        assert_eq!(unknown.problem(), "401 auth.invalid");
        assert_eq!(gone.status, 204);
        assert_eq!(after.problem(), "401 auth.invalid");
    }
);

/// Signs the administrator in: the cookie and the token.
async fn signed_in(server: &Server) -> (String, String) {
    let body = json!({"name": "admin", "password": PASSWORD});
    let reply = server.post("/api/v1/session", &body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let cookie = reply.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let token = cookie.split(';').next().unwrap_or_default().to_owned();
    (token, reply.json()["csrf"].as_str().unwrap_or_default().to_owned())
}

on_both!(
    a_session_changes_something_from_our_own_pages_only,
    Settings::default(),
    async |server: &Server| {
        let (cookie, csrf) = signed_in(server).await;
        let note = json!({"channel": "kiosk", "label_zh": "自助机", "label_en": "Kiosk"});
        let send = async |headers: &[(&str, &str)]| {
            let mut all = vec![("cookie", cookie.as_str())];
            all.extend_from_slice(headers);
            server.call("POST", "/api/v1/channels", &all, Some(&note)).await
        };
        let own = ("sec-fetch-site", "same-origin");
        let token = ("x-csrf-token", csrf.as_str());

        assert_eq!(send(&[own]).await.problem(), "403 csrf.invalid");
        assert_eq!(send(&[own, ("x-csrf-token", "wrong")]).await.problem(), "403 csrf.invalid");
        assert_eq!(send(&[token]).await.problem(), "403 origin.foreign");
        assert_eq!(
            send(&[token, ("sec-fetch-site", "cross-site")]).await.problem(),
            "403 origin.foreign"
        );
        let done = send(&[token, own]).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let read = server.call("GET", "/api/v1/session", &[("cookie", &cookie)], None).await;
        assert_eq!(read.json()["staff"]["name"], "admin");
    }
);

on_both!(a_session_is_over_after_signing_out, Settings::default(), async |server: &Server| {
    let (cookie, csrf) = signed_in(server).await;
    let mine = [
        ("cookie", cookie.as_str()),
        ("x-csrf-token", csrf.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];

    let out = server.call("DELETE", "/api/v1/session", &mine, None).await;
    let after = server.call("GET", "/api/v1/session", &mine, None).await;

    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(after.problem(), "401 auth.invalid");
});

on_both!(a_wrong_password_says_nothing_more, Settings::default(), async |server: &Server| {
    let attempt = async |name: &str| {
        let body = json!({"name": name, "password": "wrong wrong wrong"});
        server.post("/api/v1/session", &body.to_string()).await
    };

    let (known, unknown) = (attempt("admin").await, attempt("nobody").await);

    assert_eq!(known.problem(), "401 sign_in.refused");
    assert_eq!(without_ids(known.json()), without_ids(unknown.json()));
});

on_both!(staff_are_made_and_disabled, Settings::default(), async |server: &Server| {
    let new = json!({"name": "li.na", "display_name": "李娜", "role": "store_manager",
        "shops": ["pos/S0001"], "password": "tall green window"});
    let made = server.call("POST", "/api/v1/staff", &[], Some(&new)).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let path = format!("/api/v1/staff/{}", made.json()["id"].as_str().unwrap_or_default());

    let taken = server.call("POST", "/api/v1/staff", &[], Some(&new)).await;
    let off = server.call("PATCH", &path, &[], Some(&json!({"active": false}))).await;
    let unknown = server.call("PATCH", &path, &[], Some(&json!({"colour": 1}))).await;

    assert_eq!(taken.problem(), "409 staff.name_taken");
    assert_eq!(off.json()["active"], false);
    assert_eq!(unknown.problem(), "400 body.invalid");
});

on_both!(personal_data_is_shown_with_a_reason, Settings::default(), async |server: &Server| {
    let id = member(server).await;
    let path = format!("/api/v1/members/{id}/reveal");
    let without = json!({"fields": ["phone"], "reason": " "});
    let with = json!({"fields": ["phone"], "reason": "回访客诉"});

    let masked = server.call("GET", &format!("/api/v1/members/{id}"), &[], None).await;
    let refused = server.call("POST", &path, &[], Some(&without)).await;
    let shown = server.call("POST", &path, &[], Some(&with)).await;

    assert!(!masked.text.contains("13800138000"), "{}", masked.text);
    assert_eq!(refused.problem(), "422 text.empty");
    assert_eq!(shown.json(), json!({"phone": "+8613800138000"}));
    let log = server.call("GET", "/api/v1/audit", &[], None).await.text;
    assert!(log.contains("回访客诉") && !log.contains("13800138000"), "{log}");
});

on_both!(notes_are_kept_about_a_member, Settings::default(), async |server: &Server| {
    let path = format!("/api/v1/members/{}/notes", member(server).await);

    let added = server.call("POST", &path, &[], Some(&json!({"text": "喜欢敏感肌系列"}))).await;
    let listed = server.call("GET", &path, &[], None).await.json();

    assert_eq!(added.status, 200, "{}", added.text);
    assert_eq!(listed["items"][0]["text"], "喜欢敏感肌系列");
});

on_both!(without_the_flag_there_is_no_sandbox, Settings::default(), async |server: &Server| {
    let body = json!({"now": "2026-06-01T00:00:00+08:00"});

    let reply = server.call("PUT", "/api/v1/sandbox/clock", &[], Some(&body)).await;

    assert_eq!(reply.problem(), "404 route.unknown");
});

fn sandbox() -> Settings {
    Settings { sandbox: true, ..Settings::default() }
}

on_both!(the_sandbox_clock_only_moves_forward, sandbox(), async |server: &Server| {
    let set = async |now: &str| {
        server.call("PUT", "/api/v1/sandbox/clock", &[], Some(&json!({"now": now}))).await
    };

    assert_eq!(set("2026-06-01T00:00:00Z").await.status, 200);
    assert_eq!(set("2026-06-01T00:00:00Z").await.status, 200);
    assert_eq!(set("2026-05-31T23:59:59.999999Z").await.problem(), "409 sandbox.clock_backwards");
});

on_both!(
    what_a_body_may_be_is_checked_before_what_it_says,
    Settings::default(),
    async |server: &Server| {
        let send = async |media: &'static str, body: String| {
            let request = axum::http::Request::post("/api/v1/orders")
                .header("authorization", format!("Bearer {KEY}"))
                .header("content-type", media)
                .body(axum::body::Body::from(body));
            server.send(request.expect("a request")).await.problem()
        };
        let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));

        assert_eq!(
            send("text/plain", order("1").to_string()).await,
            "415 content_type.unsupported"
        );
        assert_eq!(send("application/json", "{".to_owned()).await, "400 json.malformed");
        assert_eq!(send("application/json", "[".repeat(33)).await, "400 json.too_deep");
        assert_eq!(send("application/json", large(4 * 1024 * 1024)).await, "400 body.invalid");
        assert_eq!(
            send("application/json", large(4 * 1024 * 1024 + 1)).await,
            "413 body.too_large"
        );
    }
);

on_both!(who_is_not_there_is_not_found, Settings::default(), async |server: &Server| {
    // A number of the right form that nobody has, and one with a wrong check character.
    let unknown = hui_loyalty::ids::MemberId(7).to_string();
    let note = json!({"text": "x"});
    let path = |id: &str| format!("/api/v1/members/{id}");

    for (method, path, body) in [
        ("GET", path(&unknown), None),
        ("GET", format!("{}/points", path(&unknown)), None),
        ("GET", format!("{}/tier", path(&unknown)), None),
        ("GET", format!("{}/notes", path(&unknown)), None),
        ("POST", format!("{}/notes", path(&unknown)), Some(&note)),
    ] {
        let reply = server.call(method, &path, &[], body).await;

        assert_eq!(reply.problem(), "404 member.unknown", "{method} {path}");
    }
    let mistyped = server.call("GET", &path("M000000000000XY"), &[], None).await;
    assert_eq!(mistyped.problem(), "404 id.invalid");
});

on_both!(lists_refuse_what_is_no_page, Settings::default(), async |server: &Server| {
    let id = member(server).await;
    let entries = async |query: &str| {
        let path = format!("/api/v1/members/{id}/points/entries?{query}");
        server.call("GET", &path, &[], None).await
    };

    let first = entries("limit=1").await;
    assert_eq!(first.json()["items"].as_array().map(Vec::len), Some(1), "{}", first.text);
    let next = first.json()["next"].as_str().unwrap_or_default().to_owned();
    let second = entries(&format!("limit=1&cursor={next}")).await;
    assert_ne!(second.json()["items"][0]["entry_id"], first.json()["items"][0]["entry_id"]);
    assert_eq!(entries("limit=0").await.problem(), "400 limit.invalid");
    assert_eq!(entries("limit=501").await.problem(), "400 limit.invalid");
    assert_eq!(entries("cursor=nonsense").await.problem(), "400 cursor.invalid");
    assert_eq!(entries("colour=red").await.problem(), "400 query.invalid");
});

on_both!(rules_are_drafted_checked_and_published, Settings::default(), async |server: &Server| {
    let program = server.call("GET", "/api/v1/program", &[], None).await;
    assert_eq!(program.status, 200, "{}", program.text);
    let schema = server.call("GET", "/api/v1/program/schema", &[], None).await;
    let facts = server.call("GET", "/api/v1/program/facts", &[], None).await;

    let nothing = server.call("POST", "/api/v1/program/draft/publish", &[], Some(&json!({}))).await;

    assert_eq!(schema.status, 200);
    assert!(facts.text.contains("member.tier"));
    assert_eq!(nothing.problem(), "404 program.draft_unknown");
});

on_both!(
    an_order_sent_again_is_marked_as_replayed,
    Settings::default(),
    async |server: &Server| {
        let send =
            async |body: Value| server.call("POST", "/api/v1/orders", &[], Some(&body)).await;
        let mut advanced = order("1");
        advanced["status"] = json!("completed");
        advanced["completed_at"] = json!("2026-05-02T10:01:00+08:00");

        let first = send(order("1")).await;
        let again = send(order("1")).await;
        let later = send(advanced).await;

        assert_eq!(again.text, first.text);
        let marks =
            [first, again, later].map(|reply| reply.header("idempotency-replayed").to_owned());
        assert_eq!(marks, ["", "true", ""]);
    }
);

on_both!(
    a_join_sent_again_is_answered_as_the_first_time,
    Settings::default(),
    async |server: &Server| {
        let body =
            json!({"identities": [{"kind": "phone", "value": "13800138000", "verified": true}]});
        let join = async || {
            server.call("POST", "/api/v1/members", &[("idempotency-key", "j")], Some(&body)).await
        };

        let first = join().await;
        let earned = server.call("POST", "/api/v1/orders", &[], Some(&order("1"))).await;
        let again = join().await;

        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(earned.json()["points"]["earned"], 19);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.json()["points"], first.json()["points"]);
        assert_eq!(again.json()["growth"], 0);
    }
);

on_both!(a_join_names_a_channel_that_exists, Settings::default(), async |server: &Server| {
    let join = async |channel: &str, birthday: &str| {
        let body = json!({
            "identities": [{"kind": "phone", "value": "13800138000", "verified": true}],
            "profile": {"birthday": birthday}, "channel": channel, "shop": "S1", "staff": "G1"
        });
        server.call("POST", "/api/v1/members", &[("idempotency-key", "j")], Some(&body)).await
    };

    assert_eq!(join("nowhere", "1990-02-28").await.problem(), "422 channel.unknown");
    assert_eq!(join("pos", "9999-02-28").await.problem(), "422 input.refused");
    assert_eq!(join("pos", "1990-02-28").await.status, 200);
});

on_both!(every_list_is_told_in_pages, Settings::default(), async |server: &Server| {
    let id = member(server).await;
    let of_member = |list: &str| format!("/api/v1/members/{id}/{list}");
    let lists = [
        of_member("identities"),
        of_member("merges"),
        of_member("notes"),
        of_member("points/entries"),
        "/api/v1/keys".to_owned(),
        "/api/v1/program/versions".to_owned(),
        "/api/v1/channels".to_owned(),
        "/api/v1/shops".to_owned(),
        "/api/v1/staff".to_owned(),
    ];

    for list in lists {
        let one = server.call("GET", &format!("{list}?limit=1"), &[], None).await.json();
        let whole = server.call("GET", &list, &[], None).await.json();
        let known = whole["items"].as_array().expect("items").len();
        assert_eq!(one["items"].as_array().expect("items").len(), known.min(1), "{list}");
        assert_eq!(one["next"].is_string(), known > 1, "{list}");
        let next = one["next"].as_str().unwrap_or_default();
        if known > 1 {
            let path = format!("{list}?limit=1&cursor={next}");
            let second = server.call("GET", &path, &[], None).await.json();
            assert_eq!(second["items"][0], whole["items"][1], "{list}");
        }
        for wrong in ["limit=0", "limit=501", "cursor=x", "colour=1"] {
            let refused = server.call("GET", &format!("{list}?{wrong}"), &[], None).await;
            assert_eq!(refused.status, 400, "{list}?{wrong}");
        }
    }
});

on_both!(every_entry_says_what_caused_it, Settings::default(), async |server: &Server| {
    let path = format!("/api/v1/members/{}/points/entries", member(server).await);

    let entries = server.call("GET", &path, &[], None).await.json();

    let keys: Vec<String> = entries["items"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| entry["key"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(keys.iter().any(|key| key == "award:join"), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with("order:O")), "{keys:?}");
});

on_both!(
    the_first_rules_decide_earlier_orders_and_later_ones_do_not,
    Settings::default(),
    async |server: &Server| {
        let publish = async |points: i64| {
            let path = "/api/v1/program";
            let mut rules = server.call("GET", path, &[], None).await.json()["document"].clone();
            rules["points"]["earn"]["rules"][0]["rate"]["points"] = json!(points);
            server.call("PUT", &format!("{path}/draft"), &[], Some(&rules)).await;
            server.call("POST", &format!("{path}/draft/publish"), &[], None).await.json()
        };
        let earned = async |order_no: &str| {
            let reply = server.call("POST", "/api/v1/orders", &[], Some(&order(order_no))).await;
            reply.json()["points"]["earned"].clone()
        };

        let first = publish(20).await;
        assert_eq!(earned("1").await, 39);
        let second = publish(30).await;
        assert_eq!(earned("2").await, 39);

        assert_eq!(first["effective_at"], "1970-01-01T00:00:00Z");
        assert_eq!(second["effective_at"], second["published_at"]);
    }
);
