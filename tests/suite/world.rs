//! The harness of the end-to-end cases: an opened DATA folder with a running engine, asked as a host would
//! ask.
//!
//! Blocks where the engine waits, so that a case reads as a story. Opens exactly what the binary opens
//! (`kith::opened`), on a folder or on a simulated disk, with the real clock or one that the case turns.
//! `ask` is the whole interface of the engine; the other verbs only build drafts for it. Knows no HTTP and no
//! command line.

mod dice;
mod manual_clock;
mod proof;
mod stories;
mod tools;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kith::clock::SystemClock;
use kith::opened::Opened;
use kith_core::ids::CommunityId;
use kith_core::ports::{Clock, Hash, Records, StoreError};
use kith_core::stream::{Community, Stream};
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::engine::{Engine, Options};
use kith_runtime::mint::Mint;
use kith_runtime::scripting::Desk;
use kith_store::derived::Phase;
use kith_store::{Store, VerifyReport};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use dice::{Dice, rounds};
pub(crate) use manual_clock::{ManualClock, START_MS};
pub(crate) use proof::{Acks, assert_nothing_lost};
pub(crate) use stories::{Place, text_part};
pub(crate) use tools::tool;

/// The longest that a case waits for something that happens on another thread.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How a store is opened: on a folder, or on a disk of the case's own.
pub(crate) type OpenStore = Arc<dyn Fn(&Path) -> Result<Store, StoreError> + Send + Sync>;

/// Where a world lives and by which clock.
pub(crate) struct Ground {
    data: PathBuf,
    /// Removed with the world; `None` for a folder that somebody else looks after.
    _folder: Option<TempDir>,
    open_store: OpenStore,
    clock: Arc<dyn Clock>,
    options: Options,
    seed: Option<u64>,
}

impl Ground {
    /// A folder of its own and the real clock.
    pub(crate) fn fresh() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let data = folder.path().join("data");
        Self { _folder: Some(folder), ..Self::at(&data) }
    }

    /// A folder that is there already or is to stay.
    pub(crate) fn at(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            _folder: None,
            open_store: Arc::new(Store::open),
            clock: Arc::new(SystemClock::start()),
            options: Options::default(),
            seed: None,
        }
    }

    /// The same with a clock that the case turns.
    pub(crate) fn clock(self, clock: &ManualClock) -> Self {
        Self { clock: Arc::new(clock.clone()), ..self }
    }

    /// The same with a store that the case opens.
    pub(crate) fn store(self, open_store: OpenStore) -> Self {
        Self { open_store, ..self }
    }

    /// The same with other options.
    pub(crate) fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The same with ids that repeat themselves.
    pub(crate) fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Opens it.
    pub(crate) fn open(self) -> World {
        self.try_open().expect("DATA opens")
    }

    /// Opens it, or says why not.
    pub(crate) fn try_open(self) -> Result<World, StoreError> {
        let runtime = Runtime::new().expect("threads can be started");
        let running = Running::start(&self, &runtime)?;
        Ok(World {
            running: Some(running),
            runtime,
            mint: self.seed.map_or(Mint::System, Mint::seeded),
            ground: self,
        })
    }
}

/// What is open between two restarts. The engine goes first, then what it was started over.
struct Running {
    engine: Engine,
    opened: Opened,
}

impl Running {
    fn start(ground: &Ground, runtime: &Runtime) -> Result<Self, StoreError> {
        let store = (ground.open_store)(&ground.data)?;
        let opened = Opened::over(store, Arc::clone(&ground.clock), Box::new(|_| {}))?;
        let engine = runtime.block_on(async { opened.engine(ground.options) });
        Ok(Self { engine, opened })
    }
}

/// An engine over a DATA folder.
pub(crate) struct World {
    running: Option<Running>,
    runtime: Runtime,
    mint: Mint,
    /// Last, so that the folder is removed after everything in it is closed.
    ground: Ground,
}

impl World {
    /// A world in a folder of its own, with the real clock.
    pub(crate) fn new() -> Self {
        Ground::fresh().open()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the world is running")
    }

    /// The DATA folder.
    pub(crate) fn data(&self) -> &Path {
        &self.ground.data
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.running().engine
    }

    /// What the engine was started over.
    pub(crate) fn opened(&self) -> &Opened {
        &self.running().opened
    }

    /// Where ids and bodies come from.
    pub(crate) fn mint(&self) -> &Mint {
        &self.mint
    }

    /// The wall clock, Unix milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.ground.clock.wall_ms()
    }

    /// What scripts are put in with.
    pub(crate) fn desk(&self) -> Desk {
        let (engine, mint) = (self.engine().clone(), Arc::new(Mint::System));
        Desk { engine, mint, compiler: self.opened().scripting().compiler() }
    }

    /// Lets something run beside the case.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        what: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(what)
    }

    /// Runs something that waits.
    pub(crate) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        let patient = async { tokio::time::timeout(PATIENCE, what).await };
        self.runtime.block_on(patient).expect("it does not take that long")
    }

    /// Asks for a command and waits until its outcome is durable.
    pub(crate) fn ask(&self, draft: Draft) -> Result<Reply, AskError> {
        self.wait(self.engine().ask(draft))
    }

    /// Looks at a stream.
    pub(crate) fn look<T: Send + 'static>(
        &self,
        id: CommunityId,
        look: impl FnOnce(&Stream) -> T + Send + 'static,
    ) -> Result<T, AskError> {
        self.wait(self.engine().view(id, look))
    }

    /// Looks at a community that is there.
    pub(crate) fn view<T: Send + 'static>(
        &self,
        id: CommunityId,
        look: impl FnOnce(&Community) -> T + Send + 'static,
    ) -> T {
        let seen = self.look(id, |stream| stream.community().map(look));
        seen.expect("the stream can be read").expect("it is a community")
    }

    /// The hash of a stream's state, as the running engine has it.
    pub(crate) fn state_hash(&self, id: CommunityId) -> Hash {
        self.look(id, Stream::hash).expect("the stream can be read")
    }

    /// The durable head's number of a stream's last record.
    pub(crate) fn durable_seq(&self, id: CommunityId) -> u64 {
        self.opened().store().log().head(id).map_or(0, |head| head.seq)
    }

    /// Verifies the whole log.
    pub(crate) fn verify(&self) -> VerifyReport {
        self.opened().store().verify(&mut |_, _| {}).expect("the log can be walked")
    }

    /// Lets a stream drop to its snapshot; the next look recovers it.
    pub(crate) fn rest(&self, id: CommunityId) {
        self.wait(self.engine().rest(id));
    }

    /// Waits until nothing of a stream is under way: what it sends has arrived, what it erases is erased.
    pub(crate) fn settle(&self, id: CommunityId) {
        self.until("the stream has settled", |world| {
            let idle =
                |stream: &Stream| stream.handoffs.outbox().next().is_none() && stream.erasures.is_empty();
            world.look(id, idle).expect("the stream can be read")
        });
    }

    /// Waits until the index answers.
    pub(crate) fn await_index(&self) {
        self.until("the index is ready", |world| world.opened().index().phase() == Phase::Ready);
    }

    /// Waits until something holds that another thread brings about.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let clock = SystemClock::start();
        while u128::from(clock.monotonic_ms()) < PATIENCE.as_millis() {
            if holds(self) {
                return;
            }
            self.runtime.block_on(async { tokio::time::sleep(LOOK_EVERY).await });
        }
        panic!("waited in vain until {what}");
    }

    /// Stops the engine cleanly and closes DATA. Only `start` may follow.
    pub(crate) fn stop(&mut self) {
        if let Some(running) = &self.running {
            self.wait(running.engine.stop());
        }
        self.close();
    }

    /// Drops everything where it stands: no snapshot is taken and nobody is told. What is queued is still
    /// written.
    pub(crate) fn close(&mut self) {
        let Some(running) = self.running.take() else { return };
        let Running { engine, opened } = running;
        drop(engine);
        // Tasks hold the store too: they end with the runtime that runs them.
        let runtime = std::mem::replace(&mut self.runtime, Runtime::new().expect("threads can be started"));
        runtime.shutdown_timeout(PATIENCE);
        drop(opened);
    }

    /// Opens DATA again after `stop` or `close`.
    pub(crate) fn start(&mut self) -> Result<(), StoreError> {
        self.running = Some(Running::start(&self.ground, &self.runtime)?);
        Ok(())
    }

    /// Stops cleanly and opens again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.start().expect("DATA opens again");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.close();
    }
}
