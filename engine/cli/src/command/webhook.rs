//! `kith webhook …`: servers that are told of what happens in a community.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::{Args, Subcommand};
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Language;
use kith_core::ids::{CommunityId, WebhookId};
use kith_core::refusal::Refusal;
use kith_core::webhook::{self, Command, Kinds, State, Why};
use kith_http::webhook::{Reach, check_url, kinds_of};
use kith_runtime::secret::Secret;
use serde_json::json;

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// Add a webhook; its secret is printed once
    Add(Add),
    /// List webhooks and how they are
    List(List),
    /// Remove a webhook
    Remove(One),
    /// Tell a webhook nothing for now
    Pause(One),
    /// Go on telling a webhook, from where it was
    Resume(One),
}

/// Add a webhook; its secret is printed once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith webhook add --data data --community garden --label board \
                        --url https://board.example/kith --kinds member.joined,hold.placed")]
pub(crate) struct Add {
    #[command(flatten)]
    target: InCommunity,
    /// What to call it
    #[arg(long, value_name = "NAME")]
    label: String,
    /// Where letters go
    #[arg(long, value_name = "URL")]
    url: String,
    /// What it is told of, such as message.posted; everything where it is left out
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    kinds: Vec<String>,
}

/// List webhooks and how they are.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// One webhook.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    target: InCommunity,
    /// Its label or id
    webhook: String,
}

fn say(language: Language, code: &str, args: &[(&str, &str)]) -> String {
    shown::sentence(language, &shown::text(&format!("cli.webhook.{code}"), args))
}

impl Webhooks {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        let target = match &self {
            Self::Add(it) => it.target.clone(),
            Self::List(it) => it.target.clone(),
            Self::Remove(it) | Self::Pause(it) | Self::Resume(it) => it.target.clone(),
        };
        session::run(&target.place.data, Folder::Existing, async |session| {
            let community = session.community(&target.community).await?;
            let there = (session, community);
            match &self {
                Self::Add(add) => add.run(there, language).await,
                Self::List(_) => list(there, language).await,
                Self::Remove(one) => {
                    one.run(there, |webhook| Command::Remove { webhook }, (language, "removed")).await
                }
                Self::Pause(one) => {
                    one.run(there, |webhook| Command::Pause { webhook }, (language, "paused")).await
                }
                Self::Resume(one) => {
                    one.run(there, |webhook| Command::Resume { webhook }, (language, "resumed")).await
                }
            }
        })
    }
}

impl Add {
    async fn run(
        &self,
        (session, community): (&Session, CommunityId),
        language: Language,
    ) -> Result<Report, Failure> {
        // How far letters may go is for whoever serves to say.
        check_url(Reach::Anywhere, &self.url)?;
        let kinds = kinds_of(self.kinds.iter().cloned().collect::<BTreeSet<_>>())?;
        let secret = Secret::mint(&session.mint);
        let (id, mut bodies) = (session.mint.command(session.now_ms()), Bodies::default());
        let owner = webhook::owner(WebhookId(id.0));
        let mut body = |text: &str| session.mint.text(&mut bodies, id.at_ms(), owner, text);
        let (url, signs) = (body(&self.url), body(secret.text()));
        let add = Command::Add { label: self.label.clone(), url, secret: signs, kinds };
        session.ask_from((id, Actor::Host, bodies), community, add).await?;
        let id = WebhookId(id.0);
        let text = say(language, "added", &[("secret", secret.text())]);
        Ok(Report::new(&json!({ "id": id, "secret": secret.text() }), format!("{id}\n{text}\n")))
    }
}

/// The word for how a webhook is.
fn condition(state: &State) -> &'static str {
    match state {
        State::On => "on",
        State::Failing { .. } => "failing",
        State::Off { why: Why::Paused } => "paused",
        State::Off { why: Why::Silent } => "given_up",
    }
}

async fn list((session, community): (&Session, CommunityId), language: Language) -> Result<Report, Failure> {
    let seen = session.view(community, move |stream, community| {
        let (mut text, mut values) = (String::new(), Vec::new());
        for row in community.webhooks.iter() {
            let (url, word) = (shown::body(&stream.bodies, &row.url), condition(&row.state));
            let state = say(language, &format!("state.{word}"), &[]);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}  {}  {url}  {state}", row.id, row.label);
            let kinds = match &row.kinds {
                Kinds::All => None,
                Kinds::Only(kinds) => Some(kinds),
            };
            if let Some(kinds) = kinds {
                let _ = writeln!(text, "  {}", kinds.iter().cloned().collect::<Vec<_>>().join(", "));
            }
            values.push(json!({
                "id": row.id, "label": row.label, "url": url, "kinds": kinds, "state": word,
                "acked_seq": row.acked_seq,
            }));
        }
        if values.is_empty() {
            text = format!("{}\n", say(language, "none", &[]));
        }
        Report::new(&json!({ "webhooks": values }), text)
    });
    seen.await
}

impl One {
    async fn run(
        &self,
        (session, community): (&Session, CommunityId),
        command: impl FnOnce(WebhookId) -> Command,
        (language, done): (Language, &str),
    ) -> Result<Report, Failure> {
        let wanted = self.webhook.clone();
        let found = session.view(community, move |_, community| {
            let mut rows = community.webhooks.iter();
            rows.find(|row| row.label == wanted || row.id.to_string() == wanted).map(|row| row.id)
        });
        let id = found.await?.ok_or_else(|| Refusal::NotFound { what: "webhook".to_owned() })?;
        session.ask(community, command(id)).await?;
        let text = say(language, done, &[("webhook", &self.webhook)]);
        Ok(Report::new(&json!({ "id": id, "done": done }), format!("{text}\n")))
    }
}
