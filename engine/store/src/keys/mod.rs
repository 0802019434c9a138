//! The keys that bodies are sealed under, one for each (community, member), and their destruction.
//!
//! New keys wait in memory until the committer makes them durable, before the group that needs them.
//! Destroying overwrites the key in place and leaves a tombstone. In memory a key costs 8 bytes: a
//! fingerprint of the member and a slot; key bytes are read on demand and kept for active owners
//! only.

mod host;
mod recent;
mod slots;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::{Aes256Gcm, KeyInit};
use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{Keys, StoreError};
use zeroize::Zeroizing;

use crate::disk::{Disk, File};
use crate::failure::{IoContext, Poison};

pub(crate) use host::HostKey;
use recent::Recent;
use slots::{Entry, SLOT_BYTES, Secret, slot_offset};

/// The member under which a community's pepper is kept; no member has this id.
const PEPPER: MemberId = MemberId(0);

/// What is known of the key of one owner.
pub(crate) enum Opening {
    /// The key is there.
    Cipher(Box<Aes256Gcm>),
    /// It was destroyed.
    Destroyed,
    /// There never was one, or its slot is damaged.
    Unknown,
}

/// All keys of a DATA folder.
pub(crate) struct KeyFile {
    file: Arc<dyn File>,
    path: PathBuf,
    poison: Arc<Poison>,
    /// Held while the file is written; taken before `index`.
    writing: Mutex<()>,
    index: Mutex<Index>,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Index {
    /// By community, sorted by (fingerprint, slot).
    slots: HashMap<CommunityId, Vec<(u32, u32)>>,
    slots_used: u32,
    /// Not yet in the file, in the order of slots.
    pending: Vec<Entry>,
    damaged_slots: u32,
}

fn fingerprint(member: MemberId) -> u32 {
    let folded = (member.0 ^ (member.0 >> 64)) as u64;
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

fn cipher(secret: &Secret) -> Aes256Gcm {
    Aes256Gcm::new((&**secret).into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Index {
    fn add(&mut self, entry: &Entry) {
        let slots = self.slots.entry(entry.community).or_default();
        let line = (fingerprint(entry.member), entry.slot);
        let place = slots.partition_point(|other| *other < line);
        if slots.get(place) != Some(&line) {
            slots.insert(place, line);
        }
        self.slots_used = self.slots_used.max(entry.slot + 1);
    }

    /// Slots that may hold the member's key, newest first.
    fn candidates(&self, community: CommunityId, member: MemberId) -> Vec<u32> {
        let Some(slots) = self.slots.get(&community) else { return Vec::new() };
        let print = fingerprint(member);
        let from = slots.partition_point(|(other, _)| *other < print);
        let to = slots.partition_point(|(other, _)| *other <= print);
        slots[from..to].iter().map(|(_, slot)| *slot).rev().collect()
    }

    fn pending(&self, slot: u32) -> Option<&Entry> {
        let place = self.pending.binary_search_by_key(&slot, |entry| entry.slot).ok()?;
        self.pending.get(place)
    }
}

impl KeyFile {
    /// Opens `keys/members` under `data`, making it on first use.
    pub(crate) fn open(disk: &dyn Disk, data: &Path, poison: Arc<Poison>) -> Result<Self, StoreError> {
        let dir = data.join("keys");
        let path = dir.join("members");
        disk.create_dir(&dir).context("create folder", &dir)?;
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                disk.create(&path).context("create", &path)?
            }
            Err(error) => return Err(error).context("open", &path),
        };
        let mut index = Index::default();
        let len = file.len().context("measure", &path)?;
        slots::scan(&*file, len, |slot, found| match found {
            Some(entry) => index.add(&entry),
            None => {
                index.damaged_slots += 1;
                index.slots_used = slot + 1;
            }
        })
        .context("read", &path)?;
        // A crash may have left keys that were written but not synced; from here on they count as durable.
        file.sync_data().context("sync", &path)?;
        disk.sync_dir(&dir).context("sync folder", &dir)?;
        disk.sync_dir(data).context("sync folder", data)?;
        Ok(Self {
            file,
            path,
            poison,
            writing: Mutex::default(),
            index: Mutex::new(index),
            recent: Mutex::default(),
        })
    }

    /// Waits until nobody writes; whoever comes later is told that the store is closed.
    pub(crate) fn close(&self) {
        let _writing = lock(&self.writing);
        self.poison.close();
    }

    /// The cipher to seal under; a new key is made where there is none, and waits for `flush`.
    pub(crate) fn sealing(&self, community: CommunityId, owner: MemberId) -> Result<Aes256Gcm, StoreError> {
        self.poison.check_open()?;
        if let Some(secret) = lock(&self.recent).get(community, owner) {
            return Ok(cipher(&secret));
        }
        let mut index = lock(&self.index);
        let secret = match self.live(&index, community, owner)? {
            Some(entry) if entry.is_live() => entry.secret,
            _ => self.make(&mut index, community, owner)?,
        };
        Ok(self.remember(community, owner, secret))
    }

    /// Keeps a key at hand, under the index's lock, so that whoever destroys it drops it here afterwards.
    fn remember(&self, community: CommunityId, owner: MemberId, secret: Secret) -> Aes256Gcm {
        let cipher = cipher(&secret);
        lock(&self.recent).put(community, owner, Arc::new(secret));
        cipher
    }

    /// The cipher to unseal with, or why there is none.
    pub(crate) fn opening(&self, community: CommunityId, owner: MemberId) -> Result<Opening, StoreError> {
        self.poison.check_open()?;
        if let Some(secret) = lock(&self.recent).get(community, owner) {
            return Ok(Opening::Cipher(Box::new(cipher(&secret))));
        }
        let index = lock(&self.index);
        Ok(match self.live(&index, community, owner)? {
            Some(entry) if entry.is_live() => {
                Opening::Cipher(Box::new(self.remember(community, owner, entry.secret)))
            }
            Some(_) => Opening::Destroyed,
            None => Opening::Unknown,
        })
    }

    /// Whether a key of this owner was ever destroyed.
    pub(crate) fn was_destroyed(&self, community: CommunityId, owner: MemberId) -> Result<bool, StoreError> {
        let index = lock(&self.index);
        for slot in index.candidates(community, owner) {
            let entry = self.entry(&index, slot)?;
            if entry.is_some_and(|entry| entry.member == owner && !entry.is_live()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many slots of the file cannot be read.
    pub(crate) fn damaged_slots(&self) -> u32 {
        lock(&self.index).damaged_slots
    }

    /// Makes every key that was handed out durable. The committer calls it before each group.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        if lock(&self.index).pending.is_empty() {
            return Ok(());
        }
        let _writing = lock(&self.writing);
        let entries: Vec<Entry> = lock(&self.index).pending.clone();
        for run in entries.chunk_by(|a, b| slots::adjacent(a.slot, b.slot)) {
            let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(run.iter().flat_map(Entry::encode).collect());
            self.write(slot_offset(run[0].slot), &bytes)?;
        }
        self.sync()?;
        lock(&self.index).pending.drain(..entries.len());
        Ok(())
    }

    fn live(
        &self,
        index: &Index,
        community: CommunityId,
        member: MemberId,
    ) -> Result<Option<Entry>, StoreError> {
        for slot in index.candidates(community, member) {
            if let Some(entry) = self.entry(index, slot)?
                && entry.member == member
            {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn entry(&self, index: &Index, slot: u32) -> Result<Option<Entry>, StoreError> {
        if let Some(entry) = index.pending(slot) {
            return Ok(Some(entry.clone()));
        }
        let mut bytes = Zeroizing::new([0; SLOT_BYTES]);
        self.file.read_at(slot_offset(slot), &mut *bytes).context("read", &self.path)?;
        Ok(Entry::parse(slot, &*bytes))
    }

    fn make(
        &self,
        index: &mut Index,
        community: CommunityId,
        member: MemberId,
    ) -> Result<Secret, StoreError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret)
            .map_err(std::io::Error::other)
            .context("draw a random key for", &self.path)?;
        let entry =
            Entry { slot: index.slots_used, community, member, secret: secret.clone(), destroyed: false };
        index.add(&entry);
        index.pending.push(entry);
        Ok(secret)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.poison.check()?;
        self.file
            .write_at(offset, bytes)
            .context("write", &self.path)
            .map_err(|error| self.poison.note(error))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().context("sync", &self.path).map_err(|error| self.poison.note(error))
    }

    /// Overwrites the keys in these slots and makes that durable.
    fn destroy_slots(&self, slots: &[u32], wanted: impl Fn(&Entry) -> bool) -> Result<(), StoreError> {
        for slot in slots {
            let found = self.entry(&lock(&self.index), *slot)?;
            if let Some(entry) = found.filter(&wanted) {
                let tombstone = entry.destroyed();
                self.write(slot_offset(*slot), &tombstone.encode())?;
                let mut index = lock(&self.index);
                if let Some(waiting) = index.pending.iter_mut().find(|entry| entry.slot == *slot) {
                    *waiting = tombstone;
                }
            }
        }
        self.sync()
    }
}

impl Keys for KeyFile {
    fn destroy(&self, community: CommunityId, member: MemberId) -> Result<(), StoreError> {
        let _writing = lock(&self.writing);
        self.poison.check_open()?;
        let slots = lock(&self.index).candidates(community, member);
        let outcome = self.destroy_slots(&slots, |entry| entry.member == member);
        lock(&self.recent).forget(community);
        outcome
    }

    fn destroy_all(&self, community: CommunityId) -> Result<(), StoreError> {
        let _writing = lock(&self.writing);
        self.poison.check_open()?;
        let slots = lock(&self.index).slots.get(&community).cloned().unwrap_or_default();
        let slots: Vec<u32> = slots.into_iter().map(|(_, slot)| slot).collect();
        let outcome = self.destroy_slots(&slots, |_| true);
        lock(&self.recent).forget(community);
        outcome
    }

    fn pepper(&self, community: CommunityId) -> Result<[u8; 32], StoreError> {
        self.poison.check_open()?;
        let secret = {
            let mut index = lock(&self.index);
            match self.live(&index, community, PEPPER)? {
                Some(entry) if entry.is_live() => entry.secret,
                _ => self.make(&mut index, community, PEPPER)?,
            }
        };
        self.flush()?;
        Ok(*secret)
    }
}
