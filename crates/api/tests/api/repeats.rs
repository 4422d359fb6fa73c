//! The same request sent again: answered as the first time, and nothing happens twice.

use hui_api::app::Settings;
use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, on_both};

async fn member(server: &Server) -> String {
    let body = json!({"identities": [
        {"kind": "phone", "value": "13800138000", "verified": true},
        {"kind": "email", "value": "li.na@example.com", "verified": true}
    ]});
    let key = [("idempotency-key", "join")];
    let reply = server.call("POST", "/api/v1/members", &key, Some(&body)).await;
    reply.json()["member_id"].as_str().expect("a member").to_owned()
}

async fn audited(server: &Server, action: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit?action={action}");
    let page = server.call("GET", &path, &[], None).await.json();
    page["items"].as_array().expect("lines").clone()
}

on_both!(what_is_made_is_made_once, Settings::default(), async |server: &Server| {
    let member = member(server).await;
    let staff = json!({"name": "li.na", "role": "operator", "password": PASSWORD});
    let fair = json!({"channel": "fair", "label_zh": "展会", "label_en": "Fair"});
    let program = json!({"name": "another"});
    let till = json!({"name": "till", "scopes": ["points:hold"]});
    let notes = format!("/api/v1/members/{member}/notes");
    let note = json!({"text": "喜欢敏感肌系列"});
    let routes = [
        ("/api/v1/staff", &staff, "staff.create"),
        ("/api/v1/channels", &fair, "channel.register"),
        ("/api/v1/keys", &till, "key.create"),
        ("/api/v1/programs", &program, ""),
        (notes.as_str(), &note, "note.add"),
    ];

    for (path, body, action) in routes {
        let key = [("idempotency-key", "k1")];
        let before = audited(server, action).await.len();
        let first = server.call("POST", path, &key, Some(body)).await;
        let again = server.call("POST", path, &key, Some(body)).await;
        let mut other = body.clone();
        let field = if path == notes { "text" } else { "name" };
        let field = if path == "/api/v1/channels" { "label_en" } else { field };
        other[field] = json!("other");
        let reused = server.call("POST", path, &key, Some(&other)).await;

        assert_eq!(first.status, 200, "{path} {}", first.text);
        assert_eq!(first.header("idempotency-replayed"), "", "{path}");
        assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
        assert_eq!(again.text, first.text, "{path}");
        assert_eq!(reused.problem(), "409 idempotency.reused", "{path}");
        // The line of a new program stands in that program's own log.
        let noted = usize::from(!action.is_empty());
        assert_eq!(audited(server, action).await.len() - before, noted, "{action}");
    }
});

on_both!(a_secret_is_shown_again_to_nobody_else, Settings::default(), async |server: &Server| {
    let scopes = json!({"name": "clerk", "scopes": ["keys:write", "points:hold"]});
    let clerk = server.call("POST", "/api/v1/keys", &[], Some(&scopes)).await.json();
    let clerk = format!("Bearer {}", clerk["secret"].as_str().expect("a secret"));
    let body = json!({"name": "till", "scopes": ["points:hold"]});
    let mine = [("idempotency-key", "k1")];
    let theirs = [("idempotency-key", "k1"), ("authorization", clerk.as_str())];

    let made = server.call("POST", "/api/v1/keys", &mine, Some(&body)).await;
    let asked_by_another = server.call("POST", "/api/v1/keys", &theirs, Some(&body)).await;

    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(asked_by_another.problem(), "409 idempotency.reused");
    let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(server.kept_in_clear(&secret).await, 0);
    assert_eq!(server.kept_in_clear("Bearer").await, 0);
});

on_both!(every_look_at_personal_data_is_noted, Settings::default(), async |server: &Server| {
    let path = format!("/api/v1/members/{}/reveal", member(server).await);
    let body = json!({"fields": ["phone"], "reason": "回访客诉"});
    let key = [("idempotency-key", "k1")];

    let first = server.call("POST", &path, &key, Some(&body)).await;
    let again = server.call("POST", &path, &key, Some(&body)).await;

    assert_eq!(first.json()["phone"], "+8613800138000", "{}", first.text);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(audited(server, "member.reveal").await.len(), 2);
    assert_eq!(server.kept_in_clear("13800138000").await, 0);
});

on_both!(rules_are_published_once, Settings::default(), async |server: &Server| {
    let rules = server.call("GET", "/api/v1/program/versions/1", &[], None).await.json();
    let path = "/api/v1/program/draft";
    assert_eq!(server.call("PUT", path, &[], Some(&rules["document"])).await.status, 200);
    let key = [("idempotency-key", "k1")];
    let path = "/api/v1/program/draft/publish";

    let first = server.call("POST", path, &key, Some(&json!({"note": "a"}))).await;
    let again = server.call("POST", path, &key, Some(&json!({"note": "a"}))).await;
    let without = server.call("POST", path, &[], Some(&json!({"note": "a"}))).await;

    assert_eq!(first.json()["version"], 2, "{}", first.text);
    assert_eq!(again.text, first.text);
    assert_eq!(without.problem(), "404 program.draft_unknown");
});

on_both!(why_something_was_taken_apart_is_kept, Settings::default(), async |server: &Server| {
    let member = member(server).await;
    let path = format!("/api/v1/members/{member}/identities");
    let identities = server.call("GET", &path, &[], None).await.json();
    let items = identities["items"].as_array().expect("identities");
    let email = items.iter().find(|one| one["kind"] == "email").expect("an e-mail");
    let email = email["identity_id"].as_str().expect("a number");
    let unbound = server.call("DELETE", &format!("{path}/{email}?reason=wrong"), &[], None).await;
    let long = "x".repeat(501);
    let refused = server.call("DELETE", &format!("{path}/{email}?reason={long}"), &[], None).await;
    let other = json!({"identities": [{"kind": "openid", "scope": "wx1", "value": "abc"}]});
    let key = [("idempotency-key", "join")];
    let reused = server.call("POST", "/api/v1/members", &key, Some(&other)).await;
    let key = [("idempotency-key", "join2")];
    let other = server.call("POST", "/api/v1/members", &key, Some(&other)).await.json();
    let other = other["member_id"].as_str().expect("a member").to_owned();
    let merge = json!({"into": member, "reason": "same"});
    let path = format!("/api/v1/members/{other}/merge");
    let merged = server.call("POST", &path, &key, Some(&merge)).await.json();
    let path = format!("/api/v1/merges/{}/undo", merged["merge_id"].as_str().expect("a merge"));
    let undone = server.call("POST", &path, &[], Some(&json!({"reason": "not the same"}))).await;

    assert_eq!(unbound.status, 200, "{}", unbound.text);
    assert_eq!(refused.problem(), "422 text.too_long");
    assert_eq!(reused.problem(), "409 idempotency.reused");
    assert_eq!(undone.status, 200, "{}", undone.text);
    assert_eq!(audited(server, "member.unbind").await[0]["detail"]["reason"], "wrong");
    assert_eq!(audited(server, "member.unmerge").await[0]["detail"]["reason"], "not the same");
});
