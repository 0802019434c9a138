//! Word lists, patterns and templates in compiled form: built at the first draft, thrown away when rules or
//! lists change. Not part of the state: two states are equal whatever is compiled.
//!
//! What does not compile is left out. That cannot come from a rule command, which compiles first, only from
//! a list that was changed under a rule; the rule then finds nothing in that list.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::Rules;
use super::check::Check;
use crate::text::normal::Exactness;
use crate::text::pattern::Pattern;
use crate::text::template::Template;
use crate::text::words::WordList;

/// What the rules of one community need compiled.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    lists: BTreeMap<Exactness, BTreeMap<String, WordList>>,
    patterns: BTreeMap<String, Pattern>,
    templates: BTreeMap<String, Template>,
}

impl Compiled {
    fn build(rules: &Rules, lists: &BTreeMap<String, Vec<String>>) -> Self {
        let mut out = Self::default();
        for rule in &rules.rows {
            match &rule.config.check {
                Check::Words(params) => out.add_lists(&params.lists, params.exactness.into(), lists),
                Check::Pattern(params) => out.add_pattern(&params.pattern),
                Check::Nickname(params) => {
                    out.add_lists(&params.lists, Exactness::Loose, lists);
                    params.pattern.iter().for_each(|pattern| out.add_pattern(pattern));
                    params.template.iter().for_each(|template| out.add_template(template));
                }
                _ => {}
            }
        }
        out
    }

    fn add_lists(&mut self, names: &[String], exactness: Exactness, lists: &BTreeMap<String, Vec<String>>) {
        let compiled = self.lists.entry(exactness).or_default();
        for name in names {
            if compiled.contains_key(name) {
                continue;
            }
            let list = lists.get(name).and_then(|lines| WordList::compile(lines, exactness).ok());
            compiled.extend(list.map(|list| (name.clone(), list)));
        }
    }

    fn add_pattern(&mut self, source: &str) {
        self.patterns.extend(Pattern::compile(source).ok().map(|pattern| (source.to_owned(), pattern)));
    }

    fn add_template(&mut self, source: &str) {
        self.templates.extend(Template::parse(source).ok().map(|template| (source.to_owned(), template)));
    }

    /// A list by name.
    pub(super) fn list(&self, name: &str, exactness: Exactness) -> Option<&WordList> {
        self.lists.get(&exactness)?.get(name)
    }

    /// A pattern by its source.
    pub(super) fn pattern(&self, source: &str) -> Option<&Pattern> {
        self.patterns.get(source)
    }

    /// A template by its source.
    pub(super) fn template(&self, source: &str) -> Option<&Template> {
        self.templates.get(source)
    }
}

/// The place for the compiled forms within the state.
#[derive(Debug, Clone, Default)]
pub struct Cache(OnceLock<Arc<Compiled>>);

impl Cache {
    /// The compiled forms of these rules and lists; the same ones until `clear`.
    pub(super) fn get(&self, rules: &Rules, lists: &BTreeMap<String, Vec<String>>) -> &Compiled {
        self.0.get_or_init(|| Arc::new(Compiled::build(rules, lists)))
    }

    /// Forgets the compiled forms: rules or lists have changed.
    pub(super) fn clear(&mut self) {
        self.0 = OnceLock::new();
    }
}

impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cache {}
