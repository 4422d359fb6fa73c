//! From a JSON value to a document, with the place of what does not fit.

use serde_path_to_error::Segment;

use super::Document;
use super::problems::{Problem, Problems};

/// Reads a document from a JSON value, as JSON or YAML text was parsed into.
///
/// # Errors
///
/// The first field that is unknown, is missing or has the wrong shape.
pub fn read(value: serde_json::Value) -> Result<Document, Vec<Problem>> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        let mut pointer = pointer(error.path());
        let code = if let Some(field) = named(&message, "unknown field `") {
            step_into(&mut pointer, field);
            "program.unknown_field"
        } else if message.starts_with("missing field") {
            "program.missing_field"
        } else {
            "program.shape"
        };
        let mut problems = Problems::default();
        problems.error(pointer, code, message);
        problems.into_all()
    })
}

fn named<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

/// Adds the field unless the path already ends in it.
fn step_into(pointer: &mut String, field: &str) {
    let step = format!("/{}", escaped(field));
    if !pointer.ends_with(&step) {
        pointer.push_str(&step);
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let steps = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    steps.collect()
}

fn escaped(field: &str) -> String {
    field.replace('~', "~0").replace('/', "~1")
}
