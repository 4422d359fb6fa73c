//! `hui serve`: the API, the console and the background work of one process.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hui_api::App;
use hui_api::app::{Gauge, Hooks, JobsFailed, Lag, Rate, Settings};
use hui_jobs::Worker;
use hui_operations::Operations;
use hui_operations::checkout::quotes::write_quotes;
use hui_operations::commit::CommitSettings;
use hui_operations::settings::restore;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::node::Node;
use crate::opening::{self, Opened};

/// How long requests that were accepted may take after a signal to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// Background work that is this far behind makes a process not ready, in seconds.
const LAG_S_MAX: i64 = 300;
/// How often the node number's lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// Opens everything and serves until a signal.
pub(crate) async fn serve(config: &Config, sandbox: bool) -> anyhow::Result<()> {
    // Before anything else, so that a taken port is known at once.
    let listener = listen(config).await?;
    let opened = opening::open(config).await?;
    crate::bootstrap::bootstrap(&opened.operations, config).await?;
    serve_opened(config, opened, listener, sandbox).await
}

/// Takes the address.
pub(crate) async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))
}

/// Serves what is open until a signal, then finishes what was accepted.
pub(crate) async fn serve_opened(
    config: &Config,
    opened: Opened,
    listener: TcpListener,
    sandbox: bool,
) -> anyhow::Result<()> {
    if sandbox {
        // Before anything asks for the time.
        restore(&opened.operations).await.context("the sandbox clock cannot be put back")?;
    }
    let (stop, stopping) = watch::channel(false);
    let worker = Worker::new(opened.operations.clone(), opened.node.holder());
    let mut tasks = JoinSet::new();
    tasks.spawn(worker.clone().run(stopping.clone()));
    tasks.spawn(renew(opened.node.clone(), opened.operations.clone(), stopping.clone()));

    let app = App::new(opened.operations.clone(), settings(config, sandbox), hooks(&worker));
    let committer = app.committer().clone();
    let service = hui_api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    // Before the address is told: whoever reads it may ask to stop at once.
    let signals = Signals::catch()?;
    println!("hui listens on http://{}", listener.local_addr()?);
    let mut until = stopping.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the other end is gone: stop as well.
        let _ = until.wait_for(|stop| *stop).await;
    });
    let served = drained(async move { server.await }, signals, stop).await;
    // What was accepted is recorded even where its caller has gone.
    if tokio::time::timeout(DRAIN, committer.drain()).await.is_err() {
        tracing::warn!("some accepted requests were not finished");
    }
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done {
            tracing::error!(%error, "a background task failed");
        }
    }
    if let Err(error) = write_quotes(&opened.operations).await {
        tracing::warn!(%error, "quotes could not be written down");
    }
    opened.close().await;
    tracing::info!("stopped");
    served
}

/// Serves until a signal, then waits for what was accepted, but not for ever.
async fn drained(
    server: impl Future<Output = std::io::Result<()>>,
    signals: Signals,
    stop: watch::Sender<bool>,
) -> anyhow::Result<()> {
    tokio::pin!(server);
    let served = tokio::select! {
        served = &mut server => served,
        signal = signals.first() => {
            tracing::info!(signal, "stopping: no new requests, finishing those accepted");
            stop.send_replace(true);
            let drained = tokio::time::timeout(DRAIN, &mut server).await;
            drained.unwrap_or_else(|_| {
                tracing::warn!("some connections stayed open; closing them");
                Ok(())
            })
        }
    };
    stop.send_replace(true);
    served.context("the server failed")
}

/// The signals that ask a server to stop; caught from the moment this is made.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> anyhow::Result<Self> {
        let (term, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Self { term: signal(term)?, interrupt: signal(interrupt)? })
    }

    async fn first(mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

fn settings(config: &Config, sandbox: bool) -> Settings {
    let per_second = NonZeroU32::new(config.rate).unwrap_or(NonZeroU32::MIN);
    Settings {
        sandbox,
        secure_cookies: config.secure_cookies,
        behind_proxy: config.behind_proxy,
        commit: CommitSettings {
            lanes: config.lanes,
            slice: config.slice,
            ..CommitSettings::default()
        },
        rate: Rate { per_second, burst: per_second.saturating_mul(TWICE) },
        ..Settings::default()
    }
}

const TWICE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

fn hooks(worker: &Worker) -> Hooks {
    let (due, lag, figures) = (worker.clone(), worker.clone(), worker.clone());
    Hooks {
        run_due_jobs: Arc::new(move |until| {
            let worker = due.clone();
            Box::pin(async move {
                worker.run_due(until).await.map_err(|error| JobsFailed(error.to_string()))
            })
        }),
        lags: Arc::new(move || {
            vec![Lag { name: "jobs", seconds: lag.lag_s(), seconds_max: LAG_S_MAX }]
        }),
        gauges: Arc::new(move || {
            figures
                .figures()
                .into_iter()
                .map(|figure| Gauge { name: figure.name, help: figure.help, value: figure.value })
                .collect()
        }),
    }
}

/// Keeps the node number; a process that lost it must not make identifiers any more.
async fn renew(node: Node, operations: Operations, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        match node.renew(&operations.store).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!("the node number was leased to another process; ending");
                std::process::exit(1);
            }
            Err(error) => tracing::warn!(%error, "the node number was not renewed"),
        }
    }
}
