//! Identities: who had which value, from when until when.
//!
//! A live value has at most one row (a partial unique index). A transaction that
//! meets a value nobody has claims it first, so two first events of one person on
//! two channels cannot make two members.

use hui_loyalty::ids::{IdentityId, MemberId, ProgramId};
use hui_loyalty::members::IdentityKind;
use hui_loyalty::time::Timestamp;

use crate::members::{at, member_set};
use crate::{Column, Error, Row, Set, Tx};

/// An identity as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Its number.
    pub id: IdentityId,
    /// What kind of value it is.
    pub kind: IdentityKind,
    /// The app, platform, seller or issuer; empty where the kind has none.
    pub scope: String,
    /// The blind index of kind, scope and value.
    pub index: String,
    /// The value, encrypted with its member's key.
    pub value_cipher: Option<String>,
    /// Whose it is; none while it is only claimed.
    pub member: Option<MemberId>,
    /// Whose event brought it.
    pub home: Option<MemberId>,
    /// Whether somebody vouched for it.
    pub verified: bool,
    /// The channel of the event that brought it.
    pub channel: Option<String>,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when; live without.
    pub valid_until: Option<Timestamp>,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("identity_id"),
    Column::Text("kind"),
    Column::Text("scope"),
    Column::Text("value_index"),
    Column::Text("value_cipher"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Int("verified"),
    Column::Text("channel"),
    Column::Int("valid_from"),
    Column::Int("valid_until"),
];

const SELECT: &str = "i.identity_id, i.kind, i.scope, i.value_index, i.value_cipher, i.member_id,
    i.home_id, i.verified, i.channel, i.valid_from, i.valid_until";

fn read(row: &Row) -> Result<IdentityRow, Error> {
    Ok(IdentityRow {
        id: IdentityId(row.int(0)?),
        kind: row.str(1)?.parse().map_err(|error| Error::unreadable("identity kind", error))?,
        scope: row.text(2)?,
        index: row.text(3)?,
        value_cipher: row.opt_text(4)?,
        member: row.opt_int(5)?.map(MemberId),
        home: row.opt_int(6)?.map(MemberId),
        verified: row.flag(7)?,
        channel: row.opt_text(8)?,
        valid_from: Timestamp(row.int(9)?),
        valid_until: at(row.opt_int(10)?),
    })
}

fn set_of<'a>(program: ProgramId, rows: impl IntoIterator<Item = &'a IdentityRow>) -> Set {
    let mut set = Set::new(COLUMNS);
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            row.kind.name().into(),
            (&row.scope).into(),
            (&row.index).into(),
            (&row.value_cipher).into(),
            row.member.map(|id| id.0).into(),
            row.home.map(|id| id.0).into(),
            row.verified.into(),
            (&row.channel).into(),
            row.valid_from.0.into(),
            row.valid_until.map(|at| at.0).into(),
        ]);
    }
    set
}

const INDEX: &[Column] = &[Column::Text("value_index")];

/// The live identities with these blind indexes.
pub async fn find(
    tx: &mut Tx,
    program: ProgramId,
    indexes: &[&str],
) -> Result<Vec<IdentityRow>, Error> {
    let mut set = Set::with_capacity(INDEX, indexes.len());
    for index in indexes {
        set.push(&[(*index).into()]);
    }
    let sql = format!(
        "select {SELECT} from {{set}} cross join identities i
         where i.program_id = $1 and i.value_index = s.value_index and i.valid_until is null"
    );
    tx.fetch_set(&sql, &[program.0.into()], set).await?.iter().map(read).collect()
}

/// Claims values nobody has: adds rows without a member, sorted, and leaves those that exist.
///
/// Waits for another transaction that is claiming the same value; afterwards
/// [`find`] sees what it made of it. Answers the indexes that were claimed here.
pub async fn claim(
    tx: &mut Tx,
    program: ProgramId,
    rows: &mut [IdentityRow],
) -> Result<Vec<String>, Error> {
    rows.sort_by(|a, b| a.index.cmp(&b.index));
    let sql =
        "insert into identities (program_id, identity_id, kind, scope, value_index, value_cipher,
            member_id, home_id, verified, channel, valid_from, valid_until)
        select s.program_id, s.identity_id, s.kind, s.scope, s.value_index, s.value_cipher,
            s.member_id, s.home_id, s.verified, s.channel, s.valid_from, s.valid_until
        from {set} where true
        on conflict (program_id, value_index) where valid_until is null do nothing
        returning value_index";
    let answered = tx.fetch_set(sql, &[], set_of(program, rows.iter())).await?;
    answered.iter().map(|row| row.text(0)).collect()
}

/// Adds identities that were not claimed before (their owner is locked and the value free).
pub async fn insert<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a IdentityRow>,
) -> Result<(), Error> {
    tx.insert("identities", set_of(program, rows)).await?;
    Ok(())
}

/// Writes changed identities.
pub async fn update<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a IdentityRow>,
) -> Result<(), Error> {
    let sql = "update identities set value_cipher = s.value_cipher, member_id = s.member_id,
            home_id = s.home_id, verified = s.verified, channel = s.channel, valid_until = s.valid_until
        from {set}
        where identities.program_id = s.program_id and identities.identity_id = s.identity_id";
    tx.execute_set(sql, &[], set_of(program, rows)).await?;
    Ok(())
}

/// Gives up claims that came to nothing.
pub async fn give_up(
    tx: &mut Tx,
    program: ProgramId,
    claims: impl IntoIterator<Item = IdentityId>,
) -> Result<(), Error> {
    const ID: &[Column] = &[Column::Int("identity_id")];
    let set = Set::of_ints(ID, claims.into_iter().map(|id| id.0));
    tx.execute_set(
        "delete from identities where program_id = $1 and member_id is null
         and identity_id in (select s.identity_id from {set})",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Every identity members have or had, live ones first.
pub async fn of_members(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<Vec<IdentityRow>, Error> {
    let sql = format!(
        "select {SELECT} from {{set}} cross join identities i
         where i.program_id = $1 and i.member_id = s.member_id
         order by i.valid_until is not null, i.valid_from, i.identity_id"
    );
    tx.fetch_set(&sql, &[program.0.into()], member_set(members)).await?.iter().map(read).collect()
}

/// Who had a value over time, earliest first.
pub async fn history(
    tx: &mut Tx,
    program: ProgramId,
    index: &str,
) -> Result<Vec<IdentityRow>, Error> {
    let sql = format!(
        "select {SELECT} from identities i
         where i.program_id = $1 and i.value_index = $2 and i.member_id is not null
         order by i.valid_from, i.identity_id"
    );
    tx.fetch(&sql, &[program.0.into(), index.into()]).await?.iter().map(read).collect()
}
