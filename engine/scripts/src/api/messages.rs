//! Messages: the one that is asked about, and those that stand. What a standing one says is outside the state
//! and read through `Outside`; its header is here.

use std::sync::Arc;

use kith_core::event::Event;
use kith_core::hook::{Input, Posting};
use kith_core::ids::{ChannelId, MessageId};
use kith_core::message;
use kith_core::message::{Header, Mentions, Part, Sort};
use kith_core::moment::{DAY_MS, Duration};
use rhai::{Array, EvalAltResult, ImmutableString, Position};

use super::table::Table;
use super::value::{Channel, Links, Member, Message, NOBODY, Questions, Span};
use crate::frame::{self, Answer, Frame, wrong};
use crate::limits::QUESTIONS_MAX;
use crate::reads;
use crate::say;

/// Looks at the header of a message that stands.
fn header<T>(id: MessageId, none: T, look: impl FnOnce(&Frame<'_>, &Header) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| match find(frame, id)? {
        Some(header) => look(frame, header),
        None => Ok(none),
    })
}

fn find<'a>(frame: &Frame<'a>, id: MessageId) -> Answer<Option<&'a Header>> {
    let ctx = frame.ctx()?;
    let kept = ctx.community.messages.get(id);
    let loaded = || ctx.evidence.messages.get(&id).and_then(Option::as_ref);
    let told = match frame.input()? {
        Input::Event(happening) => match happening.event {
            Event::Message(message::Event::Posted { header, .. }) if header.id == id => Some(header),
            _ => None,
        },
        _ => None,
    };
    Ok(told.or(kept).or_else(loaded))
}

/// The draft that is asked about.
pub(super) fn draft<T>(look: impl FnOnce(&Posting<'_>) -> T) -> Answer<T> {
    frame::with(|frame| match frame.input()? {
        Input::Message(posting) => Ok(look(posting)),
        _ => Err(wrong(say::run::no_message_here())),
    })
}

/// The id by which effects name a message.
pub(super) fn id_of(message: Message) -> Answer<MessageId> {
    match message {
        Message::Draft => draft(|posting| posting.message),
        Message::Posted(id) => Ok(id),
    }
}

/// Where a message that stands was said.
pub(super) fn channel_of(message: Message) -> Answer<ChannelId> {
    match message {
        Message::Draft => draft(|posting| posting.channel),
        Message::Posted(id) => header(id, ChannelId(0), |_, header| Ok(header.channel)),
    }
}

pub(super) fn add(table: &mut Table) {
    add_content(table);
    add_mentions(table);
    add_place(table);
    add_links(table);
    add_questions(table);
}

fn add_content(table: &mut Table) {
    table.add(
        ("Message.id -> text", "Never changes and is never used again.", "kv.put(\"last\", message.id);"),
        |message: &mut Message| Ok::<_, Box<EvalAltResult>>(id_of(*message)?.to_string()),
    );
    table.add(
        (
            "Message.text -> text",
            "What it says, its parts joined by lines; empty where it is deleted or erased. A run reads the \
             texts of at most 8 messages that stand; `on_timer` and `propose_topics` of 64.",
            "if message.text == \"\" { return allow(); }",
        ),
        |message: &mut Message| -> Answer<ImmutableString> {
            frame::with(|frame| match *message {
                Message::Draft => frame.draft_text(),
                Message::Posted(id) => posted_text(frame, id),
            })
        },
    );
    table.add(
        (
            "Message.author -> Member",
            "Who wrote it.",
            "if message.author.can(\"moderate\") { return allow(); }",
        ),
        |message: &mut Message| match *message {
            Message::Draft => draft(|posting| Member(posting.author.id)),
            Message::Posted(id) => header(id, NOBODY, |_, header| Ok(Member(header.author))),
        },
    );
    table.add(
        (
            "Message.parts -> array",
            "The kinds of its parts: `text`, `code`, `link`, `card`, `image`, `voice`, `file`.",
            "if message.parts.contains(\"image\") { return hold(\"picture\", \"Please wait.\"); }",
        ),
        |message: &mut Message| match message {
            Message::Draft => draft(|posting| posting.parts.iter().map(|part| kind(part).into()).collect()),
            Message::Posted(_) => Ok(Array::new()),
        },
    );
}

/// Looks at whom a message mentions. Of one that stands that is known while it is told of.
fn mentioned<T>(message: Message, none: T, look: impl FnOnce(&Mentions) -> T) -> Answer<T> {
    match message {
        Message::Draft => draft(|posting| look(posting.mentions)),
        Message::Posted(id) => frame::with(|frame| {
            let Input::Event(happening) = frame.input()? else { return Ok(none) };
            Ok(match happening.event {
                Event::Message(message::Event::Posted { header, mentions, .. }) if header.id == id => {
                    look(mentions)
                }
                _ => none,
            })
        }),
    }
}

fn add_mentions(table: &mut Table) {
    table.add(
        (
            "Message.mentions -> array",
            "The ids of the members that it mentions by name; of messages that stand, empty but for the one \
             that `message.posted` tells of.",
            "for id in message.mentions { if member(id).has_tag(\"core\") { return allow(); } }",
        ),
        |message: &mut Message| {
            mentioned(*message, Array::new(), |mentions| {
                mentions.members.iter().map(|id| id.to_string().into()).collect()
            })
        },
    );
    table.add(
        (
            "Message.mentions_all -> bool",
            "Whether it mentions everybody.",
            "if message.mentions_all { return hold(\"all\", \"A moderator looks at it.\"); }",
        ),
        |message: &mut Message| mentioned(*message, false, |mentions| mentions.all),
    );
}

fn posted_text(frame: &Frame<'_>, id: MessageId) -> Answer<ImmutableString> {
    if let Input::Event(happening) = frame.input()?
        && let Event::Message(
            message::Event::Posted { header: Header { id: own, .. }, parts, .. }
            | message::Event::Edited { message: own, parts, .. },
        ) = happening.event
        && *own == id
    {
        let texts = parts.iter().filter_map(Part::text).map(|body| frame.body(body));
        return Ok(texts.collect::<Answer<Vec<&str>>>()?.join("\n").into());
    }
    frame.posted_text(id)
}

fn kind(part: &Part) -> &'static str {
    match part {
        Part::Text { .. } => "text",
        Part::Code { .. } => "code",
        Part::Link { .. } => "link",
        Part::Card { .. } => "card",
        Part::Image { .. } => "image",
        Part::Voice { .. } => "voice",
        Part::File { .. } => "file",
    }
}

fn add_place(table: &mut Table) {
    table.add(
        (
            "Message.channel -> Channel",
            "Where it is said.",
            "if message.channel.name == \"chat\" { return allow(); }",
        ),
        |message: &mut Message| channel_of(*message).map(Channel),
    );
    table.add(
        (
            "Message.is_edit -> bool",
            "Whether it changes a message that stands.",
            "if message.is_edit { return allow(); }",
        ),
        |message: &mut Message| match message {
            Message::Draft => draft(|posting| posting.edit),
            Message::Posted(_) => Ok(false),
        },
    );
    table.add(
        (
            "Message.is_reply -> bool",
            "Whether it replies to another.",
            "if message.is_reply && message.reply_to.author == message.author { return allow(); }",
        ),
        |message: &mut Message| Ok::<_, Box<EvalAltResult>>(replies_to(*message)?.is_some()),
    );
    table.add(
        (
            "Message.reply_to -> Message",
            "What it replies to; a message that does not exist where it does not reply.",
            "if message.reply_to.exists { log(message.reply_to.author.name); }",
        ),
        |message: &mut Message| {
            Ok::<_, Box<EvalAltResult>>(Message::Posted(replies_to(*message)?.unwrap_or(MessageId(0))))
        },
    );
    table.add(
        (
            "Message.exists -> bool",
            "Whether there is such a message.",
            "if !message.reply_to.exists { return allow(); }",
        ),
        |message: &mut Message| match *message {
            Message::Draft => Ok(true),
            Message::Posted(id) => header(id, false, |_, header| Ok(header.deleted.is_none())),
        },
    );
    table.add(
        (
            "Message.age -> Span",
            "How long ago it was said.",
            "if message.reply_to.age > 30.days { log(\"old\"); }",
        ),
        |message: &mut Message| match *message {
            Message::Draft => Ok(Span(0)),
            Message::Posted(id) => header(id, Span(0), |frame, header| {
                Ok(Span(frame.ctx()?.at_ms().saturating_sub(header.said_at_ms.unwrap_or(header.at_ms))))
            }),
        },
    );
    let module = &mut table.module;
    module.set_native_fn("==", |a: Message, b: Message| Ok(a == b));
    module.set_native_fn("!=", |a: Message, b: Message| Ok(a != b));
}

fn replies_to(message: Message) -> Answer<Option<MessageId>> {
    match message {
        Message::Draft => draft(|posting| posting.reply_to),
        Message::Posted(id) => header(id, None, |_, header| Ok(header.reply_to)),
    }
}

fn add_links(table: &mut Table) {
    table.add(
        (
            "Message.links -> Links",
            "Links, invitations and contacts in it, disguised ones included.",
            "if message.links.len > 2 { return hold(\"links\", \"A moderator looks at it.\"); }",
        ),
        |_: &mut Message| Links,
    );
    table.add(
        ("Links.len -> int", "How many.", "if message.links.len > 0 { log(\"a link\"); }"),
        |_: &mut Links| draft(|posting| posting.texts.links().len() as i64),
    );
    table.add(
        (
            "Links.hosts -> array",
            "The hosts they lead to, such as `example.org`.",
            "for host in message.links.hosts { if host == \"example.org\" { return allow(); } }",
        ),
        |_: &mut Links| {
            draft(|posting| -> Array {
                let hosts = posting.texts.links().iter().filter_map(|(_, link)| link.host.clone());
                hosts.take(64).map(Into::into).collect()
            })
        },
    );
}

fn add_questions(table: &mut Table) {
    table.add(
        (
            "questions() -> Questions",
            "The newest messages that ask for help, as far back as the script declares: `// reads: \
             questions(7d)`.",
            "topic: // reads: questions(7d)\nlog(`${questions().len}`); return [];",
        ),
        || -> Answer<Questions> { gather(|_, _| true) },
    );
    table.add(
        (
            "Questions.unanswered(within: Span) -> Questions",
            "Those of that time without an accepted answer.",
            "topic: // reads: questions(7d)\nlet q = questions().unanswered(7.days); if q.len > 0 { return \
             [topic(\"Who knows?\", \
             q[0].text)]; } return [];",
        ),
        |questions: &mut Questions, within: Span| {
            let known = Arc::clone(&questions.0);
            let declared_ms = frame::with(|frame| Ok(frame.reads().questions_ms.unwrap_or(0)))?;
            if within.0 > declared_ms {
                let (back, declared) = (Duration(within.0).to_string(), Duration(declared_ms).to_string());
                let read = reads::declaration(within.0);
                return Err(wrong(say::run::questions_far(back, declared, read)));
            }
            gather(move |header, now_ms| {
                known.contains(&header.id)
                    && header.accepted.is_none()
                    && now_ms.saturating_sub(header.at_ms) <= within.0
            })
        },
    );
    table.add(
        (
            "Questions.len -> int",
            "How many.",
            "topic: // reads: questions(7d)\nif questions().len == 0 { return []; } return [];",
        ),
        |questions: &mut Questions| questions.0.len() as i64,
    );
    table.module.set_indexer_get_fn(|questions: &mut Questions, index: i64| {
        let found = usize::try_from(index).ok().and_then(|index| questions.0.get(index));
        let missing = || EvalAltResult::ErrorArrayBounds(questions.0.len(), index, Position::NONE).into();
        found.map(|id| Message::Posted(*id)).ok_or_else(missing)
    });
    table.module.set_iter(std::any::TypeId::of::<Questions>(), |questions| {
        let ids = questions.cast::<Questions>().0;
        Box::new((0..ids.len()).map(move |at| rhai::Dynamic::from(Message::Posted(ids[at]))))
    });
}

/// Questions from the newest, as many as one run sees.
fn gather(keep: impl Fn(&Header, u64) -> bool) -> Answer<Questions> {
    frame::with(|frame| {
        let now_ms = frame.ctx()?.at_ms();
        let declared_ms = frame
            .reads()
            .questions_ms
            .ok_or_else(|| wrong(say::run::questions_undeclared(reads::declaration(7 * DAY_MS))))?;
        let recent = frame.community()?.messages.recent().rev();
        let asked = recent.filter(|header| header.sort == Sort::Question && header.deleted.is_none());
        let kept = asked
            .filter(|header| now_ms.saturating_sub(header.at_ms) <= declared_ms && keep(header, now_ms))
            .take(QUESTIONS_MAX)
            .map(|header| header.id);
        let found: Vec<MessageId> = kept.collect();
        frame.charge(found.len())?;
        Ok(Questions(found.into()))
    })
}
