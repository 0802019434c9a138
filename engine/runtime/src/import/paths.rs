//! The files an import reads, found from the paths a person gave.
//!
//! A folder stands for its files in the order of their names; hidden files and folders inside are left out.
//! For Telegram a folder stands for its `result.json`, because the export puts pictures beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::read::{Format, OpenError};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How long it is now.
    pub(super) bytes: u64,
}

/// All files that `paths` stand for.
pub(super) fn find(paths: &[PathBuf], format: Format) -> Result<Vec<SourceFile>, OpenError> {
    if paths.is_empty() {
        return Err(OpenError::NoPaths);
    }
    let mut files = Vec::new();
    for path in paths {
        let found = metadata(path)?;
        if !found.is_dir() {
            files.push(source_file(path, &found)?);
            continue;
        }
        let inside = folder(path, format)?;
        if inside.is_empty() {
            return Err(OpenError::EmptyFolder { path: path.clone(), wanted: wanted(format) });
        }
        files.extend(inside);
    }
    Ok(files)
}

fn wanted(format: Format) -> &'static str {
    match format {
        Format::TelegramJson => "result.json",
        _ => "files",
    }
}

fn folder(path: &Path, format: Format) -> Result<Vec<SourceFile>, OpenError> {
    let failed = |source: io::Error| OpenError::Unreadable { path: path.to_owned(), source };
    let mut inside = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_wanted = match format {
            Format::TelegramJson => name == "result.json",
            _ => !name.as_encoded_bytes().starts_with(b"."),
        };
        let found = metadata(&entry.path())?;
        if is_wanted && found.is_file() {
            inside.push(source_file(&entry.path(), &found)?);
        }
    }
    inside.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(inside)
}

fn metadata(path: &Path) -> Result<fs::Metadata, OpenError> {
    fs::metadata(path).map_err(|source| OpenError::Unreadable { path: path.to_owned(), source })
}

fn source_file(path: &Path, found: &fs::Metadata) -> Result<SourceFile, OpenError> {
    if !found.is_file() {
        return Err(OpenError::NotAFile { path: path.to_owned() });
    }
    Ok(SourceFile { path: path.to_owned(), bytes: found.len() })
}
