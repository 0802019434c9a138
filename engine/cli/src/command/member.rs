//! `kith member …`: who there is, one's export, erasure.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kith_core::ids::MemberId;
use kith_core::notice::Text;
use kith_core::privacy::Command;
use kith_core::refusal::Refusal;
use kith_runtime::texts::Reader;
use serde_json::json;

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub(crate) enum Members {
    /// List members with their standing
    List(List),
    /// Show one: card, roles, how they came, what they were told
    Show(Show),
    /// Write everything of one member's to a file, as JSON
    Export(Export),
    /// Erase a member: what they wrote is destroyed for good
    Erase(Erase),
}

/// List members with their standing.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
    /// Those who are gone or wait at the gate too
    #[arg(long)]
    all: bool,
}

/// Show one member.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: InCommunity,
    /// Their id, as `kith member list` shows it
    member: MemberId,
}

/// Write everything of one member's to a file, as JSON.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    target: InCommunity,
    /// Their id
    member: MemberId,
    /// The file, which must not exist yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Erase a member: what they wrote is destroyed for good. Backups of the keys made before still open it.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    target: InCommunity,
    /// Their id
    member: MemberId,
}

impl Members {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::List(list) => list.run(),
            Self::Show(show) => show.run(stage),
            Self::Export(export) => export.run(),
            Self::Erase(erase) => erase.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let all = self.all;
            session
                .view(id, move |stream, community| {
                    let mut text = String::new();
                    let mut values = Vec::new();
                    let shown = |name: &str| all || name == "active";
                    for member in community.members.iter().filter(|row| shown(row.standing.name())) {
                        let nickname = shown::nickname(stream, member.id);
                        let roles: Vec<&str> = member.roles.iter().map(String::as_str).collect();
                        // Writing to a string cannot fail.
                        let _ = writeln!(
                            text,
                            "{}  {:<10} {nickname}  {}",
                            member.id,
                            member.standing.name(),
                            roles.join(", ")
                        );
                        values.push(json!({
                            "id": member.id, "nickname": nickname, "standing": member.standing.name(),
                            "roles": member.roles, "tags": member.tags, "since_ms": member.since_ms,
                        }));
                    }
                    Report::new(&json!({ "members": values }), text)
                })
                .await
        })
    }
}

impl Show {
    fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (member, language) = (self.member, stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let page = session.view(id, move |stream, community| {
                let row = community.members.get(member)?;
                let reader = Reader { language, stream: Some(stream) };
                let zone = &community.profile.zone;
                let nickname = shown::nickname(stream, member);
                let mut text = format!("{nickname}  ({member}, {})\n", row.standing.name());
                let mut line = |what: &str, said: String| {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "  {what:<12} {said}");
                };
                line("since", shown::moment(row.since_ms, zone));
                line("roles", row.roles.iter().cloned().collect::<Vec<_>>().join(", "));
                let card = row.card.iter().map(|(field, value)| (field, shown::body(&stream.bodies, value)));
                let card: std::collections::BTreeMap<_, _> = card.collect();
                card.iter().for_each(|(field, value)| line(field, value.clone()));
                let notices: Vec<String> = row
                    .notices
                    .iter()
                    .map(|notice| {
                        format!("{} {}", shown::moment(notice.at_ms, zone), reader.render(&notice.text))
                    })
                    .collect();
                notices.iter().for_each(|notice| line("told", notice.clone()));
                let value = json!({
                    "id": member, "nickname": nickname, "standing": row.standing, "roles": row.roles,
                    "tags": row.tags, "card": card, "origin": row.origin, "notices": notices,
                });
                Some(Report::new(&value, text))
            });
            page.await?.ok_or_else(|| Refusal::NotFound { what: member.to_string() }.into())
        })
    }
}

impl Export {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let file = File::create_new(&self.to).map_err(|error| {
                let text = Text::new("cli.file").with("path", self.to.display().to_string().as_str());
                Failure::told(Exit::BadInput, text.with("what", error.to_string().as_str()))
            })?;
            session.engine.export_member(id, self.member, BufWriter::new(file)).await?;
            let value = json!({ "id": self.member, "to": self.to });
            Ok(Report::new(&value, format!("everything of {} is in {}\n", self.member, self.to.display())))
        })
    }
}

impl Erase {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session.index_ready().await;
            session.ask(id, Command::Erase { member: self.member }).await?;
            // The keys go once the record is durable; a view is answered after that.
            for _ in 0..LOOKS_MAX {
                if session.engine.view(id, |stream| stream.erasures.is_empty()).await? {
                    session.search_settled().await?;
                    let value = json!({ "id": self.member, "erased": true });
                    return Ok(Report::new(&value, format!("{} is erased\n", self.member)));
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            let value = json!({ "id": self.member, "erased": false });
            Ok(Report::new(&value, format!("{} is being erased\n", self.member)).of_problems())
        })
    }
}

/// How often it is looked whether the keys are gone, and how many times.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(5);
const LOOKS_MAX: u32 = 2_000;
