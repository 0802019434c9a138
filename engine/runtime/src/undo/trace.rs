//! The trace of one version through the log: which events were its doing, and what became of each since.
//!
//! Its doing are the events that the rows of its runs name, and whatever rests on its receipts: what was held
//! and denied, and what the ladder made of a breach. Reads records in their order and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::card;
use kith_core::command::CommandKind;
use kith_core::event::Event;
use kith_core::hook::{Hook, Value};
use kith_core::ids::{AppealId, ChannelId, HoldId, MemberId, MessageId, ReceiptId};
use kith_core::member::{self, Standing};
use kith_core::message::Held;
use kith_core::queue::{Ground, Verdict};
use kith_core::record::Record;
use kith_core::role;
use kith_core::rule::{self, Mute};
use kith_core::script::{self, Left, Missed, UndoItem, Waiting, What};
use kith_core::stream::Community;

use super::cells::{Cell, Cells, Doer};
use super::page::{Page, Sought};

/// Something that no undo reaches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beyond {
    pub(super) at_ms: u64,
    pub(super) what: What,
    pub(super) member: MemberId,
    pub(super) left: Left,
}

/// What one version did, as far as the log was read.
pub(super) struct Trace {
    pub(super) sought: Sought,
    pub(super) cells: Cells,
    pub(super) beyond: Vec<Beyond>,
    pub(super) runs: u64,
    /// Messages that the version alone put in other words.
    pub(super) rewritten: BTreeSet<MessageId>,
    /// Messages that wait because of it: as they are to be posted, and why they wait.
    pub(super) waiting: BTreeMap<HoldId, (Held, Vec<ReceiptId>)>,
    pub(super) pins: BTreeMap<MessageId, ChannelId>,
    timers: BTreeMap<String, Waiting>,
    pub(super) appeals: BTreeMap<AppealId, ReceiptId>,
    pub(super) topics: BTreeSet<MessageId>,
}

impl Trace {
    /// A trace from a state on: that of a new community, or of the cut that the log begins with.
    pub(super) fn new(sought: Sought, begin: Option<&Community>) -> Self {
        let pins = begin.into_iter().flat_map(|community| {
            let channels = community.channels.common();
            let pins = channels.map(|channel| (channel.id, community.messages.pins(channel.id)));
            pins.flat_map(|(channel, pins)| pins.iter().map(move |pin| (*pin, channel)))
        });
        let memory = begin.and_then(|community| community.scripts.memories.get(&sought.no));
        Self {
            sought,
            cells: Cells::default(),
            beyond: Vec::new(),
            runs: 0,
            rewritten: BTreeSet::new(),
            waiting: BTreeMap::new(),
            pins: pins.collect(),
            timers: memory.map(|memory| memory.timers.clone()).unwrap_or_default(),
            appeals: BTreeMap::new(),
            topics: BTreeSet::new(),
        }
    }

    /// Takes the next record in.
    pub(super) fn record(&mut self, record: &Record) {
        let mut page = Page::of(record, &self.sought);
        self.runs += page.ranges.len() as u64;
        for (index, event) in record.events.iter().enumerate() {
            let doer = page.doer(index);
            match event {
                Event::Member(event) => self.member(&page, doer, event),
                Event::Role(event) => self.role(&page, doer, event),
                Event::Rule(event) => self.rule(&mut page, doer, event),
                Event::Queue(event) => self.queue(&page, doer, event),
                Event::Message(event) => self.message(&page, doer, event),
                Event::Card(card::Event::Changed { change, .. }) => {
                    let of = |cell: &Cell| matches!(cell, Cell::Card(member, _) if *member == change.member);
                    self.cells.ended_where(|cell, _| of(cell), doer, Left::Changed);
                }
                Event::Script(event) => self.script(&page, doer, event),
                _ => {}
            }
        }
        self.turned_away(&page);
    }

    fn member(&mut self, page: &Page<'_>, doer: Doer, event: &member::Event) {
        use member::Event as E;
        let at_ms = page.at_ms;
        match event {
            E::Tagged { member, tag } => {
                let item = UndoItem::Tagged { member: *member, tag: tag.clone() };
                self.cells.flip(Cell::Tag(*member, tag.clone()), doer, (at_ms, item));
            }
            E::Untagged { member, tag } => {
                let item = UndoItem::Untagged { member: *member, tag: tag.clone() };
                self.cells.flip(Cell::Tag(*member, tag.clone()), doer, (at_ms, item));
            }
            E::Removed { member, again_ms, old_roles, .. } => {
                let standing = Standing::Removed { at_ms, again_ms: *again_ms };
                self.sent_out(page, doer, (*member, standing, old_roles));
            }
            E::Banned { member, until_ms, old_roles, .. } => {
                let standing = Standing::Banned { at_ms, until_ms: *until_ms };
                self.sent_out(page, doer, (*member, standing, old_roles));
            }
            E::Joined { member, .. } | E::Unbanned { member } | E::Reinstated { member, .. } => {
                self.cells.ended(&Cell::Standing(*member), doer, Left::Over);
            }
            E::Notified { member, text } if doer == Doer::Version && text.code == "script.says" => {
                let (what, left) = (What::Notice, Left::Told);
                self.beyond.push(Beyond { at_ms, what, member: *member, left });
            }
            E::Notified { .. } | E::NoticesRead { .. } | E::Left { .. } => {}
        }
    }

    fn sent_out(
        &mut self,
        page: &Page<'_>,
        doer: Doer,
        (member, standing, roles): (MemberId, Standing, &BTreeSet<String>),
    ) {
        let doer = if doer == Doer::Other && page.struck { Doer::Version } else { doer };
        let cell = Cell::Standing(member);
        match doer {
            Doer::Version => {
                let roles = roles.clone();
                self.cells.open(cell, page.at_ms, UndoItem::Standing { member, standing, roles });
            }
            doer => self.cells.ended(&cell, doer, Left::Changed),
        }
    }

    fn role(&mut self, page: &Page<'_>, doer: Doer, event: &role::Event) {
        match event {
            role::Event::Given { member, name } => {
                let item = UndoItem::Given { member: *member, role: name.clone() };
                self.cells.flip(Cell::Role(*member, name.clone()), doer, (page.at_ms, item));
            }
            role::Event::Taken { member, name } => {
                let item = UndoItem::Taken { member: *member, role: name.clone() };
                self.cells.flip(Cell::Role(*member, name.clone()), doer, (page.at_ms, item));
            }
            role::Event::Removed { name, .. } => {
                let of = |cell: &Cell| matches!(cell, Cell::Role(_, role) if role == name);
                self.cells.ended_where(|cell, _| of(cell), doer, Left::Missing);
            }
            role::Event::Defined { .. } => {}
        }
    }

    fn rule(&mut self, page: &mut Page<'_>, doer: Doer, event: &rule::Event) {
        match event {
            rule::Event::Struck { member, receipt } => {
                page.struck = page.receipts.contains(receipt);
                if page.doer_by(doer, *receipt) == Doer::Version {
                    let item = UndoItem::Strike { member: *member, receipt: *receipt };
                    self.cells.open(Cell::Strike(*receipt), page.at_ms, item);
                }
            }
            rule::Event::StrikeTakenBack { receipt, .. } => {
                self.cells.ended(&Cell::Strike(*receipt), doer, Left::Over);
            }
            rule::Event::Muted { member, mute, old, .. } => {
                let doer = page.doer_by(doer, mute.receipt);
                self.muted(page, doer, (*member, *mute, *old));
            }
            rule::Event::Unmuted { member, .. } => {
                self.cells.ended(&Cell::Mute(*member), doer, Left::Over);
            }
            _ => {}
        }
    }

    fn muted(&mut self, page: &Page<'_>, doer: Doer, muted: (MemberId, Mute, Option<Mute>)) {
        let (member, mute, old) = muted;
        let cell = Cell::Mute(member);
        match (doer, self.cells.own(&cell)) {
            (Doer::Version, Some(doing)) => {
                if let UndoItem::Mute { mute: left, .. } = &mut doing.item {
                    *left = mute;
                }
            }
            (Doer::Version, None) => {
                self.cells.open(cell, page.at_ms, UndoItem::Mute { member, mute, old });
            }
            (doer, _) => self.cells.ended(&cell, doer, Left::Changed),
        }
    }

    fn script(&mut self, page: &Page<'_>, doer: Doer, event: &script::Event) {
        use script::Event as E;
        let at_ms = page.at_ms;
        match event {
            E::Put { no, key, value, old } if *no == self.sought.no => {
                self.value(at_ms, doer, key, (Some(value), old.as_ref()));
            }
            E::Dropped { no, key, old } if *no == self.sought.no => {
                self.value(at_ms, doer, key, (None, Some(old)));
            }
            E::TimerSet { no, name, due_ms, note } if *no == self.sought.no => {
                let new = Waiting { due_ms: *due_ms, note: note.clone(), tries: 0, first_ms: None };
                let old = self.timers.insert(name.clone(), new.clone());
                self.timer(at_ms, doer, name, (Some(new), old));
            }
            E::TimerDropped { no, name } if *no == self.sought.no => {
                let old = self.timers.remove(name);
                self.timer(at_ms, doer, name, (None, old));
            }
            E::GaveUp { letter } if letter.no == self.sought.no => {
                if let Missed::Timer { name, .. } = &letter.of {
                    let old = self.timers.remove(name);
                    self.timer(at_ms, doer, name, (None, old));
                }
            }
            E::LetterRetried { letter, .. } if letter.no == self.sought.no => {
                if let Missed::Timer { name, waiting } = &letter.of {
                    self.timers.insert(name.clone(), waiting.clone());
                }
            }
            E::Removed { old, .. } if old.no == self.sought.no => {
                self.timers.clear();
                let of = |cell: &Cell| matches!(cell, Cell::Value(_) | Cell::Timer(_));
                self.cells.ended_where(|cell, _| of(cell), doer, Left::ScriptGone);
            }
            _ => {}
        }
    }

    fn value(&mut self, at_ms: u64, doer: Doer, key: &str, (now, before): (Option<&Value>, Option<&Value>)) {
        let cell = Cell::Value(key.to_owned());
        let mut none_left = false;
        match (doer, self.cells.own(&cell)) {
            (Doer::Version, Some(doing)) => {
                if let UndoItem::Value { new, old, .. } = &mut doing.item {
                    *new = now.cloned();
                    none_left = new == old;
                }
            }
            (Doer::Version, None) => {
                let (key, new, old) = (key.to_owned(), now.cloned(), before.cloned());
                self.cells.open(cell.clone(), at_ms, UndoItem::Value { key, new, old });
            }
            (doer, _) => self.cells.ended(&cell, doer, Left::Changed),
        }
        if none_left {
            self.cells.0.remove(&cell);
        }
    }

    fn timer(
        &mut self,
        at_ms: u64,
        doer: Doer,
        name: &str,
        (now, before): (Option<Waiting>, Option<Waiting>),
    ) {
        let cell = Cell::Timer(name.to_owned());
        let (mut none_left, rang) = (false, now.is_none());
        match (doer, self.cells.own(&cell)) {
            (Doer::Version, Some(doing)) => {
                if let UndoItem::Timer { new, old, .. } = &mut doing.item {
                    *new = now;
                    none_left = new == old;
                }
            }
            (Doer::Version, None) => {
                let item = UndoItem::Timer { name: name.to_owned(), new: now, old: before };
                self.cells.open(cell.clone(), at_ms, item);
            }
            (doer, _) => self.cells.ended(&cell, doer, if rang { Left::Over } else { Left::Changed }),
        }
        if none_left {
            self.cells.0.remove(&cell);
        }
    }

    /// What was denied at the gate, and changes of cards: nothing keeps them but the command.
    fn turned_away(&mut self, page: &Page<'_>) {
        for receipt in page.record.decisions.iter().filter(|receipt| page.receipts.contains(&receipt.id)) {
            let Ground::Script(ground) = &receipt.ground else { continue };
            let (member, at_ms) = (receipt.member, page.at_ms);
            match (ground.hook, receipt.verdict) {
                (Hook::Join, Verdict::Deny) => {
                    let (what, left) = (What::Join, Left::AskAgain);
                    self.beyond.push(Beyond { at_ms, what, member, left });
                }
                (Hook::Card, Verdict::Deny) => {
                    let change = match &page.record.command.kind {
                        CommandKind::Card(card::Command::ChangeCard { fields, nickname }) => {
                            card::Held { member, nickname: *nickname, fields: fields.clone() }
                        }
                        CommandKind::Card(card::Command::ChangeNickname { nickname }) => {
                            card::Held { member, nickname: Some(*nickname), fields: BTreeMap::new() }
                        }
                        _ => continue,
                    };
                    let cell = Cell::Card(member, page.record.command.id);
                    self.cells.open(cell.clone(), at_ms, UndoItem::Card { change });
                    if page.objected(&page.record.decisions.iter().map(|other| other.id).collect::<Vec<_>>())
                    {
                        self.cells.close(&cell, Left::Objected);
                    }
                }
                _ => {}
            }
        }
    }
}
