//! A session: DATA opened, an engine over it, and what one command does with both.
//!
//! Promises that the engine is stopped and every stream at rest before DATA is closed, and that a failure of
//! the log ends the command at once with exit code 70.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kith_core::body::Bodies;
use kith_core::ids::{CommandId, CommunityId};
use kith_core::ports::Clock as _;
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_runtime::draft::{Draft, Reply};
use kith_runtime::engine::{Engine, Options};
use kith_runtime::host::Operator;
use kith_runtime::mint::Mint;
use kith_runtime::scripting::Desk;

use kith_store::derived::Phase;

use kith_core::command::{Actor, CommandKind};
use kith_core::notice::Text;

use crate::clock::SystemClock;
use crate::failure::{Exit, Failure};
use crate::opened::Opened;

/// How often it is looked whether the index is open, and how many times: a minute in all.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOKS_MAX: u32 = 3_000;

/// Whether DATA has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folder {
    /// It was made before.
    Existing,
    /// It may be made now.
    New,
}

/// A running engine over an opened DATA folder.
pub(crate) struct Session {
    pub(crate) opened: Opened,
    pub(crate) engine: Engine,
    pub(crate) mint: Mint,
}

/// Refuses a folder that no store was ever made in, so that a slip in a path makes no empty one.
pub(crate) fn check_exists(data: &Path) -> Result<(), Failure> {
    if data.join("log").is_dir() {
        return Ok(());
    }
    let text = Text::new("cli.no_data").with("path", data.display().to_string().as_str());
    Err(Failure::told(Exit::BadInput, text))
}

/// Opens DATA, does the work, and closes it again.
pub(crate) fn run<T>(
    data: &Path,
    folder: Folder,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if folder == Folder::Existing {
        check_exists(data)?;
    }
    let opened = Opened::open(data, Box::new(|_| {}))?;
    over(opened, work)
}

/// Does the work over a folder that was opened elsewhere.
pub(crate) fn over<T>(
    opened: Opened,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        let engine = opened.engine(Options::default());
        let session = Session { opened, engine, mint: Mint::System };
        let done = tokio::select! {
            done = work(&session) => done,
            () = session.engine.failure() => {
                let failed = session.opened.store().failed();
                let unknown = || Failure::told(Exit::Failed, Text::new("cli.failed"));
                return Err(failed.map_or_else(unknown, Failure::from));
            }
        };
        session.engine.stop().await;
        done
    })
}

impl Session {
    /// What scripts are put in with.
    pub(crate) fn desk(&self) -> Desk {
        let (engine, mint) = (self.engine.clone(), Arc::new(Mint::System));
        Desk { engine, mint, compiler: self.opened.scripting().compiler() }
    }

    /// The operator's hands.
    pub(crate) async fn operator(&self) -> Result<Operator<'_>, Failure> {
        Ok(Operator::start(&self.engine, &self.mint).await?)
    }

    /// The id of a community by its name or id.
    pub(crate) async fn community(&self, name: &str) -> Result<CommunityId, Failure> {
        if let Ok(id) = name.parse::<CommunityId>() {
            return Ok(id);
        }
        match self.operator().await?.resolve(name).await? {
            Some(row) => Ok(row.id),
            None => Err(Refusal::CommunityNotFound.into()),
        }
    }

    /// Looks at a community.
    pub(crate) async fn view<T: Send + 'static>(
        &self,
        community: CommunityId,
        look: impl FnOnce(&Stream, &Community) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let seen =
            self.engine.view(community, |stream| stream.community().map(|it| look(stream, it))).await?;
        seen.ok_or_else(|| Refusal::CommunityNotFound.into())
    }

    /// Asks as the operator.
    pub(crate) async fn ask(
        &self,
        community: CommunityId,
        kind: impl Into<CommandKind>,
    ) -> Result<Reply, Failure> {
        let id = self.mint.command(self.now_ms());
        self.ask_from((id, Actor::Host, Bodies::default()), community, kind).await
    }

    /// Asks as anybody, under an id that is known already and with what it refers to.
    pub(crate) async fn ask_from(
        &self,
        (id, actor, bodies): (CommandId, Actor, Bodies),
        community: CommunityId,
        kind: impl Into<CommandKind>,
    ) -> Result<Reply, Failure> {
        let draft = Draft::new(id, community, actor, kind).with_bodies(bodies);
        Ok(self.engine.ask(draft).await?)
    }

    /// Waits until the index is open: an erasure purges snapshots, and is only tried again at the next
    /// opening.
    pub(crate) async fn index_ready(&self) {
        for _ in 0..LOOKS_MAX {
            if self.opened.index().phase() == Phase::Ready {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Lets search catch up, if DATA has any: what was erased is to be in no file when a command says that
    /// it is gone.
    pub(crate) async fn search_settled(&self) -> Result<(), Failure> {
        if !self.opened.has_search() {
            return Ok(());
        }
        let (mut feeder, _) = self.opened.feeder(Box::new(|_| {}));
        Ok(tokio::task::block_in_place(|| feeder.catch_up())?)
    }

    /// The time.
    pub(crate) fn now_ms(&self) -> u64 {
        SystemClock::start().wall_ms()
    }
}
