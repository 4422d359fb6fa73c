//! `hui bench`: durable orders a second, what one costs, and pgbench beside it in the same run.
//!
//! An order counts when it is answered, and it is answered when it is on disk.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use hui_store::Engine;

use crate::config::Config;

mod cost;
mod load;
mod pgbench;
mod report;
mod server;
mod world;

use report::{Line, Report};
use world::World;

/// What `hui bench` is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// The databases, `sqlite` and `postgres`; the latter is the one that `--database` names
    #[arg(long, value_delimiter = ',', default_value = "sqlite")]
    databases: Vec<Database>,
    /// Orders in flight at one time
    #[arg(long, value_delimiter = ',', default_value = "32,256")]
    in_flight: Vec<usize>,
    /// Seconds of each measurement, after one of warming up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Members in the database before it begins
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    members: Vec<u64>,
    /// Also over HTTP, with a server process on the same processors
    #[arg(long)]
    http: bool,
    /// Also with slices of one order each
    #[arg(long)]
    slice_one: bool,
    /// Also pgbench's TPC-B, prepared, scale 50, on the same PostgreSQL
    #[arg(long)]
    pgbench: bool,
    /// With 10 thousand, 1 million and 5 million members one after the other
    #[arg(long)]
    growth: bool,
    /// Where SQLite's files and the results go
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// A database to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Database {
    /// One file, `synchronous=full`.
    Sqlite,
    /// The server that `--database` names.
    Postgres,
}

/// Measures and prints a table; also writes it beside earlier ones.
pub(crate) async fn bench(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let time = Duration::from_secs(arguments.seconds.max(1));
    let counts = if arguments.growth {
        vec![10_000, 1_000_000, 5_000_000]
    } else {
        arguments.members.clone()
    };
    std::fs::create_dir_all(&arguments.results)
        .with_context(|| format!("{} cannot be made", arguments.results.display()))?;
    let mut report = Report::begin();
    for database in &arguments.databases {
        for members in &counts {
            let world =
                World::make(config, *database == Database::Postgres, &arguments.results, *members)
                    .await?;
            let measured = measure(&world, arguments, time, &mut report).await;
            world.remove().await?;
            measured?;
        }
    }
    if arguments.pgbench {
        for clients in &arguments.in_flight {
            report.add(pgbench::tpc_b(&config.database_url, *clients, time)?);
        }
    }
    let text = report.text();
    println!("{text}");
    let path = report.write(&arguments.results)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

async fn measure(
    world: &World,
    arguments: &Arguments,
    time: Duration,
    report: &mut Report,
) -> anyhow::Result<()> {
    let database = match world.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let line = |way: &str, in_flight, figures| Line {
        what: format!("{database}, {way}"),
        members: Some(world.members()),
        in_flight,
        figures,
    };
    for in_flight in &arguments.in_flight {
        let figures = load::in_process(world, *in_flight, world::SLICE, time).await?;
        report.add(line("in process", *in_flight, figures));
        if arguments.slice_one {
            let figures = load::in_process(world, *in_flight, 1, time).await?;
            report.add(line("in process, slices of one", *in_flight, figures));
        }
    }
    if arguments.http {
        let server = server::Server::start(world).await?;
        for in_flight in &arguments.in_flight {
            let figures = load::over_http(world, &server, *in_flight, time).await;
            match figures {
                Ok(figures) => report.add(line("over HTTP", *in_flight, figures)),
                Err(error) => {
                    server.stop()?;
                    return Err(error);
                }
            }
        }
        server.stop()?;
    }
    Ok(())
}
