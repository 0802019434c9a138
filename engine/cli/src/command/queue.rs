//! `kith queue …`: what waits for a human.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use kith_core::ids::HoldId;
use kith_core::queue::{AtDeadline, Command, Hold, Item};
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_runtime::texts::Reader;
use serde_json::{Value, json};

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with what waits.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// List what waits, oldest first
    List(List),
    /// Show one thing that waits, with the reasons
    Show(Show),
    /// Decide about one thing that waits
    Resolve(Resolve),
}

/// List what waits, oldest first.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// Show one thing that waits, with the reasons.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: InCommunity,
    /// Its id, as `kith queue list` shows it
    hold: HoldId,
}

/// Decide about one thing that waits.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    target: InCommunity,
    /// Its id
    hold: HoldId,
    /// What to do with it
    outcome: Outcome,
}

/// What can be done with something that waits.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Outcome {
    /// Let it through
    Release,
    /// Do not let it through
    Deny,
    /// Let it wait without a deadline
    Keep,
}

impl Queue {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::List(list) => list.run(),
            Self::Show(show) => show.run(stage),
            Self::Resolve(resolve) => resolve.run(),
        }
    }
}

/// What waits, in a few words.
fn item(stream: &Stream, item: &Item) -> String {
    match item {
        Item::Message(held) => format!("message: {}", shown::parts(&stream.bodies, &held.parts)),
        Item::Join { .. } => "wants to come in".to_owned(),
        Item::Card(_) => "wants to change their card".to_owned(),
    }
}

fn row(stream: &Stream, community: &Community, (id, hold): (&HoldId, &Hold)) -> (Value, String) {
    let member = hold.item.member();
    let (who, what) = (shown::nickname(stream, member), item(stream, &hold.item));
    let since = shown::moment(hold.at_ms, &community.profile.zone);
    let value = json!({
        "id": id, "member": member, "nickname": who, "what": what, "at_ms": hold.at_ms,
        "due_ms": hold.due_ms, "at_deadline": hold.at_deadline, "receipts": hold.receipts,
    });
    (value, format!("{id}  {since}  {who}: {what}"))
}

impl List {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session
                .view(id, |stream, community| {
                    let rows = community.queue.holds.iter().map(|hold| row(stream, community, hold));
                    let (values, lines): (Vec<_>, Vec<_>) = rows.unzip();
                    let text =
                        if lines.is_empty() { "nothing waits\n".to_owned() } else { lines.join("\n") + "\n" };
                    Report::new(&json!({ "holds": values }), text)
                })
                .await
        })
    }
}

impl Show {
    fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (hold, language) = (self.hold, stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let page = session.view(id, move |stream, community| {
                let found = community.queue.holds.get(&hold)?;
                let (mut value, mut text) = row(stream, community, (&hold, found));
                text.push('\n');
                let reader = Reader { language, stream: Some(stream) };
                let receipts = found.receipts.iter().filter_map(|id| community.queue.receipts.get(id));
                let reasons: Vec<String> = receipts.map(|receipt| reader.render(&receipt.reason)).collect();
                for (reason, id) in reasons.iter().zip(&found.receipts) {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "  {reason}  ({id})");
                }
                value["reasons"] = json!(reasons);
                Some(Report::new(&value, text))
            });
            page.await?.ok_or_else(|| Refusal::NotFound { what: hold.to_string() }.into())
        })
    }
}

impl Resolve {
    fn run(self) -> Result<Report, Failure> {
        let outcome = match self.outcome {
            Outcome::Release => AtDeadline::Release,
            Outcome::Deny => AtDeadline::Deny,
            Outcome::Keep => AtDeadline::Keep,
        };
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session.ask(id, Command::Resolve { hold: self.hold, outcome, note: None }).await?;
            let value = json!({ "id": self.hold, "outcome": outcome });
            Ok(Report::new(&value, format!("{} is settled\n", self.hold)))
        })
    }
}
