//! Extensions as the writers ask them: a runner for the language, ids and keys for what it writes, the host's
//! dice, and a listener for what each run used.
//!
//! Knows no language: `Runner` is what a script host or a plugin host brings.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use kith_core::body::Body;
use kith_core::hook::{Call, Extensions, Fault, FaultKind, Hook, Ran};
use kith_core::ids::{CommandId, CommunityId, MemberId};
use kith_core::notice::Text;
use kith_core::ports::Keys;
use sha2::Sha256;

use crate::mint::Mint;

/// What one run used. None of it is the same on every machine, so none of it is in a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Time by the clock, microseconds.
    pub wall_us: u64,
    /// The most memory it had at once, bytes.
    pub memory_peak_bytes: u64,
    /// What it logged.
    pub log: Vec<String>,
    /// Whether it read what is not known of imported members: their card, since when they are inside.
    #[serde(default)]
    pub lacked: bool,
}

/// Runs one kind of extension.
pub trait Runner: Send + Sync {
    /// Runs one hook once; `seed` gives the command's dice.
    fn run(&self, call: &Call<'_>, seed: &dyn Fn() -> [u8; 32]) -> (Ran, Usage);
}

/// One run, as whoever watches is told of it: before it is durable, and even if its command is refused.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The community.
    pub community: CommunityId,
    /// The command it was asked about.
    pub command: CommandId,
    /// The script's number.
    pub no: u32,
    /// Its name.
    pub script: String,
    /// The version.
    pub version: u32,
    /// The hook.
    pub hook: Hook,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// Operations.
    pub operations: u64,
    /// Why it failed, with its detail.
    pub fault: Option<Fault>,
    /// What it used.
    pub usage: Usage,
}

/// Is told of each run. Must not block: a writer waits.
pub trait Watcher: Send + Sync {
    /// A run is over.
    fn ran(&self, run: Watched);
}

/// Nobody watches.
pub struct Unwatched;

impl Watcher for Unwatched {
    fn ran(&self, _run: Watched) {}
}

/// Extensions of one process.
pub struct Extended {
    runner: Arc<dyn Runner>,
    keys: Arc<dyn Keys>,
    mint: Mint,
    watcher: Arc<dyn Watcher>,
}

impl Extended {
    /// Extensions by a runner; bodies and ids come from `mint`.
    pub fn new(runner: Arc<dyn Runner>, keys: Arc<dyn Keys>, mint: Mint, watcher: Arc<dyn Watcher>) -> Self {
        Self { runner, keys, mint, watcher }
    }

    fn dice(&self, community: CommunityId, command: CommandId) -> Option<[u8; 32]> {
        let secret = self.keys.pepper(CommunityId::HOST).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
        mac.update(b"dice");
        mac.update(&community.0.to_be_bytes());
        mac.update(&command.0.to_be_bytes());
        Some(mac.finalize().into_bytes().into())
    }
}

impl Extensions for Extended {
    fn run(&self, call: &Call<'_>) -> Ran {
        let (community, command) = (call.ctx.stream.id, call.ctx.command.id);
        let seed = || self.seed(community, command);
        let (mut ran, usage) = self.runner.run(call, &seed);
        // Without the host's secret the dice would be known to everybody.
        if ran.dice && self.dice(community, command).is_none() {
            let detail = Text::new("script.run.no_secret");
            let hook = call.input.hook();
            ran.outcome = Err(Fault { kind: FaultKind::Runtime, hook, place: None, detail });
        }
        self.watcher.ran(Watched {
            community,
            command,
            no: call.script.no,
            script: call.script.name.clone(),
            version: call.version.number,
            hook: call.input.hook(),
            at_ms: call.ctx.at_ms(),
            operations: ran.operations,
            fault: ran.outcome.as_ref().err().cloned(),
            usage,
        });
        ran
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        self.mint.body(at_ms, owner, text.as_bytes())
    }

    fn seed(&self, community: CommunityId, command: CommandId) -> [u8; 32] {
        self.dice(community, command).unwrap_or_default()
    }
}
