//! A folder of scripts: `<name>.rhai`, and beside it `<name>.cases.toml` where there are cases.
//!
//! Reads with bounds on everything. What editors leave beside a file while they save it is no script.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kith_core::notice::Text;

use super::{Diagnostic, Problem, Written};
use crate::blueprint::{BlueprintError, text_of};

/// How the file of a script ends.
pub const SCRIPT_ENDING: &str = ".rhai";
/// How the file of a script's cases ends.
pub const CASES_ENDING: &str = ".cases.toml";
/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 1_024;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system says no.
    #[error("failed to read {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There are more files than any community has scripts.
    #[error("{} holds more than {ENTRIES_MAX} files", .0.display())]
    TooManyFiles(PathBuf),
}

/// The scripts of a folder by name; one that cannot be read says why.
pub(crate) type Contents = BTreeMap<String, Result<Written, Problem>>;

/// The name of the script whose file this is; `None` for any other file and for an editor's own.
pub(crate) fn name_of(file: &str) -> Option<&str> {
    let name = file.strip_suffix(SCRIPT_ENDING)?;
    (!name.is_empty() && !name.starts_with(['.', '#', '~'])).then_some(name)
}

/// Reads a script with its cases from a file of any name; the script is named after the file.
pub fn file_of(path: &Path) -> Result<Written, Problem> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = file.strip_suffix(SCRIPT_ENDING).unwrap_or(file).to_owned();
    let shown = path.display().to_string();
    let source = text_of(path, &shown).map_err(|error| unreadable(&shown, error))?;
    let beside = path.with_file_name(format!("{name}{CASES_ENDING}"));
    let cases = match beside.exists() {
        false => None,
        true => {
            let shown = beside.display().to_string();
            let text = text_of(&beside, &shown).map_err(|error| unreadable(&shown, error))?;
            Some((shown, text))
        }
    };
    Ok(Written { name, file: shown, source, cases })
}

fn unreadable(file: &str, error: BlueprintError) -> Problem {
    let diagnostic = match error {
        BlueprintError::Mistake(mistake) => Diagnostic::of_mistake("unreadable", *mistake),
        error => Diagnostic::of_file(
            file,
            "unreadable",
            Text::new("script.check.as_said").with("text", chain(&error)),
        ),
    };
    Problem::Mistakes(vec![diagnostic])
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {source}"),
    }
}

/// Reads every script of a folder. Diagnostics name files within it.
pub(crate) fn read(folder: &Path) -> Result<Contents, FolderError> {
    let failed = |source| FolderError::Io { path: folder.to_owned(), source };
    let mut contents = Contents::new();
    for (count, entry) in fs::read_dir(folder).map_err(failed)?.enumerate() {
        if count >= ENTRIES_MAX {
            return Err(FolderError::TooManyFiles(folder.to_owned()));
        }
        let path = entry.map_err(failed)?.path();
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name_of(file) else { continue };
        // A file that went between listing and reading is not there.
        let read = if path.exists() { within(folder, file_of(&path)) } else { continue };
        contents.insert(name.to_owned(), read);
    }
    Ok(contents)
}

/// Names files as they stand in the folder.
fn within(folder: &Path, read: Result<Written, Problem>) -> Result<Written, Problem> {
    let short = |file: &str| {
        let path = Path::new(file).strip_prefix(folder).unwrap_or(Path::new(file));
        path.display().to_string()
    };
    match read {
        Ok(mut written) => {
            written.file = short(&written.file);
            written.cases = written.cases.map(|(file, text)| (short(&file), text));
            Ok(written)
        }
        Err(Problem::Mistakes(mut diagnostics)) => {
            diagnostics.iter_mut().for_each(|it| it.place.file = short(&it.place.file));
            Err(Problem::Mistakes(diagnostics))
        }
        Err(other) => Err(other),
    }
}
