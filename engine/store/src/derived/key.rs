//! The keys of the one tree: a tag, the community, big-endian numbers, so that byte order is meaning's order.

use kith_core::ids::CommunityId;

/// What a row holds; the first byte of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// One row: the format and the watermark.
    Watermark = 1,
    /// Places of records, packed.
    Chunk = 2,
    /// Which chunks hold ids of a bucket of time.
    Bucket = 3,
    /// What a snapshot is; written after all its parts.
    SnapshotHead = 4,
    /// A piece of a snapshot.
    SnapshotPart = 5,
    /// When a stream is due, if it is.
    Due = 6,
    /// A row of the side table.
    Measurement = 7,
}

/// The key of a chunk of places within its community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChunkKey {
    /// The record that the chunk begins with.
    pub(super) first_seq: u64,
    /// Above 0 where one record's ids fill more than one chunk.
    pub(super) part: u16,
}

/// The bytes that all rows of a tag share.
pub(super) fn of_tag(tag: Tag) -> Vec<u8> {
    vec![tag as u8]
}

/// The first bytes after all rows of a tag.
pub(super) fn of_tag_after(tag: Tag) -> Vec<u8> {
    vec![tag as u8 + 1]
}

/// The bytes that all rows of a tag and community share; a whole key where there is one row of each.
pub(super) fn of_community(tag: Tag, community: CommunityId) -> Vec<u8> {
    let mut key = Vec::with_capacity(40);
    key.push(tag as u8);
    key.extend_from_slice(&community.0.to_be_bytes());
    key
}

/// The key of a numbered row.
pub(super) fn numbered(tag: Tag, community: CommunityId, number: u64) -> Vec<u8> {
    let mut key = of_community(tag, community);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The key of a chunk.
pub(super) fn chunk(community: CommunityId, at: ChunkKey) -> Vec<u8> {
    let mut key = numbered(Tag::Chunk, community, at.first_seq);
    key.extend_from_slice(&at.part.to_be_bytes());
    key
}

/// The key by which a chunk is found from a bucket of time.
pub(super) fn bucket(community: CommunityId, bucket: u64, at: ChunkKey) -> Vec<u8> {
    let mut key = numbered(Tag::Bucket, community, bucket);
    key.extend_from_slice(&at.first_seq.to_be_bytes());
    key.extend_from_slice(&at.part.to_be_bytes());
    key
}

/// The key of one piece of a snapshot.
pub(super) fn snapshot_part(community: CommunityId, number: u64, part: u32) -> Vec<u8> {
    let mut key = numbered(Tag::SnapshotPart, community, number);
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// The key of a row of the side table: its time, then a count that tells rows of one time apart.
pub(super) fn measurement(community: CommunityId, at_ms: u64, count: u64) -> Vec<u8> {
    let mut key = numbered(Tag::Measurement, community, at_ms);
    key.extend_from_slice(&count.to_be_bytes());
    key
}

/// The second number after the community.
pub(super) fn second_number_of(key: &[u8]) -> Option<u64> {
    u64_at(key, 25)
}

/// The community of a key, unless it is too short to have one.
pub(super) fn community_of(key: &[u8]) -> Option<CommunityId> {
    let bytes: [u8; 16] = key.get(1..17)?.try_into().ok()?;
    Some(CommunityId(u128::from_be_bytes(bytes)))
}

/// The number after the community.
pub(super) fn number_of(key: &[u8]) -> Option<u64> {
    u64_at(key, 17)
}

/// What a chunk's key says of it.
pub(super) fn chunk_of(key: &[u8]) -> Option<ChunkKey> {
    chunk_at(key, 17)
}

/// The chunk that a bucket's row points to.
pub(super) fn chunk_of_bucket(key: &[u8]) -> Option<ChunkKey> {
    chunk_at(key, 25)
}

fn chunk_at(key: &[u8], offset: usize) -> Option<ChunkKey> {
    let part: [u8; 2] = key.get(offset + 8..offset + 10)?.try_into().ok()?;
    Some(ChunkKey { first_seq: u64_at(key, offset)?, part: u16::from_be_bytes(part) })
}

fn u64_at(key: &[u8], offset: usize) -> Option<u64> {
    let bytes: [u8; 8] = key.get(offset..offset + 8)?.try_into().ok()?;
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_community_then_number_and_read_back() {
        let at = |first_seq, part| ChunkKey { first_seq, part };
        let keys = [
            chunk(CommunityId(1), at(1, 0)),
            chunk(CommunityId(1), at(1, 1)),
            chunk(CommunityId(1), at(256, 0)),
            chunk(CommunityId(2), at(0, 0)),
            bucket(CommunityId(1), 5, at(7, 3)),
        ];
        assert!(keys.is_sorted());
        assert_eq!(chunk_of(&keys[1]), Some(at(1, 1)));
        assert_eq!(community_of(&keys[3]), Some(CommunityId(2)));
        assert_eq!(number_of(&keys[4]), Some(5));
        assert_eq!(chunk_of_bucket(&keys[4]), Some(at(7, 3)));
        assert_eq!(chunk_of(&keys[0][..20]), None);
    }
}
