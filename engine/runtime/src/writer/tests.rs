//! A writer that tells scripts of what happened: behind each record, in the same frame, after a restart too.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint, Founder};
use kith_core::event::Event;
use kith_core::hook::{Call, Effect, Hook, Input, Ran, Ruling};
use kith_core::ids::{CommunityId, MemberId, PersonId};
use kith_core::message::{self, Mentions, Part, Sort};
use kith_core::script;

use super::Writer;
use crate::draft::Draft;
use crate::engine::Ports;
use crate::extend::{Extended, Runner, Unwatched, Usage};
use crate::memory::{HandClock, Memory};
use crate::mint::Mint;
use crate::recover::recover;

const NOW_MS: u64 = 1_700_000_000_000;
const HERE: CommunityId = CommunityId(7);

/// Reacts to every message that it is told of, and notes what it said.
#[derive(Default)]
struct Fond {
    heard: Mutex<Vec<String>>,
}

impl Runner for Fond {
    fn run(&self, call: &Call<'_>, _: &dyn Fn() -> [u8; 32]) -> (Ran, Usage) {
        let mut effects = Vec::new();
        if let Input::Event(happening) = call.input
            && let Event::Message(message::Event::Posted { header, parts, .. }) = happening.event
            && let [Part::Text { body }] = parts.as_slice()
        {
            let text = call.ctx.text(body).unwrap_or("gone").to_owned();
            self.heard.lock().unwrap().push(text);
            effects.push(Effect::React { message: header.id, emoji: "👍".to_owned() });
        }
        let outcome = Ok((Ruling::Allow, effects));
        (Ran { outcome, operations: 1, dice: false }, Usage::default())
    }
}

struct Town {
    writer: Writer,
    mint: Mint,
    owner: MemberId,
}

impl Town {
    fn ask(&mut self, actor: Actor, kind: impl Into<CommandKind>, bodies: Bodies) -> usize {
        let draft = Draft::new(self.mint.command(NOW_MS), HERE, actor, kind).with_bodies(bodies);
        let step = self.writer.step(draft, NOW_MS);
        step.reply.unwrap();
        step.records
    }

    fn say(&mut self, text: &str) -> usize {
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, NOW_MS, self.owner, text);
        let community = self.writer.stream().community().unwrap();
        let channel = community.channels.of_name("general").unwrap().id;
        let (parts, mentions) = (vec![Part::Text { body }], Mentions::default());
        let post = message::Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions };
        self.ask(Actor::Member(self.owner), post, bodies)
    }
}

fn open(ports: &Ports, runner: &Arc<Fond>) -> Writer {
    let runner: Arc<dyn Runner> = Arc::clone(runner) as _;
    let extended = Extended::new(runner, Arc::clone(&ports.keys), Mint::seeded(9), Arc::new(Unwatched));
    Writer::open(HERE, Arc::clone(&ports.records), ports.snapshots.as_ref(), Arc::new(extended)).unwrap()
}

/// A community whose owner has put in a script that answers events.
fn town(ports: &Ports, runner: &Arc<Fond>) -> Town {
    let mint = Mint::seeded(3);
    let mut bodies = Bodies::default();
    let id = mint.command(NOW_MS);
    let owner = MemberId::of(id, 0);
    let nickname = mint.text(&mut bodies, NOW_MS, owner, "olive");
    let create = community::Command::Create {
        name: "town".to_owned(),
        blueprint: Box::new(Blueprint::default()),
        founder: Some(Founder { person: PersonId(5), nickname }),
    };
    let mut writer = open(ports, runner);
    let draft = Draft::new(id, HERE, Actor::Host, create).with_bodies(bodies);
    writer.step(draft, NOW_MS).reply.unwrap();
    let mut town = Town { writer, mint, owner };
    let put = script::Command::Put {
        name: "fond".to_owned(),
        source: "fn on_event".to_owned(),
        hooks: BTreeSet::from([Hook::Event]),
        origin: script::Origin::Command,
        binding: None,
        stage: script::Stage::Live,
        cases: String::new(),
    };
    town.ask(Actor::Member(owner), put, Bodies::default());
    town
}

#[test]
fn scripts_are_told_behind_each_record_and_the_state_read_back_is_the_same() {
    let memory = Arc::new(Memory::new());
    let ports = memory.ports(HandClock::at(NOW_MS));
    let runner = Arc::new(Fond::default());
    let mut town = town(&ports, &runner);
    assert_eq!(town.say("one"), 2, "the message and what scripts were told of it");
    assert_eq!(town.say("two"), 2);
    assert_eq!(*runner.heard.lock().unwrap(), ["one", "two"]);
    let community = town.writer.stream().community().unwrap();
    assert!(community.messages.recent().all(|header| header.reaction_count() == 1));
    assert!(community.scripts.attention.is_empty());
    town.writer.flush(Box::new(|result| assert!(result.is_ok()))).unwrap();
    let read = recover(HERE, ports.records.as_ref(), ports.snapshots.as_ref()).unwrap();
    assert_eq!(read.stream.hash(), town.writer.stream().hash());
    let mut again = Town { writer: open(&ports, &runner), ..town };
    assert_eq!(again.say("three"), 2);
    assert_eq!(runner.heard.lock().unwrap().len(), 3, "nothing is told twice");
}
