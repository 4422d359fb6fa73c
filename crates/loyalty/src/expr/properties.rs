//! Random conditions against the evaluator of the parser's own crate, and
//! random texts against the compiler.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// The facts the random conditions use, each kind with and without absence.
const NULLABLE: [&str; 5] =
    ["member.age", "member.gender", "member.last_order_at", "line.category", "order.store"];

const ZONES: [&str; 6] =
    ["", "'UTC'", "'Asia/Shanghai'", "'America/New_York'", "'Asia/Kathmandu'", "'-03:30'"];

const PARTS: [&str; 10] = [
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
];

#[derive(Clone, Debug)]
enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Timestamp(i64),
    Texts(Vec<String>),
}

#[derive(Clone, Debug)]
struct World(HashMap<&'static str, Owned>);

impl Facts for World {
    fn fact(&self, slot: Slot) -> Value<'_> {
        let name = core_schema().fact_at(slot).unwrap().name.as_ref();
        match &self.0[name] {
            Owned::Null => Value::Null,
            Owned::Bool(known) => Value::Bool(*known),
            Owned::Int(number) => Value::Int(*number),
            Owned::Text(text) => Value::Text(text),
            Owned::Timestamp(instant) => Value::Timestamp(*instant),
            Owned::Texts(texts) => Value::TextList(texts),
        }
    }
}

impl World {
    /// The same facts, for the other evaluator.
    fn context(&self) -> cel::Context<'static, 'static> {
        let mut roots: HashMap<&str, HashMap<String, cel::Value>> = HashMap::new();
        for (name, value) in &self.0 {
            let (root, field) = name.split_once('.').unwrap();
            roots.entry(root).or_default().insert(field.to_owned(), theirs(value));
        }
        let mut context = cel::Context::default();
        for (root, fields) in roots {
            context.add_variable_from_value(root, cel::Value::Map(fields.into()));
        }
        context
    }
}

fn theirs(value: &Owned) -> cel::Value {
    match value {
        Owned::Null => cel::Value::Null,
        Owned::Bool(known) => cel::Value::Bool(*known),
        Owned::Int(number) => cel::Value::Int(*number),
        Owned::Text(text) => text.as_str().into(),
        Owned::Texts(texts) => {
            let texts: Vec<cel::Value> = texts.iter().map(|text| text.as_str().into()).collect();
            cel::Value::List(texts.into())
        }
        Owned::Timestamp(instant) => {
            let instant = jiff::Timestamp::from_microsecond(*instant).unwrap();
            let text = format!("timestamp('{instant}')");
            cel::Program::compile(&text).unwrap().execute(&cel::Context::default()).unwrap()
        }
    }
}

/// What the other evaluator says. To it, an absent fact is a field that is
/// there and null, so `has` is put as what it means to us.
fn holds_to_them(text: &str, world: &World) -> bool {
    let text = NULLABLE.iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("has({name})"), &format!("({name} != null)"))
    });
    scan::on_a_deep_stack(move || {
        let program = cel::Program::compile(&text).unwrap();
        matches!(program.execute(&world.context()), Ok(cel::Value::Bool(true)))
    })
    .unwrap()
}

fn word() -> BoxedStrategy<String> {
    select(vec!["", "a", "ab", "gold", "skincare/serum", "金卡", "vip", "é"])
        .prop_map(str::to_owned)
        .boxed()
}

fn number() -> BoxedStrategy<i64> {
    prop_oneof![
        6 => -3_i64..10,
        2 => 0_i64..100_000,
        1 => select(vec![i64::MIN, i64::MAX, i64::MAX - 1]),
    ]
    .boxed()
}

/// 1969 to 2040, to the microsecond.
fn instant() -> BoxedStrategy<i64> {
    (-20_000_000_000_000_i64..2_208_988_800_000_000).boxed()
}

fn or_null(value: impl Strategy<Value = Owned> + 'static) -> BoxedStrategy<Owned> {
    option::of(value).prop_map(|value| value.unwrap_or(Owned::Null)).boxed()
}

fn world() -> impl Strategy<Value = World> {
    let text = || word().prop_map(Owned::Text);
    let int = || number().prop_map(Owned::Int);
    let time = || instant().prop_map(Owned::Timestamp);
    let texts = || vec(word(), 0..4).prop_map(Owned::Texts);
    (
        (text(), int(), or_null(int()), or_null(text()), or_null(time()), any::<bool>()),
        (time(), texts(), texts(), text(), int(), or_null(text()), or_null(text())),
    )
        .prop_map(|(first, second)| {
            let (tier, growth, age, gender, last_order_at, bound) = first;
            let (paid_at, tags, channels, channel, paid, category, store) = second;
            World(HashMap::from([
                ("member.tier", tier),
                ("member.growth", growth),
                ("member.age", age),
                ("member.gender", gender),
                ("member.last_order_at", last_order_at),
                ("member.bound", Owned::Bool(bound)),
                ("order.paid_at", paid_at),
                ("member.tags", tags),
                ("member.channels", channels),
                ("order.channel", channel),
                ("order.paid", paid),
                ("line.category", category),
                ("order.store", store),
            ]))
        })
}

/// Texts of expressions, by what they give.
#[derive(Clone)]
struct Texts {
    bool: BoxedStrategy<String>,
    int: BoxedStrategy<String>,
    text: BoxedStrategy<String>,
    time: BoxedStrategy<String>,
    length: BoxedStrategy<String>,
    list: BoxedStrategy<String>,
}

fn one_of(names: &[&'static str]) -> BoxedStrategy<String> {
    select(names.to_vec()).prop_map(str::to_owned).boxed()
}

fn leaves() -> Texts {
    let quoted = word().prop_map(|word| format!("'{word}'")).boxed();
    let list = vec(quoted.clone(), 0..4).prop_map(|texts| format!("[{}]", texts.join(", ")));
    let has = select(NULLABLE.to_vec()).prop_map(|name| format!("has({name})"));
    let time = instant().prop_map(|instant| {
        format!("timestamp('{}')", jiff::Timestamp::from_microsecond(instant).unwrap())
    });
    let length = select(vec!["0s", "1h30m", "-24h", "0.5s", "250ms", "1us", "2562047h", "8760h"]);
    Texts {
        bool: prop_oneof![one_of(&["true", "false", "member.bound"]), has].boxed(),
        int: prop_oneof![
            number().prop_map(|number| number.to_string()),
            one_of(&["member.growth", "member.age", "order.paid"]),
        ]
        .boxed(),
        text: prop_oneof![
            quoted,
            one_of(&["member.tier", "member.gender", "order.channel", "line.category"]),
        ]
        .boxed(),
        time: prop_oneof![time, one_of(&["order.paid_at", "member.last_order_at"])].boxed(),
        length: length.prop_map(|length| format!("duration('{length}')")).boxed(),
        list: prop_oneof![one_of(&["member.tags", "member.channels"]), list].boxed(),
    }
}

/// `(left operator right)` of every operator.
fn joined(
    left: &BoxedStrategy<String>,
    operators: &[&'static str],
    right: &BoxedStrategy<String>,
) -> BoxedStrategy<String> {
    (left.clone(), one_of(operators), right.clone())
        .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"))
        .boxed()
}

fn chosen(inner: &Texts, of: &BoxedStrategy<String>) -> BoxedStrategy<String> {
    (inner.bool.clone(), of.clone(), of.clone())
        .prop_map(|(condition, yes, no)| format!("({condition} ? {yes} : {no})"))
        .boxed()
}

fn bools(inner: &Texts) -> BoxedStrategy<String> {
    let equality = ["==", "!="];
    let order = ["==", "!=", "<", "<=", ">", ">="];
    let null = one_of(&["null"]);
    let ints = vec(-3_i64..10, 0..4).prop_map(|ints| format!("{ints:?}")).boxed();
    let matched = (inner.text.clone(), inner.text.clone());
    let methods = one_of(&["startsWith", "endsWith", "contains"]);
    prop_oneof![
        3 => joined(&inner.bool, &["&&", "||"], &inner.bool),
        1 => joined(&inner.bool, &equality, &inner.bool),
        1 => inner.bool.clone().prop_map(|part| format!("!({part})")),
        1 => chosen(inner, &inner.bool),
        2 => joined(&inner.int, &order, &inner.int),
        2 => joined(&inner.text, &order, &inner.text),
        1 => joined(&inner.time, &order, &inner.time),
        1 => joined(&inner.length, &order, &inner.length),
        1 => joined(&inner.text, &equality, &null),
        1 => joined(&null, &equality, &inner.int),
        1 => joined(&inner.text, &["in"], &inner.list),
        1 => joined(&inner.int, &["in"], &ints),
        1 => (matched, methods).prop_map(|((text, part), method)| {
            format!("({text}).{method}({part})")
        }),
        1 => quantifiers(inner),
    ]
    .boxed()
}

fn quantifiers(inner: &Texts) -> BoxedStrategy<String> {
    let bodies = one_of(&[
        "t == TEXT",
        "t.startsWith(TEXT)",
        "(t == TEXT || BOOL)",
        "(BOOL && t in member.tags)",
        "(t == TEXT ? BOOL : t < 'b')",
    ]);
    (inner.list.clone(), one_of(&["exists", "all"]), bodies, inner.text.clone(), inner.bool.clone())
        .prop_map(|(list, quantifier, body, text, condition)| {
            let body = body.replace("TEXT", &text).replace("BOOL", &condition);
            format!("{list}.{quantifier}(t, {body})")
        })
        .boxed()
}

fn ints(inner: &Texts) -> BoxedStrategy<String> {
    let zones = one_of(&ZONES);
    let parts = one_of(&PARTS);
    let units = one_of(&["getHours", "getMinutes", "getSeconds", "getMilliseconds"]);
    prop_oneof![
        3 => joined(&inner.int, &["+", "-", "*", "/", "%"], &inner.int),
        1 => inner.int.clone().prop_map(|part| format!("-({part})")),
        1 => chosen(inner, &inner.int),
        1 => inner.text.clone().prop_map(|text| format!("size({text})")),
        1 => inner.list.clone().prop_map(|list| format!("{list}.size()")),
        2 => (inner.time.clone(), parts, zones).prop_map(|(time, part, zone)| {
            format!("({time}).{part}({zone})")
        }),
        1 => (inner.length.clone(), units).prop_map(|(length, unit)| format!("({length}).{unit}()")),
    ]
    .boxed()
}

fn nested(inner: &Texts) -> Texts {
    Texts {
        bool: prop_oneof![1 => inner.bool.clone(), 4 => bools(inner)].boxed(),
        int: prop_oneof![1 => inner.int.clone(), 1 => ints(inner)].boxed(),
        text: prop_oneof![3 => inner.text.clone(), 1 => chosen(inner, &inner.text)].boxed(),
        time: prop_oneof![
            2 => inner.time.clone(),
            1 => joined(&inner.time, &["+", "-"], &inner.length),
            1 => joined(&inner.length, &["+"], &inner.time),
        ]
        .boxed(),
        length: prop_oneof![
            2 => inner.length.clone(),
            1 => joined(&inner.length, &["+", "-"], &inner.length),
            1 => joined(&inner.time, &["-"], &inner.time),
        ]
        .boxed(),
        list: inner.list.clone(),
    }
}

/// A condition nested up to four deep.
fn condition() -> BoxedStrategy<String> {
    nested(&nested(&nested(&nested(&leaves())))).bool
}

/// Compiles, and checks that every mistake has a place in the text.
fn assert_compiles_or_explains(text: &str) {
    let Err(errors) = compile(text, core_schema()) else { return };

    assert!(!errors.is_empty(), "{text:?}");
    for error in errors {
        assert!(text.is_char_boundary(error.offset), "{text:?}: {error:?}");
        assert_eq!(scan::place(text, error.offset), (error.line, error.column));
        // The parser panicked, or overran its stack.
        assert_ne!(error.message, "the expression cannot be read", "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_condition_holds_as_it_does_to_the_crate(text in condition(), world in world()) {
        // Nested quantifiers may exceed the limit.
        let Ok(expr) = compile(&text, core_schema()) else {
            let errors = compile(&text, core_schema()).unwrap_err();
            prop_assert!(errors.iter().all(|error| error.message.contains("at most 2 deep")
                || error.message.contains("deeper than") || error.message.contains("more than")),
                "{text}: {errors:?}");
            return Ok(());
        };

        prop_assert_eq!(expr.holds(&world), holds_to_them(&text, &world), "{}", text);
        let negated = format!("!({text})");
        if let Ok(expr) = compile(&negated, core_schema()) {
            prop_assert_eq!(expr.holds(&world), holds_to_them(&negated, &world), "{}", negated);
        }
    }

    #[test]
    fn a_calendar_part_is_the_number_it_is_to_the_crate(
        instant in instant(),
        part in select(PARTS.to_vec()),
        zone in select(ZONES.to_vec()),
    ) {
        let world = World(HashMap::from([("order.paid_at", Owned::Timestamp(instant))]));
        let text = format!("order.paid_at.{part}({zone})");
        let program = cel::Program::compile(&text).unwrap();
        let Ok(cel::Value::Int(number)) = program.execute(&world.context()) else {
            panic!("{text} is no number");
        };

        let expr = compile(&format!("{text} == {number}"), core_schema()).unwrap();
        prop_assert!(expr.holds(&world), "{} == {}", text, number);
    }

    #[test]
    fn a_condition_reads_no_other_facts_than_it_says(text in condition()) {
        struct Recorder(std::cell::RefCell<Vec<Slot>>);
        impl Facts for Recorder {
            fn fact(&self, slot: Slot) -> Value<'_> {
                self.0.borrow_mut().push(slot);
                Value::Null
            }
        }
        let Ok(expr) = compile(&text, core_schema()) else { return Ok(()) };

        let recorder = Recorder(Vec::new().into());
        expr.holds(&recorder);

        for slot in recorder.0.into_inner() {
            prop_assert!(expr.slots_used().contains(&slot), "{}", text);
        }
    }

    #[test]
    fn any_text_compiles_or_is_explained(text in any::<String>()) {
        assert_compiles_or_explains(&text);
    }

    #[test]
    fn any_tokens_compile_or_are_explained(
        tokens in vec(select(vec![
            "member.tier", "member", "t", "order.paid", "member.tags", ".", ",", "(", ")", "[",
            "]", "{", "}", "?", ":", "&&", "||", "!", "==", "!=", "<", "+", "-", "*", "/", "in",
            "'a'", "1", "1u", "0x", "1.5", "1e9", ".5", "null", "true", "has(", "size(", ".exists(",
            ".all(t, ", "timestamp(", ".getDate(", "r'", "b'x'", "\"\"\"", "'''", "`a`", "\\", "\n",
            "//", "\u{3000}", "金", "for", "@", "$", "\0",
        ]), 0..40),
        gap in select(vec!["", " "]),
    ) {
        assert_compiles_or_explains(&tokens.join(gap));
    }

    #[test]
    fn a_slip_in_a_condition_compiles_or_is_explained(
        text in condition(),
        place in any::<prop::sample::Index>(),
        slip in select(vec!["", "(", ")", "'", "=", ".", ",", "?", "!", "-", "in", "\n", "金"]),
    ) {
        let mut characters: Vec<String> = text.chars().map(String::from).collect();
        let place = place.index(characters.len());
        slip.clone_into(&mut characters[place]);

        assert_compiles_or_explains(&characters.concat());
    }

    #[test]
    fn the_distance_of_names_is_the_count_of_changes(
        name in "[a-z.]{1,12}",
        changes in vec((any::<prop::sample::Index>(), 0..3, "[a-z]"), 0..4),
    ) {
        let mut changed: Vec<String> = name.chars().map(String::from).collect();
        for (place, kind, letter) in &changes {
            let place = place.index(changed.len() + 1);
            match kind {
                0 => changed.insert(place, letter.clone()),
                1 if place < changed.len() => drop(changed.remove(place)),
                _ if place < changed.len() => changed[place].clone_from(letter),
                _ => {}
            }
        }
        let changed = changed.concat();

        prop_assert!(check::distance(&name, &changed) <= changes.len());
        prop_assert_eq!(check::distance(&name, &changed), check::distance(&changed, &name));
        prop_assert_eq!(check::distance(&name, &changed) == 0, name == changed);
    }
}
