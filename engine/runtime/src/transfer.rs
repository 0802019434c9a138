//! Transfer: one community as one file, from one host to another.
//!
//! The file holds the records exactly as they were hashed, their bodies in clear (only its holder can protect
//! it), and the state hash as proof. Each entry carries a SHA-256 chained over all before it. A file comes
//! from a stranger: it is verified and folded whole before anything is written, in memory bounded by one
//! frame and the state. Attachments are not in it.
//!
//! `magic · (kind u8 · length u32 · payload · chain 32 bytes)*`, numbers big-endian: one `start`, frames, one
//! `end`.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::sync::mpsc;

use kith_core::body::{BODY_KEY_BYTES, Bodies, Body};
use kith_core::command::{Actor, CommandKind};
use kith_core::community::Status;
use kith_core::decide::{self, apply_record};
use kith_core::hook::NoExtensions;
use kith_core::ids::{BodyId, CommandId, CommunityId, MemberId};
use kith_core::message::Evidence;
use kith_core::ports::{Hash, Head, NewFrame, NewRecord, Records, StoreError, StoredFrame};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_core::{command, host};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"KITHCOM1";
const START: u8 = 1;
const FRAME: u8 = 2;
const END: u8 = 3;
/// Bytes of one entry: many times the largest frame a writer makes.
const ENTRY_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Why a community was not exported or imported. Nothing was changed unless it says `Store`.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The file cannot be read or written.
    #[error("failed to read or write the transfer file")]
    Io(#[from] io::Error),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such stream, or it is not a community.
    #[error("{0} is not a community of this host")]
    NoCommunity(CommunityId),
    /// Compaction has taken the stream's beginning.
    #[error("{0} cannot be exported: its retention has cut off the beginning of its log")]
    NotWhole(CommunityId),
    /// The file is not what it should be.
    #[error("the transfer file is not usable: {what} in entry {entry}")]
    Unusable {
        /// What is wrong.
        what: String,
        /// Which entry, from 0.
        entry: u64,
    },
    /// The community is here already.
    #[error("{0} exists on this host")]
    Exists(CommunityId),
}

/// What a file holds; all of it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The community.
    pub community: CommunityId,
    /// Its name.
    pub name: String,
    /// Its records.
    pub records: u64,
    /// The hash of its state.
    pub state_hash: Hash,
}

/// Writes a community up to its durable head.
pub fn export(
    records: &dyn Records,
    community: CommunityId,
    out: &mut dyn Write,
) -> Result<Summary, TransferError> {
    if records.cut(community)?.is_some() {
        return Err(TransferError::NotWhole(community));
    }
    let mut sink = Sink { out, chain: [0; 32] };
    let mut stream = Stream::new(community);
    sink.out.write_all(MAGIC)?;
    sink.entry(START, &community.0.to_be_bytes())?;
    let mut ended = Ok(());
    records.read(community, 1, &mut |frame| {
        ended = export_frame(&mut stream, &mut sink, &frame);
        if ended.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    ended?;
    let summary = summary(&stream).ok_or(TransferError::NoCommunity(community))?;
    let mut end = summary.records.to_be_bytes().to_vec();
    end.extend(summary.state_hash);
    sink.entry(END, &end)?;
    sink.out.flush()?;
    Ok(summary)
}

fn export_frame(stream: &mut Stream, sink: &mut Sink<'_>, frame: &StoredFrame) -> Result<(), TransferError> {
    for stored in &frame.records {
        let record = Record::decode(&stored.bytes)
            .map_err(|error| unusable(format!("record {}: {error}", stored.seq), stored.seq))?;
        apply_record(stream, &record, &stored.bodies.iter().cloned().collect());
    }
    sink.entry(FRAME, &encode_frame(frame))
}

fn summary(stream: &Stream) -> Option<Summary> {
    let name = stream.community()?.profile.name.clone();
    Some(Summary { community: stream.id, name, records: stream.seq, state_hash: stream.hash() })
}

fn unusable(what: impl Into<String>, entry: u64) -> TransferError {
    TransferError::Unusable { what: what.into(), entry }
}

struct Sink<'a> {
    out: &'a mut dyn Write,
    chain: Hash,
}

impl Sink<'_> {
    fn entry(&mut self, kind: u8, payload: &[u8]) -> Result<(), TransferError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        if length > ENTRY_BYTES_MAX {
            return Err(unusable("a frame too large", 0));
        }
        self.chain = link(&self.chain, kind, payload);
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(payload)?;
        Ok(self.out.write_all(&self.chain)?)
    }
}

fn link(chain: &Hash, kind: u8, payload: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update([kind]);
    hash.update(payload);
    hash.finalize().into()
}

fn encode_frame(frame: &StoredFrame) -> Vec<u8> {
    let mut out = Vec::new();
    let mut piece = |bytes: &[u8]| {
        out.extend((bytes.len() as u32).to_be_bytes());
        out.extend(bytes);
    };
    for record in &frame.records {
        piece(&[record.seq.to_be_bytes(), record.at_ms.to_be_bytes()].concat());
        piece(&record.bytes);
        piece(&(record.bodies.len() as u32).to_be_bytes());
        for body in &record.bodies {
            piece(&[body.id.0.to_be_bytes(), body.owner.0.to_be_bytes(), body.key].concat());
            piece(&body.bytes);
        }
    }
    out
}

/// Reads pieces that a stranger wrote: never beyond the end, never more than is there.
struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (piece, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.0 = rest;
        Some(piece)
    }

    fn exactly<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.next()?.try_into().ok()
    }

    fn record(&mut self) -> Option<NewRecord> {
        let place = self.exactly::<16>()?;
        let (seq, at_ms) = place.split_first_chunk::<8>()?;
        let bytes = self.next()?.to_vec();
        let count = u32::from_be_bytes(self.exactly::<4>()?);
        let mut bodies = Vec::new();
        for _ in 0..count {
            bodies.push(self.body()?);
        }
        let (seq, at_ms) = (u64::from_be_bytes(*seq), u64::from_be_bytes(at_ms.try_into().ok()?));
        Some(NewRecord { seq, at_ms, ids: Vec::new(), bytes, bodies })
    }

    fn body(&mut self) -> Option<Body> {
        let front = self.exactly::<{ 32 + BODY_KEY_BYTES }>()?;
        let (id, rest) = front.split_first_chunk::<16>()?;
        let (owner, key) = rest.split_first_chunk::<16>()?;
        Some(Body {
            id: BodyId(u128::from_be_bytes(*id)),
            owner: MemberId(u128::from_be_bytes(*owner)),
            key: key.try_into().ok()?,
            bytes: self.next()?.into(),
        })
    }
}

/// Reads entries and holds each against the chain.
struct Source<'a> {
    input: &'a mut dyn Read,
    chain: Hash,
    entry: u64,
}

impl<'a> Source<'a> {
    fn open(input: &'a mut dyn Read) -> Result<(Self, CommunityId), TransferError> {
        let mut source = Self { input, chain: [0; 32], entry: 0 };
        if source.take(MAGIC.len())? != MAGIC {
            return Err(unusable("not a community's transfer file: another beginning", 0));
        }
        let (kind, payload) = source.next()?;
        let id: [u8; 16] = payload.try_into().map_err(|_| unusable("no community", 0))?;
        let community = CommunityId(u128::from_be_bytes(id));
        if kind != START || community == CommunityId::HOST {
            return Err(unusable("no community", 0));
        }
        Ok((source, community))
    }

    /// The next bytes; the buffer grows with what is there, not with what is promised.
    fn take(&mut self, length: usize) -> Result<Vec<u8>, TransferError> {
        let mut bytes = Vec::new();
        (&mut *self.input).take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() == length { Ok(bytes) } else { Err(unusable("an early end", self.entry)) }
    }

    fn next(&mut self) -> Result<(u8, Vec<u8>), TransferError> {
        let front = self.take(5)?;
        let length = front[1..].iter().fold(0_u32, |length, byte| (length << 8) | u32::from(*byte));
        if length > ENTRY_BYTES_MAX {
            return Err(unusable(format!("{length} bytes, more than {ENTRY_BYTES_MAX},"), self.entry));
        }
        let payload = self.take(length as usize)?;
        self.chain = link(&self.chain, front[0], &payload);
        if self.take(32)? != self.chain {
            return Err(unusable("a wrong checksum", self.entry));
        }
        self.entry += 1;
        Ok((front[0], payload))
    }
}

/// Visits the frames of a file with their decoded records; returns what the end says: records and state hash.
fn walk(
    input: &mut dyn Read,
    visit: &mut dyn FnMut(CommunityId, Vec<(NewRecord, Record)>) -> Result<(), TransferError>,
) -> Result<(CommunityId, u64, Hash), TransferError> {
    let (mut source, community) = Source::open(input)?;
    let mut before = (0, 0);
    loop {
        let (kind, payload) = source.next()?;
        let entry = source.entry - 1;
        match kind {
            FRAME => visit(community, frame_of(&payload, community, &mut before, entry)?)?,
            END => {
                let (records, hash) =
                    payload.split_first_chunk::<8>().ok_or_else(|| unusable("no end", entry))?;
                let hash = hash.try_into().map_err(|_| unusable("no end", entry))?;
                if source.input.read(&mut [0])? != 0 {
                    return Err(unusable("something after the end", entry));
                }
                return Ok((community, u64::from_be_bytes(*records), hash));
            }
            _ => return Err(unusable(format!("the unknown kind {kind}"), entry)),
        }
    }
}

fn frame_of(
    payload: &[u8],
    community: CommunityId,
    before: &mut (u64, u64),
    entry: u64,
) -> Result<Vec<(NewRecord, Record)>, TransferError> {
    let mut pieces = Pieces(payload);
    let mut frame = Vec::new();
    while !pieces.0.is_empty() {
        let mut new = pieces.record().ok_or_else(|| unusable("a cut record", entry))?;
        let record = Record::decode(&new.bytes).map_err(|error| unusable(error.to_string(), entry))?;
        let fits = new.seq == before.0 + 1
            && new.at_ms >= before.1
            && (record.seq, record.command.at_ms) == (new.seq, new.at_ms)
            && record.command.community == community;
        if !fits {
            return Err(unusable(format!("record {} out of its place", new.seq), entry));
        }
        *before = (new.seq, new.at_ms);
        new.ids = record.ids();
        frame.push((new, record));
    }
    if frame.is_empty() { Err(unusable("an empty frame", entry)) } else { Ok(frame) }
}

/// Verifies a whole file: chain, numbers, records, and that they fold to the state that it claims.
pub fn verify(input: &mut dyn Read) -> Result<Summary, TransferError> {
    folded(input).map(|(_, summary)| summary)
}

fn folded(input: &mut dyn Read) -> Result<(Stream, Summary), TransferError> {
    let mut stream = None;
    let mut entries = 0;
    let (_, records, hash) = walk(input, &mut |community, frame| {
        let stream = stream.get_or_insert_with(|| Stream::new(community));
        entries += 1;
        for (new, record) in frame {
            let bodies = new.bodies.into_iter().collect();
            apply_record(stream, &record, &bodies);
        }
        Ok(())
    })?;
    let found = stream.as_ref().and_then(summary);
    let found = found.ok_or_else(|| unusable("no community", entries))?;
    if (found.records, found.state_hash) != (records, hash) {
        return Err(unusable("another state than the file claims", entries));
    }
    match stream.filter(|stream| stream.community().is_some_and(|c| c.profile.status != Status::Removed)) {
        Some(stream) => Ok((stream, found)),
        None => Err(unusable("a removed community", entries)),
    }
}

/// Imports a file: the same records under the same id, in a chain of this host's. An import that was cut off
/// goes on where it was, if what is here is the beginning of this very file.
///
/// `at_ms` is the time of the record with which the community forgets its old host's word.
pub fn import<F: Read + Seek>(
    records: &dyn Records,
    file: &mut F,
    at_ms: u64,
) -> Result<Summary, TransferError> {
    file.seek(SeekFrom::Start(0))?;
    let (stream, summary) = folded(file)?;
    let head = records.head(summary.community);
    let here = head.map_or(0, |head| head.seq);
    let arrival = arrival(&stream, at_ms)?;
    if here > 0 && !begins_alike(records, file, &summary, here)? {
        return Err(TransferError::Exists(summary.community));
    }
    let mut log = Log { records, head: head.unwrap_or(Head::EMPTY) };
    file.seek(SeekFrom::Start(0))?;
    walk(file, &mut |_, frame| {
        let frame: Vec<NewRecord> =
            frame.into_iter().map(|(new, _)| new).filter(|new| new.seq > here).collect();
        log.append(summary.community, frame)
    })?;
    if here <= summary.records {
        log.append(summary.community, vec![arrival])?;
    }
    Ok(summary)
}

/// Whether the records here are those of the file, and at most the arrival more.
fn begins_alike<F: Read + Seek>(
    records: &dyn Records,
    file: &mut F,
    summary: &Summary,
    here: u64,
) -> Result<bool, TransferError> {
    let mut log = Sha256::new();
    let mut arrived = true;
    records.read(summary.community, 1, &mut |frame| {
        for stored in frame.records {
            if stored.seq <= summary.records {
                log.update(Sha256::digest(&stored.bytes));
            } else {
                arrived = Record::decode(&stored.bytes)
                    .is_ok_and(|record| record.command.kind == CommandKind::Host(host::Command::Rehost));
            }
        }
        ControlFlow::Continue(())
    })?;
    let mut theirs = Sha256::new();
    file.seek(SeekFrom::Start(0))?;
    walk(file, &mut |_, frame| {
        frame.iter().filter(|(new, _)| new.seq <= here).for_each(|(new, _)| {
            theirs.update(Sha256::digest(&new.bytes));
        });
        Ok(())
    })?;
    Ok(arrived && here <= summary.records + 1 && log.finalize() == theirs.finalize())
}

/// The record with which a community arrives: what the old host said, and what waited for others there, is
/// over.
fn arrival(stream: &Stream, at_ms: u64) -> Result<NewRecord, TransferError> {
    let at_ms = at_ms.max(stream.at_ms);
    let mut digest = [0; 16];
    digest.copy_from_slice(&stream.hash()[..16]);
    let command = command::Command {
        id: CommandId(kith_core::ids::mint(at_ms, u128::from_be_bytes(digest))),
        community: stream.id,
        at_ms,
        actor: Actor::Host,
        scope: None,
        key: None,
        cause: None,
        kind: CommandKind::Host(host::Command::Rehost),
    };
    let outcome =
        decide::decide(stream, &command, &Bodies::default(), &Evidence::default(), &NoExtensions)
            .map_err(|refusal| unusable(format!("a community that cannot arrive ({})", refusal.code()), 0))?;
    let (record, _) = Record::of(stream.seq + 1, (command, Evidence::default()), outcome);
    Ok(NewRecord { seq: record.seq, at_ms, ids: Vec::new(), bytes: record.encode(), bodies: Vec::new() })
}

/// Appends frames one after the other, each durable before the next.
struct Log<'a> {
    records: &'a dyn Records,
    head: Head,
}

impl Log<'_> {
    fn append(&mut self, community: CommunityId, records: Vec<NewRecord>) -> Result<(), TransferError> {
        if records.is_empty() {
            return Ok(());
        }
        let frame = NewFrame { community, epoch: self.head.epoch, frame_no: self.head.frame_no + 1, records };
        let (told, durable) = mpsc::sync_channel(1);
        // The receiver waits below.
        self.records.append(frame, Box::new(move |result| drop(told.send(result))))?;
        let lost = |_| StoreError::Derived("the log went away before the frame was durable".to_owned());
        self.head = durable.recv().map_err(lost)??;
        Ok(())
    }
}

/// The kinds and payloads of a sound file's entries, for tests that harm them.
#[cfg(test)]
pub(crate) fn entries_of(file: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut entries = Vec::new();
    let mut rest = &file[MAGIC.len()..];
    while let [kind, tail @ ..] = rest {
        let mut pieces = Pieces(tail);
        entries.push((*kind, pieces.next().unwrap_or_default().to_vec()));
        rest = &pieces.0[32..];
    }
    entries
}

/// A file of these entries with fresh checksums.
#[cfg(test)]
pub(crate) fn sealed(entries: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    let mut sink = Sink { out: &mut file, chain: [0; 32] };
    entries.iter().for_each(|(kind, payload)| sink.entry(*kind, payload).expect("a small entry"));
    file
}
