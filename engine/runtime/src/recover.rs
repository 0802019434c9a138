//! Recovery: a stream's state from its newest snapshot and the records after it. No rule, gate or script
//! runs.

use std::ops::ControlFlow;

use kith_core::body::Bodies;
use kith_core::decide::apply_record;
use kith_core::ids::CommunityId;
use kith_core::ports::{Damage, Head, Records, Snapshot, Snapshots, StoreError, StoredFrame, StoredRecord};
use kith_core::record::Record;
use kith_core::stream::{SCHEMA, Stream};

use crate::draft::AskError;

/// Decodes a stored record; the error says where it stands.
pub(crate) fn decode(community: CommunityId, stored: &StoredRecord) -> Result<Record, String> {
    Record::decode(&stored.bytes).map_err(|error| format!("record {} of {community}: {error}", stored.seq))
}

/// A stream as it was read back.
#[derive(Debug)]
pub struct Recovered {
    /// Its state.
    pub stream: Stream,
    /// The frame that the state stands for.
    pub head: Head,
    /// Where reading had to end: the state is that of before the damage, and no frame may follow.
    pub damage: Option<Damage>,
}

/// Frames folded between two looks for a snapshot that the index could not give yet: a fraction of a second.
const FRAMES_PER_LOOK: u64 = 2_000;

/// Folds a stream up to its durable head, or up to where it is damaged.
///
/// A start never waits for the index: the fold begins with what the log has, and changes over to the newest
/// snapshot as soon as the index can give one that is further on.
pub fn recover(
    community: CommunityId,
    records: &dyn Records,
    snapshots: &dyn Snapshots,
) -> Result<Recovered, AskError> {
    let mut at = start(community, records, snapshots)?;
    loop {
        let (mut broken, mut further, mut frames) = (None, None, 0_u64);
        let read = records.read(community, at.head.frame_no + 1, &mut |frame| {
            if let Err(what) = fold(&mut at.stream, &frame) {
                broken = Some(what);
                return ControlFlow::Break(());
            }
            at.head = frame.head;
            frames += 1;
            if at.may_come && frames.is_multiple_of(FRAMES_PER_LOOK) {
                further = at.look_again(records, snapshots);
            }
            if further.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(what) = broken {
            return Err(AskError::Unreadable { community, what });
        }
        if let Some(further) = further {
            at = further;
            continue;
        }
        return match read {
            Err(StoreError::Damaged(damage)) => {
                Ok(Recovered { stream: at.stream, head: at.head, damage: Some(*damage) })
            }
            Err(error) => Err(error.into()),
            Ok(()) => {
                // The log's own frames (a raised epoch, a cut) have numbers but no records.
                let head = records.head(community).unwrap_or(at.head);
                Ok(Recovered { stream: at.stream, head, damage: records.damage(community) })
            }
        };
    }
}

/// How far a fold has come.
struct Folded {
    stream: Stream,
    head: Head,
    /// Whether the index was not there yet when it was asked for a snapshot.
    may_come: bool,
}

impl Folded {
    /// Asks the index again; a snapshot counts only if it is further on than the fold.
    fn look_again(&mut self, records: &dyn Records, snapshots: &dyn Snapshots) -> Option<Self> {
        let newest = snapshots.newest(self.stream.id);
        self.may_come = matches!(newest, Err(StoreError::NotReady));
        let snapshot =
            newest.ok().flatten().filter(|snapshot| snapshot.head.frame_no > self.head.frame_no)?;
        from_snapshot(snapshot, self.stream.id, records)
    }
}

/// Folds a stream from the log alone, up to a frame: what a snapshot or another copy at that frame has to
/// equal.
pub fn from_log(
    community: CommunityId,
    records: &dyn Records,
    frame_no_max: u64,
) -> Result<Stream, AskError> {
    let (mut stream, head) = start_in_log(community, records)?;
    let mut broken = None;
    records.read(community, head.frame_no + 1, &mut |frame| {
        if frame.head.frame_no > frame_no_max {
            return ControlFlow::Break(());
        }
        broken = fold(&mut stream, &frame).err();
        if broken.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    match broken {
        Some(what) => Err(AskError::Unreadable { community, what }),
        None => Ok(stream),
    }
}

/// The newest of what there is to start from: a snapshot, the cut that compaction left in the log, or
/// nothing.
fn start(
    community: CommunityId,
    records: &dyn Records,
    snapshots: &dyn Snapshots,
) -> Result<Folded, AskError> {
    let newest = snapshots.newest(community);
    let may_come = matches!(newest, Err(StoreError::NotReady));
    if let Some(folded) =
        newest.ok().flatten().and_then(|snapshot| from_snapshot(snapshot, community, records))
    {
        return Ok(folded);
    }
    let (stream, head) = start_in_log(community, records)?;
    Ok(Folded { stream, head, may_come })
}

/// A state from a snapshot. A snapshot is derived: any doubt and it is ignored. A cut is part of the log and
/// has to be readable.
fn from_snapshot(snapshot: Snapshot, community: CommunityId, records: &dyn Records) -> Option<Folded> {
    let durable = records.head(community).unwrap_or(Head::EMPTY);
    if snapshot.schema != SCHEMA || snapshot.head.frame_no > durable.frame_no {
        return None;
    }
    let head = snapshot.head;
    match decode_state(snapshot) {
        Ok(stream) => Some(Folded { stream, head, may_come: false }),
        Err(error) => {
            tracing::warn!(%community, %error, "snapshot ignored: it cannot be decoded");
            None
        }
    }
}

/// What the log itself begins with: the newest cut, or nothing.
pub(crate) fn start_in_log(
    community: CommunityId,
    records: &dyn Records,
) -> Result<(Stream, Head), AskError> {
    let Some(cut) = records.cut(community)? else { return Ok((Stream::new(community), Head::EMPTY)) };
    let head = cut.head;
    match decode_state(cut) {
        Ok(stream) => Ok((stream, head)),
        Err(error) => {
            Err(AskError::Unreadable { community, what: format!("its cut cannot be decoded: {error}") })
        }
    }
}

fn decode_state(snapshot: Snapshot) -> Result<Stream, String> {
    Stream::decode(&snapshot.bytes, Bodies::from_iter(snapshot.bodies)).map_err(|error| error.to_string())
}

pub(crate) fn fold(stream: &mut Stream, frame: &StoredFrame) -> Result<(), String> {
    for stored in &frame.records {
        let record = decode(frame.community, stored)?;
        let bodies = stored.bodies.iter().cloned().collect();
        apply_record(stream, &record, &bodies);
    }
    Ok(())
}
