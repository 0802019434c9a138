//! Invites: codes with uses, an end, a source and perhaps one person; and the condition that asks for one.
//!
//! A use is *reserved* while its applicant waits for a human or a seat, and *used* on admission; when the
//! applicant goes away it is free again. So uses + reservations never exceed what the invite allows, and an
//! applicant who was let into the line with a valid code keeps that right even if the code ends or is
//! revoked meanwhile.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, Gate, Request, code};
use crate::decide::{Ctx, Outcome};
use crate::ids::{InviteId, MemberId, PersonId};
use crate::limits;
use crate::member::Standing;
use crate::notice::{Arg, Text};
use crate::queue::Verdict;
use crate::refusal::Refusal;
use crate::role::Permission;

/// Invites that a community remembers, ended ones included; the oldest ended one makes room.
pub const INVITES_MAX: usize = 10_000;
/// Living invites of one member.
pub const INVITES_PER_MEMBER_MAX: usize = 100;
/// Uses of one invite; for more, open the gate.
pub const USES_MAX: u32 = 100_000;

/// Who may invite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Every member with the permission `invite`.
    #[default]
    Members,
    /// Only the owner, or the host for them.
    Owner,
}

/// The invite condition's terms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// Who may invite.
    pub by: By,
}

/// One invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// As it was given out; compared by `code::canonical`.
    pub code: String,
    /// Who made it; `None` the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// How many it lets in.
    pub uses_max: u32,
    /// How many it has let in.
    #[serde(default)]
    pub used: u32,
    /// Applicants who wait with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reserved: BTreeSet<MemberId>,
    /// When it ends, Unix milliseconds; `None` never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<u64>,
    /// What joins by it are recorded as coming from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The only person who may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_person: Option<PersonId>,
    /// When it was revoked, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<u64>,
}

impl Invite {
    /// Uses that are used or reserved.
    pub fn taken(&self) -> u32 {
        self.used.saturating_add(self.reserved.len() as u32)
    }

    /// Whether it could still let somebody in.
    fn lives(&self, at_ms: u64) -> bool {
        self.revoked_ms.is_none()
            && self.expires_at_ms.is_none_or(|end_ms| at_ms < end_ms)
            && self.used < self.uses_max
    }

    fn ended(&self, at_ms: u64) -> bool {
        !self.lives(at_ms) && self.reserved.is_empty()
    }
}

/// What the condition's verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Who may invite.
    pub by: By,
    /// What came.
    pub code: Code,
}

/// What came as a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nothing.
    Missing,
    /// A code that no invite has.
    Unknown,
    /// The code of an invite.
    Known(Facts),
}

/// What was so of the invite at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Which.
    pub invite: InviteId,
    /// How many it lets in.
    pub uses_max: u32,
    /// How many of these were used or reserved.
    pub taken: u32,
    /// When it ends, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<u64>,
    /// When it was looked at, Unix milliseconds.
    pub at_ms: u64,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether it is for another person.
    pub for_another: bool,
    /// Whether the owner or the host made it.
    pub by_owner: bool,
    /// Whether its maker is (still) inside, or is the host.
    pub maker_inside: bool,
}

/// What is wrong with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Missing,
    Unknown,
    Revoked,
    Expired,
    ForAnother,
    NotByOwner,
    MakerGone,
    UsedUp,
}

impl Ground {
    /// Lets through with a code that is good.
    pub fn verdict(&self) -> Verdict {
        if self.fault().is_none() { Verdict::Allow } else { Verdict::Deny }
    }

    fn fault(&self) -> Option<Fault> {
        let facts = match &self.code {
            Code::Missing => return Some(Fault::Missing),
            Code::Unknown => return Some(Fault::Unknown),
            Code::Known(facts) => facts,
        };
        let faults = [
            (facts.revoked, Fault::Revoked),
            (facts.expires_at_ms.is_some_and(|end_ms| facts.at_ms >= end_ms), Fault::Expired),
            (facts.for_another, Fault::ForAnother),
            (self.by == By::Owner && !facts.by_owner, Fault::NotByOwner),
            (!facts.maker_inside, Fault::MakerGone),
            (facts.taken >= facts.uses_max, Fault::UsedUp),
        ];
        faults.into_iter().find(|(holds, _)| *holds).map(|(_, fault)| fault)
    }

    pub(super) fn reason(&self) -> Text {
        let text = match self.fault() {
            None => Text::new("gate.invite.passed"),
            Some(Fault::Missing) => Text::new("gate.invite.missing"),
            Some(Fault::Unknown) => Text::new("gate.invite.unknown"),
            Some(Fault::Revoked) => Text::new("gate.invite.revoked"),
            Some(Fault::Expired) => Text::new("gate.invite.expired"),
            Some(Fault::ForAnother) => Text::new("gate.invite.for_another"),
            Some(Fault::NotByOwner) => Text::new("gate.invite.not_by_owner"),
            Some(Fault::MakerGone) => Text::new("gate.invite.maker_gone"),
            Some(Fault::UsedUp) => Text::new("gate.invite.used_up"),
        };
        match &self.code {
            Code::Known(facts) => text
                .with("uses", facts.uses_max)
                .with("end", Arg::Time(facts.expires_at_ms.unwrap_or(facts.at_ms))),
            _ => text,
        }
    }

    pub(super) fn remedy(&self) -> Text {
        Text::new(match self.by {
            By::Members => "gate.invite.remedy",
            By::Owner => "gate.invite.remedy_owner",
        })
    }
}

/// Holds the code that came against the invites.
pub(super) fn check(ctx: &Ctx<'_>, terms: &Terms, request: &Request<'_>) -> Ground {
    Ground { by: terms.by, code: look_up(ctx, request) }
}

/// The invite by which somebody comes, if their code is good. A gate that asks for none takes note of it all
/// the same, so that a source is known; there a code that is no good is passed over.
pub(super) fn credited(ctx: &Ctx<'_>, request: &Request<'_>) -> Option<(InviteId, Invite)> {
    let ground = Ground { by: terms(&ctx.community.gate).by, code: look_up(ctx, request) };
    match (&ground.code, ground.fault()) {
        (Code::Known(facts), None) => {
            ctx.community.gate.invites.get(&facts.invite).map(|invite| (facts.invite, invite.clone()))
        }
        _ => None,
    }
}

fn terms(gate: &Gate) -> Terms {
    let asked = gate.config.conditions.iter().find_map(|condition| match condition {
        super::Condition::Invite(terms) => Some(terms.clone()),
        _ => None,
    });
    asked.unwrap_or_default()
}

fn look_up(ctx: &Ctx<'_>, request: &Request<'_>) -> Code {
    let gate = &ctx.community.gate;
    let Some(code) = request.invite.filter(|code| !code.trim().is_empty()) else { return Code::Missing };
    let id = code::canonical(code).and_then(|code| gate.codes.get(&code));
    let Some((id, invite)) = id.and_then(|id| Some((*id, gate.invites.get(id)?))) else {
        return Code::Unknown;
    };
    let inside = |id: &MemberId| {
        ctx.community.members.get(*id).is_some_and(|member| member.standing == Standing::Active)
    };
    Code::Known(Facts {
        invite: id,
        uses_max: invite.uses_max,
        taken: invite.taken(),
        expires_at_ms: invite.expires_at_ms,
        at_ms: ctx.at_ms(),
        revoked: invite.revoked_ms.is_some(),
        for_another: invite.for_person.is_some_and(|person| person != request.person),
        by_owner: invite.by.is_none() || invite.by == ctx.community.profile.owner,
        maker_inside: invite.by.as_ref().is_none_or(inside),
    })
}

/// What a new invite is to be.
pub(super) struct Draft<'a> {
    pub(super) code: &'a str,
    pub(super) uses: u32,
    pub(super) expires_at_ms: Option<u64>,
    pub(super) source: &'a str,
    pub(super) for_person: Option<PersonId>,
}

/// Makes an invite; its id has the bits of the command's.
pub(super) fn create(ctx: &Ctx<'_>, draft: &Draft<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let gate = &ctx.community.gate;
    let by = ctx.actor.map(|actor| actor.id);
    if terms(gate).by == By::Owner && by.is_some() && by != ctx.community.profile.owner {
        return Err(Refusal::OwnerOnly);
    }
    let canonical = code::usable(draft.code)?;
    if draft.uses == 0 || draft.uses > USES_MAX {
        return Err(super::invalid("uses", format!("1–{USES_MAX}")));
    }
    if draft.expires_at_ms.is_some_and(|end_ms| end_ms <= ctx.at_ms()) {
        return Err(super::invalid("expires_at_ms", "> now".to_owned()));
    }
    if !draft.source.is_empty() {
        limits::check_name(draft.source)?;
    }
    let instead_of = room(ctx, by)?;
    if gate.codes.contains_key(&canonical) {
        return Err(Refusal::AlreadyExists { what: draft.code.trim().to_owned() });
    }
    let invite = Invite {
        code: draft.code.trim().to_owned(),
        by,
        uses_max: draft.uses,
        used: 0,
        reserved: BTreeSet::new(),
        expires_at_ms: draft.expires_at_ms,
        source: draft.source.to_owned(),
        for_person: draft.for_person,
        revoked_ms: None,
    };
    out.event(Event::InviteCreated { id: InviteId(ctx.command.id.0), canonical, invite, instead_of });
    Ok(())
}

/// Room for one more: the invite that has to be forgotten for it, if any.
fn room(ctx: &Ctx<'_>, by: Option<MemberId>) -> Result<Option<InviteId>, Refusal> {
    let invites = &ctx.community.gate.invites;
    let at_ms = ctx.at_ms();
    let own =
        invites.values().filter(|invite| by.is_some() && invite.by == by && invite.lives(at_ms)).count();
    if own >= INVITES_PER_MEMBER_MAX {
        let max = INVITES_PER_MEMBER_MAX as u64;
        return Err(Refusal::TooMany { what: "invite".to_owned(), max });
    }
    if invites.len() < INVITES_MAX {
        return Ok(None);
    }
    let ended = invites.iter().find(|(_, invite)| invite.ended(at_ms)).map(|(id, _)| *id);
    ended.map(Some).ok_or_else(|| Refusal::TooMany { what: "invite".to_owned(), max: INVITES_MAX as u64 })
}

/// Ends an invite: its maker may, and who manages the gate.
pub(super) fn revoke(ctx: &Ctx<'_>, id: InviteId, out: &mut Outcome) -> Result<(), Refusal> {
    let found = ctx.community.gate.invites.get(&id);
    if let Some(actor) = ctx.actor {
        let own = found.is_some_and(|invite| invite.by == Some(actor.id));
        if !own && !ctx.community.roles.allow(actor, Permission::ManageGate) {
            let permission = Permission::ManageGate.code().to_owned();
            return Err(Refusal::PermissionMissing { permission });
        }
    }
    let invite = found.ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    if invite.revoked_ms.is_some() {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::InviteRevoked { id });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts {
        invite: InviteId(1),
        uses_max: 3,
        taken: 0,
        expires_at_ms: Some(1_000),
        at_ms: 500,
        revoked: false,
        for_another: false,
        by_owner: false,
        maker_inside: true,
    };

    #[test]
    fn a_code_lets_in_until_it_ends() {
        let known = |facts: Facts| Code::Known(facts);
        let rows = [
            (By::Members, Code::Missing, "missing"),
            (By::Members, Code::Unknown, "unknown"),
            (By::Members, known(GOOD), "passed"),
            (By::Members, known(Facts { taken: 2, ..GOOD }), "passed"),
            (By::Members, known(Facts { taken: 3, ..GOOD }), "used_up"),
            (By::Members, known(Facts { at_ms: 999, ..GOOD }), "passed"),
            (By::Members, known(Facts { at_ms: 1_000, ..GOOD }), "expired"),
            (By::Members, known(Facts { expires_at_ms: None, at_ms: u64::MAX, ..GOOD }), "passed"),
            (By::Members, known(Facts { revoked: true, taken: 3, ..GOOD }), "revoked"),
            (By::Members, known(Facts { for_another: true, ..GOOD }), "for_another"),
            (By::Members, known(Facts { maker_inside: false, ..GOOD }), "maker_gone"),
            (By::Owner, known(GOOD), "not_by_owner"),
            (By::Owner, known(Facts { by_owner: true, ..GOOD }), "passed"),
            (By::Owner, known(Facts { by_owner: true, taken: 3, ..GOOD }), "used_up"),
            (By::Owner, Code::Missing, "missing"),
        ];
        for (by, code, expected) in rows {
            let ground = Ground { by, code };
            assert_eq!(ground.reason().code, format!("gate.invite.{expected}"), "{ground:?}");
            assert_eq!(ground.verdict() == Verdict::Allow, expected == "passed", "{ground:?}");
        }
    }
}
