//! The `result.json` of a Telegram Desktop export, of one chat or of all of them.
//!
//! Walks the document in constant memory, whatever its size, and parses one message at a time. A message
//! that does not parse is one bad line. Damage between messages ends the file with a bad line that says so,
//! because from there on nothing can be told apart.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::json_scan::{Captured, JsonScan};
use super::jsonl::Word;
use super::limits::{JSON_MESSAGE_BYTES_MAX, JSON_WORD_BYTES_MAX};
use super::lines::Origin;
use super::row::{BadLine, Place, Row};
use super::telegram_message::{Chat, TelegramMessage};

const EXPORT: &str = "a Telegram Desktop export: an object with messages or chats.list";
const REST: &str = "a comma, a member or the end here; the rest of the file is not read";
const CUT_OFF: &str = "the rest of the export: the file is cut off";
const MOMENT: &str = "a Telegram message with date_unixtime or date";
const MESSAGE: &str = "a Telegram message object";

/// The rows of one file.
#[derive(Debug)]
pub(super) struct TelegramJson<R> {
    scan: JsonScan<R>,
    origin: Origin,
    zone: TimeZone,
    levels: Vec<Level>,
    progress: Progress,
    chat: Chat,
    kept: Vec<u8>,
    queue: VecDeque<Row>,
}

/// Where in the document we are; never deeper than these five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// The object that is the document: a chat, or what holds all of them.
    Root,
    /// `chats` or `left_chats`.
    Chats,
    /// The `list` of those.
    List,
    /// One chat of the list.
    Chat,
    /// The `messages` of a chat.
    Messages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    NotBegun,
    /// No messages have been seen so far.
    Begun,
    SeenMessages,
    Over,
}

/// Why a step ends in a bad line.
enum Stop {
    Io(io::Error),
    /// What follows cannot be told apart.
    Lost(&'static str),
    /// Only this value is bad.
    Bad(BadLine),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> TelegramJson<R> {
    /// Starts at the beginning of a file; `zone` is for old exports, which have only local times.
    pub(super) fn new(reader: R, origin: Origin, zone: TimeZone) -> Self {
        Self {
            scan: JsonScan::new(reader),
            origin,
            zone,
            levels: Vec::new(),
            progress: Progress::NotBegun,
            chat: Chat::default(),
            kept: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        let Some(byte) = self.scan.peek()? else { return self.end() };
        match self.levels.last() {
            None if self.progress == Progress::NotBegun && byte == b'{' => {
                self.progress = Progress::Begun;
                self.enter(Level::Root)
            }
            None if self.progress == Progress::NotBegun => Err(Stop::Lost(EXPORT)),
            None => Err(Stop::Lost("nothing behind the export")),
            Some(Level::Root | Level::Chats | Level::Chat) => self.in_object(byte),
            Some(Level::List | Level::Messages) => self.in_array(byte),
        }
    }

    fn end(&mut self) -> Result<(), Stop> {
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        match progress {
            _ if !self.levels.is_empty() => Err(Stop::Lost(CUT_OFF)),
            Progress::NotBegun | Progress::Begun => Err(Stop::Lost(EXPORT)),
            Progress::SeenMessages | Progress::Over => Ok(()),
        }
    }

    fn enter(&mut self, level: Level) -> Result<(), Stop> {
        self.scan.bump()?;
        match level {
            Level::Chat => self.chat = Chat::default(),
            Level::Messages => self.progress = Progress::SeenMessages,
            _ => {}
        }
        self.levels.push(level);
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Stop> {
        self.levels.pop();
        Ok(self.scan.bump()?)
    }

    fn in_object(&mut self, byte: u8) -> Result<(), Stop> {
        match byte {
            b',' => Ok(self.scan.bump()?),
            b'}' => self.leave(),
            b'"' => self.member(),
            _ => Err(Stop::Lost(REST)),
        }
    }

    fn in_array(&mut self, byte: u8) -> Result<(), Stop> {
        match (byte, self.levels.last()) {
            (b',', _) => Ok(self.scan.bump()?),
            (b']', _) => self.leave(),
            (b'}' | b':', _) => Err(Stop::Lost(REST)),
            (b'{', Some(Level::List)) => self.enter(Level::Chat),
            _ => self.message(),
        }
    }

    fn member(&mut self) -> Result<(), Stop> {
        let key = self.word()?;
        if self.scan.peek()? != Some(b':') {
            return Err(Stop::Lost(REST));
        }
        self.scan.bump()?;
        let byte = self.scan.peek()?.ok_or(Stop::Lost(CUT_OFF))?;
        if matches!(byte, b',' | b'}' | b']' | b':') {
            return Err(Stop::Lost(REST));
        }
        let level = self.levels.last().copied();
        let is_chat = matches!(level, Some(Level::Root | Level::Chat));
        match (key.as_deref(), byte) {
            (Some("messages"), b'[') if is_chat => self.enter(Level::Messages),
            (Some("chats" | "left_chats"), b'{') if level == Some(Level::Root) => self.enter(Level::Chats),
            (Some("list"), b'[') if level == Some(Level::Chats) => self.enter(Level::List),
            (Some("name"), _) if is_chat => {
                self.chat.name = self.word()?.map(Arc::from);
                Ok(())
            }
            (Some("id"), _) if is_chat => {
                self.chat.id = self.word()?;
                Ok(())
            }
            _ => self.capture(0).map(|_| ()),
        }
    }

    /// A string or number of the skeleton; nothing where there is something else or too much of it.
    fn word(&mut self) -> Result<Option<String>, Stop> {
        let captured = self.capture(JSON_WORD_BYTES_MAX)?;
        let word = serde_json::from_slice::<Word>(&self.kept).ok();
        Ok(word.filter(|_| captured == Captured::Whole).map(|word| word.0))
    }

    fn capture(&mut self, bytes_max: usize) -> Result<Captured, Stop> {
        match self.scan.capture(&mut self.kept, bytes_max)? {
            Captured::CutOff => Err(Stop::Lost(CUT_OFF)),
            captured => Ok(captured),
        }
    }

    fn message(&mut self) -> Result<(), Stop> {
        let line = self.scan.line();
        if self.capture(JSON_MESSAGE_BYTES_MAX)? == Captured::TooLong {
            let expected = format!("a Telegram message of at most {JSON_MESSAGE_BYTES_MAX} bytes");
            return Err(Stop::Bad(self.bad(line, expected)));
        }
        let message: TelegramMessage = match serde_json::from_slice(&self.kept) {
            Ok(message) => message,
            Err(error) => return Err(Stop::Bad(self.broken(line, &error))),
        };
        let said_at_ms = message.moment_ms(&self.zone).ok_or_else(|| Stop::Bad(self.bad(line, MOMENT)))?;
        let kinds = message.happened(&self.chat, &self.zone);
        let kinds = kinds.map_err(|expected| Stop::Bad(self.bad(line, expected)))?;
        let place = Place { file: self.origin.index, line };
        self.queue.extend(kinds.into_iter().map(|kind| Row { place, said_at_ms, kind }));
        Ok(())
    }

    fn bad(&self, line: u64, expected: impl Into<Cow<'static, str>>) -> BadLine {
        self.origin.bad(line, expected, &self.kept)
    }

    fn broken(&self, line: u64, error: &serde_json::Error) -> BadLine {
        let error_line = line + (error.line() as u64).saturating_sub(1);
        // On the first line the message may be indented, so that its column is not the file's.
        let column = (error.line() > 1).then_some(error.column() as u64);
        BadLine { column, ..self.bad(error_line, format!("{MESSAGE} ({error})")) }
    }

    fn told(&mut self, stop: Stop) -> BadLine {
        match stop {
            Stop::Bad(bad) => bad,
            Stop::Lost(expected) => {
                self.progress = Progress::Over;
                self.origin.bad(self.scan.line(), expected, b"")
            }
            Stop::Io(error) => {
                self.progress = Progress::Over;
                self.origin.unreadable(self.scan.line(), &error)
            }
        }
    }
}

impl<R: BufRead> Iterator for TelegramJson<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.queue.pop_front() {
                return Some(Ok(row));
            }
            if self.progress == Progress::Over {
                return None;
            }
            if let Err(stop) = self.step() {
                return Some(Err(self.told(stop)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
