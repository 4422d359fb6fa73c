//! Chance that can be repeated: throws that follow from a seed, a purpose and a subject.

/// What a throw decides. Each purpose has throws of its own, so that a new one changes no other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Choice = 1,
    Shopper,
    Identity,
    Basket,
    Course,
    Refund,
    Arrival,
}

/// A row of throws (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The throws for one purpose about one subject, a household's or a basket's number.
    pub(super) fn of(seed: u64, purpose: Purpose, subject: u64) -> Self {
        Self(mix(seed ^ mix(purpose as u64 ^ mix(subject))))
    }

    /// The next throw, any 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number from 0 to `end`, exclusive.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let scaled = (u128::from(self.next()) * u128::from(end)) >> 64;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// A number from `first` to `last`, both inclusive.
    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last - first + 1)
    }

    /// True in so many of a thousand throws.
    pub(super) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1000) < share
    }

    /// One of several. The slice is not empty.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let count = u32::try_from(from.len()).unwrap_or(u32::MAX);
        let index = usize::try_from(self.below(count)).unwrap_or(0);
        &from[index]
    }
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_subject_gets_the_same_throws() {
        let throws = |seed, subject| Chance::of(seed, Purpose::Basket, subject).next();

        assert_eq!(throws(1, 7), throws(1, 7));
        assert_ne!(throws(1, 7), throws(2, 7));
        assert_ne!(throws(1, 7), throws(1, 8));
    }

    #[test]
    fn a_share_of_a_thousand_is_met_in_the_long_run() {
        let mut chance = Chance::of(1, Purpose::Basket, 1);

        let met = (0..100_000).filter(|_| chance.per_mille(40)).count();

        assert!((3_700..4_300).contains(&met), "{met} of 100,000");
    }

    #[test]
    fn both_ends_of_a_range_are_reached() {
        let mut chance = Chance::of(1, Purpose::Basket, 1);

        let thrown: std::collections::BTreeSet<u32> =
            (0..100).map(|_| chance.between(3, 5)).collect();

        assert_eq!(Vec::from_iter(thrown), [3, 4, 5]);
    }
}
