//! The rules of the house that a machine can check.
//!
//! Each rule is a function from the [`Checkout`] to what breaks it, one sentence each, with the
//! place first. `xtask/tests/tidy.rs` runs them all as tests; `cargo xtask tidy` prints them.

pub mod bans;
pub mod imports;
pub mod links;
pub mod migrations;
pub mod names;
pub mod paths;
pub mod size;
pub mod texts;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Every file that git tracks or would track, read once.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
    files: Vec<File>,
}

/// A file of the checkout.
#[derive(Debug)]
pub struct File {
    /// From the root, with `/` between the parts.
    pub path: String,
    /// `None` for a file that is not text.
    pub text: Option<String>,
}

impl Checkout {
    /// Reads the checkout that this program was built from.
    pub fn open() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent")?;
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("tidy asks git which files there are")?;
        ensure!(
            listed.status.success(),
            "git ls-files: {}",
            String::from_utf8_lossy(&listed.stderr)
        );

        let listed = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
        let mut files = Vec::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file that was deleted but not yet committed as deleted is still listed.
            if let Ok(content) = std::fs::read(root.join(path)) {
                files.push(File { path: path.to_owned(), text: String::from_utf8(content).ok() });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { root: root.to_owned(), files })
    }

    /// Whether a path from the root exists, as a file or a folder.
    pub fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The text files, with their texts.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    /// The text files with one of these endings.
    pub fn texts_ending(&self, endings: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| endings.iter().any(|ending| path.ends_with(ending)))
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }
}

/// Everything that breaks a rule.
pub fn problems(checkout: &Checkout) -> anyhow::Result<Vec<String>> {
    let mut problems = imports::manifest_problems(checkout)?;
    problems.extend(imports::source_problems(checkout));
    problems.extend(bans::problems(checkout)?);
    problems.extend(names::problems(checkout));
    problems.extend(paths::problems(checkout));
    problems.extend(migrations::problems(checkout));
    problems.extend(texts::problems(checkout));
    problems.extend(links::problems(checkout));
    Ok(problems)
}

/// The words of a text: what stands between characters that no identifier has.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
}

/// The lines of a text with their numbers, from 1.
fn numbered_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}
