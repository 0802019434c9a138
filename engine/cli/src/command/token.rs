//! `kith token …`: what lets a program in. A secret is shown once, when its token is issued.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::{Args, Subcommand};
use kith_core::community::{Language, Zone};
use kith_core::host::{Holder, Reach, Token};
use kith_core::ids::TokenId;
use kith_core::role::Permission;
use kith_runtime::host::NewToken;
use serde_json::json;

use super::span::span_ms;
use super::{Stage, person, shown};
use crate::arguments::Data;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Issue a token; its secret is shown once
    Issue(Issue),
    /// List the tokens in force
    List(List),
    /// Revoke a token at once
    Revoke(Revoke),
}

/// Issue a token; its secret is shown once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith token issue --data data --label \"garden bot\" --community garden --person Ann --permissions read,post
  kith token issue --data data --label backup --permissions read --expires 90d")]
pub(crate) struct Issue {
    #[command(flatten)]
    place: Data,
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// The only community where it holds, by name or id [default: all]
    #[arg(long, value_name = "NAME")]
    community: Option<String>,
    /// The person it acts for, by name or id [default: the host]
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    /// What it may do at most, or `all`
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', default_value = "read", value_parser = allowed)]
    permissions: Vec<Allowed>,
    /// How long it holds, such as 24h or 90d [default: until it is revoked]
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    expires: Option<u64>,
}

/// List the tokens in force.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Data,
}

/// Revoke a token at once.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    place: Data,
    /// Its id, as `kith token list` shows it
    token: TokenId,
}

/// What `--permissions` names.
#[derive(Debug, Clone, Copy)]
enum Allowed {
    One(Permission),
    All,
}

fn allowed(text: &str) -> Result<Allowed, String> {
    if text == "all" {
        return Ok(Allowed::All);
    }
    let named = Permission::ALL.iter().find(|permission| permission.code() == text);
    named.map(|permission| Allowed::One(*permission)).ok_or_else(|| {
        let codes: Vec<&str> = Permission::ALL.iter().map(|permission| permission.code()).collect();
        format!("expected all, or any of {}", codes.join(", "))
    })
}

fn say(language: Language, code: &str, args: &[(&str, &str)]) -> String {
    shown::sentence(language, &shown::text(&format!("cli.token.{code}"), args))
}

impl Tokens {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::Issue(issue) => issue.run(stage.language),
            Self::List(list) => list.run(stage.language),
            Self::Revoke(revoke) => revoke.run(stage.language),
        }
    }
}

impl Issue {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let operator = session.operator().await?;
            let reach = match &self.community {
                Some(name) => Reach::Community(session.community(name).await?),
                None => Reach::All,
            };
            let holder = match &self.person {
                Some(name) => Holder::Person(person::find(&operator, name).await?),
                None => Holder::Host,
            };
            let all = || Permission::ALL.iter().copied().collect::<BTreeSet<_>>();
            let permissions = self.permissions.iter().flat_map(|allowed| match allowed {
                Allowed::One(permission) => BTreeSet::from([*permission]),
                Allowed::All => all(),
            });
            let (permissions, label, lasts_ms) = (permissions.collect(), self.label.clone(), self.expires);
            let token = NewToken { holder, reach, permissions, label, lasts_ms };
            let (id, secret) = operator.issue_token(token).await?;
            let value = json!({ "id": id, "label": self.label, "secret": secret.text() });
            Ok(Report::new(&value, format!("{}\n{}\n", secret.text(), say(language, "once", &[]))))
        })
    }
}

impl List {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let tokens = session.operator().await?.tokens().await?;
            let mut text = String::new();
            if tokens.is_empty() {
                text = format!("{}\n", say(language, "none", &[]));
            }
            for token in &tokens {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}", line(token, language));
            }
            let rows: Vec<_> = tokens
                .iter()
                .map(|token| {
                    json!({
                        "id": token.id, "label": token.label, "holder": token.holder, "reach": token.reach,
                        "permissions": token.permissions, "issued_ms": token.issued_ms,
                        "expires_ms": token.expires_ms,
                    })
                })
                .collect();
            Ok(Report::new(&json!({ "tokens": rows }), text))
        })
    }
}

fn line(token: &Token, language: Language) -> String {
    let holder = match token.holder {
        Holder::Host => say(language, "of_host", &[]),
        Holder::Person(person) => person.to_string(),
    };
    let reach = match token.reach {
        Reach::All => say(language, "everywhere", &[]),
        Reach::Community(community) => community.to_string(),
    };
    let end = match token.expires_ms {
        Some(at_ms) => say(language, "until", &[("until", &shown::moment(at_ms, &Zone::default()))]),
        None => say(language, "for_ever", &[]),
    };
    let codes: Vec<&str> = token.permissions.iter().map(|permission| permission.code()).collect();
    format!("{}  {}  {holder}  {reach}  {}  {end}", token.id, token.label, codes.join(","))
}

impl Revoke {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            session.operator().await?.revoke_token(self.token).await?;
            let text = say(language, "revoked", &[("token", &self.token.to_string())]);
            Ok(Report::new(&json!({ "id": self.token, "revoked": true }), format!("{text}\n")))
        })
    }
}
