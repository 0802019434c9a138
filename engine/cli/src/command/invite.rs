//! `kith invite …`: codes with uses and an end. An invite with three uses is `kith invite create`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kith_core::gate::{Command, Event, invite_link, mint_code};
use kith_core::ids::InviteId;
use kith_core::refusal::Refusal;
use qrcode::QrCode;
use qrcode::render::svg;
use serde_json::json;

use super::shown;
use super::span::span_ms;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with invites.
#[derive(Debug, Subcommand)]
pub(crate) enum Invites {
    /// Make an invite code; three uses unless told otherwise
    Create(Create),
    /// List invites with what is left of them
    List(List),
    /// End an invite before its time
    Revoke(Revoke),
}

/// Make an invite code; three uses unless told otherwise.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith invite create --data data --community garden
  kith invite create --data data --community garden --uses 30 --expires 7d --source poster --qr poster.svg")]
pub(crate) struct Create {
    #[command(flatten)]
    target: InCommunity,
    /// How many people it lets in
    #[arg(long, value_name = "N", default_value_t = 3)]
    uses: u32,
    /// How long it holds, such as 90m, 24h or 7d [default: for ever]
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    expires: Option<u64>,
    /// What joins by it are recorded as coming from, such as poster or may-2026
    #[arg(long, value_name = "WORD", default_value = "")]
    source: String,
    /// A code of one's own instead of a random one
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Write a QR code of its link to this file, as SVG
    #[arg(long, value_name = "FILE.svg")]
    qr: Option<PathBuf>,
    /// What the link begins with
    #[arg(long, value_name = "URL", default_value = "https://kith.invalid", requires = "qr")]
    link: String,
}

/// List invites with what is left of them.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// End an invite before its time.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    target: InCommunity,
    /// Its id, as `kith invite list` shows it
    invite: InviteId,
}

impl Invites {
    pub(super) fn run(self) -> Result<Report, Failure> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<Report, Failure> {
        let code = match &self.code {
            Some(code) => code.clone(),
            None => {
                let mut random = [0; 10];
                getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
                mint_code(random)
            }
        };
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let expires_at_ms = self.expires.map(|span_ms| session.now_ms().saturating_add(span_ms));
            let kind = Command::CreateInvite {
                code: code.clone(),
                uses: self.uses,
                expires_at_ms,
                source: self.source.clone(),
                for_person: None,
            };
            let reply = session.ask(community, kind).await?;
            let id = reply.events.iter().find_map(|event| match event {
                kith_core::event::Event::Gate(Event::InviteCreated { id, .. }) => Some(*id),
                _ => None,
            });
            let mut text = format!("{code}  ({} uses)\n", self.uses);
            let link = invite_link(&self.link, &code);
            if let Some(path) = &self.qr {
                std::fs::write(path, qr(&link)?)?;
                // Writing to a string cannot fail.
                let _ = writeln!(text, "QR code of {link} in {}", path.display());
            }
            let value = json!({
                "id": id, "code": code, "uses": self.uses, "expires_at_ms": expires_at_ms,
                "source": self.source, "qr": self.qr,
            });
            Ok(Report::new(&value, text))
        })
    }
}

/// The QR code of a link as SVG.
fn qr(link: &str) -> Result<String, Failure> {
    let made = QrCode::new(link.as_bytes());
    let made = made.map_err(|_| Refusal::TextTooLong { field: "link".to_owned(), max: 1_000 })?;
    Ok(made.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}

impl List {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session
                .view(id, |_, community| {
                    let mut text = String::new();
                    let mut values = Vec::new();
                    for (id, invite) in &community.gate.invites {
                        let end = match (invite.revoked_ms, invite.expires_at_ms) {
                            (Some(_), _) => "revoked".to_owned(),
                            (None, Some(at_ms)) => {
                                format!("until {}", shown::moment(at_ms, &community.profile.zone))
                            }
                            (None, None) => "for ever".to_owned(),
                        };
                        let taken = invite.taken();
                        // Writing to a string cannot fail.
                        let _ = writeln!(
                            text,
                            "{id}  {}  {taken} of {} used  {end}  {}",
                            invite.code, invite.uses_max, invite.source
                        );
                        values.push(json!({ "id": id, "invite": invite, "taken": taken }));
                    }
                    if values.is_empty() {
                        text.push_str("no invites yet\n");
                    }
                    Report::new(&json!({ "invites": values }), text)
                })
                .await
        })
    }
}

impl Revoke {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session.ask(id, Command::RevokeInvite { invite: self.invite }).await?;
            Ok(Report::new(
                &json!({ "id": self.invite, "revoked": true }),
                format!("{} is revoked\n", self.invite),
            ))
        })
    }
}
