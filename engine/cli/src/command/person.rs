//! `kith person …`: who there is across communities, and how they sign in.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use kith_core::community::Language;
use kith_core::ids::PersonId;
use kith_core::notice::{Arg, Text};
use kith_core::refusal::Refusal;
use kith_runtime::host::{Operator, Seen};
use serde_json::{Value, json};

use super::span::span_ms;
use super::{Stage, shown};
use crate::arguments::Data;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder};

/// Where a sign-in link leads, below the address of the pages.
const LINK_PATH: &str = "/sign-in/link?code=";

/// What can be done with persons.
#[derive(Debug, Subcommand)]
pub(crate) enum Persons {
    /// Register a person
    Add(Add),
    /// List persons with their standing
    List(List),
    /// Make a link that signs a person in once
    Link(Link),
    /// Set the name and password by which a person signs in; the password is read from standard input
    Password(Password),
}

/// Register a person.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    place: Data,
    /// What they are called on this host
    name: String,
}

/// List persons with their standing.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Data,
}

/// Make a link that signs a person in once.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith person link --data data Ann --expires 24h --host-url https://kith.example"
)]
pub(crate) struct Link {
    #[command(flatten)]
    place: Data,
    /// The person, by name or id
    person: String,
    /// How long it waits, such as 90m, 24h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span_ms, default_value = "24h")]
    expires: u64,
    /// What the link begins with: the address of this host's pages
    #[arg(long, value_name = "URL", default_value = "")]
    host_url: String,
}

/// Set the name and password by which a person signs in; the password is read from standard input. Their
/// sessions end.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith person password --data data Ann --login ann < password.txt")]
pub(crate) struct Password {
    #[command(flatten)]
    place: Data,
    /// The person, by name or id
    person: String,
    /// The name to sign in by [default: what the person is called]
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
}

fn say(language: Language, code: &str, args: &[(&str, &str)]) -> String {
    shown::sentence(language, &shown::text(&format!("cli.person.{code}"), args))
}

impl Persons {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        match self {
            Self::Add(add) => add.run(language),
            Self::List(list) => list.run(language),
            Self::Link(link) => link.run(language),
            Self::Password(password) => {
                let secret = stage.streams.read_line()?;
                password.run(language, &secret)
            }
        }
    }
}

/// The person whom a name or an id means. A name that several bear means none.
pub(super) async fn find(operator: &Operator<'_>, name: &str) -> Result<PersonId, Failure> {
    seen(operator, name).await.map(|seen| seen.person.id)
}

async fn seen(operator: &Operator<'_>, name: &str) -> Result<Seen, Failure> {
    let id: Option<PersonId> = name.parse().ok();
    let meant = |seen: &Seen| match id {
        Some(id) => seen.person.id == id,
        None => seen.name.as_deref() == Some(name),
    };
    let mut found = operator.persons().await?.into_iter().filter(meant);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Refusal::PersonNotFound.into()),
        (Some(_), Some(_)) => {
            Err(Failure::told(Exit::BadInput, shown::text("cli.person.several", &[("name", name)])))
        }
    }
}

impl Add {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::New, async |session| {
            let person = session.operator().await?.register_person(Some(&self.name)).await?;
            let id = person.to_string();
            let text = say(language, "added", &[("name", &self.name), ("person", &id)]);
            Ok(Report::new(&json!({ "id": person, "name": self.name }), format!("{text}\n")))
        })
    }
}

impl List {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let persons = session.operator().await?.persons().await?;
            let mut text = String::new();
            for seen in &persons {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}", line(seen, language));
            }
            if persons.is_empty() {
                text = format!("{}\n", say(language, "none", &[]));
            }
            let rows: Vec<Value> = persons.iter().map(row).collect();
            Ok(Report::new(&json!({ "persons": rows }), text))
        })
    }
}

fn line(seen: &Seen, language: Language) -> String {
    let name = seen.name.as_deref().map_or_else(|| "–".to_owned(), shown::printable);
    let login = say(language, if seen.has_login { "password" } else { "no_password" }, &[]);
    let (communities, sessions) = (seen.person.links.len().to_string(), seen.sessions.to_string());
    let counts = say(language, "counts", &[("communities", &communities), ("sessions", &sessions)]);
    format!("{}  {name}  {}  {login}  {counts}", seen.person.id, seen.person.standing.name())
}

fn row(seen: &Seen) -> Value {
    json!({
        "id": seen.person.id, "name": seen.name, "standing": seen.person.standing.name(),
        "communities": seen.person.links, "has_login": seen.has_login, "sessions": seen.sessions,
    })
}

impl Link {
    fn run(self, language: Language) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let operator = session.operator().await?;
            let person = find(&operator, &self.person).await?;
            let secret = operator.issue_link(person, self.expires).await?;
            let link = format!("{}{LINK_PATH}{}", self.host_url.trim_end_matches('/'), secret.text());
            let once = Text::new("cli.person.link_once").with("span", Arg::Duration(self.expires));
            let once = shown::sentence(language, &once);
            let value = json!({ "person": person, "link": link, "expires_in_ms": self.expires });
            Ok(Report::new(&value, format!("{link}\n{once}\n")))
        })
    }
}

impl Password {
    fn run(self, language: Language, secret: &str) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let operator = session.operator().await?;
            let seen = seen(&operator, &self.person).await?;
            let login = self.login.as_ref().or(seen.name.as_ref()).ok_or(Refusal::PersonNotFound)?;
            operator.set_login(seen.person.id, (login, secret), None).await?;
            let text = say(language, "password_set", &[("login", login)]);
            Ok(Report::new(&json!({ "id": seen.person.id, "login": login }), format!("{text}\n")))
        })
    }
}
