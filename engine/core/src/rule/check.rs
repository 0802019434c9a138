//! The kinds of rules: one line here and one file each.
//!
//! A kind has its parameters, the facts it measures, and a pure verdict over both. A [`Clause`] keeps
//! parameters and facts together, which is all that is needed to come to the verdict again.

use serde::{Deserialize, Serialize};

use super::config::Surroundings;
use super::view::View;
use super::{
    Occasion, contacts, flood, invites, length, links, newcomers, nickname, pattern, queue_full, raid,
    repetition, words,
};
use crate::notice::Text;
use crate::refusal::Refusal;

/// Whether the facts break the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// They keep within them.
    Kept,
    /// They do not.
    Broken,
}

impl Finding {
    /// `Broken` exactly when it is true that they are.
    pub(super) fn broken_when(broken: bool) -> Self {
        if broken { Self::Broken } else { Self::Kept }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($module:ident) = $code:literal;)*) => {
        /// What a rule checks, with its parameters.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Check {
            $($(#[$doc])* $name($module::Params),)*
        }

        /// A check's parameters and the facts that were measured for it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Clause {
            $($(#[$doc])* $name {
                /// The rule's parameters of that version.
                params: $module::Params,
                /// What was measured.
                facts: $module::Facts,
            },)*
            /// Not a rule of the operator's: newcomers' posts wait while the raid switch is on.
            Raid {
                /// How long somebody is a newcomer.
                params: raid::Params,
                /// How long the author has been inside.
                facts: raid::Facts,
            },
            /// Not a rule of the operator's: too much of the author's waits in the queue already.
            QueueFull {
                /// The queue's limits.
                params: queue_full::Params,
                /// What waits.
                facts: queue_full::Facts,
            },
        }

        impl Check {
            /// The stable name of the kind.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name(_) => $code,)* }
            }

            /// Measures a draft; the clause only if it is broken.
            pub(super) fn breach(&self, view: &View<'_>) -> Option<Clause> {
                match self {
                    $(Self::$name(params) => {
                        let facts = $module::measure(view, params);
                        ($module::verdict(params, &facts) == Finding::Broken)
                            .then(|| Clause::$name { params: params.clone(), facts })
                    })*
                }
            }

            /// On which occasions it is checked where the rule names none.
            pub(super) fn default_occasions(&self) -> &'static [Occasion] {
                match self { $(Self::$name(_) => $module::OCCASIONS,)* }
            }

            /// Refuses parameters that could not work.
            pub(super) fn check_sound(&self, rule: &str, around: &Surroundings<'_>) -> Result<(), Refusal> {
                match self { $(Self::$name(params) => params.check_sound(rule, around),)* }
            }

            /// The lists that it names.
            pub(super) fn lists(&self) -> &[String] {
                match self {
                    Self::Words(params) => &params.lists,
                    Self::Nickname(params) => &params.lists,
                    _ => &[],
                }
            }

            /// How far back it looks, milliseconds.
            pub(super) fn horizon_ms(&self) -> u64 {
                match self {
                    Self::Flood(params) => params.within.0,
                    Self::Repetition(params) => params.within.0,
                    Self::Newcomers(params) => params.horizon_ms(),
                    _ => 0,
                }
            }
        }

        impl Clause {
            /// Comes to the finding again, from parameters and facts alone.
            pub fn finding(&self) -> Finding {
                match self {
                    $(Self::$name { params, facts } => $module::verdict(params, facts),)*
                    Self::Raid { params, facts } => raid::verdict(params, facts),
                    Self::QueueFull { params, facts } => queue_full::verdict(params, facts),
                }
            }

            /// The recorded facts under another version's parameters; `None` where it checks something
            /// else.
            pub fn under(&self, check: &Check) -> Option<Self> {
                match (self, check) {
                    $((Self::$name { facts, .. }, Check::$name(params)) => {
                        Some(Self::$name { params: params.clone(), facts: facts.clone() })
                    })*
                    _ => None,
                }
            }

            /// Why it is broken, in words; and what would have passed.
            pub(super) fn texts(&self) -> (Text, Option<Text>) {
                match self {
                    $(Self::$name { params, facts } => $module::texts(params, facts),)*
                    Self::Raid { params, facts } => raid::texts(params, facts),
                    Self::QueueFull { params, facts } => queue_full::texts(params, facts),
                }
            }

            /// Whether an operator's rule says so, with what follows on the ladder.
            pub(super) const fn is_rule(&self) -> bool {
                !matches!(self, Self::Raid { .. } | Self::QueueFull { .. })
            }
        }
    };
}

kinds! {
    /// Words and phrases of named lists.
    Words(words) = "words";
    /// A regular expression.
    Pattern(pattern) = "pattern";
    /// Links.
    Links(links) = "links";
    /// Invites into other groups and platforms.
    Invites(invites) = "invites";
    /// Contact cards: phone numbers, ids of other platforms, addresses.
    Contacts(contacts) = "contacts";
    /// Many messages in a short time.
    Flood(flood) = "flood";
    /// The same again and again.
    Repetition(repetition) = "repetition";
    /// Too long.
    Length(length) = "length";
    /// What newcomers may not do yet.
    Newcomers(newcomers) = "newcomers";
    /// The form of nicknames.
    Nickname(nickname) = "nickname";
}
