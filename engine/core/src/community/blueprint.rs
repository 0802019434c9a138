//! The blueprint: a whole community as values, as it stands in `community.toml`, `messages/` and `lists/`.
//!
//! Each noun brings its own configuration; here they only come together. Reading the files is the caller's
//! business; whatever a blueprint holds is checked by `check` before anything is founded.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Settings, Zone};
use crate::card::CardConfig;
use crate::channel::{self, ChannelConfig, ConfigKind};
use crate::gate::GateConfig;
use crate::limits;
use crate::message::MessageConfig;
use crate::moment::Duration;
use crate::queue::QueueConfig;
use crate::refusal::Refusal;
use crate::role::{Role, Roles};
use crate::rule::{self, LadderConfig, RaidConfig, RuleConfig, Surroundings};
use crate::script;
use crate::topic::TopicConfig;

/// Lists of one community; each is compiled when a rule uses it.
const LISTS_MAX: usize = 64;
/// Lines of one list.
const LIST_LINES_MAX: usize = 20_000;
/// Texts of one language.
const TEXTS_MAX: usize = 1_000;

/// A whole community as values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Blueprint {
    /// What it is for, in one line.
    pub about: String,
    /// IANA time zone; UTC where none is named.
    pub zone: Zone,
    /// The language of its texts, `en` or `zh-CN`, where a reader has not chosen.
    pub language: Language,
    /// Typed settings.
    pub settings: Settings,
    /// Roles besides the built-in ones, or instead of one of the same name.
    pub roles: BTreeMap<String, Role>,
    /// What must hold before somebody is let in.
    pub gate: GateConfig,
    /// The card's fields and the form of names.
    pub card: CardConfig,
    /// Channels in their order; a group channel is added where none is named.
    #[serde(rename = "channel", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelConfig>,
    /// Channels with slow mode: name → time between two messages of one member.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slow_mode: BTreeMap<String, Duration>,
    /// Editing, mentioning everybody, reactions.
    pub messages: MessageConfig,
    /// Rules in their order.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleConfig>,
    /// What follows a breach.
    pub ladder: LadderConfig,
    /// The raid switch.
    pub raid: RaidConfig,
    /// What waits for a human, and appeals.
    pub queue: QueueConfig,
    /// Order and bindings of its scripts. The sources stand beside it.
    #[serde(skip_serializing_if = "script::Config::is_empty")]
    pub scripts: script::Config,
    /// When and where topics are raised.
    #[serde(skip_serializing_if = "TopicConfig::is_default")]
    pub topics: TopicConfig,
    /// Named lists: name → lines. From `lists/<name>.txt`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<String>>,
    /// Texts of its own: language → code → template. From `messages/<language>.toml`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// A language that the engine has texts in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// The tag of RFC 5646.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

impl Blueprint {
    /// Refuses a blueprint that would not work.
    pub fn check(&self) -> Result<(), Refusal> {
        for (name, role) in &self.roles {
            limits::check_name(name)?;
            if role.rank >= 100 {
                return Err(Refusal::ValueInvalid {
                    name: format!("roles.{name}.rank"),
                    expected: "0–99".to_owned(),
                });
            }
        }
        if self.roles.len() > limits::ROLES_MAX {
            return Err(Refusal::TooMany { what: "role".to_owned(), max: limits::ROLES_MAX as u64 });
        }
        if self.lists.len() > LISTS_MAX {
            return Err(Refusal::TooMany { what: "list".to_owned(), max: LISTS_MAX as u64 });
        }
        self.lists.iter().try_for_each(|(name, lines)| check_list(name, lines))?;
        self.texts.iter().try_for_each(|(language, texts)| check_texts(language, texts))?;
        self.zone.check()?;
        self.gate.check(&self.all_roles())?;
        self.card.check()?;
        self.check_channels()?;
        self.messages.check()?;
        let around = Surroundings { lists: &self.lists, texts: &self.texts, ladder: &self.ladder };
        rule::check_config(&self.rules, &around)?;
        self.raid.check()?;
        self.queue.check()?;
        self.scripts.check()?;
        self.topics.check()?;
        self.settings.check()
    }

    /// Channels are named once, for roles that exist; rules and slow mode name channels that exist.
    fn check_channels(&self) -> Result<(), Refusal> {
        let missing = |what: String| Err(Refusal::NotFound { what });
        if self.channels.len() > limits::CHANNELS_MAX {
            return Err(Refusal::TooMany { what: "channel".to_owned(), max: limits::CHANNELS_MAX as u64 });
        }
        let roles = self.all_roles();
        let mut names = BTreeSet::new();
        for channel in &self.channels {
            channel.check()?;
            if !names.insert(channel.name.as_str()) {
                return Err(Refusal::AlreadyExists { what: format!("channel {}", channel.name) });
            }
            let mut named = channel.read_roles.iter().chain(&channel.post_roles);
            if let Some(role) = named.find(|role| !roles.0.contains_key(*role)) {
                return missing(format!("role {role}"));
            }
        }
        if self.channels.iter().all(|channel| channel.kind != ConfigKind::Group) {
            names.insert(channel::default_name(self.language.tag()));
        }
        let topics = Some(&self.topics.channel).filter(|name| !name.is_empty());
        let named =
            self.rules.iter().flat_map(|rule| &rule.channels).chain(self.slow_mode.keys()).chain(topics);
        match named.into_iter().find(|name| !names.contains(name.as_str())) {
            Some(name) => missing(format!("channel {name}")),
            None => self.slow_mode.values().try_for_each(|wait| rule::check_slow(*wait)),
        }
    }

    /// The built-in roles with the blueprint's over them.
    pub fn all_roles(&self) -> Roles {
        let mut roles = Roles::default();
        roles.0.extend(self.roles.iter().map(|(name, role)| (name.clone(), role.clone())));
        roles
    }
}

/// Refuses a list that is not usable.
pub(super) fn check_list(name: &str, lines: &[String]) -> Result<(), Refusal> {
    limits::check_name(name)?;
    if lines.len() > LIST_LINES_MAX {
        return Err(Refusal::TooMany { what: format!("lists.{name}"), max: LIST_LINES_MAX as u64 });
    }
    match lines.iter().find(|line| line.len() > limits::NAME_BYTES_MAX) {
        Some(_) => {
            Err(Refusal::TextTooLong { field: format!("lists.{name}"), max: limits::NAME_BYTES_MAX as u64 })
        }
        None => Ok(()),
    }
}

/// Refuses texts that are not usable.
pub(super) fn check_texts(language: &str, texts: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if !["en", "zh-CN"].contains(&language) {
        return Err(Refusal::ValueInvalid { name: language.to_owned(), expected: "en | zh-CN".to_owned() });
    }
    if texts.len() > TEXTS_MAX {
        return Err(Refusal::TooMany { what: format!("messages.{language}"), max: TEXTS_MAX as u64 });
    }
    match texts.iter().find(|(_, text)| text.len() > limits::TEXT_BYTES_MAX) {
        Some((code, _)) => {
            Err(Refusal::TextTooLong { field: code.clone(), max: limits::TEXT_BYTES_MAX as u64 })
        }
        None => Ok(()),
    }
}
