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
            let responses = operation["responses"].as_object().expect("responses");
            let listed = responses.keys().filter(|status| status.starts_with(['4', '5']));
            for status in listed.clone() {
                let told = &responses[status];
                let codes = told["x-problem-codes"].as_array().expect("codes");

                assert!(!codes.is_empty(), "{method} {path} {status}");
                assert_eq!(
                    told["content"]["application/problem+json"]["schema"]["$ref"],
                    "#/components/schemas/Problem",
                    "{method} {path} {status}"
                );
            }
            assert!(listed.count() >= 3, "{method} {path} lists too few problems");
            // The page shows what stands under a tag of the list, and nothing else.
            let listed = document["tags"].as_array().expect("tags").iter();
            let tag = &operation["tags"][0];
            assert!(
                listed.map(|one| &one["name"]).any(|name| name == tag),
                "{method} {path}: {tag}"
            );
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}

#[test]
fn every_body_has_a_type() {
    let document: serde_json::Value =
        serde_json::from_str(&hui_api::openapi_json()).expect("the document is JSON");
    let is_typed = |schema: &serde_json::Value| {
        ["$ref", "type", "oneOf", "allOf"].iter().any(|word| !schema[word].is_null())
    };
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let asked = operation["requestBody"]["content"].as_object();
            let answers = operation["responses"].as_object().expect("responses").values();
            let answered = answers.filter_map(|told| told["content"].as_object());
            for (media, content) in asked.into_iter().chain(answered).flatten() {
                assert!(is_typed(&content["schema"]), "{method} {path} {media}");
            }
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
