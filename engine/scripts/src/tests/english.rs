//! What this crate says, in English: tests look for the words that authors read. The sentences stand in the
//! message file of the crate that renders them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kith_core::notice::{Arg, Text};

static ENGLISH: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../runtime/messages/en.toml")).unwrap());

/// A text as a sentence.
pub(super) fn english(text: &Text) -> String {
    let template = ENGLISH.get(&text.code).unwrap_or_else(|| panic!("{} has no text", text.code)).clone();
    text.args.iter().fold(template, |said, (name, arg)| {
        let shown = match arg {
            Arg::Text(inner) => english(inner),
            Arg::Number(number) => number.to_string(),
            Arg::Name(name) => name.clone(),
            other => panic!("nothing says {other:?}"),
        };
        said.replace(&format!("{{{name}}}"), &shown)
    })
}
