//! What `on_join`, `on_card`, `on_command`, `on_timer` and `propose_topics` are asked about; the operator's
//! own settings.

use kith_core::community::Own;
use kith_core::hook::{CardChange, Input, JoinRequest, Ringing, Typed as Asked};
use rhai::{Array, Dynamic, EvalAltResult};

use super::remembered;
use super::table::Table;
use super::value::{Card, Change, Channel, Context, Member, NOBODY, Request, Rung, Settings, Typed, Want};
use crate::frame::{self, Answer, Frame, wrong};
use crate::nearest::nearest;
use crate::say;

pub(super) fn add(table: &mut Table) {
    add_settings(table);
    add_request(table);
    add_change(table);
    add_call(table);
    add_timer(table);
}

fn add_settings(table: &mut Table) {
    table.add(
        (
            "Context.settings -> Settings",
            "The operator's own values: `[settings.own]` of the blueprint, each read by its name.",
            "if message.links.len > ctx.settings.max_links { return hold(\"links\", \"Too many links.\"); }",
        ),
        |_: &mut Context| Settings,
    );
    table.module.set_indexer_get_fn(|_: &mut Settings, name: &str| {
        frame::with(|frame| {
            let own = &frame.community()?.profile.settings.own;
            match own.get(name) {
                Some(Own::Int(number)) => Ok(Dynamic::from(*number)),
                Some(Own::Bool(yes)) => Ok(Dynamic::from(*yes)),
                Some(Own::Text(text)) => Ok(Dynamic::from(text.clone())),
                None => Err(wrong(match nearest(name, own.keys().map(String::as_str)) {
                    Some(near) => say::run::setting_near(name, near),
                    None => say::run::setting_lacks(name),
                })),
            }
        })
    });
}

fn joining<T>(look: impl FnOnce(&Frame<'_>, &JoinRequest<'_>) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Join(request) => look(frame, request),
        _ => Err(wrong(say::run::no_request())),
    })
}

fn add_request(table: &mut Table) {
    table.add(
        (
            "Request.applicant -> Member",
            "Who wants to come in.",
            "join: tag(request.applicant, \"new\"); return allow();",
        ),
        |_: &mut Request| joining(|_, request| Ok(Member(request.applicant.id))),
    );
    table.add(
        (
            "Request.card -> Card",
            "Their card; a field is read by its name.",
            "join: if request.card.region == \"\" { return deny(\"card\", \"Where from?\"); }",
        ),
        |_: &mut Request| joining(|_, request| Ok(Card(request.applicant.id))),
    );
    table.add(
        (
            "Request.source -> text",
            "How they came: what the invite or the connector named, `invite` for an invite without a \
             name, empty where nobody said.",
            "join: if request.source == \"invite\" { return allow(); }",
        ),
        |_: &mut Request| {
            joining(|_, request| {
                let invited = request.origin.invite.is_some() || request.origin.inviter.is_some();
                let unnamed = if invited { "invite" } else { "" };
                let named = Some(&request.origin.source).filter(|source| !source.is_empty());
                Ok(named.cloned().unwrap_or_else(|| unnamed.to_owned()))
            })
        },
    );
    table.add(
        (
            "Request.inviter -> Member",
            "Who invited them; nobody where nobody did.",
            "join: if request.inviter.has_tag(\"core\") { return allow(); }",
        ),
        |_: &mut Request| joining(|_, request| Ok(request.origin.inviter.map_or(NOBODY, Member))),
    );
    table.add(
        (
            "Request.answer(question: text) -> text",
            "The answer to a question, by the question's key; empty where there is none.",
            "join: if request.answer(\"why\").len < 5 { return hold(\"answer\", \"Please wait.\"); }",
        ),
        |_: &mut Request, key: &str| {
            joining(|frame, request| match request.answers.get(key) {
                Some(reference) => Ok(frame.body(reference)?.to_owned()),
                None => Ok(String::new()),
            })
        },
    );
}

fn changing<T>(look: impl FnOnce(&Frame<'_>, &CardChange<'_>) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Card(change) => look(frame, change),
        _ => Err(wrong(say::run::no_change())),
    })
}

fn add_change(table: &mut Table) {
    table.add(
        (
            "Change.member -> Member",
            "Whose card it is.",
            "card: if change.member.can(\"moderate\") { return allow(); }",
        ),
        |_: &mut Change| changing(|_, change| Ok(Member(change.member.id))),
    );
    table.add(
        (
            "Change.card -> Card",
            "The card as it would be.",
            "card: if change.card.region == \"\" { return deny(\"card\", \"A region is needed.\"); }",
        ),
        |_: &mut Change| changing(|_, change| Ok(Card(change.member.id))),
    );
    table.add(
        (
            "Change.nickname -> text",
            "The shown name as it would be.",
            "card: if change.nickname.has_any(list(\"ad-words\")) { return deny(\"name\", \"No ads.\"); }",
        ),
        |_: &mut Change| {
            changing(|frame, change| {
                Ok(frame.body(change.nickname.unwrap_or(&change.member.nickname))?.to_owned())
            })
        },
    );
    table.add(
        (
            "Change.renames -> bool",
            "Whether the shown name changes.",
            "card: if !change.renames { return allow(); }",
        ),
        |_: &mut Change| changing(|_, change| Ok(change.nickname.is_some())),
    );
    table.add(
        (
            "Change.changes(field: text) -> bool",
            "Whether a field of the card changes.",
            "card: if change.changes(\"region\") { return hold(\"moved\", \"A moderator looks at it.\"); }",
        ),
        |_: &mut Change, field: &str| changing(|_, change| Ok(change.fields.contains_key(field))),
    );
}

fn typing<T>(look: impl FnOnce(&Asked<'_>) -> T) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Command(typed) => Ok(look(typed)),
        _ => Err(wrong(say::run::no_call())),
    })
}

fn add_call(table: &mut Table) {
    table.add(
        (
            "Call.name -> text",
            "What was typed after the slash.",
            "command: if call.name == \"dice\" { return `${ctx.random.below(6) + 1}`; }",
        ),
        |_: &mut Typed| typing(|typed| typed.name.to_owned()),
    );
    table.add(
        (
            "Call.argument -> text",
            "Everything after the name.",
            "command: return `You said ${call.argument}`;",
        ),
        |_: &mut Typed| typing(|typed| typed.argument.to_owned()),
    );
    table.add(
        (
            "Call.args -> array",
            "The words after the name.",
            "command: if call.args.len == 0 { return \"Write /add and a number.\"; }",
        ),
        |_: &mut Typed| {
            typing(|typed| -> Array { typed.argument.split_whitespace().take(256).map(Into::into).collect() })
        },
    );
    table.add(
        ("Call.member -> Member", "Who typed it.", "command: return `Hello ${call.member.name}`;"),
        |_: &mut Typed| typing(|typed| Member(typed.member.id)),
    );
    table.add(
        ("Call.channel -> Channel", "Where.", "command: post(call.channel, \"pong\");"),
        |_: &mut Typed| typing(|typed| Channel(typed.channel)),
    );
}

fn ringing<T>(look: impl FnOnce(&Frame<'_>, &Ringing<'_>) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Timer(ringing) => look(frame, ringing),
        _ => Err(wrong(say::run::no_timer())),
    })
}

fn add_timer(table: &mut Table) {
    table.add(
        (
            "Timer.name -> text",
            "The name that the script gave it.",
            "timer: if timer.name == \"remind\" { post(channel(\"general\"), \"Tea!\"); }",
        ),
        |_: &mut Rung| ringing(|_, ringing| Ok(ringing.name.to_owned())),
    );
    table.add(
        (
            "Timer.note -> any",
            "What the script left with it; `()` where it left nothing.",
            "timer: log(`${timer.note}`);",
        ),
        |_: &mut Rung| {
            ringing(|frame, ringing| match ringing.note {
                Some(note) => remembered::shown(note, |text| frame.body(text)),
                None => Ok(Dynamic::UNIT),
            })
        },
    );
    table.add(
        ("Timer.due_ms -> int", "When it was due, Unix milliseconds.", "timer: log(`${timer.due_ms}`);"),
        |_: &mut Rung| ringing(|_, ringing| Ok(ringing.due_ms as i64)),
    );
    table.add(
        (
            "Want.count -> int",
            "How many topics are wanted at most.",
            "topic: log(`${want.count}`); return [];",
        ),
        |_: &mut Want| {
            frame::with(|frame| match frame.input()? {
                Input::Topic { count } => Ok::<_, Box<EvalAltResult>>(i64::from(*count)),
                _ => Err(wrong(say::run::no_want())),
            })
        },
    );
}
