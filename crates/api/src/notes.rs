//! Notes about members, and their personal data shown in clear with a reason.

use axum::Json;
use hui_loyalty::ids::{MemberId, NoteId};
use hui_loyalty::members::IdentityKind;
use hui_loyalty::time::Timestamp;
use hui_operations::notes::{Note, Revealed, add_note, list_notes, reveal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, OptionalIdempotencyKey, OptionalKeyHeader, request_key};
use crate::paging::Page;
use crate::params::At;
use crate::problem::Problem;
use crate::wire::Refusals;

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteBody {
    #[schema(value_type = String)]
    note_id: NoteId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who wrote it.
    actor: String,
    text: String,
}

impl From<Note> for NoteBody {
    fn from(note: Note) -> Self {
        Self { note_id: note.note_id, at: note.at, actor: note.author, text: note.text }
    }
}

/// A note to be added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "喜欢敏感肌系列"}))]
pub(crate) struct NewNoteBody {
    /// 1 to 2,000 bytes.
    text: String,
}

/// What of a member's personal data can be shown in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevealField {
    /// The name.
    Name,
    /// The phone.
    Phone,
    /// The date of birth.
    Birthday,
    /// The e-mail addresses' first.
    Email,
}

/// Which fields to show, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"fields": ["phone"], "reason": "回访客诉"}))]
pub(crate) struct RevealBody {
    /// At least one.
    fields: Vec<RevealField>,
    /// Why; it stands in the audit log. 1 to 500 bytes.
    reason: String,
}

/// Personal data in clear: the fields that were asked for.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RevealedBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birthday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl RevealedBody {
    fn of(revealed: Revealed, fields: &[RevealField]) -> Self {
        let asked = |field| fields.contains(&field);
        let email = revealed.identities.into_iter().find(|one| one.kind == IdentityKind::Email);
        Self {
            name: revealed.name.filter(|_| asked(RevealField::Name)),
            phone: revealed.phone.filter(|_| asked(RevealField::Phone)),
            birthday: revealed.birthday.filter(|_| asked(RevealField::Birthday)),
            email: email.map(|one| one.value).filter(|_| asked(RevealField::Email)),
        }
    }
}

/// The notes about a member, latest first
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/notes",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = Page<NoteBody>)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Page<NoteBody>>, Problem> {
    let notes = allowed.run(async move |hui, actor| list_notes(hui, actor, id).await).await?;
    Ok(Json(Page::whole(notes.into_iter().map(NoteBody::from).collect())))
}

/// Add a note about a member
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/notes",
    tag = "members",
    params(OptionalKeyHeader, ("id" = String, Path, description = "The member")),
    request_body = NewNoteBody,
    responses((status = OK, body = NoteBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name, codes::INPUT_REFUSED.name])))
)]
pub(crate) async fn add(
    allowed: Allowed<needs::MembersWrite>,
    At(id): At<MemberId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<NewNoteBody>,
) -> Result<Answer<NoteBody>, Problem> {
    let key = key.map(|key| request_key("members/notes", key, &id, &body));
    let mut refusals = Refusals::default();
    let text = refusals.text("/text", &body.text, hui_operations::notes::NOTE_BYTES_MAX);
    refusals.into_result()?;
    let answer = allowed
        .run(async move |hui, actor| add_note(hui, actor, id, &text, key.as_ref()).await)
        .await?;
    Ok(Answer::of(answer))
}

/// Show a member's personal data in clear
///
/// Who looked, and why, stands in the audit log before anything is answered. Nothing that is
/// shown is kept: the same request sent again shows what is there by then, and is noted again.
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/reveal",
    tag = "members",
    params(OptionalKeyHeader, ("id" = String, Path, description = "The member")),
    request_body = RevealBody,
    responses((status = OK, body = RevealedBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name, codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name, codes::INPUT_REFUSED.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::MembersReveal>,
    At(id): At<MemberId>,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    Input(body): Input<RevealBody>,
) -> Result<Answer<RevealedBody>, Problem> {
    let key = key.map(|key| request_key("members/reveal", key, &id, &body));
    let mut refusals = Refusals::default();
    let reason = refusals.text("/reason", &body.reason, 500);
    if body.fields.is_empty() {
        refusals.add("/fields", &codes::INPUT_REFUSED, "name at least one field");
    }
    refusals.into_result()?;
    let answer = allowed
        .run(async move |hui, actor| reveal(hui, actor, id, &reason, key.as_ref()).await)
        .await?;
    Ok(Answer::ok(RevealedBody::of(answer.receipt, &body.fields), answer.replayed))
}
