//! The running log: what its threads share, how it starts and how it ends.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kith_core::ports::{Damage, StoreError};

use super::committer::{Committer, Queue};
use super::heads::Heads;
use super::placed::{Listener, Placed, Places};
use super::recover::{Findings, recover};
use super::segments::Segments;
use crate::disk::{Disk, File};
use crate::failure::{IoContext, Poison};
use crate::keys::{HostKey, KeyFile};
use crate::limits::{LISTENER_GROUPS_MAX, SEGMENT_BYTES_MAX};
use crate::threads::Threads;

/// What a test or an operator may choose.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    /// A segment is sealed by the first group that would pass this.
    pub segment_bytes_max: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { segment_bytes_max: SEGMENT_BYTES_MAX }
    }
}

/// What writers, readers and the committer share.
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) salt: u32,
    pub(crate) segment_bytes_max: u64,
    pub(crate) heads: Heads,
    pub(crate) keys: Arc<KeyFile>,
    pub(crate) host: HostKey,
    pub(crate) poison: Arc<Poison>,
    pub(crate) queue: Queue,
    pub(crate) places: OnceLock<Arc<dyn Places>>,
    /// Held by the one compaction that runs.
    pub(crate) compacting: Mutex<()>,
    segments: RwLock<Segments>,
}

impl Shared {
    pub(crate) fn segments(&self) -> RwLockReadGuard<'_, Segments> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn segments_mut(&self) -> RwLockWriteGuard<'_, Segments> {
        self.segments.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One file of the log as a backup copies it.
pub struct LogFile {
    /// Its name in the folder `log`.
    pub name: String,
    /// The open file.
    pub file: Arc<dyn File>,
    /// How much of it is durable; the rest is not part of the log yet.
    pub bytes: u64,
}

/// The log of one DATA folder, until its store closes it: then it answers that it is closed, however many
/// still have it.
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    pub(crate) findings: Findings,
    listener: Arc<OnceLock<Mutex<Listener>>>,
    /// The committer, and the teller that ends after it.
    threads: Threads,
}

impl Log {
    /// Opens the log under `data`, which must exist.
    pub(crate) fn open(disk: Arc<dyn Disk>, data: &Path, options: LogOptions) -> Result<Self, StoreError> {
        let poison = Arc::new(Poison::default());
        let keys = Arc::new(KeyFile::open(&*disk, data, Arc::clone(&poison))?);
        let host = HostKey::open(&*disk, data)?;
        let dir = data.join("log");
        let heads = Heads::default();
        let recovered = recover(&*disk, &dir, &heads)?;
        disk.sync_dir(&dir).context("sync folder", &dir)?;
        let shared = Arc::new(Shared {
            disk,
            dir,
            salt: recovered.salt,
            segment_bytes_max: options.segment_bytes_max,
            heads,
            keys,
            host,
            poison,
            queue: Queue::default(),
            places: OnceLock::new(),
            compacting: Mutex::default(),
            segments: RwLock::new(recovered.segments),
        });
        Self::start(shared, recovered.findings, recovered.next_group)
    }

    fn start(shared: Arc<Shared>, findings: Findings, next_group: u64) -> Result<Self, StoreError> {
        let (sender, receiver) = sync_channel(LISTENER_GROUPS_MAX);
        let listener = Arc::new(OnceLock::new());
        let told = Arc::clone(&listener);
        let committer = Committer {
            shared: Arc::clone(&shared),
            next_group,
            listener: sender,
            buffer: Vec::new(),
            wrote: false,
            room_end: 0,
        };
        // The teller first: without a committer it ends at once.
        let mut threads = Threads::default();
        threads
            .start("kith-placed", move || tell(&receiver, &told))
            .context("start a thread for", &shared.dir)?;
        threads
            .start("kith-committer", move || committer.run())
            .context("start a thread for", &shared.dir)?;
        Ok(Self { shared, findings, listener, threads })
    }

    /// Takes no frame any more, makes everything queued durable and ends both threads. Not to be called on
    /// one of them.
    pub(crate) fn drain(&self) {
        self.shared.queue.close();
        self.threads.join();
    }

    /// Whether the calling thread is one of the log's own.
    pub(crate) fn is_this_thread(&self) -> bool {
        self.threads.are_this()
    }

    /// Waits for compaction and for whoever writes keys; whoever comes later is told that the log is closed.
    pub(crate) fn shut(&self) {
        let _compacting = self.shared.compacting.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.keys.close();
    }

    /// Sets the one listener. Groups that became durable before are found by `scan_from`: subscribe first,
    /// then scan. A second call changes nothing.
    pub fn subscribe(&self, listener: Listener) {
        self.listener.get_or_init(|| Mutex::new(listener));
    }

    /// Gives the log an index to look places up in. A second call changes nothing.
    pub fn use_places(&self, places: Arc<dyn Places>) {
        self.shared.places.get_or_init(|| places);
    }

    /// What opening found beyond a sound log.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Every segment file with its durable length, open, for a backup while running: compaction cannot take
    /// them away.
    pub fn files(&self) -> Result<Vec<LogFile>, StoreError> {
        let segments = self.shared.segments();
        let sealed = segments.sealed.iter().map(|segment| {
            let bytes = segment.file.len().context("measure", &segment.path)?;
            Ok(LogFile { name: segment.name.file_name(), file: Arc::clone(&segment.file), bytes })
        });
        let tail = &segments.tail;
        let tail = LogFile { name: tail.name.file_name(), file: Arc::clone(&tail.file), bytes: tail.len };
        sealed.chain([Ok(tail)]).collect()
    }

    /// The streams that are closed, in the order of ids, and why.
    pub fn damages(&self) -> Vec<Damage> {
        self.shared.heads.collect(|_, stream| stream.closed.as_deref().cloned())
    }

    /// The first I/O error, if there was one: from then on nothing is acknowledged and the process should
    /// end.
    pub fn failed(&self) -> Option<StoreError> {
        self.shared.poison.error()
    }
}

fn tell(receiver: &Receiver<Vec<Placed>>, listener: &OnceLock<Mutex<Listener>>) {
    for placed in receiver {
        if let Some(listener) = listener.get() {
            listener.lock().unwrap_or_else(PoisonError::into_inner)(placed);
        }
    }
}
