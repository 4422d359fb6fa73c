//! From text to syntax tree, within limits.
//!
//! The parser recurses, so how deep a text nests is measured before it is
//! parsed; and the commonest slips are named better here than a grammar can.

use std::iter::Peekable;
use std::str::CharIndices;

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::{ParseError, Parser};

use super::{DEPTH_MAX, ExprError, TEXT_BYTES_MAX};

/// The line, and the column in characters, of a byte offset; both from 1.
pub(super) fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count();
    let from_1 = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (from_1(line), from_1(column))
}

/// Refuses a text that is empty, too long, too deep, or not made of the tokens
/// of the language with its brackets in order.
pub(super) fn scan(text: &str) -> Result<(), ExprError> {
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("an expression has at most {TEXT_BYTES_MAX} bytes");
        return Err(ExprError::new(text, 0, message));
    }
    if text.trim().is_empty() {
        return Err(ExprError::new(text, 0, "the expression is empty; write true for always"));
    }
    let mut scan = Scan {
        text,
        rest: text.char_indices().peekable(),
        level: Level::default(),
        outer: Vec::new(),
        depth: 0,
    };
    while let Some((at, c)) = scan.rest.next() {
        scan.token(at, c)?;
    }
    match scan.level.open {
        Some((at, bracket)) => Err(scan.error(at, format!("'{bracket}' is never closed"))),
        None => Ok(()),
    }
}

/// One pair of brackets that is open, the text as a whole being the first.
#[derive(Default)]
struct Level {
    open: Option<(usize, char)>,
    /// Operators since the last comma, `&&` or `||`: each may nest the others.
    chain: usize,
    /// The `?` since the last comma.
    choices: usize,
}

struct Scan<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    /// The innermost level, and those around it, outermost first.
    level: Level,
    outer: Vec<Level>,
    /// The sum over the open levels.
    depth: usize,
}

impl Scan<'_> {
    fn token(&mut self, at: usize, c: char) -> Result<(), ExprError> {
        match c {
            ' ' | '\t' | '\r' | '\n' | '\x0c' | ':' => Ok(()),
            '\'' | '"' => self.quoted(at, c, false),
            'a'..='z' | 'A'..='Z' | '_' => self.word(at, c),
            '0'..='9' => {
                while self.rest.next_if(|(_, next)| next.is_ascii_alphanumeric()).is_some() {}
                Ok(())
            }
            '/' if self.follows('/') => {
                while self.rest.next_if(|(_, next)| *next != '\n').is_some() {}
                Ok(())
            }
            '&' | '|' => self.logic(at, c),
            '=' if !self.follows('=') => Err(self.error(at, "write == to compare")),
            '!' | '<' | '>' | '=' => {
                self.follows('=');
                self.operator(at)
            }
            '+' | '-' | '*' | '/' | '%' | '.' => self.operator(at),
            '?' => {
                self.level.choices = self.level.choices.saturating_add(1);
                self.deeper(at)
            }
            ',' => {
                let level = std::mem::take(&mut self.level);
                self.depth = self.depth.saturating_sub(level.chain.saturating_add(level.choices));
                self.level.open = level.open;
                Ok(())
            }
            '(' | '[' | '{' => {
                self.operator(at)?;
                let inside = Level { open: Some((at, c)), ..Level::default() };
                self.outer.push(std::mem::replace(&mut self.level, inside));
                Ok(())
            }
            ')' | ']' | '}' => self.close(at, c),
            _ => Err(self.error(at, unexpected(c))),
        }
    }

    fn follows(&mut self, expected: char) -> bool {
        self.rest.next_if(|(_, next)| *next == expected).is_some()
    }

    fn operator(&mut self, at: usize) -> Result<(), ExprError> {
        self.level.chain = self.level.chain.saturating_add(1);
        self.deeper(at)
    }

    fn deeper(&mut self, at: usize) -> Result<(), ExprError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_MAX {
            return Err(self.error(at, too_deep()));
        }
        Ok(())
    }

    fn logic(&mut self, at: usize, c: char) -> Result<(), ExprError> {
        if !self.follows(c) {
            return Err(self.error(at, format!("write {c}{c} instead of {c}")));
        }
        let chain = std::mem::take(&mut self.level.chain);
        self.depth = self.depth.saturating_sub(chain);
        Ok(())
    }

    fn close(&mut self, at: usize, c: char) -> Result<(), ExprError> {
        let outer = self.outer.pop().unwrap_or_default();
        let level = std::mem::replace(&mut self.level, outer);
        let opened = match c {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        match level.open {
            Some((_, open)) if open == opened => {
                let inside = level.chain.saturating_add(level.choices);
                self.depth = self.depth.saturating_sub(inside);
                Ok(())
            }
            Some((_, open)) => Err(self.error(at, format!("'{c}' cannot close '{open}'"))),
            None => Err(self.error(at, format!("'{c}' closes nothing"))),
        }
    }

    fn word(&mut self, at: usize, first: char) -> Result<(), ExprError> {
        let mut end = at.saturating_add(first.len_utf8());
        while let Some((next, c)) =
            self.rest.next_if(|(_, next)| next.is_ascii_alphanumeric() || *next == '_')
        {
            end = next.saturating_add(c.len_utf8());
        }
        let word = self.text.get(at..end).unwrap_or_default();
        let is_prefix = matches!(word.to_ascii_lowercase().as_str(), "r" | "b" | "rb" | "br");
        if is_prefix && let Some((_, quote)) = self.rest.next_if(|(_, c)| matches!(c, '\'' | '"')) {
            return self.quoted(at, quote, word.contains(['r', 'R']));
        }
        if self.text.get(..at).is_some_and(|before| before.trim_end().ends_with('.')) {
            return Ok(());
        }
        match word {
            "in" => self.operator(at),
            "and" | "AND" => Err(self.error(at, format!("write && instead of {word}"))),
            "or" | "OR" => Err(self.error(at, format!("write || instead of {word}"))),
            "not" | "NOT" => Err(self.error(at, format!("write ! instead of {word}"))),
            _ => Ok(()),
        }
    }

    /// Passes over a text whose first quote was taken.
    fn quoted(&mut self, at: usize, quote: char, raw: bool) -> Result<(), ExprError> {
        if !self.follows(quote) {
            return self.until(at, quote, 1, raw);
        }
        if self.follows(quote) { self.until(at, quote, 3, raw) } else { Ok(()) }
    }

    fn until(&mut self, at: usize, quote: char, count: usize, raw: bool) -> Result<(), ExprError> {
        let mut seen = 0_usize;
        while let Some((_, c)) = self.rest.next() {
            seen = if c == quote { seen.saturating_add(1) } else { 0 };
            if seen == count {
                return Ok(());
            }
            if count == 1 && matches!(c, '\n' | '\r') {
                break;
            }
            if c == '\\' && !raw {
                self.rest.next();
            }
        }
        Err(self.error(at, "this text has no closing quote"))
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ExprError {
        ExprError::new(self.text, at, message)
    }
}

pub(super) fn too_deep() -> String {
    format!("the expression nests deeper than {DEPTH_MAX} levels")
}

/// Names a character that has no place outside of quotes. Chinese input methods
/// leave full-width signs behind.
fn unexpected(c: char) -> String {
    let meant = match c {
        '（' => "(",
        '）' => ")",
        '，' | '、' => ",",
        '＝' => "==",
        '！' => "!",
        '＞' => ">",
        '＜' => "<",
        '＋' => "+",
        '－' | '—' => "-",
        '．' | '。' => ".",
        '？' => "?",
        '：' => ":",
        '【' | '［' => "[",
        '】' | '］' => "]",
        '‘' | '’' | '“' | '”' | '「' | '」' | '＇' | '＂' => "'",
        '\u{3000}' | '\u{a0}' => return "unexpected wide space; write a plain space".to_owned(),
        _ if !c.is_ascii() => return format!("'{c}' must be in quotes"),
        _ => return format!("unexpected '{c}'"),
    };
    format!("unexpected '{c}'; write {meant}")
}

/// What a bracket costs the parser of its stack, with much to spare: an
/// optimised build takes a fraction of it.
const STACK_BYTES_PER_LEVEL: usize = 512 * 1_024;

/// Does `work`, which parses a text, where there is stack enough for a text
/// that is as deep as is allowed. Nothing when it could not be done.
///
/// The parser takes so much of it for every bracket that on the stack of a
/// worker a text well within [`DEPTH_MAX`] would end the process. Should the
/// grammar have a corner in which the parser panics, that stays in here, too.
pub(super) fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    let bytes = STACK_BYTES_PER_LEVEL.saturating_mul(DEPTH_MAX);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(bytes);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// Parses a text that was scanned, [on a deep stack](on_a_deep_stack).
pub(super) fn parse(text: &str) -> Result<(IdedExpr, SourceInfo), ExprError> {
    let parsed = Parser::new().parse_with_source_info(text);
    parsed.map_err(|errors| first_syntax_error(text, &errors.errors))
}

/// The parser goes on after a mistake, and what it then reports is seldom one.
fn first_syntax_error(text: &str, errors: &[ParseError]) -> ExprError {
    let by_grammar = errors.iter().find(|error| error.msg.starts_with(SYNTAX));
    match by_grammar.or(errors.first()) {
        Some(error) => syntax_error(text, error),
        None => ExprError::new(text, 0, "this is no expression"),
    }
}

const SYNTAX: &str = "Syntax error: ";

fn syntax_error(text: &str, error: &ParseError) -> ExprError {
    let (line, column) = error.pos;
    let offset = offset(text, line, column);
    let message = error.msg.strip_prefix(SYNTAX).unwrap_or(&error.msg);
    if message.contains("'<EOF>'") {
        return ExprError::new(text, text.len(), "something is missing at the end");
    }
    if message.contains("has() macro") {
        return ExprError::new(text, offset, "has takes a fact: has(member.birthday)");
    }
    if message.contains("invalid int literal") || message.contains("invalid uint literal") {
        return ExprError::new(text, offset, "this number is too large");
    }
    if let Some((missing, _)) = message.strip_prefix("missing ").and_then(|m| m.split_once(" at")) {
        return ExprError::new(text, offset, format!("{missing} is missing here"));
    }
    // What the grammar expected instead is a list of every token there is.
    let found = message.split_once("input ").map(|(_, rest)| rest);
    let found = found.map(|rest| rest.split_once(" expecting").map_or(rest, |(found, _)| found));
    let found = found.or_else(|| message.strip_prefix("token recognition error at: "));
    match found {
        Some(found) => ExprError::new(text, offset, format!("unexpected {found}")),
        None => ExprError::new(text, offset, message),
    }
}

/// The byte offset of a line and a column, in characters, from 1.
fn offset(text: &str, line: isize, column: isize) -> usize {
    let from_0 = |n: isize| usize::try_from(n).unwrap_or_default().saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(from_0(line)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    let within: usize = rest.chars().take(from_0(column)).map(char::len_utf8).sum();
    before.saturating_add(within)
}
