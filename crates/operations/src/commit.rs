//! The group committer: requests that wait at the same time go into one slice and one transaction.
//!
//! Each lane has one writer. A slice holds requests of one kind and one actor;
//! every caller gets its answer after the commit. The queue is bounded: when it
//! is full a request is turned away at once, nothing is lost and nothing waits
//! without end. On SQLite there is one lane (one writer); on PostgreSQL lanes
//! are told apart by whom a request is about.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hui_store::Engine;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::actor::Actor;
use crate::checkout::CheckoutError;
use crate::checkout::locks::{LockReceipt, LockRequest, LockStep, Wanted, step_locks};
use crate::context::Operations;
use crate::move_points::{MoveError, MoveRequest, Moved, Movement, move_points};
use crate::record_orders::{OrderReceipt, OrderRequest, RecordOrderError, record_orders};
use crate::record_refunds::{RecordRefundError, RefundAnswer, RefundRequest, record_refunds};
use crate::slices::Answer;

/// How requests are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitSettings {
    /// Writers side by side; on SQLite always one.
    pub lanes: usize,
    /// The most requests of one slice.
    pub slice: usize,
    /// The most requests that wait in a lane.
    pub queue: usize,
    /// How long a lane waits for more after a slice that held more than one.
    pub linger: Duration,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self { lanes: 2, slice: 256, queue: 4096, linger: Duration::from_millis(1) }
    }
}

/// Why a request was not even tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    /// Too many requests wait already.
    #[error("too many requests are waiting")]
    Full,
    /// The program is stopping.
    #[error("the program is stopping")]
    Stopping,
}

/// The outcome of a request that went through the committer.
pub type Outcome<T, E> = Result<Result<Answer<T>, E>, TurnedAway>;

type Reply<T, E> = oneshot::Sender<Result<Answer<T>, E>>;

enum Work {
    Order(Arc<Actor>, OrderRequest, Reply<OrderReceipt, RecordOrderError>),
    Refund(Arc<Actor>, RefundRequest, Reply<RefundAnswer, RecordRefundError>),
    Move(Arc<Actor>, MoveRequest, Reply<Moved, MoveError>),
    Lock(Arc<Actor>, LockRequest, Reply<LockReceipt, CheckoutError>),
}

/// What the committer has done, for the metrics.
#[derive(Debug, Default)]
pub struct Figures {
    slices: AtomicU64,
    requests: AtomicU64,
    waiting: AtomicUsize,
}

impl Figures {
    /// Slices committed.
    pub fn slices(&self) -> u64 {
        self.slices.load(Ordering::Relaxed)
    }

    /// Requests answered.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that wait now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Takes requests and answers them when they are durable; clones share the lanes.
#[derive(Clone)]
pub struct Committer {
    lanes: Arc<Vec<mpsc::Sender<Work>>>,
    figures: Arc<Figures>,
    writers: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Committer with {} lanes", self.lanes.len())
    }
}

impl Committer {
    /// Starts the writers.
    pub fn start(operations: &Operations, settings: CommitSettings) -> Self {
        let lanes = match operations.store.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => settings.lanes.max(1),
        };
        let figures = Arc::new(Figures::default());
        let (mut senders, mut writers) = (Vec::new(), Vec::new());
        for _ in 0..lanes {
            let (sender, receiver) = mpsc::channel(settings.queue.max(1));
            senders.push(sender);
            let (operations, figures) = (operations.clone(), Arc::clone(&figures));
            let runtime = Handle::current();
            // A thread of its own: a slice's rules never hold up the threads that serve requests.
            writers.push(tokio::task::spawn_blocking(move || {
                runtime.block_on(write(operations, settings, receiver, figures));
            }));
        }
        Self { lanes: Arc::new(senders), figures, writers: Arc::new(Mutex::new(writers)) }
    }

    /// What has been done so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Records an order in the next slice.
    pub async fn record_order(
        &self,
        actor: &Arc<Actor>,
        request: OrderRequest,
    ) -> Outcome<OrderReceipt, RecordOrderError> {
        let lane = match request.order.claims.first() {
            Some(claim) => lane_of(&claim.value),
            None => lane_of(&request.order.key),
        };
        self.send(lane, |reply| Work::Order(Arc::clone(actor), request, reply)).await
    }

    /// Records a refund in the next slice.
    pub async fn record_refund(
        &self,
        actor: &Arc<Actor>,
        request: RefundRequest,
    ) -> Outcome<RefundAnswer, RecordRefundError> {
        let lane = lane_of(&request.refund.order);
        self.send(lane, |reply| Work::Refund(Arc::clone(actor), request, reply)).await
    }

    /// Moves points in the next slice.
    pub async fn move_points(
        &self,
        actor: &Arc<Actor>,
        request: MoveRequest,
    ) -> Outcome<Moved, MoveError> {
        let lane = match &request.movement {
            Movement::Adjust { member, .. } | Movement::Hold { member, .. } => lane_of(member),
            Movement::Confirm(hold) | Movement::Cancel(hold) => lane_of(hold),
            Movement::Undo { entry, .. } => lane_of(entry),
            Movement::Decide { adjustment, .. } => lane_of(adjustment),
        };
        self.send(lane, |reply| Work::Move(Arc::clone(actor), request, reply)).await
    }

    /// Takes a step with a checkout lock in the next slice.
    pub async fn step_lock(
        &self,
        actor: &Arc<Actor>,
        request: LockRequest,
    ) -> Outcome<LockReceipt, CheckoutError> {
        let lane = match &request.step {
            LockStep::Hold { what: Wanted::Cart(cart, _), .. } => lane_of(&cart.member),
            LockStep::Hold { what: Wanted::Quote(quote), .. } => lane_of(quote),
            LockStep::Extend { lock, .. } | LockStep::Cancel(lock) => lane_of(lock),
        };
        self.send(lane, |reply| Work::Lock(Arc::clone(actor), request, reply)).await
    }

    async fn send<T, E>(&self, lane: u64, work: impl FnOnce(Reply<T, E>) -> Work) -> Outcome<T, E> {
        let count = u64::try_from(self.lanes.len()).unwrap_or(1).max(1);
        let place = usize::try_from(lane % count).unwrap_or(0);
        let sender = self.lanes.get(place).ok_or(TurnedAway::Stopping)?;
        let (reply, answer) = oneshot::channel();
        sender.try_send(work(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TurnedAway::Full,
            mpsc::error::TrySendError::Closed(_) => TurnedAway::Stopping,
        })?;
        self.figures.waiting.fetch_add(1, Ordering::Relaxed);
        let answered = answer.await;
        self.figures.waiting.fetch_sub(1, Ordering::Relaxed);
        answered.map_err(|_| TurnedAway::Stopping)
    }

    /// Waits until everything accepted is answered; the last clone's senders must be gone.
    pub async fn drain(self) {
        let writers = std::mem::take(&mut *self.writers.lock().await);
        drop(self.lanes);
        for writer in writers {
            // A writer that panicked has answered nobody; its callers see `Stopping`.
            let _ = writer.await;
        }
    }
}

fn lane_of(subject: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    hasher.finish()
}

async fn write(
    operations: Operations,
    settings: CommitSettings,
    mut queue: mpsc::Receiver<Work>,
    figures: Arc<Figures>,
) {
    let mut last = 0;
    while let Some(first) = queue.recv().await {
        let mut batch = vec![first];
        gather(&mut batch, &mut queue, settings, last > 1).await;
        last = batch.len();
        let size = u64::try_from(batch.len()).unwrap_or(0);
        let groups = Groups::of(batch);
        let slices = u64::try_from(groups.len()).unwrap_or(0);
        groups.run(&operations).await;
        figures.slices.fetch_add(slices, Ordering::Relaxed);
        figures.requests.fetch_add(size, Ordering::Relaxed);
    }
}

async fn gather(
    batch: &mut Vec<Work>,
    queue: &mut mpsc::Receiver<Work>,
    settings: CommitSettings,
    lingers: bool,
) {
    while batch.len() < settings.slice {
        match queue.try_recv() {
            Ok(work) => batch.push(work),
            Err(_) if lingers => match tokio::time::timeout(settings.linger, queue.recv()).await {
                Ok(Some(work)) => batch.push(work),
                Ok(None) | Err(_) => return,
            },
            Err(_) => return,
        }
    }
}

/// Requests of one kind, those of one actor together, each with whom to answer.
type Grouped<R, T, E> = Vec<(Arc<Actor>, Vec<(R, Reply<T, E>)>)>;

/// What is done in one go: first orders, so that refunds and movements find them.
#[derive(Default)]
struct Groups {
    orders: Grouped<OrderRequest, OrderReceipt, RecordOrderError>,
    refunds: Grouped<RefundRequest, RefundAnswer, RecordRefundError>,
    moves: Grouped<MoveRequest, Moved, MoveError>,
    locks: Grouped<LockRequest, LockReceipt, CheckoutError>,
}

impl Groups {
    fn of(batch: Vec<Work>) -> Self {
        let mut groups = Self::default();
        for work in batch {
            match work {
                Work::Order(actor, request, reply) => {
                    add(&mut groups.orders, actor, (request, reply));
                }
                Work::Refund(actor, request, reply) => {
                    add(&mut groups.refunds, actor, (request, reply));
                }
                Work::Move(actor, request, reply) => {
                    add(&mut groups.moves, actor, (request, reply));
                }
                Work::Lock(actor, request, reply) => {
                    add(&mut groups.locks, actor, (request, reply));
                }
            }
        }
        groups
    }

    fn len(&self) -> usize {
        self.orders.len() + self.refunds.len() + self.moves.len() + self.locks.len()
    }

    async fn run(self, operations: &Operations) {
        for (actor, works) in self.orders {
            let (requests, replies): (Vec<_>, Vec<_>) = works.into_iter().unzip();
            answer(replies, record_orders(operations, &actor, requests).await);
        }
        for (actor, works) in self.refunds {
            let (requests, replies): (Vec<_>, Vec<_>) = works.into_iter().unzip();
            answer(replies, record_refunds(operations, &actor, requests).await);
        }
        for (actor, works) in self.moves {
            let (requests, replies): (Vec<_>, Vec<_>) = works.into_iter().unzip();
            answer(replies, move_points(operations, &actor, requests).await);
        }
        for (actor, works) in self.locks {
            let (requests, replies): (Vec<_>, Vec<_>) = works.into_iter().unzip();
            answer(replies, step_locks(operations, &actor, requests).await);
        }
    }
}

/// Adds a request to those of its actor, in the order of arrival.
fn add<W>(groups: &mut Vec<(Arc<Actor>, Vec<W>)>, actor: Arc<Actor>, work: W) {
    match groups.iter_mut().find(|(known, _)| *known == actor) {
        Some((_, works)) => works.push(work),
        None => groups.push((actor, vec![work])),
    }
}

fn answer<T, E>(replies: Vec<Reply<T, E>>, answers: Vec<Result<Answer<T>, E>>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        // A caller that went away has its order recorded all the same.
        let _ = reply.send(answer);
    }
}
