//! Orders and refunds from records, by a mapping; what does not fit is refused with a reason.

use hui_loyalty::amounts::Money;
use hui_loyalty::members::{Claim, Gender, Profile};
use hui_loyalty::orders::{Line, Order, OrderKey, Refund, RefundLine, Status};
use hui_loyalty::time::Timestamp;
use serde_json::Value;

use super::mapping::{Layout, Mapping, Source, Unit, Vocabulary};
use super::reading::Record;

/// What a mapping for orders can name.
pub(crate) const ORDERS: Vocabulary = Vocabulary {
    fields: &[
        "channel",
        "shop",
        "order_no",
        "status",
        "placed_at",
        "paid_at",
        "completed_at",
        "name",
        "gender",
        "birthday",
        "shipping",
        "paid",
        "staff",
        "touchpoint",
    ],
    required: &["channel", "order_no"],
    lines: &["line_no", "sku", "category", "quantity", "unit_price", "paid"],
    lines_required: &["sku", "paid"],
};

/// What a mapping for refunds can name.
pub(crate) const REFUNDS: Vocabulary = Vocabulary {
    fields: &["channel", "order_no", "refund_no", "refunded_at"],
    required: &["channel", "order_no", "refund_no", "refunded_at"],
    lines: &["line_no", "quantity", "amount"],
    lines_required: &["line_no", "amount"],
};

/// Why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    /// The stable code, as the API gives it.
    pub(crate) code: String,
    /// What is wrong, for people; never personal data.
    pub(crate) reason: String,
}

impl Reject {
    pub(crate) fn new(code: &str, reason: impl Into<String>) -> Self {
        Self { code: code.to_owned(), reason: reason.into() }
    }
}

type Taken<T> = Result<T, Reject>;

/// The text of a field, after its meanings and its default.
fn text(source: Option<&Source>, record: &Record) -> Option<String> {
    let source = source?;
    if let Some(value) = &source.value {
        return Some(value.clone());
    }
    let found = record.text(source.column.as_deref()?);
    match found {
        Some(found) => {
            Some(source.map.get(found.as_ref()).cloned().unwrap_or_else(|| found.into_owned()))
        }
        None => source.default.clone(),
    }
}

fn needed(mapping: &Mapping, name: &str, record: &Record) -> Taken<String> {
    text(mapping.field(name), record)
        .ok_or_else(|| Reject::new("request.missing", format!("{name} is empty")))
}

fn time(mapping: &Mapping, name: &str, record: &Record) -> Taken<Option<Timestamp>> {
    let Some(text) = text(mapping.field(name), record) else { return Ok(None) };
    let read = match mapping.time_format.as_deref() {
        None => text.parse().ok(),
        Some("unix_s") => text.parse().ok().map(|s: i64| Timestamp(0).plus_seconds(s)),
        Some("unix_ms") => text.parse().ok().map(|ms: i64| Timestamp(ms.saturating_mul(1000))),
        Some(form) => local_time(mapping, form, &text),
    };
    read.map(Some).ok_or_else(|| {
        Reject::new("request.invalid", format!("{name} is not a time of the mapping's format"))
    })
}

fn local_time(mapping: &Mapping, form: &str, text: &str) -> Option<Timestamp> {
    let broken = jiff::fmt::strtime::parse(form, text).ok()?;
    let at = if let Ok(at) = broken.to_timestamp() {
        at
    } else {
        let local = broken.to_datetime().or_else(|_| {
            broken.to_date().map(|date| date.to_datetime(jiff::civil::Time::midnight()))
        });
        local.ok()?.to_zoned_datetime(mapping.zone.clone()).ok()?.timestamp()
    };
    Some(Timestamp(at.as_microsecond())).filter(|at| at.0 >= 0)
}

/// Reads `1,234.50` yuan or `123450` fen exactly.
pub(crate) fn money(text: &str, unit: Unit) -> Option<Money> {
    let cleaned = text.trim().trim_start_matches(['¥', '￥']).replace(',', "");
    let (sign, digits) = match cleaned.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, cleaned.as_str()),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let places = match unit {
        Unit::Fen => 0,
        Unit::Yuan => 2,
    };
    let (kept, cut) = decimals.split_at(places.min(decimals.len()));
    if cut.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let digits = format!("{whole}{kept:0<places$}");
    digits.parse::<i64>().ok().map(|value| Money(sign * value))
}

fn amount(
    mapping: &Mapping,
    source: Option<&Source>,
    name: &str,
    record: &Record,
) -> Taken<Option<Money>> {
    let Some(text) = text(source, record) else { return Ok(None) };
    let unit = source.and_then(|source| source.money).unwrap_or(mapping.money);
    money(&text, unit).map(Some).ok_or_else(|| {
        Reject::new("request.invalid", format!("{name} is not an amount of whole fen"))
    })
}

fn number(source: Option<&Source>, name: &str, record: &Record) -> Taken<Option<i64>> {
    let Some(text) = text(source, record) else { return Ok(None) };
    let whole = text.strip_suffix(".0").unwrap_or(&text);
    whole
        .parse()
        .map(Some)
        .map_err(|_| Reject::new("request.invalid", format!("{name} is not a whole number")))
}

fn named<T: serde::de::DeserializeOwned>(name: &str, text: String) -> Taken<T> {
    serde_json::from_value(Value::String(text))
        .map_err(|error| Reject::new("request.invalid", format!("{name}: {error}")))
}

fn claims(mapping: &Mapping, record: &Record) -> Taken<Vec<Claim>> {
    let mut claims = Vec::new();
    for identity in &mapping.identities {
        if let Some(value) = record.text(&identity.column) {
            let scope = identity.scope.as_deref();
            let claim =
                Claim::parse(identity.kind, scope, &value, identity.verified).map_err(|error| {
                    Reject::new(error.code(), format!("{}: {error}", identity.kind.name()))
                })?;
            claims.push(claim);
        }
    }
    Ok(claims)
}

/// Records and the lines in them: the same rows, or the list in the one record.
fn line_records(mapping: &Mapping, records: &[Record]) -> Vec<Record> {
    match (mapping.layout, records) {
        (Layout::Nested, [record]) => record.objects(&mapping.lines_column),
        _ => records.to_vec(),
    }
}

/// The natural key that groups rows: channel and number.
pub(crate) fn group_key(
    mapping: &Mapping,
    name: &str,
    record: &Record,
) -> Option<(String, String)> {
    Some((text(mapping.field("channel"), record)?, text(mapping.field(name), record)?))
}

/// The order that records make.
pub(crate) fn order(mapping: &Mapping, records: &[Record]) -> Taken<Order> {
    let record = records.first().ok_or_else(|| Reject::new("request.missing", "no record"))?;
    let status = text(mapping.field("status"), record).unwrap_or_else(|| "completed".to_owned());
    let mut lines = Vec::new();
    for (place, row) in line_records(mapping, records).iter().enumerate() {
        lines.push(order_line(mapping, place, row)?);
    }
    let shipping =
        amount(mapping, mapping.field("shipping"), "shipping", record)?.unwrap_or(Money::ZERO);
    let goods: Money = lines.iter().map(|line: &Line| line.paid).sum();
    let paid = amount(mapping, mapping.field("paid"), "paid", record)?;
    let status: Status = named("status", status)?;
    let paid_at = time(mapping, "paid_at", record)?;
    let completed_at = time(mapping, "completed_at", record)?;
    Ok(Order {
        key: OrderKey {
            channel: needed(mapping, "channel", record)?,
            order_no: needed(mapping, "order_no", record)?,
        },
        shop: text(mapping.field("shop"), record),
        status,
        placed_at: time(mapping, "placed_at", record)?,
        paid_at,
        completed_at: match status {
            Status::Completed => completed_at.or(paid_at),
            _ => completed_at,
        },
        claims: claims(mapping, record)?,
        profile: profile(mapping, record)?,
        lines,
        shipping,
        paid: paid.unwrap_or_else(|| goods.plus(shipping)),
        staff: text(mapping.field("staff"), record),
        touchpoint: text(mapping.field("touchpoint"), record),
    })
}

fn profile(mapping: &Mapping, record: &Record) -> Taken<Profile> {
    let gender = text(mapping.field("gender"), record);
    let birthday = text(mapping.field("birthday"), record);
    Ok(Profile {
        name: text(mapping.field("name"), record),
        gender: gender.map(|text| named::<Gender>("gender", text)).transpose()?,
        birthday: birthday
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| Reject::new("request.invalid", "birthday is not YYYY-MM-DD"))?,
    })
}

fn order_line(mapping: &Mapping, place: usize, row: &Record) -> Taken<Line> {
    let source = |name| mapping.line(name);
    let missing = |name: &str| Reject::new("request.missing", format!("a line's {name} is empty"));
    Ok(Line {
        line_no: text(source("line_no"), row).unwrap_or_else(|| (place + 1).to_string()),
        sku: text(source("sku"), row).ok_or_else(|| missing("sku"))?,
        category: text(source("category"), row),
        quantity: number(source("quantity"), "quantity", row)?.unwrap_or(1),
        unit_price: amount(mapping, source("unit_price"), "unit_price", row)?
            .unwrap_or(Money::ZERO),
        paid: amount(mapping, source("paid"), "paid", row)?.ok_or_else(|| missing("paid"))?,
    })
}

/// The refund that records make.
pub(crate) fn refund(mapping: &Mapping, records: &[Record]) -> Taken<Refund> {
    let record = records.first().ok_or_else(|| Reject::new("request.missing", "no record"))?;
    let missing = |name: &str| Reject::new("request.missing", format!("a line's {name} is empty"));
    let mut lines = Vec::new();
    for row in &line_records(mapping, records) {
        lines.push(RefundLine {
            line_no: text(mapping.line("line_no"), row).ok_or_else(|| missing("line_no"))?,
            quantity: number(mapping.line("quantity"), "quantity", row)?.unwrap_or(0),
            amount: amount(mapping, mapping.line("amount"), "amount", row)?
                .ok_or_else(|| missing("amount"))?,
        });
    }
    Ok(Refund {
        order: OrderKey {
            channel: needed(mapping, "channel", record)?,
            order_no: needed(mapping, "order_no", record)?,
        },
        refund_no: needed(mapping, "refund_no", record)?,
        refunded_at: time(mapping, "refunded_at", record)?
            .ok_or_else(|| Reject::new("request.missing", "refunded_at is empty"))?,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_become_fen_exactly() {
        assert_eq!(money("12.3", Unit::Yuan), Some(Money(1230)));
        assert_eq!(money("¥1,234.50", Unit::Yuan), Some(Money(123_450)));
        assert_eq!(money("0.100", Unit::Yuan), Some(Money(10)));
        assert_eq!(money("-5", Unit::Yuan), Some(Money(-500)));
        assert_eq!(money("0.005", Unit::Yuan), None);
        assert_eq!(money("1990", Unit::Fen), Some(Money(1990)));
        assert_eq!(money("19.9", Unit::Fen), None);
        assert_eq!(money("", Unit::Fen), None);
        assert_eq!(money("1e3", Unit::Yuan), None);
    }

    fn record(json: &str) -> Record {
        Record::Object(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_nested_record_makes_an_order_with_local_times() {
        let mapping = Mapping::parse(
            r#"
            layout = "nested"
            money = "yuan"
            time_format = "%Y-%m-%d %H:%M:%S"
            lines_column = "goods"
            [fields]
            channel = { value = "tmall" }
            order_no = "tid"
            status = { column = "state", map = { "TRADE_FINISHED" = "completed" } }
            paid_at = "pay_time"
            [lines]
            sku = "code"
            paid = "fee"
            [[identities]]
            kind = "phone"
            column = "buyer.mobile"
            verified = true
            "#,
            &ORDERS,
        )
        .unwrap();
        let row = record(
            r#"{"tid": 77, "state": "TRADE_FINISHED", "pay_time": "2026-05-01 08:00:00",
                "buyer": {"mobile": "138-0013-8000"},
                "goods": [{"code": "A", "fee": "19.90"}, {"code": "B", "fee": 5}]}"#,
        );

        let order = order(&mapping, &[row]).unwrap();

        assert_eq!(order.key.order_no, "77");
        assert_eq!(order.paid_at, Some("2026-05-01T00:00:00Z".parse().unwrap()));
        assert_eq!(order.completed_at, order.paid_at);
        assert_eq!(order.paid, Money(2490));
        assert_eq!(order.lines[1].line_no, "2");
        assert_eq!(order.claims[0].value, "+8613800138000");
    }
}
