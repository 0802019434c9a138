//! A stream played by somebody who holds its clock: re-enactments, and pasts that are made up for a harness.
//!
//! Promises that commands pass the same gates, rules and scripts as with an engine, that timers fire when
//! they are due by the player's clock, and that `finish` returns only when everything is durable. Does not
//! run errands: parcels stay in the outbox until an engine opens the stream, which none may do meanwhile.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use kith_core::hook::Extensions;
use kith_core::ids::CommunityId;
use kith_core::ports::{Head, Records, Snapshots, StoreError};
use kith_core::refusal::Refusal;
use kith_core::stream::Stream;

use crate::draft::{AskError, Draft, Reply};
use crate::mailbox;
use crate::writer::Writer;

/// Records in one frame: a frame is handed over when it is full, not at each command.
const RECORDS_PER_FRAME: usize = 256;
/// Frames that wait for the disk at once.
const FRAMES_IN_FLIGHT_MAX: u32 = 4;

/// What a player needs of the world.
#[derive(Clone)]
pub struct SoloPorts {
    /// The log.
    pub records: Arc<dyn Records>,
    /// Where the last state goes.
    pub snapshots: Arc<dyn Snapshots>,
    /// Whoever runs its scripts.
    pub extensions: Arc<dyn Extensions>,
}

/// A stream and its only writer.
pub struct Solo {
    ports: SoloPorts,
    community: CommunityId,
    writer: Writer,
    pending: usize,
    written: u64,
    flight: Arc<Flight>,
}

/// A timer that fired, and what came of it.
pub struct Fired {
    /// When it was due.
    pub due_ms: u64,
    /// What came of it.
    pub outcome: Result<Reply, Refusal>,
}

/// Frames handed over and not yet durable, and the first failure.
#[derive(Default)]
struct Flight {
    state: Mutex<(u32, Option<AskError>)>,
    landed: Condvar,
}

impl Solo {
    /// Opens a stream, which may be new.
    pub fn open(community: CommunityId, ports: SoloPorts) -> Result<Self, AskError> {
        let (records, extensions) = (Arc::clone(&ports.records), Arc::clone(&ports.extensions));
        let writer = Writer::open(community, records, ports.snapshots.as_ref(), extensions)?;
        Ok(Self { ports, community, writer, pending: 0, written: 0, flight: Arc::default() })
    }

    /// The state, with what is not durable yet.
    pub fn stream(&self) -> &Stream {
        self.writer.stream()
    }

    /// Records written since it was opened.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Takes one step at a time. A refusal is an answer; anything else ends the play.
    pub fn step(&mut self, draft: Draft, now_ms: u64) -> Result<Result<Reply, Refusal>, AskError> {
        let step = self.writer.step(draft, now_ms);
        self.pending += step.records;
        self.written += step.records as u64;
        if self.pending >= RECORDS_PER_FRAME || self.writer.frame_is_full() {
            self.hand_over()?;
        }
        match step.reply {
            Ok(reply) => Ok(Ok(reply)),
            Err(AskError::Refused(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(error),
        }
    }

    /// Fires the next timer that is due by now; `None` once there is none.
    pub fn fire(&mut self, now_ms: u64) -> Result<Option<Fired>, AskError> {
        let next = self.writer.stream().timers.next().filter(|next| next.0 <= now_ms);
        let Some((due_ms, timer)) = next else { return Ok(None) };
        let outcome = self.step(mailbox::fire(self.community, timer, due_ms), due_ms)?;
        Ok(Some(Fired { due_ms, outcome }))
    }

    /// Waits until everything is durable and keeps a snapshot of it.
    pub fn finish(mut self) -> Result<(), AskError> {
        self.hand_over()?;
        self.flight.wait_below(1)?;
        if let Some(head) = self.ports.records.head(self.community) {
            let kept = self.ports.snapshots.put(self.community, self.writer.snapshot(head));
            // A snapshot is derived: without it the next start folds the log.
            if let Err(error) = kept {
                tracing::debug!(%error, "no snapshot kept of a stream that was played");
            }
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), AskError> {
        self.flight.wait_below(FRAMES_IN_FLIGHT_MAX)?;
        self.pending = 0;
        if !self.writer.has_pending() {
            return Ok(());
        }
        self.flight.lock().0 += 1;
        let flight = Arc::clone(&self.flight);
        self.writer.flush(Box::new(move |result: Result<Head, StoreError>| flight.land(result)))?;
        Ok(())
    }
}

impl Flight {
    fn lock(&self) -> std::sync::MutexGuard<'_, (u32, Option<AskError>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn land(&self, result: Result<Head, StoreError>) {
        let mut state = self.lock();
        state.0 -= 1;
        if let Err(error) = result {
            state.1.get_or_insert(AskError::Store(error));
        }
        self.landed.notify_all();
    }

    fn wait_below(&self, frames: u32) -> Result<(), AskError> {
        let mut state = self.lock();
        while state.0 >= frames && state.1.is_none() {
            state = self.landed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.1.take().map_or(Ok(()), Err)
    }
}
