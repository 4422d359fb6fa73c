//! `cargo xtask <chore>`: chores of the repository that are too long for the Makefile.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use xtask::tidy::{self, Checkout};

const USAGE: &str = "usage: cargo xtask tidy       checks the rules of the house, prints questions
       cargo xtask openapi    writes web/openapi.json and docs/api/errors.md";

fn main() -> anyhow::Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => print_tidy(),
        Some("openapi") => write_documents(),
        _ => bail!(USAGE),
    }
}

/// A program of its own, so that `tidy` does not have to build the server.
fn write_documents() -> anyhow::Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(cargo)
        .args(["run", "--quiet", "--package", "hui-api", "--example", "documents"])
        .status()
        .context("cannot run cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_tidy() -> anyhow::Result<ExitCode> {
    let checkout = Checkout::open().context("cannot read the checkout")?;
    let problems = tidy::problems(&checkout)?;
    let questions = tidy::size::questions(&checkout);

    let mut out = std::io::stdout().lock();
    for question in &questions {
        writeln!(out, "question: {question}")?;
    }
    for problem in &problems {
        writeln!(out, "problem: {problem}")?;
    }
    writeln!(out, "{} problems, {} questions", problems.len(), questions.len())?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
