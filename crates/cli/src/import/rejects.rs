//! The file of refused records: what was refused, why, and the record itself, to be mended and imported.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};

use super::building::Reject;
use super::reading::Record;

/// Where a refused record began in the file.
const LINE: &str = "hui_line";

/// The file of refused records; made when the first one comes.
///
/// Each line is a record as it was read, with `hui_line`, `hui_code` and
/// `hui_reason` added: the same mapping imports it once it is mended. Records
/// that together are one order stay together. Only its owner can read it.
pub(crate) struct Rejects {
    path: PathBuf,
    /// How many refusals of before are kept.
    keep: i64,
    file: Option<BufWriter<File>>,
    written: bool,
}

impl Rejects {
    /// Prepares the file; `keep` refusals of an import that goes on stay in it.
    ///
    /// What a killed import wrote beyond them is cut off: it comes again.
    pub(crate) fn open(path: PathBuf, imported: &Path, keep: i64) -> anyhow::Result<Self> {
        ensure!(path != imported, "the rejects cannot go into the file itself");
        let mut rejects = Self { path, keep, file: None, written: false };
        if rejects.path.exists() {
            rejects.cut().with_context(|| rejects.cannot())?;
        }
        Ok(rejects)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn cannot(&self) -> String {
        format!("{} cannot be written", self.path.display())
    }

    fn cut(&mut self) -> anyhow::Result<()> {
        if self.keep == 0 {
            return Ok(std::fs::remove_file(&self.path)?);
        }
        let mut reader = BufReader::new(File::open(&self.path)?);
        let (mut end, mut seen, mut last) = (0_u64, 0_i64, Value::Null);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            // A line that was being written when the import was killed is none.
            let Ok(row) = serde_json::from_str::<Map<String, Value>>(&line) else { break };
            let place = row.get(LINE).cloned().unwrap_or_default();
            if place != last {
                if seen == self.keep {
                    break;
                }
                seen += 1;
                last = place;
            }
            end += line.len() as u64;
            line.clear();
        }
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.set_len(end)?;
        Ok(file.sync_all()?)
    }

    /// Writes a refused record: the rows it was made of, with the reason.
    pub(crate) fn write(
        &mut self,
        line: u64,
        rows: &[Record],
        reject: &Reject,
    ) -> anyhow::Result<()> {
        let objects: Vec<Map<String, Value>> = match rows {
            [] => vec![Map::new()],
            rows => rows.iter().map(Record::to_object).collect(),
        };
        self.written = true;
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            let file = options.create(true).append(true).mode(0o600).open(&self.path);
            self.file = Some(BufWriter::new(file.with_context(|| self.cannot())?));
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        for mut object in objects {
            object.insert(LINE.to_owned(), line.into());
            object.insert("hui_code".to_owned(), reject.code.clone().into());
            object.insert("hui_reason".to_owned(), reject.reason.clone().into());
            serde_json::to_writer(&mut *file, &object)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Puts what was written on disk, before the import's place is noted.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        if let Some(file) = self.file.as_mut().filter(|_| self.written) {
            file.flush()?;
            file.get_ref().sync_data()?;
            self.written = false;
        }
        Ok(())
    }
}
