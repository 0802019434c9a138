//! Finding messages by what they say, for one reader: only in channels that they may read, deleted and erased
//! ones never.

use std::collections::BTreeSet;
use std::ops::Range;

use axum::http::StatusCode;
use kith_core::ids::{ChannelId, MemberId};
use kith_core::ports::search::{Cursor, Question, SearchError};
use kith_core::role::Permission;
use kith_runtime::indexing::{FindError, Finding, find};

use crate::problem::Problem;
use crate::room::Room;
use crate::talk::{nickname, readable};

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Words, `"phrases"`, and `-` before what must not be there.
    pub(crate) words: String,
    /// Only in this channel.
    pub(crate) channel: Option<ChannelId>,
    /// Only what they said.
    pub(crate) author: Option<MemberId>,
    /// Only what comes after this hit.
    pub(crate) after: Option<Cursor>,
    /// So many.
    pub(crate) limit: usize,
}

/// A message that was found, with the names that a reader knows.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    pub(crate) author: String,
    pub(crate) channel: String,
}

impl Found {
    /// The text in pieces, each with whether it was asked for.
    pub(crate) fn pieces(&self) -> Vec<(&str, bool)> {
        pieces(&self.finding.text, &self.finding.marks)
    }
}

fn pieces<'a>(text: &'a str, marks: &[Range<usize>]) -> Vec<(&'a str, bool)> {
    let (mut pieces, mut end) = (Vec::new(), 0);
    for mark in marks {
        let (Some(before), Some(marked)) = (text.get(end..mark.start), text.get(mark.clone())) else { break };
        pieces.extend([(before, false), (marked, true)]);
        end = mark.end;
    }
    pieces.push((text.get(end..).unwrap_or_default(), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

impl Room {
    /// Finds messages, newest first, and where to go on.
    pub(crate) async fn find(&self, wanted: Wanted) -> Result<(Vec<Found>, Option<Cursor>), Problem> {
        let Some(search) = &self.caller.place.search else {
            return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "http.no_search"));
        };
        let only = wanted.channel;
        let channels = self.look(move |sight| {
            sight.need(Permission::Read)?;
            let ids = sight.community.channels.iter().map(|channel| channel.id);
            let wanted = ids.filter(|id| only.is_none_or(|only| only == *id));
            Ok(wanted.filter(|id| readable(&sight, *id).is_ok()).collect::<BTreeSet<_>>())
        });
        let question = Question {
            community: self.id,
            words: wanted.words,
            channels: channels.await?,
            author: wanted.author,
            since_ms: None,
            until_ms: None,
            after: wanted.after,
            hits_max: wanted.limit,
        };
        let findings = find(&self.caller.place.engine, search, question).await?;
        let found = findings.found;
        let named = self.look(move |sight| {
            let named = found.into_iter().map(|finding| Found {
                author: nickname(&sight, finding.hit.author),
                channel: sight
                    .community
                    .channels
                    .get(finding.hit.channel)
                    .map(|channel| channel.name.clone())
                    .unwrap_or_default(),
                finding,
            });
            Ok(named.collect::<Vec<_>>())
        });
        Ok((named.await?, findings.next))
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ask(error) => error.into(),
            FindError::Search(SearchError::NotReady) => kith_core::ports::StoreError::NotReady.into(),
            FindError::Search(error @ SearchError::Failed(_)) => {
                tracing::error!(%error, "search failed");
                Self::failed()
            }
        }
    }
}

/// A place among the hits as a word of an address.
pub(crate) fn written(cursor: Cursor) -> String {
    format!("{}-{}", cursor.at_ms, cursor.message)
}

/// The same read back.
pub(crate) fn read(text: &str) -> Option<Cursor> {
    let (at_ms, message) = text.split_once('-')?;
    Some(Cursor { at_ms: at_ms.parse().ok()?, message: message.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_what_was_asked_for_and_the_rest() {
        assert_eq!(
            pieces("抢红包啦", std::slice::from_ref(&(3..9))),
            [("抢", false), ("红包", true), ("啦", false)]
        );
        assert_eq!(pieces("ab", std::slice::from_ref(&(0..2))), [("ab", true)]);
        assert_eq!(pieces("ab", &[]), [("ab", false)]);
        // A mark that fits no text is passed over.
        assert_eq!(pieces("抢", std::slice::from_ref(&(1..2))), [("抢", false)]);
    }

    #[test]
    fn a_place_is_read_back_as_it_was_written() {
        let cursor = Cursor { at_ms: 7, message: kith_core::ids::MessageId(9) };
        assert_eq!(read(&written(cursor)), Some(cursor));
        for wrong in ["", "7", "x-y", "7-msg_"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
