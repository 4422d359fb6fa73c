//! The rules in force: compiled once per version, looked up for every slice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hui_loyalty::ids::ProgramId;
use hui_loyalty::program::problems::Problem;
use hui_loyalty::program::reading::read;
use hui_loyalty::program::versions::in_force;
use hui_loyalty::program::{Program, check};
use hui_loyalty::time::Timestamp;
use hui_store::{Error, Tx, versions};

/// The compiled versions of every program this process has met; clones share them.
#[derive(Debug, Clone, Default)]
pub struct RulesCache(Arc<Mutex<HashMap<ProgramId, Known>>>);

#[derive(Debug, Clone, Default)]
struct Known {
    versions: Arc<Vec<(i64, Timestamp)>>,
    compiled: HashMap<i64, Arc<Program>>,
}

/// A program's rules over time, as one transaction sees them.
#[derive(Debug, Clone)]
pub struct Rules {
    versions: Arc<Vec<(i64, Timestamp)>>,
    compiled: HashMap<i64, Arc<Program>>,
}

impl Rules {
    /// The version in force at an instant, and its rules. Before the first version the first counts.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when the program has no version at all.
    pub fn at(&self, at: Timestamp) -> Result<(i64, Arc<Program>), Error> {
        in_force(&self.versions, at)
            .or_else(|| self.versions.first().map(|(version, _)| *version))
            .and_then(|version| Some((version, Arc::clone(self.compiled.get(&version)?))))
            .ok_or_else(|| Error::unreadable("program", "no version"))
    }

    /// The rules in force at an instant; none before the first version.
    pub fn in_force(&self, at: Timestamp) -> Option<Arc<Program>> {
        self.compiled.get(&in_force(&self.versions, at)?).map(Arc::clone)
    }

    /// Every version with the instant it takes effect, and its rules.
    pub fn all(&self) -> impl Iterator<Item = (i64, Timestamp, &Program)> {
        self.versions.iter().filter_map(|(version, effective_at)| {
            self.compiled.get(version).map(|program| (*version, *effective_at, program.as_ref()))
        })
    }

    /// The versions and the instants they take effect.
    pub fn versions(&self) -> &[(i64, Timestamp)] {
        &self.versions
    }
}

impl RulesCache {
    /// The rules of a program. One short query tells whether another process has published since.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when a stored document no longer checks.
    pub async fn load(&self, tx: &mut Tx, program: ProgramId) -> Result<Rules, Error> {
        let newest = versions::newest(tx, program).await?;
        let known = self.known(program);
        if known.versions.last().map_or(0, |(version, _)| *version) == newest {
            return Ok(Rules { versions: known.versions, compiled: known.compiled });
        }
        let list = versions::list(tx, program).await?;
        let mut compiled = known.compiled;
        for (version, _) in &list {
            if !compiled.contains_key(version) {
                let text = versions::document(tx, program, *version)
                    .await?
                    .ok_or_else(|| Error::unreadable("program version", version))?;
                compiled.insert(*version, Arc::new(compile(&text)?));
            }
        }
        let fresh = Known { versions: Arc::new(list), compiled };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(program, fresh.clone());
        Ok(Rules { versions: fresh.versions, compiled: fresh.compiled })
    }

    fn known(&self, program: ProgramId) -> Known {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&program)
            .cloned()
            .unwrap_or_default()
    }
}

fn compile(text: &str) -> Result<Program, Error> {
    let value = serde_json::from_str(text).map_err(|error| Error::unreadable("program", error))?;
    let problems = |problems: Vec<Problem>| {
        let first = problems.into_iter().map(|problem| problem.code).next();
        Error::unreadable("program", first.unwrap_or_default())
    };
    let document = read(value).map_err(problems)?;
    check(&document).map_err(problems)
}
