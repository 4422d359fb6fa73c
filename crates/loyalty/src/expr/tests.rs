use std::collections::BTreeMap;

use super::*;

/// Facts by name; those not named are absent.
#[derive(Default)]
struct Known(BTreeMap<Slot, Value<'static>>);

impl Known {
    fn and(mut self, name: &str, value: Value<'static>) -> Self {
        self.0.insert(core_schema().slot(name).unwrap(), value);
        self
    }
}

impl Facts for Known {
    fn fact(&self, slot: Slot) -> Value<'_> {
        self.0.get(&slot).copied().unwrap_or(Value::Null)
    }
}

fn at(text: &str) -> Value<'static> {
    Value::Timestamp(literal::timestamp(text).unwrap())
}

/// A gold member from 2024 with two tags and no birthday, an order of 199.00
/// paid just after midnight of Singles' Day in Shanghai, a line of two serums.
fn known() -> Known {
    let tags: &'static [String] = vec!["vip".to_owned(), "skincare".to_owned()].leak();
    Known::default()
        .and("member.tier", Value::Text("gold"))
        .and("member.growth", Value::Int(1_200))
        .and("member.joined_at", at("2024-02-29T10:00:00+08:00"))
        .and("member.tags", Value::TextList(tags))
        .and("member.channels", Value::TextList(&[]))
        .and("member.bound", Value::Bool(true))
        .and("order.channel", Value::Text("tmall"))
        .and("order.paid", Value::Int(19_900))
        .and("order.paid_at", at("2026-11-11T00:30:15.25+08:00"))
        .and("order.first", Value::Bool(false))
        .and("line.category", Value::Text("skincare/serum"))
        .and("line.sku", Value::Text("精华-30ml"))
        .and("line.quantity", Value::Int(2))
}

#[track_caller]
fn expr(text: &str) -> Expr {
    match compile(text, core_schema()) {
        Ok(expr) => expr,
        Err(errors) => panic!("{text}: {errors:?}"),
    }
}

#[track_caller]
fn assert_holds(texts: &[&str]) {
    for text in texts {
        assert!(expr(text).holds(&known()), "{text}");
    }
}

#[track_caller]
fn assert_not(texts: &[&str]) {
    for text in texts {
        assert!(!expr(text).holds(&known()), "{text}");
    }
}

/// The only mistake of a text, and what the text reads from there.
#[track_caller]
fn mistake(text: &str) -> (&str, String) {
    let errors = compile(text, core_schema()).unwrap_err();
    let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
    (&text[error.offset..], error.message.clone())
}

#[track_caller]
fn assert_mistakes(expected: &[(&str, &str, &str)]) {
    for (text, from, message) in expected {
        assert_eq!(mistake(text), (*from, (*message).to_owned()), "{text}");
    }
}

#[test]
fn literals_compare_with_facts() {
    assert_holds(&[
        "true",
        "member.tier == 'gold'",
        "member.tier == \"gold\"",
        "member.tier != 'silver'",
        "line.sku == '精华-30ml'",
        "member.growth == 1200 && member.growth == 1200u && member.growth == 0x4b0",
        "member.bound && !order.first && order.first == false",
        r"'a\tb' == 'a	b' && r'\d' == '\\d' && '''it's''' == 'it\'s'",
    ]);
    assert_not(&["false", "member.tier == 'Gold'", "member.tier == 'silver'", "order.first"]);
}

#[test]
fn order_is_strict_or_not_at_its_boundary() {
    assert_holds(&[
        "order.paid >= 19900",
        "order.paid <= 19900",
        "order.paid > 19899",
        "order.paid < 19901",
        "'a' < 'b' && 'a' < 'aa' && 'Z' < 'a'",
        "duration('1h') > duration('59m59s')",
        "member.joined_at < order.paid_at",
    ]);
    assert_not(&["order.paid > 19900", "order.paid < 19900", "order.paid >= 19901", "'b' <= 'a'"]);
}

#[test]
fn arithmetic_is_on_whole_numbers_and_cuts_towards_zero() {
    assert_holds(&[
        "1 + 2 * 3 - 4 == 3",
        "(1 + 2) * 3 == 9",
        "7 / 2 == 3 && -7 / 2 == -3",
        "7 % 3 == 1 && -7 % 3 == -1",
        "-member.growth == -1200",
        "order.paid / line.quantity == 9950",
        "-9223372036854775808 < 0",
    ]);
}

#[test]
fn arithmetic_that_has_no_answer_does_not_hold() {
    assert_not(&[
        "1 / 0 == 1",
        "1 / 0 != 1",
        "!(1 / 0 == 1)",
        "1 % 0 == 0",
        "9223372036854775807 + 1 > 0",
        "-9223372036854775808 - 1 < 0",
        "4611686018427387904 * 2 > 0",
        "-9223372036854775808 / -1 > 0",
        "-9223372036854775808 % -1 == 0",
        "-(-9223372036854775808) > 0",
        "timestamp('9999-12-31T23:59:59Z') + duration('1s') > order.paid_at",
        "timestamp('0001-01-01T00:00:00Z') - duration('1s') < order.paid_at",
        "timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z') > duration('1s')",
    ]);
}

#[test]
fn logic_looks_past_an_error_when_the_other_side_decides() {
    assert_holds(&[
        "1 / 0 == 1 || true",
        "true || 1 / 0 == 1",
        "!(1 / 0 == 1 && false)",
        "!(false && 1 / 0 == 1)",
        "member.age > 18 || member.tier == 'gold'",
    ]);
    assert_not(&[
        "1 / 0 == 1 || false",
        "false || 1 / 0 == 1",
        "1 / 0 == 1 && true",
        "true && 1 / 0 == 1",
        "member.age > 18 && member.tier == 'gold'",
    ]);
}

#[test]
fn logic_binds_as_in_the_standard() {
    assert_holds(&["true || false && false", "!false && true", "1 + 1 == 2 && 2 in [2]"]);
    assert_not(&["(true || false) && false", "true && true && false", "false || false || false"]);
}

#[test]
fn a_choice_evaluates_one_branch() {
    assert_holds(&[
        "(order.paid > 10000 ? 2 : 1) == 2",
        "(order.paid > 99999 ? 1 / 0 : 1) == 1",
        "member.tier == 'gold' ? order.paid > 100 : order.paid > 100000",
    ]);
    assert_not(&["(member.age > 18 ? 1 : 1) == 1"]);
}

#[test]
fn in_looks_into_written_lists_and_list_facts() {
    assert_holds(&[
        "member.tier in ['silver', 'gold']",
        "line.quantity in [3, 2, 1]",
        "line.quantity in [-1, 2]",
        "'vip' in member.tags",
        "!('vip' in member.channels)",
        "!(member.tier in [])",
        "!(line.quantity in [])",
        "!(member.gender in ['male', 'female'])",
        "!(member.gender in member.tags)",
    ]);
    assert_not(&["member.tier in ['silver']", "'svip' in member.tags", "line.quantity in [1, 3]"]);
}

#[test]
fn an_absent_fact_is_null() {
    assert_holds(&[
        "member.birthday == null",
        "null == member.birthday",
        "!has(member.birthday)",
        "has(member.tier)",
        "member.tier != null",
        "member.gender != 'female'",
        "!(member.gender == 'female')",
        "member.last_order_at == null",
    ]);
    assert_not(&["has(member.birthday)", "member.tier == null"]);
}

#[test]
fn an_absent_fact_has_no_order_and_no_functions() {
    assert_not(&[
        "member.age > 18",
        "!(member.age > 18)",
        "member.age + 1 == 1",
        "-member.age == 0",
        "member.birthday.startsWith('2')",
        "!member.birthday.startsWith('2')",
        "member.birthday.size() == 0",
        "member.last_order_at < order.paid_at",
        "member.last_order_at + duration('1s') != null",
        "member.last_order_at.getHours() >= 0",
    ]);
}

#[test]
fn an_absent_list_or_bool_is_an_error() {
    let facts = Known::default();

    for text in ["'vip' in member.tags", "member.tags.all(t, true)", "member.bound"] {
        assert!(!expr(text).holds(&facts), "{text}");
        assert!(!expr(&format!("!({text})")).holds(&facts), "{text}");
    }
}

#[test]
fn a_fact_of_another_kind_than_promised_does_not_hold() {
    let facts = Known::default().and("order.paid", Value::Text("5"));

    assert!(!expr("order.paid > 1").holds(&facts));
    assert!(!expr("order.paid + 1 == 6").holds(&facts));
    assert!(!expr("order.paid == 5").holds(&facts));
}

#[test]
fn text_functions() {
    assert_holds(&[
        "line.category.startsWith('skincare/')",
        "line.category.endsWith('serum')",
        "line.category.contains('care/se')",
        "line.category.contains('')",
        "line.sku.size() == 7",
        "size(line.sku) == 7",
        "size('') == 0",
    ]);
    assert_not(&[
        "line.category.startsWith('kincare')",
        "line.category.endsWith('skincare')",
        "line.category.contains('serums')",
    ]);
}

#[test]
fn quantifiers_over_lists() {
    assert_holds(&[
        "member.tags.size() == 2 && size(member.channels) == 0",
        "member.tags.exists(t, t == 'vip')",
        "member.tags.exists(t, t.startsWith('skin'))",
        "!member.tags.exists(t, t == 'svip')",
        "member.tags.all(t, t.size() > 2)",
        "!member.tags.all(t, t == 'vip')",
        "member.channels.all(c, false)",
        "!member.channels.exists(c, true)",
        "['svip', 'vip'].exists(t, t in member.tags)",
        "member.tags.exists(t, 1 / 0 == 1 || t == 'vip')",
        "member.tags.exists(a, member.tags.exists(b, a != b && a == 'vip'))",
        "member.tags.exists(t, t == 'vip' ? true : 1 / 0 == 1)",
        // The inner name hides the outer one, and then is gone.
        "member.tags.exists(t, ['x'].all(t, t == 'x') && t == 'vip')",
        "size(['a', 'b', 'c']) == 3",
    ]);
    assert_not(&[
        "member.tags.exists(t, 1 / 0 == 1)",
        "member.tags.all(t, 1 / 0 == 1 || t == 'vip')",
    ]);
}

#[test]
fn timestamps_and_durations_compute() {
    assert_holds(&[
        "order.paid_at == timestamp('2026-11-10T16:30:15.25Z')",
        "order.paid_at >= timestamp('2026-11-11T00:00:00+08:00')",
        "order.paid_at < timestamp('2026-11-12T00:00:00+08:00')",
        "order.paid_at - member.joined_at > duration('8760h')",
        "member.joined_at + duration('24h') == timestamp('2024-03-01T02:00:00Z')",
        "duration('24h') + member.joined_at == timestamp('2024-03-01T02:00:00Z')",
        "order.paid_at - duration('15.25s') == timestamp('2026-11-10T16:30:00Z')",
        "duration('1h30m') == duration('90m') && duration('-1.5s') == duration('-1500ms')",
        "duration('1h') - duration('30m') + duration('1us') == duration('30m0.000001s')",
        "duration('0') == duration('0s')",
        "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90",
        "duration('-1.5s').getSeconds() == -1 && duration('1.5s').getMilliseconds() == 1500",
    ]);
}

#[test]
fn calendar_accessors_count_as_the_standard_does() {
    // 2026-11-11 is a Wednesday and the 315th day of its year.
    assert_holds(&[
        "order.paid_at.getFullYear('Asia/Shanghai') == 2026",
        "order.paid_at.getMonth('Asia/Shanghai') == 10",
        "order.paid_at.getDate('Asia/Shanghai') == 11",
        "order.paid_at.getDayOfMonth('Asia/Shanghai') == 10",
        "order.paid_at.getDayOfWeek('Asia/Shanghai') == 3",
        "order.paid_at.getDayOfYear('Asia/Shanghai') == 314",
        "order.paid_at.getHours('Asia/Shanghai') == 0",
        "order.paid_at.getMinutes('Asia/Shanghai') == 30",
        "order.paid_at.getSeconds('Asia/Shanghai') == 15",
        "order.paid_at.getMilliseconds('Asia/Shanghai') == 250",
        "order.paid_at.getDate('+08:00') == 11 && order.paid_at.getHours('-01:30') == 15",
        "timestamp('2026-11-15T12:00:00Z').getDayOfWeek() == 0",
    ]);
}

#[test]
fn calendar_accessors_without_a_zone_are_in_utc() {
    assert_holds(&[
        "order.paid_at.getDate() == 10 && order.paid_at.getHours() == 16",
        "order.paid_at.getDate('') == 10 && order.paid_at.getDate('UTC') == 10",
    ]);
}

#[test]
fn a_zone_turns_the_day_at_its_midnight() {
    let date = "order.paid_at.getDate('Asia/Shanghai') == 11";

    let before = Known::default().and("order.paid_at", at("2026-11-10T15:59:59.999999Z"));
    assert!(!expr(date).holds(&before));
    let after = Known::default().and("order.paid_at", at("2026-11-10T16:00:00Z"));
    assert!(expr(date).holds(&after));
}

#[test]
fn comments_and_lines_are_free() {
    assert_holds(&["// Gold only.\nmember.tier == 'gold' // as of 2026\n  && true"]);
}

#[test]
fn a_mistake_points_at_its_place() {
    assert_mistakes(&[
        ("", "", "the expression is empty; write true for always"),
        ("member.tier = 'gold'", "= 'gold'", "write == to compare"),
        ("true and true", "and true", "write && instead of and"),
        ("true & true", "& true", "write && instead of &"),
        ("true ||", "", "something is missing at the end"),
        ("true ? true", "", "something is missing at the end"),
        ("true true", "true", "unexpected 'true'"),
        ("(true", "(true", "'(' is never closed"),
        ("true)", ")", "')' closes nothing"),
        ("(true]", "]", "']' cannot close '('"),
        ("member.tier == 'gold", "'gold", "this text has no closing quote"),
        ("member.tier == r'\\'x'", "'", "this text has no closing quote"),
        ("member.tier ＝ 'gold'", "＝ 'gold'", "unexpected '＝'; write =="),
        ("member.tier == “gold”", "“gold”", "unexpected '“'; write '"),
        ("member.tier == 金卡", "金卡", "'金' must be in quotes"),
        ("member.tier == '\\q'", "'\\q'", "unexpected ''\\q'"),
        ("order.paid > 99999999999999999999", "99999999999999999999", "this number is too large"),
        ("order.paid > 9223372036854775808u", "9223372036854775808u", "this number is too large"),
        ("if", "if", "reserved identifier: if"),
    ]);
}

#[test]
fn a_name_that_does_not_exist_is_answered_with_the_nearest() {
    assert_mistakes(&[
        (
            "member.teir == 'x'",
            "member.teir == 'x'",
            "unknown fact member.teir; did you mean member.tier?",
        ),
        (
            "has(member.birthdy)",
            "member.birthdy)",
            "unknown fact member.birthdy; did you mean member.birthday?",
        ),
        ("weather == 'x'", "weather == 'x'", "unknown fact weather"),
        (
            "member == 'x'",
            "member == 'x'",
            "member is a group of facts; write one of them, such as member.tier",
        ),
        (
            "line.sku.startswith('x')",
            "startswith('x')",
            "unknown function startswith; did you mean startsWith?",
        ),
        ("siz(line.sku) == 1", "siz(line.sku) == 1", "unknown function siz; did you mean size?"),
        (
            "startsWith(line.sku, 'x')",
            "startsWith(line.sku, 'x')",
            "write startsWith after a value: value.startsWith(…)",
        ),
        (
            "order.paid_at.getDate('Asia/Shangai') == 1",
            "'Asia/Shangai') == 1",
            "unknown time zone 'Asia/Shangai'; write it like 'Asia/Shanghai'",
        ),
        (
            "order.paid_at.getDate('asia/shanghai') == 1",
            "'asia/shanghai') == 1",
            "unknown time zone 'asia/shanghai'; did you mean 'Asia/Shanghai'?",
        ),
    ]);
}

#[test]
fn a_kind_that_does_not_fit_points_at_what_does_not_fit() {
    assert_mistakes(&[
        ("member.tier == 5", "5", "expected a text, found a whole number"),
        ("order.paid == '5'", "'5'", "expected a whole number, found a text"),
        ("order.paid > '5'", "'5'", "expected a whole number, found a text"),
        ("order.paid", "order.paid", "expected true or false, found a whole number"),
        ("!order.paid", "order.paid", "expected true or false, found a whole number"),
        ("true && member.tier", "member.tier", "expected true or false, found a text"),
        ("order.paid + line.sku > 1", "line.sku > 1", "expected a whole number, found a text"),
        ("-member.tier == 1", "member.tier == 1", "expected a whole number, found a text"),
        (
            "order.paid_at + 1 > order.paid_at",
            "1 > order.paid_at",
            "expected a duration, found a whole number",
        ),
        ("true ? 1 : 'a'", "'a'", "expected a whole number, found a text"),
        ("order.paid in ['5']", "order.paid in ['5']", "expected a text, found a whole number"),
        ("order.paid in [5, 'a']", "'a']", "a list is of texts or of numbers, not both"),
        (
            "order.paid in [line.paid]",
            "line.paid]",
            "a list is of texts or numbers that are written out",
        ),
        (
            "order.paid in member.tags",
            "order.paid in member.tags",
            "expected a text, found a whole number",
        ),
        ("'a' in member.tier", "member.tier", "expected a list of texts, found a text"),
        (
            "member.tags == member.tags",
            "member.tags == member.tags",
            "lists are not compared; use in, exists, all or size",
        ),
        ("member.age > null", "null", "expected a whole number, found null"),
        (
            "order.first > false",
            "order.first > false",
            "expected a number, a text, a timestamp or a duration, found true or false",
        ),
        (
            "order.paid.startsWith('1')",
            "order.paid.startsWith('1')",
            "expected a text, found a whole number",
        ),
        ("line.sku.startsWith(1)", "1)", "expected a text, found a whole number"),
        (
            "size(order.paid) == 1",
            "order.paid) == 1",
            "expected a text or a list of texts, found a whole number",
        ),
        (
            "order.paid.getDate() == 1",
            "order.paid.getDate() == 1",
            "expected a timestamp, found a whole number",
        ),
        ("member.tags.exists(t, t > 1)", "1)", "expected a text, found a whole number"),
        ("member.tags.exists(t, t)", "t)", "expected true or false, found a text"),
        ("member.tags.exists(t, t.x == 'a')", "t.x == 'a')", "t is a text and has no parts"),
        (
            "member.tier.exists(t, true)",
            "member.tier.exists(t, true)",
            "expected a list of texts, found a text",
        ),
    ]);
}

#[test]
fn what_is_not_supported_is_said() {
    assert_mistakes(&[
        ("order.paid > 1.5", "1.5", "use whole numbers; money is in minor units, such as cents"),
        (
            "line.sku.matches('a')",
            "matches('a')",
            "regular expressions are not supported; use startsWith, endsWith or contains",
        ),
        (
            "member.tags[0] == 'a'",
            "member.tags[0] == 'a'",
            "picking by position is not supported; use in",
        ),
        (
            "member.tags.map(t, t) == null",
            "member.tags.map(t, t) == null",
            "of the list macros, only exists and all are supported",
        ),
        (
            "member.tags.exists_one(t, true)",
            "member.tags.exists_one(t, true)",
            "of the list macros, only exists and all are supported",
        ),
        ("{'a': 1} == null", "{'a': 1} == null", "maps and messages are not supported"),
        ("b'a' == null", "b'a' == null", "bytes are not supported; write a text"),
        (
            "timestamp(line.sku) == null",
            "line.sku) == null",
            "timestamp takes a text that is written out",
        ),
        (
            "timestamp('2026-11-11') == null",
            "'2026-11-11') == null",
            "'2026-11-11' is no timestamp; write it with its offset, '2026-11-11T00:00:00+08:00'",
        ),
        (
            "timestamp('2026-11-11T00:00:00.1234567Z') == null",
            "'2026-11-11T00:00:00.1234567Z') == null",
            "'2026-11-11T00:00:00.1234567Z' is finer than a microsecond",
        ),
        (
            "duration('3d') == null",
            "'3d') == null",
            "'3d' is no duration; write hours, minutes and seconds like '72h', '1h30m', '1.5s'",
        ),
        ("duration('1ns') == null", "'1ns') == null", "'1ns' is finer than a microsecond"),
        ("duration('0.1us') == null", "'0.1us') == null", "'0.1us' is finer than a microsecond"),
        (
            "duration('9999999h') == null",
            "'9999999h') == null",
            "'9999999h' is longer than 292 years",
        ),
        (
            "duration('1h').getHours('UTC') == 1",
            "getHours('UTC') == 1",
            "getHours of a duration takes no time zone",
        ),
    ]);
}

#[test]
fn lines_and_columns_count_characters_and_offsets_count_bytes() {
    let errors =
        compile("'金卡' == member.tier\n  && '银' == order.pad", core_schema()).unwrap_err();

    let expected = ExprError {
        offset: 38,
        line: 2,
        column: 13,
        message: "unknown fact order.pad; did you mean order.paid?".to_owned(),
    };
    assert_eq!(errors, [expected]);
    assert_eq!(
        errors[0].to_string(),
        "line 2, column 13: unknown fact order.pad; did you mean order.paid?"
    );
}

#[test]
fn every_mistake_is_listed_in_the_order_of_the_text() {
    let errors = compile("member.teir == 'a' && order.paid == 'b' || !line.sku", core_schema());

    let offsets: Vec<usize> = errors.unwrap_err().iter().map(|error| error.offset).collect();
    assert_eq!(offsets, [0, 36, 44]);
}

#[test]
fn a_text_is_limited_in_length() {
    let of_length = |bytes: usize| format!("true{}", " ".repeat(bytes - 4));

    assert!(compile(&of_length(4_096), core_schema()).is_ok());
    assert_eq!(mistake(&of_length(4_097)).1, "an expression has at most 4096 bytes");
}

#[test]
fn a_text_is_limited_in_depth() {
    let brackets = |count: usize| format!("{}true{}", "(".repeat(count), ")".repeat(count));
    let sums = |count: usize| format!("{}1 > 0", "1+".repeat(count));

    assert!(compile(&brackets(64), core_schema()).is_ok());
    assert_eq!(mistake(&brackets(65)).1, "the expression nests deeper than 64 levels");
    assert!(expr(&sums(62)).holds(&known()));
    assert_eq!(mistake(&sums(63)).1, "the expression nests deeper than 64 levels");
    assert_eq!(mistake(&sums(64)).1, "the expression nests deeper than 64 levels");
}

#[test]
fn a_text_is_limited_in_parts() {
    let list = |count: usize| format!("order.paid in [{}0]", "1,".repeat(count - 1));

    assert!(compile(&list(998), core_schema()).is_ok());
    assert_eq!(mistake(&list(999)).1, "the expression has more than 1000 parts");
}

#[test]
fn quantifiers_stand_two_deep() {
    let three = "member.tags.all(a, member.tags.all(b, member.tags.all(c, true)))";

    assert_eq!(mistake(three).1, "exists and all stand at most 2 deep");
}

#[test]
fn the_facts_read_are_known() {
    let text = "line.paid > 0 && order.paid > line.paid || has(member.birthday)";
    let expr = expr(text);

    assert_eq!(expr.text(), text);
    assert_eq!(expr.slots_used(), [facts::MEMBER_BIRTHDAY, facts::ORDER_PAID, facts::LINE_PAID]);
    assert!(expr.uses_line() && expr.uses("member") && expr.uses("order"));
    assert!(!expr.uses("lin"));
}

#[test]
fn a_condition_on_the_order_does_not_use_the_line() {
    assert!(!expr("order.paid > 0 && member.tags.exists(line, line == 'a')").uses_line());
    assert!(!expr("true").uses_line());
}

#[test]
fn the_constants_are_the_slots_of_their_names() {
    let schema = core_schema();

    assert_eq!(schema.slot("member.tier"), Some(facts::MEMBER_TIER));
    assert_eq!(schema.slot("order.channel"), Some(facts::ORDER_CHANNEL));
    assert_eq!(schema.slot("line.sku"), Some(facts::LINE_SKU));
    assert_eq!(schema.slot("line.unit_price"), Some(facts::LINE_UNIT_PRICE));
    assert_eq!(schema.slot("member.cards"), Some(facts::MEMBER_CARDS));
    assert_eq!(schema.facts().len(), facts::MEMBER_CARDS.index() + 1);
}

#[test]
fn every_core_fact_is_described() {
    for fact in core_schema().facts() {
        assert!(!fact.zh.is_empty() && !fact.en.is_empty(), "{}", fact.name);
    }
}

#[test]
fn a_fact_given_twice_keeps_its_slot_and_takes_the_later_kind() {
    let schema =
        Schema::new().fact("a.b", Kind::Int).fact("a.c", Kind::Int).fact("a.b", Kind::Text);

    assert_eq!(schema.slot("a.b").map(Slot::index), Some(0));
    assert_eq!(schema.facts().len(), 2);
    assert!(compile("a.b == 'x'", &schema).is_ok());
    assert!(compile("a.b == 1", &schema).is_err());
}
