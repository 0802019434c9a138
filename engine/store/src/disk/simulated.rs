//! A disk in memory that forgets what was not synced.
//!
//! Each file has a durable image and a current one; a power cut drops, keeps or tears what differs, by
//! sectors of 512 bytes and in any combination. Names are journalled: of a folder's changes since its last
//! sync a prefix survives. Failures can be ordered ahead of time. Handles from before a power cut only return
//! errors.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, File};

const SECTOR_BYTES: usize = 512;

/// How an ordered operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full: nothing of the write happened.
    NoSpace,
    /// Half of the write happened.
    Short,
    /// The device failed: nothing happened.
    Io,
}

impl Failure {
    fn error(self) -> io::Error {
        match self {
            Self::NoSpace | Self::Short => io::Error::from(io::ErrorKind::StorageFull),
            Self::Io => io::Error::other("simulated device error"),
        }
    }
}

/// A disk that can lose power. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Vec<Image>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    journal: BTreeMap<PathBuf, Vec<NameChange>>,
    power_cuts: u64,
    writes: u64,
    syncs: u64,
    failing_writes: BTreeMap<u64, Failure>,
    failing_syncs: BTreeSet<u64>,
}

#[derive(Default, Clone)]
struct Image {
    current: Vec<u8>,
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
}

#[derive(Clone)]
enum NameChange {
    Add(PathBuf, usize),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Add(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a seed names a run for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

impl Image {
    fn touch(&mut self, from: usize, to: usize) {
        self.dirty.extend(from / SECTOR_BYTES..to.div_ceil(SECTOR_BYTES));
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if self.current.len() < end {
            self.touch(self.current.len(), end);
            self.current.resize(end, 0);
        }
        self.current[offset..end].copy_from_slice(bytes);
        self.touch(offset, end);
    }

    fn set_len(&mut self, len: usize) {
        self.touch(len.min(self.current.len()), len.max(self.current.len()));
        self.current.resize(len, 0);
    }

    fn sync(&mut self) {
        self.durable.resize(self.current.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let from = sector * SECTOR_BYTES;
            let to = (from + SECTOR_BYTES).min(self.current.len());
            if from < to {
                self.durable[from..to].copy_from_slice(&self.current[from..to]);
            }
        }
    }

    fn lose_power(&mut self, dice: &mut Dice) {
        let mood = dice.roll(4);
        let kept: Vec<usize> =
            self.dirty.iter().copied().filter(|_| mood == 0 || (mood > 1 && dice.roll(2) == 0)).collect();
        let grown = match mood {
            0 => self.current.len(),
            1 => self.durable.len(),
            _ => {
                let low = self.durable.len().min(self.current.len());
                low + dice.roll((self.durable.len().abs_diff(self.current.len()) + 1) as u64) as usize
            }
        };
        self.durable.resize(grown, 0);
        for sector in kept {
            let from = sector * SECTOR_BYTES;
            let to = (from + SECTOR_BYTES).min(self.current.len()).min(grown);
            if from < to {
                self.durable[from..to].copy_from_slice(&self.current[from..to]);
            }
        }
        self.current.clone_from(&self.durable);
        self.dirty.clear();
    }
}

impl State {
    fn change(&mut self, dir: &Path, change: NameChange) {
        change.apply(&mut self.names);
        self.journal.entry(dir.to_owned()).or_default().push(change);
    }

    fn file(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

impl SimulatedDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: what was not synced is dropped, kept or torn, as `seed` decides. Open handles go dead.
    pub fn power_cut(&self, seed: u64) {
        let mut dice = Dice(seed);
        let state = &mut *self.state();
        for (_, changes) in std::mem::take(&mut state.journal) {
            let survivors = dice.roll(changes.len() as u64 + 1) as usize;
            changes[..survivors].iter().for_each(|change| change.apply(&mut state.durable_names));
        }
        state.names.clone_from(&state.durable_names);
        state.files.iter_mut().for_each(|file| file.lose_power(&mut dice));
        state.power_cuts += 1;
        state.failing_writes.clear();
        state.failing_syncs.clear();
    }

    /// Makes a later write fail: 0 is the next one.
    pub fn fail_write(&self, writes_until: u64, failure: Failure) {
        let mut state = self.state();
        let nth = state.writes + writes_until;
        state.failing_writes.insert(nth, failure);
    }

    /// Makes a later `sync_data` or `sync_dir` fail: 0 is the next one.
    pub fn fail_sync(&self, syncs_until: u64) {
        let mut state = self.state();
        let nth = state.syncs + syncs_until;
        state.failing_syncs.insert(nth);
    }

    /// How many times content or names were synced so far.
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// A second disk with the same content, all of it durable, no failures ordered.
    pub fn fork(&self) -> Self {
        let state = self.state();
        let files = state.files.iter().map(|file| Image {
            current: file.current.clone(),
            durable: file.current.clone(),
            dirty: BTreeSet::new(),
        });
        Self(Arc::new(Mutex::new(State {
            files: files.collect(),
            names: state.names.clone(),
            durable_names: state.names.clone(),
            ..State::default()
        })))
    }

    /// The bytes of a file as a reader would see them now.
    pub fn bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.state();
        Ok(state.files[state.file(path)?].current.clone())
    }

    /// Replaces the bytes of a file durably, as damage or another machine would.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let image = Image { current: bytes.clone(), durable: bytes, dirty: BTreeSet::new() };
        if let Some(file) = state.names.get(path).copied() {
            state.files[file] = image;
        } else {
            state.files.push(image);
            let file = state.files.len() - 1;
            state.names.insert(path.to_owned(), file);
            state.durable_names.insert(path.to_owned(), file);
        }
    }

    /// Every file there is.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        state.files.push(Image::default());
        let file = state.files.len() - 1;
        state.change(&parent(path), NameChange::Add(path.to_owned(), file));
        Ok(Arc::new(Handle { disk: self.clone(), file, power_cuts: state.power_cuts }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let state = self.state();
        let file = state.file(path)?;
        Ok(Arc::new(Handle { disk: self.clone(), file, power_cuts: state.power_cuts }))
    }

    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.file(from)?;
        state.change(&parent(to), NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.file(path)?;
        state.change(&parent(path), NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let nth = state.syncs;
        state.syncs += 1;
        if state.failing_syncs.contains(&nth) {
            return Err(Failure::Io.error());
        }
        for change in state.journal.remove(dir).unwrap_or_default() {
            change.apply(&mut state.durable_names);
        }
        Ok(())
    }
}

struct Handle {
    disk: SimulatedDisk,
    file: usize,
    power_cuts: u64,
}

impl Handle {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.power_cuts != self.power_cuts {
            return Err(io::Error::other("the power was cut"));
        }
        Ok(state)
    }
}

impl File for Handle {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let state = self.state()?;
        let current = &state.files[self.file].current;
        let from = (offset as usize).min(current.len());
        let count = bytes.len().min(current.len() - from);
        bytes[..count].copy_from_slice(&current[from..from + count]);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state()?;
        let nth = state.writes;
        state.writes += 1;
        let failure = state.failing_writes.get(&nth).copied();
        let written = match failure {
            None => bytes.len(),
            Some(Failure::Short) => bytes.len() / 2,
            Some(Failure::NoSpace | Failure::Io) => 0,
        };
        state.files[self.file].write(offset as usize, &bytes[..written]);
        failure.map_or(Ok(()), |failure| Err(failure.error()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.state()?.files[self.file].set_len(len as usize);
        Ok(())
    }

    /// Content and length only: the file's name is durable no sooner than its folder is synced.
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state()?;
        let nth = state.syncs;
        state.syncs += 1;
        if state.failing_syncs.contains(&nth) {
            return Err(Failure::Io.error());
        }
        state.files[self.file].sync();
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.state()?.files[self.file].current.len() as u64)
    }
}
