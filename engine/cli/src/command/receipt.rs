//! `kith receipt show`: why something was decided, and that the verdict follows from what the receipt says.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use kith_core::ids::ReceiptId;
use kith_core::notice::{Arg, Text};
use kith_core::queue::{Ground, Receipt, Verdict};
use kith_core::refusal::Refusal;
use kith_core::script;
use kith_core::stream::{Community, Stream};
use kith_runtime::texts::Reader;
use serde_json::json;

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with receipts.
#[derive(Debug, Subcommand)]
pub(crate) enum Receipts {
    /// Show one, with the verdict derived again from what it says
    Show(Show),
    /// List the newest
    List(List),
}

/// Show one receipt, with the verdict derived again from what it says.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: InCommunity,
    /// Its id, as a notice or the queue shows it
    receipt: ReceiptId,
}

/// List the newest receipts.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
    /// So many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
}

impl Receipts {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::Show(show) => show.run(stage),
            Self::List(list) => list.run(stage),
        }
    }
}

/// A verdict's stable name.
pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

impl Show {
    fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (receipt, language) = (self.receipt, stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let page = session.view(id, move |stream, community| {
                let receipt = community.queue.receipts.get(&receipt)?;
                Some(page(stream, community, receipt, Reader { language, stream: Some(stream) }))
            });
            page.await?.ok_or_else(|| Refusal::NotFound { what: receipt.to_string() }.into())
        })
    }
}

fn page(stream: &Stream, community: &Community, receipt: &Receipt, reader: Reader<'_>) -> Report {
    let derived = receipt.ground.verdict();
    let (said, again) = (verdict(receipt.verdict), verdict(derived));
    let reason = reader.render(&receipt.reason);
    let remedy = receipt.remedy.as_ref().map(|remedy| reader.render(remedy));
    let hint = reader.hint(&receipt.reason);
    let at = shown::moment(receipt.at_ms, &community.profile.zone);
    let mut text =
        format!("{}  {at}  {}  {said}\n  {reason}\n", receipt.id, shown::nickname(stream, receipt.member));
    for more in remedy.iter().chain(&hint) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {more}");
    }
    if let Some(fault) = fault_of(receipt) {
        let _ = writeln!(text, "  {}", reader.render(&fault));
    }
    let _ = writeln!(text, "  from its facts alone follows: {again}");
    let value = json!({
        "receipt": receipt, "reason": reason, "remedy": remedy, "hint": hint, "verdict": said,
        "derived": again,
    });
    let report = Report::new(&value, text);
    if derived == receipt.verdict { report } else { report.of_problems() }
}

/// Why the script that a decision rests on gave none. Only the kind and the place are kept: what a run said
/// may quote what members wrote.
fn fault_of(receipt: &Receipt) -> Option<Text> {
    let Ground::Script(script::Ground { fault: Some(fault), .. }) = &receipt.ground else { return None };
    let what = Arg::Code(format!("cli.script.fault.{}", fault.kind.code()));
    let text = match fault.place {
        Some(place) => Text::new("cli.receipt.fault_at").with("line", place.line),
        None => Text::new("cli.receipt.fault"),
    };
    Some(text.with("hook", fault.hook.function()).with("what", what))
}

impl List {
    fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (last, language) = (self.last, stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session
                .view(id, move |stream, community| {
                    let reader = Reader { language, stream: Some(stream) };
                    let mut text = String::new();
                    let mut values = Vec::new();
                    for receipt in community.queue.receipts.values().rev().take(last) {
                        let (said, reason) = (verdict(receipt.verdict), reader.render(&receipt.reason));
                        let who = shown::nickname(stream, receipt.member);
                        // Writing to a string cannot fail.
                        let _ = writeln!(text, "{}  {said:<5} {who}: {reason}", receipt.id);
                        values.push(json!({
                            "id": receipt.id, "verdict": said, "member": receipt.member, "reason": reason,
                        }));
                    }
                    if values.is_empty() {
                        text.push_str("no receipts yet\n");
                    }
                    Report::new(&json!({ "receipts": values }), text)
                })
                .await
        })
    }
}
