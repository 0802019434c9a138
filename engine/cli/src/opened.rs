//! An opened DATA folder: the store, what is derived from it, and an engine over both.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kith_core::hook::Extensions;
use kith_core::ports::search::Search;
use kith_core::ports::{Clock, DueIndex, Keys, Records, Snapshots, StoreError};
use kith_runtime::engine::{Engine, Options, Ports};
use kith_runtime::indexing::{Feeder, Indexing, OnProgress as OnFed};
use kith_search::SearchFolder;
use kith_store::derived::{DerivedIndex, OnProgress};
use kith_store::{BlobFolder, Store};

use crate::clock::SystemClock;
use crate::scripting::Scripting;

/// An opened DATA folder. Dropping it closes the folder, whoever still has its ports; what extensions
/// measured is written before.
pub struct Opened {
    /// First, so that it ends before what it reads is closed.
    indexing: OnceLock<Indexing>,
    starting: Mutex<()>,
    search: Arc<SearchFolder>,
    scripting: Scripting,
    extensions: Arc<dyn Extensions>,
    store: Store,
    index: Arc<DerivedIndex>,
    blobs: Arc<BlobFolder>,
    clock: Arc<dyn Clock>,
}

impl Opened {
    /// Opens DATA, or makes it. Serving does not wait for the index; `on_progress` tells how it comes on.
    pub fn open(data: &Path, on_progress: OnProgress) -> Result<Self, StoreError> {
        Self::over(Store::open(data)?, Arc::new(SystemClock::start()), on_progress)
    }

    /// The same over a store that was opened elsewhere, with a clock of one's own.
    pub fn over(store: Store, clock: Arc<dyn Clock>, on_progress: OnProgress) -> Result<Self, StoreError> {
        let index = store.derive(on_progress)?;
        let blobs = Arc::new(store.blobs()?);
        let scripting = Scripting::default();
        let extensions = scripting.extensions(store.keys(), &index);
        let search = Arc::new(SearchFolder::below(store.folder(), store.keys()));
        Ok(Self {
            indexing: OnceLock::new(),
            starting: Mutex::default(),
            search,
            scripting,
            extensions,
            store,
            index,
            blobs,
            clock,
        })
    }

    /// The store itself: backup, verify, compaction.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What is derived: lag and phase of the index.
    pub fn index(&self) -> &Arc<DerivedIndex> {
        &self.index
    }

    /// The script host.
    pub fn scripting(&self) -> &Scripting {
        &self.scripting
    }

    /// Search, fed in a thread of its own from the first call on. Serving does not wait for it.
    pub fn indexing(&self) -> Result<&Indexing, StoreError> {
        let _one_at_a_time = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(indexing) = self.indexing.get() {
            return Ok(indexing);
        }
        let (records, search) = self.searched();
        let started = Indexing::start(records, search, Box::new(|_| {}));
        let started = started.map_err(|error| StoreError::Derived(error.to_string()))?;
        Ok(self.indexing.get_or_init(|| started))
    }

    /// Search without its thread, for who waits until it is caught up; instead of `indexing`, not beside it.
    pub fn feeder(&self, on_progress: OnFed) -> (Feeder, Arc<dyn Search>) {
        let (records, search) = self.searched();
        (Feeder::new(records, Arc::clone(&search), on_progress), search)
    }

    /// Whether DATA has an index for search.
    pub fn has_search(&self) -> bool {
        SearchFolder::is_there(self.store.folder())
    }

    fn searched(&self) -> (Arc<dyn Records>, Arc<dyn Search>) {
        (Arc::clone(self.store.log()) as _, Arc::clone(&self.search) as _)
    }

    /// Everything the runtime needs of the world.
    pub fn ports(&self) -> Ports {
        let log = Arc::clone(self.store.log());
        let records: Arc<dyn Records> = log;
        let snapshots: Arc<dyn Snapshots> = Arc::<DerivedIndex>::clone(&self.index);
        let due: Arc<dyn DueIndex> = Arc::<DerivedIndex>::clone(&self.index);
        let keys: Arc<dyn Keys> = self.store.keys();
        let blobs = Arc::<BlobFolder>::clone(&self.blobs);
        let (clock, extensions) = (Arc::clone(&self.clock), Arc::clone(&self.extensions));
        Ports { records, snapshots, keys, blobs, due, clock, extensions }
    }

    /// Starts an engine on the current tokio runtime. Stop it before this is dropped.
    pub fn engine(&self, options: Options) -> Engine {
        Engine::start(self.ports(), options)
    }
}
