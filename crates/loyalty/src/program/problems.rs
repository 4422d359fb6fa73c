//! What is wrong with a document, and where.

use serde::Serialize;

use super::texts::LocalText;
use crate::expr::ExprError;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The document cannot be published.
    Error,
    /// It can, but it may not do what was meant.
    Warning,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// The place in the document: a JSON pointer such as `/points/earn/multipliers/1/when`.
    pub pointer: String,
    /// What kind of problem it is; such as `program.expression`. Never changes its meaning.
    pub code: String,
    /// What is wrong, for whoever wrote the document.
    pub message: String,
    /// The same in Chinese, where it is about how rules work together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_zh: Option<String>,
    /// Whether it stands in the way of publishing.
    pub severity: Severity,
    /// Within an expression: the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Within an expression: the column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// Problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    all: Vec<Problem>,
}

impl Problems {
    /// Notes what stands in the way of publishing.
    pub(crate) fn error(
        &mut self,
        pointer: impl Into<String>,
        code: &str,
        message: impl Into<String>,
    ) {
        self.note(pointer.into(), code, message.into(), Severity::Error);
    }

    /// Notes what is likely not meant.
    pub(crate) fn warning(
        &mut self,
        pointer: impl Into<String>,
        code: &str,
        message: impl Into<String>,
    ) {
        self.note(pointer.into(), code, message.into(), Severity::Warning);
    }

    /// Notes how rules work together in a way that is likely not meant, in both languages.
    pub(crate) fn found(
        &mut self,
        pointer: impl Into<String>,
        code: &str,
        sentence: &LocalText,
        severity: Severity,
    ) {
        self.note(pointer.into(), code, sentence.en.clone(), severity);
        if let Some(problem) = self.all.last_mut() {
            problem.message_zh = Some(sentence.zh.clone());
        }
    }

    /// Notes a mistake within an expression.
    pub(crate) fn expression(&mut self, pointer: String, error: ExprError) {
        self.all.push(Problem {
            pointer,
            code: "program.expression".to_owned(),
            message: error.message,
            message_zh: None,
            severity: Severity::Error,
            line: Some(error.line),
            column: Some(error.column),
        });
    }

    /// Notes an error unless `value` is within `range`.
    pub(crate) fn range(
        &mut self,
        pointer: impl Into<String>,
        value: i64,
        range: std::ops::RangeInclusive<i64>,
    ) {
        if !range.contains(&value) {
            let message = format!("must be from {} to {}", range.start(), range.end());
            self.error(pointer, "program.range", message);
        }
    }

    /// Notes an error for every id that is malformed or was there before.
    pub(crate) fn ids<'a>(&mut self, list: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = std::collections::BTreeSet::new();
        for (place, id) in ids.enumerate() {
            let pointer = format!("{list}/{place}/id");
            if !is_id(id) {
                let message = "an id is 1 to 64 letters, digits, '-', '_' or '.', \
                               and begins with a letter or digit";
                self.error(pointer, "program.id", message);
            } else if !seen.insert(id) {
                self.error(pointer, "program.duplicate_id", format!("{id} is already taken"));
            }
        }
    }

    /// Whether anything stands in the way of publishing.
    pub(crate) fn has_errors(&self) -> bool {
        self.all.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// All of them, in the order they were found.
    pub(crate) fn into_all(self) -> Vec<Problem> {
        self.all
    }

    fn note(&mut self, pointer: String, code: &str, message: String, severity: Severity) {
        let code = code.to_owned();
        self.all.push(Problem {
            pointer,
            code,
            message,
            message_zh: None,
            severity,
            line: None,
            column: None,
        });
    }
}

fn is_id(id: &str) -> bool {
    let begins = id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let continues =
        id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    begins && continues && id.len() <= 64
}
