//! An opened DATA folder: the store, what is derived from it, and an engine over both.

use std::path::Path;
use std::sync::Arc;

use kith_core::hook::Extensions;
use kith_core::ports::{Clock, DueIndex, Keys, Records, Snapshots, StoreError};
use kith_runtime::engine::{Engine, Options, Ports};
use kith_store::derived::{DerivedIndex, OnProgress};
use kith_store::{BlobFolder, Store};

use crate::clock::SystemClock;
use crate::scripting::Scripting;

/// An opened DATA folder. Dropping it closes the folder, whoever still has its ports; what extensions
/// measured is written before.
pub struct Opened {
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
        Ok(Self { scripting, extensions, store, index, blobs, clock })
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
