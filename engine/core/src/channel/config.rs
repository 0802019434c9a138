//! What an operator says of a channel, in a blueprint or by command, and the channels a community is
//! founded with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Channel, Kind, Status};
use crate::ids::{ChannelId, CommandId};
use crate::limits;
use crate::refusal::Refusal;
use crate::stream::Community;

/// The kinds of channels that an operator opens; feeds are opened by their members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigKind {
    /// One to many.
    Broadcast,
    /// Many to many.
    #[default]
    Group,
}

impl From<ConfigKind> for Kind {
    fn from(kind: ConfigKind) -> Self {
        match kind {
            ConfigKind::Broadcast => Self::Broadcast,
            ConfigKind::Group => Self::Group,
        }
    }
}

/// What a channel is to be; a `[[channel]]` of a blueprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Shown name, unique among the channels.
    pub name: String,
    /// Who speaks to whom.
    #[serde(default)]
    pub kind: ConfigKind,
    /// One line on what it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Place among the channels: smaller first.
    #[serde(default)]
    pub order: u32,
    /// Names of the roles that may read; empty: everybody inside.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub read_roles: BTreeSet<String>,
    /// Names of the roles that may post, besides the permission of the kind; empty: no further limit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub post_roles: BTreeSet<String>,
}

impl ChannelConfig {
    /// A group channel of a name, open to everybody inside.
    pub fn group(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Refuses a shape that no channel can have. Whether its roles exist is asked of the community.
    pub fn check(&self) -> Result<(), Refusal> {
        limits::check_name(&self.name)?;
        if self.topic.len() > limits::TOPIC_BYTES_MAX {
            return Err(Refusal::TextTooLong {
                field: "topic".to_owned(),
                max: limits::TOPIC_BYTES_MAX as u64,
            });
        }
        if self.topic.chars().any(char::is_control) {
            return Err(Refusal::ValueInvalid { name: "topic".to_owned(), expected: "one_line".to_owned() });
        }
        Ok(())
    }

    pub(super) fn into_channel(self, id: ChannelId) -> Channel {
        Channel {
            id,
            kind: self.kind.into(),
            name: self.name,
            topic: self.topic,
            order: self.order,
            read_roles: self.read_roles,
            post_roles: self.post_roles,
            status: Status::Open,
        }
    }
}

impl Channel {
    /// What an operator would have to say to get this channel; `None` for a feed.
    pub fn config(&self) -> Option<ChannelConfig> {
        let kind = match self.kind {
            Kind::Broadcast => ConfigKind::Broadcast,
            Kind::Group => ConfigKind::Group,
            Kind::Feed { .. } => return None,
        };
        Some(ChannelConfig {
            name: self.name.clone(),
            kind,
            topic: self.topic.clone(),
            order: self.order,
            read_roles: self.read_roles.clone(),
            post_roles: self.post_roles.clone(),
        })
    }
}

/// What the first group channel is called where the blueprint names none, in the community's language.
pub fn default_name(language: &str) -> &'static str {
    if language.starts_with("zh") { "大厅" } else { "general" }
}

/// Gives a community that is being founded its channels: those of the blueprint, in its order, and a group
/// channel called `default_name` if none of them is one. Ids derive from the founding command.
///
/// Called by the fold of the founding event, so it refuses nothing: check each config before.
pub fn configure(
    community: &mut Community,
    configs: &[ChannelConfig],
    founding: CommandId,
    default_name: &str,
) {
    for (index, config) in (0_u32..).zip(configs) {
        community.channels.put(config.clone().into_channel(ChannelId::of(founding, index)));
    }
    if configs.iter().all(|config| config.kind != ConfigKind::Group) {
        let index = u32::try_from(configs.len()).unwrap_or(u32::MAX);
        let hall = ChannelConfig::group(default_name);
        community.channels.put(hall.into_channel(ChannelId::of(founding, index)));
    }
}
