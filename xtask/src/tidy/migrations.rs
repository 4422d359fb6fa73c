//! Both databases have the same migrations.

use std::collections::BTreeSet;

use super::Checkout;

const FOLDER: &str = "crates/store/migrations";

/// Migrations that one database has and the other has not. Their tables and columns are compared
/// by a test of the store.
pub fn problems(checkout: &Checkout) -> Vec<String> {
    let sqlite = names(checkout, "sqlite");
    let postgres = names(checkout, "postgres");
    let only = |database: &str, name: &str| {
        format!("{FOLDER}/{database}/{name}: the other database has no migration of this name")
    };
    let mut problems: Vec<String> =
        sqlite.difference(&postgres).map(|name| only("sqlite", name)).collect();
    problems.extend(postgres.difference(&sqlite).map(|name| only("postgres", name)));
    problems
}

fn names<'a>(checkout: &'a Checkout, database: &str) -> BTreeSet<&'a str> {
    let folder = format!("{FOLDER}/{database}/");
    checkout.paths().filter_map(|path| path.strip_prefix(folder.as_str())).collect()
}
