//! `kith connector …`: bots of other networks, which of their channels stands for which, and what the rules
//! ask that they cannot do.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Language;
use kith_core::connector::{self, Ability, Command, Connector};
use kith_core::ids::{CommunityId, ConnectorId};
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_runtime::texts::Reader;
use serde_json::json;

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// What can be done with connectors.
#[derive(Debug, Subcommand)]
pub(crate) enum Connectors {
    /// Connect a network, and see what of the rules its bot cannot do
    Add(Add),
    /// List connectors, their channels and what of the rules they cannot do
    List(List),
    /// Let a connector go; its members stay
    Remove(Remove),
    /// Let a channel of the network stand for one of the community
    Map(Map),
}

/// Connect a network, and see what of the rules its bot cannot do.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith connector add --data data --community garden --name bridge \
                        --network irc --can post,delete")]
pub(crate) struct Add {
    #[command(flatten)]
    target: InCommunity,
    /// What to call it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Which network; connectors of one network know the same people
    #[arg(long, value_name = "NAME")]
    network: String,
    /// What its bot can do there: delete, edit, mute, remove, ban, post, react, pin
    #[arg(long, value_name = "WORD,…", value_delimiter = ',', value_parser = ability)]
    can: Vec<Ability>,
}

/// List connectors, their channels and what of the rules they cannot do.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// Let a connector go; its members stay.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    target: InCommunity,
    /// Its name or id
    connector: String,
}

/// Let a channel of the network stand for one of the community.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith connector map --data data --community garden bridge \"#garden\" general"
)]
pub(crate) struct Map {
    #[command(flatten)]
    target: InCommunity,
    /// The connector's name or id
    connector: String,
    /// The network's own id of its channel
    external_channel: String,
    /// The community's channel
    channel: String,
}

fn ability(word: &str) -> Result<Ability, String> {
    let expected = "expected delete, edit, mute, remove, ban, post, react or pin";
    serde_json::from_value(json!(word)).map_err(|_| expected.to_owned())
}

fn say(language: Language, code: &str, args: &[(&str, &str)]) -> String {
    shown::sentence(language, &shown::text(&format!("cli.connector.{code}"), args))
}

impl Connectors {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        let target = match &self {
            Self::Add(it) => it.target.clone(),
            Self::List(it) => it.target.clone(),
            Self::Remove(it) => it.target.clone(),
            Self::Map(it) => it.target.clone(),
        };
        session::run(&target.place.data, Folder::Existing, async |session| {
            let community = session.community(&target.community).await?;
            match &self {
                Self::Add(add) => add.run((session, community), language).await,
                Self::List(_) => list((session, community), language).await,
                Self::Remove(remove) => remove.run((session, community), language).await,
                Self::Map(map) => map.run((session, community), language).await,
            }
        })
    }
}

/// What of the rules its bot cannot do, a sentence each.
fn degraded(stream: &Stream, community: &Community, row: &Connector, language: Language) -> Vec<String> {
    let reader = Reader { language, stream: Some(stream) };
    let found = connector::degraded(community, &row.network, &row.can);
    found.iter().map(|text| reader.render(text)).collect()
}

impl Add {
    async fn run(
        &self,
        (session, community): (&Session, CommunityId),
        language: Language,
    ) -> Result<Report, Failure> {
        let can = self.can.iter().copied().collect();
        let connect = Command::Connect { name: self.name.clone(), network: self.network.clone(), can };
        let id = ConnectorId(session.ask(community, connect).await?.command.0);
        let cannot = session.view(community, move |stream, community| {
            let row = community.connectors.get(id);
            row.map(|row| degraded(stream, community, row, language)).unwrap_or_default()
        });
        let cannot = cannot.await?;
        let mut text = format!("{id}\n");
        for sentence in &cannot {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{sentence}");
        }
        Ok(Report::new(&json!({ "id": id, "degraded": cannot }), text))
    }
}

async fn list((session, community): (&Session, CommunityId), language: Language) -> Result<Report, Failure> {
    let seen = session.view(community, move |stream, community| {
        let (mut text, mut values) = (String::new(), Vec::new());
        for row in community.connectors.iter() {
            let cannot = degraded(stream, community, row, language);
            let mapped = row.channels.values().map(|mapped| {
                let channel = community.channels.get(mapped.channel).map(|it| it.name.clone());
                (shown::body(&stream.bodies, &mapped.name), channel.unwrap_or_default())
            });
            let mapped: Vec<(String, String)> = mapped.collect();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}  {}  {}", row.id, row.name, row.network);
            for (external, channel) in &mapped {
                let _ = writeln!(text, "  {external} = {channel}");
            }
            for sentence in &cannot {
                let _ = writeln!(text, "  {sentence}");
            }
            let channels =
                mapped.iter().map(|(external, own)| json!({ "external": external, "channel": own }));
            values.push(json!({
                "id": row.id, "name": row.name, "network": row.network, "can": row.can,
                "acked_seq": row.acked_seq, "channels": channels.collect::<Vec<_>>(), "degraded": cannot,
            }));
        }
        if values.is_empty() {
            text = format!("{}\n", say(language, "none", &[]));
        }
        Report::new(&json!({ "connectors": values }), text)
    });
    seen.await
}

/// The id and the network of a connector by its name or id.
async fn find(
    session: &Session,
    community: CommunityId,
    name: &str,
) -> Result<(ConnectorId, String), Failure> {
    let wanted = name.to_owned();
    let found = session.view(community, move |_, community| {
        let mut rows = community.connectors.iter();
        let row = rows.find(|row| row.name == wanted || row.id.to_string() == wanted);
        row.map(|row| (row.id, row.network.clone()))
    });
    found.await?.ok_or_else(|| Refusal::NotFound { what: "connector".to_owned() }.into())
}

impl Remove {
    async fn run(
        &self,
        (session, community): (&Session, CommunityId),
        language: Language,
    ) -> Result<Report, Failure> {
        let (connector, _) = find(session, community, &self.connector).await?;
        session.ask(community, Command::Disconnect { connector }).await?;
        let text = say(language, "removed", &[("connector", &self.connector)]);
        Ok(Report::new(&json!({ "id": connector, "removed": true }), format!("{text}\n")))
    }
}

impl Map {
    async fn run(
        &self,
        (session, community): (&Session, CommunityId),
        language: Language,
    ) -> Result<Report, Failure> {
        let (connector, network) = find(session, community, &self.connector).await?;
        let name = self.channel.clone();
        let channel = session
            .view(community, move |_, it| it.channels.of_name(&name).map(|channel| channel.id))
            .await?;
        let channel = channel.ok_or_else(|| Refusal::NotFound { what: self.channel.clone() })?;
        let pepper = session.engine.ports().keys.pepper(community)?;
        let external = connector::key(&pepper, &network, &self.external_channel);
        let (id, mut bodies) = (session.mint.command(session.now_ms()), Bodies::default());
        let owner = connector::owner(connector);
        let name = session.mint.text(&mut bodies, id.at_ms(), owner, &self.external_channel);
        let map = Command::MapChannel { connector, external, name, channel };
        session.ask_from((id, Actor::Host, bodies), community, map).await?;
        let args = [("external", self.external_channel.as_str()), ("channel", self.channel.as_str())];
        let text = say(language, "mapped", &args);
        Ok(Report::new(&json!({ "id": connector, "channel": channel }), format!("{text}\n")))
    }
}
