//! The audit log: every administrative change, reveal, export and sign-in, in its own transaction.

use hui_loyalty::ids::MemberId;
use hui_loyalty::time::Timestamp;
use hui_store::audit::{self, AuditRow};
use hui_store::{Error, Tx};

use crate::actor::Actor;
use crate::context::Operations;

use hui_store::audit::Place;
pub use hui_store::audit::{Chain, Filter};

/// What a reason must be that stands in the log.
pub(crate) const REASON: &str = "must have 1 to 500 bytes";

/// Whether a text is such a reason.
pub(crate) fn is_reason(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 500
}

/// What is to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// What was done, such as `points.adjust`.
    pub action: String,
    /// To what.
    pub object: String,
    /// The member it concerns.
    pub member: Option<MemberId>,
    /// The particulars, without personal data.
    pub detail: serde_json::Value,
}

impl AuditLine {
    /// A line about something that is no member.
    pub fn new(action: &str, object: impl std::fmt::Display, detail: serde_json::Value) -> Self {
        Self { action: action.to_owned(), object: object.to_string(), member: None, detail }
    }

    /// The same about a member.
    #[must_use]
    pub fn about(mut self, member: MemberId) -> Self {
        self.member = Some(member);
        self
    }
}

/// Notes lines at the end of the log; comes last in a transaction.
pub async fn append(
    tx: &mut Tx,
    actor: &Actor,
    now: Timestamp,
    lines: &[AuditLine],
) -> Result<(), Error> {
    let mut rows: Vec<AuditRow> = lines
        .iter()
        .map(|line| AuditRow {
            seq: 0,
            at: now,
            actor: actor.label(),
            action: line.action.clone(),
            object: line.object.clone(),
            member: line.member,
            detail: line.detail.to_string(),
            previous_hash: String::new(),
            hash: String::new(),
        })
        .collect();
    audit::append(tx, actor.program, &mut rows).await
}

/// The log, latest first, before a place.
pub async fn list_audit(
    operations: &Operations,
    actor: &Actor,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    let mut tx = operations.store.snapshot().await?;
    let rows = audit::list(&mut tx, actor.program, filter, before, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Whether the chain holds from where this process verified it last to the end.
///
/// The first time that is all of it. A change to what was verified before is found by
/// [`verify_audit`], which `hui verify` runs.
pub async fn verify_new_audit(operations: &Operations, actor: &Actor) -> Result<Chain, Error> {
    let known: Place = operations.places.verified_audit(actor.program);
    let mut tx = operations.store.snapshot().await?;
    let (chain, holds_to) = audit::verify_from(&mut tx, actor.program, known).await?;
    tx.rollback().await?;
    if chain.broken_at.is_none() {
        operations.places.note_verified_audit(actor.program, holds_to);
    }
    Ok(chain)
}

/// Whether the chain holds from the first line to the end.
pub async fn verify_audit(operations: &Operations, actor: &Actor) -> Result<Chain, Error> {
    let mut tx = operations.store.snapshot().await?;
    let chain = audit::verify(&mut tx, actor.program).await?;
    tx.rollback().await?;
    Ok(chain)
}
