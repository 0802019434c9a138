//! The port behind which scripts and plugins stand.

use super::{Call, Fault, FaultKind, Ran};
use crate::body::Body;
use crate::ids::{CommandId, CommunityId, MemberId, MessageId};
use crate::notice::Text;

/// Runs extensions for the core. Pure but for what it measures: the same call with the same seed comes to
/// the same `Ran`.
pub trait Extensions: Send + Sync {
    /// Runs one hook once.
    fn run(&self, call: &Call<'_>) -> Ran;

    /// Puts a text that an extension wrote apart from the facts: a body with a fresh id and key.
    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body;

    /// The dice of a command: HMAC-SHA-256 over (community, command) under the host's secret. Recorded where
    /// an extension read them, so that a replay throws the same.
    fn seed(&self, community: CommunityId, command: CommandId) -> [u8; 32];

    /// What a message of this stream says that stands and was last edited at `edited_ms`, its texts joined by
    /// lines; `None` where they are erased or nothing can be read here. Whoever reads notes what was shown as
    /// evidence. Ask by `message::text_of`.
    fn words(&self, message: MessageId, edited_ms: Option<u64>) -> Option<String> {
        let _ = (message, edited_ms);
        None
    }
}

/// No extension can be run here: every call is a fault. For folding, harnesses and tools that ask nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExtensions;

impl Extensions for NoExtensions {
    fn run(&self, call: &Call<'_>) -> Ran {
        let fault = Fault {
            kind: FaultKind::Compile,
            hook: call.input.hook(),
            place: None,
            detail: Text::new("script.run.no_extensions"),
        };
        Ran { outcome: Err(fault), operations: 0, dice: false }
    }

    fn body(&self, _at_ms: u64, owner: MemberId, text: &str) -> Body {
        Body { id: crate::ids::BodyId(0), owner, key: [0; 16], bytes: text.as_bytes().into() }
    }

    fn seed(&self, _community: CommunityId, _command: CommandId) -> [u8; 32] {
        [0; 32]
    }
}
