//! Snapshots in rows: pieces first, then one head row that says what they must add up to.
//!
//! A crash between the two leaves pieces that nothing names. Every read checks the SHA-256 over head, facts
//! and sealed bodies, and a snapshot that does not add up is none. Bodies arrive here sealed.

use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::{Hash, Head, Snapshot, StoreError};
use sha2::{Digest, Sha256};

use super::key::{self, Tag};
use super::limits::{SNAPSHOT_BYTES_MAX, VALUE_BYTES_MAX};
use super::rows::{Change, Row, Rows};
use super::sealing::Sealing;

const FORMAT: u8 = 1;
/// Pieces written at a time, so that a large snapshot is not in memory twice.
const PIECES_AT_ONCE: usize = 500;

/// Keeps a snapshot and drops the others of the stream.
pub(super) fn put(
    rows: &Rows,
    community: CommunityId,
    snapshot: &Snapshot,
    sealed: &[u8],
) -> Result<(), StoreError> {
    let bytes = snapshot.bytes.len() + sealed.len();
    if bytes > SNAPSHOT_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "snapshot", bytes, max: SNAPSHOT_BYTES_MAX });
    }
    let number = snapshot.head.frame_no;
    let head_key = key::numbered(Tag::SnapshotHead, community, number);
    rows.write(vec![Change::Remove(head_key.clone())])?;
    let pieces: Vec<&[u8]> =
        snapshot.bytes.chunks(VALUE_BYTES_MAX).chain(sealed.chunks(VALUE_BYTES_MAX)).collect();
    let mut part = 0_u32;
    for some in pieces.chunks(PIECES_AT_ONCE) {
        let mut changes = Vec::with_capacity(some.len());
        for piece in some {
            changes.push(Change::Put(key::snapshot_part(community, number, part), piece.to_vec()));
            part += 1;
        }
        rows.write(changes)?;
    }
    let kept = Kept {
        head: snapshot.head,
        schema: snapshot.schema,
        facts_bytes: snapshot.bytes.len() as u64,
        sealed_bytes: sealed.len() as u64,
    };
    rows.write(vec![Change::Put(head_key, kept.row(&[&snapshot.bytes, sealed]))])?;
    drop_others(rows, community, Some((number, part)))
}

/// The newest snapshot, if it adds up.
pub(super) fn newest(
    rows: &Rows,
    community: CommunityId,
    sealing: &dyn Sealing,
) -> Result<Option<Snapshot>, StoreError> {
    loop {
        let Some((key, row)) = head_row(rows, community)? else { return Ok(None) };
        if let Some((kept, facts, sealed)) = read(rows, community, &key, &row)? {
            let Some(bodies) = sealing.unseal(community, &sealed)? else { return Ok(None) };
            return Ok(Some(Snapshot { head: kept.head, schema: kept.schema, bytes: facts, bodies }));
        }
        // A newer one may have taken its place between the two reads; else it is damaged.
        if head_row(rows, community)?.is_some_and(|(_, now)| now == row) {
            return Ok(None);
        }
    }
}

/// Drops every snapshot of the stream.
pub(super) fn purge(rows: &Rows, community: CommunityId) -> Result<(), StoreError> {
    drop_others(rows, community, None)?;
    rows.sync()
}

fn head_row(rows: &Rows, community: CommunityId) -> Result<Option<Row>, StoreError> {
    let upto = key::numbered(Tag::SnapshotHead, community, u64::MAX);
    rows.last(&key::of_community(Tag::SnapshotHead, community), &upto)
}

type Contents = (Kept, Vec<u8>, Vec<u8>);

fn read(rows: &Rows, community: CommunityId, key: &[u8], row: &[u8]) -> Result<Option<Contents>, StoreError> {
    let Some((kept, number)) = Kept::read(row).zip(key::number_of(key)) else { return Ok(None) };
    let total = kept.facts_bytes.saturating_add(kept.sealed_bytes);
    let mut all = Vec::new();
    rows.scan(&key::numbered(Tag::SnapshotPart, community, number), &mut |_, piece| {
        all.extend_from_slice(piece);
        if all.len() as u64 <= total { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if all.len() as u64 != total || kept.head.frame_no != number {
        return Ok(None);
    }
    let sealed = all.split_off(kept.facts_bytes as usize);
    let adds_up = kept.row(&[&all, &sealed]) == row;
    Ok(adds_up.then_some((kept, all, sealed)))
}

/// Removes every head but the one to keep before any piece, so that no head ever names pieces that are gone.
fn drop_others(rows: &Rows, community: CommunityId, keep: Option<(u64, u32)>) -> Result<(), StoreError> {
    let kept_number = keep.map(|(number, _)| number);
    let mut gone = Vec::new();
    rows.scan(&key::of_community(Tag::SnapshotHead, community), &mut |key, _| {
        if key::number_of(key) != kept_number {
            gone.push(Change::Remove(key.to_vec()));
        }
        ControlFlow::Continue(())
    })?;
    let kept_pieces = keep.map(|(number, parts)| {
        key::snapshot_part(community, number, 0)..key::snapshot_part(community, number, parts)
    });
    rows.scan(&key::of_community(Tag::SnapshotPart, community), &mut |key, _| {
        if kept_pieces.as_ref().is_none_or(|kept| !kept.contains(&key.to_vec())) {
            gone.push(Change::Remove(key.to_vec()));
        }
        ControlFlow::Continue(())
    })?;
    rows.write(gone)
}

/// A head row.
struct Kept {
    head: Head,
    schema: u32,
    facts_bytes: u64,
    sealed_bytes: u64,
}

const HASH_BYTES: usize = 32;
const NUMBERS_BYTES: usize = 4 * 8 + 4 + 2 * 8;
const ROW_BYTES: usize = 1 + NUMBERS_BYTES + 2 * HASH_BYTES;

impl Kept {
    /// The row's bytes: format, numbers, the frame's hash, and the SHA-256 of all before it and of
    /// `contents`.
    fn row(&self, contents: &[&[u8]]) -> Vec<u8> {
        let Head { epoch, frame_no, hash, seq, at_ms } = self.head;
        let mut row = vec![FORMAT];
        [epoch, frame_no, seq, at_ms].iter().for_each(|number| row.extend_from_slice(&number.to_be_bytes()));
        row.extend_from_slice(&self.schema.to_be_bytes());
        row.extend_from_slice(&self.facts_bytes.to_be_bytes());
        row.extend_from_slice(&self.sealed_bytes.to_be_bytes());
        row.extend_from_slice(&hash);
        let mut sum = Sha256::new();
        sum.update(&row);
        contents.iter().for_each(|content| sum.update(content));
        row.extend_from_slice(&sum.finalize());
        row
    }

    fn read(row: &[u8]) -> Option<Self> {
        let row: &[u8; ROW_BYTES] = row.try_into().ok()?;
        if row[0] != FORMAT {
            return None;
        }
        let number = |at: usize| row[at..at + 8].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let mut hash: Hash = [0; HASH_BYTES];
        hash.copy_from_slice(&row[1 + NUMBERS_BYTES..1 + NUMBERS_BYTES + HASH_BYTES]);
        let (epoch, frame_no, seq, at_ms) = (number(1), number(9), number(17), number(25));
        let schema = number(29) as u32;
        let head = Head { epoch, frame_no, hash, seq, at_ms };
        Some(Self { head, schema, facts_bytes: number(37), sealed_bytes: number(45) })
    }
}
