//! How words are hidden: each is stored as a keyed digest under the community's secret.
//!
//! Two communities have nothing in common that could be compared. The digest is cut to 63 bits: two words
//! that fall together would find each other's messages, which among a million words happens once in 18
//! million communities. Does not hide how often a word occurs.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Words whose digests are remembered, so that what is said all the time is hashed once.
const KNOWN_MAX: usize = 50_000;
/// Characters of a digest, seven bits each: ASCII, because the index takes text.
const DIGEST_CHARS: usize = 9;
/// Under what the digests of words are told from other uses of the secret.
const DOMAIN: &[u8] = b"kith search word\0";

/// A community's secret, ready for use.
pub(crate) struct Secret {
    keyed: Hmac<Sha256>,
    known: HashMap<String, String>,
}

impl Secret {
    /// A secret over the community's pepper.
    pub(crate) fn of(pepper: &[u8; 32]) -> Self {
        let mut keyed = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
        keyed.update(DOMAIN);
        Self { keyed, known: HashMap::new() }
    }

    /// The digest of a word.
    pub(crate) fn digest(&mut self, word: &str) -> String {
        if let Some(digest) = self.known.get(word) {
            return digest.clone();
        }
        let digest = self.hashed(word);
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(word.to_owned(), digest.clone());
        digest
    }

    /// By what it is known that the secret is still the same.
    pub(crate) fn mark(&self) -> String {
        self.hashed("").bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn hashed(&self, word: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(word.as_bytes());
        let full = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&full[..8]);
        let bits = u64::from_be_bytes(first);
        (0..DIGEST_CHARS).map(|at| char::from((bits >> (7 * at)) as u8 & 0x7f)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_word_and_secret_alone() {
        let (mut one, mut other) = (Secret::of(&[1; 32]), Secret::of(&[2; 32]));
        let digest = one.digest("红包");
        assert_eq!(digest.len(), DIGEST_CHARS);
        assert_eq!(one.digest("红包"), digest);
        assert_eq!(Secret::of(&[1; 32]).digest("红包"), digest);
        assert_ne!(one.digest("红"), digest);
        assert_ne!(other.digest("红包"), digest);
        assert_ne!(one.mark(), other.mark());
    }
}
