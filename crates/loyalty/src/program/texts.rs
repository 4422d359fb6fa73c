//! Texts for people in two languages, and a look into the text of conditions.

use serde::{Deserialize, Serialize};

/// A text for people, in Chinese and in English; one of them may be empty.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct LocalText {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl LocalText {
    /// A text in both languages.
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }

    /// Whether there is nothing to show in any language.
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}

/// The text literals that a condition compares `fact` with by `==`, `!=` or `in [..]`.
///
/// A look at the text for the sake of warnings: what stands within another
/// literal is not told apart, and a literal written before the fact is not seen.
pub(crate) fn compared_with<'a>(condition: &'a str, fact: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (start, _) in condition.match_indices(fact) {
        let after = condition.get(start.saturating_add(fact.len())..).unwrap_or_default();
        let after = after.trim_start();
        if let Some(list) = after.strip_prefix("in").map(str::trim_start) {
            let list = list.strip_prefix('[').and_then(|list| list.split(']').next());
            found.extend(list.into_iter().flat_map(|list| list.split(',')).filter_map(literal));
        } else if let Some(other) = after.strip_prefix("==").or_else(|| after.strip_prefix("!=")) {
            found.extend(literal(other));
        }
    }
    found
}

/// The text literals that a condition looks for in the list `fact` by `'…' in fact`.
///
/// A look at the text for the sake of warnings, as [`compared_with`] is.
pub(crate) fn looked_for_in<'a>(condition: &'a str, fact: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (start, _) in condition.match_indices(fact) {
        let before = condition.get(..start).unwrap_or_default().trim_end();
        let Some(before) = before.strip_suffix("in").map(str::trim_end) else { continue };
        let Some(quote) = before.chars().next_back().filter(|last| matches!(last, '\'' | '"'))
        else {
            continue;
        };
        let inner = before.get(..before.len().saturating_sub(1)).unwrap_or_default();
        found.extend(inner.rsplit_once(quote).map(|(_, literal)| literal));
    }
    found
}

/// The text literal that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    text.get(1..)?.split(quote).next()
}
