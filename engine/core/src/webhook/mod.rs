//! Webhooks: addresses that are told of what happens, as their operator chose.
//!
//! The address and the secret that signs what is sent are bodies under the webhook's own key, which is
//! destroyed with it. How far one was told, and since when it does not answer, is state, so that a restart
//! goes on where it was. Whoever sends says what came of it; this decides when to try again, and when to give
//! up. Does not send anything.

mod change;
mod delivery;

#[cfg(test)]
mod tests;

pub use delivery::{BACKOFF_MS, BACKOFF_MS_MAX, GIVE_UP_MS};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::{MemberId, WebhookId};
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// The id by which the records are found that added webhooks. Whoever sends asks with it which communities
/// have any, and opens no other. Nothing minted has these bits: its time would be that of 1970.
pub const FOUND_BY: u128 = 0x7765_6268_6f6f_6b73;

/// Which kinds of events are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kinds {
    /// All.
    All,
    /// These, by the names that scripts know them by, such as `message.posted`.
    Only(BTreeSet<String>),
}

/// Why a webhook is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Somebody paused it.
    Paused,
    /// It did not answer for too long.
    Silent,
}

/// How a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is told.
    On,
    /// It did not answer, and is tried again.
    Failing {
        /// Since when, Unix milliseconds.
        since_ms: u64,
        /// How often it was tried since.
        attempts: u32,
        /// When it is tried again, Unix milliseconds.
        next_ms: u64,
    },
    /// It is not told.
    Off {
        /// Why.
        why: Why,
    },
}

/// One webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// What the operator calls it.
    pub label: String,
    /// The address.
    pub url: BodyRef,
    /// What signs that which is sent.
    pub secret: BodyRef,
    /// What it is told of.
    pub kinds: Kinds,
    /// Who added it; `None` the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// Since when, Unix milliseconds.
    pub since_ms: u64,
    /// It was told of the records up to this one.
    pub acked_seq: u64,
    /// How it is.
    pub state: State,
}

impl Webhook {
    /// Whether it is to be told of a kind of event.
    pub fn wants(&self, kind: &str) -> bool {
        match &self.kinds {
            Kinds::All => true,
            Kinds::Only(kinds) => kinds.contains(kind),
        }
    }

    /// Whether it is to be tried at `now_ms`.
    pub fn is_due(&self, now_ms: u64) -> bool {
        match self.state {
            State::On => true,
            State::Failing { next_ms, .. } => next_ms <= now_ms,
            State::Off { .. } => false,
        }
    }

    fn bodies(&self) -> [&BodyRef; 2] {
        [&self.url, &self.secret]
    }
}

/// Whose key seals a webhook's address and secret: no member has these bits.
pub fn owner(webhook: WebhookId) -> MemberId {
    MemberId(webhook.0)
}

/// The webhooks of a community.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Webhooks(BTreeMap<WebhookId, Webhook>);

impl Webhooks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One webhook.
    pub fn get(&self, id: WebhookId) -> Option<&Webhook> {
        self.0.get(&id)
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Webhook> {
        self.0.values()
    }

    fn find(&self, id: WebhookId) -> Result<&Webhook, Refusal> {
        self.get(id).ok_or_else(|| Refusal::NotFound { what: "webhook".to_owned() })
    }

    fn change(&mut self, id: WebhookId, change: impl FnOnce(&mut Webhook)) {
        if let Some(row) = self.0.get_mut(&id) {
            change(row);
        }
    }
}

/// What can be asked of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Add one; its id has the bits of the command's. It is told of what comes after.
    Add {
        /// What to call it.
        label: String,
        /// The address, owned by `owner` of the id.
        url: BodyRef,
        /// What signs that which is sent, owned likewise.
        secret: BodyRef,
        /// What it is told of.
        kinds: Kinds,
    },
    /// Change one. One that did not answer is tried at once.
    Change {
        /// Which.
        webhook: WebhookId,
        /// Another address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<BodyRef>,
        /// Another secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<BodyRef>,
        /// What else it is told of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kinds: Option<Kinds>,
    },
    /// Remove one; its key is destroyed.
    Remove {
        /// Which.
        webhook: WebhookId,
    },
    /// Tell it nothing for now.
    Pause {
        /// Which.
        webhook: WebhookId,
    },
    /// Go on telling it, from where it was.
    Resume {
        /// Which.
        webhook: WebhookId,
    },
    /// It was told of the records up to here.
    Delivered {
        /// Which.
        webhook: WebhookId,
        /// The last record.
        seq: u64,
    },
    /// It did not take a record.
    Failed {
        /// Which.
        webhook: WebhookId,
        /// The record.
        seq: u64,
    },
}

impl Command {
    /// What the actor must be or may do. What came of sending is for the host to say.
    pub fn needs(&self) -> Need {
        match self {
            Self::Delivered { .. } | Self::Failed { .. } => Need::Host,
            _ => Need::Permission(Permission::ManageSettings),
        }
    }
}

/// What happened to webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One was added.
    Added {
        /// It.
        webhook: Box<Webhook>,
    },
    /// One was changed.
    Changed {
        /// As it is now.
        webhook: Box<Webhook>,
        /// As it was.
        old: Box<Webhook>,
    },
    /// One was removed.
    Removed {
        /// As it was.
        old: Box<Webhook>,
    },
    /// One was told of the records up to here.
    Delivered {
        /// Which.
        webhook: WebhookId,
        /// The last record.
        seq: u64,
        /// The last one before.
        old: u64,
    },
    /// One is in another state.
    StateChanged {
        /// Which.
        webhook: WebhookId,
        /// Now.
        state: State,
        /// Before.
        old: State,
        /// The record that it did not take.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
}

/// Decides a webhook command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Add { label, url, secret, kinds } => change::add(ctx, label, (*url, *secret), kinds, out),
        Command::Change { webhook, url, secret, kinds } => {
            change::change(ctx, *webhook, (*url, *secret, kinds.as_ref()), out)
        }
        Command::Remove { webhook } => {
            let old = Box::new(ctx.community.webhooks.find(*webhook)?.clone());
            out.event(Event::Removed { old });
            Ok(())
        }
        Command::Pause { webhook } => delivery::pause(ctx, *webhook, out),
        Command::Resume { webhook } => delivery::resume(ctx, *webhook, out),
        Command::Delivered { webhook, seq } => delivery::delivered(ctx, *webhook, *seq, out),
        Command::Failed { webhook, seq } => delivery::failed(ctx, *webhook, *seq, out),
    }
}

/// Applies what happened to webhooks.
pub fn apply(community: &mut Community, event: &Event, mut shelf: Shelf<'_>) {
    let webhooks = &mut community.webhooks;
    match event {
        Event::Added { webhook } => {
            webhook.bodies().into_iter().for_each(|body| keep(&mut shelf, body));
            webhooks.0.insert(webhook.id, (**webhook).clone());
        }
        Event::Changed { webhook, old } => {
            let replaced = old.bodies().into_iter().filter(|body| !webhook.bodies().contains(body));
            replaced.for_each(|body| drop(shelf.0.remove(body.id)));
            webhook.bodies().into_iter().for_each(|body| keep(&mut shelf, body));
            webhooks.0.insert(webhook.id, (**webhook).clone());
        }
        Event::Removed { old } => {
            webhooks.0.remove(&old.id);
            shelf.0.erase(owner(old.id));
        }
        Event::Delivered { webhook, seq, .. } => webhooks.change(*webhook, |row| row.acked_seq = *seq),
        Event::StateChanged { webhook, state, .. } => webhooks.change(*webhook, |row| row.state = *state),
    }
}
