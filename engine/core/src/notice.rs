//! Texts as code and arguments, rendered outside in the reader's language.
//!
//! A `Text` never holds content that somebody wrote: that is referred to as a body, so that it can be erased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::ids::{ChannelId, CommunityId, MemberId, MessageId, ReceiptId};

/// One argument of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arg {
    /// A count or any other number.
    Number(i64),
    /// A duration in milliseconds, shown as "3 days".
    Duration(u64),
    /// A moment in Unix milliseconds, shown in the community's zone.
    Time(u64),
    /// A name that the operator gave: a rule, a list, a role, a field.
    Name(String),
    /// A code that has a text of its own.
    Code(String),
    /// A text within the text, with arguments of its own.
    Text(Box<Text>),
    /// A member, shown by nickname.
    Member(MemberId),
    /// A channel, shown by name.
    Channel(ChannelId),
    /// A message, shown as a link.
    Message(MessageId),
    /// A receipt, shown as a link.
    Receipt(ReceiptId),
    /// Another community, shown by name.
    Community(CommunityId),
    /// What somebody wrote; shown as erased once it is gone.
    Body(BodyRef),
    /// A piece of what somebody wrote: byte range in a body.
    Quote {
        /// The body.
        body: BodyRef,
        /// First byte.
        start: u32,
        /// After the last byte.
        end: u32,
    },
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<&str> for Arg {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Arg {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Text(Box::new(text))
    }
}

/// A text to be rendered: which one, with what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Names the text in the message files, such as `gate.place_in_list`.
    pub code: String,
    /// What the text's `{names}` stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Arg>,
}

impl Text {
    /// A text without arguments.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), args: BTreeMap::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}
