//! Announcements: messages of which members confirm that they have read them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, Messages, evidence};
use crate::channel;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, MessageId};
use crate::limits;
use crate::refusal::Refusal;
use crate::role::{self, Permission};
use crate::stream::Community;

/// Whether members are asked to confirm an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ack {
    /// Everybody is, and who has not is shown.
    Required,
    /// Who likes may.
    Optional,
}

/// An announcement and who has confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its message.
    pub message: MessageId,
    /// Whether it has to be confirmed.
    pub ack: Ack,
    /// Who has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<MemberId>,
}

/// Who has read an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgements {
    /// How many confirmed it, those who have left since included.
    pub count: usize,
    /// Members inside who can read it and have not; its author is not asked.
    pub missing: Vec<MemberId>,
}

/// Confirms an announcement.
pub(super) fn acknowledge(ctx: &Ctx<'_>, id: MessageId, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?.id;
    role::may(ctx, Permission::Participate)?;
    evidence::find(ctx, id)?;
    let announcement =
        ctx.community.messages.announcement(id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    if announcement.by.contains(&member) {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Acknowledged { message: id, member });
    Ok(())
}

/// Who has confirmed one of the last announcements, and who has not; `None` if it is not among them.
pub fn acknowledged(community: &Community, id: MessageId) -> Option<Acknowledgements> {
    let announcement = community.messages.announcement(id)?;
    let header = community.messages.get(id);
    let channel = header.and_then(|header| community.channels.get(header.channel));
    let author = header.map(|header| header.author);
    let missing = community
        .members
        .active()
        .filter(|member| Some(member.id) != author && !announcement.by.contains(&member.id))
        .filter(|member| channel.is_none_or(|channel| channel::may_read(community, member, channel)))
        .map(|member| member.id)
        .collect();
    Some(Acknowledgements { count: announcement.by.len(), missing })
}

pub(super) fn opened(messages: &mut Messages, message: MessageId, ack: Ack) {
    if messages.announcements.len() >= limits::ANNOUNCEMENTS_MAX {
        messages.announcements.pop_front();
    }
    messages.announcements.push_back(Announcement { message, ack, by: BTreeSet::new() });
}

pub(super) fn apply(messages: &mut Messages, id: MessageId, member: MemberId) {
    let announcement = messages.announcements.iter_mut().find(|row| row.message == id);
    if let Some(announcement) = announcement {
        announcement.by.insert(member);
    }
}

impl Messages {
    /// The last announcements, oldest first.
    pub fn announcements(&self) -> impl Iterator<Item = &Announcement> {
        self.announcements.iter()
    }

    /// One of the last announcements.
    pub fn announcement(&self, id: MessageId) -> Option<&Announcement> {
        self.announcements.iter().find(|row| row.message == id)
    }
}
