//! A few streams side by side for tests: real commands, parcels delivered by hand, a clock that is set.

use std::collections::{BTreeMap, BTreeSet};

use crate::body::{Bodies, Body, BodyRef};
use crate::command::{Actor, Command, CommandKind};
use crate::community::{self, Blueprint, Founder};
use crate::decide::{self, Outcome, Prepared};
use crate::handoff::{self, Outgoing, Row};
use crate::hook::NoExtensions;
use crate::host::noun::{PersonCommand, RegistryCommand};
use crate::host::{self, Host};
use crate::ids::{BodyId, ChannelId, CommandId, CommunityId, MemberId, PersonId, mint};
use crate::import;
use crate::message::Evidence;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::stream::{Community, Stream};
use crate::timer;

pub(crate) const HOST: CommunityId = CommunityId::HOST;
pub(crate) const GARDEN: CommunityId = CommunityId(0xa);
pub(crate) const WORKSHOP: CommunityId = CommunityId(0xb);

/// A parcel in the hand of the test.
#[derive(Debug, Clone)]
pub(crate) struct Carried {
    from: CommunityId,
    row: Row,
    at_ms: u64,
    outgoing: Outgoing,
}

/// Streams by id.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    pub(crate) streams: BTreeMap<CommunityId, Stream>,
    pub(crate) records: BTreeMap<CommunityId, Vec<(Record, Bodies)>>,
    pub(crate) now_ms: u64,
    bodies: Bodies,
    count: u128,
}

impl Streams {
    /// A founded host without anything else.
    pub(crate) fn new() -> Self {
        let mut streams = Self {
            streams: BTreeMap::new(),
            records: BTreeMap::new(),
            now_ms: 1_700_000_000_000,
            bodies: Bodies::default(),
            count: 0,
        };
        streams.host(host::Command::Found).unwrap();
        streams
    }

    /// A host with the garden, open and without an owner.
    pub(crate) fn with_garden() -> Self {
        let mut streams = Self::new();
        streams.found(GARDEN, "garden");
        streams
    }

    /// A community without an owner.
    pub(crate) fn found(&mut self, id: CommunityId, name: &str) {
        let register = RegistryCommand::Register { community: id, name: name.to_owned() };
        self.host(register).unwrap();
        let blueprint = Box::new(Blueprint::default());
        let create = community::Command::Create { name: name.to_owned(), blueprint, founder: None };
        self.ask(id, Actor::Host, create).unwrap();
        self.host(RegistryCommand::Confirm { community: id }).unwrap();
        self.deliver_all();
    }

    /// A community with an owner.
    pub(crate) fn found_owned(&mut self, id: CommunityId, name: &str, person: PersonId, nickname: &str) {
        let register = RegistryCommand::Register { community: id, name: name.to_owned() };
        self.host(register).unwrap();
        let command = CommandId(mint(self.now_ms, self.count + 2));
        let nickname = self.body(MemberId::of(command, 0), nickname);
        let founder = Some(Founder { person, nickname });
        let blueprint = Box::new(Blueprint::default());
        let create = community::Command::Create { name: name.to_owned(), blueprint, founder };
        self.ask_as(command, id, Actor::Host, create.into()).unwrap();
        self.host(RegistryCommand::Confirm { community: id }).unwrap();
        self.deliver_all();
    }

    pub(crate) fn next_id(&self) -> CommandId {
        CommandId(mint(self.now_ms, self.count + 1))
    }

    /// Adds a body to those that go with the next command.
    pub(crate) fn body(&mut self, owner: MemberId, text: &str) -> BodyRef {
        self.count += 1;
        let id = BodyId(mint(self.now_ms, self.count));
        self.bodies.put(Body { id, owner, key: [7; 16], bytes: text.as_bytes().into() })
    }

    pub(crate) fn ask(
        &mut self,
        to: CommunityId,
        actor: Actor,
        kind: impl Into<CommandKind>,
    ) -> Result<Outcome, Refusal> {
        let id = self.next_id();
        self.ask_as(id, to, actor, kind.into())
    }

    fn ask_as(
        &mut self,
        id: CommandId,
        community: CommunityId,
        actor: Actor,
        kind: CommandKind,
    ) -> Result<Outcome, Refusal> {
        self.count += 1;
        let bodies = std::mem::take(&mut self.bodies);
        let stream = self.streams.entry(community).or_insert_with(|| Stream::new(community));
        let at_ms = self.now_ms;
        let command = Command { id, community, at_ms, actor, scope: None, key: None, cause: None, kind };
        let ready = decide::prepare(stream, &command)?;
        assert!(matches!(ready, Prepared::Ready(_)));
        let outcome = decide::decide(stream, &command, &bodies, &Evidence::default(), &NoExtensions)?;
        let (record, added) = Record::of(stream.seq + 1, (command, Evidence::default()), outcome.clone());
        let mut bodies = bodies;
        bodies.extend(added);
        let record = Record::decode(&record.encode()).unwrap();
        decide::apply_record(stream, &record, &bodies);
        self.records.entry(community).or_default().push((record, bodies));
        Ok(outcome)
    }

    /// The operator asks the host's stream.
    pub(crate) fn host(&mut self, kind: impl Into<CommandKind>) -> Result<Outcome, Refusal> {
        self.ask(HOST, Actor::Host, kind)
    }

    pub(crate) fn person(&mut self) -> PersonId {
        let person = PersonId(self.next_id().0);
        self.host(PersonCommand::Register { name: None }).unwrap();
        person
    }

    /// An imported member whom nobody has claimed.
    pub(crate) fn import(&mut self, into: CommunityId, name: &str) -> MemberId {
        let member = MemberId(mint(self.now_ms, self.count + 1_000_000));
        let nickname = self.body(member, name);
        let key = self.count as u64;
        let batch = import::Command::Batch {
            origin: import::Origin { format: "jsonl".to_owned(), file: [key as u8; 32] },
            channel: ChannelId(1),
            authors: vec![import::Author { key, member, nickname: Some(nickname) }],
            rows: vec![import::Row {
                line: 1,
                id: None,
                said_at_ms: self.now_ms,
                what: import::What::Came { author: 0 },
            }],
            through_line: 1,
        };
        self.ask(into, Actor::Host, batch).unwrap();
        member
    }

    /// A person with an imported member that they have claimed.
    pub(crate) fn linked(&mut self, community: CommunityId, name: &str) -> (PersonId, MemberId) {
        let (person, member) = (self.person(), self.import(community, name));
        self.host(PersonCommand::Claim { person, community, member }).unwrap();
        self.deliver_all();
        (person, member)
    }

    pub(crate) fn parcels(&self, from: CommunityId) -> Vec<Carried> {
        let rows = self.streams[&from].handoffs.outbox();
        rows.map(|(row, at_ms, outgoing)| Carried { from, row, at_ms, outgoing: outgoing.clone() }).collect()
    }

    /// Delivers one parcel and does not take it off its outbox.
    pub(crate) fn deliver(&mut self, carried: &Carried) -> Result<Outcome, Refusal> {
        let id = handoff::delivery_id(carried.from, carried.row, carried.at_ms);
        let parcel = carried.outgoing.parcel.clone();
        let kind = handoff::Command::Receive { from: carried.from, parcel };
        self.ask_as(id, carried.outgoing.to, Actor::Stream(carried.from), kind.into())
    }

    /// Takes everything off an outbox.
    pub(crate) fn lose_parcels(&mut self, from: CommunityId) {
        let rows: BTreeSet<Row> = self.parcels(from).iter().map(|carried| carried.row).collect();
        if !rows.is_empty() {
            self.ask(from, Actor::Stream(from), handoff::Command::Delivered { rows }).unwrap();
        }
    }

    /// Delivers until nothing is left, each parcel twice.
    pub(crate) fn deliver_all(&mut self) {
        loop {
            let all: Vec<CommunityId> = self.streams.keys().copied().collect();
            let carried: Vec<Carried> = all.iter().flat_map(|id| self.parcels(*id)).collect();
            if carried.is_empty() {
                return;
            }
            for parcel in &carried {
                let first = self.deliver(parcel);
                let again = self.deliver(parcel);
                assert_eq!(again.err(), Some(first.err().unwrap_or(Refusal::NothingToChange)));
            }
            for from in all {
                self.lose_parcels_among(from, &carried);
            }
        }
    }

    fn lose_parcels_among(&mut self, from: CommunityId, carried: &[Carried]) {
        let rows: BTreeSet<Row> = carried.iter().filter(|c| c.from == from).map(|c| c.row).collect();
        if !rows.is_empty() {
            self.ask(from, Actor::Stream(from), handoff::Command::Delivered { rows }).unwrap();
        }
    }

    /// Lets time pass and fires what is due on the way.
    pub(crate) fn pass(&mut self, by_ms: u64) {
        self.now_ms += by_ms;
        for id in self.streams.keys().copied().collect::<Vec<_>>() {
            while let Some((due_ms, timer)) =
                self.streams[&id].timers.next().filter(|(due_ms, _)| *due_ms <= self.now_ms)
            {
                self.ask(id, Actor::Timer(timer), timer::Command::Fire { timer, due_ms }).unwrap();
            }
        }
    }

    pub(crate) fn known(&self) -> &Host {
        self.streams[&HOST].host().unwrap()
    }

    pub(crate) fn community(&self, id: CommunityId) -> &Community {
        self.streams[&id].community().unwrap()
    }

    /// The stream folded again from its records, with bodies that `keep` says.
    pub(crate) fn refold(&self, id: CommunityId, keep: impl Fn(&Body) -> Keep) -> Stream {
        let mut stream = Stream::new(id);
        for (record, bodies) in &self.records[&id] {
            let kept = bodies.iter().filter(|body| keep(body) == Keep::Yes).cloned().collect();
            decide::apply_record(&mut stream, record, &kept);
        }
        stream
    }
}

/// Whether a body is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Yes,
    No,
}
