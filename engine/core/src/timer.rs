//! Timers: what will be due, as state. They fire as commands of the stream itself, in the order they are due.
//!
//! A timer is never cancelled: when it fires and finds nothing to do any more, it only goes away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome};
use crate::ids::TimerId;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::{community, gate, host, ledger, queue, rule, script, topic};

/// What a timer is for; each noun has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Ownership offers.
    Community(community::Timer),
    /// Offered seats, applications.
    Gate(gate::Timer),
    /// Mutes and bans that end, slow mode, the raid switch.
    Rule(rule::Timer),
    /// Deadlines of holds.
    Queue(queue::Timer),
    /// What the host waits for.
    Host(host::Timer),
    /// What scripts asked to be asked about.
    Script(script::Timer),
    /// When topics are raised.
    Topic(topic::Timer),
    /// What ends or comes again in the ledger.
    Ledger(ledger::Timer),
}

/// What is due when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers(BTreeMap<(u64, TimerId), Purpose>);

impl Timers {
    /// The earliest timer: due time in Unix milliseconds, and id.
    pub fn next(&self) -> Option<(u64, TimerId)> {
        self.0.keys().next().copied()
    }

    /// What a timer is for.
    pub fn get(&self, due_ms: u64, timer: TimerId) -> Option<&Purpose> {
        self.0.get(&(due_ms, timer))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is due.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What can be asked of timers: only the stream's own writer asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Fire a timer that is due.
    Fire {
        /// Which.
        timer: TimerId,
        /// When it was due, Unix milliseconds.
        due_ms: u64,
    },
}

impl Command {
    /// What the actor must be.
    pub fn needs(&self) -> Need {
        Need::Timer
    }
}

/// What happened to timers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A timer was set.
    Set {
        /// Which.
        timer: TimerId,
        /// When it is due, Unix milliseconds.
        due_ms: u64,
        /// What for.
        purpose: Purpose,
    },
    /// A timer fired and is gone.
    Fired {
        /// Which.
        timer: TimerId,
        /// When it was due, Unix milliseconds.
        due_ms: u64,
    },
}

/// Sets a timer as part of a command; `index` tells the command's timers apart.
pub fn set(ctx: &Ctx<'_>, index: u32, due_ms: u64, purpose: Purpose, out: &mut Outcome) {
    out.event(Event::Set { timer: TimerId::of(ctx.command.id, index), due_ms, purpose });
}

/// Takes a timer that is due, and says what it was for.
pub fn take<'a>(
    timers: &'a Timers,
    command: &Command,
    now_ms: u64,
    out: &mut Outcome,
) -> Result<&'a Purpose, Refusal> {
    let Command::Fire { timer, due_ms } = command;
    let purpose = timers.0.get(&(*due_ms, *timer));
    let purpose = purpose.ok_or_else(|| Refusal::NotFound { what: timer.to_string() })?;
    if now_ms < *due_ms {
        return Err(Refusal::WrongState { what: timer.to_string(), state: "not_due".to_owned() });
    }
    out.event(Event::Fired { timer: *timer, due_ms: *due_ms });
    Ok(purpose)
}

/// Fires a timer: a noun decides what that means.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let purpose = take(&ctx.stream.timers, command, ctx.at_ms(), out)?;
    match purpose {
        Purpose::Community(timer) => community::on_timer(ctx, timer, out),
        Purpose::Gate(timer) => gate::on_timer(ctx, timer, out),
        Purpose::Rule(timer) => rule::on_timer(ctx, timer, out),
        Purpose::Queue(timer) => queue::on_timer(ctx, timer, out),
        Purpose::Script(timer) => script::on_timer(ctx, timer, out),
        Purpose::Topic(timer) => topic::on_timer(ctx, timer, out),
        Purpose::Ledger(timer) => ledger::on_timer(ctx, timer, out),
        // Only the host's own stream sets these, and it fires them itself.
        Purpose::Host(_) => {}
    }
    Ok(())
}

/// Applies what happened to timers.
pub fn apply(timers: &mut Timers, event: &Event) {
    match event {
        Event::Set { timer, due_ms, purpose } => {
            timers.0.insert((*due_ms, *timer), purpose.clone());
        }
        Event::Fired { timer, due_ms } => {
            timers.0.remove(&(*due_ms, *timer));
        }
    }
}
