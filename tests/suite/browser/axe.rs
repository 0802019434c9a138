//! axe-core, which finds what people cannot use who listen to pages, or read them large or without colours.
//! Fetched from the package registry into the target folder, never into the repository.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::chrome::Tab;
use crate::world::tool;

/// The version; a new one may find more.
const VERSION: &str = "4.11.0";

/// Where a case may leave files.
pub(super) fn target() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|path| path.ancestors().nth(3).map(PathBuf::from))
        .expect("the suite runs in the target folder")
}

/// `None` on a machine that cannot fetch it.
fn source() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| {
        let npm = tool(&["npm"])?;
        let folder = target().join("browser").join(format!("axe-core-{VERSION}"));
        let script = folder.join("package/axe.min.js");
        if !script.is_file() {
            std::fs::create_dir_all(&folder).expect("the target folder can be written");
            let run = |program: &Path, arguments: &[&str]| {
                let done = Command::new(program).args(arguments).current_dir(&folder).output();
                let done = done.unwrap_or_else(|error| panic!("{} is needed: {error}", program.display()));
                assert!(
                    done.status.success(),
                    "{}: {}",
                    program.display(),
                    String::from_utf8_lossy(&done.stderr)
                );
            };
            run(&npm, &["pack", "--silent", &format!("axe-core@{VERSION}")]);
            run(Path::new("tar"), &["-xzf", &format!("axe-core-{VERSION}.tgz")]);
        }
        Some(std::fs::read_to_string(&script).expect("axe-core is there"))
    });
    source.as_deref()
}

/// Nothing on the page is seriously in anybody's way.
pub(super) fn assert_usable(tab: &mut Tab) {
    let Some(source) = source() else { return };
    tab.eval(&format!("{source}; null"));
    let found = tab.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then((it) => it.violations.map((found) => \
         found.impact + ': ' + found.id + ': ' + \
         found.nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ')))",
    );
    let found: Vec<&str> =
        found.as_array().map(|it| it.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let serious =
        |it: &&&str| it.starts_with("serious") || it.starts_with("critical") || it.starts_with("moderate");
    let serious: Vec<_> = found.iter().filter(serious).collect();
    assert!(serious.is_empty(), "{}: {serious:#?}", tab.eval("location.href"));
}
