//! What was said in a record, and what became of it then.

use std::collections::BTreeSet;

use kith_core::body::Bodies;
use kith_core::command::CommandKind;
use kith_core::connector;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, CommandId, MemberId, MessageId};
use kith_core::import::{self, Label};
use kith_core::message::{self, Held, Mentions, Part};
use kith_core::queue::{self, Ground, Verdict};
use kith_core::record::Record;

use super::asked::Typed;

/// What a message names whose record mentions nobody.
static NOBODY: Mentions = Mentions { members: BTreeSet::new(), all: false };

/// Something that somebody said, or wanted to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// The command that it came with; of an imported message, one by its id.
    pub(super) command: CommandId,
    /// Its id.
    pub(super) message: MessageId,
    /// By whom.
    pub(super) author: MemberId,
    /// Where.
    pub(super) channel: ChannelId,
    /// As it was written, whatever a script made of it.
    pub(super) parts: &'a [Part],
    /// When, Unix milliseconds.
    pub(super) at_ms: u64,
    /// What it answered.
    pub(super) reply_to: Option<MessageId>,
    /// Who was to take note of it.
    pub(super) mentions: &'a Mentions,
    /// Whether it changed a message that stood.
    pub(super) edit: bool,
    /// Whether it was an announcement.
    pub(super) announced: bool,
    /// Whether it was imported: nobody decided about it here.
    pub(super) imported: bool,
    /// What the source called it.
    pub(super) label: Option<Label>,
    /// What became of it.
    pub(super) recorded: Verdict,
    /// Whether a script put another text in its place.
    pub(super) rewritten: bool,
    /// What the built-in rules said.
    pub(super) by_rules: Verdict,
}

/// What an imported event says.
pub(super) fn imported(event: &Event) -> Option<Said<'_>> {
    let Event::Import(import::Event::MessageImported {
        message,
        channel,
        author,
        said_at_ms,
        parts,
        reply_to,
        label,
        ..
    }) = event
    else {
        return None;
    };
    Some(Said {
        command: CommandId(message.0),
        message: *message,
        author: *author,
        channel: *channel,
        parts,
        at_ms: *said_at_ms,
        reply_to: *reply_to,
        mentions: &NOBODY,
        edit: false,
        announced: false,
        imported: true,
        label: *label,
        recorded: Verdict::Allow,
        rewritten: false,
        by_rules: Verdict::Allow,
    })
}

impl<'a> Said<'a> {
    /// The same as a command that was typed, if it reads as one: so a live version that answers commands
    /// would have taken it.
    pub(super) fn as_typed(&self, bodies: &'a Bodies) -> Option<Typed<'a>> {
        let [Part::Text { body }] = self.parts else { return None };
        let (name, argument) =
            message::typed(bodies.text(body)?).filter(|_| !self.edit && !self.announced)?;
        let (command, at_ms, member, channel) = (self.command, self.at_ms, self.author, self.channel);
        Some(Typed { command, at_ms, member, channel, name, argument, posted_then: true })
    }
}

/// What a command to post or edit came to.
struct Fate<'a> {
    message: MessageId,
    author: Option<MemberId>,
    channel: Option<ChannelId>,
    verdict: Verdict,
    original: &'a [Part],
}

fn fate(record: &Record) -> Option<Fate<'_>> {
    let held = |held: &'_ Held, verdict| (held.header.id, held.header.author, held.header.channel, verdict);
    record.events.iter().find_map(|event| {
        let ((message, author, channel, verdict), original) = match event {
            Event::Message(message::Event::Posted { header, original, .. }) => {
                ((header.id, header.author, header.channel, Verdict::Allow), &original[..])
            }
            Event::Message(message::Event::Edited { message, original, .. }) => {
                let fate = Fate {
                    message: *message,
                    author: None,
                    channel: None,
                    verdict: Verdict::Allow,
                    original,
                };
                return Some(fate);
            }
            Event::Message(message::Event::Denied { held: denied, .. }) => {
                (held(denied, Verdict::Deny), &denied.original[..])
            }
            Event::Queue(queue::Event::Held { hold, .. }) => match &hold.item {
                queue::Item::Message(waits) => (held(waits, Verdict::Hold), &waits.original[..]),
                _ => return None,
            },
            _ => return None,
        };
        Some(Fate { message, author: Some(author), channel: Some(channel), verdict, original })
    })
}

/// What a command to post or edit says.
pub(super) fn posted(record: &Record) -> Option<Said<'_>> {
    let (parts, reply_to, mentions, edit) = match &record.command.kind {
        CommandKind::Message(asked) => match asked {
            message::Command::Post { parts, reply_to, mentions, .. } => (parts, *reply_to, mentions, false),
            message::Command::Announce { parts, mentions, .. } => (parts, None, mentions, false),
            message::Command::Edit { parts, .. } => (parts, None, &NOBODY, true),
            _ => return None,
        },
        kind => connector::relayed(kind).map(|said| (&said.parts, said.reply_to, &NOBODY, false))?,
    };
    let announced = matches!(record.command.kind, CommandKind::Message(message::Command::Announce { .. }));
    let fate = fate(record)?;
    let old = record.evidence.messages.get(&fate.message).and_then(Option::as_ref);
    let author = fate.author.or(old.map(|header| header.author)).or(match record.command.actor {
        kith_core::command::Actor::Member(member) => Some(member),
        _ => None,
    })?;
    let rules = record.decisions.iter().filter(|receipt| matches!(receipt.ground, Ground::Rule(_)));
    Some(Said {
        command: record.command.id,
        message: fate.message,
        author,
        channel: fate.channel.or(old.map(|header| header.channel))?,
        parts,
        at_ms: record.command.at_ms,
        reply_to,
        mentions,
        edit,
        announced,
        imported: false,
        label: None,
        recorded: fate.verdict,
        rewritten: !fate.original.is_empty(),
        by_rules: rules.map(|receipt| receipt.verdict).max().unwrap_or(Verdict::Allow),
    })
}
