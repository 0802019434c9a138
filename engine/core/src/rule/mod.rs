//! Rules without code, and the ladder of what follows a breach.

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome};
use crate::ids::ChannelId;
use crate::member::Member;
use crate::message::Part;
use crate::moment::Moment;
use crate::queue::{Receipt, Verdict};
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;

/// Rules, ladder, strikes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {}

/// What a rule's verdict rests on: its clause with parameters, and the facts it read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {}

impl Ground {
    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        match *self {}
    }
}

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// By whom.
    pub author: &'a Member,
    /// Where; `None` for a nickname.
    pub channel: Option<ChannelId>,
    /// Its parts; empty for a nickname.
    pub parts: &'a [Part],
    /// Its texts: those of text and code parts, or the nickname.
    pub texts: &'a [&'a str],
    /// On what occasion.
    pub occasion: Occasion,
}

/// On what occasion something is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A new message.
    Post,
    /// A message changed.
    Edit,
    /// A nickname or a card.
    Nickname,
}

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The strongest verdict; `None` allows.
    pub verdict: Option<Verdict>,
    /// One for each rule that objected.
    pub receipts: Vec<Receipt>,
}

/// Judges a draft by the built-in rules; changes nothing.
pub fn judge(_ctx: &Ctx<'_>, _draft: &Draft<'_>) -> Judgement {
    Judgement::default()
}

/// Adds what follows from a judgement: receipts, strikes and the ladder's steps.
pub fn punish(_ctx: &Ctx<'_>, _draft: &Draft<'_>, judgement: &Judgement, out: &mut Outcome) {
    out.decisions.extend(judgement.receipts.iter().cloned());
}

/// Refuses an author who is muted.
pub fn may_speak(_ctx: &Ctx<'_>, _author: &Member) -> Result<(), Refusal> {
    Ok(())
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match *self {}
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {}

/// Decides a command.
pub fn decide(_ctx: &Ctx<'_>, command: &Command, _out: &mut Outcome) -> Result<(), Refusal> {
    match *command {}
}

/// A timer fired.
pub fn on_timer(_ctx: &Ctx<'_>, timer: &Timer, _out: &mut Outcome) {
    match *timer {}
}

/// Applies what happened.
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment) {
    match *event {}
}
