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

/// Folds a stream up to its durable head, or up to where it is damaged.
pub fn recover(
    community: CommunityId,
    records: &dyn Records,
    snapshots: &dyn Snapshots,
) -> Result<Recovered, AskError> {
    let (mut stream, mut head) = start(community, records, snapshots)?;
    let mut broken = None;
    let read = records.read(community, head.frame_no + 1, &mut |frame| match fold(&mut stream, &frame) {
        Ok(()) => {
            head = frame.head;
            ControlFlow::Continue(())
        }
        Err(what) => {
            broken = Some(what);
            ControlFlow::Break(())
        }
    });
    if let Some(what) = broken {
        return Err(AskError::Unreadable { community, what });
    }
    match read {
        Err(StoreError::Damaged(damage)) => Ok(Recovered { stream, head, damage: Some(*damage) }),
        Err(error) => Err(error.into()),
        Ok(()) => {
            // The log's own frames (a raised epoch, a cut) have numbers but no records.
            let head = records.head(community).unwrap_or(head);
            Ok(Recovered { stream, head, damage: records.damage(community) })
        }
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
/// nothing. A snapshot is derived: any doubt and it is ignored. A cut is part of the log and has to be
/// readable.
fn start(
    community: CommunityId,
    records: &dyn Records,
    snapshots: &dyn Snapshots,
) -> Result<(Stream, Head), AskError> {
    let durable = records.head(community).unwrap_or(Head::EMPTY);
    let usable =
        |snapshot: &Snapshot| snapshot.schema == SCHEMA && snapshot.head.frame_no <= durable.frame_no;
    if let Some(snapshot) = snapshots.newest(community).ok().flatten().filter(usable) {
        let head = snapshot.head;
        match decode_state(snapshot) {
            Ok(stream) => return Ok((stream, head)),
            Err(error) => tracing::warn!(%community, %error, "snapshot ignored: it cannot be decoded"),
        }
    }
    start_in_log(community, records)
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
