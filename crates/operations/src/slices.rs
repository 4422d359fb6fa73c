//! Slices: many requests in one transaction, each with its own answer.

use std::collections::HashSet;
use std::sync::Arc;

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;
use hui_store::answers::{self, Claimed, RequestKey};
use hui_store::{Error, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Operations;

/// The store failed; shared by every request of a slice.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct StoreFailed(#[from] Arc<Error>);

impl StoreFailed {
    /// What the store said.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

impl From<Error> for StoreFailed {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

/// An answer, and whether it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer.
    pub receipt: T,
    /// Whether the same request had been answered before.
    pub replayed: bool,
}

impl<T> Answer<T> {
    /// Given for the first time.
    pub(crate) const fn first(receipt: T) -> Self {
        Self { receipt, replayed: false }
    }

    /// The same with another receipt.
    pub(crate) fn map<U>(self, told: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { receipt: told(self.receipt), replayed: self.replayed }
    }

    /// Given again.
    pub(crate) const fn again(receipt: T) -> Self {
        Self { receipt, replayed: true }
    }
}

/// The answers of a slice, by the place of their request.
pub(crate) struct Answers<T, E> {
    places: Vec<Option<Result<Answer<T>, E>>>,
}

impl<T: Clone, E: Clone + From<StoreFailed>> Answers<T, E> {
    pub(crate) fn new(requests: usize) -> Self {
        Self { places: (0..requests).map(|_| None).collect() }
    }

    pub(crate) fn set(&mut self, place: usize, answer: Result<Answer<T>, E>) {
        self.places[place] = Some(answer);
    }

    fn clear(&mut self, places: &[usize]) {
        for place in places {
            self.places[*place] = None;
        }
    }

    pub(crate) fn into_results(self) -> Vec<Result<Answer<T>, E>> {
        let unanswered = || Err(StoreFailed::from(Error::unreadable("slice", "unanswered")).into());
        self.places.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect()
    }
}

/// How often a slice that was in another's way is tried again at once.
const TRIES: usize = 5;

/// Runs rounds of a slice until nothing waits any more, each in a transaction of its own.
///
/// A round that met a deadlock is tried again. Where the database refuses a
/// round, it is halved down to the request that is to blame: that one gets the
/// error, its neighbours their answers.
pub(crate) async fn run<C, T, E, F>(
    operations: &Operations,
    answers: &mut Answers<T, E>,
    waiting: Vec<(usize, C)>,
    round: F,
) where
    C: Clone,
    T: Clone,
    E: Clone + From<StoreFailed>,
    F: AsyncFn(&mut Tx, Vec<(usize, C)>, &mut Answers<T, E>) -> Result<Vec<(usize, C)>, Error>,
{
    let mut batches = vec![waiting];
    while let Some(batch) = batches.pop() {
        if batch.is_empty() {
            continue;
        }
        let places: Vec<usize> = batch.iter().map(|(place, _)| *place).collect();
        let mut outcome = Ok(Vec::new());
        for _ in 0..TRIES {
            answers.clear(&places);
            outcome = once(operations, answers, batch.clone(), &round).await;
            if !matches!(&outcome, Err(error) if error.is_try_again()) {
                break;
            }
        }
        match outcome {
            Ok(later) => batches.push(later),
            Err(error) if error.is_refused() && batch.len() > 1 => {
                answers.clear(&places);
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                batches.push(second);
                batches.push(first);
            }
            Err(error) => {
                answers.clear(&places);
                let failed = StoreFailed::from(error);
                for place in places {
                    answers.set(place, Err(failed.clone().into()));
                }
            }
        }
    }
}

/// A request's key as it is kept: a digest of a body may be all there is to guess a phone number or
/// a password by, so what is stored cannot be made without the master key.
pub(crate) fn kept_key(operations: &Operations, program: ProgramId, key: RequestKey) -> RequestKey {
    let fingerprint = operations.vault.blind_index(program, "request", "", &key.fingerprint);
    RequestKey { fingerprint, ..key }
}

/// The request's key was used for another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used for another request")]
pub struct KeyReused;

/// Whether a request's key is the first of its kind met; one without a key always is.
pub(crate) fn is_first_key(keys: &mut HashSet<RequestKey>, key: Option<&RequestKey>) -> bool {
    key.is_none_or(|key| keys.insert(key.without_fingerprint()))
}

/// Claims the keys of a round's requests; those answered before are answered and leave the round.
pub(crate) async fn claim_answers<C, T, E>(
    tx: &mut Tx,
    program: ProgramId,
    taken: &mut Vec<(usize, C)>,
    key_of: impl Fn(&C) -> Option<&RequestKey>,
    answers: &mut Answers<T, E>,
    now: Timestamp,
) -> Result<(), Error>
where
    T: Clone + DeserializeOwned,
    E: Clone + From<StoreFailed> + From<KeyReused>,
{
    let keys: Vec<&RequestKey> = taken.iter().filter_map(|(_, request)| key_of(request)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let mut claimed = answers::claim(tx, program, &keys, now).await?.into_iter();
    let mut failed = None;
    taken.retain(|(place, request)| {
        if key_of(request).is_none() {
            return true;
        }
        match claimed.next() {
            Some(Claimed::New) => return true,
            Some(Claimed::Answered(body)) => match serde_json::from_str(&body) {
                Ok(receipt) => answers.set(*place, Ok(Answer::again(receipt))),
                Err(error) => failed = Some(Error::unreadable("receipt", error)),
            },
            Some(Claimed::Reused) => answers.set(*place, Err(KeyReused.into())),
            None => failed = Some(Error::unreadable("answers", "fewer than asked for")),
        }
        false
    });
    failed.map_or(Ok(()), Err)
}

/// What becomes of the keys of a round's requests, gathered as these are decided.
#[derive(Default)]
pub(crate) struct Keys<'a> {
    kept: Vec<(&'a RequestKey, String)>,
    given_up: Vec<&'a RequestKey>,
}

impl<'a> Keys<'a> {
    /// The request was answered: a repeat gets the same.
    pub(crate) fn keep(
        &mut self,
        key: Option<&'a RequestKey>,
        receipt: &impl Serialize,
    ) -> Result<(), Error> {
        let Some(key) = key else { return Ok(()) };
        self.kept.push((key, receipt_text(receipt)?));
        Ok(())
    }

    /// The request was refused, or waits for the next round: its key is free again.
    pub(crate) fn give_up(&mut self, key: Option<&'a RequestKey>) {
        self.given_up.extend(key);
    }

    /// Writes it down.
    pub(crate) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        now: Timestamp,
    ) -> Result<(), Error> {
        answers::keep(tx, program, &self.kept, now).await?;
        answers::give_up(tx, program, &self.given_up, now).await
    }
}

/// A receipt as it is kept.
pub(crate) fn receipt_text(receipt: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(receipt).map_err(|error| Error::unreadable("receipt", error))
}

/// Runs one request in a transaction of its own; a refusal undoes everything it did.
///
/// With a key the answer is kept in the same transaction, and a repeat gets it again.
pub(crate) async fn single<T, E, F>(
    operations: &Operations,
    program: ProgramId,
    key: Option<&RequestKey>,
    now: Timestamp,
    work: F,
) -> Result<Answer<T>, E>
where
    T: Serialize + DeserializeOwned,
    E: From<StoreFailed> + From<KeyReused>,
    F: AsyncFn(&mut Tx) -> Result<Result<T, E>, Error>,
{
    let key = key.map(|key| kept_key(operations, program, key.clone()));
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(operations, program, key.as_ref(), now, &work).await {
            Err(error) if error.is_try_again() && tries < TRIES => {}
            Err(error) => return Err(StoreFailed::from(error).into()),
            Ok(answer) => return answer,
        }
    }
}

async fn attempt<T, E, F>(
    operations: &Operations,
    program: ProgramId,
    key: Option<&RequestKey>,
    now: Timestamp,
    work: &F,
) -> Result<Result<Answer<T>, E>, Error>
where
    T: Serialize + DeserializeOwned,
    E: From<KeyReused>,
    F: AsyncFn(&mut Tx) -> Result<Result<T, E>, Error>,
{
    let mut tx = operations.store.begin().await?;
    if let Some(key) = key {
        let claimed = answers::claim(&mut tx, program, &[key], now).await?;
        match claimed.into_iter().next() {
            Some(Claimed::Answered(body)) => {
                tx.rollback().await?;
                let receipt = serde_json::from_str(&body)
                    .map_err(|error| Error::unreadable("receipt", error))?;
                return Ok(Ok(Answer::again(receipt)));
            }
            Some(Claimed::Reused) => {
                tx.rollback().await?;
                return Ok(Err(KeyReused.into()));
            }
            _ => {}
        }
    }
    let receipt = match work(&mut tx).await? {
        Ok(receipt) => receipt,
        Err(refusal) => {
            tx.rollback().await?;
            return Ok(Err(refusal));
        }
    };
    if let Some(key) = key {
        answers::keep(&mut tx, program, &[(key, receipt_text(&receipt)?)], now).await?;
    }
    tx.commit().await?;
    Ok(Ok(Answer::first(receipt)))
}

async fn once<C, T, E, F>(
    operations: &Operations,
    answers: &mut Answers<T, E>,
    batch: Vec<(usize, C)>,
    round: &F,
) -> Result<Vec<(usize, C)>, Error>
where
    F: AsyncFn(&mut Tx, Vec<(usize, C)>, &mut Answers<T, E>) -> Result<Vec<(usize, C)>, Error>,
{
    let mut tx = operations.store.begin().await?;
    let later = round(&mut tx, batch, answers).await?;
    tx.commit().await?;
    Ok(later)
}
