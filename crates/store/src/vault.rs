//! The vault: personal data encrypted per field, and blind indexes to find it by.
//!
//! Each member has a key of its own, wrapped by the master key; dropping that
//! row makes the person's data unreadable (erasure). A value is AES-256-GCM with
//! a random nonce; program, member and field are authenticated with it, so a
//! cipher moved to another row does not open. A blind index is the first 16
//! bytes of HMAC-SHA-256 under a key derived per program, kind and scope.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use hui_loyalty::ids::{MemberId, ProgramId};
use sha2::{Digest, Sha256};

use crate::Error;

const NONCE_BYTES: usize = 12;
const VERSION: &str = "1.";
/// The key of a system that nobody has given one; `hui doctor` complains about it.
const DEVELOPMENT_KEY: [u8; 32] = *b"hui development key - not secret";

/// Encrypts and indexes; clones share the keys.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    master: Aes256Gcm,
    index_root: [u8; 32],
    development: bool,
    index_keys: RwLock<HashMap<(ProgramId, String), Hmac<Sha256>>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Vault")
    }
}

/// The opened key of one member.
#[derive(Clone)]
pub struct MemberKey {
    cipher: Aes256Gcm,
    owner: String,
}

impl fmt::Debug for MemberKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("MemberKey")
    }
}

fn cipher(key: &[u8]) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(key).unwrap_or_else(|_| unreachable!("keys have 32 bytes"))
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

fn derive(key: &[u8], purpose: &str) -> [u8; 32] {
    let mut mac = mac(key);
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Random bytes from the operating system.
///
/// # Errors
///
/// [`Error::Unreadable`] when the system has no randomness to give.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::unreadable("randomness", error))?;
    Ok(bytes)
}

/// A digest of bytes that is equal only for equal bytes: SHA-256 in base64url.
pub fn fingerprint(bytes: &[u8]) -> String {
    BASE64.encode(Sha256::digest(bytes))
}

impl Vault {
    /// With a master key of 32 bytes.
    pub fn from_bytes(master: [u8; 32]) -> Self {
        Self(Arc::new(Keys {
            master: cipher(&derive(&master, "hui wrap")),
            index_root: derive(&master, "hui index"),
            development: master == DEVELOPMENT_KEY,
            index_keys: RwLock::new(HashMap::new()),
        }))
    }

    /// With the well-known key for development; it protects nothing.
    pub fn development() -> Self {
        Self::from_bytes(DEVELOPMENT_KEY)
    }

    /// With the key in a file: 32 bytes in base64url.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when the file cannot be read or holds no such key.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::unreadable("master key file", error))?;
        let bytes = BASE64
            .decode(text.trim())
            .map_err(|_| Error::unreadable("master key", "not base64url"))?;
        let key: [u8; 32] =
            bytes.try_into().map_err(|_| Error::unreadable("master key", "not 32 bytes"))?;
        Ok(Self::from_bytes(key))
    }

    /// Writes a new random key to a file that only its owner may read, unless one is there.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when the file exists already or cannot be written.
    pub fn generate_file(path: &Path) -> Result<(), Error> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let key = random::<32>()?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| Error::unreadable("master key file", error))?;
        file.write_all(BASE64.encode(key).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| Error::unreadable("master key file", error))
    }

    /// Whether it works with the well-known key.
    pub fn is_development(&self) -> bool {
        self.0.development
    }

    /// A new key for a member: as it is stored, and opened.
    pub fn new_member_key(
        &self,
        program: ProgramId,
        member: MemberId,
    ) -> Result<(String, MemberKey), Error> {
        let key = random::<32>()?;
        let owner = owner_of(program, member);
        let wrapped = close(&self.0.master, &owner, &key)?;
        Ok((wrapped, MemberKey { cipher: cipher(&key), owner }))
    }

    /// Opens a member's stored key.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when it was wrapped by another master key or for another member.
    pub fn open_member_key(
        &self,
        program: ProgramId,
        member: MemberId,
        wrapped: &str,
    ) -> Result<MemberKey, Error> {
        let owner = owner_of(program, member);
        let key = open(&self.0.master, &owner, wrapped)?;
        Ok(MemberKey { cipher: cipher(&key), owner })
    }

    /// Encrypts one field of a member.
    pub fn encrypt(&self, key: &MemberKey, field: &str, value: &str) -> Result<String, Error> {
        close(&key.cipher, &format!("{}|{field}", key.owner), value.as_bytes())
    }

    /// Decrypts one field of a member.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when it belongs to another member or field, or was changed.
    pub fn decrypt(&self, key: &MemberKey, field: &str, cipher: &str) -> Result<String, Error> {
        text(open(&key.cipher, &format!("{}|{field}", key.owner), cipher)?)
    }

    /// Encrypts a secret that is nobody's personal data, under the master key.
    pub fn seal(&self, purpose: &str, value: &str) -> Result<String, Error> {
        close(&self.0.master, &format!("seal|{purpose}"), value.as_bytes())
    }

    /// Decrypts what [`Vault::seal`] made for the same purpose.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when it was sealed for another purpose or was changed.
    pub fn open_sealed(&self, purpose: &str, sealed: &str) -> Result<String, Error> {
        text(open(&self.0.master, &format!("seal|{purpose}"), sealed)?)
    }

    /// The blind index of a value: equal for equal values of one kind and scope in one program.
    pub fn blind_index(&self, program: ProgramId, kind: &str, scope: &str, value: &str) -> String {
        let name = (program, format!("{kind}|{scope}"));
        let known =
            self.0.index_keys.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        let mut mac = known.unwrap_or_else(|| {
            let purpose = format!("index|{}|{}", program.0, name.1);
            let fresh = mac(&derive(&self.0.index_root, &purpose));
            self.0
                .index_keys
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name, fresh.clone());
            fresh
        });
        mac.update(value.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes()[..16])
    }

    /// A keyed number for codes that nobody can guess; `purpose` keeps uses apart.
    pub fn keyed_number(&self, purpose: &str, bytes: &[u8]) -> u64 {
        let mut mac = mac(&derive(&self.0.index_root, purpose));
        mac.update(bytes);
        let digest = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }
}

fn owner_of(program: ProgramId, member: MemberId) -> String {
    format!("{}|{}", program.0, member.0)
}

fn close(cipher: &Aes256Gcm, context: &str, message: &[u8]) -> Result<String, Error> {
    let nonce = random::<NONCE_BYTES>()?;
    let payload = Payload { msg: message, aad: context.as_bytes() };
    let closed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| Error::unreadable("secret", "too long to encrypt"))?;
    let mut bytes = nonce.to_vec();
    bytes.extend(closed);
    Ok(format!("{VERSION}{}", BASE64.encode(bytes)))
}

fn open(cipher: &Aes256Gcm, context: &str, text: &str) -> Result<Vec<u8>, Error> {
    let unreadable = |problem: &str| Error::unreadable("secret", problem);
    let body = text.strip_prefix(VERSION).ok_or_else(|| unreadable("of an unknown version"))?;
    let bytes = BASE64.decode(body).map_err(|_| unreadable("not base64url"))?;
    let (nonce, closed) =
        bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| unreadable("too short"))?;
    let payload = Payload { msg: closed, aad: context.as_bytes() };
    cipher
        .decrypt(&Nonce::from(*nonce), payload)
        .map_err(|_| unreadable("does not open with this key"))
}

fn text(bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| Error::unreadable("secret", "not a text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: ProgramId = ProgramId(1);
    const MEMBER: MemberId = MemberId(2);

    #[test]
    fn a_field_opens_with_its_own_member_and_name_only() {
        let vault = Vault::development();
        let (wrapped, key) = vault.new_member_key(PROGRAM, MEMBER).unwrap();
        let cipher = vault.encrypt(&key, "phone", "+8613800138000").unwrap();

        let again = vault.open_member_key(PROGRAM, MEMBER, &wrapped).unwrap();

        assert_eq!(vault.decrypt(&again, "phone", &cipher).unwrap(), "+8613800138000");
        assert!(vault.decrypt(&again, "name", &cipher).is_err());
        assert!(vault.open_member_key(PROGRAM, MemberId(3), &wrapped).is_err());
        assert!(Vault::from_bytes([7; 32]).open_member_key(PROGRAM, MEMBER, &wrapped).is_err());
    }

    #[test]
    fn the_same_value_looks_different_each_time_and_indexes_the_same() {
        let vault = Vault::development();
        let (_, key) = vault.new_member_key(PROGRAM, MEMBER).unwrap();
        let index = |scope| vault.blind_index(PROGRAM, "openid", scope, "abc");

        assert_ne!(vault.encrypt(&key, "a", "x").unwrap(), vault.encrypt(&key, "a", "x").unwrap());
        assert_eq!(index("wx1"), index("wx1"));
        assert_ne!(index("wx1"), index("wx2"));
        assert_ne!(index("wx1"), vault.blind_index(ProgramId(9), "openid", "wx1", "abc"));
        assert_eq!(index("wx1").len(), 22);
    }

    #[test]
    fn a_changed_cipher_does_not_open() {
        let vault = Vault::development();
        let sealed = vault.seal("totp", "secret").unwrap();
        let mut changed = sealed.clone().into_bytes();
        let last = changed.len() - 3;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };

        assert_eq!(vault.open_sealed("totp", &sealed).unwrap(), "secret");
        assert!(vault.open_sealed("totp", &String::from_utf8(changed).unwrap()).is_err());
        assert!(vault.open_sealed("other", &sealed).is_err());
    }
}
