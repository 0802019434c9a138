//! Word lists, patterns and templates in compiled form: built at the first draft, thrown away when rules or
//! lists change. Not part of the state: two states are equal whatever is compiled.
//!
//! What does not compile is left out. That cannot come from a rule command, which compiles first, only from
//! a list that was changed under a rule; the rule then finds nothing in that list.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Rules;
use super::check::Check;
use crate::text::normal::Exactness;
use crate::text::pattern::Pattern;
use crate::text::template::Template;
use crate::text::words::WordList;

/// What the rules of one community need compiled.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    lists: BTreeMap<Exactness, BTreeMap<String, Arc<WordList>>>,
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
            let list = lists.get(name).and_then(|lines| WordList::shared(lines, exactness).ok());
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
        self.lists.get(&exactness)?.get(name).map(Arc::as_ref)
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

/// A list that extensions look through; `None` where it does not compile.
type Looked = Option<Arc<WordList>>;

/// The place for the compiled forms within the state.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    compiled: OnceLock<Arc<Compiled>>,
    /// Lists that no rule names but an extension asked for, by name.
    looked: Arc<RwLock<BTreeMap<String, Looked>>>,
}

impl Cache {
    /// The compiled forms of these rules and lists; the same ones until `clear`.
    pub(super) fn get(&self, rules: &Rules, lists: &BTreeMap<String, Vec<String>>) -> &Compiled {
        self.compiled.get_or_init(|| Arc::new(Compiled::build(rules, lists)))
    }

    /// A list as extensions match it, loosely; compiled when it is first asked for. `None` for a name that is
    /// no list's, and for a list that does not compile.
    pub fn word_list(&self, name: &str, lists: &BTreeMap<String, Vec<String>>) -> Option<Arc<WordList>> {
        let lines = lists.get(name)?;
        if let Some(list) = self.looked.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return list.clone();
        }
        let list = WordList::shared(lines, Exactness::Loose).ok();
        let mut looked = self.looked.write().unwrap_or_else(PoisonError::into_inner);
        looked.entry(name.to_owned()).or_insert(list).clone()
    }

    /// Forgets the compiled forms: rules or lists have changed. A copy of the state keeps its own.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cache {}
