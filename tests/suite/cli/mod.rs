//! The command line from outside: words in, exit code and text out, on real DATA folders.
//!
//! Starts exactly what the binary starts (`kith::run`), in this process or one of its own. Only the
//! terminal's progress is not reached from here.

mod appeal;
mod community;
mod connector;
mod demo;
mod failures;
mod past;
mod process;
mod search;
mod sign_in;
mod topic;
mod undo;
mod webhook;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kith::streams::Streams;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use process::Process;

/// A folder to work in.
pub(crate) struct Desk {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, folders included.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// Runs a command line; a word that begins with `@` is a path in this folder.
    pub(crate) fn run(&self, line: &str) -> Ended {
        self.run_reading(line, "")
    }

    /// The same with something to read.
    pub(crate) fn run_reading(&self, line: &str, input: &str) -> Ended {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(name) => self.path(name).into_os_string(),
            None => OsString::from(word),
        };
        let words: Vec<OsString> = std::iter::once("kith").chain(line.split(' ')).map(word).collect();
        let (out, err) = (Kept::default(), Kept::default());
        let input = io::Cursor::new(input.to_owned());
        let mut streams = Streams::new(out.clone(), err.clone()).with_input(input);
        let code = kith::run(words, &mut streams);
        Ended { code, out: out.text(), err: err.text() }
    }

    /// Whether any file below `data` holds a text in clear.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        let mut folders = vec![self.path("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder can be read") {
                let path = entry.expect("the folder can be read").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(path).expect("the file can be read");
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    return true;
                }
            }
        }
        false
    }

    /// Runs a command line that has to work.
    pub(crate) fn works(&self, line: &str) -> String {
        let ended = self.run(&format!("--language en {line}"));
        assert_eq!(ended.code, 0, "{line}: {}{}", ended.out, ended.err);
        ended.out
    }

    /// The same with its JSON.
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.works(&format!("--json {line}"))).expect("one JSON object")
    }
}
