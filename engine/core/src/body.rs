//! Content apart from facts: what people wrote is never in the hashed record, only a reference to it.
//!
//! A `BodyRef` holds the id, the length and an HMAC-SHA-256 (RFC 2104, truncated to 128 bits) of the content
//! under a random key that is stored *with* the body. Destroying the owner's key at rest makes body and MAC
//! key unreadable; the record, its hash chain and the state hash stay as they were.
//!
//! `Bodies` carries the content beside a command, a record or a state. The rule that makes erasure work:
//! `apply` may move bodies about, but nothing that is serialized in the state may be *derived* from a body's
//! content.

use std::collections::BTreeMap;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::{BodyId, MemberId};

/// Bytes of the random key stored with each body.
pub const BODY_KEY_BYTES: usize = 16;
/// Bytes of the truncated HMAC.
pub const BODY_MAC_BYTES: usize = 16;

/// What a record knows of a content: which one, how long, and a MAC that only its holder can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BodyRef {
    /// The body's id, unique in its community.
    pub id: BodyId,
    /// Bytes of the content.
    pub len: u32,
    /// HMAC-SHA-256 under the body's key, first 128 bits.
    #[serde(with = "serde_bytes")]
    pub mac: [u8; BODY_MAC_BYTES],
}

/// A content with its owner and the key of its MAC. Stored sealed under the owner's key.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// Unique in the community.
    pub id: BodyId,
    /// Whose erasure destroys it.
    pub owner: MemberId,
    /// The key of the MAC in every reference to it.
    pub key: [u8; BODY_KEY_BYTES],
    /// The content; text is UTF-8.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Body {
    /// Shows sizes, never content: debug output reaches logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({}, {}, {} bytes)", self.id, self.owner, self.bytes.len())
    }
}

impl Body {
    /// The reference that facts hold.
    pub fn reference(&self) -> BodyRef {
        BodyRef { id: self.id, len: self.bytes.len() as u32, mac: mac(&self.key, &self.bytes) }
    }

    /// Whether `reference` was made from this very content.
    pub fn matches(&self, reference: &BodyRef) -> bool {
        self.id == reference.id
            && self.bytes.len() as u32 == reference.len
            && mac(&self.key, &self.bytes) == reference.mac
    }

    /// The content as text; `None` if it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

fn mac(key: &[u8; BODY_KEY_BYTES], bytes: &[u8]) -> [u8; BODY_MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(bytes);
    let full = mac.finalize().into_bytes();
    let mut out = [0; BODY_MAC_BYTES];
    out.copy_from_slice(&full[..BODY_MAC_BYTES]);
    out
}

/// The contents at hand, by id. A missing one was erased, or belongs to somebody else's record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bodies(BTreeMap<BodyId, Body>);

impl Bodies {
    /// Adds a body and returns its reference.
    pub fn put(&mut self, body: Body) -> BodyRef {
        let reference = body.reference();
        self.0.insert(body.id, body);
        reference
    }

    /// Adds a body that is already referred to.
    pub fn insert(&mut self, body: Body) {
        self.0.insert(body.id, body);
    }

    /// The body of a reference, unless it is gone.
    pub fn get(&self, reference: &BodyRef) -> Option<&Body> {
        self.0.get(&reference.id)
    }

    /// The text of a reference, unless it is gone.
    pub fn text(&self, reference: &BodyRef) -> Option<&str> {
        self.get(reference).and_then(Body::text)
    }

    /// Adds all of another's.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Takes one out.
    pub fn remove(&mut self, id: BodyId) -> Option<Body> {
        self.0.remove(&id)
    }

    /// Drops every body of one owner.
    pub fn erase(&mut self, owner: MemberId) {
        self.0.retain(|_, body| body.owner != owner);
    }

    /// All bodies in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Body> {
        self.0.values()
    }

    /// Takes all bodies out in the order of their ids.
    pub fn into_vec(self) -> Vec<Body> {
        self.0.into_values().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Body> for Bodies {
    fn from_iter<I: IntoIterator<Item = Body>>(bodies: I) -> Self {
        Self(bodies.into_iter().map(|body| (body.id, body)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_fits_only_its_own_content() {
        let body = Body { id: BodyId(1), owner: MemberId(2), key: [3; 16], bytes: b"hello"[..].into() };
        let reference = body.reference();
        assert!(body.matches(&reference));
        assert!(!Body { bytes: b"hellO"[..].into(), ..body.clone() }.matches(&reference));
        assert!(!Body { key: [4; 16], ..body }.matches(&reference));
    }
}
