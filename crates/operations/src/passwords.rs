//! Passwords: argon2id, off the threads that answer requests.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use hui_store::Error;
use tokio::sync::Semaphore;

/// At most two at once: each takes 19 MiB and a core for tens of milliseconds.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// How short a password may be, in characters.
pub(crate) const LENGTH_MIN: usize = 8;
/// How long it may be, in bytes.
pub(crate) const LENGTH_MAX: usize = 256;

/// A hash that no password is known for; checked where there is no account, so that a name that
/// does not exist takes as long to refuse as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let permit = AT_ONCE.acquire().await.map_err(|error| Error::unreadable("password", error))?;
    let done = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if nobody waits for it any more.
        let _permit = permit;
        work()
    });
    done.await.map_err(|error| Error::unreadable("password", error))?
}

/// The hash of a password, with a salt of its own, as a PHC string.
pub(crate) async fn hash(password: &str) -> Result<String, Error> {
    let password = password.to_owned();
    aside(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        let hash: PasswordHash = hash.map_err(|error| Error::unreadable("password", error))?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether a password is the one hashed; without a hash it is not, after the same time.
pub(crate) async fn is_right(password: &str, hash: Option<&str>) -> Result<bool, Error> {
    let password = password.to_owned();
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODY).to_owned();
    aside(move || {
        let hash =
            PasswordHash::new(&hash).map_err(|error| Error::unreadable("password hash", error))?;
        let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        Ok(right && known)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let hash = hash("correct horse").await.unwrap();

        assert!(hash.starts_with("$argon2id$"));
        assert!(is_right("correct horse", Some(&hash)).await.unwrap());
        assert!(!is_right("correct horsf", Some(&hash)).await.unwrap());
        assert!(!is_right("correct horse", None).await.unwrap());
    }
}
