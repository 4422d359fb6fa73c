//! Codes of coupons: fifteen random characters and one that checks them.
//!
//! Fifteen characters of Crockford's base 32 are 75 random bits: among a billion
//! live coupons one guess in 3·10¹³ meets one. The check character is that of
//! identifiers: a single wrong character and a swap of two are caught before
//! anything is looked up.

use crate::ids::{digit, digit_value, times_generator};

/// Random characters of a code.
const RANDOM_CHARACTERS: usize = 15;
/// The longest code that somebody else made, in bytes.
pub const FOREIGN_CODE_BYTES_MAX: usize = 64;

/// The code of ten random bytes.
pub fn code(random: [u8; 10]) -> String {
    let mut bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut digits = Vec::with_capacity(RANDOM_CHARACTERS);
    for _ in 0..RANDOM_CHARACTERS {
        digits.push(u64::try_from(bits & 31).unwrap_or(0));
        bits >>= 5;
    }
    let mut code: String = digits.iter().map(|value| digit(*value)).collect();
    code.push(digit(check(&digits)));
    code
}

fn check(digits: &[u64]) -> u64 {
    times_generator(digits.iter().fold(0, |sum, value| times_generator(sum) ^ value))
}

/// A code of ours as it was typed or scanned, in its written form: no spaces or
/// dashes, capitals, no `I L O`. `None` when it is none of ours or mistyped.
pub fn read(typed: &str) -> Option<String> {
    let values: Option<Vec<u64>> = typed
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
        .map(digit_value)
        .collect();
    let values = values?;
    let (last, digits) = values.split_last()?;
    (digits.len() == RANDOM_CHARACTERS && *last == check(digits))
        .then(|| values.iter().map(|value| digit(*value)).collect())
}

/// Whether a text can be the code of somebody else's coupon.
pub fn is_foreign_code(code: &str) -> bool {
    (4..=FOREIGN_CODE_BYTES_MAX).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',' && byte != b'"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_typed(random in any::<[u8; 10]>()) {
            let code = code(random);
            let dashed = format!("{}-{} {}", &code[..4], &code[4..10], &code[10..]).to_lowercase();

            prop_assert_eq!(code.len(), 16);
            prop_assert_eq!(read(&code), Some(code.clone()));
            prop_assert_eq!(read(&dashed), Some(code));
        }

        #[test]
        fn one_wrong_character_is_caught(random in any::<[u8; 10]>(), place in 0_usize..16, other in 0_u64..32) {
            let code = code(random);
            let mut bytes = code.clone().into_bytes();
            let wrong = u8::try_from(digit(other)).unwrap();
            prop_assume!(bytes[place] != wrong);
            bytes[place] = wrong;

            prop_assert_eq!(read(&String::from_utf8(bytes).unwrap()), None);
        }

        #[test]
        fn swapped_neighbours_are_caught(random in any::<[u8; 10]>(), place in 0_usize..15) {
            let mut bytes = code(random).into_bytes();
            prop_assume!(bytes[place] != bytes[place + 1]);
            bytes.swap(place, place + 1);

            prop_assert_eq!(read(&String::from_utf8(bytes).unwrap()), None);
        }
    }

    #[test]
    fn a_code_of_others_is_short_plain_text() {
        assert!(is_foreign_code("STAR-2026"));
        assert!(!is_foreign_code("abc"));
        assert!(!is_foreign_code(&"x".repeat(65)));
        assert!(!is_foreign_code("with space"));
        assert!(!is_foreign_code("a,b,c"));
    }
}
