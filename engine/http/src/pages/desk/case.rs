//! A case as whoever decides it reads it: whose, in which words, why, and what is known of its author.

use kith_core::card;
use kith_core::community::Language;
use kith_core::ids::{MemberId, ReceiptId};
use kith_core::member::Standing;
use kith_core::queue::{Ground, Item, Receipt, Verdict};
use kith_runtime::texts::Reader;
use maud::{Markup, html};

use super::scripts::verdict_badge;
use super::seat::{Seat, called};
use crate::pages::parts::avatar;
use crate::room::Sight;
use crate::talk::{ShownPart, shown};

/// What somebody is known for, in numbers.
#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) id: MemberId,
    pub(super) name: String,
    since_ms: u64,
    source: String,
    strikes: u32,
    objected: usize,
    is_inside: bool,
}

impl Author {
    pub(super) fn of(sight: &Sight<'_>, member: MemberId, now_ms: u64) -> Self {
        let community = sight.community;
        let row = community.members.get(member);
        let rules = &community.rules;
        let receipts = community.queue.receipts.values();
        Self {
            id: member,
            name: called(sight, member),
            since_ms: row.map_or(0, |row| row.joined_ms.unwrap_or(row.since_ms)),
            source: row.map(|row| row.origin.source.clone()).unwrap_or_default(),
            strikes: rules.record.live(member, now_ms, rules.ladder.forget_ms()),
            objected: receipts.filter(|it| it.member == member && it.verdict != Verdict::Allow).count(),
            is_inside: row.is_some_and(|row| row.standing == Standing::Active),
        }
    }

    /// Their name, and their history in a line.
    pub(super) fn show(&self, seat: &Seat) -> Markup {
        let code = if self.is_inside { "desk.author.inside" } else { "desk.author.outside" };
        let source = if self.source.is_empty() { seat.say("desk.source.none") } else { &self.source };
        let line = seat.fill(
            code,
            &[
                ("since", &seat.zoned.day(self.since_ms)),
                ("source", source),
                ("strikes", &self.strikes.to_string()),
                ("objected", &self.objected.to_string()),
            ],
        );
        html! {
            div.line.author {
                (avatar(&self.id.to_string(), &self.name))
                div.grow {
                    p { a href=(seat.path(&format!("/members/{}", self.id))) { strong { (self.name) } } }
                    p.quiet.small { (line) }
                }
            }
        }
    }
}

/// Why something was decided, as it is read.
#[derive(Debug, Clone)]
pub(super) struct Why {
    pub(super) receipt: ReceiptId,
    pub(super) verdict: Verdict,
    /// What decided: `rule ads`, `script guard`, or nobody's name.
    pub(super) by: String,
    reason: String,
}

impl Why {
    pub(super) fn of(sight: &Sight<'_>, receipt: &Receipt, language: Language) -> Self {
        let reader = Reader { language, stream: Some(sight.stream) };
        Self {
            receipt: receipt.id,
            verdict: receipt.verdict,
            by: decided_by(&receipt.ground),
            reason: reader.render(&receipt.reason),
        }
    }

    /// The sentence.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn show(&self, seat: &Seat) -> Markup {
        html! {
            li.line {
                (verdict_badge(seat, verdict_name(self.verdict)))
                span.grow { (self.reason) }
                a.quiet.small href=(seat.path(&format!("/decisions/{}", self.receipt))) {
                    (by_in_words(seat, &self.by))
                }
            }
        }
    }
}

/// What a decision rests on, as a key: equal for decisions of one rule or script, whatever its version.
pub(super) fn decided_by(ground: &Ground) -> String {
    match ground {
        Ground::Rule(ground) if ground.version > 0 => format!("rule {}", ground.rule),
        Ground::Rule(_) => "engine".to_owned(),
        Ground::Script(ground) => format!("script {}", ground.script),
        Ground::Gate(_) => "gate".to_owned(),
        Ground::Person { .. } => "person".to_owned(),
        Ground::Deadline { .. } => "deadline".to_owned(),
    }
}

/// The version of what decided, where it has one.
pub(super) fn version_of(ground: &Ground) -> Option<u32> {
    match ground {
        Ground::Rule(ground) => Some(ground.version).filter(|version| *version > 0),
        Ground::Script(ground) => Some(ground.version),
        _ => None,
    }
}

/// The same for people.
pub(super) fn by_in_words(seat: &Seat, by: &str) -> String {
    match by.split_once(' ') {
        Some(("rule", name)) => seat.fill("desk.by.rule", &[("name", name)]),
        Some(("script", name)) => seat.fill("desk.by.script", &[("name", name)]),
        _ => seat.word(&format!("desk.decided.{by}")),
    }
}

pub(super) const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

/// The words of something that waits: a message's parts, what was answered at the gate, what is to change.
pub(super) fn words(sight: &Sight<'_>, item: &Item) -> Vec<String> {
    match item {
        Item::Message(held) => parts(&shown(&held.parts, &sight.stream.bodies)),
        Item::Join { member } => answers(sight, *member),
        Item::Card(held) => changes(sight, held),
    }
}

pub(super) fn parts(parts: &[ShownPart]) -> Vec<String> {
    let said = parts.iter().map(|part| match part {
        ShownPart::Text { text } | ShownPart::Code { text } => text.clone(),
        ShownPart::Link { url } => url.clone(),
        ShownPart::Card { text, .. } => text.clone().unwrap_or_else(|| "[card]".to_owned()),
        ShownPart::Image { .. } => "[image]".to_owned(),
        ShownPart::Voice { .. } => "[voice]".to_owned(),
        ShownPart::File { name, .. } => format!("[{name}]"),
        ShownPart::Gone => "–".to_owned(),
    });
    said.collect()
}

/// What somebody at the gate answered, question by question.
pub(super) fn answers(sight: &Sight<'_>, member: MemberId) -> Vec<String> {
    let found = sight.community.gate.applications.get(&member);
    let answered = found.into_iter().flat_map(|found| &found.answers);
    answered
        .map(|(name, body)| format!("{name}: {}", sight.stream.bodies.text(body).unwrap_or("–")))
        .collect()
}

fn changes(sight: &Sight<'_>, held: &card::Held) -> Vec<String> {
    let text = |body| sight.stream.bodies.text(body).unwrap_or("–").to_owned();
    let nickname = held.nickname.as_ref().map(text);
    let fields = held.fields.iter();
    let fields =
        fields.map(|(name, value)| format!("{name}: {}", value.as_ref().map_or("–".to_owned(), text)));
    nickname.into_iter().chain(fields).collect()
}
