//! A folder of scripts that is watched: what is saved there is live a moment later, or is refused and leaves
//! what was live.
//!
//! A task beside the writers: it reads, compiles and tries cases, and only the command at the end goes
//! through a mailbox. A folder that is gone switches nothing off, as it may come back: a network, a
//! container. It ends when the handle is stopped or dropped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kith_core::ids::CommunityId;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::folder::FolderError;
use super::notice::Notices;
use super::put::Desk;
use super::turn::{Look, Reload, Seen};

/// How long it has to be quiet before a folder is looked at: an editor saves in several steps.
pub const DEBOUNCE: Duration = Duration::from_millis(250);
/// How long a folder may stay restless before it is looked at all the same.
const RESTLESS_MAX: Duration = Duration::from_secs(2);
/// How often a folder that is gone is looked for.
const LOOK_FOR_EVERY: Duration = Duration::from_secs(1);

/// How changes are noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Looking {
    /// By the system's notices, where it gives any.
    #[default]
    Told,
    /// By looking again and again.
    Polling,
}

/// Which folder holds whose scripts.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Whose.
    pub community: CommunityId,
    /// Where.
    pub path: PathBuf,
    /// How changes are noticed.
    pub looking: Looking,
}

/// What a watch tells of.
#[derive(Debug)]
pub enum Told {
    /// Something became of a script.
    Reload(Reload),
    /// The folder cannot be read; it is looked for, and what is live stays.
    Trouble(String),
    /// A look is over: everything saved before it began is dealt with.
    Looked,
}

/// Why a folder is not watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// It is not there, or cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It cannot be watched, by no means.
    #[error("failed to watch {}", path.display())]
    Notify {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: notify::Error,
    },
}

/// A folder that is watched.
pub struct Watch {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Watches a folder from now on; what is in it is looked at once. `tell` is called on the task that
    /// watches.
    pub fn start(
        desk: Desk,
        folder: Folder,
        tell: impl FnMut(Told) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let failed = |source| FolderError::Io { path: folder.path.clone(), source };
        // An absolute path stays the same whatever becomes of the working directory.
        let path = folder.path.canonicalize().map_err(failed)?;
        let notices = Notices::of(&path, folder.looking)
            .map_err(|source| WatchError::Notify { path: path.clone(), source })?;
        let watcher = Watcher {
            desk,
            community: folder.community,
            looking: folder.looking,
            place: place_of(&path),
            path: Arc::new(path),
            seen: Seen::default(),
            notices: Some(notices),
            tell: Box::new(tell),
        };
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(watcher.run(stopped)) })
    }

    /// Ends, once what is under way is done.
    pub async fn stop(self) {
        drop(self.stop);
        // A task that broke has ended too.
        let _ = self.task.await;
    }
}

struct Watcher {
    desk: Desk,
    community: CommunityId,
    looking: Looking,
    path: Arc<PathBuf>,
    /// Which folder of the disk it is: another under the same path has to be watched anew.
    place: Option<(u64, u64)>,
    seen: Seen,
    notices: Option<Notices>,
    tell: Box<dyn FnMut(Told) + Send>,
}

impl Watcher {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            self.look().await;
            tokio::select! {
                _ = &mut stopped => return,
                () = self.wait() => {}
            }
        }
    }

    async fn look(&mut self) {
        self.arm();
        let tell = &mut self.tell;
        let mut look =
            Look { desk: &self.desk, community: self.community, folder: &self.path, seen: &mut self.seen };
        match look.once(&mut |reload| tell(Told::Reload(reload))).await {
            Ok(()) => (self.tell)(Told::Looked),
            Err(error) => {
                if self.notices.take().is_some() {
                    (self.tell)(Told::Trouble(error.to_string()));
                }
            }
        }
    }

    /// Watches anew where the folder came back or is another one.
    fn arm(&mut self) {
        let place = place_of(&self.path);
        if place.is_some() && (self.notices.is_none() || place != self.place) {
            self.notices = Notices::of(&self.path, self.looking).ok();
            self.place = place;
        }
    }

    /// Waits until there is a reason to look, and then until it is quiet.
    async fn wait(&mut self) {
        let Some(notices) = &mut self.notices else { return sleep(LOOK_FOR_EVERY).await };
        if self.seen.is_open() {
            return sleep(DEBOUNCE).await;
        }
        notices.next().await;
        let latest = Instant::now() + RESTLESS_MAX;
        loop {
            let quiet = (Instant::now() + DEBOUNCE).min(latest);
            tokio::select! {
                biased;
                () = sleep_until(quiet) => return,
                () = notices.next() => {}
            }
        }
    }
}

#[cfg(unix)]
fn place_of(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn place_of(path: &Path) -> Option<(u64, u64)> {
    path.is_dir().then_some((0, 0))
}
