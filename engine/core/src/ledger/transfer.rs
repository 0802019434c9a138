//! Transfers from member to member: sent and held until they are accepted, or given at once.
//!
//! sent → accepted | declined | recalled | expired | receiver gone. What is not accepted was never gone from
//! the sender: it is a hold, and every other end lets go of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::Switch;
use super::failure::{Failure, Limit};
use super::post::whole;
use super::transaction::{Kind, Move, Template, Transaction};
use super::{AccountId, Amount, Asset, Draft, Ledger, Timer, points};
use crate::body::{Bodies, BodyRef};
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::event::Event as AnyEvent;
use crate::ids::{MemberId, TransactionId};
use crate::limits::REASON_BYTES_MAX;
use crate::member;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;

/// Transfers of one sender that wait to be accepted.
pub const WAITING_MAX: usize = 50;

/// How a transfer goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The receiver accepts it.
    #[default]
    Held,
    /// It is theirs at once.
    Direct,
}

/// What can be asked of transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Send somebody something.
    Send {
        /// Whom.
        to: MemberId,
        /// What.
        asset: Asset,
        /// How much.
        amount: Amount,
        /// How.
        #[serde(default)]
        mode: Mode,
        /// What for, in the sender's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memo: Option<BodyRef>,
    },
    /// Take what somebody sent.
    Accept {
        /// Which.
        transfer: TransactionId,
    },
    /// Send it back.
    Decline {
        /// Which.
        transfer: TransactionId,
    },
    /// Take back what was not accepted yet.
    Recall {
        /// Which.
        transfer: TransactionId,
    },
}

/// A transfer that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Who sent it.
    pub from: MemberId,
    /// To whom.
    pub to: MemberId,
    /// What.
    pub asset: Asset,
    /// How much.
    pub amount: Amount,
    /// From here on it cannot be accepted, Unix milliseconds.
    pub until_ms: u64,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<BodyRef>,
}

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The receiver has it.
    Accepted,
    /// The receiver did not want it.
    Declined,
    /// The sender took it back.
    Recalled,
    /// Nobody accepted it in time.
    Expired,
    /// The receiver left or was sent out.
    ReceiverGone,
}

/// What happened to transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One waits.
    Sent {
        /// Which: the transaction that holds it.
        transfer: TransactionId,
        /// What.
        waiting: Waiting,
    },
    /// One came to its end.
    Ended {
        /// Which.
        transfer: TransactionId,
        /// How.
        end: End,
        /// What it was.
        old: Waiting,
    },
}

/// Transfers that wait, and what was sent today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfers {
    waiting: BTreeMap<TransactionId, Waiting>,
    day: i32,
    sent: BTreeMap<(MemberId, Asset), i64>,
}

impl Transfers {
    /// A transfer that waits.
    pub fn get(&self, transfer: TransactionId) -> Option<&Waiting> {
        self.waiting.get(&transfer)
    }

    /// Transfers that a member sent or can accept, the oldest first.
    pub fn of(&self, member: MemberId) -> impl Iterator<Item = (TransactionId, &Waiting)> {
        let theirs = move |waiting: &&Waiting| waiting.from == member || waiting.to == member;
        self.waiting.iter().map(|(id, waiting)| (*id, waiting)).filter(move |(_, waiting)| theirs(waiting))
    }

    /// Takes note of a transaction.
    pub(super) fn note(&mut self, transaction: &Transaction) {
        if !transaction.template.is_between_members() {
            return;
        }
        if transaction.day != self.day {
            self.day = transaction.day;
            self.sent.clear();
        }
        for moved in &transaction.moves {
            if let Some(member) = moved.from.purse_of() {
                let sent = self.sent.entry((member, moved.asset)).or_default();
                *sent = sent.saturating_add(moved.amount.units());
            }
        }
    }
}

/// Refuses what a member would send above the day's cap.
pub(super) fn check_cap(
    ctx: &Ctx<'_>,
    member: MemberId,
    asset: Asset,
    amount: Amount,
) -> Result<(), Failure> {
    let ledger = &ctx.community.ledger;
    let transfers = &ledger.transfers;
    let today = transfers.day == super::today(ctx);
    let sent = transfers.sent.get(&(member, asset)).copied().filter(|_| today).unwrap_or(0);
    let max = ledger.config.transfers.per_day_max;
    if i128::from(sent) + i128::from(amount.units()) > i128::from(max) {
        return Err(Failure::Limit { limit: Limit::SentPerDay, max: whole(max) });
    }
    Ok(())
}

/// The purse in which a member keeps what is given from member to member.
pub(super) fn purse(ledger: &Ledger, member: MemberId, asset: Asset) -> Result<AccountId, Refusal> {
    if asset == Asset::Points {
        points::check_on(ledger)?;
    }
    Ok(AccountId::purse(member, asset).ok_or(Failure::Malformed)?)
}

/// Decides a command.
pub(super) fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let me = ctx.acting()?.id;
    match command {
        Command::Send { to, asset, amount, mode, memo } => {
            if let Some(memo) = memo {
                ctx.fresh_text("memo", memo, REASON_BYTES_MAX)?;
            }
            let (to, asset, amount) = (*to, *asset, *amount);
            let wait_ms = ctx.community.ledger.config.transfers.wait.0;
            let until_ms = ctx.at_ms().saturating_add(wait_ms);
            send(ctx, Waiting { from: me, to, asset, amount, until_ms, memo: *memo }, *mode, out)
        }
        Command::Accept { transfer } => {
            let waiting = find(ctx, *transfer, |waiting| waiting.to == me)?;
            accept(ctx, *transfer, waiting, out)
        }
        Command::Decline { transfer } => {
            let waiting = find(ctx, *transfer, |waiting| waiting.to == me)?;
            end(ctx, (*transfer, waiting), End::Declined, out)
        }
        Command::Recall { transfer } => {
            let waiting = find(ctx, *transfer, |waiting| waiting.from == me)?;
            if ctx.community.ledger.config.transfers.recall == Switch::Off {
                return Err(super::off("recall"));
            }
            end(ctx, (*transfer, waiting), End::Recalled, out)
        }
    }
}

fn find<'a>(
    ctx: &Ctx<'a>,
    transfer: TransactionId,
    is_mine: impl FnOnce(&Waiting) -> bool,
) -> Result<&'a Waiting, Refusal> {
    let what = || "transfer".to_owned();
    let waiting = ctx.community.ledger.transfers.waiting.get(&transfer);
    let waiting = waiting.ok_or_else(|| Refusal::NotFound { what: what() })?;
    if is_mine(waiting) { Ok(waiting) } else { Err(Refusal::NotYours { what: what() }) }
}

fn send(ctx: &Ctx<'_>, waiting: Waiting, mode: Mode, out: &mut Outcome) -> Result<(), Refusal> {
    let ledger = &ctx.community.ledger;
    let Waiting { from, to, asset, amount, until_ms, .. } = waiting;
    if ledger.config.transfers.state == Switch::Off {
        return Err(super::off("transfers"));
    }
    if from == to {
        return Err(Refusal::ValueInvalid {
            name: "member".to_owned(),
            expected: "somebody_else".to_owned(),
        });
    }
    ctx.member_inside(to)?;
    let moved = Move { from: purse(ledger, from, asset)?, to: purse(ledger, to, asset)?, asset, amount };
    check_cap(ctx, from, asset, amount)?;
    if ledger.transfers.waiting.values().filter(|waiting| waiting.from == from).count() >= WAITING_MAX {
        return Err(Refusal::TooMany { what: "transfers".to_owned(), max: WAITING_MAX as u64 });
    }
    let text =
        |code: &str| Text::new(code).with("amount", whole(amount.units())).with("by", Arg::Member(from));
    if mode == Mode::Direct {
        super::post(ctx, Draft::new(Template::TransferDirect, Kind::Post, vec![moved]), out)?;
        out.notify(to, text("transfer.given"));
        return Ok(());
    }
    let hold = Draft::new(Template::TransferHold, Kind::Hold { until_ms }, vec![moved]);
    let transfer = super::post(ctx, hold, out)?;
    out.event(super::Event::Transfer(Event::Sent { transfer, waiting }));
    super::set_timer(ctx, until_ms, Timer::TransferEnds { transfer }, out);
    out.notify(to, text("transfer.sent").with("until", Arg::Time(until_ms)));
    Ok(())
}

fn accept(ctx: &Ctx<'_>, of: TransactionId, waiting: &Waiting, out: &mut Outcome) -> Result<(), Refusal> {
    let held = ctx.community.ledger.book.hold(of).ok_or(Failure::Gone)?;
    super::post(ctx, Draft::new(Template::TransferEnd, Kind::PostHold { of }, held.moves.clone()), out)?;
    ended((of, waiting), End::Accepted, out);
    Ok(())
}

/// Lets go of what was held.
fn end(
    ctx: &Ctx<'_>,
    (of, waiting): (TransactionId, &Waiting),
    end: End,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let kind = if end == End::Expired { Kind::Expire { of } } else { Kind::VoidHold { of } };
    super::post(ctx, Draft::new(Template::TransferEnd, kind, Vec::new()), out)?;
    ended((of, waiting), end, out);
    Ok(())
}

fn ended((transfer, waiting): (TransactionId, &Waiting), end: End, out: &mut Outcome) {
    out.event(super::Event::Transfer(Event::Ended { transfer, end, old: waiting.clone() }));
    let (who, other, code) = match end {
        End::Accepted => (waiting.from, waiting.to, "transfer.accepted"),
        End::Declined => (waiting.from, waiting.to, "transfer.declined"),
        End::Recalled => (waiting.to, waiting.from, "transfer.recalled"),
        End::Expired => (waiting.from, waiting.to, "transfer.expired"),
        End::ReceiverGone => (waiting.from, waiting.to, "transfer.receiver_gone"),
    };
    let text = Text::new(code).with("amount", whole(waiting.amount.units()));
    out.notify(who, text.with("by", Arg::Member(other)));
}

/// A transfer's time is over.
pub(super) fn expires(ctx: &Ctx<'_>, transfer: TransactionId, out: &mut Outcome) {
    if let Some(waiting) = ctx.community.ledger.transfers.waiting.get(&transfer) {
        // It is open and due, so nothing can be refused.
        let _ = end(ctx, (transfer, waiting), End::Expired, out);
    }
}

/// Whoever leaves or is sent out accepts nothing any more: what waited for them goes back.
pub(super) fn watch(ctx: &Ctx<'_>, out: &mut Outcome) {
    let transfers = &ctx.community.ledger.transfers;
    if transfers.waiting.is_empty() {
        return;
    }
    let gone = |event: &AnyEvent| match event {
        AnyEvent::Member(
            member::Event::Left { member }
            | member::Event::Removed { member, .. }
            | member::Event::Banned { member, .. },
        ) => Some(*member),
        _ => None,
    };
    for member in out.events.iter().filter_map(gone).collect::<std::collections::BTreeSet<_>>() {
        let theirs = transfers.waiting.iter().filter(|(_, waiting)| waiting.to == member);
        for (transfer, waiting) in theirs {
            let _ = end(ctx, (*transfer, waiting), End::ReceiverGone, out);
        }
    }
}

/// Applies what happened.
pub(super) fn apply(transfers: &mut Transfers, event: &Event, shelf: &mut Shelf<'_>) {
    match event {
        Event::Sent { transfer, waiting } => {
            waiting.memo.iter().for_each(|memo| keep(shelf, memo));
            transfers.waiting.insert(*transfer, waiting.clone());
        }
        Event::Ended { transfer, old, .. } => {
            transfers.waiting.remove(transfer);
            let_go(shelf.0, old.memo.as_ref());
        }
    }
}

/// Forgets a body that nothing names any more.
pub(super) fn let_go(kept: &mut Bodies, body: Option<&BodyRef>) {
    body.into_iter().for_each(|body| {
        kept.remove(body.id);
    });
}
