//! Threads that their owner ends: started under a name, known again, joined once.
//!
//! Promises that nobody waits for itself: `join` passes over the calling thread. Knows nothing of how a
//! thread is told to end.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The threads of one owner.
#[derive(Default)]
pub(crate) struct Threads(Mutex<Vec<JoinHandle<()>>>);

impl Threads {
    /// Starts one more.
    pub(crate) fn start(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        self.handles().push(thread);
        Ok(())
    }

    /// Whether the calling thread is one of them.
    pub(crate) fn are_this(&self) -> bool {
        self.handles().iter().any(is_this)
    }

    /// Waits for all of them but the calling one.
    pub(crate) fn join(&self) {
        let threads = std::mem::take(&mut *self.handles());
        for thread in threads.into_iter().filter(|thread| !is_this(thread)) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(name, "a thread of the store ended with a panic");
            }
        }
    }

    fn handles(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_this(thread: &JoinHandle<()>) -> bool {
    thread.thread().id() == thread::current().id()
}
