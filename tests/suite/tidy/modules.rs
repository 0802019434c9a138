//! A file that no `mod` reaches is never compiled, and its tests never run: this finds it.
//!
//! Follows `mod name;` from the roots of each crate to `name.rs` or `name/mod.rs`. Knows neither `#[path]`
//! nor a `mod name;` inside an inline module; both would be complained of, and neither is used here.

use std::collections::{BTreeMap, BTreeSet};

use super::repository::{Source, assert_clean, sources};
use super::rust_source::RustSource;

/// Where a crate starts, below its folder.
const ROOTS: &[&str] = &["src/lib.rs", "src/main.rs", "suite/main.rs", "build.rs"];

fn check(sources: &[Source]) -> Vec<String> {
    let rust: BTreeMap<&str, &Source> = sources
        .iter()
        .filter(|source| source.is_rust())
        .map(|source| (source.path.as_str(), source))
        .collect();
    let crates = sources.iter().filter_map(|source| source.path.strip_suffix("Cargo.toml"));
    let roots = crates.flat_map(|folder| ROOTS.iter().map(move |root| format!("{folder}{root}")));
    let mut ahead: Vec<String> = roots.filter(|root| rust.contains_key(root.as_str())).collect();
    let mut reached = BTreeSet::new();
    while let Some(path) = ahead.pop() {
        let children = rust.get(path.as_str()).map_or(Vec::new(), |source| children(source));
        ahead.extend(children.into_iter().filter(|child| rust.contains_key(child.as_str())));
        reached.insert(path);
    }
    let forgotten = rust.keys().filter(|path| !reached.contains(**path));
    forgotten.map(|path| format!("{path}: no `mod` reaches it, so it is never compiled")).collect()
}

/// Both paths that each `mod name;` of a file may mean.
fn children(source: &Source) -> Vec<String> {
    let (folder, _) = source.path.rsplit_once('/').unwrap_or_default();
    let is_own_folder = matches!(source.stem(), "lib" | "main" | "mod" | "build");
    let folder = if is_own_folder { folder.to_owned() } else { format!("{folder}/{}", source.stem()) };
    let rust = RustSource::scan(source.text());
    let declared = rust.code.windows(3).filter(|three| three[0].text == "mod" && three[2].text == ";");
    declared
        .map(|three| three[1].text.trim_start_matches("r#"))
        .flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")])
        .collect()
}

#[test]
fn every_file_is_reached_by_a_mod() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Source;

    #[test]
    fn finds_the_forgotten_file_and_only_that() {
        let mut sources = vec![
            Source::made_up("tests/Cargo.toml", ""),
            Source::made_up(
                "tests/suite/main.rs",
                "mod tidy;\n// mod forgotten;\nconst A: &str = \"mod forgotten;\";",
            ),
            Source::made_up("tests/suite/tidy/mod.rs", "mod heads;"),
            Source::made_up("tests/suite/tidy/heads.rs", "#[cfg(test)]\nmod tests;"),
            Source::made_up("tests/suite/tidy/heads/tests.rs", ""),
        ];
        assert!(check(&sources).is_empty());
        sources.push(Source::made_up("tests/suite/forgotten.rs", "mod forgotten;"));
        sources.push(Source::made_up("stray.rs", ""));
        let complaints = check(&sources);
        assert_eq!(complaints.len(), 2);
        assert!(
            complaints[0].starts_with("stray.rs") && complaints[1].starts_with("tests/suite/forgotten.rs")
        );
    }
}
