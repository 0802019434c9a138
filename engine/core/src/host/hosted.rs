//! What a community keeps of what its host told it: quotas, and who may not act.
//!
//! A word of the host may arrive late or twice: the newest revision holds, older ones change nothing. Every
//! word that asks for an answer gets one, also the second time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Parcel, Quotas, Wanted, send};
use crate::command::{self, Actor, CommandKind};
use crate::community::{self, Status};
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::handoff::Handoffs;
use crate::ids::{CommunityId, MemberId, PersonId};
use crate::member::Standing;
use crate::moment::{Moment, SECOND_MS};
use crate::refusal::Refusal;
use crate::stream::Community;
use crate::{connector, gate, import, member, message};

/// Whether a person may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// They may.
    Allowed,
    /// They may not, anywhere on this host.
    Suspended,
}

/// What the host told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// What the community may use; `None` until it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quotas: Option<Quotas>,
    #[serde(default)]
    quotas_revision: u64,
    #[serde(default)]
    status_revision: u64,
    #[serde(default)]
    name_revision: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    access: BTreeMap<PersonId, (u64, Access)>,
    /// The running second and the messages posted in it.
    #[serde(default)]
    posted: (u64, u32),
}

impl Hosted {
    /// What the community may use; `None` where the host has said nothing.
    pub fn quotas(&self) -> Option<&Quotas> {
        self.quotas.as_ref()
    }

    /// Whether the host lets a person act nowhere.
    pub fn is_suspended(&self, person: PersonId) -> bool {
        matches!(self.access.get(&person), Some((_, Access::Suspended)))
    }

    /// Counts a posted message.
    pub fn count_message(&mut self, moment: &Moment) {
        let second = moment.at_ms / SECOND_MS;
        self.posted = if self.posted.0 == second { (second, self.posted.1 + 1) } else { (second, 1) };
    }
}

/// What happened in a community by the host's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The host said what the community shall be.
    StatusHeard {
        /// Of the word.
        revision: u64,
    },
    /// The host said how it is called.
    NameHeard {
        /// Of the word.
        revision: u64,
    },
    /// Quotas were set.
    QuotasSet {
        /// Now.
        quotas: Quotas,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Quotas>,
        /// Of the word.
        revision: u64,
    },
    /// A person may act, or not.
    AccessSet {
        /// Who.
        person: PersonId,
        /// Now.
        access: Access,
        /// Of the word.
        revision: u64,
    },
    /// The community has come from another host: what that one said, and what waited to be delivered there,
    /// is forgotten.
    Rehosted,
    /// A member who belonged to nobody is a person now.
    MemberClaimed {
        /// The member.
        member: MemberId,
        /// Who they are.
        person: PersonId,
    },
}

/// Tells the host that a person has a row here. Every noun that makes a member of a person calls it.
pub fn tell_link(person: PersonId, member: MemberId, out: &mut Outcome) {
    send(CommunityId::HOST, Parcel::Linked { person, member }, out);
}

/// Tells the host of everybody who asked to join: an applicant has a row, and may want to be erased too.
pub fn tell_links(out: &mut Outcome) {
    let applied: Vec<_> = out
        .events
        .iter()
        .filter_map(|event| match event {
            AnyEvent::Gate(gate::Event::Applied { entry, .. }) => Some((entry.person, entry.member)),
            _ => None,
        })
        .collect();
    applied.into_iter().for_each(|(person, member)| tell_link(person, member, out));
}

/// A community takes what the host told it.
pub fn received_by_community(
    ctx: &Ctx<'_>,
    from: CommunityId,
    parcel: &Parcel,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    if from != CommunityId::HOST {
        return Err(Refusal::HostOnly);
    }
    let hosted = &ctx.community.hosted;
    match parcel {
        Parcel::SetStatus { status, revision } => set_status(ctx, *status, *revision, out),
        Parcel::Rename { name, revision } => rename(ctx, name, *revision, out),
        Parcel::SetQuotas { quotas, revision } if *revision > hosted.quotas_revision => {
            out.event(Event::QuotasSet { quotas: *quotas, old: hosted.quotas, revision: *revision });
        }
        Parcel::SetAccess { person, access, revision } => {
            let heard = hosted.access.get(person).map_or(0, |(heard, _)| *heard);
            if *revision > heard {
                out.event(Event::AccessSet { person: *person, access: *access, revision: *revision });
            }
        }
        Parcel::Claim { person, member } => claim(ctx, *person, *member, out),
        _ => {}
    }
    Ok(())
}

fn set_status(ctx: &Ctx<'_>, wanted: Wanted, revision: u64, out: &mut Outcome) {
    let old = &ctx.community.profile.status;
    let is = match old {
        Status::Open | Status::Archived { .. } => Wanted::Open,
        Status::Suspended => Wanted::Suspended,
        Status::Removed => Wanted::Removed,
    };
    let stale = revision <= ctx.community.hosted.status_revision;
    if stale || is == Wanted::Removed {
        return send(CommunityId::HOST, Parcel::StatusIs { status: is, revision }, out);
    }
    out.event(Event::StatusHeard { revision });
    if is != wanted {
        let status = match wanted {
            Wanted::Open => Status::Open,
            Wanted::Suspended => Status::Suspended,
            Wanted::Removed => Status::Removed,
        };
        out.event(community::Event::StatusChanged { status, old: old.clone() });
    }
    send(CommunityId::HOST, Parcel::StatusIs { status: wanted, revision }, out);
}

fn rename(ctx: &Ctx<'_>, name: &str, revision: u64, out: &mut Outcome) {
    let profile = &ctx.community.profile;
    if profile.status == Status::Removed {
        let why = Refusal::CommunityRemoved;
        return send(CommunityId::HOST, Parcel::Refused { revision, why }, out);
    }
    if revision <= ctx.community.hosted.name_revision {
        let name = profile.name.clone();
        return send(CommunityId::HOST, Parcel::Renamed { name, revision }, out);
    }
    out.event(Event::NameHeard { revision });
    if profile.name != name {
        out.event(community::Event::Renamed { name: name.to_owned(), old: profile.name.clone() });
    }
    send(CommunityId::HOST, Parcel::Renamed { name: name.to_owned(), revision }, out);
}

fn claim(ctx: &Ctx<'_>, person: PersonId, member: MemberId, out: &mut Outcome) {
    let answer = match check_claim(ctx, person, member) {
        Ok(()) => {
            out.event(Event::MemberClaimed { member, person });
            Parcel::Claimed { person, member }
        }
        // The answer was lost or the claim came twice: it holds.
        Err(Refusal::NothingToChange) => Parcel::Claimed { person, member },
        Err(why) => Parcel::ClaimRefused { person, member, why },
    };
    send(CommunityId::HOST, answer, out);
}

fn check_claim(ctx: &Ctx<'_>, person: PersonId, id: MemberId) -> Result<(), Refusal> {
    community::open_for(ctx.community, &CommandKind::Member(member::Command::Leave))?;
    if ctx.community.hosted.is_suspended(person) {
        return Err(Refusal::PersonSuspended);
    }
    let member = ctx.community.members.get(id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    if member.person == Some(person) {
        return Err(Refusal::NothingToChange);
    }
    if member.person.is_some() || matches!(member.standing, Standing::Erased { .. }) {
        let state = if member.person.is_some() { "claimed" } else { "erased" };
        return Err(Refusal::WrongState { what: id.to_string(), state: state.to_owned() });
    }
    if ctx.community.members.of_person(person).is_some() {
        return Err(Refusal::AlreadyExists { what: "member".to_owned() });
    }
    Ok(())
}

/// Decides that the community has come from another host. Whatever that one had suspended is for this one to
/// judge.
pub fn rehost(ctx: &Ctx<'_>, command: &super::Command, out: &mut Outcome) -> Result<(), Refusal> {
    if *command != super::Command::Rehost {
        return Err(Refusal::WrongStream);
    }
    out.event(Event::Rehosted);
    if ctx.community.profile.status == Status::Suspended {
        out.event(community::Event::StatusChanged { status: Status::Open, old: Status::Suspended });
    }
    Ok(())
}

/// Refuses a message above the quota of this second.
pub fn within_messages(community: &Community, command: &command::Command) -> Result<(), Refusal> {
    let posts = matches!(command.kind, CommandKind::Message(message::Command::Post { .. }))
        || connector::relayed(&command.kind).is_some();
    let Some(quotas) = community.hosted.quotas.as_ref().filter(|_| posts) else { return Ok(()) };
    let (second, count) = community.hosted.posted;
    if second == command.at_ms / SECOND_MS && count >= quotas.messages_per_second {
        let max = u64::from(quotas.messages_per_second);
        return Err(Refusal::QuotaExceeded { quota: "messages_per_second".to_owned(), max });
    }
    Ok(())
}

/// Refuses what would bring more members inside than the quota allows. Timers and other streams are not
/// refused: they cannot mend it, and the seats they fill were counted when they were offered.
pub fn within_members(
    community: &Community,
    command: &command::Command,
    out: &Outcome,
) -> Result<(), Refusal> {
    let Some(quotas) = &community.hosted.quotas else { return Ok(()) };
    if matches!(command.actor, Actor::Timer(_) | Actor::Stream(_)) {
        return Ok(());
    }
    let comes = |event: &&AnyEvent| {
        matches!(
            event,
            AnyEvent::Member(member::Event::Joined { .. })
                | AnyEvent::Import(import::Event::MemberImported { .. })
                | AnyEvent::Connector(connector::Event::Met { row: Some(_), .. })
        )
    };
    let coming = out.events.iter().filter(comes).count() as u64;
    if coming > 0 && community.members.active_count() + coming > quotas.members {
        return Err(Refusal::QuotaExceeded { quota: "members".to_owned(), max: quotas.members });
    }
    Ok(())
}

/// Applies what happened by the host's word.
pub(super) fn apply(community: &mut Community, handoffs: &mut Handoffs, event: &Event) {
    let hosted = &mut community.hosted;
    match event {
        Event::Rehosted => {
            *hosted = Hosted::default();
            *handoffs = Handoffs::default();
        }
        Event::StatusHeard { revision } => hosted.status_revision = *revision,
        Event::NameHeard { revision } => hosted.name_revision = *revision,
        Event::QuotasSet { quotas, revision, .. } => {
            hosted.quotas = Some(*quotas);
            hosted.quotas_revision = *revision;
        }
        Event::AccessSet { person, access, revision } => {
            hosted.access.insert(*person, (*revision, *access));
        }
        Event::MemberClaimed { member, person } => {
            community.members.change(*member, |member| member.person = Some(*person));
        }
    }
}
