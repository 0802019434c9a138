//! Messages: tables of every command and refusal, shapes of parts, what leaves the window and comes back.

mod model;

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

/// What the rows of the table of refusals are about.
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
fn refuses_every_command_that_does_not_fit() {
    let mut scene = scene();
    let Scene { ann, owner, deleted, hidden, question, answer, announcement, closed, .. } = scene;
    let bench = &mut scene.bench;
    let hall = bench.hall();
    let unknown = MessageId(1);
    let hello = bench.body("hello");
    let bodies = bench.take_bodies();
    let parts = || vec![Part::Text { body: hello }];
    let reply = |reply_to| Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: Some(reply_to),
        sort: Sort::Talk,
        mentions: Mentions::default(),
    };
    let mention = |members: &[MemberId]| Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: None,
        sort: Sort::Talk,
        mentions: Mentions { members: members.iter().copied().collect(), all: false },
    };
    let announce =
        |channel, mentions| Command::Announce { channel, parts: parts(), ack: Ack::Optional, mentions };
    let edit = |message| Command::Edit { message, parts: parts() };
    let crowd: Vec<MemberId> = (0..=limits::MENTIONS_MAX as u128).map(MemberId).collect();
    let accept = |question, answer| Command::AcceptAnswer { question, answer };
    let unaccept = |question| Command::UnacceptAnswer { question };
    let shout = Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: None,
        sort: Sort::Talk,
        mentions: everybody(),
    };
    let no_reason = Some(BodyRef { id: BodyId(1), len: 1, mac: [0; 16] });
    let rows: Vec<(MemberId, Command, &str)> = vec![
        (GONE, post(hall, parts()), "not_a_member"),
        (ANN, reply(owner), "ok"),
        (ANN, reply(unknown), "not_found"),
        (ANN, reply(hidden), "not_found"),
        (MODERATOR, reply(hidden), "wrong_state"),
        (ANN, reply(deleted), "wrong_state"),
        (ANN, mention(&[BEN, GUEST]), "ok"),
        (ANN, mention(&[BEN, GONE]), "not_found"),
        (ANN, mention(&crowd), "too_many"),
        (ANN, shout.clone(), "permission_missing"),
        (MODERATOR, shout.clone(), "permission_missing"),
        (ADMIN, shout, "ok"),
        (ANN, edit(ann), "ok"),
        (BEN, edit(ann), "not_yours"),
        (OWNER, edit(ann), "not_yours"),
        (ANN, edit(unknown), "not_found"),
        (ANN, edit(hidden), "not_found"),
        (ANN, edit(deleted), "wrong_state"),
        (ANN, edit(closed), "wrong_state"),
        (ANN, Command::Edit { message: ann, parts: vec![] }, "text_empty"),
        (BEN, delete(ann), "permission_missing"),
        (MODERATOR, delete(owner), "rank_too_low"),
        (ANN, delete(unknown), "not_found"),
        (ANN, delete(hidden), "not_found"),
        (ANN, delete(deleted), "wrong_state"),
        (ANN, Command::Delete { message: ann, reason: no_reason }, "body_missing"),
        (GUEST, react(ann, "👍"), "permission_missing"),
        (BEN, react(ann, "加微"), "value_invalid"),
        (BEN, react(ann, "doge"), "value_invalid"),
        (BEN, react(unknown, "👍"), "not_found"),
        (BEN, react(hidden, "👍"), "not_found"),
        (BEN, react(deleted, "👍"), "wrong_state"),
        (BEN, react(closed, "👍"), "wrong_state"),
        (ANN, react(ann, "👍"), "nothing_to_change"),
        (BEN, unreact(ann, "👍"), "nothing_to_change"),
        (ANN, unreact(ann, "🎉"), "nothing_to_change"),
        (ANN, unreact(deleted, "👍"), "wrong_state"),
        (GUEST, unreact(ann, "👍"), "permission_missing"),
        (ANN, Command::Pin { message: owner }, "permission_missing"),
        (MODERATOR, Command::Pin { message: ann }, "nothing_to_change"),
        (MODERATOR, Command::Pin { message: unknown }, "not_found"),
        (MODERATOR, Command::Pin { message: deleted }, "wrong_state"),
        (ANN, Command::Unpin { message: ann }, "permission_missing"),
        (MODERATOR, Command::Unpin { message: owner }, "wrong_state"),
        (ANN, accept(question, answer), "permission_missing"),
        (BEN, accept(question, answer), "nothing_to_change"),
        (BEN, accept(question, owner), "wrong_state"),
        (BEN, accept(question, deleted), "wrong_state"),
        (BEN, accept(question, unknown), "not_found"),
        (BEN, accept(unknown, answer), "not_found"),
        (ANN, accept(ann, answer), "wrong_state"),
        (ANN, unaccept(question), "permission_missing"),
        (ANN, unaccept(ann), "nothing_to_change"),
        (ANN, announce(hall, Mentions::default()), "permission_missing"),
        (MODERATOR, announce(hall, everybody()), "permission_missing"),
        (MODERATOR, announce(ChannelId(1), Mentions::default()), "not_found"),
        (ANN, Command::Acknowledge { message: ann }, "not_found"),
        (ANN, Command::Acknowledge { message: unknown }, "not_found"),
        (ANN, Command::Acknowledge { message: deleted }, "wrong_state"),
        (ANN, Command::Acknowledge { message: announcement }, "ok"),
        (ANN, Command::Acknowledge { message: announcement }, "nothing_to_change"),
        (ANN, Command::Configure { config: MessageConfig::default() }, "permission_missing"),
        (ADMIN, Command::Configure { config: MessageConfig::default() }, "nothing_to_change"),
    ];
    for (member, command, expected) in rows {
        bench.put_bodies(&bodies);
        let before = bench.stream.clone();
        assert_eq!(code(bench.ask(member, command.clone())), expected, "{member} {command:?}");
        assert!(expected == "ok" || bench.stream == before, "a refusal changes nothing");
    }
    let hosts = bench.text("hello");
    assert_eq!(code(bench.ask_as(Actor::Host, post(hall, hosts))), "not_a_member");
    bench.check();
}

#[test]
fn refuses_settings_out_of_range() {
    let mut bench = Bench::new();
    let codes = |codes: &[&str]| MessageConfig {
        emoji_codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..MessageConfig::default()
    };
    let many = MessageConfig {
        emoji_codes: (0..=limits::EMOJI_CODES_MAX).map(|index| format!("e{index}")).collect(),
        ..MessageConfig::default()
    };
    let rows = [
        (codes(&["加微"]), "name_invalid"),
        (codes(&[""]), "name_invalid"),
        (many, "too_many"),
        (MessageConfig { mention_all_per_day: 101, ..MessageConfig::default() }, "too_many"),
        (codes(&["doge"]), "ok"),
    ];
    for (config, expected) in rows {
        assert_eq!(
            code(bench.ask(ADMIN, Command::Configure { config: config.clone() })),
            expected,
            "{config:?}"
        );
    }
    let id = bench.say(ANN, "much wow");
    bench.ask(BEN, react(id, "doge")).unwrap();
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
    assert_eq!(events[0], Event::Deleted { message: id, by: Some(MODERATOR), reason }.into());
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
fn everybody_can_be_mentioned_as_often_as_the_budget_of_a_day_allows() {
    let mut bench = Bench::new();
    let channel = bench.hall();
    let shout = |bench: &mut Bench| {
        let parts = bench.text("all hands");
        let mentions = everybody();
        code(bench.ask(OWNER, Command::Announce { channel, parts, ack: Ack::Optional, mentions }))
    };
    let answers: Vec<_> = (0..4).map(|_| shout(&mut bench)).collect();
    assert_eq!(answers, ["ok", "ok", "ok", "too_many"]);
    bench.advance(DAY_MS - 4_000);
    assert_eq!(shout(&mut bench), "ok", "the first is a day old");
    assert_eq!(shout(&mut bench), "ok", "the second is");
    bench.check();
}

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
fn mentions_push_out_mentions_and_nothing_that_matters() {
    let mut bench = Bench::new();
    let mut tell = |code: &str| {
        bench.by_hand(MODERATOR, |_, out| out.notify(BEN, Text::new(code)));
        let notices = &bench.community().members.get(BEN).unwrap().notices;
        (notices.len(), notices.iter().any(|notice| notice.text.code == "queue.held_message"))
    };
    tell("queue.held_message");
    for _ in 0..2 * limits::NOTICES_MAX {
        assert!(tell(MENTIONED).1);
    }
    assert_eq!(tell(MENTIONED), (limits::NOTICES_MAX, true));
    for _ in 1..limits::NOTICES_MAX {
        assert!(tell("rule.warned").1, "mentions go first");
    }
    assert!(!tell("rule.warned").1, "then the oldest");
}

#[test]
fn who_is_mentioned_is_told_once_if_they_may_read_it() {
    let mut bench = Bench::new();
    let staff = channel::ChannelConfig {
        read_roles: ["moderator".to_owned()].into(),
        ..channel::ChannelConfig::group("staff")
    };
    bench.ask(OWNER, channel::Command::Open { channel: staff }).unwrap();
    let staff = bench.community().channels.of_name("staff").unwrap().id;
    let told = |events: &[AnyEvent]| -> Vec<MemberId> {
        let mentioned = |event: &AnyEvent| match event {
            AnyEvent::Member(crate::member::Event::Notified { member, text }) => {
                (text.code == "message.mentioned").then_some(*member)
            }
            _ => None,
        };
        events.iter().filter_map(mentioned).collect()
    };
    let mut held = Held {
        header: Box::new(Header::new(MessageId(9), staff, MODERATOR, START_MS)),
        parts: Vec::new(),
        mentions: Mentions { members: [MODERATOR, ANN, BEN, OWNER, GONE].into(), all: true },
        edits: None,
        original: Vec::new(),
    };
    let release = |bench: &mut Bench, held: &Held| {
        told(&bench.by_hand(MODERATOR, |ctx, out| post::release(ctx, held, out)))
    };
    assert_eq!(release(&mut bench, &held), [OWNER], "who may not read the channel learns nothing of it");
    *held.header = Header::new(MessageId(10), bench.hall(), MODERATOR, START_MS);
    assert_eq!(release(&mut bench, &held), [OWNER, ANN, BEN], "not the author, not who has left");
    assert_eq!(release(&mut bench, &held), [], "and not again");
    let parts = bench.text("look, Ben");
    let mentions = Mentions { members: [BEN].into(), all: false };
    let (channel, sort) = (bench.hall(), Sort::Talk);
    let post = Command::Post { channel, parts, reply_to: None, sort, mentions };
    assert_eq!(told(&bench.ask(ANN, post).unwrap()), [BEN]);
}

#[test]
fn verdicts_become_a_post_a_hold_or_a_denial() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    let held = Held {
        header: Box::new(Header::new(MessageId(9), hall, ANN, START_MS)),
        parts: Vec::new(),
        mentions: everybody(),
        edits: None,
        original: Vec::new(),
    };
    let mut carry_out = |verdict| {
        bench.by_hand(ANN, |ctx, out| post::carry_out(ctx, (verdict, &[], Vec::new()), held.clone(), out))
    };
    let denied = carry_out(Verdict::Deny);
    assert_eq!(denied, [Event::Denied { held: Box::new(held.clone()), receipts: Vec::new() }.into()]);
    let waits = carry_out(Verdict::Hold);
    assert!(!waits.iter().any(|event| posted_id(event).is_some()));
    assert_eq!(bench.community().messages.recent().len(), 0);
    assert_eq!(bench.community().messages.mentioned_all_since(0), 0, "only what is posted counts");

    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    let released = header(&bench, MessageId(9)).clone();
    assert_eq!((released.at_ms, released.said_at_ms), (bench.now_ms(), Some(START_MS)));
    assert_eq!(bench.community().messages.mentioned_all_since(0), 1);
    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    assert_eq!(bench.community().messages.recent().len(), 1, "a second release changes nothing");
    bench.check();
}

#[test]
fn a_held_edit_is_made_when_it_is_released_unless_the_message_is_gone() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "apples");
    let old = header(&bench, id).clone();
    let changed = old.clone().measured(Measure { chars: 99, fingerprint: 1, links: 0 });
    let held = Held {
        header: Box::new(changed),
        parts: Vec::new(),
        mentions: Mentions::default(),
        edits: Some(Box::new(old)),
        original: Vec::new(),
    };
    bench.ask(BEN, react(id, "👍")).unwrap();
    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    assert_eq!((header(&bench, id).chars, header(&bench, id).reaction_count()), (99, 1));
    assert_eq!(bench.community().messages.recent().len(), 1);
    bench.ask(ANN, delete(id)).unwrap();
    assert!(bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out)).is_empty());
    bench.check();
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
