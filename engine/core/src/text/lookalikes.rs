//! The table of look-alikes: parsed once from `lookalikes.txt`, whose head says what the sections mean.
//!
//! Only holds and finds rules; when they apply is `normal`'s. The file is ours, so a bad line is a bug, found
//! by the test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static TABLE: LazyLock<Lookalikes> = LazyLock::new(|| Lookalikes::parse(include_str!("lookalikes.txt")));

/// The parsed table.
#[derive(Debug, Default)]
pub(super) struct Lookalikes {
    letters: BTreeMap<char, char>,
    digits: BTreeMap<char, char>,
    alike: BTreeMap<char, char>,
    kept: BTreeMap<char, Vec<KeptPlace>>,
    spelled: BTreeMap<char, Vec<Spelled>>,
    named: Named,
}

/// The characters that `alike` or `spelled` knows, a bit each: nearly every character is asked for, few are
/// known.
#[derive(Debug, Default)]
struct Named(Vec<u64>);

impl Named {
    fn add(&mut self, ch: char) {
        let (word, bit) = (ch as usize / 64, ch as usize % 64);
        self.0.resize(self.0.len().max(word + 1), 0);
        self.0[word] |= 1 << bit;
    }

    fn has(&self, ch: char) -> bool {
        self.0.get(ch as usize / 64).is_some_and(|word| word >> (ch as usize % 64) & 1 == 1)
    }
}

/// A kept word and the place in it of the character under which it is filed.
#[derive(Debug)]
struct KeptPlace {
    word: Vec<char>,
    place: usize,
}

/// A Latin spelling or sign that stands for Chinese characters beside certain others.
#[derive(Debug, Clone)]
pub(super) struct Spelled {
    pub(super) source: Vec<char>,
    pub(super) target: Vec<char>,
    pub(super) context: Context,
}

/// What must stand beside a spelling.
#[derive(Debug, Clone)]
pub(super) enum Context {
    /// Anything.
    Free,
    /// One of these after it.
    Before(Vec<Vec<char>>),
    /// One of these before it.
    After(Vec<Vec<char>>),
}

/// The table that the program carries.
pub(super) fn lookalikes() -> &'static Lookalikes {
    &TABLE
}

impl Lookalikes {
    fn parse(source: &str) -> Self {
        let mut table = Self::default();
        let mut section = "";
        let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
                continue;
            }
            match section {
                "letters" => add_pairs(&mut table.letters, line),
                "digits" => add_pairs(&mut table.digits, line),
                "alike" => add_pairs(&mut table.alike, line),
                "kept" => line.split_whitespace().for_each(|word| table.keep(word)),
                _ => table.spell(line),
            }
        }
        for rules in table.spelled.values_mut() {
            rules.sort_by_key(|rule| std::cmp::Reverse(rule.source.len()));
        }
        table.alike.keys().chain(table.spelled.keys()).for_each(|ch| table.named.add(*ch));
        table
    }

    fn keep(&mut self, word: &str) {
        let word: Vec<char> = word.chars().collect();
        for (place, ch) in word.iter().enumerate() {
            self.kept.entry(*ch).or_default().push(KeptPlace { word: word.clone(), place });
        }
    }

    fn spell(&mut self, line: &str) {
        let Some((target, rest)) = line.split_once('=') else { return };
        let (sources, context) = rest.split_once('|').unwrap_or((rest, ""));
        let mut words = context.split_whitespace();
        let side = words.next();
        let beside: Vec<Vec<char>> = words.map(|word| word.chars().collect()).collect();
        let context = match side {
            Some("before") => Context::Before(beside),
            Some("after") => Context::After(beside),
            _ => Context::Free,
        };
        for source in sources.split_whitespace() {
            let source: Vec<char> = source.replace('_', " ").chars().collect();
            let rule = Spelled { target: target.trim().chars().collect(), context: context.clone(), source };
            self.spelled.entry(rule.source[0]).or_default().push(rule);
        }
    }

    /// The Latin letter that a letter of another script is drawn like.
    pub(super) fn letter(&self, ch: char) -> Option<char> {
        self.letters.get(&ch).copied()
    }

    /// The Latin letter that a digit or sign is written for.
    pub(super) fn digit(&self, ch: char) -> Option<char> {
        self.digits.get(&ch).copied()
    }

    /// The character that a Chinese look- or sound-alike stands for.
    pub(super) fn alike(&self, ch: char) -> Option<char> {
        if self.named.has(ch) { self.alike.get(&ch).copied() } else { None }
    }

    /// Says whether the character at `at` is part of an ordinary word that keeps it as it is.
    pub(super) fn is_kept(&self, at: usize, ch_at: impl Fn(usize) -> Option<char>) -> bool {
        let Some(places) = ch_at(at).and_then(|ch| self.kept.get(&ch)) else { return false };
        places.iter().any(|kept| {
            let Some(first) = at.checked_sub(kept.place) else { return false };
            kept.word.iter().enumerate().all(|(offset, ch)| ch_at(first + offset) == Some(*ch))
        })
    }

    /// The spellings that begin with a character, the longest first.
    pub(super) fn spelled(&self, first: char) -> &[Spelled] {
        if self.named.has(first) { self.spelled.get(&first).map_or(&[], Vec::as_slice) } else { &[] }
    }
}

fn add_pairs(map: &mut BTreeMap<char, char>, line: &str) {
    let mut chars = line.split_whitespace().filter_map(|word| word.chars().next());
    let Some(target) = chars.next() else { return };
    map.extend(chars.map(|source| (source, target)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_well_formed() {
        let mut section = "";
        for line in include_str!("lookalikes.txt").lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                assert!(
                    ["[letters]", "[digits]", "[alike]", "[kept]", "[spelled]"].contains(&line),
                    "{line}"
                );
            } else if section == "[spelled]" {
                assert!(line.is_empty() || line.contains(" = "), "{line}");
            } else if section != "[kept]" {
                assert!(
                    line.split(' ').all(|word| word.chars().count() <= 1),
                    "one character a word: {line}"
                );
                assert_ne!(line.chars().count(), 1, "a target without sources: {line}");
            }
        }
    }

    #[test]
    fn no_character_stands_for_two_and_no_target_is_folded_itself() {
        let table = lookalikes();
        for (source, target) in &table.alike {
            assert!(!table.alike.contains_key(target), "{source} -> {target} folds on");
        }
        let lines = include_str!("lookalikes.txt")
            .split_once("\n[alike]\n")
            .unwrap()
            .1
            .split_once("\n[kept]\n")
            .unwrap()
            .0;
        let sources: usize =
            lines.lines().map(|line| line.split_whitespace().count().saturating_sub(1)).sum();
        assert_eq!(sources, table.alike.len(), "a source is listed twice");
    }
}
