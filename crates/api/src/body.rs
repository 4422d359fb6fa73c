//! Reading bodies strictly: type, size, depth, then every field known and of its type.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::codes;
use crate::problem::Problem;

/// The largest body of one request.
pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest body of a batch.
pub(crate) const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How deep arrays and objects may stand in each other.
pub(crate) const DEPTH_MAX: usize = 32;
/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// A JSON body of the one shape a request takes.
#[derive(Debug)]
pub(crate) struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(unsupported("application/json"));
        }
        let bytes = collect(&parts.headers, body, BYTES_MAX).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that may be left out: then it is read as `{}`.
#[derive(Debug)]
pub(crate) struct OptionalInput<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for OptionalInput<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(&parts.headers, body, BYTES_MAX).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return parse(b"{}").map(Self);
        }
        if !is_json(&parts.headers) {
            return Err(unsupported("application/json"));
        }
        parse(&bytes).map(Self)
    }
}

/// The media type of a request without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media| {
        media == "application/json"
            || (media.starts_with("application/") && media.ends_with("+json"))
    })
}

/// The refusal of another content type than `expected`.
pub(crate) fn unsupported(expected: &str) -> Problem {
    Problem::new(&codes::CONTENT_TYPE_UNSUPPORTED, format!("send the body as {expected}"))
}

/// The whole body, if it arrives in time and is not larger than `bytes_max`.
pub(crate) async fn collect(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(&codes::BODY_TOO_LARGE, format!("at most {bytes_max} bytes are taken"));
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let arrived = tokio::time::timeout(ARRIVAL_MAX, axum::body::to_bytes(body, bytes_max)).await;
    match arrived {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(too_large()),
        Ok(Err(_)) => {
            Err(Problem::new(&codes::REQUEST_MALFORMED, "the body ended before it was complete"))
        }
        Err(_) => Err(Problem::new(&codes::BODY_TIMEOUT, "the body took more than 30 seconds")),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.is::<LengthLimitError>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// Reads JSON of one shape.
///
/// # Errors
///
/// A 400 that says where the first thing is that does not fit.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    check_form(bytes)?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| misfit(error.path(), error.inner()))?;
    deserializer.end().map_err(|error| misfit_of_syntax(&error))?;
    Ok(value)
}

/// Reads JSON whose parts are kept as they were written; see [`parse`].
pub(crate) fn parse_raw<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    check_form(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            Problem::at(&codes::BODY_INVALID, "", sentence(&error))
        } else {
            misfit_of_syntax(&error)
        }
    })
}

/// Depth and characters that no database takes, found before anything is built.
fn check_form(bytes: &[u8]) -> Result<(), Problem> {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' if in_text => {
                if bytes.get(place + 1..place + 6) == Some(b"u0000") {
                    let detail = "a text contains the character U+0000";
                    return Err(Problem::new(&codes::JSON_MALFORMED, detail));
                }
                place += 1;
            }
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DEPTH_MAX {
                    let detail = format!("arrays and objects nest at most {DEPTH_MAX} deep");
                    return Err(Problem::new(&codes::JSON_TOO_DEEP, detail));
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        place += 1;
    }
    Ok(())
}

fn misfit_of_syntax(error: &serde_json::Error) -> Problem {
    let detail = format!("line {}, column {}: {}", error.line(), error.column(), sentence(error));
    Problem::new(&codes::JSON_MALFORMED, detail)
}

fn misfit(path: &Path, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return misfit_of_syntax(error);
    }
    let message = sentence(error);
    let named = |before: &str| message.strip_prefix(before).and_then(|rest| rest.split('`').next());
    let mut pointer = pointer(path);
    let code = if let Some(field) = named("unknown field `") {
        step_into(&mut pointer, field);
        &codes::FIELD_UNKNOWN
    } else if let Some(field) = named("missing field `") {
        step_into(&mut pointer, field);
        &codes::FIELD_MISSING
    } else if message.starts_with("invalid type") {
        &codes::FIELD_TYPE
    } else {
        &codes::FIELD_INVALID
    };
    let detail = if pointer.is_empty() { message.clone() } else { format!("{pointer}: {message}") };
    // A value of the right type that means nothing is refused like any other value.
    let kind = if code.status == 422 { code } else { &codes::BODY_INVALID };
    Problem::new(kind, detail).with(pointer, code.name, message)
}

/// The parser's words without the place, which is told apart.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(before, _)| before.to_owned())
}

fn step_into(pointer: &mut String, field: &str) {
    let step = format!("/{}", escaped(field));
    if !pointer.ends_with(&step) {
        pointer.push_str(&step);
    }
}

fn pointer(path: &Path) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(step).collect()
}

fn escaped(field: &str) -> String {
    field.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cart {
        #[expect(dead_code, reason = "only its shape is tested")]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only its shape is tested")]
        paid: i64,
    }

    fn refusal(text: &str) -> (u16, String) {
        match parse::<Cart>(text.as_bytes()) {
            Ok(_) => (200, String::new()),
            Err(problem) => {
                let body = problem.body(crate::problem::Language::English, None);
                let errors = body.errors.iter().map(|e| format!("{} {}", e.pointer, e.code));
                (
                    body.status,
                    std::iter::once(body.code).chain(errors).collect::<Vec<_>>().join(" "),
                )
            }
        }
    }

    #[test]
    fn a_misfit_is_pointed_at() {
        assert_eq!(refusal(r#"{"lines":[{"paid":1}]}"#).0, 200);
        assert_eq!(
            refusal(r#"{"lines":[{"paid":1},{"paid":"2"}]}"#).1,
            "body.invalid /lines/1/paid field.type"
        );
        assert_eq!(
            refusal(r#"{"lines":[{"paid":1,"tip":2}]}"#).1,
            "body.invalid /lines/0/tip field.unknown"
        );
        assert_eq!(refusal(r#"{"lines":[{}]}"#).1, "body.invalid /lines/0/paid field.missing");
        assert_eq!(
            refusal(r#"{"lines":[{"paid":1.5}]}"#).1,
            "body.invalid /lines/0/paid field.type"
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in ["", "{", r#"{"lines":[]} x"#, r#"{"lines":[],}"#, "\u{feff}{}"] {
            assert_eq!(refusal(text), (400, "json.malformed".to_owned()), "{text}");
        }
    }

    #[test]
    fn the_depth_is_checked_on_both_sides() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);

        assert!(refusal(&nested(DEPTH_MAX)).1.starts_with("body.invalid"));
        assert_eq!(refusal(&nested(DEPTH_MAX + 1)).1, "json.too_deep");
    }

    #[test]
    fn brackets_in_a_text_do_not_count() {
        let text = format!(r#"{{"lines":[],"a":"\"{}"}}"#, "[".repeat(100));

        assert_eq!(refusal(&text).1, "body.invalid /a field.unknown");
    }

    #[test]
    fn the_character_zero_is_refused_and_an_escaped_backslash_is_not() {
        assert_eq!(refusal(r#"{"a":"\u0000"}"#).1, "json.malformed");
        assert_eq!(refusal(r#"{"a":"\\u0000"}"#).1, "body.invalid /a field.unknown");
    }
}
