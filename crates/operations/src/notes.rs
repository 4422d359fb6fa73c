//! Notes of the staff about members, and personal data shown in clear with a reason.

use std::cell::RefCell;
use std::collections::HashMap;

use hui_loyalty::ids::{IdentityId, MemberId, NewIds as _, NoteId};
use hui_loyalty::members::IdentityKind;
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::notes::{self, NoteRow};
use hui_store::vault::MemberKey;
use hui_store::{Error, Tx, identities, members};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Right};
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::read_members::find;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// How long a note may be, in bytes.
pub const NOTE_BYTES_MAX: usize = 2000;
/// How short a reason to see data in clear may be, in characters, spaces around it apart.
pub const REASON_MIN: usize = 4;

/// Why a note could not be added, or nothing was shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoteError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such member, or the actor does not see it.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// The actor may not.
    #[error("the right {} is needed", .0.name())]
    Forbidden(Right),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for NoteError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// A note, in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its number.
    pub note_id: NoteId,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// The text.
    pub text: String,
}

fn field_of(note: NoteId) -> String {
    format!("note:{}", note.0)
}

async fn open_keys(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    of: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, MemberKey>, Error> {
    let wrapped = members::load_keys(tx, actor.program, of).await?;
    let open = |(member, wrapped): (MemberId, String)| {
        let key = operations.vault.open_member_key(actor.program, member, &wrapped)?;
        Ok((member, key))
    };
    wrapped.into_iter().map(open).collect()
}

/// Writes a note about a member, encrypted with the member's key.
pub async fn add_note(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    text: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<Note>, NoteError> {
    if text.trim().is_empty() || text.len() > NOTE_BYTES_MAX {
        return Err(NoteError::Invalid { field: "text", problem: "must have 1 to 2000 bytes" });
    }
    let now = operations.clock.now();
    let answer: Answer<Written> = single(operations, actor.program, key, now, async |tx| {
        Ok(add_note_in(operations, tx, actor, member, text, now).await)
    })
    .await?;
    // The text is not kept with the answer: it is the request's own.
    let told =
        |Written { note_id, at, author }| Note { note_id, at, author, text: text.to_owned() };
    Ok(answer.map(told))
}

/// What is kept of an answer to a new note: nothing of its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    note_id: NoteId,
    at: Timestamp,
    author: String,
}

async fn add_note_in(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    text: &str,
    now: Timestamp,
) -> Result<Written, NoteError> {
    let row = find(tx, actor, member).await?.ok_or(NoteError::NoMember(member))?;
    // Locked and looked up again: the member may be merged or erased at this very moment.
    members::lock_with_survivors(tx, actor.program, [row.id]).await?;
    let row = find(tx, actor, member).await?.ok_or(NoteError::NoMember(member))?;
    let keys = open_keys(operations, tx, actor, [row.id]).await?;
    let key = keys.get(&row.id).ok_or(NoteError::NoMember(member))?;
    let note_id = NoteId(operations.ids.clone().next_id());
    let note = NoteRow {
        id: note_id,
        member: row.id,
        at: now,
        author: actor.name.clone(),
        text_cipher: operations.vault.encrypt(key, &field_of(note_id), text)?,
    };
    notes::insert(tx, actor.program, &note).await?;
    let line = AuditLine::new("note.add", note_id, serde_json::json!({})).about(row.id);
    audit::append(tx, actor, now, &[line]).await?;
    Ok(Written { note_id, at: now, author: note.author })
}

/// The latest 500 notes about a member and whoever was merged into it, latest first.
pub async fn list_notes(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
) -> Result<Vec<Note>, NoteError> {
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(NoteError::NoMember(member))?;
    let rows = notes::list(&mut tx, actor.program, row.id, 500).await?;
    let keys = open_keys(operations, &mut tx, actor, rows.iter().map(|note| note.member)).await?;
    tx.rollback().await?;
    let mut shown = Vec::with_capacity(rows.len());
    for note in rows {
        // Whose key was dropped, of them no note can be read any more.
        let Some(key) = keys.get(&note.member) else { continue };
        let text = operations.vault.decrypt(key, &field_of(note.id), &note.text_cipher)?;
        shown.push(Note { note_id: note.id, at: note.at, author: note.author, text });
    }
    Ok(shown)
}

/// An identity in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealedIdentity {
    /// Its number.
    pub id: IdentityId,
    /// What kind of value it is.
    pub kind: IdentityKind,
    /// The app, platform, seller or issuer; empty where the kind has none.
    pub scope: String,
    /// The value.
    pub value: String,
}

/// A member's personal data in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed {
    /// Who it is.
    pub member: MemberId,
    /// The name.
    pub name: Option<String>,
    /// The phone shown to staff.
    pub phone: Option<String>,
    /// The date of birth, `YYYY-MM-DD`.
    pub birthday: Option<String>,
    /// The live identities.
    pub identities: Vec<RevealedIdentity>,
}

/// Shows a member's personal data in clear; who looked, and why, stands in the audit log before
/// anything is answered.
///
/// Nothing of what is shown is kept with the answer: the same request sent again shows what is
/// there by then, and stands in the audit log again.
pub async fn reveal(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<Revealed>, NoteError> {
    if !actor.may(Right::MembersReveal) {
        return Err(NoteError::Forbidden(Right::MembersReveal));
    }
    if reason.trim().chars().count() < REASON_MIN || reason.len() > 500 {
        return Err(NoteError::Invalid {
            field: "reason",
            problem: "must have at least 4 characters and at most 500 bytes",
        });
    }
    let now = operations.clock.now();
    let shown = RefCell::new(None);
    let answer =
        single::<(), NoteError, _>(
            operations,
            actor.program,
            key,
            now,
            async |tx| match reveal_in(operations, tx, actor, member, reason, now).await {
                Ok(revealed) => {
                    shown.replace(Some(revealed));
                    Ok(Ok(()))
                }
                Err(error) => Ok(Err(error)),
            },
        )
        .await?;
    if let Some(revealed) = shown.into_inner().filter(|_| !answer.replayed) {
        return Ok(Answer::first(revealed));
    }
    let mut tx = operations.store.begin().await?;
    let revealed = reveal_in(operations, &mut tx, actor, member, reason, now).await?;
    tx.commit().await?;
    Ok(Answer::again(revealed))
}

async fn reveal_in(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    reason: &str,
    now: Timestamp,
) -> Result<Revealed, NoteError> {
    let row = find(tx, actor, member).await?.ok_or(NoteError::NoMember(member))?;
    let known = identities::of_members(tx, actor.program, [row.id]).await?;
    let homes = known.iter().filter_map(|one| one.home).chain([row.id]);
    let keys = open_keys(operations, tx, actor, homes).await?;
    let vault = &operations.vault;
    let own = |field: &str, cipher: Option<&String>| {
        let (key, cipher) = (keys.get(&row.id)?, cipher?);
        Some(vault.decrypt(key, field, cipher))
    };
    let name = own("name", row.name_cipher.as_ref()).transpose()?;
    let phone = own("phone", row.phone_cipher.as_ref()).transpose()?;
    let mut live = Vec::new();
    for one in known.into_iter().filter(|one| one.valid_until.is_none()) {
        let key = keys.get(&one.home.unwrap_or(row.id));
        if let (Some(key), Some(cipher)) = (key, &one.value_cipher) {
            let value = vault.decrypt(key, one.kind.name(), cipher)?;
            live.push(RevealedIdentity { id: one.id, kind: one.kind, scope: one.scope, value });
        }
    }
    let detail = serde_json::json!({ "reason": reason });
    let line = AuditLine::new("member.reveal", row.id, detail).about(row.id);
    audit::append(tx, actor, now, &[line]).await?;
    Ok(Revealed { member: row.id, name, phone, birthday: row.birthday, identities: live })
}
