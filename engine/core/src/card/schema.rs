//! The card's fields: what they are called, what fits them, who sees them.
//!
//! Promises: a schema that passed `check` can judge any value. What fits is said in signs rather than words
//! (`上海 | 北京`, `18–99`), so that it reads the same in every language.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::limits;
use crate::refusal::Refusal;
use crate::text::pattern::Pattern;
use crate::text::template::Template;

/// Fields of one card; more nobody fills in.
pub const FIELDS_MAX: usize = 32;
/// Options of one choice: every county of a large country is a list of its own.
pub const OPTIONS_MAX: usize = 1_000;
/// Bytes of one value.
pub const VALUE_BYTES_MAX: usize = 1_024;

/// What a card is made of. `CardConfig` of a blueprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schema {
    /// The fields, in the order in which they are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// What nicknames look like, such as `{region}-{position}-{nickname}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_template: Option<String>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Names the field in cards, templates and counts.
    pub name: String,
    /// Shown to people; the name where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Whether a gate that asks for the card asks for this field, and whether it may be taken off again.
    #[serde(default)]
    pub required: bool,
    /// What fits.
    #[serde(default)]
    pub kind: Kind,
    /// Who sees it.
    #[serde(default)]
    pub visible_to: Visibility,
}

/// What fits a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A line of text.
    Text {
        /// Characters at most.
        chars_max: u32,
    },
    /// One of several, compared without width and case.
    Choice {
        /// The options.
        options: Vec<String>,
    },
    /// What a regular expression matches as a whole.
    Pattern {
        /// The expression.
        regex: String,
    },
    /// A whole number.
    Number {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
}

impl Default for Kind {
    fn default() -> Self {
        Self::Text { chars_max: 60 }
    }
}

/// Who sees a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Every member.
    #[default]
    Members,
    /// The member and those who may moderate.
    Moderators,
    /// The member and the owner.
    Owner,
}

impl Schema {
    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Names of the fields that have to be filled in.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|field| field.required).map(|field| field.name.as_str())
    }

    /// Refuses fields that could not be filled in.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.fields.len() > FIELDS_MAX {
            return Err(Refusal::TooMany { what: "field".to_owned(), max: FIELDS_MAX as u64 });
        }
        let mut names = BTreeSet::new();
        for field in &self.fields {
            limits::check_name(&field.name)?;
            if field.name == NICKNAME || !names.insert(field.name.as_str()) {
                return Err(Refusal::AlreadyExists { what: field.name.clone() });
            }
            field.kind.check(&field.name)?;
        }
        self.check_template(&names)
    }

    fn check_template(&self, names: &BTreeSet<&str>) -> Result<(), Refusal> {
        let Some(source) = &self.name_template else { return Ok(()) };
        let template =
            Template::parse(source).map_err(|error| super::invalid("name_template", error.to_string()))?;
        match template.fields().find(|field| *field != NICKNAME && !names.contains(field)) {
            Some(unknown) => Err(Refusal::NotFound { what: unknown.to_owned() }),
            None => Ok(()),
        }
    }
}

/// The name by which a template means what the member is called besides the fields.
pub const NICKNAME: &str = "nickname";

impl Kind {
    fn check(&self, name: &str) -> Result<(), Refusal> {
        match self {
            Self::Text { chars_max: 0 } => Err(super::invalid(name, "chars_max ≥ 1".to_owned())),
            Self::Text { .. } => Ok(()),
            Self::Choice { options } if options.len() > OPTIONS_MAX => {
                Err(Refusal::TooMany { what: "option".to_owned(), max: OPTIONS_MAX as u64 })
            }
            Self::Choice { options } => {
                let distinct: BTreeSet<String> = options.iter().map(|option| plain(option)).collect();
                let usable = !options.is_empty() && !distinct.contains("") && distinct.len() == options.len();
                if usable {
                    Ok(())
                } else {
                    Err(super::invalid(name, "options = [\"…\", \"…\"]".to_owned()))
                }
            }
            Self::Pattern { regex } => {
                compile(regex).map(drop).map_err(|expected| super::invalid(name, expected))
            }
            Self::Number { min, max } if min > max => Err(super::invalid(name, "min ≤ max".to_owned())),
            Self::Number { .. } => Ok(()),
        }
    }

    /// Whether a value fits; if not, what would.
    pub fn fits(&self, value: &str) -> Result<(), String> {
        let value = value.trim();
        let fits = !value.is_empty() && !value.chars().any(char::is_control) && self.takes(value);
        if fits { Ok(()) } else { Err(self.expected()) }
    }

    fn takes(&self, value: &str) -> bool {
        match self {
            Self::Text { chars_max } => value.chars().count() <= *chars_max as usize,
            Self::Choice { options } => option_of(options, value).is_some(),
            Self::Pattern { regex } => compile(regex).is_ok_and(|pattern| pattern.find(value).is_some()),
            Self::Number { min, max } => {
                plain(value).parse::<i64>().is_ok_and(|number| (*min..=*max).contains(&number))
            }
        }
    }

    /// What fits, in signs.
    fn expected(&self) -> String {
        match self {
            Self::Text { chars_max } => format!("1–{chars_max} …"),
            Self::Choice { options } => options.join(" | "),
            Self::Pattern { regex } => format!("/{regex}/"),
            Self::Number { min, max } => format!("{min}–{max}"),
        }
    }

    /// The form in which equal values are counted as one: a choice as the operator spells it.
    pub fn counted(&self, value: &str) -> String {
        let option = match self {
            Self::Choice { options } => option_of(options, value),
            Self::Text { .. } | Self::Pattern { .. } | Self::Number { .. } => None,
        };
        option.map_or_else(|| value.trim().nfkc().collect(), str::to_owned)
    }
}

fn option_of<'a>(options: &'a [String], value: &str) -> Option<&'a str> {
    let value = plain(value);
    options.iter().find(|option| plain(option) == value).map(String::as_str)
}

fn plain(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// Cards change rarely, so a field's pattern is compiled when it is needed.
fn compile(regex: &str) -> Result<Pattern, String> {
    Pattern::compile(&format!("^(?:{regex})$")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(options: &[&str]) -> Kind {
        Kind::Choice { options: options.iter().map(|option| (*option).to_owned()).collect() }
    }

    fn field(name: &str, kind: Kind) -> Field {
        Field {
            name: name.to_owned(),
            label: String::new(),
            required: false,
            kind,
            visible_to: Visibility::Members,
        }
    }

    #[test]
    fn a_value_fits_its_field_or_the_field_says_what_would() {
        let text = || Kind::Text { chars_max: 4 };
        let pattern = |regex: &str| Kind::Pattern { regex: regex.to_owned() };
        let number = || Kind::Number { min: 18, max: 99 };
        let rows = [
            (text(), "上海滩", None),
            (text(), "上海外滩", None),
            (text(), "上海外滩边", Some("1–4 …")),
            (text(), " 上海 ", None),
            (text(), "", Some("1–4 …")),
            (text(), "  ", Some("1–4 …")),
            (text(), "a\nb", Some("1–4 …")),
            (choice(&["上海", "北京"]), "上海", None),
            (choice(&["上海", "北京"]), "广州", Some("上海 | 北京")),
            (choice(&["Berlin"]), "ＢＥＲＬＩＮ", None),
            (choice(&["Berlin"]), "berlin ", None),
            (choice(&["Berlin"]), "Berlin!", Some("Berlin")),
            (pattern("[a-z]{2}[0-9]"), "ab1", None),
            (pattern("[a-z]{2}[0-9]"), "xab1", Some("/[a-z]{2}[0-9]/")),
            (pattern("a|b"), "ab", Some("/a|b/")),
            (number(), "18", None),
            (number(), "９９", None),
            (number(), "17", Some("18–99")),
            (number(), "100", Some("18–99")),
            (number(), "thirty", Some("18–99")),
            (number(), "99999999999999999999", Some("18–99")),
        ];
        for (kind, value, expected) in rows {
            assert_eq!(kind.fits(value).err().as_deref(), expected, "{kind:?} {value:?}");
        }
    }

    #[test]
    fn equal_values_are_counted_as_one() {
        let region = choice(&["上海", "Berlin"]);
        assert_eq!(region.counted("ｂｅｒｌｉｎ"), "Berlin");
        assert_eq!(region.counted("Ｐａｒｉｓ"), "Paris");
        assert_eq!(Kind::default().counted(" ＡＢ "), "AB");
    }

    #[test]
    fn fields_that_nobody_could_fill_in_are_refused() {
        let check = |fields: Vec<Field>, template: Option<&str>| {
            Schema { fields, name_template: template.map(str::to_owned) }.check().err().map(|no| no.code())
        };
        let region = || field("region", choice(&["上海", "北京"]));
        let rows = [
            (vec![], None, None),
            (vec![region()], None, None),
            (vec![region()], Some("{region}-{nickname}"), None),
            (vec![region()], Some("{position}-{nickname}"), Some("not_found")),
            (vec![region()], Some("{region"), Some("value_invalid")),
            (vec![region(), region()], None, Some("already_exists")),
            (vec![field("nickname", Kind::default())], None, Some("already_exists")),
            (vec![field("", Kind::default())], None, Some("name_invalid")),
            (vec![field("a", choice(&[]))], None, Some("value_invalid")),
            (vec![field("a", choice(&["x", "Ｘ"]))], None, Some("value_invalid")),
            (vec![field("a", Kind::Text { chars_max: 0 })], None, Some("value_invalid")),
            (vec![field("a", Kind::Number { min: 2, max: 1 })], None, Some("value_invalid")),
            (vec![field("a", Kind::Pattern { regex: "(".to_owned() })], None, Some("value_invalid")),
            (vec![region(); FIELDS_MAX + 1], None, Some("too_many")),
        ];
        for (fields, template, expected) in rows {
            let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
            assert_eq!(check(fields, template), expected, "{names:?} {template:?}");
        }
    }
}
