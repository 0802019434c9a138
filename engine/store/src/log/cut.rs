//! Signed cuts: a state that stands for all frames of its stream up to one, so that compaction may drop
//! those; and signed heads, which a host shows from time to time so that it cannot rewrite quietly.
//!
//! ```text
//! cut   covered head (epoch 8, frame_no 8, hash 32, seq 8, at_ms 8), state hash 32, signature 64, schema 4,
//!       state bytes
//! base  state hash 32, signature 64; the covered head is in the frame's header
//! ```
//! A cut is an ordinary link of the chain. Whether the state is right is the caller's knowledge; that the
//! chain had the covered head is checked here.

use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::{Appended, Hash, Head, Records, Snapshot, StoreError};
use sha2::{Digest, Sha256};

use super::append::{Claim, Content};
use super::fields::{Fields, PutFields};
use super::frame::{FrameDraft, FrameHeader, Kind, RawFrame};
use super::open::{Log, Shared};
use super::placed::LogPosition;
use super::seal::{Opener, SEALED_EXTRA_BYTES, Unsealed, seal, sealed_bodies};
use crate::failure::refused;
use crate::limits::CUT_BYTES_MAX;

const CUT_DOMAIN: &[u8] = b"kith cut 1\0";
const HEADS_DOMAIN: &[u8] = b"kith heads 1\0";
const CUT_FIXED_BYTES: usize = 164;

/// A cut on its way to the log. Appended by the stream's writer: it takes a frame number like any other
/// frame.
#[derive(Debug, Clone)]
pub struct NewCut {
    /// The stream.
    pub community: CommunityId,
    /// Must equal the head's.
    pub epoch: u64,
    /// Must be the head's plus one.
    pub frame_no: u64,
    /// The verified state at a durable frame of the stream.
    pub snapshot: Snapshot,
}

/// One stream's head in a signed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignedHead {
    /// The stream.
    pub community: CommunityId,
    /// Its last frame.
    pub frame_no: u64,
    /// That frame's hash.
    pub hash: Hash,
}

/// Where all streams stood at one time, signed with the host's key (Ed25519).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignedHeads {
    /// Unix milliseconds, as the caller's clock said.
    pub at_ms: u64,
    /// In the order of ids.
    pub heads: Vec<SignedHead>,
    /// The host's public key.
    pub public_key: [u8; 32],
    /// Over the domain, the time and every head.
    #[serde(with = "serde_bytes")]
    pub signature: [u8; 64],
}

/// What a cut says of the frames it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Covered {
    pub(crate) head: Head,
    pub(crate) state_hash: Hash,
    pub(crate) signature: [u8; 64],
}

impl Covered {
    /// Signs that `state_hash` stands for the stream up to `head`.
    pub(crate) fn sign(shared: &Shared, community: CommunityId, head: Head, state_hash: Hash) -> Self {
        let signature = shared.host.sign(&cut_message(community, &head, &state_hash));
        Self { head, state_hash, signature }
    }

    /// What a sound cut or base frame says; `None` if it is too short or the signature is not the host's.
    pub(crate) fn of(shared: &Shared, raw: &RawFrame<'_>) -> Option<Self> {
        let mut fields = Fields(raw.hashed);
        let head = if raw.header.kind == Kind::Cut { take_head(&mut fields)? } else { raw.header.head() };
        let covered = Self { head, state_hash: fields.array()?, signature: fields.array()? };
        let message = cut_message(raw.header.community, &head, &covered.state_hash);
        shared.host.verifies(&message, &covered.signature).then_some(covered)
    }

    /// The frame that compaction leaves in the place of what it dropped.
    pub(crate) fn base_frame(&self, community: CommunityId, kind: Kind, salt: u32) -> (FrameHeader, Vec<u8>) {
        let mut draft = FrameDraft::new(96);
        draft.bytes.put(&self.state_hash);
        draft.bytes.put(&self.signature);
        draft.end_hashed();
        let facts = FrameHeader {
            community,
            epoch: self.head.epoch,
            frame_no: self.head.frame_no,
            prev_hash: [0; 32],
            hash: self.head.hash,
            first_seq: self.head.seq + 1,
            at_ms: self.head.at_ms,
            records: 0,
            kind,
            hashed_bytes: 0,
            sealed_bytes: 0,
            payload_crc: 0,
        };
        draft.finish(facts, salt)
    }
}

fn put_head(out: &mut Vec<u8>, head: &Head) {
    out.put_u64(head.epoch);
    out.put_u64(head.frame_no);
    out.put(&head.hash);
    out.put_u64(head.seq);
    out.put_u64(head.at_ms);
}

fn take_head(fields: &mut Fields<'_>) -> Option<Head> {
    Some(Head {
        epoch: fields.number()?,
        frame_no: fields.number()?,
        hash: fields.array()?,
        seq: fields.number()?,
        at_ms: fields.at_ms()?,
    })
}

fn cut_message(community: CommunityId, head: &Head, state_hash: &Hash) -> Vec<u8> {
    let mut message = CUT_DOMAIN.to_vec();
    message.put_id(community.0);
    put_head(&mut message, head);
    message.put(state_hash);
    message
}

fn heads_message(at_ms: u64, heads: &[SignedHead]) -> Vec<u8> {
    let mut message = HEADS_DOMAIN.to_vec();
    message.put_u64(at_ms);
    for head in heads {
        message.put_id(head.community.0);
        message.put_u64(head.frame_no);
        message.put(&head.hash);
    }
    message
}

impl SignedHeads {
    /// Whether the signature is that of the public key it names. Whose key that is, the reader has to know.
    pub fn verify(&self) -> bool {
        let message = heads_message(self.at_ms, &self.heads);
        ed25519_dalek::VerifyingKey::from_bytes(&self.public_key).is_ok_and(|key| {
            key.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&self.signature)).is_ok()
        })
    }
}

impl Log {
    /// Appends a signed cut. Once it is durable, the next compaction may drop every frame up to the
    /// snapshot's head.
    pub fn append_cut(&self, cut: NewCut, done: Appended) -> Result<(), StoreError> {
        let NewCut { community, epoch, frame_no, snapshot } = cut;
        let claim = Claim { community, epoch, frame_no };
        let tip = self.shared.fence(claim, Kind::Cut)?;
        self.check_covered(community, &snapshot.head)?;
        let content = self.encode_cut(community, &snapshot, tip.at_ms)?;
        self.shared.enqueue(claim, &tip, content, done)
    }

    fn check_covered(&self, community: CommunityId, covered: &Head) -> Result<(), StoreError> {
        let mut found = None;
        Records::read(self, community, covered.frame_no, &mut |frame| {
            found = Some(frame.head);
            ControlFlow::Break(())
        })?;
        if found.as_ref() == Some(covered) {
            return Ok(());
        }
        Err(refused("cut a stream in", &self.shared.dir, "the log has no such frame with that hash"))
    }

    fn encode_cut(
        &self,
        community: CommunityId,
        snapshot: &Snapshot,
        at_ms: u64,
    ) -> Result<Content, StoreError> {
        let bodies = snapshot.bodies.iter().map(|body| body.bytes.len() + SEALED_EXTRA_BYTES);
        let bytes = CUT_FIXED_BYTES + snapshot.bytes.len() + bodies.sum::<usize>();
        if bytes > CUT_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "a cut", bytes, max: CUT_BYTES_MAX });
        }
        let state_hash = Sha256::digest(&snapshot.bytes).into();
        let covered = Covered::sign(&self.shared, community, snapshot.head, state_hash);
        let mut draft = FrameDraft::new(bytes);
        put_head(&mut draft.bytes, &covered.head);
        draft.bytes.put(&covered.state_hash);
        draft.bytes.put(&covered.signature);
        draft.bytes.put_u32(snapshot.schema);
        draft.bytes.put(&snapshot.bytes);
        draft.end_hashed();
        for body in &snapshot.bodies {
            seal(&mut draft.bytes, &self.shared.keys, community, (0, body))?;
        }
        Ok(Content { kind: Kind::Cut, draft, records: 0, at_ms, ids: Vec::new() })
    }

    pub(super) fn newest_cut(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError> {
        loop {
            let position = self.shared.heads.get(community).and_then(|stream| stream.cut);
            let Some(at) = position.as_deref() else { return Ok(None) };
            let found = self.cut_at(community, *at);
            // Compaction may have moved the cut between the look-up and the read.
            let now = self.shared.heads.get(community).and_then(|stream| stream.cut);
            if found.is_ok() || now == position {
                return found.map(Some);
            }
        }
    }

    fn cut_at(&self, community: CommunityId, position: LogPosition) -> Result<Snapshot, StoreError> {
        self.with_frame_at(position, |raw| {
            let contradiction = || refused("read a cut in", &self.shared.dir, "the cut contradicts itself");
            let covered = Covered::of(&self.shared, raw).ok_or_else(contradiction)?;
            let (_, rest) = raw.hashed.split_at_checked(CUT_FIXED_BYTES - 4).ok_or_else(contradiction)?;
            let (schema, bytes) = rest.split_first_chunk().ok_or_else(contradiction)?;
            let state_hash: Hash = Sha256::digest(bytes).into();
            if state_hash != covered.state_hash || raw.header.community != community {
                return Err(contradiction());
            }
            let mut opener = Opener::new(&self.shared.keys, community);
            let mut bodies = Vec::new();
            for sealed in sealed_bodies(raw.sealed).ok_or_else(contradiction)? {
                if let Unsealed::Body(body) = opener.open(&sealed)? {
                    bodies.push(body);
                }
            }
            let schema = u32::from_le_bytes(*schema);
            Ok(Snapshot { head: covered.head, schema, bytes: bytes.to_vec(), bodies })
        })
    }

    /// Signs where every stream stands.
    pub fn sign_heads(&self, at_ms: u64) -> SignedHeads {
        let heads = self.shared.heads.collect(|community, stream| {
            let Head { frame_no, hash, .. } = stream.durable;
            (frame_no > 0 && !stream.removed).then_some(SignedHead { community, frame_no, hash })
        });
        let signature = self.shared.host.sign(&heads_message(at_ms, &heads));
        SignedHeads { at_ms, heads, public_key: self.shared.host.public().to_bytes(), signature }
    }
}
