//! The gate: what must hold before somebody is let in; invites, applications, seats, the waiting list.
//!
//! Who asks to join is judged by the conditions, joined by `all` or `any`; whoever passes gets a seat, a
//! place on the waiting list, or the way to the next community. A human decides about those who are held.
//!
//! In reading order: the configuration; one file per condition; an application and where it stands; what a
//! human says of it; seats and the list; moving on to the next community; folding.

pub mod config;

pub mod approval;
pub mod capacity;
pub mod card_required;
pub mod invite;
pub mod open;
pub mod questions;
pub mod raid;

mod code;

mod application;
mod overflow;
mod review;
mod seats;

mod fold;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use application::{
    Application, Decision, End, Entry, Former, Placed, Request, Stage, applicant_id, dismiss,
};
pub use code::{CODE_LETTERS_MAX, CODE_LETTERS_MIN, canonical, invite_link, mint_code};
pub use config::{Condition, GateConfig, Mode, Overflow, TagsOnReturn};
pub use fold::{apply, forget};
pub use invite::{By, Invite};
pub use overflow::{MOVE_TIMEOUT_MS, Moved, receive};
pub use questions::{Matching, Question};
pub use review::{decided, review};
pub use seats::{free as free_seats, place, seat_freed};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::hook::Waiting;
use crate::ids::{CommunityId, InviteId, MemberId, PersonId};
use crate::notice::Text;
use crate::queue::Verdict;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// Receipts and timers of the gate are numbered from here in their command, so that they meet no other
/// noun's.
const INDEX_FROM: u32 = 3 << 16;

/// What must hold, and who waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// What must hold.
    #[serde(default)]
    pub config: GateConfig,
    /// Invites, ended ones included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub invites: BTreeMap<InviteId, Invite>,
    /// Invites by the canonical form of their codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    codes: BTreeMap<String, InviteId>,
    /// Those who asked and have neither been let in nor turned away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applications: BTreeMap<MemberId, Application>,
    /// The waiting list: tickets rise, so the order never changes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    line: BTreeMap<u64, MemberId>,
    /// Those of the list who asked another community and keep their place until it answers.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    away: BTreeSet<MemberId>,
    /// Those to whom a seat is offered.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    offered: BTreeSet<MemberId>,
    /// The next ticket.
    #[serde(default)]
    next_ticket: u64,
}

/// What a verdict at the gate rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Everybody may come.
    Open(open::Ground),
    /// An invite code.
    Invite(invite::Ground),
    /// Answers.
    Questions(questions::Ground),
    /// The card's required fields.
    Card(card_required::Ground),
    /// A human has to look.
    Approval(approval::Ground),
    /// The raid switch.
    Raid(raid::Ground),
    /// Seats.
    Capacity(capacity::Ground),
}

impl Ground {
    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Open(ground) => ground.verdict(),
            Self::Invite(ground) => ground.verdict(),
            Self::Questions(ground) => ground.verdict(),
            Self::Card(ground) => ground.verdict(),
            Self::Approval(ground) => ground.verdict(),
            Self::Raid(ground) => ground.verdict(),
            Self::Capacity(ground) => ground.verdict(),
        }
    }

    /// Why, for the applicant.
    fn reason(&self) -> Text {
        match self {
            Self::Open(_) => Text::new("gate.open.passed"),
            Self::Invite(ground) => ground.reason(),
            Self::Questions(ground) => ground.reason(),
            Self::Card(ground) => ground.reason(),
            Self::Approval(ground) => ground.reason(),
            Self::Raid(ground) => ground.reason(),
            Self::Capacity(ground) => ground.reason(),
        }
    }

    /// What would have passed.
    fn remedy(&self) -> Option<Text> {
        match self {
            Self::Open(_) | Self::Approval(_) | Self::Raid(_) => None,
            Self::Invite(ground) => Some(ground.remedy()),
            Self::Questions(ground) => ground.remedy(),
            Self::Card(ground) => Some(ground.remedy()),
            Self::Capacity(ground) => Some(ground.remedy()),
        }
    }
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// An offer runs out: a seat's, or the way to the next community.
    OfferEnds {
        /// Whose.
        member: MemberId,
        /// The offer's end: tells it from a later offer.
        until_ms: u64,
    },
    /// Another community did not answer.
    MoveEnds {
        /// Whose move.
        member: MemberId,
        /// The end of waiting for it.
        until_ms: u64,
    },
    /// More seats came free than one command offers.
    OfferMore,
}

/// What passes to other streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// Somebody for whom there was no room asks the next community.
    Overflow {
        /// Who.
        person: PersonId,
        /// What they go by.
        nickname: BodyRef,
        /// Their card.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        card: BTreeMap<String, BodyRef>,
        /// Their answers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, BodyRef>,
        /// How they came to the first community.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        source: String,
        /// Who they are at the sender.
        from_member: MemberId,
    },
    /// What became of them there.
    OverflowAnswer {
        /// Who.
        person: PersonId,
        /// What.
        moved: Moved,
    },
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Ask to be let in. The bodies belong to `applicant_id`.
    RequestJoin {
        /// What they want to go by.
        nickname: BodyRef,
        /// Card values by field.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        card: BTreeMap<String, BodyRef>,
        /// Answers by question.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, BodyRef>,
        /// An invite code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invite: Option<String>,
        /// How they came, as page or connector says: `qr`, `link`; an invite's own source goes before it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        source: String,
    },
    /// Take one's application back, wherever it stands.
    Withdraw,
    /// Make an invite.
    CreateInvite {
        /// Its code: `mint_code` where nobody chose one.
        code: String,
        /// How many it lets in.
        uses: u32,
        /// When it ends, Unix milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at_ms: Option<u64>,
        /// What joins by it are recorded as coming from.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        source: String,
        /// The only person who may use it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_person: Option<PersonId>,
    },
    /// End an invite.
    RevokeInvite {
        /// Which.
        invite: InviteId,
    },
    /// Decide about an applicant.
    Decide {
        /// Whom.
        member: MemberId,
        /// What.
        decision: Decision,
        /// Why, in the operator's words; owned by the applicant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Take the seat that is offered.
    AcceptSeat,
    /// Leave the seat that is offered to the next.
    DeclineSeat,
    /// Ask the next community instead.
    TakeOverflow {
        /// Its name, as the gate's configuration has it.
        community: String,
        /// Its id, as the runtime found it by that name.
        to: CommunityId,
    },
    /// Replace the configuration.
    SetGate {
        /// What it is to be.
        config: GateConfig,
    },
    /// Change the number of seats.
    SetCapacity {
        /// `None` for no limit.
        capacity: Option<u64>,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::RequestJoin { .. }
            | Self::Withdraw
            | Self::AcceptSeat
            | Self::DeclineSeat
            | Self::TakeOverflow { .. } => Need::Person,
            Self::CreateInvite { .. } | Self::RevokeInvite { .. } => Need::Permission(Permission::Invite),
            Self::Decide { .. } => Need::Permission(Permission::Approve),
            Self::SetGate { .. } | Self::SetCapacity { .. } => Need::Permission(Permission::ManageGate),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The configuration was replaced.
    Configured {
        /// What it is now.
        config: Box<GateConfig>,
        /// What it was.
        old: Box<GateConfig>,
    },
    /// An invite was made.
    InviteCreated {
        /// Which.
        id: InviteId,
        /// The form in which its code is compared.
        canonical: String,
        /// What it is.
        invite: Invite,
        /// An ended one that is forgotten to make room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<InviteId>,
    },
    /// An invite was ended before its time.
    InviteRevoked {
        /// Which.
        id: InviteId,
    },
    /// Somebody asked to join.
    Applied {
        /// Who, and what they brought.
        entry: Box<Entry>,
        /// Their answers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, BodyRef>,
        /// What came of it.
        placed: Placed,
        /// What their row was, if they had been here before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Box<Former>>,
        /// What scripts want done once they are let in.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waiting: Vec<Waiting>,
    },
    /// An application stands elsewhere now.
    Staged {
        /// Whose.
        member: MemberId,
        /// Where.
        stage: Stage,
        /// Where it stood.
        old: Stage,
    },
    /// An application came to its end.
    Ended {
        /// Whose.
        member: MemberId,
        /// How.
        end: End,
        /// What it was.
        old: Box<Application>,
    },
    /// A human decided about an applicant; what came of it follows.
    Decided {
        /// About whom.
        member: MemberId,
        /// What.
        decision: Decision,
        /// Who; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::RequestJoin { nickname, card, answers, invite, source } => {
            let request = Request {
                person: application::asking_person(ctx)?,
                nickname: *nickname,
                card,
                answers,
                invite: invite.as_deref(),
                source,
                from: None,
            };
            application::request(ctx, &request, out).map(drop)
        }
        Command::Withdraw => application::withdraw(ctx, out),
        Command::CreateInvite { code, uses, expires_at_ms, source, for_person } => {
            let (uses, expires_at_ms, for_person) = (*uses, *expires_at_ms, *for_person);
            invite::create(ctx, &invite::Draft { code, uses, expires_at_ms, source, for_person }, out)
        }
        Command::RevokeInvite { invite } => invite::revoke(ctx, *invite, out),
        Command::Decide { member, decision, reason } => {
            review::decide_by_hand(ctx, *member, *decision, *reason, out)
        }
        Command::AcceptSeat => seats::accept(ctx, out),
        Command::DeclineSeat => seats::decline(ctx, out),
        Command::TakeOverflow { community, to } => overflow::take(ctx, community, *to, out),
        Command::SetGate { config } => set(ctx, config, out),
        Command::SetCapacity { capacity } => {
            set(ctx, &GateConfig { capacity: *capacity, ..ctx.community.gate.config.clone() }, out)
        }
    }
}

fn set(ctx: &Ctx<'_>, config: &GateConfig, out: &mut Outcome) -> Result<(), Refusal> {
    config.check(&ctx.community.roles)?;
    let old = &ctx.community.gate.config;
    if config == old {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Configured { config: Box::new(config.clone()), old: Box::new(old.clone()) });
    seats::fill(ctx, config, out);
    Ok(())
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    match timer {
        Timer::OfferEnds { member, until_ms } => seats::offer_ends(ctx, *member, *until_ms, out),
        Timer::MoveEnds { member, until_ms } => overflow::move_ends(ctx, *member, *until_ms, out),
        Timer::OfferMore => seat_freed(ctx, out),
    }
}

/// Sets the gate up as a blueprint says. Founding calls it, having refused what `GateConfig::check` refuses.
pub fn configure(community: &mut Community, config: &GateConfig) {
    community.gate.config = config.clone();
}

fn invalid(name: &str, expected: String) -> Refusal {
    Refusal::ValueInvalid { name: name.to_owned(), expected }
}
