//! Conditions in CEL over typed facts.
//!
//! Earning rules, promotions, segments and journeys all say when they apply in
//! one language, the [Common Expression Language](https://cel.dev). A text is
//! compiled once against a [`Schema`] of typed facts: names become slots,
//! kinds are checked, and every mistake is reported with its place. The
//! resulting [`Expr`] is then asked, on the hot path, whether it
//! [holds](Expr::holds) for one member, order or line in memory.
//!
//! What is understood:
//!
//! - whole numbers (`12`, `12u`, `0x1f`), text, `true`, `false`, `null`, and
//!   lists written out after `in`;
//! - `==` `!=` `<` `<=` `>` `>=`, `&&` `||` `!`, `+` `-` `*` `/` `%`,
//!   `condition ? a : b`, `in`, `has(member.birthday)`;
//! - on text `startsWith`, `endsWith`, `contains`, `size`;
//! - on lists of text `size`, `in`, `exists(x, …)`, `all(x, …)`;
//! - `timestamp('2026-11-11T00:00:00+08:00')`, `duration('72h30m')`, their
//!   sums and differences, and the calendar accessors with a time zone,
//!   `order.paid_at.getHours('Asia/Shanghai')`.
//!
//! Invariants:
//!
//! - Evaluating never panics, and never allocates.
//! - A condition gives the answer the standard gives, with one reading of our
//!   own: an absent fact is `null`, and `has(fact)` means `fact != null`.
//! - There are no fractions: a number with a decimal point is refused.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

mod check;
mod evaluate;
pub mod facts;
mod literal;
mod scan;

/// The longest text that is compiled, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// How deep an expression may nest, counting operators, calls and brackets.
pub const DEPTH_MAX: usize = 64;

/// How many operators, calls, names and literals an expression may have.
pub const NODES_MAX: usize = 1_000;

/// How many of `exists` and `all` may stand inside one another.
pub const QUANTIFIERS_MAX: usize = 2;

/// The type of a fact.
///
/// Money (in minor units) and points are [`Kind::Int`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number in 64 bits.
    Int,
    /// Unicode text, compared code point by code point.
    Text,
    /// An instant, to the microsecond.
    Timestamp,
    /// A length of time, to the microsecond, within 292 years.
    Duration,
    /// Texts in an order, possibly none.
    TextList,
}

/// Where a fact stands in its [`Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

impl Slot {
    /// The position, from 0, in the order in which the facts were given.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One fact that an expression may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The whole name, `member.tier`.
    pub name: Cow<'static, str>,
    /// What it may be compared with.
    pub kind: Kind,
    /// Whether the fact may be absent, and then compares equal to `null`.
    pub nullable: bool,
    /// One line for people, in Chinese.
    pub zh: Cow<'static, str>,
    /// One line for people, in English.
    pub en: Cow<'static, str>,
}

impl Fact {
    /// A fact that is always known, without a description.
    pub fn new(name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        Self { name: name.into(), kind, nullable: false, zh: "".into(), en: "".into() }
    }

    /// The same fact, but it may be absent.
    #[must_use]
    pub fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same fact with a line for people in Chinese and in English.
    #[must_use]
    pub fn described(
        self,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { zh: zh.into(), en: en.into(), ..self }
    }
}

/// The facts that an expression may name, each with its kind and its slot.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    facts: Vec<Fact>,
    slots: BTreeMap<Cow<'static, str>, Slot>,
}

impl Schema {
    /// A schema without facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact that is always known. See [`Schema::with`].
    #[must_use]
    pub fn fact(self, name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        self.with(Fact::new(name, kind))
    }

    /// Adds a fact in the next slot.
    ///
    /// A fact of the same name takes the place, and the slot, of the earlier
    /// one. A schema holds 65,536 facts; more are left out, and so are unknown
    /// names to every expression.
    #[must_use]
    pub fn with(mut self, fact: Fact) -> Self {
        if let Some(earlier) =
            self.slot(&fact.name).and_then(|slot| self.facts.get_mut(slot.index()))
        {
            *earlier = fact;
        } else if let Ok(next) = u16::try_from(self.facts.len()) {
            self.slots.insert(fact.name.clone(), Slot(next));
            self.facts.push(fact);
        }
        self
    }

    /// The facts in the order of their slots.
    pub fn facts(&self) -> impl ExactSizeIterator<Item = &Fact> {
        self.facts.iter()
    }

    /// The slot of the fact called `name`, such as `member.tier`.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// The fact in a slot, or none when the slot is of another schema.
    pub fn fact_at(&self, slot: Slot) -> Option<&Fact> {
        self.facts.get(slot.index())
    }
}

/// The facts of an earning rule: of the member, the order and one line.
///
/// The slots are the constants of [`facts`].
pub fn core_schema() -> &'static Schema {
    facts::schema()
}

/// What a fact is, for one member, order or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The fact is absent.
    Null,
    /// A [`Kind::Bool`].
    Bool(bool),
    /// A [`Kind::Int`].
    Int(i64),
    /// A [`Kind::Text`].
    Text(&'a str),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
    /// A [`Kind::TextList`].
    TextList(&'a [String]),
}

impl<'a> Value<'a> {
    /// Text, or [`Value::Null`] when there is none.
    pub fn text_or_null(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// A number, or [`Value::Null`] when there is none.
    pub fn int_or_null(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }

    /// A timestamp in microseconds, or [`Value::Null`] when there is none.
    pub fn timestamp_or_null(microseconds: Option<i64>) -> Self {
        microseconds.map_or(Self::Null, Self::Timestamp)
    }
}

/// What a condition is asked about: one member, order or line in memory.
pub trait Facts {
    /// The fact in a slot of the schema that the condition was compiled with.
    ///
    /// [`Value::Null`] for a fact that is absent or not known here. A value of
    /// another kind than the schema promises is treated as an evaluation error
    /// wherever its kind matters.
    fn fact(&self, slot: Slot) -> Value<'_>;
}

/// A checked condition. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    program: Arc<Program>,
}

#[derive(Debug, PartialEq)]
struct Program {
    text: Box<str>,
    condition: evaluate::Node,
    slots: Box<[Slot]>,
    roots: Box<[Box<str>]>,
}

impl Expr {
    /// The text it was compiled from, unchanged.
    pub fn text(&self) -> &str {
        &self.program.text
    }

    /// The facts it reads, in the order of the schema, each once: a caller need
    /// load no others.
    pub fn slots_used(&self) -> &[Slot] {
        &self.program.slots
    }

    /// Whether it reads a fact whose name starts with `root` and a dot.
    pub fn uses(&self, root: &str) -> bool {
        self.program.roots.iter().any(|used| &**used == root)
    }

    /// Whether it reads a fact of a line, and so has no meaning for an order
    /// as a whole.
    pub fn uses_line(&self) -> bool {
        self.uses("line")
    }

    /// Whether the condition is met.
    ///
    /// An evaluation error does not hold: dividing by zero, a number or a time
    /// out of range, and ordering, computing with or calling a function on an
    /// absent fact. As in the standard, `&&` and `||` look past an error when
    /// their other side decides, and comparing an absent fact by `==` or `!=`
    /// is no error: `null` equals only `null`.
    pub fn holds(&self, facts: &(impl Facts + ?Sized)) -> bool {
        evaluate::holds(&self.program.condition, facts)
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ExprError {
    /// The place in the text, in bytes from its start.
    pub offset: usize,
    /// The line of the place, from 1.
    pub line: u32,
    /// The column of the place, in characters from 1.
    pub column: u32,
    /// What was expected, for whoever wrote the text.
    pub message: String,
}

impl ExprError {
    fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = scan::place(text, offset);
        Self { offset, line, column, message: message.into() }
    }
}

/// Checks a condition against the facts it may name.
///
/// # Errors
///
/// Every mistake that was found, in the order of the text: one when the text is
/// no expression at all or exceeds a limit, possibly several when names or
/// kinds are wrong. Never empty.
pub fn compile(text: &str, schema: &Schema) -> Result<Expr, Vec<ExprError>> {
    scan::scan(text).map_err(|error| vec![error])?;
    let checked = scan::on_a_deep_stack(|| {
        let (ast, places) = scan::parse(text).map_err(|error| vec![error])?;
        check::check(text, &ast, &places, schema)
    });
    let checked = checked
        .unwrap_or_else(|| Err(vec![ExprError::new(text, 0, "the expression cannot be read")]))?;

    let roots = checked.slots.iter().filter_map(|slot| {
        let fact = schema.fact_at(*slot)?;
        fact.name.split('.').next()
    });
    let mut roots: Vec<Box<str>> = roots.map(Box::from).collect();
    roots.sort_unstable();
    roots.dedup();
    Ok(Expr {
        program: Arc::new(Program {
            text: text.into(),
            condition: checked.condition,
            slots: checked.slots.into(),
            roots: roots.into(),
        }),
    })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
