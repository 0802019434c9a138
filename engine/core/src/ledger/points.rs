//! Points: the community makes them, members earn, spend and lose them. They never become currency.
//!
//! Granting needs a permission and stays below two caps. Points end at the beginning of a month, the oldest
//! are spent first, and their end is a transaction like any other. A level counts what was earned, spent or
//! not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::book::{Balance, Bucket};
use super::failure::{Failure, Limit};
use super::post::{owed, whole};
use super::transaction::{Kind, Move, Template, Transaction};
use super::{AccountId, Amount, Asset, Book, Draft, Duty, Ledger, Level, Purse, Switch, Timer, calendar};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::MemberId;
use crate::limits::REASON_BYTES_MAX;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::stream::Community;

/// Members that one command grants points, and that one sweep visits.
pub const MEMBERS_AT_ONCE_MAX: usize = 500;

/// What is counted of points besides balances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// The day of the newest grant.
    pub(super) day: i32,
    /// Granted on that day.
    pub(super) granted: i64,
    /// Earned by members since ever, less what was taken back.
    pub(super) earned: BTreeMap<MemberId, i64>,
}

impl Points {
    /// Takes note of a transaction.
    pub(super) fn note(&mut self, transaction: &Transaction) {
        let granted = transaction.template == Template::PointsGrant;
        let taken = matches!(transaction.template, Template::PointsTake | Template::Reverse);
        if granted && transaction.day != self.day {
            (self.day, self.granted) = (transaction.day, 0);
        }
        for moved in transaction.moves.iter().filter(|moved| moved.asset == Asset::Points) {
            let units = moved.amount.units();
            match (&moved.from, &moved.to) {
                (AccountId::Mint(_), AccountId::Member(member, Purse::Points)) if granted => {
                    self.granted = self.granted.saturating_add(units);
                    let earned = self.earned.entry(*member).or_default();
                    *earned = earned.saturating_add(units);
                }
                (AccountId::Member(member, _), AccountId::Mint(_)) if taken => {
                    let earned = self.earned.entry(*member).or_default();
                    *earned = earned.saturating_sub(units).max(0);
                }
                _ => {}
            }
        }
    }
}

/// Refuses where there are no points.
pub(super) fn check_on(ledger: &Ledger) -> Result<(), Refusal> {
    match ledger.config.points.state {
        Switch::On => Ok(()),
        Switch::Off => Err(super::off("points")),
    }
}

pub(super) fn purse(member: MemberId) -> AccountId {
    AccountId::Member(member, Purse::Points)
}

const MINT: AccountId = AccountId::Mint(Asset::Points);

/// Gives members points, the same to each.
pub(super) fn grant(
    ctx: &Ctx<'_>,
    (to, amount): (&BTreeSet<MemberId>, Amount),
    reason: Option<&BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let ledger = &ctx.community.ledger;
    check_on(ledger)?;
    if to.is_empty() || to.len() > MEMBERS_AT_ONCE_MAX {
        return Err(Refusal::TooMany { what: "members".to_owned(), max: MEMBERS_AT_ONCE_MAX as u64 });
    }
    check_reason(ctx, reason)?;
    to.iter().try_for_each(|member| ctx.member_inside(*member).map(drop))?;
    let day = super::today(ctx);
    let granted = if day == ledger.points.day { ledger.points.granted } else { 0 };
    let max = ledger.config.points.per_day_max;
    let together = i128::from(granted) + i128::from(amount.units()) * to.len() as i128;
    if together > i128::from(max) {
        return Err(Failure::Limit { limit: Limit::GrantsPerDay, max: whole(max) }.into());
    }
    let moves = to.iter().flat_map(|member| granting(&ledger.book, *member, amount)).collect();
    let months = ledger.config.points.expire_months;
    let zone = ctx.community.profile.zone.rules();
    let ends_ms = months.and_then(|months| calendar::month_after(&zone, ctx.at_ms(), months + 1));
    let draft = Draft { ends_ms, ..Draft::new(Template::PointsGrant, Kind::Post, moves) };
    super::post(ctx, draft, out)?;
    for member in to {
        tell_granted(ctx, (*member, amount), reason, out);
    }
    Ok(())
}

/// The moves of a grant: what a member owes is paid first.
pub(super) fn granting(book: &Book, member: MemberId, amount: Amount) -> Vec<Move> {
    let (asset, debt) = (Asset::Points, owed(book, member, Asset::Points));
    let mut moves = vec![Move { from: MINT, to: purse(member), asset, amount }];
    if let Ok(amount) = Amount::new(debt.min(amount.units())) {
        let to = AccountId::Member(member, Purse::Receivable);
        moves.push(Move { from: purse(member), to, asset, amount });
    }
    moves
}

fn tell_granted(
    ctx: &Ctx<'_>,
    (member, amount): (MemberId, Amount),
    reason: Option<&BodyRef>,
    out: &mut Outcome,
) {
    let ledger = &ctx.community.ledger;
    let text = Text::new(if reason.is_some() { "points.granted_because" } else { "points.granted" });
    let text = text.with("amount", whole(amount.units()));
    out.notify(member, reason.map_or(text.clone(), |reason| text.with("reason", Arg::Body(*reason))));
    let before = ledger.points.earned.get(&member).copied().unwrap_or(0);
    let after = before.saturating_add(amount.units());
    let level = |earned: i64| level_of(&ledger.config.points.levels, earned);
    if let Some(reached) = level(after).filter(|reached| level(before) != Some(*reached)) {
        out.notify(member, Text::new("points.level_reached").with("level", reached.name.as_str()));
    }
}

fn check_reason(ctx: &Ctx<'_>, reason: Option<&BodyRef>) -> Result<(), Refusal> {
    reason.map_or(Ok(()), |reason| ctx.fresh_text("reason", reason, REASON_BYTES_MAX).map(drop))
}

/// Takes points away from a member, who must have them: a grant by mistake is better reversed.
pub(super) fn take(
    ctx: &Ctx<'_>,
    (member, amount): (MemberId, Amount),
    reason: Option<&BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    check_reason(ctx, reason)?;
    let known = ctx.community.members.get(member).is_some();
    if !known {
        return Err(Refusal::NotFound { what: member.to_string() });
    }
    let moves = vec![Move { from: purse(member), to: MINT, asset: Asset::Points, amount }];
    super::post(ctx, Draft::new(Template::PointsTake, Kind::Post, moves), out)?;
    let text = Text::new(if reason.is_some() { "points.taken_because" } else { "points.taken" });
    let text = text.with("amount", whole(amount.units()));
    out.notify(member, reason.map_or(text.clone(), |reason| text.with("reason", Arg::Body(*reason))));
    Ok(())
}

/// A member spends points on something of the community's.
pub(super) fn spend(ctx: &Ctx<'_>, amount: Amount, out: &mut Outcome) -> Result<(), Refusal> {
    check_on(&ctx.community.ledger)?;
    let from = purse(ctx.acting()?.id);
    let moves = vec![Move { from, to: MINT, asset: Asset::Points, amount }];
    super::post(ctx, Draft::new(Template::PointsSpend, Kind::Post, moves), out).map(drop)
}

/// Sees to it that points end in time: from the first setting on, at the beginning of each month.
pub(super) fn plan_sweep(ctx: &Ctx<'_>, out: &mut Outcome) {
    let zone = ctx.community.profile.zone.rules();
    if let Some(due_ms) = calendar::month_after(&zone, ctx.at_ms(), 1) {
        super::plan(ctx, (Duty::Sweep, due_ms), Timer::Sweep { due_ms, after: None }, out);
    }
}

/// Points whose time is over go away, some members at a time.
pub(super) fn sweep(ctx: &Ctx<'_>, due_ms: u64, after: Option<MemberId>, out: &mut Outcome) {
    let ledger = &ctx.community.ledger;
    if ledger.duties.get(&Duty::Sweep) != Some(&due_ms) {
        return;
    }
    let mut moves = Vec::new();
    let mut last = None;
    for (member, balance) in purses(&ledger.book, after) {
        if moves.len() == MEMBERS_AT_ONCE_MAX {
            break;
        }
        last = Some(member);
        let ended = ended(balance, due_ms).min(balance.available());
        if let (Ok(amount), false) = (Amount::new(ended), ledger.book.shut(&purse(member)).out()) {
            moves.push(Move { from: purse(member), to: MINT, asset: Asset::Points, amount });
        }
    }
    let full = moves.len() == MEMBERS_AT_ONCE_MAX;
    let lost: Vec<(Option<MemberId>, Amount)> =
        moves.iter().map(|moved| (moved.from.purse_of(), moved.amount)).collect();
    if !moves.is_empty() {
        let draft = Draft::new(Template::PointsExpire, Kind::Post, moves);
        if super::post(ctx, draft, out).is_ok() {
            for (member, amount) in lost {
                let text = Text::new("points.ended").with("amount", whole(amount.units()));
                member.into_iter().for_each(|member| out.notify(member, text.clone()));
            }
        }
    }
    if full {
        super::set_timer(ctx, due_ms, Timer::Sweep { due_ms, after: last }, out);
    } else {
        plan_sweep(ctx, out);
    }
}

/// Members' purses of points, after one.
fn purses(book: &Book, after: Option<MemberId>) -> impl Iterator<Item = (MemberId, &Balance)> {
    let first = (purse(after.unwrap_or(MemberId(0))), Asset::FIRST);
    let members = book.accounts.range(first..).map_while(|((account, _), balance)| match account {
        AccountId::Member(member, purse) => Some((*member, *purse, balance)),
        _ => None,
    });
    members
        .filter(move |(member, purse, _)| *purse == Purse::Points && Some(*member) != after)
        .map(|(member, _, balance)| (member, balance))
}

fn ended(balance: &Balance, by_ms: u64) -> i64 {
    let over = balance.buckets.iter().take_while(|bucket| bucket.ends_ms <= by_ms);
    over.fold(0, |sum: i64, bucket| sum.saturating_add(bucket.units))
}

/// The highest level that somebody with so many earned points has.
pub fn level_of(levels: &[Level], earned: i64) -> Option<&Level> {
    levels.iter().rev().find(|level| level.points <= whole(earned))
}

/// What a member sees of their points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding<'a> {
    /// What is there.
    pub balance: i64,
    /// What can be spent: less what is held, and what is owed.
    pub available: i64,
    /// What is owed since something was taken back.
    pub owed: i64,
    /// Earned since ever.
    pub earned: i64,
    /// The level that comes with it.
    pub level: Option<&'a Level>,
    /// The next level.
    pub next: Option<&'a Level>,
    /// What ends when, the next first.
    pub ending: Vec<Bucket>,
}

/// A member's points.
pub fn holding(community: &Community, member: MemberId) -> Holding<'_> {
    let ledger = &community.ledger;
    let balance = ledger.book.balance(&purse(member), Asset::Points);
    let owed = owed(&ledger.book, member, Asset::Points);
    let earned = ledger.points.earned.get(&member).copied().unwrap_or(0);
    let levels = &ledger.config.points.levels;
    Holding {
        balance: balance.posted,
        available: balance.available().saturating_sub(owed).max(0),
        owed,
        earned,
        level: level_of(levels, earned),
        next: levels.iter().find(|level| level.points > whole(earned)),
        ending: balance.buckets,
    }
}

/// How many points a member can spend: what rules and scripts ask.
pub fn points(community: &Community, member: MemberId) -> u64 {
    whole(holding(community, member).available)
}

/// What the operator sees of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Till {
    /// Points there are.
    pub issued: i64,
    /// The most there may be.
    pub supply_max: i64,
    /// Granted on the day of the newest grant, counted from 1970-01-01.
    pub granted: (i32, i64),
    /// Held, on their way from member to member.
    pub held: i64,
    /// In escrows.
    pub escrowed: i64,
    /// Owed by members.
    pub owed: i64,
    /// Members who have some.
    pub holders: usize,
}

/// The operator's view.
pub fn till(community: &Community) -> Till {
    let ledger = &community.ledger;
    let mut till = Till {
        issued: ledger.book.issued(),
        supply_max: ledger.config.points.supply_max,
        granted: (ledger.points.day, ledger.points.granted),
        held: 0,
        escrowed: 0,
        owed: 0,
        holders: 0,
    };
    for (account, _, balance) in ledger.book.accounts().filter(|(_, asset, _)| *asset == Asset::Points) {
        match account {
            AccountId::Escrow(..) => till.escrowed += balance.posted,
            AccountId::Member(_, Purse::Receivable) => till.owed -= balance.posted,
            AccountId::Member(..) => {
                till.held += balance.pending_out;
                till.holders += usize::from(balance.posted > 0);
            }
            _ => {}
        }
    }
    till
}

/// Sets up what follows from a setting of points.
pub(super) fn configured(ctx: &Ctx<'_>, out: &mut Outcome) {
    if !ctx.community.ledger.duties.contains_key(&Duty::Sweep) {
        plan_sweep(ctx, out);
    }
}
