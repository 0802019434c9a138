//! Brings rows in as facts: batches of one file's rows, in order, a few in flight.
//!
//! Who is who is looked up once and then followed here, so that what people wrote is sealed under the right
//! member's key. What the engine knows already changes nothing, so a run that was cut off goes on where it
//! was.

use std::collections::{HashMap, HashSet, VecDeque};

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::Actor;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, CommandId, CommunityId, MemberId, MessageId};
use kith_core::import::{self as core, Author, Command, Origin, Short, What};
use kith_core::limits::IMPORT_ROWS_MAX;
use kith_core::member::Standing;
use kith_core::message::Part;
use kith_core::refusal::Refusal;
use kith_core::stream::Stream;

use super::read::{Format, Reader};
use super::row::{self, BadLine, Manner, Row, RowKind};
use crate::draft::{AskError, Draft};
use crate::engine::{Engine, Pending};
use crate::mint::Mint;

/// Batches that wait for the disk at once; more would only hold memory.
const BATCHES_IN_FLIGHT_MAX: usize = 8;

/// Where rows go.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The community.
    pub community: CommunityId,
    /// The channel that messages go to.
    pub channel: ChannelId,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Messages brought in.
    pub messages: u64,
    /// Members seen for the first time.
    pub members: u64,
    /// Comings and goings.
    pub presences: u64,
    /// Renames that linked a new name.
    pub renames: u64,
    /// Rows that were in already.
    pub known: u64,
    /// Rows that have no meaning here: topics, pins, notices of the platform.
    pub passed_over: u64,
    /// Places that could not be read.
    pub bad_lines: u64,
}

/// What is told while it runs.
pub trait Watch {
    /// Bytes read and bytes in all.
    fn progress(&mut self, bytes_done: u64, bytes_total: u64);
    /// A place that could not be read.
    fn bad_line(&mut self, line: &BadLine);
    /// Whether to end before the next row; what was taken is finished.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Brings all rows of a reader in.
pub async fn run(
    engine: &Engine,
    target: Target,
    mut reader: Reader,
    format: Format,
    watch: &mut dyn Watch,
) -> Result<Imported, AskError> {
    let pepper = engine.ports().keys.pepper(target.community)?;
    let known = engine.view(target.community, known_people).await?;
    let mut desk = Desk::new(engine.clone(), target, format, pepper, known);
    while let Some(item) = reader.next() {
        if watch.wants_stop() {
            break;
        }
        match item {
            Ok(row) => {
                let hash = reader.file_hash(row.place.file).copied().unwrap_or_default();
                desk.take(&row, hash).await?;
            }
            Err(bad) => {
                desk.imported.bad_lines += 1;
                watch.bad_line(&bad);
            }
        }
        if desk.rows.is_empty() {
            let (done, total) = reader.progress();
            watch.progress(done, total);
        }
    }
    desk.finish().await
}

/// Who is who in the source, and who was erased.
#[derive(Default)]
struct People {
    members: HashMap<Short, MemberId>,
    erased: HashSet<Short>,
}

fn known_people(stream: &Stream) -> People {
    let Some(community) = stream.community() else { return People::default() };
    let is_erased = |member: &MemberId| {
        community.members.get(*member).is_some_and(|row| matches!(row.standing, Standing::Erased { .. }))
    };
    People {
        members: community.imports.authors().collect(),
        erased: community
            .imports
            .authors()
            .filter(|(_, member)| is_erased(member))
            .map(|(key, _)| key)
            .collect(),
    }
}

/// The batch that is being filled and what is known of people.
struct Desk {
    engine: Engine,
    target: Target,
    format: &'static str,
    pepper: [u8; 32],
    mint: Mint,
    people: People,
    messages: HashMap<Short, MessageId>,
    shorts: HashMap<std::sync::Arc<str>, Short>,
    id: CommandId,
    file: (u32, [u8; 32]),
    authors: Vec<Author>,
    places: HashMap<Short, u32>,
    rows: Vec<core::Row>,
    bodies: Bodies,
    through_line: u64,
    in_flight: VecDeque<(u64, Pending)>,
    imported: Imported,
}

impl Desk {
    fn new(engine: Engine, target: Target, format: Format, pepper: [u8; 32], people: People) -> Self {
        let mint = Mint::System;
        let id = mint.command(engine.ports().clock.wall_ms());
        Self {
            engine,
            target,
            format: format.name(),
            pepper,
            mint,
            people,
            messages: HashMap::new(),
            shorts: HashMap::new(),
            id,
            file: (0, [0; 32]),
            authors: Vec::new(),
            places: HashMap::new(),
            rows: Vec::with_capacity(IMPORT_ROWS_MAX),
            bodies: Bodies::default(),
            through_line: 0,
            in_flight: VecDeque::new(),
            imported: Imported::default(),
        }
    }

    async fn take(&mut self, row: &Row, file: [u8; 32]) -> Result<(), AskError> {
        if row.place.file != self.file.0 || self.rows.len() == IMPORT_ROWS_MAX {
            self.send().await?;
        }
        self.file = (row.place.file, file);
        self.through_line = self.through_line.max(row.place.line);
        if self.is_of_somebody_erased(&row.kind) {
            self.imported.known += 1;
            return Ok(());
        }
        let (what, id) = match &row.kind {
            RowKind::Message(message) => self.message(message),
            RowKind::Joined { who, .. } => (What::Came { author: self.author(who) }, None),
            RowKind::Left { who, .. } | RowKind::Removed { who, .. } => {
                (What::Went { author: self.author(who) }, None)
            }
            RowKind::Renamed { from, to } => (self.rename(from, to), None),
            RowKind::Topic { .. } | RowKind::Pinned { .. } | RowKind::Notice { .. } => {
                self.imported.passed_over += 1;
                return Ok(());
            }
        };
        self.rows.push(core::Row { line: row.place.line, id, said_at_ms: row.said_at_ms, what });
        Ok(())
    }

    /// What somebody erased wrote is not even sealed again.
    fn is_of_somebody_erased(&mut self, kind: &RowKind) -> bool {
        let who = match kind {
            RowKind::Message(message) => &message.author,
            RowKind::Joined { who, .. } | RowKind::Left { who, .. } | RowKind::Removed { who, .. } => who,
            RowKind::Renamed { from, .. } => from,
            RowKind::Topic { .. } | RowKind::Pinned { .. } | RowKind::Notice { .. } => return false,
        };
        let key = self.key(&who.key);
        self.people.erased.contains(&key)
    }

    fn message(&mut self, message: &row::Message) -> (What, Option<Short>) {
        let author = self.author(&message.author);
        let owner = self.authors[author as usize].member;
        let text = shown(message);
        let parts = match text.is_empty() {
            true => Vec::new(),
            false => vec![Part::Text { body: self.body(owner, &text) }],
        };
        let scope = message.channel.as_deref().unwrap_or("");
        let short =
            |desk: &Self, id: &String| core::short(&desk.pepper, desk.format, &format!("{scope}\0{id}"));
        let id = message.external_id.as_ref().map(|id| short(self, id));
        let reply_to = message.reply_to.as_ref().map(|id| short(self, id));
        let reply_to = reply_to.and_then(|id| self.messages.get(&id).copied());
        if let Some(id) = id {
            let index = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.messages.entry(id).or_insert_with(|| MessageId::of(self.id, index));
        }
        let label = message.label.map(|label| match label {
            row::Label::Spam => core::Label::Spam,
            row::Label::Ham => core::Label::Ham,
        });
        (What::Message { author, parts, reply_to, label }, id)
    }

    fn rename(&mut self, from: &row::Author, to: &row::Author) -> What {
        let author = self.author(from);
        let member = self.authors[author as usize].member;
        let key = self.key(&to.key);
        let nickname = self.body(member, &to.shown);
        self.people.members.entry(key).or_insert(member);
        What::Renamed { author, key, nickname }
    }

    /// The place of an author in the batch's list.
    fn author(&mut self, author: &row::Author) -> u32 {
        let key = self.key(&author.key);
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let (member, nickname) = match self.people.members.get(&key) {
            Some(member) => (*member, None),
            None => {
                let member = MemberId(self.mint.bits(self.id.at_ms()));
                self.people.members.insert(key, member);
                (member, Some(self.body(member, &author.shown)))
            }
        };
        let place = u32::try_from(self.authors.len()).unwrap_or(u32::MAX);
        self.authors.push(Author { key, member, nickname });
        self.places.insert(key, place);
        place
    }

    fn key(&mut self, name: &std::sync::Arc<str>) -> Short {
        if let Some(short) = self.shorts.get(name) {
            return *short;
        }
        let short = core::short(&self.pepper, self.format, name);
        self.shorts.insert(name.clone(), short);
        short
    }

    fn body(&mut self, owner: MemberId, text: &str) -> BodyRef {
        self.mint.text(&mut self.bodies, self.id.at_ms(), owner, text)
    }

    /// Sends the batch off and begins the next.
    async fn send(&mut self) -> Result<(), AskError> {
        if self.rows.is_empty() {
            self.through_line = 0;
            return Ok(());
        }
        let rows = self.rows.len() as u64;
        let kind = Command::Batch {
            origin: Origin { format: self.format.to_owned(), file: self.file.1 },
            channel: self.target.channel,
            authors: std::mem::take(&mut self.authors),
            rows: std::mem::replace(&mut self.rows, Vec::with_capacity(IMPORT_ROWS_MAX)),
            through_line: self.through_line,
        };
        let bodies = std::mem::take(&mut self.bodies);
        let draft = Draft::new(self.id, self.target.community, Actor::Host, kind).with_bodies(bodies);
        self.places.clear();
        self.through_line = 0;
        self.id = self.mint.command(self.engine.ports().clock.wall_ms());
        let pending = self.engine.post(draft).await?;
        self.in_flight.push_back((rows, pending));
        while self.in_flight.len() >= BATCHES_IN_FLIGHT_MAX {
            self.settle().await?;
        }
        Ok(())
    }

    /// Waits for the oldest batch in flight.
    async fn settle(&mut self) -> Result<(), AskError> {
        let Some((rows, oldest)) = self.in_flight.pop_front() else { return Ok(()) };
        match oldest.reply().await {
            Ok(reply) => self.count(&reply.events),
            Err(AskError::Refused(Refusal::NothingToChange)) => self.imported.known += rows,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn count(&mut self, events: &[Event]) {
        for event in events {
            let Event::Import(event) = event else { continue };
            match event {
                core::Event::MemberImported { .. } => self.imported.members += 1,
                core::Event::MessageImported { .. } => self.imported.messages += 1,
                core::Event::PresenceImported { .. } => self.imported.presences += 1,
                core::Event::MemberRenamed { .. } => self.imported.renames += 1,
                core::Event::BatchImported { known, .. } => self.imported.known += u64::from(*known),
            }
        }
    }

    async fn finish(mut self) -> Result<Imported, AskError> {
        self.send().await?;
        while !self.in_flight.is_empty() {
            self.settle().await?;
        }
        Ok(self.imported)
    }
}

/// A message's text with what else came: an action keeps its mark, files are named.
pub(super) fn shown(message: &row::Message) -> String {
    let mut text = match message.manner {
        Manner::Plain => message.text.clone(),
        Manner::Action => format!("/me {}", message.text),
    };
    for attachment in &message.attachments {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str("📎 ");
        text.push_str(attachment);
    }
    text
}
