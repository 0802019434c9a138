//! Topics: something to talk about, at the hour that the operator sets.
//!
//! In reading order: when and where (`config`); what people planned (`board`); what is chosen, from the
//! board, from scripts, from the built-in generator (`choose`); how it is raised (`raise`); what it brought
//! (`past`). The state holds facts and fingerprints; titles are bodies like everything that is written.

mod board;
mod choose;
mod config;
mod past;
mod raise;
#[cfg(test)]
mod tests;

pub use board::Planned;
pub use config::{CalendarError, Day, TimeOfDay, TopicConfig};
pub use past::{Raised, saw};
pub use raise::{begin, wanted, zone_changed};

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::{MemberId, MessageId, TopicId};
use crate::member::{self, Member};
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// What is planned, what was raised, and when it is time again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topics {
    /// When and where.
    #[serde(default)]
    pub config: TopicConfig,
    /// The engine's own bot, which raises what no script proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<MemberId>,
    /// When it is time again, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<u64>,
    /// The board.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub planned: BTreeMap<TopicId, Planned>,
    /// What was raised.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    past: VecDeque<Raised>,
}

impl Topics {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The topics that were raised and what each brought, oldest first.
    pub fn past(&self) -> impl DoubleEndedIterator<Item = &Raised> + ExactSizeIterator {
        self.past.iter()
    }
}

/// Where a topic came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Somebody planned it.
    Board {
        /// Which it was on the board.
        topic: TopicId,
    },
    /// A script proposed it.
    Script {
        /// Which.
        no: u32,
    },
    /// A question that nobody answered.
    Question {
        /// Which.
        question: MessageId,
    },
    /// The community's list.
    List,
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// It is time for topics.
    Due {
        /// The time that was meant.
        turn: u64,
    },
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Say when and where topics are raised.
    Configure {
        /// What it is to be.
        config: TopicConfig,
    },
    /// Put a topic on the board; its id has the bits of the command's.
    Plan {
        /// For which day.
        day: Day,
        /// One line.
        title: BodyRef,
        /// What else there is to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<BodyRef>,
    },
    /// Take a topic off the board.
    Drop {
        /// Which.
        topic: TopicId,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        Need::Permission(match self {
            Self::Configure { .. } => Permission::ManageSettings,
            Self::Plan { .. } | Self::Drop { .. } => Permission::Moderate,
        })
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// When and where was changed.
    Configured {
        /// What it is now.
        config: Box<TopicConfig>,
        /// What it was.
        old: Box<TopicConfig>,
    },
    /// It is known when it is time again.
    Scheduled {
        /// When, Unix milliseconds; `None` for never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_ms: Option<u64>,
        /// When it would have been.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<u64>,
    },
    /// A topic was planned.
    Planned {
        /// Which.
        topic: TopicId,
        /// What and when.
        planned: Planned,
    },
    /// A topic was taken off the board.
    Dropped {
        /// Which.
        topic: TopicId,
        /// What it was.
        old: Planned,
    },
    /// The engine's own bot is there.
    BotAdded {
        /// Its row.
        bot: Box<Member>,
    },
    /// A topic was raised.
    Raised {
        /// What, where and whence.
        raised: Box<Raised>,
    },
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Configure { config } => set(ctx, config, out),
        Command::Plan { day, title, text } => board::plan(ctx, *day, (*title, *text), out),
        Command::Drop { topic } => board::drop_planned(ctx, *topic, out),
    }
}

fn set(ctx: &Ctx<'_>, config: &TopicConfig, out: &mut Outcome) -> Result<(), Refusal> {
    config.check()?;
    if !config.channel.is_empty() && ctx.community.channels.of_name(&config.channel).is_none() {
        return Err(Refusal::NotFound { what: format!("channel {}", config.channel) });
    }
    let old = &ctx.community.topics.config;
    if config == old {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Configured { config: Box::new(config.clone()), old: Box::new(old.clone()) });
    raise::schedule(ctx, config, &ctx.community.profile.zone.rules(), out);
    Ok(())
}

/// Sets topics up as a blueprint says. Founding calls it, having refused what `TopicConfig::check` refuses.
pub fn configure(community: &mut Community, config: &TopicConfig) {
    community.topics.config = config.clone();
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    let Timer::Due { turn } = timer;
    raise::due(ctx, *turn, out);
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, mut shelf: Shelf<'_>) {
    let topics = &mut community.topics;
    match event {
        Event::Configured { config, .. } => topics.config = (**config).clone(),
        Event::Scheduled { next_ms, .. } => topics.next_ms = *next_ms,
        Event::Planned { topic, planned } => {
            planned.bodies().for_each(|body| keep(&mut shelf, body));
            topics.planned.insert(*topic, planned.clone());
        }
        Event::Dropped { topic, .. } => forget(topics, *topic, &mut shelf),
        Event::BotAdded { bot } => {
            topics.bot = Some(bot.id);
            member::keep(shelf.0, bot, shelf.1);
            community.members.put((**bot).clone());
        }
        Event::Raised { raised } => {
            if let Source::Board { topic } = raised.source {
                forget(topics, topic, &mut shelf);
            }
            past::raised(&mut topics.past, raised, &mut shelf);
        }
    }
}

/// Takes a topic off the board.
fn forget(topics: &mut Topics, topic: TopicId, shelf: &mut Shelf<'_>) {
    let planned = topics.planned.remove(&topic);
    planned.iter().flat_map(Planned::bodies).for_each(|body| drop(shelf.0.remove(body.id)));
}
