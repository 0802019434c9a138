//! Rules without code, and the ladder of what follows a breach.
//!
//! In reading order: what a rule is (`config`, `check` and one file for each kind), how a draft is judged
//! (`view`, `judge`), what follows (`ladder`, `strike`, `sanction`), what else bounds talk (`slow`,
//! `raid`), and what became of it all (`tally`).

mod activity;
mod change;
mod check;
mod compiled;
mod config;
mod counted;
mod ground;
mod judge;
mod ladder;
pub mod raid;
mod sanction;
mod slow;
mod strike;
mod tally;
mod view;

pub mod contacts;
pub mod flood;
pub mod invites;
pub mod length;
pub mod links;
pub mod newcomers;
pub mod nickname;
pub mod pattern;
pub mod queue_full;
pub mod repetition;
pub mod words;

#[cfg(test)]
mod tests;

pub use activity::{Activity, Said};
pub use change::{check as check_config, check_list, configure, configure_raid};
pub use check::{Check, Clause, Finding};
pub use compiled::Cache;
pub use config::{RuleConfig, Surroundings};
pub use ground::Ground;
pub use judge::{QUEUE, RAID, climb_from, judge, punish, review};
pub use ladder::{Climb, LadderConfig, Rung, Step};
pub use raid::{Raid, RaidConfig, Switch, raid_on};
pub use sanction::{strike_for_denied_hold, undo};
pub use slow::{SlowModes, check as check_slow, configure as configure_slow};
pub use strike::{Mute, Record, Strikes};
pub use tally::{Edition, Label, Tallies, Tally};
pub use view::{Quote, text_of};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::command::CommandKind;
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::ids::{ChannelId, MemberId, ReceiptId};
use crate::member::{self, Member};
use crate::message::{self, Part};
use crate::moment::{Duration, Moment};
use crate::notice::Arg;
use crate::queue::{Receipt, Verdict};
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;
use crate::text::reading::Reading;

/// One rule of a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Raised by each change; never used twice under one name.
    pub version: u32,
    /// What it is.
    pub config: RuleConfig,
}

/// Rules, ladder, strikes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The rules in the operator's order.
    #[serde(default)]
    pub rows: Vec<Rule>,
    /// The last versions of rules that were removed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retired: BTreeMap<String, u32>,
    /// What follows a breach.
    #[serde(default)]
    pub ladder: LadderConfig,
    /// Strikes and mutes.
    #[serde(default)]
    pub record: Record,
    /// Slow mode.
    #[serde(default)]
    pub slow: SlowModes,
    /// The raid switch.
    #[serde(default)]
    pub raid: Raid,
    /// What members said lately.
    #[serde(default)]
    pub activity: Activity,
    /// What became of the rules' verdicts.
    #[serde(default)]
    pub tallies: Tallies,
    /// Compiled lists and patterns.
    #[serde(skip)]
    pub compiled: Cache,
}

impl Rules {
    /// A rule by name.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.rows.iter().find(|rule| rule.config.name == name)
    }

    /// How far back any rule looks, milliseconds.
    fn horizon_ms(&self) -> u64 {
        let rules = self.rows.iter().map(|rule| rule.config.check.horizon_ms()).max().unwrap_or(0);
        rules.max(self.slow.horizon_ms())
    }
}

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// By whom.
    pub author: &'a Member,
    /// Where; `None` for a nickname.
    pub channel: Option<ChannelId>,
    /// Its parts; empty for a nickname.
    pub parts: &'a [Part],
    /// Its texts: those of text and code parts (`text_of`) in their order, or the nickname first.
    pub texts: &'a Reading<'a>,
    /// On what occasion.
    pub occasion: Occasion,
}

/// On what occasion something is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A new message.
    Post,
    /// A message changed.
    Edit,
    /// A nickname or a card.
    Nickname,
}

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The strongest verdict; `None` where no rule objected, `Allow` where one only reminds.
    pub verdict: Option<Verdict>,
    /// One for each rule that objected.
    pub receipts: Vec<Receipt>,
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// A mute's time is over.
    MuteEnds {
        /// Whose.
        member: MemberId,
        /// The mute that was meant.
        until_ms: u64,
    },
    /// A ban's time is over.
    BanEnds {
        /// Whose.
        member: MemberId,
        /// The ban that was meant.
        until_ms: u64,
    },
    /// The raid switch goes off.
    RaidEnds {
        /// The turn that was meant.
        until_ms: u64,
    },
}

/// What a moderator takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifted {
    /// A mute.
    Mute,
    /// All strikes.
    Strikes,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Set a rule, new or in place of the one of that name.
    Set {
        /// What it is.
        rule: Box<RuleConfig>,
    },
    /// Remove a rule.
    Remove {
        /// Its name.
        name: String,
    },
    /// Order the rules anew.
    Reorder {
        /// Every rule's name, once.
        names: Vec<String>,
    },
    /// Set the ladder.
    SetLadder {
        /// What it is.
        ladder: LadderConfig,
    },
    /// Set slow mode.
    SetSlowMode {
        /// In which channel; `None` for everywhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<ChannelId>,
        /// So long between two messages; nothing ends it.
        wait: Duration,
    },
    /// Turn the raid switch.
    SetRaid {
        /// On or off.
        switch: Switch,
    },
    /// Set how the raid switch works.
    ConfigureRaid {
        /// How.
        config: RaidConfig,
    },
    /// Warn a member: a strike with a receipt.
    Warn {
        /// Whom.
        member: MemberId,
        /// Why; owned by the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Silence a member for a time.
    Mute {
        /// Whom.
        member: MemberId,
        /// For how long, milliseconds.
        for_ms: u64,
        /// Why; owned by the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Take a mute or all strikes back.
    Lift {
        /// Whose.
        member: MemberId,
        /// What.
        lifted: Lifted,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Set { .. }
            | Self::Remove { .. }
            | Self::Reorder { .. }
            | Self::SetLadder { .. }
            | Self::SetSlowMode { .. }
            | Self::ConfigureRaid { .. } => Need::Permission(Permission::ManageRules),
            Self::SetRaid { .. } => Need::Permission(Permission::Moderate),
            Self::Warn { .. } | Self::Mute { .. } | Self::Lift { .. } => {
                Need::Permission(Permission::Sanction)
            }
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A rule was set.
    Set {
        /// What it is now.
        rule: Box<Rule>,
        /// What it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Box<Rule>>,
    },
    /// A rule was removed.
    Removed {
        /// Where it stood in the order.
        place: u32,
        /// What it was.
        old: Box<Rule>,
    },
    /// The rules were ordered anew.
    Reordered {
        /// Their names in order.
        names: Vec<String>,
        /// The order before.
        old: Vec<String>,
    },
    /// The ladder was set.
    LadderSet {
        /// What it is now.
        ladder: LadderConfig,
        /// What it was.
        old: LadderConfig,
    },
    /// Slow mode was set or ended.
    SlowModeSet {
        /// In which channel; `None` for everywhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<ChannelId>,
        /// So long between two messages; `None` for no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait: Option<Duration>,
        /// What it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Duration>,
    },
    /// The raid switch works otherwise now.
    RaidConfigured {
        /// How.
        config: RaidConfig,
        /// How before.
        old: RaidConfig,
    },
    /// The raid switch went on.
    RaidBegan {
        /// Until when, Unix milliseconds.
        until_ms: u64,
        /// By whom; `None` by the host or by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// By itself, after so many joins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joins: Option<u32>,
        /// Until when it had been on before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old_ms: Option<u64>,
    },
    /// The raid switch went off.
    RaidEnded {
        /// By whom; `None` by the host or by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Until when it would have been on.
        old_ms: u64,
    },
    /// A breach counts against a member.
    Struck {
        /// Whom.
        member: MemberId,
        /// What explains it.
        receipt: ReceiptId,
    },
    /// A strike counts no more.
    StrikeTakenBack {
        /// Whose.
        member: MemberId,
        /// What had explained it.
        receipt: ReceiptId,
    },
    /// A member was silenced.
    Muted {
        /// Who.
        member: MemberId,
        /// Until when, and what explains it.
        mute: Mute,
        /// By whom; `None` by a rule or the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Why, in a moderator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
        /// The mute that held before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Mute>,
    },
    /// A member may speak again.
    Unmuted {
        /// Who.
        member: MemberId,
        /// By whom; `None` by the host, an appeal of none, or because the time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// The mute that held.
        old: Mute,
    },
}

/// Refuses an author who is muted, or who posts faster than slow mode allows.
pub fn may_speak(ctx: &Ctx<'_>, author: &Member) -> Result<(), Refusal> {
    if let Some(mute) = ctx.community.rules.record.mute(author.id, ctx.at_ms()) {
        return Err(Refusal::Muted { until: Arg::Time(mute.until_ms) });
    }
    slow::may_post(ctx, author)
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Set { rule } => change::set(ctx, rule, out),
        Command::Remove { name } => change::remove(ctx, name, out),
        Command::Reorder { names } => change::reorder(ctx, names, out),
        Command::SetLadder { ladder } => change::set_ladder(ctx, ladder, out),
        Command::SetSlowMode { channel, wait } => slow::set(ctx, *channel, *wait, out),
        Command::SetRaid { switch } => raid::turn(ctx, *switch, out),
        Command::ConfigureRaid { config } => change::set_raid(ctx, config, out),
        Command::Warn { member, reason } => sanction::warn(ctx, *member, *reason, out),
        Command::Mute { member, for_ms, reason } => sanction::mute(ctx, (*member, *for_ms), *reason, out),
        Command::Lift { member, lifted } => sanction::lift(ctx, *member, *lifted, out),
    }
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    match timer {
        Timer::MuteEnds { member, until_ms } => sanction::mute_ends(ctx, *member, *until_ms, out),
        Timer::BanEnds { member, until_ms } => sanction::ban_ends(ctx, *member, *until_ms, out),
        Timer::RaidEnds { until_ms } => raid::ends(ctx, *until_ms, out),
    }
}

/// Adds what follows from other nouns' events of the same command: the ends of bans, a raid seen in the
/// joins. Nothing follows from a past that is imported.
pub fn watch(ctx: &Ctx<'_>, out: &mut Outcome) {
    if matches!(ctx.command.kind, CommandKind::Import(_)) {
        return;
    }
    sanction::watch_bans(ctx, out);
    raid::watch_joins(ctx, out);
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment) {
    let rules = &mut community.rules;
    match event {
        Event::Set { .. }
        | Event::Removed { .. }
        | Event::Reordered { .. }
        | Event::LadderSet { .. }
        | Event::RaidConfigured { .. } => change::apply(rules, event, moment.at_ms),
        Event::SlowModeSet { channel, wait, .. } => rules.slow.set(*channel, *wait),
        Event::RaidBegan { until_ms, .. } => rules.raid.until_ms = Some(*until_ms),
        Event::RaidEnded { .. } => rules.raid.until_ms = None,
        Event::Struck { .. }
        | Event::StrikeTakenBack { .. }
        | Event::Muted { .. }
        | Event::Unmuted { .. } => {
            sanction::apply(community, event, moment.at_ms);
        }
    }
}

/// Takes note of other nouns' events that rules look back to.
pub fn saw(community: &mut Community, event: &AnyEvent, moment: &Moment) {
    let rules = &mut community.rules;
    match event {
        AnyEvent::Message(message::Event::Posted { header, .. }) => {
            let said = Said { at_ms: moment.at_ms, channel: header.channel, fingerprint: header.fingerprint };
            let horizon_ms = rules.horizon_ms();
            rules.activity.note(header.author, said, horizon_ms);
        }
        AnyEvent::Member(member::Event::Joined { .. }) => raid::saw_join(&mut rules.raid, moment.at_ms),
        AnyEvent::Community(_) => rules.compiled.clear(),
        _ => {}
    }
}
