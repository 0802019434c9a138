//! Compaction: copies the frames still wanted out of sealed segments into new ones and drops the old.
//!
//! A frame is dropped only if a durable, signed cut stands for it or its stream was removed; a signed base
//! takes its place. The new file is complete and synced before one rename puts it in the place of the old
//! ones: a crash at any moment leaves either. Segments with damage in them, or with frames of a closed
//! stream, are left alone.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use crate::disk::File;
use crate::failure::IoContext;
use crate::limits::{COMPACTION_GROUP_BYTES, COMPACTION_WASTE_PERCENT_MIN};
use crate::log::cut::Covered;
use crate::log::frame::{FrameHeader, Kind};
use crate::log::group::{DirectoryEntry, put_group_head};
use crate::log::placed::LogPosition;
use crate::log::segment::{Extents, SEGMENT_HEAD_BYTES, SegmentName, encode_footer, segment_head};
use crate::log::segments::{FramePlace, Index, Segment, note_frame};
use crate::log::walk::{Slot, Walk};
use crate::log::{Log, Shared};

/// What a compaction achieved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Compacted {
    /// Segments that were replaced.
    pub segments_before: u64,
    /// Segments that took their place.
    pub segments_after: u64,
    /// Bytes of the segments that were replaced.
    pub bytes_before: u64,
    /// Bytes of those that took their place.
    pub bytes_after: u64,
    /// Frames that are gone.
    pub frames_dropped: u64,
}

/// What stands for the dropped frames of one stream.
struct Drop {
    covered: Covered,
    kind: Kind,
}

type Drops = BTreeMap<CommunityId, Drop>;

/// Where cuts lie in a new segment.
type Cuts = BTreeMap<CommunityId, LogPosition>;

/// What a sealed segment would give back.
struct Estimate {
    segment: Arc<Segment>,
    wanted_bytes: u64,
}

impl Log {
    /// Compacts what is worth it. Positions change: the generation is raised and derived indexes rebuild.
    pub(crate) fn compact(&self, progress: &mut dyn FnMut(&Compacted)) -> Result<Compacted, StoreError> {
        let _alone = self.shared.compacting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.shared.queue.check()?;
        let drops = self.drops()?;
        self.seal_tail_of(&drops)?;
        let mut total = Compacted::default();
        let mut run: Vec<Estimate> = Vec::new();
        let sealed = self.shared.segments().sealed.clone();
        for segment in sealed {
            // Whoever closes the store waits for no more than the segment at hand.
            self.shared.queue.check()?;
            let estimate = estimate(&self.shared, &drops, segment)?;
            let joins = estimate.as_ref().is_some_and(|next| {
                let bytes: u64 = run.iter().chain([next]).map(|one| one.wanted_bytes).sum();
                bytes <= self.shared.segment_bytes_max
            });
            if !joins {
                self.rewrite(&drops, std::mem::take(&mut run), &mut total)?;
                progress(&total);
            }
            run.extend(estimate);
        }
        self.rewrite(&drops, run, &mut total)?;
        progress(&total);
        Ok(total)
    }

    /// What is not wanted may lie in the open segment: a small community has no other.
    fn seal_tail_of(&self, drops: &Drops) -> Result<(), StoreError> {
        let concerned = {
            let segments = self.shared.segments();
            drops.keys().any(|community| segments.tail.extents.contains_key(community))
        };
        if !concerned {
            return Ok(());
        }
        let (answer, sealed) = std::sync::mpsc::sync_channel(1);
        self.shared.queue.ask_for_seal(answer)?;
        sealed.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Which frames are no longer wanted, and what stands for them.
    fn drops(&self) -> Result<Drops, StoreError> {
        let streams = self.shared.heads.collect(|id, stream| Some((id, stream.clone())));
        let mut drops = Drops::new();
        for (community, stream) in streams {
            if stream.closed.is_some() {
                continue;
            }
            if stream.removed {
                let covered = Covered::sign(&self.shared, community, stream.durable, [0; 32]);
                drops.insert(community, Drop { covered, kind: Kind::Grave });
            } else if let Some(position) = stream.cut {
                let covered = self.with_frame_at(*position, |raw| Ok(Covered::of(&self.shared, raw)))?;
                drops.extend(covered.map(|covered| (community, Drop { covered, kind: Kind::Base })));
            }
        }
        Ok(drops)
    }

    fn rewrite(&self, drops: &Drops, run: Vec<Estimate>, total: &mut Compacted) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
        let generation = self.shared.segments().generation() + 1;
        let name = SegmentName { first: first.segment.name.first, last: last.segment.name.last, generation };
        let old: Vec<Arc<Segment>> = run.into_iter().map(|estimate| estimate.segment).collect();
        let mut output = Output::create(&self.shared, name)?;
        output.put_bases(drops, &old)?;
        for segment in &old {
            output.copy(drops, segment)?;
        }
        let dropped = output.frames_dropped;
        let (fresh, cuts) = output.finish()?;
        total.segments_before += old.len() as u64;
        total.segments_after += 1;
        total.bytes_before += old.iter().map(|segment| segment.len).sum::<u64>();
        total.bytes_after += fresh.len;
        total.frames_dropped += dropped;
        self.replace(drops, &old, (Arc::new(fresh), cuts))
    }

    /// Puts the new segment in the place of the old ones, first on disk, then in memory, and removes the old
    /// files.
    fn replace(
        &self,
        drops: &Drops,
        old: &[Arc<Segment>],
        (fresh, cuts): (Arc<Segment>, Cuts),
    ) -> Result<(), StoreError> {
        let shared = &self.shared;
        for (community, drop) in drops {
            shared.heads.update(*community, |stream| {
                stream.base_frame = stream.base_frame.max(drop.covered.head.frame_no);
            });
        }
        {
            let mut segments = shared.segments_mut();
            let is_old = |segment: &Arc<Segment>| old.iter().any(|one| one.name == segment.name);
            let place = segments.sealed.iter().position(is_old).unwrap_or(0);
            segments.sealed.retain(|segment| !is_old(segment));
            segments.sealed.insert(place, fresh);
            for (community, position) in cuts {
                shared.heads.update(community, |stream| {
                    if stream.cut.as_ref().is_some_and(|at| is_in(old, at)) {
                        stream.cut = Some(Box::new(position));
                    }
                });
            }
        }
        for segment in old {
            shared.disk.remove(&segment.path).context("remove", &segment.path)?;
        }
        shared.disk.sync_dir(&shared.dir).context("sync folder", &shared.dir)
    }
}

fn is_in(old: &[Arc<Segment>], position: &LogPosition) -> bool {
    old.iter().any(|segment| segment.name.first == position.segment)
}

fn is_dropped(drops: &Drops, slot: &Slot) -> bool {
    drops.get(&slot.community).is_some_and(|drop| slot.frame_no <= drop.covered.head.frame_no)
}

/// How much of a segment is still wanted; `None` if it is not worth rewriting or must not be touched.
fn estimate(shared: &Shared, drops: &Drops, segment: Arc<Segment>) -> Result<Option<Estimate>, StoreError> {
    let mut walk = Walk::new(&*segment.file, shared.salt, segment.len);
    let (mut wanted_bytes, mut dropped_bytes) = (0, 0);
    let mut offset = SEGMENT_HEAD_BYTES;
    while let Some(outline) = walk.outline(offset).context("read", &segment.path)? {
        offset = outline.end;
        let closed = |slot: &Slot| shared.heads.get(slot.community).is_none_or(|s| s.closed.is_some());
        if !outline.flaws.is_empty() || outline.slots.iter().any(closed) {
            return Ok(None);
        }
        for slot in &outline.slots {
            if is_dropped(drops, slot) {
                let base = walk.frame_header(slot.offset).context("read", &segment.path)?;
                let is_base = base.is_some_and(|header| header.kind.is_base());
                dropped_bytes += if is_base { 0 } else { slot.bytes };
            } else {
                wanted_bytes += slot.bytes;
            }
        }
    }
    let worth = dropped_bytes * 100 >= (wanted_bytes + dropped_bytes) * COMPACTION_WASTE_PERCENT_MIN;
    Ok((worth && dropped_bytes > 0).then_some(Estimate { segment, wanted_bytes }))
}

/// A segment being written by compaction, under a name that opening ignores until it is complete.
struct Output<'a> {
    shared: &'a Shared,
    name: SegmentName,
    path: PathBuf,
    file: Arc<dyn File>,
    len: u64,
    extents: Extents,
    /// Frames of the group being gathered.
    waiting: Vec<(FrameHeader, Vec<u8>)>,
    waiting_bytes: usize,
    groups: u64,
    frames_dropped: u64,
    cuts: Cuts,
}

impl<'a> Output<'a> {
    fn create(shared: &'a Shared, name: SegmentName) -> Result<Self, StoreError> {
        let path = shared.dir.join(format!("{}.new", name.file_name()));
        let file = match shared.disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                shared.disk.create(&path).context("create", &path)?
            }
            Err(error) => return Err(error).context("open", &path),
        };
        file.set_len(0).context("cut", &path)?;
        file.write_at(0, &segment_head(name.first, shared.salt)).context("write", &path)?;
        Ok(Self {
            shared,
            name,
            path,
            file,
            len: SEGMENT_HEAD_BYTES,
            extents: Extents::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            groups: 0,
            frames_dropped: 0,
            cuts: Cuts::new(),
        })
    }

    /// Begins with what stands for the dropped frames: whoever meets later frames of a stream knows what they
    /// follow.
    fn put_bases(&mut self, drops: &Drops, old: &[Arc<Segment>]) -> Result<(), StoreError> {
        let mut touched = std::collections::BTreeSet::new();
        for segment in old {
            let mut walk = Walk::new(&*segment.file, self.shared.salt, segment.len);
            let mut offset = SEGMENT_HEAD_BYTES;
            while let Some(outline) = walk.outline(offset).context("read", &segment.path)? {
                offset = outline.end;
                touched.extend(outline.slots.iter().filter(|s| is_dropped(drops, s)).map(|s| s.community));
            }
        }
        for community in touched {
            let Some(drop) = drops.get(&community) else { continue };
            let (header, bytes) = drop.covered.base_frame(community, drop.kind, self.shared.salt);
            self.put(header, bytes)?;
        }
        Ok(())
    }

    fn copy(&mut self, drops: &Drops, segment: &Segment) -> Result<(), StoreError> {
        let mut walk = Walk::new(&*segment.file, self.shared.salt, segment.len);
        let mut offset = SEGMENT_HEAD_BYTES;
        while let Some(outline) = walk.outline(offset).context("read", &segment.path)? {
            offset = outline.end;
            for slot in &outline.slots {
                if is_dropped(drops, slot) {
                    let header = walk.frame_header(slot.offset).context("read", &segment.path)?;
                    self.frames_dropped += u64::from(header.is_none_or(|header| !header.kind.is_base()));
                    continue;
                }
                let found = walk.frame(slot).context("read", &segment.path)?;
                let header = found
                    .map(|raw| raw.header)
                    .map_err(|what| crate::failure::refused("compact", &segment.path, what))?;
                let bytes = walk.bytes(slot.offset, slot.bytes as usize).context("read", &segment.path)?;
                let bytes = bytes.to_vec();
                self.put(header, bytes)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, header: FrameHeader, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.waiting_bytes += bytes.len();
        self.waiting.push((header, bytes));
        if self.waiting_bytes >= COMPACTION_GROUP_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let entries: Vec<DirectoryEntry> =
            waiting.iter().map(|(header, bytes)| DirectoryEntry::of(header, bytes)).collect();
        let mut out = Vec::new();
        self.groups += 1;
        put_group_head(&mut out, self.groups, &entries, self.shared.salt);
        for (header, bytes) in &waiting {
            let offset = self.len + out.len() as u64;
            note_frame(&mut self.extents, header, FramePlace { group: self.len, offset });
            if header.kind == Kind::Cut {
                self.cuts.insert(header.community, LogPosition { segment: self.name.first, offset });
            }
            out.extend_from_slice(bytes);
        }
        self.file.write_at(self.len, &out).context("write", &self.path)?;
        self.len += out.len() as u64;
        Ok(())
    }

    /// Seals the file and gives it the name under which it replaces the old ones.
    fn finish(mut self) -> Result<(Segment, Cuts), StoreError> {
        self.flush()?;
        let (footer, bytes) = encode_footer(&self.extents, 0, self.len, self.shared.salt);
        self.file.write_at(self.len, &bytes).context("write", &self.path)?;
        self.file.sync_data().context("sync", &self.path)?;
        let path = self.shared.dir.join(self.name.file_name());
        self.shared.disk.rename(&self.path, &path).context("rename", &self.path)?;
        self.shared.disk.sync_dir(&self.shared.dir).context("sync folder", &self.shared.dir)?;
        let index = Index::Footer(footer);
        let segment = Segment { name: self.name, path, file: self.file, len: self.len, index };
        Ok((segment, self.cuts))
    }
}
