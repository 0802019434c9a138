//! What a language has to offer before a source of it is put in.

use std::collections::BTreeSet;

use kith_core::hook::Hook;
use kith_core::notice::Text;
use serde_json::{Value, json};

use super::Diagnostic;
use crate::blueprint::{Source, columns};
use crate::texts::Reader;

/// Turns sources into what can be run, and tries them. Off the writers: may take its time, within bounds of
/// its own.
pub trait Compiler: Send + Sync {
    /// Compiles a source and looks at it closely; an error is everything that keeps it from being used.
    fn compile(&self, source: Source<'_>) -> Result<Compiled, Vec<Diagnostic>>;

    /// Plays the cases of a case file; an error is everything that keeps the file from being read.
    fn cases(&self, source: Source<'_>, cases: Source<'_>) -> Result<Vec<Tried>, Vec<Diagnostic>>;
}

/// A source that can be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compiled {
    /// The hooks it answers.
    pub hooks: BTreeSet<Hook>,
    /// What is probably not meant, though it works.
    pub warnings: Vec<Diagnostic>,
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The case's name.
    pub name: String,
    /// What was expected and what came, line by line; `None` where both are the same. A line that begins with
    /// a name for what follows has a tab behind it.
    pub differs: Option<Vec<Text>>,
}

/// Columns of what stands before a line's tab.
const LABEL_COLUMNS: usize = 10;

impl Tried {
    /// What was expected and what came, as a person reads it.
    pub fn shown(&self, reader: &Reader<'_>) -> Option<String> {
        let lines: Vec<String> = self.differs.as_ref()?.iter().map(|text| line(reader, text)).collect();
        Some(lines.join("\n"))
    }

    /// As a machine reads it.
    pub fn json(&self, reader: &Reader<'_>) -> Value {
        json!({ "name": self.name, "differs": self.shown(reader), "lines": self.differs })
    }
}

fn line(reader: &Reader<'_>, text: &Text) -> String {
    let rendered = reader.render(text);
    match rendered.split_once('\t') {
        Some((label, rest)) => {
            let wide: usize = label.chars().map(columns).sum();
            format!("{label}{}{rest}", " ".repeat(LABEL_COLUMNS.saturating_sub(wide)))
        }
        None => rendered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::ENGLISH_READER;

    #[test]
    fn what_differs_stands_below_each_other_in_any_language() {
        let got = Text::new("script.case.got").with("got", "allow");
        let more = Text::new("script.case.more").with("effect", "tag ann a");
        let tried = Tried { name: "tea".to_owned(), differs: Some(vec![got, more]) };
        assert_eq!(tried.shown(&ENGLISH_READER).unwrap(), "got       allow\n+ tag ann a");
        let chinese = Reader { language: kith_core::community::Language::Chinese, stream: None };
        assert_eq!(tried.shown(&chinese).unwrap(), "得到      allow\n+ tag ann a");
    }
}
