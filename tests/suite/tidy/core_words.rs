//! The core is a function of its inputs: no clock, randomness, floats, hash order, async, files or network in
//! it.
//!
//! Looks at the code outside tests in `engine/core`. Catches what a manifest cannot show and what clippy
//! would let through under an alias. Comments and string literals may say what they like.

use super::repository::{Source, assert_clean, sources};
use super::rust_source::{Kind, RustSource, Token, closing};

/// The folder that is held to this.
const CORE: &str = "engine/core/src/";

/// Words that may not stand in the core's code, each with what to do instead.
const WORDS: &[(&str, &str)] = &[
    ("SystemTime", "time comes in as an argument"),
    ("Instant", "time comes in as an argument"),
    ("HashMap", "hash order is not deterministic; use BTreeMap"),
    ("HashSet", "hash order is not deterministic; use BTreeSet"),
    ("f32", "floats differ between machines; use integers and name the unit"),
    ("f64", "floats differ between machines; use integers and name the unit"),
    ("async", "the runtime waits, the core does not"),
    ("getrandom", "dice come in as an argument"),
];

/// Modules of `std` that touch the world.
const STD_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];

fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust() && source.path.starts_with(CORE)) {
        if source.is_test() {
            continue;
        }
        let code = RustSource::scan(source.text()).production();
        for (at, token) in code.iter().enumerate() {
            for reason in reasons_against(&code, at) {
                complaints.push(format!("{}:{}: `{}`: {reason}", source.path, token.line, token.text));
            }
        }
    }
    complaints
}

fn reasons_against(code: &[Token], at: usize) -> Vec<&'static str> {
    let token = code[at];
    let mut reasons: Vec<&str> = WORDS.iter().filter(|row| row.0 == token.text).map(|row| row.1).collect();
    let is_after = |signs: &[&str]| {
        at >= signs.len() && code[at - signs.len()..at].iter().map(|x| x.text).eq(signs.to_vec())
    };
    if token.text == "now" && is_after(&[":", ":"]) {
        reasons.push("time comes in as an argument");
    }
    if token.kind == Kind::Number && token.text.contains('.') && !is_after(&["."]) {
        reasons.push("floats differ between machines; use integers and name the unit");
    }
    if token.text == "std" && names_banned_module(code, at) {
        reasons.push("the core does not touch files, network, processes, threads or the environment");
    }
    reasons
}

/// Whether the path that starts with `std` at `at`, or its braced group, names a banned module.
fn names_banned_module(code: &[Token], at: usize) -> bool {
    let is_banned = |at: usize| code.get(at).is_some_and(|token| STD_MODULES.contains(&token.text));
    let is_group = code.get(at + 3).is_some_and(|token| token.text == "{");
    let starts_name = |at: usize| matches!(code[at - 1].text, "{" | ",");
    is_banned(at + 3)
        || (is_group && (at + 4..closing(code, at + 3)).any(|at| is_banned(at) && starts_name(at)))
}

#[test]
fn the_core_names_nothing_that_could_differ_between_two_replays() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Source;

    fn complaints_on(text: &str) -> usize {
        check(&[Source::made_up("engine/core/src/a.rs", text)]).len()
    }

    #[test]
    fn complains_of_each_forbidden_word() {
        for text in [
            "use std::time::SystemTime;",
            "use std::time::Instant as Moment;",
            "type A = HashMap<u8, u8>;",
            "type A = HashSet<u8>;",
            "fn a(b: f32) {}",
            "fn a(b: f64) {}",
            "fn a() { let b = 0.5; }",
            "async fn a() {}",
            "fn a() { getrandom::fill(b); }",
            "fn a() { jiff::Timestamp::now(); }",
            "use std::fs;",
            "fn a() { std::net::TcpStream::connect(b); }",
            "use std::{fmt, fs::File};",
            "use std::{thread, fmt};",
        ] {
            assert_eq!(complaints_on(text), 1, "{text}");
        }
    }

    #[test]
    fn leaves_tests_comments_texts_and_neighbours_alone() {
        for text in [
            "//! No HashMap, no f64, no std::fs.\nconst A: &str = \"SystemTime\";",
            "#[cfg(test)]\nmod tests { use std::fs; fn a() { let b = 0.5; } }",
            "fn a(b: B) { b.0.1 + instant + now(); }",
            "use std::{fmt, collections::BTreeMap};",
            "fn a() { for b in 1..2 {} }",
        ] {
            assert_eq!(complaints_on(text), 0, "{text}");
        }
        assert!(check(&[Source::made_up("engine/store/src/a.rs", "use std::fs;")]).is_empty());
    }
}
