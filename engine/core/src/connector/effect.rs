//! What a record asks of a network: derived from the record and the state, so that nothing waits in an
//! outbox, and a bot that was away is told the same as one that was there.
//!
//! Ids that the network gave are bodies of the state; one that is gone was erased, or is of a message so old
//! that its record has it.

use serde::{Deserialize, Serialize};

use super::{Ability, Connector};
use crate::body::BodyRef;
use crate::event::Event;
use crate::ids::{ChannelId, ConnectorId, MemberId, MessageId};
use crate::message::{self, Header, Held, Origin, Part};
use crate::record::Record;
use crate::stream::Community;
use crate::{member, queue, rule};

/// Somebody, here and there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom {
    /// The member.
    pub member: MemberId,
    /// The network's own id of theirs.
    pub external: BodyRef,
}

/// Something that a bot is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Take a message away.
    Delete {
        /// Which.
        message: MessageId,
        /// The network's own id of it; `None` for one that the bot posted, which knows it by `message`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<BodyRef>,
    },
    /// Silence somebody.
    Mute {
        /// Whom.
        whom: Whom,
        /// Until when, Unix milliseconds.
        until_ms: u64,
    },
    /// Let somebody speak again.
    Unmute {
        /// Whom.
        whom: Whom,
    },
    /// Send somebody out.
    Remove {
        /// Whom.
        whom: Whom,
    },
    /// Keep somebody out.
    Ban {
        /// Whom.
        whom: Whom,
        /// Until when, Unix milliseconds; `None` for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<u64>,
    },
    /// Lift a ban.
    Unban {
        /// Whose.
        whom: Whom,
    },
    /// Post a message.
    Post {
        /// Which.
        message: MessageId,
        /// The network's own id of the channel.
        channel: BodyRef,
        /// Who said it.
        author: MemberId,
        /// What they said.
        parts: Vec<Part>,
        /// The network's own id of the message it answers, where it came from there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<BodyRef>,
    },
    /// Change a message that the bot was told to post.
    Edit {
        /// Which.
        message: MessageId,
        /// What it says now.
        parts: Vec<Part>,
    },
}

impl What {
    /// What a bot must be able to do for it.
    pub const fn needs(&self) -> Ability {
        match self {
            Self::Delete { .. } => Ability::Delete,
            Self::Mute { .. } | Self::Unmute { .. } => Ability::Mute,
            Self::Remove { .. } => Ability::Remove,
            Self::Ban { .. } | Self::Unban { .. } => Ability::Ban,
            Self::Post { .. } => Ability::Post,
            Self::Edit { .. } => Ability::Edit,
        }
    }
}

/// Something that a record asks of a network. Record and index name it, however often it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectOut {
    /// The record.
    pub seq: u64,
    /// Which of those that it asks of this network.
    pub index: u32,
    /// What to do.
    pub what: What,
}

/// What a record asks of a connector's network, as far as its bot can do it. `community` is the state of now,
/// with the record in it.
pub fn effects_of(record: &Record, community: &Community, connector: ConnectorId) -> Vec<EffectOut> {
    let Some(connector) = community.connectors.get(connector) else { return Vec::new() };
    let told = Told { record, community, connector };
    let asked = record.events.iter().flat_map(|event| told.of(event));
    let done = asked.filter(|what| connector.can.contains(&what.needs()));
    (0..).zip(done).map(|(index, what)| EffectOut { seq: record.seq, index, what }).collect()
}

struct Told<'a> {
    record: &'a Record,
    community: &'a Community,
    connector: &'a Connector,
}

impl Told<'_> {
    fn of(&self, event: &Event) -> Vec<What> {
        match event {
            Event::Message(message::Event::Posted { header, parts, original, .. }) => {
                self.posted(header, parts, original)
            }
            Event::Message(message::Event::Denied { held, .. }) => self.not_shown(held),
            Event::Message(message::Event::Edited { message, parts, recalled, .. }) => {
                self.edited(self.header(*message).or(recalled.as_deref()), parts)
            }
            Event::Message(message::Event::Deleted { message, origin, .. }) => {
                self.deleted(*message, origin.as_ref())
            }
            Event::Queue(queue::Event::Held { hold, .. }) => match &hold.item {
                queue::Item::Message(held) => self.not_shown(held),
                _ => Vec::new(),
            },
            Event::Rule(rule::Event::Muted { member, mute, .. }) => {
                self.each(*member, |whom| What::Mute { whom, until_ms: mute.until_ms })
            }
            Event::Rule(rule::Event::Unmuted { member, .. }) => {
                self.each(*member, |whom| What::Unmute { whom })
            }
            Event::Member(member::Event::Removed { member, .. }) => {
                self.each(*member, |whom| What::Remove { whom })
            }
            Event::Member(member::Event::Banned { member, until_ms, .. }) => {
                self.each(*member, |whom| What::Ban { whom, until_ms: *until_ms })
            }
            Event::Member(
                member::Event::Unbanned { member }
                | member::Event::Reinstated { member, old: member::Standing::Banned { .. }, .. },
            ) => self.each(*member, |whom| What::Unban { whom }),
            _ => Vec::new(),
        }
    }

    fn each(&self, member: MemberId, what: impl Fn(Whom) -> What) -> Vec<What> {
        let accounts = self.community.connectors.accounts(&self.connector.network, member);
        accounts.map(|external| what(Whom { member, external })).collect()
    }

    /// The network's own id of a message, if it came by this connector.
    fn own_id(&self, header: &Header) -> Option<BodyRef> {
        let origin = header.origin.as_ref().filter(|origin| origin.connector == self.connector.id);
        origin.map(|origin| origin.external_id)
    }

    /// A message that came from there stands there already, unless it was held meanwhile or a script put
    /// another text in its place.
    fn posted(&self, header: &Header, parts: &[Part], original: &[Part]) -> Vec<What> {
        let own = self.own_id(header);
        let rewritten = own.filter(|_| !original.is_empty() && header.said_at_ms.is_none());
        let is_gone = header.said_at_ms.is_some() || rewritten.is_some();
        let here = header.origin.as_ref().filter(|_| own.is_some() && !is_gone).map(|origin| origin.channel);
        let delete = rewritten.map(|id| What::Delete { message: header.id, external_id: Some(id) });
        let channels = self.mapped(header.channel).filter(|(key, _)| Some(*key) != here);
        let posts = channels.map(|(_, channel)| What::Post {
            message: header.id,
            channel,
            author: header.author,
            parts: parts.to_vec(),
            reply_to: header.reply_to.and_then(|id| self.header(id)).and_then(|to| self.own_id(to)),
        });
        delete.into_iter().chain(posts).collect()
    }

    /// An edit changes what the bot posted; what was said there is not the bot's to change.
    fn edited(&self, header: Option<&Header>, parts: &[Part]) -> Vec<What> {
        let Some(header) = header else { return Vec::new() };
        let said_there = self.own_id(header).is_some() && header.said_at_ms.is_none();
        let here = header.origin.as_ref().filter(|_| said_there).map(|origin| origin.channel);
        let is_posted = self.mapped(header.channel).any(|(key, _)| Some(key) != here);
        let edit = What::Edit { message: header.id, parts: parts.to_vec() };
        is_posted.then_some(edit).into_iter().collect()
    }

    /// The network's channels that stand for one of the community.
    fn mapped(&self, channel: ChannelId) -> impl Iterator<Item = (u64, BodyRef)> {
        let all = self.connector.channels.iter().filter(move |(_, mapped)| mapped.channel == channel);
        all.map(|(key, mapped)| (*key, mapped.name))
    }

    /// A message that was held or denied does not stand there either; an edit of one changes nothing there.
    fn not_shown(&self, held: &Held) -> Vec<What> {
        let message = held.header.id;
        let own = self.own_id(&held.header).filter(|_| held.edits.is_none());
        own.map(|id| What::Delete { message, external_id: Some(id) }).into_iter().collect()
    }

    /// A message of elsewhere stands there if the bot was told to post it.
    fn deleted(&self, message: MessageId, origin: Option<&Origin>) -> Vec<What> {
        let own = origin.filter(|origin| origin.connector == self.connector.id);
        let external_id = own.map(|origin| origin.external_id);
        let posted = || self.header(message).is_some_and(|row| self.mapped(row.channel).next().is_some());
        let stands_there = external_id.is_some() || posted();
        stands_there.then_some(What::Delete { message, external_id }).into_iter().collect()
    }

    /// A message's header: in the state, or as the record found it.
    fn header(&self, id: MessageId) -> Option<&Header> {
        let evidence = || self.record.evidence.messages.get(&id).and_then(Option::as_ref);
        self.community.messages.get(id).or_else(evidence)
    }
}
