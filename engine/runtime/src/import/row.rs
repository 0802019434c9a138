//! What every format is turned into: rows of who said or did what and when, and lines that could not be used.
//!
//! A row says what the file says. It invents no ids and resolves no names: the same nick in two files is the
//! same [`Author::key`], and whoever imports decides who that is.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::limits::NAME_BYTES_MAX;

/// One thing that happened, as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it was read.
    pub place: Place,
    /// When it happened, in Unix milliseconds from 1970 up to the end of the year 9999.
    pub said_at_ms: u64,
    /// What happened.
    pub kind: RowKind,
}

/// Where in the input something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The index of the file in the order of reading, from 0.
    pub file: u32,
    /// The line on which it begins, from 1.
    pub line: u64,
}

/// What happened in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Somebody said something.
    Message(Message),
    /// Somebody came in; `invited_by` where the source names who brought them.
    Joined {
        /// Who came.
        who: Author,
        /// Who added them, if not they themselves.
        invited_by: Option<Author>,
    },
    /// Somebody went of their own will or lost the connection; `why` as they or the network said.
    Left {
        /// Who went.
        who: Author,
        /// The parting words, empty where there were none.
        why: String,
    },
    /// Somebody goes by another name from now on.
    Renamed {
        /// Who it was.
        from: Author,
        /// Who it is.
        to: Author,
    },
    /// Somebody was removed by somebody else.
    Removed {
        /// Who was removed.
        who: Author,
        /// Who did it, where known.
        by: Option<Author>,
    },
    /// The group's title or topic was changed.
    Topic {
        /// Who did it, where known.
        by: Option<Author>,
        /// What it says now.
        text: String,
    },
    /// A message was pinned.
    Pinned {
        /// Who did it, where known.
        by: Option<Author>,
        /// The message's id as in [`Message::external_id`].
        message: String,
    },
    /// The platform noted something that has no meaning of its own here (a mode, a recall, a call); kept so
    /// that nothing vanishes.
    Notice {
        /// Who caused it, where known.
        by: Option<Author>,
        /// What the platform wrote.
        text: String,
    },
}

/// Something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who said it.
    pub author: Author,
    /// The id that the source gave it, unique within the source.
    pub external_id: Option<String>,
    /// The channel or chat it was said in, where the source names it.
    pub channel: Option<Arc<str>>,
    /// What was said; may be empty.
    pub text: String,
    /// The `external_id` of the message it answers.
    pub reply_to: Option<String>,
    /// Files that came with it: paths relative to the export, or what is known of files that were left out.
    pub attachments: Vec<String>,
    /// Whether it was said or acted.
    pub manner: Manner,
    /// What a person judged it to be.
    pub label: Option<Label>,
    /// Whose words it passes on, where it was forwarded.
    pub forwarded_from: Option<String>,
    /// When it was last changed; `text` is what it said after that.
    pub edited_at_ms: Option<u64>,
}

impl Message {
    /// A message of which nothing is known but who said what.
    pub fn plain(author: Author, text: impl Into<String>) -> Self {
        Self {
            author,
            external_id: None,
            channel: None,
            text: text.into(),
            reply_to: None,
            attachments: Vec::new(),
            manner: Manner::Plain,
            label: None,
            forwarded_from: None,
            edited_at_ms: None,
        }
    }
}

/// How something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As words.
    Plain,
    /// As something the author does (`/me waves`); the text lacks the author's name.
    Action,
}

/// What a person judged a message to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Nobody wanted it.
    Spam,
    /// Ordinary talk.
    Ham,
}

impl Label {
    /// Reads `1` or `spam`, `0` or `ham`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "1" => Some(Self::Spam),
            "0" => Some(Self::Ham),
            word if word.eq_ignore_ascii_case("spam") => Some(Self::Spam),
            word if word.eq_ignore_ascii_case("ham") => Some(Self::Ham),
            _ => None,
        }
    }
}

/// Somebody, as the source knows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Author {
    /// The identity within the source: a platform id where there is one, else the name.
    pub key: Arc<str>,
    /// The name to show.
    pub shown: Arc<str>,
}

impl Author {
    /// Somebody known by name only; none if the name is blank or longer than 512 bytes.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return None;
        }
        let key: Arc<str> = Arc::from(name);
        Some(Self { shown: Arc::clone(&key), key })
    }

    /// Somebody known by a platform id, shown under a name, or under the id if the name is blank.
    pub fn identified(key: &str, shown: &str) -> Option<Self> {
        let by_key = Self::named(key)?;
        match shown.trim() {
            "" => Some(by_key),
            name if name.len() > NAME_BYTES_MAX => None,
            name if *name == *by_key.key => Some(by_key),
            name => Some(Self { key: by_key.key, shown: Arc::from(name) }),
        }
    }
}

/// A place in the input that could not be used, described for the person who has to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u64,
    /// The character within the line, from 1, where it is known.
    pub column: Option<u64>,
    /// What should have been there.
    pub expected: Cow<'static, str>,
    /// What was there: at most 80 characters, control characters escaped.
    pub excerpt: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": expected {}, found \"{}\"", self.expected, self.excerpt)
    }
}
