//! API keys: made with no more than their maker may, shown once, taken back at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hui_loyalty::ids::{KeyId, NewIds as _, ProgramId};
use hui_loyalty::time::{MINUTE, SECOND, Timestamp};
use hui_store::answers::RequestKey;
use hui_store::keys::{self, KeyRow};
use hui_store::vault::{fingerprint, random};
use hui_store::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Right, Rights, ShopScope};
use crate::audit::{self, AuditLine};
use crate::clock::machine_now;
use crate::context::Operations;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// How long a key that was looked up is believed: a revoked key works no longer than this elsewhere.
const BELIEVED: i64 = 5 * SECOND;
/// How long a secret that opened nothing is turned away without looking again: a key made
/// elsewhere works after this at the latest.
const TURNED_AWAY: i64 = SECOND;
/// How many keys are remembered at most, and as many secrets that opened nothing.
const REMEMBERED: usize = 10_000;

/// The keys this process has looked up lately; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Doors(Arc<Mutex<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    opened: HashMap<String, (Timestamp, Actor)>,
    /// Apart from the others, so that guesses push out no key that is in use.
    refused: HashMap<String, Timestamp>,
}

/// What is remembered of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lately {
    Opened(Actor),
    Refused,
    /// Nothing, or nothing that is still believed.
    NotShown,
}

impl Doors {
    /// Whose key a secret is, if it was looked up within the last seconds; asks no database.
    pub fn recently(&self, secret: &str) -> Option<Actor> {
        match self.believed(&fingerprint(secret.as_bytes()), machine_now()) {
            Lately::Opened(actor) => Some(actor),
            Lately::Refused | Lately::NotShown => None,
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn believed(&self, hash: &str, now: Timestamp) -> Lately {
        let shown = self.shown();
        let within = |since: Timestamp, span: i64| now.0.abs_diff(since.0) < span.unsigned_abs();
        match (shown.opened.get(hash), shown.refused.get(hash)) {
            (Some((since, actor)), _) if within(*since, BELIEVED) => Lately::Opened(actor.clone()),
            (None, Some(since)) if within(*since, TURNED_AWAY) => Lately::Refused,
            _ => Lately::NotShown,
        }
    }

    fn remember(&self, hash: String, now: Timestamp, actor: Actor) {
        let mut shown = self.shown();
        if shown.opened.len() >= REMEMBERED {
            shown.opened.clear();
        }
        shown.refused.remove(&hash);
        shown.opened.insert(hash, (now, actor));
    }

    fn refuse(&self, hash: String, now: Timestamp) {
        let mut shown = self.shown();
        if shown.refused.len() >= REMEMBERED {
            shown.refused.clear();
        }
        shown.opened.remove(&hash);
        shown.refused.insert(hash, now);
    }

    fn forget(&self, key: KeyId) {
        self.shown().opened.retain(|_, (_, actor)| actor.kind != ActorKind::Key(key));
    }
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its name, for people.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// Which shops it sees.
    pub shops: ShopScope,
}

/// A key as its list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its number.
    pub key_id: KeyId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The shops it is tied to; empty where it sees all.
    pub shops: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was shown last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// A key that was made, with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatedKey {
    /// Its number.
    pub key_id: KeyId,
    /// The secret; kept nowhere but sealed, for a repeat of the same request.
    pub secret: String,
}

/// The kept answer of a request that made a secret: whoever repeats it gets the secret again,
/// nobody else, and the database alone does not tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed<T> {
    /// What was made.
    pub(crate) made: T,
    secret: String,
}

impl<T> Sealed<T> {
    pub(crate) fn close(
        operations: &Operations,
        actor: &Actor,
        made: T,
        secret: &str,
    ) -> Result<Self, Error> {
        Ok(Self { made, secret: operations.vault.seal(&purpose(actor), secret)? })
    }

    pub(crate) fn open(&self, operations: &Operations, actor: &Actor) -> Result<String, Error> {
        operations.vault.open_sealed(&purpose(actor), &self.secret)
    }
}

fn purpose(actor: &Actor) -> String {
    format!("answer|{}|{}", actor.program, actor.identity())
}

/// A request's key that is another's for every other actor.
pub(crate) fn own_key(actor: &Actor, key: &RequestKey) -> RequestKey {
    RequestKey { fingerprint: format!("{}|{}", actor.identity(), key.fingerprint), ..key.clone() }
}

/// Why a key could not be made or taken back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It would do more than its maker may.
    #[error("a key cannot have the right {0}, which its maker lacks")]
    NotYours(&'static str),
    /// It would see shops its maker does not.
    #[error("a key cannot see shops that its maker does not see")]
    NotYourShops,
    /// There is no such key.
    #[error("there is no key {0}")]
    NoKey(KeyId),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for KeyError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

pub(crate) fn new_secret() -> Result<String, Error> {
    Ok(format!("hui_{}", BASE64.encode(random::<32>()?)))
}

pub(crate) fn list_text(list: &[impl AsRef<str>]) -> String {
    let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    serde_json::json!(list).to_string()
}

pub(crate) fn read_list(text: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(text).map_err(|error| Error::unreadable("list", error))
}

pub(crate) fn shop_list(shops: &ShopScope) -> &[String] {
    match shops {
        ShopScope::All => &[],
        ShopScope::Only(shops) => shops,
    }
}

/// Whether these can be names of shops, as `channel/shop` or `shop`.
pub(crate) fn are_shops(shops: &ShopScope) -> bool {
    match shops {
        ShopScope::All => true,
        ShopScope::Only(shops) => {
            let range = 1..=200;
            range.contains(&shops.len()) && shops.iter().all(|shop| range.contains(&shop.len()))
        }
    }
}

/// Adds a key within a transaction that writes.
pub(crate) async fn add(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    new: &NewKey,
    secret: &str,
) -> Result<KeyId, Error> {
    let scopes: Vec<&str> = new.rights.iter().map(Right::name).collect();
    let row = KeyRow {
        program,
        id: KeyId(operations.ids.clone().next_id()),
        name: new.name.clone(),
        scopes: list_text(&scopes),
        shops: list_text(shop_list(&new.shops)),
        created_at: operations.clock.now(),
        revoked_at: None,
        last_used_at: None,
    };
    keys::insert(tx, &row, &fingerprint(secret.as_bytes())).await?;
    Ok(row.id)
}

/// Makes a key that may do no more than whoever makes it.
pub async fn create_key(
    operations: &Operations,
    actor: &Actor,
    new: NewKey,
    key: Option<&RequestKey>,
) -> Result<Answer<CreatedKey>, KeyError> {
    if new.name.trim().is_empty() || new.name.len() > 100 {
        return Err(KeyError::Invalid { field: "name", problem: "must have 1 to 100 bytes" });
    }
    if new.rights == Rights::NONE {
        return Err(KeyError::Invalid { field: "scopes", problem: "must not be empty" });
    }
    if !are_shops(&new.shops) {
        return Err(KeyError::Invalid { field: "shops", problem: "must name 1 to 200 shops" });
    }
    if let Some(right) = new.rights.iter().find(|right| !actor.may(*right)) {
        return Err(KeyError::NotYours(right.name()));
    }
    if !new.shops.is_within(&actor.shops) {
        return Err(KeyError::NotYourShops);
    }
    let key = key.map(|key| own_key(actor, key));
    let secret = new_secret()?;
    let now = operations.clock.now();
    let answer: Answer<Sealed<KeyId>> =
        single::<_, KeyError, _>(operations, actor.program, key.as_ref(), now, async |tx| {
            let key_id = add(operations, tx, actor.program, &new, &secret).await?;
            let scopes: Vec<&str> = new.rights.iter().map(Right::name).collect();
            let detail = serde_json::json!({
                "name": new.name, "scopes": scopes, "shops": shop_list(&new.shops)
            });
            let line = AuditLine::new("key.create", key_id, detail);
            audit::append(tx, actor, now, &[line]).await?;
            Ok(Ok(Sealed::close(operations, actor, key_id, &secret)?))
        })
        .await?;
    let secret = answer.receipt.open(operations, actor)?;
    Ok(answer.map(|sealed| CreatedKey { key_id: sealed.made, secret }))
}

/// The keys of a program, latest first.
pub async fn list_keys(operations: &Operations, actor: &Actor) -> Result<Vec<Key>, KeyError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = keys::list(&mut tx, actor.program).await?;
    tx.rollback().await?;
    let show = |row: KeyRow| {
        Ok(Key {
            key_id: row.id,
            scopes: read_list(&row.scopes)?,
            shops: read_list(&row.shops)?,
            name: row.name,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    };
    rows.into_iter().map(show).collect()
}

/// Takes a key back; one that was taken back before stays so. Other processes refuse it within
/// five seconds.
pub async fn revoke_key(
    operations: &Operations,
    actor: &Actor,
    key: KeyId,
) -> Result<(), KeyError> {
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    let row = keys::lock(&mut tx, actor.program, key).await?.ok_or(KeyError::NoKey(key))?;
    if row.revoked_at.is_none() {
        keys::revoke(&mut tx, actor.program, key, now).await?;
        let line = AuditLine::new("key.revoke", key, serde_json::json!({ "name": row.name }));
        audit::append(&mut tx, actor, now, &[line]).await?;
    }
    tx.commit().await?;
    operations.doors.forget(key);
    Ok(())
}

/// Whose key a secret is; none for one that is unknown or was taken back.
pub async fn authenticate_key(
    operations: &Operations,
    secret: &str,
) -> Result<Option<Actor>, Error> {
    let hash = fingerprint(secret.as_bytes());
    let now = machine_now();
    match operations.doors.believed(&hash, now) {
        Lately::Opened(actor) => return Ok(Some(actor)),
        Lately::Refused => return Ok(None),
        Lately::NotShown => {}
    }
    let mut tx = operations.store.snapshot().await?;
    let row = keys::by_secret(&mut tx, &hash).await?;
    tx.rollback().await?;
    let Some(row) = row.filter(|row| row.revoked_at.is_none()) else {
        operations.doors.refuse(hash, now);
        return Ok(None);
    };
    let scopes = read_list(&row.scopes)?;
    let actor = Actor {
        program: row.program,
        kind: ActorKind::Key(row.id),
        name: row.name,
        rights: scopes.iter().filter_map(|scope| Right::named(scope)).collect(),
        shops: ShopScope::of_list(read_list(&row.shops)?),
    };
    let last_used = row.last_used_at.map_or(i64::MIN, |at| at.0);
    if last_used.saturating_add(MINUTE) <= now.0 {
        let mut tx = operations.store.begin().await?;
        keys::touch(&mut tx, row.program, row.id, now).await?;
        tx.commit().await?;
    }
    operations.doors.remember(hash, now, actor.clone());
    Ok(Some(actor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_believed_for_five_seconds() {
        let doors = Doors::default();
        let mut actor = Actor::system(ProgramId(1), "x");
        actor.kind = ActorKind::Key(KeyId(7));
        doors.remember("hash".to_owned(), Timestamp(0), actor.clone());

        assert_eq!(doors.believed("hash", Timestamp(BELIEVED - 1)), Lately::Opened(actor));
        assert_eq!(doors.believed("hash", Timestamp(BELIEVED)), Lately::NotShown);
        doors.forget(KeyId(7));
        assert_eq!(doors.believed("hash", Timestamp(0)), Lately::NotShown);
    }

    #[test]
    fn a_secret_that_opened_nothing_is_looked_up_again_after_a_second() {
        let doors = Doors::default();
        doors.refuse("hash".to_owned(), Timestamp(0));

        assert_eq!(doors.believed("hash", Timestamp(TURNED_AWAY - 1)), Lately::Refused);
        assert_eq!(doors.believed("hash", Timestamp(TURNED_AWAY)), Lately::NotShown);
    }

    #[test]
    fn guesses_push_out_no_key_in_use() {
        let doors = Doors::default();
        let actor = Actor::system(ProgramId(1), "x");
        doors.remember("hash".to_owned(), Timestamp(0), actor.clone());
        for guess in 0..=REMEMBERED {
            doors.refuse(format!("guess {guess}"), Timestamp(0));
        }

        assert_eq!(doors.believed("hash", Timestamp(1)), Lately::Opened(actor));
        assert!(doors.shown().refused.len() <= REMEMBERED);
    }
}
