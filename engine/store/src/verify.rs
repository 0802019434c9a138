//! Verification: walks the whole log and believes nothing, not even the footers.
//!
//! Checks every checksum, hash, chain link, record table, sealed body and signature, and that each stream
//! ends where the store says it ends. Changes nothing on disk; streams found damaged are closed at once.

use kith_core::ids::CommunityId;
use kith_core::ports::{Damage, StoreError};
use serde::Serialize;

use crate::failure::IoContext;
use crate::log::Log;
use crate::log::cut::Covered;
use crate::log::frame::{Kind, RawFrame};
use crate::log::heads::Heads;
use crate::log::placed::LogPosition;
use crate::log::recover::advance;
use crate::log::seal::{Opener, Unsealed, sealed_bodies};
use crate::log::segment::SEGMENT_HEAD_BYTES;
use crate::log::segments::Segment;
use crate::log::walk::{Slot, Walk};

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The stream; `None` where the damage belongs to none and cost nothing.
    pub community: Option<CommunityId>,
    /// The first frame that cannot be trusted.
    pub frame_no: Option<u64>,
    /// The file it is in.
    pub file: String,
    /// Byte in the file.
    pub offset: u64,
    /// What was found.
    pub what: String,
}

/// What verification saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Files walked.
    pub segments: u64,
    /// Bytes walked.
    pub bytes: u64,
    /// Streams that have a frame.
    pub streams: u64,
    /// Sound frames.
    pub frames: u64,
    /// Records in them.
    pub records: u64,
    /// Bodies that could be opened.
    pub bodies: u64,
    /// Bodies whose key was destroyed.
    pub bodies_erased: u64,
    /// Bodies that nobody erased and that cannot be opened all the same.
    pub bodies_unreadable: u64,
    /// Slots in the file of keys that cannot be read.
    pub key_slots_damaged: u32,
    /// Everything that is wrong, in the order of the log.
    pub problems: Vec<Problem>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.bodies_unreadable == 0 && self.key_slots_damaged == 0
    }
}

struct Verification<'a> {
    log: &'a Log,
    /// Where the streams stand by this walk alone.
    heads: Heads,
    report: VerifyReport,
}

impl Log {
    /// Verifies everything that is durable now. `progress` hears of bytes done and bytes in all.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, StoreError> {
        self.shared.poison.check_open()?;
        let expected = self.shared.heads.collect(|id, stream| Some((id, stream.durable)));
        let view = self.shared.segments().view();
        let total: u64 = view.iter().map(|segment| segment.len).sum();
        let mut report = VerifyReport { streams: expected.len() as u64, ..VerifyReport::default() };
        report.key_slots_damaged = self.shared.keys.damaged_slots();
        let mut verification = Verification { log: self, heads: Heads::default(), report };
        for segment in &view {
            let before = verification.report.bytes;
            verification.segment(segment, &mut |done| progress(before + done, total))?;
            verification.report.segments += 1;
            verification.report.bytes += segment.len;
        }
        for (community, head) in expected {
            let reached = verification.heads.get(community).map_or(0, |stream| stream.durable.frame_no);
            let closed = verification.heads.get(community).is_some_and(|stream| stream.closed.is_some());
            if reached < head.frame_no
                && !closed
                && let Some(last) = view.last()
            {
                let slot = Slot { offset: last.len, bytes: 0, community, frame_no: reached + 1 };
                verification.close(last, &slot, "the stream ends before its head");
            }
        }
        Ok(verification.report)
    }
}

impl Verification<'_> {
    fn segment(&mut self, segment: &Segment, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let shared = &self.log.shared;
        let mut walk = Walk::new(&*segment.file, shared.salt, segment.len);
        let mut offset = SEGMENT_HEAD_BYTES;
        while let Some(outline) = walk.outline(offset).context("read", &segment.path)? {
            offset = outline.end;
            for flaw in &outline.flaws {
                self.report.problems.push(Problem {
                    community: None,
                    frame_no: None,
                    file: segment.path.display().to_string(),
                    offset: flaw.offset,
                    what: flaw.what.to_owned(),
                });
            }
            for slot in &outline.slots {
                let outcome = match walk.frame(slot).context("read", &segment.path)? {
                    Ok(raw) => self.frame(segment, slot, &raw)?,
                    Err(what) => Err(what),
                };
                if let Err(what) = outcome {
                    self.close(segment, slot, what);
                }
            }
            progress(offset);
        }
        Ok(())
    }

    fn frame(
        &mut self,
        segment: &Segment,
        slot: &Slot,
        raw: &RawFrame<'_>,
    ) -> Result<Result<(), &'static str>, StoreError> {
        if !raw.hash_holds() {
            return Ok(Err("the frame's hash does not fit"));
        }
        let position = LogPosition { segment: segment.name.first, offset: slot.offset };
        let step = self.heads.update(slot.community, |stream| advance(stream, &raw.header, position));
        if let Err(what) = step {
            return Ok(Err(what));
        }
        let signed = raw.header.kind == Kind::Cut || raw.header.kind.is_base();
        if signed && Covered::of(&self.log.shared, raw).is_none() {
            return Ok(Err("the signature does not fit"));
        }
        let Some(records) = raw.records() else { return Ok(Err("the record table contradicts itself")) };
        self.report.frames += 1;
        self.report.records += records.len() as u64;
        self.bodies(slot.community, raw)
    }

    fn bodies(
        &mut self,
        community: CommunityId,
        raw: &RawFrame<'_>,
    ) -> Result<Result<(), &'static str>, StoreError> {
        let Some(bodies) = sealed_bodies(raw.sealed) else {
            return Ok(Err("the sealed part contradicts itself"));
        };
        let mut opener = Opener::new(&self.log.shared.keys, community);
        for sealed in bodies {
            match opener.open(&sealed)? {
                Unsealed::Body(_) => self.report.bodies += 1,
                Unsealed::Erased => self.report.bodies_erased += 1,
                Unsealed::Unreadable => self.report.bodies_unreadable += 1,
            }
        }
        Ok(Ok(()))
    }

    fn close(&mut self, segment: &Segment, slot: &Slot, what: &str) {
        let damage = Damage {
            community: slot.community,
            frame_no: slot.frame_no,
            file: segment.path.clone(),
            offset: slot.offset,
            what: what.to_owned(),
        };
        let first = self.heads.get(slot.community).is_none_or(|stream| stream.closed.is_none());
        self.heads.close(damage.clone());
        self.log.shared.heads.close(damage);
        if first {
            self.report.problems.push(Problem {
                community: Some(slot.community),
                frame_no: Some(slot.frame_no),
                file: segment.path.display().to_string(),
                offset: slot.offset,
                what: what.to_owned(),
            });
        }
    }
}
