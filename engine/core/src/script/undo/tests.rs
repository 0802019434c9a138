//! Things undone one by one: each is done by a real command, undone once, and left alone the second time.

use std::collections::BTreeSet;

use super::{Left, Row, Undo, UndoItem, What, Wording};
use crate::command::Actor;
use crate::event::Event as AnyEvent;
use crate::hook::{Hook, Value};
use crate::ids::{MemberId, MessageId, ReceiptId};
use crate::limits::UNDO_ITEMS_MAX;
use crate::member::{self, Standing};
use crate::message::{self, Held, Part};
use crate::moment::HOUR_MS;
use crate::queue;
use crate::refusal::Refusal;
use crate::rule::{self, Mute};
use crate::script::{self, Command, Event, Origin, Stage};
use crate::stream::Stream;
use crate::testing_talk::{ANN, BEN, Bench, MODERATOR, OWNER};
use crate::{gate, role};

/// A bench with a script that is put in and asked nothing: what is undone is done by hand here.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let put = Command::Put {
        name: "guard".to_owned(),
        source: "fn on_message".to_owned(),
        hooks: BTreeSet::from([Hook::Message]),
        origin: Origin::Command,
        binding: None,
        stage: Stage::Kept,
        cases: String::new(),
    };
    bench.ask(OWNER, put).unwrap();
    bench
}

fn undo(items: Vec<UndoItem>) -> Undo {
    Undo { no: 0, name: "guard".to_owned(), version: 1, items, told: BTreeSet::new() }
}

fn ask(bench: &mut Bench, items: Vec<UndoItem>) -> Result<Vec<AnyEvent>, Refusal> {
    bench.ask_as(Actor::Host, Command::Undo(undo(items)))
}

fn rows(events: &[AnyEvent]) -> Vec<Row> {
    let rows = events.iter().find_map(|event| match event {
        AnyEvent::Script(Event::Undone { rows, .. }) => Some(rows.clone()),
        _ => None,
    });
    rows.expect("something was undone")
}

fn told(events: &[AnyEvent]) -> Vec<(MemberId, String)> {
    let told = events.iter().filter_map(|event| match event {
        AnyEvent::Member(member::Event::Notified { member, text }) => Some((*member, text.code.clone())),
        _ => None,
    });
    told.collect()
}

fn receipt(bench: &Bench) -> ReceiptId {
    bench.last().decisions.first().expect("the last command left a receipt").id
}

/// The facts that an undo is to bring back.
fn facts(stream: &Stream) -> impl PartialEq + std::fmt::Debug + use<> {
    let community = stream.community().unwrap();
    let members: Vec<_> = community
        .members
        .iter()
        .map(|row| (row.id, row.roles.clone(), row.tags.clone(), row.standing))
        .collect();
    let pins: Vec<_> = community
        .channels
        .common()
        .flat_map(|channel| community.messages.pins(channel.id).to_vec())
        .collect();
    let messages: Vec<_> = community.messages.recent().cloned().collect();
    let memories = community.scripts.memories.get(&0).cloned().unwrap_or_default();
    (members, community.rules.record.clone(), pins, messages, memories)
}

type Deed = fn(&mut Bench, MessageId) -> UndoItem;

fn removed(bench: &mut Bench, _: MessageId) -> UndoItem {
    bench.ask(MODERATOR, member::Command::Remove { member: BEN, reason: None }).unwrap();
    let standing = bench.community().members.get(BEN).unwrap().standing;
    UndoItem::Standing { member: BEN, standing, roles: BTreeSet::from([role::MEMBER.to_owned()]) }
}

fn warned(bench: &mut Bench, _: MessageId) -> UndoItem {
    bench.ask(MODERATOR, rule::Command::Warn { member: BEN, reason: None }).unwrap();
    UndoItem::Strike { member: BEN, receipt: receipt(bench) }
}

fn muted(bench: &mut Bench, _: MessageId) -> UndoItem {
    let old = bench.community().rules.record.mutes.get(&BEN).copied();
    let mute = rule::Command::Mute { member: BEN, for_ms: 9 * HOUR_MS, reason: None };
    bench.ask(MODERATOR, mute).unwrap();
    UndoItem::Mute { member: BEN, mute: bench.community().rules.record.mutes[&BEN], old }
}

fn tagged(bench: &mut Bench, _: MessageId) -> UndoItem {
    bench.ask(OWNER, member::Command::Tag { member: BEN, tag: "noted".to_owned() }).unwrap();
    UndoItem::Tagged { member: BEN, tag: "noted".to_owned() }
}

fn given(bench: &mut Bench, _: MessageId) -> UndoItem {
    bench.ask(OWNER, role::Command::Give { member: BEN, name: "moderator".to_owned() }).unwrap();
    UndoItem::Given { member: BEN, role: "moderator".to_owned() }
}

fn pinned(bench: &mut Bench, message: MessageId) -> UndoItem {
    bench.ask(MODERATOR, message::Command::Pin { message }).unwrap();
    UndoItem::Pinned { message, channel: bench.hall() }
}

fn reacted(bench: &mut Bench, message: MessageId) -> UndoItem {
    let emoji = "👍".to_owned();
    bench.ask(MODERATOR, message::Command::React { message, emoji: emoji.clone() }).unwrap();
    UndoItem::Reacted { message, bot: MODERATOR, emoji }
}

fn deleted(bench: &mut Bench, message: MessageId) -> UndoItem {
    bench.ask(MODERATOR, message::Command::Delete { message, reason: None }).unwrap();
    UndoItem::Deleted { message, author: ANN }
}

fn remembered(bench: &mut Bench, _: MessageId) -> UndoItem {
    let (key, value) = ("count".to_owned(), Value::Int(4));
    bench.by_hand(OWNER, |_, out| {
        out.event(Event::Put { no: 0, key: "count".to_owned(), value: Value::Int(4), old: None });
    });
    UndoItem::Value { key, new: Some(value), old: None }
}

fn timed(bench: &mut Bench, _: MessageId) -> UndoItem {
    let due_ms = bench.now_ms() + HOUR_MS;
    let name = "later".to_owned();
    bench.by_hand(OWNER, |_, out| {
        out.event(Event::TimerSet { no: 0, name: "later".to_owned(), due_ms, note: None });
    });
    UndoItem::Timer {
        name,
        new: Some(script::Waiting { due_ms, note: None, tries: 0, first_ms: None }),
        old: None,
    }
}

const DEEDS: &[(What, Deed, Option<&str>)] = &[
    (What::Removal, removed, Some("script.undone_removal")),
    (What::Strike, warned, Some("script.undone_sanction")),
    (What::Mute, muted, Some("script.undone_sanction")),
    (What::Tag, tagged, Some("script.undone")),
    (What::Role, given, Some("script.undone")),
    (What::Deletion, deleted, Some("script.undone_message")),
    (What::Pin, pinned, None),
    (What::Reaction, reacted, None),
    (What::Value, remembered, None),
    (What::Timer, timed, None),
];

#[test]
fn what_was_done_is_as_before_after_an_undo_and_a_second_one_changes_nothing() {
    for (what, deed, code) in DEEDS {
        let mut bench = bench();
        let message = bench.say(ANN, "hello");
        let before = facts(&bench.stream);
        let item = deed(&mut bench, message);
        assert_ne!(facts(&bench.stream), before, "{what:?}");
        let events = ask(&mut bench, vec![item.clone()]).unwrap();
        assert_eq!(facts(&bench.stream), before, "{what:?}");
        let [Row { what: kind, left: None, .. }] = rows(&events)[..] else { panic!("{what:?}") };
        assert_eq!(kind, *what);
        let codes: Vec<String> = told(&events).into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, code.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>(), "{what:?}");
        assert_eq!(ask(&mut bench, vec![item]), Err(Refusal::NothingToChange), "{what:?}");
        bench.check();
    }
}

#[test]
fn everything_at_once_is_one_notice_for_each_member() {
    let mut bench = bench();
    let message = bench.say(ANN, "hello");
    let items: Vec<UndoItem> = [warned, muted, tagged, given, pinned, deleted]
        .into_iter()
        .map(|deed: Deed| deed(&mut bench, message))
        .collect();
    // The pin went with the message; it is not there to be taken away.
    let events = ask(&mut bench, items).unwrap();
    let lefts: Vec<Option<Left>> = rows(&events).iter().map(|row| row.left).collect();
    assert_eq!(lefts, [None, None, None, None, Some(Left::Over), None]);
    assert_eq!(
        told(&events),
        [(ANN, "script.undone_message".to_owned()), (BEN, "script.undone_sanction".to_owned())]
    );
    bench.check();
}

#[test]
fn who_was_told_by_an_earlier_command_is_not_told_again() {
    let mut bench = bench();
    let message = bench.say(ANN, "hello");
    let item = tagged(&mut bench, message);
    let undo = Undo { told: BTreeSet::from([BEN]), ..undo(vec![item]) };
    let events = bench.ask_as(Actor::Host, Command::Undo(undo)).unwrap();
    assert_eq!(told(&events), []);
}

#[test]
fn members_may_undo_who_may_do_all_of_it_by_hand_and_only_a_version_that_was() {
    let mut bench = bench();
    let message = bench.say(ANN, "hello");
    let item = tagged(&mut bench, message);
    for member in [MODERATOR, ANN] {
        let asked = bench.ask(member, Command::Undo(undo(vec![item.clone()])));
        let permission = "manage_rules".to_owned();
        assert_eq!(asked, Err(Refusal::PermissionMissing { permission }), "{member}");
    }
    let wrong = |change: fn(&mut Undo)| {
        let mut wrong = undo(vec![item.clone()]);
        change(&mut wrong);
        wrong
    };
    for (undo, code) in [
        (wrong(|undo| undo.no = 1), "not_found"),
        (wrong(|undo| undo.version = 2), "not_found"),
        (wrong(|undo| undo.name = "other".to_owned()), "not_found"),
        (wrong(|undo| undo.items = vec![undo.items[0].clone(); UNDO_ITEMS_MAX + 1]), "too_many"),
        (wrong(|undo| undo.items.clear()), "nothing_to_change"),
    ] {
        let refused = bench.ask_as(Actor::Host, Command::Undo(undo)).unwrap_err();
        assert_eq!(refused.code(), code);
    }
    bench.ask(OWNER, Command::Undo(undo(vec![item]))).unwrap();
    assert_eq!(bench.last().command.actor, Actor::Member(OWNER), "the record says who it was");
}

#[test]
fn what_somebody_changed_since_is_left_as_it_is() {
    type Meanwhile = fn(&mut Bench, MessageId);
    let table: [(Deed, Meanwhile, Left); 6] = [
        (
            tagged,
            |bench, _| {
                let untag = member::Command::Untag { member: BEN, tag: "noted".to_owned() };
                drop(bench.ask(OWNER, untag).unwrap());
            },
            Left::Over,
        ),
        (muted, |bench, _| drop(muted(bench, MessageId(0))), Left::Changed),
        (
            removed,
            |bench, _| {
                let ban = member::Command::Ban { member: BEN, for_ms: None, reason: None };
                drop(bench.ask(OWNER, ban).unwrap());
            },
            Left::Changed,
        ),
        (
            remembered,
            |bench, _| {
                let (value, old) = (Value::Int(5), Some(Value::Int(4)));
                bench.by_hand(OWNER, |_, out| {
                    out.event(Event::Put { no: 0, key: "count".to_owned(), value, old });
                });
            },
            Left::Changed,
        ),
        (
            remembered,
            |bench, _| {
                bench.ask(OWNER, Command::Remove { name: "guard".to_owned() }).map(drop).unwrap();
            },
            Left::ScriptGone,
        ),
        (
            warned,
            |bench, _| {
                let lift = rule::Command::Lift { member: BEN, lifted: rule::Lifted::Strikes };
                drop(bench.ask(OWNER, lift).unwrap());
            },
            Left::Over,
        ),
    ];
    for (place, (deed, meanwhile, left)) in table.into_iter().enumerate() {
        let mut bench = bench();
        let message = bench.say(ANN, "hello");
        let item = deed(&mut bench, message);
        meanwhile(&mut bench, message);
        let before = bench.stream.hash();
        // Beside something that is undone, so that there is a record that says why.
        let other = UndoItem::Pinned { message, channel: bench.hall() };
        bench.ask(MODERATOR, message::Command::Pin { message }).unwrap();
        let events = ask(&mut bench, vec![item.clone(), other]).unwrap();
        assert_eq!(rows(&events)[0].left, Some(left), "row {place}");
        assert_ne!(bench.stream.hash(), before);
        assert_eq!(ask(&mut bench, vec![item]), Err(Refusal::NothingToChange), "row {place}");
    }
}

#[test]
fn a_mute_by_hand_that_held_before_holds_again() {
    let mut bench = bench();
    let by_hand = rule::Command::Mute { member: BEN, for_ms: HOUR_MS, reason: None };
    bench.ask(MODERATOR, by_hand).unwrap();
    let before: Mute = bench.community().rules.record.mutes[&BEN];
    let item = muted(&mut bench, MessageId(0));
    ask(&mut bench, vec![item]).unwrap();
    assert_eq!(bench.community().rules.record.mutes[&BEN], before);
    bench.check();
}

#[test]
fn without_a_free_seat_somebody_may_come_back_and_is_told_so() {
    let mut bench = bench();
    let item = removed(&mut bench, MessageId(0));
    let inside = bench.community().members.active_count();
    let config = gate::GateConfig { capacity: Some(inside), ..bench.community().gate.config.clone() };
    let configure = gate::Command::SetGate { config };
    bench.ask_as(Actor::Host, configure).unwrap();
    let events = ask(&mut bench, vec![item]).unwrap();
    assert_eq!(rows(&events)[0].left, Some(Left::NoSeat));
    assert_eq!(told(&events), [(BEN, "script.undone_no_seat".to_owned())]);
    assert!(matches!(bench.community().members.get(BEN).unwrap().standing, Standing::Left { .. }));
}

/// What somebody would have posted, had it not been denied.
fn denied(bench: &mut Bench, author: MemberId, text: &str) -> UndoItem {
    let parts = bench.text(text);
    let id = MessageId(77);
    let header = message::Header::new(id, bench.hall(), author, bench.now_ms());
    let held = Held {
        header: Box::new(header),
        parts,
        mentions: message::Mentions::default(),
        edits: None,
        original: Vec::new(),
    };
    UndoItem::Denied { held: Box::new(held), receipts: Vec::new() }
}

#[test]
fn a_denied_message_is_posted_under_its_own_id_where_its_text_and_author_are_there() {
    let mut bench = bench();
    let item = denied(&mut bench, ANN, "not so bad");
    bench.take_bodies();
    assert_eq!(ask(&mut bench, vec![item]), Err(Refusal::NothingToChange), "the text did not come along");
    let item = denied(&mut bench, ANN, "not so bad");
    ask(&mut bench, vec![item]).unwrap();
    let header = bench.community().messages.get(MessageId(77)).unwrap();
    assert_eq!((header.author, header.chars), (ANN, 10));
    assert!(header.said_at_ms.is_some());
    let again = denied(&mut bench, ANN, "not so bad");
    assert_eq!(ask(&mut bench, vec![again]), Err(Refusal::NothingToChange), "it is there already");
    bench.check();
    let mut bench = self::bench();
    bench.ask(ANN, member::Command::Leave).unwrap();
    let item = denied(&mut bench, ANN, "not so bad");
    assert_eq!(ask(&mut bench, vec![item]), Err(Refusal::NothingToChange), "nobody speaks who has left");
}

#[test]
fn what_is_undone_of_its_decisions_is_a_label_of_the_version() {
    let mut bench = bench();
    let message = bench.say(ANN, "hello");
    let tally = |bench: &Bench| bench.community().rules.tallies.of_script("guard", 1);
    let item = tagged(&mut bench, message);
    ask(&mut bench, vec![item]).unwrap();
    assert_eq!(tally(&bench).undone, 0, "a tag is no decision about anybody");
    let item = denied(&mut bench, ANN, "not so bad");
    ask(&mut bench, vec![item]).unwrap();
    assert_eq!((tally(&bench).undone, tally(&bench).judged()), (1, (0, 1)));
    let left = denied(&mut bench, ANN, "not so bad");
    let other = tagged(&mut bench, message);
    ask(&mut bench, vec![left, other]).unwrap();
    assert_eq!(tally(&bench).undone, 1, "what was not undone labels nothing");
    bench.check();
}

#[test]
fn a_message_that_left_the_window_is_not_posted_twice() {
    let mut bench = bench();
    let item = denied(&mut bench, ANN, "first");
    ask(&mut bench, vec![item]).unwrap();
    for _ in 0..crate::limits::RECENT_MESSAGES_MAX {
        bench.say(OWNER, "more");
        bench.advance(HOUR_MS);
    }
    assert!(bench.community().messages.get(MessageId(77)).is_none());
    let again = denied(&mut bench, ANN, "first");
    assert_eq!(ask(&mut bench, vec![again]), Err(Refusal::NothingToChange), "the log has it");
}

#[test]
fn a_held_message_is_let_go_in_its_authors_words() {
    let mut bench = bench();
    let UndoItem::Denied { held, .. } = denied(&mut bench, ANN, "darn it") else { panic!("a message") };
    let original = held.parts.clone();
    let Part::Text { body } = bench.text("**** it")[0] else { panic!("a text") };
    let bodies = bench.take_bodies();
    let held = Held { parts: vec![Part::Text { body }], original: original.clone(), ..*held };
    bench.by_hand(ANN, |ctx, out| {
        let item = queue::Item::Message(Box::new(held));
        out.bodies.extend(bodies.into_iter().collect());
        queue::hold(ctx, item, (&[], Vec::new()), out);
    });
    let hold = *bench.community().queue.holds.keys().next().unwrap();
    let item = UndoItem::Held { hold, member: ANN, wording: Wording::Original };
    let events = ask(&mut bench, vec![item]).unwrap();
    let posted = events.iter().find_map(|event| match event {
        AnyEvent::Message(message::Event::Posted { parts, header, .. }) => Some((parts, header.chars)),
        _ => None,
    });
    assert_eq!(posted, Some((&original, 7)));
    assert!(bench.community().queue.holds.is_empty());
    assert_eq!(told(&events), [(ANN, "script.undone_message".to_owned())]);
    bench.check();
}

#[test]
fn a_rewritten_message_is_set_back_unless_it_was_edited_since() {
    for (edit, expected) in [(false, Ok(())), (true, Err(Refusal::NothingToChange))] {
        let mut bench = bench();
        let message = bench.say(ANN, "**** it");
        let header = bench.community().messages.get(message).unwrap().clone();
        if edit {
            let parts = bench.text("oh dear");
            bench.ask(ANN, message::Command::Edit { message, parts }).unwrap();
        }
        let parts = bench.text("darn it now");
        let item = UndoItem::Rewritten {
            message,
            author: ANN,
            parts,
            measure: header.measure(),
            edited_ms: None,
            recalled: None,
        };
        assert_eq!(ask(&mut bench, vec![item]).map(drop), expected);
        let chars = bench.community().messages.get(message).unwrap().chars;
        assert_eq!(chars, if edit { 7 } else { 11 });
        bench.check();
    }
}
