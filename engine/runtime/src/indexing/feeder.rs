//! Reads streams into the index, from where its last commit left off to the durable head.
//!
//! Each step may be done twice: what a message says is put in the place of what it said, and a commit takes
//! the words together with how far they were read. So whatever goes wrong, it is left there and gone on with
//! at the next call. A cut or another log under the same id has the stream read anew from where it begins
//! now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::community::{self, Status};
use kith_core::event::Event;
use kith_core::ids::{BodyId, CommunityId, MessageId};
use kith_core::message::{self, Header, Held, Part};
use kith_core::ports::search::{Covered, Found, Hit, Search, Words};
use kith_core::ports::{Head, Records, StoreError, StoredFrame};
use kith_core::record::Record;
use kith_core::{import, privacy, queue};

use super::last::Last;
use super::said::{FeedError, Past, Told, references};
use crate::recover;

/// Messages after which a long reading is committed, so that a crash costs no more than that.
const MESSAGES_PER_COMMIT: usize = 5_000;
/// Records read in one go: what is decided in the meantime waits for none of it, and memory stays small.
const RECORDS_PER_READ: usize = 512;
/// Messages whose edits need no look into the log.
const RECENT_MAX: usize = 4_096;
/// Withheld texts whose release needs no look into the log.
const WITHHELD_MAX: usize = 1_024;

/// How far a reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Frames read.
    pub frames_done: u64,
    /// Frames that were there to be read when it began.
    pub frames_all: u64,
}

/// Is told of progress.
pub type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

/// Feeds an index. One at a time feeds one index.
pub struct Feeder {
    records: Arc<dyn Records>,
    search: Arc<dyn Search>,
    on_progress: OnProgress,
    stopping: Arc<AtomicBool>,
    is_open: bool,
    covered: BTreeMap<CommunityId, Covered>,
    uncommitted: BTreeMap<CommunityId, Covered>,
    messages: usize,
    progress: Progress,
    recent: Last<(CommunityId, MessageId), Hit>,
    withheld: Last<(CommunityId, BodyId), Body>,
}

/// Whether a stream can be read on from where it was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    Anew,
}

impl Feeder {
    /// A feeder of an index that nobody has opened yet.
    pub fn new(records: Arc<dyn Records>, search: Arc<dyn Search>, on_progress: OnProgress) -> Self {
        Self {
            records,
            search,
            on_progress,
            stopping: Arc::default(),
            is_open: false,
            covered: BTreeMap::new(),
            uncommitted: BTreeMap::new(),
            messages: 0,
            progress: Progress { frames_done: 0, frames_all: 0 },
            recent: Last::of(RECENT_MAX),
            withheld: Last::of(WITHHELD_MAX),
        }
    }

    /// What makes a long reading end early, once it is set.
    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopping)
    }

    /// Something went wrong that nobody knows the end of: the last commit is what counts.
    pub(super) fn doubt(&mut self) {
        self.is_open = false;
    }

    /// Throws the index away, so that the next call reads everything.
    pub fn clear(&mut self) -> Result<(), FeedError> {
        self.begin();
        self.search.clear()?;
        self.is_open = true;
        Ok(())
    }

    /// Reads every stream up to where it is durable, and commits. An error leaves what can be read of other
    /// streams in the index; the next call tries again.
    pub fn catch_up(&mut self) -> Result<(), FeedError> {
        let caught_up = self.try_catch_up();
        if matches!(caught_up, Err(FeedError::Search(_))) {
            self.doubt();
        }
        caught_up
    }

    fn try_catch_up(&mut self) -> Result<(), FeedError> {
        self.open()?;
        let mut streams: BTreeSet<CommunityId> = self.records.streams().into_iter().collect();
        streams.remove(&CommunityId::HOST);
        self.forget_all_but(&streams)?;
        let mut behind: Vec<(CommunityId, Head)> = Vec::new();
        for id in streams {
            let Some(head) = self.records.head(id) else { continue };
            if self.at(id)?.is_none_or(|at| at.frame_no != head.frame_no) {
                behind.push((id, head));
            }
        }
        let left = |(id, head): &(CommunityId, Head)| {
            head.frame_no.saturating_sub(self.covered.get(id).map_or(0, |at| at.frame_no))
        };
        self.progress = Progress { frames_done: 0, frames_all: behind.iter().map(left).sum() };
        let mut failed = None;
        for (id, head) in behind {
            match self.stream(id, &head) {
                Ok(()) => {}
                Err(error @ FeedError::Search(_)) => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        self.commit()?;
        failed.map_or(Ok(()), Err)
    }

    fn open(&mut self) -> Result<(), FeedError> {
        if self.is_open {
            return Ok(());
        }
        self.begin();
        if self.search.open()? == Found::Nothing {
            tracing::info!("the search index is made from the log");
        }
        self.is_open = true;
        Ok(())
    }

    fn begin(&mut self) {
        self.covered.clear();
        self.uncommitted.clear();
        self.messages = 0;
    }

    /// Takes out streams that the log has no more.
    fn forget_all_but(&mut self, streams: &BTreeSet<CommunityId>) -> Result<(), FeedError> {
        let mut gone = self.search.streams()?;
        gone.retain(|id| !streams.contains(id));
        if gone.is_empty() {
            return Ok(());
        }
        gone.into_iter().try_for_each(|id| self.forget(id))?;
        self.commit_anyway()
    }

    /// How far a stream has been read.
    fn at(&mut self, id: CommunityId) -> Result<Option<Covered>, FeedError> {
        if let Some(at) = self.covered.get(&id) {
            return Ok(Some(*at));
        }
        let covered = self.search.covered(id)?;
        if let Some(covered) = covered {
            self.covered.insert(id, covered);
        }
        Ok(covered)
    }

    /// Reads one stream up to a head.
    fn stream(&mut self, id: CommunityId, head: &Head) -> Result<(), FeedError> {
        let mut at = match self.at(id)? {
            Some(at) if at.frame_no <= head.frame_no => at,
            Some(_) => self.anew(id)?,
            // Its words were hidden under a secret that is gone.
            None if self.search.streams()?.contains(&id) => self.anew(id)?,
            None => self.beginning(id)?,
        };
        while at.frame_no < head.frame_no && !self.stopping.load(Ordering::Acquire) {
            let (frames, before) = (self.read(id, at.frame_no + 1)?, at.frame_no);
            if frames.is_empty() {
                // Only the log's own frames are left.
                if self.goes(id, &at, None)? == Goes::Anew {
                    at = self.anew(id)?;
                    continue;
                }
                at = Covered { frame_no: head.frame_no, hash: head.hash, ..at };
                self.note(id, at);
                break;
            }
            for frame in frames {
                if self.goes(id, &at, Some(&frame))? == Goes::Anew {
                    at = self.anew(id)?;
                    break;
                }
                self.frame(&frame)?;
                at = Covered { frame_no: frame.head.frame_no, hash: frame.head.hash, ..at };
                self.note(id, at);
                if self.messages >= MESSAGES_PER_COMMIT {
                    self.commit()?;
                }
            }
            self.progress.frames_done += at.frame_no.saturating_sub(before);
            (self.on_progress)(self.progress);
        }
        Ok(())
    }

    /// Whether a frame follows what was read. Frames of the log's own, which nobody is shown, may be cuts.
    fn goes(&self, id: CommunityId, at: &Covered, next: Option<&StoredFrame>) -> Result<Goes, FeedError> {
        let follows = next.is_some_and(|next| next.head.frame_no == at.frame_no + 1);
        let same = match next.filter(|_| follows) {
            Some(next) => next.prev_hash == at.hash,
            None => self.cut(id)?.frame_no == at.cut_no,
        };
        Ok(if same { Goes::On } else { Goes::Anew })
    }

    fn cut(&self, id: CommunityId) -> Result<Head, FeedError> {
        Ok(self.records.cut(id)?.map_or(Head::EMPTY, |cut| cut.head))
    }

    /// Where a stream begins.
    fn beginning(&self, id: CommunityId) -> Result<Covered, FeedError> {
        let cut = self.cut(id)?;
        Ok(Covered { frame_no: cut.frame_no, hash: cut.hash, cut_no: cut.frame_no })
    }

    /// Takes a stream out to read it from its beginning.
    fn anew(&mut self, id: CommunityId) -> Result<Covered, FeedError> {
        self.forget(id)?;
        self.beginning(id)
    }

    fn forget(&mut self, id: CommunityId) -> Result<(), FeedError> {
        self.search.forget(id)?;
        self.covered.remove(&id);
        self.uncommitted.remove(&id);
        self.recent.retain(|(of, _), _| *of != id);
        self.withheld.retain(|(of, _), _| *of != id);
        Ok(())
    }

    /// The next frames, none where there are none; those before a damaged one.
    fn read(&self, id: CommunityId, first: u64) -> Result<Vec<StoredFrame>, FeedError> {
        let (mut frames, mut records) = (Vec::new(), 0);
        let read = self.records.read(id, first, &mut |frame| {
            records += frame.records.len();
            frames.push(frame);
            if records < RECORDS_PER_READ { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        match read {
            // It takes no more frames: what there is of it is all that there will be.
            Err(StoreError::Damaged(_)) => Ok(frames),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(frames),
        }
    }

    fn note(&mut self, id: CommunityId, at: Covered) {
        self.covered.insert(id, at);
        self.uncommitted.insert(id, at);
    }

    fn commit(&mut self) -> Result<(), FeedError> {
        if self.uncommitted.is_empty() { Ok(()) } else { self.commit_anyway() }
    }

    fn commit_anyway(&mut self) -> Result<(), FeedError> {
        self.search.commit(&self.uncommitted)?;
        self.uncommitted.clear();
        self.messages = 0;
        Ok(())
    }

    fn frame(&mut self, frame: &StoredFrame) -> Result<(), FeedError> {
        let id = frame.community;
        for stored in &frame.records {
            let record =
                recover::decode(id, stored).map_err(|what| FeedError::Unreadable { community: id, what })?;
            let bodies: Bodies = stored.bodies.iter().cloned().collect();
            for event in &record.events {
                self.event(id, &record, event, &bodies)?;
            }
            let shown_again: BTreeSet<MessageId> = record.events.iter().filter_map(undeleted).collect();
            if !shown_again.is_empty() {
                self.show_again(id, &shown_again, frame.head.frame_no)?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        id: CommunityId,
        record: &Record,
        event: &Event,
        bodies: &Bodies,
    ) -> Result<(), FeedError> {
        match event {
            Event::Message(message::Event::Posted { header, parts, .. }) => {
                self.put((id, hit_of(header)), parts, bodies)?;
            }
            Event::Message(message::Event::Edited { message, parts, recalled, .. }) => {
                if let Some(hit) = self.known(id, *message, recalled.as_deref())? {
                    let said_by = message::edit_id(*message, record.command.at_ms);
                    self.put((id, Hit { said_by, ..hit }), parts, bodies)?;
                }
            }
            Event::Import(event @ import::Event::MessageImported { parts, .. }) => {
                if let Some(header) = import::header_of(event) {
                    self.put((id, hit_of(&header)), parts, bodies)?;
                }
            }
            Event::Message(message::Event::Deleted { message, .. }) => {
                self.delete(id, *message, record.command.at_ms)?;
            }
            Event::Message(message::Event::Denied { held, .. }) => self.withhold(id, held, bodies),
            Event::Queue(queue::Event::Held { hold, .. }) => {
                if let queue::Item::Message(held) = &hold.item {
                    self.withhold(id, held, bodies);
                }
            }
            Event::Privacy(privacy::Event::MemberErased { member, .. }) => {
                self.withheld.retain(|(of, _), body| *of != id || body.owner != *member);
                self.search.erase(id, *member)?;
            }
            Event::Community(community::Event::StatusChanged { status: Status::Removed, .. }) => {
                self.forget(id)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the words of a message out; where and when it stood is still found.
    fn delete(
        &mut self,
        community: CommunityId,
        message: MessageId,
        deleted_ms: u64,
    ) -> Result<(), FeedError> {
        let Some(hit) = self.known(community, message, None)? else {
            return Ok(self.search.remove(community, message)?);
        };
        let hit = Hit { deleted_ms: Some(deleted_ms), ..hit };
        let words = Words { community, hit, owners: BTreeSet::new(), text: String::new() };
        Ok(self.search.put(&words)?)
    }

    /// Takes in what a message says now.
    fn put(
        &mut self,
        (community, hit): (CommunityId, Hit),
        parts: &[Part],
        bodies: &Bodies,
    ) -> Result<(), FeedError> {
        let references = references(parts);
        let told = self.told(community, &references, bodies)?;
        self.recent.keep((community, hit.message), hit);
        self.messages += 1;
        Ok(self.search.put(&Words { community, hit, owners: told.owners, text: told.text })?)
    }

    fn told(
        &self,
        community: CommunityId,
        references: &[BodyRef],
        bodies: &Bodies,
    ) -> Result<Told, FeedError> {
        if references.iter().all(|reference| bodies.get(reference).is_some()) {
            return Ok(Told::of(references, bodies));
        }
        let mut bodies = bodies.clone();
        for reference in references {
            let withheld = self.withheld.get(&(community, reference.id));
            withheld.into_iter().for_each(|body| bodies.insert(body.clone()));
        }
        Past::of(community, self.records.as_ref()).complete(references, &mut bodies)?;
        Ok(Told::of(references, &bodies))
    }

    /// What is known of a message that was edited.
    fn known(
        &self,
        community: CommunityId,
        message: MessageId,
        recalled: Option<&Header>,
    ) -> Result<Option<Hit>, FeedError> {
        if let Some(hit) = self.recent.get(&(community, message)) {
            return Ok(Some(*hit));
        }
        if let Some(header) = recalled {
            return Ok(Some(hit_of(header)));
        }
        let header = Past::of(community, self.records.as_ref()).header(message)?;
        Ok(header.as_ref().map(hit_of))
    }

    /// Keeps what was withheld for when it is let go.
    fn withhold(&mut self, id: CommunityId, held: &Held, bodies: &Bodies) {
        for body in references(&held.parts).iter().filter_map(|reference| bodies.get(reference)) {
            self.withheld.keep((id, body.id), body.clone());
        }
    }

    /// Puts in again what was deleted and is shown again. Rare: an undo. So the stream is read once more, up
    /// to the frame that says so.
    fn show_again(
        &mut self,
        community: CommunityId,
        messages: &BTreeSet<MessageId>,
        frame_no_max: u64,
    ) -> Result<(), FeedError> {
        let mut found: BTreeMap<MessageId, Hit> = BTreeMap::new();
        let mut said: BTreeMap<MessageId, u128> = BTreeMap::new();
        let first = self.beginning(community)?.frame_no + 1;
        let mut broken = None;
        self.records.read(community, first, &mut |frame| {
            if frame.head.frame_no > frame_no_max {
                return ControlFlow::Break(());
            }
            for stored in &frame.records {
                match recover::decode(community, stored) {
                    Ok(record) => look_for(messages, &record, &mut found, &mut said),
                    Err(what) => broken = Some(what),
                }
            }
            if broken.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if let Some(what) = broken {
            return Err(FeedError::Unreadable { community, what });
        }
        for (message, hit) in found {
            let said_by = said.get(&message).copied().unwrap_or(hit.said_by);
            let told = Past::of(community, self.records.as_ref()).said(message, said_by)?;
            let hit = Hit { said_by, ..hit };
            self.search.put(&Words { community, hit, owners: told.owners, text: told.text })?;
            self.messages += 1;
        }
        Ok(())
    }
}

/// Notes what a record says of messages.
fn look_for(
    messages: &BTreeSet<MessageId>,
    record: &Record,
    found: &mut BTreeMap<MessageId, Hit>,
    said: &mut BTreeMap<MessageId, u128>,
) {
    for (message, _) in record.events.iter().filter_map(message::said) {
        if !messages.contains(&message) {
            continue;
        }
        match message::header_of(record, message) {
            Some(header) => {
                found.insert(message, hit_of(&header));
            }
            None => {
                said.insert(message, message::edit_id(message, record.command.at_ms));
            }
        }
    }
}

fn undeleted(event: &Event) -> Option<MessageId> {
    match event {
        Event::Message(message::Event::Undeleted { message }) => Some(*message),
        _ => None,
    }
}

fn hit_of(header: &Header) -> Hit {
    let Header { id, channel, author, at_ms, .. } = *header;
    Hit { message: id, channel, author, at_ms, said_by: id.0, deleted_ms: None }
}
