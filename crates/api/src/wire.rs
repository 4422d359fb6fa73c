//! Pieces that several wire types share.

use std::fmt;

use hui_loyalty::amounts::AMOUNT_MAX;
use hui_loyalty::members::{Claim, Gender, IdentityKind, Profile};
use hui_loyalty::orders::checks::Refusal;
use hui_loyalty::time::CalendarDate;
use serde::de::{Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes;
use crate::problem::{FieldProblem, Problem};

pub(crate) mod schemas;

/// An amount of money or points as a caller writes it.
///
/// A whole number beyond 64 bits reads as the largest one, so that it is refused
/// for its size and not for its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Amount(pub(crate) i64);

/// For how long something is set aside where the caller does not say, in seconds.
pub(crate) const fn quarter_of_an_hour() -> Amount {
    Amount(900)
}

/// The channel of stores, where the caller names none.
pub(crate) fn store_channel() -> String {
    hui_loyalty::scopes::STORE_CHANNEL.to_owned()
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;

        impl Visitor<'_> for Whole {
            type Value = Amount;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Amount, E> {
                Ok(Amount(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Amount, E> {
                Ok(Amount(i64::try_from(value).unwrap_or(i64::MAX)))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Amount, E> {
                // Integers that do not fit 64 bits arrive as floating point, and only those are so large.
                if value.abs() >= 9.2e18 {
                    return Ok(Amount(if value < 0.0 { i64::MIN } else { i64::MAX }));
                }
                Err(E::invalid_type(Unexpected::Float(value), &self))
            }
        }

        deserializer.deserialize_any(Whole)
    }
}

/// Everything a body refuses, gathered before the answer.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<FieldProblem>);

impl Refusals {
    pub(crate) fn add(
        &mut self,
        pointer: impl Into<String>,
        code: &'static codes::Code,
        message: impl Into<String>,
    ) {
        self.note(pointer, code.name, message);
    }

    pub(crate) fn note(
        &mut self,
        pointer: impl Into<String>,
        code: &str,
        message: impl Into<String>,
    ) {
        self.0.push(FieldProblem {
            pointer: pointer.into(),
            code: code.to_owned(),
            message: message.into(),
        });
    }

    /// An amount of at most ten to the twelfth either way.
    pub(crate) fn amount(&mut self, pointer: &str, amount: Amount) -> i64 {
        if !(-AMOUNT_MAX..=AMOUNT_MAX).contains(&amount.0) {
            let message = format!("an amount is at most {AMOUNT_MAX} either way");
            self.add(pointer, &codes::AMOUNT_OUT_OF_RANGE, message);
        }
        amount.0
    }

    /// A text that says something: trimmed, not empty, at most so many bytes.
    pub(crate) fn text(&mut self, pointer: &str, text: &str, bytes_max: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(pointer, &codes::TEXT_EMPTY, "say something here");
        } else if text.len() > bytes_max {
            self.add(pointer, &codes::TEXT_TOO_LONG, format!("at most {bytes_max} bytes"));
        } else if text.chars().any(|letter| letter.is_control() && letter != '\n') {
            self.add(pointer, &codes::TEXT_CONTROL_CHARACTER, "no control characters");
        }
        text.to_owned()
    }

    /// The problem, if anything was refused: the first gives the code.
    pub(crate) fn into_result(self) -> Result<(), Problem> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let code = codes::named(&first.code).unwrap_or(&codes::INPUT_REFUSED);
        let problem = Problem::new(code, first.message.clone());
        Err(self.0.into_iter().fold(problem, |problem, refusal| {
            problem.with(refusal.pointer, refusal.code, refusal.message)
        }))
    }
}

impl Extend<Refusal> for Refusals {
    fn extend<I: IntoIterator<Item = Refusal>>(&mut self, refusals: I) {
        for refusal in refusals {
            self.note(refusal.pointer, refusal.code, refusal.detail);
        }
    }
}

/// Why something is done, where that may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    /// Why; up to 500 bytes. It stands in the audit log.
    #[serde(default)]
    pub(crate) reason: String,
}

/// A reason that may be left out; `pointer` is where it stands.
pub(crate) fn reason(pointer: &str, text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    said(pointer, text)
}

/// A reason that must be given; `pointer` is where it stands.
pub(crate) fn said(pointer: &str, text: &str) -> Result<String, Problem> {
    let mut refusals = Refusals::default();
    let reason = refusals.text(pointer, text, 500);
    refusals.into_result()?;
    Ok(reason)
}

/// A way to recognise a person, as a caller writes it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "phone", "value": "13800138000", "verified": true}))]
pub(crate) struct ClaimBody {
    /// What kind of value it is.
    #[schema(value_type = schemas::IdentityKindSchema)]
    pub(crate) kind: String,
    /// The app, platform, seller or issuer; all kinds but `phone` and `email` need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// The value, as it was written.
    pub(crate) value: String,
    /// Whether the caller vouches that the person controls it (a code by SMS, a platform's own word).
    #[serde(default)]
    pub(crate) verified: bool,
}

impl ClaimBody {
    /// The identity in its normal form; what is wrong is added to `refusals`.
    pub(crate) fn claim(&self, pointer: &str, refusals: &mut Refusals) -> Option<Claim> {
        let kind: IdentityKind = match self.kind.parse() {
            Ok(kind) => kind,
            Err(error) => {
                let error: hui_loyalty::members::UnknownIdentityKind = error;
                let pointer = format!("{pointer}/kind");
                refusals.add(pointer, &codes::IDENTITY_KIND_UNKNOWN, error.to_string());
                return None;
            }
        };
        match Claim::parse(kind, self.scope.as_deref(), &self.value, self.verified) {
            Ok(claim) => Some(claim),
            Err(error) => {
                let field = if error.is_about_scope() { "scope" } else { "value" };
                refusals.note(format!("{pointer}/{field}"), error.code(), error.to_string());
                None
            }
        }
    }
}

/// The identities in their normal form.
pub(crate) fn claims(bodies: &[ClaimBody], pointer: &str, refusals: &mut Refusals) -> Vec<Claim> {
    bodies
        .iter()
        .enumerate()
        .filter_map(|(place, body)| body.claim(&format!("{pointer}/{place}"), refusals))
        .collect()
}

/// What an event says about a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileBody {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "王小明")]
    pub(crate) name: Option<String>,
    /// The gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::GenderSchema>)]
    pub(crate) gender: Option<Gender>,
    /// The date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, example = "1990-02-28")]
    pub(crate) birthday: Option<CalendarDate>,
}

impl ProfileBody {
    pub(crate) fn profile(&self) -> Profile {
        Profile {
            name: self
                .name
                .as_deref()
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
            gender: self.gender,
            birthday: self.birthday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Option<i64> {
        serde_json::from_str::<Amount>(text).ok().map(|amount| amount.0)
    }

    #[test]
    fn a_number_too_large_for_the_type_is_refused_for_its_size() {
        assert_eq!(amount("1000000000001"), Some(1_000_000_000_001));
        assert_eq!(amount("18446744073709551615"), Some(i64::MAX));
        assert_eq!(amount("-99999999999999999999999"), Some(i64::MIN));
    }

    #[test]
    fn what_is_no_whole_number_is_no_amount() {
        for text in ["1.5", "1.0", "1e3", "\"1\"", "null", "true"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
