//! What messages that stand say, read for scripts that ask: from records on their way to the log, else from
//! the log itself. What was shown is noted as evidence.
//!
//! Promises the same answer whether a record is durable already or not: what is on its way is kept here until
//! it is. A read that fails shows nothing and is told afterwards, so that no decision rests on a disk's mood.
//! Costs a command nothing whose scripts ask for no words. Does not limit how much is read: who runs scripts
//! does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::event::Event;
use kith_core::hook::{Call, Extensions, Ran};
use kith_core::ids::{CommandId, CommunityId, MemberId, MessageId};
use kith_core::member::Standing;
use kith_core::message::{self, Part};
use kith_core::ports::Records;
use kith_core::record::Record;
use kith_core::stream::Stream;

use crate::draft::AskError;
use crate::recover;

/// What was said in records that may not be durable yet, oldest first.
#[derive(Default)]
pub(crate) struct Underway(VecDeque<Row>);

/// One record, by the ids that find it.
struct Row {
    seq: u64,
    ids: Vec<u128>,
    said: Vec<(MessageId, Vec<BodyRef>)>,
    bodies: Vec<Body>,
}

impl Underway {
    /// Keeps what a record says, if a script could ask for it before it is durable.
    pub(crate) fn keep(&mut self, stream: &Stream, record: &Record, bodies: &[Body]) {
        let scripts = stream.community().map(|community| &community.scripts.rows[..]).unwrap_or_default();
        if scripts.iter().all(|script| script.live().is_none()) {
            return;
        }
        let ids = record.ids();
        if !ids.is_empty() {
            let said = record.events.iter().filter_map(message::said).map(referred).collect();
            self.0.push_back(Row { seq: record.seq, ids, said, bodies: bodies.to_vec() });
        }
    }

    /// Lets go of what is durable.
    pub(crate) fn landed(&mut self, seq: u64) {
        while self.0.front().is_some_and(|row| row.seq <= seq) {
            self.0.pop_front();
        }
    }

    fn find(&self, id: u128) -> Option<&Row> {
        self.0.iter().rev().find(|row| row.ids.contains(&id))
    }
}

fn referred((message, parts): (MessageId, &[Part])) -> (MessageId, Vec<BodyRef>) {
    (message, parts.iter().filter_map(Part::text).copied().collect())
}

/// Extensions for one command, with the words of messages at hand.
pub(crate) struct Telling<'a> {
    extensions: &'a dyn Extensions,
    records: &'a dyn Records,
    stream: &'a Stream,
    underway: Option<&'a Underway>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    shown: BTreeMap<MessageId, (Vec<BodyRef>, Option<String>)>,
    failed: Option<AskError>,
}

/// What a record says of one message, as far as it goes.
struct Found {
    references: Vec<BodyRef>,
    bodies: Bodies,
}

impl<'a> Telling<'a> {
    /// Extensions that read a stream's words from a log.
    pub(crate) fn new(extensions: &'a dyn Extensions, records: &'a dyn Records, stream: &'a Stream) -> Self {
        Self { extensions, records, stream, underway: None, seen: Mutex::default() }
    }

    /// The same where some records are not durable yet.
    pub(crate) fn before(self, underway: &'a Underway) -> Self {
        Self { underway: Some(underway), ..self }
    }

    /// What was shown, for the record; an error where something could not be read.
    pub(crate) fn end(self) -> Result<BTreeMap<MessageId, Vec<BodyRef>>, AskError> {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        match seen.failed {
            Some(failed) => Err(failed),
            None => Ok(seen.shown.into_iter().map(|(message, (shown, _))| (message, shown)).collect()),
        }
    }

    fn read(&self, message: MessageId, edited_ms: Option<u64>) -> Result<Vec<Body>, AskError> {
        let by = edited_ms.map_or(message.0, |edited_ms| message::edit_id(message, edited_ms));
        let Some(mut found) = self.find(message, by)? else { return Ok(Vec::new()) };
        for reference in &found.references {
            if found.bodies.get(reference).is_none() {
                // It was released: its texts lie with the record that held it.
                let withheld = self.find(message, message::withheld_id(reference.id))?;
                withheld.into_iter().for_each(|withheld| found.bodies.extend(withheld.bodies));
            }
        }
        let bodies = found.references.iter().filter_map(|reference| {
            let body = found.bodies.get(reference).filter(|body| body.matches(reference));
            body.filter(|body| !self.is_erased(body.owner)).cloned()
        });
        Ok(bodies.collect())
    }

    /// Whether somebody is erased by what is decided already, though their key may not be destroyed yet.
    fn is_erased(&self, owner: MemberId) -> bool {
        let row = self.stream.community().and_then(|community| community.members.get(owner));
        row.is_some_and(|row| matches!(row.standing, Standing::Erased { .. }))
    }

    fn find(&self, message: MessageId, id: u128) -> Result<Option<Found>, AskError> {
        if let Some(row) = self.underway.and_then(|underway| underway.find(id)) {
            let said = row.said.iter().rfind(|(said, _)| *said == message);
            let references = said.map(|(_, references)| references.clone()).unwrap_or_default();
            return Ok(Some(Found { references, bodies: row.bodies.iter().cloned().collect() }));
        }
        let Some(stored) = self.records.locate(self.stream.id, id)? else { return Ok(None) };
        let community = self.stream.id;
        let record =
            recover::decode(community, &stored).map_err(|what| AskError::Unreadable { community, what })?;
        let mut said = record.events.iter().filter_map(|event: &Event| message::said(event)).map(referred);
        let references = said.rfind(|(said, _)| *said == message).map(|(_, references)| references);
        let bodies = stored.bodies.into_iter().collect();
        Ok(Some(Found { references: references.unwrap_or_default(), bodies }))
    }
}

/// The texts joined by lines; `None` where nothing is left of any.
fn joined(bodies: &[Body]) -> Option<String> {
    let texts: Vec<&str> = bodies.iter().filter_map(Body::text).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

impl Extensions for Telling<'_> {
    fn run(&self, call: &Call<'_>) -> Ran {
        self.extensions.run(call)
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        self.extensions.body(at_ms, owner, text)
    }

    fn seed(&self, community: CommunityId, command: CommandId) -> [u8; 32] {
        self.extensions.seed(community, command)
    }

    fn words(&self, message: MessageId, edited_ms: Option<u64>) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = seen.shown.get(&message) {
            return text.clone();
        }
        match self.read(message, edited_ms) {
            Ok(bodies) => {
                let text = joined(&bodies);
                seen.shown.insert(message, (bodies.iter().map(Body::reference).collect(), text.clone()));
                text
            }
            Err(error) => {
                seen.failed.get_or_insert(error);
                None
            }
        }
    }
}
