//! The shares of a lucky packet, drawn from a seed: anybody who has the seed draws the same.
//!
//! Before anybody opens the packet its commitment is published; once it is over, the seed is. So nobody can
//! have changed the shares in between, and everybody can check. The bytes of this file are a contract:
//! dice are SHA-256 of `rp1.dice`, the seed and a counter (8 bytes, big endian), read as four numbers of 8
//! bytes, big endian; a share is drawn from 1 to twice the mean of what is left, the list is shuffled from
//! its end, and the first to open a packet takes the first share.

use sha2::{Digest, Sha256};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Which packet: the bits of its id.
    pub packet: u128,
    /// What is in it, in minor units.
    pub total: u64,
    /// Into how many shares.
    pub count: u32,
    /// The most that one share can be.
    pub share_max: u64,
}

struct Dice<'a> {
    seed: &'a [u8; 32],
    counter: u64,
    thrown: Vec<u64>,
}

impl Dice<'_> {
    fn next(&mut self) -> u64 {
        if self.thrown.is_empty() {
            let mut hash = Sha256::new();
            hash.update(b"rp1.dice");
            hash.update(self.seed);
            hash.update(self.counter.to_be_bytes());
            self.counter += 1;
            let numbers = hash.finalize();
            let numbers = numbers
                .chunks_exact(8)
                .map(|bytes| bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)));
            self.thrown = numbers.collect();
            self.thrown.reverse();
        }
        self.thrown.pop().unwrap_or_default()
    }

    /// A number below `end`, each as likely: what would favour the low ones is thrown again.
    fn below(&mut self, end: u64) -> u64 {
        let end = end.max(1);
        let fair = u64::MAX - u64::MAX % end;
        loop {
            let number = self.next();
            if number < fair {
                return number % end;
            }
        }
    }
}

/// The shares in the order in which they are taken; none where it cannot be so many of that size.
pub fn shares(draw: &Draw, seed: &[u8; 32]) -> Vec<u64> {
    let (count, cap) = (u64::from(draw.count), draw.share_max);
    let fits = count > 0 && draw.total >= count && cap.saturating_mul(count) >= draw.total;
    if !fits {
        return Vec::new();
    }
    let mut dice = Dice { seed, counter: 0, thrown: Vec::new() };
    let (mut rest, mut shares) = (draw.total, Vec::new());
    for left in (2..=count).rev() {
        let low = rest.saturating_sub(cap.saturating_mul(left - 1)).max(1);
        let high = (rest.saturating_mul(2) / left).min(rest - (left - 1)).min(cap).max(low);
        let share = low + dice.below(high - low + 1);
        rest -= share;
        shares.push(share);
    }
    shares.push(rest);
    for end in (1..shares.len()).rev() {
        let other = dice.below(end as u64 + 1) as usize;
        shares.swap(end, other);
    }
    shares
}

/// What is published before: SHA-256 of `rp1`, packet, seed, total and count, numbers big endian.
pub fn commitment(draw: &Draw, seed: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"rp1");
    hash.update(draw.packet.to_be_bytes());
    hash.update(seed);
    hash.update(draw.total.to_be_bytes());
    hash.update(draw.count.to_be_bytes());
    hash.finalize().into()
}

/// The shares, if the seed is the one that was committed to: what anybody can run.
pub fn verify_draw(draw: &Draw, seed: &[u8; 32], committed: &[u8; 32]) -> Option<Vec<u64>> {
    (commitment(draw, seed) == *committed).then(|| shares(draw, seed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DRAW: Draw = Draw { packet: 7, total: 100, count: 5, share_max: 20_000 };

    #[test]
    fn the_draw_of_a_seed_is_the_same_for_ever() {
        let seed: [u8; 32] = std::array::from_fn(|at| at as u8);
        let hex: String = commitment(&DRAW, &seed).iter().map(|byte| format!("{byte:02x}")).collect();
        // Computed apart, by a few lines of another language that follow the words above.
        assert_eq!(shares(&DRAW, &seed), [2, 34, 2, 55, 7]);
        assert_eq!(hex, "a5dcfb3dcf84b135d0a8c6447a51e155993c5177e65170c961ad3b6ec79f84d3");
    }

    #[test]
    fn another_seed_total_count_or_packet_is_not_what_was_committed_to() {
        let (seed, committed) = ([1; 32], commitment(&DRAW, &[1; 32]));
        assert_eq!(verify_draw(&DRAW, &seed, &committed), Some(shares(&DRAW, &seed)));
        assert_eq!(verify_draw(&DRAW, &[2; 32], &committed), None);
        for other in [Draw { packet: 8, ..DRAW }, Draw { total: 101, ..DRAW }, Draw { count: 6, ..DRAW }] {
            assert_eq!(verify_draw(&other, &seed, &committed), None, "{other:?}");
        }
    }

    #[test]
    fn no_place_is_luckier_than_another() {
        let draw = Draw { total: 10_000, count: 10, ..DRAW };
        let mut best = [0_u32; 10];
        for number in 0..4_000_u32 {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            let shares = shares(&draw, &seed);
            let most = *shares.iter().max().unwrap();
            best[shares.iter().position(|share| *share == most).unwrap()] += 1;
        }
        // 400 each; six standard deviations are 114.
        assert!(best.iter().all(|wins| (286..=514).contains(wins)), "{best:?}");
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total_and_none_is_empty_or_above_the_cap(
            count in 1..200_u32, spare in 0..50_000_u64, cap in 1..2_000_u64, seed in any::<[u8; 32]>(),
        ) {
            let total = (u64::from(count) + spare).min(u64::from(count) * cap);
            let draw = Draw { packet: 1, total, count, share_max: cap };
            let shares = shares(&draw, &seed);
            prop_assert_eq!(shares.len(), count as usize);
            prop_assert_eq!(shares.iter().sum::<u64>(), total);
            prop_assert!(shares.iter().all(|share| (1..=cap).contains(share)), "{:?}", shares);
        }

        #[test]
        fn t13_what_cannot_be_split_is_not(total in 0..u64::MAX, count in 0..4_u32, cap in 0..u64::MAX) {
            let draw = Draw { packet: 1, total, count, share_max: cap };
            let fits = count > 0 && total >= u64::from(count)
                && u128::from(cap) * u128::from(count) >= u128::from(total);
            let parts = shares(&draw, &[3; 32]);
            let sum: u128 = parts.iter().map(|share| u128::from(*share)).sum();
            prop_assert_eq!(sum, if fits { u128::from(total) } else { 0 });
        }
    }
}
