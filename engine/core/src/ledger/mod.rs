//! The ledger: what a community's members own and owe, as transactions on the community's own chain.
//!
//! Nobody moves money by naming accounts: a command names what it is for and numbers, and a template of the
//! engine makes the moves. The book checks them, an event carries the whole transaction, and every balance
//! is a fold. What a key came to is kept for ever. A breach of the book's own rules stops the money until
//! the host looks; reading goes on.

mod account;
mod amount;
mod asset;
mod book;
mod calendar;
mod check;
mod config;
mod failure;
mod fold;
mod hold;
mod outcome;
pub mod packet;
pub mod points;
mod post;
pub mod reverse;
pub mod split;
mod transaction;
pub mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use account::{
    AccountError, AccountId, AtProvider, Destinations, EscrowKind, Payee, Policy, ProviderPart, Purse, Shut,
    Terms,
};
pub use amount::{AMOUNT_MAX, Amount, AmountError, BALANCE_MAX};
pub use asset::{Asset, AssetError, Currency};
pub use book::{Balance, Book, Bucket, Held, Original, REVERSIBLE_MAX, REVERSIBLE_MS};
pub use check::{Breach, audit, late};
pub use config::{
    Config, LEVELS_MAX, Level, PacketConfig, PointsConfig, Profile, SHARES_MAX, Switch, TransferConfig,
};
pub use failure::{Failure, Limit};
pub use fold::{apply, note};
pub use outcome::{OUTCOME_BYTES_MAX, Outcomes};
pub use points::{holding, points, till};
pub use post::check;
pub use transaction::{Kind, META_BYTES_MAX, MOVES_MAX, Move, Template, Transaction};

use crate::answer::Answer;
use crate::body::BodyRef;
use crate::command;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, ObjectId, TransactionId};
use crate::moment::{DAY_MS, HOUR_MS};
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::timer::{self, Purpose};

/// Timers of the ledger begin at this index of a command's, apart from those of other nouns.
const INDEX_FROM: u32 = 3 << 28;
/// A timer that comes while money stands still is set again by so much.
const AGAIN_MS: u64 = HOUR_MS;

/// Serializes a type as the text that it prints and reads.
macro_rules! as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use as_text;

/// A community's money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// What money it may have to do with.
    #[serde(default)]
    pub profile: Profile,
    /// What it set.
    #[serde(default)]
    pub config: Config,
    /// Balances, holds, escrows.
    #[serde(default)]
    pub book: Book,
    /// What keys came to.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// What is counted of points.
    #[serde(default)]
    pub points: points::Points,
    /// Transfers that wait.
    #[serde(default)]
    pub transfers: transfer::Transfers,
    /// Red packets.
    #[serde(default)]
    pub packets: packet::Packets,
    /// When what comes again is due.
    #[serde(default)]
    pub duties: BTreeMap<Duty, u64>,
    /// The breach for which money stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<Breach>,
    /// When it last went on after one, Unix milliseconds.
    #[serde(default)]
    pub resumed_ms: u64,
}

impl Ledger {
    /// Whether nothing was ever set or moved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a member's key was used in this ledger, however long ago, and what came of it.
    pub fn known(&self, command: &command::Command) -> Result<Option<Answer>, Refusal> {
        match command.kind {
            command::CommandKind::Ledger(_) => self.outcomes.known(command),
            _ => Ok(None),
        }
    }
}

/// What comes again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Points end.
    Sweep,
    /// The book is held against its rules.
    Audit,
}

/// What timers are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Points end.
    Sweep {
        /// The turn that is meant.
        due_ms: u64,
        /// Members up to this one were seen to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<MemberId>,
    },
    /// The book is held against its rules.
    Audit {
        /// The turn that is meant.
        due_ms: u64,
    },
    /// A transfer was not accepted in time.
    TransferEnds {
        /// Which.
        transfer: TransactionId,
    },
    /// A packet's time is over.
    PacketEnds {
        /// Which.
        packet: ObjectId,
    },
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Say what money the community may have to do with.
    SetProfile {
        /// What.
        profile: Profile,
    },
    /// Replace the configuration.
    Configure {
        /// What it is to be.
        config: Box<Config>,
    },
    /// Give members points, the same to each.
    Grant {
        /// To whom.
        to: BTreeSet<MemberId>,
        /// How many.
        amount: Amount,
        /// Why, in the operator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Take points away from a member.
    Take {
        /// From whom.
        from: MemberId,
        /// How many.
        amount: Amount,
        /// Why, in the operator's words; owned by the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Spend own points.
    Spend {
        /// How many.
        amount: Amount,
    },
    /// Something about transfers.
    Transfer(transfer::Command),
    /// Something about red packets.
    Packet(packet::Command),
    /// Take a transaction back, in part or whatever is left of it.
    Reverse {
        /// Which.
        of: TransactionId,
        /// How much of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Freeze an account, open it again, or close it for good.
    Shut {
        /// Which.
        account: AccountId,
        /// What is to be shut.
        shut: Shut,
    },
    /// Hold the book against its rules.
    Audit,
    /// Let money move again after a breach.
    Resume,
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::SetProfile { .. } | Self::Resume => Need::Host,
            Self::Configure { .. } | Self::Reverse { .. } | Self::Shut { .. } | Self::Audit => {
                Need::Permission(Permission::ManageMoney)
            }
            Self::Grant { .. } | Self::Take { .. } => Need::Permission(Permission::GrantPoints),
            Self::Spend { .. } | Self::Transfer(_) | Self::Packet(_) => Need::Inside,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A transaction, whole.
    Posted {
        /// It.
        transaction: Box<Transaction>,
    },
    /// Something about a transfer.
    Transfer(transfer::Event),
    /// Something about a red packet.
    Packet(packet::Event),
    /// The profile was set.
    ProfileSet {
        /// What it is now.
        profile: Profile,
        /// What it was.
        old: Profile,
    },
    /// The configuration was replaced.
    Configured {
        /// What it is now.
        config: Box<Config>,
        /// What it was.
        old: Box<Config>,
    },
    /// An account was frozen, opened or closed.
    Shut {
        /// Which.
        account: AccountId,
        /// What is shut now.
        shut: Shut,
        /// What was.
        old: Shut,
    },
    /// What comes again is due at a time.
    Planned {
        /// What.
        duty: Duty,
        /// When, Unix milliseconds.
        due_ms: u64,
    },
    /// A rule of the book does not hold: money stands still.
    Halted {
        /// Which.
        breach: Breach,
    },
    /// The host lets money move again.
    Resumed {
        /// What had stopped it.
        old: Breach,
    },
}

/// A transaction before it has an id.
pub(crate) struct Draft {
    template: Template,
    kind: Kind,
    moves: Vec<Move>,
    opens: Option<Box<(AccountId, Terms)>>,
    ends_ms: Option<u64>,
}

impl Draft {
    pub(crate) fn new(template: Template, kind: Kind, moves: Vec<Move>) -> Self {
        Self { template, kind, moves, opens: None, ends_ms: None }
    }
}

/// Posts a transaction, or says why it may not happen.
pub(crate) fn post(ctx: &Ctx<'_>, draft: Draft, out: &mut Outcome) -> Result<TransactionId, Refusal> {
    let Draft { template, kind, moves, opens, ends_ms } = draft;
    let id = TransactionId::of(ctx.command.id, out.events.len() as u32);
    let transaction = Transaction {
        id,
        template,
        cause: ctx.command.id,
        by: ctx.actor.map(|actor| actor.id),
        day: today(ctx),
        kind,
        moves,
        opens,
        ends_ms,
        meta: BTreeMap::new(),
    };
    let ledger = &ctx.community.ledger;
    if check::is_broken(&ledger.book, &transaction) {
        return Err(Refusal::MoneyHalted);
    }
    check(&ledger.book, ledger.profile, &transaction, ctx.at_ms())?;
    out.event(Event::Posted { transaction: Box::new(transaction) });
    Ok(id)
}

/// The day of the command in the community's zone.
fn today(ctx: &Ctx<'_>) -> i32 {
    calendar::day(&ctx.community.profile.zone.rules(), ctx.at_ms())
}

fn off(what: &str) -> Refusal {
    Refusal::WrongState { what: what.to_owned(), state: "off".to_owned() }
}

fn set_timer(ctx: &Ctx<'_>, due_ms: u64, timer: Timer, out: &mut Outcome) {
    timer::set(ctx, INDEX_FROM + out.events.len() as u32, due_ms, Purpose::Ledger(timer), out);
}

/// Sets the timer of what comes again.
fn plan(ctx: &Ctx<'_>, (duty, due_ms): (Duty, u64), timer: Timer, out: &mut Outcome) {
    out.event(Event::Planned { duty, due_ms });
    set_timer(ctx, due_ms, timer, out);
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let ledger = &ctx.community.ledger;
    if let Command::Resume = command {
        let old = ledger.halted.clone().ok_or(Refusal::NothingToChange)?;
        out.event(Event::Resumed { old });
        return Ok(());
    }
    if ledger.halted.is_some() {
        return Err(Refusal::MoneyHalted);
    }
    match command {
        Command::SetProfile { profile } if *profile == ledger.profile => Err(Refusal::NothingToChange),
        Command::SetProfile { profile } => {
            out.event(Event::ProfileSet { profile: *profile, old: ledger.profile });
            Ok(())
        }
        Command::Configure { config } => configure(ctx, config, out),
        Command::Grant { to, amount, reason } => points::grant(ctx, (to, *amount), reason.as_ref(), out),
        Command::Take { from, amount, reason } => points::take(ctx, (*from, *amount), reason.as_ref(), out),
        Command::Spend { amount } => points::spend(ctx, *amount, out),
        Command::Transfer(asked) => transfer::decide(ctx, asked, out),
        Command::Packet(asked) => packet::decide(ctx, asked, out),
        Command::Reverse { of, amount } => take_back(ctx, *of, *amount, out),
        Command::Shut { account, shut } => shut_account(ctx, account, *shut, out),
        Command::Audit => {
            let breach = audit(&ledger.book, 0).ok_or(Refusal::NothingToChange)?;
            out.event(Event::Halted { breach });
            Ok(())
        }
        Command::Resume => Ok(()),
    }
}

fn configure(ctx: &Ctx<'_>, config: &Config, out: &mut Outcome) -> Result<(), Refusal> {
    config.check()?;
    let ledger = &ctx.community.ledger;
    if *config == ledger.config {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Configured { config: Box::new(config.clone()), old: Box::new(ledger.config.clone()) });
    points::configured(ctx, out);
    if !ledger.duties.contains_key(&Duty::Audit) {
        plan_audit(ctx, out);
    }
    Ok(())
}

fn plan_audit(ctx: &Ctx<'_>, out: &mut Outcome) {
    let due_ms = ctx.at_ms().saturating_add(DAY_MS);
    plan(ctx, (Duty::Audit, due_ms), Timer::Audit { due_ms }, out);
}

fn take_back(
    ctx: &Ctx<'_>,
    of: TransactionId,
    amount: Option<Amount>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let book = &ctx.community.ledger.book;
    let units = reverse::units(book, of, amount)?;
    let moves = reverse::moves(book, of, &units)?;
    post(ctx, Draft::new(Template::Reverse, Kind::Reverse { of, units }, moves), out).map(drop)
}

fn shut_account(ctx: &Ctx<'_>, account: &AccountId, shut: Shut, out: &mut Outcome) -> Result<(), Refusal> {
    let book = &ctx.community.ledger.book;
    let old = book.shut(account);
    if old == shut {
        return Err(Refusal::NothingToChange);
    }
    let closed = |state: &str| Refusal::WrongState { what: "account".to_owned(), state: state.to_owned() };
    if old == Shut::Closed {
        return Err(closed("closed"));
    }
    let in_use = book.accounts().any(|(other, ..)| other == account);
    if shut == Shut::Closed && in_use {
        return Err(closed("in_use"));
    }
    out.event(Event::Shut { account: account.clone(), shut, old });
    Ok(())
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    let ledger = &ctx.community.ledger;
    let due_ms = match &ctx.command.kind {
        command::CommandKind::Timer(timer::Command::Fire { due_ms, .. }) => *due_ms,
        _ => ctx.at_ms(),
    };
    let settled = due_ms > ledger.resumed_ms.saturating_add(2 * AGAIN_MS);
    let breach = late(&ledger.book, due_ms).filter(|_| settled);
    if ledger.halted.is_some() || breach.is_some() {
        if let Some(breach) = breach.filter(|_| ledger.halted.is_none()) {
            out.event(Event::Halted { breach });
        }
        return set_timer(ctx, ctx.at_ms().saturating_add(AGAIN_MS), timer.clone(), out);
    }
    match timer {
        Timer::Sweep { due_ms, after } => points::sweep(ctx, *due_ms, *after, out),
        Timer::Audit { due_ms } if ledger.duties.get(&Duty::Audit) == Some(due_ms) => {
            if let Some(breach) = audit(&ledger.book, 0) {
                out.event(Event::Halted { breach });
            }
            plan_audit(ctx, out);
        }
        Timer::Audit { .. } => {}
        Timer::TransferEnds { transfer } => transfer::expires(ctx, *transfer, out),
        Timer::PacketEnds { packet } => packet::expires(ctx, *packet, out),
    }
}

/// Adds what follows from other nouns' events of the same command: whoever leaves accepts nothing any more.
pub fn watch(ctx: &Ctx<'_>, out: &mut Outcome) {
    if ctx.community.ledger.halted.is_none() {
        transfer::watch(ctx, out);
    }
}

#[cfg(test)]
mod tests;
