//! The text export of QQ's message manager (消息管理器 → 导出消息记录 → 文本文件), as UTF-8.
//!
//! A message is a header (`2023-01-02 12:34:56 【管理员】昵称(12345678)`, `… 昵称<mail@example.com>`, or only a name
//! in a private chat) and lines up to a blank one with the next header behind it. Blank lines inside a
//! message are kept. What the system says becomes joins, parts, removals, or a notice. Titles in 【】 are
//! dropped: they say what somebody was that day, and the number in brackets is who they are.

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::limits::MESSAGE_BYTES_MAX;
use super::lines::{Lines, Origin};
use super::moment;
use super::row::{Author, BadLine, Message, Place, Row, RowKind};

const HEADER: &str = "a header such as 2023-01-02 12:34:56 昵称(12345678)";
const TOO_LONG: &str = "a message of at most 1048576 bytes";
/// The numbers under which QQ itself speaks.
const SYSTEM_IDS: [&str; 2] = ["10000", "1000000"];
const SYSTEM_NAMES: [&str; 2] = ["系统消息", "系统提示"];
/// A line of at least so many `=` frames the heads of an export; theirs are 64 wide.
const RULE_WIDTH_MIN: usize = 16;

/// The rows of one file.
#[derive(Debug)]
pub(super) struct QqText<R> {
    lines: Lines<R>,
    zone: TimeZone,
    channel: Option<Arc<str>>,
    open: Option<Open>,
    previous: Previous,
    queue: VecDeque<Result<Row, BadLine>>,
}

/// A message whose last line may not have been read.
#[derive(Debug)]
struct Open {
    place: Place,
    said_at_ms: u64,
    speaker: Speaker,
    body: String,
}

#[derive(Debug)]
enum Speaker {
    Person(Author),
    System,
    /// The message was told as bad; its lines go with it.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Previous {
    Blank,
    Rule,
    Text,
}

impl<R: BufRead> QqText<R> {
    /// Starts at the beginning of a file whose times are on the clock of `zone`.
    pub(super) fn new(reader: R, origin: Origin, zone: TimeZone) -> Self {
        Self {
            lines: Lines::new(reader, origin),
            zone,
            channel: None,
            open: None,
            previous: Previous::Blank,
            queue: VecDeque::new(),
        }
    }

    /// Reads one line; false at the end of the file.
    fn advance(&mut self) -> Option<()> {
        let line = match self.lines.next_line() {
            None => {
                self.close();
                return None;
            }
            Some(Err(bad)) => {
                self.queue.push_back(Err(bad));
                return Some(());
            }
            Some(Ok(line)) => line.to_owned(),
        };
        let follows_blank = self.previous == Previous::Blank || self.open.is_none();
        let header = if follows_blank { header(&line) } else { None };
        match header {
            Some((time, who)) => self.begin(time, who),
            None => self.continue_with(&line),
        }
        self.previous = match line.as_str() {
            line if line.trim().is_empty() => Previous::Blank,
            line if is_rule(line) => Previous::Rule,
            _ => Previous::Text,
        };
        Some(())
    }

    fn begin(&mut self, time: &str, who: &str) {
        self.close();
        let place = self.lines.place();
        let said_at_ms = moment::from_local(time, &self.zone);
        let speaker = speaker(who);
        let (said_at_ms, speaker) = match (said_at_ms, speaker) {
            (Some(said_at_ms), Some(speaker)) => (said_at_ms, speaker),
            _ => {
                self.queue.push_back(Err(self.lines.bad(HEADER)));
                (0, Speaker::Lost)
            }
        };
        // The words of the system may stand in the header itself, where others have their name.
        let is_said = matches!(speaker, Speaker::System) && number_and_name(who).is_none();
        let body = if is_said { who.to_owned() } else { String::new() };
        self.open = Some(Open { place, said_at_ms, speaker, body });
    }

    fn continue_with(&mut self, line: &str) {
        if self.previous == Previous::Rule || self.open.is_none() {
            if let Some(name) = line.strip_prefix("消息对象:").or_else(|| line.strip_prefix("消息对象："))
            {
                self.close_before_rule();
                self.channel = Some(name.trim()).filter(|name| !name.is_empty()).map(Arc::from);
                return;
            }
            if line.starts_with("消息分组") || line.starts_with("消息记录") {
                self.close_before_rule();
                return;
            }
        }
        let Some(open) = &mut self.open else {
            if !line.trim().is_empty() && !is_rule(line) {
                self.queue.push_back(Err(self.lines.bad(HEADER)));
            }
            return;
        };
        if matches!(open.speaker, Speaker::Lost) {
            return;
        }
        if open.body.len() + line.len() >= MESSAGE_BYTES_MAX {
            let bad = self.lines.origin().bad(open.place.line, TOO_LONG, open.body.as_bytes());
            open.speaker = Speaker::Lost;
            open.body = String::new();
            self.queue.push_back(Err(bad));
            return;
        }
        open.body.push_str(line);
        open.body.push('\n');
    }

    /// Ends the message before a new head of the export, whose first rule was taken for a line of the
    /// message.
    fn close_before_rule(&mut self) {
        if let Some(open) = &mut self.open {
            let without_rule = open.body.trim_end().trim_end_matches('=').len();
            open.body.truncate(without_rule);
        }
        self.close();
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let text = open.body.trim_end_matches('\n');
        let kind = match open.speaker {
            Speaker::Lost => return,
            Speaker::System => system(text),
            Speaker::Person(author) => person(author, text, self.channel.clone()),
        };
        self.queue.push_back(Ok(Row { place: open.place, said_at_ms: open.said_at_ms, kind }));
    }
}

impl<R: BufRead> Iterator for QqText<R> {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.queue.is_empty() && self.advance().is_some() {}
        self.queue.pop_front()
    }
}

/// The time and the rest of a line that has the shape of a header, whatever the numbers say.
fn header(line: &str) -> Option<(&str, &str)> {
    let (date, rest) = line.split_at_checked("2023-01-02".len())?;
    let is_date = date.bytes().enumerate().all(|(at, b)| match at {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    let time = rest.strip_prefix(' ')?.trim_start();
    let end = time.find(' ').unwrap_or(time.len());
    let is_time = time[..end].bytes().filter(|b| *b == b':').count() == 2
        && time[..end].bytes().all(|b| b.is_ascii_digit() || b == b':');
    if !is_date || !is_time {
        return None;
    }
    let begin = line.len() - time.len();
    Some((&line[..begin + end], time[end..].trim()))
}

fn is_rule(line: &str) -> bool {
    line.len() >= RULE_WIDTH_MIN && line.bytes().all(|b| b == b'=')
}

fn speaker(who: &str) -> Option<Speaker> {
    let (key, name) = number_and_name(who).unwrap_or(("", who));
    let name = without_title(name);
    let is_system = SYSTEM_IDS.contains(&key)
        || SYSTEM_NAMES.contains(&name)
        || key.is_empty() && (name.is_empty() || is_event(name));
    if is_system {
        return Some(Speaker::System);
    }
    let author = if key.is_empty() { Author::named(name) } else { Author::identified(key, name) };
    author.map(Speaker::Person)
}

/// Splits `昵称(12345678)` and `昵称<mail@example.com>` into who it is and what they are called.
fn number_and_name(who: &str) -> Option<(&str, &str)> {
    if let Some((name, number)) = who.strip_suffix(')').and_then(|who| who.rsplit_once('(')) {
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        return is_number.then_some((number, name.trim()));
    }
    let (name, mail) = who.strip_suffix('>')?.rsplit_once('<')?;
    (!mail.trim().is_empty()).then_some((mail.trim(), name.trim()))
}

/// The name without a title such as 【管理员】 before it; a name that is only a title stays.
fn without_title(name: &str) -> &str {
    let rest = name.strip_prefix('【').and_then(|rest| rest.split_once('】'));
    rest.map(|(_, rest)| rest.trim()).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

fn person(author: Author, text: &str, channel: Option<Arc<str>>) -> RowKind {
    let recalled = text.strip_suffix("撤回了一条消息").map(str::trim);
    if recalled.is_some_and(|name| name == &*author.shown || name == "你") {
        return RowKind::Notice { by: Some(author), text: text.to_owned() };
    }
    RowKind::Message(Message { channel, ..Message::plain(author, text) })
}

const JOINED: [&str; 5] = ["加入本群", "加入了本群", "加入群聊", "加入了群聊", "加入该群"];
const LEFT: [&str; 5] = ["退出本群", "退出了本群", "退出群聊", "退出了群聊", "退出该群"];
const REMOVED: [&str; 5] = ["移出本群", "移出了本群", "移出群聊", "移出了群聊", "移出群"];
const RECALLED: &str = "撤回了一条消息";

fn is_event(text: &str) -> bool {
    let text = text.trim_end_matches(['。', '.']);
    let mut endings = JOINED.iter().chain(&LEFT).chain(&REMOVED).chain([&RECALLED]);
    endings.any(|ending| text.len() > ending.len() && text.ends_with(ending))
}

/// What the system says, understood as far as it names people.
fn system(text: &str) -> RowKind {
    let line = text.trim().trim_end_matches(['。', '.']);
    understood(line).unwrap_or_else(|| RowKind::Notice { by: None, text: text.to_owned() })
}

fn understood(line: &str) -> Option<RowKind> {
    if line.contains('\n') {
        return None;
    }
    let before = |endings: &[&str]| endings.iter().find_map(|ending| line.strip_suffix(ending));
    if let Some(names) = before(&JOINED) {
        let (invited_by, who) = match names.split_once("邀请") {
            Some((inviter, who)) if !inviter.trim().is_empty() => (Some(somebody(inviter)?), who),
            _ => (None, names),
        };
        return Some(RowKind::Joined { who: somebody(who)?, invited_by });
    }
    if let Some(name) = before(&LEFT) {
        return Some(RowKind::Left { who: somebody(name)?, why: String::new() });
    }
    if let Some(names) = before(&REMOVED) {
        let (who, by) = names.split_once('被')?;
        let by = by.trim_start_matches("管理员").trim_start_matches("群主");
        return Some(RowKind::Removed { who: somebody(who)?, by: somebody(by) });
    }
    let by = line.strip_suffix(RECALLED)?;
    Some(RowKind::Notice { by: somebody(by), text: line.to_owned() })
}

fn somebody(who: &str) -> Option<Author> {
    let who = who.trim().trim_end_matches("已").trim();
    match number_and_name(who) {
        Some((key, name)) => Author::identified(key, without_title(name)),
        None => Author::named(without_title(who)),
    }
}

#[cfg(test)]
mod tests;
