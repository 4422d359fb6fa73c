//! Orders, refunds and members from records, by a mapping; what does not fit is refused with a reason.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::members::{Claim, Gender, Profile};
use hui_loyalty::orders::{Line, Order, OrderKey, Refund, RefundLine, Status};
use hui_loyalty::time::Timestamp;
use hui_operations::migrate_members::{BroughtLot, BroughtTier, Ends, MigrateRequest};
use hui_store::migrated::OldNumber;
use serde_json::Value;

use super::mapping::{Layout, Mapping, Source, Unit, Vocabulary};
use super::reading::Record;

/// What a mapping for orders can name.
pub(crate) const ORDERS: Vocabulary = Vocabulary {
    number: "order_no",
    part: "lines",
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
    lines_may_be_absent: false,
    takes_consents: false,
};

/// What a mapping for refunds can name.
pub(crate) const REFUNDS: Vocabulary = Vocabulary {
    number: "refund_no",
    part: "lines",
    fields: &["channel", "order_no", "refund_no", "refunded_at", "shipping"],
    required: &["channel", "order_no", "refund_no", "refunded_at"],
    lines: &["line_no", "quantity", "amount"],
    lines_required: &["line_no", "amount"],
    lines_may_be_absent: false,
    takes_consents: false,
};

/// What a mapping for members can name.
pub(crate) const MEMBERS: Vocabulary = Vocabulary {
    number: "number",
    part: "lots",
    fields: &[
        "number",
        "source",
        "name",
        "gender",
        "birthday",
        "channel",
        "shop",
        "joined_at",
        "growth",
        "growth_at",
        "tier",
        "tier_since",
        "tier_until",
    ],
    required: &["number"],
    lines: &["points", "earned_at", "available_at", "expires_at"],
    lines_required: &["points"],
    lines_may_be_absent: true,
    takes_consents: true,
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

/// Which instant of a day a date without a time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// Its beginning.
    Start,
    /// Its end, which is the beginning of the next: what lasts until a day lasts through it.
    End,
}

fn time(mapping: &Mapping, name: &str, record: &Record) -> Taken<Option<Timestamp>> {
    instant(mapping, mapping.field(name), name, record, Edge::Start)
}

fn instant(
    mapping: &Mapping,
    source: Option<&Source>,
    name: &str,
    record: &Record,
    edge: Edge,
) -> Taken<Option<Timestamp>> {
    let Some(text) = text(source, record) else { return Ok(None) };
    let read = match mapping.time_format.as_deref() {
        None => text.parse().ok().or_else(|| local_time(mapping, "%Y-%m-%d", &text, edge)),
        Some("unix_s") => text.parse().ok().map(|s: i64| Timestamp(0).plus_seconds(s)),
        Some("unix_ms") => text.parse().ok().map(|ms: i64| Timestamp(ms.saturating_mul(1000))),
        Some(form) => local_time(mapping, form, &text, edge)
            .or_else(|| local_time(mapping, "%Y-%m-%d", &text, edge)),
    };
    read.map(Some).ok_or_else(|| {
        Reject::new("request.invalid", format!("{name} is not a time of the mapping's format"))
    })
}

fn local_time(mapping: &Mapping, form: &str, text: &str, edge: Edge) -> Option<Timestamp> {
    let broken = jiff::fmt::strtime::parse(form, text).ok()?;
    let at = if let Ok(at) = broken.to_timestamp() {
        at
    } else {
        let date = broken.to_date().ok()?;
        let local = match (broken.hour(), edge) {
            (Some(_), _) => broken.to_datetime().ok()?,
            (None, Edge::Start) => date.to_datetime(jiff::civil::Time::midnight()),
            (None, Edge::End) => date.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()),
        };
        local.to_zoned_datetime(mapping.zone.clone()).ok()?.timestamp()
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

/// The natural key that groups rows: the number, with the channel or system that gave it.
pub(crate) fn group_key(
    mapping: &Mapping,
    words: &Vocabulary,
    record: &Record,
) -> Option<(String, String)> {
    let giver = if words.fields.contains(&"source") { "source" } else { "channel" };
    let given_by = text(mapping.field(giver), record).unwrap_or_default();
    Some((given_by, text(mapping.field(words.number), record)?))
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
        shipping: amount(mapping, mapping.field("shipping"), "shipping", record)?
            .unwrap_or_default(),
    })
}

/// What a system is called whose mapping does not say.
const SOURCE: &str = "import";

/// The member that records make, each with points a lot.
pub(crate) fn member(mapping: &Mapping, records: &[Record]) -> Taken<MigrateRequest> {
    let record = records.first().ok_or_else(|| Reject::new("request.missing", "no record"))?;
    let mut lots = Vec::new();
    if mapping.has_lines() {
        for row in &line_records(mapping, records) {
            lots.extend(lot(mapping, row)?);
        }
    }
    let tier = match text(mapping.field("tier"), record) {
        Some(tier) => Some(BroughtTier {
            tier,
            since: time(mapping, "tier_since", record)?,
            until: instant(mapping, mapping.field("tier_until"), "tier_until", record, Edge::End)?,
        }),
        None => None,
    };
    let growth = number(mapping.field("growth"), "growth", record)?.unwrap_or(0);
    Ok(MigrateRequest {
        number: OldNumber {
            source: text(mapping.field("source"), record).unwrap_or_else(|| SOURCE.to_owned()),
            number: needed(mapping, "number", record)?,
        },
        claims: claims(mapping, record)?,
        profile: profile(mapping, record)?,
        channel: text(mapping.field("channel"), record),
        shop: text(mapping.field("shop"), record),
        joined_at: time(mapping, "joined_at", record)?,
        consents: mapping
            .consents()
            .filter_map(|(name, source)| Some((name.to_owned(), text(Some(source), record)?)))
            .collect(),
        lots,
        growth: Points(growth),
        growth_at: time(mapping, "growth_at", record)?,
        tier,
    })
}

/// The points of a row; none where it has no points.
fn lot(mapping: &Mapping, row: &Record) -> Taken<Option<BroughtLot>> {
    let points = number(mapping.line("points"), "points", row)?.unwrap_or(0);
    let at = |name: &str, edge| instant(mapping, mapping.line(name), name, row, edge);
    let ends = match text(mapping.line("expires_at"), row).as_deref() {
        None => Ends::ByProgram,
        Some("never") => Ends::Never,
        Some(_) => at("expires_at", Edge::End)?.map_or(Ends::ByProgram, Ends::At),
    };
    let lot = BroughtLot {
        points: Points(points),
        earned_at: at("earned_at", Edge::Start)?,
        available_at: at("available_at", Edge::Start)?,
        ends,
    };
    Ok((points != 0).then_some(lot))
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

    #[test]
    fn rows_of_one_number_make_a_member_with_a_lot_each() {
        let mapping = Mapping::parse(
            r#"
            time_format = "%Y-%m-%d %H:%M:%S"
            [fields]
            number = "会员号"
            source = { value = "old-crm" }
            birthday = "生日"
            tier = { column = "等级", map = { "金卡" = "gold" } }
            tier_until = "等级到期"
            growth = "成长值"
            [lots]
            points = "积分"
            expires_at = { column = "到期", map = { "永久" = "never" } }
            [consents]
            privacy = { column = "隐私", map = { "Y" = "1.0" } }
            [[identities]]
            kind = "phone"
            column = "手机"
            verified = true
            "#,
            &MEMBERS,
        )
        .unwrap();
        let row = |points: i64, ends: &str| {
            record(&format!(
                r#"{{"会员号": "M1", "手机": "13800138000", "生日": "1990-02-01", "隐私": "Y",
                    "等级": "金卡", "等级到期": "2026-12-31", "成长值": "1200.0",
                    "积分": {points}, "到期": "{ends}"}}"#
            ))
        };
        let rows =
            [row(30, "2026-12-31"), row(0, ""), row(5, "永久"), row(7, "2027-01-01 08:00:00")];

        let member = member(&mapping, &rows).unwrap();

        let end_of_year: Timestamp = "2027-01-01T00:00:00+08:00".parse().unwrap();
        assert_eq!(member.number.number, "M1");
        assert_eq!(member.growth, Points(1200));
        assert_eq!(member.tier.unwrap().until, Some(end_of_year));
        assert_eq!(member.consents, [("privacy".to_owned(), "1.0".to_owned())]);
        let lots: Vec<(i64, Ends)> =
            member.lots.iter().map(|lot| (lot.points.0, lot.ends)).collect();
        let morning = Ends::At("2027-01-01T08:00:00+08:00".parse().unwrap());
        assert_eq!(lots, [(30, Ends::At(end_of_year)), (5, Ends::Never), (7, morning)]);
    }
}
