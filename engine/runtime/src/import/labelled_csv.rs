//! Chat lines that people judged: a CSV with the header `target,input`, 1 for spam, 0 for ham.
//!
//! Such a file knows no time, author or channel. Times are invented, evenly spaced from a given start; the
//! author is one name, or a new one every so many rows. Duplicates, empty inputs and stray byte order marks
//! are kept: they are what people sent. Commas behind the first belong to the text even without quotes: the
//! text is the last column.

use std::borrow::Cow;
use std::io::BufRead;

use super::limits::MOMENT_MS_MAX;
use super::lines::Origin;
use super::row::{Author, BadLine, Label, Message, Row, RowKind};
use super::table::{Record, Table};

const HEADER: &str = "the header target,input";
const RECORD: &str = "a label (1 or spam, 0 or ham), a comma, a text";

/// The times and authors that a file of bare texts is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invented {
    /// When the first row was said, in Unix milliseconds.
    pub start_ms: u64,
    /// How long after it the next one was.
    pub step_ms: u64,
    /// Who said it.
    pub authors: Authors,
}

/// Who is taken to have said rows without an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authors {
    /// One name for all.
    One(String),
    /// A new one every so many rows: the name with `-1`, `-2`, … behind it.
    Every {
        /// How many rows each says, at least one.
        rows: u64,
        /// What their names begin with.
        name: String,
    },
}

impl Invented {
    fn author(&self, index: u64) -> Option<Author> {
        match &self.authors {
            Authors::One(name) => Author::named(name),
            Authors::Every { rows, name } => Author::named(&format!("{name}-{}", index / (*rows).max(1) + 1)),
        }
    }

    fn moment_ms(&self, index: u64) -> Option<u64> {
        let moment_ms = self.start_ms.checked_add(self.step_ms.checked_mul(index)?)?;
        (moment_ms <= MOMENT_MS_MAX).then_some(moment_ms)
    }
}

/// The rows of one file.
#[derive(Debug)]
pub(super) struct LabelledCsv<R> {
    table: Table<R>,
    invented: Invented,
    index: u64,
    is_headed: bool,
    is_over: bool,
}

impl<R: BufRead> LabelledCsv<R> {
    /// Starts at the beginning of a file, `rows_before` having been read from the files before it.
    pub(super) fn new(reader: R, origin: Origin, invented: Invented, rows_before: u64) -> Self {
        let table = Table::new(reader, origin, ',');
        Self { table, invented, index: rows_before, is_headed: false, is_over: false }
    }

    /// Reads only the header, to tell before anything is imported that it does not fit.
    pub(super) fn check_header(mut self) -> Result<(), BadLine> {
        self.head()
    }

    /// Reads the header; without it the file is something else, and no row of it is taken.
    fn head(&mut self) -> Result<(), BadLine> {
        self.is_headed = true;
        let Some(record) = self.table.next_record() else {
            self.is_over = true;
            return Err(self.table.origin().bad(1, HEADER, b""));
        };
        let is_header = record.as_ref().is_ok_and(|record| record.fields == ["target", "input"]);
        if is_header {
            return Ok(());
        }
        self.is_over = true;
        let line = record.as_ref().map_or_else(|bad| bad.line, |record| record.place.line);
        let raw = record.map_or_else(|bad| bad.excerpt, |record| record.raw);
        Err(self.table.origin().bad(line, HEADER, raw.as_bytes()))
    }

    fn row(&mut self, record: Record) -> Result<Row, BadLine> {
        let bad = |expected: Cow<'static, str>| {
            self.table.origin().bad(record.place.line, expected, record.raw.as_bytes())
        };
        let (label, texts) = record.fields.split_first().ok_or_else(|| bad(RECORD.into()))?;
        let label = Label::parse(label).filter(|_| !texts.is_empty()).ok_or_else(|| bad(RECORD.into()))?;
        let said_at_ms = self.invented.moment_ms(self.index);
        let said_at_ms = said_at_ms.ok_or_else(|| bad("a row whose invented time is before 10000".into()))?;
        let author = self.invented.author(self.index);
        let author = author.ok_or_else(|| bad("an author's name of 1 to 512 bytes".into()))?;
        self.index += 1;
        let message = Message { label: Some(label), ..Message::plain(author, texts.join(",")) };
        Ok(Row { place: record.place, said_at_ms, kind: RowKind::Message(message) })
    }
}

impl<R: BufRead> Iterator for LabelledCsv<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.is_headed
            && let Err(bad) = self.head()
        {
            return Some(Err(bad));
        }
        if self.is_over {
            return None;
        }
        let record = self.table.next_record()?;
        Some(record.and_then(|record| self.row(record)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{origin, told};
    use super::*;

    fn read(input: &str, authors: Authors) -> Vec<String> {
        let invented = Invented { start_ms: 1_577_847_699_000, step_ms: 500, authors };
        told(LabelledCsv::new(input.as_bytes(), origin(), invented, 0))
    }

    #[test]
    fn keeps_what_people_sent() {
        assert_eq!(
            read(
                "target,input\n0,晚上好\n1,\"\u{feff}加我，\"\"便宜\"\",\"\n1,\n0,1,2,3\n0,晚上好\n",
                Authors::One("某人".to_owned())
            ),
            [
                "2 2020-01-01T03:01:39Z 某人 label=ham: 晚上好",
                "3 2020-01-01T03:01:39.5Z 某人 label=spam: \u{feff}加我，\"便宜\",",
                "4 2020-01-01T03:01:40Z 某人 label=spam: ",
                "5 2020-01-01T03:01:40.5Z 某人 label=ham: 1,2,3",
                "6 2020-01-01T03:01:41Z 某人 label=ham: 晚上好",
            ]
        );
    }

    #[test]
    fn changes_the_author_every_so_many_rows() {
        let authors = Authors::Every { rows: 2, name: "群友".to_owned() };
        let rows = read("target,input\n0,a\n0,b\n0,c\n", authors);
        let names: Vec<_> = rows.iter().map(|row| row.split(' ').nth(2).unwrap()).collect();
        assert_eq!(names, ["群友-1", "群友-1", "群友-2"]);
    }

    #[test]
    fn tells_of_a_missing_header_and_of_bad_labels() {
        let one = || Authors::One("x".to_owned());
        assert_eq!(read("0,a\n0,b\n", one()), ["sample:1: expected the header target,input, found \"0,a\""]);
        assert_eq!(read("", one()), ["sample:1: expected the header target,input, found \"\""]);
        assert_eq!(
            read("target,input\n7,a\nalone\n0,b\n", one()),
            [
                "sample:2: expected a label (1 or spam, 0 or ham), a comma, a text, found \"7,a\"",
                "sample:3: expected a label (1 or spam, 0 or ham), a comma, a text, found \"alone\"",
                "4 2020-01-01T03:01:39Z x label=ham: b",
            ]
        );
    }
}
