//! The mapping file: which column of a foreign file is which field of ours.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, ensure};
use hui_loyalty::members::IdentityKind;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::reading::Columns;

/// How records make an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layout {
    /// One row for each line; rows with one number stand together.
    Rows,
    /// One record for each order, its lines in a list.
    Nested,
}

/// The measure of money in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Whole fen.
    Fen,
    /// Yuan with up to two decimals.
    Yuan,
}

/// Where a field comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// A column, or a path such as `buyer.mobile` into nested records.
    pub(crate) column: Option<String>,
    /// A constant.
    pub(crate) value: Option<String>,
    /// What stands in the column, and what it means here.
    #[serde(default)]
    pub(crate) map: HashMap<String, String>,
    /// What an empty column means.
    pub(crate) default: Option<String>,
    /// The measure of this column, where it differs from the file's.
    pub(crate) money: Option<Unit>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Column(String),
    Source(Source),
}

fn source<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Source, D::Error> {
    Ok(match Written::deserialize(from)? {
        Written::Column(column) => Source {
            column: Some(column),
            value: None,
            map: HashMap::new(),
            default: None,
            money: None,
        },
        Written::Source(source) => source,
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Named(#[serde(deserialize_with = "source")] Source);

/// One way to recognise the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// What kind of value it is.
    #[serde(deserialize_with = "kind")]
    pub(crate) kind: IdentityKind,
    /// The app, platform, seller or issuer.
    pub(crate) scope: Option<String>,
    /// The column with the value.
    pub(crate) column: String,
    /// Whether the file's owner vouches for it.
    #[serde(default)]
    pub(crate) verified: bool,
}

fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<IdentityKind, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

/// A mapping file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    layout: Option<Layout>,
    time_zone: Option<String>,
    time_format: Option<String>,
    money: Option<Unit>,
    lines_column: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Named>,
    #[serde(default, alias = "lots")]
    lines: BTreeMap<String, Named>,
    #[serde(default)]
    consents: BTreeMap<String, Named>,
    #[serde(default)]
    identities: Vec<Identity>,
}

/// A mapping that fits what is imported.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// How records make an order.
    pub(crate) layout: Layout,
    /// The zone of times that name none.
    pub(crate) zone: TimeZone,
    /// The form of times; RFC 3339 without. `unix_s` and `unix_ms` count from 1970.
    pub(crate) time_format: Option<String>,
    /// The measure of money.
    pub(crate) money: Unit,
    /// The column with the list of lines.
    pub(crate) lines_column: String,
    fields: BTreeMap<String, Named>,
    lines: BTreeMap<String, Named>,
    consents: BTreeMap<String, Named>,
    /// The ways to recognise the person.
    pub(crate) identities: Vec<Identity>,
}

/// The names a mapping may and must give.
pub(crate) struct Vocabulary {
    /// The field whose equal values in a row of rows make one record.
    pub(crate) number: &'static str,
    /// What the part with a line's fields is called.
    pub(crate) part: &'static str,
    /// Fields of the whole.
    pub(crate) fields: &'static [&'static str],
    /// Those it cannot do without.
    pub(crate) required: &'static [&'static str],
    /// Fields of a line.
    pub(crate) lines: &'static [&'static str],
    /// Those a line cannot do without.
    pub(crate) lines_required: &'static [&'static str],
    /// Whether a mapping may name no line at all.
    pub(crate) lines_may_be_absent: bool,
    /// Whether the people in it agreed to something.
    pub(crate) takes_consents: bool,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    ///
    /// A sentence that names what is unknown or missing.
    pub(crate) fn parse(text: &str, words: &Vocabulary) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text).context("the mapping file is wrong")?;
        check_names("fields", &file.fields, words.fields, words.required)?;
        let part = words.part;
        // What is imported may do without any line, as a member without points does.
        let required = if words.lines_may_be_absent && file.lines.is_empty() {
            &[]
        } else {
            words.lines_required
        };
        check_names(part, &file.lines, words.lines, required)?;
        ensure!(
            words.takes_consents || file.consents.is_empty(),
            "[consents] belongs to members alone"
        );
        let consents: Vec<&str> = file.consents.keys().map(String::as_str).collect();
        check_names("consents", &file.consents, &consents, &[])?;
        let zone = file.time_zone.as_deref().unwrap_or("Asia/Shanghai");
        Ok(Self {
            layout: file.layout.unwrap_or(Layout::Rows),
            zone: TimeZone::get(zone).with_context(|| format!("unknown time zone {zone}"))?,
            time_format: file.time_format,
            money: file.money.unwrap_or(Unit::Fen),
            lines_column: file.lines_column.unwrap_or_else(|| "lines".to_owned()),
            fields: file.fields,
            lines: file.lines,
            consents: file.consents,
            identities: file.identities,
        })
    }

    /// Where a field of the whole comes from.
    pub(crate) fn field(&self, name: &str) -> Option<&Source> {
        self.fields.get(name).map(|named| &named.0)
    }

    /// Whether lines are mapped at all.
    pub(crate) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// What was agreed to, and where its version comes from.
    pub(crate) fn consents(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.consents.iter().map(|(name, named)| (name.as_str(), &named.0))
    }

    /// Checks the columns named here against those the file has.
    ///
    /// # Errors
    ///
    /// A sentence that names the field and the column that is missing.
    pub(crate) fn check_columns(
        &self,
        columns: &Columns,
        words: &Vocabulary,
    ) -> anyhow::Result<()> {
        let (names, all) = match columns {
            Columns::Named(names) => (names, true),
            Columns::First(names) => (names, false),
            Columns::Unknown => return Ok(()),
        };
        let has = |column: &str| {
            let first = column.split_once('.').map_or(column, |(first, _)| first);
            names.iter().any(|name| name == column || name == first)
        };
        for (field, column) in self.named_columns(words) {
            // A record of JSON may leave out what is empty; what none can do without it has.
            let matters =
                all || words.required.iter().any(|name| field == format!("[fields] {name}"));
            ensure!(
                !matters || has(column),
                "{field} names the column {column}, which the file does not have; it has {}",
                names.join(", ")
            );
        }
        Ok(())
    }

    /// Every column named, with the place of the mapping that names it.
    fn named_columns(&self, words: &Vocabulary) -> Vec<(String, &str)> {
        let mut named: Vec<(String, &str)> = Vec::new();
        let parts = [
            ("fields", &self.fields, true),
            (words.part, &self.lines, self.layout == Layout::Rows),
            ("consents", &self.consents, true),
        ];
        for (part, sources, counts) in parts {
            for (name, Named(source)) in sources.iter().filter(|_| counts) {
                if let Some(column) = &source.column
                    && source.default.is_none()
                {
                    named.push((format!("[{part}] {name}"), column));
                }
            }
        }
        for identity in &self.identities {
            named.push((format!("[[identities]] {}", identity.kind.name()), &identity.column));
        }
        if self.layout == Layout::Nested && self.has_lines() {
            named.push(("lines_column".to_owned(), &self.lines_column));
        }
        named
    }

    /// Where a field of a line comes from.
    pub(crate) fn line(&self, name: &str) -> Option<&Source> {
        self.lines.get(name).map(|named| &named.0)
    }
}

fn check_names(
    part: &str,
    given: &BTreeMap<String, Named>,
    known: &[&str],
    required: &[&str],
) -> anyhow::Result<()> {
    for (name, Named(source)) in given {
        ensure!(
            known.contains(&name.as_str()),
            "[{part}] {name} is unknown; known are {}",
            known.join(", ")
        );
        ensure!(
            source.column.is_some() != source.value.is_some(),
            "[{part}] {name} takes either a column or a value"
        );
    }
    for name in required {
        ensure!(given.contains_key(*name), "[{part}] {name} is missing");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Vocabulary = Vocabulary {
        number: "order_no",
        part: "lines",
        fields: &["order_no", "channel"],
        required: &["order_no"],
        lines: &["sku"],
        lines_required: &[],
        lines_may_be_absent: false,
        takes_consents: false,
    };

    #[test]
    fn a_column_is_named_shortly_or_with_what_its_values_mean() {
        let text = r#"
            time_zone = "Asia/Shanghai"
            [fields]
            order_no = "单号"
            channel = { column = "来源", map = { "天猫" = "tmall" }, default = "pos" }
            [[identities]]
            kind = "openid"
            scope = "wx1"
            column = "openid"
        "#;

        let mapping = Mapping::parse(text, &WORDS).unwrap();

        assert_eq!(mapping.field("order_no").unwrap().column.as_deref(), Some("单号"));
        assert_eq!(mapping.field("channel").unwrap().map["天猫"], "tmall");
        assert_eq!(mapping.identities[0].kind, IdentityKind::Openid);
    }

    #[test]
    fn what_is_unknown_or_missing_is_named() {
        let refusal = |text: &str| Mapping::parse(text, &WORDS).unwrap_err().to_string();

        assert!(refusal("[fields]\nchannel = \"c\"").contains("order_no is missing"));
        assert!(refusal("[fields]\norder_no = \"a\"\nprice = \"b\"").contains("price is unknown"));
        assert!(refusal("[fields]\norder_no = {default = \"a\"}").contains("either"));
        assert!(refusal("time_zone = \"Mars/Base\"\n[fields]\norder_no = \"a\"").contains("Mars"));
    }

    #[test]
    fn a_column_the_file_does_not_have_is_named_with_its_field() {
        let text =
            "[fields]\norder_no = \"单号\"\nchannel = { column = \"来源\", default = \"pos\" }";
        let mapping = Mapping::parse(text, &WORDS).unwrap();
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();

        let wrong = Columns::Named(names(&["订单号", "金额"]));
        let refusal = mapping.check_columns(&wrong, &WORDS).unwrap_err().to_string();
        assert!(refusal.contains("[fields] order_no names the column 单号"), "{refusal}");
        assert!(refusal.contains("订单号, 金额"), "{refusal}");

        mapping.check_columns(&Columns::Named(names(&["单号"])), &WORDS).unwrap();
        mapping.check_columns(&Columns::Unknown, &WORDS).unwrap();
    }
}
