//! Events as they are told outside: a name, a few ids, and who may know.
//!
//! The names are those of `docs/scripts/events.md`. An event tells that something happened and to what; what
//! a message says is told with it, since that is what everybody asks next. What concerns one member only, or
//! the moderators only, says so here and nowhere else.

use std::collections::BTreeMap;

use bytes::Bytes;
use kith_core::body::{Bodies, Body};
use kith_core::event::Event;
use kith_core::ids::{ChannelId, CommunityId, MemberId, MessageId};
use kith_core::record::Record;
use kith_core::role::Permission;
use kith_core::{channel, import, member, message, queue, rule, topic};
use serde::Serialize;
use serde_json::{Value, json};

use crate::moment::rfc3339;
use crate::talk;

/// Where an event stands: its record's number and its place in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EventId {
    pub(crate) seq: u64,
    pub(crate) index: u32,
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.seq, self.index)
    }
}

impl std::str::FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (seq, index) = text.split_once('.').unwrap_or((text, "4294967295"));
        Ok(Self { seq: seq.parse().map_err(|_| ())?, index: index.parse().map_err(|_| ())? })
    }
}

/// Who may know of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Whoever is inside.
    Members,
    /// Whoever reads the channel.
    Channel(ChannelId),
    /// Whoever reads the channel that a message is in, as far as the state still knows.
    Of(MessageId),
    /// One member.
    Member(MemberId),
    /// Whoever has the permission.
    Holders(Permission),
}

/// One event, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    pub(crate) id: EventId,
    pub(crate) kind: &'static str,
    pub(crate) audience: Audience,
    /// The event as it goes over server-sent events, made once for all listeners; its JSON is a part of it.
    pub(crate) frame: Bytes,
    json_start: usize,
}

/// What ends an event of server-sent events.
const FRAME_END: &str = "\n\n";

impl Happened {
    fn new((id, kind, audience): (EventId, &'static str, Audience), json: &str) -> Self {
        let head = format!("id: {id}\nevent: {kind}\ndata: ");
        let frame = [&head, json, FRAME_END].concat();
        Self { id, kind, audience, frame: frame.into(), json_start: head.len() }
    }

    /// The whole event as JSON.
    pub(crate) fn json(&self) -> &str {
        let end = self.frame.len() - FRAME_END.len();
        self.frame.get(self.json_start..end).and_then(|json| str::from_utf8(json).ok()).unwrap_or_default()
    }

    /// Whether it concerns whoever reads a channel, and nobody else.
    pub(crate) fn is_in(&self, channel: ChannelId) -> bool {
        self.audience == Audience::Channel(channel)
    }
}

/// One event before it is known who may know of it and what may still be said.
pub(crate) struct Draft {
    id: EventId,
    kind: &'static str,
    audience: Audience,
    at_ms: u64,
    data: Value,
    /// What a message says, told only while the message says it.
    words: Option<(MessageId, Value)>,
}

/// An event of which it is known who may know of it, and what may still be said.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) id: EventId,
    pub(crate) kind: &'static str,
    pub(crate) audience: Audience,
    pub(crate) at_ms: u64,
    pub(crate) data: Value,
}

/// What the state knows of the messages that events are about.
pub(crate) type Known = BTreeMap<MessageId, Place>;

/// Where a message is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its channel.
    pub(crate) channel: ChannelId,
    /// Whether it says today what it said when it was posted.
    pub(crate) is_unchanged: bool,
}

/// Whether events are told as they happen, or again to somebody who was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// As they happen: what was said is told.
    Now,
    /// Again: what was changed, deleted or erased since is not told.
    Again,
}

#[derive(Serialize)]
struct Told<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    community: String,
    at: String,
    data: &'a Value,
}

impl Draft {
    /// Where it stands.
    pub(crate) fn id(&self) -> EventId {
        self.id
    }

    /// Its name.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// The message that has to be looked up before this can be told.
    pub(crate) fn asks_for(&self, when: When) -> Option<MessageId> {
        match (&self.words, self.audience) {
            (Some((message, _)), _) if when == When::Again => Some(*message),
            (_, Audience::Of(message)) => Some(message),
            _ => None,
        }
    }

    /// The event with whoever may know of it, and what may still be said.
    pub(crate) fn settle(mut self, known: &Known, when: When) -> Settled {
        let audience = match self.audience {
            // A message that the state has forgotten concerns whoever minds the past.
            Audience::Of(message) => known
                .get(&message)
                .map_or(Audience::Holders(Permission::Moderate), |place| Audience::Channel(place.channel)),
            audience => audience,
        };
        if let (Some((message, words)), Some(data)) = (self.words.take(), self.data.as_object_mut()) {
            let unchanged = known.get(&message).is_some_and(|place| place.is_unchanged);
            if when == When::Now || unchanged {
                data.insert("parts".to_owned(), words);
            }
        }
        Settled { id: self.id, kind: self.kind, audience, at_ms: self.at_ms, data: self.data }
    }

    /// The event as it is told to listeners.
    pub(crate) fn finish(self, community: CommunityId, known: &Known, when: When) -> Option<Happened> {
        let Settled { id, kind, audience, at_ms, data } = self.settle(known, when);
        let told = Told {
            id: id.to_string(),
            kind,
            community: community.to_string(),
            at: rfc3339(at_ms),
            data: &data,
        };
        let json = serde_json::to_string(&told).ok()?;
        Some(Happened::new((id, kind, audience), &json))
    }
}

/// A record's events; none of what nobody outside is told of.
pub(crate) fn of_record(record: &Record, bodies: &[Body]) -> impl Iterator<Item = Draft> {
    let bodies: Bodies = bodies.iter().cloned().collect();
    (0..).zip(&record.events).filter_map(move |(index, event)| {
        let (kind, audience, data) = told(event)?;
        let words = message::said(event).map(|(id, parts)| (id, json!(talk::shown(parts, &bodies))));
        let id = EventId { seq: record.seq, index };
        Some(Draft { id, kind, audience, at_ms: record.command.at_ms, data, words })
    })
}

fn told(event: &Event) -> Option<(&'static str, Audience, Value)> {
    match event {
        Event::Message(event) => of_message(event),
        Event::Member(event) => of_member(event),
        Event::Rule(event) => of_rule(event),
        Event::Queue(event) => of_queue(event),
        Event::Topic(topic::Event::Raised { raised }) => Some((
            "topic.raised",
            Audience::Channel(raised.channel),
            json!({ "message": raised.message, "channel": raised.channel }),
        )),
        Event::Import(import::Event::MessageImported { message, author, channel, .. }) => Some((
            "import.message",
            Audience::Channel(*channel),
            json!({ "message": message, "author": author, "channel": channel }),
        )),
        Event::Channel(event) => Some(("channel.changed", Audience::Members, of_channel(event)?)),
        Event::Script(_) => Some(("script.changed", Audience::Holders(Permission::ManageRules), json!({}))),
        _ => None,
    }
}

fn of_channel(event: &channel::Event) -> Option<Value> {
    let value = serde_json::to_value(event).ok()?;
    let inner = value.as_object()?.values().next()?;
    inner.get("channel").map(|channel| json!({ "channel": channel.get("id").unwrap_or(channel) }))
}

fn of_message(event: &message::Event) -> Option<(&'static str, Audience, Value)> {
    use message::Event as E;
    let of = |kind, message: &MessageId, data| Some((kind, Audience::Of(*message), data));
    match event {
        E::Posted { header, mentions, .. } => Some((
            "message.posted",
            Audience::Channel(header.channel),
            json!({
                "message": header.id, "channel": header.channel, "author": header.author,
                "reply_to": header.reply_to, "mentions": mentions.members, "mentions_all": mentions.all,
            }),
        )),
        E::Denied { held, .. } => Some((
            "message.denied",
            Audience::Member(held.header.author),
            json!({ "message": held.header.id, "channel": held.header.channel }),
        )),
        E::Edited { message, .. } => of("message.edited", message, json!({ "message": message })),
        E::Deleted { message, by, .. } => {
            of("message.deleted", message, json!({ "message": message, "by": by }))
        }
        E::Undeleted { message } => of("message.undeleted", message, json!({ "message": message })),
        E::Reacted { message, member, emoji, .. } => {
            let data = json!({ "message": message, "member": member, "emoji": emoji });
            of("reaction.added", message, data)
        }
        E::Unreacted { message, member, emoji } => {
            let data = json!({ "message": message, "member": member, "emoji": emoji });
            of("reaction.removed", message, data)
        }
        E::Pinned { message, channel, .. } => Some((
            "message.pinned",
            Audience::Channel(*channel),
            json!({ "message": message, "channel": channel }),
        )),
        E::Unpinned { message, channel } => Some((
            "message.unpinned",
            Audience::Channel(*channel),
            json!({ "message": message, "channel": channel }),
        )),
        E::AnswerAccepted { question, answer, answerer, .. } => {
            let data = json!({ "question": question, "answer": answer, "member": answerer });
            of("answer.accepted", question, data)
        }
        E::AnswerUnaccepted { question, old } => {
            of("answer.taken_back", question, json!({ "question": question, "answer": old }))
        }
        E::Acknowledged { message, member } => {
            of("announcement.acknowledged", message, json!({ "message": message, "member": member }))
        }
        E::Configured { .. } => None,
    }
}

fn of_member(event: &member::Event) -> Option<(&'static str, Audience, Value)> {
    use member::Event as E;
    let in_members = |kind, member: &MemberId| Some((kind, Audience::Members, json!({ "member": member })));
    match event {
        E::Joined { member, .. } => in_members("member.joined", member),
        E::Left { member } => in_members("member.left", member),
        E::Removed { member, .. } => in_members("member.removed", member),
        E::Banned { member, .. } => in_members("member.banned", member),
        E::Reinstated { member, .. } => in_members("member.reinstated", member),
        E::Unbanned { member } => in_members("member.unbanned", member),
        E::Notified { member, .. } => {
            Some(("member.notified", Audience::Member(*member), json!({ "member": member })))
        }
        _ => None,
    }
}

fn of_rule(event: &rule::Event) -> Option<(&'static str, Audience, Value)> {
    match event {
        rule::Event::Muted { member, mute, .. } => Some((
            "member.muted",
            Audience::Members,
            json!({ "member": member, "until": rfc3339(mute.until_ms) }),
        )),
        rule::Event::Unmuted { member, .. } => {
            Some(("member.unmuted", Audience::Members, json!({ "member": member })))
        }
        _ => None,
    }
}

fn of_queue(event: &queue::Event) -> Option<(&'static str, Audience, Value)> {
    let of_moderators = |kind, data| Some((kind, Audience::Holders(Permission::Moderate), data));
    match event {
        queue::Event::Held { id, .. } => of_moderators("hold.placed", json!({ "hold": id })),
        queue::Event::Resolved { hold, .. } => of_moderators("hold.resolved", json!({ "hold": hold })),
        queue::Event::Appealed { .. } => of_moderators("appeal.made", json!({})),
        _ => None,
    }
}
