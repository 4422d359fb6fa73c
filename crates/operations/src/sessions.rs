//! Signing in to the console: sessions, lock-out, one's own password and authenticator.
//!
//! Sessions, lock-outs and one-time codes go by the machine's clock, in a sandbox too: moving the
//! sandbox a year on must not sign anybody out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hui_loyalty::ids::StaffId;
use hui_loyalty::time::{MINUTE, Timestamp};
use hui_store::staff::{self, SessionRow, StaffRow};
use hui_store::vault::{fingerprint, random};
use hui_store::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Role, ShopScope};
use crate::audit::{self, AuditLine};
use crate::clock::machine_now;
use crate::context::Operations;
use crate::keys::read_list;
use crate::slices::StoreFailed;
use crate::staff::{StaffError, check_password};
use crate::{passwords, totp};

/// How many seconds a session lives without being seen: twelve hours.
pub const IDLE_S: i64 = 12 * 3600;
/// How many seconds it lives at the longest: seven days.
pub const SESSION_S: i64 = 7 * 24 * 3600;
/// How many failures in a row lock an account out.
pub const FAILURES_MAX: i64 = 10;
/// For how many seconds at first: a quarter of an hour; twice as long each further time.
pub const LOCKED_S: i64 = 900;
/// For how many seconds at the longest: a day.
pub const LOCKED_MAX_S: i64 = 24 * 3600;

/// Why nobody was signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// The name, the password or both are wrong, or the account is disabled or locked out: which
    /// of these it is, nobody learns who cannot sign in.
    #[error("name or password is wrong")]
    Refused,
    /// The password is right, and the authenticator's code is asked for.
    #[error("the authenticator's code is needed")]
    TotpNeeded,
    /// The password is right, the authenticator's code is not.
    #[error("the authenticator's code is wrong")]
    TotpWrong,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for SignInError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// A session that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// What the browser shows; kept nowhere.
    pub token: String,
    /// What requests that change something must repeat.
    pub csrf: String,
    /// Who signed in.
    pub actor: Actor,
    /// The name for people.
    pub display_name: String,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

/// A session that is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub actor: Actor,
    /// What requests that change something must repeat.
    pub csrf: String,
    /// The name for people.
    pub display_name: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// What is kept, sealed, of an account's authenticator.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Authenticator {
    /// The secret, base 32.
    secret: String,
    /// Whether its holder has shown a code of it; before, it is not asked for.
    confirmed: bool,
    /// The step of the last code that counted.
    last_step: i64,
}

const SEALED_FOR: &str = "totp";

fn authenticator(operations: &Operations, row: &StaffRow) -> Result<Option<Authenticator>, Error> {
    let Some(cipher) = &row.totp_cipher else { return Ok(None) };
    let text = operations.vault.open_sealed(&sealed_for(row), cipher)?;
    let known =
        serde_json::from_str(&text).map_err(|error| Error::unreadable("authenticator", error))?;
    Ok(Some(known))
}

fn sealed_for(row: &StaffRow) -> String {
    format!("{SEALED_FOR}|{}|{}", row.program.0, row.id.0)
}

fn seal(operations: &Operations, row: &mut StaffRow, known: &Authenticator) -> Result<(), Error> {
    let text =
        serde_json::to_string(known).map_err(|error| Error::unreadable("authenticator", error))?;
    row.totp_cipher = Some(operations.vault.seal(&sealed_for(row), &text)?);
    Ok(())
}

/// Whether an account's authenticator is asked for.
pub(crate) fn needs_totp(operations: &Operations, row: &StaffRow) -> Result<bool, Error> {
    Ok(authenticator(operations, row)?.is_some_and(|known| known.confirmed))
}

impl Authenticator {
    /// Uses up a code, if it is right.
    fn takes(&mut self, code: &str, now: Timestamp) -> bool {
        let secret = totp::from_base32(&self.secret).unwrap_or_default();
        let step = totp::step_of(&secret, code.trim(), now, self.last_step);
        self.last_step = step.unwrap_or(self.last_step);
        step.is_some()
    }
}

/// Who an account is.
pub(crate) fn actor_of(row: &StaffRow) -> Result<Actor, Error> {
    let role = Role::named(&row.role).ok_or_else(|| Error::unreadable("role", &row.role))?;
    let shops = ShopScope::of_list(read_list(&row.shops)?);
    if role.is_of_a_store() && shops == ShopScope::All {
        return Err(Error::unreadable("account", "of a store, without shops"));
    }
    Ok(Actor {
        program: row.program,
        kind: ActorKind::Staff(row.id, role),
        name: row.name.clone(),
        rights: role.rights(),
        shops,
    })
}

fn is_locked(row: &StaffRow, now: Timestamp) -> bool {
    row.locked_until.is_some_and(|until| now < until)
}

/// Counts a failure; every tenth since signing in last succeeded locks the account out.
fn fail(row: &mut StaffRow, now: Timestamp) {
    row.failed_count += 1;
    if row.failed_count % FAILURES_MAX == 0 {
        let before = row.failed_count / FAILURES_MAX - 1;
        // Beyond the seventh doubling a day is reached.
        let seconds = LOCKED_S << before.clamp(0, 7);
        row.locked_until = Some(now.plus_seconds(seconds.min(LOCKED_MAX_S)));
    }
}

/// Signs somebody in.
///
/// An unknown name, a wrong password, a disabled and a locked account get one answer, after the
/// same work. Ten failures in a row, wrong codes among them, lock an account for a quarter of an
/// hour; ten more for twice as long, up to a day.
pub async fn sign_in(
    operations: &Operations,
    name: &str,
    password: &str,
    code: Option<&str>,
) -> Result<SignedIn, SignInError> {
    let mut tx = operations.store.snapshot().await?;
    let found = staff::by_name(&mut tx, name).await?;
    tx.rollback().await?;
    let hash = found.as_ref().map(|row| row.password_hash.as_str());
    let password = if password.len() > passwords::LENGTH_MAX { "" } else { password };
    let right = passwords::is_right(password, hash).await?;
    let Some(found) = found else { return Err(SignInError::Refused) };

    let now = machine_now();
    let mut tx = operations.store.begin().await?;
    let row = staff::lock(&mut tx, found.program, found.id).await?;
    let Some(mut row) = row else { return Err(SignInError::Refused) };
    if !row.is_active || is_locked(&row, now) || row.password_hash != found.password_hash {
        tx.rollback().await?;
        return Err(SignInError::Refused);
    }
    let outcome = match (right, authenticator(operations, &row)?) {
        (false, _) => Err(SignInError::Refused),
        (true, Some(mut known)) if known.confirmed => match code {
            None => Err(SignInError::TotpNeeded),
            Some(code) if known.takes(code, now) => {
                seal(operations, &mut row, &known)?;
                Ok(())
            }
            Some(_) => Err(SignInError::TotpWrong),
        },
        (true, _) => Ok(()),
    };
    let actor = actor_of(&row)?;
    if let Err(error) = outcome {
        if !matches!(error, SignInError::TotpNeeded) {
            fail(&mut row, now);
            staff::update(&mut tx, &row).await?;
            let detail = serde_json::json!({ "locked": is_locked(&row, now) });
            note(operations, &mut tx, &actor, "session.refuse", detail).await?;
        }
        tx.commit().await?;
        return Err(error);
    }
    row.failed_count = 0;
    row.locked_until = None;
    staff::update(&mut tx, &row).await?;
    let signed_in = begin(&mut tx, &row, actor, now).await?;
    staff::forget_sessions(&mut tx, now, now.plus_seconds(-IDLE_S)).await?;
    note(operations, &mut tx, &signed_in.actor, "session.begin", serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(signed_in)
}

async fn begin(
    tx: &mut Tx,
    row: &StaffRow,
    actor: Actor,
    now: Timestamp,
) -> Result<SignedIn, Error> {
    let token = BASE64.encode(random::<32>()?);
    let csrf = BASE64.encode(random::<24>()?);
    let session = SessionRow {
        program: row.program,
        staff: row.id,
        csrf: csrf.clone(),
        created_at: now,
        expires_at: now.plus_seconds(SESSION_S),
        last_seen_at: now,
    };
    staff::insert_session(tx, &fingerprint(token.as_bytes()), &session).await?;
    let display_name = row.display_name.clone();
    Ok(SignedIn { token, csrf, actor, display_name, expires_at: session.expires_at })
}

async fn note(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let line = AuditLine::new(action, &actor.name, detail);
    audit::append(tx, actor, operations.clock.now(), &[line]).await
}

fn is_over(session: &SessionRow, now: Timestamp) -> bool {
    now >= session.expires_at || now >= session.last_seen_at.plus_seconds(IDLE_S)
}

/// The session of a token; none when it is unknown or over, or its account was disabled.
///
/// A session that is seen lives another twelve hours, and never more than seven days in all.
pub async fn check_session(operations: &Operations, token: &str) -> Result<Option<Session>, Error> {
    let hash = fingerprint(token.as_bytes());
    let now = machine_now();
    let mut tx = operations.store.snapshot().await?;
    let found = staff::session(&mut tx, &hash).await?;
    tx.rollback().await?;
    let Some((session, account)) = found else { return Ok(None) };
    if is_over(&session, now) || !account.is_active {
        return Ok(None);
    }
    if session.last_seen_at.0.saturating_add(MINUTE) <= now.0 {
        let mut tx = operations.store.begin().await?;
        staff::touch_session(&mut tx, &hash, now).await?;
        tx.commit().await?;
    }
    Ok(Some(Session {
        actor: actor_of(&account)?,
        csrf: session.csrf,
        display_name: account.display_name,
        expires_at: session.expires_at,
    }))
}

/// Ends a session; one that is over already stays so.
pub async fn sign_out(operations: &Operations, token: &str) -> Result<(), Error> {
    let hash = fingerprint(token.as_bytes());
    let mut tx = operations.store.begin().await?;
    if let Some((_, account)) = staff::session(&mut tx, &hash).await? {
        staff::delete_session(&mut tx, &hash).await?;
        let actor = actor_of(&account)?;
        note(operations, &mut tx, &actor, "session.end", serde_json::json!({})).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn own(actor: &Actor) -> Result<StaffId, StaffError> {
    match actor.kind {
        ActorKind::Staff(id, _) => Ok(id),
        ActorKind::Key(_) | ActorKind::System => Err(StaffError::NotStaff),
    }
}

async fn own_account(tx: &mut Tx, actor: &Actor) -> Result<StaffRow, StaffError> {
    let id = own(actor)?;
    staff::lock(tx, actor.program, id).await?.ok_or(StaffError::NoStaff(id))
}

/// Whether a password is one's own; a wrong one counts towards the lock-out.
async fn prove(operations: &Operations, actor: &Actor, password: &str) -> Result<(), StaffError> {
    let mut tx = operations.store.begin().await?;
    let row = own_account(&mut tx, actor).await?;
    tx.rollback().await?;
    let now = machine_now();
    let password = if password.len() > passwords::LENGTH_MAX { "" } else { password };
    let right = passwords::is_right(password, Some(&row.password_hash)).await?;
    if right && !is_locked(&row, now) {
        return Ok(());
    }
    let mut tx = operations.store.begin().await?;
    let mut row = own_account(&mut tx, actor).await?;
    if !is_locked(&row, now) {
        fail(&mut row, now);
        staff::update(&mut tx, &row).await?;
    }
    tx.commit().await?;
    Err(StaffError::WrongPassword)
}

/// Changes one's own password; every other session of the account ends.
pub async fn change_own_password(
    operations: &Operations,
    actor: &Actor,
    token: &str,
    current: &str,
    new: &str,
) -> Result<(), StaffError> {
    check_password(new)?;
    prove(operations, actor, current).await?;
    let password_hash = passwords::hash(new).await?;
    let mut tx = operations.store.begin().await?;
    let mut row = own_account(&mut tx, actor).await?;
    row.password_hash = password_hash;
    staff::update(&mut tx, &row).await?;
    let kept = fingerprint(token.as_bytes());
    staff::delete_sessions(&mut tx, row.program, row.id, Some(&kept)).await?;
    note(operations, &mut tx, actor, "staff.password", serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// What an authenticator has to know; shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpSetup {
    /// An `otpauth:` address, to be shown as a QR code.
    pub uri: String,
    /// The secret in base 32, to be typed.
    pub secret: String,
}

/// Begins to set up one's own authenticator; it is asked for once a code was confirmed.
///
/// One that is confirmed has to be taken off before.
pub async fn begin_totp(operations: &Operations, actor: &Actor) -> Result<TotpSetup, StaffError> {
    let secret = totp::base32(&random::<{ totp::SECRET_BYTES }>()?);
    let mut tx = operations.store.begin().await?;
    let mut row = own_account(&mut tx, actor).await?;
    if authenticator(operations, &row)?.is_some_and(|known| known.confirmed) {
        return Err(StaffError::TotpThere);
    }
    let known = Authenticator { secret: secret.clone(), confirmed: false, last_step: 0 };
    seal(operations, &mut row, &known)?;
    staff::update(&mut tx, &row).await?;
    tx.commit().await?;
    // Names have no character that an address would have to escape.
    let uri = format!("otpauth://totp/Hui:{}?secret={secret}&issuer=Hui", row.name);
    Ok(TotpSetup { uri, secret })
}

/// Confirms one's own authenticator with a code it shows: from now on it is asked for.
pub async fn confirm_totp(
    operations: &Operations,
    actor: &Actor,
    code: &str,
) -> Result<(), StaffError> {
    change_totp(operations, actor, code, "staff.totp_on", |known| !known.confirmed).await
}

/// Takes one's own authenticator off, with a code it shows.
pub async fn remove_totp(
    operations: &Operations,
    actor: &Actor,
    code: &str,
) -> Result<(), StaffError> {
    change_totp(operations, actor, code, "staff.totp_off", |known| known.confirmed).await
}

async fn change_totp(
    operations: &Operations,
    actor: &Actor,
    code: &str,
    action: &str,
    fits: impl Fn(&Authenticator) -> bool,
) -> Result<(), StaffError> {
    let now = machine_now();
    let mut tx = operations.store.begin().await?;
    let mut row = own_account(&mut tx, actor).await?;
    let mut known =
        authenticator(operations, &row)?.filter(|known| fits(known)).ok_or(StaffError::NoTotp)?;
    if is_locked(&row, now) || !known.takes(code, now) {
        if !is_locked(&row, now) {
            fail(&mut row, now);
            staff::update(&mut tx, &row).await?;
        }
        tx.commit().await?;
        return Err(StaffError::WrongCode);
    }
    if known.confirmed {
        row.totp_cipher = None;
    } else {
        known.confirmed = true;
        seal(operations, &mut row, &known)?;
    }
    staff::update(&mut tx, &row).await?;
    note(operations, &mut tx, actor, action, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hui_loyalty::ids::ProgramId;

    use super::*;

    fn account() -> StaffRow {
        StaffRow {
            program: ProgramId(1),
            id: StaffId(2),
            name: "li.na".to_owned(),
            display_name: "李娜".to_owned(),
            password_hash: String::new(),
            totp_cipher: None,
            role: "store_manager".to_owned(),
            shops: r#"["pos/S1"]"#.to_owned(),
            is_active: true,
            created_at: Timestamp(0),
            failed_count: 0,
            locked_until: None,
        }
    }

    #[test]
    fn the_tenth_failure_locks_out_for_a_quarter_of_an_hour() {
        let mut row = account();
        for _ in 0..9 {
            fail(&mut row, Timestamp(0));
        }
        assert!(!is_locked(&row, Timestamp(0)));
        fail(&mut row, Timestamp(0));

        assert!(is_locked(&row, Timestamp(LOCKED_S * 1_000_000 - 1)));
        assert!(!is_locked(&row, Timestamp(LOCKED_S * 1_000_000)));
    }

    #[test]
    fn each_further_ten_failures_lock_out_for_twice_as_long_up_to_a_day() {
        let mut row = account();
        let mut minutes = Vec::new();
        for _ in 0..9 {
            for _ in 0..FAILURES_MAX {
                fail(&mut row, Timestamp(0));
            }
            minutes.push(row.locked_until.unwrap().0 / MINUTE);
        }

        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        row.failed_count = i64::from(u32::MAX) * FAILURES_MAX - 1;
        fail(&mut row, Timestamp(0));
        assert_eq!(row.locked_until, Some(Timestamp(0).plus_seconds(LOCKED_MAX_S)));
    }

    #[test]
    fn a_session_is_over_twelve_hours_after_it_was_seen_and_after_seven_days() {
        let mut session = SessionRow {
            program: ProgramId(1),
            staff: StaffId(2),
            csrf: String::new(),
            created_at: Timestamp(0),
            expires_at: Timestamp(0).plus_seconds(SESSION_S),
            last_seen_at: Timestamp(0),
        };
        let idle = Timestamp(0).plus_seconds(IDLE_S);
        assert!(!is_over(&session, Timestamp(idle.0 - 1)));
        assert!(is_over(&session, idle));

        session.last_seen_at = Timestamp(session.expires_at.0 - 1);
        assert!(!is_over(&session, Timestamp(session.expires_at.0 - 1)));
        assert!(is_over(&session, session.expires_at));
    }

    #[test]
    fn an_account_of_a_store_sees_its_shops_and_never_all() {
        let mut row = account();
        assert_eq!(actor_of(&row).unwrap().shops, ShopScope::Only(vec!["pos/S1".to_owned()]));

        row.shops = "[]".to_owned();
        assert!(actor_of(&row).is_err());
    }
}
