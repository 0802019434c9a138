//! No file or folder of code is named after nothing: a name that would fit any content says nothing about its
//! own.
//!
//! Looks at each part of a name between `_` and `-`. Data files may be called what they are.

use super::repository::{Source, assert_clean, sources};

const EMPTY_NAMES: &[&str] =
    &["common", "data", "helper", "helpers", "info", "manager", "managers", "misc", "util", "utils"];

fn check(sources: &[Source]) -> Vec<String> {
    let is_code = |source: &&Source| matches!(source.extension(), "rs" | "rhai" | "wit" | "sh");
    sources.iter().filter(is_code).filter_map(complaint).collect()
}

fn complaint(source: &Source) -> Option<String> {
    let folders = source.path.strip_suffix(source.file_name())?;
    let mut parts = folders.split('/').chain([source.stem()]).flat_map(|name| name.split(['_', '-']));
    let found = parts.find(|part| EMPTY_NAMES.contains(part))?;
    Some(format!("{}: `{found}` says nothing; name the noun or the verb", source.path))
}

#[test]
fn no_file_is_named_after_nothing() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::{EMPTY_NAMES, check};
    use crate::tidy::repository::Source;

    #[test]
    fn complains_of_each_empty_name_as_file_folder_or_part() {
        for name in EMPTY_NAMES {
            for path in [format!("a/{name}.rs"), format!("{name}/a.rs"), format!("a/member_{name}.rs")] {
                assert_eq!(check(&[Source::made_up(&path, "")]).len(), 1, "{path}");
            }
        }
    }

    #[test]
    fn leaves_whole_words_and_data_files_alone() {
        for path in ["a/metadata.rs", "a/utility.rs", "a/data/lists.txt", "a/database.rs"] {
            assert!(check(&[Source::made_up(path, "")]).is_empty(), "{path}");
        }
    }
}
