//! Reading: one stream in order, everything from a position on, or one frame.
//!
//! Every frame that is handed out had its checksum, hash and chain verified. A stream in which something does
//! not hold is closed there and then, with the file and byte; reading others is not affected.

use std::ops::ControlFlow;
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::ports::{
    Appended, Damage, Head, NewFrame, Records, Snapshot, StoreError, StoredFrame, StoredRecord,
};

use super::committer::placed_of;
use super::frame::{FRAME_HEADER_BYTES, Kind, RawFrame};
use super::open::{Log, Shared};
use super::placed::{LogPosition, Placed, PlacedFrames};
use super::seal::{Opener, Unsealed, sealed_bodies};
use super::segment::SEGMENT_HEAD_BYTES;
use super::segments::{Look, Segment};
use super::walk::{Slot, Walk};
use crate::failure::{IoContext, refused};

/// Turns a sound frame into what callers get. `None` if its record table or sealed part contradicts itself.
/// Without an opener its bodies stay sealed.
fn store_frame(
    opener: Option<&mut Opener<'_>>,
    raw: &RawFrame<'_>,
) -> Result<Option<StoredFrame>, StoreError> {
    let Some(raw_records) = raw.records() else { return Ok(None) };
    let mut records: Vec<StoredRecord> = Vec::with_capacity(raw_records.len());
    records.extend(raw_records.iter().map(|record| StoredRecord {
        seq: record.seq,
        at_ms: record.at_ms,
        bytes: record.bytes.to_vec(),
        bodies: Vec::new(),
        erased: 0,
    }));
    if let (Kind::Records, Some(opener)) = (raw.header.kind, opener) {
        let Some(bodies) = sealed_bodies(raw.sealed) else { return Ok(None) };
        for sealed in bodies {
            let Some(record) = records.get_mut(sealed.record as usize) else { return Ok(None) };
            match opener.open(&sealed)? {
                Unsealed::Body(body) => record.bodies.push(body),
                Unsealed::Erased | Unsealed::Unreadable => record.erased += 1,
            }
        }
    }
    let header = &raw.header;
    Ok(Some(StoredFrame {
        community: header.community,
        head: header.head(),
        prev_hash: header.prev_hash,
        records,
    }))
}

/// Reads one stream through all segments.
struct StreamReader<'a> {
    shared: &'a Shared,
    community: CommunityId,
    /// The next frame to hand out.
    next: u64,
    /// The last to hand out.
    last: u64,
    /// The frame handed out last; unknown when starting in the middle.
    before: Option<Head>,
    /// Opens bodies, where those are wanted.
    opener: Option<Opener<'a>>,
}

impl StreamReader<'_> {
    fn segment(
        &mut self,
        segment: &Segment,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let (start, last) = match segment.extent(self.community, self.shared.salt)? {
            Look::Nothing => return Ok(ControlFlow::Continue(())),
            Look::At(extent) => (extent.first_group, extent.last.frame_no),
            Look::Everywhere => (SEGMENT_HEAD_BYTES, self.last),
        };
        let last = last.min(self.last);
        let mut walk = Walk::new(&*segment.file, self.shared.salt, segment.len);
        let mut offset = self.skip_ahead(segment, &mut walk, start);
        while self.next <= last
            && let Some(outline) = walk.outline(offset).context("read", &segment.path)?
        {
            let next_before = self.next;
            for slot in &outline.slots {
                if slot.community != self.community || !(self.next..=self.last).contains(&slot.frame_no) {
                    continue;
                }
                if let Some(frame) = self.frame(segment, &mut walk, slot)?
                    && visit(frame).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            offset = outline.end;
            if self.next == next_before {
                offset = self.skip_ahead(segment, &mut walk, offset);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The index may know where the next frame lies; it is believed only if that very frame is there.
    fn skip_ahead(&self, segment: &Segment, walk: &mut Walk<'_>, otherwise: u64) -> u64 {
        let hint = self.shared.places.get().and_then(|places| places.place(self.community, self.next));
        let Some(place) = hint.filter(|at| at.segment == segment.name.first && at.offset > otherwise) else {
            return otherwise;
        };
        match walk.frame_header(place.offset) {
            Ok(Some(header)) if header.community == self.community && header.frame_no == self.next => {
                place.offset
            }
            _ => otherwise,
        }
    }

    fn frame(
        &mut self,
        segment: &Segment,
        walk: &mut Walk<'_>,
        slot: &Slot,
    ) -> Result<Option<StoredFrame>, StoreError> {
        let raw = match walk.frame(slot).context("read", &segment.path)? {
            Ok(raw) => raw,
            Err(what) => return Err(self.damaged(segment, slot, what)),
        };
        if raw.header.kind.is_base() {
            return Ok(None);
        }
        let broken = self.before.and_then(|before| raw.header.breaks_chain_after(&before));
        let broken = broken
            .or_else(|| (raw.header.frame_no != self.next).then_some("a frame is missing or out of order"));
        let broken = broken.or_else(|| (!raw.hash_holds()).then_some("the frame's hash does not fit"));
        if let Some(what) = broken {
            return Err(self.damaged(segment, slot, what));
        }
        self.before = Some(raw.header.head());
        self.next += 1;
        let frame = store_frame(self.opener.as_mut(), &raw)?;
        frame.map(Some).ok_or_else(|| self.damaged(segment, slot, "the frame's tables contradict each other"))
    }

    fn damaged(&self, segment: &Segment, slot: &Slot, what: &str) -> StoreError {
        let damage = Damage {
            community: self.community,
            frame_no: self.next,
            file: segment.path.clone(),
            offset: slot.offset,
            what: what.to_owned(),
        };
        self.shared.heads.close(damage.clone());
        StoreError::Damaged(Box::new(damage))
    }
}

impl Log {
    /// Visits the frames of one stream, from one of them on.
    fn stream(
        &self,
        (community, first_frame): (CommunityId, u64),
        opener: Option<Opener<'_>>,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.shared.poison.check_open()?;
        let Some(stream) = self.shared.heads.get(community).filter(|stream| !stream.removed) else {
            return Ok(());
        };
        // Compaction raises the base before it drops segments, so a base read after the view is never too low
        // for it.
        let view = self.shared.segments().view_of(community);
        let base = self.shared.heads.get(community).map_or(0, |stream| stream.base_frame);
        let first = first_frame.max(base + 1);
        let mut reader = StreamReader {
            shared: &self.shared,
            community,
            next: first,
            last: stream.durable.frame_no,
            before: (first == 1).then_some(Head::EMPTY),
            opener,
        };
        for segment in &view {
            if reader.next > reader.last {
                break;
            }
            if reader.segment(segment, visit)?.is_break() {
                return Ok(());
            }
        }
        if reader.next <= reader.last
            && let Some(tail) = view.last()
        {
            let slot = Slot { offset: tail.len, bytes: 0, community, frame_no: reader.next };
            return Err(reader.damaged(tail, &slot, "the stream ends before its head"));
        }
        Ok(())
    }

    fn segment_at(&self, position: LogPosition) -> Option<Arc<Segment>> {
        self.shared.segments().at(position.segment)
    }

    /// Runs `look` on the sound frame at `position`.
    pub(crate) fn with_frame_at<T>(
        &self,
        position: LogPosition,
        look: impl FnOnce(&RawFrame<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.shared.poison.check_open()?;
        let segment = self
            .segment_at(position)
            .ok_or_else(|| refused("read", &self.shared.dir, "no segment has this position"))?;
        let mut walk = Walk::new(&*segment.file, self.shared.salt, segment.len);
        let header = walk.frame_header(position.offset).context("read", &segment.path)?;
        let header = header.ok_or_else(|| refused("read", &segment.path, "no frame begins here"))?;
        let bytes =
            walk.bytes(position.offset, header.frame_bytes() as usize).context("read", &segment.path)?;
        let raw = RawFrame::parse(bytes, self.shared.salt)
            .and_then(|raw| raw.hash_holds().then_some(raw).ok_or("the frame's hash does not fit"));
        match raw {
            Ok(raw) => look(&raw),
            Err(what) => Err(StoreError::Damaged(Box::new(Damage {
                community: header.community,
                frame_no: header.frame_no,
                file: segment.path.clone(),
                offset: position.offset,
                what: what.to_owned(),
            }))),
        }
    }
}

impl Records for Log {
    fn append(&self, frame: NewFrame, done: Appended) -> Result<(), StoreError> {
        self.append_records(frame, done)
    }

    fn head(&self, community: CommunityId) -> Option<Head> {
        let stream = self.shared.heads.get(community)?;
        (stream.durable.frame_no > 0).then_some(stream.durable)
    }

    fn streams(&self) -> Vec<CommunityId> {
        self.shared.heads.collect(|id, stream| (stream.durable.frame_no > 0 && !stream.removed).then_some(id))
    }

    fn read(
        &self,
        community: CommunityId,
        first_frame: u64,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let opener = Opener::new(&self.shared.keys, community);
        self.stream((community, first_frame), Some(opener), visit)
    }

    fn read_facts(
        &self,
        community: CommunityId,
        first_frame: u64,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.stream((community, first_frame), None, visit)
    }

    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<StoredRecord>, StoreError> {
        let places = self.shared.places.get().ok_or(StoreError::NotReady)?;
        let Some((position, seq)) = places.locate(community, id)? else { return Ok(None) };
        // A position of before the last compaction leads nowhere or to another frame: the index is behind.
        let frame = PlacedFrames::read_at(self, position).map_err(|error| match error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::InvalidData => {
                StoreError::NotReady
            }
            other => other,
        })?;
        let record = frame.records.into_iter().find(|record| record.seq == seq);
        record.filter(|_| frame.community == community).map(Some).ok_or(StoreError::NotReady)
    }

    fn damage(&self, community: CommunityId) -> Option<Damage> {
        self.shared.heads.get(community)?.closed.map(|damage| *damage)
    }

    fn cut(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError> {
        self.newest_cut(community)
    }
}

impl PlacedFrames for Log {
    fn end(&self) -> LogPosition {
        self.shared.segments().end()
    }

    fn generation(&self) -> u64 {
        self.shared.segments().generation()
    }

    fn scan_from(
        &self,
        from: LogPosition,
        visit: &mut dyn FnMut(Placed) -> ControlFlow<()>,
    ) -> Result<LogPosition, StoreError> {
        self.shared.poison.check_open()?;
        let (view, end) = {
            let segments = self.shared.segments();
            (segments.view(), segments.end())
        };
        for segment in view.iter().filter(|segment| segment.name.last >= from.segment) {
            let start = if segment.name.first == from.segment { from.offset } else { 0 };
            if let ControlFlow::Break(stopped) = self.scan_segment(segment, start, visit)? {
                return Ok(stopped);
            }
        }
        Ok(end)
    }

    fn read_at(&self, position: LogPosition) -> Result<StoredFrame, StoreError> {
        self.with_frame_at(position, |raw| {
            let mut opener = Opener::new(&self.shared.keys, raw.header.community);
            store_frame(Some(&mut opener), raw)?
                .ok_or_else(|| refused("read", &self.shared.dir, "the frame's tables contradict each other"))
        })
    }
}

impl Log {
    fn scan_segment(
        &self,
        segment: &Segment,
        start: u64,
        visit: &mut dyn FnMut(Placed) -> ControlFlow<()>,
    ) -> Result<ControlFlow<LogPosition>, StoreError> {
        let mut walk = Walk::new(&*segment.file, self.shared.salt, segment.len);
        let mut offset = start.max(SEGMENT_HEAD_BYTES);
        while let Some(outline) = walk.outline(offset).context("read", &segment.path)? {
            offset = outline.end;
            for slot in outline.slots.iter().filter(|slot| slot.offset >= start) {
                let Some(placed) = self.placed(segment, &mut walk, slot)? else { continue };
                if visit(placed).is_break() {
                    let after = slot.offset + slot.bytes.max(FRAME_HEADER_BYTES as u64);
                    let segment = segment.name.first;
                    return Ok(ControlFlow::Break(LogPosition { segment, offset: after }));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn placed(
        &self,
        segment: &Segment,
        walk: &mut Walk<'_>,
        slot: &Slot,
    ) -> Result<Option<Placed>, StoreError> {
        let Ok(raw) = walk.frame(slot).context("read", &segment.path)? else { return Ok(None) };
        let known = self.shared.heads.get(slot.community).is_some_and(|stream| {
            slot.frame_no <= stream.durable.frame_no && slot.frame_no > stream.base_frame && !stream.removed
        });
        if !known || raw.header.kind.is_base() {
            return Ok(None);
        }
        let records = raw.records().unwrap_or_default();
        let ids = records.iter().map(|record| (record.seq, record.ids())).filter(|(_, ids)| !ids.is_empty());
        let position = LogPosition { segment: segment.name.first, offset: slot.offset };
        Ok(Some(placed_of(&raw.header, position, ids.collect())))
    }
}
