//! Random commands: a throw names one. About two in three are by somebody who may, about something that is
//! there.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::channel::ChannelConfig;
use kith_core::command::{Actor, Command, CommandKind, Key};
use kith_core::community::{self, Blueprint, Founder, Setting};
use kith_core::ids::{
    AppealId, BodyId, ChannelId, CommandId, CommunityId, HoldId, InviteId, MemberId, MessageId, PersonId,
    ReceiptId, TimerId, mint,
};
use kith_core::message::{self, Ack, Mentions, Part, Sort};
use kith_core::moment::{DAY_MS, Duration};
use kith_core::role::Role;
use kith_core::rule::{Check, RuleConfig};
use kith_core::stream::{Community, Stream};
use kith_core::{card, channel, gate, handoff, import, member, privacy, queue, role, rule, timer};

use crate::world::{Dice, START_MS};

/// Commands that bodies go with, as a caller would send them.
pub(super) struct Asked {
    pub(super) command: Command,
    pub(super) bodies: Bodies,
}

/// Gates, rules and cards that random talk meets.
const BLUEPRINTS: [&str; 4] = [
    "",
    "[gate]\ncapacity = 3\nwaiting_max = 2\n",
    "[gate]\n[[gate.conditions]]\nkind = \"questions\"\n[[gate.conditions.questions]]\nname = \"why\"\n\
     text = \"Why?\"\nmatch = \"human\"\n[[card.fields]]\nname = \"region\"\n\
     kind = { text = { chars_max = 8 } }\n",
    "[[rule]]\nname = \"ads\"\nstep = \"hold\"\ncheck.words = { lists = [\"ads\"] }\n[[rule]]\n\
     name = \"long\"\nstep = \"mute\"\ncheck.length = { max_chars = 20 }\n[lists]\nads = [\"bargain\"]\n",
];
const TEXTS: [&str; 9] = [
    "",
    "hello",
    "a bargain",
    "a text that is longer than twenty characters",
    "\u{0}\u{7}",
    "加\u{200b}微 ｊｉａ",
    "http://kith.example/?a=b",
    "{nickname}",
    "\u{202e}rtl 👩‍👩‍👧",
];
const PERSONS: u64 = 8;

pub(super) fn founding(throw: u64) -> Asked {
    let stream = Stream::new(CommunityId(7));
    let mut maker = Maker::new(&stream, Dice::new(throw));
    let blueprint = *maker.dice.pick(&BLUEPRINTS);
    let create = community::Command::Create {
        name: "garden".to_owned(),
        blueprint: Box::new(toml::from_str::<Blueprint>(blueprint).expect("the blueprint is sound")),
        founder: Some(Founder { person: PersonId(1), nickname: maker.body("founder") }),
    };
    maker.asked(Actor::Host, create.into())
}

/// The command of a throw, at a state.
pub(super) fn any(stream: &Stream, dice: Dice) -> Asked {
    let mut maker = Maker::new(stream, dice);
    let noun = maker.dice.roll(17);
    let kind = maker.kind(noun);
    let actor = maker.actor();
    match (&kind, stream.timers.next()) {
        (CommandKind::Timer(_), Some((_, timer))) if !maker.dice.one_in(4) => {
            maker.asked(Actor::Timer(timer), kind)
        }
        (CommandKind::Gate(_), _) if maker.dice.one_in(2) => {
            let person = PersonId(1 + u128::from(maker.dice.roll(PERSONS)));
            maker.asked(Actor::Person(person), kind)
        }
        _ => maker.asked(actor, kind),
    }
}

struct Maker<'a> {
    stream: &'a Stream,
    community: Community,
    dice: Dice,
    id: CommandId,
    at_ms: u64,
    bodies: Bodies,
}

impl<'a> Maker<'a> {
    fn new(stream: &'a Stream, mut dice: Dice) -> Self {
        let step_ms = *dice.pick(&[0, 1_000, 1_000, 60_000, DAY_MS / 2, 4 * DAY_MS]);
        let at_ms = stream.at_ms.max(START_MS) + step_ms;
        let id = CommandId(mint(at_ms, u128::from(dice.roll(u64::MAX))));
        let community = stream.community().cloned().unwrap_or_default();
        Self { stream, community, dice, id, at_ms, bodies: Bodies::default() }
    }

    fn asked(mut self, actor: Actor, kind: CommandKind) -> Asked {
        let key = self
            .dice
            .one_in(6)
            .then(|| Key { text: "k".repeat(self.dice.place(4)), input: [self.dice.roll(2) as u8; 16] });
        if self.dice.one_in(12) {
            self.bodies = Bodies::default();
        }
        let command = Command {
            id: self.id,
            community: self.stream.id,
            at_ms: self.at_ms,
            actor,
            scope: self.dice.one_in(15).then(BTreeSet::new),
            key,
            cause: None,
            kind,
        };
        Asked { command, bodies: self.bodies }
    }

    fn actor(&mut self) -> Actor {
        match self.dice.roll(12) {
            0..=2 => Actor::Host,
            3..=5 => self.community.profile.owner.map_or(Actor::Host, Actor::Member),
            6..=8 => Actor::Member(self.member()),
            9 => Actor::Person(PersonId(1 + u128::from(self.dice.roll(PERSONS)))),
            10 => Actor::Stream(CommunityId(u128::from(self.dice.roll(9)))),
            _ => Actor::Timer(TimerId(self.bits())),
        }
    }

    fn bits(&mut self) -> u128 {
        u128::from(self.dice.roll(u64::MAX)) << self.dice.roll(64)
    }

    /// One of those that are there, or sometimes one that is not.
    fn one<T: Copy>(&mut self, there: Vec<T>, other: impl Fn(u128) -> T) -> T {
        if there.is_empty() || self.dice.one_in(8) {
            return other(self.bits());
        }
        *self.dice.pick(&there)
    }

    fn member(&mut self) -> MemberId {
        let there = self.community.members.iter().map(|member| member.id).collect();
        self.one(there, MemberId)
    }

    fn channel(&mut self) -> ChannelId {
        let there = self.community.channels.listed().iter().map(|channel| channel.id).collect();
        self.one(there, ChannelId)
    }

    fn message(&mut self) -> MessageId {
        let channel = self.channel();
        let there = message::channel_page(&self.community, channel, None, 20);
        let there: Vec<MessageId> = there.into_iter().map(|header| header.id).collect();
        self.one(there, MessageId)
    }

    fn text(&mut self) -> String {
        match self.dice.roll(20) {
            0 => "x".repeat(32 * 1024 + self.dice.place(2)),
            1 => "好".repeat(self.dice.place(3_000)),
            _ => (*self.dice.pick(&TEXTS)).to_owned(),
        }
    }

    /// A content owned by whoever the command makes, or by somebody else.
    fn body(&mut self, text: &str) -> BodyRef {
        let owner = if self.dice.one_in(3) { MemberId::of(self.id, 0) } else { self.member() };
        let mut bytes = text.as_bytes().to_vec();
        if self.dice.one_in(25) {
            bytes.push(0xff);
        }
        let id = BodyId(self.bits());
        let reference = self.bodies.put(Body { id, owner, key: [3; 16], bytes: bytes.into() });
        if self.dice.one_in(25) { BodyRef { len: reference.len ^ 1, ..reference } } else { reference }
    }

    fn said(&mut self) -> BodyRef {
        let text = self.text();
        self.body(&text)
    }

    fn reason(&mut self) -> Option<BodyRef> {
        self.dice.one_in(2).then(|| self.said())
    }

    fn name(&mut self) -> String {
        let names = ["tea", "ads", "general", "member", "owner", "region", "", " ", "a\u{0}b"];
        if self.dice.one_in(12) { "n".repeat(400) } else { (*self.dice.pick(&names)).to_owned() }
    }

    fn ms(&mut self) -> u64 {
        *self.dice.pick(&[0, 1, 60_000, DAY_MS, 400 * DAY_MS, u64::MAX])
    }

    fn parts(&mut self) -> Vec<Part> {
        (0..self.dice.place(4))
            .map(|_| match self.dice.roll(5) {
                0 => Part::Code { body: self.said() },
                1 => Part::Link { body: self.said() },
                2 => Part::Card { subject: message::CardSubject::Member(self.member()) },
                _ => Part::Text { body: self.said() },
            })
            .collect()
    }

    fn kind(&mut self, noun: u64) -> CommandKind {
        match noun {
            0..=2 => self.gate(),
            3..=6 => self.talk().into(),
            7 => self.member_command().into(),
            8 => self.community_command().into(),
            9 => self.role_command().into(),
            10 => self.card_command().into(),
            11 => self.channel_command().into(),
            12 => self.rule_command().into(),
            13 => self.queue_command().into(),
            14 => match self.dice.roll(6) {
                0 => privacy::Command::Erase { member: self.member() }.into(),
                1 => privacy::Command::EraseMyself.into(),
                _ => self.import().into(),
            },
            15 => self.handoff().into(),
            _ => {
                let (due_ms, timer) = self.stream.timers.next().unwrap_or((0, TimerId(5)));
                // Nobody lives to see a timer that is due at the end of time.
                if due_ms < START_MS.saturating_mul(2) {
                    self.at_ms = self.at_ms.max(due_ms);
                }
                timer::Command::Fire { timer, due_ms }.into()
            }
        }
    }

    fn gate(&mut self) -> CommandKind {
        let invites = self.community.gate.invites.keys().copied().collect();
        match self.dice.roll(12) {
            0..=4 => gate::Command::RequestJoin {
                nickname: self.said(),
                card: self.fields(),
                answers: self.fields(),
                invite: self.dice.one_in(4).then(|| self.name()),
                source: self.name(),
            },
            5 => gate::Command::Withdraw,
            6 => gate::Command::CreateInvite {
                code: "TEATIME4".chars().take(self.dice.place(9)).collect(),
                uses: self.dice.roll(3) as u32,
                expires_at_ms: self.dice.one_in(2).then(|| self.ms()),
                source: self.name(),
                for_person: None,
            },
            7 => gate::Command::RevokeInvite { invite: self.one(invites, InviteId) },
            8 => gate::Command::Decide {
                member: self.member(),
                decision: *self.dice.pick(&[gate::Decision::Admit, gate::Decision::Refuse]),
                reason: self.reason(),
            },
            9 => gate::Command::AcceptSeat,
            10 => gate::Command::SetCapacity { capacity: Some(self.dice.roll(5)) },
            _ => gate::Command::DeclineSeat,
        }
        .into()
    }

    fn fields(&mut self) -> BTreeMap<String, BodyRef> {
        (0..self.dice.place(3))
            .map(|_| (if self.dice.one_in(2) { "why" } else { "region" }).to_owned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|name| (name, self.said()))
            .collect()
    }

    fn talk(&mut self) -> message::Command {
        use message::Command as Talk;
        let mentions = Mentions { members: BTreeSet::new(), all: self.dice.one_in(9) };
        let emoji = (*self.dice.pick(&["👍", "", "not an emoji", "🎉"])).to_owned();
        match self.dice.roll(14) {
            0..=5 => Talk::Post {
                channel: self.channel(),
                parts: self.parts(),
                reply_to: self.dice.one_in(3).then(|| self.message()),
                sort: if self.dice.one_in(4) { Sort::Question } else { Sort::Talk },
                mentions,
            },
            6 => Talk::Edit { message: self.message(), parts: self.parts() },
            7 => Talk::Delete { message: self.message(), reason: self.reason() },
            8 => Talk::React { message: self.message(), emoji },
            9 => Talk::Unreact { message: self.message(), emoji },
            10 => Talk::Pin { message: self.message() },
            11 => Talk::AcceptAnswer { question: self.message(), answer: self.message() },
            12 => {
                let (channel, parts) = (self.channel(), self.parts());
                Talk::Announce { channel, parts, ack: Ack::Required, mentions }
            }
            _ => Talk::Acknowledge { message: self.message() },
        }
    }

    fn member_command(&mut self) -> member::Command {
        use member::Command as About;
        match self.dice.roll(7) {
            0 => About::Leave,
            1 => About::Remove { member: self.member(), reason: self.reason() },
            2 => About::Ban {
                member: self.member(),
                for_ms: self.dice.one_in(2).then(|| self.ms()),
                reason: self.reason(),
            },
            3 => About::Unban { member: self.member() },
            4 => About::Tag { member: self.member(), tag: self.name() },
            5 => About::Untag { member: self.member(), tag: self.name() },
            _ => About::ReadNotices { until_ms: self.ms() },
        }
    }

    fn community_command(&mut self) -> community::Command {
        use community::Command as Own;
        match self.dice.roll(11) {
            0 => Own::Rename { name: self.name() },
            1 => Own::Change { setting: Setting::About(self.text()) },
            2 => Own::Change { setting: Setting::RejoinPauseMs(self.ms()) },
            3 => Own::SetList { name: self.name(), lines: vec![self.text(), self.name()] },
            4 => Own::SetTexts { language: self.name(), texts: [(self.name(), self.text())].into() },
            5 => Own::OfferOwnership { to: self.member() },
            6 => Own::AcceptOwnership,
            7 => Own::WithdrawOwnership,
            8 if self.dice.one_in(3) => Own::Archive { pointer: Some(self.name()) },
            9 => Own::Reopen,
            _ => Own::Resume,
        }
    }

    fn role_command(&mut self) -> role::Command {
        let (name, member) = (self.name(), self.member());
        match self.dice.roll(4) {
            0 => {
                let rank = self.dice.roll(120) as u8;
                role::Command::Define { name, role: Role { rank, permissions: BTreeSet::new() } }
            }
            1 => role::Command::Remove { name },
            2 => role::Command::Give { member, name },
            _ => role::Command::Take { member, name },
        }
    }

    fn card_command(&mut self) -> card::Command {
        match self.dice.roll(3) {
            0 => card::Command::ChangeNickname { nickname: self.said() },
            1 => card::Command::ChangeCard {
                fields: self.fields().into_iter().map(|(name, value)| (name, Some(value))).collect(),
                nickname: self.reason(),
            },
            _ => card::Command::SetSchema {
                schema: card::Schema { fields: Vec::new(), name_template: Some(self.text()) },
            },
        }
    }

    fn channel_command(&mut self) -> channel::Command {
        match self.dice.roll(5) {
            0 => channel::Command::Open { channel: ChannelConfig::group(&self.name()) },
            1 => channel::Command::OpenFeed,
            2 => channel::Command::Change { channel: self.channel(), to: ChannelConfig::group(&self.name()) },
            3 => channel::Command::Close { channel: self.channel() },
            _ => channel::Command::Reopen { channel: self.channel() },
        }
    }

    fn rule_command(&mut self) -> rule::Command {
        let (member, name) = (self.member(), self.name());
        match self.dice.roll(8) {
            0 => {
                let check = Check::Length(Default::default());
                rule::Command::Set { rule: Box::new(RuleConfig::new(&name, check)) }
            }
            1 => rule::Command::Remove { name },
            2 => rule::Command::Reorder { names: vec![name] },
            3 => rule::Command::SetSlowMode { channel: Some(self.channel()), wait: Duration(self.ms()) },
            4 => rule::Command::SetRaid { switch: rule::Switch::On { for_ms: Some(self.ms()) } },
            5 => rule::Command::Warn { member, reason: self.reason() },
            6 => rule::Command::Mute { member, for_ms: self.ms(), reason: self.reason() },
            _ => rule::Command::Lift { member, lifted: rule::Lifted::Strikes },
        }
    }

    fn queue_command(&mut self) -> queue::Command {
        let queue = &self.community.queue;
        let holds = queue.holds.keys().copied().collect();
        let receipts = queue.receipts.keys().copied().collect();
        let appeals = queue.appeals.keys().copied().collect();
        let outcomes = [queue::AtDeadline::Release, queue::AtDeadline::Deny, queue::AtDeadline::Keep];
        match self.dice.roll(3) {
            0 => queue::Command::Resolve {
                hold: self.one(holds, HoldId),
                outcome: *self.dice.pick(&outcomes),
                note: self.reason(),
            },
            1 => queue::Command::Appeal { receipt: self.one(receipts, ReceiptId), text: self.said() },
            _ => queue::Command::DecideAppeal {
                appeal: self.one(appeals, AppealId),
                decision: *self.dice.pick(&[queue::Decision::Upheld, queue::Decision::Overturned]),
                note: self.reason(),
            },
        }
    }

    fn import(&mut self) -> import::Command {
        let (key, line) = (self.dice.roll(4), self.dice.roll(50));
        let what = import::What::Message {
            author: self.dice.roll(3) as u32 / 2,
            parts: self.parts(),
            reply_to: None,
            label: None,
        };
        import::Command::Batch {
            origin: import::Origin { format: self.name(), file: [key as u8; 32] },
            channel: self.channel(),
            authors: vec![import::Author { key, member: MemberId(self.bits()), nickname: Some(self.said()) }],
            rows: vec![import::Row { line, id: None, said_at_ms: self.ms(), what }],
            through_line: line,
        }
    }

    fn handoff(&mut self) -> handoff::Command {
        if self.dice.one_in(2) {
            return handoff::Command::Delivered { rows: [(self.dice.roll(60), 0)].into() };
        }
        let answer = gate::Parcel::Overflow {
            person: PersonId(1 + u128::from(self.dice.roll(PERSONS))),
            nickname: self.said(),
            card: self.fields(),
            answers: self.fields(),
            source: self.name(),
            from_member: self.member(),
        };
        handoff::Command::Receive { from: CommunityId(3), parcel: handoff::Parcel::Gate(answer) }
    }
}
