//! Identifiers: 64-bit, sortable by creation, shown with a prefix and a check character.
//!
//! The shown form is one letter for the kind, thirteen characters of Crockford
//! base 32 and one check character over the field of 32 elements. A single
//! mistyped character and a swap of any two are always caught; the letters
//! `I L O U` never occur in the digits.

use std::fmt;
use std::str::FromStr;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a shown identifier could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0} number")]
pub struct InvalidId(pub &'static str);

pub(crate) fn digit(value: u64) -> char {
    usize::try_from(value).ok().and_then(|index| DIGITS.get(index)).map_or('0', |&b| char::from(b))
}

pub(crate) fn digit_value(shown: u8) -> Option<u64> {
    let upper = shown.to_ascii_uppercase();
    let upper = match upper {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    DIGITS.iter().position(|&d| d == upper).and_then(|index| u64::try_from(index).ok())
}

/// The check digit: the digits as a polynomial over the field of 32 elements
/// (x⁵ + x² + 1) at its generator, so one wrong digit and any swap of two show.
fn check(value: u64) -> u64 {
    let mut sum = 0_u64;
    for place in (0..13_u32).rev() {
        sum = times_generator(sum) ^ (value >> place.saturating_mul(5) & 31);
    }
    times_generator(sum)
}

pub(crate) const fn times_generator(element: u64) -> u64 {
    let shifted = element << 1;
    if shifted & 32 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

/// Writes `value` in the shown form with the given prefix.
pub(crate) fn show(prefix: char, value: i64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = value.cast_unsigned();
    write!(out, "{prefix}")?;
    for place in (0..13_u32).rev() {
        let shifted = bits >> place.saturating_mul(5);
        write!(out, "{}", digit(shifted & 31))?;
    }
    write!(out, "{}", digit(check(bits)))
}

/// Reads the shown form; lower case and the look-alikes of `0` and `1` are accepted.
pub(crate) fn read(prefix: char, kind: &'static str, text: &str) -> Result<i64, InvalidId> {
    let body = text
        .strip_prefix(prefix)
        .or_else(|| text.strip_prefix(prefix.to_ascii_lowercase()))
        .ok_or(InvalidId(kind))?;
    let (digits, shown_check) = match body.as_bytes() {
        [digits @ .., last] if digits.len() == 13 => (digits, *last),
        _ => return Err(InvalidId(kind)),
    };
    let mut bits: u64 = 0;
    for &shown in digits {
        let value = digit_value(shown).ok_or(InvalidId(kind))?;
        bits = bits
            .checked_mul(32)
            .and_then(|shifted| shifted.checked_add(value))
            .ok_or(InvalidId(kind))?;
    }
    if digit_value(shown_check) == Some(check(bits)) && bits.cast_signed() > 0 {
        Ok(bits.cast_signed())
    } else {
        Err(InvalidId(kind))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                show($prefix, self.0, out)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                read($prefix, $kind, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// One tenant's loyalty scheme.
    ProgramId 'P' "program";
    /// A person in a program.
    MemberId 'M' "member";
    /// One way to recognise a member.
    IdentityId 'I' "identity";
    /// A recorded order.
    OrderId 'O' "order";
    /// A recorded refund.
    RefundId 'F' "refund";
    /// Points that were earned together and expire together.
    LotId 'L' "lot";
    /// A line of the points or of the wallet ledger, or a visit on a service card.
    EntryId 'E' "entry";
    /// Points or wallet money set aside for a pending purchase.
    HoldId 'H' "hold";
    /// Two members made one.
    MergeId 'G' "merge";
    /// A question for a person to decide.
    ReviewId 'R' "review";
    /// A line of the growth ledger.
    GrowthId 'W' "growth entry";
    /// An API key.
    KeyId 'K' "key";
    /// Somebody who signs in to the console.
    StaffId 'U' "staff";
    /// A line of the audit log.
    AuditId 'A' "audit entry";
    /// A remark of the staff about a member.
    NoteId 'N' "note";
    /// An import, a batch of adjustments or another long piece of work.
    BatchId 'B' "batch";
    /// What coupons or cards of one kind have in common.
    TemplateId 'T' "template";
    /// A coupon.
    CouponId 'C' "coupon";
    /// Money in a wallet that came together and ends together.
    StoredLotId 'S' "wallet lot";
    /// Money paid into a wallet.
    TopUpId 'V' "top-up";
    /// Something the points mall offers.
    GoodId 'Y' "good";
    /// Something taken from the points mall.
    ExchangeId 'Z' "exchange";
    /// A priced cart that is kept for a while.
    QuoteId 'Q' "quote";
    /// What a checkout has set aside for an order.
    LockId 'X' "checkout lock";
    /// A request to grant or deduct points that waits for somebody else's word.
    AdjustmentId 'D' "adjustment";
    /// A benefit card or service card of a member.
    CardId 'J' "card";
}

/// Where new numbers come from: the caller owns clock and node, rules only ask.
pub trait NewIds {
    /// A positive number that was never given before, larger than the one before.
    fn next_id(&mut self) -> i64;
}

/// Counts up from a start: for tests and for decisions that are never saved.
#[derive(Debug, Clone)]
pub struct Counter(pub i64);

impl NewIds for Counter {
    fn next_id(&mut self) -> i64 {
        self.0 = self.0.saturating_add(1);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shown_id_reads_back(value in 1..=i64::MAX) {
            let id = MemberId(value);

            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        }

        #[test]
        fn one_wrong_character_is_caught(value in 1..=i64::MAX, place in 1_usize..15, other in 0_usize..32) {
            let shown = MemberId(value).to_string();
            let mut bytes = shown.clone().into_bytes();
            if let (Some(byte), Some(&wrong)) = (bytes.get_mut(place), DIGITS.get(other)) {
                prop_assume!(*byte != wrong);
                *byte = wrong;
            }
            let mistyped = String::from_utf8_lossy(&bytes).into_owned();

            prop_assert!(mistyped.parse::<MemberId>().is_err());
        }
    }

    #[test]
    fn swapped_neighbours_are_caught() {
        let shown = MemberId(7_123_456_789_012_345_678).to_string();
        for place in 1..14 {
            let mut bytes = shown.clone().into_bytes();
            bytes.swap(place, place + 1);
            let swapped = String::from_utf8_lossy(&bytes).into_owned();

            assert!(swapped == shown || swapped.parse::<MemberId>().is_err(), "{swapped}");
        }
    }

    #[test]
    fn another_kind_is_refused() {
        let shown = OrderId(42).to_string();

        assert!(shown.parse::<MemberId>().is_err());
    }
}
