//! Recovery: a stream's state from its newest snapshot and the records after it. No rule, gate or script
//! runs.

use std::ops::ControlFlow;

use kith_core::body::Bodies;
use kith_core::decide::apply_record;
use kith_core::ids::CommunityId;
use kith_core::ports::{Head, Records, Snapshots, StoredFrame, StoredRecord};
use kith_core::record::Record;
use kith_core::stream::{SCHEMA, Stream};

use crate::draft::AskError;

/// Decodes a stored record; the error says where it stands.
pub(crate) fn decode(community: CommunityId, stored: &StoredRecord) -> Result<Record, String> {
    Record::decode(&stored.bytes).map_err(|error| format!("record {} of {community}: {error}", stored.seq))
}

/// Folds a stream up to its durable head.
pub fn recover(
    community: CommunityId,
    records: &dyn Records,
    snapshots: &dyn Snapshots,
) -> Result<(Stream, Head), AskError> {
    let (mut stream, mut head) = start(community, records, snapshots);
    let mut broken = None;
    records.read(community, head.frame_no + 1, &mut |frame| match fold(&mut stream, &frame) {
        Ok(()) => {
            head = frame.head;
            ControlFlow::Continue(())
        }
        Err(what) => {
            broken = Some(what);
            ControlFlow::Break(())
        }
    })?;
    match broken {
        Some(what) => Err(AskError::Unreadable { community, what }),
        None => Ok((stream, head)),
    }
}

/// The newest snapshot that can be used, else nothing. A snapshot is derived: any doubt and it is ignored.
fn start(community: CommunityId, records: &dyn Records, snapshots: &dyn Snapshots) -> (Stream, Head) {
    let empty = || (Stream::new(community), Head { epoch: 1, ..Head::EMPTY });
    let Ok(Some(snapshot)) = snapshots.newest(community) else { return empty() };
    let durable = records.head(community).unwrap_or(Head::EMPTY);
    if snapshot.schema != SCHEMA || snapshot.head.frame_no > durable.frame_no {
        return empty();
    }
    match Stream::decode(&snapshot.bytes, Bodies::from_iter(snapshot.bodies)) {
        Ok(stream) => (stream, snapshot.head),
        Err(error) => {
            tracing::warn!(%community, %error, "snapshot ignored: it cannot be decoded");
            empty()
        }
    }
}

fn fold(stream: &mut Stream, frame: &StoredFrame) -> Result<(), String> {
    for stored in &frame.records {
        let record = decode(frame.community, stored)?;
        let bodies = stored.bodies.iter().cloned().collect();
        apply_record(stream, &record, &bodies);
    }
    Ok(())
}
