//! The raid switch: while it is on, newcomers' posts wait for a human. It goes on by hand or by itself when
//! many join at once, and off by itself.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::check::{Clause, Finding};
use super::judge::INDEX_FROM;
use super::{Draft, Event, Occasion, Timer};
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::ids::MemberId;
use crate::limits::{LOOK_BACK_MS_MAX, RAID_JOINS_MAX, RAID_MS_MAX};
use crate::member;
use crate::moment::{DAY_MS, Duration, HOUR_MS, MINUTE_MS};
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::Permission;
use crate::stream::Community;
use crate::timer::{self, Purpose};

const TIMER: u32 = INDEX_FROM + 1_000;

/// How the switch works, under `[raid]` in `community.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RaidConfig {
    /// Whoever has been inside for less is a newcomer.
    pub newcomer: Duration,
    /// It goes off by itself after so long.
    pub lasts: Duration,
    /// It goes on by itself when more than so many join …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joins: Option<u32>,
    /// … within so long.
    pub within: Duration,
}

impl Default for RaidConfig {
    fn default() -> Self {
        Self {
            newcomer: Duration(DAY_MS),
            lasts: Duration(HOUR_MS),
            joins: None,
            within: Duration(10 * MINUTE_MS),
        }
    }
}

impl RaidConfig {
    /// Refuses times and counts beyond what is remembered.
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid =
            |name: &str, expected: String| Err(Refusal::ValueInvalid { name: name.to_owned(), expected });
        if self.joins.is_some_and(|joins| joins == 0 || joins > RAID_JOINS_MAX) {
            return invalid("raid.joins", format!("1 to {RAID_JOINS_MAX}"));
        }
        if self.within.0 == 0 || self.within.0 > LOOK_BACK_MS_MAX {
            return invalid("raid.within", format!("1s to {}", Duration(LOOK_BACK_MS_MAX)));
        }
        if self.lasts.0 == 0 || self.lasts.0 > RAID_MS_MAX {
            return invalid("raid.lasts", format!("1s to {}", Duration(RAID_MS_MAX)));
        }
        Ok(())
    }
}

/// The switch and what turns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raid {
    /// How it works.
    #[serde(default)]
    pub config: RaidConfig,
    /// Until when it is on, Unix milliseconds; `None` while it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// When the last members joined, as far as the automatic looks back.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub joins: VecDeque<u64>,
}

/// Turning the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On, for a time or as long as the configuration says.
    On {
        /// For how long, milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
    },
    /// Off.
    Off,
}

/// Who is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Whoever has been inside for less is a newcomer.
    pub newcomer: Duration,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How long the author has been inside, milliseconds.
    pub inside_ms: u64,
    /// Until when the switch is on, Unix milliseconds.
    pub until_ms: u64,
}

/// Whether the switch is on. The gate may let nobody in without a human while it is.
pub fn raid_on(community: &Community) -> bool {
    community.rules.raid.until_ms.is_some()
}

/// The clause that holds a newcomer's post while the switch is on.
pub(super) fn breach(ctx: &Ctx<'_>, draft: &Draft<'_>) -> Option<Clause> {
    let raid = &ctx.community.rules.raid;
    let until_ms = raid.until_ms.filter(|until_ms| *until_ms > ctx.at_ms())?;
    if draft.occasion == Occasion::Nickname || ctx.community.roles.allow(draft.author, Permission::Moderate) {
        return None;
    }
    let joined_ms = draft.author.joined_ms.unwrap_or(draft.author.since_ms);
    let facts = Facts { inside_ms: ctx.at_ms().saturating_sub(joined_ms), until_ms };
    let params = Params { newcomer: raid.config.newcomer };
    (verdict(&params, &facts) == Finding::Broken).then_some(Clause::Raid { params, facts })
}

/// Broken by being a newcomer.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.inside_ms < params.newcomer.0)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let reason = Text::new("rule.raid")
        .with("newcomer", Arg::Duration(params.newcomer.0))
        .with("joined", Arg::Duration(facts.inside_ms));
    (reason, Some(Text::new("rule.raid.remedy").with("until", Arg::Time(facts.until_ms))))
}

/// Turns the switch by hand.
pub(super) fn turn(ctx: &Ctx<'_>, switch: Switch, out: &mut Outcome) -> Result<(), Refusal> {
    let raid = &ctx.community.rules.raid;
    match switch {
        Switch::On { for_ms } => {
            let lasts_ms = for_ms.unwrap_or(raid.config.lasts.0);
            if lasts_ms == 0 || lasts_ms > RAID_MS_MAX {
                let expected = format!("1 to {RAID_MS_MAX} ms");
                return Err(Refusal::ValueInvalid { name: "for_ms".to_owned(), expected });
            }
            begin(ctx, lasts_ms, None, out);
        }
        Switch::Off => {
            let old_ms = raid.until_ms.ok_or(Refusal::NothingToChange)?;
            out.event(Event::RaidEnded { by: ctx.actor.map(|actor| actor.id), old_ms });
        }
    }
    Ok(())
}

fn begin(ctx: &Ctx<'_>, lasts_ms: u64, joins: Option<u32>, out: &mut Outcome) {
    let until_ms = ctx.at_ms().saturating_add(lasts_ms);
    let by: Option<MemberId> = ctx.actor.map(|actor| actor.id).filter(|_| joins.is_none());
    out.event(Event::RaidBegan { until_ms, by, joins, old_ms: ctx.community.rules.raid.until_ms });
    timer::set(ctx, TIMER, until_ms, Purpose::Rule(Timer::RaidEnds { until_ms }), out);
}

/// Turns the switch on when the joins of this command are too many with those before.
pub(super) fn watch_joins(ctx: &Ctx<'_>, out: &mut Outcome) {
    let raid = &ctx.community.rules.raid;
    let Some(max) = raid.config.joins else { return };
    let now = out.events.iter().filter(|event| is_join(event)).count();
    if now == 0 || raid.until_ms.is_some() {
        return;
    }
    let from_ms = ctx.at_ms().saturating_sub(raid.config.within.0);
    let joins = raid.joins.iter().filter(|at_ms| **at_ms > from_ms).count().saturating_add(now) as u32;
    if joins > max {
        begin(ctx, raid.config.lasts.0, Some(joins), out);
    }
}

fn is_join(event: &AnyEvent) -> bool {
    matches!(event, AnyEvent::Member(member::Event::Joined { .. }))
}

/// The time of the switch is over, unless it was turned since.
pub(super) fn ends(ctx: &Ctx<'_>, until_ms: u64, out: &mut Outcome) {
    if ctx.community.rules.raid.until_ms == Some(until_ms) {
        out.event(Event::RaidEnded { by: None, old_ms: until_ms });
    }
}

/// Takes note of a join.
pub(super) fn saw_join(raid: &mut Raid, at_ms: u64) {
    let Some(max) = raid.config.joins else { return };
    raid.joins.push_back(at_ms);
    let from_ms = at_ms.saturating_sub(raid.config.within.0);
    while raid.joins.len() > max as usize + 1
        || raid.joins.front().is_some_and(|joined_ms| *joined_ms <= from_ms)
    {
        raid.joins.pop_front();
    }
}
