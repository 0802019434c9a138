//! How the agenda is played: each thing is asked of the writer as somebody would ask it, and what comes of it
//! is noted. A refusal is part of the story: people are late, or muted.

use std::collections::BTreeMap;

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::event::Event;
use kith_core::ids::{CommandId, HoldId, MemberId, MessageId, ReceiptId};
use kith_core::member::{self, Standing};
use kith_core::message::{self, Ack, Mentions, Part};
use kith_core::moment::{DAY_MS, MINUTE_MS};
use kith_core::queue::{self, AtDeadline};
use kith_core::refusal::Refusal;
use kith_core::{gate, role, rule, script, topic};
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::scripting::{Compiler, How, Written, check};

use super::super::world::filled;
use super::Month;
use super::agenda::{Act, Door, Follows, Looked, Meant, Said, Who};
use super::cast::OWNER;

/// How long a ban by hand lasts.
const BANNED_MS: u64 = 30 * DAY_MS;

/// What comes of something that is asked.
type Asked = Result<Option<Reply>, AskError>;

impl Month<'_> {
    /// Plays everything until now; `told` is given the time reached.
    pub(super) fn play(
        &mut self,
        compiler: &dyn Compiler,
        told: &mut dyn FnMut(u64),
    ) -> Result<(), AskError> {
        let until_ms = self.span.until_ms;
        while let Some((at_ms, act)) = self.agenda.next_until(until_ms) {
            self.fire_until(at_ms)?;
            self.act(act, at_ms, compiler)?;
            told(at_ms);
        }
        self.fire_until(until_ms)
    }

    fn fire_until(&mut self, now_ms: u64) -> Result<(), AskError> {
        while let Some(fired) = self.solo.fire(now_ms)? {
            self.note(&fired.outcome, fired.due_ms);
        }
        Ok(())
    }

    fn act(&mut self, act: Act, at_ms: u64, compiler: &dyn Compiler) -> Result<(), AskError> {
        match act {
            Act::Invite { source, uses } => self.invite(source, uses, at_ms),
            Act::Knock { who, door, source } => self.knock(who, (door, source), at_ms),
            Act::Trust { who } => self.trust(who, at_ms),
            Act::Say(said) => self.say(&said, at_ms),
            Act::Announce { place } => self.announce(place, at_ms),
            Act::Look(looked) => self.look(looked, at_ms),
            Act::Appeal { who, receipt, meant } => self.appeal(who, (receipt, meant), at_ms),
            Act::Judge { appeal, decision } => {
                let decide = queue::Command::DecideAppeal { appeal, decision, note: None };
                self.ask(OWNER, decide, at_ms).map(drop)
            }
            Act::Warn { place } => self.warn(place, at_ms),
            Act::Ban { who } => {
                let Some(member) = self.member(who) else { return Ok(()) };
                let ban = member::Command::Ban { member, for_ms: Some(BANNED_MS), reason: None };
                self.ask(OWNER, ban, at_ms).map(drop)
            }
            Act::Put { script, version } => self.put((script, version), at_ms, compiler),
            Act::Leave { who } => self.leave(who, at_ms),
            Act::React { who, message } => {
                let emoji = self.dice.word(&self.world.talk.emoji).to_owned();
                self.ask(who, message::Command::React { message, emoji }, at_ms).map(drop)
            }
            Act::Accept { who, question, answer } => {
                let accept = message::Command::AcceptAnswer { question, answer };
                self.ask(who, accept, at_ms).map(drop)
            }
            Act::Confirm { who, message } => {
                self.ask(who, message::Command::Acknowledge { message }, at_ms).map(drop)
            }
            Act::Open(opening) => {
                self.open(opening, at_ms);
                Ok(())
            }
            Act::Advertise { who, left } => {
                self.advertise(who, left, at_ms);
                Ok(())
            }
            Act::Alarm { newcomer } => {
                self.alarm(newcomer, at_ms);
                Ok(())
            }
            Act::Flood => {
                self.flood(at_ms);
                Ok(())
            }
        }
    }

    fn look(&mut self, looked: Looked, at_ms: u64) -> Result<(), AskError> {
        let Looked { hold, by, meant, receipt } = looked;
        let outcome = self.opinion(meant);
        let author = self.author_of(hold);
        let done = self.ask(by, queue::Command::Resolve { hold, outcome, note: None }, at_ms)?;
        if let (Some(_), Some(who), AtDeadline::Deny) = (done, author, outcome) {
            self.denied(who, (receipt, meant), at_ms);
        }
        Ok(())
    }

    fn invite(&mut self, source: &str, uses: u32, at_ms: u64) -> Result<(), AskError> {
        let mut random = [0; 10];
        random.copy_from_slice(&self.mint.random_bytes()[..10]);
        let code = gate::mint_code(random);
        self.invites.push(code.clone());
        let source = source.to_owned();
        let invite =
            gate::Command::CreateInvite { code, uses, expires_at_ms: None, source, for_person: None };
        self.ask(OWNER, invite, at_ms).map(drop)
    }

    fn knock(&mut self, who: Who, (door, source): (Door, &str), at_ms: u64) -> Result<(), AskError> {
        let (id, person) = (self.mint.command(at_ms), self.people[who].person);
        let owner = gate::applicant_id(self.solo.stream(), person, id);
        let mut bodies = Bodies::default();
        let nickname = self.mint.text(&mut bodies, at_ms, owner, &self.people[who].name);
        let words = match door {
            Door::Invite(_) => None,
            Door::Answer => Some(&self.world.people.good_answers),
            Door::Shrug => Some(&self.world.people.bad_answers),
        };
        let mut answers = BTreeMap::new();
        if let Some(words) = words {
            let answer = self.mint.text(&mut bodies, at_ms, owner, self.dice.word(words));
            answers.insert(self.world.question(), answer);
        }
        let invite = match door {
            Door::Invite(place) => self.invites.get(place).cloned(),
            Door::Answer | Door::Shrug => None,
        };
        let source = source.to_owned();
        let request = gate::Command::RequestJoin { nickname, card: BTreeMap::new(), answers, invite, source };
        let draft = Draft::new(id, self.community, Actor::Person(person), request).with_bodies(bodies);
        let reply = self.step(draft, at_ms)?;
        let joined = |event: &Event| matches!(event, Event::Member(member::Event::Joined { .. }));
        match reply {
            Some(reply) if reply.events.iter().any(joined) => self.greet(who, at_ms),
            Some(_) => self.counts.turned_away += 1,
            None => {}
        }
        Ok(())
    }

    fn trust(&mut self, who: Who, at_ms: u64) -> Result<(), AskError> {
        let Some(member) = self.member(who) else { return Ok(()) };
        let name = role::MODERATOR.to_owned();
        self.ask(OWNER, role::Command::Give { member, name }, at_ms).map(drop)
    }

    fn say(&mut self, said: &Said, at_ms: u64) -> Result<(), AskError> {
        let (Some(member), id) = (self.member(said.who), self.mint.command(at_ms)) else { return Ok(()) };
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, at_ms, member, &said.text);
        let reply_to = match said.follows {
            Follows::Nothing => None,
            Follows::Message(message) => Some(message),
            Follows::Thread(thread, answers) => {
                self.threads.get(thread).and_then(|underway| underway.answered(answers))
            }
        };
        let post = message::Command::Post {
            channel: said.channel,
            parts: vec![Part::Text { body }],
            reply_to,
            sort: said.sort,
            mentions: Mentions::default(),
        };
        let draft = Draft::new(id, self.community, Actor::Member(member), post).with_bodies(bodies);
        let reply = self.step(draft, at_ms)?;
        let message = MessageId(id.0);
        let posted = reply.as_ref().is_some_and(|reply| stands(reply, message));
        self.note_line(said, posted.then_some(message), at_ms);
        if let Some(reply) = reply {
            self.note_holds(said, &reply, at_ms);
        }
        if posted {
            self.like(message, at_ms);
        }
        Ok(())
    }

    fn announce(&mut self, place: usize, at_ms: u64) -> Result<(), AskError> {
        let Some(member) = self.member(OWNER) else { return Ok(()) };
        let text = self.world.trouble.notices.get(place).map_or("", String::as_str);
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, at_ms, member, text);
        let announce = message::Command::Announce {
            channel: self.channels.notices,
            parts: vec![Part::Text { body }],
            ack: if place.is_multiple_of(3) { Ack::Required } else { Ack::Optional },
            mentions: Mentions::default(),
        };
        let id = self.mint.command(at_ms);
        let draft = Draft::new(id, self.community, Actor::Member(member), announce).with_bodies(bodies);
        self.step(draft, at_ms)?;
        for who in 1..self.people.len() {
            if self.is_inside(who) && !self.dice.one_in(3) {
                let at_ms = at_ms + self.dice.between(MINUTE_MS, DAY_MS);
                self.agenda.put(at_ms, Act::Confirm { who, message: MessageId(id.0) });
            }
        }
        Ok(())
    }

    fn appeal(&mut self, who: Who, (receipt, meant): (ReceiptId, Meant), at_ms: u64) -> Result<(), AskError> {
        let Some(member) = self.known(who) else { return Ok(()) };
        let words = match meant {
            Meant::Well => &self.world.trouble.appeals,
            Meant::Ill => &self.world.trouble.bold_appeals,
        };
        let mut bodies = Bodies::default();
        let text = self.mint.text(&mut bodies, at_ms, member, self.dice.word(words));
        let appeal = queue::Command::Appeal { receipt, text };
        let draft = Draft::new(self.mint.command(at_ms), self.community, Actor::Member(member), appeal);
        if let Some(reply) = self.step(draft.with_bodies(bodies), at_ms)? {
            self.note_appeal(meant, &reply, at_ms);
        }
        Ok(())
    }

    fn warn(&mut self, place: usize, at_ms: u64) -> Result<(), AskError> {
        let people = self.some_people(8);
        let quarrelling = people.into_iter().find(|who| *who > 3).and_then(|who| self.member(who));
        let (Some(member), Some(by)) = (quarrelling, self.member(1)) else { return Ok(()) };
        let mut bodies = Bodies::default();
        let words = self.world.trouble.warnings.get(place).map_or("", String::as_str);
        let reason = Some(self.mint.text(&mut bodies, at_ms, member, words));
        let warn = rule::Command::Warn { member, reason };
        let draft = Draft::new(self.mint.command(at_ms), self.community, Actor::Member(by), warn);
        self.step(draft.with_bodies(bodies), at_ms).map(drop)
    }

    fn leave(&mut self, who: Who, at_ms: u64) -> Result<(), AskError> {
        if !self.is_inside(who) {
            return Ok(());
        }
        let slots = self.world.talk.fill(&mut self.dice);
        let text = filled(self.dice.word(&self.world.talk.farewells), &slots);
        let said = self.chat(who, text);
        self.say(&said, at_ms)?;
        self.ask(who, member::Command::Leave, at_ms).map(drop)
    }

    fn put(&mut self, which: (&str, u32), at_ms: u64, compiler: &dyn Compiler) -> Result<(), AskError> {
        let (name, source) = (which.0.to_owned(), self.world.script(which.0, which.1).to_owned());
        let written = Written { file: format!("{name}.rhai"), name, source, cases: None };
        let checked = check(compiler, &written);
        let checked = checked.expect("the demo's scripts pass the checks: a test runs them");
        let how = How { origin: script::Origin::Folder, ..How::default() };
        let put = Draft::new(
            self.mint.command(at_ms),
            self.community,
            Actor::Host,
            CommandKind::from(how.command(&written, &checked)),
        );
        self.step(put, at_ms).map(drop)
    }

    fn ask(&mut self, who: Who, kind: impl Into<CommandKind>, at_ms: u64) -> Asked {
        let Some(member) = self.member(who) else { return Ok(None) };
        let id: CommandId = self.mint.command(at_ms);
        self.step(Draft::new(id, self.community, Actor::Member(member), kind), at_ms)
    }

    fn step(&mut self, draft: Draft, at_ms: u64) -> Asked {
        let outcome = self.solo.step(draft, at_ms)?;
        self.note(&outcome, at_ms);
        Ok(outcome.ok())
    }

    /// Counts what came of something, whoever asked for it.
    fn note(&mut self, outcome: &Result<Reply, Refusal>, at_ms: u64) {
        match outcome {
            Err(refusal) => *self.counts.refused.entry(refusal.code().to_owned()).or_insert(0) += 1,
            Ok(reply) => reply.events.iter().for_each(|event| self.note_event(event, at_ms)),
        }
    }

    fn note_event(&mut self, event: &Event, at_ms: u64) {
        let counts = &mut self.counts;
        match event {
            Event::Member(member::Event::Joined { .. }) => counts.joined += 1,
            Event::Member(member::Event::Left { .. }) => counts.left += 1,
            Event::Member(member::Event::Banned { .. }) => counts.banned += 1,
            Event::Rule(rule::Event::Muted { .. }) => counts.muted += 1,
            Event::Message(message::Event::Posted { .. }) => counts.messages += 1,
            Event::Message(message::Event::Reacted { .. }) => counts.reactions += 1,
            Event::Message(message::Event::AnswerAccepted { .. }) => counts.answers += 1,
            Event::Queue(queue::Event::Held { .. }) => counts.held += 1,
            Event::Queue(queue::Event::Resolved { outcome: AtDeadline::Release, .. }) => counts.released += 1,
            Event::Queue(queue::Event::Resolved { outcome: AtDeadline::Deny, .. }) => counts.denied += 1,
            Event::Queue(queue::Event::Appealed { .. }) => counts.appealed += 1,
            Event::Queue(queue::Event::AppealDecided { decision: queue::Decision::Overturned, .. }) => {
                counts.overturned += 1;
            }
            Event::Topic(topic::Event::Raised { raised }) => self.answer_topic(raised.message, at_ms),
            _ => {}
        }
    }

    /// Whose message waits.
    fn author_of(&self, hold: HoldId) -> Option<Who> {
        let community = self.solo.stream().community()?;
        let author = community.queue.holds.get(&hold)?.item.member();
        let person = community.members.get(author)?.person?;
        self.people.iter().position(|player| player.person == person)
    }

    /// The member that somebody is, or was.
    fn known(&self, who: Who) -> Option<MemberId> {
        let community = self.solo.stream().community()?;
        community.members.of_person(self.people.get(who)?.person).map(|member| member.id)
    }

    /// The member that somebody is while they are inside.
    fn member(&self, who: Who) -> Option<MemberId> {
        let members = &self.solo.stream().community()?.members;
        members.get(self.known(who)?).filter(|row| row.standing == Standing::Active).map(|row| row.id)
    }

    /// Whether somebody is inside and not muted.
    pub(super) fn may_talk(&self, who: Who) -> bool {
        let (stream, member) = (self.solo.stream(), self.member(who));
        let record = stream.community().map(|community| &community.rules.record);
        record.zip(member).is_some_and(|(record, member)| record.mute(member, stream.at_ms).is_none())
    }

    pub(super) fn is_inside(&self, who: Who) -> bool {
        self.member(who).is_some()
    }
}

/// Whether a message was posted in a reply.
fn stands(reply: &Reply, message: MessageId) -> bool {
    reply.events.iter().any(|event| match event {
        Event::Message(message::Event::Posted { header, .. }) => header.id == message,
        _ => false,
    })
}
