//! A checked condition and its evaluation.
//!
//! Kinds were checked before, so a value of the wrong kind can only be an
//! absent fact, or a fact that breaks its schema. Both are a [`Failure`].

use std::cmp::Ordering;

use jiff::tz::TimeZone;

use super::{Facts, Slot, Value};

/// The longest duration, in microseconds: 292 years, as in other
/// implementations, which count nanoseconds in 64 bits.
pub(super) const DURATION_MAX: i64 = 9_223_372_036_854_775;

/// 0001-01-01T00:00:00Z, the first instant of the standard.
pub(super) const TIMESTAMP_MIN: i64 = -62_135_596_800_000_000;

/// 9999-12-31T23:59:59.999999Z, the last instant of the standard.
pub(super) const TIMESTAMP_MAX: i64 = 253_402_300_799_999_999;

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    Timestamp(i64),
    Duration(i64),
    Texts(Box<[String]>),
    Fact(Slot),
    /// The element an enclosing quantifier is at, counted from the innermost.
    Element(usize),
    All(Box<[Node]>),
    Any(Box<[Node]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Choose(Box<[Node; 3]>),
    Equal(Box<[Node; 2]>),
    NotEqual(Box<[Node; 2]>),
    Compare(Comparison, Box<[Node; 2]>),
    Compute(Operation, Box<[Node; 2]>),
    TextAmong(Box<Node>, Box<[String]>),
    IntAmong(Box<Node>, Box<[i64]>),
    In(Box<[Node; 2]>),
    Match(Match, Box<[Node; 2]>),
    Size(Box<Node>),
    Calendar(CalendarPart, TimeZone, Box<Node>),
    Elapsed(Unit, Box<Node>),
    Quantify(Quantifier, Box<[Node; 2]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Start,
    End,
    Anywhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CalendarPart {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// A whole unit of a duration, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Exists,
    All,
}

/// The expression has no value here.
struct Failure;

/// The elements that enclosing quantifiers are at, innermost first.
#[derive(Clone, Copy)]
struct Scope<'a, 's> {
    element: Value<'a>,
    outer: Option<&'s Scope<'a, 's>>,
}

/// Whether the condition evaluates to true; an error is no.
pub(super) fn holds<F: Facts + ?Sized>(condition: &Node, facts: &F) -> bool {
    matches!(value(condition, facts, None), Ok(Value::Bool(true)))
}

fn value<'a, F: Facts + ?Sized>(
    node: &'a Node,
    facts: &'a F,
    scope: Option<&Scope<'a, '_>>,
) -> Result<Value<'a>, Failure> {
    let of = |node| value(node, facts, scope);
    match node {
        Node::Null => Ok(Value::Null),
        Node::Bool(known) => Ok(Value::Bool(*known)),
        Node::Int(number) => Ok(Value::Int(*number)),
        Node::Text(text) => Ok(Value::Text(text)),
        Node::Timestamp(instant) => Ok(Value::Timestamp(*instant)),
        Node::Duration(length) => Ok(Value::Duration(*length)),
        Node::Texts(texts) => Ok(Value::TextList(texts)),
        Node::Fact(slot) => Ok(facts.fact(*slot)),
        Node::Element(outward) => element(*outward, scope),
        Node::All(parts) => all(parts.iter().map(of)).map(Value::Bool),
        Node::Any(parts) => any(parts.iter().map(of)).map(Value::Bool),
        Node::Not(part) => bool_of(of(part)?).map(|holds| Value::Bool(!holds)),
        Node::Negate(part) => negate(of(part)?),
        Node::Choose(parts) => {
            let [condition, yes, no] = &**parts;
            if bool_of(of(condition)?)? { of(yes) } else { of(no) }
        }
        Node::Equal(sides) => {
            let [left, right] = &**sides;
            Ok(Value::Bool(of(left)? == of(right)?))
        }
        Node::NotEqual(sides) => {
            let [left, right] = &**sides;
            Ok(Value::Bool(of(left)? != of(right)?))
        }
        Node::Compare(comparison, sides) => {
            let [left, right] = &**sides;
            compare(*comparison, of(left)?, of(right)?)
        }
        Node::Compute(operation, sides) => {
            let [left, right] = &**sides;
            compute(*operation, of(left)?, of(right)?)
        }
        Node::TextAmong(part, texts) => Ok(Value::Bool(match of(part)? {
            Value::Text(text) => texts.binary_search_by(|known| known.as_str().cmp(text)).is_ok(),
            _ => false,
        })),
        Node::IntAmong(part, numbers) => Ok(Value::Bool(match of(part)? {
            Value::Int(number) => numbers.binary_search(&number).is_ok(),
            _ => false,
        })),
        Node::In(sides) => {
            let [left, right] = &**sides;
            is_in(of(left)?, of(right)?)
        }
        Node::Match(place, sides) => {
            let [text, part] = &**sides;
            matches_at(*place, of(text)?, of(part)?)
        }
        Node::Size(part) => size(of(part)?),
        Node::Calendar(part, zone, instant) => calendar(*part, zone, of(instant)?),
        Node::Elapsed(unit, length) => elapsed(*unit, of(length)?),
        Node::Quantify(quantifier, parts) => {
            let [list, condition] = &**parts;
            let Value::TextList(texts) = of(list)? else { return Err(Failure) };
            let answers = texts.iter().map(|text| {
                let inner = Scope { element: Value::Text(text), outer: scope };
                value(condition, facts, Some(&inner))
            });
            match quantifier {
                Quantifier::Exists => any(answers),
                Quantifier::All => all(answers),
            }
            .map(Value::Bool)
        }
    }
}

fn element<'a>(outward: usize, scope: Option<&Scope<'a, '_>>) -> Result<Value<'a>, Failure> {
    let mut scope = scope.ok_or(Failure)?;
    for _ in 0..outward {
        scope = scope.outer.ok_or(Failure)?;
    }
    Ok(scope.element)
}

/// False if any is false, whatever else fails.
fn all<'a>(parts: impl Iterator<Item = Result<Value<'a>, Failure>>) -> Result<bool, Failure> {
    let mut answer = Ok(true);
    for part in parts {
        match part.and_then(bool_of) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(failure) => answer = Err(failure),
        }
    }
    answer
}

/// True if any is true, whatever else fails.
fn any<'a>(parts: impl Iterator<Item = Result<Value<'a>, Failure>>) -> Result<bool, Failure> {
    let mut answer = Ok(false);
    for part in parts {
        match part.and_then(bool_of) {
            Ok(false) => {}
            Ok(true) => return Ok(true),
            Err(failure) => answer = Err(failure),
        }
    }
    answer
}

fn bool_of(value: Value<'_>) -> Result<bool, Failure> {
    match value {
        Value::Bool(known) => Ok(known),
        _ => Err(Failure),
    }
}

fn negate(value: Value<'_>) -> Result<Value<'_>, Failure> {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or(Failure),
        _ => Err(Failure),
    }
}

fn compare<'a>(
    comparison: Comparison,
    left: Value<'a>,
    right: Value<'a>,
) -> Result<Value<'a>, Failure> {
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right))
        | (Value::Timestamp(left), Value::Timestamp(right))
        | (Value::Duration(left), Value::Duration(right)) => left.cmp(&right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => return Err(Failure),
    };
    Ok(Value::Bool(match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }))
}

fn compute<'a>(
    operation: Operation,
    left: Value<'a>,
    right: Value<'a>,
) -> Result<Value<'a>, Failure> {
    let outcome = match (operation, left, right) {
        (_, Value::Int(left), Value::Int(right)) => compute_int(operation, left, right),
        (Operation::Add, Value::Timestamp(instant), Value::Duration(length))
        | (Operation::Add, Value::Duration(length), Value::Timestamp(instant)) => {
            instant.checked_add(length).and_then(timestamp_in_range)
        }
        (Operation::Subtract, Value::Timestamp(instant), Value::Duration(length)) => {
            instant.checked_sub(length).and_then(timestamp_in_range)
        }
        (Operation::Subtract, Value::Timestamp(left), Value::Timestamp(right))
        | (Operation::Subtract, Value::Duration(left), Value::Duration(right)) => {
            left.checked_sub(right).and_then(duration_in_range)
        }
        (Operation::Add, Value::Duration(left), Value::Duration(right)) => {
            left.checked_add(right).and_then(duration_in_range)
        }
        _ => None,
    };
    outcome.ok_or(Failure)
}

fn compute_int<'a>(operation: Operation, left: i64, right: i64) -> Option<Value<'a>> {
    match operation {
        Operation::Add => left.checked_add(right),
        Operation::Subtract => left.checked_sub(right),
        Operation::Multiply => left.checked_mul(right),
        Operation::Divide => left.checked_div(right),
        Operation::Remainder => left.checked_rem(right),
    }
    .map(Value::Int)
}

fn timestamp_in_range<'a>(microseconds: i64) -> Option<Value<'a>> {
    (TIMESTAMP_MIN..=TIMESTAMP_MAX)
        .contains(&microseconds)
        .then_some(Value::Timestamp(microseconds))
}

fn duration_in_range<'a>(microseconds: i64) -> Option<Value<'a>> {
    let in_range = microseconds.unsigned_abs() <= DURATION_MAX.unsigned_abs();
    in_range.then_some(Value::Duration(microseconds))
}

fn is_in<'a>(part: Value<'a>, list: Value<'a>) -> Result<Value<'a>, Failure> {
    let Value::TextList(texts) = list else { return Err(Failure) };
    Ok(Value::Bool(match part {
        Value::Text(text) => texts.iter().any(|known| known == text),
        _ => false,
    }))
}

fn matches_at<'a>(place: Match, text: Value<'a>, part: Value<'a>) -> Result<Value<'a>, Failure> {
    let (Value::Text(text), Value::Text(part)) = (text, part) else { return Err(Failure) };
    Ok(Value::Bool(match place {
        Match::Start => text.starts_with(part),
        Match::End => text.ends_with(part),
        Match::Anywhere => text.contains(part),
    }))
}

/// Characters of a text, elements of a list.
fn size(value: Value<'_>) -> Result<Value<'_>, Failure> {
    let count = match value {
        Value::Text(text) => text.chars().count(),
        Value::TextList(texts) => texts.len(),
        _ => return Err(Failure),
    };
    i64::try_from(count).map(Value::Int).map_err(|_| Failure)
}

fn calendar<'a>(
    part: CalendarPart,
    zone: &TimeZone,
    instant: Value<'a>,
) -> Result<Value<'a>, Failure> {
    let Value::Timestamp(microseconds) = instant else { return Err(Failure) };
    let instant = jiff::Timestamp::from_microsecond(microseconds).map_err(|_| Failure)?;
    let local = zone.to_datetime(instant);
    Ok(Value::Int(match part {
        CalendarPart::FullYear => i64::from(local.year()),
        CalendarPart::Month => i64::from(local.month()).saturating_sub(1),
        CalendarPart::Date => i64::from(local.day()),
        CalendarPart::DayOfMonth => i64::from(local.day()).saturating_sub(1),
        CalendarPart::DayOfWeek => i64::from(local.weekday().to_sunday_zero_offset()),
        CalendarPart::DayOfYear => i64::from(local.day_of_year()).saturating_sub(1),
        CalendarPart::Hours => i64::from(local.hour()),
        CalendarPart::Minutes => i64::from(local.minute()),
        CalendarPart::Seconds => i64::from(local.second()),
        CalendarPart::Milliseconds => i64::from(local.millisecond()),
    }))
}

/// Whole units towards zero.
fn elapsed(unit: Unit, length: Value<'_>) -> Result<Value<'_>, Failure> {
    let Value::Duration(microseconds) = length else { return Err(Failure) };
    let per_unit = match unit {
        Unit::Hours => 3_600_000_000,
        Unit::Minutes => 60_000_000,
        Unit::Seconds => 1_000_000,
        Unit::Milliseconds => 1_000,
    };
    microseconds.checked_div(per_unit).map(Value::Int).ok_or(Failure)
}
