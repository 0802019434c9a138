//! Imported facts: a past that is brought in. No gate, rule, timer or hand-off runs on it.
//!
//! A batch holds at most `limits::IMPORT_ROWS_MAX` rows. First sight of an author makes a member who belongs
//! to no person until somebody claims them; a rename links the new name to the same member; joins and parts
//! are presence, not admissions. A row is known again by its source: the file and line, or the id the other
//! network gave it, so that bringing the same file twice changes nothing.

mod source;
#[cfg(test)]
mod tests;

pub use source::{Imports, Origin, Progress, Short, short};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::{ChannelId, MemberId, MessageId};
use crate::limits;
use crate::member::{self, Member, Standing};
use crate::message::{self, Header, Measure, Part};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{MEMBER, Need, Permission};
use crate::stream::Community;
use crate::text::reading::Reading;

/// Who an author is in the source: a MAC of (format, name or id) under the community's pepper, since names
/// are personal.
pub type AuthorKey = Short;

/// One author as a batch names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Who in the source.
    pub key: AuthorKey,
    /// The member they will be if nobody has this key yet; owner of the bodies in that case.
    pub member: MemberId,
    /// Their name as shown; needed only at first sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<BodyRef>,
}

/// Whether a source called a message unwanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Unwanted.
    Spam,
    /// Wanted.
    Ham,
}

/// What a row says. Authors are indexes into the batch's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody said something.
    Message {
        /// Who.
        author: u32,
        /// What; no parts where the source had an empty text.
        parts: Vec<Part>,
        /// The message it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
        /// What the source called it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// Somebody came.
    Came {
        /// Who.
        author: u32,
    },
    /// Somebody went.
    Went {
        /// Who.
        author: u32,
    },
    /// Somebody took another name.
    Renamed {
        /// Who, under the old name.
        author: u32,
        /// The new name's key.
        key: AuthorKey,
        /// The new name.
        nickname: BodyRef,
    },
}

impl What {
    /// Whose row it is: an index into the batch's authors.
    pub fn author(&self) -> u32 {
        match self {
            Self::Message { author, .. }
            | Self::Came { author }
            | Self::Went { author }
            | Self::Renamed { author, .. } => *author,
        }
    }
}

/// One row of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Line or record number in the file, from 1.
    pub line: u64,
    /// The id that the source gave it, as a MAC like an author's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<AuthorKey>,
    /// When it was said, Unix milliseconds.
    pub said_at_ms: u64,
    /// What.
    pub what: What,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Bring in rows of one file, in order. The rows are in the record once, as events: the recorded command
    /// names the source only.
    Batch {
        /// Format and file.
        origin: Origin,
        /// Into which channel.
        channel: ChannelId,
        /// Who speaks in it.
        #[serde(skip)]
        authors: Vec<Author>,
        /// What they said and did.
        #[serde(skip)]
        rows: Vec<Row>,
        /// The last line that the batch covers, bad lines included.
        through_line: u64,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        Need::Permission(Permission::Import)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Somebody was seen for the first time.
    MemberImported {
        /// The member they are now.
        member: MemberId,
        /// Who in the source.
        key: AuthorKey,
        /// Their name.
        nickname: BodyRef,
        /// When they were first seen, Unix milliseconds.
        seen_ms: u64,
    },
    /// Something was said.
    MessageImported {
        /// Its id here.
        message: MessageId,
        /// Where.
        channel: ChannelId,
        /// By whom.
        author: MemberId,
        /// When it was said, Unix milliseconds.
        said_at_ms: u64,
        /// Line in the file.
        line: u64,
        /// The id that the source gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source_id: Option<AuthorKey>,
        /// Its content.
        parts: Vec<Part>,
        /// Facts about its text.
        measure: Measure,
        /// The message it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
        /// What the source called it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// Somebody came or went in the source.
    PresenceImported {
        /// Who.
        member: MemberId,
        /// When, Unix milliseconds.
        at_ms: u64,
        /// Which.
        presence: Presence,
    },
    /// Somebody took another name; both lead to the same member.
    MemberRenamed {
        /// Who.
        member: MemberId,
        /// The new name's key.
        key: AuthorKey,
        /// The new name.
        nickname: BodyRef,
        /// The old name.
        old: BodyRef,
    },
    /// A batch is in.
    BatchImported {
        /// Format and file.
        origin: Origin,
        /// The last line covered.
        through_line: u64,
        /// Rows that were new.
        rows: u32,
        /// Rows that were known.
        known: u32,
    },
}

/// Coming or going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Came.
    Came,
    /// Went.
    Went,
}

/// The header of an imported message: it takes its place among the others by when it was said.
pub fn header_of(event: &Event) -> Option<Header> {
    let Event::MessageImported { message, channel, author, said_at_ms, measure, reply_to, .. } = event else {
        return None;
    };
    let header = Header::new(*message, *channel, *author, *said_at_ms).measured(*measure);
    Some(Header { said_at_ms: Some(*said_at_ms), reply_to: *reply_to, ..header })
}

/// Decides a batch.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let Command::Batch { origin, channel, authors, rows, through_line } = command;
    check(authors, rows)?;
    let progress = ctx.community.imports.progress(origin);
    let mut known = 0;
    let mut batch = Batch::new(ctx, *channel, authors);
    for (index, row) in (0_u32..).zip(rows) {
        let seen = batch.is_erased(row)
            || progress.is_some_and(|progress| row.line <= progress.through_line)
            || row.id.is_some_and(|id| ctx.community.imports.has(&id) || !batch.ids.insert(id));
        if seen {
            known += 1;
        } else {
            batch.row(index, row, out)?;
        }
    }
    let new = rows.len() as u32 - known;
    if new == 0 && progress.is_some_and(|progress| *through_line <= progress.through_line) {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::BatchImported { origin: origin.clone(), through_line: *through_line, rows: new, known });
    Ok(())
}

fn check(authors: &[Author], rows: &[Row]) -> Result<(), Refusal> {
    if rows.len() > limits::IMPORT_ROWS_MAX || authors.len() > 2 * limits::IMPORT_ROWS_MAX {
        return Err(Refusal::TooMany { what: "row".to_owned(), max: limits::IMPORT_ROWS_MAX as u64 });
    }
    let names_nobody = rows.iter().any(|row| row.what.author() as usize >= authors.len());
    if names_nobody { Err(Refusal::NotFound { what: "author".to_owned() }) } else { Ok(()) }
}

/// What a batch has found out so far, besides the state.
struct Batch<'a> {
    ctx: &'a Ctx<'a>,
    channel: ChannelId,
    authors: &'a [Author],
    members: Vec<Option<MemberId>>,
    renamed: std::collections::BTreeMap<AuthorKey, MemberId>,
    names: std::collections::BTreeMap<MemberId, BodyRef>,
    ids: BTreeSet<AuthorKey>,
}

impl<'a> Batch<'a> {
    fn new(ctx: &'a Ctx<'a>, channel: ChannelId, authors: &'a [Author]) -> Self {
        let members = authors.iter().map(|author| ctx.community.imports.member(&author.key)).collect();
        Self {
            ctx,
            channel,
            authors,
            members,
            renamed: Default::default(),
            names: Default::default(),
            ids: BTreeSet::new(),
        }
    }

    /// Whether a row is of somebody who was erased: their past does not come back with the file it came from.
    fn is_erased(&self, row: &Row) -> bool {
        let member = self.members[row.what.author() as usize];
        let row = member.and_then(|member| self.ctx.community.members.get(member));
        row.is_some_and(|row| matches!(row.standing, Standing::Erased { .. }))
    }

    fn row(&mut self, index: u32, row: &Row, out: &mut Outcome) -> Result<(), Refusal> {
        let member = self.member(row.what.author(), row.said_at_ms, out)?;
        match &row.what {
            What::Message { parts, reply_to, label, .. } => out.event(Event::MessageImported {
                message: MessageId::of(self.ctx.command.id, index),
                channel: self.channel,
                author: member,
                said_at_ms: row.said_at_ms,
                line: row.line,
                source_id: row.id,
                parts: parts.clone(),
                measure: self.measure(parts),
                reply_to: *reply_to,
                label: *label,
            }),
            What::Came { .. } => {
                out.event(Event::PresenceImported { member, at_ms: row.said_at_ms, presence: Presence::Came })
            }
            What::Went { .. } => {
                out.event(Event::PresenceImported { member, at_ms: row.said_at_ms, presence: Presence::Went })
            }
            What::Renamed { key, nickname, .. } => self.rename(member, *key, *nickname, out),
        }
        Ok(())
    }

    fn measure(&self, parts: &[Part]) -> Measure {
        let texts: Vec<&str> =
            parts.iter().filter_map(Part::text).filter_map(|text| self.ctx.text(text)).collect();
        Measure::of(&Reading::of(&texts))
    }

    /// The member of an author; at first sight they become one.
    fn member(&mut self, author: u32, seen_ms: u64, out: &mut Outcome) -> Result<MemberId, Refusal> {
        let index = author as usize;
        let named = &self.authors[index];
        if let Some(member) = self.members[index].or_else(|| self.renamed.get(&named.key).copied()) {
            return Ok(member);
        }
        let nickname = named.nickname.ok_or(Refusal::BodyMissing)?;
        self.members[index] = Some(named.member);
        self.renamed.insert(named.key, named.member);
        self.names.insert(named.member, nickname);
        out.event(Event::MemberImported { member: named.member, key: named.key, nickname, seen_ms });
        Ok(named.member)
    }

    fn rename(&mut self, member: MemberId, key: AuthorKey, nickname: BodyRef, out: &mut Outcome) {
        let taken = self.ctx.community.imports.member(&key).or_else(|| self.renamed.get(&key).copied());
        // A name that is known already stays whose it is: people swap names, and history must not merge them.
        if taken.is_some() {
            return;
        }
        let old = self.names.get(&member).copied();
        let Some(old) = old.or_else(|| self.ctx.community.members.get(member).map(|row| row.nickname)) else {
            return;
        };
        self.renamed.insert(key, member);
        self.names.insert(member, nickname);
        out.event(Event::MemberRenamed { member, key, nickname, old });
    }
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, _moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::MemberImported { member, key, nickname, seen_ms } => {
            keep(&mut shelf, nickname);
            community.imports.link(*key, *member);
            community.members.put(imported(*member, *nickname, *seen_ms));
        }
        Event::MessageImported { source_id, .. } => {
            if let Some(id) = source_id {
                community.imports.note(*id);
            }
            if let Some(header) = header_of(event) {
                message::imported(community, header);
            }
        }
        Event::PresenceImported { .. } => {}
        Event::MemberRenamed { member, key, nickname, old } => {
            keep(&mut shelf, nickname);
            shelf.0.remove(old.id);
            community.imports.link(*key, *member);
            community.members.change(*member, |member| member.nickname = *nickname);
        }
        Event::BatchImported { origin, through_line, rows, .. } => {
            community.imports.advance(origin, *through_line, u64::from(*rows));
        }
    }
}

/// Where members come from whom an import brought in.
pub const SOURCE: &str = "import";

impl Member {
    /// Whether an import brought them in and nobody has claimed them: no gate saw them, and no card is known.
    pub fn is_imported(&self) -> bool {
        self.person.is_none() && self.origin.source == SOURCE
    }
}

fn imported(id: MemberId, nickname: BodyRef, seen_ms: u64) -> Member {
    Member {
        id,
        person: None,
        nickname,
        card: Default::default(),
        roles: [MEMBER.to_owned()].into(),
        tags: BTreeSet::new(),
        standing: Standing::Active,
        since_ms: seen_ms,
        joined_ms: Some(seen_ms),
        origin: member::Origin { source: SOURCE.to_owned(), ..member::Origin::default() },
        notices: Vec::new(),
    }
}
