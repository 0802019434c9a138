//! Words of pages and of the HTTP layer's own problems, in the reader's language.
//!
//! They are in `messages/en.toml` and `messages/zh-CN.toml` of this crate; what the engine says of itself is
//! the runtime's. A test holds both files to the same codes, and every code in the sources to the files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kith_core::community::Language;

type Templates = BTreeMap<String, String>;

static ENGLISH: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../messages/en.toml")));
static CHINESE: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../messages/zh-CN.toml")));

fn parse(file: &str) -> Templates {
    toml::from_str(file).expect("the message files are TOML: a test reads them")
}

fn templates(language: Language) -> &'static Templates {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The words of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Which.
    pub language: Language,
}

impl Words {
    /// The text of a code as it stands; the code itself where there is none, so that nothing is silently
    /// empty.
    pub fn say(self, code: &'static str) -> &'static str {
        templates(self.language).get(code).map_or(code, String::as_str)
    }

    /// The text of a code, if there is one.
    pub fn find(self, code: &str) -> Option<&'static str> {
        templates(self.language).get(code).map(String::as_str)
    }

    /// The text of a code with its arguments.
    pub fn fill(self, code: &'static str, arguments: &[(&str, &str)]) -> String {
        let mut rest = self.say(code);
        let mut out = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            out.push_str(before);
            match arguments.iter().find(|(argument, _)| *argument == name) {
                Some((_, value)) => out.push_str(value),
                None => out.extend(["{", name, "}"]),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_codes_and_arguments() {
        let codes = |templates: &Templates| templates.keys().cloned().collect::<Vec<_>>();
        assert_eq!(codes(&ENGLISH), codes(&CHINESE));
        let arguments = |text: &str| {
            let mut names: Vec<&str> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name)
                .collect();
            names.sort_unstable();
            names.dedup();
            names.join(",")
        };
        for (code, text) in ENGLISH.iter() {
            assert_eq!(arguments(text), arguments(&CHINESE[code]), "{code}");
        }
    }

    #[test]
    fn arguments_are_filled_in_and_braces_stay_what_they_are() {
        let words = Words { language: Language::English };
        assert_eq!(words.fill("no such {code}", &[("code", "thing")]), "no such thing");
        assert_eq!(words.fill("open {", &[]), "open {");
        assert_eq!(words.fill("{unknown}", &[]), "{unknown}");
    }
}
