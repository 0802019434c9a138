//! Privacy: a member's export and erasure.
//!
//! Erasing is two records. `MemberErased` takes what people wrote out of the state at once; then the keys
//! have to be destroyed outside, and until `Finished` says so the work stands in `Erasures`, so that a crash
//! in between only means that it is done again. Nothing about the member's facts changes: ids and MACs stay,
//! so the state hash is the same whether or not the keys are still there.

mod erase;
mod export;
#[cfg(test)]
mod tests;

pub use erase::{Erasures, finish};
pub use export::{Sheet, SheetNotice, export};

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome};
use crate::ids::{CommunityId, MemberId, PersonId};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::{Kind, Stream};

/// What passes between the host and a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// To a community: erase this person.
    Erase {
        /// Whom.
        person: PersonId,
    },
    /// To the host: nothing of this person is left here, keys included.
    Erased {
        /// Whom.
        person: PersonId,
    },
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Erase the acting member, inside or not.
    EraseMyself,
    /// Erase a member: the owner or the host asks.
    Erase {
        /// Whom.
        member: MemberId,
    },
    /// The keys are destroyed. Only the stream's own runtime says so.
    Finish {
        /// What had to be done.
        done: Erasures,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::EraseMyself => Need::Oneself,
            Self::Erase { .. } => Need::Owner,
            Self::Finish { .. } => Need::Stream,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// What a member wrote is gone from the state, and their key has to be destroyed.
    MemberErased {
        /// Whom.
        member: MemberId,
        /// Who they were on this host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// Where they stood.
        old: crate::member::Standing,
    },
    /// Keys are destroyed.
    Finished {
        /// What was done.
        done: Erasures,
    },
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::EraseMyself => erase::member(ctx, ctx.acting()?, out),
        Command::Erase { member } => {
            let row = ctx.community.members.get(*member);
            erase::member(ctx, row.ok_or_else(|| Refusal::NotFound { what: member.to_string() })?, out)
        }
        Command::Finish { .. } => finish(ctx.stream, command, out),
    }
}

/// Takes a parcel from the host.
pub fn receive(ctx: &Ctx<'_>, from: CommunityId, parcel: &Parcel, out: &mut Outcome) -> Result<(), Refusal> {
    if from != CommunityId::HOST {
        return Err(Refusal::HostOnly);
    }
    if let Parcel::Erase { person } = parcel {
        erase::person(ctx, *person, out);
    }
    Ok(())
}

/// Applies what happened.
pub fn apply(stream: &mut Stream, event: &Event, moment: &Moment) {
    match event {
        Event::MemberErased { member, person, .. } => {
            if let Kind::Community(community) = &mut stream.kind {
                erase::forget(community, *member, moment);
            }
            stream.bodies.erase(*member);
            stream.erasures.add(*member, *person);
        }
        Event::Finished { done } => stream.erasures.remove(done),
    }
}
