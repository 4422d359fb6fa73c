//! Accounts of the staff and their sessions.

use hui_loyalty::ids::{ProgramId, StaffId};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Error, Row, Tx};

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRow {
    /// The program it belongs to.
    pub program: ProgramId,
    /// Its number.
    pub id: StaffId,
    /// The name to sign in with; one account per name on a server.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// The password, hashed.
    pub password_hash: String,
    /// The authenticator's secret, sealed.
    pub totp_cipher: Option<String>,
    /// The role's name.
    pub role: String,
    /// The shops it sees, as a JSON list; empty where it sees all.
    pub shops: String,
    /// Whether it can sign in.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often signing in failed since it last succeeded.
    pub failed_count: i64,
    /// Until when it is locked out; free at this instant.
    pub locked_until: Option<Timestamp>,
}

const SELECT: &str =
    "program_id, staff_id, name, display_name, password_hash, totp_cipher, role, shops,
    state, created_at, failed_count, locked_until";

fn read(row: &Row) -> Result<StaffRow, Error> {
    Ok(StaffRow {
        program: ProgramId(row.int(0)?),
        id: StaffId(row.int(1)?),
        name: row.text(2)?,
        display_name: row.text(3)?,
        password_hash: row.text(4)?,
        totp_cipher: row.opt_text(5)?,
        role: row.text(6)?,
        shops: row.text(7)?,
        is_active: row.str(8)? == "active",
        created_at: Timestamp(row.int(9)?),
        failed_count: row.int(10)?,
        locked_until: at(row.opt_int(11)?),
    })
}

const fn state(is_active: bool) -> &'static str {
    if is_active { "active" } else { "disabled" }
}

/// Adds an account unless its name is taken; says whether it did.
pub async fn insert(tx: &mut Tx, row: &StaffRow) -> Result<bool, Error> {
    let added = tx
        .execute(
            "insert into staff (program_id, staff_id, name, display_name, password_hash,
                 totp_cipher, role, shops, state, created_at, failed_count, locked_until)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (name) do nothing",
            &[
                row.program.0.into(),
                row.id.0.into(),
                (&row.name).into(),
                (&row.display_name).into(),
                (&row.password_hash).into(),
                (&row.totp_cipher).into(),
                (&row.role).into(),
                (&row.shops).into(),
                state(row.is_active).into(),
                row.created_at.0.into(),
                row.failed_count.into(),
                row.locked_until.map(|at| at.0).into(),
            ],
        )
        .await?;
    Ok(added > 0)
}

/// Writes everything of an account but its name.
pub async fn update(tx: &mut Tx, row: &StaffRow) -> Result<(), Error> {
    tx.execute(
        "update staff set display_name = $3, password_hash = $4, totp_cipher = $5, role = $6,
             shops = $7, state = $8, failed_count = $9, locked_until = $10
         where program_id = $1 and staff_id = $2",
        &[
            row.program.0.into(),
            row.id.0.into(),
            (&row.display_name).into(),
            (&row.password_hash).into(),
            (&row.totp_cipher).into(),
            (&row.role).into(),
            (&row.shops).into(),
            state(row.is_active).into(),
            row.failed_count.into(),
            row.locked_until.map(|at| at.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// The account of a name, of whichever program.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<StaffRow>, Error> {
    let sql = format!("select {SELECT} from staff where name = $1");
    tx.fetch_one(&sql, &[name.into()]).await?.as_ref().map(read).transpose()
}

/// One account, locked.
pub async fn lock(tx: &mut Tx, program: ProgramId, id: StaffId) -> Result<Option<StaffRow>, Error> {
    let sql =
        format!("select {SELECT} from staff where program_id = $1 and staff_id = $2 {{lock}}");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read).transpose()
}

/// Every account of a program, locked, by name.
pub async fn lock_all(tx: &mut Tx, program: ProgramId) -> Result<Vec<StaffRow>, Error> {
    let sql =
        format!("select {SELECT} from staff where program_id = $1 order by staff_id {{lock}}");
    tx.fetch(&sql, &[program.0.into()]).await?.iter().map(read).collect()
}

/// The accounts of a program, by name.
pub async fn list(tx: &mut Tx, program: ProgramId) -> Result<Vec<StaffRow>, Error> {
    let sql = format!("select {SELECT} from staff where program_id = $1 order by name limit 10000");
    tx.fetch(&sql, &[program.0.into()]).await?.iter().map(read).collect()
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The account's program.
    pub program: ProgramId,
    /// The account.
    pub staff: StaffId,
    /// What requests that change something must repeat.
    pub csrf: String,
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// When it ends at the latest; gone at this instant.
    pub expires_at: Timestamp,
    /// When it was seen last, to the minute.
    pub last_seen_at: Timestamp,
}

/// Begins a session with the digest of its token.
pub async fn insert_session(tx: &mut Tx, hash: &str, row: &SessionRow) -> Result<(), Error> {
    tx.execute(
        "insert into sessions
             (session_hash, program_id, staff_id, csrf, created_at, expires_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            hash.into(),
            row.program.0.into(),
            row.staff.0.into(),
            (&row.csrf).into(),
            row.created_at.0.into(),
            row.expires_at.0.into(),
            row.last_seen_at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// The session whose token has this digest, with its account.
pub async fn session(tx: &mut Tx, hash: &str) -> Result<Option<(SessionRow, StaffRow)>, Error> {
    let row = tx
        .fetch_one(
            "select program_id, staff_id, csrf, created_at, expires_at, last_seen_at
             from sessions where session_hash = $1",
            &[hash.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let session = SessionRow {
        program: ProgramId(row.int(0)?),
        staff: StaffId(row.int(1)?),
        csrf: row.text(2)?,
        created_at: Timestamp(row.int(3)?),
        expires_at: Timestamp(row.int(4)?),
        last_seen_at: Timestamp(row.int(5)?),
    };
    let sql = format!("select {SELECT} from staff where program_id = $1 and staff_id = $2");
    let account = tx.fetch_one(&sql, &[session.program.0.into(), session.staff.0.into()]).await?;
    Ok(account.as_ref().map(read).transpose()?.map(|account| (session, account)))
}

/// Notes that a session was seen.
pub async fn touch_session(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<(), Error> {
    let cells = [hash.into(), now.0.into()];
    tx.execute("update sessions set last_seen_at = $2 where session_hash = $1", &cells).await?;
    Ok(())
}

/// Ends a session.
pub async fn delete_session(tx: &mut Tx, hash: &str) -> Result<(), Error> {
    tx.execute("delete from sessions where session_hash = $1", &[hash.into()]).await?;
    Ok(())
}

/// Ends the sessions of an account, but for one where it is named.
pub async fn delete_sessions(
    tx: &mut Tx,
    program: ProgramId,
    staff: StaffId,
    but: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "delete from sessions
         where program_id = $1 and staff_id = $2 and ($3 is null or session_hash <> $3)",
        &[program.0.into(), staff.0.into(), but.into()],
    )
    .await?;
    Ok(())
}

/// Forgets sessions that ended or were not seen since an instant.
pub async fn forget_sessions(
    tx: &mut Tx,
    now: Timestamp,
    unseen_since: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        "delete from sessions where expires_at <= $1 or last_seen_at <= $2",
        &[now.0.into(), unseen_since.0.into()],
    )
    .await
}
