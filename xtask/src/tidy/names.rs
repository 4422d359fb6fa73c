//! Names of files and types: the field's words, and no `mod.rs`.

use std::collections::BTreeMap;

use super::{Checkout, numbered_lines};

/// Words that say nothing about what a thing is.
const BANNED: [&str; 4] = ["manager", "helper", "util", "processor"];

/// Files and types with a banned word in their names, and files named `mod.rs`.
pub fn problems(checkout: &Checkout) -> Vec<String> {
    let mut problems = Vec::new();
    for path in checkout.paths() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "mod.rs" {
            problems.push(format!("{path}: a module is a file of its own name, not `mod.rs`"));
        }
        if is_source(name) {
            problems.extend(banned_word(name).map(|word| format!("{path}: `{word}` is banned")));
        }
    }
    for (path, text) in checkout.texts_ending(&[".rs", ".ts", ".tsx"]) {
        for (number, line) in numbered_lines(text) {
            if let Some((name, word)) =
                type_name(line).and_then(|name| Some((name, banned_word(name)?)))
            {
                problems.push(format!("{path}:{number}: `{word}` in `{name}` is banned"));
            }
        }
    }
    problems.extend(twin_bodies(checkout.texts_ending(&[".rs"])));
    problems
}

/// Bodies of the API that share a name: its document keeps one of them and describes the other wrongly.
fn twin_bodies<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, text) in files.filter(|(path, _)| path.starts_with("crates/api/src/")) {
        for (number, line) in numbered_lines(text) {
            let Some(name) = type_name(line).filter(|name| name.ends_with("Body")) else {
                continue;
            };
            if let Some(other) = first.insert(name, path) {
                problems.push(format!("{path}:{number}: {other} has a `{name}` too"));
            }
        }
    }
    problems
}

fn is_source(name: &str) -> bool {
    [".rs", ".ts", ".tsx", ".sql"].iter().any(|ending| name.ends_with(ending))
}

/// The type that a line declares, in Rust or TypeScript.
fn type_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || ["export", "default", "abstract", "declare"].contains(word)
    });
    if !["struct", "enum", "trait", "type", "class", "interface"].contains(&words.next()?) {
        return None;
    }
    let name = words.next()?.split(|letter: char| !letter.is_alphanumeric()).next()?;
    name.starts_with(char::is_uppercase).then_some(name)
}

/// The banned word among the parts of a name, which `_`, `-`, `.` or a capital begin.
fn banned_word(name: &str) -> Option<&'static str> {
    let mut spaced = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            spaced.push(' ');
        }
        spaced.extend(letter.to_lowercase());
    }
    spaced
        .split(|letter: char| !letter.is_alphanumeric())
        .find_map(|part| BANNED.into_iter().find(|word| part.trim_end_matches('s') == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_word_is_found_in_any_spelling() {
        assert_eq!(banned_word("PointsManager"), Some("manager"));
        assert_eq!(banned_word("date_utils.rs"), Some("util"));
        assert_eq!(banned_word("test-helper.ts"), Some("helper"));
    }

    #[test]
    fn a_word_that_contains_a_banned_one_is_free() {
        assert_eq!(banned_word("utility_bills.rs"), None);
        assert_eq!(banned_word("Futile"), None);
    }

    #[test]
    fn two_bodies_of_one_name_are_found_and_others_are_not() {
        let files = |second| {
            [
                ("crates/api/src/wallet.rs", "pub(crate) struct ConfirmBody {"),
                ("crates/api/src/points.rs", second),
                ("crates/api/tests/api/main.rs", "struct ConfirmBody;"),
            ]
        };
        let twins = twin_bodies(files("struct ConfirmBody {").into_iter());
        assert_eq!(
            twins,
            ["crates/api/src/points.rs:1: crates/api/src/wallet.rs has a `ConfirmBody` too"]
        );
        assert!(twin_bodies(files("struct ConfirmedBody {").into_iter()).is_empty());
    }

    #[test]
    fn a_type_is_seen_behind_its_visibility() {
        assert_eq!(type_name("pub(crate) struct OrderManager<T> {"), Some("OrderManager"));
        assert_eq!(type_name("export interface QuoteBody {"), Some("QuoteBody"));
        assert_eq!(type_name("let type_name = 1;"), None);
    }
}
