//! The documents that a stranger reads first are there, short, and name checks that exist.
//!
//! README and ARCHITECTURE have a length; the CHANGELOG has a place for what comes next; each test that
//! ARCHITECTURE says holds an invariant is there. Links are `links`' business.

use super::repository::{Source, assert_clean, sources};
use super::rust_source::RustSource;

/// Each document, its lines at most, and a line that it must have.
const DOCUMENTS: &[(&str, usize, &str)] = &[
    ("README.md", 120, "cargo test --workspace"),
    ("ARCHITECTURE.md", 300, "## Invariants of absence"),
    ("CHANGELOG.md", usize::MAX, "## [Unreleased]"),
];

fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, lines_max, line) in DOCUMENTS {
        let text = text_of(sources, path);
        let lines = text.lines().count();
        if lines > *lines_max {
            complaints.push(format!("{path}: {lines} lines, of {lines_max}"));
        }
        if !text.lines().any(|found| found == *line) {
            complaints.push(format!("{path}: has no line `{line}`"));
        }
    }
    complaints.extend(missing_tests(sources));
    complaints
}

/// Complains of each `tidy::module::test` in ARCHITECTURE that no tidy file has.
fn missing_tests(sources: &[Source]) -> Vec<String> {
    let quoted = text_of(sources, "ARCHITECTURE.md").split('`').skip(1).step_by(2);
    let named = quoted.filter_map(|name| name.strip_prefix("tidy::"));
    named
        .filter(|name| !is_test(sources, name))
        .map(|name| format!("ARCHITECTURE.md: no test `tidy::{name}`"))
        .collect()
}

fn is_test(sources: &[Source], name: &str) -> bool {
    let (module, function) = name.split_once("::").unwrap_or((name, ""));
    let text = text_of(sources, &format!("tests/suite/tidy/{module}.rs"));
    RustSource::scan(text).functions().iter().any(|found| found.name == function)
}

fn text_of<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|source| source.path == path).map_or("", Source::text)
}

#[test]
fn documents_are_short_and_name_what_exists() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENTS, check};
    use crate::tidy::repository::Source;

    fn documents() -> Vec<Source> {
        DOCUMENTS.iter().map(|(path, _, line)| Source::made_up(path, line)).collect()
    }

    #[test]
    fn complains_of_long_or_incomplete_documents() {
        assert!(check(&documents()).is_empty());
        assert_eq!(check(&[]).len(), DOCUMENTS.len());
        for (at, (path, lines_max, line)) in DOCUMENTS.iter().enumerate().take(2) {
            let mut sources = documents();
            sources[at] = Source::made_up(path, &format!("{line}{}", "\nx".repeat(*lines_max)));
            assert_eq!(check(&sources).len(), 1, "{path}");
        }
    }

    #[test]
    fn complains_of_an_invariant_whose_test_is_gone() {
        let mut sources = documents();
        let text = format!("{}\n`tidy::heads::every_source` holds it, `tidy` does not", DOCUMENTS[1].2);
        sources[1] = Source::made_up("ARCHITECTURE.md", &text);
        assert_eq!(check(&sources), ["ARCHITECTURE.md: no test `tidy::heads::every_source`"]);
        sources.push(Source::made_up("tests/suite/tidy/heads.rs", "#[test]\nfn every_source() {}"));
        assert!(check(&sources).is_empty());
    }
}
