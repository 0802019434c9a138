//! A draft: what a caller hands to the engine. The writer makes a command of it.

use std::collections::BTreeSet;

use kith_core::body::Bodies;
use kith_core::command::{Actor, Command, CommandKind, Key};
use kith_core::event::Event;
use kith_core::ids::{CommandId, CommunityId};
use kith_core::ports::StoreError;
use kith_core::queue::Receipt;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;

/// Who asks, and within what.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Who.
    pub actor: Actor,
    /// What their token was narrowed to; `None` where there is no token.
    pub scope: Option<BTreeSet<Permission>>,
}

impl Asker {
    /// The operator of the process.
    pub const HOST: Self = Self { actor: Actor::Host, scope: None };
}

/// A command before its writer has given it a time.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id, minted by the caller, so that it can name what the command will create.
    pub id: CommandId,
    /// The stream.
    pub community: CommunityId,
    /// Who asks.
    pub actor: Actor,
    /// What a token was narrowed to.
    pub scope: Option<BTreeSet<Permission>>,
    /// Makes a retry safe.
    pub key: Option<Key>,
    /// The command of another stream that caused it.
    pub cause: Option<CommandId>,
    /// What is asked.
    pub kind: CommandKind,
    /// What the command refers to.
    pub bodies: Bodies,
}

impl Draft {
    /// A draft without key, scope or bodies.
    pub fn new(id: CommandId, community: CommunityId, actor: Actor, kind: impl Into<CommandKind>) -> Self {
        let kind = kind.into();
        Self { id, community, actor, scope: None, key: None, cause: None, kind, bodies: Bodies::default() }
    }

    /// The same with what it refers to.
    #[must_use]
    pub fn with_bodies(mut self, bodies: Bodies) -> Self {
        self.bodies = bodies;
        self
    }

    /// The command at its time, and its bodies.
    pub(crate) fn at(self, at_ms: u64) -> (Command, Bodies) {
        let Self { id, community, actor, scope, key, cause, kind, bodies } = self;
        (Command { id, community, at_ms, actor, scope, key, cause, kind }, bodies)
    }
}

/// What came of a command; it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The command that did it: the caller's, or for a repeated key the first one's.
    pub command: CommandId,
    /// The record's number.
    pub seq: u64,
    /// What happened; empty for a repeated key.
    pub events: Vec<Event>,
    /// Why.
    pub receipts: Vec<Receipt>,
}

/// Why a command led to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The domain says no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The stream's mailbox is full; nothing was recorded, try again.
    #[error("the community has too much to do; nothing was recorded, try again in a moment")]
    Overloaded,
    /// The engine is stopping; nothing was recorded.
    #[error("the engine is stopping; nothing was recorded")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream cannot be read back.
    #[error("failed to open stream {community}: {what}")]
    Unreadable {
        /// Which.
        community: CommunityId,
        /// What was found.
        what: String,
    },
}

impl AskError {
    /// The same error for another caller who waits for the same frame.
    pub(crate) fn again(error: &StoreError) -> Self {
        Self::Store(match error {
            StoreError::Fenced { community, epoch, frame_no, current, next } => StoreError::Fenced {
                community: *community,
                epoch: *epoch,
                frame_no: *frame_no,
                current: *current,
                next: *next,
            },
            StoreError::Damaged(damage) => StoreError::Damaged(damage.clone()),
            StoreError::NotReady => StoreError::NotReady,
            StoreError::Closed => StoreError::Closed,
            StoreError::TooLarge { what, bytes, max } => {
                StoreError::TooLarge { what, bytes: *bytes, max: *max }
            }
            StoreError::Io { action, path, source } => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                StoreError::Io { action, path: path.clone(), source }
            }
            StoreError::Derived(what) => StoreError::Derived(what.clone()),
        })
    }
}
