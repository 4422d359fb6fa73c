//! Notes of the staff about members, encrypted with the member's key.

use hui_loyalty::ids::{MemberId, NoteId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::{Error, Row, Tx};

/// A note as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// Its number.
    pub id: NoteId,
    /// The member it was written about; its key opens the text.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// The text, encrypted.
    pub text_cipher: String,
}

/// Adds a note.
pub async fn insert(tx: &mut Tx, program: ProgramId, row: &NoteRow) -> Result<(), Error> {
    tx.execute(
        "insert into notes (program_id, note_id, member_id, at, author, text_cipher)
         values ($1, $2, $3, $4, $5, $6)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.member.0.into(),
            row.at.0.into(),
            (&row.author).into(),
            (&row.text_cipher).into(),
        ],
    )
    .await?;
    Ok(())
}

/// The notes about a member and whoever was merged into it, latest first.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    limit: i64,
) -> Result<Vec<NoteRow>, Error> {
    let rows = tx
        .fetch(
            "with recursive family (member_id) as (
                 select cast($2 as bigint)
                 union select m.absorbed_id from merges m
                     join family f on f.member_id = m.survivor_id
                     where m.program_id = $1 and m.undone_at is null
             )
             select n.note_id, n.member_id, n.at, n.author, n.text_cipher
             from notes n join family f on f.member_id = n.member_id
             where n.program_id = $1 order by n.note_id desc limit $3",
            &[program.0.into(), member.0.into(), limit.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(NoteRow {
            id: NoteId(row.int(0)?),
            member: MemberId(row.int(1)?),
            at: Timestamp(row.int(2)?),
            author: row.text(3)?,
            text_cipher: row.text(4)?,
        })
    };
    rows.iter().map(read).collect()
}
