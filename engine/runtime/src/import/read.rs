//! Opens what a person wants to import and reads it row by row.
//!
//! [`open`] finds the files and refuses at once what cannot work: nothing there, the wrong encoding, a
//! header that does not fit. [`Reader`] then yields every row and every bad line, file by file, in the order
//! of the input. A file is hashed before its first row is read, because the key that makes an import
//! idempotent holds the hash and is needed with that row; reading twice from the page cache costs less than
//! holding the rows back.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::csv_mapped::{Clock, CsvMapped, Map};
use super::encoding::{Encoding, encoding_of};
use super::irc_blocks::IrcBlocks;
use super::irc_lines::IrcLines;
use super::jsonl::Jsonl;
use super::labelled_csv::{Authors, Invented, LabelledCsv};
use super::limits::SNIFF_BYTES;
use super::lines::Origin;
use super::paths::{self, SourceFile};
use super::qq_text::QqText;
use super::row::{BadLine, Row, RowKind};
use super::telegram_json::TelegramJson;

/// What the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Three lines a message: Unix seconds, nick, text.
    IrcBlocks,
    /// One line an event, as IRC loggers write.
    IrcLines,
    /// `target,input`: texts judged spam or not.
    LabelledCsv,
    /// `result.json` of Telegram Desktop.
    TelegramJson,
    /// The text export of QQ's message manager.
    QqText,
    /// One JSON object a line.
    Jsonl,
    /// A CSV with a header and a map.
    Csv,
}

impl Format {
    /// All formats in the order they are listed to people.
    pub const ALL: [Self; 7] = [
        Self::IrcBlocks,
        Self::IrcLines,
        Self::LabelledCsv,
        Self::TelegramJson,
        Self::QqText,
        Self::Jsonl,
        Self::Csv,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::IrcBlocks => "irc-blocks",
            Self::IrcLines => "irc-lines",
            Self::LabelledCsv => "labelled-csv",
            Self::TelegramJson => "telegram-json",
            Self::QqText => "qq-text",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A format that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format \"{name}\"; there are {}", Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat {
    name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// What the files do not say themselves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The zone of times without an offset.
    pub zone: TimeZone,
    /// The columns of a [`Format::Csv`].
    pub map: Option<Map>,
    /// The `strptime` format of the time column of a [`Format::Csv`].
    pub time_format: Option<String>,
    /// The times and authors of a [`Format::LabelledCsv`].
    pub invented: Invented,
}

impl Default for Options {
    /// UTC, no map, and one message a second by "someone" from the beginning of 2020.
    fn default() -> Self {
        let authors = Authors::One("someone".to_owned());
        Self {
            zone: TimeZone::UTC,
            map: None,
            time_format: None,
            invented: Invented { start_ms: 1_577_836_800_000, step_ms: 1_000, authors },
        }
    }
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No path was given.
    #[error("no files to import were named")]
    NoPaths,
    /// A path that is not there, or may not be read.
    #[error("failed to read {path}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder with nothing to import.
    #[error("folder {path} has no {wanted} to import", path = path.display())]
    EmptyFolder {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// A device, pipe or socket.
    #[error("{path} is neither a file nor a folder", path = path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// Text that is not UTF-8.
    #[error("{path} is {found}, not UTF-8; save it as UTF-8, or run: iconv -f {name} -t UTF-8 FILE > NEW",
            path = path.display())]
    Encoding {
        /// Which.
        path: PathBuf,
        /// What it looks like.
        found: &'static str,
        /// The name that `iconv` has for that.
        name: &'static str,
    },
    /// A header that does not fit.
    #[error("{0}")]
    Header(BadLine),
    /// A CSV whose columns were not named.
    #[error("format csv needs a map of its columns: time=…,author=…,text=…")]
    NoMap,
}

/// What has been read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All rows: the sum of the kinds below.
    pub rows: u64,
    /// Things said, actions included.
    pub messages: u64,
    /// Joins.
    pub joined: u64,
    /// Parts and quits.
    pub left: u64,
    /// New names.
    pub renamed: u64,
    /// Removals by somebody else.
    pub removed: u64,
    /// Titles and topics.
    pub topics: u64,
    /// Pins.
    pub pinned: u64,
    /// What the platform noted.
    pub notices: u64,
    /// Places that could not be used.
    pub bad_lines: u64,
}

impl Totals {
    fn count(&mut self, item: &Result<Row, BadLine>) {
        let Ok(row) = item else {
            self.bad_lines += 1;
            return;
        };
        self.rows += 1;
        let kind = match row.kind {
            RowKind::Message(_) => &mut self.messages,
            RowKind::Joined { .. } => &mut self.joined,
            RowKind::Left { .. } => &mut self.left,
            RowKind::Renamed { .. } => &mut self.renamed,
            RowKind::Removed { .. } => &mut self.removed,
            RowKind::Topic { .. } => &mut self.topics,
            RowKind::Pinned { .. } => &mut self.pinned,
            RowKind::Notice { .. } => &mut self.notices,
        };
        *kind += 1;
    }
}

/// The SHA-256 of a file.
pub type FileHash = [u8; 32];

/// Finds the files and checks what can be checked before the first row.
pub fn open(paths: &[PathBuf], format: Format, options: Options) -> Result<Reader, OpenError> {
    let files = paths::find(paths, format)?;
    let bytes_total = files.iter().map(|file| file.bytes).sum();
    let reader = Reader {
        files,
        format,
        options,
        hashes: Vec::new(),
        rows: None,
        bytes_done: Arc::default(),
        bytes_total,
        totals: Totals::default(),
    };
    reader.check()?;
    Ok(reader)
}

/// The rows and bad lines of all files.
pub struct Reader {
    files: Vec<SourceFile>,
    format: Format,
    options: Options,
    /// Of the files begun so far.
    hashes: Vec<FileHash>,
    rows: Option<Box<dyn Iterator<Item = Result<Row, BadLine>> + Send>>,
    bytes_done: Arc<AtomicU64>,
    bytes_total: u64,
    totals: Totals,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reader");
        shown.field("files", &self.files).field("format", &self.format).field("totals", &self.totals);
        shown.finish_non_exhaustive()
    }
}

type Input = BufReader<Counted>;

impl Reader {
    /// Bytes read and bytes in all, for a progress bar.
    pub fn progress(&self) -> (u64, u64) {
        (self.bytes_done.load(Ordering::Relaxed), self.bytes_total)
    }

    /// What has been read so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The files in the order of reading; [`super::row::Place::file`] counts them.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// The hash of a file whose rows are being or have been read.
    pub fn file_hash(&self, file: u32) -> Option<&FileHash> {
        self.hashes.get(usize::try_from(file).ok()?)
    }

    fn check(&self) -> Result<(), OpenError> {
        if self.format == Format::Csv && self.options.map.is_none() {
            return Err(OpenError::NoMap);
        }
        self.files.iter().try_for_each(|file| {
            check_encoding(file, self.format)?;
            self.check_header(file)
        })
    }

    fn check_header(&self, file: &SourceFile) -> Result<(), OpenError> {
        let input = || {
            let file = File::open(&file.path).map_err(|source| unreadable(&file.path, source))?;
            Ok(BufReader::new(file))
        };
        let checked = match (self.format, &self.options.map) {
            (Format::LabelledCsv, _) => {
                LabelledCsv::new(input()?, origin(0, file), self.options.invented.clone(), 0).check_header()
            }
            (Format::Csv, Some(map)) => {
                CsvMapped::new(input()?, origin(0, file), map.clone(), self.clock()).check_header()
            }
            _ => Ok(()),
        };
        checked.map_err(OpenError::Header)
    }

    fn clock(&self) -> Clock {
        Clock { zone: self.options.zone.clone(), format: self.options.time_format.clone() }
    }

    /// Begins the next file: hashes it, then starts to read it. Nothing when there is none.
    fn begin(&mut self) -> Option<Result<(), BadLine>> {
        let index = self.hashes.len();
        let file = self.files.get(index)?;
        let origin = origin(index, file);
        let opened = hash(&file.path).and_then(|hash| Ok((hash, File::open(&file.path)?)));
        let (hash, opened) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // A file that cannot be read has no rows, so that nobody asks for this hash.
                self.hashes.push(FileHash::default());
                return Some(Err(origin.unreadable(1, &error)));
            }
        };
        self.hashes.push(hash);
        let counted = Counted { file: opened, bytes_done: Arc::clone(&self.bytes_done) };
        self.rows = Some(self.rows_of(BufReader::with_capacity(BUFFER_BYTES, counted), origin));
        Some(Ok(()))
    }

    fn rows_of(&self, input: Input, origin: Origin) -> Box<dyn Iterator<Item = Result<Row, BadLine>> + Send> {
        let zone = self.options.zone.clone();
        match (self.format, &self.options.map) {
            (Format::IrcBlocks, _) => Box::new(IrcBlocks::new(input, origin)),
            (Format::IrcLines, _) => Box::new(IrcLines::new(input, origin, zone)),
            (Format::LabelledCsv, _) => {
                Box::new(LabelledCsv::new(input, origin, self.options.invented.clone(), self.totals.rows))
            }
            (Format::TelegramJson, _) => Box::new(TelegramJson::new(input, origin, zone)),
            (Format::QqText, _) => Box::new(QqText::new(input, origin, zone)),
            (Format::Jsonl, _) => Box::new(Jsonl::new(input, origin, zone)),
            (Format::Csv, Some(map)) => Box::new(CsvMapped::new(input, origin, map.clone(), self.clock())),
            // `check` refused a csv without a map before there was a reader.
            (Format::Csv, None) => Box::new(std::iter::empty()),
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Row, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.rows.as_mut().and_then(Iterator::next) {
                self.totals.count(&item);
                return Some(item);
            }
            self.rows = None;
            if let Err(bad) = self.begin()? {
                let item = Err(bad);
                self.totals.count(&item);
                return Some(item);
            }
        }
    }
}

/// How much is read from a file at once: less than this costs calls, more gains nothing.
const BUFFER_BYTES: usize = 64 << 10;

/// A file that tells how much of it was read.
struct Counted {
    file: File,
    bytes_done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.bytes_done.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

fn origin(index: usize, file: &SourceFile) -> Origin {
    Origin { index: u32::try_from(index).unwrap_or(u32::MAX), name: file.path.display().to_string().into() }
}

fn unreadable(path: &Path, source: io::Error) -> OpenError {
    OpenError::Unreadable { path: path.to_owned(), source }
}

fn hash(path: &Path) -> io::Result<FileHash> {
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; BUFFER_BYTES]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(bytes) => hasher.update(&buffer[..bytes]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Refuses a file that is in another encoding as a whole. IRC logs may mix encodings line by line, so that
/// only UTF-16 is refused there.
fn check_encoding(file: &SourceFile, format: Format) -> Result<(), OpenError> {
    let mut head = Vec::new();
    let opened = File::open(&file.path).map_err(|source| unreadable(&file.path, source))?;
    let read = opened.take(SNIFF_BYTES as u64).read_to_end(&mut head);
    read.map_err(|source| unreadable(&file.path, source))?;
    let is_irc = matches!(format, Format::IrcBlocks | Format::IrcLines);
    let (found, name) = match encoding_of(&head) {
        Encoding::Utf16 => ("UTF-16", "UTF-16"),
        Encoding::Gbk if !is_irc => ("GBK or GB18030", "GB18030"),
        _ => return Ok(()),
    };
    Err(OpenError::Encoding { path: file.path.clone(), found, name })
}

#[cfg(test)]
mod tests;
