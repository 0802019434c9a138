//! Opens a log: footers of sealed segments, then every group of the tail.
//!
//! Bad bytes in the very last group are a torn tail: that group was never acknowledged, unless it is damage;
//! either way the bytes are kept beside the log as `cut-<segment>-<offset>` and reported. Bad bytes anywhere
//! before are damage: the stream they belong to is closed from that frame on, all others go on. Zeros up to
//! the end of the tail are room that was never used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::ports::{Damage, StoreError};

use super::frame::{FrameHeader, Kind};
use super::heads::{Heads, Stream};
use super::placed::LogPosition;
use super::segment::{Extent, Extents, Flawed, Footer, SEGMENT_HEAD_BYTES, SegmentName, read_salt};
use super::segments::{FramePlace, Index, Segment, Segments, Tail, note_flaw, note_frame};
use super::walk::{Outline, Slot, Walk};
use crate::disk::{Disk, File};
use crate::failure::{IoContext, refused};

/// Bytes that were taken off the log's end and kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// Where they began.
    pub position: LogPosition,
    /// How many they were.
    pub bytes: u64,
    /// The file that has them now.
    pub kept_in: PathBuf,
    /// What was wrong with them.
    pub what: String,
}

/// Damage that belongs to no stream: a group's header, a directory, a footer. What it said was found
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blemish {
    /// The file.
    pub file: PathBuf,
    /// Byte in the file.
    pub offset: u64,
    /// What was found.
    pub what: &'static str,
}

/// What opening found beyond a sound log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What was cut off the end.
    pub torn: Option<TornTail>,
    /// Damage that closed no stream.
    pub blemishes: Vec<Blemish>,
}

/// A log as it was found on disk.
pub(crate) struct Recovered {
    pub(crate) segments: Segments,
    pub(crate) salt: u32,
    pub(crate) next_group: u64,
    pub(crate) findings: Findings,
}

/// Opens the log in `dir`, which is made if need be, and fills `heads`.
pub(crate) fn recover(disk: &dyn Disk, dir: &Path, heads: &Heads) -> Result<Recovered, StoreError> {
    disk.create_dir(dir).context("create folder", dir)?;
    let names = tidy_names(disk, dir)?;
    let salt = find_salt(disk, dir, &names)?;
    let mut recovery =
        Recovery { disk, dir, heads, salt, next_group: 1, findings: Findings::default(), sealed: Vec::new() };
    let mut tail = None;
    for (place, name) in names.iter().enumerate() {
        let follows = if place + 1 < names.len() { Follows::Segment } else { Follows::Nothing };
        tail = recovery.segment(*name, follows)?;
    }
    let next_number = names.last().map_or(1, |name| name.last + 1);
    let tail = match tail {
        Some(tail) => tail,
        None => Tail::create(disk, dir, next_number, salt)?,
    };
    let Recovery { next_group, findings, sealed, .. } = recovery;
    Ok(Recovered { segments: Segments { sealed, tail }, salt, next_group, findings })
}

/// Lists segments in order and removes what a finished or interrupted compaction left behind.
fn tidy_names(disk: &dyn Disk, dir: &Path) -> Result<Vec<SegmentName>, StoreError> {
    let files = disk.list(dir).context("list", dir)?;
    let all: Vec<SegmentName> = files.iter().filter_map(|file| SegmentName::parse(file)).collect();
    let (old, mut kept): (Vec<_>, Vec<_>) =
        all.iter().partition(|name| all.iter().any(|other| other.supersedes(name)));
    let unfinished = files.iter().filter(|file| file.ends_with(".new")).cloned();
    for file in old.iter().map(SegmentName::file_name).chain(unfinished) {
        let path = dir.join(file);
        disk.remove(&path).context("remove", &path)?;
    }
    kept.sort_by_key(|name| name.first);
    drop_torn_birth(disk, dir, &mut kept)?;
    Ok(kept)
}

/// A last segment that never got its head synced holds nothing that was acknowledged.
fn drop_torn_birth(disk: &dyn Disk, dir: &Path, names: &mut Vec<SegmentName>) -> Result<(), StoreError> {
    let Some(last) = names.last() else { return Ok(()) };
    let path = dir.join(last.file_name());
    let file = disk.open(&path).context("open", &path)?;
    let len = file.len().context("measure", &path)?;
    if len <= SEGMENT_HEAD_BYTES && read_salt(&*file).context("read", &path)?.is_none() {
        disk.remove(&path).context("remove", &path)?;
        names.pop();
    }
    Ok(())
}

fn find_salt(disk: &dyn Disk, dir: &Path, names: &[SegmentName]) -> Result<u32, StoreError> {
    for name in names {
        let path = dir.join(name.file_name());
        let file = disk.open(&path).context("open", &path)?;
        if let Some(salt) = read_salt(&*file).context("read", &path)? {
            return Ok(salt);
        }
    }
    if !names.is_empty() {
        return Err(refused("open", dir, "no segment has an intact head"));
    }
    getrandom::u32().map_err(std::io::Error::other).context("draw a random salt for", dir)
}

/// What comes after the segment that is being opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    Segment,
    Nothing,
}

struct Recovery<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    heads: &'a Heads,
    salt: u32,
    next_group: u64,
    findings: Findings,
    sealed: Vec<Arc<Segment>>,
}

/// A group whose frames were looked at but not yet believed.
struct Examined {
    outline: Outline,
    frames: Vec<(Slot, Result<FrameHeader, &'static str>)>,
}

impl Examined {
    fn first_flaw(&self) -> Option<&'static str> {
        let of_group = self.outline.flaws.first().map(|flaw| flaw.what);
        of_group.or_else(|| self.frames.iter().find_map(|(_, found)| found.err()))
    }
}

/// A segment while it is scanned.
struct Scan<'a> {
    name: SegmentName,
    path: &'a Path,
    extents: Extents,
}

impl Recovery<'_> {
    /// Opens one segment; returns it if it is to be the tail.
    fn segment(&mut self, name: SegmentName, follows: Follows) -> Result<Option<Tail>, StoreError> {
        let path = self.dir.join(name.file_name());
        let file = self.disk.open(&path).context("open", &path)?;
        if let Some((footer, extents)) = Footer::load(&*file, self.salt).context("read", &path)? {
            for (community, extent) in &extents {
                self.apply_extent(name, &path, *community, extent);
            }
            self.next_group = self.next_group.max(footer.last_group + 1);
            let index = Index::Footer(footer);
            self.sealed.push(Arc::new(Segment { name, path, file, len: footer.offset, index }));
            return Ok(None);
        }
        let mut scan = Scan { name, path: &path, extents: Extents::new() };
        let len = file.len().context("measure", &path)?;
        let (end, last_group) = self.scan(&mut scan, &*file, (len, follows))?;
        let extents = scan.extents;
        if follows == Follows::Segment {
            self.findings.blemishes.push(Blemish {
                file: path.clone(),
                offset: end,
                what: "the footer is damaged",
            });
            let index = Index::Scanned(Arc::new(extents));
            self.sealed.push(Arc::new(Segment { name, path, file, len: end, index }));
            return Ok(None);
        }
        file.set_len(end).context("cut", &path)?;
        make_durable_again(&*file, last_group, end).context("write", &path)?;
        Ok(Some(Tail { name, path, file, len: end, extents }))
    }

    /// Walks all groups; returns the end of what is believed and the start of the last group.
    fn scan(
        &mut self,
        scan: &mut Scan<'_>,
        file: &dyn File,
        (len, follows): (u64, Follows),
    ) -> Result<(u64, u64), StoreError> {
        let mut walk = Walk::new(file, self.salt, len);
        let mut waiting: Option<Examined> = None;
        let mut offset = SEGMENT_HEAD_BYTES.min(len);
        while let Some(outline) = walk.outline(offset).context("read", scan.path)? {
            offset = outline.end;
            let examined = examine(&mut walk, outline).context("read", scan.path)?;
            if let Some(earlier) = waiting.replace(examined) {
                self.believe(scan, earlier);
            }
        }
        let torn = waiting.as_ref().filter(|_| follows == Follows::Nothing);
        let what = torn.and_then(Examined::first_flaw);
        let mut last_group = offset;
        if let Some(last) = waiting {
            last_group = last.outline.start;
            if what.is_none() {
                self.believe(scan, last);
            } else {
                offset = last.outline.start;
            }
        }
        let is_room = what.is_none() && walk.is_room(offset).context("read", scan.path)?;
        if follows == Follows::Nothing && !is_room {
            self.set_aside(scan, file, (offset, len, what.unwrap_or("an unfinished footer")))?;
        }
        Ok((offset, last_group))
    }

    fn set_aside(
        &mut self,
        scan: &Scan<'_>,
        file: &dyn File,
        (offset, len, what): (u64, u64, &'static str),
    ) -> Result<(), StoreError> {
        let mut bytes = vec![0; (len - offset) as usize];
        file.read_at(offset, &mut bytes).context("read", scan.path)?;
        let kept_in = self.dir.join(format!("cut-{:08}-{offset}", scan.name.first));
        let kept = match self.disk.open(&kept_in) {
            Ok(kept) => kept,
            Err(_) => self.disk.create(&kept_in).context("create", &kept_in)?,
        };
        kept.set_len(0).context("cut", &kept_in)?;
        kept.write_at(0, &bytes).context("write", &kept_in)?;
        kept.sync_data().context("sync", &kept_in)?;
        self.disk.sync_dir(self.dir).context("sync folder", self.dir)?;
        file.set_len(offset).context("cut", scan.path)?;
        file.sync_data().context("sync", scan.path)?;
        let position = LogPosition { segment: scan.name.first, offset };
        self.findings.torn = Some(TornTail { position, bytes: len - offset, kept_in, what: what.to_owned() });
        Ok(())
    }

    fn believe(&mut self, scan: &mut Scan<'_>, examined: Examined) {
        for flaw in &examined.outline.flaws {
            let file = scan.path.to_owned();
            self.findings.blemishes.push(Blemish { file, offset: flaw.offset, what: flaw.what });
        }
        if let Some(group_id) = examined.outline.group_id {
            self.next_group = self.next_group.max(group_id + 1);
        } else {
            self.next_group += 1;
        }
        let group = examined.outline.start;
        for (slot, found) in examined.frames {
            let outcome = match found {
                Ok(header) => {
                    let place = FramePlace { group, offset: slot.offset };
                    let position = LogPosition { segment: scan.name.first, offset: slot.offset };
                    self.heads.update(slot.community, |stream| advance(stream, &header, position)).map(
                        |step| {
                            if step == Step::Taken {
                                note_frame(&mut scan.extents, &header, place);
                            }
                        },
                    )
                }
                Err(what) => Err(what),
            };
            if let Err(what) = outcome {
                self.close(scan, &slot, what);
            }
        }
    }

    fn close(&self, scan: &mut Scan<'_>, slot: &Slot, what: &'static str) {
        let Slot { community, frame_no, offset, .. } = *slot;
        let file = scan.path.to_owned();
        self.heads.close(Damage { community, frame_no, file, offset, what: what.to_owned() });
        note_flaw(&mut scan.extents, community, Flawed { frame_no, offset });
    }

    fn apply_extent(&self, name: SegmentName, path: &Path, community: CommunityId, extent: &Extent) {
        let damage = |frame_no, offset, what: &str| Damage {
            community,
            frame_no,
            file: path.to_owned(),
            offset,
            what: what.to_owned(),
        };
        let broken = self.heads.update(community, |stream| {
            if stream.closed.is_some() {
                return None;
            }
            stream.base_frame = stream.base_frame.max(extent.base_frame);
            let follows = extent.first_frame == stream.durable.frame_no + 1
                && extent.first_prev_hash == stream.durable.hash;
            let based = extent.first_frame <= stream.base_frame + 1;
            if extent.last.frame_no > stream.durable.frame_no {
                if !(follows || based) {
                    return Some(damage(extent.first_frame, extent.first_group, "a frame is missing"));
                }
                stream.durable = extent.last;
            }
            if extent.cut > 0 {
                let position = LogPosition { segment: name.first, offset: extent.cut };
                stream.cut = Some(Box::new(position));
            }
            stream.removed |= extent.removed;
            extent.flawed.map(|flawed| damage(flawed.frame_no, flawed.offset, "found damaged earlier"))
        });
        if let Some(damage) = broken {
            self.heads.close(damage);
        }
    }
}

/// Whether a frame moved its stream on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Taken,
    /// The stream is closed, or compaction has dropped the frame elsewhere.
    Ignored,
}

/// Moves a stream on by a frame that was found on disk, or says why the frame cannot be the next.
pub(crate) fn advance(
    stream: &mut Stream,
    header: &FrameHeader,
    position: LogPosition,
) -> Result<Step, &'static str> {
    if stream.closed.is_some() {
        return Ok(Step::Ignored);
    }
    if header.kind.is_base() {
        stream.removed |= header.kind.ends_stream();
        stream.base_frame = stream.base_frame.max(header.frame_no);
        if header.frame_no > stream.durable.frame_no {
            stream.durable = header.head();
        }
        return Ok(Step::Taken);
    }
    if header.frame_no <= stream.base_frame {
        return Ok(Step::Ignored);
    }
    if let Some(what) = header.breaks_chain_after(&stream.durable) {
        return Err(what);
    }
    stream.durable = header.head();
    if header.kind == Kind::Cut {
        stream.cut = Some(Box::new(position));
    }
    stream.removed |= header.kind.ends_stream();
    Ok(Step::Taken)
}

/// Looks at every frame of a group.
fn examine(walk: &mut Walk<'_>, outline: Outline) -> std::io::Result<Examined> {
    let mut frames = Vec::with_capacity(outline.slots.len());
    for slot in &outline.slots {
        let found = walk.frame(slot)?.map(|raw| raw.header);
        frames.push((*slot, found));
    }
    Ok(Examined { outline, frames })
}

/// Writes the last group again and syncs it. A failed sync may have left it in the page cache marked as
/// clean: it reads well, was never acknowledged, and is not on the disk. From here on it counts as durable,
/// so it has to be.
fn make_durable_again(file: &dyn File, start: u64, end: u64) -> std::io::Result<()> {
    let mut bytes = vec![0; end.saturating_sub(start) as usize];
    file.read_at(start, &mut bytes)?;
    if !bytes.is_empty() {
        file.write_at(start, &bytes)?;
    }
    file.sync_data()
}
