//! The sections of the settings: which value of the core each is, what is plain in it, and the command that
//! replaces it.

use kith_core::command::CommandKind;
use kith_core::role::Permission;
use kith_core::stream::Community;
use kith_core::{card, gate, message, queue, rule, topic};
use kith_runtime::blueprint::{Mistake, Source};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is typed into a field of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Text,
    Number,
    /// A number that may be left out.
    Maybe,
    /// One of these.
    One(&'static [&'static str]),
    /// Names with spaces between.
    Names,
}

/// A value of the core, and the command that replaces it.
pub(super) struct Section {
    pub(super) key: &'static str,
    pub(super) permission: Permission,
    pub(super) fields: &'static [(&'static str, Typed)],
    pub(super) value: fn(&Community) -> Value,
    pub(super) text: fn(&Community) -> String,
    pub(super) command: fn(Value) -> Result<CommandKind, String>,
    pub(super) command_of_text: fn(&str) -> Result<CommandKind, Box<Mistake>>,
}

/// A value of the core that one command replaces.
trait Kept: Serialize + DeserializeOwned {
    fn of(community: &Community) -> &Self;
    fn command(self) -> CommandKind;
}

macro_rules! kept {
    ($($kind:ty: $community:ident => $of:expr, $it:ident => $command:expr;)*) => {$(
        impl Kept for $kind {
            fn of($community: &Community) -> &Self {
                &$of
            }
            fn command(self) -> CommandKind {
                let $it = self;
                $command.into()
            }
        }
    )*};
}

kept! {
    gate::GateConfig: it => it.gate.config, config => gate::Command::SetGate { config };
    card::Schema: it => it.card.schema, schema => card::Command::SetSchema { schema };
    message::MessageConfig: it => it.messages.config, config => message::Command::Configure { config };
    queue::QueueConfig: it => it.queue.config, config => queue::Command::Configure { config };
    rule::LadderConfig: it => it.rules.ladder, ladder => rule::Command::SetLadder { ladder };
    rule::RaidConfig: it => it.rules.raid.config, config => rule::Command::ConfigureRaid { config };
    topic::TopicConfig: it => it.topics.config, config => topic::Command::Configure { config };
}

impl Section {
    const fn of<C: Kept>(
        key: &'static str,
        permission: Permission,
        fields: &'static [(&'static str, Typed)],
    ) -> Self {
        Self {
            key,
            permission,
            fields,
            value: |community| serde_json::to_value(C::of(community)).unwrap_or_default(),
            text: |community| toml::to_string(C::of(community)).unwrap_or_default(),
            command: |value| {
                serde_json::from_value::<C>(value).map(C::command).map_err(|error| error.to_string())
            },
            command_of_text: |text| {
                let source = Source { path: "community.toml", text };
                toml::from_str::<C>(text)
                    .map(C::command)
                    .map_err(|error| Box::new(Mistake::of_toml(source, &error)))
            },
        }
    }
}

/// Every section, in the order in which they are shown.
pub(super) const SECTIONS: &[Section] = &[
    Section::of::<gate::GateConfig>(
        "gate",
        Permission::ManageGate,
        &[
            ("mode", Typed::One(&["all", "any"])),
            ("capacity", Typed::Maybe),
            ("waiting_max", Typed::Number),
            ("offer_hours", Typed::Number),
            ("role", Typed::Text),
            ("tags_on_return", Typed::One(&["keep", "clear"])),
        ],
    ),
    Section::of::<card::Schema>("card", Permission::ManageCard, &[("name_template", Typed::Maybe)]),
    Section::of::<message::MessageConfig>(
        "messages",
        Permission::ManageSettings,
        &[
            ("edit_window_minutes", Typed::Number),
            ("mention_all_per_day", Typed::Number),
            ("emoji_codes", Typed::Names),
        ],
    ),
    Section::of::<queue::QueueConfig>(
        "queue",
        Permission::ManageRules,
        &[
            ("hold_hours", Typed::Number),
            ("at_deadline", Typed::One(&["release", "deny", "keep"])),
            ("holds_per_member", Typed::Number),
            ("holds_max", Typed::Number),
            ("appeal_days", Typed::Number),
        ],
    ),
    Section::of::<rule::LadderConfig>("ladder", Permission::ManageRules, &[("forget_days", Typed::Number)]),
    Section::of::<rule::RaidConfig>(
        "raid",
        Permission::ManageRules,
        &[
            ("newcomer", Typed::Text),
            ("lasts", Typed::Text),
            ("joins", Typed::Maybe),
            ("within", Typed::Text),
        ],
    ),
    Section::of::<topic::TopicConfig>(
        "topics",
        Permission::ManageSettings,
        &[
            ("at", Typed::Names),
            ("channel", Typed::Text),
            ("count", Typed::Number),
            ("repeat_days", Typed::Number),
            ("list", Typed::Text),
            ("question_days", Typed::Number),
        ],
    ),
];
