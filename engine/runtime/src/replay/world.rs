//! The recorded state with one version's own doing laid over it.

use std::collections::BTreeMap;

use kith_core::body::{Bodies, Body};
use kith_core::command::{Actor, Command};
use kith_core::decide::{self, Ctx, Outcome};
use kith_core::event::Event;
use kith_core::hook::{Chain, Extensions, Fault, Input, Posting};
use kith_core::ids::{self, BodyId, CommandId, MemberId};
use kith_core::member::{self, Member};
use kith_core::message::{self, Evidence};
use kith_core::moment::Moment;
use kith_core::notice::Arg;
use kith_core::ports::Records;
use kith_core::queue::{Ground, Verdict};
use kith_core::record::Record;
use kith_core::rule::{self, Judgement, Occasion};
use kith_core::script::{self, Run, RunOutcome, Script, Version};
use kith_core::stream::{Kind, Stream};
use kith_core::text::reading::Reading;
use sha2::{Digest, Sha256};

use super::said::Said;
use super::{Cascade, Draft};
use crate::draft::AskError;
use crate::words::Telling;

/// What the version said of one message.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// What it came to.
    pub(super) outcome: RunOutcome,
    /// What it amounts to for the message, the ladder asked.
    pub(super) verdict: Verdict,
    /// The code of its reason.
    pub(super) code: String,
    /// Its reason in its words.
    pub(super) text: String,
    /// Whether its author is muted by what it says here.
    pub(super) mutes: bool,
    /// Whether its author is sent out by what it says here.
    pub(super) removes: bool,
    /// Whether a mute of its own would have kept the message from being written.
    pub(super) prevented: bool,
    /// Why it failed.
    pub(super) fault: Option<Fault>,
    /// Time by the clock, microseconds.
    pub(super) wall_us: u64,
}

/// A state with one script in it.
pub(super) struct World<'a> {
    records: &'a dyn Records,
    /// Why something that the version asked for could not be read.
    failed: Option<AskError>,
    stream: Stream,
    no: u32,
    cascade: Cascade,
    muted: BTreeMap<MemberId, u64>,
    draft: Draft,
    asked: u64,
}

impl<'a> World<'a> {
    pub(super) fn new(records: &'a dyn Records, stream: Stream, draft: &Draft, cascade: Cascade) -> Self {
        let (no, muted, draft) = (u32::MAX, BTreeMap::new(), draft.clone());
        Self { records, failed: None, stream, no, cascade, muted, draft, asked: 0 }
    }

    /// Why something that the version asked for could not be read: what it said since is worth nothing.
    pub(super) fn failed(&mut self) -> Result<(), AskError> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The recorded state, with what the version did.
    pub(super) fn state(&self) -> &Stream {
        &self.stream
    }

    /// Asks the version about something that is about to be said.
    pub(super) fn ask(
        &mut self,
        said: &Said<'_>,
        bodies: &Bodies,
        extensions: &dyn Extensions,
    ) -> Option<Answer> {
        if said.by_rules == Verdict::Deny || self.draft.hooks.iter().all(|hook| !hook.rules()) {
            return None;
        }
        self.install(said.at_ms);
        let prevented = self.muted.get(&said.author).is_some_and(|until_ms| said.at_ms < *until_ms);
        if prevented && self.cascade == Cascade::Followed {
            return Some(Answer::prevented());
        }
        self.asked += 1;
        let command = self.command(said);
        let telling = Telling::new(extensions, self.records, &self.stream);
        let ran = self.run(said, &command, (bodies, &telling));
        if let Err(error) = telling.end() {
            self.failed.get_or_insert(error);
        }
        let (record, added, answer) = ran?;
        for event in &record.events {
            if let Event::Rule(rule::Event::Muted { member, mute, .. }) = event {
                self.muted.insert(*member, mute.until_ms);
            }
        }
        self.lay_over(&record, &added);
        Some(Answer { prevented, ..answer })
    }

    fn run(
        &self,
        said: &Said<'_>,
        command: &Command,
        (bodies, extensions): (&Bodies, &dyn Extensions),
    ) -> Option<(Record, Bodies, Answer)> {
        let community = self.stream.community()?;
        let author = community.members.get(said.author)?;
        let script = community.scripts.numbered(self.no)?;
        let texts: Vec<&str> = said
            .parts
            .iter()
            .filter_map(rule::text_of)
            .map(|body| bodies.text(body))
            .collect::<Option<_>>()?;
        let texts = Reading::of(&texts);
        let evidence = Evidence::default();
        let (stream, actor) = (&self.stream, Some(author));
        let ctx = Ctx {
            stream,
            community,
            command,
            bodies,
            evidence: &evidence,
            actor,
            extensions,
            by_script: false,
            entering: None,
        };
        let mut out = Outcome::default();
        let mut chain = Chain::new(&ctx, author.id);
        let input = Input::Message(Posting {
            author,
            channel: said.channel,
            message: said.message,
            parts: said.parts,
            texts: &texts,
            reply_to: said.reply_to,
            mentions: said.mentions,
            edit: said.edit,
        });
        let verdict = chain.ask((script, script.live()), &input, &mut out).verdict;
        let occasion = if said.edit { Occasion::Edit } else { Occasion::Post };
        let draft =
            rule::Draft { author, channel: Some(said.channel), parts: said.parts, texts: &texts, occasion };
        chain.settle(verdict, &mut out);
        rule::punish(&ctx, &draft, (&Judgement::default(), &chain), &mut out);
        let answer = Answer::of(verdict, &out, author.id);
        let (record, added) = Record::of(stream.seq, (command.clone(), evidence), out);
        Some((record, added, answer))
    }

    /// What was said as a command of its moment.
    fn command(&self, said: &Said<'_>) -> Command {
        let kind = message::Command::Edit { message: said.message, parts: Vec::new() };
        Command {
            id: CommandId(said.message.0 ^ u128::from(self.asked)),
            community: self.stream.id,
            at_ms: said.at_ms,
            actor: Actor::Member(said.author),
            scope: None,
            key: None,
            cause: None,
            kind: kind.into(),
        }
    }

    fn lay_over(&mut self, record: &Record, added: &Bodies) {
        let moment = Moment { seq: self.stream.seq, at_ms: record.command.at_ms, command: record.command.id };
        for event in &record.events {
            // People follow history: whom the version sends out goes on talking, and is counted.
            let sends_out =
                matches!(event, Event::Member(member::Event::Removed { .. } | member::Event::Banned { .. }));
            if !sends_out {
                decide::apply(&mut self.stream, event, &moment, added);
            }
        }
        if let Kind::Community(community) = &mut self.stream.kind {
            script::saw_runs(&mut community.scripts, record);
        }
    }

    /// Follows history: folds some of a record's events.
    pub(super) fn follow(&mut self, record: &Record, events: &[Event], bodies: &Bodies) {
        let moment = Moment { seq: record.seq, at_ms: record.command.at_ms, command: record.command.id };
        for event in events {
            decide::apply(&mut self.stream, event, &moment, bodies);
        }
    }

    /// Ends a record whose events were all followed.
    pub(super) fn close(&mut self, record: &Record) {
        (self.stream.seq, self.stream.at_ms) = (record.seq, record.command.at_ms);
    }

    /// Puts the version in, with a bot, as soon as there is a community.
    fn install(&mut self, at_ms: u64) {
        let Kind::Community(community) = &mut self.stream.kind else { return };
        if community.scripts.numbered(self.no).is_some() {
            return;
        }
        let bot = MemberId(ids::derive(self.stream.id.0, "replay", 0));
        let name = script::nickname(&self.draft.name);
        let body = Body { id: BodyId(bot.0), owner: bot, key: [0; 16], bytes: name.as_bytes().into() };
        community.members.put(Member::bot(bot, body.reference(), at_ms));
        self.stream.bodies.insert(body);
        let version = Version {
            number: 1,
            hash: Sha256::digest(&self.draft.source).into(),
            source: self.draft.source.clone(),
            hooks: self.draft.hooks.clone(),
            at_ms,
            by: None,
        };
        community.scripts.rows.push(Script {
            no: self.no,
            name: self.draft.name.clone(),
            bot,
            origin: script::Origin::Command,
            binding: self.draft.binding.clone(),
            live: Some(1),
            shadow: None,
            versions: vec![version],
            newest: 1,
            health: script::Health::default(),
        });
    }
}

impl Answer {
    fn prevented() -> Self {
        Self {
            outcome: RunOutcome::Skipped,
            verdict: Verdict::Allow,
            code: String::new(),
            text: String::new(),
            mutes: false,
            removes: false,
            prevented: true,
            fault: None,
            wall_us: 0,
        }
    }

    fn of(verdict: Verdict, out: &Outcome, author: MemberId) -> Self {
        let run: Option<&Run> = out.runs.first();
        let receipt = out.decisions.first();
        let code = match receipt.map(|receipt| &receipt.ground) {
            Some(Ground::Script(ground)) => ground.code.clone(),
            _ => String::new(),
        };
        let text = receipt.and_then(|receipt| match receipt.reason.args.get("text") {
            Some(Arg::Body(body)) => out.bodies.text(body),
            _ => None,
        });
        let mutes = |event: &Event| match event {
            Event::Rule(rule::Event::Muted { member, .. }) => *member == author,
            _ => false,
        };
        let removes = |event: &Event| match event {
            Event::Member(member::Event::Removed { member, .. } | member::Event::Banned { member, .. }) => {
                *member == author
            }
            _ => false,
        };
        Self {
            outcome: run.map_or(RunOutcome::Skipped, |run| run.outcome),
            verdict,
            code,
            text: text.unwrap_or_default().to_owned(),
            mutes: out.events.iter().any(mutes),
            removes: out.events.iter().any(removes),
            prevented: false,
            fault: run.and_then(|run| run.fault.clone()),
            wall_us: 0,
        }
    }
}
