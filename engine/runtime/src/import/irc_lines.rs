//! IRC logs of one line an event: `2019-01-02T03:04:05  <nick> text`, as ChannelLogger and its like write
//! them.
//!
//! Understands messages, actions (`* nick waves`), notices (`-nick- text`) and the lines of the log itself
//! (`***`): joins, parts, quits, new nicks, kicks, topics, modes. Any other line is bad. The user and host
//! of a join are not kept: they are personal data that nobody asked for.

use std::io::BufRead;

use jiff::tz::TimeZone;

use super::lines::{Lines, Origin};
use super::moment;
use super::row::{Author, BadLine, Manner, Message, Row, RowKind};

const TIME: &str = "a time such as 2019-01-02T03:04:05";
const EVENT: &str =
    "<nick> text, * nick does, or *** nick has joined, has left, has quit, is now known as, …";

/// The rows of one file.
#[derive(Debug)]
pub(super) struct IrcLines<R> {
    lines: Lines<R>,
    zone: TimeZone,
}

impl<R: BufRead> IrcLines<R> {
    /// Starts at the beginning of a file whose times are on the clock of `zone`, unless they name an offset.
    pub(super) fn new(reader: R, origin: Origin, zone: TimeZone) -> Self {
        Self { lines: Lines::new(reader, origin), zone }
    }
}

impl<R: BufRead> Iterator for IrcLines<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        let parsed = loop {
            match self.lines.next_line()? {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => break parse(line, &self.zone),
                Err(bad) => return Some(Err(bad)),
            }
        };
        let place = self.lines.place();
        Some(match parsed {
            Ok((said_at_ms, kind)) => Ok(Row { place, said_at_ms, kind }),
            Err(expected) => Err(self.lines.bad(expected)),
        })
    }
}

fn parse(line: &str, zone: &TimeZone) -> Result<(u64, RowKind), &'static str> {
    let (time, rest) = line.split_once(' ').ok_or(TIME)?;
    let time = time.trim_start_matches('[').trim_end_matches(']');
    let said_at_ms = moment::from_local(time, zone)
        .or_else(|| moment::from_any(time, zone).filter(|_| time.contains('T')))
        .ok_or(TIME)?;
    // Only the padding between time and event goes: a message may begin with spaces of its own.
    let kind = event(rest.trim_start_matches(' ')).ok_or(EVENT)?;
    Ok((said_at_ms, kind))
}

fn event(rest: &str) -> Option<RowKind> {
    if let Some(rest) = rest.strip_prefix("*** ") {
        return log_line(rest);
    }
    if let Some(rest) = rest.strip_prefix("* ") {
        let (nick, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let message = Message::plain(Author::named(nick)?, text);
        return Some(RowKind::Message(Message { manner: Manner::Action, ..message }));
    }
    if let Some(rest) = rest.strip_prefix('-') {
        let (nick, text) = rest.split_once("- ")?;
        return Some(RowKind::Notice { by: Some(Author::named(nick)?), text: text.to_owned() });
    }
    let (nick, text) = rest.strip_prefix('<')?.split_once('>')?;
    let author = Author::named(nick.trim_start().trim_start_matches(['~', '&', '@', '%', '+']))?;
    Some(RowKind::Message(Message::plain(author, text.strip_prefix(' ').unwrap_or(text))))
}

/// A line of the log itself, behind its `***`.
fn log_line(rest: &str) -> Option<RowKind> {
    let (nick, rest) = rest.split_once(' ')?;
    let who = Author::named(nick)?;
    let rest = without_host(rest.trim_start());
    if rest == "has joined" || rest.starts_with("has joined ") {
        return Some(RowKind::Joined { who, invited_by: None });
    }
    if let Some(rest) = rest.strip_prefix("has quit") {
        return Some(RowKind::Left { who, why: reason(rest.strip_prefix(" IRC").unwrap_or(rest))? });
    }
    if let Some(rest) = rest.strip_prefix("has left") {
        let (_channel, why) = rest.trim_start().split_once(' ').unwrap_or_default();
        return Some(RowKind::Left { who, why: reason(why)? });
    }
    if let Some(to) = rest.strip_prefix("is now known as ") {
        return Some(RowKind::Renamed { from: who, to: Author::named(to)? });
    }
    if let Some(rest) = rest.strip_prefix("was kicked") {
        return removed(who, rest);
    }
    changed(who, rest)
}

fn removed(who: Author, rest: &str) -> Option<RowKind> {
    let by = rest.split_once(" by ").and_then(|(_, rest)| Author::named(rest.split(' ').next()?));
    Some(RowKind::Removed { who, by })
}

fn changed(who: Author, rest: &str) -> Option<RowKind> {
    if let Some(rest) = rest.strip_prefix("changes topic to ") {
        return Some(RowKind::Topic { by: Some(who), text: unquoted(rest).to_owned() });
    }
    let is_mode = rest.starts_with("sets mode") || rest.starts_with("changes mode");
    is_mode.then(|| RowKind::Notice { by: Some(who), text: rest.to_owned() })
}

fn without_host(rest: &str) -> &str {
    match rest.strip_prefix('<').and_then(|rest| rest.split_once("> ")) {
        Some((_host, rest)) => rest,
        None => rest,
    }
}

/// The words in `(…)`, or none at all; anything else is not a reason and the line not understood.
fn reason(rest: &str) -> Option<String> {
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(String::new());
    }
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
    Some(unquoted(inner).to_owned())
}

fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

#[cfg(test)]
mod tests;
