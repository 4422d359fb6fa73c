//! The schemas of types that the rules define: read from them, so that they never differ.

use schemars::JsonSchema;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident of $told:ty as $word:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema_of::<$told>()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $word.into()
            }
        }
    )*};
}

schemas! {
    /// What moved the points.
    EntryKindSchema of hui_loyalty::ledger::EntryKind as "EntryKind";
    /// Where a lot is in its life.
    LotStateSchema of hui_loyalty::ledger::balances::LotState as "LotState";
    /// What brought a lot.
    SourceKindSchema of hui_loyalty::ledger::SourceKind as "SourceKind";
    /// How far an order has come.
    OrderStatusSchema of hui_loyalty::orders::Status as "OrderStatus";
    /// What kind of identity a value is.
    IdentityKindSchema of hui_loyalty::members::IdentityKind as "IdentityKind";
    /// Gender.
    GenderSchema of hui_loyalty::members::Gender as "Gender";
    /// The way from an order's lines to its points.
    ExplanationSchema of hui_loyalty::earning::explaining::Explanation as "Explanation";
    /// What a rule against abuse counts.
    AbuseCountsSchema of hui_loyalty::abuse::Counts as "AbuseCounts";
    /// Of whom a rule against abuse counts.
    AbuseBySchema of hui_loyalty::abuse::By as "AbuseBy";
    /// What is wrong with rules.
    RuleProblemSchema of hui_loyalty::program::problems::Problem as "RuleProblem";
}

fn schema_of<T: JsonSchema>() -> RefOr<Schema> {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    serde_json::from_value::<Schema>(schema).map_or_else(|_| RefOr::default(), RefOr::T)
}

/// A choice of constants becomes an enumeration that says what each means; names of the
/// generator's own go.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("$schema");
            if !fields.contains_key("properties") {
                fields.remove("title");
            }
            if let Some(choice) = enumeration(fields) {
                *fields = choice;
            }
            fields.values_mut().for_each(simplify);
        }
        Value::Array(parts) => parts.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn enumeration(fields: &Map<String, Value>) -> Option<Map<String, Value>> {
    let choices = fields.get("oneOf")?.as_array()?;
    let words: Vec<&str> =
        choices.iter().map(|one| one["const"].as_str()).collect::<Option<_>>()?;
    let told = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    let lines = choices.iter().zip(&words).map(|(choice, word)| {
        format!("\n- `{word}`: {}", choice["description"].as_str().unwrap_or_default())
    });
    let description = format!("{told}\n{}", lines.collect::<String>());
    let enumeration = serde_json::json!({
        "type": "string", "enum": words, "description": description.trim(),
    });
    enumeration.as_object().cloned()
}
