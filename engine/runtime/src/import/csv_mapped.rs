//! Any CSV with a header row, its columns named by the operator: `time=date,author=who,text=said`.
//!
//! The delimiter is the one of `,` `;` and tab that splits the header into most columns. A column that is
//! not there is told with the ones that are and the nearest of them.

use std::fmt;
use std::io::BufRead;
use std::str::FromStr;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::lines::Origin;
use super::moment;
use super::row::{Author, BadLine, Label, Message, Row, RowKind};
use super::table::{self, Record, Table};

const DELIMITERS: [char; 3] = [',', ';', '\t'];
const HEADER: &str = "a header row that names the columns";
const AUTHOR: &str = "an author of 1 to 512 bytes";
const LABEL: &str = "a label: spam or 1, ham or 0, or nothing";
const PARTS: &str = "time, author, text, channel, id, label";

/// Which column holds what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The column of the moment.
    pub time: String,
    /// The column of who said it.
    pub author: String,
    /// The column of what was said.
    pub text: String,
    /// The column of the channel, if there is one.
    pub channel: Option<String>,
    /// The column of the message's id, if there is one.
    pub id: Option<String>,
    /// The column of a person's judgement, if there is one.
    pub label: Option<String>,
}

/// Why a map could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// A part without `=` or without a column.
    #[error("expected part=column in the map, found \"{0}\"; the parts are {PARTS}")]
    NotAPair(String),
    /// A part that does not exist.
    #[error("unknown part \"{0}\" in the map; the parts are {PARTS}")]
    UnknownPart(String),
    /// The same part again.
    #[error("part \"{0}\" is in the map twice")]
    Repeated(String),
    /// A part that every map needs.
    #[error("the map lacks {0}; it needs at least time=…,author=…,text=…")]
    Missing(&'static str),
}

impl FromStr for Map {
    type Err = MapError;

    fn from_str(text: &str) -> Result<Self, MapError> {
        let [mut time, mut author, mut said, mut channel, mut id, mut label] = [const { None::<String> }; 6];
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (part, column) = pair.split_once('=').ok_or_else(|| MapError::NotAPair(pair.to_owned()))?;
            let (part, column) = (part.trim(), column.trim());
            let slot = match part {
                "time" => &mut time,
                "author" => &mut author,
                "text" => &mut said,
                "channel" => &mut channel,
                "id" => &mut id,
                "label" => &mut label,
                _ => return Err(MapError::UnknownPart(part.to_owned())),
            };
            if column.is_empty() {
                return Err(MapError::NotAPair(pair.to_owned()));
            }
            if slot.replace(column.to_owned()).is_some() {
                return Err(MapError::Repeated(part.to_owned()));
            }
        }
        Ok(Self {
            time: time.ok_or(MapError::Missing("time"))?,
            author: author.ok_or(MapError::Missing("author"))?,
            text: said.ok_or(MapError::Missing("text"))?,
            channel,
            id,
            label,
        })
    }
}

/// How the time column is read.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// The zone of times without an offset.
    pub(super) zone: TimeZone,
    /// A `strptime` format; without it RFC 3339, Unix seconds or milliseconds.
    pub(super) format: Option<String>,
}

impl Clock {
    fn moment_ms(&self, text: &str) -> Option<u64> {
        match &self.format {
            Some(format) => moment::from_format(text, format, &self.zone),
            None => moment::from_any(text, &self.zone),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.format {
            Some(format) => write!(f, "a time in the format {format}"),
            None => f.write_str("a time: RFC 3339, Unix seconds or milliseconds (or say its --time-format)"),
        }
    }
}

/// Where in a record each part is.
#[derive(Debug)]
struct Columns {
    time: usize,
    author: usize,
    text: usize,
    channel: Option<usize>,
    id: Option<usize>,
    label: Option<usize>,
    count: usize,
}

/// The rows of one file.
#[derive(Debug)]
pub(super) struct CsvMapped<R> {
    table: Table<R>,
    map: Map,
    clock: Clock,
    columns: Option<Columns>,
    is_over: bool,
}

impl<R: BufRead> CsvMapped<R> {
    /// Starts at the beginning of a file.
    pub(super) fn new(reader: R, origin: Origin, map: Map, clock: Clock) -> Self {
        Self { table: Table::new(reader, origin, ','), map, clock, columns: None, is_over: false }
    }

    /// Reads only the header, to tell before anything is imported that it does not fit.
    pub(super) fn check_header(mut self) -> Result<(), BadLine> {
        self.head().map(|_| ())
    }

    fn head(&mut self) -> Result<Columns, BadLine> {
        let Some(header) = self.table.peel_line() else {
            return Err(self.table.origin().bad(1, HEADER, b""));
        };
        let header = header?;
        let (delimiter, names) = split_header(&header.raw);
        self.table.set_delimiter(delimiter);
        find_columns(&self.map, &names)
            .map_err(|expected| self.table.origin().bad(header.place.line, expected, header.raw.as_bytes()))
    }

    fn row(&self, columns: &Columns, record: Record) -> Result<Row, BadLine> {
        let Record { place, fields, raw } = record;
        let bad = |expected: String| self.table.origin().bad(place.line, expected, raw.as_bytes());
        if fields.len() != columns.count {
            return Err(bad(format!("{} columns as in the header, not {}", columns.count, fields.len())));
        }
        let filled =
            |column: Option<usize>| column.map(|at| fields[at].as_str()).filter(|text| !text.is_empty());
        let said_at_ms =
            self.clock.moment_ms(&fields[columns.time]).ok_or_else(|| bad(self.clock.to_string()))?;
        let author = Author::named(&fields[columns.author]).ok_or_else(|| bad(AUTHOR.to_owned()))?;
        let label = filled(columns.label).map(|text| Label::parse(text).ok_or_else(|| bad(LABEL.to_owned())));
        let message = Message {
            external_id: filled(columns.id).map(str::to_owned),
            channel: filled(columns.channel).map(Arc::from),
            label: label.transpose()?,
            ..Message::plain(author, fields[columns.text].as_str())
        };
        Ok(Row { place, said_at_ms, kind: RowKind::Message(message) })
    }
}

impl<R: BufRead> Iterator for CsvMapped<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if self.columns.is_none() {
            match self.head() {
                Ok(columns) => self.columns = Some(columns),
                Err(bad) => {
                    self.is_over = true;
                    return Some(Err(bad));
                }
            }
        }
        let record = self.table.next_record()?;
        let columns = self.columns.as_ref()?;
        Some(record.and_then(|record| self.row(columns, record)))
    }
}

fn split_header(line: &str) -> (char, Vec<String>) {
    let mut best = (DELIMITERS[0], table::split(line, DELIMITERS[0]));
    for delimiter in &DELIMITERS[1..] {
        let names = table::split(line, *delimiter);
        if names.len() > best.1.len() {
            best = (*delimiter, names);
        }
    }
    best.1.iter_mut().for_each(|name| *name = name.trim().to_owned());
    best
}

fn find_columns(map: &Map, names: &[String]) -> Result<Columns, String> {
    let find =
        |wanted: &str| names.iter().position(|name| name == wanted).ok_or_else(|| missing(wanted, names));
    let find_optional = |wanted: &Option<String>| wanted.as_deref().map(find).transpose();
    Ok(Columns {
        time: find(&map.time)?,
        author: find(&map.author)?,
        text: find(&map.text)?,
        channel: find_optional(&map.channel)?,
        id: find_optional(&map.id)?,
        label: find_optional(&map.label)?,
        count: names.len(),
    })
}

/// Names shown when a column is missing: a header of thousands helps nobody.
const NAMES_SHOWN_MAX: usize = 40;

fn missing(wanted: &str, names: &[String]) -> String {
    let shown = names[..names.len().min(NAMES_SHOWN_MAX)].join(", ");
    let nearest = names.iter().take(NAMES_SHOWN_MAX).min_by_key(|name| distance(wanted, name));
    match nearest {
        Some(name) if distance(wanted, name) <= wanted.chars().count() / 2 => {
            format!("a column \"{wanted}\" (did you mean \"{name}\"?) among the columns: {shown}")
        }
        _ => format!("a column \"{wanted}\" among the columns: {shown}"),
    }
}

/// How many letters differ, regardless of case (Levenshtein); only the first 64 of each name count.
fn distance(one: &str, other: &str) -> usize {
    let letters = |text: &str| text.to_lowercase().chars().take(64).collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
