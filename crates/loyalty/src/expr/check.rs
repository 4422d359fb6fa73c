//! From the parser's syntax tree to a checked condition.

use std::collections::BTreeSet;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr as Ast, IdedExpr, ListExpr, LiteralValue, SelectExpr,
    SourceInfo, operators,
};

use super::evaluate::{CalendarPart, Comparison, Match, Node, Operation, Quantifier, Unit};
use super::{DEPTH_MAX, ExprError, Kind, NODES_MAX, QUANTIFIERS_MAX, Schema, Slot, literal, scan};

/// More mistakes than this are not listed.
const ERRORS_MAX: usize = 20;

const METHODS: [&str; 17] = [
    "startsWith",
    "endsWith",
    "contains",
    "size",
    "exists",
    "all",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "has",
];

const FUNCTIONS: [&str; 4] = ["has", "size", "timestamp", "duration"];

pub(super) struct Checked {
    pub(super) condition: Node,
    pub(super) slots: Vec<Slot>,
}

/// Checks that a tree is a condition over the facts of a schema.
pub(super) fn check(
    text: &str,
    ast: &IdedExpr,
    places: &SourceInfo,
    schema: &Schema,
) -> Result<Checked, Vec<ExprError>> {
    let mut check = Check {
        text,
        places,
        schema,
        elements: Vec::new(),
        slots: BTreeSet::new(),
        errors: Vec::new(),
        nodes: 0,
        depth: 0,
        exhausted: false,
    };
    let condition = check.expect(ast, Type::Bool);
    let Check { slots, mut errors, .. } = check;
    match condition {
        Some(condition) if errors.is_empty() => {
            Ok(Checked { condition, slots: slots.into_iter().collect() })
        }
        _ => {
            errors.sort_by_key(|error| error.offset);
            errors.dedup();
            errors.truncate(ERRORS_MAX);
            Err(errors)
        }
    }
}

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Null,
    Bool,
    Int,
    Text,
    Timestamp,
    Duration,
    TextList,
}

impl Type {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::Int => Self::Int,
            Kind::Text => Self::Text,
            Kind::Timestamp => Self::Timestamp,
            Kind::Duration => Self::Duration,
            Kind::TextList => Self::TextList,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Text => "a text",
            Self::Timestamp => "a timestamp",
            Self::Duration => "a duration",
            Self::TextList => "a list of texts",
        }
    }
}

struct Check<'a> {
    text: &'a str,
    places: &'a SourceInfo,
    schema: &'a Schema,
    /// The names that enclosing quantifiers gave, outermost first.
    elements: Vec<&'a str>,
    slots: BTreeSet<Slot>,
    errors: Vec<ExprError>,
    nodes: usize,
    depth: usize,
    /// A limit was exceeded: it alone is reported, and nothing more is read.
    exhausted: bool,
}

/// A checked part, or none when its mistake has been reported.
type Part = Option<(Node, Type)>;

impl<'a> Check<'a> {
    fn part(&mut self, ast: &'a IdedExpr) -> Part {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES_MAX {
            let message = format!("the expression has more than {NODES_MAX} parts");
            return self.exhaust(ast, message);
        }
        if self.depth >= DEPTH_MAX {
            return self.exhaust(ast, scan::too_deep());
        }
        if self.exhausted {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let part = match &ast.expr {
            Ast::Literal(value) => self.literal(ast, value),
            Ast::Select(select) if select.test => self.presence(ast, select),
            Ast::Ident(_) | Ast::Select(_) => self.name(ast),
            Ast::Call(call) => self.call(ast, call),
            Ast::Comprehension(loop_) => self.quantifier(ast, loop_),
            Ast::List(list) => self.text_list(ast, list),
            Ast::Map(_) | Ast::Struct(_) => self.wrong(ast, "maps and messages are not supported"),
            Ast::Unspecified => self.wrong(ast, "something is missing here"),
        };
        self.depth = self.depth.saturating_sub(1);
        part
    }

    fn expect(&mut self, ast: &'a IdedExpr, expected: Type) -> Option<Node> {
        let (node, found) = self.part(ast)?;
        if found == expected {
            return Some(node);
        }
        self.mismatch(ast, expected.name(), found)
    }

    fn mismatch<T>(&mut self, ast: &IdedExpr, expected: &str, found: Type) -> Option<T> {
        let found = found.name();
        self.wrong(ast, format!("expected {expected}, found {found}"))
    }

    fn literal(&mut self, ast: &IdedExpr, value: &LiteralValue) -> Part {
        match value {
            LiteralValue::Boolean(known) => Some((Node::Bool(*known.inner()), Type::Bool)),
            LiteralValue::Int(number) => Some((Node::Int(*number.inner()), Type::Int)),
            LiteralValue::UInt(number) => match i64::try_from(*number.inner()) {
                Ok(number) => Some((Node::Int(number), Type::Int)),
                Err(_) => self.wrong(ast, "this number is too large"),
            },
            LiteralValue::String(text) => Some((Node::Text(text.inner().into()), Type::Text)),
            LiteralValue::Null => Some((Node::Null, Type::Null)),
            LiteralValue::Double(_) => {
                self.wrong(ast, "use whole numbers; money is in minor units, such as cents")
            }
            LiteralValue::Bytes(_) => self.wrong(ast, "bytes are not supported; write a text"),
        }
    }

    /// A fact, or the element of an enclosing quantifier.
    fn name(&mut self, ast: &IdedExpr) -> Part {
        let Some(name) = dotted(&ast.expr) else {
            return self.wrong(ast, "only facts have parts, such as member.tier");
        };
        if let Some(part) = self.element(&name) {
            return Some(part);
        }
        let root = name.split('.').next().unwrap_or_default();
        if self.element(root).is_some() {
            return self.wrong(ast, format!("{root} is a text and has no parts"));
        }
        self.fact(ast, &name)
    }

    fn element(&self, name: &str) -> Part {
        let outward = self.elements.iter().rev().position(|element| *element == name)?;
        Some((Node::Element(outward), Type::Text))
    }

    fn fact(&mut self, ast: &IdedExpr, name: &str) -> Part {
        let fact = self.schema.slot(name).and_then(|slot| Some((slot, self.schema.fact_at(slot)?)));
        let Some((slot, fact)) = fact else {
            let message = self.unknown_fact(name);
            return self.wrong(ast, message);
        };
        self.slots.insert(slot);
        Some((Node::Fact(slot), Type::of(fact.kind)))
    }

    fn unknown_fact(&self, name: &str) -> String {
        let names = || self.schema.facts().map(|fact| fact.name.as_ref());
        let group = format!("{name}.");
        if let Some(example) = names().find(|fact| fact.starts_with(&group)) {
            return format!("{name} is a group of facts; write one of them, such as {example}");
        }
        match nearest(name, names().chain(self.elements.iter().copied())) {
            Some(near) => format!("unknown fact {name}; did you mean {near}?"),
            None => format!("unknown fact {name}"),
        }
    }

    fn presence(&mut self, ast: &IdedExpr, select: &SelectExpr) -> Part {
        let Some(group) = dotted(&select.operand.expr) else {
            return self.wrong(ast, "has takes a fact: has(member.birthday)");
        };
        let name = format!("{group}.{}", select.field);
        let (fact, _) = self.fact(&select.operand, &name)?;
        Some((Node::NotEqual(Box::new([fact, Node::Null])), Type::Bool))
    }

    /// A list of texts outside of `in`: what a quantifier or `size` is over.
    fn text_list(&mut self, ast: &IdedExpr, list: &'a ListExpr) -> Part {
        match self.literals(list)? {
            Literals::Texts(texts) => Some((Node::Texts(texts.into()), Type::TextList)),
            Literals::Ints(_) => self.wrong(ast, "a list of numbers can only stand after in"),
        }
    }

    fn literals(&mut self, list: &'a ListExpr) -> Option<Literals> {
        let mut texts = Vec::new();
        let mut ints = Vec::new();
        for ast in &list.elements {
            let message = match self.part(ast)? {
                (Node::Text(text), _) if ints.is_empty() => {
                    texts.push(String::from(text));
                    continue;
                }
                (Node::Int(number), _) if texts.is_empty() => {
                    ints.push(number);
                    continue;
                }
                (Node::Text(_) | Node::Int(_), _) => "a list is of texts or of numbers, not both",
                _ => "a list is of texts or numbers that are written out",
            };
            return self.wrong(ast, message);
        }
        Some(if ints.is_empty() { Literals::Texts(texts) } else { Literals::Ints(ints) })
    }

    fn call(&mut self, ast: &'a IdedExpr, call: &'a CallExpr) -> Part {
        match (&call.target, call.args.as_slice()) {
            (Some(target), arguments) => self.method(ast, target, &call.func_name, arguments),
            (None, [condition, yes, no]) if call.func_name == operators::CONDITIONAL => {
                self.choice(condition, yes, no)
            }
            (None, [left, right]) if is_operator(&call.func_name) => {
                self.binary(ast, &call.func_name, left, right)
            }
            (None, [part]) if is_operator(&call.func_name) => {
                self.unary(ast, &call.func_name, part)
            }
            (None, arguments) => self.function(ast, &call.func_name, arguments),
        }
    }

    fn unary(&mut self, ast: &IdedExpr, operator: &str, part: &'a IdedExpr) -> Part {
        match operator {
            operators::LOGICAL_NOT => {
                let part = self.expect(part, Type::Bool)?;
                Some((Node::Not(Box::new(part)), Type::Bool))
            }
            operators::NEGATE => match self.expect(part, Type::Int)? {
                Node::Int(number) if number > i64::MIN => {
                    Some((Node::Int(number.saturating_neg()), Type::Int))
                }
                part => Some((Node::Negate(Box::new(part)), Type::Int)),
            },
            _ => self.wrong(ast, "this operator is not supported"),
        }
    }

    fn choice(&mut self, condition: &'a IdedExpr, yes: &'a IdedExpr, no: &'a IdedExpr) -> Part {
        let condition = self.expect(condition, Type::Bool);
        let yes = self.part(yes);
        let (no_ast, no) = (no, self.part(no));
        let (condition, (yes, kind), (no, no_kind)) = (condition?, yes?, no?);
        if kind != no_kind {
            return self.mismatch(no_ast, kind.name(), no_kind);
        }
        Some((Node::Choose(Box::new([condition, yes, no])), kind))
    }

    fn binary(
        &mut self,
        ast: &IdedExpr,
        operator: &str,
        left: &'a IdedExpr,
        right: &'a IdedExpr,
    ) -> Part {
        match operator {
            operators::LOGICAL_AND | operators::LOGICAL_OR => self.logic(operator, left, right),
            operators::EQUALS | operators::NOT_EQUALS => self.equality(operator, left, right),
            operators::IN => self.membership(left, right),
            operators::INDEX => self.wrong(ast, "picking by position is not supported; use in"),
            _ => match (comparison(operator), operation(operator)) {
                (Some(comparison), _) => self.order(comparison, left, right),
                (_, Some(operation)) => self.arithmetic(operation, left, right),
                _ => self.wrong(ast, "this operator is not supported"),
            },
        }
    }

    /// A chain of one operator becomes one node.
    fn logic(&mut self, operator: &str, left: &'a IdedExpr, right: &'a IdedExpr) -> Part {
        let is_and = operator == operators::LOGICAL_AND;
        let left = self.expect(left, Type::Bool);
        let right = self.expect(right, Type::Bool);
        let mut parts = Vec::new();
        for side in [left?, right?] {
            match side {
                Node::All(inner) if is_and => parts.extend(inner),
                Node::Any(inner) if !is_and => parts.extend(inner),
                other => parts.push(other),
            }
        }
        let node = if is_and { Node::All(parts.into()) } else { Node::Any(parts.into()) };
        Some((node, Type::Bool))
    }

    fn equality(&mut self, operator: &str, left: &'a IdedExpr, right: &'a IdedExpr) -> Part {
        let (left_ast, left) = (left, self.part(left));
        let (right_ast, right) = (right, self.part(right));
        let ((left, left_type), (right, right_type)) = (left?, right?);
        let with_null = left_type == Type::Null || right_type == Type::Null;
        if left_type != right_type && !with_null {
            return self.mismatch(right_ast, left_type.name(), right_type);
        }
        if left_type == Type::TextList && !with_null {
            return self.wrong(left_ast, "lists are not compared; use in, exists, all or size");
        }
        let sides = Box::new([left, right]);
        let is_equals = operator == operators::EQUALS;
        let node = if is_equals { Node::Equal(sides) } else { Node::NotEqual(sides) };
        Some((node, Type::Bool))
    }

    fn order(&mut self, comparison: Comparison, left: &'a IdedExpr, right: &'a IdedExpr) -> Part {
        let (left_ast, left) = (left, self.part(left));
        let (right_ast, right) = (right, self.part(right));
        let ((left, left_type), (right, right_type)) = (left?, right?);
        let ordered =
            |kind| matches!(kind, Type::Int | Type::Text | Type::Timestamp | Type::Duration);
        if !ordered(left_type) {
            let expected = "a number, a text, a timestamp or a duration";
            return self.mismatch(left_ast, expected, left_type);
        }
        if left_type != right_type {
            return self.mismatch(right_ast, left_type.name(), right_type);
        }
        Some((Node::Compare(comparison, Box::new([left, right])), Type::Bool))
    }

    fn arithmetic(
        &mut self,
        operation: Operation,
        left: &'a IdedExpr,
        right: &'a IdedExpr,
    ) -> Part {
        let (left_ast, left) = (left, self.part(left));
        let (right_ast, right) = (right, self.part(right));
        let ((left, left_type), (right, right_type)) = (left?, right?);
        let kind = match (operation, left_type, right_type) {
            (_, Type::Int, Type::Int) => Type::Int,
            (Operation::Add | Operation::Subtract, Type::Timestamp, Type::Duration)
            | (Operation::Add, Type::Duration, Type::Timestamp) => Type::Timestamp,
            (Operation::Subtract, Type::Timestamp, Type::Timestamp)
            | (Operation::Add | Operation::Subtract, Type::Duration, Type::Duration) => {
                Type::Duration
            }
            (_, Type::Int, other) => return self.mismatch(right_ast, Type::Int.name(), other),
            (Operation::Add | Operation::Subtract, Type::Timestamp | Type::Duration, other) => {
                return self.mismatch(right_ast, Type::Duration.name(), other);
            }
            (_, other, _) => return self.mismatch(left_ast, Type::Int.name(), other),
        };
        Some((Node::Compute(operation, Box::new([left, right])), kind))
    }

    fn membership(&mut self, left: &'a IdedExpr, right: &'a IdedExpr) -> Part {
        let (left_ast, left) = (left, self.part(left));
        if let Ast::List(list) = &right.expr {
            let list = self.literals(list);
            let ((left, left_type), list) = (left?, list?);
            return self.among(left_ast, left, left_type, list);
        }
        let list = self.expect(right, Type::TextList);
        let ((left, left_type), list) = (left?, list?);
        if left_type != Type::Text {
            return self.mismatch(left_ast, Type::Text.name(), left_type);
        }
        Some((Node::In(Box::new([left, list])), Type::Bool))
    }

    fn among(&mut self, ast: &IdedExpr, left: Node, kind: Type, list: Literals) -> Part {
        let left = Box::new(left);
        let node = match (kind, list) {
            (Type::Text, Literals::Texts(mut texts)) => {
                texts.sort_unstable();
                Node::TextAmong(left, texts.into())
            }
            (Type::Int, Literals::Ints(mut ints)) => {
                ints.sort_unstable();
                Node::IntAmong(left, ints.into())
            }
            // Nothing is in the empty list, a number no more than a text.
            (Type::Int, Literals::Texts(texts)) if texts.is_empty() => {
                Node::IntAmong(left, Box::default())
            }
            (_, Literals::Texts(_)) => return self.mismatch(ast, Type::Text.name(), kind),
            (_, Literals::Ints(_)) => return self.mismatch(ast, Type::Int.name(), kind),
        };
        Some((node, Type::Bool))
    }

    fn quantifier(&mut self, ast: &IdedExpr, loop_: &'a ComprehensionExpr) -> Part {
        let Some((quantifier, condition)) = quantified(loop_) else {
            return self.wrong(ast, "of the list macros, only exists and all are supported");
        };
        if self.elements.len() >= QUANTIFIERS_MAX {
            let message = format!("exists and all stand at most {QUANTIFIERS_MAX} deep");
            return self.wrong(ast, message);
        }
        let list = self.expect(&loop_.iter_range, Type::TextList);
        self.elements.push(&loop_.iter_var);
        let condition = self.expect(condition, Type::Bool);
        self.elements.pop();
        Some((Node::Quantify(quantifier, Box::new([list?, condition?])), Type::Bool))
    }

    fn function(&mut self, ast: &'a IdedExpr, name: &str, arguments: &'a [IdedExpr]) -> Part {
        match (name, arguments) {
            ("size", [part]) => self.size(part),
            ("timestamp", [part]) => {
                let message = "timestamp takes a text that is written out";
                let instant = self.constant(part, message, literal::timestamp)?;
                Some((Node::Timestamp(instant), Type::Timestamp))
            }
            ("duration", [part]) => {
                let message = "duration takes a text that is written out";
                let length = self.constant(part, message, literal::duration)?;
                Some((Node::Duration(length), Type::Duration))
            }
            (name, _) if FUNCTIONS.contains(&name) => {
                self.wrong_name(ast, name, format!("{name} takes one argument"))
            }
            (name, _) if METHODS.contains(&name) => {
                self.wrong_name(ast, name, format!("write {name} after a value: value.{name}(…)"))
            }
            (name, _) => {
                let message = unknown_function(name, &FUNCTIONS);
                self.wrong_name(ast, name, message)
            }
        }
    }

    fn method(
        &mut self,
        ast: &'a IdedExpr,
        target: &'a IdedExpr,
        name: &str,
        arguments: &'a [IdedExpr],
    ) -> Part {
        let place = match name {
            "startsWith" => Some(Match::Start),
            "endsWith" => Some(Match::End),
            "contains" => Some(Match::Anywhere),
            _ => None,
        };
        match (place, calendar_part(name), arguments) {
            (Some(place), _, [part]) => {
                let text = self.expect(target, Type::Text);
                let part = self.expect(part, Type::Text);
                Some((Node::Match(place, Box::new([text?, part?])), Type::Bool))
            }
            (_, Some(part), [] | [_]) => self.accessor(ast, target, name, part, arguments.first()),
            (_, _, []) if name == "size" => self.size(target),
            (Some(_), ..) => self.wrong_name(ast, name, format!("{name} takes one text")),
            (_, Some(_), _) => {
                let message = format!("{name} takes a time zone: {name}('Asia/Shanghai')");
                self.wrong_name(ast, name, message)
            }
            _ => {
                let message = match name {
                    "size" => "size takes no argument here".to_owned(),
                    "exists" | "all" => {
                        format!("{name} takes a name and a condition: {name}(x, x == 'vip')")
                    }
                    _ => unknown_function(name, &METHODS),
                };
                self.wrong_name(ast, name, message)
            }
        }
    }

    fn size(&mut self, part: &'a IdedExpr) -> Part {
        match self.part(part)? {
            (node, Type::Text | Type::TextList) => Some((Node::Size(Box::new(node)), Type::Int)),
            (_, other) => self.mismatch(part, "a text or a list of texts", other),
        }
    }

    fn accessor(
        &mut self,
        ast: &IdedExpr,
        target: &'a IdedExpr,
        name: &str,
        part: CalendarPart,
        zone: Option<&'a IdedExpr>,
    ) -> Part {
        let target_part = self.part(target);
        let zone_ast = zone;
        let zone = match zone {
            Some(zone) => {
                let message = "the time zone is a text that is written out";
                self.constant(zone, message, literal::zone)?
            }
            None => jiff::tz::TimeZone::UTC,
        };
        let (node, kind) = target_part?;
        let node = Box::new(node);
        match (kind, unit(part)) {
            (Type::Timestamp, _) => Some((Node::Calendar(part, zone, node), Type::Int)),
            (Type::Duration, Some(_)) if zone_ast.is_some() => {
                self.wrong_name(ast, name, format!("{name} of a duration takes no time zone"))
            }
            (Type::Duration, Some(unit)) => Some((Node::Elapsed(unit, node), Type::Int)),
            (other, _) => self.mismatch(target, "a timestamp", other),
        }
    }

    /// A text that is written out, read when compiling.
    fn constant<T>(
        &mut self,
        ast: &'a IdedExpr,
        otherwise: &str,
        read: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.part(ast)? {
            (Node::Text(text), _) => match read(&text) {
                Ok(value) => Some(value),
                Err(message) => self.wrong(ast, message),
            },
            _ => self.wrong(ast, otherwise),
        }
    }

    fn wrong<T>(&mut self, ast: &IdedExpr, message: impl Into<String>) -> Option<T> {
        let offset = self.start(ast);
        self.errors.push(ExprError::new(self.text, offset, message));
        None
    }

    /// Reports at the name of a called function rather than at its target.
    fn wrong_name<T>(
        &mut self,
        ast: &IdedExpr,
        name: &str,
        message: impl Into<String>,
    ) -> Option<T> {
        let offset = self.name_offset(ast, name);
        self.errors.push(ExprError::new(self.text, offset, message));
        None
    }

    fn exhaust<T>(&mut self, ast: &IdedExpr, message: String) -> Option<T> {
        if !self.exhausted {
            self.exhausted = true;
            self.errors.clear();
            return self.wrong(ast, message);
        }
        None
    }

    /// Where the text of a part starts.
    fn start(&self, ast: &IdedExpr) -> usize {
        let mut ast = ast;
        loop {
            ast = match &ast.expr {
                Ast::Select(select) => &select.operand,
                Ast::Comprehension(loop_) => &loop_.iter_range,
                Ast::Call(CallExpr { target: Some(target), .. }) => target,
                Ast::Call(call) if is_operator(&call.func_name) => match call.args.as_slice() {
                    [left, _, ..] => left,
                    _ => return self.offset(ast),
                },
                Ast::Call(call) => return self.name_offset(ast, &call.func_name),
                _ => return self.offset(ast),
            };
        }
    }

    /// The place the parser kept for a part: its operator, or opening bracket.
    fn offset(&self, ast: &IdedExpr) -> usize {
        let start = self.places.offset_for(ast.id).map_or(0, |(start, _)| start);
        usize::try_from(start).unwrap_or_default()
    }

    /// Where the name of a called function starts, before its bracket.
    fn name_offset(&self, ast: &IdedExpr, name: &str) -> usize {
        let bracket = self.offset(ast);
        let before = self.text.get(..bracket).unwrap_or_default().trim_end();
        before.strip_suffix(name).map_or(bracket, str::len)
    }
}

enum Literals {
    Texts(Vec<String>),
    Ints(Vec<i64>),
}

/// The name that an identifier and the fields picked from it spell.
fn dotted(ast: &Ast) -> Option<String> {
    match ast {
        Ast::Ident(name) => Some(name.clone()),
        Ast::Select(select) if !select.test => {
            Some(format!("{}.{}", dotted(&select.operand.expr)?, select.field))
        }
        _ => None,
    }
}

/// The operators have names that no one can write.
fn is_operator(name: &str) -> bool {
    name.contains('_') && name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        || name == operators::IN
}

fn comparison(operator: &str) -> Option<Comparison> {
    match operator {
        operators::LESS => Some(Comparison::Less),
        operators::LESS_EQUALS => Some(Comparison::LessOrEqual),
        operators::GREATER => Some(Comparison::Greater),
        operators::GREATER_EQUALS => Some(Comparison::GreaterOrEqual),
        _ => None,
    }
}

fn operation(operator: &str) -> Option<Operation> {
    match operator {
        operators::ADD => Some(Operation::Add),
        operators::SUBSTRACT => Some(Operation::Subtract),
        operators::MULTIPLY => Some(Operation::Multiply),
        operators::DIVIDE => Some(Operation::Divide),
        operators::MODULO => Some(Operation::Remainder),
        _ => None,
    }
}

fn calendar_part(method: &str) -> Option<CalendarPart> {
    match method {
        "getFullYear" => Some(CalendarPart::FullYear),
        "getMonth" => Some(CalendarPart::Month),
        "getDate" => Some(CalendarPart::Date),
        "getDayOfMonth" => Some(CalendarPart::DayOfMonth),
        "getDayOfWeek" => Some(CalendarPart::DayOfWeek),
        "getDayOfYear" => Some(CalendarPart::DayOfYear),
        "getHours" => Some(CalendarPart::Hours),
        "getMinutes" => Some(CalendarPart::Minutes),
        "getSeconds" => Some(CalendarPart::Seconds),
        "getMilliseconds" => Some(CalendarPart::Milliseconds),
        _ => None,
    }
}

fn unit(part: CalendarPart) -> Option<Unit> {
    match part {
        CalendarPart::Hours => Some(Unit::Hours),
        CalendarPart::Minutes => Some(Unit::Minutes),
        CalendarPart::Seconds => Some(Unit::Seconds),
        CalendarPart::Milliseconds => Some(Unit::Milliseconds),
        _ => None,
    }
}

/// What the parser made of `exists` and `all`: a fold that starts from false
/// and joins by or, or from true and joins by and.
fn quantified(loop_: &ComprehensionExpr) -> Option<(Quantifier, &IdedExpr)> {
    let Ast::Literal(LiteralValue::Boolean(start)) = &loop_.accu_init.expr else { return None };
    let Ast::Call(step) = &loop_.loop_step.expr else { return None };
    let [_, condition] = step.args.as_slice() else { return None };
    match (*start.inner(), step.func_name.as_str()) {
        (false, operators::LOGICAL_OR) => Some((Quantifier::Exists, condition)),
        (true, operators::LOGICAL_AND) => Some((Quantifier::All, condition)),
        _ => None,
    }
}

fn unknown_function(name: &str, known: &[&str]) -> String {
    if name == "matches" {
        let instead = "use startsWith, endsWith or contains";
        return format!("regular expressions are not supported; {instead}");
    }
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown function {name}; did you mean {near}?"),
        None => format!("unknown function {name}"),
    }
}

/// The known name that takes the fewest changes to reach, if they are few.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let few = name.len().checked_div(3).unwrap_or_default().clamp(1, 4);
    known
        .map(|known| (distance(name, known), known))
        .filter(|(changes, _)| *changes <= few)
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, known)| known)
}

/// How many letters to insert, remove or replace; case counts for nothing.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let right = right.to_lowercase();
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (above, letter) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = above;
        let mut before = above.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(right.chars()) {
            let replaced = diagonal.saturating_add(usize::from(letter != other));
            diagonal = *cell;
            *cell = replaced.min(before.saturating_add(1)).min(diagonal.saturating_add(1));
            before = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}
