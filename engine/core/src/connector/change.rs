//! Connecting, describing and letting go of networks; which channel stands for which; what was done.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ability, Connector, Event, Mapped, owner};
use crate::body::BodyRef;
use crate::channel;
use crate::decide::{Ctx, Outcome};
use crate::ids::{ConnectorId, MemberId};
use crate::import::Short;
use crate::limits::{self, CHANNELS_MAX};
use crate::refusal::Refusal;

/// Connectors of one community: every network there is, some of them twice.
const CONNECTORS_MAX: usize = 32;
/// Bytes of an id that a network gives to somebody or something.
pub(super) const EXTERNAL_ID_BYTES_MAX: usize = 512;

pub(super) fn connect(
    ctx: &Ctx<'_>,
    (name, network): (&str, &str),
    can: &BTreeSet<Ability>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    limits::check_name(name)?;
    limits::check_name(network)?;
    let connectors = &ctx.community.connectors;
    if connectors.iter().count() >= CONNECTORS_MAX {
        return Err(Refusal::TooMany { what: "connector".to_owned(), max: CONNECTORS_MAX as u64 });
    }
    if connectors.iter().any(|row| row.name == name) {
        return Err(Refusal::AlreadyExists { what: name.to_owned() });
    }
    let connector = Connector {
        id: ConnectorId(ctx.command.id.0),
        name: name.to_owned(),
        network: network.to_owned(),
        can: can.clone(),
        since_ms: ctx.at_ms(),
        // What happened before is not for the network to do.
        acked_seq: ctx.stream.seq + 1,
        channels: BTreeMap::new(),
    };
    out.event(Event::Connected { connector });
    Ok(())
}

pub(super) fn describe(
    ctx: &Ctx<'_>,
    connector: ConnectorId,
    can: &BTreeSet<Ability>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let row = ctx.community.connectors.find(connector)?;
    if row.can == *can {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Described { connector, can: can.clone(), old: row.can.clone() });
    Ok(())
}

pub(super) fn disconnect(ctx: &Ctx<'_>, connector: ConnectorId, out: &mut Outcome) -> Result<(), Refusal> {
    let old = Box::new(ctx.community.connectors.find(connector)?.clone());
    out.event(Event::Disconnected { old });
    Ok(())
}

pub(super) fn map(
    ctx: &Ctx<'_>,
    (connector, external): (ConnectorId, Short),
    mapped: Mapped,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    external_id(ctx, &mapped.name, owner(connector))?;
    let row = ctx.community.connectors.find(connector)?;
    channel::find_readable(ctx, mapped.channel)?;
    let old = row.channels.get(&external).copied();
    if old.is_some_and(|old| old.channel == mapped.channel) {
        return Err(Refusal::NothingToChange);
    }
    if old.is_none() && row.channels.len() >= CHANNELS_MAX {
        return Err(Refusal::TooMany { what: "channel".to_owned(), max: CHANNELS_MAX as u64 });
    }
    out.event(Event::ChannelMapped { connector, external, mapped, old });
    Ok(())
}

pub(super) fn unmap(
    ctx: &Ctx<'_>,
    (connector, external): (ConnectorId, Short),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let row = ctx.community.connectors.find(connector)?;
    let old = *row.channels.get(&external).ok_or(Refusal::NothingToChange)?;
    out.event(Event::ChannelUnmapped { connector, external, old });
    Ok(())
}

/// Acknowledges what records ask. An older word than the last changes nothing; one of the future is none.
pub(super) fn ack(
    ctx: &Ctx<'_>,
    (connector, seq): (ConnectorId, u64),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let old = ctx.community.connectors.find(connector)?.acked_seq;
    if seq > ctx.stream.seq {
        return Err(Refusal::NotFound { what: "record".to_owned() });
    }
    if seq <= old {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Acked { connector, seq, old });
    Ok(())
}

/// Checks an id that a network gave, which came with the command as a body of `owner`.
pub(super) fn external_id(ctx: &Ctx<'_>, id: &BodyRef, owner: MemberId) -> Result<(), Refusal> {
    let text = ctx.fresh_text("external_id", id, EXTERNAL_ID_BYTES_MAX)?;
    if ctx.bodies.get(id).is_none_or(|body| body.owner != owner) {
        return Err(Refusal::BodyMissing);
    }
    if text.is_empty() {
        return Err(Refusal::TextEmpty { field: "external_id".to_owned() });
    }
    Ok(())
}
