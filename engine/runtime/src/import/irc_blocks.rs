//! Blocks of three lines (Unix seconds, nick, text) and a blank one, as some IRC loggers write them.
//!
//! An empty text is a message with an empty body. A block that does not hold is one bad line, and reading
//! goes on behind the next blank line: a number said in a chat must not be taken for the time of the next
//! block.

use std::io::BufRead;

use super::lines::{Lines, Origin};
use super::moment;
use super::row::{Author, BadLine, Message, Row, RowKind};

const TIME: &str = "Unix seconds";
const NICK: &str = "a nick of at most 512 bytes";
const TEXT: &str = "a line of text";
const BLANK: &str = "a blank line after the text";

/// The rows of one file.
#[derive(Debug)]
pub(super) struct IrcBlocks<R> {
    lines: Lines<R>,
    /// Found behind a block that was good in itself; told before the next block.
    pending: Option<BadLine>,
}

impl<R: BufRead> IrcBlocks<R> {
    /// Starts at the beginning of a file.
    pub(super) fn new(reader: R, origin: Origin) -> Self {
        Self { lines: Lines::new(reader, origin), pending: None }
    }

    /// One block whose first line is the current one. An error leaves the rest of the block unread.
    fn block(&mut self, time: Option<u64>) -> Result<Row, BadLine> {
        let place = self.lines.place();
        let said_at_ms = time.ok_or_else(|| self.lines.bad(TIME))?;
        let author = Author::named(self.lines.require_line(NICK)?).ok_or_else(|| self.lines.bad(NICK))?;
        let message = Message::plain(author, self.lines.require_line(TEXT)?);
        Ok(Row { place, said_at_ms, kind: RowKind::Message(message) })
    }

    /// Reads the line between two blocks; anything but a blank one is told and skipped with what belongs to
    /// it.
    fn separator(&mut self) -> Option<BadLine> {
        let bad = match self.lines.next_line()? {
            Ok("") => return None,
            Ok(_) => self.lines.bad(BLANK),
            Err(bad) => bad,
        };
        self.skip_block();
        Some(bad)
    }

    fn skip_block(&mut self) {
        while let Some(line) = self.lines.next_line() {
            if line == Ok("") {
                return;
            }
        }
    }
}

impl<R: BufRead> Iterator for IrcBlocks<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(bad) = self.pending.take() {
            return Some(Err(bad));
        }
        let time = loop {
            match self.lines.next_line()? {
                Ok("") => {}
                Ok(line) => break Ok(moment::from_unix_seconds(line)),
                Err(bad) => break Err(bad),
            }
        };
        let row = time.and_then(|time| self.block(time));
        match &row {
            Ok(_) => self.pending = self.separator(),
            // The blank line that ended a short block is behind us already: nothing to skip.
            Err(_) if self.lines.is_blank() => {}
            Err(_) => self.skip_block(),
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests;
