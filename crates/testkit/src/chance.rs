//! Chance that can be repeated: SplitMix64 (Steele, Lea, Flood, 2014) from a seed.

/// A source of numbers that is the same for the same seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.number() % span)
    }

    /// True in `percent` of a hundred cases.
    pub fn is(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of some choices.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let last = i64::try_from(choices.len()).unwrap_or(i64::MAX) - 1;
        let place = usize::try_from(self.between(0, last)).unwrap_or(0);
        choices.get(place).expect("one choice or more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two) = (Chance::new(7), Chance::new(7));

        assert!((0..100).all(|_| one.number() == two.number()));
    }

    #[test]
    fn both_ends_of_a_range_come_up() {
        let mut chance = Chance::new(1);
        let drawn: Vec<i64> = (0..200).map(|_| chance.between(3, 5)).collect();

        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert!(drawn.contains(&3) && drawn.contains(&5));
    }
}
