//! A visit: somebody on the pages of one community, what they may open there, and what is new for them.

use std::collections::BTreeSet;

use axum::response::Response;
use kith_core::ids::MemberId;
use kith_core::member::Standing;
use kith_core::message::acknowledged;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use maud::Markup;

use super::channels::Line;
use super::seen::Seen;
use crate::pages::desk::OPERATORS;
use crate::pages::layout::{Around, Shape, Within};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Level, Tab, Zoned};
use crate::room::{Room, Sight};
use crate::talk::nickname;

/// Somebody on the pages of one community.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) page: Page,
    pub(crate) room: Room,
    /// The community's name.
    pub(crate) name: String,
    /// Its clocks.
    pub(crate) zoned: Zoned,
    /// Who the visitor is here, if they have a row.
    pub(crate) me: Option<MemberId>,
    /// Whether they are inside.
    pub(crate) presence: Presence,
    /// What they may do.
    may: BTreeSet<Permission>,
    notices: usize,
    announcements: usize,
    /// The channels that they may read.
    pub(super) channels: Vec<Line>,
}

/// Whether a visitor is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Inside.
    Inside,
    /// At the gate.
    Applicant,
    /// Neither.
    Outside,
}

/// What one look at the community says.
struct Look {
    name: String,
    zone: String,
    me: Option<MemberId>,
    presence: Presence,
    may: BTreeSet<Permission>,
    notices: usize,
    announcements: usize,
    channels: Vec<Line>,
}

impl Look {
    fn of(sight: &Sight<'_>, seen: &Seen) -> Self {
        let presence = match sight.me.map(|me| me.standing) {
            Some(Standing::Active | Standing::Bot) => Presence::Inside,
            Some(Standing::Applicant) => Presence::Applicant,
            _ => Presence::Outside,
        };
        let messages = &sight.community.messages;
        let unconfirmed = |me: MemberId| {
            let asked = messages.announcements().filter(|row| row.ack == kith_core::message::Ack::Required);
            asked.filter(|row| is_missing(sight, row.message, me)).count()
        };
        Self {
            name: sight.community.profile.name.clone(),
            zone: sight.community.profile.zone.name().to_owned(),
            me: sight.me.map(|me| me.id),
            presence,
            may: Permission::ALL.iter().copied().filter(|it| sight.may(*it)).collect(),
            notices: sight.me.map_or(0, |me| me.notices.len()),
            announcements: sight.inside().map_or(0, |me| unconfirmed(me.id)),
            channels: Line::all(sight, seen),
        }
    }
}

/// Whether somebody is asked to confirm an announcement and has not.
pub(super) fn is_missing(sight: &Sight<'_>, message: kith_core::ids::MessageId, me: MemberId) -> bool {
    let is_deleted = sight.community.messages.is_deleted(message);
    !is_deleted && acknowledged(sight.community, message).is_some_and(|it| it.missing.contains(&me))
}

impl Visit {
    /// Opens a visit; anybody may stand before the gate.
    pub(crate) async fn open(page: Page, community: &str) -> Result<Self, Turn> {
        let room = page.caller.room(community).await?;
        let seen = Seen::of_cookie(&page.seen);
        let look = room.look(move |sight| Ok(Look::of(&sight, &seen))).await?;
        let zoned = page.zoned(&look.zone);
        let Look { name, me, presence, may, notices, announcements, channels, .. } = look;
        Ok(Self { page, room, name, zoned, me, presence, may, notices, announcements, channels })
    }

    /// Opens the visit of a member; whoever is not signed in does that first, whoever is not inside goes to
    /// the gate.
    pub(crate) async fn inside(page: Page, community: &str) -> Result<Self, Turn> {
        page.person()?;
        let visit = Self::open(page, community).await?;
        match visit.presence {
            Presence::Inside => Ok(visit),
            Presence::Applicant | Presence::Outside => Err(Turn::To(visit.path(""))),
        }
    }

    /// The visit of somebody who has a row, inside or not: they may read why they were held, and go.
    pub(crate) async fn known(page: Page, community: &str) -> Result<(Self, MemberId), Turn> {
        page.person()?;
        let visit = Self::open(page, community).await?;
        match visit.me {
            Some(me) => Ok((visit, me)),
            None => Err(Turn::To(visit.path(""))),
        }
    }

    /// The same for pages that need a permission.
    pub(crate) async fn with(page: Page, community: &str, permission: Permission) -> Result<Self, Turn> {
        let visit = Self::inside(page, community).await?;
        if visit.may(permission) {
            return Ok(visit);
        }
        Err(Refusal::PermissionMissing { permission: permission.code().to_owned() }.into())
    }

    /// Whether the visitor may do something.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.may.contains(&permission)
    }

    /// A sentence of the reader's language.
    pub(crate) fn say(&self, code: &'static str) -> &'static str {
        self.page.say(code)
    }

    /// The same with arguments.
    pub(crate) fn fill(&self, code: &'static str, arguments: &[(&str, &str)]) -> String {
        self.page.words().fill(code, arguments)
    }

    /// The address of one of the community's pages: `""`, `"/members"`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/c/{}{rest}", crate::pages::page::escaped(&self.name))
    }

    /// The ways through the community.
    pub(crate) fn within(&self, here: &str) -> Within {
        let ways = match self.presence {
            Presence::Inside => self.inside_ways(),
            Presence::Applicant => vec![
                self.way("", "page.landing.way", 0),
                self.way("/notices", "page.notices.title", self.notices),
                self.way("/privacy", "page.privacy.title", 0),
            ],
            Presence::Outside => Vec::new(),
        };
        Within { name: self.name.clone(), ways, here: self.path(here) }
    }

    fn inside_ways(&self) -> Vec<Tab> {
        let mut ways = vec![self.way("", "page.channels.title", 0)];
        ways.extend(self.channels.iter().map(|line| Tab {
            href: self.path(&format!("/ch/{}", line.id)),
            label: format!("# {}", line.name),
            count: line.new,
            level: Level::Below,
        }));
        ways.extend([
            self.way("/search", "page.search.title", 0),
            self.way("/announcements", "page.announcements.title", self.announcements),
            self.way("/notices", "page.notices.title", self.notices),
            self.way("/members", "page.members.title", 0),
            self.way("/card", "page.card.title", 0),
        ]);
        if self.may(Permission::Invite) {
            ways.push(self.way("/invites", "page.invites.title", 0));
        }
        ways.push(self.way("/privacy", "page.privacy.title", 0));
        if OPERATORS.iter().any(|any| self.may(*any)) {
            ways.push(self.way("/desk", "page.desk", 0));
        }
        ways
    }

    fn way(&self, rest: &str, code: &'static str, count: usize) -> Tab {
        Tab { href: self.path(rest), label: self.say(code).to_owned(), count, level: Level::Page }
    }

    /// A whole page of the community; `here` is the way it belongs to.
    pub(crate) fn show(&self, (title, here, shape): (&str, &str, Shape), body: Markup) -> Response {
        self.show_as(axum::http::StatusCode::OK, (title, here, shape), body)
    }

    /// The same with another status.
    pub(crate) fn show_as(
        &self,
        status: axum::http::StatusCode,
        (title, here, shape): (&str, &str, Shape),
        body: Markup,
    ) -> Response {
        let within = self.within(here);
        let within = Some(&within).filter(|within| !within.ways.is_empty());
        self.page.show_as(status, &Around { title, shape, within }, body)
    }
}

/// What somebody goes by, for a reader: who was erased has no name any more.
pub(crate) fn name_of(sight: &Sight<'_>, member: MemberId, gone: &str) -> String {
    let name = nickname(sight, member);
    if name.is_empty() { gone.to_owned() } else { name }
}
