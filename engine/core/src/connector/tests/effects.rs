//! What a record asks of a network, and of which.

use super::*;
use crate::member;
use crate::moment::HOUR_MS;
use crate::queue::AtDeadline;
use crate::rule;
use crate::testing_talk::BEN;

const NONE: [&str; 0] = [];

#[test]
fn what_is_done_to_somebody_here_is_done_there() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let mute = rule::Command::Mute { member: lin, for_ms: HOUR_MS, reason: None };
    let lift = rule::Command::Lift { member: lin, lifted: rule::Lifted::Mute };
    let ban = |for_ms| member::Command::Ban { member: lin, for_ms, reason: None };
    let remove = member::Command::Remove { member: lin, reason: None };
    let unban = member::Command::Unban { member: lin };
    let steps: Vec<(crate::command::CommandKind, &str)> = vec![
        (mute.into(), "mute user 1"),
        (lift.into(), "unmute user 1"),
        (remove.into(), "remove user 1"),
        (ban(Some(HOUR_MS)).into(), "ban user 1 a while"),
        (unban.into(), "unban user 1"),
        (ban(None).into(), "ban user 1 for good"),
    ];
    for (kind, asked) in steps {
        town.bench.ask(OWNER, kind).unwrap();
        assert_eq!(town.asked(), [asked]);
    }
    town.bench.ask(OWNER, rule::Command::Mute { member: BEN, for_ms: HOUR_MS, reason: None }).unwrap();
    assert_eq!(town.asked(), NONE, "he is not of the network");
    town.bench.check();
}

#[test]
fn what_is_said_here_is_posted_there_and_not_sent_back() {
    let mut town = Town::new();
    town.meet(LIN);
    let hall = town.bench.hall();
    let id = town.says(LIN, "hello");
    assert_eq!(town.asked(), NONE, "it stands there already");
    town.bench.reply(BEN, id, "hi");
    assert_eq!(town.asked(), ["post in room 77 to id of hello"]);
    town.map(town.bot, SECOND_ROOM, hall).unwrap();
    town.says(LIN, "to both");
    assert_eq!(town.asked(), ["post in room 78"]);
    town.bench.say(BEN, "from here");
    assert_eq!(town.asked(), ["post in room 77", "post in room 78"]);
    let other = town.connect("other", "irc");
    town.map(other, ROOM, hall).unwrap();
    let id = town.says(LIN, "to irc too");
    assert_eq!(town.asked_of(other), ["post in room 77"]);
    town.bench.ask(OWNER, message::Command::Delete { message: id, reason: None }).unwrap();
    assert_eq!(town.asked(), ["delete id of to irc too"]);
    assert_eq!(town.asked_of(other), ["delete own"]);
    town.bench.check();
}

#[test]
fn an_edit_changes_what_the_bot_posted_and_nothing_that_was_said_there() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let here = town.bench.say(BEN, "helo");
    let there = town.says(LIN, "helo");
    for (author, message, asked) in [(BEN, here, &["edit"][..]), (lin, there, &[])] {
        let parts = town.bench.text("hello");
        town.bench.ask(author, message::Command::Edit { message, parts }).unwrap();
        assert_eq!(town.asked(), asked);
    }
    let hall = town.bench.hall();
    town.map(town.bot, SECOND_ROOM, hall).unwrap();
    let parts = town.bench.text("hello you");
    town.bench.ask(lin, message::Command::Edit { message: there, parts }).unwrap();
    assert_eq!(town.asked(), ["edit"], "the other room has a copy");
    let can = BTreeSet::from([Ability::Post, Ability::Delete]);
    town.bench.ask(ADMIN, Command::Describe { connector: town.bot, can }).unwrap();
    let parts = town.bench.text("hello there");
    town.bench.ask(BEN, message::Command::Edit { message: here, parts }).unwrap();
    assert_eq!(town.asked(), NONE, "it cannot");
    town.bench.check();
}

#[test]
fn what_is_not_let_through_does_not_stand_there_either() {
    let mut town = Town::new();
    town.meet(LIN);
    town.bench.set_config(crate::testing_rule::rule("long", r#"{"length": {"max_chars": 9}}"#, Step::Hold));
    town.speak(LIN, "a longer text").unwrap();
    assert_eq!(town.asked(), ["delete id of a longer text"]);
    town.bench.resolve(AtDeadline::Release).unwrap();
    assert_eq!(town.asked(), ["post in room 77"], "it comes back");
    let id = town.bench.community().messages.get(town.bench.newest()).map(|header| header.id);
    assert_eq!(id, None, "it has the id under which it was said");
    let (released, _) = town.bench.community().connectors.relayed.back().copied().unwrap();
    town.bench.ask(OWNER, message::Command::Delete { message: released, reason: None }).unwrap();
    assert_eq!(town.asked(), ["delete id of a longer text"]);
    town.bench.set_config(crate::testing_rule::rule("short", r#"{"length": {"max_chars": 1}}"#, Step::Mute));
    let events = town.speak(LIN, "ab").unwrap();
    assert!(events.iter().any(|event| matches!(event, AnyEvent::Message(message::Event::Denied { .. }))));
    assert_eq!(town.asked(), ["mute user 1", "delete id of ab"]);
    town.bench.check();
}

#[test]
fn a_bot_is_asked_only_what_it_can() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let can = BTreeSet::from([Ability::Mute]);
    town.bench.ask(ADMIN, Command::Describe { connector: town.bot, can }).unwrap();
    town.bench.say(BEN, "hello");
    assert_eq!(town.asked(), NONE);
    town.bench.ask(OWNER, rule::Command::Mute { member: lin, for_ms: HOUR_MS, reason: None }).unwrap();
    assert_eq!(town.asked(), ["mute user 1"]);
    assert_eq!(town.asked_of(ConnectorId(5)), NONE, "nobody is there to be asked");
}

#[test]
fn an_old_message_is_deleted_there_by_the_id_that_its_record_has() {
    let mut town = Town::new();
    town.meet(LIN);
    let id = town.says(LIN, "long ago");
    for index in 0..=crate::limits::RECENT_MESSAGES_MAX {
        town.says(LIN, &format!("message {index}"));
    }
    assert_eq!(town.bench.community().messages.get(id), None);
    let mut reply = town.speech(LIN, "what was that?");
    reply.reply_to = Some(id);
    town.bench.ask(ADMIN, Command::Speak(Box::new(reply))).unwrap();
    town.bench.ask(OWNER, message::Command::Delete { message: id, reason: None }).unwrap();
    assert_eq!(town.asked(), ["delete id of long ago"]);
    for index in 0..=super::super::row::RELAYED_MAX {
        town.says(LIN, &format!("more {index}"));
    }
    assert_eq!(town.bench.community().connectors.relayed.len(), super::super::row::RELAYED_MAX);
    let ids = |text: &str| town.bench.stream.bodies.iter().any(|body| body.text() == Some(text));
    assert!(!ids("id of long ago") && ids("id of more 5"));
    town.bench.check();
}

#[test]
fn a_text_that_a_script_rewrote_takes_the_place_of_the_first() {
    let mut town = Town::new();
    town.meet(LIN);
    let id = town.says(LIN, "rude");
    let mut record = town.bench.last().clone();
    for event in &mut record.events {
        if let AnyEvent::Message(message::Event::Posted { parts, original, .. }) = event {
            *original = parts.clone().into_boxed_slice();
        }
    }
    let effects = effects_of(&record, town.bench.community(), town.bot);
    assert_eq!(effects.iter().map(|effect| effect.index).collect::<Vec<_>>(), [0, 1]);
    let words: Vec<String> = effects.iter().map(|effect| town.words(&effect.what)).collect();
    assert_eq!(words, ["delete id of rude", "post in room 77"]);
    assert_eq!(effects[0].seq, town.bench.stream.seq);
    assert!(matches!(effects[1].what, What::Post { message, .. } if message == id));
}
