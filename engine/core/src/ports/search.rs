//! Search over what messages say, as a port: what is put in, what can be asked, what comes back.
//!
//! Derived: it may be lost at any time, and a log makes another. Off the way of every acknowledgement: one
//! feeder puts words in behind the durable head and commits them with the position that they cover. A hit
//! names a message and no text: who shows it reads the text where it is sealed, and so finds nothing that was
//! erased. Knows no state: what a reader may read is named in the question.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Hash;
use crate::ids::{ChannelId, CommunityId, MemberId, MessageId};

/// Characters of a question that are read; the rest is passed over. A phrase that somebody pasted fits.
pub const QUERY_CHARS_MAX: usize = 256;
/// Words and phrases of a question that are read.
pub const QUERY_WORDS_MAX: usize = 16;
/// Hits that one question brings.
pub const HITS_MAX: usize = 200;

/// A message as search is to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub message: MessageId,
    /// Where it was said.
    pub channel: ChannelId,
    /// By whom.
    pub author: MemberId,
    /// When it took its place among the others, Unix milliseconds.
    pub at_ms: u64,
    /// The id by which the log finds the record that says it (`Records::locate`).
    pub said_by: u128,
    /// When it was deleted, Unix milliseconds: it is found by its time, for whoever reads on into the past,
    /// and has no words any more.
    pub deleted_ms: Option<u64>,
}

/// What a message says; a text without words is found by who, where and when. Put again, it says this and
/// nothing that it said before.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// In which community.
    pub community: CommunityId,
    /// What a question finds.
    pub hit: Hit,
    /// Whose erasure takes the words away.
    pub owners: BTreeSet<MemberId>,
    /// The words.
    pub text: String,
}

impl std::fmt::Debug for Words {
    /// Shows sizes, never content: debug output reaches logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({}, {}, {} bytes)", self.community, self.hit.message, self.text.len())
    }
}

/// How far a stream has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// The last frame whose words are in.
    pub frame_no: u64,
    /// That frame's hash: another log under the same id is known by it.
    pub hash: Hash,
    /// The frame up to which a cut stands for the stream: what was said before is not found any more.
    pub cut_no: u64,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// In which community.
    pub community: CommunityId,
    /// All of these: words, `"phrases"`, and `-` before what must not be there. Any text is a question.
    pub words: String,
    /// Where the reader may read; nothing is found anywhere else.
    pub channels: BTreeSet<ChannelId>,
    /// Only what they said.
    pub author: Option<MemberId>,
    /// Only from then on, Unix milliseconds.
    pub since_ms: Option<u64>,
    /// Only before then, Unix milliseconds.
    pub until_ms: Option<u64>,
    /// Only what comes after this hit.
    pub after: Option<Cursor>,
    /// So many, `HITS_MAX` at most.
    pub hits_max: usize,
}

/// A hit's place among the hits, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Its time, Unix milliseconds.
    pub at_ms: u64,
    /// Which it was.
    pub message: MessageId,
}

/// What a question found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Where to go on; `None` where that is all.
    pub next: Option<Cursor>,
}

/// What there was when an index was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// An index with what it covers.
    Kept,
    /// None, or one that could not be used and is gone.
    Nothing,
}

/// How an index fails. None of it is the log's matter.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// It is not open yet.
    #[error("the search index is not open; try again in a moment")]
    NotReady,
    /// It cannot be used: it is opened again, or made again from the log.
    #[error("the search index failed: {0}")]
    Failed(String),
}

/// An index over what messages say.
pub trait Search: Send + Sync {
    /// Opens what was committed, or begins afresh where there is nothing that can be used. What was put in
    /// since the last commit is lost, also where it was open before.
    fn open(&self) -> Result<Found, SearchError>;

    /// Throws everything away and begins afresh.
    fn clear(&self) -> Result<(), SearchError>;

    /// Takes in what a message says.
    fn put(&self, words: &Words) -> Result<(), SearchError>;

    /// Takes a message out.
    fn remove(&self, community: CommunityId, message: MessageId) -> Result<(), SearchError>;

    /// Takes out the words that somebody's erasure takes away; what they were said in is still found by who,
    /// where and when. After the next commit no file has any of the words, nor of what was taken out before.
    fn erase(&self, community: CommunityId, owner: MemberId) -> Result<(), SearchError>;

    /// Takes out everything of a community and how far it was read, in the same way.
    fn forget(&self, community: CommunityId) -> Result<(), SearchError>;

    /// Makes everything since the last commit durable and seen, together with how far streams are covered.
    fn commit(&self, covered: &BTreeMap<CommunityId, Covered>) -> Result<(), SearchError>;

    /// How far the last commit covers a stream; `None` where it has to be read from its beginning. What is in
    /// of it all the same has to be forgotten first.
    fn covered(&self, community: CommunityId) -> Result<Option<Covered>, SearchError>;

    /// The streams that the last commit covers.
    fn streams(&self) -> Result<Vec<CommunityId>, SearchError>;

    /// What a question finds: with words what has them, without also what has none. A question without words,
    /// author and times finds nothing.
    fn ask(&self, question: &Question) -> Result<Hits, SearchError>;

    /// Where a text has the words of a question: byte ranges in order, none touching another.
    fn marks(&self, words: &str, text: &str) -> Vec<Range<usize>>;
}
