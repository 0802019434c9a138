//! The trace of what was said: held, denied, put in other words, deleted, posted, reacted to, pinned.

use kith_core::command::Actor;
use kith_core::ids::{ChannelId, HoldId, MessageId, ReceiptId};
use kith_core::message::{self, Held};
use kith_core::queue::{self, AtDeadline, Cause, Decision, Hold, Item};
use kith_core::script::{Left, UndoItem, Wording};

use super::cells::{Cell, Doer, Doing};
use super::page::Page;
use super::trace::Trace;

impl Trace {
    pub(super) fn queue(&mut self, page: &Page<'_>, doer: Doer, event: &queue::Event) {
        match event {
            queue::Event::Held { id, hold } => self.held(page, *id, hold),
            queue::Event::Resolved { outcome: AtDeadline::Keep, .. } => {}
            queue::Event::Resolved {
                hold, outcome: AtDeadline::Deny, cause: Cause::Person { .. }, ..
            } => {
                self.waiting.remove(hold);
                self.cells.close(&Cell::Hold(*hold), Left::Human);
            }
            queue::Event::Resolved { hold, outcome, receipt, .. } => {
                let doing = self.cells.0.remove(&Cell::Hold(*hold));
                let waited = self.waiting.remove(hold).filter(|_| *outcome == AtDeadline::Deny);
                if let (Some(doing), Some((held, mut receipts))) = (doing, waited) {
                    receipts.extend(receipt);
                    let cell = Cell::Denied(held.header.id, page.record.command.id);
                    let item = UndoItem::Denied { held: Box::new(held), receipts };
                    self.cells.0.insert(cell, Doing { item, ..doing });
                }
            }
            queue::Event::Withdrawn { hold } => {
                self.waiting.remove(hold);
                self.cells.0.remove(&Cell::Hold(*hold));
            }
            queue::Event::Restored { receipt } => {
                let of = |item: &UndoItem| match item {
                    UndoItem::Denied { receipts, .. } => receipts.contains(receipt),
                    _ => false,
                };
                self.cells.ended_where(|_, doing| of(&doing.item), doer, Left::Over);
            }
            queue::Event::Appealed { id, appeal, .. } => {
                self.appeals.insert(*id, appeal.receipt.id);
            }
            queue::Event::AppealDecided { id, decision: Decision::Upheld, .. } => {
                let Some(receipt) = self.appeals.get(id).copied() else { return };
                let of = |item: &UndoItem| match item {
                    UndoItem::Denied { receipts, .. } => receipts.contains(&receipt),
                    UndoItem::Strike { receipt: own, .. } => *own == receipt,
                    UndoItem::Mute { mute, .. } => mute.receipt == receipt,
                    _ => false,
                };
                self.cells.ended_where(|_, doing| of(&doing.item), doer, Left::Human);
            }
            _ => {}
        }
    }

    fn held(&mut self, page: &Page<'_>, id: HoldId, hold: &Hold) {
        let wording = page.wording(&self.sought);
        if let Item::Message(held) = &hold.item
            && wording == Wording::Original
        {
            self.rewritten.insert(held.header.id);
        }
        if !hold.receipts.iter().any(|receipt| page.receipts.contains(receipt)) {
            return;
        }
        if let Item::Message(held) = &hold.item {
            self.waiting.insert(id, (to_post(held, wording), hold.receipts.clone()));
        }
        let item = UndoItem::Held { hold: id, member: hold.item.member(), wording };
        self.cells.open(Cell::Hold(id), page.at_ms, item);
        if page.objected(&hold.receipts) {
            self.cells.close(&Cell::Hold(id), Left::Objected);
        }
    }

    pub(super) fn message(&mut self, page: &Page<'_>, doer: Doer, event: &message::Event) {
        use message::Event as E;
        match event {
            E::Posted { header, original, .. } => {
                let id = header.id;
                let of = |cell: &Cell| matches!(cell, Cell::Denied(message, _) if *message == id);
                self.cells.ended_where(|cell, _| of(cell), doer, Left::Over);
                // A topic is posted behind the run that proposed it, so no range of a run names it.
                if (doer == Doer::Version || page.topic) && header.author == self.sought.bot {
                    self.cells.open(Cell::Post(id), page.at_ms, UndoItem::Posted { message: id });
                    if page.topic {
                        self.topics.insert(id);
                    }
                }
                if let Some(replied) = header.reply_to.filter(|replied| self.topics.contains(replied)) {
                    self.cells.close(&Cell::Post(replied), Left::Answered);
                }
                self.put_in_other_words(page, doer, (header.clone(), original));
            }
            E::Denied { held, receipts } => self.denied(page, held, receipts),
            E::Edited { message, measure, original, .. } => {
                let id = *message;
                self.cells.ended(&Cell::Text(id), doer, Left::Edited);
                let of = |cell: &Cell| matches!(cell, Cell::Denied(message, _) if *message == id);
                self.cells.ended_where(|cell, _| of(cell), doer, Left::Edited);
                let author = page.record.command.actor;
                if let Actor::Member(author) = author {
                    let header = message::Header::new(id, ChannelId(0), author, page.at_ms);
                    let header = message::Header { edited_ms: Some(page.at_ms), ..header }.measured(*measure);
                    self.put_in_other_words(page, doer, (header, original));
                }
            }
            E::Deleted { message, .. } => self.deleted(page, doer, *message),
            E::Undeleted { message } => self.cells.ended(&Cell::Deletion(*message), doer, Left::Over),
            E::Reacted { message, member, emoji, .. } if *member == self.sought.bot => {
                let (bot, emoji) = (*member, emoji.clone());
                let item = UndoItem::Reacted { message: *message, bot, emoji: emoji.clone() };
                self.cells.flip(Cell::Reaction(*message, emoji), doer, (page.at_ms, item));
            }
            E::Unreacted { message, member, emoji } if *member == self.sought.bot => {
                self.cells.ended(&Cell::Reaction(*message, emoji.clone()), doer, Left::Over);
            }
            E::Pinned { message, channel, .. } => {
                self.pins.insert(*message, *channel);
                let item = UndoItem::Pinned { message: *message, channel: *channel };
                self.cells.flip(Cell::Pin(*message), doer, (page.at_ms, item));
            }
            E::Unpinned { message, channel } => {
                self.pins.remove(message);
                let item = UndoItem::Unpinned { message: *message, channel: *channel };
                self.cells.flip(Cell::Pin(*message), doer, (page.at_ms, item));
            }
            E::AnswerUnaccepted { question, old } if doer == Doer::Version => {
                if let Some(answerer) = page.author_of(*old) {
                    let (question, answer) = (*question, *old);
                    let item = UndoItem::Unaccepted { question, answer, answerer };
                    self.cells.open(Cell::Answer(question), page.at_ms, item);
                }
            }
            E::AnswerUnaccepted { question, .. } | E::AnswerAccepted { question, .. } => {
                self.cells.ended(&Cell::Answer(*question), doer, Left::Changed);
            }
            _ => {}
        }
    }

    /// A message stands in the version's words now.
    fn put_in_other_words(
        &mut self,
        page: &Page<'_>,
        doer: Doer,
        (header, original): (message::Header, &[message::Part]),
    ) {
        let id = header.id;
        let alone = page.rewrote_alone(&self.sought) || self.rewritten.remove(&id);
        if original.is_empty() || !alone || doer == Doer::Undo {
            return;
        }
        let recalled = header.edited_ms.is_none().then(|| Box::new(header.clone()));
        let item = UndoItem::Rewritten {
            message: id,
            author: header.author,
            parts: original.to_vec(),
            measure: header.measure(),
            edited_ms: header.edited_ms,
            recalled,
        };
        self.cells.open(Cell::Text(id), page.at_ms, item);
    }

    fn denied(&mut self, page: &Page<'_>, held: &Held, receipts: &[ReceiptId]) {
        if !receipts.iter().any(|receipt| page.receipts.contains(receipt)) {
            return;
        }
        let held = to_post(held, page.wording(&self.sought));
        let cell = Cell::Denied(held.header.id, page.record.command.id);
        let item = UndoItem::Denied { held: Box::new(held), receipts: receipts.to_vec() };
        self.cells.open(cell.clone(), page.at_ms, item);
        if page.objected(receipts) {
            self.cells.close(&cell, Left::Objected);
        }
    }

    fn deleted(&mut self, page: &Page<'_>, doer: Doer, message: MessageId) {
        let pin = self.pins.remove(&message);
        let of = |cell: &Cell| match cell {
            Cell::Denied(other, _) | Cell::Text(other) => *other == message,
            _ => false,
        };
        // What it deleted itself comes back before anything else.
        if doer != Doer::Version {
            self.cells.ended_where(|cell, _| of(cell), doer, Left::Deleted);
            self.cells.ended(&Cell::Post(message), doer, Left::Over);
            return self.cells.ended(&Cell::Pin(message), doer, Left::Over);
        }
        let at_ms = page.at_ms;
        match page.author_of(message) {
            Some(author) => {
                self.cells.open(Cell::Deletion(message), at_ms, UndoItem::Deleted { message, author });
                if let Some(channel) = pin {
                    let item = UndoItem::Unpinned { message, channel };
                    self.cells.flip(Cell::Pin(message), doer, (at_ms, item));
                }
            }
            // Its own: posted and deleted is nothing.
            None => {
                self.cells.0.remove(&Cell::Post(message));
                self.cells.0.remove(&Cell::Pin(message));
            }
        }
    }
}

/// A message as it is to be posted: in its author's words where the version alone had put others.
fn to_post(held: &Held, wording: Wording) -> Held {
    let mut held = held.clone();
    let own = std::mem::take(&mut held.original);
    if wording == Wording::Original && !own.is_empty() {
        held.parts = own;
    }
    held
}
