//! Messages: what each command does, shapes of parts, what leaves the window and comes back.

mod mentions;
mod model;
mod refusals;
mod withheld;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::channel;
use crate::command::Actor;
use crate::event::Event as AnyEvent;
use crate::ids::BodyId;
use crate::limits;
use crate::moment::{DAY_MS, MINUTE_MS};
use crate::notice::Text;
use crate::queue::Verdict;
use crate::stream::Kind;
use crate::testing_talk::*;

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "ok")
}

fn post(channel: ChannelId, parts: Vec<Part>) -> Command {
    Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions: Mentions::default() }
}

fn question(bench: &mut Bench, member: MemberId) -> MessageId {
    let parts = bench.text("how does one graft an apple?");
    let (channel, mentions) = (bench.hall(), Mentions::default());
    bench
        .ask(member, Command::Post { channel, parts, reply_to: None, sort: Sort::Question, mentions })
        .unwrap();
    bench.newest()
}

fn react(message: MessageId, emoji: &str) -> Command {
    Command::React { message, emoji: emoji.to_owned() }
}

fn unreact(message: MessageId, emoji: &str) -> Command {
    Command::Unreact { message, emoji: emoji.to_owned() }
}

fn delete(message: MessageId) -> Command {
    Command::Delete { message, reason: None }
}

fn everybody() -> Mentions {
    Mentions { members: BTreeSet::new(), all: true }
}

fn header(bench: &Bench, id: MessageId) -> &Header {
    bench.community().messages.get(id).unwrap()
}

fn blob(bytes: u64, media: &str) -> Blob {
    Blob { sha256: [7; 32], bytes, media: MediaType(media.to_owned()) }
}

/// Posts until every message of before has left the window.
fn fill_window(bench: &mut Bench) {
    for index in 0..limits::RECENT_MESSAGES_MAX {
        bench.say(BEN, &format!("line {index}"));
    }
}

/// A group with a message of each kind.
struct Scene {
    bench: Bench,
    /// Ann's.
    ann: MessageId,
    /// The owner's.
    owner: MessageId,
    /// Ann's, deleted.
    deleted: MessageId,
    /// In a channel that only moderators and above read.
    hidden: MessageId,
    /// Ben's question with Ann's reply accepted.
    question: MessageId,
    answer: MessageId,
    announcement: MessageId,
    /// In a channel that has been closed.
    closed: MessageId,
}

fn scene() -> Scene {
    let mut bench = Bench::new();
    let mut open = |name: &str, roles: &[&str]| {
        let read_roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let channel = channel::ChannelConfig { read_roles, ..channel::ChannelConfig::group(name) };
        bench.ask(OWNER, channel::Command::Open { channel }).unwrap();
        ChannelId(bench.newest().0)
    };
    let (staff, attic) = (open("staff", &["moderator"]), open("attic", &[]));
    let hidden = bench.post(MODERATOR, staff, "between us", None);
    let closed = bench.post(ANN, attic, "old things", None);
    bench.ask(OWNER, channel::Command::Close { channel: attic }).unwrap();
    let (ann, owner) = (bench.say(ANN, "apples"), bench.say(OWNER, "pears"));
    let deleted = bench.say(ANN, "plums");
    bench.ask(ANN, delete(deleted)).unwrap();
    let question = question(&mut bench, BEN);
    let answer = bench.reply(ANN, question, "with a sharp knife");
    bench.ask(BEN, Command::AcceptAnswer { question, answer }).unwrap();
    let (channel, parts) = (bench.hall(), bench.text("harvest on Sunday"));
    let mentions = Mentions::default();
    bench.ask(MODERATOR, Command::Announce { channel, parts, ack: Ack::Required, mentions }).unwrap();
    let announcement = bench.newest();
    bench.ask(ANN, react(ann, "👍")).unwrap();
    bench.ask(MODERATOR, Command::Pin { message: ann }).unwrap();
    Scene { bench, ann, owner, deleted, hidden, question, answer, announcement, closed }
}

#[test]
fn a_post_leaves_a_header_and_nothing_of_what_it_says() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "see https://example.com/apples for more");
    let header = header(&bench, id).clone();
    assert_eq!((header.author, header.channel, header.at_ms), (ANN, bench.hall(), bench.now_ms()));
    assert_eq!((header.chars, header.links), (39, 1));
    assert_eq!(
        header.fingerprint,
        crate::text::measure::fingerprint("see https://example.com/apples for more")
    );
    assert!(bench.stream.bodies.is_empty());
    bench.check();
}

#[test]
fn shapes_of_parts_are_checked() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    let strange = BodyRef { id: BodyId(1), len: 3, mac: [0; 16] };
    let image = |bytes, media: &str| Part::Image { blob: blob(bytes, media) };
    let voice = |media: &str, duration_ms| Part::Voice { blob: blob(9, media), duration_ms };
    let text = |body| Part::Text { body };
    let member = |member| Part::Card { subject: CardSubject::Member(member) };
    let mut of = |content: &str| bench.body(content);
    let rows: Vec<(Vec<Part>, &str)> = vec![
        (vec![], "text_empty"),
        (vec![text(of(""))], "text_empty"),
        (vec![text(of(" \n"))], "text_empty"),
        (vec![text(strange)], "body_missing"),
        (vec![text(of(&"x".repeat(limits::TEXT_BYTES_MAX)))], "ok"),
        (vec![text(of(&"x".repeat(limits::TEXT_BYTES_MAX + 1)))], "text_too_long"),
        (
            vec![text(of(&"x".repeat(30_000))), text(of(&"x".repeat(30_000))), text(of(&"x".repeat(9_000)))],
            "text_too_long",
        ),
        (vec![image(1, "image/png"); limits::PARTS_MAX + 1], "too_many"),
        (vec![Part::Code { body: of("let a = 1;") }], "ok"),
        (vec![Part::Code { body: of("") }], "text_empty"),
        (vec![Part::Link { body: of("https://example.com") }], "ok"),
        (vec![Part::Link { body: of("javascript:alert(1)") }], "value_invalid"),
        (vec![Part::Link { body: of("https://example.com/a b") }], "value_invalid"),
        (vec![Part::Link { body: of(&format!("https://{}", "x".repeat(2_048))) }], "text_too_long"),
        (vec![member(BEN)], "ok"),
        (vec![member(GONE)], "not_found"),
        (vec![member(MemberId(1))], "not_found"),
        (vec![Part::Card { subject: CardSubject::Written(of("Ann, Chengdu")) }], "ok"),
        (vec![Part::Card { subject: CardSubject::Written(of("")) }], "text_empty"),
        (vec![image(1, "image/png")], "ok"),
        (vec![image(0, "image/png")], "text_empty"),
        (vec![image(limits::IMAGE_BYTES_MAX + 1, "image/png")], "text_too_long"),
        (vec![image(1, "image/svg+xml")], "value_invalid"),
        (vec![image(1, "text/html")], "value_invalid"),
        (vec![image(1, "image/")], "value_invalid"),
        (vec![image(1, "image/PNG")], "value_invalid"),
        (vec![image(1, &format!("image/{}", "x".repeat(100)))], "value_invalid"),
        (vec![voice("audio/ogg", 1)], "ok"),
        (vec![voice("audio/ogg", 0)], "value_invalid"),
        (vec![voice("audio/ogg", limits::VOICE_MS_MAX + 1)], "value_invalid"),
        (vec![voice("video/mp4", 1)], "value_invalid"),
        (vec![Part::File { blob: blob(1, "application/pdf"), name: of("plan.pdf") }], "ok"),
        (vec![Part::File { blob: blob(1, "application/pdf"), name: of("../plan.pdf") }], "value_invalid"),
        (vec![Part::File { blob: blob(1, "pdf"), name: of("plan.pdf") }], "value_invalid"),
        (vec![Part::File { blob: blob(1, "application/pdf"), name: of("") }], "text_empty"),
    ];
    let bodies = bench.take_bodies();
    for (parts, expected) in rows {
        bench.put_bodies(&bodies);
        assert_eq!(code(bench.ask(ANN, post(hall, parts.clone()))), expected, "{parts:?}");
    }
    bench.check();
}

#[test]
fn an_edit_keeps_the_old_facts_and_ends_with_its_window() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "apples");
    let old = header(&bench, id).measure();
    let parts = bench.text("apples and pears");
    let events = bench.ask(ANN, Command::Edit { message: id, parts: parts.clone() }).unwrap();
    let measure = header(&bench, id).measure();
    assert_eq!(measure.chars, 16);
    let first_ms = bench.now_ms();
    let (old_edited_ms, recalled, original) = (None, None, Box::default());
    let expected = Event::Edited { message: id, parts, measure, old, old_edited_ms, recalled, original };
    assert_eq!(events, [expected.into()]);
    assert_eq!(header(&bench, id).edited_ms, Some(first_ms));
    let parts = bench.text("pears");
    let events = bench.ask(ANN, Command::Edit { message: id, parts }).unwrap();
    let AnyEvent::Message(Event::Edited { old_edited_ms, .. }) = &events[0] else { panic!("{events:?}") };
    assert_eq!(*old_edited_ms, Some(first_ms), "it carries when it was edited before");
    let window_ms = u64::from(MessageConfig::default().edit_window_minutes) * MINUTE_MS;
    bench.advance(window_ms);
    let parts = bench.text("too late");
    assert_eq!(code(bench.ask(ANN, Command::Edit { message: id, parts })), "wrong_state");
    bench.check();
}

#[test]
fn a_deletion_says_who_and_why_and_tells_the_author() {
    let mut scene = scene();
    let bench = &mut scene.bench;
    let reason = Some(bench.body("off topic"));
    let id = scene.ann;
    let events = bench.ask(MODERATOR, Command::Delete { message: id, reason }).unwrap();
    assert_eq!(events[0], Event::Deleted { message: id, by: Some(MODERATOR), reason, origin: None }.into());
    let told = &bench.community().members.get(ANN).unwrap().notices;
    assert_eq!(told.last().unwrap().text.code, "message.deleted_by_moderator");
    let deletion = Deletion { at_ms: bench.now_ms(), by: Some(MODERATOR) };
    assert_eq!(header(bench, id).deleted, Some(deletion));
    assert!(bench.community().messages.pins(bench.hall()).is_empty(), "its pin goes with it");
    bench.ask_as(Actor::Host, delete(scene.owner)).unwrap();
    let before = bench.community().members.get(ANN).unwrap().notices.len();
    bench.ask(ANN, delete(scene.answer)).unwrap();
    assert_eq!(header(bench, scene.question).accepted, None, "a deleted answer answers nothing");
    assert_eq!(
        bench.community().members.get(ANN).unwrap().notices.len(),
        before,
        "nobody is told of their own"
    );
    bench.check();
}

#[test]
fn reactions_have_caps_and_are_counted_once() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "apples");
    for index in 0..limits::EMOJIS_MAX as u32 {
        let emoji = char::from_u32(0x1f34a + index).unwrap().to_string();
        bench.ask(BEN, react(id, &emoji)).unwrap();
    }
    assert_eq!(code(bench.ask(BEN, react(id, "👍"))), "too_many");
    assert_eq!(code(bench.ask(ANN, react(id, "\u{1f34a}"))), "ok");
    bench.ask(BEN, unreact(id, "\u{1f34b}")).unwrap();
    assert!(!header(&bench, id).reactions.contains_key("\u{1f34b}"), "no emoji without members");
    assert_eq!(code(bench.ask(BEN, react(id, "👍"))), "ok");
    assert_eq!(header(&bench, id).reactions["\u{1f34a}"], BTreeSet::from([ANN, BEN]));
    bench.check();
}

#[test]
fn pins_have_a_cap_for_each_channel() {
    let mut bench = Bench::new();
    let ids: Vec<_> = (0..=limits::PINS_MAX).map(|index| bench.say(ANN, &format!("{index}"))).collect();
    for id in &ids[1..] {
        bench.ask(MODERATOR, Command::Pin { message: *id }).unwrap();
    }
    assert_eq!(code(bench.ask(MODERATOR, Command::Pin { message: ids[0] })), "too_many");
    bench.ask(MODERATOR, Command::Unpin { message: ids[1] }).unwrap();
    bench.ask(MODERATOR, Command::Pin { message: ids[0] }).unwrap();
    let pins = bench.community().messages.pins(bench.hall());
    assert_eq!((pins.first(), pins.last()), (Some(&ids[2]), Some(&ids[0])));
    bench.check();
}

#[test]
fn accepting_another_answer_carries_the_old_one() {
    let mut scene = scene();
    let bench = &mut scene.bench;
    let question = scene.question;
    let better = bench.reply(GUEST_WHO_POSTS, question, "with wax");
    let events = bench.ask(MODERATOR, Command::AcceptAnswer { question, answer: better }).unwrap();
    let old = Some(scene.answer);
    let accepted =
        Event::AnswerAccepted { question, answer: better, answerer: GUEST_WHO_POSTS, old, recalled: None };
    assert_eq!(events[0], accepted.into());
    let told = &bench.community().members.get(GUEST_WHO_POSTS).unwrap().notices;
    assert_eq!(told.last().unwrap().text.code, "message.answer_accepted");
    let events = bench.ask(BEN, Command::UnacceptAnswer { question }).unwrap();
    assert_eq!(events, [Event::AnswerUnaccepted { question, old: better }.into()]);
    assert_eq!(header(bench, question).accepted, None);
    bench.check();
}

/// A second member who is neither asker nor first answerer.
const GUEST_WHO_POSTS: MemberId = ADMIN;

#[test]
fn an_announcement_knows_who_has_not_confirmed_it() {
    let mut scene = scene();
    let bench = &mut scene.bench;
    let id = scene.announcement;
    let before = acknowledged(bench.community(), id).unwrap();
    assert_eq!(before, Acknowledgements { count: 0, missing: vec![OWNER, ADMIN, ANN, BEN, GUEST] });
    for member in [GUEST, ANN] {
        bench.ask(member, Command::Acknowledge { message: id }).unwrap();
    }
    let after = acknowledged(bench.community(), id).unwrap();
    assert_eq!(after, Acknowledgements { count: 2, missing: vec![OWNER, ADMIN, BEN] });
    assert_eq!(acknowledged(bench.community(), scene.ann), None);
    for _ in 0..limits::ANNOUNCEMENTS_MAX {
        let (channel, parts) = (bench.hall(), bench.text("again"));
        let mentions = Mentions::default();
        bench.ask(OWNER, Command::Announce { channel, parts, ack: Ack::Optional, mentions }).unwrap();
    }
    assert_eq!(acknowledged(bench.community(), id), None, "only the last are kept");
    assert_eq!(code(bench.ask(BEN, Command::Acknowledge { message: id })), "not_found");
    bench.check();
}

#[test]
fn what_left_the_window_comes_back_as_evidence() {
    let mut bench = Bench::new();
    let (plain, doomed) = (bench.say(ANN, "plain"), bench.say(ANN, "doomed"));
    let asked = question(&mut bench, ANN);
    let answer = bench.reply(BEN, asked, "so");
    let liked = bench.say(ANN, "liked");
    bench.ask(BEN, react(liked, "👍")).unwrap();
    fill_window(&mut bench);
    let messages = &bench.community().messages;
    assert!(messages.get(plain).is_none() && messages.recent().len() == limits::RECENT_MESSAGES_MAX);
    assert_eq!(messages.get(liked).unwrap().reaction_count(), 1, "what changed of it is kept");

    let parts = bench.text("plain, but edited");
    bench.ask(ANN, Command::Edit { message: plain, parts }).unwrap();
    assert!(header(&bench, plain).edited_ms.is_some());
    bench.ask(BEN, react(plain, "🎉")).unwrap();
    bench.ask(BEN, unreact(plain, "🎉")).unwrap();
    bench.ask(ANN, react(liked, "👍")).unwrap();
    assert_eq!(header(&bench, liked).reactions["👍"], BTreeSet::from([ANN, BEN]));
    bench.ask(ANN, Command::AcceptAnswer { question: asked, answer }).unwrap();
    assert_eq!(header(&bench, asked).accepted, Some(answer));
    bench.ask(MODERATOR, Command::Pin { message: answer }).unwrap();
    bench.ask(ANN, delete(doomed)).unwrap();
    bench.ask(ANN, delete(liked)).unwrap();
    for gone in [doomed, liked] {
        assert!(bench.community().messages.is_deleted(gone));
        assert_eq!(code(bench.ask(BEN, react(gone, "👍"))), "wrong_state");
        assert_eq!(code(bench.ask(ANN, delete(gone))), "wrong_state");
    }
    bench.reply(BEN, plain, "late");
    bench.check();
}

#[test]
fn a_deleted_message_stays_deleted_when_it_leaves_the_window() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "doomed");
    bench.ask(ANN, delete(id)).unwrap();
    fill_window(&mut bench);
    assert!(bench.community().messages.get(id).is_none());
    assert_eq!(code(bench.ask(BEN, react(id, "👍"))), "wrong_state");
    bench.check();
}

#[test]
fn evidence_of_another_message_proves_nothing() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "plain");
    let other = Header::new(id, bench.hall(), ANN, 1);
    let (hall, asked) = (bench.hall(), MessageId(5));
    let events = bench.by_hand(ANN, |ctx, _| {
        let messages = BTreeMap::from([(asked, Some(other.clone()))]);
        let lie = Evidence { messages, ..Evidence::default() };
        let ctx = Ctx { evidence: &lie, ..*ctx };
        let answer = decide(&ctx, &delete(asked), &mut Outcome::default());
        assert_eq!(code(answer), "not_found", "in {hall}");
    });
    assert!(events.is_empty());
}

#[test]
fn imported_messages_are_put_where_they_were_said() {
    let mut bench = Bench::new();
    bench.say(ANN, "one");
    bench.say(ANN, "two");
    let hall = bench.hall();
    let Kind::Community(community) = &mut bench.stream.kind else { panic!("it was founded") };
    for (id, said_at_ms) in [(3, 50), (1, 10), (2, 50), (1, 70)] {
        let header =
            Header { said_at_ms: Some(said_at_ms), ..Header::new(MessageId(id), hall, BEN, said_at_ms) };
        imported(community, header);
    }
    let order: Vec<_> = community.messages.recent().map(|header| header.at_ms.min(99)).collect();
    assert_eq!(order, [10, 50, 50, 99, 99]);
    let of_ben: Vec<_> = recent_of(community, BEN, 50).map(|header| header.id.0).collect();
    assert_eq!(of_ben, [2, 3]);
    assert_eq!(community.messages.get(MessageId(2)).unwrap().at_ms, 50);
    for id in 10..=limits::RECENT_MESSAGES_MAX as u128 + 10 {
        imported(community, Header::new(MessageId(id), hall, BEN, 60));
    }
    imported(community, Header::new(MessageId(9_999), hall, BEN, 5));
    let messages = &community.messages;
    assert_eq!(messages.recent().len(), limits::RECENT_MESSAGES_MAX);
    assert!(messages.get(MessageId(9_999)).is_none() && messages.get(MessageId(1)).is_none());
    assert_eq!(recent_of(community, BEN, 0).count(), limits::RECENT_MESSAGES_MAX - 2);
}

#[test]
fn pages_and_recent_talk_come_newest_first() {
    let mut bench = Bench::new();
    bench.ask(OWNER, channel::Command::Open { channel: channel::ChannelConfig::group("side") }).unwrap();
    let side = ChannelId(bench.newest().0);
    let ids: Vec<_> = (0..10)
        .map(|index| if index % 3 == 0 { bench.post(BEN, side, "x", None) } else { bench.say(ANN, "x") })
        .collect();
    let community = bench.community();
    let page = |channel, before, limit| -> Vec<MessageId> {
        channel_page(community, channel, before, limit).iter().map(|header| header.id).collect()
    };
    assert_eq!(page(side, None, 2), [ids[9], ids[6]]);
    assert_eq!(page(side, Some(ids[6]), 9), [ids[3], ids[0]]);
    assert_eq!(page(side, Some(ids[5]), 1), [ids[3]], "the place may be another channel's");
    assert!(page(side, Some(MessageId(1)), 9).is_empty());
    let since_ms = header(&bench, ids[4]).at_ms;
    let recent: Vec<_> = recent_of(community, ANN, since_ms).map(|header| header.id).collect();
    assert_eq!(recent, [ids[8], ids[7], ids[5], ids[4]]);
    assert_eq!(recent_of(community, GUEST, 0).count(), 0);
}
