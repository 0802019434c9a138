//! `kith verify`: believes nothing. The log is walked whole; every snapshot is held against what the log
//! folds to.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::time::Duration;

use clap::Args;
use kith_core::body::Bodies;
use kith_core::ports::{Records, Snapshots};
use kith_core::stream::{SCHEMA, Stream};
use kith_store::derived::Phase;
use kith_store::{Problem, VerifyReport};
use serde::Serialize;
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::failure::Failure;
use crate::opened::Opened;
use crate::proof::Proof;
use crate::report::{Report, hex};
use crate::session;

/// Check the log, its chains and keys, and that every snapshot equals what the log folds to.
///
/// Changes nothing. Exits 1 with positions if anything is wrong.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    place: Data,
}

/// How often it is looked whether the index is open, and how many times: a minute in all.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOKS_MAX: u32 = 3_000;

/// One stream, folded from the log.
#[derive(Debug, Serialize)]
struct Checked {
    #[serde(flatten)]
    proof: Proof,
    /// `equal`, `none` or `differs`.
    snapshot: &'static str,
}

impl Verify {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        session::check_exists(&self.place.data)?;
        let opened = Opened::open(&self.place.data, Box::new(|_| {}))?;
        let bar = stage.streams.bar("verify");
        let report = opened.store().verify(&mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        wait_for_index(&opened);
        let mut streams = Vec::new();
        let mut unreadable = Vec::new();
        let records: &dyn Records = opened.store().log().as_ref();
        for community in records.streams() {
            let frame_no = records.head(community).map_or(0, |head| head.frame_no);
            match Proof::of(community, records, frame_no) {
                Ok(proof) => {
                    let snapshot = snapshot_of(&opened, &proof)?;
                    streams.push(Checked { proof, snapshot });
                }
                Err(failure) => {
                    unreadable.push(failure.message(stage.language));
                }
            }
        }
        Ok(told(&report, &streams, &unreadable))
    }
}

/// Snapshots are in the index, which opens beside everything else. One that is rebuilt holds none anyway.
fn wait_for_index(opened: &Opened) {
    for _ in 0..LOOKS_MAX {
        if opened.index().phase() == Phase::Ready {
            return;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Whether the newest snapshot of a stream is what the log folds to at its frame.
fn snapshot_of(opened: &Opened, proof: &Proof) -> Result<&'static str, Failure> {
    let Ok(Some(snapshot)) = opened.index().newest(proof.community) else { return Ok("none") };
    if snapshot.schema != SCHEMA {
        return Ok("none");
    }
    let Ok(stream) = Stream::decode(&snapshot.bytes, Bodies::default()) else { return Ok("differs") };
    let records: &dyn Records = opened.store().log().as_ref();
    let there = match snapshot.head.frame_no == proof.frame_no {
        true => proof.clone(),
        false => Proof::of(proof.community, records, snapshot.head.frame_no)?,
    };
    let equal = there.state_hash == hex(&stream.hash())
        && there.seq == stream.seq
        && chained(records, proof, &snapshot.head.hash, snapshot.head.frame_no)?;
    Ok(if equal { "equal" } else { "differs" })
}

/// Whether a frame of the log has this hash. A frame that a cut stands for is not there any more.
fn chained(records: &dyn Records, proof: &Proof, hash: &[u8; 32], frame_no: u64) -> Result<bool, Failure> {
    let mut same = true;
    records.read(proof.community, frame_no, &mut |frame| {
        same = frame.head.frame_no != frame_no || frame.head.hash == *hash;
        ControlFlow::Break(())
    })?;
    Ok(same)
}

fn told(report: &VerifyReport, streams: &[Checked], unreadable: &[String]) -> Report {
    let differing = streams.iter().filter(|stream| stream.snapshot == "differs").count();
    let sound = report.is_sound() && unreadable.is_empty() && differing == 0;
    let mut text = format!(
        "{} segments, {} bytes, {} streams, {} frames, {} records\n\
         {} bodies open, {} erased, {} unreadable; {} damaged key slots\n",
        report.segments,
        report.bytes,
        report.streams,
        report.frames,
        report.records,
        report.bodies,
        report.bodies_erased,
        report.bodies_unreadable,
        report.key_slots_damaged
    );
    for Checked { proof, snapshot } in streams {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}: frame {}, record {}, state {}, snapshot {snapshot}",
            proof.shown_name(),
            proof.frame_no,
            proof.seq,
            &proof.state_hash[..16]
        );
    }
    for Problem { community, frame_no, file, offset, what } in &report.problems {
        let whose = community.map(|community| format!(" of {community}")).unwrap_or_default();
        let frame = frame_no.map(|frame_no| format!(", frame {frame_no}")).unwrap_or_default();
        let _ = writeln!(text, "problem: {what} at byte {offset} of {file}{frame}{whose}");
    }
    for what in unreadable {
        let _ = writeln!(text, "problem: {what}");
    }
    text.push_str(if sound { "sound\n" } else { "NOT SOUND\n" });
    let value = json!({ "sound": sound, "log": report, "streams": streams, "unreadable": unreadable });
    let report = Report::new(&value, text);
    if sound { report } else { report.of_problems() }
}
