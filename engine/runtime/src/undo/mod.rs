//! Undo: what one version of a script did is found in the log and taken back by events.
//!
//! In reading order: `cells` (what can be set back by itself), `page` (whose doing a record's events are),
//! `trace` and `talk` (what became of it since), then here: the plan is tried on a copy of the state, batch
//! by batch, so that what is shown beforehand is what would happen; then the same commands are asked of the
//! engine. The core decides each thing again; whatever changed in between is left as it is, and said.

mod cells;
mod page;
mod report;
mod talk;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::Command;
use kith_core::decide::{self, apply_record};
use kith_core::event::Event;
use kith_core::hook::NoExtensions;
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::limits::UNDO_ITEMS_MAX;
use kith_core::message::{Evidence, Part};
use kith_core::ports::Records;
use kith_core::queue::Item;
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::role;
use kith_core::script::{self, Left, Undo, UndoItem, What, Wording};
use kith_core::stream::Stream;

pub use report::{Line, Mode, Reason, Report, Shown};

use crate::draft::{AskError, Asker, Draft};
use crate::engine::Engine;
use crate::mint::Mint;
use crate::recover;
use cells::{Cell, Cells};
use page::Sought;
use trace::Trace;

/// Bytes of texts that go with one command: a fraction of what a frame takes.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// What is to be undone.
#[derive(Debug, Clone)]
pub struct Asked {
    /// In which community.
    pub community: CommunityId,
    /// The script's name.
    pub script: String,
    /// The version.
    pub version: u32,
    /// Only what it did at or after this time, Unix milliseconds.
    pub since_ms: Option<u64>,
    /// Whether it is done or only listed.
    pub mode: Mode,
    /// Who asks. A plan shows what others wrote, so it needs what doing it needs.
    pub by: Asker,
}

impl Asked {
    fn draft(&self, mint: &Mint, at_ms: u64, undo: Undo) -> Draft {
        let kind = script::Command::Undo(undo);
        Draft {
            scope: self.by.scope.clone(),
            ..Draft::new(mint.command(at_ms), self.community, self.by.actor, kind)
        }
    }
}

/// The state, for somebody who may undo what scripts did in it.
fn state_for(stream: &Stream, command: &Command) -> Result<Stream, AskError> {
    let community = stream.community().ok_or(AskError::Refused(Refusal::CommunityNotFound))?;
    role::check(community, command).map_err(AskError::Refused)?;
    Ok(stream.clone())
}

/// Is told how far reading has come: records read, and how many there are.
pub type OnProgress = Box<dyn FnMut(u64, u64) + Send>;

/// One thing with its time.
struct Found {
    at_ms: u64,
    item: UndoItem,
}

impl Engine {
    /// Lists what a version did, and takes it back where that was asked.
    pub async fn undo(&self, asked: Asked, mint: &Mint, told: OnProgress) -> Result<Report, AskError> {
        let (community, records) = (asked.community, Arc::clone(&self.ports().records));
        let (name, version) = (asked.script.clone(), asked.version);
        let nothing = Undo { no: 0, name, version, items: Vec::new(), told: BTreeSet::new() };
        let at_ms = self.ports().clock.wall_ms();
        let (command, _) = asked.draft(mint, at_ms, nothing).at(at_ms);
        let state = self.view(community, move |stream| state_for(stream, &command)).await??;
        let read = asked.clone();
        let reading = tokio::task::spawn_blocking(move || read_log(&read, state, records.as_ref(), told));
        let unreadable =
            |panic: tokio::task::JoinError| AskError::Unreadable { community, what: panic.to_string() };
        let Read { mut report, state, sought, cells, bodies } = reading.await.map_err(unreadable)??;
        let batches = batches(cells, &mut report, &bodies);
        let told = BTreeSet::new();
        let mut work = Work { engine: self, mint, asked, sought, bodies, state, report, told };
        for batch in batches {
            work.batch(&batch).await?;
        }
        Ok(work.report)
    }
}

/// An undo at work.
struct Work<'a> {
    engine: &'a Engine,
    mint: &'a Mint,
    asked: Asked,
    sought: Sought,
    /// Texts that the state may not have.
    bodies: Bodies,
    /// A copy, on which everything is tried first.
    state: Stream,
    report: Report,
    told: BTreeSet<MemberId>,
}

impl Work<'_> {
    /// Tries a batch on the copy of the state, and asks for what can be undone.
    async fn batch(&mut self, batch: &[Found]) -> Result<(), AskError> {
        let going = self.examine(batch);
        if going.is_empty() {
            return Ok(());
        }
        let shown: Vec<Option<Shown>> = going.iter().map(|found| self.shown(found)).collect();
        let (draft, at_ms) = (self.draft(&going), self.at_ms());
        let tried = try_on(&mut self.state, draft.clone(), at_ms)?;
        let rows = match self.asked.mode {
            Mode::Plan => tried,
            Mode::Carry => self.ask(draft).await?,
        };
        for (place, (found, shown)) in going.iter().zip(shown).enumerate() {
            let left = rows.get(place).map_or(Some(Left::Changed), |row| row.left);
            self.report.count(key(found), left);
            if left.is_none() {
                self.told.extend(found.item.member());
                self.report.show(shown);
            }
        }
        Ok(())
    }

    /// What of a batch can be undone today; the rest is counted with the reason.
    fn examine<'f>(&mut self, batch: &'f [Found]) -> Vec<&'f Found> {
        let all: Vec<&Found> = batch.iter().collect();
        let (command, bodies) = self.draft(&all).at(self.at_ms());
        let lefts = script::examine(&self.state, &command, &bodies);
        let mut going = Vec::new();
        for (found, left) in batch.iter().zip(lefts) {
            // Without a seat somebody may at least come back by themselves.
            if left.is_none_or(|left| left == Left::NoSeat) {
                going.push(found);
            } else {
                self.report.count(key(found), left);
            }
        }
        going
    }

    fn draft(&self, things: &[&Found]) -> Draft {
        let undo = Undo {
            no: self.sought.no,
            name: self.asked.script.clone(),
            version: self.sought.version,
            items: things.iter().map(|found| found.item.clone()).collect(),
            told: self.told.clone(),
        };
        let bodies = needed(things.iter().copied(), &self.bodies);
        self.asked.draft(self.mint, self.at_ms(), undo).with_bodies(bodies)
    }

    async fn ask(&mut self, draft: Draft) -> Result<Vec<script::UndoRow>, AskError> {
        let id = draft.id;
        match self.engine.ask(draft).await {
            Ok(reply) => {
                self.report.commands.push(id);
                Ok(undone(&reply.events))
            }
            // Somebody was faster with all of it.
            Err(AskError::Refused(Refusal::NothingToChange)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn at_ms(&self) -> u64 {
        self.engine.ports().clock.wall_ms().max(self.state.at_ms)
    }

    /// A message that will be shown again, in the words that it is posted in.
    fn shown(&self, found: &Found) -> Option<Shown> {
        let queue = &self.state.community()?.queue;
        let (parts, member): (&[Part], _) = match &found.item {
            UndoItem::Denied { held, .. } => (&held.parts, held.header.author),
            UndoItem::Rewritten { parts, author, .. } => (parts, *author),
            UndoItem::Held { hold, wording, member } => match (&queue.holds.get(hold)?.item, wording) {
                (Item::Message(held), Wording::Original) if !held.original.is_empty() => {
                    (&held.original, *member)
                }
                (Item::Message(held), _) => (&held.parts, *member),
                _ => return None,
            },
            _ => return None,
        };
        let text = |body| self.bodies.text(body).or_else(|| self.state.bodies.text(body));
        let text: Vec<&str> = parts.iter().filter_map(Part::body).filter_map(text).collect();
        Some(Shown { what: found.item.what(), member, at_ms: found.at_ms, text: text.join(" ") })
    }
}

fn key(found: &Found) -> (What, Option<MemberId>, u64) {
    (found.item.what(), found.item.member(), found.at_ms)
}

/// What reading the log came to.
struct Read {
    report: Report,
    state: Stream,
    sought: Sought,
    cells: Cells,
    bodies: Bodies,
}

fn read_log(asked: &Asked, state: Stream, records: &dyn Records, told: OnProgress) -> Result<Read, AskError> {
    let mut told = told;
    let mut report = Report::new(asked.script.clone(), asked.version, (asked.since_ms, asked.mode));
    let sought = find(asked, &state, records)?;
    let (begin, head) = recover::start_in_log(asked.community, records)?;
    report.cut_ms = (head.seq > 0).then_some(head.at_ms);
    let mut trace = Trace::new(sought, begin.community());
    each(asked.community, records, head.frame_no + 1, |record| {
        trace.record(&record);
        report.records += 1;
        if report.records.is_multiple_of(1_000) {
            told(record.seq, state.seq);
        }
        ControlFlow::Continue(())
    })?;
    told(state.seq, state.seq);
    report.runs = trace.runs;
    for beyond in &trace.beyond {
        report.count((beyond.what, Some(beyond.member), beyond.at_ms), Some(beyond.left));
    }
    let bodies = texts(asked.community, &trace.cells, &state, records)?;
    Ok(Read { report, state, sought, cells: trace.cells, bodies })
}

/// Visits the records of a community from a frame on.
fn each(
    community: CommunityId,
    records: &dyn Records,
    first_frame: u64,
    mut visit: impl FnMut(Record) -> ControlFlow<()>,
) -> Result<(), AskError> {
    let mut broken = None;
    records.read(community, first_frame, &mut |frame| {
        for stored in &frame.records {
            match recover::decode(community, stored) {
                Ok(record) => visit(record)?,
                Err(what) => {
                    broken = Some(what);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    broken.map_or(Ok(()), |what| Err(AskError::Unreadable { community, what }))
}

/// Finds the script: the one of that name, or the last that was taken out.
fn find(asked: &Asked, state: &Stream, records: &dyn Records) -> Result<Sought, AskError> {
    let mut found = None;
    let community = state.community().ok_or(AskError::Refused(Refusal::CommunityNotFound))?;
    let mut note = |script: &script::Script| {
        if script.name == asked.script && (1..=script.newest).contains(&asked.version) {
            found = Some((script.no, script.bot));
        }
    };
    match community.scripts.get(&asked.script) {
        Some(script) => note(script),
        None => each(asked.community, records, 1, |record| {
            for event in &record.events {
                if let Event::Script(script::Event::Removed { old, .. }) = event {
                    note(old);
                }
            }
            ControlFlow::Continue(())
        })?,
    }
    let what = || format!("script {} version {}", asked.script, asked.version);
    let (no, bot) = found.ok_or_else(|| AskError::Refused(Refusal::NotFound { what: what() }))?;
    Ok(Sought { no, version: asked.version, bot, since_ms: asked.since_ms.unwrap_or(0) })
}

/// Reads the texts that go with the way back and that the state no longer keeps. What was erased is not
/// found.
fn texts(
    community: CommunityId,
    cells: &Cells,
    state: &Stream,
    records: &dyn Records,
) -> Result<Bodies, AskError> {
    let open = cells.0.values().filter(|doing| doing.left.is_none());
    let references: BTreeSet<BodyRef> = open.flat_map(|doing| doing.item.bodies()).copied().collect();
    let mut bodies: Bodies = references.iter().filter_map(|body| state.bodies.get(body)).cloned().collect();
    let mut missing: BTreeSet<BodyId> =
        references.iter().filter(|body| bodies.get(body).is_none()).map(|body| body.id).collect();
    if missing.is_empty() {
        return Ok(bodies);
    }
    records.read(community, 1, &mut |frame| {
        for body in frame.records.into_iter().flat_map(|record| record.bodies) {
            if missing.remove(&body.id) {
                bodies.insert(body);
            }
        }
        if missing.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(bodies)
}

/// The things with a way back, in batches: people first, since what they said is not posted while they are
/// outside, and deleted messages, since pins and answers stand on them. The rest in the order of time.
fn batches(cells: Cells, report: &mut Report, bodies: &Bodies) -> Vec<Vec<Found>> {
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for (cell, doing) in cells.0 {
        let found = Found { at_ms: doing.at_ms, item: doing.item };
        match (doing.left, cell) {
            (Some(left), _) => report.count(key(&found), Some(left)),
            (None, Cell::Standing(_) | Cell::Strike(_) | Cell::Mute(_) | Cell::Deletion(_)) => {
                first.push(found);
            }
            (None, _) => then.push(found),
        }
    }
    let mut batches = Vec::new();
    for mut phase in [first, then] {
        phase.sort_by_key(|found| found.at_ms);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for found in phase {
            let own: usize =
                needed(std::iter::once(&found), bodies).iter().map(|body| body.bytes.len()).sum();
            if batch.len() >= UNDO_ITEMS_MAX || (bytes + own > BATCH_BYTES_MAX && !batch.is_empty()) {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
            bytes += own;
            batch.push(found);
        }
        batches.push(batch);
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// The texts that go with some things.
fn needed<'a>(things: impl Iterator<Item = &'a Found>, bodies: &Bodies) -> Bodies {
    things.flat_map(|found| found.item.bodies()).filter_map(|body| bodies.get(body)).cloned().collect()
}

/// Does a batch on the copy of the state.
fn try_on(state: &mut Stream, draft: Draft, at_ms: u64) -> Result<Vec<script::UndoRow>, AskError> {
    let (command, bodies) = draft.at(at_ms);
    let evidence = Evidence::default();
    let outcome =
        decide::decide(state, &command, &bodies, &evidence, &NoExtensions).map_err(AskError::Refused)?;
    let (record, added) = Record::of(state.seq + 1, (command, evidence), outcome);
    let mut bodies = bodies;
    bodies.extend(added);
    apply_record(state, &record, &bodies);
    Ok(undone(&record.events))
}

fn undone(events: &[Event]) -> Vec<script::UndoRow> {
    let rows = events.iter().find_map(|event| match event {
        Event::Script(script::Event::Undone { rows, .. }) => Some(rows.clone()),
        _ => None,
    });
    rows.unwrap_or_default()
}
