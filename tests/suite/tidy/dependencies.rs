//! Which crate may know which: the table of the design, compared with every manifest.
//!
//! `core ← store, scripts, search, runtime ← cli`, and a heavy or dangerous library has one crate that knows
//! it. A new crate is a row of `CRATES`; a library kept to one crate is a row of `RESERVED`. Development and
//! build dependencies count too.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::repository::{Source, assert_clean, sources};

/// What a crate may know.
struct Crate {
    name: &'static str,
    /// The crates of this repository that it knows, exactly.
    ours: &'static [&'static str],
    foreign: Foreign,
}

/// The libraries of others that a crate may know, outside its tests.
enum Foreign {
    /// These and no other.
    Exactly(&'static [&'static str]),
    /// All that nobody else has reserved.
    Free,
    /// All, reserved ones included: a test must be able to look behind every wall.
    Everything,
}

const CRATES: &[Crate] = &[
    Crate {
        name: "kith-core",
        ours: &[],
        foreign: Foreign::Exactly(&[
            "aho-corasick",
            "hmac",
            "jiff",
            "regex",
            "regex-syntax",
            "rmp-serde",
            "serde",
            "serde_bytes",
            "sha2",
            "thiserror",
            "unicode-normalization",
            "zeroize",
        ]),
    },
    Crate { name: "kith-scripts", ours: &["kith-core"], foreign: Foreign::Free },
    Crate { name: "kith-search", ours: &["kith-core"], foreign: Foreign::Free },
    Crate { name: "kith-store", ours: &["kith-core"], foreign: Foreign::Free },
    Crate { name: "kith-runtime", ours: &["kith-core"], foreign: Foreign::Free },
    Crate { name: "kith-http", ours: &["kith-core", "kith-runtime"], foreign: Foreign::Free },
    Crate {
        name: "kith",
        ours: &["kith-core", "kith-http", "kith-runtime", "kith-scripts", "kith-search", "kith-store"],
        foreign: Foreign::Free,
    },
    Crate {
        name: "kith-tests",
        ours: &[
            "kith",
            "kith-core",
            "kith-http",
            "kith-runtime",
            "kith-scripts",
            "kith-search",
            "kith-store",
        ],
        foreign: Foreign::Everything,
    },
];

/// A library, and the only crates that may know it.
const RESERVED: &[(&str, &[&str])] = &[
    ("argon2", &["kith-runtime"]),
    ("axum", &["kith-http"]),
    ("clap", &["kith"]),
    ("hyper", &["kith-http"]),
    ("indicatif", &["kith"]),
    ("maud", &["kith-http"]),
    ("notify", &["kith-runtime"]),
    ("rhai", &["kith-scripts"]),
    ("sled", &["kith-store"]),
    ("tantivy", &["kith-search"]),
    ("tokio", &["kith-runtime", "kith-http", "kith"]),
    ("tokio-rustls", &["kith-http"]),
    ("utoipa", &["kith-http"]),
    ("wasmtime", &["kith-wasm"]),
];

/// What a manifest says it knows.
struct Manifest {
    path: String,
    name: String,
    /// Under `[dependencies]`, `[build-dependencies]` and both for one target.
    shipped: BTreeSet<String>,
    /// Under `[dev-dependencies]`.
    for_tests: BTreeSet<String>,
}

fn check(sources: &[Source], crates: &[Crate], reserved: &[(&str, &[&str])]) -> Vec<String> {
    let manifests = manifests(sources);
    let mut complaints = Vec::new();
    for manifest in &manifests {
        match crates.iter().find(|row| row.name == manifest.name) {
            Some(row) => check_crate(manifest, row, reserved, &mut complaints),
            None => {
                complaints.push(format!("{}: `{}` has no row in the table", manifest.path, manifest.name))
            }
        }
    }
    let is_there = |row: &&Crate| manifests.iter().any(|manifest| manifest.name == row.name);
    complaints.extend(
        crates
            .iter()
            .filter(|row| !is_there(row))
            .map(|row| format!("`{}` has a row but no manifest", row.name)),
    );
    complaints
}

fn check_crate(manifest: &Manifest, row: &Crate, reserved: &[(&str, &[&str])], complaints: &mut Vec<String>) {
    let mut complain =
        |name: &str, text: &str| complaints.push(format!("{}: `{name}` {text}", manifest.path));
    let is_ours = |name: &str| name == "kith" || name.starts_with("kith-");
    for name in manifest.shipped.union(&manifest.for_tests) {
        let owners = reserved.iter().find(|(library, _)| library == name).map(|(_, owners)| *owners);
        let is_everything = matches!(row.foreign, Foreign::Everything);
        if is_ours(name) && !row.ours.contains(&name.as_str()) {
            complain(name, "is not for this crate to know");
        } else if owners.is_some_and(|owners| !owners.contains(&row.name)) && !is_everything {
            complain(name, &format!("is only for {owners:?}", owners = owners.unwrap_or_default()));
        }
    }
    if let Foreign::Exactly(allowed) = row.foreign {
        let foreign: BTreeSet<&str> =
            manifest.shipped.iter().map(String::as_str).filter(|name| !is_ours(name)).collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        foreign.difference(&allowed).for_each(|name| complain(name, "is not in the list of this crate"));
        allowed.difference(&foreign).for_each(|name| complain(name, "is listed for this crate but not used"));
    }
    let missing = row.ours.iter().filter(|name| !manifest.shipped.contains(**name));
    missing.for_each(|name| complain(name, "is in the table but not in the manifest"));
}

/// Every manifest of a package, with renamed dependencies under their real names.
fn manifests(sources: &[Source]) -> Vec<Manifest> {
    let parsed = sources.iter().filter(|source| source.file_name() == "Cargo.toml").map(|source| {
        let table: Table = toml::from_str(source.text()).expect("a manifest that cargo has read is TOML");
        (source.path.clone(), table)
    });
    let tables: BTreeMap<String, Table> = parsed.collect();
    let workspace =
        tables.get("Cargo.toml").and_then(|root| root.get("workspace")?.get("dependencies")?.as_table());
    let no_dependencies = Table::new();
    let workspace = workspace.unwrap_or(&no_dependencies);
    tables.iter().filter_map(|(path, table)| manifest(path, table, workspace)).collect()
}

fn manifest(path: &str, table: &Table, workspace: &Table) -> Option<Manifest> {
    let name = table.get("package")?.get("name")?.as_str()?.to_owned();
    let targets = table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let scopes: Vec<&Table> = targets.filter_map(Value::as_table).chain([table]).collect();
    let collect = |sections: &[&str]| {
        let sections =
            scopes.iter().flat_map(|scope| sections.iter().filter_map(|section| scope.get(*section)));
        sections.filter_map(Value::as_table).flatten().map(|row| real_name(row, workspace)).collect()
    };
    let (shipped, for_tests) =
        (collect(&["dependencies", "build-dependencies"]), collect(&["dev-dependencies"]));
    Some(Manifest { path: path.to_owned(), name, shipped, for_tests })
}

/// The name of the package behind a dependency that may have been renamed, here or in the workspace.
fn real_name((name, row): (&String, &Value), workspace: &Table) -> String {
    let renamed = |row: &Value| row.get("package").and_then(Value::as_str).map(str::to_owned);
    renamed(row).or_else(|| workspace.get(name).and_then(renamed)).unwrap_or_else(|| name.clone())
}

#[test]
fn crates_know_what_the_table_says() {
    assert_clean(&check(&sources(), CRATES, RESERVED));
}

#[cfg(test)]
mod tests;
