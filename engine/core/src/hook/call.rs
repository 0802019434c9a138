//! What a call brings: the state as the decision sees it, and what is decided about.

use std::collections::BTreeMap;

use super::{Hook, Value};
use crate::body::BodyRef;
use crate::decide::Ctx;
use crate::event::Event;
use crate::ids::{ChannelId, MessageId};
use crate::member::{Member, Origin};
use crate::message::{Mentions, Part};
use crate::script::{Script, Version};
use crate::text::reading::Reading;

/// One run of one hook of one extension. Everything it may look at is reached from here.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The state, the command and what came with it. Nothing changes while a hook runs.
    pub ctx: &'a Ctx<'a>,
    /// Which script.
    pub script: &'a Script,
    /// Which version of it.
    pub version: &'a Version,
    /// What it is asked about.
    pub input: &'a Input<'a>,
}

/// What a hook is asked about.
pub enum Input<'a> {
    /// Somebody asks to be let in.
    Join(JoinRequest<'a>),
    /// A member changes their card or nickname.
    Card(CardChange<'a>),
    /// A message is posted or edited.
    Message(Posting<'a>),
    /// A member types `/name …`.
    Command(Typed<'a>),
    /// Something happened.
    Event(Happening<'a>),
    /// A timer of the script's own is due.
    Timer(Ringing<'a>),
    /// The group needs this many topics.
    Topic {
        /// How many are wanted at most.
        count: u32,
    },
}

impl Input<'_> {
    /// The hook that is asked.
    pub const fn hook(&self) -> Hook {
        match self {
            Self::Join(_) => Hook::Join,
            Self::Card(_) => Hook::Card,
            Self::Message(_) => Hook::Message,
            Self::Command(_) => Hook::Command,
            Self::Event(_) => Hook::Event,
            Self::Timer(_) => Hook::Timer,
            Self::Topic { .. } => Hook::Topic,
        }
    }
}

/// Somebody asks to be let in. Their nickname and card are in the row; texts are found by `Ctx::text`.
pub struct JoinRequest<'a> {
    /// The row they would have.
    pub applicant: &'a Member,
    /// Answers by the question's key.
    pub answers: &'a BTreeMap<String, BodyRef>,
    /// How they came and who invited them.
    pub origin: &'a Origin,
}

/// A change of card or nickname, not made yet.
pub struct CardChange<'a> {
    /// Whose; the row as it is.
    pub member: &'a Member,
    /// The new nickname, if it changes.
    pub nickname: Option<&'a BodyRef>,
    /// New values by field; `None` takes one away.
    pub fields: &'a BTreeMap<String, Option<BodyRef>>,
}

/// A message that is not posted yet, or an edit that is not made yet.
pub struct Posting<'a> {
    /// Who wrote it.
    pub author: &'a Member,
    /// Where.
    pub channel: ChannelId,
    /// Its id once it is posted.
    pub message: MessageId,
    /// Its parts.
    pub parts: &'a [Part],
    /// Its texts, read once for rules and scripts.
    pub texts: &'a Reading<'a>,
    /// What it replies to.
    pub reply_to: Option<MessageId>,
    /// Who is to take note of it; an edit names nobody anew.
    pub mentions: &'a Mentions,
    /// Whether it changes a message that stands.
    pub edit: bool,
}

/// A member typed `/name argument`.
pub struct Typed<'a> {
    /// Who.
    pub member: &'a Member,
    /// Where.
    pub channel: ChannelId,
    /// Without the slash.
    pub name: &'a str,
    /// Everything after the name, trimmed.
    pub argument: &'a str,
}

/// Something happened; the record that says so is durable.
pub struct Happening<'a> {
    /// What.
    pub event: &'a Event,
    /// When, Unix milliseconds.
    pub at_ms: u64,
}

/// A timer of the script's own is due.
pub struct Ringing<'a> {
    /// The name the script gave it.
    pub name: &'a str,
    /// What the script left with it.
    pub note: Option<&'a Value>,
    /// When it was due, Unix milliseconds.
    pub due_ms: u64,
}
