//! Being told that something in a folder may have changed: by the system, or by polling where the system
//! tells nothing, as on network folders and some containers.
//!
//! A notice says no more than "look"; what changed is found by looking. Reading a file is no change: else
//! each look would cause the next.

use std::path::Path;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::watch::{DEBOUNCE, Looking};

/// How often a folder is looked through where nobody tells.
const POLL_EVERY: Duration = DEBOUNCE;

/// Watches while it lives.
pub(super) struct Notices {
    _watcher: Box<dyn Watcher + Send>,
    notices: mpsc::Receiver<()>,
}

impl Notices {
    /// Begins to watch a folder and everything below it.
    pub(super) fn of(folder: &Path, looking: Looking) -> notify::Result<Self> {
        let told = (looking == Looking::Told && !tells_nothing(folder)).then(|| Self::told(folder));
        match told {
            Some(Ok(notices)) => Ok(notices),
            Some(Err(error)) => {
                tracing::warn!(%error, "the system cannot watch a folder of scripts; it is polled");
                Self::polled(folder)
            }
            None => Self::polled(folder),
        }
    }

    fn told(folder: &Path) -> notify::Result<Self> {
        let (sender, notices) = mpsc::channel(1);
        let mut watcher = RecommendedWatcher::new(handler(sender), Config::default())?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: Box::new(watcher), notices })
    }

    fn polled(folder: &Path) -> notify::Result<Self> {
        let (sender, notices) = mpsc::channel(1);
        // Times of network folders are coarse and may lag: contents are compared.
        let config = Config::default().with_poll_interval(POLL_EVERY).with_compare_contents(true);
        let mut watcher = PollWatcher::new(handler(sender), config)?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: Box::new(watcher), notices })
    }

    /// Waits for the next notice; for ever where there will be none.
    pub(super) async fn next(&mut self) {
        if self.notices.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

fn handler(sender: mpsc::Sender<()>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    move |event| {
        // An error, such as a full queue of the system's, may have swallowed a change: look.
        if event.as_ref().map_or(true, is_change) {
            // A notice that waits already says the same.
            let _ = sender.try_send(());
        }
    }
}

fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// Whether a folder lies where changes made elsewhere are not told: network and host folders.
#[cfg(target_os = "linux")]
fn tells_nothing(folder: &Path) -> bool {
    /// NFS, SMB (three), 9p, FUSE, virtiofs, Ceph, as `statfs(2)` numbers them.
    const SILENT: &[u32] =
        &[0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546, 0x6a65_6a63, 0x00c3_6400];
    rustix::fs::statfs(folder).is_ok_and(|found| SILENT.contains(&(found.f_type as u32)))
}

/// Elsewhere the system's own watcher is believed.
#[cfg(not(target_os = "linux"))]
fn tells_nothing(_folder: &Path) -> bool {
    false
}
