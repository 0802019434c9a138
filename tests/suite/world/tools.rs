//! Programs of others that cases drive (a browser, Python, npm) and that a bare machine may lack.
//!
//! Where `KITH_TOOLS=required`, as in CI, a missing one fails the case. Elsewhere the case says what is
//! missing and ends: whoever only has Rust can still run the tests.

use std::path::PathBuf;

/// The first of some programs that is on the path; `None`, said aloud, where none is.
pub(crate) fn tool(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = places.into_iter().find(|place| place.is_file());
    if found.is_none() {
        let required = std::env::var_os("KITH_TOOLS").is_some_and(|value| value == "required");
        assert!(!required, "install one of {names:?}");
        println!("not run: there is none of {names:?} on this machine");
    }
    found
}
