//! What a bot is to do, as a stream: from after what it acknowledged, then as it happens.
//!
//! Nothing waits anywhere: effects follow from records and the state of now. So what was said is told as it
//! is now, and what was deleted meanwhile is not told at all. An effect's id is that of its record and its
//! place in it; a bot that comes back may name the last (`Last-Event-ID`) instead of what it acknowledged.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use kith_core::body::BodyRef;
use kith_core::connector::{What, Whom, effects_of};
use kith_core::event::Event as CoreEvent;
use kith_core::ids::{ConnectorId, MessageId};
use kith_core::message::{self, Header};
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::id;
use crate::caller::Caller;
use crate::live::{Ending, EventId};
use crate::moment::rfc3339;
use crate::past::Follow;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Room, Sight};
use crate::sent::Path;
use crate::talk::{Row, ShownPart, Somebody};

/// How often a quiet stream says that it is there: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// How long a bot waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(effects))
}

/// Something that a bot is to do. The event's name says it too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "effect", rename_all = "snake_case")]
enum Effect {
    /// Take a message away.
    Delete {
        /// Its id here: what the bot knows those by that it was told to post. It may know nothing of it.
        message: String,
        /// The network's own id, of a message that came from there.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
    },
    /// Silence somebody.
    Mute {
        /// The network's own id of theirs.
        external_person: String,
        /// Until when.
        until: String,
    },
    /// Let somebody speak again.
    Unmute {
        /// The network's own id of theirs.
        external_person: String,
    },
    /// Send somebody out.
    Remove {
        /// The network's own id of theirs.
        external_person: String,
    },
    /// Keep somebody out.
    Ban {
        /// The network's own id of theirs.
        external_person: String,
        /// Until when; for good where it is left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// Let somebody in again.
    Unban {
        /// The network's own id of theirs.
        external_person: String,
    },
    /// Post a message.
    Post {
        /// Its id here.
        message: String,
        /// The network's own id of the channel.
        external_channel: String,
        /// Who said it.
        author: Somebody,
        /// What it says.
        parts: Vec<ShownPart>,
        /// The network's own id of the message it answers, where it came from there.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
    },
    /// Change a message that the bot was told to post.
    Edit {
        /// Its id here.
        message: String,
        /// What it says now.
        parts: Vec<ShownPart>,
    },
}

impl Effect {
    fn name(&self) -> &'static str {
        match self {
            Self::Delete { .. } => "delete",
            Self::Mute { .. } => "mute",
            Self::Unmute { .. } => "unmute",
            Self::Remove { .. } => "remove",
            Self::Ban { .. } => "ban",
            Self::Unban { .. } => "unban",
            Self::Post { .. } => "post",
            Self::Edit { .. } => "edit",
        }
    }

    /// With the words of its message, as they are now; `None` where nothing is left to be done.
    async fn worded(self, room: &Room, row: Option<Row>) -> Result<Option<Self>, Problem> {
        if !matches!(self, Self::Post { .. } | Self::Edit { .. }) {
            return Ok(Some(self));
        }
        let Some(row) = row else { return Ok(None) };
        let shown = room.messages(std::slice::from_ref(&row)).await?.pop();
        let Some(shown) = shown.filter(|shown| !shown.parts.is_empty()) else { return Ok(None) };
        Ok(Some(match self {
            Self::Post { message, external_channel, reply_to, .. } => {
                let (author, parts) = (shown.author, shown.parts);
                Self::Post { message, external_channel, author, parts, reply_to }
            }
            Self::Edit { message, .. } => Self::Edit { message, parts: shown.parts },
            other => other,
        }))
    }

    /// With the network's own id of a message that is so old that only its record has it.
    async fn named(self, room: &Room, old: Option<(MessageId, BodyRef)>) -> Result<Self, Problem> {
        let (Self::Delete { message, .. }, Some((id, named))) = (&self, old) else { return Ok(self) };
        let (place, community, message) = (room.caller.place.clone(), room.id, message.clone());
        let read = tokio::task::spawn_blocking(move || place.reading.beside(community, id, &named));
        let external_id = read.await.map_err(|_| Problem::failed())??;
        Ok(Self::Delete { message, external_id })
    }
}

/// An effect as the state tells it, and the message whose words are still to be read.
struct Draft {
    id: EventId,
    effect: Effect,
    row: Option<Row>,
    /// An id of a message that the state no longer has.
    old: Option<(MessageId, BodyRef)>,
}

/// What records ask, as far as it can be said: whoever was erased has no id any more.
fn drafts(sight: &Sight<'_>, records: &[Record], connector: ConnectorId) -> Vec<Draft> {
    let asked = records.iter().flat_map(|record| {
        let effects = effects_of(record, sight.community, connector);
        effects.into_iter().filter_map(move |effect| {
            let row = posted(&effect.what).and_then(|id| row_of(sight, record, id));
            let id = EventId { seq: effect.seq, index: effect.index };
            let old = forgotten(sight, &effect.what);
            Some(Draft { id, effect: drafted(sight, effect.what)?, row, old })
        })
    });
    asked.collect()
}

fn posted(what: &What) -> Option<MessageId> {
    match what {
        What::Post { message, .. } | What::Edit { message, .. } => Some(*message),
        _ => None,
    }
}

/// The network's own id of a message, where the state does not say it any more.
fn forgotten(sight: &Sight<'_>, what: &What) -> Option<(MessageId, BodyRef)> {
    match what {
        What::Delete { message, external_id: Some(id) } if sight.stream.bodies.get(id).is_none() => {
            Some((*message, *id))
        }
        _ => None,
    }
}

/// The message that a record posted or changed, if it stands.
fn row_of(sight: &Sight<'_>, record: &Record, id: MessageId) -> Option<Row> {
    let messages = &sight.community.messages;
    let of = |event: &CoreEvent| match event {
        CoreEvent::Message(message::Event::Posted { header, .. }) if header.id == id => Some(header.clone()),
        CoreEvent::Message(message::Event::Edited { message, recalled, .. }) if *message == id => {
            recalled.as_deref().cloned()
        }
        _ => None,
    };
    let header: Header = match messages.get(id) {
        Some(header) => header.clone(),
        None => record.events.iter().find_map(of).filter(|_| !messages.is_deleted(id))?,
    };
    Some(Row::of(sight, &header))
}

fn drafted(sight: &Sight<'_>, what: What) -> Option<Effect> {
    let text = |body| sight.stream.bodies.text(&body).map(str::to_owned);
    let of = |whom: Whom| text(whom.external);
    Some(match what {
        What::Delete { message, external_id } => {
            Effect::Delete { message: message.to_string(), external_id: external_id.and_then(text) }
        }
        What::Mute { whom, until_ms } => {
            Effect::Mute { external_person: of(whom)?, until: rfc3339(until_ms) }
        }
        What::Unmute { whom } => Effect::Unmute { external_person: of(whom)? },
        What::Remove { whom } => Effect::Remove { external_person: of(whom)? },
        What::Ban { whom, until_ms } => {
            Effect::Ban { external_person: of(whom)?, until: until_ms.map(rfc3339) }
        }
        What::Unban { whom } => Effect::Unban { external_person: of(whom)? },
        What::Post { message, channel, author, reply_to, .. } => Effect::Post {
            message: message.to_string(),
            external_channel: text(channel)?,
            author: Somebody { id: author.to_string(), nickname: String::new() },
            parts: Vec::new(),
            reply_to: reply_to.and_then(text),
        },
        What::Edit { message, .. } => Effect::Edit { message: message.to_string(), parts: Vec::new() },
    })
}

/// One bot that is told.
struct Outbox {
    room: Room,
    connector: ConnectorId,
    follow: Follow,
    ending: Ending,
    after: EventId,
    ready: VecDeque<Event>,
}

impl Outbox {
    /// The next effect; `None` once the bot is to come back: the server stops, or it may not ask any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let records = tokio::select! {
                records = self.follow.next() => records.ok()?,
                () = self.ending.comes() => return None,
            };
            let records: Vec<Record> =
                records.iter().filter_map(|record| Record::decode(&record.bytes).ok()).collect();
            let connector = self.connector;
            let drafts = self.room.look(move |sight| {
                check(&sight, connector)?;
                Ok(drafts(&sight, &records, connector))
            });
            for Draft { id, effect, row, old } in drafts.await.ok()? {
                if id <= self.after {
                    continue;
                }
                let name = effect.name();
                let effect = effect.named(&self.room, old).await.ok()?;
                if let Some(effect) = effect.worded(&self.room, row).await.ok()? {
                    let event = Event::default().id(id.to_string()).event(name);
                    self.ready.push_back(event.json_data(effect).ok()?);
                }
            }
        }
    }
}

/// What the records up to here ask was done. Refuses whoever may not know.
fn check(sight: &Sight<'_>, connector: ConnectorId) -> Result<u64, Refusal> {
    sight.need(Permission::Connect)?;
    let row = sight.community.connectors.get(connector);
    row.map(|row| row.acked_seq).ok_or_else(|| Refusal::NotFound { what: "connector".to_owned() })
}

/// Listen to what is to be done on the network, from after what was acknowledged or after `Last-Event-ID`
#[utoipa::path(
    get, path = "/communities/{community}/connectors/{connector}/effects", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    params(
        ("community" = String, description = "Name or id"), ("connector" = String, description = "Id"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last effect that was done"),
    ),
    responses(
        (status = 200, body = Effect, content_type = "text/event-stream"),
    ),
)]
async fn effects(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    let acked_seq = room.look(move |sight| check(&sight, connector)).await?;
    let named = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let named: Option<EventId> = named.and_then(|text| text.parse().ok());
    let after = named.unwrap_or(EventId { seq: acked_seq, index: u32::MAX });
    let outbox = Outbox {
        follow: Follow::after(&caller.place.engine, room.id, after.seq.saturating_sub(1)),
        ending: Ending::of(&caller).await?,
        ready: VecDeque::new(),
        connector,
        after,
        room,
    };
    let first = stream::once(async { Ok(Event::default().comment("kith").retry(RETRY)) });
    let rest = stream::unfold(outbox, async |mut outbox| {
        let event = outbox.next().await?;
        Some((Ok(event), outbox))
    });
    Ok(Sse::new(first.chain(rest)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
