//! What messages say, read from the log: their texts, and whose they are.
//!
//! A message that was held and let go says its words in the record that held it; `withheld_id` finds that.
//! What cannot be unsealed any more is not there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::ids::{CommunityId, MemberId, MessageId};
use kith_core::message::{self, Header, Part};
use kith_core::ports::search::SearchError;
use kith_core::ports::{Records, StoreError};
use kith_core::record::Record;

use crate::recover;

/// Why the index was not fed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The log or its own index did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The search index did not take it.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A record that does not decode.
    #[error("{community} cannot be searched from there on: {what}")]
    Unreadable {
        /// The stream.
        community: CommunityId,
        /// Where, and what was found.
        what: String,
    },
}

/// What a message says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its texts, one a line.
    pub(super) text: String,
    /// Whose words they are.
    pub(super) owners: BTreeSet<MemberId>,
}

impl Told {
    pub(super) fn of(references: &[BodyRef], bodies: &Bodies) -> Self {
        let mut told = Self::default();
        let here = references
            .iter()
            .filter_map(|reference| bodies.get(reference).filter(|body| body.matches(reference)));
        for (body, text) in here.filter_map(|body| Some((body, body.text()?))) {
            if !told.text.is_empty() {
                told.text.push('\n');
            }
            told.text.push_str(text);
            told.owners.insert(body.owner);
        }
        told
    }
}

/// What somebody wrote in a message's parts; cards are found elsewhere.
pub(super) fn references(parts: &[Part]) -> Vec<BodyRef> {
    let written = parts.iter().filter(|part| !matches!(part, Part::Card { .. }));
    written.filter_map(Part::body).copied().collect()
}

/// The records of one stream, by what finds them.
pub(super) struct Past<'a> {
    community: CommunityId,
    records: &'a dyn Records,
    /// The record that was read last: what is found together often lies in one, above all in an import's.
    last: RefCell<Option<Rc<Read>>>,
}

/// A record that was read.
struct Read {
    record: Record,
    bodies: Bodies,
}

impl<'a> Past<'a> {
    pub(super) fn of(community: CommunityId, records: &'a dyn Records) -> Self {
        Self { community, records, last: RefCell::default() }
    }

    /// What a record says of one message, by an id of the record's.
    pub(super) fn said(&self, message: MessageId, said_by: u128) -> Result<Told, FeedError> {
        let Some(read) = self.record(said_by)? else { return Ok(Told::default()) };
        let said = read.record.events.iter().filter_map(message::said).rfind(|(id, _)| *id == message);
        let references = said.map(|(_, parts)| references(parts)).unwrap_or_default();
        let own = references.iter().filter_map(|reference| read.bodies.get(reference).cloned());
        let mut bodies: Bodies = own.collect();
        self.complete(&references, &mut bodies)?;
        Ok(Told::of(&references, &bodies))
    }

    /// The header of a message as it was posted.
    pub(super) fn header(&self, message: MessageId) -> Result<Option<Header>, FeedError> {
        let found = self.record(message.0)?;
        Ok(found.and_then(|read| message::header_of(&read.record, message)))
    }

    /// Adds what was said in a record that withheld it.
    pub(super) fn complete(&self, references: &[BodyRef], bodies: &mut Bodies) -> Result<(), FeedError> {
        for reference in references {
            if bodies.get(reference).is_none() {
                let withheld = self.record(message::withheld_id(reference.id))?;
                withheld.into_iter().for_each(|read| bodies.extend(read.bodies.clone()));
            }
        }
        Ok(())
    }

    fn record(&self, id: u128) -> Result<Option<Rc<Read>>, FeedError> {
        let community = self.community;
        let last = self.last.borrow().clone();
        if let Some(last) = last.filter(|last| last.record.ids().contains(&id)) {
            return Ok(Some(last));
        }
        let Some(stored) = self.records.locate(community, id)? else { return Ok(None) };
        let record =
            recover::decode(community, &stored).map_err(|what| FeedError::Unreadable { community, what })?;
        let bodies = stored.bodies.into_iter().collect::<Vec<Body>>();
        let read = Rc::new(Read { record, bodies: Bodies::from_iter(bodies) });
        self.last.replace(Some(Rc::clone(&read)));
        Ok(Some(read))
    }
}
