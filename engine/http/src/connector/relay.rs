//! What a bot says: messages of its network, and what it did of what was asked.
//!
//! Whoever was never seen is met first. A message is known by the network's own id of it, so that a bot that
//! does not know whether it was heard may say it again.

use std::collections::BTreeSet;

use axum::Json;
use kith_core::connector::{self, Command, ExternalPerson, Speech};
use kith_core::ids::{ConnectorId, MemberId, MessageId};
use kith_core::import::{Short, short};
use kith_core::member::Standing;
use kith_core::queue::{Receipt, Verdict};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::row::network;
use crate::api::{Checked, Done, Fate, SentPart, fate_of, id};
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Room, Sight};
use crate::sent::{Path, Sent};

/// How often somebody is met who was met meanwhile by another request.
const MEETINGS_MAX: usize = 3;
/// Formats of files under which people of a network may have been brought in.
const FORMATS: &[(&str, &str)] =
    &[("irc", "irc-blocks"), ("irc", "irc-lines"), ("telegram", "telegram-json"), ("qq", "qq-text")];

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(speak)).routes(routes!(ack))
}

/// What somebody of a network said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "external_person": "u42", "nickname": "小雨", "external_channel": "#garden", "external_id": "m7",
    "parts": [{ "type": "text", "text": "Good morning" }],
}))]
struct Relayed {
    /// The network's own id of whoever said it.
    external_person: String,
    /// What they are called there; needed at first sight.
    #[serde(default)]
    nickname: Option<String>,
    /// The network's own id of where it was said.
    external_channel: String,
    /// The network's own id of the message.
    external_id: String,
    /// What was said.
    parts: Vec<SentPart>,
    /// The message that it answers, by its id here.
    #[serde(default)]
    reply_to: Option<String>,
}

/// Why something was decided as it was.
#[derive(Debug, Serialize, ToSchema)]
struct Why {
    /// The receipt.
    id: String,
    /// `hold` or `deny`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// The reason, in the reader's language.
    reason: String,
}

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
struct Verdicted {
    /// What became of it.
    state: Fate,
    /// Its id here.
    message: String,
    /// The member who said it.
    member: String,
    /// The record's number in the community.
    seq: u64,
    /// Whatever spoke against it.
    receipts: Vec<Why>,
}

/// Say what somebody of the network said
#[utoipa::path(
    post, path = "/communities/{community}/connectors/{connector}/messages", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    request_body = Relayed,
    responses((status = 200, body = Verdicted)),
)]
async fn speak(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
    Sent { value: said, .. }: Sent<Relayed>,
) -> Result<Json<Verdicted>, Problem> {
    let mut room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    let reply_to = said.reply_to.as_deref().map(id::<MessageId>).transpose()?;
    let network = network(&room, connector).await?;
    let desk = Desk { pepper: caller.place.engine.ports().keys.pepper(room.id)?, connector, network };
    room.caller.key = None;
    let member = desk.meet(&room, &said).await?;
    let key = short(&desk.pepper, &desk.network, &format!("{}\0{}", said.external_channel, said.external_id));
    room.caller.key = Some(caller.key.unwrap_or_else(|| format!("{connector}.{key:016x}")));
    let (person, channel) = (desk.key(&said.external_person), desk.key(&said.external_channel));
    let input = format!("{person:x}{:?}{reply_to:?}", said.parts);
    let parts = Checked::of(said.parts)?;
    let asked = room.ask(input.as_bytes(), |ink| {
        ink.owner = member;
        let external_id = ink.text(&said.external_id);
        let parts = parts.write(ink);
        Command::Speak(Box::new(Speech { connector, person, channel, external_id, parts, reply_to }))
    });
    let reply = room.told_again(asked.await?).await?;
    Ok(Json(Verdicted {
        state: fate_of(&reply),
        message: MessageId(reply.command.0).to_string(),
        member: member.to_string(),
        seq: reply.seq,
        receipts: why(&room, reply.receipts).await?,
    }))
}

/// What is at hand while a message is taken.
struct Desk {
    pepper: [u8; 32],
    connector: ConnectorId,
    network: String,
}

impl Desk {
    fn key(&self, external: &str) -> Short {
        connector::key(&self.pepper, &self.network, external)
    }

    /// Under which keys a file of the same network may have brought somebody in. By their id only: anybody
    /// can take a name.
    fn imported(&self, external: &str) -> BTreeSet<Short> {
        let formats = FORMATS.iter().filter(|(network, _)| *network == self.network);
        formats.map(|(_, format)| short(&self.pepper, format, external)).collect()
    }

    /// The member that somebody is, who becomes one at first sight.
    async fn meet(&self, room: &Room, said: &Relayed) -> Result<MemberId, Problem> {
        let external = &said.external_person;
        let (connector, key, imported) = (self.connector, self.key(external), self.imported(external));
        for _ in 0..MEETINGS_MAX {
            let (network, keys) = (self.network.clone(), imported.clone());
            let (known, is_met) = room.look(move |sight| Ok(known(&sight, &network, (key, &keys)))).await?;
            if let Some(member) = known.filter(|_| is_met) {
                return Ok(member);
            }
            if known.is_none() && said.nickname.is_none() {
                return Err(Refusal::TextEmpty { field: "nickname".to_owned() }.into());
            }
            let met = room.ask(b"", |ink| {
                let member = known.unwrap_or_else(|| MemberId::of(ink.id, 0));
                let person = ExternalPerson {
                    key,
                    external: ink.text_of(member, external),
                    imported: imported.clone(),
                };
                let nickname = said.nickname.as_ref().map(|nickname| ink.text_of(member, nickname));
                Command::Meet { connector, person, nickname }
            });
            match met.await {
                // Another request has met them: look again.
                Err(problem) if !is_overtaken(&problem) => return Err(problem),
                _ => {}
            }
        }
        Err(Refusal::NotFound { what: "member".to_owned() }.into())
    }
}

fn is_overtaken(problem: &Problem) -> bool {
    [Refusal::NothingToChange, Refusal::BodyMissing].iter().any(|it| it.code() == problem.text.code)
}

/// The member that somebody is, and whether they need not be met (again).
fn known(
    sight: &Sight<'_>,
    network: &str,
    (key, imported): (Short, &BTreeSet<Short>),
) -> (Option<MemberId>, bool) {
    let community = sight.community;
    let met = community.connectors.met(network, key).map(|met| met.member);
    let brought_in = || imported.iter().find_map(|key| community.imports.member(key));
    let Some(row) = met.or_else(brought_in).and_then(|id| community.members.get(id)) else {
        return (None, false);
    };
    match row.standing {
        // Who was erased is not known any more; whether they may come is for the core to say.
        Standing::Erased { .. } => (None, false),
        standing => (Some(row.id), met.is_some() && standing == Standing::Active),
    }
}

/// Whatever spoke against it, in words.
async fn why(room: &Room, receipts: Vec<Receipt>) -> Result<Vec<Why>, Problem> {
    let language = room.caller.words.language;
    let against = receipts.into_iter().filter(|receipt| receipt.verdict != Verdict::Allow);
    let against: Vec<Receipt> = against.collect();
    let told = room.look(move |sight| {
        let reader = Reader { language, stream: Some(sight.stream) };
        let told = against.into_iter().map(|receipt| Why {
            id: receipt.id.to_string(),
            verdict: receipt.verdict,
            reason: reader.with_hint(&receipt.reason),
        });
        Ok(told.collect())
    });
    told.await
}

/// What was done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "seq": 3 }))]
struct Ack {
    /// The last record of which everything was done that it asks.
    seq: u64,
}

/// Say what was done of what was asked
#[utoipa::path(
    post, path = "/communities/{community}/connectors/{connector}/acks", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    request_body = Ack,
    responses((status = 200, body = Done)),
)]
async fn ack(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
    Sent { value: Ack { seq }, input }: Sent<Ack>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    let acked = room.look(move |sight| {
        sight.need(Permission::Connect)?;
        Ok(sight.community.connectors.get(connector).map(|row| row.acked_seq))
    });
    // A word that is older than the last changes nothing and is no mistake: bots say things again.
    match acked.await? {
        Some(acked) if seq <= acked => Ok(Json(Done { seq: acked })),
        _ => Ok(Json(room.ask(&input, |_| Command::Ack { connector, seq }).await?.into())),
    }
}
