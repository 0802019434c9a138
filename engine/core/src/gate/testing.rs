//! A bench for tests at the gate: one community's stream, commands through prepare, decide and apply, a
//! hand-turned clock. Timers fire when the clock is turned past them. Every record is kept, to be folded
//! again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Command, GateConfig, applicant_id};
use crate::body::{BODY_KEY_BYTES, Bodies, Body, BodyRef};
use crate::command::{self, Actor, CommandKind};
use crate::decide::{Outcome, Prepared, apply_record, decide, prepare};
use crate::hook::{Extensions, NoExtensions};
use crate::ids::{BodyId, CommandId, CommunityId, MemberId, PersonId, ReceiptId, mint};
use crate::member::{Member, Origin, Standing};
use crate::message::Evidence;
use crate::record::{FORMAT, Record};
use crate::refusal::Refusal;
use crate::role::OWNER;
use crate::stream::{Community, Kind, Stream};
use crate::{queue, timer};

/// The owner that every bench begins with.
pub(crate) const THE_OWNER: MemberId = MemberId(1);

/// A community under test.
pub(crate) struct Bench {
    pub(crate) stream: Stream,
    pub(crate) at_ms: u64,
    pub(crate) records: Vec<(Record, Bodies)>,
    start: Stream,
    next_id: u128,
    extensions: Arc<dyn Extensions>,
}

impl Bench {
    /// A community with its owner inside, who takes no part of `config.capacity` away from the tests: the
    /// capacity is raised by one.
    pub(crate) fn new(config: GateConfig) -> Self {
        Self::named(CommunityId(1), config)
    }

    pub(crate) fn named(id: CommunityId, config: GateConfig) -> Self {
        let mut stream = Stream::new(id);
        let mut community = Community::default();
        let nickname =
            Body { id: BodyId(1), owner: THE_OWNER, key: [0; BODY_KEY_BYTES], bytes: b"o"[..].into() };
        community.members.put(Member {
            id: THE_OWNER,
            person: Some(PersonId(1)),
            nickname: nickname.reference(),
            card: BTreeMap::new(),
            roles: [OWNER.to_owned()].into(),
            tags: Default::default(),
            standing: Standing::Active,
            since_ms: 0,
            joined_ms: Some(0),
            origin: Origin::default(),
            notices: Vec::new(),
        });
        community.profile.owner = Some(THE_OWNER);
        let capacity = config.capacity.map(|seats| seats + 1);
        super::configure(&mut community, &GateConfig { capacity, ..config });
        stream.kind = Kind::Community(Box::new(community));
        stream.format = FORMAT;
        stream.bodies.insert(nickname);
        let extensions = Arc::new(NoExtensions);
        let (start, records) = (stream.clone(), Vec::new());
        Self { start, stream, at_ms: 1_000_000, records, next_id: 1_000, extensions }
    }

    /// The bench begins with this card.
    pub(crate) fn with_card(mut self, schema: &crate::card::Schema) -> Self {
        for stream in [&mut self.start, &mut self.stream] {
            if let Kind::Community(community) = &mut stream.kind {
                crate::card::configure(community, schema);
            }
        }
        self
    }

    /// Lets scripts answer from here on.
    pub(crate) fn extend(&mut self, extensions: impl Extensions + 'static) {
        self.extensions = Arc::new(extensions);
    }

    pub(crate) fn community(&self) -> &Community {
        self.stream.community().expect("the bench is a community")
    }

    pub(crate) fn fresh(&mut self) -> u128 {
        self.next_id += 1;
        mint(self.at_ms, self.next_id)
    }

    /// Runs one command.
    pub(crate) fn run(
        &mut self,
        id: CommandId,
        actor: Actor,
        kind: CommandKind,
        bodies: Bodies,
    ) -> Result<Outcome, Refusal> {
        let (community, at_ms) = (self.stream.id, self.at_ms);
        let command =
            command::Command { id, community, at_ms, actor, scope: None, key: None, cause: None, kind };
        assert!(matches!(prepare(&self.stream, &command)?, Prepared::Ready(_)));
        let evidence = Evidence::default();
        let out = decide(&self.stream, &command, &bodies, &evidence, self.extensions.as_ref())?;
        let (record, added) = Record::of(self.stream.seq + 1, (command, evidence), out.clone());
        let mut bodies = bodies;
        bodies.extend(added);
        let record = Record::decode(&record.encode()).expect("what was written can be read");
        apply_record(&mut self.stream, &record, &bodies);
        self.records.push((record, bodies));
        Ok(out)
    }

    /// A person asks without bodies.
    pub(crate) fn ask(&mut self, person: u128, kind: impl Into<CommandKind>) -> Result<Outcome, Refusal> {
        let id = CommandId(self.fresh());
        self.run(id, Actor::Person(PersonId(person)), kind.into(), Bodies::default())
    }

    /// The owner asks.
    pub(crate) fn owner(&mut self, kind: impl Into<CommandKind>) -> Result<Outcome, Refusal> {
        self.ask(1, kind)
    }

    /// A person asks to join.
    pub(crate) fn join(&mut self, person: u128) -> Result<Outcome, Refusal> {
        self.apply(person, &Asking::default())
    }

    /// A person asks to join, and brings something.
    pub(crate) fn apply(&mut self, person: u128, asking: &Asking<'_>) -> Result<Outcome, Refusal> {
        let id = CommandId(self.fresh());
        let owner = applicant_id(&self.stream, PersonId(person), id);
        let mut bodies = Bodies::default();
        let mut put = |bench: &mut Self, text: &str| bench.body(owner, text, &mut bodies);
        let nickname = put(self, asking.nickname);
        let card = asking.card.iter().map(|(name, text)| ((*name).to_owned(), put(self, text))).collect();
        let answers =
            asking.answers.iter().map(|(name, text)| ((*name).to_owned(), put(self, text))).collect();
        let invite = asking.invite.map(str::to_owned);
        let command =
            Command::RequestJoin { nickname, card, answers, invite, source: asking.source.to_owned() };
        self.run(id, Actor::Person(PersonId(person)), command.into(), bodies)
    }

    /// A person asks for a decision to be looked at again.
    pub(crate) fn appeal(&mut self, person: u128, receipt: ReceiptId) -> Outcome {
        let (mut bodies, owner) = (Bodies::default(), self.row(person).id);
        let text = self.body(owner, "look again", &mut bodies);
        let id = CommandId(self.fresh());
        let command = queue::Command::Appeal { receipt, text };
        self.run(id, Actor::Person(PersonId(person)), command.into(), bodies).expect("an appeal")
    }

    pub(crate) fn body(&mut self, owner: MemberId, text: &str, bodies: &mut Bodies) -> BodyRef {
        let id = BodyId(self.fresh());
        bodies.put(Body { id, owner, key: [7; BODY_KEY_BYTES], bytes: text.as_bytes().into() })
    }

    /// Turns the clock, and fires what is due on the way.
    pub(crate) fn advance(&mut self, by_ms: u64) {
        let until_ms = self.at_ms + by_ms;
        while let Some((due_ms, timer)) = self.stream.timers.next().filter(|(due_ms, _)| *due_ms <= until_ms)
        {
            self.at_ms = self.at_ms.max(due_ms);
            let id = CommandId(self.fresh());
            let fire = timer::Command::Fire { timer, due_ms };
            self.run(id, Actor::Timer(timer), fire.into(), Bodies::default()).expect("a due timer fires");
        }
        self.at_ms = until_ms;
    }

    pub(crate) fn row(&self, person: u128) -> &Member {
        self.community().members.of_person(PersonId(person)).expect("the person was here")
    }

    pub(crate) fn standing(&self, person: u128) -> &'static str {
        let Some(row) = self.community().members.of_person(PersonId(person)) else { return "stranger" };
        match self.community().gate.applications.get(&row.id) {
            Some(application) => application.stage.name(),
            None => row.standing.name(),
        }
    }

    pub(crate) fn place(&self, person: u128) -> Option<(u64, u64)> {
        super::place(self.community(), self.row(person).id)
    }

    /// Codes of what a person was told, oldest first.
    pub(crate) fn told(&self, person: u128) -> Vec<&str> {
        self.row(person).notices.iter().map(|notice| notice.text.code.as_str()).collect()
    }

    /// Every record folded from the start, with or without what people wrote, gives this very state.
    pub(crate) fn assert_folds_again(&self) {
        let (mut with, mut without) = (self.start.clone(), self.start.clone());
        without.bodies = Bodies::default();
        for (record, bodies) in &self.records {
            apply_record(&mut with, record, bodies);
            apply_record(&mut without, record, &Bodies::default());
        }
        assert_eq!(with.hash(), self.stream.hash(), "folded again with bodies");
        assert_eq!(without.hash(), self.stream.hash(), "folded again without bodies");
        assert_eq!(with.bodies, self.stream.bodies, "the same bodies are kept");
        let read = Stream::decode(&self.stream.encode(), self.stream.bodies.clone());
        assert_eq!(read.expect("a state can be read again"), self.stream);
    }
}

/// What somebody brings when they ask to join.
pub(crate) struct Asking<'a> {
    pub(crate) nickname: &'a str,
    pub(crate) card: &'a [(&'a str, &'a str)],
    pub(crate) answers: &'a [(&'a str, &'a str)],
    pub(crate) invite: Option<&'a str>,
    pub(crate) source: &'a str,
}

impl Default for Asking<'_> {
    fn default() -> Self {
        Self { nickname: "小王", card: &[], answers: &[], invite: None, source: "" }
    }
}
