//! The segments of an open log: those that are sealed, and the tail that the committer appends to.
//!
//! Readers take a view and keep it: a segment that compaction replaces stays readable through its open file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::frame::{FrameHeader, Kind};
use super::placed::LogPosition;
use super::segment::{Extent, Extents, Flawed, Footer, SEGMENT_HEAD_BYTES, SegmentName, segment_head};
use crate::disk::{Disk, File};
use crate::failure::IoContext;

/// Where the extents of a segment are looked up.
#[derive(Clone)]
pub(crate) enum Index {
    /// In the footer, on disk.
    Footer(Footer),
    /// In memory, because the footer is damaged or not written yet.
    Scanned(Arc<Extents>),
}

/// One segment, up to `len`.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) name: SegmentName,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn File>,
    /// End of the groups: footer excluded.
    pub(crate) len: u64,
    pub(crate) index: Index,
}

impl Segment {
    /// What the segment has of one stream. Where the footer turns out damaged, everything has to be looked
    /// at.
    pub(crate) fn extent(&self, community: CommunityId, salt: u32) -> Result<Look, StoreError> {
        match &self.index {
            Index::Scanned(extents) => Ok(extents.get(&community).map_or(Look::Nothing, |e| Look::At(*e))),
            Index::Footer(footer) => match footer.find(&*self.file, community, salt) {
                Ok(found) => Ok(found.map_or(Look::Nothing, Look::At)),
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Ok(Look::Everywhere),
                Err(error) => Err(error).context("read", &self.path),
            },
        }
    }
}

/// Where to look for a stream in a segment.
pub(crate) enum Look {
    /// It has none of it.
    Nothing,
    /// From here on.
    At(Extent),
    /// The footer cannot say.
    Everywhere,
}

/// The segment that grows.
pub(crate) struct Tail {
    pub(crate) name: SegmentName,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn File>,
    pub(crate) len: u64,
    pub(crate) extents: Extents,
}

impl Tail {
    /// Makes a new segment and its name durable.
    pub(crate) fn create(disk: &dyn Disk, dir: &Path, number: u64, salt: u32) -> Result<Self, StoreError> {
        let name = SegmentName::written(number);
        let path = dir.join(name.file_name());
        let file = disk.create(&path).context("create", &path)?;
        file.write_at(0, &segment_head(number, salt)).context("write", &path)?;
        file.sync_data().context("sync", &path)?;
        disk.sync_dir(dir).context("sync folder", dir)?;
        Ok(Self { name, path, file, len: SEGMENT_HEAD_BYTES, extents: Extents::new() })
    }

    fn bare(&self) -> Segment {
        Segment {
            name: self.name,
            path: self.path.clone(),
            file: Arc::clone(&self.file),
            len: self.len,
            index: Index::Scanned(Arc::default()),
        }
    }

    fn view_of(&self, community: CommunityId) -> Segment {
        let extents = self.extents.get(&community).map(|extent| (community, *extent)).into_iter().collect();
        Segment { index: Index::Scanned(Arc::new(extents)), ..self.bare() }
    }
}

/// All segments, oldest first, the tail last.
pub(crate) struct Segments {
    pub(crate) sealed: Vec<Arc<Segment>>,
    pub(crate) tail: Tail,
}

impl Segments {
    /// Everything durable, to read one stream of.
    pub(crate) fn view_of(&self, community: CommunityId) -> Vec<Arc<Segment>> {
        self.with_tail(self.tail.view_of(community))
    }

    /// Everything durable, to walk all of; the tail comes without its index.
    pub(crate) fn view(&self) -> Vec<Arc<Segment>> {
        self.with_tail(self.tail.bare())
    }

    /// The segment that begins with this number, without its index.
    pub(crate) fn at(&self, first: u64) -> Option<Arc<Segment>> {
        if self.tail.name.first == first {
            return Some(Arc::new(self.tail.bare()));
        }
        self.sealed.iter().find(|segment| segment.name.first == first).cloned()
    }

    fn with_tail(&self, tail: Segment) -> Vec<Arc<Segment>> {
        self.sealed.iter().cloned().chain([Arc::new(tail)]).collect()
    }

    /// The end of what is durable.
    pub(crate) fn end(&self) -> LogPosition {
        LogPosition { segment: self.tail.name.first, offset: self.tail.len }
    }

    /// The newest generation among the files.
    pub(crate) fn generation(&self) -> u64 {
        self.sealed.iter().map(|segment| segment.name.generation).max().unwrap_or(0)
    }
}

/// A frame's place within one segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FramePlace {
    pub(crate) group: u64,
    pub(crate) offset: u64,
}

/// Notes a sound frame in the extents of its segment.
pub(crate) fn note_frame(extents: &mut Extents, header: &FrameHeader, place: FramePlace) {
    let extent = extents.entry(header.community).or_insert(Extent {
        first_frame: 0,
        first_prev_hash: header.prev_hash,
        first_group: place.group,
        last: header.head(),
        base_frame: 0,
        cut: 0,
        removed: false,
        flawed: None,
    });
    if header.kind.is_base() {
        extent.base_frame = header.frame_no;
    } else if extent.first_frame == 0 {
        extent.first_frame = header.frame_no;
        extent.first_prev_hash = header.prev_hash;
    }
    if header.kind == Kind::Cut {
        extent.cut = place.offset;
    }
    extent.removed |= header.kind.ends_stream();
    extent.last = header.head();
}

/// Notes where a stream's damage begins, so that the footer keeps it closed.
pub(crate) fn note_flaw(extents: &mut Extents, community: CommunityId, flawed: Flawed) {
    let extent = extents.entry(community).or_insert(Extent {
        first_frame: 0,
        first_prev_hash: [0; 32],
        first_group: flawed.offset,
        last: kith_core::ports::Head::EMPTY,
        base_frame: 0,
        cut: 0,
        removed: false,
        flawed: None,
    });
    extent.flawed.get_or_insert(flawed);
}
