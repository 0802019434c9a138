//! Members, their cards, channels.

use kith_core::hook::Input;
use kith_core::ids::MemberId;
use kith_core::member::{Member as Row, Standing};
use kith_core::role::{MEMBER, Permission};
use rhai::{Array, Dynamic};

use super::table::Table;
use super::value::{Card, Channel, Context, Member, NOBODY, Span};
use crate::frame::{self, Answer, Frame, wrong};
use crate::nearest::nearest;
use crate::say;

/// Looks at a member's row; nobody has none.
fn row<T>(member: Member, nobody: T, look: impl FnOnce(&Frame<'_>, &Row) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match frame.member(member.0)? {
        Some(row) => look(frame, row),
        None => Ok(nobody),
    })
}

pub(super) fn add(table: &mut Table) {
    add_identity(table);
    add_standing(table);
    add_conduct(table);
    add_cards(table);
    add_channels(table);
}

fn add_identity(table: &mut Table) {
    table.add(
        (
            "Member.id -> text",
            "Never changes and is never used again.",
            "kv.put(`last:${message.author.id}`, ctx.now_ms);",
        ),
        |member: &mut Member| member.0.to_string(),
    );
    table.add(
        ("Member.name -> text", "The shown name.", "log(message.author.name);"),
        |member: &mut Member| {
            row(*member, String::new(), |frame, row| Ok(frame.body(&row.nickname)?.to_owned()))
        },
    );
    table.add(
        (
            "Member.exists -> bool",
            "Whether there is such a member: an applicant without an inviter has nobody as inviter.",
            "join: if !request.inviter.exists { return hold(\"alone\", \"A moderator looks at it.\"); }",
        ),
        |member: &mut Member| row(*member, false, |_, _| Ok(true)),
    );
    table.add(
        (
            "Member.is_inside -> bool",
            "Whether they are a member now.",
            "if !message.author.is_inside { return allow(); }",
        ),
        |member: &mut Member| row(*member, false, |_, row| Ok(row.standing == Standing::Active)),
    );
    table.add(
        (
            "Context.owner -> Member",
            "The community's owner; nobody where there is none.",
            "log(ctx.owner.name);",
        ),
        |_: &mut Context| frame::with(|frame| Ok(frame.community()?.profile.owner.map_or(NOBODY, Member))),
    );
    table.add(
        (
            "member(id: text) -> Member",
            "The member of an id, such as one that was remembered; nobody where there is none.",
            "log(member(kv.get(\"winner\", \"\")).name);",
        ),
        |id: &str| -> Member { id.parse::<MemberId>().map_or(NOBODY, Member) },
    );
    let module = &mut table.module;
    module.set_native_fn("==", |a: Member, b: Member| Ok(a == b));
    module.set_native_fn("!=", |a: Member, b: Member| Ok(a != b));
    module.set_native_fn("to_string", |member: &mut Member| {
        row(*member, "nobody".to_owned(), |frame, row| Ok(frame.body(&row.nickname)?.to_owned()))
    });
}

fn add_standing(table: &mut Table) {
    table.add(
        (
            "Member.role -> text",
            "The name of their highest role; empty for who is not inside.",
            "if message.author.role == \"guest\" { return hold(\"guest\", \"A moderator looks at it.\"); }",
        ),
        |member: &mut Member| row(*member, String::new(), highest_role),
    );
    table.add(
        ("Member.roles -> array", "The names of all their roles.", "log(`${message.author.roles.len}`);"),
        |member: &mut Member| {
            row(*member, Array::new(), |_, row| {
                Ok(row.roles.iter().map(|role| role.as_str().into()).collect())
            })
        },
    );
    table.add(
        (
            "Member.has_role(role: text) -> bool",
            "Whether they have a role.",
            "if message.author.has_role(\"moderator\") { return allow(); }",
        ),
        |member: &mut Member, role: &str| row(*member, false, |_, row| Ok(row.roles.contains(role))),
    );
    table.add(
        ("Member.tags -> array", "Their tags.", "for tag in message.author.tags { log(tag); }"),
        |member: &mut Member| {
            row(*member, Array::new(), |_, row| Ok(row.tags.iter().map(|tag| tag.as_str().into()).collect()))
        },
    );
    table.add(
        (
            "Member.has_tag(tag: text) -> bool",
            "Whether they carry a tag.",
            "if message.author.has_tag(\"core\") { return allow(); }",
        ),
        |member: &mut Member, tag: &str| row(*member, false, |_, row| Ok(row.tags.contains(tag))),
    );
}

fn add_conduct(table: &mut Table) {
    table.add(
        (
            "Member.can(permission: text) -> bool",
            "Whether their roles allow something, such as `moderate` or `post`.",
            "if message.author.can(\"moderate\") { return allow(); }",
        ),
        |member: &mut Member, code: &str| {
            let permission = permission(code)?;
            row(*member, false, |frame, row| Ok(frame.community()?.roles.allow(row, permission)))
        },
    );
    table.add(
        (
            "Member.joined -> Span",
            "How long they have been inside; nothing for who is not.",
            "if message.author.joined < 1.days && message.links.len > 0 { return hold(\"new\", \"Wait.\"); }",
        ),
        |member: &mut Member| {
            row(*member, Span(0), |frame, row| {
                frame.reads_record_of(row);
                let now_ms = frame.ctx()?.at_ms();
                Ok(Span(row.joined_ms.map_or(0, |at_ms| now_ms.saturating_sub(at_ms))))
            })
        },
    );
    table.add(
        (
            "Member.strikes -> int",
            "Breaches that still count against them.",
            "if message.author.strikes >= 2 { return hold(\"strikes\", \"A moderator looks at it.\"); }",
        ),
        |member: &mut Member| {
            row(*member, 0_i64, |frame, row| {
                let rules = &frame.community()?.rules;
                Ok(i64::from(rules.record.live(row.id, frame.ctx()?.at_ms(), rules.ladder.forget_ms())))
            })
        },
    );
    table.add(
        ("Member.is_muted -> bool", "Whether they may not speak now.", "log(`${message.author.is_muted}`);"),
        |member: &mut Member| {
            row(*member, false, |frame, row| {
                Ok(frame.community()?.rules.record.mute(row.id, frame.ctx()?.at_ms()).is_some())
            })
        },
    );
}

fn highest_role(frame: &Frame<'_>, row: &Row) -> Answer<String> {
    let roles = &frame.community()?.roles;
    let rank = |name: &str| roles.0.get(name).map_or(0, |role| role.rank);
    let highest = row.roles.iter().max_by_key(|name| (rank(name), name.as_str() != MEMBER));
    Ok(highest.cloned().unwrap_or_default())
}

fn permission(code: &str) -> Answer<Permission> {
    let found = Permission::ALL.iter().copied().find(|permission| permission.code() == code);
    found.ok_or_else(|| {
        let codes = Permission::ALL.iter().map(|permission| permission.code());
        match nearest(code, codes) {
            Some(near) => wrong(say::run::permission_near(code, near)),
            None => wrong(say::run::permission_lacks(code)),
        }
    })
}

fn add_cards(table: &mut Table) {
    table.add(
        (
            "Member.card -> Card",
            "Their card; a field is read by its name, and is empty where nothing was filled in.",
            "if message.author.card.region == \"\" { return deny(\"card\", \"Please fill in your card.\"); }",
        ),
        |member: &mut Member| Card(member.0),
    );
    table
        .module
        .set_indexer_get_fn(|card: &mut Card, field: &str| card_field(*card, field).map(Dynamic::from));
}

/// A field of a card; of a change that is asked about, as it would be.
fn card_field(card: Card, name: &str) -> Answer<String> {
    frame::with(|frame| {
        let changed = match frame.input()? {
            Input::Card(change) if change.member.id == card.0 => change.fields.get(name),
            _ => None,
        };
        let kept = || -> Answer<_> {
            let row = frame.member(card.0)?;
            row.iter().for_each(|row| frame.reads_record_of(row));
            Ok(row.and_then(|row| row.card.get(name)))
        };
        let reference = match changed {
            Some(value) => value.as_ref(),
            None => kept()?,
        };
        if let Some(reference) = reference {
            return Ok(frame.body(reference)?.to_owned());
        }
        let schema = &frame.community()?.card.schema;
        if schema.field(name).is_some() {
            return Ok(String::new());
        }
        let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        Err(wrong(match nearest(name, names.iter().copied()) {
            Some(near) => say::run::card_near(name, near),
            None if names.is_empty() => say::run::card_empty(name),
            None => say::run::card_lacks(name, names.join(", ")),
        }))
    })
}

fn add_channels(table: &mut Table) {
    table.add(
        (
            "channel(name: text) -> Channel",
            "A channel by its name.",
            "post(channel(\"general\"), \"Good morning!\");",
        ),
        |name: &str| -> Answer<Channel> { of_name(name) },
    );
    table.add(
        (
            "Channel.name -> text",
            "Its name; empty for a member's own feed.",
            "if message.channel.name != \"market\" { return allow(); }",
        ),
        |channel: &mut Channel| {
            frame::with(|frame| {
                let row = frame.community()?.channels.get(channel.0);
                Ok(row.map_or_else(String::new, |row| row.name.clone()))
            })
        },
    );
    let module = &mut table.module;
    module.set_native_fn("==", |a: Channel, b: Channel| Ok(a == b));
    module.set_native_fn("!=", |a: Channel, b: Channel| Ok(a != b));
}

/// The channel of a name.
pub(super) fn of_name(name: &str) -> Answer<Channel> {
    frame::with(|frame| {
        let channels = &frame.community()?.channels;
        if let Some(channel) = channels.of_name(name) {
            return Ok(Channel(channel.id));
        }
        let names = channels.common().map(|channel| channel.name.as_str());
        Err(wrong(match nearest(name, names) {
            Some(near) => say::run::channel_near(name, near),
            None => say::run::channel_lacks(name),
        }))
    })
}
