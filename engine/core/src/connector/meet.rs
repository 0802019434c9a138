//! Meeting people of a network: at first sight they become members, without the gate.
//!
//! The network's own ways of letting people in stand for the gate. Who was banned stays out, who was sent out
//! comes back after the pause, and who was imported from the same network is who they were.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Connector, Event, change};
use crate::body::BodyRef;
use crate::card;
use crate::decide::{Ctx, Outcome};
use crate::ids::{ConnectorId, MemberId};
use crate::import::Short;
use crate::member::{self, Member, Origin, Standing, rejoin};
use crate::refusal::Refusal;
use crate::role::MEMBER;

/// Somebody as a bot names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalPerson {
    /// Who they are there: `import::short` of the network and their id.
    pub key: Short,
    /// Their id there, owned by the member: the one they are already, or the first derived from the command.
    pub external: BodyRef,
    /// Under which keys a file of the same network may have brought them in: `import::short` of each of its
    /// formats and the name or id that it goes by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub imported: BTreeSet<Short>,
}

/// Who somebody of a network is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The member.
    pub member: MemberId,
    /// Their id there.
    pub external: BodyRef,
    /// Whether they were banned when they had themselves erased: they stay out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub banned: bool,
}

pub(super) fn meet(
    ctx: &Ctx<'_>,
    connector: ConnectorId,
    (person, nickname): (&ExternalPerson, Option<BodyRef>),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let connector = ctx.community.connectors.find(connector)?;
    let known = known(ctx, &connector.network, person)?;
    let (member, row) = match known {
        Some(member) => (member.id, None),
        None => {
            let row = newcomer(ctx, connector, nickname)?;
            (row.id, Some(Box::new(row)))
        }
    };
    change::external_id(ctx, &person.external, member)?;
    let met = Met { member, external: person.external, banned: false };
    let seen = ctx.community.connectors.met(&connector.network, person.key);
    let is_known = seen.is_some_and(|seen| seen.member == member);
    let comes_back = known.is_some_and(|member| member.standing != Standing::Active);
    if is_known && !comes_back {
        return Err(Refusal::NothingToChange);
    }
    if !is_known {
        let (connector, network) = (connector.id, connector.network.clone());
        out.event(Event::Met { connector, network, key: person.key, met, row });
    }
    if comes_back {
        out.event(member::Event::Joined { member, role: MEMBER.to_owned() });
    }
    Ok(())
}

/// The member that somebody is already. Refuses whoever may not come (back).
fn known<'a>(ctx: &Ctx<'a>, network: &str, person: &ExternalPerson) -> Result<Option<&'a Member>, Refusal> {
    let community = ctx.community;
    let met = community.connectors.met(network, person.key);
    if met.is_some_and(|met| met.banned) {
        return Err(Refusal::Banned);
    }
    let imported = || person.imported.iter().find_map(|key| community.imports.member(key));
    let row = met.map(|met| met.member).or_else(imported).and_then(|id| community.members.get(id));
    let Some(row) = row else { return Ok(None) };
    if row.person.is_some_and(|person| community.hosted.is_suspended(person)) {
        return Err(Refusal::PersonSuspended);
    }
    match row.standing {
        Standing::Active => Ok(Some(row)),
        // Who was erased is not known any more, unless they were banned.
        Standing::Erased { .. } => rejoin::may_apply(row, ctx.at_ms()).map(|()| None),
        _ => rejoin::may_apply(row, ctx.at_ms()).map(|()| Some(row)),
    }
}

fn newcomer(ctx: &Ctx<'_>, connector: &Connector, nickname: Option<BodyRef>) -> Result<Member, Refusal> {
    let id = MemberId::of(ctx.command.id, 0);
    let nickname = nickname.ok_or(Refusal::BodyMissing)?;
    card::check_nickname(ctx, &nickname)?;
    if ctx.bodies.get(&nickname).is_none_or(|body| body.owner != id) {
        return Err(Refusal::BodyMissing);
    }
    Ok(Member {
        id,
        person: None,
        nickname,
        card: Default::default(),
        roles: BTreeSet::from([MEMBER.to_owned()]),
        tags: BTreeSet::new(),
        standing: Standing::Active,
        since_ms: ctx.at_ms(),
        joined_ms: Some(ctx.at_ms()),
        origin: Origin { source: connector.name.clone(), ..Origin::default() },
        notices: Vec::new(),
    })
}
