//! Cells: everything that a version touched and nobody has touched since, with what was there before.
//!
//! A cell is one thing that can be set back by itself: a tag on a member, a value under a key, the text of a
//! message. Several changes by the version are one way back; a change by anybody else closes the cell.

use std::collections::BTreeMap;

use kith_core::ids::{CommandId, HoldId, MemberId, MessageId, ReceiptId};
use kith_core::script::{Left, UndoItem};

/// What can be set back by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Standing(MemberId),
    Strike(ReceiptId),
    Mute(MemberId),
    Deletion(MessageId),
    Tag(MemberId, String),
    Role(MemberId, String),
    Hold(HoldId),
    /// A message, or an edit of one; each by the command that was denied.
    Denied(MessageId, CommandId),
    Card(MemberId, CommandId),
    Text(MessageId),
    Post(MessageId),
    Reaction(MessageId, String),
    Pin(MessageId),
    Answer(MessageId),
    Value(String),
    Timer(String),
}

/// Whose change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doer {
    /// The version's that is undone.
    Version,
    /// An earlier undo's of it.
    Undo,
    /// Anybody else's: people, rules, other scripts and versions, time.
    Other,
}

/// What the version did to a cell.
#[derive(Debug, Clone)]
pub(super) struct Doing {
    /// When it began, Unix milliseconds.
    pub(super) at_ms: u64,
    /// The way back.
    pub(super) item: UndoItem,
    /// Why there is none.
    pub(super) left: Option<Left>,
}

/// All cells that the version touched.
#[derive(Debug, Default)]
pub(super) struct Cells(pub(super) BTreeMap<Cell, Doing>);

impl Cells {
    /// A cell that nobody but the version has touched since.
    pub(super) fn own(&mut self, cell: &Cell) -> Option<&mut Doing> {
        self.0.get_mut(cell).filter(|doing| doing.left.is_none())
    }

    pub(super) fn open(&mut self, cell: Cell, at_ms: u64, item: UndoItem) {
        self.0.insert(cell, Doing { at_ms, item, left: None });
    }

    /// The version's way back leads nowhere any more.
    pub(super) fn close(&mut self, cell: &Cell, left: Left) {
        if let Some(doing) = self.own(cell) {
            doing.left = Some(left);
        }
    }

    /// Something that has two sides went to the other one: undone twice is done.
    pub(super) fn flip(&mut self, cell: Cell, doer: Doer, (at_ms, item): (u64, UndoItem)) {
        match doer {
            Doer::Version if self.own(&cell).is_some() => drop(self.0.remove(&cell)),
            Doer::Version => self.open(cell, at_ms, item),
            Doer::Undo => drop(self.0.remove(&cell)),
            Doer::Other => match self.0.get_mut(&cell) {
                Some(doing) if doing.left == Some(Left::Over) => doing.left = Some(Left::Changed),
                Some(doing) => doing.left = doing.left.or(Some(Left::Over)),
                None => {}
            },
        }
    }

    /// What was done is no more: an undo forgets it, anybody else closes it.
    pub(super) fn ended(&mut self, cell: &Cell, doer: Doer, left: Left) {
        match doer {
            Doer::Undo => drop(self.0.remove(cell)),
            Doer::Version | Doer::Other => self.close(cell, left),
        }
    }

    /// Closes or forgets every cell that is meant.
    pub(super) fn ended_where(&mut self, meant: impl Fn(&Cell, &Doing) -> bool, doer: Doer, left: Left) {
        let cells: Vec<Cell> =
            self.0.iter().filter(|(cell, doing)| meant(cell, doing)).map(|(cell, _)| cell.clone()).collect();
        cells.iter().for_each(|cell| self.ended(cell, doer, left));
    }
}
