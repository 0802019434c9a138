//! One JSON object a line: `{"time": …, "author": "…", "text": "…"}`, the format to write from a script of
//! one's own.
//!
//! | field | what |
//! |---|---|
//! | `time` | RFC 3339, or Unix seconds or milliseconds as a number or a string |
//! | `author` | who said or did it |
//! | `author_id` | their identity on the platform, if it is not the name |
//! | `text` | what was said; for `renamed` the new name, for `left` the parting words |
//! | `channel`, `id`, `reply_to`, `attachments`, `label` | as in a message; may be missing |
//! | `kind` | `message` (if missing), `action`, `joined`, `left`, `renamed`, `removed`, … as in a row |
//! | `by` | who invited or removed them |
//!
//! Other fields are ignored.

use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::lines::{Lines, Origin};
use super::moment;
use super::row::{Author, BadLine, Label, Manner, Message, Row, RowKind};

const TIME: &str = "a time: RFC 3339, Unix seconds or milliseconds";
const AUTHOR: &str = "an author of 1 to 512 bytes";
const KIND: &str = "a kind: message, action, joined, left, renamed, removed, topic, pinned or notice";
const LABEL: &str = "a label: spam or 1, ham or 0";

/// The rows of one file.
#[derive(Debug)]
pub(super) struct Jsonl<R> {
    lines: Lines<R>,
    zone: TimeZone,
}

#[derive(serde::Deserialize)]
struct Entry {
    time: Word,
    author: Word,
    author_id: Option<Word>,
    #[serde(default)]
    text: String,
    channel: Option<Word>,
    id: Option<Word>,
    reply_to: Option<Word>,
    #[serde(default)]
    attachments: Vec<String>,
    label: Option<Word>,
    kind: Option<String>,
    by: Option<Word>,
}

/// A string or a number, as text: exports do not agree on which of them an id or a time is.
#[derive(Debug, Default)]
pub(super) struct Word(pub(super) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordVisitor;
        impl Visitor<'_> for WordVisitor {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
        }
        deserializer.deserialize_any(WordVisitor)
    }
}

impl<R: BufRead> Jsonl<R> {
    /// Starts at the beginning of a file; times without an offset are on the clock of `zone`.
    pub(super) fn new(reader: R, origin: Origin, zone: TimeZone) -> Self {
        Self { lines: Lines::new(reader, origin), zone }
    }

    fn broken(&self, error: &serde_json::Error) -> BadLine {
        let column = Some(error.column() as u64).filter(|column| *column > 0);
        BadLine { column, ..self.lines.bad(format!("a JSON object with time, author and text ({error})")) }
    }
}

impl<R: BufRead> Iterator for Jsonl<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        let parsed = loop {
            match self.lines.next_line()? {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => break serde_json::from_str::<Entry>(line),
                Err(bad) => return Some(Err(bad)),
            }
        };
        let place = self.lines.place();
        Some(match parsed.map(|entry| entry.happened(&self.zone)) {
            Ok(Ok((said_at_ms, kind))) => Ok(Row { place, said_at_ms, kind }),
            Ok(Err(expected)) => Err(self.lines.bad(expected)),
            Err(error) => Err(self.broken(&error)),
        })
    }
}

impl Entry {
    fn happened(self, zone: &TimeZone) -> Result<(u64, RowKind), &'static str> {
        let said_at_ms = moment::from_any(&self.time.0, zone).ok_or(TIME)?;
        let author = match &self.author_id {
            Some(id) => Author::identified(&id.0, &self.author.0),
            None => Author::named(&self.author.0),
        };
        let author = author.ok_or(AUTHOR)?;
        let by = self.by.as_ref().map(|by| Author::named(&by.0).ok_or(AUTHOR)).transpose()?;
        let kind = match self.kind.as_deref().unwrap_or("message") {
            "message" => RowKind::Message(self.message(author, Manner::Plain)?),
            "action" => RowKind::Message(self.message(author, Manner::Action)?),
            "joined" => RowKind::Joined { who: author, invited_by: by },
            "left" => RowKind::Left { who: author, why: self.text },
            "renamed" => RowKind::Renamed { from: author, to: Author::named(&self.text).ok_or(AUTHOR)? },
            "removed" => RowKind::Removed { who: author, by },
            "topic" => RowKind::Topic { by: Some(author), text: self.text },
            "pinned" => RowKind::Pinned { by: Some(author), message: self.text },
            "notice" => RowKind::Notice { by: Some(author), text: self.text },
            _ => return Err(KIND),
        };
        Ok((said_at_ms, kind))
    }

    fn message(self, author: Author, manner: Manner) -> Result<Message, &'static str> {
        let label = self.label.map(|label| Label::parse(&label.0).ok_or(LABEL)).transpose()?;
        Ok(Message {
            external_id: self.id.map(|id| id.0),
            channel: self.channel.map(|channel| Arc::from(channel.0)),
            reply_to: self.reply_to.map(|id| id.0),
            attachments: self.attachments,
            manner,
            label,
            ..Message::plain(author, self.text)
        })
    }
}

#[cfg(test)]
mod tests;
