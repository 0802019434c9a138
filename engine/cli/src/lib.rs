//! The composition root of Kith: wires store, runtime and commands together. The binary `kith` is a thin
//! shell around it, so that tests start exactly what a host starts.
//!
//! Reading order: `arguments` (what can be written), `command` (one file each), `session` (an engine over
//! DATA), `report` and `failure` (what is said at the end, for people and as JSON), `streams`.

pub mod arguments;
pub mod bench;
pub mod clock;
mod command;
mod compiler;
mod diagnostics;
pub mod failure;
mod language;
pub mod opened;
mod proof;
mod report;
pub mod scripting;
mod session;
pub mod streams;
mod watch;

use std::ffi::OsString;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::streams::Streams;

/// Runs one command line and gives its exit code: 0 ok, 1 found problems, 2 usage, 3 bad input, 4 busy,
/// 70 failed.
pub fn run(words: impl IntoIterator<Item = OsString>, streams: &mut Streams) -> u8 {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            let text = error.render();
            if error.use_stderr() {
                streams.say_aside(&text.to_string());
                return 2;
            }
            return match streams.say(&text.to_string()) {
                Ok(()) => 0,
                Err(_) => 70,
            };
        }
    };
    diagnostics::start();
    let (form, language) = (arguments.form(), arguments.language());
    let done = command::run(arguments, streams);
    report::finish(done, form, language, streams)
}
