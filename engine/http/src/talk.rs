//! Messages as they are shown: headers from the state, words from the log.
//!
//! A look at the state takes what stands there (`Row`) and decides what the reader may see; only then are
//! words read, and only those of rows that stand. What was deleted or erased has no words here.

use std::collections::BTreeSet;
use std::sync::Arc;

use kith_core::body::Bodies;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::member::Standing;
use kith_core::message::{CardSubject, Header, Part, Sort};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::stream::Community;
use kith_runtime::reading::{Said, Wanted};
use serde::Serialize;
use utoipa::ToSchema;

use crate::moment::rfc3339;
use crate::older::Edge;
use crate::problem::Problem;
use crate::room::{Room, Sight};

/// A member's nickname; empty where it was erased.
pub(crate) fn nickname(sight: &Sight<'_>, member: MemberId) -> String {
    let row = sight.community.members.get(member);
    row.and_then(|row| sight.stream.bodies.text(&row.nickname)).unwrap_or_default().to_owned()
}

/// What the state says of one message to one reader.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) header: Header,
    pub(crate) author: String,
    pub(crate) me: Option<MemberId>,
    pub(crate) is_pinned: bool,
    /// How many confirmed it, and whether the reader did.
    pub(crate) confirmed: Option<(usize, bool)>,
    is_gone: bool,
}

impl Row {
    /// A message as the reader finds it.
    pub(crate) fn of(sight: &Sight<'_>, header: &Header) -> Self {
        let me = sight.me.map(|me| me.id);
        let messages = &sight.community.messages;
        let announcement = messages.announcement(header.id);
        Self {
            author: nickname(sight, header.author),
            me,
            is_pinned: messages.pins(header.channel).contains(&header.id),
            confirmed: announcement.map(|row| (row.by.len(), me.is_some_and(|me| row.by.contains(&me)))),
            is_gone: header.deleted.is_some() || is_erased(sight.community, header.author),
            header: header.clone(),
        }
    }
}

fn is_erased(community: &Community, member: MemberId) -> bool {
    let row = community.members.get(member);
    row.is_some_and(|row| matches!(row.standing, Standing::Erased { .. }))
}

/// Somebody, by id and by what they go by.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Somebody {
    /// Which member.
    #[schema(example = "mem_01JD0000000000000000000000")]
    pub(crate) id: String,
    /// What they go by; empty where it was erased.
    pub(crate) nickname: String,
}

/// One emoji under a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reaction {
    /// Which.
    pub(crate) emoji: String,
    /// From how many members.
    pub(crate) count: usize,
    /// Whether the reader is one of them.
    pub(crate) mine: bool,
}

/// A part of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ShownPart {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// Source code.
    Code {
        /// The code.
        text: String,
    },
    /// A link.
    Link {
        /// Its address.
        url: String,
    },
    /// Somebody's card.
    Card {
        /// A member of this community.
        #[serde(skip_serializing_if = "Option::is_none")]
        member: Option<String>,
        /// Somebody from elsewhere, as the sender wrote it.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A picture.
    Image {
        /// The attachment's name, SHA-256 in hexadecimal digits.
        sha256: String,
        /// Its media type, as the sender says.
        media_type: String,
        /// Its length in bytes.
        bytes: u64,
    },
    /// A voice message.
    Voice {
        /// The attachment's name, SHA-256 in hexadecimal digits.
        sha256: String,
        /// Its media type, as the sender says.
        media_type: String,
        /// Its length in bytes.
        bytes: u64,
        /// Its length in milliseconds.
        duration_ms: u64,
    },
    /// Any other file.
    File {
        /// The attachment's name, SHA-256 in hexadecimal digits.
        sha256: String,
        /// Its media type, as the sender says.
        media_type: String,
        /// Its length in bytes.
        bytes: u64,
        /// Its name as the sender has it.
        name: String,
    },
    /// What was erased, or cannot be read.
    Gone,
}

/// A message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Message {
    /// Which.
    #[schema(example = "msg_01JD0000000000000000000000")]
    pub(crate) id: String,
    /// Where.
    pub(crate) channel: String,
    /// By whom.
    pub(crate) author: Somebody,
    /// When it took its place among the others (RFC 3339).
    pub(crate) at: String,
    /// When it was edited last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edited_at: Option<String>,
    /// When it was deleted; it has no parts then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<String>,
    /// The message it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<String>,
    /// Whether it asks for help.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) question: bool,
    /// The reply that answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted_answer: Option<String>,
    /// What it says.
    pub(crate) parts: Vec<ShownPart>,
    /// Emoji under it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<Reaction>,
    /// Whether it is pinned to its channel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) pinned: bool,
    /// Of an announcement: how many confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed: Option<usize>,
}

impl Message {
    fn of(row: &Row, said: Option<&Said>) -> Self {
        let header = &row.header;
        let is_mine = |members: &BTreeSet<MemberId>| row.me.is_some_and(|me| members.contains(&me));
        Self {
            id: header.id.to_string(),
            channel: header.channel.to_string(),
            author: Somebody { id: header.author.to_string(), nickname: row.author.clone() },
            at: rfc3339(header.at_ms),
            edited_at: header.edited_ms.map(rfc3339),
            deleted_at: header.deleted.map(|deletion| rfc3339(deletion.at_ms)),
            reply_to: header.reply_to.map(|id| id.to_string()),
            question: header.sort == Sort::Question,
            accepted_answer: header.accepted.map(|id| id.to_string()),
            parts: said.map(|said| shown(&said.parts, &said.bodies)).unwrap_or_default(),
            reactions: header
                .reactions
                .iter()
                .map(|(emoji, by)| Reaction { emoji: emoji.clone(), count: by.len(), mine: is_mine(by) })
                .collect(),
            pinned: row.is_pinned,
            confirmed: row.confirmed.map(|(count, _)| count),
        }
    }

    /// The texts of its parts, one line each, for lists and notices.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            ShownPart::Text { text } | ShownPart::Code { text } => Some(text.as_str()),
            ShownPart::Link { url } => Some(url),
            ShownPart::File { name, .. } => Some(name),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// Parts as they are shown.
pub(crate) fn shown(parts: &[Part], bodies: &Bodies) -> Vec<ShownPart> {
    parts.iter().map(|part| shown_part(part, bodies)).collect()
}

fn shown_part(part: &Part, bodies: &Bodies) -> ShownPart {
    let text = part.body().map(|body| bodies.text(body).map(str::to_owned));
    let Some(text) = text.unwrap_or_else(|| Some(String::new())) else { return ShownPart::Gone };
    match part {
        Part::Text { .. } => ShownPart::Text { text },
        Part::Code { .. } => ShownPart::Code { text },
        Part::Link { .. } => ShownPart::Link { url: text },
        Part::Card { subject: CardSubject::Member(member) } => {
            ShownPart::Card { member: Some(member.to_string()), text: None }
        }
        Part::Card { subject: CardSubject::Written(_) } => ShownPart::Card { member: None, text: Some(text) },
        Part::Image { blob } => ShownPart::Image {
            sha256: hex(&blob.sha256),
            media_type: blob.media.0.clone(),
            bytes: blob.bytes,
        },
        Part::Voice { blob, duration_ms } => ShownPart::Voice {
            sha256: hex(&blob.sha256),
            media_type: blob.media.0.clone(),
            bytes: blob.bytes,
            duration_ms: *duration_ms,
        },
        Part::File { blob, .. } => ShownPart::File {
            sha256: hex(&blob.sha256),
            media_type: blob.media.0.clone(),
            bytes: blob.bytes,
            name: text,
        },
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Room {
    /// Messages with their words, in the order of the rows.
    pub(crate) async fn messages(&self, rows: &[Row]) -> Result<Vec<Message>, Problem> {
        let said = self.said(rows).await?;
        Ok(rows.iter().zip(&said).map(|(row, said)| Message::of(row, said.as_deref())).collect())
    }

    /// What rows say; nothing where it is gone.
    pub(crate) async fn said(&self, rows: &[Row]) -> Result<Vec<Option<Arc<Said>>>, Problem> {
        let standing = |row: &&Row| !row.is_gone;
        let wanted: Vec<Wanted> = rows.iter().filter(standing).map(|row| wanted(&row.header)).collect();
        let (place, id) = (self.caller.place.clone(), self.id);
        let found = match place.reading.kept_only(id, &wanted) {
            Some(found) => found.into_iter().map(Some).collect(),
            None => {
                let read = tokio::task::spawn_blocking(move || place.reading.read(id, &wanted));
                read.await.map_err(|_| Problem::failed())??
            }
        };
        let mut found = found.into_iter();
        Ok(rows.iter().map(|row| if row.is_gone { None } else { found.next().flatten() }).collect())
    }

    /// The header of a message that the caller may read.
    pub(crate) async fn header(&self, message: MessageId) -> Result<Header, Problem> {
        let found = self.look(move |sight| {
            sight.need(Permission::Read)?;
            let header = sight.community.messages.get(message).cloned();
            let header = header.ok_or_else(|| Refusal::NotFound { what: message.to_string() })?;
            readable(&sight, header.channel)?;
            Ok(header)
        });
        found.await
    }

    /// What the state says of one message.
    pub(crate) async fn row(&self, header: Header) -> Result<Row, Problem> {
        self.look(move |sight| Ok(Row::of(&sight, &header))).await
    }

    /// The newest messages of a channel before one of them, oldest first, and before which the next page is.
    pub(crate) async fn page(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<(Vec<Message>, Option<MessageId>), Problem> {
        let seen = self.look(move |sight| {
            readable(&sight, channel)?;
            let page = kith_core::message::channel_page(sight.community, channel, before, limit);
            let rows: Vec<Row> = page.into_iter().rev().map(|header| Row::of(&sight, header)).collect();
            Ok((rows, Edge::of(&sight, before)))
        });
        let (mut rows, edge) = seen.await?;
        let mut next = rows.first().filter(|_| rows.len() == limit).map(|first| first.header.id);
        if rows.len() < limit {
            let older = self.older(channel, edge, limit - rows.len()).await?;
            next = older.next;
            let past = self.look(move |sight| {
                Ok(older.headers.iter().map(|header| Row::of(&sight, header)).collect::<Vec<_>>())
            });
            rows.splice(..0, past.await?);
        }
        Ok((self.messages(&rows).await?, next))
    }
}

pub(crate) fn wanted(header: &Header) -> Wanted {
    Wanted { message: header.id, edited_ms: header.edited_ms }
}

/// The channel, if the caller may know of it; its very existence is nobody else's business.
pub(crate) fn readable<'a>(
    sight: &Sight<'a>,
    channel: ChannelId,
) -> Result<&'a kith_core::channel::Channel, Refusal> {
    sight.need(Permission::Read)?;
    let found = sight.community.channels.get(channel).filter(|found| {
        sight.is_host
            || sight.inside().is_some_and(|me| kith_core::channel::may_read(sight.community, me, found))
    });
    found.ok_or_else(|| Refusal::NotFound { what: channel.to_string() })
}
