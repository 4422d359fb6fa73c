//! `hui bench`: durable orders a second, what one costs, and pgbench beside it in the same run.
//!
//! An order counts when it is answered, and it is answered when it is on disk.
//! Everything is measured in turn, round after round, so that what else happens on
//! the machine meets each alike; the table shows the medians of the rounds.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use hui_store::Engine;

use crate::config::Config;

mod cost;
mod footprint;
mod load;
mod pgbench;
mod report;
mod server;
mod till;
mod world;

use cost::Cluster;
use load::Generated;
use pgbench::Pgbench;
use report::{Line, Report, Way};
use server::Server;
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
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often everything is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Members in the database before it begins; several are measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "200000")]
    members: Vec<u64>,
    /// Also over HTTP: a server process and a load generator process on the same processors
    #[arg(long)]
    http: bool,
    /// Also checkouts over HTTP: a lock that takes points, and its confirmation
    #[arg(long)]
    checkout: bool,
    /// Also with slices of one order each
    #[arg(long)]
    slice_one: bool,
    /// Also pgbench's TPC-B, prepared, scale 50, on the same PostgreSQL
    #[arg(long)]
    pgbench: bool,
    /// With 10 thousand, 1 million and 5 million members one after the other
    #[arg(long)]
    growth: bool,
    /// Also the start of `hui demo`, its memory at rest, the program's size, and importing
    #[arg(long)]
    footprint: bool,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Where SQLite's files and the results go
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    /// Be the load generator of another `hui bench`
    #[arg(long, hide = true)]
    generate: Option<SocketAddr>,
    /// Makes the order numbers of several load generators differ
    #[arg(long, hide = true, default_value_t = 0)]
    run: u64,
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
    if let Some(address) = arguments.generate {
        let in_flight = arguments.in_flight.first().copied().unwrap_or(1);
        let members = arguments.members.first().copied().unwrap_or(1);
        let load = Generated { in_flight, members, run: arguments.run };
        return if arguments.checkout {
            till::generate(address, load, time).await
        } else {
            load::generate(address, load, time).await
        };
    }
    let counts = if arguments.growth {
        vec![10_000, 1_000_000, 5_000_000]
    } else {
        arguments.members.clone()
    };
    std::fs::create_dir_all(&arguments.results)
        .with_context(|| format!("{} cannot be made", arguments.results.display()))?;
    let mut report = Report::begin();
    for members in counts {
        let stands = stands(config, arguments, members).await?;
        let measured = rounds(&stands, config, arguments, time, &mut report).await;
        for stand in stands {
            stand.remove().await?;
        }
        measured?;
    }
    if arguments.footprint {
        report.note(footprint::measure(&arguments.results).await?);
    }
    println!("{}", if arguments.json { report.json()? } else { report.text() });
    let path = report.write(&arguments.results)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// A database with its members, and a server on it where one is measured.
struct Stand {
    world: World,
    server: Option<Server>,
    cluster: Option<Cluster>,
}

impl Stand {
    async fn remove(self) -> anyhow::Result<()> {
        if let Some(server) = self.server {
            server.stop()?;
        }
        self.world.remove().await
    }
}

async fn stands(
    config: &Config,
    arguments: &Arguments,
    members: u64,
) -> anyhow::Result<Vec<Stand>> {
    let mut stands = Vec::new();
    for database in &arguments.databases {
        let on_postgres = *database == Database::Postgres;
        let world = World::make(config, on_postgres, &arguments.results, members).await?;
        let needs_server = arguments.http || arguments.checkout;
        let server = if needs_server { Some(Server::start(&world).await?) } else { None };
        let cluster = Cluster::of(&world.opened.operations.store).await?;
        stands.push(Stand { world, server, cluster });
    }
    Ok(stands)
}

async fn rounds(
    stands: &[Stand],
    config: &Config,
    arguments: &Arguments,
    time: Duration,
    report: &mut Report,
) -> anyhow::Result<()> {
    let postgres = stands.iter().find(|stand| stand.world.engine() == Engine::Postgres);
    let pgbench = match (arguments.pgbench, postgres) {
        (true, Some(stand)) => Some(Pgbench::prepare(&config.database_url, stand.cluster)?),
        _ => None,
    };
    for _ in 0..arguments.rounds.max(1) {
        report.next_round();
        for in_flight in &arguments.in_flight {
            for stand in stands {
                measure(stand, arguments, *in_flight, time, report).await?;
            }
            if let Some(pgbench) = &pgbench {
                let figures = pgbench.tpc_b(*in_flight, time, &arguments.results)?;
                let (way, in_flight) = (Way::Pgbench, *in_flight);
                report.add(Line { database: "PostgreSQL", way, members: None, in_flight, figures });
            }
        }
    }
    pgbench.map_or(Ok(()), |pgbench| pgbench.remove())
}

async fn measure(
    stand: &Stand,
    arguments: &Arguments,
    in_flight: usize,
    time: Duration,
    report: &mut Report,
) -> anyhow::Result<()> {
    let world = &stand.world;
    let database = match world.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let members = Some(world.members());
    let mut add = |way, figures| report.add(Line { database, way, members, in_flight, figures });
    let slice = world.config.slice;
    add(Way::InProcess, load::in_process(world, stand.cluster, in_flight, slice, time).await?);
    if arguments.slice_one {
        add(Way::OneByOne, load::in_process(world, stand.cluster, in_flight, 1, time).await?);
    }
    if let Some(server) = &stand.server {
        let ways = [(arguments.http, Way::Http), (arguments.checkout, Way::Checkout)];
        for (_, way) in ways.into_iter().filter(|(is_asked, _)| *is_asked) {
            let cluster = stand.cluster;
            add(way, load::over_http(world, server, cluster, way, in_flight, time).await?);
        }
    }
    Ok(())
}

/// The folder of a measurement that is no database's.
fn folder_below(results: &Path, what: &str) -> anyhow::Result<PathBuf> {
    let folder = results.join(format!("hui_bench_{what}_{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(std::path::absolute(folder)?)
}
