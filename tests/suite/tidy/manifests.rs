//! Every crate takes its version, licence, lints and dependency versions from the workspace.
//!
//! So that one place says them. Which crate may know which is `dependencies`' business.

use toml::{Table, Value};

use super::repository::{Source, assert_clean, sources};

/// What each package inherits.
const INHERITED: &[&str] = &["edition", "license", "publish", "repository", "rust-version", "version"];

fn check(sources: &[Source]) -> Vec<String> {
    let manifests = sources.iter().filter(|source| source.file_name() == "Cargo.toml");
    let parsed = manifests
        .filter_map(|source| Some((source.path.as_str(), toml::from_str::<Table>(source.text()).ok()?)));
    let (roots, packages): (Vec<_>, Vec<_>) = parsed.partition(|(path, _)| *path == "Cargo.toml");
    let Some((_, root)) = roots.first() else { return vec!["Cargo.toml: is missing or not TOML".to_owned()] };
    let mut complaints = Vec::new();
    if text_at(root, &["workspace", "lints", "rust", "unsafe_code"]) != Some("deny") {
        complaints.push("Cargo.toml: the workspace does not deny unsafe_code".to_owned());
    }
    for (path, package) in &packages {
        complaints.extend(complaints_on(package).iter().map(|complaint| format!("{path}: {complaint}")));
        let folder = path.trim_end_matches("/Cargo.toml");
        if !is_listed(root, folder) {
            complaints.push(format!("{path}: `{folder}` is neither a member of the workspace nor excluded"));
        }
    }
    complaints
}

fn complaints_on(manifest: &Table) -> Vec<String> {
    let mut complaints = Vec::new();
    for key in INHERITED {
        if at(manifest, &["package", key, "workspace"]).and_then(Value::as_bool) != Some(true) {
            complaints.push(format!("`{key}` is not inherited from the workspace"));
        }
    }
    if text_at(manifest, &["package", "description"]).unwrap_or_default().is_empty() {
        complaints.push("has no description".to_owned());
    }
    if at(manifest, &["lints", "workspace"]).and_then(Value::as_bool) != Some(true) {
        complaints.push("does not take the lints of the workspace".to_owned());
    }
    let sections =
        ["dependencies", "dev-dependencies", "build-dependencies"].map(|section| manifest.get(section));
    for (name, row) in sections.into_iter().flatten().filter_map(Value::as_table).flatten() {
        if row.get("workspace").is_none() {
            complaints.push(format!("`{name}` has a version of its own"));
        }
    }
    complaints
}

fn is_listed(root: &Table, folder: &str) -> bool {
    let lists = ["members", "exclude"].map(|list| at(root, &["workspace", list]));
    lists.into_iter().flatten().filter_map(Value::as_array).flatten().any(|row| row.as_str() == Some(folder))
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

fn text_at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a str> {
    at(table, path)?.as_str()
}

#[test]
fn every_crate_inherits_from_the_workspace() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Source;

    const ROOT: &str = "[workspace]\nmembers = [\"a\"]\n[workspace.lints.rust]\nunsafe_code = \"deny\"\n";
    const PACKAGE: &str = "[package]\nname = \"a\"\ndescription = \"A\"\nedition.workspace = true\n\
        license.workspace = true\npublish.workspace = true\nrepository.workspace = true\n\
        rust-version.workspace = true\nversion.workspace = true\n[lints]\nworkspace = true\n\
        [dependencies]\nb.workspace = true\n";

    fn complaints_on(root: &str, package: &str) -> Vec<String> {
        check(&[Source::made_up("Cargo.toml", root), Source::made_up("a/Cargo.toml", package)])
    }

    #[test]
    fn complains_of_each_thing_not_inherited() {
        assert_eq!(complaints_on(ROOT, PACKAGE), Vec::<String>::new());
        for (line, other) in [
            ("edition.workspace = true", "edition = \"2021\""),
            ("license.workspace = true", ""),
            ("version.workspace = true\n[", "version = \"1.0.0\"\n["),
            ("description = \"A\"", ""),
            ("[lints]\nworkspace = true", ""),
            ("b.workspace = true", "b = \"1\""),
        ] {
            let complaints = complaints_on(ROOT, &PACKAGE.replace(line, other));
            assert_eq!(complaints.len(), 1, "{line}: {complaints:?}");
        }
    }

    #[test]
    fn complains_of_a_stray_package_and_of_unsafe_allowed() {
        assert_eq!(complaints_on(&ROOT.replace("members", "exclude"), PACKAGE), Vec::<String>::new());
        assert_eq!(complaints_on(&ROOT.replace("\"a\"", "\"b\""), PACKAGE).len(), 1);
        assert_eq!(complaints_on(&ROOT.replace("deny", "warn"), PACKAGE).len(), 1);
        assert_eq!(check(&[]).len(), 1);
    }
}
