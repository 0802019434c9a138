//! The thread that opens the tree, catches up with the log and then follows it.
//!
//! Promises that the store never waits for it and that no failure of sled outlives it: the tree is put aside
//! and built again from the log. It reads no clock; it counts its ticks.

use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use kith_core::ports::StoreError;

use super::feed::Wake;
use super::key::{self, Tag};
use super::limits::{CHECKPOINT_RECORDS, CHECKPOINT_TICKS, RETRY_TICKS};
use super::open::{self, Trust};
use super::places;
use super::rows::Rows;
use super::shared::{Phase, Progress, Shared};
use super::watermark::Watermark;
use crate::log::placed::{LogPosition, Placed};

/// Frames handed on at a time while the log is read again.
const CATCH_UP_FRAMES: usize = 4_096;

/// Runs until the store closes.
pub(super) fn run(shared: &Shared) {
    let mut trust = Trust::Folder;
    loop {
        let Err(error) = session(shared, trust) else { return };
        tracing::error!(%error, "the index failed and is opened again");
        trust = if shared.withdraw() { Trust::LogOnly } else { Trust::Folder };
        if trust == Trust::Folder && shared.feed.rest(RETRY_TICKS) == Wake::Close {
            return;
        }
        if shared.feed.closing() {
            return;
        }
    }
}

fn session(shared: &Shared, trust: Trust) -> Result<(), StoreError> {
    let rows = Arc::new(open::open(&shared.data, trust)?);
    shared.publish(&rows);
    let watermark = prepare(shared, &rows)?;
    open::proved(&shared.data)?;
    let mut indexer = Indexer { shared, rows: &rows, watermark, indexed: 0, ticks: 0 };
    indexer.catch_up()?;
    indexer.checkpoint()?;
    indexer.follow()
}

/// Checks what the tree holds and makes it agree with the log's generation.
fn prepare(shared: &Shared, rows: &Rows) -> Result<Watermark, StoreError> {
    let generation = shared.source.generation();
    let found = Watermark::read(rows)?;
    let usable = found.filter(|mark| mark.generation == generation && mark.covered < shared.source.end());
    let watermark = match usable {
        Some(mark) => mark,
        None => {
            rows.remove_all(&key::of_tag(Tag::Chunk))?;
            rows.remove_all(&key::of_tag(Tag::Bucket))?;
            let mark = Watermark::none(generation);
            rows.write(vec![mark.row()])?;
            mark
        }
    };
    *shared.places() = places::check(rows, watermark.covered)?;
    let mut due = shared.due();
    due.load(rows)?;
    due.rewrite();
    Ok(watermark)
}

struct Indexer<'a> {
    shared: &'a Shared,
    rows: &'a Rows,
    watermark: Watermark,
    indexed: u64,
    ticks: u32,
}

impl Indexer<'_> {
    /// Reads the log from where the rows end until nothing is dropped any more.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        let starting = self.shared.phase() == Phase::Opening;
        self.shared.enter(Phase::CatchingUp);
        let mut from = if starting { self.watermark.settled } else { self.watermark.covered };
        while self.shared.feed.dropped() && !self.shared.feed.closing() {
            self.shared.feed.restart(self.watermark.covered);
            from = self.read_again(from)?;
        }
        if self.shared.feed.closing() {
            return Ok(());
        }
        self.shared.due().adopt();
        self.shared.enter(Phase::Ready);
        Ok(())
    }

    fn read_again(&mut self, from: LogPosition) -> Result<LogPosition, StoreError> {
        let shared = self.shared;
        let mut waiting: Vec<Placed> = Vec::with_capacity(CATCH_UP_FRAMES);
        let mut failed = None;
        let end = shared.source.scan_from(from, &mut |frame| {
            waiting.push(frame);
            if waiting.len() < CATCH_UP_FRAMES {
                return ControlFlow::Continue(());
            }
            failed = self.again(&waiting).err();
            waiting.clear();
            let done = failed.is_some() || shared.feed.closing();
            if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        failed.map_or(Ok(()), Err)?;
        self.again(&waiting)?;
        Ok(end)
    }

    fn again(&mut self, frames: &[Placed]) -> Result<(), StoreError> {
        {
            let mut due = self.shared.due();
            frames.iter().for_each(|frame| due.doubt(frame.community));
        }
        self.index(frames)?;
        if let Some(last) = frames.last() {
            let (at, end) = (last.position, self.shared.source.end());
            self.shared.tell(Progress { at, end, records: self.indexed });
        }
        if self.indexed >= CHECKPOINT_RECORDS { self.checkpoint() } else { Ok(()) }
    }

    fn index(&mut self, frames: &[Placed]) -> Result<(), StoreError> {
        let known = frames.iter().take_while(|frame| frame.position <= self.watermark.covered).count();
        let fresh = &frames[known..];
        let Some(last) = fresh.last() else { return Ok(()) };
        self.shared.places().add(self.rows, fresh)?;
        self.watermark.covered = last.position;
        self.indexed += fresh.len() as u64;
        self.shared.feed.indexed(fresh);
        Ok(())
    }

    /// Follows the feed until the store closes.
    fn follow(&mut self) -> Result<(), StoreError> {
        loop {
            let wake = self.shared.feed.wait();
            if self.rows.failed() {
                return Err(StoreError::Derived("a reader found the index failing".into()));
            }
            if self.shared.source.generation() != self.watermark.generation {
                self.begin_again()?;
            }
            if self.shared.feed.dropped() {
                self.catch_up()?;
            }
            self.take_in()?;
            self.ticks += 1;
            let due = self.indexed >= CHECKPOINT_RECORDS || self.ticks >= CHECKPOINT_TICKS;
            if due || wake == Wake::Close {
                self.checkpoint()?;
            }
            if wake == Wake::Close {
                return self.checkpoint();
            }
        }
    }

    /// Compaction has moved frames: every place is wrong and the log is read again.
    fn begin_again(&mut self) -> Result<(), StoreError> {
        self.shared.enter(Phase::Opening);
        self.shared.feed.stop();
        self.shared.feed.recount();
        self.watermark = prepare(self.shared, self.rows)?;
        Ok(())
    }

    /// Moves what waits into the index while no reader can look: it must be found in one of the two.
    fn take_in(&mut self) -> Result<(), StoreError> {
        let mut places = self.shared.places();
        for group in self.shared.feed.take() {
            let known = group.iter().take_while(|frame| frame.position <= self.watermark.covered).count();
            let fresh = &group[known..];
            let Some(last) = fresh.last() else { continue };
            places.add(self.rows, fresh)?;
            self.watermark.covered = last.position;
            self.indexed += fresh.len() as u64;
            self.shared.feed.indexed(fresh);
        }
        Ok(())
    }

    /// Writes what is in memory only, then the watermark, and makes both durable.
    fn checkpoint(&mut self) -> Result<(), StoreError> {
        (self.indexed, self.ticks) = (0, 0);
        let before = Watermark::read(self.rows)?.unwrap_or(Watermark::none(self.watermark.generation));
        let mut changes = self.shared.places().unwritten();
        changes.append(&mut self.shared.due().take_unwritten());
        self.watermark.settled = before.covered;
        if changes.is_empty() && before == self.watermark {
            return Ok(());
        }
        changes.push(self.watermark.row());
        // Readers go on meanwhile: nobody but this thread adds places, so what was collected stays complete.
        self.rows.write(changes)?;
        self.shared.places().written();
        self.rows.sync()
    }
}

impl Shared {
    /// Takes a failed tree out of use. Whether it was the tree that failed: else the log could not be read.
    fn withdraw(&self) -> bool {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.enter(Phase::Opening);
        self.feed.stop();
        self.feed.recount();
        rows.is_some_and(|rows| rows.failed())
    }
}
