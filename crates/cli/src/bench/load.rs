//! The load: so many orders in flight, each answered before its place sends the next.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hui_operations::clock::Clock;
use hui_operations::commit::{CommitSettings, Committer};
use hui_operations::record_orders::OrderRequest;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::cost::{self, Cluster, Cost};
use super::report::{Answers, Figures, Way};
use super::server::Server;
use super::world::{Chance, SECRET, World, body, order};

/// How long it runs before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);

/// What a load generator is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Generated {
    /// Requests at one time.
    pub(super) in_flight: usize,
    /// Members they are of.
    pub(super) members: u64,
    /// Makes numbers differ from those of other loads.
    pub(super) run: u64,
}

/// Whether answers count yet, and whether it is over.
pub(super) struct Phase {
    counts: AtomicBool,
    over: AtomicBool,
}

static RUNS: AtomicU64 = AtomicU64::new(0);

/// Makes order numbers and choices of several loads differ.
fn next_run() -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed)
}

pub(super) fn number(run: u64, place: usize, round: u64) -> String {
    format!("b{run}-{place}-{round}")
}

pub(super) fn chance(run: u64, place: usize) -> Chance {
    Chance::new((run << 32) + place as u64 + 1)
}

impl Phase {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { counts: AtomicBool::new(false), over: AtomicBool::new(false) })
    }

    pub(super) fn counts(&self) -> bool {
        self.counts.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

pub(super) type Times = Vec<Duration>;

/// Lets a load run and counts between two moments; `at` is called at both.
pub(super) async fn counted(
    phase: &Phase,
    mut places: JoinSet<anyhow::Result<Times>>,
    time: Duration,
    mut at: impl FnMut(),
) -> anyhow::Result<Answers> {
    tokio::time::sleep(WARM_UP).await;
    at();
    let began = Instant::now();
    phase.counts.store(true, Ordering::Relaxed);
    tokio::time::sleep(time).await;
    phase.counts.store(false, Ordering::Relaxed);
    let took = began.elapsed();
    at();
    phase.over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(done) = places.join_next().await {
        times.extend(done??);
    }
    ensure!(!times.is_empty(), "nothing was answered");
    Ok(Answers::of(times, took))
}

/// Orders straight into the committer.
pub(super) async fn in_process(
    world: &World,
    cluster: Option<Cluster>,
    in_flight: usize,
    slice: usize,
    time: Duration,
) -> anyhow::Result<Figures> {
    let operations = &world.opened.operations;
    let settings = CommitSettings { slice, lanes: world.config.lanes, ..CommitSettings::default() };
    let committer = Committer::start(operations, settings);
    let run = next_run();
    let phase = Phase::new();
    let mut places = JoinSet::new();
    for place in 0..in_flight {
        let (committer, phase, actor) =
            (committer.clone(), Arc::clone(&phase), Arc::clone(&world.actor));
        let (members, clock) = (world.members(), operations.clock.clone());
        places.spawn(async move {
            let (mut chance, mut times) = (chance(run, place), Times::new());
            for round in 0.. {
                if phase.is_over() {
                    break;
                }
                let order = order(&number(run, place, round), &mut chance, members, clock.now())?;
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
    let mut costs = Vec::new();
    let answers = counted(&phase, places, time, || {
        costs.push(Cost {
            hui: cost::of_process(std::process::id()),
            postgres: cluster.map_or(Duration::ZERO, Cluster::used),
            generator: Duration::ZERO,
        });
    })
    .await;
    committer.drain().await;
    Ok(Figures::of(answers?, between(&costs)))
}

/// What was used from the first to the last count.
fn between(costs: &[Cost]) -> Cost {
    let last = costs.last().copied().unwrap_or_default();
    last.since(costs.first().copied().unwrap_or_default())
}

/// Orders or checkouts from a load generator process to a server process.
pub(super) async fn over_http(
    world: &World,
    server: &Server,
    cluster: Option<Cluster>,
    way: Way,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<Figures> {
    let mut generator = Command::new(std::env::current_exe()?)
        .arg("bench")
        .args((way == Way::Checkout).then_some("--checkout"))
        .args(["--generate", &server.address.to_string()])
        .args(["--in-flight", &in_flight.to_string()])
        .args(["--members", &world.members().to_string()])
        .args(["--seconds", &time.as_secs().to_string()])
        .args(["--run", &next_run().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pid = generator.id().context("the load generator has ended")?;
    let output = generator.stdout.take().context("the load generator has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut costs = Vec::new();
    let mut answers = None;
    while let Some(line) = lines.next_line().await? {
        if line == NOW {
            costs.push(Cost {
                hui: cost::of_process(server.pid()),
                postgres: cluster.map_or(Duration::ZERO, Cluster::used),
                generator: cost::of_process(pid),
            });
        } else {
            answers = Some(serde_json::from_str(&line)?);
        }
    }
    ensure!(generator.wait().await?.success(), "the load generator failed");
    Ok(Figures::of(answers.context("the load generator said nothing")?, between(&costs)))
}

/// What a load generator prints when it begins and when it ends to count.
pub(super) const NOW: &str = "now";

/// Is the load generator: orders over connections that stay open, to a server that is another process.
pub(super) async fn generate(
    address: SocketAddr,
    load: Generated,
    time: Duration,
) -> anyhow::Result<()> {
    let Generated { in_flight, members, run } = load;
    let phase = Phase::new();
    let mut places = JoinSet::new();
    for place in 0..in_flight {
        let phase = Arc::clone(&phase);
        places.spawn(async move { connection(&phase, run, place, members, address).await });
    }
    let answers = counted(&phase, places, time, || println!("{NOW}")).await?;
    println!("{}", serde_json::to_string(&answers)?);
    Ok(())
}

async fn connection(
    phase: &Phase,
    run: u64,
    place: usize,
    members: u64,
    address: SocketAddr,
) -> anyhow::Result<Times> {
    let mut server = Client::to(address).await?;
    let clock = Clock::system();
    let (mut chance, mut times) = (chance(run, place), Times::new());
    for round in 0.. {
        if phase.is_over() {
            break;
        }
        let order = order(&number(run, place, round), &mut chance, members, clock.now())?;
        let phone = order.claims.first().map_or("", |claim| claim.value.as_str());
        let text = body(&order, phone);
        let began = Instant::now();
        server.post("/api/v1/orders", "", &text).await?;
        if phase.counts() {
            times.push(began.elapsed());
        }
    }
    Ok(times)
}

/// A connection that stays open.
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    address: SocketAddr,
}

impl Client {
    pub(super) async fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), address })
    }

    /// Posts a body and answers what came back, which must be a success.
    pub(super) async fn post(
        &mut self,
        path: &str,
        headers: &str,
        text: &str,
    ) -> anyhow::Result<&[u8]> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {SECRET}\r\n{headers}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            self.address,
            text.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let (status, body) = answer(&mut self.stream, &mut self.buffer).await?;
        let body = self.buffer.get(body..).unwrap_or_default();
        ensure!(
            (200..300).contains(&status),
            "the server answered {status}: {}",
            String::from_utf8_lossy(body)
        );
        Ok(body)
    }
}

/// Reads one answer into the buffer; answers its status and where its body begins.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<(u16, usize)> {
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
            return Ok((status, head + 4));
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
