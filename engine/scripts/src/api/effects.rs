//! Effects: what a script wants done. Each is checked by the nouns like a command of the script's bot.

use kith_core::hook::{Effect, FaultKind};
use kith_core::ids::{MemberId, MessageId};
use kith_core::limits::{
    EMOJI_BYTES_MAX, MUTE_MS_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX, SCRIPT_KEY_BYTES_MAX, TEXT_BYTES_MAX,
    TIMER_MS_MAX,
};
use kith_core::notice::Text;
use rhai::Dynamic;

use super::members::of_name;
use super::messages::{channel_of, id_of};
use super::remembered::value_of;
use super::table::Table;
use super::value::{Channel, Member, Message, Span};
use crate::frame::{self, Answer, stop, wrong};
use crate::say;

pub(super) fn add(table: &mut Table) {
    add_marks(table);
    add_sanctions(table);
    add_talk(table);
    add_timers(table);
    table.add(
        ("log(line: text)", "Writes a line for the operator; members do not see it.", "log(message.text);"),
        |line: &str| {
            frame::with(|frame| {
                frame.journal.borrow_mut().log(line);
                Ok(())
            })
        },
    );
}

fn push(effect: Effect<String>) -> Answer<()> {
    frame::with(|frame| {
        frame.call()?;
        frame.journal.borrow_mut().push(effect)
    })
}

fn somebody(member: Member) -> Answer<MemberId> {
    match member.0 {
        MemberId(0) => Err(wrong(say::run::no_member())),
        id => Ok(id),
    }
}

fn something(message: Message) -> Answer<MessageId> {
    match id_of(message)? {
        MessageId(0) => Err(wrong(say::run::no_message())),
        id => Ok(id),
    }
}

fn name(what: Text, name: &str) -> Answer<String> {
    if name.is_empty()
        || name.len() > NAME_BYTES_MAX
        || name.trim() != name
        || name.contains(char::is_control)
    {
        return Err(wrong(say::run::bad_name(what, NAME_BYTES_MAX)));
    }
    Ok(name.to_owned())
}

fn text(text: &str, bytes_max: usize) -> Answer<String> {
    if text.len() > bytes_max {
        return Err(stop(FaultKind::Effects, say::run::long_effect(bytes_max)));
    }
    Ok(text.to_owned())
}

fn add_marks(table: &mut Table) {
    table.add(
        ("tag(member: Member, tag: text)", "Puts a tag on a member.", "tag(message.author, \"talks\");"),
        |member: Member, tag: &str| {
            push(Effect::Tag { member: somebody(member)?, tag: name(say::kind::tag(), tag)? })
        },
    );
    table.add(
        ("untag(member: Member, tag: text)", "Takes a tag off.", "untag(message.author, \"quiet\");"),
        |member: Member, tag: &str| {
            push(Effect::Untag { member: somebody(member)?, tag: name(say::kind::tag(), tag)? })
        },
    );
    table.add(
        (
            "give_role(member: Member, role: text)",
            "Gives a role below the script's own rank.",
            "give_role(message.author, \"regular\");",
        ),
        |member: Member, role: &str| {
            push(Effect::GiveRole { member: somebody(member)?, role: name(say::kind::role(), role)? })
        },
    );
    table.add(
        ("take_role(member: Member, role: text)", "Takes a role.", "take_role(message.author, \"regular\");"),
        |member: Member, role: &str| {
            push(Effect::TakeRole { member: somebody(member)?, role: name(say::kind::role(), role)? })
        },
    );
}

fn add_sanctions(table: &mut Table) {
    table.add(
        (
            "warn(member: Member, text: text)",
            "Warns: a strike with a receipt.",
            "warn(message.author, \"Please stay friendly.\");",
        ),
        |member: Member, why: &str| {
            push(Effect::Warn { member: somebody(member)?, text: text(why, REASON_BYTES_MAX)? })
        },
    );
    table.add(
        (
            "mute(member: Member, time: Span, text: text)",
            "Silences for a time.",
            "mute(message.author, 1.hours, \"Please take a break.\");",
        ),
        |member: Member, time: Span, why: &str| {
            if time.0 == 0 || time.0 > MUTE_MS_MAX {
                return Err(wrong(say::run::mute_time()));
            }
            let (member, text) = (somebody(member)?, text(why, REASON_BYTES_MAX)?);
            push(Effect::Mute { member, for_ms: time.0, text })
        },
    );
    table.add(
        (
            "remove(member: Member, text: text)",
            "Sends a member out.",
            "event: if event.kind == \"never\" { remove(event.member, \"Goodbye.\"); }",
        ),
        |member: Member, why: &str| {
            push(Effect::Remove { member: somebody(member)?, text: text(why, REASON_BYTES_MAX)? })
        },
    );
    table.add(
        (
            "notify(member: Member, text: text)",
            "Tells one member something; nobody else sees it.",
            "notify(message.author, \"Thank you for your first message.\");",
        ),
        |member: Member, what: &str| {
            push(Effect::Notify { member: somebody(member)?, text: text(what, REASON_BYTES_MAX)? })
        },
    );
}

fn add_talk(table: &mut Table) {
    table.add(
        (
            "post(channel: Channel, text: text)",
            "Posts a message as the script's bot.",
            "post(message.channel, \"Welcome!\");",
        ),
        |channel: Channel, what: &str| said(channel, what, None),
    );
    table.also(|channel: &str, what: &str| said(of_name(channel)?, what, None));
    table.add(
        (
            "reply_to(message: Message, text: text)",
            "Replies to a message as the script's bot.",
            "event: if event.kind == \"message.posted\" { reply_to(event.message, \"Noted.\"); }",
        ),
        |message: Message, what: &str| {
            let to = something(message)?;
            said(Channel(channel_of(message)?), what, Some(to))
        },
    );
    table.add(
        (
            "delete(message: Message, text: text)",
            "Deletes a message.",
            "if message.is_reply { delete(message.reply_to, \"Off topic.\"); }",
        ),
        |message: Message, why: &str| {
            push(Effect::Delete { message: something(message)?, text: text(why, REASON_BYTES_MAX)? })
        },
    );
    table.add(
        ("react(message: Message, emoji: text)", "Puts an emoji under a message.", "react(message, \"👍\");"),
        |message: Message, emoji: &str| {
            if emoji.is_empty() || emoji.len() > EMOJI_BYTES_MAX {
                return Err(wrong(say::run::bad_emoji()));
            }
            push(Effect::React { message: something(message)?, emoji: emoji.to_owned() })
        },
    );
    table.add(
        (
            "pin(message: Message)",
            "Pins a message to its channel.",
            "if message.text.starts_with(\"Rules\") { pin(message); }",
        ),
        |message: Message| push(Effect::Pin { message: something(message)? }),
    );
}

fn said(channel: Channel, what: &str, reply_to: Option<MessageId>) -> Answer<()> {
    if what.trim().is_empty() {
        return Err(wrong(say::run::said_nothing()));
    }
    push(Effect::Post { channel: channel.0, text: text(what, TEXT_BYTES_MAX)?, reply_to })
}

fn add_timers(table: &mut Table) {
    table.add(
        (
            "set_timer(name: text, time: Span)",
            "Asks to be called again; a timer of the same name is replaced.",
            "set_timer(\"tea\", 2.hours);",
        ),
        |name: &str, time: Span| set(name, time, None),
    );
    table.add(
        (
            "set_timer(name: text, time: Span, note: any)",
            "The same, with something that comes back as `timer.note`.",
            "set_timer(\"welcome\", 1.days, message.author.id);",
        ),
        |name: &str, time: Span, note: Dynamic| set(name, time, Some(note)),
    );
    table.add(
        ("drop_timer(name: text)", "Does not ask to be called after all.", "drop_timer(\"tea\");"),
        |name: &str| push(Effect::DropTimer { name: timer_name(name)? }),
    );
}

fn timer_name(name: &str) -> Answer<String> {
    if name.is_empty() || name.len() > SCRIPT_KEY_BYTES_MAX {
        return Err(wrong(say::run::bad_timer_name(SCRIPT_KEY_BYTES_MAX)));
    }
    Ok(name.to_owned())
}

fn set(name: &str, time: Span, note: Option<Dynamic>) -> Answer<()> {
    if time.0 > TIMER_MS_MAX {
        return Err(wrong(say::run::timer_far()));
    }
    let note = note.filter(|note| !note.is_unit()).map(value_of).transpose()?;
    let due_ms = frame::with(|frame| Ok(frame.ctx()?.at_ms()))?.saturating_add(time.0);
    push(Effect::SetTimer { name: timer_name(name)?, due_ms, note })
}
