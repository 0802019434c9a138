//! A past that somebody made up: events that no command of ours ever became.
//!
//! A transfer file comes from a stranger, and its checksums are the stranger's too. What can be decoded is
//! folded, asked, hashed and stored without a panic, whatever its numbers, names and ids say.

mod pack;

use kith_core::body::Bodies;
use kith_core::command::{Actor, Command, CommandKind};
use kith_core::community;
use kith_core::decide::{self, Prepared, apply_record};
use kith_core::hook::NoExtensions;
use kith_core::host;
use kith_core::ids::{CommandId, MemberId, MessageId};
use kith_core::member;
use kith_core::message::{self, Evidence};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_core::timer;

use crate::golden;
use crate::world::{Dice, rounds};
use pack::Words;

/// A golden log, and the state before each of its records.
struct Past {
    entries: Vec<(Vec<u8>, Bodies)>,
    before: Vec<Stream>,
    words: Words,
}

impl Past {
    fn load() -> Self {
        let entries = golden::newest();
        let (mut before, mut words) = (Vec::new(), Words::default());
        let mut stream = None;
        for (bytes, bodies) in &entries {
            let record = Record::decode(bytes).unwrap();
            let stream = stream.get_or_insert_with(|| Stream::new(record.command.community));
            before.push(stream.clone());
            apply_record(stream, &record, bodies);
            words.collect(bytes);
        }
        Self { entries, before, words }
    }

    /// The past with some records changed from one on; `None` where none of them can be decoded.
    fn forged(&self, dice: &mut Dice) -> Option<Stream> {
        let first = dice.place(self.entries.len());
        let mut stream = self.before[first].clone();
        let mut forged = false;
        for (place, (bytes, bodies)) in self.entries.iter().enumerate().skip(first) {
            let record = Record::decode(bytes).unwrap();
            let again = (place == first || dice.one_in(3)).then(|| self.words.change(bytes, dice));
            let again = again.and_then(|bytes| Record::decode(&bytes).ok());
            // An import checks these itself.
            let again = again.filter(|again| {
                (again.seq, again.command.at_ms, again.command.community)
                    == (record.seq, record.command.at_ms, record.command.community)
            });
            forged |= again.is_some();
            apply_record(&mut stream, again.as_ref().unwrap_or(&record), bodies);
        }
        forged.then_some(stream)
    }
}

/// What is done with a state that came from elsewhere.
fn live_on(stream: &mut Stream, dice: &mut Dice) {
    let _ = Stream::decode(&stream.encode(), Bodies::default());
    let _ = stream.hash();
    let Some(community) = stream.community() else { return };
    let members: Vec<MemberId> = community.members.iter().map(|member| member.id).collect();
    while_timers_fire(stream, dice);
    let member = members.get(dice.place(members.len())).copied().unwrap_or(MemberId(1));
    let rename = community::Command::Rename { name: "garden".to_owned() };
    let message = MessageId(u128::from(dice.roll(9)));
    let asked: [(Actor, CommandKind); 4] = [
        (Actor::Member(member), rename.into()),
        (Actor::Member(member), message::Command::Delete { message, reason: None }.into()),
        (Actor::Member(member), member::Command::Leave.into()),
        (Actor::Host, CommandKind::Host(host::Command::Rehost)),
    ];
    for (actor, kind) in asked {
        ask(stream, actor, kind, dice);
    }
}

fn while_timers_fire(stream: &mut Stream, dice: &mut Dice) {
    for _ in 0..4 {
        let Some((due_ms, timer)) = stream.timers.next() else { return };
        ask(stream, Actor::Timer(timer), timer::Command::Fire { timer, due_ms }.into(), dice);
    }
}

fn ask(stream: &mut Stream, actor: Actor, kind: CommandKind, dice: &mut Dice) {
    let command = Command {
        id: CommandId(u128::from(dice.roll(u64::MAX))),
        community: stream.id,
        at_ms: stream.at_ms.saturating_add(dice.roll(1 << 40)),
        actor,
        scope: None,
        key: None,
        cause: None,
        kind,
    };
    let (bodies, evidence) = (Bodies::default(), Evidence::default());
    if !matches!(decide::prepare(stream, &command), Ok(Prepared::Ready(_))) {
        return;
    }
    if let Ok(outcome) = decide::decide(stream, &command, &bodies, &evidence, &NoExtensions) {
        let (record, added) = Record::of(stream.seq + 1, (command, evidence), outcome);
        apply_record(stream, &record, &added);
    }
}

#[test]
fn a_made_up_past_is_folded_without_a_panic() {
    let past = Past::load();
    let mut dice = Dice::new(17);
    let mut folded = 0;
    for round in 0..rounds(1_000, 60_000) {
        // Shown if this round panics.
        eprintln!("round {round}");
        if let Some(mut stream) = past.forged(&mut dice) {
            folded += 1;
            live_on(&mut stream, &mut dice);
        }
    }
    assert!(folded > 500, "many a forged record can be decoded: {folded}");
}
