//! The load: so many orders in flight, each answered before its place sends the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hui_operations::clock::Clock;
use hui_operations::commit::{CommitSettings, Committer};
use hui_operations::record_orders::OrderRequest;
use hui_store::Engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::cost;
use super::report::Figures;
use super::server::Server;
use super::world::{Chance, SECRET, World, body, order};

/// How long it runs before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);

/// Whether answers count yet, and whether it is over.
struct Phase {
    counts: AtomicBool,
    over: AtomicBool,
    /// Makes order numbers of several runs differ.
    run: u64,
}

static RUNS: AtomicU64 = AtomicU64::new(0);

impl Phase {
    fn new() -> Arc<Self> {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { counts: AtomicBool::new(false), over: AtomicBool::new(false), run })
    }

    fn number(&self, place: usize, round: u64) -> String {
        format!("b{}-{place}-{round}", self.run)
    }

    fn counts(&self) -> bool {
        self.counts.load(Ordering::Relaxed)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

type Times = Vec<Duration>;

/// Lets a load run and counts between two moments.
async fn counted(
    phase: &Phase,
    mut places: JoinSet<anyhow::Result<Times>>,
    time: Duration,
    used: impl Fn() -> Duration,
) -> anyhow::Result<Figures> {
    tokio::time::sleep(WARM_UP).await;
    let before = used();
    let began = Instant::now();
    phase.counts.store(true, Ordering::Relaxed);
    tokio::time::sleep(time).await;
    phase.counts.store(false, Ordering::Relaxed);
    let took = began.elapsed();
    let cost = used().saturating_sub(before);
    phase.over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(done) = places.join_next().await {
        times.extend(done??);
    }
    ensure!(!times.is_empty(), "nothing was answered");
    Ok(Figures::of(times, took, cost))
}

/// Orders straight into the committer.
pub(super) async fn in_process(
    world: &World,
    in_flight: usize,
    slice: usize,
    time: Duration,
) -> anyhow::Result<Figures> {
    let operations = &world.opened.operations;
    let settings = CommitSettings { slice, lanes: world.config.lanes, ..CommitSettings::default() };
    let committer = Committer::start(operations, settings);
    let phase = Phase::new();
    let mut places = JoinSet::new();
    for place in 0..in_flight {
        let (committer, phase, actor) =
            (committer.clone(), Arc::clone(&phase), Arc::clone(&world.actor));
        let (members, clock) = (world.members(), operations.clock.clone());
        places.spawn(async move {
            let (mut chance, mut times) = (Chance::new(place as u64 + 1), Times::new());
            for round in 0.. {
                if phase.is_over() {
                    break;
                }
                let number = phase.number(place, round);
                let order = order(&number, &mut chance, members, clock.now())?;
                let began = Instant::now();
                committer
                    .record_order(&actor, OrderRequest { order, key: None, lock: None })
                    .await??;
                if phase.counts() {
                    times.push(began.elapsed());
                }
            }
            Ok(times)
        });
    }
    let on_postgres = world.engine() == Engine::Postgres;
    let figures = counted(&phase, places, time, || {
        let own = cost::of_process(std::process::id());
        if on_postgres { own + cost::of_postgres() } else { own }
    })
    .await;
    committer.drain().await;
    figures
}

/// Orders over connections that stay open, to a server that is another process.
pub(super) async fn over_http(
    world: &World,
    server: &Server,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<Figures> {
    let phase = Phase::new();
    let mut places = JoinSet::new();
    for place in 0..in_flight {
        let (phase, members, address) = (Arc::clone(&phase), world.members(), server.address);
        places.spawn(async move { connection(&phase, place, members, address).await });
    }
    let on_postgres = world.engine() == Engine::Postgres;
    let pid = server.pid();
    // The generator's own time is left out: a shop's till pays for it.
    counted(&phase, places, time, || {
        let theirs = cost::of_process(pid);
        if on_postgres { theirs + cost::of_postgres() } else { theirs }
    })
    .await
}

async fn connection(
    phase: &Phase,
    place: usize,
    members: u64,
    address: SocketAddr,
) -> anyhow::Result<Times> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let clock = Clock::system();
    let (mut chance, mut times) = (Chance::new(place as u64 + 1), Times::new());
    let mut buffer = Vec::with_capacity(4096);
    for round in 0.. {
        if phase.is_over() {
            break;
        }
        let order = order(&phase.number(place, round), &mut chance, members, clock.now())?;
        let phone = order.claims.first().map_or("", |claim| claim.value.as_str());
        let text = body(&order, phone);
        let request = format!(
            "POST /api/v1/orders HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {SECRET}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        let began = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        ensure!(
            (200..300).contains(&status),
            "the server answered {status}: {}",
            String::from_utf8_lossy(&buffer)
        );
        if phase.counts() {
            times.push(began.elapsed());
        }
    }
    Ok(times)
}

/// Reads one answer into the buffer; answers its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<u16> {
    buffer.clear();
    loop {
        if let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = std::str::from_utf8(&buffer[..head])?;
            let status = text.split(' ').nth(1).context("the answer has no status")?.parse()?;
            let length = text
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map(|(_, value)| value.trim().parse::<usize>())
                .context("the answer says no length")??;
            while buffer.len() < head + 4 + length {
                more(stream, buffer).await?;
            }
            return Ok(status);
        }
        more(stream, buffer).await?;
    }
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the server closed the connection");
    }
    Ok(())
}
