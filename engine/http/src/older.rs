//! Messages that the state holds no more: which there are the search index says, in the order of their
//! times; what they look like now, the state as far as it knows them and else the log.
//!
//! A page costs one question to the index, which passes over what it holds of the channel, and a read of the
//! log for each message of the page; never more, however long the past is. The index is a second behind the
//! log, the state is not: what it says goes. Reactions and answers of long ago are forgotten with the state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kith_core::ids::{ChannelId, CommunityId, MessageId};
use kith_core::limits::RECENT_MESSAGES_MAX;
use kith_core::message::{self, Deletion, Header};
use kith_core::ports::search::{Cursor, HITS_MAX, Hit, Hits, Question, Search, SearchError};
use kith_core::ports::{Records, StoreError};
use kith_core::record::Record;
use kith_runtime::indexing::FindError;

use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Room, Sight};
use crate::talk::readable;

/// Frames that the index may be behind the log: some seconds of a busy community, little of a long past.
const FRAMES_BEHIND_MAX: u64 = 4_096;
/// Questions to the index for one page: all hits of one may be in the window already.
const ASKS_MAX: usize = 3;

/// Where the past begins that the state holds no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Nowhere: the state holds everything.
    Nowhere,
    /// Before the oldest message that the state holds.
    Window {
        /// Which that is.
        oldest: MessageId,
        /// When it took its place.
        at_ms: u64,
        /// Which page asks.
        page: Page,
    },
    /// Before a message that the state does not hold.
    Message(MessageId),
}

/// Which page of a channel is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The newest, which is shown even where the index is not there yet.
    Newest,
    /// One of the past.
    Past,
}

impl Edge {
    /// Where it begins for a page before a message, or for the newest page.
    pub(crate) fn of(sight: &Sight<'_>, before: Option<MessageId>) -> Self {
        let recent = || sight.community.messages.recent();
        if recent().len() < RECENT_MESSAGES_MAX {
            return Self::Nowhere;
        }
        match (before, recent().next()) {
            (Some(before), _) if recent().all(|header| header.id != before) => Self::Message(before),
            (before, Some(oldest)) => {
                let page = if before.is_none() { Page::Newest } else { Page::Past };
                Self::Window { oldest: oldest.id, at_ms: oldest.at_ms, page }
            }
            (_, None) => Self::Nowhere,
        }
    }
}

/// A page of the past.
#[derive(Debug, Default)]
pub(crate) struct Older {
    /// Oldest first, as they are now.
    pub(crate) headers: Vec<Header>,
    /// Before which message the next page is; `None` at the end.
    pub(crate) next: Option<MessageId>,
}

impl Room {
    /// The newest messages of a channel beyond an edge.
    pub(crate) async fn older(&self, channel: ChannelId, edge: Edge, limit: usize) -> Result<Older, Problem> {
        let Some(mut question) = self.question(channel, edge, limit).await? else {
            return Ok(Older::default());
        };
        let mut older = Older::default();
        for _ in 0..ASKS_MAX {
            let (found, next) = match (ask(&self.caller.place, question.clone()).await, edge) {
                (Err(problem), Edge::Window { oldest, page: Page::Newest, .. })
                    if problem.retry_after_s.is_some() =>
                {
                    return Ok(Older { headers: Vec::new(), next: Some(oldest) });
                }
                (asked, _) => asked?,
            };
            older.next = next.map(|next| next.message);
            let standing = self.look(move |sight| {
                readable(&sight, channel)?;
                Ok(standing(&sight, found))
            });
            older.headers.extend(standing.await?);
            question.after = next;
            if older.headers.len() >= limit || next.is_none() {
                break;
            }
        }
        if older.headers.len() > limit {
            older.headers.truncate(limit);
            older.next = older.headers.last().map(|last| last.id);
        }
        older.headers.reverse();
        Ok(older)
    }

    /// What the index is asked; `None` where there is nothing to ask for.
    async fn question(
        &self,
        channel: ChannelId,
        edge: Edge,
        limit: usize,
    ) -> Result<Option<Question>, Problem> {
        let (at_ms, after) = match edge {
            Edge::Window { at_ms, .. } => (at_ms, None),
            Edge::Message(message) => match self.posted(message).await? {
                Some(header) => (header.at_ms, Some(Cursor { at_ms: header.at_ms, message })),
                None => return Ok(None),
            },
            Edge::Nowhere => return Ok(None),
        };
        Ok((limit > 0).then(|| Question {
            community: self.id,
            words: String::new(),
            channels: BTreeSet::from([channel]),
            author: None,
            since_ms: None,
            until_ms: Some(at_ms.saturating_add(1)),
            after,
            // One more: whether there is a next page.
            hits_max: (limit + 1).min(HITS_MAX),
        }))
    }

    /// The header of a message as it was posted.
    async fn posted(&self, message: MessageId) -> Result<Option<Header>, Problem> {
        let (records, community) = (Arc::clone(&self.caller.place.engine.ports().records), self.id);
        let read = tokio::task::spawn_blocking(move || posted(records.as_ref(), community, message));
        Ok(read.await.map_err(|_| Problem::failed())??)
    }
}

fn posted(
    records: &dyn Records,
    community: CommunityId,
    message: MessageId,
) -> Result<Option<Header>, StoreError> {
    let stored = records.locate(community, message.0)?;
    let record = stored.and_then(|stored| Record::decode(&stored.bytes).ok());
    Ok(record.and_then(|record| message::header_of(&record, message)))
}

/// A hit, and the header that its message was posted with.
type Found = (Hit, Header);

/// What the index has, newest first; of messages that the log has no more it has nothing to say.
async fn ask(place: &Place, question: Question) -> Result<(Vec<Found>, Option<Cursor>), Problem> {
    let Some(search) = place.search.clone() else { return Ok((Vec::new(), None)) };
    let records = Arc::clone(&place.engine.ports().records);
    let work = move || {
        check_covered(search.as_ref(), records.as_ref(), question.community)?;
        let Hits { hits, next } = search.ask(&question).map_err(FindError::Search)?;
        let mut found = Vec::with_capacity(hits.len());
        for hit in hits {
            let header = posted(records.as_ref(), question.community, hit.message);
            found.extend(header.map_err(|error| FindError::Ask(error.into()))?.map(|header| (hit, header)));
        }
        Ok((found, next))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let asked: Result<_, FindError> =
        done.unwrap_or_else(|panic| Err(SearchError::Failed(panic.to_string()).into()));
    Ok(asked?)
}

/// Refuses to ask an index that is being made again: the past would seem to end where it has come to.
fn check_covered(
    search: &dyn Search,
    records: &dyn Records,
    community: CommunityId,
) -> Result<(), FindError> {
    let covered = search.covered(community)?.ok_or(SearchError::NotReady)?;
    let head_no = records.head(community).map_or(0, |head| head.frame_no);
    let is_behind = head_no.saturating_sub(covered.frame_no) > FRAMES_BEHIND_MAX;
    if is_behind { Err(SearchError::NotReady.into()) } else { Ok(()) }
}

/// The headers as they are now, without those that the window shows.
fn standing(sight: &Sight<'_>, found: Vec<Found>) -> Vec<Header> {
    let messages = &sight.community.messages;
    let in_window: BTreeSet<MessageId> = messages.recent().map(|header| header.id).collect();
    let beyond = found.into_iter().filter(|(hit, _)| !in_window.contains(&hit.message));
    let now = beyond.map(|(hit, posted)| {
        let edited_ms = message::edited_ms(hit.message, hit.said_by);
        let known = messages.get(hit.message).cloned();
        let mut header = known.unwrap_or(Header { edited_ms, ..posted });
        if header.deleted.is_none() && (hit.deleted_ms.is_some() || messages.is_deleted(hit.message)) {
            let at_ms = hit.deleted_ms.unwrap_or(sight.stream.at_ms);
            header.deleted = Some(Deletion { at_ms, by: None });
        }
        header
    });
    now.collect()
}

/// Headers by id, for those that reply to others of the same page.
pub(crate) fn by_id(headers: &[Header]) -> BTreeMap<MessageId, &Header> {
    headers.iter().map(|header| (header.id, header)).collect()
}
