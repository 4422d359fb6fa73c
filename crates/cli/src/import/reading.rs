//! Records of a file, one after the other; memory does not grow with the file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
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

    /// Everything it holds, by column.
    pub(crate) fn to_object(&self) -> Map<String, Value> {
        match self {
            Self::Row(columns, row) => columns
                .iter()
                .filter_map(|(name, place)| Some((name.clone(), row.get(*place)?.into())))
                .collect(),
            Self::Object(object) => object.clone(),
        }
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

/// What is known of a file's columns before its records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Every record has these.
    Named(Vec<String>),
    /// The first record has these; others may have more.
    First(Vec<String>),
    /// There is no record to tell.
    Unknown,
}

/// A file that is open for reading.
pub(crate) struct Opened {
    /// Its records, one after the other.
    pub(crate) records: Records,
    /// How much there is to read: bytes, or rows of a Parquet file.
    pub(crate) size: u64,
    /// What its columns are called.
    pub(crate) columns: Columns,
}

/// Opens a file.
pub(crate) fn open(path: &Path, format: Format) -> anyhow::Result<Opened> {
    let open = || {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            bail!("it is a folder");
        }
        if format != Format::Parquet && file.metadata()?.len() == 0 {
            bail!("it is empty");
        }
        Ok(file)
    };
    open()
        .and_then(|file| match format {
            Format::Csv => csv_records(file),
            Format::Ndjson => ndjson_records(file, path),
            Format::Parquet => parquet_records(file),
        })
        .with_context(|| format!("{} cannot be read", path.display()))
}

fn csv_records(file: File) -> anyhow::Result<Opened> {
    let size = file.metadata()?.len();
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(BufReader::new(file));
    let header = reader.headers().context(
        "the header line is not UTF-8 text; a file in a Chinese encoding becomes it by \
         iconv -f GB18030 -t UTF-8",
    )?;
    // Spreadsheets begin a file with a byte order mark.
    let names: Vec<String> =
        header.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    let mut columns: HashMap<String, usize> = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        if columns.insert(name.clone(), place).is_some() && !name.is_empty() {
            bail!("the column {name} stands twice in its header line");
        }
    }
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
    Ok(Opened { records: Box::new(records), size, columns: Columns::Named(names) })
}

/// The columns of the first line of a file that is an object.
fn first_columns(path: &Path) -> anyhow::Result<Columns> {
    /// A file of other content has no end of its first line in sight.
    const LOOK_MAX: u64 = 1 << 20;
    let mut reader = BufReader::new(std::io::Read::take(File::open(path)?, LOOK_MAX));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if let Ok(object) = serde_json::from_slice::<Map<String, Value>>(&line) {
            return Ok(Columns::First(object.keys().cloned().collect()));
        }
        line.clear();
    }
    Ok(Columns::Unknown)
}

fn ndjson_records(file: File, path: &Path) -> anyhow::Result<Opened> {
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
    Ok(Opened { records: Box::new(records), size, columns: first_columns(path)? })
}

fn parquet_records(file: File) -> anyhow::Result<Opened> {
    let reader =
        SerializedFileReader::new(file).context("it is no Parquet file, or a part of one")?;
    let metadata = parquet::file::reader::FileReader::metadata(&reader).file_metadata();
    let rows = metadata.num_rows();
    let fields = metadata.schema().get_fields();
    let names = fields.iter().map(|field| field.name().to_owned()).collect();
    let mut line = 0;
    let records = reader.into_iter().map(move |row| {
        line += 1;
        let object =
            row?.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect();
        Ok(Placed { line, record: Ok(Record::Object(object)), read: line })
    });
    Ok(Opened {
        records: Box::new(records),
        size: u64::try_from(rows)?,
        columns: Columns::Named(names),
    })
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
