//! How the month's group comes to be: a host and a community that were founded thirty days ago, then the
//! month, on one opened folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::{Timestamp, ToSpan as _};
use kith_core::body::Bodies;
use kith_core::channel::Kind;
use kith_core::command::Actor;
use kith_core::community::Zone;
use kith_core::host::name_owner;
use kith_core::host::noun::PersonCommand;
use kith_core::ids::{CommunityId, PersonId};
use kith_core::moment::{DAY_MS, HOUR_MS};
use kith_core::ports::Clock;
use kith_core::refusal::Refusal;
use kith_core::stream::Community;
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::engine::Ports;
use kith_runtime::host::{FirstOwner, Operator};
use kith_runtime::mint::Mint;
use kith_runtime::solo::{Solo, SoloPorts};
use kith_store::Store;
use kith_store::derived::Phase;

use super::super::dice::Dice;
use super::super::world::World;
use super::agenda::Agenda;
use super::cast::{self, OWNER, Part, Player};
use super::{Channels, Counts, DAYS, Made, Month, SEED, Span};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::opened::Opened;
use crate::session::{self, Session};

/// How often it is looked whether something has come, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const LOOKS_MAX: u32 = 15_000;

/// Regulars whom the tour lets talk.
const REGULARS: usize = 9;

/// The clock of the founding: it stands at one hour of the first day, so that nothing that a month ago set a
/// timer for is due while the month is played.
struct Then {
    wall_ms: u64,
    running: SystemClock,
}

impl Clock for Then {
    fn wall_ms(&self) -> u64 {
        self.wall_ms
    }

    fn monotonic_ms(&self) -> u64 {
        self.running.monotonic_ms()
    }
}

/// Makes the group and its month, which ends now, in a new folder.
pub(in super::super) fn make(
    data: &Path,
    world: &World,
    now_ms: u64,
    bar: &ProgressBar,
) -> Result<Made, Failure> {
    let span = span(&world.blueprint.zone, now_ms);
    let (mint, mut dice) = (Mint::seeded(SEED), Dice::of(SEED));
    let (community, people) =
        session::over(open(data, span)?, async |session| found(session, world, (&mint, &mut dice)).await)?;
    // No engine runs while the month is written: it would open the stream too.
    let opened = open(data, span)?;
    ready(&opened);
    let Ports { records, snapshots, extensions, .. } = opened.ports();
    let solo = Solo::open(community, SoloPorts { records, snapshots, extensions })?;
    let channels = solo.stream().community().and_then(channels);
    let mut month = Month {
        world,
        community,
        channels: channels.ok_or_else(|| Refusal::NotFound { what: "channel".to_owned() })?,
        span,
        solo,
        mint,
        dice,
        people,
        agenda: Agenda::default(),
        threads: Vec::new(),
        invites: Vec::new(),
        deck: Vec::new(),
        counts: Counts::default(),
    };
    month.plan();
    bar.set_length(DAYS.unsigned_abs());
    month.play(opened.scripting().compiler().as_ref(), &mut |at_ms| {
        bar.set_position(at_ms.saturating_sub(span.from_ms) / DAY_MS);
    })?;
    Ok(month.finish()?)
}

/// Waits until the index is open: older messages are found by it.
fn ready(opened: &Opened) {
    for _ in 0..LOOKS_MAX {
        if opened.index().phase() == Phase::Ready {
            return;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The folder, with the clock standing at the hour of the founding.
fn open(data: &Path, span: Span) -> Result<Opened, Failure> {
    let clock = Then { wall_ms: span.from_ms + 8 * HOUR_MS, running: SystemClock::start() };
    Ok(Opened::over(Store::open(data)?, Arc::new(clock), Box::new(|_| {}))?)
}

/// Founds the host and the group, with everybody registered who will come.
async fn found(
    session: &Session,
    world: &World,
    (mint, dice): (&Mint, &mut Dice),
) -> Result<(CommunityId, Vec<Player>), Failure> {
    let operator = Operator::start(&session.engine, mint).await?;
    let people = register(session, world, (mint, dice)).await?;
    let owner = FirstOwner { person: people[OWNER].person, nickname: people[OWNER].name.clone() };
    let blueprint = world.blueprint.clone();
    let community = operator.create(world.word("community"), blueprint, Some(owner)).await?;
    delivered(session, community).await?;
    Ok((community, people))
}

/// The last thirty days and today, by the calendar of the community.
fn span(zone: &Zone, now_ms: u64) -> Span {
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).unwrap_or(0)).unwrap_or_default();
    let today = now.to_zoned(zone.rules());
    let first = today.checked_sub(DAYS.days()).and_then(|day| day.start_of_day());
    let from_ms = first.ok().and_then(|day| u64::try_from(day.timestamp().as_millisecond()).ok());
    Span { from_ms: from_ms.unwrap_or(0), until_ms: now_ms }
}

/// Registers everybody at the host, many at once.
async fn register(
    session: &Session,
    world: &World,
    (mint, dice): (&Mint, &mut Dice),
) -> Result<Vec<Player>, Failure> {
    let at_ms = session.engine.ports().clock.wall_ms();
    let mut drafts = Vec::new();
    let people = cast::gather(world, dice, |name| {
        let id = mint.command(at_ms);
        let person = PersonId(id.0);
        let mut bodies = Bodies::default();
        let name = Some(mint.text(&mut bodies, at_ms, name_owner(person), name));
        let register = PersonCommand::Register { name };
        drafts.push(Draft::new(id, CommunityId::HOST, Actor::Host, register).with_bodies(bodies));
        person
    });
    let mut pending = Vec::new();
    for draft in drafts {
        pending.push(session.engine.post(draft).await?);
    }
    for one in pending {
        one.reply().await?;
    }
    Ok(people)
}

/// Waits until host and community have told each other what they had to.
pub(in super::super) async fn delivered(session: &Session, community: CommunityId) -> Result<(), Failure> {
    for _ in 0..LOOKS_MAX {
        let mut waiting = false;
        for stream in [CommunityId::HOST, community] {
            waiting |= session.engine.view(stream, |it| it.handoffs.outbox().next().is_some()).await?;
        }
        if !waiting {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// The channels in the operator's order: notices, the yard, help.
fn channels(community: &Community) -> Option<Channels> {
    let listed = community.channels.listed();
    let mut groups = listed.iter().filter(|channel| channel.kind == Kind::Group);
    let notices = listed.iter().find(|channel| channel.kind == Kind::Broadcast)?.id;
    Some(Channels { notices, yard: groups.next()?.id, help: groups.next()?.id })
}

impl Month<'_> {
    /// Makes everything durable and says who is who.
    fn finish(mut self) -> Result<Made, AskError> {
        self.counts.records = self.solo.written();
        let person = |part: Part| {
            let found = self.people.iter().filter(|player| player.part == part);
            found.max_by_key(|player| player.talks).map(|player| player.person)
        };
        let mut regulars: Vec<&Player> = (0..self.people.len())
            .filter(|who| self.people[*who].part == Part::Neighbour && self.may_talk(*who))
            .map(|who| &self.people[who])
            .collect();
        regulars.sort_by_key(|player| std::cmp::Reverse(player.talks));
        let regulars: Vec<PersonId> = regulars.iter().take(REGULARS).map(|player| player.person).collect();
        let owner = self.people[OWNER].person;
        let made = Made {
            community: self.community,
            owner,
            moderator: person(Part::Moderator).unwrap_or(owner),
            member: regulars.first().copied().unwrap_or(owner),
            newcomer: person(Part::Newcomer).unwrap_or(owner),
            regulars,
            yard: self.channels.yard,
            counts: self.counts,
        };
        self.solo.finish()?;
        Ok(made)
    }
}
