//! What happened. Events are never altered: fields are added as optional, kinds under a new name.

use serde::{Deserialize, Serialize};

use crate::{
    answer, card, channel, community, connector, gate, handoff, host, import, ledger, member, message,
    privacy, queue, role, rule, script, timer, topic, webhook,
};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($noun:ident);)*) => {
        /// What happened, by noun.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event {
            $($(#[$doc])* $name($noun::Event),)*
            /// From here on the stream may hold kinds of this format's releases.
            FormatRaised {
                /// `record::FORMAT` of the release that raised it.
                format: u16,
            },
        }

        $(impl From<$noun::Event> for Event {
            fn from(event: $noun::Event) -> Self {
                Self::$name(event)
            }
        })*
    };
}

events! {
    /// Persons, tokens, quotas, the list of communities.
    Host(host);
    /// The community itself.
    Community(community);
    /// Roles.
    Role(role);
    /// Members.
    Member(member);
    /// Cards.
    Card(card);
    /// The gate.
    Gate(gate);
    /// Channels.
    Channel(channel);
    /// Messages.
    Message(message);
    /// Rules, strikes and sanctions.
    Rule(rule);
    /// Holds, receipts, appeals.
    Queue(queue);
    /// Erasure.
    Privacy(privacy);
    /// Imported facts.
    Import(import);
    /// Hand-offs.
    Handoff(handoff);
    /// Timers set and gone.
    Timer(timer);
    /// Too much was asked.
    Answer(answer);
    /// Scripts, their versions, their memory.
    Script(script);
    /// What to talk about.
    Topic(topic);
    /// Bots of other networks.
    Connector(connector);
    /// Addresses that are told of what happens.
    Webhook(webhook);
    /// Money.
    Ledger(ledger);
}
