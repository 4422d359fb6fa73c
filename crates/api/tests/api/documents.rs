//! What is published about the API says what the API is.

use std::fs;
use std::path::Path;

#[test]
fn the_published_documents_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, text) in hui_api::documents() {
        let published = fs::read_to_string(root.join(path)).unwrap_or_default();

        assert!(published == text, "{path} is stale: run `cargo xtask openapi`");
    }
}

#[test]
fn every_operation_says_how_it_refuses() {
    let document: serde_json::Value =
        serde_json::from_str(&hui_api::openapi_json()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("paths");
    assert!(!paths.is_empty());
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];

            assert_eq!(
                problem["schema"]["$ref"], "#/components/schemas/Problem",
                "{method} {path}"
            );
            assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}

#[test]
fn no_two_operations_share_an_id() {
    let text = hui_api::openapi_json();
    let ids: Vec<&str> = text.lines().filter(|line| line.contains("\"operationId\"")).collect();
    let unique: std::collections::HashSet<&&str> = ids.iter().collect();

    assert_eq!(unique.len(), ids.len());
}

#[test]
fn no_schema_is_missing() {
    let text = hui_api::openapi_json();
    let document: serde_json::Value = serde_json::from_str(&text).expect("the document is JSON");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap_or_default();

        assert!(schemas.contains_key(name), "schema {name} is referred to and missing");
    }
}
