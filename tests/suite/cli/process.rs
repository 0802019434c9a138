//! `kith` in a process of its own: what can only be seen from outside, such as Ctrl-C and `kill -9`.
//!
//! The suite starts itself again with one case only, which is the command line. Whoever starts a process
//! reads the first JSON object that it says; a process that nobody ended is killed.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::process::{Child, Command, Stdio};

use kith::streams::Streams;
use serde_json::Value;

/// Hands the child its words, line by line; without it the child's case does nothing.
const WORDS: &str = "KITH_TEST_WORDS";
/// What the child's case is called.
const CASE: &str = "cli::process::the_child_that_is_kith";

/// A running `kith`.
pub(crate) struct Process {
    child: Child,
    /// What it said first.
    pub(crate) said: Value,
}

impl Process {
    /// Starts a command line that says one JSON object and goes on.
    pub(crate) fn start(words: &[&OsStr]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this test runs"))
            .args(["--exact", CASE, "--nocapture"])
            .env(WORDS, words.join(OsStr::new("\n")))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let out = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with('{')).expect("it says where it is");
        // The rest is read too, so that the child never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, said: serde_json::from_str(&line).expect("JSON") }
    }

    /// Presses Ctrl-C and says what it ended with.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill is there");
        assert!(sent.success());
        self.child.wait().expect("it ends").code()
    }

    /// `kill -9`, and waits until it is dead.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_child_that_is_kith() {
    let Some(words) = std::env::var_os(WORDS) else { return };
    let words = words.as_bytes().split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec()));
    // On a line of its own, whatever the runner of tests has begun to say.
    println!();
    let mut streams = Streams::new(std::io::stdout(), std::io::stderr());
    std::process::exit(kith::run(std::iter::once("kith".into()).chain(words), &mut streams).into());
}
