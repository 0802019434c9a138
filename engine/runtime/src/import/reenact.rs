//! Plays rows as ordinary commands, on a stream of its own with the rows' own clock.
//!
//! People pass the gate when they are first seen, what they say passes rules and scripts, timers fire when
//! they are due. Nothing leaves: parcels stay in the outbox. That is how a rulebook is tried on real traffic.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kith_core::body::Bodies;
use kith_core::channel::{self, Channel, Status};
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint};
use kith_core::event::Event;
use kith_core::hook::Extensions;
use kith_core::ids::{ChannelId, CommunityId, MemberId, PersonId};
use kith_core::member::Standing;
use kith_core::message::{self, Part};
use kith_core::ports::{Records, Snapshots};
use kith_core::queue::Verdict;
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_core::{gate, member, script};

use super::facts::{Watch, shown};
use super::read::Reader;
use super::row::{Row, RowKind};
use crate::draft::{AskError, Draft, Reply};
use crate::mint::Mint;
use crate::solo::{Solo, SoloPorts};

/// Rows between two reports of progress.
const ROWS_PER_PROGRESS: u64 = 512;

/// Where the rows are played.
pub struct Stage {
    /// The log.
    pub records: Arc<dyn Records>,
    /// Where the last state goes.
    pub snapshots: Arc<dyn Snapshots>,
    /// Whoever runs its scripts.
    pub extensions: Arc<dyn Extensions>,
    /// The stream, which must have no record yet.
    pub community: CommunityId,
    /// What it is called.
    pub name: String,
    /// Gate, rules, roles.
    pub blueprint: Blueprint,
    /// What puts its scripts in, before anybody says anything: commands made of sources that passed the
    /// checks.
    pub scripts: Vec<script::Command>,
}

/// What a re-enactment came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reenacted {
    /// People who were let in.
    pub joined: u64,
    /// People who wait at the gate at the end.
    pub waiting: u64,
    /// People who were turned away.
    pub turned_away: u64,
    /// Messages that came through.
    pub posted: u64,
    /// Messages that were held.
    pub held: u64,
    /// Messages that a rule denied.
    pub denied: u64,
    /// Commands refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Receipts by verdict, whatever they were about.
    pub receipts: BTreeMap<String, u64>,
    /// Messages without text: the source had an empty one, and nothing can be posted.
    pub empty: u64,
    /// Timers that fired.
    pub timers: u64,
    /// Renames.
    pub renames: u64,
    /// Places that could not be read.
    pub bad_lines: u64,
    /// Records written.
    pub records: u64,
}

/// Plays all rows of a reader.
pub fn run(stage: Stage, mut reader: Reader, watch: &mut dyn Watch) -> Result<Reenacted, AskError> {
    let mut play = Play::new(stage)?;
    let mut rows = 0;
    while let Some(item) = reader.next() {
        if watch.wants_stop() {
            break;
        }
        match item {
            Ok(row) => play.row(&row)?,
            Err(bad) => {
                play.came_to.bad_lines += 1;
                watch.bad_line(&bad);
            }
        }
        rows += 1;
        if rows % ROWS_PER_PROGRESS == 0 {
            let (done, total) = reader.progress();
            watch.progress(done, total);
        }
    }
    play.finish()
}

struct Play {
    stage: Stage,
    solo: Solo,
    mint: Mint,
    people: HashMap<Arc<str>, PersonId>,
    channel: Option<ChannelId>,
    came_to: Reenacted,
}

impl Play {
    fn new(stage: Stage) -> Result<Self, AskError> {
        let Stage { records, snapshots, extensions, .. } = &stage;
        let (records, snapshots) = (Arc::clone(records), Arc::clone(snapshots));
        let ports = SoloPorts { records, snapshots, extensions: Arc::clone(extensions) };
        let solo = Solo::open(stage.community, ports)?;
        if solo.stream().seq > 0 {
            return Err(AskError::Refused(Refusal::CommunityExists));
        }
        Ok(Self {
            mint: Mint::seeded((stage.community.0 >> 64) as u64),
            stage,
            solo,
            people: HashMap::new(),
            channel: None,
            came_to: Reenacted::default(),
        })
    }

    fn row(&mut self, row: &Row) -> Result<(), AskError> {
        let now_ms = row.said_at_ms;
        if self.solo.stream().seq == 0 {
            self.found(now_ms)?;
        }
        self.fire_until(now_ms)?;
        match &row.kind {
            RowKind::Message(message) => {
                let member = self.enter(&message.author, now_ms)?;
                let text = shown(message);
                if text.is_empty() {
                    self.came_to.empty += 1;
                } else if let Some(member) = member {
                    self.say(member, &text, now_ms)?;
                } else {
                    self.count_refusal(&Refusal::NotAMember);
                }
            }
            RowKind::Joined { who, .. } => {
                self.enter(who, now_ms)?;
            }
            RowKind::Renamed { from, to } => self.rename(from, to),
            RowKind::Left { .. }
            | RowKind::Removed { .. }
            | RowKind::Topic { .. }
            | RowKind::Pinned { .. }
            | RowKind::Notice { .. } => {}
        }
        Ok(())
    }

    fn found(&mut self, now_ms: u64) -> Result<(), AskError> {
        let create = community::Command::Create {
            name: self.stage.name.clone(),
            blueprint: Box::new(self.stage.blueprint.clone()),
            founder: None,
        };
        self.must(create.into(), now_ms)?;
        for put in std::mem::take(&mut self.stage.scripts) {
            self.must(put.into(), now_ms)?;
        }
        self.channel = self.solo.stream().community().and_then(first_group);
        Ok(())
    }

    /// Asks as the host for something without which the past would be another.
    fn must(&mut self, kind: CommandKind, now_ms: u64) -> Result<(), AskError> {
        let id = self.mint.command(now_ms);
        self.solo
            .step(Draft::new(id, self.stage.community, Actor::Host, kind), now_ms)?
            .map(drop)
            .map_err(AskError::Refused)
    }

    /// The member that somebody is; at first sight they ask to be let in.
    fn enter(&mut self, who: &super::row::Author, now_ms: u64) -> Result<Option<MemberId>, AskError> {
        let person = match self.people.get(&who.key) {
            Some(person) => *person,
            None => {
                let person = PersonId(self.mint.bits(now_ms));
                self.people.insert(Arc::clone(&who.key), person);
                self.knock(person, &who.shown, now_ms)?;
                person
            }
        };
        let member = self.solo.stream().community().and_then(|community| community.members.of_person(person));
        Ok(member.filter(|member| member.standing == Standing::Active).map(|member| member.id))
    }

    fn knock(&mut self, person: PersonId, nickname: &str, now_ms: u64) -> Result<(), AskError> {
        let id = self.mint.command(now_ms);
        let owner = gate::applicant_id(self.solo.stream(), person, id);
        let mut bodies = Bodies::default();
        let nickname = self.mint.text(&mut bodies, now_ms, owner, nickname);
        let request = gate::Command::RequestJoin {
            nickname,
            card: BTreeMap::new(),
            answers: BTreeMap::new(),
            invite: None,
            source: "reenact".to_owned(),
        };
        let draft = Draft::new(id, self.stage.community, Actor::Person(person), request).with_bodies(bodies);
        self.play(draft, now_ms).map(drop)
    }

    fn say(&mut self, member: MemberId, text: &str, now_ms: u64) -> Result<(), AskError> {
        let Some(channel) = self.channel else { return Ok(()) };
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, now_ms, member, text);
        let post = message::Command::Post {
            channel,
            parts: vec![Part::Text { body }],
            reply_to: None,
            sort: message::Sort::Talk,
            mentions: message::Mentions::default(),
        };
        let reply = self.ask(Actor::Member(member), post.into(), bodies, now_ms)?;
        let Some(reply) = reply else { return Ok(()) };
        match reply.receipts.iter().map(|receipt| receipt.verdict).max() {
            Some(Verdict::Deny) => self.came_to.denied += 1,
            Some(Verdict::Hold) => self.came_to.held += 1,
            Some(Verdict::Allow) | None => self.came_to.posted += 1,
        }
        Ok(())
    }

    /// Both names lead to the same person; the nickname in the group stays what they came with.
    fn rename(&mut self, from: &super::row::Author, to: &super::row::Author) {
        if let Some(person) = self.people.get(&from.key).copied() {
            self.people.entry(Arc::clone(&to.key)).or_insert(person);
            self.came_to.renames += 1;
        }
    }

    fn ask(
        &mut self,
        actor: Actor,
        kind: CommandKind,
        bodies: Bodies,
        now_ms: u64,
    ) -> Result<Option<Reply>, AskError> {
        let id = self.mint.command(now_ms);
        self.play(Draft::new(id, self.stage.community, actor, kind).with_bodies(bodies), now_ms)
    }

    /// Takes a step that may be refused: that is counted.
    fn play(&mut self, draft: Draft, now_ms: u64) -> Result<Option<Reply>, AskError> {
        let outcome = self.solo.step(draft, now_ms)?;
        Ok(self.note(outcome))
    }

    /// Counts what came of a step.
    fn note(&mut self, outcome: Result<Reply, Refusal>) -> Option<Reply> {
        match &outcome {
            Ok(reply) => self.count(reply),
            Err(refusal) => self.count_refusal(refusal),
        }
        outcome.ok()
    }

    fn fire_until(&mut self, now_ms: u64) -> Result<(), AskError> {
        while let Some(fired) = self.solo.fire(now_ms)? {
            self.note(fired.outcome);
            self.came_to.timers += 1;
        }
        Ok(())
    }

    fn count(&mut self, reply: &Reply) {
        for event in &reply.events {
            if let Event::Member(member::Event::Joined { .. }) = event {
                self.came_to.joined += 1;
            }
        }
        for receipt in &reply.receipts {
            let verdict = match receipt.verdict {
                Verdict::Allow => "allow",
                Verdict::Hold => "hold",
                Verdict::Deny => "deny",
            };
            *self.came_to.receipts.entry(verdict.to_owned()).or_insert(0) += 1;
        }
    }

    fn count_refusal(&mut self, refusal: &Refusal) {
        *self.came_to.refused.entry(refusal.code().to_owned()).or_insert(0) += 1;
    }

    fn finish(mut self) -> Result<Reenacted, AskError> {
        let stream = self.solo.stream();
        self.came_to.waiting = standing(stream, |standing| matches!(standing, Standing::Applicant));
        self.came_to.turned_away =
            standing(stream, |standing| matches!(standing, Standing::TurnedAway { .. }));
        self.came_to.records = self.solo.written();
        self.solo.finish()?;
        Ok(self.came_to)
    }
}

/// How many members stand where `here` says.
fn standing(stream: &Stream, here: impl Fn(&Standing) -> bool) -> u64 {
    let members = stream.community().map(|community| &community.members);
    members.map_or(0, |members| members.iter().filter(|row| here(&row.standing)).count() as u64)
}

/// The group channel that comes first in the operator's order.
pub fn first_group(community: &Community) -> Option<ChannelId> {
    let open = |channel: &&Channel| channel.kind == channel::Kind::Group && channel.status == Status::Open;
    community.channels.listed().into_iter().find(open).map(|channel| channel.id)
}
