//! Who is met and what they may say.

use super::*;
use crate::body::Bodies;
use crate::import;
use crate::member::{self, Standing};
use crate::moment::DAY_MS;
use crate::privacy;
use crate::rule;
use crate::testing_talk::GONE;

fn standing(town: &Town, member: MemberId) -> &'static str {
    town.bench.community().members.get(member).expect("a row").standing.name()
}

/// Brings somebody in from a file, under the key that they speak with later.
fn imported(town: &mut Town, key: Short) -> MemberId {
    let member = MemberId(900 + u128::from(key));
    let nickname = Some(town.bench.body_of(member, "from a file"));
    let came = import::What::Came { author: 0 };
    let batch = import::Command::Batch {
        origin: import::Origin { format: "qq-text".to_owned(), file: [key as u8; 32] },
        channel: town.bench.hall(),
        authors: vec![import::Author { key, member, nickname }],
        rows: vec![import::Row { line: 1, id: None, said_at_ms: 5, what: came }],
        through_line: 1,
    };
    town.bench.ask_as(crate::command::Actor::Host, batch).unwrap();
    member
}

#[test]
fn somebody_of_a_network_becomes_a_member_at_first_sight() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let row = town.bench.community().members.get(lin).unwrap().clone();
    assert_eq!((row.standing, row.person, row.origin.source.as_str()), (Standing::Active, None, "bot"));
    assert_eq!(row.roles, BTreeSet::from(["member".to_owned()]));
    assert_eq!(town.bench.stream.bodies.text(&row.nickname), Some("nick 1"));
    assert_eq!(town.meet_as(LIN, Some(lin)), Err(Refusal::NothingToChange));
    assert_ne!(town.meet(2), lin);
    town.bench.check();
}

#[test]
fn one_who_was_imported_from_the_network_is_who_they_were() {
    let mut town = Town::new();
    let from_file = imported(&mut town, LIN);
    town.meet_as(LIN, Some(from_file)).unwrap();
    assert_eq!(town.who(LIN), from_file);
    let id = town.says(LIN, "hello again");
    assert_eq!(town.bench.community().messages.get(id).map(|header| header.author), Some(from_file));
    town.bench.check();
}

#[test]
fn what_somebody_brings_is_their_own() {
    let mut town = Town::new();
    assert_eq!(town.meet_as(LIN, Some(ANN)), Err(Refusal::BodyMissing));
    let member = MemberId::of(town.bench.upcoming(1), 0);
    let external = town.bench.body_of(member, "user 1");
    let person = ExternalPerson { key: LIN, external, imported: BTreeSet::new() };
    let nameless = Command::Meet { connector: town.bot, person, nickname: None };
    assert_eq!(town.bench.ask(ADMIN, nameless), Err(Refusal::BodyMissing));
    let lin = town.meet(LIN);
    let mut speech = town.speech(LIN, "hello");
    speech.external_id = town.bench.body_of(ANN, "of somebody else");
    assert_eq!(town.bench.ask(ADMIN, Command::Speak(Box::new(speech.clone()))), Err(Refusal::BodyMissing));
    speech.external_id = town.bench.body_of(lin, "");
    let empty = Refusal::TextEmpty { field: "external_id".to_owned() };
    assert_eq!(town.bench.ask(ADMIN, Command::Speak(Box::new(speech))), Err(empty));
}

#[test]
fn who_may_come_back_depends_on_how_they_went() {
    let mut town = Town::new();
    let hour = Some(crate::moment::HOUR_MS);
    let lin = town.meet(LIN);
    let ban = |for_ms| member::Command::Ban { member: lin, for_ms, reason: None };
    town.bench.ask(OWNER, member::Command::Remove { member: lin, reason: None }).unwrap();
    assert!(matches!(town.meet_as(LIN, Some(lin)), Err(Refusal::NotYet { .. })));
    assert_eq!(town.speak(LIN, "hello"), Err(Refusal::NotAMember));
    town.bench.advance(30 * DAY_MS);
    town.meet_as(LIN, Some(lin)).unwrap();
    assert_eq!(standing(&town, lin), "active");
    town.bench.ask(OWNER, ban(hour)).unwrap();
    assert!(matches!(town.meet_as(LIN, Some(lin)), Err(Refusal::BannedUntil { .. })));
    town.bench.advance(DAY_MS);
    town.meet_as(LIN, Some(lin)).unwrap();
    town.bench.ask(lin, member::Command::Leave).unwrap();
    town.meet_as(LIN, Some(lin)).unwrap();
    town.bench.ask(OWNER, ban(None)).unwrap();
    assert_eq!(town.meet_as(LIN, Some(lin)), Err(Refusal::Banned));
    assert_eq!(town.speak(LIN, "hello"), Err(Refusal::Banned));
    town.bench.check();
}

#[test]
fn an_erasure_makes_a_stranger_of_somebody_and_lifts_no_ban() {
    for banned in ["before", "never"] {
        let mut town = Town::new();
        let lin = town.meet(LIN);
        town.says(LIN, "hello");
        if banned == "before" {
            let ban = member::Command::Ban { member: lin, for_ms: None, reason: None };
            town.bench.ask(OWNER, ban).unwrap();
        }
        town.bench.ask(OWNER, privacy::Command::Erase { member: lin }).unwrap();
        let kept = |body: &crate::body::Body| body.owner == lin;
        assert!(!town.bench.stream.bodies.iter().any(kept), "nothing of theirs is kept");
        match banned {
            "before" => assert_eq!(town.meet_as(LIN, None), Err(Refusal::Banned)),
            _ => assert_ne!(town.meet(LIN), lin),
        }
        town.bench.check();
    }
}

#[test]
fn speaking_is_posting() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let id = town.says(LIN, "hello");
    let header = town.bench.community().messages.get(id).unwrap().clone();
    assert_eq!((header.author, header.channel, header.chars), (lin, town.bench.hall(), 5));
    let origin = header.origin.unwrap();
    assert_eq!((origin.connector, origin.channel), (town.bot, ROOM));
    assert_eq!(town.bench.stream.bodies.text(&origin.external_id), Some("id of hello"));
    assert_eq!(town.bench.last().ids(), [id.0], "it is found by its id");
    let mut reply = town.speech(LIN, "and more");
    reply.reply_to = Some(id);
    town.bench.ask(ADMIN, Command::Speak(Box::new(reply))).unwrap();
    town.bench.check();
}

#[test]
fn whoever_may_not_post_may_not_speak() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let not_found = |what: &str| Err(Refusal::NotFound { what: what.to_owned() });
    assert_eq!(town.speak(9, "hello"), not_found("member"));
    let mut elsewhere = town.speech(LIN, "hello");
    elsewhere.channel = SECOND_ROOM;
    assert_eq!(town.bench.ask(ADMIN, Command::Speak(Box::new(elsewhere))), not_found("channel"));
    let speech = Box::new(town.speech(LIN, "hello"));
    let refused = town.bench.ask(GONE, Command::Speak(speech.clone()));
    assert_eq!(refused, Err(Refusal::NotAMember), "the bot has to be somebody who may connect");
    town.bench.ask(OWNER, rule::Command::Mute { member: lin, for_ms: DAY_MS, reason: None }).unwrap();
    assert!(matches!(town.speak(LIN, "hello"), Err(Refusal::Muted { .. })));
    let wait = "1h".parse().unwrap();
    town.bench.ask(OWNER, rule::Command::SetSlowMode { channel: None, wait }).unwrap();
    town.meet(2);
    town.says(2, "once");
    assert!(matches!(town.speak(2, "twice"), Err(Refusal::SlowMode { .. })));
    town.bench.check();
}

#[test]
fn a_bot_s_token_speaks_for_many_and_does_nothing_else() {
    let mut town = Town::new();
    town.bench.scope(&[crate::role::Permission::Connect]);
    town.meet(LIN);
    town.says(LIN, "one of many");
    let record = town.bench.last().clone();
    let mut answers = crate::answer::Answers::default();
    (0..200).for_each(|_| answers.apply(&record));
    assert_eq!(answers.within_rate(&record.command), Ok(()));
    let refused = town.bench.ask(ADMIN, crate::message::Command::Pin { message: MessageId(1) });
    let narrow = Refusal::ScopeTooNarrow { permission: "moderate".to_owned() };
    assert_eq!(refused, Err(narrow));
}

#[test]
fn messages_and_people_of_a_network_count_towards_the_quotas() {
    let mut town = Town::new();
    town.meet(LIN);
    let events = town.bench.last().events.clone();
    let met = crate::decide::Outcome { events, ..Default::default() };
    let mut community = town.bench.community().clone();
    let mut command = town.bench.last().command.clone();
    let body = BodyRef { id: crate::ids::BodyId(1), len: 1, mac: [0; 16] };
    let speech = Speech {
        connector: town.bot,
        person: LIN,
        channel: ROOM,
        external_id: body,
        parts: vec![],
        reply_to: None,
    };
    command.kind = Command::Speak(Box::new(speech)).into();
    let members = community.members.active_count();
    let quotas = crate::host::Quotas { messages_per_second: 1, members, ..Default::default() };
    let mut stream = town.bench.stream.clone();
    let set = crate::host::noun::HostedEvent::QuotasSet { quotas, old: None, revision: 1 };
    let moment = Moment { seq: 1, at_ms: command.at_ms, command: command.id };
    crate::decide::apply(&mut stream, &set.into(), &moment, &Bodies::default());
    community.hosted = stream.community().unwrap().hosted.clone();
    assert_eq!(crate::host::within_messages(&community, &command), Ok(()));
    community.hosted.count_message(&moment);
    assert!(matches!(crate::host::within_messages(&community, &command), Err(Refusal::QuotaExceeded { .. })));
    let full = Err(Refusal::QuotaExceeded { quota: "members".to_owned(), max: members });
    assert_eq!(crate::host::within_members(&community, &command, &met), full);
}
