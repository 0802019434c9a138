//! The hooks by name, and how much each may use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A point in a community's life where extensions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// Somebody asks to be let in.
    Join,
    /// A member changes their card or nickname.
    Card,
    /// A message is posted or edited.
    Message,
    /// A member types `/name …`.
    Command,
    /// Something happened.
    Event,
    /// A timer of the extension's own is due.
    Timer,
    /// The group needs something to talk about.
    Topic,
}

/// How much one run may use: small and medium before a decision, large beside the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Somebody waits, and it happens seldom.
    Small,
    /// Somebody waits, and it happens all the time.
    Medium,
    /// Nobody waits.
    Large,
}

impl Hook {
    /// Every hook, in the order of a member's life.
    pub const ALL: [Self; 7] =
        [Self::Join, Self::Card, Self::Message, Self::Command, Self::Event, Self::Timer, Self::Topic];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Card => "card",
            Self::Message => "message",
            Self::Command => "command",
            Self::Event => "event",
            Self::Timer => "timer",
            Self::Topic => "topic",
        }
    }

    /// The name of the function that a script answers it with.
    pub const fn function(self) -> &'static str {
        match self {
            Self::Join => "on_join",
            Self::Card => "on_card",
            Self::Message => "on_message",
            Self::Command => "on_command",
            Self::Event => "on_event",
            Self::Timer => "on_timer",
            Self::Topic => "propose_topics",
        }
    }

    /// How much a run may use.
    pub const fn class(self) -> Class {
        match self {
            Self::Join | Self::Card => Class::Small,
            Self::Message | Self::Command | Self::Event => Class::Medium,
            Self::Timer | Self::Topic => Class::Large,
        }
    }

    /// Whether a ruling is asked for: the hook stands before a decision and says allow, hold or deny.
    pub const fn rules(self) -> bool {
        matches!(self, Self::Join | Self::Card | Self::Message)
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Hook {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|hook| hook.name() == text).ok_or(())
    }
}
