//! What every handler is given: the engine and what stands round it.

use std::sync::Arc;

use kith_core::ports::search::Search;
use kith_runtime::engine::Engine;
use kith_runtime::extend::Runner;
use kith_runtime::mint::Mint;
use kith_runtime::reading::Reading;
use kith_runtime::scripting::Desk;
use tokio::sync::Semaphore;

use crate::doors::Doors;
use crate::health::Counters;
use crate::jobs::Jobs;
use crate::limit::Limits;
use crate::live::Hub;
use crate::server::Settings;
use crate::storage::Storage;
use crate::webhook::Bell;

/// A running place. Clones are the same place.
#[derive(Clone)]
pub struct Place(Arc<Parts>);

/// What a place is made of.
pub struct Parts {
    /// The engine.
    pub engine: Engine,
    /// Mints ids and bodies.
    pub mint: Arc<Mint>,
    /// What scripts are put in with.
    pub desk: Desk,
    /// Runs scripts in a replay.
    pub runner: Arc<dyn Runner>,
    /// How it behaves.
    pub settings: Settings,
    /// Search over messages, where there is one.
    pub search: Option<Arc<dyn Search>>,
    pub(crate) reading: Reading,
    pub(crate) doors: Doors,
    pub(crate) hub: Hub,
    pub(crate) jobs: Jobs,
    pub(crate) limits: Limits,
    pub(crate) counters: Counters,
    /// Rung for a community whose webhooks have changed.
    pub(crate) webhooks: Bell,
    pub(crate) storage: Storage,
    /// Seats of those who put an attachment: each holds one in memory.
    pub(crate) uploads: Semaphore,
}

impl Place {
    /// A place over an engine. `desk` and `runner` come from whoever knows the language of scripts.
    pub fn new(desk: Desk, runner: Arc<dyn Runner>, settings: Settings) -> Self {
        Self::searching(desk, runner, settings, None)
    }

    /// The same with search over messages.
    pub fn searching(
        desk: Desk,
        runner: Arc<dyn Runner>,
        settings: Settings,
        search: Option<Arc<dyn Search>>,
    ) -> Self {
        let (engine, mint) = (desk.engine.clone(), Arc::clone(&desk.mint));
        let reading = Reading::new(Arc::clone(&engine.ports().records));
        let (doors, hub) = (Doors::new(engine.clone()), Hub::new(engine.clone()));
        let (uploads, limits) = (Semaphore::new(settings.uploads_max), Limits::new(&settings));
        let (jobs, counters) = (Jobs::default(), Counters::default());
        Self(Arc::new(Parts {
            engine,
            mint,
            desk,
            runner,
            settings,
            search,
            reading,
            doors,
            hub,
            jobs,
            limits,
            counters,
            webhooks: Bell::default(),
            storage: Storage::default(),
            uploads,
        }))
    }

    /// The wall clock, Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.engine.ports().clock.wall_ms()
    }
}

impl std::ops::Deref for Place {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
