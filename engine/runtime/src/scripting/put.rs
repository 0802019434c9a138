//! The command that puts a checked script in.

use std::sync::Arc;
use std::time::Duration;

use kith_core::command::Actor;
use kith_core::event::Event;
use kith_core::ids::CommunityId;
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use kith_core::script::{self, Binding, Command, Origin, Script, Stage};
use kith_core::stream::Stream;

use super::{Checked, Compiler, Problem, Written, check};
use crate::draft::{AskError, Draft, Reply};
use crate::engine::Engine;
use crate::mint::Mint;
use crate::texts::ENGLISH_READER;

/// How long a full mailbox is given before it is asked again, and how often.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(20);
const ASKED_MAX: u32 = 250;
/// A source within its limits compiles in milliseconds; whatever takes so long is not waited for.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// What is needed to put scripts in.
#[derive(Clone)]
pub struct Desk {
    /// The engine.
    pub engine: Engine,
    /// Where ids come from.
    pub mint: Arc<Mint>,
    /// The language.
    pub compiler: Arc<dyn Compiler>,
}

/// How and where a version is put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct How {
    /// Where it comes from.
    pub origin: Origin,
    /// How it is bound; `None` keeps what there is.
    pub binding: Option<Binding>,
    /// What becomes of it.
    pub stage: Stage,
}

impl How {
    /// The command that puts a script in which passed the checks.
    pub fn command(&self, written: &Written, checked: &Checked) -> Command {
        let (How { origin, binding, stage }, hooks) = (self.clone(), checked.hooks.clone());
        let (name, source) = (written.name.clone(), written.source.clone());
        let cases = written.cases.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        Command::Put { name, source, hooks, origin, binding, stage, cases }
    }
}

/// What became of a script that was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Its version, new or old.
    pub version: u32,
    /// Whether anything is otherwise now.
    pub change: Change,
    /// What the checks said.
    pub checked: Checked,
}

/// Whether anything is otherwise now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The version stands where it was put.
    Made,
    /// It stood there already.
    Nothing,
}

/// Why a script was not put in.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It did not pass.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// The checks did not come to an end.
    #[error("{}", ENGLISH_READER.render(&Self::too_slow()))]
    TooSlow,
    /// The checks broke.
    #[error("{}", ENGLISH_READER.render(&Self::broken(.0)))]
    Broken(String),
    /// The community says no.
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl PutError {
    /// What is said of checks that did not come to an end.
    pub fn too_slow() -> Text {
        Text::new("script.check.too_slow").with("seconds", CHECK_TIMEOUT.as_secs())
    }

    /// What is said of checks that broke.
    pub fn broken(what: &str) -> Text {
        Text::new("script.check.broken").with("what", what)
    }
}

impl Desk {
    /// Takes a script through every step, on a thread where it may take its time.
    pub async fn check(&self, written: &Written) -> Result<Checked, PutError> {
        let (compiler, written) = (Arc::clone(&self.compiler), written.clone());
        let work = tokio::task::spawn_blocking(move || check(compiler.as_ref(), &written));
        match tokio::time::timeout(CHECK_TIMEOUT, work).await {
            Err(_) => Err(PutError::TooSlow),
            Ok(Err(panic)) => Err(PutError::Broken(panic.to_string())),
            Ok(Ok(checked)) => Ok(checked?),
        }
    }

    /// Takes a kept version through every step again, the cases that it came with too: what decides about it
    /// may have changed since.
    pub async fn check_kept(&self, script: &Script, number: u32) -> Result<Checked, PutError> {
        let what = || format!("script {} version {number}", script.name);
        let missing = || AskError::Refused(Refusal::NotFound { what: what() });
        let version = script.version(number).ok_or_else(missing)?;
        self.check(&Written::kept(script, version)).await
    }

    /// Takes a script through every step and puts it in.
    pub async fn put(&self, to: CommunityId, written: &Written, how: How) -> Result<Done, PutError> {
        let checked = self.check(written).await?;
        let (change, named) = match self.ask(to, how.command(written, &checked)).await {
            Err(AskError::Refused(Refusal::NothingToChange)) => (Change::Nothing, None),
            other => (Change::Made, version_in(&other?)),
        };
        let version = match named {
            Some(version) => version,
            None => self.newest(to, &written.name).await?,
        };
        Ok(Done { version, change, checked })
    }

    /// Asks as the host. A mailbox that is full is asked again: whoever saves a file waits, nobody else.
    pub(super) async fn ask(&self, to: CommunityId, command: Command) -> Result<Reply, AskError> {
        for _ in 0..ASKED_MAX {
            let id = self.mint.command(self.engine.ports().clock.wall_ms());
            match self.engine.ask(Draft::new(id, to, Actor::Host, command.clone())).await {
                Err(AskError::Overloaded) => tokio::time::sleep(ASK_AGAIN_AFTER).await,
                other => return other,
            }
        }
        Err(AskError::Overloaded)
    }

    async fn newest(&self, of: CommunityId, name: &str) -> Result<u32, AskError> {
        let name = name.to_owned();
        let newest = move |stream: &Stream| {
            stream.community().and_then(|it| it.scripts.get(&name)).map_or(0, |script| script.newest)
        };
        self.engine.view(of, newest).await
    }
}

/// The version that a reply speaks of: one that was put in, or one that stands elsewhere now.
pub fn version_in(reply: &Reply) -> Option<u32> {
    reply.events.iter().find_map(|event| match event {
        Event::Script(script::Event::VersionPut { version, .. }) => Some(version.number),
        Event::Script(
            script::Event::Switched { live: Some(version), .. }
            | script::Event::Shadowed { version: Some(version), .. },
        ) => Some(*version),
        _ => None,
    })
}
