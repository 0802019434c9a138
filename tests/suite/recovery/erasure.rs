//! Erasure on a real folder: what somebody wrote, wherever they wrote it, is found nowhere below DATA, and
//! neither is the key that it was sealed under.

use std::fs;
use std::path::{Path, PathBuf};

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Blueprint;
use kith_core::ids::{MemberId, MessageId};
use kith_core::member::Standing;
use kith_core::message::{self, Mentions, Sort};
use kith_core::{gate, privacy, queue};
use kith_runtime::draft::Draft;
use kith_runtime::writer::Writer;

use crate::world::{Place, World, text_part};

const BLUEPRINT: &str = r#"
[gate]
[[gate.conditions]]
kind = "questions"
[[gate.conditions.questions]]
name = "why"
text = "Why us?"
match = "human"
[[card.fields]]
name = "region"
kind = { text = { chars_max = 80 } }
[[rule]]
name = "ads"
step = "hold"
check.words = { lists = ["ads"] }
[lists]
ads = ["bargain"]
"#;

/// What is planted: each a word that nobody else says.
const PLANTED: &[&str] = &[
    "planted-nickname-玫瑰",
    "planted-card-上海",
    "planted-answer-因为",
    "planted-message-花园",
    "planted-edit-改过",
    "planted-held-广告",
    "planted-appeal-申诉",
    "planted-reason-理由",
];

struct Planted {
    place: Place,
    rose: MemberId,
    fern: MemberId,
}

/// Lets somebody in who answers the gate's question.
fn admit(world: &World, place: Place, texts: [&str; 3]) -> MemberId {
    let (at_ms, person) = (world.now_ms(), world.person());
    let id = world.mint().command(at_ms);
    let member = MemberId::of(id, 0);
    let mut bodies = Bodies::default();
    let mut body = |text: &str| world.mint().text(&mut bodies, at_ms, member, text);
    let join = gate::Command::RequestJoin {
        nickname: body(texts[0]),
        card: [("region".to_owned(), body(texts[1]))].into(),
        answers: [("why".to_owned(), body(texts[2]))].into(),
        invite: None,
        source: String::new(),
    };
    world.ask(Draft::new(id, place.id, Actor::Person(person), join).with_bodies(bodies)).unwrap();
    let decision = gate::Decision::Admit;
    world
        .ask_member(place.id, place.owner, gate::Command::Decide { member, decision, reason: None })
        .unwrap();
    let standing = world.view(place.id, move |community| community.members.get(member).unwrap().standing);
    assert_eq!(standing, Standing::Active);
    member
}

fn plant(world: &World) -> Planted {
    let place = world.found("garden", &toml::from_str::<Blueprint>(BLUEPRINT).unwrap());
    let rose = admit(world, place, [PLANTED[0], PLANTED[1], PLANTED[2]]);
    let fern = admit(world, place, ["fern", "fern's shore", "fern's why"]);
    world.post(place, fern, "what fern keeps").unwrap();
    let message = world.post(place, rose, PLANTED[3]).unwrap();
    world.edit(place, rose, message, PLANTED[4]).unwrap();
    let held = say(world, place, rose, &format!("a bargain: {}", PLANTED[5]));
    let receipt = world.view(place.id, |community| *community.queue.receipts.keys().last().unwrap());
    let mut bodies = Bodies::default();
    let text = world.mint().text(&mut bodies, world.now_ms(), rose, PLANTED[6]);
    let appeal = queue::Command::Appeal { receipt, text };
    // Whether a hold can be appealed is the queue's business: the words were sent.
    let _ = world.ask(world.draft(place.id, Actor::Member(rose), appeal).with_bodies(bodies));
    assert!(world.view(place.id, |community| !community.queue.holds.is_empty()), "{held} is held");
    let mut bodies = Bodies::default();
    let reason = Some(world.mint().text(&mut bodies, world.now_ms(), rose, PLANTED[7]));
    let delete = message::Command::Delete { message, reason };
    world.ask(world.draft(place.id, Actor::Member(place.owner), delete).with_bodies(bodies)).unwrap();
    world.opened().ports().blobs.put(place.id, rose, PLANTED[3].as_bytes()).unwrap();
    Planted { place, rose, fern }
}

fn say(world: &World, place: Place, member: MemberId, text: &str) -> MessageId {
    let mut bodies = Bodies::default();
    let parts = vec![text_part(world, &mut bodies, member, text)];
    let (channel, mentions) = (place.channel, Mentions::default());
    let post = message::Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions };
    let draft = world.draft(place.id, Actor::Member(member), post).with_bodies(bodies);
    let message = MessageId(draft.id.0);
    world.ask(draft).unwrap();
    message
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Every file below DATA, by name.
fn bytes_of(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(data).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// The stretches of 16 bytes of the files of keys that are not there any more: what was destroyed.
fn destroyed(before: &[(PathBuf, Vec<u8>)], after: &[(PathBuf, Vec<u8>)]) -> Vec<[u8; 16]> {
    let is_key = |path: &Path| {
        path.strip_prefix(path.ancestors().nth(1).unwrap()).is_ok()
            && path.to_string_lossy().contains("/keys")
    };
    let mut gone = Vec::new();
    for (path, old) in before.iter().filter(|(path, _)| is_key(path)) {
        let new = after.iter().find(|(other, _)| other == path).map_or(&[][..], |(_, bytes)| bytes);
        for (place, chunk) in old.as_chunks::<16>().0.iter().enumerate() {
            if new.get(place * 16..place * 16 + 16) != Some(&chunk[..]) {
                gone.push(*chunk);
            }
        }
    }
    gone
}

fn assert_erased(world: &mut World, planted: &Planted, before: &[(PathBuf, Vec<u8>)]) {
    let report = world.verify();
    assert!(report.is_sound() && report.bodies_erased >= PLANTED.len() as u64 - 1, "{report:?}");
    assert!(report.bodies >= 4, "what others wrote is there: {report:?}");
    let (rose, fern) = (planted.rose, planted.fern);
    let standings = world.view(planted.place.id, move |community| {
        [rose, fern].map(|member| community.members.get(member).unwrap().standing)
    });
    assert!(matches!(standings, [Standing::Erased { .. }, Standing::Active]), "{standings:?}");
    world.stop();
    let after = bytes_of(world.data());
    let keys = destroyed(before, &after);
    assert!(keys.len() >= 2, "a key was destroyed");
    for (path, bytes) in &after {
        for word in PLANTED {
            assert!(!contains(bytes, word.as_bytes()), "{word} in {}", path.display());
        }
        for key in keys.iter().filter(|key| key.iter().any(|byte| *byte != 0)) {
            assert!(!contains(bytes, key), "a piece of a destroyed key in {}", path.display());
        }
    }
    world.start().unwrap();
    assert!(world.verify().is_sound());
}

#[test]
fn what_was_erased_is_found_nowhere_below_data() {
    let mut world = World::new();
    let planted = plant(&world);
    world.await_index();
    world.restart();
    world.await_index();
    let before = bytes_of(world.data());
    let erase = privacy::Command::Erase { member: planted.rose };
    world.ask_as(planted.place.id, Actor::Host, erase).unwrap();
    let id = planted.place.id;
    world.until("keys are destroyed", |world| world.look(id, |stream| stream.erasures.is_empty()).unwrap());
    assert_erased(&mut world, &planted, &before);
}

#[test]
fn an_erasure_cut_off_before_its_keys_were_destroyed_is_finished_unasked() {
    let mut world = World::new();
    let planted = plant(&world);
    let id = planted.place.id;
    world.rest(id);
    let before = bytes_of(world.data());
    // The record is durable, and the process ends before anything else happens.
    let ports = world.opened().ports();
    let mut writer = Writer::open(id, ports.records, ports.snapshots.as_ref(), ports.extensions).unwrap();
    let erase = world.draft(id, Actor::Host, privacy::Command::Erase { member: planted.rose });
    writer.step(erase, world.now_ms()).reply.unwrap();
    let (durable_to, durable) = std::sync::mpsc::channel();
    writer.flush(Box::new(move |head| durable_to.send(head).unwrap())).unwrap();
    let recorded = durable.recv().unwrap().unwrap().seq;
    drop((writer, ports.blobs, ports.clock, ports.due, ports.keys, ports.snapshots));
    world.close();
    world.start().unwrap();
    world.until("the erasure is finished", |world| world.durable_seq(id) > recorded);
    assert_erased(&mut world, &planted, &before);
}
