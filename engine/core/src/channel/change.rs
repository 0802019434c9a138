//! Opening, changing, closing and reopening channels.

use super::{Channel, ChannelConfig, Command, Event, Kind, Status};
use crate::decide::{Ctx, Outcome};
use crate::ids::ChannelId;
use crate::limits;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::stream::Community;

/// Decides a channel command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Open { channel } => open(ctx, channel, out),
        Command::OpenFeed => open_feed(ctx, out),
        Command::Change { channel, to } => change(ctx, *channel, to, out),
        Command::Close { channel } => close(ctx, *channel, out),
        Command::Reopen { channel } => reopen(ctx, *channel, out),
    }
}

fn open(ctx: &Ctx<'_>, config: &ChannelConfig, out: &mut Outcome) -> Result<(), Refusal> {
    config.check()?;
    if ctx.community.channels.common().count() >= limits::CHANNELS_MAX {
        return Err(Refusal::TooMany { what: "channel".to_owned(), max: limits::CHANNELS_MAX as u64 });
    }
    roles_exist(ctx, config)?;
    if ctx.community.channels.of_name(&config.name).is_some() {
        return Err(Refusal::AlreadyExists { what: config.name.clone() });
    }
    out.event(Event::Opened { channel: ChannelId(ctx.command.id.0), config: config.clone() });
    Ok(())
}

fn open_feed(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?.id;
    if let Some(feed) = ctx.community.channels.feed_of(member) {
        return Err(Refusal::AlreadyExists { what: feed.id.to_string() });
    }
    out.event(Event::FeedOpened { channel: ChannelId(ctx.command.id.0), member });
    Ok(())
}

fn change(ctx: &Ctx<'_>, id: ChannelId, to: &ChannelConfig, out: &mut Outcome) -> Result<(), Refusal> {
    to.check()?;
    let channel = find(ctx, id)?;
    roles_exist(ctx, to)?;
    if ctx.community.channels.of_name(&to.name).is_some_and(|other| other.id != id) {
        return Err(Refusal::AlreadyExists { what: to.name.clone() });
    }
    let Some(old) = channel.config() else {
        return Err(Refusal::WrongState { what: id.to_string(), state: "feed".to_owned() });
    };
    if old == *to {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Changed { channel: id, config: to.clone(), old });
    Ok(())
}

fn close(ctx: &Ctx<'_>, id: ChannelId, out: &mut Outcome) -> Result<(), Refusal> {
    match find(ctx, id)?.status {
        Status::Closed { .. } => {
            Err(Refusal::WrongState { what: id.to_string(), state: "closed".to_owned() })
        }
        Status::Open => {
            out.event(Event::Closed { channel: id });
            Ok(())
        }
    }
}

fn reopen(ctx: &Ctx<'_>, id: ChannelId, out: &mut Outcome) -> Result<(), Refusal> {
    match find(ctx, id)?.status {
        Status::Open => Err(Refusal::WrongState { what: id.to_string(), state: "open".to_owned() }),
        Status::Closed { .. } => {
            out.event(Event::Reopened { channel: id });
            Ok(())
        }
    }
}

fn find<'a>(ctx: &Ctx<'a>, id: ChannelId) -> Result<&'a Channel, Refusal> {
    ctx.community.channels.get(id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })
}

fn roles_exist(ctx: &Ctx<'_>, config: &ChannelConfig) -> Result<(), Refusal> {
    let named = config.read_roles.iter().chain(&config.post_roles);
    match named.into_iter().find(|name| !ctx.community.roles.0.contains_key(*name)) {
        Some(unknown) => Err(Refusal::NotFound { what: unknown.clone() }),
        None => Ok(()),
    }
}

/// Applies what happened to channels.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment) {
    let channels = &mut community.channels;
    match event {
        Event::Opened { channel, config } => channels.put(config.clone().into_channel(*channel)),
        Event::FeedOpened { channel, member } => channels.put(Channel {
            kind: Kind::Feed { member: *member },
            ..ChannelConfig::default().into_channel(*channel)
        }),
        Event::Changed { channel, config, .. } => channels.change(*channel, |channel| {
            let status = channel.status;
            *channel = Channel { status, ..config.clone().into_channel(channel.id) };
        }),
        Event::Closed { channel } => {
            channels.change(*channel, |channel| channel.status = Status::Closed { at_ms: moment.at_ms });
        }
        Event::Reopened { channel } => channels.change(*channel, |channel| channel.status = Status::Open),
    }
}
