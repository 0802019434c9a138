//! The writer of one stream: turns drafts into records, keeps the state, and hands frames to the log.
//!
//! Synchronous and without threads of its own: a mailbox drives it in the engine, a harness drives it
//! directly with a clock of its own. The state runs ahead of the disk; whoever drives it must not answer
//! before the frame is durable.

use std::sync::Arc;

use kith_core::answer::{self, Refused};
use kith_core::body::Bodies;
use kith_core::command::{Actor, Command};
use kith_core::decide::{self, Facts, Prepared};
use kith_core::hook::Extensions;
use kith_core::ids::{self, CommandId, CommunityId};
use kith_core::message::{self, Evidence};
use kith_core::moment::MINUTE_MS;
use kith_core::ports::{
    Appended, Damage, Head, NewFrame, NewRecord, Records, Snapshot, Snapshots, StoreError,
};
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::script;
use kith_core::stream::{SCHEMA, Stream};

use crate::draft::{AskError, Draft, Reply};
use crate::recover;
use crate::words::{Telling, Underway};

/// Bytes of records in one frame before it is handed over; larger frames would delay other streams' answers.
const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// One stream's state and what of it is not yet in a frame.
pub struct Writer {
    stream: Stream,
    records: Arc<dyn Records>,
    extensions: Arc<dyn Extensions>,
    epoch: u64,
    frame_no: u64,
    pending: Vec<NewRecord>,
    pending_bytes: usize,
    damage: Option<Box<Damage>>,
    /// Refused for their rate in one minute and not recorded yet.
    refused: Refused,
    underway: Underway,
}

/// What one draft came to.
#[derive(Debug)]
pub struct Step {
    /// What to tell the caller once the frame is durable.
    pub reply: Result<Reply, AskError>,
    /// How many records were made: what scripts are told of a command's record makes further ones.
    pub records: usize,
}

impl Writer {
    /// Opens a stream: newest snapshot, then the records after it.
    pub fn open(
        community: CommunityId,
        records: Arc<dyn Records>,
        snapshots: &dyn Snapshots,
        extensions: Arc<dyn Extensions>,
    ) -> Result<Self, AskError> {
        let recovered = recover::recover(community, records.as_ref(), snapshots)?;
        Ok(Self {
            stream: recovered.stream,
            records,
            extensions,
            epoch: recovered.head.epoch,
            frame_no: recovered.head.frame_no,
            pending: Vec::new(),
            pending_bytes: 0,
            damage: recovered.damage.map(Box::new),
            refused: Refused::default(),
            underway: Underway::default(),
        })
    }

    /// The state, records not yet durable included.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The number of the last frame that was handed over.
    pub fn frame_no(&self) -> u64 {
        self.frame_no
    }

    /// Whether the stream is damaged: it is read, and answers to old keys are given, but nothing is recorded.
    pub fn is_read_only(&self) -> bool {
        self.damage.is_some()
    }

    /// Whether records wait for `flush`.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The records that wait for `flush`, for whoever is to be told of them once they are durable.
    pub fn pending(&self) -> &[NewRecord] {
        &self.pending
    }

    /// Whether the pending frame is large enough to go.
    pub fn frame_is_full(&self) -> bool {
        self.pending_bytes >= FRAME_BYTES_MAX
    }

    /// Takes one draft through prepare, load, decide and apply. `now_ms` is the wall clock; the record's time
    /// never goes back.
    pub fn step(&mut self, draft: Draft, now_ms: u64) -> Step {
        if now_ms.max(self.stream.at_ms) / MINUTE_MS != self.refused.minute {
            self.note_refused(now_ms);
        }
        let before = self.pending.len();
        let step = self.take(draft, now_ms);
        self.attend(now_ms);
        Step { records: self.pending.len() - before, ..step }
    }

    /// Tells scripts of what happened, until nothing waits to be told. The records are in the same frame as
    /// their cause.
    fn attend(&mut self, now_ms: u64) {
        while let Some((id, cause, kind)) = script::due(&self.stream) {
            let community = self.stream.id;
            let mut draft = Draft::new(id, community, Actor::Stream(community), kind);
            draft.cause = Some(cause);
            if let Err(error) = self.take(draft, now_ms).reply {
                tracing::error!(%community, %error, "scripts were not told of what happened");
                return;
            }
        }
    }

    /// Records how many commands were refused for their rate, if any were: one record, however many.
    pub fn note_refused(&mut self, now_ms: u64) {
        if self.refused.is_empty() {
            return;
        }
        let refused = std::mem::take(&mut self.refused);
        let community = self.stream.id;
        let from = ids::mint(now_ms.max(self.stream.at_ms), community.0 ^ u128::from(self.stream.seq));
        let id = CommandId(ids::derive(from, "refused", 0));
        let kind = answer::Command::CountRefused(refused);
        if let Err(error) = self.take(Draft::new(id, community, Actor::Stream(community), kind), now_ms).reply
        {
            tracing::debug!(%community, %error, "refusals were not counted");
        }
    }

    fn take(&mut self, draft: Draft, now_ms: u64) -> Step {
        let at_ms = now_ms.max(self.stream.at_ms);
        let (command, mut bodies) = draft.at(at_ms);
        let prepared = decide::prepare(&self.stream, &command);
        if let (Some(damage), false) = (&self.damage, matches!(prepared, Ok(Prepared::Known(_)))) {
            let reply = Err(AskError::Store(StoreError::Damaged(damage.clone())));
            return Step { reply, records: 0 };
        }
        let facts = match prepared {
            Ok(Prepared::Ready(facts)) => facts,
            Ok(Prepared::Known(answer)) => return known(answer),
            Err(refusal) => return self.refuse(command, refusal),
        };
        let mut evidence = match self.load(command.community, &facts) {
            Ok(evidence) => evidence,
            Err(error) => return Step { reply: Err(error), records: 0 },
        };
        let quoted = self.quoted(&command);
        let seen = quoted.as_ref().unwrap_or(&bodies);
        let extensions = Telling::new(self.extensions.as_ref(), self.records.as_ref(), &self.stream)
            .before(&self.underway);
        let decided = decide::decide(&self.stream, &command, seen, &evidence, &extensions);
        match extensions.end() {
            Ok(shown) => evidence.shown = shown,
            Err(error) => return Step { reply: Err(error), records: 0 },
        }
        match decided {
            Err(refusal) => self.refuse(command, refusal),
            Ok(outcome) => {
                let (record, added) = Record::of(self.stream.seq + 1, (command, evidence), outcome);
                bodies.extend(added);
                self.record(record, bodies)
            }
        }
    }

    /// A refusal leaves a record only where a key asks to remember it.
    fn refuse(&mut self, command: Command, refusal: Refusal) -> Step {
        if matches!(refusal, Refusal::TooManyCommands { .. }) {
            self.refused.minute = command.at_ms / MINUTE_MS;
            self.refused.count(command.actor);
        }
        let remembered = command.key.is_some() && self.stream.seq > 0 && rememberable(&refusal);
        if remembered {
            let record = Record::refused(self.stream.seq + 1, command, refusal.clone());
            self.record(record, Bodies::default());
        }
        Step { reply: Err(AskError::Refused(refusal)), records: usize::from(remembered) }
    }

    fn record(&mut self, record: Record, bodies: Bodies) -> Step {
        let bytes = record.encode();
        decide::apply_record(&mut self.stream, &record, &bodies);
        let bodies = bodies.into_vec();
        self.underway.keep(&self.stream, &record, &bodies);
        self.pending_bytes += bytes.len() + bodies.iter().map(|body| body.bytes.len()).sum::<usize>();
        self.pending.push(NewRecord {
            seq: record.seq,
            at_ms: record.command.at_ms,
            ids: record.ids(),
            bytes,
            bodies,
        });
        Step { reply: Ok(reply(record)), records: 1 }
    }

    /// What was written in the record that a command of the stream's own is about: it brings nothing itself,
    /// and its record does not hold it again.
    fn quoted(&self, command: &Command) -> Option<Bodies> {
        let (seq, message) = script::quotes(&self.stream, command)?;
        if let Some(record) = self.pending.iter().rev().find(|record| record.seq == seq) {
            return Some(record.bodies.iter().cloned().collect());
        }
        // Told again later, a script sees what a message said; anything else is read as erased.
        let stored = message.and_then(|message| self.records.locate(self.stream.id, message.0).ok()?);
        Some(stored.into_iter().flat_map(|stored| stored.bodies).collect())
    }

    /// Reads the facts that are not in memory.
    fn load(&self, community: CommunityId, facts: &Facts) -> Result<Evidence, AskError> {
        let mut evidence = Evidence::default();
        for id in &facts.messages {
            let header = match self.records.locate(community, id.0)? {
                None => None,
                Some(stored) => recover::decode(community, &stored)
                    .map(|record| message::header_of(&record, *id))
                    .map_err(|what| AskError::Unreadable { community, what })?,
            };
            evidence.messages.insert(*id, header);
        }
        Ok(evidence)
    }

    /// Hands the pending records to the log as one frame; `done` runs when it is durable.
    pub fn flush(&mut self, done: Appended) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let frame = NewFrame {
            community: self.stream.id,
            epoch: self.epoch,
            frame_no: self.frame_no + 1,
            records: std::mem::take(&mut self.pending),
        };
        self.pending_bytes = 0;
        self.records.append(frame, done)?;
        self.frame_no += 1;
        let durable = self.records.head(self.stream.id);
        self.underway.landed(durable.map_or(0, |head| head.seq));
        Ok(())
    }

    /// The state as a snapshot at `head`, which must be the last frame and durable.
    pub fn snapshot(&self, head: Head) -> Snapshot {
        Snapshot {
            head,
            schema: SCHEMA,
            bytes: self.stream.encode(),
            bodies: self.stream.bodies.iter().cloned().collect(),
        }
    }
}

fn known(answer: kith_core::answer::Answer) -> Step {
    let reply = match answer.refusal {
        Some(refusal) => Err(AskError::Refused(refusal)),
        None => {
            Ok(Reply { command: answer.command, seq: answer.seq, events: Vec::new(), receipts: Vec::new() })
        }
    };
    Step { reply, records: 0 }
}

fn reply(record: Record) -> Reply {
    let Record { seq, command, events, decisions, .. } = record;
    Reply { command: command.id, seq, events, receipts: decisions }
}

/// A refusal that says nothing of the intent is not kept: the same key may come again with it mended.
fn rememberable(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::KeyReused | Refusal::KeyInvalid { .. } | Refusal::TooManyCommands { .. })
}

#[cfg(test)]
mod tests;
