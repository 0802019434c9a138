//! Sentences and tables of the script commands, in the reader's language.

use kith_core::community::{Language, Zone};
use kith_core::ids::{CommunityId, MemberId};
use kith_core::notice::Text;
use kith_core::script::Script;
use kith_runtime::scripting::{self, History, Stand};
use kith_runtime::texts::Reader;

use super::super::shown;
use crate::failure::{Exit, Failure};
use crate::session::Session;

/// Says sentences.
#[derive(Clone, Copy)]
pub(super) struct Say(pub(super) Language);

impl Say {
    /// Reads what the engine says of scripts.
    pub(super) const fn reader(self) -> Reader<'static> {
        Reader { language: self.0, stream: None }
    }

    /// A sentence of `cli.script.…`.
    pub(super) fn of(self, code: &str, args: &[(&str, &str)]) -> String {
        shown::sentence(self.0, &text(code, args))
    }

    /// The same on a line of its own.
    pub(super) fn line(self, code: &str, args: &[(&str, &str)]) -> String {
        self.of(code, args) + "\n"
    }
}

fn text(code: &str, args: &[(&str, &str)]) -> Text {
    shown::text(&format!("cli.script.{code}"), args)
}

/// Input that cannot be used, in a sentence of `cli.script.…`.
pub(super) fn refused(code: &str, args: &[(&str, &str)]) -> Failure {
    Failure::told(Exit::BadInput, text(code, args))
}

/// A script of a community, with the community's zone.
pub(super) async fn find(
    session: &Session,
    community: CommunityId,
    name: &str,
) -> Result<(Script, Zone), Failure> {
    let wanted = name.to_owned();
    let found = session.view(community, move |_, it| {
        let script = it.scripts.get(&wanted).cloned();
        (script, it.profile.zone.clone(), names(&it.scripts.rows))
    });
    match found.await? {
        (Some(script), zone, _) => Ok((script, zone)),
        (None, _, names) if names.is_empty() => Err(refused("none", &[("name", name)])),
        (None, _, names) => Err(refused("unknown", &[("name", name), ("names", &names)])),
    }
}

fn names(rows: &[Script]) -> String {
    rows.iter().map(|script| script.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What each version of a script did.
pub(super) fn history(session: &Session, community: CommunityId, name: &str) -> Result<History, Failure> {
    let records = session.engine.ports().records.as_ref();
    let told = scripting::history(community, records, name)?;
    told.ok_or_else(|| refused("none", &[("name", name)]))
}

/// Who put a version in.
pub(super) async fn by(session: &Session, community: CommunityId, who: &[Option<MemberId>]) -> Vec<String> {
    let who = who.to_vec();
    let shown = session.engine.view(community, move |stream| {
        let shown = |member: &Option<MemberId>| {
            member.map_or_else(|| "host".to_owned(), |id| shown::nickname(stream, id))
        };
        who.iter().map(shown).collect()
    });
    shown.await.unwrap_or_default()
}

/// From when until when a version stood somewhere.
pub(super) fn stand(stand: &Stand, zone: &Zone) -> String {
    let from = shown::moment(stand.from_ms, zone);
    match stand.until_ms {
        None => format!("{from} →"),
        Some(until_ms) => format!("{from} → {}", shown::moment(until_ms, zone)),
    }
}
