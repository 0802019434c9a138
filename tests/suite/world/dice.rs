//! Dice that fall the same way for the same seed, so that a failing round has a name.
//!
//! SplitMix64 (Steele, Lea, Flood 2014). Long forms are chosen here too: by `KITH_NIGHT=1`.

/// A sequence of throws.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// A place in a list of `len`.
    pub(crate) fn place(&mut self, len: usize) -> usize {
        self.roll(len as u64) as usize
    }

    /// Whether one of `sides` sides fell.
    pub(crate) fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.place(list.len())]
    }
}

/// Rounds of the long form where the night runs, else of the short one.
pub(crate) fn rounds(short: u64, night: u64) -> u64 {
    if std::env::var_os("KITH_NIGHT").is_some_and(|set| set == "1") { night } else { short }
}
