//! An application: asking to join, what the gate makes of it, and how it ends.
//!
//! Every application ends in exactly one `Ended`, or at once in its `Applied`; with it go reservations,
//! places and the answers' bodies. What somebody wrote is read here only to be judged; events hold
//! references and counts.
//!
//! Conditions and rules come first, then the scripts, unless the answer is no already. Scripts are asked
//! once; what they want done with somebody waits in the application until they are a member, whoever lets
//! them in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Event, Ground, INDEX_FROM, TagsOnReturn, invite, overflow, questions, raid, seats};
use crate::body::BodyRef;
use crate::command::Actor;
use crate::decide::{Ctx, Outcome};
use crate::hook::{self, Chain, Hook, Input, JoinRequest, Waiting};
use crate::ids::{CommandId, CommunityId, InviteId, MemberId, PersonId, ReceiptId};
use crate::limits;
use crate::member::{self, Member, Origin, Standing, rejoin};
use crate::notice::{Arg, Text};
use crate::queue::{self, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::role::MEMBER;
use crate::rule;
use crate::stream::Stream;
use crate::text::reading::Reading;
use crate::{card, gate};

/// What somebody brings to the gate.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who.
    pub person: PersonId,
    /// What they want to go by.
    pub nickname: BodyRef,
    /// Card values by field.
    pub card: &'a BTreeMap<String, BodyRef>,
    /// Answers by question.
    pub answers: &'a BTreeMap<String, BodyRef>,
    /// An invite code.
    pub invite: Option<&'a str>,
    /// How they came.
    pub source: &'a str,
    /// The community that had no room.
    pub from: Option<CommunityId>,
}

/// What waits at the gate. Nickname, card and origin are in the member's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Where it stands.
    pub stage: Stage,
    /// When they asked, Unix milliseconds.
    pub since_ms: u64,
    /// Their answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, BodyRef>,
    /// The invite on which a use is reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<InviteId>,
    /// The community they were last sent to; only its answers count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<CommunityId>,
    /// What scripts proposed: done when they are let in, dropped however else the application ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before a human.
    Review,
    /// On the waiting list.
    Waiting {
        /// Their place among the others' tickets.
        ticket: u64,
    },
    /// A seat is kept for them.
    Offered {
        /// Until when, Unix milliseconds.
        until_ms: u64,
    },
    /// No seat and no place: only the way to the next community is open.
    Full {
        /// Until when, Unix milliseconds.
        until_ms: u64,
    },
    /// The next community was asked and has not answered.
    Moving {
        /// Which.
        to: CommunityId,
        /// When waiting for its answer ends, Unix milliseconds.
        until_ms: u64,
        /// Their place on the list, which they keep.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<u64>,
    },
}

impl Stage {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Waiting { .. } => "waiting",
            Self::Offered { .. } => "offered",
            Self::Full { .. } => "full",
            Self::Moving { .. } => "moving",
        }
    }
}

/// How an application ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Let in.
    Admitted,
    /// Turned away.
    Denied,
    /// Taken back.
    Withdrawn,
    /// The offered seat was not wanted.
    Declined,
    /// The offer ran out.
    Lapsed,
    /// The next community took them.
    Moved,
    /// They were banned or erased; their standing says which.
    Dismissed,
}

/// What a human decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Let in, as soon as there is a seat.
    Admit,
    /// Turn away.
    Refuse,
}

/// What becomes of somebody at the moment they ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// Let in.
    Admitted,
    /// Turned away.
    TurnedAway,
    /// Neither yet.
    Pending(Stage),
}

/// The row of somebody who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The row.
    pub member: MemberId,
    /// Who they are.
    pub person: PersonId,
    /// What they go by.
    pub nickname: BodyRef,
    /// Their card.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub card: BTreeMap<String, BodyRef>,
    /// Tags that they bring back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// How they came.
    pub origin: Origin,
}

/// What a returning person's row was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// What they went by.
    pub nickname: BodyRef,
    /// Their card.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub card: BTreeMap<String, BodyRef>,
    /// Their tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// How they had come.
    pub origin: Origin,
    /// Where they stood.
    pub standing: Standing,
}

/// The row that an applicant has or gets, and so the owner of the bodies they bring: the old row of somebody
/// who comes back, a new one otherwise. Known before the command is decided.
pub fn applicant_id(stream: &Stream, person: PersonId, command: CommandId) -> MemberId {
    let known = stream.community().and_then(|community| community.members.of_person(person));
    known.map_or_else(|| MemberId::of(command, 0), |row| row.id)
}

/// The person who asks, as a person or as the member that they are.
pub(super) fn asking_person(ctx: &Ctx<'_>) -> Result<PersonId, Refusal> {
    match ctx.command.actor {
        Actor::Person(person) => Ok(person),
        _ => ctx.actor.and_then(|actor| actor.person).ok_or(Refusal::PersonNotFound),
    }
}

/// Judges somebody who asks to join, and says what became of them.
pub(super) fn request(ctx: &Ctx<'_>, request: &Request<'_>, out: &mut Outcome) -> Result<Placed, Refusal> {
    let known = ctx.community.members.of_person(request.person);
    if let Some(row) = known {
        rejoin::may_apply(row, ctx.at_ms())?;
    }
    let nickname = check_shape(ctx, request)?;
    if let Some(application) = known.and_then(|row| ctx.community.gate.applications.get(&row.id)) {
        let state = application.stage.name().to_owned();
        return Err(Refusal::WrongState { what: "application".to_owned(), state });
    }
    let entry = entry(ctx, request, known);
    let row = entry.row(ctx.at_ms());
    let (verdict, mut receipts) = weigh(ctx, request, &row, nickname);
    let mut chain = Chain::new(ctx, row.id);
    let origin = &entry.origin;
    let input = Input::Join(JoinRequest { applicant: &row, answers: request.answers, origin });
    let verdict = chain.ask_all(verdict, &input, out);
    receipts.extend(chain.receipts().cloned());
    let mut weighed = Weighed { entry, receipts, placed: Placed::TurnedAway, chain };
    match verdict {
        Verdict::Deny => {}
        Verdict::Hold => weighed.placed = Placed::Pending(Stage::Review),
        Verdict::Allow => {
            let (placed, full) = seats::placed(ctx, out);
            weighed.receipts =
                full.map(|ground| receipt(ctx, 0, (weighed.entry.member, ground))).into_iter().collect();
            weighed.placed = placed;
        }
    }
    let placed = weighed.placed.clone();
    settle(ctx, request, weighed, out);
    Ok(placed)
}

/// Checks what came before anything is judged, and finds the nickname's text.
fn check_shape<'a>(ctx: &Ctx<'a>, request: &Request<'_>) -> Result<&'a str, Refusal> {
    if !request.source.is_empty() {
        limits::check_name(request.source)?;
    }
    for (name, answer) in request.answers {
        ctx.fresh_text(name, answer, questions::ANSWER_BYTES_MAX)?;
    }
    let nickname = card::check_nickname(ctx, &request.nickname)?;
    card::check_values(ctx, request.card)?;
    card::check_template(ctx, nickname, request.card)?;
    let asked = |name: &String| {
        ctx.community.gate.config.conditions.iter().any(|condition| match condition {
            gate::Condition::Questions(terms) => {
                terms.questions.iter().any(|question| question.name == *name)
            }
            _ => false,
        })
    };
    match request.answers.keys().find(|name| !asked(name)) {
        Some(name) => Err(Refusal::NotFound { what: name.clone() }),
        None => Ok(nickname),
    }
}

fn entry(ctx: &Ctx<'_>, request: &Request<'_>, known: Option<&Member>) -> Entry {
    let credited = invite::credited(ctx, request);
    let source = match &credited {
        Some((_, invite)) if !invite.source.is_empty() => invite.source.clone(),
        _ => request.source.to_owned(),
    };
    let tags = match ctx.community.gate.config.tags_on_return {
        TagsOnReturn::Keep => known.map(|row| row.tags.clone()).unwrap_or_default(),
        TagsOnReturn::Clear => BTreeSet::new(),
    };
    Entry {
        member: known.map_or_else(|| MemberId::of(ctx.command.id, 0), |row| row.id),
        person: request.person,
        nickname: request.nickname,
        card: request.card.clone(),
        tags,
        origin: Origin {
            source,
            inviter: credited.as_ref().and_then(|(_, invite)| invite.by),
            invite: credited.map(|(id, _)| id),
            from: request.from,
        },
    }
}

impl Entry {
    /// The row that it makes of somebody who was never here.
    pub fn row(&self, at_ms: u64) -> Member {
        Member {
            id: self.member,
            person: Some(self.person),
            nickname: self.nickname,
            card: self.card.clone(),
            roles: BTreeSet::new(),
            tags: self.tags.clone(),
            standing: Standing::Applicant,
            since_ms: at_ms,
            joined_ms: None,
            origin: self.origin.clone(),
            notices: Vec::new(),
        }
    }
}

/// Holds somebody against the conditions, and their name and card against the rules, which always count.
fn weigh(ctx: &Ctx<'_>, request: &Request<'_>, row: &Member, nickname: &str) -> (Verdict, Vec<Receipt>) {
    let config = &ctx.community.gate.config;
    let grounds: Vec<Ground> =
        config.conditions.iter().map(|condition| condition.check(ctx, request)).collect();
    let joined = config.mode.join(grounds.iter().map(Ground::verdict));
    let mut texts = vec![nickname];
    texts.extend(request.card.values().filter_map(|value| ctx.text(value)));
    let judgement = rule::judge(ctx, &card::draft(row, &Reading::of(&texts)));
    let raid = Ground::Raid(raid::check(ctx.community));
    let verdict = joined.max(judgement.verdict.unwrap_or(Verdict::Allow)).max(raid.verdict());
    let grounds = grounds.into_iter().filter(|_| joined == verdict).chain([raid]);
    let decisive = grounds.filter(|ground| verdict != Verdict::Allow && ground.verdict() == verdict);
    let mut receipts: Vec<Receipt> =
        (0..).zip(decisive).map(|(index, ground)| receipt(ctx, index, (row.id, ground))).collect();
    receipts.extend(judgement.receipts);
    (verdict, receipts)
}

/// The receipt of a verdict of the gate about a member.
pub(super) fn receipt(ctx: &Ctx<'_>, index: u32, (member, ground): (MemberId, Ground)) -> Receipt {
    Receipt {
        id: ReceiptId::of(ctx.command.id, INDEX_FROM + index),
        member,
        at_ms: ctx.at_ms(),
        verdict: ground.verdict(),
        reason: ground.reason(),
        remedy: ground.remedy(),
        ground: queue::Ground::Gate(ground),
    }
}

/// What the gate made of somebody.
struct Weighed<'a> {
    entry: Entry,
    receipts: Vec<Receipt>,
    placed: Placed,
    chain: Chain<'a>,
}

/// Writes down what the gate made of somebody, and tells them and whoever sent them.
fn settle(ctx: &Ctx<'_>, request: &Request<'_>, weighed: Weighed<'_>, out: &mut Outcome) {
    let Weighed { entry, receipts, placed, mut chain } = weighed;
    let id = entry.member;
    let origin = (entry.origin.clone(), entry.person);
    let old = ctx.community.members.get(id).map(|row| {
        Box::new(Former {
            nickname: row.nickname,
            card: row.card.clone(),
            tags: row.tags.clone(),
            origin: row.origin.clone(),
            standing: row.standing,
        })
    });
    let answers = request.answers.clone();
    let row = entry.row(ctx.at_ms());
    // Whoever is not inside yet may wait at several places in turn; what scripts want waits with them.
    let waiting = match &placed {
        Placed::Pending(_) => chain.settle_entering(&row, Verdict::Hold, out),
        Placed::Admitted | Placed::TurnedAway => Vec::new(),
    };
    out.event(Event::Applied { entry: Box::new(entry), answers, placed: placed.clone(), old, waiting });
    match &placed {
        Placed::Admitted => {
            let row = join(ctx, row, out);
            chain.settle_entering(&row, Verdict::Allow, out);
        }
        Placed::TurnedAway => {
            turned_away(id, &receipts, out);
            chain.settle_entering(&row, Verdict::Deny, out);
        }
        Placed::Pending(Stage::Review) => {
            out.notify(id, Text::new("gate.held"));
            queue::hold(ctx, queue::Item::Join { member: id }, (&receipts, Vec::new()), out);
        }
        Placed::Pending(stage) => seats::tell(ctx, id, stage, out),
    }
    out.decisions.extend(receipts);
    overflow::answer(&origin, overflow::Moved::from(&placed), out);
}

/// Tells somebody every reason for which they were turned away, and what would have passed.
pub(super) fn turned_away(id: MemberId, receipts: &[Receipt], out: &mut Outcome) {
    for receipt in receipts.iter().filter(|receipt| receipt.verdict == Verdict::Deny) {
        out.notify(id, receipt.reason.clone().with("receipt", Arg::Receipt(receipt.id)));
        if let Some(remedy) = &receipt.remedy {
            out.notify(id, remedy.clone());
        }
    }
}

/// Lets somebody in, and says what their row is then.
fn join(ctx: &Ctx<'_>, row: Member, out: &mut Outcome) -> Member {
    let role = &ctx.community.gate.config.role;
    let role = if ctx.community.roles.0.contains_key(role) { role } else { MEMBER };
    out.event(member::Event::Joined { member: row.id, role: role.to_owned() });
    out.notify(row.id, Text::new("gate.admitted"));
    let roles = BTreeSet::from([role.to_owned()]);
    Member { standing: Standing::Active, roles, joined_ms: Some(ctx.at_ms()), ..row }
}

/// The asking person's own application.
pub(super) fn own<'a>(ctx: &Ctx<'a>) -> Result<(MemberId, &'a Application), Refusal> {
    let id = ctx.acting()?.id;
    let application = ctx.community.gate.applications.get(&id);
    application.map(|application| (id, application)).ok_or_else(|| not_found(id))
}

pub(super) fn not_found(id: MemberId) -> Refusal {
    Refusal::NotFound { what: format!("application {id}") }
}

/// Says that an application does not stand where the command needs it.
pub(super) fn elsewhere(stage: &Stage) -> Refusal {
    Refusal::WrongState { what: "application".to_owned(), state: stage.name().to_owned() }
}

pub(super) fn withdraw(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let (id, _) = own(ctx)?;
    queue::withdraw_join(ctx, id, out);
    end(ctx, id, End::Withdrawn, out);
    Ok(())
}

/// Lets an applicant in, and does what scripts wanted for that case. They are not asked again.
pub(super) fn admit(ctx: &Ctx<'_>, id: MemberId, out: &mut Outcome) {
    end(ctx, id, End::Admitted, out);
    let Some(row) = ctx.community.members.get(id) else { return };
    let row = join(ctx, row.clone(), out);
    if let Some(application) = ctx.community.gate.applications.get(&id) {
        hook::release(&Ctx { entering: Some(&row), ..*ctx }, Hook::Join, &application.waiting, out);
    }
}

/// Ends an application because its person was banned or erased.
pub fn dismiss(ctx: &Ctx<'_>, id: MemberId, out: &mut Outcome) {
    queue::withdraw_join(ctx, id, out);
    end(ctx, id, End::Dismissed, out);
}

/// Ends an application, answers the community that sent it, and gives what it held to the next.
pub(super) fn end(ctx: &Ctx<'_>, id: MemberId, end: End, out: &mut Outcome) {
    let Some(application) = ctx.community.gate.applications.get(&id) else { return };
    out.event(Event::Ended { member: id, end, old: Box::new(application.clone()) });
    if let Some((row, person)) = ctx.community.members.get(id).and_then(|row| Some((row, row.person?))) {
        overflow::answer(&(row.origin.clone(), person), overflow::Moved::from(end), out);
    }
    if end != End::Admitted {
        seats::seat_freed(ctx, out);
    }
}
