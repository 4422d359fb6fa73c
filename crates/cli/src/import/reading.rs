//! Records of a file, one after the other; memory does not grow with the file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::{Map, Value};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values with a header line, UTF-8.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Parquet with flat columns.
    Parquet,
}

impl Format {
    /// What a file's name says about its form.
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// One record.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    /// A row with columns.
    Row(Arc<HashMap<String, usize>>, csv::StringRecord),
    /// An object.
    Object(Map<String, Value>),
}

impl Record {
    /// The text of a column or path; none where it is absent, null or empty.
    pub(crate) fn text(&self, column: &str) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::Row(columns, row) => Cow::Borrowed(row.get(*columns.get(column)?)?.trim()),
            Self::Object(object) => match reach(object, column)? {
                Value::String(text) => Cow::Borrowed(text.trim()),
                Value::Null => return None,
                other => Cow::Owned(other.to_string()),
            },
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The objects in a list.
    pub(crate) fn objects(&self, column: &str) -> Vec<Self> {
        let Self::Object(object) = self else { return Vec::new() };
        let Some(Value::Array(list)) = reach(object, column) else { return Vec::new() };
        let objects = list.iter().filter_map(Value::as_object);
        objects.map(|object| Self::Object(object.clone())).collect()
    }
}

fn reach<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    reach(object.get(first)?.as_object()?, rest)
}

/// A record with its place in the file: the line, or the row of a Parquet file, from one.
pub(crate) struct Placed {
    /// Where it stands.
    pub(crate) line: u64,
    /// The record, or why it cannot be read.
    pub(crate) record: Result<Record, String>,
    /// Bytes, or rows of a Parquet file, read so far.
    pub(crate) read: u64,
}

type Records = Box<dyn Iterator<Item = anyhow::Result<Placed>> + Send>;

/// Opens a file; answers its records and how much there is to read.
pub(crate) fn open(path: &Path, format: Format) -> anyhow::Result<(Records, u64)> {
    let open = || File::open(path).with_context(|| format!("{} cannot be read", path.display()));
    match format {
        Format::Csv => csv_records(open()?),
        Format::Ndjson => ndjson_records(open()?),
        Format::Parquet => parquet_records(open()?),
    }
    .with_context(|| format!("{} cannot be read", path.display()))
}

fn csv_records(file: File) -> anyhow::Result<(Records, u64)> {
    let size = file.metadata()?.len();
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(BufReader::new(file));
    let header = reader.headers().context("there is no header line")?;
    // Spreadsheets begin a file with a byte order mark.
    let names = header.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned());
    let columns: HashMap<String, usize> =
        names.enumerate().map(|(place, name)| (name, place)).collect();
    let columns = Arc::new(columns);
    let mut rows = reader.into_records();
    let records = std::iter::from_fn(move || {
        let line = rows.reader().position().line();
        let row = rows.next()?;
        let read = rows.reader().position().byte();
        Some(match row {
            Ok(row) => {
                let line = row.position().map_or(line, csv::Position::line);
                Ok(Placed { line, record: Ok(Record::Row(Arc::clone(&columns), row)), read })
            }
            Err(error) if error.is_io_error() => Err(error.into()),
            Err(error) => Ok(Placed { line, record: Err(error.to_string()), read }),
        })
    });
    Ok((Box::new(records), size))
}

fn ndjson_records(file: File) -> anyhow::Result<(Records, u64)> {
    let size = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut line, mut read) = (0, 0);
    let mut buffer = Vec::new();
    let records = std::iter::from_fn(move || {
        loop {
            buffer.clear();
            match reader.read_until(b'\n', &mut buffer) {
                Ok(0) => return None,
                Ok(bytes) => read += bytes as u64,
                Err(error) => return Some(Err(error.into())),
            }
            line += 1;
            if buffer.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let record = serde_json::from_slice::<Map<String, Value>>(&buffer)
                .map(Record::Object)
                .map_err(|error| error.to_string());
            return Some(Ok(Placed { line, record, read }));
        }
    });
    Ok((Box::new(records), size))
}

fn parquet_records(file: File) -> anyhow::Result<(Records, u64)> {
    let reader = SerializedFileReader::new(file)?;
    let rows = parquet::file::reader::FileReader::metadata(&reader).file_metadata().num_rows();
    let mut line = 0;
    let records = reader.into_iter().map(move |row| {
        line += 1;
        let object =
            row?.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect();
        Ok(Placed { line, record: Ok(Record::Object(object)), read: line })
    });
    Ok((Box::new(records), u64::try_from(rows)?))
}

/// A Parquet value as JSON would say it; instants become RFC 3339.
fn value(field: Field) -> Value {
    let instant = |read: Result<jiff::Timestamp, jiff::Error>| {
        read.map_or(Value::Null, |at| Value::String(at.to_string()))
    };
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => Value::Bool(flag),
        Field::Byte(number) => number.into(),
        Field::Short(number) => number.into(),
        Field::Int(number) => number.into(),
        Field::Long(number) => number.into(),
        Field::UByte(number) => number.into(),
        Field::UShort(number) => number.into(),
        Field::UInt(number) => number.into(),
        Field::ULong(number) => number.into(),
        Field::Float(number) => Value::String(number.to_string()),
        Field::Double(number) => Value::String(number.to_string()),
        Field::Str(text) => Value::String(text),
        Field::TimestampMillis(at) => instant(jiff::Timestamp::from_millisecond(at)),
        Field::TimestampMicros(at) => instant(jiff::Timestamp::from_microsecond(at)),
        Field::Group(row) => Value::Object(
            row.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect(),
        ),
        Field::ListInternal(list) => {
            Value::Array(list.elements().iter().cloned().map(value).collect())
        }
        other => Value::String(other.to_string().trim_matches('"').to_owned()),
    }
}
