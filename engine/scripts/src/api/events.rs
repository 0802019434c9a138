//! What `on_event` is told: one table of the kinds of events with their fields, from which the script reads,
//! the reference is printed and names are suggested. A kind that is missing here does not compile.

use kith_core::body::BodyRef;
use kith_core::event::Event;
use kith_core::hook::Input;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::{
    card, channel, community, connector, gate, import, member, message, privacy, queue, role, rule, topic,
};
use rhai::{Dynamic, EvalAltResult};
use serde::Serialize;

use super::table::Table;
use super::value::{Channel, Happened, Member, Message, NOBODY, Span};
use crate::frame::{self, Answer, Frame, wrong};
use crate::nearest::nearest;
use crate::say;

/// One kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EventKind {
    /// What `event.kind` is.
    pub kind: &'static str,
    /// Its fields: name and type.
    pub fields: &'static [(&'static str, &'static str)],
}

/// Makes a field of what the event holds.
trait Field {
    fn read(&self, frame: &Frame<'_>) -> Answer<Dynamic>;
}

macro_rules! fields {
    ($($kind:ty: |$value:ident, $frame:ident| $read:expr;)*) => {$(
        impl Field for $kind {
            fn read(&self, $frame: &Frame<'_>) -> Answer<Dynamic> {
                let ($value, _) = (self, $frame);
                Ok($read)
            }
        }
    )*};
}

fields! {
    MemberId: |id, _frame| Dynamic::from(Member(*id));
    MessageId: |id, _frame| Dynamic::from(Message::Posted(*id));
    ChannelId: |id, _frame| Dynamic::from(Channel(*id));
    String: |text, _frame| Dynamic::from(text.clone());
    u64: |number, _frame| Dynamic::from(*number as i64);
    u32: |number, _frame| Dynamic::from(i64::from(*number));
    BodyRef: |text, frame| Dynamic::from(frame.body(text)?.to_owned());
    message::Header: |header, _frame| Dynamic::from(Message::Posted(header.id));
    rule::Mute: |mute, frame| Dynamic::from(Span(mute.until_ms.saturating_sub(frame.ctx()?.at_ms())));
}

impl<T: Field> Field for Box<T> {
    fn read(&self, frame: &Frame<'_>) -> Answer<Dynamic> {
        (**self).read(frame)
    }
}

/// Who did it: nobody where it was a rule or the host.
impl Field for Option<MemberId> {
    fn read(&self, _: &Frame<'_>) -> Answer<Dynamic> {
        Ok(Dynamic::from(self.map_or(NOBODY, Member)))
    }
}

/// Why: empty where nothing was said.
impl Field for Option<BodyRef> {
    fn read(&self, frame: &Frame<'_>) -> Answer<Dynamic> {
        self.as_ref().map_or_else(|| Ok(Dynamic::from(String::new())), |text| text.read(frame))
    }
}

macro_rules! kinds {
    ($($kind:literal: $pattern:pat => {$($field:ident: $type:literal = $value:expr),*};)*) => {
        /// Every kind of event with its fields.
        pub const EVENT_KINDS: &[EventKind] =
            &[$(EventKind { kind: $kind, fields: &[$((stringify!($field), $type)),*] }),*];

        fn kind_of(event: &Event) -> &'static str {
            #[expect(unused_variables, reason = "one table names fields for all uses")]
            match event {
                $($pattern => $kind,)*
            }
        }

        fn field_of(frame: &Frame<'_>, event: &Event, name: &str) -> Answer<Option<Dynamic>> {
            match event {
                $($pattern => match name {
                    $(stringify!($field) => $value.read(frame).map(Some),)*
                    _ => Ok(None),
                },)*
            }
        }
    };
}

kinds! {
    "message.posted": Event::Message(message::Event::Posted { header, .. }) => {
        message: "Message" = header, author: "Member" = header.author, channel: "Channel" = header.channel
    };
    "message.denied": Event::Message(message::Event::Denied { held, .. }) => {
        author: "Member" = held.header.author, channel: "Channel" = held.header.channel
    };
    "message.edited": Event::Message(message::Event::Edited { message, .. }) => {
        message: "Message" = message
    };
    "message.undeleted": Event::Message(message::Event::Undeleted { message, .. }) => {
        message: "Message" = message
    };
    "message.deleted": Event::Message(message::Event::Deleted { message, by, reason, .. }) => {
        message: "Message" = message, by: "Member" = by, reason: "text" = reason
    };
    "message.pinned": Event::Message(message::Event::Pinned { message, channel, .. }) => {
        message: "Message" = message, channel: "Channel" = channel
    };
    "message.unpinned": Event::Message(message::Event::Unpinned { message, channel }) => {
        message: "Message" = message, channel: "Channel" = channel
    };
    "reaction.added": Event::Message(message::Event::Reacted { message, member, emoji, .. }) => {
        message: "Message" = message, member: "Member" = member, emoji: "text" = emoji
    };
    "reaction.removed": Event::Message(message::Event::Unreacted { message, member, emoji }) => {
        message: "Message" = message, member: "Member" = member, emoji: "text" = emoji
    };
    "answer.accepted": Event::Message(message::Event::AnswerAccepted { question, answer, answerer, .. }) => {
        question: "Message" = question, answer: "Message" = answer, member: "Member" = answerer
    };
    "answer.taken_back": Event::Message(message::Event::AnswerUnaccepted { question, old }) => {
        question: "Message" = question, answer: "Message" = old
    };
    "announcement.acknowledged": Event::Message(message::Event::Acknowledged { message, member }) => {
        message: "Message" = message, member: "Member" = member
    };
    "messages.configured": Event::Message(message::Event::Configured { .. }) => {};
    "member.joined": Event::Member(member::Event::Joined { member, role }) => {
        member: "Member" = member, role: "text" = role
    };
    "member.left": Event::Member(member::Event::Left { member }) => { member: "Member" = member };
    "member.removed": Event::Member(member::Event::Removed { member, by, reason, .. }) => {
        member: "Member" = member, by: "Member" = by, reason: "text" = reason
    };
    "member.banned": Event::Member(member::Event::Banned { member, by, reason, .. }) => {
        member: "Member" = member, by: "Member" = by, reason: "text" = reason
    };
    "member.reinstated": Event::Member(member::Event::Reinstated { member, .. }) => {
        member: "Member" = member
    };
    "member.unbanned": Event::Member(member::Event::Unbanned { member }) => { member: "Member" = member };
    "member.tagged": Event::Member(member::Event::Tagged { member, tag }) => {
        member: "Member" = member, tag: "text" = tag
    };
    "member.untagged": Event::Member(member::Event::Untagged { member, tag }) => {
        member: "Member" = member, tag: "text" = tag
    };
    "member.notified": Event::Member(member::Event::Notified { member, .. }) => { member: "Member" = member };
    "member.read_notices": Event::Member(member::Event::NoticesRead { member, .. }) => {
        member: "Member" = member
    };
    "member.muted": Event::Rule(rule::Event::Muted { member, mute, by, reason, .. }) => {
        member: "Member" = member, time: "Span" = mute, by: "Member" = by, reason: "text" = reason
    };
    "member.unmuted": Event::Rule(rule::Event::Unmuted { member, by, .. }) => {
        member: "Member" = member, by: "Member" = by
    };
    "member.struck": Event::Rule(rule::Event::Struck { member, .. }) => { member: "Member" = member };
    "member.strike_taken_back": Event::Rule(rule::Event::StrikeTakenBack { member, .. }) => {
        member: "Member" = member
    };
    "member.erased": Event::Privacy(privacy::Event::MemberErased { member, .. }) => {
        member: "Member" = member
    };
    "erasure.finished": Event::Privacy(privacy::Event::Finished { .. }) => {};
    "role.given": Event::Role(role::Event::Given { member, name }) => {
        member: "Member" = member, role: "text" = name
    };
    "role.taken": Event::Role(role::Event::Taken { member, name }) => {
        member: "Member" = member, role: "text" = name
    };
    "role.defined": Event::Role(role::Event::Defined { name, .. }) => { role: "text" = name };
    "role.removed": Event::Role(role::Event::Removed { name, .. }) => { role: "text" = name };
    "card.changed": Event::Card(card::Event::Changed { change, .. }) => { member: "Member" = change.member };
    "card.held": Event::Card(card::Event::Held { change }) => { member: "Member" = change.member };
    "card.dropped": Event::Card(card::Event::Dropped { old }) => { member: "Member" = old.member };
    "card.fields_set": Event::Card(card::Event::SchemaSet { .. }) => {};
    "application.made": Event::Gate(gate::Event::Applied { entry, .. }) => {
        member: "Member" = entry.member
    };
    "application.moved": Event::Gate(gate::Event::Staged { member, .. }) => { member: "Member" = member };
    "application.ended": Event::Gate(gate::Event::Ended { member, .. }) => { member: "Member" = member };
    "application.decided": Event::Gate(gate::Event::Decided { member, by, reason, .. }) => {
        member: "Member" = member, by: "Member" = by, reason: "text" = reason
    };
    "gate.configured": Event::Gate(gate::Event::Configured { .. }) => {};
    "invite.created": Event::Gate(gate::Event::InviteCreated { .. }) => {};
    "invite.revoked": Event::Gate(gate::Event::InviteRevoked { .. }) => {};
    "channel.opened": Event::Channel(channel::Event::Opened { channel, .. }) => {
        channel: "Channel" = channel
    };
    "feed.opened": Event::Channel(channel::Event::FeedOpened { channel, member }) => {
        channel: "Channel" = channel, member: "Member" = member
    };
    "channel.changed": Event::Channel(channel::Event::Changed { channel, .. }) => {
        channel: "Channel" = channel
    };
    "channel.closed": Event::Channel(channel::Event::Closed { channel }) => { channel: "Channel" = channel };
    "channel.reopened": Event::Channel(channel::Event::Reopened { channel }) => {
        channel: "Channel" = channel
    };
    "raid.began": Event::Rule(rule::Event::RaidBegan { by, .. }) => { by: "Member" = by };
    "raid.ended": Event::Rule(rule::Event::RaidEnded { by, .. }) => { by: "Member" = by };
    "rule.set": Event::Rule(rule::Event::Set { rule, .. }) => { rule: "text" = rule.config.name };
    "rule.removed": Event::Rule(rule::Event::Removed { old, .. }) => { rule: "text" = old.config.name };
    "rules.changed": Event::Rule(
        rule::Event::Reordered { .. }
            | rule::Event::LadderSet { .. }
            | rule::Event::SlowModeSet { .. }
            | rule::Event::RaidConfigured { .. },
    ) => {};
    "hold.placed": Event::Queue(queue::Event::Held { .. }) => {};
    "hold.resolved": Event::Queue(queue::Event::Resolved { .. }) => {};
    "hold.withdrawn": Event::Queue(queue::Event::Withdrawn { .. }) => {};
    "appeal.made": Event::Queue(queue::Event::Appealed { .. }) => {};
    "appeal.decided": Event::Queue(queue::Event::AppealDecided { by, .. }) => { by: "Member" = by };
    "appeal.restored": Event::Queue(queue::Event::Restored { .. }) => {};
    "queue.configured": Event::Queue(queue::Event::Configured { .. }) => {};
    "community.created": Event::Community(community::Event::Created { name, .. }) => { name: "text" = name };
    "community.renamed": Event::Community(community::Event::Renamed { name, old }) => {
        name: "text" = name, old: "text" = old
    };
    "list.set": Event::Community(community::Event::ListSet { name, .. }) => { list: "text" = name };
    "community.changed": Event::Community(_) => {};
    "import.member": Event::Import(import::Event::MemberImported { member, .. }) => {
        member: "Member" = member
    };
    "import.message": Event::Import(import::Event::MessageImported { message, author, channel, .. }) => {
        message: "Message" = message, author: "Member" = author, channel: "Channel" = channel
    };
    "import.other": Event::Import(_) => {};
    "topic.raised": Event::Topic(topic::Event::Raised { raised }) => {
        message: "Message" = raised.message, channel: "Channel" = raised.channel
    };
    "topic.changed": Event::Topic(_) => {};
    "connector.met": Event::Connector(connector::Event::Met { met, .. }) => { member: "Member" = met.member };
    "connector.changed": Event::Connector(_) => {};
    "webhook.changed": Event::Webhook(_) => {};
    "ledger.changed": Event::Ledger(_) => {};
    "script.changed": Event::Script(_) => {};
    "host.other": Event::Host(_) => {};
    "engine.other": Event::Handoff(_) | Event::Timer(_) | Event::Answer(_) | Event::FormatRaised { .. } => {};
}

fn told<T>(look: impl FnOnce(&Frame<'_>, &Event, u64) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Event(happening) => look(frame, happening.event, happening.at_ms),
        _ => Err(wrong(say::run::no_event())),
    })
}

pub(super) fn add(table: &mut Table) {
    table.add(
        (
            "Event.kind -> text",
            "What happened; the table of events names every kind with its fields.",
            "event: if event.kind == \"member.joined\" { notify(event.member, \"Welcome!\"); }",
        ),
        |_: &mut Happened| told(|_, event, _| Ok(kind_of(event).to_owned())),
    );
    table.add(
        ("Event.at_ms -> int", "When, Unix milliseconds.", "event: log(`${event.at_ms}`);"),
        |_: &mut Happened| told(|_, _, at_ms| Ok(at_ms as i64)),
    );
    table.module.set_indexer_get_fn(|_: &mut Happened, name: &str| field(name));
}

fn field(name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    told(|frame, event, _| {
        if let Some(value) = field_of(frame, event, name)? {
            return Ok(value);
        }
        let kind = kind_of(event);
        let fields = EVENT_KINDS.iter().find(|row| row.kind == kind).map_or(&[][..], |row| row.fields);
        let names = fields.iter().map(|(name, _)| *name);
        Err(wrong(match nearest(name, names.clone()) {
            Some(near) => say::run::event_near(kind, name, near),
            None if fields.is_empty() => say::run::event_ask(kind, name),
            None => {
                let names: Vec<&str> = names.collect();
                say::run::event_lacks(kind, name, names.join(", "))
            }
        }))
    })
}
