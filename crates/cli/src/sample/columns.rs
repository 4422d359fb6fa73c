//! Whole columns of a Parquet row group as plain vectors.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};

/// Opens a Parquet file.
pub(super) fn open(path: &Path) -> anyhow::Result<SerializedFileReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    SerializedFileReader::new(file).with_context(|| format!("{} is not Parquet", path.display()))
}

/// Calls `read` with each row group of a file, in order.
pub(super) fn each_group(
    file: &SerializedFileReader<File>,
    mut read: impl FnMut(&dyn RowGroupReader) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for index in 0..file.num_row_groups() {
        read(file.get_row_group(index)?.as_ref())?;
    }
    Ok(())
}

/// An integer column without gaps.
pub(super) fn integers(group: &dyn RowGroupReader, name: &str) -> anyhow::Result<Vec<i64>> {
    let rows = row_count(group)?;
    let mut levels = Vec::new();
    let values = match column(group, name)? {
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut levels), None, &mut values)?;
            values
        }
        ColumnReader::Int32ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut levels), None, &mut values)?;
            values.into_iter().map(i64::from).collect()
        }
        _ => bail!("the column {name} does not hold integers"),
    };
    ensure!(values.len() == rows, "the column {name} has gaps");
    Ok(values)
}

/// A text column; `None` where it has a gap.
pub(super) fn texts(group: &dyn RowGroupReader, name: &str) -> anyhow::Result<Vec<Option<String>>> {
    let rows = row_count(group)?;
    let ColumnReader::ByteArrayColumnReader(mut reader) = column(group, name)? else {
        bail!("the column {name} does not hold text");
    };
    let mut levels = Vec::new();
    let mut values = Vec::with_capacity(rows);
    reader.read_records(rows, Some(&mut levels), None, &mut values)?;

    let mut texts = values.into_iter().map(|value| {
        value.as_utf8().map(str::to_owned).with_context(|| format!("{name} holds no UTF-8"))
    });
    if levels.is_empty() {
        return texts.map(|text| text.map(Some)).collect();
    }
    levels
        .into_iter()
        .map(|level| (level > 0).then(|| texts.next()).flatten().transpose())
        .collect()
}

fn row_count(group: &dyn RowGroupReader) -> anyhow::Result<usize> {
    Ok(usize::try_from(group.metadata().num_rows())?)
}

fn column(group: &dyn RowGroupReader, name: &str) -> anyhow::Result<ColumnReader> {
    let index = group
        .metadata()
        .columns()
        .iter()
        .position(|column| column.column_descr().name() == name)
        .with_context(|| format!("there is no column {name}"))?;
    Ok(group.get_column_reader(index)?)
}
