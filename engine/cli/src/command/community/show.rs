//! `kith community show`: one community on a page.

use std::fmt::Write as _;

use clap::Args;
use kith_core::community::Language;
use kith_core::gate::Condition;
use kith_core::notice::Text;
use kith_core::stream::{Community, Stream};
use kith_runtime::texts::Reader;
use serde_json::{Value, json};

use super::Stage;
use crate::arguments::Data;
use crate::command::shown;
use crate::failure::Failure;
use crate::report::{Report, hex};
use crate::session::{self, Folder};

/// Show one community: members, seats, channels, gate, rules, what waits.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith community show --data data reading-circle")]
pub(crate) struct Show {
    #[command(flatten)]
    place: Data,
    /// The community, by name or id
    name: String,
}

impl Show {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        session::run(&self.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.name).await?;
            session.view(id, move |stream, community| page(stream, community, language)).await
        })
    }
}

fn page(stream: &Stream, community: &Community, language: Language) -> Report {
    let value = facts(stream, community);
    let profile = &community.profile;
    let mut text = format!("{}  ({}, {})\n", profile.name, stream.id, profile.status.name());
    let mut line = |what: &str, said: String| {
        if !said.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {what:<10} {said}");
        }
    };
    line("about", profile.about.clone());
    let owner = profile.owner.map_or_else(|| "none yet".to_owned(), |owner| shown::nickname(stream, owner));
    line("owner", owner);
    let seats = community.gate.config.capacity.map_or_else(String::new, |seats| format!(" of {seats} seats"));
    line(
        "members",
        format!("{}{seats}; {} rows in all", community.members.active_count(), community.members.len()),
    );
    line("gate", gate(community, language));
    for channel in community.channels.listed() {
        line("channel", format!("{} ({})", channel.name, name_of(&channel.kind)));
    }
    for rule in &community.rules.rows {
        let (config, version) = (&rule.config, rule.version);
        line(
            "rule",
            format!("{} v{version}: {}, from {}", config.name, name_of(&config.check), name_of(&config.step)),
        );
    }
    let open = community.queue.appeals.values().filter(|appeal| name_of(&appeal.state) == "open").count();
    line(
        "waiting",
        format!(
            "{} holds, {open} appeals, {} applications",
            community.queue.holds.len(),
            community.gate.applications.len()
        ),
    );
    line("zone", profile.zone.name().to_owned());
    line("records", format!("{}, the last at {}", stream.seq, shown::moment(stream.at_ms, &profile.zone)));
    line("state", hex(&stream.hash()));
    Report::new(&value, text)
}

/// The gate in words: what must hold, and where those go for whom there is no room.
fn gate(community: &Community, language: Language) -> String {
    let reader = Reader { language, stream: None };
    let config = &community.gate.config;
    let said = |condition: &Condition| {
        let code = format!(
            "cli.gate.{}",
            serde_json::to_value(condition)
                .ok()
                .and_then(|value| Some(value.get("kind")?.as_str()?.to_owned()))
                .unwrap_or_default()
        );
        reader.render(&Text::new(&code))
    };
    let mut words = match config.conditions.is_empty() {
        true => reader.render(&Text::new("cli.gate.open")),
        false => {
            let join = format!("cli.gate.{}", name_of(&config.mode));
            let conditions: Vec<String> = config.conditions.iter().map(said).collect();
            conditions.join(&format!(" {} ", reader.render(&Text::new(&join))))
        }
    };
    if config.capacity.is_some() && config.waiting_max > 0 {
        words.push_str(&reader.render(&Text::new("cli.gate.waiting").with("n", config.waiting_max)));
    }
    if let Some(overflow) = &config.overflow {
        let next = Text::new("cli.gate.overflow").with("name", overflow.community.as_str());
        words.push_str(&reader.render(&next));
    }
    words
}

/// The stable name of an enum's case.
fn name_of(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    match &value {
        Value::Object(map) => map.keys().next().cloned().unwrap_or_default(),
        value => shown::path_of(value, 1),
    }
}

fn facts(stream: &Stream, community: &Community) -> Value {
    let profile = &community.profile;
    json!({
        "id": stream.id,
        "name": profile.name,
        "status": profile.status.name(),
        "about": profile.about,
        "zone": profile.zone.name(),
        "language": profile.language,
        "settings": profile.settings,
        "owner": profile.owner,
        "members": community.members.active_count(),
        "rows": community.members.len(),
        "capacity": community.gate.config.capacity,
        "gate": community.gate.config,
        "channels": community.channels.listed().iter().map(|channel| json!({
            "id": channel.id, "name": channel.name, "kind": name_of(&channel.kind), "topic": channel.topic,
        })).collect::<Vec<_>>(),
        "rules": community.rules.rows.iter().map(|rule| json!({
            "name": rule.config.name, "version": rule.version, "config": rule.config,
        })).collect::<Vec<_>>(),
        "holds": community.queue.holds.len(),
        "applications": community.gate.applications.len(),
        "seq": stream.seq,
        "at_ms": stream.at_ms,
        "state_hash": hex(&stream.hash()),
    })
}
