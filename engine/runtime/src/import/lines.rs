//! Lines of a file as text, one at a time, in bounded memory.
//!
//! Takes LF and CRLF, drops a byte order mark at the start of the file, and answers a [`BadLine`] for a line
//! that is too long, is not UTF-8 or holds NUL. Such a line is consumed, so that the next call goes on
//! behind it.

use std::borrow::Cow;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use super::excerpt::excerpt;
use super::limits::LINE_BYTES_MAX;
use super::row::{BadLine, Place};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Which file is being read: its index among the inputs and its name for people.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The index in the order of reading.
    pub(super) index: u32,
    /// The name to show.
    pub(super) name: Arc<str>,
}

impl Origin {
    /// Describes a place of this file that could not be used.
    pub(super) fn bad(&self, line: u64, expected: impl Into<Cow<'static, str>>, found: &[u8]) -> BadLine {
        BadLine {
            file: Arc::clone(&self.name),
            line,
            column: None,
            expected: expected.into(),
            excerpt: excerpt(found),
        }
    }

    /// Describes that reading stopped: the rest of the file is missing from the import.
    pub(super) fn unreadable(&self, line: u64, error: &io::Error) -> BadLine {
        self.bad(line, format!("a readable file ({error})"), b"")
    }
}

/// The lines of one file.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    origin: Origin,
    number: u64,
    buffer: Vec<u8>,
    is_over: bool,
}

enum Filled {
    End,
    Whole,
    TooLong,
}

impl<R: BufRead> Lines<R> {
    /// Starts at the beginning of a file.
    pub(super) fn new(reader: R, origin: Origin) -> Self {
        Self { reader, origin, number: 0, buffer: Vec::new(), is_over: false }
    }

    /// The place of the line given last.
    pub(super) fn place(&self) -> Place {
        Place { file: self.origin.index, line: self.number }
    }

    /// Whether the line given last was empty.
    pub(super) fn is_blank(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The file these lines are of.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Describes the line given last as unusable.
    pub(super) fn bad(&self, expected: impl Into<Cow<'static, str>>) -> BadLine {
        self.origin.bad(self.number, expected, &self.buffer)
    }

    /// The next line without its end, or what is wrong with it; nothing at the end of the file.
    pub(super) fn next_line(&mut self) -> Option<Result<&str, BadLine>> {
        let filled = self.advance()?;
        Some(filled.and_then(|()| self.checked()))
    }

    /// The next line, where the end of the file is as bad as a line that is not `expected`.
    pub(super) fn require_line(&mut self, expected: &'static str) -> Result<&str, BadLine> {
        match self.advance() {
            Some(filled) => filled.and_then(|()| self.checked()),
            None => Err(self.bad(expected)),
        }
    }

    fn advance(&mut self) -> Option<Result<(), BadLine>> {
        if self.is_over {
            return None;
        }
        match self.fill() {
            Ok(Filled::End) => None,
            Ok(Filled::Whole) => Some(Ok(())),
            Ok(Filled::TooLong) => Some(Err(self.bad(format!("a line of at most {LINE_BYTES_MAX} bytes")))),
            Err(error) => {
                self.is_over = true;
                Some(Err(self.origin.unreadable(self.number + 1, &error)))
            }
        }
    }

    fn fill(&mut self) -> io::Result<Filled> {
        self.buffer.clear();
        let mut limited = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 1);
        if limited.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(Filled::End);
        }
        self.number += 1;
        let is_ended = self.buffer.last() == Some(&b'\n');
        if !is_ended && self.buffer.len() > LINE_BYTES_MAX {
            self.reader.skip_until(b'\n')?;
            return Ok(Filled::TooLong);
        }
        self.trim();
        Ok(Filled::Whole)
    }

    fn trim(&mut self) {
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
    }

    fn checked(&self) -> Result<&str, BadLine> {
        let (cut, expected) = match std::str::from_utf8(&self.buffer) {
            Ok(text) => match text.find('\0') {
                None => return Ok(text),
                Some(cut) => (cut, "text without NUL bytes"),
            },
            Err(error) => (error.valid_up_to(), "UTF-8 text"),
        };
        let before = String::from_utf8_lossy(&self.buffer[..cut]).chars().count();
        Err(BadLine { column: Some(before as u64 + 1), ..self.bad(expected) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::origin;
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Result<String, String>> {
        let mut lines = Lines::new(bytes, origin());
        let mut all = Vec::new();
        while let Some(line) = lines.next_line() {
            all.push(line.map(str::to_owned).map_err(|bad| bad.to_string()));
        }
        all
    }

    #[test]
    fn takes_every_line_end_and_a_byte_order_mark_at_the_start_only() {
        let lines = read("\u{feff}一\r\n\u{feff}二\n\n三".as_bytes());
        assert_eq!(lines, ["一", "\u{feff}二", "", "三"].map(|text| Ok(text.to_owned())));
    }

    #[test]
    fn names_the_column_of_a_bad_byte_and_goes_on() {
        let lines = read(
            "你a\0\n"
                .as_bytes()
                .iter()
                .chain(b"\xe4\xbd\xa0\xff\nok")
                .copied()
                .collect::<Vec<_>>()
                .as_slice(),
        );
        assert_eq!(
            lines,
            [
                Err("sample:1:3: expected text without NUL bytes, found \"你a\\u{0}\"".to_owned()),
                Err("sample:2:2: expected UTF-8 text, found \"你\\xff\"".to_owned()),
                Ok("ok".to_owned()),
            ]
        );
    }

    #[test]
    fn reads_past_a_line_that_never_seems_to_end_without_holding_it() {
        let endless = io::Read::take(io::repeat(b'x'), 64 << 20);
        let reader = io::BufReader::new(io::Read::chain(endless, &b"\nafter\n"[..]));
        let mut lines = Lines::new(reader, origin());
        let bad = lines.next_line().unwrap().unwrap_err();
        assert_eq!(bad.expected, "a line of at most 1048576 bytes");
        assert_eq!(lines.next_line().unwrap().unwrap(), "after");
        assert!(lines.buffer.capacity() <= 4 * LINE_BYTES_MAX);
    }
}
