//! Raising topics when it is time, as messages of the bot that has them to say.
//!
//! The time is a timer; the state holds the one that is meant, so that another zone or configuration sets a
//! new one and the old one finds nothing to do. What was missed while the host was down is made up for once.

use jiff::tz::TimeZone;

use super::choose::{self, Chosen};
use super::past::Raised;
use super::{Event, Timer, TopicConfig};
use crate::body::Bodies;
use crate::channel::{Channel, Kind, Status as ChannelStatus};
use crate::command::{Actor, Command};
use crate::community::{Status, Zone};
use crate::decide::{Ctx, Outcome, decide_kind};
use crate::event::Event as AnyEvent;
use crate::ids::{CommandId, MemberId, MessageId, TimerId, derive};
use crate::member::Member;
use crate::message::{self, Mentions, Part, Sort};
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::role;
use crate::timer::{self, Purpose};

/// Number of the timer among those of one command.
const TIMER_INDEX: u32 = 1 << 18;
/// What the engine's own bot is called.
const BOT_NICKNAME: &str = "⚙ topics";

/// Sets the timer for the next topics, unless it is set.
pub(super) fn schedule(ctx: &Ctx<'_>, config: &TopicConfig, zone: &TimeZone, out: &mut Outcome) {
    let old = ctx.community.topics.next_ms;
    set(ctx.command.id, (config.next_ms(zone, ctx.at_ms()), old), out);
}

fn set(command: CommandId, (next_ms, old): (Option<u64>, Option<u64>), out: &mut Outcome) {
    if next_ms == old {
        return;
    }
    out.event(Event::Scheduled { next_ms, old });
    if let Some(due_ms) = next_ms {
        let purpose = Purpose::Topic(Timer::Due { turn: due_ms });
        out.event(timer::Event::Set { timer: TimerId::of(command, TIMER_INDEX), due_ms, purpose });
    }
}

/// Sets the first timer of a community that is being founded.
pub fn begin(command: &Command, config: &TopicConfig, zone: &Zone, out: &mut Outcome) {
    set(command.id, (config.next_ms(&zone.rules(), command.at_ms), None), out);
}

/// The community's clocks show another time from now on.
pub fn zone_changed(ctx: &Ctx<'_>, zone: &Zone, out: &mut Outcome) {
    schedule(ctx, &ctx.community.topics.config, &zone.rules(), out);
}

/// It is time.
pub(super) fn due(ctx: &Ctx<'_>, turn: u64, out: &mut Outcome) {
    let topics = &ctx.community.topics;
    if topics.next_ms != Some(turn) {
        return;
    }
    let Some(bot) = topics.bot else {
        // Who speaks must be there before they do: the same timer again, at once.
        let bot = Box::new(bot_row(ctx, out));
        out.event(Event::BotAdded { bot });
        let purpose = Purpose::Topic(Timer::Due { turn });
        return timer::set(ctx, TIMER_INDEX, ctx.at_ms(), purpose, out);
    };
    schedule(ctx, &topics.config, &ctx.community.profile.zone.rules(), out);
    if ctx.community.profile.status != Status::Open {
        return;
    }
    let Some(channel) = channel(ctx) else {
        return tell_owner(ctx, &Refusal::NotFound { what: "channel".to_owned() }, out);
    };
    for (index, chosen) in (0..).zip(choose::choose(ctx, channel, bot, out)) {
        let before = out.events.len();
        if let Err(refusal) = raise(ctx, channel, (chosen, index), out) {
            out.events.truncate(before);
            tell_owner(ctx, &refusal, out);
        }
    }
}

/// How many topics scripts are asked for at a turn; `None` where it asks none of them.
pub fn wanted(ctx: &Ctx<'_>, turn: u64) -> Option<u32> {
    let topics = &ctx.community.topics;
    let open = topics.next_ms == Some(turn) && ctx.community.profile.status == Status::Open;
    choose::wanted(ctx, channel(ctx)?, topics.bot.filter(|_| open)?)
}

fn channel<'a>(ctx: &Ctx<'a>) -> Option<&'a Channel> {
    let channels = &ctx.community.channels;
    let name = &ctx.community.topics.config.channel;
    if !name.is_empty() {
        return channels.of_name(name);
    }
    let open = |channel: &&Channel| channel.kind == Kind::Group && channel.status == ChannelStatus::Open;
    channels.listed().into_iter().find(open)
}

/// Posts a topic as any member would post a message: rules and scripts have their say.
fn raise(
    ctx: &Ctx<'_>,
    channel: &Channel,
    (chosen, index): (Chosen, u32),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let Chosen { title, text, fingerprint, source, bot, reply_to } = chosen;
    let says = if text.is_empty() { title.clone() } else { format!("{title}\n{text}") };
    let mut bodies = Bodies::default();
    let mut put = |text: &str| bodies.put(ctx.extensions.body(ctx.at_ms(), bot, text));
    let (title, body) = (put(&title), put(&says));
    let post = message::Command::Post {
        channel: channel.id,
        parts: vec![Part::Text { body }],
        reply_to,
        sort: Sort::Talk,
        mentions: Mentions::default(),
    };
    let command = Command {
        id: CommandId(derive(ctx.command.id.0, "topic", index)),
        community: ctx.command.community,
        at_ms: ctx.at_ms(),
        actor: Actor::Member(bot),
        scope: None,
        key: None,
        cause: Some(ctx.command.id),
        kind: post.into(),
    };
    let actor = role::check(ctx.community, &command)?;
    let from = out.events.len();
    decide_kind(&Ctx { command: &command, bodies: &bodies, actor, ..*ctx }, &command.kind, out)?;
    out.bodies.extend(bodies);
    let denied = |event: &AnyEvent| matches!(event, AnyEvent::Message(message::Event::Denied { .. }));
    if !out.events[from..].iter().any(denied) {
        let place = (MessageId(command.id.0), channel.id, ctx.at_ms());
        out.event(Event::Raised { raised: Box::new(Raised::new(place, title, fingerprint, source)) });
    }
    Ok(())
}

fn tell_owner(ctx: &Ctx<'_>, refusal: &Refusal, out: &mut Outcome) {
    if let Some(owner) = ctx.community.profile.owner {
        out.notify(owner, Text::new("topic.not_raised"));
        out.notify(owner, refusal.text());
    }
}

fn bot_row(ctx: &Ctx<'_>, out: &mut Outcome) -> Member {
    let id = MemberId::of(ctx.command.id, 0);
    let nickname = out.bodies.put(ctx.extensions.body(ctx.at_ms(), id, BOT_NICKNAME));
    Member::bot(id, nickname, ctx.at_ms())
}
