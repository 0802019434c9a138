//! The committer: one thread that makes everything queued durable with one write and one sync, then says so.
//!
//! Promises that no frame is acknowledged before it, its keys and every frame before it are on disk, and that
//! after the first I/O error nothing is acknowledged at all. Encodes nothing: writers bring finished bytes.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use kith_core::ports::{Appended, StoreError};

use super::Shared;
use super::frame::{FrameHeader, Kind};
use super::group::{DIRECTORY_ENTRY_BYTES, DirectoryEntry, GROUP_HEADER_BYTES, put_group_head};
use super::placed::{LogPosition, Placed};
use super::segment::{Footer, SEGMENT_HEAD_BYTES, encode_footer};
use super::segments::{FramePlace, Index, Segment, Tail, note_frame};
use crate::disk::File;
use crate::failure::{IoContext, refused};
use crate::limits::{
    GATHER_STEP, GATHER_STEPS_MAX, GROUP_BYTES_MAX, GROUP_FRAMES_MAX, QUEUE_BYTES_MAX, ROOM_BYTES,
    ROOM_GROUP_BYTES_MAX,
};

/// A finished frame on its way to the disk.
pub(crate) struct Queued {
    pub(crate) header: FrameHeader,
    pub(crate) bytes: Vec<u8>,
    /// Ids of its records, by record number.
    pub(crate) ids: Vec<(u64, Vec<u128>)>,
    pub(crate) done: Appended,
}

/// Frames between the writers and the committer.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<QueueState>,
    work: Condvar,
    space: Condvar,
}

#[derive(Default)]
struct QueueState {
    frames: VecDeque<Queued>,
    bytes: usize,
    /// Somebody who waits for the tail to be sealed.
    seal: Option<SyncSender<Result<(), StoreError>>>,
    closing: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks while more than `QUEUE_BYTES_MAX` wait. The committer never stops taking, so this ends.
    pub(crate) fn wait_for_space(&self) {
        let mut state = self.state();
        while state.bytes > QUEUE_BYTES_MAX {
            state = self.space.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives the frame back once the queue is closed. Whoever gets it drops it without a lock: its callback
    /// may be the last owner of anything.
    pub(crate) fn push(&self, frame: Queued) -> Option<Queued> {
        let mut state = self.state();
        if state.closing {
            return Some(frame);
        }
        state.bytes += frame.bytes.len();
        state.frames.push_back(frame);
        if state.frames.len() == 1 {
            self.work.notify_one();
        }
        None
    }

    /// Waits a little for the writers that the last group has just set free.
    ///
    /// Without it the first of them to come back gets a sync of its own and the others wait for it: groups
    /// alternate between one frame and nearly all, at half the throughput. Ends when as many are here as last
    /// time, when nobody new came in one step, or after `GATHER_STEPS_MAX`. A lone writer never waits.
    fn gather<'a>(
        &'a self,
        mut state: MutexGuard<'a, QueueState>,
        last_frames: usize,
    ) -> MutexGuard<'a, QueueState> {
        for _ in 0..GATHER_STEPS_MAX {
            let before = state.frames.len();
            if before * 2 >= last_frames || state.closing {
                break;
            }
            drop(state);
            std::thread::sleep(GATHER_STEP);
            state = self.state();
            if state.frames.len() == before {
                break;
            }
        }
        state
    }

    /// Asks the committer to seal the tail behind what is queued; the answer says that it is.
    pub(crate) fn ask_for_seal(&self, answer: SyncSender<Result<(), StoreError>>) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closing {
            return Err(StoreError::Closed);
        }
        state.seal = Some(answer);
        self.work.notify_one();
        Ok(())
    }

    /// The request to seal the tail, once nothing is queued before it.
    fn take_seal(&self) -> Option<SyncSender<Result<(), StoreError>>> {
        let mut state = self.state();
        if state.frames.is_empty() { state.seal.take() } else { None }
    }

    /// Takes nothing more, and lets the committer finish what is queued and end.
    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
    }

    /// Takes nothing more and gives back what nobody will write.
    fn abandon(&self) -> Vec<Queued> {
        let mut state = self.state();
        state.closing = true;
        state.bytes = 0;
        state.seal = None;
        self.space.notify_all();
        state.frames.drain(..).collect()
    }

    /// `Err` once the queue is closed.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.is_closing() { Err(StoreError::Closed) } else { Ok(()) }
    }

    fn is_closing(&self) -> bool {
        self.state().closing
    }

    /// Everything queued, up to the limits of a group. Empty once the queue is closed and drained.
    fn take(&self, last_frames: usize) -> Vec<Queued> {
        let mut state = self.state();
        while state.frames.is_empty() && state.seal.is_none() && !state.closing {
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut state = self.gather(state, last_frames);
        let mut bytes = 0;
        let mut batch = Vec::with_capacity(state.frames.len().min(GROUP_FRAMES_MAX));
        while let Some(frame) = state.frames.front() {
            let fits = bytes + frame.bytes.len() <= GROUP_BYTES_MAX && batch.len() < GROUP_FRAMES_MAX;
            if !(fits || batch.is_empty()) {
                break;
            }
            bytes += frame.bytes.len();
            batch.extend(state.frames.pop_front());
        }
        state.bytes -= bytes;
        self.space.notify_all();
        batch
    }
}

/// What a committer that panics leaves behind: an engine that says so, where everybody would wait for ever.
struct LastWill(Arc<Shared>);

impl Drop for LastWill {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let why = "the thread that writes the log has ended with a panic";
            let error = self.0.poison.note(refused("go on with", &self.0.dir, why));
            tell_of_failure(&error, self.0.queue.abandon(), &self.0);
        }
    }
}

/// The committer's own state.
pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) next_group: u64,
    pub(crate) listener: SyncSender<Vec<Placed>>,
    /// Kept from group to group, so that a steady load allocates nothing here.
    pub(crate) buffer: Vec<u8>,
    /// Whether a group was written since the log was opened.
    pub(crate) wrote: bool,
    /// Where the zeros end that were written behind the tail's last group; anything up to its end if there
    /// are none.
    pub(crate) room_end: u64,
}

impl Committer {
    /// Runs until the queue is closed. Goes on after a failure to tell every later frame of it.
    pub(crate) fn run(mut self) {
        let _last_will = LastWill(Arc::clone(&self.shared));
        let mut last_frames = 0;
        loop {
            let batch = self.shared.queue.take(last_frames);
            if let Some(answer) = self.shared.queue.take_seal() {
                // Whoever asked waits for this.
                let _ = answer.send(self.seal_tail());
            }
            if batch.is_empty() {
                if self.shared.queue.is_closing() {
                    break;
                }
                continue;
            }
            last_frames = batch.len();
            match self.commit(&batch) {
                Ok(start) => self.tell_of_success(batch, start),
                Err(error) => tell_of_failure(&self.shared.poison.note(error), batch, &self.shared),
            }
        }
        // An empty last group proves on the next open that the one before it was whole: what is bad in it
        // then is damage with a name, not a torn tail. Failing here loses nothing that was acknowledged.
        if self.wrote
            && let Err(error) = self.write_group(&[]).and_then(|_| self.give_back_room())
        {
            tracing::warn!(%error, "the log was closed without its closing group");
        }
    }

    /// Returns where the group's first frame lies.
    fn commit(&mut self, batch: &[Queued]) -> Result<LogPosition, StoreError> {
        self.shared.poison.check()?;
        self.shared.keys.flush()?;
        self.roll_if_full(batch.iter().map(|frame| frame.bytes.len() as u64).sum())?;
        let start = self.write_group(batch)?;
        self.wrote = true;
        Ok(start)
    }

    fn write_group(&mut self, batch: &[Queued]) -> Result<LogPosition, StoreError> {
        self.shared.poison.check()?;
        let (segment, file, path, len) = {
            let tail = &self.shared.segments().tail;
            (tail.name.first, Arc::clone(&tail.file), tail.path.clone(), tail.len)
        };
        let entries: Vec<DirectoryEntry> =
            batch.iter().map(|frame| DirectoryEntry::of(&frame.header, &frame.bytes)).collect();
        self.buffer.clear();
        put_group_head(&mut self.buffer, self.next_group, &entries, self.shared.salt);
        batch.iter().for_each(|frame| self.buffer.extend_from_slice(&frame.bytes));
        let group_bytes = self.buffer.len() as u64;
        self.add_room(len);
        file.write_at(len, &self.buffer).context("write", &path)?;
        file.sync_data().context("sync", &path)?;
        self.next_group += 1;
        let first = len + (GROUP_HEADER_BYTES + entries.len() * DIRECTORY_ENTRY_BYTES) as u64;
        self.note_group(batch, (len, group_bytes), first);
        Ok(LogPosition { segment, offset: first })
    }

    /// Puts zeros behind a small group that goes beyond the room there is.
    fn add_room(&mut self, len: u64) {
        let end = len + self.buffer.len() as u64;
        let room = self.shared.segment_bytes_max.saturating_sub(end).min(ROOM_BYTES as u64);
        if end > self.room_end && self.buffer.len() <= ROOM_GROUP_BYTES_MAX && room > 0 {
            self.buffer.resize(self.buffer.len() + room as usize, 0);
            self.room_end = end + room;
        }
    }

    /// Cuts the tail's file where its groups end. Opening does the same after a crash.
    fn give_back_room(&mut self) -> Result<(), StoreError> {
        let tail = &self.shared.segments().tail;
        if self.room_end > tail.len {
            tail.file.set_len(tail.len).context("cut", &tail.path)?;
        }
        self.room_end = 0;
        Ok(())
    }

    fn note_group(&self, batch: &[Queued], (group, group_bytes): (u64, u64), first: u64) {
        let mut segments = self.shared.segments_mut();
        let mut offset = first;
        for frame in batch {
            note_frame(&mut segments.tail.extents, &frame.header, FramePlace { group, offset });
            offset += frame.bytes.len() as u64;
        }
        segments.tail.len += group_bytes;
    }

    fn roll_if_full(&mut self, more_bytes: u64) -> Result<(), StoreError> {
        let len = self.shared.segments().tail.len;
        if len <= SEGMENT_HEAD_BYTES || len + more_bytes <= self.shared.segment_bytes_max {
            return Ok(());
        }
        self.roll()
    }

    fn seal_tail(&mut self) -> Result<(), StoreError> {
        self.shared.poison.check()?;
        if self.shared.segments().tail.len <= SEGMENT_HEAD_BYTES {
            return Ok(());
        }
        self.roll().map_err(|error| self.shared.poison.note(error))
    }

    /// Seals the tail with its footer and begins the next segment.
    fn roll(&mut self) -> Result<(), StoreError> {
        self.give_back_room()?;
        let shared = &self.shared;
        let (number, footer) = {
            let tail = &shared.segments().tail;
            let last_group = self.next_group - 1;
            (tail.name.last, seal(&*tail.file, tail, last_group, shared.salt).context("seal", &tail.path)?)
        };
        let next = Tail::create(&*shared.disk, &shared.dir, number + 1, shared.salt)?;
        let mut segments = shared.segments_mut();
        let sealed = std::mem::replace(&mut segments.tail, next);
        segments.sealed.push(Arc::new(Segment {
            name: sealed.name,
            path: sealed.path,
            file: sealed.file,
            len: sealed.len,
            index: Index::Footer(footer),
        }));
        Ok(())
    }

    fn tell_of_success(&self, batch: Vec<Queued>, start: LogPosition) {
        let mut position = start;
        let mut placed = Vec::with_capacity(batch.len());
        for frame in batch {
            let head = frame.header.head();
            self.shared.heads.update(frame.header.community, |stream| {
                stream.reached(head);
                if frame.header.kind == Kind::Cut {
                    stream.cut = Some(Box::new(position));
                }
                stream.removed |= frame.header.kind.ends_stream();
            });
            (frame.done)(Ok(head));
            placed.push(placed_of(&frame.header, position, frame.ids));
            position.offset += frame.bytes.len() as u64;
        }
        if self.listener.send(placed).is_err() {
            tracing::warn!("the log's listener has ended; the index will catch up when it is opened again");
        }
    }
}

fn seal(file: &dyn File, tail: &Tail, last_group: u64, salt: u32) -> std::io::Result<Footer> {
    let (footer, bytes) = encode_footer(&tail.extents, last_group, tail.len, salt);
    file.write_at(tail.len, &bytes)?;
    file.sync_data()?;
    Ok(footer)
}

/// What the listener is told of one frame.
pub(crate) fn placed_of(header: &FrameHeader, position: LogPosition, ids: Vec<(u64, Vec<u128>)>) -> Placed {
    let head = header.head();
    Placed {
        position,
        community: header.community,
        frame_no: header.frame_no,
        first_seq: header.first_seq,
        last_seq: head.seq,
        at_ms: head.at_ms,
        ids,
    }
}

fn tell_of_failure(error: &StoreError, batch: Vec<Queued>, shared: &Shared) {
    tracing::error!(%error, "the log failed; nothing will be acknowledged any more");
    for frame in batch {
        let again = shared.poison.error();
        (frame.done)(again.map_or_else(|| Err(StoreError::NotReady), Err));
    }
}
