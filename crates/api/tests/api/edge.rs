//! What every address has in common.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hui_api::app::Settings;

use crate::server::server;

#[tokio::test]
async fn an_unknown_address_is_a_problem_with_the_request_id_in_it() {
    let server = server(Settings::default()).await;
    let request = Request::get("/api/v1/nothing")
        .header("x-request-id", "till-7.1")
        .body(Body::empty())
        .expect("a request");

    let reply = server.send(request).await;

    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("x-request-id"), "till-7.1");
    insta::assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn another_method_is_refused_with_the_ones_there_are() {
    let server = server(Settings::default()).await;

    let reply = server.get("/api/v1/orders").await;

    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.json()["code"], "method.not_allowed");
    assert_eq!(reply.header("allow"), "POST");
}

#[tokio::test]
async fn titles_are_told_in_chinese_to_who_reads_chinese() {
    let server = server(Settings::default()).await;
    let request = Request::get("/api/v1/program/facts")
        .header(header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9,en;q=0.8")
        .body(Body::empty())
        .expect("a request");

    let reply = server.send(request).await;

    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.json()["title"], "请登录或提供 API 密钥");
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"hui\"");
}

#[tokio::test]
async fn the_character_zero_in_an_address_is_refused() {
    let server = server(Settings::default()).await;

    let reply = server.get("/api/v1/members/M%001").await;

    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.json()["code"], "request.malformed");
}

#[tokio::test]
async fn pages_and_answers_carry_the_security_headers() {
    let server = server(Settings::default()).await;

    for path in ["/api/docs", "/api/openapi.json", "/healthz", "/console/"] {
        let reply = server.get(path).await;

        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(
            reply.header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn the_console_answers_its_deep_links_and_nothing_else_does() {
    let server = server(Settings::default()).await;

    assert_eq!(server.get("/console/members/M1").await.status, StatusCode::OK);
    assert_eq!(server.get("/").await.header("location"), "/console/");
    assert_eq!(server.get("/assets/nothing.js").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_server_with_its_tables_is_ready() {
    let server = server(Settings::default()).await;

    let reply = server.get("/readyz").await;

    assert_eq!(reply.status, StatusCode::OK);
    insta::assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn figures_name_the_route_and_never_the_address() {
    let server = server(Settings::default()).await;
    server.post("/api/v1/points/holds/H0000000000001A/confirm", "").await;
    server.get("/api/v1/program/facts").await;

    let text = server.get("/metrics").await.text;

    assert!(text.contains("route=\"/api/v1/program/facts\",status=\"4xx\"} 1"), "{text}");
    assert!(!text.contains("H0000000000001A"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}
