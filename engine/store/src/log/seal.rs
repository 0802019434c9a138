//! Seals what people wrote and opens it again: AES-256-GCM (NIST SP 800-38D) under the owner's key.
//!
//! The nonce is the low 12 bytes of the body's id, which is unique in its community, so a key never meets a
//! nonce twice with different content; sealing the same body again gives the same bytes. The tag also covers
//! community, owner and the whole id, so a sealed body cannot pass for another's.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use kith_core::body::{BODY_KEY_BYTES, Body};
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::ports::StoreError;

use super::fields::{Fields, PutFields};
use crate::keys::{KeyFile, Opening};

const TAG_BYTES: usize = 16;
/// Bytes of a sealed body beyond its content.
pub(crate) const SEALED_EXTRA_BYTES: usize = 40 + BODY_KEY_BYTES + TAG_BYTES;

/// What became of one sealed body.
pub(crate) enum Unsealed {
    /// It could be opened.
    Body(Body),
    /// Its key was destroyed.
    Erased,
    /// Its key is lost or it is damaged, though nobody erased it.
    Unreadable,
}

/// A sealed body in its bytes.
pub(crate) struct SealedBody<'a> {
    /// Place of its record in the frame.
    pub(crate) record: u32,
    id: BodyId,
    owner: MemberId,
    sealed: &'a [u8],
}

fn associated(community: CommunityId, owner: MemberId, id: BodyId) -> [u8; 48] {
    let mut out = [0; 48];
    out[..16].copy_from_slice(&community.0.to_be_bytes());
    out[16..32].copy_from_slice(&owner.0.to_be_bytes());
    out[32..].copy_from_slice(&id.0.to_be_bytes());
    out
}

fn nonce(id: BodyId) -> [u8; 12] {
    let bytes = id.0.to_be_bytes();
    std::array::from_fn(|place| bytes[place + 4])
}

/// Appends a body, sealed, as belonging to the frame's `record`-th record.
pub(crate) fn seal(
    out: &mut Vec<u8>,
    keys: &KeyFile,
    community: CommunityId,
    (record, body): (u32, &Body),
) -> Result<(), StoreError> {
    let cipher = keys.sealing(community, body.owner)?;
    out.put_u32(record);
    out.put_id(body.id.0);
    out.put_id(body.owner.0);
    out.put_u32((BODY_KEY_BYTES + body.bytes.len() + TAG_BYTES) as u32);
    let start = out.len();
    out.put(&body.key);
    out.put(&body.bytes);
    let tag = encrypt(&cipher, community, body, &mut out[start..]);
    out.put(&tag);
    Ok(())
}

fn encrypt(cipher: &Aes256Gcm, community: CommunityId, body: &Body, plain: &mut [u8]) -> [u8; TAG_BYTES] {
    let associated = associated(community, body.owner, body.id);
    cipher
        .encrypt_inout_detached(&Nonce::from(nonce(body.id)), &associated, plain.into())
        .expect("AES-GCM refuses only messages of 64 GiB and more; records are limited far below")
        .into()
}

/// The sealed bodies of a frame's sealed part, in the order of records. `None` if the part contradicts
/// itself.
pub(crate) fn sealed_bodies(part: &[u8]) -> Option<Vec<SealedBody<'_>>> {
    let mut fields = Fields(part);
    let mut bodies = Vec::new();
    while !fields.0.is_empty() {
        let record = fields.u32()?;
        let id = BodyId(fields.id()?);
        let owner = MemberId(fields.id()?);
        let bytes = fields.u32()? as usize;
        bodies.push(SealedBody { record, id, owner, sealed: fields.take(bytes)? });
    }
    Some(bodies)
}

/// Opens sealed bodies of one community.
pub(crate) struct Opener<'a> {
    keys: &'a KeyFile,
    community: CommunityId,
    scratch: Vec<u8>,
}

impl<'a> Opener<'a> {
    pub(crate) fn new(keys: &'a KeyFile, community: CommunityId) -> Self {
        Self { keys, community, scratch: Vec::new() }
    }

    pub(crate) fn open(&mut self, sealed: &SealedBody<'_>) -> Result<Unsealed, StoreError> {
        let body = match self.keys.opening(self.community, sealed.owner)? {
            Opening::Destroyed => return Ok(Unsealed::Erased),
            Opening::Unknown => None,
            Opening::Cipher(cipher) => self.decrypt(&cipher, sealed),
        };
        Ok(match body {
            Some(body) => Unsealed::Body(body),
            // Sealed before an erasure, by somebody who wrote again afterwards under a new key.
            None if self.keys.was_destroyed(self.community, sealed.owner)? => Unsealed::Erased,
            None => Unsealed::Unreadable,
        })
    }

    fn decrypt(&mut self, cipher: &Aes256Gcm, sealed: &SealedBody<'_>) -> Option<Body> {
        let (content, tag) = sealed.sealed.split_last_chunk::<TAG_BYTES>()?;
        self.scratch.clear();
        self.scratch.extend_from_slice(content);
        let associated = associated(self.community, sealed.owner, sealed.id);
        let nonce = Nonce::from(nonce(sealed.id));
        cipher
            .decrypt_inout_detached(&nonce, &associated, self.scratch.as_mut_slice().into(), &Tag::from(*tag))
            .ok()?;
        let (key, bytes) = self.scratch.split_first_chunk::<BODY_KEY_BYTES>()?;
        Some(Body { id: sealed.id, owner: sealed.owner, key: *key, bytes: bytes.into() })
    }
}
