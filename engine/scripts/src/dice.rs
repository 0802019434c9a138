//! Dice: SHA-256 in counter mode over the command's seed, the hook and the script's number, so that the same
//! record throws the same in every replay and no two scripts see the same throws.

use kith_core::hook::Hook;
use sha2::{Digest, Sha256};

/// A run's dice.
pub(crate) struct Dice {
    seed: [u8; 32],
    label: [u8; 12],
    block: u64,
}

impl Dice {
    pub(crate) fn new(seed: [u8; 32], hook: Hook, script: u32) -> Self {
        let mut label = [0; 12];
        label[..4].copy_from_slice(&script.to_be_bytes());
        let name = hook.name().as_bytes();
        label[4..4 + name.len().min(8)].copy_from_slice(&name[..name.len().min(8)]);
        Self { seed, label, block: 0 }
    }

    fn next(&mut self) -> u64 {
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.label)
            .chain_update(self.block.to_be_bytes());
        self.block += 1;
        let mut first = [0; 8];
        first.copy_from_slice(&digest.finalize()[..8]);
        u64::from_be_bytes(first)
    }

    /// A number from 0 to one below `bound`, each as likely as the others; 0 where there is none.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Numbers above the last whole multiple would favour the small ones.
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let thrown = self.next();
            if thrown < fair {
                return thrown % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_throws_the_same_and_another_script_does_not() {
        let throws = |script| {
            let mut dice = Dice::new([7; 32], Hook::Timer, script);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1), throws(1));
        assert_ne!(throws(1), throws(2));
    }

    #[test]
    fn every_side_comes_up() {
        let mut dice = Dice::new([1; 32], Hook::Event, 1);
        let mut seen = [0; 6];
        (0..600).for_each(|_| seen[dice.below(6) as usize] += 1);
        assert!(seen.iter().all(|count| (60..=140).contains(count)), "{seen:?}");
    }
}
