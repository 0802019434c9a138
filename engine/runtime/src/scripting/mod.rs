//! Scripts on their way in: from a file or a command, through compiler and case files, to a version that is
//! live.
//!
//! Promises that nothing but a command of the community puts a version live, so that the log orders versions
//! against messages; that a source which does not compile, or breaks a case, leaves the live version as it
//! is; and that none of the work is done by a writer. Knows no language: `Compiler` is what a script host
//! brings.
//!
//! In reading order: what a language has to offer (`compiler`), what is said about a source (`diagnostic`),
//! the steps before a version is put in (`check`), the command that puts it in (`put`), a folder of sources
//! (`folder`), what changed in it (`turn`), watching it (`watch`, `notice`), what each version did
//! (`history`).

mod check;
mod compiler;
mod diagnostic;
mod folder;
mod history;
mod notice;
mod put;
#[cfg(test)]
mod tests;
mod turn;
mod watch;

pub use check::{Checked, Problem, Written, check};
pub use compiler::{Compiled, Compiler, Tried};
pub use diagnostic::{Diagnostic, Severity};
pub use folder::{CASES_ENDING, FolderError, SCRIPT_ENDING, file_of};
pub use history::{Doing, Fault, History, Stand, history};
pub use put::{Change, Desk, Done, How, PutError, version_in};
pub use turn::{Reload, What, Why};
pub use watch::{DEBOUNCE, Folder, Looking, Told, Watch, WatchError};
