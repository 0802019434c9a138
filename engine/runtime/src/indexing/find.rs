//! Answers a question: asks the index, holds each hit against the state, reads what it says from the log.
//!
//! The index is a second behind and only ever proposes. What the state does not let stand is left out here,
//! so a page may be shorter than what was asked for; `next` goes on all the same. Who may read what is for
//! the caller to say, by the question's channels.

use std::ops::Range;
use std::sync::Arc;

use kith_core::member::Standing;
use kith_core::message;
use kith_core::ports::search::{Cursor, Hit, Question, Search, SearchError};
use kith_core::refusal::Refusal;
use kith_core::stream::Community;

use super::said::{FeedError, Past};
use crate::draft::AskError;
use crate::engine::Engine;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The index did not answer.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The engine did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub hit: Hit,
    /// What it says, its texts one a line.
    pub text: String,
    /// Where it has what was asked for: byte ranges of `text`, in order, none touching another.
    pub marks: Vec<Range<usize>>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Newest first.
    pub found: Vec<Finding>,
    /// Where to go on; `None` where that is all.
    pub next: Option<Cursor>,
}

/// Answers a question.
pub async fn find(
    engine: &Engine,
    search: &Arc<dyn Search>,
    question: Question,
) -> Result<Findings, FindError> {
    let (asked, index) = (question.clone(), Arc::clone(search));
    let hits = blocking(move || index.ask(&asked)).await??;
    let (community, proposed, channels) = (question.community, hits.hits, question.channels.clone());
    let standing = engine.view(community, move |stream| {
        let stands = |hit: &Hit, at: &Community| channels.contains(&hit.channel) && stands(at, hit);
        stream.community().map(|at| proposed.into_iter().filter(|hit| stands(hit, at)).collect::<Vec<Hit>>())
    });
    let standing = standing.await?.ok_or(AskError::Refused(Refusal::CommunityNotFound))?;
    let (records, index) = (Arc::clone(&engine.ports().records), Arc::clone(search));
    let found = blocking(move || {
        let past = Past::of(community, records.as_ref());
        let read = |hit: Hit| {
            let text = past.said(hit.message, hit.said_by)?.text;
            let marks = index.marks(&question.words, &text);
            Ok((!text.is_empty()).then_some(Finding { hit, text, marks }))
        };
        standing.into_iter().filter_map(|hit| read(hit).transpose()).collect::<Result<Vec<_>, FeedError>>()
    });
    let found = found.await?.map_err(|error| match error {
        FeedError::Store(error) => FindError::Ask(error.into()),
        FeedError::Search(error) => error.into(),
        FeedError::Unreadable { community, what } => AskError::Unreadable { community, what }.into(),
    })?;
    Ok(Findings { found, next: hits.next })
}

/// Does something that reads the disk where nobody waits for the thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, FindError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panic| SearchError::Failed(panic.to_string()).into())
}

/// Whether the state lets a hit stand: as far as it knows the message, it is there and says what the index
/// has of it.
fn stands(community: &Community, hit: &Hit) -> bool {
    let author = community.members.get(hit.author);
    let is_erased = author.is_some_and(|author| matches!(author.standing, Standing::Erased { .. }));
    let says = community.messages.get(hit.message).is_none_or(|header| {
        let said_by =
            header.edited_ms.map_or(header.id.0, |edited_ms| message::edit_id(header.id, edited_ms));
        header.deleted.is_none() && said_by == hit.said_by
    });
    hit.deleted_ms.is_none() && !is_erased && says && !community.messages.is_deleted(hit.message)
}
