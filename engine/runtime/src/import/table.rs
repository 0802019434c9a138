//! Comma-separated tables in bounded memory, record by record, as RFC 4180 has them, and forgiving where
//! people are.
//!
//! A quote that is never closed costs one bad line, not the rest of the file: after a thousand lines or a
//! mebibyte the record is given up, and the lines it had swallowed are read again, each by itself. That, and
//! knowing the line of each record, is why this is not the `csv` crate; a test holds the two against each
//! other.

use std::collections::VecDeque;
use std::io::BufRead;

use super::limits::{MESSAGE_BYTES_MAX, RECORD_LINES_MAX};
use super::lines::{Lines, Origin};
use super::row::{BadLine, Place};

const CLOSED: &str = "a quoted field that is closed within 1000 lines and 1048576 bytes";

/// The records of one file.
#[derive(Debug)]
pub(super) struct Table<R> {
    lines: Lines<R>,
    delimiter: char,
    /// Lines that a record swallowed whose quote was never closed.
    again: VecDeque<Line>,
}

/// One record and where it begins.
#[derive(Debug)]
pub(super) struct Record {
    /// Where it begins.
    pub(super) place: Place,
    /// The fields, unquoted.
    pub(super) fields: Vec<String>,
    /// What was read, for an excerpt.
    pub(super) raw: String,
}

#[derive(Debug)]
struct Line {
    place: Place,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Bare,
    Quoted,
    /// Behind a quote within quotes: the end of the field or the first half of an escaped quote.
    Quote,
}

impl<R: BufRead> Table<R> {
    /// Starts at the beginning of a file.
    pub(super) fn new(reader: R, origin: Origin, delimiter: char) -> Self {
        Self { lines: Lines::new(reader, origin), delimiter, again: VecDeque::new() }
    }

    /// Takes another delimiter from the next record on: the header shows which it is.
    pub(super) fn set_delimiter(&mut self, delimiter: char) {
        self.delimiter = delimiter;
    }

    /// The file of these records.
    pub(super) fn origin(&self) -> &Origin {
        self.lines.origin()
    }

    /// The next line as it is, for a header that has to be looked at before it can be split.
    pub(super) fn peel_line(&mut self) -> Option<Result<Record, BadLine>> {
        let line = self.next_filled()?;
        Some(line.map(|line| Record { place: line.place, fields: Vec::new(), raw: line.text }))
    }

    /// The next record that is not a blank line.
    pub(super) fn next_record(&mut self) -> Option<Result<Record, BadLine>> {
        if let Some(line) = self.again.pop_front() {
            return Some(self.alone(line));
        }
        match self.next_filled()? {
            Ok(line) => Some(self.whole(line)),
            Err(bad) => Some(Err(bad)),
        }
    }

    fn next_filled(&mut self) -> Option<Result<Line, BadLine>> {
        loop {
            let line = match self.lines.next_line()? {
                Ok("") => continue,
                Ok(line) => Ok(line.to_owned()),
                Err(bad) => Err(bad),
            };
            let place = self.lines.place();
            return Some(line.map(|text| Line { place, text }));
        }
    }

    /// The record that begins with `first`, with as many lines more as its quotes span.
    fn whole(&mut self, first: Line) -> Result<Record, BadLine> {
        let mut splitter = Splitter::new(self.delimiter);
        splitter.take(&first.text);
        let (mut swallowed, mut bytes) = (VecDeque::new(), first.text.len());
        while splitter.is_open() {
            let is_full = swallowed.len() >= RECORD_LINES_MAX || bytes > MESSAGE_BYTES_MAX;
            let text = match self.lines.next_line() {
                Some(Ok(text)) if !is_full => text.to_owned(),
                Some(Ok(text)) => {
                    let text = text.to_owned();
                    swallowed.push_back(Line { place: self.lines.place(), text });
                    return Err(self.give_up(&first, swallowed));
                }
                Some(Err(bad)) => {
                    swallowed.push_front(first);
                    self.again = swallowed;
                    return Err(bad);
                }
                None => return Err(self.give_up(&first, swallowed)),
            };
            bytes += text.len() + 1;
            splitter.take("\n");
            splitter.take(&text);
            swallowed.push_back(Line { place: self.lines.place(), text });
        }
        Ok(Record { place: first.place, fields: splitter.finish(), raw: first.text })
    }

    fn give_up(&mut self, first: &Line, swallowed: VecDeque<Line>) -> BadLine {
        self.again = swallowed;
        self.again.retain(|line| !line.text.is_empty());
        self.bad(&first.text, first.place)
    }

    fn alone(&self, line: Line) -> Result<Record, BadLine> {
        let mut splitter = Splitter::new(self.delimiter);
        splitter.take(&line.text);
        if splitter.is_open() {
            return Err(self.bad(&line.text, line.place));
        }
        Ok(Record { place: line.place, fields: splitter.finish(), raw: line.text })
    }

    fn bad(&self, text: &str, place: Place) -> BadLine {
        let column = text.find('"').map(|at| text[..at].chars().count() as u64 + 1);
        BadLine { column, ..self.origin().bad(place.line, CLOSED, text.as_bytes()) }
    }
}

/// The fields of a line that stands alone, such as a header; an open quote ends with the line.
pub(super) fn split(line: &str, delimiter: char) -> Vec<String> {
    let mut splitter = Splitter::new(delimiter);
    splitter.take(line);
    splitter.finish()
}

struct Splitter {
    delimiter: char,
    at: At,
    fields: Vec<String>,
    field: String,
}

impl Splitter {
    fn new(delimiter: char) -> Self {
        Self { delimiter, at: At::FieldStart, fields: Vec::new(), field: String::new() }
    }

    fn is_open(&self) -> bool {
        self.at == At::Quoted
    }

    fn take(&mut self, text: &str) {
        text.chars().for_each(|c| self.take_char(c));
    }

    fn take_char(&mut self, c: char) {
        self.at = match (self.at, c) {
            (At::FieldStart, '"') => At::Quoted,
            (At::Quoted, '"') => At::Quote,
            (At::Quote, '"') => self.keep(c, At::Quoted),
            (At::Quoted, c) => self.keep(c, At::Quoted),
            (_, c) if c == self.delimiter => {
                self.fields.push(std::mem::take(&mut self.field));
                At::FieldStart
            }
            (_, c) => self.keep(c, At::Bare),
        };
    }

    fn keep(&mut self, c: char, next: At) -> At {
        self.field.push(c);
        next
    }

    fn finish(mut self) -> Vec<String> {
        self.fields.push(self.field);
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::origin;
    use super::*;

    fn read(input: &str) -> Vec<Result<Vec<String>, String>> {
        let mut table = Table::new(input.as_bytes(), origin(), ',');
        std::iter::from_fn(|| table.next_record())
            .map(|record| record.map(|record| record.fields).map_err(|bad| bad.to_string()))
            .collect()
    }

    fn fields(fields: &[&str]) -> Result<Vec<String>, String> {
        Ok(fields.iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn splits_quotes_escapes_and_lines() {
        assert_eq!(
            read("a,\"b,\"\"c\"\"\",\n\n\"一\n\n二\",x\"y\"\r\n"),
            [fields(&["a", "b,\"c\"", ""]), fields(&["一\n\n二", "x\"y\""])]
        );
    }

    #[test]
    fn loses_one_line_to_a_quote_that_is_never_closed() {
        let closed = "a quoted field that is closed within 1000 lines and 1048576 bytes";
        let bad = |line, found| Err(format!("sample:{line}:3: expected {closed}, found \"{found}\""));
        assert_eq!(read("1,\"x\n2,y\n3,z\n"), [bad(1, "1,\"x"), fields(&["2", "y"]), fields(&["3", "z"])]);
        let long = format!("1,\"x\n{}", "2,y\n".repeat(5_000));
        let rows = read(&long);
        assert_eq!(rows[0], bad(1, "1,\"x"));
        assert_eq!(rows.len(), 5_001);
        assert!(rows[1..].iter().all(|row| *row == fields(&["2", "y"])));
    }

    proptest! {
        #[test]
        fn agrees_with_the_csv_crate(records in proptest::collection::vec(
            proptest::collection::vec("[a\"',;\n 你]{0,6}", 2..4), 1..20,
        )) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for record in &records {
                writer.write_record(record).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let expected: Vec<_> = records.into_iter().map(Ok).collect();
            prop_assert_eq!(read(&text), expected);
        }
    }
}
