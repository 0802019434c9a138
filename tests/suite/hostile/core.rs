//! The whole core under random commands of all nouns: well-formed and malformed, by anybody, about anything.
//!
//! Never a panic; a record reads back as it was written; folding the records again, without any bodies, or
//! after a snapshot gives the same state; and a naive count of members agrees with the core's.

mod commands;

use std::collections::{BTreeMap, BTreeSet};

use kith_core::body::Bodies;
use kith_core::command::Command;
use kith_core::decide::{self, Prepared, apply_record};
use kith_core::event::Event;
use kith_core::hook::NoExtensions;
use kith_core::ids::{CommunityId, MemberId, MessageId};
use kith_core::member::{self, Standing};
use kith_core::message::{self, Evidence};
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::stream::Stream;
use proptest::prelude::*;

use crate::world::{Dice, rounds};
use commands::Asked;

/// A stream and everything that was recorded of it.
struct Play {
    stream: Stream,
    /// The same without any bodies: what is left once every key is destroyed.
    blind: Stream,
    log: Vec<(Record, Bodies)>,
    /// Who is inside, as joins and leaves alone tell it.
    inside: BTreeMap<MemberId, bool>,
}

impl Play {
    fn new() -> Self {
        let stream = Stream::new(CommunityId(7));
        Self { blind: stream.clone(), stream, log: Vec::new(), inside: BTreeMap::new() }
    }

    /// One command through the core as the writer takes it.
    fn ask(&mut self, asked: Asked) {
        let Asked { mut command, bodies } = asked;
        command.at_ms = command.at_ms.max(self.stream.at_ms);
        let before = self.stream.clone();
        match self.outcome(&command, &bodies) {
            Ok(None) => assert_eq!(self.stream, before),
            Err(refusal) => {
                assert_eq!(self.stream, before, "a refusal changes nothing");
                assert!(Refusal::CODES.contains(&refusal.code()));
            }
            Ok(Some(record)) => self.record(record, bodies),
        }
    }

    fn outcome(&self, command: &Command, bodies: &Bodies) -> Result<Option<Record>, Refusal> {
        let facts = match decide::prepare(&self.stream, command)? {
            Prepared::Known(_) => return Ok(None),
            Prepared::Ready(facts) => facts,
        };
        let load =
            |id: MessageId| (id, self.log.iter().find_map(|(record, _)| message::header_of(record, id)));
        let messages = facts.messages.into_iter().map(load).collect();
        let evidence = Evidence { messages, ..Evidence::default() };
        let outcome = decide::decide(&self.stream, command, bodies, &evidence, &NoExtensions)?;
        Ok(Some(Record::of(self.stream.seq + 1, (command.clone(), evidence), outcome).0))
    }

    fn record(&mut self, record: Record, bodies: Bodies) {
        let bytes = record.encode();
        let read = Record::decode(&bytes).expect("a record reads back");
        assert_eq!(read.encode(), bytes, "a record is written as it is read");
        assert_eq!(read.events, record.events);
        apply_record(&mut self.stream, &record, &bodies);
        apply_record(&mut self.blind, &read, &Bodies::default());
        for event in &record.events {
            self.count(event);
        }
        self.check_seats(&record);
        self.log.push((read, bodies));
    }

    fn count(&mut self, event: &Event) {
        let Event::Member(event) = event else { return };
        let (member, inside) = match event {
            member::Event::Joined { member, .. } => (member, true),
            member::Event::Left { member }
            | member::Event::Removed { member, .. }
            | member::Event::Banned { member, .. } => (member, false),
            _ => return,
        };
        self.inside.insert(*member, inside);
    }

    /// Nobody is let in beyond the number of seats.
    fn check_seats(&self, record: &Record) {
        let Some(community) = self.stream.community() else { return };
        let joined =
            record.events.iter().any(|event| matches!(event, Event::Member(member::Event::Joined { .. })));
        if let (true, Some(capacity)) = (joined, community.gate.config.capacity) {
            assert!(community.members.active_count() <= capacity, "let in beyond the seats");
        }
    }

    /// Everything that must hold at the end.
    fn check(&self) {
        assert_eq!(self.blind.hash(), self.stream.hash(), "the state holds nothing that bodies say");
        let mut folded = Stream::new(self.stream.id);
        self.log.iter().for_each(|(record, bodies)| apply_record(&mut folded, record, bodies));
        assert_eq!(folded, self.stream, "folding again gives the same state");
        let snapshot = Stream::decode(&self.stream.encode(), self.stream.bodies.clone()).unwrap();
        assert_eq!(snapshot, self.stream, "a snapshot is the state");
        let Some(community) = self.stream.community() else { return };
        let active: Vec<MemberId> = community.members.active().map(|member| member.id).collect();
        assert_eq!(active.len() as u64, community.members.active_count());
        for (member, inside) in &self.inside {
            let standing = community.members.get(*member).map(|row| row.standing);
            // Erasing takes whoever is inside out without a word of their own.
            if !matches!(standing, Some(Standing::Erased { .. })) {
                assert_eq!(standing == Some(Standing::Active), *inside, "{member}: {standing:?}");
            }
        }
    }
}

fn cases() -> ProptestConfig {
    let cases = u32::try_from(rounds(200, 20_000)).expect("few enough");
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// A generator that is only ever refused would prove nothing.
#[test]
fn commands_of_every_noun_come_through() {
    let mut come_through = BTreeSet::new();
    for seed in 0..60 {
        let (mut play, mut dice) = (Play::new(), Dice::new(seed));
        play.ask(commands::founding(seed));
        for _ in 0..120 {
            let asked = commands::any(&play.stream, Dice::new(dice.roll(u64::MAX)));
            play.ask(asked);
        }
        let nouns = play.log.iter().map(|(record, _)| format!("{:?}", record.command.kind));
        come_through.extend(nouns.map(|kind| kind.split('(').next().unwrap_or_default().to_owned()));
    }
    let nouns = [
        "Community",
        "Role",
        "Member",
        "Card",
        "Gate",
        "Channel",
        "Message",
        "Rule",
        "Queue",
        "Privacy",
        "Import",
        "Handoff",
        "Timer",
    ];
    assert_eq!(come_through, nouns.map(str::to_owned).into());
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_core_takes_anything(throws in prop::collection::vec(any::<u64>(), 1..150)) {
        let mut play = Play::new();
        play.ask(commands::founding(throws[0]));
        for throw in throws {
            let asked = commands::any(&play.stream, Dice::new(throw));
            play.ask(asked);
        }
        play.check();
    }
}
