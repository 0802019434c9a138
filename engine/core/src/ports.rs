//! What the engine needs of the world, as synchronous traits over plain data.
//!
//! Nothing here assumes one machine: the unit is the *frame* (one or more records of one stream, numbered
//! without gaps, chained by hash), an append names the frame it must be, and a store refuses any other. The
//! store owns its threads; completion arrives by callback.

pub mod search;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::body::Body;
use crate::ids::{CommunityId, MemberId};

/// SHA-256.
pub type Hash = [u8; 32];

/// Where a stream stands: the last frame and record that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Raised whenever the right to write moves or a backup is restored.
    pub epoch: u64,
    /// The last frame's number; the first frame is 1, so 0 means an empty stream.
    pub frame_no: u64,
    /// The last frame's hash; zeros for an empty stream.
    pub hash: Hash,
    /// The last record's number; the first record is 1.
    pub seq: u64,
    /// The last record's time, Unix milliseconds.
    pub at_ms: u64,
}

impl Head {
    /// The head of a stream without frames.
    pub const EMPTY: Self = Self { epoch: 1, frame_no: 0, hash: [0; 32], seq: 0, at_ms: 0 };
}

/// A record on its way to the log. `bytes` are hashed; `bodies` are sealed beside them.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// Number in the stream, one more than the record before.
    pub seq: u64,
    /// Time of the record, Unix milliseconds, never before the record before.
    pub at_ms: u64,
    /// Ids by which the record can be found again (`Records::locate`), such as a message's.
    pub ids: Vec<u128>,
    /// The encoded record.
    pub bytes: Vec<u8>,
    /// What people wrote, kept out of the hash.
    pub bodies: Vec<Body>,
}

/// One frame to append.
#[derive(Debug, Clone)]
pub struct NewFrame {
    /// The stream.
    pub community: CommunityId,
    /// Must equal the head's.
    pub epoch: u64,
    /// Must be the head's plus one.
    pub frame_no: u64,
    /// At least one.
    pub records: Vec<NewRecord>,
}

/// A record as it was read back. Bodies whose key was destroyed are missing and counted.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// Number in the stream.
    pub seq: u64,
    /// Time of the record, Unix milliseconds.
    pub at_ms: u64,
    /// The encoded record, exactly as it was hashed.
    pub bytes: Vec<u8>,
    /// What can still be unsealed.
    pub bodies: Vec<Body>,
    /// How many bodies cannot be unsealed any more because their key was destroyed.
    pub erased: u32,
}

/// A frame as it was read back; its hash and chain have been checked.
#[derive(Debug, Clone)]
pub struct StoredFrame {
    /// The stream.
    pub community: CommunityId,
    /// Where the stream stood after this frame.
    pub head: Head,
    /// Hash of the frame before.
    pub prev_hash: Hash,
    /// In order.
    pub records: Vec<StoredRecord>,
}

/// A whole state at one frame. `bytes` name facts only; `bodies` carry what people wrote.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The frame after which the state was taken.
    pub head: Head,
    /// Number of the state's schema.
    pub schema: u32,
    /// The encoded state.
    pub bytes: Vec<u8>,
    /// What people wrote and the state still needs.
    pub bodies: Vec<Body>,
}

/// Why a stream can be read but not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The stream that is closed.
    pub community: CommunityId,
    /// The first frame that cannot be trusted.
    pub frame_no: u64,
    /// The file it is in.
    pub file: PathBuf,
    /// Byte position in that file.
    pub offset: u64,
    /// What was found, for the operator.
    pub what: String,
}

/// How a store fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer has the stream, or the caller lost count.
    #[error(
        "refused frame {frame_no} epoch {epoch} of {community}: the next is frame {next} epoch {current}"
    )]
    Fenced {
        /// The stream.
        community: CommunityId,
        /// The epoch that was named.
        epoch: u64,
        /// The frame that was named.
        frame_no: u64,
        /// The epoch in force.
        current: u64,
        /// The frame that would be taken.
        next: u64,
    },
    /// The stream is read-only from a damaged frame on.
    #[error("{} is read-only from frame {}: {} at byte {} of {}",
        .0.community, .0.frame_no, .0.what, .0.offset, .0.file.display())]
    Damaged(Box<Damage>),
    /// The derived index is not open or not caught up yet; try again.
    #[error("the index is being built; try again in a moment")]
    NotReady,
    /// A record or snapshot is larger than the store takes.
    #[error("{what} of {bytes} bytes is over the limit of {max}")]
    TooLarge {
        /// What it was.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The disk failed. On the log this stops the process: nothing may be acknowledged after it.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store was closed; whoever still has a handle to it comes too late.
    #[error("the store is closed")]
    Closed,
    /// Something derived is unusable; it is rebuilt from the log.
    #[error("the derived index failed: {0}")]
    Derived(String),
}

/// What is told once a frame is on disk, or never will be.
pub type Appended = Box<dyn FnOnce(Result<Head, StoreError>) + Send>;

/// The log of records: the truth.
pub trait Records: Send + Sync {
    /// Queues a frame and calls `done` once it is durable. Frames of one stream are queued in order by its
    /// one writer and may be pipelined: the next may be queued before the last is durable. A frame that is
    /// not the next is refused at once (`Fenced`) and `done` is not called.
    fn append(&self, frame: NewFrame, done: Appended) -> Result<(), StoreError>;

    /// The durable head of a stream; `None` if it has no frame.
    fn head(&self, community: CommunityId) -> Option<Head>;

    /// Every stream that has a frame, in the order of ids.
    fn streams(&self) -> Vec<CommunityId>;

    /// Visits the frames of a stream in order, from `first_frame` on, up to the durable head.
    fn read(
        &self,
        community: CommunityId,
        first_frame: u64,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// The same without what people wrote, whose seals are left alone: for whoever counts and lists facts.
    fn read_facts(
        &self,
        community: CommunityId,
        first_frame: u64,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(community, first_frame, visit)
    }

    /// The record that carries `id` among its ids. `NotReady` until the index has caught up.
    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<StoredRecord>, StoreError>;

    /// Why a stream takes no more frames, where something of it turned out to be damaged. Reading goes on
    /// up to the damage. A store whose frames cannot be damaged has nothing to say.
    fn damage(&self, _community: CommunityId) -> Option<Damage> {
        None
    }

    /// The newest signed cut: the state that stands for every frame up to its head, of which `read` may give
    /// none. `None` for a stream that is still whole.
    fn cut(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError>;
}

/// States at a frame, so that a stream need not be folded from its beginning. Derived: may vanish at any
/// time.
pub trait Snapshots: Send + Sync {
    /// Keeps a snapshot and drops older ones of the stream.
    fn put(&self, community: CommunityId, snapshot: Snapshot) -> Result<(), StoreError>;

    /// The newest snapshot. `None` where there is none, or where its bodies or bytes cannot be trusted.
    fn newest(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError>;

    /// Drops every snapshot of the stream (after an erasure).
    fn purge(&self, community: CommunityId) -> Result<(), StoreError>;
}

/// The keys under which bodies are sealed, one for each (community, member).
pub trait Keys: Send + Sync {
    /// Destroys a member's key for good: everything sealed under it becomes unreadable. Durable on return.
    fn destroy(&self, community: CommunityId, member: MemberId) -> Result<(), StoreError>;

    /// Destroys all keys of a community. Durable on return.
    fn destroy_all(&self, community: CommunityId) -> Result<(), StoreError>;

    /// The community's own secret for MACs over personal values (idempotency, import identities); made
    /// durable on first use.
    fn pepper(&self, community: CommunityId) -> Result<[u8; 32], StoreError>;
}

/// Attachments, sealed like bodies, named by the SHA-256 of their content.
pub trait Blobs: Send + Sync {
    /// Stores a blob durably before it returns, and returns its name.
    fn put(&self, community: CommunityId, owner: MemberId, bytes: &[u8]) -> Result<Hash, StoreError>;

    /// The content; `None` if it is unknown or erased.
    fn get(
        &self,
        community: CommunityId,
        owner: MemberId,
        name: &Hash,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Bytes that a community's blobs take. One that was put twice takes them once.
    fn stored_bytes(&self, community: CommunityId) -> Result<u64, StoreError>;

    /// Gives back the bytes of those whose keys were destroyed; of all of a community where nobody is named.
    fn release(&self, community: CommunityId, owners: Option<&BTreeSet<MemberId>>) -> Result<(), StoreError>;
}

/// When idle streams must be woken. Derived from their states.
pub trait DueIndex: Send + Sync {
    /// Notes the earliest due time of a stream, Unix milliseconds, or that nothing is due.
    fn set(&self, community: CommunityId, due_ms: Option<u64>) -> Result<(), StoreError>;

    /// The streams due at or before `now_ms`, earliest first, at most `max`.
    fn due(&self, now_ms: u64, max: usize) -> Result<Vec<(u64, CommunityId)>, StoreError>;

    /// Those of `streams` of which nothing is known: lost with the index, or in doubt since a crash. They
    /// have to be read to find out. An index that forgets nothing names none.
    fn unknown(&self, _streams: &[CommunityId]) -> Result<Vec<CommunityId>, StoreError> {
        Ok(Vec::new())
    }
}

/// The wall clock and a monotonic one.
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn wall_ms(&self) -> u64;
    /// Milliseconds since some fixed moment; never goes back.
    fn monotonic_ms(&self) -> u64;
}
