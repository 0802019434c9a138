//! Engines on memory: an erasure that a crash cut off, a member's export, a community from one host to
//! another.

mod sign_in;

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use kith_core::body::{Bodies, Body};
use kith_core::command::Actor;
use kith_core::community::{self, Blueprint};
use kith_core::hook::NoExtensions;
use kith_core::host::noun::PersonCommand;
use kith_core::host::{self, State, Wanted};
use kith_core::ids::{ChannelId, CommunityId, MemberId, PersonId};
use kith_core::import;
use kith_core::member::Standing;
use kith_core::message::Part;
use kith_core::ports::Records;
use kith_core::privacy;
use kith_core::refusal::Refusal;
use proptest::prelude::*;

use crate::draft::{AskError, Draft};
use crate::engine::{Engine, Options};
use crate::host::{BringError, FirstOwner, Operator};
use crate::memory::{HandClock, Memory};
use crate::mint::Mint;
use crate::reading::{Reading, Wanted as WantedWords};
use crate::recover::recover;
use crate::transfer::{self, TransferError};
use crate::writer::Writer;

const PLANTED: &str = "a word that only rose would say";
const NOW_MS: u64 = 1_700_000_000_000;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn engine(memory: &Arc<Memory>) -> Engine {
    Engine::start(memory.ports(HandClock::at(NOW_MS)), Options::default())
}

/// A garden with an owner and two imported members, each of whom has said something.
struct Garden {
    id: CommunityId,
    owner: PersonId,
    rose: MemberId,
    fern: MemberId,
}

async fn garden(engine: &Engine, mint: &Mint) -> Garden {
    let operator = Operator::start(engine, mint).await.unwrap();
    let owner = operator.register_person(Some("Olive of the office")).await.unwrap();
    let first = FirstOwner { person: owner, nickname: "olive".to_owned() };
    let id = operator.create("garden", Blueprint::default(), Some(first)).await.unwrap();
    let rose = say(engine, mint, id, 1, ("rose", PLANTED)).await;
    let fern = say(engine, mint, id, 2, ("fern", "what fern keeps to herself")).await;
    Garden { id, owner, rose, fern }
}

/// Imports one message of a new author.
async fn say(engine: &Engine, mint: &Mint, to: CommunityId, key: u64, said: (&str, &str)) -> MemberId {
    let member = MemberId(mint.bits(NOW_MS));
    let mut bodies = Bodies::default();
    let nickname = mint.text(&mut bodies, NOW_MS, member, said.0);
    let body = mint.text(&mut bodies, NOW_MS, member, said.1);
    let what =
        import::What::Message { author: 0, parts: vec![Part::Text { body }], reply_to: None, label: None };
    let batch = import::Command::Batch {
        origin: import::Origin { format: "jsonl".to_owned(), file: [key as u8; 32] },
        channel: ChannelId(1),
        authors: vec![import::Author { key, member, nickname: Some(nickname) }],
        rows: vec![import::Row { line: 1, id: None, said_at_ms: NOW_MS, what }],
        through_line: 1,
    };
    let draft = Draft::new(mint.command(NOW_MS), to, Actor::Host, batch).with_bodies(bodies);
    engine.ask(draft).await.unwrap();
    member
}

/// Lets the engine's own tasks run until `done` holds.
async fn until(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..100_000 {
        if done().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came about");
}

async fn erasures_are_done(engine: &Engine, community: CommunityId) {
    until(async || engine.view(community, |stream| stream.erasures.is_empty()).await.unwrap()).await;
}

#[test]
fn an_erased_member_is_found_nowhere_in_the_store_and_the_hash_stays() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(1));
        let engine = engine(&memory);
        let garden = garden(&engine, &mint).await;
        engine.rest(garden.id).await;
        assert!(memory.contains(PLANTED.as_bytes()) && memory.contains(b"rose"));
        let erase = privacy::Command::Erase { member: garden.rose };
        engine.ask(Draft::new(mint.command(NOW_MS), garden.id, Actor::Host, erase)).await.unwrap();
        erasures_are_done(&engine, garden.id).await;
        engine.rest(garden.id).await;
        assert!(!memory.contains(PLANTED.as_bytes()) && !memory.contains(b"rose"));
        assert!(memory.contains(b"what fern keeps"));
        let hash = engine.view(garden.id, |stream| stream.hash()).await.unwrap();
        let folded = recover(garden.id, memory.as_ref(), Memory::new().as_ref()).unwrap().stream;
        assert_eq!(folded.hash(), hash);
    });
}

#[test]
fn an_erasure_that_a_crash_cut_off_is_done_when_the_stream_is_opened() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(2));
        let first = engine(&memory);
        let garden = garden(&first, &mint).await;
        first.stop().await;
        // The record is durable and the process gone before any key was destroyed.
        let (records, extensions) = (Arc::clone(&memory) as _, Arc::new(NoExtensions));
        let mut writer = Writer::open(garden.id, records, memory.as_ref(), extensions).unwrap();
        let erase = privacy::Command::Erase { member: garden.rose };
        let draft = Draft::new(mint.command(NOW_MS), garden.id, Actor::Host, erase);
        writer.step(draft, NOW_MS).reply.unwrap();
        writer.flush(Box::new(|durable| assert!(durable.is_ok()))).unwrap();
        assert!(memory.contains(PLANTED.as_bytes()));
        let second = engine(&memory);
        erasures_are_done(&second, garden.id).await;
        second.stop().await;
        assert!(!memory.contains(PLANTED.as_bytes()));
    });
}

#[test]
fn a_person_is_erased_everywhere_with_their_name() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(3));
        let engine = engine(&memory);
        let garden = garden(&engine, &mint).await;
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let person = operator.register_person(Some("Rose of the registry")).await.unwrap();
        let claim = PersonCommand::Claim { person, community: garden.id, member: garden.rose };
        let ask = async |kind: PersonCommand| {
            let draft = Draft::new(mint.command(NOW_MS), CommunityId::HOST, Actor::Host, kind);
            engine.ask(draft).await.unwrap();
        };
        ask(claim).await;
        let linked = move |stream: &kith_core::stream::Stream| {
            stream.host().unwrap().persons.get(person).is_some_and(|row| !row.links.is_empty())
        };
        until(async || engine.view(CommunityId::HOST, linked).await.unwrap()).await;
        ask(PersonCommand::Erase { person }).await;
        let erased = move |stream: &kith_core::stream::Stream| {
            let standing = stream.host().unwrap().persons.get(person).map(|row| row.standing.name());
            standing == Some("erased") && stream.erasures.is_empty()
        };
        until(async || engine.view(CommunityId::HOST, erased).await.unwrap()).await;
        engine.stop().await;
        assert!(!memory.contains(b"Rose of the registry") && !memory.contains(PLANTED.as_bytes()));
        assert!(memory.contains(b"Olive of the office"));
    });
}

/// A place to write that can be looked at afterwards.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_export_holds_what_a_member_wrote_and_nothing_of_others() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(4));
        let engine = engine(&memory);
        let garden = garden(&engine, &mint).await;
        let page = Page::default();
        engine.export_member(garden.id, garden.rose, page.clone()).await.unwrap();
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["member"]["nickname"], "rose");
        assert!(text.contains(PLANTED));
        for foreign in ["fern", "olive", &garden.fern.to_string(), &garden.owner.to_string(), "\"mac\""] {
            assert!(!text.contains(foreign), "{foreign} in {text}");
        }
        assert!(engine.export_member(garden.id, MemberId(1), Page::default()).await.is_err());
    });
}

/// A transfer file, and the memory it came from.
async fn file() -> (Vec<u8>, Garden, Arc<Memory>) {
    let (memory, mint) = (Memory::new(), Mint::seeded(5));
    let engine = engine(&memory);
    let garden = garden(&engine, &mint).await;
    engine.stop().await;
    let mut file = Vec::new();
    transfer::export(memory.as_ref(), garden.id, &mut file).unwrap();
    (file, garden, memory)
}

fn stored(memory: &Memory, community: CommunityId) -> Vec<(u64, u64, Vec<u8>, Vec<Body>)> {
    let mut all = Vec::new();
    memory
        .read(community, 1, &mut |frame| {
            all.extend(frame.records.into_iter().map(|r| (r.seq, r.at_ms, r.bytes, r.bodies)));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    all
}

#[test]
fn a_community_moves_to_another_host_record_by_record() {
    block_on(async {
        let (file, garden, old) = file().await;
        let (memory, mint) = (Memory::new(), Mint::seeded(6));
        let engine = engine(&memory);
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let summary = operator.bring(Cursor::new(file.clone())).await.unwrap();
        let before = stored(&old, garden.id);
        let after = stored(&memory, garden.id);
        assert_eq!(after[..before.len()], before[..]);
        assert_eq!(summary.records, before.len() as u64);
        let row = operator.resolve("garden").await.unwrap().unwrap();
        assert_eq!((row.id, row.state), (garden.id, State::Open));
        let word = |stream: &kith_core::stream::Stream| stream.community().unwrap().hosted.quotas().copied();
        until(async || engine.view(garden.id, word).await.unwrap() == Some(host::Quotas::default())).await;
        let again = operator.bring(Cursor::new(file)).await;
        assert!(matches!(again, Err(BringError::Transfer(TransferError::Exists(_)))));
    });
}

#[test]
fn an_import_that_was_cut_off_goes_on_and_another_past_is_refused() {
    block_on(async {
        let (file, garden, old) = file().await;
        let whole = Memory::new();
        transfer::import(whole.as_ref(), &mut Cursor::new(&file), NOW_MS).unwrap();
        let frames = whole.head(garden.id).unwrap().frame_no;
        for kept in 0..=frames {
            let cut = copy(&whole, garden.id, kept);
            transfer::import(cut.as_ref(), &mut Cursor::new(&file), NOW_MS).unwrap();
            assert_eq!(stored(&cut, garden.id), stored(&whole, garden.id), "cut after frame {kept}");
        }
        let other = copy(&whole, garden.id, frames);
        let past = stored(&old, garden.id).len();
        let extra = copy_of(&stored(&whole, garden.id)[..1], past as u64 + 2);
        other.append(frame(garden.id, frames + 1, extra), Box::new(|_| {})).unwrap();
        let refused = transfer::import(other.as_ref(), &mut Cursor::new(&file), NOW_MS);
        assert!(matches!(refused, Err(TransferError::Exists(_))));
    });
}

type Stored = (u64, u64, Vec<u8>, Vec<Body>);

fn copy_of(records: &[Stored], seq: u64) -> Vec<kith_core::ports::NewRecord> {
    let copied = records.iter().zip(seq..).map(|((_, at_ms, bytes, bodies), seq)| {
        let (bytes, bodies) = (bytes.clone(), bodies.clone());
        kith_core::ports::NewRecord { seq, at_ms: *at_ms, ids: Vec::new(), bytes, bodies }
    });
    copied.collect()
}

fn frame(
    community: CommunityId,
    frame_no: u64,
    records: Vec<kith_core::ports::NewRecord>,
) -> kith_core::ports::NewFrame {
    kith_core::ports::NewFrame { community, epoch: 1, frame_no, records }
}

/// The first frames of a stream in a memory of their own.
fn copy(from: &Memory, community: CommunityId, frames: u64) -> Arc<Memory> {
    let memory = Memory::new();
    from.read(community, 1, &mut |read| {
        if read.head.frame_no > frames {
            return std::ops::ControlFlow::Break(());
        }
        let records: Vec<Stored> =
            read.records.into_iter().map(|r| (r.seq, r.at_ms, r.bytes, r.bodies)).collect();
        let records = copy_of(&records, records[0].0);
        memory.append(frame(community, read.head.frame_no, records), Box::new(|_| {})).unwrap();
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    memory
}

#[test]
fn a_removed_community_leaves_nothing_and_its_file_is_refused() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(7));
        let engine = engine(&memory);
        let garden = garden(&engine, &mint).await;
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let suspended = operator.set_status(garden.id, Wanted::Suspended).await.unwrap().unwrap();
        assert_eq!(suspended.state, State::Suspended);
        let removed = operator.set_status(garden.id, Wanted::Removed).await.unwrap().unwrap();
        assert_eq!(removed.state, State::Removed);
        engine.stop().await;
        assert!(!memory.contains(PLANTED.as_bytes()) && !memory.contains(b"olive"));
        let mut file = Vec::new();
        transfer::export(memory.as_ref(), garden.id, &mut file).unwrap();
        assert!(transfer::verify(&mut Cursor::new(file)).is_err());
    });
}

#[test]
fn a_creation_that_was_cut_off_goes_on_where_it_was() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(8));
        let engine = engine(&memory);
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let id = CommunityId(mint.bits(NOW_MS));
        let ask = async |to, kind: kith_core::command::CommandKind| {
            engine.ask(Draft::new(mint.command(NOW_MS), to, Actor::Host, kind)).await.unwrap()
        };
        let register = host::noun::RegistryCommand::Register { community: id, name: "garden".to_owned() };
        ask(CommunityId::HOST, register.into()).await;
        let blueprint = Box::new(Blueprint::default());
        let create = community::Command::Create { name: "garden".to_owned(), blueprint, founder: None };
        ask(id, create.into()).await;
        assert_eq!(operator.create("garden", Blueprint::default(), None).await.unwrap(), id);
        let row = operator.resolve("Garden").await.unwrap().unwrap();
        assert_eq!((row.id, row.state), (id, State::Open));
        let again = operator.create("garden", Blueprint::default(), None).await;
        assert!(matches!(again, Err(AskError::Refused(Refusal::AlreadyExists { .. }))));
        assert_eq!(operator.rename(id, "park").await.unwrap().unwrap().name, "park");
    });
}

#[test]
fn an_erased_member_stays_erased_on_the_next_host() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(9));
        let engine = engine(&memory);
        let garden = garden(&engine, &mint).await;
        let erase = privacy::Command::Erase { member: garden.rose };
        engine.ask(Draft::new(mint.command(NOW_MS), garden.id, Actor::Host, erase)).await.unwrap();
        erasures_are_done(&engine, garden.id).await;
        engine.stop().await;
        let mut file = Vec::new();
        let summary = transfer::export(memory.as_ref(), garden.id, &mut file).unwrap();
        assert!(!file.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes()));
        assert_eq!(transfer::verify(&mut Cursor::new(&file)).unwrap(), summary);
        let next = Memory::new();
        transfer::import(next.as_ref(), &mut Cursor::new(&file), NOW_MS).unwrap();
        let stream = recover(garden.id, next.as_ref(), next.as_ref()).unwrap().stream;
        let row = stream.community().unwrap().members.get(garden.rose).unwrap();
        assert!(matches!(row.standing, Standing::Erased { .. }));
    });
}

/// What a stranger does to a file.
#[derive(Debug, Clone)]
enum Harm {
    Flip(usize, u8),
    Cut(usize),
    Add(Vec<u8>),
    Twice(usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        (any::<usize>(), 1..=u8::MAX).prop_map(|(at, by)| Harm::Flip(at, by)),
        any::<usize>().prop_map(Harm::Cut),
        proptest::collection::vec(any::<u8>(), 1..64).prop_map(Harm::Add),
        (any::<usize>(), 1..400_usize).prop_map(|(at, length)| Harm::Twice(at, length)),
    ]
}

fn harmed(file: &[u8], harm: &Harm) -> Vec<u8> {
    let mut bytes = file.to_vec();
    match harm {
        Harm::Flip(at, by) => bytes[at % file.len()] ^= by,
        Harm::Cut(at) => bytes.truncate(at % file.len()),
        Harm::Add(more) => bytes.extend(more),
        Harm::Twice(at, length) => {
            let at = at % file.len();
            let piece = file[at..(at + length).min(file.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_harmed_file_is_refused_and_nothing_is_written(harms in proptest::collection::vec(harm(), 1..3)) {
        static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let file = FILE.get_or_init(|| block_on(file()).0);
        let bytes = harms.iter().fold(file.clone(), |bytes, harm| {
            if bytes.is_empty() { bytes } else { harmed(&bytes, harm) }
        });
        prop_assume!(bytes != *file);
        let memory = Memory::new();
        prop_assert!(transfer::import(memory.as_ref(), &mut Cursor::new(bytes), NOW_MS).is_err());
        prop_assert!(memory.streams().is_empty());
    }

    #[test]
    fn a_file_whose_checksums_a_stranger_made_is_folded_without_harm(
        which in any::<usize>(), at in any::<usize>(), by in 1..=u8::MAX, swap in any::<bool>(),
    ) {
        static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let file = FILE.get_or_init(|| block_on(file()).0);
        let mut entries = transfer::entries_of(file);
        let which = which % entries.len();
        if swap {
            let last = entries.len() - 1;
            entries.swap(which, last);
        } else {
            let payload = &mut entries[which].1;
            let at = at % payload.len();
            payload[at] ^= by;
        }
        let bytes = transfer::sealed(&entries);
        let memory = Memory::new();
        match transfer::import(memory.as_ref(), &mut Cursor::new(&bytes), NOW_MS) {
            Err(_) => prop_assert!(memory.streams().is_empty()),
            // Only a text or a harmless part of a record was another: the state is the one that was claimed.
            Ok(summary) => {
                let verified = transfer::verify(&mut Cursor::new(&bytes)).unwrap();
                prop_assert_eq!(verified, summary);
            }
        }
    }

    #[test]
    fn a_file_of_anything_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let mut file = b"KITHCOM1".to_vec();
        file.extend(bytes);
        prop_assert!(transfer::verify(&mut Cursor::new(file)).is_err());
    }
}

#[test]
fn whoever_listens_is_told_of_what_is_durable_and_can_read_what_was_said() {
    block_on(async {
        let memory = Memory::new();
        let (engine, mint) = (engine(&memory), Mint::seeded(11));
        let garden = garden(&engine, &mint).await;
        let (mut listener, mut landings) = (engine.subscribe(garden.id), engine.landings());
        say(&engine, &mint, garden.id, 3, ("moss", "soft")).await;
        let landed = listener.recv().await.unwrap();
        assert_eq!(landings.recv().await.unwrap(), (garden.id, landed.head));
        assert_eq!(landed.head, memory.ports(HandClock::at(NOW_MS)).records.head(garden.id).unwrap());
        let record = kith_core::record::Record::decode(&landed.records[0].bytes).unwrap();
        let (message, _) = record.events.iter().find_map(kith_core::message::said).unwrap();
        let reading = Reading::new(Arc::clone(&engine.ports().records));
        let wanted = [WantedWords { message, edited_ms: None }];
        assert_eq!(reading.kept_only(garden.id, &wanted), None);
        let said = reading.read(garden.id, &wanted).unwrap()[0].clone().unwrap();
        assert_eq!(said.bodies.text(said.parts[0].text().unwrap()), Some("soft"));
        assert_eq!(reading.kept_only(garden.id, &wanted), Some(vec![said]));
        reading.forget(garden.id);
        assert_eq!(reading.kept_only(garden.id, &wanted), None);
    });
}
