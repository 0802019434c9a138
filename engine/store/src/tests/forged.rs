//! Logs whose checksums hold and whose numbers lie: somebody wrote the files who knows the format.
//!
//! Opening, verifying, reading and going on may refuse such a log or close streams of it; they never panic.

use kith_core::ids::CommunityId;

use super::model::{Writers, frames, open, segment_path};
use crate::disk::SimulatedDisk;
use crate::log::fields::{checksum, header_checksum};
use crate::log::frame::{FRAME_HEADER_BYTES, FRAME_MAGIC, FrameDraft, FrameHeader, Kind};
use crate::log::group::{
    DIRECTORY_ENTRY_BYTES, DirectoryEntry, GROUP_HEADER_BYTES, GROUP_MAGIC, put_group_head,
};
use crate::log::segment::{FOOTER_HEADER_BYTES, FOOTER_MAGIC};

const SEGMENT_BYTES: u64 = 4 << 10;
const STREAMS: u128 = 3;
const ROUNDS: u64 = 1_500;
const FOOTER_ENTRY_BYTES: usize = 168;
const TRAILER_BYTES: usize = 16;

/// Knuth's MMIX generator; the high bits are good enough here.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// A number that arithmetic does not expect.
    fn number(&mut self) -> u64 {
        let extremes = [0, 1, 2, 5, u64::MAX, u64::MAX - 1, u64::MAX / 2 + 1, u64::from(u32::MAX), 1 << 31];
        extremes[self.roll(extremes.len())]
    }

    fn bytes(&mut self, at_most: usize) -> Vec<u8> {
        (0..self.roll(at_most + 1)).map(|_| self.roll(256) as u8).collect()
    }
}

struct Forger {
    dice: Dice,
    salt: u32,
    bytes: Vec<u8>,
}

impl Forger {
    fn new(bytes: Vec<u8>, seed: u64) -> Self {
        let salt = u32::from_le_bytes(*bytes[16..].first_chunk().unwrap());
        Self { dice: Dice(seed), salt, bytes }
    }

    /// Where headers with a magic begin.
    fn places(&self, magic: [u8; 4]) -> Vec<usize> {
        let starts = self.bytes.windows(4).enumerate();
        starts.filter(|(_, start)| *start == magic).map(|(place, _)| place).collect()
    }

    /// Writes a number over a field of 4 or 8 bytes somewhere in a range.
    fn put_number(&mut self, from: usize, to: usize) {
        let wide = 4 + 4 * self.dice.roll(2);
        let place = from + self.dice.roll((to - from) / 4) * 4;
        let number = self.dice.number().to_le_bytes();
        let end = (place + wide).min(to);
        self.bytes[place..end].copy_from_slice(&number[..end - place]);
    }

    fn sign_header(&mut self, place: usize, magic: [u8; 4], header_bytes: usize) {
        let crc = header_checksum(self.salt, magic, &self.bytes[place + 8..place + header_bytes]);
        self.bytes[place + 4..place + 8].copy_from_slice(&crc.to_le_bytes());
    }

    fn forge_frame_header(&mut self) {
        let places = self.places(FRAME_MAGIC);
        let Some(place) = places.get(self.dice.roll(places.len().max(1))).copied() else { return };
        self.put_number(place + 8, place + FRAME_HEADER_BYTES);
        self.sign_header(place, FRAME_MAGIC, FRAME_HEADER_BYTES);
    }

    fn forge_group(&mut self) {
        let places = self.places(GROUP_MAGIC);
        let Some(place) = places.get(self.dice.roll(places.len().max(1))).copied() else { return };
        let frames = u32::from_le_bytes(*self.bytes[place + 16..].first_chunk().unwrap()) as usize;
        let directory =
            place + GROUP_HEADER_BYTES..place + GROUP_HEADER_BYTES + frames * DIRECTORY_ENTRY_BYTES;
        if frames > 0 && self.dice.roll(2) == 0 {
            self.put_number(directory.start, directory.end);
            let crc = checksum(self.salt, &self.bytes[directory]);
            self.bytes[place + 24..place + 28].copy_from_slice(&crc.to_le_bytes());
        } else {
            self.put_number(place + 8, place + GROUP_HEADER_BYTES);
        }
        self.sign_header(place, GROUP_MAGIC, GROUP_HEADER_BYTES);
    }

    fn forge_footer(&mut self) {
        let Some(place) = self.places(FOOTER_MAGIC).first().copied() else { return };
        let (entries, end) = (place + FOOTER_HEADER_BYTES, self.bytes.len() - TRAILER_BYTES);
        match self.dice.roll(3) {
            0 => self.put_number(place + 8, place + FOOTER_HEADER_BYTES),
            1 if end >= entries + FOOTER_ENTRY_BYTES => {
                let count = (end - entries) / FOOTER_ENTRY_BYTES;
                let entry = entries + self.dice.roll(count) * FOOTER_ENTRY_BYTES;
                let crc_at = entry + FOOTER_ENTRY_BYTES - 4;
                self.put_number(entry, crc_at);
                let crc = checksum(self.salt, &self.bytes[entry..crc_at]);
                self.bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
                let crc = checksum(self.salt, &self.bytes[entries..end]);
                self.bytes[place + 20..place + 24].copy_from_slice(&crc.to_le_bytes());
            }
            _ => {
                let near = self.bytes.len() - self.dice.roll(2 * TRAILER_BYTES);
                let offset = if self.dice.roll(2) == 0 { near as u64 } else { self.dice.number() };
                self.bytes[end..end + 8].copy_from_slice(&offset.to_le_bytes());
                let crc = checksum(self.salt, &offset.to_le_bytes());
                self.bytes[end + 8..end + 12].copy_from_slice(&crc.to_le_bytes());
            }
        }
        self.sign_header(place, FOOTER_MAGIC, FOOTER_HEADER_BYTES);
    }

    /// A frame whose hash holds, with tables that promise what is not there.
    fn frame(&mut self) -> (FrameHeader, Vec<u8>) {
        let mut draft = FrameDraft::new(0);
        for _ in 0..self.dice.roll(3) {
            draft.bytes.extend_from_slice(&self.dice.number().to_le_bytes());
            draft.bytes.extend_from_slice(&(self.dice.number() as u32).to_le_bytes());
            draft.bytes.extend_from_slice(&(self.dice.number() as u32).to_le_bytes());
        }
        draft.bytes.extend(self.dice.bytes(200));
        draft.end_hashed();
        draft.bytes.extend(self.dice.bytes(80));
        let kinds = [Kind::Records, Kind::Cut, Kind::Epoch, Kind::Removed, Kind::Base, Kind::Grave];
        let facts = FrameHeader {
            community: CommunityId(self.dice.roll(5) as u128),
            epoch: self.dice.number(),
            frame_no: self.dice.number(),
            prev_hash: [0; 32],
            hash: [0; 32],
            first_seq: self.dice.number(),
            at_ms: self.dice.number(),
            records: self.dice.number() as u32,
            kind: kinds[self.dice.roll(kinds.len())],
            hashed_bytes: 0,
            sealed_bytes: 0,
            payload_crc: 0,
        };
        draft.finish(facts, self.salt)
    }

    fn append_groups(&mut self) {
        for _ in 0..1 + self.dice.roll(2) {
            let forged: Vec<_> = (0..self.dice.roll(4)).map(|_| self.frame()).collect();
            let entries: Vec<DirectoryEntry> =
                forged.iter().map(|(header, bytes)| DirectoryEntry::of(header, bytes)).collect();
            let group_id = self.dice.number();
            put_group_head(&mut self.bytes, group_id, &entries, self.salt);
            forged.iter().for_each(|(_, bytes)| self.bytes.extend_from_slice(bytes));
        }
        put_group_head(&mut self.bytes, 9, &[], self.salt);
    }
}

/// Everything that reads the log.
fn live_on(disk: &SimulatedDisk) {
    let Ok(store) = open(disk, SEGMENT_BYTES) else { return };
    let report = store.verify(&mut |_, _| {});
    let mut writers = Writers::after(&store);
    for id in (0..5).map(CommunityId) {
        let _ = frames(&store, id);
        if let Ok(outcome) = writers.append(&store, id) {
            let _ = outcome.recv();
        }
    }
    let _ = store.compact(&mut |_| {});
    drop(store);
    if report.is_ok() {
        let _ = open(disk, SEGMENT_BYTES);
    }
}

#[test]
fn a_forged_log_is_refused_or_closed_and_never_a_panic() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, STREAMS, 9);
    }
    let last = (1..).take_while(|number| disk.bytes(&segment_path(*number)).is_ok()).last().unwrap();
    assert!(last > 2, "sealed segments and a tail: {last}");
    for seed in 0..ROUNDS {
        let number = 1 + seed % last;
        let path = segment_path(number);
        let mut forger = Forger::new(disk.bytes(&path).unwrap(), seed);
        match forger.dice.roll(4) {
            0 => forger.forge_frame_header(),
            1 => forger.forge_group(),
            2 if number < last => forger.forge_footer(),
            _ if number == last => forger.append_groups(),
            _ => forger.forge_frame_header(),
        }
        let forged = disk.fork();
        forged.put(&path, forger.bytes);
        // Shown if this round panics.
        eprintln!("seed {seed}: segment {number}");
        live_on(&forged);
    }
}
