//! First answers to requests with an idempotency key, kept so that a repeat is answered the same.
//!
//! A key is claimed in the transaction that does the work: a second request with
//! the same key waits for the first on the unique key, then finds its answer. A
//! refused request undoes its claim with everything else.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Cell, Column, Error, Set, Tx};

/// A request's key as its caller gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// The operation's route, such as `points/adjust`.
    pub route: String,
    /// The value of `Idempotency-Key`.
    pub key: String,
    /// A digest of the request's content.
    pub fingerprint: String,
}

impl RequestKey {
    /// The key alone, to see whether two requests share it.
    #[must_use]
    pub fn without_fingerprint(&self) -> Self {
        Self { fingerprint: String::new(), ..self.clone() }
    }
}

/// What claiming a key found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Nobody had it; the work is to be done and its answer kept.
    New,
    /// The same request was answered before: this was the answer.
    Answered(String),
    /// The key was used for another request.
    Reused,
}

const KEYS: &[Column] = &[
    Column::Text("route"),
    Column::Text("key"),
    Column::Text("fingerprint"),
    Column::Text("body"),
    Column::Int("program_id"),
    Column::Int("recorded_at"),
];

fn key_set(
    program: ProgramId,
    keys: &[&RequestKey],
    bodies: Option<&[String]>,
    now: Timestamp,
) -> Set {
    let mut set = Set::with_capacity(KEYS, keys.len());
    for (place, key) in keys.iter().enumerate() {
        let body = bodies.map_or("", |bodies| bodies[place].as_str());
        set.push(&[
            (&key.route).into(),
            (&key.key).into(),
            (&key.fingerprint).into(),
            body.into(),
            program.0.into(),
            now.0.into(),
        ]);
    }
    set
}

/// Claims keys, all different; answers in the order given. Sorts before it locks.
pub async fn claim(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[&RequestKey],
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    let mut sorted = keys.to_vec();
    sorted.sort();
    let rows = tx
        .fetch_set(
            "insert into answers (program_id, route, key, fingerprint, body, recorded_at)
             select s.program_id, s.route, s.key, s.fingerprint, s.body, s.recorded_at
             from {set} where true on conflict (program_id, route, key) do nothing
             returning route, key",
            &[],
            key_set(program, &sorted, None, now),
        )
        .await?;
    let mut fresh = std::collections::HashSet::with_capacity(rows.len());
    for row in &rows {
        fresh.insert((row.text(0)?, row.text(1)?));
    }
    let taken: Vec<&RequestKey> = sorted
        .into_iter()
        .filter(|key| !fresh.contains(&(key.route.clone(), key.key.clone())))
        .collect();
    let rows = tx
        .fetch_set(
            "select a.route, a.key, a.fingerprint, a.body from {set}
             cross join answers a where a.program_id = s.program_id and a.route = s.route and a.key = s.key",
            &[],
            key_set(program, &taken, None, now),
        )
        .await?;
    let mut found = std::collections::HashMap::with_capacity(rows.len());
    for row in &rows {
        found.insert((row.text(0)?, row.text(1)?), (row.text(2)?, row.text(3)?));
    }
    keys.iter()
        .map(|key| {
            let name = (key.route.clone(), key.key.clone());
            Ok(match found.get(&name) {
                _ if fresh.contains(&name) => Claimed::New,
                Some((fingerprint, body)) if *fingerprint == key.fingerprint => {
                    Claimed::Answered(body.clone())
                }
                Some(_) => Claimed::Reused,
                None => return Err(Error::unreadable("answer", "claimed but absent")),
            })
        })
        .collect()
}

/// Keeps the answers of keys claimed in this transaction.
pub async fn keep(
    tx: &mut Tx,
    program: ProgramId,
    answers: &[(&RequestKey, String)],
    now: Timestamp,
) -> Result<(), Error> {
    let keys: Vec<&RequestKey> = answers.iter().map(|(key, _)| *key).collect();
    let bodies: Vec<String> = answers.iter().map(|(_, body)| body.clone()).collect();
    tx.execute_set(
        "update answers set body = s.body from {set}
         where answers.program_id = s.program_id and answers.route = s.route and answers.key = s.key",
        &[],
        key_set(program, &keys, Some(&bodies), now),
    )
    .await?;
    Ok(())
}

/// Gives up keys claimed in this transaction whose requests were refused.
pub async fn give_up(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[&RequestKey],
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute_set(
        "delete from answers where program_id = $1 and (route, key) in
         (select s.route, s.key from {set})",
        &[program.0.into()],
        key_set(program, keys, None, now),
    )
    .await?;
    Ok(())
}

/// Forgets answers recorded before an instant; the contract keeps them 30 days at least.
pub async fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("delete from answers where recorded_at < $1", &[Cell::from(before.0)]).await
}
