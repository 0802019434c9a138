//! Retention: the state that stands for everything before a time, so that compaction can drop those records.
//!
//! The state is folded from the log itself, never taken from a snapshot: what goes for good has been verified
//! by its chain and by the fold. Appending the cut and rewriting segments is the store's business.

use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::{Records, Snapshot};
use kith_core::stream::SCHEMA;

use crate::draft::AskError;
use crate::recover;

/// The stream's state after its last frame before `before_ms`, as a snapshot that a cut can carry. `None`
/// where no frame is that old, or where a cut stands for all of them already.
pub fn state_before(
    community: CommunityId,
    records: &dyn Records,
    before_ms: u64,
) -> Result<Option<Snapshot>, AskError> {
    let (mut stream, from) = recover::start_in_log(community, records)?;
    let mut head = from;
    let mut broken = None;
    records.read(community, from.frame_no + 1, &mut |frame| {
        if frame.head.at_ms >= before_ms {
            return ControlFlow::Break(());
        }
        match recover::fold(&mut stream, &frame) {
            Ok(()) => {
                head = frame.head;
                ControlFlow::Continue(())
            }
            Err(what) => {
                broken = Some(what);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(what) = broken {
        return Err(AskError::Unreadable { community, what });
    }
    if head == from {
        return Ok(None);
    }
    let bodies = stream.bodies.iter().cloned().collect();
    Ok(Some(Snapshot { head, schema: SCHEMA, bytes: stream.encode(), bodies }))
}
