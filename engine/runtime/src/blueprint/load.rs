//! Reads a blueprint's folder, file by file, with bounds on everything that comes from it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use kith_core::community::Blueprint;
use kith_core::refusal::Refusal;
use kith_core::text::normal::Exactness;
use kith_core::text::words::{WordList, WordListError};

use super::messages;
use super::mistake::{Mistake, Place};
use super::scripts::{self, Planned};
use crate::scripting::{CASES_ENDING, SCRIPT_ENDING};
use crate::texts::Reader;

/// Bytes of one file: the largest list the core takes, and far more than anybody writes by hand.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Entries of one folder that are looked at.
const ENTRIES_MAX: usize = 256;

/// A blueprint and what was found beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The community's name: the folder's.
    pub name: String,
    /// Everything else.
    pub blueprint: Blueprint,
    /// Its scripts in the order in which they are asked: put in once it is founded.
    pub scripts: Vec<Planned>,
    /// Files that mean nothing to the engine, such as a list in the wrong place.
    pub unknown_files: Vec<PathBuf>,
}

/// One file of a blueprint, wherever its text came from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its path in the folder, with `/`.
    pub path: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

/// Why a blueprint was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum BlueprintError {
    /// No `community.toml`.
    #[error("{} is no blueprint: it has no community.toml", .0.display())]
    NoBlueprint(PathBuf),
    /// The folder's name cannot be a community's.
    #[error("the folder name of {} cannot be the name of a community; rename the folder", .0.display())]
    Name(PathBuf),
    /// A file could not be read.
    #[error("failed to read {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file is no file, such as a pipe or a folder.
    #[error("{} is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// A file is larger than any blueprint's.
    #[error("{} is larger than {FILE_BYTES_MAX} bytes; split it or take it away", .0.display())]
    TooLarge(PathBuf),
    /// There are more files than a blueprint can have.
    #[error("{} holds more than {ENTRIES_MAX} files; keep only what belongs to the blueprint", .0.display())]
    TooManyFiles(PathBuf),
    /// Something in a file has to be written differently.
    #[error("{0}")]
    Mistake(Box<Mistake>),
    /// Every file reads, and together they would not work.
    #[error("{}", refused(.refusal, .place.as_deref()))]
    Refused {
        /// What is wrong.
        refusal: Refusal,
        /// Where the object is written, if it was found.
        place: Option<Box<Place>>,
    },
}

impl From<Box<Mistake>> for BlueprintError {
    fn from(mistake: Box<Mistake>) -> Self {
        Self::Mistake(mistake)
    }
}

impl From<Mistake> for BlueprintError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(Box::new(mistake))
    }
}

/// A refusal in the words of the message files, in English like every error.
fn refused(refusal: &Refusal, place: Option<&Place>) -> String {
    let reader = Reader { language: kith_core::community::Language::English, stream: None };
    let text = refusal.text();
    Mistake {
        place: place.cloned().unwrap_or_else(|| Place::file("community.toml")),
        what: reader.render(&text),
        advice: reader.hint(&text),
    }
    .to_string()
}

/// A blueprint with its scripts, of texts that came from anywhere.
#[derive(Debug)]
pub struct Parsed {
    /// What the community is founded with.
    pub blueprint: Blueprint,
    /// Its scripts, in the order in which they are asked.
    pub scripts: Vec<Planned>,
}

/// Loads the blueprint of a folder.
pub fn load(folder: &Path) -> Result<Blueprint, BlueprintError> {
    read(folder).map(|loaded| loaded.blueprint)
}

/// Loads the blueprint of a folder and tells what else is in it.
pub fn read(folder: &Path) -> Result<Loaded, BlueprintError> {
    let name = name_of(folder)?;
    let mut files = Files::default();
    if !folder.join("community.toml").exists() {
        return Err(BlueprintError::NoBlueprint(folder.to_owned()));
    }
    files.folder(folder, "")?;
    for inner in ["lists", "messages", "scripts"] {
        let path = folder.join(inner);
        if path.is_dir() {
            files.folder(&path, inner)?;
        }
    }
    let sources: Vec<Source<'_>> = files.texts.iter().map(|(path, text)| Source { path, text }).collect();
    let blueprint = parse(&sources)?;
    let scripts = scripts::of(&sources, &blueprint)?;
    Ok(Loaded { name, blueprint, scripts, unknown_files: files.unknown })
}

/// Makes a blueprint of the texts of its files, with the scripts among them.
pub fn parse_all(sources: &[Source<'_>]) -> Result<Parsed, BlueprintError> {
    let unknown = sources.iter().find(|source| kind_of(source.path).is_none() && !is_for_people(source.path));
    if let Some(source) = unknown {
        let advice = Some("a blueprint has community.toml, lists/, messages/ and scripts/".to_owned());
        let what = "this is no file of a blueprint".to_owned();
        return Err(Mistake { place: Place::file(source.path), what, advice }.into());
    }
    let blueprint = parse(sources)?;
    let scripts = scripts::of(sources, &blueprint)?;
    Ok(Parsed { blueprint, scripts })
}

/// Makes a blueprint of the texts of its files.
pub fn parse(sources: &[Source<'_>]) -> Result<Blueprint, BlueprintError> {
    let community = sources.iter().find(|source| source.path == "community.toml");
    let Some(community) = community else {
        return Err(BlueprintError::NoBlueprint(PathBuf::from("community.toml")));
    };
    let mut blueprint: Blueprint =
        toml::from_str(community.text).map_err(|error| Mistake::of_toml(*community, &error))?;
    for source in sources {
        match kind_of(source.path) {
            Some(Kind::List(name)) => {
                let lines = list(*source)?;
                put(&mut blueprint.lists, name, lines, *source)?;
            }
            Some(Kind::Messages(language)) => {
                let texts = messages::parse(*source)?;
                put(&mut blueprint.texts, language, texts, *source)?;
            }
            Some(Kind::Community | Kind::Script | Kind::Cases) | None => {}
        }
    }
    match blueprint.check() {
        Ok(()) => Ok(blueprint),
        Err(refusal) => {
            let place = Place::of_refusal(*community, &refusal).map(Box::new);
            Err(BlueprintError::Refused { refusal, place })
        }
    }
}

fn put<T>(
    into: &mut BTreeMap<String, T>,
    name: &str,
    value: T,
    source: Source<'_>,
) -> Result<(), BlueprintError> {
    match into.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Mistake {
            place: Place::file(source.path),
            what: format!("`{name}` is written in community.toml already"),
            advice: Some("keep one of the two".to_owned()),
        }
        .into()),
    }
}

/// The community's name. A path such as `.` is made absolute first.
fn name_of(folder: &Path) -> Result<String, BlueprintError> {
    let canonical =
        folder.canonicalize().map_err(|source| BlueprintError::Io { path: folder.to_owned(), source })?;
    let name = canonical.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match kith_core::limits::check_name(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(_) => Err(BlueprintError::Name(folder.to_owned())),
    }
}

/// What a file of a blueprint is, by its path.
enum Kind<'a> {
    Community,
    List(&'a str),
    Messages(&'a str),
    Script,
    Cases,
}

fn kind_of(path: &str) -> Option<Kind<'_>> {
    match path.split_once('/') {
        None => (path == "community.toml").then_some(Kind::Community),
        Some(("lists", file)) => file.strip_suffix(".txt").map(Kind::List),
        Some(("messages", file)) => {
            let language = file.strip_suffix(".toml")?;
            ["en", "zh-CN"].contains(&language).then_some(Kind::Messages(language))
        }
        Some(("scripts", file)) if file.ends_with(SCRIPT_ENDING) => Some(Kind::Script),
        Some(("scripts", file)) if file.ends_with(CASES_ENDING) => Some(Kind::Cases),
        Some(_) => None,
    }
}

/// What people put beside a blueprint and the engine need not read.
fn is_for_people(path: &str) -> bool {
    path.starts_with('.')
        || path.ends_with(".md")
        || ["LICENSE", "lists", "messages", "scripts"].contains(&path)
}

/// The files of a folder, read.
#[derive(Default)]
struct Files {
    texts: BTreeMap<String, String>,
    unknown: Vec<PathBuf>,
}

impl Files {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), BlueprintError> {
        let failed = |source| BlueprintError::Io { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
            if paths.len() > ENTRIES_MAX {
                return Err(BlueprintError::TooManyFiles(folder.to_owned()));
            }
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let inner = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            if kind_of(&inner).is_some() {
                let text = text_of(&path, &inner)?;
                self.texts.insert(inner, text);
            } else if !is_for_people(&inner) {
                self.unknown.push(path);
            }
        }
        Ok(())
    }
}

/// The text of a file as UTF-8, without a byte order mark and with plain line ends.
pub(crate) fn text_of(path: &Path, inner: &str) -> Result<String, BlueprintError> {
    let failed = |source| BlueprintError::Io { path: path.to_owned(), source };
    // Looked at before opening: opening a pipe would wait for a writer for ever.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(BlueprintError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(BlueprintError::TooLarge(path.to_owned()));
    }
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            return Err(Mistake {
                place: Place::line(inner, line),
                what: "the file is not UTF-8 from here on".to_owned(),
                advice: Some("save it again as UTF-8 (an editor's “Save as” offers it)".to_owned()),
            }
            .into());
        }
    };
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n"))
}

/// The lines of a list, once each of them was seen to compile.
fn list(source: Source<'_>) -> Result<Vec<String>, BlueprintError> {
    let lines: Vec<String> = source.text.lines().map(|line| line.trim().to_owned()).collect();
    match WordList::compile(&lines, Exactness::Loose) {
        Ok(_) => Ok(lines),
        Err(error) => Err(list_mistake(source, &error).into()),
    }
}

fn list_mistake(source: Source<'_>, error: &WordListError) -> Mistake {
    let text = error.to_string();
    let (line, rest) = text
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(line, rest)| Some((line.parse::<usize>().ok()?, rest)))
        .unwrap_or((1, &text));
    let (what, advice) = rest.split_once("; ").unwrap_or((rest, ""));
    Mistake {
        place: Place::in_line(source, line),
        what: what.to_owned(),
        advice: (!advice.is_empty()).then(|| advice.to_owned()),
    }
}
