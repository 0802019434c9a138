//! Red packets: somebody puts something in, others open it, and each who opens it finds a share.
//!
//! open → drained | expired. The shares are fixed when the packet is sent; who comes first takes the first.
//! Who may open it is fixed at that time too, so nobody comes in for it. Nothing is kept back from it, and
//! what nobody opened goes back to the unit. A message about it may be deleted: the packet stays.

mod draw;
mod fold;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use draw::{Draw, commitment, shares, verify_draw};
pub(super) use fold::apply;

use super::account::{Destinations, EscrowKind, Terms};
use super::config::{SHARES_MAX, Switch};
use super::failure::{Failure, Limit};
use super::post::whole;
use super::transaction::{Kind, Move, Template};
use super::{AccountId, Amount, Asset, Draft, Timer, transfer};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, ObjectId};
use crate::limits::REASON_BYTES_MAX;
use crate::notice::Text;
use crate::refusal::Refusal;

/// Packets of one sender that can be opened.
pub const OPEN_MAX: usize = 20;
/// Packets that are over and can still be looked at.
pub const OVER_KEPT: usize = 64;
/// Bytes of a password.
const PASSWORD_BYTES_MAX: usize = 100;

/// How a packet is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The same for each.
    Equal,
    /// By luck.
    Lucky,
}

/// Whether the sender may open their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// They may.
    #[default]
    Allowed,
    /// They may not.
    Excluded,
}

/// Who may open a packet, as its sender says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody who is inside now.
    #[default]
    Inside,
    /// Those who have a tag now.
    Tag(String),
    /// These only.
    Members(BTreeSet<MemberId>),
}

/// A packet as its sender wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Of what.
    pub asset: Asset,
    /// How much in all.
    pub total: Amount,
    /// For how many.
    pub count: u32,
    /// How it is split.
    pub split: Split,
    /// Whether the sender may open it.
    #[serde(default)]
    pub own: Own,
    /// Who may open it.
    #[serde(default)]
    pub audience: Audience,
    /// What has to be said to open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<BodyRef>,
    /// What is written on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<BodyRef>,
}

/// What can be asked of packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Send one.
    Fund(Wish),
    /// Open one.
    Claim {
        /// Which.
        packet: ObjectId,
        /// What is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<BodyRef>,
    },
}

/// How a packet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every share was taken.
    Drained,
    /// Its time was over; so many units went back.
    Expired {
        /// How many.
        refunded: i64,
    },
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// Who sent it.
    pub by: MemberId,
    /// What they wanted.
    pub wish: Wish,
    /// When it was sent, Unix milliseconds.
    pub at_ms: u64,
    /// From here on it cannot be opened.
    pub until_ms: u64,
    /// The most that one share could be.
    pub share_max: i64,
    /// Who may open it, where that is not everybody who was inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<BTreeSet<MemberId>>,
    /// What was drawn from; for nobody's eyes before the packet is over.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub seed: Option<[u8; 32]>,
    /// What is published of the seed before.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub commitment: Option<[u8; 32]>,
    /// What each finds, in the order in which they come.
    pub shares: Vec<i64>,
    /// Who came, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claimed: Vec<MemberId>,
    /// What each of them found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<MemberId, i64>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// What everybody may know of a draw once the packet is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revealed {
    /// What was drawn.
    pub draw: Draw,
    /// From what.
    pub seed: [u8; 32],
    /// What was published before.
    pub commitment: [u8; 32],
}

impl Packet {
    /// What a member found in it.
    pub fn share_of(&self, member: MemberId) -> Option<i64> {
        self.found.get(&member).copied()
    }

    /// How many shares nobody has taken.
    pub fn left(&self) -> usize {
        self.shares.len() - self.claimed.len().min(self.shares.len())
    }

    /// Who found most, once it is over; of equals the first.
    pub fn luckiest(&self) -> Option<MemberId> {
        self.end?;
        let by_luck =
            |(place, member): &(usize, &MemberId)| (self.share_of(**member), std::cmp::Reverse(*place));
        self.claimed.iter().enumerate().max_by_key(by_luck).map(|(_, member)| *member)
    }

    /// What anybody needs to check the draw; nothing before the packet is over.
    pub fn revealed(&self, id: ObjectId) -> Option<Revealed> {
        self.end?;
        Some(Revealed { draw: self.draw(id), seed: self.seed?, commitment: self.commitment? })
    }

    fn draw(&self, id: ObjectId) -> Draw {
        let (total, share_max) = (whole(self.wish.total.units()), whole(self.share_max));
        Draw { packet: id.0, total, count: self.wish.count, share_max }
    }
}

/// What happened to packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One was sent.
    Funded {
        /// Which.
        packet: ObjectId,
        /// What.
        row: Box<Packet>,
    },
    /// Somebody opened one.
    Claimed {
        /// Which.
        packet: ObjectId,
        /// Who.
        member: MemberId,
        /// What they found.
        units: i64,
    },
    /// One is over.
    Ended {
        /// Which.
        packet: ObjectId,
        /// How.
        end: End,
    },
}

/// Packets that are open, and the last that were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packets(pub(super) BTreeMap<ObjectId, Packet>);

impl Packets {
    /// A packet.
    pub fn get(&self, packet: ObjectId) -> Option<&Packet> {
        self.0.get(&packet)
    }

    /// All, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, &Packet)> {
        self.0.iter().map(|(id, packet)| (*id, packet))
    }
}

fn invalid(name: &str, expected: &str) -> Refusal {
    Refusal::ValueInvalid { name: name.to_owned(), expected: expected.to_owned() }
}

fn escrow(packet: ObjectId) -> AccountId {
    AccountId::Escrow(EscrowKind::Packet, packet)
}

/// Decides a command.
pub(super) fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Fund(wish) => fund(ctx, wish, out),
        Command::Claim { packet, password } => claim(ctx, *packet, password.as_ref(), out),
    }
}

fn check_wish(ctx: &Ctx<'_>, by: MemberId, wish: &Wish) -> Result<(), Refusal> {
    let ledger = &ctx.community.ledger;
    if ledger.config.packets.state == Switch::Off {
        return Err(super::off("packets"));
    }
    if wish.count == 0 || wish.count > SHARES_MAX {
        return Err(Refusal::TooMany { what: "shares".to_owned(), max: u64::from(SHARES_MAX) });
    }
    let (total, count) = (wish.total.units(), i64::from(wish.count));
    if total < count {
        return Err(invalid("total", "one_each"));
    }
    if wish.split == Split::Equal && total % count != 0 {
        return Err(invalid("total", "even"));
    }
    let max = ledger.config.packets.share_max;
    if i128::from(total) > i128::from(max) * i128::from(count) {
        return Err(Failure::Limit { limit: Limit::Share, max: whole(max) }.into());
    }
    if let Some(password) = &wish.password {
        let said = ctx.fresh_text("password", password, PASSWORD_BYTES_MAX)?;
        if said.trim().is_empty() {
            return Err(Refusal::TextEmpty { field: "password".to_owned() });
        }
    }
    if let Some(greeting) = &wish.greeting {
        ctx.fresh_text("greeting", greeting, REASON_BYTES_MAX)?;
    }
    let open = |packet: &&Packet| packet.by == by && packet.end.is_none();
    if ledger.packets.0.values().filter(open).count() >= OPEN_MAX {
        return Err(Refusal::TooMany { what: "packets".to_owned(), max: OPEN_MAX as u64 });
    }
    Ok(())
}

/// Who may open it, fixed now.
fn listed(ctx: &Ctx<'_>, audience: &Audience) -> Result<Option<BTreeSet<MemberId>>, Refusal> {
    let members: BTreeSet<MemberId> = match audience {
        Audience::Inside => return Ok(None),
        Audience::Tag(tag) => {
            let tagged = ctx.community.members.active().filter(|member| member.tags.contains(tag));
            tagged.map(|member| member.id).collect()
        }
        Audience::Members(members) => {
            members.iter().try_for_each(|member| ctx.member_inside(*member).map(drop))?;
            members.clone()
        }
    };
    if members.is_empty() {
        return Err(Refusal::NotFound { what: "member".to_owned() });
    }
    Ok(Some(members))
}

fn fund(ctx: &Ctx<'_>, wish: &Wish, out: &mut Outcome) -> Result<(), Refusal> {
    let (by, ledger, id) = (ctx.acting()?.id, &ctx.community.ledger, ObjectId(ctx.command.id.0));
    check_wish(ctx, by, wish)?;
    let from = transfer::purse(ledger, by, wish.asset)?;
    transfer::check_cap(ctx, by, wish.asset, wish.total)?;
    let until_ms = ctx.at_ms().saturating_add(ledger.config.packets.wait.0);
    let mut row = Packet {
        by,
        wish: wish.clone(),
        at_ms: ctx.at_ms(),
        until_ms,
        share_max: ledger.config.packets.share_max,
        listed: listed(ctx, &wish.audience)?,
        seed: None,
        commitment: None,
        shares: vec![wish.total.units() / i64::from(wish.count); wish.count as usize],
        claimed: Vec::new(),
        found: BTreeMap::new(),
        end: None,
    };
    if wish.split == Split::Lucky {
        let seed = ctx.extensions.seed(ctx.stream.id, ctx.command.id);
        let draw = row.draw(id);
        row.shares = shares(&draw, &seed).into_iter().filter_map(|share| i64::try_from(share).ok()).collect();
        (row.seed, row.commitment) = (Some(seed), Some(commitment(&draw, &seed)));
        out.seed = Some(seed);
    }
    let terms = Terms { refund: Some(from.clone()), until_ms, to: Destinations::Members };
    let moves = vec![Move { from, to: escrow(id), asset: wish.asset, amount: wish.total }];
    let opens = Some(Box::new((escrow(id), terms)));
    super::post(ctx, Draft { opens, ..Draft::new(Template::PacketFund, Kind::Post, moves) }, out)?;
    out.event(super::Event::Packet(Event::Funded { packet: id, row: Box::new(row) }));
    super::set_timer(ctx, until_ms, Timer::PacketEnds { packet: id }, out);
    Ok(())
}

fn check_claim(ctx: &Ctx<'_>, row: &Packet, said: Option<&BodyRef>) -> Result<MemberId, Refusal> {
    let me = ctx.acting()?;
    if let Some(share) = row.share_of(me.id) {
        return Err(Refusal::PacketClaimed { share: whole(share) });
    }
    if row.end.is_some() || row.left() == 0 || ctx.at_ms() >= row.until_ms {
        return Err(Refusal::PacketEmpty);
    }
    let was_there = match &row.listed {
        Some(listed) => listed.contains(&me.id),
        // Who came in the same millisecond came too late: the order within it is not to be seen.
        None => me.joined_ms.is_some_and(|joined_ms| joined_ms < row.at_ms),
    };
    if !was_there || (row.wish.own == Own::Excluded && row.by == me.id) {
        return Err(Refusal::NotYours { what: "packet".to_owned() });
    }
    if let Some(password) = &row.wish.password {
        let given = match said {
            Some(said) => Some(ctx.fresh_text("password", said, PASSWORD_BYTES_MAX)?),
            None => None,
        };
        let wanted = ctx.text(password);
        if wanted.is_none() || given.map(str::trim) != wanted.map(str::trim) {
            return Err(invalid("password", "right_password"));
        }
    }
    Ok(me.id)
}

fn claim(ctx: &Ctx<'_>, packet: ObjectId, said: Option<&BodyRef>, out: &mut Outcome) -> Result<(), Refusal> {
    let row = ctx.community.ledger.packets.get(packet);
    let row = row.ok_or_else(|| Refusal::NotFound { what: "packet".to_owned() })?;
    let member = check_claim(ctx, row, said)?;
    let units = row.shares.get(row.claimed.len()).copied().ok_or(Refusal::PacketEmpty)?;
    let amount = Amount::new(units).map_err(|_| Refusal::PacketEmpty)?;
    let asset = row.wish.asset;
    let to = AccountId::purse(member, asset).ok_or(Failure::Malformed)?;
    let moves = vec![Move { from: escrow(packet), to, asset, amount }];
    super::post(ctx, Draft::new(Template::PacketClaim, Kind::Post, moves), out)?;
    out.event(super::Event::Packet(Event::Claimed { packet, member, units }));
    if row.left() == 1 {
        out.event(super::Event::Packet(Event::Ended { packet, end: End::Drained }));
        out.notify(row.by, Text::new("packet.drained").with("count", row.shares.len()));
    }
    Ok(())
}

/// A packet's time is over: what nobody opened goes back, or into suspense where it cannot.
pub(super) fn expires(ctx: &Ctx<'_>, packet: ObjectId, out: &mut Outcome) {
    let ledger = &ctx.community.ledger;
    let Some(row) = ledger.packets.get(packet).filter(|row| row.end.is_none()) else { return };
    let asset = row.wish.asset;
    let rest = ledger.book.balance(&escrow(packet), asset).posted;
    let sender = AccountId::purse(row.by, asset).filter(|purse| !ledger.book.shut(purse).into());
    let to = sender.unwrap_or(AccountId::Suspense);
    if let Ok(amount) = Amount::new(rest) {
        let moves = vec![Move { from: escrow(packet), to, asset, amount }];
        if super::post(ctx, Draft::new(Template::PacketRefund, Kind::Post, moves), out).is_err() {
            return;
        }
    }
    out.event(super::Event::Packet(Event::Ended { packet, end: End::Expired { refunded: rest } }));
    out.notify(row.by, Text::new("packet.expired").with("amount", whole(rest)));
}
