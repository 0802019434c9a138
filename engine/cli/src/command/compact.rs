//! `kith compact`: drops the records that retention no longer wants, and gives their bytes back.
//!
//! What goes is replaced by the state it led to: folded from the log, signed, and appended as a cut before
//! anything is deleted. The bytes of removed communities come back at the same time.

use std::fmt::Write as _;
use std::sync::mpsc;

use clap::Args;
use kith_core::ids::CommunityId;
use kith_core::moment::DAY_MS;
use kith_core::ports::{Clock as _, Head, Records, StoreError};
use kith_core::stream::Stream;
use kith_runtime::{recover, retention};
use kith_store::Store;
use kith_store::log::NewCut;
use serde::Serialize;
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::report::Report;
use crate::session;

/// Drop the records that retention no longer wants, and give their bytes back.
#[derive(Debug, Args)]
#[command(after_help = "\
A community keeps its records for ever unless it says otherwise: `retention_days` among the [settings] of its
blueprint, or `kith community settings NAME retention_days=DAYS`. Receipts, members and everything else that the
state holds stay; what was said before the cut is gone for good.

Example:
  kith compact --data data")]
pub(crate) struct Compact {
    #[command(flatten)]
    place: Data,
}

/// A community whose past was cut.
#[derive(Debug, Serialize)]
struct Cut {
    community: CommunityId,
    name: String,
    /// Every frame up to this one is replaced by the state after it.
    through_frame: u64,
    /// The last record of the state.
    through_record: u64,
}

impl Compact {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        session::check_exists(&self.place.data)?;
        let store = Store::open(&self.place.data)?;
        let now_ms = SystemClock::start().wall_ms();
        let mut cuts = Vec::new();
        for community in Records::streams(store.log().as_ref()) {
            cuts.extend(cut(&store, community, now_ms)?);
        }
        let bar = stage.streams.bar("compact");
        let compacted = store.compact(&mut |_| bar.inc(1))?;
        bar.finish_and_clear();
        let mut text = String::new();
        for cut in &cuts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: cut after record {}", cut.name, cut.through_record);
        }
        let _ = writeln!(
            text,
            "{} bytes given back",
            compacted.bytes_before.saturating_sub(compacted.bytes_after)
        );
        let value = json!({
            "cuts": cuts, "bytes_before": compacted.bytes_before, "bytes_after": compacted.bytes_after,
        });
        Ok(Report::new(&value, text))
    }
}

/// Cuts a community's past off, where it has more of it than it wants.
fn cut(store: &Store, community: CommunityId, now_ms: u64) -> Result<Option<Cut>, Failure> {
    let records: &dyn Records = store.log().as_ref();
    let Some(head) = records.head(community) else { return Ok(None) };
    let stream = recover::from_log(community, records, head.frame_no)?;
    let Some((name, days)) = wanted(&stream) else { return Ok(None) };
    let before_ms = now_ms.saturating_sub(u64::from(days) * DAY_MS);
    let Some(snapshot) = retention::state_before(community, records, before_ms)? else { return Ok(None) };
    let (through_frame, through_record) = (snapshot.head.frame_no, snapshot.head.seq);
    let (tell, told) = mpsc::channel::<Result<Head, StoreError>>();
    let new = NewCut { community, epoch: head.epoch, frame_no: head.frame_no + 1, snapshot };
    // The receiver lives until the answer has come.
    store.log().append_cut(new, Box::new(move |done| drop(tell.send(done))))?;
    let unanswered = StoreError::Derived("the log answered nothing to a cut".to_owned());
    told.recv().unwrap_or(Err(unanswered))?;
    Ok(Some(Cut { community, name, through_frame, through_record }))
}

/// The community's name and how many days it wants, if it wants an end at all.
fn wanted(stream: &Stream) -> Option<(String, u32)> {
    let profile = &stream.community()?.profile;
    Some((profile.name.clone(), profile.settings.retention_days?))
}
