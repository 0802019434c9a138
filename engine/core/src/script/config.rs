//! How a blueprint orders its scripts and binds them: the table `[scripts]` of `community.toml`. The sources
//! stand beside it, one file each, and are put in after the community is founded.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Binding;
use crate::limits::{self, SCRIPTS_MAX};
use crate::refusal::Refusal;

/// The key that no script can be named after.
const ORDER: &str = "order";

/// How a blueprint orders its scripts and binds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Names in the order in which they are asked; those that are not named follow by name.
    pub order: Vec<String>,
    /// How each is bound, by name; others as by default.
    pub bindings: BTreeMap<String, Binding>,
}

impl Config {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what would not work whatever the sources are.
    pub fn check(&self) -> Result<(), Refusal> {
        for (index, name) in self.order.iter().enumerate() {
            limits::check_name(name)?;
            if self.order[..index].contains(name) {
                return Err(Refusal::AlreadyExists { what: format!("script {name}") });
            }
        }
        if self.order.len().max(self.bindings.len()) > SCRIPTS_MAX {
            return Err(Refusal::TooMany { what: "script".to_owned(), max: SCRIPTS_MAX as u64 });
        }
        self.bindings.keys().try_for_each(|name| limits::check_name(name))
    }

    /// Names as they are asked in.
    pub fn sort(&self, names: &mut [String]) {
        let place = |name: &String| self.order.iter().position(|named| named == name).unwrap_or(usize::MAX);
        names.sort_by_key(|name| (place(name), name.clone()));
    }
}

impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.order.is_empty() {
            map.serialize_entry(ORDER, &self.order)?;
        }
        for (name, binding) in &self.bindings {
            map.serialize_entry(name, binding)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Reads key by key, so that a mistake keeps its place.
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Config;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`order` and a table for each script")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Config, A::Error> {
                let mut config = Config::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == ORDER {
                        config.order = map.next_value()?;
                    } else {
                        config.bindings.insert(key, map.next_value()?);
                    }
                }
                Ok(config)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Step;
    use crate::script::OnFault;

    #[test]
    fn order_and_bindings_stand_in_one_table() {
        let text = r#"{"order": ["b", "a"], "a": {"step": "warn", "on_fault": "open"}}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.order, ["b", "a"]);
        assert_eq!(config.bindings["a"], Binding { step: Step::Warn, on_fault: OnFault::Open });
        assert_eq!(config.check(), Ok(()));
        let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
        let mut names = ["c", "a", "d", "b"].map(str::to_owned);
        config.sort(&mut names);
        assert_eq!(names, ["b", "a", "c", "d"]);
    }

    #[test]
    fn refuses_a_name_twice_and_a_binding_that_is_none() {
        let twice = Config { order: vec!["a".into(), "a".into()], ..Config::default() };
        assert!(matches!(twice.check(), Err(Refusal::AlreadyExists { .. })));
        assert!(serde_json::from_str::<Config>(r#"{"a": {"stap": "warn"}}"#).is_err());
    }
}
