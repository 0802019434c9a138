//! The language of a command line: named, or that of the locale.

use clap::ValueEnum;
use kith_core::community::Language;

/// A language as it is written after `--language`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Spoken {
    /// English.
    En,
    /// 简体中文.
    #[value(name = "zh-CN", alias = "zh")]
    ZhCn,
}

impl Spoken {
    /// The language that the engine knows it as.
    pub(crate) fn language(self) -> Language {
        match self {
            Self::En => Language::English,
            Self::ZhCn => Language::Chinese,
        }
    }
}

/// The language of the locale: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
pub(crate) fn of_locale() -> Language {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    of_tag(&["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default())
}

fn of_tag(tag: &str) -> Language {
    if tag.starts_with("zh") { Language::Chinese } else { Language::English }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_locale_speaks_chinese_and_every_other_english() {
        for (tag, expected) in [
            ("zh_CN.UTF-8", Language::Chinese),
            ("zh", Language::Chinese),
            ("en_GB.UTF-8", Language::English),
            ("C", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(of_tag(tag), expected, "{tag}");
        }
    }
}
