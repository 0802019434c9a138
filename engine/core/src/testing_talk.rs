//! A community at work, for the tests of channels and messages: real commands through prepare, decide and
//! apply.
//!
//! Every record is encoded and decoded before it is folded, and folded a second time without any bodies:
//! `check` holds both states against each other. Evidence is read from the bench's own log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::body::{Bodies, Body, BodyRef};
use crate::command::{Actor, Command, CommandKind, Key};
use crate::community;
use crate::decide::{self, Ctx, Outcome, Prepared};
use crate::event::Event;
use crate::hook::{Extensions, NoExtensions};
use crate::ids::{BodyId, ChannelId, CommandId, CommunityId, MemberId, MessageId, mint};
use crate::member::{Member, Standing};
use crate::message::{self, Evidence, Mentions, Part, Sort};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::role::Permission;
use crate::script;
use crate::stream::{Community, Kind, Stream};
use crate::timer;

/// The owner.
pub(crate) const OWNER: MemberId = MemberId(100);
/// An administrator.
pub(crate) const ADMIN: MemberId = MemberId(101);
/// A moderator.
pub(crate) const MODERATOR: MemberId = MemberId(102);
/// Plain members.
pub(crate) const ANN: MemberId = MemberId(103);
/// Plain members.
pub(crate) const BEN: MemberId = MemberId(104);
/// Only reads.
pub(crate) const GUEST: MemberId = MemberId(105);
/// Has left.
pub(crate) const GONE: MemberId = MemberId(106);

/// When every bench begins.
pub(crate) const START_MS: u64 = 1_750_000_000_000;

/// One community and its log.
#[derive(Clone)]
pub(crate) struct Bench {
    /// With bodies.
    pub(crate) stream: Stream,
    blind: Stream,
    log: Vec<Record>,
    now_ms: u64,
    minted: u128,
    scope: Option<BTreeSet<Permission>>,
    bodies: Vec<Body>,
    said: BTreeMap<u64, Bodies>,
    extensions: Arc<dyn Extensions>,
}

impl Bench {
    /// A community with one group channel, an owner, an administrator, a moderator, two members, a guest
    /// and one who has left.
    pub(crate) fn new() -> Self {
        let stream = Stream::new(CommunityId(7));
        let mut bench = Self {
            blind: stream.clone(),
            stream,
            log: Vec::new(),
            now_ms: START_MS,
            minted: 0,
            scope: None,
            bodies: Vec::new(),
            said: BTreeMap::new(),
            extensions: Arc::new(NoExtensions),
        };
        let create = community::Command::Create {
            name: "garden".to_owned(),
            blueprint: Box::default(),
            founder: None,
        };
        bench.ask_as(Actor::Host, create).unwrap();
        for stream in [&mut bench.stream, &mut bench.blind] {
            let Kind::Community(community) = &mut stream.kind else { panic!("it was founded") };
            furnish(community);
        }
        bench
    }

    /// Lets scripts answer from here on.
    pub(crate) fn extend(&mut self, extensions: impl Extensions + 'static) {
        self.extensions = Arc::new(extensions);
    }

    pub(crate) fn community(&self) -> &Community {
        self.stream.community().unwrap()
    }

    /// The group channel of the founding.
    pub(crate) fn hall(&self) -> ChannelId {
        self.community().channels.of_name("general").unwrap().id
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub(crate) fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Narrows the tokens of all that follows.
    pub(crate) fn scope(&mut self, permissions: &[Permission]) {
        self.scope = Some(permissions.iter().copied().collect());
    }

    /// A body that comes with the next command.
    pub(crate) fn body(&mut self, text: &str) -> BodyRef {
        let id = BodyId(self.mint());
        let body = Body { id, owner: ANN, key: [9; 16], bytes: text.as_bytes().into() };
        let reference = body.reference();
        self.bodies.push(body);
        reference
    }

    /// A body of somebody's that comes with the next command.
    pub(crate) fn body_of(&mut self, owner: MemberId, text: &str) -> BodyRef {
        self.body(text);
        let body = self.bodies.last_mut().expect("it was just put there");
        body.owner = owner;
        body.reference()
    }

    /// The id of the next command, once so many more bodies were made for it.
    pub(crate) fn upcoming(&self, bodies: u128) -> CommandId {
        CommandId(mint(self.now_ms + 1_000, self.minted + bodies + 1))
    }

    /// Takes the bodies of the next command away, to put them with several.
    pub(crate) fn take_bodies(&mut self) -> Vec<Body> {
        std::mem::take(&mut self.bodies)
    }

    /// Puts bodies with the next command.
    pub(crate) fn put_bodies(&mut self, bodies: &[Body]) {
        self.bodies = bodies.to_vec();
    }

    pub(crate) fn text(&mut self, text: &str) -> Vec<Part> {
        vec![Part::Text { body: self.body(text) }]
    }

    pub(crate) fn ask(
        &mut self,
        member: MemberId,
        kind: impl Into<CommandKind>,
    ) -> Result<Vec<Event>, Refusal> {
        self.ask_as(Actor::Member(member), kind)
    }

    /// Runs a command, and then tells scripts of what it did; a second passes.
    pub(crate) fn ask_as(
        &mut self,
        actor: Actor,
        kind: impl Into<CommandKind>,
    ) -> Result<Vec<Event>, Refusal> {
        self.now_ms += 1_000;
        let command = self.command(actor, kind.into());
        let bodies: Bodies = self.bodies.drain(..).collect();
        let events = self.run(command, bodies)?;
        while let Some((id, cause, attend)) = script::due(&self.stream) {
            let actor = Actor::Stream(self.stream.id);
            let command = Command { id, cause: Some(cause), ..self.command(actor, attend.into()) };
            self.run(command, Bodies::default())?;
        }
        Ok(events)
    }

    /// Fires what is due by now, each at its time.
    pub(crate) fn fire_due(&mut self) {
        let until_ms = self.now_ms;
        while let Some((due_ms, timer)) = self.stream.timers.next().filter(|next| next.0 <= until_ms) {
            // Asking takes a second.
            self.now_ms = due_ms.max(self.stream.at_ms) - 1_000;
            self.ask_as(Actor::Timer(timer), timer::Command::Fire { timer, due_ms }).unwrap();
        }
        self.now_ms = until_ms.max(self.now_ms);
    }

    fn run(&mut self, command: Command, bodies: Bodies) -> Result<Vec<Event>, Refusal> {
        let facts = match decide::prepare(&self.stream, &command)? {
            Prepared::Known(_) => panic!("no keys here"),
            Prepared::Ready(facts) => facts,
        };
        let load = |id| (id, self.log.iter().find_map(|record| message::header_of(record, id)));
        let messages = facts.messages.into_iter().map(load).collect();
        let evidence = Evidence { messages, ..Evidence::default() };
        let mut seen = bodies.clone();
        let quoted = script::quotes(&self.stream, &command).and_then(|(seq, _)| self.said.get(&seq));
        seen.extend(quoted.cloned().unwrap_or_default());
        let outcome = decide::decide(&self.stream, &command, &seen, &evidence, self.extensions.as_ref())?;
        let (record, added) = Record::of(self.stream.seq + 1, (command, evidence), outcome);
        let mut bodies = bodies;
        bodies.extend(added);
        let record = Record::decode(&record.encode()).unwrap();
        decide::apply_record(&mut self.stream, &record, &bodies);
        decide::apply_record(&mut self.blind, &record, &Bodies::default());
        self.said.insert(record.seq, bodies);
        let events = record.events.clone();
        self.log.push(record);
        Ok(events.into_iter().filter(|event| !matches!(event, Event::FormatRaised { .. })).collect())
    }

    /// Lets a test decide something that no command leads to yet, and folds what came of it.
    pub(crate) fn by_hand(
        &mut self,
        member: MemberId,
        act: impl FnOnce(&Ctx<'_>, &mut Outcome),
    ) -> Vec<Event> {
        self.now_ms += 1_000;
        let command = self.command(Actor::Member(member), member_leave());
        let (bodies, evidence) = (Bodies::default(), Evidence::default());
        let mut out = Outcome::default();
        let community = self.community();
        let actor = community.members.get(member);
        let ctx = Ctx {
            stream: &self.stream,
            community,
            command: &command,
            bodies: &bodies,
            evidence: &evidence,
            actor,
            extensions: &NoExtensions,
            by_script: false,
            entering: None,
        };
        act(&ctx, &mut out);
        let (record, added) = Record::of(self.stream.seq + 1, (command, evidence), out);
        let mut bodies = bodies;
        bodies.extend(added);
        decide::apply_record(&mut self.stream, &record, &bodies);
        decide::apply_record(&mut self.blind, &record, &bodies);
        let events = record.events.clone();
        self.log.push(record);
        events
    }

    /// Posts a text that must go through.
    pub(crate) fn say(&mut self, member: MemberId, text: &str) -> MessageId {
        let hall = self.hall();
        self.post(member, hall, text, None)
    }

    /// Posts a reply that must go through.
    pub(crate) fn reply(&mut self, member: MemberId, to: MessageId, text: &str) -> MessageId {
        let hall = self.hall();
        self.post(member, hall, text, Some(to))
    }

    /// Posts a text somewhere, which must go through.
    pub(crate) fn post(
        &mut self,
        member: MemberId,
        channel: ChannelId,
        text: &str,
        reply_to: Option<MessageId>,
    ) -> MessageId {
        let parts = self.text(text);
        let (sort, mentions) = (Sort::Talk, Mentions::default());
        let asked = message::Command::Post { channel, parts, reply_to, sort, mentions };
        self.ask(member, asked).unwrap();
        self.newest()
    }

    /// The last record.
    pub(crate) fn last(&self) -> &Record {
        self.log.last().expect("a bench begins with a record")
    }

    /// All records.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.log.iter()
    }

    /// The bits of the last command's id, as a message's; telling scripts is no command of anybody's.
    pub(crate) fn newest(&self) -> MessageId {
        let told = |record: &&Record| {
            matches!(record.command.kind, CommandKind::Script(script::Command::Attend { .. }))
        };
        MessageId(self.log.iter().rev().find(|record| !told(record)).unwrap().command.id.0)
    }

    /// Holds the state against itself read back, and against a fold without bodies.
    pub(crate) fn check(&self) {
        let back = Stream::decode(&self.stream.encode(), self.stream.bodies.clone()).unwrap();
        assert_eq!(back, self.stream, "a state read back is the state");
        assert_eq!(self.blind.hash(), self.stream.hash(), "nothing in the state comes from what was written");
    }

    fn command(&mut self, actor: Actor, kind: CommandKind) -> Command {
        Command {
            id: CommandId(self.mint()),
            community: self.stream.id,
            at_ms: self.now_ms,
            actor,
            scope: self.scope.clone(),
            key: None,
            cause: None,
            kind,
        }
    }

    /// A member's command under a key; the number stands for its input. A second passes.
    pub(crate) fn keyed(&mut self, member: MemberId, key: (&str, u8), kind: CommandKind) -> Command {
        self.now_ms += 1_000;
        let key = Some(Key { text: key.0.to_owned(), input: [key.1; 16] });
        Command { key, ..self.command(Actor::Member(member), kind) }
    }

    /// Decides and folds a command as a writer does: what it refuses is recorded under the key.
    pub(crate) fn record(&mut self, command: Command) -> Result<u64, Refusal> {
        let (bodies, evidence) = (Bodies::default(), Evidence::default());
        let seq = self.stream.seq + 1;
        let decided = decide::decide(&self.stream, &command, &bodies, &evidence, self.extensions.as_ref());
        let (record, said) = match decided {
            Ok(outcome) => (Record::of(seq, (command, evidence), outcome).0, Ok(seq)),
            Err(refusal) => (Record::refused(seq, command, refusal.clone()), Err(refusal)),
        };
        let record = Record::decode(&record.encode()).unwrap();
        decide::apply_record(&mut self.stream, &record, &bodies);
        decide::apply_record(&mut self.blind, &record, &bodies);
        self.log.push(record);
        said
    }

    /// Changes the state behind everybody's back.
    pub(crate) fn meddle(&mut self, change: impl Fn(&mut Community)) {
        for stream in [&mut self.stream, &mut self.blind] {
            let Kind::Community(community) = &mut stream.kind else { panic!("it was founded") };
            change(community);
        }
    }

    /// Puts many more plain members into the community.
    pub(crate) fn crowd(&mut self, count: u32) -> BTreeSet<MemberId> {
        let row = self.community().members.get(ANN).cloned().expect("she is there");
        let ids: BTreeSet<MemberId> = (0..count).map(|id| MemberId(1_000 + u128::from(id))).collect();
        let all = ids.clone();
        self.meddle(move |community| {
            all.iter().for_each(|id| community.members.put(Member { id: *id, ..row.clone() }));
        });
        ids
    }

    fn mint(&mut self) -> u128 {
        self.minted += 1;
        mint(self.now_ms, self.minted)
    }
}

fn member_leave() -> CommandKind {
    crate::member::Command::Leave.into()
}

fn furnish(community: &mut Community) {
    community.profile.owner = Some(OWNER);
    let people = [
        (OWNER, "owner"),
        (ADMIN, "admin"),
        (MODERATOR, "moderator"),
        (ANN, "member"),
        (BEN, "member"),
        (GUEST, "guest"),
        (GONE, "member"),
    ];
    for (id, role) in people {
        community.members.put(Member {
            id,
            person: None,
            nickname: BodyRef { id: BodyId(id.0), len: 0, mac: [0; 16] },
            card: Default::default(),
            roles: BTreeSet::from([role.to_owned()]),
            tags: BTreeSet::new(),
            standing: if id == GONE { Standing::Left { at_ms: START_MS } } else { Standing::Active },
            since_ms: START_MS,
            joined_ms: Some(START_MS),
            origin: Default::default(),
            notices: Vec::new(),
        });
    }
}
