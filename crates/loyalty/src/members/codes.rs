//! Numbers a till can scan: the rotating member code (会员码) and check digits.
//!
//! A member code is the member's number sent through a keyed permutation of all
//! 63-bit numbers that changes every minute, written with nineteen digits and a
//! check digit. It carries no authentication tag and needs none: a guessed code
//! reads as an arbitrary 63-bit number, and among 9·10¹⁸ of them next to none is
//! a member. So the reader must look the answer up before it believes it.
//!
//! The permutation is a Feistel network (Luby and Rackoff, 1988) whose round
//! function is the caller's keyed MAC.

use crate::ids::MemberId;
use crate::time::{MINUTE, Timestamp};

/// How long one code is shown, in seconds; it is read for as long again.
pub const MEMBER_CODE_SECONDS: i64 = 60;

/// Digits of a member code, the check digit included.
pub const MEMBER_CODE_DIGITS: usize = 20;

const ROUNDS: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const DOMAIN: u64 = 1 << 63;

/// Why a scanned code is not a member code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not twenty digits.
    #[error("a member code has twenty digits")]
    Form,
    /// A digit was misread or two neighbours were swapped (not every swap shows).
    #[error("the check digit of the member code does not fit: scan it again")]
    CheckDigit,
}

/// The code to show for a member in the minute of `at`.
///
/// `mac` must be a MAC keyed with a secret of the program, such as HMAC-SHA-256
/// cut to its first eight bytes.
pub fn member_code(member: MemberId, at: Timestamp, mac: impl Fn(&[u8]) -> u64) -> String {
    let window = window(at);
    let mut value = member.0.cast_unsigned() & DOMAIN.saturating_sub(1);
    // The network permutes 64-bit numbers: walking on until 63 bits suffice
    // permutes the 63-bit numbers, and returns at the latest to where it began.
    loop {
        value = forwards(value, window, &mac);
        if value < DOMAIN {
            return with_check_digit(&format!("{value:019}"));
        }
    }
}

/// The two members a scanned code may mean: shown in the minute of `at`, or in
/// the one before. Spaces are ignored.
///
/// At most one of them exists; if neither does, the code is expired or made up.
///
/// # Errors
///
/// [`CodeError`] when it is not twenty digits that pass the check.
pub fn read_member_code(
    code: &str,
    at: Timestamp,
    mac: impl Fn(&[u8]) -> u64,
) -> Result<[MemberId; 2], CodeError> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != MEMBER_CODE_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CodeError::Form);
    }
    if !has_check_digit(&digits) {
        return Err(CodeError::CheckDigit);
    }
    let value: u64 = digits
        .get(..MEMBER_CODE_DIGITS.saturating_sub(1))
        .and_then(|body| body.parse().ok())
        .filter(|value| *value < DOMAIN)
        .ok_or(CodeError::Form)?;
    let shown = window(at);
    Ok([shown, shown.saturating_sub(1)].map(|window| {
        let mut member = backwards(value, window, &mac);
        while member >= DOMAIN {
            member = backwards(member, window, &mac);
        }
        MemberId(member.cast_signed())
    }))
}

/// Appends the check digit of Luhn (ISO/IEC 7812) to a number: stores, coupons.
///
/// Characters other than digits stay and do not count.
pub fn with_check_digit(digits: &str) -> String {
    // The digit still to come stands at the place that counts once.
    let rest = luhn_sum(digits, true).checked_rem(10).unwrap_or(0);
    let check = 10_u32.saturating_sub(rest).checked_rem(10).unwrap_or(0);
    format!("{digits}{check}")
}

/// Whether a number of two digits or more ends with its check digit.
pub fn has_check_digit(number: &str) -> bool {
    number.chars().filter(char::is_ascii_digit).count() >= 2
        && luhn_sum(number, false).checked_rem(10) == Some(0)
}

fn luhn_sum(digits: &str, mut doubled: bool) -> u32 {
    let mut sum = 0_u32;
    for digit in digits.chars().rev().filter_map(|letter| letter.to_digit(10)) {
        let counted = if doubled { digit.saturating_mul(2) } else { digit };
        sum = sum.saturating_add(if counted > 9 { counted.saturating_sub(9) } else { counted });
        doubled = !doubled;
    }
    sum
}

const fn window(at: Timestamp) -> i64 {
    at.0.div_euclid(MINUTE)
}

fn forwards(value: u64, window: i64, mac: &impl Fn(&[u8]) -> u64) -> u64 {
    let (mut left, mut right) = (value >> 32, value & 0xFFFF_FFFF);
    for round in ROUNDS {
        (left, right) = (right, left ^ half(right, round, window, mac));
    }
    left << 32 | right
}

fn backwards(value: u64, window: i64, mac: &impl Fn(&[u8]) -> u64) -> u64 {
    let (mut left, mut right) = (value >> 32, value & 0xFFFF_FFFF);
    for round in ROUNDS.into_iter().rev() {
        (left, right) = (right ^ half(left, round, window, mac), left);
    }
    left << 32 | right
}

/// What a round mixes in: 32 bits of the MAC over purpose, minute, round and half.
fn half(value: u64, round: u8, window: i64, mac: &impl Fn(&[u8]) -> u64) -> u64 {
    let mut message = b"member code\0".to_vec();
    message.extend(window.to_be_bytes());
    message.push(round);
    message.extend(value.to_be_bytes());
    mac(&message) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash, Hasher};

    use proptest::prelude::*;

    use super::*;

    // Keyed and well mixed, which is all that these claims need; not a MAC.
    fn keyed(key: u64) -> impl Fn(&[u8]) -> u64 {
        move |message| {
            let mut hasher = DefaultHasher::new();
            (key, message).hash(&mut hasher);
            hasher.finish()
        }
    }

    fn minute(minutes: i64, micros: i64) -> Timestamp {
        Timestamp(minutes.saturating_mul(MINUTE).saturating_add(micros))
    }

    proptest! {
        #[test]
        fn a_code_reads_back_in_its_minute(id in 1..=i64::MAX, at in 0..=i64::from(u32::MAX)) {
            let code = member_code(MemberId(id), minute(at, 59), keyed(7));

            prop_assert_eq!(code.len(), MEMBER_CODE_DIGITS);
            prop_assert_eq!(
                read_member_code(&code, minute(at, 0), keyed(7)).map(|read| read[0]),
                Ok(MemberId(id))
            );
        }

        #[test]
        fn another_key_reads_another_member(id in 1..=i64::MAX) {
            let code = member_code(MemberId(id), minute(1, 0), keyed(7));

            let read = read_member_code(&code, minute(1, 0), keyed(8));

            prop_assert!(read.is_ok_and(|members| !members.contains(&MemberId(id))));
        }

        #[test]
        fn a_misread_digit_is_caught(id in 1..=i64::MAX, place in 0_usize..20, other in b'0'..=b'9') {
            let mut code = member_code(MemberId(id), minute(1, 0), keyed(7)).into_bytes();
            let right = code.get(place).copied();
            prop_assume!(right != Some(other));
            if let Some(digit) = code.get_mut(place) {
                *digit = other;
            }
            let misread = String::from_utf8_lossy(&code).into_owned();

            prop_assert_eq!(
                read_member_code(&misread, minute(1, 0), keyed(7)),
                Err(CodeError::CheckDigit)
            );
        }
    }

    #[test]
    fn a_code_lives_for_its_minute_and_the_next() {
        let member = MemberId(7_123_456_789_012_345_678);
        let code = member_code(member, minute(5, MINUTE.saturating_sub(1)), keyed(7));
        let means = |at| read_member_code(&code, at, keyed(7)).is_ok_and(|m| m.contains(&member));

        assert!(!means(minute(4, MINUTE.saturating_sub(1))));
        assert!(means(minute(5, 0)));
        assert!(means(minute(6, MINUTE.saturating_sub(1))));
        assert!(!means(minute(7, 0)));
    }

    #[test]
    fn every_minute_shows_another_code() {
        let member = MemberId(42);

        assert_ne!(
            member_code(member, minute(5, 0), keyed(7)),
            member_code(member, minute(6, 0), keyed(7))
        );
    }

    #[test]
    fn what_is_not_twenty_digits_is_no_code() {
        for code in ["", "1234", "1234567890123456789x", "99999999999999999990"] {
            assert!(read_member_code(code, minute(5, 0), keyed(7)).is_err(), "{code}");
        }
    }

    #[test]
    fn the_check_digit_is_luhns() {
        assert_eq!(with_check_digit("7992739871"), "79927398713");
        assert_eq!(with_check_digit("S-000"), "S-0000");
        assert!(has_check_digit("79927398713"));
        assert!(!has_check_digit("79927398710"));
        assert!(!has_check_digit("0"));
    }
}
