//! Identifiers: 128 bits, time-ordered, minted outside the core and carried in the command.
//!
//! The upper 48 bits are Unix milliseconds, the lower 80 bits are random, so ids sort by birth and can be
//! minted anywhere. In text an id is its kind's prefix and 26 digits of Crockford base32 (`msg_01JD…`); in
//! the log it is 16 bytes. The object that a command creates has the bits of the command's own id; further
//! objects of the same command get `derive`d ones, so that nothing in the core needs dice.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_DIGITS: usize = 26;

/// Says why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}_ and 26 base32 digits")]
pub struct IdError {
    text: String,
    prefix: &'static str,
}

/// Joins a time in Unix milliseconds and random bits into the 128 bits of an id.
pub const fn mint(at_ms: u64, random: u128) -> u128 {
    ((at_ms as u128 & 0xffff_ffff_ffff) << 80) | (random & ((1 << 80) - 1))
}

/// Derives further 128 bits from an id: same time, lower bits from SHA-256 of (id, label, index).
pub fn derive(from: u128, label: &str, index: u32) -> u128 {
    let mut hash = Sha256::new();
    hash.update(from.to_be_bytes());
    hash.update(label.as_bytes());
    hash.update(index.to_be_bytes());
    let digest = hash.finalize();
    let mut low = [0_u8; 16];
    low.copy_from_slice(&digest[..16]);
    mint((from >> 80) as u64, u128::from_be_bytes(low))
}

fn encode(value: u128) -> [u8; TEXT_DIGITS] {
    let mut out = [0_u8; TEXT_DIGITS];
    for (place, digit) in out.iter_mut().rev().enumerate() {
        *digit = DIGITS[((value >> (place * 5)) & 31) as usize];
    }
    out
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != TEXT_DIGITS {
        return None;
    }
    let mut value: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let digit = DIGITS.iter().position(|d| *d == byte.to_ascii_uppercase())? as u128;
        if place == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit;
    }
    Some(value)
}

struct IdBytes;

impl Visitor<'_> for IdBytes {
    type Value = u128;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("16 bytes of an id")
    }
    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<u128, E> {
        let bytes: [u8; 16] = bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))?;
        Ok(u128::from_be_bytes(bytes))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl $name {
            /// The prefix of this kind in text.
            pub const PREFIX: &'static str = $prefix;

            /// The time the id was minted, Unix milliseconds.
            pub const fn at_ms(self) -> u64 {
                (self.0 >> 80) as u64
            }

            /// The `index`-th further id of this kind that belongs to `command`.
            pub fn of(command: CommandId, index: u32) -> Self {
                Self(derive(command.0, $prefix, index))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str("_")?;
                encode(self.0).iter().try_for_each(|d| fmt::Write::write_char(f, *d as char))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| IdError { text: text.chars().take(64).collect(), prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0.to_be_bytes())
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    deserializer.deserialize_bytes(IdBytes).map(Self)
                }
            }
        }
    )*};
}

ids! {
    /// A tenant. `CommunityId::HOST` names the host's own stream.
    CommunityId = "com";
    /// A human or bot across communities.
    PersonId = "per";
    /// A person inside one community; also an applicant before the gate has let them in.
    MemberId = "mem";
    /// One command and the record it led to.
    CommandId = "cmd";
    /// A body: content kept apart from the facts.
    BodyId = "bod";
    /// A channel.
    ChannelId = "chn";
    /// A message; the bits of the command that posted it.
    MessageId = "msg";
    /// An invite code's object.
    InviteId = "inv";
    /// An item waiting for a moderator.
    HoldId = "hld";
    /// The explanation of one decision.
    ReceiptId = "rcp";
    /// A member's request to look at a decision again.
    AppealId = "apl";
    /// Something that will be due at a known time.
    TimerId = "tmr";
    /// A planned topic.
    TopicId = "tpc";
    /// Something that a script was given up at.
    LetterId = "ltr";
    /// An API token.
    TokenId = "tok";
    /// A person signed in with a browser.
    SessionId = "ses";
    /// A bot of another network.
    ConnectorId = "cnn";
    /// An address that is told of what happens.
    WebhookId = "whk";
    /// A transaction of a ledger; also what is held by it.
    TransactionId = "txn";
    /// What an escrow is kept for; the bits of its own id.
    ObjectId = "obj";
    /// A hand-off from one stream to another.
    HandoffId = "hnd";
}

impl CommunityId {
    /// The stream of the host itself: persons, tokens, quotas.
    pub const HOST: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_return_the_same_id() {
        for bits in [0, 1, u128::MAX, mint(1_700_000_000_000, 12345)] {
            let id = MessageId(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<MessageId>(&json).unwrap(), id);
            let packed = rmp_serde::to_vec_named(&id).unwrap();
            assert_eq!(packed.len(), 18);
            assert_eq!(rmp_serde::from_slice::<MessageId>(&packed).unwrap(), id);
        }
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            "msg_",
            "mem_00000000000000000000000000",
            "msg_80000000000000000000000000",
            "msg_0000000000000000000000000U",
            "msg_0000000000000000000000000é",
        ] {
            assert!(text.parse::<MessageId>().is_err(), "{text}");
        }
    }

    #[test]
    fn derived_ids_differ_and_keep_the_time() {
        let command = CommandId(mint(42, 7));
        assert_ne!(HoldId::of(command, 0), HoldId::of(command, 1));
        assert_ne!(HoldId::of(command, 0).0, ReceiptId::of(command, 0).0);
        assert_eq!(HoldId::of(command, 0).at_ms(), 42);
    }
}
