//! The brake against guessing passwords: so many wrong ones for one name, and from one address, in a while.
//!
//! Counts are kept in memory and bounded; a restart forgets them, which costs a guesser more than it gives.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// How long a wrong guess is remembered.
const WINDOW_MS: u64 = 15 * 60 * 1_000;
/// Wrong passwords for one name in that time: nobody mistypes more often.
const PER_NAME_MAX: u32 = 10;
/// Wrong ones from one address: a house or a school may be behind it.
const PER_ADDRESS_MAX: u32 = 50;
/// Strangers who become somebody from one address in that time: a poster at a meeting.
const NEW_PER_ADDRESS_MAX: u32 = 60;
/// Counts at once; beyond it those whose time is over go.
const COUNTS_MAX: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Of {
    Name(String),
    Address(IpAddr),
    New(IpAddr),
}

/// Wrong guesses of late.
#[derive(Default)]
pub(super) struct Brake(Mutex<HashMap<Of, (u64, u32)>>);

impl Brake {
    /// Counts a try, before it is known whether it is right: many at once must not slip through. `false`
    /// where there were too many.
    pub(super) fn try_now(&self, name: &str, address: IpAddr, now_ms: u64) -> bool {
        self.count(
            [
                (Of::Name(name.trim().to_lowercase().chars().take(100).collect()), PER_NAME_MAX),
                (Of::Address(address), PER_ADDRESS_MAX),
            ],
            now_ms,
        )
    }

    /// Counts a stranger who asks to be let in somewhere. `false` where there were too many.
    pub(super) fn may_come(&self, address: IpAddr, now_ms: u64) -> bool {
        self.count([(Of::New(address), NEW_PER_ADDRESS_MAX)], now_ms)
    }

    fn count<const N: usize>(&self, wanted: [(Of, u32); N], now_ms: u64) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= COUNTS_MAX {
            counts.retain(|_, (since_ms, _)| now_ms.saturating_sub(*since_ms) < WINDOW_MS);
        }
        let mut may = true;
        for (of, max) in wanted {
            let count = counts.entry(of).or_insert((now_ms, 0));
            if now_ms.saturating_sub(count.0) >= WINDOW_MS {
                *count = (now_ms, 0);
            }
            count.1 = count.1.saturating_add(1);
            may &= count.1 <= max;
        }
        may
    }

    /// It was the right password: the name starts anew.
    pub(super) fn was_right(&self, name: &str, address: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&Of::Name(name.trim().to_lowercase().chars().take(100).collect()));
        if let Some(count) = counts.get_mut(&Of::Address(address)) {
            count.1 = count.1.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_ends_and_may_begin_again_later() {
        let (brake, address) = (Brake::default(), IpAddr::from([127, 0, 0, 1]));
        for _ in 0..PER_NAME_MAX {
            assert!(brake.try_now("ines", address, 5));
        }
        assert!(!brake.try_now(" Ines", address, 5));
        assert!(brake.try_now("otto", address, 5));
        assert!(brake.try_now("ines", address, 5 + WINDOW_MS));
        brake.was_right("otto", address);
        assert!(brake.try_now("otto", address, 6));
    }

    #[test]
    fn one_address_does_not_try_name_after_name() {
        let (brake, address) = (Brake::default(), IpAddr::from([127, 0, 0, 1]));
        let tried = (0..200).filter(|turn| brake.try_now(&turn.to_string(), address, 5)).count();
        assert_eq!(tried, PER_ADDRESS_MAX as usize);
    }
}
