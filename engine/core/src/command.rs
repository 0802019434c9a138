//! A command: who asks for what, in which community. The one shape in which anything can be asked of a
//! stream.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::{CommandId, CommunityId, MemberId, PersonId, TimerId};
use crate::role::{Need, Permission};
use crate::{
    answer, card, channel, community, connector, gate, handoff, host, import, ledger, member, message,
    privacy, queue, role, rule, script, timer, topic, webhook,
};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The operator of the process, at the command line or through the admin socket.
    Host,
    /// A person who is not (yet) a member: at the gate, or acting across communities.
    Person(PersonId),
    /// A member of the community.
    Member(MemberId),
    /// A timer of the stream itself.
    Timer(TimerId),
    /// Another stream, by a hand-off.
    Stream(CommunityId),
}

/// An idempotency key with a MAC over the input, so that the same key with another input is told apart. The
/// MAC is made outside under the community's pepper: the input itself may be personal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// At most `KEY_BYTES_MAX` bytes, chosen by the caller.
    pub text: String,
    /// MAC over the canonical input.
    #[serde(with = "serde_bytes")]
    pub input: [u8; 16],
}

impl Key {
    /// A key over the caller's canonical input, such as the bytes of a request.
    pub fn new(text: String, pepper: &[u8; 32], input: &[u8]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
        mac.update(input);
        let mut short = [0; 16];
        short.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        Self { text, input: short }
    }
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Minted outside; the object that the command creates has the same bits.
    pub id: CommandId,
    /// The stream it is for.
    pub community: CommunityId,
    /// Set by the stream's writer, never by a caller: max(wall clock, the stream's last record), Unix
    /// milliseconds.
    pub at_ms: u64,
    /// Who asks.
    pub actor: Actor,
    /// What the actor's token was narrowed to; `None` where there is no token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<BTreeSet<Permission>>,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The record that caused this one, such as the other stream's command of a hand-off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<CommandId>,
    /// What is asked.
    pub kind: CommandKind,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($noun:ident);)*) => {
        /// What can be asked, by noun. A noun is one folder or file and one line here.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CommandKind {
            $($(#[$doc])* $name($noun::Command),)*
        }

        impl CommandKind {
            /// What somebody must be or may do to ask this.
            pub fn needs(&self) -> Need {
                match self {
                    $(Self::$name(command) => command.needs(),)*
                }
            }
        }

        $(impl From<$noun::Command> for CommandKind {
            fn from(command: $noun::Command) -> Self {
                Self::$name(command)
            }
        })*
    };
}

commands! {
    /// Persons, tokens, quotas, the list of communities.
    Host(host);
    /// The community itself: settings, ownership, its end.
    Community(community);
    /// Roles and who has them.
    Role(role);
    /// Members: leaving, removal, tags.
    Member(member);
    /// The card's fields and values.
    Card(card);
    /// Getting in.
    Gate(gate);
    /// Channels.
    Channel(channel);
    /// Talk.
    Message(message);
    /// What may be said, and the ladder.
    Rule(rule);
    /// Holds and appeals.
    Queue(queue);
    /// A member's export and erasure.
    Privacy(privacy);
    /// A past brought in as facts.
    Import(import);
    /// What passes between streams.
    Handoff(handoff);
    /// A timer fires.
    Timer(timer);
    /// What the writer notes of its own answers.
    Answer(answer);
    /// Scripts and their versions.
    Script(script);
    /// What to talk about.
    Topic(topic);
    /// Bots of other networks.
    Connector(connector);
    /// Addresses that are told of what happens.
    Webhook(webhook);
    /// Points, transfers, packets: money.
    Ledger(ledger);
}
