//! A world for one story: a database, operations on a clock that stands still, an actor.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use hui_loyalty::ids::{MemberId, ProgramId};
use hui_loyalty::program::default_document;
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::clock::Clock;
use hui_operations::ids::Ids;
use hui_operations::move_points::{MoveError, MoveRequest, Moved, Movement, move_points};
use hui_operations::read_members::{MemberView, read_member};
use hui_operations::record_orders::{OrderReceipt, RecordOrderError, record_orders};
use hui_operations::record_refunds::{RecordRefundError, RefundAnswer, record_refunds};
use hui_operations::settle_due::run_due;
use hui_operations::slices::Answer;
use hui_store::vault::Vault;
use hui_store::{Engine, Tx, versions};
use serde_json::Value;

use crate::builders::{OrderBuilder, RefundBuilder};
use crate::databases::Database;

/// When every story begins.
pub const OPENING: &str = "2026-05-01T10:00:00+08:00";

const PROGRAM: ProgramId = ProgramId(1);

/// Everything a story needs.
#[derive(Debug, Clone)]
pub struct TestWorld {
    /// The operations, on a clock that stands still.
    pub operations: Operations,
    /// Hui itself, with every right.
    pub actor: Actor,
    /// The program all of it belongs to.
    pub program: ProgramId,
    database: Arc<Database>,
}

/// An instant, as RFC 3339.
///
/// # Panics
///
/// When the text is none.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant in RFC 3339")
}

/// Plays a story on a database of its own and removes it afterwards, also when the story fails.
///
/// A story that passes has also left books that add up, member by member.
///
/// # Panics
///
/// When the story does, the books do not add up, or the database cannot be made.
pub fn run_on(engine: Engine, story: impl AsyncFnOnce(TestWorld)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    let world = runtime.block_on(TestWorld::open(engine));
    let database = Arc::clone(&world.database);
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let ended = world.clone();
            story(world).await;
            ended.check_books().await;
        });
    }));
    if let Some(database) = Arc::into_inner(database) {
        runtime.block_on(database.remove());
    }
    if let Err(failure) = played {
        resume_unwind(failure);
    }
}

impl TestWorld {
    async fn open(engine: Engine) -> Self {
        let database = Arc::new(Database::make(engine).await);
        let operations = Operations::new(
            database.store.clone(),
            Clock::frozen(at(OPENING)),
            Ids::for_node(1),
            Vault::development(),
        );
        let actor = Actor::system(PROGRAM, "test");
        let world = Self { operations, actor, program: PROGRAM, database };
        let mut tx = world.operations.store.begin().await.expect("a transaction");
        tx.execute(
            "insert into programs (program_id, name, currency, time_zone, created_at)
             values ($1, 'Test', 'CNY', 'Asia/Shanghai', 0)",
            &[PROGRAM.0.into()],
        )
        .await
        .expect("the program can be made");
        let document = serde_json::to_value(default_document()).expect("the default document");
        insert_version(&mut tx, 1, &document, Timestamp(0)).await;
        tx.commit().await.expect("the program can be made");
        world
    }

    /// A second process on the same database: its own connections, caches and numbers.
    pub async fn second_process(&self) -> Operations {
        Operations::new(
            self.database.connect_again().await,
            self.operations.clock.clone(),
            Ids::for_node(2),
            self.operations.vault.clone(),
        )
    }

    /// Where the clock stands.
    pub fn now(&self) -> Timestamp {
        self.operations.clock.now()
    }

    /// Moves the clock to an instant.
    ///
    /// # Panics
    ///
    /// When that is in the past.
    pub fn move_to(&self, to: Timestamp) {
        self.operations.clock.set(to).expect("the clock moves forward");
    }

    /// Moves the clock forward by so many seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.move_to(self.now().plus_seconds(seconds));
    }

    /// Moves the clock forward by so many times 24 hours.
    pub fn advance_days(&self, days: i64) {
        self.advance_seconds(days * 86_400);
    }

    /// Publishes the rules of before with some changes (a JSON merge patch), in force always.
    ///
    /// What is published earlier in the story and has already counted keeps what it gave.
    pub async fn publish(&self, changes: Value) {
        self.publish_from(Timestamp(0), changes).await;
    }

    /// As [`TestWorld::publish`], in force from an instant on.
    pub async fn publish_from(&self, effective_at: Timestamp, changes: Value) {
        let mut tx = self.operations.store.begin().await.expect("a transaction");
        let newest = versions::newest(&mut tx, self.program).await.expect("the versions");
        let text = versions::document(&mut tx, self.program, newest).await.expect("a document");
        let mut document: Value = text
            .and_then(|text| serde_json::from_str(&text).ok())
            .expect("the newest document is JSON");
        patch(&mut document, changes);
        insert_version(&mut tx, newest + 1, &document, effective_at).await;
        tx.commit().await.expect("the version can be published");
    }

    /// Records an order.
    pub async fn record(&self, order: OrderBuilder) -> Result<OrderReceipt, RecordOrderError> {
        Ok(self.answer(order).await?.receipt)
    }

    /// Records an order; says also whether the answer was given before.
    pub async fn answer(
        &self,
        order: OrderBuilder,
    ) -> Result<Answer<OrderReceipt>, RecordOrderError> {
        one(record_orders(&self.operations, &self.actor, vec![order.request(self.now())]).await)
    }

    /// Records a refund.
    pub async fn refund(&self, refund: RefundBuilder) -> Result<RefundAnswer, RecordRefundError> {
        let requests = vec![refund.request(self.now())];
        Ok(one(record_refunds(&self.operations, &self.actor, requests).await)?.receipt)
    }

    /// Moves points.
    pub async fn move_points(&self, movement: Movement) -> Result<Moved, MoveError> {
        let requests = vec![MoveRequest { movement, key: None }];
        Ok(one(move_points(&self.operations, &self.actor, requests).await)?.receipt)
    }

    /// A member as it is shown now.
    ///
    /// # Panics
    ///
    /// When there is no such member.
    pub async fn member(&self, member: MemberId) -> MemberView {
        read_member(&self.operations, &self.actor, member)
            .await
            .expect("the member can be read")
            .expect("the member is there")
    }

    /// What a member can spend now.
    pub async fn available(&self, member: MemberId) -> i64 {
        self.member(member).await.balance.available.0
    }

    /// Runs what is due by now.
    pub async fn run_due(&self) {
        run_due(&self.operations, self.now()).await.expect("what is due can be run");
    }
}

fn one<T>(answers: Vec<T>) -> T {
    answers.into_iter().next().expect("one request has one answer")
}

async fn insert_version(tx: &mut Tx, version: i64, document: &Value, effective_at: Timestamp) {
    let document = document.to_string();
    tx.execute(
        "insert into program_versions
         (program_id, version, document, effective_at, published_at, published_by)
         values ($1, $2, $3, $4, $4, 'test')",
        &[PROGRAM.0.into(), version.into(), document.as_str().into(), effective_at.0.into()],
    )
    .await
    .expect("the version can be published");
}

/// A JSON merge patch (RFC 7396), except that null is a value like any other.
fn patch(document: &mut Value, changes: Value) {
    match (document, changes) {
        (Value::Object(fields), Value::Object(changes)) if !changes.contains_key("kind") => {
            for (name, change) in changes {
                patch(fields.entry(name).or_insert(Value::Null), change);
            }
        }
        (document, changes) => *document = changes,
    }
}
