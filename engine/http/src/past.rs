//! The past: records of one community after one of them, from the log and then as they land, each once and in
//! order.
//!
//! For whoever does something for every record, such as telling it elsewhere: a listener that was too slow
//! for what lands goes on in the log, so that nothing is missed. Says nothing of who may know of a record.

use std::ops::ControlFlow;
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::ports::{NewRecord, Records, StoreError, StoredRecord};
use kith_runtime::audience::Landed;
use kith_runtime::engine::Engine;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Records that are read before anything is done with them; the frame that the last is in is read whole.
const BATCH_RECORDS: usize = 512;

/// A place in the log.
pub(crate) struct Past {
    records: Arc<dyn Records>,
    community: CommunityId,
    /// Everything up to this record was read.
    pub(crate) seq: u64,
    frame_no: Option<u64>,
}

impl Past {
    /// What comes after a record.
    pub(crate) fn after(engine: &Engine, community: CommunityId, seq: u64) -> Self {
        Self { records: Arc::clone(&engine.ports().records), community, seq, frame_no: None }
    }

    /// The next records; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<NewRecord>, StoreError> {
        let (records, community) = (Arc::clone(&self.records), self.community);
        let (seq, frame_no) = (self.seq, self.frame_no);
        let read = tokio::task::spawn_blocking(move || read(records.as_ref(), community, (seq, frame_no)));
        let (found, frame_no) = read.await.unwrap_or(Err(StoreError::Closed))?;
        self.frame_no = frame_no;
        self.seq = found.last().map_or(seq, |last| last.seq);
        Ok(found)
    }
}

fn read(
    records: &dyn Records,
    community: CommunityId,
    (seq, frame_no): (u64, Option<u64>),
) -> Result<(Vec<NewRecord>, Option<u64>), StoreError> {
    let (mut found, mut last_frame) = (Vec::new(), frame_no);
    let Some(head) = records.head(community).filter(|head| head.seq > seq) else {
        return Ok((found, last_frame));
    };
    // A frame holds at least one record, so the wanted one is in no frame before this.
    let first_frame = head.frame_no.saturating_sub(head.seq.saturating_sub(seq)).max(1);
    records.read(community, frame_no.unwrap_or(0).max(first_frame), &mut |frame| {
        last_frame = Some(frame.head.frame_no);
        found.extend(frame.records.into_iter().filter(|stored| stored.seq > seq).map(as_new));
        if found.len() >= BATCH_RECORDS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((found, last_frame))
}

fn as_new(stored: StoredRecord) -> NewRecord {
    let StoredRecord { seq, at_ms, bytes, bodies, .. } = stored;
    NewRecord { seq, at_ms, ids: Vec::new(), bytes, bodies }
}

/// Whether what lands next is the next that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Behind,
    Abreast,
}

/// The past, and then what lands.
pub(crate) struct Follow {
    past: Past,
    landed: broadcast::Receiver<Arc<Landed>>,
    pace: Pace,
}

impl Follow {
    /// Follows a community from after a record.
    pub(crate) fn after(engine: &Engine, community: CommunityId, seq: u64) -> Self {
        // First listen, then read: what lands in between is known by its number.
        let landed = engine.subscribe(community);
        Self { past: Past::after(engine, community, seq), landed, pace: Pace::Behind }
    }

    /// The next records, once there are any. May be dropped and asked again.
    pub(crate) async fn next(&mut self) -> Result<Vec<NewRecord>, StoreError> {
        loop {
            if self.pace == Pace::Behind {
                let found = self.past.next().await?;
                if !found.is_empty() {
                    return Ok(found);
                }
                self.pace = Pace::Abreast;
            }
            match self.landed.recv().await {
                Ok(landed) => {
                    let known = self.past.seq;
                    if landed.records.first().is_some_and(|first| first.seq > known + 1) {
                        self.pace = Pace::Behind;
                        continue;
                    }
                    let newer = landed.records.iter().filter(|record| record.seq > known);
                    let newer: Vec<NewRecord> = newer.cloned().collect();
                    if let Some(last) = newer.last() {
                        self.past.seq = last.seq;
                        return Ok(newer);
                    }
                }
                Err(RecvError::Lagged(_)) => self.pace = Pace::Behind,
                Err(RecvError::Closed) => return Err(StoreError::Closed),
            }
        }
    }
}
