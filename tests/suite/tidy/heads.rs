//! Every source says first what it is: `//!` in Rust, a comment in scripts, settings and manifests.
//!
//! Does not judge what the head says, only that it is there and is a sentence of some length.

use super::repository::{Source, assert_clean, sources};

/// Shorter than this says nothing.
const HEAD_LETTERS_MIN: usize = 12;

fn check(sources: &[Source]) -> Vec<String> {
    let complain = |mark: &str, source: &Source| format!("{}: opens without a `{mark}` head", source.path);
    sources
        .iter()
        .filter_map(|source| {
            mark(source).filter(|mark| !has_head(source, mark)).map(|mark| complain(mark, source))
        })
        .collect()
}

/// The mark that the first line must open with.
fn mark(source: &Source) -> Option<&'static str> {
    match source.extension() {
        "rs" => Some("//!"),
        "rhai" | "wit" => Some("//"),
        "toml" => Some("#"),
        _ => source.is_script().then_some("#"),
    }
}

fn has_head(source: &Source, mark: &str) -> bool {
    let first = source.text().lines().find(|line| !line.starts_with("#!/")).unwrap_or_default();
    first
        .strip_prefix(mark)
        .is_some_and(|head| head.trim().chars().count() >= HEAD_LETTERS_MIN || is_chinese(head))
}

/// A Chinese sentence says as much in fewer letters.
fn is_chinese(head: &str) -> bool {
    head.chars().filter(|letter| ('\u{4e00}'..='\u{9fff}').contains(letter)).count() >= 4
}

#[test]
fn every_source_opens_with_a_head() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Source;

    #[test]
    fn complains_only_where_the_head_is_missing() {
        let rows = [
            ("a.rs", "//! What lives here.\n", 0),
            ("a.rs", "// What lives here.\n", 1),
            ("a.rs", "\n//! What lives here.\n", 1),
            ("a.rs", "//! A.\n", 1),
            ("a.rs", "", 1),
            ("a.toml", "# What it sets up.\n[a]\n", 0),
            ("a.toml", "# 这是小群的设定\n[a]\n", 0),
            ("a.toml", "[a]\n", 1),
            (".ci/run", "#!/usr/bin/env bash\n# What it runs.\n", 0),
            (".ci/run", "#!/usr/bin/env bash\nset -e\n", 1),
            ("a.sh", "set -e\n", 1),
            ("a.md", "no head\n", 0),
        ];
        for (path, text, expected) in rows {
            assert_eq!(check(&[Source::made_up(path, text)]).len(), expected, "{path}: {text}");
        }
    }
}
