//! Word lists: many entries matched at once over the normal form of a text.
//!
//! A list is lines of text:
//! - an entry, which matches its normal form: `加微` also finds `ｊｉａ 微` and `➕薇` when the list is loose;
//! - `# …`, a comment; empty lines are skipped;
//! - `!entry`, an exception: a hit that lies wholly inside a place where the exception matches is none.
//!   Chinese has no spaces, so `加微` is literally in `参加微博之夜`; a list with `加微` wants `!参加微`.
//!
//! An entry's end that is a Latin letter (or one of another script with spaces) must be the end of a word
//! there, unless a `*` is written: `ad` does not hit `add`, `ad*` does. A digit ends a word only in entries
//! that hold Chinese, so that `加v` hits `加v12345` and `mp` does not hit `mp3`. Ends that are Chinese match
//! anywhere.
//!
//! Keeps no state but a memo (`shared`); the source lines are the caller's to store, and compiling is the
//! caller's to delay.

mod shared;

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match};

use super::glyphs::{is_spaced_letter, is_unspaced};
use super::normal::{Exactness, Normal, normalise, normalise_native};

/// Entries and exceptions of one list: 20,000 of four characters compile in 0.1 to 0.3 s and take less than
/// 10 MB.
pub const ENTRIES_MAX: usize = 20_000;
/// Bytes of one line: longer ones are texts, for which repetition rules exist.
pub const ENTRY_BYTES_MAX: usize = 256;
/// Bytes of a whole list, comments included.
pub const LIST_BYTES_MAX: usize = 2 << 20;

/// Says which line of a list cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordListError {
    /// There are more entries than [`ENTRIES_MAX`].
    #[error("line {line}: a list holds at most {ENTRIES_MAX} entries; split it into two lists")]
    TooManyEntries {
        /// The first line too many, counted from 1.
        line: usize,
    },
    /// The lines are longer than [`LIST_BYTES_MAX`] together.
    #[error("line {line}: a list holds at most {LIST_BYTES_MAX} bytes; split it into two lists")]
    TooLong {
        /// The first line too many, counted from 1.
        line: usize,
    },
    /// One line is longer than [`ENTRY_BYTES_MAX`].
    #[error(
        "line {line}: an entry has at most {ENTRY_BYTES_MAX} bytes; keep the words that give the text away"
    )]
    EntryTooLong {
        /// The line, counted from 1.
        line: usize,
    },
    /// Nothing of the entry remains after normalisation.
    #[error("line {line}: `{entry}` holds no letter or digit to match; write a word or delete the line")]
    NothingToMatch {
        /// The line, counted from 1.
        line: usize,
        /// The entry as written.
        entry: String,
    },
    /// A `*` stands within the entry.
    #[error(
        "line {line}: `*` may stand only at the beginning or the end of `{entry}`; use a pattern for more"
    )]
    StarWithin {
        /// The line, counted from 1.
        line: usize,
        /// The entry as written.
        entry: String,
    },
    /// The search automaton could not be built.
    #[error("failed to compile the word list; make it smaller")]
    Build(#[source] std::sync::Arc<BuildFailure>),
}

/// Why the automaton could not be built.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct BuildFailure(aho_corasick::BuildError);

impl PartialEq for BuildFailure {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for BuildFailure {}

/// An entry found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'list> {
    /// The entry as the list has it.
    pub entry: &'list str,
    /// Its bytes in the original text.
    pub range: Range<usize>,
}

/// A compiled list.
#[derive(Debug, Clone)]
pub struct WordList {
    exactness: Exactness,
    patterns: Vec<Pattern>,
    automaton: AhoCorasick,
}

#[derive(Debug, Clone)]
struct Pattern {
    entry: String,
    kind: Kind,
    head: End,
    tail: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Entry,
    Exception,
}

/// What may stand beside an end of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Anything.
    Open,
    /// No letter.
    NoLetter,
    /// Neither letter nor digit.
    Neither,
}

impl End {
    /// The end at a character: Chinese is open, Latin is as the entry's kind of script says.
    fn at(ch: Option<char>, of_latin: Self) -> Self {
        if ch.is_some_and(is_spaced_letter) { of_latin } else { Self::Open }
    }

    fn allows(self, neighbour: Option<char>) -> bool {
        let Some(ch) = neighbour else { return true };
        match self {
            Self::Open => true,
            Self::NoLetter => !is_spaced_letter(ch) || ch.is_numeric(),
            Self::Neither => !is_spaced_letter(ch),
        }
    }
}

impl WordList {
    /// Compiles the lines of a list.
    pub fn compile<S: AsRef<str>>(lines: &[S], exactness: Exactness) -> Result<Self, WordListError> {
        let mut patterns = Vec::new();
        let mut needles = Vec::new();
        let mut bytes = 0;
        let mut entries = 0;
        for (line, source) in (1..).zip(lines) {
            let source = source.as_ref();
            bytes += source.len() + 1;
            if bytes > LIST_BYTES_MAX {
                return Err(WordListError::TooLong { line });
            }
            let Some(entry) = ParsedEntry::of(line, source)? else { continue };
            entries += 1;
            if entries > ENTRIES_MAX {
                return Err(WordListError::TooManyEntries { line });
            }
            for needle in entry.needles(exactness)? {
                patterns.push(entry.pattern(&needle));
                needles.push(needle);
            }
        }
        // A table for every byte (the default for short lists) takes hundreds of kilobytes, and a host has a
        // list a community: it would be out of the cache each time and out of memory in the end.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&needles)
            .map_err(|error| WordListError::Build(std::sync::Arc::new(BuildFailure(error))))?;
        Ok(Self { exactness, patterns, automaton })
    }

    /// Finds the entries in a text: leftmost first, without hits inside longer hits and those that exceptions
    /// cover.
    pub fn find(&self, text: &str) -> Vec<Hit<'_>> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        self.find_in(&normalise(text, self.exactness))
    }

    /// Finds the entries in a text that is normalised already, for several lists over one text.
    ///
    /// The text must have been normalised with the exactness that the list was compiled for.
    pub fn find_in(&self, normal: &Normal) -> Vec<Hit<'_>> {
        let found: Vec<Match> = self
            .automaton
            .find_overlapping_iter(normal.text())
            .filter(|found| self.is_whole(found, normal.text()))
            .collect();
        if found.is_empty() {
            return Vec::new();
        }
        let (exceptions, mut hits): (Vec<Match>, Vec<Match>) =
            found.into_iter().partition(|found| self.pattern(found).kind == Kind::Exception);
        hits.retain(|hit| !exceptions.iter().any(|exception| covers(exception, hit)));
        hits.sort_by_key(|hit| (hit.start(), std::cmp::Reverse(hit.end()), hit.pattern()));
        // Sorted so, a hit lies inside an earlier one exactly if it does not end after all of them.
        let mut reached = 0;
        hits.retain(|hit| {
            let longer = hit.end() > reached;
            reached = reached.max(hit.end());
            longer
        });
        hits.iter()
            .map(|hit| Hit { entry: &self.pattern(hit).entry, range: normal.range(hit.range()) })
            .collect()
    }

    fn pattern(&self, found: &Match) -> &Pattern {
        &self.patterns[found.pattern().as_usize()]
    }

    fn is_whole(&self, found: &Match, text: &str) -> bool {
        let pattern = self.pattern(found);
        pattern.head.allows(text[..found.start()].chars().next_back())
            && pattern.tail.allows(text[found.end()..].chars().next())
    }
}

fn covers(outer: &Match, inner: &Match) -> bool {
    outer.start() <= inner.start() && inner.end() <= outer.end()
}

/// One line of a list, taken apart.
struct ParsedEntry<'line> {
    line: usize,
    written: &'line str,
    kind: Kind,
    word: &'line str,
    star_before: bool,
    star_after: bool,
}

impl<'line> ParsedEntry<'line> {
    fn of(line: usize, source: &'line str) -> Result<Option<Self>, WordListError> {
        let written = source.trim_start_matches('\u{feff}').trim();
        if written.is_empty() || written.starts_with('#') {
            return Ok(None);
        }
        if written.len() > ENTRY_BYTES_MAX {
            return Err(WordListError::EntryTooLong { line });
        }
        // A Chinese keyboard types the full-width mark.
        let exception = written.strip_prefix(['!', '！']);
        let kind = if exception.is_some() { Kind::Exception } else { Kind::Entry };
        let rest = exception.unwrap_or(written).trim_start();
        let (star_before, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
        let (star_after, word) = rest.strip_suffix('*').map_or((false, rest), |word| (true, word));
        if word.contains('*') {
            return Err(WordListError::StarWithin { line, entry: written.to_owned() });
        }
        Ok(Some(Self { line, written, kind, word, star_before, star_after }))
    }

    /// The forms to search for: one, or two where letters may be read as Latin or as their own script's.
    fn needles(&self, exactness: Exactness) -> Result<Vec<String>, WordListError> {
        let mut needles = vec![normalise(self.word, exactness).text().to_owned()];
        if exactness == Exactness::Loose {
            needles.push(normalise_native(self.word).text().to_owned());
        }
        needles.dedup();
        needles.retain(|needle| needle.contains(|ch: char| !ch.is_whitespace()));
        if needles.is_empty() {
            return Err(WordListError::NothingToMatch { line: self.line, entry: self.written.to_owned() });
        }
        Ok(needles)
    }

    fn pattern(&self, needle: &str) -> Pattern {
        let of_latin = if needle.contains(is_unspaced) { End::NoLetter } else { End::Neither };
        let (head, tail) =
            (End::at(needle.chars().next(), of_latin), End::at(needle.chars().next_back(), of_latin));
        Pattern {
            entry: self.written.to_owned(),
            kind: self.kind,
            head: if self.star_before { End::Open } else { head },
            tail: if self.star_after { End::Open } else { tail },
        }
    }
}

#[cfg(test)]
mod tests;
