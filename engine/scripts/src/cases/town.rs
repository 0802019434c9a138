//! The town that cases are played in: a community made of what the case names, with an owner, the case's
//! people and one channel; founded through the core like any other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::card::CardConfig;
use kith_core::command::{Actor, Command};
use kith_core::community::{self, Blueprint, Founder, Own, Zone};
use kith_core::decide::{self, Ctx};
use kith_core::event::Event;
use kith_core::hook::{
    Call, CardChange, Happening, Hook, Input, JoinRequest, NoExtensions, Posting, Ran, Ringing, Typed, Value,
};
use kith_core::ids::{BodyId, CommandId, CommunityId, MemberId, MessageId, PersonId, ReceiptId, mint};
use kith_core::member::{self, Member, Origin, Standing};
use kith_core::message::{self, Evidence, Header, Mentions, Part, Sort};
use kith_core::moment::DAY_MS;
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::script::{Binding, Memory, Origin as From, Script, Version};
use kith_core::stream::{Community, Kind, Stream};
use kith_core::text::reading::Reading;

use super::case::{Case, CaseError, Who};
use crate::frame::Outside;
use crate::host::{Host, Usage};
use crate::say::case as say;

/// The number of the script in the town.
const SCRIPT_NO: u32 = 1;

/// A town.
pub(super) struct Town {
    stream: Stream,
    now_ms: u64,
    minted: u128,
    texts: BTreeMap<MessageId, String>,
    pub(super) author: MemberId,
    inviter: Option<MemberId>,
    mentions: Mentions,
    message: MessageId,
}

/// What stands outside the town: its dice, and what its messages say.
struct Beyond<'a> {
    seed: u8,
    texts: &'a BTreeMap<MessageId, String>,
}

impl Outside for Beyond<'_> {
    fn seed(&self) -> [u8; 32] {
        [self.seed; 32]
    }

    fn text(&self, message: MessageId) -> Option<String> {
        self.texts.get(&message).cloned()
    }
}

fn not_founded(refusal: &Refusal) -> CaseError {
    CaseError(say::not_founded(refusal.text()))
}

impl Town {
    /// Founds the town of a case.
    pub(super) fn found(case: &Case) -> Result<Self, CaseError> {
        let zone = Zone::new(&case.zone).map_err(|_| CaseError(say::no_zone(case.zone.as_str())))?;
        let local: DateTime = case.at.parse().map_err(|_| CaseError(say::bad_moment(case.at.as_str())))?;
        let moment = local.to_zoned(zone.rules()).map_err(|_| CaseError(say::no_moment(case.at.as_str())))?;
        let now_ms = u64::try_from(moment.timestamp().as_millisecond()).unwrap_or(0);
        let mut town = Self {
            stream: Stream::new(CommunityId(1)),
            now_ms,
            minted: 0,
            texts: BTreeMap::new(),
            author: MemberId(0),
            inviter: None,
            mentions: Mentions::default(),
            message: MessageId(0),
        };
        town.create(case, zone)?;
        let applicant = case.asked() == Hook::Join;
        town.author =
            town.settle(&case.author, "ann", if applicant { Standing::Applicant } else { Standing::Active });
        town.inviter = case.inviter.as_ref().map(|who| town.settle(who, "ben", Standing::Active));
        for name in &case.mentions {
            town.mention(name);
        }
        town.remember(case);
        town.talk(case);
        Ok(town)
    }

    fn mint(&mut self) -> u128 {
        self.minted += 1;
        mint(self.now_ms, self.minted)
    }

    fn body(&mut self, owner: MemberId, text: &str) -> BodyRef {
        let body = Body { id: BodyId(self.mint()), owner, key: [1; 16], bytes: text.as_bytes().into() };
        self.stream.bodies.put(body)
    }

    fn community(&mut self) -> Option<&mut Community> {
        match &mut self.stream.kind {
            Kind::Community(community) => Some(community),
            Kind::New | Kind::Host(_) => None,
        }
    }

    fn create(&mut self, case: &Case, zone: Zone) -> Result<(), CaseError> {
        let id = CommandId(self.mint());
        let mut bodies = Bodies::default();
        let nickname = bodies.put(Body {
            id: BodyId(self.mint()),
            owner: MemberId::of(id, 0),
            key: [1; 16],
            bytes: b"olga"[..].into(),
        });
        let mut blueprint =
            Blueprint { zone, lists: case.lists.clone(), card: fields(case), ..Default::default() };
        blueprint.settings.own = case.settings.clone();
        let name = if case.channel.is_empty() { "general" } else { &case.channel };
        let channel = format!("[[channel]]\nname = {name:?}\nkind = \"group\"\n");
        #[derive(serde::Deserialize)]
        struct Channels {
            channel: Vec<kith_core::channel::ChannelConfig>,
        }
        let channels: Channels =
            toml::from_str(&channel).map_err(|failed| CaseError(say::unreadable(failed.to_string())))?;
        blueprint.channels = channels.channel;
        blueprint.check().map_err(|refusal| not_founded(&refusal))?;
        let founder = Some(Founder { person: PersonId(self.mint()), nickname });
        let kind =
            community::Command::Create { name: "town".to_owned(), blueprint: Box::new(blueprint), founder };
        let command = Command { id, ..self.command(Actor::Host, kind.into()) };
        let evidence = Evidence::default();
        let outcome = decide::decide(&self.stream, &command, &bodies, &evidence, &NoExtensions)
            .map_err(|refusal| not_founded(&refusal))?;
        let (record, added) = Record::of(1, (command, evidence), outcome);
        bodies.extend(added);
        decide::apply_record(&mut self.stream, &record, &bodies);
        Ok(())
    }

    fn command(&mut self, actor: Actor, kind: kith_core::command::CommandKind) -> Command {
        let (id, community, at_ms) = (CommandId(self.mint()), self.stream.id, self.now_ms);
        Command { id, community, at_ms, actor, scope: None, key: None, cause: None, kind }
    }

    /// Somebody comes to live here, or stands at the gate.
    fn settle(&mut self, who: &Who, otherwise: &str, standing: Standing) -> MemberId {
        let id = MemberId(self.mint());
        let name = if who.name.is_empty() { otherwise } else { &who.name };
        let joined_ms = self.now_ms.saturating_sub(u64::from(who.joined_days) * DAY_MS);
        let nickname = self.body(id, name);
        let card = who.card.iter().map(|(field, value)| (field.clone(), self.body(id, value))).collect();
        let inside = standing == Standing::Active;
        let strikes: Vec<ReceiptId> = (0..who.strikes).map(|_| ReceiptId(self.mint())).collect();
        let now_ms = self.now_ms;
        let Some(community) = self.community() else { return id };
        community.members.put(Member {
            id,
            person: None,
            nickname,
            card,
            roles: if inside { BTreeSet::from([who.role.clone()]) } else { BTreeSet::new() },
            tags: who.tags.iter().cloned().collect(),
            standing,
            since_ms: joined_ms,
            joined_ms: inside.then_some(joined_ms),
            origin: Origin::default(),
            notices: Vec::new(),
        });
        let forget_ms = community.rules.ladder.forget_ms();
        strikes.into_iter().for_each(|receipt| {
            community.rules.record.strikes.entry(id).or_default().add(receipt, now_ms, forget_ms);
        });
        id
    }

    fn mention(&mut self, name: &str) {
        if name == "all" {
            self.mentions.all = true;
        } else {
            let member = self.settle(&Who::default(), name, Standing::Active);
            self.mentions.members.insert(member);
        }
    }

    fn remember(&mut self, case: &Case) {
        let values: BTreeMap<String, Value> =
            case.kv.iter().map(|(key, value)| (key.clone(), self.value(value))).collect();
        if let Some(community) = self.community()
            && !values.is_empty()
        {
            community.scripts.memories.insert(SCRIPT_NO, Memory { values, ..Memory::default() });
        }
    }

    fn value(&mut self, own: &Own) -> Value {
        match own {
            Own::Int(number) => Value::Int(*number),
            Own::Bool(yes) => Value::Bool(*yes),
            Own::Text(text) => Value::Text(self.body(MemberId(0), text)),
        }
    }

    /// Questions that were asked, and the message that an event is about.
    fn talk(&mut self, case: &Case) {
        let author = self.author;
        self.message = self.said(author, &case.text, Sort::Talk);
        for question in case.questions.iter().rev() {
            self.said(author, question, Sort::Question);
        }
    }

    fn said(&mut self, author: MemberId, text: &str, sort: Sort) -> MessageId {
        let (id, now_ms) = (MessageId(self.mint()), self.now_ms);
        self.texts.insert(id, text.to_owned());
        let Some(community) = self.community() else { return id };
        let channel = community.channels.common().next().map(|channel| channel.id);
        if let Some(channel) = channel {
            message::imported(community, Header { sort, ..Header::new(id, channel, author, now_ms) });
        }
        id
    }

    /// Asks the script.
    pub(super) fn ask(&mut self, host: &Host, source: &str, case: &Case) -> Result<(Ran, Usage), CaseError> {
        self.with_call((host, source), case, |call, outside| host.run(call, outside))
    }

    /// Makes the call that a case is about, and does something with it.
    pub(super) fn with_call<T>(
        &mut self,
        (host, source): (&Host, &str),
        case: &Case,
        play: impl FnOnce(&Call<'_>, &dyn Outside) -> T,
    ) -> Result<T, CaseError> {
        let command = self.command(Actor::Member(self.author), member::Command::Leave.into());
        let prepared = self.prepare(case);
        let texts = [case.text.as_str()];
        let reading = Reading::of(&texts);
        let stream = &self.stream;
        let community = stream.community().ok_or_else(|| CaseError(say::no_community()))?;
        let author = community.members.get(self.author).ok_or_else(|| CaseError(say::no_author()))?;
        let (bodies, evidence) = (Bodies::default(), Evidence::default());
        let ctx = Ctx {
            stream,
            community,
            command: &command,
            bodies: &bodies,
            evidence: &evidence,
            actor: Some(author),
            extensions: &NoExtensions,
            by_script: false,
            entering: None,
        };
        let event = prepared.event.unwrap_or(Event::FormatRaised { format: 0 });
        let channel = community.channels.common().next().map(|channel| channel.id);
        let channel = channel.ok_or_else(|| CaseError(say::no_channel()))?;
        let (name, argument) = prepared.typed;
        let input = match case.asked() {
            Hook::Join => Input::Join(JoinRequest {
                applicant: author,
                answers: &prepared.answers,
                origin: &prepared.origin,
            }),
            Hook::Card => Input::Card(CardChange {
                member: author,
                nickname: prepared.nickname.as_ref(),
                fields: &prepared.fields,
            }),
            Hook::Message => Input::Message(Posting {
                author,
                channel,
                message: self.message,
                parts: &prepared.parts,
                texts: &reading,
                reply_to: None,
                mentions: &self.mentions,
                edit: case.edit,
            }),
            Hook::Command => {
                Input::Command(Typed { member: author, channel, name: &name, argument: &argument })
            }
            Hook::Event => Input::Event(Happening { event: &event, at_ms: self.now_ms }),
            Hook::Timer => Input::Timer(Ringing {
                name: case.timer.as_deref().unwrap_or_default(),
                note: prepared.note.as_ref(),
                due_ms: self.now_ms,
            }),
            Hook::Topic => Input::Topic { count: case.topics.unwrap_or(3) },
        };
        let (script, version) = installed(host, source);
        let outside = Beyond { seed: case.seed, texts: &self.texts };
        let call = Call { ctx: &ctx, script: &script, version: &version, input: &input };
        Ok(play(&call, &outside))
    }

    /// Everything of an input that has to live as long as the call.
    fn prepare(&mut self, case: &Case) -> Prepared {
        let author = self.author;
        let answers = case.answers.iter().map(|(key, text)| (key.clone(), self.body(author, text))).collect();
        let fields =
            case.change.iter().map(|(key, text)| (key.clone(), Some(self.body(author, text)))).collect();
        let typed = case.command.as_deref().unwrap_or_default().trim_start_matches('/');
        let (name, argument) = typed.split_once(' ').unwrap_or((typed, ""));
        Prepared {
            answers,
            fields,
            nickname: case.rename.as_ref().map(|name| self.body(author, name)),
            origin: Origin {
                source: case.source.clone().unwrap_or_default(),
                inviter: self.inviter,
                ..Origin::default()
            },
            parts: vec![Part::Text { body: self.body(author, &case.text) }],
            note: case.note.as_ref().map(|note| self.value(note)),
            event: case.event.as_deref().and_then(|kind| self.event(kind, case)),
            typed: (name.to_owned(), argument.trim().to_owned()),
        }
    }

    /// The events that a case can tell of.
    fn event(&self, kind: &str, case: &Case) -> Option<Event> {
        let (member, message) = (self.author, self.message);
        let question = *self.texts.keys().next_back()?;
        let header = self.stream.community()?.messages.get(message)?.clone();
        let role = case.author.role.clone();
        Some(match kind {
            "member.joined" => member::Event::Joined { member, role }.into(),
            "member.left" => member::Event::Left { member }.into(),
            "member.tagged" => member::Event::Tagged { member, tag: case.text.clone() }.into(),
            "message.posted" => {
                let (parts, mentions) = (Vec::new(), self.mentions.clone());
                message::Event::Posted { header, parts, mentions, original: Box::default() }.into()
            }
            "reaction.added" => {
                let emoji = case.text.clone();
                message::Event::Reacted { message, member, emoji, recalled: None }.into()
            }
            "answer.accepted" => {
                let answerer = member;
                let (answer, old) = (message, None);
                message::Event::AnswerAccepted { question, answer, answerer, old, recalled: None }.into()
            }
            _ => return None,
        })
    }

    /// What a member goes by.
    pub(super) fn name(&self, id: MemberId) -> String {
        let row = self.stream.community().and_then(|community| community.members.get(id));
        let text = row.and_then(|row| self.stream.bodies.text(&row.nickname));
        text.map_or_else(|| id.to_string(), str::to_owned)
    }

    /// What a channel is called.
    pub(super) fn channel(&self, id: kith_core::ids::ChannelId) -> String {
        let row = self.stream.community().and_then(|community| community.channels.get(id));
        row.map_or_else(|| id.to_string(), |row| row.name.clone())
    }

    /// The town's clock.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }
}

struct Prepared {
    answers: BTreeMap<String, BodyRef>,
    fields: BTreeMap<String, Option<BodyRef>>,
    nickname: Option<BodyRef>,
    origin: Origin,
    parts: Vec<Part>,
    note: Option<Value>,
    event: Option<Event>,
    typed: (String, String),
}

/// The card's fields that a case fills in, and those of the examples.
fn fields(case: &Case) -> CardConfig {
    let named = case.author.card.keys().chain(case.change.keys());
    let mut names: BTreeSet<&str> = named.map(String::as_str).collect();
    names.extend(["region", "position"]);
    let list: Vec<String> = names.iter().map(|name| format!("[[fields]]\nname = {name:?}\n")).collect();
    toml::from_str(&list.concat()).unwrap_or_default()
}

fn installed(host: &Host, source: &str) -> (Script, Version) {
    use sha2::Digest;
    let hooks = host.compile(source).map(|compiled| compiled.hooks.clone()).unwrap_or_default();
    let version = Version {
        number: 1,
        hash: sha2::Sha256::digest(source.as_bytes()).into(),
        source: source.to_owned(),
        cases: String::new(),
        hooks,
        at_ms: 0,
        by: None,
    };
    let script = Script {
        no: SCRIPT_NO,
        name: "case".to_owned(),
        bot: MemberId(u128::MAX),
        origin: From::Command,
        binding: Binding::default(),
        live: Some(1),
        shadow: None,
        versions: Vec::new(),
        newest: 1,
        health: Default::default(),
    };
    (script, version)
}
