//! `kith appeal …`: a member asks to look at a decision again, and a human decides.
//!
//! The command line speaks for the member whom the receipt is about. Who may appeal, until when, and what is
//! undone is the core's to say.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Language;
use kith_core::ids::{AppealId, MemberId, ReceiptId};
use kith_core::queue::{Appeal, Command, Decision, Review, State};
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_runtime::texts::Reader;
use serde_json::{Value, json};

use super::{Stage, receipt, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with appeals.
#[derive(Debug, Subcommand)]
pub(crate) enum Appeals {
    /// Ask to look at a decision again, for the member whom its receipt is about
    Make(Make),
    /// List the appeals that nobody has decided yet, oldest first
    List(List),
    /// Show one, with what today's rules and scripts say
    Show(Show),
    /// Decide about one: what the decision did is undone, or it stands
    Decide(Decide),
}

/// Ask to look at a decision again, for the member whom its receipt is about.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith appeal make --data data --community garden rcp_… \"It was a quotation.\""
)]
pub(crate) struct Make {
    #[command(flatten)]
    target: InCommunity,
    /// The decision, as a notice or `kith receipt list` shows it
    receipt: ReceiptId,
    /// Why it was wrong
    text: String,
}

/// List the appeals that nobody has decided yet, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith appeal list --data data --community garden --all")]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
    /// Those that are decided too
    #[arg(long)]
    all: bool,
}

/// Show one appeal, with what today's rules and scripts say.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith appeal show --data data --community garden apl_…")]
pub(crate) struct Show {
    #[command(flatten)]
    target: InCommunity,
    /// Its id, as `kith appeal list` shows it
    appeal: AppealId,
}

/// Decide about an appeal. The decision is kept as a label of the rule or script that objected.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith appeal decide --data data --community garden apl_… overturn
  kith appeal decide --data data --community garden apl_… uphold --note \"Links need a word beside them.\"")]
pub(crate) struct Decide {
    #[command(flatten)]
    target: InCommunity,
    /// Its id
    appeal: AppealId,
    /// What becomes of the decision
    decision: Outcome,
    /// A word for the member
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What can become of a decision.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Outcome {
    /// It was right and stands
    Uphold,
    /// It was wrong: what can be undone is undone
    Overturn,
}

impl Appeals {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        match self {
            Self::Make(make) => make.run(language),
            Self::List(list) => list.run(language),
            Self::Show(show) => show.run(language),
            Self::Decide(decide) => decide.run(language),
        }
    }
}

fn say(language: Language, code: &str, args: &[(&str, &str)]) -> String {
    shown::sentence(language, &shown::text(&format!("cli.appeal.{code}"), args))
}

fn not_found(id: impl ToString) -> Failure {
    Refusal::NotFound { what: id.to_string() }.into()
}

impl Make {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let receipt = self.receipt;
            let whose = session
                .view(community, move |_, it| it.queue.receipts.get(&receipt).map(|receipt| receipt.member));
            let member = whose.await?.ok_or_else(|| not_found(receipt))?;
            let (now_ms, mut bodies) = (session.now_ms(), Bodies::default());
            let text = session.mint.text(&mut bodies, now_ms, member, &self.text);
            let id = session.mint.command(now_ms);
            let from = (id, Actor::Member(member), bodies);
            session.ask_from(from, community, Command::Appeal { receipt, text }).await?;
            let appeal = AppealId(id.0);
            let page = session.view(community, move |stream, community| {
                let appealed = community.queue.appeals.get(&appeal)?;
                Some(Page { stream, community, language }.report((&appeal, appealed)))
            });
            page.await?.ok_or_else(|| not_found(appeal))
        })
    }
}

impl List {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let all = self.all;
            let page = session.view(id, move |stream, community| {
                let page = Page { stream, community, language };
                let wanted = |(_, appeal): &(&AppealId, &Appeal)| all || appeal.state == State::Open;
                let rows = community.queue.appeals.iter().filter(wanted).map(|row| page.row(row));
                let (values, lines): (Vec<Value>, Vec<Vec<String>>) = rows.unzip();
                let text = match lines.is_empty() {
                    true => say(language, "none", &[]) + "\n",
                    false => shown::table(&lines),
                };
                Report::new(&json!({ "appeals": values }), text)
            });
            page.await
        })
    }
}

impl Show {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let (id, appeal) = (session.community(&self.target.community).await?, self.appeal);
            let page = session.view(id, move |stream, community| {
                let found = community.queue.appeals.get(&appeal)?;
                Some(Page { stream, community, language }.report((&appeal, found)))
            });
            page.await?.ok_or_else(|| not_found(appeal))
        })
    }
}

impl Decide {
    fn run(self, language: Language) -> Result<Report, Failure> {
        let (decision, said) = match self.decision {
            Outcome::Uphold => (Decision::Upheld, "is_upheld"),
            Outcome::Overturn => (Decision::Overturned, "is_overturned"),
        };
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let appeal = self.appeal;
            let whose = session.view(community, move |_, it| {
                it.queue.appeals.get(&appeal).map(|appeal| appeal.receipt.member)
            });
            let member: MemberId = whose.await?.ok_or_else(|| not_found(appeal))?;
            let (now_ms, mut bodies) = (session.now_ms(), Bodies::default());
            let note = self.note.as_deref().map(|note| session.mint.text(&mut bodies, now_ms, member, note));
            let from = (session.mint.command(now_ms), Actor::Host, bodies);
            session.ask_from(from, community, Command::DecideAppeal { appeal, decision, note }).await?;
            let text = say(language, said, &[("appeal", &appeal.to_string())]) + "\n";
            Ok(Report::new(&json!({ "id": appeal, "decision": decision }), text))
        })
    }
}

/// Appeals for people.
struct Page<'a> {
    stream: &'a Stream,
    community: &'a Community,
    language: Language,
}

impl Page<'_> {
    fn row(&self, (id, appeal): (&AppealId, &Appeal)) -> (Value, Vec<String>) {
        let Self { stream, community, language } = self;
        let who = shown::nickname(stream, appeal.receipt.member);
        let state = say(*language, state(&appeal.state), &[]);
        // What was said goes once it is decided.
        let text = stream.bodies.text(&appeal.text).map(shown::printable);
        let value = json!({
            "id": id, "receipt": appeal.receipt.id, "member": appeal.receipt.member, "nickname": who,
            "at_ms": appeal.at_ms, "text": text, "review": appeal.review, "state": appeal.state,
        });
        let at = shown::moment(appeal.at_ms, &community.profile.zone);
        (value, vec![id.to_string(), at, state, who, text.unwrap_or_default()])
    }

    fn report(&self, row: (&AppealId, &Appeal)) -> Report {
        let (mut value, cells) = self.row(row);
        let appeal = row.1;
        let reader = Reader { language: self.language, stream: Some(self.stream) };
        let reason = reader.render(&appeal.receipt.reason);
        let decided = receipt::verdict(appeal.receipt.verdict);
        let mut text = cells.join("  ").trim_end().to_owned();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n  {decided}: {reason}  ({})", appeal.receipt.id);
        let mut said = self.review(&appeal.review);
        if let State::Decided { at_ms, .. } = &appeal.state {
            let at = shown::moment(*at_ms, &self.community.profile.zone);
            said.push(say(self.language, "decided_at", &[("at", &at)]));
        }
        for line in said {
            let _ = writeln!(text, "  {line}");
        }
        value["reason"] = json!(reason);
        value["verdict"] = json!(decided);
        Report::new(&value, text)
    }

    /// What the rules and scripts of the day of the appeal say.
    fn review(&self, review: &Review) -> Vec<String> {
        let language = self.language;
        let mut lines = Vec::new();
        if let Some(verdict) = review.on_facts {
            let version = review.version.unwrap_or(0).to_string();
            let args = [("verdict", receipt::verdict(verdict)), ("version", &version)];
            lines.push(say(language, "on_facts", &args));
        } else if let Some(version) = review.version {
            lines.push(say(language, "version_now", &[("version", &version.to_string())]));
        }
        match review.on_text {
            Some(verdict) => lines.push(say(language, "on_text", &[("verdict", receipt::verdict(verdict))])),
            None => lines.push(say(language, "no_text", &[])),
        }
        lines
    }
}

/// Where an appeal stands, in a word of the message files.
const fn state(state: &State) -> &'static str {
    match state {
        State::Open => "open",
        State::Decided { decision: Decision::Upheld, .. } => "upheld",
        State::Decided { decision: Decision::Overturned, .. } => "overturned",
    }
}
