//! The demo's script and blueprint in one language.

use std::collections::BTreeMap;

use kith_core::community::{Blueprint, Language};
use kith_runtime::blueprint::{self, Source};

use crate::failure::Failure;

/// What is said, by name, and the community's blueprint.
pub(super) struct Script {
    words: BTreeMap<String, String>,
    pub(super) blueprint: Blueprint,
}

impl Script {
    /// The script in a language.
    pub(super) fn of(language: Language) -> Result<Self, Failure> {
        let (words, community, ads) = match language {
            Language::English => (
                include_str!("en/script.toml"),
                include_str!("en/community.toml"),
                include_str!("en/ads.txt"),
            ),
            Language::Chinese => (
                include_str!("zh-CN/script.toml"),
                include_str!("zh-CN/community.toml"),
                include_str!("zh-CN/ads.txt"),
            ),
        };
        let sources =
            [Source { path: "community.toml", text: community }, Source { path: "lists/ads.txt", text: ads }];
        let words = toml::from_str(words).expect("the script is TOML: a test reads it");
        Ok(Self { words, blueprint: blueprint::parse(&sources)? })
    }

    /// What is said under a name.
    pub(super) fn word(&self, name: &str) -> &str {
        self.words.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_tell_the_same_story() {
        let names = |language| Script::of(language).expect("it loads").words.into_keys().collect::<Vec<_>>();
        assert_eq!(names(Language::English), names(Language::Chinese));
    }
}
