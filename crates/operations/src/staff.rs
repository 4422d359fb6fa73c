//! Accounts of the staff: made, changed, disabled; the last administrator stays.

use hui_loyalty::ids::{NewIds as _, StaffId};
use hui_loyalty::time::Timestamp;
use hui_store::Error;
use hui_store::answers::RequestKey;
use hui_store::staff::{self, StaffRow};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role, ShopScope};
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::keys::{are_shops, list_text, read_list, shop_list};
use crate::passwords;
use crate::programs::ProgramError;
use crate::sessions::needs_totp;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// Why an account could not be made or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StaffError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The name is taken, perhaps in another program of this server.
    #[error("the name is taken")]
    NameTaken,
    /// There is no such account.
    #[error("there is no account {0}")]
    NoStaff(StaffId),
    /// The account may do, or would do, more than whoever changes it.
    #[error("an account cannot be given or changed with rights or shops one lacks oneself")]
    NotYours,
    /// Nobody would be left to manage the accounts.
    #[error("the last active administrator must stay one")]
    LastAdmin,
    /// Whoever asks is no account of the staff.
    #[error("only an account of the staff has a password")]
    NotStaff,
    /// The password given is not the account's, or it is locked out.
    #[error("the password is wrong")]
    WrongPassword,
    /// The code is not what the authenticator shows, or was used before.
    #[error("the authenticator's code is wrong")]
    WrongCode,
    /// There is no authenticator to confirm or to take off.
    #[error("there is no such authenticator")]
    NoTotp,
    /// An authenticator is in use.
    #[error("an authenticator is in use: take it off first")]
    TotpThere,
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for StaffError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is wrong with a value: its field and the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong(&'static str, &'static str);

impl From<Wrong> for StaffError {
    fn from(Wrong(field, problem): Wrong) -> Self {
        Self::Invalid { field, problem }
    }
}

impl From<Wrong> for ProgramError {
    fn from(Wrong(field, problem): Wrong) -> Self {
        Self::Invalid { field, problem }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), Wrong> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        Ok(())
    } else {
        Err(Wrong("name", "must have 1 to 64 letters, digits, '.', '_' or '-'"))
    }
}

pub(crate) fn check_password(password: &str) -> Result<(), Wrong> {
    let long = password.chars().count() >= passwords::LENGTH_MIN;
    if long && password.len() <= passwords::LENGTH_MAX {
        Ok(())
    } else {
        Err(Wrong("password", "must have at least 8 characters and at most 256 bytes"))
    }
}

fn check_display_name(name: &str) -> Result<(), Wrong> {
    if name.trim().is_empty() || name.len() > 100 {
        return Err(Wrong("display_name", "must have 1 to 100 bytes"));
    }
    Ok(())
}

fn check_shops(role: Role, shops: &ShopScope) -> Result<(), Wrong> {
    if role.is_of_a_store() && *shops == ShopScope::All {
        return Err(Wrong("shops", "must name the shops of an account of a store"));
    }
    if !are_shops(shops) {
        return Err(Wrong("shops", "must name 1 to 200 shops"));
    }
    Ok(())
}

/// An account as its list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Its number.
    pub id: StaffId,
    /// The name to sign in with.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// What it is.
    pub role: Role,
    /// The shops it sees; empty where it sees all.
    pub shops: Vec<String>,
    /// Whether it can sign in.
    pub active: bool,
    /// Whether signing in needs an authenticator.
    pub totp: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is locked out after failures.
    pub locked_until: Option<Timestamp>,
}

fn shown(operations: &Operations, row: &StaffRow) -> Result<Staff, Error> {
    Ok(Staff {
        id: row.id,
        name: row.name.clone(),
        display_name: row.display_name.clone(),
        role: role_of(row)?,
        shops: read_list(&row.shops)?,
        active: row.is_active,
        totp: needs_totp(operations, row)?,
        created_at: row.created_at,
        locked_until: row.locked_until,
    })
}

fn role_of(row: &StaffRow) -> Result<Role, Error> {
    Role::named(&row.role).ok_or_else(|| Error::unreadable("role", &row.role))
}

/// Whether an account of this role and these shops does no more than `actor`.
fn is_within(role: Role, shops: &ShopScope, actor: &Actor) -> bool {
    role.rights().are_within(actor.rights) && shops.is_within(&actor.shops)
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStaff {
    /// The name to sign in with.
    pub name: String,
    /// The name for people; the name itself where absent.
    pub display_name: Option<String>,
    /// What it is.
    pub role: Role,
    /// Which shops it sees; the roles of a store need one at least.
    pub shops: ShopScope,
    /// The first password.
    pub password: String,
}

/// Makes an account that may do no more than whoever makes it.
pub async fn create_staff(
    operations: &Operations,
    actor: &Actor,
    new: NewStaff,
    key: Option<&RequestKey>,
) -> Result<Answer<Staff>, StaffError> {
    check_name(&new.name)?;
    check_password(&new.password)?;
    let display_name = new.display_name.unwrap_or_else(|| new.name.clone());
    check_display_name(&display_name)?;
    check_shops(new.role, &new.shops)?;
    if !is_within(new.role, &new.shops, actor) {
        return Err(StaffError::NotYours);
    }
    let now = operations.clock.now();
    let row = StaffRow {
        program: actor.program,
        id: StaffId(operations.ids.clone().next_id()),
        name: new.name,
        display_name,
        password_hash: passwords::hash(&new.password).await?,
        totp_cipher: None,
        role: new.role.name().to_owned(),
        shops: list_text(shop_list(&new.shops)),
        is_active: true,
        created_at: now,
        failed_count: 0,
        locked_until: None,
    };
    single(operations, actor.program, key, now, async |tx| {
        if !staff::insert(tx, &row).await? {
            return Ok(Err(StaffError::NameTaken));
        }
        let detail = serde_json::json!({
            "name": row.name, "role": row.role, "shops": shop_list(&new.shops)
        });
        let line = AuditLine::new("staff.create", row.id, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(shown(operations, &row)?))
    })
    .await
}

/// The accounts of a program, by name.
pub async fn list_staff(operations: &Operations, actor: &Actor) -> Result<Vec<Staff>, StaffError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = staff::list(&mut tx, actor.program).await?;
    tx.rollback().await?;
    rows.iter().map(|row| shown(operations, row).map_err(StaffError::from)).collect()
}

/// What to change of an account; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaffChange {
    /// The name for people.
    pub display_name: Option<String>,
    /// What it is.
    pub role: Option<Role>,
    /// Which shops it sees.
    pub shops: Option<ShopScope>,
    /// Whether it can sign in.
    pub active: Option<bool>,
    /// A new password; it frees a locked account.
    pub password: Option<String>,
    /// Takes the authenticator off, for somebody who lost it.
    pub remove_totp: bool,
}

/// Changes an account. One that is disabled, that gets another role, other shops or a new
/// password, loses its sessions at once.
pub async fn change_staff(
    operations: &Operations,
    actor: &Actor,
    id: StaffId,
    change: StaffChange,
) -> Result<Staff, StaffError> {
    let password_hash = match &change.password {
        Some(password) => {
            check_password(password)?;
            Some(passwords::hash(password).await?)
        }
        None => None,
    };
    let now = operations.clock.now();
    let mut tx = operations.store.begin().await?;
    // All are locked, so that two administrators cannot disable one another at once.
    let mut rows = staff::lock_all(&mut tx, actor.program).await?;
    let place = rows.iter().position(|row| row.id == id).ok_or(StaffError::NoStaff(id))?;
    let mut row = rows.swap_remove(place);
    let was_admin = row.is_active && row.role == Role::Admin.name();
    let before = ShopScope::of_list(read_list(&row.shops)?);
    let role = change.role.unwrap_or(role_of(&row)?);
    let shops = change.shops.clone().unwrap_or_else(|| before.clone());
    check_shops(role, &shops)?;
    if !is_within(role_of(&row)?, &before, actor) || !is_within(role, &shops, actor) {
        return Err(StaffError::NotYours);
    }
    let does_other_work = row.role != role.name() || shops != before;
    role.name().clone_into(&mut row.role);
    row.shops = list_text(shop_list(&shops));
    if let Some(name) = &change.display_name {
        check_display_name(name)?;
        row.display_name.clone_from(name);
    }
    row.is_active = change.active.unwrap_or(row.is_active);
    if change.remove_totp {
        row.totp_cipher = None;
    }
    let is_reset = password_hash.is_some();
    if let Some(hash) = password_hash {
        row.password_hash = hash;
        row.failed_count = 0;
        row.locked_until = None;
    }
    let is_admin = |row: &StaffRow| row.is_active && row.role == Role::Admin.name();
    if was_admin && !is_admin(&row) && !rows.iter().any(is_admin) {
        return Err(StaffError::LastAdmin);
    }
    staff::update(&mut tx, &row).await?;
    if !row.is_active || is_reset || does_other_work {
        staff::delete_sessions(&mut tx, row.program, row.id, None).await?;
    }
    let detail = serde_json::json!({
        "name": row.name, "role": row.role, "shops": shop_list(&shops), "active": row.is_active,
        "password_reset": is_reset, "totp_removed": change.remove_totp,
    });
    let line = AuditLine::new("staff.change", row.id, detail);
    audit::append(&mut tx, actor, now, &[line]).await?;
    tx.commit().await?;
    Ok(shown(operations, &row)?)
}

/// Disables an account; its sessions end at once.
pub async fn disable_staff(
    operations: &Operations,
    actor: &Actor,
    id: StaffId,
) -> Result<Staff, StaffError> {
    let change = StaffChange { active: Some(false), ..StaffChange::default() };
    change_staff(operations, actor, id, change).await
}

/// Gives an account a new password; its sessions end at once.
pub async fn reset_password(
    operations: &Operations,
    actor: &Actor,
    id: StaffId,
    password: String,
) -> Result<Staff, StaffError> {
    let change = StaffChange { password: Some(password), ..StaffChange::default() };
    change_staff(operations, actor, id, change).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_eight_characters_at_least_and_256_bytes_at_most() {
        assert!(check_password("1234567").is_err());
        assert!(check_password("12345678").is_ok());
        assert!(check_password("会惠汇会惠汇会惠").is_ok());
        assert!(check_password(&"x".repeat(256)).is_ok());
        assert!(check_password(&"x".repeat(257)).is_err());
    }

    #[test]
    fn a_store_manager_cannot_make_an_administrator() {
        let shops = ShopScope::Only(vec!["pos/S1".to_owned()]);
        let mut manager = Actor::system(hui_loyalty::ids::ProgramId(1), "m");
        manager.rights = Role::StoreManager.rights();
        manager.shops = shops.clone();

        assert!(is_within(Role::StoreManager, &shops, &manager));
        assert!(!is_within(Role::Admin, &shops, &manager));
        assert!(!is_within(Role::StoreManager, &ShopScope::All, &manager));
    }
}
