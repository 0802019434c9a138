//! `kith community list`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::arguments::Data;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// List the communities of this host with their state.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Data,
}

impl List {
    pub(super) fn run(self) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let rows = session.operator().await?.communities().await?;
            let mut text = String::new();
            let mut values = Vec::new();
            for row in rows {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{:<12} {}  {}", row.state_name(), row.id, row.name);
                values.push(json!({ "id": row.id, "name": row.name, "state": row.state_name() }));
            }
            if values.is_empty() {
                text.push_str("no communities yet\n");
            }
            Ok(Report::new(&json!({ "communities": values }), text))
        })
    }
}
