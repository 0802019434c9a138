//! What was said in a record, and what became of it then.

use std::collections::BTreeSet;

use kith_core::command::CommandKind;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::import::{self, Label};
use kith_core::message::{self, Held, Mentions, Part};
use kith_core::queue::{self, Ground, Verdict};
use kith_core::record::Record;

/// What a message names whose record mentions nobody.
static NOBODY: Mentions = Mentions { members: BTreeSet::new(), all: false };

/// Something that somebody said, or wanted to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
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

/// A stretch of a record's events: what was said before they happened, if anything was.
pub(super) struct Stretch<'a> {
    pub(super) said: Option<Said<'a>>,
    pub(super) events: &'a [Event],
}

/// A record in stretches, so that each imported message meets the state of its moment.
pub(super) fn parts(record: &Record) -> Vec<Stretch<'_>> {
    if matches!(record.command.kind, CommandKind::Import(_)) {
        return record
            .events
            .iter()
            .map(|event| Stretch { said: imported(event), events: std::slice::from_ref(event) })
            .collect();
    }
    vec![Stretch { said: posted(record), events: &record.events }]
}

fn imported(event: &Event) -> Option<Said<'_>> {
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
        message: *message,
        author: *author,
        channel: *channel,
        parts,
        at_ms: *said_at_ms,
        reply_to: *reply_to,
        mentions: &NOBODY,
        edit: false,
        imported: true,
        label: *label,
        recorded: Verdict::Allow,
        rewritten: false,
        by_rules: Verdict::Allow,
    })
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

fn posted(record: &Record) -> Option<Said<'_>> {
    let CommandKind::Message(asked) = &record.command.kind else { return None };
    let (parts, reply_to, mentions, edit) = match asked {
        message::Command::Post { parts, reply_to, mentions, .. } => (parts, *reply_to, mentions, false),
        message::Command::Announce { parts, mentions, .. } => (parts, None, mentions, false),
        message::Command::Edit { parts, .. } => (parts, None, &NOBODY, true),
        _ => return None,
    };
    let fate = fate(record)?;
    let old = record.evidence.messages.get(&fate.message).and_then(Option::as_ref);
    let author = fate.author.or(old.map(|header| header.author)).or(match record.command.actor {
        kith_core::command::Actor::Member(member) => Some(member),
        _ => None,
    })?;
    let rules = record.decisions.iter().filter(|receipt| matches!(receipt.ground, Ground::Rule(_)));
    Some(Said {
        message: fate.message,
        author,
        channel: fate.channel.or(old.map(|header| header.channel))?,
        parts,
        at_ms: record.command.at_ms,
        reply_to,
        mentions,
        edit,
        imported: false,
        label: None,
        recorded: fate.verdict,
        rewritten: !fate.original.is_empty(),
        by_rules: rules.map(|receipt| receipt.verdict).max().unwrap_or(Verdict::Allow),
    })
}
