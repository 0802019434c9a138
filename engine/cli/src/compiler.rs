//! The script host as the runtime compiles with it: diagnostics at their places in files, cases played.

use std::sync::Arc;

use kith_runtime::blueprint::{Mistake, Place, Source};
use kith_runtime::scripting::{Compiled, Compiler, Diagnostic, Severity, Tried};
use kith_scripts::Host;
use kith_scripts::cases::{self, Case};
use serde::Deserialize;

/// The host as it compiles.
pub(crate) struct Rhai(pub(crate) Arc<Host>);

impl Compiler for Rhai {
    fn compile(&self, source: Source<'_>) -> Result<Compiled, Vec<Diagnostic>> {
        let told = |said: &[kith_scripts::Diagnostic]| {
            said.iter().map(|said| diagnostic(source.path, said)).collect()
        };
        match self.0.compile(source.text) {
            Ok(compiled) => {
                Ok(Compiled { hooks: compiled.hooks.clone(), warnings: told(&compiled.warnings) })
            }
            Err(said) => Err(told(&said)),
        }
    }

    fn cases(&self, source: Source<'_>, file: Source<'_>) -> Result<Vec<Tried>, Vec<Diagnostic>> {
        let tried = |case: &Case| match cases::run(&self.0, source.text, case) {
            Ok(result) if result.passed => Tried { name: case.name.clone(), differs: None },
            Ok(result) => Tried { name: case.name.clone(), differs: Some(result.differs) },
            Err(error) => Tried { name: case.name.clone(), differs: Some(vec![error.0]) },
        };
        Ok(read_cases(file)?.iter().map(tried).collect())
    }
}

/// The cases of a file.
pub(crate) fn read_cases(file: Source<'_>) -> Result<Vec<Case>, Vec<Diagnostic>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        case: Vec<Case>,
    }
    let read: Result<File, _> = toml::from_str(file.text);
    read.map(|file| file.case)
        .map_err(|error| vec![Diagnostic::of_mistake("case_file", Mistake::of_toml(file, &error))])
}

/// What the host says, at its place in a file.
fn diagnostic(file: &str, said: &kith_scripts::Diagnostic) -> Diagnostic {
    let severity = match said.is_error() {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let place = if said.line == 0 {
        Place::file(file)
    } else {
        let bytes = said.span.end.saturating_sub(said.span.start);
        let before = said.column.saturating_sub(1) as usize;
        let mut left = bytes;
        let marked = said.source_line.chars().skip(before).take_while(|sign| {
            let is_in = left >= sign.len_utf8();
            left = left.saturating_sub(sign.len_utf8());
            is_in
        });
        let marked = marked.count();
        Place::of_line((file, said.line as usize, said.column as usize), &said.source_line, marked)
    };
    let (what, advice) = (said.message.clone(), said.hint.clone());
    Diagnostic { severity, code: said.code.to_owned(), place, what, advice }
}

#[cfg(test)]
mod tests {
    use kith_runtime::texts::ENGLISH_READER;

    use super::*;

    fn rhai() -> Rhai {
        Rhai(Arc::new(Host::new(kith_scripts::Limits::default())))
    }

    fn told(source: &str) -> String {
        let source = Source { path: "guard.rhai", text: source };
        match rhai().compile(source) {
            Ok(compiled) => format!("{:?}", compiled.hooks),
            Err(said) => said.iter().map(|said| format!("{said}\n")).collect(),
        }
    }

    #[test]
    fn what_the_host_says_is_shown_with_its_file() {
        assert_eq!(told("fn on_message(ctx, message) { allow() }"), "{Message}");
        let told =
            told("fn on_message(ctx, message) {\n  if message.text.has_any(lists(\"ads\")) { allow() }\n}");
        assert!(told.contains("guard.rhai:2:"), "{told}");
        assert!(told.contains("^^^^^"), "{told}");
    }

    #[test]
    fn a_case_file_is_read_with_its_mistakes() {
        let rhai = rhai();
        let source =
            Source { path: "a.rhai", text: "fn on_message(ctx, message) { hold(\"all\", \"wait\") }" };
        let play = |text| rhai.cases(source, Source { path: "a.cases.toml", text });
        let tried = play("[[case]]\nname = \"held\"\ntext = \"x\"\nexpect = \"hold\"\n").unwrap();
        assert_eq!(tried, [Tried { name: "held".to_owned(), differs: None }]);
        let tried = play("[[case]]\nname = \"let\"\ntext = \"x\"\nexpect = \"allow\"\n").unwrap();
        let differs = tried[0].shown(&ENGLISH_READER).unwrap();
        assert!(differs.contains("expected") && differs.contains("hold all"), "{differs}");
        let told = play("[[case]]\nnmae = \"x\"\n").unwrap_err()[0].to_string();
        assert!(told.contains("a.cases.toml:2:1: unknown key `nmae`"), "{told}");
        assert!(told.contains("did you mean `name`?"), "{told}");
    }
}
