//! The program `hui`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to people")]

mod backup;
mod bench;
mod bootstrap;
mod config;
mod demo;
mod doctor;
mod import;
mod node;
mod opening;
mod people;
mod sample;
mod serve;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogForm, Overrides};

// Orders are many small texts: with the system's own allocator a tenth of the time goes there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Hui (会·惠·汇): membership and loyalty for every channel.
#[derive(Debug, Parser)]
#[command(name = "hui", version, about, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve {
        /// Let requests set the clock, to see expiry and tiers
        #[arg(long)]
        sandbox: bool,
        /// Where to listen
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Load the sample year where it is missing, and run the server
    Demo(demo::Arguments),
    /// Make the database or bring it up to date, with the program and the key
    Migrate,
    /// Look at the installation and say what to change
    Doctor,
    /// Import orders, refunds or members from a file
    Import(import::Arguments),
    /// Prove the books over the whole database
    Verify {
        /// One program only
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Copy the database into a new file, also while the server runs
    Backup {
        /// The file to make; never one that is there
        file: PathBuf,
    },
    /// Bring a database back from a backup, into an empty place
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Make, list and change accounts of the staff
    #[command(subcommand)]
    User(people::User),
    /// Make, list, rotate and revoke API keys
    #[command(subcommand)]
    Key(people::Key),
    /// Measure durable orders a second
    Bench(bench::Arguments),
    /// Print the OpenAPI document
    Openapi,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hui: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<bool> {
    if matches!(arguments.command, Command::Openapi) {
        println!("{}", hui_api::openapi_json());
        return Ok(true);
    }
    let config = config::read(&arguments.overrides, |name| std::env::var(name).ok())?;
    log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(arguments.command, config))
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| anyhow::anyhow!("the log filter `{}` is wrong: {error}", config.log))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_form {
        LogForm::Text => lines.with_ansi(false).init(),
        LogForm::Json => lines.json().init(),
    }
    Ok(())
}

/// Runs a command; false when it found something wrong.
async fn run(command: Command, mut config: Config) -> anyhow::Result<bool> {
    match command {
        Command::Serve { sandbox, listen } => {
            config.listen = listen.unwrap_or(config.listen);
            serve::serve(&config, sandbox).await?;
        }
        Command::Demo(arguments) => demo::demo(config, arguments).await?,
        Command::Migrate => {
            let opened = opening::open(&config).await?;
            let made = bootstrap::bootstrap(&opened.operations, &config).await;
            opened.close().await;
            made?;
            println!("the database is up to date");
        }
        Command::Doctor => return doctor::doctor(&config).await,
        Command::Import(arguments) => {
            let opened = opening::open(&config).await?;
            let outcome = import::import(&opened.operations, &arguments).await;
            opened.close().await;
            outcome?;
        }
        Command::Verify { program } => {
            let store = opening::connect_existing(&config).await?;
            let right = verify::verify(&store, program.as_deref()).await;
            store.close().await;
            return right;
        }
        Command::User(command) => {
            let opened = opening::open(&config).await?;
            let done = people::user(&opened.operations, command).await;
            opened.close().await;
            done?;
        }
        Command::Key(command) => {
            let opened = opening::open(&config).await?;
            let done = people::key(&opened.operations, command).await;
            opened.close().await;
            done?;
        }
        Command::Bench(arguments) => bench::bench(&config, &arguments).await?,
        Command::Backup { file } => backup::backup(&config, &file).await?,
        Command::Restore { file } => backup::restore(&config, &file).await?,
        Command::Openapi => {}
    }
    Ok(true)
}
