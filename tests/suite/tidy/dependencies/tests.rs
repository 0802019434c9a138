//! The dependency table on made-up manifests.

use super::{Crate, Foreign, check};
use crate::tidy::repository::Source;

const CRATES: &[Crate] = &[
    Crate { name: "kith-core", ours: &[], foreign: Foreign::Exactly(&["serde"]) },
    Crate { name: "kith-store", ours: &["kith-core"], foreign: Foreign::Free },
    Crate { name: "kith-tests", ours: &["kith-core"], foreign: Foreign::Everything },
];

const RESERVED: &[(&str, &[&str])] = &[("sled", &["kith-store"])];

const CORE: &str =
    "[package]\nname = \"kith-core\"\n[dependencies]\nserde = \"1\"\n[dev-dependencies]\ninsta = \"1\"\n";
const STORE: &str = "[package]\nname = \"kith-store\"\n[dependencies]\nkith-core = \"1\"\nsled = \"1\"\n";
const TESTS: &str = "[package]\nname = \"kith-tests\"\n[dependencies]\nkith-core = \"1\"\nsled = \"1\"\n";

fn complaints_on(root: &str, core: &str, store: &str) -> Vec<String> {
    let sources = [
        Source::made_up("Cargo.toml", root),
        Source::made_up("engine/core/Cargo.toml", core),
        Source::made_up("engine/store/Cargo.toml", store),
        Source::made_up("tests/Cargo.toml", TESTS),
    ];
    check(&sources, CRATES, RESERVED)
}

/// The core's manifest with this added must bring this one complaint.
fn check_core(added: &str, expected: &str) {
    let complaints = complaints_on("[workspace]", &format!("{CORE}{added}"), STORE);
    assert_eq!(complaints.len(), 1, "{added}: {complaints:?}");
    assert!(complaints[0].contains(expected), "{complaints:?}");
}

#[test]
fn is_content_with_manifests_as_the_table_says() {
    assert_eq!(complaints_on("[workspace]", CORE, STORE), Vec::<String>::new());
}

#[test]
fn finds_a_forbidden_crate_however_it_is_declared() {
    check_core("kith-store = \"1\"", "`kith-store` is not for this crate");
    check_core("sled = \"1\"", "`sled` is only for [\"kith-store\"]");
    check_core("tree = { version = \"1\", package = \"sled\" }", "`sled` is only for");
    check_core("[target.'cfg(unix)'.dev-dependencies]\nsled = \"1\"", "`sled` is only for");
    check_core("[build-dependencies]\ncc = \"1\"", "`cc` is not in the list");
    check_core("[target.'cfg(unix)'.dependencies]\nlibc = \"1\"", "`libc` is not in the list");
}

#[test]
fn finds_a_rename_in_the_workspace() {
    let root = "[workspace.dependencies]\ntree = { version = \"1\", package = \"sled\" }";
    let complaints = complaints_on(root, &format!("{CORE}tree.workspace = true"), STORE);
    assert!(complaints.len() == 1 && complaints[0].contains("`sled` is only for"), "{complaints:?}");
}

#[test]
fn finds_rows_that_no_longer_hold() {
    let without_serde = CORE.replace("serde", "other");
    assert_eq!(complaints_on("[workspace]", &without_serde, STORE).len(), 2);
    assert_eq!(complaints_on("[workspace]", CORE, &STORE.replace("kith-core", "other")).len(), 1);
    assert_eq!(complaints_on("[workspace]", &CORE.replace("kith-core", "kith-new"), STORE).len(), 2);
}
