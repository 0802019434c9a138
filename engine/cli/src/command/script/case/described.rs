//! What a case says of a recorded decision: what was decided about, by whom, over the state of that moment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kith_core::body::{Bodies, BodyRef};
use kith_core::card;
use kith_core::command::{Actor, CommandKind};
use kith_core::event::Event;
use kith_core::gate;
use kith_core::hook::Hook;
use kith_core::ids::MemberId;
use kith_core::message::{self, Part};
use kith_core::queue::{Ground, Receipt};
use kith_core::script::RunOutcome;
use kith_core::stream::Community;
use kith_scripts::cases;

use super::{Found, Say, describe_member, receipt, refused};
use crate::failure::Failure;

/// Whether a case says what people go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// It leaves that out.
    Not,
    /// It says so of whoever it is about.
    ByTheirName,
}

/// What was decided about, over the state of that moment.
pub(super) fn describe(found: &Found, named: Named, say: Say) -> Result<cases::Case, Failure> {
    let Found { receipt, record, before, .. } = found;
    let community = before.community().ok_or(kith_core::refusal::Refusal::CommunityNotFound)?;
    let zone = community.profile.zone.rules();
    let at = i64::try_from(record.command.at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.map(|at| at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string());
    let scene = Scene { community, found };
    let about = match &record.command.kind {
        CommandKind::Message(asked) => scene.message(asked),
        CommandKind::Card(asked) => scene.change(asked),
        _ => scene.join(),
    };
    let about = about.ok_or_else(|| refused("case.no_message", &[("receipt", &receipt.id.to_string())]))?;
    let mut case = cases::Case {
        name: say.of("case.name", &[("receipt", &receipt.id.to_string())]),
        lists: community.profile.lists.clone(),
        settings: community.profile.settings.own.clone(),
        zone: community.profile.zone.name().to_owned(),
        at: at.unwrap_or_else(|| cases::Case::default().at),
        expect: expected(receipt),
        ..about
    };
    if named == Named::Not {
        case.author.name.clear();
    }
    Ok(case)
}

struct Scene<'a> {
    community: &'a Community,
    found: &'a Found,
}

impl Scene<'_> {
    fn message(&self, asked: &message::Command) -> Option<cases::Case> {
        let (message::Command::Post { parts, .. }
        | message::Command::Announce { parts, .. }
        | message::Command::Edit { parts, .. }) = asked
        else {
            return None;
        };
        let Found { receipt, record, bodies, .. } = self.found;
        let texts = parts.iter().filter_map(Part::text).filter_map(|body| bodies.text(body));
        let author = match record.command.actor {
            Actor::Member(member) => member,
            _ => receipt.member,
        };
        Some(cases::Case {
            hook: Some(Hook::Message),
            text: texts.collect::<Vec<_>>().join("\n"),
            edit: matches!(asked, message::Command::Edit { .. }),
            author: cases::Who { card: BTreeMap::new(), ..self.who(author) },
            ..cases::Case::default()
        })
    }

    fn change(&self, asked: &card::Command) -> Option<cases::Case> {
        let none = BTreeMap::new();
        let (nickname, fields) = match asked {
            card::Command::ChangeCard { fields, nickname } => (nickname.as_ref(), fields),
            card::Command::ChangeNickname { nickname } => (Some(nickname), &none),
            card::Command::SetSchema { .. } => return None,
        };
        let change = fields.iter().map(|(field, value)| (field.clone(), self.text(value.as_ref())));
        Some(cases::Case {
            hook: Some(Hook::Card),
            rename: nickname.map(|nickname| self.text(Some(nickname))),
            change: change.collect(),
            author: self.who(self.found.receipt.member),
            ..cases::Case::default()
        })
    }

    fn join(&self) -> Option<cases::Case> {
        let (entry, answers) = self.found.record.events.iter().find_map(|event| match event {
            Event::Gate(gate::Event::Applied { entry, answers, .. }) => Some((entry, answers)),
            _ => None,
        })?;
        let texts = |of: &BTreeMap<String, BodyRef>| -> BTreeMap<String, String> {
            of.iter().map(|(name, body)| (name.clone(), self.text(Some(body)))).collect()
        };
        let inviter = entry.origin.inviter.map(|inviter| cases::Who {
            name: String::new(),
            card: BTreeMap::new(),
            ..self.who(inviter)
        });
        let author = cases::Who {
            name: self.text(Some(&entry.nickname)),
            tags: entry.tags.iter().cloned().collect(),
            card: texts(&entry.card),
            strikes: self.who(entry.member).strikes,
            ..cases::Who::default()
        };
        Some(cases::Case {
            hook: Some(Hook::Join),
            source: Some(entry.origin.source.clone()).filter(|source| !source.is_empty()),
            answers: texts(answers),
            inviter,
            author,
            ..cases::Case::default()
        })
    }

    /// A text as it came with the command; empty where it takes something away, or is erased.
    fn text(&self, body: Option<&BodyRef>) -> String {
        let bodies: &Bodies = &self.found.bodies;
        body.and_then(|body| bodies.text(body)).unwrap_or_default().to_owned()
    }

    fn who(&self, id: MemberId) -> cases::Who {
        let member = self.community.members.get(id);
        let at_ms = self.found.record.command.at_ms;
        member.map_or_else(cases::Who::default, |row| {
            describe_member(&self.found.before, self.community, (row, at_ms))
        })
    }
}

fn expected(receipt: &Receipt) -> String {
    match &receipt.ground {
        Ground::Script(ground) => match ground.outcome {
            RunOutcome::Fault => {
                format!("fault {}", ground.fault.as_ref().map_or("runtime", |fault| fault.kind.code()))
            }
            RunOutcome::Capped | RunOutcome::Skipped => "hold".to_owned(),
            outcome => format!("{} {}", outcome.name(), ground.code).trim_end().to_owned(),
        },
        _ => receipt::verdict(receipt.verdict).to_owned(),
    }
}
