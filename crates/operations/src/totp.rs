//! One-time codes of an authenticator: RFC 6238 over HMAC-SHA-1, six digits, 30 seconds.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hui_loyalty::time::{SECOND, Timestamp};
use sha1::Sha1;

const STEP: i64 = 30 * SECOND;
/// The secret's length: that of the digest, as RFC 4226 recommends.
pub(crate) const SECRET_BYTES: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step whose code this is, of the one at `now` and its neighbours on either side, when it is
/// later than `after`; so that a code counts once.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp, after: i64) -> Option<i64> {
    let step = now.0.div_euclid(STEP);
    let mut found = None;
    for candidate in [step - 1, step, step + 1] {
        // Every candidate is compared to the end, so that the time taken tells nothing.
        if candidate > after && is_same(shown(secret, candidate, 6).as_bytes(), code.as_bytes()) {
            found = Some(candidate);
        }
    }
    found
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn shown(secret: &[u8], step: i64, digits: usize) -> String {
    let mut mac = <Hmac<Sha1>>::new_from_slice(secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // RFC 4226, 5.3: the last four bits say where the number begins.
    let begin = usize::from(digest[19] & 15);
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&digest[begin..begin + 4]);
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    let modulus = 10_u32.pow(u32::try_from(digits).unwrap_or(6));
    format!("{:0digits$}", number % modulus)
}

/// A secret as authenticators take it: RFC 4648 base 32 without padding.
pub(crate) fn base32(secret: &[u8]) -> String {
    let mut text = String::with_capacity(secret.len().div_ceil(5) * 8);
    for group in secret.chunks(5) {
        let mut bits = [0_u8; 8];
        bits[3..3 + group.len()].copy_from_slice(group);
        let bits = u64::from_be_bytes(bits);
        for place in 0..(group.len() * 8).div_ceil(5) {
            let digit = (bits >> (35 - 5 * place)) & 31;
            text.push(char::from(BASE32[usize::try_from(digit).unwrap_or(0)]));
        }
    }
    text
}

/// The secret of a base 32 text.
pub(crate) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut secret) = (0_u32, 0, Vec::new());
    for byte in text.bytes() {
        let digit = BASE32.iter().position(|&known| known == byte.to_ascii_uppercase())?;
        bits = (bits << 5 | u32::try_from(digit).ok()?) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            secret.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let vectors = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (seconds, code) in vectors {
            assert_eq!(shown(SECRET, seconds / 30, 8), code);
        }
    }

    #[test]
    fn a_code_counts_in_its_step_and_one_to_either_side_and_once() {
        let code = shown(SECRET, 100, 6);
        let at = |step: i64| Timestamp(step * STEP);

        assert_eq!(step_of(SECRET, &code, at(98), 0), None);
        assert_eq!(step_of(SECRET, &code, at(99), 0), Some(100));
        assert_eq!(step_of(SECRET, &code, Timestamp(at(102).0 - 1), 0), Some(100));
        assert_eq!(step_of(SECRET, &code, at(102), 0), None);
        assert_eq!(step_of(SECRET, &code, at(100), 100), None);
        assert_eq!(step_of(SECRET, &code, at(100), 99), Some(100));
        assert_eq!(step_of(SECRET, "", at(100), 0), None);
    }

    #[test]
    fn a_secret_reads_back_from_base_32() {
        // RFC 4648, 10.
        for (text, shown) in
            [("f", "MY"), ("fo", "MZXQ"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(text.as_bytes()), shown);
            assert_eq!(from_base32(shown).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(base32(SECRET).len(), 32);
        assert_eq!(from_base32(&base32(SECRET)).as_deref(), Some(SECRET));
        assert_eq!(from_base32("18"), None);
    }
}
