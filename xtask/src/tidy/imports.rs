//! Who may import whom: the table of `docs/architecture.md`.

use anyhow::Context as _;
use toml::{Table, Value};

use super::{Checkout, numbered_lines, words};

/// What one crate may and may never depend on.
struct Rule {
    /// The folder under `crates/`.
    name: &'static str,
    /// The crates of ours it may import.
    may_import: &'static [&'static str],
    /// Crates of others it must not import.
    never: &'static [&'static [&'static str]],
}

const ALL: &[&str] =
    &["loyalty", "linkage", "store", "operations", "channels", "insight", "jobs", "api"];

const DATABASES: &[&str] = &["sqlx", "rusqlite", "tokio-postgres"];
const HTTP_CLIENTS: &[&str] = &["reqwest", "hyper", "hyper-util", "ureq"];
const RUNTIMES: &[&str] = &["tokio", "futures", "async-std", "smol"];
const CHANCE: &[&str] = &["rand", "getrandom", "fastrand"];
const WEB_SERVERS: &[&str] = &["axum"];

/// Test support: any crate's tests may import it, no crate's product code.
const TEST_SUPPORT: &str = "testkit";

const RULES: &[Rule] = &[
    Rule {
        name: "loyalty",
        may_import: &[],
        never: &[CHANCE, DATABASES, HTTP_CLIENTS, RUNTIMES, WEB_SERVERS],
    },
    Rule {
        name: "linkage",
        may_import: &["loyalty"],
        never: &[DATABASES, HTTP_CLIENTS, RUNTIMES, WEB_SERVERS],
    },
    Rule { name: "store", may_import: &["loyalty"], never: &[HTTP_CLIENTS, WEB_SERVERS] },
    Rule {
        name: "operations",
        may_import: &["loyalty", "store", "linkage"],
        never: &[DATABASES, HTTP_CLIENTS, WEB_SERVERS],
    },
    Rule { name: "channels", may_import: &["loyalty"], never: &[DATABASES] },
    Rule {
        name: "insight",
        may_import: &["loyalty", "store"],
        never: &[DATABASES, HTTP_CLIENTS, WEB_SERVERS],
    },
    Rule {
        name: "jobs",
        may_import: &["loyalty", "operations", "store", "channels", "insight"],
        never: &[DATABASES, WEB_SERVERS],
    },
    Rule {
        name: "api",
        may_import: &["loyalty", "operations", "channels", "insight", "store"],
        never: &[DATABASES],
    },
    Rule { name: "cli", may_import: ALL, never: &[DATABASES] },
    Rule { name: TEST_SUPPORT, may_import: ALL, never: &[DATABASES] },
];

/// Dependencies that the table forbids, read from the manifests.
///
/// Tests may import more than the product: `dev-dependencies` are free.
pub fn manifest_problems(checkout: &Checkout) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (path, text) in checkout.texts_ending(&["/Cargo.toml"]) {
        let Some(name) = crate_folder(path, "/Cargo.toml") else { continue };
        let manifest: Table = text.parse().with_context(|| format!("{path} is not TOML"))?;
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            problems.push(format!(
                "{path}: the import table does not know the crate `{name}`; add it to \
                 docs/architecture.md and to xtask"
            ));
            continue;
        };
        for dependency in dependencies(&manifest) {
            problems.extend(refusal(rule, &dependency).map(|why| format!("{path}: {why}")));
        }
    }
    Ok(problems)
}

/// Uses that the manifests cannot forbid: the database outside the store, and the store's
/// transaction in the API.
pub fn source_problems(checkout: &Checkout) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in checkout.texts_ending(&[".rs"]) {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next())
        else {
            continue;
        };
        for (number, line) in numbered_lines(text) {
            let mut words = words(line);
            if name != "store" && line.contains("sqlx::") {
                problems.push(format!("{path}:{number}: only `store` speaks to the database"));
            }
            if name == "api" && words.any(|word| word == "Tx") {
                problems.push(format!(
                    "{path}:{number}: `api` writes through an operation and reads through a \
                     `Reader`, never through a `Tx`"
                ));
            }
        }
    }
    problems
}

/// The folder under `crates/` that a path ending so lies in directly.
fn crate_folder<'a>(path: &'a str, ending: &str) -> Option<&'a str> {
    let name = path.strip_prefix("crates/")?.strip_suffix(ending)?;
    (!name.contains('/')).then_some(name)
}

/// The names of everything the product code of a manifest depends on, on any platform.
fn dependencies(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest)
        .chain(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
    let mut names = Vec::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(entries) = table.get(kind).and_then(Value::as_table) else { continue };
            for (key, value) in entries {
                let renamed = value.get("package").and_then(Value::as_str);
                names.push(renamed.unwrap_or(key).to_owned());
            }
        }
    }
    names
}

/// Why the rule forbids this dependency, if it does.
fn refusal(rule: &Rule, dependency: &str) -> Option<String> {
    let crate_name = rule.name;
    if let Some(ours) = dependency.strip_prefix("hui-") {
        return if ours == TEST_SUPPORT {
            Some(format!("`{dependency}` is for tests: make it a dev-dependency"))
        } else if rule.may_import.contains(&ours) {
            None
        } else {
            Some(format!("`{crate_name}` must not import `{ours}`"))
        };
    }
    let is_forbidden = rule.never.iter().any(|group| group.contains(&dependency));
    is_forbidden.then(|| format!("`{crate_name}` must not import `{dependency}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> &'static Rule {
        RULES.iter().find(|rule| rule.name == name).unwrap()
    }

    #[test]
    fn the_rules_stay_pure() {
        assert!(refusal(rule("loyalty"), "tokio").is_some());
        assert!(refusal(rule("loyalty"), "hui-store").is_some());
        assert!(refusal(rule("loyalty"), "serde").is_none());
    }

    #[test]
    fn only_the_store_speaks_to_the_database() {
        assert!(refusal(rule("store"), "sqlx").is_none());
        assert!(refusal(rule("api"), "sqlx").is_some());
        assert!(refusal(rule("cli"), "sqlx").is_some());
    }

    #[test]
    fn an_operation_never_talks_to_the_network() {
        assert!(refusal(rule("operations"), "ureq").is_some());
        assert!(refusal(rule("channels"), "reqwest").is_none());
    }

    #[test]
    fn a_renamed_dependency_is_known_by_its_real_name() {
        let manifest: Table =
            "[target.'cfg(unix)'.dependencies]\ndb = { package = \"sqlx\", version = \"1\" }"
                .parse()
                .unwrap();

        assert_eq!(dependencies(&manifest), ["sqlx"]);
    }

    #[test]
    fn a_dependency_of_tests_is_free() {
        let manifest: Table = "[dev-dependencies]\ntokio = \"1\"".parse().unwrap();

        assert!(dependencies(&manifest).is_empty());
    }
}
