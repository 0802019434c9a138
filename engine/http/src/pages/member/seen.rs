//! What somebody has seen of each channel, kept in their browser: it is nobody else's business, and costs no
//! record in the log.

use std::collections::BTreeMap;

use kith_core::ids::ChannelId;

/// Channels that are remembered: a cookie has 4,096 bytes.
const CHANNELS_MAX: usize = 100;
/// Digits of an id that tell a community's channels apart.
const DIGITS: usize = 10;

/// Up to when each channel was seen, Unix milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<String, u64>);

impl Seen {
    /// What a browser says.
    pub(super) fn of_cookie(value: &str) -> Self {
        let rows = value.split('_').take(CHANNELS_MAX);
        let pairs = rows.filter_map(|row| row.split_once('.'));
        let known = pairs.filter_map(|(id, at)| Some((id.to_owned(), u64::from_str_radix(at, 36).ok()?)));
        Self(known.collect())
    }

    /// Up to when a channel was seen; nothing of it where nobody knows.
    pub(super) fn until(&self, channel: ChannelId) -> Option<u64> {
        self.0.get(&short(channel)).copied()
    }

    /// Notes that a channel was seen up to a time.
    pub(super) fn note(&mut self, channel: ChannelId, at_ms: u64) {
        self.0.insert(short(channel), at_ms);
        while self.0.len() > CHANNELS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, at_ms)| **at_ms).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { return };
            self.0.remove(&oldest);
        }
    }

    /// As the cookie has it.
    pub(super) fn value(&self) -> String {
        let rows = self.0.iter().map(|(id, at_ms)| format!("{id}.{}", base36(*at_ms)));
        rows.collect::<Vec<_>>().join("_")
    }
}

fn short(channel: ChannelId) -> String {
    let text = channel.to_string();
    text[text.len().saturating_sub(DIGITS)..].to_owned()
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.extend(char::from_digit(digit, 36));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_goes_there_and_back_and_stays_bounded() {
        let mut seen = Seen::default();
        for turn in 0..150_u64 {
            seen.note(ChannelId(u128::from(turn)), 1_700_000_000_000 + turn);
        }
        let value = seen.value();
        assert!(value.len() < 4_000, "{}", value.len());
        let read = Seen::of_cookie(&value);
        assert_eq!(read, seen);
        assert_eq!(read.until(ChannelId(149)), Some(1_700_000_000_149));
        assert_eq!(read.until(ChannelId(0)), None);
    }
}
