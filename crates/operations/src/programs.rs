//! Programs and their rules: made, drafted, checked, published.

use hui_loyalty::ids::{NewIds as _, ProgramId, StaffId};
use hui_loyalty::program::problems::{Problem, Severity};
use hui_loyalty::program::reading::read;
use hui_loyalty::program::versions::in_force as version_in_force;
use hui_loyalty::program::{Document, check, default_document};
use hui_loyalty::publishing::{Outside, look};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::coupons::templates;
use hui_store::programs::{self, ProgramRow, VersionRow};
use hui_store::staff::{self, StaffRow};
use hui_store::vault::fingerprint;
use hui_store::{Error, Tx, keys, orders, settings, versions};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::{Actor, Rights, Role, ShopScope};
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::keys::{NewKey, Sealed, add, new_secret, own_key};
use crate::passwords;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// How long a document may be, in bytes of JSON.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// The most coupon templates that a check looks at: the latest.
const TEMPLATES_MAX: i64 = 500;
/// The name of the program a server starts with.
pub const DEFAULT_NAME: &str = "default";

/// Why a program could not be made, drafted or published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProgramError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such program, or it has no rules.
    #[error("there is no such program")]
    NoProgram,
    /// There is no such version.
    #[error("there is no version {0}")]
    NoVersion(i64),
    /// Nothing was drafted.
    #[error("there is no draft")]
    NoDraft,
    /// Rules cannot begin to decide before they are published.
    #[error("the rules would take effect at {0}, which has passed")]
    EffectiveInPast(Timestamp),
    /// The document is not fit to be published.
    #[error("the rules have {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for ProgramError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// A program that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatedProgram {
    /// Its number.
    pub program_id: ProgramId,
    /// The secret of a key that may do everything in it; kept nowhere but sealed, for a repeat
    /// of the same request.
    pub api_key: String,
}

/// Whether a version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Its time is still to come.
    Scheduled,
    /// It decides now.
    InForce,
    /// A later one decides.
    Over,
}

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// From when on it decides.
    pub effective_at: Timestamp,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// What its publisher noted.
    pub note: Option<String>,
    /// Whether it decides now.
    pub phase: Phase,
}

impl Version {
    fn of(row: VersionRow, phase: Phase) -> Self {
        Self {
            version: row.version,
            effective_at: row.effective_at,
            published_at: row.published_at,
            published_by: row.published_by,
            note: row.note,
            phase,
        }
    }
}

/// Rules with their version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionedRules {
    /// The version's number.
    pub version: i64,
    /// From when on it decides.
    pub effective_at: Timestamp,
    /// The rules.
    pub document: Value,
}

/// Rules that are being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The rules as they were written.
    pub document: Value,
    /// How often the draft was written.
    pub revision: i64,
    /// When it was written last.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::unreadable("program", error))
}

/// A document's text in YAML, of which JSON is a part, as a value.
///
/// # Errors
///
/// Where the text is not YAML, or no mapping of texts to values.
pub fn parse_yaml(text: &str) -> Result<Value, Problem> {
    yaml_serde::from_str(text).map_err(|error| Problem {
        pointer: String::new(),
        code: "program.syntax".to_owned(),
        line: error.location().and_then(|at| u32::try_from(at.line()).ok()),
        column: error.location().and_then(|at| u32::try_from(at.column()).ok()),
        message: error.to_string(),
        message_zh: None,
        severity: Severity::Error,
    })
}

/// Makes a program with the default rules and a key that may do everything in it.
pub async fn create_program(
    operations: &Operations,
    actor: &Actor,
    name: &str,
    currency: &str,
    time_zone: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<CreatedProgram>, ProgramError> {
    let key = key.map(|key| own_key(actor, key));
    let secret = new_secret()?;
    let document = document_of(name, currency, time_zone)?;
    let now = operations.clock.now();
    let answer: Answer<Sealed<ProgramId>> =
        single::<_, ProgramError, _>(operations, actor.program, key.as_ref(), now, async |tx| {
            let program_id = make(operations, tx, actor, name, &document).await?;
            add_full_key(operations, tx, program_id, &secret).await?;
            note(operations, tx, actor, program_id, name).await?;
            Ok(Ok(Sealed::close(operations, actor, program_id, &secret)?))
        })
        .await?;
    let api_key = answer.receipt.open(operations, actor)?;
    Ok(answer.map(|sealed| CreatedProgram { program_id: sealed.made, api_key }))
}

fn document_of(name: &str, currency: &str, time_zone: &str) -> Result<Document, ProgramError> {
    if name.trim().is_empty() || name.len() > 100 {
        return Err(ProgramError::Invalid { field: "name", problem: "must have 1 to 100 bytes" });
    }
    let document = Document {
        currency: currency.to_owned(),
        time_zone: time_zone.to_owned(),
        ..default_document()
    };
    check(&document).map_err(ProgramError::Problems)?;
    Ok(document)
}

async fn make(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    name: &str,
    document: &Document,
) -> Result<ProgramId, Error> {
    let now = operations.clock.now();
    let id = ProgramId(operations.ids.clone().next_id());
    let row = ProgramRow {
        id,
        name: name.to_owned(),
        currency: document.currency.clone(),
        time_zone: document.time_zone.clone(),
        created_at: now,
    };
    programs::insert(tx, &row).await?;
    let version = VersionRow {
        version: 1,
        document: text_of(document)?,
        // Orders from before the program was made are decided by its first rules.
        effective_at: Timestamp(0),
        published_at: now,
        published_by: actor.label(),
        note: None,
    };
    programs::insert_version(tx, id, &version).await?;
    Ok(id)
}

fn text_of(document: &Document) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|error| Error::unreadable("program", error))
}

async fn add_full_key(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    secret: &str,
) -> Result<(), Error> {
    let key = NewKey { name: "first key".to_owned(), rights: Rights::all(), shops: ShopScope::All };
    add(operations, tx, program, &key, secret).await?;
    Ok(())
}

/// The first line of a program's log, by whoever made it.
async fn note(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    program: ProgramId,
    name: &str,
) -> Result<(), Error> {
    let actor = Actor { program, ..actor.clone() };
    let line = AuditLine::new("program.create", program, serde_json::json!({ "name": name }));
    audit::append(tx, &actor, operations.clock.now(), &[line]).await
}

/// The setting that names the default program; every start-up waits for its row.
const DEFAULT_PROGRAM: &str = "program.default";

/// Makes what a server needs to be used: the default program, and where they are given an
/// all-scopes key with this secret and an administrator with this name and password. What is
/// there already stays as it is; a name that is taken keeps its password.
pub async fn bootstrap(
    operations: &Operations,
    api_key: Option<&str>,
    admin: Option<(&str, &str)>,
) -> Result<ProgramId, ProgramError> {
    let password_hash = match admin {
        Some((name, password)) => {
            crate::staff::check_name(name)?;
            crate::staff::check_password(password)?;
            Some(passwords::hash(password).await?)
        }
        None => None,
    };
    let document = document_of(DEFAULT_NAME, "CNY", "Asia/Shanghai")?;
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    settings::lock(&mut tx, settings::SERVER, DEFAULT_PROGRAM).await?;
    let existing = programs::list(&mut tx).await?.into_iter().map(|row| row.id).next();
    let program = if let Some(program) = existing {
        program
    } else {
        let system = Actor::system(ProgramId(0), "start");
        make(operations, &mut tx, &system, DEFAULT_NAME, &document).await?
    };
    let system = Actor::system(program, "start");
    let mut lines = Vec::new();
    if existing.is_none() {
        lines.push(AuditLine::new(
            "program.create",
            program,
            serde_json::json!({ "name": DEFAULT_NAME }),
        ));
    }
    if let Some(secret) = api_key
        && keys::by_secret(&mut tx, &fingerprint(secret.as_bytes())).await?.is_none()
    {
        add_full_key(operations, &mut tx, program, secret).await?;
        lines.push(AuditLine::new("key.create", "first key", serde_json::json!({})));
    }
    if let (Some((name, _)), Some(password_hash)) = (admin, password_hash) {
        let row = StaffRow {
            program,
            id: StaffId(operations.ids.clone().next_id()),
            name: name.to_owned(),
            display_name: name.to_owned(),
            password_hash,
            totp_cipher: None,
            role: Role::Admin.name().to_owned(),
            shops: "[]".to_owned(),
            is_active: true,
            created_at: now,
            failed_count: 0,
            locked_until: None,
        };
        if staff::insert(&mut tx, &row).await? {
            let detail = serde_json::json!({ "name": name, "role": "admin" });
            lines.push(AuditLine::new("staff.create", row.id, detail));
        }
    }
    audit::append(&mut tx, &system, now, &lines).await?;
    tx.commit().await?;
    Ok(program)
}

/// The program, as it was made.
pub async fn program(
    operations: &Operations,
    program: ProgramId,
) -> Result<ProgramRow, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let row = programs::load(&mut tx, program).await?;
    tx.rollback().await?;
    row.ok_or(ProgramError::NoProgram)
}

/// The rules in force now.
pub async fn in_force(
    operations: &Operations,
    actor: &Actor,
) -> Result<VersionedRules, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let known = versions::list(&mut tx, actor.program).await?;
    let version = version_in_force(&known, operations.clock.now())
        .or_else(|| known.first().map(|(version, _)| *version))
        .ok_or(ProgramError::NoProgram)?;
    let rules = load_version(&mut tx, actor.program, version).await?;
    tx.rollback().await?;
    Ok(rules)
}

async fn load_version(
    tx: &mut Tx,
    program: ProgramId,
    version: i64,
) -> Result<VersionedRules, ProgramError> {
    let row = programs::load_version(tx, program, version)
        .await?
        .ok_or(ProgramError::NoVersion(version))?;
    let document = parse(&row.document)?;
    Ok(VersionedRules { version, effective_at: row.effective_at, document })
}

/// The rules of one version.
pub async fn version(
    operations: &Operations,
    actor: &Actor,
    version: i64,
) -> Result<VersionedRules, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let rules = load_version(&mut tx, actor.program, version).await?;
    tx.rollback().await?;
    Ok(rules)
}

/// The latest 500 versions, newest first.
pub async fn list_versions(
    operations: &Operations,
    actor: &Actor,
) -> Result<Vec<Version>, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = programs::list_versions(&mut tx, actor.program, 500).await?;
    tx.rollback().await?;
    let now = operations.clock.now();
    let due = rows.iter().filter(|row| row.effective_at <= now);
    let in_force = due.max_by_key(|row| (row.effective_at, row.version)).map(|row| row.version);
    let phase = |row: &VersionRow| match row.effective_at {
        at if at > now => Phase::Scheduled,
        _ if in_force == Some(row.version) => Phase::InForce,
        _ => Phase::Over,
    };
    Ok(rows
        .into_iter()
        .map(|row| (phase(&row), row))
        .map(|(phase, row)| Version::of(row, phase))
        .collect())
}

/// Keeps rules as a draft, whatever is wrong with them; [`check_draft`] tells.
pub async fn put_draft(
    operations: &Operations,
    actor: &Actor,
    document: Value,
) -> Result<Draft, ProgramError> {
    if !document.is_object() {
        return Err(ProgramError::Invalid { field: "document", problem: "must be an object" });
    }
    let text = document.to_string();
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(ProgramError::Invalid {
            field: "document",
            problem: "must have at most 1 MiB",
        });
    }
    let (now, label) = (operations.clock.now(), actor.label());
    let mut tx = operations.store.begin().await?;
    let revision = programs::save_draft(&mut tx, actor.program, &text, &label, now).await?;
    let detail = serde_json::json!({ "revision": revision });
    let line = AuditLine::new("program.draft", actor.program, detail);
    audit::append(&mut tx, actor, now, &[line]).await?;
    tx.commit().await?;
    Ok(Draft { document, revision, updated_at: now, updated_by: label })
}

/// The draft.
pub async fn get_draft(operations: &Operations, actor: &Actor) -> Result<Draft, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let row = programs::load_draft(&mut tx, actor.program).await?;
    tx.rollback().await?;
    let row = row.ok_or(ProgramError::NoDraft)?;
    Ok(Draft {
        document: parse(&row.document)?,
        revision: row.revision,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
    })
}

/// Everything that is wrong with the draft, warnings among it.
pub async fn check_draft(
    operations: &Operations,
    actor: &Actor,
) -> Result<Vec<Problem>, ProgramError> {
    let mut tx = operations.store.snapshot().await?;
    let row = programs::load_draft(&mut tx, actor.program).await?;
    let row = row.ok_or(ProgramError::NoDraft)?;
    let looked = looked_through(&mut tx, actor, &row.document, operations.clock.now()).await?;
    tx.rollback().await?;
    Ok(looked.1)
}

/// The document, where it can be published, and what is wrong with it: each rule by itself, and
/// how they work together with one another and with coupon templates.
async fn looked_through(
    tx: &mut Tx,
    actor: &Actor,
    text: &str,
    now: Timestamp,
) -> Result<(Option<Document>, Vec<Problem>), ProgramError> {
    let document = match read(parse(text)?) {
        Ok(document) => document,
        Err(problems) => return Ok((None, problems)),
    };
    let program = match check(&document) {
        Ok(program) => program,
        Err(problems) => return Ok((None, problems)),
    };
    let rows = templates::list(tx, actor.program, None, TEMPLATES_MAX).await?;
    let usable = rows.into_iter().filter(|row| !row.paused).map(|row| (row.id, row.template));
    let templates: Vec<_> = usable.collect();
    let found = look(&document, &program, Outside { templates: &templates }, now);
    let is_refused = found.iter().any(|problem| problem.severity == Severity::Error);
    let problems = program.warnings.into_iter().chain(found).collect();
    Ok(((!is_refused).then_some(document), problems))
}

/// Publishes the draft: from `effective_at` on it decides; from now on where that is left out.
///
/// Before the first order is recorded, rules published without a time decide from the
/// beginning: a brand sets its rules first, then brings the orders of its past.
pub async fn publish(
    operations: &Operations,
    actor: &Actor,
    effective_at: Option<Timestamp>,
    note: Option<String>,
    key: Option<&RequestKey>,
) -> Result<Answer<Version>, ProgramError> {
    if note.as_ref().is_some_and(|note| note.len() > 1000) {
        return Err(ProgramError::Invalid {
            field: "note",
            problem: "must have at most 1000 bytes",
        });
    }
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        Ok(publish_in(tx, actor, effective_at, note.clone(), now).await)
    })
    .await
}

async fn publish_in(
    tx: &mut Tx,
    actor: &Actor,
    effective_at: Option<Timestamp>,
    note: Option<String>,
    now: Timestamp,
) -> Result<Version, ProgramError> {
    // Two who publish at once get two numbers, and the second finds no draft.
    programs::lock(tx, actor.program).await?.ok_or(ProgramError::NoProgram)?;
    let effective_at = match effective_at {
        Some(at) if at < now => return Err(ProgramError::EffectiveInPast(at)),
        Some(at) => at,
        None if orders::are_recorded(tx, actor.program).await? => now,
        // Nothing was counted by other rules yet: these decide orders of earlier days too.
        None => Timestamp(0),
    };
    let draft = programs::load_draft(tx, actor.program).await?.ok_or(ProgramError::NoDraft)?;
    let (document, problems) = looked_through(tx, actor, &draft.document, now).await?;
    let Some(document) = document else { return Err(ProgramError::Problems(problems)) };
    let row = VersionRow {
        version: versions::newest(tx, actor.program).await? + 1,
        document: text_of(&document)?,
        effective_at,
        published_at: now,
        published_by: actor.label(),
        note,
    };
    programs::insert_version(tx, actor.program, &row).await?;
    programs::delete_draft(tx, actor.program).await?;
    let detail = serde_json::json!({
        "version": row.version, "effective_at": effective_at, "warnings": problems.len(),
    });
    let line = AuditLine::new("program.publish", row.version, detail);
    audit::append(tx, actor, now, &[line]).await?;
    let phase = if effective_at > now { Phase::Scheduled } else { Phase::InForce };
    Ok(Version::of(row, phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_mean_the_same_document() {
        let yaml = parse_yaml("currency: CNY\ntiers:\n  ladder: []\n").unwrap();
        let json = parse_yaml(r#"{"currency": "CNY", "tiers": {"ladder": []}}"#).unwrap();

        assert_eq!(yaml, json);
    }

    #[test]
    fn broken_yaml_is_a_problem_with_a_place() {
        let problem = parse_yaml("currency: [CNY").unwrap_err();

        assert_eq!(problem.code, "program.syntax");
        assert!(problem.line.is_some());
    }

    #[test]
    fn the_default_document_can_be_published() {
        let value = serde_json::to_value(default_document()).unwrap();

        let document = read(value).unwrap();

        assert_eq!(document, default_document());
        assert!(check(&document).is_ok());
    }
}
