//! The community itself: founding from a blueprint, settings, texts, lists, ownership, suspension, archive, removal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::{Bodies, BodyRef};
use crate::command::{self, CommandKind};
use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::{MemberId, PersonId};
use crate::moment::{DAY_MS, Moment};
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::{Community, Stream};

/// What a community is called and how it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name: a label, unique on the host, may change.
    pub name: String,
    /// IANA time zone, such as `Asia/Shanghai`.
    pub zone: String,
    /// The owner; `None` until the first owner has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<MemberId>,
    /// Whether it is open.
    #[serde(default)]
    pub status: Status,
    /// Typed settings.
    #[serde(default)]
    pub settings: Settings,
    /// Texts of its own: language → code → template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Named lists: name → lines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Whether a community is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Open.
    #[default]
    Open,
    /// Suspended by the host: reading only.
    Suspended,
    /// Archived by its owner: reading only.
    Archived {
        /// Where to go instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    /// Removed by the host.
    Removed,
}

/// Typed settings of a community; each can be changed by command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long somebody who was removed has to wait before they may apply again.
    pub rejoin_pause_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rejoin_pause_ms: 7 * DAY_MS }
    }
}

/// Why the community set a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// An offer of ownership runs out.
    OfferEnds,
}

/// What can be asked of a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Found a community.
    Create {
        /// Its name.
        name: String,
        /// Its first owner: the person, and the nickname they go by.
        owner: Option<(PersonId, BodyRef)>,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Create { .. } => Need::Host,
        }
    }
}

/// What happened to a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was founded.
    Created {
        /// Its name.
        name: String,
    },
}

/// Refuses what a closed community does not take.
pub fn open_for(community: &Community, _kind: &CommandKind) -> Result<(), Refusal> {
    match community.profile.status {
        Status::Open => Ok(()),
        Status::Suspended => Err(Refusal::CommunitySuspended),
        Status::Archived { .. } => Err(Refusal::CommunityArchived),
        Status::Removed => Err(Refusal::CommunityRemoved),
    }
}

/// Decides the first command of a community's stream.
pub fn found(
    _stream: &Stream,
    _envelope: &command::Command,
    _bodies: &Bodies,
    command: &Command,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let Command::Create { name, .. } = command;
    out.event(Event::Created { name: name.clone() });
    Ok(())
}

/// Decides a community command.
pub fn decide(_ctx: &Ctx<'_>, command: &Command, _out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Create { .. } => Err(Refusal::CommunityExists),
    }
}

/// A timer of the community fired.
pub fn on_timer(_ctx: &Ctx<'_>, timer: &Timer, _out: &mut Outcome) {
    match timer {
        Timer::OfferEnds => {}
    }
}

/// Applies what happened to the community.
pub fn apply(community: &mut Community, event: &Event, _moment: &Moment, _shelf: Shelf<'_>) {
    match event {
        Event::Created { name } => community.profile.name.clone_from(name),
    }
}
