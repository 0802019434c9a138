//! `kith script reference`: what scripts can say, generated from what is registered.

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::report::Report;

/// Where the second page begins.
const EVENTS: &str = "\n# Events\n";

/// Print what scripts can say: Markdown, or definitions for editors.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// The kinds of events with their fields instead
    #[arg(long, conflicts_with = "definitions")]
    events: bool,
    /// A .d.rhai file for editors instead
    #[arg(long)]
    definitions: bool,
}

impl Reference {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let whole = kith_scripts::reference();
        let (says, events) = whole.split_once(EVENTS).unwrap_or((&whole, ""));
        let text = match (self.events, self.definitions) {
            (true, _) => format!("# Events\n{events}"),
            (_, true) => kith_scripts::definitions(),
            _ => says.to_owned(),
        };
        let value = json!({ "entries": kith_scripts::entries(), "text": text });
        Ok(Report::new(&value, text))
    }
}
