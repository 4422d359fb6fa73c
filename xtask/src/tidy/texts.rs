//! One SQL text serves both databases, but for a few marked places.

use super::{Checkout, numbered_lines};

/// How many places of the store may have a text for each database.
const BUDGET: usize = 10;

/// The comment that marks such a place and says why one text could not do.
const MARK: &str = "// Two texts:";

/// More marked places than the budget allows.
pub fn problems(checkout: &Checkout) -> Option<String> {
    let places: Vec<String> = checkout
        .texts_ending(&[".rs"])
        .filter(|(path, _)| path.starts_with("crates/store/src/"))
        .flat_map(|(path, text)| {
            numbered_lines(text)
                .filter(|(_, line)| line.trim_start().starts_with(MARK))
                .map(move |(number, _)| format!("{path}:{number}"))
        })
        .collect();
    (places.len() > BUDGET).then(|| {
        format!(
            "crates/store/src: {} places have two SQL texts, the budget is {BUDGET}: {}",
            places.len(),
            places.join(", ")
        )
    })
}
