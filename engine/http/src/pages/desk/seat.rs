//! The seat at a community's desk: who sits there, what they may open, what waits for them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::Response;
use kith_core::community::{Language, Zone};
use kith_core::gate::Stage;
use kith_core::ids::MemberId;
use kith_core::queue::State;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use maud::Markup;

use crate::pages::layout::{Around, Shape, Within};
use crate::pages::page::{Page, Turn, escaped};
use crate::pages::parts::{Level, Tab, Zoned};
use crate::room::{Room, Sight};
use crate::talk::nickname;

/// What leads to the desk at all: any of these.
pub(crate) const OPERATORS: &[Permission] = &[
    Permission::Moderate,
    Permission::Sanction,
    Permission::Ban,
    Permission::Approve,
    Permission::ManageMembers,
    Permission::ManageRoles,
    Permission::ManageChannels,
    Permission::ManageRules,
    Permission::ManageGate,
    Permission::ManageCard,
    Permission::ManageSettings,
];

/// Somebody at the desk of a community.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) page: Page,
    pub(super) room: Room,
    /// The community's name.
    pub(super) name: String,
    pub(super) zone: Zone,
    /// Its clocks.
    pub(super) zoned: Zoned,
    pub(super) waiting: Waiting,
    may: BTreeSet<Permission>,
}

/// How much waits for a human.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) holds: usize,
    pub(super) applicants: usize,
    pub(super) appeals: usize,
    pub(super) letters: usize,
}

impl Waiting {
    fn of(sight: &Sight<'_>) -> Self {
        let community = sight.community;
        let applications = community.gate.applications.values();
        Self {
            holds: community.queue.holds.len(),
            applicants: applications.filter(|it| it.stage == Stage::Review).count(),
            appeals: community.queue.appeals.values().filter(|it| it.state == State::Open).count(),
            letters: community.scripts.dead_letters.len(),
        }
    }

    /// What a human has to decide about.
    pub(super) const fn cases(self) -> usize {
        self.holds + self.applicants + self.appeals
    }
}

impl Seat {
    /// Takes the seat; needs one of the permissions. Whoever is not signed in does that first.
    pub(super) async fn take(page: Page, community: &str, any: &'static [Permission]) -> Result<Self, Turn> {
        page.person()?;
        let room = page.caller.room(community).await?;
        let seen = room.look(move |sight| {
            let may: BTreeSet<Permission> =
                Permission::ALL.iter().copied().filter(|it| sight.may(*it)).collect();
            if !any.iter().any(|wanted| may.contains(wanted)) {
                let missing = any.first().copied().unwrap_or(Permission::ManageSettings);
                return Err(sight.need(missing).err().unwrap_or(Refusal::NotAMember));
            }
            let profile = &sight.community.profile;
            Ok((profile.name.clone(), profile.zone.clone(), may, Waiting::of(&sight)))
        });
        let (name, zone, may, waiting) = seen.await?;
        let zoned = page.zoned(zone.name());
        Ok(Self { page, room, name, zone, zoned, waiting, may })
    }

    pub(super) fn may(&self, permission: Permission) -> bool {
        self.may.contains(&permission)
    }

    /// A sentence of the reader's language.
    pub(super) fn say(&self, code: &'static str) -> &'static str {
        self.page.say(code)
    }

    /// The same with arguments.
    pub(super) fn fill(&self, code: &'static str, arguments: &[(&str, &str)]) -> String {
        self.page.words().fill(code, arguments)
    }

    /// The text of a code that is put together, or the code's last word.
    pub(super) fn word(&self, code: &str) -> String {
        let last = || code.rsplit('.').next().unwrap_or_default().to_owned();
        self.page.words().find(code).map_or_else(last, str::to_owned)
    }

    pub(super) fn language(&self) -> Language {
        self.page.words().language
    }

    /// The address of a page of the desk: `""`, `"/scripts"`.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/c/{}/desk{rest}", segment(&self.name))
    }

    fn within(&self, here: &str) -> Within {
        use Permission as P;
        let pages: [(&str, &'static str, usize, &[P]); 12] = [
            ("", "desk.overview.title", 0, OPERATORS),
            ("/queue", "desk.queue.title", self.waiting.cases(), &[P::Moderate, P::Approve]),
            ("/decisions", "desk.decisions.title", 0, &[P::Moderate]),
            ("/members", "desk.members.title", 0, &[P::ManageMembers, P::Sanction]),
            ("/scripts", "desk.scripts.title", self.waiting.letters, &[P::ManageRules]),
            ("/rules", "desk.rules.title", 0, &[P::ManageRules]),
            ("/channels", "desk.channels.title", 0, &[P::ManageChannels]),
            ("/invites", "desk.invites.title", 0, &[P::ManageGate]),
            ("/roles", "desk.roles.title", 0, &[P::ManageRoles]),
            ("/settings", "desk.settings.title", 0, &[P::ManageSettings]),
            ("/webhooks", "desk.webhooks.title", 0, &[P::ManageSettings]),
            ("/audit", "desk.audit.title", 0, &[P::ManageSettings]),
        ];
        let mine = pages.into_iter().filter(|(_, _, _, any)| any.iter().any(|wanted| self.may(*wanted)));
        let tab = |(rest, code, count, _): (&str, &'static str, usize, &[P])| Tab {
            href: self.path(rest),
            label: self.say(code).to_owned(),
            count,
            level: Level::Page,
        };
        let mut ways: Vec<Tab> = mine.map(tab).collect();
        let back = format!("/c/{}", segment(&self.name));
        ways.push(Tab { href: back, label: self.say("desk.back").to_owned(), count: 0, level: Level::Page });
        Within { name: self.name.clone(), ways, here: self.path(here) }
    }

    /// A whole page; `here` is the way that it belongs to.
    pub(super) fn show(&self, (title, here): (&str, &str), body: Markup) -> Response {
        self.show_as(StatusCode::OK, (title, here), body)
    }

    /// The same with another status.
    pub(super) fn show_as(&self, status: StatusCode, (title, here): (&str, &str), body: Markup) -> Response {
        let within = self.within(here);
        self.page.show_as(status, &Around { title, shape: Shape::Wide, within: Some(&within) }, body)
    }
}

/// A name as one segment of a path.
pub(super) fn segment(name: &str) -> String {
    escaped(name).replace('/', "%2F")
}

/// What somebody goes by; their id where that was erased.
pub(super) fn called(sight: &Sight<'_>, member: MemberId) -> String {
    let name = nickname(sight, member);
    if name.is_empty() { member.to_string() } else { name }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share in whole hundredths; nothing where there is nothing to have a share of.
pub(super) fn percent(part: u64, of: u64) -> Option<String> {
    (of > 0).then(|| match (part * 100) / of {
        0 if part > 0 => "< 1%".to_owned(),
        share => format!("{share}%"),
    })
}
