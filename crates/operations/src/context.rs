//! What every operation stands on: the store, the clock, the numbers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use hui_loyalty::ids::ProgramId;
use hui_store::audit::Place;
use hui_store::vault::Vault;
use hui_store::{Error, Store, shops};

use crate::checkout::quotes::QuoteShelf;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::keys::Doors;
use crate::rules::RulesCache;

/// The store, the clock, the numbers, the keys and the rules; cheap to clone.
#[derive(Debug, Clone)]
pub struct Operations {
    /// The database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where new identifiers come from.
    pub ids: Ids,
    /// Encrypts personal data and indexes identities.
    pub vault: Vault,
    /// The compiled rules of each program.
    pub rules: RulesCache,
    /// Channels and shops already known to be registered.
    pub places: Places,
    /// Keys shown lately, and how many passwords are checked at once.
    pub doors: Doors,
    /// Quotes that a lock may still name and that are not in the database.
    pub quotes: QuoteShelf,
}

impl Operations {
    /// With nothing known yet.
    pub fn new(store: Store, clock: Clock, ids: Ids, vault: Vault) -> Self {
        Self {
            store,
            clock,
            ids,
            vault,
            rules: RulesCache::default(),
            places: Places::default(),
            doors: Doors::default(),
            quotes: QuoteShelf::default(),
        }
    }
}

/// What this process has seen: channels and shops registered, and how far the audit log holds;
/// clones share it.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    channels: HashMap<ProgramId, Arc<HashSet<String>>>,
    met: HashSet<(ProgramId, String, String)>,
    shops: HashSet<(ProgramId, String, String)>,
    audited: HashMap<ProgramId, Place>,
}

impl Places {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a program's channels after one was registered.
    pub fn forget(&self, program: ProgramId) {
        self.seen().channels.remove(&program);
    }

    /// Up to where the audit log was found to hold.
    pub(crate) fn verified_audit(&self, program: ProgramId) -> Place {
        self.seen().audited.get(&program).cloned().unwrap_or_default()
    }

    /// Notes up to where the audit log holds.
    pub(crate) fn note_verified_audit(&self, program: ProgramId, place: Place) {
        let mut seen = self.seen();
        let known = seen.audited.entry(program).or_default();
        if known.seq < place.seq {
            *known = place;
        }
    }

    /// Whether a shop is known to be registered.
    pub(crate) fn knows_shop(&self, program: ProgramId, channel: &str, shop: &str) -> bool {
        self.seen().shops.contains(&(program, channel.to_owned(), shop.to_owned()))
    }

    /// Notes a shop whose registration was committed or is about to be.
    ///
    /// Only the second note counts: the first may belong to a transaction that failed.
    pub(crate) fn note_shop(&self, program: ProgramId, channel: &str, shop: &str) {
        let mut seen = self.seen();
        let name = (program, channel.to_owned(), shop.to_owned());
        if !seen.met.insert(name.clone()) {
            seen.shops.insert(name);
        }
    }
}

/// The channels every program has.
pub const CHANNELS: [&str; 12] = [
    "pos",
    "mini_program",
    "app",
    "web",
    "tmall",
    "jd",
    "douyin",
    "vipshop",
    "wechat_shop",
    "xiaohongshu",
    "youzan",
    "kuaishou",
];

impl Operations {
    /// The built-in and the registered channels of a program; one registered by
    /// another process is seen within a minute, at the latest when it is asked for.
    pub(crate) async fn known_channels(
        &self,
        program: ProgramId,
    ) -> Result<Arc<HashSet<String>>, Error> {
        if let Some(known) = self.places.seen().channels.get(&program) {
            return Ok(Arc::clone(known));
        }
        let mut tx = self.store.snapshot().await?;
        let mut channels: HashSet<String> = CHANNELS.iter().map(|&name| name.to_owned()).collect();
        channels.extend(shops::channels(&mut tx, program).await?);
        tx.rollback().await?;
        let channels = Arc::new(channels);
        self.places.seen().channels.insert(program, Arc::clone(&channels));
        Ok(channels)
    }
}
