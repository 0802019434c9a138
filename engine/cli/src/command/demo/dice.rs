//! Dice that fall the same way for the same seed: the month behind the demo is the same for everybody.

/// SplitMix64, which is enough for who speaks when.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    /// Whether one of `times` throws comes out.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.between(1, times) == 1
    }

    /// A place in a list that is not empty; 0 in one that is.
    pub(super) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % (length.max(1) as u64)).unwrap_or(0)
    }

    /// One of a list; the empty word where there is none.
    pub(super) fn word<'a>(&mut self, words: &'a [String]) -> &'a str {
        words.get(self.place(words.len())).map_or("", String::as_str)
    }

    /// A place, each as likely as its weight says.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let sum: u64 = weights.iter().sum();
        let mut left = self.between(0, sum.saturating_sub(1));
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same() {
        let throw = |seed| {
            let mut dice = Dice::of(seed);
            (0..40).map(|_| dice.between(3, 9)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
        assert!(throw(7).iter().all(|number| (3..=9).contains(number)));
    }

    #[test]
    fn what_weighs_nothing_never_comes_out() {
        let mut dice = Dice::of(1);
        assert!((0..100).all(|_| dice.weighted(&[0, 3, 0]) == 1));
    }
}
